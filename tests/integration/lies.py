#!/usr/bin/env python3
"""Makes pairs of images, one that is what its tag says and one that is not, in many kinds of lie, and scores what the program says.

usage: lies.py --veritag PROGRAM [--work DIR] [--seed N] [--pairs N] [--only WORD] [--verbose]

Each kind is a function that draws versions from a seeded generator and gives a pair. For every pair:
  truth   no error finding, and the verdict is pass or warn;
  lie     the expected findings (code and component) are there and no other error is; where the lie is in the tag alone, the suggested
          tag is the truthful one. A kind that content cannot decide must come out `unknown` without an error.
The score prints precision and recall for every kind; both must be 1.0. The same seed gives the same images.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import chinese  # noqa: E402
import contents as c  # noqa: E402
import synthetic  # noqa: E402
from images import Image, Index, Layer, Layout, directory, file, opaque, program, symlink, whiteout, zeros  # noqa: E402
from packages import Deb, Rpm  # noqa: E402

RELEASES = ["20.03-LTS-SP1", "20.03-LTS-SP3", "20.03-LTS-SP4", "22.03-LTS", "22.03-LTS-SP1", "22.03-LTS-SP2", "22.03-LTS-SP3", "22.03-LTS-SP4",
            "24.03-LTS", "24.03-LTS-SP1", "24.03-LTS-SP2", "24.03-LTS-SP3"]
CANN_OLD = ["7.0.RC1.alpha002", "8.0.RC1", "8.0.RC2", "8.0.RC3", "8.0.0", "8.1.RC1", "8.2.RC1.alpha001", "8.2.RC1", "8.3.RC1"]
CANN_NEW = ["8.5.0", "8.5.1", "9.0.0", "9.1.0"]
CUDA = {"11.8.0": "11.8.89", "12.0.0": "12.0.107", "12.0.1": "12.0.146", "12.2.0": "12.2.53", "12.2.2": "12.2.140", "12.4.1": "12.4.127", "12.5.1": "12.5.82",
        "12.8.0": "12.8.57"}
ROCM = [("5.7.0", 63), ("5.7.1", 98), ("6.0.2", 115), ("6.1.3", 122), ("6.2.4", 139), ("6.4.0", 47)]
TORCH = ["2.0.1", "2.1.0", "2.2.0", "2.3.1", "2.4.0", "2.5.1", "2.6.0"]
MINDSPORE = ["2.2.14", "2.3.0", "2.3.1", "2.4.1", "2.5.0"]
TENSORFLOW = ["2.12.1", "2.13.0", "2.14.1", "2.15.0", "2.16.1"]
PYTHONS = ["3.8.18", "3.9.19", "3.10.17", "3.11.6", "3.12.7"]
SITE = c.SITE_PACKAGES


def token(release):
    """`22.03-LTS-SP2` as a tag's part."""
    number, *rest = release.split("-")
    return "oe" + number.replace(".", "") + (rest[-1].lower() if rest else "")


def base_tag(release):
    return release.lower()


@dataclasses.dataclass
class Sample:
    repository: str
    tag: str
    image: object


@dataclasses.dataclass
class Pair:
    truth: Sample
    lie: Sample
    expects: object             # a set of (code, component), or "unknown"
    suggests: bool = False      # the lie's suggestion is the truth's tag
    severity: str = "error"     # of what is expected


class Maker:
    """Layers by what they hold: images share them as published ones do."""

    def __init__(self, seed):
        self.layers = {}
        self.rng = random.Random(seed)

    def layer(self, *key, make):
        if key not in self.layers:
            self.layers[key] = Layer(make())
        return self.layers[key]

    def openeuler(self, release, architecture="arm64", extra=(), development=False, without=()):
        def make():
            rpms = [rpm for rpm in c.openeuler_rpms(release, architecture, development=development) if rpm.name not in without] + list(extra)
            return c.root_tree(architecture) + c.openeuler_os_files(release) + [file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(rpms))]
        return self.layer("openeuler", release, architecture, tuple(extra), development, tuple(without), make=make)

    def upgrade(self, release, architecture="arm64"):
        return self.layer("upgrade", release, architecture, make=lambda: [
            each for each in c.openeuler_os_files(release) if each.path != "etc/os-release"] + [
                file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(c.openeuler_rpms(release, architecture)))])

    def ubuntu(self, version, extra=(), architecture="amd64"):
        text, codename, _ = c.UBUNTU[version]
        return self.layer("ubuntu", version, tuple(extra), architecture, make=lambda: c.root_tree(architecture) + c.ubuntu_os_files(version, text, codename) + [
            file("var/lib/dpkg/status", synthetic.dpkg_status(c.ubuntu_debs(version, architecture) + list(extra)))])

    def rocky(self, version, extra=(), architecture="amd64"):
        return self.layer("rocky", version, tuple(extra), architecture, make=lambda: c.root_tree(architecture) + c.rocky_os_files(version) + [
            file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(c.rocky_rpms(version, architecture) + list(extra)))])

    def cann(self, version, machine="aarch64"):
        make = c.new_cann if version in CANN_NEW else c.cann
        return self.layer("cann", version, machine, make=lambda: make(version, machine=machine))

    def of(self, *parts, make):
        return self.layer(*parts, make=make)

    # -- drawing --
    def one(self, options):
        return self.rng.choice(list(options))

    def two(self, options):
        return self.rng.sample(list(options), 2)

    def release(self):
        return self.one(RELEASES)

    def releases(self):
        return self.two(RELEASES)


KINDS = {}


def kind(function):
    KINDS[function.__name__.replace("_", "-")] = function
    return function


def tag_pair(repository, right, wrong, image, *expects, suggests=True):
    """One image under a right and a wrong tag."""
    return Pair(Sample(repository, right, image), Sample(repository, wrong, image), set(expects), suggests)


def content_pair(repository, tag, right, wrong, *expects):
    """One tag over right and wrong content."""
    return Pair(Sample(repository, tag, right), Sample(repository, tag, wrong), set(expects))


def undecided(repository, tag, right, wrong):
    return Pair(Sample(repository, tag, right), Sample(repository, tag, wrong), "unknown")


# ---- operating systems ----

@kind
def os_of_a_base_image(m):
    a, b = m.releases()
    return tag_pair("openeuler/openeuler", base_tag(a), base_tag(b), Image([m.openeuler(a)]), ("os-mismatch", "openeuler"))


@kind
def os_service_pack_below_an_sdk(m):
    a, b = m.releases()
    cann = m.one(CANN_OLD)
    return tag_pair("openeuler/cann", f"{cann}-{token(a)}", f"{cann}-{token(b)}", Image([m.openeuler(a), m.cann(cann)]), ("os-mismatch", "openeuler"))


@kind
def os_below_an_application(m):
    a, b = m.releases()
    version = f"{m.rng.randint(1, 9)}.{m.rng.randint(0, 20)}.{m.rng.randint(0, 9)}"
    return tag_pair("openeuler/" + m.one(["redis", "nginx", "etcd", "slurm"]), f"{version}-{token(a)}", f"{version}-{token(b)}", Image([m.openeuler(a)]), ("os-mismatch", "openeuler"))


