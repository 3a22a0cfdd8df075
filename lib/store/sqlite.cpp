#include "store/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <new>

namespace veritag::store {
namespace {

[[noreturn]] void fail(int code, sqlite3* connection) {
    throw SqliteFailure(code, connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code));
}

}  // namespace

SqliteFailure SqliteFailure::damage(const std::string& message) { return {SQLITE_CORRUPT, message}; }
bool SqliteFailure::is_damage() const noexcept { return (code_ & 0xFF) == SQLITE_CORRUPT || (code_ & 0xFF) == SQLITE_NOTADB; }
bool SqliteFailure::is_busy() const noexcept { return (code_ & 0xFF) == SQLITE_BUSY; }
bool SqliteFailure::is_full() const noexcept { return (code_ & 0xFF) == SQLITE_FULL; }
bool SqliteFailure::is_read_only() const noexcept { return (code_ & 0xFF) == SQLITE_READONLY; }

IdleStatements::~IdleStatements() {
    for (const auto& [sql, statement] : idle_) sqlite3_finalize(statement);
}

sqlite3_stmt* IdleStatements::take(std::string_view sql) {
    const auto found = idle_.find(sql);
    if (found == idle_.end()) return nullptr;
    sqlite3_stmt* const statement = found->second;
    idle_.erase(found);
    return statement;
}

void IdleStatements::give_back(sqlite3_stmt* statement) noexcept {
    constexpr std::size_t kMost = 64;  // more than there are; some texts hold numbers and never come again
    sqlite3_reset(statement);          // its error was told when it happened
    sqlite3_clear_bindings(statement);
    try {
        if (idle_.size() < kMost && idle_.emplace(sqlite3_sql(statement), statement).second) return;
    } catch (const std::bad_alloc&) {
        // Then it is prepared again when it is needed again.
    }
    sqlite3_finalize(statement);
}

void Statement::check(int code) {
    if (code != SQLITE_OK) fail(code, sqlite3_db_handle(statement_.get()));
}

Statement& Statement::bind(std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), ++bound_, value));
    return *this;
}

// Where there are no bytes there may be no address either, which would be NULL.
Statement& Statement::bind(std::string_view text) {
    check(sqlite3_bind_text64(statement_.get(), ++bound_, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
    check(sqlite3_bind_blob64(statement_.get(), ++bound_, bytes.data() != nullptr ? bytes.data() : "", bytes.size(), SQLITE_STATIC));
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) fail(code, sqlite3_db_handle(statement_.get()));
    return false;
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);  // before the size: it may convert
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

void Connection::Close::operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }

Connection::Connection(const std::string& path, std::chrono::milliseconds patience) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    connection_.reset(opened);
    if (code != SQLITE_OK) fail(code, opened);
    sqlite3_busy_timeout(opened, static_cast<int>(std::min<std::int64_t>(patience.count(), std::numeric_limits<int>::max())));
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

Statement Connection::prepare(std::string_view sql) {
    sqlite3_stmt* statement = idle_->take(sql);
    if (statement != nullptr) return {statement, *idle_};
    const int code = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    if (code != SQLITE_OK) fail(code, connection_.get());
    return {statement, *idle_};
}

void Connection::run(const std::string& sql) {
    const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code, connection_.get());
}

std::int64_t Connection::number(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.number(0) : 0;
}

std::int64_t Connection::rows_changed() const noexcept { return sqlite3_changes64(connection_.get()); }

// IMMEDIATE: whoever means to write waits at the start. A reader that becomes a writer in the middle would be refused instead.
Transaction::Transaction(Connection& connection) : connection_(connection) { connection_.run("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
    if (!open_) return;
    try {
        connection_.run("ROLLBACK");
    } catch (const SqliteFailure&) {
        // SQLite has rolled back on its own, as it does when the disk is full.
    }
}

void Transaction::commit() {
    connection_.run("COMMIT");
    open_ = false;
}

}  // namespace veritag::store
