// The target of a request: `/api/v1/images/sha256%3Aab?limit=10`. Strict, because what is read in two ways is a way around a check.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::server {

/// The parameters behind the question mark, decoded, in order.
class Query {
public:
    void add(std::string name, std::string value) { parameters_.emplace_back(std::move(name), std::move(value)); }

    [[nodiscard]] std::optional<std::string_view> first(std::string_view name) const noexcept;  ///< nullopt where absent; names have case
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& parameters() const noexcept { return parameters_; }

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

struct Target {
    std::vector<std::string> segments;  ///< decoded; of `/` none, and an empty one behind a slash at the end
    std::string path;                   ///< the segments with a slash before each; inside them `/` and `%` stay `%2F` and `%25`
    Query query;
};

inline constexpr std::size_t kMaxSegments = 128;
inline constexpr std::size_t kMaxParameters = 256;

/// Reads the origin form (RFC 9112, 3.2.1). Refused (`malformed`, `over_limit`): bytes outside of visible ASCII, `#`, bad escapes, control
/// characters and broken UTF-8 behind escapes, the segments `.` and `..` however they are written, and more parts than allowed.
Result<Target> parse_target(std::string_view target);

/// `a=1&b=x%20y+z`, as forms and queries are written: `+` is a space. Also for `application/x-www-form-urlencoded` bodies, whose size the
/// caller has limited; the same refusals, but line breaks and tabs may stand in values.
Result<Query> parse_query(std::string_view text);

/// nullopt for an escape that is none. `plus_is_space` is for queries.
enum class Plus { literal, is_space };
std::optional<std::string> percent_decode(std::string_view text, Plus plus);

}  // namespace veritag::server
