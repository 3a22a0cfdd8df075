#include "scan/scanner.h"

#include "chunked_layers.h"
#include "fake_image.h"
#include "plain_reader.h"
#include "tar_writer.h"
#include "test_rules.h"

#include "base/times.h"

#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <map>
#include <stdexcept>

namespace veritag::scan {
namespace {

using test::FakeImage;
using test::gzip;
using test::Silent;
using test::tar_end;
using test::tar_entry;
using test::tar_file;

struct Bench {
    rules::RuleSet rules = test::test_rules();
    Silent progress;
    ScanOptions options;
    ScanResult run(FakeImage& image, std::stop_token stop = {}) {
        test::PlainReader reader(rules.wanted(), options.limits);
        Scanner scanner(rules, options, reader, progress);
        return scanner.scan(image, stop);
    }
    ImageReport one(FakeImage& image) {
        ScanResult result = run(image);
        EXPECT_EQ(result.images.size(), 1U);
        return result.images.empty() ? ImageReport{} : std::move(result.images.front());
    }
};

const std::string kOsRelease = "ID=puffin\nVERSION=5.1\n";
const std::string kRedkit = "version=2.0\n";

std::string honest_tar() { return tar_file("etc/os-release", kOsRelease) + tar_file("opt/redkit/2.0/version.txt", kRedkit) + tar_end(); }

std::string codes(const ImageReport& image) {
    std::string text;
    for (const Finding& finding : image.findings) text += (text.empty() ? "" : " ") + finding.code;
    return text;
}

TEST(Scanner, HonestImagePasses) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    const ImageReport report = Bench().one(image);
    EXPECT_EQ(report.verdict, Verdict::pass) << codes(report);
    EXPECT_EQ(report.platform, "linux/amd64");
    EXPECT_EQ(report.claims.size(), 2U);
    EXPECT_EQ(report.observed.size(), 2U);
}

TEST(Scanner, LieIsNamedWithTheRightTag) {
    FakeImage image("redkit2.1-pf5.1");
    image.add_layer(honest_tar());
    const ImageReport report = Bench().one(image);
    EXPECT_EQ(report.verdict, Verdict::fail);
    ASSERT_EQ(codes(report), "sdk-mismatch");
    EXPECT_EQ(report.findings[0].suggestion, "redkit2.0-pf5.1");
}

TEST(Scanner, AlteredLayerIsAnErrorThatNamesTheLayer) {
    FakeImage image("pf5.1");
    image.add_layer(honest_tar());
    image.layers[0].digest = sha256_of("other").str();
    const ImageReport report = Bench().one(image);
    EXPECT_EQ(report.verdict, Verdict::error);
    ASSERT_TRUE(report.error);
    EXPECT_EQ(report.error->code, ErrorCode::digest_mismatch);
    EXPECT_NE(report.error->message().find("layer 0 " + image.layers[0].digest), std::string::npos) << report.error->message();
}

TEST(Scanner, ForgedDiffIdIsAFinding) {
    FakeImage image("pf5.1");
    image.add_layer(honest_tar());
    image.layers[0].diff_id = sha256_of("other").str();
    const ImageReport report = Bench().one(image);
    EXPECT_EQ(report.verdict, Verdict::fail);
    ASSERT_EQ(codes(report), "parent-forged");
    EXPECT_EQ(report.findings[0].claimed, sha256_of("other").str());
}

TEST(Scanner, DroppedEndBlocksAreHonest) {
    const std::string body = tar_file("etc/os-release", kOsRelease);
    for (const std::string& whole : {body + tar_end(2), body + tar_end(20 - body.size() / 512)}) {
        FakeImage image("pf5.1");
        image.add_layer(body, false);
        image.layers[0].diff_id = sha256_of(whole).str();
        const ImageReport report = Bench().one(image);
        EXPECT_EQ(report.verdict, Verdict::pass) << codes(report);
        EXPECT_EQ(report.restored_layers, std::vector<int>{0}) << "and it is said";
    }
    FakeImage whole("pf5.1");
    whole.add_layer(body + tar_end(2), false);
    EXPECT_TRUE(Bench().one(whole).restored_layers.empty());
}

// The digests of the manifest hold in the first half: a registry that serves its own bytes. The worst outcome would be a pass.
TEST(Scanner, NoPrefixOfALayerPasses) {
    Bench bench;
    const std::string blob = gzip(honest_tar());
    for (std::size_t length = 0; length < blob.size(); ++length) {
        for (const bool digest_fits : {false, true}) {
            FakeImage image("redkit2.0-pf5.1");
            image.add_layer(honest_tar());
            image.layers[0].blob = blob.substr(0, length);
            if (digest_fits) image.layers[0].digest = sha256_of(image.layers[0].blob).str();
            const ImageReport report = bench.one(image);
            ASSERT_EQ(report.verdict, Verdict::error) << length << " bytes, digest fits: " << digest_fits << ", " << codes(report);
            ASSERT_FALSE(report.error->message().empty());
        }
    }
}

TEST(Scanner, NoPrefixOfAPlainTarPasses) {
    Bench bench;
    const std::string tar = honest_tar();
    for (std::size_t length = 0; length < tar.size(); length += 64) {
        FakeImage image("redkit2.0-pf5.1");
        image.add_layer(tar, false);
        image.layers[0].blob = tar.substr(0, length);
        image.layers[0].digest = sha256_of(image.layers[0].blob).str();
        const ImageReport report = bench.one(image);
        // Without its last zeros the tar still proves its diff_id once they are restored: DroppedEndBlocksAreHonest.
        if (tar.find_first_not_of('\0', length) == std::string::npos) continue;
        ASSERT_TRUE(report.verdict == Verdict::error || report.verdict == Verdict::fail) << length << " " << codes(report);
    }
}

TEST(Scanner, NoFlippedBitPasses) {
    Bench bench;
    const std::string blob = gzip(honest_tar());
    for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
        FakeImage image("redkit2.0-pf5.1");
        image.add_layer(honest_tar());
        image.layers[0].blob[bit / 8] = static_cast<char>(image.layers[0].blob[bit / 8] ^ (1 << (bit % 8)));
        const ImageReport report = bench.one(image);
        ASSERT_EQ(report.verdict, Verdict::error) << "bit " << bit << " " << codes(report);
    }
}

