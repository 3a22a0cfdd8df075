// The client against a scripted server: every fault here was seen on some registry.
#include "registry/clients.h"

#include "base/base64.h"
#include "base/byte_reader.h"
#include "mock_registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <set>
#include <thread>

namespace veritag::registry {
namespace {

using namespace std::chrono_literals;
using test::MockReply;
using test::MockRequest;
using test::MockServer;
using test::reply;

constexpr const char* kManifest = R"({"schemaVersion":2})";  // 19 bytes
const std::string kOciType(oci::media_type::kOciManifest);

ClientOptions quick_options() {
    ClientOptions options;
    options.use_environment_auth = false;
    options.attempts = 3;
    options.backoff = 1ms;
    options.backoff_cap = 2ms;
    options.connect_timeout = 10s;
    options.idle_timeout = 10s;
    return options;
}

ClientOptions plain_options() {
    ClientOptions options = quick_options();
    options.plain_http = true;
    return options;
}

oci::Reference reference_to(const std::string& host, const std::string& tag = "v1", const std::string& repository = "ns/app") {
    oci::Reference reference;
    reference.registry = host;
    reference.repository = repository;
    reference.tag = tag;
    return reference;
}

oci::Descriptor descriptor_of(const std::string& blob) {
    oci::Descriptor descriptor;
    descriptor.digest = sha256_of(blob);
    descriptor.size = blob.size();
    return descriptor;
}

std::string some_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 12345;
    for (char& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

/// All of a blob, or the error's message.
std::string drain(ByteSource& source) {
    std::string bytes;
    for (;;) {
        const auto chunk = source.next();
        if (!chunk) return chunk.error().message();
        if (chunk->empty()) return bytes;
        bytes += as_text(*chunk);
    }
}

std::string read_blob(RegistryClient& client, const MockServer& server, const std::string& blob) {
    auto source = client.open_blob(reference_to(server.host()), descriptor_of(blob));
    return source ? drain(**source) : source.error().message();
}

std::string manifest_or_error(RegistryClient& client, const oci::Reference& reference) {
    const auto manifest = client.fetch_manifest(reference);
    return manifest ? manifest->body : manifest.error().message();
}

MockReply manifest_reply() { return reply(200, kManifest, {{"Content-Type", kOciType}}); }

// ---- manifests ----

TEST(Manifest, IsFetchedAndHashed) {
    MockServer server([](const MockRequest&) { return manifest_reply(); });
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_TRUE(manifest) << manifest.error().message();
    EXPECT_EQ(manifest->body, kManifest);
    EXPECT_EQ(manifest->content_type, kOciType);
    EXPECT_EQ(manifest->digest, sha256_of(kManifest));
    EXPECT_EQ(client.bytes_fetched(), std::string(kManifest).size());
    const std::vector<MockRequest> requests = server.requests();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].target, "/v2/ns/app/manifests/v1");
    EXPECT_EQ(requests[0].header("accept"), oci::media_type::accept_header());
    EXPECT_EQ(requests[0].header("user-agent"), "veritag");
    EXPECT_EQ(requests[0].header("host"), server.host());
    EXPECT_EQ(requests[0].header("authorization"), "");
}

TEST(Manifest, ByDigestMustMatch) {
    MockServer server([](const MockRequest&) { return reply(200, "other bytes"); });
    RegistryClient client(plain_options());
    oci::Reference reference = reference_to(server.host());
    reference.digest = sha256_of(kManifest);
    const auto manifest = client.fetch_manifest(reference);
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::digest_mismatch);
    EXPECT_EQ(server.requests().at(0).target, "/v2/ns/app/manifests/" + reference.digest->str());
}

TEST(Manifest, ByTagMustMatchTheDigestHeader) {
    MockServer server([](const MockRequest&) { return reply(200, kManifest, {{"Docker-Content-Digest", sha256_of("else").str()}}); });
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::digest_mismatch);
}

TEST(Manifest, NonsenseInTheDigestHeaderIsNoDigest) {
    MockServer server([](const MockRequest&) {
        return reply(200, kManifest, {{"Docker-Content-Digest", "W/\"x\""}, {"Content-Type", "text/plain"}});
    });
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_TRUE(manifest) << manifest.error().message();
    EXPECT_EQ(manifest->content_type, "text/plain");
}

TEST(Manifest, OverTheLimitNamesIt) {
    for (const bool chunked : {false, true}) {
        MockServer server([&](const MockRequest&) {
            MockReply big = reply(200, std::string(5 << 20, ' '));
            big.chunked = chunked;
            return big;
        });
        RegistryClient client(plain_options());
        const auto manifest = client.fetch_manifest(reference_to(server.host()));
        ASSERT_FALSE(manifest);
        EXPECT_EQ(manifest.error().code, ErrorCode::over_limit);
        EXPECT_NE(manifest.error().message().find("limits.manifest_bytes"), std::string::npos) << manifest.error().message();
        EXPECT_LT(client.bytes_fetched(), 5U << 20);
    }
}

TEST(Manifest, EncodedAlthoughNotAsked) {
    MockServer server([](const MockRequest&) { return reply(200, "x", {{"Content-Encoding", "gzip"}}); });
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())),
              "fetch manifest: GET " + server.host() + "/v2/ns/app/manifests/v1: Content-Encoding \"gzip\" although none was asked for");
    EXPECT_EQ(server.requests().at(0).header("accept-encoding"), "identity");
}

TEST(Manifest, BadReferencesNeverReachTheNetwork) {
    RegistryClient client(plain_options());
    EXPECT_EQ(client.fetch_manifest(reference_to("127.0.0.1:1", "a/../b")).error().code, ErrorCode::usage);
    EXPECT_EQ(client.fetch_manifest(reference_to("127.0.0.1:1", "v1", "../x")).error().code, ErrorCode::usage);
    EXPECT_EQ(client.fetch_manifest(reference_to("127.0.0.1:1/x", "v1")).error().code, ErrorCode::usage);
    EXPECT_EQ(client.fetch_manifest(reference_to("u:p@127.0.0.1:1", "v1")).error().code, ErrorCode::usage);
}

struct StatusCase {
    const char* name;
    int status;
    const char* body;
    ErrorCode code;
    std::size_t requests;
    const char* says;
};
class ManifestStatus : public testing::TestWithParam<StatusCase> {};
TEST_P(ManifestStatus, BecomesAnError) {
    const StatusCase& c = GetParam();
    MockServer server([&](const MockRequest&) { return reply(c.status, c.body); });
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, c.code);
    EXPECT_EQ(manifest.error().message(), "fetch manifest: GET " + server.host() + "/v2/ns/app/manifests/v1: " + c.says);
    EXPECT_EQ(server.requests().size(), c.requests);
}
INSTANTIATE_TEST_SUITE_P(
    Table, ManifestStatus,
    testing::Values(StatusCase{"NotFound", 404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})",
                               ErrorCode::not_found, 1, "HTTP 404: MANIFEST_UNKNOWN \"manifest unknown\"; check the name and the tag"},
                    StatusCase{"BadRequest", 400, "", ErrorCode::protocol, 1, "HTTP 400"},
                    StatusCase{"Denied", 403, R"({"errors":[{"code":"DENIED"}]})", ErrorCode::auth, 1,
                               "HTTP 403: DENIED; the login may not read this repository"},
                    StatusCase{"NotAllowed", 405, "", ErrorCode::protocol, 1, "HTTP 405"},
                    StatusCase{"Teapot", 418, "<b>short\x07</b>", ErrorCode::protocol, 1, "HTTP 418: \"<b>short\\x07</b>\""},
                    StatusCase{"RateLimit", 429, "toomanyrequests", ErrorCode::rate_limited, 3,
                               "HTTP 429 after 3 tries: \"toomanyrequests\"; wait, log in for a higher limit, or lower --jobs"},
                    StatusCase{"Broken", 500, "", ErrorCode::server, 3, "HTTP 500 after 3 tries"},
                    StatusCase{"Gateway", 502, "", ErrorCode::server, 3, "HTTP 502 after 3 tries"},
                    StatusCase{"NotImplemented", 501, "", ErrorCode::server, 1, "HTTP 501"},
                    StatusCase{"NotModified", 304, "", ErrorCode::protocol, 1, "HTTP 304"}),
    [](const auto& each) { return std::string(each.param.name); });

