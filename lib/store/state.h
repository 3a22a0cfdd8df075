// Small values that the daemon remembers under a key: when a target was audited last, what a notification said.
#pragma once

#include "base/result.h"
#include "store/clocks.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::store {

inline constexpr std::size_t kMostStateKeyBytes = 1024;
inline constexpr std::size_t kMostStateValueBytes = 256U << 10;

struct StateValue {
    std::string value;  ///< any bytes
    TimePoint changed;
    friend bool operator==(const StateValue&, const StateValue&) = default;
};

struct StateEntry {
    std::string key;
    StateValue value;
    friend bool operator==(const StateEntry&, const StateEntry&) = default;
};

/// Thread-safe and durable. `over_limit` for a key that is empty or too long and for a value that is too long, `io` where the store fails.
class StateStore {
public:
    virtual ~StateStore() = default;
    virtual Result<std::optional<StateValue>> get(std::string_view key) = 0;
    virtual Result<void> put(std::string_view key, std::string_view value) = 0;
    virtual Result<bool> remove(std::string_view key) = 0;  ///< false: there was none
    /// In order of the keys' bytes, at most `limit`, those after `after`: the last key of the page before.
    virtual Result<std::vector<StateEntry>> list(std::string_view prefix, std::string_view after = {}, std::size_t limit = 1000) = 0;
    /// Puts `wanted` where the value is `expected`, in one step; nullopt stands for no value, on either side. False: it is another one.
    virtual Result<bool> replace(std::string_view key, const std::optional<std::string>& expected, const std::optional<std::string>& wanted) = 0;
    /// Gives the value of `from` the key `to`, in one step. Where `to` has a value already, both stay as they are. Returns the value of `to`
    /// as it is then; nullopt: neither had one.
    virtual Result<std::optional<StateValue>> move(std::string_view from, std::string_view to) = 0;
};

}  // namespace veritag::store
