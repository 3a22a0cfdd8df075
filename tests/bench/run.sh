#!/bin/sh
# Builds the release and what it is compared with, makes the images, and measures: tests/bench/run.sh [options of run.py].
set -eu
cd "$(dirname "$0")/../.."
tests/support/install.sh
cmake --preset release >/dev/null
cmake --build --preset release --target veritag bench_limits
exec python3 tests/bench/run.py --veritag build/release/daemon/veritag --limits build/release/tests/bench/bench_limits "$@"
