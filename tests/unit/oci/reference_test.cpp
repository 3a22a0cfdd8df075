#include "oci/reference.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace veritag::oci {
namespace {

const std::string kHex(64, 'a');

struct GoodCase {
    const char* name;
    std::string text;
    std::string whole;
    const char* api_host;
};
std::ostream& operator<<(std::ostream& out, const GoodCase& c) { return out << c.text; }

class GoodReference : public testing::TestWithParam<GoodCase> {};
TEST_P(GoodReference, IsCompleted) {
    const GoodCase& c = GetParam();
    const Result<Reference> reference = parse_reference(c.text);
    ASSERT_TRUE(reference) << reference.error().message();
    EXPECT_EQ(reference->str(), c.whole);
    EXPECT_EQ(reference->api_host(), c.api_host);
    const Result<Reference> again = parse_reference(reference->str());
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->str(), c.whole);
}
INSTANTIATE_TEST_SUITE_P(
    Forms, GoodReference,
    testing::Values(
        GoodCase{"ShortName", "ubuntu", "docker.io/library/ubuntu:latest", "registry-1.docker.io"},
        GoodCase{"ShortNameWithTag", "ubuntu:22.04", "docker.io/library/ubuntu:22.04", "registry-1.docker.io"},
        GoodCase{"HubUser", "openeuler/cann:8.0", "docker.io/openeuler/cann:8.0", "registry-1.docker.io"},
        GoodCase{"HubSpelledOut", "docker.io/ubuntu", "docker.io/library/ubuntu:latest", "registry-1.docker.io"},
        GoodCase{"HubIndexHost", "index.docker.io/a/b:1", "docker.io/a/b:1", "registry-1.docker.io"},
        GoodCase{"HubApiHost", "registry-1.docker.io/a/b:1", "docker.io/a/b:1", "registry-1.docker.io"},
        GoodCase{"OtherRegistry", "quay.io/openeuler/cann:8.0.RC1-oe2203sp4", "quay.io/openeuler/cann:8.0.RC1-oe2203sp4", "quay.io"},
        GoodCase{"HostInUpperCase", "Quay.IO/a/b:1", "quay.io/a/b:1", "quay.io"},
        GoodCase{"Port", "127.0.0.1:5000/a/b:1", "127.0.0.1:5000/a/b:1", "127.0.0.1:5000"},
        GoodCase{"PortWithoutTag", "host:5000/a", "host:5000/a:latest", "host:5000"},
        GoodCase{"Localhost", "localhost/x", "localhost/x:latest", "localhost"},
        GoodCase{"Ipv6", "[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000"},
        GoodCase{"Ipv6WithTag", "[fe80::1]/x/y:tag", "[fe80::1]/x/y:tag", "[fe80::1]"},
        GoodCase{"Digest", "quay.io/a@sha256:" + kHex, "quay.io/a@sha256:" + kHex, "quay.io"},
        GoodCase{"TagAndDigest", "quay.io/a:1@sha256:" + kHex, "quay.io/a:1@sha256:" + kHex, "quay.io"},
        GoodCase{"LocalhostWithoutSlashIsARepository", "localhost:5000", "docker.io/library/localhost:5000", "registry-1.docker.io"},
        GoodCase{"Separators", "q.io/a__b/c-d---e/f.g_h:_x.Y-z", "q.io/a__b/c-d---e/f.g_h:_x.Y-z", "q.io"}),
    [](const testing::TestParamInfo<GoodCase>& each) { return each.param.name; });

TEST(Reference, IdentifierPrefersTheDigest) {
    const Result<Reference> reference = parse_reference("quay.io/a/b:1@sha256:" + kHex);
    ASSERT_TRUE(reference);
    EXPECT_EQ(reference->identifier(), "sha256:" + kHex);
    EXPECT_EQ(reference->name(), "quay.io/a/b");
    EXPECT_EQ(reference->tag, "1");
    EXPECT_EQ(parse_reference("quay.io/a/b:1")->identifier(), "1");
}

struct BadCase {
    const char* name;
    std::string text;
    const char* message;
};
std::ostream& operator<<(std::ostream& out, const BadCase& c) { return out << c.text; }

