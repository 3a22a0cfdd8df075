#include "detect/adapt.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace veritag::detect {
namespace {

// As FileRouter asks: an empty file is kept where a longer one would be.
bool keeps(const rules::WantedFiles& rules, std::string_view path, std::uint64_t size) { return rules.bytes(path, size == 0 ? 1 : size) > 0; }
std::uint64_t kept(const rules::WantedFiles& rules, std::string_view path, std::uint64_t size) { return std::min(rules.bytes(path, size), size); }

bool has(const std::vector<const rules::Derivation*>& all, const rules::Derivation& wanted) {
    return std::any_of(all.begin(), all.end(), [&](const rules::Derivation* each) { return each->how == wanted.how && each->head == wanted.head; });
}

bool holds_all(const LayerAnalysis& analysis, const rules::WantedFiles& earlier, const rules::WantedFiles& wanted) {
    for (std::size_t i = 0; i < analysis.entries.size(); ++i) {
        const PathEntry entry = analysis.entries[i];
        if (entry.type != EntryType::file) continue;
        if (kept(wanted, entry.path, entry.size) > kept(earlier, entry.path, entry.size)) return false;
        if (keeps(wanted, entry.path, entry.size) && !keeps(earlier, entry.path, entry.size)) return false;
        const auto derivations = wanted.derivations(entry.path);
        if (derivations.empty()) continue;
        const auto known = earlier.derivations(entry.path);
        if (!std::all_of(derivations.begin(), derivations.end(), [&](const rules::Derivation* each) { return has(known, *each); })) return false;
    }
    return true;
}

}  // namespace

std::optional<LayerAnalysis> adapt(LayerAnalysis analysis, const rules::WantedFiles& earlier, const rules::WantedFiles& wanted) {
    if (analysis.partial || !holds_all(analysis, earlier, wanted)) return std::nullopt;
    std::erase_if(analysis.captures, [&](const Capture& capture) { return !keeps(wanted, capture.path, capture.file_size); });
    for (Capture& capture : analysis.captures) {
        const std::uint64_t most = kept(wanted, capture.path, capture.file_size);
        if (capture.content.size() > most) capture.content.resize(static_cast<std::size_t>(most));
    }
    std::erase_if(analysis.derived, [&](const Derived& derived) {
        const auto all = wanted.derivations(derived.path);
        return std::none_of(all.begin(), all.end(), [&](const rules::Derivation* each) { return each->how == derived.how; });
    });
    return analysis;
}

}  // namespace veritag::detect
