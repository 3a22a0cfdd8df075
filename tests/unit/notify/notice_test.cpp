#include "notices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace veritag::notify {
namespace {

Report report_of(std::vector<ImageReport> images) {
    Report report;
    report.images = std::move(images);
    return report;
}

std::optional<Notice> between(const Report& earlier, const Report& later, const NoticeOrigin& origin) { return notice_from(report::compare(earlier, later), origin); }

using Names = std::vector<std::string>;

TEST(NoticeFrom, NothingToTell) {
    const Report same = report_of({image_of("q/a:1", {os_lie()}), image_of("q/b:1", {})});
    EXPECT_FALSE(between(same, same, origin_of("1")));
    EXPECT_FALSE(between({}, {}, origin_of("1")));
    EXPECT_FALSE(between({}, report_of({image_of("q/a:1", {finding_of("tag-short", Severity::info, "1", "1")})}), origin_of("1")));
}

TEST(NoticeFrom, GroupsByCauseWorstFirst) {
    const Report later = report_of({image_of("q/b:1", {old_parent()}), image_of("q/a:2", {os_lie(), old_parent()}), image_of("q/a:1", {os_lie()}), image_of("q/a:1", {os_lie()}, "linux/amd64"),
                                    image_of("q/c:1", {old_parent(), finding_of("os-mismatch", Severity::error, "24.03-LTS", "22.03-LTS-SP4")})});
    NoticeOrigin origin = origin_of("7");
    origin.first_look = true;
    origin.counts = count_verdicts(later.images);
    const auto notice = between({}, later, origin);
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->target, "quay.io/openeuler");
    EXPECT_EQ(notice->run, "7");
    EXPECT_EQ(notice->first_run, "7");
    EXPECT_TRUE(notice->first_look);
    EXPECT_EQ(notice->counts, (VerdictCounts{0, 1, 4, 0, 0}));
    ASSERT_EQ(notice->causes.size(), 3U);
    EXPECT_EQ(notice->causes[0].fresh, (Names{"q/a:1", "q/a:2"}));
    EXPECT_EQ(notice->causes[0].example.code, "os-mismatch");
    EXPECT_EQ(notice->causes[1].fresh, (Names{"q/c:1"}));
    EXPECT_EQ(notice->causes[2].fresh, (Names{"q/a:2", "q/b:1", "q/c:1"}));
    EXPECT_EQ(notice->causes[2].example.code, "parent-stale");
    for (const CauseChange& each : notice->causes) EXPECT_TRUE(each.mended.empty() && each.remaining.empty() && each.id.size() == 16);
    EXPECT_NE(notice->causes[0].id, notice->causes[1].id);
}

TEST(NoticeFrom, TellsFreshMendedAndRemainingApart) {
    const Report before = report_of({image_of("q/a:1", {os_lie()}), image_of("q/a:2", {os_lie()}), image_of("q/a:3", {os_lie()})});
    ImageReport unread = image_of("q/a:3", {});
    unread.error = Error{ErrorCode::network, "fetch", "", "", ""};
    const Report after = report_of({image_of("q/a:1", {}), image_of("q/a:2", {os_lie()}), unread, image_of("q/a:4", {os_lie()})});
    const auto notice = between(before, after, origin_of("8"));
    ASSERT_TRUE(notice);
    ASSERT_EQ(notice->causes.size(), 1U);
    EXPECT_EQ(notice->causes[0].fresh, (Names{"q/a:4"}));
    EXPECT_EQ(notice->causes[0].mended, (Names{"q/a:1"}));
    EXPECT_EQ(notice->causes[0].remaining, (Names{"q/a:2", "q/a:3"}));  // unread is not mended
    EXPECT_EQ(notice->causes[0].example_reference, "q/a:4");
}

