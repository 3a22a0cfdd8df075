// One notice, one channel, one try.
#pragma once

#include "notify/channel.h"
#include "notify/failure.h"
#include "notify/memory.h"
#include "notify/notice.h"

#include <optional>
#include <stop_token>
#include <string>

namespace veritag::notify {

/// Sends a notice that has passed the channel's filter; nullopt: it is sent. Blocks, for issues for several requests, and while another
/// thread is at work in the same repository. `now` is the time.
/// A repeated try is safe: webhooks carry the same X-Veritag-Delivery, mails the same Message-ID, and issues go on from where the last try
/// came to. The rate limit is the caller's to keep (rate.h), and so is the order: the notices of a target must come one after the other.
std::optional<SendFailure> send(const Channel& channel, const Notice& notice, NoticeMemory& memory, SystemTime now, const std::stop_token& stop);

/// What send() would do, for people: to whom, headers, subject, text; for issues, which would be opened, updated, closed or opened again as
/// far as memory knows. Passwords, tokens, signatures, the values of further headers, and a webhook's path and query are masked.
/// Sends and remembers nothing.
Result<std::string> render_dry_run(const Channel& channel, const Notice& notice, NoticeMemory& memory);

}  // namespace veritag::notify
