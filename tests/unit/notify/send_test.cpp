// Channels over real sockets: a webhook's receiver, a mail relay, forges.
#include "base/base64.h"
#include "base/text.h"
#include "mock_forge.h"
#include "mock_registry.h"
#include "notices.h"
#include "notify/send.h"
#include "notify/text.h"
#include "oci/json.h"
#include "smtp_server.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

namespace veritag::notify {
namespace {

using namespace std::chrono_literals;
using test::MockReply;
using test::MockRequest;
using test::MockServer;
using test::reply;

const std::string kA = "aaaaaaaaaaaaaaaa";

class Send : public testing::Test {
protected:
    void SetUp() override {
        for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}) ::unsetenv(name);
    }
    static Channel webhook(const std::string& url, const std::string& secret = "key") {
        return {.name = "ops", .kind = WebhookChannel{.url = url, .secret = secret, .headers = {{"Authorization", "Bearer HEADER-SECRET"}}, .allow_internal = true}};
    }
    std::optional<SendFailure> sent(const Channel& channel, const Notice& notice) { return send(channel, notice, memory, kNoon, {}); }
    MapMemory memory;
};

Notice sample() {
    Notice notice = notice_of("12", {change_of(kA, {"q/a:1", "q/a:2"}, {"q/b:1"}, {"q/c:1"})});
    notice.causes[0].example.suggestion = "a-oe2203sp4";
    return notice;
}

// Another implementation: the openssl command over the bytes that arrived.
std::string openssl_hmac(const std::string& key, const std::string& body) {
    std::string pattern = (std::filesystem::temp_directory_path() / "veritag-body-XXXXXX").string();
    const int fd = ::mkstemp(pattern.data());
    ::close(fd);
    std::ofstream(pattern, std::ios::binary) << body;
    FILE* pipe = ::popen(("openssl dgst -sha256 -hmac '" + key + "' -r < " + pattern).c_str(), "r");
    char line[200] = "";
    const bool read = std::fgets(line, sizeof line, pipe) != nullptr;
    ::pclose(pipe);
    std::filesystem::remove(pattern);
    return read ? std::string(line).substr(0, 64) : "";
}

TEST_F(Send, WebhooksAreSignedOverTheRawBody) {
    MockServer receiver([](const MockRequest&) { return reply(202); });
    ASSERT_FALSE(sent(webhook(receiver.url("/hooks?x=1"), "a key"), sample()));
    ASSERT_EQ(receiver.requests().size(), 1U);
    const MockRequest got = receiver.requests()[0];
    EXPECT_EQ(got.method, "POST");
    EXPECT_EQ(got.target, "/hooks?x=1");
    EXPECT_EQ(got.header("content-type"), "application/json");
    EXPECT_EQ(got.header("x-veritag-event"), "notice");
    EXPECT_EQ(got.header("authorization"), "Bearer HEADER-SECRET");
    EXPECT_EQ(got.header("x-veritag-delivery").size(), 32U);
    EXPECT_EQ(got.header("x-veritag-signature-256"), "sha256=" + openssl_hmac("a key", got.body));

    const auto json = oci::parse_json("", "", got.body, Limits{});
    ASSERT_TRUE(json) << json.error().message();
    EXPECT_EQ(oci::json_string(*json, "schema"), "veritag.notice/1");
    EXPECT_EQ(oci::json_string(*json, "id"), got.header("x-veritag-delivery"));
    EXPECT_EQ(oci::json_string(*json, "target"), "quay.io/openeuler");
    EXPECT_EQ(oci::json_string(*json, "when"), "2026-11-26T12:00:00Z");
    const rapidjson::Value& cause = (*oci::json_member(*json, "causes"))[0];
    EXPECT_EQ(oci::json_string(cause, "cause"), kA);
    EXPECT_EQ(oci::json_string(cause, "code"), "os-mismatch");
    EXPECT_EQ(oci::json_string(cause, "suggestion"), "a-oe2203sp4");
    EXPECT_EQ(oci::json_member(cause, "fresh")->Size(), 2U);
    EXPECT_EQ(oci::json_member(cause, "mended")->Size(), 1U);
    EXPECT_EQ(oci::json_member(cause, "remaining")->Size(), 1U);
    EXPECT_EQ(oci::json_string((*oci::json_member(cause, "evidence"))[0], "path"), "usr/lib/os-release");
}

