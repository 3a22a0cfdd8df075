#!/usr/bin/env python3
"""A network that cuts, stalls and is interrupted: the report is the one of a good network, and little is read twice.

usage: network_test.py --veritag PROGRAM [--work DIR] [--seed N]

A proxy stands before a real registry. It counts the bytes of every blob that it sends, and cuts or stalls where it is told to.
"""
import argparse
import bisect
import collections
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import contents  # noqa: E402
import images  # noqa: E402
import processes  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402
import synthetic  # noqa: E402

MEBIBYTE = 1 << 20
CUTS = 100
MOST_REREAD = 0.01  # of the layers' bytes
PIECE = 16 << 10
RELEASE, CANN = "22.03-LTS-SP4", "8.0.0"
TAG = f"{CANN}-oe2203sp4"


class Proxy(http.server.ThreadingHTTPServer):
    """Passes GET and HEAD on to `server`."""

    daemon_threads = True

    def __init__(self, server):
        super().__init__(("127.0.0.1", 0), ProxyHandler)
        self.upstream, self.host = server.host, f"127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.cuts = {}       # by blob: sorted offsets at which a connection is cut, each once
        self.stalls = {}     # by blob: an event; nothing is sent before it is set
        self.holds = {}      # by blob: an offset and an event; what lies behind the offset is not sent before it is set
        self.start_counting()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def start_counting(self):
        self.sent = collections.Counter()           # by blob: bytes of its body
        self.starts = collections.defaultdict(list)  # by blob: the first byte of each answer
        self.made_cuts = collections.Counter()

    def next_cut(self, digest, first):
        """The offset at which this answer, which starts at byte `first`, will be cut; None: nowhere."""
        with self.lock:
            self.starts[digest].append(first)
            offsets = self.cuts.get(digest, [])
            position = bisect.bisect_left(offsets, first)
            return offsets.pop(position) if position < len(offsets) else None


class ProxyHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.pass_on()

    def do_GET(self):
        self.pass_on()

    def pass_on(self):
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            upstream.request(self.command, self.path, headers=headers)
            answer = upstream.getresponse()
            blob = re.fullmatch(r"/v2/.*/blobs/(sha256:[0-9a-f]{64})", self.path)
            digest = blob.group(1) if blob and self.command == "GET" else None
            if digest in self.server.stalls:
                self.server.stalls[digest].wait(120)
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.send_body(answer, digest)
        except OSError:  # whoever asked went away
            self.close_connection = True
        finally:
            upstream.close()

    def send_body(self, answer, digest):
        at = int((re.match(r"bytes (\d+)-", answer.getheader("Content-Range", "")) or [0, 0])[1])
        cut = self.server.next_cut(digest, at) if digest else None
        hold, go_on = self.server.holds.get(digest, (None, None))
        while piece := answer.read(PIECE if cut is None else min(PIECE, cut - at)):
            if hold is not None and at >= hold:
                go_on.wait(120)
            self.wfile.write(piece)
            at += len(piece)
            if digest:
                with self.server.lock:
                    self.server.sent[digest] += len(piece)
        if cut is not None:
            with self.server.lock:
                self.server.made_cuts[digest] += 1
            self.close_connection = True


def sample(compression, number, noise_bytes):
    """An image whose second layer is large, with what proves the tag behind all that."""
    noise = random.Random(number).randbytes(noise_bytes)
    base = images.Layer(contents.root_tree("arm64") + contents.openeuler_os_files(RELEASE) +
                        [images.file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(contents.openeuler_rpms(RELEASE, "arm64")))])
    return images.Image([base, images.Layer([images.file("opt/noise.bin", noise)] + contents.cann(CANN), compression)])


