// A ring of bytes in memory that two processes share: one fills it, the other can only read it.
#pragma once

#include "base/result.h"
#include "cage/file_descriptor.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace veritag::cage {

/// Bytes on the way to a worker. Large enough that neither side waits for each chunk, small enough to stay in a core's cache.
constexpr std::size_t kRingBytes = 1 << 20;

/// A mapping of kRingBytes; ends with the object. memfd_create(2).
class Ring {
public:
    /// New memory, writable here.
    static Result<Ring> make();
    /// What reader_descriptor() of another process named, mapped to be read only.
    static Result<Ring> map(const FileDescriptor& descriptor);
    Ring(Ring&& other) noexcept;
    Ring& operator=(Ring&& other) = delete;
    ~Ring();

    /// A descriptor through which the memory can be read and not written.
    [[nodiscard]] Result<FileDescriptor> reader_descriptor() const;
    /// The longest piece without a break at the `position`th byte of the stream.
    [[nodiscard]] std::span<std::byte> at(std::uint64_t position) const noexcept {
        const std::size_t offset = position % kRingBytes;
        return {memory_ + offset, kRingBytes - offset};
    }

private:
    Ring(FileDescriptor descriptor, std::byte* memory) noexcept : descriptor_(std::move(descriptor)), memory_(memory) {}
    FileDescriptor descriptor_;
    std::byte* memory_ = nullptr;
};

}  // namespace veritag::cage
