// The package lists against those of the tools that own the databases: rpm (and Berkeley DB's db_load), dpkg-query and Python's
// importlib.metadata.

#include "pkgdb/pkgdb.h"

#include "tools.h"

#include <sqlite3.h>

namespace veritag::pkgdb {
namespace {

using test::Folder;
using test::run;

std::vector<std::string> lines_of(const Result<Parsed<Package>>& parsed) {
    EXPECT_TRUE(parsed) << parsed.error().message();
    std::vector<std::string> lines;
    if (!parsed) return lines;
    for (const Problem& problem : parsed->problems) ADD_FAILURE() << problem.message;
    for (const Package& package : parsed->items) lines.push_back(package.name + "\t" + package.version + "\t" + package.arch);
    std::sort(lines.begin(), lines.end());
    return lines;
}

/// A folder with rpms and an rpm database that Debian's rpm (SQLite backend) writes.
class RpmSqlite : public testing::Test {
protected:
    void SetUp() override { run("sh '" VERITAG_SOURCE_DIR "/tests/support/make_rpms.sh' '" + folder_.path() + "'"); }

    void install(const std::string& files) {
        run("mkdir -p '" + database() + "' && cd '" + folder_ / "rpms" + "' && rpm --dbpath '" + database() +
            "' -i --justdb --nodeps --ignorearch --ignoreos " + files + " 2>&1");
    }
    [[nodiscard]] std::vector<std::string> rpm_list() const {
        return test::sorted_lines(
            run("rpm --dbpath '" + database() + "' -qa --qf '%{name}\\t%|epoch?{%{epoch}:}|%{version}-%{release}\\t%{arch}\\n'"));
    }
    [[nodiscard]] std::string database() const { return folder_ / "db"; }
    [[nodiscard]] std::vector<std::string> our_list(const std::string& file, const std::string& wal) const {
        return lines_of(parse_rpm_sqlite(ByteReader(std::string_view(file), "rpmdb.sqlite"), as_byte_span(wal), Limits{}));
    }

