// Asking for reports as somebody does who pulls an image, and what is printed then.
#include "attach/verify.h"

#include "attach/output.h"
#include "memory_repository.h"
#include "samples.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::attach {
namespace {

using namespace test;

class Verify : public testing::Test {
protected:
    void SetUp() override {
        memory.keeps_lists = true;
        amd64 = memory.add_image('1');
        arm64 = memory.add_image('2');
        const auto child = [](const Digest& digest, const char* architecture) {
            return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + digest.str() + R"(","size":3,"platform":{"os":"linux","architecture":")" + architecture + "\"}}";
        };
        const std::string body = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + child(amd64, "amd64") + "," + child(arm64, "arm64") + "]}";
        index = sha256_of(body);
        memory.manifests[index] = memory.tags["8.0-oe2203sp4"] = {body, std::string(oci::media_type::kOciIndex)};
    }
    void attach(const Digest& subject, Verdict verdict, int seconds = 0) {
        const auto answers = attach_all(memory, {about(subject, seconds, verdict)}, Limits{});
        ASSERT_TRUE(answers[0]) << answers[0].error().message();
    }
    static oci::Reference reference(const std::string& rest) { return *oci::parse_reference("hub.example/openeuler/cann" + rest); }
    std::vector<Verified> ask(const std::string& rest, const std::string& platform = "all", const std::string& name = "") {
        return verify(memory, {.reference = reference(rest), .name = name, .platform = *oci::parse_platform(platform)}, Limits{});
    }
    Memory memory;
    Digest amd64, arm64, index;
};

TEST_F(Verify, AnIndexHasOneAnswer) {
    attach(index, Verdict::fail);
    attach(arm64, Verdict::pass);
    const auto answers = ask(":8.0-oe2203sp4");
    ASSERT_EQ(answers.size(), 1U);
    ASSERT_TRUE(answers[0].report);
    EXPECT_EQ(answers[0].subject, index);
    EXPECT_EQ(answers[0].report->statement.verdict, Verdict::fail);
    EXPECT_EQ(answers[0].tag, TagState::same);
    EXPECT_EQ(exit_status(answers), 1);
}

TEST_F(Verify, WithoutOneItsPlatformsAnswer) {
    attach(arm64, Verdict::pass);
    const auto answers = ask(":8.0-oe2203sp4");
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_FALSE(answers[0].report);
    EXPECT_EQ(answers[1].platform, "linux/arm64");
    EXPECT_TRUE(answers[1].report);
    EXPECT_EQ(answers[1].tag, TagState::same);
    EXPECT_EQ(exit_status(answers), 3) << "one of them says nothing";
}

TEST_F(Verify, APlatformThatIsAskedForAnswersAlone) {
    attach(index, Verdict::fail);
    attach(arm64, Verdict::pass);
    const auto answers = ask(":8.0-oe2203sp4", "linux/aarch64");
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].subject, arm64);
    EXPECT_EQ(exit_status(answers), 0);
    EXPECT_EQ(ask(":8.0-oe2203sp4", "linux/s390x").at(0).error->code, ErrorCode::not_found);
}

TEST_F(Verify, NoneIsSaidWithTheNamesThereAre) {
    attach(index, Verdict::pass);
    memory.tags["latest"] = memory.tags["8.0-oe2203sp4"];
    const auto answers = ask(":latest");
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_FALSE(answers[0].report);
    EXPECT_EQ(answers[0].other_names, (std::vector<std::string>{"openeuler/cann:8.0-oe2203sp4"}));
    EXPECT_EQ(exit_status(answers), 3);
    EXPECT_TRUE(ask(":latest", "all", "openeuler/cann:8.0-oe2203sp4").at(0).report);
}

TEST_F(Verify, ByDigestTheTagIsLookedAt) {
    attach(index, Verdict::pass);
    attach(amd64, Verdict::pass);
    EXPECT_EQ(ask("@" + index.str()).at(0).tag, TagState::same);
    EXPECT_EQ(ask("@" + amd64.str()).at(0).tag, TagState::same) << "the index that the tag leads to lists it";
    memory.tags["8.0-oe2203sp4"] = memory.manifests.at(arm64);
    EXPECT_EQ(ask("@" + index.str()).at(0).tag, TagState::moved);
    memory.tags.clear();
    EXPECT_EQ(ask("@" + index.str()).at(0).tag, TagState::gone);
}

TEST_F(Verify, AnImageThatIsNotThereIsAnError) {
    EXPECT_EQ(ask(":nowhere").at(0).error->code, ErrorCode::not_found);
    EXPECT_EQ(exit_status(ask(":nowhere")), 3);
    EXPECT_EQ(exit_status({}), 3);
}

TEST_F(Verify, StatusesFollowTheVerdicts) {
    int seconds = 0;
    for (const auto& [verdict, status] : {std::pair{Verdict::pass, 0}, std::pair{Verdict::warn, 0}, std::pair{Verdict::fail, 1}, std::pair{Verdict::unknown, 3}}) {
        attach(index, verdict, seconds += 10);
        EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), status) << to_string(verdict);
    }
    std::vector<Verified> answers = ask(":8.0-oe2203sp4");
    answers[0].report->statement.verdict = Verdict::pass;
    EXPECT_EQ(exit_status(answers), 0);
    answers[0].problems.emplace_back("one that is newer");
    EXPECT_EQ(exit_status(answers), 3);
}