TEST(NoticeFrom, WhatIsGoneIsMended) {
    const Report before = report_of({image_of("q/a:1", {os_lie()}), image_of("q/a:2", {os_lie()})});
    const Report after = report_of({image_of("q/a:2", {os_lie()})});
    EXPECT_FALSE(between(before, after, origin_of("8")));  // not looked at
    NoticeOrigin origin = origin_of("8");
    origin.gone = {"q/a:1"};
    const auto notice = between(before, after, origin);
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->causes[0].mended, (Names{"q/a:1"}));
    EXPECT_EQ(notice->causes[0].remaining, (Names{"q/a:2"}));
}

TEST(NoticeFrom, OnePlatformIsEnoughToHaveACause) {
    const Report before = report_of({image_of("q/a:1", {os_lie()}, "linux/arm64"), image_of("q/a:1", {os_lie()}, "linux/amd64")});
    const Report half = report_of({image_of("q/a:1", {os_lie()}, "linux/arm64"), image_of("q/a:1", {}, "linux/amd64")});
    EXPECT_FALSE(between(before, half, origin_of("8")));
    EXPECT_FALSE(between(half, before, origin_of("8")));
}

TEST(NoticeFrom, IdsHangOnTargetCodeAndContentAlone) {
    const auto id_of = [](Finding finding, const std::string& target = "t", const std::string& reference = "q/a:1") {
        NoticeOrigin origin = origin_of("1");
        origin.target = target;
        return between({}, report_of({image_of(reference, {std::move(finding)})}), origin)->causes.at(0).id;
    };
    const std::string id = id_of(os_lie());
    Finding other = os_lie();
    other.message = "In other words.";
    other.evidence.clear();
    other.severity = Severity::warning;
    EXPECT_EQ(id_of(other, "t", "q/b:9"), id);
    EXPECT_NE(id_of(os_lie(), "u"), id);
    other = os_lie();
    other.claimed = "20.03-LTS";
    EXPECT_NE(id_of(other), id);
    // Digests are other ones with every build.
    EXPECT_EQ(id_of(finding_of("alias-stale", Severity::warning, "sha256:aa", "sha256:bb")), id_of(finding_of("alias-stale", Severity::warning, "sha256:cc", "sha256:dd")));
}

TEST(NoticeFrom, FindingsOfNoImageStandUnderTheirFileOrName) {
    Report later;
    Finding of_file = finding_of("path-mismatch", Severity::error, "1", "2");
    of_file.file = "AI/meta.yml";
    later.findings = {of_file, finding_of("catalog-unpublished", Severity::warning, "openeuler/a:1", ""), finding_of("catalog-unpublished", Severity::warning, "openeuler/b:1", "")};
    const auto notice = between({}, later, origin_of("1"));
    ASSERT_TRUE(notice);
    ASSERT_EQ(notice->causes.size(), 2U);
    EXPECT_EQ(notice->causes[0].fresh, (Names{"AI/meta.yml"}));
    EXPECT_EQ(notice->causes[1].fresh, (Names{"openeuler/a:1", "openeuler/b:1"}));
}

