"""Real package databases for sample images: rpm's by `rpmbuild` and `rpm`, Debian's by `dpkg-deb` and `dpkg`.

Each database is made once and kept in a cache directory under a name that is the hash of what it holds.
"""
import base64
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import images
import ndb

RECIPE = "3"  # raise it when the same packages shall give another database


@dataclasses.dataclass(frozen=True)
class Rpm:
    name: str
    version: str
    release: str
    arch: str
    epoch: int = 0  # 0: none

    def line(self):
        """As `rpm -qa` would print it with the format of query()."""
        epoch = f"{self.epoch}:" if self.epoch else ""
        return f"{self.name} {epoch}{self.version}-{self.release} {self.arch}"


@dataclasses.dataclass(frozen=True)
class Deb:
    name: str
    version: str
    arch: str
    removed: bool = False  # only its configuration file is left


@dataclasses.dataclass(frozen=True)
class Apk:
    name: str
    version: str
    arch: str

    def line(self):
        return f"{self.name} {self.version} {self.arch}"


def apk_installed(packages):
    """apk's lib/apk/db/installed, written here since Debian has no apk: fields and order as alpinelinux/apk-tools: src/package.c
    (apk_pkg_write_index_entry) and src/database.c (apk_db_fdb_write) have them."""
    blocks = []
    for each in packages:
        checksum = "Q1" + base64.b64encode(hashlib.sha1(each.line().encode()).digest()).decode()
        blocks.append(f"C:{checksum}\nP:{each.name}\nV:{each.version}\nA:{each.arch}\nS:1000\nI:4096\nT:A package for tests\nU:https://example.org\nL:MIT\n"
                      f"o:{each.name}\nm:Tests <tests@example.org>\nt:1700000000\nc:0123456789abcdef\nD:so:libc.musl-{each.arch}.so.1\np:cmd:{each.name}={each.version}\n"
                      f"F:usr/share/{each.name}\nM:0:0:755\nR:data\na:0:0:644\nZ:{checksum}\n\n")
    return "".join(blocks)


def run(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:3])} … ended with status {done.returncode}:\n{done.stdout}")
    return done.stdout


