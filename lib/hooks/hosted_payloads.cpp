// The forms of hosting services (Quay, Docker Hub, GitHub, Gitea), and the generic one.
#include "hooks/payload.h"

#include "base/text.h"

#include <utility>

namespace veritag::hooks {
namespace {

bool is_container(std::string_view type) noexcept { return equals_ignoring_case(type, "container") || equals_ignoring_case(type, "docker"); }

// Both services show names as their owners write them, and their registries know them in lower case only.
std::string in_lower_case(std::string_view space, std::string_view name) { return to_lower(space) + "/" + to_lower(name); }

Error no_image(std::string saw) { return {ErrorCode::malformed, "read webhook", "", std::move(saw), "write {\"repository\": \"a/b\", \"tag\": \"1.0\"}, or a list of these under \"images\""}; }

Result<void> read_generic_image(const Json& image, std::string_view id, std::string_view actor, Collector& out) {
    if (!image.IsObject() || text_at(image, {"repository"}).empty()) return no_image("an image without \"repository\"");
    out.add({.event_id = id,
             .repository = std::string(text_at(image, {"repository"})),
             .tag = text_at(image, {"tag"}),
             .digest = text_at(image, {"digest"}),
             .media_type = {},
             .actor = actor,
             .registry_named = text_at(image, {"registry"}),
             .config_type = {},
             .artifact_type = {}});
    return ok();
}

}  // namespace

Result<void> read_quay(const Json& root, Collector& out) {
    const Json* tags = member_at(root, {"updated_tags"});
    const bool listed = tags != nullptr && (tags->IsArray() || tags->IsObject());
    const std::size_t count = !listed ? 0 : tags->IsArray() ? tags->Size() : tags->MemberCount();
    if (count == 0) {
        out.ignore("no \"updated_tags\": no push");
        return ok();
    }
    VERITAG_CHECK(out.make_room(count, "updated_tags"));
    std::string repository(text_at(root, {"repository"}));
    if (repository.empty()) repository = std::string(text_at(root, {"namespace"})) + "/" + std::string(text_at(root, {"name"}));
    const auto add = [&](const Json& tag) {
        if (!tag.IsString()) return out.ignore("a tag that is no text");
        out.add({.event_id = {},
                 .repository = repository,
                 .tag = {tag.GetString(), tag.GetStringLength()},
                 .digest = {},
                 .media_type = {},
                 .actor = {},
                 .registry_named = host_of(text_at(root, {"docker_url"})),
                 .config_type = {},
                 .artifact_type = {}});
    };
    if (tags->IsArray()) {
        for (const Json& tag : tags->GetArray()) add(tag);
    } else {  // old Quay: {"tag": "id of an image"}
        for (const auto& tag : tags->GetObject()) add(tag.name);
    }
    return ok();
}

Result<void> read_dockerhub(const Json& root, Collector& out) {
    if (member_at(root, {"push_data"}) == nullptr) {
        out.ignore("no \"push_data\"");
        return ok();
    }
    out.add({.event_id = {},
             .repository = std::string(text_at(root, {"repository", "repo_name"})),
             .tag = text_at(root, {"push_data", "tag"}),
             .digest = {},
             .media_type = {},
             .actor = text_at(root, {"push_data", "pusher"}),
             .registry_named = host_of(text_at(root, {"repository", "repo_url"})),
             .config_type = {},
             .artifact_type = {}});
    return ok();
}

Result<void> read_github(const HookRequest& request, const Json& root, Collector& out) {
    const std::string_view event = request.header("X-GitHub-Event").value_or("");
    const std::string_view action = text_at(root, {"action"});
    const Json* package = nullptr;
    if (event == "registry_package" || event == "package") package = member_at(root, {event});
    if (package == nullptr) {
        out.ignore("event " + shown(event) + (event.empty() ? " (no X-GitHub-Event header)" : ""));
        return ok();
    }
    if (action != "published" && action != "updated") {
        out.ignore("action " + shown(action));
        return ok();
    }
    const std::string_view type = text_at(*package, {"package_type"});
    if (!is_container(type) && !is_container(text_at(*package, {"ecosystem"})) && !is_container(text_at(*package, {"registry", "type"}))) {
        out.ignore("a package of type " + shown(type));
        return ok();
    }
    std::string_view space = text_at(*package, {"namespace"});
    if (space.empty()) space = text_at(*package, {"owner", "login"});
    // `version` is the digest of a container; `manifest.digest` may be cut short.
    std::string_view digest = text_at(*package, {"package_version", "version"});
    if (!Digest::parse(digest)) digest = text_at(*package, {"package_version", "container_metadata", "manifest", "digest"});
    out.add({.event_id = request.header("X-GitHub-Delivery").value_or(""),
             .repository = in_lower_case(space, text_at(*package, {"name"})),
             .tag = text_at(*package, {"package_version", "container_metadata", "tag", "name"}),
             .digest = digest,
             .media_type = text_at(*package, {"package_version", "container_metadata", "manifest", "media_type"}),
             .actor = text_at(root, {"sender", "login"}),
             .registry_named = host_of(text_at(*package, {"package_version", "package_url"})),
             .config_type = text_at(*package, {"package_version", "container_metadata", "manifest", "config", "media_type"}),
             .artifact_type = {}});
    return ok();
}

Result<void> read_gitea(const HookRequest& request, const Json& root, Collector& out) {
    const std::string_view event = request.header("X-Gitea-Event").value_or(request.header("X-Forgejo-Event").value_or(""));
    const std::string_view action = text_at(root, {"action"});
    const Json* package = member_at(root, {"package"});
    if (event != "package" || package == nullptr) {
        out.ignore("event " + shown(event) + (event.empty() ? " (no X-Gitea-Event header)" : ""));
        return ok();
    }
    if (action != "created") {
        out.ignore("action " + shown(action));
        return ok();
    }
    if (!is_container(text_at(*package, {"type"}))) {
        out.ignore("a package of type " + shown(text_at(*package, {"type"})));
        return ok();
    }
    out.add({.event_id = request.header("X-Gitea-Delivery").value_or(""),
             .repository = in_lower_case(text_at(*package, {"owner", "login"}), text_at(*package, {"name"})),
             .tag = text_at(*package, {"version"}),
             .digest = {},
             .media_type = {},
             .actor = text_at(root, {"sender", "login"}),
             .registry_named = host_of(text_at(*package, {"html_url"})),
             .config_type = {},
             .artifact_type = {}});
    return ok();
}

Result<void> read_generic(const Json& root, Collector& out) {
    const std::string_view id = text_at(root, {"id"});
    const std::string_view actor = text_at(root, {"actor"});
    const Json* images = member_at(root, {"images"});
    if (images == nullptr) return read_generic_image(root, id, actor, out);
    if (!images->IsArray()) return no_image("\"images\" is no list");
    VERITAG_CHECK(out.make_room(images->Size(), "images"));
    for (const Json& image : images->GetArray()) VERITAG_CHECK(read_generic_image(image, id, actor, out));
    return ok();
}

}  // namespace veritag::hooks
