"""A registry as the page's tests want to see it: families of images, liars among them, a thousand and more tags, and images whose makers wrote
markup and scripts into everything they could.

    world = World(server)
    world.push()      # everything
    world.mend()      # one lie is put right, and another one told
"""
import concurrent.futures

import contents
import fleet
import synthetic
from images import Attestation, Blobs, Image, Index, Layer, file
from packages import Deb

ARCHITECTURES = ("arm64", "amd64")
MACHINE = {"amd64": "x86_64", "arm64": "aarch64"}
LIAR = ("openeuler/pytorch", "2.2.0-cann8.0.RC1-oe2403sp1")
MENDED = ("openeuler/app00", "0.0.0-oe2403sp1")
SPOILT = ("openeuler/app02", "0.0.0-oe2203sp3")
BULK_REPOSITORIES, BULK_TAGS = 8, 200  # together 1,600

# What a browser would run if anything of it became markup. Each calls alert(), which the test forbids.
SCRIPTS = ["<script>alert('tag')</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(2)>", "'-alert(3)-'", "javascript:alert(4)", "</title><script>alert(5)</script>",
           "<iframe srcdoc='<script>parent.alert(6)</script>'></iframe>", "{{constructor.constructor('alert(7)')()}}", "<a href=javascript:alert(8)>x</a>", "<style>@import 'http://127.0.0.1/x';</style>",
           "\u202egnp.exe\u202c", "<math><mtext><table><mglyph><style><img src onerror=alert(9)>", "<b onmouseover=alert(10)>x</b>", "&lt;script&gt;alert(11)&lt;/script&gt;", "\x1b]0;alert\x07"]

COPY = {"os": "/bin/sh -c #(nop) ADD file:openEuler-docker-rootfs.tar.xz in /", "cann": "RUN /bin/bash -c 'chmod +x Ascend-cann-toolkit.run && ./Ascend-cann-toolkit.run --install --quiet && rm Ascend-cann-toolkit.run' # buildkit",
        "torch": "RUN pip3 install --no-cache-dir torch==${TORCH_VERSION} torch-npu==${TORCH_NPU_VERSION} # buildkit" + "".join(f" && pip3 check step{number}" for number in range(40))}


