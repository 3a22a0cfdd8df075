#include "fleet/chain_id.h"

#include "base/digest.h"

namespace veritag::fleet {

std::vector<std::string> chain_ids(const std::vector<std::string>& diff_ids) {
    std::vector<std::string> chains;
    chains.reserve(diff_ids.size());
    for (const std::string& diff_id : diff_ids) chains.push_back(chains.empty() ? diff_id : sha256_of(chains.back() + ' ' + diff_id).str());
    return chains;
}

}  // namespace veritag::fleet
