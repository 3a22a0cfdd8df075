// Who is told, and how: the configuration of one channel, already read.
#pragma once

#include "base/result.h"
#include "notify/notice.h"
#include "notify/rate.h"
#include "outbound/fetch.h"
#include "outbound/mail.h"
#include "report/writers.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace veritag::notify {

/// A JSON document (schema `veritag.notice/1`) is sent by POST.
struct WebhookChannel {
    std::string url;     ///< http or https; its path and query may be secret and are never shown
    std::string secret;  ///< key of X-Veritag-Signature-256; empty: not signed
    outbound::HttpHeaders headers;  ///< further ones, `Authorization` say; their values are never shown
    std::string ca_file;
    bool allow_internal = false;
};

struct EmailChannel {
    outbound::MailServer server;
    std::vector<std::string> to;  ///< as outbound::parse_mailbox() reads them
};

enum class Forge : std::uint8_t { gitee, gitcode, github, gitlab };
std::string_view to_string(Forge forge) noexcept;
std::string_view public_api(Forge forge) noexcept;  ///< where the API of the public service is: `https://gitee.com/api/v5`

/// One issue a cause: opened once, kept up to date, closed when the cause is mended.
struct IssueChannel {
    Forge forge = Forge::gitee;
    std::string api;         ///< base URL of a self-hosted one's API: `https://git.example/api/v4`; empty: the public service
    std::string repository;  ///< `owner/name`; on GitLab with all its groups
    std::string token;       ///< may read and write issues
    std::vector<std::string> labels;  ///< given when an issue is opened, and left alone afterwards
    std::string ca_file;
    bool allow_internal = false;
};

struct Channel {
    std::string name;  ///< `[A-Za-z0-9._-]`, at most 64 bytes; what is remembered of a channel hangs on it
    report::Language language = report::Language::en;
    NoticeFilter filter;
    RateLimit limit;
    std::variant<WebhookChannel, EmailChannel, IssueChannel> kind;
};

/// All that can be known to be wrong before anything is sent, as a `config` error: names, globs, URLs, addresses, headers.
Result<void> check_channel(const Channel& channel);

}  // namespace veritag::notify
