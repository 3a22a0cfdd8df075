// Counters that alerts can be made of.
#include "serve/metrics.h"

#include <gtest/gtest.h>

namespace veritag::serve {
namespace {

std::string text_of(const Metrics& metrics) {
    MetricsText out;
    metrics.write(out);
    return out.take();
}

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).find("\n" + line + "\n") != std::string::npos; }

TEST(Metrics, CountersOfWhatIsConfiguredBeginAtZero) {
    Metrics metrics;
    EXPECT_FALSE(has_line(text_of(metrics), R"(veritag_hooks_total{sender="hub",result="not taken"} 0)"));
    metrics.expect({.registries = {"r.example"}, .senders = {"hub"}, .channels = {"ops"}, .targets = {}});
    const std::string text = text_of(metrics);
    for (const char* line : {R"(veritag_hooks_total{sender="hub",result="not taken"} 0)", R"(veritag_hooks_total{sender="hub",result="refused"} 0)", R"(veritag_notices_total{channel="ops",result="failed"} 0)",
                             R"(veritag_notices_total{channel="ops",result="shown"} 0)", R"(veritag_jobs_total{kind="audit",result="cancelled"} 0)", R"(veritag_jobs_total{kind="attach",result="lost"} 0)",
                             R"(veritag_job_seconds_total{kind="scan"} 0)", R"(veritag_registry_requests_total{host="r.example",status="429"} 0)"})
        EXPECT_TRUE(has_line(text, line)) << line << " is not in\n" << text;
}

TEST(Metrics, WhatWasCountedStaysWhenTheConfigurationIsReadAgain) {
    Metrics metrics;
    const Metrics::Expected names{.registries = {"r.example"}, .senders = {"hub"}, .channels = {}, .targets = {"fleet"}};
    metrics.expect(names);
    metrics.hook("hub", "taken");
    metrics.hook("gone", "taken");
    metrics.answered("r.example", 429);
    metrics.audited("fleet", std::chrono::sys_seconds(std::chrono::seconds(1'750'000'000)));
    metrics.audited("gone", std::chrono::sys_seconds(std::chrono::seconds(1'750'000'000)));
    metrics.expect(names);
    const std::string text = text_of(metrics);
    EXPECT_TRUE(has_line(text, R"(veritag_hooks_total{sender="hub",result="taken"} 1)")) << text;
    EXPECT_TRUE(has_line(text, R"(veritag_hooks_total{sender="gone",result="taken"} 1)")) << "a counter never goes back";
    EXPECT_TRUE(has_line(text, R"(veritag_registry_requests_total{host="r.example",status="429"} 1)")) << text;
    EXPECT_NE(text.find(R"(veritag_audit_timestamp_seconds{target="fleet"})"), std::string::npos);
    EXPECT_EQ(text.find(R"(veritag_audit_timestamp_seconds{target="gone"})"), std::string::npos) << "an age that grows for ever would be an alert for ever";
}

}  // namespace
}  // namespace veritag::serve
