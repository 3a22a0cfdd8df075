// The METADATA file of an installed Python distribution: `Key: value` lines as in a mail, whose keys know no case and whose
// values may be folded onto lines that start with white space. The header ends at the first empty line, or at the first line
// that is no header line, as mail parsers have it; behind it comes a long description that may look like anything.
// Source: packaging.python.org: core metadata specifications, recording installed projects; CPython: Lib/email/feedparser.py.

#include "pkgdb/pkgdb.h"

#include "base/text.h"
#include "pkgdb/problem_log.h"

#include <algorithm>
#include <string>
#include <utility>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read Python metadata";

// pip renames what it is about to remove to a name of the same length that starts with a tilde.
bool is_interrupted_uninstall(std::string_view path) {
    for (const std::string_view part : split(path, '/'))
        if (part.starts_with('~') && (part.ends_with(".dist-info") || part.ends_with(".egg-info"))) return true;
    return false;
}

bool is_header_key(std::string_view key) noexcept {
    return std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

struct Fields {
    std::optional<std::string> name;
    std::optional<std::string> version;
};

Result<Fields> read_fields(ByteReader reader, const Limits& limits) {
    Fields fields;
    std::optional<std::string>* open = nullptr;  // the field that a folded line continues
    while (!reader.at_end()) {
        const ByteReader start = reader;
        const std::string_view line = reader.line();
        if (line.size() > limits.text_line_bytes)
            return start.over_limit("read line of Python metadata", line.size(), "limits.text_line_bytes", limits.text_line_bytes);
        if (line.empty()) break;
        if (line.front() == ' ' || line.front() == '\t') {
            if (open != nullptr) *open = std::string(trim(**open + " " + std::string(trim(line))));
            continue;
        }
        const auto parts = split_once(line, ':');
        if (!parts || !is_header_key(parts->first)) break;
        open = equals_ignoring_case(parts->first, "Name")      ? &fields.name
               : equals_ignoring_case(parts->first, "Version") ? &fields.version
                                                               : nullptr;
        if (open == nullptr) continue;
        if (open->has_value()) return start.malformed(kWhat, quote(parts->first) + " stands twice");
        *open = std::string(trim(parts->second));
    }
    return fields;
}

}  // namespace

Result<std::optional<Package>> parse_python_metadata(ByteReader reader, const Limits& limits) {
    if (is_interrupted_uninstall(reader.origin())) return std::optional<Package>();
    VERITAG_CHECK(check_database_size(kWhat, reader, limits));
    VERITAG_TRY(const Fields fields, read_fields(reader, limits));
    if (!fields.name || fields.name->empty()) return reader.malformed(kWhat, "its header has no Name");
    if (!fields.version || fields.version->empty()) return reader.malformed(kWhat, "its header has no Version");
    Package package;
    package.type = PackageType::python;
    package.name = *fields.name;
    package.version = *fields.version;
    package.path = std::string(reader.origin());
    return std::optional(std::move(package));
}

std::string normalise_python_name(std::string_view name) {
    std::string normal;
    bool in_run = false;
    for (const char c : to_lower(name)) {
        const bool separator = c == '-' || c == '_' || c == '.';
        if (!separator)
            normal += c;
        else if (!in_run)
            normal += '-';
        in_run = separator;
    }
    return normal;
}

}  // namespace veritag::pkgdb
