// Asking for reports as somebody does who pulls an image, and what is printed then.
#include "attach/verify.h"

#include "attach/output.h"
#include "memory_repository.h"
#include "samples.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace veritag::attach {
namespace {

using namespace test;

class Verify : public testing::Test {
protected:
    void SetUp() override {
        memory.keeps_lists = true;
        amd64 = memory.add_image('1');
        arm64 = memory.add_image('2');
        const std::string body = index_body(children = {child_of(amd64, "linux/amd64"), child_of(arm64, "linux/arm64")});
        index = sha256_of(body);
        memory.manifests[index] = memory.tags["8.0-oe2203sp4"] = {body, std::string(oci::media_type::kOciIndex)};
    }
    void attach(const Digest& subject, Verdict verdict, int seconds = 0) {
        Statement made = subject == index ? about_index(subject, children, seconds, verdict) : about(subject, seconds, verdict);
        if (subject == arm64) made.images[0].platform = "linux/arm64";
        push(made);
    }
    void push(const Statement& statement) {
        const auto answers = attach_all(memory, {statement}, now(), Limits{});
        ASSERT_TRUE(answers[0]) << answers[0].error().message();
    }
    static oci::Reference reference(const std::string& rest) { return *oci::parse_reference("hub.example/openeuler/cann" + rest); }
    std::vector<Verified> ask(const std::string& rest, const std::string& platform = "all", const std::string& name = "") {
        return verify(memory, {.reference = reference(rest), .name = name, .platform = *oci::parse_platform(platform), .now = now()}, Limits{});
    }
    Memory memory;
    Digest amd64, arm64, index;
    std::vector<oci::Descriptor> children;  // of the index
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
    const Reading reading{.now = about(index).judged + std::chrono::hours(50), .rules_digest = "sha256:rules"};
    const Result<std::string> table = write_verified(ask(":8.0-oe2203sp4"), "table", report::Language::en, reading);
    ASSERT_TRUE(table);
    for (const char* part : {"FAIL        hub.example/openeuler/cann:8.0-oe2203sp4\n", "2026-05-28T20:26:40Z, 2d ago, by veritag 1.2.3\n", "rules       sha256:rules, the same as here\n", "openeuler/cann:8.0-oe2203sp4 still leads to this image\n",
                             "error       sdk-mismatch: It is 8.1.\n", "Nobody signed these reports"})
        EXPECT_NE(table->find(part), std::string::npos) << part << "\n" << *table;
    const Result<std::string> chinese = write_verified(ask(":8.0-oe2203sp4"), "table", report::Language::zh, reading);
    ASSERT_TRUE(chinese);
    for (const char* part : {"不符", "，2 天前，veritag 1.2.3", "没有签名", "仍指向此镜像"}) EXPECT_NE(chinese->find(part), std::string::npos) << part << "\n" << *chinese;
    const Result<std::string> json = write_verified(ask(":8.0-oe2203sp4"), "json", report::Language::en, reading);
    ASSERT_TRUE(json);
    for (const char* part : {R"("signed": false)", R"("verdict": "fail")", R"("ageSeconds": 180000)", R"("tag": "same")", R"("same": true)"}) EXPECT_NE(json->find(part), std::string::npos) << part << "\n" << *json;
    const Result<std::string> chinese_json = write_verified(ask(":8.0-oe2203sp4"), "json", report::Language::zh, reading);
    ASSERT_TRUE(chinese_json);
    EXPECT_EQ(chinese_json->find(R"("message": "It is 8.1.")"), std::string::npos) << *chinese_json;
    std::vector<Verified> refused = ask(":8.0-oe2203sp4");
    refused[0].report.reset();
    refused[0].problems.emplace_back("the report cannot be taken");
    const Result<std::string> told = write_verified(refused, "table", report::Language::en, reading);
    EXPECT_NE(told->find("the report cannot be taken"), std::string::npos);
    EXPECT_EQ(told->find("is attached"), std::string::npos) << *told;
    const Result<std::string> others = write_verified(ask(":8.0-oe2203sp4"), "table", report::Language::en, {.now = reading.now, .rules_digest = "sha256:mine"});
    EXPECT_NE(others->find("rules       sha256:rules, other rules than here: sha256:mine\n"), std::string::npos) << *others;
    EXPECT_NE(write_verified(ask(":8.0-oe2203sp4"), "json", report::Language::en, {.now = reading.now, .rules_digest = "sha256:mine"})->find(R"("same": false)"), std::string::npos);
    EXPECT_EQ(write_verified({}, "poem", report::Language::en, reading).error().code, ErrorCode::usage);
}

TEST_F(Verify, HostileTextsDoNotReachTheTerminal) {
    Statement wild = about_index(index, children);
    wild.images[0].findings[0].message = "\x1b[2J\xE2\x80\xAE" + std::string("evil");
    wild.tool_version = "1\x1b]0;x";
    push(wild);
    const Result<std::string> table = write_verified(ask(":8.0-oe2203sp4"), "table", report::Language::en, {.now = wild.judged, .rules_digest = ""});
    ASSERT_TRUE(table);
    EXPECT_EQ(table->find('\x1b'), std::string::npos);
    EXPECT_EQ(table->find("\xE2\x80\xAE"), std::string::npos);
}

// ---- what a report says, held against what is there ----

TEST_F(Verify, AReportOnOtherOrFewerImagesIsNeverAPass) {
    const auto fewer = [&](Statement made) {
        made.images.pop_back();
        return made;
    };
    const oci::Descriptor stranger = child_of(digest_of('9'), "linux/amd64");
    struct Case {
        const char* what;
        Statement statement;
        std::string says;
    };
    const Case kCases[] = {
        {"an image of no index", about_index(index, {stranger}, 10, Verdict::pass), "it says nothing of " + amd64.str()},
        {"one of two", fewer(about_index(index, children, 20, Verdict::pass)), "it says nothing of " + arm64.str() + " (linux/arm64), which the index lists"},
        {"one too many", about_index(index, {children[0], children[1], stranger}, 30, Verdict::pass), "it speaks of " + digest_of('9').str() + " (linux/amd64), which the index does not list"},
        {"one twice", about_index(index, {children[0], children[0]}, 40, Verdict::pass), "it says nothing of " + arm64.str()},
        {"platforms the other way round", about_index(index, {child_of(amd64, "linux/arm64"), child_of(arm64, "linux/amd64")}, 50, Verdict::pass), "it says nothing of " + amd64.str()},
        {"the index itself", about(index, 60, Verdict::pass), "it says nothing of " + amd64.str()},
    };
    attach(index, Verdict::warn);
    std::size_t lies = 0;
    for (const Case& each : kCases) {
        push(each.statement);
        const auto answers = ask(":8.0-oe2203sp4");
        ASSERT_EQ(answers.size(), 1U) << each.what;
        ASSERT_EQ(answers[0].problems.size(), ++lies) << each.what;
        EXPECT_NE(answers[0].problems[0].find(each.says), std::string::npos) << each.what << ": " << answers[0].problems[0];
        EXPECT_EQ(answers[0].report->statement.verdict, Verdict::warn) << "the next older one counts";
        EXPECT_EQ(exit_status(answers), 3);
    }
}

TEST_F(Verify, AReportOnAnotherImageThanItsSubjectIsNeverAPass) {
    Statement lie = about(amd64, 0, Verdict::pass);
    lie.images[0].digest = arm64;
    push(lie);
    Statement two = about_index(amd64, children, 10, Verdict::pass);
    push(two);
    const auto answers = ask(":8.0-oe2203sp4", "linux/amd64");
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_FALSE(answers[0].report);
    ASSERT_EQ(answers[0].problems.size(), 2U);
    EXPECT_NE(answers[0].problems[0].find("it speaks of 2 images, and its subject is one"), std::string::npos) << answers[0].problems[0];
    EXPECT_NE(answers[0].problems[1].find("it speaks of " + arm64.str() + " (linux/amd64), which is not its subject"), std::string::npos) << answers[0].problems[1];
    EXPECT_EQ(exit_status(answers), 3);
}

// arm64/v8 is arm64; amd64 is not.
TEST_F(Verify, AManifestIsHeldAgainstThePlatformThatTheIndexListsItFor) {
    Statement made = about(arm64, 0, Verdict::pass);
    made.images[0].platform = "linux/arm64/v8";
    push(made);
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4", "linux/arm64")), 0);
    push(about(arm64, 10, Verdict::pass));  // linux/amd64
    const auto answers = ask(":8.0-oe2203sp4", "linux/arm64");
    ASSERT_EQ(answers[0].problems.size(), 1U);
    EXPECT_NE(answers[0].problems[0].find("and the index lists it for linux/arm64"), std::string::npos) << answers[0].problems[0];
    EXPECT_EQ(exit_status(answers), 3);
}

// Good reports of the platforms do not hide that something is wrong with the index's own.
TEST_F(Verify, WhatIsWrongWithTheIndexStaysToldBesideItsPlatforms) {
    push(about_index(index, {children[0]}, 0, Verdict::pass));
    attach(amd64, Verdict::pass);
    attach(arm64, Verdict::pass);
    const auto answers = ask(":8.0-oe2203sp4");
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0].subject, index);
    EXPECT_EQ(answers[0].problems.size(), 1U);
    EXPECT_TRUE(answers[1].report && answers[2].report);
    EXPECT_EQ(exit_status(answers), 3);
}

