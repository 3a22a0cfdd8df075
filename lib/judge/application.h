// Plain applications (oEEP-0005): no rule knows them, but a package of the same name shows its version.
#pragma once

#include "judge/case_view.h"
#include "model/image_facts.h"
#include "model/package.h"
#include "rules/rules.h"

#include <string>
#include <string_view>

namespace veritag::judge {

/// A package's version without what its packager added: `1:2.1.0-3.oe2403` is 2.1.0, deb and apk likewise.
std::string upstream_version(const Package& package);

/// Tags write versions freely (`26-05-1-1`, `v3.4.2-release`, `chroma-3-44-0`), so only the numbers count, up to the first word that is
/// none. `differs` needs two numbers that differ; what is less precise, or has words instead, is `unclear`.
rules::Match compare_application_versions(std::string_view claimed, std::string_view observed);

/// A package as evidence.
Evidence evidence_of(const Package& package, const ImageFacts& facts);

/// Names of packages and repositories after folding case and separators: `Apache_Kafka` is `apache-kafka`.
std::string application_name(std::string_view name);

/// A package or distribution of the application's name shows its version.
ClaimVerdict judge_application(const CaseView& view, const Claim& claim);

}  // namespace veritag::judge
