"""Builds deterministic OCI and Docker images from lists of files, with Python's standard library alone (zstd layers call `zstd`).

    base = Layer([file("etc/os-release", "ID=openEuler\n"), symlink("bin", "usr/bin")])
    image = Image([base, Layer([whiteout("etc/os-release")], compression="zstd")], architecture="arm64")
    layout = Layout(directory)
    layout.add("sample", image)

The same input gives the same bytes: every time is fixed, every owner is root, JSON keys are sorted.
Formats: the OCI image specification (manifest, index, config, layer, image-layout) and Docker's image manifest version 2, schema 2.
"""
import functools
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile

FIXED_TIME = 1_700_000_000  # 2023-11-14T22:13:20Z
CREATED = "2023-11-14T22:13:20Z"

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = {"gzip": "application/vnd.oci.image.layer.v1.tar+gzip", "zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
             "none": "application/vnd.oci.image.layer.v1.tar"}
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = {"gzip": "application/vnd.docker.image.rootfs.diff.tar.gzip", "none": "application/vnd.docker.image.rootfs.diff.tar"}


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def to_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Entry:
    """One member of a layer's tar."""

    def __init__(self, path, kind, content=b"", mode=0o644, target=""):
        self.path, self.kind, self.content, self.mode, self.target = path, kind, content, mode, target

    def tar_info(self):
        info = tarfile.TarInfo(self.path)
        info.type = {"file": tarfile.REGTYPE, "directory": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE}[self.kind]
        info.mode, info.mtime, info.linkname = self.mode, FIXED_TIME, self.target
        info.size = len(self.content)
        return info


def file(path, content="", mode=0o644):
    return Entry(path, "file", content.encode() if isinstance(content, str) else content, mode)


def program(path, content="#!/bin/sh\n"):
    return file(path, content, 0o755)


def zeros(path, size, mode=0o644):
    """A file that takes much room in the image and little in the layer."""
    return file(path, bytes(size), mode)


def directory(path):
    return Entry(path, "directory", mode=0o755)


def symlink(path, target):
    return Entry(path, "symlink", mode=0o777, target=target)


def hardlink(path, target):
    """`target` is the path, from the root, of a file earlier in the same layer."""
    return Entry(path, "hardlink", target=target)


def whiteout(path):
    """Removes `path` of a lower layer."""
    folder, name = os.path.split(path)
    return file(os.path.join(folder, ".wh." + name))


def opaque(path):
    """Hides everything that lower layers have below the directory `path`."""
    return file(os.path.join(path, ".wh..wh..opq"))


def with_parents(entries):
    """Real layers name every directory before what lies in it; a link where a directory is expected is left alone."""
    known = {entry.path for entry in entries}
    out, named = [], set()
    for entry in entries:
        parts = entry.path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            parent = "/".join(parts[:depth])
            if parent not in known and parent not in named:
                named.add(parent)
                out.append(directory(parent))
        out.append(entry)
    return out


class Layer:
    """A tar with its compression. `forged_diff_id` is what the config shall say instead of the truth."""

    def __init__(self, entries, compression="gzip", tar_format="pax", forged_diff_id=None):
        self.entries = with_parents(entries)
        self.compression = compression
        self.tar_format = {"pax": tarfile.PAX_FORMAT, "ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT}[tar_format]
        self.forged_diff_id = forged_diff_id
        self.annotations = {}  # of its descriptor

    def step(self, number):
        """What could have made it, as a Dockerfile has it."""
        first = next((entry.path for entry in self.entries if entry.kind != "directory"), "")
        folder = "/".join(os.path.dirname(first).split("/")[:3])
        return "ADD rootfs.tar.xz /" if number == 0 else f"COPY {os.path.basename(folder) or '.'} /{folder}"

    @functools.cached_property
    def tar(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=self.tar_format) as archive:
            for entry in self.entries:
                archive.addfile(entry.tar_info(), io.BytesIO(entry.content))
        return out.getvalue()

    @functools.cached_property
    def blob(self):
        if self.compression == "gzip":
            return gzip.compress(self.tar, 6, mtime=0)
        if self.compression == "zstd":
            return subprocess.run(["zstd", "-q", "-3", "-c"], input=self.tar, stdout=subprocess.PIPE, check=True).stdout
        return self.tar

    @functools.cached_property
    def diff_id(self):
        return self.forged_diff_id or digest_of(self.tar)

    @functools.cached_property
    def digest(self):
        return digest_of(self.blob)


class Blobs:
    """Collects what an image needs: blobs by digest, and manifests with their media types."""

    def __init__(self):
        self.blobs = {}
        self.manifests = []  # (digest, media type), children before parents

    def add(self, content, media_type):
        digest = digest_of(content)
        self.blobs[digest] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def add_manifest(self, value, media_type):
        descriptor = self.add(to_json(value), media_type)
        self.manifests.append((descriptor["digest"], media_type))
        return descriptor


class Image:
    """A single-platform image. `family` chooses OCI or Docker media types."""

    def __init__(self, layers, architecture="arm64", os_name="linux", variant="", environment=(), labels=None, family="oci", history=()):
        self.layers, self.architecture, self.os_name, self.variant = list(layers), architecture, os_name, variant
        self.environment, self.labels, self.family, self.history = list(environment), dict(labels or {}), family, list(history)

    def config(self):
        inner = {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] + self.environment, "Cmd": ["/bin/bash"]}
        if self.labels:
            inner["Labels"] = self.labels
        history = self.history or [layer.step(number) for number, layer in enumerate(self.layers)]
        config = {"architecture": self.architecture, "os": self.os_name, "created": CREATED, "config": inner,
                  "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in self.layers]},
                  "history": [{"created": CREATED, "created_by": line} for line in history]}
        if self.variant:
            config["variant"] = self.variant
        return config

    def platform(self):
        platform = {"os": self.os_name, "architecture": self.architecture}
        return {**platform, "variant": self.variant} if self.variant else platform

    def write(self, blobs):
        """Adds everything to `blobs`; returns the manifest's descriptor."""
        docker = self.family == "docker"
        layer_types = DOCKER_LAYER if docker else OCI_LAYER
        config = blobs.add(to_json(self.config()), DOCKER_CONFIG if docker else OCI_CONFIG)
        layers = []
        for layer in self.layers:
            descriptor = blobs.add(layer.blob, layer_types[layer.compression])  # making the blob may make annotations
            layers.append({**descriptor, "annotations": layer.annotations} if layer.annotations else descriptor)
        media_type = DOCKER_MANIFEST if docker else OCI_MANIFEST
        return blobs.add_manifest({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}, media_type)


