#include "oci/manifest.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace veritag::oci {
namespace {

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

const std::string kConfigDescriptor = R"({"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" + kA + R"(","size":7})";
const std::string kManifest = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" + kConfigDescriptor +
                              R"(,"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":")" + kB +
                              R"(","size":32654,"annotations":{"k":"v"}}],"annotations":{"title":"t"},"unknown":[1]})";
const std::string kIndex =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)"
    R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + kA +
    R"(","size":10,"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},)"
    R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + kB +
    R"(","size":11,"platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest",)"
    R"("vnd.docker.reference.digest":")" + kA + R"("}}]})";
const std::string kConfig =
    R"({"os":"linux","architecture":"arm64","variant":"v8","config":{"Env":["PATH=/bin","ODD"],"Labels":{"a":"b"}},)"
    R"("rootfs":{"type":"layers","diff_ids":[")" + kA + R"("]},"history":[{"created_by":"RUN x"},{"created_by":"ENV y","empty_layer":true}]})";

TEST(ParseManifest, ReadsAnOciManifest) {
    const auto parsed = parse_manifest(kManifest, "application/vnd.oci.image.manifest.v1+json; charset=utf-8", {});
    ASSERT_TRUE(parsed) << parsed.error().message();
    const Manifest& manifest = std::get<Manifest>(*parsed);
    EXPECT_EQ(manifest.media_type, media_type::kOciManifest);
    EXPECT_EQ(manifest.config.digest.str(), kA);
    EXPECT_EQ(manifest.config.size, 7U);
    ASSERT_EQ(manifest.layers.size(), 1U);
    EXPECT_EQ(manifest.layers[0].size, 32654U);
    EXPECT_EQ(manifest.layers[0].annotations.at("k"), "v");
    EXPECT_EQ(manifest.annotations.at("title"), "t");
    EXPECT_FALSE(skip_reason(manifest));
}

TEST(ParseManifest, ReadsAnIndexWithPlatforms) {
    const auto parsed = parse_manifest(kIndex, "", {});
    ASSERT_TRUE(parsed) << parsed.error().message();
    const Index& index = std::get<Index>(*parsed);
    ASSERT_EQ(index.manifests.size(), 2U);
    EXPECT_EQ(index.manifests[0].platform->str(), "linux/arm64/v8");
    EXPECT_FALSE(skip_reason(index.manifests[0]));
    EXPECT_EQ(skip_reason(index.manifests[1]), "attestation of " + kA);
}

TEST(ParseManifest, ReadsDockerTypes) {
    const std::string manifest = replaced(kManifest, media_type::kOciManifest, media_type::kDockerManifest);
    const auto one = parse_manifest(manifest, media_type::kDockerManifest, {});
    ASSERT_TRUE(one) << one.error().message();
    EXPECT_EQ(std::get<Manifest>(*one).media_type, media_type::kDockerManifest);
    const auto list = parse_manifest(replaced(kIndex, media_type::kOciIndex, media_type::kDockerList), "application/json", {});
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_EQ(std::get<Index>(*list).media_type, media_type::kDockerList);
}

TEST(ParseManifest, GoesByShapeWhereNothingNamesTheType) {
    const std::string bare = replaced(kManifest, R"("mediaType":"application/vnd.oci.image.manifest.v1+json",)", "");
    for (const char* label : {"", "application/json", "text/plain; charset=utf-8"}) {
        const auto parsed = parse_manifest(bare, label, {});
        ASSERT_TRUE(parsed) << parsed.error().message();
        EXPECT_TRUE(std::holds_alternative<Manifest>(*parsed));
    }
    const auto index = parse_manifest(R"({"schemaVersion":2,"manifests":[]})", "", {});
    ASSERT_TRUE(index) << index.error().message();
    EXPECT_TRUE(std::holds_alternative<Index>(*index));
}

TEST(ParseManifest, TakesNullForAnEmptyList) {
    const auto parsed = parse_manifest(R"({"schemaVersion":2,"layers":null,"config":)" + kConfigDescriptor + "}", "", {});
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_TRUE(std::get<Manifest>(*parsed).layers.empty());
}

struct BadCase {
    const char* name;
    std::string body;
    const char* header_type;
    ErrorCode code;
    const char* message;
};
std::ostream& operator<<(std::ostream& out, const BadCase& c) { return out << c.name; }

class BadManifest : public testing::TestWithParam<BadCase> {};
TEST_P(BadManifest, NamesTheField) {
    const BadCase& c = GetParam();
    Limits limits;
    limits.image_layers = 4;
    limits.index_platforms = 3;
    const auto parsed = parse_manifest(c.body, c.header_type, limits);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(to_string(parsed.error().code), to_string(c.code));
    EXPECT_NE(parsed.error().message().find(c.message), std::string::npos) << parsed.error().message();
}

std::string five(const std::string& item) { return item + "," + item + "," + item + "," + item + "," + item; }

INSTANTIATE_TEST_SUITE_P(
    Documents, BadManifest,
    testing::Values(
        BadCase{"NotJson", "<html>", "", ErrorCode::malformed, "not JSON at byte 0"},
        BadCase{"Empty", "", "", ErrorCode::malformed, "not JSON"},
        BadCase{"TrailingText", kManifest + "x", "", ErrorCode::malformed, "not JSON"},
        BadCase{"NotAnObject", "[]", "", ErrorCode::malformed, "document: is a list, not an object"},
        BadCase{"NoShape", R"({"schemaVersion":2})", "", ErrorCode::malformed, "no \"layers\" and no \"manifests\""},
        BadCase{"TypesDiffer", kManifest, "application/vnd.oci.image.index.v1+json", ErrorCode::malformed, "mediaType: \"application/vnd.oci.image.manifest"},
        BadCase{"TypeIsANumber", R"({"schemaVersion":2,"mediaType":5,"layers":[]})", "", ErrorCode::malformed, "mediaType: is a number, not a string"},
        BadCase{"UnknownType", R"({"schemaVersion":2,"layers":[]})", "application/vnd.oci.artifact.manifest.v1+json", ErrorCode::unsupported,
                "type \"application/vnd.oci.artifact.manifest.v1+json\""},
        BadCase{"Schema1ByHeader", "{}", "application/vnd.docker.distribution.manifest.v1+prettyjws", ErrorCode::unsupported, "schema 1"},
        BadCase{"Schema1ByShape", R"({"schemaVersion":1,"fsLayers":[],"name":"x"})", "text/plain", ErrorCode::unsupported, "schema 1"},
        BadCase{"Schema1ByVersion", replaced(kManifest, ":2,", ":1,"), "", ErrorCode::unsupported, "schema 1"},
        BadCase{"Schema3", replaced(kManifest, ":2,", ":3,"), "", ErrorCode::malformed, "schemaVersion: 3, not 2"},
        BadCase{"SchemaIsText", replaced(kManifest, ":2,", ":\"2\","), "", ErrorCode::malformed, "schemaVersion: is a string"},
        BadCase{"NoSchema", replaced(kManifest, "\"schemaVersion\":2,", ""), "", ErrorCode::malformed, "schemaVersion: missing"},
        BadCase{"IndexAndManifestInOne", replaced(kManifest, "\"unknown\":[1]", "\"manifests\":[]"), "", ErrorCode::malformed,
                "neither an index nor a manifest"},
        BadCase{"NoConfig", R"({"schemaVersion":2,"layers":[]})", "", ErrorCode::malformed, "config: missing"},
        BadCase{"NoLayers", R"({"schemaVersion":2,"config":)" + kConfigDescriptor + "}", "", ErrorCode::malformed, "layers: missing"},
        BadCase{"LayersAreAnObject", R"({"schemaVersion":2,"layers":{},"config":)" + kConfigDescriptor + "}", "", ErrorCode::malformed,
                "layers: is an object, not a list"},
        BadCase{"LayerIsNull", R"({"schemaVersion":2,"layers":[null],"config":)" + kConfigDescriptor + "}", "", ErrorCode::malformed,
                "layers[0]: is null, not an object"},
        BadCase{"TooManyLayers", R"({"schemaVersion":2,"layers":[)" + five(kConfigDescriptor) + R"(],"config":)" + kConfigDescriptor + "}", "",
                ErrorCode::over_limit, "layers: 5 layers (limit 4); raise limits.image_layers"},
        BadCase{"TooManyChildren", R"({"schemaVersion":2,"manifests":[)" + five(kConfigDescriptor) + "]}", "", ErrorCode::over_limit,
                "manifests: 5 platforms (limit 3); raise limits.index_platforms"},
        BadCase{"NoSize", replaced(kManifest, ",\"size\":32654", ""), "", ErrorCode::malformed, "layers[0].size: missing"},
        BadCase{"NegativeSize", replaced(kManifest, "32654", "-1"), "", ErrorCode::malformed, "layers[0].size: is no whole number from 0"},
        BadCase{"FractionalSize", replaced(kManifest, "32654", "1.5"), "", ErrorCode::malformed, "layers[0].size: is no whole number"},
        BadCase{"HugeSize", replaced(kManifest, "32654", "9223372036854775808"), "", ErrorCode::malformed, "layers[0].size: is no whole number"},
        BadCase{"SizeIsText", replaced(kManifest, "32654", "\"32654\""), "", ErrorCode::malformed, "layers[0].size: is a string, not a number"},
        BadCase{"NoDigest", replaced(kManifest, "\"digest\":\"" + kB + "\",", ""), "", ErrorCode::malformed, "layers[0].digest: missing"},
        BadCase{"BadDigest", replaced(kManifest, kB, "sha256:xyz"), "", ErrorCode::malformed, "layers[0].digest: \"sha256:xyz\" does not have 64"},
        BadCase{"UnknownAlgorithm", replaced(kManifest, kB, "blake3:00"), "", ErrorCode::unsupported, "layers[0].digest: algorithm \"blake3\""},
        BadCase{"NoLayerType", replaced(kManifest, "\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",", ""), "", ErrorCode::malformed,
                "layers[0].mediaType: missing"},
        BadCase{"AnnotationIsANumber", replaced(kManifest, "\"k\":\"v\"", "\"k\":1"), "", ErrorCode::malformed,
                "layers[0].annotations[\"k\"]: is a number, not a string"},
        BadCase{"AnnotationTwice", replaced(kManifest, "\"k\":\"v\"", "\"k\":\"v\",\"k\":\"w\""), "", ErrorCode::malformed,
                "layers[0].annotations: member \"k\" is there twice"},
        BadCase{"MemberTwice", replaced(kManifest, "\"unknown\":[1]", "\"layers\":[]"), "", ErrorCode::malformed,
                "document: member \"layers\" is there twice"},
        BadCase{"MemberTwiceButForCase", replaced(kManifest, "\"unknown\":[1]", "\"Layers\":[]"), "", ErrorCode::malformed,
                "document: member \"layers\" is there twice"},
        BadCase{"PlatformWithoutOs", replaced(kIndex, "\"os\":\"linux\",", ""), "", ErrorCode::malformed, "manifests[0].platform.os: missing"},
        BadCase{"PlatformIsText", replaced(kIndex, R"({"os":"linux","architecture":"arm64","variant":"v8"})", "\"linux\""), "",
                ErrorCode::malformed, "manifests[0].platform: is a string, not an object"},
        BadCase{"TooDeep", R"({"x":)" + std::string(64, '[') + std::string(64, ']') + "}", "", ErrorCode::over_limit, "65 levels deep (limit 64); raise limits.json_depth"},
        BadCase{"ControlBytesInAType", "{\"mediaType\":\"a\\u001b[2J\",\"schemaVersion\":2}", "", ErrorCode::unsupported, "a\\x1b[2J"}),
    [](const testing::TestParamInfo<BadCase>& each) { return each.param.name; });

TEST(ParseManifest, EveryPrefixFailsCleanly) {
    for (const std::string* body : {&kManifest, &kIndex})
        for (std::size_t length = 0; length < body->size(); ++length)
            EXPECT_EQ(parse_manifest(std::string_view(*body).substr(0, length), "", {}).error().code, ErrorCode::malformed) << length;
}

TEST(ParseManifest, RefusesABodyOverTheLimit) {
    Limits limits;
    limits.manifest_bytes = 20;
    const auto parsed = parse_manifest(kManifest, "", limits);
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message().find("raise limits.manifest_bytes"), std::string::npos);
}

TEST(SkipReason, OfIndexChildren) {
    Descriptor child{.media_type = std::string(media_type::kOciManifest)};
    EXPECT_FALSE(skip_reason(child));
    child.artifact_type = "application/x";
    EXPECT_EQ(skip_reason(child), "artifact of type application/x");
    child.platform = Platform{"linux", "amd64", ""};
    child.annotations["vnd.docker.reference.type"] = "attestation-manifest";
    EXPECT_FALSE(skip_reason(child)) << "an engine on linux/amd64 would run it";
    child.platform = Platform{"unknown", "unknown", ""};
    child.annotations.clear();
    EXPECT_EQ(skip_reason(child), "platform unknown/unknown");

    Descriptor layer{.media_type = "application/vnd.oci.image.layer.v1.tar+gzip"};  // of BuildKit's cache
    EXPECT_EQ(skip_reason(layer), "not a manifest but application/vnd.oci.image.layer.v1.tar+gzip");
    layer.platform = Platform{"linux", "amd64", ""};
    EXPECT_FALSE(skip_reason(layer));
    EXPECT_FALSE(skip_reason(Descriptor{.media_type = "application/json"})) << "says nothing";
}

TEST(SkipReason, OfManifests) {
    Manifest manifest{.media_type = std::string(media_type::kOciManifest)};
    manifest.config.media_type = media_type::kOciConfig;
    EXPECT_FALSE(skip_reason(manifest)) << "an image without layers";
    manifest.artifact_type = "application/x";
    EXPECT_FALSE(skip_reason(manifest)) << "engines ignore artifactType beside an image config";
    manifest.layers.push_back({.media_type = "application/vnd.in-toto+json"});
    EXPECT_EQ(skip_reason(manifest), "attestation (only in-toto layers)");
    manifest.layers.push_back({.media_type = "application/vnd.oci.image.layer.v1.tar"});
    EXPECT_FALSE(skip_reason(manifest));
    manifest.config.media_type = "application/vnd.oci.empty.v1+json";
    EXPECT_EQ(skip_reason(manifest), "artifact of type application/x");
    manifest.artifact_type.clear();
    EXPECT_EQ(skip_reason(manifest), "artifact of type application/vnd.oci.empty.v1+json");
    manifest.config.media_type = "application/octet-stream";
    EXPECT_TRUE(skip_reason(manifest));
    manifest.media_type = media_type::kDockerManifest;
    EXPECT_FALSE(skip_reason(manifest)) << "an image of an old Docker";

    Manifest signature{.media_type = std::string(media_type::kOciManifest)};
    signature.config.media_type = media_type::kOciConfig;
    signature.layers.push_back({.media_type = "application/vnd.dev.cosign.simplesigning.v1+json"});
    EXPECT_EQ(skip_reason(signature), "artifact with layers of type application/vnd.dev.cosign.simplesigning.v1+json");
    for (const char* type : {"", "application/octet-stream", "application/vnd.oci.image.layer.v1.tar+xz", "application/vnd.docker.image.rootfs.diff.tar.lz4"}) {
        signature.layers[0].media_type = type;
        EXPECT_FALSE(skip_reason(signature)) << type;
    }
}

TEST(ParseImageConfig, ReadsWhatTheJudgeNeeds) {
    const auto config = parse_image_config(kConfig, {});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->platform.str(), "linux/arm64/v8");
    ASSERT_EQ(config->diff_ids.size(), 1U);
    EXPECT_EQ(config->diff_ids[0].str(), kA);
    EXPECT_EQ(config->environment, (std::vector<std::string>{"PATH=/bin", "ODD"}));
    EXPECT_EQ(config->labels.at("a"), "b");
    ASSERT_EQ(config->history.size(), 2U);
    EXPECT_EQ(config->history[0].created_by, "RUN x");
    EXPECT_TRUE(config->history[1].empty_layer);
}

