// The daemon's state in a file that others make, damage, fill, take away, or that is left by a process killed at any moment.
#include "daemon_fixture.h"

#include "store/batching_enqueuer.h"
#include "store/schema.h"
#include "store/store.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace veritag::store {
namespace {

using test::contents_of;
using test::Folder;
using test::info;
using test::must;
using test::put;
using test::scan_of;
using test::sql;
using test::take;
using test::write_file;
using namespace std::chrono_literals;

constexpr int kSkipped = 77;

/// The exit status of a process that does this. Its failed expectations are failures here.
int in_child(const std::function<int()>& run) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        int status = 1;
        try {
            status = run();
        } catch (const std::exception& failure) {
            std::fprintf(stderr, "%s\n", failure.what());
        }
        std::fflush(nullptr);
        _exit(status == 0 && testing::Test::HasFailure() ? 1 : status);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class DaemonFile : public test::DaemonTest {
protected:
    Error open_error() {
        auto state = open_sqlite_daemon_state(path());
        EXPECT_FALSE(state.has_value());
        return state ? Error{} : state.error();
    }
    [[nodiscard]] int asides() const {
        int count = 0;
        for (const std::string& name : folder_.names()) count += name.starts_with("store.sqlite.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm") ? 1 : 0;
        return count;
    }
    static Result<std::optional<Lease>> take_result(DaemonState& state) { return state.jobs().lease("w", test::kScans, 60s); }
    static std::string failure(DaemonState& state) {
        const NewJob job = scan_of("more", Priority::push, std::string(100'000, 'x'));
        const EnqueueAnswer answer = state.jobs().enqueue(std::span(&job, 1));
        EXPECT_FALSE(answer);
        EXPECT_EQ(answer.error().code, ErrorCode::io);
        return answer ? std::string() : answer.error().message();
    }
};

// ---- opening ----

TEST_F(DaemonFile, ItAndTheContentStoreShareAFileWhoeverComesFirst) {
    for (const bool daemon_first : {false, true}) {
        std::filesystem::remove(path());
        std::unique_ptr<DaemonState> state;
        if (daemon_first) state = open();
        auto content = must(open_sqlite_store(path()));
        if (!state) state = open();
        content->keep_document(sha256_of("{}"), {"t", "{}"});
        const std::int64_t id = put(state->jobs(), scan_of("a")).id;
        EXPECT_TRUE(content->find_document(sha256_of("{}")));
        content.reset();
        state = open();
        EXPECT_EQ(info(state->jobs(), id).key, "a");
        EXPECT_TRUE(must(open_sqlite_store(path()))->find_document(sha256_of("{}")));
    }
    EXPECT_EQ(sql(path(), "SELECT max(version) FROM migrations"), std::to_string(migrations().size()));
    EXPECT_EQ(sql(path(), "PRAGMA journal_mode"), "wal");
}

TEST_F(DaemonFile, ProcessesThatMakeItAtOnceAllSucceed) {
    constexpr int kProcesses = 6;
    for (int round = 0; round < 10; ++round) {
        for (const std::string& name : folder_.names()) std::filesystem::remove(folder_.file(name));
        int gate[2];
        ASSERT_EQ(pipe(gate), 0);
        std::vector<pid_t> children;
        for (int i = 0; i < kProcesses; ++i) {
            const pid_t child = fork();
            if (child == 0) {
                close(gate[1]);
                char ignored = 0;
                (void)!read(gate[0], &ignored, 1);  // until all are there
                bool fine = false;
                if (i % 2 == 0) {
                    const auto store = open_sqlite_store(path());
                    fine = store.has_value();
                    if (!fine) std::fprintf(stderr, "%s\n", store.error().message().c_str());
                } else {
                    const auto state = open_sqlite_daemon_state(path());
                    fine = state.has_value() && (*state)->values().put(std::to_string(i), "here").has_value();
                    if (!state) std::fprintf(stderr, "%s\n", state.error().message().c_str());
                }
                _exit(fine ? 0 : 1);
            }
            children.push_back(child);
        }
        close(gate[0]);
        close(gate[1]);
        for (const pid_t child : children) {
            int status = -1;
            waitpid(child, &status, 0);
            EXPECT_EQ(status, 0) << "round " << round;
        }
        EXPECT_EQ(must(open()->values().list("")).size(), 3U);
    }
}

TEST_F(DaemonFile, IsPrivate) {
    auto state = must(open_sqlite_daemon_state(folder_.file("a/store.sqlite")));
    EXPECT_EQ(std::filesystem::status(folder_.file("a")).permissions(), std::filesystem::perms::owner_all);
    for (const char* name : {"a/store.sqlite", "a/store.sqlite-wal"})
        EXPECT_EQ(std::filesystem::status(folder_.file(name)).permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write) << name;
}

TEST_F(DaemonFile, WhatIsNotOursIsRefusedAndStaysAsItIs) {
    sql(path(), "CREATE TABLE bookmarks (a)");
    EXPECT_NE(open_error().message().find("it is another program's database, not a veritag store"), std::string::npos);
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM sqlite_schema"), "1");
    std::filesystem::remove(path());
    { const auto state = open(); }
    sql(path(), "INSERT INTO migrations VALUES (1000, 0)");
    EXPECT_EQ(open_error().code, ErrorCode::config);
    EXPECT_EQ(asides(), 0);
    const std::string script = folder_.file("lib.sh");
    write_file(script, "#!/bin/sh\n");
    EXPECT_EQ(open_sqlite_daemon_state(script).error().code, ErrorCode::config);
    EXPECT_EQ(contents_of(script), "#!/bin/sh\n");
}

TEST_F(DaemonFile, ADamagedOneIsSetAsideWhenItIsOpened) {
    write_file(path(), std::string(5000, 'x'));
    EXPECT_EQ(put(open()->jobs(), scan_of("a")).outcome, EnqueueOutcome::added);
    EXPECT_EQ(asides(), 1);
}

// Wherever a page is garbage: the state opens, and each call either works or says why not; opened again, all work.
TEST_F(DaemonFile, DamageAnywhereInItsTablesIsFoundWhenItIsOpened) {
    constexpr int kJobs = 40;
    {
        auto state = open();
        for (int i = 0; i < kJobs; ++i) put(state->jobs(), scan_of("job " + std::to_string(i), Priority::push, std::string(2000, 'p')));
        must(state->tokens().create({.name = "ci"}));
        must(state->values().put("k", std::string(50'000, 'v')));
    }
    const std::string whole = contents_of(path());
    ASSERT_GT(whole.size(), 40U * 4096);
    int before = 0;
    for (std::size_t at = 0; at < whole.size(); at += 4096) {
        std::string bad = whole;
        bad.replace(at, 4096, std::string(4096, '\x5a'));
        for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path() + suffix);
        write_file(path(), bad);
        auto state = open();
        const bool aside = asides() > before;
        before = asides();
        for (int i = 0; i < kJobs; ++i) put(state->jobs(), scan_of("job " + std::to_string(i)));
        for (int i = 0; i < kJobs; ++i) ASSERT_TRUE(take(state->jobs())) << "page " << at / 4096 << ", job " << i << (aside ? ", set aside" : "");
    }
    EXPECT_GT(before, 30);
}

// ---- while it runs ----

TEST_F(DaemonFile, DamageIsToldAndIsOverWhenTheFileIsWholeAgain) {
    auto state = open();
    for (int i = 0; i < 100; ++i) put(state->jobs(), scan_of("job " + std::to_string(i)));
    sql(path(), "PRAGMA wal_checkpoint(TRUNCATE)");
    const std::string whole = contents_of(path());
    sql(path(), "UPDATE daemon_values SET value = '' WHERE key = ''; INSERT INTO job_turns VALUES (7, 0); DELETE FROM job_turns WHERE priority = 7; PRAGMA wal_checkpoint(TRUNCATE)");
    {  // in place: the file stays the same one
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096);
        file << std::string(whole.size() - 4096, '\x5a');
    }
    for (int i = 0; i < 2; ++i) {
        EXPECT_NE(failure(*state).find("restart veritag: it sets the damaged file aside"), std::string::npos) << failure(*state);
        EXPECT_FALSE(take_result(*state)) << "each call";
        EXPECT_FALSE(state->jobs().counts());
        EXPECT_FALSE(state->values().get("k"));
        EXPECT_FALSE(state->tokens().list());
    }
    EXPECT_EQ(asides(), 0);
    {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file << whole;
    }
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path() + suffix);
    EXPECT_EQ(put(state->jobs(), scan_of("more")).outcome, EnqueueOutcome::added);
    EXPECT_EQ(must(state->jobs().counts()).of(JobState::waiting), 101U);
}

TEST_F(DaemonFile, WhereItWasTakenAwayANewOneIsUsedAndWhatMattersGoesOver) {
    auto state = open();
    const std::int64_t running = put(state->jobs(), scan_of("a", Priority::push, "payload a")).id;
    const auto lease = take(state->jobs());
    NewJob waiting = scan_of("b", Priority::push, "payload b");
    waiting.events = {"event"};
    const std::int64_t behind = put(state->jobs(), waiting).id;
    must(state->values().put("k", "v"));
    const std::string secret = must(state->tokens().create({.name = "ci"})).secret;
    const std::string revoked = must(state->tokens().create({.name = "old"})).secret;
    must(state->tokens().verify(secret));
    const auto take_away = [&](const std::string& name) {
        for (const char* suffix : {"-wal", "-shm", ""}) std::filesystem::rename(path() + suffix, folder_.file(name) + suffix);
    };
    take_away("aside");
    EXPECT_TRUE(must(state->tokens().verify(secret))) << "who only reads finds it, too";
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM jobs"), "2");
    EXPECT_EQ(must(state->values().get("k"))->value, "v");
    EXPECT_EQ(must(state->jobs().renew(lease->token)), LeaseState::held);
    EXPECT_TRUE(must(state->jobs().finish(lease->token, "")));
    EXPECT_EQ(put(state->jobs(), waiting), (Enqueued{behind, EnqueueOutcome::duplicate}));
    EXPECT_GT(put(state->jobs(), scan_of("c")).id, behind) << "no number is given twice";
    must(state->tokens().revoke("old"));
    EXPECT_EQ(take(state->jobs())->payload, "payload b");
    EXPECT_EQ(sql(folder_.file("aside"), "SELECT count(*) FROM jobs"), "2") << "the old file stays as it was";
    take_away("aside again");
    EXPECT_FALSE(must(state->tokens().verify(revoked)));
    EXPECT_EQ(info(state->jobs(), running).state, JobState::done) << "it does not come back from the first one";
}

TEST_F(DaemonFile, WithoutItsDirectoryNothingWorksAndWithItAllIsThere) {
    const std::string home = folder_.file("home");
    auto state = must(open_sqlite_daemon_state(home + "/store.sqlite"));
    put(state->jobs(), scan_of("a"));
    std::filesystem::rename(home, folder_.file("elsewhere"));
    for (int i = 0; i < 2; ++i) {
        EXPECT_NE(failure(*state).find("its directory is not there; bring it back, or restart veritag"), std::string::npos) << failure(*state);
        EXPECT_FALSE(state->jobs().counts());
    }
    EXPECT_FALSE(std::filesystem::exists(home));
    std::filesystem::rename(folder_.file("elsewhere"), home);
    EXPECT_EQ(put(state->jobs(), scan_of("b")).outcome, EnqueueOutcome::added);
    std::filesystem::remove_all(home);
    failure(*state);
    std::filesystem::create_directory(home);
    EXPECT_EQ(put(state->jobs(), scan_of("c")).outcome, EnqueueOutcome::added);
    EXPECT_EQ(must(state->jobs().counts()).of(JobState::waiting), 3U) << "carried over from the file that has no name any more";
}

TEST_F(DaemonFile, WhatADamagedOneStillGivesIsCarriedOver) {
    std::string secret;
    const auto make = [&] {
        for (const std::string& name : folder_.names()) std::filesystem::remove(folder_.file(name));
        auto state = open();
        put(state->jobs(), scan_of("a", Priority::push, "payload"));
        secret = must(state->tokens().create({.name = "ci"})).secret;
        must(state->values().put("k", "v"));
    };
    const auto damage = [&](const std::string& table) {
        const auto page = std::stoul(sql(path(), "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'"));
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>((page - 1) * 4096));
        file << std::string(4096, '\x5a');
    };
    for (const std::string table : {"jobs", "job_bodies", "job_events", "tokens", "daemon_values"}) {
        make();
        damage(table);
        auto state = open();
        EXPECT_EQ(asides(), 1) << table;
        EXPECT_EQ(must(state->jobs().counts()).of(JobState::waiting), table.starts_with("job") ? 0U : 1U) << table;
        if (!table.starts_with("job")) {
            EXPECT_EQ(take(state->jobs())->payload, "payload");
        }
        EXPECT_EQ(must(state->tokens().verify(secret)).has_value(), table != "tokens") << table;
        EXPECT_EQ(must(state->values().get("k")).has_value(), table != "daemon_values") << table;
        EXPECT_EQ(put(state->jobs(), scan_of("more")).outcome, EnqueueOutcome::added);
    }
}

// Damage of what layers hold is the content store's affair; it sets the file aside at its end.
TEST_F(DaemonFile, WhatTheContentStoreSetsAsideTakesNothingWithIt) {
    auto state = open();
    put(state->jobs(), scan_of("a"));
    {
        auto content = must(open_sqlite_store(path()));
        for (int i = 0; i < 50; ++i) content->keep_document(sha256_of(std::to_string(i)), {"t", std::to_string(i)});
    }
    sql(path(), "PRAGMA wal_checkpoint(TRUNCATE)");
    const auto page = std::stoul(sql(path(), "SELECT rootpage FROM sqlite_schema WHERE name = 'documents'"));
    {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>((page - 1) * 4096));
        file << std::string(4096, '\x5a');
    }
    { EXPECT_FALSE(must(open_sqlite_store(path()))->find_document(sha256_of("1"))); }
    EXPECT_EQ(asides(), 1);
    EXPECT_EQ(take(state->jobs())->key, "a");
    EXPECT_EQ(sql(path(), "SELECT count(*) FROM jobs"), "1");
}

TEST_F(DaemonFile, OneThatAnotherHoldsForLongIsToldAndThenWorks) {
    DaemonStateOptions options;
    options.patience = 20ms;
    auto state = open(options);
    const std::int64_t id = put(state->jobs(), scan_of("a")).id;
    sqlite3* holder = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &holder), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(holder, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_NE(failure(*state).find("database is locked; another program holds it"), std::string::npos) << failure(*state);
    EXPECT_EQ(info(state->jobs(), id).key, "a") << "readers do not wait for writers";
    EXPECT_FALSE(state->jobs().lease("w", test::kScans, 60s)) << "there is work to be had";
    sqlite3_exec(holder, "ROLLBACK", nullptr, nullptr, nullptr);
    EXPECT_EQ(take(state->jobs())->id, id);
    ASSERT_EQ(sqlite3_exec(holder, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_FALSE(take(state->jobs())) << "whoever asks in vain waits for nobody";
    sqlite3_close(holder);
}

TEST_F(DaemonFile, AFailedWriteIsToldAndTheNextOneWorks) {
    EXPECT_EQ(in_child([&] {
                  std::signal(SIGXFSZ, SIG_IGN);
                  auto state = open();
                  put(state->jobs(), scan_of("before"));
                  struct rlimit limit {};
                  getrlimit(RLIMIT_FSIZE, &limit);
                  const rlim_t unlimited = limit.rlim_cur;
                  limit.rlim_cur = 30'000;  // what lies behind it of any file cannot be written
                  setrlimit(RLIMIT_FSIZE, &limit);
                  for (int i = 0; i < 3; ++i) EXPECT_NE(failure(*state).find("enqueue jobs: "), std::string::npos);
                  EXPECT_EQ(must(state->jobs().counts()).of(JobState::waiting), 1U) << "readers do not suffer";
                  limit.rlim_cur = unlimited;
                  setrlimit(RLIMIT_FSIZE, &limit);
                  EXPECT_EQ(put(state->jobs(), scan_of("after")).outcome, EnqueueOutcome::added);
                  EXPECT_EQ(take(state->jobs())->key, "before");
                  EXPECT_EQ(take(state->jobs())->key, "after");
                  return 0;
              }),
              0);
}

// In a process of its own with a view of its own of the mounts, so that nothing is left behind.
bool mount_memory(const std::string& place, const char* options) {
    if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0) return false;
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    return mount("veritag-test", place.c_str(), "tmpfs", 0, options) == 0;
}

TEST_F(DaemonFile, AFullDiskIsToldAndIsOverWithRoomAgain) {
    const int status = in_child([&] {
        const std::string disk = folder_.file("disk");
        std::filesystem::create_directory(disk);
        if (!mount_memory(disk, "size=1m")) return kSkipped;
        auto state = must(open_sqlite_daemon_state(disk + "/store.sqlite"));
        std::set<std::string> kept;
        std::string refused;
        for (int i = 0; i < 1000 && refused.empty(); ++i) {
            const NewJob job = scan_of(std::to_string(i), Priority::push, std::string(10'000, 'x'));
            const EnqueueAnswer answer = state->jobs().enqueue(std::span(&job, 1));
            answer ? void(kept.insert(job.key)) : void(refused = answer.error().message());
        }
        EXPECT_NE(refused.find("database or disk is full; make room in its file system"), std::string::npos) << refused;
        EXPECT_GT(kept.size(), 5U);
        EXPECT_EQ(must(state->jobs().counts()).of(JobState::waiting), kept.size());
        for (int i = 0; i < 5; ++i) failure(*state);
        EXPECT_EQ(mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT, "size=64m"), 0);
        EXPECT_EQ(put(state->jobs(), scan_of("after")).outcome, EnqueueOutcome::added);
        while (const auto lease = take(state->jobs())) {
            kept.erase(lease->key);
            EXPECT_TRUE(must(state->jobs().finish(lease->token, "")));
        }
        EXPECT_TRUE(kept.empty()) << kept.size() << " acknowledged jobs were lost";
        return 0;
    });
    if (status == kSkipped) GTEST_SKIP() << "no memory can be mounted here";
    EXPECT_EQ(status, 0);
}

TEST_F(DaemonFile, ADiskThatIsHiddenIsToldAndThenGoesOn) {
    const int status = in_child([&] {
        const std::string disk = folder_.file("disk");
        std::filesystem::create_directory(disk);
        if (!mount_memory(disk, "size=8m")) return kSkipped;
        auto state = must(open_sqlite_daemon_state(disk + "/store.sqlite"));
        put(state->jobs(), scan_of("before"));
        EXPECT_EQ(mount("veritag-test", disk.c_str(), "tmpfs", MS_RDONLY, "size=8m"), 0);
        EXPECT_NE(failure(*state).find("Read-only file system"), std::string::npos) << failure(*state);
        EXPECT_FALSE(state->jobs().counts());
        EXPECT_EQ(umount(disk.c_str()), 0);
        EXPECT_EQ(put(state->jobs(), scan_of("after")).outcome, EnqueueOutcome::added);
        EXPECT_EQ(take(state->jobs())->key, "before");
        EXPECT_EQ(take(state->jobs())->key, "after");
        return 0;
    });
    if (status == kSkipped) GTEST_SKIP() << "no memory can be mounted here";
    EXPECT_EQ(status, 0);
}

TEST_F(DaemonFile, AReadOnlyDiskIsToldAndIsOverWhenItCanBeWritten) {
    const int status = in_child([&] {
        const std::string disk = folder_.file("disk");
        std::filesystem::create_directory(disk);
        if (!mount_memory(disk, "size=8m")) return kSkipped;
        in_child([&] {  // killed, so that its log is still there
            auto killed = must(open_sqlite_daemon_state(disk + "/store.sqlite"));
            put(killed->jobs(), scan_of("before"));
            killed.release();
            return 0;
        });
        EXPECT_EQ(mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0) << std::strerror(errno);
        auto state = must(open_sqlite_daemon_state(disk + "/store.sqlite"));
        for (int i = 0; i < 2; ++i) {
            EXPECT_NE(failure(*state).find("attempt to write a readonly database; let veritag write to the file and its directory"), std::string::npos) << failure(*state);
            EXPECT_EQ(must(state->jobs().counts()).of(JobState::waiting), 1U);
            EXPECT_FALSE(take_result(*state));
        }
        EXPECT_EQ(mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT, nullptr), 0);
        EXPECT_EQ(put(state->jobs(), scan_of("after")).outcome, EnqueueOutcome::added);
        EXPECT_EQ(take(state->jobs())->key, "before");
        EXPECT_EQ(take(state->jobs())->key, "after");
        return 0;
    });
    if (status == kSkipped) GTEST_SKIP() << "no memory can be mounted here";
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace veritag::store
