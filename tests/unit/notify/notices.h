// Reports, notices and a memory for the tests of notify.
#pragma once

#include "notify/memory.h"
#include "notify/notice.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::notify {

inline const SystemTime kNoon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 26} + std::chrono::hours{12};

inline Finding finding_of(std::string code, Severity severity, std::string claimed, std::string observed) {
    return {.code = std::move(code), .severity = severity, .component = "openeuler", .claimed = claimed, .observed = observed,
            .message = "The tag claims openEuler " + claimed + "; the image holds openEuler " + observed + ".",
            .evidence = {{EvidenceSource::file, "usr/lib/os-release", 0, "", "VERSION=\"" + observed + "\""}}};
}

inline ImageReport image_of(std::string reference, std::vector<Finding> findings, std::string platform = "linux/arm64") {
    ImageReport image;
    image.reference = std::move(reference);
    image.platform = std::move(platform);
    image.findings = std::move(findings);
    image.verdict = verdict_of(image.findings);
    return image;
}

inline Finding os_lie() { return finding_of("os-mismatch", Severity::error, "22.03-LTS-SP2", "22.03-LTS-SP4"); }
inline Finding old_parent() { return finding_of("parent-stale", Severity::warning, "a", "b"); }

inline NoticeOrigin origin_of(std::string run, SystemTime when = kNoon) {
    return {.target = "quay.io/openeuler", .run = std::move(run), .when = when, .counts = {3, 1, 2, 0, 1}, .link = "https://veritag.example/audits/7"};
}

/// A change of one cause with the given references.
inline CauseChange change_of(std::string id, std::vector<std::string> fresh, std::vector<std::string> mended, std::vector<std::string> remaining = {}) {
    return {.id = std::move(id), .example = os_lie(), .example_reference = fresh.empty() ? (mended.empty() ? "" : mended[0]) : fresh[0], .fresh = std::move(fresh), .mended = std::move(mended),
            .remaining = std::move(remaining)};
}

inline Notice notice_of(std::string run, std::vector<CauseChange> causes, SystemTime when = kNoon) {
    return {.target = "quay.io/openeuler", .run = run, .first_run = run, .when = when, .counts = {3, 1, 2, 0, 1}, .link = "https://veritag.example/audits/7", .causes = std::move(causes)};
}

class MapMemory : public NoticeMemory {
public:
    Result<std::optional<std::string>> get(std::string_view key) override {
        const auto found = values.find(std::string(key));
        return found == values.end() ? std::optional<std::string>() : found->second;
    }
    Result<void> put(std::string_view key, std::string_view value) override {
        values[std::string(key)] = value;
        return ok();
    }
    Result<void> remove(std::string_view key) override {
        values.erase(std::string(key));
        return ok();
    }
    std::map<std::string, std::string> values;
};

}  // namespace veritag::notify
