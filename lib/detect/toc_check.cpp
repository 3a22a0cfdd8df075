// Both sides become lists of fingerprints, 128 bits of a SHA-256 over all that is compared of an entry, and the lists are compared without
// regard to order: the table's order is the tar's by habit only. The table comes before, among or behind the tar's bytes, so neither side can
// wait for the other; keeping the entries themselves would cost hundreds of bytes each.

#include "detect/toc_check.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "stream/inflate.h"
#include "stream/toc.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>
#include <cstdint>
#include <utility>
#include <vector>

namespace veritag::detect {
namespace {

using stream::TarEntry;
using stream::TocFormat;

struct Fingerprint {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Fingerprint&) const = default;
};

// JSON text cannot hold names that are no UTF-8: Go's writers replace each bad byte, and so does to_valid_utf8.
Fingerprint fingerprint_of(const TarEntry& entry, const Digest& content) {
    Hasher hasher;
    const bool is_file = entry.type == EntryType::file && entry.whiteout == stream::Whiteout::none;
    std::string text{static_cast<char>('0' + static_cast<int>(entry.type)), static_cast<char>('0' + static_cast<int>(entry.whiteout))};
    text += to_valid_utf8(entry.path);
    text += '\0';
    text += to_valid_utf8(entry.link_target);
    text += '\0';
    if (is_file) text += std::to_string(entry.size) + " " + (entry.size > 0 ? content.str() : "");
    hasher.update(text);
    const Digest digest = hasher.finish();
    const auto part = [&](std::size_t at) {
        std::uint64_t value = 0;
        constexpr std::size_t kDigits = 16;
        std::from_chars(digest.hex().data() + at, digest.hex().data() + at + kDigits, value, 16);
        return value;
    };
    return {part(0), part(16)};
}

// The table as it comes by.
class TableSide final : public stream::TocSink {
public:
    TableSide(const Digest& expected, const Limits& limits) : expected_(expected), limits_(limits) { restart(); }

    void restart() {
        reader_ = std::make_unique<stream::TocReader>(*this, limits_);
        hasher_ = Hasher(expected_.algorithm());
        prints_.clear();
        error_.reset();
    }
    void hash(std::span<const std::byte> bytes) { hasher_.update(bytes); }
    void fail(const Error& error) {
        if (!error_) error_ = error.message();
    }
    Result<void> read(std::span<const std::byte> json) { return reader_->write(json); }
    /// True where all of the table was there and its digest is the expected one, readable or not.
    bool finish() {
        if (const Result<void> read = reader_->finish(); !read) fail(read.error());
        return hasher_.finish() == expected_;
    }

    Result<void> on_toc_entry(stream::TocEntry toc) override {
        prints_.push_back(fingerprint_of(toc.entry, toc.digest));
        return ok();
    }
    void on_toc_problem(Problem) override {}  // the tar says the same of the same name

    [[nodiscard]] std::vector<Fingerprint>& prints() noexcept { return prints_; }
    [[nodiscard]] const std::optional<std::string>& error() const noexcept { return error_; }

private:
    const Digest& expected_;
    const Limits& limits_;
    std::unique_ptr<stream::TocReader> reader_;
    Hasher hasher_;
    std::vector<Fingerprint> prints_;
    std::optional<std::string> error_;
};

}  // namespace

class TocCheck::Impl final : public ByteSource, public stream::TarSink, public stream::InflateSink {
public:
    Impl(ByteSource& blob, stream::TarSink& inner, const stream::TocReference& toc, const PathIndex& index, const Limits& limits)
        : blob_(blob), inner_(inner), toc_(toc), index_(index), limits_(limits), table_(toc_.digest, limits_) {
        if (toc_.format == TocFormat::zstd_chunked) inflater_ = stream::make_inflater(stream::Compression::zstd, limits_);
    }

    // The blob: zstd:chunked has its table in a frame that the layer's own decoder passes over.
    Result<std::span<const std::byte>> next() override {
        Result<std::span<const std::byte>> bytes = blob_.next();
        if (!bytes) return bytes;
        if (toc_.format == TocFormat::zstd_chunked) {
            const std::uint64_t begin = std::max(position_, toc_.offset);
            const std::uint64_t end = std::min(position_ + bytes->size(), toc_.offset + toc_.length);
            if (begin < end) take_compressed(bytes->subspan(static_cast<std::size_t>(begin - position_), static_cast<std::size_t>(end - begin)));
        }
        position_ += bytes->size();
        return bytes;
    }
    Result<void> on_inflated(std::span<const std::byte> data) override {
        unpacked_ += data.size();
        if (unpacked_ > limits_.toc_bytes) return limit_error("read table of contents", "unpacked", unpacked_, "limits.toc_bytes", limits_.toc_bytes);
        return table_.read(data);
    }

