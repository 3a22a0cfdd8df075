#!/usr/bin/env python3
"""The daemon against a real registry that tells it of every push: from a lie to its notice, through kills, reloads, wrong callers and a dead
registry.

usage: serve_test.py --veritag PROGRAM [--work DIR] [--verbose]
"""
import argparse
import base64
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

import jsonschema

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import contents  # noqa: E402
import daemon  # noqa: E402
import fleet  # noqa: E402
import images  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402
import synthetic  # noqa: E402

wait_for = daemon.wait_for
HOOK_SECRET = "a-bearer-of-the-tests"
HOOK_PATH = "a-path-that-nobody-should-guess"
TRUTH, LIE = "22.03-LTS-SP3", "22.03-LTS-SP4"  # what the image is, and what some tags say
SETTLE = 2  # seconds, where the configuration does not say
STEPS_OF_A_LIE = 5
MANY_NAMES = 1_100
CHANGING = {"/api/v1/targets"}  # its reply may be another one a second later
MOST_SECONDS = 5  # from the end of a push to its notice, median


class TellingRegistry(registry.Registry):
    """Sends its events to the daemon, as distribution does."""

    hook = ""

    def configuration(self):
        lines = ["notifications:", "  endpoints:", "    - name: veritag", f"      url: {self.hook}", f"      headers: {{Authorization: ['Bearer {HOOK_SECRET}']}}", "      timeout: 2s", "      threshold: 5", "      backoff: 200ms"]
        return super().configuration() + "\n".join(lines) + "\n"


