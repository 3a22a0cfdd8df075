#include "report/causes.h"

#include "base/text.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace veritag::report {
namespace {

constexpr std::size_t kShownReferences = 5;
constexpr std::size_t kShownNotes = 5;
constexpr std::size_t kSentenceBytes = 4000;

Colour colour_of(Severity severity) noexcept { return severity == Severity::error ? Colour::red : severity == Severity::warning ? Colour::yellow : Colour::dim; }

CauseKind kind_of(const Finding& finding) noexcept {
    if (finding.waived) return CauseKind::waived;
    return finding.severity == Severity::info ? CauseKind::notes : CauseKind::counting;
}

std::tuple<std::string_view, std::string_view, std::string_view, int> place_of(const CauseMember& member) noexcept {
    if (member.image != nullptr) return {member.image->reference, member.image->platform, "", 0};
    return {"", "", member.finding->file, member.finding->line};
}

}  // namespace

std::string without_digest(const std::optional<std::string>& value) { return !value || value->starts_with("sha256:") ? std::string() : *value; }

std::vector<Cause> causes_of(const Report& report, CauseKind kind) {
    using Key = std::tuple<Severity, std::string, std::string, std::string, std::string, std::string>;
    std::map<Key, std::pair<Cause, std::set<std::string>>> causes;
    const auto add = [&](const Finding& finding, const ImageReport* image) {
        if (kind_of(finding) != kind) return;
        const std::string waiver = finding.waived ? finding.waived->expiry + ' ' + finding.waived->owner + ' ' + finding.waived->reason : std::string();
        auto& [cause, references] = causes[{finding.severity, finding.code, finding.component, without_digest(finding.claimed), without_digest(finding.observed), waiver}];
        if (cause.findings++ == 0) cause.example = finding;
        cause.members.push_back({&finding, image});
        references.insert(image != nullptr ? image->reference : finding.file);
    };
    for (const Finding& finding : report.findings) add(finding, nullptr);
    for (const ImageReport& image : report.images)
        for (const Finding& finding : image.findings) add(finding, &image);
    std::vector<Cause> list;
    for (auto& [key, each] : causes) {
        each.first.references.assign(each.second.begin(), each.second.end());
        std::stable_sort(each.first.members.begin(), each.first.members.end(), [](const CauseMember& a, const CauseMember& b) { return place_of(a) < place_of(b); });
        list.push_back(std::move(each.first));
    }
    std::stable_sort(list.begin(), list.end(), [](const Cause& a, const Cause& b) {
        return std::tuple(a.example.severity, -static_cast<long>(a.references.size())) < std::tuple(b.example.severity, -static_cast<long>(b.references.size()));
    });
    return list;
}

std::string write_audit_summary(const Report& report, const WriteOptions& options) {
    std::string out;
    if (report.targets.empty()) return out;
    const auto word = [&](Text which) { return text(which, options.language); };
    const std::size_t width = std::max<std::size_t>(options.width, 60);
    const auto lines = [&](std::string_view indent, const std::string& value, Colour colour) {
        for (const std::string& line : wrap(value, width - indent.size())) out += std::string(indent) + paint(line, colour, options.colour) + "\n";
    };
    for (const ListedTarget& target : report.targets) {
        lines("", fill(word(Text::listed_target), {printable(target.target), printable(target.driver), std::to_string(target.repositories), std::to_string(target.tags)}), Colour::bold);
        if (target.error) lines("  ", std::string(word(Text::error)) + ": " + printable(target.error->message(), kSentenceBytes), Colour::red);
        for (std::size_t i = 0; i < std::min(target.notes.size(), kShownNotes); ++i) lines("  ", printable(target.notes[i]), Colour::dim);
        if (target.notes.size() > kShownNotes) lines("  ", fill(word(Text::and_more), {std::to_string(target.notes.size() - kShownNotes)}), Colour::dim);
    }
    const std::vector<Cause> causes = causes_of(report);
    if (!causes.empty()) out += "\n" + std::string(word(Text::causes)) + "\n";
    for (const Cause& cause : causes) {
        lines("  ", fill(word(Text::cause), {std::to_string(cause.references.size()), printable(cause.example.code), printable(message_for(cause.example, options.language), kSentenceBytes)}),
              colour_of(cause.example.severity));
        for (std::size_t i = 0; i < std::min(cause.references.size(), kShownReferences); ++i) lines("        ", printable(cause.references[i]), Colour::none);
        if (cause.references.size() > kShownReferences) lines("        ", fill(word(Text::and_more), {std::to_string(cause.references.size() - kShownReferences)}), Colour::dim);
    }
    return out + "\n";
}

}  // namespace veritag::report
