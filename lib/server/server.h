// An HTTP/1.1 server: sockets, TLS, limits and time. What is answered is the handler's business.
//
// One thread moves bytes, `ServerOptions::threads` threads run the handler. A peer that is slow, silent or hostile costs a connection and
// its time and nothing else; every limit is in options.h.
#pragma once

#include "base/result.h"
#include "server/counters.h"
#include "server/handler.h"
#include "server/options.h"

#include <chrono>
#include <memory>
#include <vector>

namespace veritag::server {

class ServerCore;

class Server {
public:
    /// `handler` outlives the server.
    Server(ServerOptions options, Handler& handler);
    /// Stops at once where `stop` was not called, and waits for handlers that still run.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Reads the certificates, listens everywhere and begins to serve; or does nothing of it and says why. Once.
    Result<void> start();

    /// What is listened on, in the order of the options, with the ports that were really taken. A name with several addresses, and a
    /// descriptor, show what they became.
    [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept;

    /// Reads the certificate files anew, or those of `changed`. New connections get them; where they are bad the old ones stay.
    Result<void> reload_tls();
    Result<void> reload_tls(const TlsOptions& changed);

    /// Accepts nothing more, closes idle connections and event streams, lets requests end for at most `within`, then cuts them. True where
    /// nothing had to be cut. A handler that runs on is told by `Request::stop`; the destructor waits for it.
    bool stop(std::chrono::milliseconds within);

    [[nodiscard]] Counters counters() const;

private:
    std::unique_ptr<ServerCore> core_;
};

}  // namespace veritag::server
