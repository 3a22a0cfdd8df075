// Versions: made canonical by a component's own steps, compared in its own way, read from and written into parts of tags.
#include "base/text.h"
#include "rules/rules.h"

#include <algorithm>
#include <array>

namespace veritag::rules {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string to_upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

bool begins_with_version(std::string_view text) noexcept {
    if (!text.empty() && (text[0] == 'v' || text[0] == 'V')) text.remove_prefix(1);
    return !text.empty() && is_digit(text[0]);
}

bool is_version_text(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_digit(c) || is_letter(c) || std::string_view("._+!-~").find(c) != std::string_view::npos; });
}

std::string apply(const NormaliseStep& step, std::string text) {
    switch (step.what) {
        case NormaliseStep::What::lower_case:
            return to_lower(text);
        case NormaliseStep::What::upper_case:
            return to_upper(std::move(text));
        case NormaliseStep::What::strip_v:
            return text.size() > 1 && !is_digit(text[0]) && begins_with_version(text) ? text.substr(1) : text;
        case NormaliseStep::What::drop_epoch: {
            const std::size_t digits = text.find_first_not_of("0123456789");
            return digits != std::string::npos && digits > 0 && text[digits] == ':' ? text.substr(digits + 1) : text;
        }
        case NormaliseStep::What::drop_release:
            return text.substr(0, text.rfind('-'));
        case NormaliseStep::What::drop_local:
            return text.substr(0, text.find('+'));
        case NormaliseStep::What::replace:
            return step.pattern.replace_all(text, step.replacement);
    }
    return text;
}

std::vector<std::string_view> version_parts(std::string_view version) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = version.find_first_of(".-_+");
        parts.push_back(version.substr(0, at));
        if (at == std::string_view::npos) return parts;
        version.remove_prefix(at + 1);
    }
}

bool is_prefix(const std::vector<std::string_view>& shorter, const std::vector<std::string_view>& longer) {
    return shorter.size() <= longer.size() && std::equal(shorter.begin(), shorter.end(), longer.begin());
}

Match compare_prefix(std::string_view claimed, std::string_view observed) {
    const auto claimed_parts = version_parts(claimed);
    const auto observed_parts = version_parts(observed);
    if (is_prefix(claimed_parts, observed_parts)) return Match::holds;
    return is_prefix(observed_parts, claimed_parts) ? Match::unclear : Match::differs;
}

// A version after PEP 440 (packaging.python.org, "Version specifiers"): [N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local], with the
// other spellings that its section on normalisation allows. Numbers stay text without leading zeros: no overflow.
struct Pep440 {
    std::string epoch = "0";
    std::vector<std::string> release;
    std::string pre;  // a0, b1, rc2
    std::optional<std::string> post;
    std::optional<std::string> dev;
    std::vector<std::string> local;
};

class Pep440Parser {
public:
    explicit Pep440Parser(std::string_view text) : lower_(to_lower(trim(text))), rest_(lower_) {}

