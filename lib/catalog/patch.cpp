#include "catalog/patch.h"

#include "report/patch_text.h"

#include <algorithm>
#include <map>
#include <utility>

namespace veritag::catalog {
namespace {

constexpr std::size_t kContext = 3;

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return lines;
}

void add_context(std::string_view text, LineMend& mend) {
    const std::vector<std::string_view> lines = lines_of(text);
    const auto index = static_cast<std::size_t>(mend.line) - 1;
    if (mend.line < 1 || index >= lines.size()) return;
    mend.above.clear();
    for (std::size_t i = index - std::min(index, kContext); i < index; ++i) mend.above += lines[i];
    mend.below = lines[index].substr(std::min(mend.before.size(), lines[index].size()));
    for (std::size_t i = index + 1; i < std::min(lines.size(), index + 1 + kContext); ++i) mend.below += lines[i];
}

std::string unified_diff(std::string_view text, std::vector<LineMend> mends) {
    for (LineMend& each : mends) add_context(text, each);
    return report::patch_of(std::move(mends));
}

Result<std::string> make_patch(const Tree& tree, const std::vector<Finding>& findings, const Limits& limits) {
    std::map<std::string, std::vector<LineMend>> files;
    for (const Finding& each : findings) {
        if (!each.mend || each.waived) continue;
        std::vector<LineMend>& mends = files[each.mend->file];
        if (std::find(mends.begin(), mends.end(), *each.mend) == mends.end()) mends.push_back(*each.mend);
    }
    std::string patch;
    for (const auto& [path, mends] : files) {
        VERITAG_TRY(const std::string text, read_file(tree, path, std::max(limits.catalog_file_bytes, limits.dockerfile_bytes), "catalog_file_bytes"));
        patch += unified_diff(text, mends);
    }
    return patch;
}

}  // namespace veritag::catalog
