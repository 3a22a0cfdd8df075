// modules: stream
// Any bytes as a tar archive: no crash, and the same entries, content and error however the bytes are cut into pieces.
// The first byte says how much content is wanted, the second the size of the pieces.
#include "stream/tar.h"

#include "base/byte_reader.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace {

using namespace veritag;
using namespace veritag::stream;

class LogSink final : public TarSink {
public:
    explicit LogSink(std::uint64_t wanted) : wanted_(wanted) {}
    Result<std::uint64_t> on_entry(const TarEntry& entry) override {
        log += "\n" + entry.path + " " + std::to_string(static_cast<int>(entry.type)) + " " + std::to_string(entry.size) + " " + entry.link_target + " ";
        return wanted_;
    }
    Result<void> on_data(std::span<const std::byte> data) override {
        log += as_text(data);
        return ok();
    }
    Result<void> on_entry_end() override {
        log += "]";
        return ok();
    }
    void on_problem(Problem problem) override { log += "\n! " + problem.path + problem.message; }

    std::string log;

private:
    std::uint64_t wanted_;
};

std::string read(std::span<const std::byte> archive, std::uint64_t wanted, std::size_t piece, bool skip) {
    Limits limits;
    limits.tar_entries = 200;
    limits.tar_header_bytes = 4096;
    LogSink sink(wanted);
    TarReader reader(sink, limits);
    Result<void> result = ok();
    while (!archive.empty() && result) {
        const std::size_t count = std::min(piece, archive.size());
        result = reader.write(archive.first(count));
        archive = archive.subspan(count);
        if (!skip || !result) continue;
        const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(reader.skippable(), archive.size()));
        reader.skip(skipped);
        archive = archive.subspan(skipped);
    }
    if (result) result = reader.finish();
    return sink.log + (result ? "\nend" : "\n" + result.error().message());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::uint64_t wanted = std::uint64_t{data[0]} * 16;
    const std::size_t piece = std::size_t{data[1]} * 7 + 1;
    const auto archive = std::as_bytes(std::span(data, size)).subspan(2);
    const std::string whole = read(archive, wanted, archive.size(), false);
    if (read(archive, wanted, piece, false) != whole || read(archive, wanted, piece, true) != whole) std::abort();
    return 0;
}
