// The example that is shipped: right as it stands, right with every key in use, complete, and with the defaults that the program has.
#include "places.h"

#include "base/text.h"
#include "rules/yaml.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace veritag::config {
namespace {

using rules::YamlNode;
using Keys = std::set<std::string>;

std::string example() {
    std::ifstream in(std::string(VERITAG_SOURCE_DIR) + "/etc/veritag.example.yaml");
    return {std::istreambuf_iterator<char>(in), {}};
}

// Every key in use: "# text" is an explanation, what else begins with "#" a key.
std::string in_use(const std::string& text) {
    std::string whole;
    for (const std::string_view line : split(text, '\n')) {
        const bool key = line.size() > 2 && line[0] == '#' && (line[1] != ' ' || line[2] == ' ');
        whole += std::string(key ? line.substr(1) : line) + '\n';
    }
    return whole;
}

// Files and credentials of the example: each holds something that will do.
SecretPlaces places() {
    SecretPlaces places;
    places.read_file = [](const std::string& path) -> Result<std::string> {
        if (path.ends_with("/images")) return std::string("quay.io/openeuler/cann\n");
        if (path.ends_with("/waivers.yml")) return std::string("waivers: []\n");
        return path.ends_with("_url") ? std::string("https://chat.example/secret") : std::string("a-secret-of-the-example-0123456789");
    };
    places.environment = [](const std::string&) { return std::optional<std::string>("a-secret-of-the-example"); };
    places.credentials_directory = "/run/credentials/veritag.service";
    return places;
}

Settings settings_of(const std::string& text) {
    const Result<Settings> settings = parse_settings(text, "veritag.example.yaml", places());
    EXPECT_TRUE(settings) << settings.error().message();
    return settings ? *settings : Settings{};
}

// ---- what the program accepts, by its own words ----

// The keys that an unknown one is answered with; empty where another mistake is told.
Keys known(const std::string& text) {
    const std::string message = mistake(text);
    constexpr std::string_view kBegin = "\"zzz\" is unknown (known: ";
    const std::size_t from = message.find(kBegin);
    if (from == std::string::npos) return {};
    const std::string words = message.substr(from + kBegin.size(), message.find(')', from) - from - kBegin.size());
    Keys keys;
    for (const std::string_view word : split(words, ',')) keys.emplace(trim(word));
    return keys;
}

// By what holds them: "" for the file, `http`, `registries`. A key of one kind of channels or of a list's items is one of the whole list.
std::map<std::string, Keys> accepted() {
    std::map<std::string, Keys> all{{"", known("zzz: 1\n")}};
    for (const std::string& key : all[""])
        for (const char* value : {": {zzz: 1}\n", ": [{zzz: 1}]\n", ": [{kind: webhook, zzz: 1}]\n", ": [{kind: email, zzz: 1}]\n", ": [{kind: issue, zzz: 1}]\n"})
            if (const Keys keys = known(key + value); !keys.empty()) all[key].insert(keys.begin(), keys.end());
    return all;
}

// ---- what stands in the example ----

void add(std::map<std::string, Keys>& found, const std::string& path, const YamlNode& node) {
    for (std::size_t i = 0; i < node.keys.size(); ++i) found[path].insert(node.keys[i].text);
}

std::map<std::string, Keys> written(const YamlNode& root) {
    std::map<std::string, Keys> found;
    add(found, "", root);
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
        const YamlNode& value = root.items[i];
        if (value.kind == YamlNode::Kind::map) add(found, root.keys[i].text, value);
        if (value.kind == YamlNode::Kind::list)
            for (const YamlNode& item : value.items) add(found, root.keys[i].text, item);
    }
    return found;
}

Keys without(const Keys& keys, const Keys& others) {
    Keys rest;
    std::set_difference(keys.begin(), keys.end(), others.begin(), others.end(), std::inserter(rest, rest.end()));
    return rest;
}

// ---- tests ----

TEST(Example, IsRightAsItStands) {
    const Settings settings = settings_of(example());
    ASSERT_EQ(settings.server.endpoints.size(), 1U);
    EXPECT_EQ(server::to_string(settings.server.endpoints[0]), "127.0.0.1:8080");
    EXPECT_TRUE(settings.targets.empty() && settings.hooks.empty() && settings.channels.empty() && settings.registries.empty())
        << "nobody is asked or told before somebody wants it";
}

TEST(Example, IsRightWithEveryKeyInUse) {
    const Settings settings = settings_of(in_use(example()));
    EXPECT_EQ(settings.server.endpoints.size(), 3U);
    EXPECT_EQ(settings.registries.size(), 4U);
    EXPECT_EQ(settings.targets.size(), 2U);
    EXPECT_EQ(settings.hooks.size(), 3U);
    EXPECT_EQ(settings.channels.size(), 4U);
}

TEST(Example, HasEveryKeyThatTheProgramAccepts) {
    const Result<YamlNode> root = rules::parse_yaml("veritag.example.yaml", in_use(example()));
    ASSERT_TRUE(root) << root.error().message();
    std::map<std::string, Keys> found = written(*root);
    // A secret has three keys of which one is used at a time: one of them stands there, and its explanation names the others.
    const std::string text = example();
    std::size_t sections = 0, keys = 0;
    for (const auto& [path, names] : accepted()) {
        ++sections;
        keys += names.size();
        for (const std::string& name : without(names, found[path])) {
            const bool one_of_three = name.ends_with("_file") || name.ends_with("_credential") || name.ends_with("_env");
            EXPECT_TRUE(one_of_three && text.find(name) != std::string::npos) << (path.empty() ? name : path + '.' + name) << " is accepted and does not stand in the example";
        }
    }
    EXPECT_GE(sections, 13U);
    EXPECT_GE(keys, 150U);
}

