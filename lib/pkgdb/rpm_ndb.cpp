// rpm's NDB database, file Packages.db, little endian, in blocks of 16 bytes and pages of 4096:
//   header (2 blocks): "RpmP", u32 version (0), u32 generation, u32 number of slot pages, u32 next package index, 12 unused bytes
//   slots (to the end of the slot pages, one block each): "Slot", u32 package index, u32 first block, u32 block count;
//     first block 0 marks a free slot
//   blobs (anywhere behind the slot pages): "BlbS", u32 package index, u32 generation, u32 length, the rpm header, zeros, and in the
//     last 12 bytes of the last block: u32 adler32 of everything before it, u32 length, "BlbE"
// Space that no slot owns is zero: rpm clears what it frees, and refuses to write where that is not so.
// Source: rpm-software-management/rpm: lib/backend/ndb/rpmpkg.c.

#include "pkgdb/pkgdb.h"

#include "base/text.h"
#include "pkgdb/problem_log.h"
#include "pkgdb/rpm_header.h"

#include <zlib.h>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read NDB database";
constexpr std::uint32_t kBlock = 16;
constexpr std::uint32_t kPage = 4096;
constexpr std::uint32_t kBlocksPerPage = kPage / kBlock;
constexpr std::uint32_t kHeaderBlocks = 2;
constexpr std::uint32_t kBlobHead = 16;
constexpr std::uint32_t kBlobTail = 12;

struct Slot {
    std::uint32_t number = 0;  // its block in the file
    std::uint32_t package_index = 0;
    std::uint32_t first_block = 0;
    std::uint32_t block_count = 0;

    [[nodiscard]] std::uint64_t begin() const noexcept { return std::uint64_t{first_block} * kBlock; }
    [[nodiscard]] std::uint64_t size() const noexcept { return std::uint64_t{block_count} * kBlock; }
    [[nodiscard]] std::uint64_t end() const noexcept { return begin() + size(); }
};

// The header, down to the number of slot pages that the file really has room for.
Result<std::uint32_t> read_slot_pages(ByteReader reader) {
    const std::string_view magic = reader.text(4);
    const std::uint32_t version = reader.u32le();
    reader.skip(4);  // generation: a change counter for readers that share the file
    const std::uint32_t slot_pages = reader.u32le();
    reader.skip(16);
    if (!reader.ok()) return reader.truncated(kWhat);
    if (magic != "RpmP") return reader.malformed(kWhat, "magic \"" + quote(magic) + "\" (RpmP is expected)");
    if (version != 0)
        return Error{ErrorCode::unsupported, std::string(kWhat), quote(reader.origin()),
                     "version " + std::to_string(version) + " (0 is known)", ""};
    if (slot_pages == 0) return reader.malformed(kWhat, "no slot pages");
    if (slot_pages > reader.size() / kPage) {
        Error error = reader.truncated(kWhat);
        error.saw = std::to_string(slot_pages) + " slot pages in " + std::to_string(reader.size()) + " bytes";
        return error;
    }
    return slot_pages;
}

Error bad_slot(const ByteReader& reader, const Slot& slot, std::string_view saw) {
    return reader.sub(std::uint64_t{slot.number} * kBlock, 0)
        .malformed("read NDB slot of package " + std::to_string(slot.package_index), saw);
}

Error bad_blob(const ByteReader& reader, const Slot& slot, std::string_view saw) {
    return reader.sub(slot.begin(), 0).malformed("read NDB blob of package " + std::to_string(slot.package_index), saw);
}

// The slots in use whose blobs lie inside the file and behind the slot pages.
Result<std::vector<Slot>> read_slots(const ByteReader& reader, std::uint32_t slot_pages, const Limits& limits, ProblemLog& problems) {
    const std::uint64_t first_data_block = std::uint64_t{slot_pages} * kBlocksPerPage;
    const std::uint64_t file_blocks = reader.size() / kBlock;
    ByteReader in = reader.sub(0, std::uint64_t{slot_pages} * kPage);
    in.skip(kHeaderBlocks * kBlock);

    std::vector<Slot> slots;
    while (!in.at_end()) {
        Slot slot;
        slot.number = static_cast<std::uint32_t>(in.position() / kBlock);
        const std::string_view magic = in.text(4);
        slot.package_index = in.u32le();
        slot.first_block = in.u32le();
        slot.block_count = in.u32le();
        if (magic != "Slot") {
            problems.add(bad_slot(reader, slot, "magic \"" + quote(magic) + "\" (Slot is expected)"));
            continue;
        }
        if (slot.first_block == 0) continue;
        if (slot.package_index == 0 || slot.first_block < first_data_block || slot.first_block > file_blocks ||
            slot.block_count > file_blocks - slot.first_block) {
            problems.add(bad_slot(reader, slot,
                                  std::to_string(slot.block_count) + " blocks at block " + std::to_string(slot.first_block) +
                                      ", data are from block " + std::to_string(first_data_block) + " to " + std::to_string(file_blocks)));
            continue;
        }
        if (slots.size() == limits.packages) return in.over_limit(kWhat, slots.size() + 1, "limits.packages", limits.packages);
        slots.push_back(slot);
    }
    return slots;
}

