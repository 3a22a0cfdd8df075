// Artifacts that refer to an image, and the lists that name them.
#include "oci/artifact.h"

#include "oci/json.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::oci {
namespace {

const std::string kHexA(64, 'a'), kHexB(64, 'b');

Descriptor subject() {
    Descriptor subject = describe(media_type::kDockerManifest, "the image");
    subject.annotations["not"] = "taken over";
    subject.artifact_type = "nor/this";
    return subject;
}

Artifact artifact() { return {.type = "application/vnd.sample.v1+json", .subject = subject(), .layers = {describe(media_type::kInToto, "{\"a\":1}")}, .annotations = {{"b", "2"}, {"a", "\"\x01\xFF"}}}; }

std::string entry_json(const std::string& hex, const std::string& more = "") {
    return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:)" + hex + R"(","size":7)" + more + "}";
}

std::string index_json(const std::string& entries) { return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + entries + "]}"; }

TEST(TagsOfDigests, AreTheFallbackTagAndCosigns) {
    EXPECT_TRUE(is_tag_of_digest(fallback_tag(sha256_of("x"))));
    for (const char* end : {"", ".sig", ".att", ".sbom"}) EXPECT_TRUE(is_tag_of_digest("sha256-" + kHexA + end)) << end;
    for (const std::string& tag : {std::string("sha256-"), "sha256-" + kHexA.substr(1), "sha256-" + kHexA + "a", "sha256-" + kHexA + ".txt", "sha256-" + std::string(64, 'G'), "x" + kHexA, std::string()}) EXPECT_FALSE(is_tag_of_digest(tag)) << tag;
}

TEST(WriteArtifact, IsAnImageManifestThatNoEngineRuns) {
    const std::string text = write_artifact(artifact());
    EXPECT_EQ(text, write_artifact(artifact()));
    const auto parsed = parse_manifest(text, media_type::kOciManifest, Limits{});
    ASSERT_TRUE(parsed) << parsed.error().message();
    const auto& manifest = std::get<Manifest>(*parsed);
    EXPECT_EQ(manifest.artifact_type, "application/vnd.sample.v1+json");
    EXPECT_EQ(manifest.config.media_type, media_type::kEmptyConfig);
    EXPECT_EQ(manifest.config.digest.str(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    EXPECT_EQ(manifest.config.size, 2U);
    ASSERT_EQ(manifest.layers.size(), 1U);
    EXPECT_EQ(manifest.layers[0].digest, sha256_of("{\"a\":1}"));
    ASSERT_TRUE(manifest.subject);
    EXPECT_EQ(manifest.subject->digest, subject().digest);
    EXPECT_EQ(manifest.subject->size, 9U);
    EXPECT_EQ(manifest.subject->media_type, media_type::kDockerManifest);
    EXPECT_TRUE(manifest.subject->annotations.empty() && manifest.subject->artifact_type.empty());
    EXPECT_EQ(manifest.annotations.at("a"), "\"\x01\xEF\xBF\xBD");  // what is no UTF-8 is replaced
    EXPECT_EQ(skip_reason(manifest), "artifact of type application/vnd.sample.v1+json");
    const Descriptor entry = referrer_entry(artifact(), text);
    EXPECT_EQ(entry.digest, sha256_of(text));
    EXPECT_EQ(skip_reason(entry), "artifact of type application/vnd.sample.v1+json");
}

TEST(Subject, ThatCannotBeReadIsNone) {
    const std::string config = R"("config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:)" + kHexA + R"(","size":2})";
    for (const char* subject : {"null", "7", "\"x\"", "{}", R"({"mediaType":"a/b","digest":"md5:0","size":1})"}) {
        const auto parsed = parse_manifest(R"({"schemaVersion":2,)" + config + R"(,"layers":[],"subject":)" + subject + "}", media_type::kOciManifest, Limits{});
        ASSERT_TRUE(parsed) << subject << parsed.error().message();
        EXPECT_FALSE(std::get<Manifest>(*parsed).subject) << subject;
    }
}

TEST(FallbackTag, IsAlgorithmAndDigits) {
    EXPECT_EQ(fallback_tag(*Digest::parse("sha256:" + kHexA)), "sha256-" + kHexA);
    EXPECT_EQ(fallback_tag(*Digest::parse("sha512:" + std::string(128, 'c'))), "sha512-" + std::string(64, 'c'));
}

TEST(ParseReferrers, AnEntryThatCannotBeReadCostsThatEntry) {
    const auto read = parse_referrers(index_json(entry_json(kHexA, R"(,"artifactType":"a/b","annotations":{"k":"v"})") + R"(,7,{"mediaType":"a/b","artifactType":"c/d"},{"mediaType":"x/y","digest":"blake3:00","size":1},)" + entry_json(kHexB)), Limits{});
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(read->entries.size(), 2U);
    EXPECT_EQ(read->unreadable, (std::vector<std::string>{"", "c/d", ""})) << "what each says to be";
    EXPECT_EQ(read->entries[0].artifact_type, "a/b");
    EXPECT_EQ(read->entries[0].annotations.at("k"), "v");
}

TEST(ParseReferrers, NullIsAnEmptyList) {
    const auto read = parse_referrers(R"({"schemaVersion":2,"manifests":null})", Limits{});
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->entries.empty());
}

TEST(ParseReferrers, LimitsAreNamed) {
    Limits limits;
    limits.referrers = 1;
    EXPECT_NE(parse_referrers(index_json(entry_json(kHexA) + "," + entry_json(kHexB)), limits).error().message().find("limits.referrers"), std::string::npos);
    limits.manifest_bytes = 10;
    EXPECT_NE(parse_referrers(index_json(""), limits).error().message().find("limits.manifest_bytes"), std::string::npos);
}

TEST(ParseReferrers, WhatIsNoIndexIsRefused) {
    for (const char* body : {"", "[]", "7", "{}", R"({"manifests":{}})", R"({"manifests":[],"layers":[]})", R"({"manifests":[],"config":{}})", R"({"manifests":[],"Manifests":[]})"})
        EXPECT_FALSE(parse_referrers(body, Limits{})) << body;
}

TEST(ParseReferrers, EveryPrefixFailsCleanly) {
    const std::string whole = index_json(entry_json(kHexA, R"(,"annotations":{"k":"v"})"));
    ASSERT_TRUE(parse_referrers(whole, Limits{}));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto read = parse_referrers(std::string_view(whole).substr(0, size), Limits{});
        ASSERT_FALSE(read) << size;
        EXPECT_FALSE(read.error().message().empty());
    }
}

TEST(ReferrersType, ParametersAreIgnored) {
    EXPECT_TRUE(is_referrers_type("application/vnd.oci.image.index.v1+json"));
    EXPECT_TRUE(is_referrers_type(" Application/vnd.oci.image.index.v1+json ; charset=utf-8"));
    EXPECT_FALSE(is_referrers_type("text/html"));
    EXPECT_FALSE(is_referrers_type(""));
}

TEST(AddReferrer, BeginsAnIndex) {
    const Descriptor entry = referrer_entry(artifact(), "manifest");
    const auto made = add_referrer(std::nullopt, entry, Limits{});
    ASSERT_TRUE(made);
    const auto read = parse_referrers(*made, Limits{});
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_EQ(read->entries.size(), 1U);
    EXPECT_EQ(read->entries[0].digest, entry.digest);
    EXPECT_EQ(read->entries[0].artifact_type, entry.artifact_type);
    EXPECT_EQ(read->entries[0].annotations.at("b"), "2");
    const auto as_index = parse_manifest(*made, media_type::kOciIndex, Limits{});
    ASSERT_TRUE(as_index) << as_index.error().message();
}

// What other tools wrote stays, also what is not known here.
TEST(AddReferrer, KeepsWhatIsThere) {
    const std::string before = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + entry_json(kHexA, R"(,"data":"e30=","urls":["https://x.example"],"new":{"deep":[1,2.5,null]})") +
                               R"(,{"mediaType":"x/y","digest":"blake3:00","size":1}],"annotations":{"kept":"yes"},"subject":{"x":1}})";
    const auto made = add_referrer(before, referrer_entry(artifact(), "manifest"), Limits{});
    ASSERT_TRUE(made) << made.error().message();
    auto old_root = parse_json("", "", before, Limits{});
    auto new_root = parse_json("", "", *made, Limits{});
    ASSERT_TRUE(old_root && new_root);
    ASSERT_EQ((*new_root)["manifests"].Size(), 3U);
    (*new_root)["manifests"].PopBack();
    EXPECT_TRUE(*old_root == *new_root);
}

TEST(AddReferrer, OnceIsEnough) {
    const Descriptor entry = referrer_entry(artifact(), "manifest");
    const auto once = add_referrer(index_json(entry_json(kHexA)), entry, Limits{});
    ASSERT_TRUE(once);
    EXPECT_EQ(*add_referrer(*once, entry, Limits{}), *once);
}

TEST(AddReferrer, FillsANullList) {
    const auto made = add_referrer(R"({"schemaVersion":2,"manifests":null})", referrer_entry(artifact(), "manifest"), Limits{});
    ASSERT_TRUE(made);
    EXPECT_EQ(parse_referrers(*made, Limits{})->entries.size(), 1U);
}

TEST(AddReferrer, StaysWithinTheLimits) {
    Limits limits;
    limits.referrers = 1;
    EXPECT_EQ(add_referrer(index_json(entry_json(kHexA)), referrer_entry(artifact(), "manifest"), limits).error().code, ErrorCode::over_limit);
    const std::string full = index_json(entry_json(kHexA));
    limits.referrers = 10;
    limits.manifest_bytes = full.size();
    EXPECT_EQ(add_referrer(full, referrer_entry(artifact(), "manifest"), limits).error().code, ErrorCode::over_limit);
    EXPECT_EQ(add_referrer("no index", referrer_entry(artifact(), "manifest"), limits).error().code, ErrorCode::malformed);
}

}  // namespace
}  // namespace veritag::oci