class Artifact:
    """Not an image: what ORAS and its like push (OCI image specification, manifest.md, "Guidelines for Artifact Usage")."""

    def __init__(self, artifact_type, content, config=b"{}"):
        self.artifact_type, self.content, self.config = artifact_type, content, config

    def write(self, blobs):
        config = blobs.add(self.config, self.artifact_type)
        layer = blobs.add(self.content, self.artifact_type + ".content")
        return blobs.add_manifest({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]}, OCI_MANIFEST)


class Attestation:
    """The provenance child that BuildKit puts beside each platform (docker/buildx: docs/reference/buildx_build.md, attestations)."""

    def __init__(self, subject):
        self.subject = subject  # an Image of the same index

    def platform(self):
        return {"os": "unknown", "architecture": "unknown"}

    def annotations(self):
        return {"vnd.docker.reference.digest": self.subject.write(Blobs())["digest"], "vnd.docker.reference.type": "attestation-manifest"}

    def write(self, blobs):
        statement = to_json({"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://slsa.dev/provenance/v0.2", "subject": []})
        config = blobs.add(to_json({"architecture": "unknown", "os": "unknown", "config": {},
                                    "rootfs": {"type": "layers", "diff_ids": [digest_of(statement)]}}), OCI_CONFIG)
        layer = {**blobs.add(statement, "application/vnd.in-toto+json"),
                 "annotations": {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"}}
        return blobs.add_manifest({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]}, OCI_MANIFEST)


class Index:
    """A multi-platform image. A child may be offered for another platform than its config says: `offered` maps its position to one."""

    def __init__(self, children, family="oci", offered=None):
        self.children, self.family, self.offered = list(children), family, dict(offered or {})

    def write(self, blobs):
        manifests = []
        for position, child in enumerate(self.children):
            descriptor = {**child.write(blobs), "platform": self.offered.get(position) or child.platform()}
            if isinstance(child, Attestation):
                descriptor["annotations"] = child.annotations()
            manifests.append(descriptor)
        media_type = DOCKER_INDEX if self.family == "docker" else OCI_INDEX
        return blobs.add_manifest({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests}, media_type)


class Layout:
    """An OCI image layout on disk that many images share."""

    def __init__(self, path):
        self.path, self.names = path, {}
        os.makedirs(os.path.join(path, "blobs", "sha256"), exist_ok=True)
        with open(os.path.join(path, "oci-layout"), "wb") as out:
            out.write(to_json({"imageLayoutVersion": "1.0.0"}))

    def add(self, name, image):
        """Writes the image under `name`; returns its descriptor and its Blobs."""
        blobs = Blobs()
        descriptor = image.write(blobs)
        self.write_blobs(blobs)
        self.names[name] = {**descriptor, "annotations": {"org.opencontainers.image.ref.name": name}}
        self.write_index()
        return descriptor, blobs

    def add_all(self, named):
        """Many (name, image) at once: the index is written once."""
        for name, image in named:
            blobs = Blobs()
            descriptor = image.write(blobs)
            self.write_blobs(blobs)
            self.names[name] = {**descriptor, "annotations": {"org.opencontainers.image.ref.name": name}}
        self.write_index()

    def write_blobs(self, blobs):
        for digest, content in blobs.blobs.items():
            path = os.path.join(self.path, "blobs", *digest.split(":"))
            if not os.path.exists(path):
                with open(path, "wb") as out:
                    out.write(content)

    def write_index(self):
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [self.names[each] for each in sorted(self.names)]}
        with open(os.path.join(self.path, "index.json"), "wb") as out:
            out.write(to_json(index))
