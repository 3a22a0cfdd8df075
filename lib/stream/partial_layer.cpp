// First the table: its digest is checked before one entry is read. Then a plan: which chunks hold the wanted bytes, sorted as the blob has
// them, and which runs of the blob to ask for. Then the runs, one request after the other, inflated and verified as they pass.

#include "stream/partial_layer.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "stream/inflate.h"
#include "stream/toc.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::stream {
namespace {

constexpr std::string_view kWhat = "read layer in part";
// One more request costs a round trip and about 1 KiB of headers. Reading on over 32 KiB costs less time than that on any line above
// 10 Mbit/s, and a thousand such gaps are 0.3 % of a layer of 10 GB.
constexpr std::uint64_t kMergedGap = 32 << 10;
constexpr std::uint64_t kMostRequest = 8 << 20;  // bytes of one request: what is held in memory
// Where more than one byte of this many is wanted, a full read is hardly dearer, and proves the digests.
constexpr std::uint64_t kWorthwhileShare = 2;
constexpr std::uint64_t kSkippableHeader = 8;
constexpr std::array<std::byte, 32 * 1024> kZeros{};

Error cancelled() { return {ErrorCode::cancelled, std::string(kWhat), "", "stopped before its end", ""}; }
Error malformed(std::string where, std::string saw) { return {ErrorCode::malformed, std::string(kWhat), std::move(where), std::move(saw), ""}; }

std::string place(std::uint64_t offset) { return "blob @" + std::to_string(offset); }

// A file whose content the sink wants, from its start up to `wanted`.
struct WantedFile {
    std::size_t number = 0;  // the sink's
    std::string path;
    std::uint64_t wanted = 0;
    Digest digest;  // of the whole content; empty where not all of it is read
    std::vector<TocChunk> chunks;
};

// A chunk of the plan.
struct Piece {
    std::size_t file = 0;
    std::size_t chunk = 0;
};

struct Run {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

// Takes the table's entries: the sink sees them all, and what it wants is noted.
class Planner final : public TocSink {
public:
    explicit Planner(DeferringSink& sink) : sink_(sink) {}

    Result<void> on_toc_entry(TocEntry toc) override {
        ++entries_;
        for (const TocChunk& chunk : toc.chunks) starts_.push_back(chunk.offset);
        // Of entries with one name tools may take the first or the last. Where both are directories it does not matter.
        if (toc.entry.type != EntryType::directory || toc.entry.whiteout != Whiteout::none) names_.push_back(name_of(toc.entry));
        VERITAG_TRY(const std::uint64_t asked, sink_.on_entry(toc.entry));
        const std::uint64_t wanted = std::min(asked, toc.entry.size);
        if (asked == 0) return ok();
        WantedFile file{.number = sink_.set_aside(), .path = std::move(toc.entry.path), .wanted = wanted, .digest = {}, .chunks = {}};
        if (wanted == toc.entry.size) file.digest = std::move(toc.digest);
        std::uint64_t covered = 0;
        for (TocChunk& chunk : toc.chunks) {
            if (covered >= wanted) break;
            covered += chunk.size;
            if (!chunk.zeros && chunk.digest.empty()) return malformed("\"" + quote(file.path) + "\"", "the table of contents has no digest for one of its chunks");
            file.chunks.push_back(std::move(chunk));
        }
        files_.push_back(std::move(file));
        return ok();
    }
    void on_toc_problem(Problem problem) override { sink_.on_problem(std::move(problem)); }

    /// All entries are known; the content ends at `content_end` of the blob.
    Result<void> plan(std::uint64_t content_end) {
        std::sort(names_.begin(), names_.end());
        if (const auto twice = std::adjacent_find(names_.begin(), names_.end()); twice != names_.end())
            return malformed("table of contents", "a name is there twice");
        std::sort(starts_.begin(), starts_.end());
        for (std::size_t file = 0; file < files_.size(); ++file)
            for (std::size_t chunk = 0; chunk < files_[file].chunks.size(); ++chunk) {
                if (files_[file].chunks[chunk].zeros) continue;
                VERITAG_CHECK(find_end(files_[file], files_[file].chunks[chunk], content_end));
                pieces_.push_back({file, chunk});
            }
        std::sort(pieces_.begin(), pieces_.end(), [&](const Piece& a, const Piece& b) {
            return std::pair(chunk(a).offset, chunk(a).inner_offset) < std::pair(chunk(b).offset, chunk(b).inner_offset);
        });
        VERITAG_CHECK(check_order());
        for (const Piece& piece : pieces_) add_run(chunk(piece));
        return ok();
    }

