"""Images for measuring, the same bytes each time: an AI image with layers of gigabytes, and a small one.

The big layers are streamed to gzip and zstd at once; nothing is held in memory. Files look like what SDKs and frameworks bring: ELF
libraries of tens of megabytes, a third of whose bytes cannot be compressed, and trees of small Python files.
"""
import hashlib
import os
import pathlib
import random
import subprocess
import sys
import tarfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support")]

import contents  # noqa: E402
import images  # noqa: E402
import synthetic  # noqa: E402

BLOCK = 64 << 10
MEBIBYTE = 1 << 20
RELEASE = "22.03-LTS-SP4"
COMPRESSORS = {"gzip": ["gzip", "-6", "-n", "-c"], "zstd": ["zstd", "-3", "-q", "-c"]}


class Pool:
    """Blocks of the three sorts that fill the files."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        words = [self.rng.randbytes(self.rng.randint(2, 8)) for _ in range(1024)]
        self.code = [self.fill(words) for _ in range(256)]            # machine code: about 2:1, 44 % with gzip and 49 % with zstd
        names = [bytes(self.rng.choice(b"abcdefghijklmnopqrstuvwxyz_") for _ in range(self.rng.randint(3, 12))) for _ in range(3000)]
        self.text = b"".join(b"    " * self.rng.randint(0, 3) + b" ".join(self.rng.choice(names) for _ in range(6)) + b"\n" for _ in range(60000))

    def fill(self, words):
        block = b"".join(self.rng.choice(words) for _ in range(BLOCK // 2))
        return block[:BLOCK]

    def library(self, size):
        """Pieces of an ELF file of `size` bytes."""
        yield contents.elf("amd64").ljust(BLOCK, b"\0")
        for _ in range(size // BLOCK - 1):
            yield self.rng.randbytes(BLOCK) if self.rng.random() < 0.36 else self.rng.choice(self.code)

    def source(self):
        start = self.rng.randrange(len(self.text) - 40000)
        return self.text[start:start + self.rng.randint(300, 30000)]


class BigLayer:
    """One tar in both compressions; has what images.Image asks of a layer."""

    def __init__(self, folder, name, seed, size, place, extra):
        self.paths = {how: folder / f"{name}.{how}" for how in COMPRESSORS}
        note = folder / f"{name}.digests"
        if not note.exists():
            self.write(seed, size, place, extra, note)
        self.diff_id, *blobs = note.read_text().split()
        self.digests = dict(zip(COMPRESSORS, blobs))

    def write(self, seed, size, place, extra, note):
        pool, tar = Pool(seed), hashlib.sha256()
        outs = {how: open(path, "wb") for how, path in self.paths.items()}
        processes = [subprocess.Popen(COMPRESSORS[how], stdin=subprocess.PIPE, stdout=out) for how, out in outs.items()]

        def put(data):
            tar.update(data)
            for process in processes:
                process.stdin.write(data)

        def entry(path, pieces, length, mode):
            info = tarfile.TarInfo(path)
            info.size, info.mode, info.mtime = length, mode, images.FIXED_TIME
            put(info.tobuf(tarfile.GNU_FORMAT))
            for piece in pieces:
                put(piece)
            put(bytes(-length % 512))

        for each in extra:
            put(each.tar_info().tobuf(tarfile.GNU_FORMAT) + each.content + bytes(-len(each.content) % 512))
        written = number = 0
        while written < size:
            length = pool.rng.randint(4, 64) * MEBIBYTE
            entry(f"{place}/lib/libpart{number}.so.1", pool.library(length), length, 0o755)
            written += length
            for _ in range(300):
                data = pool.source()
                entry(f"{place}/python/package{number}/module{pool.rng.getrandbits(40):010x}.py", [data], len(data), 0o644)
                written += len(data)
            number += 1
        put(bytes(10240))
        for process in processes:
            process.stdin.close()
            if process.wait() != 0:
                raise RuntimeError("a compressor failed")
        digests = []
        for how, path in self.paths.items():
            outs[how].close()
            with open(path, "rb") as blob:
                digests.append("sha256:" + hashlib.file_digest(blob, "sha256").hexdigest())
        note.write_text(" ".join(["sha256:" + tar.hexdigest(), *digests]) + "\n")


def write_layout(layout, name, small_layers, big_layers, how):
    """An image whose first layers are small (images.Layer) and whose others are files."""
    blobs = images.Blobs()
    layers = [blobs.add(layer.blob, images.OCI_LAYER[layer.compression]) for layer in small_layers]
    for layer in big_layers:
        digest = layer.digests[how]
        target = os.path.join(layout.path, "blobs", *digest.split(":"))
        if not os.path.exists(target):
            os.link(layer.paths[how], target)
        layers.append({"mediaType": images.OCI_LAYER[how], "digest": digest, "size": os.path.getsize(target)})
    config = {"architecture": "amd64", "os": "linux", "created": images.CREATED, "config": {},
              "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in [*small_layers, *big_layers]]}}
    descriptor = blobs.add_manifest({"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "layers": layers,
                                     "config": blobs.add(images.to_json(config), images.OCI_CONFIG)}, images.OCI_MANIFEST)
    layout.write_blobs(blobs)
    layout.names[name] = {**descriptor, "annotations": {"org.opencontainers.image.ref.name": name}}
    layout.write_index()


def base_layer(size, how):
    """An rpm base of about `size` bytes compressed."""
    pool = Pool(5)
    entries = contents.root_tree("amd64") + contents.openeuler_os_files(RELEASE) + [
        images.file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(contents.openeuler_rpms(RELEASE, "amd64")))]
    written = number = 0
    while written < size:
        length = pool.rng.randint(1, 40) * BLOCK
        entries.append(images.program(f"usr/lib64/libbase{number}.so.1", b"".join(pool.library(length))))
        entries += [images.file(f"usr/share/doc/package{number}/{i}.txt", pool.source()) for i in range(40)]
        written, number = written + length // 2, number + 1
    return images.Layer(entries, compression=how, tar_format="gnu")


def make(folder, layer_bytes):
    """An OCI layout with `ai-gzip`, `ai-zstd` and `small`; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    sdk = BigLayer(folder, f"sdk-{layer_bytes}", 1, layer_bytes, "usr/local/Ascend/ascend-toolkit/8.0.RC1", [
        each for each in contents.cann("8.0.RC1", machine="x86_64") if each.kind == "file"])
    framework = BigLayer(folder, f"framework-{layer_bytes}", 2, layer_bytes, "usr/local/lib64/python3.9/site-packages/torch", [
        each for each in contents.torch("2.1.0") + contents.torch_npu("2.1.0") if each.kind == "file"])
    layout = images.Layout(str(folder / "layout"))
    for how in COMPRESSORS:
        write_layout(layout, f"ai-{how}", [base_layer(4 * MEBIBYTE, how)], [sdk, framework], how)
    write_layout(layout, "small", [base_layer(60 * MEBIBYTE, "gzip")], [], "gzip")
    return layout
