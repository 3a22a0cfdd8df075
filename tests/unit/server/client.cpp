#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

namespace veritag::server::test {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

}  // namespace

std::string Reply::header(const std::string& name) const {
    const auto found = headers.find(lower(name));
    return found == headers.end() ? std::string() : found->second;
}

std::string get(const std::string& target, const std::string& more) { return "GET " + target + " HTTP/1.1\r\nHost: hub.example\r\n" + more + "\r\n"; }

Client Client::unconnected() {
    Client client;
    client.fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return client;
}

Client::Client(int port, const std::string& from) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from.c_str(), &address.sin_addr);
    if (from != "127.0.0.1") ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    connect(port);
}

void Client::connect(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) ::close(std::exchange(fd_, -1));
}

Client Client::to_unix(const std::string& path) {
    Client client;
    client.fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    if (::connect(client.fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) ::close(std::exchange(client.fd_, -1));
    return client;
}

Client::Client(Client&& other) noexcept : buffer(std::move(other.buffer)), patience(other.patience), fd_(std::exchange(other.fd_, -1)), ssl_(std::move(other.ssl_)) {}

Client::~Client() {
    ssl_.reset();
    if (fd_ >= 0) ::close(fd_);
}

bool Client::start_tls(const ClientTls& tls) {
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    if (!tls.certificate_file.empty()) {
        SSL_CTX_use_certificate_chain_file(context.get(), tls.certificate_file.c_str());
        SSL_CTX_use_PrivateKey_file(context.get(), tls.key_file.c_str(), SSL_FILETYPE_PEM);
    }
    if (tls.max_version != 0) {
        SSL_CTX_set_min_proto_version(context.get(), 0);
        SSL_CTX_set_max_proto_version(context.get(), tls.max_version);
        SSL_CTX_set_security_level(context.get(), 0);
    }
    ssl_.reset(SSL_new(context.get()));
    if (!tls.alpn.empty()) {
        const std::string offered = std::string(1, static_cast<char>(tls.alpn.size())) + tls.alpn;
        SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(offered.data()), static_cast<unsigned>(offered.size()));
    }
    SSL_set_fd(ssl_.get(), fd_);
    return SSL_connect(ssl_.get()) == 1;
}

std::string Client::server_certificate() const {
    X509* certificate = SSL_get1_peer_certificate(ssl_.get());
    if (certificate == nullptr) return {};
    std::array<char, 256> text{};
    X509_NAME_oneline(X509_get_subject_name(certificate), text.data(), static_cast<int>(text.size()));
    X509_free(certificate);
    return text.data();
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void Client::finish_sending() { ::shutdown(fd_, SHUT_WR); }

Client::Got Client::read(std::chrono::milliseconds time) {
    pollfd wait{fd_, POLLIN, 0};
    const bool ready = (ssl_ && SSL_pending(ssl_.get()) > 0) || ::poll(&wait, 1, static_cast<int>(time.count())) > 0;
    if (!ready) return Got::nothing;
    std::array<char, 16 << 10> block{};
    const ssize_t got = ssl_ ? SSL_read(ssl_.get(), block.data(), static_cast<int>(block.size())) : ::recv(fd_, block.data(), block.size(), 0);
    if (got <= 0) return Got::end;
    buffer.append(block.data(), static_cast<std::size_t>(got));
    return Got::bytes;
}

bool Client::wait_for(std::string_view text) {
    while (buffer.find(text) == std::string::npos)
        if (read(patience) != Got::bytes) return false;
    return true;
}

bool Client::ends_within(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return false;
        const Got got = read(left);
        if (got == Got::end) return true;
    }
}

std::optional<Reply> Client::ask(std::string_view request) {
    if (!send(request)) return std::nullopt;
    return receive(request.starts_with("HEAD "));
}

std::optional<Reply> Client::receive(bool head_only) {
    if (!wait_for("\r\n\r\n")) return std::nullopt;
    Reply reply;
    const std::size_t end = buffer.find("\r\n\r\n");
    const std::string head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    if (!head.starts_with("HTTP/1.1 ")) return std::nullopt;
    reply.status = std::stoi(head.substr(9, 3));
    for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
        const std::size_t line_end = head.find("\r\n", at);
        const std::string line = head.substr(at, line_end - at);
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) return std::nullopt;
        reply.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
        at = line_end + 2;
    }
    if (head_only || reply.status / 100 == 1 || reply.status == 204 || reply.status == 304 || reply.headers.contains("transfer-encoding")) return reply;
    const std::size_t size = std::stoul(reply.headers.at("content-length"));
    while (buffer.size() < size)
        if (read(patience) != Got::bytes) return std::nullopt;
    reply.body = buffer.substr(0, size);
    buffer.erase(0, size);
    return reply;
}

}  // namespace veritag::server::test