struct HostileCase {
    const char* name;
    std::string tar;
    Verdict verdict;
    const char* says;  // part of the error, or of a finding
};

class HostileLayer : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileLayer, EndsInAClearWord) {
    Bench bench;
    bench.options.limits.inflate_ratio_floor = 1 << 20;
    bench.options.limits.inflate_ratio = 100;
    FakeImage image("pf5.1");
    image.add_layer(GetParam().tar);
    const ImageReport report = bench.one(image);
    EXPECT_EQ(report.verdict, GetParam().verdict) << codes(report);
    std::string said = report.error ? report.error->message() : "";
    for (const Finding& finding : report.findings) {
        said += finding.message;
        for (const Evidence& evidence : finding.evidence) said += " " + evidence.detail;
    }
    EXPECT_NE(said.find(GetParam().says), std::string::npos) << said;
}

const std::string kOs = tar_file("etc/os-release", kOsRelease);
const std::string kRedkitPath = "opt/redkit/2.0/version.txt";

INSTANTIATE_TEST_SUITE_P(
    Cases, HostileLayer,
    testing::Values(
        HostileCase{"LeadsOut", kOs + tar_file("../../etc/passwd", "x") + tar_end(), Verdict::error, ".."},
        HostileCase{"AbsoluteName", kOs + tar_file("/etc/other", "x") + tar_end(), Verdict::unknown, "absolute"},
        HostileCase{"Bomb", kOs + tar_file("zeros", std::string(4 << 20, '\0')) + tar_end(), Verdict::error, "limits.inflate_ratio"},
        HostileCase{"HugeSparseEvidence",
                    kOs + test::pax_header({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.name", kRedkitPath}, {"GNU.sparse.realsize", "4294967296"}}) +
                        tar_entry({.name = "GNUSparseFile.0/x", .content = test::tar_padded("1\n0\n1\n") + "x"}) + tar_end(),
                    Verdict::error, "limits.captured_file_bytes"},
        HostileCase{"HardLinkToNothing", kOs + tar_entry({.name = "a", .content = "", .type = '1', .link = "gone"}) + tar_end(), Verdict::unknown, "hard link"},
        HostileCase{"NotATar", std::string(2048, 'x'), Verdict::error, "tar"},
        HostileCase{"BytesAfterTheEnd", kOs + tar_end() + std::string(512, 'x'), Verdict::error, "tar"},
        HostileCase{"OutOfRangeSize", kOs + tar_entry({.name = "a", .content = "x", .size = 077777777777}), Verdict::error, "end"},
        HostileCase{"UnreadableDatabase", kOs + tar_file("var/lib/rpm/Packages.db", "no database") + tar_end(), Verdict::unknown, "could not be read"},
        HostileCase{"NoBerkeleyDatabase", kOs + tar_file("var/lib/rpm/Packages", "berkeley") + tar_end(), Verdict::unknown, "Berkeley DB"}),
    [](const testing::TestParamInfo<HostileCase>& each) { return each.param.name; });

TEST(Scanner, HardLinkUnderAnotherNameIsReadOnASecondPass) {
    FakeImage image("pf5.1");
    image.add_layer(tar_file("data/blob", kOsRelease) + tar_entry({.name = "etc/os-release", .content = "", .type = '1', .link = "data/blob"}) + tar_end());
    const ImageReport report = Bench().one(image);
    EXPECT_EQ(report.verdict, Verdict::pass) << codes(report);
    EXPECT_EQ(image.opened, 2);
    ASSERT_EQ(report.observed.size(), 1U);
    EXPECT_EQ(report.observed[0].version, "5.1");
}

TEST(Scanner, LinkAcrossLayersIsReadOnASecondPass) {
    FakeImage image("pf5.1");
    image.add_layer(tar_file("srv/release", kOsRelease) + tar_end());
    image.add_layer(tar_entry({.name = "etc/os-release", .content = "", .type = '2', .link = "../srv/release"}) + tar_end());
    const ImageReport report = Bench().one(image);
    EXPECT_EQ(report.verdict, Verdict::pass) << codes(report);
    EXPECT_EQ(report.observed.at(0).evidence.at(0).path, "srv/release");
    EXPECT_EQ(report.observed.at(0).evidence.at(0).layer, 0);
}

TEST(Scanner, WrongMediaTypeIsAnError) {
    FakeImage image("pf5.1");
    image.add_layer(honest_tar());
    image.layers[0].media_type = "application/vnd.oci.image.layer.v1.tar+zstd";
    const ImageReport report = Bench().one(image);
    ASSERT_EQ(report.verdict, Verdict::error);
    EXPECT_NE(report.error->message().find("zstd"), std::string::npos) << report.error->message();
}

TEST(Scanner, SharedLayersAreReadOnce) {
    Bench bench;
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    test::PlainReader reader(bench.rules.wanted(), bench.options.limits);
    Scanner scanner(bench.rules, bench.options, reader, bench.progress);
    (void)scanner.scan(image, {});
    (void)scanner.scan(image, {});
    EXPECT_EQ(image.opened, 1);
    EXPECT_EQ(scanner.layers_analyzed(), 1U);
    EXPECT_EQ(scanner.layers_reused(), 1U);
}

// ---- side by side ----

// What a person sees: at the end nothing is left to do, and nothing was done twice.
class Counting final : public Progress {
public:
    void image_started(std::string_view, std::string_view, std::size_t count, std::uint64_t bytes) override {
        layers_to_do += count;
        bytes_to_read += static_cast<std::int64_t>(bytes);
    }
    void bytes_read(std::uint64_t count) override { bytes_to_read -= static_cast<std::int64_t>(count); }
    void bytes_expected(std::int64_t change) override { bytes_to_read += change; }
    void layer_done() override { --layers_to_do; }
    void image_done(const ImageReport& image) override { on_image(image); }
    std::atomic<std::int64_t> bytes_to_read = 0;
    std::atomic<std::size_t> layers_to_do = 0;
    std::function<void(const ImageReport&)> on_image = [](const ImageReport&) {};
};

struct SideBySide : testing::Test {
    rules::RuleSet rules = test::test_rules();
    Counting progress;
    std::array<ScanResult, 2> results;
    void scan(Scanner& scanner, FakeImage& one, FakeImage& other) {
        const std::array<FakeImage*, 2> images{&one, &other};
        scanner.side_by_side(2, [&](std::size_t i) { results[i] = scanner.scan(*images[i], {}); });
        for (const ScanResult& result : results) ASSERT_EQ(result.images.size(), 1U);
    }
    Verdict verdict(std::size_t i) const { return results.at(i).images.at(0).verdict; }
};

TEST_F(SideBySide, SeveralImagesAreReadAtOnce) {
    FakeImage one("redkit2.0-pf5.1"), other("redkit2.1-pf5.1");
    one.add_layer(honest_tar());
    other.add_layer(honest_tar(), false);
    std::latch both_read(2);
    one.on_layer = other.on_layer = [&](const std::string&) { both_read.arrive_and_wait(); };
    test::PlainReader reader(rules.wanted(), {});
    Scanner scanner(rules, {.jobs = 2}, reader, progress);
    scan(scanner, one, other);
    EXPECT_EQ(verdict(0), Verdict::pass);
    EXPECT_EQ(verdict(1), Verdict::fail);
}

TEST_F(SideBySide, ALayerThatTwoImagesShareIsReadOnce) {
    FakeImage one("redkit2.0-pf5.1"), other("redkit2.1-pf5.1");
    one.add_layer(honest_tar());
    other.add_layer(honest_tar());
    std::latch both_known(2);
    one.on_top = other.on_top = [&] { both_known.arrive_and_wait(); };
    test::PlainReader reader(rules.wanted(), {});
    Scanner scanner(rules, {.jobs = 2}, reader, progress);
    scan(scanner, one, other);
    EXPECT_EQ(one.opened + other.opened, 1);
    EXPECT_EQ(scanner.layers_analyzed(), 1U);
    EXPECT_EQ(scanner.layers_reused(), 1U);
    EXPECT_EQ(verdict(0), Verdict::pass);
    EXPECT_EQ(verdict(1), Verdict::fail);
    EXPECT_EQ(progress.bytes_to_read, 0);
    EXPECT_EQ(progress.layers_to_do, 0U);
}

TEST_F(SideBySide, ABrokenImageDoesNotEndAnotherWithWhichItSharesALayer) {
    FakeImage broken("redkit2.0-pf5.1"), good("redkit2.0-pf5.1");
    broken.add_layer(honest_tar());
    good.add_layer(honest_tar());
    broken.add_layer("no tar");
    const std::string shared = good.layers[0].digest;
    std::latch broken_one_opened(1);
    broken.on_layer = good.on_layer = [&](const std::string& digest) {
        if (digest == shared)
            broken_one_opened.wait();
        else
            broken_one_opened.count_down();
    };
    test::PlainReader reader(rules.wanted(), {});
    Scanner scanner(rules, {.jobs = 2}, reader, progress);
    scan(scanner, broken, good);
    EXPECT_EQ(verdict(0), Verdict::error);
    EXPECT_EQ(verdict(1), Verdict::pass) << codes(results[1].images[0]);
    EXPECT_EQ(progress.bytes_to_read, 0);
    EXPECT_EQ(progress.layers_to_do, 0U);
}

TEST_F(SideBySide, WhatIsThrownCostsItsReferenceOnly) {
    FakeImage broken("pf5.1"), good("redkit2.0-pf5.1");
    broken.on_top = [] { throw std::runtime_error("no memory"); };
    good.add_layer(honest_tar());
    test::PlainReader reader(rules.wanted(), {});
    Scanner scanner(rules, {.jobs = 1}, reader, progress);
    scan(scanner, broken, good);
    ASSERT_EQ(verdict(0), Verdict::error);
    EXPECT_NE(results[0].images[0].error->message().find("no memory"), std::string::npos);
    EXPECT_EQ(verdict(1), Verdict::pass);
}

// A layer is known by its digest. That must not let a manifest pass that could not be read by itself.
TEST_F(SideBySide, AKnownLayerOfAnotherSizeIsAnError) {
    FakeImage honest("redkit2.0-pf5.1"), wrong("redkit2.0-pf5.1");
    honest.add_layer(honest_tar());
    wrong.add_layer(honest_tar());
    wrong.layers[0].claimed_too_much = 1;
    test::PlainReader reader(rules.wanted(), {});
    Scanner scanner(rules, {.jobs = 1}, reader, progress);
    EXPECT_EQ(scanner.scan(honest, {}).images.at(0).verdict, Verdict::pass);
    const ImageReport report = scanner.scan(wrong, {}).images.at(0);
    ASSERT_EQ(report.verdict, Verdict::error);
    EXPECT_NE(report.error->message().find("but the descriptor says"), std::string::npos) << report.error->message();
}

TEST_F(SideBySide, StopEndsWhatIsBeingRead) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    image.add_layer(tar_file("other", "x") + tar_end());
    std::stop_source stop;
    image.on_layer = [&](const std::string&) { stop.request_stop(); };
    test::PlainReader reader(rules.wanted(), {});
    Scanner scanner(rules, {.jobs = 1}, reader, progress);
    const ImageReport report = scanner.scan(image, stop.get_token()).images.at(0);
    ASSERT_EQ(report.verdict, Verdict::error);
    EXPECT_EQ(report.error->code, ErrorCode::cancelled);
    EXPECT_EQ(image.opened, 1);
    EXPECT_EQ(progress.bytes_to_read, 0);
    EXPECT_EQ(progress.layers_to_do, 0U);
}

TEST_F(SideBySide, ASecondPassIsCounted) {
    FakeImage image("pf5.1");
    image.add_layer(tar_file("data/blob", kOsRelease) + tar_entry({.name = "etc/os-release", .content = "", .type = '1', .link = "data/blob"}) + tar_end());
    test::PlainReader reader(rules.wanted(), {});
    Scanner scanner(rules, {.jobs = 2}, reader, progress);
    EXPECT_EQ(scanner.scan(image, {}).images.at(0).verdict, Verdict::pass);
    EXPECT_EQ(image.opened, 2);
    EXPECT_EQ(progress.bytes_to_read, 0);
    EXPECT_EQ(progress.layers_to_do, 0U);
}

std::string index_of(const std::string& entries) {
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + entries + "]}";
}
std::string child(const std::string& body, const std::string& architecture, const std::string& more = "") {
    return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + sha256_of(body).str() + R"(","size":)" + std::to_string(body.size()) +
           R"(,"platform":{"os":"linux","architecture":")" + architecture + R"("})" + more + "}";
}

