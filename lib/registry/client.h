// Registry client: OCI distribution over HTTP(S), with authentication, redirects, retries, resuming, proxies.
// Behaviour follows opencontainers/distribution-spec and distribution/distribution's token documents.
#pragma once

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "oci/artifact.h"
#include "oci/manifest.h"
#include "oci/reference.h"
#include "registry/listing.h"
#include "registry/pace.h"
#include "registry/traffic.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace veritag::registry {

struct ClientOptions {
    bool plain_http = false;            ///< --plain-http: never TLS. Otherwise TLS; loopback hosts fall back to HTTP after TLS fails
    std::string ca_file;                ///< PEM, in addition to the system's
    bool insecure_skip_verify = false;
    std::string username;               ///< --username; wins over every file
    std::string password;
    std::string auth_file;              ///< --authfile; wins over the default places
    bool use_environment_auth = true;   ///< Docker's and containers' default files, DOCKER_AUTH_CONFIG, credential helpers
    std::string user_agent = "veritag";
    int attempts = 5;                                     ///< of one request, and of one blob without progress
    std::chrono::milliseconds backoff{500};               ///< doubled each time, with jitter
    std::chrono::milliseconds backoff_cap{60'000};
    std::chrono::milliseconds retry_after_cap{600'000};   ///< a longer Retry-After ends the try with `rate_limited`
    std::chrono::milliseconds connect_timeout{30'000};
    std::chrono::milliseconds idle_timeout{60'000};       ///< without a byte
    std::size_t connections_per_host = 3;                 ///< at least 1
    double requests_per_second = 0;                       ///< to one host at most; 0: as fast as it answers
    std::shared_ptr<Pace> pace;                           ///< in place of it, where clients share one; may be null
    /// Whether a registry itself may have a loopback or private address. False where its name comes from outside and not from who runs this.
    bool registries_may_be_internal = true;
    std::shared_ptr<TrafficObserver> observer;            ///< may be null
    Limits limits;
};

struct FetchedManifest {
    std::string body;
    std::string content_type;
    Digest digest;  ///< of the body, verified where the reference named one
    std::string etag;  ///< as the registry wrote it; empty where it wrote none
};

/// What became of a manifest that was pushed.
struct PushedManifest {
    bool stored = true;          ///< false: the tag had changed, and stays as it is
    bool subject_taken = false;  ///< the registry lists it with its subject's referrers (it said OCI-Subject)
};

/// Thread-safe. Owns one I/O thread on which all sockets live as coroutines; the calls below block their caller's thread, are
/// meant for CPU-pool threads, and end early with `cancelled` when `stop` is requested. Credentials never leave their origin.
class RegistryClient {
public:
    explicit RegistryClient(ClientOptions options);
    ~RegistryClient();
    RegistryClient(const RegistryClient&) = delete;
    RegistryClient& operator=(const RegistryClient&) = delete;

    /// HEAD: the digest behind a tag, where the registry tells it; nullopt where it does not (then GET and hash).
    Result<std::optional<Digest>> resolve(const oci::Reference& reference, std::stop_token stop = {});

    /// The manifest or index of `reference` (its digest where it has one, else its tag). Body at most limits.manifest_bytes.
    Result<FetchedManifest> fetch_manifest(const oci::Reference& reference, std::stop_token stop = {});

    /// A small blob (a config) of at most `max_bytes`, verified against size and digest.
    Result<std::string> fetch_blob(const oci::Reference& repository, const oci::Descriptor& blob, std::uint64_t max_bytes,
                                   std::stop_token stop = {});

    /// `length` bytes (a few MiB at most: they are held in memory) of a blob from `offset`, with one Range request. Nothing about them is
    /// verified. `unsupported` where the server ignores Range: nothing but a whole read is left then.
    Result<std::string> fetch_blob_range(const oci::Reference& repository, const oci::Descriptor& blob, std::uint64_t offset, std::uint64_t length,
                                         std::stop_token stop = {});

    /// Streams a blob of exactly `blob.size` bytes. Cuts are resumed with Range inside; memory is a few chunks. The bytes are NOT
    /// verified against the digest here (the layer decoder does that); the size is. The transfer starts at once and its errors come
    /// from `next()`. Until it is read to its end or destroyed it holds one of the host's `connections_per_host`, so one thread reads
    /// one blob after the other. It may outlive the client, and then fails with `cancelled`.
    Result<std::unique_ptr<ByteSource>> open_blob(const oci::Reference& repository, const oci::Descriptor& blob,
                                                  std::stop_token stop = {});

    /// The repositories of a registry or of a part of it. All of them or an error: a listing that breaks off says how many names it
    /// had seen and returns none of them. What was left out on purpose stands in its notes. With an automatic driver, a path of several
    /// parts that is a repository is that one repository, whatever lies below it.
    Result<RepositoryListing> list_repositories(const ListingTarget& target, std::stop_token stop = {});

    /// The tags of a repository, all of them or an error. `not_found` where the registry does not know it.
    Result<TagListing> list_tags(const std::string& registry, const std::string& repository, std::stop_token stop = {});

    // ---- pushing: with a login for `pull,push`. Redirects and addresses are judged as in reading ----

    /// Makes sure that the repository has a blob of these bytes (SHA-256); one that is there is not sent again.
    Result<void> push_blob(const oci::Reference& repository, std::string_view content, std::stop_token stop = {});

    /// Puts a manifest under the digest of `reference`, or under its tag. By digest it is repeated as reads are. By tag it is sent once: sent
    /// again it could take the place of what somebody else put there meanwhile. `etag` (of FetchedManifest; empty: none): only while the tag is
    /// what it was then, where the registry heeds that.
    Result<PushedManifest> push_manifest(const oci::Reference& reference, std::string_view body, std::string_view media_type, std::string_view etag = {},
                                         std::stop_token stop = {});

    /// What the registry lists as referring to `subject`, by its referrers API. It was asked to list those of `artifact_type` only, which it may
    /// not have heeded. nullopt: it has no such list, so there may be one behind oci::fallback_tag().
    Result<std::optional<oci::Referrers>> list_referrers(const oci::Reference& repository, const Digest& subject, std::string_view artifact_type,
                                                         std::stop_token stop = {});

    [[nodiscard]] std::uint64_t bytes_fetched() const noexcept;  ///< of bodies, over the client's life

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace veritag::registry
