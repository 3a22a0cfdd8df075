#include "report/history.h"

#include "base/text.h"
#include "report/causes.h"
#include "report/json_output.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>

namespace veritag::report {
namespace {

void write_audit(JsonOutput& out, const HistoryAudit& audit) {
    out.number("audit", static_cast<std::uint64_t>(audit.id));
    out.member("time", rfc3339(audit.started));
}

// `present` alone would let a finding pass for mended where nobody could look.
std::string_view now_of(const History& history, const SeenFinding& finding) { return finding.last + 1 == history.audits.size() ? "present" : finding.not_seen ? "notSeen" : "gone"; }

std::string to_json(const History& history, Language language) {
    JsonOutput out;
    out.object([&] {
        out.member("schema", "veritag.history/1");
        out.list("targets", [&] {
            for (const std::string& each : history.targets) out.value(each);
        });
        out.list("audits", [&] {
            for (auto each = history.audits.rbegin(); each != history.audits.rend(); ++each)
                out.object([&] {
                    write_audit(out, *each);
                    out.member("rules", each->rules_digest);
                    write_verdicts(out, "verdicts", each->verdicts);
                });
        });
        out.list("findings", [&] {
            for (const SeenFinding& each : history.findings)
                out.object([&] {
                    out.member("reference", each.reference);
                    out.member("platform", each.platform);
                    out.member("code", each.finding.code);
                    out.member("severity", to_string(each.finding.severity));
                    out.member("component", each.finding.component);
                    if (each.finding.claimed) out.member("claimed", *each.finding.claimed);
                    if (each.finding.observed) out.member("observed", *each.finding.observed);
                    out.member("message", message_for(each.finding, language));
                    out.object("firstSeen", [&] { write_audit(out, history.audits[each.first]); });
                    out.object("lastSeen", [&] { write_audit(out, history.audits[each.last]); });
                    out.flag("present", each.last + 1 == history.audits.size());
                    out.member("now", now_of(history, each));
                });
        });
    });
    return out.take();
}

// `12 (+2)`: how many, and how many more than in the audit before.
std::string count_and_change(const HistoryAudit& audit, const HistoryAudit* before, Verdict verdict) {
    const std::uint64_t now = audit.verdicts.of(verdict);
    const std::uint64_t then = before == nullptr ? now : before->verdicts.of(verdict);
    std::string text = std::to_string(now);
    if (now > then) text += " (+" + std::to_string(now - then) + ")";
    if (now < then) text += " (-" + std::to_string(then - now) + ")";
    return text;
}

std::string to_table(const History& history, const WriteOptions& options) {
    std::vector<std::string> head;
    for (const Text each : {Text::audit_column, Text::began_column}) head.emplace_back(text(each, options.language));
    for (const Verdict verdict : kVerdicts) head.emplace_back(verdict_word(verdict, options.language));
    std::vector<std::size_t> widths(head.size());
    std::vector<std::vector<std::string>> rows{std::move(head)};
    for (std::size_t i = history.audits.size(); i-- > 0;) {
        std::vector<std::string>& row = rows.emplace_back();
        row = {std::to_string(history.audits[i].id), rfc3339(history.audits[i].started)};
        for (const Verdict verdict : kVerdicts) row.push_back(count_and_change(history.audits[i], i > 0 ? &history.audits[i - 1] : nullptr, verdict));
    }
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    std::string out;
    for (const std::string& each : history.targets) out += paint(printable(each, 1000), Colour::bold, options.colour) + "\n";
    if (history.audits.empty()) return out + std::string(text(Text::no_audits, options.language)) + "\n";
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + (i + 1 < row.size() ? std::string(widths[i] - display_width(row[i]) + 2, ' ') : "");
        out += line + "\n";
    }
    return out;
}

}  // namespace

void HistoryBuilder::see(const std::string& reference, const std::string& platform, const Finding& finding) {
    const Key key{reference, platform, finding.code, finding.component, without_digest(finding.claimed), without_digest(finding.observed), finding.file, finding.line};
    const std::size_t now = history_.audits.size() - 1;
    const auto [known, fresh] = known_.emplace(key, history_.findings.size());
    if (fresh) history_.findings.push_back({.reference = reference, .platform = platform, .finding = {}, .first = now});
    SeenFinding& seen = history_.findings[known->second];
    seen.finding = finding;
    seen.last = now;
}

void HistoryBuilder::add(HistoryAudit audit, const Report* report) {
    history_.audits.push_back(std::move(audit));
    read_.clear();
    if (report == nullptr) return;
    // What is of no image is of the whole, which is not known where a part was not listed.
    if (std::none_of(report->targets.begin(), report->targets.end(), [](const ListedTarget& target) { return target.error.has_value(); })) read_.emplace("", "");
    for (const ImageReport& image : report->images)
        if (!image.error) read_.emplace(image.reference, image.platform);
    for (const Finding& each : report->findings) see("", "", each);
    for (const ImageReport& image : report->images)
        for (const Finding& each : image.findings) see(image.reference, image.platform, each);
}

History HistoryBuilder::take() {
    for (SeenFinding& each : history_.findings) each.not_seen = each.last + 1 < history_.audits.size() && !read_.contains({each.reference, each.platform});
    std::sort(history_.findings.begin(), history_.findings.end(), [](const SeenFinding& a, const SeenFinding& b) {
        const auto rank = [](const SeenFinding& each) { return std::tuple(-static_cast<long>(each.last), each.finding.severity, each.first); };
        return std::tuple(rank(a), std::tie(a.reference, a.platform, a.finding.code, a.finding.component, a.finding.claimed, a.finding.observed, a.finding.file, a.finding.line)) <
               std::tuple(rank(b), std::tie(b.reference, b.platform, b.finding.code, b.finding.component, b.finding.claimed, b.finding.observed, b.finding.file, b.finding.line));
    });
    return std::move(history_);
}

Result<std::string> write_history(const History& history, std::string_view format, const WriteOptions& options) {
    if (format == "json") return to_json(history, options.language);
    if (format == "table") return to_table(history, options);
    return Error{ErrorCode::usage, "read --format", "", "\"" + quote(format) + "\" does not show a history", "use table or json"};
}

}  // namespace veritag::report
