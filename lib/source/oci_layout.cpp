#include "base/byte_reader.h"
#include "base/text.h"
#include "oci/json.h"
#include "source/local_sources.h"
#include "source/tar_members.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <system_error>
#include <utility>

// An OCI image layout (opencontainers/image-spec: image-layout.md), a directory or a tar of one:
//   oci-layout            {"imageLayoutVersion": "1.0.0"}
//   index.json            an image index; an entry's name stands in org.opencontainers.image.ref.name
//   blobs/<alg>/<hex>     manifests, configs and layers by digest

namespace veritag::source {
namespace {

constexpr std::string_view kWhat = "read OCI layout";
constexpr const char* kRefName = "org.opencontainers.image.ref.name";
// containerd's and BuildKit's exports put the whole name here and only the tag above.
constexpr const char* kImageName = "io.containerd.image.name";

class LayoutFiles {
public:
    virtual ~LayoutFiles() = default;
    [[nodiscard]] virtual Result<std::optional<FilePart>> find(const std::string& path) const = 0;
    [[nodiscard]] virtual const std::string& label() const noexcept = 0;
};

class DirectoryFiles final : public LayoutFiles {
public:
    explicit DirectoryFiles(const std::string& directory) : directory_(directory), label_(quote(directory)) {}
    [[nodiscard]] Result<std::optional<FilePart>> find(const std::string& path) const override {
        auto file = LocalFile::open(directory_ + "/" + path);
        if (!file && file.error().code == ErrorCode::not_found) return std::optional<FilePart>();
        if (!file) return file.error();
        return std::optional<FilePart>(whole_file(std::move(*file)));
    }
    [[nodiscard]] const std::string& label() const noexcept override { return label_; }

private:
    std::string directory_;
    std::string label_;
};

class ArchiveFiles final : public LayoutFiles {
public:
    explicit ArchiveFiles(TarMembers members) : members_(std::move(members)) {}
    [[nodiscard]] Result<std::optional<FilePart>> find(const std::string& path) const override { return members_.find(path); }
    [[nodiscard]] const std::string& label() const noexcept override { return members_.file().label(); }

private:
    TarMembers members_;
};

class LayoutSource final : public ImageSource {
public:
    LayoutSource(std::unique_ptr<LayoutFiles> files, const Limits& limits) : files_(std::move(files)), limits_(limits) {}

    Result<void> open(const LocalName& name);
    [[nodiscard]] const ImageName& name() const noexcept override { return name_; }
    Result<RawManifest> fetch_top(std::stop_token stop) override {
        if (!top_) return RawManifest{.body = index_body_, .content_type = "", .digest = sha256_of(index_body_)};
        return fetch_manifest(*top_, std::move(stop));
    }
    Result<RawManifest> fetch_manifest(const oci::Descriptor& child, std::stop_token stop) override {
        VERITAG_TRY(std::string body, read_blob(child, limits_.manifest_bytes, "limits.manifest_bytes", stop));
        return RawManifest{.body = std::move(body), .content_type = child.media_type, .digest = child.digest};
    }
    Result<std::string> fetch_config(const oci::Descriptor& config, std::stop_token stop) override {
        return read_blob(config, limits_.config_bytes, "limits.config_bytes", stop);
    }
    Result<std::unique_ptr<ByteSource>> open_layer(const oci::Descriptor& layer, std::stop_token stop) override {
        VERITAG_TRY(FilePart part, find_blob(layer));
        return stream_part(std::move(part), std::move(stop));
    }
    Result<std::string> read_layer_range(const oci::Descriptor& layer, std::uint64_t offset, std::uint64_t length, std::stop_token stop) override {
        VERITAG_TRY(const FilePart part, find_blob(layer));
        return read_part(kWhat, part, offset, length, stop);
    }

private:
    [[nodiscard]] Result<FilePart> find_file(const std::string& path, std::string_view hint) const;
    [[nodiscard]] Result<FilePart> find_blob(const oci::Descriptor& blob) const;
    [[nodiscard]] Result<std::string> read_blob(const oci::Descriptor& blob, std::uint64_t max_bytes, std::string_view key,
                                                const std::stop_token& stop) const;
    Result<void> choose(const oci::Index& index, const LocalName& name);
    [[nodiscard]] Error choice_error(ErrorCode code, std::string saw, std::string hint) const {
        return {code, std::string(kWhat), files_->label() + " index.json", std::move(saw), std::move(hint)};
    }

