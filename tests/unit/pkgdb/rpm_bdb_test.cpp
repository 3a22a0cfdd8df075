#include "pkgdb/pkgdb.h"

#include "fixture.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

namespace veritag::pkgdb {
namespace {

constexpr std::size_t kPageHead = 26;

/// A Berkeley DB hash written page by page; lib/pkgdb/rpm_bdb.cpp says how it is laid out.
class Bdb {
public:
    Bdb(std::size_t page_size, bool big_endian) : page_size_(page_size), big_endian_(big_endian) {
        add_page(8);
        put32(12, 0x00061561);
        put32(16, 9);
        put32(20, static_cast<std::uint32_t>(page_size));
    }

    std::uint32_t add_page(std::uint8_t type) {
        const auto number = static_cast<std::uint32_t>(file.size() / page_size_);
        file.resize(file.size() + page_size_, '\0');
        put32(at(number) + 8, number);
        file[at(number) + 25] = static_cast<char>(type);
        put32(32, number);
        return number;
    }
    std::uint32_t add_hash_page(std::uint8_t type = 13) {
        const std::uint32_t page = add_page(type);
        put16(at(page) + 22, page_size_);
        return page;
    }
    /// An item behind those that stand on the page.
    void add_item(std::uint32_t page, const std::string& item) {
        const std::size_t count = get16(at(page) + 20);
        const std::size_t end = count == 0 ? page_size_ : get16(at(page) + 22);
        const std::size_t begin = end - item.size();
        file.replace(at(page) + begin, item.size(), item);
        put16(at(page) + kPageHead + 2 * count, begin);
        put16(at(page) + 20, count + 1);
        put16(at(page) + 22, begin);
    }
    void add_record(std::uint32_t page, std::uint32_t number, const std::string& value_item) {
        add_item(page, '\1' + number32(number));
        add_item(page, value_item);
        ++records_;
        put32(88, records_);
    }
    /// The value as a chain of overflow pages, and the item that points at it.
    std::string overflow_item(const std::string& value) {
        const std::size_t room = page_size_ - kPageHead;
        std::uint32_t first = 0;
        std::uint32_t previous = 0;
        for (std::size_t done = 0; done < value.size(); done += room) {
            const std::uint32_t page = add_page(7);
            const std::string part = value.substr(done, room);
            file.replace(at(page) + kPageHead, part.size(), part);
            put16(at(page) + 20, 1);
            put16(at(page) + 22, part.size());
            put32(at(page) + 12, previous);
            if (previous != 0) put32(at(previous) + 16, page);
            if (first == 0) first = page;
            previous = page;
        }
        return std::string("\3\0\0\0", 4) + number32(first) + number32(static_cast<std::uint32_t>(value.size()));
    }

    [[nodiscard]] std::size_t at(std::uint32_t page) const { return page * page_size_; }
    [[nodiscard]] std::size_t page_size() const { return page_size_; }
    [[nodiscard]] std::string number32(std::uint32_t value) const {
        std::string out;
        big_endian_ ? test::append_be(out, value) : test::append_le(out, value);
        return out;
    }
    void put32(std::size_t at, std::uint32_t value) { file.replace(at, 4, number32(value)); }
    void put16(std::size_t at, std::size_t value) {
        file[at + (big_endian_ ? 0 : 1)] = static_cast<char>((value >> 8) & 0xff);
        file[at + (big_endian_ ? 1 : 0)] = static_cast<char>(value & 0xff);
    }
    [[nodiscard]] std::size_t get16(std::size_t at) const {
        const auto high = static_cast<unsigned char>(file[at + (big_endian_ ? 0 : 1)]);
        const auto low = static_cast<unsigned char>(file[at + (big_endian_ ? 1 : 0)]);
        return high * std::size_t{256} + low;
    }

