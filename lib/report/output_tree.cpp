#include "report/output_tree.h"

#include "base/digest.h"
#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

namespace veritag::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameBytes = 200;  // file systems take 255, with `.md` and `.new` behind it
constexpr std::size_t kHashDigits = 16;
constexpr std::string_view kUnfinished = ".new";

std::string safe_name(std::string_view name) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string safe;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || (c == '.' && i > 0);
        const auto byte = static_cast<unsigned char>(c);
        if (plain)
            safe += c;
        else
            safe += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
    if (safe.empty()) return "%";  // nothing else is written so
    if (safe.size() > kNameBytes) safe = safe.substr(0, kNameBytes - kHashDigits - 1) + "~" + std::string(sha256_of(name).hex().substr(0, kHashDigits));
    return safe;
}

Error failed(std::string what, const fs::path& path, const std::string& reason) { return {ErrorCode::io, std::move(what), quote(path.string(), 1000), reason, ""}; }

std::optional<std::string> read_whole(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    if (!in) return std::nullopt;
    return text;
}

bool is_own(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string start(kPageMarker.size(), '\0');
    in.read(start.data(), static_cast<std::streamsize>(start.size()));
    return in && start == kPageMarker;
}

// Under another name first, so that a reader never sees half a page. The name is new: whatever stood there would be somebody's link.
Result<void> write_whole(const fs::path& path, std::string_view text) {
    fs::path unfinished = path;
    unfinished += kUnfinished;
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    errno = 0;
    std::FILE* file = std::fopen(unfinished.c_str(), "wbx");
    if (file == nullptr) return failed("write page", path, std::strerror(errno));
    const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = std::fclose(file) == 0;
    std::error_code error;
    if (whole && closed) fs::rename(unfinished, path, error);
    if (whole && closed && !error) return ok();
    const std::string reason = error ? error.message() : std::strerror(errno);
    fs::remove(unfinished, ignored);
    return failed("write page", path, reason);
}

}  // namespace

std::string page_path(std::string_view registry, std::string_view repository, std::string_view tag) {
    std::string path = safe_name(registry);
    for (const std::string_view part : split(repository, '/')) path += "/" + safe_name(part);
    return path + "/" + safe_name(tag) + ".md";
}

Result<OutputTree> OutputTree::open(const std::string& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return failed("make directory", directory, error.message());
    return OutputTree(directory);
}

Result<void> OutputTree::put(const std::string& path, std::string_view page) {
    put_.insert(path);
    fs::path place = root_;
    const std::vector<std::string_view> parts = split(path, '/');
    std::error_code error;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        place /= parts[i];
        fs::create_directory(place, error);
        if (fs::symlink_status(place, error).type() == fs::file_type::directory) continue;  // a link could lead anywhere
        if (!fs::exists(fs::symlink_status(place, error))) return failed("make directory", place, error.message());
        refused_.push_back(path);
        return ok();
    }
    place /= parts.back();
    const std::string text = std::string(kPageMarker) + "\n\n" + std::string(page);
    const fs::file_type type = fs::symlink_status(place, error).type();
    if (type != fs::file_type::not_found && (type != fs::file_type::regular || !is_own(place))) {
        refused_.push_back(path);
        return ok();
    }
    if (type == fs::file_type::regular && read_whole(place) == text) {
        ++unchanged_;
        return ok();
    }
    if (Result<void> done = write_whole(place, text); !done) return done;
    ++written_;
    return ok();
}

Result<void> OutputTree::remove_others() {
    std::vector<fs::path> others;
    std::error_code error;
    for (fs::recursive_directory_iterator each(root_, error), end; !error && each != end; each.increment(error)) {
        const fs::path& path = each->path();
        const fs::file_type type = each->symlink_status(error).type();
        if (type == fs::file_type::directory && path.filename().native().starts_with('.')) each.disable_recursion_pending();
        if (type != fs::file_type::regular || path.extension() != ".md") continue;
        if (!put_.contains(path.lexically_relative(root_).generic_string()) && is_own(path)) others.push_back(path);
    }
    if (error) return failed("look for pages of tags that are gone", root_, error.message());
    for (const fs::path& path : others) {
        if (!fs::remove(path, error)) return failed("remove page", path, error.message());
        ++removed_;
        // Directories above it, as long as nothing is left in them; removing one that is not empty fails.
        for (fs::path above = path.parent_path(); above != fs::path(root_) && fs::remove(above, error); above = above.parent_path()) {
        }
    }
    return ok();
}

}  // namespace veritag::report
