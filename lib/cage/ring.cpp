#include "cage/ring.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace veritag::cage {
namespace {

Error failed(std::string what) { return {ErrorCode::io, std::move(what), "", std::generic_category().message(errno), ""}; }

}  // namespace

Result<Ring> Ring::make() {
    FileDescriptor descriptor(::memfd_create("veritag-layer", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!descriptor.valid()) return failed("make shared memory");
    if (::ftruncate(descriptor.number(), kRingBytes) != 0) return failed("size shared memory");
    if (::fcntl(descriptor.number(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return failed("seal shared memory");
    void* const memory = ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number(), 0);
    if (memory == MAP_FAILED) return failed("map shared memory");
    return Ring(std::move(descriptor), static_cast<std::byte*>(memory));
}

Result<Ring> Ring::map(const FileDescriptor& descriptor) {
    void* const memory = ::mmap(nullptr, kRingBytes, PROT_READ, MAP_SHARED, descriptor.number(), 0);
    if (memory == MAP_FAILED) return failed("map shared memory");
    return Ring({}, static_cast<std::byte*>(memory));
}

// F_SEAL_FUTURE_WRITE would do without /proc, but kernels before 5.1 lack it.
Result<FileDescriptor> Ring::reader_descriptor() const {
    FileDescriptor reader(::open(("/proc/self/fd/" + std::to_string(descriptor_.number())).c_str(), O_RDONLY | O_CLOEXEC));
    if (!reader.valid()) return failed("open shared memory for reading");
    return reader;
}

Ring::Ring(Ring&& other) noexcept : descriptor_(std::move(other.descriptor_)), memory_(std::exchange(other.memory_, nullptr)) {}

Ring::~Ring() {
    if (memory_ != nullptr) ::munmap(memory_, kRingBytes);
}

}  // namespace veritag::cage
