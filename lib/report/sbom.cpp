#include "report/sbom.h"

#include "base/digest.h"
#include "base/text.h"
#include "report/messages.h"

#include <utility>

namespace veritag::report {

std::string UniqueNames::take(const std::string& wanted) {
    if (taken_.insert(wanted).second) return wanted;
    // A hostile name may look like a numbered one, so each is tried.
    for (std::size_t& number = next_.try_emplace(wanted, 2).first->second;; ++number)
        if (const auto [name, is_new] = taken_.insert(wanted + separator_ + std::to_string(number)); is_new) return *name;
}

std::string with_identifier(std::string document) {
    // RFC 9562, section 5.8: version 8 is for hashes other than SHA-1. Digit 12 is the version, two bits of digit 16 the variant.
    std::string hex(sha256_of(document).hex().substr(0, 32));
    hex[12] = '8';
    hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4];
    for (const std::size_t at : {8, 13, 18, 23}) hex.insert(at, "-");
    const std::size_t at = document.find(kNoIdentifier);
    if (at != std::string::npos) document.replace(at, kNoIdentifier.size(), hex);
    return document;
}

std::string name_of(const ImageReport& image) {
    if (image.repository.empty()) return image.reference;
    return image.registry.empty() ? image.repository : image.registry + "/" + image.repository;
}

std::string diff_id_of(const ImageReport& image, int layer) {
    return layer >= 0 && static_cast<std::size_t>(layer) < image.diff_ids.size() ? image.diff_ids[static_cast<std::size_t>(layer)] : "";
}

std::string time_of(const Report& report) { return report.generated.empty() ? "1970-01-01T00:00:00Z" : report.generated; }

std::string place_of(const ImageReport& image, int layer, Language language) {
    if (layer < 0) return "";
    const std::string diff_id = diff_id_of(image, layer);
    return fill(text(Text::layer_place, language), {std::to_string(layer)}) + (diff_id.empty() ? "" : " " + diff_id);
}

bool is_only_a_package(const Observation& observation) {
    if (observation.evidence.empty() || (observation.kind != ComponentKind::tool && observation.kind != ComponentKind::app)) return false;
    for (const Evidence& each : observation.evidence)
        if (each.source != EvidenceSource::package) return false;
    return true;
}

std::string unreadable_because(const ImageReport& image, Language language) {
    if (image.error) return message_for(*image.error, language);
    return image.verdict == Verdict::error ? std::string(text(Text::no_reason, language)) : "";
}

std::vector<std::string> unlisted_in(const Report& report, Language language) {
    std::vector<std::string> sentences;
    for (const ListedTarget& each : report.targets)
        if (each.error) sentences.push_back(fill(text(Text::unlisted_target, language), {each.target, message_for(*each.error, language)}));
    return sentences;
}

bool is_partly_read(const ImageReport& image) { return !image.problems.empty() || !unreadable_because(image, Language::en).empty(); }

std::vector<std::string> remarks_on(const ImageReport& image, Language language) {
    std::vector<std::string> remarks;
    if (const std::string reason = unreadable_because(image, language); !reason.empty()) remarks.push_back(fill(text(Text::image_unread, language), {reason}));
    for (const Finding& each : image.findings) {
        std::string remark = std::string(to_string(each.severity)) + " " + each.code + ": " + message_for(each, language);
        if (each.suggestion) remark += " -> " + *each.suggestion;
        if (each.waived) remark += " (" + fill(text(Text::waived, language), {each.waived->expiry, each.waived->owner, each.waived->reason}) + ")";
        remarks.push_back(std::move(remark));
    }
    for (const auto& [note, numbers] : {std::pair(Text::restored_layers, &image.restored_layers), std::pair(Text::partial_layers, &image.partial_layers)}) {
        std::vector<std::string> layers;
        for (const int layer : *numbers) layers.push_back(std::to_string(layer));
        if (!layers.empty()) remarks.push_back(fill(text(note, language), {join(layers, ", ")}));
    }
    for (const Problem& each : image.problems)
        remarks.push_back(fill(text(Text::part_unread, language), {(each.path.empty() ? "" : each.path + ": ") + message_for(each, language)}));
    return remarks;
}

}  // namespace veritag::report
