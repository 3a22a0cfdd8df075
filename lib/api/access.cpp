#include "api/access.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace veritag::api {
namespace {

server::Response unauthorised(std::string_view detail, const std::string& request_id) {
    server::Response response = server::problem(401, "", detail, "about:blank", request_id);
    response.headers.add("WWW-Authenticate", "Bearer realm=\"veritag\"");
    return response;
}

}  // namespace

Result<std::optional<Asker>> recognise(const server::RequestHead& request, const config::Settings& settings, store::TokenStore& tokens) {
    const std::vector<std::string_view> sent = request.headers.all("Authorization");
    if (sent.size() > 1) return Error{ErrorCode::auth, "recognise caller", "Authorization", "there are several", "send one"};
    if (!sent.empty()) {
        const std::string_view value = sent.front();
        const std::size_t space = value.find(' ');
        if (!equals_ignoring_case(value.substr(0, space), "bearer") || space == std::string_view::npos)
            return Error{ErrorCode::auth, "recognise caller", "Authorization", "no bearer token", "send \"Authorization: Bearer TOKEN\""};
        VERITAG_TRY(const std::optional<store::Bearer> bearer, tokens.verify(trim(value.substr(space + 1))));
        if (!bearer) return Error{ErrorCode::auth, "recognise caller", "Authorization", "the token is unknown, revoked or has expired", "make one with `veritag token create`"};
        return std::optional(Asker{"token " + bearer->name, bearer->role});
    }
    if (request.peer.tls && request.peer.tls->certificate_verified) {
        const auto& known = settings.access.admin_certificates;
        const bool admin = std::find(known.begin(), known.end(), request.peer.tls->certificate_sha256) != known.end();
        return std::optional(Asker{"certificate " + quote(request.peer.tls->certificate_subject), admin ? store::Role::admin : store::Role::read});
    }
    if (request.peer.process && (request.peer.process->uid == 0 || request.peer.process->uid == ::geteuid()))
        return std::optional(Asker{"uid " + std::to_string(request.peer.process->uid), store::Role::admin});
    return std::optional<Asker>();
}

std::optional<server::Response> refuse(Need need, const std::optional<Asker>& asker, const config::Settings& settings, const std::string& request_id) {
    if (need == Need::nothing || need == Need::own) return std::nullopt;
    if (need == Need::metrics && settings.access.metrics_open) return std::nullopt;
    if (need == Need::read && settings.access.anonymous_read) return std::nullopt;
    if (!asker) return unauthorised("This needs a token: send \"Authorization: Bearer TOKEN\".", request_id);
    const store::Role needed = need == Need::admin ? store::Role::admin : need == Need::scan ? store::Role::scan : store::Role::read;
    if (asker->role >= needed) return std::nullopt;
    return server::problem(403, "", "This needs the role " + std::string(to_string(needed)) + "; " + asker->name + " has " + std::string(to_string(asker->role)) + ".", "about:blank", request_id);
}

}  // namespace veritag::api
