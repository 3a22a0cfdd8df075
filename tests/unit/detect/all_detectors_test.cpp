#include "detect/detector.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace veritag::detect {
namespace {

std::vector<const Detector*> who_wants(std::string_view path) {
    std::vector<const Detector*> found;
    for (const Detector* detector : all_detectors())
        if (detector->wants(path)) found.push_back(detector);
    return found;
}

TEST(AllDetectors, BerkeleyDatabaseIsReadWhereRpmKeepsIt) {
    std::ifstream in(VERITAG_SOURCE_DIR "/tests/fuzz/corpus/fuzz_rpm_bdb/big_endian", std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(in), {}};
    for (const std::string_view path : {"var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages", "usr/share/rpm/Packages"}) {
        const std::vector<const Detector*> found = who_wants(path);
        ASSERT_EQ(found.size(), 1U) << path;
        EXPECT_EQ(found.front()->name(), "rpm-bdb");
        const PackageDatabase database = found.front()->read(ByteReader(std::string_view(file), path), std::nullopt, Limits{});
        EXPECT_EQ(database.path, path);
        EXPECT_EQ(database.type, PackageType::rpm);
        EXPECT_TRUE(database.problems.empty());
        ASSERT_EQ(database.packages.size(), 3U);
        EXPECT_EQ(database.packages.front().path, path);
    }
    EXPECT_TRUE(who_wants("opt/var/lib/rpm/Packages").empty());
    EXPECT_TRUE(who_wants("var/lib/rpm/Name").empty());
}

TEST(AllDetectors, EmptyBerkeleyDatabaseIsAProblem) {
    const std::vector<const Detector*> found = who_wants("var/lib/rpm/Packages");
    ASSERT_EQ(found.size(), 1U);
    const PackageDatabase database = found.front()->read(ByteReader(std::string_view(), "var/lib/rpm/Packages"), std::nullopt, Limits{});
    EXPECT_TRUE(database.packages.empty());
    ASSERT_EQ(database.problems.size(), 1U);
    EXPECT_EQ(database.problems.front().path, "var/lib/rpm/Packages");
}

}  // namespace
}  // namespace veritag::detect
