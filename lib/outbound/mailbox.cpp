#include "outbound/mail.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::outbound {
namespace {

constexpr std::size_t kMaxMailbox = 500;  // with a name of some 160 Chinese characters
constexpr std::size_t kMaxLocal = 64;     // RFC 5321, 4.5.3.1
constexpr std::size_t kMaxDomain = 253;

bool is_alphanumeric(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Parts between dots, none empty (RFC 5322, 3.2.3: dot-atom).
template <class Allowed>
bool is_dotted(std::string_view text, Allowed allowed) {
    const auto parts = split(text, '.');
    return std::all_of(parts.begin(), parts.end(), [&](std::string_view part) { return !part.empty() && std::all_of(part.begin(), part.end(), allowed); });
}

bool is_local(std::string_view text) {
    static constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~";
    return text.size() <= kMaxLocal && is_dotted(text, [](char c) { return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos; });
}

bool is_domain(std::string_view text) {
    return text.size() <= kMaxDomain && is_dotted(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_address(std::string_view text) {
    const auto parts = split_once(text, '@');
    return parts && is_local(parts->first) && is_domain(parts->second);
}

// The name in front of `<address>`; nullopt where quotes do not match or stand inside.
std::optional<std::string> read_name(std::string_view text) {
    if (!text.starts_with('"')) {
        if (text.find_first_of("\"<>") != std::string_view::npos) return std::nullopt;
        return std::string(text);
    }
    std::string name;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') return i + 1 == text.size() ? std::optional(name) : std::nullopt;
        if (text[i] == '\\' && ++i == text.size()) break;
        name += text[i];
    }
    return std::nullopt;
}

}  // namespace

Result<Mailbox> parse_mailbox(std::string_view text) {
    const auto refuse = [&](std::string why) {
        return Error{ErrorCode::config, "read mail address", quote(text), std::move(why), "write user@host.example or Some Name <user@host.example>"};
    };
    const std::string_view whole = trim(text);
    if (whole.size() > kMaxMailbox) return refuse(std::to_string(whole.size()) + " bytes (limit " + std::to_string(kMaxMailbox) + ")");
    if (!is_valid_utf8(whole) || std::any_of(whole.begin(), whole.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
        return refuse("control characters or invalid UTF-8");
    Mailbox mailbox{"", std::string(whole)};
    if (whole.ends_with('>')) {
        const std::size_t open = whole.rfind('<');
        const auto name = open == std::string_view::npos ? std::nullopt : read_name(trim(whole.substr(0, open)));
        if (!name) return refuse("the name is not well formed");
        mailbox.name = *name;
        mailbox.address = trim(whole.substr(open + 1, whole.size() - open - 2));
    }
    if (!is_address(mailbox.address)) return refuse("\"" + quote(mailbox.address, 80) + "\" is no plain ASCII address");
    return mailbox;
}

}  // namespace veritag::outbound
