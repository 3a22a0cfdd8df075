#include "base/base64.h"
#include "base/text.h"
#include "certificates.h"
#include "outbound/mail.h"
#include "smtp_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace veritag::outbound {
namespace {

using namespace std::chrono_literals;
using test::SmtpOptions;
using test::SmtpServer;

const SystemTime kDate = std::chrono::sys_days{std::chrono::year{2026} / 11 / 5} + 9h + 8min + 7s;

Mail mail_with(std::string subject, std::string body) { return {{"ops@example.org"}, std::move(subject), std::move(body), "audit-7.1@veritag.example", kDate}; }

// ---- addresses ----

struct BoxCase {
    const char* name;
    const char* text;
    const char* reads;  // `name|address`, or what was wrong
};
void PrintTo(const BoxCase& c, std::ostream* out) { *out << c.name; }
class Mailboxes : public testing::TestWithParam<BoxCase> {};
TEST_P(Mailboxes, AreRead) {
    const Result<Mailbox> box = parse_mailbox(GetParam().text);
    EXPECT_EQ(box ? box->name + "|" + box->address : box.error().saw, GetParam().reads);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Mailboxes,
    testing::Values(BoxCase{"Bare", " a.b+c@d-e.example ", "|a.b+c@d-e.example"}, BoxCase{"OneLabel", "root@localhost", "|root@localhost"},
                    BoxCase{"Named", "Registry Watch <w@x.example>", "Registry Watch|w@x.example"}, BoxCase{"Quoted", R"("A, \"B\" <c>" <w@x>)", "A, \"B\" <c>|w@x"},
                    BoxCase{"Chinese", "镜像审计 <w@x>", "镜像审计|w@x"}, BoxCase{"NoName", "<w@x>", "|w@x"},
                    BoxCase{"NewLine", "a@b\r\nBcc: c@d", "control characters or invalid UTF-8"}, BoxCase{"NewLineInName", "A\nBcc: x <a@b>", "control characters or invalid UTF-8"},
                    BoxCase{"BadUtf8", "\xff <a@b>", "control characters or invalid UTF-8"}, BoxCase{"TwoAddresses", "a@b, c@d", "\"a@b, c@d\" is no plain ASCII address"},
                    BoxCase{"CommandEnd", "a@b> SIZE=1", "\"a@b> SIZE=1\" is no plain ASCII address"}, BoxCase{"NestedBrackets", "<a@b> <c@d>", "the name is not well formed"},
                    BoxCase{"QuotesInside", "a\"b <c@d>", "the name is not well formed"}, BoxCase{"OpenQuote", "\"a <c@d>", "the name is not well formed"},
                    BoxCase{"EscapeAtEnd", "\"a\\ <c@d>", "the name is not well formed"},
                    BoxCase{"NoAt", "postmaster", "\"postmaster\" is no plain ASCII address"}, BoxCase{"TwoAts", "a@b@c", "\"a@b@c\" is no plain ASCII address"},
                    BoxCase{"DotAtEnd", "a.@b", "\"a.@b\" is no plain ASCII address"}, BoxCase{"NotAscii", "張@例.example", "\"張@例.example\" is no plain ASCII address"},
                    BoxCase{"Space", "a b@c", "\"a b@c\" is no plain ASCII address"}, BoxCase{"Empty", "", "\"\" is no plain ASCII address"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Mailboxes, LongOnesAreRefused) {
    EXPECT_TRUE(parse_mailbox(std::string(64, 'a') + "@b"));
    EXPECT_FALSE(parse_mailbox(std::string(65, 'a') + "@b"));
    EXPECT_FALSE(parse_mailbox(std::string(1'000'000, 'a')));
}

// ---- the message ----

struct Read {
    std::vector<std::pair<std::string, std::string>> headers;  // unfolded
    std::string body;                                          // as it stands
    std::size_t longest_header_line = 0;
    std::size_t longest_body_line = 0;

    [[nodiscard]] std::string header(std::string_view name) const {
        for (const auto& [key, value] : headers)
            if (key == name) return value;
        return "absent";
    }
};

// Takes a message apart by hand; a line end that is not CRLF fails.
Read read_message(const std::string& message) {
    Read read;
    for (std::size_t i = 0; i < message.size(); ++i) {
        EXPECT_TRUE(message[i] != '\n' || (i > 0 && message[i - 1] == '\r')) << "bare LF at " << i;
        EXPECT_TRUE(message[i] != '\r' || (i + 1 < message.size() && message[i + 1] == '\n')) << "bare CR at " << i;
        EXPECT_TRUE(static_cast<unsigned char>(message[i]) < 0x80) << "a byte that is not ASCII at " << i;
    }
    const std::size_t end = message.find("\r\n\r\n");
    EXPECT_NE(end, std::string::npos);
    for (const std::string_view raw : split(std::string_view(message).substr(0, end), '\n')) {
        const std::string_view line = trim(raw);
        read.longest_header_line = std::max(read.longest_header_line, raw.size() - (raw.ends_with('\r') ? 1 : 0));
        if (raw.starts_with(' ')) {
            read.headers.back().second += " " + std::string(line);
        } else {
            const auto field = split_once(line, ':');
            EXPECT_TRUE(field) << line;
            if (field) read.headers.emplace_back(field->first, trim(field->second));
        }
    }
    read.body = message.substr(end + 4);
    for (const std::string_view line : split(read.body, '\n')) read.longest_body_line = std::max(read.longest_body_line, line.size() - (line.ends_with('\r') ? 1 : 0));
    return read;
}

// RFC 2047 B words and plain text between them.
std::string decoded_words(std::string_view text) {
    std::string out;
    bool after_word = false;
    for (const std::string_view word : split(text, ' ')) {
        const bool encoded = word.starts_with("=?utf-8?B?") && word.ends_with("?=");
        if (!out.empty() && !(encoded && after_word)) out += ' ';
        if (encoded) {
            const std::string bytes = base64_decode(word.substr(10, word.size() - 12)).value_or("not base64");
            EXPECT_TRUE(is_valid_utf8(bytes)) << "a character is cut between encoded words";
            EXPECT_LE(word.size(), 75U);
            out += bytes;
        } else {
            out += word;
        }
        after_word = encoded;
    }
    return out;
}

std::string decoded_quoted_printable(std::string text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '=' && text.substr(i + 1, 2) == "\r\n") {
            i += 2;
        } else if (text[i] == '=') {
            out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else if (text[i] != '\r') {
            out += text[i];
        }
    }
    return out;
}

std::string decoded_body(const Read& read) {
    if (read.header("Content-Transfer-Encoding") == "quoted-printable") return decoded_quoted_printable(read.body);
    std::string packed;
    for (const char c : read.body)
        if (c != '\r' && c != '\n') packed += c;
    std::string text = base64_decode(packed).value_or("not base64");
    std::erase(text, '\r');
    return text;
}

TEST(MailMessage, HasWhatAReaderNeeds) {
    Mail mail = mail_with("3 new findings in quay.io/openeuler", "One line.\n\nA dot:\n.\n.. and = and trailing \n");
    mail.to = {"ops@example.org", "Second <b@example.org>"};
    const Result<std::string> message = mail_message("veritag <veritag@example.org>", mail);
    ASSERT_TRUE(message) << message.error().message();
    EXPECT_EQ(message->substr(0, message->find("\r\n\r\n")),
              "From: \"veritag\" <veritag@example.org>\r\n"
              "To: ops@example.org, \"Second\" <b@example.org>\r\n"
              "Subject: 3 new findings in quay.io/openeuler\r\n"
              "Date: Thu, 05 Nov 2026 09:08:07 +0000\r\n"
              "Message-ID: <audit-7.1@veritag.example>\r\n"
              "MIME-Version: 1.0\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable");
    const Read read = read_message(*message);
    EXPECT_EQ(read.body, "One line.\r\n\r\nA dot:\r\n.\r\n.. and =3D and trailing=20\r\n");
    EXPECT_EQ(decoded_body(read), mail.body);
}

TEST(MailMessage, QuotesInNamesStayNames) {
    Mail mail = mail_with("s", "b");
    mail.to = {R"("Second \"One\"" <b@example.org>)"};
    const Result<std::string> message = mail_message(R"("a, b" <c@d>)", mail);
    ASSERT_TRUE(message) << message.error().message();
    EXPECT_EQ(read_message(*message).header("From"), R"("a, b" <c@d>)");
    EXPECT_EQ(read_message(*message).header("To"), R"("Second \"One\"" <b@example.org>)");
}

TEST(MailMessage, ChineseSurvives) {
    const std::string subject = "审计发现 3 个新问题：quay.io/openeuler/pytorch 的标签声明的操作系统是 22.03-LTS-SP2，镜像实际为 22.03-LTS-SP4，请尽快检查并重新构建镜像";
    std::string body;
    for (int i = 0; i < 40; ++i) body += "标签声明的操作系统是 openEuler 22.03-LTS-SP2，镜像实际为 openEuler 22.03-LTS-SP4\n";
    Mail mail = mail_with(subject, body);
    mail.to = {"镜像审计通知订阅者以及所有关心基础镜像的维护者们 <a@b>"};
    const Result<std::string> message = mail_message("镜像审计 <v@example.org>", mail);
    ASSERT_TRUE(message) << message.error().message();
    const Read read = read_message(*message);
    EXPECT_EQ(decoded_words(read.header("Subject")), subject);
    EXPECT_EQ(decoded_words(read.header("From")), "镜像审计 <v@example.org>");
    EXPECT_EQ(decoded_words(read.header("To")), "镜像审计通知订阅者以及所有关心基础镜像的维护者们 <a@b>");
    EXPECT_EQ(read.header("Content-Transfer-Encoding"), "base64");
    EXPECT_EQ(decoded_body(read), body);
    EXPECT_LE(read.longest_header_line, 76U);
    EXPECT_LE(read.longest_body_line, 76U);
}

TEST(MailMessage, LongLinesAreFolded) {
    std::string words;
    for (int i = 0; i < 60; ++i) words += (i == 0 ? "" : " ") + std::string("word") + std::to_string(i);
    const std::string unbroken(300, 'x');
    for (const std::string& subject : {words, unbroken, std::string("looks like =?utf-8?B?eA==?= a word")}) {
        const std::string body = std::string(5000, 'y') + "\n" + std::string(75, 'z') + " \n" + std::string(76, 'a') + "\n" + std::string(77, 'b') + "\n\tend\t\n";
        const Result<std::string> message = mail_message("v@example.org", mail_with(subject, body));
        ASSERT_TRUE(message) << message.error().message();
        const Read read = read_message(*message);
        EXPECT_EQ(decoded_words(read.header("Subject")), subject);
        EXPECT_EQ(read.header("Content-Transfer-Encoding"), "quoted-printable");
        EXPECT_EQ(decoded_body(read), body);
        EXPECT_LE(read.longest_header_line, 76U);
        EXPECT_LE(read.longest_body_line, 76U);
    }
}

TEST(MailMessage, NothingInItBecomesAHeader) {
    const Result<std::string> message = mail_message("v@example.org", mail_with("Hello\r\nBcc: everybody@example.org\r\n\r\nbody", "b\r\n.\r\nMAIL FROM:<x>\rlone\n"));
    ASSERT_TRUE(message) << message.error().message();
    const Read read = read_message(*message);
    EXPECT_EQ(read.headers.size(), 9U);
    EXPECT_EQ(read.header("Bcc"), "absent");
    EXPECT_EQ(read.header("Subject"), "Hello Bcc: everybody@example.org body");
    EXPECT_EQ(decoded_body(read), "b\n.\nMAIL FROM:<x>\nlone\n");
    Mail bad = mail_with("s", "b");
    bad.to = {"a@b\r\nBcc: c@d"};
    EXPECT_FALSE(mail_message("v@example.org", bad));
    bad = mail_with("s", "b");
    bad.message_id = "x>\r\nBcc: c@d";
    EXPECT_FALSE(mail_message("v@example.org", bad));
    EXPECT_FALSE(mail_message("v@example.org\r\nBcc: c@d", mail_with("s", "b")));
    bad = mail_with("s", "b");
    bad.to.clear();
    EXPECT_FALSE(mail_message("v@example.org", bad));
    bad.to.assign(101, "a@b");
    EXPECT_FALSE(mail_message("v@example.org", bad));
}

TEST(MailMessage, BrokenUtf8IsReplaced) {
    const Result<std::string> message = mail_message("v@example.org", mail_with("a\xff", "b\xe4\xb8"));
    ASSERT_TRUE(message) << message.error().message();
    const Read read = read_message(*message);
    EXPECT_TRUE(is_valid_utf8(decoded_words(read.header("Subject"))));
    EXPECT_TRUE(is_valid_utf8(decoded_body(read)));
}

// ---- the conversation ----

class Smtp : public testing::Test {
protected:
    static void SetUpTestSuite() {
        files_ = new test::Certificates;
        files_->certificate("good", "IP:127.0.0.1,DNS:localhost");
        files_->certificate("wrong", "DNS:elsewhere.example");
    }
    static void TearDownTestSuite() { delete files_; }
    static SmtpOptions secure(const std::string& name = "good") {
        SmtpOptions options;
        options.certificate_file = files_->path(name + ".pem");
        options.key_file = files_->path(name + ".key");
        return options;
    }
    static MailServer server_at(const SmtpServer& relay, MailTls tls) {
        MailServer server;
        server.host = "127.0.0.1";
        server.port = static_cast<std::uint16_t>(relay.port());
        server.tls = tls;
        server.from = "veritag <veritag@example.org>";
        server.ca_file = files_->path("ca.pem");
        server.timeout = 20s;
        return server;
    }
    static std::string told(const Result<void>& result) { return result ? "sent" : std::string(to_string(result.error().code)) + ": " + result.error().message(); }
    static std::string sent(const MailServer& server, const Mail& mail) { return told(send_mail(server, mail, {})); }
    static inline test::Certificates* files_ = nullptr;
};

TEST_F(Smtp, StartTlsLoginAndMessage) {
    SmtpOptions options = secure();
    options.offer_login = true;
    SmtpServer relay(options);
    MailServer server = server_at(relay, MailTls::starttls);
    server.username = "robot";
    server.password = "pass word";
    Mail mail = mail_with("新问题", ".\n..\n.leading dot\nlast");
    mail.to = {"Ops <ops@example.org>", "b@example.org"};
    ASSERT_EQ(sent(server, mail), "sent");
    ASSERT_EQ(relay.mails().size(), 1U);
    const test::SmtpMail got = relay.mails()[0];
    EXPECT_TRUE(got.encrypted);
    EXPECT_EQ(got.login, " robot pass word") << join(relay.commands(), "|");
    EXPECT_TRUE(got.from.starts_with("<veritag@example.org>")) << got.from;
    EXPECT_EQ(got.to, (std::vector<std::string>{"<ops@example.org>", "<b@example.org>"}));
    EXPECT_EQ(got.text, *mail_message(server.from, mail));  // dots and line ends as they were
    const std::vector<std::string> commands = relay.commands();
    EXPECT_EQ(commands[1], "STARTTLS");
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(commands[i].find("AUTH"), std::string::npos);
}

TEST_F(Smtp, ImplicitTls) {
    SmtpOptions options = secure();
    options.implicit_tls = true;
    SmtpServer relay(options);
    ASSERT_EQ(sent(server_at(relay, MailTls::implicit_tls), mail_with("s", "b")), "sent");
    EXPECT_TRUE(relay.mails().at(0).encrypted);
}

TEST_F(Smtp, PlainToThisMachineOnly) {
    SmtpServer relay({});
    ASSERT_EQ(sent(server_at(relay, MailTls::none), mail_with("s", "b")), "sent");
    EXPECT_FALSE(relay.mails().at(0).encrypted);
    MailServer far = server_at(relay, MailTls::none);
    far.host = "192.0.2.1";  // a documentation address; refused before anything is sent to it
    far.timeout = 3s;
    EXPECT_EQ(sent(far, mail_with("s", "b")), "config: send mail: 192.0.2.1:" + std::to_string(relay.port()) +
                                                  ": 192.0.2.1 is not this machine, and the connection would not be encrypted; use TLS, or allow plain text for this server");
}

TEST_F(Smtp, NeverPlainWhereTlsWasAsked) {
    SmtpServer relay({});  // does not offer STARTTLS, or somebody took the offer out
    const std::string text = sent(server_at(relay, MailTls::starttls), mail_with("s", "b"));
    EXPECT_TRUE(text.starts_with("tls: send mail: 127.0.0.1:")) << text;
    SmtpOptions refusing = secure();
    refusing.answers["STARTTLS"] = "454 not now";
    SmtpServer other(refusing);
    EXPECT_TRUE(sent(server_at(other, MailTls::starttls), mail_with("s", "b")).starts_with("tls: "));
    for (const SmtpServer* each : {&relay, &other}) {
        EXPECT_EQ(each->mails().size(), 0U);
        for (const std::string& command : each->commands()) EXPECT_FALSE(command.starts_with("MAIL")) << command;
    }
}

TEST_F(Smtp, CertificatesAreVerified) {
    for (const MailTls tls : {MailTls::starttls, MailTls::implicit_tls}) {
        for (const char* name : {"wrong", "good"}) {
            SmtpOptions options = secure(name);
            options.implicit_tls = tls == MailTls::implicit_tls;
            SmtpServer relay(options);
            MailServer server = server_at(relay, tls);
            if (std::string_view(name) == "good") server.ca_file = files_->path("other.pem");
            const std::string text = sent(server, mail_with("s", "b"));
            EXPECT_TRUE(text.starts_with("tls: ")) << text;
            EXPECT_EQ(relay.mails().size(), 0U);
        }
    }
}

struct AnswerCase {
    const char* name;
    const char* verb;
    const char* answer;
    const char* told;  // code and saw
};
void PrintTo(const AnswerCase& c, std::ostream* out) { *out << c.name; }
class SmtpAnswers : public Smtp, public testing::WithParamInterface<AnswerCase> {};
TEST_P(SmtpAnswers, AreClassified) {
    SmtpOptions options = secure();
    options.offer_login = true;
    options.answers[GetParam().verb] = GetParam().answer;
    SmtpServer relay(options);
    MailServer server = server_at(relay, MailTls::starttls);
    server.username = "robot";
    server.password = "SECRET";
    const Result<void> result = send_mail(server, mail_with("s", "b"), {});
    ASSERT_FALSE(result);
    EXPECT_EQ(std::string(to_string(result.error().code)) + ": " + result.error().saw, GetParam().told);
    EXPECT_EQ(result.error().message().find("SECRET"), std::string::npos);
    EXPECT_EQ(relay.mails().size(), 0U);
}
INSTANTIATE_TEST_SUITE_P(
    Table, SmtpAnswers,
    testing::Values(AnswerCase{"Busy", "greeting", "421 too busy", "server: the relay answered 421 too busy"},
                    AnswerCase{"Banned", "greeting", "554 no", "config: the relay answered 554 no"},
                    AnswerCase{"SenderRefused", "MAIL", "550 5.7.1 not you", "config: the relay answered 550 5.7.1 not you"},
                    AnswerCase{"LoginWanted", "MAIL", "530 5.7.0 log in", "auth: the login was refused (530)"},
                    AnswerCase{"NoSuchUser", "RCPT", "550 5.1.1 nobody", "config: the relay answered 550 5.1.1 nobody"},
                    AnswerCase{"Greylisted", "RCPT", "450 4.7.1 later", "server: the relay answered 450 4.7.1 later"},
                    AnswerCase{"DataRefused", "DATA", "452 full", "server: the relay answered 452 full"},
                    AnswerCase{"MessageRefused", "message", "554 spam\x01", "config: the relay answered 554 spam\\x01"},
                    AnswerCase{"MessageLater", "message", "451 try later", "server: the relay answered 451 try later"},
                    AnswerCase{"WrongPassword", "AUTH", "535 5.7.8 SECRET is wrong", "auth: the login was refused (535)"},
                    AnswerCase{"Echo", "MAIL", "550 you said SECRET", "config: the relay answered 550"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_F(Smtp, HangingUpAndSilence) {
    for (const char* verb : {"greeting", "MAIL", "message"}) {
        SmtpOptions options = secure();
        options.answers[verb] = "close";
        SmtpServer relay(options);
        const std::string text = sent(server_at(relay, MailTls::starttls), mail_with("s", "b"));
        EXPECT_TRUE(text.starts_with("network: ")) << verb << ": " << text;
    }
    SmtpOptions silent;
    silent.silent = true;
    SmtpServer relay(silent);
    MailServer server = server_at(relay, MailTls::none);
    server.timeout = 300ms;
    EXPECT_TRUE(sent(server, mail_with("s", "b")).starts_with("timeout: "));
    server.timeout = 20s;
    std::stop_source stop;
    const std::jthread later([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    EXPECT_TRUE(told(send_mail(server, mail_with("s", "b"), stop.get_token())).starts_with("cancelled: "));
}

TEST_F(Smtp, BadServersAreConfigErrors) {
    SmtpServer relay({});
    for (const char* host : {"", "a/b", "a@b", "a b", "h?x", "127.0.0.1\r\nQUIT"}) {
        MailServer server = server_at(relay, MailTls::none);
        server.host = host;
        EXPECT_TRUE(sent(server, mail_with("s", "b")).starts_with("config: ")) << host;
    }
    EXPECT_EQ(relay.commands().size(), 0U);
}

}  // namespace
}  // namespace veritag::outbound
