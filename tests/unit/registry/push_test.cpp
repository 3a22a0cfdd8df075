// Pushing, and lists of referrers, against a scripted server: every fault here was seen on some registry.
#include "registry/client.h"

#include "mock_registry.h"
#include "registry/referrers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

namespace veritag::registry {
namespace {

using namespace std::chrono_literals;
using test::MockReply;
using test::MockRequest;
using test::MockServer;
using test::reply;

const std::string kContent = "what is pushed";
const std::string kUploads = "/v2/ns/app/blobs/uploads/";
const std::string kIndexType(oci::media_type::kOciIndex);

ClientOptions plain_options() {
    ClientOptions options;
    options.use_environment_auth = false;
    options.plain_http = true;
    options.attempts = 3;
    options.backoff = 1ms;
    options.backoff_cap = 2ms;
    options.connect_timeout = 10s;
    options.idle_timeout = 10s;
    return options;
}

oci::Reference repository(const MockServer& server, const std::string& tag = "v1") {
    oci::Reference reference;
    reference.registry = server.host();
    reference.repository = "ns/app";
    reference.tag = tag;
    return reference;
}

// A registry that takes blobs; `location` is what it answers to POST.
MockReply take(const MockRequest& request, std::set<std::string>& blobs, const std::string& location) {
    if (request.method == "HEAD") return reply(blobs.contains(request.target.substr(request.target.rfind('/') + 1)) ? 200 : 404);
    if (request.method == "POST") return reply(202, "", {{"Location", location}});
    if (request.method == "PUT") {
        blobs.insert(sha256_of(request.body).str());
        return reply(201);
    }
    return reply(500);
}

std::vector<std::string> methods(const MockServer& server) {
    std::vector<std::string> all;
    for (const MockRequest& request : server.requests()) all.push_back(request.method);
    return all;
}

using Methods = std::vector<std::string>;

// ---- blobs ----

TEST(PushBlob, LocationMayBeRelativeOrAbsoluteAndKeepsItsQuery) {
    for (const std::string& shape : {std::string("/v2/ns/app/blobs/uploads/1?_state=a%3Db&x=y"), std::string("1?_state=a%3Db&x=y"), std::string("http://@HOST@/v2/ns/app/blobs/uploads/1?_state=a%3Db&x=y")}) {
        std::set<std::string> blobs;
        std::string location = shape;
        MockServer server([&](const MockRequest& request) { return take(request, blobs, location); });
        if (const auto at = location.find("@HOST@"); at != std::string::npos) location.replace(at, 6, server.host());
        RegistryClient client(plain_options());
        const Result<void> pushed = client.push_blob(repository(server), kContent);
        ASSERT_TRUE(pushed) << shape << ": " << pushed.error().message();
        const auto requests = server.requests();
        ASSERT_EQ(methods(server), (Methods{"HEAD", "POST", "PUT"}));
        EXPECT_EQ(requests[1].target, kUploads);
        EXPECT_EQ(requests[1].header("content-length"), "0");
        const std::string digest = sha256_of(kContent).str();
        EXPECT_EQ(requests[2].target, kUploads + "1?_state=a%3Db&x=y&digest=sha256%3A" + digest.substr(7)) << shape;
        EXPECT_EQ(requests[2].header("content-type"), "application/octet-stream");
        EXPECT_EQ(requests[2].header("content-length"), std::to_string(kContent.size()));
        EXPECT_EQ(requests[2].body, kContent);
        EXPECT_TRUE(client.push_blob(repository(server), kContent));
        EXPECT_EQ(methods(server), (Methods{"HEAD", "POST", "PUT", "HEAD"})) << "what is there is not sent again";
    }
}

TEST(PushBlob, WithoutQueryTheDigestBeginsOne) {
    std::set<std::string> blobs;
    MockServer server([&](const MockRequest& request) { return take(request, blobs, "/elsewhere/u"); });
    RegistryClient client(plain_options());
    ASSERT_TRUE(client.push_blob(repository(server), kContent));
    EXPECT_EQ(server.requests()[2].target.find("/elsewhere/u?digest=sha256%3A"), 0U);
}

TEST(PushBlob, AnotherHostGetsNoCredentials) {
    std::set<std::string> blobs, stored;
    MockServer store([&](const MockRequest& request) { return take(request, stored, ""); });
    MockServer server([&](const MockRequest& request) {
        if (request.header("authorization").empty()) return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}});
        return take(request, blobs, store.url("/bucket/1?signature=s"));
    });
    ClientOptions options = plain_options();
    options.username = "user";
    options.password = "secret";
    RegistryClient client(options);
    const Result<void> pushed = client.push_blob(repository(server), kContent);
    ASSERT_TRUE(pushed) << pushed.error().message();
    ASSERT_EQ(methods(store), (Methods{"PUT"}));
    EXPECT_EQ(store.requests()[0].header("authorization"), "");
    EXPECT_EQ(store.requests()[0].body, kContent);
}