// ---- retries ----

TEST(Retry, GoesOnAfterATemporaryStatus) {
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest&) { return ++count < 3 ? reply(503) : manifest_reply(); });
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
}

TEST(Retry, WaitsAsLongAsTheServerAsks) {
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest&) { return ++count == 1 ? reply(429, "", {{"Retry-After", "1"}}) : manifest_reply(); });
    RegistryClient client(plain_options());
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
}

TEST(Retry, ADateGoneByMeansNow) {
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest&) {
        return ++count == 1 ? reply(429, "", {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}) : manifest_reply();
    });
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
}

TEST(Retry, ALongerWaitThanTheCapEndsIt) {
    MockServer server([&](const MockRequest&) { return reply(429, "", {{"Retry-After", "3600"}}); });
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())),
              "fetch manifest: GET " + server.host() +
                  "/v2/ns/app/manifests/v1: HTTP 429, retry after 3600 s; wait, log in for a higher limit, or lower --jobs");
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Retry, AHostThatAskedToWaitIsLeftAloneByEverybody) {
    MockServer server([](const MockRequest& request) {
        return request.path().ends_with("/v1") ? reply(429, "x", {{"Retry-After", "300"}}) : manifest_reply();
    });
    RegistryClient client(plain_options());
    std::stop_source stop;
    const auto fetch = [&](const std::string& tag) { return client.fetch_manifest(reference_to(server.host(), tag), stop.get_token()); };
    auto first = std::async(std::launch::async, fetch, "v1");
    while (client.bytes_fetched() == 0) std::this_thread::yield();  // its 429 has been read
    auto second = std::async(std::launch::async, fetch, "v2");
    EXPECT_EQ(second.wait_for(200ms), std::future_status::timeout);
    stop.request_stop();
    EXPECT_FALSE(first.get());
    EXPECT_FALSE(second.get());
    EXPECT_EQ(server.requests_to("/v2/ns/app/manifests/v2").size(), 0U);
}

TEST(Retry, CutBodiesAreFetchedAgain) {
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest&) {
        MockReply cut = manifest_reply();
        if (++count == 1) cut.cut_after = 5;
        return cut;
    });
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
}

TEST(Retry, SilenceIsATimeout) {
    MockServer server([&](const MockRequest&) {
        MockReply silent = manifest_reply();
        silent.stall = true;
        silent.cut_after = 3;
        return silent;
    });
    ClientOptions options = plain_options();
    options.idle_timeout = 50ms;
    options.attempts = 2;
    RegistryClient client(options);
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::timeout);
    EXPECT_EQ(manifest.error().saw, "no byte in time while reading the body after 2 tries");
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST(Retry, DrippingIsATimeoutToo) {
    MockServer server([&](const MockRequest&) {
        MockReply slow = manifest_reply();
        slow.drip = 90ms;
        return slow;
    });
    ClientOptions options = plain_options();
    options.idle_timeout = 300ms;  // 1500 ms for a body that would take 1710
    options.attempts = 1;
    RegistryClient client(options);
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::timeout);
    EXPECT_NE(manifest.error().saw.find("the body comes too slowly"), std::string::npos) << manifest.error().saw;
}

TEST(Retry, RefusedConnectionsAreRepeatedThenReported) {
    int port = 0;
    {
        const MockServer gone([](const MockRequest&) { return reply(200); });
        port = gone.port();
    }
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to("127.0.0.1:" + std::to_string(port)));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::network);
    EXPECT_EQ(manifest.error().saw, "connecting failed: Connection refused after 3 tries");
}

TEST(Retry, GarbageIsNoHttp) {
    MockServer server([](const MockRequest&) { return reply(200, "x", {{"Content-Length", "7"}, {"Content-Length", "x"}}); });
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::protocol);
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Retry, HugeHeadersAreALimit) {
    MockServer server([](const MockRequest&) { return reply(200, "x", {{"X-Long", std::string(100'000, 'a')}}); });
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::over_limit);
}

// ---- connections ----

TEST(Connections, AreReused) {
    MockServer server([](const MockRequest&) { return manifest_reply(); });
    RegistryClient client(plain_options());
    for (int i = 0; i < 5; ++i) EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
    EXPECT_EQ(server.connections(), 1);
}

TEST(Connections, ClosedWhileIdleAreReplacedSilently) {
    MockServer server([](const MockRequest&) {
        MockReply once = manifest_reply();
        once.close_quietly = true;
        return once;
    });
    ClientOptions options = plain_options();
    options.attempts = 1;  // a retry would hide what is tested
    RegistryClient client(options);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
    EXPECT_EQ(server.connections(), 5);
    EXPECT_EQ(server.requests().size(), 5U);
}

TEST(Connections, ClosedUnansweredTwiceIsAnError) {
    MockServer server([](const MockRequest& request) {
        MockReply made = manifest_reply();
        made.close_at_once = request.path().ends_with("/v2");
        return made;
    });
    ClientOptions options = plain_options();
    options.attempts = 1;
    RegistryClient client(options);
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
    const auto manifest = client.fetch_manifest(reference_to(server.host(), "v2"));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().saw, "the connection was closed while waiting for the reply");
    EXPECT_EQ(server.requests_to("/v2/ns/app/manifests/v2").size(), 2U);
}

TEST(Connections, AreLimitedPerHost) {
    std::mutex mutex;
    std::set<int> used;
    MockServer server([&](const MockRequest& request) {
        const std::lock_guard lock(mutex);
        used.insert(request.connection);
        return manifest_reply();
    });
    ClientOptions options = plain_options();
    options.connections_per_host = 2;
    RegistryClient client(options);
    std::vector<std::future<std::string>> workers;
    for (int i = 0; i < 20; ++i)
        workers.push_back(std::async(std::launch::async, [&] { return manifest_or_error(client, reference_to(server.host())); }));
    for (auto& worker : workers) EXPECT_EQ(worker.get(), kManifest);
    EXPECT_LE(used.size(), 2U);
}

// ---- resolve ----

TEST(Resolve, ReadsTheDigestOfHead) {
    const Digest digest = sha256_of(kManifest);
    MockServer server([&](const MockRequest&) { return reply(200, kManifest, {{"Docker-Content-Digest", digest.str()}}); });
    RegistryClient client(plain_options());
    const auto resolved = client.resolve(reference_to(server.host()));
    ASSERT_TRUE(resolved) << resolved.error().message();
    EXPECT_EQ(*resolved, digest);
    EXPECT_EQ(server.requests().at(0).method, "HEAD");
    EXPECT_EQ(client.bytes_fetched(), 0U);
}

TEST(Resolve, WithoutDigestOrWithoutHeadIsNullopt) {
    for (const int status : {200, 405}) {
        MockServer server([&](const MockRequest&) { return reply(status); });
        RegistryClient client(plain_options());
        const auto resolved = client.resolve(reference_to(server.host()));
        ASSERT_TRUE(resolved) << resolved.error().message();
        EXPECT_EQ(*resolved, std::nullopt);
    }
}

TEST(Resolve, NotFound) {
    MockServer server([](const MockRequest&) { return reply(404, "x"); });
    RegistryClient client(plain_options());
    const auto resolved = client.resolve(reference_to(server.host()));
    ASSERT_FALSE(resolved);
    EXPECT_EQ(resolved.error().message(),
              "resolve tag: HEAD " + server.host() + "/v2/ns/app/manifests/v1: HTTP 404; check the name and the tag");
}

// ---- blobs ----

TEST(Blob, SmallOneIsVerified) {
    const std::string blob = "{}";
    MockServer server([&](const MockRequest&) { return reply(200, blob); });
    RegistryClient client(plain_options());
    const auto fetched = client.fetch_blob(reference_to(server.host()), descriptor_of(blob), 100);
    ASSERT_TRUE(fetched) << fetched.error().message();
    EXPECT_EQ(*fetched, blob);
    EXPECT_EQ(server.requests().at(0).target, "/v2/ns/app/blobs/" + sha256_of(blob).str());

    oci::Descriptor other = descriptor_of("[]");
    EXPECT_EQ(client.fetch_blob(reference_to(server.host()), other, 100).error().code, ErrorCode::digest_mismatch);
    other.size = 1;
    EXPECT_EQ(client.fetch_blob(reference_to(server.host()), other, 100).error().code, ErrorCode::over_limit);
    other.size = 3;
    EXPECT_EQ(client.fetch_blob(reference_to(server.host()), other, 100).error().code, ErrorCode::truncated);
    other.size = 101;
    EXPECT_NE(client.fetch_blob(reference_to(server.host()), other, 100).error().message().find("limits.config_bytes"), std::string::npos);
}

TEST(Blob, StreamsWholeAndEmpty) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65536}, std::size_t{3'000'001}}) {
        const std::string blob = some_bytes(size);
        MockServer server([&](const MockRequest& request) { return serve_range(request, blob); });
        RegistryClient client(plain_options());
        EXPECT_EQ(read_blob(client, server, blob), blob);
        EXPECT_EQ(client.bytes_fetched(), size);
        EXPECT_EQ(server.requests().at(0).header("range"), "");
    }
}

