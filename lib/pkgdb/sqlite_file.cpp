// Database header (100 bytes at the start of page 1, big endian), the part that is read here:
//   0 "SQLite format 3\0"; 16 u16 page size (1 stands for 65536); 18, 19 write and read version (1 rollback journal, 2 WAL);
//   24 u32 change counter; 28 u32 size in pages, which counts where 92 (version-valid-for) equals the change counter
// Write-ahead log, big endian: a header of 32 bytes {u32 magic, u32 version 3007000, u32 page size, u32 checkpoint, u32 salt-1,
// u32 salt-2, u32 checksum-1, u32 checksum-2}, then frames of 24 bytes {u32 page, u32 size in pages after a commit or 0, salts,
// checksums} and one page. Checksums run on from the header through all frames, over the first 24 bytes of the header and the
// first 8 bytes and the page of each frame, in words that are little endian with magic 377f0682 and big endian with 377f0683.
// Frames count up to the last commit before the first whose salts or checksums are wrong: behind it may lie older frames.
// Source: sqlite.org/fileformat2.html, sections 1.3 and 4.

#include "pkgdb/sqlite_file.h"

#include "base/text.h"

#include <algorithm>
#include <bit>
#include <map>
#include <string>
#include <utility>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read SQLite database";
constexpr std::string_view kWalWhat = "read SQLite write-ahead log";
constexpr std::uint32_t kWalMagic = 0x377f0682;  // the lowest bit chooses the checksum's byte order
constexpr std::uint32_t kWalVersion = 3007000;
constexpr std::size_t kWalHeaderBytes = 32;
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kWriteVersionAt = 18;
constexpr std::size_t kReadVersionAt = 19;

bool is_page_size(std::uint32_t size) noexcept { return size >= 512 && size <= 65536 && std::has_single_bit(size); }

struct DatabaseHeader {
    bool magic = false;
    std::uint32_t page_size = 0;
    std::uint32_t pages = 0;  // 0 where the header does not vouch for it
};

DatabaseHeader read_header(ByteReader in) {
    DatabaseHeader header;
    const ByteReader file = in;
    header.magic = in.text(16) == std::string_view("SQLite format 3\0", 16);
    const std::uint32_t page_size = in.u16be();
    header.page_size = page_size == 1 ? 65536 : page_size;
    const std::uint32_t changes = file.sub(24, 4).u32be();
    if (file.sub(92, 4).u32be() == changes) header.pages = file.sub(28, 4).u32be();
    return header;
}

class WalChecksum {
public:
    explicit WalChecksum(bool big_endian) : big_endian_(big_endian) {}
    void add(ByteReader in) noexcept {
        while (in.remaining() >= 8) {
            first_ += (big_endian_ ? in.u32be() : in.u32le()) + second_;
            second_ += (big_endian_ ? in.u32be() : in.u32le()) + first_;
        }
    }
    [[nodiscard]] bool equals(std::uint32_t first, std::uint32_t second) const noexcept { return first == first_ && second == second_; }

private:
    bool big_endian_;
    std::uint32_t first_ = 0;
    std::uint32_t second_ = 0;
};

struct WalHeader {
    std::uint32_t page_size = 0;
    std::uint32_t salt1 = 0;
    std::uint32_t salt2 = 0;
    WalChecksum checksum{false};
};

Result<WalHeader> read_wal_header(ByteReader& in) {
    const ByteReader summed = in.sub(0, kWalHeaderBytes - 8);
    const std::uint32_t magic = in.u32be();
    const std::uint32_t version = in.u32be();
    WalHeader header;
    header.page_size = in.u32be();
    in.skip(4);  // how often the log was checkpointed
    header.salt1 = in.u32be();
    header.salt2 = in.u32be();
    const std::uint32_t checksum1 = in.u32be();
    const std::uint32_t checksum2 = in.u32be();
    if (!in.ok()) return in.truncated(kWalWhat);
    if ((magic & ~1U) != kWalMagic) return in.malformed(kWalWhat, "magic " + std::to_string(magic));
    if (version != kWalVersion) return in.malformed(kWalWhat, "version " + std::to_string(version) + " (3007000 is known)");
    if (!is_page_size(header.page_size)) return in.malformed(kWalWhat, "page size " + std::to_string(header.page_size));
    header.checksum = WalChecksum((magic & 1U) != 0);
    header.checksum.add(summed);
    if (!header.checksum.equals(checksum1, checksum2)) return in.malformed(kWalWhat, "the header's checksum is wrong");
    return header;
}

// The pages of all committed transactions, newest content each, and the database's size after the last of them.
struct Committed {
    std::map<std::uint32_t, std::span<const std::byte>> pages;
    std::uint32_t database_pages = 0;
};

