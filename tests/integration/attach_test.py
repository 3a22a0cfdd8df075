#!/usr/bin/env python3
"""Reports attached to images and read back: in a real registry behind the fallback tag, with TLS and a login, in one that lists referrers itself,
by several writers at once, where pushes are refused, and by a daemon that hears of its own pushes.

usage: attach_test.py --veritag PROGRAM [--work DIR] [--verbose]
"""
import argparse
import concurrent.futures
import json
import pathlib
import re
import shutil
import sys
import time

import jsonschema

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import daemon  # noqa: E402
import fleet  # noqa: E402
import formats_check  # noqa: E402
import images  # noqa: E402
import referrers  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402

TRUTH = "22.03-LTS-SP3"
TRUE_TAG, LYING_TAG = "1.0-oe2203sp3", "1.0-oe2203sp4"
REPORT_TYPE = "application/vnd.veritag.report.v1+json"
EMPTY_DIGEST = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
HOOK_SECRET = "a-bearer-of-the-tests"
SCHEMA = json.loads((SOURCE / "docs/attestation.schema.json").read_text(encoding="utf-8"))


class TellingRegistry(registry.Registry):
    """Sends its events to `hook`."""

    hook = ""

    def configuration(self):
        lines = ["notifications:", "  endpoints:", "    - name: veritag", f"      url: {self.hook}", f"      headers: {{Authorization: ['Bearer {HOOK_SECRET}']}}", "      timeout: 2s", "      threshold: 5", "      backoff: 200ms"]
        return super().configuration() + "\n".join(lines) + "\n"


class ReadOnlyRegistry(registry.Registry):
    def configuration(self):
        return super().configuration().replace("storage:\n", "storage:\n  maintenance: {readonly: {enabled: true}}\n")


def stacks(word="", architectures=("amd64", "arm64")):
    return {architecture: [fleet.base_layer(TRUTH, architecture, "first"), images.Layer([images.file("etc/word", word)])] for architecture in architectures}


