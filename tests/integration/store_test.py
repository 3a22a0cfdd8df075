#!/usr/bin/env python3
"""What is remembered between runs: nothing is fetched twice, nothing is reported differently, and no trouble with the store costs a scan.

usage: store_test.py --veritag PROGRAM [--work DIR] [--cache DIR] [--verbose]
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import images  # noqa: E402
import matrix  # noqa: E402
import packages  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402

KILLS = 20
RULE = """component: sample-extra
kind: tool
title: Extra
names: [sample-extra]
evidence:
  - {file: 'FILE', read: 'READ'}
examples: []
"""


def same(one, other):
    """Two reports without what may differ from run to run."""
    return [{**report, "generated": "", "rules": {}, "summary": {key: value for key, value in report["summary"].items()
                                                                if key not in ("bytesFetched", "layersAnalyzed", "layersReused")}} for report in (one, other)]


def differences(one, other):
    one, other = same(one, other)
    if one == other:
        return []
    return [f"{left['reference']} {left['platform']} is reported differently" for left, right in zip(one["images"], other["images"]) if left != right] or ["the reports differ"]


def counts(report):
    return tuple(report["summary"][key] for key in ("layersAnalyzed", "layersReused", "bytesFetched"))


class Stores:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.program = run_matrix.Program(str(pathlib.Path(options.veritag).resolve()), self.work)
        self.tally = run_matrix.Tally(options.verbose)
        self.cases = matrix.cases(packages.Cache(pathlib.Path(options.cache).resolve() / "packages"))
        self.layout = images.Layout(str(self.work / "layout"))
        self.written = {case.name: self.layout.add(case.name, case.image) for case in self.cases}
        self.number = 0

    def fresh(self):
        self.number += 1
        return self.work / f"stores/{self.number}/store.sqlite"

    def scan(self, *arguments, store=None):
        """Status, report and stderr. Without `store` it lies in the default place."""
        chosen = ["--store", str(store)] if store else []
        status, out, errors = self.program.run("scan", "--plain-http", "--format", "json", "--list-packages", "--no-progress", *chosen, *arguments)
        try:
            return status, json.loads(out), errors
        except ValueError:
            return status, None, errors

    def check_scan(self, name, result, expected, reused=None, said=""):
        """The report of `result` is `expected`; with `reused`, whether everything or nothing came from the store; `said` stands on stderr."""
        status, report, errors = result
        if report is None:
            return self.tally.check(name, [f"no report, exit status {status}: {errors.strip()[:500]}"])
        problems = differences(report, expected)
        analyzed, _, fetched = counts(report)
        if reused is True and (analyzed or fetched):
            problems.append(f"{analyzed} layers were read and {fetched} bytes fetched")
        if reused is False and (not analyzed or not fetched):
            problems.append(f"{analyzed} layers were read and {fetched} bytes fetched, though the store knew nothing")
        if said not in errors or (not said and errors.strip()):
            problems.append(f"stderr says {errors.strip()[:300]!r}, expected {said!r}")
        return self.tally.check(name, problems)

    # ---- what is not done twice ----

    def second_scan(self):
        store = self.fresh()
        first = self.scan(*self.references, store=store)
        self.expected = first[1]
        self.check_scan("the first scan reads every layer", first, self.expected, reused=False)
        self.check_scan("without a store the same is reported", self.scan("--no-store", *self.references), self.expected, reused=False)
        self.check_scan("the second scan fetches nothing", self.scan(*self.references, store=store), self.expected, reused=True)
        for case in self.cases:
            _, report, _ = self.scan(f"{self.server.host}/{case.reference}", store=store)
            problems = [f"{counts(report)[0]} layers were read, {counts(report)[2]} bytes fetched"] if counts(report)[0] or counts(report)[2] else []
            self.tally.check(f"nothing is fetched again for {case.name}", problems)
        mode = [oct(path.stat().st_mode & 0o777) for path in (store, store.parent)]
        self.tally.check("file and directory are private", [] if mode == ["0o600", "0o700"] else [f"they have {mode}"])

    def local_images(self):
        """A layout's layers are remembered, too, whatever name the image has."""
        store = self.fresh()
        case = next(case for case in self.cases if case.name == "framework-truthful")
        arguments = [f"oci:{self.layout.path}:{case.name}", "--as", case.reference]
        _, first, _ = self.scan(*arguments, store=store)
        _, second, _ = self.scan(*arguments, store=store)
        self.tally.check("layers of a layout are remembered", differences(first, second) + ([] if counts(first)[0] and not counts(second)[0] else [f"{counts(first)}, then {counts(second)}"]))

    def default_place(self):
        store = self.program.home / ".cache/veritag/store.sqlite"
        reference = self.references[0]
        _, expected, _ = self.scan("--no-store", reference)
        self.tally.check("--no-store leaves nothing behind", [] if not store.parent.exists() else ["the store is there"])
        self.check_scan("the store lies in the default place", self.scan(reference), expected, reused=False)
        self.tally.check("the default place", [] if store.exists() else [f"there is no {store}"])
        self.check_scan("the default store is used again", self.scan(reference), expected, reused=True)
        self.check_scan("--no-store reads again", self.scan("--no-store", reference), expected, reused=False)
        status, _, errors = self.scan("--no-store", reference, store=store)
        self.tally.check("--store beside --no-store", [] if status == 2 and "--no-store" in errors else [f"exit status {status}: {errors[:200]}"])

    def changed_rules(self):
        """Only what the rules want of the files matters, not what they make of it."""
        store = self.fresh()
        reference = f"{self.server.host}/{next(case for case in self.cases if case.name == 'framework-truthful').reference}"

        def with_rule(name, file, read):
            folder = self.work / "rules" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "rule.yaml").write_text(RULE.replace("FILE", file).replace("READ", read), encoding="utf-8")
            _, report, errors = self.scan("--rules", str(folder), reference, store=store)
            if report is None:
                raise SystemExit(f"no report with {name}: {errors[:300]}")
            return counts(report)

        self.scan(reference, store=store)
        for name, file, read, again in (("a rule that wants another file", "etc/passwd", "(x)", True), ("the same rules again", "etc/passwd", "(x)", False),
                                        ("another expression for the same file", "etc/passwd", "(y)", False), ("another file once more", "etc/group", "(y)", True)):
            analyzed, reused, fetched = with_rule(name.replace(" ", "-"), file, read)
            fine = (analyzed > 0 and fetched > 0) if again else (analyzed == 0 and fetched == 0 and reused > 0)
            self.tally.check(f"{name}: {'read again' if again else 'nothing is read'}", [] if fine else [f"{analyzed} read, {reused} reused, {fetched} bytes fetched"])

    def moved_tag(self):
        store = self.fresh()
        truthful, lying = (next(case for case in self.cases if case.name == name) for name in ("os-truthful", "os-wrong-service-pack"))
        reference = f"{self.server.host}/moved/openeuler:{truthful.tag}"
        for case in (truthful, lying, truthful):
            self.server.put("moved/openeuler", truthful.tag, *self.written[case.name])
            _, report, _ = self.scan(reference, store=store)
            _, expected, _ = self.scan("--no-store", reference)
            self.tally.check(f"a tag that moved to {case.name}", differences(report, expected))

    # ---- stores that are not as we left them ----

    def newer_schema(self):
        store = self.fresh()
        self.scan(self.references[0], store=store)
        with contextlib.closing(sqlite3.connect(store)) as connection, connection:
            connection.execute("INSERT INTO migrations VALUES (1000, 0)")
        before = store.read_bytes()
        status, report, errors = self.scan(self.references[0], store=store)
        problems = [] if status == 2 and report is None else [f"exit status {status}"]
        problems += [f"stderr does not say {word!r}: {errors[:300]}" for word in ("version 1000", "newer veritag", "--store") if word not in errors]
        self.tally.check("a newer schema is refused", problems + ([] if store.read_bytes() == before else ["the store was changed"]))

    def not_a_store(self):
        """A slip in --store: the file stays what and where it is, and `report` makes none."""
        script = self.work / "lib.sh"
        text = b"#!/bin/sh\necho hello\n"
        script.write_bytes(text)
        for name, (status, _, errors) in {"scan": self.scan(self.references[0], store=script), "report": self.program.run("report", "--store", str(script))}.items():
            problems = [] if status == 2 and "no SQLite database" in errors else [f"exit status {status}: {errors[:300]}"]
            problems += [] if [path.name for path in self.work.glob("lib.sh*")] == ["lib.sh"] and script.read_bytes() == text else ["the file was touched"]
            self.tally.check(f"{name}: a file that is no store is refused", problems)
        nowhere = self.work / "nosuch.sqlite"
        status, _, errors = self.program.run("report", "--store", str(nowhere))
        problems = [] if status == 2 and "nosuch.sqlite: there is no store" in errors else [f"exit status {status}: {errors[:300]}"]
        self.tally.check("report makes no store", problems + (["it made one"] if nowhere.exists() else []))

    def damaged(self):
        whole = self.fresh()
        self.scan(*self.references, store=whole)
        content = whole.read_bytes()
        some = random.Random(7)
        kinds = [("text", b"no database\n" * 1000), ("its first half", content[:len(content) // 2]), ("its first page alone", content[:4096]),
                 ("garbage", some.randbytes(20000)), ("a damaged header", b"x" * 100 + content[100:])]
        for name, damaged in kinds:
            store = self.fresh()
            store.parent.mkdir(parents=True)
            store.write_bytes(damaged)
            self.check_scan(f"a store that is {name}", self.scan(*self.references, store=store), self.expected, said="damaged")
            kept = [path for path in store.parent.iterdir() if ".damaged-" in path.name and not path.name.endswith(("-wal", "-shm"))]
            self.tally.check(f"it is kept aside: {name}", [] if [path.read_bytes() for path in kept] == [damaged] else [f"kept are {kept}"])
            self.scan(*self.references, store=store)  # what was damaged in the middle of a run is set aside at its end
            self.check_scan(f"and a new one works: {name}", self.scan(*self.references, store=store), self.expected, reused=True)

    def damaged_rows(self):
        store = self.fresh()
        self.scan(*self.references, store=store)
        with contextlib.closing(sqlite3.connect(store)) as connection, connection:
            connection.execute("UPDATE documents SET body = CAST(replace(CAST(body AS TEXT), 'linux', 'xinul') AS BLOB) WHERE id % 2")
            connection.execute("UPDATE layers SET analysis = substr(analysis, 1, 100) WHERE id % 2")
            connection.execute("UPDATE images SET image = substr(image, 1, 100)")
        self.check_scan("damaged rows are read again", self.scan(*self.references, store=store), self.expected, reused=False, said="a damaged row of the store was dropped")
        self.check_scan("once", self.scan(*self.references, store=store), self.expected, reused=True)

    # ---- several at once, and ends at any moment ----

    def two_at_once(self):
        for round_number in range(5):
            store = self.fresh()
            command = [self.program.path, "scan", "--plain-http", "--format", "json", "--list-packages", "--no-progress", "--store", str(store), *self.references]
            running = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
            for each in running:
                out, errors = each.communicate(timeout=300)
                self.check_scan(f"two at once, round {round_number}", (each.returncode, json.loads(out) if out else None, errors), self.expected)
            self.check_scan(f"after two at once, round {round_number}", self.scan(*self.references, store=store), self.expected, reused=True)

    def killed(self):
        store = self.fresh()
        started = time.monotonic()
        self.scan(*self.references, store=self.fresh())
        whole = time.monotonic() - started
        command = [self.program.path, "scan", "--plain-http", "--format", "json", "--no-progress", "--jobs", "2", "--store", str(store), *self.references]
        some, ended = random.Random(11), 0
        for number in range(KILLS):
            if number % 5 == 0:
                shutil.rmtree(store.parent, ignore_errors=True)  # the making of the store is hit, too
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            time.sleep(some.uniform(0, whole / 4))
            process.send_signal(signal.SIGKILL)
            _, errors = process.communicate()
            ended += process.returncode == -signal.SIGKILL
            if errors.strip():
                self.tally.check(f"run {number} before it was killed", [errors.strip()[:300]])
        self.tally.check("runs were killed in the middle", [] if ended > KILLS // 2 else [f"only {ended} of {KILLS}"])
        self.check_scan("the next run goes on", self.scan(*self.references, store=store), self.expected)
        self.check_scan("and the store is whole", self.scan(*self.references, store=store), self.expected, reused=True)
        with contextlib.closing(sqlite3.connect(store)) as connection:
            (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
        self.tally.check("SQLite finds nothing wrong", [] if answer == "ok" else [answer])

    # ---- places where nothing can be written ----

    @contextlib.contextmanager
    def mounted(self, name, options):
        """A tmpfs for the block, or None where this machine lets nobody mount one."""
        folder = self.work / name
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "veritag-test", str(folder)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            self.tally.skip(name, f"a tmpfs cannot be mounted: {done.stderr.strip()}")
            yield None
            return
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)

    def full_disk(self):
        for size in ("32k", "128k", "256k"):
            with self.mounted(f"a full disk of {size}", f"size={size}") as folder:
                if folder is None:
                    continue
                store = folder / "store.sqlite"
                self.check_scan(f"a disk of {size} is full", self.scan(*self.references, store=store), self.expected, said="the store ")
                subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
                self.scan(*self.references, store=store)
                self.check_scan(f"with room again after {size}", self.scan(*self.references, store=store), self.expected, reused=True)

    def read_only(self):
        with self.mounted("a read-only directory", "size=8m") as folder:
            if folder is None:
                return
            store = folder / "store.sqlite"
            self.scan(self.references[0], store=store)
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
            self.check_scan("a store in a read-only directory", self.scan(*self.references, store=store), self.expected, said="store")
            self.check_scan("no store in a read-only directory", self.scan(*self.references, store=folder / "new.sqlite"), self.expected, said="store")

    def no_place(self):
        blocked = self.work / "a-file"
        blocked.write_text("", encoding="utf-8")
        self.check_scan("a directory that cannot be made", self.scan(*self.references, store=blocked / "store.sqlite"), self.expected, said="the store cannot be used")

    def run(self):
        started = time.monotonic()
        with registry.Registry(self.work / "registry") as self.server:
            for case in self.cases:
                self.server.put(case.repository, case.tag, *self.written[case.name])
            self.references = [f"{self.server.host}/{case.reference}" for case in self.cases]
            for part in (self.second_scan, self.local_images, self.default_place, self.changed_rules, self.moved_tag, self.newer_schema, self.not_a_store, self.damaged, self.damaged_rows,
                         self.two_at_once, self.killed, self.full_disk, self.read_only, self.no_place):
                part()
        skipped = f", {len(self.tally.skipped)} skipped" if self.tally.skipped else ""
        print(f"{self.tally.passed} passed, {self.tally.failed} failed{skipped} ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/store"), help="directory for images, stores and results")
    parser.add_argument("--cache", default=str(SOURCE / "build/fixtures"), help="directory for what is kept between runs")
    parser.add_argument("--verbose", action="store_true", help="print what passed, too")
    return Stores(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
