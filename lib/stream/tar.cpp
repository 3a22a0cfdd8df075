// A tar archive is a list of entries, each one 512-byte header block (tar_header.h) and its content padded to whole blocks. It ends
// with two zero blocks, often padded to 10240 bytes. What does not fit a header comes before it as an entry of its own:
//   'x' pax records for the next entry, 'g' for all that follow (pax.h), 'L' and 'K' the next entry's GNU long name and link target.
// golang/go: src/archive/tar/reader.go decides what wins: a GNU long name over a pax record, a pax record over the header; a second
// extended header replaces the first; links, devices, directories and fifos have no content, whatever their size says.

#include "stream/tar.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "stream/entry_name.h"
#include "stream/pax.h"
#include "stream/sparse.h"
#include "stream/tar_header.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace veritag::stream {
namespace {

constexpr std::string_view kWhat = "read tar";
constexpr std::uint64_t kMostBytes = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

constexpr std::array<std::byte, 32 * 1024> kZeros{};

std::optional<EntryType> entry_type_of(char type) noexcept {
    switch (type) {
        case '\0': case '0': case '7': case 'S': return EntryType::file;  // '7': contiguous; 'S': sparse
        case '1': return EntryType::hardlink;
        case '2': return EntryType::symlink;
        case '3': return EntryType::char_device;
        case '4': return EntryType::block_device;
        case '5': return EntryType::directory;
        case '6': return EntryType::fifo;
        default: return std::nullopt;
    }
}

std::string first_of(std::string& long_name, std::string& pax, std::string& header) {
    return std::move(!long_name.empty() ? long_name : !pax.empty() ? pax : header);
}

// What the headers in front of an entry say about it.
struct Extended {
    bool any = false;
    PaxRecords pax;
    std::string long_name;
    std::string long_link;
};

}  // namespace

class TarReader::Impl {
public:
    Impl(TarSink& sink, const Limits& limits) : sink_(sink), limits_(limits) {}

    Result<void> write(std::span<const std::byte> data);
    Result<void> finish() const;
    [[nodiscard]] std::uint64_t skippable() const noexcept { return state_ == State::skip ? skip_left_ : 0; }
    void skip(std::uint64_t count) noexcept;
    [[nodiscard]] bool end_marker_seen() const noexcept { return end_seen_; }
    [[nodiscard]] std::uint64_t trailing_zero_blocks() const noexcept { return zero_blocks_; }
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

private:
    enum class State : std::uint8_t {
        header,        // a header block, or a zero block
        extended,      // the payload of an extended header
        sparse_block,  // further blocks of an old GNU sparse header
        sparse_text,   // the map at the start of a pax 1.0 sparse file
        content,       // content that the sink wants
        skip,          // content and padding that nobody wants
    };

    std::span<const std::byte> take_block(std::span<const std::byte>& data);
    Result<void> on_block(std::span<const std::byte> block);
    Result<void> on_zero_block();
    Result<void> on_header(std::span<const std::byte> block);

    Result<void> begin_extended(const TarHeader& header);
    Result<void> take_extended(std::span<const std::byte>& data);
    Result<void> end_extended();

    Result<void> begin_entry(TarHeader header, std::span<const std::byte> block);
    Result<void> begin_sparse(const TarHeader& header, const PaxRecords& pax, std::span<const std::byte> block);
    Result<void> take_sparse_text(std::span<const std::byte> block);
    Result<void> map_known();
    Result<void> give_entry();
    Result<bool> name_entry();
    Result<void> ask_for_content();
    Result<void> take_content(std::span<const std::byte>& data);
    Result<void> give_holes();
    void skip_rest();

    [[nodiscard]] std::string where() const { return "tar @" + std::to_string(header_at_); }
    [[nodiscard]] Error fail(ErrorCode code, std::string saw) const { return {code, std::string(kWhat), where(), std::move(saw), ""}; }
    [[nodiscard]] std::string quoted_name() const { return "\"" + quote(name_) + "\""; }
    void problem(std::string message) { sink_.on_problem({quote(name_), std::move(message)}); }

    TarSink& sink_;
    const Limits limits_;

    State state_ = State::header;
    std::array<std::byte, kTarBlock> block_{};  // a block that came in pieces
    std::size_t block_fill_ = 0;
    std::uint64_t position_ = 0;
    std::uint64_t header_at_ = 0;  // where the current header block starts
    std::uint64_t zero_blocks_ = 0;
    bool end_seen_ = false;
    bool told_of_second_archive_ = false;
    std::uint64_t entries_ = 0;

    Extended extended_;
    char extended_type_ = 'x';
    std::string payload_;
    std::uint64_t payload_left_ = 0;

