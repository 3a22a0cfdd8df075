#include "mock_registry.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace veritag::test {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::string stripped(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

}  // namespace

std::string MockRequest::header(const std::string& name) const {
    const auto found = headers.find(lower(name));
    return found == headers.end() ? std::string() : found->second;
}

std::string MockRequest::path() const { return target.substr(0, target.find('?')); }

MockReply reply(int status, std::string body, std::vector<std::pair<std::string, std::string>> headers) {
    MockReply made;
    made.status = status;
    made.body = std::move(body);
    made.headers = std::move(headers);
    return made;
}

MockReply serve_range(const MockRequest& request, const std::string& blob) {
    const std::string range = request.header("range");
    if (range.empty()) return reply(200, blob);
    const std::size_t first = std::stoul(range.substr(std::string("bytes=").size()));
    if (first >= blob.size()) return reply(416);
    const std::string end = range.substr(range.find('-') + 1);
    const std::size_t last = end.empty() ? blob.size() - 1 : std::min<std::size_t>(std::stoul(end), blob.size() - 1);
    return reply(206, blob.substr(first, last - first + 1),
                 {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(blob.size())}});
}

// A socket, with TLS on it or not.
class MockServer::Wire {
public:
    Wire(int fd, SSL_CTX* context) : fd_(fd) {
        if (context == nullptr) return;
        ssl_ = SSL_new(context);
        SSL_set_fd(ssl_, fd);
    }
    ~Wire() { SSL_free(ssl_); }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    bool handshake() { return ssl_ == nullptr || SSL_accept(ssl_) == 1; }
    [[nodiscard]] int fd() const noexcept { return fd_; }

