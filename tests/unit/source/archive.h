// Small images on disk for the tests of local sources.
#pragma once

#include "base/digest.h"

#include <filesystem>
#include <string>
#include <vector>

namespace veritag::source {

/// A directory of its own, removed at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    [[nodiscard]] std::string path(const std::string& name) const { return (root_ / name).string(); }
    std::string write(const std::string& name, const std::string& content) const;  ///< returns the path

private:
    std::filesystem::path root_;
};

struct Member {
    std::string path;
    std::string content;
    char type = '0';      ///< ustar typeflag: '0' file, '1' hard link, '2' symlink, '5' directory
    std::string target{}; ///< of a link
};

/// A ustar archive with its end marker.
std::string make_tar(const std::vector<Member>& members);

/// One image, and where its parts are in a layout.
struct SampleImage {
    std::string layer = make_tar({{"etc/os-release", "ID=openEuler\n"}});
    std::string config;
    std::string manifest;
    explicit SampleImage(const std::string& architecture = "amd64");
    [[nodiscard]] std::vector<Member> blobs() const;
    [[nodiscard]] std::string descriptor(const std::string& extra = "") const;  ///< of the manifest, for index.json
};

std::string blob_path(const Digest& digest);
std::string index_json(const std::vector<std::string>& descriptors);
/// An annotations member naming the image.
std::string named(const std::string& name, const std::string& key = "org.opencontainers.image.ref.name");
/// oci-layout, index.json and the blobs of the images.
std::vector<Member> layout(const std::vector<SampleImage>& images, const std::string& index);
void write_layout(const TemporaryDirectory& directory, const std::string& name, const std::vector<Member>& members);

}  // namespace veritag::source
