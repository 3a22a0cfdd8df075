#include "engine.h"

#include "attach/output.h"
#include "base/text.h"
#include "source/image_source.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <stop_token>

namespace veritag::daemon {
namespace {

struct AttachFlags {
    std::vector<std::string> images;
    std::string as;
    bool dry_run = false;
    EngineFlags engine;
    OutputOptions output;
};

// What became of one image of the command line.
struct Done {
    scan::ScanResult scanned;
    std::vector<attach::Statement> statements;
    std::vector<attach::AttachLine> lines;
};

Result<void> check(const AttachFlags& flags) {
    if (flags.output.format != "table" && flags.output.format != "json")
        return Error{ErrorCode::usage, "read command line", "--format", quote(flags.output.format), "attach knows table and json"};
    for (const std::string& image : flags.images)
        if (source::is_local(image)) return Error{ErrorCode::usage, "read command line", quote(image), "a report is attached in a registry", "push the image first"};
    VERITAG_CHECK(flags.output.check_place());
    return check_images(flags.images, flags.as, flags.engine.registry);
}

std::vector<attach::AttachLine> lines_of_left_out(const std::string& reference, const scan::ScanResult& scanned, const attach::Statements& made) {
    std::vector<attach::AttachLine> lines;
    for (const attach::LeftOut& each : made.left_out) lines.push_back({.reference = reference, .subject = each.digest, .platform = each.platform, .skipped = each.reason, .why = each.why});
    for (const Skipped& each : scanned.skipped) lines.push_back({.reference = reference, .subject = each.digest, .platform = "-", .skipped = each.reason});
    return lines;
}

void attach_to(const std::string& name, Engine& engine, const AttachFlags& flags, Done& done, const std::stop_token& stop) {
    const Result<oci::Reference> reference = oci::parse_reference(name);
    if (!reference) return;  // was checked
    const attach::Judging judging{.tool_version = version(),
                                  .rules_digest = engine.rules.digest(),
                                  .when = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                                  .every_platform = engine.wanted.platforms.empty() && !engine.wanted.created_since};
    attach::Statements made = attach::statements_of(done.scanned, judging);
    done.statements = std::move(made.all);
    if (flags.dry_run || stop.stop_requested()) return;
    const std::unique_ptr<attach::Repository> repository = attach::registry_repository(engine.clients->of(reference->registry), *reference, stop);
    const std::vector<Result<attach::Attached>> answers = attach::attach_all(*repository, done.statements, judging.when, engine.limits);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const attach::Statement& statement = done.statements[i];
        const bool whole = statement.images.size() != 1 || statement.images[0].digest != statement.subject;
        attach::AttachLine& line = done.lines.emplace_back(attach::AttachLine{
            .reference = reference->str(), .subject = statement.subject.str(), .platform = whole ? "" : statement.images[0].platform, .verdict = statement.verdict});
        if (answers[i])
            line.attached = *answers[i];
        else
            line.error = answers[i].error();
    }
    std::vector<attach::AttachLine> left_out = lines_of_left_out(reference->str(), done.scanned, made);
    std::move(left_out.begin(), left_out.end(), std::back_inserter(done.lines));
}

// Findings come first, as for a scan; a report that could not be attached counts as something that could not be read.
int exit_code_of(const std::vector<Done>& all, const std::string& fail_on) {
    Report report;
    bool failed = false;
    for (const Done& done : all) {
        report.images.insert(report.images.end(), done.scanned.images.begin(), done.scanned.images.end());
        failed = failed || std::any_of(done.lines.begin(), done.lines.end(), [](const attach::AttachLine& line) { return line.error.has_value(); });
    }
    const int judged = daemon::exit_code_of(report, fail_on);
    return judged == kClean && failed ? static_cast<int>(kUnread) : judged;
}

int run(const AttachFlags& flags) {
    flags.engine.log.apply();
    if (const Result<void> right = check(flags); !right) return complain(right.error());
    Result<std::unique_ptr<Engine>> made = Engine::make(flags.engine, flags.images.size());
    if (!made) return complain(made.error());
    Engine& engine = **made;

    std::vector<Done> all(flags.images.size());
    engine.scanner.side_by_side(flags.images.size(), [&](std::size_t i) {
        if (interruption().stop_requested()) return;
        all[i].scanned = scan_image(flags.images[i], flags.as, engine, interruption());
        attach_to(flags.images[i], engine, flags, all[i], interruption());
        engine.progress.reference_done();
    });
    engine.progress.finish();

    std::vector<attach::AttachLine> lines;
    std::vector<attach::Statement> statements;
    for (const Done& done : all) {
        lines.insert(lines.end(), done.lines.begin(), done.lines.end());
        statements.insert(statements.end(), done.statements.begin(), done.statements.end());
    }
    const Result<std::string> text = flags.dry_run ? attach::write_statements(statements, engine.limits)
                                                   : attach::write_attached(lines, flags.output.format, flags.output.write_options().language);
    if (!text) return complain(text.error());
    if (const Result<void> written = flags.output.write(*text); !written) return complain(written.error());
    if (interruption().stop_requested()) return kInterrupted;
    return exit_code_of(all, flags.engine.fail_on);
}

}  // namespace

void add_attach(CLI::App& app, int& exit_code) {
    CLI::App* command = app.add_subcommand("attach", "Scan images and attach the reports to them in their registry");
    const auto flags = std::make_shared<AttachFlags>();
    command->add_option("IMAGE", flags->images, "[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]; the login must be allowed to push")->required();
    command->add_option("--as", flags->as, "Judge the image under this name")->type_name("REPOSITORY:TAG");
    command->add_flag("--dry-run", flags->dry_run, "Push nothing; print the statements (JSON)");
    flags->engine.add_to(*command);
    flags->output.add_to(*command, {"table", "json"});
    command->footer("Each platform's manifest gets a report of its own, and an index one with the verdicts of all its platforms. Where the newest one says the same, nothing is pushed.\n"
                    "The reports are not signed: whoever may push to a repository could write them.\n"
                    "Example:\n  veritag attach registry.example/openeuler/cann:8.0.RC1-oe2203sp4\n"
                    "  veritag attach --dry-run registry.example/openeuler/cann:8.0.RC1-oe2203sp4\n"
                    "Exit status: 0 clean, 1 findings (attached or not), 2 wrong usage, 3 something unknown, unreadable or not attached, 130 interrupted.");
    command->callback([flags, &exit_code] { exit_code = run(*flags); });
}

}  // namespace veritag::daemon
