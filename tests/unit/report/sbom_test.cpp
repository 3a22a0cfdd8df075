// Both bills of materials. Their schemas are checked by tests/integration/sbom_test.py, their whole text by the golden files.
#include "report/sbom.h"

#include "base/text.h"
#include "sample.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <regex>
#include <set>
#include <string>

namespace veritag::report {
namespace {

rapidjson::Document written(const Report& report, std::string_view format) {
    const Result<std::string> text = write_report(report, format, {});
    EXPECT_TRUE(text);
    EXPECT_TRUE(is_valid_utf8(*text));
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(text->data(), text->size());
    EXPECT_FALSE(document.HasParseError());
    return document;
}

Report with_one_image(std::size_t which) {
    Report report = sample_report();
    report.images = {report.images[which]};
    return report;
}

std::string value_of(const rapidjson::Value& properties, std::string_view name) {
    for (const auto& each : properties.GetArray())
        if (each["name"].GetString() == name) return each["value"].GetString();
    return "";
}

void collect_refs(const rapidjson::Value& component, std::vector<std::string>& refs) {
    refs.emplace_back(component["bom-ref"].GetString());
    if (component.HasMember("components"))
        for (const auto& each : component["components"].GetArray()) collect_refs(each, refs);
}

TEST(Sbom, TheSameReportGivesTheSameBytes) {
    for (const char* format : {"cyclonedx", "spdx"}) {
        const std::string once = *write_report(sample_report(), format, {});
        EXPECT_EQ(once, *write_report(sample_report(), format, {}));
        EXPECT_EQ(once, *write_report(sample_report(), format, {.colour = true, .list_packages = true, .width = 40})) << "the packages are always listed";
        EXPECT_EQ(once.find(kNoIdentifier), std::string::npos);
        Report other = sample_report();
        other.images[2].package_list[0].version += "1";
        EXPECT_NE(once.substr(0, 400), write_report(other, format, {})->substr(0, 400)) << "another document has another identifier";
    }
}

TEST(Sbom, IdentifiersAreUuids) {
    const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    for (const char* text : {"a", "b", "c", "d", "e"}) {
        const std::string found = with_identifier(std::string(kNoIdentifier) + text).substr(0, kNoIdentifier.size());
        EXPECT_TRUE(std::regex_match(found, uuid)) << found;
    }
}

TEST(Sbom, UniqueNamesNeverRepeat) {
    UniqueNames names("#");
    EXPECT_EQ(names.take("a"), "a");
    EXPECT_EQ(names.take("a#2"), "a#2");
    EXPECT_EQ(names.take("a"), "a#3") << "a hostile name took the second one";
    EXPECT_EQ(names.take("a"), "a#4");
    EXPECT_EQ(names.take("a#2"), "a#2#2");
}

TEST(Sbom, AToolThatPackagesAloneShowIsListedOnce) {
    const Evidence package{.source = EvidenceSource::package, .path = "var/lib/rpm", .layer = 0, .diff_id = "", .detail = ""};
    const Evidence file{.source = EvidenceSource::file, .path = "usr/bin/x", .layer = 0, .diff_id = "", .detail = ""};
    EXPECT_TRUE(is_only_a_package({.component = "python", .kind = ComponentKind::tool, .version = "3", .evidence = {package}}));
    EXPECT_FALSE(is_only_a_package({.component = "python", .kind = ComponentKind::tool, .version = "3", .evidence = {package, file}}));
    EXPECT_FALSE(is_only_a_package({.component = "pytorch", .kind = ComponentKind::framework, .version = "2", .evidence = {package}}));
    EXPECT_FALSE(is_only_a_package({.component = "python", .kind = ComponentKind::tool, .version = "3", .evidence = {}}));
}

TEST(CycloneDx, PutsOneImageIntoTheMetadata) {
    const rapidjson::Document root = written(with_one_image(2), "cyclonedx");
    const auto& image = root["metadata"]["component"];
    EXPECT_STREQ(image["type"].GetString(), "container");
    EXPECT_STREQ(image["name"].GetString(), "127.0.0.1:5000/openeuler/pytorch");
    EXPECT_STREQ(image["version"].GetString(), "2.1.0-cann7.0.RC1-oe2203sp2");
    EXPECT_EQ(value_of(image["properties"], "veritag:verdict"), "fail");
    ASSERT_EQ(root["components"].Size(), 5U) << "three components and two packages";
    EXPECT_STREQ(root["components"][0]["type"].GetString(), "operating-system");
    EXPECT_STREQ(root["components"][1]["type"].GetString(), "framework");
    EXPECT_EQ(root["components"][2]["evidence"]["identity"][0]["confidence"].GetDouble(), 0.2) << "only the environment names it";
    EXPECT_FALSE(root["components"][2]["evidence"].HasMember("occurrences"));
    const auto& bash = root["components"][3];
    EXPECT_STREQ(bash["purl"].GetString(), "pkg:rpm/openeuler/bash@5.1.8-6.oe2203sp4?arch=aarch64");
    EXPECT_EQ(value_of(bash["properties"], "veritag:layer"), "0");
    EXPECT_EQ(value_of(bash["properties"], "veritag:diffId"), "sha256:" + std::string(64, 'b'));
    EXPECT_STREQ(bash["evidence"]["occurrences"][0]["location"].GetString(), "var/lib/rpm/rpmdb.sqlite");
    EXPECT_EQ(root["dependencies"][0]["dependsOn"].Size(), 5U);
    EXPECT_STREQ(root["compositions"][0]["aggregate"].GetString(), "incomplete") << "a part could not be read";
    EXPECT_EQ(root["annotations"].Size(), 6U) << "three findings, a problem, what was restored and what was read in part";
}

TEST(CycloneDx, NestsSeveralImagesBelowTheirIndex) {
    Report report = sample_report();
    report.images.resize(2);
    EXPECT_FALSE(written(report, "cyclonedx")["metadata"].HasMember("component")) << "no index is known";
    for (ImageReport& each : report.images) each.index_digest = "sha256:" + std::string(64, 'c');
    const rapidjson::Document root = written(report, "cyclonedx");
    EXPECT_STREQ(root["metadata"]["component"]["bom-ref"].GetString(), "index");
    EXPECT_EQ(root["components"].Size(), 2U);
    EXPECT_STREQ(root["dependencies"][0]["ref"].GetString(), "index");
    EXPECT_EQ(root["dependencies"][0]["dependsOn"].Size(), 2U);
}

TEST(CycloneDx, ShowsAnUnreadableImageAsSuch) {
    for (const bool has_reason : {true, false}) {
        Report report = with_one_image(3);
        if (!has_reason) report.images[0].error.reset();
        const rapidjson::Document root = written(report, "cyclonedx");
        const auto& image = root["metadata"]["component"];
        EXPECT_EQ(std::string(image["description"].GetString()).find("UNREADABLE"), 0U);
        EXPECT_EQ(value_of(image["properties"], "veritag:verdict"), "error");
        EXPECT_NE(value_of(image["properties"], "veritag:error"), "");
        EXPECT_TRUE(root["dependencies"].Empty()) << "an empty entry would say that it depends on nothing";
        EXPECT_STREQ(root["compositions"][0]["aggregate"].GetString(), "incomplete");
        EXPECT_NE(std::string(root["annotations"][0]["text"].GetString()).find("could not be read"), std::string::npos);
    }
}

TEST(CycloneDx, NeverRepeatsAReference) {
    Report report = sample_report();
    ImageReport& image = report.images[2];
    image.package_list.push_back(image.package_list[0]);
    image.package_list.push_back(image.package_list[0]);
    image.observed.push_back(image.observed[0]);
    image.findings.push_back(image.findings[0]);
    report.images.push_back(image);
    const rapidjson::Document root = written(report, "cyclonedx");
    std::vector<std::string> refs;
    for (const auto& each : root["components"].GetArray()) collect_refs(each, refs);
    for (const auto& each : root["annotations"].GetArray()) refs.emplace_back(each["bom-ref"].GetString());
    EXPECT_GT(refs.size(), 20U);
    EXPECT_EQ(refs.size(), std::set<std::string>(refs.begin(), refs.end()).size());
}

TEST(CycloneDx, CutsAVersionWhereTheSchemaEndsIt) {
    Report report = with_one_image(2);
    report.images[0].package_list[0].version = std::string(1023, 'v') + "\xe5\x8c\x85";
    EXPECT_EQ(written(report, "cyclonedx")["components"][3]["version"].GetString(), std::string(1023, 'v'));
}

TEST(Spdx, RelatesDocumentImagesAndContents) {
    const rapidjson::Document root = written(with_one_image(2), "spdx");
    EXPECT_STREQ(root["name"].GetString(), "127.0.0.1:5000/openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2");
    ASSERT_EQ(root["packages"].Size(), 6U);
    EXPECT_STREQ(root["packages"][0]["primaryPackagePurpose"].GetString(), "CONTAINER");
    EXPECT_STREQ(root["packages"][4]["externalRefs"][0]["referenceLocator"].GetString(), "pkg:rpm/openeuler/bash@5.1.8-6.oe2203sp4?arch=aarch64");
    EXPECT_EQ(root["packages"][4]["sourceInfo"].GetString(), "rpm package, listed in var/lib/rpm/rpmdb.sqlite, brought by layer 0 sha256:" + std::string(64, 'b'));
    ASSERT_EQ(root["relationships"].Size(), 7U);
    EXPECT_STREQ(root["relationships"][0]["relationshipType"].GetString(), "DESCRIBES");
    EXPECT_STREQ(root["relationships"][1]["relatedSpdxElement"].GetString(), "NOASSERTION") << "a part could not be read: there may be more";
    EXPECT_STREQ(root["relationships"][6]["relationshipType"].GetString(), "CONTAINS");
}

TEST(Spdx, ShowsAnUnreadableImageAsSuch) {
    const rapidjson::Document root = written(with_one_image(3), "spdx");
    ASSERT_EQ(root["packages"].Size(), 1U);
    EXPECT_EQ(std::string(root["packages"][0]["comment"].GetString()).find("UNREADABLE"), 0U);
    EXPECT_NE(std::string(root["packages"][0]["annotations"][0]["comment"].GetString()).find("HTTP 401"), std::string::npos);
    ASSERT_EQ(root["relationships"].Size(), 2U);
    EXPECT_STREQ(root["relationships"][1]["relatedSpdxElement"].GetString(), "NOASSERTION");
}

TEST(Spdx, OfNothingDescribesNone) {
    const rapidjson::Document root = written({}, "spdx");
    EXPECT_STREQ(root["relationships"][0]["relatedSpdxElement"].GetString(), "NONE");
    EXPECT_STREQ(root["creationInfo"]["created"].GetString(), "1970-01-01T00:00:00Z");
}

TEST(Sbom, WithstandsHostileTextEverywhere) {
    const Report report = hostile_report();
    for (const char* format : {"cyclonedx", "spdx"}) {
        const Result<std::string> text = write_report(report, format, {});
        ASSERT_TRUE(text);
        for (const char* bad : {"\x1b", "\r", "\x07"}) EXPECT_EQ(text->find(bad), std::string::npos);
        EXPECT_EQ(text->find('\0'), std::string::npos);
        const rapidjson::Document root = written(report, format);
        const std::string id = format == std::string("spdx") ? root["documentNamespace"].GetString() : root["serialNumber"].GetString();
        EXPECT_EQ(id.find(kNoIdentifier), std::string::npos) << "the identifier is the document's own, not the first place that looks like it";
    }
    const std::regex allowed("SPDXRef-[A-Za-z0-9.-]+");
    const rapidjson::Document spdx = written(report, "spdx");
    std::set<std::string> ids;
    for (const auto& each : spdx["packages"].GetArray()) {
        EXPECT_TRUE(std::regex_match(each["SPDXID"].GetString(), allowed)) << each["SPDXID"].GetString();
        EXPECT_TRUE(ids.insert(each["SPDXID"].GetString()).second);
        EXPECT_STRNE(each["name"].GetString(), "");
        for (const char* line : {"name", "versionInfo"}) {
            if (!each.HasMember(line)) continue;
            EXPECT_EQ(std::string(each[line].GetString()).find_first_of("\r\n"), std::string::npos) << "it would be a field of its own in tag:value";
        }
    }
}

}  // namespace
}  // namespace veritag::report
