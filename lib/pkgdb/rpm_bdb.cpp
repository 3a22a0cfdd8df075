// rpm's old database, file Packages: a Berkeley DB hash. All numbers are in the byte order of the machine that made it; pages have
// one size, and page 0 is the meta page:
//   8 u32 page number (0), 12 u32 magic 0x00061561, 16 u32 version, 20 u32 page size, 24 u8 encryption, 25 u8 page type (8),
//   26 u8 flags (1: pages have checksums), 32 u32 last page, 36 u32 partitions, 48 u32 flags (2: many databases in one file),
//   88 u32 number of keys. That number is exact wherever no transaction locks were used; rpm never used them.
// Every other page begins with 26 bytes:
//   8 u32 page number, 12 u32 previous page, 16 u32 next page, 20 u16 number of items, 22 u16 see below, 25 u8 page type
//   type 0: free, or never written (all zero)
//   type 2 and 13, hash: u16 item offsets from byte 26; items grow down from the page's end, so that an item ends where the one
//     before it begins, and u16 at 22 is where the last one begins (modulo 65536). Items alternate between key and value:
//     {u8 1, bytes}, or {u8 3, 3 unused bytes, u32 first page, u32 length}: the value lies in a chain of overflow pages;
//     2 and 4 are several values of one key, which rpm does not write here
//   type 7, overflow: u16 at 22 is how many bytes of the value follow the 26
// A record's key is the package's number, 4 bytes; its value is the rpm header. Record 0 holds the next number, 4 bytes.
// Version 7 is Berkeley DB 4.0, 9 is 5.3, 10 is 6; the library reads all of them as one format.
// Sources: berkeleydb/libdb: src/dbinc/db_page.h, src/hash/hash_open.c, src/hash/hash_verify.c; rpm-software-management/rpm:
// lib/backend/bdb_ro.c.
//
// Buckets and hashes only help to look a key up. All pages are read in file order instead: a damaged bucket then hides nothing.

#include "pkgdb/pkgdb.h"

#include "pkgdb/problem_log.h"
#include "pkgdb/rpm_header.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read Berkeley DB database";
constexpr std::uint32_t kHashMagic = 0x00061561;
constexpr std::uint32_t kBtreeMagic = 0x00053162;
constexpr std::uint32_t kOldestVersion = 7;
constexpr std::uint32_t kNewestVersion = 10;
constexpr std::uint32_t kSmallestPage = 512;
constexpr std::uint32_t kLargestPage = 65536;
constexpr std::uint32_t kManyDatabases = 2;
constexpr std::uint32_t kPageHead = 26;
constexpr std::uint32_t kKeyBytes = 4;
constexpr std::uint32_t kOverflowItemBytes = 12;

enum PageType : std::uint8_t { free_page = 0, unsorted_hash_page = 2, overflow_page = 7, meta_page = 8, hash_page = 13 };
enum ItemType : std::uint8_t { plain_item = 1, duplicates_item = 2, overflow_item = 3, duplicate_pages_item = 4 };

struct Meta {
    bool big_endian = false;
    std::uint32_t page_size = 0;
    std::uint32_t last_page = 0;
    std::uint32_t key_count = 0;
};

struct PageHead {
    std::uint32_t number = 0;
    std::uint32_t previous = 0;
    std::uint32_t next = 0;
    std::uint32_t items = 0;
    std::uint32_t high = 0;  // hash: where the last item begins; overflow: bytes of the value on this page
    std::uint8_t type = 0;
};

std::uint32_t read_u32(ByteReader& in, bool big_endian) noexcept { return big_endian ? in.u32be() : in.u32le(); }
std::uint32_t read_u16(ByteReader& in, bool big_endian) noexcept { return big_endian ? in.u16be() : in.u16le(); }

Error unsupported(const ByteReader& reader, std::string_view saw) {
    Error error = reader.malformed(kWhat, saw);
    error.code = ErrorCode::unsupported;
    return error;
}

