// What is said of an image when its report is attached: an in-toto Statement v1 (in-toto/attestation: spec/v1/statement.md) with a predicate of
// our own, described in docs/attestation.md. A pure form: no network, no clock.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "model/report.h"
#include "report/messages.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::attach {

inline constexpr std::string_view kArtifactType = "application/vnd.veritag.report.v1+json";
inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view kPredicateType = "urn:veritag:report:v1";

/// One platform's image. Of claims, observations and findings evidence is left out.
struct JudgedImage {
    Digest digest;
    std::string platform;  ///< linux/arm64[/v8]
    Verdict verdict = Verdict::unknown;
    std::string grammar;
    std::string tier;      ///< empty where the tag was not understood
    bool partial = false;  ///< layers were read through their tables of contents, so their digests were not proven
    std::vector<Claim> claims;
    std::vector<Observation> observed;
    std::vector<Finding> findings;
};

struct Statement {
    Digest subject;  ///< a platform's manifest, or the index
    std::string tool_version;
    std::string rules_digest;
    std::chrono::sys_seconds judged;
    std::string reference;   ///< what was looked at: `quay.io/openeuler/cann:8.0.RC1-oe2203sp4`
    std::string registry;    ///< under which name it was judged; mostly the reference's own
    std::string repository;
    std::string tag;
    Verdict verdict = Verdict::unknown;  ///< the worst of its images
    std::vector<JudgedImage> images;     ///< the subject alone, or all that the index lists
    [[nodiscard]] std::string name() const { return repository + ':' + tag; }
};

/// By what and when a reference was judged.
struct Judging {
    std::string tool_version;
    std::string rules_digest;
    std::chrono::sys_seconds when;
    /// False where not everything of an index was to be looked at: then nothing is said of the index as a whole.
    bool every_platform = true;
};

/// Something of which nothing is said, and why.
struct LeftOut {
    std::string digest;  ///< empty where it is not known
    std::string platform;
    std::string reason;
    std::optional<report::Text> why = {};  ///< the same in the words of the catalogue, where it has them
};

struct Statements {
    std::vector<Statement> all;  ///< one for each platform, in the index's order, then one for the index
    std::vector<LeftOut> left_out;
};

/// What could not be read is not spoken of, nor is an index with such a part: that a network failed is no property of an image. `tag-moved` is
/// left out of the findings, since it tells what was before.
Statements statements_of(const JudgedReference& judged, const Judging& how);

/// JSON, the same bytes for the same statement. `over_limit` above limits.statement_bytes.
Result<std::string> write_statement(const Statement& statement, const Limits& limits);

/// What write_statement() wrote, with members that are not known here passed over. `malformed` for anything else, also where a verdict is not
/// what the findings or the images say; `unsupported` for another kind of statement; `over_limit`.
Result<Statement> parse_statement(std::string_view body, const Limits& limits);

/// Of the same images on the same platforms, in whatever order.
bool same_images(const Statement& one, const Statement& other);

/// Same subject, name, rules, verdicts and findings. Who said it, when, and in which version of this program does not count.
bool says_the_same(const Statement& one, const Statement& other);

}  // namespace veritag::attach
