#include "base/byte_reader.h"
#include "base/text.h"
#include "oci/json.h"
#include "source/local_sources.h"
#include "source/tar_members.h"
#include "stream/tar.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

// What `docker save`, `podman save` and `skopeo copy … docker-archive:` write (moby/docker-image-spec: spec.md, "Combined Image
// JSON + Filesystem Changeset Format"): a tar with
//   manifest.json   [{"Config": member, "RepoTags": ["repo:tag", …] or null, "Layers": [member, …]}, …]
//   the configs     named <sha256>.json, or blobs/sha256/<sha256> since Docker 25
//   the layers      <id>/layer.tar, <sha256>.tar or blobs/sha256/<sha256>, plain tars as a rule; a member may link to another
// It has no manifest in the OCI sense; one is made here, so that the rest of the program sees an ordinary image.

namespace veritag::source {
namespace {

constexpr std::string_view kWhat = "read docker archive";
constexpr std::string_view kLayerType = "application/vnd.docker.image.rootfs.diff.tar";

struct Entry {
    std::string config;
    std::vector<std::string> repo_tags;
    std::vector<std::string> layers;
};

// The image as the rest of the program sees it.
struct Image {
    RawManifest manifest;
    std::string config_body;
    Digest config_digest;
    std::map<std::string, FilePart> layers;  ///< by digest
};

class EntryParser {
public:
    EntryParser(std::string label, const Limits& limits) : label_(std::move(label)), limits_(limits) {}

    Result<std::vector<Entry>> parse(const rapidjson::Document& document) const {
        if (!document.IsArray() || document.Empty()) return error("", "not a list of images");
        std::vector<Entry> entries;
        for (rapidjson::SizeType i = 0; i < document.Size(); ++i) {
            const std::string field = "[" + std::to_string(i) + "]";
            Entry entry;
            VERITAG_TRY(entry.config, member_path(oci::json_member(document[i], "Config"), field + ".Config"));
            VERITAG_TRY(entry.repo_tags, strings(document[i], "RepoTags", field));
            VERITAG_TRY(entry.layers, paths(document[i], field));
            entries.push_back(std::move(entry));
        }
        return entries;
    }

private:
    [[nodiscard]] Error error(const std::string& field, std::string saw) const {
        return {ErrorCode::malformed, std::string(kWhat), label_ + (field.empty() ? "" : " " + field), std::move(saw), ""};
    }

    [[nodiscard]] Result<std::string> member_path(const rapidjson::Value* value, const std::string& field) const {
        if (value == nullptr) return error(field, "missing");
        if (!value->IsString()) return error(field, "not a string");
        const auto path = stream::normalise_path(std::string_view(value->GetString(), value->GetStringLength()), limits_);
        if (!path) return path.error().at(label_ + " " + field);
        return *path;
    }

    [[nodiscard]] Result<std::vector<std::string>> strings(const rapidjson::Value& object, std::string_view name, const std::string& field) const {
        std::vector<std::string> list;
        const rapidjson::Value* value = oci::json_member(object, name);
        if (value == nullptr || value->IsNull()) return list;
        if (!value->IsArray()) return error(field + "." + std::string(name), "not a list");
        for (const rapidjson::Value& item : value->GetArray()) {
            if (!item.IsString()) return error(field + "." + std::string(name), "holds something other than strings");
            list.emplace_back(item.GetString(), item.GetStringLength());
        }
        return list;
    }

    [[nodiscard]] Result<std::vector<std::string>> paths(const rapidjson::Value& object, const std::string& field) const {
        std::vector<std::string> list;
        const rapidjson::Value* value = oci::json_member(object, "Layers");
        if (value != nullptr && value->IsNull()) return list;  // an image without layers
        if (value == nullptr || !value->IsArray()) return error(field + ".Layers", value == nullptr ? "missing" : "not a list");
        if (value->Size() > limits_.image_layers)
            return limit_error(kWhat, label_ + " " + field + ".Layers", value->Size(), "limits.image_layers", limits_.image_layers);
        for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
            VERITAG_TRY(std::string path, member_path(&(*value)[i], field + ".Layers[" + std::to_string(i) + "]"));
            list.push_back(std::move(path));
        }
        return list;
    }

    std::string label_;
    const Limits& limits_;
};

class DockerArchive final : public ImageSource {
public:
    DockerArchive(TarMembers members, const Limits& limits) : members_(std::move(members)), limits_(limits) {}

