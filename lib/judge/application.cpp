#include "judge/application.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace veritag::judge {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct Numbers {
    std::vector<std::string> parts;  ///< without leading zeros
    bool before_release = false;     ///< rc1, beta: not yet the release that the numbers name
    std::string rest;                ///< letters and digits that follow and that no comparing understands
};

// What may stand glued to a number without making it part of a word (`3.0rc1`, `2.4p1`), unlike a commit id (`941cd33`).
bool may_follow_number(std::string_view word) noexcept {
    constexpr std::array<std::string_view, 9> kSuffixes{"rc", "a", "b", "alpha", "beta", "p", "post", "dev", "pre"};
    return std::find(kSuffixes.begin(), kSuffixes.end(), word) != kSuffixes.end();
}
bool is_before_release(std::string_view word) noexcept {
    constexpr std::array<std::string_view, 9> kStages{"rc", "a", "b", "alpha", "beta", "dev", "pre", "preview", "ea"};
    return std::find(kStages.begin(), kStages.end(), word) != kStages.end();
}

// `rc2` of `-rc2`, `~rc.2` and `_RC2`.
std::string letters_and_digits(std::string_view text) {
    std::string kept;
    std::copy_if(text.begin(), text.end(), std::back_inserter(kept), [](char c) { return is_digit(c) || is_letter(c); });
    return kept;
}

// `h2-2.3.232`, `dotnet8_8.0.1`: the first number may be the name's own, and then nothing tells where the version begins.
bool ends_a_name(std::string_view text, std::size_t at) {
    if (at == 0 || at >= text.size() || !is_letter(text[at - 1]) || text.substr(0, at) == "v") return false;
    const std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
    return end + 1 < text.size() && (text[end] == '-' || text[end] == '_') && is_digit(text[end + 1]);
}

Numbers numbers_of(std::string_view text) {
    const std::string lower = to_lower(text);
    Numbers numbers;
    std::size_t at = std::min(lower.find_first_of("0123456789"), lower.size());  // a name or a `v` before it
    if (ends_a_name(lower, at)) return numbers;
    while (at < lower.size() && is_digit(lower[at])) {
        std::size_t end = at;
        while (end < lower.size() && is_digit(lower[end])) ++end;
        std::size_t word_end = end;
        while (word_end < lower.size() && is_letter(lower[word_end])) ++word_end;
        const std::string word = lower.substr(end, word_end - end);
        std::size_t token_end = word_end;
        while (token_end < lower.size() && is_digit(lower[token_end])) ++token_end;
        const bool mixed = token_end < lower.size() && is_letter(lower[token_end]);  // `9b1cd33` is a commit, whatever follows its 9
        if (!word.empty() && (mixed || !may_follow_number(word))) {
            numbers.rest = letters_and_digits(std::string_view(lower).substr(at));
            return numbers;
        }
        const std::size_t zeros = std::min(lower.find_first_not_of('0', at), end - 1);
        numbers.parts.push_back(lower.substr(zeros, end - zeros));
        if (!word.empty()) {
            numbers.before_release = is_before_release(word);
            numbers.rest = letters_and_digits(std::string_view(lower).substr(end));
            return numbers;
        }
        at = end < lower.size() && std::string_view(".-_").find(lower[end]) != std::string_view::npos ? end + 1 : end;
    }
    numbers.rest = letters_and_digits(std::string_view(lower).substr(at));
    const auto word = std::find_if(lower.begin() + static_cast<std::ptrdiff_t>(at), lower.end(), is_letter);
    numbers.before_release = is_before_release(std::string(word, std::find_if_not(word, lower.end(), is_letter)));
    return numbers;
}

// `20240105` of `2024.01.05`: three numbers where the other side has a year of its own.
void split_day(Numbers& numbers, const Numbers& other) {
    std::string& first = numbers.parts.front();
    if (first.size() != 8 || other.parts.front().size() != 4 || other.parts.size() < 3 || !(first.starts_with("19") || first.starts_with("20"))) return;
    const auto without_zero = [](const std::string& text) { return text.front() == '0' ? text.substr(1) : text; };
    const std::string month = without_zero(first.substr(4, 2)), day = without_zero(first.substr(6, 2));
    first.resize(4);
    numbers.parts.insert(numbers.parts.begin() + 1, {month, day});
}

// A snapshot's package counts from nought, `0-0.20240101git1a2b3c` or `0.1234`: what release that is nobody can say.
bool counts_from_nought(const Numbers& observed, const Numbers& claimed) {
    if (observed.parts.front() != "0" || claimed.parts.front() == "0") return false;
    return std::all_of(observed.parts.begin(), observed.parts.end(), [](const std::string& part) { return part == "0"; }) ||
           std::equal(claimed.parts.begin(), claimed.parts.end(), observed.parts.begin() + 1, observed.parts.end());
}

