#include "detect/architecture.h"

#include <algorithm>
#include <array>
#include <utility>

namespace veritag::detect {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// rpm-software-management/rpm: rpmrc.in; Debian's `dpkg-architecture -L`; GOARCH words as OCI uses them.
constexpr std::array<Pair, 26> kWords{{{"x86_64", "amd64"},   {"amd64", "amd64"},     {"x86_64_v2", "amd64"}, {"x86_64_v3", "amd64"},
                                       {"aarch64", "arm64"},  {"arm64", "arm64"},     {"i386", "386"},        {"i486", "386"},
                                       {"i586", "386"},       {"i686", "386"},        {"x86", "386"},         {"armhf", "arm"},
                                       {"armv7hl", "arm"},    {"armv7l", "arm"},      {"armv7", "arm"},       {"armel", "arm"},
                                       {"riscv64", "riscv64"}, {"loongarch64", "loong64"}, {"loong64", "loong64"}, {"ppc64le", "ppc64le"},
                                       {"ppc64el", "ppc64le"}, {"s390x", "s390x"},    {"sw_64", "sw64"},      {"mips64el", "mips64le"},
                                       {"mips64le", "mips64le"}, {"armv8l", "arm"}}};

}  // namespace

std::string oci_architecture(std::string_view package_architecture) {
    const auto found = std::find_if(kWords.begin(), kWords.end(), [&](const Pair& pair) { return pair.first == package_architecture; });
    return found == kWords.end() ? std::string() : std::string(found->second);
}

}  // namespace veritag::detect
