#!/usr/bin/env python3
"""Audits of a small fleet in two real registries: every lie is found and none invented, the next audit asks for nothing but digests, and
neither new rules nor kills nor a full disk change what is known.

usage: audit_test.py --veritag PROGRAM [--work DIR] [--kills N] [--verbose]
"""
import argparse
import collections
import concurrent.futures
import contextlib
import json
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import chinese  # noqa: E402
import faults  # noqa: E402
import fleet  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402

# What befalls requests: the first ones are mended by asking again.
MENDED = (("once",), ("once", "no digest", "redirect"), ("loop",), ("tokens", "redirect"))
FAULTS = (*MENDED, ("wrong lengths",), ("foreign link",))
RULE = """component: sample-extra
kind: tool
title: Extra
names: [sample-extra]
evidence:
  - {file: 'FILE', read: '(.*)'}
examples: []
"""


class LoggedRegistry(registry.Registry):
    """Tells what was asked of it."""

    def configuration(self):
        return super().configuration().replace("log: {level: warn, accesslog: {disabled: true}}", "log: {level: warn}")

    def requests(self):
        """Counts by method and kind since the last call."""
        time.sleep(0.1)  # the last lines are on their way
        lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        fresh, self.seen = lines[getattr(self, "seen", 0):], len(lines)
        counts = collections.Counter()
        for method, path in re.findall(r'"(GET|HEAD|PUT|POST|PATCH|DELETE) (\S+) HTTP', "\n".join(fresh)):
            kind = next((kind for kind in ("manifests", "blobs", "tags", "_catalog") if f"/{kind}" in path), "other")
            counts[method, kind] += 1
        return counts