TEST_F(Send, ARepeatedTryIsTheSameDelivery) {
    MockServer receiver([](const MockRequest&) { return reply(500); });
    const Channel channel = webhook(receiver.url("/"), "");
    for (int i = 0; i < 2; ++i) {
        const auto failure = sent(channel, sample());
        ASSERT_TRUE(failure);
        EXPECT_TRUE(failure->again);
    }
    Notice other = sample();
    other.run = "13";
    (void)sent(channel, other);
    Channel elsewhere = channel;
    elsewhere.name = "other";
    (void)sent(elsewhere, sample());
    const auto requests = receiver.requests();
    ASSERT_EQ(requests.size(), 4U);
    EXPECT_EQ(requests[0].header("x-veritag-delivery"), requests[1].header("x-veritag-delivery"));
    EXPECT_EQ(requests[0].body, requests[1].body);
    EXPECT_NE(requests[0].header("x-veritag-delivery"), requests[2].header("x-veritag-delivery"));
    EXPECT_NE(requests[0].header("x-veritag-delivery"), requests[3].header("x-veritag-delivery"));
    EXPECT_EQ(requests[0].headers.count("x-veritag-signature-256"), 0U);
}

TEST_F(Send, WebhookFailuresHoldNoSecret) {
    MockServer receiver([](const MockRequest& request) {
        return request.path() == "/busy" ? reply(429, "", {{"Retry-After", "33"}}) : reply(302, "", {{"Location", "http://169.254.169.254/"}});
    });
    auto failure = sent(webhook(receiver.url("/busy")), sample());
    ASSERT_TRUE(failure && failure->again);
    EXPECT_EQ(failure->retry_after, 33s);
    EXPECT_EQ(failure->error.message(), "send webhook: channel \"ops\" POST " + receiver.host() + ": HTTP 429");
    failure = sent(webhook(receiver.url("/PATH-SECRET?QUERY-SECRET")), sample());
    ASSERT_TRUE(failure);
    EXPECT_FALSE(failure->again);
    EXPECT_EQ(failure->error.code, ErrorCode::config);
    EXPECT_EQ(failure->error.message().find("SECRET"), std::string::npos) << failure->error.message();
    Channel strict = webhook(receiver.url("/PATH-SECRET"));
    std::get<WebhookChannel>(strict.kind).allow_internal = false;
    failure = sent(strict, sample());
    ASSERT_TRUE(failure);
    EXPECT_FALSE(failure->again);
    EXPECT_NE(failure->error.message().find("is an internal address"), std::string::npos) << failure->error.message();
    EXPECT_EQ(failure->error.message().find("SECRET"), std::string::npos) << failure->error.message();
    EXPECT_EQ(receiver.requests().size(), 2U);
}

Channel mail_to(const test::SmtpServer& relay, report::Language language) {
    EmailChannel email;
    email.server.host = "127.0.0.1";
    email.server.port = static_cast<std::uint16_t>(relay.port());
    email.server.tls = outbound::MailTls::none;
    email.server.from = "veritag <veritag@example.org>";
    email.to = {"Ops <ops@example.org>", "b@example.org"};
    return {.name = "mail", .language = language, .kind = email};
}

TEST_F(Send, MailsArriveInTheLanguageOfTheChannel) {
    test::SmtpServer relay({});
    ASSERT_FALSE(sent(mail_to(relay, report::Language::en), sample()));
    ASSERT_FALSE(sent(mail_to(relay, report::Language::zh), sample()));
    const auto mails = relay.mails();
    ASSERT_EQ(mails.size(), 2U);
    EXPECT_EQ(mails[0].to, (std::vector<std::string>{"<ops@example.org>", "<b@example.org>"}));
    EXPECT_NE(mails[0].text.find("\r\nSubject: [veritag] quay.io/openeuler: 1 new, 1 mended\r\n"), std::string::npos) << mails[0].text;
    EXPECT_NE(mails[0].text.find("\r\nDate: Thu, 26 Nov 2026 12:00:00 +0000\r\n"), std::string::npos);
    EXPECT_NE(mails[0].text.find("@example.org>\r\nMIME-Version"), std::string::npos);
    EXPECT_NE(mails[0].text.find("1. error os-mismatch: wrong operating system"), std::string::npos);
    ASSERT_NE(mails[1].text.find("Content-Transfer-Encoding: base64"), std::string::npos);
    std::string packed;
    for (const char c : mails[1].text.substr(mails[1].text.find("\r\n\r\n")))
        if (c != '\r' && c != '\n') packed += c;
    const std::string chinese = base64_decode(packed).value_or("");
    EXPECT_NE(chinese.find("错误 os-mismatch: 操作系统不符"), std::string::npos) << chinese;
}

