// dpkg's status file: stanzas of `Field: value` lines, divided by empty lines. A line that starts with white space continues the
// field before. Field names know no case. `Status` has three words {want, flag, state}; the package is there in full when the
// state is `installed`. The files of status.d (distroless) hold one stanza each, without Status.
// Source: Debian Policy 5.1; dpkg: deb-control(5), lib/dpkg/parse.c.

#include "pkgdb/pkgdb.h"

#include "base/text.h"
#include "pkgdb/problem_log.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read dpkg stanza";
enum Field : std::size_t { kPackage, kStatus, kVersion, kArchitecture, kFieldCount };
constexpr std::array<std::string_view, kFieldCount> kFieldNames{"Package", "Status", "Version", "Architecture"};

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// The fields of one stanza that matter, and the first thing wrong with it.
class Stanza {
public:
    explicit Stanza(std::uint64_t first_line) : first_line_(first_line) {}

    void add(std::string_view line) {
        started_ = true;
        if (is_blank(line.front())) return continue_field(line);
        const auto parts = split_once(line, ':');
        open_ = kFieldCount;
        if (!parts || parts->first.empty()) return fail("line \"" + quote(line, 80) + "\" is no field");
        for (std::size_t i = 0; i < kFieldCount; ++i)
            if (equals_ignoring_case(parts->first, kFieldNames[i])) open_ = i;
        if (open_ == kFieldCount) return;
        if (values_[open_]) return fail(std::string(kFieldNames[open_]) + " stands twice");
        values_[open_] = trim(parts->second);
    }

    [[nodiscard]] bool started() const noexcept { return started_; }
    [[nodiscard]] std::string_view value(Field field) const noexcept { return values_[field].value_or(std::string_view()); }
    [[nodiscard]] bool has(Field field) const noexcept { return values_[field].has_value(); }
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

    [[nodiscard]] Error error(std::string_view origin, std::string_view saw) const {
        std::string where = quote(origin) + ":" + std::to_string(first_line_);
        if (!value(kPackage).empty()) where += " package " + quote(value(kPackage));
        return {ErrorCode::malformed, std::string(kWhat), where, std::string(saw), ""};
    }

private:
    void continue_field(std::string_view line) {
        if (open_ != kFieldCount && !trim(line).empty()) fail(std::string(kFieldNames[open_]) + " runs over two lines");
    }
    void fail(std::string fault) {
        if (fault_.empty()) fault_ = std::move(fault);
    }

    std::array<std::optional<std::string_view>, kFieldCount> values_;
    std::size_t open_ = kFieldCount;
    std::string fault_;
    std::uint64_t first_line_;
    bool started_ = false;
};

enum class State { installed, absent, unclear };

// dpkg(1), "Package states": of the others, some files may lie unpacked, so that neither answer would be true.
State state_of(std::string_view status) {
    std::vector<std::string_view> words;
    for (const std::string_view word : split(status, ' '))
        if (!word.empty()) words.push_back(word);
    if (words.size() != 3) return State::unclear;
    if (equals_ignoring_case(words[2], "installed")) return State::installed;
    if (equals_ignoring_case(words[2], "config-files") || equals_ignoring_case(words[2], "not-installed")) return State::absent;
    return State::unclear;
}

// The package of a stanza, nullopt where it is not on the system.
Result<std::optional<Package>> read_stanza(const Stanza& stanza, bool status_d, std::string_view origin) {
    if (!stanza.fault().empty()) return stanza.error(origin, stanza.fault());
    if (stanza.value(kPackage).empty()) return stanza.error(origin, "it has no Package");
    if (!stanza.has(kStatus) && !status_d) return stanza.error(origin, "it has no Status");
    if (stanza.has(kStatus)) {
        const State state = state_of(stanza.value(kStatus));
        if (state == State::absent) return std::optional<Package>();
        if (state == State::unclear)
            return stanza.error(origin, "Status \"" + quote(stanza.value(kStatus), 80) + "\" is neither installed nor removed");
    }
    if (stanza.value(kVersion).empty()) return stanza.error(origin, "it has no Version");
    Package package;
    package.type = PackageType::deb;
    package.name = std::string(stanza.value(kPackage));
    package.version = std::string(stanza.value(kVersion));
    package.arch = std::string(stanza.value(kArchitecture));
    package.path = std::string(origin);
    return std::optional(std::move(package));
}

}  // namespace

Result<Parsed<Package>> parse_dpkg_status(ByteReader reader, bool status_d, const Limits& limits) {
    VERITAG_CHECK(check_database_size(kWhat, reader, limits));
    Parsed<Package> parsed;
    ProblemLog problems(reader.origin());
    std::uint64_t line_number = 1;
    Stanza stanza(line_number);
    const auto finish = [&] {
        if (!stanza.started()) return;
        Result<std::optional<Package>> package = read_stanza(stanza, status_d, reader.origin());
        if (!package)
            problems.add(package.error());
        else if (*package)
            parsed.items.push_back(std::move(**package));
    };
    for (; !reader.at_end(); ++line_number) {
        const ByteReader start = reader;
        const std::string_view line = reader.line();
        if (line.size() > limits.text_line_bytes)
            return start.over_limit("read line of dpkg status", line.size(), "limits.text_line_bytes", limits.text_line_bytes);
        if (!line.empty()) {
            stanza.add(line);
            continue;
        }
        finish();
        if (parsed.items.size() > limits.packages) return reader.over_limit(kWhat, parsed.items.size(), "limits.packages", limits.packages);
        stanza = Stanza(line_number + 1);
    }
    finish();
    if (parsed.items.size() > limits.packages) return reader.over_limit(kWhat, parsed.items.size(), "limits.packages", limits.packages);
    parsed.problems = problems.take();
    return parsed;
}

}  // namespace veritag::pkgdb