@kind
def os_upgraded_by_a_later_layer(m):
    a, b = m.releases()
    cann = m.one(CANN_OLD)
    return tag_pair("openeuler/cann", f"cann{cann}-{token(b)}", f"cann{cann}-{token(a)}", Image([m.openeuler(a), m.cann(cann), m.upgrade(b)]), ("os-mismatch", "openeuler"))


@kind
def os_of_another_distribution(m):
    release, cann = m.release(), m.one(CANN_OLD)
    return content_pair("openeuler/cann", f"{cann}-{token(release)}", Image([m.openeuler(release), m.cann(cann)]),
                        Image([m.one([m.rocky("9.4", architecture="arm64"), m.ubuntu("22.04", architecture="arm64")]), m.cann(cann)]), ("os-mismatch", "openeuler"))


@kind
def os_without_a_trace(m):
    release = m.release()
    lone = Image([m.of("lone", make=lambda: [program("usr/local/bin/etcd", c.elf("arm64")), file("etc/ssl/certs/ca-bundle.crt", "-----BEGIN")])])
    return undecided("openeuler/etcd", f"3.6.0-{token(release)}", Image([m.openeuler(release)]), lone)


@kind
def os_release_edited(m):
    a, b = m.releases()
    edited = m.of("edited", b, make=lambda: [each for each in c.openeuler_os_files(b) if each.path == "usr/lib/os-release"])
    return undecided("openeuler/openeuler", base_tag(b), Image([m.openeuler(b)]), Image([m.openeuler(a), edited]))


@kind
def os_alias_left_behind(m):
    old = m.one(["24.03-LTS", "24.03-LTS-SP1", "24.03-LTS-SP2"])
    pair = content_pair("openeuler/openeuler", m.one(["latest", "24.03"]), Image([m.openeuler("24.03-LTS-SP3")]), Image([m.openeuler(old)]), ("alias-stale", "openeuler"))
    pair.severity = "warning"
    return pair


@kind
def os_of_an_nvidia_image(m):
    version = m.one(CUDA)
    a, b = m.two(c.UBUNTU)
    return tag_pair("nvidia/cuda", f"{version}-base-ubuntu{a}", f"{version}-base-ubuntu{b}", nvidia(m, version, "base", a), ("os-mismatch", "ubuntu"))


@kind
def packages_of_another_distribution(m):
    release = m.release()
    foreign = [Rpm("htop", "3.2.1", f"{m.rng.randint(1, 9)}.el9", "aarch64"), Rpm("jq", "1.6", "14.el9", "aarch64")]
    pair = content_pair("openeuler/openeuler", base_tag(release), Image([m.openeuler(release)]), Image([m.openeuler(release, extra=foreign)]), ("package-foreign", "openeuler"))
    pair.severity = "warning"
    return pair


@kind
def os_that_names_another_as_its_kin(m):
    """Oracle Linux writes Red Hat's name into etc/redhat-release."""
    cuda = m.one(["12.2.0", "12.2.2"])
    files = [file("usr/lib/os-release", 'NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="9.4"\n'), symlink("etc/os-release", "../usr/lib/os-release"),
             file("etc/oracle-release", "Oracle Linux Server release 9.4\n"), symlink("etc/system-release", "oracle-release"),
             file("etc/redhat-release", "Red Hat Enterprise Linux release 9.4 (Plow)\n")]
    rpms = [Rpm("bash", "5.1.8", "9.el9", "x86_64"), Rpm("cuda-cudart-12-2", CUDA[cuda], "1", "x86_64")]
    image = Image([m.of("oracle", cuda, make=lambda: c.root_tree("amd64") + files + [file("var/lib/rpm/Packages.db", synthetic.rpm_ndb(rpms))] +
                        c.cudart_files("usr/local/cuda-12.2/targets/x86_64-linux/lib", CUDA[cuda]))], architecture="amd64")
    return tag_pair("nvidia/cuda", f"{cuda}-base-oraclelinux9", f"{cuda}-base-ubi9", image, ("os-mismatch", "rhel"), suggests=False)


# ---- Ascend ----

@kind
def cann_version_in_the_old_layout(m):
    release = m.release()
    a, b = m.two(CANN_OLD)
    return tag_pair("openeuler/cann", f"cann{a}-{token(release)}", f"cann{b}-{token(release)}", Image([m.openeuler(release), m.cann(a)]), ("sdk-mismatch", "cann"))


@kind
def cann_version_in_the_new_layout(m):
    release = m.release()
    a, b = m.two(CANN_NEW)
    return tag_pair("openeuler/cann", f"{a}-{token(release)}", f"{b}-{token(release)}", Image([m.openeuler(release), m.cann(a)]), ("sdk-mismatch", "cann"))


@kind
def cann_missing(m):
    release, version = m.release(), m.one(CANN_OLD + CANN_NEW)
    return content_pair("openeuler/cann", f"{version}-{token(release)}", Image([m.openeuler(release), m.cann(version)]), Image([m.openeuler(release)]), ("sdk-missing", "cann"))


@kind
def cann_removed_by_a_whiteout(m):
    release, version = m.release(), m.one(CANN_OLD)
    layers = [m.openeuler(release), m.cann(version)]
    return content_pair("openeuler/cann", f"cann{version}-{token(release)}", Image(layers), Image(layers + [Layer([whiteout("usr/local/Ascend")])]), ("sdk-missing", "cann"))


@kind
def cann_hidden_by_an_opaque_directory(m):
    release, version = m.release(), m.one(CANN_OLD)
    layers = [m.openeuler(release), m.cann(version)]
    hidden = Layer([directory("usr/local/Ascend"), opaque("usr/local/Ascend")])
    return content_pair("openeuler/cann", f"cann{version}-{token(release)}", Image(layers), Image(layers + [hidden]), ("sdk-missing", "cann"))


@kind
def cann_in_the_environment_alone(m):
    release, version = m.release(), m.one(CANN_OLD)
    return undecided("openeuler/cann", f"cann{version}-{token(release)}", Image([m.openeuler(release), m.cann(version)]),
                     Image([m.openeuler(release)], environment=[f"ASCEND_TOOLKIT_HOME=/usr/local/Ascend/ascend-toolkit/{version}"]))


@kind
def cann_of_another_cpu(m):
    release, version = m.release(), m.one(CANN_OLD + CANN_NEW)
    base = m.openeuler(release, "amd64")
    return content_pair("openeuler/cann", f"{version}-{token(release)}", Image([base, m.cann(version, "x86_64")], architecture="amd64"),
                        Image([base, m.cann(version, "aarch64")], architecture="amd64"), ("arch-mismatch", "cann"))


@kind
def cuda_under_a_cann_tag(m):
    release, version = m.release(), m.one(CANN_OLD)
    cuda = m.one(CUDA)
    return content_pair("openeuler/cann", f"cann{version}-{token(release)}", Image([m.openeuler(release), m.cann(version)]),
                        Image([m.openeuler(release), m.cann(version), m.of("cuda-arm", cuda, make=lambda: c.cuda_run_file(cuda, CUDA[cuda], machine="sbsa"))]), ("sdk-foreign", "cuda"))