TEST_F(Send, MailRefusalsAreClassified) {
    test::SmtpOptions options;
    options.answers["RCPT"] = "450 4.2.0 greylisted";
    test::SmtpServer relay(options);
    auto failure = sent(mail_to(relay, report::Language::en), sample());
    ASSERT_TRUE(failure);
    EXPECT_TRUE(failure->again);
    EXPECT_EQ(failure->error.message(), "send mail: channel \"mail\" 127.0.0.1:" + std::to_string(relay.port()) + ": the relay answered 450 4.2.0 greylisted");
}

class SendIssues : public Send, public testing::WithParamInterface<Forge> {};
INSTANTIATE_TEST_SUITE_P(Forges, SendIssues, testing::Values(Forge::gitee, Forge::gitcode, Forge::github, Forge::gitlab), [](const auto& each) { return std::string(to_string(each.param)); });

TEST_P(SendIssues, LiveAndDie) {
    SystemTime now = kNoon;
    MockForge forge(GetParam(), &now);
    bool cut = true;  // the first answer to an opening gets lost on the way
    MockServer server([&](const MockRequest& request) {
        outbound::HttpHeaders headers(request.headers.begin(), request.headers.end());
        const std::string prefix = "/api/v9";
        EXPECT_TRUE(request.target.starts_with(prefix)) << request.target;
        const outbound::HttpReply made = forge.handle(request.method, request.target.substr(prefix.size()), headers, request.body);
        MockReply answer = reply(static_cast<int>(made.status), made.body);
        if (made.status == 201 && std::exchange(cut, false)) answer.close_at_once = true;
        return answer;
    });
    forge.api = server.url("/api/v9");
    const Channel channel{.name = "issues", .kind = forge.channel()};
    const auto tell = [&](const Notice& notice) { return send(channel, notice, memory, now, {}); };
    const auto failure = tell(notice_of("1", {change_of(kA, {"q/a:1"}, {})}, now));
    ASSERT_TRUE(failure && failure->again) << "the connection was cut";
    now += 1min;
    ASSERT_FALSE(tell(notice_of("1", {change_of(kA, {"q/a:1"}, {})}, now)));
    now += 1h;
    ASSERT_FALSE(tell(notice_of("2", {change_of(kA, {}, {"q/a:1"})}, now)));
    ASSERT_EQ(forge.issues.size(), 1U);
    EXPECT_FALSE(forge.issues[0].open);
    EXPECT_EQ(forge.issues[0].comments.size(), 1U);
    EXPECT_EQ(cause_of_body(forge.issues[0].body), kA);
    for (const auto& [key, value] : memory.values) {
        EXPECT_EQ(value.find(MockForge::kToken), std::string::npos);
        EXPECT_LE(key.size(), 200U);
    }
}

TEST_F(Send, TwoChannelsToOneRepositoryOpenOneIssue) {
    SystemTime now = kNoon;
    MockForge forge(Forge::github, &now);
    MockServer server([&](const MockRequest& request) {
        const outbound::HttpReply made = forge.handle(request.method, request.target, outbound::HttpHeaders(request.headers.begin(), request.headers.end()), request.body);
        return reply(static_cast<int>(made.status), made.body);
    });
    forge.api = server.url("");
    class Guarded : public MapMemory {
        Result<std::optional<std::string>> get(std::string_view key) override {
            const std::lock_guard lock(mutex_);
            return MapMemory::get(key);
        }
        Result<void> put(std::string_view key, std::string_view value) override {
            const std::lock_guard lock(mutex_);
            return MapMemory::put(key, value);
        }
        std::mutex mutex_;
    } shared;
    {
        std::vector<std::jthread> threads;
        for (const char* name : {"a", "b", "c", "d"})
            threads.emplace_back([&, name] {
                const Channel channel{.name = name, .kind = forge.channel()};
                const auto failure = send(channel, notice_of("1", {change_of(kA, {"q/a:1"}, {})}, kNoon), shared, kNoon, {});
                EXPECT_FALSE(failure) << failure->error.message();
            });
    }
    EXPECT_EQ(forge.issues.size(), 1U);
}

