#include "rules/pattern.h"

#include "base/text.h"

#include <re2/re2.h>

#include <algorithm>
#include <mutex>
#include <optional>

namespace veritag::rules {
namespace {

constexpr std::int64_t kMostMemory = 8 << 20;  // compiled form and its caches, each pattern

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

// RE2 because it runs in linear time and without recursion on any text; std::regex overflows the stack on one long line.
struct Pattern::Compiled {
    explicit Compiled(std::string_view expression) : text(expression) {}

    [[nodiscard]] const RE2& re() const {
        std::call_once(once, [&] {
            RE2::Options options;
            options.set_encoding(RE2::Options::EncodingLatin1);  // files hold any bytes; as UTF-8 an invalid byte would never match
            options.set_log_errors(false);
            options.set_max_mem(kMostMemory);
            compiled.emplace(piece(text), options);
        });
        return *compiled;
    }

    [[nodiscard]] std::optional<std::vector<std::string_view>> match_views(std::string_view subject, RE2::Anchor anchor) const {
        const RE2& expression = re();
        std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1);
        if (!expression.Match(piece(subject), 0, subject.size(), anchor, pieces.data(), static_cast<int>(pieces.size()))) return std::nullopt;
        std::vector<std::string_view> groups;
        groups.reserve(pieces.size());
        for (const re2::StringPiece& group : pieces) groups.emplace_back(group.data(), group.size());
        return groups;
    }

    [[nodiscard]] std::optional<std::vector<std::string>> match(std::string_view subject, RE2::Anchor anchor) const {
        const std::optional<std::vector<std::string_view>> views = match_views(subject, anchor);
        if (!views) return std::nullopt;
        return std::vector<std::string>(views->begin(), views->end());
    }

    std::string text;

private:
    mutable std::once_flag once;
    mutable std::optional<RE2> compiled;
};

Result<Pattern> Pattern::compile(std::string_view expression) {
    auto compiled = std::make_shared<const Compiled>(expression);
    if (!compiled->re().ok())
        return Error{ErrorCode::config, "read regular expression", "",
                     '"' + quote(expression) + "\" is no regular expression: " + quote(compiled->re().error()), ""};
    Pattern pattern;
    pattern.compiled_ = std::move(compiled);
    return pattern;
}

Pattern Pattern::compiled_when_used(std::string_view expression) {
    Pattern pattern;
    pattern.compiled_ = std::make_shared<const Compiled>(expression);
    return pattern;
}

bool Pattern::found_in(std::string_view text) const {
    VERITAG_ASSERT(compiled_);
    return compiled_->re().Match(piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

std::optional<std::vector<std::string>> Pattern::search(std::string_view text) const {
    VERITAG_ASSERT(compiled_);
    return compiled_->match(text, RE2::UNANCHORED);
}

std::optional<std::vector<std::string>> Pattern::match_all(std::string_view text) const {
    VERITAG_ASSERT(compiled_);
    return compiled_->match(text, RE2::ANCHOR_BOTH);
}

std::optional<std::vector<std::string_view>> Pattern::match_views(std::string_view text) const {
    VERITAG_ASSERT(compiled_);
    return compiled_->match_views(text, RE2::ANCHOR_BOTH);
}

std::string Pattern::replace_all(std::string_view text, std::string_view replacement) const {
    VERITAG_ASSERT(compiled_);
    std::string result(text);
    RE2::GlobalReplace(&result, compiled_->re(), piece(replacement));
    return result;
}

std::vector<std::pair<std::string, int>> Pattern::named_groups() const {
    VERITAG_ASSERT(compiled_);
    std::vector<std::pair<std::string, int>> groups(compiled_->re().NamedCapturingGroups().begin(),
                                                    compiled_->re().NamedCapturingGroups().end());
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    return groups;
}

int Pattern::group_count() const {
    VERITAG_ASSERT(compiled_);
    return compiled_->re().NumberOfCapturingGroups();
}

const std::string& Pattern::text() const noexcept {
    static const std::string none;
    return compiled_ ? compiled_->text : none;
}

Result<void> Pattern::check_replacement(std::string_view replacement, int groups) {
    for (std::size_t i = 0; i < replacement.size(); ++i) {
        if (replacement[i] != '\\') continue;
        const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
        if (next < '0' || next > '9')
            return Error{ErrorCode::config, "read replacement", "", '"' + quote(replacement) + "\" has a \\ without a group number",
                         "write \\1 for the first group"};
        if (next - '0' > groups)
            return Error{
                ErrorCode::config, "read replacement", "",
                '"' + quote(replacement) + "\" names group " + std::string(1, next) + ", and the expression has " + std::to_string(groups),
                ""};
        ++i;
    }
    return ok();
}

std::string Pattern::expand(std::string_view replacement, const std::vector<std::string>& groups) {
    std::string result;
    for (std::size_t i = 0; i < replacement.size(); ++i) {
        const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
        if (replacement[i] != '\\' || next < '0' || next > '9') {
            result += replacement[i];
            continue;
        }
        const auto group = static_cast<std::size_t>(next - '0');
        if (group < groups.size()) result += groups[group];
        ++i;
    }
    return result;
}

}  // namespace veritag::rules
