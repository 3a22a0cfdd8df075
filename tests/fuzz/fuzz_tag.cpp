// modules: tag
// Input: a line `repository`, then the tag. Reading ends, the pieces make the tag again, and a mended tag needs no mending.
#include "tag/tag.h"

#include "base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

using namespace veritag;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Result<rules::RuleSet> rules = rules::load_rules(rules::embedded_packs());
    VERITAG_ASSERT(rules);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto [repository, tag] = split_once(text, '\n').value_or(std::pair{std::string_view("openeuler/cann"), text});

    const tag::Reading reading = tag::read_tag(*rules, "registry.example", repository, tag);
    if (!reading.readable) {
        VERITAG_ASSERT(reading.claims.empty() && reading.findings.size() == 1 && reading.findings[0].code == "tag-syntax");
        return 0;
    }
    std::string again;
    for (const tag::Piece& piece : reading.pieces) again += piece.text;
    VERITAG_ASSERT(again == tag);
    const std::optional<std::string> mended = tag::write_tag(*rules, reading, {});
    if (!mended) return 0;
    const tag::Reading right = tag::read_tag(*rules, "registry.example", repository, *mended);
    VERITAG_ASSERT(right.readable && right.claims.size() == reading.claims.size());
    VERITAG_ASSERT(std::none_of(right.findings.begin(), right.findings.end(),
                                [](const Finding& finding) { return finding.code == "tag-order" || finding.code == "tag-form"; }));
    return 0;
}
