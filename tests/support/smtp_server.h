// A mail relay on loopback that keeps what it is given. It speaks plain POSIX sockets and OpenSSL, so that it shares no code with the
// client under test.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace veritag::test {

struct SmtpMail {
    std::string from;                 ///< as it stood behind MAIL FROM:
    std::vector<std::string> to;      ///< as they stood behind RCPT TO:
    std::string text;                 ///< dots unstuffed, CRLF kept
    bool encrypted = false;
    std::string login;                ///< the decoded text of AUTH PLAIN, its NULs as spaces; empty for none
};

struct SmtpOptions {
    std::string certificate_file, key_file;   ///< PEM; both empty: no TLS at all
    bool implicit_tls = false;                ///< else STARTTLS is offered where there is a certificate
    bool offer_login = false;
    bool silent = false;                      ///< takes connections and says nothing
    /// Answers in place of the usual ones, by verb: `greeting`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `message`.
    /// `close` hangs up instead.
    std::map<std::string, std::string> answers;
};

/// Listens from construction to destruction.
class SmtpServer {
public:
    explicit SmtpServer(SmtpOptions options);
    ~SmtpServer();
    SmtpServer(const SmtpServer&) = delete;
    SmtpServer& operator=(const SmtpServer&) = delete;

    [[nodiscard]] int port() const noexcept { return port_; }
    [[nodiscard]] std::vector<SmtpMail> mails() const;
    [[nodiscard]] std::vector<std::string> commands() const;  ///< every line of the clients, message lines left out

private:
    class Wire;
    void serve(int fd);
    void converse(Wire& wire);

    SmtpOptions options_;
    std::shared_ptr<void> tls_context_;
    int listener_ = -1;
    int port_ = 0;
    mutable std::mutex mutex_;
    std::vector<SmtpMail> mails_;
    std::vector<std::string> commands_;
    int open_ = -1;  // the one connection that is served
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace veritag::test
