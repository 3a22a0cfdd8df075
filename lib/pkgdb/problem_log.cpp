#include "pkgdb/problem_log.h"

#include <utility>

namespace veritag::pkgdb {
namespace {

constexpr std::size_t kKept = 50;

}  // namespace

void ProblemLog::add(const Error& error) {
    ++count_;
    if (kept_.size() < kKept) kept_.push_back({path_, error.message()});
}

std::vector<Problem> ProblemLog::take() {
    std::vector<Problem> problems = std::exchange(kept_, {});
    const std::uint64_t more = std::exchange(count_, 0) - problems.size();
    if (more != 0) problems.push_back({path_, std::to_string(more) + " more entries could not be read"});
    return problems;
}

Result<void> check_database_size(std::string_view what, const ByteReader& reader, const Limits& limits) {
    if (reader.size() <= limits.package_database_bytes) return ok();
    return reader.over_limit(what, reader.size(), "limits.package_database_bytes", limits.package_database_bytes);
}

}  // namespace veritag::pkgdb
