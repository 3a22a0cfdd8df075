// modules: base oci
// Any text as an image reference: what is accepted must read the same when it is written out and read again.
#include "base/result.h"
#include "oci/reference.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto reference = oci::parse_reference(text)) {
        VERITAG_ASSERT(oci::is_valid_repository(reference->repository));
        VERITAG_ASSERT(reference->tag.empty() || oci::is_valid_tag(reference->tag));
        VERITAG_ASSERT(!reference->identifier().empty());
        // Completing a short name may push it over the length that is allowed.
        if (const auto again = oci::parse_reference(reference->str())) {
            VERITAG_ASSERT(again->str() == reference->str());
        } else {
            VERITAG_ASSERT(reference->name().size() > 255);
        }
    }
    if (const auto name = oci::parse_name_for_judging(text)) VERITAG_ASSERT(oci::is_valid_tag(name->tag));
    return 0;
}
