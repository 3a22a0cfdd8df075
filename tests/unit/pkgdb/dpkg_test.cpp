#include "pkgdb/pkgdb.h"

#include "fixture.h"

#include <gtest/gtest.h>

#include <ostream>

namespace veritag::pkgdb {
namespace {

constexpr bool kStatus = false;
constexpr bool kStatusD = true;

Result<Parsed<Package>> parse(std::string_view file, bool status_d, const Limits& limits = {}) {
    return parse_dpkg_status(ByteReader(file, "var/lib/dpkg/status"), status_d, limits);
}

struct Case {
    const char* name;
    bool status_d;
    std::string file;
    std::vector<std::string> packages;
    const char* problem;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class DpkgStatus : public testing::TestWithParam<Case> {};
TEST_P(DpkgStatus, ListsPackages) {
    const Case& c = GetParam();
    const auto parsed = parse(c.file, c.status_d);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(test::lines_of(parsed->items), c.packages);
    const std::string problems = test::problems_of(*parsed);
    if (std::string_view(c.problem).empty())
        EXPECT_EQ(problems, "");
    else
        EXPECT_NE(problems.find(c.problem), std::string::npos) << problems;
}

const std::string kBash = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n";
const std::string kZlib = "Package: zlib1g\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1:1.3.dfsg-3+b1\n";

INSTANTIATE_TEST_SUITE_P(
    Files, DpkgStatus,
    testing::Values(
        Case{"Empty", kStatus, "", {}, ""},
        Case{"Two", kStatus, kBash + "\n" + kZlib + "\n", {"bash 5.2-1 amd64", "zlib1g 1:1.3.dfsg-3+b1 arm64"}, ""},
        Case{"NoFinalNewline", kStatus, "Package: a\nStatus: install ok installed\nVersion: 1", {"a 1 "}, ""},
        Case{"ManyBlankLines", kStatus, "\n\n" + kBash + "\n\n\n" + kZlib, {"bash 5.2-1 amd64", "zlib1g 1:1.3.dfsg-3+b1 arm64"}, ""},
        Case{"CarriageReturns",
             kStatus,
             "Package: a\r\nStatus: install ok installed\r\nVersion: 1\r\n\r\n" + kBash,
             {"a 1 ", "bash 5.2-1 amd64"},
             ""},
        Case{"FieldNamesKnowNoCase", kStatus, "PACKAGE:a\nstatus:install ok installed\nvErSiOn:\t1\n", {"a 1 "}, ""},
        Case{"ContinuationsAreNoFields", kStatus, kBash + "Description: x\n .\n Version: 9\n Package: fake\n\n", {"bash 5.2-1 amd64"}, ""},
        Case{"Held", kStatus, "Package: a\nStatus: hold ok installed\nVersion: 1\n", {"a 1 "}, ""},
        Case{"WantedGoneButThere", kStatus, "Package: a\nStatus: deinstall ok installed\nVersion: 1\n", {"a 1 "}, ""},
        Case{"BrokenButThere", kStatus, "Package: a\nStatus: install reinstreq installed\nVersion: 1\n", {"a 1 "}, ""},
        Case{"OnlyConfigFiles", kStatus, "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\n" + kBash, {"bash 5.2-1 amd64"}, ""},
        Case{"NotInstalledHasNoVersion", kStatus, "Package: a\nStatus: purge ok not-installed\n\n" + kBash, {"bash 5.2-1 amd64"}, ""},
        Case{"HalfInstalled",
             kStatus,
             "Package: a\nStatus: install ok half-installed\nVersion: 1\n\n" + kBash,
             {"bash 5.2-1 amd64"},
             "var/lib/dpkg/status:1 package a: Status \"install ok half-installed\" is neither installed nor removed"},
        Case{"ShortStatus", kStatus, "Package: a\nStatus: installed\nVersion: 1\n", {}, "Status \"installed\" is neither"},
        Case{"NoStatus", kStatus, "Package: a\nVersion: 1\n\n" + kBash, {"bash 5.2-1 amd64"}, "status:1 package a: it has no Status"},
        Case{"NoPackage",
             kStatus,
             kBash + "\nStatus: install ok installed\nVersion: 1\n",
             {"bash 5.2-1 amd64"},
             "status:6: it has no Package"},
        Case{"NoVersion",
             kStatus,
             "Package: a\nStatus: install ok installed\n\n" + kBash,
             {"bash 5.2-1 amd64"},
             "package a: it has no Version"},
        Case{"EmptyVersion", kStatus, "Package: a\nVersion: \nStatus: install ok installed\n", {}, "package a: it has no Version"},
        Case{"VersionTwice",
             kStatus,
             kBash + "Version: 6\n\n" + kZlib,
             {"zlib1g 1:1.3.dfsg-3+b1 arm64"},
             "package bash: Version stands twice"},
        Case{"FoldedVersion", kStatus, "Package: a\nStatus: install ok installed\nVersion: 1\n 2\n", {}, "Version runs over two lines"},
        Case{"NoField",
             kStatus,
             "\x7f"
             "ELF\x01\n\n" +
                 kBash,
             {"bash 5.2-1 amd64"},
             "line \"\\x7fELF\\x01\" is no field"},
        Case{"StatusD", kStatusD, "Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n", {"tzdata 2024a-0+deb12u1 all"}, ""},
        Case{"StatusDWithStatus", kStatusD, "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n", {}, ""},
        Case{"StatusDNoFinalNewline", kStatusD, "Package: base-files\nVersion: 12.4+deb12u5\nArchitecture: arm64", {"base-files 12.4+deb12u5 arm64"}, ""},
        Case{"StatusDWithNoise",
             kStatusD,
             "Package: netbase\nPriority: important\nConffiles:\n /etc/protocols 00\n /etc/rpc 00 obsolete\nVersion: 6.4\nArchitecture: all\n\n",
             {"netbase 6.4 all"},
             ""},
        Case{"StatusDSums", kStatusD, "d41d8cd98f00b204e9800998ecf8427e  usr/share/doc/x\n", {}, "is no field"},
        Case{"ConffilesNoise",
             kStatus,
             "Package: bash\nStatus: install ok installed\nConffiles:\n /etc/bash.bashrc 89269e1298235f1b12b4c16e4065ad0d\n /etc/Version: newconffile\n"
             " /etc/skel/.bashrc ee35a240758f374832e809ae0ea4883a obsolete remove-on-upgrade\nArchitecture: amd64\nVersion: 5.2-1\n",
             {"bash 5.2-1 amd64"},
             ""},
        Case{"ConffilesAlone", kStatus, "Conffiles:\n /etc/x 00\n\n" + kBash, {"bash 5.2-1 amd64"}, "status:1: it has no Package"},
        Case{"Nuls", kStatus, std::string(64, '\0'), {}, "is no field"},
        Case{"StatusDNoVersion", kStatusD, "Package: tzdata\n", {}, "it has no Version"}),
    [](const auto& each) { return each.param.name; });

TEST(DpkgLimits, HugeConffilesAreJustLines) {
    std::string file = kBash + "Conffiles:\n";
    for (int i = 0; i < 50'000; ++i) file += " /etc/some/file" + std::to_string(i) + " d41d8cd98f00b204e9800998ecf8427e\n";
    const auto parsed = parse(file + "\n" + kZlib, kStatus);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->items.size(), 2U);
    EXPECT_EQ(parsed->items.front().path, "var/lib/dpkg/status");
    EXPECT_EQ(parsed->items.front().type, PackageType::deb);
}

TEST(DpkgLimits, AreNamed) {
    Limits line;
    line.text_line_bytes = 20;
    const auto long_line = parse(kBash, kStatus, line);
    ASSERT_FALSE(long_line);
    EXPECT_NE(long_line.error().message().find("status @14: 28 bytes (limit 20); raise limits.text_line_bytes"), std::string::npos)
        << long_line.error().message();
    Limits few;
    few.packages = 1;
    const auto packages = parse(kBash + "\n" + kZlib, kStatus, few);
    ASSERT_FALSE(packages);
    EXPECT_NE(packages.error().message().find("raise limits.packages"), std::string::npos) << packages.error().message();
    Limits small;
    small.package_database_bytes = 10;
    const auto bytes = parse(kBash, kStatus, small);
    ASSERT_FALSE(bytes);
    EXPECT_NE(bytes.error().message().find("raise limits.package_database_bytes"), std::string::npos) << bytes.error().message();
}

TEST(DpkgLimits, EveryBegunStanzaGivesAPackageOrAProblem) {
    const std::string file = kBash + "\n" + kZlib + "\n";
    for (std::size_t size = 0; size <= file.size(); ++size) {
        const auto parsed = parse(std::string_view(file).substr(0, size), kStatus);
        ASSERT_TRUE(parsed);
        const std::size_t begun = (size > 0 ? 1U : 0U) + (size > kBash.size() + 1 ? 1U : 0U);
        EXPECT_EQ(parsed->items.size() + parsed->problems.size(), begun) << size;
    }
}

}  // namespace
}  // namespace veritag::pkgdb
