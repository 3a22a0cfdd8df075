// Who asks, and what they may do.
#pragma once

#include "config/settings.h"
#include "server/request.h"
#include "server/response.h"
#include "store/tokens.h"

#include <optional>
#include <string>
#include <string_view>

namespace veritag::api {

/// What a route asks of whoever comes.
enum class Need {
    nothing,  ///< open to all: health, the API's description
    metrics,  ///< nothing, or to read, by configuration
    read,     ///< open to all where the configuration says so
    scan,
    admin,
    own,      ///< the route looks itself: webhooks, Harbor
};

/// Somebody who was recognised.
struct Asker {
    std::string name;  ///< of the token, `certificate …` or `uid …`
    store::Role role = store::Role::read;
};

/// By bearer token (RFC 6750), client certificate, or as a process of the same user on a Unix socket. nullopt: nobody in particular.
/// An error is the store's; a token that is wrong is `auth`.
Result<std::optional<Asker>> recognise(const server::RequestHead& request, const config::Settings& settings, store::TokenStore& tokens);

/// The reply to who may not; nullopt where they may.
std::optional<server::Response> refuse(Need need, const std::optional<Asker>& asker, const config::Settings& settings, const std::string& request_id);

}  // namespace veritag::api