@kind
def ascend_community_version(m):
    a, b = m.two(["8.0.RC3", "8.1.RC1", "8.2.RC1", "8.3.RC1"])
    image = Image([m.openeuler("22.03-LTS-SP4"), m.of("python", "3.10.17", make=lambda: c.built_python("3.10.17")), m.cann(a), Layer(c.cann_kernels(a))])
    return tag_pair("ascend/cann", f"{a.lower()}-910b-openeuler22.03-py3.10", f"{b.lower()}-910b-openeuler22.03-py3.10", image, ("sdk-mismatch", "cann"))


@kind
def ascend_community_python(m):
    a, b = m.two(["3.10.17", "3.11.6", "3.12.7"])
    version = m.one(["8.1.RC1", "8.2.RC1"])
    short = [".".join(each.split(".")[:2]) for each in (a, b)]
    image = Image([m.openeuler("22.03-LTS-SP4"), m.of("python", a, make=lambda: c.built_python(a)), m.cann(version), Layer(c.cann_kernels(version))])
    return tag_pair("ascend/cann", f"{version.lower()}-910b-openeuler22.03-py{short[0]}", f"{version.lower()}-910b-openeuler22.03-py{short[1]}", image, ("tool-mismatch", "python"),
                    suggests=False)


# ---- NVIDIA ----

def nvidia(m, version, flavour, ubuntu="22.04", cudnn=None, nccl=True):
    short = "-".join(version.split(".")[:2])
    debs = [each for each in c.cuda_debs(version, CUDA[version], flavour="base" if flavour == "base" else "runtime") if nccl or each.name != "libnccl2"]
    files = [each for each in c.cuda_deb_files(version, CUDA[version]) if flavour != "base" or "libcublas" not in each.path]
    if flavour == "devel":
        debs += [Deb(f"cuda-cudart-dev-{short}", f"{CUDA[version]}-1", "amd64"), Deb(f"cuda-command-line-tools-{short}", f"{version}-1", "amd64"),
                 Deb(f"cuda-minimal-build-{short}", f"{version}-1", "amd64"), Deb(f"cuda-libraries-dev-{short}", f"{version}-1", "amd64"),
                 Deb("libnccl-dev", f"2.18.3-1+cuda{short.replace('-', '.')}", "amd64")]
        root = f"usr/local/cuda-{short.replace('-', '.')}"
        files = files + [program(f"{root}/bin/nvcc", c.elf("amd64")), file(f"{root}/targets/x86_64-linux/include/cuda_runtime.h", "// CUDA\n")]
    if cudnn:
        debs.append(Deb(f"libcudnn{cudnn.split('.')[0]}" + ("-cuda-12" if cudnn.startswith("9") else ""), f"{cudnn}.1-1+cuda{short.replace('-', '.')}", "amd64"))
        files = files + c.cudnn(cudnn, f"usr/lib/x86_64-linux-gnu")
    status = synthetic.dpkg_status(c.ubuntu_debs(ubuntu, "amd64") + debs)
    return Image([m.ubuntu(ubuntu), m.of("nvidia", version, flavour, ubuntu, cudnn, nccl, make=lambda: [file("var/lib/dpkg/status", status)] + files)], architecture="amd64")


@kind
def nvidia_release(m):
    a, b = m.two(CUDA)
    return tag_pair("nvidia/cuda", f"{a}-runtime-ubuntu22.04", f"{b}-runtime-ubuntu22.04", nvidia(m, a, "runtime"), ("sdk-mismatch", "cuda"))


@kind
def nvidia_flavour_below(m):
    version = m.one(CUDA)
    is_, says = m.one([("base", "runtime"), ("base", "devel"), ("runtime", "devel")])
    return tag_pair("nvidia/cuda", f"{version}-{is_}-ubuntu22.04", f"{version}-{says}-ubuntu22.04", nvidia(m, version, is_), ("flavor-mismatch", "cuda-flavour"))


@kind
def nvidia_flavour_above(m):
    version = m.one(CUDA)
    is_, says = m.one([("runtime", "base"), ("devel", "base"), ("devel", "runtime")])
    return tag_pair("nvidia/cuda", f"{version}-{is_}-ubuntu22.04", f"{version}-{says}-ubuntu22.04", nvidia(m, version, is_), ("flavor-mismatch", "cuda-flavour"))


@kind
def nvidia_without_nccl(m):
    version = m.one(CUDA)
    pair = content_pair("nvidia/cuda", f"{version}-runtime-ubuntu22.04", nvidia(m, version, "runtime"), nvidia(m, version, "runtime", nccl=False), ("flavor-mismatch", "cuda-flavour"))
    pair.severity = "warning"
    return pair


@kind
def nvidia_cudnn_missing(m):
    version, major = m.one(CUDA), m.one(["8.9.6", "9.1.0"])
    tag = f"{version}-cudnn{m.one(['', major[0]])}-runtime-ubuntu22.04"
    return content_pair("nvidia/cuda", tag, nvidia(m, version, "runtime", cudnn=major), nvidia(m, version, "runtime"), ("tool-missing", "cudnn"))


@kind
def nvidia_cudnn_major(m):
    version = m.one(CUDA)
    a, b = m.two(["8.9.6", "9.1.0"])
    return tag_pair("nvidia/cuda", f"{version}-cudnn{a[0]}-devel-ubuntu22.04", f"{version}-cudnn{b[0]}-devel-ubuntu22.04", nvidia(m, version, "devel", cudnn=a), ("tool-mismatch", "cudnn"))


@kind
def cuda_in_the_environment_alone(m):
    version = m.one(CUDA)
    return undecided("nvidia/cuda", f"{version}-base-ubuntu20.04", nvidia(m, version, "base", "20.04"),
                     Image([m.ubuntu("20.04")], architecture="amd64", environment=[f"CUDA_VERSION={version}"]))


@kind
def cuda_of_the_run_file(m):
    release = m.release()
    a, b = m.two(CUDA)
    image = Image([m.openeuler(release, "amd64"), m.of("run", a, make=lambda: c.cuda_run_file(a, CUDA[a]))], architecture="amd64")
    return tag_pair("openeuler/cuda", f"{a}-{token(release)}", f"{b}-{token(release)}", image, ("sdk-mismatch", "cuda"))


@kind
def cuda_missing(m):
    release, version = m.release(), m.one(CUDA)
    base = m.openeuler(release, "amd64")
    return content_pair("openeuler/cuda", f"cuda{version}-{token(release)}", Image([base, m.of("run", version, make=lambda: c.cuda_run_file(version, CUDA[version]))], architecture="amd64"),
                        Image([base], architecture="amd64"), ("sdk-missing", "cuda"))


@kind
def cuda_libraries_of_wheels_alone(m):
    """What a wheel bundles is no SDK, and nobody can say that none is there."""
    release, version = m.release(), m.one(CUDA)
    base = m.openeuler(release, "amd64")
    bundled = m.of("wheel", version, make=lambda: [program(f"{SITE}/nvidia/cuda_runtime/lib/libcudart.so.12", c.elf("amd64"))] + c.python_distribution(SITE, "nvidia-cuda-runtime-cu12", CUDA[version]))
    return undecided("openeuler/cuda", f"cuda{version}-{token(release)}", Image([base, m.of("run", version, make=lambda: c.cuda_run_file(version, CUDA[version]))], architecture="amd64"),
                     Image([base, bundled], architecture="amd64"))