class Asked(daemon.Daemon):
    """Remembers what it was asked and how it answered."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.answers = set()

    def request(self, method, path, body=None, headers=None, token=""):
        answer = super().request(method, path, body, headers, token)
        self.answers.add((method, path.split("?")[0], answer[0]))
        return answer

    def announce(self, path, size, headers=None):
        """The status that a body of this size is answered before it is sent."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest("POST", path)
        for name, value in {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Content-Length": str(size), **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        self.answers.add(("POST", path.split("?")[0], status))
        return status

    def all_answers(self):
        """Those that the log knows, too: what the program's own client asked."""
        answers = set(self.answers)
        for line in self.log().splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("message") == "request" and "…" not in entry["path"]:
                answers.add((entry["method"], entry["path"], int(entry["status"])))
        return answers


class Description:
    """The API's description, as a test asks it."""

    def __init__(self, document):
        self.document = document
        self.paths = document["paths"]
        self.patterns = [(re.compile("/".join(".+" if part == "{secret}" else "[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))), path) for path in sorted(self.paths, key=lambda path: path.count("{"))]

    def path_of(self, real):
        return next((path for pattern, path in self.patterns if pattern.fullmatch(real)), None)

    def problem(self, method, real, status):
        """What is wrong with this answer by the description, or None."""
        path = self.path_of(real)
        if path is None:
            return None if status == 404 else f"{method} {real}: HTTP {status} from a path that is not described"
        operation = self.paths[path].get("get" if method == "HEAD" else method.lower())
        if operation is None:
            return None if status == 405 else f"{method} {path}: HTTP {status}, and this method is not described"
        return None if str(status) in operation["responses"] else f"{method} {path}: HTTP {status} is not described"

    def methods(self, path):
        """As Allow has them."""
        found = {method.upper() for method in self.paths[path]} | {"OPTIONS"}
        return found | {"HEAD"} if "GET" in found else found


class Counter(threading.Thread):
    """Passes connections on to a registry, and knows how many there were at a time."""

    def __init__(self, host):
        super().__init__(daemon=True)
        name, port = host.rsplit(":", 1)
        self.upstream = (name, int(port))
        self.server = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.server.getsockname()[1]}"
        self.lock, self.open, self.most, self.all = threading.Lock(), 0, 0, 0
        self.start()

    def run(self):
        while True:
            client = self.server.accept()[0]
            with self.lock:
                self.open += 1
                self.all += 1
                self.most = max(self.most, self.open)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        upstream = socket.create_connection(self.upstream)
        back = threading.Thread(target=self.copy, args=(upstream, client), daemon=True)
        back.start()
        self.copy(client, upstream)
        with self.lock:
            self.open -= 1
        back.join()
        client.close()
        upstream.close()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def image(number, release=TRUTH, architecture="amd64"):
    return images.Image([fleet.base_layer(release, architecture, "first"), images.Layer([images.file("etc/number", str(number))])], architecture)


class Serve:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)
        self.program = options.veritag
        self.receiver = daemon.Receiver()
        self.layout = images.Layout(self.work / "layout")
        self.silent = socket.create_server(("127.0.0.1", 0))

    def settings(self, host, **more):
        return {"registries": [{"registry": host, "plain_http": True, "internal": True}, {"registry": f"127.0.0.1:{self.silent.getsockname()[1]}", "plain_http": True, "internal": True}],
                "targets": [{"name": "fleet", "registry": host}],
                "hooks": [{"name": "local", "kind": "distribution", "registry": host, "authentication": "bearer", "secret_env": "HOOK"},
                          {"name": "silent", "kind": "distribution", "registry": f"127.0.0.1:{self.silent.getsockname()[1]}", "authentication": "bearer", "secret_env": "HOOK"},
                          {"name": "quay", "kind": "quay", "registry": host, "authentication": "path", "secret_env": "HOOK_PATH"},
                          {"name": "plain", "kind": "generic", "registry": host, "authentication": "hmac", "secret_env": "HOOK"}],
                "notifications": [{"name": "ops", "kind": "webhook", "url": self.receiver.url, "internal": True, "secret_env": "SECRET", "sends": 1000},
                                  {"name": "mail", "kind": "email", "host": "mail.example.org", "from": "veritag@example.org", "to": "Somebody <ops@example.org>", "language": "zh", "dry_run": True}],
                "listen": [f"127.0.0.1:{self.daemon.port}", f"unix:{self.work / 'daemon/socket'}"],
                **more}

    def skopeo(self, image, repository, tag):
        name = f"i{len(self.layout.names)}"
        self.layout.add(name, image)
        self.server.skopeo(self.layout.path, name, repository, tag)

    def finding(self, repository, tag, code="os-mismatch"):
        found = [each for each in self.daemon.images(repository=repository) if each["tag"] == tag]
        return found if any(code in each["codes"] for each in found) else []

    def notices_of(self, reference):
        return [notice for notice in self.receiver.taken() if reference in json.dumps(notice["body"])]

    # ---- from a push to its notice ----

    def pushes(self):
        seconds, told, pushed = [], [], {}
        for number in range(STEPS_OF_A_LIE):
            tag = f"1.{number}.0-oe2203sp4"
            self.skopeo(image(number), "openeuler/app", tag)
            pushed[tag] = time.monotonic()
        for tag in pushed:
            reference = f"{self.server.host}/openeuler/app:{tag}"
            found = wait_for(lambda: self.finding("openeuler/app", tag) and self.notices_of(reference))
            if found:
                seconds.append(found[0]["time"] - pushed[tag])
                told += found
        median = statistics.median(seconds) if seconds else float("inf")
        self.tally.check(f"a pushed lie is in the API and told after {median:.1f} s", [] if len(seconds) == STEPS_OF_A_LIE and median <= MOST_SECONDS else [f"after {seconds}", self.daemon.log()[-1500:]])
        self.tally.check("notices are signed", [] if told and all(each["signed"] for each in told) else [f"{[each['signed'] for each in told]}"])
        self.tally.check("each is told once", [f"{tag}: {len(self.notices_of(tag))} times" for number in range(STEPS_OF_A_LIE) for tag in [f":1.{number}.0-oe2203sp4"] if len(self.notices_of(tag)) != 1])

        self.skopeo(image(0, LIE), "openeuler/app", "1.0.0-oe2203sp4")
        mended = wait_for(lambda: len(self.notices_of(":1.0.0-oe2203sp4")) == 2 and not self.finding("openeuler/app", "1.0.0-oe2203sp4"))
        self.tally.check("a mended tag is told as mended", [] if mended else [json.dumps([each["body"] for each in self.notices_of(':1.0.0-oe2203sp4')])[:800]])

    def many_at_once(self):
        before = len(self.daemon.jobs(kind="scan"))
        stacks = {"amd64": [fleet.base_layer(TRUTH, "amd64", "first"), images.Layer([images.file("etc/many", "x")])]}
        pusher = fleet.Pusher(self.server)
        pusher.image("openeuler/many", "1.0-oe2203sp4", stacks)
        wait_for(lambda: self.finding("openeuler/many", "1.0-oe2203sp4"))
        first = len(self.daemon.jobs(kind="scan"))
        started = time.monotonic()
        for number in range(10):
            stacks["amd64"][1] = images.Layer([images.file("etc/many", str(number))])
            pusher.image("openeuler/many", "1.0-oe2203sp4", stacks)
        took = time.monotonic() - started
        wait_for(lambda: not self.daemon.jobs(state="waiting", kind="scan") and not self.daemon.jobs(state="running", kind="scan"))
        runs = len([job for job in self.daemon.jobs(kind="scan") if job["state"] == "done"]) - first
        most = 1 + int(took / SETTLE)  # a machine with much else to do pushes for longer than a push waits for the next
        self.tally.check(f"ten pushes of one tag in {took:.1f} s are {'one scan' if most == 1 else f'at most {most} scans'}", [] if 1 <= runs <= most else [f"{runs} scans, {first - before} before"])

    def killed(self):
        """Between the 202 and the scan: nothing is lost, and nothing is told twice."""
        for number in range(3):
            tag = f"2.{number}.0-oe2203sp4"
            self.skopeo(image(100 + number), "openeuler/killed", tag)
            waiting = wait_for(lambda: [job for job in self.daemon.jobs(kind="scan") if job["about"].endswith(tag) and job["state"] in ("waiting", "running")], 10, 0.005)
            time.sleep(0.3 * number)  # once before its scan, once in the middle of it, once at its end
            self.daemon.kill()
            self.daemon.start()
            found = wait_for(lambda: self.finding("openeuler/killed", tag) and self.notices_of(f":{tag}"))
            time.sleep(0.5)
            notices = len(self.notices_of(f":{tag}"))
            self.tally.check(f"killed {300 * number} ms after a push was taken: found, and told once", [] if waiting and found and notices == 1 else [
                f"waiting {bool(waiting)}, found {bool(self.finding('openeuler/killed', tag))}, {notices} notices", self.daemon.log()[-1500:]])

    # ---- the command line ----

    def remote(self):
        """`scan --server` prints what a local scan prints."""
        names = [f"{self.server.host}/openeuler/app:1.1.0-oe2203sp4", f"{self.server.host}/openeuler/app:1.0.0-oe2203sp4"]
        token = self.work / "token"
        token.write_text(self.daemon.token + "\n", encoding="utf-8")
        program = run_matrix.Program(self.program, self.work)
        at = ["--server", f"http://127.0.0.1:{self.daemon.port}", "--token-file", str(token), "--no-progress"]
        for flags in (["--format", "json"], ["--format", "table"], ["--format", "table", "--lang", "zh"]):
            here = program.run("scan", "--plain-http", "--no-progress", "--no-store", *flags, *names)
            there = program.run("scan", *at, *flags, *names)
            problems = [f"exit status {here[0]} here, {there[0]} there"] if here[0] != there[0] or here[0] != 1 else []
            if flags[1] == "json":
                # Lineage is what the daemon knows more of.
                told = [{(image["reference"], image["platform"]): (image["verdict"], sorted(finding["code"] for finding in image["findings"] if not finding["code"].startswith("parent-"))) for image in json.loads(out)["images"]}
                        for out in (here[1], there[1]) if out]
                problems += [f"{told}, {there[2]}"] if len(told) != 2 or told[0] != told[1] else []
            else:
                missing = [line for line in here[1].splitlines() if line.startswith(("fail", "pass", "失败", "通过")) and line not in there[1]]
                problems += [f"{missing[:3]}\n{there[1][:600]}"] if missing or not there[1] else []
            self.tally.check(f"scan --server {' '.join(flags)} looks the same", problems)
        status, out, errors = program.run("audit", *at, "--format", "json", "fleet")
        self.tally.check("audit --server", [] if status == 1 and json.loads(out)["targets"] else [f"exit status {status}: {errors[:300]}"])
        status, _, errors = program.run("scan", *at, "--follow", "1", names[0])
        self.tally.check("--follow orders nothing", [] if status == 2 and "--follow" in errors else [f"exit status {status}: {errors}"])
        for wrong in ("0", "x", "5-3", "1,,2", "1-999999"):
            status, _, errors = program.run("scan", *at, "--follow", wrong)
            self.tally.check(f"--follow {wrong} is refused", [] if status == 2 and "--follow" in errors else [f"exit status {status}: {errors}"])
        status, _, errors = program.run("scan", *at)
        self.tally.check("scan without a name is refused", [] if status == 2 and "no image was named" in errors else [f"exit status {status}: {errors}"])
        status, _, errors = program.run("scan", *at, "--platform", "linux/arm64", names[0])
        self.tally.check("what the daemon decides cannot be said with --server", [] if status == 2 and "--platform" in errors else [f"exit status {status}: {errors}"])
        status, _, errors = program.run("scan", "--server", f"http://127.0.0.1:{self.daemon.port}", names[0])
        self.tally.check("without a token it says what to do", [] if status == 3 and "--token-file" in errors else [f"exit status {status}: {errors}"])

    def many_names(self):
        """More names than a query of the API takes, and more than it takes at all."""
        program = run_matrix.Program(self.program, self.work)
        at = ["--server", f"http://127.0.0.1:{self.daemon.port}", "--token-file", str(self.work / "token"), "--no-progress", "--format", "json"]
        names = [f"{self.server.host}/openeuler/app:none-{number}" for number in range(MANY_NAMES - 1)] + [f"{self.server.host}/openeuler/app:1.1.0-oe2203sp4"]
        started = time.monotonic()
        status, out, errors = program.run("scan", *at, *names)
        there = [each["reference"] for each in json.loads(out)["images"]] if out else []
        self.tally.check(f"{len(names)} names at once are one report ({time.monotonic() - started:.0f} s)", [] if status == 1 and [each.split("@")[0] for each in dict.fromkeys(there)] == names else [
            f"exit status {status}, {len(there)} images: {there[:2]} {errors[:600]}"])
        before = len(self.daemon.jobs(kind="scan"))
        status, out, errors = program.run("scan", *at, *(f"h.example/a:{number}" for number in range(10_001)))
        after = len(self.daemon.jobs(kind="scan"))
        self.tally.check("10,001 are refused before one is ordered", [] if status == 2 and "10001 names" in errors and "nothing was ordered" in errors and not out and before == after else [f"exit status {status}, {after - before} jobs: {errors[:300]}"])

    def broken_connections(self):
        """The daemon is killed while a client waits for it: the client goes on with the new one, or says how to."""
        base = [self.daemon.program, "audit", "--server", f"http://127.0.0.1:{self.daemon.port}", "--token-file", str(self.work / "token"), "--format", "json"]

        def answered():
            return sum('"method":"POST","path":"/api/v1/audits"' in line for line in self.daemon.log().splitlines())

        def order(*more):
            last, before = max(job["id"] for job in self.daemon.jobs()), answered()
            client = subprocess.Popen([*base, *more, "fleet"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.daemon.environment)
            job = wait_for(lambda: [job["id"] for job in self.daemon.jobs(kind="audit") if job["id"] > last], 10, 0.002)
            wait_for(lambda: answered() > before, 10, 0.002)  # before it, the client knows of no job that it could wait for
            self.daemon.kill()
            return client, job

        client, job = order()
        time.sleep(1.5)
        self.daemon.start()
        out, errors = client.communicate(timeout=90)
        self.tally.check("audit --server outlives a restart of the daemon", [] if job and client.returncode == 1 and json.loads(out)["targets"] and "trying again for up to 5m" in errors and "the daemon answers again" in errors else [
            f"job {job}, exit status {client.returncode}: {errors[-600:]}"])

        client, job = order("--patience", "2s")
        started = time.monotonic()
        out, errors = client.communicate(timeout=60)
        took = time.monotonic() - started
        told = re.search(r"veritag audit --server \S+ --follow (\S+)", errors)
        self.tally.check(f"out of patience ({took:.1f} s) it says so, and how to pick the job up", [] if job and client.returncode == 3 and not out and took < 10 and "no better answer within 2s" in errors and told and told.group(1) == str(job[0]) else [
            f"job {job}, exit status {client.returncode}: {errors[-600:]}"])
        self.daemon.start()
        done = subprocess.run([*base, "--follow", told.group(1) if told else "1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.daemon.environment, check=False, timeout=90)
        self.tally.check("which that does", [] if done.returncode == 1 and json.loads(done.stdout)["targets"] else [f"exit status {done.returncode}: {done.stderr[-600:]}"])

        started = time.monotonic()
        nobody = registry.free_port()
        done = subprocess.run([self.daemon.program, "scan", "--server", f"http://127.0.0.1:{nobody}", "--patience", "1s", "a.example/b:1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.daemon.environment, check=False, timeout=60)
        self.tally.check("a daemon that never was is given up soon", [] if done.returncode == 3 and time.monotonic() - started < 8 and "is the address right" in done.stderr and "--follow" not in done.stderr else [f"exit status {done.returncode}: {done.stderr}"])

    def one_connection(self):
        """A registry that shall have one connection has one, and everything comes to its end: audits, scans, and those for Harbor."""
        counter, other = Counter(self.server.host), Counter(self.server.host)
        each = self.another("narrow", jobs=4, workers=2, registries=[{"registry": counter.host, "plain_http": True, "internal": True, "connections": 1}, {"registry": other.host, "plain_http": True}],
                            targets=[{"name": "narrow", "registry": counter.host}], harbor_adapter={"enabled": True, "secret_env": "HOOK", "registries": [counter.host, other.host]})
        try:
            job = json.loads(each.post("/api/v1/audits", {"target": "narrow"})[2])["id"]
            done = wait_for(lambda: each.read(f"/api/v1/scans/{job}")["state"] == "done", 120)
            images = len(each.images())
            self.tally.check(f"{images} images over one connection", [] if done and images > 5 and counter.most == 1 else [f"done {done}, at most {counter.most} of {counter.all} connections at a time", each.log()[-600:]])
            line = each.images()[0]

            def ask(host):
                value = {"registry": {"url": f"http://{host}", "authorization": ""}, "artifact": {"repository": line["repository"], "digest": line["digest"], "tag": line["tag"]}}
                status, _, body = each.request("POST", "/harbor/api/v1/scan", json.dumps(value).encode(), {"Authorization": f"Bearer {HOOK_SECRET}", "Content-Type": "application/vnd.scanner.adapter.scan.request+json; version=1.0"}, None)
                number = json.loads(body)["id"] if status == 202 else 0
                poll = lambda: each.request("GET", f"/harbor/api/v1/scan/{number}/report", headers={"Authorization": f"Bearer {HOOK_SECRET}"}, token=None)  # noqa: E731
                return wait_for(lambda: (lambda answer: answer if answer[0] != 302 else None)(poll()), 30)

            answer = ask(counter.host)
            self.tally.check("Harbor's scan, too", [] if answer and answer[0] == 200 and counter.most <= 2 else [f"{answer}"])
            answer = ask(other.host)
            self.tally.check("Harbor leads to no internal registry that is not said to be one", [] if answer and answer[0] == 500 and other.all == 0 and b"internal" in answer[2] else [f"{answer}, {other.all} connections"])
        finally:
            each.stop()

    def full_queue(self):
        """429 to orders and webhooks, 503 to one stream too many; a client waits, and says what is the matter."""
        host = f"127.0.0.1:{self.silent.getsockname()[1]}"
        each = self.another("full", workers=1, queue={"most_waiting": 2}, http={"event_streams": 1}, registries=[{"registry": host, "plain_http": True, "internal": True}],
                            hooks=[{"name": "local", "kind": "distribution", "registry": host, "authentication": "bearer", "secret_env": "HOOK"}])
        try:
            statuses = [each.post("/api/v1/scans", {"image": f"{host}/a/b:{number}"})[0] for number in range(8)]
            event = {"events": [{"id": "one", "action": "push", "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + "1" * 64, "repository": "a/b", "tag": "9"}}]}
            status, headers, _ = each.request("POST", "/hooks/local", json.dumps(event).encode(), {"Authorization": f"Bearer {HOOK_SECRET}", "Content-Type": "application/json"}, token=None)
            audit = each.post("/api/v1/audits", {"target": f"{host}/a"})[0]
            self.tally.check("a full queue is 429", [] if statuses[0] == 202 and statuses[-1] == 429 and status == 429 and headers["Retry-After"] and audit == 429 else [f"{statuses}, {status}, {audit}"])
            token = self.work / "full-token"
            token.write_text(each.token, encoding="utf-8")
            done = subprocess.run([each.program, "scan", "--server", f"http://127.0.0.1:{each.port}", "--token-file", str(token), "--patience", "2s", f"{host}/a/b:99"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, env=each.environment, check=False, timeout=60)
            self.tally.check("a client says so", [] if done.returncode == 3 and "HTTP 429" in done.stderr else [f"exit status {done.returncode}: {done.stderr}"])
            streams = [http.client.HTTPConnection("127.0.0.1", each.port, timeout=20) for _ in range(2)]
            replies = []  # a stream is open as long as its reply is kept
            for stream in streams:
                stream.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {each.token}"})
                replies.append(stream.getresponse())
                each.answers.add(("GET", "/api/v1/events", replies[-1].status))
            answers = [reply.status for reply in replies]
            for stream in streams:
                stream.close()
            self.tally.check("one stream too many is 503", [] if answers == [200, 503] else [f"{answers}"])
        finally:
            each.stop()

    def another(self, name, **settings):
        """A second daemon, with settings of its own."""
        each = Asked(self.program, self.work / name, settings, {"HOOK": HOOK_SECRET})
        each.token = each.make_token("tests", "admin")
        self.daemons.append(each)
        return each.start()

    # ---- the API ----

    def api(self):
        document = self.daemon.read("/api/v1/openapi.json")
        description = Description(document)
        registry_of_schemas = {"$defs": document["components"]["schemas"]}
        text = json.dumps(registry_of_schemas).replace("#/components/schemas/", "#/$defs/")
        definitions = json.loads(text)["$defs"]

        def check(path, method, status, content_type, body):
            operation = document["paths"][path][method]
            answer = operation["responses"].get(str(status))
            if answer is None:
                return [f"{method} {path}: HTTP {status} is not described"]
            if "$ref" in answer:
                answer = document["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
            kind = content_type.split(";")[0]
            if "content" not in answer:
                return []
            if kind not in answer["content"]:
                return [f"{method} {path}: {kind} is not described"]
            if not kind.endswith("json"):
                return []
            schema = json.loads(json.dumps(answer["content"][kind]["schema"]).replace("#/components/schemas/", "#/$defs/"))
            try:
                jsonschema.validate(json.loads(body), {**schema, "$defs": definitions})
            except jsonschema.ValidationError as error:
                return [f"{method} {path}: {error.message} at {list(error.absolute_path)}"]
            return []

        status, _, body = self.daemon.post("/api/v1/audits", {"target": "fleet"})
        job = json.loads(body)["id"]
        problems = check("/api/v1/audits", "post", status, "application/json", body)
        done = wait_for(lambda: self.daemon.read(f"/api/v1/scans/{job}")["state"] == "done" and self.daemon.read(f"/api/v1/scans/{job}"), 60)
        self.tally.check("an ordered audit is done", [] if done and done["result"]["worst"] == "error" else [f"{done or self.daemon.read(f'/api/v1/scans/{job}')}", self.daemon.log()[-800:]])
        audit = done["result"]["audit"] if done else 1
        digest = self.daemon.images()[0]["digest"]
        page = re.search(r'src="page/([0-9a-f]+/app\.js)"', self.daemon.get("/", token=None)[2].decode()).group(1)
        asked = set()
        visits = [("/api/v1/images", "?verdict=fail&limit=2"), ("/api/v1/images", "?limit=0"), ("/api/v1/images", "?colour=red"), ("/api/v1/images", "?cursor=zzz"), ("/api/v1/images/{digest}", digest),
                  ("/api/v1/images/{digest}", "sha256:" + "0" * 64), ("/api/v1/images/{digest}", "nonsense"), ("/api/v1/scans/{id}", str(job)), ("/api/v1/scans/{id}", "999999"), ("/api/v1/audits", "?limit=1"),
                  ("/api/v1/audits", "?kind=scan"), ("/api/v1/audits", "?kind=x"), ("/api/v1/audits/{id}", str(audit)), ("/api/v1/audits/{id}", "0"), ("/api/v1/audits/{id}/report", f"{audit}"),
                  ("/api/v1/audits/{id}/report", f"{audit}?format=table&lang=zh"), ("/api/v1/audits/{id}/report", f"{audit}?format=poem"), ("/api/v1/audits/{id}/report", "77777"),
                  ("/api/v1/audits/{id}/diff/{other}", f"{audit}/1"), ("/api/v1/audits/{id}/diff/{other}", f"{audit}/9999"), ("/api/v1/report", f"?audits={audit},1&format=json"), ("/api/v1/report", "?audits=1,x"), ("/api/v1/jobs", "?state=done"), ("/api/v1/jobs", "?state=tired"),
                  ("/api/v1/jobs/{id}", str(job)), ("/api/v1/jobs/{id}", "x"), ("/api/v1/skipped", "?limit=1"), ("/api/v1/skipped", "?limit=0"), ("/api/v1/skipped", "?cursor=zzz"), ("/api/v1/targets", ""), ("/api/v1/waivers", ""), ("/api/v1/waivers", "?x=1"), ("/", ""), ("/page/{version}/{file}", "0/app.js"), ("/page/{version}/{file}", page), ("/api/v1/images/{digest}/layers", digest), ("/api/v1/images/{digest}/layers", "sha256:" + "0" * 64),
                  ("/api/v1/images/{digest}/packages", digest), ("/api/v1/images/{digest}/packages", "nonsense"), ("/api/v1/images/{digest}/packages", f"{digest}?colour=red"), ("/api/v1/reference", f"?name={self.server.host}/openeuler/app:1.1.0-oe2203sp4&lang=zh"),
                  ("/api/v1/reference", "?name=a/b:1"), ("/api/v1/reference", "?name=A:B:C"), ("/api/v1/rules", ""), ("/api/v1/rules", "?x=1"), ("/api/v1/explain", "?reference=openeuler/cann:8.0.RC1-oe2203sp4"), ("/api/v1/explain", "?reference=nonsense"),
                  ("/api/v1/explain", "?reference=openeuler/cann:8.0.RC1-oe2203sp4&lang=fr"), ("/api/v1/events", "?x=1"), ("/healthz", ""), ("/readyz", ""), ("/metrics", ""), ("/api/v1/openapi.json", "")]
        for path, rest in visits:
            real = path
            if "{" in path:
                value = rest.split("?")[0].split("/")
                for name, part in zip(re.findall(r"{\w+}", path), value):
                    real = real.replace(name, part)
                rest = "?" + rest.split("?")[1] if "?" in rest else ""
            status, headers, body = self.daemon.get(real + rest)
            problems += check(path, "get", status, headers.get("Content-Type", ""), body)
            asked.add((path, "get"))
            if status == 200 and headers.get("ETag"):
                again = self.daemon.get(real + rest, headers={"If-None-Match": headers["ETag"]})
                problems += check(path, "get", again[0], "", again[2]) + ([f"GET {path}: HTTP {again[0]} where nothing has changed"] if again[0] != 304 and path not in CHANGING else [])
            head = self.daemon.request("HEAD", real + rest)
            problems += [f"HEAD {path}: HTTP {head[0]}, and GET {status}"] if head[0] != status or head[2] else []
        for path, value, token in (("/api/v1/scans", {"image": "not a name"}, ""), ("/api/v1/scans", {"picture": "x"}, ""), ("/api/v1/scans", [], ""), ("/api/v1/scans", {"image": "a/b:1"}, None),
                                   ("/api/v1/audits", {"target": "no such target!"}, ""), ("/api/v1/report", {"audits": "1,x"}, ""), ("/api/v1/report", {"audits": ""}, ""), ("/api/v1/report", {"audits": "1"}, None)):
            status, headers, body = self.daemon.post(path, value, token)
            problems += check(path, "post", status, headers.get("Content-Type", ""), body) + ([f"POST {path} {value}: HTTP {status}"] if status not in (400, 401, 404) else [])
            asked.add((path, "post"))
        status, headers, body = self.daemon.post(f"/api/v1/report?format=json", {"audits": f"{audit},1,{audit}"})
        problems += check("/api/v1/report", "post", status, headers.get("Content-Type", ""), body)
        joined = self.daemon.get(f"/api/v1/report?audits={audit},1&format=json")[2]
        problems += [] if status == 200 and body == joined else [f"POST /api/v1/report: HTTP {status}, and not what GET says"]
        for path in ("/api/v1/scans", "/api/v1/audits", "/api/v1/report", "/api/v1/jobs/1/cancel", "/api/v1/jobs/1/retry", "/hooks/local", "/harbor/api/v1/scan"):
            status = self.daemon.announce(path, 3 << 20)
            problems += [f"POST {path} of 3 MiB: HTTP {status}"] if status != 413 else []
        # Every path says which methods it has, to who asks and to who takes another one.
        values = {"id": str(job), "other": "1", "digest": digest, "version": "0", "file": "app.js", "sender": "local", "secret": "x"}
        for path in document["paths"]:
            real = re.sub(r"{(\w+)}", lambda name: values[name.group(1)], path)
            if description.path_of(real) != path:
                problems.append(f"{real} is {description.path_of(real)}")
            status, headers, _ = self.daemon.request("DELETE", real)
            allowed = {each.strip() for each in (headers.get("Allow") or "").split(",")}
            problems += [f"DELETE {path}: HTTP {status}, Allow {sorted(allowed)}"] if status != 405 or allowed != description.methods(path) else []
            status, headers, _ = self.daemon.request("OPTIONS", real)
            allowed = {each.strip() for each in (headers.get("Allow") or "").split(",")}
            if not path.startswith("/hooks/"):
                problems += [f"OPTIONS {path}: HTTP {status}, Allow {sorted(allowed)}"] if status != 204 or allowed != description.methods(path) else []
        for path, headers, expected in (("/hooks/local", {"WebHook-Request-Origin": "hub.example"}, 200), ("/hooks/nobody", {"WebHook-Request-Origin": "hub.example"}, 404), ("/hooks/local", {"WebHook-Request-Origin": "no origin!"}, 400),
                                        (f"/hooks/quay/{HOOK_PATH}", {"WebHook-Request-Origin": "quay.io"}, 200)):
            status = self.daemon.request("OPTIONS", path, headers=headers, token=None)[0]
            problems += [f"OPTIONS {path}: HTTP {status}, not {expected}"] if status != expected else []
        for path in ("/harbor/probe/healthy", "/harbor/probe/ready"):
            problems += [f"GET {path}"] if self.daemon.get(path, token=None)[0] != 200 else []
        for deed, expected in (("retry", 409), ("cancel", 202)):
            path = "/api/v1/jobs/{id}/" + deed
            status, headers, body = self.daemon.post(path.replace("{id}", str(job)))
            problems += check(path, "post", status, headers.get("Content-Type", ""), body) + ([f"POST {path}: HTTP {status}"] if status != expected else [])
            asked.add((path, "post"))
        problems += self.events()
        described = {(path, method) for path, methods in document["paths"].items() for method in methods if method != "options" and not path.startswith(("/hooks/", "/harbor/"))}
        problems += [f"never asked: {each}" for each in sorted(described - asked)]
        self.tally.check(f"{len(visits)} replies are as the description says, and every path was asked", problems[:8])

        pages, cursor, seen = 0, "", []
        while pages < 100:
            page = self.daemon.read(f"/api/v1/images?limit=3{cursor and '&cursor=' + cursor}")
            seen += [each["reference"] + each["platform"] for each in page["images"]]
            pages += 1
            if "next" not in page:
                break
            cursor = page["next"]
        every = [each["reference"] + each["platform"] for each in self.daemon.images()]
        self.tally.check(f"{pages} pages are the whole", [] if seen == every and pages > 2 else [f"{len(seen)} of {len(every)}"])
        status, headers, _ = self.daemon.get("/api/v1/images?limit=3")
        again = self.daemon.get("/api/v1/images?limit=3", headers={"If-None-Match": headers["ETag"]})
        self.tally.check("an unchanged page is 304", [] if again[0] == 304 and not again[2] else [f"HTTP {again[0]}"])
        status, headers, _ = self.daemon.get("/api/v1/images", headers={"Origin": "https://elsewhere.example"})
        self.tally.check("other sites may not read", [] if headers.get("Access-Control-Allow-Origin") is None else ["they may"])

    def events(self):
        """A stream of events tells of a scan from its beginning to its end, and ends with its reader."""
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=20)
        connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {self.daemon.token}"})
        answer = connection.getresponse()
        if answer.status != 200 or answer.headers["Content-Type"].split(";")[0] != "text/event-stream":
            return [f"GET /api/v1/events: HTTP {answer.status} {answer.headers['Content-Type']}"]
        job = json.loads(self.daemon.post("/api/v1/scans", {"image": f"{self.server.host}/openeuler/app:1.2.0-oe2203sp4"})[2])["id"]
        told, event, data = [], "", ""
        while "ended" not in told:
            line = answer.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                data += line[6:]
            elif not line and data:
                told += [event] if json.loads(data)["job"] == job else []
                data = ""
        connection.close()
        return [] if told[0] == "began" and "progress" in told and told.count("ended") == 1 else [f"the events of job {job} were {told}"]

    def callers(self):
        """Every route for nobody, and for each role."""
        tokens = {None: None, **{role: self.daemon.make_token(f"a-{role}", role) for role in ("read", "scan", "admin")}}
        roles = list(tokens)
        document = self.daemon.read("/api/v1/openapi.json")
        values = {"id": "999999", "other": "1", "digest": "sha256:" + "0" * 64, "version": "0", "file": "app.js", "sender": "nobody", "secret": "x"}
        bodies = {"/api/v1/scans": {"image": "not a name"}, "/api/v1/audits": {"target": "not a name!"}, "/api/v1/report": {"audits": "999999"}}
        problems, asked = [], 0
        for path, methods in document["paths"].items():
            real = re.sub(r"{(\w+)}", lambda name: values[name.group(1)], path)
            for method, operation in methods.items():
                security = operation.get("security", document["security"])
                needed = next((role for way in security for role in way.get("bearer", [])), None)
                needed = None if {} in security else needed  # as this daemon is configured
                own = any(name.startswith("harbor") for way in security for name in way)
                for role, token in tokens.items():
                    query = "?x=1" if path == "/api/v1/events" else ""
                    body = json.dumps(bodies.get(path, {})).encode() if method == "post" else None
                    status = self.daemon.request(method.upper(), real + query, body, {"Content-Type": "application/json"}, token)[0]
                    asked += 1
                    if own:  # Harbor's own secret opens it, and no token does
                        fits = status == 401
                    elif roles.index(role) >= roles.index(needed):
                        fits = status not in (401, 403)
                    else:
                        fits = status == (401 if role is None else 403)
                    problems += [] if fits else [f"{method} {path} for {role}: HTTP {status}"]
        self.tally.check(f"{asked} requests: each role may do what its routes need, and nothing more", problems[:8])

        order = {"image": f"{self.server.host}/openeuler/app:1.1.0-oe2203sp4"}
        table = [("GET", "/api/v1/images", "vt_wrong", 401), ("POST", "/api/v1/scans", tokens["read"], 403), ("POST", "/api/v1/scans", tokens["scan"], 202), ("GET", "/nowhere", None, 404)]
        problems = []
        for method, path, token, expected in table:
            status = self.daemon.post(path, order, token)[0] if method == "POST" else self.daemon.request(method, path, token=token)[0]
            problems += [f"{method} {path} with {token and token[:5]}: HTTP {status}, not {expected}"] if status != expected else []
        # Whose job it is decides who may stop it. Neither comes to an end: their registry never answers.
        hook = {"Authorization": f"Bearer {HOOK_SECRET}", "Content-Type": "application/json"}
        event = {"events": [{"id": "a-push-to-cancel", "action": "push", "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + "1" * 64, "repository": "openeuler/cancelled", "tag": "1.0-oe2203sp4"}}]}
        self.daemon.request("POST", "/hooks/silent", json.dumps(event).encode(), hook, token=None)
        pushed, about = next(((job["id"], job["about"]) for job in self.daemon.jobs(kind="scan") if job["about"].endswith("/openeuler/cancelled:1.0-oe2203sp4")), (0, ""))
        self.daemon.post("/api/v1/scans", {"image": about}, tokens["scan"])  # to have ordered it, too, makes it nobody's own
        ordered = json.loads(self.daemon.post("/api/v1/scans", {"image": f"{self.silent.getsockname()[0]}:{self.silent.getsockname()[1]}/a/c:1"})[2])["id"]
        told = [job["id"] for job in self.daemon.jobs(kind="notice")][:1]
        for what, job, role, deed, expected in [("a pushed job", pushed, "scan", "cancel", 403), ("a pushed job", pushed, "admin", "cancel", 202), ("a pushed job", pushed, "scan", "retry", 403), ("an ordered job", ordered, "read", "cancel", 403),
                                                ("an ordered job", ordered, "scan", "cancel", 202)] + [("a notice", job, "scan", "cancel", 403) for job in told]:
            status = self.daemon.post(f"/api/v1/jobs/{job}/{deed}", token=tokens[role])[0]
            problems += [f"{deed} {what} as {role}: HTTP {status}, not {expected}"] if status != expected else []
        for job in (ordered, pushed):  # one that was already running ends a little later
            wait_for(lambda job=job: self.daemon.read(f"/api/v1/jobs/{job}")["state"] == "cancelled", 10)
        status = self.daemon.post(f"/api/v1/jobs/{pushed}/retry", token=tokens["admin"])[0]
        problems += [f"retry a cancelled job as admin: HTTP {status}"] if status != 202 or not told else []
        self.daemon.post(f"/api/v1/jobs/{pushed}/cancel")
        self.tally.check("roles", problems)

        streams = {}
        for role in ("read", "scan"):
            streams[role] = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=20)
            streams[role].request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {tokens[role]}"})
            streams[role] = streams[role].getresponse()
        started = time.monotonic()
        subprocess.run([self.daemon.program, "token", "revoke", "a-scan", "--store", str(self.daemon.store)], stdin=subprocess.DEVNULL, env=self.daemon.environment, check=True)
        self.tally.check("a revoked token holds no longer", [] if self.daemon.get("/api/v1/images", tokens["scan"])[0] == 401 else ["it does"])
        try:
            while streams["scan"].read1():
                pass
            took = time.monotonic() - started
        except TimeoutError:
            took = float("inf")
        streams["read"].fp.raw._sock.settimeout(1)
        try:
            other = streams["read"].read1() != b""
        except TimeoutError:
            other = True
        self.tally.check(f"its event stream ends {took:.1f} s later, and nobody else's does", [] if took < 8 and other else [f"after {took} s, the other one is open: {other}"])
        streams["read"].close()
        with open(self.daemon.store, "rb") as store:
            content = store.read()
        self.tally.check("secrets of tokens are not in the store", [role for role, token in tokens.items() if token and token.encode() in content])

    def described(self):
        """Whatever was answered until now, by this daemon and the others, is described for its path and method."""
        description = Description(self.daemon.read("/api/v1/openapi.json"))
        answers = set().union(*(each.all_answers() for each in self.daemons))
        problems = sorted(filter(None, (description.problem(*each) for each in answers)))
        statuses = {status for _, _, status in answers}
        wanted = {200, 202, 204, 302, 304, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 501, 503}
        self.tally.check(f"{len(answers)} different answers are all described", problems[:10] + [f"HTTP {status} was never given" for status in sorted(wanted - statuses)])

    def hooks(self):
        def post(path, body, headers):
            return self.daemon.request("POST", path, body, headers, token=None)[0]

        good = json.dumps({"repository": "openeuler/app", "tag": "1.2.0-oe2203sp4"}).encode()
        signature = "sha256=" + hmac.new(HOOK_SECRET.encode(), good, hashlib.sha256).hexdigest()
        bearer = {"Authorization": f"Bearer {HOOK_SECRET}", "Content-Type": "application/json"}
        table = [("/hooks/plain", good, {"X-Hub-Signature-256": signature}, 202), ("/hooks/plain", good, {"X-Hub-Signature-256": signature[:-1] + ("0" if signature[-1] != "0" else "1")}, 401),
                 ("/hooks/plain", good, {}, 401), ("/hooks/nobody", good, {}, 404), (f"/hooks/quay/{HOOK_PATH}", b'{"repository": "openeuler/app", "updated_tags": ["1.2.0-oe2203sp4"]}', {"Content-Type": "application/json"}, 202),
                 ("/hooks/quay/a-path-that-somebody-guesses", b"{}", {}, 401), ("/hooks/quay", b"{}", {}, 401), ("/hooks/local", b"{", bearer, 400), ("/hooks/local", b'{"events": []}', bearer, 202), ("/hooks/local", b"[]", bearer, 400),
                 ("/hooks/local", b"x" * (3 << 20), bearer, 413), ("/hooks/local", b"{}", {**bearer, "Content-Encoding": "gzip"}, 415), ("/hooks/local", b"[" * 100_000, bearer, 413)]
        problems = []
        for path, body, headers, expected in table:
            try:
                status = post(path, body, headers)
            except OSError:
                status = 413 if len(body) > 1 << 20 else 0  # it was cut before it was sent
            problems += [f"{path} {body[:20]!r} {list(headers)}: HTTP {status}, not {expected}"] if status != expected else []
        self.tally.check("webhooks prove themselves, and what is wrong is said", problems)

    def reloads(self):
        digest = lambda: re.search(r'veritag_build_info\{.*?rules="([^"]+)"', self.daemon.get("/metrics")[2].decode()).group(1)  # noqa: E731
        before = digest()
        counts = lambda result: int(re.search(rf'veritag_reloads_total\{{result="{result}"\}} (\d+)', self.daemon.get("/metrics")[2].decode()).group(1))  # noqa: E731
        for text in ("listen: [", '{"colour": "red"}', json.dumps({**self.daemon.settings, "rules": ["/nowhere/at/all"]})):
            refused = counts("refused")
            self.daemon.config.write_text(text, encoding="utf-8")
            self.daemon.process.send_signal(signal.SIGHUP)
            told = wait_for(lambda: counts("refused") > refused, 10)
            self.tally.check(f"a bad configuration ({text[:14]}…) keeps the old one and says why", [] if told and digest() == before and "reload refused" in self.daemon.log() else [self.daemon.log()[-500:]])
        folder = self.work / "rules"
        folder.mkdir()
        (folder / "extra.yaml").write_text("component: sample-extra\nkind: tool\ntitle: Extra\nnames: [sample-extra]\nevidence:\n  - {file: 'etc/nowhere', read: '(.*)'}\nexamples: []\n", encoding="utf-8")
        self.daemon.write_config({**self.daemon.settings, "rules": [str(folder)]})
        self.daemon.process.send_signal(signal.SIGHUP)
        changed = wait_for(lambda: digest() != before, 10)
        self.tally.check("new rules without a restart", [] if changed else [self.daemon.log()[-500:]])
        self.daemon.write_config()
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: digest() == before, 10)

    def harbor(self):
        """The scanner interface, asked as Harbor asks (goharbor/harbor: src/pkg/scan/rest/v1)."""
        secret = {"Authorization": f"Bearer {HOOK_SECRET}"}
        request_type = "application/vnd.scanner.adapter.scan.request+json; version=1.0"
        report_type = "application/vnd.security.vulnerability.report; version=1.1"
        status, headers, body = self.daemon.request("GET", "/harbor/api/v1/metadata", headers=secret, token=None)
        known = json.loads(body)
        capability = known["capabilities"][0]
        self.tally.check("it registers as what it is", [] if status == 200 and "not CVE" in known["scanner"]["name"] and len(capability["produces_mime_types"]) == 1 and
                         "application/vnd.docker.distribution.manifest.v2+json" in capability["consumes_mime_types"] and headers["Content-Type"].startswith("application/vnd.scanner.adapter.metadata+json") else [f"{status} {body}"])
        line = next(each for each in self.daemon.images(repository="openeuler/app") if each["tag"] == "1.3.0-oe2203sp4")

        def ask(**changes):
            value = {"registry": {"url": f"http://{self.server.host}", "authorization": "Basic " + base64.b64encode(b"robot$x+y:secret").decode(), "insecure": False},
                     "artifact": {"repository": "openeuler/app", "digest": line["digest"], "tag": line["tag"], "mime_type": "application/vnd.docker.distribution.manifest.v2+json", "size": 1},
                     "enabled_capabilities": [{"type": "vulnerability", "produces_mime_types": [report_type]}]}
            for name, change in changes.items():
                value[name] = {**value[name], **change} if isinstance(change, dict) else change
            return self.daemon.request("POST", "/harbor/api/v1/scan", json.dumps(value).encode(), {**secret, "Content-Type": request_type}, None)

        status, headers, body = ask()
        identifier = json.loads(body).get("id")
        polls = []

        def poll():
            answer = self.daemon.request("GET", f"/harbor/api/v1/scan/{identifier}/report", headers={**secret, "Accept": report_type}, token=None)
            polls.append(answer[0])
            if answer[0] == 302 and not 1 <= int(answer[1]["Refresh-After"]) <= 127:
                polls.append("Refresh-After out of range")
            return answer if answer[0] != 302 else None

        answer = wait_for(poll, 20)
        report = json.loads(answer[2]) if answer and answer[0] == 200 else {}
        rows = report.get("vulnerabilities", [])
        self.tally.check("a scan for Harbor ends with rows of our own", [] if status == 202 and report.get("severity") == "High" and report["artifact"]["digest"] == line["digest"] and
                         any(row["id"].startswith("veritag-os-mismatch-") and row["vendor_attributes"]["kind"] == "compliance" and not row["fix_version"] for row in rows) and set(polls) <= {200, 302} else [
                             f"HTTP {status} {body}, {polls}, {json.dumps(report)[:500]}"])
        wrong = [(ask(registry={"url": "http://169.254.169.254"})[0], 422), (ask(registry={"url": "https://elsewhere.example"})[0], 422), (ask(artifact={"digest": "x"})[0], 422), (ask(artifact={"tag": ""})[0], 422),
                 (ask(enabled_capabilities=[{"type": "sbom"}])[0], 501), (self.daemon.request("POST", "/harbor/api/v1/scan", b"{", {**secret, "Content-Type": request_type}, None)[0], 400),
                 (self.daemon.request("GET", "/harbor/api/v1/scan/987654/report", headers=secret, token=None)[0], 404), (self.daemon.request("GET", "/harbor/api/v1/metadata", token=None)[0], 401)]
        self.tally.check("what Harbor may not ask is refused", [f"HTTP {status}, not {expected}" for status, expected in wrong if status != expected])
        chart = "application/vnd.cncf.helm.config.v1+json"
        told = [(ask(artifact={"mime_type": chart}), 422, chart), (ask(artifact={"mime_type": chart}), 422, "application/vnd.oci.image.manifest.v1+json"),
                (ask(enabled_capabilities=[{"type": "vulnerability", "produces_mime_types": [chart]}]), 501, chart),
                (self.daemon.request("GET", f"/harbor/api/v1/scan/{identifier}/report", headers={**secret, "Accept": chart}, token=None), 406, chart),
                (self.daemon.request("GET", f"/harbor/api/v1/scan/{identifier}/report", headers={**secret, "Accept": chart}, token=None), 406, report_type)]
        self.tally.check("of a mime type that nobody knows it says which, and which are known", [f"HTTP {answer[0]} {answer[2]}" for answer, status, word in told if answer[0] != status or word not in json.loads(answer[2])["error"]["message"]])
        with open(self.daemon.store, "rb") as store:
            content = store.read()
        self.tally.check("Harbor's credential is neither kept nor logged", ["it is"] if b"robot$x" in content or "robot$x" in self.daemon.log() or base64.b64encode(b"robot$x+y:secret") in content else [])

    def metrics(self):
        text = self.daemon.get("/metrics")[2].decode()
        names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and not line.startswith("#")}
        wanted = {"veritag_build_info", "veritag_queue_jobs", "veritag_jobs_total", "veritag_images", "veritag_images_with_finding", "veritag_registry_requests_total", "veritag_hooks_total", "veritag_notices_total",
                  "veritag_layers_total", "veritag_fetched_bytes_total", "veritag_audit_timestamp_seconds", "veritag_http_requests_total", "veritag_http_request_seconds_bucket", "veritag_reloads_total"}
        bad = [line for line in text.splitlines() if line and not line.startswith("#") and not re.fullmatch(r'[a-z_]+(\{([a-z]+="(?:[^"\\\n]|\\.)*",?)*\})? [0-9.e+-]+', line)]
        by_target = re.findall(r'veritag_images_with_finding\{registry="[^"]+",target="([^"]+)",code="[a-z-]+"\}', text)
        self.tally.check("findings are counted by target", [] if set(by_target) & {target["name"] for target in self.daemon.settings["targets"]} else [f"targets {sorted(set(by_target))}"])
        self.tally.check("metrics have their names and form", [f"missing {sorted(wanted - names)}"] * bool(wanted - names) + bad[:3])

    def secrets(self):
        """Nothing secret stands in the log, and nobody outside is led inside."""
        log = self.daemon.log()
        self.tally.check("no secret is in the log", [secret for secret in (HOOK_SECRET, HOOK_PATH, daemon.SECRET, self.daemon.token) if secret in log])
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.settimeout(2)
        _, _, body = self.daemon.post("/api/v1/scans", {"image": f"localhost:{port}/secret/thing:1"})
        job = json.loads(body)["id"]
        ended = wait_for(lambda: self.daemon.read(f"/api/v1/scans/{job}")["state"] not in ("waiting", "running"))
        try:
            listener.accept()
            reached = True
        except TimeoutError:
            reached = False
        listener.close()
        state = [each for each in self.daemon.images(repository="secret/thing")]
        self.tally.check("a scan of a name from outside connects to no internal address", [] if ended and not reached and state and state[0]["error"] == "protocol" else [f"ended {ended}, reached {reached}, {state}"])

    def dead_registry(self):
        self.server.stop()
        _, _, body = self.daemon.post("/api/v1/scans", {"image": f"{self.server.host}/openeuler/app:1.4.0-oe2203sp4"})
        job = json.loads(body)["id"]
        failed = wait_for(lambda: self.daemon.read(f"/api/v1/scans/{job}").get("failure"), 40)
        state = self.daemon.read(f"/api/v1/scans/{job}")
        self.tally.check("a dead registry: the job waits for another try, and says why", [] if failed and state["state"] == "waiting" and failed["code"] == "network" else [f"{state}"])
        _, _, body = self.daemon.post(f"/api/v1/jobs/{job}/cancel")
        self.tally.check("it can be cancelled", [] if json.loads(body)["state"] == "cancelled" else [f"{body}"])
        mended = [each for each in self.receiver.taken() if "1.4.0" in json.dumps(each["body"])]
        self.tally.check("what could not be read is not told as mended", [] if len(mended) == 1 else [f"{len(mended)} notices"])

    def cancelled(self):
        """A registry that takes connections and says nothing: the run is ended by whoever ordered it."""
        _, _, body = self.daemon.post("/api/v1/scans", {"image": f"{self.silent.getsockname()[0]}:{self.silent.getsockname()[1]}/a/b:1"})
        job = json.loads(body)["id"]
        running = wait_for(lambda: self.daemon.read(f"/api/v1/jobs/{job}")["state"] == "running", 10)
        audit = wait_for(lambda: [each for each in self.daemon.read("/api/v1/audits?kind=scan")["audits"] if each.get("job") == job], 5)
        audit = audit[0] if audit else {"id": 0}
        paths = [f"/api/v1/audits/{audit['id']}/report", f"/api/v1/report?audits={audit['id']}", f"/api/v1/audits/{audit['id']}/diff/{audit['id']}"]

        def refused(words):
            answers = [self.daemon.get(path) for path in paths]
            return [f"HTTP {status} {body[:300]}" for status, headers, body in answers if status != 409 or headers["Content-Type"] != "application/problem+json" or words not in json.loads(body)["detail"]]

        self.tally.check("a run under way is no empty finished one", ([] if audit.get("state") == "running" and audit["complete"] is False else [f"{audit}"]) + refused("is running, and nothing of it is kept yet"))
        time.sleep(0.3)
        started = time.monotonic()
        self.daemon.post(f"/api/v1/jobs/{job}/cancel")
        ended = wait_for(lambda: self.daemon.read(f"/api/v1/jobs/{job}")["state"] == "cancelled", 10)
        self.tally.check(f"a run is cancelled in {time.monotonic() - started:.1f} s", [] if running and ended and time.monotonic() - started < 5 else [f"{self.daemon.read(f'/api/v1/jobs/{job}')}"])
        closed = wait_for(lambda: self.daemon.read(f"/api/v1/audits/{audit['id']}")["state"] == "cancelled", 5)
        self.tally.check("and its record says that it was cancelled", ([] if closed else [f"{self.daemon.read(paths[0][:-7])}"]) + refused("did not come to its end (cancelled)"))

    def unix_socket(self):
        class Connection(http.client.HTTPConnection):
            def connect(connection):
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.connect(str(self.work / "daemon/socket"))

        connection = Connection("localhost")
        connection.request("GET", "/api/v1/jobs?limit=1")
        status = connection.getresponse().status
        connection.close()
        self.tally.check("a process of the same user needs no token on the Unix socket", [] if status == 200 else [f"HTTP {status}"])
        done = subprocess.run([self.daemon.program, "scan", "--server", f"unix:{self.work / 'daemon/socket'}", "--no-progress", "--format", "json", f"{self.server.host}/openeuler/app:1.1.0-oe2203sp4"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.daemon.environment, check=False)
        self.tally.check("nor does scan --server unix:", [] if done.returncode == 1 and json.loads(done.stdout)["images"] else [f"exit status {done.returncode}: {done.stderr}"])

    def dry_run(self):
        shown = wait_for(lambda: "notice would be sent" in self.daemon.log(), 5)
        counted = [line for line in self.daemon.get("/metrics")[2].decode().splitlines() if line.startswith('veritag_notices_total{channel="mail"')]
        self.tally.check("and is not counted as one that sent", [] if any('"shown"' in line and not line.endswith(" 0") for line in counted) and any(line.endswith('result="sent"} 0') for line in counted) else counted)
        self.tally.check("a channel in dry run shows what it would send, without its secrets", [] if shown and "Somebody <ops@example.org>" in self.daemon.log() else [self.daemon.log()[-300:]])

    def idle_and_stop(self):
        connections = [socket.create_connection(("127.0.0.1", self.daemon.port)) for _ in range(500)]
        quick = self.daemon.get("/healthz", token=None)[0] == 200
        with concurrent.futures.ThreadPoolExecutor(50) as threads:
            statuses = list(threads.map(lambda _: self.daemon.get("/api/v1/images?limit=20")[0], range(500)))
        self.tally.check("500 idle connections and 500 readers", [] if quick and set(statuses) == {200} else [f"{set(statuses)}"])
        started = time.monotonic()
        status = self.daemon.stop()
        for connection in connections:
            connection.close()
        self.tally.check(f"SIGTERM ends it in {time.monotonic() - started:.1f} s with status 0", [] if status == 0 and time.monotonic() - started < 20 else [f"status {status}", self.daemon.log()[-500:]])

    def run(self):
        started = time.monotonic()
        self.server = TellingRegistry(self.work / "registry")
        self.daemon = Asked(self.program, self.work / "daemon", {}, {"HOOK": HOOK_SECRET, "HOOK_PATH": HOOK_PATH})
        self.daemons = [self.daemon]
        self.server.hook = f"http://127.0.0.1:{self.daemon.port}/hooks/local"
        with self.server:
            self.daemon.settings = self.settings(self.server.host, harbor_adapter={"enabled": True, "authentication": "bearer", "secret_env": "HOOK", "registries": [self.server.host]})
            self.daemon.token = self.daemon.make_token("tests", "admin")
            self.daemon.start()
            try:
                for part in (self.pushes, self.many_at_once, self.killed, self.remote, self.api, self.callers, self.hooks, self.reloads, self.harbor, self.metrics, self.cancelled, self.unix_socket, self.dry_run, self.broken_connections, self.many_names,
                             self.one_connection, self.full_queue, self.secrets, self.dead_registry, self.described, self.idle_and_stop):
                    part()
            finally:
                self.daemon.stop()
        print(f"{self.tally.passed} passed, {self.tally.failed} failed ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/serve"), help="directory for registry and store")
    parser.add_argument("--verbose", action="store_true")
    sys.exit(Serve(parser.parse_args()).run())


if __name__ == "__main__":
    main()
