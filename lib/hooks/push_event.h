// What a webhook says was pushed.
#pragma once

#include "base/digest.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::hooks {

/// One manifest that was pushed, as its sender tells. A claim to be checked, not a fact: whoever acts on it asks the registry that the
/// configuration gives for this sender, and resolves the tag there anew. Nothing in it may be connected to.
struct PushEvent {
    std::string event_id;          ///< the sender's own id of the event or delivery, quoted and cut; empty where it sends none
    std::string repository;        ///< valid by oci::is_valid_repository
    std::string tag;               ///< valid by oci::is_valid_tag; empty where it was pushed by digest, and then `digest` is there
    std::optional<Digest> digest;  ///< as the sender says it; Quay and Docker Hub say none
    std::string media_type;        ///< of the manifest, in lower case; empty where the sender says none
    std::string actor;             ///< who pushed, quoted and cut; empty where the sender says none
    /// How the payload calls its registry, quoted and cut. For messages only: whoever may send a webhook could name any host here,
    /// so it is never a place to connect to, nor a key to look one up by.
    std::string registry_named;
};

/// All that one request told.
struct HookEvents {
    std::vector<PushEvent> events;     ///< in the payload's order; repeats are left in
    std::vector<std::string> ignored;  ///< what was left out and why, one line each, quoted; the first kMostReasons
    std::size_t entries = 0;           ///< all that the payload told: events and ignored entries
    std::size_t ignored_entries = 0;   ///< no push of an image, or unusable
};

inline constexpr std::size_t kMostReasons = 20;

/// What makes two events one piece of work: `SENDER REPOSITORY:TAG@DIGEST`, without the parts that are absent. `sender` is the
/// configured name.
std::string dedupe_key(std::string_view sender, const PushEvent& event);

}  // namespace veritag::hooks
