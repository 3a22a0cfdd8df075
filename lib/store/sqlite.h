// As much of SQLite as the store needs. A failing call throws, since then the machine broke, not the input.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace veritag::store {

class SqliteFailure : public std::runtime_error {
public:
    SqliteFailure(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
    static SqliteFailure damage(const std::string& message);
    [[nodiscard]] bool is_damage() const noexcept;  ///< the file is no database, or breaks its format
    [[nodiscard]] bool is_busy() const noexcept;    ///< another process held it for longer than our patience
    [[nodiscard]] bool is_full() const noexcept;    ///< no room in its file system
    [[nodiscard]] bool is_read_only() const noexcept;

private:
    int code_;
};

/// Statements of one connection that are not in use. To prepare one takes longer than to run it, and the same ones come again and again.
class IdleStatements {
public:
    IdleStatements() = default;
    ~IdleStatements();
    IdleStatements(const IdleStatements&) = delete;
    IdleStatements& operator=(const IdleStatements&) = delete;
    [[nodiscard]] sqlite3_stmt* take(std::string_view sql);  ///< nullptr: there is none
    void give_back(sqlite3_stmt* statement) noexcept;

private:
    std::map<std::string, sqlite3_stmt*, std::less<>> idle_;
};

/// One prepared statement. Parameters are bound in order, then rows come with step(). Its connection outlives it.
class Statement {
public:
    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);       ///< must outlive the statement
    Statement& bind_blob(std::string_view bytes);  ///< likewise
    bool step();  ///< true: a row is there
    void run() { while (step()) {} }
    [[nodiscard]] std::int64_t number(int column) const;
    [[nodiscard]] std::string text(int column) const;  ///< of blobs too

private:
    friend class Connection;
    struct GiveBack {
        IdleStatements* idle;
        void operator()(sqlite3_stmt* statement) const noexcept { idle->give_back(statement); }
    };
    Statement(sqlite3_stmt* statement, IdleStatements& idle) : statement_(statement, GiveBack{&idle}) {}
    void check(int code);
    std::unique_ptr<sqlite3_stmt, GiveBack> statement_;
    int bound_ = 0;
};

/// Used by one thread at a time.
class Connection {
public:
    /// Opens a file that is there, for reading and writing.
    Connection(const std::string& path, std::chrono::milliseconds patience);
    [[nodiscard]] Statement prepare(std::string_view sql);
    void run(const std::string& sql);               ///< one statement or several; rows are dropped
    [[nodiscard]] std::int64_t number(std::string_view sql);  ///< the first column of the first row
    [[nodiscard]] std::int64_t rows_changed() const noexcept;  ///< by the last statement

private:
    struct Close {
        void operator()(sqlite3* connection) const noexcept;
    };
    std::unique_ptr<sqlite3, Close> connection_;
    std::unique_ptr<IdleStatements> idle_ = std::make_unique<IdleStatements>();  // goes before the connection
};

/// Rolls back unless it was committed.
class Transaction {
public:
    explicit Transaction(Connection& connection);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Connection& connection_;
    bool open_ = true;
};

}  // namespace veritag::store
