// The question whether events may be sent here at all: CloudEvents' webhooks ask it with OPTIONS before the first delivery.
// cloudevents/spec: cloudevents/http-webhook.md, section 4 ("Abuse Protection")
#pragma once

#include "hooks/authentication.h"
#include "hooks/hook_request.h"
#include "hooks/sender.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace veritag::hooks {

struct HandshakePolicy {
    std::vector<std::string> origins;       ///< whose questions are answered with yes, as `zot.example`; empty: everybody's
    std::uint32_t requests_per_minute = 0;  ///< what is granted at most; 0: any rate
};

struct HandshakeAnswer {
    unsigned status = 405;
    std::vector<std::pair<std::string, std::string>> headers;
};

/// What to answer to OPTIONS. Consent is `WebHook-Allowed-Origin` with `WebHook-Allowed-Rate` (status 200); without them there is none,
/// whatever the status: 405 where the request has no `WebHook-Request-Origin`, 404 where the path is not this sender's, 400 where the
/// origin is no name or stands twice, 403 where it is not among `origins`. It grants no more than being heard: each delivery still has
/// to authenticate itself. `WebHook-Request-Callback` is never called, since nobody outside names hosts to connect to.
HandshakeAnswer answer_handshake(SenderKind kind, const Authentication& auth, const HandshakePolicy& policy, const HookRequest& request);

}  // namespace veritag::hooks