TEST(Scanner, IndexIsWalkedAndAttestationsAreSkipped) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    const std::string attestation = R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + sha256_of("a").str() +
                                    R"(","size":1,"platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"sha256:0"}})";
    image.index = index_of(child(image.manifest(), "amd64") + "," + attestation);
    Bench bench;
    const ScanResult result = bench.run(image);
    ASSERT_EQ(result.images.size(), 1U);
    EXPECT_EQ(result.images[0].verdict, Verdict::pass);
    EXPECT_EQ(result.images[0].index_digest, sha256_of(image.index).str());
    ASSERT_EQ(result.skipped.size(), 1U);
    EXPECT_NE(result.skipped[0].reason.find("attestation"), std::string::npos);
}

// The first platform's layer waits until the second one is judged; the report lists them as the index does.
TEST_F(SideBySide, PlatformsAreJudgedAtOnceAndListedInOrder) {
    FakeImage image("redkit2.0-pf5.1"), arm("redkit2.0-pf5.1");
    arm.architecture = "arm64";
    image.add_layer(honest_tar());
    arm.add_layer(honest_tar(), false);
    image.index = index_of(child(image.manifest(), "amd64") + "," + child(arm.manifest(), "arm64"));
    image.children[sha256_of(arm.manifest()).str()] = arm.manifest();
    image.children[sha256_of(image.manifest()).str()] = image.manifest();
    image.configs = {{sha256_of(arm.config()).str(), arm.config()}, {sha256_of(image.config()).str(), image.config()}};
    const std::string first = image.layers[0].digest;
    image.layers.push_back(arm.layers[0]);
    std::latch arm_judged(1);
    image.on_layer = [&](const std::string& digest) {
        if (digest == first) arm_judged.wait();
    };
    progress.on_image = [&](const ImageReport& report) {
        if (report.platform == "linux/arm64") arm_judged.count_down();
    };
    test::PlainReader reader(rules.wanted(), {});
    Scanner scanner(rules, {.jobs = 2}, reader, progress);
    const ScanResult result = scanner.scan(image, {});
    ASSERT_EQ(result.images.size(), 2U);
    EXPECT_EQ(result.images[0].platform, "linux/amd64");
    EXPECT_EQ(result.images[1].platform, "linux/arm64");
    for (const ImageReport& report : result.images) EXPECT_EQ(report.verdict, Verdict::pass) << codes(report);
}