    [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }
    [[nodiscard]] const std::vector<WantedFile>& files() const noexcept { return files_; }
    [[nodiscard]] const std::vector<Piece>& pieces() const noexcept { return pieces_; }
    [[nodiscard]] const std::vector<Run>& runs() const noexcept { return runs_; }
    [[nodiscard]] const TocChunk& chunk(const Piece& piece) const noexcept { return files_[piece.file].chunks[piece.chunk]; }

private:
    // Part of a hash: names that a hostile table makes collide only cost it the partial read.
    static std::uint64_t name_of(const TarEntry& entry) {
        const char* mark = entry.whiteout == Whiteout::none ? "" : entry.whiteout == Whiteout::file ? "/removed" : "/opaque";
        return std::hash<std::string>()(entry.path + mark);
    }

    // What a chunk takes of the blob reaches to the next start of any chunk, and over none.
    Result<void> find_end(const WantedFile& file, TocChunk& chunk, std::uint64_t content_end) const {
        const auto next = std::upper_bound(starts_.begin(), starts_.end(), chunk.offset);
        const std::uint64_t limit = next == starts_.end() ? content_end : std::min(*next, content_end);
        if (chunk.end == 0) chunk.end = limit;
        if (chunk.offset >= content_end || chunk.end <= chunk.offset || chunk.end > limit)
            return malformed("\"" + quote(file.path) + "\"", "a chunk takes bytes " + std::to_string(chunk.offset) + " to " + std::to_string(chunk.end) +
                                                                " of the blob, where it may reach to " + std::to_string(limit));
        return ok();
    }

    // Chunks that share a member lie one behind the other in it, and the chunks of one file come in one go.
    [[nodiscard]] Result<void> check_order() const {
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            const TocChunk& here = chunk(pieces_[i]);
            const std::string where = "\"" + quote(files_[pieces_[i].file].path) + "\"";
            if (i > 0) {
                const TocChunk& before = chunk(pieces_[i - 1]);
                if (before.offset == here.offset && (before.end != here.end || here.inner_offset - before.inner_offset < before.size))
                    return malformed(where, "its content overlaps another file's at " + place(here.offset));
            }
            const bool first = is_first_piece(pieces_[i]);
            const bool goes_on = i > 0 && pieces_[i - 1].file == pieces_[i].file;
            if (first == goes_on) return malformed(where, "its chunks lie among another file's at " + place(here.offset));
        }
        return ok();
    }

    [[nodiscard]] bool is_first_piece(const Piece& piece) const {
        const auto& chunks = files_[piece.file].chunks;
        return std::all_of(chunks.begin(), chunks.begin() + static_cast<std::ptrdiff_t>(piece.chunk), [](const TocChunk& each) { return each.zeros; });
    }

    void add_run(const TocChunk& chunk) {
        if (!runs_.empty() && chunk.offset <= runs_.back().end + kMergedGap)
            runs_.back().end = std::max(runs_.back().end, chunk.end);
        else
            runs_.push_back({chunk.offset, chunk.end});
    }

    DeferringSink& sink_;
    std::uint64_t entries_ = 0;
    std::vector<std::uint64_t> starts_;  // of all chunks of all files
    std::vector<std::uint64_t> names_;
    std::vector<WantedFile> files_;
    std::vector<Piece> pieces_;  // in the blob's order
    std::vector<Run> runs_;
};

// Hands inflated chunks to the sink, file by file, and verifies them.
class Deliverer final : public InflateSink {
public:
    Deliverer(const Planner& plan, DeferringSink& sink, const Limits& limits) : plan_(plan), sink_(sink), limits_(limits) {}

