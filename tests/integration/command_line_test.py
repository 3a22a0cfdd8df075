#!/usr/bin/env python3
"""The command line itself: what a slip costs, what an interruption leaves, which status says what. Images are small layouts; no registry is needed.

usage: command_line_test.py --veritag PROGRAM [--work DIR] [-v]
"""
import argparse
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import images  # noqa: E402
import run_matrix  # noqa: E402

GOOD = "openeuler/openeuler:22.03-lts-sp2"


class MuteServer:
    """Takes connections and never answers."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(16)
        self.host = f"127.0.0.1:{self.socket.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.socket.close()


class CommandLine:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.program = run_matrix.Program(str(pathlib.Path(options.veritag).resolve()), self.work)
        self.tally = run_matrix.Tally(options.verbose)
        layout = images.Layout(str(self.work / "layout"))
        layer = images.Layer([images.file("etc/os-release", 'ID="openEuler"\nVERSION="22.03 (LTS-SP2)"\nVERSION_ID="22.03"\nNAME="openEuler"\n')])
        layout.add(GOOD, images.Image([layer]))
        self.good = f"oci:{layout.path}:{GOOD}"
        self.nameless = self.work / "nameless.tar"  # as `docker save` writes an image by its id alone
        with tarfile.open(self.nameless, "w") as archive:
            content = json.dumps([{"Config": "c.json", "RepoTags": None, "Layers": []}]).encode()
            member = tarfile.TarInfo("manifest.json")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

    def run(self, *arguments, **more):
        return self.program.run(*arguments, **more)

    def check(self, name, *problems):
        self.tally.check(name, [each for each in problems if each])

    def check_usage(self, name, arguments, *words):
        """Exit status 2, nothing on stdout, and `words` on stderr."""
        status, out, errors = self.run(*arguments)
        self.check(name, status != 2 and f"exit status {status}: {errors[:300]}", out and f"stdout: {out[:200]}", *[f"stderr does not say {word!r}: {errors[:300]}" for word in words if word not in errors])

    # ---- names ----

    def one_bad_name(self):
        for name, image, word in (("no directory", "oci:nosuchdir:x", "no such directory"), ("an archive without a name", f"docker-archive:{self.nameless}", "--as REPO:TAG")):
            status, report, errors = self.program.scan(self.good, image)
            found = {each["reference"]: each["error"] for each in (report or {}).get("images", [])}
            message = (found.get(image) or {}).get("message", "")
            self.check(f"{name} costs no other image", status != 3 and f"exit status {status}: {errors[:300]}", self.good not in found and "the good image is lost", found.get(self.good) and f"the good image is an error: {found}",
                       word not in message and f"it says {message!r}")
        self.check_usage("an archive without a name, alone", ["scan", "--no-store", f"docker-archive:{self.nameless}"], "--as REPO:TAG")
        # What needs no look at anything stops the run before it starts.
        for name, arguments, word in (("a digest alone", [self.good, "openeuler/cann@sha256:" + "0" * 64], "a digest alone claims nothing"), ("no path", [self.good, "oci:"], "no path"),
                                      ("a file that is no directory", [self.good, f"oci:{self.nameless}"], "not a directory"), ("no name", [self.good, "UPPER case"], "image reference"),
                                      ("a wrong --as", ["--as", "x y", self.good], "x y")):
            self.check_usage(f"before anything is read: {name}", ["scan", "--no-store", *arguments], word)

    # ---- interruptions ----

    def interrupted(self):
        with MuteServer() as server:
            for form in ("json", "table"):
                mute = [f"{server.host}/openeuler/cann:{number}-oe2203sp2" for number in range(40)]
                command = [self.program.path, "scan", "--no-store", "--plain-http", "--jobs", "1", "--format", form, self.good, *mute]
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"], "HOME": str(self.program.home), "LC_ALL": "C.UTF-8"})
                time.sleep(1)
                process.send_signal(signal.SIGINT)
                out, errors = process.communicate(timeout=60)
                self.check(f"Ctrl-C ends a scan with 130: {form}", process.returncode != 130 and f"exit status {process.returncode}: {errors[:300]}",
                           "veritag: stopped: " not in errors and f"stderr: {errors[:300]}", "veritag: error: " in errors and f"what was stopped is called an error: {errors[:300]}")
                if form == "table":
                    self.check("the table says what was not looked at", "41 listed" not in out and out[-500:], "the run was interrupted before" not in out and out[-500:])
                    continue
                report = json.loads(out or "{}")
                found = {each["reference"]: each["error"] for each in report.get("images", [])}
                self.check("its report says so", report.get("complete") is not False and "it looks complete", report.get("state") != "interrupted" and f"state {report.get('state')}",
                           report.get("reason") != "40 of 41 were not looked at" and f"reason {report.get('reason')}", found.get(self.good, "x") and "what was done is lost",
                           len(found) != 41 and f"{len(found)} images", {each["code"] for each in found.values() if each} != {"cancelled"} and str(found)[:300])

    def parts(self):
        return [self.one_bad_name, self.interrupted]

    def all(self):
        started = time.monotonic()
        for part in self.parts():
            part()
        print(f"{self.tally.passed} passed, {self.tally.failed} failed ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True)
    parser.add_argument("--work", default="build/command_line")
    parser.add_argument("-v", "--verbose", action="store_true")
    return CommandLine(parser.parse_args()).all()


if __name__ == "__main__":
    sys.exit(main())
