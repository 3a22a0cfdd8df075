#include "detect/elf.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <ostream>

namespace veritag::detect {
namespace {

/// Writes ELF files field by field, in any width and byte order.
struct Writer {
    bool wide = true;
    bool big_endian = false;
    std::string out;

    void number(std::uint64_t value, int width) {
        for (int i = 0; i < width; ++i) {
            const int shift = 8 * (big_endian ? width - 1 - i : i);
            out += static_cast<char>((value >> shift) & 0xff);
        }
    }
    void native(std::uint64_t value) { number(value, wide ? 8 : 4); }
    void segment(std::uint32_t type, std::uint64_t offset, std::uint64_t address, std::uint64_t size) {
        number(type, 4);
        if (wide) number(0, 4);
        native(offset);
        native(address);
        native(address);
        native(size);
        native(size);
        if (!wide) number(0, 4);
        native(1);
    }
};

constexpr std::uint64_t kDynamicAt = 0x200;
constexpr std::uint64_t kStringsAt = 0x300;
constexpr std::uint64_t kLoadAddress = 0x400000;

struct Library {
    bool wide = true;
    bool big_endian = false;
    std::uint16_t type = 3;
    std::uint16_t machine = 62;
    std::uint64_t soname_at = 1;
    std::uint64_t strings_address = kLoadAddress + kStringsAt;
    std::uint64_t strings_bytes = 14;
    std::uint64_t segment_bytes = 0;  // 0: the right one
};

std::string write(const Library& library) {
    Writer elf{.wide = library.wide,
               .big_endian = library.big_endian,
               .out =
                   "\x7f"
                   "ELF"};
    elf.number(library.wide ? 2 : 1, 1);
    elf.number(library.big_endian ? 2 : 1, 1);
    elf.out.resize(16, '\0');
    elf.number(library.type, 2);
    elf.number(library.machine, 2);
    elf.number(1, 4);
    elf.native(0);
    elf.native(library.wide ? 64 : 52);
    elf.native(0);
    elf.number(0, 4);
    elf.number(library.wide ? 64 : 52, 2);
    elf.number(library.segment_bytes != 0 ? library.segment_bytes : library.wide ? 56 : 32, 2);
    elf.number(2, 2);
    elf.number(0, 6);
    elf.segment(1, 0, kLoadAddress, 0x400);
    elf.segment(2, kDynamicAt, kLoadAddress + kDynamicAt, (library.wide ? 16U : 8U) * 5U);
    elf.out.resize(kDynamicAt, '\0');
    for (const auto& [tag, value] : {std::pair<std::uint64_t, std::uint64_t>{1, 99},
                                     {14, library.soname_at},
                                     {5, library.strings_address},
                                     {10, library.strings_bytes},
                                     {0, 0}}) {
        elf.native(tag);
        elf.native(value);
    }
    elf.out.resize(kStringsAt, '\0');
    elf.out += std::string("\0libcudart.so\0", 14);
    elf.out.resize(0x400, '\0');
    return elf.out;
}

Result<ElfInfo> parse(const std::string& file) { return parse_elf(ByteReader(std::string_view(file), "usr/lib/libx.so")); }

struct MachineCase {
    const char* architecture;
    bool wide;
    bool big_endian;
    std::uint16_t machine;
};
void PrintTo(const MachineCase& c, std::ostream* out) { *out << c.architecture; }

class ElfMachine : public testing::TestWithParam<MachineCase> {};
TEST_P(ElfMachine, GivesArchitectureAndSoname) {
    const MachineCase& c = GetParam();
    const auto info = parse(write({.wide = c.wide, .big_endian = c.big_endian, .machine = c.machine}));
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->architecture, c.architecture);
    EXPECT_EQ(info->machine, c.machine);
    EXPECT_TRUE(info->shared_object);
    EXPECT_EQ(info->soname, "libcudart.so");
}
INSTANTIATE_TEST_SUITE_P(Machines, ElfMachine,
                         testing::Values(MachineCase{"amd64", true, false, 62}, MachineCase{"arm64", true, false, 183},
                                         MachineCase{"386", false, false, 3}, MachineCase{"arm", false, false, 40},
                                         MachineCase{"riscv64", true, false, 243}, MachineCase{"ppc64le", true, false, 21},
                                         MachineCase{"s390x", true, true, 22}, MachineCase{"loong64", true, false, 258},
                                         MachineCase{"mips64le", true, false, 8}, MachineCase{"machine-250", true, false, 250},
                                         // x32 has no OCI word: the number says so
                                         MachineCase{"machine-62", false, false, 62}),
                         [](const auto& each) {
                             std::string name = std::string(each.param.wide ? "Wide_" : "Narrow_") + each.param.architecture;
                             for (char& c : name)
                                 if (c == '-') c = '_';
                             return name;
                         });

TEST(Elf, ProgramIsNoSharedObject) {
    const auto info = parse(write({.type = 2}));
    ASSERT_TRUE(info);
    EXPECT_FALSE(info->shared_object);
}

TEST(Elf, EveryHeadGivesTheMachineAndNeverAnotherSoname) {
    const std::string file = write({});
    for (std::size_t size = 0; size <= file.size(); ++size) {
        const auto info = parse(file.substr(0, size));
        if (size < 20) {
            ASSERT_FALSE(info) << size;
            EXPECT_EQ(info.error().code, ErrorCode::truncated);
            continue;
        }
        ASSERT_TRUE(info) << size << ": " << info.error().message();
        EXPECT_EQ(info->architecture, "amd64");
        if (size < kStringsAt + 14)
            EXPECT_EQ(info->soname, std::nullopt) << size;
        else
            EXPECT_EQ(info->soname, "libcudart.so") << size;
    }
}

TEST(Elf, FlippedBytesNeverBreakTheReader) {
    const std::string file = write({});
    std::size_t read = 0;
    for (std::size_t at = 0; at < file.size(); ++at)
        for (const unsigned mask : {1U, 0x80U, 0xffU}) {
            std::string flipped = file;
            flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ mask);
            const auto info = parse(flipped);
            if (!info)
                EXPECT_FALSE(info.error().message().empty());
            else
                ++read;
        }
    EXPECT_GT(read, file.size());
}

