#include "shipped_rules.h"

namespace veritag::tag {
namespace {

TEST(PackExamples, AllComeOutAsTheySay) {
    const rules::ExampleRun run = run_examples(shipped_rules());
    EXPECT_GT(run.run, 200U);
    for (const rules::ExampleFailure& failure : run.failures) ADD_FAILURE() << failure.where << ": " << failure.message;
}

const char* const kSystem = R"(component: sampleos
kind: os
names: [sampleos]
)";

const char* const kGrammar = R"(grammar: sample
title: sample tags
repositories: ['**']
forms: [{pattern: '(?P<parts>.+)'}]
examples:
)";

rules::ExampleRun run_with(const std::string& example, const std::string& component_example = {}) {
    const std::string component = component_example.empty() ? kSystem : kSystem + ("examples:\n  - " + component_example + "\n");
    const Result<rules::RuleSet> rules =
        rules::load_rules({{"os.yaml", component, "test"}, {"grammar.yaml", kGrammar + ("  - " + example + "\n"), "test"}});
    if (!rules) {
        ADD_FAILURE() << rules.error().message();
        return {};
    }
    return run_examples(*rules);
}

struct ExampleCase {
    const char* name;
    const char* example;
    const char* failure;  ///< empty: it holds
};

class TagExample : public testing::TestWithParam<ExampleCase> {};

TEST_P(TagExample, IsCheckedKeyByKey) {
    const ExampleCase& c = GetParam();
    const rules::ExampleRun run = run_with(c.example);
    EXPECT_EQ(run.run, 1U);
    if (std::string_view(c.failure).empty()) {
        EXPECT_TRUE(run.failures.empty()) << run.failures.front().message;
        return;
    }
    ASSERT_EQ(run.failures.size(), 1U);
    EXPECT_EQ(run.failures[0].where, "grammar.yaml:6");
    EXPECT_EQ(run.failures[0].message, c.failure);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, TagExample,
    testing::Values(ExampleCase{"Holds", "{repository: a/b, tag: sampleos1.2, claims: sampleos=1.2, tier: os, dev: false, parents: ''}",
                                ""},
                    ExampleCase{"Claims", "{repository: a/b, tag: sampleos1.2, claims: sampleos=1.3}",
                                "a/b:sampleos1.2 claims: expected \"sampleos=1.3\", got \"sampleos=1.2\""},
                    ExampleCase{"NoClaims", "{repository: a/b, tag: sampleos1.2, claims: null}",
                                "a/b:sampleos1.2 claims: expected \"\", got \"sampleos=1.2\""},
                    ExampleCase{"Findings", "{repository: a/b, tag: sampleos1.2-x, claims: sampleos=1.2}",
                                "a/b:sampleos1.2-x findings: expected \"\", got \"tag-unknown\""},
                    ExampleCase{"Tier", "{repository: a/b, tag: sampleos1.2, claims: sampleos=1.2, tier: sdk}",
                                "a/b:sampleos1.2 tier: expected \"sdk\", got \"os\""},
                    ExampleCase{"Dev", "{repository: a/b, tag: sampleos1.2, claims: sampleos=1.2, dev: true}",
                                "a/b:sampleos1.2 dev: expected \"true\", got \"false\""},
                    ExampleCase{"Parents", "{repository: a/b, tag: sampleos1.2, claims: sampleos=1.2, parents: sampleos=1}",
                                "a/b:sampleos1.2 parents: expected \"sampleos=1\", got \"\""},
                    ExampleCase{"Writes", "{repository: a/b, tag: sampleos1.2, truth: {sampleos: '1.3'}, writes: sampleos1.4}",
                                "a/b:sampleos1.2 writes: expected \"sampleos1.4\", got \"sampleos1.3\""},
                    ExampleCase{"WritesNothing", "{repository: a/b, tag: sampleos1.2, truth: {sampleos: '1.3'}, writes: null}",
                                "a/b:sampleos1.2 writes: expected \"\", got \"sampleos1.3\""}),
    [](const testing::TestParamInfo<ExampleCase>& each) { return each.param.name; });

TEST(ComponentExample, IsCountedAndReportedToo) {
    const rules::ExampleRun run =
        run_with("{repository: a/b, tag: sampleos1.2, claims: sampleos=1.2}", "{part: sampleos1.2, reads: '1.3'}");
    EXPECT_EQ(run.run, 2U);
    ASSERT_EQ(run.failures.size(), 1U);
    EXPECT_EQ(run.failures[0].where, "os.yaml:5");
}

}  // namespace
}  // namespace veritag::tag