TEST(PushBlob, ARedirectKeepsMethodAndBody) {
    std::set<std::string> blobs;
    MockServer server([&](const MockRequest& request) {
        if (request.path() == kUploads) return reply(307, "", {{"Location", "/other" + request.target}});
        return take(request, blobs, "/v2/u/1");
    });
    RegistryClient client(plain_options());
    const Result<void> pushed = client.push_blob(repository(server), kContent);
    ASSERT_TRUE(pushed) << pushed.error().message();
    EXPECT_EQ(methods(server), (Methods{"HEAD", "POST", "POST", "PUT"}));
}

TEST(PushBlob, ARedirectThatWouldReadInsteadIsAnError) {
    MockServer server([&](const MockRequest& request) { return request.method == "HEAD" ? reply(404) : reply(301, "", {{"Location", "/other"}}); });
    RegistryClient client(plain_options());
    const Result<void> pushed = client.push_blob(repository(server), kContent);
    ASSERT_FALSE(pushed);
    EXPECT_NE(pushed.error().message().find("HTTP 301"), std::string::npos) << pushed.error().message();
    EXPECT_NE(pushed.error().hint.find("another address"), std::string::npos);
    EXPECT_EQ(methods(server), (Methods{"HEAD", "POST"}));
}

// Nobody knows how far a broken upload came, so a new one is begun, if the blob is not there after all.
TEST(PushBlob, ABrokenUploadIsBegunAnew) {
    std::set<std::string> blobs;
    int puts = 0;
    MockServer server([&](const MockRequest& request) {
        MockReply made = take(request, blobs, "/v2/u/" + std::to_string(puts));
        if (request.method == "PUT" && ++puts == 1) {
            blobs.clear();
            made.close_at_once = true;
        }
        return made;
    });
    RegistryClient client(plain_options());
    ASSERT_TRUE(client.push_blob(repository(server), kContent));
    EXPECT_EQ(methods(server), (Methods{"HEAD", "POST", "PUT", "HEAD", "POST", "PUT"}));
    EXPECT_EQ(server.requests()[5].path(), "/v2/u/1");
}

TEST(PushBlob, AnUploadWhoseAnswerWasLostIsNotSentAgain) {
    std::set<std::string> blobs;
    MockServer server([&](const MockRequest& request) {
        MockReply made = take(request, blobs, "/v2/u/1");
        made.close_at_once = request.method == "PUT";
        return made;
    });
    RegistryClient client(plain_options());
    ASSERT_TRUE(client.push_blob(repository(server), kContent));
    EXPECT_EQ(methods(server), (Methods{"HEAD", "POST", "PUT", "HEAD"}));
}

TEST(PushBlob, TriesEnd) {
    MockServer server([&](const MockRequest& request) { return reply(request.method == "HEAD" ? 404 : 503); });
    RegistryClient client(plain_options());
    const Result<void> pushed = client.push_blob(repository(server), kContent);
    ASSERT_FALSE(pushed);
    EXPECT_NE(pushed.error().message().find("HTTP 503 after 3 tries"), std::string::npos) << pushed.error().message();
}