TEST_F(Verify, EntriesThatCannotBeReadKeepTheAnswerOpen) {
    attach(index, Verdict::pass);
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 0);
    memory.unreadable = {std::string(kArtifactType)};
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 3);
}

// What `attach` takes for no image is none here: attestations, which their platform or only their manifest shows, and artifacts.
class VerifyIndex : public Verify {
protected:
    // A manifest that is no image.
    Digest add_artifact() {
        const std::string body = oci::write_artifact({.type = "application/vnd.other", .subject = oci::describe(oci::media_type::kOciManifest, "x"), .layers = {}, .annotations = {}});
        memory.manifests[sha256_of(body)] = {body, std::string(oci::media_type::kOciManifest)};
        return sha256_of(body);
    }
    void tag(const std::vector<oci::Descriptor>& entries) {
        const std::string body = index_body(entries);
        index = sha256_of(body);
        memory.manifests[index] = memory.tags["8.0-oe2203sp4"] = {body, std::string(oci::media_type::kOciIndex)};
    }
};

TEST_F(VerifyIndex, WhatIsNoImageNeedsNoWord) {
    tag({children[0], child_of(digest_of('5'), "unknown/unknown"), child_of(add_artifact(), ""), children[1]});
    push(about_index(index, children, 0, Verdict::pass));
    const auto answers = ask(":8.0-oe2203sp4");
    EXPECT_EQ(exit_status(answers), 0) << (answers[0].problems.empty() ? "" : answers[0].problems[0]);
}

