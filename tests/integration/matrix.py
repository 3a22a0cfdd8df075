"""The sample images, and beside each what a scan must say of it.

A case is one tag in a repository. `expect` says the verdict and every finding of severity error and warning, as a set: one more or
one fewer is a failure. Where it matters a finding also says what was claimed, seen and suggested, and which path proves it.
"""
import dataclasses
import pathlib
import subprocess

import contents as c
from images import Artifact, Attestation, Image, Index, Layer, directory, file, opaque, program, symlink, whiteout
from packages import Deb, Rpm, apk_installed

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ANY = object()  # this field may be anything


@dataclasses.dataclass(frozen=True)
class F:
    """An expected finding."""
    code: str
    component: str = ""
    claimed: object = ANY
    observed: object = ANY
    suggestion: object = ANY
    path: object = ANY  # some evidence has this path


@dataclasses.dataclass(frozen=True)
class Expect:
    verdict: str
    findings: tuple = ()
    infos: tuple = ()   # info findings that must be there
    sees: tuple = ()    # (component, version) pairs that must be observed
    rpms: int = -1      # how many packages are counted; -1: not asked
    debs: int = -1
    apks: int = -1


def passes(**more):
    return Expect("pass", **more)


def warns(*findings, **more):
    return Expect("warn", findings, **more)


def fails(*findings, **more):
    return Expect("fail", findings, **more)


def unknown(*findings, **more):
    return Expect("unknown", findings, **more)


@dataclasses.dataclass
class Case:
    name: str
    repository: str
    tag: str
    image: object
    expect: object        # Expect, or {platform: Expect}
    skipped: int = 0      # children or manifests that are no images
    push: str = "skopeo"  # or "put": byte for byte, for what skopeo refuses
    demo: str = ""        # one line for the demonstration
    packages: tuple = ()  # what --list-packages must list besides Python: Rpm, Deb or Apk

    @property
    def reference(self):
        return f"{self.repository}:{self.tag}"

    def exit_code(self):
        """Contract, section 3."""
        verdicts = [each.verdict for each in self.expected().values()]
        if "fail" in verdicts:
            return 1
        return 3 if not verdicts or "unknown" in verdicts or "error" in verdicts else 0

    def expected(self):
        if isinstance(self.expect, Expect):
            image = self.image
            return {f"{image.os_name}/{image.architecture}": self.expect}
        return self.expect


