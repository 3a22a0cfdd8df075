#include "catalog/declared.h"

#include <map>
#include <string>
#include <utility>

namespace veritag::catalog {

void mark_declared(const Tree& tree, const std::vector<Finding>& linted, Report& report) {
    std::map<std::pair<std::string_view, std::string_view>, const TreeEntry*> by_name;
    for (const TreeEntry& each : tree.entries)
        if (each.published) by_name.emplace(std::pair(std::string_view(each.repository), std::string_view(each.declared.tag)), &each);
    std::multimap<std::string_view, const Finding*> by_file;
    for (const Finding& each : linted)
        if (each.mend) by_file.emplace(each.file, &each);

    for (ImageReport& image : report.images) {
        const auto entry = by_name.find({image.repository, image.tag});
        if (entry == by_name.end()) continue;
        image.declared = DeclaredAt{entry->second->meta_file, entry->second->declared.line};
        const auto [begin, end] = by_file.equal_range(entry->second->dockerfile);
        for (Finding& finding : image.findings)
            for (auto each = begin; each != end; ++each) {
                const Finding& same = *each->second;
                if (!finding.mend && same.code == finding.code && same.component == finding.component && same.claimed == finding.claimed && same.observed == finding.observed) finding.mend = same.mend;
            }
    }
}

}  // namespace veritag::catalog
