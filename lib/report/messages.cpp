#include "report/messages.h"

#include "base/text.h"
#include "report/sentences.h"

#include <utility>

namespace veritag::report {
namespace {

// Chinese as far as the text is known; a text of another version, or one made to look like none, is told in English rather than not at all.
std::string known(std::string_view text, Part part) {
    std::optional<Translation> translation = translate(text, part);
    return translation ? std::move(translation->chinese) : std::string(text);
}

// Blanks in a path could make it look like words of ours: one that has them is put aside meanwhile. In the message it is quoted, and so may be
// cut; what was quoted has no control characters.
std::string known_of(const std::string& path, const std::string& message) {
    constexpr std::string_view kAside = "\x01";
    if (path.find(' ') == std::string::npos) return known(message, Part::problem);
    if (message.find(kAside) != std::string::npos) return message;
    const std::string shown = quote(path);
    return replace_all(known(replace_all(message, shown, kAside), Part::problem), kAside, shown);
}

}  // namespace

std::string message_for(const Finding& finding, Language language) {
    if (language == Language::en) return finding.message;
    if (std::optional<Translation> translation = translate(finding.message)) return std::move(translation->chinese);
    const std::string_view name = name_of_code(finding.code, Language::zh);
    return name == finding.code ? finding.message : std::string(name) + "：" + finding.message;
}

std::string message_for(const Error& error, Language language) {
    std::optional<Translation> action = language == Language::en ? std::nullopt : translate(error.what, Part::action);
    if (!action) return error.message();
    std::string text = std::move(action->chinese);
    if (!error.where.empty()) text += "：" + known(error.where, Part::place);
    if (!error.saw.empty()) text += "：" + known(error.saw, Part::saw);
    if (!error.hint.empty()) text += "；" + known(error.hint, Part::hint);
    return text;
}

std::string message_for(const Problem& problem, Language language) { return language == Language::en ? problem.message : known_of(problem.path, problem.message); }

std::string error_text_for(const std::string& message, Language language) { return language == Language::en ? message : known(message, Part::error); }

std::string reply_for(const std::string& detail, Language language) {
    if (language == Language::en) return detail;
    std::optional<Translation> translation = translate(detail, Part::reply);
    return translation ? std::move(translation->chinese) : known(detail, Part::error);
}

std::string reason_for(const Skipped& skipped, Language language) { return language == Language::en ? skipped.reason : known(skipped.reason, Part::reason); }

std::string note_for(const std::string& note, Language language) { return language == Language::en ? note : known(note, Part::note); }

std::string detail_for(const Evidence& evidence, Language language) {
    if (language == Language::en) return evidence.detail;
    // What a package, a variable or a label is called is the image's own; a file of no layer is named for what could not be read of it.
    switch (evidence.source) {
        case EvidenceSource::file: return evidence.layer < 0 ? known_of(evidence.path, evidence.detail) : known(evidence.detail, Part::detail);
        case EvidenceSource::elf:
        case EvidenceSource::history: return known(evidence.detail, Part::kin);
        case EvidenceSource::package:
        case EvidenceSource::environment:
        case EvidenceSource::label: break;
    }
    return evidence.detail;
}

}  // namespace veritag::report
