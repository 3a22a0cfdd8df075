// What lint advises about a base, and what it says where there is no proof.
#include "catalog/patch.h"
#include "report/patch_text.h"
#include "made_up_tree.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace veritag::catalog {
namespace {

// The one finding of that code; a failed test and an empty one where there are none or several.
Finding only(const std::vector<Finding>& findings, const std::string& code) {
    std::vector<Finding> found;
    for (const Finding& each : findings)
        if (each.code == code) found.push_back(each);
    EXPECT_EQ(found.size(), 1U) << told(findings);
    return found.size() == 1 ? found.front() : Finding{};
}

bool holds(const Finding& finding, const std::string& words) { return finding.message.find(words) != std::string::npos; }

TEST(LintAdvice, SuggestsNoReleaseThatLeavesItsServicePackOpen) {
    const Finding open = only(OnDisk(one("app", "1.2.3-oe2403sp4", "1.2.3/24.03-lts-sp4/Dockerfile", "FROM quay.io/ascend/cann:8.1.rc1-910b-openeuler22.03-py3.10\n")).lint().findings, "os-mismatch");
    EXPECT_EQ(open.observed, "22.03");
    EXPECT_FALSE(open.suggestion) << *open.suggestion;
    EXPECT_TRUE(holds(open, "Start from an image of openEuler 24.03-LTS-SP4, or change the tag.")) << open.message;
    // 23.09 has no service packs.
    const Files files{{"S/app/meta.yml", "1.2.3-oe2403lts:\n  path: 1.2.3/24.03-lts/Dockerfile\n"}, {"S/app/1.2.3/24.03-lts/Dockerfile", "FROM openeuler/b:1.0-oe2309\n"}};
    EXPECT_EQ(only(OnDisk(files).lint().findings, "os-mismatch").suggestion, "1.2.3-oe2309");
}

TEST(LintAdvice, ABaseThatNamesNoServicePackProvesNone) {
    const Finding finding = only(OnDisk(one("app", "1.2.3-oe2203sp2", "1.2.3/22.03-lts-sp2/Dockerfile", "FROM quay.io/ascend/cann:8.1.rc1-910b-openeuler22.03-py3.10\n")).lint().findings, "unproven");
    EXPECT_EQ(finding.severity, Severity::info);
    EXPECT_TRUE(holds(finding, "names openEuler 22.03 and no service pack, so whether it is openEuler 22.03-LTS-SP2 was not judged.")) << finding.message;
    EXPECT_EQ(told(OnDisk(one("app", "1.2.3-oe2309", "1.2.3/23.09/Dockerfile", "FROM openeuler/b:1.0-oe2309\n")).lint().findings), "");
}

TEST(LintAdvice, SuggestsNoTagThatIsDeclared) {
    Files files{{"S/a/meta.yml", "1.0-oe2403sp4:\n  path: 1.0/24.03-lts-sp4/Dockerfile\n"}, {"S/a/1.0/24.03-lts-sp4/Dockerfile", "FROM openeuler/b:2.0-oe2403lts\n"}};
    EXPECT_EQ(only(OnDisk(files).lint().findings, "os-mismatch").suggestion, "1.0-oe2403lts");
    files["S/a/meta.yml"] += "1.0-oe2403lts:\n  path: 1.0/24.03-lts/Dockerfile\n";
    files["S/a/1.0/24.03-lts/Dockerfile"] = "FROM openeuler/openeuler:24.03-lts\n";
    const Finding finding = only(OnDisk(files).lint().findings, "os-mismatch");
    EXPECT_FALSE(finding.suggestion);
    EXPECT_TRUE(holds(finding, "the tag 1.0-oe2403lts, which it deserves, is declared already")) << finding.message;

    files = {{"S/tempo/meta.yml", "2.5.0-oe24.03lts:\n  path: 2.5.0/24.03-lts/Dockerfile\n2.5.0-oe2403lts:\n  path: 2.5.0/24.03-lts/Dockerfile\n"},
             {"S/tempo/2.5.0/24.03-lts/Dockerfile", "FROM openeuler/openeuler:24.03-lts\n"}};
    const Finding form = only(OnDisk(files).lint().findings, "tag-form");
    EXPECT_FALSE(form.suggestion);
    EXPECT_TRUE(holds(form, "That tag is declared already.")) << form.message;
}

TEST(LintAdvice, StartsFromTheSameImageOfTheClaimedSystem) {
    Files files = one("etcd", "3.6.0-oe2403sp1", "3.6.0/24.03-lts-sp1/Dockerfile", "FROM openeuler/distroless-static:1.0.0-oe2403lts\nRUN get 3.6.0\n");
    EXPECT_TRUE(holds(only(OnDisk(files).lint().findings, "os-mismatch"), "Start from an image openeuler/distroless-static of openEuler 24.03-LTS-SP1, which this tree does not declare yet, or change the tag."));
    // In another version: not the same, but there.
    files["D/distroless-static/meta.yml"] = "1.1.0-oe2403sp1:\n  path: 1.1.0/24.03-lts-sp1/Distrofile\n";
    files["D/distroless-static/1.1.0/24.03-lts-sp1/Distrofile"] = "name: distroless-static\nrelease: 24.03-LTS-SP1\n";
    EXPECT_TRUE(holds(only(OnDisk(files).lint().findings, "os-mismatch"), "Start from an image openeuler/distroless-static of openEuler 24.03-LTS-SP1, or change the tag."));
    const Finding bare = only(OnDisk(one("app", "1.0-oe2403sp1", "1.0/24.03-lts-sp1/Dockerfile", "FROM rockylinux:9\n")).lint().findings, "os-mismatch");
    EXPECT_TRUE(holds(bare, "Start from openEuler 24.03-LTS-SP1, or change the tag.")) << bare.message;
}

TEST(LintAdvice, AsksWhetherTheSystemsOwnImageIsMeant) {
    const std::vector<Finding> findings = OnDisk(one("app", "3.7-oe2403sp3", "3.7/24.03-lts-sp3/Dockerfile", "FROM openeuler-24.03-lts-sp3:latest\nRUN get 3.7\n")).lint().findings;
    EXPECT_EQ(told(findings), "base-floating S/app/3.7/24.03-lts-sp3/Dockerfile:1\nunproven S/app/3.7/24.03-lts-sp3/Dockerfile:1\n");
    const Finding unproven = only(findings, "unproven");
    EXPECT_TRUE(holds(unproven, "names the image docker.io/library/openeuler-24.03-lts-sp3, not one of the system's own")) << unproven.message;
    EXPECT_TRUE(holds(unproven, "Is openeuler/openeuler:24.03-lts-sp3 meant?")) << unproven.message;
    EXPECT_TRUE(holds(only(findings, "base-floating"), "Is openeuler/openeuler:24.03-lts-sp3 meant?"));
    EXPECT_FALSE(holds(only(OnDisk(one("app", "3.7-oe2403sp3", "3.7/24.03-lts-sp3/Dockerfile", "FROM openeuler-tools:1\nRUN get 3.7\n")).lint().findings, "unproven"), "meant"));
}

TEST(LintAdvice, WarnsWhereNoTagBehindAMovingOneIsOfTheClaimedSystem) {
    Files files = one("react", "19.1.0-oe2403sp3", "19.1.0/24.03-lts-sp3/Dockerfile", "FROM openeuler/npmjs:latest\nRUN npm i react@19.1.0\n");
    const auto warning = [&] { return only(OnDisk(files).lint().findings, "base-floating"); };
    EXPECT_FALSE(holds(warning(), "declares")) << "the tree does not know that repository";
    files["S/npmjs/meta.yml"] = "20.18.2-oe2403sp1:\n  path: 20.18.2/24.03-lts-sp1/Dockerfile\n";
    files["S/npmjs/20.18.2/24.03-lts-sp1/Dockerfile"] = "FROM openeuler/openeuler:24.03-lts-sp1\n";
    EXPECT_EQ(warning().severity, Severity::warning);
    EXPECT_TRUE(holds(warning(), "None of its tags that this tree declares (20.18.2-oe2403sp1) is of openEuler 24.03-LTS-SP3, which the tag 19.1.0-oe2403sp3 claims.")) << warning().message;
    files["S/npmjs/meta.yml"] += "20.18.2-oe2403sp3:\n  path: 20.18.2/24.03-lts-sp3/Dockerfile\n";
    files["S/npmjs/20.18.2/24.03-lts-sp3/Dockerfile"] = "FROM openeuler/openeuler:24.03-lts-sp3\n";
    EXPECT_FALSE(holds(warning(), "declares")) << warning().message;
}

TEST(LintAdvice, MendsTheBuildStageTogetherWithTheFinalOne) {
    const std::string path = "S/app/1.0/24.03-lts-sp1/Dockerfile";
    const auto lint_of = [](const std::string& dockerfile) { return OnDisk(one("app", "1.0-oe2403sp1", "1.0/24.03-lts-sp1/Dockerfile", dockerfile)).lint().findings; };
    const std::vector<Finding> findings = lint_of("FROM openeuler/openeuler:24.03-lts AS python\nRUN make 1.0\nFROM python AS sdk\nRUN make\nFROM openeuler/openeuler:24.03-lts\nCOPY --from=sdk /opt /opt\n");
    EXPECT_EQ(told(findings), "unproven " + path + ":1 => FROM openeuler/openeuler:24.03-lts-sp1 AS python\nos-mismatch " + path + ":5 => FROM openeuler/openeuler:24.03-lts-sp1\n");
    EXPECT_EQ(findings.at(0).severity, Severity::info);
    EXPECT_TRUE(holds(findings.at(0), "The build stage python starts from \"openeuler/openeuler:24.03-lts\" as the final stage does")) << findings.at(0).message;
    // One ARG for both, a stage of which nothing is copied, and a builder on something else.
    EXPECT_EQ(told(lint_of("ARG BASE=openeuler/openeuler:24.03-lts\nFROM $BASE AS b\nRUN make\nFROM $BASE\nCOPY --from=b /x /x\n")), "os-mismatch " + path + ":1 => ARG BASE=openeuler/openeuler:24.03-lts-sp1\n");
    EXPECT_EQ(told(lint_of("FROM openeuler/openeuler:24.03-lts AS b\nRUN make\nFROM openeuler/openeuler:24.03-lts\n")), "os-mismatch " + path + ":3 => FROM openeuler/openeuler:24.03-lts-sp1\n");
    EXPECT_EQ(told(lint_of("FROM golang:1.22 AS b\nRUN make\nFROM openeuler/openeuler:24.03-lts\nCOPY --from=b /x /x\n")), "os-mismatch " + path + ":3 => FROM openeuler/openeuler:24.03-lts-sp1\n");

    const OnDisk tree(one("app", "1.0-oe2403sp1", "1.0/24.03-lts-sp1/Dockerfile", "FROM openeuler/openeuler:24.03-lts AS b\nRUN make\nFROM openeuler/openeuler:24.03-lts\nCOPY --from=b /x /x\n"));
    const Result<std::string> patch = make_patch(*read_tree(tree.root().string(), "openeuler", {}), tree.lint().findings, {});
    ASSERT_TRUE(patch);
    EXPECT_NE(patch->find("+FROM openeuler/openeuler:24.03-lts-sp1 AS b\n"), std::string::npos) << *patch;
    EXPECT_NE(patch->find("+FROM openeuler/openeuler:24.03-lts-sp1\n"), std::string::npos) << *patch;
    std::vector<LineMend> mends;
    for (const Finding& each : tree.lint().findings)
        if (each.mend) mends.push_back(*each.mend);
    EXPECT_EQ(report::patch_of(mends), *patch) << "mends know enough of their file for a report to show the patch";
}

TEST(LintAdvice, AnInstructionThatIsTakenInIsNamedAndMended) {
    const std::string path = "S/tensorflow/2.19.0/24.03-lts-sp1/Dockerfile";
    const auto lint_of = [](const std::string& dockerfile) { return OnDisk(one("tensorflow", "2.19.0-oe2403sp1", "2.19.0/24.03-lts-sp1/Dockerfile", dockerfile)).lint().findings; };
    const std::string from = "FROM openeuler/openeuler:24.03-lts-sp1\nARG VERSION=2.19.0\n";
    const std::vector<Finding> findings = lint_of(from + "RUN dnf install -y python3-pip \\\n    && rm -rf /var/cache/dnf \\\n\nRUN pip3 install tensorflow==${VERSION}\n");
    EXPECT_EQ(told(findings), "catalog-invalid " + path + ":6 => && rm -rf /var/cache/dnf\n");
    EXPECT_EQ(findings.at(0).severity, Severity::error);
    EXPECT_EQ(findings.at(0).message, "This RUN is never carried out: line 4 ends with a continuation, and blank and comment lines do not end it, so this line becomes arguments of the RUN of line 3. Take the continuation away.");
    // What stands before the backslash is no whole command.
    EXPECT_EQ(told(lint_of(from + "RUN x && \\\n\nRUN pip3 install tensorflow==${VERSION}\n")), "catalog-invalid " + path + ":5\n");
    // The mended file would start from something else.
    EXPECT_EQ(told(lint_of(from + "RUN x ${VERSION} \\\n\nFROM rockylinux:9\n")), "catalog-invalid " + path + ":5\n");
}

struct HintCase {
    const char* name;
    const char* image;
    const char* tag;
    const char* dockerfile;
    const char* words;  // of the one `unproven` of severity info; empty: nothing is said
};
std::ostream& operator<<(std::ostream& out, const HintCase& c) { return out << c.name; }

class Hint : public testing::TestWithParam<HintCase> {};
TEST_P(Hint, IsInfoAndNoAccusation) {
    const HintCase& c = GetParam();
    const std::string tag = c.tag;
    const std::vector<Finding> findings = OnDisk(one(c.image, tag, tag.substr(0, tag.rfind('-')) + "/24.03-lts/Dockerfile", std::string("FROM openeuler/openeuler:24.03-lts\n") + c.dockerfile)).lint().findings;
    if (std::string(c.words).empty()) {
        EXPECT_EQ(told(findings), "");
        return;
    }
    ASSERT_EQ(findings.size(), 1U) << told(findings);
    EXPECT_EQ(findings[0].code, "unproven");
    EXPECT_EQ(findings[0].severity, Severity::info);
    EXPECT_TRUE(holds(findings[0], c.words)) << findings[0].message;
}
INSTANTIATE_TEST_SUITE_P(
    Versions, Hint,
    testing::Values(
        HintCase{"ArgumentOfAnotherForm", "seurat", "5.5.0-oe2403lts", "ARG VERSION=1.1\nRUN get pblat-${VERSION}\n", "builds VERSION 1.1 and names 5.5.0 nowhere. Whether that is the same version in another form was not judged."},
        HintCase{"ArgumentInOtherLetters", "postgres", "16.2-oe2403lts", "ARG VERSION=16_2\nRUN get REL_${VERSION}\n", ""},
        HintCase{"ArgumentIsACommit", "fs", "1.0.0-oe2403lts", "ARG VERSION=22fca04\nRUN git checkout ${VERSION}\n", ""},
        HintCase{"UnusedArgument", "libyuv", "1915-oe2403lts", "ARG VERSION=1915\nRUN git clone libyuv\n", "sets VERSION 1915, but no instruction uses it, and none names 1915"},
        HintCase{"UnusedArgumentOfAnotherVersion", "curve", "1.0.0-oe2403lts", "ARG VERSION=2.6.0-latest\nRUN make\n", "sets VERSION 2.6.0-latest, but no instruction uses it, and none names 1.0.0"},
        HintCase{"UnusedButNamed", "tomcat", "11.0.7-oe2403lts", "ARG VERSION=11.0.7\nRUN get tomcat-11.0.7.tar.gz\n", ""},
        HintCase{"UsedThroughAnother", "maca", "3.7-oe2403lts", "ARG SDK_VERSION=3.7.0.38\nENV SDK=maca-${SDK_VERSION}\nRUN get $SDK\n", ""},
        HintCase{"PassedOnAndUnused", "app", "3.7-oe2403lts", "ARG SDK_VERSION=3.7.0.38\nENV SDK_VERSION=${SDK_VERSION}\nRUN dnf install sdk\n", "sets SDK_VERSION 3.7.0.38"},
        HintCase{"OtherPythonInRun", "cann", "8.2.RC1-python3.11-oe2403lts", "RUN get cann-8.2.RC1 && get python/3.10.17/Python-3.10.17.tgz && ln -s /usr/local/python3.10.17/bin/pip3\n",
                 "claims Python 3.11; no base tells which it is, and the Dockerfile names Python 3.10.17 and 3.11 nowhere"},
        HintCase{"SamePythonInRun", "cann", "8.2.RC1-python3.11-oe2403lts", "RUN get cann-8.2.RC1 && get Python-3.11.4.tgz && pip3.11 install x\n", ""},
        HintCase{"PythonOfTheSystem", "cann", "8.2.RC1-python3.11-oe2403lts", "RUN get cann-8.2.RC1 && dnf install python3 python3-pip\n", ""},
        HintCase{"PythonWithoutPoint", "cann", "8.2.RC1-python3.11-oe2403lts", "RUN get cann-8.2.RC1 && dnf install python311 && get python-3.9\n", ""}),
    [](const testing::TestParamInfo<HintCase>& each) { return each.param.name; });

TEST(LintAdvice, AFileBesideTheDockerfileMayUseTheVariable) {
    Files files = one("boot", "3.4.4-oe2403lts", "3.4.4/24.03-lts/Dockerfile", "FROM openeuler/openeuler:24.03-lts\nARG VERSION=3.4.4\nENV BOOT_VERSION=${VERSION}\nCOPY pom.xml.in /\nRUN envsubst < pom.xml.in > pom.xml\n");
    EXPECT_EQ(told(OnDisk(files).lint().findings), "unproven S/boot/3.4.4/24.03-lts/Dockerfile:2\n");
    files["S/boot/3.4.4/24.03-lts/pom.xml.in"] = "<version>${BOOT_VERSION}</version>\n";
    EXPECT_EQ(told(OnDisk(files).lint().findings), "");
}

TEST(LintAdvice, ADistrofileOfAnotherNameIsTold) {
    Files files = one("distroless-jre", "21-oe2403lts", "21/24.03-lts/Distrofile", "name: distroless-python\nrelease: 24.03-LTS\n");
    const std::vector<Finding> findings = OnDisk(files).lint().findings;
    ASSERT_EQ(told(findings), "unproven S/distroless-jre/21/24.03-lts/Distrofile:1\n");
    EXPECT_EQ(findings[0].severity, Severity::info);
    EXPECT_EQ(findings[0].message, "The Distrofile of distroless-jre calls itself \"distroless-python\"; which of the two it makes was not judged.");
    files["S/distroless-jre/21/24.03-lts/Distrofile"] = "name: distroless-jre\nsummary: `x` of y\nrelease: 22.03-LTS\n";
    EXPECT_EQ(told(OnDisk(files).lint().findings), "unproven S/distroless-jre/21/24.03-lts/Distrofile:2\n") << "what stands behind a mistake is not read";
}

}  // namespace
}  // namespace veritag::catalog
