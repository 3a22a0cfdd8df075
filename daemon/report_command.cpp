#include "engine.h"

#include "base/text.h"
#include "report/difference.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

namespace veritag::daemon {
namespace {

struct ReportFlags {
    std::int64_t audit = 0;  ///< 0: the newest that ended
    std::int64_t other = 0;  ///< --diff; 0: none
    bool list = false;
    std::string fail_on = "error";
    StoreFlags store;
    OutputOptions output;
    LogOptions log;
};

std::string list_of(const std::vector<store::AuditRecord>& audits) {
    std::string text;
    for (const store::AuditRecord& audit : audits)
        text += std::to_string(audit.id) + "  " + rfc3339(audit.started) + "  " + (audit.ended ? "ended " + rfc3339(*audit.ended) : std::string("not ended")) + "  " + quote(join(audit.targets, " "), 1000) + "\n";
    return text.empty() ? "no audits yet; veritag audit TARGET makes one\n" : text;
}

Error no_audit(const std::string& what) { return {ErrorCode::not_found, "read store", what, "there is no such audit", "veritag report --list shows those there are"}; }

int run(const ReportFlags& flags) {
    flags.log.apply();
    if (const Result<void> known = check_format(flags.output.format); !known) return complain(known.error());
    const Result<std::shared_ptr<store::AuditStore>> opened = flags.store.open(Limits{});
    if (!opened) return complain(opened.error());
    if (*opened == nullptr) return complain({ErrorCode::io, "read store", "", "it cannot be used", "name one with --store"});
    store::AuditStore& store = **opened;
    const std::vector<store::AuditRecord> audits = store.list_audits();
    if (flags.list) {
        const Result<void> written = flags.output.write(list_of(audits));
        return written ? static_cast<int>(kClean) : complain(written.error());
    }
    std::int64_t id = flags.audit;
    if (id == 0) {
        const auto newest = std::find_if(audits.begin(), audits.end(), [](const store::AuditRecord& audit) { return audit.ended.has_value(); });
        if (newest == audits.end()) return complain(no_audit("newest audit"));
        id = newest->id;
    }
    std::optional<Report> report = store.read_audit(id);
    if (!report) return complain(no_audit("audit " + std::to_string(id)));
    if (report->generated.empty()) report->generated = rfc3339_now();
    if (flags.other != 0) {
        const std::optional<Report> other = store.read_audit(flags.other);
        if (!other) return complain(no_audit("audit " + std::to_string(flags.other)));
        const report::Difference difference = report::compare(*other, *report);
        const Result<std::string> text = report::write_difference(difference, flags.output.format, flags.output.write_options());
        if (!text) return complain(text.error());
        const Result<void> written = flags.output.write(*text);
        if (!written) return complain(written.error());
        Report fresh;  // only what is new counts
        fresh.images.emplace_back().verdict = Verdict::pass;
        for (const report::Change& each : difference.fresh) fresh.findings.push_back(each.finding);
        return exit_code_of(fresh, flags.fail_on);
    }
    const Result<std::string> text = report::write_report(*report, flags.output.format, flags.output.write_options());
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    return exit_code_of(*report, flags.fail_on);
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("report", "Show what the store holds of an audit, without network");
    const auto flags = std::make_shared<ReportFlags>();
    command->add_option("--audit", flags->audit, "Number of the audit (default: the newest that ended)")->check(CLI::PositiveNumber)->type_name("ID");
    command->add_option("--diff", flags->other, "Show what is new, mended and as before since this audit")->check(CLI::PositiveNumber)->type_name("ID");
    command->add_flag("--list", flags->list, "List the audits in the store");
    command->add_option("--fail-on", flags->fail_on, "Exit 1 for findings of this severity or worse: error, warning, never")
        ->check(CLI::IsMember({"error", "warning", "never"}))->capture_default_str();
    flags->store.add_to(*command);
    flags->output.add_to(*command);
    flags->log.add_to(*command);
    command->footer("Example:\n  veritag report --list\n  veritag report --audit 12 --format json -o audit.json\n  veritag report --diff 11\n"
                    "  veritag report --format dot | dot -Tsvg > family.svg\n"
                    "Exit status: 0 clean, 1 findings (with --diff: new ones), 2 wrong usage, 3 something unknown or unreadable.");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
