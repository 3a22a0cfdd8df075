#!/usr/bin/env python3
"""Builds a tree of Dockerfiles that holds every way in which tags go wrong there, each beside a twin that is right, and lints it: every wrong one is
found at its line, no twin is accused, every offered mend applies with git and makes its finding go away. And it must be quick.

usage: lint_test.py --veritag PROGRAM [--work DIR] [--most-seconds N]
"""
import argparse
import json
import pathlib
import resource
import shutil
import subprocess
import sys
import time

import chinese

BASE = "openeuler/openeuler"
OS_OF = {"oe2203lts": "22.03-lts", "oe2203sp2": "22.03-lts-sp2", "oe2203sp3": "22.03-lts-sp3", "oe2203sp4": "22.03-lts-sp4", "oe2403lts": "24.03-lts",
         "oe2403sp1": "24.03-lts-sp1", "oe2403sp2": "24.03-lts-sp2", "oe2403sp4": "24.03-lts-sp4"}


class Tree:
    """Files by path, and what a lint must say: (code, file, line, whether it is mended)."""

    def __init__(self):
        self.files, self.lists, self.metas, self.expected = {}, {}, {}, []

    def image(self, scene, name, folder=None):
        self.lists.setdefault(scene, {})[name] = folder or name
        return self.metas.setdefault(f"{scene}/{folder or name}", [])

    def tag(self, scene, name, tag, dockerfile=None, path=None, at=None, arch=None):
        """A tag whose Dockerfile stands where it should. `path`: what meta.yml says; `at`: where the file is written instead. Returns the file and path's line."""
        meta = self.image(scene, name)
        version, _, system = tag.rpartition("-")
        right = f"{version}/{OS_OF[system]}/Dockerfile" if system in OS_OF else "1.0/24.03-lts/Dockerfile"
        meta += [f"{tag}:", f"  path: {path or right}"]
        line = len(meta)
        if arch:
            meta.append(f"  arch: {arch}")
        file = f"{scene}/{name}/{at or right}"
        if dockerfile is not None:
            self.files[file] = dockerfile
        return file, line

    def wrong(self, code, file, line, mended=False):
        self.expected.append((code, file, line, mended))

    def write(self, root):
        for scene, images in self.lists.items():
            self.files[f"{scene}/image-list.yml"] = "images:\n" + "".join(f"  {name}: {folder}\n" for name, folder in images.items())
        for folder, lines in self.metas.items():
            self.files[f"{folder}/meta.yml"] = "\n".join(lines) + "\n"
        for path, text in self.files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())


def from_os(system, more=""):
    return f"ARG BASE={BASE}:{system}\nFROM ${{BASE}}\nRUN dnf install -y tar\n{more}"


