// One writer per report format. Text goes to a string; the caller writes it.
#pragma once

#include "base/result.h"
#include "model/report.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

enum class Language { en, zh };

struct WriteOptions {
    Language language = Language::en;
    bool colour = false;         ///< table only: ANSI colours
    bool list_packages = false;  ///< json: packageList; table: a list under each image; bills of materials always list them
    std::size_t width = 100;     ///< table only: terminal columns
    std::optional<Severity> fails_from = Severity::error;  ///< junit only: findings of this severity or worse are failures; null: none is
};

/// `format` of --format. Unknown or not yet written formats are a usage error naming the known ones and the nearest word.
Result<std::string> write_report(const Report& report, std::string_view format, const WriteOptions& options);
std::vector<std::string> known_formats();

/// What `explain` prints: how a tag is read.
struct Explanation {
    std::string reference;
    std::string grammar;
    std::optional<Tier> tier;
    bool dev = false;
    std::vector<Claim> claims;
    std::vector<Finding> findings;
    std::vector<std::pair<std::string, std::string>> expected_parents;  ///< component, version
};
/// Bills of materials and SARIF are for images and trees: asking for one is a usage error.
Result<std::string> write_explanation(const std::vector<Explanation>& explanations, std::string_view format, const WriteOptions& options);
std::vector<std::string> explanation_formats();

}  // namespace veritag::report
