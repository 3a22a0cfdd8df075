#!/bin/sh
# Makes the seeds of fuzz_tar and fuzz_inflate anew: make_stream_seeds.sh CORPUS_DIRECTORY. They are the same on
# every run, but for the process number that tar puts into the header names of sparse files.
# The leading bytes are the settings that the two targets read from their input.
set -eu
corpus=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export LC_ALL=C TZ=UTC
mkdir -p "$corpus/fuzz_tar" "$corpus/fuzz_inflate" a
echo ID=openEuler > a/os-release
: > a/.wh.gone
ln -s os-release a/link
ln a/os-release a/twin
long=$(printf 'n%.0s' $(seq 120))
echo long > "a/$long"
truncate -s 200K a/sparse
echo part | dd of=a/sparse bs=8K seek=3 conv=notrunc status=none
pack() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -b1 "$@"; }
seed_tar() { name=$1; shift; { printf '\020\011'; pack "$@"; } > "$corpus/fuzz_tar/$name"; }
small="a/os-release a/.wh.gone a/link a/twin"
seed_tar ustar --format=ustar -cf - $small
seed_tar gnu_long --format=gnu -cf - $small "a/$long"
seed_tar pax --format=pax --pax-option=delete=atime,delete=ctime -cf - $small "a/$long"
seed_tar gnu_sparse --format=gnu --sparse -cf - a/sparse
for version in 0.0 0.1 1.0; do
    seed_tar "pax_sparse_$version" --format=pax --pax-option=exthdr.name=x,delete=atime,delete=ctime --sparse --sparse-version=$version -cf - a/sparse
done
pack --format=gnu -cf layer.tar $small
head -c 700 layer.tar > half1
tail -c +701 layer.tar > half2
seed() { { printf '\020'; cat; } > "$corpus/fuzz_inflate/$1"; }
cat layer.tar | seed plain
gzip -nc layer.tar | seed gzip
{ gzip -nc half1; gzip -nc half2; head -c 30 /dev/zero; } | seed gzip_members
zstd -qc layer.tar | seed zstd
{ printf '\120\052\115\030\003\000\000\000abc'; zstd -qc half1; zstd -qc --no-check half2; } | seed zstd_frames
head -c 300000 /dev/zero | gzip -9nc | seed gzip_bomb
