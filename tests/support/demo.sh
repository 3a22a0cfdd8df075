#!/bin/sh
# Starts a registry on this machine, pushes a dozen sample images, truthful and lying, and lets veritag scan them.
# usage: demo.sh PROGRAM
set -eu
here=$(dirname "$0")
exec python3 "$here/make_samples.py" demo --veritag "${1:?usage: demo.sh PROGRAM}"