Result<Meta> read_meta(const ByteReader& file) {
    ByteReader in = file.sub(0, file.size());
    in.seek(12);
    const std::uint32_t magic = in.u32le();
    if (!in.ok()) return in.truncated(kWhat);
    Meta meta;
    in.seek(12);
    meta.big_endian = magic != kHashMagic && magic != kBtreeMagic;
    const std::uint32_t ordered_magic = read_u32(in, meta.big_endian);
    if (ordered_magic == kBtreeMagic) return unsupported(file, "a btree database (rpm's is a hash)");
    if (ordered_magic != kHashMagic) return file.malformed(kWhat, "magic " + std::to_string(magic) + " (no Berkeley DB hash has it)");

    const std::uint32_t version = read_u32(in, meta.big_endian);
    meta.page_size = read_u32(in, meta.big_endian);
    const std::uint8_t encryption = in.u8();
    const std::uint8_t type = in.u8();
    const std::uint8_t meta_flags = in.u8();
    in.seek(32);
    meta.last_page = read_u32(in, meta.big_endian);
    const std::uint32_t partitions = read_u32(in, meta.big_endian);
    in.seek(48);
    const std::uint32_t flags = read_u32(in, meta.big_endian);
    in.seek(88);
    meta.key_count = read_u32(in, meta.big_endian);
    if (!in.ok()) return in.truncated(kWhat);

    if (version < kOldestVersion || version > kNewestVersion)
        return unsupported(file, "hash version " + std::to_string(version) + " (7 to 10 are known)");
    if (encryption != 0) return unsupported(file, "it is encrypted");
    if (meta_flags != 0 || partitions != 0)
        return unsupported(file, "meta flags " + std::to_string(meta_flags) + " and " + std::to_string(partitions) +
                                     " partitions: pages with checksums and divided databases are not known");
    if ((flags & kManyDatabases) != 0) return unsupported(file, "many databases in one file");
    if (type != meta_page) return file.malformed(kWhat, "page 0 is of type " + std::to_string(type) + " (8 is expected)");
    if (meta.page_size < kSmallestPage || meta.page_size > kLargestPage || (meta.page_size & (meta.page_size - 1)) != 0)
        return file.malformed(kWhat, "pages of " + std::to_string(meta.page_size) + " bytes (a power of two from 512 to 65536 is expected)");
    if (file.size() < meta.page_size) return file.sub(file.size(), 0).truncated(kWhat);
    return meta;
}

class Reader {
public:
    Reader(const ByteReader& file, const Meta& meta, const Limits& limits, ProblemLog& problems)
        : file_(file), meta_(meta), limits_(limits), problems_(problems), file_pages_(file.size() / meta.page_size),
          taken_(static_cast<std::size_t>(file_pages_)) {}

    Result<std::vector<Package>> packages() {
        if (file_.size() % meta_.page_size != 0)
            problems_.add(file_.malformed(
                kWhat, std::to_string(file_.size()) + " bytes are not whole pages of " + std::to_string(meta_.page_size)));
        if (meta_.last_page >= file_pages_)
            problems_.add(file_.sub(file_.size(), 0).malformed(
                kWhat, "the file ends here, and its last page is " + std::to_string(meta_.last_page) + " of " +
                           std::to_string(meta_.page_size) + " bytes"));

        for (std::uint32_t page = 1; is_page(page); ++page) {
            const PageHead head = read_head(page);
            switch (head.type) {
                case free_page: break;
                case overflow_page: break;  // read from the record that owns it
                case hash_page:
                case unsorted_hash_page: VERITAG_CHECK(read_hash_page(page, head)); break;
                default: problems_.add(bad_page(page, "a page of type " + std::to_string(head.type) + ", which a hash of packages does not have"));
            }
        }
        if (problems_.empty()) check_completeness();
        return std::move(found_);
    }

private:
    [[nodiscard]] bool is_page(std::uint32_t page) const noexcept { return page != 0 && page <= meta_.last_page && page < file_pages_; }

    [[nodiscard]] ByteReader page_bytes(std::uint32_t page) const noexcept {
        return file_.sub(std::uint64_t{page} * meta_.page_size, meta_.page_size);
    }

    [[nodiscard]] Error bad_page(std::uint32_t page, std::string_view saw) const {
        return page_bytes(page).malformed("read Berkeley DB page " + std::to_string(page), saw);
    }