    /// Files without a byte in the blob: holes alone.
    Result<void> deliver_holes() {
        for (std::size_t i = 0; i < plan_.files().size(); ++i) {
            const auto& chunks = plan_.files()[i].chunks;
            if (!std::all_of(chunks.begin(), chunks.end(), [](const TocChunk& each) { return each.zeros; })) continue;
            begin_file(i);
            VERITAG_CHECK(end_file());
        }
        return ok();
    }

    [[nodiscard]] bool finished() const noexcept { return next_ == plan_.pieces().size(); }
    /// Of the frame that holds the next piece.
    [[nodiscard]] Run frame() const noexcept { return {plan_.chunk(plan_.pieces()[next_]).offset, plan_.chunk(plan_.pieces()[next_]).end}; }
    void begin_frame() noexcept {
        frame_at_ = frame().begin;
        inflated_ = 0;
        frame_done_ = stopped_ = false;
    }
    /// Nothing more of the frame is wanted.
    [[nodiscard]] bool frame_done() const noexcept { return frame_done_; }
    /// The last error of on_inflated() only says that the frame was done: the rest of it need not be inflated.
    [[nodiscard]] bool stopped_there() const noexcept { return stopped_; }

    Result<void> on_inflated(std::span<const std::byte> data) override {
        if (data.size() > limits_.layer_bytes - total_) return limit_error(kWhat, "inflated size", total_ + data.size(), "limits.layer_bytes", limits_.layer_bytes);
        total_ += data.size();
        while (!data.empty()) {
            if (frame_done_) {
                stopped_ = true;
                return cancelled();
            }
            const TocChunk& chunk = plan_.chunk(plan_.pieces()[next_]);
            const std::uint64_t skip = std::min<std::uint64_t>(chunk.inner_offset > inflated_ ? chunk.inner_offset - inflated_ : 0, data.size());
            inflated_ += skip;
            data = data.subspan(static_cast<std::size_t>(skip));
            if (data.empty()) break;
            VERITAG_TRY(const std::size_t taken, take(data, chunk));
            inflated_ += taken;
            data = data.subspan(taken);
        }
        return ok();
    }

private:
    Result<std::size_t> take(std::span<const std::byte> data, const TocChunk& chunk) {
        const Piece& piece = plan_.pieces()[next_];
        if (chunk_left_ == 0) {
            if (file_ != piece.file) begin_file(piece.file);
            VERITAG_CHECK(give_zeros_up_to(piece.chunk));
            chunk_left_ = chunk.size;
            chunk_hash_ = Hasher(chunk.digest.algorithm());
        }
        const auto part = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), chunk_left_)));
        chunk_hash_.update(part);
        VERITAG_CHECK(give(part));
        chunk_left_ -= part.size();
        if (chunk_left_ > 0) return part.size();
        if (const Digest digest = chunk_hash_.finish(); digest != chunk.digest)
            return mismatch("chunk", digest, chunk.digest);
        ++next_chunk_;
        ++next_;
        frame_done_ = finished() || frame().begin != frame_at_;
        if (finished() || plan_.pieces()[next_].file != *file_) VERITAG_CHECK(end_file());
        return part.size();
    }

    [[nodiscard]] const WantedFile& file() const noexcept { return plan_.files()[*file_]; }
    [[nodiscard]] Error mismatch(const std::string& part, const Digest& found, const Digest& expected) const {
        return {ErrorCode::digest_mismatch, std::string(kWhat), "\"" + quote(file().path) + "\" " + part,
                "the bytes hash to " + found.str() + ", the table of contents says " + expected.str(), ""};
    }

    void begin_file(std::size_t index) {
        file_ = index;
        next_chunk_ = 0;
        given_ = 0;
        file_hash_ = Hasher(file().digest.empty() ? "sha256" : file().digest.algorithm());
        sink_.take_up(file().number);
    }

    Result<void> end_file() {
        VERITAG_CHECK(give_zeros_up_to(file().chunks.size()));
        if (!file().digest.empty())
            if (const Digest digest = file_hash_.finish(); digest != file().digest) return mismatch("whole content", digest, file().digest);
        VERITAG_CHECK(sink_.on_entry_end());
        file_.reset();
        return ok();
    }

    // The holes before a chunk.
    Result<void> give_zeros_up_to(std::size_t chunk) {
        for (; next_chunk_ < chunk; ++next_chunk_)
            for (std::uint64_t left = file().chunks[next_chunk_].size; left > 0;) {
                const auto zeros = std::span(kZeros).first(static_cast<std::size_t>(std::min<std::uint64_t>(left, kZeros.size())));
                VERITAG_CHECK(give(zeros));
                left = given_ == file().wanted ? 0 : left - zeros.size();  // a hole may be absurdly long
            }
        return ok();
    }

    Result<void> give(std::span<const std::byte> data) {
        if (!file().digest.empty()) file_hash_.update(data);
        const auto wanted = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), file().wanted - given_)));
        given_ += wanted.size();
        return wanted.empty() ? ok() : sink_.on_data(wanted);
    }

    const Planner& plan_;
    DeferringSink& sink_;
    const Limits& limits_;
    std::size_t next_ = 0;  // piece
    std::uint64_t total_ = 0;     // inflated of all frames
    std::uint64_t frame_at_ = 0;
    std::uint64_t inflated_ = 0;  // of this frame
    bool frame_done_ = false;
    bool stopped_ = false;
    std::uint64_t chunk_left_ = 0;
    Hasher chunk_hash_;
    std::optional<std::size_t> file_;
    std::size_t next_chunk_ = 0;  // of the file
    std::uint64_t given_ = 0;     // bytes of the file that the sink has
    Hasher file_hash_;
};

