// ChainIDs: names of stacks of layers (opencontainers/image-spec: config.md, "Layer ChainID").
#pragma once

#include <string>
#include <vector>

namespace veritag::fleet {

/// The ChainIDs of the lowest layer, of the two lowest, … of all. `diff_ids` from the lowest up, each `sha256:` and hex.
std::vector<std::string> chain_ids(const std::vector<std::string>& diff_ids);

}  // namespace veritag::fleet
