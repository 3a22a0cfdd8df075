"""A registry full of small images with real rpm databases, most of them honest, and the list of those that are not.

    fleet = Fleet(repositories=300, tags=1600, lies=12)
    fleet.push(server)                   # as it was: old builds of what is rebuilt later
    fleet.push_rebuilt(server)           # bases that were published anew
    fleet.push_mirror(mirror)            # the second registry, which has some of the repositories
    fleet.expected                       # {(registry word, repository, tag): {code, ...}} of errors and warnings

Everything is told by the arguments; the same ones give the same bytes. Each sort of lie comes `lies` times.
"""
import collections
import concurrent.futures
import http.client
import json
import threading
import urllib.parse

import contents
import synthetic
from images import CREATED, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Layer, digest_of, file, to_json

RELEASES = ["20.03-LTS-SP4", "22.03-LTS", "22.03-LTS-SP1", "22.03-LTS-SP2", "22.03-LTS-SP3", "22.03-LTS-SP4", "24.03-LTS", "24.03-LTS-SP1", "24.03-LTS-SP2"]
REBUILT_AT = "2024-02-01T08:00:00Z"
REBUILT = "22.03-LTS-SP1"  # its image is published anew after others were built on it
ARCHITECTURES = ("amd64", "arm64")
CANN = ("8.0.RC1", "8.0.RC2")
MACHINE = {"amd64": "x86_64", "arm64": "aarch64"}


def token(release):
    number, *rest = release.split("-")
    return "oe" + number.replace(".", "") + (rest[-1].lower() if rest else "")


def base_layer(release, architecture, build):
    return Layer(contents.root_tree(architecture) + contents.openeuler_os_files(release)
                 + [file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(contents.openeuler_rpms(release, architecture))), file("etc/build", build)])