TEST(Blob, CutAtAnyByteResumes) {
    const std::string blob = some_bytes(300'000);
    for (const std::size_t cut : {0U, 1U, 2U, 4095U, 65535U, 65536U, 65537U, 131072U, 200'000U, 299'999U}) {
        std::atomic<int> count = 0;
        MockServer server([&](const MockRequest& request) {
            MockReply made = serve_range(request, blob);
            if (++count == 1) made.cut_after = cut;
            return made;
        });
        RegistryClient client(plain_options());
        EXPECT_EQ(read_blob(client, server, blob), blob) << "cut at " << cut;
        EXPECT_EQ(server.requests().at(1).header("range"), cut == 0 ? "" : "bytes=" + std::to_string(cut) + "-");
    }
}

TEST(Blob, ManyCutsWithProgressAreFine) {
    const std::string blob = some_bytes(1'000'000);
    MockServer server([&](const MockRequest& request) {
        MockReply made = serve_range(request, blob);
        if (made.body.size() > 70'000) made.cut_after = 70'000;
        return made;
    });
    RegistryClient client(plain_options());
    EXPECT_EQ(read_blob(client, server, blob), blob);
    EXPECT_EQ(server.requests().size(), 15U);
}

TEST(Blob, CutsWithoutProgressEnd) {
    const std::string blob = some_bytes(1'000'000);
    MockServer server([&](const MockRequest& request) {
        MockReply made = serve_range(request, blob);
        made.cut_after = 1;
        return made;
    });
    RegistryClient client(plain_options());
    EXPECT_EQ(read_blob(client, server, blob), "fetch blob: GET " + server.host() + "/v2/ns/app/blobs/" + sha256_of(blob).str() +
                                                   ": the connection was cut while reading the body at byte 3 of 1000000 after 3 tries");
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Blob, SilenceInTheMiddleResumes) {
    const std::string blob = some_bytes(100'000);
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest& request) {
        MockReply made = serve_range(request, blob);
        if (++count == 1) {
            made.cut_after = 50'000;
            made.stall = true;
        }
        return made;
    });
    ClientOptions options = plain_options();
    options.idle_timeout = 100ms;
    RegistryClient client(options);
    EXPECT_EQ(read_blob(client, server, blob), blob);
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST(BlobRange, AsksForExactlyThePart) {
    const std::string blob = some_bytes(300'000);
    MockServer server([&](const MockRequest& request) { return serve_range(request, blob); });
    RegistryClient client(plain_options());
    const auto part = client.fetch_blob_range(reference_to(server.host()), descriptor_of(blob), 1000, 50);
    ASSERT_TRUE(part) << part.error().message();
    EXPECT_EQ(*part, blob.substr(1000, 50));
    EXPECT_EQ(server.requests().at(0).header("range"), "bytes=1000-1049");
    EXPECT_EQ(client.bytes_fetched(), 50U);
}

TEST(BlobRange, IsRepeatedAfterACut) {
    const std::string blob = some_bytes(300'000);
    int asked = 0;
    MockServer server([&](const MockRequest& request) {
        MockReply made = serve_range(request, blob);
        if (++asked == 1) made.cut_after = 20;
        return made;
    });
    RegistryClient client(plain_options());
    const auto part = client.fetch_blob_range(reference_to(server.host()), descriptor_of(blob), 299'000, 1000);
    ASSERT_TRUE(part) << part.error().message();
    EXPECT_EQ(*part, blob.substr(299'000));
    EXPECT_EQ(server.requests().size(), 2U);
}

// The whole blob comes instead: the connection is dropped, and nobody asks again.
TEST(BlobRange, GivesUpAtOnceWhereRangeIsIgnored) {
    const std::string blob = some_bytes(3'000'000);
    MockServer server([&](const MockRequest&) { return reply(200, blob); });
    RegistryClient client(plain_options());
    const auto part = client.fetch_blob_range(reference_to(server.host()), descriptor_of(blob), 10, 20);
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().code, ErrorCode::unsupported);
    EXPECT_NE(part.error().message().find("the server ignores Range and answers with the whole blob"), std::string::npos) << part.error().message();
    EXPECT_EQ(server.requests().size(), 1U);
    EXPECT_LT(client.bytes_fetched(), 1'000'000U);
}

TEST(BlobRange, RefusesAnotherPart) {
    const std::string blob = some_bytes(1000);
    const auto message_for = [&](const MockReply& answer) {
        MockServer server([&](const MockRequest&) { return answer; });
        RegistryClient client(plain_options());
        const auto part = client.fetch_blob_range(reference_to(server.host()), descriptor_of(blob), 500, 100);
        return part ? "accepted" : part.error().saw;
    };
    EXPECT_EQ(message_for(reply(206, blob.substr(500, 100), {{"Content-Range", "bytes 500-599/1000"}})), "accepted");
    EXPECT_EQ(message_for(reply(206, blob.substr(500, 100), {{"Content-Range", "bytes 500-599/*"}})), "accepted");
    for (const std::string range : {"bytes 400-499/1000", "bytes 500-598/1000", "bytes 500-599/2000", ""})
        EXPECT_NE(message_for(reply(206, blob.substr(500, 100), {{"Content-Range", range}})).find("asked for bytes=500-599 of 1000, got Content-Range \"" + range), std::string::npos) << range;
    EXPECT_NE(message_for(reply(206, blob.substr(500, 99), {{"Content-Range", "bytes 500-599/1000"}})).find("Content-Length 99 does not fit"), std::string::npos);
    EXPECT_NE(message_for(reply(416)).find("HTTP 416"), std::string::npos);
}

TEST(BlobRange, MustLieInsideTheBlob) {
    RegistryClient client(plain_options());
    const auto blob = descriptor_of("0123456789");
    for (const auto& [offset, length] : {std::pair<std::uint64_t, std::uint64_t>{0, 0}, {0, 11}, {11, 1}, {5, ~std::uint64_t{0}}})
        EXPECT_EQ(client.fetch_blob_range(reference_to("127.0.0.1:1"), blob, offset, length).error().code, ErrorCode::malformed);
}

TEST(Blob, RangeIgnoredRestartsOnce) {
    const std::string blob = some_bytes(300'000);
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest&) {
        MockReply made = reply(200, blob);
        if (++count == 1) made.cut_after = 100'000;
        return made;
    });
    RegistryClient client(plain_options());
    EXPECT_EQ(read_blob(client, server, blob), blob);
    EXPECT_EQ(client.bytes_fetched(), 400'000U);
}

TEST(Blob, RangeIgnoredTwiceIsAnError) {
    const std::string blob = some_bytes(300'000);
    MockServer server([&](const MockRequest&) {
        MockReply made = reply(200, blob);
        made.cut_after = 100'000;
        return made;
    });
    RegistryClient client(plain_options());
    const std::string message = read_blob(client, server, blob);
    EXPECT_NE(message.find("the connection was cut again at byte 100000 of 300000, and the server ignores Range"), std::string::npos)
        << message;
}

TEST(Blob, WrongPartsAreRefused) {
    const std::string blob = some_bytes(1000);
    const auto message_for = [&](const MockReply& second) {
        std::atomic<int> count = 0;
        MockServer server([&](const MockRequest&) {
            MockReply first = reply(200, blob);
            first.cut_after = 500;
            return ++count == 1 ? first : second;
        });
        RegistryClient client(plain_options());
        const std::string message = read_blob(client, server, blob);
        EXPECT_EQ(server.requests().size(), 2U);
        return message.substr(message.rfind(": ") + 2);  // past the URL, which holds ":" but no ": "
    };
    EXPECT_EQ(message_for(reply(206, blob.substr(400), {{"Content-Range", "bytes 400-999/1000"}})),
              "asked for bytes 500- of 1000, got Content-Range \"bytes 400-999/1000\" after 2 tries");
    EXPECT_EQ(message_for(reply(206, blob.substr(500), {{"Content-Range", "bytes 500-999/2000"}})),
              "asked for bytes 500- of 1000, got Content-Range \"bytes 500-999/2000\" after 2 tries");
    EXPECT_EQ(message_for(reply(416)), "HTTP 416 after 2 tries");
}

TEST(Blob, OtherSizesThanTheDescriptorsAreErrors) {
    const std::string blob = some_bytes(1000);
    oci::Descriptor descriptor = descriptor_of(blob);
    for (const bool chunked : {false, true}) {
        MockServer server([&](const MockRequest& request) {
            MockReply made = serve_range(request, blob);
            made.chunked = chunked;
            return made;
        });
        RegistryClient client(plain_options());
        descriptor.size = 999;
        auto source = client.open_blob(reference_to(server.host()), descriptor);
        ASSERT_TRUE(source);
        std::string message = drain(**source);
        EXPECT_NE(message.find(chunked ? "more than the 999 bytes" : "Content-Length 1000, but the descriptor says 999 bytes"),
                  std::string::npos)
            << message;

        descriptor.size = 1001;
        source = client.open_blob(reference_to(server.host()), descriptor);
        ASSERT_TRUE(source);
        message = drain(**source);
        EXPECT_NE(message.find(chunked ? "HTTP 416" : "Content-Length 1000, but the descriptor says 1001 bytes"), std::string::npos)
            << message;
    }
}

TEST(Blob, ErrorsAreFinal) {
    MockServer server([](const MockRequest&) { return reply(404); });
    RegistryClient client(plain_options());
    auto source = client.open_blob(reference_to(server.host()), descriptor_of("x"));
    ASSERT_TRUE(source);
    const std::string first = drain(**source);
    EXPECT_NE(first.find("HTTP 404"), std::string::npos);
    EXPECT_EQ(drain(**source), first);
}

TEST(Blob, MayBeDroppedEarly) {
    const std::string blob = some_bytes(8 << 20);
    MockServer server([&](const MockRequest& request) { return serve_range(request, blob); });
    ClientOptions options = plain_options();
    options.connections_per_host = 1;
    RegistryClient client(options);
    for (int i = 0; i < 10; ++i) {
        auto source = client.open_blob(reference_to(server.host()), descriptor_of(blob));
        ASSERT_TRUE(source);
        if (i % 2 == 0) {
            EXPECT_TRUE((*source)->next());
        }
    }
    const std::string whole = read_blob(client, server, blob);  // its connection place was given back each time
    EXPECT_EQ(whole.size(), blob.size());
}

TEST(Blob, BackpressureStopsReading) {
    const std::string blob = some_bytes(32 << 20);
    MockServer server([&](const MockRequest& request) { return serve_range(request, blob); });
    RegistryClient client(plain_options());
    auto source = client.open_blob(reference_to(server.host()), descriptor_of(blob));
    ASSERT_TRUE(source);
    ASSERT_TRUE((*source)->next());
    std::uint64_t before = 0;
    do {  // until the client has stopped taking bytes
        before = client.bytes_fetched();
        std::this_thread::sleep_for(20ms);
    } while (client.bytes_fetched() != before);
    EXPECT_LE(client.bytes_fetched(), 11U * (128 << 10)) << "eight chunks wait, and a few are in hands";
    EXPECT_GT(client.bytes_fetched(), 0U);
}

TEST(Blob, MayOutliveTheClient) {
    const std::string blob = some_bytes(8 << 20);
    MockServer server([&](const MockRequest& request) { return serve_range(request, blob); });
    std::unique_ptr<ByteSource> source;
    {
        RegistryClient client(plain_options());
        auto opened = client.open_blob(reference_to(server.host()), descriptor_of(blob));
        ASSERT_TRUE(opened);
        source = std::move(*opened);
        ASSERT_TRUE(source->next());
    }
    const std::string message = drain(*source);
    EXPECT_NE(message.find("stopped on request"), std::string::npos) << message.substr(0, 200);
}

// ---- stopping ----

TEST(Stop, EndsAWaitForTheServer) {
    MockServer server([](const MockRequest&) {
        MockReply silent = manifest_reply();
        silent.stall = true;
        silent.cut_after = 3;
        return silent;
    });
    RegistryClient client(plain_options());
    std::stop_source stop;
    auto call = std::async(std::launch::async, [&] { return client.fetch_manifest(reference_to(server.host()), stop.get_token()); });
    while (client.bytes_fetched() == 0) std::this_thread::yield();
    const auto start = std::chrono::steady_clock::now();
    stop.request_stop();
    const auto manifest = call.get();
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(Stop, EndsABackoff) {
    MockServer server([](const MockRequest&) { return reply(429, "x", {{"Retry-After", "300"}}); });
    RegistryClient client(plain_options());
    std::stop_source stop;
    auto call = std::async(std::launch::async, [&] { return client.fetch_manifest(reference_to(server.host()), stop.get_token()); });
    while (client.bytes_fetched() == 0) std::this_thread::yield();
    stop.request_stop();
    const auto manifest = call.get();
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::cancelled);
}

TEST(Stop, EndsABlob) {
    MockServer server([](const MockRequest&) {
        MockReply silent = reply(200, std::string(1000, 'x'));
        silent.stall = true;
        silent.cut_after = 3;
        return silent;
    });
    RegistryClient client(plain_options());
    std::stop_source stop;
    auto source = client.open_blob(reference_to(server.host()), descriptor_of(std::string(1000, 'x')), stop.get_token());
    ASSERT_TRUE(source);
    ASSERT_TRUE((*source)->next());
    auto call = std::async(std::launch::async, [&] { return drain(**source); });
    stop.request_stop();
    EXPECT_NE(call.get().find("stopped on request"), std::string::npos);
}

TEST(Stop, BeforeTheStartSendsNothing) {
    MockServer server([](const MockRequest&) { return manifest_reply(); });
    RegistryClient client(plain_options());
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(client.fetch_manifest(reference_to(server.host()), stop.get_token()).error().code, ErrorCode::cancelled);
    EXPECT_EQ(server.requests().size(), 0U);
}

// ---- redirects ----

TEST(Redirect, LeavesAuthorizationBehindAndKeepsRange) {
    const std::string blob = some_bytes(100'000);
    std::atomic<int> count = 0;
    MockServer store([&](const MockRequest& request) {
        MockReply made = request.header("authorization").empty() ? serve_range(request, blob) : reply(400, "only one auth mechanism");
        if (++count == 1) made.cut_after = 60'000;
        return made;
    });
    MockServer server([&](const MockRequest& request) {
        if (request.header("authorization").empty()) return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}});
        return reply(307, "", {{"Location", store.url("/blob?X-Amz-Signature=SECRET")}});
    });
    ClientOptions options = plain_options();
    options.username = "u";
    options.password = "p";
    RegistryClient client(options);
    EXPECT_EQ(read_blob(client, server, blob), blob);
    ASSERT_EQ(store.requests().size(), 2U);
    EXPECT_EQ(store.requests()[0].target, "/blob?X-Amz-Signature=SECRET");
    EXPECT_EQ(store.requests()[1].header("range"), "bytes=60000-");
    EXPECT_EQ(store.requests()[1].header("accept"), "*/*");
    EXPECT_EQ(server.requests().size(), 3U);  // the resumed request began at the registry again
    EXPECT_EQ(server.requests()[1].header("authorization"), basic_authorization("u", "p"));
}

// Signed addresses run out. A cut is resumed at the registry, which signs another one; one that ran out on the way is asked for anew.
TEST(Redirect, ExpiredAddressesAreAskedForAnew) {
    const std::string blob = some_bytes(400'000);
    for (const bool expires_unused : {false, true}) {
        std::set<std::string> used;
        int signed_addresses = 0;
        std::size_t sent = 0;
        MockServer store([&](const MockRequest& request) {
            if (!used.insert(request.target).second || (expires_unused && used.size() % 2 == 0)) return reply(403, "<Message>Request has expired</Message>");
            MockReply made = serve_range(request, blob);
            if (made.body.size() > 100'000) made.cut_after = 100'000;
            sent += std::min<std::size_t>(made.body.size(), 100'000);
            return made;
        });
        MockServer server([&](const MockRequest&) {
            return reply(307, "", {{"Location", store.url("/blob?X-Amz-Signature=" + std::to_string(++signed_addresses))}});
        });
        RegistryClient client(plain_options());
        EXPECT_EQ(read_blob(client, server, blob), blob);
        EXPECT_EQ(signed_addresses, expires_unused ? 7 : 4);
        EXPECT_EQ(sent, blob.size()) << "no byte was sent twice";
        EXPECT_EQ(store.requests().back().header("range"), "bytes=300000-");
    }
}

TEST(Redirect, ARefusalThatIsMeantIsAskedForOnceMore) {
    int signed_addresses = 0;
    MockServer store([](const MockRequest&) { return reply(403, "<Code>AccessDenied</Code>"); });
    MockServer server([&](const MockRequest&) {
        return reply(307, "", {{"Location", store.url("/blob?sig=" + std::to_string(++signed_addresses))}});
    });
    RegistryClient client(plain_options());
    EXPECT_NE(read_blob(client, server, "blob").find("HTTP 403 after 2 tries"), std::string::npos);
    EXPECT_EQ(signed_addresses, 2);
}

TEST(Redirect, KeepsAuthorizationOnTheSameOrigin) {
    MockServer server([](const MockRequest& request) {
        if (request.header("authorization").empty()) return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}});
        if (request.path() == "/other") return manifest_reply();
        return reply(302, "", {{"Location", "/other?a=b"}});
    });
    ClientOptions options = plain_options();
    options.username = "u";
    options.password = "p";
    RegistryClient client(options);
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
}

TEST(Redirect, DoesNotWaitForABodyThatNeverComes) {
    MockServer server([](const MockRequest& request) {
        if (request.path() == "/other") return manifest_reply();
        MockReply made = reply(307, "", {{"Location", "/other"}});
        made.declared_length = 1'000'000;
        made.stall = true;
        return made;
    });
    ClientOptions options = plain_options();
    options.connections_per_host = 1;
    RegistryClient client(options);
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
    EXPECT_EQ(server.connections(), 2);
}

TEST(Redirect, EndsAfterTen) {
    MockServer server([](const MockRequest& request) { return reply(307, "", {{"Location", request.target + "x"}}); });
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())),
              "fetch manifest: GET " + server.host() + "/v2/ns/app/manifests/v1: more than 10 redirects");
    EXPECT_EQ(server.requests().size(), 11U);
}

TEST(Redirect, BadTargetsAreRefused) {
    for (const char* location : {"file:///etc/passwd", "https://u:SECRET@h/", "http://[::1"}) {
        MockServer server([&](const MockRequest&) { return reply(307, "", {{"Location", location}}); });
        RegistryClient client(plain_options());
        const auto manifest = client.fetch_manifest(reference_to(server.host()));
        ASSERT_FALSE(manifest);
        EXPECT_EQ(manifest.error().code, ErrorCode::protocol);
        EXPECT_EQ(manifest.error().message().find("SECRET"), std::string::npos);
        EXPECT_EQ(server.requests().size(), 1U);
    }
}

TEST(Redirect, ErrorsBehindItNameTheHostButNoQuery) {
    MockServer store([](const MockRequest&) { return reply(403, "<Code>AccessDenied</Code>"); });
    MockServer server([&](const MockRequest&) {
        return reply(307, "", {{"Location", "http://localhost:" + std::to_string(store.port()) + "/b?sig=SECRET"}});
    });
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())),
              "fetch manifest: GET " + server.host() + "/v2/ns/app/manifests/v1: HTTP 403 from localhost:" + std::to_string(store.port()) +
                  " behind a redirect: \"<Code>AccessDenied</Code>\"; the login may not read this repository");
}

