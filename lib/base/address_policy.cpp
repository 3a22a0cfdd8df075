#include "base/address_policy.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace veritag {
namespace {

using Ipv4 = std::array<std::uint8_t, 4>;

Address mapped(const Ipv4& v4) noexcept {
    Address address{};
    address[10] = address[11] = 0xFF;
    std::copy(v4.begin(), v4.end(), address.begin() + 12);
    return address;
}

Ipv4 ipv4_at(const Address& address, std::size_t offset) noexcept {
    return {address[offset], address[offset + 1], address[offset + 2], address[offset + 3]};
}

// True where the first `count` bytes of `address` are `prefix`.
template <std::size_t N>
bool has_prefix(const Address& address, const std::array<std::uint8_t, N>& prefix) noexcept {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
}

// IANA's special-purpose registry for IPv4, without the documentation networks.
bool is_internal_ipv4(const Ipv4& a) noexcept {
    return a[0] == 0 || a[0] == 10 || a[0] == 127 ||
           (a[0] == 100 && (a[1] & 0xC0) == 64) ||     // 100.64/10: shared, and Alibaba's metadata service
           (a[0] == 169 && a[1] == 254) ||             // link-local, and most metadata services
           (a[0] == 172 && (a[1] & 0xF0) == 16) ||     // 172.16/12
           (a[0] == 192 && a[1] == 0 && a[2] == 0) ||  // 192.0.0/24: protocol assignments, Oracle's metadata service
           (a[0] == 192 && a[1] == 168) ||             //
           (a[0] == 198 && (a[1] & 0xFE) == 18) ||     // 198.18/15: benchmarks
           a[0] >= 224;                                // multicast and reserved
}

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::array<std::uint8_t, 12> kCompatible{};
constexpr std::array<std::uint8_t, 12> kNat64{0, 0x64, 0xFF, 0x9B};
constexpr std::array<std::uint8_t, 6> kLocalNat64{0, 0x64, 0xFF, 0x9B, 0, 1};
constexpr std::array<std::uint8_t, 2> k6to4{0x20, 0x02};
constexpr std::array<std::uint8_t, 4> kTeredo{0x20, 0x01, 0, 0};

}  // namespace

std::optional<Address> parse_address(std::string_view literal) {
    if (literal.empty() || literal.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    const std::string text(literal);
    Ipv4 v4{};
    if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return mapped(v4);
    Address v6{};
    if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return v6;
    return std::nullopt;
}

bool is_loopback(const Address& address) noexcept {
    if (has_prefix(address, kMapped)) return address[12] == 127;
    Address one{};
    one[15] = 1;
    return address == one;
}

bool is_internal(const Address& address) noexcept {
    if (has_prefix(address, kMapped) || has_prefix(address, kCompatible) || has_prefix(address, kNat64))
        return is_internal_ipv4(ipv4_at(address, 12));  // ::1 and :: are 0.0.0.1 and 0.0.0.0 here
    if (has_prefix(address, k6to4)) return is_internal_ipv4(ipv4_at(address, 2));
    if (has_prefix(address, kLocalNat64) || has_prefix(address, kTeredo)) return true;
    return address[0] == 0xFF ||                                 // multicast
           (address[0] & 0xFE) == 0xFC ||                        // fc00::/7, unique local
           (address[0] == 0xFE && (address[1] & 0x80) == 0x80);  // fe80::/10 and the old fec0::/10
}

bool is_internal_host(std::string_view host) {
    if (const auto address = parse_address(host)) return is_internal(*address);
    std::string name = to_lower(host);
    if (!name.empty() && name.back() == '.') name.pop_back();
    in_addr legacy{};
    if (inet_aton(name.c_str(), &legacy) != 0) {
        Ipv4 v4{};
        std::memcpy(v4.data(), &legacy.s_addr, v4.size());
        return is_internal_ipv4(v4);
    }
    return name == "localhost" || name == "metadata" || name.ends_with(".localhost") || name.ends_with(".internal") ||
           name.ends_with(".local") || name.ends_with(".localdomain");
}

}  // namespace veritag
