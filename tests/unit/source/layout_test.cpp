#include "archive.h"
#include "base/byte_reader.h"
#include "source/image_source.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace veritag::source {
namespace {

// The whole image through the interface, as a scan reads it; the layer's bytes are the result.
std::string read_image(ImageSource& image) {
    const auto top = image.fetch_top({});
    if (!top) return top.error().message();
    const auto parsed = oci::parse_manifest(top->body, top->content_type, {});
    if (!parsed) return parsed.error().message();
    const oci::Manifest& manifest = std::get<oci::Manifest>(*parsed);
    const auto config = image.fetch_config(manifest.config, {});
    if (!config) return config.error().message();
    if (!oci::parse_image_config(*config, {})) return "bad config";
    auto layer = image.open_layer(manifest.layers.at(0), {});
    if (!layer) return layer.error().message();
    std::string bytes;
    for (;;) {
        const auto piece = (*layer)->next();
        if (!piece) return piece.error().message();
        if (piece->empty()) return bytes;
        bytes += as_text(*piece);
    }
}

Result<std::unique_ptr<ImageSource>> open_local(const std::string& image, const std::string& as = "") { return open_image(image, as, nullptr, {}); }

// Every case in a directory and in an archive: the same layout, the same answers.
struct LayoutForm {
    const char* name;
    bool archive;
};
std::ostream& operator<<(std::ostream& out, const LayoutForm& form) { return out << form.name; }

class Layout : public testing::TestWithParam<LayoutForm> {
protected:
    std::string put(const std::vector<Member>& members, const std::string& name = "image") {
        if (GetParam().archive) return "oci-archive:" + directory_.write(name, make_tar(members));
        write_layout(directory_, name, members);
        return "oci:" + directory_.path(name);
    }
    TemporaryDirectory directory_;
    const SampleImage amd64_{"amd64"};
    const SampleImage arm64_{"arm64"};
};
INSTANTIATE_TEST_SUITE_P(Forms, Layout, testing::Values(LayoutForm{"Directory", false}, LayoutForm{"Archive", true}),
                         [](const testing::TestParamInfo<LayoutForm>& each) { return each.param.name; });

void expect_error(const Result<std::unique_ptr<ImageSource>>& image, ErrorCode code, const std::string& part) {
    ASSERT_FALSE(image);
    EXPECT_EQ(to_string(image.error().code), to_string(code)) << image.error().message();
    EXPECT_NE(image.error().message().find(part), std::string::npos) << image.error().message();
}

TEST_P(Layout, ReadsItsOneImage) {
    const std::string name = put(layout({amd64_}, index_json({amd64_.descriptor(named("8.0"))})));
    const auto image = open_local(name, "openeuler/cann:8.0-oe2203sp4");
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_EQ((*image)->name().display, name);
    EXPECT_EQ((*image)->name().registry, "");
    EXPECT_EQ((*image)->name().repository, "openeuler/cann");
    EXPECT_EQ((*image)->name().tag, "8.0-oe2203sp4");
    EXPECT_EQ(read_image(**image), amd64_.layer);
    EXPECT_EQ((*image)->fetch_top({})->digest, sha256_of(amd64_.manifest));
}

TEST_P(Layout, ChoosesByTag) {
    const std::string name = put(layout({amd64_, arm64_}, index_json({amd64_.descriptor(named("one")), arm64_.descriptor(named("quay.io/a/b:two"))})));
    const auto one = open_local(name + ":one", "a/b:1");
    ASSERT_TRUE(one) << one.error().message();
    EXPECT_EQ((*one)->fetch_top({})->digest, sha256_of(amd64_.manifest));
    for (const char* tag : {":two", ":quay.io/a/b:two"}) {
        const auto two = open_local(name + tag);
        ASSERT_TRUE(two) << two.error().message();
        EXPECT_EQ((*two)->fetch_top({})->digest, sha256_of(arm64_.manifest));
        EXPECT_EQ((*two)->name().registry, "quay.io");
        EXPECT_EQ((*two)->name().repository, "a/b");
        EXPECT_EQ((*two)->name().tag, "two");
    }
    expect_error(open_local(name, "a/b:1"), ErrorCode::usage, "it holds 2 manifests: one, quay.io/a/b:two; say which");
    expect_error(open_local(name + ":three", "a/b:1"), ErrorCode::not_found, "no image \"three\"; it has one, quay.io/a/b:two");
}

TEST_P(Layout, AsksForANameWhereItHasNone) {
    expect_error(open_local(put(layout({amd64_}, index_json({amd64_.descriptor(named("8.0"))})))), ErrorCode::usage, "say under which name to judge it: --as REPO:TAG");
    expect_error(open_local(put(layout({amd64_}, index_json({amd64_.descriptor()})), "b"), "UPPER:1"), ErrorCode::usage, "write it in lower case");
}

TEST_P(Layout, TakesContainerdsWholeName) {
    const std::string names = R"(,"annotations":{"io.containerd.image.name":"docker.io/openeuler/cann:8.0","org.opencontainers.image.ref.name":"8.0"})";
    const std::string name = put(layout({amd64_}, index_json({amd64_.descriptor(names)})));
    for (const char* tag : {"", ":8.0"}) {
        const auto image = open_local(name + tag);
        ASSERT_TRUE(image) << image.error().message();
        EXPECT_EQ((*image)->name().repository, "openeuler/cann");
        EXPECT_EQ((*image)->name().registry, "docker.io");
    }
}

TEST_P(Layout, TakesPlatformsWithoutNamesForOneImage) {
    const std::string index = index_json({amd64_.descriptor(R"(,"platform":{"os":"linux","architecture":"amd64"})"),
                                          arm64_.descriptor(R"(,"platform":{"os":"linux","architecture":"arm64"})")});
    const auto image = open_local(put(layout({amd64_, arm64_}, index)), "a/b:1");
    ASSERT_TRUE(image) << image.error().message();
    const auto top = (*image)->fetch_top({});
    ASSERT_TRUE(top) << top.error().message();
    EXPECT_EQ(top->digest, sha256_of(index));
    const auto parsed = oci::parse_manifest(top->body, top->content_type, {});
    ASSERT_TRUE(parsed) << parsed.error().message();
    const auto child = (*image)->fetch_manifest(std::get<oci::Index>(*parsed).manifests.at(1), {});
    ASSERT_TRUE(child) << child.error().message();
    EXPECT_EQ(child->body, arm64_.manifest);
}

TEST_P(Layout, RefusesATagThatNamesTwoImages) {
    const std::string name = put(layout({amd64_, arm64_}, index_json({amd64_.descriptor(named("a/x:1")), arm64_.descriptor(named("a/y:1"))})));
    expect_error(open_local(name + ":1"), ErrorCode::usage, "\"1\" names several of its manifests: a/x:1, a/y:1");
    EXPECT_TRUE(open_local(name + ":a/x:1"));
}

TEST_P(Layout, ChecksDigestsAndSizes) {
    std::vector<Member> members = layout({amd64_}, index_json({amd64_.descriptor()}));
    for (Member& member : members)
        if (member.content == amd64_.config) member.content.front() = '[';
    auto image = open_local(put(members), "a/b:1");
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_NE(read_image(**image).find("the bytes hash to"), std::string::npos) << read_image(**image);

    for (Member& member : members)
        if (member.path == blob_path(sha256_of(amd64_.layer))) member.content += "x";
    for (Member& member : members)
        if (member.path == blob_path(sha256_of(amd64_.config))) member.content = amd64_.config;
    image = open_local(put(members, "longer"), "a/b:1");
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_NE(read_image(**image).find("its descriptor says " + std::to_string(amd64_.layer.size())), std::string::npos) << read_image(**image);
}

TEST_P(Layout, SaysWhichBlobIsNotThere) {
    std::vector<Member> members = layout({amd64_}, index_json({amd64_.descriptor()}));
    std::erase_if(members, [&](const Member& member) { return member.content == amd64_.layer; });
    const auto image = open_local(put(members), "a/b:1");
    ASSERT_TRUE(image) << image.error().message();
    EXPECT_NE(read_image(**image).find("no " + blob_path(sha256_of(amd64_.layer)) + " in it"), std::string::npos) << read_image(**image);
}

TEST_P(Layout, RefusesWhatIsNoLayout) {
    const std::string index = index_json({amd64_.descriptor()});
    expect_error(open_local(put({{"index.json", index}}, "a"), "a/b:1"), ErrorCode::not_found, "no oci-layout in it; this is no OCI image layout");
    expect_error(open_local(put({{"oci-layout", R"({"imageLayoutVersion":"2.0.0"})"}, {"index.json", index}}, "b"), "a/b:1"), ErrorCode::unsupported, "imageLayoutVersion \"2.0.0\"");
    expect_error(open_local(put({{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}}, "c"), "a/b:1"), ErrorCode::not_found, "no index.json in it");
    expect_error(open_local(put({{"oci-layout", "{}"}, {"index.json", index}}, "d"), "a/b:1"), ErrorCode::unsupported, "imageLayoutVersion \"\"");
    expect_error(open_local(put(layout({}, amd64_.manifest), "e"), "a/b:1"), ErrorCode::malformed, "it is a manifest, not an index");
    expect_error(open_local(put(layout({}, index_json({})), "f"), "a/b:1"), ErrorCode::malformed, "it holds no image");
    expect_error(open_local(put(layout({}, "{"), "g"), "a/b:1"), ErrorCode::malformed, "index.json");
}

TEST_P(Layout, TakesMoreImagesThanAnImageMayHavePlatforms) {
    std::vector<std::string> entries;
    for (int i = 0; i < 100; ++i) entries.push_back(amd64_.descriptor(named("tag" + std::to_string(i))));
    EXPECT_TRUE(open_local(put(layout({amd64_}, index_json(entries))) + ":tag99", "a/b:1"));
}

TEST_P(Layout, StopsWhenAsked) {
    const auto image = open_local(put(layout({amd64_}, index_json({amd64_.descriptor()}))), "a/b:1");
    ASSERT_TRUE(image) << image.error().message();
    const auto parsed = oci::parse_manifest((*image)->fetch_top({})->body, "", {});
    std::stop_source stop;
    auto layer = (*image)->open_layer(std::get<oci::Manifest>(*parsed).layers[0], stop.get_token());
    ASSERT_TRUE(layer);
    stop.request_stop();
    EXPECT_EQ((*layer)->next().error().code, ErrorCode::cancelled);
    EXPECT_EQ((*image)->fetch_top(stop.get_token()).error().code, ErrorCode::cancelled);
}

TEST_P(Layout, PathsMayHoldColons) {
    const std::string name = put(layout({amd64_}, index_json({amd64_.descriptor(named("8.0"))})), "with:colon");
    EXPECT_TRUE(open_local(name, "a/b:1"));
    EXPECT_TRUE(open_local(name + ":8.0", "a/b:1"));
    expect_error(open_local(name + ":9.0", "a/b:1"), ErrorCode::not_found, "no image \"9.0\"");
}

TEST(LayoutDirectory, ThatIsNoDirectory) {
    const TemporaryDirectory directory;
    expect_error(open_local("oci:" + directory.write("image.tar", "x")), ErrorCode::usage, "not a directory; for a tar file write oci-archive:FILE[:TAG]");
    expect_error(open_local("oci:" + directory.path("nowhere") + ":tag"), ErrorCode::not_found, directory.path("nowhere") + ": no such directory");
    expect_error(open_local("oci:"), ErrorCode::usage, "no path; write oci:PATH[:TAG]");
}

TEST(LayoutArchive, ThatIsNoTar) {
    const TemporaryDirectory directory;
    expect_error(open_local("oci-archive:" + directory.path("nowhere.tar")), ErrorCode::not_found, "nowhere.tar");
    expect_error(open_local("oci-archive:" + directory.path("")), ErrorCode::io, "not a regular file");
    expect_error(open_local("oci-archive:" + directory.write("a.tar.gz", "\x1f\x8b\x08")), ErrorCode::unsupported, "compressed with gzip; unpack it first: gunzip ");
    expect_error(open_local("oci-archive:" + directory.write("a.tar.zst", "\x28\xb5\x2f\xfd....")), ErrorCode::unsupported, "unpack it first: zstd -d ");
    const std::string whole = make_tar(layout({}, index_json({})));
    expect_error(open_local("oci-archive:" + directory.write("cut.tar", whole.substr(0, 1024 + 512 + 10)), "a/b:1"), ErrorCode::truncated, "cut.tar");
}

TEST(LayoutArchive, RefusesANameThatIsThereTwice) {
    const TemporaryDirectory directory;
    const SampleImage image;
    std::vector<Member> members = layout({image}, index_json({image.descriptor()}));
    members.push_back({"./index.json", index_json({})});
    expect_error(open_local("oci-archive:" + directory.write("twice.tar", make_tar(members)), "a/b:1"), ErrorCode::malformed, "\"index.json\" is in the archive twice");
}

TEST(LocalNames, AreKnownByTheirPrefix) {
    EXPECT_TRUE(is_local("oci:x"));
    EXPECT_TRUE(is_local("oci-archive:x"));
    EXPECT_TRUE(is_local("docker-archive:x"));
    EXPECT_FALSE(is_local("oci/x:1"));
    EXPECT_FALSE(is_local("quay.io/oci:x"));
}

}  // namespace
}  // namespace veritag::source