struct BadCase {
    const char* name;
    Library library;
    const char* message;
};
void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }

class BadElf : public testing::TestWithParam<BadCase> {};
TEST_P(BadElf, SaysWhatIsWrong) {
    const auto info = parse(write(GetParam().library));
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::malformed);
    EXPECT_NE(info.error().message().find(GetParam().message), std::string::npos) << info.error().message();
}
INSTANTIATE_TEST_SUITE_P(
    Places, BadElf,
    testing::Values(BadCase{"SonameBeyondStrings", {.soname_at = 14}, "DT_SONAME 14 in a string table of 14 bytes"},
                    BadCase{"SonameWithoutEnd", {.strings_bytes = 10}, "DT_SONAME does not end inside the string table"},
                    BadCase{"StringsInNoSegment", {.strings_address = 0x300}, "DT_STRTAB 768 lies in no segment"},
                    BadCase{"StringsBelowSegment", {.strings_address = kLoadAddress - 1}, "lies in no segment"},
                    BadCase{"ProgramHeaderSize", {.segment_bytes = 8}, "program headers of 8 bytes (56 are expected)"}),
    [](const auto& each) { return each.param.name; });

TEST(Elf, OtherFilesAreRefused) {
    std::string file = write({});
    file[4] = 3;
    ASSERT_FALSE(parse(file));
    EXPECT_EQ(parse(file).error().message(), "read ELF file: usr/lib/libx.so @0: class 3 (1 and 2 exist)");
    file[4] = 2;
    file[5] = 0;
    ASSERT_FALSE(parse(file));
    EXPECT_EQ(parse(file).error().message(), "read ELF file: usr/lib/libx.so @0: byte order 0 (1 and 2 exist)");
    ASSERT_FALSE(parse(std::string(100, 'x')));
    EXPECT_EQ(parse(std::string(100, 'x')).error().message(), "read ELF file: usr/lib/libx.so @0: no ELF magic");
}

TEST(Elf, KnowsItsMagic) {
    EXPECT_TRUE(is_elf(write({})));
    EXPECT_FALSE(
        is_elf("\x7f"
               "EL"));
    EXPECT_FALSE(is_elf(""));
}

TEST(Elf, ReadsThisProgram) {
    std::ifstream in("/proc/self/exe", std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto info = parse(file);
    ASSERT_TRUE(info) << info.error().message();
    EXPECT_EQ(info->architecture.find("machine-"), std::string::npos) << info->architecture;
    EXPECT_EQ(info->soname, std::nullopt);
}

}  // namespace
}  // namespace veritag::detect