    std::string file;

private:
    std::size_t page_size_;
    bool big_endian_;
    std::uint32_t records_ = 0;
};

// Pages of the sample. Page 7 was freed, page 8 is a bucket that was never written to, page 9 one that holds nothing.
constexpr std::uint32_t kFirstBucket = 1;   // record 0 (the next number), record 2 (acl, on the page)
constexpr std::uint32_t kSecondBucket = 2;  // record 1 (bash, pages 3 to 5), record 7 (zlib, page 6)
constexpr std::uint32_t kBash = 3;
constexpr std::uint32_t kZlib = 6;
constexpr std::uint32_t kLast = 9;

// The header of a package whose summary is that long.
std::string long_blob(const char* name, const char* version, const char* release, std::size_t length) {
    return test::header_of(name, version, release).text(1004, std::string(length, 's')).blob();
}

Bdb sample(std::size_t page_size = 512, bool big_endian = false) {
    Bdb bdb(page_size, big_endian);
    EXPECT_EQ(bdb.add_hash_page(), kFirstBucket);
    EXPECT_EQ(bdb.add_hash_page(2), kSecondBucket);
    bdb.add_record(kFirstBucket, 0, '\1' + bdb.number32(8));
    bdb.add_record(kFirstBucket, 2, '\1' + test::blob_of("acl", "2.3", "1", "noarch", 2));
    bdb.add_record(kSecondBucket, 1, bdb.overflow_item(long_blob("bash", "5.2", "9", 2 * page_size)));
    bdb.add_record(kSecondBucket, 7, bdb.overflow_item(long_blob("zlib", "1.3", "4", 20)));
    bdb.add_page(0);
    bdb.put32(bdb.at(bdb.add_page(0)) + 8, 0);
    EXPECT_EQ(bdb.add_hash_page(), kLast);
    return bdb;
}

const std::vector<std::string> kWhole{"acl 2:2.3-1 noarch", "bash 5.2-9 x86_64", "zlib 1.3-4 x86_64"};

// Where item `number` of a page begins, in the file.
std::size_t item_at(const Bdb& bdb, std::uint32_t page, std::size_t number) {
    return bdb.at(page) + bdb.get16(bdb.at(page) + kPageHead + 2 * number);
}

Result<Parsed<Package>> parse(const std::string& file, const Limits& limits = {}) {
    return parse_rpm_bdb(ByteReader(std::string_view(file), "var/lib/rpm/Packages"), limits);
}

struct Layout {
    const char* name;
    std::size_t page_size;
    bool big_endian;
};
void PrintTo(const Layout& layout, std::ostream* out) { *out << layout.name; }

class BdbLayout : public testing::TestWithParam<Layout> {};
TEST_P(BdbLayout, IsRead) {
    const auto parsed = parse(sample(GetParam().page_size, GetParam().big_endian).file);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(test::lines_of(parsed->items), kWhole);
    EXPECT_EQ(test::problems_of(*parsed), "");
    for (const Package& package : parsed->items) EXPECT_EQ(package.path, "var/lib/rpm/Packages");
}
TEST_P(BdbLayout, EmptyDatabaseIsAnEmptyList) {
    Bdb bdb(GetParam().page_size, GetParam().big_endian);
    bdb.add_hash_page();
    bdb.add_hash_page();
    const auto parsed = parse(bdb.file);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_TRUE(parsed->items.empty());
    EXPECT_EQ(test::problems_of(*parsed), "");
}
INSTANTIATE_TEST_SUITE_P(Layouts, BdbLayout,
                         testing::Values(Layout{"Little512", 512, false}, Layout{"Big512", 512, true}, Layout{"Little4096", 4096, false},
                                         Layout{"Big4096", 4096, true}, Layout{"Little65536", 65536, false},
                                         Layout{"Big65536", 65536, true}),
                         [](const auto& each) { return each.param.name; });

TEST(Bdb, LeavesOutSigningKeys) {
    Bdb bdb = sample();
    bdb.add_record(kLast, 9, '\1' + test::blob_of("gpg-pubkey", "1", "2", ""));
    const auto parsed = parse(bdb.file);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(test::lines_of(parsed->items), kWhole);
    EXPECT_EQ(test::problems_of(*parsed), "");
}

TEST(Bdb, EveryKnownVersionIsRead) {
    for (const std::uint32_t version : {7U, 8U, 9U, 10U}) {
        Bdb bdb = sample();
        bdb.put32(16, version);
        const auto parsed = parse(bdb.file);
        ASSERT_TRUE(parsed) << parsed.error().message();
        EXPECT_EQ(test::lines_of(parsed->items), kWhole);
    }
}

// The library keeps the count only without transaction locks; a count that is too low loses nothing.
TEST(Bdb, CountThatWasNotKeptIsNoProblem) {
    Bdb bdb = sample();
    bdb.put32(88, 0);
    const auto parsed = parse(bdb.file);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(test::lines_of(parsed->items), kWhole);
    EXPECT_EQ(test::problems_of(*parsed), "");
}

TEST(Bdb, EveryPrefixIsHonest) {
    for (const bool big_endian : {false, true}) {
        const std::string file = sample(512, big_endian).file;
        for (std::size_t size = 0; size < file.size(); ++size) {
            const auto answer = parse(file.substr(0, size));
            EXPECT_TRUE(!answer || !answer->problems.empty()) << size;
            EXPECT_TRUE(test::is_honest(answer, kWhole)) << size;
        }
    }
}

// The headers themselves carry no checksum here, so that only what holds them together can be told from sound bytes.
TEST(Bdb, EveryFlippedBitOfTheStructureIsHonest) {
    for (const bool big_endian : {false, true}) {
        const Bdb bdb = sample(512, big_endian);
        const auto is_text = [&](std::size_t at) {
            const std::size_t page = at / bdb.page_size();
            if (page >= kBash && page <= kZlib) return at % bdb.page_size() >= kPageHead;
            return at > item_at(bdb, kFirstBucket, 3) && at < item_at(bdb, kFirstBucket, 2);
        };
        for (std::size_t at = 0; at < bdb.file.size(); ++at)
            for (const unsigned mask : {1U, 2U, 4U, 8U, 0x80U, 0xffU}) {
                std::string flipped = bdb.file;
                flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ mask);
                const auto answer = parse(flipped);
                EXPECT_TRUE(is_text(at) || test::is_honest(answer, kWhole)) << at << " ^ " << mask;
            }
    }
}

TEST(Bdb, EveryEmptiedPageIsHonest) {
    for (std::uint32_t page = 0; page <= kLast; ++page) {
        Bdb bdb = sample();
        bdb.file.replace(bdb.at(page), bdb.page_size(), bdb.page_size(), '\0');
        EXPECT_TRUE(test::is_honest(parse(bdb.file), kWhole)) << page;
    }
}

struct MetaCase {
    const char* name;
    std::function<void(Bdb&)> damage;
    ErrorCode code;
    const char* message;
};
void PrintTo(const MetaCase& c, std::ostream* out) { *out << c.name; }

class BdbMeta : public testing::TestWithParam<MetaCase> {};
TEST_P(BdbMeta, IsRefused) {
    for (const bool big_endian : {false, true}) {
        Bdb bdb = sample(512, big_endian);
        GetParam().damage(bdb);
        const auto parsed = parse(bdb.file);
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().code, GetParam().code);
        EXPECT_NE(parsed.error().message().find(GetParam().message), std::string::npos) << parsed.error().message();
    }
}
INSTANTIATE_TEST_SUITE_P(
    Fields, BdbMeta,
    testing::Values(
        MetaCase{"NoBytes", [](Bdb& b) { b.file.clear(); }, ErrorCode::truncated, "read Berkeley DB database: var/lib/rpm/Packages"},
        MetaCase{"OtherMagic", [](Bdb& b) { b.put32(12, 0x00061562); }, ErrorCode::malformed, "no Berkeley DB hash has it"},
        MetaCase{"Btree", [](Bdb& b) { b.put32(12, 0x00053162); }, ErrorCode::unsupported, "a btree database"},
        MetaCase{"VersionTooOld", [](Bdb& b) { b.put32(16, 6); }, ErrorCode::unsupported, "hash version 6 (7 to 10 are known)"},
        MetaCase{"VersionTooNew", [](Bdb& b) { b.put32(16, 11); }, ErrorCode::unsupported, "hash version 11 (7 to 10 are known)"},
        MetaCase{"PageOfNoSize", [](Bdb& b) { b.put32(20, 0); }, ErrorCode::malformed, "pages of 0 bytes"},
        MetaCase{"PageTooSmall", [](Bdb& b) { b.put32(20, 256); }, ErrorCode::malformed, "pages of 256 bytes"},
        MetaCase{"PageTooLarge", [](Bdb& b) { b.put32(20, 131072); }, ErrorCode::malformed, "pages of 131072 bytes"},
        MetaCase{"PageOfOddSize", [](Bdb& b) { b.put32(20, 1536); }, ErrorCode::malformed, "pages of 1536 bytes"},
        MetaCase{"PageLargerThanFile", [](Bdb& b) { b.put32(20, 65536); }, ErrorCode::truncated, "Packages @5120"},
        MetaCase{"Encrypted", [](Bdb& b) { b.file[24] = 1; }, ErrorCode::unsupported, "it is encrypted"},
        MetaCase{"Checksums", [](Bdb& b) { b.file[26] = 1; }, ErrorCode::unsupported, "meta flags 1 and 0 partitions"},
        MetaCase{"Partitions", [](Bdb& b) { b.put32(36, 4); }, ErrorCode::unsupported, "meta flags 0 and 4 partitions"},
        MetaCase{"ManyDatabases", [](Bdb& b) { b.put32(48, 2); }, ErrorCode::unsupported, "many databases in one file"},
        MetaCase{"OtherPageType", [](Bdb& b) { b.file[25] = 9; }, ErrorCode::malformed, "page 0 is of type 9 (8 is expected)"}),
    [](const auto& each) { return each.param.name; });

