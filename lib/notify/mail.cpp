#include "notify/mail.h"

#include "notify/text.h"
#include "notify/webhook.h"

namespace veritag::notify {

outbound::Mail mail_of(const Channel& channel, const Notice& notice) {
    const auto& email = std::get<EmailChannel>(channel.kind);
    const Result<outbound::Mailbox> from = outbound::parse_mailbox(email.server.from);  // a wrong one is an error when it is sent
    const std::string domain = from ? from->address.substr(from->address.find('@') + 1) : "localhost";
    return {.to = email.to,
            .subject = mail_subject(notice, channel.language),
            .body = mail_body(notice, channel.language),
            .message_id = delivery_id(channel, notice) + "@" + domain,
            .date = notice.when};
}

}  // namespace veritag::notify
