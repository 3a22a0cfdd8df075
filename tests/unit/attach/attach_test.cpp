// Attaching and reading back against a repository in memory that misbehaves at will.
#include "attach/attach.h"

#include "memory_repository.h"
#include "samples.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace veritag::attach {
namespace {

using namespace test;

std::vector<Result<Attached>> attach_one(Repository& repository, const Statement& statement) { return attach_all(repository, {statement}, now(), Limits{}); }

Search any_images(const Digest& subject, const std::string& name = "openeuler/cann:8.0-oe2203sp4") {
    return {.subject = subject, .name = name, .now = now(), .hold = [](const Statement&) { return ok(); }};
}

oci::Descriptor other_entry(char c) {
    oci::Descriptor entry = oci::describe(oci::media_type::kOciManifest, std::string(1, c));
    entry.artifact_type = "application/vnd.other";
    return entry;
}

// ---- attaching ----

TEST(Attach, WhereTheRegistryKeepsTheList) {
    Memory memory;
    memory.keeps_lists = true;
    const Digest subject = memory.add_image('1');
    const auto answers = attach_one(memory, about(subject));
    ASSERT_TRUE(answers[0]) << answers[0].error().message();
    EXPECT_TRUE(!answers[0]->unchanged && answers[0]->kept_by_registry);
    EXPECT_EQ(memory.calls, (std::vector<std::string>{"list", "blob", "blob", "manifest"}));
    EXPECT_EQ(memory.waited.count(), 0);
    const auto parsed = oci::parse_manifest(memory.manifests.at(answers[0]->referrer).first, "", Limits{});
    ASSERT_TRUE(parsed);
    const auto& artifact = std::get<oci::Manifest>(*parsed);
    EXPECT_EQ(artifact.artifact_type, kArtifactType);
    EXPECT_EQ(artifact.subject->digest, subject);
    EXPECT_EQ(artifact.subject->size, image_manifest('1').size());
    EXPECT_EQ(artifact.annotations.at("veritag.name"), "openeuler/cann:8.0-oe2203sp4");
    EXPECT_EQ(artifact.annotations.at("org.opencontainers.image.created"), "2026-05-28T20:26:40Z");
}

TEST(Attach, BehindTheFallbackTag) {
    Memory memory;
    const Digest subject = memory.add_image('1');
    const auto answers = attach_one(memory, about(subject));
    ASSERT_TRUE(answers[0]) << answers[0].error().message();
    EXPECT_FALSE(answers[0]->kept_by_registry);
    EXPECT_EQ(memory.calls, (std::vector<std::string>{"list", "blob", "blob", "manifest", "tag"}));
    EXPECT_GE(memory.waited.count(), 300) << "it looked again after a while";
    EXPECT_EQ(memory.listed(subject), 1U);
}

TEST(Attach, TheSameAgainIsUnchanged) {
    for (const bool keeps_lists : {true, false}) {
        Memory memory;
        memory.keeps_lists = keeps_lists;
        const Digest subject = memory.add_image('1');
        const auto first = attach_one(memory, about(subject));
        memory.calls.clear();
        const auto again = attach_one(memory, about(subject, 500));
        ASSERT_TRUE(again[0]);
        EXPECT_TRUE(again[0]->unchanged);
        EXPECT_EQ(again[0]->referrer, first[0]->referrer);
        EXPECT_EQ(memory.calls, (std::vector<std::string>{"list"}));
    }
}

// An older report that says the same is not enough: the newest counts.
TEST(Attach, WhatBecameAsItWasIsSaidAgain) {
    Memory memory;
    const Digest subject = memory.add_image('1');
    for (const auto& [seconds, verdict] : {std::pair{0, Verdict::fail}, std::pair{10, Verdict::pass}, std::pair{20, Verdict::fail}}) {
        const auto answers = attach_one(memory, about(subject, seconds, verdict));
        ASSERT_TRUE(answers[0]);
        EXPECT_FALSE(answers[0]->unchanged);
    }
    EXPECT_EQ(memory.listed(subject), 3U);
    const auto found = find_reports(memory, any_images(subject), Limits{});
    ASSERT_TRUE(found && found->newest);
    EXPECT_EQ(found->newest->statement.verdict, Verdict::fail);
}

TEST(Attach, TheLastWordIsTheNewestWhateverTheClocksSay) {
    Memory memory;
    const Digest subject = memory.add_image('1');
    ASSERT_TRUE(attach_one(memory, about(subject, 100, Verdict::pass))[0]);
    ASSERT_TRUE(attach_one(memory, about(subject, 100, Verdict::fail))[0]) << "in the same second";
    ASSERT_TRUE(attach_one(memory, about(subject, 40, Verdict::warn))[0]) << "by a clock that is a minute behind";
    const auto found = find_reports(memory, any_images(subject), Limits{});
    ASSERT_TRUE(found && found->newest);
    EXPECT_EQ(found->newest->statement.verdict, Verdict::warn);
    EXPECT_EQ(found->newest->statement.judged, about(subject, 102).judged);
    const auto refused = attach_one(memory, about(subject, -3600, Verdict::pass));
    ASSERT_FALSE(refused[0]);
    EXPECT_NE(refused[0].error().message().find("a report is there that was judged later"), std::string::npos) << refused[0].error().message();
}

// Else whoever may push could keep every true report away for good.
TEST(Attach, AReportThatCannotBeTakenKeepsNothingFromBeingSaid) {
    Memory memory;
    const Digest subject = memory.add_image('1');
    for (Statement& lie : std::vector<Statement>{about(subject, 3600 + 601, Verdict::fail), about(subject, 50, Verdict::fail)}) {
        if (lie.judged < now()) lie.images[0].digest = digest_of('9');  // of another image, under this subject
        ASSERT_TRUE(attach_all(memory, {lie}, lie.judged, Limits{})[0]);
    }
    const auto answers = attach_one(memory, about(subject, 20, Verdict::fail));
    ASSERT_TRUE(answers[0]) << answers[0].error().message();
    EXPECT_FALSE(answers[0]->unchanged) << "they do not say the same, whatever they look like";
    const auto again = attach_one(memory, about(subject, 30, Verdict::fail));
    EXPECT_TRUE(again[0] && again[0]->unchanged);
}

TEST(Attach, TwoTagsOfOneImageHaveAReportEach) {
    Memory memory;
    const Digest subject = memory.add_image('1');
    Statement other = about(subject, 5, Verdict::pass);
    other.tag = "8.1-oe2203sp4";
    for (const Statement& each : {about(subject), other}) ASSERT_TRUE(attach_one(memory, each)[0]);
    const auto found = find_reports(memory, any_images(subject), Limits{});
    ASSERT_TRUE(found && found->newest);
    EXPECT_EQ(found->newest->statement.verdict, Verdict::fail);
    EXPECT_EQ(find_reports(memory, any_images(subject, "openeuler/cann:8.1-oe2203sp4"), Limits{})->newest->statement.verdict, Verdict::pass);
    EXPECT_EQ(find_reports(memory, any_images(subject, "openeuler/cann:9"), Limits{})->other_names, (std::vector<std::string>{"openeuler/cann:8.0-oe2203sp4", "openeuler/cann:8.1-oe2203sp4"}));
    EXPECT_TRUE(attach_one(memory, other)[0]->unchanged);
}

TEST(Attach, SomebodyElseBetweenReadAndWriteLosesNothing) {
    for (const bool heeded : {true, false}) {
        Memory memory;
        memory.heeds_if_match = heeded;
        const Digest subject = memory.add_image('1');
        const std::string tag = oci::fallback_tag(subject);
        memory.tags[tag] = {*oci::add_referrer(std::nullopt, other_entry('0'), Limits{}), std::string(oci::media_type::kOciIndex)};
        if (heeded)  // writes between our reading and our writing
            memory.before_write = [&] { memory.tags[tag].first = *oci::add_referrer(memory.tags[tag].first, other_entry('1'), Limits{}); };
        const auto answers = attach_one(memory, about(subject));
        ASSERT_TRUE(answers[0]) << answers[0].error().message();
        EXPECT_EQ(memory.listed(subject), heeded ? 3U : 2U);
    }
}

// Without If-Match the other one, who had read before us, overwrites us; the second look finds that.
TEST(Attach, WhatAnotherWriterLostIsWrittenAgain) {
    class Overwritten final : public Repository {
    public:
        explicit Overwritten(Memory& memory) : memory_(memory) {}
        [[nodiscard]] std::string name() const override { return memory_.name(); }
        Result<std::optional<oci::Referrers>> list_referrers(const Digest& subject, std::string_view type) override { return memory_.list_referrers(subject, type); }
        Result<std::optional<registry::FetchedManifest>> find_manifest(const Digest& digest) override { return memory_.find_manifest(digest); }
        Result<std::optional<registry::FetchedManifest>> find_manifest(const std::string& tag) override { return memory_.find_manifest(tag); }
        Result<std::string> fetch_blob(const oci::Descriptor& blob, std::uint64_t most) override { return memory_.fetch_blob(blob, most); }
        Result<void> push_blob(std::string_view content) override { return memory_.push_blob(content); }
        Result<registry::PushedManifest> push_manifest(const Digest& digest, std::string_view body, std::string_view type) override { return memory_.push_manifest(digest, body, type); }
        Result<registry::PushedManifest> push_manifest(const std::string& tag, std::string_view body, std::string_view type, std::string_view) override { return memory_.push_manifest(tag, body, type, ""); }
        void wait(std::chrono::milliseconds) override {
            if (times_-- > 0) memory_.tags.begin()->second.first = *oci::add_referrer(std::nullopt, other_entry(static_cast<char>('0' + times_)), Limits{});
        }
        [[nodiscard]] bool stopped() const override { return false; }
        int times_ = 3;

    private:
        Memory& memory_;
    };
    Memory memory;
    const Digest subject = memory.add_image('1');
    Overwritten repository(memory);
    const auto answers = attach_one(repository, about(subject));
    ASSERT_TRUE(answers[0]) << answers[0].error().message();
    EXPECT_EQ(memory.listed(subject), 2U) << "the other one's last word and ours";
    Overwritten for_ever(memory);
    for_ever.times_ = 1000;
    const auto given_up = attach_one(for_ever, about(subject, 7, Verdict::pass));
    ASSERT_FALSE(given_up[0]);
    EXPECT_NE(given_up[0].error().message().find("it was lost again each of 10 times"), std::string::npos) << given_up[0].error().message();
}

TEST(Attach, ABrokenWriteOfTheListIsRepeatedFromItsReading) {
    Memory memory;
    const Digest subject = memory.add_image('1');
    memory.broken_writes = 2;
    const auto answers = attach_one(memory, about(subject));
    ASSERT_TRUE(answers[0]) << answers[0].error().message();
    memory.broken_writes = 1000;
    const auto given_up = attach_one(memory, about(subject, 1, Verdict::pass));
    ASSERT_FALSE(given_up[0]);
    EXPECT_NE(given_up[0].error().message().find("HTTP 503; the report itself is there as sha256:"), std::string::npos) << given_up[0].error().message();
}

TEST(Attach, ARefusalIsTheAnswer) {
    Memory memory;
    const Digest subject = memory.add_image('1');
    memory.refusal = Error{ErrorCode::protocol, "push blob", "x", "HTTP 405", "read-only"};
    const auto answers = attach_one(memory, about(subject));
    ASSERT_FALSE(answers[0]);
    EXPECT_EQ(answers[0].error().message(), "push blob: x: HTTP 405; read-only");
}

TEST(Attach, AnImageThatIsGoneHasNoReport) {
    Memory memory;
    const auto answers = attach_one(memory, statement());
    ASSERT_FALSE(answers[0]);
    EXPECT_EQ(answers[0].error().code, ErrorCode::not_found);
}

TEST(Attach, SeveralAreWaitedForOnce) {
    Memory memory;
    const std::vector<Statement> all{about(memory.add_image('1')), about(memory.add_image('2')), statement(), about(memory.add_image('3'))};
    const auto answers = attach_all(memory, all, now(), Limits{});
    ASSERT_EQ(answers.size(), 4U);
    EXPECT_TRUE(answers[0] && answers[1] && !answers[2] && answers[3]);
    EXPECT_LT(memory.waited.count(), 600) << "300 ms and some jitter";
}

// GitLab resolves the fallback tag to the subject itself; elsewhere it may be anybody's image.
TEST(Attach, AFallbackTagThatIsNoList) {
    Memory memory;
    const Digest subject = memory.add_image('1');
    const std::string tag = oci::fallback_tag(subject);
    memory.tags[tag] = {image_manifest('1'), std::string(oci::media_type::kOciManifest)};
    EXPECT_TRUE(attach_one(memory, about(subject))[0]);
    memory.tags[tag] = {image_manifest('2'), std::string(oci::media_type::kOciManifest)};
    const auto refused = attach_one(memory, about(subject));
    ASSERT_FALSE(refused[0]);
    EXPECT_NE(refused[0].error().message().find("an image has the tag"), std::string::npos) << refused[0].error().message();
    EXPECT_EQ(memory.tags[tag].first, image_manifest('2')) << "it stays as it is";
}

// ---- finding ----

class Find : public testing::Test {
protected:
    void SetUp() override {
        memory.keeps_lists = true;
        subject = memory.add_image('1');
        artifact = attach_one(memory, about(subject)).at(0)->referrer;
    }
    // An artifact of our making, changed, with its blob.
    void add(const std::string& statement_text, const std::function<void(oci::Artifact&)>& change = [](oci::Artifact&) {}) {
        oci::Artifact made{.type = std::string(kArtifactType), .subject = oci::describe(oci::media_type::kOciManifest, image_manifest('1')), .layers = {oci::describe(oci::media_type::kInToto, statement_text)}, .annotations = {}};
        change(made);
        memory.blobs[sha256_of(statement_text)] = statement_text;
        const std::string text = oci::write_artifact(made);
        memory.manifests[sha256_of(text)] = {text, std::string(oci::media_type::kOciManifest)};
    }
    Result<FoundReports> find() { return find_reports(memory, any_images(subject), Limits{}); }
    std::string text_about(const Digest& digest, int seconds = 0) { return *write_statement(about(digest, seconds, Verdict::pass), Limits{}); }
    Memory memory;
    Digest subject, artifact;
};

TEST_F(Find, WhatIsWrongIsAProblemAndHidesNothing) {
    const std::string good = text_about(subject, -5);
    add("no statement");
    add(text_about(digest_of('9')));
    add(good, [](oci::Artifact& made) { made.layers.push_back(made.layers[0]); });
    add(good, [](oci::Artifact& made) { made.layers[0].media_type = "text/plain"; });
    add("gone " + good);
    memory.blobs.erase(sha256_of("gone " + good));
    const auto found = find();
    ASSERT_TRUE(found) << found.error().message();
    ASSERT_TRUE(found->newest);
    EXPECT_EQ(found->newest->referrer, artifact);
    EXPECT_EQ(found->problems.size(), 5U);
}

TEST_F(Find, AnotherSubjectsReportInTheListIsAProblem) {
    memory.keeps_lists = false;
    const Digest other = memory.add_image('2');
    const auto moved = attach_one(memory, about(other, 50, Verdict::pass));
    ASSERT_TRUE(moved[0]);
    memory.tags[oci::fallback_tag(subject)] = memory.tags[oci::fallback_tag(other)];
    const auto found = find();
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->newest);
    ASSERT_EQ(found->problems.size(), 1U);
    EXPECT_NE(found->problems[0].find("another manifest"), std::string::npos) << found->problems[0];
}

