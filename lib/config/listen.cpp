// Where the daemon listens, who may ask, and the limits on what comes in.
#include "config/reader.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace veritag::config {
namespace {

// A number with or without KiB, MiB or GiB.
std::uint64_t size(SettingsReader& reader, const YamlNode& node, const std::string& chain) {
    std::string text = reader.text(node, chain);
    unsigned shift = 0;
    for (const auto& [suffix, bits] : {std::pair<const char*, unsigned>{"KiB", 10}, {"MiB", 20}, {"GiB", 30}})
        if (text.ends_with(suffix)) {
            text.resize(text.size() - 3);
            shift = bits;
        }
    const std::optional<std::uint64_t> number = parse_u64(trim(text));
    const bool fits = number && *number > 0 && *number <= (std::uint64_t{1} << 50) >> shift;
    if (reader.ok() && !fits) reader.fail(node, chain, rules::in_quotes(node.text) + " is no size", "write a number above 0, of bytes or with KiB, MiB or GiB");
    return fits ? *number << shift : 1;
}

template <class T>
void with_size(SettingsReader& reader, Fields& fields, std::string_view key, T& out) {
    fields.with(key, [&](const YamlNode& node, const std::string& at) {
        const std::uint64_t value = size(reader, node, at);
        if (!std::in_range<T>(value)) return reader.fail(node, at, rules::in_quotes(node.text) + " is too large");
        out = static_cast<T>(value);
    });
}

void with_milliseconds(SettingsReader& reader, Fields& fields, std::string_view key, std::chrono::milliseconds& out) {
    fields.with(key, [&](const YamlNode& node, const std::string& at) { out = reader.duration(node, at); });
}

server::Endpoint endpoint(SettingsReader& reader, const YamlNode& node, const std::string& chain) {
    server::Endpoint found;
    const auto read_address = [&](const YamlNode& value, const std::string& at) {
        const std::string text = reader.text(value, at);
        if (!reader.ok()) return;
        Result<server::Endpoint> parsed = server::parse_endpoint(text);
        if (!parsed) return reader.fail(value, at, parsed.error());
        found = std::move(*parsed);
    };
    if (node.kind == YamlNode::Kind::scalar) {
        read_address(node, chain);
        return found;
    }
    Fields fields(reader, node, chain, {"address", "mode", "tls"});
    fields.require("address", read_address);
    fields.boolean("tls", found.tls);
    fields.with("mode", [&](const YamlNode& value, const std::string& at) {
        const std::string text = reader.text(value, at);
        const bool octal = !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
        if (reader.ok() && (!octal || found.kind != server::Endpoint::Kind::unix_socket))
            return reader.fail(value, at, rules::in_quotes(text) + " is no mode of a Unix socket", "as 0660");
        if (octal) found.mode = static_cast<unsigned>(std::stoul(text, nullptr, 8));
    });
    return found;
}

void read_tls(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings) {
    Fields fields(reader, node, chain, {"certificate_file", "key_file", "client_ca_file", "client_certificates"});
    server::TlsOptions tls;
    fields.required_text("certificate_file", tls.certificate_file);
    fields.required_text("key_file", tls.key_file);
    fields.text("client_ca_file", tls.client_ca_file);
    fields.with("client_certificates", [&](const YamlNode& value, const std::string& at) {
        tls.client_certificate_required = reader.word(value, at, {"optional", "required"}) == "required";
        if (reader.ok() && tls.client_ca_file.empty()) reader.fail(value, at, "client certificates need a client_ca_file");
    });
    settings.server.tls = std::move(tls);
}

void read_http(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings) {
    server::ServerLimits& limits = settings.server.limits;
    server::ServerTimes& times = settings.server.times;
    Fields fields(reader, node, chain, {"threads", "header_bytes", "body_bytes", "connections", "connections_per_address", "waiting_requests", "event_streams", "requests_per_connection",
                                        "header_time", "body_time", "idle_time"});
    with_size(reader, fields, "threads", settings.server.threads);
    with_size(reader, fields, "header_bytes", limits.header_bytes);
    with_size(reader, fields, "body_bytes", limits.body_bytes);
    with_size(reader, fields, "connections", limits.connections);
    with_size(reader, fields, "connections_per_address", limits.connections_per_address);
    with_size(reader, fields, "waiting_requests", limits.waiting_requests);
    with_size(reader, fields, "event_streams", limits.event_streams);
    with_size(reader, fields, "requests_per_connection", limits.requests_per_connection);
    with_milliseconds(reader, fields, "header_time", times.header);
    with_milliseconds(reader, fields, "body_time", times.body);
    with_milliseconds(reader, fields, "idle_time", times.idle);
}

}  // namespace