class Builder:
    """Makes layers once each, so that images share them as published ones do."""

    def __init__(self, cache):
        self.cache, self.layers = cache, {}

    def layer(self, key, make):
        if key not in self.layers:
            self.layers[key] = make()
        return self.layers[key]

    def openeuler(self, release, architecture="arm64", *, rpms=None, backend="ndb", os_release="link", **layer):
        """A base image of one layer."""
        rpms = tuple(c.openeuler_rpms(release, architecture) if rpms is None else rpms)
        return self.layer(("openeuler", release, architecture, rpms, backend, os_release, *layer.items()), lambda: Layer(
            c.root_tree(architecture) + c.openeuler_os_files(release, os_release) + self.rpm_database(rpms, backend), **layer))

    def rpm_database(self, rpms, backend="ndb", folder="var/lib/rpm"):
        if backend == "sqlite":
            return [file(f"{folder}/rpmdb.sqlite", self.cache.rpm_sqlite(rpms).read_bytes()), file(f"{folder}/.rpm.lock")]
        return [file(f"{folder}/Packages.db", self.cache.rpm_ndb(rpms)), file(f"{folder}/.rpm.lock")]

    def upgrade(self, release, architecture="arm64"):
        """What `dnf distro-sync` to another release leaves in a layer of its own."""
        rpms = tuple(c.openeuler_rpms(release, architecture))
        return self.layer(("upgrade", release, architecture), lambda: Layer(
            [entry for entry in c.openeuler_os_files(release) if entry.path != "etc/os-release"] + self.rpm_database(rpms)))

    def dpkg(self, debs):
        root = self.cache.dpkg_root(debs)
        paths = [path for path in sorted(root.glob("var/lib/dpkg/info/*")) if path.is_file()]
        return [file("var/lib/dpkg/status", (root / "var/lib/dpkg/status").read_bytes()), file("var/lib/dpkg/available")] + \
            [file(str(path.relative_to(root)), path.read_bytes()) for path in paths]

    def ubuntu(self, version, architecture="amd64"):
        text, codename, _ = c.UBUNTU[version]
        return self.layer(("ubuntu", version, architecture), lambda: Layer(
            c.root_tree(architecture) + c.ubuntu_os_files(version, text, codename) + self.dpkg(tuple(c.ubuntu_debs(version, architecture)))))

    def alpine(self, version, database=None):
        apks = c.alpine_apks(version)
        return self.layer(("alpine", version, database), lambda: Layer(c.alpine_os_files(version) + [
            file("lib/apk/db/installed", apk_installed(apks) if database is None else database), file("etc/apk/world", "alpine-baselayout\n")]))

    def ubuntu_with(self, version, debs, entries, **image):
        """An Ubuntu image with more packages in a second layer, as NVIDIA and AMD build theirs."""
        every = tuple(c.ubuntu_debs(version, "amd64") + debs)
        return Image([self.ubuntu(version), Layer(self.dpkg(every) + entries)], architecture="amd64", **image)

    def cann(self, version, **layer):
        return self.layer(("cann", version, *layer.items()), lambda: Layer(c.cann(version), **layer))

    def torch(self, version, npu=None, cuda=None, **layer):
        return self.layer(("torch", version, npu, cuda, *layer.items()), lambda: Layer(
            c.torch(version, cuda) + (c.torch_npu(npu) if npu else []), **layer))

    def model(self, name, weights="real"):
        return self.layer(("model", name, weights), lambda: Layer(c.model(name, weights)))

    def truncated_rpm_database(self, release):
        rpms = tuple(c.openeuler_rpms(release, "arm64"))
        whole = self.cache.rpm_ndb(rpms)
        return Layer(c.root_tree("arm64") + c.openeuler_os_files(release) + [file("var/lib/rpm/Packages.db", whole[:len(whole) // 2])])

    @staticmethod
    def published_database():
        """A Packages.db written by an rpm with NDB (tests/data/rpmdb/README.md)."""
        path = SOURCE / "tests/data/rpmdb/ndb-openeuler-24.03-lts-aarch64/Packages.db.zst"
        return subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, check=True).stdout


SP2, SP3, SP4 = "22.03-LTS-SP2", "22.03-LTS-SP3", "22.03-LTS-SP4"
CANN7 = "7.0.RC1.alpha002"


def operating_systems(b):
    sp2 = tuple(c.openeuler_rpms(SP2, "arm64"))
    rocky = tuple(c.rocky_rpms("9.4", "amd64"))
    real = Layer(c.root_tree("arm64") + c.openeuler_os_files("24.03-LTS") + [file("var/lib/rpm/Packages.db", b.published_database())])
    moved = Layer(c.root_tree("arm64") + c.openeuler_os_files(SP4) + b.rpm_database(tuple(c.openeuler_rpms(SP4, "arm64")), folder="usr/lib/sysimage/rpm") +
                  [symlink("var/lib/rpm", "../../usr/lib/sysimage/rpm")])
    apks = tuple(c.alpine_apks("3.19.1"))
    no_os_release = Layer([whiteout("usr/lib/os-release"), whiteout("etc/os-release")])
    edited = Layer([entry for entry in c.openeuler_os_files(SP4) if entry.path == "usr/lib/os-release"])
    return [
        Case("os-truthful", "openeuler/openeuler", "22.03-lts-sp2", Image([b.openeuler(SP2)]), passes(sees=(("openeuler", SP2),), rpms=len(sp2)),
             packages=sp2, demo="a base image that is what it says"),
        Case("os-real-ndb", "openeuler/openeuler", "24.03-lts", Image([real]), passes(sees=(("openeuler", "24.03-LTS"),), rpms=143)),
        Case("os-first-lts", "openeuler/openeuler", "22.03-lts", Image([b.openeuler("22.03-LTS")]), passes(sees=(("openeuler", "22.03-LTS"),))),
        Case("os-innovation-release", "openeuler/openeuler", "23.09", Image([b.openeuler("23.09", rpms=[
            Rpm(r.name, "23.09" if r.name == "openEuler-release" else r.version, r.release.replace("oe2203", "oe2309"), r.arch, r.epoch)
            for r in c.openeuler_rpms("22.03-LTS", "arm64")])]), passes(sees=(("openeuler", "23.09"),))),
        Case("os-wrong-service-pack", "openeuler/openeuler", "22.03-lts-sp4", Image([b.openeuler(SP2)]), fails(
            F("os-mismatch", "openeuler", claimed=SP4, observed=SP2, suggestion="22.03-lts-sp2", path="usr/lib/os-release")),
            demo="the tag says SP4, the content is SP2"),
        Case("os-floating-tag", "openeuler/openeuler", "latest", Image([b.openeuler("24.03-LTS-SP3")]), passes(sees=(("openeuler", "24.03-LTS-SP3"),))),
        Case("os-release-is-a-file", "openeuler/openeuler", "22.03-lts-sp3", Image([b.openeuler(SP3, os_release="file", tar_format="ustar")]),
             passes(sees=(("openeuler", SP3),))),
        Case("os-release-is-a-hard-link", "openeuler/openeuler", "24.03-lts-sp1",
             Image([b.openeuler("24.03-LTS-SP1", os_release="hardlink", tar_format="gnu")]), passes(sees=(("openeuler", "24.03-LTS-SP1"),))),
        Case("os-rpm-folder-is-a-link", "mirror/openeuler/openeuler", "22.03-lts-sp4", Image([moved]), passes(rpms=len(sp2)),
             packages=tuple(c.openeuler_rpms(SP4, "arm64"))),
        Case("os-rpm-in-sqlite", "mirror/openeuler/openeuler", "22.03-lts-sp2", Image([b.openeuler(SP2, backend="sqlite")]), passes(rpms=len(sp2)), packages=sp2),
        Case("os-without-os-release", "mirror/openeuler/openeuler", "22.03-lts-sp3", Image([b.openeuler(SP3), no_os_release]), passes(sees=(("openeuler", SP3),))),
        Case("os-upgraded-truthful", "openeuler/cann", "cann8.0.0-oe2203sp4", Image([b.openeuler(SP2), b.cann("8.0.0"), b.upgrade(SP4)]),
             passes(sees=(("openeuler", SP4),), rpms=len(sp2)), packages=tuple(c.openeuler_rpms(SP4, "arm64"))),
        Case("os-upgraded-lie", "openeuler/cann", "cann8.0.0-oe2203sp2", Image([b.openeuler(SP2), b.cann("8.0.0"), b.upgrade(SP4)]), fails(
            F("os-mismatch", "openeuler", claimed=SP2, observed=SP4, suggestion="cann8.0.0-oe2203sp4")), demo="the OS was upgraded in a later layer"),
        Case("os-release-was-edited", "forged/openeuler/openeuler", "22.03-lts-sp4", Image([b.openeuler(SP2), edited]), unknown(
            F("unproven", "openeuler"), F("package-foreign", "openeuler", observed=SP2))),
        Case("os-is-another-one", "openeuler/llm-server", "1.0.0.gpu-oe2203sp3", Image([Layer(
            c.root_tree("amd64") + c.rocky_os_files("9.4") + b.rpm_database(rocky, "sqlite"))], architecture="amd64"), fails(
            F("os-mismatch", "openeuler", claimed=SP3, observed="Rocky Linux 9.4", suggestion=None, path="usr/lib/os-release")), packages=rocky),
        Case("alpine-truthful", "library/python", "3.10-alpine3.19", Image([b.alpine("3.19.1")], architecture="amd64"),
             passes(sees=(("alpine", "3.19.1"),), apks=len(apks)), packages=apks),
        Case("alpine-other-release", "library/python", "3.10-alpine3.18", Image([b.alpine("3.19.1")], architecture="amd64"), fails(
            F("os-mismatch", "alpine", claimed="3.18", observed="3.19.1", suggestion="3.10-alpine3.19"))),
        Case("alpine-is-not-openeuler", "alpine/openeuler/redis", "7.4.1-oe2203sp3", Image([b.alpine("3.19.1")], architecture="amd64"), fails(
            F("os-mismatch", "openeuler", claimed=SP3, observed="Alpine Linux 3.19.1"))),
        Case("alpine-database-is-cut", "cut/library/python", "3.10-alpine3.19", Image([b.alpine("3.19.1", apk_installed(apks)[:-1])], architecture="amd64"),
             unknown(F("unproven", "", path="lib/apk/db/installed"), apks=len(apks))),
        Case("os-no-trace", "openeuler/etcd", "3.6.0-oe2403sp1", Image([Layer([
            program("usr/local/bin/etcd", c.elf("arm64")), file("usr/share/zoneinfo/UTC", b"TZif2"), file("etc/ssl/certs/ca-bundle.crt", "-----BEGIN")])]),
            unknown(F("unproven", "openeuler", claimed="24.03-LTS-SP1")), demo="a distroless image: nothing speaks for or against it"),
        Case("rpm-database-is-cut", "openeuler/cann", "cann8.0.RC1-oe2203sp4", Image([b.truncated_rpm_database(SP4), b.cann("8.0.RC1")]),
             unknown(F("unproven", "", path="var/lib/rpm/Packages.db")), demo="half of the package database is missing"),
        Case("application-truthful", "openeuler/redis", "7.4.1-oe2203sp3", Image([b.openeuler(SP3), Layer([program("usr/local/bin/redis-server", c.elf("arm64"))])]),
             passes(infos=("unproven",))),
        Case("application-wrong-service-pack", "openeuler/redis", "8.6.4-oe2403sp3", Image([b.openeuler("24.03-LTS-SP4")]), fails(
            F("os-mismatch", "openeuler", claimed="24.03-LTS-SP3", observed="24.03-LTS-SP4", suggestion="8.6.4-oe2403sp4"))),
        Case("application-version-with-hyphens", "openeuler/slurm", "26-05-1-1-oe2403sp3", Image([b.openeuler("24.03-LTS-SP3")]), passes(infos=("unproven",))),
    ]


def ascend_sdks(b):
    base = b.openeuler(SP4)
    removed = [base, b.cann("8.0.RC2"), Layer([whiteout("usr/local/Ascend")])]
    hidden = [base, b.cann("8.0.RC2"), Layer([directory("usr/local/Ascend/ascend-toolkit"), opaque("usr/local/Ascend/ascend-toolkit")])]
    replaced = [base, b.cann("8.0.RC2"), Layer([opaque("usr/local/Ascend/ascend-toolkit")] + c.cann("8.0.RC3"))]
    development = tuple(c.openeuler_rpms(SP4, "arm64", development=True))
    cuda = Layer(c.cuda_run_file("11.8.0", "11.8.89", machine="sbsa"))
    python_310, python_311 = Layer(c.built_python("3.10.17")), Layer(c.built_python("3.11.6"))
    kernels = Layer(c.cann_kernels("8.1.RC1"))
    missing = F("sdk-missing", "cann")
    return [
        Case("sdk-truthful", "openeuler/cann", f"cann{CANN7}-oe2203sp2", Image([b.openeuler(SP2), b.cann(CANN7)]), passes(sees=(("cann", CANN7),)),
             demo="an SDK image that is what it says"),
        Case("sdk-short-tag", "openeuler/cann", "8.0.RC1-oe2203sp4", Image([base, b.cann("8.0.RC1")]), passes(infos=("tag-short",), sees=(("cann", "8.0.RC1"),))),
        Case("sdk-new-layout", "openeuler/cann", "cann9.1.0-oe2403sp1", Image([b.openeuler("24.03-LTS-SP1"), Layer(c.new_cann("9.1.0"))]),
             passes(sees=(("cann", "9.1.0"),))),
        Case("sdk-wrong-service-pack", "openeuler/cann", "8.2.RC1.alpha001-oe2203lts", Image([base, b.cann("8.2.RC1.alpha001")]), fails(
            F("os-mismatch", "openeuler", claimed="22.03-LTS", observed=SP4, suggestion="8.2.RC1.alpha001-oe2203sp4"), infos=("tag-short",)),
            demo="built FROM the floating tag 22.03, which had moved to SP4"),
        Case("sdk-missing", "openeuler/cann", "cann8.0.RC2-oe2203sp4", Image([base]), fails(missing), demo="the SDK was never installed"),
        Case("sdk-in-environment-only", "openeuler/cann", "cann8.0.RC3-oe2203sp4", Image([base], environment=[
            "ASCEND_TOOLKIT_HOME=/usr/local/Ascend/ascend-toolkit/8.0.RC3"]), unknown(F("unproven", "cann", path="ASCEND_TOOLKIT_HOME")),
            demo="only an environment variable names the SDK"),
        # The variable names no version: nothing speaks for the claim, and the packages and paths were read whole.
        Case("sdk-missing-with-environment", "mirror/openeuler/cann", "cann8.0.RC3-oe2203sp4", Image([base], environment=[
            "ASCEND_TOOLKIT_HOME=/usr/local/Ascend/ascend-toolkit/latest"]), fails(missing)),
        Case("sdk-removed-by-whiteout", "removed/openeuler/cann", "cann8.0.RC2-oe2203sp4", Image(removed), fails(missing), demo="a later layer removed the SDK"),
        Case("sdk-hidden-by-opaque-directory", "hidden/openeuler/cann", "cann8.0.RC2-oe2203sp4", Image(hidden), fails(missing)),
        Case("sdk-replaced-behind-opaque-directory", "replaced/openeuler/cann", "cann8.0.RC3-oe2203sp4", Image(replaced), passes(sees=(("cann", "8.0.RC3"),))),
        Case("sdk-replaced-old-tag", "replaced/openeuler/cann", "cann8.0.RC2-oe2203sp4", Image(replaced), fails(
            F("sdk-mismatch", "cann", claimed="8.0.RC2", observed="8.0.RC3", suggestion="cann8.0.RC3-oe2203sp4"))),
        Case("sdk-other-version", "openeuler/cann", "cann8.1.RC1-oe2203sp2", Image([b.openeuler(SP2), b.cann(CANN7)]), fails(
            F("sdk-mismatch", "cann", claimed="8.1.RC1", observed=CANN7, suggestion=f"cann{CANN7}-oe2203sp2",
              path=f"usr/local/Ascend/ascend-toolkit/{CANN7}/aarch64-linux/ascend_toolkit_install.info"))),
        Case("sdk-release-is-not-its-candidate", "openeuler/cann", "cann8.1.0-oe2203sp4", Image([base, b.cann("8.1.RC1")]), fails(
            F("sdk-mismatch", "cann", claimed="8.1.0", observed="8.1.RC1"))),
        Case("sdk-and-os-wrong", "openeuler/cann", "cann8.1.RC1-oe2403lts", Image([b.openeuler(SP2), b.cann("8.0.0")]), fails(
            F("os-mismatch", "openeuler", claimed="24.03-LTS", observed=SP2, suggestion="cann8.0.0-oe2203sp2"),
            F("sdk-mismatch", "cann", claimed="8.1.RC1", observed="8.0.0", suggestion="cann8.0.0-oe2203sp2"))),
        Case("sdk-of-another-vendor-beside", "openeuler/cann", "cann8.2.RC1-oe2203sp4", Image([base, b.cann("8.2.RC1"), cuda]), fails(
            F("sdk-foreign", "cuda", observed="11.8.0"))),
        Case("sdk-of-another-vendor-instead", "openeuler/cann", "cann8.2.RC2-oe2203sp4", Image([base, cuda]), fails(
            F("sdk-foreign", "cuda", observed="11.8.0"), F("sdk-missing", "cann")), demo="CUDA where the tag says CANN"),
        Case("sdk-development-image", "openeuler/cann", "cann8.0.RC1-oe2203sp4-dev", Image([base, b.cann("8.0.RC1"), Layer(b.rpm_database(development))]),
             passes(rpms=len(development)), packages=development),
        Case("sdk-latest", "openeuler/cann", "latest", Image([base, b.cann("8.0.0")]), passes(sees=(("cann", "8.0.0"),))),
        Case("sdk-forged-diff-id", "openeuler/cann", "cann8.0.RC3-oe2203sp2", Image([b.openeuler(SP2), Layer(
            c.cann("8.0.RC3"), forged_diff_id="sha256:" + "5" * 64)]), fails(F("parent-forged", "", claimed="sha256:" + "5" * 64)), push="put"),
        Case("tool-truthful", "openeuler/cann", "8.1.RC1-python3.10-oe2203sp4", Image([base, python_310, b.cann("8.1.RC1")]), passes(infos=("tag-short",))),
        Case("tool-other-version", "openeuler/cann", "8.1.RC1-python3.12-oe2203sp4", Image([base, python_311, b.cann("8.1.RC1")]), fails(
            F("tool-mismatch", "python", claimed="3.12")), demo="another Python than the tag says"),
        Case("ascend-community-truthful", "ascend/cann", "8.1.rc1-910b-openeuler22.03-py3.10", Image([base, python_310, b.cann("8.1.RC1"), kernels]),
             passes(sees=(("openeuler", SP4), ("cann", "8.1.RC1"), ("ascend-chip", "910b")))),
        Case("ascend-community-other-os", "ascend/cann", "8.1.rc1-910b-openeuler24.03-py3.10", Image([base, python_310, b.cann("8.1.RC1"), kernels]), fails(
            F("os-mismatch", "openeuler", observed=SP4, suggestion="8.1.rc1-910b-openeuler22.03-py3.10"))),
        Case("ascend-community-other-chip", "ascend/cann", "8.1.rc1-310p-openeuler22.03-py3.10", Image([base, python_310, b.cann("8.1.RC1"), kernels]), fails(
            F("tool-mismatch", "ascend-chip", claimed="310p", observed="910b", suggestion="8.1.rc1-910b-openeuler22.03-py3.10"))),
        Case("ascend-community-for-any-chip", "ascend/cann", "8.1.rc1-a3-openeuler22.03-py3.10", Image([base, python_310, b.cann("8.1.RC1")]), unknown(F("unproven", "ascend-chip"))),
        Case("tag-cannot-be-read", "openeuler/cann", "newest-build", Image([base, b.cann("8.0.0")]), fails(F("tag-syntax"))),
        Case("tag-form", "openeuler/tempo", "2.5.0-oe24.03lts", Image([b.openeuler("24.03-LTS")]), warns(
            F("tag-form", "openeuler", suggestion="2.5.0-oe2403lts"), infos=("unproven",))),
        Case("tag-has-an-unknown-part", "openeuler/cann", "cann8.0.RC1-somewhat-oe2203sp4", Image([base, b.cann("8.0.RC1")]), warns(F("tag-unknown"))),
    ]


def frameworks_and_models(b):
    base, sdk = b.openeuler(SP2), b.cann(CANN7)
    torch = b.torch("2.1.0", npu="2.1.0")
    stack = [base, sdk, torch]
    suffix = f"pytorch2.1.0-cann{CANN7}-oe2203sp2"
    chatglm3, chatglm2 = b.model("chatglm3-6b"), b.model("chatglm2-6b")
    in_place = c.developed_in_place("torch-npu", "2.1.0.post3", "torch_npu_src")
    zstd = {"compression": "zstd"}
    plain = {"compression": "none"}
    vllm_ascend = Layer(c.python_distribution(c.SITE_PACKAGES, "vllm_ascend", "0.11.0rc0") + c.torch("2.7.1") + c.torch_npu("2.7.1.dev20250724"))
    return [
        Case("framework-truthful", "openeuler/pytorch", suffix, Image(stack), passes(sees=(("pytorch", "2.1.0"), ("cann", CANN7), ("openeuler", SP2))),
             demo="a framework image that is what it says"),
        Case("framework-zstd-layers", "zstd/openeuler/pytorch", suffix, Image([
            b.openeuler(SP2, **zstd), b.cann(CANN7, **zstd), b.torch("2.1.0", npu="2.1.0", **zstd)]), passes(sees=(("pytorch", "2.1.0"),))),
        Case("framework-plain-layers", "plain/openeuler/pytorch", suffix, Image([
            b.openeuler(SP2, **plain), b.cann(CANN7, **plain), b.torch("2.1.0", npu="2.1.0", **plain)]), passes(sees=(("pytorch", "2.1.0"),)), push="put"),
        Case("framework-docker-schema-2", "docker/openeuler/pytorch", suffix, Image(stack + [Layer([])], family="docker"), passes(sees=(("pytorch", "2.1.0"),)), push="put"),
        Case("framework-os-and-sdk-lie", "openeuler/pytorch", "2.2.0-cann8.0.RC1-oe2403sp4", Image([
            b.openeuler(SP4), b.cann("8.0.RC1"), b.torch("2.2.0", npu="2.2.0")]), fails(
            F("os-mismatch", "openeuler", claimed="24.03-LTS-SP4", observed=SP4, suggestion="2.2.0-cann8.0.RC1-oe2203sp4")), demo="a Dockerfile copied for a newer OS"),
        Case("framework-other-version", "openeuler/pytorch", f"pytorch2.2.0-cann{CANN7}-oe2203sp2", Image(stack), fails(
            F("framework-mismatch", "pytorch", claimed="2.2.0", observed="2.1.0", suggestion=suffix))),
        Case("framework-missing", "openeuler/tensorflow", "2.19.0-oe2403sp1", Image([b.openeuler("24.03-LTS-SP1")]), fails(
            F("framework-missing", "tensorflow", claimed="2.19.0"))),
        Case("framework-without-its-plugin", "openeuler/pytorch", "pytorch2.1.0-cann8.0.RC1-oe2203sp4", Image([
            b.openeuler(SP4), b.cann("8.0.RC1"), b.torch("2.1.0")]), fails(F("framework-backend", "pytorch")), demo="torch without torch_npu under CANN"),
        Case("framework-developed-in-place", "inplace/openeuler/pytorch", "pytorch2.1.0-cann8.0.RC1-oe2203sp4", Image([
            b.openeuler(SP4), b.cann("8.0.RC1"), b.torch("2.1.0"), Layer(in_place[0]), Layer(in_place[1])]), passes(sees=(("torch_npu", "2.1.0.post3"),))),
        Case("framework-source-tree-is-gone", "gone/openeuler/pytorch", "pytorch2.1.0-cann8.0.RC1-oe2203sp4", Image([
            b.openeuler(SP4), b.cann("8.0.RC1"), b.torch("2.1.0"), Layer(in_place[0]), Layer(in_place[1]), Layer([whiteout("torch_npu_src")])]), unknown(
            F("unproven", ""), F("unproven", "pytorch"))),
        Case("framework-for-another-sdk", "openeuler/pytorch", "pytorch2.1.0-cann8.0.RC2-oe2203sp4", Image([
            b.openeuler(SP4), b.cann("8.0.RC2"), b.torch("2.1.0+cu121", npu="2.1.0", cuda="12.1")]), fails(F("framework-backend", "pytorch", observed="cuda 12.1"))),
        Case("framework-mindspore-truthful", "openeuler/mindspore", "mindspore2.3.0rc1-cann8.0.RC1-oe2203sp4", Image([
            b.openeuler(SP4), b.cann("8.0.RC1"), Layer(c.mindspore("2.3.0rc1"))]), passes(sees=(("mindspore", "2.3.0rc1"),))),
        Case("framework-candidate-is-not-the-release", "openeuler/mindspore", "mindspore2.3.0-cann8.0.RC1-oe2203sp4", Image([
            b.openeuler(SP4), b.cann("8.0.RC1"), Layer(c.mindspore("2.3.0rc1"))]), fails(
            F("framework-mismatch", "mindspore", claimed="2.3.0", observed="2.3.0rc1", suggestion="mindspore2.3.0rc1-cann8.0.RC1-oe2203sp4"))),
        Case("framework-plugin-is-a-snapshot", "openeuler/vllm-ascend", "0.11.0rc0-torch_npu2.5.1-cann8.1.rc1-python3.10-oe2403sp4", Image([
            b.openeuler(SP4), Layer(c.built_python("3.10.17")), b.cann("8.1.RC1"), vllm_ascend]), fails(
            F("os-mismatch", "openeuler", claimed="24.03-LTS-SP4", observed=SP4),
            F("tool-mismatch", "torch_npu", claimed="2.5.1", observed="2.7.1.dev20250724"), infos=("tag-short",))),
        Case("model-truthful", "openeuler/llm", f"chatglm2_6b-{suffix}", Image(stack + [chatglm2]), passes(sees=(("chatglm2-6b", ""),)),
             demo="a model image that is what it says"),
        Case("model-is-another-one", "openeuler/llm", f"chatglm2_6b-pytorch2.1.0-cann{CANN7}-oe2203sp2-dev", Image([
            base, sdk, torch, chatglm3, Layer(b.rpm_database(tuple(c.openeuler_rpms(SP2, "arm64", development=True))))]), fails(
            F("llm-mismatch", "chatglm2-6b", observed="ChatGLM3-6B", path="root/chatglm3-6b/config.json")), demo="ChatGLM3 where the tag says ChatGLM2"),
        Case("model-is-pointers-only", "pointers/openeuler/llm", f"chatglm2_6b-{suffix}", Image(stack + [b.model("chatglm2-6b", "pointers")]), fails(
            F("llm-missing", "chatglm2-6b", path="root/chatglm2-6b/pytorch_model-00001-of-00002.bin")), demo="Git LFS pointers instead of weights"),
        Case("model-missing", "missing/openeuler/llm", f"chatglm2_6b-{suffix}", Image(stack), fails(F("llm-missing", "chatglm2-6b"))),
        # oEEP-0014 itself prints this tag as its example.
        Case("model-tag-in-another-order", "openeuler/llm", f"chatglm6b-cann{CANN7}-pytorch2.1.0-oe2203sp2", Image(stack + [b.model("chatglm-6b")]),
             warns(F("tag-order"), sees=(("chatglm-6b", ""),))),
    ]


def other_vendors(b):
    run_file = c.cuda_run_file("11.8.0", "11.8.89")
    elsewhere = c.cuda_run_file("11.8.0", "11.8.89", root="opt/nvidia/cuda-11.8") + [
        symlink("usr/local/cuda-11.8", "/opt/nvidia/cuda-11.8"), symlink("usr/local/cuda", "cuda-11.8")]
    lts = b.openeuler("22.03-LTS", "amd64")
    nvidia = c.cuda_debs("12.2.0", "12.2.53")
    rocky_cuda = tuple(c.rocky_rpms("9.4", "amd64") + [
        Rpm("cuda-cudart-12-1", "12.1.105", "1", "x86_64"), Rpm("cuda-libraries-12-1", "12.1.1", "1", "x86_64"), Rpm("cuda-toolkit-12-1", "12.1.1", "1", "x86_64"),
        Rpm("cuda-minimal-build-12-1", "12.1.1", "1", "x86_64"), Rpm("cuda-cudart-devel-12-1", "12.1.105", "1", "x86_64"),
        Rpm("libnccl", "2.17.1", "1+cuda12.1", "x86_64")])

    def cuda_image(version, cudart, ubuntu="20.04", **image):
        return b.ubuntu_with(ubuntu, c.cuda_debs(version, cudart), c.cuda_deb_files(version, cudart), **image)

    def rocm_image(version, build, torch_version, ubuntu="22.04", **built_for):
        folder = "opt/conda/envs/py_3.10/lib/python3.10/site-packages"
        return b.ubuntu_with(ubuntu, c.rocm_debs(version, build, ubuntu), c.rocm(version, build) + c.conda_python("3.10.13") +
                             c.torch(torch_version, folder=folder, **built_for))

    return [
        Case("nvidia-truthful", "nvidia/cuda", "12.2.0-runtime-ubuntu20.04", cuda_image("12.2.0", "12.2.53", environment=["CUDA_VERSION=12.2.0"]),
             passes(sees=(("cuda", "12.2.0"), ("ubuntu", "20.04")), debs=14 + len(nvidia)),
             packages=tuple(c.ubuntu_debs("20.04", "amd64") + nvidia), demo="an NVIDIA image that is what it says"),
        Case("nvidia-other-patch-release", "mirror/nvidia/cuda", "12.2.0-runtime-ubuntu20.04", cuda_image("12.2.2", "12.2.140", environment=["CUDA_VERSION=12.2.0"]), fails(
            F("sdk-mismatch", "cuda", claimed="12.2.0", observed="12.2.2", suggestion="12.2.2-runtime-ubuntu20.04")),
            demo="CUDA 12.2.2, though tag and environment say 12.2.0"),
        Case("nvidia-other-os", "nvidia/cuda", "12.2.0-runtime-ubuntu22.04", cuda_image("12.2.0", "12.2.53"), fails(
            F("os-mismatch", "ubuntu", claimed="22.04", observed="20.04", suggestion="12.2.0-runtime-ubuntu20.04"))),
        Case("nvidia-in-environment-only", "nvidia/cuda", "12.2.0-base-ubuntu20.04", Image([b.ubuntu("20.04")], architecture="amd64", environment=["CUDA_VERSION=12.2.0"]),
             unknown(F("unproven", "cuda", path="CUDA_VERSION"))),
        Case("nvidia-cudnn-missing", "nvidia/cuda", "11.8.0-cudnn8-runtime-ubuntu22.04", cuda_image("11.8.0", "11.8.89", "22.04"), fails(F("tool-missing", "cudnn"))),
        Case("nvidia-cudnn-truthful", "mirror/nvidia/cuda", "11.8.0-cudnn8-runtime-ubuntu22.04", b.ubuntu_with(
            "22.04", c.cuda_debs("11.8.0", "11.8.89") + [Deb("libcudnn8", "8.9.6.50-1+cuda11.8", "amd64")], c.cuda_deb_files("11.8.0", "11.8.89")),
            passes(sees=(("cudnn", "8.9.6"),))),
        Case("nvidia-on-rocky", "nvidia/cuda", "12.1.1-devel-rockylinux9", Image([
            Layer(c.root_tree("amd64") + c.rocky_os_files("9.4") + b.rpm_database(rocky_cuda, "sqlite")), Layer(c.cuda_deb_files("12.1.1", "12.1.105"))],
            architecture="amd64"), passes(sees=(("rocky", "9.4"), ("cuda", "12.1.1"))), packages=rocky_cuda),
        Case("cuda-on-openeuler", "openeuler/cuda", "11.8.0-cudnn8.9.0-oe2203lts", Image([lts, Layer(run_file + c.cudnn("8.9.0"))], architecture="amd64"),
             passes(infos=("tag-short",), sees=(("cuda", "11.8.0"), ("cudnn", "8.9.0")))),
        Case("cuda-on-openeuler-lie", "openeuler/cuda", "11.8.0-cudnn8.9.0-oe2203sp1", Image([lts, Layer(run_file + c.cudnn("8.9.0"))], architecture="amd64"), fails(
            F("os-mismatch", "openeuler", claimed="22.03-LTS-SP1", observed="22.03-LTS", suggestion="11.8.0-cudnn8.9.0-oe2203lts"), infos=("tag-short",))),
        Case("cuda-behind-a-link", "openeuler/cuda", "cuda11.8.0-oe2203lts", Image([lts, Layer(elsewhere)], architecture="amd64"), passes(sees=(("cuda", "11.8.0"),))),
        Case("amd-truthful", "rocm/pytorch", "rocm5.7_ubuntu22.04_py3.10_pytorch_2.0.1", rocm_image("5.7.0", 63, "2.0.1+git5c4bc0e", hip="5.7.31921-d1770ee1b"),
             passes(sees=(("rocm", "5.7.0"), ("python", "3.10.13"))), demo="an AMD image that is what it says"),
        Case("amd-other-sdk-version", "rocm/pytorch", "rocm6.0_ubuntu22.04_py3.10_pytorch_2.0.1", rocm_image("5.7.0", 63, "2.0.1+git5c4bc0e", hip="5.7.31921-d1770ee1b"),
             fails(F("sdk-mismatch", "rocm", claimed="6.0", observed="5.7.0", suggestion="rocm5.7_ubuntu22.04_py3.10_pytorch_2.0.1"))),
        Case("amd-framework-for-cuda", "mirror/rocm/pytorch", "rocm5.7_ubuntu22.04_py3.10_pytorch_2.0.1", rocm_image("5.7.0", 63, "2.0.1+cu118", cuda="11.8"),
             fails(F("framework-backend", "pytorch", observed="cuda 11.8"))),
    ]


def architectures(b):
    wrong = b.openeuler(SP4, rpms=c.openeuler_rpms(SP4, "amd64"))
    arm, amd = Image([b.openeuler(SP4), b.cann("8.0.0")]), Image([
        b.openeuler(SP4, "amd64"), b.layer("cann-amd64", lambda: Layer(c.cann("8.0.0", machine="x86_64")))], architecture="amd64")
    mixed = Image([wrong, b.cann("8.0.0")])
    mislabelled = Index([arm, amd], offered={1: {"os": "linux", "architecture": "riscv64"}})
    good = passes(sees=(("cann", "8.0.0"), ("openeuler", SP4)))
    mismatch = F("arch-mismatch", claimed="linux/arm64", observed="amd64")
    return [
        Case("packages-of-another-architecture", "wrong/openeuler/openeuler", "22.03-lts-sp4", Image([wrong]), fails(mismatch), demo="x86_64 packages in an arm64 image"),
        Case("index-truthful", "index/openeuler/cann", "cann8.0.0-oe2203sp4", Index([arm, amd, Attestation(arm)]), {"linux/arm64": good, "linux/amd64": good},
             skipped=1, push="put", demo="two platforms and an attestation"),
        Case("index-of-docker", "docker/openeuler/cann", "cann8.0.0-oe2203sp4", Index([
            Image(arm.layers, family="docker"), Image(amd.layers, architecture="amd64", family="docker")], family="docker"),
            {"linux/arm64": good, "linux/amd64": good}, push="put"),
        Case("index-with-a-wrong-child", "mixed/openeuler/cann", "cann8.0.0-oe2203sp4", Index([mixed, amd]), {"linux/arm64": fails(mismatch), "linux/amd64": good}),
        Case("index-offers-another-platform", "offered/openeuler/cann", "cann8.0.0-oe2203sp4", mislabelled, {
            "linux/arm64": good, "linux/riscv64": fails(F("arch-mismatch", claimed="linux/riscv64", observed="linux/amd64"),
                                                        F("arch-mismatch", claimed="linux/riscv64", observed="amd64"), F("arch-mismatch", "cann", observed="amd64"))}, push="put"),
        Case("artifact-is-no-image", "openeuler/charts", "1.0.0-oe2203sp4", Artifact("application/vnd.example.chart.v1+json", b"name: chart\n"), {}, skipped=1, push="put"),
    ]


def less_usual_layouts(b):
    """Where things also stand in real images, or seem to stand."""
    base, base_amd64 = b.openeuler(SP4), b.openeuler(SP4, "amd64")
    wheels = f"{c.SITE_PACKAGES}/nvidia"
    bundled = [program(f"{wheels}/cuda_runtime/lib/libcudart.so.12", c.elf("arm64")), program(f"{wheels}/cuda_nvcc/bin/nvcc", c.elf("arm64"))] + \
        c.python_distribution(c.SITE_PACKAGES, "nvidia-cuda-runtime-cu12", "12.1.105")
    unpacked = c.torch("2.0.1", cuda="11.7", folder="opt/conda/pkgs/pytorch-2.0.1-py3.10_cuda11.7_0/lib/python3.10/site-packages")
    venv = "opt/venv/lib/python3.9/site-packages"
    no_release = tuple(rpm for rpm in c.openeuler_rpms(SP3, "arm64") if rpm.name != "openEuler-release")
    look_alike = [file("opt/maca/Version.txt", "Version:3.7.1.5\n"), program("opt/maca/tools/cu-bridge/bin/nvcc", c.elf("amd64")),
                  program("opt/maca/tools/cu-bridge/lib/libcudart.so.11.0", c.elf("amd64"))]
    development = tuple(c.openeuler_rpms(SP4, "arm64", development=True))
    broken = ('NAME="openEuler-distroless"\nID="openEuler"ls\nVERSION="22.03-LTS"\nVERSION_ID="22.03"\n'
              'PRETTY_NAME="openEuler-distroless 22.03-LTS x86_64"\n')
    return [
        Case("os-release-has-a-broken-line", "openeuler/distroless", "22.03-oe2203lts", Image([Layer([file("etc/os-release", broken)])]),
             passes(sees=(("openeuler", "22.03-LTS"),))),
        # A service pack carries packages of older ones: their suffix tells the system, not its service pack.
        Case("os-told-by-its-packages-alone", "bare/openeuler/redis", "7.4.1-oe2203sp3", Image([Layer(c.root_tree("arm64") + b.rpm_database(no_release))]),
             unknown(F("unproven", "openeuler", claimed=SP3, path="var/lib/rpm/Packages.db"))),
        Case("sdk-in-both-layouts", "both/openeuler/cann", "cann8.5.0-oe2203sp4", Image([base, b.cann("8.3.RC1"), Layer(c.new_cann("8.5.0"))]),
             passes(sees=(("cann", "8.3.RC1"), ("cann", "8.5.0")))),
        Case("sdk-preview-is-not-the-release", "openeuler/cann", "9.1.0-oe2203sp4", Image([base, Layer(c.new_cann("9.1.0-beta.3"))]), fails(
            F("sdk-mismatch", "cann", claimed="9.1.0", observed="9.1.0-beta.3", suggestion="9.1.0-beta.3-oe2203sp4"), infos=("tag-short",))),
        Case("sdk-libraries-inside-wheels", "wheels/openeuler/cann", "cann8.0.0-oe2203sp4", Image([base, b.cann("8.0.0"), Layer(bundled)]), passes()),
        Case("sdk-with-look-alikes-of-another", "openeuler/maca-sdk", "3.7-oe2203sp4", Image([base_amd64, Layer(look_alike)], architecture="amd64"),
             passes(infos=("tag-short",), sees=(("maca", "3.7.1.5"),))),
        Case("framework-in-a-virtual-environment", "venv/openeuler/pytorch", "pytorch2.1.0-cann8.0.RC1-oe2203sp4", Image([
            base, b.cann("8.0.RC1"), Layer(c.torch("2.1.0", folder=venv) + c.torch_npu("2.1.0.post3", folder=venv))]), passes(sees=(("torch_npu", "2.1.0.post3"),))),
        Case("framework-left-in-condas-cache", "conda/openeuler/pytorch", "pytorch2.1.0-cann8.0.RC1-oe2203sp4", Image([
            base, b.cann("8.0.RC1"), b.torch("2.1.0", npu="2.1.0"), Layer(unpacked)]), passes()),
        Case("framework-development-image-of-another-os", "openeuler/pytorch", "pytorch2.1.0-cann8.0.RC1-oe2203sp2-dev", Image([
            base, b.cann("8.0.RC1"), b.torch("2.1.0", npu="2.1.0"), Layer(b.rpm_database(development))]), fails(
            F("os-mismatch", "openeuler", claimed=SP2, observed=SP4, suggestion="pytorch2.1.0-cann8.0.RC1-oe2203sp4-dev"))),
        Case("tool-in-a-folder-of-two-numbers", "ascend/cann", "8.0.rc1-910b-openeuler22.03-py3.8", Image([
            base, Layer([program("usr/local/python3.8/bin/python3.8", c.elf("arm64"))]), b.cann("8.0.RC1"), Layer(c.cann_kernels("8.0.RC1"))]), passes(sees=(("python", "3.8"),))),
        Case("nvidia-cudnn-of-another-major", "nvidia/cuda", "12.2.2-cudnn8-runtime-ubuntu22.04", b.ubuntu_with(
            "22.04", c.cuda_debs("12.2.2", "12.2.140") + [Deb("libcudnn9-cuda-12", "9.1.0.70-1", "amd64")], c.cuda_deb_files("12.2.2", "12.2.140")), fails(
            F("tool-mismatch", "cudnn", claimed="8", observed="9.1.0", suggestion="12.2.2-cudnn9-runtime-ubuntu22.04"))),
    ]


def published(b):
    """Tags that openEuler declares and whose Dockerfiles give something else (openeuler-mirror/openeuler-docker-images, mid-2026), each beside
    an image that is what the tag says."""
    chatglm2 = b.model("chatglm2-6b")
    python310, python311 = Layer(c.built_python("3.10.17")), Layer(c.built_python("3.11.6"))
    fastchat = Layer(c.python_distribution(c.SITE_PACKAGES, "fschat", "0.2.36"))
    def develop(version):
        """`setup.py develop` of a commit, in a conda environment (ODI: AI/pytorch)."""
        tree, links = c.developed_in_place("torch", version, "pytorch", "usr/local/miniconda/envs/torch_npu/lib/python3.8/site-packages")
        return b.layer(("develop", version), lambda: Layer(tree + links + [
            file("pytorch/torch/version.py", f"__version__ = '{version}'\ndebug = False\ncuda: Optional[str] = None\ngit_version = '5913437a'\nhip: Optional[str] = None\n")]))

    old_npu = Layer(c.torch_npu("2.1.0.post3"))

    def cuda(release, version, build, *more):
        return Image([b.openeuler(release, "amd64"), Layer(c.cuda_run_file(version, build)), *more], architecture="amd64")

    def vllm(release, version, npu, torch="2.5.1"):
        """vllm-project/vllm-ascend: Dockerfile.openEuler, on Ascend's CANN image."""
        return Image([b.openeuler(release), python310, b.cann("8.1.RC1"), Layer(c.torch(torch) + c.torch_npu(npu) + c.python_distribution(c.SITE_PACKAGES, "vllm", "0.9.1+empty")),
                      Layer(c.python_distribution(c.SITE_PACKAGES, "vllm_ascend", version) + [program("vllm-workspace/vllm-ascend/setup.py")])])

    def basekit(release, version, tag_version):
        short = ".".join(version.split(".")[:2])
        rpms = tuple(c.openeuler_rpms(release, "amd64") + [Rpm("intel-basekit", version, "634", "x86_64"), Rpm(f"intel-basekit-{short}", version, "633", "x86_64")])
        return Image([b.openeuler(release, "amd64", rpms=rpms), Layer([program(f"opt/intel/oneapi/compiler/{short}/bin/icpx", c.elf("amd64"))])], architecture="amd64",
                     environment=[f"ONEAPI_ROOT=/opt/intel/oneapi", f"CMPLR_ROOT=/opt/intel/oneapi/compiler/{'.'.join(tag_version.split('.')[:2])}"])

    def runtime(release, version, tag_version):
        rpms = tuple(c.openeuler_rpms(release, "amd64") + [Rpm("intel-oneapi-runtime-libs", version, "1077", "x86_64"), Rpm("intel-oneapi-runtime-compilers-2024", version, "1079", "x86_64")])
        return Image([b.openeuler(release, "amd64", rpms=rpms), Layer([program("opt/intel/oneapi/lib/libsycl.so.8", c.elf("amd64"))])], architecture="amd64",
                     environment=[f"CMPLR_ROOT=/opt/intel/oneapi/compiler/{'.'.join(tag_version.split('.')[:2])}"])

    def maca(release, version):
        return Image([b.openeuler(release, "amd64"), Layer([file("opt/maca/Version.txt", f"Version:{version}\n"), program("opt/maca/lib/libmcruntime.so", c.elf("amd64"))])], architecture="amd64")

    def sglang(installed):
        tree = [file("opt/sglang/python/pyproject.toml", '[project]\nname = "sglang"\nversion = "0.5.11"\n'), file("opt/sglang/python/sglang/__init__.py", "# sglang\n"),
                file("opt/sglang/python/sglang/version.py", "__version__ = '0.5.11'\n")]
        return Image([b.openeuler("24.03-LTS-SP3"), Layer(tree + (c.python_distribution("usr/local/lib/python3.11/site-packages", "sglang", "0.5.11") if installed else []))],
                     labels={"version": "0.5.11"})

    def llm(release, model, cann=CANN7):
        return Image([b.openeuler(release), b.cann(cann), develop("2.1.0a0+git5913437"), old_npu, fastchat, model])

    chatglm = "chatglm2_6b-pytorch2.1.0.a1-cann7.0.RC1.alpha002"
    ascend_serving = "torch_npu2.5.1-cann8.1.rc1-python3.10"
    server = Layer(c.root_tree("amd64") + c.rocky_os_files("9.4") + b.rpm_database(tuple(c.rocky_rpms("9.4", "amd64") + [
        Rpm("cuda-cudart-12-1", "12.1.105", "1", "x86_64"), Rpm("cuda-libraries-12-1", "12.1.1", "1", "x86_64")]), "sqlite") + [program("usr/local/bin/llama-server", c.elf("amd64"))])
    arm_cann, x86_cann = b.cann(CANN7), b.layer(("cann-x86", CANN7), lambda: Layer(c.cann(CANN7, machine="x86_64")))
    sp2_amd64 = b.openeuler(SP2, "amd64")

    def pair(name, repository, tag, lie, expect, truth, right=None, **more):
        """The published image, and one for which the tag (or the right one) is true."""
        return [Case(f"published-{name}", f"published/{repository}", tag, lie, expect, **more),
                Case(f"published-{name}-twin", f"twins/{repository}", right or tag, truth, passes(**more) if right is None else passes())]

    return [case for each in (
        pair("cuda-on-the-old-python", "openeuler/cuda", "13.0.0-python3.10-oe2403sp4", cuda("24.03-LTS", "13.0.0", "13.0.48", python310), fails(
            F("os-mismatch", "openeuler", claimed="24.03-LTS-SP4", observed="24.03-LTS", suggestion="13.0.0-python3.10-oe2403lts")), cuda("24.03-LTS-SP4", "13.0.0", "13.0.48", python310)),
        pair("pytorch-on-the-old-cann", "openeuler/pytorch", "2.2.0-cann8.0.RC1-oe2403sp4", Image([b.openeuler(SP4), b.cann("8.0.RC1"), b.torch("2.2.0", npu="2.2.0")]), fails(
            F("os-mismatch", "openeuler", claimed="24.03-LTS-SP4", observed=SP4, suggestion="2.2.0-cann8.0.RC1-oe2203sp4")),
            Image([b.openeuler("24.03-LTS-SP4"), b.cann("8.0.RC1"), b.torch("2.2.0", npu="2.2.0")])),
        pair("llm-on-the-old-chat", "openeuler/llm", f"{chatglm}-oe2403sp4", llm(SP2, chatglm2), fails(
            F("os-mismatch", "openeuler", claimed="24.03-LTS-SP4", observed=SP2, suggestion=f"{chatglm}-oe2203sp2")), llm("24.03-LTS-SP4", chatglm2)),
        pair("llm-of-pointers", "openeuler/llm", f"{chatglm}-oe2203sp2", llm(SP2, b.model("chatglm2-6b", "pointers")), fails(F("llm-missing", "chatglm2-6b")), llm(SP2, chatglm2)),
        # The tag's form is not what PEP 440 makes of it: 2.1.0.a1 stands for the commit whose version is 2.1.0a0.
        pair("pytorch-of-another-commit", "openeuler/pytorch", f"pytorch2.1.0.a1-cann{CANN7}-oe2203sp2", Image([b.openeuler(SP2), b.cann(CANN7), develop("2.2.0a0+git3e9be9a"), old_npu]), fails(
            F("framework-mismatch", "pytorch", claimed="2.1.0.a1")), Image([b.openeuler(SP2), b.cann(CANN7), develop("2.1.0a0+git5913437"), old_npu])),
        pair("vllm-ascend-newest", "openeuler/vllm-ascend", f"0.11.0rc0-{ascend_serving}-oe2403sp4", vllm(SP4, "0.11.0rc0", "2.7.1.dev20250724", "2.7.1"), fails(
            F("os-mismatch", "openeuler", claimed="24.03-LTS-SP4", observed=SP4), F("tool-mismatch", "torch_npu", claimed="2.5.1", observed="2.7.1.dev20250724")),
            vllm("24.03-LTS-SP4", "0.11.0rc0", "2.5.1")),
        pair("vllm-ascend-first-lts", "openeuler/vllm-ascend", f"0.11.0rc0-{ascend_serving}-oe2203lts", vllm(SP4, "0.11.0rc0", "2.7.1.dev20250724", "2.7.1"), fails(
            F("os-mismatch", "openeuler", claimed="22.03-LTS", observed=SP4), F("tool-mismatch", "torch_npu", claimed="2.5.1")), vllm("22.03-LTS", "0.11.0rc0", "2.5.1")),
        pair("vllm-ascend-on-sp4", "openeuler/vllm-ascend", f"0.8.5rc1-{ascend_serving}-oe2203lts", vllm(SP4, "0.8.5rc1", "2.5.1"), fails(
            F("os-mismatch", "openeuler", claimed="22.03-LTS", observed=SP4, suggestion=f"0.8.5rc1-{ascend_serving}-oe2203sp4")), vllm("22.03-LTS", "0.8.5rc1", "2.5.1")),
        pair("vllm-ascend-before-release", "openeuler/vllm-ascend", f"0.7.3rc2-{ascend_serving}-oe2203sp4", vllm(SP4, "0.7.3rc2", "2.5.1.dev20250320"), fails(
            F("tool-mismatch", "torch_npu", claimed="2.5.1", observed="2.5.1.dev20250320", suggestion=None)), vllm(SP4, "0.7.3rc2", "2.5.1")),
        pair("vllm-ascend-before-post-release", "openeuler/vllm-ascend", f"0.9.1rc1-{ascend_serving}-oe2203sp4", vllm(SP4, "0.9.1rc1", "2.5.1.post1.dev20250528"), fails(
            F("tool-mismatch", "torch_npu", claimed="2.5.1", observed="2.5.1.post1.dev20250528")), vllm(SP4, "0.9.1rc1", "2.5.1.post1")),
        pair("cann-from-a-floating-base", "openeuler/cann", "8.2.RC1.alpha002-python3.11-oe2203lts", Image([b.openeuler(SP4), python311, b.cann("8.2.RC1.alpha002")]), fails(
            F("os-mismatch", "openeuler", claimed="22.03-LTS", observed=SP4, suggestion="8.2.RC1.alpha002-python3.11-oe2203sp4")),
            Image([b.openeuler("22.03-LTS"), python311, b.cann("8.2.RC1.alpha002")])),
        pair("cuda-from-a-floating-base", "openeuler/cuda", "11.8.0-cudnn8.9.0-oe2203lts", cuda(SP4, "11.8.0", "11.8.89", Layer(c.cudnn("8.9.0") + [
            file("usr/local/cuda-11.8/include/cudnn.h", "// the numbers stand in cudnn_version.h, which is not copied\n")])), fails(
            F("os-mismatch", "openeuler", claimed="22.03-LTS", observed=SP4, suggestion="11.8.0-cudnn8.9.0-oe2203sp4")), cuda("22.03-LTS", "11.8.0", "11.8.89", Layer(c.cudnn("8.9.0")))),
        pair("server-on-rocky", "openeuler/llm-server", "1.0.0.gpu-oe2203sp3", Image([server], architecture="amd64"), fails(
            F("os-mismatch", "openeuler", claimed=SP3, observed="Rocky Linux 9.4")), Image([b.openeuler(SP3, "amd64"), Layer([program("usr/local/bin/llama-server", c.elf("amd64"))])], architecture="amd64")),
        pair("sglang-tree-alone", "openeuler/sglang", "0.5.11-oe2403sp3", sglang(False), fails(F("framework-missing", "sglang", claimed="0.5.11")), sglang(True)),
        pair("oneapi-unpinned", "openeuler/oneapi-basekit", "2024.2.0-oe2403lts", basekit("24.03-LTS", "2025.1.3", "2024.2.0"), fails(
            F("sdk-mismatch", "oneapi", claimed="2024.2.0", observed="2025.1.3", suggestion="2025.1.3-oe2403lts")), basekit("24.03-LTS", "2024.2.0", "2024.2.0")),
        pair("oneapi-runtime-unpinned", "openeuler/oneapi-runtime", "2024.2-oe2403lts", runtime("24.03-LTS", "2025.1.1", "2024.2.0"), fails(
            F("sdk-mismatch", "oneapi", claimed="2024.2", observed="2025.1", suggestion="2025.1-oe2403lts")), runtime("24.03-LTS", "2024.2.1", "2024.2.0")),
        pair("maca-unpinned", "openeuler/maca-sdk", "3.7-oe2403sp3", maca("24.03-LTS-SP3", "3.8.0.2"), fails(
            F("sdk-mismatch", "maca", claimed="3.7", observed="3.8.0.2", suggestion="3.8-oe2403sp3")), maca("24.03-LTS-SP3", "3.7.1.5")),
        pair("cann-for-arm-on-amd", "openeuler/cann", f"{CANN7}-oe2203sp2", Image([sp2_amd64, arm_cann], architecture="amd64"), fails(
            F("arch-mismatch", "cann", claimed="linux/amd64", observed="arm64")), Image([sp2_amd64, x86_cann], architecture="amd64")),
    ) for case in each] + [
        # Distroless images leave no package database and no os-release: unknown, or decided by what is left, and never accused in vain.
        Case("distroless-static", "openeuler/distroless-static", "1.0.0-oe2403lts", Image([Layer(c.distroless_static())]), unknown(F("unproven", "openeuler"))),
        Case("distroless-by-its-banner", "openeuler/distroless-base", "2.38-oe2403lts", Image([Layer(c.distroless("12.3.1-30.oe2403"))]), unknown(
            F("unproven", "openeuler", path="lib64/libc.so.6"))),
        Case("distroless-by-the-banner-of-a-service-pack", "openeuler/distroless-base", "2.38-oe2403sp2", Image([Layer(c.distroless("12.3.1-62.oe2403sp1"))]), unknown(F("unproven", "openeuler"))),
        Case("distroless-of-another-release", "other/openeuler/distroless-base", "2.34-oe2203sp4", Image([Layer(c.distroless("12.3.1-30.oe2403"))]), fails(
            F("os-mismatch", "openeuler", claimed=SP4, observed="24.03", path="lib64/libc.so.6", suggestion=None))),
        Case("distroless-without-banner", "openeuler/distroless-cc", "12.3.1-oe2203sp4", Image([Layer(c.distroless())]), unknown(F("unproven", "openeuler"))),
        Case("application-on-distroless", "openeuler/etcd", "3.6.4-oe2403sp1", Image([Layer(c.distroless_static()), Layer([program("usr/local/bin/etcd", c.elf("arm64"))])]), unknown(F("unproven", "openeuler"))),
    ]


def cases(cache):
    builder = Builder(cache)
    every = [case for group in (operating_systems, ascend_sdks, frameworks_and_models, other_vendors, less_usual_layouts, architectures, published) for case in group(builder)]
    for attribute in ("name", "reference"):
        values = [getattr(case, attribute) for case in every]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ValueError(f"two cases share a {attribute}: {', '.join(twice)}")
    return every
