// What is kept of images comes back as it was, and nothing else is taken for it.
#include "model/kept.h"

#include <gtest/gtest.h>

namespace veritag {
namespace {

ImageReport sample_image() {
    ImageReport image{.reference = "r/a:1", .registry = "r", .repository = "a", .tag = "1", .index_digest = "sha256:i", .digest = "sha256:m", .platform = "linux/arm64/v8", .diff_ids = {"sha256:d"}};
    image.restored_layers = {0};
    image.partial_layers = {1, 2};
    image.verdict = Verdict::unknown;
    image.error = Error{ErrorCode::malformed, "read", "here", "saw", "hint"};
    image.manifest_absent = true;
    image.grammar = "oeep-0014";
    image.tier = Tier::framework;
    image.dev = true;
    image.claims = {{.component = "cann", .kind = ComponentKind::sdk, .version = "8.0", .from_repository = true, .text = "8.0", .floating = true, .stood_for = {{"2024-01-01", "7"}}, .guessed = true}};
    const Evidence evidence{EvidenceSource::elf, "usr/lib/x", 3, "sha256:d", std::string("det\0ail", 7)};
    image.observed = {{.component = "cann", .kind = ComponentKind::sdk, .version = "8.1", .evidence = {evidence}, .proof = false}};
    image.packages = {1, 2, 3, 4, 5};
    image.lineage = {{"r/os:1", "sha256:o", 2, false}};
    image.findings = {{.code = "sdk-mismatch", .severity = Severity::warning, .component = "cann", .claimed = "8.0", .observed = std::nullopt, .message = "m", .evidence = {evidence}, .suggestion = "8.1", .file = "f", .line = 7}};
    image.problems = {{"p", "broken"}};
    return image;
}

ReadImage sample_read() {
    ReadImage read;
    const Evidence evidence{EvidenceSource::package, "var/lib/rpm", 0, "sha256:d", "x"};
    read.facts = {.diff_ids = {"sha256:d"},
                  .observations = {{.component = "x", .version = "1", .evidence = {evidence}}},
                  .facts = {{"torch", "cuda", "12", evidence}},
                  .facts_read = {"torch"},
                  .packages = {{PackageType::deb, "n", "v", "a", "p", 2}},
                  .problems = {{"", "m"}},
                  .packages_complete = true,
                  .could_hold = {{"cann", {evidence}}},
                  .placeholders = {{"llm", {}}},
                  .application_elsewhere = {evidence},
                  .foreign_packages = {{"arm64", 1, 2, {evidence}}},
                  .foreign_code = {{"amd64", 3, 4, {}}}};
    read.restored_layers = {1};
    read.partial_layers = {2};
    read.forged = {{3, "sha256:a", "sha256:b"}};
    return read;
}

TEST(Kept, ComesBackWhole) {
    const JudgedReference judged{"sha256:t", {sample_image(), ImageReport{}}, {{"r/a:1", "sha256:s", "attestation"}}, {{7, sample_image()}}};
    const std::string bytes = serialise(judged);
    const Result<JudgedReference> back = deserialise_judged_reference(bytes);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(serialise(*back), bytes) << "every field is in the form, so equal forms are equal values";
    EXPECT_EQ(back->images[0].findings[0].evidence[0], sample_image().findings[0].evidence[0]);
    EXPECT_EQ(back->images[0].claims, sample_image().claims);
    EXPECT_EQ(back->images[0].error->saw, "saw");

    const std::string image = serialise(sample_read());
    const Result<ReadImage> read = deserialise_read_image(image);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(serialise(*read), image);
    EXPECT_EQ(read->facts.packages, sample_read().facts.packages);
    EXPECT_EQ(read->forged[0].observed, "sha256:b");

    Report outcome{.tool_version = "1", .rules_digest = "d", .generated = "g", .findings = sample_image().findings, .bytes_fetched = 9, .layers_analyzed = 8, .layers_reused = 7};
    outcome.targets = {{"t", "catalog", 1, 2, {"note"}, Error{ErrorCode::auth, "a", "b", "c", "d"}}};
    const Result<Report> report = deserialise_report(serialise(outcome));
    ASSERT_TRUE(report);
    EXPECT_EQ(serialise(*report), serialise(outcome));
    EXPECT_EQ(report->targets[0].error->code, ErrorCode::auth);
}

TEST(Kept, NothingShortenedOrAlteredPassesForIt) {
    const std::string bytes = serialise(sample_read());
    for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_FALSE(deserialise_read_image(bytes.substr(0, length))) << length;
    EXPECT_FALSE(deserialise_read_image(bytes + '\0'));
    EXPECT_FALSE(deserialise_judged_reference(bytes));
    // Whatever a byte becomes, reading ends, and without memory for what is not there (the sanitizers look on).
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string other = bytes;
        other[at] = static_cast<char>(other[at] ^ 0xFF);
        (void)deserialise_read_image(other);
    }
}

}  // namespace
}  // namespace veritag
