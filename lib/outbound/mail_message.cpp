// RFC 5322 for lines and headers, RFC 2045 for the body's encodings, RFC 2047 for text in headers that is not ASCII.
#include "outbound/mail.h"

#include "base/base64.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace veritag::outbound {
namespace {

constexpr std::size_t kLine = 76;         // RFC 2045 for bodies, RFC 2047 for header lines with encoded words
constexpr std::size_t kWordBytes = 39;    // "Subject: " and an encoded word of so many bytes are 73 characters
constexpr std::size_t kLongestWord = 60;  // of plain text in a header; longer ones could not be folded
constexpr std::size_t kMaxRecipients = 100;  // what every relay takes (RFC 5321, 4.5.3.1.8)

bool is_printable_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string without_controls(std::string_view text) {
    std::string clean = to_valid_utf8(text);
    std::replace_if(clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return clean;
}

// One header, folded before words that would pass the line's end.
class Header {
public:
    explicit Header(std::string_view name) : text_(std::string(name) + ":"), column_(text_.size()) {}
    void word(std::string_view word) {
        if (column_ + 1 + word.size() > kLine && column_ > 1) {
            text_ += "\r\n";
            column_ = 0;
        }
        text_.append(" ").append(word);
        column_ += 1 + word.size();
    }
    [[nodiscard]] std::string line() const { return text_ + "\r\n"; }

private:
    std::string text_;
    std::size_t column_;
};

// Whole characters only: a reader may decode each word alone.
std::vector<std::string> encoded_words(const std::string& text) {
    std::vector<std::string> words;
    std::size_t start = 0;
    while (start < text.size()) {
        std::size_t end = std::min(start + kWordBytes, text.size());
        while (end < text.size() && end > start + 1 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        words.push_back("=?utf-8?B?" + base64_encode(text.substr(start, end - start)) + "?=");
        start = end;
    }
    return words;
}

// Words of unstructured text. What looks like an encoded word already, or could not be folded, is encoded too.
std::vector<std::string> text_words(std::string_view text) {
    const std::string clean = without_controls(text);
    std::vector<std::string> words;
    for (const std::string_view word : split(clean, ' '))
        if (!word.empty()) words.emplace_back(word);
    const bool plain = is_printable_ascii(clean) && clean.find("=?") == std::string::npos &&
                       std::all_of(words.begin(), words.end(), [](const std::string& word) { return word.size() <= kLongestWord; });
    return plain ? words : encoded_words(clean);
}

std::vector<std::string> mailbox_words(const Mailbox& mailbox) {
    if (mailbox.name.empty()) return {mailbox.address};
    std::vector<std::string> words;
    if (is_printable_ascii(mailbox.name) && mailbox.name.size() <= kLongestWord && mailbox.name.find("=?") == std::string::npos) {
        std::string quoted = "\"";
        for (const char c : mailbox.name) {
            if (c == '"' || c == '\\') quoted += '\\';
            quoted += c;
        }
        words.push_back(quoted + "\"");
    } else {
        words = encoded_words(without_controls(mailbox.name));
    }
    words.push_back("<" + mailbox.address + ">");
    return words;
}

std::string date_text(SystemTime time) {
    static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000", kDays[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                  kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string with_unix_lines(std::string_view text) {
    std::string lines;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool before_newline = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (!before_newline) lines += text[i] == '\r' ? '\n' : text[i];
    }
    if (!lines.ends_with('\n')) lines += '\n';
    return lines;
}

// RFC 2045, 6.7. `text` ends its lines with "\n", the last one too.
std::string quoted_printable(std::string_view text) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            out += "\r\n";
            column = 0;
            continue;
        }
        const bool ends_line = text[i + 1] == '\n';
        const bool blank = (c == ' ' || c == '\t') && !ends_line;
        const bool literal = blank || (c > 0x20 && c < 0x7F && c != '=');
        const std::size_t width = literal ? 1 : 3;
        if (column + width + (ends_line ? 0 : 1) > kLine) {
            out += "=\r\n";
            column = 0;
        }
        const auto byte = static_cast<unsigned char>(c);
        if (literal)
            out += c;
        else
            out += {'=', kHex[byte >> 4U], kHex[byte & 15U]};
        column += width;
    }
    return out;
}

std::string base64_lines(std::string_view text) {
    std::string crlf;
    for (const char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const std::string encoded = base64_encode(crlf);
    std::string out;
    for (std::size_t i = 0; i < encoded.size(); i += kLine) out += encoded.substr(i, kLine) + "\r\n";
    return out;
}

Result<std::string> addressed(std::string_view from, const std::vector<std::string>& to) {
    VERITAG_TRY(const Mailbox sender, parse_mailbox(from));
    Header from_line("From"), to_line("To");
    for (const std::string& word : mailbox_words(sender)) from_line.word(word);
    if (to.empty() || to.size() > kMaxRecipients)
        return Error{ErrorCode::config, "write mail", "", std::to_string(to.size()) + " recipients (1 to " + std::to_string(kMaxRecipients) + ")", ""};
    for (std::size_t i = 0; i < to.size(); ++i) {
        VERITAG_TRY(const Mailbox recipient, parse_mailbox(to[i]));
        std::vector<std::string> words = mailbox_words(recipient);
        if (i + 1 < to.size()) words.back() += ",";
        for (const std::string& word : words) to_line.word(word);
    }
    return from_line.line() + to_line.line();
}

}  // namespace

Result<std::string> mail_message(std::string_view from, const Mail& mail) {
    VERITAG_TRY(std::string message, addressed(from, mail.to));
    const Result<Mailbox> id = parse_mailbox(mail.message_id);  // the same grammar, without a name
    if (!id || id->address != mail.message_id) return Error{ErrorCode::config, "write mail", "", "\"" + quote(mail.message_id, 80) + "\" is no message id", "it is unique@domain"};
    Header subject("Subject");
    for (const std::string& word : text_words(mail.subject)) subject.word(word);
    message += subject.line();
    message += "Date: " + date_text(mail.date) + "\r\nMessage-ID:" + (mail.message_id.size() > kLine - 14 ? "\r\n <" : " <") + mail.message_id + ">\r\n";
    message += "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\nContent-Type: text/plain; charset=utf-8\r\n";

    const std::string text = with_unix_lines(to_valid_utf8(mail.body));
    const std::string readable = quoted_printable(text);
    const std::string packed = base64_lines(text);
    const bool pack = packed.size() < readable.size();
    return message + "Content-Transfer-Encoding: " + (pack ? "base64" : "quoted-printable") + "\r\n\r\n" + (pack ? packed : readable);
}

}  // namespace veritag::outbound
