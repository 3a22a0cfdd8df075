#!/usr/bin/env python3
"""Scans every sample image with the real program, from real registries, and compares what it says with matrix.py.

usage: run_matrix.py --veritag PROGRAM [--work DIR] [--cache DIR] [--only WORD] [--verbose]
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.parse

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import contents  # noqa: E402
import images  # noqa: E402
import matrix  # noqa: E402
import packages  # noqa: E402
import registry  # noqa: E402
import trivy  # noqa: E402

TRIVY_CASES = ("os-truthful", "os-real-ndb", "os-rpm-folder-is-a-link", "os-rpm-in-sqlite", "os-upgraded-truthful", "os-is-another-one",
               "sdk-development-image", "framework-truthful", "framework-zstd-layers", "nvidia-truthful", "nvidia-on-rocky", "amd-truthful", "alpine-truthful")
LOCAL_CASES = ("os-truthful", "os-wrong-service-pack", "framework-truthful", "sdk-removed-by-whiteout", "nvidia-truthful", "amd-framework-for-cuda")


class Tally:
    def __init__(self, verbose):
        self.passed, self.failed, self.verbose, self.skipped = 0, 0, verbose, []

    def check(self, name, problems):
        """One result: `problems` is a list of texts, empty when all is well."""
        if problems:
            self.failed += 1
            print(f"FAIL  {name}")
            for problem in problems:
                print(f"      {problem}")
        else:
            self.passed += 1
            if self.verbose:
                print(f"ok    {name}")

    def skip(self, name, reason):
        """At home a missing tool is said and skipped; in CI it is a failure."""
        if os.environ.get("CI") == "true":
            self.check(name, [f"{reason} (CI=true: this is a failure)"])
        else:
            self.skipped.append(name)
            print(f"SKIP  {name}: {reason}")


class Program:
    """The program under test, cut off from the settings of whoever runs the test."""

    def __init__(self, path, work):
        self.path, self.home = path, work / "home"
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)

    def run(self, *arguments, text=""):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home), "LC_ALL": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"):
            if name in os.environ:
                environment[name] = os.environ[name]
        done = subprocess.run([self.path, *arguments], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, timeout=300)
        return done.returncode, done.stdout, done.stderr

    def scan(self, *arguments, text=""):
        """Exit status, report (or None) and stderr."""
        status, out, errors = self.run("scan", "--format", "json", "--no-progress", "--no-store", *arguments, text=text)
        try:
            return status, json.loads(out), errors
        except ValueError:
            return status, None, errors


# ---- comparing ----

def fits(expected, value):
    return expected is matrix.ANY or expected == value


def finding_text(finding):
    return f"{finding['severity']} {finding['code']} {finding['component'] or '-'}: {finding['message']}"


def compare_finding(expected, finding):
    problems = []
    for field in ("claimed", "observed", "suggestion"):
        if not fits(getattr(expected, field), finding[field]):
            problems.append(f"{expected.code}: {field} is {finding[field]!r}, expected {getattr(expected, field)!r}")
    paths = [evidence["path"] for evidence in finding["evidence"]]
    if expected.path is not matrix.ANY and expected.path not in paths:
        problems.append(f"{expected.code}: no evidence at {expected.path}, only at {paths}")
    return problems


def compare_image(expect, image):
    """Problems of one platform's report against what the matrix expects."""
    problems = []
    if image["verdict"] != expect.verdict:
        problems.append(f"verdict is {image['verdict']}, expected {expect.verdict}; error: {image['error']}")
    left = [finding for finding in image["findings"] if finding["severity"] != "info"]
    for expected in expect.findings:
        candidates = [finding for finding in left if finding["code"] == expected.code and (
            finding["component"] == expected.component or (not expected.component and expected.code.startswith("tag-")))]
        # Of several alike the one that fits best is meant.
        candidates.sort(key=lambda finding: len(compare_finding(expected, finding)))
        if not candidates:
            problems.append(f"{expected.code} {expected.component} was not found")
            continue
        problems += compare_finding(expected, candidates[0])
        left.remove(candidates[0])
    problems += [f"not expected: {finding_text(finding)}" for finding in left]
    infos = {finding["code"] for finding in image["findings"] if finding["severity"] == "info"}
    problems += [f"info {code} was not found" for code in expect.infos if code not in infos]
    seen = {(each["component"], each["version"]) for each in image["observed"]}
    problems += [f"{component} {version} was not observed, only {sorted(seen)}" for component, version in expect.sees if (component, version) not in seen]
    for kind, count in (("rpm", expect.rpms), ("deb", expect.debs), ("apk", expect.apks)):
        if count >= 0 and image["packages"][kind] != count:
            problems.append(f"{image['packages'][kind]} {kind} packages, expected {count}")
    for finding in image["findings"]:
        if finding["severity"] == "error" and not finding["message"]:
            problems.append(f"{finding['code']} has no message")
    return problems