    Result<void> open(const LocalName& name);
    [[nodiscard]] const ImageName& name() const noexcept override { return name_; }
    Result<RawManifest> fetch_top(std::stop_token stop) override {
        VERITAG_TRY(const Image* image, load(stop));
        return image->manifest;
    }
    Result<RawManifest> fetch_manifest(const oci::Descriptor& child, std::stop_token) override {
        return not_here("manifest", child.digest);  // there is no index, so nobody has a child to ask for
    }
    Result<std::string> fetch_config(const oci::Descriptor& config, std::stop_token stop) override {
        VERITAG_TRY(const Image* image, load(stop));
        if (config.digest != image->config_digest) return not_here("config", config.digest);
        return image->config_body;
    }
    Result<std::unique_ptr<ByteSource>> open_layer(const oci::Descriptor& layer, std::stop_token stop) override {
        VERITAG_TRY(const Image* image, load(stop));
        const auto found = image->layers.find(layer.digest.str());
        if (found == image->layers.end()) return not_here("layer", layer.digest);
        return stream_part(found->second, std::move(stop));
    }
    Result<std::string> read_layer_range(const oci::Descriptor& layer, std::uint64_t offset, std::uint64_t length, std::stop_token stop) override {
        VERITAG_TRY(const Image* image, load(stop));
        const auto found = image->layers.find(layer.digest.str());
        if (found == image->layers.end()) return not_here("layer", layer.digest);
        return read_part(kWhat, found->second, offset, length, stop);
    }

private:
    [[nodiscard]] Error not_here(std::string_view what, const Digest& digest) const {
        return {ErrorCode::not_found, std::string(kWhat), members_.file().label(), "no " + std::string(what) + " " + digest.str(), ""};
    }
    [[nodiscard]] Result<FilePart> find(const std::string& path) const {
        VERITAG_TRY(std::optional<FilePart> part, members_.find(path));
        if (part) return std::move(*part);
        return Error{ErrorCode::not_found, std::string(kWhat), members_.file().label(), "no member \"" + quote(path) + "\"", "the archive is incomplete: write it again"};
    }
    Result<void> choose(std::vector<Entry> entries, const LocalName& name);
    Result<const Image*> load(const std::stop_token& stop);
    [[nodiscard]] Result<Image> build(const std::stop_token& stop) const;
    [[nodiscard]] Result<oci::Descriptor> describe_layer(const FilePart& part, const Digest& diff_id, const std::stop_token& stop) const;

    const TarMembers members_;
    const Limits limits_;
    ImageName name_;
    Entry entry_;
    std::mutex mutex_;
    std::optional<Image> image_;  ///< built once, by the first call that can be stopped
};

Result<void> DockerArchive::open(const LocalName& name) {
    VERITAG_TRY(const std::optional<FilePart> part, members_.find("manifest.json"));
    if (!part) {
        VERITAG_TRY(const std::optional<FilePart> layout, members_.find("oci-layout"));
        return Error{layout ? ErrorCode::usage : ErrorCode::malformed, std::string(kWhat), members_.file().label(), "no manifest.json in it",
                     layout ? "it is an OCI layout: write oci-archive:FILE[:TAG]" : "this is no archive of `docker save`"};
    }
    VERITAG_TRY(const std::string text, read_whole(kWhat, *part, limits_.manifest_bytes, "limits.manifest_bytes", {}));
    VERITAG_TRY(const rapidjson::Document document, oci::parse_json(kWhat, part->label, text, limits_));
    VERITAG_TRY(std::vector<Entry> entries, EntryParser(part->label, limits_).parse(document));
    return choose(std::move(entries), name);
}

Result<void> DockerArchive::choose(std::vector<Entry> entries, const LocalName& name) {
    std::vector<std::string> known;
    for (const Entry& entry : entries) known.insert(known.end(), entry.repo_tags.begin(), entry.repo_tags.end());
    const std::string where = members_.file().label() + " manifest.json";

    std::vector<std::string> chosen_names;
    if (name.tag.empty()) {
        if (entries.size() > 1)
            return Error{ErrorCode::usage, std::string(kWhat), where, "it holds " + std::to_string(entries.size()) + " images: " + list_names(known),
                         "say which: add :REPO:TAG to the path"};
        entry_ = std::move(entries.front());
        chosen_names = entry_.repo_tags;
    } else {
        for (const bool whole_name_only : {true, false}) {
            for (const Entry& entry : entries)
                for (const std::string& own : entry.repo_tags) {
                    if (whole_name_only ? own != name.tag : !names_tag(own, name.tag)) continue;
                    if (!chosen_names.empty() && entry.config != entry_.config)
                        return Error{ErrorCode::usage, std::string(kWhat), where,
                                     "\"" + quote(name.tag) + "\" names several of its images: " + list_names(known), "write the whole REPO:TAG after the path"};
                    entry_ = entry;
                    chosen_names.push_back(own);
                }
            if (!chosen_names.empty()) break;
        }
        if (chosen_names.empty())
            return Error{ErrorCode::not_found, std::string(kWhat), where,
                         "no image \"" + quote(name.tag) + "\"; it has " + (known.empty() ? "no names" : list_names(known)), ""};
    }
    VERITAG_TRY(name_, name_for_judging(name, chosen_names));
    return ok();
}

Result<const Image*> DockerArchive::load(const std::stop_token& stop) {
    const std::scoped_lock lock(mutex_);
    if (!image_) {
        VERITAG_TRY(image_, build(stop));
    }
    return &*image_;
}

// The digest that a member's name promises, as `blobs/sha256/<hex>` or `<hex>.json`; nullopt where it promises none.
std::optional<Digest> digest_in_name(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') + 1);
    if (name.ends_with(".json")) name.remove_suffix(5);
    const Result<Digest> digest = Digest::parse("sha256:" + std::string(name));
    if (!digest) return std::nullopt;
    return *digest;
}

// Nothing says in advance whether a member is compressed; its first bytes do.
Result<std::string_view> compression_suffix(const FilePart& part) {
    std::array<std::byte, 4> head{};
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), part.size));
    VERITAG_CHECK(part.file->read_at(part.offset, std::span(head).first(count)));
    const std::string_view text = as_text(std::span<const std::byte>(head).first(count));
    if (text.starts_with("\x1f\x8b")) return std::string_view(".gzip");
    if (text == "\x28\xb5\x2f\xfd") return std::string_view(".zstd");
    const bool skippable_frame = count == 4 && (text[0] & '\xf0') == '\x50' && text.substr(1) == "\x2a\x4d\x18";
    return skippable_frame ? std::string_view(".zstd") : std::string_view();
}

