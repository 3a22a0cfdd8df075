#include "report/difference.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <string>

namespace veritag::report {
namespace {

ImageReport image(const std::string& tag, Verdict verdict) {
    ImageReport result;
    result.reference = "h/a:" + tag;
    result.platform = "linux/arm64";
    result.verdict = verdict;
    if (verdict == Verdict::error) result.error = Error{ErrorCode::io, "fetch manifest", "h/a:" + tag, "HTTP 500", ""};
    if (verdict == Verdict::unknown) result.findings = {{.code = "unproven", .severity = Severity::warning, .message = "16 parts could not be read.", .evidence = {}}};
    if (verdict == Verdict::fail) result.findings = {{.code = "os-mismatch", .component = "openeuler", .claimed = "x", .observed = "y", .message = "wrong", .evidence = {}}};
    return result;
}

Report report(std::vector<ImageReport> images) {
    Report result;
    result.images = std::move(images);
    return result;
}

TEST(Difference, TellsOfImagesThatCannotBeReadOrJudgedAnyMore) {
    const Difference difference = compare(report({image("1", Verdict::fail), image("2", Verdict::pass), image("3", Verdict::pass), image("4", Verdict::error), image("5", Verdict::unknown)}),
                                          report({image("1", Verdict::error), image("2", Verdict::error), image("3", Verdict::unknown), image("4", Verdict::error), image("5", Verdict::unknown), image("6", Verdict::error)}));
    std::string told;
    for (const Unread& each : difference.unread) told += each.reference + " " + std::string(each.before ? to_string(*each.before) : "new") + " " + std::string(to_string(each.verdict)) + "; ";
    EXPECT_EQ(told, "h/a:1 fail error; h/a:2 pass error; h/a:6 new error; h/a:3 pass unknown; ") << "what was so before is no change";
    ASSERT_EQ(difference.not_seen.size(), 1U);
    EXPECT_TRUE(difference.mended.empty());

    const std::string text = *write_difference(difference, "table", {});
    EXPECT_NE(text.find("Could not be read or judged this time: 4\n  ERROR  h/a:1  linux/arm64  (was FAIL)\n      fetch manifest: h/a:1: HTTP 500\n"), std::string::npos) << text;
    EXPECT_NE(text.find("  UNKNOWN  h/a:3  linux/arm64  (was PASS)\n      16 parts could not be read.\n"), std::string::npos) << text;
    EXPECT_NE(write_difference(difference, "table", {.language = Language::zh})->find("本次无法读取或无法判定：4"), std::string::npos);

    rapidjson::Document root;
    const std::string json = *write_difference(difference, "json", {});
    root.Parse(json.data(), json.size());
    ASSERT_EQ(root["unread"].Size(), 4U);
    EXPECT_STREQ(root["unread"][0]["verdict"].GetString(), "error");
    EXPECT_STREQ(root["unread"][0]["before"].GetString(), "fail");
    EXPECT_FALSE(root["unread"][2].HasMember("before"));
    EXPECT_STREQ(root["unread"][3]["message"].GetString(), "16 parts could not be read.");
    EXPECT_EQ(root["unlisted"].Size(), 0U);
}

TEST(Difference, TellsOfTargetsThatWereNotListed) {
    Report later = report({image("1", Verdict::pass)});
    later.targets = {{.target = "h/a", .driver = "list", .notes = {}, .error = Error{ErrorCode::io, "list tags", "h/a", "HTTP 500", ""}}};
    const Difference difference = compare(report({image("1", Verdict::pass)}), later);
    EXPECT_NE(write_difference(difference, "table", {})->find("Could not be listed this time: 1\n  ERROR  h/a\n      list tags: h/a: HTTP 500\n"), std::string::npos);
    EXPECT_NE(write_difference(difference, "json", {})->find("\"target\": \"h/a\""), std::string::npos);
}

TEST(Difference, AsATableTellsSeverityAndWhatOnlyChanged) {
    ImageReport before = image("1", Verdict::fail), now = image("1", Verdict::fail);
    now.findings[0].observed = "z";
    now.findings[0].message = "wrong in another way";
    ImageReport fresh = image("2", Verdict::pass);
    fresh.findings = {{.code = "tag-form", .severity = Severity::warning, .component = "openeuler", .message = "odd", .evidence = {}}};
    const Difference difference = compare(report({before, image("2", Verdict::pass)}), report({now, fresh}));
    EXPECT_EQ(difference.fresh.size(), 2U) << "to programs it is new";
    EXPECT_EQ(*write_difference(difference, "table", {}),
              "New: 1\n  warning  tag-form  h/a:2  linux/arm64\n      odd\n"
              "Changed: 1\n  error  os-mismatch  h/a:1  linux/arm64\n      wrong in another way\n      before: os-mismatch: wrong\n"
              "Mended: 0\nAs before: 0\n");
}

TEST(Difference, OfAWaivedDoubtIsNone) {
    ImageReport waived = image("1", Verdict::unknown);
    waived.findings[0].waived = Waived{"r", "o", "2030-01-01"};
    EXPECT_TRUE(compare(report({image("1", Verdict::pass)}), report({waived})).unread.empty());
}

}  // namespace
}  // namespace veritag::report
