#!/usr/bin/env python3
"""Bills of materials of the real program over sample images: valid, complete, the same each time, and honest about what was not read.

CycloneDX is checked by CycloneDX's own validator from npm (sbom/package-lock.json pins it by hash), SPDX by spdx_check.py.

usage: sbom_test.py --veritag PROGRAM [--work DIR] [--cache DIR] [--only WORD] [--verbose]
"""
import argparse
import copy
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import images  # noqa: E402
import matrix  # noqa: E402
import npm_tools  # noqa: E402
import packages  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402
import spdx_check  # noqa: E402

VALIDATOR = SOURCE / "tests/integration/sbom"
# rpm, Python, deb, a model, another vendor's rpm, two platforms and an attestation, a database that is cut short.
CASES = ("os-truthful", "framework-truthful", "nvidia-truthful", "model-truthful", "os-is-another-one", "index-truthful", "rpm-database-is-cut")
URL_TYPES = {"rpm": "rpm", "deb": "deb", "python": "pypi"}


def properties(component):
    return {each["name"]: each["value"] for each in component.get("properties", [])}


def decode_url(url):
    """Type, namespace, name, version and qualifiers of a package URL, taken apart as purl-spec: docs/specification says."""
    rest, _, query = url.removeprefix("pkg:").partition("?")
    rest, _, version = rest.partition("@")
    parts = [urllib.parse.unquote(part) for part in rest.split("/")]
    return parts[0], "/".join(parts[1:-1]), parts[-1], urllib.parse.unquote(version), dict(urllib.parse.parse_qsl(query, strict_parsing=True) if query else [])


def package_of(kind, name, version, arch):
    return f"{kind} {name} {version} {arch}"


def url_problems(kind, name, version, arch, url):
    """A package URL must give back the package it was made of."""
    url_kind, space, url_name, url_version, about = decode_url(url)
    epoch = about.get("epoch")
    expected_name = re.sub(r"[-_.]+", "-", name).lower() if kind == "python" else name
    expected_about = {} if kind == "python" or not arch else {"arch": arch}
    if (url_kind, url_name, f"{epoch}:{url_version}" if epoch else url_version) != (URL_TYPES[kind], expected_name, version):
        return [f"{url} is not {kind} {name} {version}"]
    if {key: value for key, value in about.items() if key != "epoch"} != expected_about:
        return [f"{url} says {about}, the architecture is {arch!r}"]
    return [] if (space == "") == (kind == "python") else [f"{url} has the namespace {space!r}"]


