// gzip (RFC 1952): members, each a header of 10 bytes and optional fields, a deflate stream, CRC-32 and size mod 2^32 of its output.
// zstd (RFC 8878): frames, each a header of 6 to 18 bytes {magic fd2fb528, descriptor, window, dictionary, content size}, blocks and
//   an optional checksum; or a skippable frame {magic 184d2a50 to 184d2a5f, u32 size, bytes}. Little endian.

#include "stream/inflate.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "stream/tar_header.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace veritag::stream {
namespace {

constexpr std::size_t kOutput = 128 * 1024;
constexpr std::size_t kInput = 64 * 1024;  // handed to a decoder at once, so that the ratio is checked against what it has seen

Error failure(ErrorCode code, std::string_view what, std::uint64_t at, std::string saw) {
    return {code, std::string(what), "blob @" + std::to_string(at), std::move(saw), ""};
}

// Counts bytes in and out, and stops a stream that inflates to too much.
class Ratio {
public:
    explicit Ratio(const Limits& limits) : ratio_(std::max<std::uint64_t>(limits.inflate_ratio, 1)), floor_(limits.inflate_ratio_floor) {}
    void take(std::uint64_t bytes) noexcept { in_ += bytes; }
    Result<void> give(std::uint64_t bytes, std::string_view what) {
        out_ += bytes;
        if (out_ <= floor_ || out_ / ratio_ <= in_) return ok();
        return limit_error(what, "blob @" + std::to_string(in_) + " inflated to " + std::to_string(out_) + " bytes, ratio",
                           out_ / std::max<std::uint64_t>(in_, 1), "limits.inflate_ratio", ratio_);
    }
    [[nodiscard]] std::uint64_t in() const noexcept { return in_; }

private:
    std::uint64_t ratio_;
    std::uint64_t floor_;
    std::uint64_t in_ = 0;
    std::uint64_t out_ = 0;
};

class PlainInflater final : public Inflater {
public:
    Result<void> write(std::span<const std::byte> data, InflateSink& sink) override {
        for (; !data.empty(); data = data.subspan(std::min(kOutput, data.size()))) VERITAG_CHECK(sink.on_inflated(data.first(std::min(kOutput, data.size()))));
        return ok();
    }
    Result<void> finish() override { return ok(); }
};

class GzipInflater final : public Inflater {
public:
    explicit GzipInflater(const Limits& limits) : ratio_(limits), output_(std::make_unique<std::array<std::byte, kOutput>>()) {}

    Result<void> write(std::span<const std::byte> data, InflateSink& sink) override {
        while (!data.empty()) {
            switch (stage_) {
                case Stage::between: start_member_or_padding(data.front()); break;
                case Stage::header: VERITAG_CHECK(take_header(data)); break;
                case Stage::body: VERITAG_CHECK(take_body(data, sink)); break;
                case Stage::padding:
                    if (!all_zero(data)) return failure(ErrorCode::malformed, kWhat, ratio_.in(), "bytes behind the last member that are not zeros");
                    ratio_.take(data.size());
                    data = {};
                    break;
            }
        }
        return ok();
    }

    Result<void> finish() override {
        if ((stage_ == Stage::between && members_ > 0) || stage_ == Stage::padding) return ok();
        return failure(ErrorCode::truncated, kWhat, ratio_.in(), stage_ == Stage::body ? "the data end inside a member" : "the data end inside a member's header");
    }

private:
    enum class Stage : std::uint8_t { between, header, body, padding };
    static constexpr std::string_view kWhat = "inflate gzip";

    void start_member_or_padding(std::byte first) {
        if (members_ > 0 && first == std::byte{0}) {
            stage_ = Stage::padding;
            return;
        }
        isal_inflate_init(state_.get());
        state_->total_out = 0;  // compared with the member's size field; isal_inflate_init leaves it alone
        isal_gzip_header_init(&header_);
        stage_ = Stage::header;
    }

