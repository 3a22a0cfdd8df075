#include "report/writers.h"

#include "base/text.h"
#include "sample.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {
namespace {

rapidjson::Document parsed(const Result<std::string>& text) {
    rapidjson::Document document;
    EXPECT_TRUE(text);
    if (text) document.Parse<rapidjson::kParseValidateEncodingFlag>(text->data(), text->size());
    EXPECT_FALSE(document.HasParseError());
    return document;
}

// Every member name of an object, in order.
std::string names(const rapidjson::Value& object) {
    std::vector<std::string> list;
    for (const auto& member : object.GetObject()) list.emplace_back(member.name.GetString());
    return join(list, " ");
}

TEST(JsonReport, HasTheMembersOfTheContract) {
    const rapidjson::Document root = parsed(write_report(sample_report(), "json", {.list_packages = true}));
    EXPECT_STREQ(root["schema"].GetString(), "veritag.report/1");
    EXPECT_EQ(names(root), "schema tool rules generated summary images skipped findings");
    EXPECT_EQ(names(root["tool"]), "name version");
    EXPECT_EQ(names(root["rules"]), "digest");
    EXPECT_EQ(names(root["summary"]), "images pass warn fail unknown error skipped bytesFetched layersAnalyzed layersReused");
    EXPECT_EQ(names(root["skipped"][0]), "reference digest reason");
    const rapidjson::Value& image = root["images"][2];
    EXPECT_EQ(names(image),
              "reference registry repository tag indexDigest digest platform verdict error grammar tier dev claims observed packages restoredLayers partialLayers packageList "
              "lineage findings buildSteps problems");
    EXPECT_EQ(names(image["claims"][0]), "component kind version from");
    EXPECT_EQ(names(image["observed"][0]), "component kind version proof evidence");
    EXPECT_EQ(names(image["observed"][0]["evidence"][0]), "source path layer diffId detail");
    EXPECT_EQ(names(image["packages"]), "rpm deb apk python conda");
    EXPECT_EQ(names(image["packageList"][0]), "type name version arch layer");
    EXPECT_EQ(names(image["lineage"][0]), "reference digest layers current");
    EXPECT_EQ(names(image["findings"][0]), "code severity component claimed observed message evidence suggestion");
    EXPECT_EQ(names(image["problems"][0]), "path message");
    EXPECT_EQ(names(root["images"][3]["error"]), "code message");
}

TEST(JsonReport, CountsVerdicts) {
    const rapidjson::Document root = parsed(write_report(sample_report(), "json", {}));
    const rapidjson::Value& summary = root["summary"];
    EXPECT_EQ(summary["images"].GetInt(), 6);
    EXPECT_EQ(summary["pass"].GetInt(), 2);
    EXPECT_EQ(summary["warn"].GetInt(), 1);
    EXPECT_EQ(summary["fail"].GetInt(), 1);
    EXPECT_EQ(summary["unknown"].GetInt(), 1);
    EXPECT_EQ(summary["error"].GetInt(), 1);
    EXPECT_EQ(summary["skipped"].GetInt(), 1);
    EXPECT_EQ(summary["bytesFetched"].GetInt64(), 123'456'789);
}

TEST(JsonReport, SaysNullForWhatIsNotThere) {
    const rapidjson::Document root = parsed(write_report(sample_report(), "json", {}));
    const rapidjson::Value& pass = root["images"][0];
    EXPECT_TRUE(pass["indexDigest"].IsNull());
    EXPECT_TRUE(pass["error"].IsNull());
    EXPECT_TRUE(pass["findings"][0]["observed"].IsNull());
    EXPECT_TRUE(pass["findings"][0]["suggestion"].IsNull());
    EXPECT_FALSE(pass.HasMember("packageList")) << "only with --list-packages";
    EXPECT_TRUE(root["images"][3]["tier"].IsNull());
    const rapidjson::Value& setting = root["images"][2]["observed"][2]["evidence"][0];
    EXPECT_TRUE(setting["layer"].IsNull());
    EXPECT_TRUE(setting["diffId"].IsNull());
    EXPECT_EQ(root["images"][2]["claims"][0]["from"], "repository");
    EXPECT_EQ(root["images"][2]["claims"][1]["from"], "tag");
}

TEST(JsonReport, ReplacesBytesThatAreNoUtf8) {
    const Result<std::string> text = write_report(sample_report(), "json", {});
    ASSERT_TRUE(text);
    EXPECT_TRUE(is_valid_utf8(*text));
    EXPECT_NE(text->find("bad\uFFFDbytes"), std::string::npos);
    EXPECT_EQ(text->find('\x1b'), std::string::npos);
}

TEST(JsonReport, OfNothingIsStillAReport) {
    const rapidjson::Document root = parsed(write_report({}, "json", {}));
    EXPECT_TRUE(root["images"].Empty());
    EXPECT_EQ(root["summary"]["images"].GetInt(), 0);
}

TEST(JsonReport, FindingsOfATreeAddFileLineAndMend) {
    const rapidjson::Document root = parsed(write_report(lint_report(), "json", {}));
    EXPECT_TRUE(root["images"].Empty());
    ASSERT_EQ(root["findings"].Size(), 6U);
    EXPECT_EQ(names(root["findings"][0]), "code severity component claimed observed message evidence suggestion file line mend");
    EXPECT_TRUE(root["findings"][0]["mend"].IsNull());
    EXPECT_EQ(names(root["findings"][1]["mend"]), "file line before after");
    EXPECT_EQ(root["summary"]["tags"].GetInt(), 5);
}

TEST(Sarif, IsNotSuccessfulWhereSomethingWasNotRead) {
    const rapidjson::Document unread = parsed(write_report(sample_report(), "sarif", {}));
    EXPECT_STREQ(unread["version"].GetString(), "2.1.0");
    const rapidjson::Value& invocation = unread["runs"][0]["invocations"][0];
    EXPECT_FALSE(invocation["executionSuccessful"].GetBool());
    EXPECT_EQ(invocation["toolExecutionNotifications"].Size(), 2U);
    const rapidjson::Document read = parsed(write_report(lint_report(), "sarif", {}));
    EXPECT_TRUE(read["runs"][0]["invocations"][0]["executionSuccessful"].GetBool());
    const rapidjson::Value& result = read["runs"][0]["results"][2];
    EXPECT_STREQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].GetString(), "AI/llm%20server/Dockerfile");
    EXPECT_EQ(result["locations"][0]["physicalLocation"]["region"]["startLine"].GetInt(), 7);
    const rapidjson::Document nothing = parsed(write_report({}, "sarif", {}));
    EXPECT_FALSE(nothing["runs"][0]["invocations"][0]["executionSuccessful"].GetBool()) << "nothing was judged";
}

