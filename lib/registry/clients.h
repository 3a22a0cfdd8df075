// Clients for several registries: each one's settings and credentials stay its own.
#pragma once

#include "registry/client.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace veritag::registry {

class Clients {
public:
    /// `others`: for registries that have no settings of their own.
    explicit Clients(ClientOptions others) : others_(std::make_shared<RegistryClient>(std::move(others))) {}
    /// Before the first use; `registry` is `host[:port]` as references have it (`docker.io`).
    void add(const std::string& registry, ClientOptions options) { own_[registry] = std::make_shared<RegistryClient>(std::move(options)); }

    [[nodiscard]] const std::shared_ptr<RegistryClient>& of(std::string_view registry) const {
        const auto own = own_.find(registry);
        return own == own_.end() ? others_ : own->second;
    }
    [[nodiscard]] std::uint64_t bytes_fetched() const noexcept {
        std::uint64_t bytes = others_->bytes_fetched();
        for (const auto& [registry, client] : own_) bytes += client->bytes_fetched();
        return bytes;
    }

private:
    std::shared_ptr<RegistryClient> others_;
    std::map<std::string, std::shared_ptr<RegistryClient>, std::less<>> own_;
};

}  // namespace veritag::registry
