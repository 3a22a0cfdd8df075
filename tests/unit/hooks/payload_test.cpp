// What each sender's payload is read as; the payloads stand in tests/data/hooks.
#include "base/text.h"
#include "hook_file.h"
#include "hooks/hook.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace veritag::hooks {
namespace {

const std::filesystem::path kData = std::filesystem::path(VERITAG_SOURCE_DIR) / "tests/data/hooks";

std::string read_file(const std::string& name) {
    std::ifstream in(kData / (name + ".http"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Digests by their first four digits.
std::string short_of(const Digest& digest) { return std::string(digest.hex().substr(0, 4)); }

std::string to_text(const Result<HookEvents>& found) {
    if (!found) return found.error().message();
    std::string text;
    for (const PushEvent& event : found->events) {
        text += event.repository;
        if (!event.tag.empty()) text += ':' + event.tag;
        if (event.digest) text += '@' + short_of(*event.digest);
        if (!event.media_type.empty()) text += " " + event.media_type.substr(event.media_type.find_first_of('.') + 1);
        if (!event.event_id.empty()) text += " id=" + event.event_id;
        if (!event.actor.empty()) text += " by=" + event.actor;
        if (!event.registry_named.empty()) text += " at=" + event.registry_named;
        text += '\n';
    }
    for (const std::string& reason : found->ignored) text += "- " + reason + '\n';
    return text;
}

struct PayloadCase {
    const char* name;
    SenderKind kind;
    const char* file;
    const char* reads;
};
void PrintTo(const PayloadCase& c, std::ostream* out) { *out << c.name; }

class Payload : public testing::TestWithParam<PayloadCase> {};

TEST_P(Payload, IsRead) {
    const std::string text = read_file(GetParam().file);
    ASSERT_FALSE(text.empty());
    const Result<HookEvents> found = parse_hook(GetParam().kind, read_hook_file(text), Limits{});
    EXPECT_EQ(to_text(found), GetParam().reads);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->entries, found->events.size() + found->ignored_entries);
}

INSTANTIATE_TEST_SUITE_P(
    Documented, Payload,
    testing::Values(
        PayloadCase{"Distribution2", SenderKind::distribution, "distribution-2",
                    "openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2@e879 docker.distribution.manifest.v2+json "
                    "id=5f0b3c1a-7d52-4f0e-9d7e-0d7a5f7c2a11 by=ci at=hub.example:5000\n"},
        PayloadCase{"Distribution3", SenderKind::distribution, "distribution-3-mixed",
                    "openeuler/cann:8.0.RC1-oe2203sp4@1bc0 oci.image.index.v1+json id=event-3 at=hub.example:5000\n"
                    "openeuler/cann@f691 oci.image.manifest.v1+json id=event-4 at=hub.example:5000\n"
                    "- no manifest, but \"application/octet-stream\"\n"
                    "- action \"mount\"\n"
                    "- artifact of type application/vnd.oci.empty.v1+json\n"
                    "- tag \"sha256-f69162950f235e3cdbbad33f1f912d1a504be90d8a37d002c735d6f3e3882265\" keeps what is attached to an image\n"
                    "- action \"pull\"\n"
                    "- action \"delete\"\n"},
        PayloadCase{"Azure", SenderKind::distribution, "distribution-azure",
                    "openeuler/openeuler:24.03-lts@2cf2 docker.distribution.manifest.v2+json id=a8f3d6b1-0004-4b9e-9c3d-000000000001 at=acme.azurecr.io\n"},
        PayloadCase{"Harbor", SenderKind::harbor, "harbor-push", "openeuler/cann:8.1.RC1-oe2403lts@fddf by=robot$openeuler+ci at=harbor.example\n"},
        PayloadCase{"HarborByDigest", SenderKind::harbor, "harbor-push-by-digest", "openeuler/cann@fddf by=robot$openeuler+ci at=harbor.example\n"},
        PayloadCase{"HarborCloudEvents", SenderKind::harbor, "harbor-cloudevents",
                    "openeuler/cann:8.1.RC1-oe2403lts@fddf id=3f1d7c52-0002-4e0a-9b7c-000000000001 by=admin at=harbor.example\n"},
        PayloadCase{"HarborPull", SenderKind::harbor, "harbor-pull", "- event \"PULL_ARTIFACT\"\n"},
        PayloadCase{"HarborScan", SenderKind::harbor, "harbor-scan", "- event \"SCANNING_COMPLETED\"\n"},
        PayloadCase{"Quay", SenderKind::quay, "quay-push",
                    "openeuler/vllm:0.8.5-oe2403lts at=quay.example\nopeneuler/vllm:latest at=quay.example\n"},
        PayloadCase{"OldQuay", SenderKind::quay, "quay-push-old", "openeuler/vllm:latest at=quay.example\n"},
        PayloadCase{"QuayBuild", SenderKind::quay, "quay-build", "- no \"updated_tags\": no push\n"},
        PayloadCase{"DockerHub", SenderKind::dockerhub, "dockerhub", "openeuler/redis:7.2.4-oe2203sp3 by=openeulerci at=hub.docker.com\n"},
        PayloadCase{"GitHub", SenderKind::github, "github-published",
                    "openeuler-ai/mindspore:2.3.0-cann8.0.RC1-oe2203sp4@f785 oci.image.manifest.v1+json "
                    "id=0d9d6a40-7e4b-11f0-8f6e-000000000001 by=builder at=ghcr.example\n"},
        PayloadCase{"GitHubForm", SenderKind::github, "github-form",
                    "openeuler-ai/mindspore:2.3.0-cann8.0.RC1-oe2203sp4@f785 oci.image.manifest.v1+json "
                    "id=0d9d6a40-7e4b-11f0-8f6e-000000000001 by=builder at=ghcr.example\n"},
        PayloadCase{"GitHubUntagged", SenderKind::github, "github-untagged",
                    "openeuler-ai/mindspore@5634 oci.image.manifest.v1+json id=0d9d6a40-7e4b-11f0-8f6e-000000000001 by=builder at=ghcr.example\n"},
        PayloadCase{"GitHubSignature", SenderKind::github, "github-signature", "- tag \"sha256-f785c3ce1d580c8f22c1db8a14cf1268e44279ff5d461361dbbfaf19e8b11578.sig\" keeps what is attached to an image\n"},
        PayloadCase{"GitHubArtifact", SenderKind::github, "github-artifact", "- artifact of type application/vnd.cncf.helm.config.v1+json\n"},
        PayloadCase{"GitHubNpm", SenderKind::github, "github-npm", "- a package of type \"npm\"\n"},
        PayloadCase{"GitHubPing", SenderKind::github, "github-ping", "- event \"ping\"\n"},
        PayloadCase{"Gitea", SenderKind::gitea, "gitea-created",
                    "openeuler/llm/chatglm2:chatglm2_6b-pytorch2.1.0-oe2203sp2 id=6b1f0f5e-3f0c-4a57-8a3c-000000000001 by=ci at=git.example:3000\n"},
        PayloadCase{"GiteaByDigest", SenderKind::gitea, "gitea-digest",
                    "openeuler/llm/chatglm2@2bf5 id=6b1f0f5e-3f0c-4a57-8a3c-000000000001 by=ci at=git.example:3000\n"},
        PayloadCase{"GiteaDeleted", SenderKind::gitea, "gitea-deleted", "- action \"deleted\"\n"},
        PayloadCase{"GiteaRpm", SenderKind::gitea, "gitea-rpm", "- a package of type \"rpm\"\n"},
        PayloadCase{"GiteaPushOfCode", SenderKind::gitea, "gitea-push", "- event \"push\"\n"},
        PayloadCase{"Zot", SenderKind::zot, "zot-binary",
                    "openeuler/cann:8.0.RC1-oe2203sp4@f6ad oci.image.manifest.v1+json id=1f0e6f0a-8a1b-4c0d-9d1f-000000000001\n"},
        PayloadCase{"ZotByDigest", SenderKind::zot, "zot-binary-by-digest",
                    "openeuler/cann@f6ad oci.image.manifest.v1+json id=1f0e6f0a-8a1b-4c0d-9d1f-000000000001\n"},
        PayloadCase{"ZotStructured", SenderKind::zot, "zot-structured",
                    "openeuler/cann:8.0.RC1-oe2203sp4@f6ad oci.image.manifest.v1+json id=1f0e6f0a-8a1b-4c0d-9d1f-000000000002 by=ci at=zot.example:5000\n"},
        PayloadCase{"ZotReport", SenderKind::zot, "zot-report", "- artifact of type application/vnd.example.report.v1+json\n"},
        PayloadCase{"ZotDeleted", SenderKind::zot, "zot-deleted", "- event \"zotregistry.image.deleted\"\n"},
        PayloadCase{"ZotRepository", SenderKind::zot, "zot-repository", "- event \"zotregistry.repository.created\"\n"},
        PayloadCase{"Generic", SenderKind::generic, "generic", "openeuler/cann:8.0.RC1-oe2203sp4@fddf id=build-4711 by=jenkins at=hub.example\n"},
        PayloadCase{"GenericList", SenderKind::generic, "generic-list",
                    "openeuler/cann:a id=build-4712\nopeneuler/pytorch@e879 id=build-4712\n- neither tag nor digest\n"}),
    [](const testing::TestParamInfo<PayloadCase>& c) { return c.param.name; });

TEST(Payloads, AreAllInTheTable) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kData)) files += entry.path().extension() == ".http" ? 1 : 0;
    EXPECT_EQ(files, 32U);
}

