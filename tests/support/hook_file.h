// Requests to /hooks/NAME as tests/data/hooks keeps them.
#pragma once

#include "hooks/hook_request.h"

#include <string_view>

namespace veritag {

/// Reads `METHOD PATH_REST[?QUERY]`, header lines, an empty line and the body. Views into `text`; any text gives some request.
inline hooks::HookRequest read_hook_file(std::string_view text) {
    const auto take = [&text](std::string_view end) {
        const std::size_t at = text.find(end);
        const std::string_view part = text.substr(0, at);
        text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
        return part;
    };
    hooks::HookRequest request;
    std::string_view line = take("\n");
    const std::size_t space = line.find(' ');
    request.method = line.substr(0, space);
    line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
    const std::size_t question = line.find('?');
    request.path_rest = line.substr(0, question);
    if (question != std::string_view::npos) request.query = line.substr(question + 1);
    for (line = take("\n"); !line.empty(); line = take("\n")) {
        const std::size_t colon = line.find(':');
        request.headers.emplace_back(line.substr(0, colon), colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1));
    }
    request.body = text;
    return request;
}

}  // namespace veritag
