// Reads the evidence rules of a pack. Only the loader's own files include this.
#pragma once

#include "rules/pack_reader.h"
#include "rules/rules.h"

#include <string>

namespace veritag::rules {

/// `extra` are keys of the surrounding thing (a fact's `name`).
EvidenceRule read_evidence_rule(PackReader& reader, const YamlNode& node, const std::string& chain, const Words& extra);
/// The table that the rule names must be one of the component's.
void check_table(PackReader& reader, const YamlNode& node, const std::string& chain, const EvidenceRule& rule, const Component& component);

}  // namespace veritag::rules
