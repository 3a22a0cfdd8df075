#include "notify/channel.h"

#include "base/text.h"
#include "base/url.h"
#include "rules/pattern.h"

#include <algorithm>

namespace veritag::notify {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxLabel = 50;

bool is_plain(std::string_view text, std::size_t most) noexcept {
    static constexpr std::string_view kMarks = "._-";
    return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
    });
}

Error wrong(std::string saw, std::string hint = {}) { return {ErrorCode::config, "read channel", "", std::move(saw), std::move(hint)}; }

Result<void> check_url(std::string_view url) {
    const Result<Url> parsed = parse_url(url);
    if (!parsed) return wrong("the URL cannot be used: " + parsed.error().saw);
    return ok();
}

bool is_header_text(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

Result<void> check_kind(const WebhookChannel& webhook) {
    VERITAG_CHECK(check_url(webhook.url));
    for (const auto& [name, value] : webhook.headers)
        if (name.empty() || name.find_first_of(": \t") != std::string::npos || !is_header_text(name) || !is_header_text(value))
            return wrong("\"" + quote(name, 80) + "\" is no header, or its value no header's");
    return ok();
}

Result<void> check_kind(const EmailChannel& email) {
    VERITAG_CHECK(outbound::parse_mailbox(email.server.from));
    if (email.server.host.empty()) return wrong("no mail server is named");
    if (email.to.empty()) return wrong("nobody is named to send mail to");
    for (const std::string& each : email.to) VERITAG_CHECK(outbound::parse_mailbox(each));
    return ok();
}

Result<void> check_kind(const IssueChannel& issues) {
    if (!issues.api.empty()) VERITAG_CHECK(check_url(issues.api));
    const std::vector<std::string_view> parts = split(issues.repository, '/');
    const bool right_depth = issues.forge == Forge::gitlab ? parts.size() >= 2 && parts.size() <= 20 : parts.size() == 2;
    if (!right_depth || !std::all_of(parts.begin(), parts.end(), [](std::string_view part) { return is_plain(part, 255) && part != "." && part != ".."; }))
        return wrong("\"" + quote(issues.repository, 120) + "\" is no repository", issues.forge == Forge::gitlab ? "write group/project" : "write owner/name");
    if (issues.token.empty() || !is_header_text(issues.token)) return wrong("there is no token, or it is none");
    for (const std::string& label : issues.labels)
        if (label.empty() || label.size() > kMaxLabel || !is_header_text(label) || label.find(',') != std::string::npos) return wrong("\"" + quote(label, 80) + "\" is no label");
    return ok();
}

}  // namespace

std::string_view to_string(Forge forge) noexcept {
    switch (forge) {
        case Forge::gitee: return "gitee";
        case Forge::gitcode: return "gitcode";
        case Forge::github: return "github";
        case Forge::gitlab: return "gitlab";
    }
    return "?";
}

std::string_view public_api(Forge forge) noexcept {
    switch (forge) {
        case Forge::gitee: return "https://gitee.com/api/v5";
        case Forge::gitcode: return "https://api.gitcode.com/api/v5";
        case Forge::github: return "https://api.github.com";
        case Forge::gitlab: return "https://gitlab.com/api/v4";
    }
    return "";
}

Result<void> check_channel(const Channel& channel) {
    const std::string where = "channel \"" + quote(channel.name, 80) + "\"";
    const auto at = [&](const Result<void>& checked) -> Result<void> {
        if (!checked) return checked.error().at(where);
        return ok();
    };
    if (!is_plain(channel.name, kMaxName)) return at(wrong("a name has letters, digits, dots, dashes and underscores, at most " + std::to_string(kMaxName)));
    if (channel.filter.least == Severity::info) return at(wrong("info findings are never told"));
    if (channel.limit.sends == 0 || channel.limit.window <= std::chrono::seconds(0)) return at(wrong("its limit allows nothing"));
    for (const std::vector<std::string>* globs : {&channel.filter.targets, &channel.filter.codes})
        for (const std::string& glob : *globs) VERITAG_CHECK(at(rules::check_glob(glob)));
    return at(std::visit([](const auto& kind) { return check_kind(kind); }, channel.kind));
}

}  // namespace veritag::notify