Committed read_frames(ByteReader& in, WalHeader header, ProblemLog& problems) {
    Committed committed;
    std::vector<std::pair<std::uint32_t, std::span<const std::byte>>> pending;
    // SQLite writes the header together with the first frame.
    if (in.at_end()) problems.add(in.malformed(kWalWhat, "a header without frames"));
    while (!in.at_end()) {
        const ByteReader frame = in;
        const ByteReader summed = in.sub(in.position(), 8);
        const std::uint32_t page = in.u32be();
        const std::uint32_t pages_after_commit = in.u32be();
        const std::uint32_t salt1 = in.u32be();
        const std::uint32_t salt2 = in.u32be();
        const std::uint32_t checksum1 = in.u32be();
        const std::uint32_t checksum2 = in.u32be();
        const auto content = in.bytes(header.page_size);
        if (!in.ok()) {
            problems.add(frame.truncated(kWalWhat));
            break;
        }
        if (salt1 != header.salt1 || salt2 != header.salt2) {  // left from before the log was last restarted
            if (frame.position() == kWalHeaderBytes)
                problems.add(frame.malformed(kWalWhat, "a header without frames: the first has other salts"));
            break;
        }
        header.checksum.add(summed);
        header.checksum.add(ByteReader(content));
        if (page == 0 || !header.checksum.equals(checksum1, checksum2)) {
            problems.add(frame.malformed(kWalWhat, "a frame's checksum is wrong; it and all behind it are left out"));
            break;
        }
        pending.emplace_back(page, content);
        if (pages_after_commit == 0) continue;
        for (const auto& [number, bytes] : pending) committed.pages[number] = bytes;
        pending.clear();
        committed.database_pages = pages_after_commit;
    }
    if (!pending.empty())
        problems.add(
            in.malformed(kWalWhat, std::to_string(pending.size()) + " frames of a transaction that was not committed are left out"));
    return committed;
}

// Every page of the new image must come from the file or the log; this also bounds the memory by what was read.
Result<void> check_growth(const ByteReader& wal, std::size_t image_bytes, const Committed& committed, std::uint32_t page_size,
                          const Limits& limits) {
    const std::uint64_t bytes = std::uint64_t{committed.database_pages} * page_size;
    if (bytes > limits.package_database_bytes)
        return wal.over_limit(kWalWhat, bytes, "limits.package_database_bytes", limits.package_database_bytes);
    const std::uint64_t present = image_bytes / page_size;
    if (committed.database_pages <= present) return ok();
    const auto first_new = committed.pages.upper_bound(static_cast<std::uint32_t>(present));
    const auto past_last = committed.pages.upper_bound(committed.database_pages);
    const auto added = static_cast<std::uint64_t>(std::distance(first_new, past_last));
    if (added == committed.database_pages - present) return ok();
    return wal.malformed(kWalWhat, "a commit of " + std::to_string(committed.database_pages) + " pages, of which file and log hold " +
                                       std::to_string(present + added));
}

}  // namespace

void apply_sqlite_wal(std::vector<std::byte>& image, ByteReader wal, const Limits& limits, ProblemLog& problems) {
    if (wal.size() == 0) return;
    if (wal.size() > limits.package_database_bytes)
        return problems.add(wal.over_limit(kWalWhat, wal.size(), "limits.package_database_bytes", limits.package_database_bytes));
    const Result<WalHeader> header = read_wal_header(wal);
    if (!header) return problems.add(header.error());
    const std::uint32_t page_size = header->page_size;
    if (const DatabaseHeader database = read_header(ByteReader(image)); database.magic && database.page_size != page_size)
        return problems.add(wal.malformed(
            kWalWhat, "page size " + std::to_string(page_size) + ", the database's is " + std::to_string(database.page_size)));

    const Committed committed = read_frames(wal, *header, problems);
    if (committed.database_pages == 0) return;
    if (const Result<void> growth = check_growth(wal, image.size(), committed, page_size, limits); !growth)
        return problems.add(growth.error());
    image.resize(std::size_t{committed.database_pages} * page_size);
    for (const auto& [number, bytes] : committed.pages) {
        if (number > committed.database_pages) break;  // cut off by a later commit
        std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(std::size_t{number - 1} * page_size));
    }
}

Result<void> prepare_sqlite_image(std::vector<std::byte>& image, std::string_view origin) {
    const ByteReader file(image, origin);
    const DatabaseHeader header = read_header(file);
    if (image.size() < kHeaderBytes) return file.truncated(kWhat);
    if (!header.magic) return file.malformed(kWhat, "it does not start with \"SQLite format 3\"");
    if (!is_page_size(header.page_size)) return file.malformed(kWhat, "page size " + std::to_string(header.page_size));
    if (image.size() / header.page_size < std::max(header.pages, 1U)) {
        Error error = file.truncated(kWhat);
        error.saw = std::to_string(image.size()) + " bytes, the header counts " + std::to_string(header.pages) + " pages of " +
                    std::to_string(header.page_size);
        return error;
    }
    // A higher version is left for SQLite to refuse.
    for (const std::size_t at : {kWriteVersionAt, kReadVersionAt})
        if (image[at] == std::byte{2}) image[at] = std::byte{1};
    return ok();
}

}  // namespace veritag::pkgdb
