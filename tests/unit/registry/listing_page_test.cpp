// What a page of a listing says, and what a target is.
#include "registry/listing_page.h"
#include "base/text.h"
#include "registry/listing.h"

#include <gtest/gtest.h>

namespace veritag::registry {
namespace {

std::string to_text(const Result<ListingPage>& page) {
    if (!page) return page.error().message();
    std::string text = join(page->names, " ") + " of " + std::to_string(page->entries);
    if (page->nulls > 0) text += ", nulls " + std::to_string(page->nulls);
    if (page->digests > 0) text += ", digests " + std::to_string(page->digests);
    if (page->foreign > 0) text += ", foreign " + std::to_string(page->foreign);
    if (page->unusable > 0) text += ", unusable " + std::to_string(page->unusable) + " (" + page->unusable_example + ")";
    if (!page->next.empty()) text += ", next " + page->next;
    if (page->total) text += ", total " + std::to_string(*page->total);
    return text;
}

struct PageCase {
    const char* name;
    PageForm form;
    const char* body;
    const char* reads;
};
class Page : public testing::TestWithParam<PageCase> {};
TEST_P(Page, Reads) {
    const PageCase& c = GetParam();
    EXPECT_EQ(to_text(parse_listing_page(c.form, "list", "here", c.body, Limits{})), c.reads);
}
INSTANTIATE_TEST_SUITE_P(
    Forms, Page,
    testing::Values(
        PageCase{"Catalog", PageForm::catalog, R"({"repositories":["a/b","c","a/b"]})", "a/b c a/b of 3"},
        PageCase{"CatalogOfNothing", PageForm::catalog, R"({"repositories":[]})", " of 0"},
        PageCase{"CatalogOfNull", PageForm::catalog, R"({"repositories":null})", " of 0"},
        PageCase{"CatalogWithoutList", PageForm::catalog, "{}", "list: here: JSON without \"repositories\""},
        PageCase{"CatalogWithOddEntries", PageForm::catalog, R"({"repositories":[null,"A","a/../b",7,"a"]})",
                 "a of 5, nulls 1, unusable 3 (A)"},
        PageCase{"CatalogAsHtml", PageForm::catalog, "<html>", "list: here: no JSON (6 bytes)"},
        PageCase{"CatalogAsList", PageForm::catalog, "[]", "list: here: JSON, but no object"},
        PageCase{"CatalogAsText", PageForm::catalog, R"({"repositories":"a"})", "list: here: JSON without a list of names"},
        PageCase{"Tags", PageForm::tags, R"({"name":"x","tags":["b","a"]})", "b a of 2"},
        PageCase{"TagsOfNull", PageForm::tags, R"({"name":"x","tags":null})", " of 0"},
        PageCase{"TagsAbsent", PageForm::tags, R"({"name":"x"})", " of 0"},
        PageCase{"NexusTags", PageForm::tags, R"({"tags":["a",null,null]})", "a of 3, nulls 2"},
        PageCase{"ArtifactoryTags", PageForm::tags,
                 R"({"tags":["a","sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"]})", "a of 2, digests 1"},
        PageCase{"BadTags", PageForm::tags, R"({"tags":["a b","\u0007","a"]})", "a of 3, unusable 2 (a b)"},
        PageCase{
            "Hub", PageForm::docker_hub,
            R"({"count":3,"next":"https://hub.docker.com/v2/x?page=2","results":[{"name":"cann","namespace":"openeuler","repository_type":"image"},)"
            R"({"name":"y","namespace":"openeuler","repository_type":null},{"name":"p","namespace":"openeuler","repository_type":"plugin"}]})",
            "openeuler/cann openeuler/y of 3, foreign 1, next https://hub.docker.com/v2/x?page=2, total 3"},
        PageCase{"HubLast", PageForm::docker_hub, R"({"count":0,"next":null,"previous":null,"results":[]})", " of 0, total 0"},
        PageCase{"HubWithoutNamespace", PageForm::docker_hub, R"({"results":[{"name":"x"}]})",
                 " of 1, unusable 1 (an entry without name or namespace)"},
        PageCase{"HubError", PageForm::docker_hub, R"({"message":"no"})", "list: here: JSON without \"results\""},
        PageCase{
            "Quay", PageForm::quay,
            R"({"repositories":[{"namespace":"openeuler","name":"a/b","kind":"image"},{"namespace":"openeuler","name":"c","kind":"application"}],"next_page":"gA=="})",
            "openeuler/a/b of 2, foreign 1, next gA=="},
        PageCase{"Harbor", PageForm::harbor, R"([{"name":"openeuler/cann","artifact_count":1},{"id":1},3])",
                 "openeuler/cann of 3, unusable 2 ()"},
        PageCase{"HarborOfNothing", PageForm::harbor, "[]", " of 0"},
        PageCase{"HarborNull", PageForm::harbor, "null", "list: here: JSON without a list of names"},
        PageCase{"HarborError", PageForm::harbor, R"({"errors":[]})", "list: here: JSON without a list of names"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Page, IsNotReadDeeperThanTheLimit) {
    Limits limits;
    limits.json_depth = 3;
    const Result<ListingPage> page = parse_listing_page(PageForm::harbor, "list", "here", "[[[[]]]]", limits);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, ErrorCode::over_limit);
}

struct TargetCase {
    const char* name;
    const char* text;
    const char* reads;
};
class Target : public testing::TestWithParam<TargetCase> {};
TEST_P(Target, Reads) {
    const auto target = parse_listing_target(GetParam().text);
    EXPECT_EQ(target ? target->registry + " | " + target->path : target.error().message(), GetParam().reads);
    if (target) {
        EXPECT_EQ(target->driver, ListingDriver::automatic);
    } else {
        EXPECT_EQ(target.error().code, ErrorCode::usage);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Forms, Target,
    testing::Values(
        TargetCase{"Namespace", "quay.io/openeuler", "quay.io | openeuler"}, TargetCase{"Registry", "127.0.0.1:5000", "127.0.0.1:5000 | "},
        TargetCase{"Repository", "hub.oepkgs.net/openeuler/cann", "hub.oepkgs.net | openeuler/cann"},
        TargetCase{"DockerHub", "docker.io/openeuler", "docker.io | openeuler"},
        TargetCase{"DockerHubsOtherNames", "registry-1.docker.io/openeuler", "docker.io | openeuler"},
        TargetCase{"SlashAtTheEnd", "Quay.IO/openeuler/", "quay.io | openeuler"}, TargetCase{"OnlySlash", "localhost/", "localhost | "},
        TargetCase{"Ipv6", "[::1]:5000/a", "[::1]:5000 | a"},
        TargetCase{"NoHost", "openeuler",
                   "read listing target: \"openeuler\": \"openeuler\" is no registry host; put a host in front, as quay.io/openeuler or "
                   "docker.io/openeuler"},
        TargetCase{
            "NoHostButAPath", "openeuler/cann",
            "read listing target: \"openeuler/cann\": \"openeuler\" is no registry host; put a host in front, as quay.io/openeuler/cann or "
            "docker.io/openeuler/cann"},
        TargetCase{"Tag", "quay.io/openeuler/cann:8.0",
                   "read listing target: \"quay.io/openeuler/cann:8.0\": a target has no tag; leave out what stands from the "
                   "last \":\" on"},
        TargetCase{"Digest", "quay.io/a@sha256:00",
                   "read listing target: \"quay.io/a@sha256:00\": a target has no digest; leave out what stands from \"@\" on"},
        TargetCase{"Url", "https://quay.io/openeuler",
                   "read listing target: \"https://quay.io/openeuler\": a target is no URL; leave out \"https://\""},
        TargetCase{"UpperCase", "quay.io/OpenEuler",
                   "read listing target: \"quay.io/OpenEuler\": \"OpenEuler\" is no path of a repository; write it in lower case: "
                   "openeuler"},
        TargetCase{"BadPath", "quay.io/a//b",
                   "read listing target: \"quay.io/a//b\": \"a//b\" is no path of a repository; write HOST[:PORT][/PATH], as "
                   "quay.io/openeuler or 127.0.0.1:5000"},
        TargetCase{"BadPort", "quay.io:x/a",
                   "read listing target: \"quay.io:x/a\": \"quay.io:x\" is no host[:port]; write HOST[:PORT][/PATH], as quay.io/openeuler "
                   "or 127.0.0.1:5000"},
        TargetCase{"Empty", " ", "read listing target: \" \": empty; write HOST[:PORT][/PATH], as quay.io/openeuler or 127.0.0.1:5000"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Driver, NamesAreReadBack) {
    for (const ListingDriver driver :
         {ListingDriver::automatic, ListingDriver::catalog, ListingDriver::docker_hub, ListingDriver::quay, ListingDriver::harbor})
        EXPECT_EQ(listing_driver_from(to_string(driver)), driver);
    EXPECT_EQ(to_string(ListingDriver::docker_hub), "docker-hub");
    EXPECT_EQ(listing_driver_from("docker_hub"), std::nullopt);
}

}  // namespace
}  // namespace veritag::registry