void read_listen(SettingsReader& reader, const YamlNode& root, const std::string& chain, Settings& settings) {
    if (!reader.ok()) return;
    const auto find = [&](std::string_view key, const auto& read) {
        if (const YamlNode* node = root.find(key); node != nullptr && reader.ok()) read(*node, chain + std::string(key));
    };
    find("tls", [&](const YamlNode& node, const std::string& at) { read_tls(reader, node, at, settings); });
    find("http", [&](const YamlNode& node, const std::string& at) { read_http(reader, node, at, settings); });
    find("listen", [&](const YamlNode& node, const std::string& at) {
        reader.one_or_each(node, at, [&](const YamlNode& item, const std::string& place) {
            server::Endpoint found = endpoint(reader, item, place);
            if (reader.ok() && found.tls && !settings.server.tls) return reader.fail(item, place, "TLS needs a certificate", "add tls: with certificate_file and key_file");
            settings.server.endpoints.push_back(std::move(found));
        });
    });
    if (root.find("listen") == nullptr) settings.server.endpoints.push_back({.kind = server::Endpoint::Kind::tcp, .host = "127.0.0.1", .port = 8080});
}

void read_access(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings) {
    Fields fields(reader, node, chain, {"anonymous_read", "metrics_open", "cors_origins", "admin_certificates"});
    fields.boolean("anonymous_read", settings.access.anonymous_read);
    fields.boolean("metrics_open", settings.access.metrics_open);
    fields.with("cors_origins", [&](const YamlNode& list, const std::string& at) {
        reader.each(list, at, [&](const YamlNode& item, const std::string& place) {
            const std::string origin = reader.text(item, place);
            const std::size_t scheme = origin.find("://");
            if (reader.ok() && (scheme == std::string::npos || origin.find('/', scheme + 3) != std::string::npos || origin.find_first_of(" *\"'\r\n") != std::string::npos))
                return reader.fail(item, place, rules::in_quotes(origin) + " is no origin", "write SCHEME://HOST[:PORT], as https://dashboard.example");
            settings.access.cors_origins.push_back(origin);
        });
    });
    fields.with("admin_certificates", [&](const YamlNode& list, const std::string& at) {
        reader.each(list, at, [&](const YamlNode& item, const std::string& place) {
            std::string hash = to_lower(reader.text(item, place));
            std::erase(hash, ':');
            if (reader.ok() && (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != std::string::npos))
                return reader.fail(item, place, rules::in_quotes(item.text) + " is no SHA-256 of a certificate", "as `openssl x509 -noout -fingerprint -sha256` prints it");
            settings.access.admin_certificates.push_back(std::move(hash));
        });
    });
}

void read_limits(SettingsReader& reader, const YamlNode& node, const std::string& chain, Settings& settings) {
    Limits& limits = settings.limits;
    Fields fields(reader, node, chain,
                  {"manifest_bytes", "config_bytes", "token_bytes", "error_body_bytes", "listing_page_bytes", "listing_pages", "listing_names", "json_depth", "index_depth", "index_platforms",
                   "image_layers", "referrers", "referrers_pages", "referrers_read", "statement_bytes", "layer_bytes", "inflate_ratio", "inflate_ratio_floor", "zstd_window_log", "tar_entries", "toc_bytes", "path_bytes", "tar_header_bytes", "captured_file_bytes",
                   "captured_total_bytes", "searched_bytes", "image_analysis_bytes", "package_database_bytes", "rpm_header_entries", "rpm_header_bytes", "packages", "text_line_bytes",
                   "worker_memory_bytes", "worker_cpu_seconds", "worker_silence_seconds", "hook_body_bytes", "hook_events"});
#define VERITAG_LIMIT(name) with_size(reader, fields, #name, limits.name)
    VERITAG_LIMIT(manifest_bytes);
    VERITAG_LIMIT(config_bytes);
    VERITAG_LIMIT(token_bytes);
    VERITAG_LIMIT(error_body_bytes);
    VERITAG_LIMIT(listing_page_bytes);
    VERITAG_LIMIT(listing_pages);
    VERITAG_LIMIT(listing_names);
    VERITAG_LIMIT(json_depth);
    VERITAG_LIMIT(index_depth);
    VERITAG_LIMIT(index_platforms);
    VERITAG_LIMIT(image_layers);
    VERITAG_LIMIT(referrers);
    VERITAG_LIMIT(referrers_pages);
    VERITAG_LIMIT(referrers_read);
    VERITAG_LIMIT(statement_bytes);
    VERITAG_LIMIT(layer_bytes);
    VERITAG_LIMIT(inflate_ratio);
    VERITAG_LIMIT(inflate_ratio_floor);
    VERITAG_LIMIT(zstd_window_log);
    VERITAG_LIMIT(tar_entries);
    VERITAG_LIMIT(toc_bytes);
    VERITAG_LIMIT(path_bytes);
    VERITAG_LIMIT(tar_header_bytes);
    VERITAG_LIMIT(captured_file_bytes);
    VERITAG_LIMIT(captured_total_bytes);
    VERITAG_LIMIT(searched_bytes);
    VERITAG_LIMIT(image_analysis_bytes);
    VERITAG_LIMIT(package_database_bytes);
    VERITAG_LIMIT(rpm_header_entries);
    VERITAG_LIMIT(rpm_header_bytes);
    VERITAG_LIMIT(packages);
    VERITAG_LIMIT(text_line_bytes);
    VERITAG_LIMIT(worker_memory_bytes);
    VERITAG_LIMIT(worker_cpu_seconds);
    VERITAG_LIMIT(worker_silence_seconds);
    VERITAG_LIMIT(hook_body_bytes);
    VERITAG_LIMIT(hook_events);
#undef VERITAG_LIMIT
}

}  // namespace veritag::config