def bases(tree):
    # A new directory whose Dockerfile still starts from the old system; its twin does not.
    file, _ = tree.tag("Others", "node", "24.6.0-oe2403sp1", from_os("24.03-lts"))
    tree.wrong("os-mismatch", file, 1, True)
    tree.tag("Others", "node", "24.6.0-oe2403lts", from_os("24.03-lts"))
    # The same with parser directives, comments, a continued FROM, quotes, several ARGs and Windows line ends.
    file, _ = tree.tag("Others", "odd", "1.0.0-oe2403sp1", "# syntax=docker/dockerfile:1\n# escape=`\nARG NAME='openeuler' `\n# a comment\n\n    RELEASE=24.03-lts\nFROM --platform=$BUILDPLATFORM `\n  \"openeuler/${NAME}:${RELEASE:-x}\" AS final\n")
    tree.wrong("os-mismatch", file, 6, True)
    file, _ = tree.tag("Others", "odd", "1.0.1-oe2403sp1", f"FROM {BASE}:24.03-lts-sp1 AS build\r\nRUN <<EOF\r\nFROM rockylinux:9\r\nEOF\r\nFROM {BASE}:24.03-lts\r\nCOPY --from=build /a /b\r\n")
    tree.wrong("os-mismatch", file, 5, True)
    tree.tag("Others", "odd", "1.0.2-oe2403sp1", f"FROM {BASE}:22.03-lts AS build\nRUN cat <<'FROM' >x\nFROM rockylinux:9\nFROM\nFROM {BASE}:24.03-lts-sp1\nCOPY --from=build /a /b\n")
    # The base is another image of the tree: it has the right system, so that the mend is certain.
    tree.tag("Others", "python", "3.10.17-oe2403lts", from_os("24.03-lts"))
    tree.tag("Others", "python", "3.10.17-oe2403sp4", from_os("24.03-lts-sp4"))
    file, _ = tree.tag("AI", "cuda", "13.0.0-python3.10-oe2403sp4", "ARG BASE=openeuler/python:3.10.17-oe2403lts\nARG VERSION=13.0.0\nFROM $BASE\nARG VERSION\nRUN get ${VERSION}\n")
    tree.wrong("os-mismatch", file, 1, True)
    tree.tag("AI", "cuda", "13.0.0-python3.10-oe2403lts", "ARG BASE=openeuler/python:3.10.17-oe2403lts\nARG VERSION=13.0.0\nFROM $BASE\nARG VERSION\nRUN get ${VERSION}\n", arch="x86_64")
    # And through it: the tag of the base is as wrong as this one.
    file, _ = tree.tag("Others", "middle", "1.0.0-oe2203sp4", from_os("22.03-lts-sp3"))
    tree.wrong("os-mismatch", file, 1, True)
    file, _ = tree.tag("Others", "top", "1.0.0-oe2203sp4", "FROM quay.io/openeuler/middle:1.0.0-oe2203sp4\n")
    tree.wrong("os-mismatch", file, 1)
    # A version bump that left ARG BASE.
    tree.tag("AI", "cann", "8.0.RC1-oe2203sp4", from_os("22.03-lts-sp4", "RUN ./cann-8.0.RC1.run\n"))
    tree.tag("AI", "cann", "8.1.RC1-oe2203sp4", from_os("22.03-lts-sp4", "RUN ./cann-8.1.RC1.run\n"))
    file, _ = tree.tag("AI", "pytorch", "2.2.0-cann8.1.RC1-oe2203sp4", "ARG BASE=openeuler/cann:8.0.RC1-oe2203sp4\nFROM ${BASE}\nRUN pip install torch==2.2.0\n")
    tree.wrong("sdk-mismatch", file, 1, True)
    tree.tag("AI", "pytorch", "2.1.0-cann8.0.RC1-oe2203sp4", "ARG BASE=openeuler/cann:8.0.RC1-oe2203sp4\nFROM ${BASE}\nRUN pip install torch==2.1.0\n")
    file, _ = tree.tag("AI", "pytorch", "2.3.0-cann8.0.RC1-oe2403sp4", "FROM openeuler/cann:8.0.RC1-oe2203sp4\nRUN pip install torch==2.3.0\n")
    tree.wrong("os-mismatch", file, 1)
    # A final stage on an older distroless base.
    tree.tag("Distroless", "distroless-static", "1.0.0-oe2403lts", path="1.0.0/24.03-lts/Distrofile", at="1.0.0/24.03-lts/Distrofile", dockerfile="name: distroless-static\nrelease: 24.03-LTS\n")
    tree.tag("Distroless", "distroless-cc", "12.3.1-oe2403sp1", path="12.3.1/24.03-lts-sp1/Distrofile", at="12.3.1/24.03-lts-sp1/Distrofile", dockerfile="name: distroless-cc\nrelease: 24.03-LTS\n")
    tree.wrong("os-mismatch", "Distroless/distroless-cc/12.3.1/24.03-lts-sp1/Distrofile", 2)
    go = "FROM {0}:24.03-lts-sp1 AS build\nRUN make\nFROM openeuler/distroless-static:1.0.0-oe2403lts\nCOPY --from=build /etcd /\n"
    file, _ = tree.tag("Cloud", "etcd", "3.6.0-oe2403sp1", go.format(BASE))
    tree.wrong("os-mismatch", file, 3)
    tree.tag("Cloud", "etcd", "3.6.0-oe2403lts", go.format(BASE))
    # A foreign distribution.
    file, _ = tree.tag("AI", "llm-server", "1.0.0.gpu-oe2203sp3", "FROM nvidia/cuda:12.1.1-devel-rockylinux9\n")
    tree.wrong("os-mismatch", file, 1)
    file, _ = tree.tag("Others", "foreign", "1.0.0-oe2203sp3", "FROM docker.io/library/ubuntu:22.04\n")
    tree.wrong("os-mismatch", file, 1)
    tree.tag("Others", "foreign", "1.1.0-oe2203sp3", f"FROM ubuntu:22.04 AS build\nFROM {BASE}:22.03-lts-sp3\nCOPY --from=build /x /x\n")
    # A floating base.
    file, _ = tree.tag("AI", "cann", "8.2.RC1.alpha001-oe2203lts", f"FROM {BASE}:22.03\nRUN ./8.2.RC1.alpha001.run\n")
    tree.wrong("os-mismatch", file, 1, True)
    tree.wrong("base-floating", file, 1, True)
    file, _ = tree.tag("AI", "cann", "8.2.RC1.alpha001-oe2203sp4", f"FROM {BASE}:22.03\nRUN ./8.2.RC1.alpha001.run\n")
    tree.wrong("base-floating", file, 1, True)
    file, _ = tree.tag("Others", "react", "19.0.0-oe2403sp2", "FROM openeuler/npmjs:latest\n")
    tree.wrong("base-floating", file, 1)
    # A moving base of which the tree declares no tag with that system; the twin claims one that it has.
    tree.tag("Others", "pypi", "3.11-oe2403sp1", from_os("24.03-lts-sp1"))
    file, _ = tree.tag("Others", "paddle", "3.0.0-oe2403sp2", "FROM openeuler/pypi:latest\nRUN pip3 install paddlepaddle==3.0.0\n")
    tree.wrong("base-floating", file, 1)
    file, _ = tree.tag("Others", "horovod", "0.28.1-oe2403sp1", "FROM openeuler/pypi:latest\nRUN pip3 install horovod==0.28.1\n")
    tree.wrong("base-floating", file, 1)
    # A build stage on the same old system, whose result is copied into the image: both are mended, or the image holds programs of two releases.
    file, _ = tree.tag("Others", "built", "1.0.0-oe2403sp1", f"FROM {BASE}:24.03-lts AS build\nRUN make\nFROM {BASE}:24.03-lts\nCOPY --from=build /usr/local /usr/local\n")
    tree.wrong("os-mismatch", file, 3, True)
    tree.tag("Others", "built", "1.0.1-oe2403sp1", f"FROM {BASE}:24.03-lts AS build\nRUN make\nFROM {BASE}:24.03-lts-sp1\nCOPY --from=build /usr/local /usr/local\n")
    # A RUN that a stray continuation takes into the one before; the twin's list has a comment in it.
    file, _ = tree.tag("Others", "tensorflow", "2.19.0-oe2403sp1", from_os("24.03-lts-sp1", "RUN dnf install -y python3-pip \\\n    && rm -rf /var/cache/dnf \\\n\nRUN pip3 install tensorflow==2.19.0\n"))
    tree.wrong("catalog-invalid", file, 7, True)
    tree.tag("Others", "tensorflow", "2.20.0-oe2403sp1", from_os("24.03-lts-sp1", "RUN dnf install -y python3-pip && \\\n    # small\n    rm -rf /var/cache/dnf && \\\n\n    pip3 install tensorflow==2.20.0\n"))
    # Nothing may be said of these.
    tree.tag("Others", "unknown", "1.0.0-oe2403sp1", "ARG BASE\nFROM ${BASE}\n")
    tree.tag("Others", "unknown", "1.0.1-oe2403sp1", "FROM registry.example/team/base:1.0-ubuntu22.04\n")
    tree.tag("Others", "unknown", "1.0.2-oe2403sp1", "FROM scratch\nADD rootfs.tar /\n")
    tree.tag("Others", "unknown", "1.0.3-oe2403sp1", "FROM base-${TARGETARCH}\n")
    tree.tag("Others", "unknown", "1.0.4-oe2403sp1", "ARG R=x/y\nFROM ${R##*/}:1\n")