TEST_F(Find, TheNewestByItsOwnTime) {
    add(text_about(subject, 100));  // tells no time outside, so it is looked at
    const auto found = find();
    ASSERT_TRUE(found && found->newest);
    EXPECT_EQ(found->newest->statement.verdict, Verdict::pass);
}

TEST_F(Find, OneFromTheFutureIsAProblemAndTheNextOlderOneCounts) {
    add(text_about(subject, 3600 + 600));  // ten minutes ahead: somebody's clock
    EXPECT_EQ(find()->newest->statement.judged, about(subject, 3600 + 600).judged);
    EXPECT_TRUE(find()->problems.empty());
    add(text_about(subject, 3600 + 601));
    const auto found = find();
    ASSERT_TRUE(found && found->newest);
    EXPECT_EQ(found->newest->statement.judged, about(subject, 3600 + 600).judged);
    ASSERT_EQ(found->problems.size(), 1U);
    EXPECT_NE(found->problems[0].find("it says to be of 2026-05-28T21:36:41Z, and now it is 2026-05-28T21:26:40Z"), std::string::npos) << found->problems[0];
}

TEST_F(Find, WhatTheSubjectDoesNotHoldIsAProblem) {
    add(text_about(subject, 100));
    Search search = any_images(subject);
    search.hold = [&](const Statement& statement) -> Result<void> {
        if (statement.verdict == Verdict::fail) return ok();
        return Error{ErrorCode::malformed, "check attached report", "x", "it lies", ""};
    };
    const auto found = find_reports(memory, search, Limits{});
    ASSERT_TRUE(found && found->newest);
    EXPECT_EQ(found->newest->referrer, artifact);
    ASSERT_EQ(found->problems.size(), 1U);
    EXPECT_NE(found->problems[0].find("it lies"), std::string::npos) << found->problems[0];
    search.hold = [](const Statement&) -> Result<void> { return Error{ErrorCode::network, "fetch manifest", "x", "cut", ""}; };
    EXPECT_EQ(find_reports(memory, search, Limits{}).error().code, ErrorCode::network) << "that says nothing of the report";
}