TEST(Redirect, AHostBehindItThatWantsALoginGetsNone) {
    MockServer store([](const MockRequest&) { return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}}); });
    MockServer server([&](const MockRequest&) { return reply(307, "", {{"Location", store.url("/b")}}); });
    ClientOptions options = plain_options();
    options.username = "u";
    options.password = "p";
    RegistryClient client(options);
    EXPECT_EQ(client.fetch_manifest(reference_to(server.host())).error().code, ErrorCode::auth);
    ASSERT_EQ(store.requests().size(), 1U);
    EXPECT_EQ(store.requests()[0].header("authorization"), "");
}

// ---- login ----

/// A registry that wants Bearer tokens, and its token server in one.
class BearerRegistry {
public:
    BearerRegistry() : server_([this](const MockRequest& request) { return answer(request); }) {}

    MockServer& server() noexcept { return server_; }
    [[nodiscard]] std::string host() const { return server_.host(); }
    void expire() { valid_ = "none"; }

    std::function<MockReply(const MockRequest&)> on_token;      ///< instead of the usual answer
    std::function<MockReply(const MockRequest&)> on_bad_token;  ///< to a request whose token is not valid
    std::string challenge;                                      ///< empty: the usual one
    std::string blob;                                           ///< what blobs/ serves

    [[nodiscard]] std::string usual_challenge(const std::string& more = {}) const {
        return "Bearer realm=\"" + server_.url("/token") + "\",service=\"mock\",scope=\"repository:ns/app:pull\"" + more;
    }
    MockReply grant() {
        valid_ = "token" + std::to_string(++granted_);
        return reply(200, R"({"token":")" + valid_ + R"(","expires_in":300})");
    }

private:
    MockReply answer(const MockRequest& request) {
        if (request.path() == "/token") return on_token ? on_token(request) : grant();
        const std::string authorization = request.header("authorization");
        if (authorization == "Bearer " + valid_) return blob.empty() ? manifest_reply() : serve_range(request, blob);
        if (!authorization.empty() && on_bad_token) return on_bad_token(request);
        return reply(401, R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})",
                     {{"WWW-Authenticate", challenge.empty() ? usual_challenge() : challenge}});
    }

    std::string valid_ = "none";
    int granted_ = 0;
    MockServer server_;
};

