// The forms of registries that one runs oneself: distribution, Harbor, zot.
#include "hooks/payload.h"

#include "base/text.h"
#include "oci/json.h"
#include "oci/manifest.h"

#include <optional>

namespace veritag::hooks {
namespace {

// Distribution names a manifest's parts where it is told to (`includereferences`): the config first, then the layers.
std::string_view config_type_of(const Json& target, std::string_view media_type) {
    if (media_type != oci::media_type::kOciManifest && media_type != oci::media_type::kDockerManifest) return {};
    const Json* references = member_at(target, {"references"});
    if (references == nullptr || !references->IsArray() || references->Empty()) return {};
    return text_at((*references)[0], {"mediaType"});
}

void read_distribution_event(const Json& event, Collector& out) {
    const std::string_view action = text_at(event, {"action"});
    const Json* target = member_at(event, {"target"});
    if (action != "push") return out.ignore("action " + shown(action));
    if (target == nullptr || !target->IsObject()) return out.ignore("a push without target");
    const std::string_view media_type = text_at(*target, {"mediaType"});
    const std::string_view tag = text_at(*target, {"tag"});
    if (media_type.empty() && tag.empty()) return out.ignore("a push without media type and tag");  // a blob, for all we know
    out.add({.event_id = text_at(event, {"id"}),
             .repository = std::string(text_at(*target, {"repository"})),
             .tag = tag,
             .digest = text_at(*target, {"digest"}),
             .media_type = media_type,
             .actor = text_at(event, {"actor", "name"}),
             .registry_named = text_at(event, {"request", "host"}),
             .config_type = config_type_of(*target, media_type),
             .artifact_type = text_at(*target, {"artifactType"}),
             .has_subject = member_at(*target, {"subject"}) != nullptr});
}

// CloudEvents over HTTP: attributes stand in headers beside the data (binary mode) or in the JSON around it (structured mode).
// cloudevents/spec: cloudevents/bindings/http-protocol-binding.md
struct CloudEvent {
    std::string_view type;
    std::string_view id;
    std::string_view operator_name;  // Harbor's extension
    const Json* data = nullptr;
};

std::optional<CloudEvent> cloud_event_of(const HookRequest& request, const Json& root) {
    if (const auto type = request.header("ce-type"))
        return CloudEvent{*type, request.header("ce-id").value_or(""), request.header("ce-operator").value_or(""), &root};
    if (text_at(root, {"specversion"}).empty()) return std::nullopt;
    return CloudEvent{text_at(root, {"type"}), text_at(root, {"id"}), text_at(root, {"operator"}), member_at(root, {"data"})};
}

struct ManifestTraits {
    std::string config_type;
    std::string artifact_type;
    bool has_subject = false;
};

// What the text of a manifest says of its kind; nothing where it cannot be read, since the registry will be asked anyway.
ManifestTraits traits_of(std::string_view manifest, const Limits& limits) {
    ManifestTraits traits;
    const Result<rapidjson::Document> root = oci::parse_json("read manifest", "webhook", manifest, limits);
    if (!root) return traits;
    traits.config_type = text_at(*root, {"config", "mediaType"});
    traits.artifact_type = text_at(*root, {"artifactType"});
    traits.has_subject = member_at(*root, {"subject"}) != nullptr;
    return traits;
}

}  // namespace

Result<void> read_distribution(const Json& root, Collector& out) {
    const Json* events = member_at(root, {"events"});
    if (events == nullptr && member_at(root, {"action"}) != nullptr) {  // Azure
        read_distribution_event(root, out);
        return ok();
    }
    if (events == nullptr || !events->IsArray()) {
        out.ignore("no list \"events\"");
        return ok();
    }
    VERITAG_CHECK(out.make_room(events->Size(), "events"));
    for (const Json& event : events->GetArray()) read_distribution_event(event, out);
    return ok();
}

Result<void> read_harbor(const HookRequest& request, const Json& root, Collector& out) {
    const auto event = cloud_event_of(request, root);
    const std::string_view type = event ? event->type : text_at(root, {"type"});
    const Json* data = event ? event->data : member_at(root, {"event_data"});
    // A new tag of an image that is there makes claims as a push does.
    const bool pushed = type == "PUSH_ARTIFACT" || type == "harbor.artifact.pushed" || type == "CREATE_TAG" || type == "harbor.tag.created";
    if (!pushed) {
        out.ignore("event " + shown(type));
        return ok();
    }
    const Json* resources = data == nullptr ? nullptr : member_at(*data, {"resources"});
    if (resources == nullptr || !resources->IsArray()) {
        out.ignore("event " + shown(type) + " without a list \"resources\"");
        return ok();
    }
    VERITAG_CHECK(out.make_room(resources->Size(), "resources"));
    std::string repository(text_at(*data, {"repository", "repo_full_name"}));
    if (repository.empty()) repository = std::string(text_at(*data, {"repository", "namespace"})) + "/" + std::string(text_at(*data, {"repository", "name"}));
    for (const Json& resource : resources->GetArray())
        out.add({.event_id = event ? event->id : std::string_view{},
                 .repository = repository,
                 .tag = text_at(resource, {"tag"}),  // the digest again where it was pushed by digest
                 .digest = text_at(resource, {"digest"}),
                 .media_type = {},
                 .actor = event ? event->operator_name : text_at(root, {"operator"}),
                 .registry_named = host_of(text_at(resource, {"resource_url"})),
                 .config_type = {},
                 .artifact_type = {}});
    return ok();
}

Result<void> read_zot(const HookRequest& request, const Json& root, Collector& out) {
    const auto event = cloud_event_of(request, root);
    if (!event) {
        out.ignore("no CloudEvent: neither a header ce-type nor \"specversion\"");
        return ok();
    }
    // The words in front, `zotregistry` by default, can be configured there.
    if (!event->type.ends_with(".image.updated")) {
        out.ignore("event " + shown(event->type));
        return ok();
    }
    if (event->data == nullptr || !event->data->IsObject()) {
        out.ignore("event " + shown(event->type) + " without data");
        return ok();
    }
    const Json& data = *event->data;
    const ManifestTraits traits = traits_of(text_at(data, {"manifest"}), out.limits());
    const std::string_view actor = text_at(data, {"actor"});
    out.add({.event_id = event->id,
             .repository = std::string(text_at(data, {"name"})),
             .tag = text_at(data, {"reference"}),
             .digest = text_at(data, {"digest"}),
             .media_type = text_at(data, {"mediaType"}),
             .actor = actor.empty() ? text_at(data, {"actor", "name"}) : actor,
             .registry_named = text_at(data, {"request", "host"}),
             .config_type = traits.config_type,
             .artifact_type = traits.artifact_type,
             .has_subject = traits.has_subject});
    return ok();
}

}  // namespace veritag::hooks