TEST(Sarif, RulesSayMoreThanTheirIds) {
    const rapidjson::Document report = parsed(write_report(lint_report(), "sarif", {}));
    for (const rapidjson::Value& rule : report["runs"][0]["tool"]["driver"]["rules"].GetArray()) {
        const std::string id = rule["id"].GetString();
        EXPECT_EQ(names(rule), id == "unproven" ? "id shortDescription" : "id name shortDescription");
        EXPECT_NE(std::string(rule["shortDescription"]["text"].GetString()), id);
    }
    EXPECT_STREQ(report["runs"][0]["tool"]["driver"]["rules"][0]["name"].GetString(), "BaseFloating");
}

TEST(JsonExplanation, HasTheMembersOfTheContract) {
    const rapidjson::Document one = parsed(write_explanation({sample_explanation()}, "json", {}));
    EXPECT_EQ(names(one), "schema reference grammar tier dev claims findings expectedParents");
    EXPECT_STREQ(one["schema"].GetString(), "veritag.explain/1");
    EXPECT_EQ(names(one["expectedParents"][0]), "component version");
    const rapidjson::Document two = parsed(write_explanation({sample_explanation(), sample_explanation()}, "json", {}));
    ASSERT_TRUE(two.IsArray());
    EXPECT_EQ(two.Size(), 2U);
}

TEST(Formats, UnknownOnesNameTheNearest) {
    EXPECT_EQ(known_formats(), (std::vector<std::string>{"table", "json", "markdown", "html", "sarif", "junit", "csv", "dot", "cyclonedx", "spdx"}));
    const Result<std::string> text = write_report({}, "jsno", {});
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, ErrorCode::usage);
    EXPECT_EQ(text.error().message(), "read --format: \"jsno\" is unknown (known: table, json, markdown, html, sarif, junit, csv, dot, cyclonedx, spdx); did you mean \"json\"?");
    EXPECT_EQ(write_explanation({}, "xml-and-more", {}).error().hint, "");
}