    std::optional<Pep440> parse() {
        Pep440 version;
        (void)eat("v");
        if (!read_release(version)) return std::nullopt;
        read_pre(version);
        read_post(version);
        read_dev(version);
        if (eat("+") && !read_local(version)) return std::nullopt;
        if (!rest_.empty()) return std::nullopt;
        return version;
    }

private:
    bool eat(std::string_view word) noexcept {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    static std::string without_leading_zeros(std::string_view digits) {
        const std::size_t first = digits.find_first_not_of('0');
        return first == std::string_view::npos ? "0" : std::string(digits.substr(first));
    }

    // Empty: no digit here.
    std::string number() {
        const std::size_t length = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        if (length == 0) return {};
        const std::string digits = without_leading_zeros(rest_.substr(0, length));
        rest_.remove_prefix(length);
        return digits;
    }

    bool read_release(Pep440& version) {
        std::string first = number();
        if (first.empty()) return false;
        if (eat("!")) {
            version.epoch = std::move(first);
            first = number();
            if (first.empty()) return false;
        }
        version.release.push_back(std::move(first));
        while (rest_.size() > 1 && rest_[0] == '.' && is_digit(rest_[1])) {
            rest_.remove_prefix(1);
            version.release.push_back(number());
        }
        return true;
    }

    void eat_separator() noexcept {
        if (!rest_.empty() && (rest_[0] == '.' || rest_[0] == '-' || rest_[0] == '_')) rest_.remove_prefix(1);
    }

    // [separator]word[separator][number]; a missing number is 0. Nothing is eaten where the word is not there.
    template <std::size_t N>
    std::optional<std::pair<std::string_view, std::string>> tagged_number(const std::array<std::string_view, N>& words) {
        const std::string_view before = rest_;
        eat_separator();
        for (const std::string_view word : words) {
            if (!eat(word)) continue;
            const std::string_view after_word = rest_;
            eat_separator();
            std::string digits = number();
            if (digits.empty()) {
                rest_ = after_word;
                digits = "0";
            }
            return std::pair{word, digits};
        }
        rest_ = before;
        return std::nullopt;
    }

    void read_pre(Pep440& version) {
        // Longer words first: `alpha` begins with `a`.
        static constexpr std::array<std::string_view, 8> kWords{"alpha", "beta", "preview", "pre", "rc", "a", "b", "c"};
        const auto found = tagged_number(kWords);
        if (!found) return;
        const char first = found->first[0];
        version.pre = (first == 'a' ? "a" : first == 'b' ? "b" : "rc") + found->second;
    }

    void read_post(Pep440& version) {
        if (rest_.size() > 1 && rest_[0] == '-' && is_digit(rest_[1])) {  // the implicit form 1.0-1
            rest_.remove_prefix(1);
            version.post = number();
            return;
        }
        static constexpr std::array<std::string_view, 3> kWords{"post", "rev", "r"};
        if (auto found = tagged_number(kWords)) version.post = std::move(found->second);
    }

    void read_dev(Pep440& version) {
        static constexpr std::array<std::string_view, 1> kWords{"dev"};
        if (auto found = tagged_number(kWords)) version.dev = std::move(found->second);
    }

    bool read_local(Pep440& version) {
        std::string segment;
        const auto add = [&] {
            const bool numeric = std::all_of(segment.begin(), segment.end(), is_digit);
            version.local.push_back(numeric ? without_leading_zeros(segment) : segment);
            segment.clear();
        };
        for (; !rest_.empty(); rest_.remove_prefix(1)) {
            const char c = rest_[0];
            if (is_digit(c) || is_letter(c)) {
                segment += c;
            } else if ((c == '.' || c == '-' || c == '_') && !segment.empty()) {
                add();
            } else {
                return false;
            }
        }
        if (segment.empty()) return false;
        add();
        return true;
    }

    std::string lower_;
    std::string_view rest_;
};

// Missing release parts are zeros: 2.1 is 2.1.0.
bool release_begins_with(const std::vector<std::string>& observed, const std::vector<std::string>& claimed) {
    for (std::size_t i = 0; i < claimed.size(); ++i)
        if (claimed[i] != (i < observed.size() ? observed[i] : "0")) return false;
    return true;
}

// `0.10.1.dev395+g340ea86df`: setuptools_scm counts commits since the last tag that it knows and names what would come next, so AMD's
// image of vLLM 0.10.0 says this. `0.1.dev1+g…`: it knew no tag at all. `2.20.0.dev0+selfbuilt`: TensorFlow where nobody chose a version.
// Such a build neither proves nor refutes a release near it.
bool is_near_checkout(const Pep440& observed, const Pep440& claimed) {
    if (!observed.dev || observed.local.empty()) return false;
    if (observed.local.front() == "selfbuilt") return release_begins_with(observed.release, claimed.release);
    const std::string& commit = observed.local.front();
    if (commit.size() < 8 || commit[0] != 'g' || commit.find_first_not_of("0123456789abcdef", 1) != std::string::npos) return false;
    const auto number = [](const Pep440& version, std::size_t at) { return at < version.release.size() ? version.release[at] : std::string("0"); };
    if (number(observed, 0) == "0" && number(observed, 1) == "1" && observed.release.size() == 2) return true;
    if (number(observed, 0) != number(claimed, 0)) return false;
    const std::string minor = number(observed, 1), said = number(claimed, 1);
    return minor == said || (minor.size() < 9 && said.size() < 9 && std::stoi(minor) == std::stoi(said) + 1);
}

Match compare_pep440(std::string_view claimed_text, std::string_view observed_text) {
    const std::optional<Pep440> claimed = Pep440Parser(claimed_text).parse();
    const std::optional<Pep440> observed = Pep440Parser(observed_text).parse();
    if (!claimed || !observed) return claimed_text == observed_text ? Match::holds : Match::differs;

    const bool one_release = !claimed->pre.empty() || claimed->post || claimed->dev;  // 2.3rc1 says nothing of 2.3.1rc1
    const bool release = release_begins_with(observed->release, claimed->release) &&
                         (!one_release || release_begins_with(claimed->release, observed->release));
    const bool post = !claimed->post || claimed->post == observed->post;
    const bool local = claimed->local.size() <= observed->local.size() &&
                       std::equal(claimed->local.begin(), claimed->local.end(), observed->local.begin());
    const bool holds =
        claimed->epoch == observed->epoch && release && claimed->pre == observed->pre && post && claimed->dev == observed->dev && local;
    if (holds) return Match::holds;
    if (claimed->epoch == observed->epoch && !claimed->dev && is_near_checkout(*observed, *claimed)) return Match::unclear;
    // `2.5.0a0+git1234567`: a checkout built by hand, of the release itself or of something before it.
    const bool checkout = observed->pre == "a0" && !observed->local.empty() && claimed->pre.empty() && !claimed->dev;
    return checkout && claimed->epoch == observed->epoch && release_begins_with(observed->release, claimed->release) ? Match::unclear : Match::differs;
}

}  // namespace

