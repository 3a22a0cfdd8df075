// What the store keeps of images and audits.
#include "store/store.h"

#include "folder.h"
#include "store/owner.h"
#include "store/schema.h"

#include "model/kept.h"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <thread>
#include <tuple>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace veritag::store {
namespace {

using test::Folder;
using test::sql;

class Audits : public testing::Test {
protected:
    std::unique_ptr<AuditStore> open() {
        StoreOptions options;
        options.now = [this] { return now_; };
        Result<std::unique_ptr<AuditStore>> store = open_sqlite_store(path(), options);
        EXPECT_TRUE(store.has_value()) << (store ? "" : store.error().message());
        return store ? std::move(*store) : nullptr;
    }
    [[nodiscard]] std::string path() const { return folder_.file("store.sqlite"); }
    Folder folder_;
    std::chrono::sys_seconds now_{std::chrono::seconds(1'750'000'000)};
};

JudgedReference judged(const std::string& reference, const std::string& top, Verdict verdict = Verdict::pass) {
    JudgedReference result{.top = top};
    ImageReport& image = result.images.emplace_back();
    image.reference = reference;
    image.verdict = verdict;
    return result;
}

AuditRecord wanted(const std::string& target = "r.example/openeuler", const std::string& rules = "sha256:rules") {
    return {.targets = {target}, .rules_digest = rules, .tool_version = "1.0"};
}

const ReferenceKey kA{"r.example", "openeuler/a", "1"};
const ReferenceKey kB{"r.example", "openeuler/b", "2"};

TEST_F(Audits, AnImageIsFoundUnderItsManifestAndRecipe) {
    auto store = open();
    ReadImage image;
    image.facts.packages = {{PackageType::rpm, "bash", "5", "x86_64", "p", 0}};
    image.forged = {{0, "a", "b"}};
    const std::vector<Digest> layers{sha256_of("l1"), sha256_of("l2")};
    store->keep_image({sha256_of("m"), "recipe"}, image, layers);
    store = open();
    const auto found = store->find_image({sha256_of("m"), "recipe"});
    ASSERT_TRUE(found);
    EXPECT_EQ(serialise(*found), serialise(image));
    EXPECT_FALSE(store->find_image({sha256_of("m"), "another"}));
    EXPECT_FALSE(store->find_image({sha256_of("n"), "recipe"}));
}

TEST_F(Audits, UsingAnImageKeepsItsLayers) {
    auto store = open();
    LayerAnalysis layer;
    layer.blob_digest = sha256_of("l1");
    layer.compression = "gzip";
    layer.diff_id = sha256_of("tar");
    store->keep_layer({layer.blob_digest, "gzip", "r"}, layer);
    store->keep_image({sha256_of("m"), "recipe"}, {}, std::vector<Digest>{layer.blob_digest});
    for (int i = 0; i < 3; ++i) {  // half of the age at which things go, three times
        now_ += std::chrono::hours(24 * 100);
        ASSERT_TRUE(store->find_image({sha256_of("m"), "recipe"})) << i;
        store->keep_document(sha256_of(std::to_string(i)), {"t", std::to_string(i)});  // something written: pruned at the end
        store = open();
    }
    EXPECT_TRUE(store->find_layer({layer.blob_digest, "gzip", "r"}));
}

TEST_F(Audits, AnAnalysisForOtherRulesIsFoundByItsParsers) {
    auto store = open();
    LayerAnalysis layer;
    layer.blob_digest = sha256_of("l");
    layer.compression = "gzip";
    layer.diff_id = sha256_of("tar");
    store->keep_wanted("sha256:w1", "wanted 1");
    store->keep_layer({layer.blob_digest, "gzip", "r1", "parsers", "sha256:w1"}, layer);
    store->keep_layer({layer.blob_digest, "gzip", "r2"}, layer);  // for one purpose
    const LayerKey other{layer.blob_digest, "gzip", "r3", "parsers", "sha256:w2"};
    EXPECT_FALSE(store->find_layer(other));
    const auto found = store->find_earlier_layer(other);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->wanted, "wanted 1");
    EXPECT_EQ(found->analysis.diff_id, layer.diff_id);
    EXPECT_FALSE(store->find_earlier_layer({layer.blob_digest, "gzip", "r3", "other parsers", ""}));
    EXPECT_FALSE(store->find_earlier_layer({layer.blob_digest, "gzip", "r3"}));
}

TEST_F(Audits, ADamagedImageIsDropped) {
    open()->keep_image({sha256_of("m"), "recipe"}, {}, {});
    sql(path(), "UPDATE images SET image = x'00'");
    auto store = open();
    EXPECT_FALSE(store->find_image({sha256_of("m"), "recipe"}));
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM images"), "0");
}

TEST_F(Audits, AnAuditIsReadAsItWasKept) {
    auto store = open();
    const auto audit = store->begin_audit(wanted());
    ASSERT_TRUE(audit);
    store->keep_reference(audit->id, kB, sha256_of("b"), judged("b", sha256_of("b").str(), Verdict::fail), {});
    store->keep_reference(audit->id, kA, std::nullopt, judged("a", ""), {});
    store->keep_reference(audit->id, kA, sha256_of("a"), judged("a again", sha256_of("a").str()), {});
    Report outcome;
    outcome.bytes_fetched = 7;
    outcome.targets = {{.target = "r.example/openeuler", .driver = "catalog", .repositories = 2, .tags = 2}};
    now_ += std::chrono::seconds(5);
    store->end_audit(audit->id, outcome);
    store = open();
    const auto audits = store->list_audits();
    ASSERT_EQ(audits.size(), 1U);
    EXPECT_EQ(audits[0].targets, wanted().targets);
    EXPECT_EQ(*audits[0].ended - audits[0].started, std::chrono::seconds(5));
    const auto report = store->read_audit(audit->id);
    ASSERT_TRUE(report);
    ASSERT_EQ(report->images.size(), 2U) << "the same reference twice is there once";
    EXPECT_EQ(report->images[0].reference, "a again");
    EXPECT_EQ(report->images[1].verdict, Verdict::fail);
    EXPECT_EQ(report->bytes_fetched, 7U);
    EXPECT_EQ(report->targets[0].tags, 2U);
    EXPECT_FALSE(store->read_audit(audit->id + 1));
}

TEST_F(Audits, ADamagedRowIsAnImageThatCouldNotBeRead) {
    auto store = open();
    const auto audit = store->begin_audit(wanted());
    store->keep_reference(audit->id, kA, sha256_of("a"), judged("a", "x"), {});
    sql(path(), "UPDATE audit_references SET judged = x'00'");
    const auto report = store->read_audit(audit->id);
    ASSERT_EQ(report->images.size(), 1U);
    EXPECT_TRUE(report->images[0].error);
    EXPECT_EQ(report->images[0].verdict, Verdict::error);
}

TEST_F(Audits, WhatAKilledProcessBeganIsGoneOnWith) {
    std::int64_t id = 0;
    const pid_t child = fork();
    if (child == 0) {  // its audit stays open
        auto store = open();
        const auto audit = store->begin_audit(wanted());
        store->keep_reference(audit->id, kA, sha256_of("a"), judged("a", "x"), {});
        store.release();
        _exit(static_cast<int>(audit->id));
    }
    int status = 0;
    waitpid(child, &status, 0);
    id = WEXITSTATUS(status);
    auto store = open();
    EXPECT_NE(store->begin_audit(wanted("other"))->id, id) << "other targets";
    EXPECT_NE(store->begin_audit(wanted("r.example/openeuler", "sha256:new"))->id, id) << "other rules";
    const auto again = store->begin_audit(wanted());
    EXPECT_EQ(again->id, id);
    EXPECT_NE(store->begin_audit(wanted())->id, id) << "it has an owner that lives: this process";
    store->end_audit(again->id, {});
    EXPECT_NE(store->begin_audit(wanted())->id, id) << "it has ended";
}

TEST_F(Audits, TagsRememberTheirDigests) {
    auto store = open();
    const auto first = store->begin_audit(wanted());
    store->keep_reference(first->id, kA, sha256_of("a1"), judged("a", "x"), std::vector<Published>{{kA, sha256_of("a1"), sha256_of("m1"), "linux/amd64", "sha256:chain", 2, std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000))}});
    store->end_audit(first->id, {});
    const auto start = now_;
    now_ += std::chrono::hours(1);
    const auto second = store->begin_audit(wanted());
    EXPECT_EQ(store->digests_before(first->id).size(), 0U);
    const auto before = store->digests_before(second->id);
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(before[0].reference, kA);
    EXPECT_EQ(before[0].digest, sha256_of("a1"));
    store->keep_reference(second->id, kA, sha256_of("a2"), judged("a", "x"), {});
    store->keep_reference(second->id, kB, std::nullopt, judged("b", ""), {});
    store->keep_reference(second->id, {"r.example", "openeuler/c", "3"}, sha256_of("c"), judged("c", "x"), {}, false);  // nobody was asked
    const auto history = store->tag_history();
    ASSERT_EQ(history.size(), 2U);
    EXPECT_EQ(history[0].digest, sha256_of("a1"));
    EXPECT_EQ(history[0].last_seen, start);
    EXPECT_EQ(history[1].digest, sha256_of("a2"));
    EXPECT_EQ(history[1].first_seen, now_);
    const auto published = store->list_published();
    ASSERT_EQ(published.size(), 1U) << "also of digests that the tag has no more";
    EXPECT_EQ(published[0].chain_id, "sha256:chain");
    EXPECT_EQ(published[0].layers, 2U);
    EXPECT_EQ(published[0].created, std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)));
}

