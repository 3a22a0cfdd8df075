"""Writes rpm's NDB database, file `Packages.db`, which openEuler 22.03 and 24.03 use and Debian's rpm cannot write.

The rpm headers inside are real ones: they come out of a SQLite database that the real rpm has written.
Layout, little endian, blocks of 16 bytes, pages of 4096 (rpm-software-management/rpm: lib/backend/ndb/rpmpkg.c):
  header, 2 blocks: "RpmP", u32 version 0, u32 generation, u32 slot pages, u32 next package index, 12 unused bytes
  slots, 1 block each, to the end of the slot pages: "Slot", u32 package index (0: free), u32 first block, u32 block count
  blobs: "BlbS", u32 package index, u32 generation, u32 length, the header, zeros; then in the last 12 bytes u32 adler32, u32 length, "BlbE"
"""
import sqlite3
import struct
import zlib

BLOCK, PAGE, HEADER_BLOCKS = 16, 4096, 2


def headers_of(sqlite_path):
    """The header blobs of an rpmdb.sqlite, in the order of their package numbers."""
    database = sqlite3.connect(f"file:{sqlite_path}?mode=ro", uri=True)
    try:
        return [bytes(blob) for (blob,) in database.execute("SELECT blob FROM Packages ORDER BY hnum")]
    finally:
        database.close()


def blob_of(index, header):
    """The generation counts the changes of the database: in a fresh one it is the package's own number."""
    body = b"BlbS" + struct.pack("<III", index, index, len(header)) + header
    body += bytes(-(len(body) + 12) % BLOCK)
    return body + struct.pack("<II", zlib.adler32(body), len(header)) + b"BlbE"


def packages_db(headers):
    """The bytes of a Packages.db as a fresh installation leaves it."""
    slots_per_page = PAGE // BLOCK
    pages = max(1, -(-(HEADER_BLOCKS + len(headers)) // slots_per_page))
    slots, blobs, block = b"", b"", pages * slots_per_page
    for index, header in enumerate(headers, 1):
        blob = blob_of(index, header)
        slots += b"Slot" + struct.pack("<III", index, block, len(blob) // BLOCK)
        blobs += blob
        block += len(blob) // BLOCK
    head = b"RpmP" + struct.pack("<IIII", 0, len(headers) + 1, pages, len(headers) + 1) + bytes(12)
    free = (b"Slot" + bytes(12)) * (pages * slots_per_page - HEADER_BLOCKS - len(headers))
    return head + slots + free + blobs
