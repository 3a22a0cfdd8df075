// Stored analyses are used again as long as their recipe is the same. So whoever changes what a parser makes of the same bytes must
// raise its version, and these tests notice who did not: the answers to fixed inputs are pinned beside the version they belong to.
#include "model_files.h"
#include "tar_writer.h"
#include "test_rules.h"

#include "base/byte_reader.h"
#include "base/digest.h"
#include "detect/detector.h"
#include "detect/layer_analyzer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace veritag::detect {
namespace {

using namespace veritag::test;

std::string sample(const std::string& name) {
    std::ifstream in(VERITAG_SOURCE_DIR "/tests/fuzz/corpus/fuzz_" + name, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    EXPECT_FALSE(bytes.empty()) << name;
    return bytes;
}

// Short, so that the table below stays readable; by accident two answers share it once in 2^64.
std::string short_digest(const std::string& text) { return std::string(sha256_of(text).hex().substr(0, 16)); }

std::string described(const PackageDatabase& database) {
    std::string text = "database " + database.path + ' ' + std::to_string(static_cast<int>(database.type)) + ' ' + database.source_directory + '\n';
    for (const Package& package : database.packages) text += "  " + package.name + '|' + package.version + '|' + package.arch + '|' + package.path + '\n';
    for (const Problem& problem : database.problems) text += "  ! " + problem.path + ' ' + problem.message + '\n';
    return text;
}

// All that folding and judging may see, whatever serial form it has.
std::string described(const LayerAnalysis& layer) {
    std::string text = layer.compression + ' ' + layer.diff_id.str() + ' ' + std::to_string(layer.tar_size) + '\n';
    for (const Digest& digest : layer.diff_ids_with_end_blocks) text += "or " + digest.str() + '\n';
    for (std::size_t i = 0; i < layer.entries.size(); ++i) {
        const PathEntry entry = layer.entries[i];
        text += std::to_string(static_cast<int>(entry.type)) + ' ' + std::string(entry.path) + ' ' + std::to_string(entry.size) + ' ' + std::to_string(entry.mode) + " -> " +
                std::string(entry.link_target) + ' ' + std::string(entry.architecture) + '\n';
    }
    for (const std::string& path : layer.whiteouts) text += "gone " + path + '\n';
    for (const std::string& path : layer.opaque_directories) text += "opaque " + path + '\n';
    for (const Capture& capture : layer.captures) text += "kept " + capture.path + ' ' + std::to_string(capture.file_size) + ' ' + capture.content + '\n';
    for (const Derived& derived : layer.derived) text += "made " + derived.path + ' ' + derived.how + ' ' + derived.text + '\n';
    for (const PackageDatabase& database : layer.databases) text += described(database);
    for (const Problem& problem : layer.problems) text += "! " + problem.path + ' ' + problem.message + '\n';
    return text;
}

struct Pinned {
    const char* detector;
    int version;
    const char* answers;
    std::vector<std::pair<const char*, const char*>> inputs;  // path in the layer, sample
};

const std::vector<Pinned>& pinned() {
    static const std::vector<Pinned> all{
        {"rpm-ndb", 1, "996b706d86753070", {{"var/lib/rpm/Packages.db", "rpm_ndb/two_packages"}, {"var/lib/rpm/Packages.db", "rpm_ndb/empty"}, {"var/lib/rpm/Packages.db", "dpkg/status"}}},
        {"rpm-sqlite", 1, "ce2c9d00ce6df57d", {{"var/lib/rpm/rpmdb.sqlite", "rpm_sqlite/two_packages"}, {"var/lib/rpm/rpmdb.sqlite", "dpkg/status"}}},
        {"rpm-bdb", 1, "aff006b5b450bfc2", {{"var/lib/rpm/Packages", "rpm_bdb/little_endian"}, {"var/lib/rpm/Packages", "rpm_bdb/big_endian"}, {"var/lib/rpm/Packages", "dpkg/status"}}},
        {"apk", 1, "fbeb60475a8a009f", {{"lib/apk/db/installed", "apk/installed"}, {"lib/apk/db/installed", "apk/cut"}}},
        {"dpkg", 1, "5ebc90081a96fb2e", {{"var/lib/dpkg/status", "dpkg/status"}, {"var/lib/dpkg/status.d/one", "dpkg/status_d"}, {"var/lib/dpkg/status", "conda/deep"}}},
        {"python-metadata", 2, "b0fa2d727e4a9307",
         {{"a/b.dist-info/METADATA", "python_metadata/usual"}, {"a/b.dist-info/METADATA", "python_metadata/folded"}, {"a/b.egg-link", "python_source/egg_link"},
          {"a/b.dist-info/direct_url.json", "python_source/editable"}, {"a/b.dist-info/direct_url.json", "python_source/git"}}},
        {"conda", 2, "90165d005143427b", {{"opt/conda-meta/a.json", "conda/record"}, {"opt/conda-meta/b.json", "conda/deep"}, {"opt/conda-meta/state", "conda/state"}}}};
    return all;
}

std::string answers_of(const Detector& detector, const Pinned& pin) {
    std::string all;
    for (const auto& [path, name] : pin.inputs) {
        const std::string bytes = sample(name);
        all += described(detector.read(ByteReader(std::string_view(bytes), path), std::nullopt, Limits{}));
    }
    return short_digest(all);
}

TEST(AnalysisRecipe, ADetectorWhoseAnswerChangedHasAnotherVersion) {
    std::set<std::string_view> seen;
    for (const Pinned& pin : pinned()) {
        seen.insert(pin.detector);
        for (const Detector* detector : all_detectors()) {
            if (detector->name() != pin.detector) continue;
            EXPECT_EQ(detector->version(), pin.version) << pin.detector << " has a new version: pin it here, with its answers " << answers_of(*detector, pin);
            EXPECT_EQ(answers_of(*detector, pin), pin.answers)
                << pin.detector << " reads the same bytes differently: raise its version() in all_detectors.cpp, so that stored layers are read again, and pin both here";
        }
    }
    for (const Detector* detector : all_detectors()) EXPECT_TRUE(seen.contains(detector->name())) << detector->name() << ": pin a new detector's answers here";
}

class TextSource final : public ByteSource {
public:
    explicit TextSource(std::string text) : text_(std::move(text)) {}
    Result<std::span<const std::byte>> next() override { return as_byte_span(std::exchange(done_, true) ? std::string_view() : std::string_view(text_)); }

private:
    std::string text_;
    bool done_ = false;
};

// One of everything that is read by something else than a detector.
std::string everything() {
    return tar_entry({.name = "usr/", .type = '5', .mode = 0755}) + tar_file("etc/os-release", "ID=puffin\nVERSION=5.1\n") + tar_file("opt/redkit/2.0/version.txt", "version=2.0\n") +
           tar_entry({.name = "usr/bin/python3", .type = '2', .link = "python3.11"}) + tar_entry({.name = "usr/bin/hard", .type = '1', .link = "etc/os-release"}) +
           tar_file("etc/.wh.removed", "") + tar_file("opt/.wh..wh..opq", "") + tar_entry({.name = "usr/lib/libone.so.1", .content = sample("elf/library"), .mode = 0755}) +
           tar_entry({.name = "usr/bin/program", .content = sample("elf/head"), .mode = 0755}) + tar_file("models/m.owl", sample("model_file/gguf")) +
           tar_file("models/m.nest", sample("model_file/safetensors")) +
           tar_entry({.name = "lib/libplume.so", .content = sample("elf/library") + "plume 1.2\n", .mode = 0755}) + tar_file("opt/redkit/2.0/version.txt", "version=2.1\n") +
           pax_header({{"path", "very/long/name"}}) + tar_file("short", "x") + gnu_long('L', "gnu/long/name") + tar_file("short", "y") + tar_end();
}

TEST(AnalysisRecipe, AnAnalysisThatChangedHasAnotherVersion) {
    constexpr int kVersion = 1;
    constexpr const char* kAnswer = "59a5c0e8f6d146b0";
    static const rules::RuleSet rules = test_rules();
    TextSource source(everything());
    const Result<AnalyzedLayer> read = analyze_layer(source, "none", rules.wanted(), {}, Limits{});
    ASSERT_TRUE(read) << read.error().message();
    const LayerAnalysis* analysis = &read->analysis;
    EXPECT_GE(analysis->captures.size(), 2U);
    EXPECT_GE(analysis->derived.size(), 1U);
    EXPECT_EQ(kAnalysisVersion, kVersion) << "a new version: pin it here, with the answer " << short_digest(described(*analysis));
    EXPECT_EQ(short_digest(described(*analysis)), kAnswer)
        << "the same layer is read differently: raise kAnalysisVersion in layer_analyzer.h, so that stored layers are read again, and pin both here";
}

TEST(AnalysisRecipe, ASerialFormThatChangedHasAnotherName) {
    constexpr const char* kForm = "VLA3";
    constexpr const char* kBytes = "2f08a36e6f758560";
    LayerAnalysis layer;
    layer.compression = "gzip";
    layer.blob_digest = layer.diff_id = sha256_of("x");
    layer.diff_ids_with_end_blocks = {sha256_of("y")};
    layer.entries.add({.path = "usr/bin/a", .type = EntryType::hardlink, .size = 1, .mode = 0755, .link_target = "b", .architecture = "arm64"});
    layer.whiteouts = {"c"};
    layer.opaque_directories = {"d"};
    layer.captures = {{"e", "f", 2}};
    layer.derived = {{"g", "h", "i"}};
    Package package;
    package.name = "j";
    package.version = "1";
    package.arch = "k";
    package.path = "l";
    layer.databases = {{.path = "l", .type = PackageType::apk, .packages = {package}, .problems = {{"m", "n"}}, .source_directory = "o"}};
    layer.problems = {{"p", "q"}};
    EXPECT_EQ(serial_form(), kForm) << "a new form: pin it here, with the bytes " << short_digest(serialise(layer));
    EXPECT_EQ(short_digest(serialise(layer)), kBytes) << "the same analysis has other bytes: change the magic in lib/model/layer_analysis.cpp, so that none in the older form is read, and pin both here";
}

TEST(AnalysisRecipe, HangsOnEverythingThatChangesAnAnalysis) {
    const rules::RuleSet rules = test_rules();
    const std::string usual = analysis_recipe(rules.wanted(), {}, Limits{});
    EXPECT_EQ(analysis_recipe(test_rules().wanted(), {}, Limits{}), usual);
    Limits limits;
    ++limits.packages;
    EXPECT_NE(analysis_recipe(rules.wanted(), {}, limits), usual);
    EXPECT_NE(analysis_recipe(rules::WantedFiles({{"etc/other", 0, 0}}, {}), {}, Limits{}), usual);
    Limits patient;
    ++patient.worker_cpu_seconds;
    EXPECT_EQ(analysis_recipe(rules.wanted(), {}, patient), usual) << "what ends a reading changes no answer";
    const ExtraPaths one{{"opt/db", "var/lib/rpm/Packages.db"}};
    EXPECT_NE(analysis_recipe(rules.wanted(), one, Limits{}), usual);
    EXPECT_NE(analysis_recipe(rules.wanted(), {{"opt/db", "var/lib/rpm/Packages"}}, Limits{}), analysis_recipe(rules.wanted(), one, Limits{}));
    EXPECT_NE(analysis_recipe(rules.wanted(), {{"a", "b 1 c"}}, Limits{}), analysis_recipe(rules.wanted(), {{"a b", "1 c"}}, Limits{}));
}

}  // namespace
}  // namespace veritag::detect