TEST(Scanner, TooManyPlatformsAreSaidOnce) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    const std::string inner = index_of(child(image.manifest(), "amd64") + "," + child(image.manifest(), "amd64"));
    image.children[sha256_of(inner).str()] = inner;
    const std::string nested = R"({"mediaType":"application/vnd.oci.image.index.v1+json","digest":")" + sha256_of(inner).str() + R"(","size":)" + std::to_string(inner.size()) + "}";
    image.index = index_of(nested + "," + nested + "," + nested);
    Bench bench;
    bench.options.limits.index_platforms = 6;
    const ScanResult result = bench.run(image);
    ASSERT_EQ(result.images.size(), 4U) << "three indexes and three images are six";
    EXPECT_EQ(std::count_if(result.images.begin(), result.images.end(), [](const ImageReport& each) { return each.verdict == Verdict::error; }), 1);
    for (const ImageReport& each : result.images) EXPECT_TRUE(!each.error || each.error->message().find("limits.index_platforms") != std::string::npos);
}

TEST(Scanner, IndexForAnotherCpuThanTheConfigIsAMismatch) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    image.index = index_of(child(image.manifest(), "arm64"));
    const ImageReport report = Bench().one(image);
    EXPECT_EQ(report.verdict, Verdict::fail);
    EXPECT_EQ(codes(report), "arch-mismatch");
}

