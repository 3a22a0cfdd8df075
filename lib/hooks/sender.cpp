#include "hooks/sender.h"

#include "base/text.h"

#include <string>
#include <vector>

namespace veritag::hooks {

std::string_view to_string(SenderKind kind) noexcept {
    switch (kind) {
        case SenderKind::distribution: return "distribution";
        case SenderKind::harbor: return "harbor";
        case SenderKind::quay: return "quay";
        case SenderKind::dockerhub: return "dockerhub";
        case SenderKind::github: return "github";
        case SenderKind::gitea: return "gitea";
        case SenderKind::zot: return "zot";
        case SenderKind::generic: return "generic";
    }
    return "generic";
}

Result<SenderKind> parse_sender_kind(std::string_view name) {
    std::vector<std::string> known;
    for (const SenderKind kind : kSenderKinds) {
        if (name == to_string(kind)) return kind;
        known.emplace_back(to_string(kind));
    }
    const std::string near = nearest_word(name, known);
    return Error{ErrorCode::config, "read sender kind", "", "\"" + quote(name) + "\" is unknown (known: " + join(known, ", ") + ")",
                 near.empty() ? "" : "did you mean \"" + near + "\"?"};
}

}  // namespace veritag::hooks
