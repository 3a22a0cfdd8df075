// Secrets come from files, from systemd and from the environment, one of them, and no message holds one.
#include "places.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace veritag::config {
namespace {

// All places of secrets at once, and much else that can go wrong.
constexpr std::string_view kWhole = R"(listen: [127.0.0.1:8080, {address: 'unix:/run/veritag/api.sock', mode: 0660}]
access: {anonymous_read: true, cors_origins: ['https://dashboard.example']}
registries:
  - {registry: one.example, username: me, password_file: /secrets/one}
  - {registry: two.example, username: me, password_credential: one, requests_per_second: 1.5}
  - {registry: three.example, username: me, password_env: ONE, driver: harbor}
notifications:
  - {name: chat, kind: webhook, url_file: /secrets/url, secret_env: ONE}
  - {name: post, kind: email, host: mail.example, username: me, password_file: /secrets/one, from: a@b.example, to: a@b.example}
  - {name: forge, kind: issue, forge: gitee, repository: a/b, token_credential: one}
targets:
  - {name: all, registry: one.example, namespace: openeuler, interval: 6h, jitter: 5m, quiet_hours: ['22:00-06:00'], notify: [chat, post]}
  - {name: some, list: /lists/images, schedule: '0 3 * * *', time_zone: Asia/Shanghai}
hooks:
  - {name: hub, kind: quay, registry: quay.io, authentication: path, secret_file: [/secrets/one, /secrets/two]}
  - {name: hb, kind: harbor, registry: one.example, authentication: basic, secret_file: /secrets/user}
harbor_adapter: {enabled: true, secret_credential: one, registries: [one.example]}
limits: {layer_bytes: 1GiB}
)";

bool holds_secret(std::string_view text) { return text.find("swordfish") != std::string_view::npos; }

TEST(Secrets, ComeFromThreePlaces) {
    const Result<Settings> settings = parse(kWhole);
    ASSERT_TRUE(settings) << settings.error().message();
    EXPECT_EQ(settings->registries.at(0).client.password, kFileSecret) << "without the line end of the file";
    EXPECT_EQ(settings->registries.at(1).client.password, kCredentialSecret);
    EXPECT_EQ(settings->registries.at(2).client.password, kEnvironmentSecret);
    EXPECT_EQ(settings->harbor.secrets, (std::vector<std::string>{std::string(kCredentialSecret)}));
    EXPECT_EQ(settings->hooks.at(0).authentication.secrets.size(), 2U);
}

TEST(Secrets, OnlyTheLineEndIsCutOff) {
    FakePlaces fake;
    fake.files["/secrets/one"] = "  two words \r\n\n";
    const Result<Settings> settings = parse("registries: [{registry: a.example, username: me, password_file: /secrets/one}]\n", fake);
    ASSERT_TRUE(settings) << settings.error().message();
    EXPECT_EQ(settings->registries.at(0).client.password, "  two words ");
}

TEST(Secrets, CredentialsNeedSystemd) {
    FakePlaces fake;
    fake.credentials_directory = "";
    const std::string told = mistake("registries: [{registry: a.example, username: me, password_credential: one}]\n", fake);
    EXPECT_TRUE(told.starts_with("1:71 registries[0].password_credential: \"one\" is a credential of systemd, and this process was handed none (CREDENTIALS_DIRECTORY is not set); ")) << told;
    for (const char* way : {"LoadCredential=", "systemd-run --pipe", "--check-config", "let CREDENTIALS_DIRECTORY name", "_file"}) EXPECT_NE(told.find(way), std::string::npos) << way;
    EXPECT_EQ(mistake("registries: [{registry: a.example, username: me, password_credential: a/b}]\n", fake),
              "1:71 registries[0].password_credential: \"a/b\" is no name of a credential; "
              "write the name that systemd gives it (LoadCredential=NAME:FILE), without \"/\"; for a path use the key that ends in _file");
}

