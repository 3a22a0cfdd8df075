// Secrets as the tests have them: files, credentials and variables that exist nowhere else.
#pragma once

#include "config/settings.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::config {

/// What no message may hold.
inline constexpr std::string_view kFileSecret = "swordfish-in-a-file-0123456789";
inline constexpr std::string_view kCredentialSecret = "swordfish-of-systemd-0123456789";
inline constexpr std::string_view kEnvironmentSecret = "swordfish-in-the-air-0123456789";

struct FakePlaces {
    std::map<std::string, std::string> files{{"/secrets/one", std::string(kFileSecret) + "\n"},
                                             {"/secrets/two", std::string(kFileSecret) + "-two\r\n"},
                                             {"/secrets/user", "harbor:" + std::string(kFileSecret)},
                                             {"/secrets/url", "https://chat.example/hook/" + std::string(kFileSecret)},
                                             {"/secrets/short", "short"},
                                             {"/secrets/empty", "\n"},
                                             {"/run/credentials/one", std::string(kCredentialSecret)},
                                             {"/lists/images", "quay.io/openeuler/cann:8.0.RC1-oe2203sp4\nquay.io/openeuler/pytorch\n"},
                                             {"/lists/empty", "# nothing\n"},
                                             {"/lists/broken", "no reference !\n"},
                                             {"/etc/veritag/waivers.yml", "waivers:\n  - {target: 'quay.io/**', code: os-mismatch, reason: r, owner: o, expiry: 2026-12-31}\n"},
                                             {"/waivers/wrong.yml", "waivers: [{ target: a }]\n"}};
    std::map<std::string, std::string> variables{{"ONE", std::string(kEnvironmentSecret)}, {"EMPTY", ""}};
    std::string credentials_directory = "/run/credentials";

    [[nodiscard]] SecretPlaces places() const {
        SecretPlaces places;
        places.read_file = [this](const std::string& path) -> Result<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return Error{ErrorCode::config, "read file", path, "No such file or directory", ""};
            return found->second;
        };
        places.environment = [this](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        };
        places.credentials_directory = credentials_directory;
        return places;
    }
};

inline Result<Settings> parse(std::string_view text, const FakePlaces& fake = {}) { return parse_settings(text, "veritag.yaml", fake.places()); }

/// What is wrong with `text`, from the line on; empty where nothing is.
inline std::string mistake(std::string_view text, const FakePlaces& fake = {}) {
    const Result<Settings> settings = parse(text, fake);
    if (settings) return {};
    const std::string message = settings.error().message();
    constexpr std::string_view kBegin = "read configuration: veritag.yaml:";
    return message.starts_with(kBegin) ? message.substr(kBegin.size()) : message;
}

}  // namespace veritag::config
