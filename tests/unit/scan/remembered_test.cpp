// What the scanner takes from a store, and what it puts there.
#include "scan/build_steps.h"
#include "scan/remembered_image.h"
#include "scan/scanner.h"

#include "chunked_layers.h"
#include "fake_image.h"
#include "plain_reader.h"
#include "tar_writer.h"
#include "test_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace veritag::scan {
namespace {

using test::FakeImage;
using test::tar_end;
using test::tar_entry;
using test::tar_file;

class MemoryStore final : public store::Store {
public:
    std::optional<LayerAnalysis> find_layer(const store::LayerKey& key) override {
        const std::lock_guard lock(mutex_);
        const auto found = layers.find(key.blob.str() + key.compression + key.recipe);
        return found == layers.end() ? std::nullopt : std::optional(found->second);
    }
    std::optional<store::EarlierLayer> find_earlier_layer(const store::LayerKey& key) override {
        const std::lock_guard lock(mutex_);
        const auto found = earlier.find(key.blob.str() + key.compression + key.parsers);
        if (key.parsers.empty() || found == earlier.end()) return std::nullopt;
        return store::EarlierLayer{layers.at(found->second.first), wanted.at(found->second.second)};
    }
    void keep_wanted(const std::string& digest, std::string_view text) override { wanted[digest] = text; }
    void keep_layer(const store::LayerKey& key, const LayerAnalysis& analysis) override {
        const std::lock_guard lock(mutex_);
        earlier.insert_or_assign(key.blob.str() + key.compression + key.parsers, std::pair(key.blob.str() + key.compression + key.recipe, key.wanted));
        layers.insert_or_assign(key.blob.str() + key.compression + key.recipe, analysis);
    }
    std::optional<store::Document> find_document(const Digest& digest) override {
        const auto found = documents.find(digest.str());
        return found == documents.end() ? std::nullopt : std::optional(found->second);
    }
    void keep_document(const Digest& digest, const store::Document& document) override { documents.insert_or_assign(digest.str(), document); }

    std::optional<ReadImage> find_image(const store::ImageKey& key) override {
        const std::lock_guard lock(mutex_);
        const auto found = images.find(key.manifest.str() + key.recipe);
        return found == images.end() ? std::nullopt : std::optional(found->second);
    }
    void keep_image(const store::ImageKey& key, const ReadImage& image, std::span<const Digest>) override {
        const std::lock_guard lock(mutex_);
        images.insert_or_assign(key.manifest.str() + key.recipe, image);
    }

    std::map<std::string, std::pair<std::string, std::string>> earlier;
    std::map<std::string, std::string> wanted;
    std::map<std::string, LayerAnalysis> layers;
    std::map<std::string, store::Document> documents;
    std::map<std::string, ReadImage> images;

private:
    std::mutex mutex_;
};

// What a run with a store costs the source.
struct Outcome {
    ImageReport image;
    int layers_opened = 0;
    std::uint64_t analyzed = 0;
    std::uint64_t reused = 0;
};

struct Remembering {
    rules::RuleSet rules = test::test_rules();
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
    test::Silent progress;
    ScanOptions options;

