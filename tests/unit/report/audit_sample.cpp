#include "sample.h"

#include <string>

namespace veritag::report {
namespace {

std::string digest(char c) { return "sha256:" + std::string(64, c); }

ImageReport image(const std::string& registry, const std::string& tag, Verdict verdict, char manifest) {
    ImageReport result;
    result.reference = registry + "/openeuler/pytorch:" + tag;
    result.registry = registry;
    result.repository = "openeuler/pytorch";
    result.tag = tag;
    result.digest = digest(manifest);
    result.platform = "linux/arm64";
    result.diff_ids = {digest('1'), digest('2'), digest('3'), digest('4')};
    result.verdict = verdict;
    result.grammar = "oeep-0014";
    result.tier = Tier::framework;
    return result;
}

// Built on an SP4 base that was published as SP2.
ImageReport on_bad_base(const std::string& registry, const std::string& tag, const std::string& deserved, char manifest, int line) {
    ImageReport bad = image(registry, tag, Verdict::fail, manifest);
    bad.claims = {{.component = "openeuler", .kind = ComponentKind::os, .version = "22.03-LTS-SP2", .text = "oe2203sp2"}};
    bad.observed = {{.component = "openeuler", .kind = ComponentKind::os, .version = "22.03-LTS-SP4", .evidence = {}}};
    bad.build_steps = {{0, "ADD openEuler-docker-rootfs.aarch64.tar.xz /"}};
    bad.lineage = {{.reference = registry + "/openeuler/cann:8.0.RC1-oe2203sp2", .digest = digest('c'), .layers = 3, .current = true},
                   {.reference = registry + "/openeuler/openeuler:22.03-lts-sp4", .digest = digest('a'), .layers = 1, .current = false},
                   {.reference = registry + "/openeuler/openeuler:22.03", .digest = digest('a'), .layers = 1, .current = true}};
    bad.findings = {{.code = "os-mismatch", .severity = Severity::error, .component = "openeuler", .claimed = "22.03-LTS-SP2", .observed = "22.03-LTS-SP4",
                     .message = "The tag claims openEuler 22.03-LTS-SP2; the image holds openEuler 22.03-LTS-SP4.",
                     .evidence = {{.source = EvidenceSource::file, .path = "etc/os-release", .layer = 0, .diff_id = digest('1'), .detail = "VERSION=\"22.03 (LTS-SP4)\""},
                                  {.source = EvidenceSource::package, .path = "var/lib/rpm/rpmdb.sqlite", .layer = 0, .diff_id = digest('1'), .detail = "openEuler-release 22.03LTS_SP4"}},
                     .suggestion = deserved,
                     .mend = LineMend{"AI/pytorch/meta.yml", line, tag + ":", deserved + ":"}}};
    bad.declared = DeclaredAt{"AI/pytorch/meta.yml", line};
    return bad;
}

}  // namespace

Report audit_report() {
    Report report;
    report.tool_version = "0.1.0";
    report.rules_digest = digest('d');
    report.generated = "2026-08-22T10:00:00Z";
    report.targets = {{.target = "hub.example/openeuler", .driver = "harbor", .repositories = 2, .tags = 5, .notes = {"a page had a tag twice"}, .error = std::nullopt},
                      {.target = "quay.example/openeuler", .driver = "quay", .repositories = 1, .tags = 2, .notes = {},
                       .error = Error{ErrorCode::rate_limited, "list tags", "quay.example/openeuler", "HTTP 429 after 3 tries", "wait, log in for a higher limit, or lower --jobs"}}};
    report.images = {on_bad_base("hub.example", "2.1.0-cann8.0.RC1-oe2203sp2", "2.1.0-cann8.0.RC1-oe2203sp4", 'b', 3),
                     on_bad_base("hub.example", "2.2.0-cann8.0.RC1-oe2203sp2", "2.2.0-cann8.0.RC1-oe2203sp4", 'e', 7),
                     on_bad_base("quay.example", "2.1.0-cann8.0.RC1-oe2203sp2", "2.1.0-cann8.0.RC1-oe2203sp4", 'b', 3)};
    ImageReport alias = image("quay.example", "latest", Verdict::warn, 'b');
    alias.findings = {{.code = "alias-stale", .severity = Severity::warning, .component = "pytorch", .claimed = "2.2.0", .observed = "2.1.0",
                       .message = "The floating tag stands for PyTorch 2.2.0; the image is 2.1.0.", .evidence = {}}};
    report.images.push_back(alias);
    ImageReport parent = image("hub.example", "8.0.RC1-oe2203sp2", Verdict::fail, 'c');
    parent.reference = "hub.example/openeuler/cann:8.0.RC1-oe2203sp2";
    parent.repository = "openeuler/cann";
    parent.findings = {report.images.front().findings.front(),
                       {.code = "tool-missing", .severity = Severity::error, .component = "python", .claimed = "3.10", .message = "The tag claims Python 3.10; it is not in the image.", .evidence = {},
                        .waived = Waived{"goes with the next release", "infra@example.org", "2026-12-31"}},
                       {.code = "package-foreign", .severity = Severity::warning, .component = "openeuler", .observed = "el9", .message = "12 of 310 packages are built for AlmaLinux or Rocky Linux, not for openEuler.", .evidence = {}}};
    parent.findings.front().suggestion = "8.0.RC1-oe2203sp4";
    parent.findings.front().mend.reset();
    parent.lineage = {report.images.front().lineage.begin() + 1, report.images.front().lineage.end()};
    report.images.push_back(parent);
    ImageReport unknown = image("hub.example", "2.3.0-oe2403lts", Verdict::unknown, 'f');
    unknown.findings = {{.code = "unproven", .severity = Severity::warning, .component = "pytorch", .claimed = "2.3.0", .message = "The tag claims PyTorch 2.3.0; nothing in the image proves or disproves it.",
                         .evidence = {}, .waived = Waived{"source build, see issue 12", "ai-sig", "2026-09-01"}}};
    report.images.push_back(unknown);
    report.waivers = WaiverUse{.findings = 2,
                               .expired = {{.target = "hub.example/openeuler/*:*", .code = "tag-form", .component = "", .waived = {"old spelling", "ai-sig", "2026-01-31"}, .file = "waivers.yml", .line = 9}},
                               .unused = {{.target = "hub.example/openeuler/cuda:*", .code = "sdk-missing", .component = "cuda", .waived = {"not ours", "infra@example.org", "2027-01-31"}, .file = "waivers.yml", .line = 15}}};
    report.bytes_fetched = 2'000'000;
    report.layers_analyzed = 4;
    report.layers_reused = 20;
    return report;
}

}  // namespace veritag::report
