#!/usr/bin/env python3
"""Reads images of zstd:chunked and eStargz layers in part, from a real registry: the same findings for a few of the bytes, and no lie survives
a full read.

usage: partial_test.py --veritag PROGRAM [--work DIR] [--verbose]
"""
import argparse
import functools
import json
import os
import pathlib
import random
import shutil
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import chunked  # noqa: E402
import contents  # noqa: E402
import images  # noqa: E402
import registry  # noqa: E402
import run_matrix  # noqa: E402
import synthetic  # noqa: E402

RELEASE, OTHER_RELEASE = "22.03-LTS-SP4", "22.03-LTS-SP2"
TAG, LYING_TAG = "pytorch2.1.0-cann8.0.RC1-oe2203sp4", "pytorch2.2.0-cann8.0.RC1-oe2203sp4"
LIBRARY_BYTES = 12 << 20
MOST_SHARE = 0.02  # of the layers' bytes
MAKERS = {"zstd-chunked": chunked.ZstdChunkedLayer, "estargz": chunked.EstargzLayer}


def bulk(seed, place, libraries):
    """What fills an AI image: libraries of which a third cannot be compressed, and small Python files."""
    rng = random.Random(seed)
    words = [rng.randbytes(rng.randint(2, 6)) for _ in range(4096)]
    code = [b"".join(rng.choices(words, k=4096)) for _ in range(64)]
    entries = []
    for number in range(libraries):
        pieces = [contents.elf("amd64").ljust(4096, b"\0")]
        size = 4096
        while size < LIBRARY_BYTES:
            pieces.append(rng.randbytes(16384) if rng.random() < 0.36 else rng.choice(code))
            size += len(pieces[-1])
        entries.append(images.program(f"{place}/lib/libpart{number}.so.1", b"".join(pieces)))
        entries += [images.file(f"{place}/python/package{number}/module{i}.py", f"# {rng.getrandbits(64)}\n" * rng.randint(10, 400)) for i in range(100)]
    return entries


def base_entries(release=RELEASE):
    return contents.root_tree("amd64") + contents.openeuler_os_files(release) + [
        images.file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(contents.openeuler_rpms(release, "amd64")))]


@functools.cache
def sdk_entries():
    return contents.cann("8.0.RC1", machine="x86_64") + bulk(1, "usr/local/Ascend/ascend-toolkit/8.0.RC1", 3)


@functools.cache
def framework_entries():
    return bulk(2, contents.SITE_PACKAGES + "/torch", 3) + contents.torch("2.1.0") + contents.torch_npu("2.1.0")


def ai_image(make):
    return images.Image([images.Layer(base_entries()), make(sdk_entries()), make(framework_entries())], architecture="amd64")


def system_image(make, lie=None, release=RELEASE):
    """An operating system alone, in one layer with a table, padded so that a partial reading is worth it."""
    return images.Image([make(base_entries(release) + bulk(3, "opt/data", 1), lie=lie)], architecture="amd64")


# What a table may say that the tar does not.

def show_another_release(layer, toc):
    """The table leads to a release file that no decoder of the whole layer sees."""
    text = next(entry.content for entry in contents.openeuler_os_files(OTHER_RELEASE) if entry.path == "usr/lib/os-release")
    entry = layer.find("usr/lib/os-release")
    entry["offset"], entry["endOffset"] = layer.hide(text)
    entry["size"], entry["digest"] = len(text), images.digest_of(text)
    del toc


def drop_an_entry(layer, toc):
    toc["entries"].remove(layer.find("etc/openEuler-release"))


def add_an_entry(layer, toc):
    toc["entries"].append({"type": "dir", "name": "usr/local/Ascend/", "mode": 0o755})
    del layer


def turn_a_link(layer, toc):
    layer.find("etc/os-release")["linkName"] = "/opt/other"
    del toc