class Audits:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(options.work).resolve()
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.tally = run_matrix.Tally(options.verbose)
        self.program = run_matrix.Program(options.veritag, self.work)
        self.store = self.work / "store/store.sqlite"

    def veritag(self, *arguments, store=None):
        status, out, errors = self.program.run(*arguments, "--store", str(store or self.store))
        return status, out, errors

    def audit(self, *arguments, store=None):
        status, out, errors = self.veritag("audit", "--plain-http", "--no-progress", "--format", "json", *arguments, *self.hosts, store=store)
        return status, json.loads(out) if out else None, errors

    def check_audit(self, name, audit, more=()):
        status, report, errors = audit
        problems = list(more)
        if report is None:
            problems.append(f"exit status {status}: {errors[:500]}")
        else:
            problems += self.fleet.compare(report, self.registries)[:10]
            problems += [f"exit status {status}"] if status != 1 else []
            problems += [errors[:300]] if errors.strip() else []
        self.tally.check(name, problems)

    # ---- what is found, and what it costs ----

    def found(self):
        self.main.requests()
        first = self.audit()
        read = first[1]["summary"]["layersAnalyzed"]
        self.tally.check("the first audit reads each layer once", [] if read == len(self.layers()) else [f"{read} were read, there are {len(self.layers())}"])
        self.fleet.push_rebuilt(self.main)
        self.check_audit("every lie is found and none invented", self.audit())
        self.main.requests(), self.mirror.requests()
        second = self.audit()
        main, mirror = self.main.requests(), self.mirror.requests()
        tags = len(self.fleet.images), len(self.fleet.mirror)
        problems = []
        for counts, expected in ((main, tags[0]), (mirror, tags[1])):
            asked = {key: value for key, value in counts.items() if key[1] not in ("tags", "_catalog", "other")}
            if asked != {("HEAD", "manifests"): expected}:
                problems.append(f"asked {dict(asked)}, expected {expected} HEADs")
        self.check_audit("an unchanged fleet costs one HEAD a tag and no blob", second, problems)
        self.report_of_second = second[1]

    def layers(self):
        every = {layer.digest for images in (self.fleet.images, self.fleet.mirror) for stacks in images.values() for layers in stacks.values() for layer in layers}
        return every

    def stored(self):
        """`report` shows what the audit showed, and what changed since another one."""
        status, out, errors = self.veritag("report", "--format", "json")
        report = json.loads(out) if out else {"images": [], "targets": None}
        images = sorted(report["images"], key=lambda image: (image["reference"], image["platform"]))
        expected = sorted(self.report_of_second["images"], key=lambda image: (image["reference"], image["platform"]))
        self.tally.check("the stored report is the audit's", [] if status == 1 and images == expected and report["targets"] == self.report_of_second["targets"] else [
            f"exit status {status}, {len(images)} images, {errors[:300]}", *[f"{a['reference']} differs" for a, b in zip(images, expected) if a != b][:3]])
        told = chinese.problems(report, json.loads(self.veritag("report", "--format", "json", "--lang", "zh")[1]))
        self.tally.check("the stored report in Chinese says what the English one says", told[:10])
        status, out, _ = self.veritag("report", "--list")
        self.tally.check("the audits are listed", [] if status == 0 and len(out.splitlines()) == 3 else [f"exit status {status}: {out}"])
        status, out, errors = self.veritag("report", "--audit", "2", "--diff", "1", "--format", "json")
        change = json.loads(out) if out else {}
        fresh = collections.Counter(each["code"] for each in change.get("new", []) if each["severity"] != "info")
        stale = sum(2 for codes in self.fleet.expected.values() if codes == {"parent-stale"})
        self.tally.check("what is new since the first audit", [] if dict(fresh) == {"parent-stale": stale} and not change["mended"] else [f"exit status {status}, new {dict(fresh)}, mended {len(change.get('mended', []))}, {errors[:300]}"])
        status, out, _ = self.veritag("report", "--format", "dot")
        child = next(tag for repository, tag in self.fleet.images if repository == "openeuler/pytorch")
        edge = f'"{self.main.host}/openeuler/pytorch:{child}" -> "{self.main.host}/openeuler/cann:{child.split("-cann")[1]}"'
        self.tally.check("the family tree has the framework on its SDK", [] if edge in out else [f"exit status {status}, no {edge}"])
        status, out, _ = self.veritag("report")
        self.tally.check("the table groups by cause", [] if "Findings by cause" in out and "os-mismatch" in out and "repositories" in out else [out[:500]])
        status, _, errors = self.veritag("report", "--audit", "99")
        self.tally.check("an audit that is not there", [] if status == 2 and "no such audit" in errors else [f"exit status {status}: {errors}"])

    def lineage(self):
        """Lies that content alone does not show hang on what was published below."""
        image = next(image for image in self.report_of_second["images"] if image["repository"] == "openeuler/pytorch" and image["verdict"] == "pass")
        names = [ancestor["reference"].split("/", 1)[1] for ancestor in image["lineage"] if ancestor["reference"].startswith(self.main.host)]
        expected = image["tag"].split("-cann")[1]
        self.tally.check("ancestors are listed, the nearest first", [] if names and names[0] == f"openeuler/cann:{expected}" and any(name.startswith("openeuler/openeuler:") for name in names) else [
            f"{image['reference']}: {names}"])

    def filtered(self):
        status, report, errors = self.audit("--repository", "openeuler/cann", "--tag", "*-oe2203*")
        tags = sorted({image["repository"] + ":" + image["tag"] for image in report["images"]}) if report else []
        expected = sorted(f"{repository}:{tag}" for repository, tag in self.fleet.images if repository == "openeuler/cann" and "-oe2203" in tag)
        self.tally.check("globs choose repositories and tags", [] if tags == expected else [f"exit status {status}: {tags}, {errors[:300]}"])
        # What a filter leaves out is still there: an older build of it below an image is stale, not gone.
        stale = next(key for key, codes in self.fleet.expected.items() if codes == {"parent-stale"})
        _, report, errors = self.audit("--repository", "openeuler/{openeuler," + stale[1].split("/")[1] + "}", "--tag", stale[2], "--tag", "22.03-lts-sp1x")
        codes = {finding["code"] for image in report["images"] for finding in image["findings"]} if report else set()
        self.tally.check("a parent that the filter leaves out is not gone", [] if "parent-stale" in codes else [f"{sorted(codes)}, {errors[:300]}"])
        names = self.work / "names"
        names.write_text(f"# two of them\n{self.main.host}/openeuler/cann\n{self.main.host}/openeuler/openeuler:22.03-lts\n", encoding="utf-8")
        status, out, errors = self.veritag("audit", "--plain-http", "--no-progress", "--format", "json", "--list", str(names))
        tags = sorted({image["repository"] + ":" + image["tag"] for image in json.loads(out)["images"]}) if out else []
        expected = sorted([*(f"{repository}:{tag}" for repository, tag in self.fleet.images if repository == "openeuler/cann"), "openeuler/openeuler:22.03-lts"])
        self.tally.check("a list of names", [] if tags == expected else [f"exit status {status}: {tags}, {errors[:300]}"])

    def parts(self):
        """A look at a part finds no less of it: what only others show stays told until they are looked at again."""
        store = self.work / "parts/store.sqlite"
        store.parent.mkdir()
        with contextlib.closing(sqlite3.connect(self.store)) as source, contextlib.closing(sqlite3.connect(store)) as copy:
            source.backup(copy)
        names = self.work / "parts/latest"
        pages = self.work / "parts/pages"
        self.veritag("report", "--output-tree", str(pages), store=store)
        hosts = {word: host for host, word in self.registries.items()}
        names.write_text("".join(f"{hosts[key[0]]}/{key[1]}:{key[2]}\n" for key, codes in self.fleet.expected.items() if "alias-stale" in codes), encoding="utf-8")
        for what, *arguments in (("one repository", f"{self.main.host}/openeuler/pytorch"), ("one of two registries", self.mirror.host), ("single tags", "--list", str(names))):
            status, out, errors = self.veritag("audit", "--plain-http", "--no-progress", "--format", "json", *arguments, store=store)
            found = collections.defaultdict(set)
            for image in json.loads(out)["images"] if out else []:
                found[self.registries[image["registry"]], image["repository"], image["tag"]] |= {finding["code"] for finding in image["findings"] if finding["severity"] != "info"}
            problems = [f"{key}: found {sorted(codes)}, expected {sorted(self.fleet.expected[key])}" for key, codes in sorted(found.items()) if codes != self.fleet.expected[key]]
            told = set().union(*found.values())
            relations = {"parent-mismatch", "mirror-divergence", "alias-stale"} & {code for key in found for code in self.fleet.expected[key]}
            problems += self.changed_pages(pages, store)
            self.tally.check(f"a look at {what} alone finds the same of it ({len(found)} tags, {', '.join(sorted(relations))})", problems[:5] or ([] if status in (0, 1) and relations and relations <= told else [f"exit status {status}: {errors[:300]}"]))

        for what in (("--platform", "linux/arm64"), ("--created-since", "2024-01-01"), ("--platform", "linux/amd64", "--created-since", "2024-01-01")):
            status, _, errors = self.veritag("audit", "--plain-http", "--no-progress", *what, *self.hosts, store=store)
            self.tally.check(f"what {' '.join(what)} leaves out stays as it was", self.changed_pages(pages, store) or ([] if status in (0, 1) else [f"exit status {status}: {errors[:300]}"]))
        _, out, _ = self.veritag("report", "--diff", "2", "--format", "json", store=store)
        self.tally.check("and is not told as mended", [f"{each['code']} of {each['reference']} {each['platform']}" for each in json.loads(out)["mended"] if each["severity"] != "info"][:5] if out else ["no report"])

    def changed_pages(self, pages, store):
        """What the pages of all tags say otherwise than before."""
        before = {path: path.read_bytes() for path in pages.rglob("*.md")}
        self.veritag("report", "--output-tree", str(pages), store=store)
        after = {path: path.read_bytes() for path in pages.rglob("*.md")}
        problems = [] if before else ["no pages"]
        for path in sorted({*before, *after}):
            if before.get(path) != after.get(path):
                old, new = (text.get(path, b"").decode().splitlines() for text in (before, after))
                problems.append(f"{path.name}: {[line for line in [*old, *new] if (line in old) != (line in new)][:4]}")
        for path, text in before.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        return problems[:3]

    def chosen(self):
        """By platform and by age; and a first look that needs no layer."""
        def audit(*arguments):
            status, out, errors = self.program.run("audit", "--plain-http", "--no-progress", "--no-store", "--format", "json", *arguments)
            return status, json.loads(out) if out else {"images": [], "skipped": [], "summary": {}}, errors

        names = self.work / "image-scanning-config.yml"
        names.write_text(f"repos:\n  - registry: {self.main.host}\n    namespace: openeuler\n    arches: [aarch64]\n    images: [cann]\n", encoding="utf-8")
        status, report, errors = audit("--list", str(names))
        platforms = collections.Counter(image["platform"] for image in report["images"])
        expected = sum(repository == "openeuler/cann" for repository, _ in self.fleet.images)
        self.tally.check("the platforms that a list names are looked at, and no others", [] if platforms == {"linux/arm64": expected} else [f"exit status {status}: {platforms}, {errors[:300]}"])

        status, report, errors = audit("--created-since", "2024-01-01", self.main.host)
        tags = {(image["repository"], image["tag"]) for image in report["images"]}
        skipped = report["summary"].get("skipped", 0)
        self.tally.check("images of a certain age", [] if tags == set(self.fleet.rebuilt) and skipped == 2 * (len(self.fleet.images) - len(tags)) else [f"exit status {status}: {sorted(tags)}, {skipped} skipped, {errors[:300]}"])
        accused = [finding["code"] for image in report["images"] for finding in image["findings"] if finding["code"] == "parent-mismatch"]
        self.tally.check("what is too old to be looked at may still be a parent", accused)

        before = self.content(self.store)
        status, report, errors = self.audit("--configs-only")
        verdicts = collections.Counter(image["verdict"] for image in report["images"])
        told = {(image["repository"], image["tag"]) for image in report["images"] for finding in image["findings"] if "configs alone" in finding["message"]}
        wrong_parents = {key[1:] for key, codes in self.fleet.expected.items() if key[0] == "main" and codes & {"parent-mismatch", "parent-stale"}}
        # That digests differ is proven without a layer.
        failed = {finding["code"] for image in report["images"] if image["verdict"] == "fail" for finding in image["findings"] if finding["severity"] == "error"}
        problems = [f"{verdicts}, {failed}"] if not set(verdicts) <= {"unknown", "fail"} or failed - {"mirror-divergence"} else []
        problems += [f"{report['summary']['layersAnalyzed']} layers were read"] if report["summary"]["layersAnalyzed"] else []
        problems += [f"told of {sorted(told ^ wrong_parents)[:5]}"] if told != wrong_parents else []
        problems += [] if any(image["lineage"] for image in report["images"]) else ["no image has ancestors"]
        problems += ["the store has changed"] if self.content(self.store) != before else []
        self.tally.check("a first look by configs alone tells of parents, proves nothing and is not kept", problems)

    def declared(self):
        """A meta.yml for what is there, with one tag that is not, without one that is, and with an architecture that is not."""
        tree = self.work / "tree"
        tags = sorted(tag for repository, tag in self.fleet.images if repository == "openeuler/cann")
        folder = tree / "AI/cann"
        lines = [f"{tag}:\n  path: {number}/Dockerfile\n" for number, tag in enumerate(tags[1:])] + ["9.9-oe2203sp4:\n  path: x/Dockerfile\n"]
        folder.mkdir(parents=True)
        (tree / "AI/image-list.yml").write_text("images:\n  cann: cann\n", encoding="utf-8")
        (folder / "meta.yml").write_text("".join(lines), encoding="utf-8")

        def check(*more):
            status, out, errors = self.program.run("catalog", "check", "--meta", str(tree), "--plain-http", "--format", "json", f"{self.main.host}/openeuler/cann", *more)
            return status, json.loads(out) if out else None, errors

        status, report, errors = check()
        found = sorted((finding["code"], finding["claimed"] or finding["observed"]) for finding in report["findings"]) if report else []
        expected = [("catalog-undeclared", f"openeuler/cann:{tags[0]}"), ("catalog-unpublished", "openeuler/cann:9.9-oe2203sp4")]
        self.tally.check("what is declared and what is published are compared both ways", [] if status == 0 and found == expected else [f"exit status {status}: {found}, {errors[:300]}"])
        told = chinese.problems(report, check("--lang", "zh")[1])
        self.tally.check("what is compared is told in Chinese as it is in English", told)
        status, out, errors = self.program.run("audit", "--plain-http", "--no-progress", "--no-store", "--format", "json", "--meta", str(tree), self.main.host)
        images = {image["tag"]: image for image in json.loads(out)["images"]} if out else {}
        self.tally.check("what is declared is audited, also where it is not there", [] if set(images) == {*tags[1:], "9.9-oe2203sp4"} and images["9.9-oe2203sp4"]["error"]["code"] == "not-found" else [
            f"exit status {status}: {sorted(images)}, {errors[:300]}"])
        self.tally.check("differences can be made to fail", [] if check("--fail-on", "warning")[0] == 1 else ["they do not"])
        waivers = self.work / "catalog-waivers.yml"
        waivers.write_text("waivers:\n" + "".join(f"  - {{target: '{name}', code: {code}, reason: r, owner: o, expiry: 2999-12-31}}\n" for code, name in
                                                  (("catalog-undeclared", "openeuler/cann:*"), ("catalog-unpublished", "AI/cann/*"))))
        status, report, errors = check("--fail-on", "warning", "--waivers", str(waivers))
        self.tally.check("differences can be waived", [] if status == 0 and all(finding["waived"] for finding in report["findings"]) else [f"exit status {status}: {report}, {errors[:300]}"])

    # ---- a registry that misbehaves ----

    def quick_audit(self, host):
        status, out, errors = self.program.run("audit", "--plain-http", "--no-progress", "--no-store", "--format", "json", host)
        return status, json.loads(out) if out else None, errors

    def audit_behind(self, kinds):
        """The proxy, what the audit through it says, and seconds."""
        proxy = faults.Proxy(self.main, kinds)
        started = time.monotonic()
        said = self.quick_audit(proxy.host)
        proxy.shutdown()
        return proxy, *said, time.monotonic() - started

    def hostile(self):
        """Whatever can be mended by asking again changes nothing; the rest is named."""
        def told(report):
            return {(image["repository"], image["tag"], image["platform"]): (image["verdict"], image["error"] and image["error"]["code"], sorted(finding["code"] for finding in image["findings"]))
                    for image in report["images"]}

        _, clean, _ = self.quick_audit(self.main.host)
        for kinds in MENDED:
            proxy, status, report, errors, took = self.behind[kinds].result()
            problems = [f"exit status {status}: {errors[:300]}"] if report is None or status != 1 else []
            if report:
                problems += [f"{key} differs: {value}, was {told(clean).get(key)}" for key, value in told(report).items() if value != told(clean).get(key)][:3]
                problems += [f"{len(report['images'])} images, {len(clean['images'])} without faults"] if len(report["images"]) != len(clean["images"]) else []
                problems += [f"{target['error']}" for target in report["targets"] if target["error"]]
            problems += [f"credentials went to {proxy.leaks[:3]}"] if proxy.leaks else []
            if "tokens" in kinds and not proxy.refused:
                problems.append("no token ever expired")
            if "once" in kinds:
                problems += [f"{kind} was never made" for kind in faults.MENDED if not proxy.made.get(kind)]
            self.tally.check(f"faults of the kind {', '.join(kinds)} change nothing ({took:.0f} s)", problems)

        proxy, _, report, errors, _ = self.behind["wrong lengths",].result()
        problems = [errors[:300]] if report is None else []
        named = 0
        for key, (verdict, error, codes) in told(report).items() if report else ():
            named += error is not None
            # Of what lies below an image less is known where that could not be read; nothing may be accused for it.
            before = told(clean).get(key, ("", None, []))[2]
            if error is None and not (set(codes) - {"parent-unknown", "platform-divergence"} <= set(before) and set(before) - {code for code in before if code.startswith(("parent-", "alias-"))} <= set(codes)):
                problems.append(f"{key} differs without an error: {codes}, was {before}")
        self.tally.check(f"{named} images that wrong lengths make unreadable are named", problems[:5] + ([] if named and all(proxy.made.get(kind) for kind in faults.NAMED) else [f"faults made: {proxy.made}"]))

        _, status, report, errors, _ = self.behind["foreign link",].result()
        error = report and report["targets"][0]["error"]
        self.tally.check("a link to another host is not followed, and the listing is not taken for whole", [] if status == 3 and error and "169.254.169.254" in error["message"] else [
            f"exit status {status}, {error}, {errors[:300]}"])

    # ---- rules ----

    def new_rules(self):
        """With the registries gone: nothing can be asked."""
        self.main.stop(), self.mirror.stop()
        self.check_audit("the same rules again, without network", self.audit("--offline"))
        folder = self.work / "rules"
        folder.mkdir()
        (folder / "extra.yaml").write_text(RULE.replace("FILE", "etc/nowhere"), encoding="utf-8")
        self.check_audit("new rules, without network", self.audit("--offline", "--rules", str(folder)))
        (folder / "extra.yaml").write_text(RULE.replace("FILE", "etc/passwd"), encoding="utf-8")
        status, report, _ = self.audit("--offline", "--rules", str(folder))
        errors = collections.Counter(image["error"]["code"] for image in report["images"] if image["error"]) if report else {}
        self.tally.check("rules that want what was not kept say so", [] if status in (1, 3) and set(errors) == {"io"} else [f"exit status {status}, {dict(errors)}"])
        status, report, errors = self.audit()
        self.tally.check("a dead registry is said, and exits with 3", [] if status == 3 and report and all(target["error"] for target in report["targets"]) else [f"exit status {status}: {errors[:300]}"])

    # ---- ends at any moment ----

    def content(self, store):
        """What a store knows, without times, numbers and what another round of the same leaves behind."""
        with contextlib.closing(sqlite3.connect(store)) as connection:
            def rows(query):
                return sorted(connection.execute(query).fetchall())
            (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
            (last,) = connection.execute("SELECT max(id) FROM audits WHERE ended IS NOT NULL").fetchone()
            return {"integrity": answer, "layers": rows("SELECT blob, compression, recipe, diff_id, analysis FROM layers"), "documents": rows("SELECT digest, body FROM documents"),
                    "images": rows("SELECT manifest, recipe, layers, image FROM images"), "tags": rows("SELECT registry, repository, tag, digest FROM tag_digests"),
                    "published": rows("SELECT * FROM published"), "audits": rows("SELECT targets, rules, ended IS NULL FROM audits"),
                    "judged": rows(f"SELECT registry, repository, tag, digest, judged FROM audit_references WHERE audit = {last or 0}")}

    def same_content(self, name, store, expected):
        found = self.content(store)
        self.tally.check(name, [f"{part}: {len(found[part])} rows, {len(expected[part])} expected" if isinstance(found[part], list) else f"{part}: {found[part]}"
                                for part in expected if found[part] != expected[part]])

    def killed(self):
        undisturbed = self.work / "undisturbed/store.sqlite"
        started = time.monotonic()
        self.check_audit("an undisturbed audit", self.audit(store=undisturbed), [])
        whole = time.monotonic() - started
        self.undisturbed = self.content(undisturbed)
        store = self.work / "killed/store.sqlite"
        command = [self.program.path, "audit", "--plain-http", "--no-progress", "--format", "json", "--store", str(store), *self.hosts]
        some, ended, latest = random.Random(5), 0, whole
        for number in range(self.options.kills):
            started = time.monotonic()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                # Most of the time early, so that the first audit is hit again and again; some at its end. The more the store knows, the sooner that comes.
                _, errors = process.communicate(timeout=some.uniform(0, latest * 1.1 if number % 10 == 0 else min(whole * 0.15, latest)))
                latest = time.monotonic() - started
            except subprocess.TimeoutExpired:
                process.kill()
                _, errors = process.communicate()
            ended += process.returncode == -signal.SIGKILL
            if errors.strip():
                self.tally.check(f"run {number} before it was killed", [errors.strip()[:300]])
        self.tally.check(f"{ended} of {self.options.kills} runs were killed in the middle", [] if ended > self.options.kills // 2 else ["too few"])
        self.check_audit("the next run goes on", self.audit(store=store))
        content = self.content(store)
        content["audits"] = content["audits"][:1]  # some kills came after an audit's end
        self.tally.check("the store equals that of an undisturbed run", [f"{part}: {len(content[part])} rows, {len(self.undisturbed[part])} expected" for part in content if content[part] != self.undisturbed[part]])

    @contextlib.contextmanager
    def mounted(self, name, options):
        folder = self.work / name
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "veritag-test", str(folder)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            self.tally.skip(name, f"a tmpfs cannot be mounted: {done.stderr.strip()}")
            yield None
            return
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)

    def full_disk(self):
        for size in ("384k", "640k"):
            with self.mounted(f"a full disk of {size}", f"size={size}") as folder:
                if folder is None:
                    continue
                store = folder / "store.sqlite"
                status, report, errors = self.audit(store=store)
                problems = self.fleet.compare(report, self.registries)[:5] if report else [f"exit status {status}: {errors[:300]}"]
                self.tally.check(f"with a disk of {size} the audit is told whole, and that the store failed", problems + ([] if "store failed" in errors else [f"stderr: {errors[:300]}"]))
                subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
                self.check_audit(f"with room again after {size}", self.audit(store=store))
                self.same_content(f"the store after a full disk of {size} equals that of an undisturbed run", store, self.undisturbed)

    def interrupted(self):
        """Ctrl-C reports what was done, with status 130, and what was done is not done again."""
        store = self.work / "interrupted/store.sqlite"
        command = [self.program.path, "audit", "--plain-http", "--no-progress", "--format", "json", "--jobs", "1", "--store", str(store), *self.hosts]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
        if process.returncode == 1:
            self.tally.check("interrupted too late to tell", [])
        else:
            report = json.loads(out) if process.returncode == 130 and out else {}
            problems = [] if report.get("schema") else [f"exit status {process.returncode}: {errors[:300]}"]
            problems += [] if report.get("complete") is False and report.get("state") == "interrupted" else [f"the report does not say that it was interrupted: {out[:500]}"]
            problems += [] if any(each["error"] and each["error"]["code"] == "cancelled" for each in report.get("targets", [])) else ["no target has an error"]
            problems += [] if all(image["error"] is None for image in report.get("images", [])) else ["an image that was not reached is an error"]
            self.tally.check("Ctrl-C ends with 130 and a report that says so", problems)
        self.check_audit("the audit after it goes on", self.audit(store=store))

    def run(self):
        started = time.monotonic()
        self.fleet = fleet.Fleet(repositories=10, tags=60, lies=2, mirrored=2)
        with LoggedRegistry(self.work / "main") as self.main, LoggedRegistry(self.work / "mirror") as self.mirror, contextlib.ExitStack() as outer:
            self.registries = {self.main.host: "main", self.mirror.host: "mirror"}
            self.hosts = list(self.registries)
            self.fleet.push(self.main)
            self.fleet.push_mirror(self.mirror)
            self.found()
            # These audits wait most of their time before they ask again, so they do it beside the rest; from here on nothing is pushed.
            threads = outer.enter_context(concurrent.futures.ThreadPoolExecutor(len(FAULTS)))
            self.behind = {kinds: threads.submit(self.audit_behind, kinds) for kinds in FAULTS}
            for part in (self.stored, self.lineage, self.filtered, self.parts, self.chosen, self.declared):
                part()
            # A first audit knows no older build: from here on nothing is stale.
            self.fleet.expected = collections.defaultdict(set, {key: codes for key, codes in self.fleet.expected.items() if codes != {"parent-stale"}})
            old_parents = [key for key, codes in fleet.Fleet(repositories=10, tags=60, lies=2, mirrored=2).expected.items() if codes == {"parent-stale"}]
            for part in (self.killed, self.hostile, self.full_disk, self.interrupted):
                part()
            for key in old_parents:
                self.fleet.expected[key] = {"parent-stale"}
            self.new_rules()
        skipped = f", {len(self.tally.skipped)} skipped" if self.tally.skipped else ""
        print(f"{self.tally.passed} passed, {self.tally.failed} failed{skipped} ({time.monotonic() - started:.0f} s)")
        return 1 if self.tally.failed or not self.tally.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/audit"), help="directory for registries and stores")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--verbose", action="store_true")
    sys.exit(Audits(parser.parse_args()).run())


if __name__ == "__main__":
    main()
