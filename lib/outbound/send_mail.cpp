#include "base/base64.h"
#include "base/text.h"
#include "base/url.h"
#include "outbound/curl_transfer.h"
#include "outbound/mail.h"

#include <algorithm>
#include <cstring>

namespace veritag::outbound {
namespace {

constexpr std::string_view kWhat = "send mail";
constexpr std::size_t kMaxReplyLine = 1000;

// The message while it is read, and the relay's last answer.
struct Conversation {
    std::string_view left;
    std::string answer;
};

std::size_t on_read(char* to, std::size_t size, std::size_t count, void* self) {
    auto& left = static_cast<Conversation*>(self)->left;
    const std::size_t taken = std::min(left.size(), size * count);
    std::memcpy(to, left.data(), taken);
    left.remove_prefix(taken);
    return taken;
}

unsigned code_of(std::string_view line) { return static_cast<unsigned>(parse_u64(line.substr(0, 3)).value_or(0)); }

// libcurl passes the relay's lines on as headers. A good-bye (221) says nothing about the mail.
std::size_t on_line(const char* data, std::size_t, std::size_t size, void* self) {
    const std::string_view line = trim({data, std::min(size, kMaxReplyLine)});
    if (code_of(line) != 221) static_cast<Conversation*>(self)->answer = line;
    return size;
}

Result<std::string> url_of(const MailServer& server, const std::string& where) {
    const bool v6 = server.host.find(':') != std::string::npos;
    const Result<Url> url = parse_url("http://" + (v6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port));
    if (!url || url->target != "/" || url->origin.host != to_lower(server.host) || url->origin.port != server.port)
        return Error{ErrorCode::config, std::string(kWhat), where, "host and port name no mail server", ""};
    return (server.tls == MailTls::implicit_tls ? "smtps://" : "smtp://") + url->origin.host_and_port();
}

// RFC 4954, 6: authentication is wanted, too weak, failed, or needs encryption.
bool is_about_login(unsigned code) noexcept { return code == 530 || code == 534 || code == 535 || code == 538; }

// What the relay said, unless it repeats our password.
std::string words_of(const MailServer& server, std::string_view answer) {
    const std::string plain = base64_encode(std::string(1, '\0') + server.username + std::string(1, '\0') + server.password);
    const auto holds = [&](std::string_view secret) { return !secret.empty() && answer.find(secret) != std::string_view::npos; };
    if (holds(server.password) || holds(plain) || (!server.password.empty() && holds(base64_encode(server.password)))) return std::string(answer.substr(0, 3));
    return quote(answer);
}

Error error_of(const MailServer& server, Error error, std::string_view answer) {
    const unsigned code = code_of(answer);
    if (error.code == ErrorCode::auth || is_about_login(code)) {
        error.code = ErrorCode::auth;
        error.saw = code >= 400 ? "the login was refused (" + std::to_string(code) + ")" : "no way to log in that both sides know";
        error.hint = "check username and password, and whether this relay wants them";
    } else if ((error.code == ErrorCode::network || error.code == ErrorCode::protocol) && code >= 400) {
        error.code = code < 500 ? ErrorCode::server : ErrorCode::config;
        error.saw = "the relay answered " + words_of(server, answer);
    }
    return error;
}

}  // namespace

Result<void> send_mail(const MailServer& server, const Mail& mail, const std::stop_token& stop) {
    const std::string where = quote(server.host, 80) + ":" + std::to_string(server.port);
    VERITAG_TRY(const std::string url, url_of(server, where));
    VERITAG_TRY(const std::string message, mail_message(server.from, mail));
    VERITAG_TRY(const Mailbox from, parse_mailbox(server.from));
    CurlList recipients;
    for (const std::string& each : mail.to) {
        VERITAG_TRY(const Mailbox to, parse_mailbox(each));
        recipients.add("<" + to.address + ">");
    }
    const bool plain = server.tls == MailTls::none;
    CurlTransfer transfer(plain && !server.allow_plaintext ? Reachable::loopback_only : Reachable::all, server.timeout, server.ca_file);
    Conversation conversation{message, ""};
    transfer.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    transfer.set(CURLOPT_URL, url.c_str());
    transfer.set(CURLOPT_PROXY, "");
    transfer.set(CURLOPT_USE_SSL, static_cast<long>(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!server.username.empty()) {
        transfer.set(CURLOPT_USERNAME, server.username.c_str());
        transfer.set(CURLOPT_PASSWORD, server.password.c_str());
    }
    transfer.set(CURLOPT_MAIL_FROM, ("<" + from.address + ">").c_str());
    transfer.set(CURLOPT_MAIL_RCPT, recipients.get());
    transfer.set(CURLOPT_UPLOAD, 1L);
    transfer.set(CURLOPT_READFUNCTION, &on_read);
    transfer.set(CURLOPT_READDATA, static_cast<void*>(&conversation));
    transfer.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message.size()));
    transfer.set(CURLOPT_HEADERFUNCTION, &on_line);
    transfer.set(CURLOPT_HEADERDATA, static_cast<void*>(&conversation));
    const Result<void> sent = transfer.run(kWhat, where, stop);
    if (!sent) return error_of(server, sent.error(), conversation.answer);
    return ok();
}

}  // namespace veritag::outbound
