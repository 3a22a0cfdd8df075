"""What stands in real images, as lists of entries: operating systems, SDKs, frameworks and models, each laid out as its maker does.

Where a layout comes from stands beside it. ODI = openeuler-mirror/openeuler-docker-images, CCI = Ascend/cann-container-image.
"""
import json
import struct

from images import directory, file, hardlink, program, symlink, zeros
from packages import Apk, Deb, Rpm

RPM_MACHINE = {"arm64": "aarch64", "amd64": "x86_64"}
ELF_MACHINE = {"arm64": 183, "amd64": 62}


def elf(architecture, strings=b""):
    """The head of a 64-bit shared object without sections (System V ABI, "Object Files"), and what `strings` would print of it."""
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    return ident + struct.pack("<HHIQQQIHHHHHH", 3, ELF_MACHINE[architecture], 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0) + strings


# ---- openEuler ----

def release_parts(release):
    """`22.03-LTS-SP2` → (`22.03 (LTS-SP2)`, `oe2203sp2`, `22.03LTS_SP2`); the first 22.03 wrote its version without brackets."""
    number, _, rest = release.partition("-")
    in_brackets = f" ({rest})" if rest else ""
    text = f"{number} LTS" if release == "22.03-LTS" else number + in_brackets
    dist = "oe" + number.replace(".", "") + rest.replace("LTS-", "").replace("LTS", "").lower()
    return text, dist, number + rest.replace("-", "_")


def openeuler_os_files(release, os_release="link"):
    text, _, _ = release_parts(release)
    number = release.split("-")[0]
    content = (f'NAME="openEuler"\nVERSION="{text}"\nID="openEuler"\nVERSION_ID="{number}"\n'
               f'PRETTY_NAME="openEuler {text}"\nANSI_COLOR="0;31"\n')
    named = {"link": [file("usr/lib/os-release", content), symlink("etc/os-release", "../usr/lib/os-release")],
             "file": [file("etc/os-release", content), symlink("usr/lib/os-release", "../../etc/os-release")],
             "hardlink": [file("usr/lib/os-release", content), hardlink("etc/os-release", "usr/lib/os-release")]}[os_release]
    return named + [file("etc/openEuler-release", f"openEuler release {text}\n"), symlink("etc/system-release", "openEuler-release"),
                    file("etc/yum.repos.d/openEuler.repo",
                         f"[OS]\nname=OS\nbaseurl=http://repo.openeuler.org/openEuler-{release}/OS/$basearch/\nenabled=1\ngpgcheck=1\n")]


def root_tree(architecture):
    """The directories and links every distribution with a merged /usr has, and a few programs."""
    return [directory("usr/bin"), directory("usr/lib"), directory("usr/lib64"), directory("usr/sbin"), symlink("bin", "usr/bin"),
            symlink("lib", "usr/lib"), symlink("lib64", "usr/lib64"), symlink("sbin", "usr/sbin"), directory("proc"), directory("sys"),
            directory("tmp"), file("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"), file("etc/group", "root:x:0:\n"),
            program("usr/bin/bash", elf(architecture)), program("usr/bin/coreutils", elf(architecture)),
            program("usr/lib64/libc.so.6", elf(architecture))]


# name, release number, epoch, noarch; versions that follow the release stand in VERSIONS
COMMON_RPMS = [
    ("openEuler-release", None, 0, False), ("openEuler-repos", "6", 0, False), ("openEuler-gpg-keys", "6", 0, False), ("filesystem", "5", 0, False),
    ("setup", "8", 0, True), ("basesystem", "19", 0, True), ("bash", "10", 0, False), ("coreutils", "14", 0, False), ("glibc", "149", 0, False),
    ("glibc-common", "149", 0, False), ("ncurses-base", "17", 0, False), ("ncurses-libs", "17", 0, False), ("zlib", "24", 0, False),
    ("openssl-libs", "33", 1, False), ("libgcc", "52", 0, False), ("libstdc++", "52", 0, False), ("python3", "28", 0, False),
    ("python3-pip", "4", 0, True), ("rpm", "32", 0, False), ("rpm-libs", "32", 0, False), ("dnf", "10", 0, True), ("tzdata", "2", 0, True),
    ("ca-certificates", "4", 0, True), ("curl", "21", 0, False), ("libcurl", "21", 0, False), ("xz-libs", "3", 0, False),
    ("sqlite", "10", 0, False), ("gmp", "3", 1, False), ("readline", "3", 0, False)]