struct Refusal {
    const char* name;
    int status;
    const char* says;
};
class PushIsRefused : public testing::TestWithParam<Refusal> {};

TEST_P(PushIsRefused, AndSaysSo) {
    const Refusal& each = GetParam();
    MockServer server([&](const MockRequest& request) {
        return request.method == "HEAD" ? reply(404) : reply(each.status, R"({"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]})");
    });
    RegistryClient client(plain_options());
    for (const bool manifest : {false, true}) {
        const Result<void> pushed = [&]() -> Result<void> {
            if (!manifest) return client.push_blob(repository(server), kContent);
            VERITAG_CHECK(client.push_manifest(repository(server), "{}", kIndexType));
            return ok();
        }();
        ASSERT_FALSE(pushed);
        EXPECT_NE(pushed.error().message().find(each.says), std::string::npos) << pushed.error().message();
        EXPECT_NE(pushed.error().message().find("UNSUPPORTED"), std::string::npos) << pushed.error().message();
    }
    EXPECT_EQ(methods(server), (Methods{"HEAD", "POST", "PUT"}));
}

INSTANTIATE_TEST_SUITE_P(Statuses, PushIsRefused,
                         testing::Values(Refusal{"ReadOnly", 405, "read-only, or a cache"}, Refusal{"Forbidden", 403, "may not push"}, Refusal{"Unknown", 404, "does not make this repository"},
                                         Refusal{"NoChallenge", 401, "no such project or no access"}, Refusal{"TooLarge", 413, "raise the limit"}),
                         [](const testing::TestParamInfo<Refusal>& each) { return each.param.name; });

struct BadLocation {
    const char* name;
    const char* location;
    const char* says;
};
class UploadLocation : public testing::TestWithParam<BadLocation> {};

TEST_P(UploadLocation, ThatCannotBeUsedIsAnError) {
    std::set<std::string> blobs;
    MockServer server([&](const MockRequest& request) { return take(request, blobs, GetParam().location); });
    RegistryClient client(plain_options());
    const Result<void> pushed = client.push_blob(repository(server), kContent);
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().code, ErrorCode::protocol);
    EXPECT_NE(pushed.error().message().find(GetParam().says), std::string::npos) << pushed.error().message();
    EXPECT_EQ(methods(server), (Methods{"HEAD", "POST"}));
}

INSTANTIATE_TEST_SUITE_P(Shapes, UploadLocation,
                         testing::Values(BadLocation{"None", "", "no Location"}, BadLocation{"OtherScheme", "ftp://x.example/u", "Location"}, BadLocation{"UserInformation", "http://u:p@x.example/u", "Location"}),
                         [](const testing::TestParamInfo<BadLocation>& each) { return each.param.name; });

// ---- logins ----

TEST(PushScope, IsPullAndPush) {
    std::set<std::string> blobs;
    std::string address;
    MockServer server([&](const MockRequest& request) {
        if (request.path() == "/token") return reply(200, R"({"token":")" + std::string(request.target.find("pull%2Cpush") != std::string::npos ? "pusher" : "puller") + R"("})");
        const bool pushes = request.method != "GET";
        if (request.header("authorization") != (pushes ? "Bearer pusher" : "Bearer puller"))
            return reply(401, "", {{"WWW-Authenticate", "Bearer realm=\"" + address + "/token\",service=\"s\",scope=\"repository:ns/app:" + (pushes ? "pull,push" : "pull") + "\""}});
        if (request.method == "GET") return reply(200, "{}");
        return take(request, blobs, "/v2/u/1");
    });
    address = "http://" + server.host();
    RegistryClient client(plain_options());
    ASSERT_TRUE(client.fetch_manifest(repository(server)));
    const Result<void> pushed = client.push_blob(repository(server), kContent);
    ASSERT_TRUE(pushed) << pushed.error().message();
    ASSERT_TRUE(client.fetch_manifest(repository(server)));
    EXPECT_EQ(server.requests_to("/token").size(), 2U);
    for (const MockRequest& request : server.requests_to("/token"))
        EXPECT_EQ(request.target.find("scope=repository"), request.target.rfind("scope=repository")) << "one scope only: " << request.target;
}

