// Mail: what a message looks like on the wire (RFC 5322, RFC 2045 to 2047) and how it reaches a relay (RFC 5321, RFC 3207).
#pragma once

#include "base/result.h"
#include "base/times.h"

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::outbound {

/// A person or list that mail comes from or goes to.
struct Mailbox {
    std::string name;     ///< UTF-8, empty for none
    std::string address;  ///< `local@domain`, ASCII
};

/// `user@host.example` or `Some Name <user@host.example>`, the name perhaps in double quotes. Refuses (`config`) control characters,
/// addresses that are not ASCII, quoted local parts and whatever else could end a header or an SMTP command early.
Result<Mailbox> parse_mailbox(std::string_view text);

struct Mail {
    std::vector<std::string> to;  ///< as parse_mailbox() reads them; at least one
    std::string subject;          ///< UTF-8; control characters become spaces
    std::string body;             ///< UTF-8 text, lines end with "\n"
    std::string message_id;       ///< `unique@domain`, without angle brackets; the same one for every try of the same mail
    SystemTime date;
};

/// The whole message with CRLF line ends: headers of at most 78 bytes a line, folded, non-ASCII text as encoded words; the body as
/// quoted-printable or base64, whichever is shorter. Marked as made by a program (RFC 3834), so that nobody's holiday reply answers.
/// A `config` error names an address or id that cannot be written.
Result<std::string> mail_message(std::string_view from, const Mail& mail);

enum class MailTls : std::uint8_t {
    starttls,      ///< plain connection, then TLS or nothing; port 587 by habit
    implicit_tls,  ///< TLS from the first byte; port 465 by habit
    none,          ///< no TLS: to the own machine, or where `allow_plaintext` says so
};

/// The relay that takes mail from us. The operator names it, and most stand in the own network, so the address policy of fetch() does not
/// apply. Proxies are not used: they do not let mail through.
struct MailServer {
    std::string host;
    std::uint16_t port = 587;
    MailTls tls = MailTls::starttls;
    bool allow_plaintext = false;  ///< with `none`: also to other machines, credentials included
    std::string username;          ///< empty: no login
    std::string password;
    std::string from;              ///< as parse_mailbox() reads it
    std::string ca_file;           ///< PEM file with authorities to trust beside the system's; empty: none
    std::chrono::milliseconds timeout{60'000};  ///< for the whole conversation
};

/// Hands one mail to the relay, to all recipients or to none. Blocks; may be called on many threads at once. TLS is at least 1.2 and
/// verified.
/// Errors: `config` for what a later try cannot mend (the relay's 5xx answers, too); `auth` for refused credentials; `server` for 4xx
/// answers; `network`, `tls`, `timeout`, `cancelled`. They hold no credentials. After `network` or `timeout` the relay may have taken the mail.
Result<void> send_mail(const MailServer& server, const Mail& mail, const std::stop_token& stop);

}  // namespace veritag::outbound