class Network:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.program = run_matrix.Program(str(pathlib.Path(options.veritag).resolve()), self.work)
        self.tally = run_matrix.Tally(verbose=True)
        self.random = random.Random(options.seed)

    def push(self, server, image, repository):
        blobs = images.Blobs()
        server.put(repository, TAG, image.write(blobs), blobs)

    def cuts(self, server):
        """CUTS random offsets, spread over the large layers of several images, gzip and zstd."""
        samples = [sample(compression, number, 3 * MEBIBYTE) for number, compression in enumerate(("gzip", "zstd") * 4)]
        for number, image in enumerate(samples):
            self.push(server, image, f"cuts{number}/cann")
        sizes = {image.layers[1].digest: len(image.layers[1].blob) for image in samples}
        proxy = Proxy(server)
        references = [f"{proxy.host}/cuts{number}/cann:{TAG}" for number in range(len(samples))]

        def scan():
            proxy.start_counting()
            status, report, errors = self.program.scan("--plain-http", "--jobs", str(len(samples)), *references)
            return status, (report or {}).get("images"), errors

        status, uncut, errors = scan()
        reread = sum(proxy.sent[digest] - size for digest, size in sizes.items())
        self.tally.check("without cuts: all pass, and nothing is read twice", [] if status == 0 and reread == 0 and len(uncut or []) == len(samples) else [
            f"exit status {status}, {reread} bytes read twice: {errors.strip()[:300]}"])
        shares = [CUTS // len(sizes) + (number < CUTS % len(sizes)) for number in range(len(sizes))]
        planned = {digest: sorted(self.random.sample(range(size), share)) for (digest, size), share in zip(sizes.items(), shares)}
        proxy.cuts = {digest: list(each) for digest, each in planned.items()}
        started = time.monotonic()
        status, cut, errors = scan()
        seconds = time.monotonic() - started
        self.tally.check(f"{CUTS} cuts: the same report as without ({seconds:.1f} s)", [] if status == 0 and cut == uncut else [
            f"exit status {status}: {errors.strip()[:300]}"] + [f"{image['reference']}: {image['error']}" for image in cut or [] if image["error"]])
        self.tally.check("every cut was made", [] if sum(proxy.made_cuts.values()) == CUTS else [f"only {sum(proxy.made_cuts.values())}"])
        reread, whole = sum(proxy.sent[digest] - size for digest, size in sizes.items()), sum(sizes.values())
        self.tally.check(f"read twice: {reread} of {whole} bytes, {100 * reread / whole:.3f} %", [] if 0 <= reread <= MOST_REREAD * whole else ["too many, or too few"])
        wrong = [f"{digest}: cut at {planned[digest]}, read on at {proxy.starts[digest]}" for digest in sizes if proxy.starts[digest] != [0] + planned[digest]]
        self.tally.check("each was resumed at the byte where it stopped", wrong)
        proxy.shutdown()

    def interruption(self, server):
        """One layer stalls. The other images are judged meanwhile; then Ctrl-C ends the run, and the report holds what was done."""
        samples = [sample("gzip", 100 + number, 1000 if number != 1 else MEBIBYTE) for number in range(4)]
        for number, image in enumerate(samples):
            self.push(server, image, f"stall{number}/cann")
        proxy = Proxy(server)
        references = [f"{proxy.host}/stall{number}/cann:{TAG}" for number in range(len(samples))]
        stalled = samples[1].layers[1].digest
        proxy.stalls[stalled] = threading.Event()
        report_file = self.work / "interrupted.json"
        command = [self.program.path, "scan", "--plain-http", "--no-store", "--jobs", "2", "--format", "json", "-o", str(report_file), *references]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.program.home), "LC_ALL": "C.UTF-8"}
        problems = []
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment) as process:
            timer = threading.Timer(60, process.kill)
            timer.start()
            done = [process.stderr.readline() for _ in range(3)]
            if not all(line.startswith("veritag: pass: ") for line in done):
                problems.append(f"the others were not judged while one layer stalled: {done}")
            process.send_signal(signal.SIGINT)
            status = process.wait()
            timer.cancel()
        proxy.stalls[stalled].set()
        if status != 130:
            problems.append(f"exit status {status}, expected 130")
        found = [(image["reference"], image["verdict"], (image["error"] or {}).get("code")) for image in json.loads(report_file.read_text(encoding="utf-8"))["images"]] \
            if report_file.exists() else None
        expected = [(reference, *(("error", "cancelled") if number == 1 else ("pass", None))) for number, reference in enumerate(references)]
        if found != expected:
            problems.append(f"the report holds {found}")
        self.tally.check("a layer that stalls holds nobody else, and Ctrl-C reports what was done", problems)
        proxy.shutdown()

    def killed_worker(self, server):
        """The process that parses a layer is killed in the middle of it. That costs its image an error; the others are judged."""
        samples = [sample("gzip", 200 + number, 1000 if number != 1 else 4 * MEBIBYTE) for number in range(3)]
        for number, image in enumerate(samples):
            self.push(server, image, f"killed{number}/cann")
        proxy = Proxy(server)
        references = [f"{proxy.host}/killed{number}/cann:{TAG}" for number in range(len(samples))]
        held = samples[1].layers[1].digest
        go_on = threading.Event()
        proxy.holds[held] = (2 * MEBIBYTE, go_on)
        report_file = self.work / "killed.json"
        command = [self.program.path, "scan", "--plain-http", "--no-store", "--jobs", "2", "--format", "json", "-o", str(report_file), *references]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.program.home), "LC_ALL": "C.UTF-8"}
        problems = []
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment) as process:
            timer = threading.Timer(60, process.kill)
            timer.start()
            done = [process.stderr.readline() for _ in range(2)]
            family = processes.children_of(process.pid)
            workers = [pid for pid in family if not processes.children_of(pid)]
            if len(family) != 2 or len(workers) != 1:
                problems.append(f"below veritag run {family}, of which {workers} have no children; expected are a nursery and one worker")
            for pid in workers:
                status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
                problems += [f"the worker's status lacks {line!r}" for line in ("NoNewPrivs:\t1\n", "Seccomp:\t2\n") if line not in status]
                if pathlib.Path(f"/proc/{pid}/environ").read_bytes():
                    problems.append("the worker has an environment")
                os.kill(pid, signal.SIGKILL)
            go_on.set()
            status = process.wait()
            timer.cancel()
            errors = process.stderr.read()
        if status != 3:
            problems.append(f"exit status {status}, expected 3: {errors[:300]}")
        if left := [pid for pid in family if pathlib.Path(f"/proc/{pid}").exists()]:
            problems.append(f"processes are left: {left}")
        found = json.loads(report_file.read_text(encoding="utf-8"))["images"] if report_file.exists() else []
        if [(image["reference"], image["verdict"]) for image in found] != [(reference, "error" if number == 1 else "pass") for number, reference in enumerate(references)]:
            problems.append(f"the report holds {[(image['reference'], image['verdict']) for image in found]}; the others said {done}")
        problems += [f"the error does not name code and layer: {image['error']}" for image in found if image["verdict"] == "error" and not (
            image["error"]["code"] == "worker" and f"layer 1 {held}" in image["error"]["message"])]
        self.tally.check("a worker that is killed costs its image an error and no other", problems)
        proxy.shutdown()

    def run(self):
        with registry.Registry(self.work / "registry") as server:
            self.cuts(server)
            self.interruption(server)
            self.killed_worker(server)
        print(f"{self.tally.passed} passed, {self.tally.failed} failed")
        return 1 if self.tally.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/network"), help="directory for the registry")
    parser.add_argument("--seed", type=int, default=14, help="chooses where the connection is cut")
    return Network(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
