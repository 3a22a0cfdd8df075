#include "report/language.h"

#include "base/text.h"

namespace veritag::report {

std::optional<Language> language_from(std::string_view name) noexcept {
    if (name == "en") return Language::en;
    if (name == "zh") return Language::zh;
    return std::nullopt;
}

std::string_view name_of(Language language) noexcept { return language == Language::zh ? "zh" : "en"; }

Language language_of_locale(std::string_view locale) noexcept {
    const std::string_view language = locale.substr(0, locale.find_first_of("_-.@"));
    return equals_ignoring_case(language, "zh") ? Language::zh : Language::en;
}

Language language_of_locales(std::string_view lc_all, std::string_view lc_messages, std::string_view lang) noexcept {
    return language_of_locale(!lc_all.empty() ? lc_all : !lc_messages.empty() ? lc_messages : lang);
}

}  // namespace veritag::report