    Outcome run(FakeImage& image) {
        test::PlainReader reader(rules.wanted(), options.limits);
        options.store = store;
        Scanner scanner(rules, options, reader, progress);
        const int before = image.opened;
        ScanResult result = scanner.scan(image, {});
        EXPECT_EQ(result.images.size(), 1U);
        return {std::move(result.images.front()), image.opened - before, scanner.layers_analyzed(), scanner.layers_reused()};
    }
};

struct HonestImage : FakeImage {
    HonestImage() : FakeImage("redkit2.0-pf5.1") {
        add_layer(tar_file("etc/os-release", "ID=puffin\nVERSION=5.1\n") + tar_end());
        add_layer(tar_file("opt/redkit/2.0/version.txt", "version=2.0\n") + tar_end());
    }
};

TEST(Remembering, ASecondScannerReadsNoLayer) {
    Remembering remembering;
    HonestImage image;
    const Outcome first = remembering.run(image);
    EXPECT_EQ(first.layers_opened, 2);
    EXPECT_EQ(first.analyzed, 2U);
    const Outcome second = remembering.run(image);
    EXPECT_EQ(second.layers_opened, 0);
    EXPECT_EQ(second.analyzed, 0U);
    EXPECT_EQ(second.reused, 2U);
    EXPECT_EQ(second.image.verdict, first.image.verdict);
    EXPECT_EQ(second.image.observed.size(), first.image.observed.size());
}

TEST(Remembering, WhatWasSeenInAnImageServesWithoutItsLayers) {
    Remembering remembering;
    HonestImage image;
    const Outcome first = remembering.run(image);
    remembering.store->layers.clear();
    const Outcome second = remembering.run(image);
    EXPECT_EQ(second.layers_opened, 0);
    EXPECT_EQ(second.reused, 2U);
    EXPECT_EQ(second.image.verdict, first.image.verdict);
    EXPECT_EQ(second.image.observed.size(), first.image.observed.size());
}

TEST(BuildSteps, AreThoseOfTheLayersThatProveAFinding) {
    Remembering remembering;
    HonestImage image;
    image.layers.clear();
    image.add_layer(tar_file("etc/os-release", "ID=puffin\nVERSION=4.1\n") + tar_end());  // the tag says 5.1
    image.add_layer(tar_file("opt/redkit/2.0/version.txt", "version=2.0\n") + tar_end());
    image.history = R"({"created_by":"ADD rootfs.tar /"},{"created_by":"ENV A=b","empty_layer":true},{"created_by":"COPY redkit /opt"})";
    ImageReport first = remembering.run(image).image;
    ASSERT_EQ(first.verdict, Verdict::fail);
    EXPECT_EQ(first.build_steps, (std::map<int, std::string>{{0, "ADD rootfs.tar /"}}));

    Report kept;  // as a report that is read from the store
    kept.images.push_back(first);
    kept.images[0].build_steps.clear();
    remembering.store->keep_document(sha256_of(image.manifest()), {"application/vnd.oci.image.manifest.v1+json", image.manifest()});
    add_build_steps(*remembering.store, Limits{}, kept);
    EXPECT_TRUE(kept.images[0].build_steps.empty()) << "its config is not there";
    remembering.store->keep_document(sha256_of(image.config()), {"", image.config()});
    add_build_steps(*remembering.store, Limits{}, kept);
    EXPECT_EQ(kept.images[0].build_steps, first.build_steps);
}

TEST(BuildSteps, AreNotGuessedWhereTheHistoryDoesNotFit) {
    Remembering remembering;
    HonestImage image;
    image.layers.clear();
    image.add_layer(tar_file("etc/os-release", "ID=puffin\nVERSION=4.1\n") + tar_end());
    for (const char* history : {"", R"({"created_by":"ADD rootfs.tar /"},{"created_by":"COPY redkit /opt"})", R"({"created_by":""})"}) {
        image.history = history;
        EXPECT_TRUE(remembering.run(image).image.build_steps.empty()) << history;
    }
}

TEST(Remembering, PackagesAreFoundAgainWithoutASource) {
    Remembering remembering;
    HonestImage image;
    image.add_layer(tar_file("lib/apk/db/installed", "P:musl\nV:1.2.4-r2\nA:x86_64\n\n") + tar_end());
    const Outcome first = remembering.run(image);
    ASSERT_EQ(first.image.package_list.size(), 1U);
    test::PlainReader reader(remembering.rules.wanted(), remembering.options.limits);
    const Scanner scanner(remembering.rules, remembering.options, reader, remembering.progress);
    const store::ReferenceKey reference{first.image.registry, first.image.repository, first.image.tag};
    const Digest digest = *Digest::parse(first.image.digest);
    const auto found = scanner.find_packages(reference, digest, first.image.platform);
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, first.image.package_list);
    EXPECT_EQ(found->front().name, "musl");
    EXPECT_EQ(found->front().layer, 2);
    EXPECT_FALSE(scanner.find_packages(reference, sha256_of("another"), first.image.platform));
    EXPECT_FALSE(scanner.find_packages(reference, digest, "linux/none"));
    ScanOptions forgetful = remembering.options;
    forgetful.store = nullptr;
    EXPECT_FALSE(Scanner(remembering.rules, forgetful, reader, remembering.progress).find_packages(reference, digest, first.image.platform));
}

TEST(Remembering, NothingIsKeptOfAnImageThatCouldNotBeRead) {
    Remembering remembering;
    HonestImage image;
    image.layers[1].blob = "no tar";
    EXPECT_EQ(remembering.run(image).image.verdict, Verdict::error);
    EXPECT_TRUE(remembering.store->images.empty());
}