@kind
def cudnn_beside_cuda(m):
    release = m.release()
    version = m.one(["11.8.0", "12.2.2"])
    a, b = m.two(["8.9.0", "8.9.6", "9.1.0"])
    image = Image([m.openeuler(release, "amd64"), m.of("run", version, make=lambda: c.cuda_run_file(version, CUDA[version])), m.of("cudnn", a, make=lambda: c.cudnn(a))], architecture="amd64")
    return tag_pair("openeuler/cuda", f"{version}-cudnn{a}-{token(release)}", f"{version}-cudnn{b}-{token(release)}", image, ("tool-mismatch", "cudnn"))


@kind
def cuda_that_a_program_carries_inside(m):
    """What a tag of a repository without a rule of its own promises is not known: `cuda12.4` may say what the program is built with."""
    version = m.one(CUDA)
    program_alone = Image([m.ubuntu("22.04"), m.of("candle", make=lambda: [program("usr/local/bin/candle", c.elf("amd64"))])], architecture="amd64")
    return undecided("someone/candle", f"1.0-cuda{short(version)}-ubuntu22.04", nvidia(m, version, "runtime"), program_alone)


# ---- AMD ----

CONDA = "opt/conda/envs/py_3.10/lib/python3.10/site-packages"


def amd(m, rocm, build, ubuntu="22.04", python="3.10.13", extra=()):
    status = synthetic.dpkg_status(c.ubuntu_debs(ubuntu, "amd64") + c.rocm_debs(rocm, build, ubuntu))
    environment = f"opt/conda/envs/py_{'.'.join(python.split('.')[:2])}"
    return Image([m.ubuntu(ubuntu), m.of("rocm", rocm, build, ubuntu, make=lambda: [file("var/lib/dpkg/status", status)] + c.rocm(rocm, build)),
                  m.of("conda", python, make=lambda: c.conda_python(python, environment)), *extra], architecture="amd64")


def amd_torch(m, version, **built_for):
    return m.of("amd-torch", version, tuple(built_for.items()), make=lambda: c.torch(version, folder=CONDA, **built_for))


def short(version):
    return ".".join(version.split(".")[:2])


def rocm_apart(m):
    """Two releases that differ in what tags write of them."""
    while True:
        a, b = m.two(ROCM)
        if short(a[0]) != short(b[0]):
            return a, b


@kind
def rocm_release(m):
    (a, build), (b, _) = rocm_apart(m)
    torch = m.one(TORCH)
    image = amd(m, a, build, extra=[amd_torch(m, f"{torch}+git5c4bc0e", hip=f"{short(a)}.31921-d1770ee1b")])
    return tag_pair("rocm/pytorch", f"rocm{short(a)}_ubuntu22.04_py3.10_pytorch_{torch}", f"rocm{short(b)}_ubuntu22.04_py3.10_pytorch_{torch}", image, ("sdk-mismatch", "rocm"))


@kind
def rocm_framework_version(m):
    rocm, build = m.one(ROCM)
    a, b = m.two(TORCH)
    image = amd(m, rocm, build, extra=[amd_torch(m, f"{a}+git5c4bc0e", hip=f"{short(rocm)}.31921-d1770ee1b")])
    return tag_pair("rocm/pytorch", f"rocm{short(rocm)}_ubuntu22.04_py3.10_pytorch_{a}", f"rocm{short(rocm)}_ubuntu22.04_py3.10_pytorch_{b}", image, ("framework-mismatch", "pytorch"))


@kind
def rocm_framework_built_for_cuda(m):
    rocm, build = m.one(ROCM)
    torch = m.one(TORCH)
    tag = f"rocm{short(rocm)}_ubuntu22.04_py3.10_pytorch_{torch}"
    return content_pair("rocm/pytorch", tag, amd(m, rocm, build, extra=[amd_torch(m, f"{torch}+git5c4bc0e", hip=f"{short(rocm)}.31921-d1770ee1b")]),
                        amd(m, rocm, build, extra=[amd_torch(m, f"{torch}+cu118", cuda="11.8")]), ("framework-backend", "pytorch"))


@kind
def rocm_python(m):
    rocm, build = m.one(ROCM)
    torch = m.one(TORCH)
    a, b = m.two(["3.9", "3.10", "3.11"])
    image = amd(m, rocm, build, python=f"{a}.13", extra=[amd_torch(m, f"{torch}+git5c4bc0e", hip=f"{short(rocm)}.31921-d1770ee1b")])
    return tag_pair("rocm/pytorch", f"rocm{short(rocm)}_ubuntu22.04_py{a}_pytorch_{torch}", f"rocm{short(rocm)}_ubuntu22.04_py{b}_pytorch_{torch}", image, ("tool-mismatch", "python"))


@kind
def rocm_missing(m):
    rocm, build = m.one(ROCM)
    tensorflow = m.one(TENSORFLOW)
    wheels = m.of("tf-rocm", tensorflow, make=lambda: c.python_distribution(CONDA, "tensorflow-rocm", tensorflow))
    right = amd(m, rocm, build, extra=[wheels])
    wrong = Image([m.ubuntu("22.04"), m.of("conda", "3.10.13", make=lambda: c.conda_python("3.10.13")), wheels], architecture="amd64")
    return content_pair("rocm/tensorflow", f"rocm{short(rocm)}-py3.10-tf{short(tensorflow)}-dev", right, wrong, ("sdk-missing", "rocm"))


@kind
def rocm_written_without_dots(m):
    (a, build), (b, _) = rocm_apart(m)
    tag = [f"v0.4.9.post2-rocm{each.replace('.', '')}-mi30x" for each in (a, b)]
    return tag_pair("rocm/sgl-dev", *tag, amd(m, a, build), ("sdk-mismatch", "rocm"), suggests=False)


# ---- other vendors ----

def vendor(m, repository, part, layout, versions, component, architecture="amd64", prefix=False):
    """A kind for an SDK that one file proves: its version is wrong, or it is not there."""
    release = m.release()
    a, b = m.two(versions)
    base = m.openeuler(release, architecture)
    image = Image([base, m.of(component, a, make=lambda: layout(a))], architecture=architecture)
    if m.rng.random() < 0.5:
        return tag_pair(repository, f"{part}{a}-{token(release)}", f"{part}{b}-{token(release)}", image, ("sdk-mismatch", component))
    return content_pair(repository, f"{part}{a}-{token(release)}", image, Image([base], architecture=architecture), ("sdk-missing", component))


@kind
def maca(m):
    return vendor(m, "openeuler/maca-sdk", "maca", lambda v: [file("opt/maca/Version.txt", f"Version:{v}\n"), program("opt/maca/lib/libmcruntime.so", c.elf("amd64"))],
                  ["2.32.0.6", "3.0.0.4", "3.3.0.2", "3.7.1.5"], "maca")


@kind
def musa(m):
    return vendor(m, "openeuler/musa", "musa", lambda v: [file(f"usr/local/musa-{v}/version.json", json.dumps({"musa_toolkits": {"name": "musa_toolkits", "version": v}})),
                                                          symlink("usr/local/musa", f"musa-{v}")], ["3.1.0", "4.0.1", "4.3.0", "5.1.0"], "musa")


