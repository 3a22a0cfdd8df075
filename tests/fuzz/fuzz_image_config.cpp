// modules: base oci
// Any bytes as an image config: an error or a config within the limits.
#include "base/result.h"
#include "oci/manifest.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag;
    Limits limits;
    limits.config_bytes = 64 * 1024;
    limits.image_layers = 16;
    const auto config = oci::parse_image_config(std::string_view(reinterpret_cast<const char*>(data), size), limits);
    if (config) {
        VERITAG_ASSERT(config->diff_ids.size() <= limits.image_layers);
        VERITAG_ASSERT(!config->platform.os.empty() && !config->platform.architecture.empty());
        for (const Digest& diff_id : config->diff_ids) VERITAG_ASSERT(!diff_id.empty());
    } else {
        VERITAG_ASSERT(!config.error().message().empty());
    }
    return 0;
}
