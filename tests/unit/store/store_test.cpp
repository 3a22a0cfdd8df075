// What every store must do, and what the SQLite one does with files that are not as it left them.
#include "store/store.h"

#include "folder.h"
#include "store/compression.h"
#include "store/place.h"
#include "store/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include <sys/stat.h>

namespace veritag::store {
namespace {

using test::contents_of;
using test::Folder;
using test::sql;
using test::write_file;

LayerAnalysis sample_layer(const std::string& seed = "layer") {
    LayerAnalysis layer;
    layer.blob_digest = sha256_of(seed);
    layer.blob_size = 10;
    layer.compression = "gzip";
    layer.diff_id = sha256_of(seed + " tar");
    layer.tar_size = 20;
    layer.entries.add({.path = "etc/os-release", .size = 7, .mode = 0644});
    layer.captures.push_back({"etc/os-release", "ID=test", 7});
    return layer;
}

LayerKey key_of(const LayerAnalysis& layer, const std::string& recipe = "recipe") { return {layer.blob_digest, layer.compression, recipe}; }

// ---- the contract: one row for each kind of store ----

struct Kind {
    const char* name;
    Result<std::unique_ptr<AuditStore>> (*open)(const Folder&);
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class StoreContract : public testing::TestWithParam<Kind> {
protected:
    std::unique_ptr<AuditStore> open() {
        Result<std::unique_ptr<AuditStore>> store = GetParam().open(folder_);
        EXPECT_TRUE(store.has_value()) << (store ? "" : store.error().message());
        return store ? std::move(*store) : nullptr;
    }
    Folder folder_;
};

TEST_P(StoreContract, AnEmptyStoreKnowsNothing) {
    const auto store = open();
    EXPECT_FALSE(store->find_layer(key_of(sample_layer())));
    EXPECT_FALSE(store->find_document(sha256_of("{}")));
}

TEST_P(StoreContract, WhatWasKeptIsFoundAgainAndAfterReopening) {
    const LayerAnalysis layer = sample_layer();
    auto store = open();
    store->keep_layer(key_of(layer), layer);
    store->keep_document(sha256_of("{}"), {"application/json", "{}"});
    for (int round = 0; round < 2; ++round) {
        const auto found = store->find_layer(key_of(layer));
        ASSERT_TRUE(found);
        EXPECT_EQ(serialise(*found), serialise(layer));
        const auto document = store->find_document(sha256_of("{}"));
        ASSERT_TRUE(document);
        EXPECT_EQ(document->body, "{}");
        EXPECT_EQ(document->media_type, "application/json");
        store.reset();
        store = open();
    }
}

TEST_P(StoreContract, EveryPartOfTheKeyCounts) {
    const LayerAnalysis layer = sample_layer();
    const auto store = open();
    store->keep_layer(key_of(layer), layer);
    EXPECT_FALSE(store->find_layer(key_of(layer, "another recipe")));
    EXPECT_FALSE(store->find_layer({layer.blob_digest, "zstd", "recipe"}));
    EXPECT_FALSE(store->find_layer({sha256_of("another"), "gzip", "recipe"}));
    EXPECT_TRUE(store->find_layer(key_of(layer)));
}

TEST_P(StoreContract, RecipesOfOneBlobStandSideBySide) {
    LayerAnalysis layer = sample_layer();
    const auto store = open();
    store->keep_layer(key_of(layer, "one"), layer);
    layer.captures.push_back({"opt/more", "more", 4});
    store->keep_layer(key_of(layer, "two"), layer);
    EXPECT_EQ(store->find_layer(key_of(layer, "one"))->captures.size(), 1U);
    EXPECT_EQ(store->find_layer(key_of(layer, "two"))->captures.size(), 2U);
}

TEST_P(StoreContract, KeepingAgainReplaces) {
    LayerAnalysis layer = sample_layer();
    const auto store = open();
    store->keep_layer(key_of(layer), layer);
    layer.captures.clear();
    store->keep_layer(key_of(layer), layer);
    EXPECT_TRUE(store->find_layer(key_of(layer))->captures.empty());
    store->keep_document(sha256_of("{}"), {"text/plain", "{}"});
    store->keep_document(sha256_of("{}"), {"application/json", "{}"});
    EXPECT_EQ(store->find_document(sha256_of("{}"))->media_type, "application/json");
}

TEST_P(StoreContract, AnyBytesComeBack) {
    std::string body;
    for (int i = 0; i < 512; ++i) body += static_cast<char>(i);
    const auto store = open();
    store->keep_document(sha256_of(body), {"", body});
    EXPECT_EQ(store->find_document(sha256_of(body))->body, body);
    store->keep_document(sha256_of(""), {"", ""});
    EXPECT_EQ(store->find_document(sha256_of(""))->body, "");
}

TEST_P(StoreContract, ADocumentThatIsNotItsDigestIsNotGiven) {
    const auto store = open();
    store->keep_document(sha256_of("right"), {"", "wrong"});
    EXPECT_FALSE(store->find_document(sha256_of("right")));
    store->keep_document(sha256_of("right"), {"", "right"});
    EXPECT_TRUE(store->find_document(sha256_of("right"))) << "a dropped row leaves room for the right one";
}

TEST_P(StoreContract, ThreadsAndSeveralOpenStoresShareIt) {
    constexpr int kThreads = 4;
    constexpr int kLayers = 25;
    const auto one = open();
    const auto other = open();
    std::vector<std::jthread> threads;
    std::atomic<int> missed{0};
    for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t] {
            Store& store = t % 2 == 0 ? *one : *other;
            for (int i = 0; i < kLayers; ++i) {
                const LayerAnalysis layer = sample_layer(std::to_string(t) + "/" + std::to_string(i));
                store.keep_layer(key_of(layer), layer);
                if (!store.find_layer(key_of(layer))) ++missed;
            }
        });
    threads.clear();
    EXPECT_EQ(missed, 0);
    for (int t = 0; t < kThreads; ++t)
        for (int i = 0; i < kLayers; ++i) EXPECT_TRUE(one->find_layer(key_of(sample_layer(std::to_string(t) + "/" + std::to_string(i)))));
}

INSTANTIATE_TEST_SUITE_P(Kinds, StoreContract, testing::Values(Kind{"Sqlite", [](const Folder& folder) { return open_sqlite_store(folder.file("store.sqlite")); }}),
                         [](const auto& each) { return each.param.name; });

// ---- the SQLite store ----

class SqliteStoreTest : public testing::Test {
protected:
    std::unique_ptr<AuditStore> open(StoreOptions options = {}) {
        Result<std::unique_ptr<AuditStore>> store = open_sqlite_store(path_, std::move(options));
        EXPECT_TRUE(store.has_value()) << (store ? "" : store.error().message());
        return store ? std::move(*store) : nullptr;
    }
    Error open_error() {
        Result<std::unique_ptr<AuditStore>> store = open_sqlite_store(path_);
        EXPECT_FALSE(store.has_value());
        return store ? Error{} : store.error();
    }
    void fill(int layers = 1) {
        const auto store = open();
        for (int i = 0; i < layers; ++i) store->keep_layer(key_of(sample_layer(std::to_string(i))), sample_layer(std::to_string(i)));
    }
    [[nodiscard]] bool has(int layer) { return open()->find_layer(key_of(sample_layer(std::to_string(layer)))).has_value(); }
    [[nodiscard]] int asides() const {
        int count = 0;
        for (const std::string& name : folder_.names()) count += name.starts_with("store.sqlite.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm") ? 1 : 0;
        return count;
    }
    Folder folder_{test::fast_directory()};
    std::string path_ = folder_.file("store.sqlite");
};

TEST_F(SqliteStoreTest, FileAndDirectoryArePrivate) {
    path_ = folder_.file("a/b/store.sqlite");
    const mode_t before = umask(0);
    const auto store = open();
    store->keep_document(sha256_of("{}"), {"", "{}"});
    umask(before);
    struct stat found {};
    for (const auto& [name, mode] : {std::pair{"a", 0700U}, {"a/b", 0700U}, {"a/b/store.sqlite", 0600U}, {"a/b/store.sqlite-wal", 0600U}}) {
        ASSERT_EQ(stat(folder_.file(name).c_str(), &found), 0) << name;
        EXPECT_EQ(found.st_mode & 0777U, mode) << name;
    }
}

TEST_F(SqliteStoreTest, ANewerSchemaIsRefusedAndStaysAsItIs) {
    fill();
    sql(path_, "INSERT INTO migrations VALUES (1000, 0)");
    const std::string before = contents_of(path_);
    const Error error = open_error();
    EXPECT_EQ(to_string(error.code), to_string(ErrorCode::config));
    EXPECT_NE(error.message().find("store.sqlite: its schema is version 1000, and this veritag knows versions up to " + std::to_string(migrations().size()) + "; a newer veritag made it"), std::string::npos) << error.message();
    EXPECT_EQ(contents_of(path_), before);
    EXPECT_EQ(asides(), 0);
}

TEST_F(SqliteStoreTest, AnotherProgramsDatabaseIsRefusedAndStaysAsItIs) {
    sql(path_, "CREATE TABLE bookmarks (a); INSERT INTO bookmarks VALUES (1)");
    const std::string before = contents_of(path_);
    EXPECT_NE(open_error().message().find("it is another program's database, not a veritag store; name another file with --store"), std::string::npos);
    EXPECT_EQ(contents_of(path_), before);
}

// A slip in --store must not cost anybody a file.
TEST_F(SqliteStoreTest, AFileOfAnotherProgramIsRefusedAndStaysAsItIs) {
    std::string others = std::string("SQLite format 3\0", 16) + std::string(5000, 'x');
    const std::pair<std::string, std::string> cases[] = {{"lib.sh", "#!/bin/sh\necho hello\n"}, {"a.bin", std::string(5000, '\x5a')}, {"places.sqlite", others}};
    for (const auto& [name, content] : cases) {
        path_ = folder_.file(name);
        write_file(path_, content);
        const Error error = open_error();
        EXPECT_EQ(to_string(error.code), to_string(ErrorCode::config)) << name;
        EXPECT_NE(error.message().find(name.ends_with(".sqlite") ? "it is another program's database" : "it is no SQLite database, so it is left as it is; name another file with --store"), std::string::npos) << error.message();
        EXPECT_EQ(contents_of(path_), content) << name;
        std::filesystem::remove(path_);
    }
    for (const std::string& name : folder_.names()) EXPECT_EQ(name.find("damaged"), std::string::npos) << name;
}

// Its mark in the header tells.
TEST_F(SqliteStoreTest, ADamagedStoreOfAnyNameIsSetAside) {
    fill(40);
    const std::string whole = contents_of(path_);
    path_ = folder_.file("kept");
    write_file(path_, whole.substr(0, 5000));
    fill();
    EXPECT_TRUE(has(0));
    const std::vector<std::string> names = folder_.names();
    EXPECT_EQ(std::count_if(names.begin(), names.end(), [](const std::string& name) { return name.starts_with("kept.damaged-"); }), 1);
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsSetAsideUnchanged) {
    const std::string text(5000, 'x');
    write_file(path_, text);
    fill();
    EXPECT_TRUE(has(0));
    ASSERT_EQ(asides(), 1);
    for (const std::string& name : folder_.names())
        if (name.starts_with("store.sqlite.damaged-")) {
            EXPECT_EQ(contents_of(folder_.file(name)), text);
        }
}

TEST_F(SqliteStoreTest, OneDamagedTwiceIsSetAsideTwice) {
    for (int round = 1; round <= 3; ++round) {
        write_file(path_, "no database, round " + std::to_string(round) + std::string(5000, '.'));
        fill();
        EXPECT_TRUE(has(0));
        EXPECT_EQ(asides(), round);
    }
}

// Whatever 4096 bytes of the file are garbage, and wherever it ends: no crash, and afterwards a store that works.
TEST_F(SqliteStoreTest, DamageAnywhereNeverStopsUs) {
    fill(40);
    const std::string whole = contents_of(path_);
    ASSERT_GT(whole.size(), 10U * 4096);
    int asides_before = 0;
    for (std::size_t at = 0; at < whole.size(); at += 4096) {
        for (const bool cut : {false, true}) {
            std::string bad = cut ? whole.substr(0, at + 100) : whole;
            if (!cut) bad.replace(at, 4096, std::string(4096, '\x5a'));
            for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
            write_file(path_, bad);
            for (int i = 0; i < 40; ++i) {
                const auto store = open();
                ASSERT_TRUE(store);
                const LayerAnalysis layer = sample_layer(std::to_string(i));
                if (const auto found = store->find_layer(key_of(layer))) {
                    EXPECT_EQ(serialise(*found), serialise(layer));
                }
                if (asides() > asides_before) break;
                if (i % 10 == 0) store->keep_layer(key_of(layer), layer);
            }
            asides_before = asides();
        }
    }
    fill();
    EXPECT_TRUE(has(0));
    EXPECT_GT(asides(), 3);
}

TEST_F(SqliteStoreTest, ADamagedRowIsDroppedAndTheOthersStay) {
    fill(2);
    sql(path_, "UPDATE layers SET analysis = zeroblob(length(analysis)) WHERE blob = '" + sample_layer("0").blob_digest.str() + "'");
    EXPECT_FALSE(has(0));
    EXPECT_TRUE(has(1));
    EXPECT_EQ(sql(path_, "SELECT count(*) FROM layers"), "1");
}

TEST_F(SqliteStoreTest, AnAnalysisOfAnotherBlobIsNotGiven) {
    fill(2);
    sql(path_, "UPDATE layers SET analysis = (SELECT analysis FROM layers WHERE blob = '" + sample_layer("1").blob_digest.str() + "')");
    EXPECT_FALSE(has(0));
    EXPECT_TRUE(has(1));
}

TEST_F(SqliteStoreTest, AStoreHeldByAnotherIsLeftAloneAfterItsPatience) {
    fill();
    sqlite3* holder = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &holder), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(holder, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    StoreOptions options;
    options.patience = std::chrono::milliseconds(50);
    {
        const auto store = open(options);
        ASSERT_TRUE(store);
        EXPECT_TRUE(store->find_layer(key_of(sample_layer("0")))) << "a writer does not keep readers out";
        const auto start = std::chrono::steady_clock::now();
        for (int i = 1; i < 100; ++i) store->keep_layer(key_of(sample_layer(std::to_string(i))), sample_layer(std::to_string(i)));
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << "waited once, not for each layer";
        EXPECT_FALSE(store->find_layer(key_of(sample_layer("0")))) << "left alone";
    }
    sqlite3_close(holder);
    EXPECT_TRUE(has(0));
}

TEST_F(SqliteStoreTest, WhatNobodyUsedForLongGoesAndWhatIsUsedStays) {
    StoreOptions options;
    std::chrono::sys_seconds now{std::chrono::hours(24 * 365 * 50)};
    options.now = [&] { return now; };
    {
        const auto store = open(options);
        for (const char* name : {"0", "1"}) store->keep_layer(key_of(sample_layer(name)), sample_layer(name));
        store->keep_document(sha256_of("old"), {"", "old"});
    }
    now += options.most_age / 2;
    EXPECT_TRUE(open(options)->find_layer(key_of(sample_layer("0"))));
    now += options.most_age / 2 + std::chrono::hours(1);
    open(options)->keep_layer(key_of(sample_layer("2")), sample_layer("2"));  // pruned where something is written
    const auto store = open(options);
    EXPECT_TRUE(store->find_layer(key_of(sample_layer("0"))));
    EXPECT_FALSE(store->find_layer(key_of(sample_layer("1"))));
    EXPECT_TRUE(store->find_layer(key_of(sample_layer("2"))));
    EXPECT_FALSE(store->find_document(sha256_of("old")));
}

TEST_F(SqliteStoreTest, TheFileStaysBelowItsLimitAndTheNewestStay) {
    StoreOptions options;
    options.most_bytes = 8 << 20;
    std::chrono::sys_seconds now{std::chrono::hours(24 * 365 * 50)};
    options.now = [&] { return now; };
    const int kLayers = 300;
    std::uint32_t random = 1;
    {
        const auto store = open(options);
        for (int i = 0; i < kLayers; ++i) {
            LayerAnalysis layer = sample_layer(std::to_string(i));
            std::string noise(50'000, '\0');  // what no compression makes smaller
            for (char& c : noise) c = static_cast<char>((random = random * 1664525 + 1013904223) >> 24);
            layer.captures.front().content = noise;
            store->keep_layer(key_of(layer), layer);
            now += std::chrono::seconds(1);
        }
    }
    EXPECT_LE(std::filesystem::file_size(path_), options.most_bytes + 100'000);
    EXPECT_FALSE(has(0));
    for (int i = kLayers - 30; i < kLayers; ++i) EXPECT_TRUE(has(i)) << i;
}

TEST_F(SqliteStoreTest, FindingWritesAtMostOnceADay) {
    StoreOptions options;
    std::chrono::sys_seconds now{std::chrono::hours(24 * 365 * 50)};
    options.now = [&] { return now; };
    open(options)->keep_layer(key_of(sample_layer()), sample_layer());
    const std::string before = contents_of(path_);
    now += std::chrono::hours(23);
    EXPECT_TRUE(open(options)->find_layer(key_of(sample_layer())));
    EXPECT_EQ(contents_of(path_), before);
    now += std::chrono::hours(2);
    EXPECT_TRUE(open(options)->find_layer(key_of(sample_layer())));
    EXPECT_NE(contents_of(path_), before);
}

TEST_F(SqliteStoreTest, ADirectoryIsNoStore) {
    std::filesystem::create_directory(path_);
    const Error error = open_error();
    EXPECT_EQ(to_string(error.code), to_string(ErrorCode::io));
    EXPECT_NE(error.message().find("unable to open database file; name another file with --store, or use --no-store"), std::string::npos) << error.message();
}

TEST_F(SqliteStoreTest, ANameThatMeansSomethingToSqliteIsAFile) {
    const auto here = std::filesystem::current_path();
    std::filesystem::current_path(folder_.file(""));
    {
        const auto store = open_sqlite_store(":memory:");
        ASSERT_TRUE(store.has_value());
        (*store)->keep_document(sha256_of("{}"), {"", "{}"});
    }
    {
        const auto store = open_sqlite_store(":memory:");
        EXPECT_TRUE((*store)->find_document(sha256_of("{}")));
    }
    std::filesystem::current_path(here);
}

// ---- places and frames ----

TEST(StorePlace, FollowsTheXdgSpecification) {
    const auto with = [](const char* cache, const char* home) {
        cache != nullptr ? setenv("XDG_CACHE_HOME", cache, 1) : unsetenv("XDG_CACHE_HOME");
        home != nullptr ? setenv("HOME", home, 1) : unsetenv("HOME");
        return default_store_path();
    };
    const std::string home_before = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
    EXPECT_EQ(with("/cache", "/home/me"), "/cache/veritag/store.sqlite");
    EXPECT_EQ(with(nullptr, "/home/me"), "/home/me/.cache/veritag/store.sqlite");
    EXPECT_EQ(with("", "/home/me"), "/home/me/.cache/veritag/store.sqlite");
    EXPECT_EQ(with("relative", "/home/me"), "/home/me/.cache/veritag/store.sqlite");
    EXPECT_EQ(with(nullptr, nullptr), std::nullopt);
    EXPECT_EQ(with(nullptr, ""), std::nullopt);
    setenv("HOME", home_before.c_str(), 1);
}

TEST(StorePlace, OnlyTheFileThatWasSeenDamagedIsSetAside) {
    const Folder folder;
    const std::string path = folder.file("store.sqlite");
    write_file(path, "damaged");
    const FileIdentity damaged = file_identity(path);
    std::filesystem::rename(path, folder.file("set aside by another process"));
    write_file(path, "new");
    const auto name = set_aside(path, damaged);
    ASSERT_TRUE(name.has_value());
    EXPECT_EQ(*name, std::nullopt);
    EXPECT_EQ(contents_of(path), "new");
}

TEST(StoreCompression, EveryPrefixAndEveryFlippedByteIsNoticed) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "usr/lib/python3.11/site-packages/" + std::to_string(i * 7919) + '\n';
    const std::string frame = compress(text);
    EXPECT_EQ(decompress(frame, text.size()), text);
    EXPECT_EQ(decompress(frame, text.size() - 1), std::nullopt) << "longer than allowed";
    EXPECT_EQ(decompress(compress(""), 0), "");
    for (std::size_t i = 0; i < frame.size(); ++i) {
        EXPECT_EQ(decompress(std::string_view(frame).substr(0, i), text.size()), std::nullopt) << "prefix of " << i;
        std::string flipped = frame;
        flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
        const auto found = decompress(flipped, text.size());
        EXPECT_TRUE(!found || *found == text) << "byte " << i;
    }
}

}  // namespace
}  // namespace veritag::store
