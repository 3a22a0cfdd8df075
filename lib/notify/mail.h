// A notice as a mail.
#pragma once

#include "notify/channel.h"
#include "notify/notice.h"
#include "outbound/mail.h"

namespace veritag::notify {

/// For an e-mail channel. The Message-ID is the same for every try; the date is the run's.
outbound::Mail mail_of(const Channel& channel, const Notice& notice);

}  // namespace veritag::notify