    TarEntry entry_;
    char type_ = '0';
    std::string name_;  // as the archive writes it
    SparseMap map_;     // one extent for a file that is not sparse
    SparseMapText map_text_;
    std::uint64_t stored_left_ = 0;  // content bytes still to come
    std::uint64_t padding_ = 0;      // behind the content or payload
    std::size_t extent_ = 0;         // the extent that holds cursor_ or comes next
    std::uint64_t cursor_ = 0;       // in the expanded file
    std::uint64_t wanted_end_ = 0;
    bool wanted_ = false;
    std::uint64_t skip_left_ = 0;  // padding_ is its last part
};

Result<void> TarReader::Impl::write(std::span<const std::byte> data) {
    while (!data.empty()) {
        switch (state_) {
            case State::header:
            case State::sparse_block:
            case State::sparse_text:
                if (const auto block = take_block(data); !block.empty()) VERITAG_CHECK(on_block(block));
                break;
            case State::extended: VERITAG_CHECK(take_extended(data)); break;
            case State::content: VERITAG_CHECK(take_content(data)); break;
            case State::skip: {
                const std::uint64_t count = std::min<std::uint64_t>(data.size(), skip_left_);
                skip(count);
                data = data.subspan(static_cast<std::size_t>(count));
                break;
            }
        }
    }
    return ok();
}

// A whole block, read in place where the data hold one; empty while there are too few bytes.
std::span<const std::byte> TarReader::Impl::take_block(std::span<const std::byte>& data) {
    const std::size_t count = std::min(kTarBlock - block_fill_, data.size());
    const auto piece = data.first(count);
    data = data.subspan(count);
    position_ += count;
    if (count == kTarBlock) return piece;
    std::memcpy(block_.data() + block_fill_, piece.data(), count);
    block_fill_ = (block_fill_ + count) % kTarBlock;
    return block_fill_ == 0 ? std::span<const std::byte>(block_) : std::span<const std::byte>();
}

Result<void> TarReader::Impl::on_block(std::span<const std::byte> block) {
    if (state_ == State::sparse_text) return take_sparse_text(block);
    if (state_ == State::sparse_block) {
        if (map_.size() * sizeof(SparseExtent) > limits_.tar_header_bytes)
            return limit_error(kWhat, where() + " sparse map of " + quoted_name(), map_.size() * sizeof(SparseExtent), "limits.tar_header_bytes", limits_.tar_header_bytes);
        VERITAG_TRY(const bool more, OldGnuSparse::read_extension(block, map_, where()));
        return more ? ok() : map_known();
    }
    header_at_ = position_ - kTarBlock;
    return all_zero(block) ? on_zero_block() : on_header(block);
}

Result<void> TarReader::Impl::on_zero_block() {
    if (extended_.any) return fail(ErrorCode::malformed, "the archive ends behind an extended header, before its entry");
    if (++zero_blocks_ == 2) end_seen_ = true;
    return ok();
}

Result<void> TarReader::Impl::on_header(std::span<const std::byte> block) {
    if (zero_blocks_ == 1)
        return fail(ErrorCode::malformed, "data behind a single zero block; programs disagree whether the archive goes on, and container runtimes refuse it");
    zero_blocks_ = 0;
    Result<TarHeader> header = parse_tar_header(block);
    if (!header && end_seen_) return fail(ErrorCode::malformed, "bytes behind the end marker that are neither zeros nor a tar header");
    if (!header) return header.error().at(where());
    switch (header->type) {
        case 'x': case 'g': case 'L': case 'K': return begin_extended(*header);
        default: return begin_entry(std::move(*header), block);
    }
}

Result<void> TarReader::Impl::begin_extended(const TarHeader& header) {
    if (header.size > limits_.tar_header_bytes)
        return limit_error(kWhat, where() + " extended header", header.size, "limits.tar_header_bytes", limits_.tar_header_bytes);
    extended_type_ = header.type;
    payload_.clear();
    payload_left_ = header.size;
    padding_ = tar_padding(header.size);
    state_ = State::extended;
    return payload_left_ == 0 ? end_extended() : ok();
}

Result<void> TarReader::Impl::take_extended(std::span<const std::byte>& data) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), payload_left_));
    payload_ += as_text(data.first(count));
    data = data.subspan(count);
    position_ += count;
    payload_left_ -= count;
    return payload_left_ == 0 ? end_extended() : ok();
}

Result<void> TarReader::Impl::end_extended() {
    const std::string_view text(payload_);
    const std::string_view c_text = text.substr(0, text.find('\0'));
    switch (extended_type_) {
        case 'L': extended_.long_name = c_text; break;
        case 'K': extended_.long_link = c_text; break;
        case 'x': {
            VERITAG_TRY(extended_.pax, parse_pax(text, where() + " pax header"));
            break;
        }
        default: {
            VERITAG_TRY(const PaxRecords records, parse_pax(text, where() + " global pax header"));
            // POSIX lets these count for every entry that follows; container runtimes do not look at them.
            if (extended_.any) return fail(ErrorCode::malformed, "a global header between an extended header and its entry");
            if (records.changes_entries())
                sink_.on_problem({"", where() + ": a global pax header sets names or sizes; ignored, as container runtimes do"});
            break;
        }
    }
    if (extended_type_ != 'g') extended_.any = true;
    stored_left_ = 0;
    skip_rest();
    return ok();
}

