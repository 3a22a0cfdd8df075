// Every mistake is told with its line, its column, the chain of keys, what was seen and what to do.
#include "places.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace veritag::config {
namespace {

struct MistakeCase {
    const char* name;
    const char* text;
    const char* message;  // from the line on
};
void PrintTo(const MistakeCase& c, std::ostream* out) { *out << c.name; }

constexpr MistakeCase kMistakes[] = {
    {"TopKey", "lenguage: en\n",
                "1:1: \"lenguage\" is unknown (known: listen, tls, access, store, rules, waivers, jobs, workers, partial, language, external_url, registries, targets, "
                "hooks, settle, harbor_adapter, notifications, queue, log, limits, http); did you mean \"language\"?"},
    {"NoMap", "- listen\n", "1:1: expected a mapping, found a list"},
    {"Empty", "", "1:1: the file is empty"},
    {"NotYaml", "listen: [\n", "2:1: not YAML: end of sequence flow not found"},
    {"Twice", "jobs: 1\njobs: 2\n", "2:1: the key \"jobs\" stands twice"},
    {"Jobs0", "jobs: 0\n", "1:7 jobs: 0 is not between 1 and 64"},
    {"Jobs65", "jobs: 65\n", "1:7 jobs: 65 is not between 1 and 64"},
    {"JobsText", "jobs: many\n", "1:7 jobs: \"many\" is no whole number"},
    {"Workers", "workers: 100\n", "1:10 workers: 100 is not between 1 and 64"},
    {"Partial", "partial: yes\n", "1:10 partial: \"yes\" is unknown (known: true, false)"},
    {"Language", "language: fr\n", "1:11 language: \"fr\" is unknown (known: en, zh); did you mean \"en\"?"},
    {"ExternalUrl", "external_url: veritag.example\n", "1:15 external_url: \"veritag.example\" is no URL; as https://veritag.example"},
    {"StoreList", "store: [a]\n", "1:8 store: expected text, found a list"},
    {"WaiversAbsent", "waivers: /absent.yml\n", "1:10 waivers: \"/absent.yml\": No such file or directory"},
    {"WaiversWrong", "waivers: /waivers/wrong.yml\n", "1:10 waivers: read waivers: /waivers/wrong.yml:1:11 waivers[0]: the key \"code\" is missing"},
    {"WaiversUnnamed", "waivers: ''\n", "1:10 waivers: it names no file"},
    {"RulesMap", "rules: {a: b}\n", "1:8 rules: expected text, found a mapping"},
    {"Settle", "settle: 2\n", "1:9 settle: \"2\" has no unit; write it as 90m, 6h or 1d12h"},
    {"SettleUnit", "settle: 2x\n", "1:9 settle: \"2x\" has an unknown unit, or units out of order (w, d, h, m, s); write it as 90m, 6h or 1d12h"},
    {"QueueKey", "queue: {most_wating: 3}\n", "1:9 queue: \"most_wating\" is unknown (known: most_waiting, event_window); did you mean \"most_waiting\"?"},
    {"QueueZero", "queue: {most_waiting: 0}\n", "1:23 queue.most_waiting: 0 would refuse every job"},
    {"QueueWindow", "queue: {event_window: soon}\n", "1:23 queue.event_window: \"soon\" is no duration; write it as 90m, 6h or 1d12h"},
    {"LogKey", "log: {levle: info}\n", "1:7 log: \"levle\" is unknown (known: level, format); did you mean \"level\"?"},
    {"LogLevel", "log:\n  level: warning\n", "2:10 log.level: \"warning\" is unknown (known: error, warn, info, debug)"},
    {"LogFormat", "log: {format: xml}\n", "1:15 log.format: \"xml\" is unknown (known: text, json)"},
    {"LimitsKey", "limits: {layer_byte: 3}\n",
                "1:10 limits: \"layer_byte\" is unknown (known: manifest_bytes, config_bytes, token_bytes, error_body_bytes, listing_page_bytes, listing_pages, "
                "listing_names, json_depth, index_depth, index_platforms, image_layers, referrers, referrers_pages, referrers_read, statement_bytes, layer_bytes, inflate_ratio, inflate_ratio_floor, zstd_window_log, "
                "tar_entries, toc_bytes, path_bytes, tar_header_bytes, captured_file_bytes, captured_total_bytes, searched_bytes, image_analysis_bytes, "
                "package_database_bytes, rpm_header_entries, rpm_header_bytes, packages, text_line_bytes, worker_memory_bytes, worker_cpu_seconds, "
                "worker_silence_seconds, hook_body_bytes, hook_events); did you mean \"layer_bytes\"?"},
    {"LimitsNone", "limits: {layer_bytes: 0}\n", "1:23 limits.layer_bytes: \"0\" is no size; write a number above 0, of bytes or with KiB, MiB or GiB"},
    {"LimitsText", "limits: {layer_bytes: 3TiB}\n", "1:23 limits.layer_bytes: \"3TiB\" is no size; write a number above 0, of bytes or with KiB, MiB or GiB"},
    {"LimitsLarge", "limits: {rpm_header_entries: 5GiB}\n", "1:30 limits.rpm_header_entries: \"5GiB\" is too large"},
    {"LimitsHuge", "limits: {layer_bytes: 9999999999GiB}\n",
                "1:23 limits.layer_bytes: \"9999999999GiB\" is no size; write a number above 0, of bytes or with KiB, MiB or GiB"},
    {"HttpKey", "http: {theads: 3}\n",
                "1:8 http: \"theads\" is unknown (known: threads, header_bytes, body_bytes, connections, connections_per_address, waiting_requests, event_streams, "
                "requests_per_connection, header_time, body_time, idle_time); did you mean \"threads\"?"},
    {"HttpSize", "http: {connections: -1}\n", "1:21 http.connections: \"-1\" is no size; write a number above 0, of bytes or with KiB, MiB or GiB"},
    {"HttpTime", "http: {idle_time: 60}\n", "1:19 http.idle_time: \"60\" has no unit; write it as 90m, 6h or 1d12h"},
    {"ListenAddress", "listen: nowhere\n", "1:9 listen: no port; as 127.0.0.1:8080, [::1]:8080, :8080, unix:/run/veritag/api.sock or fd:3"},
    {"ListenPort", "listen: 127.0.0.1:99999\n",
                "1:9 listen: the port is no number up to 65535; as 127.0.0.1:8080, [::1]:8080, :8080, unix:/run/veritag/api.sock or fd:3"},
    {"ListenKey", "listen: [{adress: ':80'}]\n", "1:11 listen[0]: \"adress\" is unknown (known: address, mode, tls); did you mean \"address\"?"},
    {"ListenNone", "listen: [{tls: true}]\n", "1:10 listen[0]: the key \"address\" is missing"},
    {"ListenTls", "listen: [{address: ':443', tls: true}]\n", "1:10 listen[0]: TLS needs a certificate; add tls: with certificate_file and key_file"},
    {"ListenMode", "listen: [{address: 'unix:/run/a', mode: rw}]\n", "1:41 listen[0].mode: \"rw\" is no mode of a Unix socket; as 0660"},
    {"ListenMap", "listen: {address: ':80', tls: maybe}\n", "1:31 listen.tls: \"maybe\" is unknown (known: true, false)"},
    {"TlsKey", "tls: {certificate: /a}\n", "1:7 tls: \"certificate\" is unknown (known: certificate_file, key_file, client_ca_file, client_certificates)"},
    {"TlsNoKey", "tls: {certificate_file: /a}\n", "1:6 tls: the key \"key_file\" is missing"},
    {"TlsNoCertificate", "tls: {key_file: /a}\n", "1:6 tls: the key \"certificate_file\" is missing"},
    {"TlsClients", "tls: {certificate_file: /a, key_file: /b, client_certificates: required}\n",
                "1:64 tls.client_certificates: client certificates need a client_ca_file"},
    {"TlsClientsWord", "tls: {certificate_file: /a, key_file: /b, client_ca_file: /c, client_certificates: always}\n",
                "1:84 tls.client_certificates: \"always\" is unknown (known: optional, required)"},
    {"AccessKey", "access: {anonymous_reed: true}\n",
                "1:10 access: \"anonymous_reed\" is unknown (known: anonymous_read, metrics_open, cors_origins, admin_certificates); did you mean \"anonymous_read\"?"},
    {"AccessOrigin", "access: {cors_origins: [dashboard.example]}\n",
                "1:25 access.cors_origins[0]: \"dashboard.example\" is no origin; write SCHEME://HOST[:PORT], as https://dashboard.example"},
    {"AccessOriginPath", "access: {cors_origins: ['https://a.example', 'https://b.example/x']}\n",
                "1:46 access.cors_origins[1]: \"https://b.example/x\" is no origin; write SCHEME://HOST[:PORT], as https://dashboard.example"},
    {"AccessOriginsText", "access: {cors_origins: 'https://a.example'}\n", "1:24 access.cors_origins: expected a list, found text"},
    {"AccessCertificate", "access: {admin_certificates: [abc]}\n",
                "1:31 access.admin_certificates[0]: \"abc\" is no SHA-256 of a certificate; as `openssl x509 -noout -fingerprint -sha256` prints it"},
    {"RegistriesMap", "registries: {quay.io: {}}\n", "1:13 registries: expected a list, found a mapping"},
    {"RegistryKey", "registries: [{registry: quay.io, plain-http: true}]\n",
                "1:34 registries[0]: \"plain-http\" is unknown (known: registry, username, authfile, plain_http, ca_file, insecure_skip_verify, internal, attach, driver, "
                "connections, requests_per_second, attempts, password_file, password_credential, password_env); did you mean \"plain_http\"?"},
    {"RegistryNone", "registries: [{plain_http: true}]\n", "1:14 registries[0]: the key \"registry\" is missing"},
    {"RegistryName", "registries: [{registry: quay.io/openeuler}]\n",
                "1:25 registries[0].registry: \"quay.io/openeuler\" is no registry; write HOST[:PORT], as quay.io"},
    {"RegistryTwice", "registries: [{registry: quay.io}, {registry: quay.io}]\n", "1:46 registries[1].registry: \"quay.io\" is there twice"},
    {"RegistryUser", "registries: [{registry: quay.io, username: me}]\n",
                "1:14 registries[0]: a user name and a password go together; give username and password_file, or neither"},
    {"RegistryPassword", "registries: [{registry: quay.io, password_file: /secrets/one}]\n",
                "1:14 registries[0]: a user name and a password go together; give username and password_file, or neither"},
    {"RegistryPlainPassword", "registries: [{registry: quay.io, username: me, password: swordfish}]\n",
                "1:48 registries[0]: \"password\" is unknown (known: registry, username, authfile, plain_http, ca_file, insecure_skip_verify, internal, attach, driver, "
                "connections, requests_per_second, attempts, password_file, password_credential, password_env)"},
    {"RegistryDriver", "registries: [{registry: quay.io, driver: kway}]\n",
                "1:42 registries[0].driver: \"kway\" is unknown (known: automatic, catalog, docker-hub, quay, harbor); did you mean \"quay\"?"},
    {"RegistryConnections", "registries: [{registry: quay.io, connections: 0}]\n", "1:14 registries[0]: connections are 1 to 64 and attempts 1 to 20"},
    {"RegistryAttempts", "registries: [{registry: quay.io, attempts: 21}]\n", "1:14 registries[0]: connections are 1 to 64 and attempts 1 to 20"},
    {"RegistryRate", "registries: [{registry: quay.io, requests_per_second: -1}]\n",
                "1:55 registries[0].requests_per_second: \"-1\" is no rate; write a number a second, as 5 or 0.5; 0 is as fast as possible"},
    {"RegistryRateText", "registries: [{registry: quay.io, requests_per_second: fast}]\n",
                "1:55 registries[0].requests_per_second: \"fast\" is no rate; write a number a second, as 5 or 0.5; 0 is as fast as possible"},
    {"TargetKey", "targets: [{name: a, registry: quay.io, arch: [amd64]}]\n",
                "1:40 targets[0]: \"arch\" is unknown (known: name, registry, namespace, images, not_images, tags, not_tags, arches, newest, list, interval, "
                "schedule, time_zone, jitter, quiet_hours, concurrency, references_per_second, deadline, notify, driver, disable); did you mean \"arches\"?"},
    {"TargetNoName", "targets: [{registry: quay.io}]\n", "1:11 targets[0]: the key \"name\" is missing"},
    {"TargetName", "targets: [{name: 'a b', registry: quay.io}]\n",
                "1:18 targets[0].name: \"a b\" is no name; use 1 to 64 letters, digits, \".\", \"_\" and \"-\""},
    {"TargetTwice", "targets:\n  - {name: a, registry: quay.io}\n  - {name: a, registry: docker.io}\n", "3:12 targets[1].name: \"a\" is there twice"},
    {"TargetNowhere", "targets: [{name: a}]\n", "1:11 targets[0]: a target is a registry or a list; give either registry (with namespace) or list"},
    {"TargetBoth", "targets: [{name: a, registry: quay.io, list: /lists/images}]\n",
                "1:11 targets[0]: a target is a registry or a list; give either registry (with namespace) or list"},
    {"TargetRegistry", "targets: [{name: a, registry: 'https://quay.io'}]\n",
                "1:31 targets[0].registry: \"https://quay.io\" is no registry; write HOST[:PORT], as quay.io"},
    {"TargetNamespace", "targets: [{name: a, registry: quay.io, namespace: UPPER}]\n",
                "1:11 targets[0].namespace: \"UPPER\" is no path of a repository; write it in lower case: upper"},
    {"TargetDriver", "targets: [{name: a, registry: quay.io, driver: dockerhub}]\n",
                "1:48 targets[0].driver: \"dockerhub\" is unknown (known: automatic, catalog, docker-hub, quay, harbor); did you mean \"docker-hub\"?"},
    {"TargetGlob", "targets: [{name: a, registry: quay.io, images: ['a//b']}]\n", "1:49 targets[0].images[0]: \"a//b\" is no glob: an empty path segment"},
    {"TargetTagGlob", "targets: [{name: a, registry: quay.io, tags: ['a**']}]\n", "1:47 targets[0].tags[0]: \"a**\" is no glob: \"**\" must be a whole segment"},
    {"TargetArch", "targets: [{name: a, registry: quay.io, arches: [arm64, 'linux/']}]\n",
                "1:56 targets[0].arches[1]: \"linux/\" is no platform; write OS/ARCH[/VARIANT] or an architecture, as linux/arm64 or aarch64"},
    {"TargetNewest", "targets: [{name: a, registry: quay.io, newest: 90}]\n", "1:48 targets[0].newest: \"90\" has no unit; write it as 90m, 6h or 1d12h"},
    {"TargetInterval", "targets: [{name: a, registry: quay.io, interval: 1s}]\n", "1:11 targets[0] interval: \"1s\" is not among 1m to 366d"},
    {"TargetZone", "targets: [{name: a, registry: quay.io, interval: 1h, time_zone: Moon/Sea}]\n",
                "1:11 targets[0] time_zone: \"Moon/Sea\" is no time zone that the system's tzdata knows; name one as Asia/Shanghai, Europe/Berlin or UTC; the "
                "package tzdata must be installed"},
    {"TargetQuiet", "targets: [{name: a, registry: quay.io, interval: 1h, quiet_hours: [late]}]\n",
                "1:11 targets[0] quiet_hours[0]: \"late\" is no span of two times HH:MM; write them as 22:00-06:00 or mon-fri 08:00-18:00"},
    {"TargetJitter", "targets: [{name: a, registry: quay.io, interval: 1h, jitter: 2h}]\n", "1:11 targets[0] jitter: \"2h\" is not among 0s to 1h"},
    {"TargetLoneJitter", "targets: [{name: a, registry: quay.io, jitter: 5m}]\n",
                "1:11 targets[0]: there is no interval and no schedule; add one, or leave out what belongs to it"},
    {"TargetConcurrency", "targets: [{name: a, registry: quay.io, concurrency: 65}]\n", "1:53 targets[0].concurrency: at most 64"},
    {"TargetDeadline", "targets: [{name: a, registry: quay.io, deadline: 0}]\n", "1:50 targets[0].deadline: \"0\" has no unit; write it as 90m, 6h or 1d12h"},
    {"TargetNotify", "notifications: [{name: ops, kind: webhook, url: 'https://a.example'}]\ntargets: [{name: a, registry: quay.io, notify: [opps]}]\n",
                "2:49 targets[0].notify[0]: \"opps\" is unknown (known: ops); did you mean \"ops\"?"},
    {"TargetDisable", "targets: [{name: a, registry: quay.io, disable: 1}]\n", "1:49 targets[0].disable: \"1\" is unknown (known: true, false)"},
    {"ListMissing", "targets: [{name: a, list: /lists/none}]\n", "1:27 targets[0].list: \"/lists/none\": No such file or directory"},
    {"ListEmpty", "targets: [{name: a, list: /lists/empty}]\n",
                "1:27 targets[0].list: read target list: /lists/empty:1: no target stands in it; write HOST/REPOSITORY[:TAG], as "
                "quay.io/openeuler/cann:8.0.RC1-oe2203sp4"},
    {"ListBroken", "targets: [{name: a, list: /lists/broken}]\n",
                "1:27 targets[0].list: read target list: /lists/broken:1: \"no reference !\" is no name of a repository with its host; write "
                "HOST/REPOSITORY[:TAG], as quay.io/openeuler/cann:8.0.RC1-oe2203sp4"},
    {"HookKey", "hooks: [{name: a, kind: quay, registry: quay.io, auth: path}]\n",
                "1:50 hooks[0]: \"auth\" is unknown (known: name, kind, registry, authentication, header, origins, secret_file, secret_credential, secret_env)"},
    {"HookNoKind", "hooks: [{name: a, registry: quay.io}]\n", "1:9 hooks[0]: the key \"kind\" is missing"},
    {"HookKind", "hooks: [{name: a, kind: docker-hub, registry: docker.io, authentication: path, secret_file: /secrets/one}]\n",
                "1:25 hooks[0].kind: \"docker-hub\" is unknown (known: distribution, harbor, quay, dockerhub, github, gitea, zot, generic); did you mean "
                "\"dockerhub\"?"},
    {"HookAuthentication", "hooks: [{name: a, kind: quay, registry: quay.io, authentication: hmack}]\n",
                "1:66 hooks[0].authentication: \"hmack\" is unknown (known: hmac, bearer, basic, header, path); did you mean \"hmac\"?"},
    {"HookNoAuthentication", "hooks: [{name: a, kind: quay, registry: quay.io}]\n", "1:9 hooks[0]: the key \"authentication\" is missing"},
    {"HookRegistry", "hooks: [{name: a, kind: quay, registry: quay.io/x, authentication: path}]\n",
                "1:41 hooks[0].registry: \"quay.io/x\" is no registry; write HOST[:PORT], as quay.io"},
    {"HookTwice", "hooks: [{name: a, kind: quay, registry: quay.io, authentication: path, secret_file: /secrets/one}, {name: a, kind: quay, registry: "
                "quay.io, authentication: path, secret_file: /secrets/one}]\n",
                "1:107 hooks[1].name: \"a\" is there twice"},
    {"HookNoSecret", "hooks: [{name: a, kind: quay, registry: quay.io, authentication: path}]\n",
                "1:9 hooks[0]: no secret; an unauthenticated webhook lets anybody order scans"},
    {"HookShort", "hooks: [{name: a, kind: quay, registry: quay.io, authentication: path, secret_file: /secrets/short}]\n",
                "1:9 hooks[0]: a secret of 5 bytes (24 to 4096 are allowed); make one with: openssl rand -hex 24"},
    {"HookCannotSign", "hooks: [{name: a, kind: quay, registry: quay.io, authentication: hmac, secret_file: /secrets/one}]\n",
                "1:9 hooks[0]: it cannot sign what it sends; use header, basic or bearer where the sender can send one, else path"},
    {"HookHeader", "hooks: [{name: a, kind: harbor, registry: quay.io, authentication: header, secret_file: /secrets/one}]\n",
                "1:9 hooks[0]: no name of the header; name it, as Authorization"},
    {"HookBasic", "hooks: [{name: a, kind: harbor, registry: quay.io, authentication: basic, secret_file: /secrets/one}]\n",
                "1:9 hooks[0]: a secret that cannot be sent that way; a secret for Basic is user:password"},
    {"HarborKey", "harbor_adapter: {enable: true}\n",
                "1:18 harbor_adapter: \"enable\" is unknown (known: enabled, authentication, registries, deadline, secret_file, secret_credential, secret_env); "
                "did you mean \"enabled\"?"},
    {"HarborNoSecret", "harbor_adapter: {enabled: true, registries: [harbor.example]}\n",
                "1:17 harbor_adapter: the adapter needs a secret of at least 8 characters; give it as secret_file, and the same in Harbor"},
    {"HarborShort", "harbor_adapter: {enabled: true, registries: [harbor.example], secret_file: /secrets/short}\n",
                "1:17 harbor_adapter: the adapter needs a secret of at least 8 characters; give it as secret_file, and the same in Harbor"},
    {"HarborNoRegistry", "harbor_adapter: {enabled: true, secret_file: /secrets/one}\n",
                "1:17 harbor_adapter: no registry is named; list under registries the HOST[:PORT] that Harbor's external URL has"},
    {"HarborScheme", "harbor_adapter: {authentication: digest}\n", "1:34 harbor_adapter.authentication: \"digest\" is unknown (known: bearer, basic, api-key)"},
    {"HarborRegistry", "harbor_adapter: {registries: ['http://harbor']}\n",
                "1:31 harbor_adapter.registries[0]: \"http://harbor\" is no registry; write HOST[:PORT], as quay.io"},
    {"HarborDeadline", "harbor_adapter: {deadline: long}\n", "1:28 harbor_adapter.deadline: \"long\" is no duration; write it as 90m, 6h or 1d12h"},
    {"ChannelNoKind", "notifications: [{name: a}]\n", "1:17 notifications[0]: the key \"kind\" is missing; it is webhook, email or issue"},
    {"ChannelKind", "notifications: [{name: a, kind: mail}]\n",
                "1:33 notifications[0].kind: \"mail\" is unknown (known: webhook, email, issue); did you mean \"email\"?"},
    {"ChannelKey", "notifications: [{name: a, kind: webhook, url: 'https://a.example', adress: x}]\n",
                "1:68 notifications[0]: \"adress\" is unknown (known: url, ca_file, internal, url_file, url_credential, url_env, secret_file, secret_credential, "
                "secret_env, name, kind, language, least, targets, codes, sends, window, dry_run)"},
    {"ChannelOfAnotherKind", "notifications: [{name: a, kind: webhook, host: mail.example}]\n",
                "1:42 notifications[0]: \"host\" is unknown (known: url, ca_file, internal, url_file, url_credential, url_env, secret_file, secret_credential, "
                "secret_env, name, kind, language, least, targets, codes, sends, window, dry_run)"},
    {"ChannelNoName", "notifications: [{kind: webhook, url: 'https://a.example'}]\n", "1:17 notifications[0]: the key \"name\" is missing"},
    {"ChannelTwice", "notifications: [{name: a, kind: webhook, url: 'https://a.example'}, {name: a, kind: webhook, url: 'https://a.example'}]\n",
                "1:76 notifications[1].name: \"a\" is there twice"},
    {"ChannelLanguage", "notifications: [{name: a, kind: webhook, url: 'https://a.example', language: de}]\n",
                "1:78 notifications[0].language: \"de\" is unknown (known: en, zh); did you mean \"en\"?"},
    {"ChannelLeast", "notifications: [{name: a, kind: webhook, url: 'https://a.example', least: info}]\n",
                "1:75 notifications[0].least: \"info\" is unknown (known: error, warning)"},
    {"ChannelGlob", "notifications: [{name: a, kind: webhook, url: 'https://a.example', codes: ['{os-*']}]\n",
                "1:76 notifications[0].codes[0]: \"{os-*\" is no glob: \"{\" without \"}\""},
    {"ChannelSends", "notifications: [{name: a, kind: webhook, url: 'https://a.example', sends: 0}]\n", "1:17 notifications[0]: its limit allows nothing"},
    {"ChannelWindow", "notifications: [{name: a, kind: webhook, url: 'https://a.example', window: 0s}]\n", "1:17 notifications[0]: its limit allows nothing"},
    {"WebhookNoUrl", "notifications: [{name: a, kind: webhook}]\n", "1:17 notifications[0]: the URL cannot be used: neither http:// nor https:// stands in front"},
    {"WebhookUrl", "notifications: [{name: a, kind: webhook, url: 'ftp://a.example'}]\n",
                "1:17 notifications[0]: the URL cannot be used: neither http:// nor https:// stands in front"},
    {"MailNoHost", "notifications: [{name: a, kind: email, from: a@b.example, to: a@b.example}]\n", "1:17 notifications[0]: the key \"host\" is missing"},
    {"MailNoFrom", "notifications: [{name: a, kind: email, host: mail.example, to: a@b.example}]\n", "1:17 notifications[0]: the key \"from\" is missing"},
    {"MailNoTo", "notifications: [{name: a, kind: email, host: mail.example, from: a@b.example}]\n", "1:17 notifications[0]: the key \"to\" is missing"},
    {"MailFrom", "notifications: [{name: a, kind: email, host: mail.example, from: nobody, to: a@b.example}]\n",
                "1:17 notifications[0]: \"nobody\" is no plain ASCII address; write user@host.example or Some Name <user@host.example>"},
    {"MailTo", "notifications: [{name: a, kind: email, host: mail.example, from: a@b.example, to: [nobody]}]\n",
                "1:17 notifications[0]: \"nobody\" is no plain ASCII address; write user@host.example or Some Name <user@host.example>"},
    {"MailPort", "notifications: [{name: a, kind: email, host: mail.example, port: 70000, from: a@b.example, to: a@b.example}]\n",
                "1:66 notifications[0].port: 70000 is no port"},
    {"MailPort0", "notifications: [{name: a, kind: email, host: mail.example, port: 0, from: a@b.example, to: a@b.example}]\n",
                "1:66 notifications[0].port: 0 is no port"},
    {"MailTls", "notifications: [{name: a, kind: email, host: mail.example, tls: ssl, from: a@b.example, to: a@b.example}]\n",
                "1:65 notifications[0].tls: \"ssl\" is unknown (known: starttls, implicit, none)"},
    {"IssueForge", "notifications: [{name: a, kind: issue, forge: gitea, repository: a/b, token_file: /secrets/one}]\n",
                "1:47 notifications[0].forge: \"gitea\" is unknown (known: gitee, gitcode, github, gitlab); did you mean \"gitee\"?"},
    {"IssueNoForge", "notifications: [{name: a, kind: issue, repository: a/b, token_file: /secrets/one}]\n", "1:17 notifications[0]: the key \"forge\" is missing"},
    {"IssueNoRepository", "notifications: [{name: a, kind: issue, forge: gitee, token_file: /secrets/one}]\n",
                "1:17 notifications[0]: the key \"repository\" is missing"},
    {"IssueRepository", "notifications: [{name: a, kind: issue, forge: gitee, repository: a, token_file: /secrets/one}]\n",
                "1:17 notifications[0]: \"a\" is no repository; write owner/name"},
    {"IssueNoToken", "notifications: [{name: a, kind: issue, forge: gitee, repository: a/b}]\n", "1:17 notifications[0]: there is no token, or it is none"},
    {"IssueLabel", "notifications: [{name: a, kind: issue, forge: gitee, repository: a/b, token_file: /secrets/one, labels: ['a,b']}]\n",
                "1:17 notifications[0]: \"a,b\" is no label"},
    {"IssueApi", "notifications: [{name: a, kind: issue, forge: gitlab, repository: a/b, token_file: /secrets/one, api: git.example}]\n",
                "1:17 notifications[0]: the URL cannot be used: neither http:// nor https:// stands in front"},
    {"SecretTwice", "registries: [{registry: quay.io, username: me, password_file: /secrets/one, password_env: ONE}]\n",
                "1:91 registries[0].password_env: the secret is given twice; leave one of password_file, password_credential and password_env"},
    {"SecretMissingFile", "registries: [{registry: quay.io, username: me, password_file: /secrets/none}]\n",
                "1:63 registries[0].password_file: \"/secrets/none\": No such file or directory"},
    {"SecretEmptyFile", "registries: [{registry: quay.io, username: me, password_file: /secrets/empty}]\n",
                "1:63 registries[0].password_file: \"/secrets/empty\" holds no secret"},
    {"SecretMissingVariable", "registries: [{registry: quay.io, username: me, password_env: NONE}]\n",
                "1:62 registries[0].password_env: the environment has no variable \"NONE\""},
    {"SecretEmptyVariable", "registries: [{registry: quay.io, username: me, password_env: EMPTY}]\n", "1:62 registries[0].password_env: \"EMPTY\" holds no secret"},
    {"SecretMissingCredential", "registries: [{registry: quay.io, username: me, password_credential: none}]\n",
                "1:69 registries[0].password_credential: \"none\": No such file or directory in CREDENTIALS_DIRECTORY, \"/run/credentials\"; name it in the service's LoadCredential="},
    {"SecretCredentialPath", "registries: [{registry: quay.io, username: me, password_credential: ../one}]\n",
                "1:69 registries[0].password_credential: \"../one\" is no name of a credential; write the name that systemd gives it (LoadCredential=NAME:FILE), without "
                "\"/\"; for a path use the key that ends in _file"},
    {"SecretCredentialDots", "registries: [{registry: quay.io, username: me, password_credential: ..}]\n",
                "1:69 registries[0].password_credential: \"..\": No such file or directory in CREDENTIALS_DIRECTORY, \"/run/credentials\"; name it in the service's LoadCredential="},
    {"SecretList", "registries: [{registry: quay.io, username: me, password_file: [/secrets/one]}]\n",
                "1:63 registries[0].password_file: expected text, found a list"},
    {"SecretInHookList", "hooks: [{name: a, kind: quay, registry: quay.io, authentication: path, secret_file: [/secrets/one, /secrets/none]}]\n",
                "1:100 hooks[0].secret_file[1]: \"/secrets/none\": No such file or directory"},
    {"WebhookUrlTwice", "notifications: [{name: a, kind: webhook, url: 'https://a.example', url_file: /secrets/url}]\n",
                "1:47 notifications[0].url: the address is given twice; leave one of url, url_file, url_credential and url_env"},
    {"MailUser", "notifications: [{name: a, kind: email, host: mail.example, username: me, from: a@b.example, to: a@b.example}]\n",
                "1:70 notifications[0].username: a user name and a password go together; give username and password_file (or password_credential, password_env), or neither where the relay wants no login"},
    {"MailPassword", "notifications: [{name: a, kind: email, host: mail.example, password_file: /secrets/one, from: a@b.example, to: a@b.example}]\n",
                "1:75 notifications[0].password_file: a user name and a password go together; give username and password_file (or password_credential, password_env), or neither where the relay wants no login"},
    {"HarborBasic", "harbor_adapter: {enabled: true, authentication: basic, registries: [harbor.example], secret_file: /secrets/one}\n",
                "1:17 harbor_adapter: a secret that cannot be sent that way; a secret for basic is user:password"},
    {"ListNamespace", "targets: [{name: a, list: /lists/images, namespace: openeuler}]\n",
                "1:53 targets[0].namespace: a target with a list has none; leave it out; which of the listed repositories are looked at, images: and not_images: can say, by whole paths"},
    {"ListDriver", "targets: [{name: a, list: /lists/images, driver: quay}]\n",
                "1:50 targets[0].driver: a target with a list has none; leave it out; which of the listed repositories are looked at, images: and not_images: can say, by whole paths"},
    {"ArchesAll", "targets: [{name: a, registry: quay.io, arches: [all]}]\n",
                "1:49 targets[0].arches[0]: \"all\" is no platform; leave the key out: then all platforms are looked at"},
    {"ScheduleFields", "targets: [{name: a, registry: quay.io, schedule: '0 3 * *'}]\n",
                "1:11 targets[0] schedule: \"0 3 * *\" has 4 fields; five are wanted: minute, hour, day of the month, month, day of the week"},
    {"ScheduleMinute", "targets: [{name: a, registry: quay.io, schedule: '61 3 * * *'}]\n",
                "1:11 targets[0] schedule, minute: \"61\" is not among 0 to 59"},
    {"ScheduleAndInterval", "targets: [{name: a, registry: quay.io, interval: 1h, schedule: '0 3 * * *'}]\n",
                "1:11 targets[0]: both an interval and a schedule; leave one of them"},
    {"YamlAnchor", "store: &a x\n",
                "1:8: an anchor (&name); write out in full what shall stand twice"},
    {"NewLineInRegistry", "registries: [{registry: \"a\\nb\"}]\n", "1:25 registries[0].registry: \"a\\x0ab\" is no registry; write HOST[:PORT], as quay.io"},
    {"Nul", "jobs: \"\\0\"\n", "1:7 jobs: \"\\x00\" is no whole number"},
    {"NewestNegative", "targets: [{name: a, registry: quay.io, newest: -1d}]\n", "1:48 targets[0].newest: \"-1d\" is no duration; write it as 90m, 6h or 1d12h"}};

class Mistake : public testing::TestWithParam<MistakeCase> {};

TEST_P(Mistake, IsTold) { EXPECT_EQ(mistake(GetParam().text), GetParam().message) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(All, Mistake, testing::ValuesIn(kMistakes), [](const testing::TestParamInfo<MistakeCase>& c) { return c.param.name; });

// What stands where a secret is asked for is never shown, whatever else is wrong with the file.
TEST(Mistakes, NoneIsAFileOfComments) {
    for (const char* text : {"# listen: 127.0.0.1:8080\n", "\n  # a\n#b", "---\n# a\n", "# a\r\n"}) {
        const Result<Settings> settings = parse_settings(text, "x", system_places());
        ASSERT_TRUE(settings) << settings.error().message();
        EXPECT_EQ(settings->jobs, Settings().jobs);
        ASSERT_EQ(settings->server.endpoints.size(), 1U);
        EXPECT_EQ(settings->server.endpoints[0].port, 8080);
    }
    EXPECT_FALSE(parse_settings(" \n", "x", system_places())) << "it was cut short";
}

TEST(Mistakes, HoldNoSecret) {
    for (const MistakeCase& each : kMistakes) {
        const std::string message = mistake(each.text);
        for (const std::string_view secret : {kFileSecret, kCredentialSecret, kEnvironmentSecret}) EXPECT_EQ(message.find(secret), std::string::npos) << each.name;
    }
}

TEST(Mistakes, AreErrorsOfTheConfiguration) {
    for (const MistakeCase& each : kMistakes) {
        const Result<Settings> settings = parse(each.text);
        ASSERT_FALSE(settings) << each.name;
        EXPECT_EQ(settings.error().code, ErrorCode::config) << each.name;
        EXPECT_EQ(settings.error().what, "read configuration") << each.name;
    }
}

}  // namespace
}  // namespace veritag::config
