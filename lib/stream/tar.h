// Tar as layers use it: ustar, pax (local and global), GNU long names, base-256 numbers, GNU and pax sparse files.
// POSIX.1-2017 pax; GNU tar manual "Basic Tar Format" and "Storing Sparse Files"; opencontainers/image-spec: layer.md.
// Where tar programs disagree, an archive means here what it means to Go's archive/tar, since that is what Docker, containerd
// and Podman unpack images with: a layer must not show veritag other files than it shows the container.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "model/layer_analysis.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace veritag::stream {

enum class Whiteout : std::uint8_t { none, file, opaque };

struct TarEntry {
    std::string path;  ///< normalised: no leading "/" or "./", no ".", "..", "//", trailing "/"; empty for the root itself
    EntryType type = EntryType::file;
    std::uint64_t size = 0;   ///< real size of the file (of the expanded file where sparse)
    std::uint32_t mode = 0;   ///< permission bits, with set-id and sticky bits
    std::string link_target;  ///< symlink as written; hardlink normalised
    bool sparse = false;      ///< the archive holds the content without its holes: it cannot be read from a file offset
    Whiteout whiteout = Whiteout::none;  ///< `file`: `path` is what is removed; `opaque`: `path` is the directory
};

/// Takes entries in order. An error from any call ends the reading with that error.
class TarSink {
public:
    virtual ~TarSink() = default;
    /// How many bytes of the file's content are wanted from its start (0: none; more than its size: all). Called once an entry.
    virtual Result<std::uint64_t> on_entry(const TarEntry& entry) = 0;
    /// The wanted content in pieces, holes of sparse files as zeros.
    virtual Result<void> on_data(std::span<const std::byte> data) = 0;
    /// After the last wanted byte of an entry for which on_entry asked for bytes, also when it has none.
    virtual Result<void> on_entry_end() = 0;
    /// Something odd that does not stop the reading: an absolute name, a name normalised away.
    virtual void on_problem(Problem problem) = 0;
};

/// Push parser. Feed it any chunking; the result is the same. An error is final.
/// Entries of a further archive behind the end marker are checked for form but not given to the sink: container runtimes do not
/// unpack them, so they are not in the image. They are reported as a problem.
class TarReader {
public:
    TarReader(TarSink& sink, const Limits& limits);
    ~TarReader();
    TarReader(const TarReader&) = delete;
    TarReader& operator=(const TarReader&) = delete;

    Result<void> write(std::span<const std::byte> data);
    Result<void> finish();  ///< at the end of input: a cut header or content is `truncated`
    /// Bytes that come next and that nobody wants (content and padding): a caller with a seekable file may skip them.
    [[nodiscard]] std::uint64_t skippable() const noexcept;
    void skip(std::uint64_t count) noexcept;  ///< at most skippable()
    [[nodiscard]] bool end_marker_seen() const noexcept;  ///< two zero blocks
    [[nodiscard]] std::uint64_t trailing_zero_blocks() const noexcept;  ///< whole zero blocks at the end so far
    [[nodiscard]] std::uint64_t position() const noexcept;  ///< bytes taken so far; inside on_entry: where the content starts

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// The one path normaliser. `malformed` for ".." and NUL, `over_limit` for a path longer than limits.path_bytes.
Result<std::string> normalise_path(std::string_view path, const Limits& limits);

}  // namespace veritag::stream