// ---- single fields ----

struct BodyCase {
    const char* name;
    SenderKind kind;
    const char* body;
    const char* reads;
};
void PrintTo(const BodyCase& c, std::ostream* out) { *out << c.name; }

class Body : public testing::TestWithParam<BodyCase> {};

TEST_P(Body, IsRead) {
    HookRequest request{.method = "POST", .headers = {{"Content-Type", "application/json"}}, .path_rest = "", .query = "", .body = GetParam().body};
    if (GetParam().kind == SenderKind::github) request.headers.emplace_back("x-github-event", "package");
    if (GetParam().kind == SenderKind::gitea) request.headers.emplace_back("X-FORGEJO-EVENT", "package");
    if (GetParam().kind == SenderKind::zot) request.headers.emplace_back("ce-type", "x.image.updated");
    EXPECT_EQ(to_text(parse_hook(GetParam().kind, request, Limits{})), GetParam().reads);
}

#define HEX64 "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define HOW_TO_WRITE_IT "; write {\"repository\": \"a/b\", \"tag\": \"1.0\"}, or a list of these under \"images\""
#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"

INSTANTIATE_TEST_SUITE_P(
    Names, Body,
    testing::Values(
        BodyCase{"UpperCase", SenderKind::generic, R"({"repository":"A/b","tag":"1"})", "- \"A/b\" is no repository name\n"},
        BodyCase{"DotDot", SenderKind::generic, R"({"repository":"a/../b","tag":"1"})", "- \"a/../b\" is no repository name\n"},
        BodyCase{"Nul", SenderKind::generic, R"({"repository":"a\u0000b","tag":"1"})", "- \"a\\x00b\" is no repository name\n"},
        BodyCase{"NoRepository", SenderKind::generic, R"({"repositor":"a","tag":"1"})", "read webhook: an image without \"repository\"" HOW_TO_WRITE_IT},
        BodyCase{"NeitherTagNorDigest", SenderKind::generic, R"({"repository":"a","tag":5})", "- neither tag nor digest\n"},
        BodyCase{"BadTag", SenderKind::generic, R"({"repository":"a","tag":"x y"})", "- \"x y\" is no tag\n"},
        BodyCase{"TagOfAPath", SenderKind::generic, R"({"repository":"a","tag":"../x"})", "- \"../x\" is no tag\n"},
        BodyCase{"DigestAsTag", SenderKind::generic, R"({"repository":"a","tag":"sha256:)" HEX64 R"("})", "a@4413\n"},
        BodyCase{"BadDigestAsTag", SenderKind::generic, R"({"repository":"a","tag":"sha256:12"})", "- \"sha256:12\" is no digest that is known\n"},
        BodyCase{"BadDigestBesideTag", SenderKind::generic, R"({"repository":"a","tag":"1","digest":"sha256:12"})",
                 "a:1\n- tag \"1\" comes without its digest: \"sha256:12\" is none that is known\n"},
        BodyCase{"UnknownAlgorithm", SenderKind::generic, R"({"repository":"a","digest":"blake3:)" HEX64 R"("})",
                 "- \"blake3:" HEX64 "\" is no digest that is known\n"},
        BodyCase{"UpperCaseDigest", SenderKind::generic, R"({"repository":"a","digest":"sha256:44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A"})",
                 "- \"sha256:44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A\" is no digest that is known\n"},
        BodyCase{"TagOfReferrers", SenderKind::generic, R"({"repository":"a","tag":"sha256-)" HEX64 R"("})",
                 "- tag \"sha256-" HEX64 "\" keeps what is attached to an image\n"},
        BodyCase{"TagOfCosign", SenderKind::generic, R"({"repository":"a","tag":"sha256-)" HEX64 R"(.att"})",
                 "- tag \"sha256-" HEX64 ".att\" keeps what is attached to an image\n"},
        BodyCase{"TagLikeReferrers", SenderKind::generic, R"({"repository":"a","tag":"sha256-1234"})", "a:sha256-1234\n"},
        BodyCase{"ControlsInMessages", SenderKind::generic, R"({"repository":"a","tag":"1","id":"x\u001b[2J\n","actor":"\u0085","registry":"r"})",
                 "a:1 id=x\\x1b[2J\\x0a by=\\xc2\\x85 at=r\n"}),
    [](const testing::TestParamInfo<BodyCase>& c) { return c.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OtherForms, Body,
    testing::Values(
        BodyCase{"DistributionNothing", SenderKind::distribution, "{}", "- no list \"events\"\n"},
        BodyCase{"DistributionNoEvents", SenderKind::distribution, R"({"events":[]})", ""},
        BodyCase{"DistributionNull", SenderKind::distribution, R"({"events":null})", "- no list \"events\"\n"},
        BodyCase{"DistributionTypes", SenderKind::distribution, R"({"events":[1,"push",[],{"action":"push","target":3},{"action":["push"]}]})",
                 "- action \"\"\n- action \"\"\n- action \"\"\n- a push without target\n- action \"\"\n"},
        BodyCase{"DistributionWithoutType", SenderKind::distribution,
                 R"({"events":[{"action":"push","target":{"repository":"a","digest":"sha256:)" HEX64 R"("}},{"action":"push","target":{"repository":"a","tag":"1"}}]})",
                 "a:1\n- a push without media type and tag\n"},
        BodyCase{"DistributionArtifactType", SenderKind::distribution,
                 R"({"events":[{"action":"push","target":{"mediaType":")" OCI_MANIFEST R"(","artifactType":"x/y","repository":"a","tag":"1"}}]})",
                 "- artifact of type x/y\n"},
        BodyCase{"DistributionSchema1", SenderKind::distribution,
                 R"({"events":[{"action":"push","target":{"mediaType":"application/vnd.docker.distribution.manifest.v1+prettyjws","repository":"a","tag":"1"}}]})",
                 "a:1 docker.distribution.manifest.v1+prettyjws\n"},
        BodyCase{"AzureChart", SenderKind::distribution, R"({"action":"chart_push","target":{"mediaType":"application/vnd.acr.helm.chart","repository":"repo","tag":"1"}})",
                 "- action \"chart_push\"\n"},
        BodyCase{"HarborNothing", SenderKind::harbor, "{}", "- event \"\"\n"},
        BodyCase{"HarborTest", SenderKind::harbor, R"({"type":"PUSH_ARTIFACT","event_data":{}})", "- event \"PUSH_ARTIFACT\" without a list \"resources\"\n"},
        BodyCase{"HarborNoData", SenderKind::harbor, R"({"type":"PUSH_ARTIFACT"})", "- event \"PUSH_ARTIFACT\" without a list \"resources\"\n"},
        BodyCase{"HarborNewTag", SenderKind::harbor,
                 R"({"type":"CREATE_TAG","event_data":{"resources":[{"tag":"1"}],"repository":{"namespace":"p","name":"a/b"}}})", "p/a/b:1\n"},
        BodyCase{"HarborEmptyEvent", SenderKind::harbor, R"({"specversion":"1.0","type":"harbor.artifact.pushed"})",
                 "- event \"harbor.artifact.pushed\" without a list \"resources\"\n"},
        BodyCase{"QuayTypes", SenderKind::quay, R"({"repository":"a/b","updated_tags":[1,null,"x"]})", "a/b:x\n- a tag that is no text\n- a tag that is no text\n"},
        BodyCase{"QuayParts", SenderKind::quay, R"({"namespace":"a","name":"b","updated_tags":["x"]})", "a/b:x\n"},
        BodyCase{"QuayNumber", SenderKind::quay, R"({"repository":"a/b","updated_tags":7})", "- no \"updated_tags\": no push\n"},
        BodyCase{"HubNothing", SenderKind::dockerhub, R"({"repository":{"repo_name":"a/b"}})", "- no \"push_data\"\n"},
        BodyCase{"HubWithoutTag", SenderKind::dockerhub, R"({"push_data":{},"repository":{"repo_name":"a/b"}})", "- neither tag nor digest\n"},
        BodyCase{"HubIsNoPlaceToConnect", SenderKind::dockerhub,
                 R"({"push_data":{"tag":"1"},"repository":{"repo_name":"a/b","repo_url":"http://user:secret@169.254.169.254/latest"}})", "a/b:1 at=169.254.169.254\n"},
        BodyCase{"GitHubPackage", SenderKind::github,
                 R"({"action":"updated","package":{"name":"B","owner":{"login":"A"},"package_type":"docker","package_version":{"version":"sha256:)" HEX64 R"("}}})", "a/b@4413\n"},
        BodyCase{"GitHubDeleted", SenderKind::github, R"({"action":"deleted","package":{}})", "- action \"deleted\"\n"},
        BodyCase{"GitHubOtherEvent", SenderKind::github, R"({"action":"published","registry_package":{}})", "- event \"package\"\n"},
        BodyCase{"GitHubNulls", SenderKind::github, R"({"action":"published","package":{"ecosystem":"CONTAINER","name":"b","namespace":"a","package_version":null}})",
                 "- neither tag nor digest\n"},
        BodyCase{"GiteaNulls", SenderKind::gitea, R"({"action":"created","package":{"type":"container","owner":null,"name":"b","version":"1"}})",
                 "- \"/b\" is no repository name\n"},
        BodyCase{"ZotBrokenManifest", SenderKind::zot, R"({"name":"a","reference":"1","manifest":"{\"subject\":"})", "a:1\n"},
        BodyCase{"ZotSubject", SenderKind::zot, R"({"name":"a","reference":"1","manifest":"{\"subject\":{}}"})", "- attached to another manifest\n"},
        // Engines run what has an image config, so an artifactType beside it hides nothing.
        BodyCase{"ZotImageWithArtifactType", SenderKind::zot,
                 R"({"name":"a","reference":"1","manifest":"{\"artifactType\":\"x/y\",\"subject\":{},\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\"}}"})",
                 "a:1\n"},
        BodyCase{"GenericTypes", SenderKind::generic, R"({"images":[{"repository":"a","tag":"1"},{"repository":["a"]}]})", "read webhook: an image without \"repository\"" HOW_TO_WRITE_IT},
        BodyCase{"GenericNumber", SenderKind::generic, R"({"images":[1]})", "read webhook: an image without \"repository\"" HOW_TO_WRITE_IT},
        BodyCase{"GenericNoList", SenderKind::generic, R"({"images":{"repository":"a"}})", "read webhook: \"images\" is no list" HOW_TO_WRITE_IT}),
    [](const testing::TestParamInfo<BodyCase>& c) { return c.param.name; });

TEST(ZotPayload, NeedsACloudEvent) {
    const HookRequest request{.method = "POST", .headers = {}, .path_rest = "", .query = "", .body = R"({"name":"a","reference":"1"})"};
    EXPECT_EQ(to_text(parse_hook(SenderKind::zot, request, Limits{})), "- no CloudEvent: neither a header ce-type nor \"specversion\"\n");
}

TEST(DedupeKey, IsTheSendersNameAndTheImage) {
    PushEvent event{.event_id = "1", .repository = "a/b", .tag = "t", .digest = sha256_of("{}"), .media_type = "", .actor = "x", .registry_named = "y"};
    EXPECT_EQ(dedupe_key("hub", event), "hub a/b:t@sha256:" HEX64);
    event.event_id = "2";
    event.actor = "z";
    EXPECT_EQ(dedupe_key("hub", event), "hub a/b:t@sha256:" HEX64);
    event.tag.clear();
    EXPECT_EQ(dedupe_key("hub", event), "hub a/b@sha256:" HEX64);
    event.tag = "t";
    event.digest.reset();
    EXPECT_EQ(dedupe_key("hub", event), "hub a/b:t");
    EXPECT_NE(dedupe_key("other", event), "hub a/b:t");
}

}  // namespace
}  // namespace veritag::hooks
