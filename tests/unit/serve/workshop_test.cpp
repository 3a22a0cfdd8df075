// Connections as the configuration wants them.
#include "serve/workshop.h"

#include <gtest/gtest.h>

namespace veritag::serve {
namespace {

config::RegistrySettings registry_of(std::size_t connections, bool own) {
    config::RegistrySettings settings;
    settings.registry = "a.example";
    settings.own_connections = own;
    settings.client.connections_per_host = connections;
    return settings;
}

TEST(ClientOptions, KeepTheConnectionsThatWereWrittenDown) {
    config::Settings settings;
    settings.jobs = 8;
    for (const std::size_t connections : {1U, 3U, 20U}) {
        const config::RegistrySettings registry = registry_of(connections, true);
        EXPECT_EQ(client_options(settings, &registry, nullptr).connections_per_host, connections);
    }
    const config::RegistrySettings usual = registry_of(3, false);
    EXPECT_EQ(client_options(settings, &usual, nullptr).connections_per_host, 9U) << "one more than jobs";
    EXPECT_EQ(client_options(settings, nullptr, nullptr).connections_per_host, 9U);
    settings.jobs = 1;
    EXPECT_EQ(client_options(settings, &usual, nullptr).connections_per_host, 3U);
}

TEST(ClientOptions, LeadInsideOnlyWhereThatIsWrittenDown) {
    config::Settings settings;
    config::RegistrySettings registry = registry_of(3, false);
    registry.client.registries_may_be_internal = true;
    EXPECT_TRUE(client_options(settings, &registry, nullptr).registries_may_be_internal);
    registry.client.registries_may_be_internal = false;
    EXPECT_FALSE(client_options(settings, &registry, nullptr).registries_may_be_internal);
    EXPECT_FALSE(client_options(settings, nullptr, nullptr).registries_may_be_internal);
}

TEST(ClientOptions, ShareOnePaceAmongCopies) {
    config::Settings settings;
    config::RegistrySettings registry = registry_of(3, false);
    EXPECT_EQ(client_options(settings, &registry, nullptr).pace, nullptr);
    registry.client.requests_per_second = 5;
    const registry::ClientOptions options = client_options(settings, &registry, nullptr);
    ASSERT_NE(options.pace, nullptr);
    const registry::ClientOptions of_harbor = options;
    const auto now = std::chrono::steady_clock::now();
    EXPECT_EQ(options.pace->take_turn(now), now);
    EXPECT_EQ(of_harbor.pace->take_turn(now) - now, std::chrono::milliseconds(200));
}

}  // namespace
}  // namespace veritag::serve
