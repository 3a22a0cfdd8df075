#!/usr/bin/env python3
"""What a real registry holds is what the client lists: over many pages, with TLS and a login, and through a network full of faults.

usage: listing_test.py --lister PROGRAM [--work DIR] [--seed N]
"""
import argparse
import collections
import email.utils
import http.client
import http.server
import pathlib
import random
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import images  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402

REPOSITORIES = 2300  # three pages of 1000
TAGS = 1500
FAULTY_REQUESTS = 0.5


class FaultyProxy(http.server.ThreadingHTTPServer):
    """Passes GET on to a registry; every request for one page fails in some way first, as often as the dice say."""

    daemon_threads = True

    def __init__(self, upstream, seed):
        super().__init__(("127.0.0.1", 0), FaultyHandler)
        self.upstream, self.host = upstream, f"127.0.0.1:{self.server_address[1]}"
        self.random, self.lock = random.Random(seed), threading.Lock()
        self.in_a_row, self.faults = collections.Counter(), collections.Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def fault_for(self, path):
        """None, or the name of a fault; never more than four in a row for one page, so that it can be had at last."""
        with self.lock:
            if self.in_a_row[path] >= 4 or self.random.random() > FAULTY_REQUESTS:
                self.in_a_row[path] = 0
                return None
            self.in_a_row[path] += 1
            fault = self.random.choice(["429-seconds", "429-date", "429-text", "500", "502", "503", "cut", "longer", "closed"])
            self.faults[fault] += 1
            return fault


class FaultyHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body, length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        fault = self.server.fault_for(self.path)
        self.close_connection = fault in ("cut", "longer", "closed")
        if fault == "closed":
            return
        if fault and fault[0] in "45":
            waits = {"429-seconds": "0", "429-date": email.utils.formatdate(time.time() - 5, usegmt=True), "429-text": "76.77µs, allowed: 44000/minute"}
            self.answer(int(fault[:3]), [("Retry-After", waits[fault].encode().decode("latin-1"))] if fault in waits else [], b'{"errors":[{"code":"TOOMANYREQUESTS"}]}')
            return
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)
        connection.request("GET", self.path, headers={name: value for name, value in self.headers.items() if name != "Host"})
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        headers = [(name, value) for name, value in reply.headers.items() if name.lower() in ("link", "content-type")]
        if fault == "cut":
            self.answer(reply.status, headers, body[:len(body) // 2], len(body))
        elif fault == "longer":
            self.answer(reply.status, headers, body, len(body) + 10)
        else:
            self.answer(reply.status, headers, body)


class Listing:
    def __init__(self, options):
        self.lister, self.seed = options.lister, options.seed
        self.work = pathlib.Path(options.work)
        self.tally = run_matrix.Tally(True)

    def ask(self, *arguments):
        """Exit status, answer by word, and what was said on standard error."""
        done = subprocess.run([self.lister, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        answer = collections.defaultdict(list)
        for line in done.stdout.splitlines():
            word, _, rest = line.partition(" ")
            answer[word].append(rest)
        return done.returncode, answer, done.stderr.strip()

    def fill(self, server):
        """Some images are pushed; the many others are folders as the registry makes them, since pushing thousands would take minutes."""
        blobs = images.Blobs()
        descriptor = blobs.add_manifest({"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": blobs.add(b"{}", "application/vnd.oci.image.config.v1+json"), "layers": []},
                                        images.OCI_MANIFEST)
        self.pushed = ["openeuler/cann", "openeuler/cann/nested", "openeuler/pytorch", "openeuler2/x", "alone"]
        for name in self.pushed:
            for tag in ("8.0.RC1-oe2203sp4", "latest"):
                server.put(name, tag, descriptor, blobs)
        root = server.data / "docker/registry/v2/repositories"
        self.repositories = sorted(self.pushed + [f"bulk/r{number:05}" for number in range(REPOSITORIES - len(self.pushed))])
        for name in self.repositories:
            (root / name / "_layers").mkdir(parents=True, exist_ok=True)
        manifest = descriptor["digest"].split(":")[1]
        self.many_tags = sorted(f"{number}.0-oe2203sp4" for number in range(TAGS))
        for tag in self.many_tags:
            folder = root / "bulk/r00000/_manifests/tags" / tag / "current"
            folder.mkdir(parents=True)
            (folder / "link").write_text(f"sha256:{manifest}", encoding="utf-8")

    def expect(self, name, arguments, driver=None, pages=None, **lists):
        status, answer, said = self.ask(*arguments)
        problems = [] if status == 0 else [f"exit status {status}: {said[:400]}"]
        if driver and answer["driver"] != [driver]:
            problems.append(f"driver {answer['driver']}, expected {driver}")
        if pages and answer["pages"] != [str(pages)]:
            problems.append(f"{answer['pages']} pages, expected {pages}")
        for word, wanted in lists.items():
            # Tags keep the registry's order, which is none here: distribution 2.8 reads folders.
            if (sorted(answer[word]) if word == "tag" else answer[word]) != wanted:
                problems.append(f"{len(answer[word])} {word} lines, expected {len(wanted)}: {sorted(set(answer[word]) ^ set(wanted))[:10]}")
        if answer["note"]:
            problems.append(f"notes: {answer['note']}")
        self.tally.check(name, problems)

    def refused(self, name, words, *arguments):
        status, answer, said = self.ask(*arguments)
        problems = [] if status == 1 and not answer["repository"] and not answer["tag"] else [f"exit status {status}, {sum(map(len, answer.values()))} lines of an answer"]
        self.tally.check(name, problems + [f"{word!r} is not said: {said[:400]}" for word in words if word not in said])

    def plain(self, server):
        below = [name for name in self.repositories if name.startswith("openeuler/")]
        self.expect("the whole registry, over three pages", [server.host], "catalog", 3, repository=self.repositories)
        self.expect("a namespace", [f"{server.host}/openeuler"], "catalog", 3, repository=below)
        self.expect("a repository with others below it", [f"{server.host}/openeuler/cann"], "tags", 1, repository=["openeuler/cann"])
        self.expect("the same by the catalog", ["--driver", "catalog", f"{server.host}/openeuler/cann"], "catalog", 3, repository=["openeuler/cann", "openeuler/cann/nested"])
        self.expect("a repository of one part", [f"{server.host}/alone"], "catalog", 3, repository=["alone"])
        self.expect("tags", ["--tags", server.host, "openeuler/cann"], tag=["8.0.RC1-oe2203sp4", "latest"])
        self.expect("many tags", ["--tags", server.host, "bulk/r00000"], tag=self.many_tags)
        self.refused("a namespace that is not there", ["not-found", "check the name"], f"{server.host}/no-such")
        self.refused("a repository that is not there", ["not-found", "NAME_UNKNOWN"], "--tags", server.host, "no/such")
        self.refused("nobody listens", ["network", "Connection refused"], f"127.0.0.1:{registry.free_port()}")

    def faults(self, server):
        proxy = FaultyProxy(server.host, self.seed)
        for number in range(10):
            self.expect(f"faults, walk {number}", [proxy.host], "catalog", 3, repository=self.repositories)
            self.expect(f"faults, tags {number}", ["--tags", proxy.host, "bulk/r00000"], tag=self.many_tags)
        self.tally.check(f"faults were met: {dict(sorted(proxy.faults.items()))}", [] if sum(proxy.faults.values()) >= 10 else ["too few to prove anything"])
        proxy.shutdown()

    def secure(self, server):
        ca = ["--ca-file", str(server.certificates / "ca.crt")]
        login = [*ca, "--username", registry.USER, "--password", registry.PASSWORD]
        self.expect("TLS and a login", [*login, server.host], "catalog", 3, repository=self.repositories)
        self.expect("TLS and a login, tags", [*login, "--tags", server.host, "bulk/r00000"], tag=self.many_tags)
        self.refused("no login", ["auth", "401", "name the repositories in a list"], *ca, server.host)
        self.refused("a wrong password", ["auth", "401"], *ca, "--username", registry.USER, "--password", "wrong", server.host)
        self.refused("no authority", ["certificate"], server.host)

    def run(self):
        certificates = registry.make_certificates(self.work / "certificates")
        with registry.Registry(self.work / "registry") as server:
            self.fill(server)
            self.plain(server)
            self.faults(server)
            with registry.Registry(self.work / "tls-registry", certificates, data=server.data) as tls:
                self.secure(tls)
        print(f"{self.tally.passed} passed, {self.tally.failed} failed")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lister", required=True, help="the program list_registry of tests/support")
    parser.add_argument("--work", default=str(SOURCE / "build/listing"), help="directory for the registry")
    parser.add_argument("--seed", type=int, default=5, help="chooses the faults")
    return Listing(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
