#include "catalog/swallowed_line.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace veritag::catalog {
namespace {

constexpr std::array<std::string_view, 18> kInstructions{"ADD",        "ARG",    "CMD", "COPY",  "ENTRYPOINT", "ENV",  "EXPOSE", "FROM",   "HEALTHCHECK", "LABEL",
                                                         "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"};

// Text inside quotes may be a program of its own: COPY and FROM are words of SQL, too.
bool ends_in_quotes(std::string_view text) noexcept {
    char open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && open != '\'') {
            ++i;
        } else if (open != 0) {
            if (text[i] == open) open = 0;
        } else if (text[i] == '\'' || text[i] == '"') {
            open = text[i];
        }
    }
    return open != 0;
}

std::string_view first_word(std::string_view text) noexcept { return text.substr(0, text.find_first_of(" \t")); }

}  // namespace

std::optional<std::pair<std::string, std::string>> find_swallowed(std::string_view line, std::string_view before) {
    const std::string_view name = first_word(line), into = first_word(before);
    if (line.find_first_not_of(" \t", name.size()) == std::string_view::npos || std::find(kInstructions.begin(), kInstructions.end(), name) == kInstructions.end()) return std::nullopt;
    if (into.empty()) return std::nullopt;  // an escape character alone: the instruction begins here
    if (equals_ignoring_case(into, "ONBUILD") || (equals_ignoring_case(into, "HEALTHCHECK") && name == "CMD") || ends_in_quotes(before)) return std::nullopt;
    return std::pair{std::string(name), std::string(into)};
}

}  // namespace veritag::catalog
