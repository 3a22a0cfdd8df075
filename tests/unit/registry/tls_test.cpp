// TLS against servers whose certificates come from a CA made for this run by the openssl command.
#include "mock_registry.h"
#include "registry/client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace veritag::registry {
namespace {

using namespace std::chrono_literals;
using test::MockReply;
using test::MockRequest;
using test::MockServer;
using test::MockTls;
using test::reply;

class Tls : public testing::Test {
protected:
    static void SetUpTestSuite() {
        std::string pattern = (std::filesystem::temp_directory_path() / "veritag-tls-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        make_ca("ca");
        make_ca("other");
        make_certificate("good", "IP:127.0.0.1,DNS:localhost,DNS:hub.example", 2);
        make_certificate("wrong", "DNS:elsewhere.example", 2);
        make_certificate("expired", "IP:127.0.0.1", -1);
    }
    static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }
    void TearDown() override { ::unsetenv("https_proxy"); }

    static std::string path(const std::string& name) { return (folder_ / name).string(); }
    static MockTls certificate(const std::string& name) { return {path(name + ".pem"), path(name + ".key")}; }

    static ClientOptions options(const std::string& ca = "ca") {
        ClientOptions options;
        options.use_environment_auth = false;
        options.attempts = 2;
        options.backoff = 1ms;
        options.backoff_cap = 2ms;
        options.connect_timeout = 10s;
        if (!ca.empty()) options.ca_file = path(ca + ".pem");
        return options;
    }
    static oci::Reference reference_to(const std::string& host) {
        oci::Reference reference;
        reference.registry = host;
        reference.repository = "ns/app";
        reference.tag = "v1";
        return reference;
    }
    static std::string fetched(const ClientOptions& options, const std::string& host) {
        RegistryClient client(options);
        const auto manifest = client.fetch_manifest(reference_to(host));
        if (manifest) return manifest->body;
        return std::string(to_string(manifest.error().code)) + ": " + manifest.error().saw + "; " + manifest.error().hint;
    }

private:
    static void run(const std::string& command) {
        ASSERT_EQ(std::system(("cd " + folder_.string() + " && " + command + " >/dev/null 2>&1").c_str()), 0) << command;
    }
    static void make_ca(const std::string& name) {
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name +
            ".pem -days 2 -subj /CN=" + name);
    }
    static void make_certificate(const std::string& name, const std::string& names, int days) {
        std::ofstream(folder_ / (name + ".cnf")) << "subjectAltName=" << names << "\n";
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name +
            ".csr -subj /CN=" + name);
        run("openssl x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days " + std::to_string(days) + " -extfile " +
            name + ".cnf -out " + name + ".pem");
    }
    static inline std::filesystem::path folder_;
};

MockReply hello(const MockRequest&) { return reply(200, "{}"); }

TEST_F(Tls, PrivateCaIsTrustedByFile) {
    MockServer server(hello, certificate("good"));
    EXPECT_EQ(fetched(options(), server.host()), "{}");
    EXPECT_EQ(fetched(options(), "localhost:" + std::to_string(server.port())), "{}");
}

