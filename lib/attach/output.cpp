#include "attach/output.h"

#include "base/duration.h"
#include "base/text.h"
#include "report/json_output.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <utility>

namespace veritag::attach {
namespace {

using report::Language;
using report::printable;
using report::Text;

constexpr std::size_t kLabelColumns = 12;
constexpr std::size_t kLongText = 4000;

std::string filled(Text which, Language language, std::initializer_list<std::string_view> values) { return report::fill(report::text(which, language), values); }

Error unknown_format(std::string_view format) {
    return {ErrorCode::usage, "read command line", "--format", "\"" + quote(format) + "\" is unknown (known: json, table)", ""};
}

std::string padded(std::string_view label) {
    std::string text(label);
    const std::size_t width = report::display_width(label);
    text.append(width < kLabelColumns ? kLabelColumns - width : 1, ' ');
    return text;
}

void line(std::string& out, std::string_view label, const std::string& text) { out += "  " + padded(label) + text + "\n"; }

std::string outcome_of(const AttachLine& each) {
    if (each.error) return "failed";
    if (!each.attached) return "skipped";
    return each.attached->unchanged ? "unchanged" : "attached";
}

void error_member(report::JsonOutput& out, const std::optional<Error>& error, Language language) {
    if (!error) return;
    out.object("error", [&] {
        out.member("code", to_string(error->code));
        out.member("message", report::message_for(*error, language));
    });
}

std::string problem_for(const std::string& problem, Language language) { return report::message_for(Problem{"", problem}, language); }

// Why nothing was attached: the catalogue's words, the reason of a scan, or its error.
std::string reason_of(const AttachLine& each, Language language) {
    return each.why ? std::string(text(*each.why, language)) : report::reason_for(Skipped{"", "", each.skipped}, language);
}

std::string attached_table(const std::vector<AttachLine>& lines, Language language) {
    std::string out;
    for (const AttachLine& each : lines) {
        const Text word = each.error ? Text::not_attached : !each.attached ? Text::skipped : each.attached->unchanged ? Text::attached_before : Text::attached;
        out += padded(text(word, language)) + printable(each.reference, kLongText) + "  " + (each.platform.empty() ? std::string(text(Text::all_platforms, language)) : printable(each.platform));
        if (each.verdict) out += std::string("  ") + std::string(report::verdict_word(*each.verdict, language));
        out += "\n";
        if (!each.subject.empty()) line(out, text(Text::subject, language), each.subject);
        if (each.attached) {
            const Result<Digest> subject = Digest::parse(each.subject);
            const std::string referrer = each.attached->referrer.str();
            line(out, text(Text::report, language), each.attached->kept_by_registry || !subject ? filled(Text::listed_by_registry, language, {referrer})
                                                                                                 : filled(Text::listed_by_tag, language, {referrer, oci::fallback_tag(*subject)}));
        }
        if (!each.skipped.empty()) line(out, "", printable(reason_of(each, language), kLongText));
        if (each.error) line(out, "", printable(report::message_for(*each.error, language), kLongText));
    }
    return out;
}

// Of a clock that is a little ahead it is none; what is further ahead is taken nowhere.
std::chrono::seconds age_of(const Statement& statement, const Reading& reading) { return std::max(reading.now - statement.judged, std::chrono::seconds(0)); }

// The age in its largest units: days and hours, or hours and minutes.
std::string age_text(std::chrono::seconds age) {
    const auto whole = [&](auto unit) { return std::chrono::floor<decltype(unit)>(age); };
    if (age < std::chrono::minutes(1)) return format_duration(age);
    if (age < std::chrono::hours(1)) return format_duration(whole(std::chrono::minutes()));
    return format_duration(age < std::chrono::hours(48) ? std::chrono::seconds(whole(std::chrono::minutes())) : std::chrono::seconds(whole(std::chrono::days())));
}

// `1d` as `1 天`: units in the reader's language.
std::string in_words(const std::string& duration, Language language) {
    if (language == Language::en) return duration;
    static constexpr std::pair<char, std::string_view> kUnits[] = {{'d', " 天"}, {'h', " 小时"}, {'m', " 分钟"}, {'s', " 秒"}};
    std::string words;
    for (const char c : duration) {
        const auto* const unit = std::find_if(std::begin(kUnits), std::end(kUnits), [c](const auto& each) { return each.first == c; });
        if (unit != std::end(kUnits))
            words += unit->second;
        else
            words += (words.empty() || (words.back() >= '0' && words.back() <= '9') ? "" : " ") + std::string(1, c);
    }
    return words;
}

void report_lines(std::string& out, const Verified& each, const Reading& reading, Language language) {
    static constexpr std::array<Text, 4> kTags{Text::tag_unknown, Text::tag_same, Text::tag_moved, Text::tag_gone};  // in the order of TagState
    const Statement& statement = each.report->statement;
    line(out, text(Text::judged, language), filled(Text::judged_by, language, {rfc3339(statement.judged), in_words(age_text(age_of(statement, reading)), language), printable(statement.tool_version)}));
    const std::string rules = printable(statement.rules_digest);
    line(out, text(Text::rules, language), statement.rules_digest == reading.rules_digest ? filled(Text::rules_same, language, {rules}) : filled(Text::rules_other, language, {rules, reading.rules_digest}));
    line(out, text(Text::subject, language), each.subject.str() + " " + printable(statement.reference, kLongText));
    line(out, text(Text::tag, language), filled(kTags[static_cast<std::size_t>(each.tag)], language, {printable(statement.name(), kLongText)}));
    line(out, text(Text::report, language), each.report->referrer.str());
    for (const JudgedImage& image : statement.images) {
        line(out, report::verdict_word(image.verdict, language), printable(image.platform) + "  " + image.digest.str());
        for (const Finding& finding : image.findings)
            if (finding.severity != Severity::info) line(out, report::severity_word(finding.severity, language), printable(finding.code) + ": " + printable(report::message_for(finding, language), kLongText));
    }
}

std::string verified_table(const std::vector<Verified>& answers, const Reading& reading, Language language) {
    std::string out;
    bool any = false;
    for (const Verified& each : answers) {
        const std::string_view word = each.report ? report::verdict_word(each.report->statement.verdict, language) : std::string_view("-");
        out += padded(word) + printable(each.reference, kLongText) + (each.platform.empty() ? "" : "  " + printable(each.platform)) + "\n";
        if (each.report) report_lines(out, each, reading, language);
        any = any || each.report;
        // A report that cannot be taken is told as a problem; that there is none would be wrong.
        if (!each.report && !each.error && each.problems.empty()) line(out, "", each.subject.empty() ? std::string(text(Text::no_report, language)) : filled(Text::no_report_on, language, {each.subject.str()}));
        if (!each.report && !each.other_names.empty()) line(out, "", filled(Text::other_reports, language, {printable(join(each.other_names, ", "), kLongText)}));
        for (const std::string& problem : each.problems) line(out, text(Text::problem, language), printable(problem_for(problem, language), kLongText));
        if (each.error) line(out, text(Text::problem, language), printable(report::message_for(*each.error, language), kLongText));
    }
    if (any) out += "\n" + std::string(text(Text::not_signed, language)) + "\n";
    return out;
}

void write_answer(report::JsonOutput& out, const Verified& each, Language language, const Reading& reading) {
    static constexpr std::array<std::string_view, 4> kTags{"unknown", "same", "moved", "gone"};
    out.object([&] {
        out.member("reference", each.reference);
        if (!each.subject.empty()) out.member("subject", each.subject.str());
        if (!each.platform.empty()) out.member("platform", each.platform);
        out.member("verdict", each.report ? to_string(each.report->statement.verdict) : "none");
        if (each.report) {
            const Statement& statement = each.report->statement;
            out.member("report", each.report->referrer.str());
            out.member("judged", rfc3339(statement.judged));
            out.number("ageSeconds", static_cast<std::uint64_t>(age_of(statement, reading).count()));
            out.object("tool", [&] { out.member("version", statement.tool_version); });
            out.object("rules", [&] {
                out.member("digest", statement.rules_digest);
                out.member("own", reading.rules_digest);
                out.flag("same", statement.rules_digest == reading.rules_digest);
            });
            out.member("judgedReference", statement.reference);
            out.member("judgedName", statement.name());
            out.member("tag", kTags[static_cast<std::size_t>(each.tag)]);
            out.list("images", [&] {
                for (const JudgedImage& image : statement.images)
                    out.object([&] {
                        out.member("digest", image.digest.str());
                        out.member("platform", image.platform);
                        out.member("verdict", to_string(image.verdict));
                        out.list("findings", [&] {
                            for (const Finding& finding : image.findings)
                                out.object([&] {
                                    out.member("code", finding.code);
                                    out.member("severity", to_string(finding.severity));
                                    out.member("message", report::message_for(finding, language));
                                });
                        });
                    });
            });
        }
        out.list("otherNames", [&] {
            for (const std::string& name : each.other_names) out.value(name);
        });
        out.list("problems", [&] {
            for (const std::string& problem : each.problems) out.value(problem_for(problem, language));
        });
        error_member(out, each.error, language);
    });
}

}  // namespace

Result<std::string> write_attached(const std::vector<AttachLine>& lines, std::string_view format, Language language) {
    if (format == "table") return attached_table(lines, language);
    if (format != "json") return unknown_format(format);
    report::JsonOutput out;
    out.object([&] {
        out.member("schema", "veritag.attach/1");
        out.list("subjects", [&] {
            for (const AttachLine& each : lines)
                out.object([&] {
                    out.member("reference", each.reference);
                    if (!each.subject.empty()) out.member("subject", each.subject);
                    if (!each.platform.empty()) out.member("platform", each.platform);
                    if (each.verdict) out.member("verdict", to_string(*each.verdict));
                    out.member("outcome", outcome_of(each));
                    if (each.attached) {
                        out.member("report", each.attached->referrer.str());
                        out.member("listedBy", each.attached->kept_by_registry ? "registry" : "tag");
                    }
                    if (!each.skipped.empty()) out.member("reason", reason_of(each, language));
                    error_member(out, each.error, language);
                });
        });
    });
    return out.take();
}

Result<std::string> write_statements(const std::vector<Statement>& statements, const Limits& limits) {
    std::string out;
    for (const Statement& each : statements) {
        VERITAG_TRY(std::string text, write_statement(each, limits));
        if (statements.size() > 1) {
            text.pop_back();  // its line end
            text = (out.empty() ? "[\n" : ",\n") + text;
        }
        out += text;
    }
    if (statements.size() > 1) out += "\n]\n";
    return statements.empty() ? std::string("[]\n") : out;
}

Result<std::string> write_verified(const std::vector<Verified>& answers, std::string_view format, Language language, const Reading& reading) {
    if (format == "table") return verified_table(answers, reading, language);
    if (format != "json") return unknown_format(format);
    report::JsonOutput out;
    out.object([&] {
        out.member("schema", "veritag.verify/1");
        out.flag("signed", false);  // nobody did, and nothing here could tell
        out.list("answers", [&] {
            for (const Verified& each : answers) write_answer(out, each, language, reading);
        });
    });
    return out.take();
}

}  // namespace veritag::attach
