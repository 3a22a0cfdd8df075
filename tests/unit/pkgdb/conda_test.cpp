#include "pkgdb/pkgdb.h"

#include "fixture.h"

#include <gtest/gtest.h>

#include <ostream>

namespace veritag::pkgdb {
namespace {

constexpr const char* kPath = "opt/conda/conda-meta/pytorch-2.1.0-py3.10_cuda12.1_0.json";
constexpr const char* kNotes = "opt/conda/conda-meta/notes.json";

Result<std::optional<Package>> parse(std::string_view file, std::string_view path = kPath, const Limits& limits = {}) {
    return parse_conda_record(ByteReader(file, path), limits);
}

struct Case {
    const char* name;
    std::string file;
    const char* answer;  ///< `name version arch`, the error's text after '!', or empty: no package
    const char* path = kPath;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class CondaRecord : public testing::TestWithParam<Case> {};
TEST_P(CondaRecord, GivesThePackage) {
    const auto package = parse(GetParam().file, GetParam().path);
    const std::string_view answer = GetParam().answer;
    if (answer.starts_with('!')) {
        ASSERT_FALSE(package);
        EXPECT_NE(package.error().message().find(answer.substr(1)), std::string::npos) << package.error().message();
        return;
    }
    ASSERT_TRUE(package) << package.error().message();
    ASSERT_EQ(package->has_value(), !answer.empty());
    if (answer.empty()) return;
    EXPECT_EQ((*package)->name + " " + (*package)->version + " " + (*package)->arch, answer);
    EXPECT_EQ((*package)->type, PackageType::conda);
    EXPECT_EQ((*package)->path, GetParam().path);
}

std::string record(const std::string& more) { return R"({"build": "py3.10_0", "name": "pytorch", "version": "2.1.0")" + more + "}"; }

INSTANTIATE_TEST_SUITE_P(
    Files, CondaRecord,
    testing::Values(
        Case{"Usual", record(R"(, "arch": "x86_64", "build_number": 0, "subdir": "linux-64", "files": ["bin/x"], "timestamp": 1696000000000)"), "pytorch 2.1.0 x86_64"},
        Case{"ArchitectureFromSubdir", record(R"(, "arch": null, "subdir": "linux-64")"), "pytorch 2.1.0 x86_64"},
        Case{"Arm", record(R"(, "subdir": "linux-aarch64")"), "pytorch 2.1.0 aarch64"},
        Case{"ThirtyTwoBits", record(R"(, "subdir": "linux-32")"), "pytorch 2.1.0 x86"},
        Case{"NoArch", record(R"(, "arch": "x86_64", "subdir": "noarch", "noarch": "python")"), "pytorch 2.1.0 noarch"},
        Case{"NoArchitectureAtAll", record(""), "pytorch 2.1.0 "},
        Case{"InnerNamesAreOthers", record(R"(, "link": {"name": "x", "version": "9"}, "paths_data": {"paths": [{"name": "y"}, ["name", "z"]]})"), "pytorch 2.1.0 "},
        Case{"Escapes", R"({"n\u0061me": "pyt\u006frch", "version": "2.1.0"})", "pytorch 2.1.0 "},
        Case{"ByteOrderMark", "\xef\xbb\xbf" + record(""), "pytorch 2.1.0 "},
        Case{"AnyNameWithARecord", record(""), "pytorch 2.1.0 ", kNotes},
        Case{"NoVersion", R"({"name": "pytorch"})", "!it has no version"},
        Case{"VersionIsANumber", R"({"name": "pytorch", "version": 2.1})", "!it has no version"},
        Case{"NoName", R"({"version": "2.1.0", "deep": {"name": "x"}})", "!it has no name"},
        Case{"NameTwice", record(R"(, "name": "other")"), "!name stands twice"},
        Case{"ControlCharacters", R"({"name": "a\nb", "version": "1"})", R"(!name "a\x0ab" holds control characters)"},
        Case{"Cut", R"({"name": "pytorch", "version": "2.1.0", "files": ["a)", "!not JSON at byte"},
        Case{"TwoValues", record("") + "{}", "!not JSON at byte"},
        Case{"NulBehind", record("") + std::string("\0{", 2), "!a NUL follows the value"},
        Case{"Text", "==> 2024-01-01 <==\n", "!not JSON at byte 0"},
        Case{"List", "[1]", "!it is no JSON object"}, Case{"JustText", "\"name\"", "!it is no JSON object"}, Case{"Empty", "", "!it is empty"},
        Case{"NotUtf8", "{\"name\": \"\xff\", \"version\": \"1\"}", "!not JSON at byte"},
        Case{"NoRecordNotNamedLikeOne", R"({"specs": []})", "", kNotes}, Case{"NoJsonNotNamedLikeOne", "hello", "", kNotes},
        Case{"OneHyphenIsNoRecord", "hello", "", "conda-meta/my-notes.json"},
        Case{"EmptyPartIsNoRecord", "hello", "", "conda-meta/my--notes.json"},
        Case{"NamedLikeOne", "hello", "!not JSON", "conda-meta/a-1-0.json"}),
    [](const auto& each) { return each.param.name; });

TEST(CondaLimits, DepthIsCounted) {
    const auto nested = [](std::size_t depth) { return record(", \"x\": " + std::string(depth, '[') + std::string(depth, ']')); };
    EXPECT_TRUE(parse(nested(63)));
    for (const std::size_t depth : {64UL, 1'000'000UL}) {
        const auto package = parse(nested(depth), kNotes);
        ASSERT_FALSE(package) << "a passed limit is told whatever the file's name";
        EXPECT_NE(package.error().message().find("65 levels deep (limit 64); raise limits.json_depth"), std::string::npos) << package.error().message();
    }
    const auto objects = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i) text += "{\"a\":";
        return text;
    };
    EXPECT_FALSE(parse(objects(1'000'000)));
}

TEST(CondaLimits, AreNamed) {
    Limits small;
    small.package_database_bytes = 10;
    const auto bytes = parse(record(""), kPath, small);
    ASSERT_FALSE(bytes);
    EXPECT_NE(bytes.error().message().find("raise limits.package_database_bytes"), std::string::npos) << bytes.error().message();
    Limits text;
    text.text_line_bytes = 6;
    const auto name = parse(record(R"(, "description": "longer than six")"), kPath, text);
    ASSERT_FALSE(name);
    EXPECT_NE(name.error().message().find("read conda record member name"), std::string::npos) << name.error().message();
    EXPECT_NE(name.error().message().find("7 bytes (limit 6); raise limits.text_line_bytes"), std::string::npos) << name.error().message();
}

TEST(CondaLimits, EveryPrefixFailsCleanly) {
    const std::string file = record(R"(, "subdir": "linux-64", "paths_data": {"paths": [{"_path": "a", "sha256": "0", "size": 1.5e3, "x": true}]})");
    for (std::size_t size = 0; size < file.size(); ++size) EXPECT_FALSE(parse(std::string_view(file).substr(0, size))) << size;
    EXPECT_TRUE(parse(file));
}

TEST(CondaLimits, RecordsWithVeryManyFilesAreRead) {
    std::string files;
    for (int i = 0; i < 50'000; ++i) files += std::string(i == 0 ? "" : ",") + R"({"_path": "lib/python3.10/site-packages/torch/)" + std::to_string(i) + R"(.h", "path_type": "hardlink"})";
    const auto package = parse(R"({"paths_data": {"paths": [)" + files + R"(]}, "name": "pytorch", "version": "2.1.0"})");
    ASSERT_TRUE(package) << package.error().message();
    EXPECT_EQ((*package)->version, "2.1.0");
}

}  // namespace
}  // namespace veritag::pkgdb