class Pusher:
    """Puts blobs and manifests over one connection a thread; a blob that a repository of the registry has is mounted, not sent."""

    def __init__(self, server):
        self.server, self.local, self.lock, self.homes = server, threading.local(), threading.Lock(), {}

    def request(self, method, path, body=b"", headers=None):
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = self.local.connection = http.client.HTTPConnection(self.server.host, timeout=60)
        connection.request(method, path, body, {"Content-Length": str(len(body)), **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (201, 202):
            raise RuntimeError(f"{method} {path}: HTTP {answer.status} {text[:300]!r}")
        return answer

    def blob(self, repository, content):
        digest = digest_of(content)
        with self.lock:
            homes = self.homes.setdefault(digest, set())
            if repository in homes:
                return digest
            home = next(iter(homes), None)
        query = f"?mount={urllib.parse.quote(digest)}&from={home}" if home else ""
        answer = self.request("POST", f"/v2/{repository}/blobs/uploads/{query}")
        if answer.status == 202:
            address = urllib.parse.urlsplit(answer.headers["Location"])
            self.request("PUT", f"{address.path}?{address.query}{'&' if address.query else ''}digest={urllib.parse.quote(digest)}", content, {"Content-Type": "application/octet-stream"})
        with self.lock:
            self.homes[digest].add(repository)
        return digest

    def manifest(self, repository, name, value, media_type):
        body = to_json(value)
        self.request("PUT", f"/v2/{repository}/manifests/{name or digest_of(body)}", body, {"Content-Type": media_type})
        return {"mediaType": media_type, "digest": digest_of(body), "size": len(body)}

    def image(self, repository, tag, stacks, created=CREATED):
        """`stacks`: architecture to layers."""
        children = []
        for architecture, layers in stacks.items():
            config = {"architecture": architecture, "os": "linux", "created": created, "config": {}, "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}}
            text = to_json(config)
            manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": {"mediaType": OCI_CONFIG, "digest": self.blob(repository, text), "size": len(text)},
                        "layers": [{"mediaType": OCI_LAYER[layer.compression], "digest": self.blob(repository, layer.blob), "size": len(layer.blob)} for layer in layers]}
            children.append({**self.manifest(repository, None, manifest, OCI_MANIFEST), "platform": {"architecture": architecture, "os": "linux"}})
        self.manifest(repository, tag, {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children}, OCI_INDEX)


class Fleet:
    def __init__(self, repositories=300, tags=1600, lies=12, mirrored=20):
        self.images = {}                                  # (repository, tag): architecture to layers
        self.rebuilt = {}                                 # the same, pushed later
        self.mirror = {}
        self.expected = collections.defaultdict(set)      # (registry word, repository, tag): codes of errors and warnings
        bases = {(release, architecture, build): base_layer(release, architecture, build)
                 for release in RELEASES for architecture in ARCHITECTURES for build in ("first", "second") if build == "first" or release == REBUILT}
        for release in RELEASES:
            self.images["openeuler/openeuler", release.lower()] = self.stack(bases, release)
        self.rebuilt["openeuler/openeuler", REBUILT.lower()] = self.stack(bases, REBUILT, build="second")

        # An SDK on each release but the rebuilt one, and a framework on it.
        usual = [release for release in RELEASES if release != REBUILT]
        sdk = {(version, architecture): Layer(contents.cann(version, machine=MACHINE[architecture])) for version in CANN for architecture in ARCHITECTURES}
        torch = Layer(contents.torch("2.1.0") + contents.torch_npu("2.1.0.post6"))
        for release in usual:
            for version in CANN:
                on_sdk = {architecture: [*self.images["openeuler/openeuler", release.lower()][architecture], sdk[version, architecture]] for architecture in ARCHITECTURES}
                self.images["openeuler/cann", f"{version}-{token(release)}"] = on_sdk
                self.images["openeuler/pytorch", f"2.1.0-cann{version}-{token(release)}"] = {architecture: [*layers, torch] for architecture, layers in on_sdk.items()}

        # An SDK that was built anew after the framework was built on it, while the OS below both stayed.
        again = f"{CANN[1]}-{token(usual[-1])}"
        self.rebuilt["openeuler/cann", again] = {architecture: [layers[0], Layer(sdk[CANN[1], architecture].entries + [file("etc/made", "again")])]
                                                 for architecture, layers in self.images["openeuler/cann", again].items()}

        # Applications: version by version on one release after the other, `latest` beside them.
        repository_count = repositories - 3
        per_repository = max(2, (tags - len(self.images)) // repository_count)
        layer_of = {}
        left = collections.Counter({"os": lies, "parent": lies, "alias": lies, "stale": lies, "mirror": lies})
        for number in range(repository_count):
            repository = f"openeuler/app{number:03}"
            on_mirror = number < mirrored
            made = []
            for step in range(per_repository - 1):
                version = f"1.{step}.0"
                release = usual[(number + step) % len(usual)]
                layer = layer_of.setdefault((number % 50, version), Layer([file(f"usr/share/part{number % 50}/{version}/data", f"{number % 50} {version}\n" * 20)]))
                below, codes = release, set()
                if step == 0 and number >= mirrored:
                    if left["os"]:       # the Dockerfile still starts FROM the release before
                        left["os"] -= 1
                        below, codes = usual[usual.index(release) - 1], {"os-mismatch", "parent-mismatch"}
                    elif left["stale"]:  # built before its parent was published anew
                        left["stale"] -= 1
                        release = below = REBUILT
                        codes = {"parent-stale"}
                tag = f"{version}-{token(release)}"
                self.images[repository, tag] = {architecture: [*layers, layer] for architecture, layers in self.stack(bases, below).items()}
                made.append(tag)
                if codes:
                    self.expected["main", repository, tag] = codes
            newest = latest = made[-1]
            if number >= mirrored and left["alias"] and len(made) > 1 and number % 3 == 0:
                left["alias"] -= 1
                latest = made[-2]
                self.expected["main", repository, "latest"] = {"alias-stale"}
            self.images[repository, "latest"] = self.images[repository, latest]
            if on_mirror:
                for name, tag in list(self.images):
                    if name == repository:
                        self.mirror[name, tag] = self.images[name, tag]
                if left["mirror"]:
                    left["mirror"] -= 1
                    other = Layer([file("usr/share/other", repository)])
                    self.mirror[repository, newest] = {architecture: [*layers, other] for architecture, layers in self.images[repository, newest].items()}
                    for registry in ("main", "mirror"):
                        self.expected[registry, repository, newest] = {"mirror-divergence"}
                    self.expected["mirror", repository, "latest"] |= {"alias-stale"}  # its own newest is another image now

        self.expected["main", "openeuler/pytorch", f"2.1.0-cann{again}"] = {"parent-stale"}

        # Frameworks that skip the tier below, or stand on another version of it.
        for number in range(lies):
            release = usual[number % len(usual)]
            base = self.images["openeuler/openeuler", release.lower()]
            tag = f"2.1.{number + 1}-cann{CANN[0]}-{token(release)}"
            own = Layer(contents.torch(f"2.1.{number + 1}") + contents.torch_npu(f"2.1.{number + 1}"))
            if number % 2:
                stack = {architecture: [*base[architecture], sdk[CANN[0], architecture], own] for architecture in ARCHITECTURES}
                stack = {architecture: [layers[0], Layer(sdk[CANN[0], architecture].entries + [file("etc/made", "by hand")]), own] for architecture, layers in stack.items()}
                codes = {"parent-mismatch"}
            else:
                stack = {architecture: [*base[architecture], sdk[CANN[1], architecture], own] for architecture in ARCHITECTURES}
                codes = {"parent-mismatch", "sdk-mismatch"}
            self.images["openeuler/pytorch", tag] = stack
            self.expected["main", "openeuler/pytorch", tag] = codes

    @staticmethod
    def stack(bases, release, build="first"):
        return {architecture: [bases[release, architecture, build]] for architecture in ARCHITECTURES}

    @staticmethod
    def push_all(server, images, created=CREATED):
        pusher = Pusher(server)
        by_repository = collections.defaultdict(list)
        for (repository, tag), stacks in images.items():
            by_repository[repository].append((tag, stacks))

        def push(item):
            for tag, stacks in item[1]:
                pusher.image(item[0], tag, stacks, created)

        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            list(threads.map(push, by_repository.items()))

    def push(self, server):
        self.push_all(server, self.images)

    def push_rebuilt(self, server):
        self.push_all(server, self.rebuilt, REBUILT_AT)

    def push_mirror(self, server):
        self.push_all(server, self.mirror)

    def compare(self, report, registries):
        """What the report (JSON) lacks and what it invents. `registries`: host to registry word."""
        found = collections.defaultdict(set)
        for image in report["images"]:
            key = registries[image["registry"]], image["repository"], image["tag"]
            found[key] |= {finding["code"] for finding in image["findings"] if finding["severity"] != "info"}
            if image["verdict"] in ("error", "unknown"):
                found[key].add(image["verdict"])
        wrong = []
        for key in sorted({*found, *self.expected}):
            if key[0] not in registries.values() or found[key] == self.expected[key]:
                continue
            wrong.append(f"{'/'.join(key[:2])}:{key[2]}: found {sorted(found[key])}, expected {sorted(self.expected[key])}")
        return wrong
