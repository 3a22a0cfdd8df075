#!/usr/bin/env python3
"""The command line itself: what a slip costs, what an interruption leaves, which status says what. Images are small layouts; no registry is needed.

usage: command_line_test.py --veritag PROGRAM [--work DIR] [-v]
"""
import argparse
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import images  # noqa: E402
import run_matrix  # noqa: E402

GOOD = "openeuler/openeuler:22.03-lts-sp2"


class MuteServer:
    """Takes connections and never answers."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(16)
        self.host = f"127.0.0.1:{self.socket.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.socket.close()


class CommandLine:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.program = run_matrix.Program(str(pathlib.Path(options.veritag).resolve()), self.work)
        self.tally = run_matrix.Tally(options.verbose)
        layout = images.Layout(str(self.work / "layout"))
        layer = images.Layer([images.file("etc/os-release", 'ID="openEuler"\nVERSION="22.03 (LTS-SP2)"\nVERSION_ID="22.03"\nNAME="openEuler"\n')])
        layout.add(GOOD, images.Image([layer]))
        self.good = f"oci:{layout.path}:{GOOD}"
        self.nameless = self.work / "nameless.tar"  # as `docker save` writes an image by its id alone
        with tarfile.open(self.nameless, "w") as archive:
            content = json.dumps([{"Config": "c.json", "RepoTags": None, "Layers": []}]).encode()
            member = tarfile.TarInfo("manifest.json")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

    def run(self, *arguments, **more):
        return self.program.run(*arguments, **more)

    def check(self, name, *problems):
        self.tally.check(name, [each for each in problems if each])

    def check_usage(self, name, arguments, *words):
        """Exit status 2, nothing on stdout, and `words` on stderr."""
        status, out, errors = self.run(*arguments)
        self.check(name, status != 2 and f"exit status {status}: {errors[:300]}", out and f"stdout: {out[:200]}", *[f"stderr does not say {word!r}: {errors[:300]}" for word in words if word not in errors])

    # ---- names ----

    def one_bad_name(self):
        for name, image, word in (("no directory", "oci:nosuchdir:x", "no such directory"), ("an archive without a name", f"docker-archive:{self.nameless}", "--as REPO:TAG")):
            status, report, errors = self.program.scan(self.good, image)
            found = {each["reference"]: each["error"] for each in (report or {}).get("images", [])}
            message = (found.get(image) or {}).get("message", "")
            self.check(f"{name} costs no other image", status != 3 and f"exit status {status}: {errors[:300]}", self.good not in found and "the good image is lost", found.get(self.good) and f"the good image is an error: {found}",
                       word not in message and f"it says {message!r}")
        self.check_usage("an archive without a name, alone", ["scan", "--no-store", f"docker-archive:{self.nameless}"], "--as REPO:TAG")
        # What needs no look at anything stops the run before it starts.
        for name, arguments, word in (("a digest alone", [self.good, "openeuler/cann@sha256:" + "0" * 64], "a digest alone claims nothing"), ("no path", [self.good, "oci:"], "no path"),
                                      ("a file that is no directory", [self.good, f"oci:{self.nameless}"], "not a directory"), ("no name", [self.good, "UPPER case"], "image reference"),
                                      ("a wrong --as", ["--as", "x y", self.good], "x y")):
            self.check_usage(f"before anything is read: {name}", ["scan", "--no-store", *arguments], word)

    # ---- interruptions ----

    def interrupted(self):
        with MuteServer() as server:
            for form in ("json", "table"):
                mute = [f"{server.host}/openeuler/cann:{number}-oe2203sp2" for number in range(40)]
                command = [self.program.path, "scan", "--no-store", "--plain-http", "--jobs", "1", "--format", form, self.good, *mute]
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"], "HOME": str(self.program.home), "LC_ALL": "C.UTF-8"})
                time.sleep(1)
                process.send_signal(signal.SIGINT)
                out, errors = process.communicate(timeout=60)
                self.check(f"Ctrl-C ends a scan with 130: {form}", process.returncode != 130 and f"exit status {process.returncode}: {errors[:300]}",
                           "veritag: stopped: " not in errors and f"stderr: {errors[:300]}", "veritag: error: " in errors and f"what was stopped is called an error: {errors[:300]}")
                if form == "table":
                    self.check("the table says what was not looked at", "41 listed" not in out and out[-500:], "the run was interrupted before" not in " ".join(out.split()) and out[-500:])
                    continue
                report = json.loads(out or "{}")
                found = {each["reference"]: each["error"] for each in report.get("images", [])}
                self.check("its report says so", report.get("complete") is not False and "it looks complete", report.get("state") != "interrupted" and f"state {report.get('state')}",
                           report.get("reason") != "40 of 41 were not looked at" and f"reason {report.get('reason')}", found.get(self.good, "x") and "what was done is lost",
                           len(found) != 41 and f"{len(found)} images", {each["code"] for each in found.values() if each} != {"cancelled"} and str(found)[:300])

    # ---- files ----

    def wrong_files(self):
        """A file that is not there is wrong usage, and said before any work."""
        tree = self.work / "tree"
        tree.mkdir()
        (self.work / "no.json").write_text("no JSON")
        (self.work / "no.pem").write_text("no PEM")
        nowhere = str(self.work / "nowhere")
        for command in (["scan", "--no-store", self.good], ["rules", "list"], ["version"], ["explain", GOOD], ["lint", str(tree)]):
            self.check_usage(f"--rules that are not there: {command[0]}", [*command, "--rules", nowhere], "nowhere: no such directory")
        self.check_usage("rules test of nothing", ["rules", "test", nowhere], "no such directory")
        unasked = "127.0.0.1:1/openeuler/cann:1"
        for command in (["scan", "--no-store", unasked], ["audit", "--no-store", "127.0.0.1:1"], ["attach", "--no-store", unasked], ["verify", unasked], ["catalog", "check", "--meta", str(tree), "127.0.0.1:1"]):
            for flag, file, words in (("--authfile", nowhere, "the file cannot be opened"), ("--authfile", str(self.work / "no.json"), "not a JSON object"),
                                      ("--ca-file", nowhere, "read CA file"), ("--ca-file", str(self.work / "no.pem"), "read CA file")):
                self.check_usage(f"{flag} {pathlib.Path(file).name}: {command[0]}", [*command, flag, file], words)
        old = self.work / "old.txt"
        old.write_text("as it was")
        for command in (["scan", "--no-store", self.good], ["audit", "--no-store", "127.0.0.1:1"], ["explain", GOOD], ["lint", str(tree)], ["verify", unasked], ["attach", "--no-store", unasked], ["report"]):
            self.check_usage(f"-o in no directory: {command[0]}", [*command, "-o", f"{nowhere}/x"], "its directory is not there")
            self.check_usage(f"-o a directory: {command[0]}", [*command, "-o", str(tree)], "it is a directory")
        self.check_usage("what fails leaves -o as it was", ["scan", "--no-store", self.good, "--rules", nowhere, "-o", str(old)])
        self.check("and so it is", old.read_text() != "as it was" and "it was changed", (self.work / "nowhere").exists() and "a place was made")
        self.check_usage("report without a store", ["report", "--no-store"], "--no-store")
        self.run("scan", "--store", str(self.work / "a.sqlite"), self.good)
        self.check_usage("an audit that is not there", ["report", "--store", str(self.work / "a.sqlite"), "--audit", "7"], "audit 7: there is no such audit")

    # ---- names that are explained ----

    def explained(self):
        digest = "@sha256:" + "0" * 64
        for name, read, claims, note in ((f"openeuler/cann:cann8.0.0-oe2203sp4{digest}", f"openeuler/cann:cann8.0.0-oe2203sp4{digest}", ["cann", "openeuler"], ""),
                                         ("pytorch2.1.0-cann7.0.RC1-oe2203sp2", "pytorch2.1.0-cann7.0.RC1-oe2203sp2", ["pytorch", "cann", "openeuler"], "read as a tag alone, by the grammar oeep-0014"),
                                         ("openeuler/cann", "openeuler/cann:latest", ["cann"], "")):
            status, out, errors = self.run("explain", "--format", "json", name)
            found = json.loads(out or "{}")
            self.check(f"explain {name}", status != 0 and f"exit status {status}: {errors}", found.get("reference") != read and str(found), [each["component"] for each in found.get("claims", [])] != claims and str(found),
                       note not in errors and errors, not note and errors)
        self.check_usage("a bare version says nothing alone", ["explain", "8.0.RC1-oe2203sp4"], "only its repository says of what")

    # ---- the words of the command line ----

    def usage(self):
        for arguments, words in ((["scna", "x"], ["scna: no such command (known: scan, attach", 'did you mean "scan"? see veritag --help']), ([], ["no command was named (known: scan, "]), (["--nosuch"], ["--nosuch: no such option"]),
                                 (["catalog", "chek", "x"], ['chek: no such command (known: check); did you mean "check"? see veritag catalog --help']), (["lint", "x", "--nosuch", "5"], ["--nosuch 5: no such option; see veritag lint --help"]),
                                 (["lint", "x", "--ruels", "y"], ['did you mean "--rules"? see veritag lint --help']), (["lint", "x", "y"], ["y: not expected here; see veritag lint --help"]),
                                 (["report", "--audit", "x"], ["--audit: x is no number of an audit; veritag report --list shows them"]), (["report", "--audit", "0"], ["0 is no number of an audit"]), (["report", "--diff", "x"], ["x is no number of an audit"]),
                                 (["help", "scna"], ["scna: no such command"]), (["scan", "--jobs", "0", "x"], ["--jobs: "])):
            self.check_usage("usage: " + " ".join(["veritag", *arguments]), arguments, *words)
        status, out, _ = self.run("--version")
        self.check("--version", status != 0 and f"exit status {status}", not out.startswith("veritag ") and out)
        for arguments in ([], ["scan"], ["catalog", "check"], ["token", "create"]):
            helped, asked = self.run("help", *arguments), self.run(*arguments, "--help")
            self.check("help " + " ".join(arguments), helped[0] != 0 and f"exit status {helped[0]}", helped[1].split("\n", 3)[3:] != asked[1].split("\n", 3)[3:] and helped[1][:500], "Usage: veritag" not in helped[1] and helped[1][:500])
        for arguments in (["scan"], ["audit"], ["attach"], ["verify"], ["serve"], ["token"], ["token", "create"], ["token", "list"], ["token", "revoke"], ["report"], ["catalog"], ["catalog", "check"], ["explain"], ["lint"], ["rules"],
                          ["rules", "list"], ["rules", "test"], ["version"], ["help"]):
            out = self.run(*arguments, "--help")[1]
            self.check("an example: " + " ".join(arguments), "Example:" not in out and out[-300:])
        status, out, _ = self.run("version", "--format", "json")
        self.check("version as JSON", status != 0 and f"exit status {status}", json.loads(out or "{}").get("schema") != "veritag.version/1" and out)

    def common_flags(self):
        """A wrapper may always add them."""
        tree, store = str(self.work / "tree"), str(self.work / "a.sqlite")
        common = ["--no-progress", "--log-level", "info", "--log-format", "json"]
        for arguments in (["scan", "--no-store", self.good], ["lint", tree], ["explain", GOOD], ["rules", "list"], ["rules", "test"], ["version"], ["report", "--store", store, "--list"], ["verify", "127.0.0.1:1/a/b:1"],
                          ["catalog", "check", "--meta", tree, "127.0.0.1:1", "--jobs", "2"], ["token", "list", "--store", store], ["help", "scan"]):
            status, _, errors = self.run(*arguments, *common)
            lines = [line for line in errors.splitlines() if not line.startswith("{")]
            self.check("common flags: " + " ".join(arguments[:2]), status == 2 and f"exit status 2: {errors[:300]}", lines and f"no JSON: {lines[:3]}")

    def json_lines(self):
        with MuteServer() as server:
            nowhere = server.host
        status, _, errors = self.run("scan", "--no-store", "--plain-http", "--log-format", "json", "--log-level", "info", "--no-sandbox", self.good, f"{nowhere}/a/b:1")
        try:
            lines = [json.loads(line) for line in errors.splitlines()]
        except ValueError:
            return self.check("stderr is JSON lines", errors[:500])
        said = {each.get("reference"): each for each in lines if "verdict" in each}
        self.check("stderr is JSON lines, one an image", status != 3 and f"exit status {status}", said.get(self.good, {}).get("verdict") != "pass" and str(lines), said.get(self.good, {}).get("platform") != "linux/arm64" and str(lines),
                   said.get(f"{nowhere}/a/b:1", {}).get("verdict") != "error" and str(lines), not any("--no-sandbox" in json.dumps(each) for each in lines) and "no warning")
        status, _, errors = self.run("scan", "--log-format", "json", "nosuch::x")
        self.check("so is what is wrong with the command line", status != 2 and f"exit status {status}", not errors.startswith("{") and errors[:300])

    def limits(self):
        layout = images.Layout(str(self.work / "deep"))
        layout.add(GOOD, images.Image([images.Layer([images.file("etc/os-release", 'ID="openEuler"\nVERSION="22.03 (LTS-SP2)"\n')])]))
        index = pathlib.Path(layout.path) / "index.json"
        value = json.loads(index.read_text())
        value["deep"] = json.loads("[" * 80 + "]" * 80)
        index.write_text(json.dumps(value))
        image = f"oci:{layout.path}:{GOOD}"
        status, report, errors = self.program.scan(image)
        message = (report or {"images": [{"error": {"message": errors}}]})["images"][0]["error"]["message"]
        self.check("a limit says what it counts", status != 3 and f"exit status {status}: {errors[:300]}", "81 levels deep (limit 64); raise limits.json_depth" not in message and message)
        for flag in ("json_depth=100", "limits.json_depth=100"):
            status, report, errors = self.program.scan("--limit", flag, image)
            self.check(f"--limit {flag}", status != 0 and f"exit status {status}: {errors[:300]}", not report and errors)
        for command in (["scan", "--no-store", image], ["audit", "--no-store", "127.0.0.1:1"], ["attach", "--no-store", "127.0.0.1:1/a/b:1"], ["verify", "127.0.0.1:1/a/b:1"], ["catalog", "check", "--meta", str(self.work / "tree"), "127.0.0.1:1"]):
            self.check_usage(f"a limit that is none: {command[0]}", [*command, "--limit", "json_deep=5"], '"json_deep" is unknown (known: manifest_bytes', 'did you mean "json_depth"?')
        self.check_usage("a value that is none", ["scan", "--no-store", image, "--limit", "json_depth=x"], "is no size")

    def chinese(self):
        (self.work / "w.yml").write_text("waivers:\n  - {target: x, code: os-mismatch, reason: r, owner: o}\n")
        for arguments, words in ((["report", "--store", str(self.work / "a.sqlite"), "--audit", "99"], "读取存储：审计 99：没有这次审计；veritag report --list 会列出已有的审计"),
                                 (["scan", "--waivers", str(self.work / "w.yml"), self.good], "缺少键“expiry”"), (["scan", "--format", "xml", self.good], "读取 --format："), (["scan"], "没有写明镜像"), (["audit"], "没有写明要审计的内容"),
                                 (["report", "--store", str(self.work / "a.sqlite"), "--output-tree", "/proc/nowhere/x"], "创建目录：")):
            status, _, errors = self.run(*arguments, "--lang", "zh")
            self.check("in Chinese: " + words, status not in (2, 3) and f"exit status {status}", words not in errors and errors)

    def parts(self):
        return [self.one_bad_name, self.interrupted, self.wrong_files, self.explained, self.usage, self.common_flags, self.json_lines, self.limits, self.chinese]

    def all(self):
        started = time.monotonic()
        for part in self.parts():
            part()
        print(f"{self.tally.passed} passed, {self.tally.failed} failed ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True)
    parser.add_argument("--work", default="build/command_line")
    parser.add_argument("-v", "--verbose", action="store_true")
    return CommandLine(parser.parse_args()).all()


if __name__ == "__main__":
    sys.exit(main())