    std::unique_ptr<LayoutFiles> files_;
    const Limits limits_;
    ImageName name_;
    std::string index_body_;
    std::optional<oci::Descriptor> top_;  ///< nullopt: index.json itself is the image's index
};

std::vector<std::string> own_names(const oci::Descriptor& entry) {
    std::vector<std::string> names;
    for (const char* key : {kImageName, kRefName})
        if (const auto found = entry.annotations.find(key); found != entry.annotations.end() && !found->second.empty())
            names.push_back(found->second);
    return names;
}

Result<FilePart> LayoutSource::find_file(const std::string& path, std::string_view hint) const {
    VERITAG_TRY(std::optional<FilePart> part, files_->find(path));
    if (part) return std::move(*part);
    return Error{ErrorCode::not_found, std::string(kWhat), files_->label(), "no " + path + " in it", std::string(hint)};
}

Result<FilePart> LayoutSource::find_blob(const oci::Descriptor& blob) const {
    const std::string path = "blobs/" + std::string(blob.digest.algorithm()) + "/" + std::string(blob.digest.hex());
    VERITAG_TRY(FilePart part, find_file(path, "the layout is incomplete: write it again"));
    if (part.size != blob.size)
        return Error{ErrorCode::malformed, std::string(kWhat), part.label,
                     "the blob has " + std::to_string(part.size) + " bytes, its descriptor says " + std::to_string(blob.size), ""};
    return part;
}

Result<std::string> LayoutSource::read_blob(const oci::Descriptor& blob, std::uint64_t max_bytes, std::string_view key,
                                            const std::stop_token& stop) const {
    VERITAG_TRY(const FilePart part, find_blob(blob));
    VERITAG_TRY(std::string text, read_whole(kWhat, part, max_bytes, key, stop));
    VERITAG_CHECK(verify_digest(kWhat, part.label, text, blob.digest));
    return text;
}

Result<void> LayoutSource::open(const LocalName& name) {
    VERITAG_TRY(const FilePart version_file, find_file("oci-layout", "this is no OCI image layout"));
    VERITAG_TRY(const std::string version_text, read_whole(kWhat, version_file, limits_.manifest_bytes, "limits.manifest_bytes", {}));
    VERITAG_TRY(const rapidjson::Document version, oci::parse_json(kWhat, version_file.label, version_text, limits_));
    if (const std::string text = oci::json_string(version, "imageLayoutVersion"); !text.starts_with("1."))
        return Error{ErrorCode::unsupported, std::string(kWhat), version_file.label, "imageLayoutVersion \"" + quote(text) + "\" (known: 1.0.0)", ""};

    VERITAG_TRY(const FilePart index_file, find_file("index.json", "the layout is incomplete: write it again"));
    VERITAG_TRY(index_body_, read_whole(kWhat, index_file, limits_.manifest_bytes, "limits.manifest_bytes", {}));
    // A layout may hold many images; the limit on an image's platforms is not about them. The file's size bounds the list.
    Limits layout_limits = limits_;
    layout_limits.index_platforms = std::numeric_limits<std::size_t>::max();
    const auto parsed = oci::parse_manifest(index_body_, "", layout_limits);
    if (!parsed) return parsed.error().at(index_file.label);
    if (!std::holds_alternative<oci::Index>(*parsed))
        return choice_error(ErrorCode::malformed, "it is a manifest, not an index", "");
    VERITAG_CHECK(choose(std::get<oci::Index>(*parsed), name));
    VERITAG_TRY(name_, name_for_judging(name, top_ ? own_names(*top_) : std::vector<std::string>()));
    return ok();
}

Result<void> LayoutSource::choose(const oci::Index& index, const LocalName& name) {
    std::set<std::string> known;
    for (const oci::Descriptor& entry : index.manifests)
        for (std::string& own : own_names(entry)) known.insert(std::move(own));
    const std::vector<std::string> names(known.begin(), known.end());

    if (name.tag.empty()) {
        if (index.manifests.empty()) return choice_error(ErrorCode::malformed, "it holds no image", "");
        if (index.manifests.size() == 1) {
            top_ = index.manifests.front();
            return ok();
        }
        // Several entries without names but with platforms are one image: index.json is its index.
        const bool one_image = names.empty() && std::all_of(index.manifests.begin(), index.manifests.end(),
                                                            [](const oci::Descriptor& entry) { return entry.platform.has_value(); });
        if (one_image) return ok();
        return choice_error(ErrorCode::usage, "it holds " + std::to_string(index.manifests.size()) + " manifests: " + list_names(names),
                            "say which: add :TAG to the path");
    }

    for (const bool whole_name_only : {true, false}) {
        for (const oci::Descriptor& entry : index.manifests) {
            const auto own = own_names(entry);
            const bool asked_for = std::any_of(own.begin(), own.end(), [&](const std::string& one) {
                return whole_name_only ? one == name.tag : names_tag(one, name.tag);
            });
            if (!asked_for) continue;
            if (top_ && top_->digest != entry.digest)
                return choice_error(ErrorCode::usage, "\"" + quote(name.tag) + "\" names several of its manifests: " + list_names(names),
                                    "write the whole name after the path");
            top_ = entry;
        }
        if (top_) return ok();
    }
    return choice_error(ErrorCode::not_found, "no image \"" + quote(name.tag) + "\"; it has " + (names.empty() ? "no names" : list_names(names)), "");
}

Result<std::unique_ptr<ImageSource>> open_layout(std::unique_ptr<LayoutFiles> files, const LocalName& name, const Limits& limits) {
    auto source = std::make_unique<LayoutSource>(std::move(files), limits);
    VERITAG_CHECK(source->open(name));
    return std::unique_ptr<ImageSource>(std::move(source));
}

}  // namespace

Result<std::unique_ptr<ImageSource>> open_layout_directory(const LocalName& name, const Limits& limits) {
    std::error_code error;
    const auto status = std::filesystem::status(name.path, error);
    if (!std::filesystem::exists(status))
        return Error{ErrorCode::not_found, std::string(kWhat), quote(name.path), "no such directory", ""};
    if (!std::filesystem::is_directory(status))
        return Error{ErrorCode::usage, std::string(kWhat), quote(name.path), "not a directory", "for a tar file write oci-archive:FILE[:TAG]"};
    return open_layout(std::make_unique<DirectoryFiles>(name.path), name, limits);
}

Result<std::unique_ptr<ImageSource>> open_layout_archive(const LocalName& name, const Limits& limits) {
    VERITAG_TRY(auto file, LocalFile::open(name.path));
    VERITAG_TRY(TarMembers members, TarMembers::read(std::move(file), limits, {}));
    return open_layout(std::make_unique<ArchiveFiles>(std::move(members)), name, limits);
}

}  // namespace veritag::source