    // Points the decoder to the next slice of `data`.
    void lend(std::span<const std::byte> data) noexcept {
        // ISA-L reads through a pointer to non-const and does not write.
        state_->next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(data.data()));
        state_->avail_in = static_cast<std::uint32_t>(std::min(data.size(), kInput));
    }
    // Removes from `data` what the decoder has read since lend(), and tells how much that was. When ISA-L 2.30 returns an error,
    // avail_in may have wrapped below zero; then nothing counts as read.
    std::size_t take_back(std::span<const std::byte>& data) noexcept {
        const std::size_t lent = std::min(data.size(), kInput);
        const std::size_t count = lent - std::min<std::size_t>(state_->avail_in, lent);
        data = data.subspan(count);
        ratio_.take(count);
        return count;
    }

    Result<void> take_header(std::span<const std::byte>& data) {
        lend(data);
        const int status = isal_read_gzip_header(state_.get(), &header_);
        const bool moved = take_back(data) > 0;
        if (status == ISAL_END_INPUT && moved) return ok();
        if (status != ISAL_DECOMP_OK) return failure(ErrorCode::malformed, kWhat, ratio_.in(), header_fault(status));
        state_->crc_flag = ISAL_GZIP_NO_HDR_VER;
        stage_ = Stage::body;
        return ok();
    }

    Result<void> take_body(std::span<const std::byte>& data, InflateSink& sink) {
        // Once more without input where the buffer was filled: the decoder may hold back output.
        do {
            lend(data);
            state_->next_out = reinterpret_cast<std::uint8_t*>(output_->data());
            state_->avail_out = kOutput;
            const int status = isal_inflate(state_.get());
            const bool moved = take_back(data) > 0;
            if (status < 0) return failure(ErrorCode::malformed, kWhat, ratio_.in(), body_fault(status));
            const std::size_t produced = kOutput - state_->avail_out;
            if (produced > 0) {
                VERITAG_CHECK(ratio_.give(produced, kWhat));
                VERITAG_CHECK(sink.on_inflated(std::span<const std::byte>(*output_).first(produced)));
            } else if (!moved && !data.empty() && state_->block_state != ISAL_BLOCK_FINISH) {
                return failure(ErrorCode::malformed, kWhat, ratio_.in(), "the decoder makes no progress");
            }
        } while (state_->avail_out == 0 && state_->block_state != ISAL_BLOCK_FINISH);
        if (state_->block_state == ISAL_BLOCK_FINISH) {
            ++members_;
            stage_ = Stage::between;
        }
        return ok();
    }

    std::string header_fault(int status) const {
        if (status == ISAL_INCORRECT_CHECKSUM) return "the header's own checksum differs";
        if (status == ISAL_UNSUPPORTED_METHOD) return "a compression method other than deflate";
        return members_ > 0 ? "bytes behind a member that are neither a member nor zeros" : "not a gzip header";
    }

    static std::string body_fault(int status) {
        switch (status) {
            case ISAL_INVALID_BLOCK: return "an invalid deflate block";
            case ISAL_INVALID_SYMBOL: return "an invalid deflate symbol";
            case ISAL_INVALID_LOOKBACK: return "a deflate match that reaches before the start";
            case ISAL_INCORRECT_CHECKSUM: return "the member's CRC-32 or size differs from its content";
            default: return "ISA-L error " + std::to_string(status);
        }
    }

    Ratio ratio_;
    Stage stage_ = Stage::between;
    std::uint64_t members_ = 0;
    std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
    isal_gzip_header header_{};
    std::unique_ptr<std::array<std::byte, kOutput>> output_;
};

// How libzstd will read a frame, told before it allocates anything.
struct ZstdFrameHeader {
    static constexpr std::size_t kMost = 18;
    std::size_t size = 0;
    std::uint64_t window = 0;
    bool skippable = false;
    std::uint32_t skipped = 0;  ///< bytes behind the header of a skippable frame
};