def paths(tree):
    right = from_os("24.03-lts-sp1")
    _, line = tree.tag("Others", "paths", "1.0.0-oe2403sp1", right, path="1.0.0/24.03-lts-sp1/dockerfile")
    tree.wrong("path-dead", "Others/paths/meta.yml", line, True)
    _, line = tree.tag("Others", "paths", "1.1.0-oe2403sp1", right, path="/1.1.0/24.03-lts-sp1/Dockerfile")
    tree.wrong("path-dead", "Others/paths/meta.yml", line, True)
    _, line = tree.tag("Others", "paths", "1.2.0-oe2403sp1", right, path="Others/paths/1.2.0/24.03-lts-sp1/Dockerfile")
    tree.wrong("path-dead", "Others/paths/meta.yml", line, True)
    tree.tag("Others", "paths", "1.3.0-oe2403sp1", right)
    # The path leads to the folder of another system; the right one is there, too.
    _, line = tree.tag("Others", "paths", "1.3.0-oe2403sp4", from_os("24.03-lts-sp4"), path="1.3.0/24.03-lts-sp1/Dockerfile")
    tree.wrong("path-mismatch", "Others/paths/meta.yml", line, True)
    _, line = tree.tag("Others", "paths", "1.4.0-oe2403sp4", path="1.3.0/24.03-lts-sp4/Dockerfile")
    tree.wrong("path-mismatch", "Others/paths/meta.yml", line)
    # One Dockerfile for two versions.
    tree.tag("AI", "llvm-build-deps", "1.0.0-oe2203sp4", from_os("22.03-lts-sp4"))
    _, line = tree.tag("AI", "llvm-build-deps", "1.0.1-oe2203sp4", path="1.0.0/22.03-lts-sp4/Dockerfile")
    tree.wrong("path-mismatch", "AI/llvm-build-deps/meta.yml", line)
    # A slip of the pen in the file's name.
    _, line = tree.tag("Others", "paths", "1.5.0-oe2403sp1", right, path="1.5.0/24.03-lts-sp1/Dcokerfile")
    tree.wrong("path-dead", "Others/paths/meta.yml", line, True)
    # A folder with the wrong name around the right Dockerfile: a warning.
    named = "24.03-lts-sp1/24.03-lts-sp1/Dockerfile"
    _, line = tree.tag("Bigdata", "atlas", "2.4.0-oe2403sp1", from_os("24.03-lts-sp1", "ARG VERSION=2.4.0\nRUN get atlas-${VERSION}\n"), path=named, at=named)
    tree.wrong("path-mismatch", "Bigdata/atlas/meta.yml", line)
    # Path and base agree, and only the tag is beside them.
    misnamed = "25.7/24.03-lts-sp2/Dockerfile"
    _, line = tree.tag("Database", "clickhouse", "25.7-oe2403sp1", from_os("24.03-lts-sp2"), path=misnamed, at=misnamed)
    tree.wrong("path-mismatch", "Database/clickhouse/meta.yml", line)
    # ARG VERSION of another version.
    file, _ = tree.tag("Others", "next", "15.3.4-oe2403sp1", from_os("24.03-lts-sp1", "ARG VERSION=15.3.0\nRUN npm install next@${VERSION}\n"))
    tree.wrong("app-mismatch", file, 4)
    tree.tag("Others", "next", "15.3.0-oe2403sp1", from_os("24.03-lts-sp1", "ARG VERSION=15.3.0\nRUN npm install next@${VERSION}\n"))


