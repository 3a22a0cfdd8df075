#include "engine.h"
#include "reporting.h"

#include "audit/ancestors.h"
#include "base/text.h"
#include "report/difference.h"
#include "report/entries.h"
#include "report/history.h"
#include "report/markdown_writer.h"
#include "report/messages.h"
#include "report/output_tree.h"
#include "scan/build_steps.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>

#include <unistd.h>

namespace veritag::daemon {
namespace {

struct ReportFlags {
    std::int64_t audit = 0;  ///< 0: the newest that ended
    std::int64_t other = 0;  ///< --diff; 0: none
    bool list = false;
    bool history = false;
    std::size_t last = 10;      ///< audits of a history
    std::string output_tree;    ///< empty: none
    std::string fail_on = "error";
    StoreFlags store;
    OutputOptions output;
    WaiverFlags waivers;
    TreeFlags tree;
    RuleOptions rules;
    LogOptions log;
};

std::string list_of(const std::vector<store::AuditRecord>& audits) {
    std::string text;
    for (const store::AuditRecord& audit : audits)
        text += std::to_string(audit.id) + "  " + rfc3339(audit.started) + "  " + (audit.ended ? (audit.is_complete() ? "ended " : std::string(to_string(audit.end)) + ' ') + rfc3339(*audit.ended) : std::string("not ended")) + "  " + quote(join(audit.targets, " "), 1000) + "\n";
    return text.empty() ? "no audits yet; veritag audit TARGET makes one\n" : text;
}

// Of a number that somebody named, it is wrong usage.
Error no_audit(std::int64_t id) {
    return {id == 0 ? ErrorCode::not_found : ErrorCode::usage, "read store", id == 0 ? "newest audit" : "audit " + std::to_string(id), "there is no such audit", "veritag report --list shows those there are"};
}

// A report as of the audit's end, so that the same store gives the same bytes.
std::optional<Report> read(store::AuditStore& store, const store::AuditRecord& audit) {
    std::optional<Report> report = store.read_audit(audit.id);
    if (report && report->generated.empty()) report->generated = rfc3339(audit.ended.value_or(audit.started));
    return report;
}

int print(const ReportFlags& flags, const Result<std::string>& text) {
    if (!text) return complain(text.error());
    const Result<void> written = flags.output.write(*text);
    return written ? static_cast<int>(kClean) : complain(written.error());
}

// The audits of the same targets up to this one. Only JSON tells of findings, so only for it are reports read.
int write_history(const ReportFlags& flags, store::AuditStore& store, const std::vector<store::AuditRecord>& audits, const store::AuditRecord& newest) {
    std::vector<const store::AuditRecord*> same;
    for (const store::AuditRecord& each : audits)  // newest first
        if (each.id <= newest.id && each.is_complete() && each.kind == newest.kind && each.targets == newest.targets && same.size() < flags.last) same.push_back(&each);
    report::HistoryBuilder builder(newest.targets);
    for (auto each = same.rbegin(); each != same.rend(); ++each) {
        const report::HistoryAudit audit{(*each)->id, (*each)->started, (*each)->rules_digest, (*each)->verdicts.value_or(VerdictCounts())};
        const std::optional<Report> report = flags.output.format == "json" ? store.read_audit((*each)->id) : std::nullopt;
        builder.add(audit, report ? &*report : nullptr);
    }
    return print(flags, report::write_history(builder.take(), flags.output.format, flags.output.write_options()));
}

int write_difference(const ReportFlags& flags, const Report& earlier, const Report& later) {
    const report::Difference difference = report::compare(earlier, later);
    if (const int status = print(flags, report::write_difference(difference, flags.output.format, flags.output.write_options())); status != kClean) return status;
    Report fresh;  // only what is new counts
    fresh.images.emplace_back().verdict = Verdict::pass;
    for (const report::Change& each : difference.fresh) fresh.findings.push_back(each.finding);
    const int status = exit_code_of(fresh, flags.fail_on);
    return status == kClean && !(difference.unread.empty() && difference.unlisted.empty()) ? static_cast<int>(kUnread) : status;
}

// One page for each reference as it is now, whichever run looked at it last: a run over a part leaves the other pages as they are.
int write_tree(const ReportFlags& flags, store::AuditStore& store, const waivers::WaiverFile& waivers, const DeclaredTree& tree) {
    Result<report::OutputTree> pages = report::OutputTree::open(flags.output_tree);
    if (!pages) return complain(pages.error());
    const report::Language language = flags.output.write_options().language;
    // The names first: the store is locked while it tells of its references, and build steps are read from it, too.
    std::vector<store::ReferenceKey> references;
    store.each_current([&](const store::CurrentReference& current) { references.push_back(current.reference); });
    std::optional<WaiverUse> use;
    audit::KnownAncestors ancestors(store);
    bool found = false, unread = false;
    for (const store::ReferenceKey& each : references) {
        std::optional<store::CurrentReference> current = store.find_current(each);
        if (!current) continue;
        Report report;
        report.images = std::move(current->judged.images);
        report.skipped = std::move(current->judged.skipped);
        if (report.images.empty() && !report.skipped.empty() && std::all_of(report.skipped.begin(), report.skipped.end(), report::is_attached)) continue;  // no tag that anybody gave
        scan::add_build_steps(store, Limits{}, report);
        ancestors.add_to(report);
        tree.mark(report);
        apply_waivers(waivers, report);
        if (use && report.waivers)
            waivers::add(*use, *report.waivers);
        else
            use = report.waivers;
        const int status = report.images.empty() ? static_cast<int>(kClean) : exit_code_of(report, flags.fail_on);
        found = found || status == kFindings;
        unread = unread || status == kUnread;
        pages->put(report::page_path(each.registry, each.repository, each.tag), report::write_tag_page(report, language));
    }
    // A store that failed on the way tells of no more references, whose pages must stay.
    if (references.empty() || !store.is_working())
        return complain({ErrorCode::io, "write output tree", quote(flags.output_tree), "the store holds no references, or could not be read to its end", "no page was removed; run veritag audit first"});
    pages->remove_others();
    say(quote(flags.output_tree) + ": " + report::fill(text(report::Text::tree_written, language), {std::to_string(pages->written()), std::to_string(pages->unchanged()), std::to_string(pages->removed())}), log::Level::info);
    tell_idle_waivers(use, flags.output);
    for (const Error& each : pages->failures()) say(each.message(), log::Level::error);
    if (!pages->failures().empty()) return kUnread;
    return found ? kFindings : unread ? kUnread : kClean;
}

int run(const ReportFlags& flags) {
    flags.log.apply();
    if (const Result<void> known = check_format(flags.output.format); !known) return complain(known.error());
    if (const Result<void> writable = flags.output.check_place(); !writable) return complain(writable.error());
    const Result<waivers::WaiverFile> waivers = flags.waivers.load();
    if (!waivers) return complain(waivers.error());
    DeclaredTree tree;
    if (!flags.tree.meta.empty()) {
        const Result<rules::RuleSet> rules = flags.rules.load();
        if (!rules) return complain(rules.error());
        Result<DeclaredTree> loaded = flags.tree.load(*rules);
        if (!loaded) return complain(loaded.error());
        tree = std::move(*loaded);
    }
    if (flags.store.none) return complain({ErrorCode::usage, "read command line", "--no-store", "a report is of what the store holds", "leave it out"});
    // Who only looks makes no store.
    if (const std::optional<std::string> place = flags.store.place(); place && ::access(place->c_str(), F_OK) != 0 && errno == ENOENT) {
        if (!flags.store.file.empty()) return complain({ErrorCode::usage, "open store", quote(*place), "there is no store", "veritag audit makes one; without --store it lies in the default place"});
        return flags.list ? print(flags, list_of({})) : complain(no_audit(flags.audit));
    }
    const Result<std::shared_ptr<store::AuditStore>> opened = flags.store.open(Limits{});
    if (!opened) return complain(opened.error());
    if (*opened == nullptr) return complain({ErrorCode::io, "read store", "", "it cannot be used", "name one with --store"});
    store::AuditStore& store = **opened;
    if (!flags.output_tree.empty()) return write_tree(flags, store, *waivers, tree);
    const std::vector<store::AuditRecord> audits = store.list_audits();
    if (flags.list) return print(flags, list_of(audits));

    const auto audit_of = [&](std::int64_t id) {
        return std::find_if(audits.begin(), audits.end(), [&](const store::AuditRecord& audit) { return id == 0 ? audit.is_complete() : audit.id == id; });
    };
    const auto audit = audit_of(flags.audit);
    if (audit == audits.end()) return complain(no_audit(flags.audit));
    if (flags.history) return write_history(flags, store, audits, *audit);
    std::optional<Report> report = read(store, *audit);
    if (!report) return complain(no_audit(audit->id));
    scan::add_build_steps(store, Limits{}, *report);
    audit::KnownAncestors(store).add_to(*report);
    tree.mark(*report);
    if (flags.other != 0) {
        apply_waivers(*waivers, *report);
        tell_idle_waivers(report->waivers, flags.output);
        const auto earlier = audit_of(flags.other);
        const std::optional<Report> other = earlier == audits.end() ? std::nullopt : read(store, *earlier);
        return other ? write_difference(flags, *other, *report) : complain(no_audit(flags.other));
    }
    apply_waivers(*waivers, *report, flags.output);
    const int status = print(flags, report::write_report(*report, flags.output.format, flags.output.write_options(flags.fail_on)));
    return status == kClean ? exit_code_of(*report, flags.fail_on) : status;
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("report", "Show what the store holds of an audit, without network");
    const auto flags = std::make_shared<ReportFlags>();
    const auto is_number = [](const std::string& text) {
        const std::optional<std::uint64_t> number = parse_u64(text);
        return number && *number > 0 && *number <= std::numeric_limits<std::int64_t>::max() ? std::string() : quote(text) + " is no number of an audit; veritag report --list shows them";
    };
    CLI::Option* audit = command->add_option("--audit", flags->audit, "Number of the audit (default: the newest that ended)")->check(is_number)->type_name("ID");
    CLI::Option* diff = command->add_option("--diff", flags->other, "Show what is new, mended and as before since this audit")->check(is_number)->type_name("ID");
    CLI::Option* list = command->add_flag("--list", flags->list, "List the audits in the store");
    CLI::Option* history = command->add_flag("--history", flags->history, "The last audits of the same targets: verdicts, and in JSON since when each finding is there")->excludes(diff)->excludes(list);
    command->add_option("--last", flags->last, "How many audits --history looks at")->check(CLI::Range(1, 1000))->needs(history)->capture_default_str();
    CLI::Option* output_tree = command->add_option("--output-tree", flags->output_tree, "Write DIR/REGISTRY/NAMESPACE/REPOSITORY/TAG.md for each tag as it is now, touching only what changed, and remove the pages of tags that are gone")
        ->type_name("DIR")->excludes(audit)->excludes(diff)->excludes(list)->excludes(history);
    command->add_option("--fail-on", flags->fail_on, "Exit 1 for findings of this severity or worse: error, warning, never")
        ->check(CLI::IsMember({"error", "warning", "never"}))->capture_default_str();
    flags->store.add_to(*command);
    flags->output.add_to(*command);
    // A tree is of Markdown pages in its own directory.
    for (const char* name : {"--format", "--output"}) output_tree->excludes(command->get_option(name));
    flags->waivers.add_to(*command);
    flags->tree.add_to(*command);
    flags->rules.add_to(*command);
    flags->log.add_to(*command);
    command->footer("Example:\n  veritag report --list\n  veritag report --audit 12 --format html -o audit.html\n  veritag report --diff 11\n"
                    "  veritag report --history\n  veritag report --output-tree reports; git -C reports diff --stat\n"
                    "  veritag report --format dot | dot -Tsvg > family.svg\n"
                    "Exit status: 0 clean, 1 findings (with --diff: new ones), 2 wrong usage, 3 something unknown or unreadable (with --diff: that was not so before), or a page not written.");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
