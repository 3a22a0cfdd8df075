// Who sends push events: the kinds of registries whose webhooks are understood.
#pragma once

#include "base/result.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace veritag::hooks {

enum class SenderKind : std::uint8_t {
    distribution,  ///< CNCF distribution 2.x and 3.x, and Azure's registry, which sends the same events one by one
    harbor,        ///< Harbor, payload formats Default and CloudEvents; Huawei's SWR enterprise edition
    quay,          ///< Quay and quay.io: `repo_push`
    dockerhub,     ///< Docker Hub
    github,        ///< GitHub packages: `registry_package` and `package`
    gitea,         ///< Gitea and Forgejo: `package`
    zot,           ///< zot: CloudEvents
    generic,       ///< veritag's own plain form, for scripts and for registries without webhooks
};

inline constexpr std::array kSenderKinds{SenderKind::distribution, SenderKind::harbor, SenderKind::quay, SenderKind::dockerhub,
                                         SenderKind::github,       SenderKind::gitea,  SenderKind::zot,  SenderKind::generic};

/// The name as it stands in the configuration: `dockerhub`.
std::string_view to_string(SenderKind kind) noexcept;

/// The reverse. An unknown name is `config`, with the known ones and the nearest.
Result<SenderKind> parse_sender_kind(std::string_view name);

}  // namespace veritag::hooks