    Folder folder_;
};

TEST_F(RpmSqlite, ListsWhatRpmLists) {
    install("*.rpm");
    const std::vector<std::string> expected = rpm_list();
    ASSERT_EQ(expected.size(), 8U);
    EXPECT_EQ(our_list(test::read_file(database() + "/rpmdb.sqlite"), ""), expected);
}

TEST_F(RpmSqlite, ListsWhatRpmListsAfterRemovals) {
    install("*.rpm");
    run("rpm --dbpath '" + database() + "' -e --justdb --nodeps plain tzdata 2>&1");
    install("tzdata-noarch.rpm");
    const std::vector<std::string> expected = rpm_list();
    ASSERT_EQ(expected.size(), 7U);
    EXPECT_EQ(our_list(test::read_file(database() + "/rpmdb.sqlite"), ""), expected);
}

TEST_F(RpmSqlite, ListsWhatRpmListsWithALogThatIsNotMerged) {
    install("plain-aarch64.rpm epoch-aarch64.rpm");
    // While a reader is in a transaction rpm cannot merge the log into the file. It tries for ten seconds, once a command.
    sqlite3* reader = nullptr;
    ASSERT_EQ(sqlite3_open((database() + "/rpmdb.sqlite").c_str(), &reader), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM Packages", nullptr, nullptr, nullptr), SQLITE_OK);
    install("big-epoch-x86_64.rpm lib+odd.name_2-noarch.rpm tzdata-noarch.rpm");
    const std::vector<std::string> expected = rpm_list();
    const std::string file = test::read_file(database() + "/rpmdb.sqlite");
    const std::string wal = test::read_file(database() + "/rpmdb.sqlite-wal");
    sqlite3_close(reader);

    ASSERT_EQ(expected.size(), 5U);
    ASSERT_FALSE(wal.empty());
    EXPECT_EQ(our_list(file, wal), expected);
    EXPECT_EQ(our_list(file, "").size(), 2U) << "the log was merged after all, so that this test shows nothing";
}

constexpr const char* kRpmQuery = " -qa --qf '%{name}\\t%|epoch?{%{epoch}:}|%{version}-%{release}\\t%{arch}\\n'";

/// What one `rpm -i` wrote, as headers for Berkeley DB's own db_load: some odd packages, thousands of plain ones, a header larger
/// than any page, an empty text. No Debian tool writes rpm's Berkeley DB, but Debian's rpm still reads it.
class RpmBdb : public testing::Test {
protected:
    struct Record {
        std::uint32_t number;
        std::string header;
    };

    static void SetUpTestSuite() {
        folder_ = std::make_unique<Folder>();
        const std::string folder = folder_->path();
        run("sh '" VERITAG_SOURCE_DIR "/tests/support/make_rpms.sh' '" + folder + "'");
        std::string spec = "Name: many\nVersion: 1\nRelease: 1\nSummary: a\nLicense: MIT\nBuildArch: noarch\n%description\n" +
                           std::string(200'000, 'd') + "\n%files\n";
        for (int i = 0; i < 2500; ++i) {
            const std::string name = "many-" + std::to_string(i);
            const std::string epoch = i % 3 == 0 ? "Epoch: " + std::to_string(i) + "\n" : "";
            spec += "%package -n " + name + "\nSummary: a\nVersion: 2." + std::to_string(i) + "\n" + epoch + "%description -n " + name +
                    "\n" + std::string(static_cast<std::size_t>(i % 17 * i % 1500), 'd') + "\n%files -n " + name + "\n";
        }
        test::write_file(folder + "/many.spec", spec);
        run("rpmbuild --quiet -bb --define '_topdir " + folder + "/top' --define '_rpmdir " + folder +
            "/rpms' --define '_rpmfilename %%{NAME}.rpm' '" + folder + "/many.spec' 2>&1");
        run("mkdir '" + folder + "/sqlite' && cd '" + folder + "/rpms' && rpm --dbpath '" + folder +
            "/sqlite' -i --justdb --nodeps --ignorearch --ignoreos *.rpm 2>&1");
        expected_ = test::sorted_lines(run("rpm --dbpath '" + folder + "/sqlite'" + kRpmQuery));

        sqlite3* db = nullptr;
        sqlite3_stmt* rows = nullptr;
        ASSERT_EQ(sqlite3_open((folder + "/sqlite/rpmdb.sqlite").c_str(), &db), SQLITE_OK);
        ASSERT_EQ(sqlite3_prepare_v2(db, "SELECT hnum, blob FROM Packages", -1, &rows, nullptr), SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW)
            records_.push_back({static_cast<std::uint32_t>(sqlite3_column_int64(rows, 0)),
                                {static_cast<const char*>(sqlite3_column_blob(rows, 1)), static_cast<std::size_t>(sqlite3_column_bytes(rows, 1))}});
        sqlite3_finalize(rows);
        sqlite3_close(db);
        ASSERT_EQ(expected_.size(), 2509U);
        ASSERT_EQ(records_.size(), expected_.size());
    }
    static void TearDownTestSuite() {
        folder_.reset();
        records_.clear();
        expected_.clear();
    }

    static std::string number(std::uint32_t value, bool big_endian) {
        std::string bytes;
        for (const unsigned shift : {0U, 8U, 16U, 24U}) bytes += static_cast<char>((value >> (big_endian ? 24 - shift : shift)) & 0xff);
        return bytes;
    }
    static std::string hex_line(const std::string& bytes) {
        constexpr const char* kDigits = "0123456789abcdef";
        std::string line = " ";
        for (const char c : bytes) {
            line += kDigits[static_cast<unsigned char>(c) >> 4];
            line += kDigits[static_cast<unsigned char>(c) & 15];
        }
        return line + "\n";
    }
    /// Puts the records into `database`/Packages, over those of the same numbers that are there.
    static void load(const std::string& database, const std::vector<Record>& records, std::uint32_t page_size, bool big_endian) {
        std::string dump = "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=" + std::to_string(page_size) +
                           "\ndb_lorder=" + (big_endian ? "4321" : "1234") + "\nHEADER=END\n" + hex_line(number(0, big_endian)) +
                           hex_line(number(static_cast<std::uint32_t>(records.size() + 1), big_endian));
        for (const Record& record : records) dump += hex_line(number(record.number, big_endian)) + hex_line(record.header);
        test::write_file(*folder_ / "dump", dump + "DATA=END\n");
        run("mkdir -p '" + database + "' && db5.3_load -f '" + *folder_ / "dump" + "' '" + database + "/Packages' 2>&1");
    }
    /// rpm finds no look-up tables beside Packages and warns of each.
    static std::vector<std::string> rpm_list(const std::string& database) {
        return test::sorted_lines(run("rpm --dbpath '" + database + "' --define '_db_backend bdb_ro'" + kRpmQuery + " 2>/dev/null"));
    }
    static std::vector<std::string> our_list(const std::string& database) {
        const std::string file = test::read_file(database + "/Packages");
        return lines_of(parse_rpm_bdb(ByteReader(std::string_view(file), "Packages"), Limits{}));
    }
    /// The file must be what the test is about: magic and page size in that byte order.
    static void expect_layout(const std::string& database, std::uint32_t page_size, bool big_endian) {
        const std::string file = test::read_file(database + "/Packages");
        ASSERT_GT(file.size(), 512U);
        EXPECT_EQ(file.substr(12, 4), number(0x00061561, big_endian));
        EXPECT_EQ(file.substr(20, 4), number(page_size, big_endian));
    }

    static std::unique_ptr<Folder> folder_;
    static std::vector<Record> records_;
    static std::vector<std::string> expected_;
};
std::unique_ptr<Folder> RpmBdb::folder_;
std::vector<RpmBdb::Record> RpmBdb::records_;
std::vector<std::string> RpmBdb::expected_;

TEST_F(RpmBdb, ListsWhatRpmLists) {
    for (const bool big_endian : {false, true})
        for (const std::uint32_t page_size : {512U, 1024U, 4096U, 65536U}) {
            const std::string database = *folder_ / ((big_endian ? "big" : "little") + std::to_string(page_size));
            load(database, records_, page_size, big_endian);
            expect_layout(database, page_size, big_endian);
            EXPECT_EQ(rpm_list(database), expected_) << database;
            EXPECT_EQ(our_list(database), expected_) << database;
        }
}

TEST_F(RpmBdb, ListsWhatRpmListsAfterReplacements) {
    // First every number has another package's header, so that chains grow, shrink and leave free pages behind.
    std::vector<Record> other = records_;
    for (std::size_t i = 0; i < other.size(); ++i) other[i].header = records_[(i * 7 + 3) % records_.size()].header;
    for (const bool big_endian : {false, true}) {
        const std::string database = *folder_ / (big_endian ? "replaced-big" : "replaced-little");
        load(database, other, 1024, big_endian);
        load(database, records_, 1024, big_endian);
        expect_layout(database, 1024, big_endian);
        EXPECT_EQ(rpm_list(database), expected_);
        EXPECT_EQ(our_list(database), expected_);
    }
}

TEST_F(RpmBdb, DatabaseWithoutPackagesIsAnEmptyList) {
    load(*folder_ / "none", {}, 4096, false);
    EXPECT_TRUE(rpm_list(*folder_ / "none").empty());
    EXPECT_TRUE(our_list(*folder_ / "none").empty());
}

constexpr const char* kDpkgQuery =
    " -W -f '${db:Status-Status}\\t${Package}\\t${Version}\\t${Architecture}\\n' | sed -n 's/^installed\\t//p'";

std::vector<std::string> dpkg_list(const std::string& admin_folder) {
    return test::sorted_lines(run("dpkg-query --admindir='" + admin_folder + "'" + kDpkgQuery));
}

std::vector<std::string> our_dpkg_list(const std::string& admin_folder) {
    const std::string file = test::read_file(admin_folder + "/status");
    return lines_of(parse_dpkg_status(ByteReader(std::string_view(file), "var/lib/dpkg/status"), false, Limits{}));
}

void make_admin_folder(const std::string& folder, const std::string& status) {
    run("mkdir -p '" + folder + "/info' '" + folder + "/updates' && printf '1\\n' > '" + folder + "/info/format' && : > '" + folder +
        "/available'");
    test::write_file(folder + "/status", status);
}

TEST(Dpkg, ListsWhatDpkgListsOnThisMachine) {
    const Folder folder;
    make_admin_folder(folder.path(), test::read_file("/var/lib/dpkg/status"));
    const std::vector<std::string> expected = dpkg_list(folder.path());
    ASSERT_GT(expected.size(), 50U);
    EXPECT_EQ(our_dpkg_list(folder.path()), expected);
}

TEST(Dpkg, ListsWhatDpkgListsInEveryState) {
    const auto stanza = [](const std::string& name, const std::string& status) {
        return "Package: " + name + "\nStatus: " + status +
               "\nArchitecture: arm64\nMaintainer: a\nVersion: 1:2.0~rc1-3+b1\nDescription: x\n y\n .\n z\n\n";
    };
    const Folder folder;
    make_admin_folder(folder.path(),
                      stanza("good", "install ok installed") + stanza("held", "hold ok installed") +
                          stanza("unwanted", "deinstall ok installed") + stanza("removed", "deinstall ok config-files") +
                          "Package: never\nStatus: unknown ok not-installed\nArchitecture: all\n\n" +
                          "package: lower\nstatus:install ok installed\narchitecture: all\nmaintainer: a\nversion:0\ndescription: x\n");
    const std::vector<std::string> expected = dpkg_list(folder.path());
    ASSERT_EQ(expected.size(), 4U);
    EXPECT_EQ(our_dpkg_list(folder.path()), expected);
}

TEST(Python, NamesWhatImportlibNames) {
    const Folder folder;
    const std::vector<std::string> files{
        "Metadata-Version: 2.1\nName: torch\nVersion: 2.1.0+cpu\nSummary: tensors\n\nVersion: 9\n",
        "metadata-version: 2.1\nNAME: Torch_NPU.Extra\nversion: 2.1.0.post3\nLicense: MIT\n        Version: 7\n",
        "Metadata-Version: 2.1\r\nName: crlf\r\nVersion: 1!2.0rc1\r\n\r\nbody\r\n",
        "Metadata-Version: 2.4\nName: unicode\nVersion: 1.0\nAuthor: J\xc3\xbcrgen\nKeywords: a,\n b\nClassifier: A :: B\nClassifier: C",
        "Metadata-Version: 2.1\nName:   spaces  \nVersion:\t 3.0 \n\n",
    };
    std::vector<std::string> ours;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string site = "p" + std::to_string(i) + "-1.dist-info";
        std::filesystem::create_directory(folder / site);
        test::write_file(folder / (site + "/METADATA"), files[i]);
        const auto package = parse_python_metadata(ByteReader(std::string_view(files[i]), site + "/METADATA"), Limits{});
        ASSERT_TRUE(package) << package.error().message();
        ASSERT_TRUE(*package);
        ours.push_back((*package)->name + "\t" + (*package)->version);
    }
    std::sort(ours.begin(), ours.end());
    const std::vector<std::string> expected = test::sorted_lines(
        run("python3 -c 'import importlib.metadata as m, sys\n"
            "for d in m.distributions(path=[sys.argv[1]]): print(d.metadata[\"Name\"].strip(), d.version.strip(), sep=\"\\t\")' '" +
            folder.path() + "'"));
    ASSERT_EQ(expected.size(), files.size());
    EXPECT_EQ(ours, expected);
}

TEST(Python, NamesWhatImportlibNamesOnThisMachine) {
    // One line a distribution: the METADATA file, then what importlib reads from it.
    const std::string listing = run(
        "python3 -c 'import importlib.metadata as m\n"
        "for d in m.distributions():\n"
        "  p = getattr(d, \"_path\", None)\n"
        "  if p is not None and p.name.endswith(\".dist-info\"): print(p / \"METADATA\", d.metadata[\"Name\"], d.version, sep=\"\\t\")'");
    const std::vector<std::string> lines = test::sorted_lines(listing);
    ASSERT_FALSE(lines.empty());
    for (const std::string& line : lines) {
        const std::string path = line.substr(0, line.find('\t'));
        const std::string file = test::read_file(path);
        const auto package = parse_python_metadata(ByteReader(std::string_view(file), path), Limits{});
        ASSERT_TRUE(package) << package.error().message();
        ASSERT_TRUE(*package);
        EXPECT_EQ(path + "\t" + (*package)->name + "\t" + (*package)->version, line);
    }
}

}  // namespace
}  // namespace veritag::pkgdb
