// Credentials that Harbor hands over for one scan each. They are kept in memory for that scan alone, so after a restart there is none, and the
// scan fails: writing them down would be worse.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace veritag::serve {

/// Where Harbor wants something scanned, and how to come in.
struct AdapterAccess {
    std::string registry;  ///< host[:port]
    bool plain_http = false;
    bool insecure = false;  ///< the certificate need not be verified
    std::string username;
    std::string password;
};

/// Thread-safe.
class AdapterScans {
public:
    static constexpr std::size_t kMost = 10'000;

    /// False where too many wait.
    bool put(const std::string& id, AdapterAccess access) {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= kMost) return false;
        waiting_[id] = std::move(access);
        return true;
    }
    [[nodiscard]] std::optional<AdapterAccess> get(const std::string& id) const {
        const std::lock_guard lock(mutex_);
        const auto found = waiting_.find(id);
        return found == waiting_.end() ? std::nullopt : std::optional(found->second);
    }
    void drop(const std::string& id) {
        const std::lock_guard lock(mutex_);
        waiting_.erase(id);
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, AdapterAccess> waiting_;
};

}  // namespace veritag::serve
