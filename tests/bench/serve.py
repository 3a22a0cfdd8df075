#!/usr/bin/env python3
"""Loads the daemon: readers while it audits, a storm of webhooks, connections that do nothing, and ten thousand scans.

usage: serve.py --veritag PROGRAM [--work DIR] [--only readers,hooks,idle,scans] [--repositories N] [--tags N] [--seconds N] [--scans N]

Everything is on loopback and on the same processors: the registry, the daemon and whoever asks.
"""
import argparse
import asyncio
import json
import os
import pathlib
import random
import resource
import shutil
import socket
import statistics
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/bench")]

import daemon  # noqa: E402
import fleet  # noqa: E402
import registry  # noqa: E402

HOOK_SECRET = "a-bearer-of-the-bench"


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


class Asker:
    """Requests over one connection, one after the other."""

    def __init__(self, port, head):
        self.port, self.head, self.streams = port, head, None

    async def ask(self, method, path, body=b"", more=""):
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{self.head}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        text = await reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection", "").lower() == "close":
            writer.close()
            self.streams = None
        return int(lines[0].split()[1]), text


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

    def process(self):
        status = pathlib.Path(f"/proc/{self.daemon.process.pid}/status").read_text(encoding="ascii")
        resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024
        return resident, len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))

    # ---- readers ----

    def readers(self):
        """200 at once, each with a pause between its requests, as people and dashboards have; while an audit runs, and in peace."""
        self.daemon.post("/api/v1/audits", {"target": "fleet"})
        daemon.wait_for(lambda: not self.daemon.jobs(state="waiting") and not self.daemon.jobs(state="running"), 600, 0.5)
        digests = [line["digest"] for line in self.daemon.images()]
        audits = [audit["id"] for audit in self.daemon.read("/api/v1/audits")["audits"]]
        print(f"{len(digests)} images are known")

        async def reader(seconds, times, statuses):
            asker, some = Asker(self.daemon.port, f"Authorization: Bearer {self.daemon.token}\r\n"), random.Random()
            end = time.monotonic() + seconds
            await asyncio.sleep(some.random())
            while time.monotonic() < end:
                path = some.choice(["/api/v1/images?limit=100", "/api/v1/images?verdict=fail&limit=50", "/api/v1/images?repository=openeuler/app1*&limit=100", f"/api/v1/images/{some.choice(digests)}",
                                    "/api/v1/audits?limit=20", f"/api/v1/audits/{some.choice(audits)}", "/api/v1/jobs?limit=50", "/api/v1/targets"])
                started = time.monotonic()
                status, _ = await asker.ask("GET", path)
                times.append(time.monotonic() - started)
                statuses.add(status)
                await asyncio.sleep(some.uniform(0.5, 1.5))

        for name, busy in (("in peace", False), ("while an audit runs", True)):
            stop = threading.Event()

            def audit_on():
                while not stop.is_set():
                    self.daemon.post("/api/v1/audits", {"target": "fleet"})
                    stop.wait(0.5)

            if busy:
                threading.Thread(target=audit_on, daemon=True).start()
            times, statuses = [], set()

            async def all_readers():
                await asyncio.gather(*(reader(self.options.seconds, times, statuses) for _ in range(200)))

            asyncio.run(all_readers())
            stop.set()
            print(f"200 readers {name}: {len(times) / self.options.seconds:.0f} replies/s, p50 {1000 * statistics.median(times):.1f} ms, p99 {1000 * share(times, 0.99):.1f} ms, worst {1000 * max(times):.0f} ms, "
                  f"HTTP {sorted(statuses)}", flush=True)
        daemon.wait_for(lambda: not self.daemon.jobs(state="waiting") and not self.daemon.jobs(state="running"), 600, 0.5)

    # ---- webhooks ----

    def hooks(self):
        """1,000 a second, each for a tag of its own. What was answered with 202 must be in the queue, or done."""
        taken, statuses, times = [], {}, []

        async def poster(number, posters):
            asker = Asker(self.daemon.port, f"Authorization: Bearer {HOOK_SECRET}\r\nContent-Type: application/json\r\n")
            begin = time.monotonic() + number / 1000
            count = 1000 * self.options.seconds // posters
            for step in range(count):
                due = begin + step * posters / 1000
                if (wait := due - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                tag = f"t{number}.{step}"
                started = time.monotonic()
                status, _ = await asker.ask("POST", "/hooks/plain", json.dumps({"repository": "storm/app", "tag": tag}).encode())
                times.append(time.monotonic() - started)
                statuses[status] = statuses.get(status, 0) + 1
                if status == 202:
                    taken.append(tag)

        async def storm():
            await asyncio.gather(*(poster(number, 100) for number in range(100)))

        started = time.monotonic()
        asyncio.run(storm())
        seconds = time.monotonic() - started
        known, cursor = set(), ""
        while True:
            page = self.daemon.read(f"/api/v1/jobs?kind=scan&limit=1000{cursor}")
            known |= {job["about"].rsplit(":", 1)[1] for job in page["jobs"]}
            if "next" not in page:
                break
            cursor = f"&cursor={page['next']}"
        print(f"webhooks: {len(times) / seconds:.0f} posts/s for {seconds:.0f} s, HTTP {statuses}, p50 {1000 * statistics.median(times):.1f} ms, p99 {1000 * share(times, 0.99):.1f} ms; lost after 202: "
              f"{len(set(taken) - known)}", flush=True)

    # ---- connections ----

    def idle(self):
        connections = []
        for _ in range(10_000):
            connections.append(socket.create_connection(("127.0.0.1", self.daemon.port)))
        slow = connections[:500]
        stop = threading.Event()

        def loris():  # a byte now and then
            text = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 1000
            for byte in text:
                for each in slow:
                    try:
                        each.send(bytes([byte]))
                    except OSError:
                        pass
                if stop.wait(1):
                    return

        threading.Thread(target=loris, daemon=True).start()
        times = []
        for _ in range(200):
            started = time.monotonic()
            status, _, _ = self.daemon.get("/api/v1/images?limit=20")
            times.append(time.monotonic() - started)
            assert status == 200, status
        resident, descriptors = self.process()
        print(f"10,000 idle connections, 500 of them slow: p50 {1000 * statistics.median(times):.1f} ms, p99 {1000 * share(times, 0.99):.1f} ms; {resident:.0f} MiB, {descriptors} descriptors", flush=True)
        time.sleep(12)
        ended = 0
        for each in slow:
            each.setblocking(False)
            try:
                ended += each.recv(4096) is not None
            except OSError as error:
                ended += not isinstance(error, BlockingIOError)
        stop.set()
        for each in connections:
            each.close()
        print(f"of the slow ones {ended} were ended within 12 s", flush=True)

    # ---- scans ----

    def scans(self):
        tags = [tag for repository, tag in self.fleet.images if repository == "openeuler/cann"]
        head = {"Authorization": f"Bearer {HOOK_SECRET}", "Content-Type": "application/json"}
        done, before, figures = 0, time.monotonic(), []
        step = max(1, self.options.scans // 10)
        while done < self.options.scans:
            target = done + step
            while done < target:
                body = json.dumps({"images": [{"repository": "openeuler/cann", "tag": tag} for tag in tags]}).encode()
                assert self.daemon.request("POST", "/hooks/plain", body, head, None)[0] == 202
                daemon.wait_for(lambda: not self.daemon.jobs(state="waiting", kind="scan") and not self.daemon.jobs(state="running", kind="scan"), 120, 0.01)
                done += len(tags)
            figures.append(self.process())
            print(f"after {done} scans ({done / (time.monotonic() - before):.0f}/s): {figures[-1][0]:.1f} MiB, {figures[-1][1]} descriptors", flush=True)

    def run(self):
        self.fleet = fleet.Fleet(self.options.repositories, self.options.tags, 12, mirrored=max(12, self.options.repositories // 15))
        with registry.Registry(self.work / "registry") as server:
            self.fleet.push(server)
            self.daemon = daemon.Daemon(self.options.veritag, self.work / "daemon", {
                "registries": [{"registry": server.host, "plain_http": True, "internal": True}], "targets": [{"name": "fleet", "registry": server.host}],
                "hooks": [{"name": "plain", "kind": "generic", "registry": server.host, "authentication": "bearer", "secret_env": "HOOK"}], "settle": "0s", "queue": {"event_window": "1s"},
                "log": {"level": "warn"}}, {"HOOK": HOOK_SECRET})
            self.daemon.token = self.daemon.make_token("bench", "admin")
            self.daemon.start()
            try:
                for part in self.options.only.split(","):
                    getattr(self, part)()
            finally:
                self.daemon.stop(120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", default=str(SOURCE / "build/release/daemon/veritag"))
    parser.add_argument("--work", default=str(SOURCE / "build/bench-serve"))
    parser.add_argument("--only", default="readers,idle,scans,hooks")
    parser.add_argument("--repositories", type=int, default=300)
    parser.add_argument("--tags", type=int, default=1600)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--scans", type=int, default=10_000)
    Bench(parser.parse_args()).run()


if __name__ == "__main__":
    main()
