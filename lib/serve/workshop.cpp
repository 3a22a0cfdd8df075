#include "serve/workshop.h"

#include "rules/load_all.h"

#include <algorithm>
#include <utility>

namespace veritag::serve {

registry::ClientOptions client_options(const config::Settings& settings, registry::ClientOptions own, std::shared_ptr<registry::TrafficObserver> observer) {
    own.limits = settings.limits;
    own.user_agent = settings.other_registries.user_agent;
    own.observer = std::move(observer);
    // A place for each layer that is read, and one more, so that manifests do not wait for layers.
    own.connections_per_host = std::max(own.connections_per_host, settings.jobs + 1);
    return own;
}

Result<std::shared_ptr<Workshop>> Workshop::make(const config::Settings& settings, std::shared_ptr<store::AuditStore> store, scan::Progress& progress,
                                                 std::shared_ptr<registry::TrafficObserver> observer, bool confined) {
    VERITAG_TRY(rules::RuleSet rules, rules::load_all(settings.rules));
    // What nobody configured is named by whoever may ask for a scan: it leads to no internal address.
    registry::ClientOptions others = client_options(settings, settings.other_registries, observer);
    others.use_environment_auth = false;
    others.registries_may_be_internal = false;
    const auto clients = std::make_shared<registry::Clients>(std::move(others));
    for (const config::RegistrySettings& each : settings.registries) clients->add(each.registry, client_options(settings, each.client, observer));
    return std::shared_ptr<Workshop>(new Workshop(settings, std::move(rules), clients, std::move(store), progress, confined));
}

Workshop::Workshop(const config::Settings& settings, rules::RuleSet rule_set, std::shared_ptr<registry::Clients> connections, std::shared_ptr<store::AuditStore> store, scan::Progress& progress,
                   bool confined)
    : limits(settings.limits),
      rules(std::move(rule_set)),
      clients(std::move(connections)),
      reader(rules.wanted(), {.limits = limits, .confined = confined}),
      scanner(rules, {.wanted = {}, .jobs = settings.jobs, .partial = settings.partial, .limits = limits, .store = store}, reader, progress),
      prompt_scanner(rules, {.wanted = {}, .jobs = std::max<std::size_t>(settings.jobs / 2, 1), .partial = settings.partial, .limits = limits, .store = store}, reader, progress),
      auditor(rules, scanner, clients, store),
      prompt_auditor(rules, prompt_scanner, clients, store) {}

}  // namespace veritag::serve