class BadReference : public testing::TestWithParam<BadCase> {};
TEST_P(BadReference, SaysWhatIsWrong) {
    const Result<Reference> reference = parse_reference(GetParam().text);
    ASSERT_FALSE(reference);
    EXPECT_EQ(reference.error().code, ErrorCode::usage);
    EXPECT_NE(reference.error().message().find(GetParam().message), std::string::npos) << reference.error().message();
}
INSTANTIATE_TEST_SUITE_P(
    Forms, BadReference,
    testing::Values(
        BadCase{"Empty", "", "empty; write [host[:port]/]repository"},
        BadCase{"Scheme", "https://quay.io/a/b:1", "leave out \"https://\""},
        BadCase{"UpperCaseRepository", "quay.io/OpenEuler/cann:1", "write it in lower case: openeuler/cann"},
        BadCase{"UpperCaseFirstPart", "OpenEuler/cann", "write it in lower case: openeuler/cann"},
        BadCase{"NoRepositoryAfterHost", "quay.io/", "no repository"},
        BadCase{"Ipv6Alone", "[::1]:5000", "no repository"},
        BadCase{"Ipv6Unclosed", "[::1/x", "is no host[:port]"},
        BadCase{"Ipv6WithoutColon", "[abc.]/x", "is no host[:port]"},
        BadCase{"PortZero", "host:0/x", "\"host:0\" is no host[:port]"},
        BadCase{"PortTooLarge", "host:65536/x", "is no host[:port]"},
        BadCase{"PortMissing", "host:/x", "is no host[:port]"},
        BadCase{"HostWithEmptyLabel", "a..b/x", "is no host[:port]"},
        BadCase{"HostWithHyphenInFront", "-a.b/x", "is no host[:port]"},
        BadCase{"EmptyTag", "quay.io/a:", "\"\" is no tag"},
        BadCase{"TagWithSlashIsAName", "quay.io/a:b/c", "is no repository name"},
        BadCase{"TagBeginsWithHyphen", "quay.io/a:-b", "\"-b\" is no tag"},
        BadCase{"TagTooLong", "quay.io/a:" + std::string(129, 'x'), "at most 128 letters"},
        BadCase{"DigestTooShort", "quay.io/a@sha256:abc", "64 lower-case hex digits"},
        BadCase{"DigestUpperCase", "quay.io/a@sha256:" + std::string(64, 'A'), "lower-case hex"},
        BadCase{"DigestUnknownAlgorithm", "quay.io/a@md5:abc", "algorithm \"md5\" (known: sha256, sha512)"},
        BadCase{"TwoDigests", "quay.io/a@sha256:" + kHex + "@sha256:" + kHex, "hex digits"},
        BadCase{"TripleUnderscore", "quay.io/a___b", "is no repository name"},
        BadCase{"TwoDots", "quay.io/a/b..c", "is no repository name"},
        BadCase{"SeparatorAtTheEnd", "quay.io/a-", "is no repository name"},
        BadCase{"EmptyPart", "quay.io/a//b", "is no repository name"},
        BadCase{"Space", "quay.io/a b", "is no repository name"},
        BadCase{"NameTooLong", "quay.io/" + std::string(250, 'a'), "the name has 258 bytes (limit 255)"},
        BadCase{"ControlBytesAreEscaped", "quay.io/a\x1b[2J", "a\\x1b[2J"}),
    [](const testing::TestParamInfo<BadCase>& each) { return each.param.name; });

TEST(NameForJudging, KeepsAnAbsentRegistryAbsent) {
    const Result<Reference> name = parse_name_for_judging("openeuler/cann:8.0.RC1-oe2203sp4");
    ASSERT_TRUE(name) << name.error().message();
    EXPECT_EQ(name->registry, "");
    EXPECT_EQ(name->repository, "openeuler/cann");
    EXPECT_EQ(name->str(), "openeuler/cann:8.0.RC1-oe2203sp4");
    EXPECT_EQ(parse_name_for_judging("cann:1")->repository, "cann");
    EXPECT_EQ(parse_name_for_judging("quay.io/a/cann:1")->registry, "quay.io");
}

TEST(NameForJudging, NeedsATagAndNoDigest) {
    EXPECT_NE(parse_name_for_judging("openeuler/cann").error().message().find("no tag; write REPO:TAG"), std::string::npos);
    EXPECT_NE(parse_name_for_judging("a/b:1@sha256:" + kHex).error().message().find("a digest has no claims"), std::string::npos);
}

}  // namespace
}  // namespace veritag::oci
