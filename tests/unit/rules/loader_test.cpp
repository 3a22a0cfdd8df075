#include "packs.h"

#include "rules/yaml.h"

#include <gtest/gtest.h>

namespace veritag::rules {
namespace {

struct Mistake {
    const char* name;
    std::string pack;
    const char* message;
};

class PackMistake : public testing::TestWithParam<Mistake> {};

TEST_P(PackMistake, IsNamedWithItsPlace) {
    const Result<RuleSet> rules = test::load({GetParam().pack});
    ASSERT_FALSE(rules);
    EXPECT_EQ(rules.error().code, ErrorCode::config);
    EXPECT_EQ(rules.error().message(), GetParam().message);
}

std::string tool(const std::string& lines) { return "component: x\nkind: tool\n" + lines; }
std::string grammar(const std::string& lines) { return "grammar: g\nrepositories: [a]\n" + lines; }

INSTANTIATE_TEST_SUITE_P(
    Yaml, PackMistake,
    testing::Values(
        Mistake{"Empty", "", "load rule pack: pack1.yaml:1:1: the file is empty"},
        Mistake{"NotYaml", "component: x\n  kind: [\n", "load rule pack: pack1.yaml:2:7: not YAML: illegal map value"},
        Mistake{"NotUtf8", "component: \xff\n", "load rule pack: pack1.yaml:1:1: the text is not UTF-8"},
        Mistake{"TooBig", std::string((1 << 20) + 1, '#'), "load rule pack: pack1.yaml:1:1: 1048577 bytes (limit 1048576)"},
        Mistake{"Anchor", "component: &a x\n", "load rule pack: pack1.yaml:1:12: an anchor (&name); write out in full what shall stand twice"},
        Mistake{"AliasBomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
                "load rule pack: pack1.yaml:1:4: an anchor (&name); write out in full what shall stand twice"},
        Mistake{"Tag", "component: !!int 3\n", "load rule pack: pack1.yaml:1:12: a tag (tag:yaml.org,2002:int); all values are text"},
        Mistake{"TooDeep", "component: " + std::string(40, '[') + std::string(40, ']') + "\n",
                "load rule pack: pack1.yaml:1:43: nested deeper than 32 levels"},
        Mistake{"TwoDocuments", tool("---\na: b\n"), "load rule pack: pack1.yaml:1:1: more than one document (---); a file holds one"},
        Mistake{"KeyTwice", tool("kind: os\n"), "load rule pack: pack1.yaml:3:1: the key \"kind\" stands twice"},
        Mistake{"KeyIsAList", "[a]: b\n", "load rule pack: pack1.yaml:1:1: a key that is no text"},
        Mistake{"NoMapping", "- a\n", "load rule pack: pack1.yaml:1:1: expected a mapping, found a list"},
        Mistake{"NeitherKind", "name: x\n",
                "load rule pack: pack1.yaml:1:1: neither \"component\" nor \"grammar\"; a pack begins with `component: name` or `grammar: "
                "name`"}),
    [](const testing::TestParamInfo<Mistake>& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Component, PackMistake,
    testing::Values(
        Mistake{"UnknownKey", tool("evidnce: []\n"),
                "load rule pack: pack1.yaml:3:1: \"evidnce\" is unknown (known: component, kind, title, vendor, versioned, exclusive, names, "
                "repositories, spellings, writings, "
                "normalise, compare, loose, evidence, facts, backends, unproven, role, levels, expects, dist, could-hold, could-hold-except, tables, examples); did you mean "
                "\"evidence\"?"},
        Mistake{"NoKind", "component: x\n", "load rule pack: pack1.yaml:1:1: the key \"kind\" is missing"},
        Mistake{"UnknownKind", "component: x\nkind: framwork\n",
                "load rule pack: pack1.yaml:2:7 kind: \"framwork\" is unknown (known: os, sdk, framework, llm, tool, app); did you mean "
                "\"framework\"?"},
        Mistake{"BadName", "component: X Y\nkind: tool\n",
                "load rule pack: pack1.yaml:1:12 component: \"X Y\" is no name (lower-case letters, digits, \"_\", \"-\", \".\")"},
        Mistake{"SdkWithoutVendor", "component: x\nkind: sdk\n", "load rule pack: pack1.yaml:1:1: the key \"vendor\" is missing"},
        Mistake{"TitleIsAList", tool("title: [a]\n"), "load rule pack: pack1.yaml:3:8 title: expected text, found a list"},
        Mistake{"EmptyName", tool("names: [a, '']\n"),
                "load rule pack: pack1.yaml:3:12 names[1]: an empty name would claim every bare version"},
        Mistake{"VersionedIsNoBoolean", tool("versioned: yes\n"),
                "load rule pack: pack1.yaml:3:12 versioned: \"yes\" is unknown (known: true, false)"},
        Mistake{"UnknownStep", tool("normalise: [lower-case, strip_v]\n"),
                "load rule pack: pack1.yaml:3:25 normalise[1]: \"strip_v\" is unknown (known: lower-case, upper-case, strip-v, drop-epoch, "
                "drop-release, drop-local); "
                "did you mean \"strip-v\"?"},
        Mistake{"StepWithoutWith", tool("normalise: [{replace: a}]\n"),
                "load rule pack: pack1.yaml:3:13 normalise[0]: the key \"with\" is missing"},
        Mistake{"StepGroup", tool("normalise: [{replace: a, with: '\\1'}]\n"),
                "load rule pack: pack1.yaml:3:32 normalise[0].with: \"\\1\" names group 1, and the expression has 0"},
        Mistake{"UnknownCompare", tool("compare: pep404\n"),
                "load rule pack: pack1.yaml:3:10 compare: \"pep404\" is unknown (known: prefix, exact, pep440); did you mean \"pep440\"?"},
        Mistake{"BadExpression", tool("spellings: [{part: 'a(', version: ''}]\n"),
                "load rule pack: pack1.yaml:3:20 spellings[0].part: \"a(\" is no regular expression: missing ): a("},
        Mistake{"SpellingGroup", tool("spellings: [{part: 'a(b)', version: '\\2'}]\n"),
                "load rule pack: pack1.yaml:3:37 spellings[0].version: \"\\2\" names group 2, and the expression has 1"},
        Mistake{"UnknownBackendSdk", tool("backends: [{sdk: y}]\n"),
                "load rule pack: pack1.yaml:3:18 backends[0].sdk: no pack defines a component \"y\"; did you mean \"x\"?"},
        Mistake{"UnknownNeed", tool("backends: [{sdk: x, needs: [something]}]\n"),
                "load rule pack: pack1.yaml:3:29 backends[0].needs[0]: no pack defines a component \"something\""},
        Mistake{"UnknownFact", tool("facts: [{name: cuda, file: a}]\nbackends: [{sdk: x, refuses: [coda]}]\n"),
                "load rule pack: pack1.yaml:4:31 backends[0].refuses[0]: \"coda\" is unknown (known: cuda); did you mean \"cuda\"?"},
        Mistake{"FactWithoutName", tool("facts: [{file: a}]\n"), "load rule pack: pack1.yaml:3:9 facts[0]: the key \"name\" is missing"}),
    [](const testing::TestParamInfo<Mistake>& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Evidence, PackMistake,
    testing::Values(
        Mistake{"NoSource", tool("evidence: [{read: '(a)'}]\n"),
                "load rule pack: pack1.yaml:3:12 evidence[0]: no source; an evidence rule has one of: file, path, rpm, deb, apk, python, "
                "conda, elf, environment, label"},
        Mistake{"TwoSources", tool("evidence: [{file: a, rpm: b}]\n"),
                "load rule pack: pack1.yaml:3:12 evidence[0]: both \"file\" and \"rpm\"; one evidence rule has one source"},
        Mistake{"MistypedKey", tool("evidence:\n  - {file: a, raed: '(b)'}\n"),
                "load rule pack: pack1.yaml:4:15 evidence[0]: \"raed\" is unknown (known: file, path, rpm, deb, apk, python, conda, elf, "
                "environment, label, when, read, strings, json, "
                "json-when, as, is, table, except, weights, weights-min, min-size, at-least, head, decode); did you mean \"read\"?"},
        Mistake{"KeyOfAnotherSource", tool("evidence: [{rpm: a, json: /a}]\n"),
                "load rule pack: pack1.yaml:3:21 evidence[0].json: \"json\" does not go with \"rpm\" (what does: read, as, is, table, except, at-least)"},
        Mistake{"BadGlob", tool("evidence: [{file: /etc/x}]\n"),
                "load rule pack: pack1.yaml:3:19 evidence[0].file: \"/etc/x\" is no glob: paths are relative to the image root, without a "
                "leading slash"},
        Mistake{"BadGlobInList", tool("evidence: [{file: [a, 'b**']}]\n"),
                "load rule pack: pack1.yaml:3:23 evidence[0].file[1]: \"b**\" is no glob: \"**\" must be a whole segment"},
        Mistake{"ReadWithoutGroup", tool("evidence: [{file: a, read: b}]\n"),
                "load rule pack: pack1.yaml:3:12 evidence[0].read: no group; the version is group 1; put the version in ( )"},
        Mistake{"AsWithoutRead", tool("evidence: [{file: a, as: '1'}]\n"),
                "load rule pack: pack1.yaml:3:26 evidence[0].as: \"as\" is made from the groups of \"read\", which is missing"},
        Mistake{"AsGroup", tool("evidence: [{file: a, read: '(b)', as: '\\2'}]\n"),
                "load rule pack: pack1.yaml:3:39 evidence[0].as: \"\\2\" names group 2, and the expression has 1"},
        Mistake{"BadPointer", tool("evidence: [{file: a, json: cuda}]\n"),
                "load rule pack: pack1.yaml:3:28 evidence[0].json: \"cuda\" is no JSON pointer; write /key/key, after RFC 6901"},
        Mistake{"BadPointerKey", tool("evidence: [{file: a, json-when: {a~3: b}}]\n"),
                "load rule pack: pack1.yaml:3:34 evidence[0].json-when.a~3: \"a~3\" is no JSON pointer; write /key/key, after RFC 6901"},
        Mistake{"UnknownTable", tool("tables: {cudart: {1: 2}}\nevidence: [{path: a, read: '(b)', table: cudard}]\n"),
                "load rule pack: pack1.yaml:4:42 evidence[0].table: \"cudard\" is unknown (known: cudart); did you mean \"cudart\"?"},
        Mistake{"EmptyTableRow", tool("tables: {t: {1: []}}\n"), "load rule pack: pack1.yaml:3:17 tables.t.1: no version"},
        Mistake{"WeightsAlone", tool("evidence: [{file: a, weights: ['*.bin']}]\n"),
                "load rule pack: pack1.yaml:3:12 evidence[0]: \"weights\" and \"weights-min\" go together"},
        Mistake{"WeightsInADirectory", tool("evidence: [{file: a, weights: ['*.bin', '../b*/x.bin'], weights-min: 9}]\n"),
                "load rule pack: pack1.yaml:3:41 evidence[0].weights[1]: \"../b*/x.bin\" leads through a directory that is not named"},
        Mistake{"WeightsUpInTheMiddle", tool("evidence: [{file: a, weights: 'b/../*.bin', weights-min: 9}]\n"),
                "load rule pack: pack1.yaml:3:31 evidence[0].weights: \"b/../*.bin\" is no glob: \"..\" is in no path of an image"},
        Mistake{"WeightsOnlyUp", tool("evidence: [{file: a, weights: '../', weights-min: 9}]\n"),
                "load rule pack: pack1.yaml:3:31 evidence[0].weights: \"\" is no glob: it is empty"},
        Mistake{"FactOfSeveralPackages", tool("facts: [{name: f, rpm: 'a*', at-least: 2}]\n"),
                "load rule pack: pack1.yaml:3:40 facts[0].at-least: a fact is read from each package alone"},
        Mistake{"HeadIsNoNumber", tool("evidence: [{file: a, head: 1k}]\n"),
                "load rule pack: pack1.yaml:3:28 evidence[0].head: \"1k\" is no whole number"},
        Mistake{"ExampleOfNothing", tool("examples: [{reads: a}]\n"),
                "load rule pack: pack1.yaml:3:12 examples[0]: an example that shows nothing; it has one of: file, path, rpm, deb, apk, "
                "python, conda, elf, environment, label, "
                "part, canonical, claimed, dist"},
        Mistake{"ExampleWithoutReads", tool("examples: [{part: a}]\n"),
                "load rule pack: pack1.yaml:3:12 examples[0]: the key \"reads\" is missing (null: nothing is read)"},
        Mistake{"ExampleWithoutText", tool("examples: [{file: a, reads: b}]\n"),
                "load rule pack: pack1.yaml:3:12 examples[0]: the key \"text\" is missing"},
        Mistake{"ExampleWithTooMuch", tool("examples: [{part: a, text: b, reads: c}]\n"),
                "load rule pack: pack1.yaml:3:22 examples[0].text: \"text\" does not go with \"part\""},
        Mistake{"ExampleOfUnknownFact", tool("examples: [{rpm: a, version: b, fact: c, reads: d}]\n"),
                "load rule pack: pack1.yaml:3:39 examples[0].fact: \"c\" is unknown (known: )"}),
    [](const testing::TestParamInfo<Mistake>& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Grammar, PackMistake,
    testing::Values(
        Mistake{"NoRepositories", "grammar: g\nforms: []\n", "load rule pack: pack1.yaml:1:1: the key \"repositories\" is missing"},
        Mistake{"NoForms", grammar(""), "load rule pack: pack1.yaml:1:1: the key \"forms\" is missing"},
        Mistake{"Priority", grammar("priority: 1001\nforms: []\n"), "load rule pack: pack1.yaml:3:11 priority: 1001 (limit 1000)"},
        Mistake{"UnknownTier", grammar("tier: apps\nforms: []\n"),
                "load rule pack: pack1.yaml:3:7 tier: \"apps\" is unknown (known: os, sdk, framework, application, app); did you mean "
                "\"app\"?"},
        Mistake{"UnknownOs", grammar("os: [openeuler]\nforms: []\n"),
                "load rule pack: pack1.yaml:3:6 os[0]: no pack defines an operating system \"openeuler\""},
        Mistake{"UnknownGroup", grammar("forms: [{pattern: '(?P<kuda>a)'}]\n"),
                "load rule pack: pack1.yaml:3:19 forms[0].pattern: no pack defines a component \"kuda\""},
        Mistake{"NamesUnknownGroup", grammar("forms: [{pattern: '(?P<part>a)', names: {parts: free}}]\n"),
                "load rule pack: pack1.yaml:3:42 forms[0].names.parts: \"parts\" is unknown (known: part); did you mean \"part\"?"},
        Mistake{"NamesUnknownComponent", grammar("forms: [{pattern: '(?P<a>a)', names: {a: nothing}}]\n"),
                "load rule pack: pack1.yaml:3:42 forms[0].names.a: no pack defines a component \"nothing\""},
        Mistake{"UnknownFloating", grammar("forms: []\nfloating: {latest: {nothing: 1}}\n"),
                "load rule pack: pack1.yaml:4:21 floating.latest.nothing: no pack defines a component \"nothing\""},
        Mistake{"ExampleWithoutTag", grammar("forms: []\nexamples: [{repository: a}]\n"),
                "load rule pack: pack1.yaml:4:12 examples[0]: the key \"tag\" is missing"}),
    [](const testing::TestParamInfo<Mistake>& each) { return std::string(each.param.name); });

TEST(LoadRules, WantsAGrammarForEverything) {
    const Result<RuleSet> rules = load_rules({{"x.yaml", "component: x\nkind: tool\n", ""}});
    ASSERT_FALSE(rules);
    EXPECT_EQ(rules.error().message(),
              "load rule packs: no grammar takes every repository; one grammar must have `repositories: ['**']` and a late priority");
}

TEST(LoadRules, ReadsScalarsAsWritten) {
    const Result<RuleSet> rules =
        test::load({tool("examples: [{claimed: 3.10, observed: 0x10, holds: true}]\nnames: [~x, null_, 'null']\n")});
    ASSERT_TRUE(rules) << rules.error().message();
    const Component& x = *rules->find("x");
    EXPECT_EQ(x.examples[0].input.at("claimed"), "3.10");
    EXPECT_EQ(x.examples[0].input.at("observed"), "0x10");
    EXPECT_EQ(x.names, (std::vector<std::string>{"~x", "null_", "null"}));
    EXPECT_EQ(x.examples[0].line, 3);
}

TEST(LoadRules, FlattensTagExamples) {
    const Result<RuleSet> rules = test::load(
        {grammar("forms: []\nexamples:\n  - {repository: a, tag: 1.0, claims: null, findings: [b, c], truth: {x: '2', y: null}}\n")});
    ASSERT_TRUE(rules) << rules.error().message();
    const Grammar& g = rules->grammars().front();
    ASSERT_EQ(g.name, "g");
    EXPECT_EQ(g.examples.at(0).what, Example::What::tag);
    EXPECT_EQ(g.examples.at(0).input,
              (std::map<std::string, std::string>{{"repository", "a"}, {"tag", "1.0"}, {"findings", "b c"}, {"truth", "x=2 y="}}));
}

TEST(LoadRules, ReplacesByLaterSetsAndRefusesCopiesInOne) {
    const PackText first{"a/x.yaml", tool("title: first\n"), "a"};
    const PackText second{"b/x.yaml", tool("title: second\n"), "b"};
    const PackText copy{"a/y.yaml", tool("title: copy\n"), "a"};
    const PackText all{"plain.yaml", test::kCatchAll, "a"};
    const Result<RuleSet> replaced = load_rules({all, first, second});
    ASSERT_TRUE(replaced) << replaced.error().message();
    EXPECT_EQ(replaced->components().size(), 1U);
    EXPECT_EQ(replaced->find("x")->title, "second");

    const Result<RuleSet> copied = load_rules({all, first, copy});
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().message(),
              "load rule pack: a/y.yaml:1:12 component: \"x\" is already defined in a/x.yaml; give every pack its own name");
}

TEST(LoadRules, AsksGrammarsByPriorityThenOrder) {
    const Result<RuleSet> rules = test::load({"grammar: late\npriority: 60\nrepositories: ['**/cann']\nforms: []\n",
                                              "grammar: early\npriority: 5\nrepositories: ['quay.io/x/*']\nforms: []\n",
                                              "grammar: same\npriority: 60\nrepositories: ['**/{cann,cuda}']\nforms: []\n"});
    ASSERT_TRUE(rules) << rules.error().message();
    EXPECT_EQ(rules->grammar_for("", "x/cann").name, "late");
    EXPECT_EQ(rules->grammar_for("quay.io", "x/cann").name, "early");
    EXPECT_EQ(rules->grammar_for("127.0.0.1:5000", "y/cann").name, "late");
    EXPECT_EQ(rules->grammar_for("127.0.0.1:5000", "cuda").name, "same");
    EXPECT_EQ(rules->grammar_for("127.0.0.1:5000", "redis").name, "plain");
}

TEST(LoadRules, DigestsTellTextsAndWantedGlobsApart) {
    const auto load_both = [](const std::string& a, const std::string& b) {
        Result<RuleSet> rules = load_rules(
            {{"p", test::kCatchAll, ""}, {"a", "component: a\nkind: tool\n" + a, ""}, {"b", "component: b\nkind: tool\n" + b, ""}});
        EXPECT_TRUE(rules) << rules.error().message();
        return std::move(*rules);
    };
    const RuleSet base = load_both("evidence: [{file: one}]\n", "evidence: [{file: two}]\n");
    const RuleSet other_title = load_both("title: A\nevidence: [{file: one}]\n", "evidence: [{file: two}]\n");
    const RuleSet swapped = load_both("evidence: [{file: two}]\n", "evidence: [{file: one}]\n");
    const RuleSet other_glob = load_both("evidence: [{file: one}]\n", "evidence: [{file: three}]\n");
    const RuleSet other_head = load_both("evidence: [{file: one}]\n", "evidence: [{file: two, head: 9}]\n");
    EXPECT_TRUE(base.digest().starts_with("sha256:"));
    EXPECT_NE(base.digest(), other_title.digest());
    EXPECT_EQ(base.wanted().digest(), other_title.wanted().digest());
    EXPECT_NE(base.digest(), swapped.digest());
    EXPECT_EQ(base.wanted().digest(), swapped.wanted().digest());
    EXPECT_NE(base.wanted().digest(), other_glob.wanted().digest());
    EXPECT_NE(base.wanted().digest(), other_head.wanted().digest());
}

TEST(RuleSet, WantsWhatItsRulesRead) {
    const RuleSet rules = test::with_component(R"(evidence:
  - {file: '**/model/config.json', weights: ['*.safetensors'], weights-min: 1000000, head: 4096}
  - {file: etc/whole}
  - {file: 'etc/who*', head: 10}
  - {elf: 'lib/*.so'}
  - {path: 'opt/only/path'}
facts: [{name: f, file: srv/fact}]
could-hold: ['could/**']
)");
    EXPECT_EQ(rules.wanted().bytes("x/model/config.json", 100), 100U);
    EXPECT_EQ(rules.wanted().bytes("x/model/config.json", 1 << 30), 4096U);
    EXPECT_EQ(rules.wanted().bytes("etc/whole", 70'000), 70'000U);
    EXPECT_EQ(rules.wanted().bytes("etc/whom", 70'000), 10U);
    EXPECT_EQ(rules.wanted().bytes("lib/a.so", 5), 5U);
    EXPECT_EQ(rules.wanted().bytes("srv/fact", 7), 7U);
    EXPECT_EQ(rules.wanted().bytes("x/model/a.safetensors", 135), 135U) << "a small one may be a Git LFS pointer";
    EXPECT_EQ(rules.wanted().bytes("x/model/a.safetensors", 999'999), 1024U);
    EXPECT_EQ(rules.wanted().bytes("x/model/a.safetensors", 1'000'000), 0U) << "real weights are not read";
    EXPECT_EQ(rules.wanted().bytes("opt/only/path", 5), 0U);
    EXPECT_EQ(rules.wanted().bytes("could/be/here", 5), 0U);
    EXPECT_TRUE(rules.wanted().below("etc"));
    EXPECT_TRUE(rules.wanted().below("lib"));
    EXPECT_FALSE(rules.wanted().below("opt"));
    EXPECT_FALSE(rules.wanted().below("x/model")) << "reached only through **";
}

std::string system(const std::string& lines) { return "component: x\nkind: os\n" + lines; }

INSTANTIATE_TEST_SUITE_P(
    LevelsRolesAndDist, PackMistake,
    testing::Values(
        Mistake{"ExpectsUnknownLevel", tool("levels: [base, runtime]\nexpects: {runtme: x}\n"),
                "load rule pack: pack1.yaml:4:11 expects.runtme: \"runtme\" is unknown (known: base, runtime); did you mean \"runtime\"?"},
        Mistake{"ExpectsWithoutLevels", tool("expects: {base: x}\n"), "load rule pack: pack1.yaml:3:11 expects.base: \"base\" is unknown (known: )"},
        Mistake{"ExpectsUnknownComponent", tool("levels: [base]\nexpects: {base: [x, something]}\n"),
                "load rule pack: pack1.yaml:4:21 expects.base[1]: no pack defines a component \"something\""},
        Mistake{"UnknownRole", tool("role: dev\n"), "load rule pack: pack1.yaml:3:7 role: \"dev\" is unknown (known: development)"},
        Mistake{"UnknownUnproven", tool("unproven: error\n"), "load rule pack: pack1.yaml:3:11 unproven: \"error\" is unknown (known: warning, info)"},
        Mistake{"DistOfATool", tool("dist: [{rpm: a}]\n"), "load rule pack: pack1.yaml:3:7 dist: only an operating system has packages of its own"},
        Mistake{"DistWithoutRpm", system("dist: [{version: a}]\n"), "load rule pack: pack1.yaml:3:8 dist[0]: the key \"rpm\" is missing"},
        Mistake{"DistGroup", system("dist: [{rpm: a, version: '\\1'}]\n"),
                "load rule pack: pack1.yaml:3:26 dist[0].version: \"\\1\" names group 1, and the expression has 0"},
        Mistake{"DistUnknownKey", system("dist: [{deb: a}]\n"), "load rule pack: pack1.yaml:3:9 dist[0]: \"deb\" is unknown (known: rpm, version)"}),
    [](const testing::TestParamInfo<Mistake>& each) { return std::string(each.param.name); });

INSTANTIATE_TEST_SUITE_P(
    NewEvidence, PackMistake,
    testing::Values(
        Mistake{"ReadAndStrings", tool("evidence: [{elf: a, read: '(b)', strings: '(c)'}]\n"),
                "load rule pack: pack1.yaml:3:12 evidence[0].strings: both \"read\" and \"strings\"; a soname is read, or strings are searched"},
        Mistake{"StringsWithoutGroup", tool("evidence: [{elf: a, strings: b}]\n"),
                "load rule pack: pack1.yaml:3:12 evidence[0].strings: no group; the version is group 1; put the version in ( )"},
        Mistake{"StringsOfAFile", tool("evidence: [{file: a, strings: '(b)'}]\n"),
                "load rule pack: pack1.yaml:3:22 evidence[0].strings: \"strings\" does not go with \"file\" (what does: when, read, json, json-when, as, is, table, except, weights, "
                "weights-min, min-size, head, decode)"},
        Mistake{"AsAndIs", tool("evidence: [{file: a, read: '(b)', as: '\\1', is: c}]\n"),
                "load rule pack: pack1.yaml:3:49 evidence[0].is: both \"as\" and \"is\"; the version is made from groups, or it is fixed"},
        Mistake{"AtLeastOfAFile", tool("evidence: [{file: a, at-least: 2}]\n"),
                "load rule pack: pack1.yaml:3:22 evidence[0].at-least: \"at-least\" does not go with \"file\" (what does: when, read, json, json-when, as, is, table, except, weights, "
                "weights-min, min-size, head, decode)"},
        Mistake{"MinSizeOfAPackage", tool("evidence: [{deb: a, min-size: 2}]\n"),
                "load rule pack: pack1.yaml:3:21 evidence[0].min-size: \"min-size\" does not go with \"deb\" (what does: read, as, is, table, except, at-least)"},
        Mistake{"MinSizeIsNoNumber", tool("evidence: [{path: a, min-size: 1M}]\n"), "load rule pack: pack1.yaml:3:32 evidence[0].min-size: \"1M\" is no whole number"},
        Mistake{"UnknownDecode", tool("evidence: [{file: a, head: 9, decode: ggml}]\n"),
                "load rule pack: pack1.yaml:3:39 evidence[0].decode: \"ggml\" is unknown (known: gguf, safetensors); did you mean \"gguf\"?"},
        Mistake{"DecodeWithoutHead", tool("evidence: [{file: a, decode: gguf}]\n"),
                "load rule pack: pack1.yaml:3:30 evidence[0].decode: \"decode\" needs a \"head\" of at most 1048576 bytes; head: 1048576 is enough for most files"},
        Mistake{"DecodeOfTooMuch", tool("evidence: [{file: a, decode: gguf, head: 1048577}]\n"),
                "load rule pack: pack1.yaml:3:30 evidence[0].decode: \"decode\" needs a \"head\" of at most 1048576 bytes; head: 1048576 is enough for most files"},
        Mistake{"BadPointerInAList", tool("evidence: [{file: a, json: [/a, b]}]\n"),
                "load rule pack: pack1.yaml:3:33 evidence[0].json[1]: \"b\" is no JSON pointer; write /key/key, after RFC 6901"},
        Mistake{"ElfExampleOfBoth", tool("examples: [{elf: a, soname: b, bytes: c, reads: d}]\n"),
                "load rule pack: pack1.yaml:3:12 examples[0]: an example of \"elf\" has either \"soname\" or \"bytes\""},
        Mistake{"ElfExampleOfNeither", tool("examples: [{elf: a, reads: d}]\n"),
                "load rule pack: pack1.yaml:3:12 examples[0]: an example of \"elf\" has either \"soname\" or \"bytes\""},
        Mistake{"BytesOfAFile", tool("examples: [{file: a, text: b, bytes: c, reads: d}]\n"),
                "load rule pack: pack1.yaml:3:31 examples[0].bytes: \"bytes\" does not go with \"file\""},
        Mistake{"DistExampleWithoutReads", system("examples: [{dist: a}]\n"),
                "load rule pack: pack1.yaml:3:12 examples[0]: the key \"reads\" is missing (null: nothing is read)"}),
    [](const testing::TestParamInfo<Mistake>& each) { return std::string(each.param.name); });

std::string floating(const std::string& versions) { return "grammar: g\nrepositories: [a]\nforms: []\nfloating: {latest: {y: " + versions + "}}\n"; }

INSTANTIATE_TEST_SUITE_P(
    Floating, PackMistake,
    testing::Values(
        Mistake{"OutOfOrder", floating("[{since: 2026-01-02, version: 1}, {since: 2026-01-01, version: 2}]"),
                "load rule pack: pack1.yaml:4:66 floating.latest.y[1].since: 2026-01-01 is not after 2026-01-02; the newest stands last"},
        Mistake{"SameDayTwice", floating("[{since: 2026-01-02, version: 1}, {since: 2026-01-02, version: 2}]"),
                "load rule pack: pack1.yaml:4:66 floating.latest.y[1].since: 2026-01-02 is not after 2026-01-02; the newest stands last"},
        Mistake{"NoDay", floating("[{since: 2026-1-2, version: 1}]"), "load rule pack: pack1.yaml:4:33 floating.latest.y[0].since: \"2026-1-2\" is no day (YYYY-MM-DD)"},
        Mistake{"DayOfALaterOneMissing", floating("[{since: 2026-01-02, version: 1}, {version: 2}]"),
                "load rule pack: pack1.yaml:4:58 floating.latest.y[1]: the key \"since\" is missing; only the first version may lack it"},
        Mistake{"WithoutAVersion", floating("[{since: 2026-01-02}]"), "load rule pack: pack1.yaml:4:25 floating.latest.y[0]: the key \"version\" is missing"},
        Mistake{"NoVersions", floating("[]"), "load rule pack: pack1.yaml:4:24 floating.latest.y: no version"},
        Mistake{"UnknownComponent", floating("[{since: 2026-01-02, version: 1}]"), "load rule pack: pack1.yaml:4:21 floating.latest.y: no pack defines a component \"y\""}),
    [](const testing::TestParamInfo<Mistake>& each) { return std::string(each.param.name); });

TEST(LoadRules, ReadsFloatingVersionsWithAndWithoutDays) {
    const Result<RuleSet> rules = test::load({tool(""), "grammar: g\nrepositories: [a]\nforms: []\nfloating:\n  latest: {x: [{since: 2025-01-01, version: 1.0}, {since: 2026-01-01, version: 2.0}]}\n"
                                                        "  '1': {x: 1.10}\n  any: {x: null}\n"});
    ASSERT_TRUE(rules) << rules.error().message();
    const auto text = [&](const char* tag) {
        std::string out;
        for (const FloatingVersion& each : rules->grammars().front().floating.at(tag).at("x")) out += each.since + "=" + each.version + " ";
        return out;
    };
    EXPECT_EQ(text("latest"), "2025-01-01=1.0 2026-01-01=2.0 ");
    EXPECT_EQ(text("1"), "=1.10 ");
    EXPECT_EQ(text("any"), "= ");
}

TEST(LoadRules, ReadsLevelsRoleUnprovenAndDist) {
    const Result<RuleSet> rules = test::load({system("levels: [base, full]\nexpects: {full: [x]}\nrole: development\nunproven: info\ndist: [{rpm: 'a(b)', version: '\\1'}, {rpm: c}]\n")});
    ASSERT_TRUE(rules) << rules.error().message();
    const Component& x = *rules->find("x");
    EXPECT_EQ(x.levels, (std::vector<std::string>{"base", "full"}));
    EXPECT_EQ(x.expects, (std::map<std::string, std::vector<std::string>>{{"full", {"x"}}}));
    EXPECT_TRUE(x.development);
    EXPECT_EQ(x.unproven, Severity::info);
    ASSERT_EQ(x.dist.size(), 2U);
    EXPECT_EQ(x.dist[0].version, "\\1");
    EXPECT_EQ(x.dist[1].version, "");
}

TEST(LoadRules, GrammarKnowsWhetherItsTagsMarkDevelopment) {
    const Result<RuleSet> rules = test::load({"grammar: g\nrepositories: [a]\nforms: [{pattern: '(?P<parts>a)'}, {pattern: '(?P<parts>a)(?P<dev>-dev)?'}]\n"});
    ASSERT_TRUE(rules) << rules.error().message();
    EXPECT_TRUE(rules->grammar_for("", "a").marks_development());
    EXPECT_FALSE(rules->grammar_for("", "b").marks_development());
}

TEST(RuleSet, WantsDerivationsInsteadOfWholeFiles) {
    const RuleSet rules = test::with_component(R"(evidence:
  - {elf: 'lib/libc.so*', strings: 'c (\d)'}
  - {elf: 'lib/*', strings: 'c (\d)'}
  - {elf: 'lib/libc.so*', strings: 'other (\d)'}
  - {file: '**/*.gguf', decode: gguf, head: 100, min-size: 5000}
  - {file: 'm/*', decode: gguf, head: 200}
)");
    const auto hows = [&](std::string_view path) {
        std::string text;
        for (const Derivation* rule : rules.wanted().derivations(path)) text += rule->how + (rule->head > 0 ? " " + std::to_string(rule->head) : "") + "|";
        return text;
    };
    EXPECT_EQ(hows("lib/libc.so.6"), "strings c (\\d)|strings other (\\d)|") << "each once";
    EXPECT_EQ(hows("lib/libd.so"), "strings c (\\d)|");
    EXPECT_EQ(hows("a/b.gguf"), "gguf 100|");
    EXPECT_EQ(hows("m/b.gguf"), "gguf 200|") << "the longest head that any rule wants";
    EXPECT_EQ(hows("etc/passwd"), "");
    EXPECT_EQ(rules.wanted().bytes("lib/libc.so.6", 70'000), 0U) << "a searched file is not kept";
    EXPECT_EQ(rules.wanted().bytes("a/b.gguf", 70'000), 0U) << "nor is a decoded one";
    EXPECT_EQ(rules.wanted().bytes("a/b.gguf", 130), 130U) << "but a small one may be a Git LFS pointer";
}

TEST(RuleSet, LongestHeadOfOneGlobCountsWhateverTheOrder) {
    const char* const shorter = "{file: '**/*.gguf', decode: gguf, head: 100}";
    const char* const longer = "{file: '**/*.gguf', decode: gguf, head: 200}";
    for (const auto& [first, second] : {std::pair{shorter, longer}, {longer, shorter}}) {
        const RuleSet rules = test::with_component(std::string("evidence: [") + first + ", " + second + "]\n");
        ASSERT_EQ(rules.wanted().derivations("m/a.gguf").size(), 1U);
        EXPECT_EQ(rules.wanted().derivations("m/a.gguf")[0]->head, 200U);
    }
}

TEST(RuleSet, WantsWeightsAboveTheFileByTheirNames) {
    const RuleSet rules = test::with_component("evidence: [{file: '**/a.json', json-when: {/x: y}, weights: ['../../*.bin'], weights-min: 5000}]\n");
    EXPECT_EQ(rules.find("x")->evidence[0].weights, std::vector<std::string>{"../../*.bin"});
    EXPECT_EQ(rules.wanted().bytes("m/w.bin", 130), 130U);
    EXPECT_EQ(rules.wanted().bytes("m/w.bin", 5000), 0U);
}

TEST(RuleSet, DigestOfWantedKnowsDerivations) {
    const auto digest = [](const std::string& rule) { return test::with_component("evidence: [" + rule + "]\n").wanted().digest(); };
    EXPECT_NE(digest("{elf: a, strings: '(b)'}"), digest("{elf: a}"));
    EXPECT_NE(digest("{elf: a, strings: '(b)'}"), digest("{elf: a, strings: '(c)'}"));
    EXPECT_NE(digest("{file: a, decode: gguf, head: 9}"), digest("{file: a, decode: gguf, head: 10}"));
    EXPECT_NE(digest("{file: a, decode: gguf, head: 9}"), digest("{file: a, decode: safetensors, head: 9}"));
    EXPECT_NE(digest("{file: a, decode: gguf, head: 9}"), digest("{file: a, decode: gguf, head: 9, min-size: 7}"));
    EXPECT_EQ(digest("{file: a, decode: gguf, head: 9, when: x}"), digest("{file: a, decode: gguf, head: 9, when: y}")) << "what is read in it changes no analysis";
}

TEST(ParseYaml, KeepsPositions) {
    const Result<YamlNode> root = parse_yaml("f", "a: 1\nb:\n  - x\n  - {c: ~}\n");
    ASSERT_TRUE(root) << root.error().message();
    const YamlNode* b = root->find("b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->items.at(0).line, 3);
    EXPECT_EQ(b->items.at(0).column, 5);
    EXPECT_EQ(b->items.at(1).find("c")->kind, YamlNode::Kind::null);
    EXPECT_EQ(root->find("z"), nullptr);
}

TEST(ParseYaml, EveryPrefixOfAPackIsReadOrRefused) {
    const std::string text =
        "component: x\nkind: tool\nevidence:\n  - {file: 'a', read: \"(\\\\d)\"}\nexamples: [{part: a, reads: null}]\n";
    std::size_t read = 0;
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const Result<YamlNode> root = parse_yaml("f", text.substr(0, size));
        if (root) {
            ++read;
        } else {
            EXPECT_TRUE(root.error().where.starts_with("f:")) << root.error().message();
        }
    }
    EXPECT_GT(read, 0U);
}

}  // namespace
}  // namespace veritag::rules