class Bills:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        self.cache = pathlib.Path(options.cache).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.program = run_matrix.Program(str(pathlib.Path(options.veritag).resolve()), self.work)
        self.tally = run_matrix.Tally(options.verbose)
        every = {case.name: case for case in matrix.cases(packages.Cache(self.cache / "packages"))}
        self.cases = [every[name] for name in CASES if options.only in name]
        self.layout = images.Layout(str(self.work / "layout"))
        self.written = {case.name: self.layout.add(case.name, case.image) for case in self.cases}

    # ---- the validator of CycloneDX ----

    def validate(self, folder, paths):
        done = subprocess.run(["node", str(VALIDATOR / "validate.cjs"), str(folder), *map(str, paths)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=180)
        if done.returncode != 0:
            return [[f"the validator ended with status {done.returncode}: {done.stderr[-300:]}"]] * len(paths)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        return [[f"{each['instancePath']} {each['message']}" for each in answer or []][:5] for answer in answers]

    # ---- what the program says ----

    def scan(self, form, arguments):
        path = self.work / f"out.{form}"
        path.unlink(missing_ok=True)
        status, _, errors = self.program.run("scan", "--format", form, "--no-progress", "--no-store", "-o", str(path), *arguments)
        return status, path.read_text(encoding="utf-8") if path.exists() else "", errors

    def compare_contents(self, report, cyclonedx, spdx):
        problems = []
        single = len(report["images"]) == 1
        containers = [cyclonedx["metadata"]["component"]] if single else cyclonedx["components"]
        if len(containers) != len(report["images"]):
            return [f"{len(containers)} containers for {len(report['images'])} images"]
        depends = {each["ref"]: each["dependsOn"] for each in cyclonedx["dependencies"]}
        contains = {}
        for each in spdx["relationships"]:
            contains.setdefault(each["spdxElementId"], []).append(each["relatedSpdxElement"])
        by_id = {each["SPDXID"]: each for each in spdx["packages"]}
        for image, container, spdx_id in zip(report["images"], containers, contains["SPDXRef-DOCUMENT"]):
            parts = cyclonedx["components"] if single else container["components"]
            about, spdx_image = properties(container), by_id[spdx_id]
            unread = image["verdict"] == "error"
            for name, seen, expected in (("verdict", about["veritag:verdict"], image["verdict"]), ("digest", about.get("veritag:digest", ""), image["digest"]),
                                         ("platform", about.get("veritag:platform", ""), image["platform"]),
                                         ("unreadable in CycloneDX", "UNREADABLE" in container.get("description", ""), unread),
                                         ("error in CycloneDX", about.get("veritag:error", ""), image["error"]["message"] if unread else ""),
                                         ("unreadable in SPDX", "UNREADABLE" in spdx_image["comment"], unread),
                                         ("incomplete in SPDX", "NOASSERTION" in contains.get(spdx_id, []), bool(image["problems"]) or unread),
                                         ("verdict in SPDX", spdx_image["comment"].split("verdict ")[-1], image["verdict"])):
                if seen != expected:
                    problems.append(f"{name} is {seen!r}, the report says {expected!r}")
            if unread and (depends.get(container["bom-ref"]) is not None or parts):
                problems.append("an unreadable image has contents")
            if not unread and depends[container["bom-ref"]] != [each["bom-ref"] for each in parts]:
                problems.append("dependencies are not what the image holds")
            aggregate = next(each["aggregate"] for each in cyclonedx["compositions"] if each["assemblies"] == [container["bom-ref"]])
            if aggregate != ("incomplete" if unread or image["problems"] else "unknown"):
                problems.append(f"the composition is {aggregate}")
            said = [each["text"] for each in cyclonedx["annotations"] if each["subjects"] == [container["bom-ref"]]]
            for finding in image["findings"]:
                if not any(finding["message"] in text for text in said) or not any(finding["message"] in each["comment"] for each in spdx_image["annotations"]):
                    problems.append(f"{finding['code']} is no annotation")

            listed = image.get("packageList") or []
            expected = sorted(package_of(each["type"], each["name"], each["version"], each["arch"]) for each in listed)
            ours = [each for each in parts if "veritag:package" in properties(each)]
            seen = sorted(package_of(properties(each)["veritag:package"], each["name"], each["version"], properties(each).get("veritag:arch", "")) for each in ours)
            if seen != expected:
                problems.append(f"CycloneDX lists {len(seen)} packages, --list-packages {len(expected)}: {sorted(set(seen) ^ set(expected))[:4]}")
            spdx_packages = [by_id[each] for each in contains.get(spdx_id, []) if each in by_id and " package, listed in " in by_id[each].get("sourceInfo", "")]
            without_arch = sorted(f"{each['type']} {each['name']} {each['version']}" for each in listed)
            seen = sorted(f"{each['sourceInfo'].split()[0]} {each['name']} {each['versionInfo']}" for each in spdx_packages)
            if seen != without_arch:
                problems.append(f"SPDX lists {len(seen)} packages, --list-packages {len(without_arch)}: {sorted(set(seen) ^ set(without_arch))[:4]}")
            for each in ours:
                of_it = properties(each)
                problems += url_problems(of_it["veritag:package"], each["name"], each["version"], of_it.get("veritag:arch", ""), each["purl"])
                if not re.fullmatch("sha256:[0-9a-f]{64}", of_it.get("veritag:diffId", "")) or not each["evidence"]["occurrences"][0]["location"]:
                    problems.append(f"{each['name']} does not say which layer and file it is from")
            if sorted(each["purl"] for each in ours) != sorted(each["externalRefs"][0]["referenceLocator"] for each in spdx_packages):
                problems.append("the two formats have different package URLs")
            # Tools and applications that package databases alone show are packages already.
            components = {(each["component"], each["version"]) for each in image["observed"]
                          if each["kind"] in ("os", "sdk", "framework", "llm") or any(item["source"] != "package" for item in each["evidence"])}
            seen = {(each["name"], each.get("version", "")) for each in parts if "veritag:kind" in properties(each)}
            if seen != components:
                problems.append(f"components {sorted(seen)}, observed are {sorted(components)}")
        return problems

    def one(self, name, arguments, least=1):
        """All of one scan; returns the texts of both formats."""
        status, text, errors = self.scan("json", ["--list-packages", *arguments])
        report = json.loads(text)
        texts = {}
        for form in ("cyclonedx", "spdx"):
            form_status, texts[form], errors = self.scan(form, arguments)
            if form_status != status or not texts[form]:
                self.tally.check(f"{form} {name}", [f"exit status {form_status}, as JSON {status}: {errors.strip()[:300]}"])
                return None
        cyclonedx, spdx = json.loads(texts["cyclonedx"]), json.loads(texts["spdx"])
        problems = self.compare_contents(report, cyclonedx, spdx)
        if len(report["images"]) < least:
            problems.append(f"only {len(report['images'])} images")
        self.tally.check(f"contents {name}", problems)
        self.tally.check(f"spdx is well formed {name}", spdx_check.problems(spdx)[:5])
        again = {form: self.scan(form, arguments)[1] for form in texts}
        # Only the time, and the identifier made from all else, may differ.
        times = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
        self.tally.check(f"the same again {name}", [f"{form} differs" for form in texts if re.sub(times, "", texts[form]) != re.sub(times, "", again[form])])
        return texts

    def broken_image(self):
        """A layout with one image whose layer is not what its digest says."""
        folder = self.work / "broken"
        layout = images.Layout(str(folder))
        case = self.cases[0]
        layout.add("broken", case.image)
        layer = folder / "blobs" / "sha256" / case.image.layers[0].digest.split(":")[1]
        content = bytearray(layer.read_bytes())
        content[len(content) // 2] ^= 1
        layer.write_bytes(content)
        return [f"oci:{folder}:broken", "--as", case.reference]

    def several_at_once(self):
        """One document for several references of a registry, one of which is not there and one read twice."""
        with registry.Registry(self.work / "registry") as server:
            for case in self.cases[:3]:
                server.put(case.repository, case.tag, *self.written[case.name])
            references = [f"{server.host}/{case.reference}" for case in self.cases[:3]] + [f"{server.host}/no/such:1.0", f"{server.host}/{self.cases[0].reference}"]
            texts = self.one("several at once", ["--plain-http", *references], len(references))
        if texts:
            url = json.loads(texts["cyclonedx"])["components"][0]["purl"]
            _, _, name, version, about = decode_url(url)
            case = self.cases[0]
            expected = {"arch": case.image.architecture, "repository_url": f"{server.host}/{case.repository}", "tag": case.tag}
            self.tally.check("the image's package URL", [] if (name, version, about) == (case.repository.split("/")[-1], self.written[case.name][0]["digest"], expected)
                             else [f"it is {url}"])
        return texts

    def checks_can_fail(self, folder, cyclonedx, spdx):
        """A validator that accepts everything would make every test above worthless."""
        def broken(document, change):
            document = copy.deepcopy(document)
            change(document)
            return document

        for name, change in (("a version of another type", lambda d: d.update(version="1")), ("an unknown member", lambda d: d.update(surprise=1)),
                             ("an unknown type", lambda d: d["components"][0].update(type="thing")), ("no name", lambda d: d["components"][0].pop("name")),
                             ("no serial number", lambda d: d.update(serialNumber="urn:uuid:1")), ("the time in words", lambda d: d["metadata"].update(timestamp="today"))):
            if folder is None:
                break
            path = self.work / "wrong.cdx.json"
            path.write_text(json.dumps(broken(cyclonedx, change)), encoding="utf-8")
            self.tally.check(f"CycloneDX's validator refuses {name}", [] if self.validate(folder, [path])[0] else ["it was accepted"])
        for name, change in (("a missing member", lambda d: d.pop("dataLicense")), ("an unknown member", lambda d: d["packages"][0].update(surprise=1)),
                             ("an identifier with other characters", lambda d: d["packages"][1].update(SPDXID="SPDXRef-a_b")),
                             ("an identifier twice", lambda d: d["packages"][1].update(SPDXID=d["packages"][0]["SPDXID"])),
                             ("a relationship to nothing", lambda d: d["relationships"][-1].update(relatedSpdxElement="SPDXRef-nowhere")),
                             ("a package that hangs in the air", lambda d: d["relationships"].pop()), ("another version", lambda d: d.update(spdxVersion="SPDX-2.2")),
                             ("an unknown purpose", lambda d: d["packages"][0].update(primaryPackagePurpose="FUN")),
                             ("files that were analysed", lambda d: d["packages"][0].pop("filesAnalyzed"))):
            self.tally.check(f"the SPDX check refuses {name}", [] if spdx_check.problems(broken(spdx, change)) else ["it was accepted"])

    def run(self):
        started = time.monotonic()
        folder, reason = npm_tools.install("sbom-validators", VALIDATOR, self.cache, "CycloneDX's validator")
        texts = {}
        for case in self.cases:
            texts[case.name] = self.one(case.name, [f"oci:{self.layout.path}:{case.name}", "--as", case.reference], len(case.expected()))
        texts["a broken layer"] = self.one("a broken layer", self.broken_image())
        texts["not there"] = self.one("not there", [f"oci:{self.layout.path}:no-such-image", "--as", "openeuler/openeuler:22.03-lts"])
        texts["several at once"] = self.several_at_once()
        texts = {name: each for name, each in texts.items() if each}
        golden = sorted((SOURCE / "tests/data/report").glob("*.cdx.json"))
        if folder is None:
            self.tally.skip("CycloneDX 1.6 by its own validator", reason)
        else:
            paths = []
            for name, each in texts.items():
                paths.append(self.work / f"{name.replace(' ', '-')}.cdx.json")
                paths[-1].write_text(each["cyclonedx"], encoding="utf-8")
            for name, problems in zip([*texts, *(path.name for path in golden)], self.validate(folder, paths + golden), strict=True):
                self.tally.check(f"cyclonedx is valid {name}", problems)
        for path in sorted((SOURCE / "tests/data/report").glob("*.spdx.json")):
            self.tally.check(f"spdx is well formed {path.name}", spdx_check.problems(json.loads(path.read_text(encoding="utf-8")))[:5])
        first = next(iter(texts.values()))
        self.checks_can_fail(folder, json.loads(first["cyclonedx"]), json.loads(first["spdx"]))
        for form in ("cyclonedx", "spdx"):
            status, _, errors = self.program.run("explain", "--format", form, "openeuler/cann:8.0.RC1-oe2203sp4")
            self.tally.check(f"explain has no {form}", [] if status == 2 and "use table or json" in errors else [f"exit status {status}: {errors[:200]}"])
        skipped = f", {len(self.tally.skipped)} skipped" if self.tally.skipped else ""
        print(f"{self.tally.passed} passed, {self.tally.failed} failed{skipped} ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/sbom"), help="directory for images and results")
    parser.add_argument("--cache", default=str(SOURCE / "build/fixtures"), help="directory for what is kept between runs")
    parser.add_argument("--only", default="", help="only images whose name holds this word")
    parser.add_argument("--verbose", action="store_true", help="print what passed, too")
    return Bills(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
