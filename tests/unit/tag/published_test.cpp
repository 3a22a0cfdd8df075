// Every tag that openEuler declares (openeuler-mirror/openeuler-docker-images: all meta.yml files) is read, and says what the folders
// of its Dockerfile say: <version>/<OS>/Dockerfile. Where tag and path disagree today, the row is listed here.
#include "shipped_rules.h"

#include <fstream>
#include <set>

namespace veritag::tag {
namespace {

struct Row {
    std::string repository;
    std::string tag;
    std::string version_folder;
    std::string os_folder;
};

std::vector<Row> declared_tags() {
    std::ifstream file(VERITAG_SOURCE_DIR "/tests/data/openeuler-tags.tsv");
    std::vector<Row> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#') continue;
        const std::vector<std::string_view> fields = split(line, '\t');
        if (fields.size() < 4) {
            ADD_FAILURE() << line;
            continue;
        }
        const std::vector<std::string_view> folders = split(fields[3], '/');
        if (folders.size() < 3) {
            ADD_FAILURE() << line;
            continue;
        }
        rows.push_back({std::string(fields[0]), std::string(fields[1]), std::string(folders[folders.size() - 3]),
                        std::string(folders[folders.size() - 2])});
    }
    return rows;
}

std::string os_version(const Reading& reading) {
    for (const Claim& claim : reading.claims)
        if (claim.kind == ComponentKind::os) return claim.version;
    return {};
}

TEST(DeclaredTags, AreAllReadable) {
    const std::vector<Row> rows = declared_tags();
    ASSERT_EQ(rows.size(), 1126U);
    for (const Row& row : rows) {
        const Reading reading = read_tag(shipped_rules(), "docker.io", row.repository, row.tag);
        EXPECT_TRUE(reading.readable) << row.repository << ":" << row.tag;
        EXPECT_EQ(pieces_of(reading), row.tag);
        EXPECT_GE(reading.claims.size(), 2U) << row.repository << ":" << row.tag;
    }
}

TEST(DeclaredTags, SayWhatTheirFoldersSay) {
    const rules::Component* openeuler = shipped_rules().find("openeuler");
    ASSERT_NE(openeuler, nullptr);
    std::set<std::string> other_version;
    std::set<std::string> other_os;
    for (const Row& row : declared_tags()) {
        const Reading reading = read_tag(shipped_rules(), "", row.repository, row.tag);
        if (reading.version_text != row.version_folder) other_version.insert(row.repository + ":" + row.tag + " in " + row.version_folder);
        if (os_version(reading) != openeuler->canonical(row.os_folder))
            other_os.insert(row.repository + ":" + row.tag + " in " + row.os_folder);
    }
    EXPECT_EQ(other_version, (std::set<std::string>{
                                 "openeuler/llvm-build-deps:1.0.1-oe2203sp4 in 1.0.0",
                                 "openeuler/openlb:1.8.0-oe2403sp1 in 1.7.0",
                                 "openeuler/openjdk:23_13-oe2203sp3 in 23+13",
                                 "openeuler/openvelinux:velinux/1.0+velinux2-oe2403sp3 in velinux-1.0+velinux2",
                                 "openeuler/openvelinux:velinux/1.0+velinux2-oe2403sp4 in 1.0+velinux2",
                                 "openeuler/redis:8.6.4-oe2403sp3 in 5.4.1",
                                 "openeuler/seaweedfs:4.03-oe2403sp2 in 24.03-lts-sp2",
                             }));
    EXPECT_EQ(other_os, (std::set<std::string>{
                            "openeuler/clickhouse:25.3.1.2703-oe2403sp1 in 24.03-lts-sp2",
                            "openeuler/clickhouse:25.7.5.34-oe2403sp1 in 24.03-lts-sp2",
                            "openeuler/cp2k:2025.2-oe2403sp2 in 24.03-lts-sp1",
                            "openeuler/oceanbase:4.3.5_CE_BP3-oe2403sp1 in 24.03-lts-sp2",
                            "openeuler/redis:7.4.1-oe2203sp3 in 22.03-lts-sp4",
                        }));
}

TEST(DeclaredTags, MisspeltOnesAreTheKnownThree) {
    std::set<std::string> misspelt;
    for (const Row& row : declared_tags()) {
        const Reading reading = read_tag(shipped_rules(), "", row.repository, row.tag);
        for (const Finding& finding : reading.findings)
            if (finding.code != "tag-short")
                misspelt.insert(finding.code + " " + row.repository + ":" + row.tag + " -> " +
                                write_tag(shipped_rules(), reading, {}).value_or("(none)"));
    }
    EXPECT_EQ(misspelt, (std::set<std::string>{
                            "tag-form openeuler/flink:1.16-22.03-lts -> 1.16-oe2203lts",
                            "tag-form openeuler/tempo:2.5.0-oe24.03lts -> 2.5.0-oe2403lts",
                            "tag-form openeuler/tomcat:9.0.10-20.03-lts-sp1 -> 9.0.10-oe2003sp1",
                        }));
}

}  // namespace
}  // namespace veritag::tag
