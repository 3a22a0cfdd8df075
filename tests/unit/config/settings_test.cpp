// Every key is read, and what is not written has its default.
#include "places.h"

#include "base/error.h"
#include "base/limits.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <unistd.h>

namespace veritag::config {
namespace {

using namespace std::chrono_literals;

Settings read(std::string_view text) {
    Result<Settings> settings = parse(text);
    EXPECT_TRUE(settings) << settings.error().message();
    return settings ? std::move(*settings) : Settings{};
}

TEST(Defaults, AreThoseOfTheHeaders) {
    const Settings settings = read("language: en\n");
    ASSERT_EQ(settings.server.endpoints.size(), 1U);
    EXPECT_EQ(server::to_string(settings.server.endpoints[0]), "127.0.0.1:8080");
    EXPECT_FALSE(settings.server.tls);
    EXPECT_FALSE(settings.access.anonymous_read);
    EXPECT_TRUE(settings.access.metrics_open);
    EXPECT_EQ(settings.store, "");
    EXPECT_EQ(settings.jobs, 2U);
    EXPECT_EQ(settings.workers, 2U);
    EXPECT_FALSE(settings.partial);
    EXPECT_EQ(settings.external_url, "");
    EXPECT_EQ(settings.settle, 2s);
    EXPECT_FALSE(settings.harbor.enabled);
    EXPECT_EQ(settings.queue.most_waiting, 10'000U);
    EXPECT_EQ(settings.queue.event_window, 10min);
    EXPECT_EQ(settings.log_level, "info");
    EXPECT_EQ(settings.log_format, "text");
    EXPECT_TRUE(settings.registries.empty() && settings.targets.empty() && settings.hooks.empty() && settings.channels.empty() && settings.rules.empty());
}

TEST(TopLevel, IsRead) {
    const Settings settings = read(R"(
store: /srv/veritag/store.sqlite
rules: [/etc/veritag/rules, /srv/rules]
waivers: /etc/veritag/waivers.yml
jobs: 5
workers: 3
partial: true
language: zh
external_url: https://veritag.example/
settle: 5s
queue: {most_waiting: 77, event_window: 1h}
log: {level: debug, format: json}
)");
    EXPECT_EQ(settings.store, "/srv/veritag/store.sqlite");
    EXPECT_EQ(settings.rules, (std::vector<std::string>{"/etc/veritag/rules", "/srv/rules"}));
    EXPECT_EQ(settings.waivers.path, "/etc/veritag/waivers.yml");
    ASSERT_EQ(settings.waivers.waivers.size(), 1U);
    EXPECT_EQ(settings.waivers.waivers[0].target, "quay.io/**");
    EXPECT_EQ(settings.jobs, 5U);
    EXPECT_EQ(settings.workers, 3U);
    EXPECT_TRUE(settings.partial);
    EXPECT_EQ(settings.language, "zh");
    EXPECT_EQ(settings.external_url, "https://veritag.example");
    EXPECT_EQ(settings.settle, 5s);
    EXPECT_EQ(settings.queue.most_waiting, 77U);
    EXPECT_EQ(settings.queue.event_window, 1h);
    EXPECT_EQ(settings.log_level, "debug");
    EXPECT_EQ(settings.log_format, "json");
}

TEST(Listen, IsRead) {
    const Settings settings = read(R"(
listen:
  - 127.0.0.1:8080
  - {address: '[::1]:8443', tls: true}
  - {address: 'unix:/run/veritag/api.sock', mode: 0600}
tls: {certificate_file: /tls/crt, key_file: /tls/key, client_ca_file: /tls/ca, client_certificates: required}
)");
    ASSERT_EQ(settings.server.endpoints.size(), 3U);
    EXPECT_EQ(server::to_string(settings.server.endpoints[0]), "127.0.0.1:8080");
    EXPECT_FALSE(settings.server.endpoints[0].tls);
    EXPECT_EQ(server::to_string(settings.server.endpoints[1]), "[::1]:8443");
    EXPECT_TRUE(settings.server.endpoints[1].tls);
    EXPECT_EQ(server::to_string(settings.server.endpoints[2]), "unix:/run/veritag/api.sock");
    EXPECT_EQ(settings.server.endpoints[2].mode, 0600U);
    ASSERT_TRUE(settings.server.tls);
    EXPECT_EQ(settings.server.tls->certificate_file, "/tls/crt");
    EXPECT_EQ(settings.server.tls->key_file, "/tls/key");
    EXPECT_EQ(settings.server.tls->client_ca_file, "/tls/ca");
    EXPECT_TRUE(settings.server.tls->client_certificate_required);
    EXPECT_EQ(read("listen: ':9000'\n").server.endpoints.at(0).port, 9000);
}

TEST(Http, IsRead) {
    const server::ServerOptions options = read(R"(
http: {threads: 6, header_bytes: 8KiB, body_bytes: 2MiB, connections: 100, connections_per_address: 50, waiting_requests: 20, event_streams: 5, requests_per_connection: 9,
       header_time: 1s, body_time: 2s, idle_time: 3s}
)").server;
    EXPECT_EQ(options.threads, 6U);
    EXPECT_EQ(options.limits.header_bytes, 8U << 10);
    EXPECT_EQ(options.limits.body_bytes, 2U << 20);
    EXPECT_EQ(options.limits.connections, 100U);
    EXPECT_EQ(options.limits.connections_per_address, 50U);
    EXPECT_EQ(options.limits.waiting_requests, 20U);
    EXPECT_EQ(options.limits.event_streams, 5U);
    EXPECT_EQ(options.limits.requests_per_connection, 9U);
    EXPECT_EQ(options.times.header, 1s);
    EXPECT_EQ(options.times.body, 2s);
    EXPECT_EQ(options.times.idle, 3s);
}

TEST(Access, IsRead) {
    const AccessSettings access = read(R"(
access:
  anonymous_read: true
  metrics_open: false
  cors_origins: [https://dashboard.example, 'http://localhost:3000']
  admin_certificates: ['AB:CD:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD']
)").access;
    EXPECT_TRUE(access.anonymous_read);
    EXPECT_FALSE(access.metrics_open);
    EXPECT_EQ(access.cors_origins, (std::vector<std::string>{"https://dashboard.example", "http://localhost:3000"}));
    EXPECT_EQ(access.admin_certificates, (std::vector<std::string>{"abcd00112233445566778899aabbccddeeff00112233445566778899aabbccdd"}));
}

TEST(Registries, AreRead) {
    const Settings settings = read(R"(
registries:
  - registry: registry.example:5000
    username: robot
    password_file: /secrets/one
    authfile: /etc/veritag/auth.json
    plain_http: true
    ca_file: /etc/veritag/ca.pem
    insecure_skip_verify: true
    internal: true
    attach: true
    driver: harbor
    connections: 8
    requests_per_second: 2.5
    attempts: 7
  - registry: quay.io
)");
    ASSERT_EQ(settings.registries.size(), 2U);
    const RegistrySettings& first = settings.registries[0];
    EXPECT_EQ(first.registry, "registry.example:5000");
    EXPECT_EQ(first.client.username, "robot");
    EXPECT_EQ(first.client.password, kFileSecret);
    EXPECT_EQ(first.client.auth_file, "/etc/veritag/auth.json");
    EXPECT_TRUE(first.client.plain_http && first.client.insecure_skip_verify && first.client.registries_may_be_internal);
    EXPECT_EQ(first.client.ca_file, "/etc/veritag/ca.pem");
    EXPECT_EQ(first.driver, registry::ListingDriver::harbor);
    EXPECT_TRUE(first.attach);
    EXPECT_FALSE(settings.registries[1].attach);
    EXPECT_EQ(first.client.connections_per_host, 8U);
    EXPECT_TRUE(first.own_connections);
    EXPECT_FALSE(settings.registries[1].own_connections);
    EXPECT_DOUBLE_EQ(first.client.requests_per_second, 2.5);
    EXPECT_EQ(first.client.attempts, 7);
    // What is not written: nothing of the machine's own, no way inside.
    const registry::ClientOptions& second = settings.registries[1].client;
    EXPECT_FALSE(second.use_environment_auth || second.plain_http || second.insecure_skip_verify || second.registries_may_be_internal);
}

TEST(Targets, AreRead) {
    const Settings settings = read(R"(
notifications: [{name: ops, kind: webhook, url: 'https://chat.example/x'}]
registries: [{registry: harbor.example, driver: harbor}]
targets:
  - name: all-ai
    registry: harbor.example
    namespace: openeuler
    images: [cann, 'py*']
    not_images: old/**
    tags: ['*oe2403*']
    not_tags: ['*-dev']
    arches: [aarch64, x86_64, linux/riscv64]
    newest: 90d
    interval: 6h
    time_zone: Asia/Shanghai
    jitter: 10m
    quiet_hours: ['22:00-06:00', 'sat,sun 00:00-24:00']
    concurrency: 4
    references_per_second: 0.5
    deadline: 3h
    notify: [ops]
  - {name: hub, registry: docker.io, namespace: openeuler, driver: docker-hub, schedule: '30 2 * * *'}
  - {name: off, registry: quay.io, interval: 1d, disable: true}
  - {name: listed, list: /lists/images}
)");
    ASSERT_EQ(settings.targets.size(), 4U);
    const TargetSettings& first = settings.targets[0];
    EXPECT_EQ(first.name, "all-ai");
    ASSERT_EQ(first.targets.size(), 1U);
    EXPECT_EQ(first.targets[0].registry, "harbor.example");
    EXPECT_EQ(first.targets[0].path, "openeuler");
    EXPECT_EQ(first.targets[0].driver, registry::ListingDriver::harbor) << "the registry's own driver";
    EXPECT_EQ(first.filter.repositories, (std::vector<std::string>{"openeuler/cann", "openeuler/py*"}));
    EXPECT_EQ(first.filter.not_repositories, (std::vector<std::string>{"openeuler/old/**"}));
    EXPECT_EQ(first.filter.tags, (std::vector<std::string>{"*oe2403*"}));
    EXPECT_EQ(first.filter.not_tags, (std::vector<std::string>{"*-dev"}));
    ASSERT_EQ(first.platforms.size(), 3U);
    EXPECT_EQ(first.platforms[0].architecture, "arm64");
    EXPECT_EQ(first.platforms[1].architecture, "amd64");
    EXPECT_EQ(first.platforms[2].architecture, "riscv64");
    EXPECT_EQ(first.newest, std::chrono::days(90));
    ASSERT_TRUE(first.schedule && first.schedule->interval);
    EXPECT_EQ(*first.schedule->interval, 6h);
    EXPECT_LE(first.schedule->offset, 10min);
    EXPECT_EQ(first.schedule->quiet_hours.size(), 2U);
    EXPECT_EQ(first.concurrency, 4U);
    EXPECT_DOUBLE_EQ(first.references_per_second, 0.5);
    EXPECT_EQ(first.deadline, 3h);
    EXPECT_EQ(first.notify, (std::vector<std::string>{"ops"}));
    EXPECT_EQ(settings.targets[1].targets.at(0).driver, registry::ListingDriver::docker_hub);
    ASSERT_TRUE(settings.targets[1].schedule);
    EXPECT_TRUE(settings.targets[1].schedule->cron);
    EXPECT_FALSE(settings.targets[2].schedule) << "disabled: only on demand";
    EXPECT_TRUE(settings.targets[3].targets.empty());
    ASSERT_EQ(settings.targets[3].entries.size(), 2U);
    EXPECT_EQ(settings.targets[3].entries[0].repository, "openeuler/cann");
}

TEST(Hooks, AreRead) {
    const Settings settings = read(R"(
hooks:
  - {name: hub, kind: harbor, registry: harbor.example, authentication: header, header: Authorization,
     secret_file: [/secrets/one, /secrets/two], secret_env: ONE}
  - {name: zot, kind: zot, registry: zot.example, authentication: bearer, secret_credential: one, origins: [zot.example]}
)");
    ASSERT_EQ(settings.hooks.size(), 2U);
    EXPECT_EQ(settings.hooks[0].name, "hub");
    EXPECT_EQ(settings.hooks[0].kind, hooks::SenderKind::harbor);
    EXPECT_EQ(settings.hooks[0].registry, "harbor.example");
    EXPECT_EQ(settings.hooks[0].authentication.method, hooks::AuthMethod::header);
    EXPECT_EQ(settings.hooks[0].authentication.header, "Authorization");
    EXPECT_EQ(settings.hooks[0].authentication.secrets,
              (std::vector<std::string>{std::string(kFileSecret), std::string(kFileSecret) + "-two", std::string(kEnvironmentSecret)}));
    EXPECT_EQ(settings.hooks[1].authentication.secrets, (std::vector<std::string>{std::string(kCredentialSecret)}));
    EXPECT_EQ(settings.hooks[1].handshake.origins, (std::vector<std::string>{"zot.example"}));
}

TEST(HarborAdapter, IsRead) {
    const HarborSettings harbor = read("harbor_adapter: {enabled: true, authentication: basic, secret_file: /secrets/user, registries: ['harbor.example:8443'], deadline: 10m}\n").harbor;
    EXPECT_TRUE(harbor.enabled);
    EXPECT_EQ(harbor.scheme, "basic");
    EXPECT_EQ(harbor.secrets, (std::vector<std::string>{"harbor:" + std::string(kFileSecret)}));
    EXPECT_EQ(harbor.registries, (std::vector<std::string>{"harbor.example:8443"}));
    EXPECT_EQ(harbor.deadline, 10min);
}

TEST(Channels, AreRead) {
    const Settings settings = read(R"(
language: zh
notifications:
  - {name: chat, kind: webhook, url_file: /secrets/url, secret_credential: one, ca_file: /ca.pem, internal: true, language: en, least: error,
     targets: ['all-*'], codes: ['os-*', parent-stale], sends: 3, window: 30m, dry_run: true}
  - {name: post, kind: email, host: mail.example, port: 465, tls: implicit, username: robot, password_env: ONE,
     from: 'veritag <veritag@openeuler.example>', to: [a@openeuler.example, b@openeuler.example],
     ca_file: /ca.pem, allow_plaintext: true}
  - {name: forge, kind: issue, forge: gitlab, api: 'https://git.example/api/v4', repository: group/sub/project, token_file: /secrets/one,
     labels: [images, tags], ca_file: /ca.pem, internal: true}
)");
    ASSERT_EQ(settings.channels.size(), 3U);
    const notify::Channel& chat = settings.channels[0];
    EXPECT_EQ(chat.name, "chat");
    EXPECT_EQ(chat.language, report::Language::en);
    EXPECT_EQ(chat.filter.least, Severity::error);
    EXPECT_EQ(chat.filter.targets, (std::vector<std::string>{"all-*"}));
    EXPECT_EQ(chat.filter.codes, (std::vector<std::string>{"os-*", "parent-stale"}));
    EXPECT_EQ(chat.limit.sends, 3U);
    EXPECT_EQ(chat.limit.window, 30min);
    EXPECT_EQ(settings.dry_run, (std::set<std::string>{"chat"}));
    const auto& webhook = std::get<notify::WebhookChannel>(chat.kind);
    EXPECT_EQ(webhook.url, "https://chat.example/hook/" + std::string(kFileSecret));
    EXPECT_EQ(webhook.secret, kCredentialSecret);
    EXPECT_EQ(webhook.ca_file, "/ca.pem");
    EXPECT_TRUE(webhook.allow_internal);
    const auto& mail = std::get<notify::EmailChannel>(settings.channels[1].kind);
    EXPECT_EQ(settings.channels[1].language, report::Language::zh) << "the language of all, where it has none of its own";
    EXPECT_EQ(mail.server.host, "mail.example");
    EXPECT_EQ(mail.server.port, 465);
    EXPECT_EQ(mail.server.tls, outbound::MailTls::implicit_tls);
    EXPECT_EQ(mail.server.username, "robot");
    EXPECT_EQ(mail.server.password, kEnvironmentSecret);
    EXPECT_EQ(mail.server.from, "veritag <veritag@openeuler.example>");
    EXPECT_EQ(mail.to, (std::vector<std::string>{"a@openeuler.example", "b@openeuler.example"}));
    EXPECT_EQ(mail.server.ca_file, "/ca.pem");
    EXPECT_TRUE(mail.server.allow_plaintext);
    const auto& issues = std::get<notify::IssueChannel>(settings.channels[2].kind);
    EXPECT_EQ(issues.forge, notify::Forge::gitlab);
    EXPECT_EQ(issues.api, "https://git.example/api/v4");
    EXPECT_EQ(issues.repository, "group/sub/project");
    EXPECT_EQ(issues.token, kFileSecret);
    EXPECT_EQ(issues.labels, (std::vector<std::string>{"images", "tags"}));
    EXPECT_EQ(issues.ca_file, "/ca.pem");
    EXPECT_TRUE(issues.allow_internal);
}

TEST(Channels, TakeTheLanguageWhereverItStands) {
    EXPECT_EQ(read("notifications: [{name: chat, kind: webhook, url: 'https://chat.example/x'}]\nlanguage: zh\n").channels.at(0).language, report::Language::zh);
}

TEST(Limits, EachGoesToItsOwnField) {
    struct Case {
        const char* key;
        std::uint64_t (*field)(const Limits&);
    };
#define CASE(name) Case{#name, [](const Limits& limits) -> std::uint64_t { return limits.name; }}
    constexpr Case kCases[] = {CASE(manifest_bytes), CASE(config_bytes), CASE(token_bytes), CASE(error_body_bytes), CASE(listing_page_bytes), CASE(listing_pages),
        CASE(listing_names), CASE(json_depth), CASE(index_depth), CASE(index_platforms), CASE(image_layers), CASE(referrers), CASE(referrers_pages), CASE(referrers_read), CASE(statement_bytes), CASE(layer_bytes), CASE(inflate_ratio),
        CASE(inflate_ratio_floor), CASE(zstd_window_log), CASE(tar_entries), CASE(toc_bytes), CASE(path_bytes), CASE(tar_header_bytes),
        CASE(captured_file_bytes), CASE(captured_total_bytes), CASE(searched_bytes), CASE(image_analysis_bytes), CASE(package_database_bytes),
        CASE(rpm_header_entries), CASE(rpm_header_bytes), CASE(packages), CASE(text_line_bytes), CASE(worker_memory_bytes), CASE(worker_cpu_seconds),
        CASE(worker_silence_seconds), CASE(hook_body_bytes), CASE(hook_events)};
#undef CASE
    for (const Case& each : kCases) {
        const std::uint64_t usual = each.field(Limits{});
        const Settings settings = read("limits: {" + std::string(each.key) + ": 3KiB}\n");
        EXPECT_EQ(each.field(settings.limits), 3072U) << each.key;
        int changed = 0;
        for (const Case& other : kCases) changed += other.field(settings.limits) != other.field(Limits{}) ? 1 : 0;
        EXPECT_EQ(changed, 1) << each.key << " is " << usual << " else, and changes nothing but itself";
    }
}

TEST(Limits, HoldForEveryRegistryWhereverTheyStand) {
    const Settings settings = read("registries: [{registry: quay.io}]\nlimits: {manifest_bytes: 1MiB}\n");
    EXPECT_EQ(settings.registries.at(0).client.limits.manifest_bytes, 1U << 20);
    EXPECT_EQ(settings.other_registries.limits.manifest_bytes, 1U << 20);
}

// ---- what a running daemon cannot take ----

TEST(KeysForRestart, AreThoseThatDiffer) {
    using Keys = std::vector<std::string>;
    const std::string before = "listen: 127.0.0.1:8080\nstore: /a\nworkers: 2\n";
    const Settings started = read(before);
    struct Case {
        const char* text;
        Keys keys;
    };
    const Case cases[] = {
        {"listen: 127.0.0.1:8080\nstore: /a\nworkers: 2\n", {}},
        {"store: /a\n", {}},  // defaults are no change
        {"listen: 127.0.0.1:8081\nstore: /a\n", {"listen"}},
        {"listen: {address: 'unix:/a', mode: 0600}\nstore: /a\n", {"listen"}},
        {"store: /b\nworkers: 3\n", {"store", "workers"}},
        {"store: /a\nhttp: {idle_time: 5s}\n", {"http"}},
        {"store: /a\nhttp: {connections: 5}\n", {"http"}},
        {"store: /a\nhttp: {threads: 99}\n", {"http"}},
        {"store: /a\ntls: {certificate_file: /c, key_file: /k}\n", {"tls"}},
        {"store: /a\nqueue: {most_waiting: 5}\n", {"queue"}},
        {"store: /a\nqueue: {event_window: 5m}\n", {"queue"}},
        // What is taken at once.
        {"store: /a\njobs: 9\npartial: true\nsettle: 9s\nlog: {level: debug}\nlimits: {packages: 5}\nlanguage: zh\naccess: {anonymous_read: true}\nregistries: [{registry: a.example}]\n", {}}};
    for (const Case& c : cases) EXPECT_EQ(keys_for_restart(started, read(c.text)), c.keys) << c.text;
}

// ---- the store alone ----

class ConfigurationFile : public testing::Test {
protected:
    Result<std::string> store_of(const std::string& text) {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
        return read_store_path(path_);
    }
    void TearDown() override { std::remove(path_.c_str()); }
    std::string path_ = testing::TempDir() + "veritag-store-path-" + std::to_string(::getpid()) + ".yaml";
};

TEST_F(ConfigurationFile, SaysWhereItsStoreIsWhateverElseIsMissing) {
    EXPECT_EQ(store_of("store: /var/lib/x\nregistries: [{registry: a.example, username: me, password_credential: nobody_has_it}]\n").value(), "/var/lib/x");
    EXPECT_EQ(store_of("jobs: 2\n").value(), "");
    for (const char* wrong : {"store: [a]\n", "- a\n", "store: /a\nstore: /b\n", "[\n", ""}) {
        const Result<std::string> refused = store_of(wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().code, ErrorCode::config) << wrong;
        EXPECT_EQ(refused.error().what, "read configuration") << wrong;
    }
    EXPECT_FALSE(read_store_path(path_ + ".none"));
}

}  // namespace
}  // namespace veritag::config