TEST(ParseImageConfig, TakesNullForUnsetMembers) {
    const auto config = parse_image_config(
        R"({"os":"linux","architecture":"amd64","config":{"Env":null,"Labels":null},"rootfs":{"type":"layers","diff_ids":null},"history":null})", {});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_TRUE(config->labels.empty());
    EXPECT_TRUE(config->diff_ids.empty());
    EXPECT_TRUE(parse_image_config(R"({"os":"linux","architecture":"amd64","config":null,"rootfs":{"type":"layers","diff_ids":[]}})", {}));
}

class BadConfig : public testing::TestWithParam<BadCase> {};
TEST_P(BadConfig, NamesTheField) {
    Limits limits;
    limits.image_layers = 1;
    const auto parsed = parse_image_config(GetParam().body, limits);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(to_string(parsed.error().code), to_string(GetParam().code));
    EXPECT_NE(parsed.error().message().find(GetParam().message), std::string::npos) << parsed.error().message();
}
INSTANTIATE_TEST_SUITE_P(
    Documents, BadConfig,
    testing::Values(
        BadCase{"NoOs", replaced(kConfig, "\"os\":\"linux\",", ""), "", ErrorCode::malformed, "read image config: os: missing"},
        BadCase{"NoArchitecture", replaced(kConfig, "\"arm64\"", "\"\""), "", ErrorCode::malformed, "architecture: empty"},
        BadCase{"VariantIsANumber", replaced(kConfig, "\"v8\"", "8"), "", ErrorCode::malformed, "variant: is a number, not a string"},
        BadCase{"NoRootfs", R"({"os":"l","architecture":"a"})", "", ErrorCode::malformed, "rootfs: missing"},
        BadCase{"RootfsOfAnotherType", replaced(kConfig, "\"layers\"", "\"base\""), "", ErrorCode::malformed, "rootfs.type: \"base\", not \"layers\""},
        BadCase{"DiffIdIsANumber", replaced(kConfig, "\"" + kA + "\"", "7"), "", ErrorCode::malformed, "rootfs.diff_ids[0]: is a number"},
        BadCase{"BadDiffId", replaced(kConfig, kA, "sha256:0"), "", ErrorCode::malformed, "rootfs.diff_ids[0]: \"sha256:0\""},
        BadCase{"TooManyDiffIds", replaced(kConfig, kA, kA + "\",\"" + kA), "", ErrorCode::over_limit, "rootfs.diff_ids: 2 layers (limit 1); raise limits.image_layers"},
        BadCase{"EnvIsText", replaced(kConfig, R"(["PATH=/bin","ODD"])", "\"x\""), "", ErrorCode::malformed, "config.Env: is a string, not a list"},
        BadCase{"EnvEntryIsANumber", replaced(kConfig, "\"ODD\"", "1"), "", ErrorCode::malformed, "config.Env[1]: is a number"},
        BadCase{"LabelIsNull", replaced(kConfig, "\"b\"", "null"), "", ErrorCode::malformed, "config.Labels[\"a\"]: is null, not a string"},
        BadCase{"HistoryIsAnObject", replaced(kConfig, R"([{"created_by":"RUN x"})", R"([[])"), "", ErrorCode::malformed, "history[0]: is a list"},
        BadCase{"EmptyLayerIsText", replaced(kConfig, "true", "\"true\""), "", ErrorCode::malformed, "history[1].empty_layer: is a string"},
        BadCase{"OsTwice", replaced(kConfig, "{\"os\"", "{\"OS\":\"windows\",\"os\""), "", ErrorCode::malformed, "member \"os\" is there twice"}),
    [](const testing::TestParamInfo<BadCase>& each) { return each.param.name; });

