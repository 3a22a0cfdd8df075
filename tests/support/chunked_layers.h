// Layers with a table of contents, put together frame by frame, so that a test can also make what no writer makes. Frames hold their content
// as it is: zstd with raw blocks (RFC 8878, 3.1.1.2), gzip with stored ones (RFC 1951, 3.2.4).
#pragma once

#include "base/byte_reader.h"
#include "base/byte_source.h"
#include "base/digest.h"
#include "base/range_source.h"
#include "stream/toc_reference.h"
#include "tar_writer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::test {

inline std::string little_endian(std::uint64_t value, std::size_t width) {
    std::string bytes;
    for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
    return bytes;
}

inline std::string zstd_frame(std::string_view content) {
    std::string frame = "\x28\xb5\x2f\xfd\xa0" + little_endian(content.size(), 4);
    do {
        const std::string_view block = content.substr(0, 128 << 10);
        content.remove_prefix(block.size());
        frame += little_endian((content.empty() ? 1U : 0U) | block.size() << 3, 3);
        frame += block;
    } while (!content.empty());
    return frame;
}

inline std::string gzip_member(std::string_view content) {
    std::uint32_t crc = ~0U;
    for (const char c : content) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
    }
    std::string member("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    const std::uint64_t size = content.size();
    do {
        const std::string_view block = content.substr(0, 0xFFFF);
        content.remove_prefix(block.size());
        member += static_cast<char>(content.empty() ? 1 : 0);
        member += little_endian(block.size(), 2) + little_endian(~block.size(), 2);
        member += block;
    } while (!content.empty());
    return member + little_endian(~crc, 4) + little_endian(size, 4);
}

inline std::string skippable_frame(std::string_view payload) { return "\x50\x2a\x4d\x18" + little_endian(payload.size(), 4) + std::string(payload); }

class ChunkedLayer {
public:
    explicit ChunkedLayer(stream::TocFormat format) : format_(format) {}