rules::RuleSet rules_with(const std::string& evidence) {
    std::vector<rules::PackText> packs;
    for (const char* pack : test::kTestPacks) packs.push_back({"pack" + std::to_string(packs.size()), pack, "test"});
    packs.push_back({"more", "component: more\nkind: tool\nevidence:\n  - {" + evidence + "}\nexamples: []\n", "test"});
    Result<rules::RuleSet> rules = rules::load_rules(packs);
    EXPECT_TRUE(rules) << rules.error().message();
    return rules ? std::move(*rules) : rules::RuleSet();
}

// Only the layers that hold a newly wanted path are fetched, and those once.
TEST(Remembering, NewRulesReadOnlyTheLayersThatHoldWhatTheyWant) {
    Remembering remembering;
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(tar_file("etc/os-release", "ID=puffin\nVERSION=5.1\n") + tar_file("etc/more", "3.1") + tar_end());
    image.add_layer(tar_file("opt/redkit/2.0/version.txt", "version=2.0\n") + tar_end());
    (void)remembering.run(image);
    remembering.rules = rules_with("file: etc/nowhere, read: '(.*)'");
    EXPECT_EQ(remembering.run(image).layers_opened, 0);
    remembering.rules = rules_with("file: etc/more, read: '(.*)'");
    const Outcome more = remembering.run(image);
    EXPECT_EQ(more.layers_opened, 1);
    EXPECT_TRUE(std::any_of(more.image.observed.begin(), more.image.observed.end(), [](const Observation& each) { return each.component == "more" && each.version == "3.1"; }));
    EXPECT_EQ(remembering.run(image).layers_opened, 0);
    remembering.rules = test::test_rules();  // what is wanted no more was kept
    const Outcome less = remembering.run(image);
    EXPECT_EQ(less.layers_opened, 0);
    EXPECT_EQ(less.image.verdict, Verdict::pass);
}

// The database lies where no rule looks; a second pass reads the layer with the path that a link leads to.
TEST(Remembering, WhatALinkLedToIsRememberedToo) {
    Remembering remembering;
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(tar_file("etc/os-release", "ID=puffin\nVERSION=5.1\n") + tar_file("srv/real/2.0/version.txt", "version=2.0\n") +
                    tar_entry({.name = "opt/redkit", .type = '2', .link = "../srv/real"}) + tar_end());
    const Outcome first = remembering.run(image);
    ASSERT_EQ(first.layers_opened, 2) << "once to see the link, once for what it leads to";
    const Outcome second = remembering.run(image);
    EXPECT_EQ(second.layers_opened, 0);
    EXPECT_EQ(second.image.verdict, first.image.verdict);
    EXPECT_EQ(second.image.observed.size(), first.image.observed.size());
}

TEST(Remembering, ALayerThatIsNotItsDigestIsNotKept) {
    Remembering remembering;
    HonestImage image;
    image.layers[0].digest = sha256_of("another").str();
    EXPECT_EQ(remembering.run(image).image.verdict, Verdict::error);
    for (const auto& [key, layer] : remembering.store->layers) EXPECT_EQ(key.find(image.layers[0].digest), std::string::npos);
}

TEST(Remembering, AForgedDiffIdIsToldEveryTime) {
    Remembering remembering;
    HonestImage image;
    image.layers[0].diff_id = sha256_of("forged").str();
    for (int scan = 0; scan < 2; ++scan) {
        const Outcome run = remembering.run(image);
        EXPECT_EQ(run.layers_opened, scan == 0 ? 2 : 0);
        EXPECT_TRUE(std::any_of(run.image.findings.begin(), run.image.findings.end(), [](const Finding& finding) { return finding.code == "parent-forged"; }));
    }
}

TEST(Remembering, AWrongMediaTypeIsToldThoughTheLayerIsKnown) {
    Remembering remembering;
    HonestImage image;
    (void)remembering.run(image);
    image.layers[0].media_type = "application/vnd.oci.image.layer.v1.tar+zstd";
    EXPECT_EQ(remembering.run(image).image.verdict, Verdict::error);
}

