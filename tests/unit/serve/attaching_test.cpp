// From a run to the jobs that attach its reports: once for what is new, and not again for what was attached.
#include "serve/attaching.h"

#include "daemon_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::serve {
namespace {

ImageReport image(const std::string& tag, Verdict verdict, const std::string& registry = "r.example") {
    ImageReport report{.reference = registry + "/a:" + tag, .registry = registry, .repository = "a", .tag = tag, .digest = sha256_of(tag).str(), .platform = "linux/arm64"};
    report.verdict = verdict;
    report.grammar = "oeep-0014";
    return report;
}

class AttachingTest : public test::DaemonTest {
protected:
    AttachingTest() : state_(open()), store_(test::must(store::open_sqlite_store(path()))), attaching_(*store_, *state_, "1.2.3"), clients_(registry::ClientOptions{}) {
        settings_.registries = {{.registry = "r.example", .client = {}, .driver = registry::ListingDriver::automatic, .attach = true}, {.registry = "other.example", .client = {}, .driver = registry::ListingDriver::automatic}};
    }
    std::size_t enqueue(std::vector<ImageReport> images, std::int64_t audit = 1, bool every_platform = true) {
        Report report;
        report.rules_digest = "sha256:rules";
        report.images = std::move(images);
        return test::must(attaching_.enqueue(settings_, {.report = report, .audit = audit, .every_platform = every_platform}));
    }
    std::vector<store::JobInfo> jobs() { return test::must(state_->jobs().list({}, std::nullopt, 100)).jobs; }
    std::string payload(std::int64_t id) { return test::must(state_->jobs().find(id)).value().payload; }

    std::unique_ptr<store::DaemonState> state_;
    std::unique_ptr<store::AuditStore> store_;
    Attaching attaching_;
    registry::Clients clients_;
    config::Settings settings_;
};

TEST_F(AttachingTest, IsAJobAReferenceWhereItIsConfigured) {
    EXPECT_EQ(enqueue({image("1", Verdict::pass), image("2", Verdict::fail), image("1", Verdict::pass, "other.example"), image("1", Verdict::pass, "third.example")}), 2U);
    ASSERT_EQ(jobs().size(), 2U);
    EXPECT_EQ(jobs()[0].kind, "attach");
    EXPECT_EQ(jobs()[1].key, "r.example/a:1");
    const AttachOrder order = test::must(parse_attach_order(payload(jobs()[1].id)));
    EXPECT_EQ(order, (AttachOrder{.reference = {"r.example", "a", "1"}, .audit = 1, .rules_digest = "sha256:rules", .every_platform = true}));
}

TEST_F(AttachingTest, ANewerRunJoinsWhatWaits) {
    enqueue({image("1", Verdict::pass)});
    enqueue({image("1", Verdict::fail)}, 2);
    ASSERT_EQ(jobs().size(), 1U);
    EXPECT_EQ(test::must(parse_attach_order(payload(jobs()[0].id))).audit, 2);
}

TEST_F(AttachingTest, WhatCouldNotBeReadIsNotAttached) {
    ImageReport broken = image("1", Verdict::error);
    broken.error = Error{ErrorCode::network, "read", "x", "cut", ""};
    EXPECT_EQ(enqueue({broken}), 0U);
}

TEST_F(AttachingTest, AFirstLookLeavesRoomInTheQueue) {
    settings_.queue.most_waiting = 8;
    std::vector<ImageReport> many;
    for (int i = 0; i < 10; ++i) many.push_back(image(std::to_string(i), Verdict::pass));
    EXPECT_EQ(enqueue(many), 2U);
}

TEST_F(AttachingTest, AnOrderThatIsOvertakenDoesNothing) {
    const AttachOrder order{.reference = {"r.example", "a", "1"}, .audit = 1, .rules_digest = "sha256:rules"};
    EXPECT_NE(test::must(attaching_.attach(settings_, clients_, order, {})).find("it is gone"), std::string::npos);
    settings_.registries.clear();
    EXPECT_NE(test::must(attaching_.attach(settings_, clients_, order, {})).find("does not ask for it any more"), std::string::npos);
}

TEST_F(AttachingTest, ARegistryThatCannotBeReachedIsAnErrorWorthAnotherTry) {
    registry::ClientOptions options;
    options.plain_http = true;
    options.use_environment_auth = false;
    options.attempts = 1;
    clients_.add("127.0.0.1:1", options);
    settings_.registries[0].registry = "127.0.0.1:1";
    const store::ReferenceKey reference{"127.0.0.1:1", "a", "1"};
    const auto audit = store_->begin_audit({.targets = {"x"}, .rules_digest = "sha256:rules", .tool_version = "1.2.3"});
    ASSERT_TRUE(audit);
    JudgedReference judged{.top = sha256_of("1").str(), .images = {image("1", Verdict::pass, "127.0.0.1:1")}, .skipped = {}};
    store_->keep_reference(audit->id, reference, sha256_of("1"), judged, {});
    Report report;
    report.images = judged.images;
    store_->end_audit(audit->id, report);
    const Result<std::string> result = attaching_.attach(settings_, clients_, {.reference = reference, .audit = audit->id, .rules_digest = "sha256:rules"}, {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::network) << result.error().message();
    EXPECT_EQ(test::must(state_->values().list("attach/")).size(), 0U) << "it is not remembered as attached";
}

}  // namespace
}  // namespace veritag::serve
