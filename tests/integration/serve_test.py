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
STEPS_OF_A_LIE = 5
MOST_SECONDS = 5  # from the end of a push to its notice, median


class TellingRegistry(registry.Registry):
    """Sends its events to the daemon, as distribution does."""

    hook = ""

    def configuration(self):
        lines = ["notifications:", "  endpoints:", "    - name: veritag", f"      url: {self.hook}", f"      headers: {{Authorization: ['Bearer {HOOK_SECRET}']}}", "      timeout: 2s", "      threshold: 5", "      backoff: 200ms"]
        return super().configuration() + "\n".join(lines) + "\n"


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
        seconds, told = [], []
        for number in range(STEPS_OF_A_LIE):
            tag = f"1.{number}.0-oe2203sp4"
            self.skopeo(image(number), "openeuler/app", tag)
            pushed = time.monotonic()
            reference = f"{self.server.host}/openeuler/app:{tag}"
            found = wait_for(lambda: self.finding("openeuler/app", tag) and self.notices_of(reference))
            if found:
                seconds.append(found[0]["time"] - pushed)
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
        self.tally.check(f"ten pushes of one tag in {took:.1f} s are one scan", [] if runs == 1 else [f"{runs} scans, {first - before} before"])

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
        status, _, errors = program.run("scan", *at, "--platform", "linux/arm64", names[0])
        self.tally.check("what the daemon decides cannot be said with --server", [] if status == 2 and "--platform" in errors else [f"exit status {status}: {errors}"])
        status, _, errors = program.run("scan", "--server", f"http://127.0.0.1:{self.daemon.port}", names[0])
        self.tally.check("without a token it says what to do", [] if status == 3 and "--token-file" in errors else [f"exit status {status}: {errors}"])

    # ---- the API ----

    def api(self):
        document = self.daemon.read("/api/v1/openapi.json")
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
                  ("/api/v1/jobs/{id}", str(job)), ("/api/v1/jobs/{id}", "x"), ("/api/v1/targets", ""), ("/", ""), ("/page/{version}/{file}", "0/app.js"), ("/page/{version}/{file}", page), ("/api/v1/images/{digest}/layers", digest), ("/api/v1/images/{digest}/layers", "sha256:" + "0" * 64),
                  ("/api/v1/images/{digest}/packages", digest), ("/api/v1/images/{digest}/packages", "nonsense"), ("/api/v1/images/{digest}/packages", f"{digest}?colour=red"), ("/api/v1/reference", f"?name={self.server.host}/openeuler/app:1.1.0-oe2203sp4&lang=zh"),
                  ("/api/v1/reference", "?name=a/b:1"), ("/api/v1/reference", "?name=A:B:C"), ("/api/v1/rules", ""), ("/api/v1/waivers", ""), ("/api/v1/rules", "?x=1"), ("/api/v1/explain", "?reference=openeuler/cann:8.0.RC1-oe2203sp4"), ("/api/v1/explain", "?reference=nonsense"),
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
        for path, value, token in (("/api/v1/scans", {"image": "not a name"}, ""), ("/api/v1/scans", {"picture": "x"}, ""), ("/api/v1/scans", [], ""), ("/api/v1/scans", {"image": "a/b:1"}, None),
                                   ("/api/v1/audits", {"target": "no such target!"}, "")):
            status, headers, body = self.daemon.post(path, value, token)
            problems += check(path, "post", status, headers.get("Content-Type", ""), body) + ([f"POST {path} {value}: HTTP {status}"] if status not in (400, 401) else [])
            asked.add((path, "post"))
        for deed, expected in (("retry", 409), ("cancel", 202)):
            path = "/api/v1/jobs/{id}/" + deed
            status, headers, body = self.daemon.post(path.replace("{id}", str(job)))
            problems += check(path, "post", status, headers.get("Content-Type", ""), body) + ([f"POST {path}: HTTP {status}"] if status != expected else [])
            asked.add((path, "post"))
        problems += self.events()
        described = {(path, method) for path, methods in document["paths"].items() for method in methods}
        problems += [f"never asked: {each}" for each in sorted(described - asked - {("/hooks/{sender}", "post")})]
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
        tokens = {role: self.daemon.make_token(f"a-{role}", role) for role in ("read", "scan")}
        order = {"image": f"{self.server.host}/openeuler/app:1.1.0-oe2203sp4"}
        table = [("GET", "/api/v1/images", None, 401), ("GET", "/api/v1/images", "vt_wrong", 401), ("GET", "/api/v1/images", tokens["read"], 200), ("POST", "/api/v1/scans", None, 401),
                 ("POST", "/api/v1/scans", tokens["read"], 403), ("POST", "/api/v1/scans", tokens["scan"], 202), ("GET", "/healthz", None, 200), ("GET", "/metrics", None, 200), ("GET", "/nowhere", None, 404),
                 ("DELETE", "/api/v1/images", tokens["scan"], 405)]
        problems = []
        for method, path, token, expected in table:
            status = self.daemon.post(path, order, token)[0] if method == "POST" else self.daemon.request(method, path, token=token)[0]
            problems += [f"{method} {path} with {token and token[:5]}: HTTP {status}, not {expected}"] if status != expected else []
        self.tally.check("roles", problems)
        subprocess.run([self.daemon.program, "token", "revoke", "a-scan", "--store", str(self.daemon.store)], stdin=subprocess.DEVNULL, env=self.daemon.environment, check=True)
        self.tally.check("a revoked token holds no longer", [] if self.daemon.get("/api/v1/images", tokens["scan"])[0] == 401 else ["it does"])
        with open(self.daemon.store, "rb") as store:
            content = store.read()
        self.tally.check("secrets of tokens are not in the store", [role for role, token in tokens.items() if token.encode() in content])

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
        self.daemon = daemon.Daemon(self.program, self.work / "daemon", {}, {"HOOK": HOOK_SECRET, "HOOK_PATH": HOOK_PATH})
        self.server.hook = f"http://127.0.0.1:{self.daemon.port}/hooks/local"
        with self.server:
            self.daemon.settings = self.settings(self.server.host, harbor_adapter={"enabled": True, "authentication": "bearer", "secret_env": "HOOK", "registries": [self.server.host]})
            self.daemon.token = self.daemon.make_token("tests", "admin")
            self.daemon.start()
            try:
                for part in (self.pushes, self.many_at_once, self.killed, self.remote, self.api, self.callers, self.hooks, self.reloads, self.harbor, self.metrics, self.cancelled, self.unix_socket, self.dry_run, self.secrets, self.dead_registry, self.idle_and_stop):
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
