#include "certificates.h"
#include "fixture.h"

#include <filesystem>
#include <fstream>

namespace veritag::server::test {
namespace {

class TlsTest : public ServerTest {
protected:
    TlsTest() {
        options.endpoints[0].tls = true;
        server_certificate = make_certificate(folder.file("server"), "first");
        options.tls = TlsOptions{server_certificate.certificate_file, server_certificate.key_file, "", false};
        handler.on_request = [](const Request& request) {
            const Peer::Tls& tls = request.peer.tls.value();
            const std::string known = tls.certificate_verified ? "verified " : "unknown ";
            return reply(200, "text/plain", tls.version + " [" + tls.certificate_subject + "] " + known + std::to_string(tls.certificate_sha256.size()));
        };
    }
    void ask_for_clients_certificates(bool required) {
        ca = make_certificate(folder.file("ca"), "test ca", nullptr, true);
        client_certificate = make_certificate(folder.file("client"), "hub, \x1b\xc3\xa9", &ca);
        stranger_certificate = make_certificate(folder.file("stranger"), "stranger");
        options.tls->client_ca_file = ca.certificate_file;
        options.tls->client_certificate_required = required;
    }
    static ClientTls with(const Certificate& certificate) { return ClientTls{certificate.certificate_file, certificate.key_file, "", 0}; }
    /// The body of a reply over a new connection; the step that failed otherwise.
    std::string said_to(const ClientTls& tls) const {
        Client client(port());
        if (!client.start_tls(tls)) return "no handshake";
        const auto reply = client.ask(get("/"));
        return reply ? reply->body : "no reply";
    }
    std::string name_shown() const {
        Client client(port());
        return client.start_tls() ? client.server_certificate() : "no handshake";
    }

