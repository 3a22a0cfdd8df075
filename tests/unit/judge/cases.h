// What the judge's tests are put together from: claims, what was seen, and the findings as one line.
#pragma once

#include "judge/judge.h"
#include "test_rules.h"

#include <string>

namespace veritag::judge {

inline Claim claim(std::string component, ComponentKind kind, std::string version) {
    return {.component = std::move(component), .kind = kind, .version = std::move(version), .from_repository = false, .text = {}};
}
inline Claim os(std::string version) { return claim("puffin", ComponentKind::os, std::move(version)); }
inline Claim red(std::string version) { return claim("redkit", ComponentKind::sdk, std::move(version)); }
inline Claim blue(std::string version) { return claim("bluekit", ComponentKind::sdk, std::move(version)); }
inline Claim flame(std::string version) { return claim("flame", ComponentKind::framework, std::move(version)); }

inline Evidence at(std::string path) { return {.source = EvidenceSource::file, .path = std::move(path), .layer = 1, .diff_id = "sha256:x", .detail = "seen"}; }

inline Observation seen(std::string component, ComponentKind kind, std::string version, bool proof = true) {
    return {.component = component, .kind = kind, .version = std::move(version), .evidence = {at("proof/of/" + component)}, .proof = proof};
}

inline Case clean() {
    Case input;
    input.platform = input.config_platform = "linux/arm64";
    input.facts.packages_complete = true;
    input.facts.observations = {seen("puffin", ComponentKind::os, "5.1")};
    return input;
}

// "code/component claimed>observed" of every finding, in order.
inline std::string text_of(const Judgement& judgement) {
    std::string text;
    for (const Finding& f : judgement.findings) {
        if (!text.empty()) text += "; ";
        text += std::string(to_string(f.severity)) + " " + f.code + "/" + f.component + " " + f.claimed.value_or("-") + ">" + f.observed.value_or("-");
    }
    return text;
}

}  // namespace veritag::judge
