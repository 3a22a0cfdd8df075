#!/usr/bin/env python3
"""The web page in a real browser: every view, filters, both languages, a running audit, hostile images, the keyboard, a phone.

usage: page_test.py --veritag PROGRAM [--work DIR] [--cache DIR] [--verbose] [--stay]

Chromium is Debian's; Playwright, which drives it, and axe-core come from npm (page/package-lock.json pins them by hash). Screenshots of the main
views are left in WORK/screenshots. With --stay nothing is tested: the daemon stays up for somebody to look at the page by hand.
"""
import argparse
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import daemon  # noqa: E402
import npm_tools  # noqa: E402
import page_world  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402

DRIVER = pathlib.Path(__file__).resolve().parent / "page"
BROWSERS = ("chromium-headless-shell", "chromium")


class Page:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        self.cache = pathlib.Path(options.cache).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)
        self.program = options.veritag

    def order(self, path, value):
        status, _, body = self.daemon.post(f"/api/v1/{path}", value)
        if status != 202:
            raise RuntimeError(f"POST {path} {value}: HTTP {status} {body}")
        return json.loads(body)["id"]

    def wait(self, job):
        """The number under which the run's result is kept."""
        done = daemon.wait_for(lambda: self.daemon.read(f"/api/v1/scans/{job}")["state"] not in ("waiting", "running"), 120)
        state = self.daemon.read(f"/api/v1/scans/{job}")
        if not done or state["state"] != "done":
            raise RuntimeError(f"job {job} ended as {state}:\n{self.daemon.log()[-2000:]}")
        return state["result"]["audit"]

    def settings(self, *more):
        host = self.server.host
        waivers = self.work / "waivers.yml"
        entry = {"target": "**/openeuler/app03:*", "owner": "ops <img src=x onerror=alert(40)>", "reason": "known <script>alert(41)</script>", "expiry": "2999-12-31"}
        waivers.write_text(json.dumps({"waivers": [entry | {"code": "os-mismatch"}, entry | {"code": "parent-mismatch"}, entry | {"code": "sdk-missing", "component": "cann"},
                                                   entry | {"code": "os-mismatch", "expiry": "2020-01-31"}]}), encoding="utf-8")
        return {"waivers": str(waivers), "registries": [{"registry": host, "plain_http": True, "internal": True}],
                "targets": [*more, {"name": "fleet", "registry": host}, {"name": "apps", "registry": host, "images": ["openeuler/app00"], "references_per_second": 60}],
                "workers": 1}

    def prepare(self):
        """Two audits with a change between them, an image that has only a name, and a dead letter: of a target that was taken out while it waited."""
        world = page_world.World(self.server)
        world.push()
        job = self.order("audits", {"target": "fleet"})
        self.order("audits", {"target": "gone"})
        self.daemon.settings = self.settings()
        self.daemon.write_config()
        self.daemon.process.send_signal(signal.SIGHUP)
        first = self.wait(job)
        world.mend()
        second = self.wait(self.order("audits", {"target": "fleet"}))
        self.wait(self.order("scans", {"image": "127.0.0.1:1/no/registry:1.0"}))
        return {"audits": [first, second]}

    def say(self, *command):
        """Runs a script that reports checks, one JSON object a line; true where it came to its end."""
        script = subprocess.Popen(["node", *map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=registry.end_with_parent)
        last = ""
        for line in script.stdout:
            result = json.loads(line)
            last = result["name"]
            self.tally.check(f"{last} ({result['ms']} ms)" if result.get("ms") else last, result["problems"])
        return script.wait() == 0 and last

    def write_settings(self, tools, browser, facts):
        settings = {"url": f"http://127.0.0.1:{self.daemon.port}/", "tools": str(tools), "browser": browser, "screenshots": str(self.work / "screenshots"), "host": self.server.host,
                    "tokens": {role: self.daemon.make_token(f"page-{role}", role) for role in ("read", "scan", "admin")}, "liar": page_world.LIAR, "mended": page_world.MENDED, "spoilt": page_world.SPOILT,
                    "tags": page_world.BULK_REPOSITORIES * page_world.BULK_TAGS, **facts}
        (self.work / "screenshots").mkdir(exist_ok=True)
        (self.work / "settings.json").write_text(json.dumps(settings), encoding="utf-8")

    def drive(self):
        if self.say(DRIVER / "drive.mjs", self.work / "settings.json") != "the driver came to its end":
            self.tally.check("the driver came to its end", [self.daemon.log()[-800:]])

    def run(self, stay):
        started = time.monotonic()
        tools, why = npm_tools.install("page", DRIVER, self.cache, "Playwright")
        browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        if not stay and (tools is None or browser is None):
            self.tally.skip("the page in a browser", why or "no chromium; tests/support/install.sh installs it")
            print(f"{self.tally.passed} passed, {self.tally.failed} failed")
            return 1 if self.tally.failed else 0
        if not stay and not self.say(DRIVER / "texts.mjs", SOURCE / "lib/api/page"):
            self.tally.check("the page's words could be looked at", ["texts.mjs failed"])
        if not stay and not self.say(DRIVER / "claims.mjs", SOURCE / "lib/api/page"):
            self.tally.check("who is accused could be looked at", ["claims.mjs failed"])
        shots = self.work / "screenshots"
        shots.mkdir(parents=True, exist_ok=True)
        if not stay and not self.say(DRIVER / "reports.mjs", tools, browser, shots, *sorted((SOURCE / "tests/data/report").glob("*.html"))):
            self.tally.check("reports could be looked at", ["reports.mjs failed"])
        with registry.Registry(self.work / "registry") as self.server:
            self.daemon = daemon.Daemon(self.program, self.work / "daemon", self.settings({"name": "gone", "registry": self.server.host}))
            self.daemon.token = self.daemon.make_token("tests", "admin")
            self.daemon.start()
            try:
                facts = self.prepare()
                print(f"prepared after {time.monotonic() - started:.0f} s", flush=True)
                self.write_settings(tools, browser, facts)
                if stay:
                    print(f"http://127.0.0.1:{self.daemon.port}/  token {self.daemon.token}\nCtrl-C ends it.", flush=True)
                    while True:
                        time.sleep(3600)
                self.drive()
            except KeyboardInterrupt:
                pass
            finally:
                self.daemon.stop()
        print(f"{self.tally.passed} passed, {self.tally.failed} failed ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True)
    parser.add_argument("--work", default="build/page")
    parser.add_argument("--cache", default=str(SOURCE / "build/fixtures"))
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--stay", action="store_true")
    options = parser.parse_args()
    return Page(options).run(options.stay)


if __name__ == "__main__":
    sys.exit(main())
