"""Writes layers with a table of contents, for tests: zstd:chunked as containers/storage does, and eStargz as stargz-snapshotter does.

    layer = ZstdChunkedLayer(entries)           # has what images.Layer has, and the annotations of its descriptor
    layer = EstargzLayer(entries, lie=change)   # `change(writer, toc)` may bend the table before it is written

The same input gives the same bytes. Formats: containers/storage: pkg/chunked/compressor/compressor.go and pkg/chunked/internal/minimal/compression.go;
containerd/stargz-snapshotter: docs/estargz.md. Chunks are cut at fixed places, where containers/storage uses a rolling checksum.
"""
import ctypes
import functools
import gzip
import io
import json
import struct
import tarfile

import images

SKIPPABLE = b"\x50\x2a\x4d\x18"
TYPES = {tarfile.REGTYPE: "reg", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hardlink", tarfile.CHRTYPE: "char",
         tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo"}
MODIFIED = "2023-11-14T22:13:20Z"


@functools.cache
def libzstd():
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compressBound.restype = library.ZSTD_compress.restype = ctypes.c_size_t
    library.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
    library.ZSTD_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
    return library


def zstd_frame(content, level=3):
    bound = libzstd().ZSTD_compressBound(len(content))
    out = ctypes.create_string_buffer(bound)
    size = libzstd().ZSTD_compress(out, bound, content, len(content), level)
    if size > bound:
        raise RuntimeError("ZSTD_compress failed")
    return out.raw[:size]


def skippable_frame(payload):
    return SKIPPABLE + struct.pack("<I", len(payload)) + payload


class TableLayer(images.Layer):
    """What both formats share: a walk over the tar that cuts it at every file's content."""

    chunk_bytes = 64 << 10

    def __init__(self, entries, lie=None, **options):
        super().__init__(entries, compression=self.codec, **options)
        self.lie, self.out, self.toc = lie, io.BytesIO(), {"version": 1, "entries": []}

    def pack(self, content):
        """Appends a frame; returns where it starts."""
        start = self.out.tell()
        self.out.write(self.compress(content))
        return start

    def walk(self, tar):
        """Packs the tar and fills the table; returns where the last file's content ended in the tar."""
        done = 0
        for member in tarfile.open(fileobj=io.BytesIO(tar), mode="r:"):
            entry = {"type": TYPES[member.type], "name": member.name + ("/" if member.isdir() else ""), "mode": member.mode, "modtime": MODIFIED}
            if member.linkname:
                entry["linkName"] = member.linkname
            self.toc["entries"].append(entry)
            if not member.isreg() or member.size == 0:
                continue
            self.pack(tar[done:member.offset_data])
            content = tar[member.offset_data:member.offset_data + member.size]
            done = member.offset_data + member.size
            entry |= {"size": member.size, "digest": images.digest_of(content)}
            self.pack_content(entry, content)
        return done

    def pack_content(self, entry, content):
        pieces = [content[at:at + self.chunk_bytes] for at in range(0, len(content), self.chunk_bytes)]
        for number, piece in enumerate(pieces):
            chunk = entry if number == 0 else {"type": "chunk", "name": entry["name"], "chunkOffset": number * self.chunk_bytes}
            if number > 0:
                self.toc["entries"].append(chunk)
            chunk["offset"] = self.pack(piece)
            self.describe(chunk, piece, len(pieces) > 1, number == len(pieces) - 1)
        self.end(entry)

    def bend(self):
        if self.lie:
            self.lie(self, self.toc)

    def find(self, name):
        return next(entry for entry in self.toc["entries"] if entry["name"].strip("/") == name and entry["type"] != "chunk")


class ZstdChunkedLayer(TableLayer):
    codec = "zstd"

    def __init__(self, entries, prefix="io.github.containers.zstd-chunked.", **options):
        super().__init__(entries, **options)
        self.prefix = prefix

    compress = staticmethod(zstd_frame)

    def describe(self, chunk, piece, several, last):
        del last
        if several:
            chunk |= {"chunkSize": len(piece), "chunkDigest": images.digest_of(piece)}
            if not any(piece):
                chunk["chunkType"] = "zeros"

    def end(self, entry):
        entry["endOffset"] = self.out.tell()

    def hide(self, content):
        """Content that only the table leads to: in a frame that decoders skip. Returns where it starts and ends."""
        frame = zstd_frame(content)
        start = self.out.tell() + 8
        self.out.write(skippable_frame(frame))
        return start, start + len(frame)

    @functools.cached_property
    def blob(self):
        done = self.walk(self.tar)
        self.pack(self.tar[done:])
        self.bend()
        tar_split = zstd_frame(b"")  # what rebuilds the tar's own bytes; nobody here does
        text = json.dumps({**self.toc, "tarSplitDigest": images.digest_of(tar_split)}, separators=(",", ":")).encode()
        table = zstd_frame(text, 9)
        position = self.out.tell() + 8
        self.out.write(skippable_frame(table))
        split_position = self.out.tell() + 8
        self.out.write(skippable_frame(tar_split))
        self.out.write(skippable_frame(struct.pack("<7Q", position, len(table), len(text), 1, split_position, len(tar_split), 0) + b"GNUlInUx"))
        self.annotations = {self.prefix + "manifest-checksum": images.digest_of(table),
                            self.prefix + "manifest-position": f"{position}:{len(table)}:{len(text)}:1",
                            self.prefix + "tarsplit-position": f"{split_position}:{len(tar_split)}:0"}
        return self.out.getvalue()


class EstargzLayer(TableLayer):
    codec = "gzip"
    chunk_bytes = 4 << 20

    @staticmethod
    def compress(content):
        return gzip.compress(content, 9, mtime=0)

    def describe(self, chunk, piece, several, last):
        chunk["chunkDigest"] = images.digest_of(piece)
        if several and not last:
            chunk["chunkSize"] = len(piece)

    def end(self, entry):
        """The table says nothing: a file ends where the next content starts."""

    @functools.cached_property
    def built(self):
        """The blob, and what it inflates to: the tar without its end, and the table as its last entry."""
        done = self.walk(self.tar)
        entries_end = len(self.tar.rstrip(b"\0"))
        entries_end = max(done, entries_end) + -max(done, entries_end) % 512
        self.pack(self.tar[done:entries_end])
        self.bend()
        text = json.dumps(self.toc, indent="\t").encode()
        table = io.BytesIO()
        with tarfile.open(fileobj=table, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            info = tarfile.TarInfo("stargz.index.json")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
        position = self.pack(table.getvalue())
        self.out.write(b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff" + struct.pack("<H", 26) + b"SG" + struct.pack("<H", 22) + b"%016xSTARGZ" % position +
                       b"\x01\x00\x00\xff\xff" + bytes(8))
        self.annotations = {"containerd.io/snapshot/stargz/toc.digest": images.digest_of(text)}
        return self.out.getvalue(), self.tar[:entries_end] + table.getvalue()

    @property
    def blob(self):
        return self.built[0]

    @property
    def diff_id(self):
        return self.forged_diff_id or images.digest_of(self.built[1])

    @property
    def digest(self):
        return images.digest_of(self.blob)