TEST(Bearer, AnonymousTokenIsFetchedAndKept) {
    BearerRegistry registry;
    RegistryClient client(plain_options());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
    const auto tokens = registry.server().requests_to("/token");
    ASSERT_EQ(tokens.size(), 1U);
    EXPECT_EQ(tokens[0].target, "/token?service=mock&scope=repository%3Ans%2Fapp%3Apull&client_id=veritag");
    EXPECT_EQ(tokens[0].header("authorization"), "");
    EXPECT_EQ(registry.server().requests().size(), 5U);
}

TEST(Bearer, PasswordGoesToTheTokenServerOnly) {
    BearerRegistry registry;
    ClientOptions options = plain_options();
    options.username = "robot$x+y";
    options.password = "p:w";
    RegistryClient client(options);
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
    const auto tokens = registry.server().requests_to("/token");
    ASSERT_EQ(tokens.size(), 1U);
    EXPECT_EQ(tokens[0].header("authorization"), basic_authorization("robot$x+y", "p:w"));
    EXPECT_NE(tokens[0].target.find("account=robot%24x%2By"), std::string::npos);
    for (const MockRequest& request : registry.server().requests_to("/v2/ns/app/manifests/v1"))
        EXPECT_NE(request.header("authorization"), basic_authorization("robot$x+y", "p:w"));
}