class Cache:
    """Databases by content. `make(folder)` fills a new folder; a folder under its final name is always whole."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def get(self, kind, packages, make):
        key = json.dumps([RECIPE, kind, [dataclasses.astuple(each) for each in packages]])
        folder = self.path / f"{kind}-{hashlib.sha256(key.encode()).hexdigest()[:20]}"
        if not folder.exists():
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.path) as unfinished:
                result = os.path.join(unfinished, "result")
                os.mkdir(result)
                make(result)
                try:
                    os.rename(result, folder)
                except OSError:
                    if not folder.exists():  # else another run was quicker
                        raise
        return folder

    def rpm_sqlite(self, packages):
        """The path of an rpmdb.sqlite that holds the packages."""
        return self.get("rpm", packages, lambda folder: make_rpm_database(packages, folder)) / "rpmdb.sqlite"

    def rpm_ndb(self, packages):
        """The bytes of a Packages.db that holds the packages."""
        return ndb.packages_db(ndb.headers_of(self.rpm_sqlite(packages)))

    def dpkg_root(self, packages):
        """A directory in which `dpkg` has installed the packages."""
        return self.get("dpkg", packages, lambda folder: make_dpkg_root(packages, folder))

    def query_rpm(self, packages):
        """The answer of the real rpm."""
        database = self.rpm_sqlite(packages).parent
        with tempfile.TemporaryDirectory() as copy:  # rpm leaves lock files beside what it reads
            shutil.copy(database / "rpmdb.sqlite", copy)
            text = run("rpm", "--dbpath", copy, "-qa", "--qf", "%{NAME} %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE} %{ARCH}\\n")
        return sorted(line for line in text.splitlines() if line and not line.startswith("rpm:"))

    def query_dpkg(self, packages):
        """The answer of the real dpkg-query, without packages of which only configuration is left."""
        admin = self.dpkg_root(packages) / "var/lib/dpkg"
        text = run("dpkg-query", f"--admindir={admin}", "-W", "-f", "${db:Status-Abbrev} ${Package} ${Version} ${Architecture}\\n")
        return sorted(line[4:] if line.startswith("ii  ") else line[3:] for line in text.splitlines() if line.startswith("ii "))


def spec_of(packages):
    """One spec whose first package is the main one and whose others are subpackages with versions of their own."""
    lines = []
    for number, each in enumerate(packages):
        lines += [f"Name: {each.name}"] if number == 0 else [f"%package -n {each.name}"]
        lines += [f"Version: {each.version}", f"Release: {each.release}", "Summary: A package for tests"]
        lines += [f"Epoch: {each.epoch}"] if each.epoch else []
        lines += ["License: MIT"] if number == 0 else []
        lines += ["BuildArch: noarch"] if each.arch == "noarch" and number > 0 else []
        name = "" if number == 0 else f" -n {each.name}"
        lines += [f"%description{name}", "A package for tests.", f"%files{name}", ""]
    return "\n".join(lines)


def make_rpm_database(packages, folder):
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(images.FIXED_TIME), "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory() as work:
        files = []
        machines = sorted({each.arch for each in packages} - {"noarch"})
        for machine in machines:
            # What is for every machine is built once, with the first one.
            chosen = [each for each in packages if each.arch == machine or (each.arch == "noarch" and machine == machines[0])]
            # Subpackages inherit an epoch and "noarch": the main package must have neither.
            chosen.sort(key=lambda each: (each.arch == "noarch", each.epoch))
            spec = os.path.join(work, f"{machine}.spec")
            with open(spec, "w", encoding="utf-8") as out:
                out.write(spec_of(chosen))
            run("rpmbuild", "--quiet", "-bb", "--target", machine, "--define", f"_topdir {work}/top", "--define", f"_rpmdir {work}/rpms",
                "--define", "_rpmfilename %%{NAME}.%%{ARCH}.rpm", "--define", "use_source_date_epoch_as_buildtime 1",
                "--define", "_buildhost builder.example.org", spec, env=environment)
            files += [f"{work}/rpms/{each.name}.{each.arch}.rpm" for each in chosen]
        run("rpm", "--dbpath", f"{work}/db", "-i", "--justdb", "--nodeps", "--ignorearch", "--ignoreos", "--noscripts", *files, env=environment)
        shutil.copy(f"{work}/db/rpmdb.sqlite", folder)


def make_dpkg_root(packages, folder):
    admin = os.path.join(folder, "var/lib/dpkg")
    os.makedirs(os.path.join(admin, "info"))
    os.makedirs(os.path.join(admin, "updates"))
    pathlib.Path(admin, "status").touch()
    pathlib.Path(admin, "available").touch()
    # Without root nothing can belong to root; the databases are the same.
    dpkg = ["dpkg", f"--root={folder}", "--force-all", "--log=/dev/null"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(images.FIXED_TIME), "LC_ALL": "C.UTF-8",
                   "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    with tempfile.TemporaryDirectory() as work:
        files = []
        for number, each in enumerate(packages):
            tree = os.path.join(work, str(number))
            os.makedirs(os.path.join(tree, "DEBIAN"))
            if each.removed:
                os.makedirs(os.path.join(tree, "etc"))
                pathlib.Path(tree, "etc", f"{each.name}.conf").write_text("left behind\n", encoding="utf-8")
                pathlib.Path(tree, "DEBIAN", "conffiles").write_text(f"/etc/{each.name}.conf\n", encoding="utf-8")
            pathlib.Path(tree, "DEBIAN", "control").write_text(
                f"Package: {each.name}\nVersion: {each.version}\nArchitecture: {each.arch}\nMaintainer: Tests <tests@example.org>\n"
                "Description: A package for tests\n With a second line of text.\n", encoding="utf-8")
            files.append(os.path.join(work, f"{number}.deb"))
            run("dpkg-deb", "--build", "--root-owner-group", "-Znone", tree, files[-1], env=environment)
        run(*dpkg, "--install", *files, env=environment)
        removed = [each.name for each in packages if each.removed]
        if removed:
            run(*dpkg, "--remove", *removed, env=environment)
