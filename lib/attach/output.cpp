#include "attach/output.h"

#include "base/duration.h"
#include "base/text.h"
#include "report/json_output.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <array>
#include <utility>

namespace veritag::attach {
namespace {

using report::Language;
using report::printable;

constexpr std::size_t kLabelColumns = 12;
constexpr std::size_t kLongText = 4000;

struct Words {
    std::string_view attached, unchanged, skipped, failed, index, by_registry, by_tag, none, others, judged, ago, rules, subject, tag, report, problem, finding, unsigned_note;
    std::array<std::string_view, 4> tag_states;  // in the order of TagState
};

constexpr Words kEnglish{.attached = "attached",
                         .unchanged = "unchanged",
                         .skipped = "skipped",
                         .failed = "failed",
                         .index = "all platforms",
                         .by_registry = "listed by the registry",
                         .by_tag = "listed behind the tag",
                         .none = "no report is attached",
                         .others = "there are reports on",
                         .judged = "judged",
                         .ago = "ago, by veritag",
                         .rules = "rules",
                         .subject = "subject",
                         .tag = "tag",
                         .report = "report",
                         .problem = "problem",
                         .finding = "finding",
                         .unsigned_note = "Nobody signed these reports: they say what was written, not who wrote it. Whoever may push to a repository can attach one.",
                         .tag_states = {"of another repository, or not known", "still leads to this image", "leads to another image now", "is gone"}};

constexpr Words kChinese{.attached = "已附加",
                         .unchanged = "无变化",
                         .skipped = "跳过",
                         .failed = "失败",
                         .index = "全部平台",
                         .by_registry = "由仓库列出",
                         .by_tag = "列于标签",
                         .none = "没有附加的报告",
                         .others = "另有报告涉及",
                         .judged = "判定于",
                         .ago = "前，veritag",
                         .rules = "规则",
                         .subject = "对象",
                         .tag = "标签",
                         .report = "报告",
                         .problem = "问题",
                         .finding = "发现",
                         .unsigned_note = "这些报告没有签名：只能说明写了什么，不能证明由谁所写。凡能向仓库推送的人都可以附加报告。",
                         .tag_states = {"属于其他仓库，或无法确定", "仍指向此镜像", "现已指向其他镜像", "已不存在"}};

const Words& words(Language language) { return language == Language::zh ? kChinese : kEnglish; }

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

void error_member(report::JsonOutput& out, const std::optional<Error>& error) {
    if (!error) return;
    out.object("error", [&] {
        out.member("code", to_string(error->code));
        out.member("message", error->message());
    });
}

std::string attached_table(const std::vector<AttachLine>& lines, Language language) {
    const Words& say = words(language);
    std::string out;
    for (const AttachLine& each : lines) {
        const std::string_view word = each.error ? say.failed : !each.attached ? say.skipped : each.attached->unchanged ? say.unchanged : say.attached;
        out += padded(word) + printable(each.reference, kLongText) + "  " + (each.platform.empty() ? std::string(say.index) : printable(each.platform));
        if (each.verdict) out += std::string("  ") + std::string(report::verdict_word(*each.verdict, language));
        out += "\n";
        if (!each.subject.empty()) line(out, say.subject, each.subject);
        if (each.attached) {
            const Result<Digest> subject = Digest::parse(each.subject);
            const std::string place = each.attached->kept_by_registry || !subject ? std::string(say.by_registry) : std::string(say.by_tag) + " " + oci::fallback_tag(*subject);
            line(out, say.report, each.attached->referrer.str() + ", " + place);
        }
        if (!each.skipped.empty()) line(out, "", printable(each.skipped, kLongText));
        if (each.error) line(out, "", printable(each.error->message(), kLongText));
    }
    return out;
}

// The age in its largest units: days and hours, or hours and minutes.
std::string age_text(std::chrono::seconds age) {
    const auto whole = [&](auto unit) { return std::chrono::floor<decltype(unit)>(age); };
    if (age < std::chrono::minutes(1)) return format_duration(age);
    if (age < std::chrono::hours(1)) return format_duration(whole(std::chrono::minutes()));
    return format_duration(age < std::chrono::hours(48) ? std::chrono::seconds(whole(std::chrono::minutes())) : std::chrono::seconds(whole(std::chrono::days())));
}

void report_lines(std::string& out, const Verified& each, Language language, std::chrono::sys_seconds now) {
    const Words& say = words(language);
    const Statement& statement = each.report->statement;
    const std::chrono::seconds age = std::max(now - statement.judged, std::chrono::seconds(0));
    line(out, say.judged, rfc3339(statement.judged) + ", " + age_text(age) + " " + std::string(say.ago) + " " + printable(statement.tool_version));
    line(out, say.rules, printable(statement.rules_digest));
    line(out, say.subject, each.subject.str() + " " + printable(statement.reference, kLongText));
    line(out, say.tag, printable(statement.name(), kLongText) + " " + std::string(say.tag_states[static_cast<std::size_t>(each.tag)]));
    line(out, say.report, each.report->referrer.str());
    for (const JudgedImage& image : statement.images) {
        line(out, report::verdict_word(image.verdict, language), printable(image.platform) + "  " + image.digest.str());
        for (const Finding& finding : image.findings)
            if (finding.severity != Severity::info) line(out, "", printable(finding.code) + ": " + printable(report::message_for(finding, language), kLongText));
    }
}

std::string verified_table(const std::vector<Verified>& answers, Language language, std::chrono::sys_seconds now) {
    const Words& say = words(language);
    std::string out;
    bool any = false;
    for (const Verified& each : answers) {
        const std::string_view word = each.report ? report::verdict_word(each.report->statement.verdict, language) : std::string_view("-");
        out += padded(word) + printable(each.reference, kLongText) + (each.platform.empty() ? "" : "  " + printable(each.platform)) + "\n";
        if (each.report) report_lines(out, each, language, now);
        any = any || each.report;
        if (!each.report && !each.error) line(out, "", std::string(say.none) + (each.subject.empty() ? "" : " (" + each.subject.str() + ")"));
        if (!each.report && !each.other_names.empty()) line(out, "", std::string(say.others) + " " + printable(join(each.other_names, ", "), kLongText));
        for (const std::string& problem : each.problems) line(out, say.problem, printable(problem, kLongText));
        if (each.error) line(out, say.problem, printable(each.error->message(), kLongText));
    }
    if (any) out += "\n" + std::string(say.unsigned_note) + "\n";
    return out;
}

void write_answer(report::JsonOutput& out, const Verified& each, std::chrono::sys_seconds now) {
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
            out.number("ageSeconds", static_cast<std::uint64_t>(std::max<std::int64_t>((now - statement.judged).count(), 0)));
            out.object("tool", [&] { out.member("version", statement.tool_version); });
            out.object("rules", [&] { out.member("digest", statement.rules_digest); });
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
                                    out.member("message", finding.message);
                                });
                        });
                    });
            });
        }
        out.list("otherNames", [&] {
            for (const std::string& name : each.other_names) out.value(name);
        });
        out.list("problems", [&] {
            for (const std::string& problem : each.problems) out.value(problem);
        });
        error_member(out, each.error);
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
                    if (!each.skipped.empty()) out.member("reason", each.skipped);
                    error_member(out, each.error);
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

Result<std::string> write_verified(const std::vector<Verified>& answers, std::string_view format, Language language, std::chrono::sys_seconds now) {
    if (format == "table") return verified_table(answers, language, now);
    if (format != "json") return unknown_format(format);
    report::JsonOutput out;
    out.object([&] {
        out.member("schema", "veritag.verify/1");
        out.flag("signed", false);  // nobody did, and nothing here could tell
        out.list("answers", [&] {
            for (const Verified& each : answers) write_answer(out, each, now);
        });
    });
    return out.take();
}

}  // namespace veritag::attach
