// WWW-Authenticate (RFC 9110, 11.6.1): a comma-separated list of challenges, each `scheme SP (token68 | key=value, key="value", …)`.
// The comma separates both challenges and parameters, so an element is a parameter exactly where a name is followed by "=".
// Seen beyond the grammar: values without quotes that hold "/" and ":" (project-zot/zot: pkg/api/routes.go), empty elements,
// empty values, a quote that never ends.
#include "registry/challenge.h"

#include "base/text.h"

#include <utility>

namespace veritag::registry {
namespace {

constexpr std::size_t kMaxChallenges = 16;  // a header has at most 64 KiB; nobody sends more ways than this
constexpr std::size_t kMaxParameters = 32;

bool is_token_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Scanner {
public:
    explicit Scanner(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return pos_ == text_.size(); }
    [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[pos_]; }
    void skip() noexcept { pos_ += at_end() ? 0 : 1; }
    void skip_spaces() noexcept {
        while (peek() == ' ' || peek() == '\t') skip();
    }
    void skip_spaces_and_commas() noexcept {
        while (peek() == ' ' || peek() == '\t' || peek() == ',') skip();
    }

    std::string_view token() noexcept {
        const std::size_t start = pos_;
        while (is_token_char(peek())) skip();
        return text_.substr(start, pos_ - start);
    }

    std::string value() {
        if (peek() == '"') return quoted();
        const std::size_t start = pos_;
        while (!at_end() && peek() != ',' && peek() != ' ' && peek() != '\t') skip();
        return std::string(text_.substr(start, pos_ - start));
    }

    // token68 = 1*(ALPHA / DIGIT / "-._~+/") *"=", and only where a comma or the end follows: `YWJj=` is one, `realm="x"` is not.
    std::string_view token68() noexcept {
        std::size_t end = pos_;
        while (end < text_.size() && (is_token_char(text_[end]) || text_[end] == '/')) ++end;
        if (end == pos_) return {};
        while (end < text_.size() && text_[end] == '=') ++end;
        std::size_t after = end;
        while (after < text_.size() && (text_[after] == ' ' || text_[after] == '\t')) ++after;
        if (after != text_.size() && text_[after] != ',') return {};
        const std::string_view found = text_.substr(pos_, end - pos_);
        pos_ = end;
        return found;
    }

private:
    std::string quoted() {
        skip();
        std::string out;
        while (!at_end() && peek() != '"') {
            if (peek() == '\\') skip();
            if (!at_end()) out += peek();
            skip();
        }
        skip();
        return out;
    }

    std::string_view text_;
    std::size_t pos_ = 0;
};

}  // namespace

std::string_view Challenge::get(std::string_view key) const noexcept {
    for (const auto& [name, value] : parameters)
        if (name == key) return value;
    return {};
}

std::vector<Challenge> parse_challenges(std::string_view header) {
    std::vector<Challenge> challenges;
    Scanner in(header);
    for (in.skip_spaces_and_commas(); !in.at_end(); in.skip_spaces_and_commas()) {
        const std::string_view name = in.token();
        if (name.empty()) {  // not the start of anything
            in.skip();
            continue;
        }
        const bool spaced = in.peek() == ' ' || in.peek() == '\t';
        in.skip_spaces();
        if (in.peek() == '=' && !challenges.empty()) {
            in.skip();
            in.skip_spaces();
            std::string value = in.value();
            auto& parameters = challenges.back().parameters;
            if (parameters.size() < kMaxParameters) parameters.emplace(to_lower(name), std::move(value));
            continue;
        }
        if (challenges.size() == kMaxChallenges) break;
        challenges.push_back({to_lower(name), {}, ""});
        if (spaced) challenges.back().token68 = in.token68();
    }
    return challenges;
}

std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& headers) {
    std::vector<Challenge> all;
    for (const std::string_view header : headers)
        for (Challenge& one : parse_challenges(header)) all.push_back(std::move(one));
    return all;
}

const Challenge* find_challenge(const std::vector<Challenge>& challenges, std::string_view scheme) noexcept {
    for (const Challenge& one : challenges)
        if (one.scheme == scheme) return &one;
    return nullptr;
}

}  // namespace veritag::registry
