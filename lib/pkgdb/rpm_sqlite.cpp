// rpm's SQLite database: table Packages(hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL), one rpm header a row, and
// one table for each look-up; of these, Name(key, hnum, idx) has exactly one row for each package.
// Source: rpm-software-management/rpm: lib/backend/sqlite.c.
//
// A database can make SQLite work as a program can, so a hostile one is confined: only ordinary tables are read, without indexes,
// views, triggers, virtual tables or generated columns; sizes, operations and time are bounded.

#include "pkgdb/pkgdb.h"

#include "base/text.h"
#include "pkgdb/problem_log.h"
#include "pkgdb/rpm_header.h"
#include "pkgdb/sqlite_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace veritag::pkgdb {
namespace {

constexpr std::string_view kWhat = "read rpm SQLite database";
constexpr int kOperationsPerCheck = 200;
constexpr std::int64_t kOperations = 50'000'000;  // a row takes about five
// One operation may walk a page chain as long as the file; the clock bounds what the count cannot.
constexpr std::chrono::seconds kTime{30};

struct CloseDatabase {
    void operator()(sqlite3* db) const noexcept { sqlite3_close(db); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

struct Budget {
    std::int64_t operations = kOperations;
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::now() + kTime;
};

int spend_budget(void* data) noexcept {
    auto& budget = *static_cast<Budget*>(data);
    budget.operations -= kOperationsPerCheck;
    return budget.operations < 0 || std::chrono::steady_clock::now() > budget.deadline ? 1 : 0;
}

Error sqlite_error(sqlite3* db, std::string_view origin) {
    // SQLITE_NOMEM too: a schema may be built so that SQLite gives up on it in that way with memory to spare.
    const std::string saw = sqlite3_errcode(db) == SQLITE_INTERRUPT ? "it takes more work than any package database"
                                                                    : "SQLite says: " + quote(sqlite3_errmsg(db));
    return {ErrorCode::malformed, std::string(kWhat), quote(origin), saw, ""};
}

Error bad_database(std::string_view origin, std::string_view saw) {
    return {ErrorCode::malformed, std::string(kWhat), quote(origin), std::string(saw), ""};
}

void confine(sqlite3* db, Budget& budget, const Limits& limits) {
    struct Setting {
        int option;
        int value;
    };
    constexpr Setting kSettings[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                     {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                     {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                     {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                     {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}};
    for (const Setting& setting : kSettings)
        VERITAG_ASSERT(sqlite3_db_config(db, setting.option, setting.value, static_cast<int*>(nullptr)) == SQLITE_OK);

    constexpr std::uint32_t kRowOverhead = 1024;
    const std::uint32_t longest =
        std::min(limits.rpm_header_bytes, static_cast<std::uint32_t>(std::numeric_limits<int>::max()) - kRowOverhead) + kRowOverhead;
    constexpr Setting kLimits[] = {{SQLITE_LIMIT_SQL_LENGTH, 100'000}, {SQLITE_LIMIT_COLUMN, 100},
                                   {SQLITE_LIMIT_EXPR_DEPTH, 20},      {SQLITE_LIMIT_COMPOUND_SELECT, 2},
                                   {SQLITE_LIMIT_VDBE_OP, 25'000},     {SQLITE_LIMIT_FUNCTION_ARG, 8},
                                   {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
                                   {SQLITE_LIMIT_VARIABLE_NUMBER, 10}, {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
                                   {SQLITE_LIMIT_WORKER_THREADS, 0}};
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, static_cast<int>(longest));
    for (const Setting& limit : kLimits) sqlite3_limit(db, limit.option, limit.value);
    sqlite3_drop_modules(db, nullptr);  // virtual tables, whatever the schema says of their root pages
    sqlite3_progress_handler(db, kOperationsPerCheck, spend_budget, &budget);
}

// The connection reads `image`, which must outlive it.
Result<Database> open_image(std::vector<std::byte>& image, Budget& budget, std::string_view origin, const Limits& limits) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
    Database db(raw);
    if (opened != SQLITE_OK) throw std::bad_alloc();  // an empty memory database fails for nothing else
    confine(db.get(), budget, limits);
    const auto size = static_cast<sqlite3_int64>(image.size());
    if (sqlite3_deserialize(db.get(), "main", reinterpret_cast<unsigned char*>(image.data()), size, size, SQLITE_DESERIALIZE_READONLY) !=
        SQLITE_OK)
        return sqlite_error(db.get(), origin);
    return db;
}

Result<Statement> prepare(sqlite3* db, const char* sql, std::string_view origin) {
    sqlite3_stmt* raw = nullptr;
    const int rc = sqlite3_prepare_v2(db, sql, -1, &raw, nullptr);
    Statement statement(raw);
    if (rc != SQLITE_OK) return sqlite_error(db, origin);
    return statement;
}

std::string_view text_column(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return text == nullptr ? std::string_view() : std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

// True where `table_info` lists an ordinary table with that column (it leaves out generated and hidden ones). Views and
// virtual tables have no root page, and are none.
Result<bool> has_table(sqlite3* db, std::string_view table, std::string_view column, std::string_view origin) {
    VERITAG_TRY(const Statement schema, prepare(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0", origin));
    bool found = false;
    int rc = SQLITE_ROW;
    while ((rc = sqlite3_step(schema.get())) == SQLITE_ROW) found = found || text_column(schema.get(), 0) == table;
    if (rc != SQLITE_DONE) return sqlite_error(db, origin);
    if (!found) return false;

    const std::string sql = "PRAGMA table_info('" + std::string(table) + "')";
    VERITAG_TRY(const Statement columns, prepare(db, sql.c_str(), origin));
    found = false;
    while ((rc = sqlite3_step(columns.get())) == SQLITE_ROW) found = found || text_column(columns.get(), 1) == column;
    if (rc != SQLITE_DONE) return sqlite_error(db, origin);
    return found;
}

/// Reads one image; the problems that end the reading early leave what was read before.
class Reader {
public:
    Reader(sqlite3* db, std::size_t image_bytes, std::string_view origin, const Limits& limits, ProblemLog& problems)
        : db_(db), image_bytes_(image_bytes), origin_(origin), limits_(limits), problems_(problems) {}

    Result<std::vector<Package>> packages() {
        // NOT INDEXED: an index of a hostile file may hold other rows than its table.
        VERITAG_TRY(const Statement rows, prepare(db_, "SELECT hnum, blob FROM Packages NOT INDEXED", origin_));
        std::vector<Package> found;
        std::uint64_t blob_bytes = 0;
        int rc = SQLITE_ROW;
        while ((rc = sqlite3_step(rows.get())) == SQLITE_ROW) {
            if (++row_count_ > limits_.packages) return limit_error(kWhat, quote(origin_), row_count_, "limits.packages", limits_.packages);
            const void* blob = sqlite3_column_blob(rows.get(), 1);
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(rows.get(), 1));
            blob_bytes += size;
            if (blob_bytes > image_bytes_) return bad_database(origin_, "its rows share pages: more bytes of headers than the file has");
            add_row(sqlite3_column_int64(rows.get(), 0), sqlite3_column_type(rows.get(), 1), {static_cast<const std::byte*>(blob), size},
                    found);
        }
        if (rc != SQLITE_DONE) problems_.add(sqlite_error(db_, origin_).at("behind row " + std::to_string(row_count_) + " of"));
        return found;
    }

    // A damaged or shortened table tree may still read well; the names are a second count of the packages.
    Result<void> check_names() {
        VERITAG_TRY(const bool names_there, has_table(db_, "Name", "hnum", origin_));
        if (!names_there) return ok();
        VERITAG_TRY(const Statement names, prepare(db_, "SELECT hnum FROM Name NOT INDEXED", origin_));
        std::uint64_t count = 0;
        int rc = SQLITE_ROW;
        while ((rc = sqlite3_step(names.get())) == SQLITE_ROW) ++count;
        if (rc != SQLITE_DONE) return sqlite_error(db_, origin_);
        if (count == row_count_) return ok();
        return bad_database(origin_, std::to_string(row_count_) + " packages and " + std::to_string(count) + " names of packages");
    }

private:
    void add_row(std::int64_t row, int type, std::span<const std::byte> blob, std::vector<Package>& found) {
        const std::string place = "row " + std::to_string(row) + " of";
        if (type != SQLITE_BLOB) return problems_.add(bad_database(origin_, "its header is no blob").at(place));
        Result<std::optional<Package>> package = read_rpm_package(ByteReader(blob, origin_), limits_);
        if (!package) return problems_.add(package.error().at(place));
        if (*package) found.push_back(std::move(**package));
    }

    sqlite3* db_;
    std::size_t image_bytes_;
    std::string_view origin_;
    const Limits& limits_;
    ProblemLog& problems_;
    std::uint64_t row_count_ = 0;
};

}  // namespace

Result<Parsed<Package>> parse_rpm_sqlite(ByteReader reader, std::optional<std::span<const std::byte>> wal, const Limits& limits) {
    VERITAG_CHECK(check_database_size(kWhat, reader, limits));
    const std::string_view origin = reader.origin();
    const std::span<const std::byte> file = reader.bytes(reader.remaining());
    std::vector<std::byte> image(file.begin(), file.end());
    ProblemLog problems(origin);
    const std::string wal_origin = std::string(origin) + "-wal";  // readers keep views of their origin
    if (wal) apply_sqlite_wal(image, ByteReader(*wal, wal_origin), limits, problems);
    VERITAG_CHECK(prepare_sqlite_image(image, origin));

    Budget budget;
    VERITAG_TRY(const Database db, open_image(image, budget, origin, limits));
    VERITAG_TRY(const bool readable, has_table(db.get(), "Packages", "blob", origin));
    if (!readable) return bad_database(origin, "it has no table Packages with a column blob");

    Reader rows(db.get(), image.size(), origin, limits, problems);
    Parsed<Package> parsed;
    VERITAG_TRY(parsed.items, rows.packages());
    if (problems.empty()) {
        if (const Result<void> names = rows.check_names(); !names) problems.add(names.error());
    }
    parsed.problems = problems.take();
    return parsed;
}

void load_sqlite() {
    char seed = 0;
    VERITAG_ASSERT(sqlite3_initialize() == SQLITE_OK);
    sqlite3_randomness(sizeof seed, &seed);
}

}  // namespace veritag::pkgdb
