// Who may ask the daemon, and small values.
#include "daemon_fixture.h"

#include "base/digest.h"

#include <thread>

namespace veritag::store {
namespace {

using test::contents_of;
using test::must;
using test::sql;
using namespace std::chrono_literals;

// ---- tokens ----

class Tokens : public test::DaemonTest {
protected:
    [[nodiscard]] std::chrono::sys_seconds seconds() const { return std::chrono::floor<std::chrono::seconds>(now_); }
};

TEST_F(Tokens, ASecretOpensUntilItIsRevoked) {
    auto state = open();
    const CreatedToken ci = must(state->tokens().create({.name = "ci@example.org", .role = Role::scan}));
    const CreatedToken ops = must(state->tokens().create({.name = "ops", .role = Role::admin}));
    EXPECT_EQ(ci.secret.size(), 46U);
    EXPECT_TRUE(ci.secret.starts_with("vt_"));
    EXPECT_EQ(ci.secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
    EXPECT_NE(ci.secret, ops.secret);
    state = open();
    const auto bearer = must(state->tokens().verify(ci.secret));
    ASSERT_TRUE(bearer);
    EXPECT_EQ(bearer->id, ci.info.id);
    EXPECT_EQ(bearer->name, "ci@example.org");
    EXPECT_EQ(bearer->role, Role::scan);
    EXPECT_TRUE(must(state->tokens().revoke("ci@example.org")));
    EXPECT_FALSE(must(state->tokens().revoke("ci@example.org")));
    EXPECT_FALSE(must(state->tokens().verify(ci.secret)));
    EXPECT_EQ(must(state->tokens().verify(ops.secret))->role, Role::admin);
}

TEST_F(Tokens, TheFileHoldsTheHashAndNotTheSecret) {
    std::string secret;
    {
        auto state = open();
        secret = must(state->tokens().create({.name = "ci"})).secret;
        EXPECT_TRUE(must(state->tokens().verify(secret)));
    }
    EXPECT_EQ(sql(path(), "SELECT hash FROM tokens"), sha256_of(secret).hex());
    sql(path(), "PRAGMA wal_checkpoint(TRUNCATE)");
    EXPECT_EQ(contents_of(path()).find(secret.substr(3)), std::string::npos);
}

TEST_F(Tokens, NothingElseOpens) {
    auto state = open();
    const std::string secret = must(state->tokens().create({.name = "ci"})).secret;
    const auto opens = [&](std::string_view text) { return must(state->tokens().verify(text)).has_value(); };
    EXPECT_TRUE(opens(secret));
    for (std::size_t i = 0; i < secret.size(); ++i) {
        EXPECT_FALSE(opens(std::string_view(secret).substr(0, i))) << i;
        std::string other = secret;
        other[i] = other[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(opens(other)) << i;
    }
    EXPECT_FALSE(opens(secret + 'A'));
    EXPECT_FALSE(opens(secret + std::string(1, '\0')));
    EXPECT_FALSE(opens("vt_' OR 1=1; --                                 "));
    EXPECT_FALSE(opens(std::string(10'000'000, 'x')));
    EXPECT_FALSE(opens(sha256_of(secret).hex())) << "the hash is no secret";
}

TEST_F(Tokens, OneExpires) {
    auto state = open();
    const std::string secret = must(state->tokens().create({.name = "ci", .expires = seconds() + 60s})).secret;
    pass(59s);
    EXPECT_TRUE(must(state->tokens().verify(secret)));
    pass(1s);
    EXPECT_FALSE(must(state->tokens().verify(secret)));
    ASSERT_EQ(must(state->tokens().list()).size(), 1U);
    EXPECT_EQ(state->tokens().create({.name = "old", .expires = seconds()}).error().message(), "create token: old: it would have expired already; name a time to come");
}

TEST_F(Tokens, NamesAreUniqueAndPlain) {
    auto state = open();
    must(state->tokens().create({.name = "ci"}));
    EXPECT_EQ(state->tokens().create({.name = "ci"}).error().message(), "create token: ci: there is a token of this name; take another name, or revoke that one first");
    must(state->tokens().revoke("ci"));
    must(state->tokens().create({.name = "ci"}));
    must(state->tokens().create({.name = std::string(64, 'n')}));
    for (const std::string& name : {std::string(), std::string("a b"), std::string("a\nb"), std::string("é"), std::string(65, 'n'), std::string("a\0b", 3)}) {
        const auto refused = state->tokens().create({.name = name});
        ASSERT_FALSE(refused) << name;
        EXPECT_NE(refused.error().message().find("it cannot be a token's name; take 1 to 64 letters, digits, dots"), std::string::npos) << refused.error().message();
    }
}

TEST_F(Tokens, UseIsNotedToTheHourAndWrittenOnceInIt) {
    auto state = open();
    now_ = TimePoint(std::chrono::seconds(1'750'003'200)) + 10min;  // ten minutes past an hour
    const auto hour = std::chrono::sys_seconds(std::chrono::seconds(1'750'003'200));
    const std::string secret = must(state->tokens().create({.name = "b", .role = Role::read, .expires = seconds() + 24h})).secret;
    must(state->tokens().create({.name = "a"}));
    EXPECT_EQ(must(state->tokens().list()).at(1).last_used, std::nullopt);
    must(state->tokens().verify(secret));
    const TokenInfo used = must(state->tokens().list()).at(1);
    EXPECT_EQ(used.name, "b") << "by name";
    EXPECT_EQ(used.created, seconds());
    EXPECT_EQ(used.expires, seconds() + 24h);
    EXPECT_EQ(used.last_used, hour);
    const std::string changes = sql(path(), "PRAGMA data_version") + contents_of(path() + "-wal");
    pass(49min);
    must(state->tokens().verify(secret));
    EXPECT_TRUE(sql(path(), "PRAGMA data_version") + contents_of(path() + "-wal") == changes) << "nothing was written";
    pass(1min);
    must(state->tokens().verify(secret));
    EXPECT_EQ(must(state->tokens().list()).at(1).last_used, hour + 1h);
}

TEST_F(Tokens, RolesAreReadBack) {
    for (const Role role : {Role::read, Role::scan, Role::admin}) EXPECT_EQ(parse_role(to_string(role)), role);
    EXPECT_EQ(parse_role("root"), std::nullopt);
    EXPECT_LT(Role::read, Role::scan);
    EXPECT_LT(Role::scan, Role::admin);
}

// ---- values ----

class Values : public test::DaemonTest {};

TEST_F(Values, WhatWasPutIsThereUntilItIsRemoved) {
    std::string bytes;
    for (int i = 0; i < 512; ++i) bytes += static_cast<char>(i);
    auto state = open();
    EXPECT_EQ(must(state->values().get("k")), std::nullopt);
    must(state->values().put("k", bytes));
    must(state->values().put("empty", std::string_view()));
    pass(5s);
    state = open();
    EXPECT_EQ(must(state->values().get("k")), (StateValue{bytes, now_ - 5s}));
    EXPECT_EQ(must(state->values().get("empty"))->value, "");
    must(state->values().put("k", "second"));
    EXPECT_EQ(must(state->values().get("k")), (StateValue{"second", now_}));
    EXPECT_TRUE(must(state->values().remove("k")));
    EXPECT_FALSE(must(state->values().remove("k")));
    EXPECT_EQ(must(state->values().get("k")), std::nullopt);
}

TEST_F(Values, ListsByPrefixInPages) {
    auto state = open();
    for (const char* key : {"schedule/b", "schedule/a", "schedul", "schedule", "schedule0", "notify/a", "schedule/\xff", "schedule/%", "z"}) must(state->values().put(key, key));
    const auto keys = [&](std::string_view prefix, std::string_view after = {}, std::size_t limit = 1000) {
        std::string all;
        for (const StateEntry& entry : must(state->values().list(prefix, after, limit))) all += entry.key + ' ';
        return all;
    };
    EXPECT_EQ(keys("schedule/"), "schedule/% schedule/a schedule/b schedule/\xff ");
    EXPECT_EQ(keys("schedule/", "", 2), "schedule/% schedule/a ");
    EXPECT_EQ(keys("schedule/", "schedule/a", 2), "schedule/b schedule/\xff ");
    EXPECT_EQ(keys("schedule/", "schedule/\xff"), "");
    EXPECT_EQ(keys("none"), "");
    EXPECT_EQ(keys("", "schedule0"), "z ");
    EXPECT_EQ(keys("", "", 1), "notify/a ");
}

TEST_F(Values, AreReplacedOnlyWhereTheyAreAsExpected) {
    auto state = open();
    StateStore& values = state->values();
    EXPECT_FALSE(must(values.replace("k", "1", "2")));
    EXPECT_TRUE(must(values.replace("k", std::nullopt, "1")));
    EXPECT_FALSE(must(values.replace("k", std::nullopt, "2")));
    EXPECT_FALSE(must(values.replace("k", "2", "3")));
    EXPECT_TRUE(must(values.replace("k", "1", "2")));
    EXPECT_EQ(must(values.get("k"))->value, "2");
    EXPECT_TRUE(must(values.replace("k", "2", std::nullopt)));
    EXPECT_EQ(must(values.get("k")), std::nullopt);
    EXPECT_TRUE(must(values.replace("k", std::nullopt, std::nullopt)));
}

TEST_F(Values, AreMovedWhereNoneIs) {
    auto state = open();
    StateStore& values = state->values();
    EXPECT_EQ(must(values.move("a", "b")), std::nullopt);
    must(values.put("a", "1"));
    EXPECT_EQ(must(values.move("a", "b"))->value, "1");
    EXPECT_EQ(must(values.get("a")), std::nullopt);
    must(values.put("a", "2"));
    EXPECT_EQ(must(values.move("a", "b"))->value, "1") << "it is taken";
    EXPECT_EQ(must(values.get("a"))->value, "2");
    EXPECT_EQ(must(values.move("none", "b"))->value, "1");
    EXPECT_FALSE(values.move("a", ""));
}

TEST_F(Values, CountedByThreadsThroughTwoOpenStatesNothingIsLost) {
    auto one = open();
    auto other = open();
    must(one->values().put("n", "0"));
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            StateStore& values = (t % 2 == 0 ? one : other)->values();
            for (int done = 0; done < 25;) {
                const std::string before = must(values.get("n"))->value;
                if (must(values.replace("n", before, std::to_string(std::stoi(before) + 1)))) ++done;
            }
        });
    threads.clear();
    EXPECT_EQ(must(one->values().get("n"))->value, "100");
}

TEST_F(Values, HaveLimits) {
    auto state = open();
    const auto saw = [](const auto& result) { return result ? std::string() : result.error().saw; };
    EXPECT_EQ(saw(state->values().put("", "v")), "a key of 0 bytes (1 to 1024)");
    EXPECT_EQ(saw(state->values().put(std::string(1025, 'k'), "v")), "a key of 1025 bytes (1 to 1024)");
    EXPECT_EQ(saw(state->values().put(std::string(1024, 'k'), std::string(kMostStateValueBytes, 'v'))), "");
    EXPECT_EQ(saw(state->values().put("k", std::string(kMostStateValueBytes + 1, 'v'))), "a value of 262145 bytes (limit 262144)");
    EXPECT_EQ(saw(state->values().replace("k", std::nullopt, std::string(kMostStateValueBytes + 1, 'v'))), "a value of 262145 bytes (limit 262144)");
}

}  // namespace
}  // namespace veritag::store
