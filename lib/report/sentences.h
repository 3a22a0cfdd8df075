// The Chinese of what veritag says in English: sentences of findings, errors, and notes in evidence. All of these are made and stored in
// English alone; here stand the patterns of them, with holes for what they are about, and what each is in Chinese. So reports of old
// audits are Chinese, too.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

/// What a row of the table gives. Parts of others stand in a hole that names them: `{2:why}`.
enum class Part {
    sentence,  ///< Finding::message, or the front of one that goes on with advice
    why,       ///< why a claim is not proven
    start,     ///< what to start a Dockerfile from
    folder,    ///< the folder in which a path names no file, and what else is wrong with the path
    unknown,   ///< why the value of a build argument cannot be told
    distrust,  ///< why the name of a base proves nothing
    mistake,   ///< in a Dockerfile or a YAML file
    rule,      ///< the title of a tag's rule
    detail,    ///< Evidence::detail of a file, where it is no text of the image
    kin,       ///< Evidence::detail of an ELF file, or of what an image is built on
    problem,   ///< Problem::message
    error,     ///< Error::message(), or why a run has no end
    action,    ///< Error::what
    place,     ///< Error::where, or what goes on behind an outer place
    saw,       ///< Error::saw
    hint,      ///< Error::hint
    reason,    ///< Skipped::reason
    note,      ///< one of ListedTarget::notes
    reply,     ///< what the HTTP API answers where it refuses, and no error says it
    last = reply,
};

/// `{1}` is any text and `{2:list}` text of that kind: a Part, `number`, `word` (without blanks), `digest`, or one of the lists of sentences.cpp. Other braces are braces.
struct Sentence {
    Part part = Part::sentence;
    std::string_view english;
    std::string_view chinese;  ///< the same holes by their numbers, in any order
};

/// All of them, in the order in which they are tried.
const std::vector<Sentence>& sentences();

/// The tables of it: what is said about images and declarations; about registries, archives and what stands in them; about a daemon's runs;
/// and about the content of layers, with what every error is made of.
std::span<const Sentence> sentences_of_findings() noexcept;
std::span<const Sentence> sentences_of_sources() noexcept;
std::span<const Sentence> sentences_of_daemon() noexcept;
std::span<const Sentence> sentences_of_content() noexcept;

struct Translation {
    std::string chinese;
    std::vector<std::string> facts;  ///< what stood in the holes of the English sentence; each stands in the Chinese one
};

/// The Chinese of an English text of that part; nullopt where no pattern gives exactly that text, or it is too long to look for one.
/// The time is bounded whatever the text: values in it are an image's, and may be made to look like patterns.
std::optional<Translation> translate(std::string_view english, Part part = Part::sentence);

}  // namespace veritag::report