def catalog(tree):
    tree.tag("Others", "openvelinux", "velinux/1.0+velinux2-oe2403sp1", path="1.0/24.03-lts-sp1/Dockerfile", at="1.0/24.03-lts-sp1/Dockerfile", dockerfile=from_os("24.03-lts-sp1"))
    tree.wrong("catalog-invalid", "Others/openvelinux/meta.yml", 1)
    tree.tag("Others", "openvelinux", "1.0.velinux2-oe2403sp2", from_os("24.03-lts-sp2"))
    tree.tag("AI", "tensorrt", "10.9.0-oe2403sp1", from_os("24.03-lts-sp1"))
    tree.tag("HPC", "tensorrt", "10.9.0-oe2403sp1", from_os("24.03-lts-sp1"))
    tree.wrong("catalog-duplicate", "HPC/image-list.yml", 2)
    tree.tag("HPC", "gromacs", "2025.1-oe2403sp1", from_os("24.03-lts-sp1"))
    # Malformed: what stands before the mistake is judged all the same.
    tree.image("Others", "broken")
    tree.files["Others/broken/1.0.0/24.03-lts-sp1/Dockerfile"] = from_os("24.03-lts")
    tree.wrong("os-mismatch", "Others/broken/1.0.0/24.03-lts-sp1/Dockerfile", 1, True)
    tree.wrong("catalog-invalid", "Others/broken/meta.yml", 4)
    tree.metas["Others/broken"] += ["1.0.0-oe2403sp1:", "  path: 1.0.0/24.03-lts-sp1/Dockerfile", "2.0.0-oe2403sp1:", "\tpath: x"]
    tree.tag("Others", "tempo", "2.5.0-oe24.03lts", path="2.5.0/24.03-lts/Dockerfile", at="2.5.0/24.03-lts/Dockerfile", dockerfile=from_os("24.03-lts"))
    tree.wrong("tag-form", "Others/tempo/meta.yml", 1)


