// Declared against published, both ways.
#include "catalog/published.h"

#include <gtest/gtest.h>

namespace veritag::catalog {
namespace {

const rules::RuleSet& packs() {
    static const rules::RuleSet rules = *rules::load_rules(rules::embedded_packs());
    return rules;
}

TreeEntry entry(const std::string& repository, const std::string& tag, int line, std::optional<std::string> arch = std::nullopt) {
    TreeEntry declared;
    declared.repository = repository;
    declared.meta_file = "AI/" + repository.substr(repository.find('/') + 1) + "/meta.yml";
    declared.declared = {.tag = tag, .line = line, .path = "p", .path_line = line, .arch = std::move(arch)};
    return declared;
}

std::string told(const std::vector<Finding>& findings) {
    std::string text;
    for (const Finding& each : findings) text += each.code + ' ' + each.file + ':' + std::to_string(each.line) + ' ' + each.claimed.value_or("-") + '>' + each.observed.value_or("-") + '\n';
    return text;
}

const std::set<std::string> kBoth{"amd64", "arm64"};

TEST(Published, DifferencesAreToldBothWays) {
    Tree tree;
    tree.entries = {entry("openeuler/cann", "8.0-oe2203sp4", 1), entry("openeuler/cann", "8.1-oe2203sp4", 3), entry("openeuler/cann", "8.2-oe2203sp4", 5, "aarch64"),
                    entry("openeuler/cann", "8.3-oe2203sp4", 7), entry("openeuler/cann", "8.4-oe2203sp4", 9), entry("openeuler/cann", "no tag at all", 11),
                    entry("openeuler/redis", "7-oe2203sp4", 1), entry("openeuler/nginx", "1-oe2203sp4", 1)};
    PublishedCatalog published{.registry = "r.example", .path = "openeuler", .repositories = {}, .unlisted = {"openeuler/nginx"}};
    published.repositories["openeuler/cann"] = {{"8.0-oe2203sp4", kBoth}, {"8.2-oe2203sp4", std::set<std::string>{"arm64"}}, {"8.3-oe2203sp4", std::set<std::string>{"amd64"}},
                                                {"8.4-oe2203sp4", std::nullopt}, {"9.0-oe2203sp4", std::nullopt}, {"latest", kBoth}};
    EXPECT_EQ(told(compare_with_published(packs(), tree, published)),
              "catalog-undeclared :0 ->openeuler/cann:9.0-oe2203sp4\n"
              "catalog-unpublished AI/cann/meta.yml:3 openeuler/cann:8.1-oe2203sp4>-\n"
              "platform-missing AI/cann/meta.yml:7 linux/arm64>linux/amd64\n"
              "catalog-invalid AI/cann/meta.yml:11 no tag at all>-\n"
              "catalog-unpublished AI/redis/meta.yml:1 openeuler/redis:7-oe2203sp4>-\n");
    EXPECT_EQ(tags_to_look_at(tree, published).size(), 4U);
}

TEST(Published, OnlyWhatLiesBelowTheTargetIsCompared) {
    Tree tree;
    tree.entries = {entry("openeuler/cann", "8.0-oe2203sp4", 1), entry("openeuler/cannot", "1-oe2203sp4", 1), entry("openeuler/redis", "7-oe2203sp4", 1)};
    PublishedCatalog published{.registry = "r.example", .path = "openeuler/cann", .repositories = {}, .unlisted = {}};
    published.repositories["openeuler/cann"] = {};
    EXPECT_EQ(told(compare_with_published(packs(), tree, published)), "catalog-unpublished AI/cann/meta.yml:1 openeuler/cann:8.0-oe2203sp4>-\n");
}

TEST(Published, WhatIsAttachedToImagesIsDeclaredByNobody) {
    const std::string attached = "sha256-" + std::string(64, '0');
    PublishedCatalog published{.registry = "r.example", .path = "", .repositories = {}, .unlisted = {}};
    published.repositories["openeuler/cann"] = {{attached, std::nullopt}, {attached + ".sig", std::nullopt}, {"9.0-oe2203sp4", std::nullopt}};
    EXPECT_EQ(leave_out_attached(published), 2U);
    Tree tree;
    tree.entries = {entry("openeuler/cann", "8.0-oe2203sp4", 1)};
    tree.entries[0].dockerfile = "AI/cann/Dockerfile";
    EXPECT_EQ(told(compare_with_published(packs(), tree, published)), "catalog-undeclared :0 ->openeuler/cann:9.0-oe2203sp4\ncatalog-unpublished AI/cann/meta.yml:1 openeuler/cann:8.0-oe2203sp4>-\n");
    EXPECT_EQ(compared_names(tree, published), (std::vector<std::string>{"AI/cann/Dockerfile", "AI/cann/meta.yml", "openeuler/cann:8.0-oe2203sp4", "openeuler/cann:9.0-oe2203sp4"}));
}

TEST(Published, AFolderThatIsNotInTheListOfImagesNeedNotBePublished) {
    Tree tree;
    tree.entries = {entry("openeuler/cann", "8.0-oe2203sp4", 1)};
    tree.entries[0].published = false;
    EXPECT_EQ(told(compare_with_published(packs(), tree, {.registry = "r.example", .path = "", .repositories = {}, .unlisted = {}})), "");
}

}  // namespace
}  // namespace veritag::catalog
