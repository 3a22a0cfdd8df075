#include "store/place.h"

#include "base/log.h"
#include "base/text.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace veritag::store {
namespace {

namespace fs = std::filesystem;

Error cannot(std::string what, const std::string& path, const std::string& why) {
    return {ErrorCode::io, std::move(what), quote(path), why, "name another file with --store, or use --no-store"};
}

std::optional<std::string> absolute_path_of(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value != '/') return std::nullopt;
    return value;
}

// Like `mkdir -p`, but what is made is private (std::filesystem makes directories with the rights that the umask leaves).
Result<void> make_private_directories(const fs::path& directory) {
    std::error_code error;
    if (directory.empty() || fs::is_directory(directory, error)) return ok();
    VERITAG_CHECK(make_private_directories(directory.parent_path()));
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return cannot("make the store's directory", directory.string(), std::strerror(errno));
    return ok();
}

}  // namespace

std::optional<std::string> default_store_path() {
    constexpr std::string_view kFile = "/veritag/store.sqlite";
    if (const auto cache = absolute_path_of("XDG_CACHE_HOME")) return *cache + std::string(kFile);
    if (const auto home = absolute_path_of("HOME")) return *home + "/.cache" + std::string(kFile);
    return std::nullopt;
}

Result<void> make_private_file(const std::string& path) {
    VERITAG_CHECK(make_private_directories(fs::path(path).parent_path()));
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_EXCL, 0600);
    // One that is there keeps its rights, and is not opened here: closing it would end the locks that SQLite holds on it elsewhere in
    // this process (sqlite.org/howtocorrupt.html, section 2.2).
    if (descriptor < 0 && errno != EEXIST) return cannot("make the store", path, std::strerror(errno));
    if (descriptor >= 0) ::close(descriptor);
    return ok();
}

FileIdentity file_identity(const std::string& path) noexcept {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return {};
    return {.device = found.st_dev, .inode = found.st_ino};
}

Result<std::optional<std::string>> set_aside(const std::string& path, const FileIdentity& damaged) {
    constexpr const char* kWhat = "set the damaged store aside";
    // The lock is on the file itself, so whoever waited for it sees that the name has moved on.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno == ENOENT ? Result<std::optional<std::string>>(std::nullopt) : cannot(kWhat, path, std::strerror(errno));
    const auto close_file = [&](auto result) {
        ::close(descriptor);
        return result;
    };
    if (::flock(descriptor, LOCK_EX) != 0) return close_file(Result<std::optional<std::string>>(cannot(kWhat, path, std::strerror(errno))));
    if (file_identity(path) != damaged) return close_file(Result<std::optional<std::string>>(std::nullopt));

    std::string time = rfc3339_now();  // colons are not welcome in every file system
    std::erase_if(time, [](char c) { return c == ':' || c == '-'; });
    std::string name = path + ".damaged-" + time;
    for (int n = 2; ::access(name.c_str(), F_OK) == 0; ++n) name = path + ".damaged-" + time + "-" + std::to_string(n);
    // The log goes first: a new database must never meet the log of the old one.
    for (const char* suffix : {"-wal", "-shm", ""})
        if (::rename((path + suffix).c_str(), (name + suffix).c_str()) != 0 && (*suffix == '\0' || errno != ENOENT))
            return close_file(Result<std::optional<std::string>>(cannot(kWhat, path + suffix, std::strerror(errno))));
    return close_file(Result<std::optional<std::string>>(std::optional(name)));
}

Result<std::optional<std::string>> set_aside_with_warning(const std::string& path, const FileIdentity& damaged) {
    Result<std::optional<std::string>> name = set_aside(path, damaged);
    if (!name)
        log::warn("the store is damaged and could not be set aside", {{"error", name.error().message()}});
    else if (*name)
        log::warn("the store is damaged and was set aside; a new one takes its place", {{"store", quote(path)}, {"kept_as", quote(**name)}});
    return name;
}

}  // namespace veritag::store
