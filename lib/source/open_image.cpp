#include "base/text.h"
#include "source/image_source.h"
#include "source/local_sources.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

namespace veritag::source {
namespace {

struct Scheme {
    std::string_view prefix;
    Result<std::unique_ptr<ImageSource>> (*open)(const LocalName&, const Limits&);
};
constexpr std::array<Scheme, 3> kSchemes{{{"oci:", open_layout_directory},
                                          {"oci-archive:", open_layout_archive},
                                          {"docker-archive:", open_docker_archive}}};

const Scheme* scheme_of(std::string_view image) noexcept {
    for (const Scheme& scheme : kSchemes)
        if (image.starts_with(scheme.prefix)) return &scheme;
    return nullptr;
}

bool exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

// Paths may hold colons, and so may tags that are whole names: the longest front that exists is the path. Where none does, the
// last colon splits, so that the message about the missing file names what the user meant.
std::pair<std::string, std::string> split_path(const std::string& rest) {
    if (exists(rest)) return {rest, ""};
    for (std::size_t colon = rest.rfind(':'); colon != std::string::npos && colon > 0; colon = rest.rfind(':', colon - 1))
        if (exists(rest.substr(0, colon))) return {rest.substr(0, colon), rest.substr(colon + 1)};
    const std::size_t last = rest.rfind(':');
    if (last == std::string::npos || !oci::is_valid_tag(std::string_view(rest).substr(last + 1))) return {rest, ""};
    return {rest.substr(0, last), rest.substr(last + 1)};
}

Result<LocalName> local_name_of(const Scheme& scheme, const std::string& image, const std::string& as) {
    auto [path, tag] = split_path(image.substr(scheme.prefix.size()));
    if (path.empty() || path.find('\0') != std::string::npos)
        return Error{ErrorCode::usage, "open image", quote(image), "no path", "write " + std::string(scheme.prefix) + "PATH[:TAG]"};
    return LocalName{.display = image, .path = std::move(path), .tag = std::move(tag), .as = as};
}

}  // namespace

Result<std::optional<Digest>> ImageSource::resolve_top(std::stop_token) { return std::optional<Digest>(); }

bool is_local(std::string_view image) noexcept { return scheme_of(image) != nullptr; }

bool names_tag(std::string_view own_name, std::string_view tag) {
    if (own_name == tag) return true;
    const auto own = oci::parse_name_for_judging(own_name);
    if (own && own->tag == tag) return true;
    // `openeuler/cann:8.0` and `docker.io/openeuler/cann:8.0` are one name.
    const auto whole = oci::parse_reference(own_name);
    const auto asked = oci::parse_reference(tag);
    return whole && asked && whole->str() == asked->str();
}

std::string list_names(const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + quote(names[i]);
    if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
    return text;
}

Result<ImageName> name_for_judging(const LocalName& name, const std::vector<std::string>& own_names) {
    ImageName result{.display = name.display};
    if (!name.as.empty()) {
        VERITAG_TRY(const oci::Reference as, oci::parse_name_for_judging(name.as));
        result.registry = as.registry;
        result.repository = as.repository;
        result.tag = as.tag;
        return result;
    }
    constexpr std::string_view kHint = "say under which name to judge it: --as REPO:TAG, as --as openeuler/cann:8.0.RC1-oe2203sp4";
    std::set<std::string> whole_names;
    for (const std::string& own : own_names)
        if (const auto reference = oci::parse_name_for_judging(own)) {
            result.registry = reference->registry;
            result.repository = reference->repository;
            result.tag = reference->tag;
            whole_names.insert(reference->str());
        }
    if (whole_names.size() == 1) return result;
    const std::string saw = whole_names.empty() ? "the image carries no whole name (REPO:TAG)"
                                                : "it has several names: " + list_names({whole_names.begin(), whole_names.end()});
    return Error{ErrorCode::usage, "open image", quote(name.display), saw, std::string(kHint)};
}

Result<void> check_name(const std::string& image, const std::string& as) {
    if (!as.empty()) VERITAG_CHECK(oci::parse_name_for_judging(as));
    const Scheme* scheme = scheme_of(image);
    if (scheme == nullptr) {
        VERITAG_TRY(const oci::Reference reference, oci::parse_reference(image));
        VERITAG_CHECK(registry_name_for_judging(reference, as));
        return ok();
    }
    VERITAG_TRY(const LocalName name, local_name_of(*scheme, image, as));
    if (scheme->open != open_layout_directory) return ok();
    const Result<std::unique_ptr<ImageSource>> opened = open_layout_directory(name, Limits{});  // one small file
    return opened || opened.error().code != ErrorCode::usage ? ok() : Result<void>(opened.error());
}

Result<std::unique_ptr<ImageSource>> open_image(const std::string& image, const std::string& as,
                                                std::shared_ptr<registry::RegistryClient> client, const Limits& limits) {
    const Scheme* scheme = scheme_of(image);
    if (scheme == nullptr) return open_registry_image(image, as, std::move(client), limits);
    VERITAG_TRY(const LocalName name, local_name_of(*scheme, image, as));
    return scheme->open(name, limits);
}

}  // namespace veritag::source
