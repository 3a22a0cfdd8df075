// Pushing a blob (opencontainers/distribution-spec: spec.md, "Pushing a blob monolithically", POST then PUT).
#include "registry/session.h"

#include "registry/link.h"
#include "registry/redirect.h"

namespace veritag::registry {
namespace {

Failure wrong_answer(const Call& call, std::string saw) {
    Failure failure{Error{ErrorCode::protocol, call.what, call.where(), std::move(saw), ""}};
    failure.final = true;
    return failure;
}

}  // namespace

asio::awaitable<Tried<WholeReply>> Session::upload(Upload upload, std::shared_ptr<CancelScope> scope) {
    HostBackoff& backoff = hosts_[upload.probe.origin].backoff;
    for (int tries = 1;; ++tries) {
        co_await wait_for_host(backoff, *scope);
        Tried<WholeReply> reply = co_await upload_once(upload, *scope);
        if (reply) {
            backoff.succeeded(SteadyClock::now());
            co_return std::move(*reply);
        }
        Failure failure = reply.error();
        const bool again = co_await pause(backoff, tries, failure, *scope);
        if (again) continue;
        failure.error = final_error(failure, tries);
        co_return failure;
    }
}

asio::awaitable<Tried<WholeReply>> Session::upload_once(const Upload& upload, CancelScope& scope) {
    Tried<WholeReply> there = co_await fetch_once(upload.probe, scope);
    if (there && there->head.status == 200) co_return std::move(*there);
    if (!there && there.error().status != 404) co_return there.error();

    Tried<WholeReply> started = co_await fetch_once(upload.start, scope);
    if (!started) co_return started.error();
    const std::string location(started->head.header("Location"));
    if (location.empty()) co_return wrong_answer(upload.start, "an upload was begun, and no Location says where it goes on");
    Result<Url> place = resolve_url(started->url, location);
    if (!place) co_return wrong_answer(upload.start, "its Location: " + place.error().saw);

    Call put = upload.start;
    put.method = "PUT";
    put.headers.clear();
    put.headers.emplace_back("Content-Type", "application/octet-stream");
    put.body = upload.content;
    put.good = {201, 200, 204};
    add_query(place->target, "digest", upload.digest);  // behind what the Location brings along
    // Registries behind a proxy that ends TLS write http into it: their own host is asked as it was before.
    if (is_same_host(put.origin, place->origin)) {
        put.target = place->target;
        co_return co_await fetch_once(put, scope);
    }
    const bool own_words = is_same_host(put.origin, started->url.origin);
    const HopSource source{started->url, started->head.peer_internal, own_words && options_.registries_may_be_internal};
    Result<Hop> hop = plan_hop(source, place->str());
    if (!hop) co_return wrong_answer(upload.start, "its Location: " + hop.error().where + ": " + hop.error().saw);
    const Url elsewhere = std::move(hop->url);
    co_return co_await put_elsewhere(put, elsewhere, hop->internal_allowed, scope);
}

// A store beside the registry: the address itself is what opens it, and our credentials are none of its business.
asio::awaitable<Tried<WholeReply>> Session::put_elsewhere(const Call& call, const Url& url, bool internal_allowed, CancelScope& scope) {
    HttpRequest request{call.what, call.method, url, call.headers, call.body, internal_allowed};
    Tried<std::unique_ptr<Exchange>> opened = co_await follow(std::move(request), scope);
    if (!opened) co_return opened.error();
    Exchange& exchange = **opened;
    const unsigned status = exchange.head().status;
    if (status < 200 || status > 204) {
        std::vector<std::string> no_secrets;
        Failure failure = co_await failure_of(exchange, call, std::move(no_secrets), scope);
        co_return failure;
    }
    Tried<std::string> body = co_await read_body(exchange, call.max_body, call.limit_key, scope);
    if (!body) co_return body.error();
    WholeReply reply{exchange.head(), std::move(*body), exchange.request().url};
    co_return reply;
}

}  // namespace veritag::registry
