#include "base/text.h"
#include "rules/rules.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace veritag::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostPackBytes = 1 << 20;
constexpr std::size_t kMostPacks = 10'000;

Error cannot_read(const std::string& path, const std::string& why) {
    return {ErrorCode::config, "read rule packs", quote(path), quote(why), ""};
}

Result<std::string> read_text(const fs::path& path) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) return cannot_read(path.string(), error.message());
    if (size > kMostPackBytes)
        return cannot_read(path.string(), std::to_string(size) + " bytes (limit " + std::to_string(kMostPackBytes) + ")");
    std::ifstream in(path, std::ios::binary);
    std::string text(static_cast<std::size_t>(size), '\0');
    in.read(text.data(), static_cast<std::streamsize>(size));
    if (!in || static_cast<std::uintmax_t>(in.gcount()) != size) return cannot_read(path.string(), "the file could not be read whole");
    return text;
}

}  // namespace

Result<std::vector<PackText>> read_packs(const std::string& directory) {
    std::error_code error;
    if (!fs::is_directory(directory, error))
        return Error{ErrorCode::config, "read rule packs", quote(directory), "no such directory",
                     "name a directory with *.yaml rule packs"};
    std::vector<fs::path> paths;
    for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
        const bool is_file = it->is_regular_file(error);
        if (error) break;
        if (is_file && it->path().extension() == ".yaml") paths.push_back(it->path());
        if (paths.size() > kMostPacks) return cannot_read(directory, "more than " + std::to_string(kMostPacks) + " packs");
    }
    if (error) return cannot_read(directory, error.message());
    if (paths.empty())
        return Error{ErrorCode::config, "read rule packs", quote(directory), "no *.yaml file", "name a directory with *.yaml rule packs"};
    std::sort(paths.begin(), paths.end());
    std::vector<PackText> packs;
    for (const fs::path& path : paths) {
        VERITAG_TRY(std::string text, read_text(path));
        packs.push_back({path.string(), std::move(text), directory});
    }
    return packs;
}

}  // namespace veritag::rules
