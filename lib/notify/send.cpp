#include "notify/send.h"

#include "base/text.h"
#include "base/url.h"
#include "notify/issue_tracker.h"
#include "notify/mail.h"
#include "notify/webhook.h"

#include <map>
#include <mutex>

namespace veritag::notify {
namespace {

// Two channels may lead to one repository; both would open the issue of a cause at once.
std::mutex& turn_of(const std::string& repository) {
    static std::mutex guard;
    static std::map<std::string, std::mutex> turns;  // as many as there are repositories in the settings
    const std::lock_guard lock(guard);
    return turns[repository];
}

struct Sender {
    const Channel& channel;
    const Notice& notice;
    NoticeMemory& memory;
    SystemTime now;
    const std::stop_token& stop;

    std::optional<SendFailure> operator()(const WebhookChannel& webhook) const {
        const Result<outbound::HttpReply> reply = outbound::fetch(webhook_request(channel, notice), stop);
        if (!reply) return failure_of(reply.error());
        if (reply->status >= 200 && reply->status < 300) return std::nullopt;
        const Result<Url> url = parse_url(webhook.url);
        return failure_of(*reply, "send webhook", "POST " + (url ? url->origin.authority() : ""), now);
    }
    std::optional<SendFailure> operator()(const EmailChannel& email) const {
        if (const Result<void> sent = outbound::send_mail(email.server, mail_of(channel, notice), stop); !sent) return failure_of(sent.error());
        return std::nullopt;
    }
    std::optional<SendFailure> operator()(const IssueChannel& issues) const {
        const std::lock_guard turn(turn_of(std::string(to_string(issues.forge)) + " " + issues.api + " " + issues.repository));
        const auto fetch = [&](const outbound::HttpRequest& request) { return outbound::fetch(request, stop); };
        return IssueTracker(channel, memory, fetch, now).apply(notice);
    }
};

}  // namespace

std::optional<SendFailure> send(const Channel& channel, const Notice& notice, NoticeMemory& memory, SystemTime now, const std::stop_token& stop) {
    std::optional<SendFailure> failure = std::visit(Sender{channel, notice, memory, now, stop}, channel.kind);
    if (failure) failure->error = failure->error.at("channel \"" + quote(channel.name, 80) + "\"");
    return failure;
}

}  // namespace veritag::notify
