#include "stream/toc_reference.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "stream/inflate.h"
#include "stream/tar.h"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

// eStargz ends with an empty gzip member of 51 bytes:
//    0  1f 8b 08 04, time, flags, system      gzip header with an extra field
//   10  1a 00 'S' 'G' 16 00                   its length, the subfield's name and length
//   16  16 hexadecimal digits, "STARGZ"       where the table's gzip member starts
//   38  01 00 00 ff ff, 8 zeros               an empty deflate stream, CRC-32 and size
// The table's member holds a tar whose first entry, stargz.index.json, is the JSON text. A shorter footer with "STARGZEXTERNALTOC" says
// that the table is in another image.
//
// zstd:chunked has the table in a skippable frame. Its footer is not needed: the annotations say where the table is.

namespace veritag::stream {
namespace {

constexpr std::string_view kWhat = "read table of contents";
constexpr std::string_view kEstargzDigest = "containerd.io/snapshot/stargz/toc.digest";
// stargz-snapshotter, and containers/storage before November 2022, write the second prefix.
constexpr std::array<std::string_view, 2> kChunkedPrefixes{"io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."};
constexpr std::uint64_t kManifestTypeCrfs = 1;
constexpr std::uint64_t kSkippableHeader = 8;

Error malformed(std::string where, std::string saw) { return {ErrorCode::malformed, std::string(kWhat), std::move(where), std::move(saw), ""}; }

const std::string* annotation(const std::map<std::string, std::string>& annotations, std::string_view key) {
    const auto found = annotations.find(std::string(key));
    return found == annotations.end() ? nullptr : &found->second;
}

Result<Digest> digest_in(const std::string& key, const std::string& text) {
    Result<Digest> digest = Digest::parse(text);
    if (!digest) return digest.error().at("annotation " + key);
    return digest;
}

Result<TocReference> read_chunked(const std::map<std::string, std::string>& annotations, const std::string& prefix, std::uint64_t blob_size) {
    const std::string position_key = prefix + "manifest-position";
    const std::string where = "annotation " + position_key;
    const std::string* position = annotation(annotations, position_key);
    if (position == nullptr) return malformed(where, "missing, although the table's checksum is there");
    // offset:length:unpacked length:type
    const std::vector<std::string_view> parts = split(*position, ':');
    std::vector<std::uint64_t> numbers;
    for (const std::string_view part : parts)
        if (const auto number = parse_u64(part)) numbers.push_back(*number);
    if (parts.size() != 4 || numbers.size() != 4) return malformed(where, "\"" + quote(*position) + "\" is not offset:length:length:type");
    if (numbers[3] != kManifestTypeCrfs) return Error{ErrorCode::unsupported, std::string(kWhat), where, "type " + std::to_string(numbers[3]) + " (known: 1)", ""};
    TocReference toc{.format = TocFormat::zstd_chunked, .digest = {}, .offset = numbers[0], .length = numbers[1], .alone = true};
    if (toc.offset < kSkippableHeader || toc.length == 0 || toc.offset > blob_size || toc.length > blob_size - toc.offset)
        return malformed(where, "\"" + quote(*position) + "\" is not inside the blob of " + std::to_string(blob_size) + " bytes");
    VERITAG_TRY(toc.digest, digest_in(prefix + "manifest-checksum", annotations.at(prefix + "manifest-checksum")));
    return toc;
}

// Takes the JSON text from the tar around it.
class TocTar final : public InflateSink, public TarSink {
public:
    TocTar(const Limits& limits, const TextConsumer& take) : reader_(*this, limits), take_(take) {}

    Result<void> on_inflated(std::span<const std::byte> data) override { return reader_.write(data); }
    Result<std::uint64_t> on_entry(const TarEntry& entry) override {
        if (std::exchange(seen_, true)) return std::uint64_t{0};
        if (entry.path != kEstargzTocName || entry.type != EntryType::file || entry.whiteout != Whiteout::none)
            return malformed("", "its first entry is \"" + quote(entry.path) + "\", not " + std::string(kEstargzTocName));
        return entry.size;
    }
    Result<void> on_data(std::span<const std::byte> data) override { return take_(data); }
    Result<void> on_entry_end() override { return ok(); }
    void on_problem(Problem) override {}  // oddities of entries behind the table, which nobody reads

