// A repository in memory that misbehaves at will.
#pragma once

#include "attach/repository.h"
#include "attach/statement.h"

#include "samples.h"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace veritag::attach::test {

inline std::string image_manifest(char c) {
    const auto descriptor = [](const char* type, char d) { return std::string(R"({"mediaType":")") + type + R"(","digest":")" + digest_of(d).str() + R"(","size":3})"; };
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" + descriptor("application/vnd.oci.image.config.v1+json", c) + R"(,"layers":[]})";
}

class Memory final : public Repository {
public:
    bool keeps_lists = false;         // has the referrers API
    bool has_etags = true;
    bool heeds_if_match = true;
    std::function<void()> before_write = [] {};  // of a tag: somebody else's turn
    std::map<Digest, std::pair<std::string, std::string>> manifests;  // body, type
    std::map<std::string, std::pair<std::string, std::string>> tags;
    std::map<Digest, std::string> blobs;
    std::vector<std::string> calls;
    std::optional<Error> refusal;     // of what is pushed
    int broken_writes = 0;
    int blobs_read = 0;
    std::chrono::milliseconds waited{0};
    std::vector<std::string> unreadable;  // in the list: types of entries that cannot be read

    Digest add_image(char c) {
        const std::string body = image_manifest(c);
        manifests[sha256_of(body)] = {body, std::string(oci::media_type::kOciManifest)};
        return sha256_of(body);
    }

    [[nodiscard]] std::string name() const override { return "hub.example/openeuler/cann"; }
    Result<std::optional<oci::Referrers>> list_referrers(const Digest& subject, std::string_view) override {
        calls.emplace_back("list");
        if (!keeps_lists) return std::optional<oci::Referrers>();
        oci::Referrers all;
        all.unreadable = unreadable;
        for (const auto& [digest, manifest] : manifests) {
            const auto parsed = oci::parse_manifest(manifest.first, manifest.second, Limits{});
            const auto* artifact = parsed ? std::get_if<oci::Manifest>(&*parsed) : nullptr;
            if (artifact == nullptr || !artifact->subject || artifact->subject->digest != subject) continue;
            oci::Descriptor entry = oci::describe(manifest.second, manifest.first);
            entry.artifact_type = artifact->artifact_type;
            entry.annotations = artifact->annotations;
            all.entries.push_back(entry);
        }
        return std::optional(all);
    }
    Result<std::optional<registry::FetchedManifest>> find_manifest(const Digest& digest) override {
        const auto found = manifests.find(digest);
        if (found == manifests.end()) return std::optional<registry::FetchedManifest>();
        return std::optional(registry::FetchedManifest{found->second.first, found->second.second, digest, ""});
    }
    Result<std::optional<registry::FetchedManifest>> find_manifest(const std::string& tag) override {
        const auto found = tags.find(tag);
        if (found == tags.end()) return std::optional<registry::FetchedManifest>();
        return std::optional(registry::FetchedManifest{found->second.first, found->second.second, sha256_of(found->second.first), has_etags ? etag(found->second.first) : ""});
    }
    Result<std::string> fetch_blob(const oci::Descriptor& blob, std::uint64_t) override {
        ++blobs_read;
        const auto found = blobs.find(blob.digest);
        if (found == blobs.end()) return Error{ErrorCode::not_found, "fetch blob", blob.digest.str(), "HTTP 404", ""};
        return found->second;
    }
    Result<void> push_blob(std::string_view content) override {
        calls.emplace_back("blob");
        if (refusal) return *refusal;
        blobs[sha256_of(content)] = content;
        return ok();
    }
    Result<registry::PushedManifest> push_manifest(const Digest& digest, std::string_view body, std::string_view media_type) override {
        calls.emplace_back("manifest");
        manifests[digest] = {std::string(body), std::string(media_type)};
        return registry::PushedManifest{.stored = true, .subject_taken = keeps_lists};
    }
    Result<registry::PushedManifest> push_manifest(const std::string& tag, std::string_view body, std::string_view media_type, std::string_view if_match) override {
        calls.emplace_back("tag");
        std::exchange(before_write, [] {})();
        if (broken_writes > 0) {
            --broken_writes;
            return Error{ErrorCode::server, "push manifest", tag, "HTTP 503", ""};
        }
        const auto found = tags.find(tag);
        if (heeds_if_match && !if_match.empty() && (found == tags.end() || if_match != etag(found->second.first))) return registry::PushedManifest{.stored = false, .subject_taken = false};
        tags[tag] = {std::string(body), std::string(media_type)};
        return registry::PushedManifest{.stored = true, .subject_taken = false};
    }
    void wait(std::chrono::milliseconds time) override { waited += time; }
    [[nodiscard]] bool stopped() const override { return false; }

    static std::string etag(const std::string& body) { return '"' + sha256_of(body).str() + '"'; }
    std::size_t listed(const Digest& subject) {
        const auto found = tags.find(oci::fallback_tag(subject));
        return found == tags.end() ? 0 : oci::parse_referrers(found->second.first, Limits{})->entries.size();
    }
};

inline Statement about(const Digest& subject, int seconds = 0, Verdict verdict = Verdict::fail) {
    Statement made = statement(seconds, verdict);
    made.subject = made.images[0].digest = subject;
    return made;
}

// By the clock an hour later than the first of these.
inline std::chrono::sys_seconds now() { return judging(3600).when; }

inline oci::Descriptor child_of(const Digest& digest, const std::string& platform) {
    oci::Descriptor child;
    child.media_type = oci::media_type::kOciManifest;
    child.digest = digest;
    child.size = 3;
    if (!platform.empty()) child.platform = *oci::parse_platform(platform);
    return child;
}

// An index with these entries, as JSON.
inline std::string index_body(const std::vector<oci::Descriptor>& children) {
    std::string body;
    for (const oci::Descriptor& each : children) {
        body += (body.empty() ? "" : ",") + std::string(R"({"mediaType":")") + each.media_type + R"(","digest":")" + each.digest.str() + R"(","size":3)";
        if (each.platform) body += R"(,"platform":{"os":")" + each.platform->os + R"(","architecture":")" + each.platform->architecture + R"(","variant":")" + each.platform->variant + "\"}";
        body += "}";
    }
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + body + "]}";
}

// On an index of these images; `verdict` is that of the first, the others pass.
inline Statement about_index(const Digest& subject, const std::vector<oci::Descriptor>& children, int seconds = 0, Verdict verdict = Verdict::fail) {
    Statement made = statement(seconds, verdict);
    made.subject = subject;
    made.images.clear();
    for (const oci::Descriptor& each : children) {
        made.images.push_back(statement(seconds, made.images.empty() ? verdict : Verdict::pass).images[0]);
        made.images.back().digest = each.digest;
        made.images.back().platform = each.platform ? each.platform->str() : "linux/riscv64";
    }
    return made;
}

}  // namespace veritag::attach::test