std::string Component::canonical(std::string_view version) const {
    std::string text(version);
    for (const NormaliseStep& step : normalise) text = apply(step, std::move(text));
    return text;
}

Match Component::compare_versions(std::string_view claimed, std::string_view observed) const {
    const std::string a = canonical(claimed);
    const std::string b = canonical(observed);
    if (a == b || (loose && (loose->match_all(a) || loose->match_all(b)))) return compare_prefix(a, b);
    switch (compare) {
        case Compare::prefix:
            return compare_prefix(a, b);
        case Compare::exact:
            return Match::differs;
        case Compare::pep440:
            return compare_pep440(a, b);
    }
    return Match::differs;
}

std::optional<Component::PartReading> Component::read_part(std::string_view part) const {
    // Spellings first: `oe2203sp2` would also be the name `oe` glued to a strange version.
    for (const Spelling& spelling : spellings)
        if (const auto groups = spelling.part.match_all(part))
            return PartReading{canonical(Pattern::expand(spelling.version, *groups)), spelling.proper};
    for (const std::string& each : names) {
        if (!starts_with_ignoring_case(part, each)) continue;
        const std::string_view rest = part.substr(each.size());
        if (!versioned && rest.empty()) return PartReading{};
        if (versioned && begins_with_version(rest) && is_version_text(rest)) return PartReading{canonical(rest), true};
    }
    return std::nullopt;
}

std::string Component::write_part(std::string_view version) const {
    for (const Writing& writing : writings)
        if (const auto groups = writing.version.match_all(version)) return Pattern::expand(writing.part, *groups);
    const std::string& written = names.empty() ? name : names.front();
    return versioned ? written + std::string(version) : written;
}

}  // namespace veritag::rules
