// An image in memory for tests of the scanner.
#pragma once

#include "scan/scanner.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace veritag::test {

inline std::string gzip(const std::string& text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

// Bytes in pieces of a size that fits no block.
class TextSource final : public ByteSource {
public:
    explicit TextSource(std::string text) : text_(std::move(text)) {}
    Result<std::span<const std::byte>> next() override {
        const std::span<const std::byte> piece = std::as_bytes(std::span(text_)).subspan(at_, std::min<std::size_t>(777, text_.size() - at_));
        at_ += piece.size();
        return piece;
    }

private:
    std::string text_;
    std::size_t at_ = 0;
};

// An image in memory whose every part a test may bend.
class FakeImage : public source::ImageSource {
public:
    explicit FakeImage(std::string tag) { name_ = {.display = "fake/app:" + tag, .registry = "fake", .repository = "app", .tag = std::move(tag)}; }

    struct Layer {
        std::string blob;
        std::string media_type;
        std::string digest;
        std::string diff_id;
        std::size_t claimed_too_much = 0;  // bytes, in the manifest
        std::map<std::string, std::string> annotations = {};
    };
    void add_layer(const std::string& tar, bool compressed = true) {
        const std::string blob = compressed ? gzip(tar) : tar;
        layers.push_back({blob, std::string("application/vnd.oci.image.layer.v1.tar") + (compressed ? "+gzip" : ""), sha256_of(blob).str(), sha256_of(tar).str()});
    }
    std::vector<Layer> layers;
    std::string architecture = "amd64";
    std::string created;                          // not said where it is empty
    std::string history;                          // entries of the config, as JSON
    std::string index;                            // instead of the manifest, as the top
    std::map<std::string, std::string> children;  // digest -> body
    std::map<std::string, std::string> configs;   // of the children, digest -> body
    std::function<void()> on_top = [] {};
    std::function<void(const std::string& digest)> on_layer = [](const std::string&) {};  // on the thread that reads it

    [[nodiscard]] std::string config() const {
        std::string ids;
        for (const Layer& layer : layers) ids += (ids.empty() ? "\"" : ",\"") + layer.diff_id + "\"";
        return R"({"os":"linux","architecture":")" + architecture + "\"" + (created.empty() ? "" : ",\"created\":\"" + created + "\"") + R"(,"config":{},"history":[)" + history + R"(],"rootfs":{"type":"layers","diff_ids":[)" + ids + "]}}";
    }
    [[nodiscard]] std::string manifest() const {
        std::string list;
        for (const Layer& layer : layers)
            list += (list.empty() ? "" : ",") + std::string(R"({"mediaType":")") + layer.media_type + R"(","digest":")" + layer.digest + R"(","size":)" + std::to_string(layer.blob.size() + layer.claimed_too_much) + annotations_of(layer) + "}";
        return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
               sha256_of(config()).str() + R"(","size":)" + std::to_string(config().size()) + R"(},"layers":[)" + list + "]}";
    }

    const source::ImageName& name() const noexcept override { return name_; }
    Result<source::RawManifest> fetch_top(std::stop_token) override {
        on_top();
        const std::string body = index.empty() ? manifest() : index;
        return source::RawManifest{body, "", sha256_of(body)};
    }
    Result<source::RawManifest> fetch_manifest(const oci::Descriptor& child, std::stop_token) override {
        if (child.digest == sha256_of(manifest())) return source::RawManifest{manifest(), "", child.digest};
        const auto found = children.find(child.digest.str());
        if (found == children.end()) return Error{ErrorCode::not_found, "fetch manifest", child.digest.str(), "404", ""};
        return source::RawManifest{found->second, "", child.digest};
    }
    Result<std::string> fetch_config(const oci::Descriptor& wanted, std::stop_token) override {
        const auto found = configs.find(wanted.digest.str());
        return found == configs.end() ? config() : found->second;
    }
    Result<std::unique_ptr<ByteSource>> open_layer(const oci::Descriptor& layer, std::stop_token) override {
        ++opened;
        on_layer(layer.digest.str());
        for (const Layer& known : layers)
            if (known.digest == layer.digest.str()) return std::unique_ptr<ByteSource>(std::make_unique<TextSource>(known.blob));
        return Error{ErrorCode::not_found, "fetch layer", layer.digest.str(), "404", ""};
    }
    Result<std::string> read_layer_range(const oci::Descriptor& layer, std::uint64_t offset, std::uint64_t length, std::stop_token) override {
        ++ranges;
        if (ignores_ranges) return Error{ErrorCode::unsupported, "fetch part of blob", "", "the server ignores Range", ""};
        for (const Layer& known : layers)
            if (known.digest == layer.digest.str()) return known.blob.substr(offset, length);
        return Error{ErrorCode::not_found, "fetch part of layer", layer.digest.str(), "404", ""};
    }
    std::atomic<int> opened{0};
    std::atomic<int> ranges{0};
    bool ignores_ranges = false;

private:
    static std::string annotations_of(const Layer& layer) {
        std::string list;
        for (const auto& [key, value] : layer.annotations) list += (list.empty() ? "\"" : ",\"") + key + "\":\"" + value + "\"";
        return list.empty() ? "" : ",\"annotations\":{" + list + "}";
    }
    source::ImageName name_;
};

class Silent final : public scan::Progress {
public:
    void image_started(std::string_view, std::string_view, std::size_t, std::uint64_t) override {}
    void bytes_read(std::uint64_t) override {}
    void bytes_expected(std::int64_t) override {}
    void layer_done() override {}
    void image_done(const ImageReport&) override { ++done; }
    std::atomic<std::size_t> done = 0;
};

}  // namespace veritag::test
