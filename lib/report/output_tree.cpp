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
#include <random>
#include <system_error>

namespace veritag::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameBytes = 200;  // file systems take 255, with `.md` behind it
constexpr std::size_t kHashDigits = 16;
constexpr int kTries = 16;  // for a name that is not there yet
// No page and no directory of page_path() begins with a dot, so neither can be in the way of these.
constexpr std::string_view kTreeMark = ".veritag-tree";
constexpr std::string_view kUnfinished = ".veritag-";

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

bool is_tree(const fs::path& directory) {
    std::error_code error;
    return fs::exists(fs::symlink_status(directory / kTreeMark, error));
}

// A new file with a name that nobody can foresee: whatever has that name already is somebody else's, and stays.
std::FILE* create_unfinished(const fs::path& directory, fs::path& path) {
    std::random_device random;
    for (int i = 0; i < kTries; ++i) {
        char digits[17];
        std::snprintf(digits, sizeof digits, "%08x%08x", random(), random());
        path = directory / (std::string(kUnfinished) + digits);
        errno = 0;
        std::FILE* file = std::fopen(path.c_str(), "wbx");
        if (file != nullptr || errno != EEXIST) return file;
    }
    return nullptr;
}

// Under another name first, so that a reader never sees half a page.
Result<void> write_whole(const fs::path& path, std::string_view text) {
    fs::path unfinished;
    std::FILE* file = create_unfinished(path.parent_path(), unfinished);
    if (file == nullptr) return failed("write page", path, std::strerror(errno));
    const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    int reason = errno;
    const bool closed = std::fclose(file) == 0;
    if (whole && !closed) reason = errno;
    std::error_code error, ignored;
    if (whole && closed) fs::rename(unfinished, path, error);
    if (whole && closed && !error) return ok();
    fs::remove(unfinished, ignored);
    return failed("write page", path, error ? error.message() : std::strerror(reason));
}

Error foreign(const fs::path& path, const std::string& what) { return Error{ErrorCode::io, "write page", quote(path.string(), 1000), what, "the page was not written; move it away, or write to another directory"}; }

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
    if (!is_tree(directory))
        if (const Result<void> marked = write_whole(fs::path(directory) / kTreeMark, "The pages below were written by veritag report --output-tree.\n"); !marked) return marked.error();
    return OutputTree(directory);
}

void OutputTree::put(const std::string& path, std::string_view page) {
    put_.insert(path);
    fs::path place = root_;
    const std::vector<std::string_view> parts = split(path, '/');
    std::error_code error;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        place /= parts[i];
        fs::create_directory(place, error);
        const std::error_code reason = error;
        const fs::file_type type = fs::symlink_status(place, error).type();
        if (type == fs::file_type::directory && !is_tree(place)) continue;  // a link could lead anywhere
        const fs::path whole = fs::path(root_) / path;
        if (type == fs::file_type::directory)
            failures_.push_back(foreign(whole, quote(place.string(), 1000) + " is the root of another output tree"));
        else if (type == fs::file_type::not_found || type == fs::file_type::none)
            failures_.push_back(failed("make directory", place, reason.message()));
        else
            failures_.push_back(foreign(whole, quote(place.string(), 1000) + " is no directory"));
        return;
    }
    place /= parts.back();
    const std::string text = std::string(kPageMarker) + "\n\n" + std::string(page);
    const fs::file_type type = fs::symlink_status(place, error).type();
    if (type != fs::file_type::not_found && (type != fs::file_type::regular || !is_own(place))) {
        failures_.push_back(foreign(place, "something stands there that veritag did not write"));
        return;
    }
    if (type == fs::file_type::regular && read_whole(place) == text) {
        ++unchanged_;
        return;
    }
    if (Result<void> done = write_whole(place, text); !done)
        failures_.push_back(done.error());
    else
        ++written_;
}

void OutputTree::remove_others() {
    std::vector<fs::path> others;
    std::error_code error;
    for (fs::recursive_directory_iterator each(root_, error), end; !error && each != end; each.increment(error)) {
        const fs::path& path = each->path();
        const fs::file_type type = each->symlink_status(error).type();
        if (type == fs::file_type::directory && (path.filename().native().starts_with('.') || is_tree(path))) each.disable_recursion_pending();
        if (type != fs::file_type::regular || path.extension() != ".md") continue;
        if (!put_.contains(path.lexically_relative(root_).generic_string()) && is_own(path)) others.push_back(path);
    }
    if (error) failures_.push_back(failed("look for pages of tags that are gone", root_, error.message()));
    for (const fs::path& path : others) {
        if (!fs::remove(path, error)) {
            failures_.push_back(failed("remove page", path, error.message()));
            continue;
        }
        ++removed_;
        // Directories above it, as long as nothing is left in them; removing one that is not empty fails.
        for (fs::path above = path.parent_path(); above != fs::path(root_) && fs::remove(above, error); above = above.parent_path()) {
        }
    }
}

}  // namespace veritag::report