@kind
def dtk(m):
    return vendor(m, "openeuler/dtk", "dtk", lambda v: [file(f"opt/dtk-{v}/.info/version", f"{v}\n"), symlink("opt/dtk", f"dtk-{v}")], ["23.10.1", "24.04.1", "24.04.3", "25.04.1"], "dtk")


@kind
def neuware(m):
    return vendor(m, "openeuler/neuware", "neuware", lambda v: [file("usr/local/neuware/version.txt", f"Neuware Version {v}\n")], ["3.7.2", "3.8.0", "3.9.0"], "neuware")


@kind
def oneapi(m):
    release = m.release()
    a, b = m.two(["2024.0.1", "2024.2.0", "2025.0.1", "2025.1.3"])
    extra = [Rpm("intel-basekit", a, "634", "x86_64"), Rpm(f"intel-basekit-{short(a)}", a, "633", "x86_64")]
    files = m.of("oneapi", a, make=lambda: [program(f"opt/intel/oneapi/compiler/{short(a)}/bin/icpx", c.elf("amd64"))])
    image = Image([m.openeuler(release, "amd64", extra=extra), files], architecture="amd64")
    return tag_pair("openeuler/oneapi-basekit", f"{a}-{token(release)}", f"{b}-{token(release)}", image, ("sdk-mismatch", "oneapi"))


# ---- frameworks and tools ----

def ascend_torch(m, release, cann, torch, npu, cuda=None):
    layers = [m.openeuler(release), m.cann(cann), m.of("torch", torch, cuda, make=lambda: c.torch(torch, cuda))]
    return Image(layers + ([m.of("npu", npu, make=lambda: c.torch_npu(npu))] if npu else []))


@kind
def pytorch_version(m):
    release, cann = m.release(), m.one(CANN_OLD)
    a, b = m.two(TORCH)
    return tag_pair("openeuler/pytorch", f"pytorch{a}-cann{cann}-{token(release)}", f"pytorch{b}-cann{cann}-{token(release)}", ascend_torch(m, release, cann, a, a), ("framework-mismatch", "pytorch"))


@kind
def pytorch_missing(m):
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    return content_pair("openeuler/pytorch", f"{torch}-cann{cann}-{token(release)}", ascend_torch(m, release, cann, torch, torch), Image([m.openeuler(release), m.cann(cann)]),
                        ("framework-missing", "pytorch"))


@kind
def pytorch_without_torch_npu(m):
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    return content_pair("openeuler/pytorch", f"pytorch{torch}-cann{cann}-{token(release)}", ascend_torch(m, release, cann, torch, torch), ascend_torch(m, release, cann, torch, None),
                        ("framework-backend", "pytorch"))


@kind
def pytorch_built_for_cuda_under_cann(m):
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    return content_pair("openeuler/pytorch", f"pytorch{torch}-cann{cann}-{token(release)}", ascend_torch(m, release, cann, f"{torch}+cpu", torch),
                        ascend_torch(m, release, cann, f"{torch}+cu121", torch, cuda="12.1"), ("framework-backend", "pytorch"))


@kind
def pytorch_without_cuda_under_cuda(m):
    release, cuda, torch = m.release(), m.one(["12.2.0", "12.4.1"]), m.one(TORCH)
    base = [m.openeuler(release, "amd64"), m.of("run", cuda, make=lambda: c.cuda_run_file(cuda, CUDA[cuda]))]

    def image(version, built):
        return Image(base + [m.of("torch-amd64", version, built, make=lambda: c.torch(version, built))], architecture="amd64")
    return content_pair("openeuler/pytorch", f"pytorch{torch}-cuda{cuda}-{token(release)}", image(f"{torch}+cu{short(cuda).replace('.', '')}", short(cuda)), image(f"{torch}+cpu", None),
                        ("framework-backend", "pytorch"))


@kind
def torch_npu_version(m):
    release, cann = m.release(), m.one(CANN_OLD)
    a, b = m.two(TORCH)
    return tag_pair("openeuler/pytorch", f"{a}-torch_npu{a}-cann{cann}-{token(release)}", f"{a}-torch_npu{b}-cann{cann}-{token(release)}", ascend_torch(m, release, cann, a, a + m.one(["", ".post2"])),
                    ("tool-mismatch", "torch_npu"), suggests=False)


@kind
def torch_npu_between_releases(m):
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    return content_pair("openeuler/pytorch", f"{torch}-torch_npu{torch}-cann{cann}-{token(release)}", ascend_torch(m, release, cann, torch, torch),
                        ascend_torch(m, release, cann, torch, f"{torch}.dev20250{m.rng.randint(100, 930)}"), ("tool-mismatch", "torch_npu"))


@kind
def mindspore_version(m):
    release, cann = m.release(), m.one(CANN_OLD)
    a, b = m.two(MINDSPORE)
    return tag_pair("openeuler/mindspore", f"mindspore{a}-cann{cann}-{token(release)}", f"mindspore{b}-cann{cann}-{token(release)}",
                    Image([m.openeuler(release), m.cann(cann), m.of("mindspore", a, make=lambda: c.mindspore(a))]), ("framework-mismatch", "mindspore"))


@kind
def mindspore_without_its_plugin(m):
    release, cann, version = m.release(), m.one(CANN_OLD), m.one(MINDSPORE)
    base = [m.openeuler(release), m.cann(cann)]
    return content_pair("openeuler/mindspore", f"mindspore{version}-cann{cann}-{token(release)}", Image(base + [m.of("mindspore", version, make=lambda: c.mindspore(version))]),
                        Image(base + [m.of("mindspore-cpu", version, make=lambda: [e for e in c.mindspore(version) if "libmindspore_ascend" not in e.path])]), ("framework-backend", "mindspore"))


@kind
def tensorflow_version(m):
    release = m.release()
    a, b = m.two(TENSORFLOW)
    image = Image([m.openeuler(release), m.of("tf", a, make=lambda: c.python_distribution(SITE, "tensorflow", a))])
    return tag_pair("openeuler/tensorflow", f"{a}-{token(release)}", f"{b}-{token(release)}", image, ("framework-mismatch", "tensorflow"))


@kind
def tensorflow_never_installed(m):
    release, version = m.release(), m.one(TENSORFLOW)
    return content_pair("openeuler/tensorflow", f"{version}-{token(release)}", Image([m.openeuler(release), m.of("tf", version, make=lambda: c.python_distribution(SITE, "tensorflow", version))]),
                        Image([m.openeuler(release)]), ("framework-missing", "tensorflow"))


def distribution_kind(repository, name, versions, component, code):
    def make(m):
        release = m.release()
        a, b = m.two(versions)
        image = Image([m.openeuler(release), m.of("dist", name, a, make=lambda: c.python_distribution(SITE, name, a))])
        return tag_pair(f"openeuler/{repository}", f"{a}-{token(release)}", f"{b}-{token(release)}", image, (code, component))
    return make


