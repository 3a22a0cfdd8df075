#!/usr/bin/env python3
"""Writes the seeds of fuzz_chunked. usage: make_chunked_seeds.py tests/fuzz/corpus

They are the same on every run. The layout is that of tests/fuzz/fuzz_chunked.cpp: a byte of options, JSON text, a NUL, frames. The first frame
stands where test::ChunkedLayer puts it: behind a skippable frame of 13 bytes, or an empty gzip member of 23 bytes.
"""
import hashlib
import json
import os
import struct
import sys
import zlib

CHUNKED, ESTARGZ, ASK_FOR_HEAD = 0, 1, 2


def zstd(content):
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(content)) + struct.pack("<I", 1 | len(content) << 3)[:3] + content


def gzip(content):
    size = struct.pack("<HH", len(content), len(content) ^ 0xFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01" + size + content + struct.pack("<II", zlib.crc32(content), len(content))


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Seed:
    def __init__(self, options):
        self.options, self.entries, self.frames = options, [], b""

    def frame(self, content):
        start = (23 if self.options & ESTARGZ else 13) + len(self.frames)
        self.frames += gzip(content) if self.options & ESTARGZ else zstd(content)
        return start

    def file(self, name, *pieces, mode=0o644):
        content = b"".join(pieces)
        entry = {"type": "reg", "name": name, "size": len(content), "mode": mode, "digest": digest(content)}
        position = 0
        for number, piece in enumerate(pieces):
            chunk = entry if number == 0 else {"type": "chunk", "name": name, "chunkOffset": position}
            chunk |= {"offset": self.frame(piece), "chunkSize": len(piece), "chunkDigest": digest(piece)}
            if not any(piece):
                chunk["chunkType"] = "zeros"
            self.entries.append(chunk)
            position += len(piece)
        if not self.options & ESTARGZ:
            entry["endOffset"] = 13 + len(self.frames)

    def bytes(self):
        text = json.dumps({"version": 1, "entries": self.entries}, separators=(",", ":")).encode()
        return bytes([self.options]) + text + b"\0" + self.frames


def filled(options):
    seed = Seed(options)
    seed.entries.append({"type": "dir", "name": "etc/", "mode": 0o755, "xattrs": {"user.x": "eA=="}})
    seed.file("etc/os-release", b"ID=puffin\n", b"VERSION=5.1\n")
    seed.file("opt/redkit/2.0/version.txt", b"version=2.0\n", bytes(40), b"end")
    seed.file("bin/tool", b"\x7fELF\2\1\1".ljust(18, b"\0") + b"\x3e\0" + bytes(9), mode=0o755)
    seed.entries += [{"type": "symlink", "name": "lib", "linkName": "usr/lib"}, {"type": "hardlink", "name": "a", "linkName": "bin/tool"},
                     {"type": "reg", "name": "opt/.wh.gone"}, {"type": "reg", "name": "opt/.wh..wh..opq"}, {"type": "char", "name": "dev/null", "devMajor": 1}]
    return seed


def hostile():
    overlapping = Seed(CHUNKED)
    overlapping.file("etc/os-release", b"ID=puffin\n")
    overlapping.entries.append({**overlapping.entries[0], "name": "usr/lib/os-release"})
    hole = Seed(CHUNKED)
    hole.entries.append({"type": "reg", "name": "etc/os-release", "size": 2**63 - 1, "chunkType": "zeros"})
    shared = Seed(ESTARGZ)
    at = shared.frame(b"HEADID=puffin\nHEADversion=2.0\n")
    for name, content, inner in (("etc/os-release", b"ID=puffin\n", 4), ("opt/redkit/2.0/version.txt", b"version=2.0\n", 18)):
        shared.entries.append({"type": "reg", "name": name, "size": len(content), "digest": digest(content), "offset": at, "innerOffset": inner})
    return {"overlapping": overlapping, "hole": hole, "shared_member": shared}


def main():
    folder = os.path.join(sys.argv[1], "fuzz_chunked")
    os.makedirs(folder, exist_ok=True)
    seeds = {"chunked": filled(CHUNKED), "estargz": filled(ESTARGZ), "chunked_with_head": filled(CHUNKED | ASK_FOR_HEAD), **hostile()}
    for name, seed in seeds.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(seed.bytes())


if __name__ == "__main__":
    main()
