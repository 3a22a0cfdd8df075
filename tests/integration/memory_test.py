#!/usr/bin/env python3
"""An image of two layers of 2 GB each is scanned within the memory the contract promises, and nothing is written to disk.

usage: memory_test.py --veritag PROGRAM [--work DIR] [--cache DIR] [--layer-bytes N]
"""
import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import stat
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import contents  # noqa: E402
import images  # noqa: E402
import matrix  # noqa: E402
import packages  # noqa: E402
import processes  # noqa: E402
import registry  # noqa: E402

MEBIBYTE = 1 << 20
LIMIT = 96 * MEBIBYTE
FILE_BYTES = 256 * MEBIBYTE

# A process counts the memory of whoever started it until it has become another program, so a small one starts the scan and measures it.
MEASURE = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
print(pid, flush=True)
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime, flush=True)
"""


class BigLayer:
    """A layer that is written as a stream: `piece(number)` gives its content, one MiB at a time; `entries` stand at its end."""

    def __init__(self, path, compressor, size, piece, entries):
        self.path, self.size = path, size
        tail = images.Layer(entries)
        tar = hashlib.sha256()
        with open(path, "wb") as out, subprocess.Popen(compressor, stdin=subprocess.PIPE, stdout=out) as process:
            def write(content):
                tar.update(content)
                process.stdin.write(content)

            for number in range(size // FILE_BYTES):
                info = images.file(f"opt/{path.stem}-{number}.bin").tar_info()
                info.size = FILE_BYTES
                write(info.tobuf())
                for position in range(FILE_BYTES // MEBIBYTE):
                    write(piece(number * (FILE_BYTES // MEBIBYTE) + position))
            write(tail.tar)
            process.stdin.close()
            if process.wait() != 0:
                raise RuntimeError(f"{compressor[0]} ended with status {process.returncode}")
        self.diff_id = "sha256:" + tar.hexdigest()
        with open(path, "rb") as blob:
            self.digest = "sha256:" + hashlib.file_digest(blob, "sha256").hexdigest()


def mixed_piece():
    """30 % of the bytes cannot be compressed at this level: they repeat only far behind its window."""
    noise = random.Random(14).randbytes(16 * MEBIBYTE)
    text = (b"0123456789abcdef" * 64 + bytes(1024)) * (MEBIBYTE // 2048)
    share = MEBIBYTE * 3 // 10

    def piece(number):
        start = number * share % (len(noise) - share)
        return noise[start:start + share] + text[share:]

    return piece


def make_layers(work, layer_bytes):
    """Both layers at once, since each keeps one core busy."""
    zero, layers, errors = bytes(MEBIBYTE), {}, []
    plans = {"mixed": (["zstd", "-1", "-q", "-c"], mixed_piece(), []), "zeros": (["gzip", "-1", "-n", "-c"], lambda _: zero, contents.cann("8.0.0"))}

    def make(name):
        try:
            compressor, piece, entries = plans[name]
            layers[name] = BigLayer(work / name, compressor, layer_bytes, piece, entries)
        except Exception as error:  # shown by the main thread
            errors.append(error)

    threads = [threading.Thread(target=make, args=(name,)) for name in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return layers


def push(server, repository, tag, base, layers):
    config = {"architecture": "arm64", "os": "linux", "created": images.CREATED, "config": {},
              "rootfs": {"type": "layers", "diff_ids": [base.diff_id, layers["mixed"].diff_id, layers["zeros"].diff_id]}}
    blobs = images.Blobs()
    descriptors = [blobs.add(base.blob, images.OCI_LAYER["gzip"])]
    for name, compression in (("mixed", "zstd"), ("zeros", "gzip")):
        layer, size = layers[name], layers[name].path.stat().st_size
        with open(layer.path, "rb") as body:
            server.put_blob(repository, layer.digest, body, size)
        layer.path.unlink()
        descriptors.append({"mediaType": images.OCI_LAYER[compression], "digest": layer.digest, "size": size})
    manifest = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": blobs.add(images.to_json(config), images.OCI_CONFIG), "layers": descriptors}
    server.put(repository, tag, blobs.add_manifest(manifest, images.OCI_MANIFEST), blobs)


def written_files(pid, allowed):
    """Regular files that the process holds open for writing, deleted ones included."""
    found = set()
    with contextlib.suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError, ValueError):
                path = f"/proc/{pid}/fd/{number}"
                with open(f"/proc/{pid}/fdinfo/{number}", encoding="ascii") as info:
                    flags = int(next(line for line in info if line.startswith("flags:")).split()[1], 8)
                target = os.readlink(path)
                # Shared memory has a descriptor too, and is counted as memory.
                if stat.S_ISREG(os.stat(path).st_mode) and flags & os.O_ACCMODE != os.O_RDONLY and target != allowed and not target.startswith("/memfd:"):
                    found.add(target)
    return found


def scan(program, reference, work):
    """Exit status, peak memory of all processes together, CPU seconds, what was written, and the report."""
    temporary, home, report = work / "tmp", work / "home", work / "report.json"
    for folder in (temporary, home):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary), "LC_ALL": "C.UTF-8"}
    command = [program, "scan", "--plain-http", "--format", "json", "--no-progress", "--no-store", "-o", str(report), reference]
    written, together = set(), 0
    with open(work / "errors", "wb") as errors, subprocess.Popen([sys.executable, "-S", "-c", MEASURE, *command], stdin=subprocess.DEVNULL,
                                                                 stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process:
        pid = int(process.stdout.readline())
        while process.poll() is None:
            written |= {str(path) for folder in (temporary, home) for path in folder.rglob("*")}
            together = max(together, processes.resident_together(pid))
            for each in [pid, *processes.children_of(pid)]:
                written |= written_files(each, str(report)) - {str(work / "errors")}
            time.sleep(0.02)
        status, peak, seconds = process.stdout.read().split()
    written |= {str(path) for folder in (temporary, home) for path in folder.rglob("*")}
    return int(status), max(int(peak), together), float(seconds), sorted(written), json.loads(report.read_text(encoding="utf-8")) if report.exists() else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/memory"), help="directory for the registry and the layers")
    parser.add_argument("--cache", default=str(SOURCE / "build/fixtures"), help="directory for what is kept between runs")
    parser.add_argument("--layer-bytes", type=int, default=2048 * MEBIBYTE, help="size of each layer, inflated; a multiple of 256 MiB")
    options = parser.parse_args()
    work = pathlib.Path(options.work).resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    builder = matrix.Builder(packages.Cache(pathlib.Path(options.cache).resolve() / "packages"))
    repository, tag = "openeuler/cann", "cann8.0.0-oe2203sp4"
    try:
        started = time.monotonic()
        layers = make_layers(work, options.layer_bytes)
        with registry.Registry(work / "registry") as server:
            push(server, repository, tag, builder.openeuler("22.03-LTS-SP4"), layers)
            made = time.monotonic()
            status, peak, seconds, written, report = scan(str(pathlib.Path(options.veritag).resolve()), f"{server.host}/{repository}:{tag}", work)
            wall = time.monotonic() - made
    finally:
        for path in work.iterdir():
            if path.name in ("mixed", "zeros", "registry"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    image = report["images"][0] if report and report["images"] else {"verdict": "none", "error": None}
    checks = [("the image is judged, and passes", status == 0 and image["verdict"] == "pass",
               f"exit status {status}, verdict {image['verdict']}, error {image['error']}; {(work / 'errors').read_text(errors='replace')[:300]}"),
              ("peak memory", peak < LIMIT, f"{peak / MEBIBYTE:.1f} MiB of {LIMIT / MEBIBYTE:.0f} MiB"),
              ("nothing is written to disk", not written, f"{written}")]
    for name, good, detail in checks:
        print(f"{'ok  ' if good else 'FAIL'}  {name}: {detail if not good or name == 'peak memory' else 'yes'}")
    print(f"two layers of {options.layer_bytes / MEBIBYTE:.0f} MiB: made and pushed in {made - started:.0f} s, scanned in {wall:.1f} s ({seconds:.1f} s of CPU)")
    failed = sum(not good for _, good, _ in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
