#include "config/reader.h"

#include "base/duration.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

namespace veritag::config {

std::chrono::seconds SettingsReader::duration(const YamlNode& node, std::string_view chain) {
    const std::string text = this->text(node, chain);
    if (!ok()) return {};
    const Result<std::chrono::seconds> parsed = parse_duration(text);
    if (!parsed) {
        fail(node, chain, parsed.error());
        return {};
    }
    return *parsed;
}

std::optional<oci::Platform> SettingsReader::platform(const YamlNode& node, std::string_view chain) {
    std::string text = to_lower(this->text(node, chain));
    if (!ok()) return std::nullopt;
    if (text == "all") {
        fail(node, chain, "\"all\" is no platform", "leave the key out: then all platforms are looked at");
        return std::nullopt;
    }
    if (text == "x86_64") text = "amd64";
    if (text == "aarch64") text = "arm64";
    const std::string whole = text.find('/') == std::string::npos ? "linux/" + text : text;
    Result<std::optional<oci::Platform>> platform = oci::parse_platform(whole);
    if (platform && *platform) return *platform;
    fail(node, chain, rules::in_quotes(text) + " is no platform", "write OS/ARCH[/VARIANT] or an architecture, as linux/arm64 or aarch64");
    return std::nullopt;
}

double SettingsReader::rate(const YamlNode& node, std::string_view chain) {
    const std::string text = this->text(node, chain);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ok() && (error != std::errc() || end != text.data() + text.size() || !(value >= 0) || value > 1e6))
        fail(node, chain, rules::in_quotes(text) + " is no rate", "write a number a second, as 5 or 0.5; 0 is as fast as possible");
    return value;
}

std::string SettingsReader::own_name(const YamlNode& node, std::string_view chain, std::set<std::string>& taken) {
    std::string text = this->text(node, chain);
    if (!ok()) return text;
    const bool fits = !text.empty() && text.size() <= 64 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos;
    if (!fits)
        fail(node, chain, rules::in_quotes(text) + " is no name", "use 1 to 64 letters, digits, \".\", \"_\" and \"-\"");
    else if (!taken.insert(text).second)
        fail(node, chain, rules::in_quotes(text) + " is there twice");
    return text;
}

std::string SettingsReader::registry_name(const YamlNode& node, std::string_view chain) {
    std::string text = this->text(node, chain);
    if (!ok()) return text;
    const Result<registry::ListingTarget> target = registry::parse_listing_target(text);
    if (!target || !target->path.empty()) {
        fail(node, chain, rules::in_quotes(text) + " is no registry", "write HOST[:PORT], as quay.io");
        return text;
    }
    return target->registry;
}

// ---- secrets ----

rules::Words SettingsReader::with_secret(rules::Words words, const std::string& key) {
    for (const char* place : {"_file", "_credential", "_env"}) words.push_back(key + place);
    return words;
}

std::string SettingsReader::one_secret(const YamlNode& node, std::string_view chain, std::string_view place) {
    const std::string name = text(node, chain);
    if (!ok()) return {};
    std::string value;
    if (place == "_env") {
        std::optional<std::string> found = places_.environment(name);
        if (!found) {
            fail(node, chain, "the environment has no variable " + rules::in_quotes(name));
            return {};
        }
        value = std::move(*found);
    } else {
        const bool credential = place == "_credential";
        if (credential && name.find('/') != std::string::npos) {
            fail(node, chain, rules::in_quotes(name) + " is no name of a credential",
                 "write the name that systemd gives it (LoadCredential=NAME:FILE), without \"/\"; for a path use the key that ends in _file");
            return {};
        }
        if (credential && places_.credentials_directory.empty()) {
            fail(node, chain, rules::in_quotes(name) + " is a credential of systemd, and this process was handed none (CREDENTIALS_DIRECTORY is not set)",
                 "the service gets it by LoadCredential=; to check as the service would, as root: "
                 "systemd-run --pipe --wait -p LoadCredential=secrets:/etc/veritag/secrets veritag serve --check-config --config FILE; "
                 "without systemd let CREDENTIALS_DIRECTORY name a directory with this file, or use a key that ends in _file or _env");
            return {};
        }
        Result<std::string> content = places_.read_file(credential ? places_.credentials_directory + '/' + name : name);
        if (!content && credential) {
            constexpr std::string_view kPackaged = "secrets_";
            const bool packaged = name.starts_with(kPackaged) && name.size() > kPackaged.size();
            fail(node, chain, rules::in_quotes(name) + ": " + content.error().saw + " in CREDENTIALS_DIRECTORY, " + rules::in_quotes(places_.credentials_directory),
                 packaged ? "veritag.service makes it of /etc/veritag/secrets/" + quote(name.substr(kPackaged.size())) + " at its start" : "name it in the service's LoadCredential=");
            return {};
        }
        if (!content) {
            fail(node, chain, rules::in_quotes(name) + ": " + content.error().saw, content.error().hint);
            return {};
        }
        value = std::move(*content);
    }
    while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
    if (value.empty()) fail(node, chain, rules::in_quotes(name) + " holds no secret");
    return value;
}

std::vector<std::string> SettingsReader::secrets(Fields& fields, const std::string& key) {
    std::vector<std::string> found;
    for (const char* place : {"_file", "_credential", "_env"})
        fields.with(key + place, [&](const YamlNode& node, const std::string& at) {
            one_or_each(node, at, [&](const YamlNode& item, const std::string& where) { found.push_back(one_secret(item, where, place)); });
        });
    return found;
}

std::optional<std::string> SettingsReader::secret(Fields& fields, const std::string& key) {
    std::optional<std::string> found;
    for (const char* place : {"_file", "_credential", "_env"})
        fields.with(key + place, [&](const YamlNode& node, const std::string& at) {
            if (found) return fail(node, at, "the secret is given twice", "leave one of " + key + "_file, " + key + "_credential and " + key + "_env");
            found = one_secret(node, at, place);
        });
    return found;
}

}  // namespace veritag::config
