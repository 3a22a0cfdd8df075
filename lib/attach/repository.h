// What attaching and reading back need of a repository: a registry's, or a test's that misbehaves at will.
#pragma once

#include "base/result.h"
#include "oci/artifact.h"
#include "oci/reference.h"
#include "registry/client.h"

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace veritag::attach {

/// Thread-safe; all calls block.
class Repository {
public:
    virtual ~Repository() = default;
    [[nodiscard]] virtual std::string name() const = 0;  ///< `quay.io/openeuler/cann`
    /// nullopt: the registry keeps no such list itself.
    virtual Result<std::optional<oci::Referrers>> list_referrers(const Digest& subject, std::string_view artifact_type) = 0;
    /// nullopt: there is none. By digest its bytes are verified.
    virtual Result<std::optional<registry::FetchedManifest>> find_manifest(const Digest& digest) = 0;
    virtual Result<std::optional<registry::FetchedManifest>> find_manifest(const std::string& tag) = 0;
    virtual Result<std::string> fetch_blob(const oci::Descriptor& blob, std::uint64_t max_bytes) = 0;  ///< verified
    virtual Result<void> push_blob(std::string_view content) = 0;
    virtual Result<registry::PushedManifest> push_manifest(const Digest& digest, std::string_view body, std::string_view media_type) = 0;
    /// Once; with `etag` only while the tag is what it was then, where the registry heeds that.
    virtual Result<registry::PushedManifest> push_manifest(const std::string& tag, std::string_view body, std::string_view media_type, std::string_view etag) = 0;
    virtual void wait(std::chrono::milliseconds time) = 0;
    [[nodiscard]] virtual bool stopped() const = 0;
};

/// Of a registry. Of `reference` the name alone counts.
std::unique_ptr<Repository> registry_repository(std::shared_ptr<registry::RegistryClient> client, oci::Reference reference, std::stop_token stop);

}  // namespace veritag::attach
