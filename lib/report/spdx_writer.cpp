#include "report/spdx_writer.h"

#include "base/text.h"
#include "report/json_output.h"
#include "report/messages.h"
#include "report/purl.h"
#include "report/sbom.h"

#include <string_view>
#include <vector>

namespace veritag::report {
namespace {

constexpr std::string_view kNoAssertion = "NOASSERTION";

// `[idstring]` of the specification, 7.2: letters, numbers, `.` and `-`. Long names are cut; UniqueNames keeps them apart.
std::string id_string(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 120)) {
        const bool allowed = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
        result += allowed ? c : '-';
    }
    return result;
}

// Names and versions are "a single line of text": in the tag:value form of the document a second one would be another field.
std::string one_line(std::string_view text) {
    std::string result(text);
    for (char& each : result)
        if (each == '\r' || each == '\n') each = ' ';
    return result;
}

// Empty: none is written. For an operating system the text of 2.3 and of 2.3.1 says OPERATING-SYSTEM and the schema of 2.3
// OPERATING_SYSTEM (spdx/spdx-spec#813), so no word is right for every reader.
std::string_view purpose_of(ComponentKind kind) {
    switch (kind) {
        case ComponentKind::os: return "";
        case ComponentKind::framework: return "FRAMEWORK";
        case ComponentKind::app: return "APPLICATION";
        case ComponentKind::sdk:
        case ComponentKind::tool: return "LIBRARY";
        case ComponentKind::llm: break;  // 2.3 has no word for data or models
    }
    return "OTHER";
}

struct Relationship {
    std::string from;
    std::string_view type;
    std::string to;
};

class Spdx {
public:
    Spdx(const Report& report, const WriteOptions& options) : report_(report), options_(options), annotator_("Tool: veritag-" + report.tool_version) {}

    std::string write();

private:
    [[nodiscard]] std::string said(Text which, std::string_view value = {}) const { return fill(text(which, options_.language), {value}); }
    void image(const ImageReport& image, const std::string& id);
    void parts(const ImageReport& image, const std::string& id);
    void package(const ImageReport& image, const Package& package, std::string_view os, const std::string& id);
    void observation(const ImageReport& image, const Observation& observation, const std::string& id);
    void head(std::string_view id, std::string_view name, std::string_view version);
    void url(const std::string& url);
    void annotations(const std::vector<std::string>& texts);
    void relate(std::string from, std::string_view type, std::string to) { relationships_.push_back({std::move(from), type, std::move(to)}); }

    const Report& report_;
    const WriteOptions& options_;
    std::string annotator_;
    JsonOutput json_;
    UniqueNames ids_{"-"};
    std::vector<Relationship> relationships_;
};

// What every package must or should say; nothing is known of licences, suppliers and places to download from.
void Spdx::head(std::string_view id, std::string_view name, std::string_view version) {
    json_.member("SPDXID", id);
    json_.member("name", name.empty() ? "unnamed" : one_line(name));
    if (!version.empty()) json_.member("versionInfo", one_line(version));
    json_.member("supplier", kNoAssertion);
    json_.member("downloadLocation", kNoAssertion);
    json_.flag("filesAnalyzed", false);
    json_.member("licenseConcluded", kNoAssertion);
    json_.member("licenseDeclared", kNoAssertion);
    json_.member("copyrightText", kNoAssertion);
}

void Spdx::url(const std::string& url) {
    if (url.empty()) return;
    json_.list("externalRefs", [&] {
        json_.object([&] {
            json_.member("referenceCategory", "PACKAGE-MANAGER");
            json_.member("referenceType", "purl");
            json_.member("referenceLocator", url);
        });
    });
}

void Spdx::annotations(const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    json_.list("annotations", [&] {
        for (const std::string& each : texts) {
            json_.object([&] {
                json_.member("annotationType", "OTHER");
                json_.member("annotator", annotator_);
                json_.member("annotationDate", time_of(report_));
                json_.member("comment", each);
            });
        }
    });
}

void Spdx::image(const ImageReport& image, const std::string& id) {
    head(id, name_of(image), image.tag.empty() ? image.digest : image.tag);
    json_.member("primaryPackagePurpose", "CONTAINER");
    if (const Result<Digest> digest = Digest::parse(image.digest)) {
        json_.list("checksums", [&] {
            json_.object([&] {
                json_.member("algorithm", digest->algorithm() == "sha512" ? "SHA512" : "SHA256");
                json_.member("checksumValue", digest->hex());
            });
        });
    }
    url(image_url(image));
    if (!image.diff_ids.empty()) json_.member("sourceInfo", said(Text::layers_oldest_first, join(image.diff_ids, " ")));
    const std::string reason = unreadable_because(image, options_.language);
    json_.member("comment", (reason.empty() ? "" : said(Text::image_unknown) + " ") + said(Text::spdx_image, image.reference) +
                                (image.digest.empty() ? "" : said(Text::spdx_digest, image.digest)) + (image.platform.empty() ? "" : said(Text::spdx_platform, image.platform)) +
                                said(Text::spdx_verdict, to_string(image.verdict)));
    annotations(remarks_on(image, options_.language));
    relate("SPDXRef-DOCUMENT", "DESCRIBES", id);
    if (is_partly_read(image)) relate(id, "CONTAINS", std::string(kNoAssertion));
}