TEST(ParseImageConfig, RefusesABodyOverTheLimit) {
    Limits limits;
    limits.config_bytes = 10;
    EXPECT_EQ(parse_image_config(kConfig, limits).error().code, ErrorCode::over_limit);
}

TEST(PlatformOption, ReadsOsAndArchitecture) {
    EXPECT_FALSE(parse_platform("all")->has_value());
    EXPECT_EQ((*parse_platform("linux/arm64"))->str(), "linux/arm64");
    EXPECT_EQ((*parse_platform("linux/arm/v7"))->str(), "linux/arm/v7");
    EXPECT_EQ((*parse_platform("linux/aarch64"))->str(), "linux/arm64");
    EXPECT_EQ((*parse_platform("linux/x86_64"))->str(), "linux/amd64");
    for (const char* bad : {"", "linux", "linux/", "/amd64", "linux/a/b/c", "Linux/amd64", "linux/amd 64", "ALL"}) {
        const auto parsed = parse_platform(bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().code, ErrorCode::usage);
        EXPECT_NE(parsed.error().message().find("write OS/ARCH[/VARIANT]"), std::string::npos);
    }
}

TEST(PlatformMatch, VariantCountsOnlyWhereWanted) {
    EXPECT_TRUE(platform_matches({"linux", "arm64", ""}, {"linux", "arm64", "v8"}));
    EXPECT_TRUE(platform_matches({"linux", "arm64", "v8"}, {"linux", "arm64", ""}));
    EXPECT_TRUE(platform_matches({"linux", "arm", "v7"}, {"linux", "arm", ""}));
    EXPECT_FALSE(platform_matches({"linux", "arm", "v6"}, {"linux", "arm", "v7"}));
    EXPECT_FALSE(platform_matches({"linux", "arm64", ""}, {"linux", "amd64", ""}));
    EXPECT_FALSE(platform_matches({"linux", "amd64", ""}, {"windows", "amd64", ""}));
}

TEST(LayerCompression, ByMediaType) {
    EXPECT_EQ(layer_compression("application/vnd.oci.image.layer.v1.tar+gzip"), "gzip");
    EXPECT_EQ(layer_compression("application/vnd.oci.image.layer.v1.tar+zstd"), "zstd");
    EXPECT_EQ(layer_compression("application/vnd.docker.image.rootfs.diff.tar.gzip"), "gzip");
    EXPECT_EQ(layer_compression("application/vnd.oci.image.layer.v1.tar"), "none");
    EXPECT_EQ(layer_compression("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"), "gzip");
    EXPECT_FALSE(layer_compression("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"));
    EXPECT_FALSE(layer_compression("application/vnd.in-toto+json"));
}

TEST(AcceptHeader, NamesAllFourModernTypesAndNoSchema1) {
    const std::string header = media_type::accept_header();
    for (const std::string_view type : {media_type::kOciManifest, media_type::kOciIndex, media_type::kDockerManifest, media_type::kDockerList})
        EXPECT_NE(header.find(type), std::string::npos) << type;
    EXPECT_EQ(header.find("docker.distribution.manifest.v1"), std::string::npos);
}

}  // namespace
}  // namespace veritag::oci
