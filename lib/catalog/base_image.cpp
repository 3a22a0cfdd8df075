#include "catalog/base_image.h"

#include "base/text.h"
#include "oci/reference.h"

#include <algorithm>

namespace veritag::catalog {
namespace {

std::string_view last_element(std::string_view repository) noexcept { return repository.substr(repository.rfind('/') + 1); }

// `a` of `x/a/image`; empty where there is none.
std::string_view namespace_of(std::string_view repository) noexcept {
    const std::size_t slash = repository.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : last_element(repository.substr(0, slash));
}

// `rockylinux:9`, `rockylinux/rockylinux:9`: an official image of Docker Hub, or the maker's own.
const rules::Component* system_named_by(const rules::RuleSet& rules, const std::string& registry, const std::string& repository) {
    const std::string_view name = last_element(repository), space = namespace_of(repository);
    const bool official = registry == "docker.io" && repository == "library/" + std::string(name);
    if (!official && space != name) return nullptr;
    for (const rules::Component& each : rules.components())
        if (each.kind == ComponentKind::os && std::find(each.repositories.begin(), each.repositories.end(), name) != each.repositories.end()) return &each;
    return nullptr;
}

// `9-minimal` of rockylinux, `jammy-20240427` of ubuntu.
std::string version_in(const rules::Component& system, const std::string& tag) {
    const std::string first = tag.substr(0, tag.find('-'));
    if (const auto part = system.read_part(first)) return part->version;
    const std::size_t end = std::min(first.find_first_not_of("0123456789."), first.size());
    return end > 0 ? system.canonical(first.substr(0, end)) : std::string();
}

}  // namespace

const tag::Reading& TagReader::read(const std::string& registry, const std::string& repository, const std::string& tag) {
    std::unique_ptr<tag::Reading>& reading = readings_[registry + "/" + repository + ":" + tag];
    if (!reading) reading = std::make_unique<tag::Reading>(tag::read_tag(rules_, registry, repository, tag));
    return *reading;
}

bool TagReader::is_floating(const std::string& registry, const std::string& repository, const std::string& tag) const {
    return tag == "latest" || rules_.grammar_for(registry, repository).floating.contains(tag);
}

const Claim* BaseImage::os() const noexcept {
    const auto found = std::find_if(claims.begin(), claims.end(), [](const Claim& claim) { return claim.kind == ComponentKind::os; });
    return found == claims.end() ? nullptr : &*found;
}

const Claim* BaseImage::find(std::string_view component) const noexcept {
    const auto found = std::find_if(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.component == component; });
    return found == claims.end() ? nullptr : &*found;
}

std::optional<BaseImage> read_base_image(TagReader& reader, const Publisher& publisher, const std::string& written) {
    const Result<oci::Reference> reference = oci::parse_reference(written);
    if (!reference) return std::nullopt;
    BaseImage base;
    base.written = written;
    base.registry = reference->registry;
    base.repository = reference->repository;
    base.tag = reference->tag;
    const std::size_t colon = written.find(':', written.rfind('/') == std::string::npos ? 0 : written.rfind('/'));
    if (colon != std::string::npos && !reference->digest) base.tag_at = colon + 1;
    if (reference->digest) {
        base.distrusted = "it is pinned by digest, and the digest alone decides what it is";
        return base;
    }

    // `openeuler:24.03` stands for the system's own repository, whose tags have a rule.
    const rules::Component* system = system_named_by(reader.rules(), base.registry, base.repository);
    if (system != nullptr && base.repository.starts_with("library/")) {
        const std::string own = std::string(last_element(base.repository)) + "/" + std::string(last_element(base.repository));
        const tag::Reading& reading = reader.read(base.registry, own, base.tag);
        const bool has_rule = std::any_of(reading.claims.begin(), reading.claims.end(), [](const Claim& claim) { return !claim.guessed; });
        if (has_rule) base.repository = own;
    }
    base.ours = namespace_of(base.repository) == publisher.name_space;
    base.floating = reader.is_floating(base.registry, base.repository, base.tag);
    if (base.ours && std::find(publisher.registries.begin(), publisher.registries.end(), base.registry) == publisher.registries.end()) {
        base.ours = false;
        base.distrusted = "its registry is none of those in which " + quote(publisher.name_space) + " publishes";
        return base;
    }
    base.reading = &reader.read(base.registry, base.repository, base.tag);
    for (const Claim& claim : base.reading->claims)
        if (!claim.guessed) base.claims.push_back(claim);
    if (system != nullptr && base.os() == nullptr)
        base.claims.push_back({.component = system->name, .kind = ComponentKind::os, .version = version_in(*system, base.tag), .from_repository = true, .text = base.tag});
    return base;
}

std::optional<std::string> os_tag(TagReader& reader, const std::string& registry, const std::string& repository, std::string_view component, std::string_view version) {
    for (const std::string& candidate : {to_lower(version), std::string(version)}) {
        const tag::Reading& reading = reader.read(registry, repository, candidate);
        if (!reading.readable || !reading.findings.empty() || reading.tier != Tier::os) continue;
        for (const Claim& claim : reading.claims)
            if (claim.component == component && claim.version == version && !claim.floating && !claim.guessed) return candidate;
    }
    return std::nullopt;
}

std::optional<std::string> system_meant_by(TagReader& reader, const BaseImage& base) {
    constexpr std::string_view kOfficial = "library/";
    if (base.registry != "docker.io" || !base.repository.starts_with(kOfficial)) return std::nullopt;
    const std::string_view name = std::string_view(base.repository).substr(kOfficial.size());
    for (const rules::Component& each : reader.rules().components()) {
        if (each.kind != ComponentKind::os) continue;
        for (const std::string& system : each.repositories) {
            if (name.size() < system.size() + 2 || !name.starts_with(system) || std::string_view("-_.").find(name[system.size()]) == std::string_view::npos) continue;
            const std::string own = system + "/" + system;
            const std::optional<std::string> tag = os_tag(reader, base.registry, own, each.name, each.canonical(name.substr(system.size() + 1)));
            if (tag) return own + ":" + *tag;
        }
    }
    return std::nullopt;
}

}  // namespace veritag::catalog
