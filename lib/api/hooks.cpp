// Webhooks of registries: proof, then the durable queue, then 202. What a payload names is looked for in the registry that the configuration gives.
#include "api/forms.h"
#include "api/service.h"

#include "base/log.h"
#include "base/text.h"
#include "hooks/hook.h"
#include "serve/orders.h"

#include <algorithm>
#include <utility>

namespace veritag::api {
namespace {

constexpr std::string_view kPrefix = "/hooks/";

hooks::HookRequest hook_request(const server::Request& request) {
    hooks::HookRequest hook{.method = request.method, .headers = {}, .path_rest = {}, .query = {}, .body = request.body};
    for (const server::Headers::Field& field : request.headers) hook.headers.emplace_back(field.name, field.value);
    std::string_view target = request.raw_target;
    const std::size_t question = target.find('?');
    if (question != std::string_view::npos) hook.query = target.substr(question + 1);
    target = target.substr(0, question);
    const std::size_t slash = target.find('/', kPrefix.size());
    if (slash != std::string_view::npos) hook.path_rest = target.substr(slash);
    return hook;
}

const config::HookSettings* find_hook(const config::Settings& settings, std::string_view name) {
    const auto found = std::find_if(settings.hooks.begin(), settings.hooks.end(), [&](const config::HookSettings& each) { return each.name == name; });
    return found == settings.hooks.end() ? nullptr : &*found;
}

// A tag is what can be judged: a push by digest alone becomes one once a tag points to it, and that is told by another event.
std::vector<store::NewJob> jobs_of(const config::Settings& settings, const config::HookSettings& hook, const hooks::HookEvents& found) {
    std::vector<store::NewJob> jobs;
    for (const hooks::PushEvent& event : found.events) {
        if (event.tag.empty()) continue;
        const serve::ScanOrder order{.reference = {hook.registry, event.repository, event.tag}, .digest = "", .origin = "hook " + hook.name};
        store::NewJob job{.kind = std::string(serve::kScanJob), .key = hook.registry + '/' + event.repository + ':' + event.tag, .payload = serve::to_json(order), .priority = store::Priority::push,
                          .not_before = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + settings.settle, .most_attempts = serve::kScanAttempts};
        // The same event again is no news. Another event with the same digest is: the tag may have been elsewhere in between.
        if (!event.event_id.empty()) job.events.push_back(hooks::dedupe_key(hook.name, event) + ' ' + event.event_id);
        jobs.push_back(std::move(job));
    }
    return jobs;
}

}  // namespace

void Service::add_hooks() {
    const auto receive = [this](const server::Request& request, const server::RouteParameters& parameters) {
        const std::shared_ptr<const config::Settings> settings = daemon_.settings();
        const config::HookSettings* hook = find_hook(*settings, parameters["sender"]);
        if (hook == nullptr) return server::problem(404, "", "No sender of this name is configured.", "about:blank", request.id);
        Result<hooks::HookEvents> found = hooks::receive_hook(hook->kind, hook->authentication, hook_request(request), settings->limits);
        if (!found) {
            daemon_.metrics().hook(hook->name, "refused");
            log::warn("webhook refused", {{"request", request.id}, {"sender", hook->name}, {"error", found.error().message()}});
            server::Response response = server::problem(hooks::http_status(found.error()), "", found.error().message(), "about:blank", request.id);
            if (response.status == 401) response.headers.add("WWW-Authenticate", hook->authentication.method == hooks::AuthMethod::basic ? "Basic realm=\"veritag\"" : "Bearer realm=\"veritag\"");
            return response;
        }
        std::vector<store::NewJob> jobs = jobs_of(*settings, *hook, *found);
        if (jobs.empty()) {
            daemon_.metrics().hook(hook->name, "ignored");
            const std::string why = !found->ignored.empty() ? found->ignored.front() : found->events.empty() ? "it tells of nothing" : "pushed by digest, and no tag is told";
            log::info("webhook has nothing to do", {{"request", request.id}, {"sender", hook->name}, {"entries", std::to_string(found->entries)}, {"why", why}});
            return server::reply(202, "text/plain", std::string());
        }
        const store::EnqueueAnswer kept = daemon_.enqueuer().enqueue(std::move(jobs));
        if (!kept) {
            daemon_.metrics().hook(hook->name, "not taken");
            return problem_of(kept.error(), request.id);
        }
        daemon_.metrics().hook(hook->name, "taken");
        daemon_.wake();
        return server::reply(202, "text/plain", std::string());
    };
    const auto shake = [this](const server::Request& request, const server::RouteParameters& parameters) {
        const std::shared_ptr<const config::Settings> settings = daemon_.settings();
        const config::HookSettings* hook = find_hook(*settings, parameters["sender"]);
        if (hook == nullptr) return server::problem(404, "", "", "about:blank", request.id);
        const hooks::HandshakeAnswer answer = hooks::answer_handshake(hook->kind, hook->authentication, hook->handshake, hook_request(request));
        server::Response response = server::reply(answer.status, "text/plain", std::string());
        for (const auto& [name, value] : answer.headers) response.headers.add(name, value);
        return response;
    };
    for (const char* path : {"/hooks/{sender}", "/hooks/{sender}/{rest...}"}) {
        add(std::string("POST ") + path, Need::own, receive);
        add(std::string("OPTIONS ") + path, Need::own, shake);
    }
}

}  // namespace veritag::api
