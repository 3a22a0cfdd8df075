// The server's side of TLS, by OpenSSL. Private to the module.
#pragma once

#include "base/result.h"
#include "server/options.h"
#include "server/request.h"

#include <memory>

struct ssl_ctx_st;
struct ssl_st;

namespace veritag::server {

/// TLS 1.2 and newer, ciphers with forward secrecy and authentication, `http/1.1` in ALPN, no renegotiation.
Result<std::shared_ptr<ssl_ctx_st>> load_tls(const TlsOptions& options);

/// What a finished handshake says about the peer.
Peer::Tls describe_tls(ssl_st* ssl);

}  // namespace veritag::server
