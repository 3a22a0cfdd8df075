#include "sample.h"

namespace veritag::report {
namespace {

const std::string kDigestA = "sha256:" + std::string(64, 'a');
const std::string kDigestB = "sha256:" + std::string(64, 'b');

Evidence file(std::string path, int layer, std::string detail) {
    return {.source = EvidenceSource::file, .path = std::move(path), .layer = layer, .diff_id = kDigestB, .detail = std::move(detail)};
}

ImageReport image(std::string repository, std::string tag, std::string platform, Verdict verdict) {
    ImageReport result;
    result.reference = "127.0.0.1:5000/" + repository + ":" + tag;
    result.registry = "127.0.0.1:5000";
    result.repository = std::move(repository);
    result.tag = std::move(tag);
    result.digest = kDigestA;
    result.platform = std::move(platform);
    result.verdict = verdict;
    result.grammar = "oeep-0014";
    return result;
}

ImageReport passing(const std::string& platform) {
    ImageReport good = image("openeuler/cann", "8.0.RC1-oe2203sp4", platform, Verdict::pass);
    good.tier = Tier::sdk;
    good.findings.push_back({.code = "tag-short", .severity = Severity::info, .component = "cann", .claimed = "8.0.RC1",
                             .message = "\"8.0.RC1\" names no component; the repository does: it is read as Ascend CANN 8.0.RC1.", .evidence = {}});
    return good;
}

ImageReport failing() {
    ImageReport bad = image("openeuler/pytorch", "2.1.0-cann7.0.RC1-oe2203sp2", "linux/arm64", Verdict::fail);
    bad.index_digest = kDigestB;
    bad.diff_ids = {kDigestB, kDigestA, kDigestB};
    bad.partial_layers = {0, 2};
    bad.restored_layers = {1};
    bad.build_steps = {{0, "ADD openEuler-docker-rootfs.aarch64.tar.xz / # buildkit"}, {2, "RUN pip install torch==2.1.0 |\nthat spans lines"}};
    bad.tier = Tier::framework;
    bad.claims = {{.component = "pytorch", .kind = ComponentKind::framework, .version = "2.1.0", .from_repository = true, .text = "2.1.0"},
                  {.component = "cann", .kind = ComponentKind::sdk, .version = "7.0.RC1", .text = "cann7.0.RC1"},
                  {.component = "openeuler", .kind = ComponentKind::os, .version = "22.03-LTS-SP2", .text = "oe2203sp2"}};
    bad.observed = {{.component = "openeuler", .kind = ComponentKind::os, .version = "22.03-LTS-SP4",
                     .evidence = {file("etc/os-release", 0, "VERSION=\"22.03 (LTS-SP4)\"")}},
                    {.component = "pytorch", .kind = ComponentKind::framework, .version = "2.1.0+cpu",
                     .evidence = {file("usr/lib/python3.9/site-packages/torch-2.1.0.dist-info/METADATA", 2, "Version: 2.1.0+cpu")}},
                    {.component = "cann", .kind = ComponentKind::sdk, .version = "7.0.RC1",
                     .evidence = {{.source = EvidenceSource::environment, .path = "CANN_VERSION", .detail = "7.0.RC1"}}, .proof = false}};
    bad.packages = {.rpm = 312, .python = 41};
    bad.package_list = {{.type = PackageType::rpm, .name = "bash", .version = "5.1.8-6.oe2203sp4", .arch = "aarch64", .path = "var/lib/rpm/rpmdb.sqlite", .layer = 0},
                        {.type = PackageType::python, .name = "torch", .version = "2.1.0+cpu", .arch = "", .path = "usr/lib/python3.9/site-packages", .layer = 2}};
    bad.lineage = {{.reference = "127.0.0.1:5000/openeuler/cann:7.0.RC1-oe2203sp4", .digest = kDigestB, .layers = 3, .current = true}};
    bad.findings = {{.code = "os-mismatch", .severity = Severity::error, .component = "openeuler", .claimed = "22.03-LTS-SP2", .observed = "22.03-LTS-SP4",
                     .message = "The tag claims openEuler 22.03-LTS-SP2; the image holds openEuler 22.03-LTS-SP4.",
                     .evidence = {file("etc/os-release", 0, "VERSION=\"22.03 (LTS-SP4)\""), file("etc/openEuler-release", 0, "openEuler release 22.03 (LTS-SP4)"),
                                  {.source = EvidenceSource::package, .path = "var/lib/rpm/rpmdb.sqlite", .layer = 0, .diff_id = kDigestB, .detail = "openEuler-release 22.03LTS_SP4"},
                                  file("usr/lib/os-release", 0, "VERSION_ID=\"22.03\"")},
                     .suggestion = "2.1.0-cann7.0.RC1-oe2203sp4"},
                    {.code = "unproven", .severity = Severity::warning, .component = "cann", .claimed = "7.0.RC1",
                     .message = "The tag claims Ascend CANN 7.0.RC1; only the image's own settings name it, and settings prove nothing.",
                     .evidence = {{.source = EvidenceSource::environment, .path = "CANN_VERSION", .detail = "7.0.RC1"}}},
                    {.code = "tag-short", .severity = Severity::info, .component = "pytorch", .message = "\"2.1.0\" names no component; the repository does: it is read as PyTorch 2.1.0.", .evidence = {}}};
    bad.problems = {{.path = "opt/a\x1b[31mb", .message = "read Python metadata: opt/a @0: its header has no Version"}};
    return bad;
}

}  // namespace

Report sample_report() {
    Report report;
    report.tool_version = "0.1.0";
    report.rules_digest = kDigestA;
    report.generated = "2026-08-22T10:00:00Z";
    report.images = {passing("linux/amd64"), passing("linux/arm64"), failing()};

    ImageReport unread = image("openeuler/secret", "1", "", Verdict::error);
    unread.error = Error{ErrorCode::auth, "fetch manifest", "127.0.0.1:5000/openeuler/secret:1", "HTTP 401: it asks for a user name and password", "log in with --username and --password-stdin, or name a file with --authfile"};
    report.images.push_back(unread);

    ImageReport undecided = image("openeuler/distroless", "2.0-oe2403sp1", "linux/amd64", Verdict::unknown);
    undecided.findings = {{.code = "unproven", .severity = Severity::warning, .component = "openeuler", .claimed = "24.03-LTS-SP1",
                           .message = "The tag claims openEuler 24.03-LTS-SP1; nothing in the image proves or disproves it.", .evidence = {}}};
    report.images.push_back(undecided);

    ImageReport odd = image("openeuler/cuda", "oe2403lts-cuda12.2.0", "linux/amd64", Verdict::warn);
    odd.reference = "oci:build/out";
    odd.registry = "";
    odd.findings = {{.code = "tag-order", .severity = Severity::warning, .message = "The parts are understood, but the rule puts them in the order llm, app, framework, sdk, os; rightly spelt it is \"cuda12.2.0-oe2403lts\".",
                     .evidence = {}, .suggestion = "cuda12.2.0-oe2403lts"}};
    odd.observed = {{.component = "bad\xff" "bytes", .kind = ComponentKind::tool, .version = "1", .evidence = {}}};
    report.images.push_back(odd);

    report.skipped = {{.reference = "127.0.0.1:5000/openeuler/cann:8.0.RC1-oe2203sp4", .digest = kDigestB, .reason = "attestation of " + kDigestA}};
    report.bytes_fetched = 123'456'789;
    report.layers_analyzed = 9;
    report.layers_reused = 3;
    return report;
}

Report lint_report() {
    Report report;
    report.tool_version = "0.1.0";
    report.rules_digest = kDigestA;
    report.generated = "2026-08-22T10:00:00Z";
    report.tree = TreeCoverage{2, 5, 4};
    report.findings = {
        {.code = "base-floating", .severity = Severity::warning, .component = "openeuler", .claimed = "22.03-LTS", .observed = "22.03-LTS-SP4",
         .message = "The final base \"openeuler/openeuler:22.03\" moves (today it is openEuler 22.03-LTS-SP4), so that the same Dockerfile gives another image some day. Name a version.", .evidence = {}, .file = "AI/cann/8.2/22.03-lts/Dockerfile", .line = 3},
        {.code = "os-mismatch", .severity = Severity::error, .component = "openeuler", .claimed = "24.03-LTS-SP4", .observed = "24.03-LTS",
         .message = "The tag 13.0.0-python3.10-oe2403sp4 claims openEuler 24.03-LTS-SP4; its final base \"openeuler/python:3.10.17-oe2403lts\" is openEuler 24.03-LTS. Start from openeuler/python:3.10.17-oe2403sp4.",
         .evidence = {},
         .file = "AI/cuda/13.0.0-python3.10/24.03-lts-sp4/Dockerfile", .line = 1,
         .mend = LineMend{"AI/cuda/13.0.0-python3.10/24.03-lts-sp4/Dockerfile", 1, "ARG BASE=openeuler/python:3.10.17-oe2403lts # ü", "ARG BASE=openeuler/python:3.10.17-oe2403sp4 # ü"}},
        {.code = "os-mismatch", .severity = Severity::error, .component = "openeuler", .claimed = "22.03-LTS-SP3", .observed = "Rocky Linux 9",
         .message = "The tag 1.0.0.gpu-oe2203sp3 claims openEuler 22.03-LTS-SP3; its final base \"nvidia/cuda:12.1.1-devel-rockylinux9\" is Rocky Linux 9. Start from an image of openEuler 22.03-LTS-SP3, or change the tag.",
         .evidence = {}, .file = "AI/llm server/Dockerfile", .line = 7},
        {.code = "tag-form", .severity = Severity::warning, .component = "openeuler", .message = "The tag \"2.5.0-oe2403LTS\": \"oe2403LTS\" is understood as openEuler 24.03-LTS, but not spelt as the rule says; rightly spelt it is \"2.5.0-oe2403lts\".",
         .evidence = {}, .suggestion = "2.5.0-oe2403lts",
         .file = "Others/tempo/meta.yml", .line = 4},
        {.code = "catalog-invalid", .severity = Severity::error, .message = "The file is not right: not YAML: bad\x1b[2Jconversion.", .evidence = {}, .file = "Others/x/meta.yml", .line = 2},
        {.code = "unproven", .severity = Severity::info, .message = "The final base \"$BASE\" cannot be told: $BASE has no default, so it was not judged.", .evidence = {},
         .file = "Others/y/Dockerfile", .line = 0}};
    return report;
}

Report hostile_report() {
    // Escapes, line ends, invalid UTF-8, C1 controls, ends of strings, the placeholder of identifiers, separators of URLs, NUL.
    const std::string evil = "a\x1b[2J\r\n\x07\xff\xc2\x9b\"\\</script>00000000-0000-0000-0000-000000000000/../:@?&=#%" + std::string(1, '\0');
    Report report = sample_report();
    report.images.resize(2);
    report.images[1].error = Error{ErrorCode::io, evil, evil, evil, evil};
    report.skipped = {{.reference = evil, .digest = evil, .reason = evil}};
    for (ImageReport& image : report.images) {
        image.reference = image.registry = image.repository = image.tag = image.platform = image.digest = evil;
        image.diff_ids = {evil, evil};
        image.build_steps = {{99, evil}};
        image.problems.push_back({.path = evil, .message = evil});
        const Evidence evidence{.source = EvidenceSource::elf, .path = evil, .layer = 99, .diff_id = evil, .detail = evil};
        image.observed = {{.component = evil, .kind = ComponentKind::os, .version = evil, .evidence = {evidence}},
                          {.component = "", .kind = ComponentKind::llm, .version = "", .evidence = {}}};
        for (const PackageType type : {PackageType::rpm, PackageType::deb, PackageType::apk, PackageType::python, PackageType::conda}) {
            image.package_list.push_back({.type = type, .name = evil, .version = evil, .arch = evil, .path = evil, .layer = 1});
            image.package_list.push_back({.type = type, .name = "", .version = "", .arch = "", .path = "", .layer = -1});
        }
        image.findings.push_back({.code = evil, .component = evil, .claimed = evil, .observed = evil, .message = evil, .evidence = {evidence}, .suggestion = evil});
    }
    return report;
}

Explanation sample_explanation() {
    const ImageReport bad = failing();
    return {.reference = bad.reference, .grammar = bad.grammar, .tier = bad.tier, .dev = true, .claims = bad.claims,
            .findings = {bad.findings.back()}, .expected_parents = {{"cann", "7.0.RC1"}, {"openeuler", "22.03-LTS-SP2"}}};
}

}  // namespace veritag::report