VERSIONS = {"openEuler-repos": "1.0", "openEuler-gpg-keys": "1.0", "filesystem": "3.16", "setup": "2.13.9.1", "basesystem": "12", "bash": "5.1.8",
            "coreutils": "9.0", "ncurses-base": "6.3", "ncurses-libs": "6.3", "zlib": "1.2.11", "openssl-libs": "1.1.1wa", "python3-pip": "21.3.1",
            "rpm": "4.17.0", "rpm-libs": "4.17.0", "dnf": "4.14.0", "tzdata": "2024a", "ca-certificates": "2021.2.52", "curl": "7.79.1",
            "libcurl": "7.79.1", "xz-libs": "5.2.5", "sqlite": "3.37.2", "gmp": "6.2.1", "readline": "8.1", "make": "4.3", "cmake": "3.22.0",
            "gcc-c++": "10.3.1", "glibc-devel": "2.34", "kernel-headers": "5.10.0"}
BY_RELEASE = {"20.03": {"python3": "3.7.9", "glibc": "2.28", "gcc": "7.3.0"}, "22.03": {"python3": "3.9.9", "glibc": "2.34", "gcc": "10.3.1"},
              "24.03": {"python3": "3.11.6", "glibc": "2.38", "gcc": "12.3.1"}}
DEVELOPMENT_RPMS = [("gcc", "52"), ("gcc-c++", "52"), ("make", "4"), ("cmake", "5"), ("glibc-devel", "149"), ("kernel-headers", "216")]


def openeuler_rpms(release, architecture, development=False, dist=None):
    _, own_dist, release_version = release_parts(release)
    dist = dist or own_dist
    versions = BY_RELEASE[release.split("-")[0]]
    machine = RPM_MACHINE[architecture]

    def version_of(name):
        if name == "openEuler-release":
            return release_version
        if name in ("libgcc", "libstdc++", "gcc", "gcc-c++"):
            return versions["gcc"]
        return versions["glibc"] if name.startswith("glibc") else versions.get(name) or VERSIONS[name]

    rpms = [Rpm(name, version_of(name), f"{number or '56'}.{dist}", "noarch" if noarch else machine, epoch) for name, number, epoch, noarch in COMMON_RPMS]
    if development:
        rpms += [Rpm(name, version_of(name), f"{number}.{dist}", machine) for name, number in DEVELOPMENT_RPMS]
    return rpms


# ---- Ubuntu and Rocky Linux ----

def ubuntu_os_files(version, text, codename):
    content = (f'PRETTY_NAME="Ubuntu {text}"\nNAME="Ubuntu"\nVERSION_ID="{version}"\nVERSION="{text} ({codename})"\n'
               f"VERSION_CODENAME={codename.split()[0].lower()}\nID=ubuntu\nID_LIKE=debian\n")
    return [file("usr/lib/os-release", content), symlink("etc/os-release", "../usr/lib/os-release"), file("etc/debian_version", "bookworm/sid\n"),
            file("etc/lsb-release", f'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={version}\nDISTRIB_DESCRIPTION="Ubuntu {text}"\n')]


UBUNTU = {"20.04": ("20.04.6 LTS", "Focal Fossa", "2.31-0ubuntu9.16"), "22.04": ("22.04.5 LTS", "Jammy Jellyfish", "2.35-0ubuntu3.8")}


def ubuntu_debs(version, architecture):
    libc = UBUNTU[version][2]
    return [Deb("adduser", "3.118ubuntu2", "all"), Deb("apt", "2.4.12", architecture), Deb("base-files", f"12ubuntu4.{version[:2]}", architecture),
            Deb("bash", "5.1-6ubuntu1.1", architecture), Deb("coreutils", "8.32-4.1ubuntu1.2", architecture), Deb("dpkg", "1.21.1ubuntu2.3", architecture),
            Deb("libc-bin", libc, architecture), Deb("libc6", libc, architecture), Deb("libgcc-s1", "12.3.0-1ubuntu1~22.04", architecture),
            Deb("libssl3", "3.0.2-0ubuntu1.18", architecture), Deb("passwd", "1:4.8.1-2ubuntu2.2", architecture),
            Deb("perl-base", "5.34.0-3ubuntu1.3", architecture), Deb("tzdata", f"2024a-0ubuntu0.{version}", "all"),
            Deb("vim-common", "2:8.2.3995-1ubuntu2.21", "all", removed=True), Deb("zlib1g", "1:1.2.11.dfsg-2ubuntu9.2", architecture)]


