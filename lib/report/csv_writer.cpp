#include "report/csv_writer.h"

#include "base/text.h"
#include "report/entries.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace veritag::report {
namespace {

constexpr std::size_t kCellBytes = 4000;

enum Column : std::size_t {
    kReference, kPlatform, kDigest, kVerdict, kSeverity, kCode, kComponent, kClaimed, kObserved, kMessage, kEvidence, kSuggestion, kFile, kLine, kWaivedUntil, kWaivedBy, kWaivedReason, kColumns
};
constexpr std::array<std::string_view, kColumns> kNames{"reference", "platform", "digest",     "verdict", "severity", "code",        "component", "claimed",     "observed",
                                                        "message",   "evidence", "suggestion", "file",    "line",     "waivedUntil", "waivedBy",  "waivedReason"};
using Row = std::array<std::string, kColumns>;

// What spreadsheets run: the four signs, also in their full width (OWASP: CSV Injection). Tabs and line ends are escapes already.
bool is_formula(std::string_view value) noexcept {
    static constexpr std::string_view kStarts[] = {"=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};
    const std::size_t first = value.find_first_not_of(' ');
    if (first == std::string_view::npos) return false;
    return std::any_of(std::begin(kStarts), std::end(kStarts), [&](std::string_view start) { return value.substr(first).starts_with(start); });
}

// Every cell is quoted: what parts cells is `;` or a tab where the reader's country says so, and a formula could follow it.
std::string cell(std::string_view value) {
    std::string shown = printable(value, kCellBytes);
    if (is_formula(shown)) shown.insert(0, 1, '\'');
    std::string quoted = "\"";
    for (const char c : shown) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

void write(std::string& out, const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i > 0 ? "," : "") + cell(row[i]);
    out += "\r\n";
}

void fill_in(Row& row, const Finding& finding, Language language) {
    row[kSeverity] = to_string(finding.severity);
    row[kCode] = finding.code;
    row[kComponent] = finding.component;
    row[kClaimed] = finding.claimed.value_or("");
    row[kObserved] = finding.observed.value_or("");
    row[kMessage] = message_for(finding, language);
    for (const Evidence& each : finding.evidence) row[kEvidence] += (row[kEvidence].empty() ? "" : "; ") + evidence_line(finding, each, language);
    row[kSuggestion] = finding.suggestion.value_or("");
    if (!finding.file.empty()) row[kFile] = finding.file;
    if (finding.line > 0) row[kLine] = std::to_string(finding.line);
    if (!finding.waived) return;
    row[kWaivedUntil] = finding.waived->expiry;
    row[kWaivedBy] = finding.waived->owner;
    row[kWaivedReason] = finding.waived->reason;
}

Row row_of(const ImageReport& image) {
    Row row;
    row[kReference] = image.reference;
    row[kPlatform] = image.platform;
    row[kDigest] = image.digest;
    row[kVerdict] = to_string(image.verdict);
    if (!image.declared) return row;
    row[kFile] = image.declared->file;
    row[kLine] = std::to_string(image.declared->line);
    return row;
}

}  // namespace

std::string write_csv(const Report& report, const WriteOptions& options) {
    std::string out;
    Row names;
    std::copy(kNames.begin(), kNames.end(), names.begin());
    write(out, names);
    for (const ListedTarget& each : report.targets) {
        if (!each.error) continue;
        Row row;
        row[kReference] = each.target;
        row[kVerdict] = "error";
        row[kCode] = to_string(each.error->code);
        row[kMessage] = message_for(*each.error, options.language);
        write(out, row);
    }
    for (const Finding& each : report.findings) {
        Row row;
        row[kReference] = published_name(each);
        fill_in(row, each, options.language);
        write(out, row);
    }
    for (const ImageReport& image : report.images) {
        if (image.error || image.findings.empty()) {
            Row row = row_of(image);
            if (image.error) row[kCode] = to_string(image.error->code);
            if (image.error) row[kMessage] = message_for(*image.error, options.language);
            write(out, row);
        }
        for (const Finding& each : image.findings) {
            Row row = row_of(image);
            fill_in(row, each, options.language);
            write(out, row);
        }
    }
    for (const Skipped& each : report.skipped) {
        Row row;
        row[kReference] = each.reference;
        row[kDigest] = each.digest;
        row[kVerdict] = "skipped";
        row[kMessage] = reason_for(each, options.language);
        write(out, row);
    }
    return out;
}

}  // namespace veritag::report
