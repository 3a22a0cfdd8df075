// modules: detect
// support: tar_writer.cpp
// A table of contents and the blob it speaks of: no crash, few bytes asked for, no entry that a limit forbids, the same result however the
// text is cut, and what a partial read gives was inside the blob. Byte 0: bit 0 eStargz, bit 1 an ELF head is asked for, the rest the size
// of the pieces. Then the table's JSON text up to a NUL, then frames. The digests in the manifest are made to fit.
#include "detect/layer_analyzer.h"
#include "stream/toc.h"

#include "chunked_layers.h"
#include "test_rules.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace veritag;

class Lister final : public stream::TocSink {
public:
    Result<void> on_toc_entry(stream::TocEntry toc) override {
        std::uint64_t size = 0;
        for (const stream::TocChunk& chunk : toc.chunks) size += chunk.size;
        if (size != toc.entry.size) std::abort();
        log += toc.entry.path + " " + std::to_string(toc.chunks.size()) + "\n";
        return ok();
    }
    void on_toc_problem(Problem problem) override { log += problem.path; }
    std::string log;
};

std::string list(std::string_view json, std::size_t piece, const Limits& limits) {
    Lister lister;
    stream::TocReader reader(lister, limits);
    for (std::size_t at = 0; at < json.size(); at += std::min(piece, json.size() - at))
        if (!reader.write(as_byte_span(json.substr(at, piece)))) return "error";
    return reader.finish() ? lister.log : "error";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const rules::RuleSet rules = test::test_rules();
    if (size < 1) return 0;
    Limits limits;
    limits.layer_bytes = 1 << 20;
    limits.inflate_ratio_floor = 64 << 10;
    limits.zstd_window_log = 20;
    limits.tar_entries = 200;
    limits.toc_bytes = 1 << 20;
    limits.captured_file_bytes = 1 << 16;
    limits.package_database_bytes = 1 << 16;
    limits.searched_bytes = 1 << 20;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t nul = std::min(rest.find('\0'), rest.size());
    const std::string_view json = rest.substr(0, nul);
    const std::string_view frames = rest.substr(std::min(nul + 1, rest.size()));

    if (list(json, 64 << 10, limits) != list(json, std::size_t{data[0]} / 4 + 1, limits)) std::abort();

    test::ChunkedLayer layer((data[0] & 1) != 0 ? stream::TocFormat::estargz : stream::TocFormat::zstd_chunked);
    layer.raw(frames);
    layer.raw(std::string(2 * json.size() + 2 * frames.size() + 4096, '\0'));  // so that reading in part is worth it
    layer.set_table(json);
    const std::string& blob = layer.finish();
    const stream::TocReference toc = layer.reference();
    detect::ExtraPaths extra;
    if ((data[0] & 2) != 0) extra.emplace("bin/tool", "bin/tool");

    test::MemoryRanges ranges(blob);
    const auto part = detect::analyze_partial_layer(ranges, blob.size(), toc, rules, extra, limits);
    for (const auto& [offset, length] : ranges.requests)
        if (length == 0 || length > blob.size() - offset) std::abort();
    if (part && (!part->partial || !part->diff_id.empty() || !part->blob_digest.empty())) std::abort();

    // As a layer that is read whole: it mostly is no tar, and where it is one the table is compared.
    test::MemoryStream stream(blob);
    const auto whole = detect::analyze_layer(stream, layer.compression(), "sha256", rules, extra, limits, {}, &toc);
    if (whole && (whole->partial || whole->toc_digest != toc.digest)) std::abort();
    return 0;
}