TEST_F(VerifyIndex, AnImageWithoutAPlatformNeedsOne) {
    const Digest third = memory.add_image('3');
    tag({child_of(third, ""), children[0]});
    push(about_index(index, {children[0]}, 0, Verdict::pass));
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 3);
    push(about_index(index, {child_of(third, ""), children[0]}, 10, Verdict::pass));
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 0);
}

TEST_F(VerifyIndex, OneThatIsNotThereNeedsOne) {
    tag({children[0], child_of(digest_of('8'), "linux/s390x")});
    push(about_index(index, {children[0]}, 0, Verdict::pass));
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 3);
}

TEST_F(VerifyIndex, OneManifestForTwoPlatformsIsSpokenOfTwice) {
    tag({child_of(amd64, "linux/amd64"), child_of(amd64, "linux/arm64")});
    push(about_index(index, {child_of(amd64, "linux/amd64")}, 0, Verdict::pass));
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 3);
    push(about_index(index, {child_of(amd64, "linux/amd64"), child_of(amd64, "linux/arm64")}, 10, Verdict::pass));
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 0);
}

TEST_F(VerifyIndex, ANestedIndexIsWhatItLists) {
    const std::string inner = index_body(children);
    memory.manifests[sha256_of(inner)] = {inner, std::string(oci::media_type::kOciIndex)};
    oci::Descriptor nested = child_of(sha256_of(inner), "");
    nested.media_type = oci::media_type::kOciIndex;
    const Digest third = memory.add_image('3');
    tag({nested, child_of(third, "linux/riscv64")});
    push(about_index(index, {nested, child_of(third, "linux/riscv64")}, 0, Verdict::pass));
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 3) << "the nested index is no image";
    push(about_index(index, {children[0], children[1], child_of(third, "linux/riscv64")}, 10, Verdict::pass));
    EXPECT_EQ(exit_status(ask(":8.0-oe2203sp4")), 0);
    attach(arm64, Verdict::pass);
    EXPECT_EQ(ask(":8.0-oe2203sp4", "linux/arm64").at(0).subject, arm64);
    Limits flat;
    flat.index_depth = 1;
    EXPECT_EQ(verify(memory, {.reference = reference(":8.0-oe2203sp4"), .name = "", .platform = {}, .now = now()}, flat).at(0).error->code, ErrorCode::over_limit);
}

TEST(AttachOutput, TellsEachOutcome) {
    const std::vector<AttachLine> lines{{.reference = "r/a:1", .subject = digest_of('a').str(), .platform = "linux/amd64", .verdict = Verdict::pass, .attached = Attached{false, digest_of('b'), false}},
                                        {.reference = "r/a:1", .subject = digest_of('c').str(), .platform = "", .verdict = Verdict::fail, .attached = Attached{true, digest_of('d'), true}},
                                        {.reference = "r/a:1", .subject = "", .platform = "linux/arm64", .skipped = "its layers were not read", .why = report::Text::layers_unread},
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
    const Result<std::string> chinese = write_attached(lines, "table", report::Language::zh);
    ASSERT_TRUE(chinese);
    for (const char* part : {"已附加      r/a:1  linux/amd64  通过\n", "，列在标签 sha256-", "无变化      r/a:1  全部平台  不符\n", "，由镜像仓库列出\n", "已跳过      r/a:1  linux/arm64\n              没有读取它的层\n", "未附加      r/a:1"})
        EXPECT_NE(chinese->find(part), std::string::npos) << part << "\n" << *chinese;
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