def rocky_os_files(version):
    content = (f'NAME="Rocky Linux"\nVERSION="{version} (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="{version}"\n'
               f'PLATFORM_ID="platform:el9"\nPRETTY_NAME="Rocky Linux {version} (Blue Onyx)"\n')
    return [file("usr/lib/os-release", content), symlink("etc/os-release", "../usr/lib/os-release"),
            file("etc/rocky-release", f"Rocky Linux release {version} (Blue Onyx)\n"), symlink("etc/redhat-release", "rocky-release")]


def rocky_rpms(version, architecture):
    machine = RPM_MACHINE[architecture]
    names = [("rocky-release", version, "1.2.el9", True), ("bash", "5.1.8", "9.el9", False), ("coreutils-single", "8.32", "35.el9", False),
             ("glibc", "2.34", "100.el9_4.2", False), ("filesystem", "3.16", "2.el9", False), ("setup", "2.13.7", "10.el9", True),
             ("tzdata", "2024a", "1.el9", True), ("zlib", "1.2.11", "40.el9", False)]
    return [Rpm(name, number, release, "noarch" if noarch else machine) for name, number, release, noarch in names] + \
        [Rpm("openssl-libs", "3.0.7", "27.el9", machine, 1)]


def alpine_os_files(version):
    short = ".".join(version.split(".")[:2])
    return [directory("bin"), directory("lib"), directory("usr/lib"), program("bin/busybox", elf("amd64")), symlink("bin/sh", "/bin/busybox"),
            file("etc/alpine-release", f"{version}\n"), symlink("etc/os-release", "../usr/lib/os-release"),
            file("usr/lib/os-release", f'NAME="Alpine Linux"\nID=alpine\nVERSION_ID={version}\nPRETTY_NAME="Alpine Linux v{short}"\n')]


def alpine_apks(version):
    names = [("alpine-baselayout", "3.4.3-r2"), ("alpine-release", f"{version}-r0"), ("apk-tools", "2.14.0-r5"), ("busybox", "1.36.1-r15"),
             ("ca-certificates-bundle", "20230506-r0"), ("libcrypto3", "3.1.4-r5"), ("musl", "1.2.4_git20230717-r4"), ("zlib", "1.3.1-r0")]
    return [Apk(name, number, "x86_64") for name, number in names]


# ---- Python ----

def python_distribution(folder, name, version, summary="A distribution for tests"):
    info = f"{folder}/{name}-{version}.dist-info"
    return [file(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}\nLicense: BSD-3\n\nVersion: 0\n"),
            file(f"{info}/RECORD", ""), file(f"{info}/WHEEL", "Wheel-Version: 1.0\n")]


def built_python(version):
    """A build from source under usr/local, as openEuler's and Ascend's images have it (ODI: AI/cann, CCI: cann/*/Dockerfile)."""
    short = ".".join(version.split(".")[:2])
    root = f"usr/local/python{version}"
    return [program(f"{root}/bin/python{short}", elf("arm64")), symlink(f"{root}/bin/python3", f"python{short}"),
            file(f"{root}/include/python{short}/patchlevel.h", f'#define PY_MAJOR_VERSION\t3\n#define PY_VERSION      \t"{version}"\n'),
            file(f"{root}/lib/python{short}/os.py", "# the module os\n")]


SITE_PACKAGES = "usr/local/lib64/python3.9/site-packages"


