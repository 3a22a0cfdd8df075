#!/usr/bin/env python3
"""How long `veritag lint` takes for a tree of openEuler's size: 450 images, 1,700 Dockerfiles. Prints the median and the best of several runs.

usage: lint.py --veritag PROGRAM [--runs N] [--work DIR]
"""
import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/integration"))

import lint_test  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--veritag", default=str(SOURCE / "build/release/daemon/veritag"))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--work", default=str(SOURCE / "build/bench/lint"))
    flags = parser.parse_args()
    work = pathlib.Path(flags.work)
    shutil.rmtree(work, ignore_errors=True)
    lint_test.big_tree(work)
    seconds = []
    for _ in range(flags.runs):
        start = time.monotonic()
        done = subprocess.run([flags.veritag, "lint", str(work), "--format", "json"], capture_output=True, check=False)
        seconds.append(time.monotonic() - start)
        if done.returncode != 0:
            sys.exit(f"status {done.returncode}: {done.stderr.decode()}")
    print(f"lint of 450 images, 1,700 Dockerfiles: median {statistics.median(seconds):.2f} s, best {min(seconds):.2f} s of {flags.runs}")


if __name__ == "__main__":
    main()
