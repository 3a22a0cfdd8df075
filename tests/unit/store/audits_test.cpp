// What the store keeps of images and audits.
#include "store/store.h"

#include "folder.h"
#include "store/owner.h"
#include "store/schema.h"

#include "model/kept.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <set>
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
    std::unique_ptr<AuditStore> open(StoreOptions options = {}) {
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

// Some bytes that do not shrink, so that sizes mean something.
std::string noise(std::size_t bytes, unsigned seed) {
    std::string text;
    for (std::uint64_t state = seed * 2654435761U + 1; text.size() < bytes;) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        text += static_cast<char>('0' + (state >> 58));
    }
    return text;
}

LayerAnalysis layer_of(unsigned number, std::size_t bytes = 0) {
    LayerAnalysis layer;
    layer.blob_digest = sha256_of("layer " + std::to_string(number));
    layer.compression = "gzip";
    layer.diff_id = sha256_of("tar " + std::to_string(number));
    if (bytes != 0) layer.captures.push_back({"etc/noise", noise(bytes, number), bytes});
    return layer;
}

std::int64_t count_of(const std::string& path, const std::string& table) { return std::stoll(sql(path, "SELECT count(*) FROM " + table)); }

TEST_F(Audits, ADaemonsStorePrunesWhenItIsToldToAndAPieceAtATime) {
    StoreOptions options;
    options.prunes_itself = false;
    auto store = open(options);
    const auto audit = store->begin_audit(wanted());
    for (int i = 0; i < 300; ++i) store->keep_reference(audit->id, {"r.example", "openeuler/a", std::to_string(i)}, std::nullopt, judged("a", ""), {});
    store->end_audit(audit->id, {});
    for (unsigned i = 0; i < 100; ++i) store->keep_layer({layer_of(i).blob_digest, "gzip", "r"}, layer_of(i));
    for (int more = 0; more < 2; ++more) store->end_audit(store->begin_audit(wanted())->id, {});  // so that the first is not one of the last two
    for (int i = 0; i < 300; ++i) store->forget_references(std::vector<ReferenceKey>{{"r.example", "openeuler/a", std::to_string(i)}});
    now_ += options.most_age + std::chrono::hours(1);
    store->keep_document(sha256_of("d"), {"t", "d"});
    store = open(options);  // the old one ended, and pruned nothing
    EXPECT_EQ(count_of(path(), "layers"), 100);
    EXPECT_EQ(count_of(path(), "audit_references"), 300);

    int pieces = 0;
    for (std::int64_t layers = 100, references = 300; store->prune_some(); ++pieces) {
        const std::int64_t layers_left = count_of(path(), "layers"), references_left = count_of(path(), "audit_references");
        EXPECT_LE(layers - layers_left, 16);
        EXPECT_LE(references - references_left, 64);
        EXPECT_TRUE(references_left == 0 || layers_left == 100) << "audits first";
        layers = layers_left;
        references = references_left;
        EXPECT_TRUE(store->is_working());
    }
    EXPECT_GT(pieces, 10);
    EXPECT_EQ(count_of(path(), "layers"), 0);
    EXPECT_EQ(count_of(path(), "audit_references"), 0);
    EXPECT_EQ(count_of(path(), "audits"), 2);
    EXPECT_TRUE(store->find_document(sha256_of("d")));
    EXPECT_FALSE(store->prune_some()) << "nothing is left to do";
    EXPECT_EQ(sql(path(), "PRAGMA freelist_count"), "0") << "the file system has the room again";
}