TEST_F(Audits, OldOnesGoButForTheLastTwoAndTagsStayForYears) {
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 4; ++i) {
        auto store = open();
        const auto audit = store->begin_audit(wanted());
        const Digest top = sha256_of(std::to_string(i));
        store->keep_reference(audit->id, kA, top, judged("a", top.str()), std::vector<Published>{{kA, top, top, "linux/amd64", "sha256:chain", 1}});
        store->end_audit(audit->id, {});
        ids.push_back(audit->id);
        now_ += std::chrono::hours(24 * 150);
    }
    const auto left = [&] {
        auto store = open();
        store->keep_document(sha256_of(std::to_string(now_.time_since_epoch().count())), {"t", std::to_string(now_.time_since_epoch().count())});  // something written: pruned at its end
        store = open();
        std::vector<std::int64_t> found;
        for (const AuditRecord& audit : store->list_audits()) found.push_back(audit.id);
        return std::tuple(found, store->tag_history().size(), store->list_published().size(), store->read_audit(ids[3])->images.size());
    };
    EXPECT_EQ(left(), std::tuple(std::vector<std::int64_t>({ids[3], ids[2]}), 4U, 4U, 1U));
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM audit_references"), "2");
    now_ += std::chrono::hours(24 * 365 * 2);  // the older two were last seen three years ago
    EXPECT_EQ(left(), std::tuple(std::vector<std::int64_t>({ids[3], ids[2]}), 2U, 2U, 1U));
}

