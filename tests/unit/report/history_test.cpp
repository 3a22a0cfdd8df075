#include "report/history.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <chrono>
#include <string>

namespace veritag::report {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kStart = std::chrono::sys_days(2026y / 8 / 20);

Report report(const std::string& claimed_of_first, bool second) {
    Report result;
    const auto image = [&](const std::string& tag, const std::string& claimed) {
        ImageReport& each = result.images.emplace_back();
        each.reference = "h/a:" + tag;
        each.platform = "linux/arm64";
        if (!claimed.empty()) each.findings = {{.code = "os-mismatch", .component = "openeuler", .claimed = claimed, .observed = "sha256:" + claimed, .message = "m of " + claimed, .evidence = {}}};
    };
    image("1", claimed_of_first);
    image("2", second ? "y" : "");
    return result;
}

History three_audits() {
    HistoryBuilder builder({"h/a"});
    const Report first = report("x", false), second = report("x", true), third = report("", true);
    builder.add({3, kStart, "sha256:r", {1, 0, 1, 0, 0}}, &first);
    builder.add({5, kStart + std::chrono::days(1), "sha256:r", {0, 0, 2, 0, 0}}, &second);
    builder.add({9, kStart + std::chrono::days(2), "sha256:r", {1, 0, 1, 0, 0}}, &third);
    return builder.take();
}

TEST(History, KnowsSinceWhenAndUntilWhenAFindingWasThere) {
    const Result<std::string> text = write_history(three_audits(), "json", {});
    ASSERT_TRUE(text);
    rapidjson::Document root;
    root.Parse(text->data(), text->size());
    ASSERT_FALSE(root.HasParseError());
    EXPECT_STREQ(root["schema"].GetString(), "veritag.history/1");
    ASSERT_EQ(root["audits"].Size(), 3U);
    EXPECT_EQ(root["audits"][0]["audit"].GetInt(), 9) << "the newest first";
    EXPECT_EQ(root["audits"][1]["verdicts"]["fail"].GetInt(), 2);
    ASSERT_EQ(root["findings"].Size(), 2U);
    const auto& there = root["findings"][0];
    EXPECT_STREQ(there["reference"].GetString(), "h/a:2");
    EXPECT_EQ(there["firstSeen"]["audit"].GetInt(), 5);
    EXPECT_STREQ(there["firstSeen"]["time"].GetString(), "2026-08-21T00:00:00Z");
    EXPECT_EQ(there["lastSeen"]["audit"].GetInt(), 9);
    EXPECT_TRUE(there["present"].GetBool());
    EXPECT_STREQ(there["now"].GetString(), "present");
    const auto& gone = root["findings"][1];
    EXPECT_STREQ(gone["reference"].GetString(), "h/a:1");
    EXPECT_EQ(gone["firstSeen"]["audit"].GetInt(), 3);
    EXPECT_EQ(gone["lastSeen"]["audit"].GetInt(), 5);
    EXPECT_FALSE(gone["present"].GetBool());
    EXPECT_STREQ(gone["now"].GetString(), "gone");
}

TEST(History, DoesNotTakeForMendedWhatCouldNotBeRead) {
    HistoryBuilder builder({"h/a"});
    const Report first = report("x", true);
    Report second = report("", false);
    second.images[0].error = Error{ErrorCode::io, "fetch manifest", "h/a:1", "HTTP 500", ""};
    builder.add({1, kStart, "", {}}, &first);
    builder.add({2, kStart, "", {}}, &second);
    const Result<std::string> text = write_history(builder.take(), "json", {});
    ASSERT_TRUE(text);
    rapidjson::Document root;
    root.Parse(text->data(), text->size());
    ASSERT_EQ(root["findings"].Size(), 2U);
    EXPECT_STREQ(root["findings"][0]["reference"].GetString(), "h/a:1");
    EXPECT_FALSE(root["findings"][0]["present"].GetBool());
    EXPECT_STREQ(root["findings"][0]["now"].GetString(), "notSeen");
    EXPECT_STREQ(root["findings"][1]["now"].GetString(), "gone");
}

TEST(History, ShowsTheTrend) {
    const Result<std::string> text = write_history(three_audits(), "table", {});
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "h/a\n"
                     "audit  began                 PASS    WARN  FAIL    UNKNOWN  ERROR\n"
                     "9      2026-08-22T00:00:00Z  1 (+1)  0     1 (-1)  0        0\n"
                     "5      2026-08-21T00:00:00Z  0 (-1)  0     2 (+1)  0        0\n"
                     "3      2026-08-20T00:00:00Z  1       0     1       0        0\n");
    EXPECT_NE(write_history(three_audits(), "table", {.language = Language::zh})->find("审计  开始时间"), std::string::npos);
}

TEST(History, OfNothingSaysSo) {
    EXPECT_EQ(*write_history(HistoryBuilder({"h"}).take(), "table", {}), "h\nNo audit of it ended.\n");
    EXPECT_EQ(write_history({}, "html", {}).error().message(), "read --format: \"html\" does not show a history; use table or json");
}

TEST(History, WithoutReportsHasNumbersOnly) {
    HistoryBuilder builder({"h"});
    builder.add({1, kStart, "", {4, 3, 2, 1, 0}}, nullptr);
    const History history = builder.take();
    EXPECT_TRUE(history.findings.empty());
    EXPECT_NE(write_history(history, "table", {})->find("4     3     2     1        0"), std::string::npos) << *write_history(history, "table", {});
}

}  // namespace
}  // namespace veritag::report