    [[nodiscard]] std::uint64_t position() const { return blob_.size(); }
    /// Appends a frame and returns where it starts.
    std::uint64_t frame(std::string_view content) {
        const std::uint64_t start = blob_.size();
        blob_ += format_ == stream::TocFormat::estargz ? gzip_member(content) : zstd_frame(content);
        return start;
    }
    /// An entry of the table, as JSON.
    void entry(const std::string& json) { entries_ += (entries_.empty() ? "" : ",\n") + json; }
    void simple(const std::string& type, const std::string& name, const std::string& link = {}) {
        const std::map<std::string, char> types{{"hardlink", '1'}, {"symlink", '2'}, {"char", '3'}, {"block", '4'}, {"dir", '5'}, {"fifo", '6'}};
        header({.name = name, .type = types.at(type), .link = link, .mode = 0755});
        entry(R"({"type":")" + type + R"(","name":")" + name + R"(","mode":493)" + (link.empty() ? "" : R"(,"linkName":")" + link + "\"") + "}");
    }
    /// A file in chunks of at most `chunk` bytes, as the real writers describe it.
    void file(const std::string& name, const std::string& content, std::size_t chunk = ~std::size_t{0}, int mode = 420) {
        header({.name = name, .mode = static_cast<std::uint32_t>(mode), .size = content.size()});
        pending_ = tar_padded(content).substr(content.size());
        std::string json = R"({"type":"reg","name":")" + name + R"(","mode":)" + std::to_string(mode);
        if (!content.empty()) json += R"(,"size":)" + std::to_string(content.size()) + R"(,"digest":")" + sha256_of(content).str() + "\"";
        std::string rest;
        for (std::size_t at = 0; at < content.size(); at += std::min(chunk, content.size() - at)) {
            const std::string piece = content.substr(at, chunk);
            std::string fields = R"("offset":)" + std::to_string(frame(piece)) + R"(,"chunkDigest":")" + sha256_of(piece).str() + R"(","chunkSize":)" + std::to_string(piece.size());
            if (at == 0)
                json += "," + fields;
            else
                rest += R"(,{"type":"chunk","name":")" + name + R"(","chunkOffset":)" + std::to_string(at) + "," + fields + "}";
        }
        if (!content.empty() && format_ == stream::TocFormat::zstd_chunked) json += R"(,"endOffset":)" + std::to_string(position());
        entry(json + "}" + rest);
    }
    /// Bytes that make reading in part worth it.
    void padding(std::size_t bytes = 100'000) { file("padding", std::string(bytes, '.')); }

    void raw(std::string_view bytes) { blob_ += bytes; }
    /// Any text as the table.
    void set_table(std::string_view json) {
        outline_start = json;
        entries_.clear();
        outline_end.clear();
    }
    /// Bends what the table says so far; the blob's other bytes stay.
    void replace_in_table(const std::string& from, const std::string& to) {
        const std::size_t at = entries_.find(from);
        VERITAG_ASSERT(at != std::string::npos);
        entries_.replace(at, from.size(), to);
    }

    std::string outline_start = R"({"version":1,"entries":[)";
    std::string outline_end = "]}";

    /// The whole blob; nothing may be added behind it.
    const std::string& finish() {
        if (finished_) return blob_;
        finished_ = true;
        json_ = outline_start + entries_ + outline_end;
        frame(pending_ + (format_ == stream::TocFormat::estargz ? "" : tar_end()));
        if (format_ == stream::TocFormat::estargz) {
            const std::uint64_t at = frame(tar_file(std::string(stream::kEstargzTocName), json_) + tar_end());
            std::array<char, 17> digits{};
            std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(at));
            blob_ += std::string("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0SG\x16\0", 16) + digits.data() + "STARGZ" + std::string("\x01\0\0\xff\xff\0\0\0\0\0\0\0\0", 13);
            annotations["containerd.io/snapshot/stargz/toc.digest"] = sha256_of(json_).str();
        } else {
            const std::string table = zstd_frame(json_);
            const std::string prefix = "io.github.containers.zstd-chunked.";
            annotations[prefix + "manifest-checksum"] = sha256_of(table).str();
            annotations[prefix + "manifest-position"] = std::to_string(blob_.size() + 8) + ":" + std::to_string(table.size()) + ":" + std::to_string(json_.size()) + ":1";
            blob_ += skippable_frame(table);
        }
        return blob_;
    }
    [[nodiscard]] std::string compression() const { return format_ == stream::TocFormat::estargz ? "gzip" : "zstd"; }
    [[nodiscard]] stream::TocReference reference() {
        finish();
        const auto toc = stream::find_toc(annotations, compression(), blob_.size());
        VERITAG_ASSERT(toc && *toc);
        return **toc;
    }
    std::map<std::string, std::string> annotations;

private:
    // What follows a file's content up to the next one's has a frame of its own.
    void header(const TarItem& item) { frame(std::exchange(pending_, {}) + tar_header(item)); }

    stream::TocFormat format_;
    std::string pending_;  // of the tar, not yet in the blob
    std::string blob_ = format_ == stream::TocFormat::estargz ? gzip_member("") : skippable_frame("first");  // so that no offset is 0
    std::string entries_;
    std::string json_;
    bool finished_ = false;
};

/// A blob in memory, as a stream.
class MemoryStream final : public ByteSource {
public:
    explicit MemoryStream(std::string_view blob, std::size_t piece = 1000) : left_(blob), piece_(piece) {}
    Result<std::span<const std::byte>> next() override {
        const std::string_view chunk = left_.substr(0, piece_);
        left_.remove_prefix(chunk.size());
        return as_byte_span(chunk);
    }

private:
    std::string_view left_;
    std::size_t piece_;
};

/// A blob in memory that notes what is asked for.
class MemoryRanges final : public RangeSource {
public:
    explicit MemoryRanges(std::string_view blob) : blob_(blob) {}
    Result<std::string> read(std::uint64_t offset, std::uint64_t length) override {
        if (offset > blob_.size() || length > blob_.size() - offset)
            return Error{ErrorCode::truncated, "read part of blob", "", std::to_string(length) + " bytes at " + std::to_string(offset), ""};
        requests.emplace_back(offset, length);
        return std::string(blob_.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)));
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> requests;

private:
    std::string_view blob_;
};

}  // namespace veritag::test
