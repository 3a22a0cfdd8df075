#!/usr/bin/env python3
"""Does time per byte and memory stay flat? One layer of 2 GB and of 20 GB inflated, 200,000 tiny files in one layer, 500 layers in one image.

usage: flat.py --veritag PROGRAM [--work DIR] [--big-bytes N]

Prints, for each image, wall and CPU time, what that is per GB, per file or per layer, and the most memory that all processes had together.
"""
import argparse
import pathlib
import random
import shutil
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / part) for part in ("tests/support", "tests/bench", "tests/integration")]

import contents  # noqa: E402
import images  # noqa: E402
import memory_test  # noqa: E402
import registry  # noqa: E402
import run as bench  # noqa: E402
import synthetic  # noqa: E402

GIBIBYTE = 1 << 30
RELEASE = "22.03-LTS-SP4"
REPOSITORY, TAG = "bench/openeuler/cann", "cann8.0.0-oe2203sp4"


def base_layer():
    return images.Layer(contents.root_tree("arm64") + contents.openeuler_os_files(RELEASE) +
                        [images.file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(contents.openeuler_rpms(RELEASE, "arm64")))])


def tiny_files(count):
    rng = random.Random(3)
    return images.Layer([images.file(f"usr/lib/node_modules/package{i // 100}/lib/{rng.getrandbits(32):08x}-{i}.js", b"module.exports = %d;\n" % i) for i in range(count)])


def many_layers(count):
    return [images.Layer([images.file(f"opt/part{i}/note.txt", b"part %d\n" % i)]) for i in range(count)]


def put_big(server, base, layer, tag):
    """An image of a base and one layer that lies in a file."""
    blobs = images.Blobs()
    config = {"architecture": "arm64", "os": "linux", "created": images.CREATED, "config": {},
              "rootfs": {"type": "layers", "diff_ids": [base.diff_id, layer.diff_id]}}
    size = layer.path.stat().st_size
    with open(layer.path, "rb") as body:
        server.put_blob(REPOSITORY, layer.digest, body, size)
    layer.path.unlink()
    manifest = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": blobs.add(images.to_json(config), images.OCI_CONFIG),
                "layers": [blobs.add(base.blob, images.OCI_LAYER["gzip"]), {"mediaType": images.OCI_LAYER["zstd"], "digest": layer.digest, "size": size}]}
    server.put(REPOSITORY, tag, blobs.add_manifest(manifest, images.OCI_MANIFEST), blobs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True)
    parser.add_argument("--work", default="build/bench-flat")
    parser.add_argument("--big-bytes", type=int, default=20 * GIBIBYTE)
    options = parser.parse_args()
    work = pathlib.Path(options.work).resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    base = base_layer()
    with registry.Registry(work / "registry") as server:
        def scan(title, tag, per, count):
            command = [options.veritag, "scan", "--plain-http", "--no-progress", "--no-store", "--format", "json", "-o", "/dev/null", f"{server.host}/{REPOSITORY}:{tag}"]
            figures = bench.measure(command, None, (0, 1, 3))
            print(f"{title:32} {figures.wall:8.2f} s {figures.cpu:8.2f} s CPU  {1000 * figures.wall / count:9.3f} ms per {per:5}  {figures.memory / 2**20:5.0f} MiB", flush=True)

        for count in (20_000, 200_000):
            blobs = images.Blobs()
            server.put(REPOSITORY, f"files{count}", images.Image([base, tiny_files(count)]).write(blobs), blobs)
            scan(f"{count} tiny files in one layer", f"files{count}", "file", count)
        for count in (50, 500):
            blobs = images.Blobs()
            server.put(REPOSITORY, f"layers{count}", images.Image([base, *many_layers(count)]).write(blobs), blobs)
            scan(f"{count} layers", f"layers{count}", "layer", count)
        # Last: what was pushed keeps the disk busy for a while.
        for size in (options.big_bytes // 10, options.big_bytes):
            size -= size % memory_test.FILE_BYTES
            layer = memory_test.BigLayer(work / f"big{size}", ["zstd", "-1", "-q", "-c"], size, memory_test.mixed_piece(), contents.cann("8.0.0"))
            put_big(server, base, layer, f"{TAG}-{size}")
            scan(f"one layer of {size / GIBIBYTE:.0f} GiB", f"{TAG}-{size}", "GiB", size / GIBIBYTE)


if __name__ == "__main__":
    main()