class Attach:
    def __init__(self, options):
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)
        self.path = options.veritag
        self.program = run_matrix.Program(options.veritag, self.work)
        self.outputs, self.wrong_form = 0, []

    # ---- helpers ----

    def run(self, command, *arguments, text=""):
        """Exit status, JSON (or None) and stderr. Scans share a store, so that each layer is read once."""
        more = ["--no-progress", "--store", str(self.work / "store.sqlite")] if command == "attach" else []
        status, out, errors = self.program.run(command, "--format", "json", *more, *arguments, text=text)
        try:
            value = json.loads(out)
        except ValueError:
            return status, None, errors
        if isinstance(value, dict) and "schema" in value:  # a dry run prints statements
            self.outputs += 1
            self.wrong_form += formats_check.json_problems(out)
        return status, value, errors

    @staticmethod
    def outcomes(report):
        return [each["outcome"] for each in report["subjects"]] if report else None

    @staticmethod
    def get(server, path, accept="*/*"):
        status, headers, body = server.request("GET", path, headers={"Accept": accept})
        return (json.loads(body), headers, body) if status == 200 else (None, headers, body)

    def fallback(self, server, repository, digest):
        """Entries of the index behind the fallback tag."""
        index, _, _ = self.get(server, f"/v2/{repository}/manifests/{digest.replace(':', '-')}", referrers.INDEX)
        return index["manifests"] if index else []

    def top_digest(self, server, repository, tag):
        return server.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": f"{referrers.INDEX}, {images.OCI_MANIFEST}"})[1]["Docker-Content-Digest"]

    def artifact_problems(self, server, repository, subject, entry):
        """What an independent reader finds wrong with a report that was pushed."""
        manifest, _, raw = self.get(server, f"/v2/{repository}/manifests/{entry['digest']}", images.OCI_MANIFEST)
        if manifest is None:
            return [f"{entry['digest']} is not there"]
        problems = [] if images.digest_of(raw) == entry["digest"] and len(raw) == entry["size"] else ["digest or size of the artifact"]
        problems += [] if manifest["artifactType"] == entry["artifactType"] == REPORT_TYPE else ["artifactType"]
        problems += [] if manifest["config"] == {"mediaType": "application/vnd.oci.empty.v1+json", "digest": EMPTY_DIGEST, "size": 2} else [f"config {manifest['config']}"]
        _, _, image = self.get(server, f"/v2/{repository}/manifests/{subject}", f"{referrers.INDEX}, {images.OCI_MANIFEST}")
        problems += [] if manifest["subject"]["digest"] == subject and manifest["subject"]["size"] == len(image) and manifest["subject"]["mediaType"] == json.loads(image)["mediaType"] else [f"subject {manifest['subject']}"]
        layer, = manifest["layers"]
        statement, _, blob = self.get(server, f"/v2/{repository}/blobs/{layer['digest']}")
        problems += [] if layer["mediaType"] == "application/vnd.in-toto+json" and images.digest_of(blob) == layer["digest"] and len(blob) == layer["size"] else ["layer"]
        try:
            jsonschema.validate(statement, SCHEMA)
        except jsonschema.ValidationError as error:
            problems.append(f"{error.message} at {list(error.absolute_path)}")
        problems += [] if statement["subject"][0]["digest"] == {"sha256": subject.split(":")[1]} else ["the statement's subject"]
        problems += [] if statement["predicate"]["judged"] == manifest["annotations"]["org.opencontainers.image.created"] == entry["annotations"]["org.opencontainers.image.created"] else ["times"]
        return problems

    # ---- a registry without a list of referrers ----

    def behind_the_tag(self, server):
        repository = "openeuler/app"
        pusher = fleet.Pusher(server)
        for tag in (TRUE_TAG, LYING_TAG):
            pusher.image(repository, tag, stacks())
        name = f"{server.host}/{repository}"
        digest = self.top_digest(server, repository, TRUE_TAG)
        status, report, errors = self.run("verify", f"{name}:{TRUE_TAG}")
        self.tally.check("nothing is attached yet: status 3", [] if status == 3 and report["answers"][0]["verdict"] == "none" else [f"{status} {report} {errors}"])

        # Another tool's entry is there before ours, with members that nobody knows here.
        foreign = {"mediaType": images.OCI_MANIFEST, "digest": pusher.manifest(repository, None, {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "artifactType": "application/vnd.other",
                   "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": pusher.blob(repository, b"{}"), "size": 2}, "layers": []}, images.OCI_MANIFEST)["digest"], "size": 292, "artifactType": "application/vnd.other", "data": "e30=", "later": [1]}
        pusher.manifest(repository, digest.replace(":", "-"), {"schemaVersion": 2, "mediaType": referrers.INDEX, "manifests": [foreign], "annotations": {"kept": "yes"}}, referrers.INDEX)

        status, statements, errors = self.run("attach", "--dry-run", f"{name}:{TRUE_TAG}")
        problems = [] if status == 0 and len(statements) == 3 else [f"{status} {errors}"]
        for statement in statements or []:
            jsonschema.validate(statement, SCHEMA)
        problems += [] if len(self.fallback(server, repository, digest)) == 1 else ["a dry run pushed"]
        self.tally.check("a dry run prints the statements and pushes nothing", problems)

        status, report, errors = self.run("attach", f"{name}:{TRUE_TAG}", f"{name}:{LYING_TAG}")
        problems = [] if status == 1 and self.outcomes(report) == ["attached"] * 6 and all(each["listedBy"] == "tag" for each in report["subjects"]) else [f"{status} {report} {errors}"]
        subjects = {each["subject"] for each in report["subjects"]}
        problems += [] if len(subjects) == 3 else [f"{len(subjects)} subjects: both tags are one index of two platforms"]
        for subject in sorted(subjects):
            entries = [each for each in self.fallback(server, repository, subject) if each["artifactType"] == REPORT_TYPE]
            problems += [f"{subject}: {len(entries)} reports"] if len(entries) != 2 else []
            problems += [text for entry in entries for text in self.artifact_problems(server, repository, subject, entry)]
        index, _, _ = self.get(server, f"/v2/{repository}/manifests/{digest.replace(':', '-')}", referrers.INDEX)
        problems += [] if index["manifests"][0] == foreign and index["annotations"] == {"kept": "yes"} else ["what another tool wrote is gone"]
        self.tally.check("each platform and the index have a report for each tag, behind the fallback tag", problems)

        before = self.fallback(server, repository, digest)
        status, report, errors = self.run("attach", f"{name}:{TRUE_TAG}")
        self.tally.check("again: unchanged, nothing is pushed", [] if status == 0 and self.outcomes(report) == ["unchanged"] * 3 and self.fallback(server, repository, digest) == before else [f"{status} {report} {errors}"])
        self.verified(server, repository, digest)

        # A new image under the tag: the old report stays with the old image.
        pusher.image(repository, TRUE_TAG, stacks("other"))
        status, report, _ = self.run("verify", f"{name}:{TRUE_TAG}")
        problems = [] if status == 3 and report["answers"][0]["verdict"] == "none" else [f"a new image without a report: {status} {report}"]
        status, report, _ = self.run("verify", f"{name}:{TRUE_TAG}@{digest}")
        problems += [] if status == 0 and report["answers"][0]["tag"] == "moved" else [f"the old one: {status} {report}"]
        self.tally.check("a tag that moved is told", problems)
        status, out, errors = self.program.run("audit", "--plain-http", "--no-progress", "--no-store", "--format", "json", name)
        audit = json.loads(out)
        self.tally.check("an audit takes no report for an image", [] if {image["tag"] for image in audit["images"]} == {TRUE_TAG, LYING_TAG} and audit["skipped"] and all("artifact of type" in each["reason"] for each in audit["skipped"]) else [
            f"{[image['tag'] for image in audit['images']]} {audit['skipped'][:2]}"])

    def verified(self, server, repository, digest):
        name = f"{server.host}/{repository}"
        problems = []
        for tag, verdict, expected in ((TRUE_TAG, "pass", 0), (LYING_TAG, "fail", 1)):
            status, report, errors = self.run("verify", f"{name}:{tag}")
            answer = report["answers"][0] if report else {}
            good = status == expected and answer.get("verdict") == verdict and answer["tag"] == "same" and answer["subject"] == digest and report["signed"] is False and len(answer["images"]) == 2 and answer["ageSeconds"] < 300 and answer["rules"]["same"] is True
            problems += [] if good else [f"{tag}: {status} {report} {errors}"]
        status, out, _ = self.program.run("verify", f"{name}:{LYING_TAG}")
        problems += [] if status == 1 and out.startswith("FAIL") and "Nobody signed" in out and "os-mismatch" in out and "rules       sha256:" in out else [out]
        status, out, _ = self.program.run("verify", "--lang", "zh", f"{name}:{LYING_TAG}")
        problems += [] if status == 1 and "没有签名" in out and "不符" in out else [out]
        others = self.work / "rules"
        others.mkdir()
        pack = SOURCE / "rules/components/cann.yaml"
        (others / pack.name).write_text(pack.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        status, report, errors = self.run("verify", "--rules", str(others), f"{name}:{TRUE_TAG}")
        rules = report["answers"][0]["rules"] if report else {}
        problems += [] if status == 0 and rules.get("same") is False and rules["digest"] != rules["own"] else [f"other rules: {status} {rules} {errors}"]
        self.tally.check("verify prints verdict, rules and whether they are its own, age, and that nobody signed", problems)
        status, report, _ = self.run("verify", "--platform", "linux/arm64", f"{name}:{LYING_TAG}")
        problems = [] if status == 1 and [each["platform"] for each in report["answers"]] == ["linux/arm64"] and report["answers"][0]["tag"] == "same" else [f"{status} {report}"]
        status, report, _ = self.run("verify", "--as", "openeuler/app:2.0", f"{name}:{TRUE_TAG}")
        problems += [] if status == 3 and report["answers"][0]["otherNames"] == [f"openeuler/app:{TRUE_TAG}", f"openeuler/app:{LYING_TAG}"] else [f"{status} {report}"]
        status, report, _ = self.run("verify", f"{name}:nowhere")
        problems += [] if status == 3 and report["answers"][0]["error"]["code"] == "not-found" else [f"{status} {report}"]
        status, _, errors = self.run("verify", "oci:layout")
        problems += [] if status == 2 and "registries" in errors else [f"{status} {errors}"]
        self.tally.check("verify of a platform, of another name, of nothing", problems)

    # ---- what anybody may attach ----

    def hostile(self, server):
        repository = "openeuler/hostile"
        pusher = fleet.Pusher(server)
        pusher.image(repository, TRUE_TAG, {"amd64": stacks()["amd64"]})
        pusher.image(repository, "1.1-oe2203sp3", {"amd64": stacks("second")["amd64"]})
        name = f"{server.host}/{repository}"
        self.run("attach", f"{name}:{TRUE_TAG}", f"{name}:1.1-oe2203sp3")
        digest, other = self.top_digest(server, repository, TRUE_TAG), self.top_digest(server, repository, "1.1-oe2203sp3")
        good, theirs = self.fallback(server, repository, digest)[0], self.fallback(server, repository, other)[0]
        late = {"org.opencontainers.image.created": "2999-01-01T00:00:00Z", "veritag.name": f"{repository}:{TRUE_TAG}"}

        def artifact(content, size=None):
            value = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "artifactType": REPORT_TYPE, "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": pusher.blob(repository, b"{}"), "size": 2},
                     "layers": [{"mediaType": "application/vnd.in-toto+json", "digest": pusher.blob(repository, content), "size": size or len(content)}], "subject": {"mediaType": referrers.INDEX, "digest": digest, "size": 1}}
            return {**pusher.manifest(repository, None, value, images.OCI_MANIFEST), "artifactType": REPORT_TYPE, "annotations": late}

        deep = b"[" * 5000 + b"]" * 5000
        table = {"of another subject": {**theirs, "annotations": late}, "no statement": artifact(b"{}"), "no JSON": artifact(b"\xff\xfe"), "deep JSON": artifact(deep), "a size that is a lie": artifact(b"[1]", 1000),
                 "a size beyond the limit": artifact(b"[2]", 1 << 40)}
        for what, entry in table.items():
            pusher.manifest(repository, digest.replace(":", "-"), {"schemaVersion": 2, "mediaType": referrers.INDEX, "manifests": [good, entry]}, referrers.INDEX)
            status, report, errors = self.run("verify", f"{name}:{TRUE_TAG}")
            answer = report["answers"][0] if report else {}
            self.tally.check(f"an artifact {what} is told, and keeps the answer open", [] if status == 3 and answer.get("verdict") == "pass" and len(answer["problems"]) == 1 else [f"{status} {report} {errors}"])
        pusher.manifest(repository, digest.replace(":", "-"), {"schemaVersion": 2, "mediaType": referrers.INDEX, "manifests": [table["no JSON"]] * 101}, referrers.INDEX)
        status, report, _ = self.run("verify", f"{name}:{TRUE_TAG}")
        self.tally.check("more than are read is an error that names the limit", [] if status == 3 and "limits.referrers_read" in report["answers"][0]["error"]["message"] else [f"{status} {report}"])

    def lies(self, server):
        """Statements that are well formed, and cannot be true."""
        repository = "openeuler/lies"
        pusher = fleet.Pusher(server)
        pusher.image(repository, TRUE_TAG, stacks())
        name = f"{server.host}/{repository}:{TRUE_TAG}"
        self.run("attach", name)
        top = self.top_digest(server, repository, TRUE_TAG)
        index, _, raw = self.get(server, f"/v2/{repository}/manifests/{top}", referrers.INDEX)
        child = next(each["digest"] for each in index["manifests"] if each["platform"]["architecture"] == "amd64")
        reports = {subject: self.fallback(server, repository, subject)[0] for subject in (top, child)}

        def statement_of(subject):
            manifest, _, _ = self.get(server, f"/v2/{repository}/manifests/{reports[subject]['digest']}", images.OCI_MANIFEST)
            return self.get(server, f"/v2/{repository}/blobs/{manifest['layers'][0]['digest']}")[0], manifest

        def forged(subject, change, judged="2026-01-01T00:00:00Z"):
            statement, manifest = statement_of(subject)
            statement["predicate"]["judged"] = judged
            change(statement["predicate"])
            content = json.dumps(statement).encode()
            manifest["layers"][0].update(digest=pusher.blob(repository, content), size=len(content))
            manifest["annotations"]["org.opencontainers.image.created"] = judged
            return {**pusher.manifest(repository, None, manifest, images.OCI_MANIFEST), "artifactType": REPORT_TYPE, "annotations": manifest["annotations"]}

        def listed(subject, *entries):
            pusher.manifest(repository, subject.replace(":", "-"), {"schemaVersion": 2, "mediaType": referrers.INDEX, "manifests": list(entries)}, referrers.INDEX)

        def stranger(predicate):
            predicate["images"] = [{**predicate["images"][0], "digest": "sha256:" + "1" * 64}]

        def with_an_error(predicate):
            predicate["images"][0]["findings"].append({"code": "os-mismatch", "severity": "error", "component": "openeuler", "message": "It is another one."})

        def unproven(predicate):
            predicate["images"][0]["findings"].append({"code": "unproven", "severity": "warning", "component": "", "message": "Parts could not be read."})

        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        table = (("an image of no index", top, lambda: forged(top, stranger, "2026-01-02T00:00:00Z"), "it says nothing of sha256:"),
                 ("one platform of two", top, lambda: forged(top, lambda predicate: predicate["images"].pop()), "it says nothing of sha256:"),
                 ("one platform too many", top, lambda: forged(top, lambda predicate: predicate["images"].append({**predicate["images"][0], "digest": "sha256:" + "1" * 64})), "it speaks of sha256:1111"),
                 ("pass over an error", top, lambda: forged(top, with_an_error), "pass, but its findings say fail"),
                 ("pass over what is unknown", top, lambda: forged(top, unproven), "pass, but its findings say unknown"),
                 ("the future", top, lambda: forged(top, lambda predicate: None, soon), f"it says to be of {soon}"),
                 ("another image than its subject", child, lambda: forged(child, stranger), "which is not its subject"))
        for what, subject, make, words in table:
            platform = [] if subject == top else ["--platform", "linux/amd64"]
            entry = make()
            listed(subject, entry)
            for each in index["manifests"]:  # no platform's own report speaks in place of the index's
                if subject == top:
                    listed(each["digest"])
            status, report, errors = self.run("verify", *platform, name)
            answer = report["answers"][0] if report else {}
            problems = [] if status == 3 and answer.get("verdict") == "none" and len(answer["problems"]) == 1 and words in answer["problems"][0] else [f"alone: {status} {report} {errors}"]
            late = {**entry, "annotations": {**entry.get("annotations", {}), "org.opencontainers.image.created": "9999-01-01T00:00:00Z"}}  # so that it is looked at first
            listed(subject, reports[subject], late)
            status, report, errors = self.run("verify", *platform, name)
            answer = report["answers"][0] if report else {}
            problems += [] if status == 3 and answer.get("report") == reports[subject]["digest"] and len(answer["problems"]) == 1 else [f"beside a true one: {status} {report} {errors}"]
            self.tally.check(f"a statement that tells of {what} is told and not believed", problems)
        # Debian's docker-registry refuses such an entry; others list what they are given.
        unreadable = {"mediaType": images.OCI_MANIFEST, "digest": "sha384:" + "a" * 96, "size": 10, "artifactType": REPORT_TYPE}
        proxy = referrers.Proxy(server, "lists")
        problems = []
        for entries, verdict in (([reports[top], unreadable], "pass"), ([unreadable], "none")):
            proxy.referrers[repository, top] = entries
            status, report, errors = self.run("verify", f"{proxy.host}/{repository}:{TRUE_TAG}")
            answer = report["answers"][0] if report else {}
            problems += [] if status == 3 and answer.get("verdict") == verdict and len(answer["problems"]) == 1 and "1 of its entries cannot be read" in answer["problems"][0] else [f"{status} {report} {errors}"]
        proxy.shutdown()
        self.tally.check("entries that cannot be read are told, with a true report and without", problems)
        # The platforms' reports are good, the index's is not: that stays told.
        listed(top, forged(top, stranger))
        for each in index["manifests"]:
            listed(each["digest"])
        listed(child, reports[child])
        status, report, errors = self.run("verify", name)
        self.tally.check("what is wrong with an index's report is told beside those of its platforms", [] if status == 3 and [len(each["problems"]) for each in report["answers"]] == [1, 0, 0] else [f"{status} {report} {errors}"])
        # None of that keeps a true report away.
        listed(top, forged(top, lambda predicate: None, "2999-01-01T00:00:00Z"))
        status, report, errors = self.run("attach", name)
        self.tally.check("a report from the future keeps no report away", [] if status == 0 and set(self.outcomes(report)) <= {"attached", "unchanged"} and "attached" in self.outcomes(report) else [f"{status} {report} {errors}"])

    # ---- several writers ----

    def writers(self, server, host, repository, word):
        """Processes that attach to one image at once; each has a tag of its own, so a report of its own."""
        tags = [f"1.{number}-oe2203sp3" for number in range(5)]
        pusher = fleet.Pusher(server)
        for tag in tags:
            pusher.image(repository, tag, {"amd64": stacks()["amd64"]})
        with concurrent.futures.ThreadPoolExecutor(len(tags)) as threads:
            done = list(threads.map(lambda tag: self.run("attach", "--plain-http", f"{host}/{repository}:{tag}"), tags))
        problems = [f"{status} {report} {errors}" for status, report, errors in done if status != 0 or self.outcomes(report) != ["attached"] * 2]
        index = self.top_digest(server, repository, tags[0])
        child = self.get(server, f"/v2/{repository}/manifests/{index}", referrers.INDEX)[0]["manifests"][0]["digest"]
        for digest in (index, child):
            names = sorted(each["annotations"]["veritag.name"] for each in self.fallback(server, repository, digest))
            problems += [] if names == [f"{repository}:{tag}" for tag in tags] else [f"{digest}: {names}"]
        self.tally.check(f"five writers at once lose nothing ({word})", problems)

    # ---- a registry that lists referrers ----

    def listing_registry(self, server):
        repository = "openeuler/listed"
        pusher = fleet.Pusher(server)
        for tag in (TRUE_TAG, LYING_TAG):
            pusher.image(repository, tag, stacks())
        for mode in ("lists", "unfiltered"):
            proxy = referrers.Proxy(server, mode)
            name = f"{proxy.host}/{repository}"
            status, report, errors = self.run("attach", f"{name}:{TRUE_TAG}", f"{name}:{LYING_TAG}")
            digest = self.top_digest(server, repository, TRUE_TAG)
            good = status == 1 and self.outcomes(report) == ["attached"] * 6 and all(each["listedBy"] == "registry" for each in report["subjects"])
            problems = [] if good else [f"{status} {report} {errors}"]
            problems += [] if not self.fallback(server, repository, digest) else ["there is a fallback tag"]
            for entry in proxy.referrers[repository, digest]:
                problems += self.artifact_problems(server, repository, digest, entry)
            proxy.requests.clear()
            status, report, errors = self.run("attach", f"{name}:{TRUE_TAG}", f"{name}:{LYING_TAG}")
            problems += [] if status == 1 and self.outcomes(report) == ["unchanged"] * 6 and not proxy.made("POST", "PUT") else [f"again: {status} {report} {errors} {proxy.made('POST', 'PUT')}"]
            for tag, expected in ((TRUE_TAG, 0), (LYING_TAG, 1)):
                status, report, errors = self.run("verify", f"{name}:{tag}")
                problems += [] if status == expected else [f"{tag}: {status} {report} {errors}"]
            self.tally.check(f"a registry that lists referrers ({mode})", problems)
            proxy.shutdown()

    def refusals_of_the_list(self, server):
        def problems_of(mode):
            repository = f"openeuler/without{mode}"
            fleet.Pusher(server).image(repository, TRUE_TAG, {"amd64": stacks()["amd64"]})
            proxy = referrers.Proxy(server, mode)
            status, report, errors = self.run("attach", f"{proxy.host}/{repository}:{TRUE_TAG}")
            problems = [] if status == 0 and self.outcomes(report) == ["attached"] * 2 and {each["listedBy"] for each in report["subjects"]} == {"tag"} else [f"{status} {report} {errors}"]
            status, report, errors = self.run("verify", f"{proxy.host}/{repository}:{TRUE_TAG}")
            problems += [] if status == 0 else [f"{status} {report} {errors}"]
            proxy.shutdown()
            return problems

        modes = ("404", "405", "406", "401", "html")
        with concurrent.futures.ThreadPoolExecutor(len(modes)) as threads:
            for mode, problems in zip(modes, threads.map(problems_of, modes)):
                self.tally.check(f"\"{mode}\" in place of a list means the fallback tag", problems)

    # ---- where pushing is refused ----

    def refused(self, server):
        repository = "openeuler/refused"
        fleet.Pusher(server).image(repository, TRUE_TAG, {"amd64": stacks()["amd64"]})
        with ReadOnlyRegistry(self.work / "readonly", data=server.data) as read_only:
            status, report, errors = self.run("attach", f"{read_only.host}/{repository}:{TRUE_TAG}")
            messages = [each.get("error", {}).get("message", "") for each in report["subjects"]] if report else []
            self.tally.check("a read-only registry says 405, and that is told with what it means", [] if status == 3 and messages and all("HTTP 405" in text and "read-only" in text for text in messages) else [f"{status} {report} {errors}"])
        proxy = referrers.Proxy(server)
        for refusal, words in ((401, "no such project or no access"), (403, "may not push"), (405, "read-only"), (413, "raise the limit"), (501, "read-only")):
            proxy.refuse_pushes = refusal
            proxy.requests.clear()
            status, report, errors = self.run("attach", f"{proxy.host}/{repository}:{TRUE_TAG}")
            messages = [each.get("error", {}).get("message", "") for each in report["subjects"]] if report else []
            good = status == 3 and messages and all(f"HTTP {refusal}" in text and words in text and "no pushes today" in text for text in messages)
            self.tally.check(f"a push that is refused with {refusal}", [] if good else [f"{status} {messages} {errors}"])
        proxy.shutdown()

    def with_login(self, certificates):
        with registry.Registry(self.work / "tls", certificates) as server:
            layout = images.Layout(self.work / "layout")
            descriptor, blobs = layout.add("app", images.Image(stacks()["amd64"], "amd64"))
            server.put("openeuler/app", LYING_TAG, descriptor, blobs)
            name, ca_file = f"{server.host}/openeuler/app:{LYING_TAG}", str(certificates / "ca.crt")
            login = ["--ca-file", ca_file, "--username", registry.USER, "--password-stdin"]
            status, report, errors = self.run("attach", *login, name, text=registry.PASSWORD)
            problems = [] if status == 1 and self.outcomes(report) == ["attached"] else [f"{status} {report} {errors}"]
            entries = self.fallback(server, "openeuler/app", descriptor["digest"])
            problems += [] if len(entries) == 1 else [f"{entries}"]
            problems += [text for entry in entries for text in self.artifact_problems(server, "openeuler/app", descriptor["digest"], entry)]
            status, report, errors = self.run("verify", "--ca-file", ca_file, "--authfile", str(server.auth_file()), name)
            problems += [] if status == 1 and report["answers"][0]["verdict"] == "fail" else [f"{status} {report} {errors}"]
            self.tally.check("TLS and a login: a single manifest has one report", problems)
            status, report, errors = self.run("verify", "--ca-file", ca_file, name)
            self.tally.check("without a login it says so", [] if status == 3 and report["answers"][0]["error"]["code"] == "auth" and registry.PASSWORD not in json.dumps(report) else [f"{status} {report} {errors}"])

    # ---- the daemon ----

    def by_daemon(self):
        server = TellingRegistry(self.work / "telling")
        self.daemon = daemon.Daemon(self.path, self.work / "daemon", {}, {"HOOK": HOOK_SECRET})
        server.hook = f"http://127.0.0.1:{self.daemon.port}/hooks/local"
        with server:
            self.daemon.settings = {"registries": [{"registry": server.host, "plain_http": True, "internal": True, "attach": True}], "targets": [{"name": "fleet", "registry": server.host}], "settle": "1s",
                                    "hooks": [{"name": "local", "kind": "distribution", "registry": server.host, "authentication": "bearer", "secret_env": "HOOK"}]}
            self.daemon.token = self.daemon.make_token("tests", "admin")
            self.daemon.start()
            try:
                self.comes_to_rest(server)
            finally:
                self.daemon.stop()

    def settled(self):
        """When no job waits or runs, and none came for a while: jobs by kind."""
        last, since = None, time.monotonic()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            jobs = self.daemon.jobs()
            now = sorted((job["id"], job["state"]) for job in jobs)
            if now != last or any(job["state"] in ("waiting", "running") for job in jobs):
                last, since = now, time.monotonic()
            elif time.monotonic() - since > 1.2:
                break
            time.sleep(0.05)
        kinds = {}
        for job in self.daemon.jobs():
            kinds.setdefault(job["kind"], []).append(job["state"])
        return kinds

    def counter(self, pattern):
        return sum(int(value) for value in re.findall(pattern, self.daemon.get("/metrics")[2].decode()))

    def comes_to_rest(self, server):
        repository = "openeuler/app"
        pusher = fleet.Pusher(server)
        pusher.image(repository, LYING_TAG, stacks())
        digest = self.top_digest(server, repository, LYING_TAG)
        attached = daemon.wait_for(lambda: self.fallback(server, repository, digest), 20)
        kinds = self.settled()
        problems = [] if attached and kinds == {"scan": ["done"], "attach": ["done"]} else [f"{kinds}", self.daemon.log()[-1500:]]
        status, report, errors = self.run("verify", f"{server.host}/{repository}:{LYING_TAG}")
        problems += [] if status == 1 else [f"{status} {report} {errors}"]
        ignored = self.counter(r'veritag_hooks_total\{sender="local",result="ignored"\} (\d+)')
        problems += [] if ignored > 0 else ["the registry told of no push of ours"]
        self.tally.check("a push is one scan and one attach; our own pushes are heard of and start nothing", problems)

        requests = self.counter(r"veritag_registry_requests_total\{[^}]*\} (\d+)")
        time.sleep(0.5)
        problems = [] if self.counter(r"veritag_registry_requests_total\{[^}]*\} (\d+)") == requests else ["requests go on"]
        for number in (1, 2):
            status, _, body = self.daemon.post("/api/v1/audits", {"target": "fleet"})
            job = json.loads(body)["id"]
            done = daemon.wait_for(lambda job=job: self.daemon.read(f"/api/v1/scans/{job}")["state"] == "done", 30)
            kinds = self.settled()
            problems += [] if done and kinds["audit"] == ["done"] * number and len(kinds["attach"]) == 1 and len(kinds["scan"]) == 1 else [f"audit {number}: {kinds}", self.daemon.log()[-1000:]]
        problems += [] if len(self.fallback(server, repository, digest)) == 1 else ["the audits attached again"]
        self.tally.check("audits of what did not change attach nothing and ask for nothing more", problems)

        # A report as somebody else pushes it: by digest, and under a tag of its own choice.
        entry = self.fallback(server, repository, digest)[0]
        manifest, _, _ = self.get(server, f"/v2/{repository}/manifests/{entry['digest']}", images.OCI_MANIFEST)
        manifest["annotations"]["again"] = "yes"
        pusher.manifest(repository, None, manifest, images.OCI_MANIFEST)
        pusher.manifest(repository, "9.9-oe2203sp4", manifest, images.OCI_MANIFEST)
        kinds = self.settled()
        images_known = {(each["repository"], each["tag"]) for each in self.daemon.images()}
        self.tally.check("a report under a tag is looked at once and is no image", [] if len(kinds["attach"]) == 1 and len(kinds["scan"]) <= 2 and images_known == {(repository, LYING_TAG)} else [f"{kinds} {images_known}", self.daemon.log()[-1500:]])

        # What changed is said anew, on the new image.
        pusher.image(repository, LYING_TAG, stacks("rebuilt"))
        rebuilt = self.top_digest(server, repository, LYING_TAG)
        attached = daemon.wait_for(lambda: self.fallback(server, repository, rebuilt), 20)
        kinds = self.settled()
        self.tally.check("a rebuilt image gets its own report", [] if attached and len(kinds["attach"]) == 2 and len(self.fallback(server, repository, digest)) == 1 else [f"{kinds}", self.daemon.log()[-1500:]])

    def run_all(self):
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            certificates = threads.submit(registry.make_certificates, self.work / "certificates")
            by_daemon = threads.submit(self.by_daemon)  # it mostly waits for nothing to happen
            with registry.Registry(self.work / "registry") as server:
                self.behind_the_tag(server)
                self.hostile(server)
                self.lies(server)
                self.writers(server, server.host, "openeuler/many", "a registry that heeds no If-Match")
                proxy = referrers.Proxy(server, "404", if_match=True)
                self.writers(server, proxy.host, "openeuler/heeded", "If-Match is heeded")
                self.listing_registry(server)
                self.refusals_of_the_list(server)
                self.refused(server)
            self.with_login(certificates.result())
            by_daemon.result()
        self.tally.check("JSON of attach and verify is as their schemas have it", self.wrong_form[:5] + ([] if self.outputs > 50 else [f"only {self.outputs} were looked at"]))
        print(f"in {time.monotonic() - started:.1f} s")
        print(f"{self.tally.passed} passed, {self.tally.failed} failed")
        return 1 if self.tally.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--veritag", required=True)
    parser.add_argument("--work", default="attach-test")
    parser.add_argument("--verbose", action="store_true")
    return Attach(parser.parse_args()).run_all()


if __name__ == "__main__":
    sys.exit(main())
