#include "serve/attaching.h"

#include "attach/attach.h"
#include "base/log.h"
#include "base/text.h"
#include "report/json_output.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace veritag::serve {
namespace {

constexpr std::string_view kAttached = "attach/done/";  // keys of the state

std::string name_of(const store::ReferenceKey& reference) { return reference.registry + '/' + reference.repository + ':' + reference.tag; }

bool attaches(const config::Settings& settings, const std::string& registry) {
    return std::any_of(settings.registries.begin(), settings.registries.end(), [&](const config::RegistrySettings& each) { return each.registry == registry && each.attach; });
}

// All that is said, whenever and by which version.
std::string mark_of(std::vector<attach::Statement> statements, const Limits& limits) {
    Hasher hasher;
    for (attach::Statement& each : statements) {
        each.judged = {};
        each.tool_version.clear();
        const Result<std::string> text = attach::write_statement(each, limits);
        hasher.update(text ? *text : each.subject.str() + text.error().message());
    }
    return hasher.finish().str();
}

}  // namespace

Result<std::size_t> Attaching::enqueue(const config::Settings& settings, const RunToAttach& run) {
    for (const std::string& gone : run.report.gone) VERITAG_CHECK(state_.values().remove(std::string(kAttached) + gone));
    std::map<store::ReferenceKey, JudgedReference> references;
    for (const ImageReport& image : run.report.images)
        if (attaches(settings, image.registry)) references[{image.registry, image.repository, image.tag}].images.push_back(image);
    std::vector<store::NewJob> jobs;
    for (const auto& [reference, judged] : references) {
        const attach::Judging how{.tool_version = tool_version_, .rules_digest = run.report.rules_digest, .when = {}, .every_platform = run.every_platform};
        const attach::Statements statements = attach::statements_of(judged, how);
        if (statements.all.empty()) continue;
        VERITAG_TRY(const std::optional<store::StateValue> before, state_.values().get(std::string(kAttached) + name_of(reference)));
        if (before && before->value == mark_of(statements.all, settings.limits)) continue;
        const AttachOrder order{.reference = reference, .audit = run.audit, .rules_digest = run.report.rules_digest, .every_platform = run.every_platform};
        jobs.push_back({.kind = std::string(kAttachJob), .key = name_of(reference), .payload = to_json(order),
                        .priority = store::Priority::schedule, .most_attempts = 8, .deadline = std::chrono::minutes(10)});
    }
    // A first look at a large registry must not fill the queue, or pushes would be turned away. What is left comes with the next run.
    jobs.resize(std::min(jobs.size(), std::max<std::size_t>(settings.queue.most_waiting / 4, 1)));
    if (!jobs.empty()) VERITAG_CHECK(state_.jobs().enqueue(jobs));
    return jobs.size();
}

Result<std::string> Attaching::attach(const config::Settings& settings, const registry::Clients& clients, const AttachOrder& order, std::stop_token stop) {
    const std::string name = name_of(order.reference);
    std::size_t attached = 0, unchanged = 0;
    const auto result = [&](std::string_view note) {
        report::JsonOutput out;
        out.object([&] {
            out.number("attached", attached);
            out.number("unchanged", unchanged);
            if (!note.empty()) out.member("note", note);
        });
        return out.take();
    };
    if (!attaches(settings, order.reference.registry)) return result("the configuration does not ask for it any more");
    const std::optional<store::CurrentReference> current = store_.find_current(order.reference);
    if (!current || current->audit != order.audit) return result(current ? "a later run looked at it" : "it is gone");

    const attach::Judging how{.tool_version = tool_version_, .rules_digest = order.rules_digest, .when = current->seen, .every_platform = order.every_platform};
    const attach::Statements statements = attach::statements_of(current->judged, how);
    oci::Reference repository;
    repository.registry = order.reference.registry;
    repository.repository = order.reference.repository;
    const std::unique_ptr<attach::Repository> place = attach::registry_repository(clients.of(repository.registry), repository, std::move(stop));
    std::optional<Error> failure;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (const Result<attach::Attached>& each : attach::attach_all(*place, statements.all, now, settings.limits)) {
        if (each)
            ++(each->unchanged ? unchanged : attached);
        else if (!failure)
            failure = each.error();
    }
    if (failure) return *failure;
    VERITAG_CHECK(state_.values().put(std::string(kAttached) + name, mark_of(statements.all, settings.limits)));
    log::info("reports attached", {{"reference", quote(name)}, {"attached", std::to_string(attached)}, {"unchanged", std::to_string(unchanged)}});
    return result("");
}

}  // namespace veritag::serve