TEST_F(Audits, WhereThereIsTooMuchAuditsAreThinnedOutAndLayersMayStay) {
    StoreOptions options;
    options.prunes_itself = false;
    options.most_bytes = 2U << 20;
    auto store = open(options);
    std::vector<std::int64_t> ids;
    const auto start = now_;
    for (unsigned i = 0; i < 120; ++i) {  // every four hours for twenty days
        now_ = start + std::chrono::hours(4 * i);
        const auto audit = store->begin_audit(wanted());
        store->keep_reference(audit->id, kA, sha256_of(std::to_string(i)), judged(noise(30'000, i), ""), {});
        store->end_audit(audit->id, {});
        ids.push_back(audit->id);
    }
    const LayerAnalysis layer = layer_of(1, 50'000);
    store->keep_layer({layer.blob_digest, "gzip", "r"}, layer);
    EXPECT_GT(std::stoll(sql(path(), "PRAGMA page_count")) * 4096, 2'200'000);
    while (store->prune_some()) {}
    const auto left = store->list_audits();
    EXPECT_LT(left.size(), 40U);
    EXPECT_GT(left.size(), 25U) << "all of the last two days, and one of each day before";
    std::set<std::int64_t> days;
    for (const AuditRecord& each : left) days.insert(each.started.time_since_epoch().count() / 86400);
    EXPECT_GE(days.size(), 20U);
    EXPECT_EQ(left.front().id, ids.back());
    EXPECT_EQ(store->read_audit(ids.back())->images.size(), 1U);
    EXPECT_TRUE(store->find_layer({layer.blob_digest, "gzip", "r"})) << "what the audits left was room enough";
    // Where they do not make room enough, layers go.
    for (unsigned i = 10; i < 110; ++i) store->keep_layer({layer_of(i).blob_digest, "gzip", "r"}, layer_of(i, 20'000));
    while (store->prune_some()) {}
    EXPECT_LT(count_of(path(), "layers"), 80);
    EXPECT_GT(count_of(path(), "layers"), 0);
    EXPECT_EQ(store->list_audits().size(), left.size());
}

TEST_F(Audits, WhatThisProcessWantsOfLayersOutlivesPruning) {
    StoreOptions options;
    options.prunes_itself = false;
    auto store = open(options);
    store->keep_wanted("sha256:w1", "wanted 1");
    while (store->prune_some()) {}
    LayerAnalysis layer = layer_of(1);
    store->keep_layer({layer.blob_digest, "gzip", "r1", "parsers", "sha256:w1"}, layer);  // much later
    EXPECT_TRUE(store->find_earlier_layer({layer.blob_digest, "gzip", "r2", "parsers", "sha256:w2"}));
    sql(path(), "DELETE FROM layers");
    store = open(options);
    while (store->prune_some()) {}
    EXPECT_EQ(count_of(path(), "wanted_sets"), 0) << "nobody wants it any more";
}

TEST_F(Audits, OneAndAPageOfThemAreFoundWithoutTheOthers) {
    auto store = open();
    std::vector<std::int64_t> audits, scans;
    for (int i = 0; i < 6; ++i) {
        AuditRecord record = wanted(std::to_string(i));
        record.kind = i % 2 == 0 ? RunKind::audit : RunKind::scan;
        (i % 2 == 0 ? audits : scans).push_back(store->begin_audit(record)->id);
    }
    const auto ids = [](const std::vector<AuditRecord>& list) {
        std::vector<std::int64_t> all;
        for (const AuditRecord& each : list) all.push_back(each.id);
        return all;
    };
    EXPECT_EQ(ids(store->list_audits({.limit = 2})), std::vector<std::int64_t>({scans[2], audits[2]}));
    EXPECT_EQ(ids(store->list_audits({.before = audits[2], .limit = 2})), std::vector<std::int64_t>({scans[1], audits[1]}));
    EXPECT_EQ(ids(store->list_audits({.before = {}, .kind = RunKind::scan, .limit = 2})), std::vector<std::int64_t>({scans[2], scans[1]}));
    EXPECT_EQ(ids(store->list_audits({.before = scans[1], .kind = RunKind::scan, .limit = 9})), std::vector<std::int64_t>({scans[0]}));
    EXPECT_EQ(store->list_audits().size(), 6U);
    EXPECT_EQ(store->find_audit(scans[1])->targets, std::vector<std::string>{"3"});
    EXPECT_FALSE(store->find_audit(1000));
}

TEST_F(Audits, ALongReadKeepsNobodyWaiting) {
    auto store = open();
    const auto audit = store->begin_audit(wanted());
    store->keep_reference(audit->id, kA, sha256_of("a"), judged("a", "x"), {});
    store->keep_reference(audit->id, kB, sha256_of("b"), judged("b", "x"), {});
    std::size_t seen = 0;
    store->each_current([&](const CurrentReference&) {
        // Another thread, as the API's: it neither waits for this read nor fails.
        std::thread([&] {
            EXPECT_TRUE(store->find_audit(audit->id));
            store->keep_reference(audit->id, {"r.example", "openeuler/z", std::to_string(seen)}, sha256_of("z"), judged("z", "x"), {});
        }).join();
        ++seen;
    });
    EXPECT_EQ(seen, 2U) << "one state of the store, whatever is written meanwhile";
    EXPECT_EQ(store->read_audit(audit->id)->images.size(), 4U);
    EXPECT_TRUE(store->is_working());
}

TEST_F(Audits, ALongWriteKeepsNoReaderWaiting) {
    StoreOptions options;
    options.patience = std::chrono::seconds(20);
    auto store = open(options);
    const auto audit = store->begin_audit(wanted());
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    std::atomic<bool> written{false};
    std::thread writer([&] {
        store->keep_document(sha256_of("d"), {"t", "d"});
        written = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // it waits for the other one by now
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(store->find_audit(audit->id));
    EXPECT_EQ(store->list_audits({.limit = 5}).size(), 1U);
    EXPECT_TRUE(store->read_audit(audit->id));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_FALSE(written);
    ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    writer.join();
    EXPECT_TRUE(store->find_document(sha256_of("d")));
    EXPECT_EQ(store->failures(), 0U);
}

TEST_F(Audits, AReaderThatFailsIsAFailureOfTheStoreAndIsTriedAgain) {
    StoreOptions options;
    options.try_again_after = std::chrono::milliseconds(50);
    auto store = open(options);
    const auto audit = store->begin_audit(wanted());
    ASSERT_TRUE(store->find_audit(audit->id));
    sql(path(), "ALTER TABLE audits RENAME TO elsewhere");
    EXPECT_FALSE(store->find_audit(audit->id));
    EXPECT_FALSE(store->is_working());
    EXPECT_EQ(store->failures(), 1U);
    sql(path(), "ALTER TABLE elsewhere RENAME TO audits");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_TRUE(store->find_audit(audit->id));
    EXPECT_TRUE(store->is_working());
}

TEST_F(Audits, OneThatDidNotComeToItsEndSaysSo) {
    auto store = open();
    AuditRecord record = wanted();
    record.job = 7;
    const auto audit = store->begin_audit(record);
    ASSERT_EQ(store->open_audits().size(), 1U);
    EXPECT_EQ(store->open_audits()[0].job, 7);
    EXPECT_TRUE(store->open_audits()[0].owner_lives);
    const auto running = store->read_audit(audit->id);
    ASSERT_TRUE(running && running->incomplete);
    EXPECT_EQ(running->incomplete->state, "running");
    ASSERT_EQ(running->targets.size(), 1U);
    EXPECT_TRUE(running->targets[0].error) << "an empty report of a run that goes on is no clean one";
    store->keep_reference(audit->id, kA, sha256_of("a"), judged("a", "x"), {});
    Report outcome;
    outcome.targets = {{.target = "r.example/openeuler", .driver = "catalog", .repositories = 2, .tags = 9}};
    outcome.images.resize(1);
    store->keep_outcome(audit->id, outcome);
    EXPECT_FALSE(store->find_audit(audit->id)->ended) << "it can be gone on with";
    store->close_audit(audit->id, AuditEnd::cancelled, "somebody asked for that");
    EXPECT_TRUE(store->open_audits().empty());
    const auto closed = store->find_audit(audit->id);
    EXPECT_TRUE(closed->ended);
    EXPECT_FALSE(closed->is_complete());
    EXPECT_EQ(closed->end, AuditEnd::cancelled);
    EXPECT_TRUE(closed->verdicts);
    const auto report = store->read_audit(audit->id);
    EXPECT_EQ(report->images.size(), 1U);
    EXPECT_EQ(report->incomplete->state, "cancelled");
    EXPECT_EQ(report->incomplete->reason, "somebody asked for that");
    EXPECT_EQ(report->targets[0].tags, 9U);
    ASSERT_TRUE(report->targets[0].error);
    EXPECT_NE(report->targets[0].error->message().find("it did not come to its end, cancelled: somebody asked for that"), std::string::npos) << report->targets[0].error->message();
    store->end_audit(audit->id, outcome);
    EXPECT_TRUE(store->find_audit(audit->id)->is_complete());
    EXPECT_FALSE(store->read_audit(audit->id)->incomplete);
}

TEST_F(Audits, TheNextTryOfAJobGoesOnWithWhatTheLastOneLeftOpen) {
    auto store = open();
    AuditRecord record = wanted();
    record.job = 7;
    const auto first = store->begin_audit(record);
    EXPECT_EQ(store->begin_audit(record)->id, first->id) << "the same process, and the same job";
    AuditRecord other = record;
    other.job = 8;
    EXPECT_NE(store->begin_audit(other)->id, first->id);
    record.rules_digest = "sha256:new";
    const auto second = store->begin_audit(record);
    EXPECT_NE(second->id, first->id) << "other rules are another audit";
    EXPECT_EQ(store->find_audit(first->id)->end, AuditEnd::failed) << "and nobody goes on with the first";
    EXPECT_NE(store->find_audit(first->id)->failure.find("as audit " + std::to_string(second->id)), std::string::npos);
    EXPECT_EQ(store->open_audits().size(), 2U);
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