TEST_F(Tls, BlobsResumeOverTls) {
    const std::string blob(500'000, 'b');
    std::atomic<int> count = 0;
    MockServer server(
        [&](const MockRequest& request) {
            MockReply made = serve_range(request, blob);
            if (++count == 1) made.cut_after = 200'000;
            return made;
        },
        certificate("good"));
    RegistryClient client(options());
    oci::Descriptor descriptor;
    descriptor.digest = sha256_of(blob);
    descriptor.size = blob.size();
    auto source = client.open_blob(reference_to(server.host()), descriptor);
    ASSERT_TRUE(source);
    std::size_t total = 0;
    for (;;) {
        const auto chunk = (*source)->next();
        ASSERT_TRUE(chunk) << chunk.error().message();
        if (chunk->empty()) break;
        total += chunk->size();
    }
    EXPECT_EQ(total, blob.size());
    EXPECT_EQ(count, 2);
}

TEST_F(Tls, RefusedCertificatesNeverFallBack) {
    constexpr const char* kHint = "; if the registry has its own CA, name it with --ca-file FILE";
    MockServer good(hello, certificate("good"));
    EXPECT_EQ(fetched(options(""), good.host()),
              std::string("tls: the certificate is refused: unable to get local issuer certificate") + kHint);
    EXPECT_EQ(fetched(options("other"), good.host()),
              std::string("tls: the certificate is refused: unable to get local issuer certificate") + kHint);
    MockServer wrong(hello, certificate("wrong"));
    EXPECT_EQ(fetched(options(), wrong.host()), std::string("tls: the certificate is refused: IP address mismatch") + kHint);
    EXPECT_EQ(fetched(options(), "localhost:" + std::to_string(wrong.port())),
              std::string("tls: the certificate is refused: hostname mismatch") + kHint);
    MockServer expired(hello, certificate("expired"));
    EXPECT_EQ(fetched(options(), expired.host()), std::string("tls: the certificate is refused: certificate has expired") + kHint);
    for (const MockServer* server : {&good, &wrong, &expired}) EXPECT_EQ(server->requests().size(), 0U);
}

TEST_F(Tls, SkipVerifyTakesAnyCertificate) {
    ClientOptions trusting = options("");
    trusting.insecure_skip_verify = true;
    for (const char* name : {"good", "wrong", "expired"}) {
        MockServer server(hello, certificate(name));
        EXPECT_EQ(fetched(trusting, server.host()), "{}") << name;
    }
}

TEST_F(Tls, LoopbackThatSpeaksHttpIsUsedPlainAndRemembered) {
    MockServer server([](const MockRequest& request) { return request.method == "GET" ? reply(200, "{}") : reply(400); });
    RegistryClient client(options());
    for (int i = 0; i < 2; ++i) {
        const auto manifest = client.fetch_manifest(reference_to(server.host()));
        ASSERT_TRUE(manifest) << manifest.error().message();
    }
    std::vector<std::string> methods;
    for (const MockRequest& request : server.requests()) methods.push_back(request.method);
    EXPECT_EQ(methods, (std::vector<std::string>{"TLS", "GET", "GET"}));
}

TEST_F(Tls, SilentCloseIsNoProofOfPlainHttp) {
    MockServer server([](const MockRequest&) {
        MockReply close;
        close.close_at_once = true;
        return close;
    });
    EXPECT_EQ(fetched(options(), server.host()),
              "network: the connection was closed while shaking hands over TLS after 2 tries; if it speaks plain HTTP, say --plain-http");
    EXPECT_EQ(server.requests_to("/v2/ns/app/manifests/v1").size(), 0U);
}

TEST_F(Tls, PlainHttpIsNeverTls) {
    MockServer server(hello);
    ClientOptions plain = options("");
    plain.plain_http = true;
    EXPECT_EQ(fetched(plain, server.host()), "{}");
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(Tls, HttpsDoesNotRedirectToHttp) {
    MockServer plain(hello);
    MockServer server([&](const MockRequest&) { return reply(307, "", {{"Location", plain.url("/x?SECRET")}}); }, certificate("good"));
    EXPECT_EQ(fetched(options(), server.host()), "protocol: " + plain.host() + "/x: https leads to http, which is not followed; ");
    EXPECT_EQ(plain.requests().size(), 0U);
}

TEST_F(Tls, HttpsDoesNotTakeAnHttpTokenServer) {
    MockServer plain(hello);
    MockServer server(
        [&](const MockRequest&) {
            return reply(401, "", {{"WWW-Authenticate", "Bearer realm=\"" + plain.url("/token") + "\""}});
        },
        certificate("good"));
    EXPECT_EQ(fetched(options(), server.host()),
              "protocol: the realm of its challenge: " + plain.host() + "/token: https leads to http, which is not followed; ");
    EXPECT_EQ(plain.requests().size(), 0U);
}

TEST_F(Tls, ProxyTunnelCarriesTlsToTheServerItself) {
    MockServer server(hello, certificate("good"));
    MockServer proxy([&](const MockRequest&) {
        MockReply tunnel;
        tunnel.tunnel_to = server.port();
        return tunnel;
    });
    ::setenv("https_proxy", proxy.url("").c_str(), 1);
    EXPECT_EQ(fetched(options(), "hub.example"), "{}");
    ASSERT_EQ(proxy.requests().size(), 1U);
    EXPECT_EQ(proxy.requests()[0].target, "hub.example:443");
    EXPECT_EQ(proxy.requests()[0].header("authorization"), "");
    ASSERT_EQ(server.requests().size(), 1U);
    EXPECT_EQ(server.requests()[0].target, "/v2/ns/app/manifests/v1");
    EXPECT_EQ(server.requests()[0].header("host"), "hub.example");
}

TEST_F(Tls, AProxyCannotStandInForTheServer) {
    MockServer server(hello, certificate("wrong"));
    MockServer proxy([&](const MockRequest&) {
        MockReply tunnel;
        tunnel.tunnel_to = server.port();
        return tunnel;
    });
    ::setenv("https_proxy", proxy.url("").c_str(), 1);
    EXPECT_EQ(fetched(options(), "hub.example").substr(0, 35), "tls: the certificate is refused: ho");
}

TEST_F(Tls, UnreadableCaFileIsAConfigError) {
    MockServer server(hello, certificate("good"));
    ClientOptions bad = options();
    bad.ca_file = path("absent.pem");
    RegistryClient client(bad);
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::config);
    EXPECT_NE(manifest.error().message().find("absent.pem"), std::string::npos) << manifest.error().message();
    EXPECT_EQ(server.connections(), 0);
}

}  // namespace
}  // namespace veritag::registry
