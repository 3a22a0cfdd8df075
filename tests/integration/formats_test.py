#!/usr/bin/env python3
"""What the real program writes about a small real registry: every format valid and the same bytes each time, waivers that count where they should, a tree
of pages that changes only with what it tells, a history, and the language of the locale.

usage: formats_test.py --veritag PROGRAM [--work DIR] [--cache DIR] [--verbose]
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import fleet  # noqa: E402
import formats_check  # noqa: E402
import images  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402

FORMATS = ("table", "json", "markdown", "html", "sarif", "junit", "csv", "dot", "cyclonedx", "spdx")
MARKER = "<!-- written by veritag report --output-tree; what is changed by hand is lost -->\n"
META = "AI/cann/meta.yml"
WRONG_TAG = "8.0.RC1-oe2203sp4"  # pushed on 22.03-LTS-SP3, and declared so that it will be again


class Formats:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)
        self.program = run_matrix.Program(str(pathlib.Path(options.veritag).resolve()), self.work)
        self.store, self.cache = self.work / "store.sqlite", pathlib.Path(options.cache).resolve()

    def check(self, name, *problems):
        self.tally.check(name, [each for each in problems if each])

    def run(self, *arguments):
        return self.program.run(*arguments, "--store", str(self.store))

    def written(self, command, form, *arguments):
        """Exit status and the bytes of the file, line ends as they are."""
        path = self.work / f"out.{form}"
        path.unlink(missing_ok=True)
        status, _, errors = self.program.run(command, "--format", form, "-o", str(path), *arguments)
        return status, path.read_bytes().decode() if path.exists() else "", errors

    def report(self, form, *arguments):
        return self.written("report", form, *arguments, "--store", str(self.store))

    def audit(self, *arguments):
        status, _, errors = self.run("audit", "--plain-http", "--no-progress", *arguments, self.main.host)
        return status, errors

    # ---- formats ----

    def formats(self):
        problems = {"json": formats_check.json_problems, "junit": formats_check.junit_problems, "csv": formats_check.csv_problems}
        for language in ("en", "zh"):
            for form in FORMATS:
                status, text, errors = self.report(form, "--lang", language)
                again = self.report(form, "--lang", language)[1]
                self.check(f"{form} in {language}", status != 1 and f"exit status {status}: {errors[:300]}", not text and "nothing was written", text != again and "another time it is other bytes",
                           *(problems[form](text) if form in problems and text else []))
        page = self.report("html")[1]
        self.check("the page asks for nothing", *[f"{word} is in it" for word in ("<script", "http://", "https://", " src=", " href=", "url(") if word in page.split("</style>")[1]],
                   "default-src 'none'" not in page and "it has no policy")
        written = {language: self.report("junit", "--lang", language)[1] for language in ("en", "zh")}
        schemas = formats_check.JUnitSchemas(self.cache, self.work)
        if schemas.paths:
            for language, text in written.items():
                (self.work / f"audit.{language}.junit.xml").write_text(text, encoding="utf-8")
            self.check("JUnit by the schemas of Ant and Jenkins", *schemas.problems(sorted(self.work.glob("audit.*.junit.xml"))))
        else:
            self.tally.skip("JUnit by the schemas of Ant and Jenkins", schemas.reason)
        outcomes = {"pass": "Passed", "warn": "Passed", "fail": "Failure", "unknown": "Skipped", "error": "Error"}
        expected = sorted((f"{image['registry']}/{image['repository']}", f"{image['tag']} {image['platform']}", outcomes[image["verdict"]]) for image in json.loads(self.report("json")[1])["images"])
        try:
            read = sorted(formats_check.junit_outcomes(written["en"]))
            self.check("JUnit as another reader takes it", read != expected and f"{sorted({*read} ^ {*expected})[:4]}", len({each[2] for each in expected}) < 2 and "all have one outcome")
        except ImportError:
            self.tally.skip("JUnit as another reader takes it", "no junitparser")
        multitool = formats_check.Multitool(self.cache)
        if multitool.program:
            paths = []
            for language in ("en", "zh"):
                paths.append(self.work / f"audit.{language}.sarif")
                paths[-1].write_text(self.report("sarif", "--lang", language)[1], encoding="utf-8")
            self.check("SARIF by Microsoft's validator", *multitool.problems(paths, self.work))
        else:
            self.tally.skip("SARIF by Microsoft's validator", multitool.reason)

    def other_json(self):
        for name, arguments in (("one", ["openeuler/cann:8.0.RC1-oe2203sp4"]), ("two", ["openeuler/cann:8.0.RC1-oe2203sp4", "openeuler/cann:nonsense--"])):
            text = self.written("explain", "json", *arguments)[1]
            self.check(f"JSON of explain, {name}", *(formats_check.json_problems(text) if text else ["nothing was written"]))
        for form, problems in (("json", formats_check.json_problems), ("junit", formats_check.junit_problems), ("csv", formats_check.csv_problems)):
            status, text, errors = self.written("lint", form, str(self.tree))
            self.check(f"{form} of lint", status != 1 and f"exit status {status}: {errors[:300]}", *(problems(text) if text else []))
        status, text, errors = self.written("scan", "json", "--plain-http", "--no-progress", "--no-store", "--list-packages", f"{self.main.host}/openeuler/cann:{WRONG_TAG}", f"{self.main.host}/openeuler/none:1")
        self.check("JSON of scan", status != 1 and f"exit status {status}: {errors[:300]}", *formats_check.json_problems(text))

    # ---- what a finding says ----

    def said(self):
        text = self.report("markdown", "--meta", str(self.tree))[1]
        entry = next((part for part in text.split("\n### ") if part.startswith("error `os-mismatch`") and WRONG_TAG in part), "")
        steps = ["**FAIL**", "The tag claims openEuler 22.03-LTS-SP4", "Evidence in", "etc/os-release" if "`etc/os-release`" in entry else "os-release", "layer 0", "Family tree", "openeuler/openeuler:22.03-lts-sp3",
                 "it went wrong here", "Registries affected", f"Declared in: `{META}:1`", "Deserved tag: **`8.0.RC1-oe2203sp3`**", "```diff", "-FROM openeuler/openeuler:22.03-lts-sp3",
                 "+FROM openeuler/openeuler:22.03-lts-sp4", f"veritag scan {self.main.host}/openeuler/cann:{WRONG_TAG}"]
        at, problems = 0, []
        for step in steps:
            found = entry.find(step, at)
            problems += [] if found >= 0 else [f"{step!r} is missing, or not in its place"]
            at = max(at, found)
        self.check("a finding goes from the verdict to the mend", *problems[:4])
        report = json.loads(self.report("json", "--meta", str(self.tree))[1])
        image = next(each for each in report["images"] if each["tag"] == WRONG_TAG)
        self.check("JSON says where it is declared", image.get("declared") != {"file": META, "line": 1} and str(image.get("declared")), *formats_check.json_problems(json.dumps(report)))

    # ---- waivers ----

    def waivers(self):
        found = [(image, finding) for image in json.loads(self.report("json")[1])["images"] for finding in image["findings"] if finding["severity"] == "error"]
        file = self.work / "waivers.yml"

        def report(entries, form="json", *arguments):
            file.write_text("waivers:\n" + "".join(f"  - {json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
            return self.report(form, "--waivers", str(file), *arguments)

        def waiver(target, code, expiry="9999-12-31"):
            return {"target": target, "code": code, "reason": "known", "owner": "ai-sig", "expiry": expiry}

        every = [waiver(f"{self.main.host}/openeuler/*:*", code) for code in sorted({finding["code"] for _, finding in found})]
        status, text, errors = report(every)
        value = json.loads(text)
        waived = [finding for image in value["images"] for finding in image["findings"] if "waived" in finding]
        self.check("waived findings stay and do not count", status != 0 and f"exit status {status}: {errors[:300]}", len(waived) != len(found) and f"{len(waived)} are waived, there are {len(found)}",
                   value["summary"]["waived"] != len(found) and "the summary counts others", value["summary"]["fail"] == 0 and "a verdict changed", value["waivers"] != {"expired": [], "unused": [], "elsewhere": []} and str(value["waivers"]),
                   *formats_check.json_problems(text))
        status, text, _ = report(every[:-1] + [waiver("**", every[-1]["code"], "2020-01-31"), waiver("quay.io/**", "os-mismatch"), waiver("**", "sdk-foreign")])
        value = json.loads(text)
        self.check("expired and unused ones are told", status != 1 and f"exit status {status}", [each["expiry"] for each in value["waivers"]["expired"]] != ["2020-01-31"] and str(value["waivers"]),
                   [each["target"] for each in value["waivers"]["elsewhere"]] != ["quay.io/**"] and str(value["waivers"]), [each["code"] for each in value["waivers"]["unused"]] != ["sdk-foreign"] and str(value["waivers"]))
        for form, word in (("table", "Waived until 9999-12-31 by ai-sig: known"), ("html", "Waived findings"), ("markdown", "## Waived findings"), ("sarif", '"suppressions"'), ("csv", "9999-12-31"), ("junit", "Waived until 9999-12-31 by ai-sig: known")):
            self.check(f"waivers in {form}", word not in report(every, form)[1] and f"{word} is missing")
        self.check("no case of JUnit fails for what is waived", "<failure" in report(every, "junit")[1] and "one does", "<failure" not in self.report("junit")[1] and "none ever does")
        counts = {threshold: self.report("junit", "--fail-on", threshold)[1].count("<failure ") for threshold in ("warning", "error", "never")}
        severities = [{finding["severity"] for finding in image["findings"]} for image in json.loads(self.report("json")[1])["images"]]
        expected = {"warning": sum(bool(each & {"error", "warning"}) for each in severities), "error": sum("error" in each for each in severities), "never": 0}
        self.check("JUnit fails from --fail-on on", (counts != expected or not counts["error"]) and f"{counts}, expected {expected}")
        status, _, errors = report([{"target": "**", "code": "os-mismatch", "reason": "r", "expiry": "2030-01-01"}])
        self.check("a waiver needs an owner", (status != 2 or 'the key "owner" is missing' not in errors) and f"exit status {status}: {errors}")
        file.write_text("waivers:\n" + "".join(f"  - {json.dumps(entry)}\n" for entry in every), encoding="utf-8")
        image = f"{self.main.host}/openeuler/cann:{WRONG_TAG}"
        status = self.program.run("scan", "--plain-http", "--no-progress", "--no-store", "--waivers", str(file), image)[0]
        bare = self.program.run("scan", "--plain-http", "--no-progress", "--no-store", image)[0]
        self.check("scan takes waivers", (status, bare) != (0, 1) and f"exit status {status} with them, {bare} without")

    # ---- the tree of pages ----

    def pages(self):
        out = self.work / "pages"

        def write(*arguments):
            status, _, errors = self.run("report", "--output-tree", str(out), *arguments)
            counts = re.search(r"(\d+) pages? written, (\d+) unchanged, (\d+) removed", errors)
            return status, tuple(map(int, counts.groups())) if counts else errors

        def files():
            return {str(path.relative_to(out)): (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(out.rglob("*")) if path.is_file() and path.name != ".veritag-tree"}

        first = write()
        pages = files()
        host = self.main.host.replace(":", "%3A")
        page = pages.get(f"{host}/openeuler/cann/{WRONG_TAG}.md", (b"", 0))[0].decode()
        self.check("a page a tag", first != (1, (self.tags, 0, 0)) and f"{first}, there are {self.tags} tags", not page.startswith(MARKER) and page[:200], "os-mismatch" not in page and "it says nothing",
                   re.search(r"\d\d:\d\d:\d\d", page) and "it has a time")
        (out / "README.md").write_text("# Ours\n", encoding="utf-8")
        (out / host / "openeuler/cann/notes.md").write_text("ours\n", encoding="utf-8")
        self.check("nothing changed, nothing is touched", write() != (1, (0, self.tags, 0)) and str(write()), {name: pages[name] for name in pages} != {name: value for name, value in files().items() if name in pages} and "files were")
        # One tag is pushed anew, one goes, and the same audit sees it.
        pusher = fleet.Pusher(self.main)
        pusher.image("openeuler/app003", "1.0.0-oe2203sp4", self.other)
        shutil.rmtree(self.main.data / f"docker/registry/v2/repositories/openeuler/cann/_manifests/tags/{WRONG_TAG}")
        self.audit()
        second = write()
        changed = {name for name, value in files().items() if pages.get(name) != value and name in pages}
        gone = pages.keys() - files().keys()
        self.check("only what changed is written", second[0] != 1 and str(second), gone != {f"{host}/openeuler/cann/{WRONG_TAG}.md"} and f"gone: {gone}", len(changed) > 3 and f"changed: {changed}",
                   f"{host}/openeuler/app003/1.0.0-oe2203sp4.md" not in {*changed, *(files().keys() - pages.keys())} and "the new tag has no page",
                   not (out / "README.md").exists() and "what is ours went", not (out / host / "openeuler/cann/notes.md").exists() and "our notes went")
        # An audit of a part is no reason to remove the rest.
        self.audit("--repository", "openeuler/cann")
        third = write()
        self.check("an audit of a part removes no page", third[1][2] != 0 and str(third))
        empty = self.program.run("report", "--output-tree", str(out), "--store", str(self.work / "empty.sqlite"))
        self.check("a store that is not there removes no page", empty[0] != 2 and f"exit status {empty[0]}: {empty[2]}", len(files()) != third[1][0] + third[1][1] + 2 and "pages went")
        for option, value in (("--audit", "1"), ("--format", "json"), ("-o", str(self.work / "x"))):
            self.check(f"a tree, not with {option}", self.run("report", "--output-tree", str(out), option, value)[0] != 2 and "it is taken")
        self.check("a tree takes --fail-on", write("--fail-on", "never")[0] == 1 and "it fails")
        # Two languages side by side, and waivers over the whole of it.
        file = self.work / "waivers.yml"
        file.write_text("waivers:\n" + "".join(f"  - {{target: '{target}', code: {code}, reason: r, owner: o, expiry: {expiry}}}\n" for target, code, expiry in
                                                (("**", "os-mismatch", "9999-12-31"), ("**", "llm-missing", "9999-12-31"), ("**", "os-mismatch", "2020-01-31"), ("quay.io/**", "os-mismatch", "9999-12-31"))), encoding="utf-8")
        status, _, errors = self.run("report", "--output-tree", str(out / "zh"), "--lang", "en", "--waivers", str(file))
        self.check("a tree tells of idle waivers", "waivers.yml:3: unused waiver" not in errors and errors, "waivers.yml:4: expired waiver" not in errors and errors, "waivers.yml:2:" in errors and errors, "1 waiver is about what this run did not look at" not in errors and errors)
        write()
        self.check("a tree inside another stays", not list((out / "zh").rglob("*.md")) and "it is gone")
        shutil.rmtree(out / "zh")
        for form in ("sarif", "junit", "csv", "cyclonedx", "spdx"):
            errors = self.report(form, "--waivers", str(file))[2]
            self.check(f"{form} tells of idle waivers beside it", "waivers.yml:3: unused waiver" not in errors and errors, "waivers.yml:4: expired waiver" not in errors and errors)
        self.check("a table tells of them itself", "unused waiver" in self.report("table", "--waivers", str(file))[2] and "it is told twice")

    # ---- history, language ----

    def history(self):
        status, text, errors = self.report("json", "--history", "--audit", "3")
        value = json.loads(text)
        ids = [each["audit"] for each in value["audits"]]
        gone = [each for each in value["findings"] if each["reference"].endswith(f"/openeuler/cann:{WRONG_TAG}")]
        self.check("history", status != 0 and f"exit status {status}: {errors[:300]}", ids != [3, 2, 1] and str(ids), *formats_check.json_problems(text),
                   not gone and "the finding that went is not there", *[f"seen {each['firstSeen']} to {each['lastSeen']}" for each in gone if each["lastSeen"]["audit"] != 2 or each["present"]])
        table = self.report("table", "--history", "--last", "2", "--audit", "3")[1]
        self.check("history as a table", len(table.splitlines()) != 4 and table)
        status, text, errors = self.report("json", "--audit", "3", "--diff", "2")
        self.check("JSON of a difference", not text and errors, *(formats_check.json_problems(text) if text else []))

    def unread(self):
        """An image that was sound, and now cannot be read: no difference is clean then, and no finding of it counts as mended."""
        repository, tag = next(name for name in self.fleet if name[0] == "openeuler/app004")
        reference = f"{self.main.host}/{repository}:{tag}"
        broken = images.Layer([images.file("etc/x", "x")])
        broken.__dict__["blob"] = b"this is no gzip"
        fleet.Pusher(self.main).image(repository, tag, {"amd64": [broken]})
        self.audit()
        status, text, _ = self.report("json", "--diff", "3")
        value = json.loads(text)
        told = [(each["reference"], each["verdict"], each.get("before")) for each in value["unread"]]
        table = self.report("table", "--diff", "3")
        chinese = self.report("table", "--diff", "3", "--lang", "zh")[1]
        self.check("what cannot be read any more is no clean difference", status != 3 and f"exit status {status}", any(each["reference"] == reference for each in value["new"] + value["mended"]) and str(value["new"]), *formats_check.json_problems(text),
                   (reference, "error") not in [each[:2] for each in told] and str(told), table[0] != 3 and f"exit status {table[0]}",
                   "Could not be read or judged this time" not in table[1] and table[1], "本次无法读取或无法判定" not in chinese and chinese)

    def language(self):
        def said(**environment):
            done = subprocess.run([self.program.path, "explain", "openeuler/cann:8.0.RC1-oe2203sp4"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=60,
                                  env={"PATH": os.environ["PATH"], "HOME": str(self.program.home), **environment})
            return "zh" if "操作系统" in done.stdout else "en"

        for environment, expected in (({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"), ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh")):
            self.check(f"the language of {environment}", said(**environment) != expected and "it is the other one")

    # ---- all of it ----

    def declare(self):
        """A tree that would make the wrong tag again."""
        self.tree = self.work / "tree"
        dockerfile = "8.0.RC1/22.03-lts-sp4/Dockerfile"
        for path, text in {"AI/image-list.yml": "images:\n  cann: cann\n", META: f"{WRONG_TAG}:\n  path: {dockerfile}\n",
                           f"AI/cann/{dockerfile}": "FROM openeuler/openeuler:22.03-lts-sp3\nRUN dnf install -y tar\n"}.items():
            (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / path).write_text(text, encoding="utf-8")

    def all(self):
        made = fleet.Fleet(repositories=8, tags=48, lies=1, mirrored=0)
        self.fleet = made.images
        self.declare()
        with registry.Registry(self.work / "registry") as self.main:
            made.push(self.main)
            # A lie of which a tree is known: the base of the release before.
            self.other = made.images["openeuler/cann", "8.0.RC1-oe2203sp3"]
            fleet.Pusher(self.main).image("openeuler/cann", WRONG_TAG, self.other)
            self.tags = len(made.images)
            for _ in range(2):
                status, errors = self.audit()
            self.check("audit", status != 1 and f"exit status {status}: {errors[:300]}")
            for part in (self.formats, self.other_json, self.said, self.waivers, self.pages, self.history, self.unread, self.language):
                part()
        return self.tally


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--veritag", required=True)
    arguments.add_argument("--work", default=str(SOURCE / "build/formats"))
    arguments.add_argument("--cache", default=str(SOURCE / "build/fixtures"))
    arguments.add_argument("--verbose", action="store_true")
    tally = Formats(arguments.parse_args()).all()
    print(f"{tally.passed} passed, {tally.failed} failed" + (f", {len(tally.skipped)} skipped" if tally.skipped else ""))
    sys.exit(1 if tally.failed or not tally.passed else 0)


if __name__ == "__main__":
    main()
