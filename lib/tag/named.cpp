#include "tag/named.h"

#include "base/text.h"
#include "oci/reference.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace veritag::tag {
namespace {

constexpr std::string_view kGrammarOfTagsAlone = "oeep-0014";

// A repository that this grammar judges: a tag of the long form says the same in each of them.
std::string some_repository(const rules::RuleSet& rules) {
    for (const rules::Grammar& grammar : rules.grammars())
        if (grammar.name == kGrammarOfTagsAlone)
            for (const rules::Example& example : grammar.examples)
                if (const auto found = example.input.find("repository"); found != example.input.end()) return found->second;
    return {};
}

// Whether there is a tag is told by the colon: one before the last "/" belongs to a port.
bool has_tag(std::string_view name) noexcept {
    const std::size_t slash = name.rfind('/'), colon = name.rfind(':');
    return colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
}

Result<std::optional<Reading>> read_tag_alone(const rules::RuleSet& rules, std::string_view tag) {
    const std::string repository = some_repository(rules);
    if (repository.empty() || !oci::is_valid_tag(tag)) return std::optional<Reading>();
    Reading reading = read_tag(rules, "", repository, tag);
    const auto has = [&](std::string_view code) { return std::any_of(reading.findings.begin(), reading.findings.end(), [&](const Finding& each) { return each.code == code; }); };
    if (reading.grammar != kGrammarOfTagsAlone || !reading.readable || has("tag-unknown")) return std::optional<Reading>();
    if (has("tag-short"))
        return Error{ErrorCode::usage, "read image reference", "\"" + quote(tag) + "\"", "the tag begins with a version, and only its repository says of what", "write REPO:TAG, as openeuler/cann:8.0.RC1-oe2203sp4"};
    return std::optional(std::move(reading));
}

}  // namespace

Result<Named> read_name(const rules::RuleSet& rules, std::string_view name) {
    const bool has_digest = name.find('@') != std::string_view::npos;
    if (has_digest) VERITAG_CHECK(oci::parse_reference(name));  // what is left out is looked at all the same
    Named named{.reference = std::string(name)};
    std::string judged(name.substr(0, name.find('@')));
    if (!has_digest && !judged.empty() && !has_tag(judged)) {
        if (judged.find('/') == std::string::npos) {
            VERITAG_TRY(std::optional<Reading> alone, read_tag_alone(rules, judged));
            if (alone) {
                named.tag_alone = true;
                named.reading = std::move(*alone);
                return named;
            }
        }
        named.reference += ":latest";
        judged += ":latest";
    }
    VERITAG_TRY(const oci::Reference reference, oci::parse_name_for_judging(judged));
    named.reading = read_tag(rules, reference.registry, reference.repository, reference.tag);
    return named;
}

}  // namespace veritag::tag
