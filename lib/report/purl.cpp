#include "report/purl.h"

#include "base/text.h"

#include <map>
#include <optional>
#include <utility>

namespace veritag::report {
namespace {

// conda's own name of a platform: records of environments name the machine (conda/conda: conda/base/constants.py, KNOWN_SUBDIRS).
std::string conda_subdir(const std::string& machine) {
    if (machine == "x86_64") return "linux-64";
    if (machine.empty() || machine == "noarch" || machine.find('-') != std::string::npos) return machine;
    return "linux-" + machine;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Alphanumeric and punctuation characters stay, and the colon stays wherever it stands; every other octet of the UTF-8 is encoded
// (purl-spec: docs/specification, "Character encoding").
std::string encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string result;
    for (const char c : to_valid_utf8(text)) {
        const auto octet = static_cast<unsigned char>(c);
        if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_' || c == '~' || c == ':') {
            result += c;
        } else {
            result += '%';
            result += kHex[octet >> 4U];
            result += kHex[octet & 0xFU];
        }
    }
    return result;
}

// Slashes at the ends are no part of a name; those inside are encoded.
std::string_view strip_slashes(std::string_view name) {
    while (name.starts_with('/')) name.remove_prefix(1);
    while (name.ends_with('/')) name.remove_suffix(1);
    return name;
}

// PEP 503: lower case, runs of `-`, `_` and `.` are one `-`.
std::string pypi_name(std::string_view name) {
    std::string result;
    for (const char c : to_lower(name)) {
        const bool separator = c == '-' || c == '_' || c == '.';
        if (!separator)
            result += c;
        else if (!result.ends_with('-'))
            result += '-';
    }
    return result;
}

// The vendor of the packages. It is the os-release ID but for Red Hat, who write themselves `pkg:rpm/redhat/…`.
std::string vendor_of(std::string_view os) { return os == "rhel" ? "redhat" : to_lower(os); }

struct Url {
    std::string_view type;
    std::string space;
    std::string name;
    std::string version;
    std::map<std::string_view, std::string> qualifiers;  ///< sorted by key, as the canonical form wants them; empty values are left out
};

std::string write(const Url& url) {
    const std::string_view name = strip_slashes(url.name);
    if (name.empty()) return {};
    std::string result = "pkg:" + std::string(url.type);
    if (!url.space.empty()) result += "/" + encode(url.space);
    result += "/" + encode(name);
    if (!url.version.empty()) result += "@" + encode(url.version);
    char separator = '?';
    for (const auto& [key, value] : url.qualifiers) {
        if (value.empty()) continue;
        result += separator + std::string(key) + "=" + encode(value);
        separator = '&';
    }
    return result;
}

// rpm's epoch is a qualifier of its own.
std::pair<std::string, std::string> split_epoch(std::string_view version) {
    const auto parts = split_once(version, ':');
    if (!parts || !parse_u64(parts->first)) return {"", std::string(version)};
    return {std::string(parts->first), std::string(parts->second)};
}

}  // namespace

std::string package_url(const Package& package, std::string_view os) {
    switch (package.type) {
        case PackageType::rpm: {
            auto [epoch, version] = split_epoch(package.version);
            return write({"rpm", vendor_of(os), package.name, std::move(version), {{"arch", package.arch}, {"epoch", std::move(epoch)}}});
        }
        case PackageType::deb:
        case PackageType::apk:
            if (os.empty()) return {};
            return write({to_string(package.type), vendor_of(os), to_lower(package.name), package.version, {{"arch", package.arch}}});
        case PackageType::python: return write({"pypi", "", pypi_name(package.name), to_lower(package.version), {}});
        case PackageType::conda: return write({"conda", "", package.name, package.version, {{"subdir", conda_subdir(package.arch)}}});
    }
    return {};
}

std::string image_url(const ImageReport& image) {
    if (!Digest::parse(image.digest)) return {};
    const std::string repository = to_lower(image.repository);
    const auto platform = split(image.platform, '/');
    const std::string architecture = platform.size() > 1 ? std::string(platform[1]) : "";
    return write({"oci", "", repository.substr(repository.rfind('/') + 1), image.digest,
                  {{"arch", architecture}, {"repository_url", image.registry.empty() ? "" : image.registry + "/" + image.repository}, {"tag", image.tag}}});
}

std::string proven_os(const ImageReport& image) {
    std::string found;
    for (const Observation& each : image.observed) {
        if (each.kind != ComponentKind::os || !each.proof || each.component == found) continue;
        if (!found.empty()) return {};
        found = each.component;
    }
    return found;
}

}  // namespace veritag::report