TEST(Scanner, OneBrokenPlatformDoesNotHideTheOther) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    image.index = index_of(child("gone", "arm64") + "," + child(image.manifest(), "amd64"));
    Bench bench;
    const ScanResult result = bench.run(image);
    ASSERT_EQ(result.images.size(), 2U);
    EXPECT_EQ(result.images[0].verdict, Verdict::error);
    EXPECT_EQ(result.images[0].platform, "linux/arm64");
    EXPECT_EQ(result.images[1].verdict, Verdict::warn);
    EXPECT_EQ(codes(result.images[1]), "platform-missing");
    EXPECT_EQ(bench.progress.done, 2U);
}

TEST(Scanner, PlatformIsChosen) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    image.index = index_of(child("gone", "arm64") + "," + child(image.manifest(), "amd64"));
    Bench bench;
    bench.options.wanted.platforms = {oci::Platform{.os = "linux", .architecture = "amd64", .variant = ""}};
    const ScanResult result = bench.run(image);
    ASSERT_EQ(result.images.size(), 1U);
    EXPECT_EQ(result.images[0].verdict, Verdict::pass);

    bench.options.wanted.platforms.push_back({.os = "linux", .architecture = "s390x", .variant = ""});
    const ScanResult two = bench.run(image);
    ASSERT_EQ(two.images.size(), 1U);
    ASSERT_EQ(two.skipped.size(), 1U) << "what is missing beside it is said";
    EXPECT_EQ(two.skipped[0].reason, "no image for linux/s390x under this name");

    bench.options.wanted.platforms = {oci::Platform{.os = "linux", .architecture = "riscv64", .variant = ""}};
    const ScanResult none = bench.run(image);
    ASSERT_EQ(none.images.size(), 1U) << "an image that was not judged is never silent";
    EXPECT_EQ(none.images[0].verdict, Verdict::error);
    EXPECT_NE(none.images[0].error->message().find("no image for linux/riscv64"), std::string::npos) << none.images[0].error->message();
}

