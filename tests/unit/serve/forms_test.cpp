// What jobs, metrics and Harbor's rows look like.
#include "serve/harbor.h"
#include "serve/metrics.h"
#include "serve/orders.h"

#include "base/limits.h"

#include <gtest/gtest.h>

namespace veritag::serve {
namespace {

TEST(Orders, GoBothWays) {
    const AuditOrder audit{.target = "fleet \"é\"", .listing = ""};
    EXPECT_EQ(*parse_audit_order(to_json(audit)), audit);
    const ScanOrder scan{.reference = {"r.example:5000", "a/b", "1"}, .digest = "sha256:x", .origin = "hook hub", .media_type = "application/vnd.oci.image.manifest.v1+json"};
    EXPECT_EQ(*parse_scan_order(to_json(scan)), scan);
    const NoticeOrder notice{.channel = "ops", .target = "fleet"};
    EXPECT_EQ(*parse_notice_order(to_json(notice)), notice);
    const AttachOrder attach{.reference = {"r.example:5000", "a/b", "1"}, .audit = 12, .rules_digest = "sha256:x", .every_platform = false};
    EXPECT_EQ(*parse_attach_order(to_json(attach)), attach);
    const RunResult result{.audit = 12, .images = 3, .worst = "error", .unread = true};
    EXPECT_EQ(*parse_run_result(to_json(result)), result);
    RunResult whole = result;
    whole.verdicts = {.pass = 1, .warn = 2, .fail = 3, .unknown = 4, .error = 5};
    whole.error = {"auth", "fetch manifest: \"401\""};
    EXPECT_EQ(*parse_run_result(to_json(whole)), whole);
}

TEST(Orders, OthersAreMalformed) {
    for (const char* text : {"", "[]", "{}", R"({"target": 3})", R"({"target": "a", "listing": "b"})", R"({"registry": "r", "repository": "a"})", R"({"audit": 1, "images": 1, "unread": true, "verdicts": {"pass": 1}})"}) {
        EXPECT_EQ(parse_audit_order(text).error().code, ErrorCode::malformed) << text;
        EXPECT_EQ(parse_scan_order(text).error().code, ErrorCode::malformed) << text;
        EXPECT_EQ(parse_notice_order(text).error().code, ErrorCode::malformed) << text;
        EXPECT_EQ(parse_attach_order(text).error().code, ErrorCode::malformed) << text;
        EXPECT_EQ(parse_run_result(text).error().code, ErrorCode::malformed) << text;
    }
}

TEST(Metrics, AreInPrometheusForm) {
    Metrics metrics;
    metrics.answered("hub.example", 200);
    metrics.answered("hub.example", 200);
    metrics.answered("hub.example", 429);
    metrics.allowance("hub.example", 76);
    metrics.hook("a\"b\\c\nd", "taken");
    MetricsText out;
    metrics.write(out);
    const std::string text = out.take();
    EXPECT_NE(text.find("# TYPE veritag_registry_requests_total counter\nveritag_registry_requests_total{host=\"hub.example\",status=\"200\"} 2\nveritag_registry_requests_total{host=\"hub.example\",status=\"429\"} 1\n"),
              std::string::npos) << text;
    EXPECT_NE(text.find("# TYPE veritag_registry_quota_remaining gauge\nveritag_registry_quota_remaining{host=\"hub.example\"} 76\n"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(veritag_hooks_total{sender="a\"b\\c\nd",result="taken"} 1)"), std::string::npos) << text;
}

TEST(Metrics, HostsThatServersChooseDoNotFillTheMemory) {
    Metrics metrics;
    for (int i = 0; i < 1000; ++i) metrics.answered("h" + std::to_string(i), 200);
    MetricsText out;
    metrics.write(out);
    const std::string text = out.take();
    EXPECT_NE(text.find("veritag_registry_requests_total{host=\"other\",status=\"200\"} 800\n"), std::string::npos) << text.substr(0, 300);
}

TEST(HarborRows, SayThatTheyAreNoVulnerabilities) {
    Report report;
    ImageReport& image = report.images.emplace_back();
    image.repository = "openeuler/app";
    image.verdict = Verdict::fail;
    image.findings = {{.code = "os-mismatch", .severity = Severity::error, .component = "openeuler", .claimed = "22.03-LTS-SP4", .observed = "22.03-LTS-SP3", .message = "It is another one.", .suggestion = "1-oe2203sp3"},
                      {.code = "tag-short", .severity = Severity::info, .message = "Short."},
                      {.code = "unproven", .severity = Severity::warning, .component = "cann", .message = "No proof."}};
    report.images.push_back(image);  // another platform, the same rows
    const std::string rows = harbor_rows(report, "sha256:0123456789abcdef");
    const auto count = [&](std::string_view text) {
        std::size_t found = 0;
        for (std::size_t at = rows.find(text); at != std::string::npos; at = rows.find(text, at + 1)) ++found;
        return found;
    };
    EXPECT_EQ(count("\"id\": \"veritag-os-mismatch-0123456789ab\""), 1U) << rows;
    EXPECT_EQ(count("\"kind\": \"compliance\""), 3U) << rows;
    EXPECT_EQ(count("\"fix_version\": \"\""), 3U) << "a tag to rename to is no fixed version";
    EXPECT_EQ(count("CVE"), 0U);
    EXPECT_EQ(harbor_severity(rows), "High");
    EXPECT_EQ(harbor_severity(R"({"vulnerabilities": [{"severity": "Unknown"}, {"severity": "Low"}]})"), "Low");
    EXPECT_EQ(harbor_severity(harbor_rows({}, "sha256:0")), "") << "Harbor's own word for none is not ours to send";
}

}  // namespace
}  // namespace veritag::serve
