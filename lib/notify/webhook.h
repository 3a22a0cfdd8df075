// Notices for machines: a JSON document of schema `veritag.notice/1`, signed as GitHub signs its webhooks.
#pragma once

#include "notify/channel.h"
#include "notify/notice.h"

#include <string>
#include <string_view>

namespace veritag::notify {

/// {"schema", "id" (the delivery), "target", "run", "firstRun", "when" (RFC 3339), "firstLook", "link"?, "counts": {"pass", "warn", "fail",
/// "unknown", "error"}, "causes": [{"cause", "code", "severity", "component", "claimed"?, "observed"?, "message", "suggestion"?,
/// "fresh": [reference…], "mended": […], "remaining": […], "example", "evidence": [as in veritag.report/1]}]}, causes worst first.
std::string notice_json(const Notice& notice, std::string_view delivery, report::Language language);

/// POST of that document. `X-Veritag-Event: notice`; `X-Veritag-Delivery`: the same for every try, so that a receiver can tell a repeated
/// one; with a secret, `X-Veritag-Signature-256: sha256=` and the HMAC-SHA256 of the raw body in hex.
outbound::HttpRequest webhook_request(const Channel& channel, const Notice& notice);

/// 32 hex digits that stand for this notice on this channel.
std::string delivery_id(const Channel& channel, const Notice& notice);

}  // namespace veritag::notify
