#include "stream/tar.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <algorithm>
#include <utility>

namespace veritag::stream {
namespace {

constexpr std::string_view kWhat = "read path";

Error malformed(std::string_view path, std::string saw) { return {ErrorCode::malformed, std::string(kWhat), "\"" + quote(path) + "\"", std::move(saw), ""}; }

}  // namespace

Result<std::string> normalise_path(std::string_view path, const Limits& limits) {
    if (path.size() > limits.path_bytes)
        return limit_error(kWhat, "\"" + quote(path) + "\"", path.size(), "limits.path_bytes", limits.path_bytes);
    if (path.find('\0') != std::string_view::npos) return malformed(path, "it holds a NUL");
    std::string normal;
    normal.reserve(path.size());
    for (std::size_t start = 0; start < path.size();) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        const std::string_view part = path.substr(start, end - start);
        start = end + 1;
        if (part.empty() || part == ".") continue;
        if (part == "..") return malformed(path, "a \"..\" part could lead out of the image");
        if (!normal.empty()) normal += '/';
        normal += part;
    }
    return normal;
}

}  // namespace veritag::stream
