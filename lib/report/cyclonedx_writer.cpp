#include "report/cyclonedx_writer.h"

#include "base/text.h"
#include "report/json_output.h"
#include "report/messages.h"
#include "report/purl.h"
#include "report/sbom.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace veritag::report {
namespace {

// How sure the identity of a component is: read from what is installed, or only named by what the author typed.
constexpr double kSure = 1.0;
constexpr double kHearsay = 0.2;

// The schema allows 1024 characters; so many bytes are never more.
std::string version_text(std::string_view version) {
    constexpr std::size_t kMax = 1024;
    std::string text = to_valid_utf8(version);
    if (text.size() <= kMax) return text;
    std::size_t end = kMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

// "If the software component type is not known, `library` is recommended", says the schema; it has nothing nearer to an SDK.
std::string_view type_of(ComponentKind kind) {
    switch (kind) {
        case ComponentKind::os: return "operating-system";
        case ComponentKind::framework: return "framework";
        case ComponentKind::llm: return "machine-learning-model";
        case ComponentKind::app: return "application";
        case ComponentKind::sdk:
        case ComponentKind::tool: break;
    }
    return "library";
}

std::string_view technique_of(EvidenceSource source) {
    switch (source) {
        case EvidenceSource::file:
        case EvidenceSource::package: return "manifest-analysis";
        case EvidenceSource::elf: return "binary-analysis";
        case EvidenceSource::environment:
        case EvidenceSource::label:
        case EvidenceSource::history: break;
    }
    return "other";
}

bool is_a_place(const Evidence& evidence) { return evidence.layer >= 0 && !evidence.path.empty(); }

class CycloneDx {
public:
    CycloneDx(const Report& report, const WriteOptions& options) : report_(report), options_(options) {}

    std::string write();

private:
    struct Contents {
        std::string ref;                 ///< of the image
        std::vector<std::string> parts;  ///< refs of what it holds
    };

    void metadata();
    void tool();
    void index(const ImageReport& first);
    void image(const ImageReport& image, Contents& contents, bool nested);
    void parts(const ImageReport& image, Contents& contents);
    void package(const ImageReport& image, const Package& package, std::string_view os, Contents& contents);
    void observation(const ImageReport& image, const Observation& observation, Contents& contents);
    void dependencies();
    void compositions();
    void annotations();
    void property(std::string_view name, std::string_view value);
    void layer_properties(const ImageReport& image, int layer);
    std::string take_ref(const Contents& contents, const std::string& wanted) { return refs_.take(contents.ref + "/" + to_valid_utf8(wanted)); }
    [[nodiscard]] bool is_single() const { return report_.images.size() == 1; }
    [[nodiscard]] bool have_one_index() const;

    const Report& report_;
    const WriteOptions& options_;
    JsonOutput json_;
    UniqueNames refs_{"#"};
    std::vector<Contents> contents_;  ///< one an image, in the report's order
};

bool CycloneDx::have_one_index() const {
    const auto& images = report_.images;
    return images.size() > 1 && images.front().index_digest && std::all_of(images.begin(), images.end(), [&](const ImageReport& each) {
        return each.registry == images.front().registry && each.repository == images.front().repository && each.tag == images.front().tag &&
               each.index_digest == images.front().index_digest;
    });
}

void CycloneDx::property(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    json_.object([&] {
        json_.member("name", name);
        json_.member("value", value);
    });
}

void CycloneDx::layer_properties(const ImageReport& image, int layer) {
    if (layer < 0) return;
    property("veritag:layer", std::to_string(layer));
    property("veritag:diffId", diff_id_of(image, layer));
}

void CycloneDx::tool() {
    json_.member("type", "application");
    json_.member("name", "veritag");
    json_.member("version", version_text(report_.tool_version));
}

void CycloneDx::metadata() {
    json_.member("timestamp", time_of(report_));
    json_.object("tools", [&] { json_.list("components", [&] { json_.object([&] { tool(); }); }); });
    if (is_single())
        json_.object("component", [&] { image(report_.images.front(), contents_.front(), false); });
    else if (have_one_index())
        json_.object("component", [&] { index(report_.images.front()); });
    json_.list("properties", [&] {
        property("veritag:rules", report_.rules_digest);
        for (const std::string& each : unlisted_in(report_, options_.language)) property("veritag:unlisted", each);
        for (const Skipped& each : report_.skipped) property("veritag:skipped", each.reference + " " + each.digest + ": " + reason_for(each, options_.language));
    });
}

// The index of several platforms: a container of containers.
void CycloneDx::index(const ImageReport& first) {
    ImageReport whole;
    whole.registry = first.registry;
    whole.repository = first.repository;
    whole.tag = first.tag;
    whole.digest = *first.index_digest;
    json_.member("type", "container");
    json_.member("bom-ref", refs_.take("index"));
    json_.member("name", name_of(first));
    json_.member("version", version_text(first.tag.empty() ? whole.digest : first.tag));
    if (const std::string url = image_url(whole); !url.empty()) json_.member("purl", url);
}

void CycloneDx::image(const ImageReport& image, Contents& contents, bool nested) {
    json_.member("type", "container");
    json_.member("bom-ref", contents.ref);
    json_.member("name", name_of(image));
    json_.member("version", version_text(image.tag.empty() ? image.digest : image.tag));
    const std::string reason = unreadable_because(image, options_.language);
    if (!reason.empty()) json_.member("description", std::string(text(Text::image_unknown, options_.language)) + " " + reason);
    if (const Result<Digest> digest = Digest::parse(image.digest)) {
        json_.list("hashes", [&] {
            json_.object([&] {
                json_.member("alg", digest->algorithm() == "sha512" ? "SHA-512" : "SHA-256");
                json_.member("content", digest->hex());
            });
        });
    }
    if (const std::string url = image_url(image); !url.empty()) json_.member("purl", url);
    if (nested) json_.list("components", [&] { parts(image, contents); });
    json_.list("properties", [&] {
        property("veritag:reference", image.reference);
        property("veritag:digest", image.digest);
        property("veritag:indexDigest", image.index_digest.value_or(""));
        property("veritag:platform", image.platform);
        property("veritag:verdict", to_string(image.verdict));
        property("veritag:error", reason);
        property("veritag:layers", image.diff_ids.empty() ? "" : std::to_string(image.diff_ids.size()));
    });
}

void CycloneDx::parts(const ImageReport& image, Contents& contents) {
    for (const Observation& each : image.observed)
        if (!is_only_a_package(each)) json_.object([&] { observation(image, each, contents); });
    const std::string os = proven_os(image);
    for (const Package& each : image.package_list) json_.object([&] { package(image, each, os, contents); });
}

void CycloneDx::package(const ImageReport& image, const Package& package, std::string_view os, Contents& contents) {
    const std::string url = package_url(package, os);
    contents.parts.push_back(take_ref(contents, url.empty() ? std::string(to_string(package.type)) + ":" + package.name + "@" + package.version : url));
    json_.member("type", "library");
    json_.member("bom-ref", contents.parts.back());
    json_.member("name", package.name);
    json_.member("version", version_text(package.version));
    if (!url.empty()) json_.member("purl", url);
    if (!package.path.empty()) {
        json_.object("evidence", [&] {
            json_.list("identity", [&] {
                json_.object([&] {
                    json_.member("field", url.empty() ? "name" : "purl");
                    json_.fraction("confidence", kSure);
                    json_.member("concludedValue", url.empty() ? package.name : url);
                    json_.list("methods", [&] {
                        json_.object([&] {
                            json_.member("technique", technique_of(EvidenceSource::package));
                            json_.fraction("confidence", kSure);
                            json_.member("value", package.path);
                        });
                    });
                });
            });
            json_.list("occurrences", [&] {
                json_.object([&] {
                    json_.member("location", package.path);
                    if (package.layer >= 0) json_.member("additionalContext", place_of(image, package.layer, options_.language));
                });
            });
        });
    }
    json_.list("properties", [&] {
        property("veritag:package", to_string(package.type));
        property("veritag:arch", package.arch);
        layer_properties(image, package.layer);
    });
}

void CycloneDx::observation(const ImageReport& image, const Observation& observation, Contents& contents) {
    const double confidence = observation.proof ? kSure : kHearsay;
    contents.parts.push_back(take_ref(contents, std::string(to_string(observation.kind)) + ":" + observation.component + "@" + observation.version));
    json_.member("type", type_of(observation.kind));
    json_.member("bom-ref", contents.parts.back());
    json_.member("name", observation.component);
    if (!observation.version.empty()) json_.member("version", version_text(observation.version));
    const auto place = std::find_if(observation.evidence.begin(), observation.evidence.end(), is_a_place);
    if (!observation.evidence.empty()) {
        json_.object("evidence", [&] {
            json_.list("identity", [&] {
                json_.object([&] {
                    json_.member("field", observation.version.empty() ? "name" : "version");
                    json_.fraction("confidence", confidence);
                    json_.member("concludedValue", observation.version.empty() ? observation.component : observation.version);
                    json_.list("methods", [&] {
                        for (const Evidence& each : observation.evidence) {
                            json_.object([&] {
                                json_.member("technique", technique_of(each.source));
                                json_.fraction("confidence", confidence);
                                json_.member("value", std::string(to_string(each.source)) + " " + each.path + (each.detail.empty() ? "" : ": " + detail_for(each, options_.language)));
                            });
                        }
                    });
                });
            });
            if (place != observation.evidence.end()) {
                json_.list("occurrences", [&] {
                    for (const Evidence& each : observation.evidence) {
                        if (!is_a_place(each)) continue;
                        json_.object([&] {
                            json_.member("location", each.path);
                            json_.member("additionalContext", place_of(image, each.layer, options_.language));
                        });
                    }
                });
            }
        });
    }
    json_.list("properties", [&] {
        property("veritag:kind", to_string(observation.kind));
        property("veritag:proven", observation.proof ? "true" : "false");
        if (place != observation.evidence.end()) layer_properties(image, place->layer);
    });
}

void CycloneDx::dependencies() {
    const auto dependency = [&](std::string_view ref, const auto& add_parts) {
        json_.object([&] {
            json_.member("ref", ref);
            json_.list("dependsOn", add_parts);
        });
    };
    if (have_one_index()) {
        dependency("index", [&] {
            for (const Contents& each : contents_) json_.value(each.ref);
        });
    }
    for (std::size_t i = 0; i < contents_.size(); ++i) {
        if (!unreadable_because(report_.images[i], options_.language).empty()) continue;  // an empty entry would say that it has no parts
        dependency(contents_[i].ref, [&] {
            for (const std::string& part : contents_[i].parts) json_.value(part);
        });
    }
}

void CycloneDx::compositions() {
    for (std::size_t i = 0; i < contents_.size(); ++i) {
        json_.object([&] {
            json_.member("aggregate", is_partly_read(report_.images[i]) ? "incomplete" : "unknown");
            json_.list("assemblies", [&] { json_.value(contents_[i].ref); });
            json_.list("dependencies", [&] { json_.value(contents_[i].ref); });
        });
    }
}

void CycloneDx::annotations() {
    for (std::size_t i = 0; i < contents_.size(); ++i) {
        for (const std::string& remark : remarks_on(report_.images[i], options_.language)) {
            json_.object([&] {
                json_.member("bom-ref", refs_.take(contents_[i].ref + "/remark"));
                json_.list("subjects", [&] { json_.value(contents_[i].ref); });
                json_.object("annotator", [&] { json_.object("component", [&] { tool(); }); });
                json_.member("timestamp", time_of(report_));
                json_.member("text", remark);
            });
        }
    }
}

std::string CycloneDx::write() {
    for (std::size_t i = 0; i < report_.images.size(); ++i) contents_.push_back({refs_.take("image-" + std::to_string(i + 1)), {}});
    json_.object([&] {
        json_.member("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
        json_.member("bomFormat", "CycloneDX");
        json_.member("specVersion", "1.6");
        json_.member("serialNumber", "urn:uuid:" + std::string(kNoIdentifier));
        json_.number("version", 1);
        json_.object("metadata", [&] { metadata(); });
        json_.list("components", [&] {
            if (is_single()) {
                parts(report_.images.front(), contents_.front());
            } else {
                for (std::size_t i = 0; i < contents_.size(); ++i) json_.object([&] { image(report_.images[i], contents_[i], true); });
            }
        });
        json_.list("dependencies", [&] { dependencies(); });
        json_.list("compositions", [&] { compositions(); });
        json_.list("annotations", [&] { annotations(); });
    });
    return with_identifier(json_.take());
}

}  // namespace

std::string write_cyclonedx(const Report& report, const WriteOptions& options) { return CycloneDx(report, options).write(); }

}  // namespace veritag::report
