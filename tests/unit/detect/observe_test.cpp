#include "detect/observe.h"

#include "layers.h"
#include "test_rules.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace veritag::detect {
namespace {

using namespace veritag::test;

struct World {
    rules::RuleSet rules = test_rules();
    EvidenceMatcher matcher{rules};
    oci::ImageConfig config;
    oci::Platform platform{.os = "linux", .architecture = "amd64", .variant = ""};
    std::vector<std::shared_ptr<const LayerAnalysis>> layers;

    explicit World(std::vector<std::shared_ptr<const LayerAnalysis>> list) : layers(std::move(list)) {
        for (std::size_t i = 0; i < layers.size(); ++i) config.diff_ids.push_back(sha256_of(std::to_string(i)));
    }
    ObserveResult observe() const { return detect::observe(MergedImage(layers), config, platform, matcher); }
};

// "component=version" of every observation, "?" for those without proof.
std::string text_of(const ImageFacts& facts) {
    std::string text;
    for (const Observation& o : facts.observations) text += (text.empty() ? "" : " ") + o.component + "=" + o.version + (o.proof ? "" : "?");
    return text;
}

TEST(Observe, ReadsAFileAndNamesItsLayerAndLine) {
    World world({layer({file("bin/sh")}), layer({file("etc/os-release", "NAME=P\nID=puffin\nVERSION=5.1\n")})});
    const ImageFacts facts = world.observe().facts;
    ASSERT_EQ(text_of(facts), "puffin=5.1");
    const Evidence& evidence = facts.observations[0].evidence.at(0);
    EXPECT_EQ(evidence.path, "etc/os-release");
    EXPECT_EQ(evidence.layer, 1);
    EXPECT_EQ(evidence.diff_id, world.config.diff_ids[1].str());
    EXPECT_EQ(evidence.detail, "VERSION=5.1");
}

TEST(Observe, LinkAndItsTargetAreOnePieceOfEvidence) {
    World world({layer({file("usr/lib/os-release", "ID=puffin\nVERSION=5.1\n"), symlink("etc/os-release", "../usr/lib/os-release")})});
    const ImageFacts facts = world.observe().facts;
    ASSERT_EQ(text_of(facts), "puffin=5.1");
    ASSERT_EQ(facts.observations[0].evidence.size(), 1U) << facts.observations[0].evidence[1].detail;
}

TEST(Observe, PackagesAndFilesProveTogether) {
    World world({layer({file("etc/os-release", "ID=puffin\nVERSION=5.1\n"), database("var/lib/rpm/Packages.db", {rpm("puffin-release", "5.1-3")})})});
    const ImageFacts facts = world.observe().facts;
    ASSERT_EQ(text_of(facts), "puffin=5.1");
    EXPECT_EQ(facts.observations[0].evidence.size(), 2U);
    EXPECT_TRUE(facts.packages_complete);
}

TEST(Observe, EnvironmentIsNoProof) {
    World world({layer({file("bin/sh")})});
    world.config.environment = {"PATH=/bin", "REDKIT_VERSION=2.0"};
    EXPECT_EQ(text_of(world.observe().facts), "redkit=2.0?");
}

TEST(Observe, RemovedFileIsNotThere) {
    World world({layer({file("opt/redkit/2.0/version.txt", "version=2.0")}), layer({whiteout("opt/redkit")})});
    const ImageFacts facts = world.observe().facts;
    EXPECT_EQ(text_of(facts), "");
    EXPECT_TRUE(facts.could_hold.empty());
}

TEST(Observe, PathsThatCouldHoldAComponentAreNamed) {
    World world({layer({file("opt/redkit/2.0/lib/x"), file("opt/redkit/driver/libred.so")})});
    const ImageFacts facts = world.observe().facts;
    ASSERT_EQ(facts.could_hold.count("redkit"), 1U);
    ASSERT_EQ(facts.could_hold.at("redkit").size(), 1U) << "the driver is an exception";
    EXPECT_EQ(facts.could_hold.at("redkit")[0].path, "opt/redkit/2.0/lib/x");
}

TEST(Observe, PackageKnowsTheLayerThatBroughtIt) {
    const std::string path = "var/lib/rpm/Packages.db";
    World world({layer({database(path, {rpm("a", "1-1"), rpm("b", "1-1")})}), layer({file("x")}), layer({database(path, {rpm("a", "1-1"), rpm("b", "2-1"), rpm("c", "1-1")})}),
                 layer({database(path, {rpm("a", "1-1"), rpm("b", "2-1"), rpm("c", "1-1"), rpm("d", "1-1")})})});
    std::string text;
    for (const Package& package : world.observe().facts.packages) text += package.name + package.version + "@" + std::to_string(package.layer) + " ";
    EXPECT_EQ(text, "a1-1@0 b2-1@2 c1-1@2 d1-1@3 ");
}

TEST(Observe, ReinstalledPackageCameWithTheLaterLayer) {
    const std::string path = "var/lib/rpm/Packages.db";
    World world({layer({database(path, {rpm("a", "1-1")})}), layer({database(path, {rpm("b", "1-1")})}), layer({database(path, {rpm("a", "1-1"), rpm("b", "1-1")})})});
    std::string text;
    for (const Package& package : world.observe().facts.packages) text += package.name + "@" + std::to_string(package.layer) + " ";
    EXPECT_EQ(text, "a@2 b@1 ");
}

TEST(Observe, NewestOfTwoRpmDatabasesCounts) {
    World world({layer({database("var/lib/rpm/Packages.db", {rpm("old", "1-1")})}), layer({database("usr/lib/sysimage/rpm/rpmdb.sqlite", {rpm("new", "1-1")})})});
    const ImageFacts facts = world.observe().facts;
    ASSERT_EQ(facts.packages.size(), 1U);
    EXPECT_EQ(facts.packages[0].name, "new");
}

TEST(Observe, BrokenDatabaseIsAProblemAndNotComplete) {
    World world({layer({database("var/lib/rpm/Packages.db", {rpm("a", "1-1")}, {{"var/lib/rpm/Packages.db", "slot 7 is broken"}})})});
    const ImageFacts facts = world.observe().facts;
    EXPECT_FALSE(facts.packages_complete);
    ASSERT_EQ(facts.problems.size(), 1U);
    EXPECT_EQ(facts.problems[0].message, "slot 7 is broken");
}

TEST(Observe, ReplacedBrokenDatabaseIsNoProblem) {
    const std::string path = "var/lib/rpm/Packages.db";
    World world({layer({database(path, {}, {{path, "broken"}})}), layer({database(path, {rpm("a", "1-1")})})});
    const ImageFacts facts = world.observe().facts;
    EXPECT_TRUE(facts.packages_complete);
    EXPECT_TRUE(facts.problems.empty());
}

TEST(Observe, DatabaseBehindALinkIsAskedFor) {
    World world({layer({symlink("var/lib/rpm", "../../opt/db"), file("opt/db/Packages.db", "bytes")}, false)});
    const ObserveResult result = world.observe();
    ASSERT_EQ(result.missing.size(), 1U);
    EXPECT_EQ(result.missing.at(0), (ExtraPaths{{"opt/db/Packages.db", "var/lib/rpm/Packages.db"}}));
}

TEST(Observe, WantedHardLinkToUnwantedContentIsAskedFor) {
    auto built = std::make_shared<LayerAnalysis>();
    built->entries.add({.path = "data/blob", .type = EntryType::file, .size = 5, .mode = 0644, .link_target = {}});
    built->entries.add({.path = "etc/os-release", .type = EntryType::hardlink, .size = 0, .mode = 0644, .link_target = "data/blob"});
    World world({built});
    const ObserveResult result = world.observe();
    ASSERT_EQ(result.missing.size(), 1U);
    EXPECT_EQ(result.missing.at(0), (ExtraPaths{{"data/blob", "etc/os-release"}}));
}

TEST(Observe, EvidenceBelowALinkedDirectoryIsFound) {
    World world({layer({symlink("opt/redkit", "../srv/redkit"), file("srv/redkit/2.0/version.txt", "version=2.0")})});
    const ImageFacts facts = world.observe().facts;
    ASSERT_EQ(text_of(facts), "redkit=2.0");
    EXPECT_EQ(facts.observations[0].evidence[0].path, "srv/redkit/2.0/version.txt") << "evidence names the real path";
}

TEST(Observe, NameOfALinkIsNoEvidence) {
    World world({layer({file("opt/bluekit-12/lib/libblue.so.12.2.2"), symlink("opt/bluekit-12/lib/libblue.so.12.9.9", "libblue.so.12.2.2")})});
    EXPECT_EQ(text_of(world.observe().facts), "bluekit=12.2.2");
}

TEST(Observe, ExceptionsHoldUnderEveryName) {
    World world({layer({file("opt/redkit/driver/x"), symlink("opt/redkit/sdk", "driver")})});
    EXPECT_TRUE(world.observe().facts.could_hold.empty());
}

TEST(Observe, ModelNeedsRealWeights) {
    const std::string config = R"({"model": "bird7b"})";
    World real({layer({file("m/config.json", config), file("m/a.weights", std::string(2000, 'w'))})});
    EXPECT_EQ(text_of(real.observe().facts), "bird7b=");

    World pointer({layer({file("m/config.json", config), file("m/a.weights", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")})});
    const ImageFacts facts = pointer.observe().facts;
    EXPECT_EQ(text_of(facts), "");
    ASSERT_EQ(facts.placeholders.count("bird7b"), 1U);
    EXPECT_EQ(facts.placeholders.at("bird7b")[0].path, "m/a.weights");
    EXPECT_EQ(facts.placeholders.at("bird7b")[0].detail, "a Git LFS pointer of 63 bytes");
}

TEST(Observe, SmallFilesCouldHoldNoModel) {
    World small({layer({file("opt/a.gguf", std::string(1000, 'w')), file("opt/birdserver/__init__.py", "")})});
    EXPECT_FALSE(small.observe().facts.could_hold.contains("bird7b"));
    EXPECT_TRUE(small.observe().facts.could_hold.contains("birdserver")) << "a server is a program";
    World large({layer({file("opt/a.gguf", std::string(1 << 20, 'w'))})});
    EXPECT_TRUE(large.observe().facts.could_hold.contains("bird7b"));
}

TEST(Observe, WeightsMayBeLinks) {
    World world({layer({file("m/snap/config.json", R"({"model": "bird7b"})"), symlink("m/snap/a.weights", "../blobs/1"), file("m/blobs/1", std::string(2000, 'w'))})});
    EXPECT_EQ(text_of(world.observe().facts), "bird7b=");
}

TEST(Observe, WeightsMayLieAboveTheFile) {
    const LayerItem index = file("m/owl/index/owl.json", R"({"model": "owl"})");
    const std::string real(2000, 'w');
    EXPECT_EQ(text_of(World({layer({index, file("m/owl/a.feathers", real)})}).observe().facts), "owl=");
    EXPECT_EQ(text_of(World({layer({index, file("m/a.feathers", real)})}).observe().facts), "owl=") << "two up";
    EXPECT_EQ(text_of(World({layer({index, file("a.feathers", real)})}).observe().facts), "");
    EXPECT_EQ(text_of(World({layer({index, file("m/owl/index/a.feathers", real)})}).observe().facts), "") << "beside it is not above it";
    EXPECT_EQ(text_of(World({layer({file("index/owl.json", R"({"model": "owl"})"), file("a.feathers", real)})}).observe().facts), "owl=") << "above the root is the root";
}

TEST(Observe, AFewSmallFilesStandForAllPlaceholders) {
    std::vector<LayerItem> items{file("m/config.json", R"({"model": "bird7b"})")};
    for (int i = 0; i < 50; ++i) items.push_back(file("m/" + std::to_string(i) + ".weights", "small"));
    EXPECT_EQ(World({layer(items)}).observe().facts.placeholders.at("bird7b").size(), 6U);
    items.push_back(file("m/x.weights", std::string(2000, 'w')));
    EXPECT_EQ(text_of(World({layer(items)}).observe().facts), "bird7b=") << "a real one behind them is seen still";
}

TEST(Observe, FactsAreReadAndMarkedAsRead) {
    World world({layer({file("usr/lib/python3/site-packages/flame/version.py", "version = '2.1.0'\nblue = '12.1'\n"),
                        database("usr/lib/python3/site-packages/flame-2.1.0.dist-info/METADATA", {python("Flame", "2.1.0")})})});
    const ImageFacts facts = world.observe().facts;
    EXPECT_EQ(text_of(facts), "flame=2.1.0");
    ASSERT_EQ(facts.facts.size(), 1U);
    EXPECT_EQ(facts.facts[0].value, "12.1");
    EXPECT_EQ(facts.facts_read, std::vector<std::string>{"flame"});
}

TEST(Observe, CountsPackagesOfAnotherCpu) {
    World world({layer({database("var/lib/rpm/Packages.db", {rpm("a", "1-1", "aarch64"), rpm("b", "1-1", "noarch"), rpm("c", "1-1", "x86_64"), rpm("d", "1-1", "i686")})})});
    const ImageFacts facts = world.observe().facts;
    ASSERT_EQ(facts.foreign_packages.size(), 2U);
    EXPECT_EQ(facts.foreign_packages[0].architecture, "386");
    EXPECT_EQ(facts.foreign_packages[1].architecture, "arm64");
    for (const ForeignArchitecture& foreign : facts.foreign_packages) {
        EXPECT_EQ(foreign.count, 1U);
        EXPECT_EQ(foreign.judged, 3U) << "noarch says nothing";
    }
}

TEST(Observe, ProblemOfARemovedFileDoesNotCount) {
    auto broken = std::make_shared<LayerAnalysis>();
    broken->entries.add({.path = "a", .type = EntryType::file, .size = 1, .mode = 0644, .link_target = {}});
    broken->problems.push_back({"a", "odd"});
    EXPECT_EQ(World({broken}).observe().facts.problems.size(), 1U);
    EXPECT_EQ(World({broken, layer({whiteout("a")})}).observe().facts.problems.size(), 0U);
}

// What is made of files, of programs in packages' places, and of counts.

std::shared_ptr<LayerAnalysis> bare() { return std::make_shared<LayerAnalysis>(); }
void add(LayerAnalysis& analysis, std::string_view path, std::uint64_t size, std::string_view architecture = {}) {
    analysis.entries.add({.path = path, .type = EntryType::file, .size = size, .mode = 0755, .link_target = {}, .architecture = architecture});
}

TEST(Observe, StringOfAProgramIsEvidence) {
    auto built = bare();
    add(*built, "lib/libplume.so", 100);
    built->derived.push_back({"lib/libplume.so", "strings plume (\\d+(?:\\.\\d+)*)", std::string("\0plume 3.1.4", 12)});
    const ImageFacts facts = World({built}).observe().facts;
    ASSERT_EQ(text_of(facts), "plume=3.1.4");
    EXPECT_EQ(facts.observations[0].evidence.at(0).source, EvidenceSource::elf);
    EXPECT_EQ(facts.observations[0].evidence.at(0).detail, "plume 3.1.4") << "without the bytes that bound it";
}

TEST(Observe, ProgramWithoutTheStringIsNoEvidenceAndNotAskedAgain) {
    auto built = bare();
    add(*built, "lib/libplume.so", 100);
    built->derived.push_back({"lib/libplume.so", "strings plume (\\d+(?:\\.\\d+)*)", ""});
    const ObserveResult result = World({built}).observe();
    EXPECT_EQ(text_of(result.facts), "");
    EXPECT_TRUE(result.missing.empty());
}

TEST(Observe, StringsThroughALinkAreAskedForAndThenRead) {
    auto built = bare();
    add(*built, "opt/p/feather", 100);
    built->entries.add({.path = "lib/libplume.so", .type = EntryType::symlink, .size = 0, .mode = 0777, .link_target = "../opt/p/feather"});
    const ObserveResult first = World({built}).observe();
    ASSERT_EQ(first.missing.size(), 1U);
    EXPECT_EQ(first.missing.at(0), (ExtraPaths{{"opt/p/feather", "lib/libplume.so"}}));
    built->derived.push_back({"opt/p/feather", "strings plume (\\d+(?:\\.\\d+)*)", "plume 3.1.4"});
    const ObserveResult second = World({built}).observe();
    EXPECT_TRUE(second.missing.empty());
    ASSERT_EQ(text_of(second.facts), "plume=3.1.4");
    EXPECT_EQ(second.facts.observations[0].evidence.at(0).path, "opt/p/feather");
}

TEST(Observe, DecodedModelIsEvidence) {
    auto built = bare();
    add(*built, "m/a.owl", 9000);
    built->derived.push_back({"m/a.owl", "gguf", "gguf=3\ngeneral.architecture=owl\n"});
    const ImageFacts facts = World({built}).observe().facts;
    ASSERT_EQ(text_of(facts), "owl=");
    EXPECT_EQ(facts.observations[0].evidence.at(0).detail, "general.architecture=owl");
    built->derived[0].text = "gguf=3\ngeneral.architecture=owlet\n";
    EXPECT_EQ(text_of(World({built}).observe().facts), "");
    built->derived[0].how = "safetensors";
    EXPECT_EQ(World({built}).observe().missing.size(), 1U) << "made in another way it says nothing";
}

TEST(Observe, SmallModelFileIsAPlaceholderWhereItIsAPointer) {
    World pointer({layer({file("m/a.owl", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")})});
    const ObserveResult result = pointer.observe();
    EXPECT_TRUE(result.missing.empty());
    EXPECT_EQ(text_of(result.facts), "");
    ASSERT_EQ(result.facts.placeholders.count("owl"), 1U);
    EXPECT_EQ(result.facts.placeholders.at("owl")[0].detail, "a Git LFS pointer of 63 bytes");
    EXPECT_TRUE(World({layer({file("m/a.owl", "a few words")})}).observe().facts.placeholders.empty());
}

TEST(Observe, FileBelowItsLeastSizeIsNoEvidence) {
    EXPECT_EQ(text_of(World({layer({file("opt/plume/bin/plume", std::string(2000, 'x'))})}).observe().facts), "plume=");
    EXPECT_EQ(text_of(World({layer({file("opt/plume/bin/plume", std::string(1999, 'x'))})}).observe().facts), "");
}

TEST(Observe, PackagesOfARuleCountFromTheLeastNumberOn) {
    const auto observe = [](const std::vector<Package>& packages) { return text_of(World({layer({database("var/lib/rpm/Packages.db", packages)})}).observe().facts); };
    EXPECT_EQ(observe({rpm("a-headers", "1-1"), rpm("b-headers", "1-1")}), "");
    EXPECT_EQ(observe({rpm("a-headers", "1-1"), rpm("a-headers", "2-1"), rpm("a-headers", "1-1", "i686")}), "") << "three times the same name is one";
    EXPECT_EQ(observe({rpm("a-headers", "1-1"), rpm("b-headers", "1-1"), rpm("c-headers", "1-1")}), "builders=");
    EXPECT_EQ(observe({rpm("a-headers", "1-1"), rpm("cc", "1-1")}), "builders=") << "another rule of the same component needs one alone";
}

TEST(Observe, DiffIdsAreThereForTheJudge) {
    World world({layer({file("a")}), layer({file("b")})});
    EXPECT_EQ(world.observe().facts.diff_ids, (std::vector<std::string>{world.config.diff_ids[0].str(), world.config.diff_ids[1].str()}));
}

TEST(Observe, CountsProgramsOfAnotherCpu) {
    auto built = bare();
    for (const auto& [path, architecture] : {std::pair{"bin/a", "arm64"}, {"bin/b", "arm64"}, {"bin/c", "arm64"}, {"bin/d", "amd64"}, {"dev/core", "machine-190"}, {"doc", ""}})
        add(*built, path, 100, architecture);
    const ImageFacts facts = World({built}).observe().facts;
    ASSERT_EQ(facts.foreign_code.size(), 1U);
    EXPECT_EQ(facts.foreign_code[0].architecture, "arm64");
    EXPECT_EQ(facts.foreign_code[0].count, 3U);
    EXPECT_EQ(facts.foreign_code[0].judged, 4U) << "a device's own code says nothing of the image";
    ASSERT_EQ(facts.foreign_code[0].evidence.size(), 2U);
    EXPECT_EQ(facts.foreign_code[0].evidence[0].detail, "ELF for arm64");
}

TEST(Observe, PackagesForThePlatformSettleWhatCpuTheImageIsFor) {
    auto sysroot = bare();
    for (const char* path : {"opt/sysroot/a.so", "opt/sysroot/b.so", "opt/sysroot/c.so"}) add(*sysroot, path, 100, "arm64");
    const auto own = layer({database("var/lib/rpm/Packages.db", {rpm("bash", "1-1", "x86_64"), rpm("glibc", "1-1", "x86_64"), rpm("cross", "1-1", "aarch64")})});
    const auto other = layer({database("var/lib/rpm/Packages.db", {rpm("bash", "1-1", "aarch64"), rpm("glibc", "1-1", "aarch64")})});
    EXPECT_TRUE(World({own, sysroot}).observe().facts.foreign_code.empty());
    EXPECT_EQ(World({other, sysroot}).observe().facts.foreign_code.size(), 1U);
}

TEST(Observe, ReplacedProgramDoesNotCount) {
    auto built = bare();
    add(*built, "bin/a", 100, "arm64");
    EXPECT_EQ(World({built}).observe().facts.foreign_code.size(), 1U);
    EXPECT_TRUE(World({built, layer({file("bin/a", "#!/bin/sh")})}).observe().facts.foreign_code.empty());
}

ImageFacts with_programs(std::size_t programs, std::size_t packages, const std::string& directory) {
    auto built = bare();
    for (std::size_t i = 0; i < programs; ++i) add(*built, directory + "/p" + std::to_string(i), 100, "amd64");
    std::vector<Package> list;
    for (std::size_t i = 0; i < packages; ++i) list.push_back(rpm("p" + std::to_string(i), "1-1"));
    return World({built, layer({database("var/lib/rpm/Packages.db", list)})}).observe().facts;
}

TEST(Observe, TooFewPackagesForTheProgramsAreNotTheWholeList) {
    const ImageFacts facts = with_programs(201, 5, "usr/bin");
    EXPECT_FALSE(facts.packages_complete);
    ASSERT_EQ(facts.problems.size(), 1U);
    EXPECT_EQ(facts.problems[0].path, "var/lib/rpm/Packages.db");
    EXPECT_EQ(facts.problems[0].message, "it lists 5 packages, and the image has 201 programs and libraries where packages put them; the list cannot be whole");
}

TEST(Observe, PlausibleListsOfPackagesAreWhole) {
    EXPECT_TRUE(with_programs(200, 5, "usr/bin").packages_complete);
    EXPECT_TRUE(with_programs(149, 1, "usr/bin").packages_complete) << "so few programs tell nothing";
    EXPECT_TRUE(with_programs(500, 5, "opt/app/bin").packages_complete) << "packages put nothing there";
}

std::string elsewhere(std::string_view application, const std::vector<LayerItem>& items) {
    const World world({layer(items)});
    std::string text;
    for (const Evidence& each : detect::observe(MergedImage(world.layers), world.config, world.platform, world.matcher, application).facts.application_elsewhere) text += each.path + " ";
    return text;
}

TEST(Observe, ApplicationElsewhereIsNamed) {
    EXPECT_EQ(elsewhere("redis", {file("usr/local/bin/redis-server"), file("opt/Redis-7/README"), file("srv/notredis/x"), file("opt/redi/s")}), "opt/Redis-7/README usr/local/bin/redis-server ");
    EXPECT_EQ(elsewhere("Redis", {file("redis.jar")}), "redis.jar ");
    EXPECT_EQ(elsewhere("", {file("opt/redis/x")}), "");
}

TEST(Observe, PlacesOfPackagesAreNotElsewhere) {
    EXPECT_EQ(elsewhere("redis", {database("var/lib/rpm/Packages.db", {rpm("redis", "7.4.1-1")}), file("usr/bin/redis-server"), file("usr/lib64/redis/x.so"), file("etc/redis/redis.conf"), file("usr/share/doc/redis/README"), file("var/lib/redis/dump"),
                                  file("opt/venv/lib/python3.9/site-packages/redis/client.py"), file("opt/conda/conda-meta/redis-7.json")}), "");
}

// A Python client does not explain a server of its name.
TEST(Observe, ProgramsBesideADistributionAreElsewhere) {
    const LayerItem client = database("usr/local/lib/python3.9/site-packages/redis-5.0.dist-info/METADATA", {python("redis", "5.0")});
    EXPECT_EQ(elsewhere("redis", {client, file("usr/bin/redis-server")}), "usr/bin/redis-server ");
    EXPECT_EQ(elsewhere("redis", {client, file("usr/local/bin/redis-server")}), "usr/local/bin/redis-server ");
}

TEST(Observe, ScriptsOfItsDistributionAreNotElsewhere) {
    const LayerItem metadata = database("usr/local/lib/python3.9/site-packages/red_is-7.dist-info/METADATA", {python("Red.Is", "7.0")});
    EXPECT_EQ(elsewhere("red_is", {metadata, file("usr/local/bin/red-is")}), "");
    EXPECT_EQ(elsewhere("red_is", {metadata, file("opt/bin/red_is")}), "opt/bin/red_is ") << "another prefix than the distribution's";
}

TEST(Observe, AFewPathsElsewhereAreEnough) {
    std::vector<LayerItem> items;
    for (int i = 0; i < 20; ++i) items.push_back(file("opt/redis/" + std::to_string(i)));
    const std::string paths = elsewhere("redis", items);
    EXPECT_EQ(std::count(paths.begin(), paths.end(), ' '), 6);
}

// ---- layers read in part: whether a file is code was not looked at ----

std::string asked_heads(const ObserveResult& observed) {
    std::string text;
    for (const auto& [layer, paths] : observed.missing)
        for (const auto& [path, known] : paths) text += (path == known ? path : path + " as " + known) + " ";
    return text;
}

TEST(Observe, HeadsOfCodeAreWantedWhereNoPackageTellsTheCpu) {
    auto built = bare();
    add(*built, "opt/a", 100, "arm64");
    add(*built, "opt/b.so", 100, kArchitectureUnread);
    const ObserveResult observed = World({built}).observe();
    EXPECT_EQ(asked_heads(observed), "opt/b.so ");
    EXPECT_TRUE(observed.facts.foreign_code.empty()) << "the one that was seen accuses nobody while the other was not";
    const auto own = layer({database("var/lib/rpm/Packages.db", {rpm("bash", "1-1", "x86_64")})});
    EXPECT_EQ(asked_heads(World({own, built}).observe()), "") << "the packages tell";
}

TEST(Observe, HeadsOfCodeAreWantedWhereTheyDecideOnTheListOfPackages) {
    const auto with_unread = [](std::size_t known, std::size_t unread) {
        auto built = bare();
        for (std::size_t i = 0; i < known; ++i) add(*built, "usr/bin/k" + std::to_string(i), 100, "amd64");
        for (std::size_t i = 0; i < unread; ++i) add(*built, "usr/bin/u" + std::to_string(i), 100, kArchitectureUnread);
        return World({built, layer({database("var/lib/rpm/Packages.db", {rpm("a", "1-1"), rpm("b", "1-1")})})}).observe();
    };
    const ObserveResult doubtful = with_unread(100, 60);
    EXPECT_EQ(doubtful.missing.at(0).size(), 60U);
    EXPECT_FALSE(doubtful.facts.packages_complete);
    EXPECT_TRUE(doubtful.facts.problems.empty()) << "it is not known yet";
    EXPECT_EQ(asked_heads(with_unread(100, 20)), "") << "few programs, whatever those are";
    EXPECT_EQ(asked_heads(with_unread(160, 20)), "") << "too many without them";
    EXPECT_EQ(with_unread(160, 20).facts.problems.size(), 1U);
}

TEST(Observe, HeadsOfCodeAreWantedWhereTheyDecideOnAnApplication) {
    auto built = bare();
    add(*built, "opt/bin/named", 100, kArchitectureUnread);
    add(*built, "usr/bin/other", 100, kArchitectureUnread);
    add(*built, "srv/bind/tool", 100, kArchitectureUnread);  // its name is enough
    const auto own = layer({database("var/lib/rpm/Packages.db", {rpm("bash", "1-1", "x86_64")})});
    World world({own, built});
    const ObserveResult observed = detect::observe(MergedImage(world.layers), world.config, world.platform, world.matcher, "bind");
    EXPECT_EQ(asked_heads(observed), "opt/bin/named ");
    EXPECT_EQ(observed.facts.application_elsewhere.size(), 2U) << "until it is looked at, it may be the application";
    EXPECT_EQ(asked_heads(world.observe()), "") << "no application is claimed";
}

// The content that is missing may make the heads unnecessary.
TEST(Observe, MissingContentComesBeforeHeads) {
    auto built = bare();
    add(*built, "opt/a.so", 100, kArchitectureUnread);
    const auto linked = layer({file("opt/db/Packages.db"), symlink("var/lib/rpm", "../../opt/db")}, false);
    EXPECT_EQ(asked_heads(World({built, linked}).observe()), "opt/db/Packages.db as var/lib/rpm/Packages.db ");
}

}  // namespace
}  // namespace veritag::detect
