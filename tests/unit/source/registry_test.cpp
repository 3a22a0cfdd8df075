#include "archive.h"
#include "base/byte_reader.h"
#include "mock_registry.h"
#include "source/image_source.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace veritag::source {
namespace {

std::shared_ptr<registry::RegistryClient> plain_client() {
    registry::ClientOptions options;
    options.plain_http = true;
    options.use_environment_auth = false;
    options.attempts = 1;
    return std::make_shared<registry::RegistryClient>(options);
}

TEST(RegistryImage, IsNamedByItsReference) {
    const auto image = open_image("quay.io/openeuler/cann:8.0.RC1-oe2203sp4", "", plain_client(), {});
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ((*image)->name().display, "quay.io/openeuler/cann:8.0.RC1-oe2203sp4");
    EXPECT_EQ((*image)->name().registry, "quay.io");
    EXPECT_EQ((*image)->name().repository, "openeuler/cann");
    EXPECT_EQ((*image)->name().tag, "8.0.RC1-oe2203sp4");
}

TEST(RegistryImage, IsJudgedUnderAnotherNameWhereAsked) {
    const auto image = open_image("127.0.0.1:5000/build/x:1", "openeuler/cann:8.0-oe2203sp4", plain_client(), {});
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ((*image)->name().display, "127.0.0.1:5000/build/x:1");
    EXPECT_EQ((*image)->name().registry, "127.0.0.1:5000");
    EXPECT_EQ((*image)->name().repository, "openeuler/cann");
    EXPECT_EQ((*image)->name().tag, "8.0-oe2203sp4");
}

TEST(RegistryImage, ADigestAloneNeedsAName) {
    const std::string by_digest = "quay.io/a/b@" + sha256_of("x").str();
    const auto image = open_image(by_digest, "", plain_client(), {});
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, ErrorCode::usage);
    EXPECT_NE(image.error().message().find("a digest alone claims nothing; write REPO:TAG@DIGEST, or add --as REPO:TAG"), std::string::npos);
    EXPECT_TRUE(open_image(by_digest, "a/b:1", plain_client(), {}));
    EXPECT_EQ(open_image("https://quay.io/a", "", plain_client(), {}).error().code, ErrorCode::usage);
    EXPECT_EQ(open_image("quay.io/a:1", "a", plain_client(), {}).error().code, ErrorCode::usage);
}

TEST(Names, AreCheckedBeforeAnythingIsFetched) {
    const auto problem = [](const std::string& image, const std::string& as = "") {
        const Result<void> checked = check_name(image, as);
        return checked ? std::string() : std::string(to_string(checked.error().code)) + ": " + checked.error().message();
    };
    EXPECT_EQ(problem("quay.io/a/b:1"), "");
    EXPECT_EQ(problem("oci:/nowhere"), "") << "that is an error of this image alone";
    EXPECT_EQ(problem("docker-archive:/nowhere"), "");
    const std::string by_digest = "quay.io/a/b@" + sha256_of("x").str();
    EXPECT_EQ(problem(by_digest, "a/b:1"), "");
    EXPECT_TRUE(problem(by_digest).starts_with("usage: open image: " + by_digest + ": a digest alone claims nothing")) << problem(by_digest);
    EXPECT_TRUE(problem("quay.io/a:1", "x y").starts_with("usage: read image reference")) << problem("quay.io/a:1", "x y");
    EXPECT_EQ(problem("docker-archive:"), "usage: open image: docker-archive:: no path; write docker-archive:PATH[:TAG]");
    EXPECT_EQ(problem("oci:/dev/null"), "usage: read OCI layout: /dev/null: not a directory; for a tar file write oci-archive:FILE[:TAG]");
    EXPECT_TRUE(problem("https://quay.io/a").starts_with("usage: ")) << problem("https://quay.io/a");
}