KINDS["onnxruntime-version"] = distribution_kind("onnxruntime", "onnxruntime", ["1.17.3", "1.19.2", "1.20.1", "1.22.1"], "onnxruntime", "framework-mismatch")
KINDS["jax-version"] = distribution_kind("jax", "jax", ["0.4.30", "0.4.35", "0.5.2"], "jax", "framework-mismatch")
KINDS["paddle-version"] = distribution_kind("paddlepaddle", "paddlepaddle", ["2.6.2", "3.0.0", "3.2.0"], "paddlepaddle", "framework-mismatch")
KINDS["torchvision-version"] = distribution_kind("torchvision", "torchvision", ["0.16.0", "0.17.0", "0.20.1"], "torchvision", None)


@kind
def python_of_a_source_build(m):
    release, cann = m.release(), m.one(CANN_OLD)
    a, b = m.two(PYTHONS)
    image = Image([m.openeuler(release, without=("python3", "python3-pip")), m.of("python", a, make=lambda: c.built_python(a)), m.cann(cann)])
    return tag_pair("openeuler/cann", f"{cann}-python{short(a)}-{token(release)}", f"{cann}-python{short(b)}-{token(release)}", image, ("tool-mismatch", "python"))


@kind
def python_missing(m):
    release, cann, python = m.release(), m.one(CANN_OLD), m.one(PYTHONS)
    base = m.openeuler(release, without=("python3", "python3-pip"))
    return content_pair("openeuler/cann", f"cann{cann}-python{short(python)}-{token(release)}", Image([base, m.cann(cann), m.of("python", python, make=lambda: c.built_python(python))]),
                        Image([base, m.cann(cann)]), ("tool-missing", "python"))


@kind
def vllm_ascend_os(m):
    a, b = m.releases()
    npu = m.one(TORCH)
    version = m.one(["0.7.3", "0.8.4rc1", "0.9.1rc1"])
    image = Image(ascend_torch(m, a, "8.1.RC1", npu, npu).layers + [m.of("vllm-ascend", version, make=lambda: c.python_distribution(SITE, "vllm_ascend", version))])
    return tag_pair("openeuler/vllm-ascend", f"{version}-torch_npu{npu}-cann8.1.rc1-{token(a)}", f"{version}-torch_npu{npu}-cann8.1.rc1-{token(b)}", image, ("os-mismatch", "openeuler"))


@kind
def vllm_of_a_checkout(m):
    """setuptools_scm names what would come after the last tag: near a release such a build neither is it nor is it not."""
    release = m.release()
    minor, patch = m.rng.randint(6, 12), m.rng.randint(0, 4)
    built = m.one([f"0.{minor}.{patch + 1}.dev{m.rng.randint(0, 400)}+g340ea86df.cpu", f"0.{minor + 1}.0rc2.dev160+g790d22168.rocm700", "0.1.dev1+g3f9c2b1.cpu"])
    base = m.openeuler(release, "amd64")

    def image(version):
        return Image([base, m.of("vllm", version, make=lambda: c.python_distribution(SITE, "vllm", version))], architecture="amd64")
    return undecided("openeuler/vllm-cpu", f"0.{minor}.{patch}-{token(release)}", image(f"0.{minor}.{patch}+cpu"), image(built))


@kind
def python_of_a_program_alone(m):
    """A build without headers beside the system's Python."""
    release, cann = m.release(), m.one(CANN_OLD)
    a, b = m.two(["3.8", "3.10", "3.12", "3.13"])
    image = Image([m.openeuler(release), m.of("bare-python", a, make=lambda: [program(f"usr/local/bin/python{a}", c.elf("arm64", bytes(8192))), file(f"usr/local/lib/python{a}/os.py", "")]), m.cann(cann)])
    return tag_pair("openeuler/cann", f"{cann}-python{a}-{token(release)}", f"{cann}-python{b}-{token(release)}", image, ("tool-mismatch", "python"), suggests=False)


# ---- models ----

MODEL_NAMES = {"chatglm_6b": "chatglm-6b", "chatglm2_6b": "chatglm2-6b", "chatglm3_6b": "chatglm3-6b"}


def llm(m, release, cann, torch, entries, *key):
    return Image(ascend_torch(m, release, cann, torch, torch).layers + ([m.of(*key, make=lambda: entries)] if entries else []))


@kind
def model_of_another_generation(m):
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    a, b = m.two(MODEL_NAMES)
    image = llm(m, release, cann, torch, c.model(MODEL_NAMES[a]), "model", a)
    return tag_pair("openeuler/llm", f"{a}-pytorch{torch}-cann{cann}-{token(release)}", f"{b}-pytorch{torch}-cann{cann}-{token(release)}", image, ("llm-mismatch", MODEL_NAMES[b]), suggests=False)


@kind
def model_of_pointers(m):
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    a = m.one(MODEL_NAMES)
    return content_pair("openeuler/llm", f"{a}-pytorch{torch}-cann{cann}-{token(release)}", llm(m, release, cann, torch, c.model(MODEL_NAMES[a]), "model", a),
                        llm(m, release, cann, torch, c.model(MODEL_NAMES[a], "pointers"), "pointers", a), ("llm-missing", MODEL_NAMES[a]))


@kind
def model_missing(m):
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    a = m.one(MODEL_NAMES)
    return content_pair("openeuler/llm", f"{a}-pytorch{torch}-cann{cann}-{token(release)}", llm(m, release, cann, torch, c.model(MODEL_NAMES[a]), "model", a),
                        llm(m, release, cann, torch, None), ("llm-missing", MODEL_NAMES[a]))


@kind
def sdk_below_a_model(m):
    release, torch = m.release(), m.one(TORCH)
    a, b = m.two(CANN_OLD)
    name = m.one(MODEL_NAMES)
    image = llm(m, release, a, torch, c.model(MODEL_NAMES[name]), "model", name)
    return tag_pair("openeuler/llm", f"{name}-pytorch{torch}-cann{a}-{token(release)}", f"{name}-pytorch{torch}-cann{b}-{token(release)}", image, ("sdk-mismatch", "cann"))


SHAPES = {"Qwen2.5-7B-Instruct": (3584, 28), "Qwen2.5-0.5B-Instruct": (896, 24)}


def cached_qwen(name):
    """As huggingface_hub keeps it: links to blobs."""
    root = f"root/.cache/huggingface/hub/models--Qwen--{name}"
    width, layers = SHAPES[name]
    return [file(f"{root}/blobs/c{width}", json.dumps({"model_type": "qwen2", "hidden_size": width, "num_hidden_layers": layers})), zeros(f"{root}/blobs/w{width}", 2 << 20),
            symlink(f"{root}/snapshots/0a1b/config.json", f"../../blobs/c{width}"), symlink(f"{root}/snapshots/0a1b/model.safetensors", f"../../blobs/w{width}")]


@kind
def model_in_a_form_that_no_rule_reads(m):
    """MindSpore's and Ascend's own forms, GGML, and Ollama's store under OLLAMA_MODELS."""
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    path = m.one(["root/mindformers/checkpoint_download/glm2/glm2_6b.ckpt", "opt/models/chatglm2_6b/model.om", "opt/models/chatglm2_6b.mindir", "opt/m/model-00001-of-00002.bin",
                  "opt/chatglm.cpp/models/chatglm2-ggml-q4_0.bin", "opt/m/chatglm2-6b-int4.pt", "opt/m/chatglm2-6b-int8.flm", "models/blobs/sha256-" + "a" * 64])
    return undecided("openeuler/llm", f"chatglm2_6b-pytorch{torch}-cann{cann}-{token(release)}", llm(m, release, cann, torch, c.model("chatglm2-6b"), "model", "chatglm2_6b"),
                     Image(ascend_torch(m, release, cann, torch, torch).layers + [m.of("other-form", path, make=lambda: [zeros(path, 4 << 20)])]))


