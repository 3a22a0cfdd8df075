// What is said of an image, written and read back.
#include "attach/statement.h"

#include "samples.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace veritag::attach {
namespace {

using namespace test;

std::string text_of(const Statement& statement) {
    const Result<std::string> text = write_statement(statement, Limits{});
    EXPECT_TRUE(text) << text.error().message();
    return text ? *text : "";
}

std::string replaced(std::string text, const std::string& before, const std::string& after) {
    const std::size_t at = text.find(before);
    EXPECT_NE(at, std::string::npos) << before;
    return at == std::string::npos ? text : text.replace(at, before.size(), after);
}

TEST(StatementsOf, AnIndexAreItsPlatformsAndItself) {
    const Statements made = statements_of(judged(), judging());
    ASSERT_EQ(made.all.size(), 3U);
    EXPECT_TRUE(made.left_out.empty());
    EXPECT_EQ(made.all[0].subject, digest_of('a'));
    EXPECT_EQ(made.all[0].verdict, Verdict::fail);
    EXPECT_EQ(made.all[1].subject, digest_of('b'));
    EXPECT_EQ(made.all[1].verdict, Verdict::pass);
    EXPECT_EQ(made.all[2].subject, digest_of('f'));
    EXPECT_EQ(made.all[2].verdict, Verdict::fail) << "the worst of its images";
    EXPECT_EQ(made.all[2].images.size(), 2U);
    EXPECT_EQ(made.all[2].name(), "openeuler/cann:8.0-oe2203sp4");
}

TEST(StatementsOf, WhatCouldNotBeReadIsNotSpokenOf) {
    JudgedReference half = judged();
    half.images[1].error = Error{ErrorCode::network, "read layer", "x", "cut", ""};
    const Statements made = statements_of(half, judging());
    ASSERT_EQ(made.all.size(), 1U);
    EXPECT_EQ(made.all[0].subject, digest_of('a'));
    ASSERT_EQ(made.left_out.size(), 2U);
    EXPECT_EQ(made.left_out[0].reason, "read layer: x: cut");
    EXPECT_FALSE(made.left_out[0].why);
    EXPECT_EQ(made.left_out[1].digest, digest_of('f').str());
    EXPECT_EQ(made.left_out[1].why, report::Text::platforms_unread);
}

TEST(StatementsOf, APartOfAnIndexSaysNothingOfTheWhole) {
    Judging some = judging();
    some.every_platform = false;
    EXPECT_EQ(statements_of(judged(), some).all.size(), 2U);
}

TEST(StatementsOf, OneManifestListedTwiceIsOneSubject) {
    JudgedReference twice = judged();
    twice.images[1].digest = twice.images[0].digest;
    const Statements made = statements_of(twice, judging());
    ASSERT_EQ(made.all.size(), 2U);
    EXPECT_EQ(made.all[1].images.size(), 2U);
}

TEST(StatementsOf, ConfigsAloneProveNothing) {
    JudgedReference configs = judged();
    for (ImageReport& image : configs.images) image.configs_only = true;
    EXPECT_TRUE(statements_of(configs, judging()).all.empty());
}

TEST(StatementsOf, ThatATagMovedIsNoPropertyOfTheImage) {
    JudgedReference moved = judged();
    moved.images[1].findings.push_back({.code = "tag-moved", .severity = Severity::info, .component = "", .claimed = {}, .observed = {}, .message = "", .evidence = {}, .suggestion = {}});
    EXPECT_TRUE(says_the_same(statements_of(moved, judging()).all[1], statements_of(judged(), judging()).all[1]));
}

TEST(WriteStatement, GoesBothWays) {
    for (const Statement& each : statements_of(judged(), judging()).all) {
        const std::string text = text_of(each);
        EXPECT_EQ(text, text_of(each));
        const Result<Statement> read = parse_statement(text, Limits{});
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_TRUE(says_the_same(*read, each));
        EXPECT_EQ(read->judged, each.judged);
        EXPECT_EQ(read->tool_version, "1.2.3");
        EXPECT_EQ(read->images[0].claims, each.images[0].claims);
        EXPECT_EQ(read->images[0].observed.at(0).version, "8.1");
        EXPECT_EQ(text_of(*read), text) << "nothing is lost";
        EXPECT_EQ(text.find("usr/x"), std::string::npos) << "evidence stays out";
    }
}

TEST(WriteStatement, HostileTextsAreCutAndMadeValid) {
    Statement wild = statement();
    wild.images[0].observed[0].version = "\xFF\x01\"" + std::string(100'000, 'x') + "€";
    wild.images[0].findings[0].message = std::string(4095, 'm') + "€€";
    const std::string text = text_of(wild);
    EXPECT_LT(text.size(), 12'000U);
    const Result<Statement> read = parse_statement(text, Limits{});
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_TRUE(read->images[0].observed[0].version.starts_with("\xEF\xBF\xBD\x01\"xxx"));
    EXPECT_EQ(read->images[0].findings[0].message, std::string(4095, 'm') + "…");
}

TEST(WriteStatement, TooMuchIsALimit) {
    Statement large = statement();
    for (int i = 0; i < 1000; ++i) large.images[0].findings.push_back({.code = "x", .severity = Severity::info, .component = std::string(4000, 'c'), .claimed = {}, .observed = {}, .message = "", .evidence = {}, .suggestion = {}});
    const Result<std::string> text = write_statement(large, Limits{});
    ASSERT_FALSE(text);
    EXPECT_NE(text.error().message().find("limits.statement_bytes"), std::string::npos) << text.error().message();
}

struct Change {
    const char* name;
    const char* before;
    const char* after;
    const char* says;
};
class ParseStatement : public testing::TestWithParam<Change> {};

TEST_P(ParseStatement, RefusesWhatIsWrong) {
    const Result<Statement> read = parse_statement(replaced(text_of(statement()), GetParam().before, GetParam().after), Limits{});
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message().find(GetParam().says), std::string::npos) << read.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Changes, ParseStatement,
    testing::Values(Change{"OtherType", "https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1", "_type"}, Change{"OtherPredicate", "urn:veritag:report:v1", "urn:veritag:report:v2", "predicateType"},
                    Change{"NoSubject", R"("subject": [)", R"("subjects": [)", "subject: missing"}, Change{"SubjectIsText", R"("sha256": "aaaa)", R"("sha256": "AAAA)", "subject[0].digest"},
                    Change{"OtherAlgorithm", R"("sha256": ")", R"("md5": ")", "names no sha256"}, Change{"BadVerdict", R"("verdict": "fail")", R"("verdict": "fine")", "\"fine\" is not known"},
                    Change{"Belied", R"("verdict": "fail")", R"("verdict": "pass")", "the worst of its images is fail"}, Change{"BadTime", "\"judged\": \"2026-", "\"judged\": \"yesterday-", "no time of RFC 3339"},
                    Change{"NoRules", R"("rules")", R"("ruled")", "predicate.rules: missing"}, Change{"BadSeverity", R"("severity": "error")", R"("severity": "fatal")", "predicate.images[0].findings[0].severity"},
                    Change{"BadKind", R"("kind": "sdk")", R"("kind": "toy")", "predicate.images[0].claims[0].kind"}, Change{"ProofIsText", R"("proof": true)", R"("proof": "yes")", "predicate.images[0].observed[0].proof"},
                    Change{"NoImages", R"("images": [)", R"("images": [], "others": [)", "there is none"}, Change{"Twice", R"("tag": )", R"("Tag": "x", "tag": )", "is there twice"},
                    Change{"NullList", R"("claims": [)", R"("claims": null, "claimed": [)", "predicate.images[0].claims: is null"}),
    [](const testing::TestParamInfo<Change>& each) { return each.param.name; });

// A verdict is what its findings say. An image that could not be read is not spoken of, so none has that verdict.
TEST(ParseStatement, AnImagesVerdictIsThatOfItsFindings) {
    constexpr std::array kAll{Verdict::pass, Verdict::warn, Verdict::fail, Verdict::unknown, Verdict::error};
    for (const Verdict deserved : kAll)
        for (const Verdict said : kAll) {
            if (deserved == Verdict::error) continue;
            Statement made = statement(0, deserved);
            made.verdict = made.images[0].verdict = said;
            const Result<Statement> read = parse_statement(text_of(made), Limits{});
            ASSERT_EQ(read.has_value(), said == deserved) << to_string(said) << " for " << to_string(deserved);
            if (read) continue;
            const std::string words = "predicate.images[0].verdict: " + std::string(to_string(said)) + ", but its findings say " + std::string(to_string(deserved));
            EXPECT_NE(read.error().message().find(words), std::string::npos) << read.error().message();
            EXPECT_EQ(read.error().code, ErrorCode::malformed);
        }
}

TEST(ParseStatement, TwoSubjectsAreNoneOfOurs) {
    const std::string digest = R"({"name": "x", "digest": {"sha256": ")" + std::string(64, 'c') + "\"}}, ";
    EXPECT_FALSE(parse_statement(replaced(text_of(statement()), R"("subject": [)", R"("subject": [)" + digest), Limits{}));
}

TEST(ParseStatement, UnknownMembersArePassedOver) {
    const Result<Statement> read = parse_statement(replaced(text_of(statement()), R"("tag": )", R"("later": {"x": [1]}, "tag": )"), Limits{});
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_TRUE(says_the_same(*read, statement()));
}

TEST(ParseStatement, EveryPrefixFailsCleanly) {
    const std::string whole = text_of(statements_of(judged(), judging()).all[2]);
    const std::size_t end = whole.rfind('}');
    for (std::size_t size = 0; size <= end; ++size) {
        const Result<Statement> read = parse_statement(std::string_view(whole).substr(0, size), Limits{});
        ASSERT_FALSE(read) << size;
        EXPECT_FALSE(read.error().message().empty());
    }
}

TEST(ParseStatement, LimitsAreNamed) {
    Limits limits;
    limits.statement_bytes = 100;
    EXPECT_NE(parse_statement(text_of(statement()), limits).error().message().find("limits.statement_bytes"), std::string::npos);
    EXPECT_EQ(parse_statement(std::string(200, '['), Limits{}).error().code, ErrorCode::over_limit);
}

TEST(SaysTheSame, WhoAndWhenDoNotCount) {
    Statement other = statement(1000);
    other.tool_version = "9";
    EXPECT_TRUE(says_the_same(statement(), other));
}

TEST(SaysTheSame, EverythingElseDoes) {
    const auto differs = [](auto change) {
        Statement other = statement();
        change(other);
        return !says_the_same(statement(), other);
    };
    EXPECT_TRUE(differs([](Statement& s) { s.subject = digest_of('e'); }));
    EXPECT_TRUE(differs([](Statement& s) { s.rules_digest = "x"; }));
    EXPECT_TRUE(differs([](Statement& s) { s.tag = "x"; }));
    EXPECT_TRUE(differs([](Statement& s) { s.repository = "x"; }));
    EXPECT_TRUE(differs([](Statement& s) { s.verdict = Verdict::warn; }));
    EXPECT_TRUE(differs([](Statement& s) { s.images[0].findings[0].observed = "x"; }));
    EXPECT_TRUE(differs([](Statement& s) { s.images[0].findings.clear(); }));
    EXPECT_TRUE(differs([](Statement& s) { s.images.clear(); }));
}

}  // namespace
}  // namespace veritag::attach