    [[nodiscard]] PageHead read_head(std::uint32_t page) const noexcept {
        ByteReader in = page_bytes(page);
        in.skip(8);
        PageHead head;
        head.number = read_u32(in, meta_.big_endian);
        head.previous = read_u32(in, meta_.big_endian);
        head.next = read_u32(in, meta_.big_endian);
        head.items = read_u16(in, meta_.big_endian);
        head.high = read_u16(in, meta_.big_endian);
        in.skip(1);
        head.type = in.u8();
        return head;
    }

    // An error is a passed limit, which ends it all.
    Result<void> read_hash_page(std::uint32_t page, const PageHead& head) {
        if (head.number != page) {
            problems_.add(bad_page(page, "it says that it is page " + std::to_string(head.number)));
            return ok();
        }
        ByteReader offsets = page_bytes(page);
        offsets.skip(kPageHead);
        const std::uint32_t first_item_byte = kPageHead + 2 * head.items;
        std::uint32_t end = meta_.page_size;
        std::uint32_t item = 0;
        for (; item + 1 < head.items; item += 2) {
            const std::uint32_t key_at = read_u16(offsets, meta_.big_endian);
            const std::uint32_t value_at = read_u16(offsets, meta_.big_endian);
            // Every item has a byte at least: its type.
            if (key_at >= end || value_at >= key_at || value_at < first_item_byte) {
                problems_.add(bad_page(page, "items " + std::to_string(item) + " and " + std::to_string(item + 1) + " of " +
                                                 std::to_string(head.items) + " at " + std::to_string(key_at) + " and " +
                                                 std::to_string(value_at) + ", where bytes " + std::to_string(first_item_byte) + " to " +
                                                 std::to_string(end) + " are left; the rest of this page is not read"));
                return ok();
            }
            const ByteReader bytes = page_bytes(page);
            read_record(bytes.sub(key_at, end - key_at), bytes.sub(value_at, key_at - value_at));
            end = value_at;
            const std::uint64_t packages = ++record_count_ - numbers_.count(0);  // record 0 is none
            if (packages > limits_.packages) return file_.over_limit(kWhat, packages, "limits.packages", limits_.packages);
        }
        if (item != head.items) problems_.add(bad_page(page, std::to_string(head.items) + " items are no pairs of key and value"));
        if ((end & 0xffff) != head.high)
            problems_.add(bad_page(page, "its items begin at " + std::to_string(end) + ", it says at " + std::to_string(head.high)));
        return ok();
    }

    void read_record(ByteReader key, ByteReader value) {
        if (key.u8() != plain_item || key.remaining() != kKeyBytes)
            return problems_.add(key.malformed(kWhat, "a key that is no package number of 4 bytes"));
        const std::uint32_t number = read_u32(key, meta_.big_endian);
        const std::string place = "record " + std::to_string(number) + " of";
        if (!numbers_.insert(number).second)
            return problems_.add(key.malformed(kWhat, "another record has this number").at(place));

        const std::uint8_t type = value.u8();
        if (number == 0) {
            if (type != plain_item || value.remaining() != kKeyBytes)
                problems_.add(value.malformed(kWhat, "the next package number is no number of 4 bytes").at(place));
            return;
        }
        if (type == plain_item) return add_package(value.sub(value.position(), value.remaining()), place);
        if (type == duplicates_item || type == duplicate_pages_item)
            return problems_.add(value.malformed(kWhat, "several values where one header belongs").at(place));
        if (type != overflow_item || value.size() != kOverflowItemBytes)
            return problems_.add(value
                                     .malformed(kWhat, "a value of type " + std::to_string(type) + " and " +
                                                           std::to_string(value.size()) + " bytes")
                                     .at(place));
        value.skip(3);
        const std::uint32_t first_page = read_u32(value, meta_.big_endian);
        const std::uint32_t length = read_u32(value, meta_.big_endian);
        if (length > limits_.rpm_header_bytes)
            return problems_.add(
                value.over_limit(kWhat, length, "limits.rpm_header_bytes", limits_.rpm_header_bytes).at(place));
        const Result<std::string> header = read_chain(value, first_page, length);
        if (!header) return problems_.add(header.error().at(place));
        add_package(ByteReader(std::string_view(*header), file_.origin()), place);
    }

