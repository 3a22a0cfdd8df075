#include "attach/subject.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace veritag::attach {
namespace {

bool is_index(const oci::Descriptor& child) noexcept { return child.media_type == oci::media_type::kOciIndex || child.media_type == oci::media_type::kDockerList; }

std::string platform_of(const oci::Descriptor& child) { return child.platform ? child.platform->str() : std::string(); }

std::string name_of(const Digest& digest, const std::string& platform) { return digest.str() + (platform.empty() ? "" : " (" + quote(platform) + ")"); }

Error wrong(std::string saw) { return {ErrorCode::malformed, "check attached report", "predicate.images", std::move(saw), ""}; }

/// Walks an index as the scanner does.
class Children {
public:
    Children(Repository& repository, const Limits& limits) : repository_(repository), limits_(limits) {}

    Result<void> take(const oci::Index& index, std::size_t depth) {
        for (const oci::Descriptor& child : index.manifests) {
            if (oci::skip_reason(child)) continue;
            if (++number_ > limits_.index_platforms) return limit_error("read index", repository_.name(), number_, "limits.index_platforms", limits_.index_platforms);
            if (is_index(child))
                VERITAG_CHECK(take_nested(child, depth + 1));
            else
                all.push_back(child);
        }
        return ok();
    }
    std::vector<oci::Descriptor> all;

private:
    Result<void> take_nested(const oci::Descriptor& child, std::size_t depth) {
        const std::string where = repository_.name() + "@" + child.digest.str();
        if (depth > limits_.index_depth) return limit_error("read nested index", where, depth, "limits.index_depth", limits_.index_depth);
        VERITAG_TRY(const std::optional<registry::FetchedManifest> fetched, repository_.find_manifest(child.digest));
        if (!fetched) return Error{ErrorCode::not_found, "read nested index", where, "it is listed and not there", ""};
        const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(fetched->body, fetched->content_type, limits_);
        if (!parsed) return parsed.error().at(where);
        if (const auto* nested = std::get_if<oci::Index>(&*parsed)) return take(*nested, depth);
        all.push_back(child);  // it is no index, whatever its descriptor says
        return ok();
    }

    Repository& repository_;
    const Limits& limits_;
    std::size_t number_ = 0;
};

// arm64 and arm64/v8 are one platform.
bool same_platform(const std::string& one, const std::string& other) {
    if (one == other) return true;
    const Result<std::optional<oci::Platform>> a = oci::parse_platform(one), b = oci::parse_platform(other);
    return a && b && *a && *b && (oci::platform_matches(**a, **b) || oci::platform_matches(**b, **a));
}

}  // namespace

Result<std::vector<oci::Descriptor>> image_children(Repository& repository, const oci::Index& index, const Limits& limits) {
    Children children(repository, limits);
    VERITAG_CHECK(children.take(index, 1));
    return std::move(children.all);
}

Subject Subject::image(Repository& repository, Digest digest, std::string platform, const Limits& limits) {
    Subject subject(repository, std::move(digest), limits);
    subject.platform_ = std::move(platform);
    return subject;
}

Subject Subject::index(Repository& repository, Digest digest, std::vector<oci::Descriptor> children, const Limits& limits) {
    Subject subject(repository, std::move(digest), limits);
    subject.children_ = std::move(children);
    return subject;
}

Result<void> Subject::hold(const Statement& statement) { return children_ ? hold_index(statement) : hold_image(statement); }

Result<void> Subject::hold_image(const Statement& statement) const {
    if (statement.images.size() != 1) return wrong("it speaks of " + std::to_string(statement.images.size()) + " images, and its subject is one");
    const JudgedImage& image = statement.images[0];
    if (image.digest != digest_) return wrong("it speaks of " + name_of(image.digest, image.platform) + ", which is not its subject");
    // One manifest may be listed for two platforms; what holds for one may be wrong for the other.
    if (!platform_.empty() && !same_platform(platform_, image.platform)) return wrong("it speaks of " + name_of(image.digest, image.platform) + ", and the index lists it for " + quote(platform_));
    return ok();
}

Result<void> Subject::hold_index(const Statement& statement) {
    std::vector<const JudgedImage*> left;
    for (const JudgedImage& image : statement.images) left.push_back(&image);
    const auto spoken_of = [&](const oci::Descriptor& child) {
        const std::string platform = platform_of(child);
        const auto found = std::find_if(left.begin(), left.end(), [&](const JudgedImage* image) { return image->digest == child.digest && (platform.empty() || image->platform == platform); });
        if (found == left.end()) return false;
        left.erase(found);
        return true;
    };
    // Those with a platform first: the others take any that is left.
    for (const bool with_platform : {true, false})
        for (const oci::Descriptor& child : *children_) {
            if (child.platform.has_value() != with_platform || spoken_of(child)) continue;
            VERITAG_TRY(const bool missed, is_image(child));
            if (missed) return wrong("it says nothing of " + name_of(child.digest, platform_of(child)) + ", which the index lists");
        }
    if (!left.empty()) return wrong("it speaks of " + name_of(left[0]->digest, left[0]->platform) + ", which the index does not list so");
    return ok();
}

// One that is not there or cannot be read would have kept the index from being judged as a whole.
Result<bool> Subject::is_image(const oci::Descriptor& child) {
    if (const auto known = images_.find(child.digest); known != images_.end()) return known->second;
    VERITAG_TRY(const std::optional<registry::FetchedManifest> fetched, repository_->find_manifest(child.digest));
    bool image = true;
    if (fetched) {
        const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(fetched->body, fetched->content_type, *limits_);
        const auto* manifest = parsed ? std::get_if<oci::Manifest>(&*parsed) : nullptr;
        image = manifest == nullptr || !oci::skip_reason(*manifest);
    }
    images_.emplace(child.digest, image);
    return image;
}

}  // namespace veritag::attach
