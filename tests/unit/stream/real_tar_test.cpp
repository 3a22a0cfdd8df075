// The same answer as GNU tar about archives that GNU tar made.
#include "recording.h"
#include "tool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::stream {
namespace {

constexpr std::string_view kTree = R"sh(
mkdir -p tree/usr/lib tree/empty tree/etc
printf 'ID="openEuler"\n' > tree/etc/os-release
printf '' > tree/etc/nothing
head -c 5000 /dev/zero | tr '\0' x > tree/usr/lib/five-thousand
head -c 1024 /dev/zero | tr '\0' y > tree/usr/lib/two-blocks
ln -s ../usr/lib tree/etc/link
ln tree/etc/os-release tree/zz-twin
mkfifo tree/etc/pipe
chmod 4755 tree/usr/lib/two-blocks
)sh";

// Names beyond 100 bytes, and beyond what prefix and name of ustar hold.
constexpr std::string_view kLongNames = R"sh(
d=tree/$(printf 'd%.0s' $(seq 90))
mkdir -p $d/$(printf 'e%.0s' $(seq 60))
echo split > $d/$(printf 'e%.0s' $(seq 60))/$(printf 'f%.0s' $(seq 90))
)sh";
constexpr std::string_view kVeryLongNames = R"sh(
d=tree/$(printf 'd%.0s' $(seq 90))
echo long > $d/$(printf 'g%.0s' $(seq 240))
ln -s $(printf 'target/%.0s' $(seq 40)) tree/far
printf 'caf\303\251' > "tree/caf$(printf '\303\251')"
)sh";

struct FormatCase {
    const char* name;
    const char* options;
    bool long_names;
    bool very_long_names;
};

class RealTar : public testing::TestWithParam<FormatCase> {};

// `tar -tv --numeric-owner` as lines like those of RecordingSink without content.
std::string listing_by_tar(const WorkDir& dir, const std::string& archive) {
    std::string lines;
    std::istringstream in(dir.run("tar --quoting-style=literal --numeric-owner --full-time -tvf " + archive));
    for (std::string line; std::getline(in, line);) {
        std::istringstream fields(line);
        std::string mode, owner, size, date, time;
        fields >> mode >> owner >> size >> date >> time;
        std::string rest;
        std::getline(fields >> std::ws, rest);
        const char type = mode[0];
        unsigned bits = 0;
        for (std::size_t i = 1; i < 10; ++i) bits = bits * 2 + (mode[i] != '-' && mode[i] != 'S' && mode[i] != 'T');
        if (mode[3] == 's' || mode[3] == 'S') bits |= 04000;
        if (mode[6] == 's' || mode[6] == 'S') bits |= 02000;
        if (mode[9] == 't' || mode[9] == 'T') bits |= 01000;
        std::ostringstream octal;
        octal << std::oct << bits;
        if (type == 'h') rest.replace(rest.find(" link to "), 9, " -> ");
        if (type == 'd' && rest.ends_with('/')) rest.pop_back();
        lines += std::string(1, type) + " " + octal.str() + " " + (type == '-' ? size : "0") + " " + rest + "\n";
    }
    return lines;
}

TEST_P(RealTar, ListsLikeTarItself) {
    const FormatCase& c = GetParam();
    const WorkDir dir;
    dir.run(std::string(kTree));
    if (c.long_names) dir.run(std::string(kLongNames));
    if (c.very_long_names) dir.run(std::string(kVeryLongNames));
    dir.run("tar --sort=name " + std::string(c.options) + " -cf a.tar -C tree $(ls tree)");
    const std::string expected = listing_by_tar(dir, "a.tar");
    const std::string archive = dir.read("a.tar");
    ASSERT_GT(std::count(expected.begin(), expected.end(), '\n'), 9);
    EXPECT_EQ(listing(archive), expected);
    EXPECT_EQ(listing(archive, 0, 100), expected);
}

INSTANTIATE_TEST_SUITE_P(Formats, RealTar,
                         testing::Values(FormatCase{"Gnu", "--format=gnu", true, true}, FormatCase{"OldGnu", "--format=oldgnu", true, true},
                                         FormatCase{"Pax", "--format=pax", true, true}, FormatCase{"Ustar", "--format=ustar", true, false},
                                         FormatCase{"V7", "--format=v7 --exclude=pipe", false, false},
                                         FormatCase{"PaxWithLargeIds", "--format=pax --owner=3000000 --group=3000000", true, true},
                                         FormatCase{"GnuWithLargeIds", "--format=gnu --owner=3000000 --group=3000000 --mtime=@-5", true, true},
                                         FormatCase{"SmallRecords", "--format=gnu -b1", true, true}),
                         [](const testing::TestParamInfo<FormatCase>& each) { return each.param.name; });

struct SparseCase {
    const char* name;
    const char* options;
};
class RealSparseTar : public testing::TestWithParam<SparseCase> {};

TEST_P(RealSparseTar, ExpandsLikeTarItself) {
    const WorkDir dir;
    dir.run(R"sh(
truncate -s 3M holes
for i in $(seq 0 3 45); do printf "part$i" | dd of=holes bs=64K seek=$i conv=notrunc status=none; done
truncate -s 1M hole
printf end | dd of=tail bs=1M seek=1 status=none
echo plain > zz-plain)sh");
    dir.run("tar --sparse " + std::string(GetParam().options) + " -cf a.tar holes hole tail zz-plain");
    const std::string archive = dir.read("a.tar");
    ASSERT_LT(archive.size(), 1'000'000U) << "the file system of the temporary directory has no holes";
    for (const std::size_t piece : {std::size_t{333}, ~std::size_t{0}}) {
        const std::string log = listing(archive, RecordingSink::kAll, piece);
        EXPECT_EQ(log.find("error"), std::string::npos);
        for (const char* name : {"holes", "hole", "tail", "zz-plain"})
            EXPECT_NE(log.find(std::string(" ") + name + "\n[" + dir.read(name) + "]\n"), std::string::npos) << name << " in pieces of " << piece;
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, RealSparseTar,
                         testing::Values(SparseCase{"Gnu", "--format=gnu"}, SparseCase{"Pax00", "--format=pax --sparse-version=0.0"},
                                         SparseCase{"Pax01", "--format=pax --sparse-version=0.1"}, SparseCase{"Pax10", "--format=pax --sparse-version=1.0"}),
                         [](const testing::TestParamInfo<SparseCase>& each) { return each.param.name; });

}  // namespace
}  // namespace veritag::stream