// `16-3.4`, PostGIS 3.4 for PostgreSQL 16: what stands behind a hyphen may be the application's own version.
bool ends_in(std::string_view claimed, const Numbers& observed) {
    for (std::size_t at = claimed.find('-'); at != std::string_view::npos; at = claimed.find('-', at + 1)) {
        const std::string_view tail = claimed.substr(at + 1);
        if (tail.find('.') == std::string_view::npos) continue;
        const std::vector<std::string> parts = numbers_of(tail).parts;
        if (parts.size() > 1 && parts.size() <= observed.parts.size() && std::equal(parts.begin(), parts.end(), observed.parts.begin())) return true;
    }
    return false;
}

}  // namespace

std::string upstream_version(const Package& package) {
    std::string version = package.version;
    if (const std::size_t colon = version.find(':'); colon != std::string::npos && colon > 0 && std::all_of(version.begin(), version.begin() + static_cast<std::ptrdiff_t>(colon), is_digit))
        version.erase(0, colon + 1);
    if (package.type == PackageType::rpm || package.type == PackageType::deb || package.type == PackageType::apk)
        version = version.substr(0, version.rfind('-'));
    if (package.type == PackageType::python) version = version.substr(0, version.find('+'));
    return version;
}

rules::Match compare_application_versions(std::string_view claimed_text, std::string_view observed_text) {
    if (claimed_text == observed_text) return rules::Match::holds;
    Numbers claimed = numbers_of(claimed_text);
    Numbers observed = numbers_of(observed_text);
    if (claimed.parts.empty() || observed.parts.empty() || counts_from_nought(observed, claimed)) return rules::Match::unclear;
    split_day(claimed, observed);
    split_day(observed, claimed);
    const auto [c, o] = std::mismatch(claimed.parts.begin(), claimed.parts.end(), observed.parts.begin(), observed.parts.end());
    if (c == claimed.parts.end()) {
        const bool same_stage = claimed.before_release == observed.before_release && (!claimed.before_release || claimed.rest == observed.rest);
        // Words of the claim are a packager's (`-release`) or an edition's; beside other words nobody knows.
        const bool same_words = claimed.rest.empty() || (o == observed.parts.end() && (observed.rest.empty() || observed.rest == claimed.rest));
        return same_stage && same_words ? rules::Match::holds : rules::Match::unclear;
    }
    return o == observed.parts.end() || ends_in(claimed_text, observed) ? rules::Match::unclear : rules::Match::differs;
}

Evidence evidence_of(const Package& package, const ImageFacts& facts) {
    const bool known = package.layer >= 0 && static_cast<std::size_t>(package.layer) < facts.diff_ids.size();
    return {.source = EvidenceSource::package,
            .path = package.path,
            .layer = package.layer,
            .diff_id = known ? facts.diff_ids[static_cast<std::size_t>(package.layer)] : std::string(),
            .detail = quote(package.name + " " + package.version)};
}

std::string application_name(std::string_view name) {
    std::string folded = to_lower(name);
    std::replace_if(folded.begin(), folded.end(), [](char c) { return c == '_' || c == '.'; }, '-');
    return folded;
}

// A package or distribution of the application's name shows its version. A package of another version proves that the tag is wrong
// only where nothing else in the image could be the application: a compiler that came to build it, say, beside the built one.
ClaimVerdict judge_application(const CaseView& view, const Claim& claim) {
    ClaimVerdict verdict = holds(claim);
    const std::string name = application_name(claim.component);
    std::vector<const Package*> named, wrong;
    std::vector<Evidence> evidence;
    for (const Package& package : view.facts().packages) {
        if (application_name(package.name) != name) continue;
        named.push_back(&package);
        if (evidence.size() < 3) evidence.push_back(evidence_of(package, view.facts()));
        const rules::Match match = compare_application_versions(claim.version, upstream_version(package));
        if (claim.version.empty() || match == rules::Match::holds) return verdict;
        if (match == rules::Match::differs) wrong.push_back(&package);
    }
    const std::string why = named.empty() ? "no package of its name and no rule shows its version" : "its package tells no comparable version";
    if (wrong.empty() || wrong.size() != named.size()) return view.unproven(claim, why, evidence, Severity::info);
    if (!view.facts().application_elsewhere.empty()) {
        append(evidence, view.facts().application_elsewhere);
        return view.unproven(claim, "a package of its name is of another version, and more of that name lies elsewhere", evidence, Severity::info);
    }
    if (view.has_development_tools())
        return view.unproven(claim, "a package of its name is of another version, and the image has a compiler that may have built it over the package", evidence, Severity::info);
    std::vector<std::string> versions;
    for (const Package* package : wrong)
        if (const std::string version = upstream_version(*package); std::find(versions.begin(), versions.end(), version) == versions.end()) versions.push_back(version);
    Finding& finding = verdict.findings.emplace_back(make_finding("app-mismatch", Severity::error, claim.component,
        "The tag claims " + with_version(claim.component, claim.version) + "; the image holds " + with_version(claim.component, list_of(versions)) + "."));
    finding.claimed = claim.version;
    finding.observed = join(versions, ", ");
    finding.evidence = std::move(evidence);
    verdict.truth = versions.front();
    verdict.certain = versions.size() == 1;
    return verdict;
}

}  // namespace veritag::judge