Result<oci::Descriptor> DockerArchive::describe_layer(const FilePart& part, const Digest& diff_id, const std::stop_token& stop) const {
    VERITAG_TRY(const std::string_view suffix, compression_suffix(part));
    oci::Descriptor layer{.media_type = std::string(kLayerType) + std::string(suffix), .digest = diff_id, .size = part.size};
    if (suffix.empty()) return layer;  // a plain tar: its diff_id is its digest, and the decoder checks it
    Hasher hasher;
    const auto bytes = stream_part(part, stop);
    for (;;) {
        VERITAG_TRY(const std::span<const std::byte> piece, bytes->next());
        if (piece.empty()) break;
        hasher.update(piece);
    }
    layer.digest = hasher.finish();
    return layer;
}

void write_descriptor(rapidjson::Writer<rapidjson::StringBuffer>& out, const oci::Descriptor& descriptor) {
    out.StartObject();
    out.Key("mediaType");
    out.String(descriptor.media_type.c_str());
    out.Key("size");
    out.Uint64(descriptor.size);
    out.Key("digest");
    out.String(descriptor.digest.str().c_str());
    out.EndObject();
}

std::string write_manifest(const oci::Descriptor& config, const std::vector<oci::Descriptor>& layers) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
    out.StartObject();
    out.Key("schemaVersion");
    out.Int(2);
    out.Key("mediaType");
    out.String(oci::media_type::kDockerManifest.data());
    out.Key("config");
    write_descriptor(out, config);
    out.Key("layers");
    out.StartArray();
    for (const oci::Descriptor& layer : layers) write_descriptor(out, layer);
    out.EndArray();
    out.EndObject();
    return buffer.GetString();
}

Result<Image> DockerArchive::build(const std::stop_token& stop) const {
    Image image;
    VERITAG_TRY(const FilePart config_part, find(entry_.config));
    VERITAG_TRY(image.config_body, read_whole(kWhat, config_part, limits_.config_bytes, "limits.config_bytes", stop));
    image.config_digest = sha256_of(image.config_body);
    if (const auto promised = digest_in_name(entry_.config); promised && *promised != image.config_digest)
        return Error{ErrorCode::digest_mismatch, std::string(kWhat), config_part.label, "the config hashes to " + image.config_digest.str(),
                     "the archive was altered or damaged"};
    const auto config = oci::parse_image_config(image.config_body, limits_);
    if (!config) return config.error().at(config_part.label);
    if (config->diff_ids.size() != entry_.layers.size())
        return Error{ErrorCode::malformed, std::string(kWhat), config_part.label,
                     std::to_string(config->diff_ids.size()) + " diff_ids for " + std::to_string(entry_.layers.size()) + " layers", ""};
    std::vector<oci::Descriptor> layers;
    for (std::size_t i = 0; i < entry_.layers.size(); ++i) {
        VERITAG_TRY(FilePart part, find(entry_.layers[i]));
        VERITAG_TRY(oci::Descriptor layer, describe_layer(part, config->diff_ids[i], stop));
        image.layers.emplace(layer.digest.str(), std::move(part));
        layers.push_back(std::move(layer));
    }
    const oci::Descriptor config_descriptor{
        .media_type = std::string(oci::media_type::kDockerConfig), .digest = image.config_digest, .size = image.config_body.size()};
    image.manifest.body = write_manifest(config_descriptor, layers);
    image.manifest.content_type = oci::media_type::kDockerManifest;
    image.manifest.digest = sha256_of(image.manifest.body);
    return image;
}

}  // namespace

Result<std::unique_ptr<ImageSource>> open_docker_archive(const LocalName& name, const Limits& limits) {
    VERITAG_TRY(auto file, LocalFile::open(name.path));
    VERITAG_TRY(TarMembers members, TarMembers::read(std::move(file), limits, {}));
    auto source = std::make_unique<DockerArchive>(std::move(members), limits);
    VERITAG_CHECK(source->open(name));
    return std::unique_ptr<ImageSource>(std::move(source));
}

}  // namespace veritag::source
