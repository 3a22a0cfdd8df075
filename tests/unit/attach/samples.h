// A judged reference with two platforms, and what is said of it.
#pragma once

#include "attach/statement.h"

#include <chrono>
#include <string>

namespace veritag::attach::test {

inline Digest digest_of(char c) { return *Digest::parse("sha256:" + std::string(64, c)); }

inline ImageReport image(char digest, const std::string& platform, Verdict verdict) {
    ImageReport image;
    image.reference = "hub.example/openeuler/cann:8.0-oe2203sp4";
    image.registry = "hub.example";
    image.repository = "openeuler/cann";
    image.tag = "8.0-oe2203sp4";
    image.index_digest = digest_of('f').str();
    image.digest = digest_of(digest).str();
    image.platform = platform;
    image.verdict = verdict;
    image.grammar = "oeep-0014";
    image.tier = Tier::sdk;
    image.claims = {{.component = "cann", .kind = ComponentKind::sdk, .version = "8.0"}};
    image.observed = {{.component = "cann", .kind = ComponentKind::sdk, .version = "8.1", .evidence = {{.path = "usr/x"}}, .proof = true}};
    if (verdict == Verdict::fail)
        image.findings = {{.code = "sdk-mismatch", .severity = Severity::error, .component = "cann", .claimed = "8.0", .observed = "8.1", .message = "It is 8.1.", .evidence = {}, .suggestion = "8.1-oe2203sp4"}};
    if (verdict == Verdict::warn)
        image.findings = {{.code = "parent-stale", .severity = Severity::warning, .component = "cann", .claimed = {}, .observed = {}, .message = "It is old.", .evidence = {}, .suggestion = {}}};
    if (verdict == Verdict::unknown)
        image.findings = {{.code = "unproven", .severity = Severity::warning, .component = "cann", .claimed = "8.0", .observed = {}, .message = "Nothing proves it.", .evidence = {}, .suggestion = {}}};
    return image;
}

inline JudgedReference judged() { return {.top = digest_of('f').str(), .images = {image('a', "linux/amd64", Verdict::fail), image('b', "linux/arm64", Verdict::pass)}, .skipped = {}}; }

inline Judging judging(int seconds = 0) {
    return {.tool_version = "1.2.3", .rules_digest = "sha256:rules", .when = std::chrono::sys_seconds(std::chrono::seconds(1'780'000'000 + seconds)), .every_platform = true};
}

inline Statement statement(int seconds = 0, Verdict verdict = Verdict::fail) {
    JudgedReference one{.top = digest_of('a').str(), .images = {image('a', "linux/amd64", verdict)}, .skipped = {}};
    one.images[0].index_digest.reset();
    return statements_of(one, judging(seconds)).all.at(0);
}

}  // namespace veritag::attach::test
