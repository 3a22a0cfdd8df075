#!/usr/bin/env python3
"""Tests of the sample images themselves: a wrong sample would make every test that uses it worthless.

usage: samples_test.py [--cache DIR]
"""
import gzip
import io
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import contents  # noqa: E402
import images  # noqa: E402
import matrix  # noqa: E402
import ndb  # noqa: E402
import packages  # noqa: E402

CACHE = packages.Cache(SOURCE / "build/fixtures/packages")


def real_database(folder):
    path = SOURCE / "tests/data/rpmdb" / folder / "Packages.db.zst"
    return subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, check=True).stdout


def headers_in(database):
    """The header blobs of a Packages.db, by its slots."""
    headers = {}
    for at in range(32, struct.unpack_from("<I", database, 12)[0] * 4096, 16):
        _, index, block, _ = struct.unpack_from("<4sIII", database, at)
        if block:
            length = struct.unpack_from("<I", database, block * 16 + 12)[0]
            headers[index] = database[block * 16 + 16:block * 16 + 16 + length]
    return [headers[index] for index in sorted(headers)]


class Ndb(unittest.TestCase):
    def test_writes_what_rpm_itself_wrote(self):
        """The real database of a fresh installation comes out again, byte for byte."""
        real = real_database("ndb-openeuler-24.03-lts-aarch64")
        self.assertEqual(143, len(headers_in(real)))
        self.assertEqual(real, ndb.packages_db(headers_in(real)))

    def test_takes_more_slot_pages_for_more_packages(self):
        database = ndb.packages_db([b"x" * 40] * 300)
        self.assertEqual(2, struct.unpack_from("<I", database, 12)[0])
        self.assertEqual([b"x" * 40] * 300, headers_in(database))

    def test_holds_the_headers_of_the_sqlite_database(self):
        rpms = tuple(contents.openeuler_rpms("22.03-LTS-SP2", "arm64"))
        self.assertEqual(ndb.headers_of(CACHE.rpm_sqlite(rpms)), headers_in(CACHE.rpm_ndb(rpms)))


class Databases(unittest.TestCase):
    def test_rpm_lists_what_was_asked_for(self):
        rpms = (packages.Rpm("glibc", "2.34", "149.oe2203sp2", "aarch64"), packages.Rpm("openssl-libs", "1.1.1wa", "33.oe2203sp2", "aarch64", 1),
                packages.Rpm("tzdata", "2024a", "2.oe2203sp2", "noarch"), packages.Rpm("cross", "1", "1", "x86_64"))
        self.assertEqual(sorted(each.line() for each in rpms), CACHE.query_rpm(rpms))

    def test_dpkg_lists_what_was_asked_for(self):
        debs = (packages.Deb("libc6", "2.35-0ubuntu3.8", "amd64"), packages.Deb("passwd", "1:4.8.1-2", "amd64"), packages.Deb("tzdata", "2024a-0", "all"),
                packages.Deb("gone", "1.0-1", "amd64", removed=True))
        self.assertEqual(["libc6 2.35-0ubuntu3.8 amd64", "passwd 1:4.8.1-2 amd64", "tzdata 2024a-0 all"], CACHE.query_dpkg(debs))
        self.assertIn("Status: deinstall ok config-files", (CACHE.dpkg_root(debs) / "var/lib/dpkg/status").read_text(encoding="utf-8"))

    def test_the_same_packages_give_the_same_bytes(self):
        rpms = tuple(contents.rocky_rpms("9.4", "amd64"))
        with tempfile.TemporaryDirectory() as folder:
            again = packages.Cache(folder).rpm_sqlite(rpms).read_bytes()
        self.assertEqual(CACHE.rpm_sqlite(rpms).read_bytes(), again)


class Layers(unittest.TestCase):
    ENTRIES = [images.file("usr/lib/os-release", "ID=openEuler\n"), images.hardlink("etc/os-release", "usr/lib/os-release"),
               images.symlink("bin", "usr/bin"), images.whiteout("opt/gone"), images.opaque("usr/local/Ascend"), images.file("long/" + "n" * 150, "x")]

    def test_every_compression_holds_the_same_tar(self):
        tars = {images.Layer(self.ENTRIES, compression=each).tar for each in ("gzip", "zstd", "none")}
        self.assertEqual(1, len(tars))
        gzipped, zstd = (images.Layer(self.ENTRIES, compression=each).blob for each in ("gzip", "zstd"))
        unpacked = subprocess.run(["zstd", "-dcq"], input=zstd, stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(gzip.decompress(gzipped), unpacked)

    def test_members_are_what_the_specification_says(self):
        for tar_format in ("pax", "gnu"):
            with tarfile.open(fileobj=io.BytesIO(images.Layer(self.ENTRIES, tar_format=tar_format).tar)) as archive:
                members = {member.name: member for member in archive}
            self.assertTrue(members["etc/os-release"].islnk())
            self.assertEqual("usr/bin", members["bin"].linkname)
            self.assertTrue({"opt/.wh.gone", "usr/local/Ascend/.wh..wh..opq", "long/" + "n" * 150} <= set(members))
            self.assertTrue(members["usr/lib"].isdir())

    def test_a_forged_diff_id_changes_the_config_alone(self):
        honest, forged = images.Layer(self.ENTRIES), images.Layer(self.ENTRIES, forged_diff_id="sha256:" + "5" * 64)
        self.assertEqual(honest.digest, forged.digest)
        self.assertEqual(["sha256:" + "5" * 64], images.Image([forged]).config()["rootfs"]["diff_ids"])


class Samples(unittest.TestCase):
    def test_there_are_many_and_they_differ(self):
        cases = matrix.cases(CACHE)
        self.assertGreater(len(cases), 70)
        for verdict in ("pass", "warn", "fail", "unknown"):
            self.assertTrue(any(each.verdict == verdict for case in cases for each in case.expected().values()), verdict)
        codes = {finding.code for case in cases for each in case.expected().values() for finding in each.findings}
        self.assertGreaterEqual(codes, {"os-mismatch", "sdk-mismatch", "sdk-missing", "sdk-foreign", "framework-mismatch", "framework-missing",
                                        "framework-backend", "tool-mismatch", "tool-missing", "llm-mismatch", "llm-missing", "arch-mismatch",
                                        "parent-forged", "unproven", "tag-syntax", "tag-order", "tag-form", "tag-unknown"})

    def test_they_are_the_same_every_time(self):
        descriptors = [{case.name: case.image.write(images.Blobs())["digest"] for case in matrix.cases(CACHE)} for _ in range(2)]
        self.assertEqual(*descriptors)


if __name__ == "__main__":
    if "--cache" in sys.argv:
        at = sys.argv.index("--cache")
        CACHE = packages.Cache(pathlib.Path(sys.argv[at + 1]) / "packages")
        del sys.argv[at:at + 2]
    unittest.main()
