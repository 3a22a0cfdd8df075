#!/usr/bin/env python3
"""The packages that CPack makes of a build: what is in them, with which rights, what they depend on, and whether the program in them runs.

usage: package_test.py --build DIR [--work DIR] [--verbose]
"""
import argparse
import gzip
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import run_matrix  # noqa: E402

# Path and mode of every file and of the directories that are ours. What only one of the packages has is named below.
FILES = {
    "/etc/veritag": 0o40755, "/etc/veritag/secrets": 0o40700, "/etc/veritag/veritag.yaml": 0o100644, "/usr/bin/veritag": 0o100755,
    "/usr/lib/systemd/system/veritag.service": 0o100644, "/usr/lib/systemd/system/veritag.socket": 0o100644, "/usr/lib/systemd/system/veritag-scan.service": 0o100644,
    "/usr/lib/systemd/system/veritag-scan.timer": 0o100644, "/usr/lib/sysusers.d/veritag.conf": 0o100644, "/usr/lib/tmpfiles.d/veritag.conf": 0o100644,
    "/usr/share/doc/veritag": 0o40755, "/usr/share/doc/veritag/README.md": 0o100644, "/usr/share/doc/veritag/veritag.example.yaml": 0o100644,
    "/usr/share/veritag": 0o40755, "/usr/share/veritag/dashboards": 0o40755, "/usr/share/veritag/dashboards/veritag.json": 0o100644, "/usr/share/veritag/dashboards/veritag.rules.yaml": 0o100644}
DEBIAN = {"/usr/share/doc/veritag/changelog.Debian.gz": 0o100644, "/usr/share/doc/veritag/copyright": 0o100644}
RPM = {"/usr/share/licenses/veritag": 0o40755, "/usr/share/licenses/veritag/LICENSE": 0o100644}
# Directories that other packages bring.
COMMON = {"/etc", "/usr", "/usr/bin", "/usr/lib", "/usr/lib/systemd", "/usr/lib/systemd/system", "/usr/lib/sysusers.d", "/usr/lib/tmpfiles.d", "/usr/share", "/usr/share/doc", "/usr/share/licenses"}
LIBRARIES = ("libc6", "libcurl4", "libseccomp2", "libsqlite3-0", "libssl3", "libstdc++6", "libsystemd0", "libzstd1", "zlib1g")  # some of those that dpkg-shlibdeps must find


