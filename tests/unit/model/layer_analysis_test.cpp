#include "model/layer_analysis.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace veritag {
namespace {

LayerAnalysis sample() {
    LayerAnalysis analysis;
    analysis.blob_digest = sha256_of("blob");
    analysis.blob_size = 123;
    analysis.compression = "gzip";
    analysis.partial = true;
    analysis.toc_digest = sha256_of("table of contents");
    analysis.diff_id = sha256_of("tar");
    analysis.tar_size = 10240;
    analysis.diff_ids_with_end_blocks = {sha256_of("a"), sha256_of("b")};
    analysis.entries.add({.path = "etc", .type = EntryType::directory, .mode = 0755});
    analysis.entries.add({.path = "etc/os-release", .type = EntryType::symlink, .mode = 0777, .link_target = "../usr/lib/os-release"});
    analysis.entries.add({.path = "usr/lib/os-release", .type = EntryType::file, .size = 5'000'000'000, .mode = 0644, .architecture = "arm64"});
    analysis.whiteouts = {"var/cache/x"};
    analysis.opaque_directories = {"", "opt"};
    analysis.captures.push_back({.path = "usr/lib/os-release", .content = std::string("ID=x\0y", 6), .file_size = 7});
    analysis.derived.push_back({.path = "lib64/libc.so.6", .how = "strings x(.)", .text = std::string("x\0", 2)});
    Package package{.type = PackageType::rpm, .name = "bash", .version = "1:5.1-6", .arch = "aarch64", .path = "var/lib/rpm/rpmdb.sqlite"};
    analysis.databases.push_back(
        {.path = "var/lib/rpm/rpmdb.sqlite", .type = PackageType::rpm, .packages = {package}, .problems = {{.path = "p", .message = "m"}}, .source_directory = "/src"});
    analysis.problems = {{.path = "", .message = "an absolute name"}};
    return analysis;
}

TEST(LayerAnalysis, SurvivesTheRoundTrip) {
    const LayerAnalysis before = sample();
    const std::string bytes = serialise(before);
    const Result<LayerAnalysis> after = deserialise_layer_analysis(bytes, {});
    ASSERT_TRUE(after) << after.error().message();
    EXPECT_EQ(after->blob_digest, before.blob_digest);
    EXPECT_EQ(after->blob_size, 123U);
    EXPECT_EQ(after->compression, "gzip");
    EXPECT_TRUE(after->partial);
    EXPECT_EQ(after->toc_digest, before.toc_digest);
    EXPECT_EQ(after->diff_id, before.diff_id);
    EXPECT_EQ(after->diff_ids_with_end_blocks, before.diff_ids_with_end_blocks);
    ASSERT_EQ(after->entries.size(), 3U);
    EXPECT_EQ(after->entries[1].path, "etc/os-release");
    EXPECT_EQ(after->entries[1].type, EntryType::symlink);
    EXPECT_EQ(after->entries[1].link_target, "../usr/lib/os-release");
    EXPECT_EQ(after->entries[2].size, 5'000'000'000U);
    EXPECT_EQ(after->entries[2].mode, 0644U);
    EXPECT_EQ(after->whiteouts, before.whiteouts);
    EXPECT_EQ(after->opaque_directories, before.opaque_directories);
    ASSERT_EQ(after->captures.size(), 1U);
    EXPECT_EQ(after->captures[0].content, before.captures[0].content);
    EXPECT_FALSE(after->captures[0].complete());
    EXPECT_EQ(after->entries[0].architecture, "");
    EXPECT_EQ(after->entries[2].architecture, "arm64");
    ASSERT_EQ(after->derived.size(), 1U);
    EXPECT_EQ(after->derived[0].how, "strings x(.)");
    EXPECT_EQ(after->derived[0].text, before.derived[0].text);
    ASSERT_EQ(after->databases.size(), 1U);
    EXPECT_EQ(after->databases[0].packages, before.databases[0].packages);
    EXPECT_EQ(after->databases[0].problems, before.databases[0].problems);
    EXPECT_EQ(after->databases[0].source_directory, "/src");
    EXPECT_EQ(after->problems, before.problems);
    EXPECT_EQ(serialise(*after), bytes);
}

TEST(LayerAnalysis, OfAnEmptyLayer) {
    const Result<LayerAnalysis> after = deserialise_layer_analysis(serialise({}), {});
    ASSERT_TRUE(after) << after.error().message();
    EXPECT_TRUE(after->diff_id.empty());
    EXPECT_EQ(after->entries.size(), 0U);
}

TEST(LayerAnalysis, EveryPrefixFailsCleanly) {
    const std::string bytes = serialise(sample());
    for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_FALSE(deserialise_layer_analysis(std::string_view(bytes).substr(0, length), {})) << length;
}

TEST(LayerAnalysis, RefusesAForeignStartAndATail) {
    EXPECT_NE(deserialise_layer_analysis("VLA0", {}).error().message().find("no VLA3 at the start"), std::string::npos);
    EXPECT_NE(deserialise_layer_analysis(serialise(sample()) + "x", {}).error().message().find("bytes follow the end"), std::string::npos);
}

TEST(LayerAnalysis, RefusesPathsOverTheLimit) {
    Limits limits;
    limits.path_bytes = 10;
    EXPECT_NE(deserialise_layer_analysis(serialise(sample()), limits).error().message().find("a path entry is out of range"), std::string::npos);
}

TEST(LayerAnalysis, RefusesAnArchitectureThatIsNone) {
    LayerAnalysis analysis;
    analysis.entries.add({.path = "a", .architecture = std::string(32, 'x')});
    EXPECT_TRUE(deserialise_layer_analysis(serialise(analysis), {}));
    analysis.entries.add({.path = "b", .architecture = std::string(33, 'x')});
    EXPECT_NE(deserialise_layer_analysis(serialise(analysis), {}).error().message().find("a path entry is out of range"), std::string::npos);
}

// What is read must come out as it was; the index cannot keep so many, and no analysis of ours has them.
TEST(LayerAnalysis, RefusesMoreArchitecturesThanThereAre) {
    LayerAnalysis analysis;
    for (int i = 0; i < 300; ++i) analysis.entries.add({.path = "p", .architecture = "cpu" + std::to_string(100 + i)});
    std::string bytes = serialise(analysis);
    EXPECT_TRUE(deserialise_layer_analysis(bytes, {})) << "those that found no place are none";
    const std::size_t none = bytes.find(std::string("\x01\0\0\0\0\0\0\0p", 9), bytes.find("cpu354"));
    ASSERT_NE(none, std::string::npos);
    // The next entry: path, type, size, mode, target's length, then the length of its architecture.
    const std::size_t length_at = none + 9 + 8 + 8 + 8 + 8;
    ASSERT_EQ(bytes[length_at], '\0');
    bytes[length_at] = 6;
    bytes.insert(length_at + 8, "cpu999");
    const Result<LayerAnalysis> after = deserialise_layer_analysis(bytes, {});
    ASSERT_FALSE(after);
    EXPECT_NE(after.error().message().find("more architectures than there are"), std::string::npos) << after.error().message();
}

TEST(LayerAnalysis, MemoryCountsWhatWasMadeOfFiles) {
    LayerAnalysis analysis;
    const std::uint64_t before = kept_bytes(analysis);
    analysis.derived.push_back({.path = "lib/libc.so.6", .how = "strings x(.)", .text = std::string(5000, 't')});
    EXPECT_GE(kept_bytes(analysis), before + 5000 + 13 + 12);
}

// Any byte changed to 0xFF: counts and lengths become huge, digests break, types leave their range. It must end in an error or in
// a value, and never in a crash or in memory beyond the input's own size.
TEST(LayerAnalysis, SurvivesEveryByteFlipped) {
    const std::string bytes = serialise(sample());
    std::size_t refused = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string hostile = bytes;
        hostile[at] = '\xff';
        if (!deserialise_layer_analysis(hostile, {})) ++refused;
    }
    EXPECT_GT(refused, bytes.size() / 4);
}

TEST(LayerAnalysis, SurvivesRandomBytes) {
    std::mt19937 random(20260822);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes = serialise({}).substr(0, 4);
        const std::size_t size = random() % 600;
        // Small numbers are common in the form, so make them common here.
        for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random() % 3 == 0 ? random() & 0xFF : 0);
        const Result<LayerAnalysis> analysis = deserialise_layer_analysis(bytes, {});
        if (analysis) {
            EXPECT_EQ(serialise(*analysis).size(), bytes.size());
        }
    }
}

TEST(PathIndex, KeepsEntriesApart) {
    PathIndex index;
    index.add({.path = "", .type = EntryType::directory});
    index.add({.path = std::string(65535, 'x'), .link_target = "t"});
    index.add({.path = "z"});
    ASSERT_EQ(index.size(), 3U);
    EXPECT_EQ(index[0].path, "");
    EXPECT_EQ(index[1].path.size(), 65535U);
    EXPECT_EQ(index[1].link_target, "t");
    EXPECT_EQ(index[2].path, "z");
}

TEST(PathIndex, KnowsTheArchitectureOfEach) {
    PathIndex index;
    index.add({.path = "a"});
    index.add({.path = "b", .architecture = "arm64"});
    index.add({.path = "c"});
    index.set_architecture(2, "amd64");
    index.add({.path = "d", .architecture = "arm64"});
    EXPECT_EQ(index[0].architecture, "");
    EXPECT_EQ(index[1].architecture, "arm64");
    EXPECT_EQ(index[2].architecture, "amd64");
    EXPECT_EQ(index[3].architecture, "arm64");
    index.set_architecture(2, "");
    EXPECT_EQ(index[2].architecture, "");
}

TEST(PathIndex, ForgetsMoreArchitecturesThanThereAre) {
    PathIndex index;
    for (int i = 0; i < 400; ++i) index.add({.path = "p", .architecture = "machine-" + std::to_string(i)});
    for (std::size_t i = 0; i < 400; ++i) EXPECT_EQ(index[i].architecture, i < 255 ? "machine-" + std::to_string(i) : "") << i;
}

}  // namespace
}  // namespace veritag
