#include "oci/reference.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::oci {
namespace {

// The grammar (distribution/reference: reference.go, opencontainers/distribution-spec: spec.md):
//   host       = label *("." label) [":" port] | "[" IPv6 "]" [":" port]
//   repository = component *("/" component);  component = [a-z0-9]+ *(("." | "_" | "__" | 1*"-") [a-z0-9]+)
//   tag        = [A-Za-z0-9_][A-Za-z0-9._-]{0,127};  digest = algorithm ":" hex
// Whether the first part is a host cannot be told by grammar alone: it is one where it holds "." or ":" or is "localhost".
constexpr std::size_t kMaxNameBytes = 255;  // host, "/" and repository together
constexpr std::size_t kMaxTagBytes = 128;
constexpr std::string_view kHint = "write [host[:port]/]repository[:tag][@digest], as quay.io/openeuler/cann:8.0.RC1-oe2203sp4";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || is_digit(c); }
bool is_word(char c) noexcept { return is_lower_or_digit(c) || is_upper(c) || c == '_'; }

Error bad_reference(std::string_view text, std::string saw, std::string_view hint = kHint) {
    return {ErrorCode::usage, "read image reference", "\"" + quote(text) + "\"", std::move(saw), std::string(hint)};
}

bool is_component(std::string_view part) noexcept {
    std::size_t i = 0;
    for (;;) {
        const std::size_t word = i;
        while (i < part.size() && is_lower_or_digit(part[i])) ++i;
        if (i == word) return false;  // empty, or a separator at an end
        if (i == part.size()) return true;
        const std::size_t mark = i;
        while (i < part.size() && part[i] == part[mark] && (part[i] == '.' || part[i] == '_' || part[i] == '-')) ++i;
        const std::size_t length = i - mark;
        const std::size_t most = part[mark] == '-' ? part.size() : part[mark] == '_' ? 2 : 1;
        if (length == 0 || length > most) return false;
    }
}

bool is_host_label(std::string_view label) noexcept {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_port(std::string_view text) noexcept {
    const auto port = parse_u64(text);
    return port && *port >= 1 && *port <= 65535;
}

// `host` in lower case.
bool is_host(std::string_view host) {
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) return false;
        const std::string_view address = host.substr(1, end - 1);
        const std::string_view after = host.substr(end + 1);
        const bool address_ok = address.find(':') != std::string_view::npos && std::all_of(address.begin(), address.end(), [](char c) {
                                    return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
                                });
        return address_ok && (after.empty() || (after.front() == ':' && is_port(after.substr(1))));
    }
    const std::size_t colon = host.find(':');
    if (colon != std::string_view::npos && !is_port(host.substr(colon + 1))) return false;
    const auto labels = split(host.substr(0, colon), '.');
    return std::all_of(labels.begin(), labels.end(), is_host_label);
}

bool looks_like_host(std::string_view first_part) noexcept {
    return first_part.find_first_of(".:") != std::string_view::npos || equals_ignoring_case(first_part, "localhost");
}

// What is wrong with a repository that is_valid_repository() refuses.
Error bad_repository(std::string_view text, std::string_view repository) {
    if (repository.empty()) return bad_reference(text, "no repository");
    if (std::any_of(repository.begin(), repository.end(), is_upper))
        return bad_reference(text, "repository \"" + quote(repository) + "\" has upper-case letters",
                             "write it in lower case: " + quote(to_lower(repository)));
    return bad_reference(text, "\"" + quote(repository) + "\" is no repository name");
}

struct Split {
    std::string_view name;
    std::string_view tag;
    std::optional<Digest> digest;
    bool has_tag = false;
};

