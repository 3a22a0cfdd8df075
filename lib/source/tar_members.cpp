#include "source/tar_members.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "stream/tar.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace veritag::source {
namespace {

constexpr std::string_view kWhat = "read archive";
constexpr int kMaxLinks = 8;

// A symlink's target from the archive's root; nullopt where it leads out of it.
std::optional<std::string> resolve_link(std::string_view link_path, std::string_view target) {
    std::vector<std::string> parts;
    const std::size_t slash = link_path.rfind('/');
    const std::string joined =
        target.starts_with('/') || slash == std::string_view::npos ? std::string(target)
                                                                   : std::string(link_path.substr(0, slash + 1)) + std::string(target);
    for (const std::string_view part : split(joined, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            parts.emplace_back(part);
        } else if (parts.empty()) {
            return std::nullopt;
        } else {
            parts.pop_back();
        }
    }
    return join(parts, "/");
}

Result<void> refuse_compressed(const LocalFile& file) {
    struct Magic {
        std::string_view bytes;
        const char* format;
        const char* command;
    };
    static constexpr std::array<Magic, 4> kMagics{{{"\x1f\x8b", "gzip", "gunzip"},
                                                   {"\x28\xb5\x2f\xfd", "zstd", "zstd -d"},
                                                   {"\xfd" "7zXZ", "xz", "unxz"},
                                                   {"BZh", "bzip2", "bunzip2"}}};
    std::array<std::byte, 6> head{};
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), file.size()));
    VERITAG_CHECK(file.read_at(0, std::span(head).first(count)));
    const std::string_view text = as_text(std::span<const std::byte>(head).first(count));
    for (const Magic& magic : kMagics)
        if (text.starts_with(magic.bytes))
            return Error{ErrorCode::unsupported, std::string(kWhat), file.label(), std::string("compressed with ") + magic.format,
                         std::string("unpack it first: ") + magic.command + " " + file.label()};
    return ok();
}

}  // namespace

class MemberSink final : public stream::TarSink {
public:
    MemberSink(TarMembers& out, const Limits& limits) : out_(out), limits_(limits) {}
    void set_reader(const stream::TarReader& reader) noexcept { reader_ = &reader; }

    Result<std::uint64_t> on_entry(const stream::TarEntry& entry) override {
        const bool link = entry.type == EntryType::symlink || entry.type == EntryType::hardlink;
        if ((entry.type != EntryType::file && !link) || entry.whiteout != stream::Whiteout::none) return std::uint64_t{0};
        if (entry.sparse)
            return Error{ErrorCode::unsupported, std::string(kWhat), out_.file_->label() + " member \"" + quote(entry.path) + "\"",
                         "it is stored as a sparse file, so its bytes do not lie in the archive one after another", "write the archive without --sparse"};
        TarMembers::Member member{.offset = reader_->position(), .size = entry.size};
        if (entry.type == EntryType::hardlink) member.link = entry.link_target;
        // A link that leads out of the archive keeps its member without content: finding it says so.
        if (entry.type == EntryType::symlink) member.link = resolve_link(entry.path, entry.link_target).value_or("");
        text_bytes_ += entry.path.size() + (member.link ? member.link->size() : 0) + sizeof(TarMembers::Member);
        if (text_bytes_ > limits_.captured_total_bytes)
            return limit_error(kWhat, out_.file_->label() + " names of members", text_bytes_, "limits.captured_total_bytes",
                               limits_.captured_total_bytes);
        const auto [at, added] = out_.members_.try_emplace(entry.path, std::move(member));
        if (!added) at->second.twice = true;
        return std::uint64_t{0};
    }
    Result<void> on_data(std::span<const std::byte>) override { return ok(); }
    Result<void> on_entry_end() override { return ok(); }
    // Odd names of members nobody asks for do not matter; one that is asked for is not found under its odd name.
    void on_problem(Problem) override {}

private:
    TarMembers& out_;
    const Limits& limits_;
    const stream::TarReader* reader_ = nullptr;
    std::uint64_t text_bytes_ = 0;
};

Result<TarMembers> TarMembers::read(std::shared_ptr<const LocalFile> file, const Limits& limits, const std::stop_token& stop) {
    VERITAG_CHECK(refuse_compressed(*file));
    TarMembers members;
    members.file_ = std::move(file);
    const LocalFile& in = *members.file_;
    MemberSink sink(members, limits);
    stream::TarReader reader(sink, limits);
    sink.set_reader(reader);
    std::vector<std::byte> buffer(64 * 1024);
    for (std::uint64_t offset = 0; offset < in.size() && !reader.end_marker_seen();) {
        if (stop.stop_requested()) return cancelled_error(kWhat, in.label());
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), in.size() - offset));
        VERITAG_CHECK(in.read_at(offset, std::span(buffer).first(count)));
        if (const auto written = reader.write(std::span<const std::byte>(buffer).first(count)); !written) return written.error().at(in.label());
        offset += count;
        const std::uint64_t skip = std::min(reader.skippable(), in.size() - offset);
        reader.skip(skip);
        offset += skip;
    }
    if (const auto finished = reader.finish(); !finished) return finished.error().at(in.label());
    return members;
}

Result<std::optional<FilePart>> TarMembers::find(const std::string& path) const {
    const std::string label = file_->label() + " " + quote(path);
    auto at = members_.find(path);
    for (int links = 0;; ++links) {
        if (at == members_.end() && links == 0) return std::optional<FilePart>();
        if (at == members_.end()) return Error{ErrorCode::malformed, std::string(kWhat), label, "a link to something that is not in the archive", ""};
        if (at->second.twice) return Error{ErrorCode::malformed, std::string(kWhat), label, "\"" + quote(at->first) + "\" is in the archive twice", ""};
        if (!at->second.link) break;
        if (links == kMaxLinks) return Error{ErrorCode::malformed, std::string(kWhat), label, "more than " + std::to_string(kMaxLinks) + " links in a row", ""};
        at = members_.find(*at->second.link);
    }
    return std::optional<FilePart>(FilePart{.file = file_, .offset = at->second.offset, .size = at->second.size, .label = label});
}

}  // namespace veritag::source
