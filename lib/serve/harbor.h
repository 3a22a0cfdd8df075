// What a scan found, as Harbor's scanner interface wants it (goharbor/pluggable-scanner-spec: api/spec/scanner-adapter-openapi-v1.2.yaml).
// Harbor knows vulnerabilities only, so findings come as rows of that kind which say that they are none: compliance, with ids of our own.
#pragma once

#include "model/report.h"

#include <string>
#include <string_view>

namespace veritag::serve {

/// The list `vulnerabilities` as a JSON text. Ids carry the digest of the rules, since Harbor never renews a row's text; rows with the same id,
/// package and version are one.
std::string harbor_rows(const Report& report, std::string_view rules_digest);

/// The highest of the rows' severities in Harbor's words; empty where there is no row.
std::string harbor_severity(std::string_view rows);

}  // namespace veritag::serve
