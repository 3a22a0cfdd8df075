// Layers with a table of contents: read in part they tell what a full read tells, and a full read tells where the table lies.
#include "detect/layer_analyzer.h"

#include "chunked_layers.h"
#include "test_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::detect {
namespace {

using stream::TocFormat;
using test::ChunkedLayer;

const rules::RuleSet& rules() {
    static const rules::RuleSet rules = test::test_rules();
    return rules;
}

std::string elf(std::uint8_t machine) {
    std::string head("\x7f" "ELF\2\1\1", 7);
    head.resize(18, '\0');
    head += static_cast<char>(machine);
    return head + std::string(200, '\0');
}
constexpr std::uint8_t kAmd64 = 62;

Result<LayerAnalysis> in_part(ChunkedLayer& layer, const ExtraPaths& extra = {}) {
    test::MemoryRanges ranges(layer.finish());
    VERITAG_TRY(AnalyzedLayer read, analyze_partial_layer(ranges, layer.finish().size(), layer.reference(), rules().wanted(), extra, {}));
    return std::move(read.analysis);
}

Result<LayerAnalysis> whole(ChunkedLayer& layer, bool with_table = true) {
    test::MemoryStream stream(layer.finish());
    const stream::TocReference toc = layer.reference();
    VERITAG_TRY(AnalyzedLayer read, analyze_layer(stream, layer.compression(), rules().wanted(), {}, {}, {}, with_table ? &toc : nullptr));
    return std::move(read.analysis);
}

std::string paths_of(const LayerAnalysis& analysis) {
    std::string text;
    for (std::size_t i = 0; i < analysis.entries.size(); ++i)
        if (analysis.entries[i].path != stream::kEstargzTocName)
            text += std::string(analysis.entries[i].path) + "=" + std::string(analysis.entries[i].architecture) + " " + std::to_string(analysis.entries[i].size) + "\n";
    return text;
}
std::string kept_of(const LayerAnalysis& analysis) {
    std::string text;
    for (const Capture& each : analysis.captures) text += each.path + ": " + each.content + "\n";
    for (const PackageDatabase& each : analysis.databases) text += each.path + ": " + std::to_string(each.packages.size()) + " packages\n";
    for (const std::string& each : analysis.whiteouts) text += "without " + each + "\n";
    return text;
}
std::string problem_of(const Result<LayerAnalysis>& analysis) {
    if (!analysis) return "error " + analysis.error().message();
    return analysis->problems.empty() ? "" : analysis->problems.front().message;
}

void fill(ChunkedLayer& layer) {
    layer.simple("dir", "etc/");
    layer.file("etc/os-release", "ID=puffin\nVERSION=5.1\n", 10);
    layer.file("usr/lib/python3.9/site-packages/flame-2.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: flame\nVersion: 2.1\n");
    layer.simple("symlink", "lib", "usr/lib");
    layer.file("usr/bin/tool", elf(kAmd64), ~std::size_t{0}, 0755);
    layer.file("opt/.wh.gone", "");
    layer.padding();
}

class TableOfContents : public testing::TestWithParam<TocFormat> {};
INSTANTIATE_TEST_SUITE_P(Formats, TableOfContents, testing::Values(TocFormat::zstd_chunked, TocFormat::estargz),
                         [](const auto& format) { return format.param == TocFormat::estargz ? "Estargz" : "ZstdChunked"; });

TEST_P(TableOfContents, ReadInPartTellsTheSame) {
    ChunkedLayer layer(GetParam());
    fill(layer);
    const auto part = in_part(layer);
    const auto all = whole(layer);
    ASSERT_TRUE(part) << part.error().message();
    ASSERT_TRUE(all) << all.error().message();
    EXPECT_EQ(kept_of(*part), kept_of(*all));
    EXPECT_NE(kept_of(*part).find("etc/os-release: ID=puffin\nVERSION=5.1\n"), std::string::npos);
    EXPECT_NE(kept_of(*part).find("METADATA: 1 packages"), std::string::npos);
    EXPECT_EQ(problem_of(all), "");
    EXPECT_EQ(problem_of(part), "");
    EXPECT_TRUE(part->partial);
    EXPECT_FALSE(all->partial);
    EXPECT_EQ(part->toc_digest, layer.reference().digest);
    EXPECT_EQ(all->toc_digest, layer.reference().digest);
    EXPECT_TRUE(part->blob_digest.empty() && part->diff_id.empty()) << "nobody has seen the whole blob";
    EXPECT_EQ(part->compression, layer.compression());
}

// A head costs a chunk: only those are read that something hangs on.
TEST_P(TableOfContents, CodeIsNotLookedAtUnlessAskedFor) {
    ChunkedLayer layer(GetParam());
    fill(layer);
    const auto all = whole(layer);
    const auto part = in_part(layer);
    const auto asked = in_part(layer, {{"usr/bin/tool", "usr/bin/tool"}});
    ASSERT_TRUE(all && part && asked);
    EXPECT_NE(paths_of(*all).find("usr/bin/tool=amd64"), std::string::npos) << paths_of(*all);
    EXPECT_NE(paths_of(*part).find("usr/bin/tool=unread"), std::string::npos) << paths_of(*part);
    EXPECT_EQ(paths_of(*asked), paths_of(*all));
}

TEST_P(TableOfContents, WithoutItAFullReadComparesNothing) {
    ChunkedLayer layer(GetParam());
    fill(layer);
    layer.entry(R"({"type":"dir","name":"invented"})");
    const auto all = whole(layer, false);
    EXPECT_EQ(problem_of(all), "");
    EXPECT_TRUE(all && all->toc_digest.empty());
}

TEST_P(TableOfContents, ALieIsToldByAFullRead) {
    const std::string name = std::string(to_string(GetParam()));
    const auto told = [&](auto change) {
        ChunkedLayer layer(GetParam());
        fill(layer);
        change(layer);
        return problem_of(whole(layer));
    };
    const std::string start = "the table of contents (" + name + ") does not tell what the tar holds, so engines that use it see other files: ";
    EXPECT_EQ(told([](ChunkedLayer& l) { l.entry(R"({"type":"dir","name":"invented"})"); }), start + "0 of the tar's entries are missing in it or differ, 1 of its entries are not in the tar");
    EXPECT_EQ(told([](ChunkedLayer& l) { l.outline_end = R"(],"more":1})"; }), "") << "what readers do not look at is no lie";
    const auto replaced = [&](const std::string& from, const std::string& to) { return told([&](ChunkedLayer& l) { l.replace_in_table(from, to); }); };
    EXPECT_EQ(replaced("etc/os-release", "etc/os-reload"), start + "1 of the tar's entries are missing in it or differ (etc/os-release), 1 of its entries are not in the tar");
    EXPECT_EQ(replaced(R"("linkName":"usr/lib")", R"("linkName":"opt/lib")"), start + "1 of the tar's entries are missing in it or differ (lib), 1 of its entries are not in the tar");
    EXPECT_EQ(replaced(R"("type":"symlink")", R"("type":"hardlink")"), start + "1 of the tar's entries are missing in it or differ (lib), 1 of its entries are not in the tar");
    EXPECT_EQ(replaced("opt/.wh.gone", "opt/.wh.other"), start + "1 of the tar's entries are missing in it or differ (whiteout), 1 of its entries are not in the tar");
    EXPECT_EQ(replaced("\"digest\":\"" + sha256_of("ID=puffin\nVERSION=5.1\n").str(), "\"digest\":\"" + sha256_of("ID=puffin\nVERSION=6.0\n").str()),
              start + "1 of the tar's entries are missing in it or differ (etc/os-release), 1 of its entries are not in the tar");
}

TEST_P(TableOfContents, ATableThatCannotBeReadIsTold) {
    ChunkedLayer layer(GetParam());
    fill(layer);
    layer.outline_start = R"({"version":7,"entries":[)";
    EXPECT_NE(problem_of(whole(layer)).find("cannot be read, so engines that use it may see other files: read table of contents: version: is not 1"), std::string::npos)
        << problem_of(whole(layer));
}

TEST_P(TableOfContents, AnotherTableThanTheManifestNamesIsTold) {
    ChunkedLayer layer(GetParam());
    fill(layer);
    const std::string& blob = layer.finish();
    stream::TocReference toc = layer.reference();
    toc.digest = sha256_of("another");
    test::MemoryStream stream(blob);
    auto read = analyze_layer(stream, layer.compression(), rules().wanted(), {}, {}, {}, &toc);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(problem_of(std::move(read->analysis)),
              "the table of contents (" + std::string(to_string(GetParam())) + ") that the manifest names, " + toc.digest.str() + ", is not in the layer");
    test::MemoryRanges ranges(blob);
    EXPECT_EQ(analyze_partial_layer(ranges, blob.size(), toc, rules().wanted(), {}, {}).error().code, ErrorCode::digest_mismatch);
}

TEST_P(TableOfContents, ItsOrderIsNoLie) {
    ChunkedLayer layer(GetParam());
    layer.simple("dir", "a");
    layer.simple("dir", "b");
    layer.padding();
    layer.replace_in_table(R"("name":"a")", R"("name":"x")");
    layer.replace_in_table(R"("name":"b")", R"("name":"a")");
    layer.replace_in_table(R"("name":"x")", R"("name":"b")");
    EXPECT_EQ(problem_of(whole(layer)), "");
}

}  // namespace
}  // namespace veritag::detect
