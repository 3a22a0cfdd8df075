#include "report/purl.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace veritag::report {
namespace {

struct PackageCase {
    const char* name;
    PackageType type;
    const char* package;
    const char* version;
    const char* arch;
    const char* os;
    std::string url;
};
std::ostream& operator<<(std::ostream& out, const PackageCase& c) { return out << c.name; }

class PackageUrl : public testing::TestWithParam<PackageCase> {};
TEST_P(PackageUrl, IsCanonical) {
    const PackageCase& c = GetParam();
    EXPECT_EQ(package_url({.type = c.type, .name = c.package, .version = c.version, .arch = c.arch, .path = ""}, c.os), c.url);
}
// Where the name ends in "OfTheSpec", the URL is an example of package-url/purl-spec: types/*-definition.json or tests/types/*-test.json.
INSTANTIATE_TEST_SUITE_P(
    Types, PackageUrl,
    testing::Values(
        PackageCase{"Rpm", PackageType::rpm, "bash", "5.1.8-8.oe2203sp2", "aarch64", "openeuler", "pkg:rpm/openeuler/bash@5.1.8-8.oe2203sp2?arch=aarch64"},
        PackageCase{"RpmWithEpoch", PackageType::rpm, "bash", "1:5.1.8-8.oe2203sp2", "aarch64", "openeuler",
                    "pkg:rpm/openeuler/bash@5.1.8-8.oe2203sp2?arch=aarch64&epoch=1"},
        PackageCase{"RpmWithEpochZero", PackageType::rpm, "a", "0:1-1", "noarch", "rocky", "pkg:rpm/rocky/a@1-1?arch=noarch&epoch=0"},
        PackageCase{"RpmOfTheSpecWithoutDistro", PackageType::rpm, "centerim", "1:4.22.10-1.el6", "i686", "", "pkg:rpm/centerim@4.22.10-1.el6?arch=i686&epoch=1"},
        PackageCase{"RpmWithTilde", PackageType::rpm, "kernel", "6.1~rc2-1", "x86_64", "openeuler", "pkg:rpm/openeuler/kernel@6.1~rc2-1?arch=x86_64"},
        PackageCase{"RpmWithCaret", PackageType::rpm, "a", "1^git-1", "", "openeuler", "pkg:rpm/openeuler/a@1%5Egit-1"},
        PackageCase{"RpmNamesKeepTheirCase", PackageType::rpm, "ModemManager-C++", "1-1", "", "openEuler", "pkg:rpm/openeuler/ModemManager-C%2B%2B@1-1"},
        PackageCase{"RpmOfRedHatHasTheVendorsName", PackageType::rpm, "a", "1-1", "", "rhel", "pkg:rpm/redhat/a@1-1"},
        PackageCase{"RpmWhoseColonIsNoEpoch", PackageType::rpm, "a", "x:1-1", "", "", "pkg:rpm/a@x:1-1"},
        PackageCase{"DebOfTheSpec", PackageType::deb, "attr", "1:2.4.47-2+b1", "amd64", "debian", "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64"},
        PackageCase{"DebOfUbuntuOfTheSpec", PackageType::deb, "dpkg", "1.19.0.4", "amd64", "ubuntu", "pkg:deb/ubuntu/dpkg@1.19.0.4?arch=amd64"},
        PackageCase{"DebWithPlusInTheName", PackageType::deb, "libstdc++6", "12.3.0-1ubuntu1~22.04", "amd64", "ubuntu",
                    "pkg:deb/ubuntu/libstdc%2B%2B6@12.3.0-1ubuntu1~22.04?arch=amd64"},
        PackageCase{"DebNamesAreLowerCase", PackageType::deb, "Attr", "1", "", "debian", "pkg:deb/debian/attr@1"},
        PackageCase{"DebOfAnUnknownSystemHasNone", PackageType::deb, "attr", "1", "amd64", "", ""},
        PackageCase{"ApkOfTheSpec", PackageType::apk, "curl", "7.83.0-r0", "x86", "alpine", "pkg:apk/alpine/curl@7.83.0-r0?arch=x86"},
        PackageCase{"PypiOfTheSpec", PackageType::python, "django_allauth", "12.23", "", "openeuler", "pkg:pypi/django-allauth@12.23"},
        PackageCase{"PypiUpperCaseAndDots", PackageType::python, "Zope.Interface", "5.0", "", "", "pkg:pypi/zope-interface@5.0"},
        PackageCase{"PypiRunsOfSeparators", PackageType::python, "a-_.b", "1", "", "", "pkg:pypi/a-b@1"},
        PackageCase{"PypiLocalVersion", PackageType::python, "torch", "2.1.0+cpu", "", "", "pkg:pypi/torch@2.1.0%2Bcpu"},
        PackageCase{"PypiEpoch", PackageType::python, "a", "1!2.0", "", "", "pkg:pypi/a@1%212.0"},
        PackageCase{"Conda", PackageType::conda, "absl-py", "0.4.1", "linux-64", "", "pkg:conda/absl-py@0.4.1?subdir=linux-64"},
        PackageCase{"CondaByMachine", PackageType::conda, "absl-py", "0.4.1", "x86_64", "", "pkg:conda/absl-py@0.4.1?subdir=linux-64"},
        PackageCase{"Spaces", PackageType::rpm, "a b", "1 2", "x y", "o s", "pkg:rpm/o%20s/a%20b@1%202?arch=x%20y"},
        PackageCase{"Separators", PackageType::rpm, "@a/b?c#d&e=f%", "1@2", "", "", "pkg:rpm/%40a%2Fb%3Fc%23d%26e%3Df%25@1%402"},
        PackageCase{"ScopedNameStaysOneSegment", PackageType::python, "@scope/name", "1", "", "", "pkg:pypi/%40scope%2Fname@1"},
        PackageCase{"SlashesAtTheEnds", PackageType::rpm, "/a/", "1", "", "", "pkg:rpm/a@1"},
        PackageCase{"NothingButSlashes", PackageType::rpm, "//", "1", "", "", ""},
        PackageCase{"NoVersion", PackageType::rpm, "a", "", "", "", "pkg:rpm/a"},
        PackageCase{"Utf8", PackageType::rpm, "\xe5\x8c\x85", "1", "", "", "pkg:rpm/%E5%8C%85@1"},
        PackageCase{"BytesThatAreNoUtf8", PackageType::rpm, "a\xff", "1", "", "", "pkg:rpm/a%EF%BF%BD@1"},
        PackageCase{"ControlBytes", PackageType::rpm, "a\x1b[31m\n", "1", "", "", "pkg:rpm/a%1B%5B31m%0A@1"}),
    [](const testing::TestParamInfo<PackageCase>& each) { return each.param.name; });

ImageReport image(std::string registry, std::string repository, std::string tag, std::string platform) {
    ImageReport result;
    result.registry = std::move(registry);
    result.repository = std::move(repository);
    result.tag = std::move(tag);
    result.platform = std::move(platform);
    result.digest = "sha256:" + std::string(64, 'a');
    return result;
}

TEST(ImageUrl, HasDigestRepositoryArchitectureAndTag) {
    const std::string digest = "sha256:" + std::string(64, 'a');
    EXPECT_EQ(image_url(image("127.0.0.1:5000", "openeuler/CANN", "8.0-oe2203sp4", "linux/arm64/v8")),
              "pkg:oci/cann@" + digest + "?arch=arm64&repository_url=127.0.0.1:5000%2Fopeneuler%2FCANN&tag=8.0-oe2203sp4");
    EXPECT_EQ(image_url(image("", "debian", "", "")), "pkg:oci/debian@" + digest);
}

TEST(ImageUrl, NamesNothingWithoutDigestOrRepository) {
    EXPECT_EQ(image_url(image("host", "", "1", "linux/amd64")), "");
    ImageReport unread = image("host", "a", "1", "linux/amd64");
    for (const char* digest : {"", "sha256:12", "\xff"}) {
        unread.digest = digest;
        EXPECT_EQ(image_url(unread), "");
    }
}

TEST(ProvenOs, IsOneThatIsProven) {
    const auto os = [](std::string component, bool proof) {
        return Observation{.component = std::move(component), .kind = ComponentKind::os, .version = "", .evidence = {}, .proof = proof};
    };
    ImageReport report;
    EXPECT_EQ(proven_os(report), "");
    report.observed = {os("debian", false)};
    EXPECT_EQ(proven_os(report), "");
    report.observed.push_back(os("ubuntu", true));
    report.observed.push_back(os("ubuntu", true));
    EXPECT_EQ(proven_os(report), "ubuntu");
    report.observed.push_back(os("rocky", true));
    EXPECT_EQ(proven_os(report), "") << "two systems: which one the packages are of is not known";
}

}  // namespace
}  // namespace veritag::report
