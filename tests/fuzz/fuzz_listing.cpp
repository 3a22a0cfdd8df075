// modules: registry source
// What a registry writes about what it holds: pages of names in five forms, links from page to page; and lists of targets.
#include "base/text.h"
#include "oci/reference.h"
#include "registry/link.h"
#include "registry/listing.h"
#include "registry/listing_page.h"
#include "source/target_filter.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace veritag;
using namespace veritag::registry;

namespace {

void check_page(PageForm form, std::string_view body) {
    const Result<ListingPage> page = parse_listing_page(form, "list", "here", body, Limits{});
    if (!page) return;
    VERITAG_ASSERT(page->names.size() + page->skipped() == page->entries);
    for (const std::string& name : page->names)
        VERITAG_ASSERT(form == PageForm::tags ? oci::is_valid_tag(name) : oci::is_valid_repository(name));
}

void check_link(std::string_view header) {
    const Result<Url> asked = parse_url("https://hub.example/v2/_catalog?n=1000");
    VERITAG_ASSERT(asked);
    const auto link = next_link({header});
    if (!link) return;
    const Result<std::string> target = page_target(asked->origin, *asked, *link);
    if (!target) return;
    const Result<Url> next = parse_url("https://hub.example" + mend_page_size(*target, 1000));  // never another host
    VERITAG_ASSERT(next && next->origin == asked->origin);
    for (const char c : next->target) VERITAG_ASSERT(c > ' ' && c < '\x7F');
}

void check_target(std::string_view text) {
    const Result<ListingTarget> target = parse_listing_target(text);
    if (!target) return;
    VERITAG_ASSERT(target->path.empty() || oci::is_valid_repository(target->path));
    VERITAG_ASSERT(parse_listing_target(target->registry + "/" + target->path)->path == target->path);
}

void check_list(std::string_view text) {
    const Result<source::TargetList> list = source::parse_target_list(text, "list");
    if (!list) return;
    VERITAG_ASSERT(!list->entries.empty() || !list->notes.empty());
    for (const source::TargetList::Entry& entry : list->entries) {
        VERITAG_ASSERT(!entry.registry.empty() && oci::is_valid_repository(entry.repository) && entry.line > 0);
        for (const std::string& tag : entry.tags) VERITAG_ASSERT(oci::is_valid_tag(tag));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const PageForm form : {PageForm::catalog, PageForm::tags, PageForm::docker_hub, PageForm::quay, PageForm::harbor})
        check_page(form, text);
    check_link(text);
    check_target(text);
    check_list(text);
    return 0;
}