bool is_zstd_magic(std::uint32_t magic) noexcept { return magic == 0xfd2fb528U; }
bool is_skippable_magic(std::uint32_t magic) noexcept { return (magic & 0xfffffff0U) == 0x184d2a50U; }

// nullopt while `bytes` are too few.
std::optional<ZstdFrameHeader> parse_zstd_frame_header(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    ZstdFrameHeader header;
    if (is_skippable_magic(in.u32le())) {
        header.skippable = true;
        header.size = 8;
        header.skipped = in.u32le();
        return in.ok() ? std::optional(header) : std::nullopt;
    }
    const std::uint8_t descriptor = in.u8();
    const bool single_segment = (descriptor & 0x20) != 0;
    const std::size_t dictionary_bytes = std::array<std::size_t, 4>{0, 1, 2, 4}[descriptor & 3U];
    const std::size_t content_size_bytes = std::array<std::size_t, 4>{single_segment ? 1U : 0U, 2, 4, 8}[descriptor >> 6U];
    if (!single_segment) {
        const std::uint8_t window = in.u8();
        const std::uint64_t base = 1ULL << (10 + (window >> 3));
        header.window = base + base / 8 * (window & 7);
    }
    in.skip(dictionary_bytes);
    std::uint64_t content_size = 0;
    switch (content_size_bytes) {
        case 1: content_size = in.u8(); break;
        case 2: content_size = std::uint64_t{in.u16le()} + 256; break;
        case 4: content_size = in.u32le(); break;
        case 8: content_size = in.u64le(); break;
        default: break;
    }
    if (single_segment) header.window = content_size;
    header.size = in.position();
    return in.ok() ? std::optional(header) : std::nullopt;
}

class ZstdInflater final : public Inflater {
public:
    explicit ZstdInflater(const Limits& limits)
        : ratio_(limits), window_log_(limits.zstd_window_log), output_(std::make_unique<std::array<std::byte, kOutput>>()), context_(ZSTD_createDCtx()) {
        if (!context_) throw std::bad_alloc();
        // Windows are checked before libzstd sees a frame; this only opens its own gate as far as needed.
        const ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
        VERITAG_ASSERT(ZSTD_isError(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, bounds.upperBound)) == 0);
    }

    Result<void> write(std::span<const std::byte> data, InflateSink& sink) override {
        while (!data.empty()) {
            switch (stage_) {
                case Stage::header: VERITAG_CHECK(take_header(data, sink)); break;
                case Stage::frame: VERITAG_CHECK(take_frame(data, sink)); break;
                case Stage::skippable: {
                    const std::size_t count = std::min<std::size_t>(data.size(), skip_left_);
                    data = data.subspan(count);
                    ratio_.take(count);
                    skip_left_ -= static_cast<std::uint32_t>(count);
                    if (skip_left_ == 0) stage_ = Stage::header;
                    break;
                }
            }
        }
        return ok();
    }

    Result<void> finish() override {
        if (stage_ == Stage::header && head_size_ == 0) return ok();
        return failure(ErrorCode::truncated, kWhat, ratio_.in(), stage_ == Stage::header ? "the data end inside a frame's header" : "the data end inside a frame");
    }