def compare_case(case, found, skipped):
    """Problems of all of a case's platforms."""
    expected = case.expected()
    platforms = [image["platform"] for image in found]
    if sorted(platforms) != sorted(expected):
        return [f"judged {sorted(platforms)}, expected {sorted(expected)}"] + [f"error: {image['error']}" for image in found if image["error"]]
    problems = []
    for image in found:
        prefix = f"{image['platform']}: " if len(expected) > 1 else ""
        problems += [prefix + problem for problem in compare_image(expected[image["platform"]], image)]
    if skipped != case.skipped:
        problems.append(f"{skipped} skipped, expected {case.skipped}")
    return problems


def summary_problems(report):
    """The summary must count what the report lists."""
    verdicts = collections.Counter(image["verdict"] for image in report["images"])
    summary, problems = report["summary"], []
    for name in ("pass", "warn", "fail", "unknown", "error"):
        if summary[name] != verdicts[name]:
            problems.append(f"summary counts {summary[name]} {name}, the report lists {verdicts[name]}")
    if summary["images"] != len(report["images"]):
        problems.append(f"summary counts {summary['images']} images, the report lists {len(report['images'])}")
    return problems


# ---- the parts of the test ----

class Matrix:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        self.cache = packages.Cache(pathlib.Path(options.cache).resolve() / "packages")
        self.tools = pathlib.Path(options.cache).resolve() / "tools"
        self.work.mkdir(parents=True, exist_ok=True)
        self.program = Program(str(pathlib.Path(options.veritag).resolve()), self.work)
        self.tally = Tally(options.verbose)
        self.all_cases = matrix.cases(self.cache)
        self.cases = [case for case in self.all_cases if options.only in case.name]
        self.everything = not options.only
        self.written = {}

    def case(self, name):
        return next(case for case in self.all_cases if case.name == name)

    def write_layout(self):
        shutil.rmtree(self.work / "layout", ignore_errors=True)
        self.layout = images.Layout(str(self.work / "layout"))
        names = {case.name for case in self.cases} | (set(LOCAL_CASES) if self.everything else set())
        for case in self.all_cases:
            if case.name in names:
                self.written[case.name] = self.layout.add(case.name, case.image)

    def push(self, server, cases):
        def one(case):
            if case.push == "put":
                server.put(case.repository, case.tag, *self.written[case.name])
            else:
                server.skopeo(self.layout.path, case.name, case.repository, case.tag)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(one, case) for case in cases]:
                done.result()

    def over_http(self, server):
        """Each image by itself, so that its exit status is seen too."""
        def one(case):
            return self.program.scan("--plain-http", f"{server.host}/{case.reference}")

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for case, (status, report, errors) in zip(self.cases, pool.map(one, self.cases)):
                if report is None:
                    self.tally.check(f"http {case.name}", [f"no report, exit status {status}: {errors.strip()[:500]}"])
                    continue
                problems = compare_case(case, report["images"], report["summary"]["skipped"]) + summary_problems(report)
                if status != case.exit_code():
                    problems.append(f"exit status {status}, expected {case.exit_code()}")
                digests = {self.written[case.name][0]["digest"]}
                for image in report["images"]:
                    if not digests & {image["digest"], image["indexDigest"]}:
                        problems.append(f"digest {image['digest']} is not what was pushed")
                self.tally.check(f"http {case.name}", problems)

    def over_tls(self, server):
        """All images in one run, with credentials from a file."""
        status, report, errors = self.program.scan("--ca-file", str(server.certificates / "ca.crt"), "--authfile", str(server.auth_file()),
                                                   *[f"{server.host}/{case.reference}" for case in self.cases])
        if report is None:
            self.tally.check("tls all images in one run", [f"no report, exit status {status}: {errors.strip()[:500]}"])
            return
        found, skipped = collections.defaultdict(list), collections.Counter(each["reference"] for each in report["skipped"])
        for image in report["images"]:
            found[image["reference"]].append(image)
        for case in self.cases:
            reference = f"{server.host}/{case.reference}"
            self.tally.check(f"tls {case.name}", compare_case(case, found[reference], skipped[reference]))
        problems = summary_problems(report)
        worst = {case.exit_code() for case in self.cases}
        expected = 1 if 1 in worst else 3 if 3 in worst else 0
        if status != expected:
            problems.append(f"exit status {status}, expected {expected}")
        if self.everything and report["summary"]["layersReused"] == 0:
            problems.append("no layer was reused, though the images share many")
        self.tally.check("tls summary of all images", problems)

    def refusals(self, server):
        """Wrong credentials and certificates are said clearly, and nothing passes."""
        case = self.case("os-truthful")
        reference = f"{server.host}/{case.reference}"
        ca = ["--ca-file", str(server.certificates / "ca.crt")]

        def refused(name, words, *arguments, text=""):
            status, report, errors = self.program.scan(*arguments, reference, text=text)
            said = errors + " ".join(image["error"]["message"] for image in (report or {"images": []})["images"] if image["error"])
            problems = [f"the message does not say {word!r}: {said.strip()[:400]}" for word in words if word.lower() not in said.lower()]
            if status != 3:
                problems.append(f"exit status {status}, expected 3")
            if report and any(image["verdict"] != "error" for image in report["images"]):
                problems.append("an image that could not be read has another verdict than error")
            if registry.PASSWORD in said or "not the password" in said:
                problems.append("the message repeats a password")
            self.tally.check(name, problems)

        status, report, errors = self.program.scan(*ca, "--username", registry.USER, "--password-stdin", reference, text=registry.PASSWORD + "\n")
        self.tally.check("password on standard input", compare_case(case, report["images"], 0) if status == 0 and report else [f"exit status {status}: {errors[:400]}"])
        refused("wrong password", ["401"], *ca, "--username", registry.USER, "--password-stdin", text="not the password\n")
        refused("wrong password in a file", ["401"], *ca, "--authfile", str(server.auth_file("not the password")))
        refused("no password", ["401"], *ca)
        refused("unknown certificate authority", ["certificate", "--ca-file"], "--username", registry.USER, "--password-stdin", text=registry.PASSWORD + "\n")
        refused("another certificate authority", ["certificate"], "--ca-file", str(server.certificates / "other-ca.crt"), "--authfile", str(server.auth_file()))
        refused("HTTP towards a TLS registry", [], "--plain-http", "--authfile", str(server.auth_file()))

    def exit_statuses(self, server):
        """Contract, section 3, beyond what the matrix shows."""
        good, bad = (f"{server.host}/{self.case(name).reference}" for name in ("os-truthful", "os-wrong-service-pack"))
        warning, unsure = (f"{server.host}/{self.case(name).reference}" for name in ("tag-form", "os-no-trace"))
        table = [("a clean image", 0, [good]), ("an image with errors", 1, [bad]), ("errors with --fail-on never", 0, ["--fail-on", "never", bad]),
                 ("a warning", 0, [warning]), ("a warning with --fail-on warning", 1, ["--fail-on", "warning", warning]),
                 ("an unknown image", 3, [unsure]), ("unknown beside an error", 1, [unsure, bad]), ("unknown with --fail-on never", 3, ["--fail-on", "never", unsure]),
                 ("a repository that is not there", 3, [f"{server.host}/no/such:1.0"]), ("a tag that is not there", 3, [f"{server.host}/openeuler/openeuler:1.0"]),
                 ("a broken image beside a clean one", 3, [f"{server.host}/no/such:1.0", good]), ("a platform that is not there", 3, ["--platform", "linux/s390x", good]),
                 ("nobody listens", 3, [f"127.0.0.1:{registry.free_port()}/a:1"]), ("an unknown flag", 2, ["--no-such-flag", good]),
                 ("an impossible reference", 2, [f"{server.host}/UPPER:1"]), ("no image at all", 2, []), ("an unknown format", 2, ["--format", "paper", good])]
        for name, expected, arguments in table:
            status, _, errors = self.program.scan("--plain-http", *arguments)
            problems = [] if status == expected else [f"exit status {status}, expected {expected}: {errors.strip()[:300]}"]
            if expected == 2 and not errors.strip():
                problems.append("nothing was said on stderr")
            self.tally.check(f"exit status: {name}", problems)
        status, out, _ = self.program.run("scan", "--no-progress", "--no-store", "--plain-http", bad)
        self.tally.check("table output names verdict, reference and suggestion", [
            f"no {word!r} in the table" for word in ("FAIL", "22.03-lts-sp4", "22.03-lts-sp2", "usr/lib/os-release") if word not in out])
        status, out, _ = self.program.run("version")
        self.tally.check("version", [] if status == 0 and "sha256:" in out else [f"exit status {status}: {out}"])
        status, out, _ = self.program.run("rules", "test")
        self.tally.check("rules test", [] if status == 0 and " 0 failed" in out else [f"exit status {status}: {out[-300:]}"])
        status, out, _ = self.program.run("explain", "--format", "json", "openeuler/cann:8.0.RC1-oe2203sp4")
        claims = {(claim["component"], claim["version"]) for claim in json.loads(out)["claims"]} if status == 0 else set()
        self.tally.check("explain", [] if claims == {("cann", "8.0.RC1"), ("openeuler", "22.03-LTS-SP4")} else [f"exit status {status}: {claims}"])

    def platforms(self, server):
        case = self.case("index-with-a-wrong-child")
        for platform, exit_code in (("linux/amd64", 0), ("linux/arm64", 1)):
            status, report, errors = self.program.scan("--plain-http", "--platform", platform, f"{server.host}/{case.reference}")
            problems = [] if status == exit_code else [f"exit status {status}, expected {exit_code}: {errors[:300]}"]
            if report is None or [image["platform"] for image in report["images"]] != [platform]:
                problems.append("another platform was judged")
            self.tally.check(f"--platform {platform}", problems)
        digest = self.written[case.name][0]["digest"]
        status, report, errors = self.program.scan("--plain-http", f"{server.host}/{case.reference}@{digest}")
        self.tally.check("reference with tag and digest", compare_case(case, report["images"], 0) if report else [f"exit status {status}: {errors[:300]}"])

    def local_forms(self):
        """OCI layouts and archives say the same as a registry."""
        for name in LOCAL_CASES:
            case = self.case(name)
            oci_archive, docker_archive = self.work / f"{name}.oci.tar", self.work / f"{name}.docker.tar"
            for path in (oci_archive, docker_archive):
                path.unlink(missing_ok=True)
            source = f"oci:{self.layout.path}:{name}"
            registry.run("skopeo", "--insecure-policy", "copy", "--quiet", source, f"oci-archive:{oci_archive}:{name}")
            registry.run("skopeo", "--insecure-policy", "copy", "--quiet", source, f"docker-archive:{docker_archive}:example.org/{case.reference}")
            for image in (source, f"oci-archive:{oci_archive}", f"oci-archive:{oci_archive}:{name}", f"docker-archive:{docker_archive}"):
                status, report, errors = self.program.scan(image, "--as", case.reference)
                form = image.split(":")[0] + (" with tag" if image.endswith(":" + name) and image != source else "")
                if report is None:
                    self.tally.check(f"{form} {name}", [f"no report, exit status {status}: {errors.strip()[:400]}"])
                    continue
                problems = compare_case(case, report["images"], report["summary"]["skipped"])
                if status != case.exit_code():
                    problems.append(f"exit status {status}, expected {case.exit_code()}")
                self.tally.check(f"{form} {name}", problems)
            oci_archive.unlink()
            docker_archive.unlink()

    # ---- package lists ----

    def listed(self, server, case):
        """Sorted lines of --list-packages for each type, or None with the reason."""
        status, report, errors = self.program.scan("--plain-http", "--list-packages", f"{server.host}/{case.reference}")
        if report is None or len(report["images"]) != 1:
            return None, f"no report, exit status {status}: {errors.strip()[:300]}"
        lines = collections.defaultdict(list)
        for each in report["images"][0]["packageList"]:
            lines[each["type"]].append(f"{each['name']} {each['version']}" + (f" {each['arch']}" if each["type"] not in ("python", "conda") else ""))
        return {kind: sorted(values) for kind, values in lines.items()}, ""

    def package_lists(self, server):
        for case in self.cases:
            if not case.packages:
                continue
            kind, tool, query = {packages.Rpm: ("rpm", "rpm -qa", self.cache.query_rpm), packages.Deb: ("deb", "dpkg-query", self.cache.query_dpkg),
                                 packages.Apk: ("apk", "its writer", lambda every: sorted(each.line() for each in every))}[type(case.packages[0])]
            lists, reason = self.listed(server, case)
            self.tally.check(f"package list as {tool} gives it: {case.name}",
                             [reason] if lists is None else differences(lists.get(kind, []), query(case.packages)))
        if self.everything:
            lists, reason = self.listed(server, self.case("os-real-ndb"))
            text = (SOURCE / "tests/data/rpmdb/ndb-openeuler-24.03-lts-aarch64/expected.tsv").read_text(encoding="utf-8")
            rows = [line.split("\t") for line in text.splitlines()]
            expected = sorted(f"{name} {'' if epoch == '(none)' else epoch + ':'}{version}-{release} {arch}" for name, epoch, version, release, arch in rows)
            self.tally.check("package list as rpm with NDB gave it: os-real-ndb", [reason] if lists is None else differences(lists.get("rpm", []), expected))

    def compare_with_trivy(self, server):
        program, reason = trivy.fetch(self.tools)
        if program is None:
            self.tally.skip("package lists as Trivy gives them", reason)
            return
        # This Trivy does not know openEuler and drops all rpms of an unknown system. So a last layer gives each image the release
        # files of Rocky Linux; the package databases stay what they are.
        rocky = images.Layer(contents.rocky_os_files("9.4"))
        def one(name):
            case = self.case(name)
            other_system = any(isinstance(each, packages.Rpm) for each in case.packages) or not name.startswith(("nvidia", "amd", "alpine"))
            image = images.Image(case.image.layers + [rocky] * other_system, case.image.architecture)
            shown = dataclasses.replace(case, repository=f"trivy/{name}", tag="1.0", image=image)
            blobs = images.Blobs()
            server.put(shown.repository, shown.tag, image.write(blobs), blobs)
            return self.listed(server, shown), trivy_list(program, f"{server.host}/{shown.reference}", self.work / "trivy" / name)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, ((lists, reason), (theirs, failure)) in zip(TRIVY_CASES, pool.map(one, TRIVY_CASES)):
                ours = [f"{kind} {line}" for kind, lines in (lists or {}).items() for line in lines]
                self.tally.check(f"package list as Trivy gives it: {name}",
                                 [reason or failure] if lists is None or theirs is None else differences(sorted(ours), theirs))
        shutil.rmtree(self.work / "trivy", ignore_errors=True)

    def run(self):
        started = time.monotonic()
        self.write_layout()
        certificates = registry.make_certificates(self.work / "certificates")
        with registry.Registry(self.work / "registry") as plain:
            self.push(plain, self.cases if not self.everything else self.all_cases)
            self.over_http(plain)
            with registry.Registry(self.work / "tls-registry", certificates, data=plain.data) as secure:
                self.push(secure, self.cases[:2])  # skopeo through TLS and Basic authentication
                self.over_tls(secure)
                if self.everything:
                    self.refusals(secure)
            if self.everything:
                self.exit_statuses(plain)
                self.platforms(plain)
                self.local_forms()
            self.package_lists(plain)
            if self.everything:
                self.compare_with_trivy(plain)
        skipped = f", {len(self.tally.skipped)} skipped" if self.tally.skipped else ""
        print(f"{self.tally.passed} passed, {self.tally.failed} failed{skipped} ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def differences(ours, theirs):
    """What only one of two sorted lists holds; two empty lists prove nothing."""
    if not theirs:
        return ["the other list is empty"]
    more, fewer = collections.Counter(ours) - collections.Counter(theirs), collections.Counter(theirs) - collections.Counter(ours)
    return [f"only veritag lists {sorted(more)[:5]}"] * bool(more) + [f"veritag lacks {sorted(fewer)[:5]} ({len(ours)} against {len(theirs)})"] * bool(fewer)


def trivy_list(program, reference, cache):
    environment = {**os.environ, "TRIVY_CACHE_DIR": str(cache), "TRIVY_NON_SSL": "true"}
    done = subprocess.run([program, "image", "--quiet", "--insecure", "--format", "cyclonedx", "--offline-scan", reference], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, timeout=180)
    if done.returncode != 0:
        return None, f"Trivy ended with status {done.returncode}: {done.stderr[-300:]}"
    lines = []
    for component in json.loads(done.stdout).get("components", []):
        purl = urllib.parse.urlsplit(component.get("purl", ""))
        kind = purl.path.split("/")[0]
        about = dict(urllib.parse.parse_qsl(purl.query))
        if kind in ("pypi", "conda"):
            lines.append(f"{'python' if kind == 'pypi' else kind} {component['name']} {component['version']}")
        elif kind in ("rpm", "deb", "apk"):
            epoch = f"{about['epoch']}:" if "epoch" in about else ""
            lines.append(f"{kind} {component['name']} {epoch}{component['version']} {about['arch']}")
    return sorted(lines), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/integration"), help="directory for registries and images")
    parser.add_argument("--cache", default=str(SOURCE / "build/fixtures"), help="directory for what is kept between runs")
    parser.add_argument("--only", default="", help="only cases whose name holds this word")
    parser.add_argument("--verbose", action="store_true", help="print what passed, too")
    return Matrix(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