@kind
def model_of_which_only_a_draft_is_known(m):
    """The claimed one may be the one that lies in a plain directory, without a name."""
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    plain = [file("models/main/config.json", json.dumps({"model_type": m.one(["qwen2", "llama"]), "hidden_size": 4096, "num_hidden_layers": 32}))] + [
        zeros(f"models/main/model-0000{number}-of-00008.safetensors", 1 << 20) for number in range(1, 9)]
    draft = cached_qwen("Qwen2.5-0.5B-Instruct")
    claimed, main = m.one([("qwen2.5_7b", cached_qwen("Qwen2.5-7B-Instruct")), ("chatglm2_6b", c.model("chatglm2-6b"))])
    return undecided("openeuler/llm", f"{claimed}-pytorch{torch}-cann{cann}-{token(release)}", llm(m, release, cann, torch, main + draft, "with-draft", claimed),
                     Image(ascend_torch(m, release, cann, torch, torch).layers + [Layer(plain + draft)]))


@kind
def model_of_another_size(m):
    release, cann, torch = m.release(), m.one(CANN_OLD), m.one(TORCH)
    return content_pair("openeuler/llm", f"qwen2.5_7b-pytorch{torch}-cann{cann}-{token(release)}", llm(m, release, cann, torch, cached_qwen("Qwen2.5-7B-Instruct"), "qwen", 7),
                        llm(m, release, cann, torch, cached_qwen("Qwen2.5-0.5B-Instruct"), "qwen", 0), ("llm-mismatch", "qwen"))


# ---- development images ----

@kind
def development_without_tools(m):
    release, cann = m.release(), m.one(CANN_OLD)
    tag = f"cann{cann}-{token(release)}-dev"
    pair = content_pair("openeuler/cann", tag, Image([m.openeuler(release, development=True), m.cann(cann)]), Image([m.openeuler(release), m.cann(cann)]), ("dev-missing", "development-tools"))
    return pair


# ---- applications ----

@kind
def application_of_another_version(m):
    release = m.release()
    name = m.one(["nginx", "redis", "memcached", "haproxy", "squid"])
    a, b = m.two([f"{major}.{minor}.{patch}" for major in (1, 4, 7) for minor in (0, 6, 22) for patch in (1, 3)])
    image = Image([m.openeuler(release, extra=[Rpm(name, a, f"3.{token(release)}", "aarch64")])])
    return tag_pair(f"openeuler/{name}", f"{a}-{token(release)}", f"{b}-{token(release)}", image, ("app-mismatch", name))


@kind
def application_distribution_of_another_version(m):
    release = m.release()
    name = m.one(["scrapy", "luigi", "ansible-core", "mkdocs"])
    a, b = m.two(["2.11.2", "2.12.0", "3.0.1", "2.9.1"])
    image = Image([m.openeuler(release), m.of("dist", name, a, make=lambda: c.python_distribution("usr/local/lib/python3.11/site-packages", name, a) + [program(f"usr/local/bin/{name}")])])
    return tag_pair(f"openeuler/{name}", f"{a}-{token(release)}", f"{b}-{token(release)}", image, ("app-mismatch", name))


@kind
def application_built_over_its_package(m):
    """`make install` with the prefix /usr in a later layer; the package's record stays."""
    release = m.release()
    name = m.one(["squid", "haproxy", "memcached"])
    base = m.openeuler(release, extra=[Rpm(name, "1.4.2", f"3.{token(release)}", "aarch64")])
    return content_pair(f"openeuler/{name}", f"2.0.1-{token(release)}", Image([base, m.of("over", name, make=lambda: [program(f"usr/bin/{name}", c.elf("arm64"))])]), Image([base]),
                        ("app-mismatch", name))


@kind
def application_under_names_of_its_own(m):
    """bind's server is `named`: its programs do not bear its name, and its package may be an older one that something else needed."""
    a, b = m.releases()
    name, program_name = m.one([("bind", "named"), ("mpich", "mpiexec"), ("golang", "go")])
    built = m.of("built", program_name, make=lambda: [program(f"usr/local/bin/{program_name}", c.elf("arm64"))])
    image = Image([m.openeuler(a, extra=[Rpm(name, "1.16.4", f"3.{token(a)}", "aarch64")]), built])
    return tag_pair(f"openeuler/{name}", f"9.20.{m.rng.randint(0, 9)}-{token(a)}", f"9.20.{m.rng.randint(0, 9)}-{token(b)}", image, ("os-mismatch", "openeuler"), suggests=False)


@kind
def payload_for_other_machines(m):
    """More programs for another CPU than for the platform, and no package database that settles it: a download server, not a wrong image."""
    release, cann = m.release(), m.one(CANN_OLD)
    payload = m.of("payload", make=lambda: [program(f"srv/downloads/tool{n}", c.elf("amd64")) for n in range(8)])
    return content_pair("openeuler/cann", f"cann{cann}-{token(release)}", Image([m.openeuler(release), m.cann(cann), payload]), Image([m.openeuler(release), payload]), ("sdk-missing", "cann"))


# ---- the image itself ----

@kind
def packages_of_another_cpu(m):
    release = m.release()
    return content_pair("openeuler/openeuler", base_tag(release), Image([m.openeuler(release)]), Image([m.openeuler(release, "amd64")]), ("arch-mismatch", ""))


@kind
def cross_compiler_of_another_cpu(m):
    """Its libraries outnumber the programs of the image, whose packages are for the platform."""
    release = m.release()
    sysroot = m.of("sysroot", make=lambda: [program(f"opt/gcc/aarch64-linux-gnu/sysroot/usr/lib64/gconv/C{number}.so", c.elf("arm64")) for number in range(60)])
    return content_pair("openeuler/toolchain", f"12.3-{token(release)}", Image([m.openeuler(release, "amd64"), sysroot], architecture="amd64"),
                        Image([m.openeuler(release, "arm64"), sysroot], architecture="amd64"), ("arch-mismatch", ""))


@kind
def diff_ids_forged(m):
    release, cann = m.release(), m.one(CANN_OLD)
    entries = (c.new_cann if cann in CANN_NEW else c.cann)(cann)
    return content_pair("openeuler/cann", f"cann{cann}-{token(release)}", Image([m.openeuler(release), m.cann(cann)]),
                        Image([m.openeuler(release), Layer(entries, forged_diff_id=f"sha256:{m.rng.getrandbits(256):064x}")]), ("parent-forged", ""))


@kind
def platforms_of_different_content(m):
    release = m.release()
    a, b = m.two(CANN_OLD)

    def image(version, architecture):
        return Image([m.openeuler(release, architecture), m.cann(version, {"arm64": "aarch64", "amd64": "x86_64"}[architecture])], architecture=architecture)
    return content_pair("openeuler/cann", f"cann{a}-{token(release)}", Index([image(a, "arm64"), image(a, "amd64")]), Index([image(a, "arm64"), image(b, "amd64")]),
                        ("platform-divergence", "cann"), ("sdk-mismatch", "cann"))