TEST(Bearer, FiftyWorkersFetchOneToken) {
    BearerRegistry registry;
    RegistryClient client(plain_options());
    std::vector<std::future<std::string>> workers;
    for (int i = 0; i < 50; ++i)
        workers.push_back(std::async(std::launch::async, [&] { return manifest_or_error(client, reference_to(registry.host())); }));
    for (auto& worker : workers) EXPECT_EQ(worker.get(), kManifest);
    EXPECT_EQ(registry.server().requests_to("/token").size(), 1U);
}

TEST(Bearer, ExpiredTokenIsRenewedOnce) {
    BearerRegistry registry;
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
    registry.expire();
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
    EXPECT_EQ(registry.server().requests_to("/token").size(), 2U);
}

TEST(Bearer, ExpiryIsSeenThroughHarborsBasicChallenge) {
    BearerRegistry registry;
    registry.on_bad_token = [](const MockRequest&) { return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"harbor\""}}); };
    ClientOptions options = plain_options();
    options.username = "u";
    options.password = "p";
    RegistryClient client(options);
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
    registry.expire();
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
    EXPECT_EQ(registry.server().requests_to("/token").size(), 2U);
    for (const MockRequest& request : registry.server().requests_to("/v2/ns/app/manifests/v1"))
        EXPECT_NE(request.header("authorization"), basic_authorization("u", "p"));
}

TEST(Bearer, ExpiryInTheMiddleOfABlobResumes) {
    const std::string blob = some_bytes(200'000);
    std::string valid = "none";
    int granted = 0;
    int served = 0;
    MockServer server([&](const MockRequest& request) {
        if (request.path() == "/token") {
            valid = "token" + std::to_string(++granted);
            return reply(200, R"({"token":")" + valid + R"("})");
        }
        if (request.header("authorization").empty()) return reply(401, "", {{"WWW-Authenticate", "Bearer realm=\"/token\""}});
        if (request.header("authorization") != "Bearer " + valid) return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"harbor\""}});
        MockReply made = serve_range(request, blob);
        if (++served == 1) {
            made.cut_after = 100'000;
            valid = "expired";
        }
        return made;
    });
    RegistryClient client(plain_options());
    EXPECT_EQ(read_blob(client, server, blob), blob);
    EXPECT_EQ(served, 2);
    EXPECT_EQ(granted, 2);
}

TEST(Bearer, ARefusedFreshTokenIsFinal) {
    BearerRegistry registry;
    registry.on_token = [](const MockRequest&) { return reply(200, R"({"access_token":"worthless"})"); };
    RegistryClient client(plain_options());
    EXPECT_EQ(
        manifest_or_error(client, reference_to(registry.host())),
        "fetch manifest: GET " + registry.host() +
            "/v2/ns/app/manifests/v1: HTTP 401: a fresh token was refused: no access, or no such repository: UNAUTHORIZED \"authentication "
            "required\"; log in with --username and --password-stdin, or name a file with --authfile");
    EXPECT_EQ(registry.server().requests_to("/token").size(), 1U);
    EXPECT_EQ(registry.server().requests().size(), 3U);
}

TEST(Bearer, TokensEchoedInErrorsAreMasked) {
    BearerRegistry registry;
    registry.on_token = [](const MockRequest&) { return reply(200, R"({"token":"SECRETTOKEN"})"); };
    registry.on_bad_token = [](const MockRequest& request) { return reply(401, "bad header " + request.header("authorization")); };
    RegistryClient client(plain_options());
    const std::string message = manifest_or_error(client, reference_to(registry.host()));
    EXPECT_NE(message.find("bad header Bearer ***"), std::string::npos) << message;
    EXPECT_EQ(message.find("SECRETTOKEN"), std::string::npos) << message;
}

