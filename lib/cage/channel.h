// Messages between the process that has the network and those that parse layers, over a Unix stream socket pair.
#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "cage/file_descriptor.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::cage {

enum class MessageKind : std::uint32_t {
    // to the nursery
    start = 1,  ///< Setup: what every worker will know
    spawn,      ///< with two descriptors: the new worker's end of a socket pair, and its ring (read only)
    reap,       ///< a worker's pid: end it if it still runs, and tell how it ended
    // from the nursery
    ready,    ///< it can make workers
    spawned,  ///< pid
    reaped,   ///< wait status
    // to a worker
    job,       ///< a layer to read whole: serialise_job()
    part_job,  ///< a layer to read in part
    filled,  ///< so many bytes of the blob are in the ring, all in all
    ended,   ///< all bytes of the blob were put into the ring
    // from a worker
    want,   ///< offset and length of bytes of the blob, which then come through the ring
    taken,  ///< so many bytes of the blob were read from the ring, all in all
    done,   ///< StageTimes and the serial form of the LayerAnalysis
    // from either
    failed,  ///< an Error; the sender does no more
};

struct Message {
    MessageKind kind = MessageKind::failed;
    std::string payload;
    std::vector<FileDescriptor> descriptors;
};

/// One end. Frames of {u32 kind, u32 length, payload}, little endian. Not for several threads at once.
/// The other end may be hostile: nothing is believed but that a message has the length that it says, and that is limited.
class Channel {
public:
    explicit Channel(FileDescriptor socket) noexcept : socket_(std::move(socket)) {}
    static Result<std::pair<FileDescriptor, FileDescriptor>> make_pair();

    /// Gives up where the other end takes nothing for `patience` (0: waits for ever): `timeout`; `truncated` where it is gone.
    Result<void> send(MessageKind kind, std::string_view payload, std::span<const int> descriptors = {}, std::chrono::milliseconds patience = {});
    /// The next whole message, of at most `most` bytes. nullopt where it is not there after `wait`; what came of it is kept for the
    /// next call. `truncated` where the other end is gone, `malformed` where it announces more than `most`.
    Result<std::optional<Message>> receive(std::uint64_t most, std::chrono::milliseconds wait);
    /// The same, waiting for ever.
    Result<Message> receive(std::uint64_t most);
    /// Bytes received so far, also of a message that is not whole: a sign of life.
    [[nodiscard]] std::uint64_t bytes_received() const noexcept { return bytes_received_; }
    [[nodiscard]] int descriptor() const noexcept { return socket_.number(); }

private:
    static constexpr std::size_t kHeaderBytes = 8;
    enum class Read : std::uint8_t { some, nothing_yet };
    Result<Read> read_some(char* into, std::size_t count, std::size_t& got);

    FileDescriptor socket_;
    std::string header_;
    std::string payload_;
    std::vector<FileDescriptor> descriptors_;
    std::uint64_t bytes_received_ = 0;
};

/// Numbers and text as messages carry them: u64 little endian; a length and its bytes.
class MessageWriter {
public:
    MessageWriter& number(std::uint64_t value);
    MessageWriter& text(std::string_view value);
    MessageWriter& error(const Error& error);
    [[nodiscard]] std::string take() noexcept { return std::move(out_); }

private:
    std::string out_;
};

/// The Error that the payload holds, or one that says that it holds none. Its texts are cut and made printable: a hostile process may
/// have written them.
Error parse_error(std::string_view payload);

/// A message that is one number.
Result<std::uint64_t> parse_number(std::string_view payload);

}  // namespace veritag::cage
