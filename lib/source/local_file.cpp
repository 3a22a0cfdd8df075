#include "source/local_file.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace veritag::source {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

std::string error_text(int number) { return std::generic_category().message(number); }

class PartSource final : public ByteSource {
public:
    PartSource(FilePart part, std::stop_token stop) : part_(std::move(part)), stop_(std::move(stop)) {}

    Result<std::span<const std::byte>> next() override {
        if (stop_.stop_requested()) return cancelled_error("read file", part_.label);
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, part_.size - done_));
        buffer_.resize(count);
        VERITAG_CHECK(part_.file->read_at(part_.offset + done_, buffer_));
        done_ += count;
        return std::span<const std::byte>(buffer_);
    }

private:
    FilePart part_;
    std::stop_token stop_;
    std::uint64_t done_ = 0;
    std::vector<std::byte> buffer_;
};

}  // namespace

Error cancelled_error(std::string_view what, std::string_view where) {
    return {ErrorCode::cancelled, std::string(what), std::string(where), "stopped on request", ""};
}

Result<std::shared_ptr<const LocalFile>> LocalFile::open(const std::string& path) {
    const std::string label = quote(path);
    // Non-blocking: opening a named pipe would wait for its writer.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        const int number = errno;
        const bool absent = number == ENOENT || number == ENOTDIR;
        return Error{absent ? ErrorCode::not_found : ErrorCode::io, "open file", label, error_text(number), ""};
    }
    std::shared_ptr<LocalFile> file(new LocalFile(descriptor, 0, label));
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return Error{ErrorCode::io, "open file", label, error_text(errno), ""};
    if (!S_ISREG(status.st_mode)) return Error{ErrorCode::io, "open file", label, "not a regular file", ""};
    file->size_ = static_cast<std::uint64_t>(status.st_size);
    return std::shared_ptr<const LocalFile>(std::move(file));
}

LocalFile::~LocalFile() { ::close(descriptor_); }

Result<void> LocalFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
    if (offset > size_ || out.size() > size_ - offset)
        return Error{ErrorCode::truncated, "read file", label_ + " @" + std::to_string(offset),
                     std::to_string(out.size()) + " bytes wanted, the file has " + std::to_string(size_), ""};
    while (!out.empty()) {
        const ssize_t count = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error{ErrorCode::io, "read file", label_ + " @" + std::to_string(offset), error_text(errno), ""};
        if (count == 0)
            return Error{ErrorCode::truncated, "read file", label_ + " @" + std::to_string(offset), "the file became shorter while it was read", ""};
        offset += static_cast<std::uint64_t>(count);
        out = out.subspan(static_cast<std::size_t>(count));
    }
    return ok();
}

FilePart whole_file(std::shared_ptr<const LocalFile> file) {
    const std::uint64_t size = file->size();
    std::string label = file->label();
    return {.file = std::move(file), .offset = 0, .size = size, .label = std::move(label)};
}

Result<std::string> read_whole(std::string_view what, const FilePart& part, std::uint64_t max_bytes, std::string_view limit_key,
                               const std::stop_token& stop) {
    if (stop.stop_requested()) return cancelled_error(what, part.label);
    if (part.size > max_bytes) return limit_error(what, part.label, part.size, limit_key, max_bytes);
    std::string text(static_cast<std::size_t>(part.size), '\0');
    VERITAG_CHECK(part.file->read_at(part.offset, std::as_writable_bytes(std::span(text.data(), text.size()))));
    return text;
}

Result<std::string> read_part(std::string_view what, const FilePart& part, std::uint64_t offset, std::uint64_t length, const std::stop_token& stop) {
    if (stop.stop_requested()) return cancelled_error(what, part.label);
    if (offset > part.size || length > part.size - offset)
        return Error{ErrorCode::truncated, std::string(what), part.label + " @" + std::to_string(offset),
                     std::to_string(length) + " bytes wanted, it has " + std::to_string(part.size), ""};
    std::string text(static_cast<std::size_t>(length), '\0');
    VERITAG_CHECK(part.file->read_at(part.offset + offset, std::as_writable_bytes(std::span(text.data(), text.size()))));
    return text;
}

std::unique_ptr<ByteSource> stream_part(FilePart part, std::stop_token stop) {
    return std::make_unique<PartSource>(std::move(part), std::move(stop));
}

}  // namespace veritag::source
