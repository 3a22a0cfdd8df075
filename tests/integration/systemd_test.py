#!/usr/bin/env python3
"""The units in systemd/ as systemd's own tools see them: no warning, little exposure, and the calls that the program cannot do without.

usage: systemd_test.py [--work DIR] [--verbose]
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import run_matrix  # noqa: E402

UNITS = SOURCE / "systemd"
HOST_UNITS = pathlib.Path("/usr/lib/systemd/system")
MOST_EXPOSURE = {"veritag.service": 1.1, "veritag-scan.service": 1.1}  # of 10, as `systemd-analyze security` counts
CAGE_CALLS = {"seccomp", "landlock_create_ruleset", "landlock_restrict_self"}  # lib/cage/confine.cpp


class UnitFile:
    """Values by section and key, in their order: many keys may stand several times."""

    def __init__(self, path):
        self.values, section = {}, ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                section = line
            elif line and not line.startswith("#"):
                key, _, value = line.partition("=")
                self.values.setdefault((section, key), []).append(value)

    def all(self, section, key):
        return self.values.get((f"[{section}]", key), [])


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


class Systemd:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)

    def root(self, name):
        """A system in which only the units and what they name are."""
        root = self.work / name
        units = root / "usr/lib/systemd/system"
        units.mkdir(parents=True)
        for pattern in ("*.target", "*.slice"):
            for unit in HOST_UNITS.glob(pattern):
                shutil.copy(unit, units, follow_symlinks=True)
        for unit in [*UNITS.glob("*.service"), *UNITS.glob("*.socket"), *UNITS.glob("*.timer")]:
            shutil.copy(unit, units)
        for program in ("usr/bin/veritag", "bin/kill"):
            path = root / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#!/bin/sh\n", encoding="utf-8")
            path.chmod(0o755)
        return root

    def verify(self):
        root = self.root("verify")
        names = sorted(each.name for kind in ("service", "socket", "timer") for each in UNITS.glob(f"*.{kind}"))
        status, said = run("systemd-analyze", "verify", f"--root={root}", *names)
        self.tally.check(f"{', '.join(names)} hold no mistake", [] if status == 0 and not said.strip() else [f"status {status}", said[:1500]])
        # And a mistake would be told.
        (root / "usr/lib/systemd/system/veritag.service").write_text((UNITS / "veritag.service").read_text(encoding="utf-8").replace("ProtectSystem=strict", "ProtectSystem=strictly"), encoding="utf-8")
        status, said = run("systemd-analyze", "verify", f"--root={root}", "veritag.service")
        self.tally.check("a mistake would be told", [] if "strictly" in said else [said[:500]])

    def exposure(self):
        for name, most in MOST_EXPOSURE.items():
            status, said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / name))
            found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", said)
            self.tally.check(f"exposure of {name} is at most {most}", [] if status == 0 and found and float(found.group(1)) <= most else [f"status {status}", said[-2000:]])
            for text in (UNITS / name, UNITS / "README.md"):
                stated = re.search(r"says (\d\.\d)", text.read_text(encoding="utf-8"))
                if found and stated:
                    self.tally.check(f"{text.name} states the exposure that {name} has", [] if found.group(1) == stated.group(1) else [f"{found.group(1)}, stated {stated.group(1)}"])

    def calls(self):
        """What workers lock themselves in with passes the filter: no set of systemd 252 holds it, and a worker without it reads nothing."""
        for name in MOST_EXPOSURE:
            unit = UnitFile(UNITS / name)
            filters = unit.all("Service", "SystemCallFilter")
            allowed = {word for line in filters if not line.startswith("~") for word in line.split()}
            denied = {word for line in filters if line.startswith("~") for word in line[1:].split()}
            problems = [f"{each} is not allowed" for each in sorted(CAGE_CALLS - allowed)]
            for group in denied:
                status, said = run("systemd-analyze", "syscall-filter", "--no-pager", group)
                members = set(said.split())
                problems += [f"{group} is unknown to systemd-analyze"] * (status != 0)
                problems += [f"{group} denies {call}" for call in sorted(members & {*CAGE_CALLS, "prlimit64", "memfd_create", "socketpair", "fork", "clone", "clone3", "execve", "kill"})]
            self.tally.check(f"workers of {name} can lock themselves in", problems)

    def daemon(self):
        service, socket = UnitFile(UNITS / "veritag.service"), UnitFile(UNITS / "veritag.socket")
        table = [("Type", ["notify"]), ("DynamicUser", ["yes"]), ("LimitCORE", ["0"]), ("UMask", ["0077"]), ("KillMode", ["mixed"]), ("Restart", ["on-failure"]), ("RestartPreventExitStatus", ["2"]), ("StateDirectory", ["veritag"])]
        problems = [f"{key} is {service.all('Service', key)}" for key, value in table if service.all("Service", key) != value]
        watchdog, stop = int(service.all("Service", "WatchdogSec")[0]), int(service.all("Service", "TimeoutStopSec")[0])
        problems += [f"WatchdogSec={watchdog}"] * (watchdog < 10) + [f"TimeoutStopSec={stop} is too short for --drain-seconds"] * (stop < 30)
        self.tally.check("the service is as the program expects", problems)
        example = (SOURCE / "etc/veritag.example.yaml").read_text(encoding="utf-8")
        self.tally.check("the socket listens where the example does", [] if all(f"  - {each}\n" in example for each in socket.all("Socket", "ListenStream")) else [f"{socket.all('Socket', 'ListenStream')}"])
        group = socket.all("Socket", "SocketGroup")
        self.tally.check("the socket's group is made by sysusers", [] if any(f"g {each} " in (UNITS / "sysusers.d/veritag.conf").read_text(encoding="utf-8") for each in group) else [f"{group}"])

    def fragments(self):
        root = self.work / "fragments"
        for kind in ("sysusers.d", "tmpfiles.d"):
            (root / "usr/lib" / kind).mkdir(parents=True)
            shutil.copy(UNITS / kind / "veritag.conf", root / "usr/lib" / kind)
        (root / "etc").mkdir()
        status, said = run("systemd-sysusers", f"--root={root}")
        group = (root / "etc/group").read_text(encoding="utf-8") if (root / "etc/group").exists() else ""
        self.tally.check("systemd-sysusers makes the group", [] if status == 0 and "veritag-api:" in group else [f"status {status}: {said[:500]}"])
        if os.geteuid() != 0:  # owners can be set by root alone
            lines = (UNITS / "tmpfiles.d/veritag.conf").read_text(encoding="utf-8").splitlines()
            return self.tally.check("the directory of secrets is for root alone", [] if "d /etc/veritag/secrets 0700 root root -" in lines else lines)
        status, said = run("systemd-tmpfiles", "--create", f"--root={root}")
        secrets = root / "etc/veritag/secrets"
        mode = secrets.stat().st_mode & 0o777 if secrets.exists() else None
        return self.tally.check("systemd-tmpfiles makes the directory of secrets, for root alone", [] if status == 0 and mode == 0o700 else [f"status {status}, mode {mode}: {said[:500]}"])

    def run(self):
        started = time.monotonic()
        if shutil.which("systemd-analyze") is None:
            self.tally.skip("systemd's own checks", "systemd-analyze is not installed")
            parts = []
        else:
            parts = [self.verify, self.exposure, self.calls, self.fragments]
        for part in (*parts, self.daemon):
            part()
        skipped = f", {len(self.tally.skipped)} skipped" if self.tally.skipped else ""
        print(f"{self.tally.passed} passed, {self.tally.failed} failed{skipped} ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", default=str(SOURCE / "build/systemd"), help="directory for copies of the units")
    parser.add_argument("--verbose", action="store_true", help="print what passed, too")
    return Systemd(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
