#include "report/messages.h"

#include "report/sentences.h"

#include <utility>

namespace veritag::report {

std::string message_for(const Finding& finding, Language language) {
    if (language == Language::en) return finding.message;
    if (std::optional<Translation> translation = translate(finding.message)) return std::move(translation->chinese);
    // A sentence of another version, or a text made to look like none, is named in Chinese and told in English rather than not at all.
    const std::string_view name = name_of_code(finding.code, Language::zh);
    return name == finding.code ? finding.message : std::string(name) + "：" + finding.message;
}

}  // namespace veritag::report