TEST_F(Audits, AStoreOfEveryEarlierSchemaIsBroughtUpToDate) {
    for (std::size_t version = 1; version <= migrations().size(); ++version) {
        std::filesystem::remove(path());
        std::string made = "BEGIN; PRAGMA application_id = " + std::to_string(0x76746167) + ';';
        for (std::size_t step = 0; step < version; ++step)
            made += std::string(migrations()[step]) + ";INSERT INTO migrations VALUES (" + std::to_string(step + 1) + ", 0);";
        sql(path(), made + "COMMIT");
        {
            auto store = open();
            EXPECT_TRUE(store->begin_audit(wanted())) << "from version " << version;
        }
        EXPECT_EQ(sql(path(), "SELECT max(version) FROM migrations"), std::to_string(migrations().size()));
        EXPECT_EQ(sql(path(), "SELECT count(*) FROM audits"), "1");
    }
}

// What another process says of itself while it waits, and its number.
std::pair<std::string, pid_t> holder_of_child(const std::function<void()>& then) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        const std::string holder = this_holder();
        (void)!write(ends[1], holder.data(), holder.size());
        close(ends[1]);
        then();
        _exit(0);
    }
    close(ends[1]);
    std::string holder;
    char chunk[256];
    for (ssize_t got = 0; (got = read(ends[0], chunk, sizeof chunk)) > 0;) holder.append(chunk, static_cast<std::size_t>(got));
    close(ends[0]);
    return {holder, child};
}

std::string without_namespace(const std::string& holder) { return holder.substr(0, holder.rfind(' ')); }

TEST(Owner, AHolderHasEndedOnlyWhereThatIsCertain) {
    const std::string self = this_holder();
    EXPECT_FALSE(has_ended(self));
    EXPECT_FALSE(has_ended(""));
    EXPECT_FALSE(has_ended("x"));
    EXPECT_FALSE(has_ended(without_namespace(self) + " pid:[1]")) << "another container";
    const std::string boot = without_namespace(self).substr(without_namespace(self).rfind(' ') + 1);
    EXPECT_FALSE(has_ended("999999999 1 " + boot + " pid:[1]"));
    EXPECT_TRUE(has_ended("999999999 1 " + boot + self.substr(self.rfind(' '))));
    EXPECT_TRUE(has_ended("1 1 another-boot pid:[1]"));
    EXPECT_FALSE(has_ended("1 1  pid:[1]")) << "nobody knows which boot";
}

TEST(Owner, AProcessThatNobodyAskedHowItEndedHasEnded) {
    const auto [holder, child] = holder_of_child([] {});
    siginfo_t info{};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);  // it stays a zombie
    EXPECT_TRUE(has_ended(holder));
    EXPECT_FALSE(is_alive(without_namespace(holder)));
    waitpid(child, nullptr, 0);
    EXPECT_TRUE(has_ended(holder));
}

TEST(Owner, AProcessWhoseFirstThreadEndedLives) {
    const auto [holder, child] = holder_of_child([] {
        std::thread([] { pause(); }).detach();
        syscall(SYS_exit, 0);  // this thread alone
    });
    // Until the first thread is a zombie, or the test would prove nothing.
    const std::string stat = "/proc/" + std::to_string(child) + "/stat";
    while (test::contents_of(stat).find(") Z ") == std::string::npos) std::this_thread::yield();
    EXPECT_FALSE(has_ended(holder));
    EXPECT_TRUE(is_alive(without_namespace(holder)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    EXPECT_TRUE(has_ended(holder));
}

TEST(Owner, KnowsTheLivingFromTheDead) {
    EXPECT_TRUE(is_alive(this_process()));
    EXPECT_FALSE(is_alive(""));
    EXPECT_FALSE(is_alive("1 999 other-boot"));
    EXPECT_FALSE(is_alive("../../etc 1 2"));
    std::string other = this_process();
    other += 'x';
    EXPECT_FALSE(is_alive(other));
}

}  // namespace
}  // namespace veritag::store
