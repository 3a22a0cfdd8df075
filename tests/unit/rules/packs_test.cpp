// The packs that veritag ships: they load, their examples come out, and they keep apart what must be kept apart.
#include "rules/rules.h"
#include "rules/yaml_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace veritag::rules {
namespace {

const RuleSet& shipped() {
    static const RuleSet rules = [] {
        Result<RuleSet> loaded = load_rules(embedded_packs());
        if (!loaded) {
            ADD_FAILURE() << loaded.error().message();
            std::abort();
        }
        return std::move(*loaded);
    }();
    return rules;
}

TEST(ShippedPacks, AreTheFilesOfTheTree) {
    const Result<std::vector<PackText>> read = read_packs(VERITAG_SOURCE_DIR "/rules");
    ASSERT_TRUE(read) << read.error().message();
    std::vector<PackText> embedded = embedded_packs();
    ASSERT_EQ(embedded.size(), read->size());
    for (std::size_t i = 0; i < embedded.size(); ++i) {
        EXPECT_TRUE(read->at(i).path.ends_with(embedded[i].path)) << read->at(i).path << " and " << embedded[i].path;
        EXPECT_EQ(embedded[i].text, read->at(i).text) << embedded[i].path;
    }
    const Result<RuleSet> from_tree = load_rules(*read);
    ASSERT_TRUE(from_tree) << from_tree.error().message();
    EXPECT_EQ(from_tree->digest(), shipped().digest());
}

// All text of a tree with its places, so that two trees can be compared.
std::string written(const YamlNode& node) {
    std::string text = std::to_string(static_cast<int>(node.kind)) + '@' + std::to_string(node.line) + ':' + std::to_string(node.column) + ' ' + node.text + '(';
    for (const YamlNode& key : node.keys) text += written(key) + ',';
    for (const YamlNode& item : node.items) text += written(item) + ';';
    return text + ')';
}

TEST(ShippedPacks, CarryTheTreesOfTheirTexts) {
    for (const PackText& pack : embedded_packs()) {
        const Result<YamlNode> parsed = parse_yaml(pack.path, pack.text);
        ASSERT_TRUE(parsed) << parsed.error().message();
        ASSERT_FALSE(pack.checked_tree.empty()) << pack.path;
        EXPECT_EQ(written(unpack_tree(pack.checked_tree)), written(*parsed)) << pack.path;
    }
}

TEST(YamlTree, ComesBackWhateverItHolds) {
    std::string long_text(300, 'x');
    for (const std::string& text : {std::string("a: b"), std::string("a: {b: [c, ~, ''], d: {}}\nlist:\n\n  - e\n  - [ [f] ]"), std::string(300, '\n') + "a: '" + long_text + "'", std::string("~")}) {
        const Result<YamlNode> parsed = parse_yaml("a.yaml", text);
        ASSERT_TRUE(parsed) << parsed.error().message();
        EXPECT_EQ(written(unpack_tree(pack_tree(*parsed))), written(*parsed));
    }
}

TEST(ShippedPacks, MeanTheSameWithAndWithoutTheirTrees) {
    const Result<RuleSet> from_tree = load_rules(*read_packs(VERITAG_SOURCE_DIR "/rules"));
    ASSERT_TRUE(from_tree) << from_tree.error().message();
    EXPECT_EQ(from_tree->wanted().digest(), shipped().wanted().digest());
    ASSERT_EQ(from_tree->components().size(), shipped().components().size());
    for (std::size_t i = 0; i < from_tree->components().size(); ++i) {
        const Component& one = from_tree->components()[i];
        const Component& other = shipped().components()[i];
        EXPECT_EQ(one.name, other.name);
        ASSERT_EQ(one.evidence.size(), other.evidence.size()) << one.name;
        for (std::size_t n = 0; n < one.evidence.size(); ++n) {
            EXPECT_EQ(one.evidence[n].line, other.evidence[n].line) << one.name;
            EXPECT_EQ(one.evidence[n].read.value_or(Pattern()).text(), other.evidence[n].read.value_or(Pattern()).text()) << one.name;
        }
        EXPECT_EQ(one.examples.size(), other.examples.size()) << one.name;
    }
}

TEST(Pattern, CompiledWhenUsedFindsTheSameFromSeveralThreads) {
    const Pattern later = Pattern::compiled_when_used("v(?P<major>\\d+)\\.(\\d+)");
    std::vector<std::jthread> threads;
    std::atomic<int> right{0};
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            const auto found = later.search("as v12.3 says");
            if (found && *found == std::vector<std::string>{"v12.3", "12", "3"}) ++right;
        });
    threads.clear();
    EXPECT_EQ(right, 4);
    EXPECT_EQ(later.group_count(), 2);
    EXPECT_EQ(later.named_groups().front().first, "major");
}

std::optional<std::string> check(const RuleSet& rules, const Component& component, const Example& example) {
    const bool version = example.what == Example::What::part || example.what == Example::What::canonical || example.what == Example::What::compare ||
                         example.what == Example::What::dist;
    return version ? check_version_example(component, example) : check_evidence_example(rules, component, example);
}

TEST(ShippedPacks, ComponentExamplesComeOut) {
    std::size_t run = 0;
    for (const Component& component : shipped().components()) {
        for (const Example& example : component.examples) {
            ++run;
            const std::optional<std::string> failure = check(shipped(), component, example);
            EXPECT_FALSE(failure) << example.file << ":" << example.line << ": " << *failure;
        }
    }
    EXPECT_GE(run, 300U);
}

