#include "base/address_policy.h"

#include <gtest/gtest.h>

namespace veritag {
namespace {

TEST(Addresses, InternalOnes) {
    for (const char* text : {"127.0.0.1",
                             "10.1.2.3",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.1.1",
                             "169.254.169.254",
                             "100.64.0.1",
                             "100.100.100.200",
                             "0.0.0.0",
                             "192.0.0.192",
                             "198.18.0.1",
                             "224.0.0.1",
                             "255.255.255.255",
                             "::1",
                             "::",
                             "fe80::1",
                             "fec0::1",
                             "fc00::1",
                             "fd12::1",
                             "ff02::1",
                             "::ffff:10.0.0.1",
                             "::10.0.0.1",
                             "64:ff9b::a00:1",
                             "64:ff9b:1::1",
                             "2002:a00:1::1",
                             "2001::1"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_TRUE(is_internal(*address)) << text;
    }
    for (const char* text : {"8.8.8.8", "172.32.0.1", "172.15.0.1", "100.128.0.1", "192.1.0.1", "223.255.255.255", "2606:4700::1111",
                             "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_FALSE(is_internal(*address)) << text;
    }
    EXPECT_FALSE(parse_address("example.com"));
    EXPECT_FALSE(parse_address("fe80::1%eth0"));
}

TEST(Addresses, HostsByTextAlone) {
    for (const char* text : {"127.1", "2130706433", "0x7f.1", "LOCALHOST", "a.localhost", "metadata.google.internal", "metadata",
                             "printer.local", "localhost."})
        EXPECT_TRUE(is_internal_host(text)) << text;
    for (const char* text : {"example.com", "localhost.example.com", "8.8.8.8", "134744072"}) EXPECT_FALSE(is_internal_host(text)) << text;
}

}  // namespace
}  // namespace veritag