struct DamageCase {
    const char* name;
    std::function<void(Bdb&)> damage;
    const char* problem;
    std::size_t packages;
};
void PrintTo(const DamageCase& c, std::ostream* out) { *out << c.name; }

class BdbDamage : public testing::TestWithParam<DamageCase> {};
TEST_P(BdbDamage, CostsWhatItHitsAndIsTold) {
    for (const bool big_endian : {false, true}) {
        Bdb bdb = sample(512, big_endian);
        GetParam().damage(bdb);
        const auto parsed = parse(bdb.file);
        ASSERT_TRUE(parsed) << parsed.error().message();
        EXPECT_EQ(parsed->items.size(), GetParam().packages);
        EXPECT_NE(test::problems_of(*parsed).find(GetParam().problem), std::string::npos) << test::problems_of(*parsed);
        for (const Problem& problem : parsed->problems) EXPECT_EQ(problem.path, "var/lib/rpm/Packages");
    }
}
INSTANTIATE_TEST_SUITE_P(
    Places, BdbDamage,
    testing::Values(
        DamageCase{"NotWholePages", [](Bdb& b) { b.file += '\0'; }, "5121 bytes are not whole pages of 512", 3},
        DamageCase{"LastPageMissing", [](Bdb& b) { b.file.resize(b.at(kLast)); }, "Packages @4608: the file ends here, and its last page is 9", 3},
        DamageCase{"LastPageFarAway", [](Bdb& b) { b.put32(32, 0xffffffff); }, "its last page is 4294967295", 3},
        DamageCase{"LastPageTooEarly", [](Bdb& b) { b.put32(32, kZlib - 1); }, "its chain leads to page 6 (the last is 5)", 2},
        DamageCase{"MoreKeysCounted", [](Bdb& b) { b.put32(88, 5); },
                   "4 records, and 5 keys are counted: a package may be missing from the list; where db_load wrote this file", 3},
        DamageCase{"BucketEmptied", [](Bdb& b) { b.put16(b.at(kSecondBucket) + 20, 0); }, "its items begin at 512, it says at", 1},
        DamageCase{"BucketOverwritten", [](Bdb& b) { b.file.replace(b.at(kSecondBucket), 512, 512, '\0'); }, "2 records, and 4 keys are counted",
                   1},
        DamageCase{"BucketAndCountOverwritten",
                   [](Bdb& b) {
                       b.file.replace(b.at(kSecondBucket), 512, 512, '\0');
                       b.put32(88, 0);
                   },
                   "read Berkeley DB page 3: var/lib/rpm/Packages @1536: data that no record owns: a package may be missing", 1},
        DamageCase{"PagesBehindTheLast",
                   [](Bdb& b) {
                       b.put32(32, 1);
                       b.put32(88, 0);
                   },
                   "it is called the last of 10 pages", 1},
        DamageCase{"NoPageCounted",
                   [](Bdb& b) {
                       b.put32(32, 0);
                       b.put32(88, 0);
                   },
                   "it is called the last of 10 pages", 0},
        DamageCase{"PageOfUnknownType", [](Bdb& b) { b.file[b.at(7) + 25] = 5; }, "read Berkeley DB page 7: var/lib/rpm/Packages @3584: a page of type 5", 3},
        DamageCase{"HashPageOfOtherNumber", [](Bdb& b) { b.put32(b.at(kFirstBucket) + 8, 4); }, "it says that it is page 4", 2},
        DamageCase{"OddItems", [](Bdb& b) { b.put16(b.at(kSecondBucket) + 20, 3); }, "3 items are no pairs of key and value", 2},
        DamageCase{"MoreItemsThanPage", [](Bdb& b) { b.put16(b.at(kSecondBucket) + 20, 0xffff); }, "items 0 and 1 of 65535 at", 1},
        DamageCase{"ItemPastEnd", [](Bdb& b) { b.put16(b.at(kSecondBucket) + kPageHead, 512); }, "items 0 and 1 of 4 at 512 and", 1},
        DamageCase{"ItemInOffsets", [](Bdb& b) { b.put16(b.at(kSecondBucket) + kPageHead + 6, 33); }, "items 2 and 3 of 4 at", 2},
        DamageCase{"ItemsOutOfOrder", [](Bdb& b) { b.put16(b.at(kSecondBucket) + kPageHead + 4, 511); }, "items 2 and 3 of 4 at 511 and", 2},
        DamageCase{"KeyOfOtherType", [](Bdb& b) { b.file[item_at(b, kSecondBucket, 2)] = 3; }, "a key that is no package number", 2},
        DamageCase{"KeyTooLong", [](Bdb& b) { b.add_item(kLast, "\1abcde"), b.add_item(kLast, "\1x"); }, "a key that is no package number", 3},
        DamageCase{"SameNumberTwice", [](Bdb& b) { b.add_record(kLast, 7, '\1' + test::blob_of("zlib", "9", "9")); },
                   "record 7 of var/lib/rpm/Packages @5120: another record has this number", 3},
        DamageCase{"PackageNumberedZero", [](Bdb& b) { b.put32(item_at(b, kFirstBucket, 2) + 1, 0); }, "record 0 of", 2},
        DamageCase{"NextNumberIsNone", [](Bdb& b) { b.file[item_at(b, kFirstBucket, 1)] = 3; }, "the next package number is no number", 3},
        DamageCase{"Duplicates", [](Bdb& b) { b.file[item_at(b, kFirstBucket, 3)] = 2; }, "several values where one header belongs", 2},
        DamageCase{"DuplicatePages", [](Bdb& b) { b.file[item_at(b, kSecondBucket, 1)] = 4; }, "several values where one header belongs", 2},
        DamageCase{"ValueOfUnknownType", [](Bdb& b) { b.file[item_at(b, kSecondBucket, 1)] = 5; }, "a value of type 5 and 12 bytes", 2},
        DamageCase{"HeaderInside", [](Bdb& b) { b.add_record(kLast, 9, "\1no rpm header at all"); }, "read rpm header: record 9 of", 3},
        DamageCase{"EmptyHeader", [](Bdb& b) { b.add_record(kLast, 9, "\1"); }, "read rpm header: record 9 of", 3},
        DamageCase{"ChainToNowhere", [](Bdb& b) { b.put32(item_at(b, kSecondBucket, 1) + 4, 0); }, "its chain leads to page 0 (the last is 9)", 2},
        DamageCase{"ChainPastEnd", [](Bdb& b) { b.put32(b.at(kBash) + 16, 77); }, "record 1 of var/lib/rpm/Packages @1536: its chain leads to page 77", 2},
        DamageCase{"ChainToHashPage", [](Bdb& b) { b.put32(b.at(kBash) + 16, kFirstBucket); }, "a chain leads to this page of type 13", 2},
        DamageCase{"ChainToFreePage", [](Bdb& b) { b.put32(b.at(kBash) + 16, 7); }, "a chain leads to this page of type 0", 2},
        DamageCase{"ChainToItself", [](Bdb& b) { b.put32(b.at(kBash) + 16, kBash); }, "two chains, or one chain twice, lead here", 2},
        DamageCase{"ChainInALoop", [](Bdb& b) { b.put32(b.at(kBash + 2) + 16, kBash); }, "two chains, or one chain twice, lead here", 2},
        DamageCase{"ChainIntoAnother", [](Bdb& b) { b.put32(b.at(kBash) + 16, kZlib); }, "a chain leads here from page 3, it says from page 0", 1},
        DamageCase{"ChainShared", [](Bdb& b) { b.put32(item_at(b, kSecondBucket, 3) + 4, kBash); }, "two chains, or one chain twice, lead here", 2},
        DamageCase{"ChainCut", [](Bdb& b) { b.put32(b.at(kBash) + 16, 0); }, "the chain ends after 486 of", 2},
        DamageCase{"ChainPageOfOtherNumber", [](Bdb& b) { b.put32(b.at(kBash) + 8, 4); }, "it says that it is page 4", 2},
        DamageCase{"ChainPageEmpty", [](Bdb& b) { b.put16(b.at(kBash) + 22, 0); }, "0 bytes on this page", 2},
        DamageCase{"ChainPageOverfull", [](Bdb& b) { b.put16(b.at(kBash) + 22, 487); }, "487 bytes on this page", 2},
        DamageCase{"ChainLongerThanHeader", [](Bdb& b) { b.put32(item_at(b, kSecondBucket, 1) + 8, 400); }, "486 bytes on this page, of a header that lacks 400",
                   2},
        DamageCase{"HeaderOverLimit", [](Bdb& b) { b.put32(item_at(b, kSecondBucket, 1) + 8, 0xffffffff); },
                   "4294967295 bytes (limit 67108864); raise limits.rpm_header_bytes", 2}),
    [](const auto& each) { return each.param.name; });

