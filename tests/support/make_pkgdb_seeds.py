#!/usr/bin/env python3
"""Writes the seeds of the package database fuzz targets. usage: make_pkgdb_seeds.py tests/fuzz/corpus"""
import os
import sqlite3
import struct
import sys
import tempfile
import zlib


def header(name, version, release, arch, epoch=None, summary=None):
    """An rpm header blob: lib/pkgdb/rpm_header.cpp says how it is laid out."""
    index, data = [], b""
    for tag, text in ((1000, name), (1001, version), (1002, release), (1022, arch)):
        index.append((tag, 6, len(data), 1))
        data += text.encode() + b"\0"
    if epoch is not None:
        data += b"\0" * (-len(data) % 4)
        index.append((1003, 4, len(data), 1))
        data += struct.pack(">I", epoch)
    if summary is not None:
        index.append((1004, 6, len(data), 1))
        data += summary.encode() + b"\0"
    index.insert(0, (63, 7, len(data), 16))
    data += struct.pack(">IIiI", 63, 7, -16 * len(index), 16)
    return struct.pack(">II", len(index), len(data)) + b"".join(struct.pack(">IIII", *e) for e in index) + data


HEADERS = [header("bash", "5.2", "9", "x86_64"), header("acl", "2.3", "1", "noarch", 2)]