TEST(Scanner, AttestationsDoNotHideThatAPlatformIsMissing) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    image.index = index_of(child(image.manifest(), "amd64") + R"(,{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + sha256_of("x").str() +
                           R"(","size":1,"platform":{"os":"unknown","architecture":"unknown"}})");
    Bench bench;
    bench.options.wanted.platforms = {oci::Platform{.os = "linux", .architecture = "riscv64", .variant = ""}};
    EXPECT_EQ(bench.one(image).verdict, Verdict::error);
}

TEST(Scanner, OldImagesAreSkippedAndSaidToBe) {
    FakeImage image("redkit2.1-pf5.1");
    image.add_layer(honest_tar());
    image.created = "2023-11-14T22:13:20Z";
    Bench bench;
    bench.options.wanted.created_since = *parse_rfc3339("2023-11-15T00:00:00Z");
    const ScanResult old = bench.run(image);
    EXPECT_TRUE(old.images.empty());
    ASSERT_EQ(old.skipped.size(), 1U);
    EXPECT_EQ(old.skipped[0].reason, "linux/amd64 was made on 2023-11-14, before what was asked for");

    image.created = "";
    EXPECT_EQ(bench.run(image).images.size(), 1U) << "one that does not say is not old";
    image.created = "2023-11-15T08:00:00+08:00";
    EXPECT_EQ(bench.run(image).images.size(), 1U);
}

