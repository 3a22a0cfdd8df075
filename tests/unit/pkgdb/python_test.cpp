#include "pkgdb/pkgdb.h"

#include "fixture.h"

#include <gtest/gtest.h>

#include <ostream>

namespace veritag::pkgdb {
namespace {

constexpr const char* kPath = "usr/lib/python3.11/site-packages/torch-2.1.0.dist-info/METADATA";

Result<std::optional<Package>> parse(std::string_view file, std::string_view path = kPath, const Limits& limits = {}) {
    return parse_python_metadata(ByteReader(file, path), limits);
}

struct Case {
    const char* name;
    std::string file;
    const char* answer;  ///< `name version`, or the error's text after '!'
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class PythonMetadata : public testing::TestWithParam<Case> {};
TEST_P(PythonMetadata, GivesNameAndVersion) {
    const auto package = parse(GetParam().file);
    const std::string_view answer = GetParam().answer;
    if (answer.starts_with('!')) {
        ASSERT_FALSE(package);
        EXPECT_NE(package.error().message().find(answer.substr(1)), std::string::npos) << package.error().message();
        return;
    }
    ASSERT_TRUE(package) << package.error().message();
    ASSERT_TRUE(*package);
    EXPECT_EQ((*package)->name + " " + (*package)->version, answer);
    EXPECT_EQ((*package)->type, PackageType::python);
    EXPECT_EQ((*package)->path, kPath);
    EXPECT_EQ((*package)->arch, "");
}
INSTANTIATE_TEST_SUITE_P(
    Files, PythonMetadata,
    testing::Values(Case{"Usual", "Metadata-Version: 2.1\nName: torch\nVersion: 2.1.0+cpu\nSummary: x\n\nVersion: 9\n", "torch 2.1.0+cpu"},
                    Case{"NameAsWritten", "Name: Torch_NPU.x\nVersion: 2.1.0.post3\n", "Torch_NPU.x 2.1.0.post3"},
                    Case{"KeysKnowNoCase", "name: a\nVERSION: 1\n", "a 1"},
                    Case{"CarriageReturns", "Name: a\r\nVersion: 1\r\n\r\nVersion: 2\r\n", "a 1"},
                    Case{"NoFinalNewline", "Name: a\nVersion: 1", "a 1"}, Case{"FoldedValue", "Name:\n a\nVersion:\n\t1.0\n", "a 1.0"},
                    Case{"FoldedOther", "License: MIT\n Version: 7\nName: a\nVersion: 1\n", "a 1"},
                    Case{"BodyIsNoHeader", "Name: a\n\nVersion: 1\n", "!its header has no Version"},
                    Case{"LineThatIsNoHeaderEndsIt", "Name: a\nsome text: here\nVersion: 1\n", "!its header has no Version"},
                    Case{"NoName", "Version: 1\n", "!read Python metadata"},
                    Case{"EmptyVersion", "Name: a\nVersion:  \n", "!its header has no Version"},
                    Case{"VersionTwice", "Name: a\nVersion: 1\nversion: 2\n", "!version stands twice"},
                    Case{"Empty", "", "!its header has no Name"}),
    [](const auto& each) { return each.param.name; });

TEST(PythonLeftovers, OfInterruptedUninstallsAreNoPackages) {
    const auto leftover = parse("Name: torch\nVersion: 1\n", "usr/lib/python3/site-packages/~orch-1.dist-info/METADATA");
    ASSERT_TRUE(leftover);
    EXPECT_FALSE(*leftover);
    const auto home = parse("Name: torch\nVersion: 1\n", "home/~user/torch-1.dist-info/METADATA");
    ASSERT_TRUE(home);
    EXPECT_TRUE(*home);
}

TEST(PythonLeftovers, OfEggsAreNoPackagesEither) {
    const auto leftover = parse("Name: torch\nVersion: 1\n", "usr/lib/python3/site-packages/~orch-1.egg-info");
    ASSERT_TRUE(leftover);
    EXPECT_FALSE(*leftover);
}

struct LinkCase {
    const char* name;
    std::string file;
    const char* answer;  ///< the directory, the error's text after '!', or empty: none
};
void PrintTo(const LinkCase& c, std::ostream* out) { *out << c.name; }

class EggLink : public testing::TestWithParam<LinkCase> {};
TEST_P(EggLink, NamesTheDirectory) {
    const auto directory = parse_egg_link(ByteReader(GetParam().file, "torch.egg-link"), Limits{});
    const std::string_view answer = GetParam().answer;
    if (!answer.starts_with('!')) {
        ASSERT_TRUE(directory) << directory.error().message();
        EXPECT_EQ(*directory, answer);
        return;
    }
    ASSERT_FALSE(directory);
    EXPECT_NE(directory.error().message().find(answer.substr(1)), std::string::npos) << directory.error().message();
}
INSTANTIATE_TEST_SUITE_P(Files, EggLink,
                         testing::Values(LinkCase{"Usual", "/pytorch\n.", "/pytorch"}, LinkCase{"SourceFolder", "/src/lib\n../", "/src/lib"},
                                         LinkCase{"OneLine", "/pytorch", "/pytorch"}, LinkCase{"WindowsLines", "/pytorch\r\n.\r\n", "/pytorch"},
                                         LinkCase{"Relative", "../../src\n.", "../../src"}, LinkCase{"WithBlanks", "/my src \n", "/my src"},
                                         LinkCase{"Empty", "", "!its first line names no directory"},
                                         LinkCase{"EmptyLine", "\n/pytorch\n", "!its first line names no directory"},
                                         LinkCase{"Nul", std::string("/a\0b\n", 5), "!is no path"},
                                         LinkCase{"TooLong", "/" + std::string(5000, 'x'), "!5001 bytes (limit 4096); raise limits.path_bytes"}),
                         [](const auto& each) { return each.param.name; });

class DirectUrl : public testing::TestWithParam<LinkCase> {};
TEST_P(DirectUrl, NamesTheSourceOfAnEditableInstall) {
    const auto directory = parse_direct_url(ByteReader(GetParam().file, "direct_url.json"), Limits{});
    const std::string_view answer = GetParam().answer;
    if (!answer.starts_with('!')) {
        ASSERT_TRUE(directory) << directory.error().message();
        EXPECT_EQ(directory->value_or(""), answer);
        return;
    }
    ASSERT_FALSE(directory);
    EXPECT_NE(directory.error().message().find(answer.substr(1)), std::string::npos) << directory.error().message();
}
INSTANTIATE_TEST_SUITE_P(
    Files, DirectUrl,
    testing::Values(LinkCase{"Editable", R"({"dir_info": {"editable": true}, "url": "file:///vllm-workspace/vllm"})", "/vllm-workspace/vllm"},
                    LinkCase{"Localhost", R"({"url": "file://localhost/a", "dir_info": {"editable": true}})", "/a"},
                    LinkCase{"Escaped", R"({"dir_info": {"editable": true}, "url": "file:///my%20src/%e4%BD%a0"})", "/my src/\xe4\xbd\xa0"},
                    LinkCase{"Query", R"({"dir_info": {"editable": true}, "url": "file:///a?b#c"})", "/a"},
                    LinkCase{"NotEditable", R"({"dir_info": {"editable": false}, "url": "file:///a"})", ""},
                    LinkCase{"Directory", R"({"dir_info": {}, "url": "file:///a"})", ""},
                    LinkCase{"Archive", R"({"archive_info": {"hash": "sha256=0"}, "url": "https://x/a.whl"})", ""},
                    LinkCase{"Git", R"({"vcs_info": {"vcs": "git", "commit_id": "0"}, "url": "https://x/a.git"})", ""},
                    LinkCase{"EditableElsewhere", R"({"editable": true, "x": {"dir_info": {"editable": true}}, "url": "file:///a"})", ""},
                    LinkCase{"EditableAsText", R"({"dir_info": {"editable": "true"}, "url": "file:///a"})", ""},
                    LinkCase{"EditableOverTheNetwork", R"({"dir_info": {"editable": true}, "url": "https://u:secret@x/a"})", "!whose url is no file:// URL of a directory"},
                    LinkCase{"EditableNowhere", R"({"dir_info": {"editable": true}})", "!no file:// URL"},
                    LinkCase{"BrokenEscape", R"({"dir_info": {"editable": true}, "url": "file:///a%2"})", "!no file:// URL"},
                    LinkCase{"EscapedNul", R"({"dir_info": {"editable": true}, "url": "file:///a%00"})", "!no file:// URL"},
                    LinkCase{"OtherHost", R"({"dir_info": {"editable": true}, "url": "file://server/a"})", "!no file:// URL"},
                    LinkCase{"EditableTwice", R"({"dir_info": {"editable": true, "editable": false}, "url": "file:///a"})", "!dir_info/editable stands twice"},
                    LinkCase{"NotJson", "url: x", "!not JSON at byte 0"}, LinkCase{"Empty", "", "!it is empty"}),
    [](const auto& each) { return each.param.name; });

TEST(PythonLimits, LongLineIsNamed) {
    Limits limits;
    limits.text_line_bytes = 5;
    const auto package = parse("Name: long\nVersion: 1\n", kPath, limits);
    ASSERT_FALSE(package);
    EXPECT_NE(package.error().message().find("10 bytes (limit 5); raise limits.text_line_bytes"), std::string::npos) << package.error().message();
}

TEST(PythonNames, AreNormalised) {
    EXPECT_EQ(normalise_python_name("Torch_NPU"), "torch-npu");
    EXPECT_EQ(normalise_python_name("a-_.-b"), "a-b");
    EXPECT_EQ(normalise_python_name("zope.interface"), "zope-interface");
    EXPECT_EQ(normalise_python_name(""), "");
}

}  // namespace
}  // namespace veritag::pkgdb