// Thousands of records that all point at one long chain: each page is read for one record only.
TEST(Bdb, ChainsThatShareAllPagesCostNothing) {
    Bdb bdb(65536, false);
    const std::string item = bdb.overflow_item(std::string(8 << 20, 'x'));
    std::uint32_t number = 1;
    for (int page = 0; page < 20; ++page) {
        const std::uint32_t bucket = bdb.add_hash_page();
        for (int record = 0; record < 3000; ++record) bdb.add_record(bucket, number++, item);
    }
    const auto parsed = parse(bdb.file);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_TRUE(parsed->items.empty());
    ASSERT_EQ(parsed->problems.size(), 51U);
    EXPECT_EQ(parsed->problems.back().message, "59950 more entries could not be read");
}

TEST(Bdb, LimitsAreNamed) {
    const std::string file = sample().file;
    Limits exact;
    exact.packages = 3;  // record 0 is none
    EXPECT_TRUE(parse(file, exact));
    Limits few;
    few.packages = 2;
    const auto packages = parse(file, few);
    ASSERT_FALSE(packages);
    EXPECT_NE(packages.error().message().find("3 packages (limit 2); raise limits.packages"), std::string::npos) << packages.error().message();
    Limits small;
    small.package_database_bytes = 4096;
    const auto bytes = parse(file, small);
    ASSERT_FALSE(bytes);
    EXPECT_NE(bytes.error().message().find("(limit 4096); raise limits.package_database_bytes"), std::string::npos)
        << bytes.error().message();
}

}  // namespace
}  // namespace veritag::pkgdb