class World:
    def __init__(self, server):
        self.server, self.pusher = server, fleet.Pusher(server)
        self.bases = {release: {architecture: fleet.base_layer(release, architecture, "first") for architecture in ARCHITECTURES} for release in ("20.03-LTS-SP4", "22.03-LTS-SP3", "22.03-LTS-SP4", "24.03-LTS-SP1")}
        self.sdk = {architecture: Layer(contents.cann("8.0.RC1", machine=MACHINE[architecture])) for architecture in ARCHITECTURES}
        self.torch = Layer(contents.torch("2.2.0") + contents.torch_npu("2.2.0"))

    def index(self, repository, tag, layers, history, attested=False, **config):
        """`layers`: architecture to layers. `attested`: with what BuildKit puts beside each image."""
        blobs = Blobs()
        children = [Image(own, architecture, history=history, **config) for architecture, own in layers.items()]
        descriptor = Index(children + [Attestation(each) for each in children if attested]).write(blobs)
        for digest, content in blobs.blobs.items():
            if digest not in dict(blobs.manifests):
                self.pusher.blob(repository, content)
        for digest, media_type in blobs.manifests:
            self.pusher.request("PUT", f"/v2/{repository}/manifests/{tag if digest == descriptor['digest'] else digest}", blobs.blobs[digest], {"Content-Type": media_type})
        return descriptor["digest"]

    def stack(self, release, *kinds):
        parts = {"cann": self.sdk, "torch": dict.fromkeys(ARCHITECTURES, self.torch)}
        return {architecture: [self.bases[release][architecture], *(parts[kind][architecture] for kind in kinds)] for architecture in ARCHITECTURES}

    def families(self):
        for release in self.bases:
            self.index("openeuler/openeuler", release.lower(), self.stack(release), [COPY["os"]], attested=True)
        for release in ("22.03-LTS-SP4", "24.03-LTS-SP1"):
            token = fleet.token(release)
            if release == "22.03-LTS-SP4":
                self.index("openeuler/cann", f"8.0.RC1-{token}", self.stack(release, "cann"), [COPY["os"], COPY["cann"]])
            self.index("openeuler/pytorch", f"2.2.0-cann8.0.RC1-{token}" if release == "22.03-LTS-SP4" else LIAR[1], self.stack("22.03-LTS-SP4", "cann", "torch"), [COPY["os"], COPY["cann"], COPY["torch"]])
        # Its environment says what nothing else does.
        only_said = {architecture: [self.bases["22.03-LTS-SP3"][architecture]] for architecture in ARCHITECTURES}
        self.index("openeuler/cann", "8.0.RC3-oe2203sp3", only_said, [COPY["os"]], environment=["ASCEND_TOOLKIT_HOME=/usr/local/Ascend/ascend-toolkit/8.0.RC3"])
        # A layer that is no layer.
        broken = Layer([file("etc/x", "x")])
        broken.__dict__["blob"] = b"this is no gzip"
        self.index("openeuler/broken", "1.0.0-oe2203sp3", {"amd64": [broken]}, ["COPY broken /"])

    def tag_on_disk(self, repository, tag, digest):
        """What pushing a manifest under one more tag leaves (distribution/distribution: registry/storage/paths.go), without asking 1,600 times."""
        folder = self.server.data / "docker/registry/v2/repositories" / repository / "_manifests/tags" / tag
        algorithm, value = digest.split(":")
        for place in (folder / "current", folder / "index" / algorithm / value):
            place.mkdir(parents=True)
            (place / "link").write_text(digest, encoding="utf-8")

    def bulk(self):
        releases = ["22.03-LTS-SP3", "22.03-LTS-SP4", "24.03-LTS-SP1"]

        def push(number):
            repository = f"openeuler/app{number:02}"
            for at, release in enumerate(releases):
                own = Layer([file(f"usr/share/app{number:02}/data", f"{number}\n")])
                layers = {architecture: [*each, own] for architecture, each in self.stack(release).items()}
                mine = [step for step in range(BULK_TAGS) if step % 3 == at]
                digest = self.index(repository, f"0.{mine[0]}.0-{fleet.token(release)}", layers, [COPY["os"], f"COPY app{number:02} /usr/share/app{number:02}"])
                for step in mine[1:]:
                    said = releases[(at + 1) % 3] if step % 19 == number % 19 else release  # now and then a lie
                    self.tag_on_disk(repository, f"0.{step}.0-{fleet.token(said)}", digest)

        with concurrent.futures.ThreadPoolExecutor(6) as threads:
            list(threads.map(push, range(BULK_REPOSITORIES)))
        self.index(*MENDED, self.stack("22.03-LTS-SP3"), [COPY["os"]])

    def hostile(self):
        """Labels, history, package names and versions, paths, environment, files: all of it is script."""
        debs = [Deb(f"evil{number}{text}".replace("\n", " "), f"1:{number}.0{text}", "amd64") for number, text in enumerate(SCRIPTS)] + [Deb("bash", "5.1", "amd64")]
        entries = contents.root_tree("amd64") + contents.ubuntu_os_files("22.04", "22.04.5 LTS", "Jammy Jellyfish") + [file("var/lib/dpkg/status", synthetic.dpkg_status(debs))]
        for number, text in enumerate(SCRIPTS):
            folder = text.replace("/", "_").replace("\x1b", "E").replace("\x07", "B")
            entries += contents.python_distribution(f"opt/{folder}/lib/python3.9/site-packages", f"torch{number}", f"1.{number}")
        entries.append(file("usr/local/Ascend/ascend-toolkit/<img src=x onerror=alert(20)>/aarch64-linux/ascend_toolkit_install.info",
                            "package_name=Ascend-cann-toolkit\nversion=8.0.RC1<script>alert(21)</script>\narch=aarch64\npath=/<svg onload=alert(22)>\n"))
        layer = Layer(entries)
        labels = {f"label{number}": text for number, text in enumerate(SCRIPTS)} | {"<script>alert(23)</script>": "x"}
        environment = ["ASCEND_TOOLKIT_HOME=/usr/local/Ascend/ascend-toolkit/<img src=x onerror=alert(24)>", "PYTORCH_VERSION=<script>alert(25)</script>"]
        for repository, tag in (("openeuler/cann", "8.0.RC1-oe2203sp1"), ("openeuler/constructor", "__proto__"), ("openeuler/constructor", "hasOwnProperty-oe2203sp3"), ("openeuler/pytorch", "2.9.9-cann8.0.RC9-oe2203sp1"), ("javascript", "alert-1"),
                                ("openeuler/tostring", "1.0-onerror-alert.1.-oe2203sp3")):
            self.index(repository, tag, {"amd64": [layer, Layer([file(f"etc/{tag}", tag)])]}, [" ".join(SCRIPTS), "javascript:alert(26)//"], labels=labels, environment=environment)

    def push(self):
        self.families()
        self.bulk()
        self.hostile()

    def mend(self):
        """What was said of openEuler 24.03 becomes true, a tag of 22.03-LTS-SP3 becomes a lie, and one can be read no more."""
        broken = Layer([file("etc/x", "y")])
        broken.__dict__["blob"] = b"this is no gzip, either"
        self.index(*SPOILT, {architecture: [broken] for architecture in ARCHITECTURES}, ["COPY broken /"])
        self.index(*MENDED, self.stack("24.03-LTS-SP1"), [COPY["os"]])
        self.index("openeuler/app01", "0.0.0-oe2203sp3", self.stack("20.03-LTS-SP4"), [COPY["os"]])
