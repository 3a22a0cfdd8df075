#include "attach/repository.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace veritag::attach {
namespace {

class RegistryRepository final : public Repository {
public:
    RegistryRepository(std::shared_ptr<registry::RegistryClient> client, oci::Reference reference, std::stop_token stop)
        : client_(std::move(client)), reference_(std::move(reference)), stop_(std::move(stop)) {
        reference_.tag.clear();
        reference_.digest.reset();
    }

    [[nodiscard]] std::string name() const override { return reference_.name(); }
    Result<std::optional<oci::Referrers>> list_referrers(const Digest& subject, std::string_view artifact_type) override {
        return client_->list_referrers(reference_, subject, artifact_type, stop_);
    }
    Result<std::optional<registry::FetchedManifest>> find_manifest(const Digest& digest) override { return find(at(digest)); }
    Result<std::optional<registry::FetchedManifest>> find_manifest(const std::string& tag) override { return find(at(tag)); }
    Result<std::string> fetch_blob(const oci::Descriptor& blob, std::uint64_t max_bytes) override { return client_->fetch_blob(reference_, blob, max_bytes, stop_); }
    Result<void> push_blob(std::string_view content) override { return client_->push_blob(reference_, content, stop_); }
    Result<registry::PushedManifest> push_manifest(const Digest& digest, std::string_view body, std::string_view media_type) override {
        return client_->push_manifest(at(digest), body, media_type, {}, stop_);
    }
    Result<registry::PushedManifest> push_manifest(const std::string& tag, std::string_view body, std::string_view media_type, std::string_view etag) override {
        return client_->push_manifest(at(tag), body, media_type, etag, stop_);
    }
    void wait(std::chrono::milliseconds time) override {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop_, time, [] { return false; });
    }
    [[nodiscard]] bool stopped() const override { return stop_.stop_requested(); }

private:
    [[nodiscard]] oci::Reference at(const Digest& digest) const {
        oci::Reference reference = reference_;
        reference.digest = digest;
        return reference;
    }
    [[nodiscard]] oci::Reference at(const std::string& tag) const {
        oci::Reference reference = reference_;
        reference.tag = tag;
        return reference;
    }
    Result<std::optional<registry::FetchedManifest>> find(const oci::Reference& reference) {
        Result<registry::FetchedManifest> fetched = client_->fetch_manifest(reference, stop_);
        if (fetched) return std::optional(std::move(*fetched));
        if (fetched.error().code == ErrorCode::not_found) return std::optional<registry::FetchedManifest>();
        return fetched.error();
    }

    const std::shared_ptr<registry::RegistryClient> client_;
    oci::Reference reference_;
    const std::stop_token stop_;
};

}  // namespace

std::unique_ptr<Repository> registry_repository(std::shared_ptr<registry::RegistryClient> client, oci::Reference reference, std::stop_token stop) {
    return std::make_unique<RegistryRepository>(std::move(client), std::move(reference), std::move(stop));
}

}  // namespace veritag::attach