class PartialDecoder {
public:
    PartialDecoder(RangeSource& blob, std::uint64_t blob_size, const TocReference& toc, DeferringSink& sink, const Limits& limits, const std::stop_token& stop)
        : blob_(blob), blob_size_(blob_size), toc_(toc), sink_(sink), limits_(limits), stop_(stop) {}

    Result<PartialFacts> run() {
        if (!toc_.alone)
            return Error{ErrorCode::unsupported, std::string(kWhat), "annotations", "it names a zstd:chunked and an eStargz table of contents, and engines differ in which they read", ""};
        Planner plan(sink_);
        VERITAG_TRY(const std::uint64_t content_end, read_table(plan));
        VERITAG_CHECK(plan.plan(content_end));
        std::uint64_t wanted = facts_.bytes_read;
        for (const Run& run : plan.runs()) wanted += run.end - run.begin;
        if (wanted > blob_size_ / kWorthwhileShare)
            return Error{ErrorCode::unsupported, std::string(kWhat), "", std::to_string(wanted) + " of its " + std::to_string(blob_size_) + " bytes are wanted: a full read costs little more", ""};
        Deliverer deliverer(plan, sink_, limits_);
        VERITAG_CHECK(deliverer.deliver_holes());
        for (const Run& run : plan.runs()) VERITAG_CHECK(read_run(run, deliverer));
        VERITAG_ASSERT(deliverer.finished());
        facts_.entries = plan.entries();
        return facts_;
    }

private:
    Result<std::string> read(std::uint64_t offset, std::uint64_t length) {
        if (stop_.stop_requested()) return cancelled();
        VERITAG_TRY(std::string bytes, blob_.read(offset, length));
        if (bytes.size() != length)
            return Error{ErrorCode::truncated, std::string(kWhat), place(offset), std::to_string(length) + " bytes were asked for, " + std::to_string(bytes.size()) + " came", ""};
        facts_.bytes_read += length;
        return bytes;
    }

    Result<std::string> read_long(std::uint64_t offset, std::uint64_t length) {
        std::string whole;
        while (length > 0) {
            const std::uint64_t part = std::min(length, kMostRequest);
            VERITAG_TRY(const std::string bytes, read(offset, part));
            whole += bytes;
            offset += part;
            length -= part;
        }
        return whole;
    }