TEST(PushScope, ATokenThatMayOnlyReadIsSaid) {
    std::string address;
    MockServer server([&](const MockRequest& request) {
        if (request.path() == "/token") return reply(200, R"({"token":"reader"})");
        if (request.method == "HEAD") return reply(404);
        return reply(401, "", {{"WWW-Authenticate", "Bearer realm=\"" + address + "/token\",scope=\"repository:ns/app:pull,push\",error=\"insufficient_scope\""}});
    });
    address = "http://" + server.host();
    RegistryClient client(plain_options());
    const Result<void> pushed = client.push_blob(repository(server), kContent);
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().code, ErrorCode::auth);
    EXPECT_NE(pushed.error().message().find("a fresh token was refused"), std::string::npos) << pushed.error().message();
}

// ---- manifests ----

TEST(PushManifest, ByDigestIsRepeatedByTagIsNot) {
    int left = 1;
    MockServer server([&](const MockRequest&) { return left-- > 0 ? reply(503) : reply(201, "", {{"OCI-Subject", "sha256:x"}}); });
    RegistryClient client(plain_options());
    oci::Reference by_digest = repository(server);
    by_digest.digest = sha256_of("{}");
    const Result<PushedManifest> pushed = client.push_manifest(by_digest, "{}", oci::media_type::kOciManifest);
    ASSERT_TRUE(pushed) << pushed.error().message();
    EXPECT_TRUE(pushed->stored && pushed->subject_taken);
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[1].target, "/v2/ns/app/manifests/" + by_digest.digest->str());
    EXPECT_EQ(requests[1].header("content-type"), oci::media_type::kOciManifest);
    EXPECT_EQ(requests[1].body, "{}");
    EXPECT_EQ(requests[1].header("if-match"), "");

    left = 1;
    const Result<PushedManifest> by_tag = client.push_manifest(repository(server), "{}", oci::media_type::kOciIndex);
    ASSERT_FALSE(by_tag);
    EXPECT_EQ(by_tag.error().code, ErrorCode::server);
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST(PushManifest, IfMatchThatFailsIsNoError) {
    MockServer server([&](const MockRequest& request) {
        if (request.method == "GET") return reply(200, "{}", {{"ETag", "\"one\""}});
        return reply(request.header("if-match") == "\"one\"" ? 201 : 412);
    });
    RegistryClient client(plain_options());
    const auto there = client.fetch_manifest(repository(server));
    ASSERT_TRUE(there);
    EXPECT_EQ(there->etag, "\"one\"");
    EXPECT_TRUE(client.push_manifest(repository(server), "{}", kIndexType, there->etag)->stored);
    EXPECT_FALSE(client.push_manifest(repository(server), "{}", kIndexType, "\"two\"")->stored);
    EXPECT_FALSE(client.push_manifest(repository(server), "{}", kIndexType)) << "nobody asked for that";
}

// ---- referrers ----

std::string entry(char c) { return R"({"mediaType":"a/b","artifactType":"x/y","size":1,"digest":"sha256:)" + std::string(64, c) + "\"}"; }
MockReply page(const std::string& entries, const std::string& next = "") {
    MockReply made = reply(200, R"({"schemaVersion":2,"manifests":[)" + entries + "]}", {{"Content-Type", kIndexType}});
    if (!next.empty()) made.headers.emplace_back("Link", "<" + next + ">; rel=\"next\"");
    return made;
}
const Digest kSubject = sha256_of("subject");