TEST_F(Verify, TheTableSaysAllAndThatNobodySigned) {
    attach(index, Verdict::fail);
    const auto later = about(index).judged + std::chrono::hours(50);
    const Result<std::string> table = write_verified(ask(":8.0-oe2203sp4"), "table", report::Language::en, later);
    ASSERT_TRUE(table);
    for (const char* part : {"FAIL        hub.example/openeuler/cann:8.0-oe2203sp4\n", "2026-05-28T20:26:40Z, 2d ago, by veritag 1.2.3\n", "rules       sha256:rules\n", "openeuler/cann:8.0-oe2203sp4 still leads to this image\n",
                             "sdk-mismatch: It is 8.1.\n", "Nobody signed these reports"})
        EXPECT_NE(table->find(part), std::string::npos) << part << "\n" << *table;
    const Result<std::string> chinese = write_verified(ask(":8.0-oe2203sp4"), "table", report::Language::zh, later);
    ASSERT_TRUE(chinese);
    for (const char* part : {"不符", "没有签名", "仍指向此镜像"}) EXPECT_NE(chinese->find(part), std::string::npos) << part << "\n" << *chinese;
    const Result<std::string> json = write_verified(ask(":8.0-oe2203sp4"), "json", report::Language::en, later);
    ASSERT_TRUE(json);
    for (const char* part : {R"("signed": false)", R"("verdict": "fail")", R"("ageSeconds": 180000)", R"("tag": "same")"}) EXPECT_NE(json->find(part), std::string::npos) << part << "\n" << *json;
    EXPECT_EQ(write_verified({}, "poem", report::Language::en, later).error().code, ErrorCode::usage);
}

TEST_F(Verify, HostileTextsDoNotReachTheTerminal) {
    Statement wild = about(index);
    wild.images[0].findings[0].message = "\x1b[2J\xE2\x80\xAE" + std::string("evil");
    wild.tool_version = "1\x1b]0;x";
    ASSERT_TRUE(attach_all(memory, {wild}, Limits{})[0]);
    const Result<std::string> table = write_verified(ask(":8.0-oe2203sp4"), "table", report::Language::en, wild.judged);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->find('\x1b'), std::string::npos);
    EXPECT_EQ(table->find("\xE2\x80\xAE"), std::string::npos);
}

TEST(AttachOutput, TellsEachOutcome) {
    const std::vector<AttachLine> lines{{.reference = "r/a:1", .subject = digest_of('a').str(), .platform = "linux/amd64", .verdict = Verdict::pass, .attached = Attached{false, digest_of('b'), false}},
                                        {.reference = "r/a:1", .subject = digest_of('c').str(), .platform = "", .verdict = Verdict::fail, .attached = Attached{true, digest_of('d'), true}},
                                        {.reference = "r/a:1", .subject = "", .platform = "linux/arm64", .skipped = "its layers were not read"},
                                        {.reference = "r/a:1", .subject = "", .platform = "", .error = Error{ErrorCode::auth, "push blob", "x", "HTTP 403", "the login may not push"}}};
    const Result<std::string> table = write_attached(lines, "table", report::Language::en);
    ASSERT_TRUE(table);
    EXPECT_EQ(*table, "attached    r/a:1  linux/amd64  PASS\n  subject     " + digest_of('a').str() + "\n  report      " + digest_of('b').str() + ", listed behind the tag sha256-" + std::string(64, 'a') +
                          "\nunchanged   r/a:1  all platforms  FAIL\n  subject     " + digest_of('c').str() + "\n  report      " + digest_of('d').str() +
                          ", listed by the registry\nskipped     r/a:1  linux/arm64\n              its layers were not read\nfailed      r/a:1  all platforms\n              push blob: x: HTTP 403; the login may not push\n");
    const Result<std::string> json = write_attached(lines, "json", report::Language::en);
    ASSERT_TRUE(json);
    for (const char* part : {R"("outcome": "attached")", R"("outcome": "unchanged")", R"("outcome": "skipped")", R"("outcome": "failed")", R"("listedBy": "tag")", R"("listedBy": "registry")"})
        EXPECT_NE(json->find(part), std::string::npos) << part;
    EXPECT_TRUE(write_attached(lines, "table", report::Language::zh)->starts_with("已附加"));
    EXPECT_FALSE(write_attached(lines, "sarif", report::Language::en));
}

TEST(AttachOutput, StatementsAreOneObjectOrAList) {
    const Result<std::string> one = write_statements({statement()}, Limits{}), none = write_statements({}, Limits{}), two = write_statements({statement(), statement()}, Limits{});
    ASSERT_TRUE(one && none && two);
    EXPECT_TRUE(one->starts_with("{") && one->ends_with("}\n"));
    EXPECT_EQ(*none, "[]\n");
    EXPECT_TRUE(two->starts_with("[\n{") && two->ends_with("}\n]\n"));
}

}  // namespace
}  // namespace veritag::attach