// ---- dry run ----

TEST_F(Send, DryRunsShowAllButTheSecrets) {
    const Channel hook = webhook("https://hooks.example/PATH-SECRET?QUERY-SECRET", "KEY-SECRET");
    const auto shown = render_dry_run(hook, sample(), memory);
    ASSERT_TRUE(shown) << shown.error().message();
    EXPECT_EQ(shown->find("SECRET"), std::string::npos) << *shown;
    EXPECT_TRUE(shown->starts_with("channel ops\nPOST https://hooks.example/***\n  Content-Type: application/json\n  X-Veritag-Event: notice\n")) << *shown;
    EXPECT_NE(shown->find("  X-Veritag-Signature-256: sha256=***\n  Authorization: ***\n"), std::string::npos) << *shown;
    EXPECT_NE(shown->find("  |   \"schema\": \"veritag.notice/1\",\n"), std::string::npos) << *shown;

    EmailChannel email;
    email.server = {.host = "mail.example", .port = 587, .username = "robot", .password = "MAIL-SECRET", .from = "v@example.org"};
    email.to = {"Ops <ops@example.org>"};
    const auto mail = render_dry_run({.name = "mail", .kind = email}, sample(), memory);
    ASSERT_TRUE(mail) << mail.error().message();
    EXPECT_TRUE(mail->starts_with("channel mail\nmail over mail.example:587 (STARTTLS, login as robot with ***)\n  From: v@example.org\n  To: Ops <ops@example.org>\n"
                                  "  Subject: [veritag] quay.io/openeuler: 1 new, 1 mended\n  Message-ID: <"))
        << *mail;
    EXPECT_NE(mail->find("\n  | Target: quay.io/openeuler\n"), std::string::npos) << *mail;
    EXPECT_EQ(mail->find("MAIL-SECRET"), std::string::npos);
    email.to = {"nobody"};
    EXPECT_FALSE(render_dry_run({.name = "mail", .kind = email}, sample(), memory));
}

TEST_F(Send, DryRunsSayWhatBecomesOfIssues) {
    SystemTime now = kNoon;
    MockForge forge(Forge::gitee, &now);
    MockServer server([&](const MockRequest& request) {
        const outbound::HttpReply made = forge.handle(request.method, request.target, outbound::HttpHeaders(request.headers.begin(), request.headers.end()), request.body);
        return reply(static_cast<int>(made.status), made.body);
    });
    forge.api = server.url("");
    const Channel channel{.name = "issues", .kind = forge.channel()};
    const auto dry = [&](const Notice& notice) {
        const auto before = memory.values;
        const std::size_t requests = forge.log.size();
        const auto text = render_dry_run(channel, notice, memory);
        EXPECT_EQ(memory.values, before);
        EXPECT_EQ(forge.log.size(), requests);
        EXPECT_TRUE(text) << text.error().message();
        return text ? *text : "";
    };
    const auto does = [&](const Notice& notice, const std::string& line) {
        const std::string text = dry(notice);
        EXPECT_NE(text.find("\n" + line + ": [veritag] os-mismatch: "), std::string::npos) << text;
        EXPECT_EQ(text.find(MockForge::kToken), std::string::npos);
        ASSERT_FALSE(send(channel, notice, memory, now, {}));
    };
    const auto at = [&](std::vector<std::string> fresh, std::vector<std::string> mended) {
        now += 1h;
        return notice_of("1", {change_of(kA, std::move(fresh), std::move(mended))}, now);
    };
    EXPECT_TRUE(dry(at({}, {"q/a:1"})).ends_with("with token ***\n  labels: veritag, image check\n"));
    does(at({"q/a:1"}, {}), "open, unless it is there already");
    does(at({"q/a:2"}, {}), "update #I6X100");
    does(at({}, {"q/a:1", "q/a:2"}), "close #I6X100");
    does(at({"q/a:1"}, {}), "open again #I6X100");
}

// ---- configuration ----

