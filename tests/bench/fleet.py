#!/usr/bin/env python3
"""Measures audits of a fleet of small images in real registries on loopback: the first, the next, and one under new rules.

usage: fleet.py --veritag PROGRAM [--work DIR] [--runs N] [--repositories N] [--tags N] [--lies N]

Two registries, two platforms a tag, real rpm databases, lies of five sorts. Every audit's findings are compared with what was put in.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/bench")]

import fleet  # noqa: E402
import registry  # noqa: E402

RULE = """component: sample-extra
kind: tool
title: Extra
names: [sample-extra]
evidence:
  - {file: 'etc/nowhere', read: '(.*)'}
examples: []
"""


def peak_memory(pid):
    """The most that was resident, in MiB. Not rusage's figure: that one begins with this program's own memory, which was there before exec."""
    try:
        line = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0
    return int(line.split()[1]) / 1024


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.fleet = fleet.Fleet(options.repositories, options.tags, options.lies, mirrored=max(options.lies, options.repositories // 15))

    def audit(self, *more):
        command = [self.options.veritag, "audit", "--plain-http", "--no-progress", "--format", "json", "--store", str(self.work / "store.sqlite"), *more, *self.registries]
        started = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
            self.memory = 0  # MiB, of the process that holds the images; its workers see one layer each
            while process.poll() is None:
                self.memory = max(self.memory, peak_memory(process.pid))
                time.sleep(0.02)
            seconds = time.monotonic() - started
            out.seek(0), errors.seek(0)
            text = out.read()
            if not text:
                raise SystemExit(errors.read().decode(errors="replace"))
        return seconds, json.loads(text)

    def show(self, name, figures, report):
        wrong = self.fleet.compare(report, self.registries)
        tags = sum(target["tags"] for target in report["targets"])
        seconds = statistics.median(figures)
        summary = report["summary"]
        print(f"{name:34} {seconds:7.2f} s {tags / seconds:8.0f} tags/s {summary['bytesFetched']:>9} bytes fetched {summary['layersAnalyzed']:>5} layers read {self.memory:>5.0f} MiB   findings wrong: {len(wrong)}", flush=True)
        for line in wrong[:5]:
            print(f"    {line}")

    def run(self):
        with registry.Registry(self.work / "main") as main, registry.Registry(self.work / "mirror") as mirror:
            self.registries = {main.host: "main", mirror.host: "mirror"}
            self.fleet.push(main)
            self.fleet.push_mirror(mirror)
            lies = sum(1 for key in self.fleet.expected if key[0] == "main")
            print(f"{len(self.fleet.images)} tags of {self.options.repositories} repositories, {len(self.fleet.mirror)} more in a mirror, {lies} lies")
            first, _ = self.audit()
            self.fleet.push_rebuilt(main)
            _, report = self.audit()
            self.show("first audit (findings: the second)", [first], report)
            runs = [self.audit() for _ in range(self.options.runs)]
            self.show("unchanged", [seconds for seconds, _ in runs], runs[-1][1])
            main.stop()
            mirror.stop()
            folder = self.work / "rules"
            folder.mkdir()
            figures = []
            for number in range(self.options.runs):  # other rules each time
                (folder / "extra.yaml").write_text(RULE.replace("nowhere", f"nowhere{number}"), encoding="utf-8")
                seconds, report = self.audit("--offline", "--rules", str(folder))
                figures.append(seconds)
            self.show("new rules, registries stopped", figures, report)
            print(f"store: {os.path.getsize(self.work / 'store.sqlite') / 2**20:.1f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", default=str(SOURCE / "build/release/daemon/veritag"))
    parser.add_argument("--work", default=str(SOURCE / "build/bench-fleet"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--repositories", type=int, default=300)
    parser.add_argument("--tags", type=int, default=1600)
    parser.add_argument("--lies", type=int, default=12, help="of each of five sorts")
    Bench(parser.parse_args()).run()


if __name__ == "__main__":
    main()
