#include "store/sqlite_tokens.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "store/random.h"

#include <algorithm>
#include <array>

namespace veritag::store {
namespace {

constexpr std::array<std::string_view, 3> kRoleNames{"read", "scan", "admin"};
constexpr std::string_view kSecretPrefix = "vt_";  // so that scanners for leaked secrets know one
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kSecretLength = kSecretPrefix.size() + (kSecretBytes * 8 + 5) / 6;

std::string new_secret() {
    std::string text = base64_encode(random_bytes(kSecretBytes));
    std::erase(text, '=');
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return std::string(kSecretPrefix) + text;
}

// No salt and one round: nobody can try all secrets of 256 random bits, and with a salt they could not be looked up.
std::string hash_of(std::string_view secret) { return std::string(sha256_of(secret).hex()); }

Role role_of(std::int64_t number) noexcept { return static_cast<Role>(std::clamp<std::int64_t>(number, 0, kRoleNames.size() - 1)); }

std::optional<std::chrono::sys_seconds> time_of(std::int64_t seconds) {
    if (seconds == 0) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

std::int64_t seconds_of(const std::optional<std::chrono::sys_seconds>& time) noexcept { return time ? time->time_since_epoch().count() : 0; }

Error refused(const std::string& name, const std::string& saw, const std::string& hint) { return {ErrorCode::usage, "create token", quote(name), saw, hint}; }

Result<void> check_name(const std::string& name) {
    const auto is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '@' || c == '-'; };
    if (name.empty() || name.size() > kMostTokenNameBytes || !std::all_of(name.begin(), name.end(), is_allowed))
        return refused(name, "it cannot be a token's name", "take 1 to " + std::to_string(kMostTokenNameBytes) + " letters, digits, dots, dashes, underscores and @");
    return ok();
}

}  // namespace

std::string_view to_string(Role role) noexcept { return kRoleNames[static_cast<std::size_t>(role)]; }

std::optional<Role> parse_role(std::string_view text) noexcept {
    const auto* const found = std::find(kRoleNames.begin(), kRoleNames.end(), text);
    if (found == kRoleNames.end()) return std::nullopt;
    return static_cast<Role>(found - kRoleNames.begin());
}

std::int64_t SqliteTokens::now() const { return std::chrono::floor<std::chrono::seconds>(file_.now()).time_since_epoch().count(); }

Result<CreatedToken> SqliteTokens::create(const NewToken& token) {
    VERITAG_CHECK(check_name(token.name));
    if (token.expires && seconds_of(token.expires) <= now()) return refused(token.name, "it would have expired already", "name a time to come");
    return file_.write("create token", [&](Connection& connection) -> Result<CreatedToken> {
        {
            Statement taken = connection.prepare("SELECT 1 FROM tokens WHERE name = ?");
            taken.bind(token.name);
            if (taken.step()) return refused(token.name, "there is a token of this name", "take another name, or revoke that one first");
        }
        CreatedToken created{.info = {.name = token.name, .role = token.role, .created = std::chrono::sys_seconds(std::chrono::seconds(now())), .expires = token.expires},
                             .secret = new_secret()};
        const std::string hash = hash_of(created.secret);
        connection.prepare("INSERT INTO tokens (name, role, hash, created, used, expires) VALUES (?, ?, ?, ?, 0, ?)")
            .bind(token.name).bind(static_cast<std::int64_t>(token.role)).bind(hash).bind(seconds_of(created.info.created)).bind(seconds_of(token.expires)).run();
        created.info.id = connection.number("SELECT last_insert_rowid()");
        return created;
    });
}

Result<std::optional<Bearer>> SqliteTokens::verify(std::string_view secret) {
    if (secret.size() != kSecretLength || !secret.starts_with(kSecretPrefix)) return std::optional<Bearer>();
    const std::string hash = hash_of(secret);
    const std::int64_t hour = now() / 3600 * 3600;
    std::int64_t used = 0;
    Result<std::optional<Bearer>> bearer = file_.read("verify token", [&](Connection& connection) -> Result<std::optional<Bearer>> {
        Statement found = connection.prepare("SELECT id, name, role, used FROM tokens WHERE hash = ? AND (expires = 0 OR expires > ?)");
        found.bind(hash).bind(now());
        if (!found.step()) return std::optional<Bearer>();
        used = found.number(3);
        return std::optional(Bearer{found.number(0), found.text(1), role_of(found.number(2))});
    });
    if (bearer && *bearer && used != hour) note_use((*bearer)->id, hour);
    return bearer;
}

// Nobody is refused because the disk is full.
void SqliteTokens::note_use(std::int64_t id, std::int64_t hour) {
    {
        const std::lock_guard lock(mutex_);
        if (!noted_.try_emplace(id, hour).second) {
            if (noted_[id] == hour) return;
            noted_[id] = hour;
        }
    }
    const Result<bool> noted = file_.write("note use of token", [&](Connection& connection) -> Result<bool> {
        connection.prepare("UPDATE tokens SET used = ? WHERE id = ?").bind(hour).bind(id).run();
        return true;
    });
    if (!noted) log::warn("the use of a token could not be noted", {{"token", id}, {"error", noted.error().message()}});
}

Result<bool> SqliteTokens::revoke(std::string_view name) {
    return file_.write("revoke token", [&](Connection& connection) -> Result<bool> {
        connection.prepare("DELETE FROM tokens WHERE name = ?").bind(name).run();
        return connection.rows_changed() > 0;
    });
}

Result<std::vector<TokenInfo>> SqliteTokens::list() {
    return file_.read("list tokens", [&](Connection& connection) -> Result<std::vector<TokenInfo>> {
        std::vector<TokenInfo> all;
        Statement rows = connection.prepare("SELECT id, name, role, created, used, expires FROM tokens ORDER BY name");
        while (rows.step())
            all.push_back({.id = rows.number(0), .name = rows.text(1), .role = role_of(rows.number(2)), .created = std::chrono::sys_seconds(std::chrono::seconds(rows.number(3))),
                           .last_used = time_of(rows.number(4)), .expires = time_of(rows.number(5))});
        return all;
    });
}

}  // namespace veritag::store