    // The tar.
    Result<std::uint64_t> on_entry(const TarEntry& entry) override {
        VERITAG_TRY(inner_left_, inner_.on_entry(entry));
        inner_wants_ = inner_left_ > 0;
        is_table_ = toc_.format == TocFormat::estargz && entry.path == stream::kEstargzTocName && entry.type == EntryType::file && entry.whiteout == stream::Whiteout::none;
        has_content_ = entry.type == EntryType::file && entry.whiteout == stream::Whiteout::none && entry.size > 0;
        if (is_table_ && !table_found_) table_.restart();
        if (!has_content_) {
            if (!is_table_) add(entry, Digest());
            return inner_left_;
        }
        entry_ = entry;
        content_hash_ = Hasher();
        return entry.size;
    }
    Result<void> on_data(std::span<const std::byte> data) override {
        content_hash_.update(data);
        if (is_table_ && !table_found_) {
            table_.hash(data);
            if (!table_.error())
                if (const Result<void> read = on_inflated(data); !read) table_.fail(read.error());
        }
        const auto part = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), inner_left_)));
        inner_left_ -= part.size();
        return part.empty() ? ok() : inner_.on_data(part);
    }
    Result<void> on_entry_end() override {
        if (is_table_) {
            unpacked_ = 0;
            if (!table_found_) table_found_ = table_.finish();
        } else if (has_content_) {
            add(entry_, content_hash_.finish());
        }
        return inner_wants_ ? inner_.on_entry_end() : ok();
    }
    void on_problem(Problem problem) override { inner_.on_problem(std::move(problem)); }

    std::optional<std::string> lie() {
        const std::string table = "the table of contents (" + std::string(to_string(toc_.format)) + ")";
        if (toc_.format == TocFormat::zstd_chunked) {
            if (const Result<void> read = inflater_->finish(); !read) table_.fail(read.error());
            table_found_ = table_.finish();
        }
        if (!table_found_) return table + " that the manifest names, " + toc_.digest.str() + ", is not in the layer";
        if (table_.error()) return table + " cannot be read, so engines that use it may see other files: " + *table_.error();
        return compare(table);
    }

private:
    struct Known {
        Fingerprint print;
        std::uint32_t entry = 0;  // in the path index; of a whiteout the entry before it
        bool whiteout = false;
    };

    void take_compressed(std::span<const std::byte> bytes) {
        table_.hash(bytes);
        if (table_.error()) return;
        if (const Result<void> inflated = inflater_->write(bytes, *this); !inflated) table_.fail(inflated.error());
    }

    void add(const TarEntry& entry, const Digest& content) {
        const bool whiteout = entry.whiteout != stream::Whiteout::none;
        tar_.push_back({fingerprint_of(entry, content), static_cast<std::uint32_t>(index_.size() - (index_.size() > 0 ? 1 : 0)), whiteout});
    }

    std::optional<std::string> compare(const std::string& table) {
        std::vector<Fingerprint>& listed = table_.prints();
        std::sort(listed.begin(), listed.end());
        std::sort(tar_.begin(), tar_.end(), [](const Known& a, const Known& b) { return std::pair(a.print, a.entry) < std::pair(b.print, b.entry); });
        std::size_t invented = 0;
        std::vector<const Known*> hidden;
        auto each = listed.begin();
        for (const Known& known : tar_) {
            for (; each != listed.end() && *each < known.print; ++each) ++invented;
            if (each != listed.end() && *each == known.print)
                ++each;
            else
                hidden.push_back(&known);
        }
        invented += static_cast<std::size_t>(listed.end() - each);
        if (invented == 0 && hidden.empty()) return std::nullopt;
        std::sort(hidden.begin(), hidden.end(), [](const Known* a, const Known* b) { return a->entry < b->entry; });
        std::string text = table + " does not tell what the tar holds, so engines that use it see other files: ";
        text += std::to_string(hidden.size()) + " of the tar's entries are missing in it or differ";
        constexpr std::size_t kNamed = 3;
        std::string names;
        for (std::size_t i = 0; i < std::min(hidden.size(), kNamed); ++i)
            names += (i > 0 ? ", " : "") + (hidden[i]->whiteout ? std::string("whiteout") : quote(index_[hidden[i]->entry].path));
        if (!names.empty()) text += " (" + names + (hidden.size() > kNamed ? ", …)" : ")");
        return text + ", " + std::to_string(invented) + " of its entries are not in the tar";
    }

    ByteSource& blob_;
    stream::TarSink& inner_;
    const stream::TocReference& toc_;
    const PathIndex& index_;
    const Limits& limits_;
    TableSide table_;
    bool table_found_ = false;
    std::unique_ptr<stream::Inflater> inflater_;  // zstd:chunked
    std::uint64_t position_ = 0;                  // in the blob
    std::uint64_t unpacked_ = 0;
    TarEntry entry_;
    Hasher content_hash_;
    bool is_table_ = false;
    bool has_content_ = false;
    bool inner_wants_ = false;
    std::uint64_t inner_left_ = 0;
    std::vector<Known> tar_;
};

TocCheck::TocCheck(ByteSource& blob, stream::TarSink& inner, const stream::TocReference& toc, const PathIndex& index, const Limits& limits)
    : impl_(std::make_unique<Impl>(blob, inner, toc, index, limits)) {}
TocCheck::~TocCheck() = default;
ByteSource& TocCheck::blob() noexcept { return *impl_; }
stream::TarSink& TocCheck::tar() noexcept { return *impl_; }
std::optional<std::string> TocCheck::lie() { return impl_->lie(); }

}  // namespace veritag::detect