Result<Split> split_reference(std::string_view text) {
    if (text.empty()) return bad_reference(text, "empty");
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos)
        return bad_reference(text, "a reference is no URL", "leave out \"" + quote(text.substr(0, scheme + 3)) + "\"");
    Split parts;
    parts.name = text;
    if (const auto at = split_once(text, '@')) {
        parts.name = at->first;
        const Result<Digest> digest = Digest::parse(at->second);
        if (!digest) return bad_reference(text, digest.error().saw, "write the digest as sha256: and 64 lower-case hex digits");
        parts.digest = *digest;
    }
    // A colon before the last "/" belongs to the port; one in brackets to an IPv6 address.
    const std::size_t slash = parts.name.rfind('/');
    const std::size_t colon = parts.name.rfind(':');
    parts.has_tag = colon != std::string_view::npos &&
                    (slash == std::string_view::npos ? !parts.name.starts_with('[') : colon > slash);
    if (parts.has_tag) {
        parts.tag = parts.name.substr(colon + 1);
        parts.name = parts.name.substr(0, colon);
        if (!is_valid_tag(parts.tag))
            return bad_reference(text, "\"" + quote(parts.tag) + "\" is no tag",
                                 "a tag has at most 128 letters, digits, \"_\", \".\" and \"-\", and begins with a letter, a digit or \"_\"");
    }
    return parts;
}

bool is_docker_hub(std::string_view host) noexcept {
    return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
}

// Fills registry and repository; `registry` stays empty where the name has none.
Result<void> read_name(std::string_view text, std::string_view name, Reference& out) {
    std::string_view repository = name;
    const std::size_t slash = name.find('/');
    const std::string_view first = name.substr(0, slash);
    if (slash != std::string_view::npos && looks_like_host(first)) {
        out.registry = to_lower(first);
        repository = name.substr(slash + 1);
        if (!is_host(out.registry)) return bad_reference(text, "\"" + quote(first) + "\" is no host[:port]");
    } else if (slash == std::string_view::npos && name.starts_with('[')) {
        return bad_reference(text, "no repository");
    }
    if (!is_valid_repository(repository)) return bad_repository(text, repository);
    if (name.size() > kMaxNameBytes)
        return bad_reference(text, "the name has " + std::to_string(name.size()) + " bytes (limit " + std::to_string(kMaxNameBytes) + ")");
    if (is_docker_hub(out.registry)) out.registry = "docker.io";
    out.repository = repository;
    if (out.registry == "docker.io" && out.repository.find('/') == std::string::npos) out.repository = "library/" + out.repository;
    return ok();
}

}  // namespace

std::string Reference::api_host() const { return registry == "docker.io" ? "registry-1.docker.io" : registry; }

std::string Reference::name() const { return registry.empty() ? repository : registry + "/" + repository; }

std::string Reference::str() const {
    std::string text = name();
    if (!tag.empty()) text += ":" + tag;
    if (digest) text += "@" + digest->str();
    return text;
}

std::string Reference::identifier() const { return digest ? digest->str() : tag; }

Result<Reference> parse_reference(std::string_view text) {
    VERITAG_TRY(const Split parts, split_reference(text));
    Reference reference;
    VERITAG_CHECK(read_name(text, parts.name, reference));
    if (reference.registry.empty()) {
        reference.registry = "docker.io";
        if (reference.repository.find('/') == std::string::npos) reference.repository = "library/" + reference.repository;
    }
    reference.digest = parts.digest;
    reference.tag = parts.has_tag || parts.digest ? std::string(parts.tag) : std::string("latest");
    return reference;
}

Result<Reference> parse_name_for_judging(std::string_view text) {
    constexpr std::string_view kNameHint = "write REPO:TAG, as openeuler/cann:8.0.RC1-oe2203sp4";
    VERITAG_TRY(const Split parts, split_reference(text));
    if (!parts.has_tag) return bad_reference(text, "no tag", kNameHint);
    if (parts.digest) return bad_reference(text, "a digest has no claims", kNameHint);
    Reference reference;
    VERITAG_CHECK(read_name(text, parts.name, reference));
    reference.tag = parts.tag;
    return reference;
}

bool is_valid_tag(std::string_view tag) noexcept {
    return !tag.empty() && tag.size() <= kMaxTagBytes && is_word(tag.front()) &&
           std::all_of(tag.begin(), tag.end(), [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

bool is_valid_repository(std::string_view repository) noexcept {
    if (repository.empty() || repository.size() > kMaxNameBytes) return false;
    for (;;) {
        const std::size_t slash = repository.find('/');
        if (!is_component(repository.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return true;
        repository.remove_prefix(slash + 1);
    }
}

}  // namespace veritag::oci