def torch(version, cuda=None, hip=None, folder=SITE_PACKAGES):
    """pytorch/pytorch: tools/generate_torch_version.py writes version.py."""
    def optional(value):
        return f"'{value}'" if value else "None"

    text = (f"from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']\n__version__ = '{version}'\n"
            f"debug = False\ncuda: Optional[str] = {optional(cuda)}\ngit_version = '7bcf7da3a268b435777fe87c7794c382f444e86d'\n"
            f"hip: Optional[str] = {optional(hip)}\n")
    return [file(f"{folder}/torch/version.py", text), file(f"{folder}/torch/__init__.py", "# torch\n"),
            program(f"{folder}/torch/lib/libtorch.so", elf("arm64"))] + python_distribution(folder, "torch", version)


def torch_npu(version, folder=SITE_PACKAGES):
    return [file(f"{folder}/torch_npu/version.py", f"__version__ = '{version}'\ngit_version = 'f6e2d5f'\n"),
            file(f"{folder}/torch_npu/__init__.py", "# torch_npu\n")] + python_distribution(folder, "torch_npu", version)


def mindspore(version, folder=SITE_PACKAGES):
    return [file(f"{folder}/mindspore/version.py", f"__version__ = '{version}'\n"), file(f"{folder}/mindspore/.commit_id", "[sha1]:0123456\n"),
            program(f"{folder}/mindspore/plugin/libmindspore_ascend.so.2", elf("arm64"))] + python_distribution(folder, "mindspore", version)


# ---- SDKs ----

def cann(version, inner="V100R001C13", machine="aarch64", internal="7.0.T10.0.B121"):
    """The layout up to 8.3, with the records that its installer writes."""
    root = f"usr/local/Ascend/ascend-toolkit/{version}"
    entries = [file(f"{root}/{machine}-linux/ascend_toolkit_install.info",
                    f"package_name=Ascend-cann-toolkit\nversion={version}\ninnerversion={inner}\n"
                    f"compatible_version=[V100R001C11,V100R001C12]\narch={machine}\nos=linux\npath=/{root}/{machine}-linux\n")]
    for part in ("runtime", "compiler", "hccl", "opp", "toolkit"):
        entries.append(file(f"{root}/{part}/version.info", f"Version={internal}\nversion_dir={version}\ntimestamp=20231026_000000\n"))
        entries.append(symlink(f"usr/local/Ascend/ascend-toolkit/latest/{part}", f"../{version}/{part}"))
    return entries + [
        file(f"{root}/version.cfg", f"# version: 1.0\nruntime_running_version=[{internal}:{version}]\ntoolkit_running_version=[{internal}:{version}]\n"),
        symlink(f"usr/local/Ascend/ascend-toolkit/latest/{machine}-linux", f"../{version}/{machine}-linux"),
        file("usr/local/Ascend/ascend-toolkit/set_env.sh", "export ASCEND_TOOLKIT_HOME=/usr/local/Ascend/ascend-toolkit/latest\n"),
        program(f"{root}/{machine}-linux/lib64/libascendcl.so", elf("arm64" if machine == "aarch64" else "amd64")),
        file("etc/Ascend/ascend_cann_install.info", "Toolkit_InstallPath=/usr/local/Ascend\n")]


def cann_kernels(version, chip="ascend910b"):
    """What the package of a chip's kernels adds up to 8.3 (CCI: cann/*/Dockerfile installs it beside the toolkit)."""
    return [file(f"usr/local/Ascend/ascend-toolkit/{version}/opp/built-in/op_impl/ai_core/tbe/kernel/{chip}/add/Add_1.o", "kernel\n")]


def new_cann(version, machine="aarch64"):
    """The layout from 8.5 on (CCI: cann/9.*/Dockerfile)."""
    root = f"usr/local/Ascend/cann-{version}"
    return [file(f"{root}/{machine}-linux/ascend_toolkit_install.info",
                 f"package_name=Ascend-cann-toolkit\nversion={version}\ninnerversion=V100R001C25\narch={machine}\npath=/{root}\n"),
            file(f"{root}/compiler/version.info", f"Version={version}\n"), file(f"{root}/opp/version.info", f"Version={version}\n"),
            symlink("usr/local/Ascend/cann", f"cann-{version}"), symlink("usr/local/Ascend/ascend-toolkit/latest", "../cann"),
            file("usr/local/Ascend/ascend-toolkit/set_env.sh", "source /usr/local/Ascend/cann/set_env.sh\n")]