class Lint:
    def __init__(self, program, root):
        self.program, self.root = program, root

    def run(self, *flags):
        return subprocess.run([self.program, "lint", str(self.root), *flags], capture_output=True, text=True, check=False)

    def findings(self):
        done = self.run("--format", "json")
        report = json.loads(done.stdout)
        assert report["images"] == [] and report["schema"] == "veritag.report/1"
        return report["findings"], done.returncode


def key(finding):
    return finding["code"], finding["file"], finding["line"], finding["mend"] is not None


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def big_tree(root, images=450, files=1700):
    """As many images and Dockerfiles as openEuler's tree, each of a usual size."""
    body = "".join(f"RUN dnf install -y package{i} \\\n    && make -j$(nproc) \\\n    && dnf clean all\n" for i in range(25))
    systems = ["oe2403lts", "oe2403sp1", "oe2403sp2", "oe2403sp4"]
    tree = Tree()
    for number in range(files):
        image, turn = f"app{number % images}", number // images
        scene = ["AI", "HPC", "Others", "Cloud"][number % images % 4]
        base = f"openeuler/app{number % images - 1}:1.{turn}.0-{systems[turn % 4]}" if number % images % 3 == 1 else f"{BASE}:{OS_OF[systems[turn % 4]]}"
        tree.tag(scene, image, f"1.{turn}.0-{systems[turn % 4]}", f"ARG BASE={base}\nARG VERSION=1.{turn}.0\nFROM ${{BASE}}\nARG VERSION\nRUN get app-${{VERSION}}\n{body}")
    tree.write(root)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--veritag", required=True)
    parser.add_argument("--work", default="build/lint-test")
    parser.add_argument("--most-seconds", type=float, default=4, help="of processor time for the big tree: other programs on the machine do not count")
    flags = parser.parse_args()
    work = pathlib.Path(flags.work).resolve()
    shutil.rmtree(work, ignore_errors=True)
    passed = failed = 0

    def check(name, held, why=""):
        nonlocal passed, failed
        passed, failed = passed + bool(held), failed + (not held)
        if not held:
            print(f"FAILED {name}: {why}")

    tree, root = Tree(), work / "tree"
    for part in (bases, paths, catalog):
        part(tree)
    tree.write(root)
    lint = Lint(flags.veritag, root)
    findings, status = lint.findings()
    seen = [key(each) for each in findings if each["severity"] != "info"]
    for each in tree.expected:
        check(f"found {each}", each in seen, f"reported: {[other for other in seen if other[1] == each[1]]}")
    for each in seen:
        check(f"true {each}", each in tree.expected, "nothing is wrong there, or in another way")
    check("nothing twice", len(seen) == len(set(seen)), seen)
    check("status with findings", status == 1, status)
    info = {each["file"].split("/")[1] for each in findings if each["severity"] == "info"}
    check("info where nothing can be told", info <= {"unknown", "react", "built", "horovod", "paddle"}, info)
    severities = {each["file"]: each["severity"] for each in findings}
    check("a misnamed folder is a warning", severities["Bigdata/atlas/meta.yml"] == "warning", severities)
    floating = {each["file"].split("/")[1]: each["message"] for each in findings if each["code"] == "base-floating"}
    check("no tag of that system", "(3.11-oe2403sp1) is of openEuler 24.03-LTS-SP2" in floating["paddle"] and "None of" not in floating["horovod"], floating)
    suggestions = {each["file"]: each["suggestion"] for each in findings if each["suggestion"]}
    check("the tag that the Dockerfile deserves", suggestions.get("Database/clickhouse/meta.yml") == "25.7-oe2403sp2", suggestions)
    for each in findings:
        check(f"words of {key(each)}", each["message"].endswith(".") and (each["code"] == "catalog-invalid" or each["severity"] != "error" or each["observed"] is not None or each["claimed"] is not None), each)

    english, in_chinese = (json.loads(lint.run("--format", "json", "--lang", language).stdout) for language in ("en", "zh"))
    told = chinese.problems(english, in_chinese)
    check("Chinese says what English says", not told, "\n  ".join(told))

    # What is waived stays visible, counts for no gate, and is not mended.
    waivers = work / "waivers.yml"
    entry = "  - {{target: {}, code: {}, reason: known, owner: infra, expiry: 2999-12-31}}\n"
    waivers.write_text("waivers:\n" + "".join(entry.format(file, code) for file, code in sorted({(each["file"], each["code"]) for each in findings})) + entry.format("AI/none/meta.yml", "os-mismatch") + entry.format("'quay.io/openeuler/*:*'", "os-mismatch") + entry.format("'**/meta.yml'", "llm-mismatch"))
    done = lint.run("--format", "json", "--waivers", str(waivers), "--fail-on", "warning")
    report = json.loads(done.stdout)
    check("all findings are waived", len(report["findings"]) == len(findings) and all(each["waived"]["owner"] == "infra" for each in report["findings"]), report["findings"][:3])
    check("the status with all findings waived", done.returncode == 0, f"{done.returncode} {done.stderr}")
    check("a waiver that nobody needs", [each["target"] for each in report["waivers"]["unused"]] == ["**/meta.yml"], report["waivers"])
    check("waivers of what is not in the tree", [each["target"] for each in report["waivers"]["elsewhere"]] == ["AI/none/meta.yml", "quay.io/openeuler/*:*"], report["waivers"])
    done = lint.run("--waivers", str(waivers))
    check("a table tells of idle waivers", "unused waiver" in done.stdout and "2 waivers are about what this run did not look at" in done.stdout, done.stdout[-600:])
    done = lint.run("--format", "patch", "--waivers", str(waivers))
    check("what is waived is not mended", done.stdout == "" and "no finding has a certain mend" in done.stderr, done)

    # The patch: git takes it, and what it mends is gone without anything new.
    patch = work / "mend.patch"
    done = lint.run("--format", "patch", "-o", str(patch))
    check("status with a patch", done.returncode == 1, done.stderr)
    for step in (["git", "init", "-q", "."], ["git", "apply", "--check", str(patch)], ["git", "apply", str(patch)]):
        done = subprocess.run(step, cwd=root, capture_output=True, text=True, check=False)
        check(" ".join(step[:3]), done.returncode == 0, done.stderr)
    after = [key(each) for each in lint.findings()[0] if each["severity"] != "info"]
    for each in tree.expected:
        gone = each[:3] not in [other[:3] for other in after]
        if each[3]:
            check(f"mended {each}", gone, "it is still there")
    built = (root / "Others/built/1.0.0/24.03-lts-sp1/Dockerfile").read_text()
    check("both stages are mended", built.count(f"FROM {BASE}:24.03-lts-sp1") == 2, built)
    # The tag that was wrong because its base was.
    check("mended through the base", not any(other[1].startswith("Others/top/") for other in after))
    check("nothing new", {other[:3] for other in after} <= {each[:3] for each in tree.expected}, after)
    check("nothing left to mend", not any(other[3] for other in after), after)
    empty = lint.run("--format", "patch")
    check("an empty patch", empty.stdout == "" and "no finding has a certain mend" in empty.stderr, empty)

    # Other forms and statuses.
    check("table", "os-mismatch: " in lint.run().stdout)
    check("table in Chinese", "错误" in lint.run("--lang", "zh").stdout)
    sarif = json.loads(lint.run("--format", "sarif").stdout)
    results = sarif["runs"][0]["results"]
    check("sarif", sarif["version"] == "2.1.0" and all(each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results))
    check("--fail-on never", lint.run("--fail-on", "never").returncode == 0)
    (work / "empty").mkdir()
    check("nothing to judge", Lint(flags.veritag, work / "empty").run().returncode == 3)
    check("no directory", Lint(flags.veritag, work / "none").run().returncode == 2)
    check("unknown format", lint.run("--format", "spdx").returncode == 2)
    clean = Tree()
    clean.tag("Others", "node", "24.6.0-oe2403lts", from_os("24.03-lts"))
    clean.write(work / "clean")
    check("clean", Lint(flags.veritag, work / "clean").run().returncode == 0)

    big_tree(work / "big")
    start, before = time.monotonic(), processor_seconds()
    found, status = Lint(flags.veritag, work / "big").findings()
    elapsed, seconds = time.monotonic() - start, processor_seconds() - before
    check("big tree is clean", (found, status) == ([], 0), found[:3])
    check("speed", seconds <= flags.most_seconds, f"{seconds:.2f} s")
    print(f"450 images, 1,700 Dockerfiles: {elapsed:.2f} s, {seconds:.2f} s of processor time")

    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
