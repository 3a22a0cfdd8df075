#include "server/listener.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace veritag::server {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn

/// Closes a descriptor that did not become a listener.
class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_;
};

Error failed(const Endpoint& endpoint, std::string saw, std::string hint = {}) {
    return Error{ErrorCode::io, "listen", quote(to_string(endpoint)), std::move(saw), std::move(hint)};
}
Error failed_now(const Endpoint& endpoint, std::string_view doing, std::string hint = {}) {
    return failed(endpoint, std::string(doing) + ": " + std::strerror(errno), std::move(hint));
}

const sockaddr* generic(const sockaddr_storage& address) { return reinterpret_cast<const sockaddr*>(&address); }

// ---- TCP ----

// An IPv6 address, or the IPv4 address that it stands for.
std::string address_text(const sockaddr_storage& address, std::uint16_t& port) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        port = ntohs(v4.sin_port);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        port = ntohs(v6.sin6_port);
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        ::inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? v6.sin6_addr.s6_addr + 12 : v6.sin6_addr.s6_addr, text.data(), text.size());
    }
    return text.data();
}

// What a bound socket says of itself.
Result<Endpoint> bound(const Endpoint& asked, int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return failed_now(asked, "getsockname");
    Endpoint endpoint = asked;
    if (address.ss_family == AF_UNIX) {
        endpoint.kind = Endpoint::Kind::unix_socket;
        const auto& name = reinterpret_cast<const sockaddr_un&>(address);
        const std::size_t room = size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
        endpoint.path = std::string(name.sun_path, ::strnlen(name.sun_path, room));
        return endpoint;
    }
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return failed(asked, "neither a TCP nor a Unix socket");
    endpoint.kind = Endpoint::Kind::tcp;
    endpoint.host = address_text(address, endpoint.port);
    return endpoint;
}

struct Place {
    sockaddr_storage address{};
    socklen_t size = 0;
    bool v6_only = true;
};

// True where the machine lacks the address or its family, so that another address may do.
bool is_missing(int error) noexcept { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

// `missing` says why where it fails.
Result<Listener> listen_tcp_at(const Endpoint& endpoint, const Place& place, bool& missing) {
    missing = false;
    Descriptor fd(::socket(place.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0) {
        missing = is_missing(errno);
        return failed_now(endpoint, "socket");
    }
    const int on = 1;
    const int only = place.v6_only ? 1 : 0;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (place.address.ss_family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    if (::bind(fd.get(), generic(place.address), place.size) != 0) {
        missing = is_missing(errno);
        if (errno == EADDRINUSE) return failed_now(endpoint, "bind", "another program listens there");
        return failed_now(endpoint, "bind", errno == EACCES ? "ports below 1024 need a right of their own, or a socket from systemd" : "");
    }
    if (::listen(fd.get(), kBacklog) != 0) return failed_now(endpoint, "listen");
    VERITAG_TRY(Endpoint really, bound(endpoint, fd.get()));
    return Listener(fd.release(), std::move(really));
}

Place any_address(int family, std::uint16_t port) {
    Place place;
    if (family == AF_INET6) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(place.address);
        v6.sin6_family = AF_INET6;
        v6.sin6_addr = in6addr_any;
        v6.sin6_port = htons(port);
        place.size = sizeof v6;
        place.v6_only = false;
    } else {
        auto& v4 = reinterpret_cast<sockaddr_in&>(place.address);
        v4.sin_family = AF_INET;
        v4.sin_addr.s_addr = htonl(INADDR_ANY);
        v4.sin_port = htons(port);
        place.size = sizeof v4;
    }
    return place;
}

// All addresses of the machine: one socket for both families, or IPv4 alone where the machine has no IPv6.
Result<std::vector<Listener>> listen_everywhere(const Endpoint& endpoint) {
    std::vector<Listener> listeners;
    for (const int family : {AF_INET6, AF_INET}) {
        bool missing = false;
        Result<Listener> listener = listen_tcp_at(endpoint, any_address(family, endpoint.port), missing);
        if (!listener && missing && family == AF_INET6) continue;
        if (!listener) return listener.error();
        listeners.push_back(std::move(*listener));
        break;
    }
    return listeners;
}

Result<std::vector<Listener>> listen_tcp(const Endpoint& endpoint) {
    if (endpoint.host.empty()) return listen_everywhere(endpoint);
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int status = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &found);
    if (status != 0) return failed(endpoint, std::string("the name cannot be resolved: ") + ::gai_strerror(status));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
    std::vector<Listener> listeners;
    std::optional<Error> none;  // a name like localhost may stand for a family that the machine lacks
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        Place place;
        std::memcpy(&place.address, each->ai_addr, std::min<std::size_t>(each->ai_addrlen, sizeof place.address));
        place.size = each->ai_addrlen;
        bool missing = false;
        Result<Listener> listener = listen_tcp_at(endpoint, place, missing);
        if (!listener && !missing) return listener.error();
        if (listener)
            listeners.push_back(std::move(*listener));
        else
            none = listener.error();
    }
    if (listeners.empty()) return none.value_or(failed(endpoint, "the name has no address"));
    return listeners;
}

// ---- Unix sockets ----

