// apk's installed database: blocks of `X:value` lines, each closed by an empty line. `P` is the package's name, `V` its version
// with the release (`1.36.1-r5`), `A` its architecture; the files of the package follow in the same block (`F`, `M`, `R`, `a`,
// `Z`), so that a block may be long. A field is one letter and stands on one line; nothing is folded. apk-tools 3 kept the form.
// Source: alpinelinux/apk-tools: src/database.c (apk_db_fdb_read, apk_db_fdb_write), src/package.c (apk_pkg_write_index_entry).

#include "pkgdb/pkgdb.h"

#include "base/text.h"
#include "pkgdb/problem_log.h"

#include <string>
#include <utility>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read apk block";

/// The fields of one block that matter, and the first thing wrong with it.
class Block {
public:
    explicit Block(std::uint64_t first_line) : first_line_(first_line) {}

    void add(std::string_view line) {
        started_ = true;
        if (line.size() < 2 || line[1] != ':') return fail("line \"" + quote(line, 80) + "\" is no field");
        std::optional<std::string_view>* field = field_of(line[0]);
        if (field == nullptr) return;
        if (*field) return fail(std::string(1, line[0]) + " stands twice");
        *field = trim(line.substr(2));
    }

    [[nodiscard]] bool started() const noexcept { return started_; }

    [[nodiscard]] Result<Package> package(std::string_view origin) const {
        if (!fault_.empty()) return error(origin, fault_);
        if (name_.value_or("").empty()) return error(origin, "it has no name (P)");
        if (version_.value_or("").empty()) return error(origin, "it has no version (V)");
        Package package;
        package.type = PackageType::apk;
        package.name = std::string(*name_);
        package.version = std::string(*version_);
        package.arch = std::string(architecture_.value_or(""));
        package.path = std::string(origin);
        return package;
    }

    [[nodiscard]] Error error(std::string_view origin, std::string_view saw) const {
        std::string where = quote(origin) + ":" + std::to_string(first_line_);
        if (!name_.value_or("").empty()) where += " package " + quote(*name_);
        return {ErrorCode::malformed, std::string(kWhat), where, std::string(saw), ""};
    }

private:
    std::optional<std::string_view>* field_of(char letter) noexcept {
        switch (letter) {
            case 'P': return &name_;
            case 'V': return &version_;
            case 'A': return &architecture_;
            default: return nullptr;
        }
    }
    void fail(std::string fault) {
        if (fault_.empty()) fault_ = std::move(fault);
    }

    std::optional<std::string_view> name_;
    std::optional<std::string_view> version_;
    std::optional<std::string_view> architecture_;
    std::string fault_;
    std::uint64_t first_line_;
    bool started_ = false;
};

}  // namespace

Result<Parsed<Package>> parse_apk_installed(ByteReader reader, const Limits& limits) {
    VERITAG_CHECK(check_database_size(kWhat, reader, limits));
    Parsed<Package> parsed;
    ProblemLog problems(reader.origin());
    std::uint64_t line_number = 1;
    Block block(line_number);
    const auto finish = [&] {
        Result<Package> package = block.package(reader.origin());
        if (!package) {
            problems.add(package.error());
            return false;
        }
        parsed.items.push_back(std::move(*package));
        return true;
    };
    for (; !reader.at_end(); ++line_number) {
        const ByteReader start = reader;
        const std::string_view line = reader.line();
        if (line.size() > limits.text_line_bytes)
            return start.over_limit("read line of apk database", line.size(), "limits.text_line_bytes", limits.text_line_bytes);
        if (!line.empty()) {
            block.add(line);
            continue;
        }
        if (block.started()) finish();
        if (parsed.items.size() > limits.packages) return reader.over_limit(kWhat, parsed.items.size(), "limits.packages", limits.packages);
        block = Block(line_number + 1);
    }
    if (block.started()) {
        // apk closes every block, the last one too: here the file was cut, perhaps in the middle of this very version.
        if (finish()) problems.add(block.error(reader.origin(), "the file ends before the empty line that closes this block; packages may be missing"));
        if (parsed.items.size() > limits.packages) return reader.over_limit(kWhat, parsed.items.size(), "limits.packages", limits.packages);
    }
    parsed.problems = problems.take();
    return parsed;
}

}  // namespace veritag::pkgdb