class RegistryImageOnLoopback : public testing::Test {
protected:
    test::MockReply answer(const test::MockRequest& request) {
        const std::string base = "/v2/openeuler/cann/";
        if (request.path() == "/v2/") return test::reply(200);
        for (const auto& [name, body] : files_)
            if (request.path() == base + name)
                return test::reply(200, body, {{"Content-Type", name.starts_with("manifests/") ? std::string(oci::media_type::kOciManifest) : "application/octet-stream"}});
        return test::reply(404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]})");
    }
    void SetUp() override {
        files_["manifests/8.0"] = image_.manifest;
        files_["manifests/" + sha256_of(image_.manifest).str()] = image_.manifest;
        files_["blobs/" + sha256_of(image_.config).str()] = image_.config;
        files_["blobs/" + sha256_of(image_.layer).str()] = image_.layer;
    }
    Result<std::unique_ptr<ImageSource>> open(const Limits& limits = {}) {
        return open_image(server_.host() + "/openeuler/cann:8.0", "", client_, limits);
    }
    oci::Descriptor child() const {
        return {.media_type = std::string(oci::media_type::kOciManifest), .digest = sha256_of(image_.manifest), .size = image_.manifest.size()};
    }

    const SampleImage image_;
    std::map<std::string, std::string> files_;
    test::MockServer server_{[this](const test::MockRequest& request) { return answer(request); }};
    std::shared_ptr<registry::RegistryClient> client_ = plain_client();
};

TEST_F(RegistryImageOnLoopback, IsReadWhole) {
    const auto image = open();
    ASSERT_TRUE(image) << image.error().message();
    const auto top = (*image)->fetch_top({});
    ASSERT_TRUE(top) << top.error().message();
    EXPECT_EQ(top->digest, sha256_of(image_.manifest));
    const auto parsed = oci::parse_manifest(top->body, top->content_type, {});
    ASSERT_TRUE(parsed) << parsed.error().message();
    const oci::Manifest& manifest = std::get<oci::Manifest>(*parsed);
    const auto config = (*image)->fetch_config(manifest.config, {});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(*config, image_.config);
    const auto layer = (*image)->open_layer(manifest.layers[0], {});
    ASSERT_TRUE(layer) << layer.error().message();
    std::string bytes;
    for (;;) {
        const auto piece = (*layer)->next();
        ASSERT_TRUE(piece) << piece.error().message();
        if (piece->empty()) break;
        bytes += as_text(*piece);
    }
    EXPECT_EQ(bytes, image_.layer);
}

TEST_F(RegistryImageOnLoopback, AsksForAChildByItsDigest) {
    const auto image = open();
    ASSERT_TRUE(image) << image.error().message();
    const auto fetched = (*image)->fetch_manifest(child(), {});
    ASSERT_TRUE(fetched) << fetched.error().message();
    EXPECT_EQ(fetched->body, image_.manifest);
    EXPECT_EQ(server_.requests_to("/v2/openeuler/cann/manifests/8.0").size(), 0U);
    EXPECT_GE(server_.requests_to("/v2/openeuler/cann/manifests/" + sha256_of(image_.manifest).str()).size(), 1U);
}

TEST_F(RegistryImageOnLoopback, RefusesAnAlteredChild) {
    files_["manifests/" + sha256_of(image_.manifest).str()].back() = ' ';
    const auto image = open();
    ASSERT_TRUE(image) << image.error().message();
    const auto fetched = (*image)->fetch_manifest(child(), {});
    ASSERT_FALSE(fetched);
    EXPECT_EQ(to_string(fetched.error().code), to_string(ErrorCode::digest_mismatch)) << fetched.error().message();
}

TEST_F(RegistryImageOnLoopback, RefusesAChildOfAnotherSize) {
    const auto image = open();
    ASSERT_TRUE(image) << image.error().message();
    oci::Descriptor longer = child();
    ++longer.size;
    const auto fetched = (*image)->fetch_manifest(longer, {});
    ASSERT_FALSE(fetched);
    EXPECT_NE(fetched.error().message().find(" bytes, the index says " + std::to_string(longer.size)), std::string::npos) << fetched.error().message();
}

TEST_F(RegistryImageOnLoopback, FetchesNothingOverTheLimits) {
    Limits limits;
    limits.manifest_bytes = 10;
    limits.config_bytes = 10;
    const auto image = open(limits);
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_NE((*image)->fetch_manifest(child(), {}).error().message().find("raise limits.manifest_bytes"), std::string::npos);
    const oci::Descriptor config{.media_type = std::string(oci::media_type::kOciConfig), .digest = sha256_of(image_.config), .size = image_.config.size()};
    EXPECT_NE((*image)->fetch_config(config, {}).error().message().find("raise limits.config_bytes"), std::string::npos);
    EXPECT_TRUE(server_.requests().empty());
}

TEST_F(RegistryImageOnLoopback, ReportsAnImageThatIsNotThere) {
    const auto image = open_image(server_.host() + "/openeuler/cann:9.9", "", client_, {});
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ(to_string((*image)->fetch_top({}).error().code), to_string(ErrorCode::not_found));
}

}  // namespace
}  // namespace veritag::source