TEST(Bearer, InsufficientScopeIsTakenOnce) {
    BearerRegistry registry;
    registry.challenge = "Bearer realm=\"/token\"";
    registry.on_token = [&](const MockRequest& request) {
        return request.target.find("repository%3Ans%2Fapp%3Aextra") == std::string::npos ? reply(200, R"({"token":"small"})")
                                                                                         : registry.grant();
    };
    registry.on_bad_token = [&](const MockRequest&) {
        return reply(403, "",
                     {{"WWW-Authenticate", "Bearer realm=\"/token\",scope=\"repository:ns/app:extra\",error=\"insufficient_scope\""}});
    };
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
    const auto tokens = registry.server().requests_to("/token");
    ASSERT_EQ(tokens.size(), 2U);
    EXPECT_EQ(tokens[1].target, "/token?scope=repository%3Ans%2Fapp%3Aextra&scope=repository%3Ans%2Fapp%3Apull&client_id=veritag");
}

TEST(Bearer, OtherRepositoriesGetTheirOwnToken) {
    BearerRegistry registry;
    registry.on_token = [](const MockRequest&) { return reply(200, R"({"token":"none"})"); };  // valid from the start
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host(), "v1", "ns/app")), kManifest);
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host(), "v1", "ns/other")), kManifest);
    const auto tokens = registry.server().requests_to("/token");
    ASSERT_EQ(tokens.size(), 2U);
    EXPECT_NE(tokens[1].target.find("scope=repository%3Ans%2Fother%3Apull&"), std::string::npos) << tokens[1].target;
    EXPECT_EQ(tokens[1].target.find("ns%2Fapp"), std::string::npos) << tokens[1].target;
}

TEST(Bearer, TwoChallengesInOneHeader) {
    BearerRegistry registry;
    registry.challenge = "Basic realm=\"x\", " + registry.usual_challenge();
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
}

TEST(Bearer, TokenServerFailuresAreRepeatedInOnePlaceOnly) {
    BearerRegistry registry;
    registry.on_token = [](const MockRequest&) { return reply(503, "down"); };
    RegistryClient client(plain_options());
    const std::string message = manifest_or_error(client, reference_to(registry.host()));
    EXPECT_EQ(message, "fetch token: GET " + registry.host() + "/v2/ns/app/manifests/v1, GET " + registry.host() +
                           "/token: HTTP 503 after 3 tries: \"down\"");
    EXPECT_EQ(registry.server().requests_to("/token").size(), 3U);
}

TEST(Bearer, RefusedPasswordIsSaidWithoutIt) {
    BearerRegistry registry;
    registry.on_token = [](const MockRequest& request) { return reply(401, "wrong: " + request.header("authorization") + " SECRET"); };
    ClientOptions options = plain_options();
    options.username = "u";
    options.password = "SECRET";
    RegistryClient client(options);
    const std::string message = manifest_or_error(client, reference_to(registry.host()));
    EXPECT_EQ(message, "fetch token: GET " + registry.host() + "/v2/ns/app/manifests/v1, GET " + registry.host() +
                           "/token: HTTP 401: \"wrong: Basic *** ***\"; the token server refused the login: check user name and password");
    EXPECT_EQ(registry.server().requests_to("/token").size(), 1U);
}

TEST(Bearer, OversizedTokenAnswerIsALimit) {
    BearerRegistry registry;
    registry.on_token = [](const MockRequest&) { return reply(200, std::string(2 << 20, ' ')); };
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to(registry.host()));
    ASSERT_FALSE(manifest);
    EXPECT_NE(manifest.error().message().find("limits.token_bytes"), std::string::npos) << manifest.error().message();
}

TEST(Bearer, ChallengesThatCannotBeUsed) {
    const std::map<std::string, std::string> table{
        {"Bearer service=\"x\"", "a Bearer challenge without a realm"},
        {"Bearer realm=\"ftp://x/y\"", "the realm of its challenge: ftp://x/y: neither http:// nor https:// stands in front"},
        {"Digest realm=\"x\"", "it offers only the scheme \"digest\" (known: Basic, Bearer)"},
        {"", "no such project or no access"}};
    for (const auto& [key, says] : table) {
        const std::string& challenge = key;  // Clang 14 cannot capture a structured binding
        MockServer server([&](const MockRequest&) { return reply(401, "", {{"WWW-Authenticate", challenge}}); });
        RegistryClient client(plain_options());
        const std::string message = manifest_or_error(client, reference_to(server.host()));
        EXPECT_NE(message.find(says), std::string::npos) << message;
        EXPECT_EQ(server.requests().size(), 1U);
    }
}

TEST(Identity, TokenIsPostedAndFallsBackToGet) {
    for (const bool gitea : {false, true}) {
        BearerRegistry registry;
        registry.on_token = [&](const MockRequest& request) { return gitea && request.method == "POST" ? reply(404) : registry.grant(); };
        ::setenv("DOCKER_AUTH_CONFIG", (R"({"auths":{")" + registry.host() + R"(":{"identitytoken":"id&1"}}})").c_str(), 1);
        ClientOptions options = plain_options();
        options.use_environment_auth = true;
        RegistryClient client(options);
        EXPECT_EQ(manifest_or_error(client, reference_to(registry.host())), kManifest);
        ::unsetenv("DOCKER_AUTH_CONFIG");
        const auto tokens = registry.server().requests_to("/token");
        ASSERT_EQ(tokens.size(), gitea ? 2U : 1U);
        EXPECT_EQ(tokens[0].method, "POST");
        EXPECT_EQ(tokens[0].body,
                  "grant_type=refresh_token&client_id=veritag&service=mock&scope=repository%3Ans%2Fapp%3Apull&refresh_token=id%261");
        EXPECT_EQ(tokens.back().method, gitea ? "GET" : "POST");
    }
}

TEST(Identity, TokenIsNotPostedToARedirect) {
    MockServer other([](const MockRequest&) { return reply(200, R"({"token":"x"})"); });
    BearerRegistry registry;
    registry.on_token = [&](const MockRequest&) { return reply(307, "", {{"Location", other.url("/token")}}); };
    ::setenv("DOCKER_AUTH_CONFIG", (R"({"auths":{")" + registry.host() + R"(":{"identitytoken":"SECRET"}}})").c_str(), 1);
    ClientOptions options = plain_options();
    options.use_environment_auth = true;
    RegistryClient client(options);
    EXPECT_FALSE(client.fetch_manifest(reference_to(registry.host())));
    ::unsetenv("DOCKER_AUTH_CONFIG");
    EXPECT_EQ(other.requests().size(), 0U);
}

TEST(Identity, RegistryTokenIsSentAsItIs) {
    MockServer server(
        [](const MockRequest& request) { return request.header("authorization") == "Bearer ready" ? manifest_reply() : reply(401); });
    ::setenv("DOCKER_AUTH_CONFIG", (R"({"auths":{")" + server.host() + R"(":{"registrytoken":"ready"}}})").c_str(), 1);
    ClientOptions options = plain_options();
    options.use_environment_auth = true;
    RegistryClient client(options);
    EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
    ::unsetenv("DOCKER_AUTH_CONFIG");
}

TEST(Basic, WithoutPasswordIsAnAuthError) {
    MockServer server([](const MockRequest&) { return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}}); });
    RegistryClient client(plain_options());
    const auto manifest = client.fetch_manifest(reference_to(server.host()));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().code, ErrorCode::auth);
    EXPECT_EQ(manifest.error().saw, "HTTP 401: it asks for a user name and password");
}

