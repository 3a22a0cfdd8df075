// Where the source of a Python package lies that was installed "in place". `setup.py develop` leaves `<name>.egg-link`: the first
// line is the directory that holds `<name>.egg-info`, the second leads from there to setup.py. `pip install -e` leaves a dist-info
// whose direct_url.json has `{"dir_info": {"editable": true}, "url": "file:///src/name"}`.
// Source: pypa/setuptools: setuptools/command/develop.py; PEP 610, PEP 660; packaging.python.org: direct URL data structure.

#include "pkgdb/pkgdb.h"

#include "base/text.h"
#include "pkgdb/json_members.h"
#include "pkgdb/problem_log.h"

#include <string>
#include <utility>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kEggLink = "read egg-link";
constexpr std::string_view kDirectUrl = "read direct_url.json";

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// RFC 8089: `file:///path` or `file://localhost/path`. nullopt: another URL.
std::optional<std::string> path_of_file_url(std::string_view url) {
    constexpr std::string_view kScheme = "file://";
    if (!starts_with_ignoring_case(url, kScheme)) return std::nullopt;
    url.remove_prefix(kScheme.size());
    constexpr std::string_view kHost = "localhost";
    if (starts_with_ignoring_case(url, kHost)) url.remove_prefix(kHost.size());
    if (!url.starts_with('/')) return std::nullopt;
    url = url.substr(0, url.find_first_of("?#"));
    std::string path;
    for (std::size_t i = 0; i < url.size(); ++i) {
        if (url[i] != '%') {
            path += url[i];
            continue;
        }
        const int high = i + 1 < url.size() ? hex_digit(url[i + 1]) : -1;
        const int low = i + 2 < url.size() ? hex_digit(url[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
        path += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return path;
}

}  // namespace

Result<std::string> parse_egg_link(ByteReader reader, const Limits& limits) {
    VERITAG_CHECK(check_database_size(kEggLink, reader, limits));
    const ByteReader start = reader;
    const std::string_view directory = trim(reader.line());
    if (directory.size() > limits.path_bytes) return start.over_limit(kEggLink, directory.size(), "limits.path_bytes", limits.path_bytes);
    if (directory.empty()) return start.malformed(kEggLink, "its first line names no directory");
    if (directory.find('\0') != std::string_view::npos) return start.malformed(kEggLink, "\"" + quote(directory, 80) + "\" is no path");
    return std::string(directory);
}

Result<std::optional<std::string>> parse_direct_url(ByteReader reader, const Limits& limits) {
    VERITAG_CHECK(check_database_size(kDirectUrl, reader, limits));
    VERITAG_TRY(const JsonMembers members, read_json_members(kDirectUrl, reader, {"url", "dir_info/editable"}, limits));
    const auto editable = members.booleans.find("dir_info/editable");
    if (editable == members.booleans.end() || !editable->second) return std::optional<std::string>();
    std::optional<std::string> path = path_of_file_url(members.text("url"));
    // Not shown: a URL may hold a password.
    if (!path) return reader.malformed(kDirectUrl, "an editable install whose url is no file:// URL of a directory");
    if (path->size() > limits.path_bytes) return reader.over_limit(kDirectUrl, path->size(), "limits.path_bytes", limits.path_bytes);
    return path;
}

}  // namespace veritag::pkgdb
