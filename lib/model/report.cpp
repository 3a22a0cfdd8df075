#include "model/report.h"

#include <algorithm>
#include <iterator>

namespace veritag {
namespace {

template <class Enum, std::size_t N>
std::string_view name_of(Enum value, const std::array<std::string_view, N>& names) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? names[index] : std::string_view("?");
}

constexpr std::array<std::string_view, 6> kKinds{"os", "sdk", "framework", "llm", "tool", "app"};

}  // namespace

std::string_view to_string(PackageType type) noexcept {
    return name_of(type, std::array<std::string_view, 5>{"rpm", "deb", "apk", "python", "conda"});
}
std::string_view to_string(ComponentKind kind) noexcept { return name_of(kind, kKinds); }
std::optional<ComponentKind> component_kind_from(std::string_view text) noexcept {
    const auto at = std::find(kKinds.begin(), kKinds.end(), text);
    if (at == kKinds.end()) return std::nullopt;
    return static_cast<ComponentKind>(at - kKinds.begin());
}
std::string_view to_string(Tier tier) noexcept {
    return name_of(tier, std::array<std::string_view, 5>{"os", "sdk", "framework", "application", "app"});
}
std::string_view to_string(EvidenceSource source) noexcept {
    return name_of(source, std::array<std::string_view, 6>{"file", "package", "elf", "environment", "label", "history"});
}
std::string_view to_string(Severity severity) noexcept {
    return name_of(severity, std::array<std::string_view, 3>{"error", "warning", "info"});
}
std::string_view to_string(Verdict verdict) noexcept {
    return name_of(verdict, std::array<std::string_view, 5>{"pass", "warn", "fail", "unknown", "error"});
}

bool is_worse(Verdict one, Verdict than) noexcept { return std::find(kWorstFirst.begin(), kWorstFirst.end(), one) < std::find(kWorstFirst.begin(), kWorstFirst.end(), than); }

std::uint64_t& VerdictCounts::of(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::pass: return pass;
        case Verdict::warn: return warn;
        case Verdict::fail: return fail;
        case Verdict::unknown: return unknown;
        case Verdict::error: break;
    }
    return error;
}

VerdictCounts count_verdicts(const std::vector<ImageReport>& images) noexcept {
    VerdictCounts counts;
    for (const ImageReport& each : images) ++counts.of(each.verdict);
    return counts;
}

void sort_worst_first(std::vector<Finding>& findings) {
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
}

Verdict verdict_of(const std::vector<Finding>& findings) noexcept {
    const auto any = [&](auto test) { return std::any_of(findings.begin(), findings.end(), test); };
    if (any([](const Finding& f) { return f.severity == Severity::error; })) return Verdict::fail;
    if (any([](const Finding& f) { return f.code == "unproven" && f.severity == Severity::warning; })) return Verdict::unknown;
    if (any([](const Finding& f) { return f.severity == Severity::warning; })) return Verdict::warn;
    return Verdict::pass;
}

Verdict unwaived_verdict(const ImageReport& image) {
    const auto is_waived = [](const Finding& finding) { return finding.waived.has_value(); };
    if (image.error || std::none_of(image.findings.begin(), image.findings.end(), is_waived)) return image.verdict;
    std::vector<Finding> counting;
    std::remove_copy_if(image.findings.begin(), image.findings.end(), std::back_inserter(counting), is_waived);
    return verdict_of(counting);
}

}  // namespace veritag
