#include "base/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag {
namespace {

constexpr const char* kOfAbc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, ParsesItsOwnText) {
    const Result<Digest> digest = Digest::parse(kOfAbc);
    ASSERT_TRUE(digest) << digest.error().message();
    EXPECT_EQ(digest->str(), kOfAbc);
    EXPECT_EQ(digest->algorithm(), "sha256");
    EXPECT_EQ(digest->hex(), std::string(kOfAbc).substr(7));
    EXPECT_TRUE(Digest::parse("sha512:" + std::string(128, '0')));
    EXPECT_TRUE(Digest().empty());
    EXPECT_EQ(Digest().hex(), "");
}

TEST(Digest, RefusesWhatIsNoDigest) {
    for (const std::string& bad : {std::string(""), std::string("sha256"), "sha256:" + std::string(63, 'a'), "sha256:" + std::string(65, 'a'),
                                   "sha256:" + std::string(64, 'A'), "sha256:" + std::string(63, 'a') + "g", "sha512:" + std::string(64, 'a')}) {
        const Result<Digest> digest = Digest::parse(bad);
        ASSERT_FALSE(digest) << bad;
        EXPECT_EQ(digest.error().code, ErrorCode::malformed) << bad;
    }
    EXPECT_EQ(Digest::parse("md5:d41d8cd98f00b204e9800998ecf8427e").error().code, ErrorCode::unsupported);
    EXPECT_EQ(Digest::parse("x\x1b:1").error().message(), "read digest: algorithm \"x\\x1b\" (known: sha256, sha512)");
}

TEST(Hasher, HashesInPieces) {
    Hasher hasher;
    hasher.update("a");
    hasher.update("");
    hasher.update("bc");
    EXPECT_EQ(hasher.finish().str(), kOfAbc);
    EXPECT_EQ(hasher.finish().str(), kOfAbc) << "finish() does not end it";
    EXPECT_EQ(sha256_of("abc").str(), kOfAbc);
    Hasher longer("sha512");
    longer.update("abc");
    EXPECT_EQ(longer.finish().str().substr(0, 23), "sha512:ddaf35a193617aba");
}

TEST(Hasher, CopiesForkTheState) {
    Hasher first;
    first.update("a");
    Hasher second = first;
    first.update("bc");
    second.update("x");
    EXPECT_EQ(first.finish().str(), kOfAbc);
    EXPECT_EQ(second.finish(), sha256_of("ax"));
    second = first;
    EXPECT_EQ(second.finish().str(), kOfAbc);
}

TEST(VerifyDigest, NamesBothDigests) {
    const Digest expected = sha256_of("abc");
    EXPECT_TRUE(verify_digest("fetch", "x", "abc", expected));
    const Result<void> bad = verify_digest("fetch", "quay.io/a", "abd", expected);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::digest_mismatch);
    EXPECT_EQ(bad.error().saw, "the bytes hash to " + sha256_of("abd").str() + ", expected " + kOfAbc);
}

}  // namespace
}  // namespace veritag