def cuda_run_file(version, cudart, root=None, machine="x86_64"):
    """What NVIDIA's `.run` installer leaves, as openEuler's cuda images have it (ODI: AI/cuda): version.json, no package records."""
    short = ".".join(version.split(".")[:2])
    root = root or f"usr/local/cuda-{short}"
    library = f"{root}/targets/{machine}-linux/lib"
    return [file(f"{root}/version.json", json.dumps({"cuda": {"name": "CUDA SDK", "version": version},
                                                     "cuda_cudart": {"name": "CUDA Runtime (cudart)", "version": cudart}}, indent=3)),
            program(f"{root}/bin/nvcc", elf("amd64")), file(f"{root}/include/cuda_runtime.h", "// CUDA\n")] + cudart_files(library, cudart) + \
        [symlink(f"{root}/lib64", f"targets/{machine}-linux/lib")]


def cudart_files(folder, cudart):
    soname = f"libcudart.so.{cudart.split('.')[0]}"
    return [program(f"{folder}/libcudart.so.{cudart}", elf("amd64")), symlink(f"{folder}/{soname}", f"libcudart.so.{cudart}")]


def cuda_debs(version, cudart, architecture="amd64", flavour="runtime"):
    """The packages of NVIDIA's images (gitlab.com/nvidia/container-images/cuda)."""
    short = "-".join(version.split(".")[:2])
    debs = [Deb(f"cuda-cudart-{short}", f"{cudart}-1", architecture), Deb(f"cuda-compat-{short}", "535.54.03-1", architecture),
            Deb("cuda-keyring", "1.1-1", "all"), Deb(f"cuda-toolkit-{short}-config-common", f"{cudart}-1", "all")]
    if flavour != "base":
        debs += [Deb(f"cuda-libraries-{short}", f"{version}-1", architecture), Deb(f"libcublas-{short}", "12.2.1.16-1", architecture),
                 Deb(f"libnpp-{short}", "12.1.1.14-1", architecture), Deb("libnccl2", f"2.18.3-1+cuda{short.replace('-', '.')}", architecture)]
    return debs


def cuda_deb_files(version, cudart, machine="x86_64"):
    short = ".".join(version.split(".")[:2])
    library = f"usr/local/cuda-{short}/targets/{machine}-linux/lib"
    return cudart_files(library, cudart) + [
        program(f"{library}/libcublas.so.12.2.1.16", elf("amd64")), symlink("etc/alternatives/cuda", f"/usr/local/cuda-{short}"),
        symlink("usr/local/cuda", "/etc/alternatives/cuda"), file("NGC-DL-CONTAINER-LICENSE", "The license of NVIDIA's images.\n"),
        file("etc/ld.so.conf.d/nvidia.conf", "/usr/local/nvidia/lib\n/usr/local/nvidia/lib64\n")]


def cudnn(version, folder="usr/local/cuda-11.8/targets/x86_64-linux/lib"):
    return [program(f"{folder}/libcudnn.so.{version}", elf("amd64")), symlink(f"{folder}/libcudnn.so.{version.split('.')[0]}", f"libcudnn.so.{version}")]


def rocm(version, build):
    """ROCm/rocm-core: CMakeLists.txt, rocm-core.postinst."""
    root = f"opt/rocm-{version}"
    major, minor, patch = (int(part) for part in version.split("."))
    return [file(f"{root}/.info/version", f"{version}-{build}\n"), file(f"{root}/.info/version-dev", f"{version}-{build}\n"),
            file(f"{root}/include/rocm-core/rocm_version.h",
                 f"#define ROCM_VERSION_MAJOR   {major}\n#define ROCM_VERSION_MINOR   {minor}\n#define ROCM_VERSION_PATCH   {patch}\n"),
            program(f"{root}/lib/librocm-core.so.1.0.{major}{minor:02}{patch:02}", elf("amd64")),
            symlink("etc/alternatives/rocm", f"/{root}"), symlink("opt/rocm", "/etc/alternatives/rocm")]


def rocm_debs(version, build, ubuntu):
    major, minor, patch = (int(part) for part in version.split("."))
    tail = f"{major}{minor:02}{patch:02}-{build}~{ubuntu}"
    return [Deb("rocm-core", f"{version}.{tail}", "amd64"), Deb("hip-runtime-amd", f"5.7.31921.{tail}", "amd64"), Deb("rocblas", f"3.1.0.{tail}", "amd64")]


