// A sink that writes down what it is given, and sources that hand out bytes in pieces.
#pragma once

#include "base/byte_reader.h"
#include "base/byte_source.h"
#include "stream/tar.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace veritag::stream {

inline char letter_of(EntryType type) {
    switch (type) {
        case EntryType::file: return '-';
        case EntryType::directory: return 'd';
        case EntryType::symlink: return 'l';
        case EntryType::hardlink: return 'h';
        case EntryType::char_device: return 'c';
        case EntryType::block_device: return 'b';
        case EntryType::fifo: return 'p';
    }
    return '?';
}

/// One line an entry: `- 644 5 a/b`, a link target after ` -> `, whiteouts as `removed a` and `opaque a`; content in brackets where
/// it was wanted; `! path: message` for a problem.
class RecordingSink final : public TarSink {
public:
    static constexpr std::uint64_t kAll = ~std::uint64_t{0};
    explicit RecordingSink(std::uint64_t wanted = 0) : wanted_(wanted) {}

    Result<std::uint64_t> on_entry(const TarEntry& entry) override {
        ++entries;
        last = entry;
        if (entry.whiteout != Whiteout::none) {
            log += (entry.whiteout == Whiteout::file ? "removed " : "opaque ") + entry.path + "\n";
            return std::uint64_t{0};
        }
        log += letter_of(entry.type);
        log += " " + octal(entry.mode) + " " + std::to_string(entry.size) + " " + entry.path;
        if (!entry.link_target.empty()) log += " -> " + entry.link_target;
        log += "\n";
        if (entry.type != EntryType::file || wanted_ == 0) return std::uint64_t{0};
        content.clear();
        return wanted_;
    }
    Result<void> on_data(std::span<const std::byte> data) override {
        largest_piece = std::max(largest_piece, data.size());
        if (keep_content) content += as_text(data);
        content_bytes += data.size();
        return ok();
    }
    Result<void> on_entry_end() override {
        if (keep_content) log += "[" + content + "]\n";
        return ok();
    }
    void on_problem(Problem problem) override { log += "! " + problem.path + ": " + problem.message + "\n"; }

    std::string log;
    std::string content;
    TarEntry last;
    std::size_t entries = 0;
    std::size_t largest_piece = 0;
    std::uint64_t content_bytes = 0;
    bool keep_content = true;

private:
    static std::string octal(std::uint32_t mode) {
        std::string text;
        for (; mode > 0 || text.empty(); mode >>= 3) text.insert(text.begin(), static_cast<char>('0' + (mode & 7)));
        return text;
    }

    std::uint64_t wanted_;
};

/// Reads a whole archive in pieces of `piece` bytes.
inline Result<void> read_tar(std::string_view archive, TarSink& sink, std::size_t piece = ~std::size_t{0}, const Limits& limits = {}) {
    TarReader reader(sink, limits);
    for (std::size_t at = 0; at < archive.size(); at += std::min(piece, archive.size() - at))
        VERITAG_CHECK(reader.write(as_byte_span(archive.substr(at, piece))));
    return reader.finish();
}

/// What a RecordingSink saw, or the error's message on the last line.
inline std::string listing(std::string_view archive, std::uint64_t wanted = 0, std::size_t piece = ~std::size_t{0}, const Limits& limits = {}) {
    RecordingSink sink(wanted);
    const Result<void> read = read_tar(archive, sink, piece, limits);
    return read ? sink.log : sink.log + "error " + std::string(to_string(read.error().code)) + ": " + read.error().message() + "\n";
}

class TextSource final : public ByteSource {
public:
    explicit TextSource(std::string_view text, std::size_t piece = 64 * 1024) : left_(text), piece_(piece) {}
    Result<std::span<const std::byte>> next() override {
        const std::string_view chunk = left_.substr(0, piece_);
        left_.remove_prefix(chunk.size());
        return as_byte_span(chunk);
    }

private:
    std::string_view left_;
    std::size_t piece_;
};

}  // namespace veritag::stream
