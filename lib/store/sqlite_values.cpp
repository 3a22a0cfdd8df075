#include "store/sqlite_values.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::store {
namespace {

Result<void> check(std::string_view key, std::string_view value) {
    const auto refused = [&](const std::string& saw) { return Error{ErrorCode::over_limit, "keep value", quote(key), saw, ""}; };
    if (key.empty() || key.size() > kMostStateKeyBytes) return refused("a key of " + std::to_string(key.size()) + " bytes (1 to " + std::to_string(kMostStateKeyBytes) + ')');
    if (value.size() > kMostStateValueBytes) return refused("a value of " + std::to_string(value.size()) + " bytes (limit " + std::to_string(kMostStateValueBytes) + ')');
    return ok();
}

std::optional<StateValue> find(Connection& connection, std::string_view key) {
    Statement found = connection.prepare("SELECT value, changed FROM daemon_values WHERE key = ?");
    found.bind(key);
    if (!found.step()) return std::nullopt;
    return StateValue{found.text(0), TimePoint(std::chrono::milliseconds(found.number(1)))};
}

bool erase(Connection& connection, std::string_view key) {
    connection.prepare("DELETE FROM daemon_values WHERE key = ?").bind(key).run();
    return connection.rows_changed() > 0;
}

}  // namespace

void SqliteValues::write(Connection& connection, std::string_view key, std::string_view value) const {
    connection.prepare("INSERT INTO daemon_values (key, value, changed) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, changed = excluded.changed")
        .bind(key).bind_blob(value).bind(file_.now().time_since_epoch().count()).run();
}

Result<std::optional<StateValue>> SqliteValues::get(std::string_view key) {
    return file_.read("read value", [&](Connection& connection) -> Result<std::optional<StateValue>> { return find(connection, key); });
}

Result<void> SqliteValues::put(std::string_view key, std::string_view value) {
    VERITAG_CHECK(check(key, value));
    return file_.write("keep value", [&](Connection& connection) -> Result<void> {
        write(connection, key, value);
        return ok();
    });
}

Result<bool> SqliteValues::remove(std::string_view key) {
    return file_.write("remove value", [&](Connection& connection) -> Result<bool> { return erase(connection, key); });
}

Result<std::vector<StateEntry>> SqliteValues::list(std::string_view prefix, std::string_view after, std::size_t limit) {
    return file_.read("list values", [&](Connection& connection) -> Result<std::vector<StateEntry>> {
        std::vector<StateEntry> all;
        // Keys compare by their bytes, so those of one prefix lie side by side from the prefix on.
        Statement rows = connection.prepare("SELECT key, value, changed FROM daemon_values WHERE key >= ? AND key > ? ORDER BY key");
        rows.bind(prefix).bind(after);
        while (all.size() < limit && rows.step()) {
            std::string key = rows.text(0);
            if (!key.starts_with(prefix)) break;
            all.push_back({std::move(key), {rows.text(1), TimePoint(std::chrono::milliseconds(rows.number(2)))}});
        }
        return all;
    });
}

Result<bool> SqliteValues::replace(std::string_view key, const std::optional<std::string>& expected, const std::optional<std::string>& wanted) {
    VERITAG_CHECK(check(key, wanted ? std::string_view(*wanted) : std::string_view()));
    return file_.write("replace value", [&](Connection& connection) -> Result<bool> {
        const std::optional<StateValue> there = find(connection, key);
        if (there.has_value() != expected.has_value() || (there && there->value != *expected)) return false;
        if (wanted)
            write(connection, key, *wanted);
        else
            erase(connection, key);
        return true;
    });
}

Result<std::optional<StateValue>> SqliteValues::move(std::string_view from, std::string_view to) {
    VERITAG_CHECK(check(to, ""));
    return file_.write("move value", [&](Connection& connection) -> Result<std::optional<StateValue>> {
        connection.prepare("UPDATE OR IGNORE daemon_values SET key = ?, changed = ? WHERE key = ?").bind(to).bind(file_.now().time_since_epoch().count()).bind(from).run();
        return find(connection, to);
    });
}

}  // namespace veritag::store
