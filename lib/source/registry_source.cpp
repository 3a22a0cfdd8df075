#include "base/byte_reader.h"
#include "base/text.h"
#include "source/local_sources.h"

#include <mutex>
#include <optional>
#include <utility>

namespace veritag::source {
namespace {

class RegistrySource final : public ImageSource {
public:
    RegistrySource(oci::Reference reference, ImageName name, std::shared_ptr<registry::RegistryClient> client, const Limits& limits)
        : reference_(std::move(reference)), name_(std::move(name)), client_(std::move(client)), limits_(limits) {}

    [[nodiscard]] const ImageName& name() const noexcept override { return name_; }

    // By HEAD, once: what is fetched then is what was named, however the tag moves meanwhile. Where the registry cannot or does not
    // tell, GET does, and speaks for itself when something is wrong.
    Result<std::optional<Digest>> resolve_top(std::stop_token stop) override {
        if (reference_.digest) return reference_.digest;
        const std::lock_guard lock(mutex_);
        if (!resolved_) {
            const Result<std::optional<Digest>> named = client_->resolve(reference_, std::move(stop));
            if (!named && (named.error().code == ErrorCode::rate_limited || named.error().code == ErrorCode::cancelled)) return named.error();
            resolved_ = named ? *named : std::nullopt;
        }
        return *resolved_;
    }

    Result<RawManifest> fetch_top(std::stop_token stop) override {
        oci::Reference reference = reference_;
        VERITAG_TRY(reference.digest, resolve_top(stop));
        VERITAG_TRY(registry::FetchedManifest top, client_->fetch_manifest(reference, std::move(stop)));
        return checked(std::move(top), reference);
    }

    Result<RawManifest> fetch_manifest(const oci::Descriptor& child, std::stop_token stop) override {
        oci::Reference reference = reference_;
        reference.tag.clear();
        reference.digest = child.digest;
        if (child.size > limits_.manifest_bytes)
            return limit_error("fetch manifest", reference.str(), child.size, "limits.manifest_bytes", limits_.manifest_bytes);
        VERITAG_TRY(registry::FetchedManifest fetched, client_->fetch_manifest(reference, std::move(stop)));
        if (fetched.body.size() != child.size)
            return Error{ErrorCode::malformed, "fetch manifest", reference.str(),
                         std::to_string(fetched.body.size()) + " bytes, the index says " + std::to_string(child.size), ""};
        return checked(std::move(fetched), reference);
    }

    Result<std::string> fetch_config(const oci::Descriptor& config, std::stop_token stop) override {
        if (config.size > limits_.config_bytes)
            return limit_error("fetch image config", name_.display, config.size, "limits.config_bytes", limits_.config_bytes);
        return client_->fetch_blob(reference_, config, limits_.config_bytes, std::move(stop));
    }

    Result<std::unique_ptr<ByteSource>> open_layer(const oci::Descriptor& layer, std::stop_token stop) override {
        return client_->open_blob(reference_, layer, std::move(stop));
    }

    Result<std::string> read_layer_range(const oci::Descriptor& layer, std::uint64_t offset, std::uint64_t length, std::stop_token stop) override {
        return client_->fetch_blob_range(reference_, layer, offset, length, std::move(stop));
    }

private:
    // What was asked for by digest must have it; what was asked for by tag is named by the digest of its bytes.
    static Result<RawManifest> checked(registry::FetchedManifest fetched, const oci::Reference& reference) {
        const Digest& expected = reference.digest ? *reference.digest : fetched.digest;
        VERITAG_CHECK(verify_digest("fetch manifest", reference.str(), fetched.body, expected));
        return RawManifest{.body = std::move(fetched.body), .content_type = std::move(fetched.content_type), .digest = expected};
    }

    const oci::Reference reference_;
    const ImageName name_;
    const std::shared_ptr<registry::RegistryClient> client_;
    const Limits limits_;
    std::mutex mutex_;
    std::optional<std::optional<Digest>> resolved_;  // asked, and perhaps told
};

}  // namespace

Result<ImageName> registry_name_for_judging(const oci::Reference& reference, const std::string& as) {
    ImageName name{.display = reference.str(), .registry = reference.registry, .repository = reference.repository, .tag = reference.tag};
    if (!as.empty()) {
        VERITAG_TRY(const oci::Reference judged, oci::parse_name_for_judging(as));
        if (!judged.registry.empty()) name.registry = judged.registry;
        name.repository = judged.repository;
        name.tag = judged.tag;
    }
    if (name.tag.empty())
        return Error{ErrorCode::usage, "open image", name.display, "a digest alone claims nothing", "write REPO:TAG@DIGEST, or add --as REPO:TAG"};
    return name;
}

Result<std::unique_ptr<ImageSource>> open_registry_image(const std::string& image, const std::string& as,
                                                         std::shared_ptr<registry::RegistryClient> client, const Limits& limits) {
    VERITAG_ASSERT(client != nullptr);
    VERITAG_TRY(oci::Reference reference, oci::parse_reference(image));
    VERITAG_TRY(ImageName name, registry_name_for_judging(reference, as));
    return std::unique_ptr<ImageSource>(
        std::make_unique<RegistrySource>(std::move(reference), std::move(name), std::move(client), limits));
}

}  // namespace veritag::source