private:
    enum class Stage : std::uint8_t { header, frame, skippable };
    struct FreeContext {
        void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
    };
    static constexpr std::string_view kWhat = "inflate zstd";

    // Byte by byte, since only the bytes so far tell how long the header is; frames are large.
    Result<void> take_header(std::span<const std::byte>& data, InflateSink& sink) {
        VERITAG_ASSERT(head_size_ < head_.size());
        head_[head_size_++] = data.front();
        data = data.subspan(1);
        const auto head = std::span<const std::byte>(head_).first(head_size_);
        if (head_size_ < 4) return ok();
        // libzstd may know older formats as well; they have no place in a layer.
        const std::uint32_t magic = ByteReader(head).u32le();
        if (!is_zstd_magic(magic) && !is_skippable_magic(magic))
            return failure(ErrorCode::malformed, kWhat, ratio_.in(), "bytes that do not start a zstd frame");
        const std::optional<ZstdFrameHeader> header = parse_zstd_frame_header(head);
        if (!header) return ok();
        head_size_ = 0;
        if (header->skippable) {
            ratio_.take(head.size());
            skip_left_ = header->skipped;
            if (skip_left_ > 0) stage_ = Stage::skippable;
            return ok();
        }
        // The log of the smallest power of two that holds the window.
        const auto log = static_cast<std::uint64_t>(header->window <= 1 ? 0 : std::bit_width(header->window - 1));
        if (log > window_log_)
            return limit_error(kWhat, "blob @" + std::to_string(ratio_.in()) + " window of " + std::to_string(header->window) + " bytes, log", log,
                               "limits.zstd_window_log", window_log_);
        ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
        stage_ = Stage::frame;
        VERITAG_TRY(const std::size_t count, decode(head, sink));
        VERITAG_ASSERT(count == head.size());
        return ok();
    }

    Result<void> take_frame(std::span<const std::byte>& data, InflateSink& sink) {
        const std::span<const std::byte> slice = data.first(std::min(data.size(), kInput));
        VERITAG_TRY(const std::size_t count, decode(slice, sink));
        data = data.subspan(count);
        return ok();
    }

    // How many bytes of `input` it took: all, or those up to the end of the frame.
    Result<std::size_t> decode(std::span<const std::byte> input, InflateSink& sink) {
        ZSTD_inBuffer in{input.data(), input.size(), 0};
        for (bool more = true; more && stage_ == Stage::frame;) {
            ZSTD_outBuffer out{output_->data(), kOutput, 0};
            const std::size_t before = in.pos;
            const std::size_t status = ZSTD_decompressStream(context_.get(), &out, &in);
            if (ZSTD_isError(status) != 0) {
                if (ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation) throw std::bad_alloc();
                return failure(ErrorCode::malformed, kWhat, ratio_.in(), ZSTD_getErrorName(status));
            }
            ratio_.take(in.pos - before);
            if (out.pos > 0) {
                VERITAG_CHECK(ratio_.give(out.pos, kWhat));
                VERITAG_CHECK(sink.on_inflated(std::span<const std::byte>(*output_).first(out.pos)));
            }
            if (status == 0) stage_ = Stage::header;
            more = in.pos < in.size || out.pos == out.size;
        }
        return in.pos;
    }

    Ratio ratio_;
    std::uint64_t window_log_;
    Stage stage_ = Stage::header;
    std::array<std::byte, ZstdFrameHeader::kMost> head_{};
    std::size_t head_size_ = 0;
    std::uint32_t skip_left_ = 0;
    std::unique_ptr<std::array<std::byte, kOutput>> output_;
    std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
};

}  // namespace

std::string_view to_string(Compression compression) noexcept {
    switch (compression) {
        case Compression::none: return "none";
        case Compression::gzip: return "gzip";
        case Compression::zstd: return "zstd";
    }
    return "none";
}

Compression detect_compression(std::span<const std::byte> head) noexcept {
    if (as_text(head).starts_with("\x1f\x8b")) return Compression::gzip;
    ByteReader in(head);
    const std::uint32_t magic = in.u32le();
    return in.ok() && (is_zstd_magic(magic) || is_skippable_magic(magic)) ? Compression::zstd : Compression::none;
}

std::unique_ptr<Inflater> make_inflater(Compression compression, const Limits& limits) {
    switch (compression) {
        case Compression::none: break;
        case Compression::gzip: return std::make_unique<GzipInflater>(limits);
        case Compression::zstd: return std::make_unique<ZstdInflater>(limits);
    }
    return std::make_unique<PlainInflater>();
}

}  // namespace veritag::stream
