#include "archive.h"
#include "base/byte_reader.h"
#include "source/image_source.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::source {
namespace {

Result<std::unique_ptr<ImageSource>> open_local(const std::string& image, const std::string& as = "") { return open_image(image, as, nullptr, {}); }

std::string entry(const std::string& config, const std::string& repo_tags, const std::string& layers) {
    return R"({"Config":")" + config + R"(","RepoTags":)" + repo_tags + R"(,"Layers":)" + layers + "}";
}

struct Contents {
    oci::Manifest manifest;
    std::string config;
    std::vector<std::string> layers;
};

Result<Contents> read_all(ImageSource& image) {
    Contents contents;
    VERITAG_TRY(const RawManifest top, image.fetch_top({}));
    EXPECT_EQ(sha256_of(top.body), top.digest);
    VERITAG_TRY(const oci::ManifestOrIndex parsed, oci::parse_manifest(top.body, top.content_type, {}));
    contents.manifest = std::get<oci::Manifest>(parsed);
    VERITAG_TRY(contents.config, image.fetch_config(contents.manifest.config, {}));
    for (const oci::Descriptor& layer : contents.manifest.layers) {
        VERITAG_TRY(const auto bytes, image.open_layer(layer, {}));
        std::string text;
        for (;;) {
            VERITAG_TRY(const auto piece, bytes->next());
            if (piece.empty()) break;
            text += as_text(piece);
        }
        contents.layers.push_back(std::move(text));
    }
    return contents;
}

class DockerArchive : public testing::Test {
protected:
    std::string put(const std::vector<Member>& members) { return "docker-archive:" + directory_.write("image.tar", make_tar(members)); }
    std::string config_name() const { return std::string(sha256_of(image_.config).hex()) + ".json"; }
    std::vector<Member> one_image(const std::string& repo_tags) const {
        return {{"l1/layer.tar", image_.layer}, {config_name(), image_.config}, {"manifest.json", "[" + entry(config_name(), repo_tags, R"(["l1/layer.tar"])") + "]"}};
    }
    void expect_error(const std::vector<Member>& members, ErrorCode code, const std::string& part, const std::string& tag = "") {
        const auto image = open_local(put(members) + tag, "a/b:1");
        const Result<Contents> contents = image ? read_all(**image) : Result<Contents>(image.error());
        ASSERT_FALSE(contents);
        EXPECT_EQ(to_string(contents.error().code), to_string(code)) << contents.error().message();
        EXPECT_NE(contents.error().message().find(part), std::string::npos) << contents.error().message();
    }
    TemporaryDirectory directory_;
    const SampleImage image_;
};

TEST_F(DockerArchive, BecomesAnOrdinaryImage) {
    const auto image = open_local(put(one_image(R"(["openeuler/cann:8.0"])")));
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ((*image)->name().repository, "openeuler/cann");
    EXPECT_EQ((*image)->name().tag, "8.0");
    const auto contents = read_all(**image);
    ASSERT_TRUE(contents) << contents.error().message();
    EXPECT_EQ(contents->config, image_.config);
    EXPECT_EQ(contents->manifest.config.media_type, oci::media_type::kDockerConfig);
    EXPECT_EQ(contents->layers, std::vector<std::string>{image_.layer});
    EXPECT_EQ(contents->manifest.layers[0].digest, sha256_of(image_.layer));
    EXPECT_EQ(oci::layer_compression(contents->manifest.layers[0].media_type), "none");
    const auto again = open_local(put(one_image("null")), "a/b:1");
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ((*again)->fetch_top({})->digest, (*image)->fetch_top({})->digest) << "made the same every time";
}

TEST_F(DockerArchive, KnowsBlobPathsOfNewDocker) {
    const std::string config = blob_path(sha256_of(image_.config));
    const std::string layer = blob_path(sha256_of(image_.layer));
    const auto image = open_local(put({{"manifest.json", "[" + entry(config, R"(["a/b:1"])", "[\"" + layer + "\"]") + "]"}, {config, image_.config}, {layer, image_.layer}}));
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_TRUE(read_all(**image)) << read_all(**image).error().message();
}

TEST_F(DockerArchive, FollowsLinksBetweenLayers) {
    for (const Member& link : {Member{"l2/layer.tar", "", '2', "../l1/layer.tar"}, Member{"l2/layer.tar", "", '1', "l1/layer.tar"}}) {
        std::vector<Member> members = one_image("null");
        members.back().content = "[" + entry(config_name(), "null", R"(["l2/layer.tar"])") + "]";
        members.push_back(link);
        const auto image = open_local(put(members), "a/b:1");
        ASSERT_TRUE(image) << image.error().message();
        const auto contents = read_all(**image);
        ASSERT_TRUE(contents) << contents.error().message();
        EXPECT_EQ(contents->layers, std::vector<std::string>{image_.layer});
    }
}

TEST_F(DockerArchive, RefusesLinksThatLeadNowhere) {
    std::vector<Member> members = one_image("null");
    members[0] = {"l1/layer.tar", "", '2', "../../../etc/passwd"};
    expect_error(members, ErrorCode::malformed, "a link to something that is not in the archive");
    members[0] = {"l1/layer.tar", "", '2', "layer.tar"};
    expect_error(members, ErrorCode::malformed, "more than 8 links in a row");
}

TEST_F(DockerArchive, HashesACompressedLayerFirst) {
    const std::string squeezed = std::string("\x1f\x8b\x08") + std::string(600'000, 'x');
    std::vector<Member> members = one_image("null");
    members[0].content = squeezed;
    const auto image = open_local(put(members), "a/b:1");
    ASSERT_TRUE(image) << image.error().message();
    const auto contents = read_all(**image);
    ASSERT_TRUE(contents) << contents.error().message();
    EXPECT_EQ(contents->manifest.layers[0].digest, sha256_of(squeezed));
    EXPECT_EQ(oci::layer_compression(contents->manifest.layers[0].media_type), "gzip");
    EXPECT_EQ(contents->layers[0], squeezed);
}

TEST_F(DockerArchive, ChoosesAmongImages) {
    std::vector<Member> members = one_image("null");
    const SampleImage other("arm64");
    members.back().content = "[" + entry(config_name(), R"(["a/one:1","a/one:x"])", R"(["l1/layer.tar"])") + "," + entry("other.json", R"(["a/two:1"])", R"(["l1/layer.tar"])") + "]";
    members.push_back({"other.json", other.config});
    const std::string name = put(members);
    EXPECT_EQ(open_local(name).error().code, ErrorCode::usage);
    EXPECT_NE(open_local(name).error().message().find("it holds 2 images: a/one:1, a/one:x, a/two:1; say which"), std::string::npos) << open_local(name).error().message();
    const auto two = open_local(name + ":a/two:1");
    ASSERT_TRUE(two) << two.error().message();
    EXPECT_EQ(read_all(**two)->config, other.config);
    EXPECT_EQ((*two)->name().repository, "a/two");
    EXPECT_TRUE(open_local(name + ":x"));
    EXPECT_TRUE(open_local(name + ":docker.io/a/one:1"));
    EXPECT_NE(open_local(name + ":1").error().message().find("\"1\" names several of its images"), std::string::npos);
    EXPECT_NE(open_local(name + ":nope").error().message().find("no image \"nope\"; it has a/one:1, a/one:x, a/two:1"), std::string::npos);
}

TEST_F(DockerArchive, AsksWhichOfSeveralNamesToJudge) {
    const std::string name = put(one_image(R"(["a/b:1","a/b:2"])"));
    EXPECT_NE(open_local(name).error().message().find("it has several names: a/b:1, a/b:2; say under which name"), std::string::npos) << open_local(name).error().message();
    EXPECT_EQ((*open_local(name + ":2"))->name().tag, "2");
    EXPECT_NE(open_local(put(one_image("null"))).error().message().find("carries no whole name"), std::string::npos);
}

TEST_F(DockerArchive, RefusesWhatIsNotWhole) {
    std::vector<Member> members = one_image("null");
    std::erase_if(members, [](const Member& member) { return member.path == "l1/layer.tar"; });
    expect_error(members, ErrorCode::not_found, "no member \"l1/layer.tar\"");
    members = one_image("null");
    members[1].path = "x.json";
    expect_error(members, ErrorCode::not_found, "no member \"" + config_name() + "\"");
    members = one_image("null");
    members[1].content += " ";
    expect_error(members, ErrorCode::digest_mismatch, "the config hashes to " + sha256_of(image_.config + " ").str());
    members = one_image("null");
    members.back().content = "[" + entry(config_name(), "null", R"(["l1/layer.tar","l1/layer.tar"])") + "]";
    expect_error(members, ErrorCode::malformed, "1 diff_ids for 2 layers");
    expect_error({{"x", "y"}}, ErrorCode::malformed, "this is no archive of `docker save`");
    expect_error(layout({image_}, index_json({image_.descriptor()})), ErrorCode::usage, "it is an OCI layout: write oci-archive:FILE[:TAG]");
}

TEST_F(DockerArchive, RefusesAMalformedManifest) {
    const auto with = [](const std::string& manifest) { return std::vector<Member>{{"manifest.json", manifest}}; };
    expect_error(with("{}"), ErrorCode::malformed, "not a list of images");
    expect_error(with("[]"), ErrorCode::malformed, "not a list of images");
    expect_error(with("[7]"), ErrorCode::malformed, "[0].Config: missing");
    expect_error(with(R"([{"Config":7}])"), ErrorCode::malformed, "[0].Config: not a string");
    expect_error(with(R"([{"Config":"../x","Layers":[]}])"), ErrorCode::malformed, "[0].Config");
    expect_error(with(R"([{"Config":"x","RepoTags":"y","Layers":[]}])"), ErrorCode::malformed, "[0].RepoTags: not a list");
    expect_error(with(R"([{"Config":"x","RepoTags":[1],"Layers":[]}])"), ErrorCode::malformed, "[0].RepoTags: holds something other than strings");
    expect_error(with(R"([{"Config":"x"}])"), ErrorCode::malformed, "[0].Layers: missing");
    expect_error(with(R"([{"Config":"x","Layers":[{}]}])"), ErrorCode::malformed, "[0].Layers[0]: not a string");
}

TEST_F(DockerArchive, KnowsOnlyItsOwnBlobs) {
    const auto image = open_local(put(one_image("null")), "a/b:1");
    ASSERT_TRUE(image);
    const oci::Descriptor stranger{.media_type = "x", .digest = sha256_of("stranger"), .size = 1};
    EXPECT_EQ((*image)->fetch_config(stranger, {}).error().code, ErrorCode::not_found);
    EXPECT_EQ((*image)->fetch_manifest(stranger, {}).error().code, ErrorCode::not_found);
    const auto layer = (*image)->open_layer(stranger, {});
    ASSERT_FALSE(layer);
    EXPECT_NE(layer.error().message().find("no layer " + sha256_of("stranger").str()), std::string::npos);
}

}  // namespace
}  // namespace veritag::source
