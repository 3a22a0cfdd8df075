// Which addresses a server may lead us to. A registry on the open internet that redirects to 169.254.169.254 or 10.0.0.1 wants
// to read something that only we can reach (google/go-containerregistry PR 2332), so the address that is really connected to,
// after DNS, is judged. On-premise registries are private by nature: what they point at may be private too.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace veritag {

/// An IPv6 address in network order; IPv4 in its mapped form, ::ffff:a.b.c.d.
using Address = std::array<std::uint8_t, 16>;

/// An IPv4 or IPv6 literal, without brackets and zone; nullopt for names.
std::optional<Address> parse_address(std::string_view literal);

bool is_loopback(const Address& address) noexcept;

/// Loopback, link-local, private, shared, multicast, reserved, and IPv6 forms that carry such an IPv4 address.
bool is_internal(const Address& address) noexcept;

/// The same by the text of a host alone, where a proxy does the name lookup: internal literals in any spelling that a C library
/// reads (`127.1`, `2130706433`), localhost and the names of cloud metadata services.
bool is_internal_host(std::string_view host);

}  // namespace veritag
