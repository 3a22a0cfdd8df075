#include "server/server.h"

#include "server/core.h"

namespace veritag::server {

Server::Server(ServerOptions options, Handler& handler) : core_(std::make_unique<ServerCore>(std::move(options), handler)) {}
Server::~Server() = default;

Result<void> Server::start() { return core_->start(); }
const std::vector<Endpoint>& Server::endpoints() const noexcept { return core_->endpoints(); }
Result<void> Server::reload_tls() { return core_->reload_tls(std::nullopt); }
Result<void> Server::reload_tls(const TlsOptions& changed) { return core_->reload_tls(changed); }
bool Server::stop(std::chrono::milliseconds within) { return core_->stop(within); }
Counters Server::counters() const { return core_->picture(); }

}  // namespace veritag::server