TEST(Scanner, ConfigsAloneProveNothing) {
    FakeImage image("redkit2.1-pf5.1");
    image.add_layer(honest_tar());
    Bench bench;
    bench.options.wanted.configs_only = true;
    const ImageReport report = bench.one(image);
    EXPECT_EQ(report.verdict, Verdict::unknown);
    EXPECT_EQ(codes(report), "unproven");
    EXPECT_TRUE(report.configs_only);
    EXPECT_EQ(report.diff_ids.size(), 1U);
    EXPECT_EQ(image.opened, 0);
}

TEST(Scanner, NestedIndexesEndAtTheLimit) {
    FakeImage image("redkit2.0-pf5.1");
    image.add_layer(honest_tar());
    std::string body = index_of(child(image.manifest(), "amd64"));
    const auto nest = [&] {
        image.children[sha256_of(body).str()] = body;
        body = index_of(R"({"mediaType":"application/vnd.oci.image.index.v1+json","digest":")" + sha256_of(body).str() + R"(","size":)" + std::to_string(body.size()) + "}");
    };
    nest();
    nest();
    image.index = body;
    EXPECT_EQ(Bench().one(image).verdict, Verdict::pass) << "three levels are allowed";
    nest();
    image.index = body;
    const ImageReport report = Bench().one(image);
    ASSERT_EQ(report.verdict, Verdict::error);
    EXPECT_NE(report.error->message().find("limits.index_depth"), std::string::npos) << report.error->message();
}

TEST(Scanner, EmptyIndexIsNotSilent) {
    FakeImage image("pf5.1");
    image.index = index_of("");
    Bench bench;
    const ScanResult result = bench.run(image);
    ASSERT_EQ(result.images.size(), 1U);
    EXPECT_EQ(result.images[0].verdict, Verdict::error);
}

TEST(Scanner, InterruptionEndsTheImage) {
    FakeImage image("pf5.1");
    image.add_layer(honest_tar());
    std::stop_source stop;
    stop.request_stop();
    Bench bench;
    const ScanResult result = bench.run(image, stop.get_token());
    ASSERT_EQ(result.images.size(), 1U);
    EXPECT_EQ(result.images[0].verdict, Verdict::error);
    EXPECT_EQ(result.images[0].error->code, ErrorCode::cancelled);
}

TEST(Scanner, TooManyLayersAreRefusedBeforeAnyIsRead) {
    FakeImage image("pf5.1");
    for (int i = 0; i < 3; ++i) image.add_layer(honest_tar());
    Bench bench;
    bench.options.limits.image_layers = 2;
    const ImageReport report = bench.one(image);
    ASSERT_EQ(report.verdict, Verdict::error);
    EXPECT_NE(report.error->message().find("limits.image_layers"), std::string::npos);
    EXPECT_EQ(image.opened, 0);
}