struct FilterCase {
    const char* name;
    NoticeFilter filter;
    const char* codes;  // that pass, joined
};
void PrintTo(const FilterCase& c, std::ostream* out) { *out << c.name; }
class Filters : public testing::TestWithParam<FilterCase> {};
TEST_P(Filters, LetPass) {
    const auto notice = between({}, report_of({image_of("q/a:1", {os_lie(), old_parent()})}), origin_of("1"));
    ASSERT_TRUE(notice);
    const auto part = filtered(*notice, GetParam().filter);
    std::string codes;
    if (part)
        for (const CauseChange& each : part->causes) codes += each.example.code + " ";
    EXPECT_EQ(codes, GetParam().codes);
}
INSTANTIATE_TEST_SUITE_P(Table, Filters,
                         testing::Values(FilterCase{"All", {}, "os-mismatch parent-stale "}, FilterCase{"Errors", {.least = Severity::error}, "os-mismatch "},
                                         FilterCase{"Target", {.targets = {"hub.example/**", "quay.io/**"}}, "os-mismatch parent-stale "},
                                         FilterCase{"OneSegment", {.targets = {"quay.io/*"}}, "os-mismatch parent-stale "}, FilterCase{"OtherTarget", {.targets = {"hub.example/**"}}, ""},
                                         FilterCase{"Code", {.codes = {"parent-*"}}, "parent-stale "}, FilterCase{"Codes", {.codes = {"sdk-*", "os-mismatch"}}, "os-mismatch "},
                                         FilterCase{"CodeAndSeverity", {.least = Severity::error, .codes = {"parent-*"}}, ""}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(Merged, WhatCameAndWentIsNotTold) {
    const Notice first = notice_of("1", {change_of("a", {"x", "y"}, {}), change_of("b", {}, {"z"})});
    Notice second = notice_of("2", {change_of("a", {}, {"x", "y"}), change_of("b", {"z"}, {})}, kNoon + std::chrono::hours{1});
    EXPECT_FALSE(merged(first, second));
    second.causes.pop_back();
    const auto both = merged(first, second);
    ASSERT_TRUE(both);
    ASSERT_EQ(both->causes.size(), 1U);
    EXPECT_EQ(both->causes[0].id, "b");
    EXPECT_EQ(both->run, "2");
    EXPECT_EQ(both->first_run, "1");
    EXPECT_EQ(both->when, second.when);
}

// A run sees some images in some state. Two notices merged must be the one that would have come of the first and the last run.
TEST(Merged, IsTheDifferenceOfTheFirstAndTheLastRun) {
    std::mt19937 random(20261126);
    const std::vector<Finding> possible{os_lie(), old_parent(), finding_of("os-mismatch", Severity::error, "24.03-LTS", "22.03-LTS")};
    const auto state = [&] {
        Report report;
        for (int image = 0; image < 5; ++image) {
            std::vector<Finding> findings;
            for (const Finding& each : possible)
                if (random() % 3 == 0) findings.push_back(each);
            report.images.push_back(image_of("q/a:" + std::to_string(image), findings));
        }
        return report;
    };
    int compared = 0;
    for (int round = 0; round < 2000; ++round) {
        const std::vector<Report> runs{state(), state(), state(), state()};
        std::optional<Notice> waiting;
        for (std::size_t i = 1; i < runs.size(); ++i) {
            const auto next = between(runs[i - 1], runs[i], origin_of(std::to_string(i)));
            waiting = waiting && next ? merged(*waiting, *next) : (next ? next : waiting);
        }
        const auto direct = between(runs.front(), runs.back(), origin_of("3"));
        ASSERT_EQ(waiting.has_value(), direct.has_value()) << round;
        if (!direct) continue;
        const auto text = [](const Notice& notice) {
            std::string all;
            for (const CauseChange& each : notice.causes) {
                all += each.id + " fresh";
                for (const std::string& name : each.fresh) all += " " + name;
                all += " mended";
                for (const std::string& name : each.mended) all += " " + name;
                all += " remaining";
                for (const std::string& name : each.remaining) all += " " + name;
                all += "\n";
            }
            return all;
        };
        ASSERT_EQ(text(*waiting), text(*direct)) << round;
        ++compared;
    }
    EXPECT_GT(compared, 1000);
}

TEST(KeptNotice, ComesBackAsItWas) {
    Finding full = os_lie();
    full.suggestion = "2.1.0-oe2203sp4";
    full.file = "f";
    full.line = 3;
    Notice notice = notice_of("12", {change_of("0123456789abcdef", {"a", "b"}, {"c"}, {"d"})});
    notice.causes[0].example = full;
    notice.first_run = "11";
    notice.first_look = true;
    const std::string bytes = serialise(notice);
    const auto back = deserialise_notice(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, notice);
    EXPECT_EQ(back->causes[0].example.line, 3);
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(deserialise_notice(std::string_view(bytes).substr(0, size))) << size;
    EXPECT_FALSE(deserialise_notice(bytes + "x"));
}

}  // namespace
}  // namespace veritag::notify
