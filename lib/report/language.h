// Which of the languages somebody reads.
#pragma once

#include "report/writers.h"

#include <optional>
#include <string_view>

namespace veritag::report {

/// Of `--lang`: `en`, `zh`.
std::optional<Language> language_from(std::string_view name) noexcept;
std::string_view name_of(Language language) noexcept;

/// Of a POSIX locale such as `zh_CN.UTF-8`. Every other one than Chinese reads English.
Language language_of_locale(std::string_view locale) noexcept;

/// Of the three variables that name the locale of messages, the first that is not empty decides (POSIX.1-2017, 8.2): LC_ALL, LC_MESSAGES, LANG.
Language language_of_locales(std::string_view lc_all, std::string_view lc_messages, std::string_view lang) noexcept;

}  // namespace veritag::report