LIES = {"another release in a hidden frame": (chunked.ZstdChunkedLayer, show_another_release), "an entry left out": (chunked.ZstdChunkedLayer, drop_an_entry),
        "an entry too many": (chunked.ZstdChunkedLayer, add_an_entry), "a link that leads elsewhere": (chunked.EstargzLayer, turn_a_link)}


def told(image):
    """All that a report says of an image but how it was read."""
    return {key: value for key, value in image.items() if key not in ("partialLayers", "restoredLayers", "reference", "tag", "digest")}


class Suite:
    def __init__(self, program, tally, server, work):
        self.program, self.tally, self.server, self.work, self.layout = program, tally, server, work, images.Layout(str(work / "layout"))

    def push(self, tag, image):
        descriptor, blobs = self.layout.add(tag, image)
        self.server.put("openeuler/pytorch", tag, descriptor, blobs)
        return blobs

    def scan(self, *arguments, reference=None, tag=TAG):
        status, report, errors = self.program.scan("--plain-http", *arguments, reference or f"{self.server.host}/openeuler/pytorch:{tag}")
        if report is None:
            raise RuntimeError(f"no report: {errors}")
        return status, report

    def compare(self, name, whole, partial, expected_layers, layer_bytes=None):
        problems = []
        ours, theirs = (told(report["images"][0]) for _, report in (partial, whole))
        problems += [f"{key} differs: {ours[key]!r} in part, {theirs[key]!r} whole" for key in theirs if ours.get(key) != theirs[key]]
        if partial[0] != whole[0]:
            problems.append(f"exit status {partial[0]}, whole {whole[0]}")
        layers = partial[1]["images"][0]["partialLayers"]
        if layers != expected_layers:
            problems.append(f"read in part: layers {layers}, expected {expected_layers}")
        if whole[1]["images"][0]["partialLayers"]:
            problems.append("a full read says that it was in part")
        if layer_bytes:
            share = partial[1]["summary"]["bytesFetched"] / layer_bytes
            print(f"      {name}: {partial[1]['summary']['bytesFetched']} of {layer_bytes} bytes, {share:.2%}")
            if share > MOST_SHARE:
                problems.append(f"{share:.2%} of the bytes were fetched, allowed are {MOST_SHARE:.0%}")
        self.tally.check(name, problems)

    def same_findings(self):
        for name, make in MAKERS.items():
            image = ai_image(make)
            blobs = self.push(TAG, image)
            whole, partial = self.scan(), self.scan("--partial")
            self.tally.check(f"{name}: the image passes", [] if whole[1]["images"][0]["verdict"] == "pass" else [json.dumps(whole[1]["images"][0])[:1500]])
            self.compare(f"{name}: same findings", whole, partial, [1, 2], sum(map(len, blobs.blobs.values())))
            local = f"oci:{self.layout.path}:{TAG}"
            name_for_judging = ("--as", f"openeuler/pytorch:{TAG}")
            self.compare(f"{name}: from a layout", self.scan(*name_for_judging, reference=local), self.scan("--partial", *name_for_judging, reference=local), [1, 2])
            self.push(LYING_TAG, image)
            self.compare(f"{name}: same accusations", self.scan(tag=LYING_TAG), self.scan("--partial", tag=LYING_TAG), [1, 2])

    def plain_layers(self):
        plain = images.Image([images.Layer(base_entries()), images.Layer(sdk_entries(), compression="zstd"), images.Layer(framework_entries())], architecture="amd64")
        self.push(TAG, plain)
        self.compare("plain layers are read whole", self.scan(), self.scan("--partial"), [])

    def written_by_skopeo(self):
        """Debian's skopeo writes zstd:chunked itself."""
        self.layout.add("plain", images.Image([images.Layer(base_entries()), images.Layer(sdk_entries()), images.Layer(framework_entries())], architecture="amd64"))
        with registry.Registry(self.work / "registry-for-skopeo") as server:  # where nothing is that it could use as it is
            suite = Suite(self.program, self.tally, server, self.work)
            registry.run("skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", "--dest-compress-format", "zstd:chunked",
                         f"oci:{self.layout.path}:plain", f"docker://{server.host}/openeuler/pytorch:{TAG}")
            status, _, body = server.request("GET", f"/v2/openeuler/pytorch/manifests/{TAG}", headers={"Accept": images.OCI_MANIFEST})
            suite.read_what_skopeo_wrote(status, json.loads(body))

    def read_what_skopeo_wrote(self, status, manifest):
        written = all("zstd-chunked.manifest-checksum" in " ".join(layer.get("annotations", {})) for layer in manifest["layers"])
        self.tally.check("skopeo writes zstd:chunked", [] if status == 200 and written else [f"HTTP {status}, {manifest['layers']}"])
        whole, partial = self.scan(), self.scan("--partial")
        self.tally.check("written by skopeo: the image passes", [] if whole[1]["images"][0]["verdict"] == "pass" else [json.dumps(whole[1]["images"][0])[:1500]])
        big = [number for number, layer in enumerate(manifest["layers"]) if layer["size"] >= 1 << 20]
        self.compare("written by skopeo: same findings", whole, partial, big, sum(layer["size"] for layer in manifest["layers"]))

    def lies(self):
        for name, (make, lie) in LIES.items():
            self.push(TAG, system_image(make, lie))
            status, report = self.scan()
            image = report["images"][0]
            problems = [problem["message"] for problem in image["problems"]]
            good = len(problems) == 1 and "does not tell what the tar holds" in problems[0] and image["verdict"] != "pass"
            self.tally.check(f"a full read catches {name}", [] if good else [f"status {status}, verdict {image['verdict']}, problems {problems}"])

        # The table is all that a partial read has; it says so, and reports what engines that use the table will see.
        tag = "22.03-lts-sp4"
        image = system_image(chunked.ZstdChunkedLayer, show_another_release)
        self.push(tag, image)
        _, whole = self.scan(tag=tag)
        _, partial = self.scan("--partial", tag=tag)
        seen = {kind: [each["version"] for each in report["images"][0]["observed"] if each["component"] == "openeuler"] for kind, report in (("whole", whole), ("partial", partial))}
        good = OTHER_RELEASE in seen["partial"] and OTHER_RELEASE not in seen["whole"] and partial["images"][0]["partialLayers"] == [0]
        self.tally.check("a partial read shows what the table shows", [] if good else [f"{seen}, {partial['images'][0]['partialLayers']}"])

    def broken_tables(self):
        """A table that cannot be used costs the partial read, and nothing else."""

        def wrong_chunk(layer, toc):
            layer.find("etc/openEuler-release")["digest"] = images.digest_of(b"something else")
            del toc

        def unreadable(layer, toc):
            toc["entries"].append({"type": "socket", "name": "run/x"})
            del layer

        for name, lie in (("a chunk's digest that is wrong", wrong_chunk), ("an entry of an unknown type", unreadable)):
            self.push(TAG, system_image(chunked.ZstdChunkedLayer, lie))
            self.compare(f"{name}: read whole", self.scan(), self.scan("--partial"), [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True, help="the program under test")
    parser.add_argument("--work", default=str(SOURCE / "build/partial"), help="directory for the registry and the layout")
    parser.add_argument("--verbose", action="store_true", help="name every check")
    options = parser.parse_args()
    work = pathlib.Path(options.work).resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    tally = run_matrix.Tally(options.verbose)
    program = run_matrix.Program(os.path.abspath(options.veritag), work)
    with registry.Registry(work / "registry") as server:
        suite = Suite(program, tally, server, work)
        for part in (suite.same_findings, suite.plain_layers, suite.written_by_skopeo, suite.lies, suite.broken_tables):
            part()
    for folder in work.glob("registry*"):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(work / "layout", ignore_errors=True)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