TEST_F(Find, EntriesThatCannotBeReadAreAProblem) {
    for (const bool behind_the_tag : {false, true}) {
        if (behind_the_tag) {  // the same entries, behind the fallback tag
            memory.keeps_lists = false;
            const std::string ours = R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.veritag.report.v1+json","size":5,"digest":"sha384:)" + std::string(96, 'a') + "\"}";
            memory.tags[oci::fallback_tag(subject)] = {R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + ours + R"(,{"junk":1},{"artifactType":"application/vnd.other"}]})", std::string(oci::media_type::kOciIndex)};
        }
        memory.unreadable = {std::string(kArtifactType), "", "application/vnd.other"};
        const auto found = find();
        ASSERT_TRUE(found) << found.error().message();
        EXPECT_EQ(found->newest.has_value(), !behind_the_tag);
        ASSERT_EQ(found->problems.size(), 1U);
        EXPECT_NE(found->problems[0].find("2 of its entries cannot be read, and may be newer reports"), std::string::npos) << found->problems[0] << ": another tool's are no concern of ours";
    }
}

TEST_F(Find, OtherArtifactsAreNotLookedAt) {
    add("x", [](oci::Artifact& made) { made.type = "application/vnd.other"; });
    const auto found = find();
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->newest && found->problems.empty());
}

TEST_F(Find, MoreThanIsReadIsALimit) {
    for (int i = 0; i < 3; ++i) add("no statement " + std::to_string(i));
    Limits limits;
    limits.referrers_read = 2;
    const auto found = find_reports(memory, any_images(subject), limits);
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().message().find("limits.referrers_read"), std::string::npos) << found.error().message();
}

TEST_F(Find, OlderOnesAreNotFetched) {
    for (int i = 1; i <= 5; ++i) ASSERT_TRUE(attach_one(memory, about(subject, i * 10, i % 2 != 0 ? Verdict::pass : Verdict::fail))[0]);
    memory.blobs_read = 0;
    const auto found = find();
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(memory.blobs_read, 1);
    EXPECT_EQ(found->newest->statement.judged, about(subject, 50).judged);
}

TEST_F(Find, SizesAreLimitsBeforeTheyAreFetched) {
    add("big", [](oci::Artifact& made) { made.layers[0].size = 1ULL << 40; });
    const auto found = find();
    ASSERT_TRUE(found);
    ASSERT_EQ(found->problems.size(), 1U);
    EXPECT_NE(found->problems[0].find("limits.statement_bytes"), std::string::npos) << found->problems[0];
}

}  // namespace
}  // namespace veritag::attach
