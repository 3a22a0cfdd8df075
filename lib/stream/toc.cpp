// {"version": 1, "entries": [entry, …], …} (containerd/stargz-snapshotter: estargz/types.go; containers/storage:
// pkg/chunked/internal/minimal/compression.go). An entry has
//   name, type (dir, reg, symlink, hardlink, char, block, fifo, chunk), size, mode, linkName; owners, times and xattrs, not read here;
//   digest                                     of the whole content
//   offset, endOffset, innerOffset             where the content starts and ends in the blob, and inside the inflated gzip member
//   chunkOffset, chunkSize, chunkDigest, chunkType ("" or "zeros")
// A file is a `reg` entry, whose chunk fields are those of its first chunk, and the `chunk` entries right behind it. Missing numbers are 0; a
// chunkSize of 0 goes to the end of the file.
//
// Readers written in Go take member names without case and the last of two. So that nobody can show us one table and an engine another,
// members that are there twice, whatever their case, are refused.

#include "stream/toc.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "oci/json.h"
#include "stream/entry_name.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace veritag::stream {
namespace {

constexpr std::string_view kWhat = "read table of contents";
constexpr std::uint64_t kMostBytes = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr std::size_t kMostOutline = 64 << 10;  // what stands around the entries

using Json = rapidjson::Value;

Error malformed(std::string where, std::string saw) { return {ErrorCode::malformed, std::string(kWhat), std::move(where), std::move(saw), ""}; }

// Cuts the text into the elements of the top object's "entries" list and the outline around them, so that only one element is in memory.
class EntrySplitter {
public:
    explicit EntrySplitter(const Limits& limits) : limits_(limits) {}

    /// Takes bytes of `text` up to the end of an element, which is then in `element()`; false: all is taken and none ended.
    Result<bool> next(std::string_view& text) {
        while (!text.empty()) {
            const char c = text.front();
            text.remove_prefix(1);
            VERITAG_TRY(const bool ended, take(c));
            if (ended) return true;
        }
        return false;
    }
    [[nodiscard]] const std::string& element() const noexcept { return element_; }
    /// The text without the elements. It still has to be JSON.
    [[nodiscard]] const std::string& outline() const noexcept { return outline_; }

private:
    Result<bool> take(char c) {
        if (depth_ < kEntriesDepth || !in_entries_) {
            if (outline_.size() >= kMostOutline) return malformed("outline", "more than " + std::to_string(kMostOutline) + " bytes besides the entries");
            return take_outline(c);
        }
        if (depth_ == kEntriesDepth) return take_between(c);
        if (element_.size() >= limits_.tar_header_bytes)
            return limit_error(kWhat, "one entry", element_.size() + 1, "limits.tar_header_bytes", limits_.tar_header_bytes);
        element_ += c;
        follow(c);
        return depth_ == kEntriesDepth;
    }

    Result<bool> take_outline(char c) {
        const bool was_in_string = in_string_;
        if (!was_in_string && c == '"') string_at_ = outline_.size();
        const bool opens_entries = !was_in_string && c == '[' && depth_ == 1 && key_is_entries();
        outline_ += c;
        follow(c);
        if (opens_entries) {
            in_entries_ = true;
            wants_element_ = true;
            any_element_ = false;
        }
        return false;
    }

    // Between the elements: white space, commas, and the end of the list.
    Result<bool> take_between(char c) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return false;
        if (c == '{' && wants_element_) {
            element_.assign(1, c);
            follow(c);
            wants_element_ = false;
            any_element_ = true;
            return false;
        }
        if (c == ',' && !wants_element_) {
            wants_element_ = true;
            return false;
        }
        if (c == ']' && (!wants_element_ || !any_element_)) {
            in_entries_ = false;
            outline_ += c;
            follow(c);
            return false;
        }
        return malformed("entries", "\"" + quote(std::string_view(&c, 1)) + "\" where " + (wants_element_ ? "an entry" : "a comma or the end of the list") + " was expected");
    }

    void follow(char c) noexcept {
        if (in_string_) {
            if (escaped_)
                escaped_ = false;
            else if (c == '\\')
                escaped_ = true;
            else if (c == '"')
                in_string_ = false;
            return;
        }
        if (c == '"') in_string_ = true;
        if (c == '{' || c == '[') ++depth_;
        if ((c == '}' || c == ']') && depth_ > 0) --depth_;
    }

    // The last string of the outline and a colon stand right before here.
    [[nodiscard]] bool key_is_entries() const {
        std::string_view tail = trim(std::string_view(outline_).substr(std::min(string_at_, outline_.size())));
        if (!tail.ends_with(':')) return false;
        tail.remove_suffix(1);
        return trim(tail) == "\"entries\"";
    }

    static constexpr std::size_t kEntriesDepth = 2;
    const Limits& limits_;
    std::string outline_;
    std::string element_;
    std::size_t string_at_ = 0;  // where the last string of the outline starts
    std::size_t depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
    bool in_entries_ = false;
    bool wants_element_ = false;
    bool any_element_ = false;
};