TEST(Basic, RefusedPasswordIsTriedOnce) {
    MockServer server([](const MockRequest&) { return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}}); });
    ClientOptions options = plain_options();
    options.username = "u";
    options.password = "p";
    RegistryClient client(options);
    EXPECT_EQ(client.fetch_manifest(reference_to(server.host())).error().saw, "HTTP 401: the user name or password was refused");
    EXPECT_EQ(server.requests().size(), 2U);
}

// ---- where servers may lead us ----

/// A registry with a public name: it is reached through a proxy, which the address policy judges by the name alone.
class PublicRegistry : public testing::Test {
protected:
    void TearDown() override {
        ::unsetenv("http_proxy");
        ::unsetenv("https_proxy");
    }
    static void use_proxy(const MockServer& proxy) {
        ::setenv("http_proxy", ("http://us%65r:pw@" + proxy.host()).c_str(), 1);
        ::setenv("https_proxy", ("http://us%65r:pw@" + proxy.host()).c_str(), 1);
    }
};

TEST_F(PublicRegistry, IsAskedThroughTheProxyWithTheWholeUrl) {
    MockServer proxy([](const MockRequest&) { return manifest_reply(); });
    use_proxy(proxy);
    RegistryClient client(plain_options());
    EXPECT_EQ(manifest_or_error(client, reference_to("hub.example:5000")), kManifest);
    ASSERT_EQ(proxy.requests().size(), 1U);
    EXPECT_EQ(proxy.requests()[0].target, "http://hub.example:5000/v2/ns/app/manifests/v1");
    EXPECT_EQ(proxy.requests()[0].header("host"), "hub.example:5000");
    EXPECT_EQ(proxy.requests()[0].header("proxy-authorization"), basic_authorization("user", "pw"));
}

TEST_F(PublicRegistry, MayNotRedirectToInternalAddresses) {
    MockServer inside([](const MockRequest&) { return reply(200, "internal secret"); });
    for (const std::string& target :
         {inside.url("/x"), "http://localhost:" + std::to_string(inside.port()) + "/x", std::string("http://169.254.169.254/x"),
          std::string("http://2130706433/x"), std::string("http://metadata.google.internal/x")}) {
        MockServer proxy([&](const MockRequest&) { return reply(307, "", {{"Location", target}}); });
        use_proxy(proxy);
        RegistryClient client(plain_options());
        const std::string message = manifest_or_error(client, reference_to("hub.example:5000"));
        EXPECT_NE(message.find("a public server leads to the internal address of "), std::string::npos) << message;
        EXPECT_EQ(proxy.requests().size(), 1U);
    }
    EXPECT_EQ(inside.connections(), 0);
}

TEST_F(PublicRegistry, MayNotNameAnInternalTokenServer) {
    MockServer inside([](const MockRequest&) { return reply(200, R"({"token":"x"})"); });
    MockServer proxy([&](const MockRequest&) {
        return reply(401, "", {{"WWW-Authenticate", "Bearer realm=\"" + inside.url("/token") + "\""}});
    });
    use_proxy(proxy);
    RegistryClient client(plain_options());
    const std::string message = manifest_or_error(client, reference_to("hub.example:5000"));
    EXPECT_NE(message.find("a public server leads to the internal address of 127.0.0.1"), std::string::npos) << message;
    EXPECT_EQ(inside.connections(), 0);
}

TEST(InternalRegistry, IsNotAskedForANameFromOutside) {
    MockServer inside([](const MockRequest&) { return manifest_reply(); });
    ClientOptions options = plain_options();
    options.registries_may_be_internal = false;
    for (const std::string& host : {inside.host(), "localhost:" + std::to_string(inside.port())}) {
        RegistryClient client(options);
        const std::string message = manifest_or_error(client, reference_to(host));
        EXPECT_NE(message.find("has an internal address, and nothing that runs here names it"), std::string::npos) << message;
    }
    EXPECT_EQ(inside.connections(), 0);
    // One registry that is configured opens no other one.
    Clients clients(options);
    clients.add(inside.host(), plain_options());
    EXPECT_EQ(manifest_or_error(*clients.of(inside.host()), reference_to(inside.host())), kManifest);
    EXPECT_NE(manifest_or_error(*clients.of("hub.example"), reference_to("localhost:" + std::to_string(inside.port()))), kManifest);
}

TEST(Rate, RequestsToAHostKeepTheirDistance) {
    std::vector<std::chrono::steady_clock::time_point> times;
    MockServer server([&](const MockRequest&) {
        times.push_back(std::chrono::steady_clock::now());
        return manifest_reply();
    });
    ClientOptions options = plain_options();
    options.requests_per_second = 20;
    RegistryClient client(options);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
    ASSERT_EQ(times.size(), 4U);
    EXPECT_GE(times[3] - times[0], 130ms) << "three times 50 ms, less what a busy machine blurs";
}

TEST(Rate, IsOneForClientsThatShareIt) {
    std::vector<std::chrono::steady_clock::time_point> times;
    std::mutex mutex;
    MockServer server([&](const MockRequest&) {
        const std::lock_guard lock(mutex);
        times.push_back(std::chrono::steady_clock::now());
        return manifest_reply();
    });
    ClientOptions options = plain_options();
    options.pace = std::make_shared<Pace>(20);
    RegistryClient one(options), other(options);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(manifest_or_error(one, reference_to(server.host())), kManifest);
        EXPECT_EQ(manifest_or_error(other, reference_to(server.host())), kManifest);
    }
    ASSERT_EQ(times.size(), 4U);
    EXPECT_GE(times[3] - times[0], 130ms);
}

TEST(Traffic, IsToldByHostAndStatus) {
    struct Counter final : TrafficObserver {
        std::map<std::string, int> seen;
        std::uint64_t left = 0;
        void answered(std::string_view host, unsigned status) override { ++seen[std::string(host) + " " + std::to_string(status)]; }
        void allowance(std::string_view, std::uint64_t remaining) override { left = remaining; }
    };
    const auto counter = std::make_shared<Counter>();
    int count = 0;
    MockServer server([&](const MockRequest&) {
        if (++count == 1) return reply(503);
        return reply(200, kManifest, {{"Content-Type", kOciType}, {"ratelimit-remaining", "76;w=21600"}});
    });
    ClientOptions options = plain_options();
    options.observer = counter;
    {
        RegistryClient client(options);
        EXPECT_EQ(manifest_or_error(client, reference_to(server.host())), kManifest);
    }
    EXPECT_EQ(counter->seen, (std::map<std::string, int>{{server.host() + " 200", 1}, {server.host() + " 503", 1}}));
    EXPECT_EQ(counter->left, 76U);
}

TEST_F(PublicRegistry, ProxyRefusalIsReported) {
    MockServer proxy([](const MockRequest&) { return reply(407); });
    use_proxy(proxy);
    RegistryClient client(quick_options());
    const auto manifest = client.fetch_manifest(reference_to("hub.example"));
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().message(), "fetch manifest: GET hub.example/v2/ns/app/manifests/v1: proxy " + proxy.host() +
                                              " answered HTTP 407; put user:password@ into the proxy setting");
    ASSERT_EQ(proxy.requests().size(), 1U);
    EXPECT_EQ(proxy.requests()[0].method, "CONNECT");
    EXPECT_EQ(proxy.requests()[0].target, "hub.example:443");
}

}  // namespace
}  // namespace veritag::registry
