#!/bin/sh
# Builds small real rpms into DIR/rpms: with and without epoch, odd names and versions, noarch and another machine's.
# usage: make_rpms.sh DIR
set -eu
dir=$1
mkdir -p "$dir/top" "$dir/rpms"

# spec NAME VERSION RELEASE [EPOCH] — one package without files
spec() {
    cat > "$dir/$1.spec" <<SPEC
Name: $1
Version: $2
Release: $3
${4:+Epoch: $4}
Summary: A package for tests
Summary(de): Ein Paket fuer Tests
License: MIT
%description
A package for tests.
%description -l de
Ein Paket fuer Tests.
%files
%changelog
* Mon Jan 01 2024 Tester <tester@example.org> - 1-1
- first
SPEC
}

build() {
    rpmbuild --quiet -bb --target "$2" --define "_topdir $dir/top" --define "_rpmdir $dir/rpms" \
        --define "_rpmfilename %%{NAME}-%%{ARCH}.rpm" "$dir/$1.spec" >"$dir/$1.log" 2>&1 ||
        { cat "$dir/$1.log" >&2; exit 1; }
}

spec plain 1.0 1;                    build plain aarch64
spec epoch 2.3.4 5.oe2403sp1 3;      build epoch aarch64
spec epoch-zero 1.5 2 0;             build epoch-zero aarch64
spec big-epoch 1 1 20240101;         build big-epoch x86_64
spec lib+odd.name_2 1.0~rc1^git3 0.1.el9_4; build lib+odd.name_2 noarch
spec tzdata 2024a 1.oe2403;          build tzdata noarch
spec openEuler-release 24.03LTS_SP1 55.oe2403sp1; build openEuler-release x86_64
spec python3-torch_npu 2.1.0.post3 1; build python3-torch_npu aarch64
