// Sockets that listen. Private to the module; no Asio.
#pragma once

#include "base/result.h"
#include "server/options.h"
#include "server/request.h"

#include <cstdint>
#include <string>
#include <vector>

struct sockaddr_storage;

namespace veritag::server {

/// A listening socket, not blocking. Closes it, and removes the file of a Unix socket that it made and nobody replaced.
class Listener {
public:
    Listener(int fd, Endpoint endpoint) noexcept : fd_(fd), endpoint_(std::move(endpoint)) {}
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;
    Listener(const Listener&) = delete;
    ~Listener();

    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }  ///< as it was really bound
    void remember_file();  ///< the file of `endpoint().path` is ours from now on

private:
    int fd_ = -1;
    Endpoint endpoint_;
    bool owns_file_ = false;
    std::uint64_t file_device_ = 0;
    std::uint64_t file_number_ = 0;
};

/// One endpoint; several listeners where its host name has several addresses.
Result<std::vector<Listener>> listen_on(const Endpoint& endpoint);

/// The peer of an accepted connection.
Peer describe_peer(int fd, const sockaddr_storage& address);
/// What connections are counted by: the address, of IPv6 the first 64 bits; empty for what is never limited.
std::string address_key(const sockaddr_storage& address, bool limit_loopback);

}  // namespace veritag::server
