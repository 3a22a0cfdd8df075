// modules: outbound
// Input: sender, recipient and subject in a line each, then a body. A message that is made is lines of ASCII that end with CRLF, has the
// headers that it should have and no other, and keeps the body's text.
#include "outbound/mail.h"

#include "base/base64.h"
#include "base/text.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace veritag;

namespace {

std::string_view next_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

void check_lines(std::string_view message) {
    std::size_t column = 0;
    for (std::size_t i = 0; i < message.size(); ++i) {
        const char c = message[i];
        if (c == '\r') VERITAG_ASSERT(i + 1 < message.size() && message[i + 1] == '\n');
        if (c == '\n') VERITAG_ASSERT(i > 0 && message[i - 1] == '\r');
        VERITAG_ASSERT(static_cast<unsigned char>(c) < 0x80 && (c >= 0x20 || c == '\r' || c == '\n' || c == '\t'));
        column = c == '\n' ? 0 : column + 1;
        VERITAG_ASSERT(column <= 998);
    }
    VERITAG_ASSERT(message.ends_with("\r\n"));
}

void check_headers(std::string_view head) {
    static constexpr std::array<std::string_view, 9> kNames{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding"};
    std::size_t next = 0;
    for (const std::string_view line : split(head, '\n')) {
        if (line.starts_with(' ')) continue;
        VERITAG_ASSERT(next < kNames.size() && line.starts_with(kNames[next]) && line.substr(kNames[next].size()).starts_with(":"));
        ++next;
    }
    VERITAG_ASSERT(next == kNames.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string_view from = next_line(rest);
    outbound::Mail mail;
    mail.to = {std::string(next_line(rest))};
    mail.subject = next_line(rest);
    mail.body = rest;
    mail.message_id = "a@b";
    for (const std::string_view text : {from, std::string_view(mail.to[0])})
        if (const auto box = outbound::parse_mailbox(text)) VERITAG_ASSERT(box->address.find_first_of("<>\r\n ,;") == std::string::npos && is_valid_utf8(box->name));
    const auto message = outbound::mail_message(from, mail);
    if (!message) return 0;
    check_lines(*message);
    const std::size_t end = message->find("\r\n\r\n");
    VERITAG_ASSERT(end != std::string::npos);
    check_headers(std::string_view(*message).substr(0, end));
    return 0;
}
