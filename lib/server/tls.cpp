#include "server/tls.h"

#include "base/log.h"
#include "base/text.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace veritag::server {
namespace {

// What browsers of the last years speak ("intermediate" of Mozilla's recommendations), without the finite-field groups.
constexpr const char* kTls12Ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                                      "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::string_view kSessionContext = "veritag";  // resuming with client certificates needs one

std::string openssl_reason() {
    const unsigned long code = ERR_peek_last_error();
    if (code == 0) return "unknown reason";
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

Error bad_file(const std::string& file, std::string_view what, std::string_view hint) {
    Error error{ErrorCode::config, std::string("read ") + std::string(what), file, openssl_reason(), std::string(hint)};
    ERR_clear_error();
    return error;
}

// A key with a passphrase would be asked for on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

// A client that offers protocols and not ours would speak another one than we answer.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered, unsigned int offered_size, void*) {
    static constexpr std::string_view kHttp = "http/1.1";
    for (unsigned int at = 0; at < offered_size;) {
        const unsigned int size = offered[at];
        if (size > offered_size - at - 1) break;
        if (size == kHttp.size() && std::memcmp(offered + at + 1, kHttp.data(), size) == 0) {
            *chosen = offered + at + 1;
            *chosen_size = static_cast<unsigned char>(size);
            return SSL_TLSEXT_ERR_OK;
        }
        at += size + 1;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void warn_of_expiry(SSL_CTX* context, const std::string& file) {
    const X509* certificate = SSL_CTX_get0_certificate(context);
    if (certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) log::warn("the TLS certificate has expired", {{"file", file}});
}

std::string subject_of(const X509* certificate) {
    BIO* text = BIO_new(BIO_s_mem());
    if (text == nullptr) return {};
    X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);  // escapes control bytes and what is not ASCII
    const char* data = nullptr;
    const long size = BIO_get_mem_data(text, &data);
    std::string subject(data, size > 0 ? static_cast<std::size_t>(size) : 0);
    BIO_free(text);
    return subject;
}

std::string fingerprint_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), bytes.data(), &size) != 1) return {};
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += kHex[bytes[i] >> 4];
        text += kHex[bytes[i] & 15];
    }
    return text;
}

}  // namespace

Result<std::shared_ptr<ssl_ctx_st>> load_tls(const TlsOptions& options) {
    ERR_clear_error();
    const std::shared_ptr<ssl_ctx_st> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!context) return bad_file("", "TLS settings", "");
    SSL_CTX* ctx = context.get();
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    // Idle connections keep no record buffers; a write may go on from another place in memory.
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, nullptr);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const unsigned char*>(kSessionContext.data()), static_cast<unsigned int>(kSessionContext.size()));
    if (SSL_CTX_set_cipher_list(ctx, kTls12Ciphers) != 1) return bad_file("", "TLS ciphers", "");
    if (SSL_CTX_use_certificate_chain_file(ctx, options.certificate_file.c_str()) != 1)
        return bad_file(options.certificate_file, "TLS certificate", "a PEM file with the server's certificate first and then those that lead to its CA");
    if (SSL_CTX_use_PrivateKey_file(ctx, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        return bad_file(options.key_file, "TLS key", "a PEM file with the key of the certificate, not encrypted");
    if (SSL_CTX_check_private_key(ctx) != 1) return bad_file(options.key_file, "TLS key", "the key is not that of " + options.certificate_file);
    if (!options.client_ca_file.empty()) {
        if (SSL_CTX_load_verify_locations(ctx, options.client_ca_file.c_str(), nullptr) != 1)
            return bad_file(options.client_ca_file, "client CA file", "a PEM file with the certificates of the CAs that clients' certificates come from");
        SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(options.client_ca_file.c_str()));
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (options.client_certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    } else if (options.client_certificate_required) {
        return Error{ErrorCode::config, "read TLS settings", options.certificate_file, "client certificates are required, and there is no CA file to check them with",
                     "name a client CA file"};
    }
    warn_of_expiry(ctx, options.certificate_file);
    ERR_clear_error();
    return context;
}

Result<void> check_tls(const TlsOptions& options) {
    VERITAG_CHECK(load_tls(options));
    return ok();
}

Peer::Tls describe_tls(ssl_st* ssl) {
    Peer::Tls tls;
    tls.version = SSL_get_version(ssl);
    const X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) return tls;
    tls.certificate_subject = subject_of(certificate);
    tls.certificate_sha256 = fingerprint_of(certificate);
    tls.certificate_verified = SSL_get_verify_result(ssl) == X509_V_OK;
    return tls;
}

}  // namespace veritag::server
