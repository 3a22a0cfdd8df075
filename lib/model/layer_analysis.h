// What one layer holds: the value between reading bytes and judging images. A pure function of the layer's bytes and of the
// set of wanted paths; it knows nothing of the image, so it can be stored and can be produced in another process.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "model/package.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag {

enum class EntryType : std::uint8_t { file, directory, symlink, hardlink, char_device, block_device, fifo };

/// One path of a layer. `path` is relative to the image root without leading or trailing slash, "." and ".." parts; views
/// live as long as the index they come from.
struct PathEntry {
    std::string_view path;
    EntryType type = EntryType::file;
    std::uint64_t size = 0;        ///< bytes of content, the real size for sparse files
    std::uint32_t mode = 0;        ///< permission bits
    std::string_view link_target;  ///< symlink: as written; hardlink: normalised like `path`
    /// Of programs and shared libraries the ELF machine in the OCI's word (`arm64`); empty: none; kArchitectureUnread: nobody looked.
    std::string_view architecture;
};

/// Stands for the architecture of a file that may be code and whose head was not read: a layer read in part has many.
inline constexpr std::string_view kArchitectureUnread = "unread";

/// All paths of a layer in tar order, kept in one arena (a layer may have millions).
class PathIndex {
public:
    void add(const PathEntry& entry);
    void set_architecture(std::size_t i, std::string_view architecture);
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] PathEntry operator[](std::size_t i) const noexcept;
    [[nodiscard]] std::uint64_t bytes() const noexcept { return text_.size() + records_.size() * sizeof(Record); }

private:
    struct Record {
        std::uint64_t text_offset;
        std::uint64_t size;
        std::uint32_t mode;
        std::uint16_t path_length;
        std::uint16_t link_length;
        EntryType type;
        std::uint8_t architecture;  ///< index into `architectures_`
    };
    std::string text_;
    std::vector<Record> records_;
    std::vector<std::string> architectures_{""};  ///< a layer has a handful of them; the first is none
};

/// Content of a wanted file, whole or (where only the head was wanted) its first bytes.
struct Capture {
    std::string path;
    std::string content;
    std::uint64_t file_size = 0;
    [[nodiscard]] bool complete() const noexcept { return content.size() == file_size; }
};

/// What a rule wants made of a file that is too large to keep: strings found in it, the head of a model file as text lines.
struct Derived {
    std::string path;
    std::string how;   ///< rules::derivation_of
    std::string text;  ///< empty where nothing was found, or the file is of another kind
};

/// One package database file of the layer and what it lists. Replaced as a whole when a newer layer rewrites the file.
struct PackageDatabase {
    std::string path;
    PackageType type = PackageType::rpm;
    std::vector<Package> packages;
    std::vector<Problem> problems;  ///< not empty: the list may be incomplete
    /// Python: where an `.egg-link` or an editable install's `direct_url.json` says that the package's source lies, absolute or
    /// relative to the file. Whether it is there only the whole image can tell.
    std::string source_directory;
};

struct LayerAnalysis {
    Digest blob_digest;
    std::uint64_t blob_size = 0;
    std::string compression;  ///< `gzip`, `zstd` or `none`
    /// Read through its table of contents and not whole: the digests and sizes of blob and tar are not known and stay empty.
    bool partial = false;
    /// The digest of the table of contents that was read in the tar's place (partial), or compared with the tar; empty: none.
    Digest toc_digest;
    Digest diff_id;           ///< sha256 of the tar as inflated
    std::uint64_t tar_size = 0;
    /// The digests that the tar has with trailing zero blocks restored (two blocks; padded to 20), where it may have lost some.
    std::vector<Digest> diff_ids_with_end_blocks;
    PathIndex entries;
    std::vector<std::string> whiteouts;           ///< paths removed from the layers below
    std::vector<std::string> opaque_directories;  ///< directories whose older content is hidden; "" is the root
    std::vector<Capture> captures;
    std::vector<Derived> derived;
    std::vector<PackageDatabase> databases;
    std::vector<Problem> problems;
};

/// About how much memory the analysis takes.
std::uint64_t kept_bytes(const LayerAnalysis& analysis) noexcept;

/// Names the serial form: `VLA2`. Raised when the form changes, and with it goes all that was stored in the older one.
std::string_view serial_form() noexcept;
/// A versioned binary form. `deserialise` is bounds-checked: it may be fed by a worker that a hostile layer owns.
std::string serialise(const LayerAnalysis& analysis);
Result<LayerAnalysis> deserialise_layer_analysis(std::string_view bytes, const Limits& limits);

}  // namespace veritag