TEST(Formats, ATagAloneIsNoImage) {
    EXPECT_EQ(explanation_formats(), (std::vector<std::string>{"table", "json"}));
    for (const char* format : {"sarif", "markdown", "html", "junit", "csv", "cyclonedx", "spdx"}) {
        const Result<std::string> text = write_explanation({sample_explanation()}, format, {});
        ASSERT_FALSE(text);
        EXPECT_EQ(text.error().code, ErrorCode::usage);
        EXPECT_EQ(text.error().message(), "read --format: \"" + std::string(format) + "\" is for images and trees, and a tag alone is neither; use table or json");
    }
}

TEST(Table, NeverLetsControlBytesThrough) {
    Report report = sample_report();
    const std::string evil = "a\x1b[2J\r\n\x07\xc2\x9b" "31m\u202e" "b";
    for (ImageReport& image : report.images) {
        image.reference = image.repository = image.tag = image.platform = image.grammar = evil;
        image.error = Error{ErrorCode::io, evil, evil, evil, evil};
        image.problems.push_back({.path = evil, .message = evil});
        image.observed.push_back({.component = evil, .kind = ComponentKind::os, .version = evil, .evidence = {}});
        image.package_list.push_back({.type = PackageType::deb, .name = evil, .version = evil, .arch = evil, .path = evil});
        image.findings.push_back({.code = evil, .component = evil, .claimed = evil, .observed = evil, .message = evil,
                                  .evidence = {{.source = EvidenceSource::label, .path = evil, .diff_id = evil, .detail = evil}}, .suggestion = evil});
    }
    report.skipped.push_back({.reference = evil, .digest = evil, .reason = evil});
    for (const Language language : {Language::en, Language::zh}) {
        const Result<std::string> text = write_report(report, "table", {.language = language, .list_packages = true});
        ASSERT_TRUE(text);
        for (const char* bad : {"\x1b", "\r", "\x07", "\xc2\x9b", "\u202e"}) EXPECT_EQ(text->find(bad), std::string::npos);
        EXPECT_NE(text->find("a\\x1b[2J\\x0d\\x0a\\x07\\xc2\\x9b31m\\u{202e}b"), std::string::npos);
    }
}

TEST(Table, SaysThatNothingWasJudged) {
    Report report;
    EXPECT_NE(write_report(report, "table", {})->find("No image was judged."), std::string::npos);
    EXPECT_NE(write_report(report, "table", {.language = Language::zh})->find("没有判定任何镜像。"), std::string::npos);
    EXPECT_NE(write_report(report, "table", {})->find("Coverage: 0 listed, 0 judged"), std::string::npos);
    // What an interrupted run did not come to was listed all the same.
    report.targets = {{.target = "r.example/openeuler", .driver = "catalog", .repositories = 1, .tags = 100}};
    report.images.resize(2);
    for (ImageReport& each : report.images) each.reference = "r.example/openeuler/cann:8.0";  // two platforms
    EXPECT_EQ(write_report(report, "table", {})->find("not reached"), std::string::npos);
    report.incomplete = {.state = "interrupted", .reason = "99 of 100 were not looked at"};
    EXPECT_NE(write_report(report, "table", {.width = 200})->find("Coverage: 101 listed, 0 judged (0 pass, 0 warn, 0 fail), 0 unknown, 2 unreadable, 0 skipped, 99 not reached; "), std::string::npos) << *write_report(report, "table", {});
    EXPECT_NE(write_report(report, "table", {.language = Language::zh, .width = 200})->find("跳过 0 个，未检查 99 个；"), std::string::npos);
}

TEST(Table, GivesOnePassingImageItsDetails) {
    Report report;
    report.images = {sample_report().images[0]};
    const Result<std::string> text = write_report(report, "table", {});
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("tag-short: \"8.0.RC1\" names no component; the repository does: it is read as"), std::string::npos) << *text;
}

TEST(Table, KeepsAPassWithProblemsOutOfTheShortLines) {
    Report report;
    report.images = {sample_report().images[0], sample_report().images[1], sample_report().images[0]};
    report.images[1].problems.push_back({.path = "var/lib/x", .message = "cut short"});
    const Result<std::string> text = write_report(report, "table", {});
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("var/lib/x: cut short"), std::string::npos) << *text;
}

}  // namespace
}  // namespace veritag::report
