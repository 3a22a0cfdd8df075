#!/usr/bin/env python3
"""Makes the sample images of tests/integration/matrix.py, for a demonstration or to look at one by hand.

usage: make_samples.py list
       make_samples.py layout DIR [NAME…]      write them into an OCI layout; `veritag scan oci:DIR:NAME --as …` reads it
       make_samples.py demo --veritag PROGRAM  push a dozen to a registry on this machine and scan them; in a terminal, then show them in the daemon's page
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/integration")]

import daemon  # noqa: E402
import images  # noqa: E402
import matrix  # noqa: E402
import packages  # noqa: E402
import registry  # noqa: E402

# What demo prints, in this order: truthful images first.
DEMO = ("os-truthful", "sdk-truthful", "framework-truthful", "model-truthful", "nvidia-truthful", "index-truthful", "framework-os-and-sdk-lie",
        "sdk-missing", "sdk-of-another-vendor-instead", "framework-without-its-plugin", "model-is-another-one", "model-is-pointers-only",
        "nvidia-other-patch-release", "sdk-in-environment-only", "rpm-database-is-cut")
EXIT_STATUS = {0: "nothing to object", 1: "an image is not what its tag says", 2: "wrong usage", 3: "something is unknown or could not be read"}


def show_page(program, work, host, ready=print):
    """The same images in the daemon's page, for as long as somebody looks."""
    settings = {"access": {"anonymous_read": True}, "registries": [{"registry": host, "plain_http": True, "internal": True}], "targets": [{"name": "samples", "registry": host}]}
    server = daemon.Daemon(program, os.path.join(work, "daemon"), settings)
    server.token = server.make_token("demo", "scan")
    server.start()
    try:
        job = json.loads(server.post("/api/v1/audits", {"target": "samples"})[2])["id"]
        daemon.wait_for(lambda: server.read(f"/api/v1/scans/{job}")["state"] not in ("waiting", "running"), 120)
        ready(f"\nThe same images in a browser, audited by `veritag serve`: http://127.0.0.1:{server.port}/\n"
              f"To order scans there, log in with the token {server.token}. Ctrl-C ends it.")
        while ready is print:
            time.sleep(3600)
    except KeyboardInterrupt:
        print()
    finally:
        server.stop()


def demonstrate(program, cases, page):
    chosen = {case.name: case for case in cases}
    with tempfile.TemporaryDirectory() as work, registry.Registry(os.path.join(work, "registry")) as server:
        print(f"A registry listens on {server.host}. These images are pushed to it:\n")
        for name in DEMO:
            case = chosen[name]
            blobs = images.Blobs()
            server.put(case.repository, case.tag, case.image.write(blobs), blobs)
            print(f"  {case.reference}\n      {case.demo}")
        command = [program, "scan", "--plain-http", "--no-store"] + [f"{server.host}/{chosen[name].reference}" for name in DEMO]
        print(f"\n$ veritag scan --plain-http {server.host}/…   ({len(DEMO)} images)\n", flush=True)
        status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
        print(f"\nveritag ended with exit status {status}: {EXIT_STATUS.get(status, 'that should not happen')}.", flush=True)
        if page:
            show_page(program, work, server.host)
    expected = max(chosen[name].exit_code() == 1 for name in DEMO)
    return 0 if status == expected else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", default=str(SOURCE / "build/fixtures"), help="directory for what is kept between runs")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="names, tags and expected verdicts")
    layout = commands.add_parser("layout", help="write an OCI layout")
    layout.add_argument("directory")
    layout.add_argument("names", nargs="*")
    demo = commands.add_parser("demo", help="push a dozen to a registry on this machine and scan them")
    demo.add_argument("--veritag", required=True)
    demo.add_argument("--page", action=argparse.BooleanOptionalAction, default=sys.stdout.isatty() and sys.stdin.isatty(), help="then serve them as a page until Ctrl-C (default: in a terminal)")
    options = parser.parse_args()
    cases = matrix.cases(packages.Cache(pathlib.Path(options.cache).resolve() / "packages"))
    if options.command == "list":
        for case in cases:
            verdicts = ", ".join(f"{platform} {each.verdict}" for platform, each in case.expected().items()) or "skipped"
            print(f"{case.name:40} {case.reference:90} {verdicts}")
        return 0
    if options.command == "demo":
        return demonstrate(options.veritag, cases, options.page)
    unknown = set(options.names) - {case.name for case in cases}
    if unknown:
        print(f"no sample is called {', '.join(sorted(unknown))}; `make_samples.py list` shows all", file=sys.stderr)
        return 2
    target = images.Layout(options.directory)
    for case in cases:
        if not options.names or case.name in options.names:
            target.add(case.name, case.image)
            print(f"oci:{options.directory}:{case.name} --as {case.reference}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
