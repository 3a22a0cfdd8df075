// Image references: `[host[:port]/]repository[:tag][@digest]` (distribution/reference grammar, opencontainers/distribution-spec).
#pragma once

#include "base/digest.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace veritag::oci {

/// A reference to one image in a registry. Docker Hub short names are completed: `ubuntu` is `docker.io/library/ubuntu:latest`.
struct Reference {
    std::string registry;    ///< host[:port] as the user means it: `docker.io`, `127.0.0.1:5000`, `[::1]:5000`
    std::string repository;  ///< `openeuler/pytorch`
    std::string tag;         ///< empty where only a digest was given; `latest` where neither was
    std::optional<Digest> digest;

    /// The host to connect to: `registry-1.docker.io` for docker.io.
    [[nodiscard]] std::string api_host() const;
    [[nodiscard]] std::string str() const;        ///< whole, as reports print it
    [[nodiscard]] std::string name() const;       ///< registry/repository
    [[nodiscard]] std::string identifier() const; ///< digest where given, else tag
};

/// Refuses upper case in names, bad tags and digests, a scheme in front; the error says what a reference looks like.
Result<Reference> parse_reference(std::string_view text);

/// `REPO:TAG` for --as: a registry in front is allowed and kept; the tag is required.
Result<Reference> parse_name_for_judging(std::string_view text);

bool is_valid_tag(std::string_view tag) noexcept;
bool is_valid_repository(std::string_view repository) noexcept;

}  // namespace veritag::oci
