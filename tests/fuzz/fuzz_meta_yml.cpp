// modules: catalog
// Input: a meta.yml or an image-list.yml. Reading ends; every entry has a name and a line of the file, and no tag stands twice.
#include "catalog/meta_yml.h"

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

using namespace veritag;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const catalog::MetaYml meta = catalog::read_meta_yml(text);
    std::set<std::string> tags;
    for (const catalog::DeclaredTag& each : meta.tags) VERITAG_ASSERT(tags.insert(each.tag).second && each.line >= 1 && each.path_line >= 1);
    for (const catalog::Mistake& each : meta.mistakes) VERITAG_ASSERT(each.line >= 1 && !each.message.empty());
    const catalog::ImageList list = catalog::read_image_list(text);
    for (const catalog::ListedImage& each : list.images) VERITAG_ASSERT(!each.folder.empty() && each.line >= 1);
    return 0;
}
