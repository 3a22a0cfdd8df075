// What is there now: pages, filters, and what a run changes.
#include "serve/current.h"

#include "folder.h"

#include <gtest/gtest.h>

#include <map>

namespace veritag::serve {
namespace {

ImageReport image(const std::string& repository, const std::string& tag, Verdict verdict, const std::string& code = "", const std::string& platform = "linux/arm64") {
    ImageReport report{.reference = "r.example/" + repository + ':' + tag, .registry = "r.example", .repository = repository, .tag = tag, .digest = sha256_of(repository + tag + platform).str(), .platform = platform};
    report.verdict = verdict;
    if (!code.empty()) report.findings.push_back({.code = code});
    return report;
}

constexpr std::chrono::sys_days kToday = std::chrono::year(2026) / 8 / 22;
std::chrono::sys_days today() { return kToday; }

class Current : public testing::Test {
protected:
    std::unique_ptr<store::AuditStore> open() { return std::move(*store::open_sqlite_store(folder_.file("store.sqlite"))); }
    // As a run leaves it, that looked at `second`.
    static void keep(store::AuditStore& store, const Report& report, std::int64_t second, const std::string& target = "r.example") {
        const auto audit = store.begin_audit({.targets = {target}, .rules_digest = "r", .tool_version = std::to_string(second)});
        std::map<store::ReferenceKey, JudgedReference> judged;
        for (const ImageReport& image : report.images) judged[{image.registry, image.repository, image.tag}].images.push_back(image);
        for (auto& [reference, each] : judged) store.keep_reference(audit->id, reference, sha256_of("t"), each, {}, true, std::chrono::sys_seconds(std::chrono::seconds(second)));
    }
    static std::string texts(const std::vector<const ImageLine*>& lines) {
        std::string text;
        for (const ImageLine* line : lines) text += (text.empty() ? "" : " ") + line->key.repository + ':' + line->key.tag;
        return text;
    }
    test::Folder folder_;
};

TEST_F(Current, PagesAreTheWholeAndFiltersCut) {
    const auto store = open();
    CurrentImages current(*store, {}, today);
    Report report;
    for (const char* tag : {"1", "2", "3"}) report.images.push_back(image("openeuler/a", tag, Verdict::pass));
    report.images.push_back(image("openeuler/b", "1", Verdict::fail, "os-mismatch"));
    report.images.push_back(image("other/b", "9", Verdict::unknown, "unproven"));
    keep(*store, report, 1000);
    current.take(report);
    const auto picture = current.picture();
    EXPECT_EQ(picture->verdicts, (VerdictCounts{.pass = 3, .fail = 1, .unknown = 1}));

    std::string all;
    ImageQuery query{.limit = 2};
    for (int pages = 0; pages < 5; ++pages) {
        const Result<ImagePage> page = find_images(*picture, query);
        ASSERT_TRUE(page);
        EXPECT_EQ(page->total, 5U);
        all += texts(page->images) + ';';
        if (page->next.empty()) break;
        query.cursor = page->next;
    }
    EXPECT_EQ(all, "openeuler/a:1 openeuler/a:2;openeuler/a:3 openeuler/b:1;other/b:9;");

    const auto found = [&](ImageQuery wanted) { return texts(find_images(*picture, wanted)->images); };
    EXPECT_EQ(found({.verdict = Verdict::fail}), "openeuler/b:1");
    EXPECT_EQ(found({.code = "unproven"}), "other/b:9");
    EXPECT_EQ(found({.repository = "openeuler/*", .tag = "1"}), "openeuler/a:1 openeuler/b:1");
    EXPECT_EQ(found({.text = "OTHER"}), "other/b:9");
    EXPECT_EQ(found({.registry = "elsewhere"}), "");
    EXPECT_EQ(find_images(*picture, {.cursor = "nonsense"}).error().code, ErrorCode::usage);
}

TEST_F(Current, WhatWasSkippedIsKnownToo) {
    const auto store = open();
    CurrentImages current(*store, {}, today);
    const auto keep_skipped = [&](const std::string& tag, std::vector<std::string> reasons) {
        JudgedReference judged{.top = "", .images = {image("a", tag, Verdict::pass)}, .skipped = {}};
        for (const std::string& reason : reasons) judged.skipped.push_back({"r.example/a:" + tag, sha256_of(reason).str(), reason});
        const auto audit = store->begin_audit({.targets = {tag}, .rules_digest = "r", .tool_version = "1"});
        store->keep_reference(audit->id, {"r.example", "a", tag}, sha256_of("t"), judged, {});
        Report report;
        report.images = judged.images;
        current.take(report);
    };
    const auto pages = [](const Picture& picture, std::size_t limit) {
        std::string all;
        for (std::string cursor;;) {
            const Result<SkippedPage> page = list_skipped(picture, limit, cursor);
            EXPECT_TRUE(page);
            if (!page) return all;
            for (const SkippedLine* line : page->skipped) all += line->reference() + ' ' + line->reason + "; ";
            if (page->next.empty()) return all;
            all += "| ";
            cursor = page->next;
        }
    };
    keep_skipped("2", {"an attestation"});
    keep_skipped("1", {"a signature", "too old"});
    const std::string first = sha256_of("a signature").str() < sha256_of("too old").str() ? "a signature" : "too old", second = first == "too old" ? "a signature" : "too old";
    EXPECT_EQ(pages(*current.picture(), 1), "r.example/a:1 " + first + "; | r.example/a:1 " + second + "; | r.example/a:2 an attestation; ");
    EXPECT_EQ(pages(*CurrentImages(*store, {}, today).picture(), 2), "r.example/a:1 " + first + "; r.example/a:1 " + second + "; | r.example/a:2 an attestation; ") << "and after a restart";
    keep_skipped("1", {});
    EXPECT_EQ(pages(*current.picture(), 9), "r.example/a:2 an attestation; ");
    EXPECT_EQ(list_skipped(*current.picture(), 9, "nonsense").error().code, ErrorCode::usage);
}

TEST_F(Current, ARunTakesThePlaceOfWhatWasKnownAndWhatIsGoneGoes) {
    const auto store = open();
    CurrentImages current(*store, {}, today);
    Report first;
    first.images = {image("a", "1", Verdict::fail, "os-mismatch"), image("a", "1", Verdict::fail, "os-mismatch", "linux/amd64"), image("a", "2", Verdict::pass)};
    keep(*store, first, 1);
    current.take(first);
    const auto before = current.picture();
    Report second;
    second.images = {image("a", "1", Verdict::pass)};
    second.gone = {"r.example/a:2"};
    keep(*store, second, 2);
    current.take(second);
    const auto after = current.picture();
    ASSERT_EQ(after->images.size(), 1U) << "one platform less, one tag less";
    EXPECT_EQ(after->images[0].verdict, Verdict::pass);
    EXPECT_NE(after->version, before->version);
    EXPECT_EQ(before->images.size(), 3U) << "who still reads the old picture is not disturbed";
}

TEST_F(Current, WhoLookedEarlierAndEndedLaterChangesNothing) {
    const auto store = open();
    CurrentImages current(*store, {}, today);
    Report scan, audit;
    scan.images = {image("a", "1", Verdict::fail, "os-mismatch")};
    audit.images = {image("a", "1", Verdict::pass)};
    keep(*store, scan, 200, "scan");
    current.take(scan);
    keep(*store, audit, 100, "audit");
    current.take(audit);
    EXPECT_EQ(current.picture()->images.at(0).verdict, Verdict::fail);
    EXPECT_EQ(CurrentImages(*store, {}, today).picture()->images.at(0).verdict, Verdict::fail) << "and after a restart";
}

TEST_F(Current, AnOutageLeavesWhatIsKnown) {
    const auto store = open();
    CurrentImages current(*store, {}, today);
    Report before, outage;
    before.images = {image("a", "1", Verdict::fail, "os-mismatch")};
    outage.images = {image("a", "1", Verdict::error), image("b", "1", Verdict::error)};
    for (ImageReport& each : outage.images) each.error = Error{ErrorCode::network, "fetch manifest", "", "refused", ""};
    keep(*store, before, 100);
    keep(*store, outage, 200, "later");
    current.take(outage);
    const auto picture = current.picture();
    ASSERT_EQ(picture->images.size(), 2U);
    EXPECT_EQ(picture->images[0].verdict, Verdict::fail) << "with the date of the look that found it";
    EXPECT_EQ(picture->images[0].seen, std::chrono::sys_seconds(std::chrono::seconds(100)));
    EXPECT_EQ(picture->images[1].verdict, Verdict::error) << "of which nothing was known";
}

TEST_F(Current, WaiversHoldThroughTheirLastDay) {
    const auto store = open();
    Report report;
    report.images = {image("a", "1", Verdict::fail, "os-mismatch"), image("a", "2", Verdict::fail, "os-mismatch"), image("a", "3", Verdict::pass, "tag-moved")};
    report.images[0].findings.push_back({.code = "package-foreign", .severity = Severity::info});
    report.images[1].findings.push_back({.code = "sdk-mismatch"});
    report.images[2].findings[0].severity = Severity::info;
    keep(*store, report, 1000);
    std::chrono::sys_days day = kToday;
    const auto waiver = [](const std::string& target, int line) { return waivers::Waiver{.target = target, .code = "os-mismatch", .component = "", .waived = {"r", "o", "e"}, .last_day = kToday, .line = line}; };
    CurrentImages current(*store, {"w.yml", {waiver("r.example/a:*", 2), waiver("r.example/b:*", 8)}}, [&] { return day; });
    const auto found = [&](bool waived) { return texts(find_images(*current.picture(), {.waived = waived})->images); };
    auto picture = current.picture();
    EXPECT_EQ(picture->images[0].waived, std::vector<std::string>{"os-mismatch"});
    EXPECT_EQ(picture->images[1].waived, std::vector<std::string>{"os-mismatch"});
    EXPECT_EQ(found(true), "a:1") << "of the second something else accuses, and nothing accuses the third";
    EXPECT_EQ(found(false), "a:2 a:3");
    EXPECT_EQ(picture->verdicts.fail, 2U) << "a waiver changes no verdict";
    EXPECT_EQ(picture->waiver_use.findings, 2U);
    ASSERT_EQ(picture->waiver_use.unused.size(), 1U);
    EXPECT_EQ(picture->waiver_use.unused[0].line, 8);

    day += std::chrono::days(1);
    picture = current.picture();
    EXPECT_TRUE(picture->images[0].waived.empty());
    EXPECT_EQ(found(true), "");
    EXPECT_EQ(picture->waiver_use.expired.size(), 2U);

    Report unread;
    unread.images = {image("b", "1", Verdict::unknown, "unproven")};
    unread.images[0].findings[0].severity = Severity::warning;
    unread.images[0].problems.push_back({"var/lib/rpm/Packages", "damaged"});
    keep(*store, unread, 2000);
    current.take(unread);
    current.waive({"w.yml", {{.target = "**", .code = "unproven", .component = "", .waived = {"r", "o", "e"}, .last_day = day, .line = 2}}});
    EXPECT_EQ(found(true), "") << "what was not read cannot be waived";

    current.waive({});
    EXPECT_TRUE(current.picture()->waivers->path.empty());
    EXPECT_TRUE(current.picture()->waiver_use.expired.empty());
}

TEST_F(Current, IsReadFromTheStore) {
    {
        const auto store = open();
        const auto audit = store->begin_audit({.targets = {"r.example"}, .rules_digest = "r", .tool_version = "1"});
        JudgedReference judged{.top = sha256_of("t").str(), .images = {image("a", "1", Verdict::fail, "os-mismatch")}};
        store->keep_reference(audit->id, {"r.example", "a", "1"}, sha256_of("t"), judged, {});
        judged.images = {image("a", "2", Verdict::pass)};
        store->keep_reference(audit->id, {"r.example", "a", "2"}, sha256_of("t"), judged, {});
        const store::ReferenceKey gone{"r.example", "a", "2"};
        store->forget_references({&gone, 1});
    }
    const auto store = open();
    CurrentImages current(*store, {}, today);
    ASSERT_EQ(current.picture()->images.size(), 1U);
    EXPECT_EQ(current.picture()->images[0].codes, std::vector<std::string>{"os-mismatch"});
}

}  // namespace
}  // namespace veritag::serve
