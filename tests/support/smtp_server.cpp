#include "smtp_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <stdexcept>

namespace veritag::test {
namespace {

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string decoded(const std::string& base64) {
    std::string bytes(base64.size(), '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size()));
    if (size < 0) return "not base64";
    bytes.resize(static_cast<std::size_t>(size) - static_cast<std::size_t>(std::count(base64.begin(), base64.end(), '=')));
    std::replace(bytes.begin(), bytes.end(), '\0', ' ');
    return bytes;
}

}  // namespace

class SmtpServer::Wire {
public:
    explicit Wire(int fd) : fd_(fd) {}
    ~Wire() { SSL_free(ssl_); }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    bool start_tls(SSL_CTX* context) {
        ssl_ = SSL_new(context);
        SSL_set_fd(ssl_, fd_);
        buffer_.clear();  // what came before TLS does not count after it
        return SSL_accept(ssl_) == 1;
    }
    [[nodiscard]] bool encrypted() const noexcept { return ssl_ != nullptr; }

    bool say(const std::string& line) {
        const std::string text = line + "\r\n";
        const auto size = static_cast<int>(text.size());
        return (ssl_ != nullptr ? SSL_write(ssl_, text.data(), size) : static_cast<int>(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL))) == size;
    }
    // Without its CRLF; nullopt at the end.
    std::optional<std::string> line() {
        std::size_t end = 0;
        while ((end = buffer_.find("\r\n")) == std::string::npos) {
            std::array<char, 4096> block{};
            const ssize_t got = ssl_ != nullptr ? SSL_read(ssl_, block.data(), static_cast<int>(block.size())) : ::recv(fd_, block.data(), block.size(), 0);
            if (got <= 0) return std::nullopt;
            buffer_.append(block.data(), static_cast<std::size_t>(got));
        }
        std::string found = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        return found;
    }

private:
    int fd_;
    SSL* ssl_ = nullptr;
    std::string buffer_;
};

SmtpServer::SmtpServer(SmtpOptions options) : options_(std::move(options)) {
    if (!options_.certificate_file.empty()) {
        std::signal(SIGPIPE, SIG_IGN);  // SSL_write has no flag for it
        tls_context_ = std::shared_ptr<void>(SSL_CTX_new(TLS_server_method()), [](void* context) { SSL_CTX_free(static_cast<SSL_CTX*>(context)); });
        auto* context = static_cast<SSL_CTX*>(tls_context_.get());
        if (SSL_CTX_use_certificate_chain_file(context, options_.certificate_file.c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(context, options_.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
            throw std::runtime_error("smtp server: certificate or key cannot be read");
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 || ::getsockname(listener_, generic, &size) != 0)
        throw std::runtime_error("smtp server: no port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
        for (int fd = 0; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) serve(fd);
    });
}

SmtpServer::~SmtpServer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (open_ >= 0) ::shutdown(open_, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

std::vector<SmtpMail> SmtpServer::mails() const {
    const std::lock_guard lock(mutex_);
    return mails_;
}

std::vector<std::string> SmtpServer::commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
}

void SmtpServer::serve(int fd) {
    {
        const std::lock_guard lock(mutex_);
        open_ = fd;
        if (stopping_) ::shutdown(fd, SHUT_RDWR);
    }
    {
        Wire wire(fd);
        if (!options_.implicit_tls || wire.start_tls(static_cast<SSL_CTX*>(tls_context_.get()))) converse(wire);
    }
    const std::lock_guard lock(mutex_);
    open_ = -1;
    ::close(fd);
}

void SmtpServer::converse(Wire& wire) {
    SmtpMail mail;
    // False where the conversation is over.
    const auto answer = [&](const std::string& verb, const std::string& usual) {
        const auto scripted = options_.answers.find(verb);
        const std::string& line = scripted == options_.answers.end() ? usual : scripted->second;
        return line != "close" && wire.say(line);
    };
    if (options_.silent) {
        (void)wire.line();
        return;
    }
    bool going = answer("greeting", "220 relay.example ready");
    while (going) {
        const std::optional<std::string> line = wire.line();
        if (!line) return;
        {
            const std::lock_guard lock(mutex_);
            commands_.push_back(*line);
        }
        const std::string verb = upper(line->substr(0, line->find_first_of(" :")));
        if (verb == "EHLO") {
            std::string extensions = "250-relay.example\r\n250-SIZE 1000000\r\n";
            if (tls_context_ && !wire.encrypted()) extensions += "250-STARTTLS\r\n";
            if (options_.offer_login) extensions += "250-AUTH PLAIN\r\n";
            going = answer(verb, extensions + "250 8BITMIME");
        } else if (verb == "STARTTLS") {
            going = answer(verb, "220 go ahead");
            if (going && !options_.answers.contains(verb)) going = wire.start_tls(static_cast<SSL_CTX*>(tls_context_.get()));
        } else if (verb == "AUTH") {
            std::string given = line->size() > 11 ? line->substr(11) : "";
            if (given.empty()) {  // without an initial response
                if (!wire.say("334 ")) return;
                given = wire.line().value_or("");
            }
            mail.login = decoded(given);
            going = answer(verb, "235 welcome");
        } else if (verb == "MAIL") {
            mail.from = line->substr(10);
            going = answer(verb, "250 ok");
        } else if (verb == "RCPT") {
            mail.to.push_back(line->substr(8));
            going = answer(verb, "250 ok");
        } else if (verb == "DATA") {
            going = answer(verb, "354 go ahead");
            if (!going || options_.answers.contains(verb)) continue;
            for (;;) {
                std::optional<std::string> part = wire.line();
                if (!part) return;
                if (*part == ".") break;
                mail.text += (part->starts_with('.') ? part->substr(1) : *part) + "\r\n";
            }
            mail.encrypted = wire.encrypted();
            if (!options_.answers.contains("message")) {
                const std::lock_guard lock(mutex_);
                mails_.push_back(mail);
            }
            going = answer("message", "250 kept");
        } else if (verb == "QUIT") {
            (void)wire.say("221 bye");
            return;
        } else {
            going = wire.say("502 not known here");
        }
    }
}

}  // namespace veritag::test
