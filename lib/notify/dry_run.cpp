#include "base/text.h"
#include "base/url.h"
#include "notify/issue_tracker.h"
#include "notify/mail.h"
#include "notify/send.h"
#include "notify/text.h"
#include "notify/webhook.h"
#include "report/terminal.h"

#include <algorithm>

namespace veritag::notify {
namespace {

using report::printable;

constexpr std::string_view kMask = "***";
constexpr std::size_t kShown = 2000;

std::string masked_url(std::string_view url) {
    const Result<Url> parsed = parse_url(url);
    if (!parsed) return std::string(kMask);
    return (parsed->origin.tls ? "https://" : "http://") + parsed->origin.authority() + (parsed->target == "/" ? "/" : "/" + std::string(kMask));
}

class DryRun {
public:
    DryRun(const Channel& channel, const Notice& notice, NoticeMemory& memory) : channel_(channel), notice_(notice), memory_(memory) {}
    Result<std::string> write() {
        line("channel " + printable(channel_.name));
        VERITAG_CHECK(std::visit([this](const auto& kind) { return show(kind); }, channel_.kind));
        return std::move(text_);
    }

private:
    void line(const std::string& text) { text_ += text + "\n"; }
    void indented(std::string_view text) {
        for (const std::string_view each : split(text, '\n'))
            if (each.data() + each.size() < text.data() + text.size() || !each.empty()) line("  | " + std::string(each));
    }

    Result<void> show(const WebhookChannel& webhook) {
        const outbound::HttpRequest request = webhook_request(channel_, notice_);
        line("POST " + masked_url(webhook.url));
        for (std::size_t i = 0; i < request.headers.size(); ++i) {
            const auto& [name, value] = request.headers[i];
            const bool further = i + webhook.headers.size() >= request.headers.size();
            const bool signature = name == "X-Veritag-Signature-256";
            line("  " + printable(name) + ": " + (further ? std::string(kMask) : signature ? "sha256=" + std::string(kMask) : printable(value)));
        }
        indented(request.body);
        return ok();
    }

    Result<void> show(const EmailChannel& email) {
        const outbound::Mail mail = mail_of(channel_, notice_);
        static constexpr std::string_view kTls[] = {"STARTTLS", "TLS", "no encryption"};
        const std::string login = email.server.username.empty() ? "" : ", login as " + printable(email.server.username) + " with " + std::string(kMask);
        line("mail over " + printable(email.server.host) + ":" + std::to_string(email.server.port) + " (" +
             std::string(kTls[static_cast<std::size_t>(email.server.tls)]) + login + ")");
        line("  From: " + printable(email.server.from, kShown));
        for (const std::string& each : mail.to) line("  To: " + printable(each, kShown));
        line("  Subject: " + mail.subject);
        line("  Message-ID: <" + mail.message_id + ">");
        VERITAG_CHECK(outbound::mail_message(email.server.from, mail));  // what could not be sent is no dry run
        indented(mail.body);
        return ok();
    }

    Result<void> show(const IssueChannel& issues) {
        line("issues of " + printable(issues.repository) + " at " + masked_api(issues) + " with token " + std::string(kMask));
        if (!issues.labels.empty()) line("  labels: " + printable(join(issues.labels, ", "), kShown));
        for (const CauseChange& cause : notice_.causes) {
            VERITAG_TRY(const IssuePlan plan, plan_issue(channel_, memory_, notice_, cause));
            if (plan.step == IssuePlan::Step::none) continue;
            static constexpr std::string_view kSteps[] = {"", "open, unless it is there already", "update", "close", "open again"};
            line(std::string(kSteps[static_cast<std::size_t>(plan.step)]) + (plan.number.empty() ? "" : " #" + plan.number) + ": " +
                 issue_title({notice_, cause, plan.references}, channel_.language));
            indented(issue_body({notice_, cause, plan.references}, channel_.language));
        }
        return ok();
    }
    static std::string masked_api(const IssueChannel& issues) {
        const Result<Url> url = parse_url(issues.api.empty() ? public_api(issues.forge) : issues.api);
        return url ? url->for_messages() : std::string(kMask);
    }

    const Channel& channel_;
    const Notice& notice_;
    NoticeMemory& memory_;
    std::string text_;
};

}  // namespace

Result<std::string> render_dry_run(const Channel& channel, const Notice& notice, NoticeMemory& memory) { return DryRun(channel, notice, memory).write(); }

}  // namespace veritag::notify
