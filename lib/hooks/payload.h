// What the readers of all forms share: looking into JSON, and the one place where a push is checked.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "hooks/hook_request.h"
#include "hooks/push_event.h"

#include <rapidjson/document.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace veritag::hooks {

using Json = rapidjson::Value;

/// A push as a payload tells it, not checked. Views into the payload.
struct ToldPush {
    std::string_view event_id;
    std::string repository;
    std::string_view tag;  ///< or a digest: Harbor, zot and Gitea have one field for both
    std::string_view digest;
    std::string_view media_type;
    std::string_view actor;
    std::string_view registry_named;
    std::string_view config_type;    ///< media type of the manifest's config, where it is told
    std::string_view artifact_type;  ///< of the manifest
    bool has_subject = false;
};

class Collector {
public:
    explicit Collector(const Limits& limits) noexcept : limits_(limits) {}

    /// Checks `push`; it becomes an event or is ignored with a reason.
    void add(const ToldPush& push);
    void ignore(std::string_view reason);
    /// Before a list is walked: `over_limit` where it has more than limits.hook_events entries.
    [[nodiscard]] Result<void> make_room(std::size_t entries, std::string_view list) const;
    [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
    HookEvents take() { return std::move(found_); }

private:
    void note(std::string_view reason);
    const Limits& limits_;
    HookEvents found_;
};

/// The member at a path of names; nullptr where it is absent.
const Json* member_at(const Json& value, std::initializer_list<std::string_view> path) noexcept;
/// The text there; empty where it is absent or no text.
std::string_view text_at(const Json& value, std::initializer_list<std::string_view> path) noexcept;

/// `hub.example:5000` of `https://hub.example:5000/a/b:1`; empty where the first part is no host.
std::string_view host_of(std::string_view text) noexcept;

/// `"text"`, fit for a reason.
std::string shown(std::string_view text);

// One reader a form. `root` is an object.
Result<void> read_distribution(const Json& root, Collector& out);
Result<void> read_harbor(const HookRequest& request, const Json& root, Collector& out);
Result<void> read_zot(const HookRequest& request, const Json& root, Collector& out);
Result<void> read_quay(const Json& root, Collector& out);
Result<void> read_dockerhub(const Json& root, Collector& out);
Result<void> read_github(const HookRequest& request, const Json& root, Collector& out);
Result<void> read_gitea(const HookRequest& request, const Json& root, Collector& out);
Result<void> read_generic(const Json& root, Collector& out);

}  // namespace veritag::hooks