TEST(Secrets, SayWhichFileAMissingCredentialIsMadeOf) {
    EXPECT_EQ(mistake("registries: [{registry: a.example, username: me, password_credential: secrets_hub}]\n"),
              "1:71 registries[0].password_credential: \"secrets_hub\": No such file or directory in CREDENTIALS_DIRECTORY, \"/run/credentials\"; "
              "veritag.service makes it of /etc/veritag/secrets/hub at its start");
}

TEST(Secrets, AreTakenOnceWhereOneIsAskedFor) {
    const std::string_view pairs[][2] = {{"file: /secrets/one", "credential: one"}, {"file: /secrets/one", "env: ONE"}, {"credential: one", "env: ONE"}};
    struct Place {
        const char* key;
        const char* rest;
    };
    const Place places[] = {{"password", "registries: [{registry: a.example, username: me, "},
                            {"secret", "notifications: [{name: a, kind: webhook, url: 'https://a.example', "},
                            {"url", "notifications: [{name: a, kind: webhook, "},
                            {"password", "notifications: [{name: a, kind: email, host: a.example, from: a@b.example, to: a@b.example, "},
                            {"token", "notifications: [{name: a, kind: issue, forge: gitee, repository: a/b, "}};
    for (const auto& [key, rest] : places)
        for (const auto& [one, two] : pairs) {
            const std::string text = std::string(rest) + key + '_' + std::string(one) + ", " + key + '_' + std::string(two) + "}]\n";
            const std::string message = mistake(text);
            const std::string told = std::string("the secret is given twice; leave one of ") + key + "_file, " + key + "_credential and " + key + "_env";
            EXPECT_NE(message.find(told), std::string::npos) << text << message;
            EXPECT_FALSE(holds_secret(message)) << message;
        }
}

TEST(Secrets, SeveralAreOneAfterTheOtherForWhoSends) {
    const Result<Settings> settings =
        parse("hooks: [{name: a, kind: quay, registry: quay.io, authentication: path, secret_env: ONE, secret_credential: [one], secret_file: [/secrets/two, /secrets/one]}]\n");
    ASSERT_TRUE(settings) << settings.error().message();
    EXPECT_EQ(settings->hooks.at(0).authentication.secrets,
              (std::vector<std::string>{std::string(kFileSecret) + "-two", std::string(kFileSecret), std::string(kCredentialSecret), std::string(kEnvironmentSecret)}));
}

// A file that is cut off anywhere is read or refused, and what is said of it gives nothing away.
TEST(Secrets, NoPrefixOfAFileGivesThemAway) {
    std::size_t refused = 0;
    for (std::size_t length = 0; length < kWhole.size(); ++length) {
        const std::string message = mistake(kWhole.substr(0, length));
        refused += message.empty() ? 0 : 1;
        ASSERT_FALSE(holds_secret(message)) << message;
    }
    EXPECT_GT(refused, kWhole.size() / 2);
}

// One byte that is another one, anywhere.
TEST(Secrets, NoChangedByteGivesThemAway) {
    std::string text(kWhole);
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const char other : {'"', '\xFF'}) {
            const char before = text[i];
            text[i] = other;
            ASSERT_FALSE(holds_secret(mistake(text))) << i;
            text[i] = before;
        }
}

TEST(Hostile, IsRefusedInBoundedTime) {
    EXPECT_EQ(mistake(std::string(5U << 20, ' ')).substr(0, 5), "1:1: ");
    EXPECT_NE(mistake(std::string(100'000, '[')), "");
    EXPECT_NE(mistake("access: {cors_origins: " + std::string(5'000, '[') + std::string(5'000, ']') + "}\n"), "");
    EXPECT_EQ(mistake("store: \"\xFF\"\n"), "1:1: the text is not UTF-8");
    const std::string message = mistake(std::string(2'000, 'k') + ": 1\n");
    EXPECT_LT(message.size(), 1'000U) << "what was written is cut before it is shown";
    EXPECT_EQ(mistake("\"a\\nb\\e[31m\": 1\n").find('\x1B'), std::string::npos) << "and its control characters are written out";
}

}  // namespace
}  // namespace veritag::config