// Everything that stands in front of the content is known, except where a sparse map goes on behind the header.
Result<void> TarReader::Impl::begin_entry(TarHeader header, std::span<const std::byte> block) {
    if (++entries_ > limits_.tar_entries) return limit_error(kWhat, where(), entries_, "limits.tar_entries", limits_.tar_entries);
    Extended extended = std::exchange(extended_, {});
    PaxRecords& pax = extended.pax;
    type_ = header.type;
    name_ = first_of(extended.long_name, pax.path, header.name);
    entry_.link_target = first_of(extended.long_link, pax.linkpath, header.link);
    entry_.mode = header.mode;
    entry_.sparse = false;
    const EntryType known_type = entry_type_of(type_).value_or(EntryType::file);  // an unknown one has content, like a file
    entry_.type = type_ == '\0' && name_.ends_with('/') ? EntryType::directory : known_type;  // v7 has no type for directories

    const bool has_content = known_type == EntryType::file;
    stored_left_ = has_content ? pax.size.value_or(header.size) : 0;
    padding_ = tar_padding(stored_left_);
    entry_.size = stored_left_;
    map_.clear();
    if (has_content || !pax.sparse_map.empty() || !pax.sparse_major.empty()) return begin_sparse(header, pax, block);
    return give_entry();
}

Result<void> TarReader::Impl::begin_sparse(const TarHeader& header, const PaxRecords& pax, std::span<const std::byte> block) {
    if (type_ == 'S') {
        // star uses the letter for another layout.
        if (header.format != TarFormat::gnu) return fail(ErrorCode::unsupported, quoted_name() + " is sparse in a form other than GNU tar's");
        entry_.sparse = true;
        VERITAG_TRY(const bool more, OldGnuSparse::read_header(block, map_, entry_.size, where()));
        state_ = State::sparse_block;
        return more ? ok() : map_known();
    }
    const bool version_0 = pax.sparse_major == "0" && (pax.sparse_minor == "0" || pax.sparse_minor == "1");
    const bool version_1 = pax.sparse_major == "1" && pax.sparse_minor == "0";
    const bool no_version = pax.sparse_major.empty() && pax.sparse_minor.empty();
    if (no_version && pax.sparse_map.empty()) {
        map_.push_back({0, stored_left_});
        return give_entry();
    }
    if (!version_0 && !version_1 && !no_version)
        return fail(ErrorCode::unsupported, quoted_name() + " is sparse in version " + quote(pax.sparse_major) + "." + quote(pax.sparse_minor) + " (0.0, 0.1 and 1.0 are known)");
    if (entry_type_of(type_).value_or(EntryType::file) != EntryType::file)
        return fail(ErrorCode::malformed, quoted_name() + " has a sparse map and no content");

    entry_.sparse = true;
    if (!pax.sparse_name.empty()) name_ = pax.sparse_name;
    const std::string& size_text = pax.sparse_size.empty() ? pax.sparse_real_size : pax.sparse_size;
    if (!size_text.empty()) {
        const std::optional<std::uint64_t> size = parse_u64(size_text);
        if (!size || *size > kMostBytes) return fail(ErrorCode::malformed, quoted_name() + " has the sparse size \"" + quote(size_text) + "\"");
        entry_.size = *size;
    }
    if (version_1) {
        map_text_ = {};
        state_ = State::sparse_text;
        if (stored_left_ < kTarBlock) return fail(ErrorCode::malformed, quoted_name() + " has no room for its sparse map");
        return ok();
    }
    VERITAG_TRY(map_, parse_pax_sparse_map(pax, where()));
    return map_known();
}

Result<void> TarReader::Impl::take_sparse_text(std::span<const std::byte> block) {
    stored_left_ -= kTarBlock;
    VERITAG_TRY(const bool whole, map_text_.take(block, limits_, where()));
    if (!whole && stored_left_ < kTarBlock) return fail(ErrorCode::malformed, quoted_name() + " has no room for its sparse map");
    if (!whole) return ok();
    map_ = std::move(map_text_.map());
    return map_known();
}

Result<void> TarReader::Impl::map_known() {
    VERITAG_CHECK(check_sparse_map(map_, entry_.size, stored_left_, where() + " " + quoted_name()));
    return give_entry();
}