// Deeper levels would be missed by what looks for keys above.
TEST(Example, HasNoDeeperLevel) {
    const Result<YamlNode> root = rules::parse_yaml("veritag.example.yaml", in_use(example()));
    ASSERT_TRUE(root) << root.error().message();
    const auto check = [](const YamlNode& section) {
        for (std::size_t i = 0; i < section.keys.size(); ++i) {
            const YamlNode& value = section.items[i];
            EXPECT_NE(value.kind, YamlNode::Kind::map) << section.keys[i].text;
            for (const YamlNode& item : value.items) EXPECT_EQ(item.kind, YamlNode::Kind::scalar) << section.keys[i].text;
        }
    };
    for (const YamlNode& value : root->items) {
        if (value.kind == YamlNode::Kind::map) check(value);
        if (value.kind == YamlNode::Kind::list)
            for (const YamlNode& item : value.items) check(item);
    }
}

TEST(Example, HasTheLimitsOfTheProgram) {
    const Settings settings = settings_of(in_use(example()));
    static_assert(std::has_unique_object_representations_v<Limits>);
    const Limits usual;
    EXPECT_EQ(std::memcmp(&settings.limits, &usual, sizeof usual), 0) << "compare with base/limits.h";
    const server::ServerLimits& http = settings.server.limits;
    const server::ServerLimits of_http;
    EXPECT_EQ(settings.server.threads, 16U) << "see daemon/serve_command.cpp";
    EXPECT_EQ(http.header_bytes, of_http.header_bytes);
    EXPECT_EQ(http.body_bytes, of_http.body_bytes);
    EXPECT_EQ(http.connections, of_http.connections);
    EXPECT_EQ(http.connections_per_address, of_http.connections_per_address);
    EXPECT_EQ(http.waiting_requests, of_http.waiting_requests);
    EXPECT_EQ(http.event_streams, of_http.event_streams);
    EXPECT_EQ(http.requests_per_connection, of_http.requests_per_connection);
    const server::ServerTimes times;
    EXPECT_EQ(settings.server.times.header, times.header);
    EXPECT_EQ(settings.server.times.body, times.body);
    EXPECT_EQ(settings.server.times.idle, times.idle);
}

TEST(Example, HasTheDefaultsOfTheProgram) {
    const Settings settings = settings_of(in_use(example()));
    const Settings usual;
    EXPECT_EQ(settings.jobs, usual.jobs);
    EXPECT_EQ(settings.workers, usual.workers);
    EXPECT_EQ(settings.partial, usual.partial);
    EXPECT_EQ(settings.language, usual.language);
    EXPECT_EQ(settings.settle, usual.settle);
    EXPECT_EQ(settings.rules, usual.rules);
    EXPECT_EQ(settings.log_level, usual.log_level);
    EXPECT_EQ(settings.log_format, usual.log_format);
    EXPECT_EQ(settings.queue.most_waiting, usual.queue.most_waiting);
    EXPECT_EQ(settings.queue.event_window, usual.queue.event_window);
    EXPECT_EQ(settings.access.anonymous_read, usual.access.anonymous_read);
    EXPECT_EQ(settings.access.metrics_open, usual.access.metrics_open);
    EXPECT_EQ(settings.access.cors_origins, usual.access.cors_origins);
    EXPECT_EQ(settings.harbor.enabled, usual.harbor.enabled);
    EXPECT_EQ(settings.harbor.scheme, usual.harbor.scheme);
    EXPECT_EQ(settings.harbor.deadline, usual.harbor.deadline);
    EXPECT_FALSE(settings.server.tls->client_certificate_required);
    EXPECT_EQ(settings.server.endpoints[2].mode, server::Endpoint{}.mode);
}

TEST(Example, HasTheDefaultsOfTheListsToo) {
    const Settings settings = settings_of(in_use(example()));
    const registry::ClientOptions client, &own = settings.registries[0].client;
    EXPECT_EQ(own.plain_http, client.plain_http);
    EXPECT_EQ(own.insecure_skip_verify, client.insecure_skip_verify);
    EXPECT_FALSE(own.registries_may_be_internal);
    EXPECT_EQ(own.connections_per_host, client.connections_per_host);
    EXPECT_EQ(own.requests_per_second, client.requests_per_second);
    EXPECT_EQ(own.attempts, client.attempts);
    EXPECT_EQ(settings.registries[0].driver, RegistrySettings{}.driver);
    EXPECT_EQ(settings.registries[0].attach, RegistrySettings{}.attach);
    const TargetSettings target;
    EXPECT_EQ(settings.targets[0].concurrency, target.concurrency);
    EXPECT_EQ(settings.targets[0].references_per_second, target.references_per_second);
    EXPECT_EQ(settings.targets[0].deadline, target.deadline);
    EXPECT_TRUE(settings.targets[0].schedule && settings.targets[1].schedule);
    const notify::Channel channel;
    EXPECT_EQ(settings.channels[0].filter.least, channel.filter.least);
    EXPECT_EQ(settings.channels[0].limit.sends, channel.limit.sends);
    EXPECT_EQ(settings.channels[0].limit.window, channel.limit.window);
    EXPECT_EQ(settings.channels[0].language, channel.language);
    const outbound::MailServer relay, &mail = std::get<notify::EmailChannel>(settings.channels[2].kind).server;
    EXPECT_EQ(mail.port, relay.port);
    EXPECT_EQ(mail.tls, relay.tls);
    EXPECT_EQ(mail.allow_plaintext, relay.allow_plaintext);
    const auto& issues = std::get<notify::IssueChannel>(settings.channels[3].kind);
    EXPECT_EQ(issues.api, notify::public_api(issues.forge));
}

}  // namespace
}  // namespace veritag::config
