// The Chinese of the findings' sentences. A finding is made and stored with its English sentence alone; here stand the patterns of all of
// them, with holes for what they are about, and what each is in Chinese. So reports of old audits are Chinese, too.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {

/// Where a row of the table can stand. All but `sentence` are parts of others, in a hole that names them: `{2:why}`.
enum class Part {
    sentence,  ///< a whole message, or the front of one that goes on with advice
    why,       ///< why a claim is not proven
    start,     ///< what to start a Dockerfile from
    folder,    ///< the folder in which a path names no file, and what else is wrong with the path
    unknown,   ///< why the value of a build argument cannot be told
    distrust,  ///< why the name of a base proves nothing
    mistake,   ///< in a Dockerfile or a YAML file
    error,     ///< Error::message() of a file that could not be read
    rule,      ///< the title of a tag's rule
    last = rule,
};

/// `{1}` is any text and `{2:list}` text of that kind: a Part, `number`, or one of the lists of sentences.cpp. Other braces are braces.
struct Sentence {
    Part part = Part::sentence;
    std::string_view english;
    std::string_view chinese;  ///< the same holes by their numbers, in any order
};

/// In the order in which they are tried.
std::span<const Sentence> sentences() noexcept;

struct Translation {
    std::string chinese;
    std::vector<std::string> facts;  ///< what stood in the holes of the English sentence; each stands in the Chinese one
};

/// The Chinese of an English sentence; nullopt where no pattern gives exactly that sentence, or it is too long to look for one.
/// The time is bounded whatever the text: values in it are an image's, and may be made to look like patterns.
std::optional<Translation> translate(std::string_view english);

}  // namespace veritag::report