// ---- reading in part ----

// One zstd:chunked layer, large enough to be read in part. `diff_id` is not its own: only a full read can know.
void add_chunked_layer(FakeImage& image, const std::string& lie = {}) {
    test::ChunkedLayer layer(stream::TocFormat::zstd_chunked);
    layer.file("etc/os-release", kOsRelease);
    layer.file("opt/redkit/2.0/version.txt", kRedkit);
    layer.padding(2 << 20);
    if (!lie.empty()) layer.entry(lie);
    const std::string& blob = layer.finish();
    image.layers.push_back({.blob = blob, .media_type = "application/vnd.oci.image.layer.v1.tar+zstd", .digest = sha256_of(blob).str(), .diff_id = sha256_of("another").str(), .claimed_too_much = 0, .annotations = layer.annotations});
}

std::string versions(const ImageReport& image) {
    std::string text;
    for (const Observation& each : image.observed) text += each.component + " " + each.version + "\n";
    return text;
}

TEST(PartialScan, ReadsTheWantedFilesAndSaysSo) {
    FakeImage image("redkit2.0-pf5.1");
    add_chunked_layer(image);
    Bench bench;
    bench.options.partial = true;
    const ImageReport report = bench.one(image);
    EXPECT_EQ(report.verdict, Verdict::pass) << codes(report);
    EXPECT_EQ(report.partial_layers, std::vector<int>{0});
    EXPECT_NE(versions(report).find("redkit 2.0"), std::string::npos);
    EXPECT_EQ(image.opened, 0);
    EXPECT_EQ(image.ranges, 2) << "the table, and one run of neighbours";
}

// Whether the diff_id is true nobody knows: neither an accusation nor a proof.
TEST(PartialScan, ProvesNoDiffIdAndServesNoFullRead) {
    FakeImage image("redkit2.0-pf5.1");
    add_chunked_layer(image);
    Bench bench;
    EXPECT_EQ(codes(bench.one(image)), "parent-forged") << "a full read tells";
    bench.options.partial = true;
    test::PlainReader reader(bench.rules.wanted(), bench.options.limits);
    Scanner scanner(bench.rules, bench.options, reader, bench.progress);
    EXPECT_EQ(codes(scanner.scan(image, {}).images.front()), "");
    const int ranges = image.ranges;
    EXPECT_EQ(codes(scanner.scan(image, {}).images.front()), "");
    EXPECT_EQ(image.ranges, ranges) << "what was read in part once serves again in part";
    EXPECT_EQ(scanner.layers_reused(), 1U);
}

TEST(PartialScan, FallsBackToAFullRead) {
    FakeImage ignoring("redkit2.0-pf5.1");
    add_chunked_layer(ignoring);
    ignoring.ignores_ranges = true;
    FakeImage plain("redkit2.0-pf5.1");
    plain.add_layer(honest_tar());
    FakeImage small("redkit2.0-pf5.1");  // and with a table that would be read if it were worth it
    small.add_layer(honest_tar());
    small.layers.back().annotations = {{"containerd.io/snapshot/stargz/toc.digest", sha256_of("x").str()}};
    Bench bench;
    bench.options.partial = true;
    for (FakeImage* image : {&ignoring, &plain, &small}) {
        const ImageReport report = bench.one(*image);
        EXPECT_TRUE(report.partial_layers.empty());
        EXPECT_NE(versions(report).find("redkit 2.0"), std::string::npos);
        EXPECT_EQ(image->opened, 1);
    }
    EXPECT_EQ(codes(bench.one(ignoring)), "parent-forged");
    EXPECT_EQ(plain.ranges, 0);
    EXPECT_EQ(small.ranges, 0);
}

TEST(PartialScan, ALyingTableKeepsAFullReadFromPassing) {
    FakeImage image("redkit2.0-pf5.1");
    add_chunked_layer(image, R"({"type":"dir","name":"invented"})");
    Bench bench;
    const ImageReport report = bench.one(image);
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_NE(report.problems[0].message.find("does not tell what the tar holds"), std::string::npos);
    EXPECT_NE(codes(report).find("unproven"), std::string::npos);
}

}  // namespace
}  // namespace veritag::scan