// Nobody listens on the socket file: its program was killed. Anything else in its place is left alone.
Result<void> remove_stale(const Endpoint& endpoint, const sockaddr_un& address) {
    struct stat file {};
    if (::lstat(endpoint.path.c_str(), &file) != 0) return errno == ENOENT ? ok() : Result<void>(failed_now(endpoint, "stat"));
    if (!S_ISSOCK(file.st_mode)) return failed(endpoint, "there is a file that is no socket", "remove it or choose another path");
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (probe.get() < 0) return failed_now(endpoint, "socket");
    const int status = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (status != 0 && errno == ECONNREFUSED) {
        if (::unlink(endpoint.path.c_str()) != 0) return failed_now(endpoint, "remove the socket file of a program that is gone");
        return ok();
    }
    if (status != 0 && errno != EAGAIN) return failed_now(endpoint, "ask whether somebody listens");
    return failed(endpoint, "another program listens there");
}

Result<std::vector<Listener>> listen_unix(const Endpoint& endpoint) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (endpoint.path.size() >= sizeof address.sun_path)
        return failed(endpoint, "the path has " + std::to_string(endpoint.path.size()) + " bytes, " + std::to_string(sizeof address.sun_path - 1) + " are allowed");
    std::copy(endpoint.path.begin(), endpoint.path.end(), address.sun_path);

    // Two programs that start at once must not remove each other's socket, so the folder is locked until ours is there.
    const std::string folder = endpoint.path.substr(0, std::max<std::size_t>(endpoint.path.rfind('/'), 1));
    const Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.get() < 0) return failed_now(endpoint, "open the folder");
    while (::flock(lock.get(), LOCK_EX) != 0)
        if (errno != EINTR) return failed_now(endpoint, "lock the folder");
    VERITAG_CHECK(remove_stale(endpoint, address));

    Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0) return failed_now(endpoint, "socket");
    // The file gets its mode from the socket, less the umask: at no moment is it open to more than it shall be.
    if (::fchmod(fd.get(), endpoint.mode) != 0) return failed_now(endpoint, "set the mode");
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failed_now(endpoint, "bind");
    Listener listener(fd.release(), endpoint);
    listener.remember_file();
    if (::chmod(endpoint.path.c_str(), endpoint.mode) != 0) return failed_now(endpoint, "set the mode");
    if (::listen(listener.fd(), kBacklog) != 0) return failed_now(endpoint, "listen");
    std::vector<Listener> listeners;
    listeners.push_back(std::move(listener));
    return listeners;
}

// ---- descriptors ----

// A copy is used, so that the caller's stays good for another start.
Result<std::vector<Listener>> listen_descriptor(const Endpoint& endpoint) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(endpoint.descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) return failed_now(endpoint, "not a socket");
    int type = 0;
    size = sizeof type;
    if (listening == 0 || ::getsockopt(endpoint.descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
        return failed(endpoint, "not a listening stream socket", "in a unit for systemd: ListenStream= with Accept=no");
    Descriptor fd(::fcntl(endpoint.descriptor, F_DUPFD_CLOEXEC, 3));
    if (fd.get() < 0) return failed_now(endpoint, "copy the descriptor");
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) return failed_now(endpoint, "set not to block");
    VERITAG_TRY(Endpoint really, bound(endpoint, fd.get()));
    std::vector<Listener> listeners;
    listeners.emplace_back(fd.release(), std::move(really));
    return listeners;
}

}  // namespace

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      endpoint_(std::move(other.endpoint_)),
      owns_file_(std::exchange(other.owns_file_, false)),
      file_device_(other.file_device_),
      file_number_(other.file_number_) {}

Listener::~Listener() {
    struct stat file {};
    if (owns_file_ && ::lstat(endpoint_.path.c_str(), &file) == 0 && file.st_dev == file_device_ && file.st_ino == file_number_) ::unlink(endpoint_.path.c_str());
    if (fd_ >= 0) ::close(fd_);
}

void Listener::remember_file() {
    struct stat file {};
    if (::lstat(endpoint_.path.c_str(), &file) != 0) return;
    owns_file_ = true;
    file_device_ = file.st_dev;
    file_number_ = file.st_ino;
}

Result<std::vector<Listener>> listen_on(const Endpoint& endpoint) {
    switch (endpoint.kind) {
        case Endpoint::Kind::unix_socket: return listen_unix(endpoint);
        case Endpoint::Kind::descriptor: return listen_descriptor(endpoint);
        case Endpoint::Kind::tcp: break;
    }
    return listen_tcp(endpoint);
}

Peer describe_peer(int fd, const sockaddr_storage& address) {
    Peer peer;
    if (address.ss_family == AF_INET || address.ss_family == AF_INET6) {
        peer.address = address_text(address, peer.port);
        return peer;
    }
    peer.address = "unix";
    ucred process{};
    socklen_t size = sizeof process;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &size) == 0) peer.process = Peer::Process{process.uid, process.gid, process.pid};
    return peer;
}

std::string address_key(const sockaddr_storage& address, bool limit_loopback) {
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        const bool loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
        if (loopback && !limit_loopback) return {};
        return std::string(reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr);
    }
    if (address.ss_family != AF_INET6) return {};
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        sockaddr_storage inner{};
        auto& v4 = reinterpret_cast<sockaddr_in&>(inner);
        v4.sin_family = AF_INET;
        std::memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, 4);
        return address_key(inner, limit_loopback);
    }
    if (IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) && !limit_loopback) return {};
    return std::string(reinterpret_cast<const char*>(v6.sin6_addr.s6_addr), 8);
}

}  // namespace veritag::server
