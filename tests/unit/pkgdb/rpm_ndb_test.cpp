#include "pkgdb/pkgdb.h"

#include "base/text.h"
#include "fixture.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <ostream>

namespace veritag::pkgdb {
namespace {

constexpr std::size_t kFirstBlob = 4096;

Result<Parsed<Package>> parse(const std::string& file, const Limits& limits = {}) {
    return parse_rpm_ndb(ByteReader(std::string_view(file), "var/lib/rpm/Packages.db"), limits);
}

std::string decompress(const std::string& compressed) {
    std::string out(ZSTD_getFrameContentSize(compressed.data(), compressed.size()), '\0');
    EXPECT_EQ(ZSTD_decompress(out.data(), out.size(), compressed.data(), compressed.size()), out.size());
    return out;
}

std::string ndb_blob(std::uint32_t package_index, const std::string& header) {
    std::string blob = "BlbS";
    for (const std::uint32_t part : {package_index, 1700000000U, static_cast<std::uint32_t>(header.size())}) test::append_le(blob, part);
    blob += header;
    while ((blob.size() + 12) % 16 != 0) blob += '\0';
    test::append_le(blob, static_cast<std::uint32_t>(adler32_z(1, reinterpret_cast<const unsigned char*>(blob.data()), blob.size())));
    test::append_le(blob, static_cast<std::uint32_t>(header.size()));
    return blob + "BlbE";
}

void put_slot(std::string& file, std::size_t number, std::uint32_t package_index, std::size_t begin, std::size_t size) {
    test::put_le(file, number * 16 + 4, package_index);
    test::put_le(file, number * 16 + 8, static_cast<std::uint32_t>(begin / 16));
    test::put_le(file, number * 16 + 12, static_cast<std::uint32_t>(size / 16));
}

std::string ndb_file(const std::vector<std::string>& headers) {
    std::string file = "RpmP";
    for (const std::uint32_t part : {0U, 7U, 1U, static_cast<std::uint32_t>(headers.size() + 1)}) test::append_le(file, part);
    file.resize(32, '\0');
    while (file.size() < kFirstBlob) file += std::string("Slot\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    for (std::uint32_t i = 0; i < headers.size(); ++i) {
        const std::string blob = ndb_blob(i + 1, headers[i]);
        put_slot(file, i + 2, i + 1, file.size(), blob.size());
        file += blob;
    }
    return file;
}

const std::vector<std::string> kHeaders{test::blob_of("bash", "5.2", "9"), test::blob_of("acl", "2.3", "1", "noarch", 2),
                                        test::blob_of("zlib", "1.3", "4")};
const std::vector<std::string> kWhole{"acl 2:2.3-1 noarch", "bash 5.2-9 x86_64", "zlib 1.3-4 x86_64"};

class RealNdb : public testing::TestWithParam<const char*> {};
TEST_P(RealNdb, ListsWhatRpmLists) {
    const std::string folder = std::string(VERITAG_SOURCE_DIR "/tests/data/rpmdb/") + GetParam();
    std::vector<std::string> expected;
    const std::string tsv = test::read_file(folder + "/expected.tsv");
    for (const std::string_view line : split(tsv, '\n')) {
        const std::vector<std::string_view> fields = split(line, '\t');
        if (fields.size() != 5 || fields[0] == "gpg-pubkey") continue;
        const std::string epoch = fields[1] == "(none)" ? "" : std::string(fields[1]) + ":";
        expected.push_back(std::string(fields[0]) + " " + epoch + std::string(fields[2]) + "-" + std::string(fields[3]) + " " +
                           std::string(fields[4]));
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_GT(expected.size(), 100U);

    const auto parsed = parse(decompress(test::read_file(folder + "/Packages.db.zst")));
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(test::lines_of(parsed->items), expected);
    EXPECT_EQ(test::problems_of(*parsed), "");
}
INSTANTIATE_TEST_SUITE_P(Systems, RealNdb, testing::Values("ndb-openeuler-24.03-lts-aarch64", "ndb-openeuler-22.03-churned-x86_64"),
                         [](const auto& each) {
                             return std::string(each.param).find("churned") == std::string::npos ? "Fresh" : "Churned";
                         });

TEST(RealNdbDamage, CutFileNeverGivesAShortListInSilence) {
    const std::string file =
        decompress(test::read_file(VERITAG_SOURCE_DIR "/tests/data/rpmdb/ndb-openeuler-22.03-churned-x86_64/Packages.db.zst"));
    const auto whole = parse(file);
    ASSERT_TRUE(whole);
    const std::vector<std::string> lines = test::lines_of(whole->items);
    for (std::size_t size = 0; size < file.size(); size += 3331) EXPECT_TRUE(test::is_honest(parse(file.substr(0, size)), lines)) << size;
}

TEST(Ndb, ReadsBuiltFile) {
    const auto parsed = parse(ndb_file(kHeaders));
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(test::lines_of(parsed->items), kWhole);
    EXPECT_EQ(test::problems_of(*parsed), "");
}

TEST(Ndb, EmptyDatabaseIsAnEmptyList) {
    const auto parsed = parse(ndb_file({}));
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_TRUE(parsed->items.empty());
    EXPECT_EQ(test::problems_of(*parsed), "");
}

TEST(Ndb, EveryPrefixIsHonest) {
    const std::string file = ndb_file(kHeaders);
    for (std::size_t size = 0; size < file.size(); ++size) {
        const auto answer = parse(file.substr(0, size));
        EXPECT_TRUE(!answer || !answer->problems.empty()) << size;
        EXPECT_TRUE(test::is_honest(answer, kWhole)) << size;
    }
}

TEST(Ndb, EveryFlippedBitIsHonest) {
    const std::string file = ndb_file(kHeaders);
    for (std::size_t at = 0; at < file.size(); ++at)
        for (const unsigned mask : {1U, 0x80U, 0xffU}) {
            std::string flipped = file;
            flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ mask);
            EXPECT_TRUE(test::is_honest(parse(flipped), kWhole)) << at << " ^ " << mask;
        }
}

struct HeaderCase {
    const char* name;
    std::size_t at;
    std::uint32_t value;
    ErrorCode code;
    const char* message;
};
void PrintTo(const HeaderCase& c, std::ostream* out) { *out << c.name; }

class NdbHeader : public testing::TestWithParam<HeaderCase> {};
TEST_P(NdbHeader, IsRefused) {
    std::string file = ndb_file(kHeaders);
    test::put_le(file, GetParam().at, GetParam().value);
    const auto parsed = parse(file);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, GetParam().code);
    EXPECT_NE(parsed.error().message().find(GetParam().message), std::string::npos) << parsed.error().message();
}
INSTANTIATE_TEST_SUITE_P(
    Fields, NdbHeader,
    testing::Values(HeaderCase{"Magic", 0, 0x504d5052, ErrorCode::malformed, "magic \"RPMP\" (RpmP is expected)"},
                    HeaderCase{"Version", 4, 1, ErrorCode::unsupported, "var/lib/rpm/Packages.db: version 1 (0 is known)"},
                    HeaderCase{"NoSlotPages", 12, 0, ErrorCode::malformed, "no slot pages"},
                    HeaderCase{"SlotPagesBeyondFile", 12, 0xffffffff, ErrorCode::truncated, "4294967295 slot pages in"}),
    [](const auto& each) { return each.param.name; });

struct DamageCase {
    const char* name;
    void (*damage)(std::string&);
    const char* problem;
    std::size_t packages;
};
void PrintTo(const DamageCase& c, std::ostream* out) { *out << c.name; }

class NdbDamage : public testing::TestWithParam<DamageCase> {};
TEST_P(NdbDamage, CostsOnePackageAndIsTold) {
    std::string file = ndb_file(kHeaders);
    GetParam().damage(file);
    const auto parsed = parse(file);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->items.size(), GetParam().packages);
    EXPECT_NE(test::problems_of(*parsed).find(GetParam().problem), std::string::npos) << test::problems_of(*parsed);
    for (const Problem& problem : parsed->problems) EXPECT_EQ(problem.path, "var/lib/rpm/Packages.db");
}
INSTANTIATE_TEST_SUITE_P(
    Places, NdbDamage,
    testing::Values(
        DamageCase{"SlotMagic", [](std::string& f) { f[32] = 's'; }, "Packages.db @32: magic \"slot\"", 2},
        DamageCase{"SlotInHeader", [](std::string& f) { test::put_le(f, 32 + 8, 1); }, "blocks at block 1, data are from block 256", 2},
        DamageCase{"SlotPastEnd", [](std::string& f) { test::put_le(f, 32 + 8, 0xffffffff); }, "at block 4294967295", 2},
        DamageCase{"SlotTooLong", [](std::string& f) { test::put_le(f, 32 + 12, 0xffffffff); }, "4294967295 blocks at block 256", 2},
        DamageCase{"SlotWithoutPackage", [](std::string& f) { test::put_le(f, 32 + 4, 0); }, "slot of package 0", 2},
        DamageCase{"SlotFreed", [](std::string& f) { test::put_le(f, 32 + 8, 0); }, "data in space that no slot owns", 2},
        DamageCase{"SlotOfOtherPackage", [](std::string& f) { test::put_le(f, 32 + 4, 9); }, "the blob is of package 1", 2},
        DamageCase{"SlotLengthInsideFile", [](std::string& f) { test::put_le(f, 32 + 12, 12); }, "bytes of header in 12 blocks", 2},
        DamageCase{"TwoSlotsForOneBlob", [](std::string& f) { f.replace(5 * 16, 16, f.substr(2 * 16, 16)); },
                   "it overlaps the blob of package 1", 3},
        DamageCase{"SamePackageTwice",
                   [](std::string& f) {
                       const std::string blob = ndb_blob(1, kHeaders[0]);
                       put_slot(f, 5, 1, f.size(), blob.size());
                       f += blob;
                   },
                   "another slot has this package index", 3},
        DamageCase{"BlobMagic", [](std::string& f) { f[kFirstBlob] = 'x'; }, "no blob starts here", 2},
        DamageCase{"BlobContent", [](std::string& f) { f[kFirstBlob + 100] ^= 1; }, "Packages.db @4096: checksum", 2},
        DamageCase{"TailMagic", [](std::string& f) { f[f.size() - 1] = 'x'; }, "no blob of", 2},
        DamageCase{"HeaderInside",
                   [](std::string& f) {
                       const std::string blob = ndb_blob(9, "no rpm header at all");
                       put_slot(f, 5, 9, f.size(), blob.size());
                       f += blob;
                   },
                   "read rpm header", 3},
        DamageCase{"NotWholeBlocks", [](std::string& f) { f += '\0'; }, "bytes are not whole blocks of 16", 3},
        DamageCase{"LeftOverData", [](std::string& f) { f += std::string(16, 'x'); }, "data in space that no slot owns", 3}),
    [](const auto& each) { return each.param.name; });

TEST(Ndb, FreedSpaceIsNoProblem) {
    const auto parsed = parse(ndb_file(kHeaders) + std::string(160, '\0'));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->items.size(), 3U);
    EXPECT_EQ(test::problems_of(*parsed), "");
}

TEST(Ndb, ManyProblemsAreCounted) {
    std::string file = ndb_file({});
    for (std::size_t slot = 2; slot < 256; ++slot) file[slot * 16] = 'x';
    const auto parsed = parse(file);
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->problems.size(), 51U);
    EXPECT_EQ(parsed->problems.back().message, "204 more entries could not be read");
}

TEST(Ndb, LimitsAreNamed) {
    const std::string file = ndb_file(kHeaders);
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
