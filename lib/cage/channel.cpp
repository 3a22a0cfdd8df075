#include "cage/channel.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace veritag::cage {
namespace {

constexpr std::size_t kMostDescriptors = 2;
constexpr std::size_t kPiece = 64 << 10;  // memory grows with what really came, not with what was announced

Error broken(std::string_view what, int number) {
    const bool gone = number == EPIPE || number == ECONNRESET;
    return {gone ? ErrorCode::truncated : ErrorCode::io, std::string(what), "", std::generic_category().message(number), ""};
}

// False where `wait` passed first; below zero waits for ever.
bool wait_for(int socket, short events, int wait) {
    pollfd watched{.fd = socket, .events = events, .revents = 0};
    for (;;) {
        const int ready = ::poll(&watched, 1, wait);
        if (ready < 0 && errno == EINTR) continue;
        return ready != 0;  // an error of the socket shows when it is used
    }
}

int milliseconds(std::chrono::milliseconds wait) noexcept { return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 1 << 30)); }

}  // namespace

Result<std::pair<FileDescriptor, FileDescriptor>> Channel::make_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return broken("make socket pair", errno);
    return std::pair(FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

Result<void> Channel::send(MessageKind kind, std::string_view payload, std::span<const int> descriptors, std::chrono::milliseconds patience) {
    constexpr std::string_view kWhat = "send message";
    VERITAG_ASSERT(descriptors.size() <= kMostDescriptors && payload.size() <= UINT32_MAX);
    std::string header;
    for (const std::uint32_t value : {static_cast<std::uint32_t>(kind), static_cast<std::uint32_t>(payload.size())})
        for (int i = 0; i < 4; ++i) header += static_cast<char>((value >> (8 * i)) & 0xFF);
    std::array<iovec, 2> parts{iovec{header.data(), header.size()}, iovec{const_cast<char*>(payload.data()), payload.size()}};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> control{};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    if (!descriptors.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
        cmsghdr* const head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
        std::memcpy(CMSG_DATA(head), descriptors.data(), sizeof(int) * descriptors.size());
    }
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        const ssize_t count = ::sendmsg(socket_.number(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return broken(kWhat, errno);
            if (!wait_for(socket_.number(), POLLOUT, patience.count() == 0 ? -1 : milliseconds(patience)))
                return Error{ErrorCode::timeout, std::string(kWhat), "", "the other process takes no message", ""};
            continue;
        }
        message.msg_control = nullptr;  // descriptors went with the first bytes
        message.msg_controllen = 0;
        auto left = static_cast<std::size_t>(count);
        for (iovec& part : parts) {
            const std::size_t step = std::min(left, part.iov_len);
            part.iov_base = static_cast<char*>(part.iov_base) + step;
            part.iov_len -= step;
            left -= step;
        }
    }
    return ok();
}

Result<Channel::Read> Channel::read_some(char* into, std::size_t count, std::size_t& got) {
    iovec part{into, count};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t read = 0;
    do read = ::recvmsg(socket_.number(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (read < 0 && errno == EINTR);
    if (read < 0 && errno == EAGAIN) return Read::nothing_yet;
    if (read < 0) return broken("receive message", errno);
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= head->cmsg_len; at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(head) + at, sizeof number);
            FileDescriptor received(number);
            if (descriptors_.size() < kMostDescriptors) descriptors_.push_back(std::move(received));
        }
    }
    if (read == 0) return Error{ErrorCode::truncated, "receive message", "", "the other process is gone", ""};
    got = static_cast<std::size_t>(read);
    bytes_received_ += got;
    return Read::some;
}

Result<std::optional<Message>> Channel::receive(std::uint64_t most, std::chrono::milliseconds wait) {
    const auto until = std::chrono::steady_clock::now() + wait;
    for (;;) {
        std::size_t got = 0;
        Read read = Read::some;
        if (header_.size() < kHeaderBytes) {
            std::array<char, kHeaderBytes> piece{};
            VERITAG_TRY(read, read_some(piece.data(), kHeaderBytes - header_.size(), got));
            header_.append(piece.data(), got);
        }
        if (header_.size() == kHeaderBytes) {
            ByteReader header{std::string_view(header_)};
            const std::uint32_t kind = header.u32le();
            const std::uint32_t length = header.u32le();
            if (length > most)
                return Error{ErrorCode::malformed, "receive message", "", "kind " + std::to_string(kind) + " with " + std::to_string(length) + " bytes, at most " + std::to_string(most) + " are allowed", ""};
            if (payload_.size() < length && read == Read::some) {
                const std::size_t before = payload_.size();
                payload_.resize(before + std::min<std::size_t>(kPiece, length - before));
                const Result<Read> more = read_some(payload_.data() + before, payload_.size() - before, got = 0);
                payload_.resize(before + got);
                if (!more) return more.error();
                read = *more;
            }
            if (payload_.size() == length) {
                header_.clear();
                return Message{static_cast<MessageKind>(kind), std::exchange(payload_, {}), std::exchange(descriptors_, {})};
            }
        }
        if (read == Read::some) continue;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !wait_for(socket_.number(), POLLIN, milliseconds(left))) return std::optional<Message>();
    }
}

Result<Message> Channel::receive(std::uint64_t most) {
    for (;;) {
        VERITAG_TRY(std::optional<Message> message, receive(most, std::chrono::hours(1)));
        if (message) return std::move(*message);
    }
}

MessageWriter& MessageWriter::number(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) out_ += static_cast<char>((value >> (8 * i)) & 0xFF);
    return *this;
}

MessageWriter& MessageWriter::text(std::string_view value) {
    number(value.size());
    out_ += value;
    return *this;
}

MessageWriter& MessageWriter::error(const Error& error) {
    number(static_cast<std::uint64_t>(error.code));
    for (const std::string* part : {&error.what, &error.where, &error.saw, &error.hint}) text(*part);
    return *this;
}

Error parse_error(std::string_view payload) {
    constexpr std::size_t kLongest = 4096;  // the longest path stands in such a text
    ByteReader in(payload, "message");
    Error error;
    const std::uint64_t code = in.u64le();
    for (std::string* part : {&error.what, &error.where, &error.saw, &error.hint}) *part = quote(in.text(in.u64le()), kLongest);
    if (!in.ok() || !in.at_end() || code > static_cast<std::uint64_t>(ErrorCode::internal)) return in.malformed("read message", "no error of a worker");
    error.code = static_cast<ErrorCode>(code);
    return error;
}

Result<std::uint64_t> parse_number(std::string_view payload) {
    ByteReader in(payload, "message");
    const std::uint64_t value = in.u64le();
    if (!in.ok() || !in.at_end()) return in.malformed("read message", "no number");
    return value;
}

}  // namespace veritag::cage
