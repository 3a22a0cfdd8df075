#include "scan/remembered_image.h"

#include <utility>

namespace veritag::scan {
namespace {

class RememberedImage final : public source::ImageSource {
public:
    RememberedImage(std::unique_ptr<source::ImageSource> image, std::shared_ptr<store::Store> store, const Limits& limits)
        : image_(std::move(image)), store_(std::move(store)), limits_(limits) {}

    [[nodiscard]] const source::ImageName& name() const noexcept override { return image_->name(); }
    Result<std::optional<Digest>> resolve_top(std::stop_token stop) override { return image_->resolve_top(std::move(stop)); }

    Result<source::RawManifest> fetch_top(std::stop_token stop) override {
        VERITAG_TRY(const std::optional<Digest> digest, image_->resolve_top(stop));
        if (digest)
            if (std::optional<store::Document> known = store_->find_document(*digest)) return manifest(std::move(*known), *digest);
        return keep(image_->fetch_top(std::move(stop)));
    }

    Result<source::RawManifest> fetch_manifest(const oci::Descriptor& child, std::stop_token stop) override {
        if (std::optional<store::Document> known = find(child)) return manifest(std::move(*known), child.digest);
        return keep(image_->fetch_manifest(child, std::move(stop)));
    }

    Result<std::string> fetch_config(const oci::Descriptor& config, std::stop_token stop) override {
        if (std::optional<store::Document> known = find(config)) return std::move(known->body);
        Result<std::string> fetched = image_->fetch_config(config, std::move(stop));
        if (fetched && oci::parse_image_config(*fetched, limits_)) store_->keep_document(config.digest, {.media_type = config.media_type, .body = *fetched});
        return fetched;
    }

    Result<std::unique_ptr<ByteSource>> open_layer(const oci::Descriptor& layer, std::stop_token stop) override {
        return image_->open_layer(layer, std::move(stop));
    }
    Result<std::string> read_layer_range(const oci::Descriptor& layer, std::uint64_t offset, std::uint64_t length, std::stop_token stop) override {
        return image_->read_layer_range(layer, offset, length, std::move(stop));
    }

private:
    // A descriptor whose size is wrong is the source's to complain about.
    std::optional<store::Document> find(const oci::Descriptor& descriptor) {
        std::optional<store::Document> known = store_->find_document(descriptor.digest);
        if (known && known->body.size() != descriptor.size) known.reset();
        return known;
    }

    static source::RawManifest manifest(store::Document document, const Digest& digest) {
        return {.body = std::move(document.body), .content_type = std::move(document.media_type), .digest = digest};
    }

    // A wrong Content-Type may be mended in the registry tomorrow, so only what can be read is kept.
    Result<source::RawManifest> keep(Result<source::RawManifest> fetched) {
        if (fetched && oci::parse_manifest(fetched->body, fetched->content_type, limits_))
            store_->keep_document(fetched->digest, {.media_type = fetched->content_type, .body = fetched->body});
        return fetched;
    }

    const std::unique_ptr<source::ImageSource> image_;
    const std::shared_ptr<store::Store> store_;
    const Limits limits_;
};

class StoredImage final : public source::ImageSource {
public:
    StoredImage(source::ImageName name, const Digest& top, std::shared_ptr<store::Store> store) : name_(std::move(name)), top_(top), store_(std::move(store)) {}

    [[nodiscard]] const source::ImageName& name() const noexcept override { return name_; }
    Result<std::optional<Digest>> resolve_top(std::stop_token) override { return std::optional(top_); }
    Result<source::RawManifest> fetch_top(std::stop_token) override { return manifest(top_); }
    Result<source::RawManifest> fetch_manifest(const oci::Descriptor& child, std::stop_token) override { return manifest(child.digest); }
    Result<std::string> fetch_config(const oci::Descriptor& config, std::stop_token) override {
        if (std::optional<store::Document> known = store_->find_document(config.digest)) return std::move(known->body);
        return absent("config", config.digest);
    }
    Result<std::unique_ptr<ByteSource>> open_layer(const oci::Descriptor& layer, std::stop_token) override { return absent("layer", layer.digest); }
    Result<std::string> read_layer_range(const oci::Descriptor& layer, std::uint64_t, std::uint64_t, std::stop_token) override { return absent("layer", layer.digest); }

private:
    Result<source::RawManifest> manifest(const Digest& digest) {
        std::optional<store::Document> known = store_->find_document(digest);
        if (!known) return absent("manifest", digest);
        return source::RawManifest{.body = std::move(known->body), .content_type = std::move(known->media_type), .digest = digest};
    }
    [[nodiscard]] Error absent(std::string_view what, const Digest& digest) const {
        // Not `not_found`: that a registry lacks a manifest is a finding, that the store does is none.
        return {ErrorCode::io, "read store", name_.display, "what is wanted of " + std::string(what) + ' ' + digest.str() + " is not kept", "audit it once with network"};
    }

    const source::ImageName name_;
    const Digest top_;
    const std::shared_ptr<store::Store> store_;
};

}  // namespace

std::unique_ptr<source::ImageSource> open_stored_image(source::ImageName name, const Digest& top, std::shared_ptr<store::Store> store) {
    return std::make_unique<StoredImage>(std::move(name), top, std::move(store));
}

std::unique_ptr<source::ImageSource> remember_documents(std::unique_ptr<source::ImageSource> image, std::shared_ptr<store::Store> store, const Limits& limits) {
    return std::make_unique<RememberedImage>(std::move(image), std::move(store), limits);
}

}  // namespace veritag::scan
