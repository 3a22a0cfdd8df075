#include "rules/load_all.h"

#include <utility>

namespace veritag::rules {

Result<RuleSet> load_all(const std::vector<std::string>& directories) {
    std::vector<PackText> packs = embedded_packs();
    for (const std::string& directory : directories) {
        VERITAG_TRY(std::vector<PackText> more, read_packs(directory));
        packs.insert(packs.end(), more.begin(), more.end());
    }
    return load_rules(packs);
}

}  // namespace veritag::rules