def run(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    return done.returncode, done.stdout


def differences(found, expected):
    return [f"missing: {path}" for path in sorted(expected.keys() - found.keys())] + [f"too many: {path}" for path in sorted(found.keys() - expected.keys() - COMMON)] + [
        f"{path} has mode {found[path]:o}, not {mode:o}" for path, mode in sorted(expected.items()) if path in found and found[path] != mode]


def mode_of(text):
    """`-rwxr-xr-x` as a number, with the type."""
    kind = {"-": stat.S_IFREG, "d": stat.S_IFDIR, "l": stat.S_IFLNK}[text[0]]
    return kind | sum(0o400 >> i for i, letter in enumerate(text[1:10]) if letter not in "-ST")


class Packages:
    def __init__(self, options):
        self.build = pathlib.Path(options.build).resolve()
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)

    def make(self, generator, pattern):
        folder = self.work / generator
        status, said = run("cpack", "--config", str(self.build / "CPackConfig.cmake"), "-G", generator, "-B", str(folder), "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip", timeout=280)  # xz takes its time
        made = list(folder.glob(pattern))
        self.tally.check(f"cpack makes one {generator}, without a warning", [] if status == 0 and len(made) == 1 and "warning" not in said.lower() else [f"status {status}, {made}", said[-1500:]])
        return made[0] if made else None

    # ---- Debian ----

    def debian(self):
        package = self.make("DEB", "veritag_*.deb")
        if package is None:
            return
        status, listing = run("dpkg-deb", "-c", str(package))
        found, owners = {}, set()
        for line in listing.splitlines():
            mode, owner, _, _, _, path = line.split(None, 5)
            found[path.lstrip(".").rstrip("/").split(" -> ")[0]] = mode_of(mode)
            owners.add(owner)
        self.tally.check("the .deb holds what it should, all of it root's", ([] if status == 0 and owners == {"root/root"} else [f"status {status}, {owners}"]) + differences(found, {**FILES, **DEBIAN}))
        self.control(package)
        self.scripts(package)
        root = self.work / "root"
        run("dpkg-deb", "-x", str(package), str(root))
        self.documents(root)
        self.program(root)
        if shutil.which("lintian"):
            status, said = run("lintian", "--fail-on", "error", "--suppress-tags", "bad-distribution-in-changes-file", str(package))
            self.tally.check("lintian finds no error", [] if status == 0 else [said[:2000]])

    def control(self, package):
        fields = {}
        for line in run("dpkg-deb", "-f", str(package))[1].splitlines():
            if line.startswith(" "):
                fields["Description"] += "\n" + line
            else:
                name, _, value = line.partition(": ")
                fields[name] = value
        architecture = run("dpkg", "--print-architecture")[1].strip()
        version = re.search(r"project\(veritag VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
        expected = {"Package": "veritag", "Version": version, "Architecture": architecture, "Section": "admin", "Priority": "optional"}
        problems = [f"{name} is {fields.get(name)!r}" for name, value in expected.items() if fields.get(name) != value]
        problems += [] if re.fullmatch(r"[^<>]+ <[^@<> ]+@[^@<> ]+\.[a-z]+>", fields.get("Maintainer", "")) else [f"Maintainer is {fields.get('Maintainer')!r}"]
        summary, *long = fields.get("Description", "").split("\n")
        problems += [f"the summary {summary!r}"] * (not 10 < len(summary) < 80 or summary.endswith(".") or summary.lower().startswith(("a ", "veritag")))
        problems += [f"a line of {len(line)} letters: {line}" for line in long if len(line) > 80] + ["no description"] * (len(long) < 3)
        depends = {re.split(r"[ (:]", each.strip())[0] for each in fields.get("Depends", "").split(",")}
        problems += [f"it does not depend on {name}" for name in (*LIBRARIES, "ca-certificates", "procps", "tzdata") if name not in depends]
        problems += [f"it depends on {name}, which is for building" for name in depends if name.endswith("-dev")]
        problems += ["no Installed-Size"] * (int(fields.get("Installed-Size", 0)) < 1000)
        self.tally.check("its control fields are right", problems)
        self.tally.check("the configuration is a conffile", [] if run("dpkg-deb", "-I", str(package), "conffiles")[1] == "/etc/veritag/veritag.yaml\n" else [run("dpkg-deb", "-I", str(package), "conffiles")[1]])

    def scripts(self, package):
        folder = self.work / "control"
        run("dpkg-deb", "-e", str(package), str(folder))
        for name in ("postinst", "prerm", "postrm"):
            text = (folder / name).read_text(encoding="utf-8")
            status, said = run("sh", "-n", str(folder / name))
            problems = [said] * (status != 0) + ["no set -e"] * ("\nset -e\n" not in text) + ["not executable"] * (not os.access(folder / name, os.X_OK))
            self.tally.check(f"{name} is a right script", problems)
        sums = (folder / "md5sums").read_text(encoding="utf-8").splitlines()
        named = {line.split(None, 1)[1] for line in sums}
        self.tally.check("md5sums name the files", [] if "usr/bin/veritag" in named else sums[:5])

    def documents(self, root):
        log = gzip.decompress((root / "usr/share/doc/veritag/changelog.Debian.gz").read_bytes()).decode()
        version = re.search(r"project\(veritag VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
        status, said = run("dpkg-parsechangelog", "-l", str(SOURCE / "packaging/debian/changelog"), "-S", "Version")
        self.tally.check("the changelog is of this version", [] if status == 0 and said.strip() == version and log.startswith(f"veritag ({version})") else [said, log[:100]])
        copyright_text = (root / "usr/share/doc/veritag/copyright").read_text(encoding="utf-8")
        self.tally.check("the copyright names the licence", [] if "License: Apache-2.0" in copyright_text and "/usr/share/common-licenses/Apache-2.0" in copyright_text else [copyright_text[:200]])

    def program(self, root):
        program = root / "usr/bin/veritag"
        status, said = run("readelf", "-d", str(program))
        self.tally.check("the program looks for libraries where the system has them", [] if status == 0 and not re.search(r"R(UN)?PATH", said) else [said[:1500]])
        status, said = run("readelf", "-SW", str(program))
        self.tally.check("it is stripped, and has its build id", [] if status == 0 and ".symtab" not in said and ".debug_info" not in said and ".note.gnu.build-id" in said else [said[:1500]])
        home = self.work / "home"
        status, said = run(str(program), "version", env={"PATH": "/usr/bin:/bin", "HOME": str(home)})
        self.tally.check("it runs", [] if status == 0 and said.startswith("veritag ") else [f"status {status}: {said[:500]}"])
        status, said = run(str(program), "serve", "--check-config", "--config", str(root / "etc/veritag/veritag.yaml"), env={"PATH": "/usr/bin:/bin", "HOME": str(home)})
        self.tally.check("the configuration in the package is right", [] if status == 0 else [f"status {status}: {said[:500]}"])
        for unit in ("veritag.service", "veritag-scan.service"):
            command = re.search(r"^ExecStart=(\S+) (\S+)", (root / "usr/lib/systemd/system" / unit).read_text(encoding="utf-8"), re.MULTILINE)
            self.tally.check(f"{unit} starts what is in the package", [] if command and (root / command.group(1).lstrip("/")).exists() else [f"{command}"])

    # ---- rpm ----

    def rpm(self):
        if shutil.which("rpmbuild") is None:
            return self.tally.skip("an rpm", "rpmbuild is not installed")
        package = self.make("RPM", "veritag-*.rpm")
        if package is None:
            return
        found = {}
        owners = set()
        for line in run("rpm", "-qp", "--queryformat", r"[%{FILENAMES} %{FILEMODES} %{FILEUSERNAME}:%{FILEGROUPNAME}\n]", str(package))[1].splitlines():
            path, mode, owner = line.split()
            owners.add(owner)
            if "/.build-id" not in path:  # rpmbuild's own
                found[path] = int(mode) & 0o177777
        self.tally.check("the .rpm holds what it should, all of it root's", ([] if owners == {"root:root"} else [f"{owners}"]) + differences(found, {**FILES, **RPM}) + [
            f"{path} belongs to the system" for path in sorted(found.keys() & COMMON)])
        config = run("rpm", "-qp", "--queryformat", r"[%{FILENAMES} %{FILEFLAGS:fflags}\n]", str(package))[1].splitlines()
        self.tally.check("the configuration is kept at upgrades", [] if "/etc/veritag/veritag.yaml cn" in config else config)
        requires = run("rpm", "-qp", "--requires", str(package))[1]
        self.tally.check("it requires its libraries", [f"not {name}" for name in ("libseccomp.so.2", "libsystemd.so.0", "libcurl.so.4", "ca-certificates", "tzdata") if name not in requires])
        tags = run("rpm", "-qp", "--queryformat", "%{LICENSE}|%{SUMMARY}|%{VENDOR}", str(package))[1].split("|")
        self.tally.check("it names its licence", [] if tags[0] == "Apache-2.0" and len(tags[1]) > 10 else tags)
        for name in ("post", "preun", "postun"):
            status, said = run("sh", "-n", str(SOURCE / "packaging/rpm" / name))
            self.tally.check(f"%{name} is a right script", [said] * (status != 0))

    # ---- container ----

    def container(self):
        """Nobody builds one here; what it installs and copies must be what a build needs."""
        text = (SOURCE / "Containerfile").read_text(encoding="utf-8")
        wanted = set(re.findall(r"\b[a-z0-9.+]+(?:-[a-z0-9.+]+)*-dev\b", (SOURCE / "tests/support/install.sh").read_text(encoding="utf-8"))) - {"libgtest-dev"}
        installed = set(re.findall(r"\b[a-z0-9.+]+(?:-[a-z0-9.+]+)*-dev\b", text))
        copied = set(re.findall(r"^COPY ([a-z]+) \1$", text, re.MULTILINE))
        used = {"lib", "daemon", "rules"} | set(re.findall(r"\${PROJECT_SOURCE_DIR}/([a-z]+)", (SOURCE / "packaging/CMakeLists.txt").read_text(encoding="utf-8")))
        self.tally.check("the Containerfile installs and copies what a build needs", [f"not installed: {each}" for each in sorted(wanted - installed)] + [f"not copied: {each}" for each in sorted(used - copied - {"tests"})])

    def run(self):
        started = time.monotonic()
        self.debian()
        self.rpm()
        self.container()
        skipped = f", {len(self.tally.skipped)} skipped" if self.tally.skipped else ""
        print(f"{self.tally.passed} passed, {self.tally.failed} failed{skipped} ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, help="the build directory")
    parser.add_argument("--work", default=str(SOURCE / "build/package"), help="directory for the packages")
    parser.add_argument("--verbose", action="store_true", help="print what passed, too")
    return Packages(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