Result<void> TarReader::Impl::give_entry() {
    wanted_ = false;
    if (end_seen_) {
        if (!std::exchange(told_of_second_archive_, true))
            sink_.on_problem({"", where() + ": a further archive behind the end marker; not read, as container runtimes do not unpack it"});
        skip_rest();
        return ok();
    }
    VERITAG_TRY(const bool give, name_entry());
    if (give) return ask_for_content();
    skip_rest();
    return ok();
}

// Path, link target and whiteout. False where the entry is not one of the image's files.
Result<bool> TarReader::Impl::name_entry() {
    std::vector<std::string> oddities;
    const Result<void> path = set_path(entry_, name_, limits_, oddities);
    if (!path) return path.error().at(where());
    Result<bool> is_file = false;
    if (entry_type_of(type_))
        is_file = set_meaning(entry_, name_, kWhat, limits_, oddities);
    else
        oddities.push_back("entry of unknown type \"" + quote(std::string_view(&type_, 1)) + "\" skipped");
    if (!is_file) return is_file.error().at(where());
    for (std::string& oddity : oddities) problem(std::move(oddity));
    return is_file;
}

Result<void> TarReader::Impl::ask_for_content() {
    VERITAG_TRY(const std::uint64_t wanted, sink_.on_entry(entry_));
    wanted_ = wanted > 0;
    wanted_end_ = std::min(wanted, entry_.size);
    extent_ = 0;
    cursor_ = 0;
    state_ = State::content;
    return give_holes();
}

Result<void> TarReader::Impl::take_content(std::span<const std::byte>& data) {
    const std::uint64_t here = std::min(map_[extent_].end(), wanted_end_) - cursor_;
    const auto piece = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), here)));
    data = data.subspan(piece.size());
    position_ += piece.size();
    stored_left_ -= piece.size();
    cursor_ += piece.size();
    VERITAG_CHECK(sink_.on_data(piece));
    return give_holes();
}

// Moves on to the next stored byte that is wanted, giving zeros for the holes before it, or to the end of the entry.
Result<void> TarReader::Impl::give_holes() {
    while (cursor_ < wanted_end_) {
        while (extent_ < map_.size() && map_[extent_].end() <= cursor_) ++extent_;
        const std::uint64_t data_at = extent_ < map_.size() ? map_[extent_].offset : wanted_end_;
        if (data_at <= cursor_) return ok();
        const std::uint64_t count = std::min({data_at - cursor_, wanted_end_ - cursor_, std::uint64_t{kZeros.size()}});
        VERITAG_CHECK(sink_.on_data(std::span(kZeros).first(static_cast<std::size_t>(count))));
        cursor_ += count;
    }
    if (wanted_) VERITAG_CHECK(sink_.on_entry_end());
    skip_rest();
    return ok();
}

void TarReader::Impl::skip_rest() {
    skip_left_ = stored_left_ + padding_;
    state_ = skip_left_ > 0 ? State::skip : State::header;
}

void TarReader::Impl::skip(std::uint64_t count) noexcept {
    VERITAG_ASSERT(count <= skippable());
    position_ += count;
    skip_left_ -= count;
    if (state_ == State::skip && skip_left_ == 0) state_ = State::header;
}

Result<void> TarReader::Impl::finish() const {
    const auto cut = [this](const std::string& part) { return fail(ErrorCode::truncated, "the archive ends after " + std::to_string(position_) + " bytes, in " + part); };
    switch (state_) {
        case State::header:
            if (block_fill_ == 0) break;
            // Zeros behind the end marker may have any length.
            if (zero_blocks_ < 2 || !all_zero(std::span(block_).first(block_fill_))) return cut("a header");
            break;
        case State::extended: return cut("an extended header");
        case State::sparse_block:
        case State::sparse_text: return cut("the sparse map of " + quoted_name());
        case State::content: return cut("the content of " + quoted_name());
        case State::skip:
            // Padding alone may be missing: golang/go: src/archive/tar/reader.go takes that for the end.
            if (skip_left_ > padding_) return cut("the content of " + quoted_name());
            break;
    }
    if (extended_.any) return cut("an extended header, before its entry");
    return ok();
}

TarReader::TarReader(TarSink& sink, const Limits& limits) : impl_(std::make_unique<Impl>(sink, limits)) {}
TarReader::~TarReader() = default;
Result<void> TarReader::write(std::span<const std::byte> data) { return impl_->write(data); }
Result<void> TarReader::finish() { return impl_->finish(); }
std::uint64_t TarReader::skippable() const noexcept { return impl_->skippable(); }
void TarReader::skip(std::uint64_t count) noexcept { impl_->skip(count); }
bool TarReader::end_marker_seen() const noexcept { return impl_->end_marker_seen(); }
std::uint64_t TarReader::trailing_zero_blocks() const noexcept { return impl_->trailing_zero_blocks(); }
std::uint64_t TarReader::position() const noexcept { return impl_->position(); }

}  // namespace veritag::stream