def conda_python(version, environment="opt/conda/envs/py_3.10"):
    short = ".".join(version.split(".")[:2])
    record = {"build": "h955ad1f_0", "build_number": 0, "depends": [], "name": "python", "version": version}
    return [file(f"{environment}/conda-meta/python-{version}-h955ad1f_0.json", json.dumps(record)), file(f"{environment}/conda-meta/history", "==> 2023 <==\n"),
            program(f"{environment}/bin/python{short}", elf("amd64"))]


def developed_in_place(name, version, source, folder=SITE_PACKAGES):
    """What `setup.py develop` leaves beside the sources: (entries of the source tree, entries of site-packages)."""
    egg_info = f"{source}/{name.replace('-', '_')}.egg-info"
    return ([file(f"{egg_info}/PKG-INFO", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText\n"), file(f"{egg_info}/SOURCES.txt", "setup.py\n")],
            [file(f"{folder}/{name}.egg-link", f"/{source}\n."), file(f"{folder}/easy-install.pth", f"/{source}\n")])


# ---- Models ----

# Shapes as the models' own config.json give them (huggingface.co/THUDM/chatglm-6b, chatglm2-6b, chatglm3-6b).
MODELS = {
    "chatglm-6b": {"model_type": "chatglm", "architectures": ["ChatGLMModel"], "vocab_size": 130528, "inner_hidden_size": 16384, "num_layers": 28,
                   "hidden_size": 4096, "position_encoding_2d": True, "torch_dtype": "float16"},
    "chatglm2-6b": {"model_type": "chatglm", "architectures": ["ChatGLMModel"], "padded_vocab_size": 65024, "multi_query_attention": True,
                    "seq_length": 32768, "num_layers": 28, "hidden_size": 4096, "torch_dtype": "float16"},
    "chatglm3-6b": {"model_type": "chatglm", "architectures": ["ChatGLMModel"], "padded_vocab_size": 65024, "multi_query_attention": True,
                    "seq_length": 8192, "num_layers": 28, "hidden_size": 4096, "torch_dtype": "float16"}}


def model(name, weights="real"):
    """A model's folder as `git clone` makes it; `weights` is `real` or `pointers` (what a clone without Git LFS leaves)."""
    folder = f"root/{name}"
    config = {"_name_or_path": f"THUDM/{name}", **MODELS[name]}
    entries = [file(f"{folder}/config.json", json.dumps(config, indent=2)), file(f"{folder}/tokenizer_config.json", '{"tokenizer_class": "ChatGLMTokenizer"}'),
               file(f"{folder}/.git/config", f'[remote "origin"]\n\turl = https://huggingface.co/THUDM/{name}\n')]
    for number in (1, 2):
        path = f"{folder}/pytorch_model-0000{number}-of-00002.bin"
        if weights == "real":
            entries.append(zeros(path, 3 << 20))
        else:
            entries.append(file(path, f"version https://git-lfs.github.com/spec/v1\noid sha256:{number:064x}\nsize 1827781090\n"))
    return entries


# ---- openEuler's distroless images ----

def distroless(gcc=None):
    """What `splitter` cuts out of packages: no rpm database, no os-release (openeuler-mirror/splitter, slice-releases: slices/). `gcc` is the
    compiler's package, whose banner glibc carries from 24.03 on."""
    banner = f"GNU C Library (GNU libc) stable release version 2.38.\nCompiled by GNU CC version 12.3.1 (openEuler {gcc}).\n".encode() if gcc else b""
    return [program("lib64/libc.so.6", elf("arm64", banner)), program("lib64/ld-linux-aarch64.so.1", elf("arm64")), file("usr/share/zoneinfo/UTC", b"TZif2"),
            file("usr/share/licenses/glibc/COPYING", "GNU GENERAL PUBLIC LICENSE\n"), file("usr/share/licenses/tzdata/LICENSE", "public domain\n")]


def distroless_static():
    return [file("usr/share/zoneinfo/UTC", b"TZif2"), file("etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "-----BEGIN CERTIFICATE-----\n")]