// What makes a blob this slot's, short of its checksum: constant work, so that overlaps can be found before bytes are summed.
// Returns the length of the rpm header inside.
Result<std::uint32_t> check_blob_frame(const ByteReader& reader, const Slot& slot) {
    ByteReader head = reader.sub(slot.begin(), slot.size());
    const std::string_view head_magic = head.text(4);
    const std::uint32_t package_index = head.u32le();
    head.skip(4);
    const std::uint32_t length = head.u32le();
    if (!head.ok() || head_magic != "BlbS") return bad_blob(reader, slot, "no blob starts here");
    if (package_index != slot.package_index) return bad_blob(reader, slot, "the blob is of package " + std::to_string(package_index));
    const std::uint64_t blocks = (std::uint64_t{length} + kBlobHead + kBlobTail + kBlock - 1) / kBlock;
    if (blocks != slot.block_count)
        return bad_blob(reader, slot, std::to_string(length) + " bytes of header in " + std::to_string(slot.block_count) + " blocks");

    ByteReader tail = reader.sub(slot.end() - kBlobTail, kBlobTail);
    tail.skip(4);
    const std::uint32_t tail_length = tail.u32le();
    const std::string_view tail_magic = tail.text(4);
    if (tail_magic != "BlbE" || tail_length != length)
        return bad_blob(reader, slot, "no blob of " + std::to_string(length) + " bytes ends here");
    return length;
}

Result<void> check_blob_sum(const ByteReader& reader, const Slot& slot) {
    ByteReader blob = reader.sub(slot.begin(), slot.size());
    const std::string_view summed = blob.text(slot.size() - kBlobTail);
    const std::uint32_t stored = blob.u32le();
    const auto computed = static_cast<std::uint32_t>(adler32_z(1, reinterpret_cast<const unsigned char*>(summed.data()), summed.size()));
    if (stored == computed) return ok();
    return bad_blob(reader, slot, "checksum " + std::to_string(computed) + ", stored is " + std::to_string(stored));
}

// Drops, with a problem each, slots without a sound blob frame, that share blocks, or that repeat a package index. The rest is
// in file order without overlap, so that all later work is bounded by the file's size.
std::vector<Slot> keep_sound_slots(const ByteReader& reader, std::vector<Slot> slots, ProblemLog& problems) {
    std::vector<Slot> framed;
    for (const Slot& slot : slots) {
        const Result<std::uint32_t> length = check_blob_frame(reader, slot);
        if (length)
            framed.push_back(slot);
        else
            problems.add(length.error());
    }
    std::stable_sort(framed.begin(), framed.end(), [](const Slot& a, const Slot& b) { return a.first_block < b.first_block; });

    std::vector<Slot> kept;
    std::unordered_set<std::uint32_t> seen;
    for (const Slot& slot : framed) {
        if (!kept.empty() && slot.begin() < kept.back().end())
            problems.add(bad_blob(reader, slot, "it overlaps the blob of package " + std::to_string(kept.back().package_index)));
        else if (!seen.insert(slot.package_index).second)
            problems.add(bad_slot(reader, slot, "another slot has this package index"));
        else
            kept.push_back(slot);
    }
    return kept;
}

// A slot that was lost (its page not counted, its block overwritten) leaves its blob in space that no slot owns.
void check_free_space(const ByteReader& reader, std::uint32_t slot_pages, const std::vector<Slot>& slots, ProblemLog& problems) {
    std::uint64_t begin = std::uint64_t{slot_pages} * kPage;
    const auto check_gap = [&](std::uint64_t end) {
        const std::string_view gap = reader.sub(begin, end - begin).rest();
        const std::size_t used = gap.find_first_not_of('\0');
        if (used == std::string_view::npos) return;
        problems.add(
            reader.sub(begin + used, 0).malformed(kWhat, "data in space that no slot owns: a package may be missing from the list"));
    };
    for (const Slot& slot : slots) {
        check_gap(slot.begin());
        begin = slot.end();
    }
    check_gap(reader.size());
}

}  // namespace

Result<Parsed<Package>> parse_rpm_ndb(ByteReader reader, const Limits& limits) {
    VERITAG_CHECK(check_database_size(kWhat, reader, limits));
    VERITAG_TRY(const std::uint32_t slot_pages, read_slot_pages(reader));
    ProblemLog problems(reader.origin());
    if (reader.size() % kBlock != 0)
        problems.add(reader.malformed(kWhat, std::to_string(reader.size()) + " bytes are not whole blocks of " + std::to_string(kBlock)));
    VERITAG_TRY(std::vector<Slot> slots, read_slots(reader, slot_pages, limits, problems));
    slots = keep_sound_slots(reader, std::move(slots), problems);
    // Where a slot was refused already, its blob lies in unowned space by rights.
    if (problems.empty()) check_free_space(reader, slot_pages, slots, problems);

    Parsed<Package> parsed;
    for (const Slot& slot : slots) {
        if (const Result<void> sum = check_blob_sum(reader, slot); !sum) {
            problems.add(sum.error());
            continue;
        }
        const std::uint32_t length = reader.sub(slot.begin() + 12, 4).u32le();
        Result<std::optional<Package>> package = read_rpm_package(reader.sub(slot.begin() + kBlobHead, length), limits);
        if (!package)
            problems.add(package.error());
        else if (*package)
            parsed.items.push_back(std::move(**package));
    }
    parsed.problems = problems.take();
    return parsed;
}

}  // namespace veritag::pkgdb
