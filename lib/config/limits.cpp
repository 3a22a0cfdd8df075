#include "config/limits.h"

#include "base/text.h"
#include "config/reader.h"

#include <algorithm>
#include <string_view>

namespace veritag::config {

Result<Limits> parse_limits(std::span<const std::string> texts) {
    Settings settings;
    const SecretPlaces places{};
    for (const std::string& text : texts) {
        const auto wrong = [&](std::string saw, std::string hint) { return Error{ErrorCode::usage, "read command line", "--limit " + quote(text), std::move(saw), std::move(hint)}; };
        const auto is_plain = [](std::string_view part) { return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }); };
        const auto parts = split_once(text, '=');
        std::string_view key = parts ? parts->first : std::string_view();
        if (key.starts_with("limits.")) key.remove_prefix(7);
        if (!parts || !is_plain(key) || !is_plain(parts->second)) return wrong("it is not KEY=VALUE", "write it as json_depth=128 or layer_bytes=100GiB");
        // One by one, so that what is wrong is told of the right one.
        VERITAG_TRY(const YamlNode node, rules::parse_yaml("--limit", std::string(key) + ": " + std::string(parts->second) + "\n"));
        SettingsReader reader("--limit", places);
        read_limits(reader, node, "", settings);
        if (reader.error()) return wrong(reader.error()->saw, reader.error()->hint);
    }
    return settings.limits;
}

}  // namespace veritag::config