struct ChannelCase {
    const char* name;
    Channel channel;
    const char* told;  // the error's message, empty where all is well
};
void PrintTo(const ChannelCase& c, std::ostream* out) { *out << c.name; }
class Channels : public testing::TestWithParam<ChannelCase> {};
TEST_P(Channels, AreChecked) {
    const Result<void> checked = check_channel(GetParam().channel);
    EXPECT_EQ(checked ? "" : checked.error().message(), GetParam().told);
}
Channel issues_of(Forge forge, std::string repository, std::string token = "t", std::string api = "", std::vector<std::string> labels = {}) {
    return {.name = "i", .kind = IssueChannel{.forge = forge, .api = std::move(api), .repository = std::move(repository), .token = std::move(token), .labels = std::move(labels)}};
}
Channel email_of(std::string from, std::vector<std::string> to) {
    EmailChannel email;
    email.server.host = "mail.example";
    email.server.from = std::move(from);
    email.to = std::move(to);
    return {.name = "m", .kind = email};
}
INSTANTIATE_TEST_SUITE_P(
    Table, Channels,
    testing::Values(
        ChannelCase{"Webhook", {.name = "a.b-C_1", .filter = {.targets = {"quay.io/**"}}, .kind = WebhookChannel{.url = "https://h/x", .headers = {{"A", "b"}}}}, ""},
        ChannelCase{"Name", {.name = "a b", .kind = WebhookChannel{.url = "https://h/x"}}, "read channel: channel \"a b\": a name has letters, digits, dots, dashes and underscores, at most 64"},
        ChannelCase{"Url", {.name = "w", .kind = WebhookChannel{.url = "ftp://h/SECRET"}}, "read channel: channel \"w\": the URL cannot be used: neither http:// nor https:// stands in front"},
        ChannelCase{"Header", {.name = "w", .kind = WebhookChannel{.url = "https://h/", .headers = {{"A", "b\r\nC: d"}}}}, "read channel: channel \"w\": \"A\" is no header, or its value no header's"},
        ChannelCase{"Info", {.name = "w", .filter = {.least = Severity::info}, .kind = WebhookChannel{.url = "https://h/"}}, "read channel: channel \"w\": info findings are never told"},
        ChannelCase{"Limit", {.name = "w", .limit = {.sends = 0}, .kind = WebhookChannel{.url = "https://h/"}}, "read channel: channel \"w\": its limit allows nothing"},
        ChannelCase{"Email", email_of("v@x", {"a@b", "C <c@d>"}), ""},
        ChannelCase{"EmailTo", email_of("v@x", {"a@b\nBcc: c@d"}),
                    "read mail address: channel \"m\" a@b\\x0aBcc: c@d: control characters or invalid UTF-8; write user@host.example or Some Name <user@host.example>"},
        ChannelCase{"EmailToNobody", email_of("v@x", {}), "read channel: channel \"m\": nobody is named to send mail to"},
        ChannelCase{"Gitlab", issues_of(Forge::gitlab, "a/b/c/d"), ""}, ChannelCase{"Github", issues_of(Forge::github, "a/b", "t", "https://git.example/api/v3", {"x"}), ""},
        ChannelCase{"TooDeep", issues_of(Forge::github, "a/b/c"), "read channel: channel \"i\": \"a/b/c\" is no repository; write owner/name"},
        ChannelCase{"Dots", issues_of(Forge::gitee, "a/.."), "read channel: channel \"i\": \"a/..\" is no repository; write owner/name"},
        ChannelCase{"Query", issues_of(Forge::gitee, "a/b?c"), "read channel: channel \"i\": \"a/b?c\" is no repository; write owner/name"},
        ChannelCase{"NoToken", issues_of(Forge::gitee, "a/b", ""), "read channel: channel \"i\": there is no token, or it is none"},
        ChannelCase{"TokenWithLines", issues_of(Forge::gitee, "a/b", "SECRET\r\nX: y"), "read channel: channel \"i\": there is no token, or it is none"},
        ChannelCase{"Label", issues_of(Forge::gitee, "a/b", "t", "", {"a,b"}), "read channel: channel \"i\": \"a,b\" is no label"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Channels, GlobsAreChecked) {
    Channel channel{.name = "w", .kind = WebhookChannel{.url = "https://h/"}};
    channel.filter.targets = {"/abs"};
    const Result<void> checked = check_channel(channel);
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message().find("channel \"w\""), std::string::npos) << checked.error().message();
}

}  // namespace
}  // namespace veritag::notify