// One element as it is written.
struct RawEntry {
    std::string name;
    std::string type;
    std::string link_name;
    std::string digest;
    std::string chunk_digest;
    std::string chunk_type;
    std::uint64_t size = 0;
    std::uint64_t mode = 0;
    std::uint64_t offset = 0;
    std::uint64_t end_offset = 0;
    std::uint64_t inner_offset = 0;
    std::uint64_t chunk_offset = 0;
    std::uint64_t chunk_size = 0;
};

struct TextField {
    std::string_view key;
    std::string RawEntry::*into;
};
struct NumberField {
    std::string_view key;
    std::uint64_t RawEntry::*into;
};
constexpr std::array<TextField, 6> kTexts{{{"name", &RawEntry::name},
                                           {"type", &RawEntry::type},
                                           {"linkName", &RawEntry::link_name},
                                           {"digest", &RawEntry::digest},
                                           {"chunkDigest", &RawEntry::chunk_digest},
                                           {"chunkType", &RawEntry::chunk_type}}};
constexpr std::array<NumberField, 7> kNumbers{{{"size", &RawEntry::size},
                                               {"mode", &RawEntry::mode},
                                               {"offset", &RawEntry::offset},
                                               {"endOffset", &RawEntry::end_offset},
                                               {"innerOffset", &RawEntry::inner_offset},
                                               {"chunkOffset", &RawEntry::chunk_offset},
                                               {"chunkSize", &RawEntry::chunk_size}}};

Result<void> check_members(const Json& object, const std::string& where) {
    std::vector<std::string> names;
    for (const auto& member : object.GetObject()) names.push_back(to_lower({member.name.GetString(), member.name.GetStringLength()}));
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) return malformed(where, "member \"" + quote(*twice) + "\" is there twice (upper and lower case are the same)");
    return ok();
}

// Engines take a member's name in any case.
const Json* member(const Json& object, std::string_view key) {
    for (const auto& each : object.GetObject())
        if (equals_ignoring_case({each.name.GetString(), each.name.GetStringLength()}, key)) return each.value.IsNull() ? nullptr : &each.value;
    return nullptr;
}

Result<RawEntry> read_element(const std::string& text, const std::string& where, const Limits& limits) {
    VERITAG_TRY(const rapidjson::Document document, oci::parse_json(kWhat, where, text, limits));
    VERITAG_CHECK(check_members(document, where));
    RawEntry raw;
    for (const TextField& field : kTexts) {
        const Json* value = member(document, field.key);
        if (value == nullptr) continue;
        if (!value->IsString()) return malformed(where, std::string(field.key) + " is no string");
        raw.*field.into = std::string(value->GetString(), value->GetStringLength());
    }
    for (const NumberField& field : kNumbers) {
        const Json* value = member(document, field.key);
        if (value == nullptr) continue;
        if (!value->IsUint64() || value->GetUint64() > kMostBytes) return malformed(where, std::string(field.key) + " is no whole number from 0 to 2^63-1");
        raw.*field.into = value->GetUint64();
    }
    return raw;
}

std::optional<EntryType> type_of(std::string_view word) noexcept {
    constexpr std::array<std::pair<std::string_view, EntryType>, 7> kTypes{{{"dir", EntryType::directory},
                                                                            {"reg", EntryType::file},
                                                                            {"symlink", EntryType::symlink},
                                                                            {"hardlink", EntryType::hardlink},
                                                                            {"char", EntryType::char_device},
                                                                            {"block", EntryType::block_device},
                                                                            {"fifo", EntryType::fifo}}};
    const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& each) { return each.first == word; });
    return found == kTypes.end() ? std::nullopt : std::optional(found->second);
}

Result<Digest> digest_of(const std::string& text, const std::string& where) {
    if (text.empty()) return Digest();
    Result<Digest> digest = Digest::parse(text);
    if (!digest) return digest.error().at(where);
    return digest;
}

}  // namespace

class TocReader::Impl {
public:
    Impl(TocSink& sink, const Limits& limits) : sink_(sink), limits_(limits), splitter_(limits_) {}

    Result<void> write(std::span<const std::byte> json) {
        std::string_view text = as_text(json);
        for (;;) {
            VERITAG_TRY(const bool ended, splitter_.next(text));
            if (!ended) return ok();
            VERITAG_CHECK(take_element());
        }
    }

    Result<void> finish() {
        VERITAG_CHECK(end_entry());
        VERITAG_TRY(const rapidjson::Document outline, oci::parse_json(kWhat, "outline", splitter_.outline(), limits_));
        if (!outline.IsObject()) return malformed("outline", "not an object");
        VERITAG_CHECK(check_members(outline, "outline"));
        const Json* version = member(outline, "version");
        if (version == nullptr || !version->IsUint64() || version->GetUint64() != 1)
            return Error{ErrorCode::unsupported, std::string(kWhat), "version", "is not 1", ""};
        const Json* entries = oci::json_member(outline, "entries");
        if (entries == nullptr || !entries->IsArray()) return malformed("entries", entries == nullptr ? "missing" : "not a list");
        if (!entries->Empty()) return malformed("entries", "holds something other than entries");
        return ok();
    }

private:
    [[nodiscard]] std::string where() const { return "entry " + std::to_string(count_ - 1); }
    [[nodiscard]] Error fail(const std::string& saw) const { return malformed(where(), "\"" + quote(name_) + "\" " + saw); }

