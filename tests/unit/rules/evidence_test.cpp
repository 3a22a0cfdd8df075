#include "packs.h"

#include <gtest/gtest.h>

namespace veritag::rules {
namespace {

struct ReadCase {
    const char* name;
    const char* rule;
    std::string text;
    std::optional<std::string> reads;
};

class Read : public testing::TestWithParam<ReadCase> {};

TEST_P(Read, GivesTheVersion) {
    const RuleSet rules = test::with_component(
        std::string("tables: {builds: {1.2.3: [1.2.0], 1.4.9: [1.4.1, 1.4.2], 1.5.9: [1.5.1, 2.5.1]}}\nnormalise: [strip-v]\nevidence: [") +
        GetParam().rule + "]\n");
    const Component& x = *rules.find("x");
    EXPECT_EQ(read_evidence(x, x.evidence.at(0), GetParam().text), GetParam().reads);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Read,
    testing::Values(
        ReadCase{"FilePresence", "{file: a}", "whatever", ""},
        ReadCase{"FileRead", "{file: a, read: '(?m)^version=(\\S+)'}", "x=1\nversion=v8.0\n", "8.0"},
        ReadCase{"FileReadNothing", "{file: a, read: '(?m)^version=(\\S+)'}", "Version=8.0\n", std::nullopt},
        ReadCase{"FileEmpty", "{file: a, read: '(?m)^version=(\\S+)'}", "", std::nullopt},
        ReadCase{"FileCarriageReturn", "{file: a, read: '(?m)^version=(\\S+)'}", "version=8.0\r\n", "8.0"},
        ReadCase{"WhenHolds", "{file: a, when: '(?m)^ID=x$', read: 'V=(\\d)'}", "ID=x\nV=3\n", "3"},
        ReadCase{"WhenFails", "{file: a, when: '(?m)^ID=x$', read: 'V=(\\d)'}", "ID=xy\nV=3\n", std::nullopt},
        ReadCase{"AsJoinsGroups", "{file: a, read: '(\\d)(LTS)?_(\\d)', as: '\\1-\\3\\2'}", "7_4", "7-4"},
        ReadCase{"GroupWithoutTextIsPresence", "{file: a, read: 'there()'}", "it is there", ""},
        ReadCase{"BinaryFile", "{file: a, read: 'V(\\d)'}", std::string("\x7f\xff\x00V3\xfe", 6), "3"},
        ReadCase{"JsonText", "{file: a, json: /x/version}", R"({"x": {"version": "1.2"}})", "1.2"},
        ReadCase{"JsonNumberAsWritten", "{file: a, json: /v}", R"({"v": 65024})", "65024"},
        ReadCase{"JsonRead", "{file: a, json: /v, read: '^(\\d+\\.\\d+\\.\\d{1,5})$'}", R"({"v": "12.6.3"})", "12.6.3"},
        ReadCase{"JsonReadRefuses", "{file: a, json: /v, read: '^(\\d+\\.\\d+\\.\\d{1,5})$'}", R"({"v": "12.6.20241114"})", std::nullopt},
        ReadCase{"JsonMissing", "{file: a, json: /v/w}", R"({"v": "1"})", std::nullopt},
        ReadCase{"JsonNull", "{file: a, json: /v}", R"({"v": null})", std::nullopt},
        ReadCase{"JsonList", "{file: a, json: /v}", R"({"v": [1]})", std::nullopt},
        ReadCase{"JsonBroken", "{file: a, json: /v}", R"({"v": "1")", std::nullopt},
        ReadCase{"JsonDeep", "{file: a, json: /v}", std::string(100'000, '['), std::nullopt},
        ReadCase{"JsonWhenHolds", "{file: a, json-when: {/t: bird, /n: 7, /m: 'true'}}", R"({"t": "bird", "n": 7, "m": true})", ""},
        ReadCase{"JsonWhenOther", "{file: a, json-when: {/t: bird, /n: 7}}", R"({"t": "bird", "n": 70})", std::nullopt},
        ReadCase{"JsonWhenMissing", "{file: a, json-when: {/t: bird}}", "{}", std::nullopt},
        ReadCase{"JsonWhenAndJson", "{file: a, json-when: {/t: bird}, json: /v}", R"({"t": "bird", "v": "2"})", "2"},
        ReadCase{"PathRead", "{path: 'a/*', read: 'so\\.(\\d+)$'}", "a/libx.so.12", "12"},
        ReadCase{"PathPresence", "{path: 'a/*'}", "a/b", ""}, ReadCase{"PackageWhole", "{python: torch}", "2.1.0+cpu", "2.1.0+cpu"},
        ReadCase{"PackageRead", "{deb: x, read: '^(\\d+\\.\\d+)'}", "12.2.2-1", "12.2"},
        ReadCase{"PackageReadNothing", "{deb: x, read: '^(\\d+\\.\\d+)'}", "one", std::nullopt},
        ReadCase{"Environment", "{environment: V}", " v1.2 ", "1.2"}, ReadCase{"Label", "{label: V}", "1.2", "1.2"},
        ReadCase{"ElfPresence", "{elf: 'lib/*'}", "libx.so.1", ""},
        ReadCase{"ElfRead", "{elf: 'lib/*', read: 'so\\.(\\d)'}", "libx.so.1", "1"},
        ReadCase{"TableOne", "{python: x, table: builds}", "1.2.3", "1.2.0"},
        ReadCase{"TableAmbiguous", "{python: x, table: builds}", "1.4.9", "1.4"},
        ReadCase{"TableAmbiguousInAll", "{python: x, table: builds}", "1.5.9", ""},
        ReadCase{"TableUnlisted", "{python: x, table: builds}", "9.9.9", ""},
        ReadCase{"ControlBytesAreNoVersion", "{file: a, read: 'v=(.+)'}", "v=1\x1b[31m", ""},
        ReadCase{"EndlessTextIsNoVersion", "{file: a, read: 'v=(.+)'}", "v=" + std::string(1'000'000, '1'), ""},
        ReadCase{"EndlessPackageVersionIsNone", "{python: x}", std::string(1'000'000, '1'), ""}),
    [](const testing::TestParamInfo<ReadCase>& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    FixedListedAndSearched, Read,
    testing::Values(
        ReadCase{"IsForAPackage", "{rpm: x, is: devel}", "12.2-1", "devel"}, ReadCase{"IsForAPath", "{path: 'a/*', is: v2.0}", "a/b", "2.0"},
        ReadCase{"IsWhereTheTextMatches", "{file: a, read: '(?m)^ID=x$', is: '7'}", "ID=x\n", "7"},
        ReadCase{"IsWhereItDoesNot", "{file: a, read: '(?m)^ID=x$', is: '7'}", "ID=y\n", std::nullopt},
        ReadCase{"IsWhereWhenHolds", "{file: a, when: b, is: '7'}", "abc", "7"}, ReadCase{"IsWhereWhenFails", "{file: a, when: x, is: '7'}", "abc", std::nullopt},
        ReadCase{"IsLooksUp", "{rpm: x, is: 1.4.9, table: builds}", "12.2-1", "1.4"}, ReadCase{"IsNothing", "{rpm: x, is: ''}", "12.2-1", ""},
        ReadCase{"JsonListJoins", "{file: a, json: [/a, /b/c]}", R"({"a": "x", "b": {"c": 7}})", "x/7"},
        ReadCase{"JsonListIsRead", "{file: a, json: [/a, /b], read: '^bird/(\\d+)$'}", R"({"a": "bird", "b": 7})", "7"},
        ReadCase{"JsonListLacksOne", "{file: a, json: [/a, /b]}", R"({"a": "x"})", std::nullopt},
        ReadCase{"JsonListHoldsAList", "{file: a, json: [/a, /b]}", R"({"a": "x", "b": [1]})", std::nullopt},
        ReadCase{"JsonListOfBooleans", "{file: a, json: [/a, /b], read: '^(true)/false$'}", R"({"a": true, "b": false})", "true"},
        ReadCase{"StringsRead", "{elf: a, strings: 'glibc (\\d+\\.\\d+)'}", "GNU glibc 2.38 stable", "2.38"},
        ReadCase{"StringsReadBetweenNuls", "{elf: a, strings: '\\x00(3\\.\\d+)\\x00'}", std::string("\0" "3.11\0", 6), "3.11"},
        ReadCase{"StringsReadNothing", "{elf: a, strings: 'glibc (\\d+)'}", "musl 1", std::nullopt},
        ReadCase{"StringsWithAs", "{elf: a, strings: 'v(\\d)_(\\d)', as: '\\1.\\2'}", "v7_4", "7.4"}, ReadCase{"StringsWithIs", "{elf: a, strings: 'Owl', is: owl}", "the Owl", "owl"},
        ReadCase{"DecodedLines", "{file: a, decode: gguf, head: 9, when: '(?m)^general\\.architecture=owl$', read: '(?m)^owl\\.block_count=(\\d+)$'}",
                 "gguf=3\ngeneral.architecture=owl\nowl.block_count=28\n", "28"}),
    [](const testing::TestParamInfo<ReadCase>& each) { return std::string(each.param.name); });

TEST(Derivation, IsNamedByWhatIsMade) {
    const RuleSet rules = test::with_component("evidence: [{elf: a, strings: 'x(y)'}, {file: a, decode: gguf, head: 9}, {file: a, decode: safetensors, head: 9}, {file: a}, {elf: a}]\n");
    std::vector<std::string> names;
    for (const EvidenceRule& rule : rules.find("x")->evidence) names.push_back(derivation_of(rule));
    EXPECT_EQ(names, (std::vector<std::string>{"strings x(y)", "gguf", "safetensors", "", ""}));
}

RuleSet bird() {
    return test::with_component(R"(evidence:
  - {file: '**/bird/version', read: 'v(\S+)', except: ['opt/**'], head: 5}
  - {file: '**/bird/version', read: 'other (\S+)'}
  - {path: 'lib/bird-*', read: 'bird-(\d)'}
  - {python: 'bird*'}
  - {elf: 'lib/bird.so', read: '^libbird(\d)'}
  - {elf: 'lib/bird.so', strings: 'bird (\d)'}
  - {file: '**/*.gguf', decode: gguf, head: 9, read: '(?m)^name=bird-(\d)$'}
facts:
  - {name: colour, file: '**/bird/version', read: 'c(\d)'}
)");
}

struct ExampleCase {
    const char* name;
    Example::What what;
    std::map<std::string, std::string> input;
    std::optional<std::string> reads;
    std::optional<std::string> failure;
};

class EvidenceExample : public testing::TestWithParam<ExampleCase> {};

TEST_P(EvidenceExample, TellsWhatCameOut) {
    const RuleSet rules = bird();
    Example example;
    example.what = GetParam().what;
    example.input = GetParam().input;
    example.reads = GetParam().reads;
    EXPECT_EQ(check_evidence_example(rules, *rules.find("x"), example), GetParam().failure);
}

using What = Example::What;
INSTANTIATE_TEST_SUITE_P(
    Outcomes, EvidenceExample,
    testing::Values(
        ExampleCase{"AsExpected", What::file, {{"file", "a/bird/version"}, {"text", "v1.2"}}, "1.2", std::nullopt},
        ExampleCase{"AnotherVersion",
                    What::file,
                    {{"file", "a/bird/version"}, {"text", "v1.2"}},
                    "1.3",
                    "a/bird/version should read \"1.3\" and reads \"1.2\""},
        ExampleCase{"NothingThere",
                    What::file,
                    {{"file", "a/bird/version"}, {"text", "1.2"}},
                    "1.2",
                    "a/bird/version should read \"1.2\" and reads nothing"},
        ExampleCase{"SecondRule", What::file, {{"file", "a/bird/version"}, {"text", "other 7"}}, "7", std::nullopt},
        ExampleCase{"ExceptedPath", What::file, {{"file", "opt/bird/version"}, {"text", "v1.2"}}, std::nullopt, std::nullopt},
        ExampleCase{
            "OtherPath", What::file, {{"file", "a/bird/x"}, {"text", "v1.2"}}, "1.2", "a/bird/x should read \"1.2\" and reads nothing"},
        ExampleCase{"Fact", What::file, {{"file", "a/bird/version"}, {"text", "c7"}, {"fact", "colour"}}, "7", std::nullopt},
        ExampleCase{"Path", What::path, {{"path", "lib/bird-7"}}, "7", std::nullopt},
        ExampleCase{"Package", What::package, {{"python", "birds"}, {"version", "1"}}, "1", std::nullopt},
        ExampleCase{"PackageOfOtherType", What::package, {{"deb", "birds"}, {"version", "1"}}, std::nullopt, std::nullopt},
        ExampleCase{"Soname", What::elf, {{"elf", "lib/bird.so"}, {"soname", "libbird7"}}, "7", std::nullopt},
        ExampleCase{"Bytes", What::elf, {{"elf", "lib/bird.so"}, {"bytes", "a bird 7"}}, "7", std::nullopt},
        ExampleCase{"BytesAreNoSoname", What::elf, {{"elf", "lib/bird.so"}, {"bytes", "libbird7"}}, std::nullopt, std::nullopt},
        ExampleCase{"SonameIsNoBytes", What::elf, {{"elf", "lib/bird.so"}, {"soname", "a bird 7"}}, std::nullopt, std::nullopt},
        ExampleCase{"DecodedTextIsNotCut", What::file, {{"file", "m/a.gguf"}, {"text", "gguf=3\ntensors=2\nname=bird-7\n"}}, "7", std::nullopt},
        ExampleCase{"ReadsTooMuch",
                    What::package,
                    {{"python", "birds"}, {"version", "1"}},
                    std::nullopt,
                    "birds should read nothing and reads \"1\""}),
    [](const testing::TestParamInfo<ExampleCase>& each) { return std::string(each.param.name); });

TEST(VersionExample, TellsWhatCameOut) {
    const RuleSet rules = test::with_component("names: [x]\nnormalise: [lower-case]\n");
    const auto check = [&](What what, std::map<std::string, std::string> input, std::optional<std::string> reads) {
        Example example;
        example.what = what;
        example.input = std::move(input);
        example.reads = std::move(reads);
        return check_version_example(*rules.find("x"), example);
    };
    EXPECT_EQ(check(What::part, {{"part", "x1.RC2"}}, "1.rc2"), std::nullopt);
    EXPECT_EQ(check(What::part, {{"part", "y1"}}, "1"), "part y1 should read \"1\" and reads nothing");
    EXPECT_EQ(check(What::canonical, {{"canonical", "RC"}}, "RC"), "canonical RC should read \"RC\" and reads \"rc\"");
    EXPECT_EQ(check(What::compare, {{"claimed", "1"}, {"observed", "1.2"}, {"holds", "true"}}, std::nullopt), std::nullopt);
    EXPECT_EQ(check(What::compare, {{"claimed", "1"}, {"observed", "1.2"}, {"holds", "false"}}, std::nullopt),
              "claimed 1 holds for observed 1.2");
    EXPECT_EQ(check(What::compare, {{"claimed", "2"}, {"observed", "1.2"}, {"holds", "true"}}, std::nullopt),
              "claimed 2 does not hold for observed 1.2");
}

TEST(VersionExample, ShowsDistSuffixes) {
    Result<RuleSet> rules = test::load({"component: x\nkind: os\nnormalise: [lower-case]\ndist: [{rpm: '\\.x(\\d)(SP\\d)?', version: '\\1\\2'}, {rpm: '\\.x'}]\n"});
    ASSERT_TRUE(rules) << rules.error().message();
    const auto check = [&](const char* dist, std::optional<std::string> reads) {
        Example example;
        example.what = What::dist;
        example.input = {{"dist", dist}};
        example.reads = std::move(reads);
        return check_version_example(*rules->find("x"), example);
    };
    EXPECT_EQ(check("1.0-1.x7SP2", "7sp2"), std::nullopt) << "in the system's own spelling";
    EXPECT_EQ(check("1.0-1.x", ""), std::nullopt) << "its package, of no release";
    EXPECT_EQ(check("1.0-1.el9", std::nullopt), std::nullopt);
    EXPECT_EQ(check("1.0-1.x7", "8"), "dist 1.0-1.x7 should read \"8\" and reads \"7\"");
    EXPECT_EQ(check("1.0-1.el9", "9"), "dist 1.0-1.el9 should read \"9\" and reads nothing");
}

}  // namespace
}  // namespace veritag::rules
