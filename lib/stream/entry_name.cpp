#include "stream/entry_name.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <utility>

namespace veritag::stream {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kAufs = ".wh..wh.";  // bookkeeping of aufs that old Docker versions put into layers

bool is_aufs(std::string_view path) noexcept { return path.starts_with(kAufs) && path != kOpaque; }

std::string quoted(std::string_view name) { return "\"" + quote(name) + "\""; }

Error malformed(std::string_view what, std::string saw) { return {ErrorCode::malformed, std::string(what), "", std::move(saw), ""}; }

Result<void> set_link_target(TarEntry& entry, std::string_view name, std::string_view what, const Limits& limits, std::vector<std::string>& oddities) {
    if (entry.type == EntryType::hardlink) {
        Result<std::string> target = normalise_path(entry.link_target, limits);
        if (!target) return target.error().at("link target of " + quoted(name));
        entry.link_target = std::move(*target);
        if (entry.link_target.empty()) return malformed(what, quoted(name) + " is a hard link to nothing");
        if (is_aufs(entry.link_target)) oddities.emplace_back("hard link to aufs bookkeeping, whose content is not read");
    } else if (entry.type != EntryType::symlink) {
        entry.link_target.clear();
    } else if (entry.link_target.size() > limits.path_bytes) {
        return limit_error(what, "link target of " + quoted(name), entry.link_target.size(), "limits.path_bytes", limits.path_bytes);
    }
    return ok();
}

Result<bool> mark_whiteout(TarEntry& entry, std::string_view name, std::string_view what) {
    const std::size_t base_at = entry.path.rfind('/') + 1;  // npos + 1 is 0
    const std::string_view base = std::string_view(entry.path).substr(base_at);
    if (!base.starts_with(kWhiteout)) return true;
    if (base == kOpaque) {
        entry.path.resize(base_at == 0 ? 0 : base_at - 1);
        entry.whiteout = Whiteout::opaque;
        return true;
    }
    if (base.starts_with(kAufs)) return false;
    const std::string_view removed = base.substr(kWhiteout.size());
    if (removed.empty() || removed == "." || removed == "..") return malformed(what, quoted(name) + " is a whiteout of no file");
    entry.path.erase(base_at, kWhiteout.size());
    entry.whiteout = Whiteout::file;
    return true;
}

}  // namespace

Result<void> set_path(TarEntry& entry, std::string_view name, const Limits& limits, std::vector<std::string>& oddities) {
    VERITAG_TRY(entry.path, normalise_path(name, limits));
    if (name.starts_with('/')) oddities.emplace_back("absolute name, read as relative to the image's root");
    return ok();
}

Result<bool> set_meaning(TarEntry& entry, std::string_view name, std::string_view what, const Limits& limits, std::vector<std::string>& oddities) {
    entry.whiteout = Whiteout::none;
    if (entry.path.empty() && entry.type != EntryType::directory) {
        oddities.emplace_back("entry without a name skipped");
        return false;
    }
    if (is_aufs(entry.path)) return false;
    VERITAG_CHECK(set_link_target(entry, name, what, limits, oddities));
    return mark_whiteout(entry, name, what);
}

}  // namespace veritag::stream
