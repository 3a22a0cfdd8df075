#include "pkgdb/pkgdb.h"

#include "fixture.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>

namespace veritag::pkgdb {
namespace {

/// A database file that SQLite writes into a directory of its own.
class DatabaseFile {
public:
    DatabaseFile() {
        std::string pattern = testing::TempDir() + "veritag-sqlite-XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
        folder_ = pattern;
        if (sqlite3_open(path().c_str(), &db_) != SQLITE_OK) throw std::runtime_error("sqlite3_open");
        run("PRAGMA page_size = 512; PRAGMA synchronous = OFF");
    }
    DatabaseFile(const DatabaseFile&) = delete;
    DatabaseFile& operator=(const DatabaseFile&) = delete;
    ~DatabaseFile() {
        sqlite3_close(db_);
        std::filesystem::remove_all(folder_);
    }
    void run(const std::string& sql) {
        char* message = nullptr;
        EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
            << sql << ": " << (message == nullptr ? "" : message);
        sqlite3_free(message);
    }
    void make_tables() {
        run("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)");
        run("CREATE TABLE 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, FOREIGN KEY (hnum) REFERENCES "
            "'Packages'(hnum))");
    }
    void insert(const std::string& blob) {
        sqlite3_stmt* statement = nullptr;
        EXPECT_EQ(sqlite3_prepare_v2(db_, "INSERT INTO Packages(blob) VALUES (?)", -1, &statement, nullptr), SQLITE_OK);
        sqlite3_bind_blob(statement, 1, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
        EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
        sqlite3_finalize(statement);
        run("INSERT INTO Name VALUES ('name', last_insert_rowid(), 0)");
    }
    [[nodiscard]] std::string path() const { return folder_ + "/rpmdb.sqlite"; }
    [[nodiscard]] std::string bytes() const { return test::read_file(path()); }
    [[nodiscard]] std::string wal() const { return test::read_file(path() + "-wal"); }

private:
    std::string folder_;
    sqlite3* db_ = nullptr;
};

Result<Parsed<Package>> parse(const std::string& file, const std::optional<std::string>& wal = std::nullopt, const Limits& limits = {}) {
    std::optional<std::span<const std::byte>> wal_bytes;
    if (wal) wal_bytes = as_byte_span(*wal);
    return parse_rpm_sqlite(ByteReader(std::string_view(file), "var/lib/rpm/rpmdb.sqlite"), wal_bytes, limits);
}

const std::vector<std::string> kWhole{"acl 2:2.3-1 noarch", "bash 5.2-9 x86_64", "zlib 1.3-4 x86_64"};

void insert_all(DatabaseFile& database) {
    database.insert(test::blob_of("bash", "5.2", "9"));
    database.insert(test::blob_of("acl", "2.3", "1", "noarch", 2));
    database.insert(test::blob_of("zlib", "1.3", "4"));
    database.insert(test::blob_of("gpg-pubkey", "1", "2"));
}

std::string small_database() {
    DatabaseFile database;
    database.make_tables();
    insert_all(database);
    return database.bytes();
}

/// One package in the file; the rest in one committed transaction of the log.
struct WalPair {
    std::string file;
    std::string wal;
};
WalPair wal_pair() {
    DatabaseFile database;
    database.make_tables();
    database.insert(test::blob_of("bash", "5.2", "9"));
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA wal_autocheckpoint = 0");
    database.run("BEGIN");
    database.insert(test::blob_of("acl", "2.3", "1", "noarch", 2));
    database.insert(test::blob_of("zlib", "1.3", "4"));
    database.run("COMMIT");
    return {database.bytes(), database.wal()};
}

void expect_list(const Result<Parsed<Package>>& parsed, const std::vector<std::string>& lines, const std::string& problem = "") {
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(test::lines_of(parsed->items), lines);
    const std::string problems = test::problems_of(*parsed);
    if (problem.empty())
        EXPECT_EQ(problems, "");
    else
        EXPECT_NE(problems.find(problem), std::string::npos) << problems;
}

void expect_error(const Result<Parsed<Package>>& parsed, const std::string& message) {
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message().find(message), std::string::npos) << parsed.error().message();
}

TEST(RpmSqlite, ReadsPackages) {
    const auto parsed = parse(small_database());
    expect_list(parsed, kWhole);
    EXPECT_EQ(parsed->items.front().path, "var/lib/rpm/rpmdb.sqlite");
}

TEST(RpmSqlite, EmptyTableIsAnEmptyList) {
    DatabaseFile database;
    database.make_tables();
    expect_list(parse(database.bytes()), {});
}

TEST(RpmSqlite, ReadsDatabaseLeftInWalMode) {
    DatabaseFile database;
    database.make_tables();
    database.run("PRAGMA journal_mode = WAL");
    insert_all(database);
    database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    ASSERT_EQ(database.bytes().substr(18, 2), "\2\2");
    expect_list(parse(database.bytes()), kWhole);
    expect_list(parse(database.bytes(), ""), kWhole);
}

TEST(RpmSqlite, AppliesCommittedLog) {
    const WalPair pair = wal_pair();
    ASSERT_FALSE(pair.wal.empty());
    expect_list(parse(pair.file), {"bash 5.2-9 x86_64"});
    expect_list(parse(pair.file, pair.wal), kWhole);
}

TEST(RpmSqlite, AppliesLogThatHoldsEveryTable) {
    DatabaseFile database;
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA wal_autocheckpoint = 0");
    database.make_tables();
    insert_all(database);
    expect_error(parse(database.bytes()), "no table Packages");
    expect_list(parse(database.bytes(), database.wal()), kWhole);
}

TEST(RpmSqlite, NewestFrameOfAPageWinsAndTheFileMayShrink) {
    DatabaseFile database;
    database.run("PRAGMA auto_vacuum = FULL");
    database.make_tables();
    for (int i = 0; i < 20; ++i) database.insert(test::blob_of("old" + std::to_string(i), "1", "1"));
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA wal_autocheckpoint = 0");
    database.run("DELETE FROM Packages");
    database.run("DELETE FROM Name");
    insert_all(database);
    expect_list(parse(database.bytes(), database.wal()), kWhole);
}

TEST(RpmSqlite, EveryPrefixOfTheFileIsRefused) {
    const std::string file = small_database();
    for (std::size_t size = 0; size < file.size(); ++size) EXPECT_FALSE(parse(file.substr(0, size))) << size;
}

TEST(RpmSqlite, EveryPrefixOfTheLogIsTold) {
    const WalPair pair = wal_pair();
    for (std::size_t size = 1; size < pair.wal.size(); ++size) {  // an empty log is whole
        const auto answer = parse(pair.file, pair.wal.substr(0, size));
        EXPECT_TRUE(!answer || !answer->problems.empty()) << size;
        EXPECT_TRUE(test::is_honest(answer, kWhole)) << size;
    }
}

TEST(RpmSqlite, EveryFlippedByteOfTheLogIsTold) {
    const WalPair pair = wal_pair();
    for (std::size_t at = 0; at < pair.wal.size(); ++at) {
        std::string wal = pair.wal;
        wal[at] = static_cast<char>(~wal[at]);
        const auto answer = parse(pair.file, wal);
        EXPECT_TRUE(!answer || !answer->problems.empty()) << at;
    }
}

TEST(RpmSqlite, FlippedBytesNeverBreakTheReader) {
    const std::string file = small_database();
    std::size_t answers = 0;
    for (std::size_t at = 0; at < file.size(); ++at) {
        std::string flipped = file;
        flipped[at] = static_cast<char>(~flipped[at]);
        const auto parsed = parse(flipped);
        if (!parsed)
            EXPECT_FALSE(parsed.error().message().empty());
        else {
            ++answers;
            EXPECT_LE(parsed->items.size(), 4U) << at;
        }
    }
    EXPECT_GT(answers, 0U);
}

TEST(RpmSqlite, LeafThatLostARowIsTold) {
    const std::string file = small_database();
    int leaves = 0;
    for (std::size_t page = 512; page < file.size(); page += 512) {
        if (file[page] != 13 || file[page + 4] < 2) continue;  // a table leaf with two rows or more
        std::string shortened = file;
        --shortened[page + 4];  // its row count
        const auto parsed = parse(shortened);
        EXPECT_TRUE(!parsed || !parsed->problems.empty()) << page;
        ++leaves;
    }
    EXPECT_GE(leaves, 2);
}

struct LogCase {
    const char* name;
    std::size_t at;
    std::uint32_t value;
    const char* problem;
};
void PrintTo(const LogCase& c, std::ostream* out) { *out << c.name; }

class BadLog : public testing::TestWithParam<LogCase> {};
TEST_P(BadLog, LeavesTheFileAndIsTold) {
    WalPair pair = wal_pair();
    test::put_be(pair.wal, GetParam().at, GetParam().value);
    expect_list(parse(pair.file, pair.wal), {"bash 5.2-9 x86_64"}, GetParam().problem);
}
INSTANTIATE_TEST_SUITE_P(Fields, BadLog,
                         testing::Values(LogCase{"Magic", 0, 0, "read SQLite write-ahead log: var/lib/rpm/rpmdb.sqlite-wal @32: magic 0"},
                                         LogCase{"Version", 4, 1, "version 1 (3007000 is known)"},
                                         LogCase{"PageSize", 8, 1000, "page size 1000"},
                                         LogCase{"HeaderChecksum", 24, 0, "the header's checksum is wrong"},
                                         LogCase{"FrameChecksum", 32 + 16, 0, "a frame's checksum is wrong"},
                                         LogCase{"FrameContent", 32 + 24 + 100, 0x12345678, "a frame's checksum is wrong"}),
                         [](const auto& each) { return each.param.name; });

// The log's checksum, written a second time so that a wrong commit can be given a right one (sqlite.org/fileformat2.html 4.2).
void sum_again(std::string& wal, std::size_t page_size) {
    const auto word = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(wal[at + i]);
        return value;
    };
    std::uint32_t s0 = 0, s1 = 0;
    const auto sum = [&](std::size_t begin, std::size_t size) {
        for (std::size_t at = begin; at < begin + size; at += 8) {
            s0 += word(at) + s1;
            s1 += word(at + 4) + s0;
        }
    };
    ASSERT_EQ(static_cast<unsigned char>(wal[3]), 0x82U) << "the log was written on a big endian machine";
    sum(0, 24);
    for (std::size_t frame = 32; frame < wal.size(); frame += 24 + page_size) {
        sum(frame, 8);
        sum(frame + 24, page_size);
        test::put_be(wal, frame + 16, s0);
        test::put_be(wal, frame + 20, s1);
    }
}

TEST(RpmSqlite, CommitOfMorePagesThanThereAreIsTold) {
    WalPair pair = wal_pair();
    const std::size_t last_frame = pair.wal.size() - 512 - 24;
    test::put_be(pair.wal, last_frame + 4, 400'000);
    sum_again(pair.wal, 512);
    expect_list(parse(pair.file, pair.wal), {"bash 5.2-9 x86_64"}, "a commit of 400000 pages, of which file and log hold");
    test::put_be(pair.wal, last_frame + 4, 0xffffffff);
    sum_again(pair.wal, 512);
    expect_list(parse(pair.file, pair.wal), {"bash 5.2-9 x86_64"}, "raise limits.package_database_bytes");
}

TEST(RpmSqlite, LogOfAnotherPageSizeIsTold) {
    DatabaseFile other;
    other.run("PRAGMA page_size = 1024");
    other.run("PRAGMA journal_mode = WAL");
    other.make_tables();
    expect_list(parse(small_database(), other.wal()), kWhole, "page size 1024, the database's is 512");
}

TEST(RpmSqlite, OpenTransactionInTheLogIsTold) {
    WalPair pair = wal_pair();
    test::put_be(pair.wal, pair.wal.size() - 512 - 24 + 4, 0);
    sum_again(pair.wal, 512);
    expect_list(parse(pair.file, pair.wal), {"bash 5.2-9 x86_64"}, "frames of a transaction that was not committed are left out");
}

struct SchemaCase {
    const char* name;
    const char* sql;
    const char* message;
};
void PrintTo(const SchemaCase& c, std::ostream* out) { *out << c.name; }

class HostileSchema : public testing::TestWithParam<SchemaCase> {};
TEST_P(HostileSchema, IsRefused) {
    DatabaseFile database;
    database.run(GetParam().sql);
    expect_error(parse(database.bytes()), GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(
    Schemas, HostileSchema,
    testing::Values(
        SchemaCase{"NoPackages", "CREATE TABLE t(x)", "no table Packages with a column blob"},
        SchemaCase{"NoBlob", "CREATE TABLE Packages(hnum, header)", "no table Packages with a column blob"},
        SchemaCase{"View", "CREATE TABLE t(x); CREATE VIEW Packages AS SELECT 1 AS hnum, x AS blob FROM t",
                   "no table Packages with a column blob"},
        SchemaCase{"EndlessView",
                   "CREATE VIEW Packages(hnum, blob) AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, x FROM c",
                   "no table Packages with a column blob"},
        SchemaCase{"GeneratedBlob", "CREATE TABLE Packages(hnum, blob AS (zeroblob(1000000000)))", "no table Packages with a column blob"},
        SchemaCase{"VirtualTable", "CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob)", "no table Packages with a column blob"},
        SchemaCase{"VirtualTableWithARootPage",
                   "CREATE VIRTUAL TABLE Packages USING fts5(hnum, blob); PRAGMA writable_schema = ON;"
                   "UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'Packages'",
                   "read rpm SQLite database: var/lib/rpm/rpmdb.sqlite: SQLite says: no such module: fts5"},
        SchemaCase{"NoRowNumber", "CREATE TABLE Packages(blob)", "SQLite says: no such column: hnum"}),
    [](const auto& each) { return each.param.name; });

TEST(RpmSqlite, BrokenRowCostsThatPackage) {
    DatabaseFile database;
    database.make_tables();
    database.insert("no header at all");
    insert_all(database);
    expect_list(parse(database.bytes()), kWhole, "row 1 of var/lib/rpm/rpmdb.sqlite");
}

TEST(RpmSqlite, TextRowIsTold) {
    DatabaseFile database;
    database.make_tables();
    insert_all(database);
    database.run("INSERT INTO Packages(blob) VALUES ('text')");
    expect_list(parse(database.bytes()), kWhole, "row 5 of var/lib/rpm/rpmdb.sqlite: its header is no blob");
}

TEST(RpmSqlite, FewerPackagesThanNamesAreTold) {
    DatabaseFile database;
    database.make_tables();
    insert_all(database);
    database.run("DELETE FROM Packages WHERE hnum = 1");
    expect_list(parse(database.bytes()), {kWhole[0], kWhole[2]}, "3 packages and 4 names of packages");
}

TEST(RpmSqlite, AnIndexCannotHideRows) {
    DatabaseFile database;
    database.make_tables();
    insert_all(database);
    database.run("CREATE INDEX hidden ON Packages(blob) WHERE hnum > 0");
    expect_list(parse(database.bytes()), kWhole);
}

TEST(RpmSqlite, RowsThatShareTheirPagesAreRefused) {
    DatabaseFile database;
    database.make_tables();
    database.insert(std::string(50'000, 'x'));
    for (int i = 0; i < 100; ++i) database.insert(test::blob_of("bash", "5.2", std::to_string(i)));
    std::string file = database.bytes();
    // Page 2 is the root of Packages, an inner page: {5, .., u16 number of cells at 3, .., cell pointers from 12}; a cell starts
    // with its child's page. All children become the first one, with the long row.
    const std::size_t root = 512;
    ASSERT_EQ(file[root], 5);
    const std::size_t cells = static_cast<unsigned char>(file[root + 4]);
    ASSERT_GT(cells, 20U);
    const auto cell_at = [&](std::size_t i) {
        return root + static_cast<unsigned char>(file[root + 12 + 2 * i]) * 256U + static_cast<unsigned char>(file[root + 13 + 2 * i]);
    };
    for (std::size_t i = 1; i < cells; ++i) file.replace(cell_at(i), 4, file.substr(cell_at(0), 4));
    expect_error(parse(file), "its rows share pages");
}

TEST(RpmSqlite, HeaderOverLimitEndsTheListAndIsTold) {
    DatabaseFile database;
    database.make_tables();
    insert_all(database);
    database.insert(std::string(100'000, 'x'));
    Limits limits;
    limits.rpm_header_bytes = 10'000;
    expect_list(parse(database.bytes(), std::nullopt, limits), kWhole, "string or blob too big");
}

TEST(RpmSqlite, LimitsAreNamed) {
    Limits few;
    few.packages = 2;
    expect_error(parse(small_database(), std::nullopt, few), "3 packages (limit 2); raise limits.packages");
    Limits small;
    small.package_database_bytes = 1000;
    expect_error(parse(small_database(), std::nullopt, small), "raise limits.package_database_bytes");
}

TEST(RpmSqlite, OtherFilesAreRefused) {
    expect_error(parse(std::string(4096, 'x')), "does not start with \"SQLite format 3\"");
    std::string odd = small_database();
    odd[16] = 3;
    expect_error(parse(odd), "page size 768");
}

}  // namespace
}  // namespace veritag::pkgdb
