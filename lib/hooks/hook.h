// Push webhooks of registries: one request becomes push events. A pure function over bytes; no socket, no clock, no state.
//
// The forms, and where each is written down:
//   distribution  distribution/distribution: notifications/event.go (application/vnd.docker.distribution.events.v1+json and v2);
//                 Azure: one such event without the envelope ("Azure Container Registry webhook reference")
//   harbor        goharbor/harbor: src/pkg/notifier/formats/{default,cloudevents}.go
//   quay          quay/quay: notifications/__init__.py, notificationevent.py (repo_push)
//   dockerhub     Docker docs, "Webhooks"
//   github        octokit/webhooks: payload-examples/api.github.com/{registry_package,package}; as JSON, or in the form field `payload`
//   gitea         go-gitea/gitea: modules/structs/{hook,package}.go
//   zot           project-zot/zot: pkg/extensions/events; CloudEvents in HTTP's binary or structured mode
//   generic       {"repository": "a/b", "tag": "1", "digest": "sha256:…"}, or a list of these under "images"; "id" and "actor" may stand beside
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "hooks/authentication.h"
#include "hooks/hook_request.h"
#include "hooks/push_event.h"
#include "hooks/sender.h"

namespace veritag::hooks {

/// The whole way in: method, size and encoding, then the proof of `auth`, then the payload.
Result<HookEvents> receive_hook(SenderKind kind, const Authentication& auth, const HookRequest& request, const Limits& limits);

/// The payload alone; the request must have been authenticated.
///
/// Only pushes of manifests become events. Pulls, pushes of blobs, mounts, deletions and all other news are ignored with a reason, and
/// so is what is attached to an image (manifests with an artifactType or a subject and no image config, the tags `sha256-HEX` of
/// referrers and cosign): veritag's own reports come back that way. Where a sender does not tell what a manifest is, it becomes an
/// event, and reading it will show (oci::skip_reason). An entry whose name, tag or digest breaks the rules of lib/oci is ignored with
/// a reason; a bad digest beside a good tag costs only the digest.
///
/// JSON of another form than the sender's is success with no events: senders repeat what was not accepted, some without end. The generic form is
/// what people write themselves: there an image without a repository is an error.
/// Errors: `usage` for another method than POST, `unsupported` for a compressed or batched body, `over_limit` (hook_body_bytes,
/// hook_events, json_depth), `malformed` for what is no JSON object.
Result<HookEvents> parse_hook(SenderKind kind, const HookRequest& request, const Limits& limits);

/// The HTTP status for an error of this module: 401, 404, 405, 413, 415 or 400.
unsigned http_status(const Error& error) noexcept;

}  // namespace veritag::hooks