    // The value in a chain of overflow pages. A page is taken by the first chain that comes to it and never given back, so that
    // all chains together cost no more than the file has pages, whatever they point at.
    Result<std::string> read_chain(const ByteReader& item, std::uint32_t first, std::uint32_t length) {
        std::string value;
        std::uint32_t previous = 0;
        for (std::uint32_t page = first; page != 0 || previous == 0;) {
            if (!is_page(page))
                return (previous == 0 ? item : page_bytes(previous))
                    .malformed(kWhat, "its chain leads to page " + std::to_string(page) + " (the last is " +
                                          std::to_string(std::min<std::uint64_t>(meta_.last_page, file_pages_ - 1)) + ")");
            if (taken_[page]) return bad_page(page, "two chains, or one chain twice, lead here");
            taken_[page] = true;
            const PageHead head = read_head(page);
            if (head.type != overflow_page) return bad_page(page, "a chain leads to this page of type " + std::to_string(head.type));
            if (head.number != page) return bad_page(page, "it says that it is page " + std::to_string(head.number));
            if (head.previous != previous)
                return bad_page(page, "a chain leads here from page " + std::to_string(previous) + ", it says from page " +
                                          std::to_string(head.previous));
            if (head.high == 0 || head.high > meta_.page_size - kPageHead || head.high > length - value.size())
                return bad_page(page, std::to_string(head.high) + " bytes on this page, of a header that lacks " +
                                          std::to_string(length - value.size()));
            ByteReader bytes = page_bytes(page);
            bytes.skip(kPageHead);
            value += bytes.text(head.high);
            previous = page;
            page = head.next;
        }
        if (value.size() != length)
            return bad_page(previous, "the chain ends after " + std::to_string(value.size()) + " of " + std::to_string(length) + " bytes");
        return value;
    }

    void add_package(const ByteReader& header, const std::string& place) {
        Result<std::optional<Package>> package = read_rpm_package(header, limits_);
        if (!package) return problems_.add(package.error().at(place));
        if (*package) found_.push_back(std::move(**package));
    }

    // Pages that were overwritten or cut off the chains leave nothing behind that is wrong in itself; the count of keys tells.
    void check_completeness() {
        if (meta_.key_count > record_count_) {
            Error error = file_.malformed(kWhat, std::to_string(record_count_) + " records, and " + std::to_string(meta_.key_count) +
                                                     " keys are counted: a package may be missing from the list");
            error.hint = "where db_load wrote this file the count is twice too high, and rpm --rebuilddb sets it right";
            return problems_.add(error);
        }
        // Where the count is right, what lies about is only space that was lost; where it was not kept, it is the only trace.
        if (meta_.key_count == record_count_ && !found_.empty()) return;
        if (meta_.last_page + std::uint64_t{1} < file_pages_)
            problems_.add(bad_page(meta_.last_page, "it is called the last of " + std::to_string(file_pages_) +
                                                        " pages: a package may be missing from the list"));
        for (std::uint32_t page = 1; is_page(page); ++page)
            if (!taken_[page] && read_head(page).type == overflow_page)
                problems_.add(bad_page(page, "data that no record owns: a package may be missing from the list"));
    }

    ByteReader file_;
    Meta meta_;
    const Limits& limits_;
    ProblemLog& problems_;
    std::uint64_t file_pages_;
    std::vector<bool> taken_;          // by page: a chain has come here
    std::set<std::uint32_t> numbers_;  // ordered: no choice of numbers makes it slow, as it can a hash table
    std::uint64_t record_count_ = 0;
    std::vector<Package> found_;
};

}  // namespace

Result<Parsed<Package>> parse_rpm_bdb(ByteReader reader, const Limits& limits) {
    VERITAG_CHECK(check_database_size(kWhat, reader, limits));
    VERITAG_TRY(const Meta meta, read_meta(reader));
    ProblemLog problems(reader.origin());
    Parsed<Package> parsed;
    VERITAG_TRY(parsed.items, Reader(reader, meta, limits, problems).packages());
    parsed.problems = problems.take();
    return parsed;
}

}  // namespace veritag::pkgdb