// Nobody has proven the digests of a layer that was read in part.
TEST(Remembering, WhatWasReadInPartIsNotKeptAndAWholeReadingServesForIt) {
    Remembering remembering;
    test::ChunkedLayer layer(stream::TocFormat::zstd_chunked);
    layer.file("etc/os-release", "ID=puffin\nVERSION=5.1\n");
    layer.file("opt/redkit/2.0/version.txt", "version=2.0\n");
    layer.padding(2 << 20);
    const std::string& blob = layer.finish();
    FakeImage image("redkit2.0-pf5.1");
    image.layers.push_back({.blob = blob, .media_type = "application/vnd.oci.image.layer.v1.tar+zstd", .digest = sha256_of(blob).str(), .diff_id = sha256_of("?").str(), .claimed_too_much = 0, .annotations = layer.annotations});
    remembering.options.partial = true;
    const Outcome in_part = remembering.run(image);
    EXPECT_EQ(in_part.image.partial_layers, std::vector<int>{0});
    EXPECT_TRUE(remembering.store->layers.empty());

    remembering.options.partial = false;
    EXPECT_EQ(remembering.run(image).layers_opened, 1);
    remembering.options.partial = true;
    const int ranges = image.ranges;
    const Outcome served = remembering.run(image);
    EXPECT_EQ(served.layers_opened, 0);
    EXPECT_EQ(image.ranges, ranges);
    EXPECT_TRUE(served.image.partial_layers.empty());

    image.layers[0].annotations.clear();  // the tar was not read beside that table, so this is another reading
    EXPECT_EQ(remembering.run(image).layers_opened, 1);
}

// ---- documents ----

class CountingImage final : public source::ImageSource {
public:
    [[nodiscard]] const source::ImageName& name() const noexcept override { return image_.name(); }
    Result<std::optional<Digest>> resolve_top(std::stop_token) override { return resolves ? std::optional(sha256_of(top())) : std::nullopt; }
    Result<source::RawManifest> fetch_top(std::stop_token) override {
        ++fetched;
        return source::RawManifest{top(), content_type, sha256_of(top())};
    }
    Result<source::RawManifest> fetch_manifest(const oci::Descriptor& child, std::stop_token stop) override {
        ++fetched;
        return image_.fetch_manifest(child, std::move(stop));
    }
    Result<std::string> fetch_config(const oci::Descriptor& config, std::stop_token stop) override {
        ++fetched;
        return image_.fetch_config(config, std::move(stop));
    }
    Result<std::unique_ptr<ByteSource>> open_layer(const oci::Descriptor& layer, std::stop_token stop) override { return image_.open_layer(layer, std::move(stop)); }
    Result<std::string> read_layer_range(const oci::Descriptor& layer, std::uint64_t offset, std::uint64_t length, std::stop_token stop) override {
        return image_.read_layer_range(layer, offset, length, std::move(stop));
    }
    [[nodiscard]] std::string top() const { return image_.index.empty() ? image_.manifest() : image_.index; }

    bool resolves = true;
    std::string content_type = std::string(oci::media_type::kOciManifest);
    int fetched = 0;

private:
    HonestImage image_;
};

struct Documents {
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
    CountingImage* inner = nullptr;
    std::unique_ptr<source::ImageSource> image;
    Documents() {
        auto counting = std::make_unique<CountingImage>();
        inner = counting.get();
        image = remember_documents(std::move(counting), store, {});
    }
    [[nodiscard]] oci::Descriptor config() const {
        const auto parsed = oci::parse_manifest(inner->top(), "", {});
        return std::get<oci::Manifest>(*parsed).config;
    }
};

TEST(RememberedImage, FetchesManifestAndConfigOnce) {
    Documents documents;
    for (int i = 0; i < 3; ++i) {
        const auto top = documents.image->fetch_top({});
        ASSERT_TRUE(top);
        EXPECT_EQ(top->body, documents.inner->top());
        EXPECT_EQ(top->content_type, documents.inner->content_type);
        EXPECT_EQ(top->digest, sha256_of(top->body));
        ASSERT_TRUE(documents.image->fetch_config(documents.config(), {}));
    }
    EXPECT_EQ(documents.inner->fetched, 2);
}

TEST(RememberedImage, AsksEachTimeWhereNobodyTellsTheDigest) {
    Documents documents;
    documents.inner->resolves = false;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(documents.image->fetch_top({}));
    EXPECT_EQ(documents.inner->fetched, 3);
}

TEST(RememberedImage, KeepsNothingThatCannotBeRead) {
    Documents documents;
    documents.inner->content_type = std::string(oci::media_type::kOciIndex);  // not what the body is
    EXPECT_TRUE(documents.image->fetch_top({}));
    EXPECT_TRUE(documents.store->documents.empty());
}

TEST(RememberedImage, AWrongSizeIsTheSourcesToTell) {
    Documents documents;
    oci::Descriptor config = documents.config();
    ASSERT_TRUE(documents.image->fetch_config(config, {}));
    ++config.size;
    (void)documents.image->fetch_config(config, {});
    EXPECT_EQ(documents.inner->fetched, 2);
}

}  // namespace
}  // namespace veritag::scan
