// WWW-Authenticate, as registries really send it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::registry {

/// One way to log in that a server offers.
struct Challenge {
    std::string scheme;                             ///< lower case: `bearer`, `basic`
    std::map<std::string, std::string> parameters;  ///< keys in lower case, values unquoted
    std::string token68;                            ///< the other form that RFC 9110 allows, as Negotiate uses it

    /// The parameter's value, empty where it is absent.
    [[nodiscard]] std::string_view get(std::string_view key) const noexcept;
};

/// All challenges of one WWW-Authenticate line, in order. Never fails: what cannot be read is passed over, and a challenge that
/// lacks what it needs is judged by whoever uses it.
std::vector<Challenge> parse_challenges(std::string_view header);

/// All challenges of all lines.
std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& headers);

/// The first of a scheme (in lower case), nullptr where there is none.
const Challenge* find_challenge(const std::vector<Challenge>& challenges, std::string_view scheme) noexcept;

}  // namespace veritag::registry
