#!/usr/bin/env python3
"""Fills a site-packages folder with every form of installed distribution that CPython's importlib.metadata knows.

usage: make_python_site.py SITE_PACKAGES [how many plain ones]
"""
import pathlib
import sys

site = pathlib.Path(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 300


def write(path, text):
    target = site / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode())


def metadata(name, version, more=""):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: a distribution\n{more}\nVersion: 0\nName: of the long description\n"


for number in range(count):
    name, version = f"package-{number}", f"{number % 7}.{number % 11}.post{number}"
    form = number % 3
    if form == 0:
        write(f"package_{number}-{version}.dist-info/METADATA", metadata(name, version))
        write(f"package_{number}-{version}.dist-info/RECORD", "")
    elif form == 1:
        write(f"package_{number}-{version}-py3.11.egg-info/PKG-INFO", metadata(name, version))
        write(f"package_{number}-{version}-py3.11.egg-info/requires.txt", "x\n")
    else:
        write(f"package_{number}-{version}.egg-info", metadata(name, version))

write("Torch_NPU.x-2.1.0+cpu.dist-info/METADATA", metadata("Torch_NPU.x", "2.1.0+cpu"))
write("zope.interface-5.5-py3.11-nspkg.egg-info/PKG-INFO", metadata("zope.interface", "5.5"))
write("under_score-1!2.0rc1.dist-info/METADATA", "metadata-version: 2.1\r\nNAME: under_score\r\nversion: 1!2.0rc1\r\n\r\nbody\r\n")
write("no_version_in_the_name.egg-info/PKG-INFO", metadata("no-version-in-the-name", "3"))
write("no_version_in_the_file.egg-info", metadata("no-version-in-the-file", "4.dev0"))
write("folded-1.0.egg-info", metadata("folded", "1.0", "License: some\n        Version: 9\n        Name: other\nDescription: first\n        \n        Version: 8\n"))
write("folded_value-1.dist-info/METADATA", "Metadata-Version: 2.1\nName:\n folded-value\nVersion:\n\t1\n")
write("unicode-1.dist-info/METADATA", metadata("unicode", "1", "Author: J\u00fcrgen\nKeywords: a,\n b\n"))
# Two versions of one name: what an interrupted upgrade leaves.
write("twice-1.0.dist-info/METADATA", metadata("twice", "1.0"))
write("twice-2.0.egg-info/PKG-INFO", metadata("twice", "2.0"))
# None of these is a distribution.
write("package/__init__.py", "")
write("package/egg-info", "Name: a\nVersion: 1\n")
write("package/inner.egg-info/PKG-INFO", metadata("inner", "1"))
write("src/PKG-INFO", metadata("sdist", "1"))
write("distutils-precedence.pth", "")