    Folder folder;
    Certificate server_certificate, ca, client_certificate, stranger_certificate;
};

TEST_F(TlsTest, ServesRequests) {
    start();
    Client client(port());
    ASSERT_TRUE(client.start_tls());
    for (int i = 0; i < 3; ++i) ASSERT_EQ(client.ask(get("/"))->body, "TLSv1.3 [] unknown 0");
    const std::string large(500'000, 'x');
    handler.on_request = [&](const Request& request) { return reply(200, "text/plain", request.body); };
    options.limits.body_bytes = 1 << 20;
    EXPECT_TRUE(client.ask("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 500000\r\n\r\n" + large)->body == large);
    EXPECT_TRUE(client.ends_within(2s));
}

TEST_F(TlsTest, SpeaksVersion12ButNothingOlder) {
    start();
    EXPECT_EQ(said_to({"", "", "", TLS1_2_VERSION}), "TLSv1.2 [] unknown 0");
    EXPECT_EQ(said_to({"", "", "", TLS1_1_VERSION}), "no handshake");
    EXPECT_EQ(refused(RefusedFor::handshake), 1U);
}

TEST_F(TlsTest, OffersHttp11AndNoOtherProtocol) {
    start();
    EXPECT_EQ(said_to({"", "", "http/1.1", 0}), "TLSv1.3 [] unknown 0");
    EXPECT_EQ(said_to({"", "", "h2", 0}), "no handshake");
}

TEST_F(TlsTest, TellsPlainHttpSo) {
    start();
    Client client(port());
    const auto reply = client.ask(get("/"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 400);
    EXPECT_NE(reply->body.find("This port speaks HTTPS."), std::string::npos);
    EXPECT_TRUE(client.ends_within(1s));
    Client nonsense(port());
    nonsense.send("\x16\x03\x01\xff\xff nonsense, and more of it");
    EXPECT_TRUE(nonsense.ends_within(2s));
    EXPECT_EQ(refused(RefusedFor::handshake), 2U);
}

TEST_F(TlsTest, ASlowHandshakeIsCut) {
    hurry();
    start();
    Client client(port());
    client.send("\x16\x03");
    EXPECT_TRUE(client.ends_within(1s));
    EXPECT_EQ(client.buffer, "");
    EXPECT_EQ(refused(RefusedFor::handshake), 1U);
}

TEST_F(TlsTest, IdleConnectionsEndWithANotice) {
    hurry();
    start();
    Client client(port());
    ASSERT_TRUE(client.start_tls());
    ASSERT_EQ(client.ask(get("/"))->status, 200);
    EXPECT_TRUE(client.ends_within(1s));
}

TEST_F(TlsTest, ClientsMayHaveACertificate) {
    ask_for_clients_certificates(false);
    start();
    EXPECT_EQ(said_to({}), "TLSv1.3 [] unknown 0");
    EXPECT_EQ(said_to(with(client_certificate)), R"(TLSv1.3 [CN=hub\, \1B\C3\A9] verified 64)");
    ClientTls older = with(client_certificate);
    older.max_version = TLS1_2_VERSION;
    EXPECT_EQ(said_to(older), R"(TLSv1.2 [CN=hub\, \1B\C3\A9] verified 64)");
    EXPECT_EQ(said_to(with(stranger_certificate)), "no reply");  // TLS 1.3: the client has done its part before it is refused
}

TEST_F(TlsTest, ClientsMustHaveACertificate) {
    ask_for_clients_certificates(true);
    start();
    EXPECT_EQ(said_to({}), "no reply");
    EXPECT_EQ(said_to(with(stranger_certificate)), "no reply");
    EXPECT_EQ(said_to(with(client_certificate)), R"(TLSv1.3 [CN=hub\, \1B\C3\A9] verified 64)");
    EXPECT_EQ(refused(RefusedFor::handshake), 2U);
}

TEST_F(TlsTest, ReloadsForNewConnections) {
    start();
    Client old(port());
    ASSERT_TRUE(old.start_tls());
    EXPECT_EQ(old.server_certificate(), "/CN=first");
    make_certificate(folder.file("server"), "second");
    const Result<void> reloaded = server->reload_tls();
    ASSERT_TRUE(reloaded) << reloaded.error().message();
    EXPECT_EQ(name_shown(), "/CN=second");
    EXPECT_EQ(old.ask(get("/"))->status, 200);
    const Certificate third = make_certificate(folder.file("third"), "third");
    ASSERT_TRUE(server->reload_tls({third.certificate_file, third.key_file, "", false}));
    EXPECT_EQ(name_shown(), "/CN=third");
    ASSERT_TRUE(server->reload_tls());  // the changed files are remembered
    EXPECT_EQ(name_shown(), "/CN=third");
}

TEST_F(TlsTest, ABadReloadKeepsTheOldFiles) {
    start();
    const auto fails = [&](const TlsOptions& changed, const std::string& what, const std::string& where) {
        const Result<void> reloaded = server->reload_tls(changed);
        ASSERT_FALSE(reloaded) << what;
        EXPECT_EQ(reloaded.error().code, ErrorCode::config);
        EXPECT_EQ(reloaded.error().what, what) << reloaded.error().message();
        EXPECT_EQ(reloaded.error().where, where);
        EXPECT_FALSE(reloaded.error().saw.empty());
    };
    const Certificate other = make_certificate(folder.file("other"), "other");
    const Certificate expired = make_certificate(folder.file("expired"), "expired", nullptr, false, -1);
    encrypt_key(other.key_file, folder.file("encrypted.key"));
    std::ofstream(folder.file("nonsense")) << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fails({folder.file("missing"), other.key_file, "", false}, "read TLS certificate", folder.file("missing"));
    fails({folder.file("nonsense"), other.key_file, "", false}, "read TLS certificate", folder.file("nonsense"));
    fails({other.certificate_file, folder.file("missing"), "", false}, "read TLS key", folder.file("missing"));
    fails({other.certificate_file, server_certificate.key_file, "", false}, "read TLS key", server_certificate.key_file);
    fails({other.certificate_file, folder.file("encrypted.key"), "", false}, "read TLS key", folder.file("encrypted.key"));
    fails({other.certificate_file, other.key_file, folder.file("nonsense"), false}, "read client CA file", folder.file("nonsense"));
    fails({other.certificate_file, other.key_file, "", true}, "read TLS settings", other.certificate_file);
    EXPECT_EQ(name_shown(), "/CN=first");
    testing::internal::CaptureStderr();
    EXPECT_TRUE(server->reload_tls({expired.certificate_file, expired.key_file, "", false}));  // worse than nothing only for some
    EXPECT_NE(testing::internal::GetCapturedStderr().find("the TLS certificate has expired"), std::string::npos);
    EXPECT_EQ(name_shown(), "/CN=expired");
}

TEST_F(TlsTest, DoesNotStartWithoutACertificate) {
    options.tls.reset();
    Server none(options, handler);
    EXPECT_EQ(none.start().error().code, ErrorCode::config);
    options.tls = TlsOptions{folder.file("missing"), server_certificate.key_file, "", false};
    Server missing(options, handler);
    EXPECT_EQ(missing.start().error().where, folder.file("missing"));
}

TEST_F(ServerTest, WithoutTlsThereIsNothingToReload) {
    start();
    EXPECT_EQ(server->reload_tls().error().code, ErrorCode::config);
}

}  // namespace
}  // namespace veritag::server::test