    Result<void> finish() {
        VERITAG_CHECK(reader_.finish());
        if (!seen_) return malformed("", "the tar around it is empty");
        return ok();
    }

private:
    TarReader reader_;
    const TextConsumer& take_;
    bool seen_ = false;
};

class TextSink final : public InflateSink {
public:
    explicit TextSink(const TextConsumer& take) : take_(take) {}
    Result<void> on_inflated(std::span<const std::byte> data) override { return take_(data); }

private:
    const TextConsumer& take_;
};

// What lies around and behind the JSON text counts too: it has to be inflated.
class BoundedSink final : public InflateSink {
public:
    BoundedSink(InflateSink& inner, const Limits& limits) : inner_(inner), limits_(limits) {}
    Result<void> on_inflated(std::span<const std::byte> data) override {
        size_ += data.size();
        if (size_ > limits_.toc_bytes) return limit_error(kWhat, "unpacked", size_, "limits.toc_bytes", limits_.toc_bytes);
        return inner_.on_inflated(data);
    }

private:
    InflateSink& inner_;
    const Limits& limits_;
    std::uint64_t size_ = 0;
};

}  // namespace

std::string_view to_string(TocFormat format) noexcept { return format == TocFormat::zstd_chunked ? "zstd:chunked" : "eStargz"; }

Result<std::optional<TocReference>> find_toc(const std::map<std::string, std::string>& annotations, std::string_view compression, std::uint64_t blob_size) {
    const std::string* estargz = annotation(annotations, kEstargzDigest);
    std::string chunked_prefix;
    for (const std::string_view prefix : kChunkedPrefixes) {
        if (annotation(annotations, std::string(prefix) + "manifest-checksum") == nullptr) continue;
        if (!chunked_prefix.empty()) return malformed("annotation " + std::string(prefix) + "manifest-checksum", "it is there under both of its names");
        chunked_prefix = prefix;
    }
    std::optional<TocReference> toc;
    if (compression == "zstd" && !chunked_prefix.empty()) {
        VERITAG_TRY(toc, read_chunked(annotations, chunked_prefix, blob_size));
    } else if (compression == "gzip" && estargz != nullptr) {
        VERITAG_TRY(Digest digest, digest_in(std::string(kEstargzDigest), *estargz));
        toc = TocReference{.format = TocFormat::estargz, .digest = std::move(digest), .offset = 0, .length = 0, .alone = true};
    }
    if (toc) toc->alone = estargz == nullptr || chunked_prefix.empty();
    return toc;
}

Result<std::uint64_t> parse_estargz_footer(std::span<const std::byte> footer) {
    const std::string where = "eStargz footer";
    const std::string_view text = as_text(footer);
    constexpr std::string_view kMagic = "STARGZ";
    constexpr std::size_t kDigits = 16;
    if (text.find("STARGZEXTERNALTOC") != std::string_view::npos)
        return Error{ErrorCode::unsupported, std::string(kWhat), where, "the table lies in another image", ""};
    ByteReader in(footer, where);
    const bool gzip = in.text(4) == std::string_view("\x1f\x8b\x08\x04", 4);
    in.skip(6);  // time, flags, system
    const bool extra = in.u16le() == 26 && in.text(2) == "SG" && in.u16le() == kDigits + kMagic.size();
    const std::string_view digits = in.text(kDigits);
    const bool magic = in.text(kMagic.size()) == kMagic;
    if (footer.size() != kEstargzFooterBytes || !in.ok() || !gzip || !extra || !magic) return malformed(where, "the blob does not end with one");
    std::uint64_t offset = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return malformed(where, "\"" + quote(digits) + "\" is no hexadecimal offset");
    return offset;
}

Result<void> unpack_toc(TocFormat format, std::span<const std::byte> compressed, const Limits& limits, const TextConsumer& take) {
    const auto inflater = make_inflater(format == TocFormat::estargz ? Compression::gzip : Compression::zstd, limits);
    const auto inflate_into = [&](InflateSink& sink) -> Result<void> {
        BoundedSink bounded(sink, limits);
        VERITAG_CHECK(inflater->write(compressed, bounded));
        return inflater->finish();
    };
    if (format == TocFormat::zstd_chunked) {
        TextSink text(take);
        return inflate_into(text);
    }
    TocTar tar(limits, take);
    VERITAG_CHECK(inflate_into(tar));
    return tar.finish();
}

}  // namespace veritag::stream
