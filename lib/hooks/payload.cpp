#include "hooks/payload.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "oci/json.h"
#include "oci/manifest.h"
#include "oci/reference.h"

#include <algorithm>
#include <array>
#include <optional>

namespace veritag::hooks {
namespace {

constexpr std::size_t kMostShown = 80;  // bytes of a value in a reason

bool is_manifest(std::string_view type) noexcept {
    static constexpr std::array<std::string_view, 6> kTypes{
        oci::media_type::kOciManifest, oci::media_type::kOciIndex, oci::media_type::kDockerManifest, oci::media_type::kDockerList,
        // Schema 1 is no image that can be judged, but whoever pushed it ought to be told.
        "application/vnd.docker.distribution.manifest.v1+json", "application/vnd.docker.distribution.manifest.v1+prettyjws"};
    return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

// Where registries without a list of referrers keep one: `sha256-HEX` (opencontainers/distribution-spec, "Referrers Tag Schema"), and
// beside it cosign's signatures, attestations and SBOMs.
bool is_tag_of_attachments(std::string_view tag) noexcept {
    constexpr std::size_t kHexDigits = 64;  // longer ones are cut
    for (const std::string_view suffix : {".sig", ".att", ".sbom"})
        if (tag.ends_with(suffix)) tag.remove_suffix(suffix.size());
    if (!tag.starts_with("sha256-") && !tag.starts_with("sha512-")) return false;
    tag.remove_prefix(7);
    return tag.size() >= kHexDigits && std::all_of(tag.begin(), tag.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Why a manifest is something that hangs on an image and no image. Its config decides where it is known: engines run what has an image
// config, whatever else a manifest says of itself, so such a push must not escape by an artifactType.
std::optional<std::string> attachment(const ToldPush& push, const std::string& media_type) {
    if (!push.config_type.empty()) {
        oci::Manifest manifest;
        manifest.media_type = media_type;
        manifest.config.media_type = push.config_type;
        manifest.artifact_type = push.artifact_type;
        return oci::skip_reason(manifest);
    }
    if (!push.artifact_type.empty()) return "artifact of type " + quote(push.artifact_type, kMostShown);
    if (push.has_subject) return "attached to another manifest";
    return std::nullopt;
}

}  // namespace

std::string dedupe_key(std::string_view sender, const PushEvent& event) {
    std::string key = std::string(sender) + ' ' + event.repository;
    if (!event.tag.empty()) key += ':' + event.tag;
    if (event.digest) key += '@' + event.digest->str();
    return key;
}

void Collector::note(std::string_view reason) {
    if (found_.ignored.size() < kMostReasons) found_.ignored.emplace_back(reason);
}

void Collector::ignore(std::string_view reason) {
    ++found_.entries;
    ++found_.ignored_entries;
    note(reason);
}

Result<void> Collector::make_room(std::size_t entries, std::string_view list) const {
    if (entries > limits_.hook_events) return limit_error("read webhook", list, entries, "limits.hook_events", limits_.hook_events);
    return ok();
}

void Collector::add(const ToldPush& push) {
    const std::string media_type = plain_media_type(push.media_type);
    if (!media_type.empty() && !is_manifest(media_type)) return ignore("no manifest, but " + shown(media_type));
    if (!oci::is_valid_repository(push.repository)) return ignore(shown(push.repository) + " is no repository name");

    const bool by_digest = push.tag.find(':') != std::string_view::npos;  // no tag has one
    const std::string_view tag = by_digest ? std::string_view{} : push.tag;
    const std::string_view digest_text = by_digest && push.digest.empty() ? push.tag : push.digest;
    if (!tag.empty() && !oci::is_valid_tag(tag)) return ignore(shown(tag) + " is no tag");
    const Result<Digest> digest = Digest::parse(digest_text);
    if (tag.empty() && !digest) return ignore(digest_text.empty() ? "neither tag nor digest" : shown(digest_text) + " is no digest that is known");
    if (is_tag_of_attachments(tag)) return ignore("tag " + shown(tag) + " keeps what is attached to an image");
    if (const auto reason = attachment(push, media_type)) return ignore(*reason);

    if (!digest && !digest_text.empty()) note("tag " + shown(tag) + " comes without its digest: " + shown(digest_text) + " is none that is known");
    ++found_.entries;
    PushEvent event{.event_id = quote(push.event_id), .repository = push.repository, .tag = std::string(tag), .digest = std::nullopt,
                    .media_type = media_type, .actor = quote(push.actor), .registry_named = quote(push.registry_named)};
    if (digest) event.digest = *digest;
    found_.events.push_back(std::move(event));
}

const Json* member_at(const Json& value, std::initializer_list<std::string_view> path) noexcept {
    const Json* at = &value;
    for (const std::string_view name : path) {
        at = oci::json_member(*at, name);
        if (at == nullptr) return nullptr;
    }
    return at;
}

std::string_view text_at(const Json& value, std::initializer_list<std::string_view> path) noexcept {
    const Json* found = member_at(value, path);
    if (found == nullptr || !found->IsString()) return {};
    return {found->GetString(), found->GetStringLength()};
}

std::string_view host_of(std::string_view text) noexcept {
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
    text = text.substr(0, text.find_first_of("/?#"));
    if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);  // no user:password in a message
    return text.find_first_of(".:") == std::string_view::npos ? std::string_view{} : text;
}

std::string shown(std::string_view text) { return '"' + quote(text, kMostShown) + '"'; }

}  // namespace veritag::hooks