    Result<void> take_element() {
        if (++count_ > limits_.tar_entries) return limit_error(kWhat, "entries", count_, "limits.tar_entries", limits_.tar_entries);
        VERITAG_TRY(RawEntry raw, read_element(splitter_.element(), where(), limits_));
        if (raw.type == "chunk") return add_chunk(raw);
        VERITAG_CHECK(end_entry());
        return begin_entry(std::move(raw));
    }

    Result<void> begin_entry(RawEntry raw) {
        name_ = std::move(raw.name);
        const std::optional<EntryType> type = type_of(raw.type);
        if (!type) return fail("is of the unknown type \"" + quote(raw.type) + "\"");
        TocEntry toc;
        constexpr std::uint64_t kModeBits = 07777;
        toc.entry.type = *type;
        toc.entry.mode = static_cast<std::uint32_t>(raw.mode & kModeBits);
        toc.entry.link_target = std::move(raw.link_name);
        toc.entry.size = *type == EntryType::file ? raw.size : 0;
        std::vector<std::string> oddities;
        const Result<void> path = set_path(toc.entry, name_, limits_, oddities);
        if (!path) return path.error().at(where());
        const Result<bool> is_file = set_meaning(toc.entry, name_, kWhat, limits_, oddities);
        if (!is_file) return is_file.error().at(where());
        for (std::string& oddity : oddities) sink_.on_toc_problem({quote(name_), std::move(oddity)});
        VERITAG_TRY(toc.digest, digest_of(raw.digest, where()));
        end_offset_ = raw.end_offset;
        covered_ = 0;
        current_ = std::move(toc);
        given_ = *is_file;
        return current_->entry.size > 0 ? add_chunk(raw) : ok();
    }

    Result<void> add_chunk(const RawEntry& raw) {
        if (!current_ || current_->entry.type != EntryType::file) return malformed(where(), "a chunk that follows no file");
        const std::uint64_t left = current_->entry.size - covered_;
        if (raw.chunk_offset != covered_) return fail("has a chunk at " + std::to_string(raw.chunk_offset) + ", expected at " + std::to_string(covered_));
        if (left == 0) return fail("has a chunk behind its end");
        if (raw.chunk_size > left) return fail("has a chunk of " + std::to_string(raw.chunk_size) + " bytes where " + std::to_string(left) + " are left");
        if (!raw.chunk_type.empty() && raw.chunk_type != "zeros") return fail("has a chunk of the unknown type \"" + quote(raw.chunk_type) + "\"");
        TocChunk chunk{.offset = raw.offset, .end = 0, .inner_offset = raw.inner_offset, .size = raw.chunk_size == 0 ? left : raw.chunk_size, .digest = {}, .zeros = raw.chunk_type == "zeros"};
        if (!chunk.zeros && chunk.offset == 0) return fail("has content, but the table does not say where");
        VERITAG_TRY(chunk.digest, digest_of(raw.chunk_digest, where()));
        covered_ += chunk.size;
        if (!current_->chunks.empty()) {
            TocChunk& before = current_->chunks.back();
            if (chunk.zeros && chunk.offset == 0) chunk.offset = before.offset;
            if (chunk.offset < before.offset || (chunk.offset == before.offset && chunk.inner_offset <= before.inner_offset && !chunk.zeros && !before.zeros))
                return fail("has a chunk that lies before the one it follows");
            if (chunk.offset > before.offset) before.end = chunk.offset;
        }
        current_->chunks.push_back(std::move(chunk));
        return ok();
    }

    Result<void> end_entry() {
        if (!current_) return ok();
        TocEntry toc = std::move(*current_);
        current_.reset();
        if (covered_ != toc.entry.size) return fail("has " + std::to_string(toc.entry.size) + " bytes, its chunks " + std::to_string(covered_));
        if (!toc.chunks.empty()) {
            toc.chunks.back().end = end_offset_;
            if (toc.chunks.size() == 1 && toc.chunks.front().digest.empty()) toc.chunks.front().digest = toc.digest;
        }
        return given_ ? sink_.on_toc_entry(std::move(toc)) : ok();
    }

    TocSink& sink_;
    const Limits limits_;
    EntrySplitter splitter_;
    std::uint64_t count_ = 0;  // elements so far
    std::optional<TocEntry> current_;
    std::string name_;              // of the current entry, as the table writes it
    std::uint64_t end_offset_ = 0;  // of the current entry's content
    std::uint64_t covered_ = 0;     // bytes of its content that its chunks hold so far
    bool given_ = false;            // it is one of the image's files
};

TocReader::TocReader(TocSink& sink, const Limits& limits) : impl_(std::make_unique<Impl>(sink, limits)) {}
TocReader::~TocReader() = default;
Result<void> TocReader::write(std::span<const std::byte> json) { return impl_->write(json); }
Result<void> TocReader::finish() { return impl_->finish(); }

}  // namespace veritag::stream