void Spdx::parts(const ImageReport& image, const std::string& id) {
    for (const Observation& each : image.observed)
        if (!is_only_a_package(each)) json_.object([&] { observation(image, each, id); });
    const std::string os = proven_os(image);
    for (const Package& each : image.package_list) json_.object([&] { package(image, each, os, id); });
}

void Spdx::package(const ImageReport& image, const Package& package, std::string_view os, const std::string& id) {
    const std::string own = ids_.take(id + "-" + id_string(std::string(to_string(package.type)) + "-" + package.name + "-" + package.version));
    head(own, package.name, package.version);
    const std::string place = place_of(image, package.layer, options_.language);
    json_.member("sourceInfo", said(Text::spdx_package, to_string(package.type)) + (package.path.empty() ? "" : said(Text::spdx_listed_in, package.path)) +
                                   (place.empty() ? "" : said(Text::spdx_brought_by, place)));
    url(package_url(package, os));
    relate(id, "CONTAINS", own);
}

void Spdx::observation(const ImageReport& image, const Observation& observation, const std::string& id) {
    const std::string own = ids_.take(id + "-" + id_string(std::string(to_string(observation.kind)) + "-" + observation.component + "-" + observation.version));
    head(own, observation.component, observation.version);
    if (const std::string_view purpose = purpose_of(observation.kind); !purpose.empty()) json_.member("primaryPackagePurpose", purpose);
    std::vector<std::string> lines;
    for (const Evidence& each : observation.evidence) {
        const std::string place = place_of(image, each.layer, options_.language);
        lines.push_back(std::string(to_string(each.source)) + " " + each.path + (place.empty() ? "" : ", " + place) + (each.detail.empty() ? "" : ": " + detail_for(each, options_.language)));
    }
    if (!lines.empty()) json_.member("sourceInfo", join(lines, "\n"));
    if (!observation.proof) json_.member("comment", said(Text::spdx_not_proven));
    relate(id, "CONTAINS", own);
}

std::string Spdx::write() {
    const auto& images = report_.images;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < images.size(); ++i) ids.push_back(ids_.take("SPDXRef-Image-" + std::to_string(i + 1)));
    json_.object([&] {
        json_.member("spdxVersion", "SPDX-2.3");
        json_.member("dataLicense", "CC0-1.0");
        json_.member("SPDXID", "SPDXRef-DOCUMENT");
        // Before anything that an image may write: the identifier goes to the first place of this kind. The form of the URI is that of 6.5
        // for those who own no other.
        json_.member("documentNamespace", "https://spdx.org/spdxdocs/veritag-" + std::string(kNoIdentifier));
        json_.member("name", images.size() == 1 ? one_line(images.front().reference) : said(Text::spdx_report_on, std::to_string(images.size())));
        json_.object("creationInfo", [&] {
            json_.member("created", time_of(report_));
            json_.list("creators", [&] { json_.value(annotator_); });
            if (!report_.rules_digest.empty()) json_.member("comment", said(Text::spdx_rules, report_.rules_digest));
        });
        std::vector<std::string> skipped;
        for (const Skipped& each : report_.skipped) skipped.push_back(said(Text::spdx_skipped, each.reference + " " + each.digest + ": " + reason_for(each, options_.language)));
        for (std::string& each : unlisted_in(report_, options_.language)) skipped.push_back(std::move(each));
        annotations(skipped);
        json_.list("packages", [&] {
            for (std::size_t i = 0; i < images.size(); ++i) {
                json_.object([&] { image(images[i], ids[i]); });
                parts(images[i], ids[i]);
            }
        });
        if (images.empty()) relate("SPDXRef-DOCUMENT", "DESCRIBES", "NONE");
        json_.list("relationships", [&] {
            for (const Relationship& each : relationships_) {
                json_.object([&] {
                    json_.member("spdxElementId", each.from);
                    json_.member("relationshipType", each.type);
                    json_.member("relatedSpdxElement", each.to);
                });
            }
        });
    });
    return with_identifier(json_.take());
}

}  // namespace

std::string write_spdx(const Report& report, const WriteOptions& options) { return Spdx(report, options).write(); }

}  // namespace veritag::report