TEST(ShippedPacks, EveryComponentHasGoodAndBadExamples) {
    for (const Component& component : shipped().components()) {
        const auto any = [&](auto test) { return std::any_of(component.examples.begin(), component.examples.end(), test); };
        EXPECT_TRUE(any([](const Example& e) { return e.reads.has_value(); })) << component.file;
        EXPECT_TRUE(any([](const Example& e) { return e.what != Example::What::compare && !e.reads; })) << component.file;
    }
}

// What one component shows must not be read as another one: most accusations rest on it.
// What a part of another is, or a property of it, is read off the same files.
bool belong_together(const Component& a, const Component& b) {
    if (!a.levels.empty() || !b.levels.empty() || a.development || b.development) return true;
    return a.name.starts_with(b.name) || b.name.starts_with(a.name);  // llama-cpp and its Python binding
}

TEST(ShippedPacks, ComponentsDoNotReadEachOthersFiles) {
    std::size_t run = 0;
    for (const Component& owner : shipped().components()) {
        for (const Example& example : owner.examples) {
            const bool evidence =
                example.what == Example::What::file || example.what == Example::What::path || example.what == Example::What::package;
            if (!evidence || !example.reads || example.input.contains("fact")) continue;
            for (const Component& other : shipped().components()) {
                if (&other == &owner || belong_together(owner, other)) continue;
                Example foreign = example;
                foreign.reads.reset();
                ++run;
                const auto failure = check_evidence_example(shipped(), other, foreign);
                EXPECT_FALSE(failure) << example.file << ":" << example.line << " as " << other.name << ": " << *failure;
            }
        }
    }
    EXPECT_GT(run, 1000U);
}

// Parts of tags too, but for operating systems, whose short spellings share a shape on purpose.
TEST(ShippedPacks, ComponentsDoNotReadEachOthersParts) {
    for (const Component& owner : shipped().components()) {
        for (const Example& example : owner.examples) {
            if (example.what != Example::What::part || !example.reads) continue;
            for (const Component& other : shipped().components())
                EXPECT_TRUE(&other == &owner || !other.read_part(example.input.at("part")))
                    << example.file << ":" << example.line << " as " << other.name;
        }
    }
}

TEST(ShippedPacks, BackendsKnowTheirFacts) {
    const Component* pytorch = shipped().find("pytorch");
    ASSERT_NE(pytorch, nullptr);
    ASSERT_GE(pytorch->backends.size(), 3U);
    EXPECT_EQ(pytorch->backends[0].sdk, "cann");
    EXPECT_EQ(pytorch->backends[0].needs, std::vector<std::string>{"torch_npu"});
    EXPECT_EQ(shipped().find("torch_npu")->kind, ComponentKind::tool);
}

TEST(ShippedPacks, EveryRepositoryHasAGrammar) {
    for (const char* repository : {"openeuler/cann", "openeuler/redis", "nvidia/cuda", "a/b/c/d", "x", ""})
        EXPECT_FALSE(shipped().grammar_for("quay.io", repository).name.empty());
}

TEST(Readme, ItsExamplePackWorks) {
    std::ifstream in(VERITAG_SOURCE_DIR "/rules/README.md");
    const std::string readme{std::istreambuf_iterator<char>(in), {}};
    const std::size_t begin = readme.find("component: acme\n");
    ASSERT_NE(begin, std::string::npos);
    const std::string pack = readme.substr(begin, readme.find("```", begin) - begin);
    const Result<RuleSet> rules =
        load_rules({{"plain.yaml", "grammar: plain\nrepositories: ['**']\nforms: []\n", ""}, {"acme.yaml", pack, ""}});
    ASSERT_TRUE(rules) << rules.error().message();
    const Component& acme = *rules->find("acme");
    ASSERT_EQ(acme.examples.size(), 6U);
    for (const Example& example : acme.examples) EXPECT_EQ(check(*rules, acme, example), std::nullopt) << example.line;
}

TEST(ReadPacks, ReadsYamlOfATreeInOrder) {
    const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "veritag-packs";
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root / "b");
    const auto write = [&](const char* name, const std::string& text) { std::ofstream(root / name) << text; };
    write("z.yaml", "one");
    write("b/a.yaml", "two");
    write("notes.txt", "three");
    const Result<std::vector<PackText>> packs = read_packs(root.string());
    ASSERT_TRUE(packs) << packs.error().message();
    ASSERT_EQ(packs->size(), 2U);
    EXPECT_EQ(packs->at(0).text, "two");
    EXPECT_EQ(packs->at(1).text, "one");
    EXPECT_EQ(packs->at(0).set, root.string());

    write("huge.yaml", std::string((1 << 20) + 1, 'x'));
    const Result<std::vector<PackText>> huge = read_packs(root.string());
    ASSERT_FALSE(huge);
    EXPECT_EQ(huge.error().message(), "read rule packs: " + (root / "huge.yaml").string() + ": 1048577 bytes (limit 1048576)");
    std::filesystem::remove_all(root);
}

TEST(ReadPacks, SaysWhatIsMissing) {
    const std::filesystem::path empty = std::filesystem::path(testing::TempDir()) / "veritag-empty";
    std::filesystem::create_directories(empty);
    EXPECT_EQ(read_packs(empty.string()).error().message(),
              "read rule packs: " + empty.string() + ": no *.yaml file; name a directory with *.yaml rule packs");
    std::filesystem::remove_all(empty);
    const Result<std::vector<PackText>> missing = read_packs(empty.string());
    EXPECT_EQ(missing.error().code, ErrorCode::config) << "wrong usage, as a pack with a mistake";
    EXPECT_EQ(missing.error().message(),
              "read rule packs: " + empty.string() + ": no such directory; name a directory with *.yaml rule packs");
}

}  // namespace
}  // namespace veritag::rules