def ndb(headers):
    slots, blobs, block = b"", b"", 256
    for number, head in enumerate(headers, 1):
        blob = b"BlbS" + struct.pack("<III", number, 1700000000, len(head)) + head
        blob += b"\0" * (-(len(blob) + 12) % 16)
        blob += struct.pack("<II", zlib.adler32(blob), len(head)) + b"BlbE"
        slots += b"Slot" + struct.pack("<III", number, block, len(blob) // 16)
        blobs += blob
        block += len(blob) // 16
    page = b"RpmP" + struct.pack("<IIIIIII", 0, 1, 1, len(headers) + 1, 0, 0, 0) + slots
    return page + (b"Slot" + b"\0" * 12) * ((4096 - len(page)) // 16) + blobs


def bdb(order, headers):
    """A Berkeley DB hash: lib/pkgdb/rpm_bdb.cpp says how it is laid out. The first header lies on the page, the rest in chains."""
    size = 512
    room = size - 26
    u16, u32 = order + "H", order + "I"

    def page(number, kind, previous=0, next_page=0, items=0, high=0, content=b""):
        head = struct.pack(order + "QIIIHHBB", 0, number, previous, next_page, items, high, 0, kind)
        return head + content + b"\0" * (room - len(content))

    items, chains, number = [b"\1" + bytes(4), b"\1" + struct.pack(u32, len(headers) + 1)], [], 2
    for index, head in enumerate(headers, 1):
        items.append(b"\1" + struct.pack(u32, index))
        if index == 1:
            items.append(b"\1" + head)
            continue
        items.append(b"\3\0\0\0" + struct.pack(order + "II", number, len(head)))
        parts = [head[at:at + room] for at in range(0, len(head), room)]
        for at, part in enumerate(parts):
            last = at == len(parts) - 1
            chains.append(page(number, 7, number - 1 if at else 0, 0 if last else number + 1, 1, len(part), part))
            number += 1
    offsets, end = b"", size
    for item in items:
        end -= len(item)
        offsets += struct.pack(u16, end)
    bucket = page(1, 13, items=len(items), high=end, content=(offsets + bytes(end - 26 - len(offsets)) + b"".join(reversed(items))))
    meta = struct.pack(order + "QIIIIBBBBIII", 0, 0, 0x61561, 9, size, 0, 8, 0, 0, 0, number - 1, 0)
    meta += bytes(88 - len(meta)) + struct.pack(u32, len(items) // 2)
    return meta + bytes(size - len(meta)) + bucket + b"".join(chains)


def sqlite(wal):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "db")
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA page_size = 512")
        db.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        db.execute("CREATE TABLE Name (key TEXT, hnum INTEGER, idx INTEGER)")
        if wal:
            db.execute("PRAGMA journal_mode = WAL")
        for number, head in enumerate(HEADERS, 1):
            db.execute("INSERT INTO Packages VALUES (?, ?)", (number, head))
            db.execute("INSERT INTO Name VALUES ('name', ?, 0)", (number,))
        with open(path, "rb") as file:
            content = file.read()
        log = b""
        if wal:
            with open(path + "-wal", "rb") as file:
                log = same_salts(file.read())
        db.close()
        return struct.pack("<I", len(content)) + content + log


def same_salts(wal):
    """SQLite draws salts at random; a seed has fixed ones, summed again."""
    def add(sums, words):
        for first, second in zip(words[::2], words[1::2]):
            sums[0] = (sums[0] + first + sums[1]) & 0xFFFFFFFF
            sums[1] = (sums[1] + second + sums[0]) & 0xFFFFFFFF

    order = ">" if wal[3] & 1 else "<"
    words = lambda part: struct.unpack(f"{order}{len(part) // 4}I", part)
    salts, sums = struct.pack(">II", 1, 2), [0, 0]
    out = wal[:16] + salts
    add(sums, words(out))
    out += struct.pack(">II", *sums)
    page = struct.unpack(">I", wal[8:12])[0]
    for at in range(32, len(wal), 24 + page):
        content = wal[at + 24:at + 24 + page]
        add(sums, words(wal[at:at + 8] + content))
        out += wal[at:at + 8] + salts + struct.pack(">II", *sums) + content
    return out


def elf():
    strings = b"\0libcudart.so.12\0"
    dynamic = struct.pack("<8Q", 14, 1, 5, 0x400000 + 240, 10, len(strings), 0, 0)
    ident = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    file = ident + struct.pack("<HHIQQQIHHHHHH", 3, 183, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    file += struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 240 + len(strings), 240 + len(strings), 4096)
    file += struct.pack("<IIQQQQQQ", 2, 6, 176, 0x4000B0, 0x4000B0, 64, 64, 8)
    return file + dynamic + strings


SEEDS = {
    "fuzz_rpm_ndb/two_packages": ndb(HEADERS),
    "fuzz_rpm_ndb/empty": ndb([]),
    "fuzz_rpm_bdb/little_endian": bdb("<", HEADERS + [header("zlib", "1.3", "4", "x86_64", None, "s" * 600)]),
    "fuzz_rpm_bdb/big_endian": bdb(">", HEADERS + [header("zlib", "1.3", "4", "x86_64", None, "s" * 600)]),
    "fuzz_rpm_bdb/empty": bdb("<", []),
    "fuzz_rpm_sqlite/two_packages": sqlite(False),
    "fuzz_rpm_sqlite/unmerged_log": sqlite(True),
    "fuzz_dpkg/status": b"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\nConffiles:\n /etc/x 0\n\n"
                        b"Package: old\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1:2-3\n",
    "fuzz_dpkg/status_d": b"Package: tzdata\r\nVersion: 2024a-0+deb12u1\r\nArchitecture: all\r\n",
    "fuzz_python_metadata/usual": b"Metadata-Version: 2.1\nName: Torch_NPU\nVersion: 2.1.0.post3\nLicense: MIT\n more\n\nVersion: 9\n",
    "fuzz_python_metadata/folded": b"name:\n a\nVERSION:\r\n\t1.0\r\n",
    "fuzz_apk/installed": b"C:Q1vWzaKP1IXPLmAnl9HtuaHlb/4vI=\nP:musl\nV:1.2.4-r2\nA:x86_64\nT:the C library\nF:lib\nM:0:0:755\nR:libc.so\na:0:0:755\n\n"
                          b"P:baselayout\nV:3.4.3-r1\nA:noarch\n\n",
    "fuzz_apk/cut": b"P:musl\nV:1.2.4-r2\n",
    "fuzz_conda/record": b'{"arch": null, "build": "py310_0", "build_number": 0, "files": ["a", "b"], "link": {"type": 1}, "name": "numpy", '
                         b'"paths_data": {"paths": [{"_path": "a", "size_in_bytes": 1.5e3}]}, "subdir": "linux-64", "version": "1.26.0"}',
    "fuzz_conda/deep": b'{"name": "a", "x": ' + b"[" * 70,
    "fuzz_conda/state": b'{"env_vars": {"A": "\\u00e9"}}',
    "fuzz_python_source/egg_link": b"/pytorch\n.",
    "fuzz_python_source/editable": b'{"dir_info": {"editable": true}, "url": "file:///vllm%20workspace/vllm"}',
    "fuzz_python_source/git": b'{"url": "https://x/y.git", "vcs_info": {"commit_id": "0", "vcs": "git"}}',
    "fuzz_elf/library": elf(),
    "fuzz_elf/head": elf()[:100],
}

for name, content in SEEDS.items():
    path = os.path.join(sys.argv[1], name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as seed:
        seed.write(content)