@kind
def package_database_cut(m):
    release, cann = m.release(), m.one(CANN_OLD)

    def make():
        whole = synthetic.rpm_ndb(c.openeuler_rpms(release, "arm64"))
        return c.root_tree("arm64") + c.openeuler_os_files(release) + [file("var/lib/rpm/Packages.db", whole[:len(whole) - m.rng.randint(100, len(whole) // 3)])]
    return undecided("openeuler/cann", f"cann{cann}-{token(release)}", Image([m.openeuler(release), m.cann(cann)]), Image([Layer(make()), m.cann(cann)]))


# ---- scoring ----

@dataclasses.dataclass
class Score:
    pairs: int = 0
    found: int = 0     # lies that were found, or came out unknown where they must
    missed: int = 0
    false: int = 0     # accusations of a truthful image, or of something else than the lie
    notes: list = dataclasses.field(default_factory=list)

    def precision(self):
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    def recall(self):
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0


def findings_text(images):
    return "; ".join(f"{f['severity']} {f['code']} {f['component']}: {f['message']}" for image in images for f in image["findings"]) or "no findings"


def judge_truth(score, where, images):
    bad = [image["verdict"] for image in images if image["verdict"] not in ("pass", "warn")]
    if bad or not images:
        score.false += 1
        score.notes.append(f"truth {where}: verdict {bad or 'none'}: {findings_text(images)} {[image['error'] for image in images if image['error']]}")


def judge_lie(score, where, pair, images):
    errors = {(f["code"], f["component"]) for image in images for f in image["findings"] if f["severity"] == "error"}
    verdicts = {image["verdict"] for image in images}
    if pair.expects == "unknown":
        if errors:
            score.false += 1
            score.notes.append(f"lie {where}: accused although nothing is proven: {findings_text(images)}")
        elif verdicts == {"unknown"}:
            score.found += 1
        else:
            score.missed += 1
            score.notes.append(f"lie {where}: verdict {verdicts}, expected unknown: {findings_text(images)}")
        return
    seen = {(f["code"], f["component"]) for image in images for f in image["findings"] if f["severity"] == pair.severity}
    missing = {each for each in pair.expects if each not in seen and not (each[0] is None and any(component == each[1] for _, component in seen))}
    extra = {each for each in errors - pair.expects if not any(code is None and component == each[1] for code, component in pair.expects)}
    if extra:
        score.false += 1
        score.notes.append(f"lie {where}: not expected {sorted(extra)}: {findings_text(images)}")
    if missing:
        score.missed += 1
        score.notes.append(f"lie {where}: not found {sorted(missing, key=str)}: {findings_text(images)}")
        return
    wrong = {str(f["suggestion"]) for image in images for f in image["findings"] if f["severity"] == "error" and f["code"] != "platform-divergence" and f["suggestion"] != pair.truth.tag}
    if pair.suggests and wrong:
        score.missed += 1
        score.notes.append(f"lie {where}: suggests {sorted(wrong)}, the truth is {pair.truth.tag}")
        return
    score.found += 1


def write_layouts(work, named):
    """Some hundred images each: the program reads a layout's index for every image of it. The blobs are shared."""
    layouts = []
    for start in range(0, len(named), 200):
        folder = work / f"layout{len(layouts)}"
        folder.mkdir()
        if layouts:
            (folder / "blobs").symlink_to(work / "layout0" / "blobs")
        layout = Layout(str(folder))
        batch = named[start:start + 200]
        layout.add_all(batch)
        layouts.append((layout, [reference for reference, _ in batch]))
    return layouts


def scan(program, layouts, work):
    """Images by the reference under which they were added, and what is wrong with the Chinese of their findings."""
    home = work / "home"
    home.mkdir(parents=True, exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", **{k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}}

    def one(layout, references):
        names = {f"oci:{layout.path}:{reference}": reference for reference in references}
        reports = []
        for language in ("en", "zh"):  # the second run finds every layer in the store of the first
            done = subprocess.run([program, "scan", "--format", "json", "--lang", language, "--no-progress", "--store", f"{layout.path}.sqlite", "--jobs", "1", *names],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, timeout=600)
            try:
                reports.append(json.loads(done.stdout))
            except ValueError:
                raise SystemExit(f"no report, exit status {done.returncode}: {done.stderr[:2000]}") from None
        return [(names[image["reference"]], image) for image in reports[0]["images"]], chinese.problems(*reports)

    images, untranslated = {}, set()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for found in [pool.submit(one, *each) for each in layouts]:
            of_layout, problems = found.result()
            untranslated.update(problems)
            for reference, image in of_layout:
                images.setdefault(reference, []).append(image)
    return images, sorted(untranslated)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--veritag", required=True)
    parser.add_argument("--work", default="build/lies")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--pairs", type=int, default=20, help="of each kind")
    parser.add_argument("--only", default="", help="kinds whose name has this word")
    parser.add_argument("--verbose", action="store_true", help="every note, not three a kind")
    options = parser.parse_args()

    started = time.monotonic()
    work = pathlib.Path(options.work).resolve()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    kinds = {name: make for name, make in KINDS.items() if options.only in name}
    maker = Maker(options.seed)
    pairs, added = [], []
    for name, make in kinds.items():
        maker.rng = random.Random(f"{options.seed} {name}")  # a new kind changes no other
        for number in range(options.pairs):
            pair = make(maker)
            for role, sample in (("t", pair.truth), ("l", pair.lie)):
                reference = f"{name}-{number}-{role}.example/{sample.repository}:{sample.tag}"
                added.append((reference, sample.image))
                setattr(sample, "reference", reference)
            pairs.append((name, pair))
    layouts = write_layouts(work, added)
    made = time.monotonic()
    images, untranslated = scan(str(pathlib.Path(options.veritag).resolve()), layouts, work)
    scanned = time.monotonic()

    scores = {name: Score() for name in kinds}
    for name, pair in pairs:
        score = scores[name]
        score.pairs += 1
        of_truth, of_lie = (images.get(sample.reference, []) for sample in (pair.truth, pair.lie))
        judge_truth(score, pair.truth.reference, of_truth)
        judge_lie(score, pair.lie.reference, pair, of_lie)

    print(f"{'kind':46} pairs  precision  recall")
    failed = 0
    for name, score in scores.items():
        good = score.precision() == 1.0 and score.recall() == 1.0
        failed += not good
        print(f"{name:46} {score.pairs:5}  {score.precision():9.3f}  {score.recall():6.3f}{'' if good else '  <--'}")
        for note in score.notes if options.verbose else score.notes[:3]:
            print(f"      {note}")
    print(f"{len(kinds)} kinds, {len(pairs)} pairs; made in {made - started:.1f} s, scanned in {scanned - made:.1f} s")
    if not options.only and (len(kinds) < 40 or len(pairs) < 1000):
        print(f"at least 40 kinds and 1000 pairs are wanted")
        failed += 1
    for problem in untranslated if options.verbose else untranslated[:20]:
        print(f"Chinese: {problem}")
    failed += bool(untranslated)
    print(f"{len(kinds) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
