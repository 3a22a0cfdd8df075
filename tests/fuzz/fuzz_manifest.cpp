// modules: base oci
// Any bytes as a manifest or index, under every content type that matters: an error or a document within the limits.
#include "base/result.h"
#include "oci/manifest.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace veritag;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    Limits limits;
    limits.manifest_bytes = 64 * 1024;
    limits.image_layers = 16;
    limits.index_platforms = 16;
    for (const std::string_view type : {std::string_view(), oci::media_type::kOciManifest, oci::media_type::kDockerList}) {
        const auto parsed = oci::parse_manifest(body, type, limits);
        if (!parsed) {
            VERITAG_ASSERT(!parsed.error().message().empty());
            continue;
        }
        if (const auto* index = std::get_if<oci::Index>(&*parsed)) {
            VERITAG_ASSERT(index->manifests.size() <= limits.index_platforms);
            for (const oci::Descriptor& child : index->manifests) {
                VERITAG_ASSERT(!child.digest.empty());
                (void)oci::skip_reason(child);
            }
        } else {
            const auto& manifest = std::get<oci::Manifest>(*parsed);
            VERITAG_ASSERT(manifest.layers.size() <= limits.image_layers);
            (void)oci::skip_reason(manifest);
        }
    }
    return 0;
}
