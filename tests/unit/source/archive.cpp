#include "archive.h"

#include "base/result.h"
#include "oci/manifest.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace veritag::source {

TemporaryDirectory::TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "veritag-test-XXXXXX").string();
    VERITAG_ASSERT(mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& content) const {
    const std::filesystem::path file = root_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file.string();
}

std::string make_tar(const std::vector<Member>& members) {
    std::string out;
    for (const Member& member : members) {
        std::array<char, 512> header{};
        const auto put = [&](std::size_t at, const std::string& text) { text.copy(header.data() + at, text.size()); };
        const auto octal = [](std::size_t value) {
            std::array<char, 12> digits{};
            std::snprintf(digits.data(), digits.size(), "%011zo", value);
            return std::string(digits.data());
        };
        VERITAG_ASSERT(member.path.size() <= 100 && member.target.size() <= 100);
        put(0, member.path);
        put(100, "0000644");
        put(108, "0000000");
        put(116, "0000000");
        put(124, octal(member.content.size()));
        put(136, octal(0));
        put(148, "        ");
        header[156] = member.type;
        put(157, member.target);
        put(257, std::string("ustar\0" "00", 8));
        unsigned sum = 0;
        for (const char c : header) sum += static_cast<unsigned char>(c);
        put(148, octal(sum).substr(5) + std::string("\0 ", 2));
        out.append(header.data(), header.size());
        out += member.content;
        out.append((512 - member.content.size() % 512) % 512, '\0');
    }
    return out + std::string(1024, '\0');
}

std::string blob_path(const Digest& digest) { return "blobs/" + std::string(digest.algorithm()) + "/" + std::string(digest.hex()); }

namespace {

std::string describe(std::string_view type, const std::string& content, const std::string& extra = "") {
    return R"({"mediaType":")" + std::string(type) + R"(","digest":")" + sha256_of(content).str() + R"(","size":)" + std::to_string(content.size()) +
           extra + "}";
}

}  // namespace

SampleImage::SampleImage(const std::string& architecture) {
    config = R"({"os":"linux","architecture":")" + architecture + R"(","rootfs":{"type":"layers","diff_ids":[")" + sha256_of(layer).str() + R"("]}})";
    manifest = R"({"schemaVersion":2,"mediaType":")" + std::string(oci::media_type::kOciManifest) + R"(","config":)" +
               describe(oci::media_type::kOciConfig, config) + R"(,"layers":[)" + describe("application/vnd.oci.image.layer.v1.tar", layer) + "]}";
}

std::vector<Member> SampleImage::blobs() const {
    return {{blob_path(sha256_of(layer)), layer}, {blob_path(sha256_of(config)), config}, {blob_path(sha256_of(manifest)), manifest}};
}

std::string SampleImage::descriptor(const std::string& extra) const { return describe(oci::media_type::kOciManifest, manifest, extra); }

std::string index_json(const std::vector<std::string>& descriptors) {
    std::string text = R"({"schemaVersion":2,"manifests":[)";
    for (std::size_t i = 0; i < descriptors.size(); ++i) text += (i == 0 ? "" : ",") + descriptors[i];
    return text + "]}";
}

std::string named(const std::string& name, const std::string& key) { return R"(,"annotations":{")" + key + R"(":")" + name + R"("})"; }

std::vector<Member> layout(const std::vector<SampleImage>& images, const std::string& index) {
    std::vector<Member> members{{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}, {"index.json", index}};
    std::vector<std::string> seen;
    for (const SampleImage& image : images)
        for (Member& blob : image.blobs()) {
            if (std::find(seen.begin(), seen.end(), blob.path) != seen.end()) continue;
            seen.push_back(blob.path);
            members.push_back(std::move(blob));
        }
    return members;
}

void write_layout(const TemporaryDirectory& directory, const std::string& name, const std::vector<Member>& members) {
    for (const Member& member : members) directory.write(name + "/" + member.path, member.content);
}

}  // namespace veritag::source
