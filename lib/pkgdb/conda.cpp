// A conda package record: one JSON object a package, under `<environment>/conda-meta/`. `name`, `version` and `build` make up the
// file's name too; `subdir` says for which machine it was built (`linux-64`, `linux-aarch64`, `noarch`), older ones have `arch`.
// The record lists every file of the package and may have some megabytes. The directory also holds `history`, `state` and the like.
// Source: conda/ceps, "Management and structure of conda environments"; conda/conda: conda/core/prefix_data.py.

#include "pkgdb/pkgdb.h"

#include "base/text.h"
#include "pkgdb/json_members.h"
#include "pkgdb/problem_log.h"

#include <string>
#include <utility>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read conda record";

// `<name>-<version>-<build>.json`: neither version nor build has a hyphen, a name may.
bool is_named_like_a_record(std::string_view path) {
    std::string_view stem = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
    if (!stem.ends_with(".json")) return false;
    stem.remove_suffix(5);
    const std::size_t build = stem.rfind('-');
    if (build == std::string_view::npos || build == 0 || build + 1 == stem.size()) return false;
    const std::size_t version = stem.rfind('-', build - 1);
    return version != std::string_view::npos && version != 0 && version + 1 != build;
}

std::string architecture_of(const JsonMembers& record) {
    const std::string_view subdir = record.text("subdir");
    if (subdir == "noarch") return "noarch";
    if (!record.text("arch").empty()) return std::string(record.text("arch"));
    const auto parts = split_once(subdir, '-');  // conda/conda: conda/base/constants.py, KNOWN_SUBDIRS
    if (!parts) return std::string(subdir);
    return parts->second == "64" ? "x86_64" : parts->second == "32" ? "x86" : std::string(parts->second);
}

Result<Package> read_record(const ByteReader& reader, const Limits& limits) {
    VERITAG_CHECK(check_database_size(kWhat, reader, limits));
    VERITAG_TRY(const JsonMembers record, read_json_members(kWhat, reader, {"name", "version", "arch", "subdir"}, limits));
    if (record.text("name").empty()) return reader.malformed(kWhat, "it has no name");
    if (record.text("version").empty()) return reader.malformed(kWhat, "it has no version");
    Package package;
    package.type = PackageType::conda;
    package.name = std::string(record.text("name"));
    package.version = std::string(record.text("version"));
    package.arch = architecture_of(record);
    package.path = std::string(reader.origin());
    return package;
}

}  // namespace

Result<std::optional<Package>> parse_conda_record(ByteReader reader, const Limits& limits) {
    Result<Package> package = read_record(reader, limits);
    if (package) return std::optional(std::move(*package));
    if (package.error().code != ErrorCode::over_limit && !is_named_like_a_record(reader.origin())) return std::optional<Package>();
    return package.error();
}

}  // namespace veritag::pkgdb