TEST(Referrers, AreReadFromPageToPage) {
    const std::string path = "/v2/ns/app/referrers/" + kSubject.str();
    MockServer server([&](const MockRequest& request) {
        if (request.target.find("page=2") != std::string::npos) return page(entry('b'), "https://" + request.header("host") + path + "?page=3");
        if (request.target.find("page=3") != std::string::npos) return page("", path + "?page=4");
        return page(entry('a') + ",7", path + "?page=2");
    });
    RegistryClient client(plain_options());
    const auto all = client.list_referrers(repository(server), kSubject, "x/y+json");
    ASSERT_TRUE(all) << all.error().message();
    ASSERT_TRUE(*all);
    EXPECT_EQ((*all)->entries.size(), 2U);
    EXPECT_EQ((*all)->unreadable, std::vector<std::string>{""});
    EXPECT_EQ(server.requests().size(), 3U);
    EXPECT_EQ(server.requests()[0].target, path + "?artifactType=x%2Fy%2Bjson");
    EXPECT_EQ(server.requests()[0].header("accept"), kIndexType);
}

TEST(Referrers, ThatAreNotListedHere) {
    const std::vector<std::pair<const char*, MockReply>> table{{"404", reply(404, "404 page not found")},
                                                                {"400", reply(400)},
                                                                {"405", reply(405)},
                                                                {"406", reply(406)},
                                                                {"501", reply(501)},
                                                                {"401 without a challenge", reply(401)},
                                                                {"a web page", reply(200, "<html>", {{"Content-Type", "text/html"}})},
                                                                {"no type", reply(200, "{\"manifests\":[]}")}};
    for (const auto& [name, answer] : table) {
        MockServer server([&, answer = answer](const MockRequest&) { return answer; });
        RegistryClient client(plain_options());
        const auto all = client.list_referrers(repository(server), kSubject, "x/y");
        ASSERT_TRUE(all) << name << ": " << all.error().message();
        EXPECT_FALSE(*all) << name;
    }
}

TEST(Referrers, ErrorsAreErrors) {
    const std::string path = "/v2/ns/app/referrers/" + kSubject.str();
    const std::vector<std::tuple<const char*, MockReply, const char*>> table{
        {"a challenge", reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}}), "user name and password"},
        {"forbidden", reply(403), "HTTP 403"},
        {"broken", reply(500), "after 3 tries"},
        {"no JSON", reply(200, "{", {{"Content-Type", kIndexType}}), "not JSON"},
        {"a manifest", reply(200, R"({"manifests":[],"layers":[]})", {{"Content-Type", kIndexType}}), "not an index"},
        {"a circle", page(entry('a'), path + "?artifactType=x%2Fy"), "leads back"},
        {"another host", page(entry('a'), "http://192.0.2.1/v2/"), "another host"}};
    for (const auto& [name, answer, says] : table) {
        MockServer server([&, answer = answer](const MockRequest&) { return answer; });
        RegistryClient client(plain_options());
        const auto all = client.list_referrers(repository(server), kSubject, "x/y");
        ASSERT_FALSE(all) << name;
        EXPECT_NE(all.error().message().find(says), std::string::npos) << name << ": " << all.error().message();
    }
}

TEST(Referrers, LimitsHoldOverAllPages) {
    int number = 0;
    MockServer server([&](const MockRequest& request) { return page(entry('a') + "," + entry('b'), request.path() + "?page=" + std::to_string(++number)); });
    for (const bool entries : {true, false}) {
        ClientOptions options = plain_options();
        (entries ? options.limits.referrers : options.limits.referrers_pages) = 5;
        RegistryClient client(options);
        const auto all = client.list_referrers(repository(server), kSubject, "");
        ASSERT_FALSE(all);
        EXPECT_NE(all.error().message().find(entries ? "limits.referrers " : "limits.referrers_pages"), std::string::npos) << all.error().message();
    }
}

}  // namespace
}  // namespace veritag::registry
