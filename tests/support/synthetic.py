"""Package databases made without the real tools, for tests that need thousands of images. The same packages give the same bytes.

Headers as rpm stores them, without a signed region (rpm-software-management/rpm: docs/manual/format_header.md): u32 entries, u32 data
bytes, entries of {tag, type, offset, count}, the data; big endian. That the parsers read what the real tools write is shown elsewhere
(tests/differential, integration/run_matrix.py).
"""
import struct

import ndb

NAME, VERSION, RELEASE, EPOCH, OS, ARCH = 1000, 1001, 1002, 1003, 1021, 1022
INT32, STRING = 4, 6


def rpm_header(package):
    fields = [(NAME, STRING, package.name), (VERSION, STRING, package.version), (RELEASE, STRING, package.release)]
    if package.epoch:
        fields.append((EPOCH, INT32, package.epoch))
    fields += [(OS, STRING, "linux"), (ARCH, STRING, package.arch)]
    entries, data = b"", b""
    for tag, kind, value in fields:
        if kind == INT32:
            data += bytes(-len(data) % 4)
        entries += struct.pack(">IIII", tag, kind, len(data), 1)
        data += struct.pack(">I", value) if kind == INT32 else value.encode() + b"\0"
    return struct.pack(">II", len(fields), len(data)) + entries + data


def rpm_ndb(packages):
    """The bytes of a Packages.db."""
    return ndb.packages_db([rpm_header(each) for each in packages])


def dpkg_status(packages):
    """The text of var/lib/dpkg/status."""
    stanzas = []
    for each in packages:
        status = "deinstall ok config-files" if each.removed else "install ok installed"
        stanzas.append(f"Package: {each.name}\nStatus: {status}\nPriority: optional\nSection: libs\nMaintainer: Tests <tests@example.org>\n"
                       f"Architecture: {each.arch}\nVersion: {each.version}\nDescription: A package for tests\n")
    return "\n".join(stanzas)