    bool write(std::string_view text) {
        while (!text.empty()) {
            const auto size = static_cast<int>(std::min<std::size_t>(text.size(), 16 << 10));
            const ssize_t sent = ssl_ != nullptr ? SSL_write(ssl_, text.data(), size)
                                                 : ::send(fd_, text.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // Adds what comes to `buffer`; false at the end.
    bool read() {
        std::array<char, 4096> block{};
        const ssize_t got =
            ssl_ != nullptr ? SSL_read(ssl_, block.data(), static_cast<int>(block.size())) : ::recv(fd_, block.data(), block.size(), 0);
        if (got <= 0) return false;
        buffer.append(block.data(), static_cast<std::size_t>(got));
        return true;
    }

    std::optional<MockRequest> read_request() {
        std::size_t end = std::string::npos;
        MockRequest request;
        while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
            if (!read()) return std::nullopt;
            if (buffer.front() != '\x16') continue;
            buffer.clear();
            request.method = "TLS";
            return request;
        }
        const std::string head = buffer.substr(0, end);
        buffer.erase(0, end + 4);
        std::size_t line_end = head.find("\r\n");
        const std::string first = head.substr(0, line_end);
        const std::size_t space = first.find(' ');
        request.method = first.substr(0, space);
        request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
        while (line_end != std::string::npos) {
            const std::size_t start = line_end + 2;
            line_end = head.find("\r\n", start);
            const std::string line = head.substr(start, line_end == std::string::npos ? std::string::npos : line_end - start);
            const std::size_t colon = line.find(':');
            if (colon != std::string::npos) request.headers[lower(line.substr(0, colon))] = stripped(line.substr(colon + 1));
        }
        const std::string length = request.header("content-length");
        const std::size_t wanted = length.empty() ? 0 : std::stoul(length);
        while (buffer.size() < wanted)
            if (!read()) return std::nullopt;
        request.body = buffer.substr(0, wanted);
        buffer.erase(0, wanted);
        return request;
    }

    std::string buffer;

private:
    int fd_;
    SSL* ssl_ = nullptr;
};

MockServer::MockServer(Handler handler, std::optional<MockTls> tls) : handler_(std::move(handler)) {
    if (tls) {
        std::signal(SIGPIPE, SIG_IGN);  // SSL_write has no flag for it
        tls_context_ =
            std::shared_ptr<void>(SSL_CTX_new(TLS_server_method()), [](void* context) { SSL_CTX_free(static_cast<SSL_CTX*>(context)); });
        auto* context = static_cast<SSL_CTX*>(tls_context_.get());
        if (SSL_CTX_use_certificate_chain_file(context, tls->certificate_file.c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(context, tls->key_file.c_str(), SSL_FILETYPE_PEM) != 1)
            throw std::runtime_error("mock registry: certificate or key cannot be read");
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, generic(address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("mock registry: no port");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

MockServer::~MockServer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
}

std::string MockServer::url(const std::string& target) const { return (tls_context_ ? "https://" : "http://") + host() + target; }

std::vector<MockRequest> MockServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::vector<MockRequest> MockServer::requests_to(const std::string& path) const {
    std::vector<MockRequest> found = requests();
    std::erase_if(found, [&](const MockRequest& each) { return each.path() != path; });
    return found;
}

void MockServer::accept_loop() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const int yes = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // head and body are two writes
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            ::close(fd);
            return;
        }
        open_.push_back(fd);
        const int number = ++connections_;
        threads_.emplace_back([this, fd, number] { serve(fd, number); });
    }
}

void MockServer::serve(int fd, int number) {
    {
        Wire wire(fd, static_cast<SSL_CTX*>(tls_context_.get()));
        bool going = wire.handshake();
        while (going) {
            std::optional<MockRequest> request = wire.read_request();
            if (!request) break;
            request->connection = number;
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(*request);
            }
            MockReply made;
            {
                const std::lock_guard lock(handler_mutex_);
                made = handler_(*request);
            }
            going = answer(wire, *request, made);
        }
    }
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    ::close(fd);
}

bool MockServer::answer(Wire& wire, const MockRequest& request, const MockReply& made) {
    if (made.close_at_once) return false;
    if (made.tunnel_to != 0) {
        wire.write("HTTP/1.1 200 Connection established\r\n\r\n");
        tunnel(wire, made.tunnel_to);
        return false;
    }
    std::string head = "HTTP/1.1 " + std::to_string(made.status) + " Mock\r\n";
    for (const auto& [name, value] : made.headers) head.append(name).append(": ").append(value).append("\r\n");
    const bool no_body = request.method == "HEAD";
    if (made.chunked)
        head += "Transfer-Encoding: chunked\r\n";
    else if (made.status != 204 && made.status != 304)
        head += "Content-Length: " + std::to_string(made.declared_length.value_or(made.body.size())) + "\r\n";
    if (!wire.write(head + "\r\n")) return false;
    if (no_body) return !made.close_quietly;
    const std::string body = made.body.substr(0, made.cut_after.value_or(made.body.size()));
    if (made.chunked) {
        std::array<char, 32> size{};
        std::snprintf(size.data(), size.size(), "%zx\r\n", body.size());
        if (!body.empty() && !wire.write(size.data() + body + "\r\n")) return false;
        if (!made.cut_after && !wire.write("0\r\n\r\n")) return false;
    } else if (made.drip.count() == 0) {
        if (!wire.write(body)) return false;
    } else {
        for (const char byte : body) {
            std::this_thread::sleep_for(made.drip);
            if (!wire.write({&byte, 1})) return false;
        }
    }
    if (made.stall)
        while (wire.read()) {
        }
    return !made.stall && !made.cut_after && !made.close_quietly && !made.declared_length;
}

void MockServer::tunnel(Wire& wire, int port) {
    const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (::connect(far, generic(address), sizeof address) == 0) {
        std::array<char, 8192> block{};
        for (bool open = true; open;) {
            std::array<pollfd, 2> ends{pollfd{wire.fd(), POLLIN, 0}, pollfd{far, POLLIN, 0}};
            if (::poll(ends.data(), ends.size(), -1) < 0) break;
            for (std::size_t i = 0; i < 2 && open; ++i) {
                if (ends[i].revents == 0) continue;
                const ssize_t got = ::recv(ends[i].fd, block.data(), block.size(), 0);
                open = got > 0 && ::send(ends[1 - i].fd, block.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
            }
        }
    }
    ::close(far);
}

}  // namespace veritag::test
