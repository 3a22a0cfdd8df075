#include "oci/artifact.h"

#include "base/byte_reader.h"
#include "base/text.h"
#include "oci/fields.h"
#include "oci/json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace veritag::oci {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::string_view kReadReferrers = "read list of referrers";

void text(Writer& out, std::string_view value) {
    const std::string valid = to_valid_utf8(value);
    out.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

void member(Writer& out, std::string_view name, std::string_view value) {
    text(out, name);
    text(out, value);
}

void annotations(Writer& out, const std::map<std::string, std::string>& all) {
    if (all.empty()) return;
    out.Key("annotations");
    out.StartObject();
    for (const auto& [name, value] : all) member(out, name, value);
    out.EndObject();
}

void descriptor(Writer& out, const Descriptor& each) {
    out.StartObject();
    member(out, "mediaType", each.media_type);
    member(out, "digest", each.digest.str());
    out.Key("size");
    out.Uint64(each.size);
    if (!each.artifact_type.empty()) member(out, "artifactType", each.artifact_type);
    annotations(out, each.annotations);
    out.EndObject();
}

void begin_document(Writer& out, std::string_view media_type) {
    out.StartObject();
    out.Key("schemaVersion");
    out.Int(2);
    member(out, "mediaType", media_type);
}

std::string take(const rapidjson::StringBuffer& buffer) { return {buffer.GetString(), buffer.GetSize()}; }

// The document and its list, which may be null.
struct OpenIndex {
    rapidjson::Document root;
    const Json* manifests = nullptr;
};

Result<OpenIndex> open_index(std::string_view body, const Limits& limits) {
    if (body.size() > limits.manifest_bytes) return limit_error(kReadReferrers, "", body.size(), "limits.manifest_bytes", limits.manifest_bytes);
    VERITAG_TRY(rapidjson::Document root, parse_json(kReadReferrers, "", body, limits));
    const Fields in{kReadReferrers};
    VERITAG_CHECK(in.object(&root, "document"));
    OpenIndex index;
    VERITAG_TRY(index.manifests, in.list(root, "manifests", ""));
    if (json_member(root, "layers") != nullptr || json_member(root, "config") != nullptr) return in.error("manifests", "stands beside \"layers\" or \"config\": not an index");
    if (index.manifests != nullptr && index.manifests->Size() > limits.referrers)
        return limit_error(kReadReferrers, "manifests", index.manifests->Size(), "limits.referrers", limits.referrers);
    index.root = std::move(root);
    index.manifests = json_member(index.root, "manifests");
    return index;
}

std::string index_with(const Descriptor& entry) {
    rapidjson::StringBuffer buffer;
    Writer out(buffer);
    begin_document(out, media_type::kOciIndex);
    out.Key("manifests");
    out.StartArray();
    descriptor(out, entry);
    out.EndArray();
    out.EndObject();
    return take(buffer);
}

std::string json_of(const Descriptor& entry) {
    rapidjson::StringBuffer buffer;
    Writer out(buffer);
    descriptor(out, entry);
    return take(buffer);
}

}  // namespace

Descriptor describe(std::string_view media_type, std::string_view body) {
    Descriptor result;
    result.media_type = media_type;
    result.digest = sha256_of(body);
    result.size = body.size();
    return result;
}

std::string write_artifact(const Artifact& artifact) {
    rapidjson::StringBuffer buffer;
    Writer out(buffer);
    begin_document(out, media_type::kOciManifest);
    member(out, "artifactType", artifact.type);
    out.Key("config");
    descriptor(out, describe(media_type::kEmptyConfig, kEmptyConfigBody));
    out.Key("layers");
    out.StartArray();
    for (const Descriptor& layer : artifact.layers) descriptor(out, layer);
    out.EndArray();
    out.Key("subject");
    Descriptor subject;
    subject.media_type = artifact.subject.media_type;
    subject.digest = artifact.subject.digest;
    subject.size = artifact.subject.size;
    descriptor(out, subject);
    annotations(out, artifact.annotations);
    out.EndObject();
    return take(buffer);
}

Descriptor referrer_entry(const Artifact& artifact, std::string_view manifest) {
    Descriptor entry = describe(media_type::kOciManifest, manifest);
    entry.artifact_type = artifact.type;
    entry.annotations = artifact.annotations;
    return entry;
}

std::string fallback_tag(const Digest& subject) {
    constexpr std::size_t kMostAlgorithm = 32, kMostHex = 64;
    std::string tag = std::string(subject.algorithm().substr(0, kMostAlgorithm)) + '-' + std::string(subject.hex().substr(0, kMostHex));
    std::replace_if(tag.begin(), tag.end(), [](char c) { return !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '.' && c != '_'; }, '-');
    return tag;
}

bool is_tag_of_digest(std::string_view tag) noexcept {
    static constexpr std::string_view kStart = "sha256-";
    static constexpr std::size_t kDigits = 64;
    if (!tag.starts_with(kStart) || tag.size() < kStart.size() + kDigits) return false;
    const std::string_view digits = tag.substr(kStart.size(), kDigits), end = tag.substr(kStart.size() + kDigits);
    return std::all_of(digits.begin(), digits.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }) && (end.empty() || end == ".sig" || end == ".att" || end == ".sbom");
}

Result<Referrers> parse_referrers(std::string_view body, const Limits& limits) {
    VERITAG_TRY(const OpenIndex index, open_index(body, limits));
    Referrers referrers;
    if (index.manifests == nullptr || index.manifests->IsNull()) return referrers;
    const Fields in{kReadReferrers};
    for (rapidjson::SizeType i = 0; i < index.manifests->Size(); ++i) {
        Result<Descriptor> entry = in.descriptor(&(*index.manifests)[i], "manifests[" + std::to_string(i) + "]");
        if (entry)
            referrers.entries.push_back(std::move(*entry));
        else
            referrers.unreadable.push_back(json_string((*index.manifests)[i], "artifactType"));
    }
    return referrers;
}

bool is_referrers_type(std::string_view content_type) {
    return to_lower(trim(content_type.substr(0, content_type.find(';')))) == media_type::kOciIndex;
}

Result<std::string> add_referrer(std::optional<std::string_view> index, const Descriptor& entry, const Limits& limits) {
    if (!index) return index_with(entry);
    VERITAG_TRY(OpenIndex open, open_index(*index, limits));
    const bool none = open.manifests == nullptr || open.manifests->IsNull();
    for (rapidjson::SizeType i = 0; !none && i < open.manifests->Size(); ++i)
        if (json_string((*open.manifests)[i], "digest") == entry.digest.str()) return std::string(*index);
    if (!none && open.manifests->Size() >= limits.referrers) return limit_error("add to list of referrers", "", open.manifests->Size() + 1, "limits.referrers", limits.referrers);

    rapidjson::Document added(&open.root.GetAllocator());
    const std::string text = json_of(entry);
    added.Parse(text.data(), text.size());
    VERITAG_ASSERT(!added.HasParseError());
    Json& manifests = open.root["manifests"];
    if (none) manifests.SetArray();
    manifests.PushBack(static_cast<Json&>(added), open.root.GetAllocator());
    rapidjson::StringBuffer buffer;
    Writer out(buffer);
    open.root.Accept(out);
    std::string result = take(buffer);
    if (result.size() > limits.manifest_bytes) return limit_error("add to list of referrers", "", result.size(), "limits.manifest_bytes", limits.manifest_bytes);
    return result;
}

}  // namespace veritag::oci