    // Returns where the content of files ends in the blob.
    Result<std::uint64_t> read_table(Planner& plan) {
        std::uint64_t offset = toc_.offset;
        std::uint64_t length = toc_.length;
        if (toc_.format == TocFormat::estargz) {
            if (blob_size_ <= kEstargzFooterBytes) return malformed("blob", std::to_string(blob_size_) + " bytes are too few for eStargz");
            const std::uint64_t footer_at = blob_size_ - kEstargzFooterBytes;
            VERITAG_TRY(const std::string footer, read(footer_at, kEstargzFooterBytes));
            VERITAG_TRY(offset, parse_estargz_footer(as_byte_span(footer)));
            if (offset == 0 || offset >= footer_at) return malformed("eStargz footer", "the table of contents at " + std::to_string(offset) + " is not inside the blob");
            length = footer_at - offset;
        }
        if (length > limits_.toc_bytes) return limit_error(kWhat, "table of contents", length, "limits.toc_bytes", limits_.toc_bytes);
        if (length > blob_size_ / kWorthwhileShare)
            return Error{ErrorCode::unsupported, std::string(kWhat), "", "the table of contents alone takes " + std::to_string(length) + " of its " + std::to_string(blob_size_) + " bytes", ""};
        VERITAG_TRY(const std::string compressed, read_long(offset, length));
        VERITAG_CHECK(verify_table(compressed));
        TocReader reader(plan, limits_);
        VERITAG_CHECK(unpack_toc(toc_.format, as_byte_span(compressed), limits_, [&](std::span<const std::byte> text) { return reader.write(text); }));
        VERITAG_CHECK(reader.finish());
        return toc_.format == TocFormat::estargz ? offset : offset - kSkippableHeader;
    }

    Result<void> verify_table(const std::string& compressed) {
        Hasher hasher(toc_.digest.algorithm());
        if (toc_.format == TocFormat::zstd_chunked)
            hasher.update(compressed);
        else
            VERITAG_CHECK(unpack_toc(toc_.format, as_byte_span(compressed), limits_, [&](std::span<const std::byte> text) {
                hasher.update(text);
                return ok();
            }));
        if (const Digest digest = hasher.finish(); digest != toc_.digest)
            return Error{ErrorCode::digest_mismatch, std::string(kWhat), "table of contents", "it hashes to " + digest.str() + ", the manifest says " + toc_.digest.str(), ""};
        return ok();
    }

    // A frame may go on in the next request.
    Result<void> read_run(const Run& run, Deliverer& deliverer) {
        const Compression compression = toc_.format == TocFormat::estargz ? Compression::gzip : Compression::zstd;
        std::unique_ptr<Inflater> inflater;
        Run frame;
        for (std::uint64_t at = run.begin; at < run.end;) {
            const std::uint64_t length = std::min(run.end - at, kMostRequest);
            VERITAG_TRY(const std::string bytes, read(at, length));
            const std::uint64_t bytes_end = at + length;
            while (at < bytes_end) {
                if (inflater == nullptr) {
                    if (deliverer.finished()) return ok();
                    frame = deliverer.frame();
                    if (frame.begin >= bytes_end) {  // a gap up to the end of these bytes
                        at = bytes_end;
                        break;
                    }
                    at = frame.begin;
                    deliverer.begin_frame();
                    inflater = make_inflater(compression, limits_);
                }
                const std::uint64_t end = std::min(frame.end, bytes_end);
                const auto part = as_byte_span(bytes).subspan(static_cast<std::size_t>(at - (bytes_end - length)), static_cast<std::size_t>(end - at));
                if (!deliverer.frame_done()) {
                    const Result<void> inflated = inflater->write(part, deliverer);
                    if (!inflated && !deliverer.stopped_there()) return inflated.error().at("frame at " + place(frame.begin));
                }
                at = end;
                if (at < frame.end) continue;
                if (!deliverer.frame_done()) return malformed("frame at " + place(frame.begin), "it inflates to less than the table of contents says");
                inflater.reset();
            }
        }
        return ok();
    }

    RangeSource& blob_;
    const std::uint64_t blob_size_;
    const TocReference& toc_;
    DeferringSink& sink_;
    const Limits& limits_;
    const std::stop_token& stop_;
    PartialFacts facts_;
};

}  // namespace

Result<PartialFacts> decode_partial_layer(RangeSource& blob, std::uint64_t blob_size, const TocReference& toc, DeferringSink& sink, const Limits& limits,
                                          std::stop_token stop) {
    return PartialDecoder(blob, blob_size, toc, sink, limits, stop).run();
}

}  // namespace veritag::stream
