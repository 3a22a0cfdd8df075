// Listings against a scripted server: what is complete is returned, what is not is an error.
#include "base/base64.h"
#include "base/text.h"
#include "mock_registry.h"
#include "registry/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>

namespace veritag::registry {
namespace {

using namespace std::chrono_literals;
using test::MockReply;
using test::MockRequest;
using test::MockServer;
using test::reply;

constexpr const char* kUnauthorized = R"({"errors":[{"code":"UNAUTHORIZED","message":"no"}]})";

ClientOptions plain_options() {
    ClientOptions options;
    options.plain_http = true;
    options.use_environment_auth = false;
    options.attempts = 3;
    options.backoff = 1ms;
    options.backoff_cap = 2ms;
    options.connect_timeout = 10s;
    options.idle_timeout = 10s;
    return options;
}

ClientOptions with_password() {
    ClientOptions options = plain_options();
    options.username = "u";
    options.password = "secret";
    return options;
}

std::string quoted_list(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "\"" : ",\"") + name + "\"";
    return "[" + text + "]";
}
std::string catalog(const std::vector<std::string>& names) { return R"({"repositories":)" + quoted_list(names) + "}"; }
std::string tags(const std::vector<std::string>& names) { return R"({"name":"x","tags":)" + quoted_list(names) + "}"; }

MockReply page(const std::string& body, const std::string& link = {}) {
    MockReply made = reply(200, body, {{"Content-Type", "application/json"}});
    if (!link.empty()) made.headers.emplace_back("Link", link);
    return made;
}
std::string next(const std::string& target) { return "<" + target + ">; rel=\"next\""; }

/// Answers by target, and 404 to the rest.
class Script {
public:
    Script() : server_([this](const MockRequest& request) { return answer(request); }) {}

    Script& on(const std::string& target, MockReply made) {
        replies_[target] = std::move(made);
        return *this;
    }
    MockServer& server() noexcept { return server_; }
    [[nodiscard]] std::string host() const { return server_.host(); }
    [[nodiscard]] std::string asked() const {
        std::vector<std::string> targets;
        for (const MockRequest& request : server_.requests()) targets.push_back(request.target);
        return join(targets, " ");
    }

private:
    MockReply answer(const MockRequest& request) {
        const auto found = replies_.find(request.target);
        return found == replies_.end() ? reply(404, R"({"errors":[{"code":"NAME_UNKNOWN","message":"unknown"}]})") : found->second;
    }
    std::map<std::string, MockReply> replies_;
    MockServer server_;
};

std::string to_text(const Result<RepositoryListing>& listing) {
    if (!listing) return listing.error().message();
    std::string text = listing->driver + " " + std::to_string(listing->pages) + ": " + join(listing->repositories, " ");
    for (const std::string& note : listing->notes) text += "; " + note;
    return text;
}
std::string to_text(const Result<TagListing>& listing) {
    if (!listing) return listing.error().message();
    std::string text = std::to_string(listing->pages) + ": " + join(listing->tags, " ");
    for (const std::string& note : listing->notes) text += "; " + note;
    return text;
}

std::string repositories_of(const std::string& host, const std::string& path = {}, ListingDriver driver = ListingDriver::automatic,
                            const ClientOptions& options = plain_options()) {
    RegistryClient client(options);
    return to_text(client.list_repositories(ListingTarget{host, path, driver}));
}
std::string tags_of(const std::string& host, const ClientOptions& options = plain_options()) {
    RegistryClient client(options);
    return to_text(client.list_tags(host, "ns/app"));
}

// ---- paging ----

TEST(Catalog, IsSortedAndWalkedByLink) {
    Script script;
    script.on("/v2/_catalog?n=1000", page(catalog({"b/x", "c"}), next("/v2/_catalog?n=1000&last=c")));
    script.on("/v2/_catalog?n=1000&last=c", page(catalog({"a", "b/x"}), next("http://" + script.host() + "/v2/_catalog?cursor=%3D")));
    script.on("/v2/_catalog?cursor=%3D", page(catalog({"d"})));
    EXPECT_EQ(repositories_of(script.host()), "catalog 3: a b/x c d");
    EXPECT_EQ(script.asked(), "/v2/_catalog?n=1000 /v2/_catalog?n=1000&last=c /v2/_catalog?cursor=%3D");
    EXPECT_EQ(script.server().requests()[0].header("accept"), "application/json");
}

TEST(Catalog, IsAskedWithoutSizeWhereTheSizeIsRefused) {
    Script script;
    script.on("/v2/_catalog?n=1000", reply(400, R"({"errors":[{"code":"PAGINATION_NUMBER_INVALID"}]})"));
    script.on("/v2/_catalog", page(catalog({"a"})));
    EXPECT_EQ(repositories_of(script.host()), "catalog 1: a");
    Script refuses;
    refuses.on("/v2/_catalog?n=1000", reply(400)).on("/v2/_catalog", reply(400));
    EXPECT_NE(repositories_of(refuses.host(), "", ListingDriver::catalog).find("HTTP 400"), std::string::npos);
    EXPECT_EQ(refuses.asked(), "/v2/_catalog?n=1000 /v2/_catalog");
}

TEST(Catalog, AnEmptyLastPageIsTheEnd) {
    Script script;
    script.on("/v2/_catalog?n=1000", page(catalog({"a"}), next("/v2/_catalog?last=a")));
    script.on("/v2/_catalog?last=a", page(catalog({}), next("/v2/_catalog?last=a&more")));
    EXPECT_EQ(repositories_of(script.host()), "catalog 2: a");
}

TEST(Catalog, LoopsAreEndedAndNoted) {
    Script script;
    script.on("/v2/_catalog?n=1000", page(catalog({"a"}), next("/v2/_catalog?last=a")));
    script.on("/v2/_catalog?last=a", page(catalog({"b"}), next("/v2/_catalog?n=1000")));
    EXPECT_EQ(repositories_of(script.host()), "catalog 2: a b; ended at page 2: its link leads back to an earlier page");
}

TEST(Catalog, ChangingCursorsThatAddNothingAreEndedAndNoted) {
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest&) { return page(catalog({"a"}), next("/v2/_catalog?last=" + std::to_string(++count))); });
    EXPECT_EQ(repositories_of(server.host()), "catalog 2: a; ended at page 2: it only repeats earlier names, although it links on");
}

TEST(Catalog, ALinkToPagesOfNoNamesGetsASize) {
    Script script;
    script.on("/v2/_catalog?n=1000", page(catalog({"a"}), next("/v2/_catalog?last=a&n=0")));
    script.on("/v2/_catalog?last=a&n=1000", page(catalog({"b"})));
    EXPECT_EQ(repositories_of(script.host()), "catalog 2: a b");
}

TEST(Catalog, ALinkToAnotherHostIsAnErrorThatSaysWhatWasSeen) {
    MockServer other([](const MockRequest&) { return page(catalog({"c"})); });
    Script script;
    script.on("/v2/_catalog?n=1000", page(catalog({"a"}), next("/v2/_catalog?last=a")));
    script.on("/v2/_catalog?last=a", page(catalog({"b"}), next(other.url("/v2/_catalog?last=b"))));
    RegistryClient client(with_password());
    const auto listing = client.list_repositories({script.host(), "", ListingDriver::automatic});
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, ErrorCode::protocol);
    EXPECT_EQ(listing.error().message(),
              "list repositories: GET " + script.host() + "/v2/_catalog: the link to the next page leads to another host than " +
                  script.host() + ": " + other.host() +
                  "/v2/_catalog; the listing broke off after 2 names on 2 pages; name the repositories in a list instead");
    EXPECT_EQ(other.requests().size(), 0U);
}

TEST(Catalog, APageBehindARedirectGetsNoCredentialAndItsLinkIsNotFollowed) {
    MockServer other([](const MockRequest& request) {
        return request.target == "/elsewhere" ? page(catalog({"a"})) : page(catalog({"a"}), next("/v2/_catalog?last=a"));
    });
    for (const std::string& target : {other.url("/elsewhere"), other.url("/paged")}) {
        MockServer server([&](const MockRequest& request) {
            if (request.header("authorization").empty()) return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}});
            return reply(307, "", {{"Location", target}});
        });
        const std::string text = repositories_of(server.host(), "", ListingDriver::catalog, with_password());
        if (target.ends_with("elsewhere")) {
            EXPECT_EQ(text, "catalog 1: a");
        } else {
            EXPECT_NE(text.find("leads to another host than " + server.host()), std::string::npos) << text;
        }
    }
    ASSERT_EQ(other.requests().size(), 2U);
    for (const MockRequest& request : other.requests()) EXPECT_EQ(request.header("authorization"), "");
}

TEST(Catalog, BreakingOffIsAnErrorThatSaysWhatWasSeen) {
    struct Case {
        MockReply made;
        ErrorCode code;
        const char* says;
    };
    MockReply cut = page(catalog({"b"}));
    cut.cut_after = 5;
    MockReply longer = page(catalog({"b"}));
    longer.declared_length = 1000;
    for (const Case& c :
         {Case{reply(500), ErrorCode::server, "HTTP 500 after 3 tries"}, Case{reply(403), ErrorCode::auth, "HTTP 403"},
          Case{cut, ErrorCode::network, "after 3 tries"}, Case{longer, ErrorCode::network, "after 3 tries"},
          Case{page("<html>"), ErrorCode::protocol, "no JSON"}, Case{page("{}"), ErrorCode::protocol, "JSON without \"repositories\""},
          Case{reply(200, "x", {{"Content-Encoding", "gzip"}}), ErrorCode::protocol, "although none was asked for"}}) {
        Script script;
        script.on("/v2/_catalog?n=1000", page(catalog({"a", "c"}), next("/v2/_catalog?last=c"))).on("/v2/_catalog?last=c", c.made);
        RegistryClient client(plain_options());
        const auto listing = client.list_repositories({script.host(), "", ListingDriver::automatic});
        ASSERT_FALSE(listing) << to_text(listing);
        EXPECT_EQ(listing.error().code, c.code) << listing.error().message();
        EXPECT_NE(listing.error().message().find(c.says), std::string::npos) << listing.error().message();
        EXPECT_NE(listing.error().message().find("; the listing broke off after 2 names on 1 page"), std::string::npos)
            << listing.error().message();
    }
}

TEST(Catalog, APlaceThatWasLostIsLookedForOnceMore) {
    std::atomic<int> walks = 0;
    MockServer server([&](const MockRequest& request) {
        if (request.target == "/v2/_catalog?n=1000")
            return ++walks == 1 ? page(catalog({"a", "b"}), next("/v2/_catalog?last=b"))
                                : page(catalog({"a"}), next("/v2/_catalog?last=a"));
        if (request.target == "/v2/_catalog?last=a") return page(catalog({"c"}));
        return reply(404);
    });
    EXPECT_EQ(repositories_of(server.host()), "catalog 2: a c; begun anew: the registry had lost the place of a page");
    MockServer never([&](const MockRequest& request) {
        return request.target == "/v2/_catalog?n=1000" ? page(catalog({"a"}), next("/v2/_catalog?last=a")) : reply(400);
    });
    EXPECT_NE(repositories_of(never.host()).find("HTTP 400; the listing broke off after 1 name on 1 page"), std::string::npos)
        << repositories_of(never.host());
}

TEST(Catalog, LimitsAreErrorsThatNameThem) {
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest&) {
        const std::string name = "r" + std::to_string(++count);
        return page(catalog({name, name + "x"}), next("/v2/_catalog?last=" + name));
    });
    ClientOptions options = plain_options();
    options.limits.listing_pages = 4;
    EXPECT_EQ(repositories_of(server.host(), "", ListingDriver::automatic, options),
              "list repositories: GET " + server.host() +
                  "/v2/_catalog: 5 pages (limit 4); the listing broke off after 8 names on 4 pages; raise limits.listing_pages if this registry "
                  "is trusted");
    options.limits.listing_pages = 100;
    options.limits.listing_names = 5;
    EXPECT_NE(repositories_of(server.host(), "", ListingDriver::automatic, options)
                  .find("6 names (limit 5); the listing broke off after 6 names on 3 pages; raise limits.listing_names"),
              std::string::npos);
    options.limits.listing_page_bytes = 20;
    EXPECT_NE(repositories_of(server.host(), "", ListingDriver::automatic, options).find("limits.listing_page_bytes"), std::string::npos);
}

TEST(Catalog, TemporaryFaultsChangeNothing) {
    struct Case {
        int status;
        const char* retry_after;
    };
    const std::vector<Case> faults{
        {429, "0"}, {429, "Sun, 06 Nov 1994 08:49:37 GMT"}, {429, "76.77\xC2\xB5s, allowed: 44000/minute"}, {500, ""}, {503, "0"}};
    for (const Case& fault : faults) {
        std::map<std::string, int> seen;
        MockServer server([&](const MockRequest& request) {
            if (++seen[request.target] < 3) return reply(fault.status, "toomanyrequests", {{"Retry-After", fault.retry_after}});
            return request.target == "/v2/_catalog?n=1000" ? page(catalog({"a"}), next("/v2/_catalog?last=a")) : page(catalog({"b"}));
        });
        EXPECT_EQ(repositories_of(server.host()), "catalog 2: a b") << fault.status << " " << fault.retry_after;
    }
    std::map<std::string, int> seen;
    MockServer cuts([&](const MockRequest& request) {
        MockReply made = request.target == "/v2/_catalog?n=1000" ? page(catalog({"a"}), next("/v2/_catalog?last=a")) : page(catalog({"b"}));
        if (++seen[request.target] == 1) made.cut_after = 7;
        if (seen[request.target] == 2) made.close_at_once = true;
        return made;
    });
    EXPECT_EQ(repositories_of(cuts.host()), "catalog 2: a b");
}

TEST(Catalog, StopEndsAWalk) {
    std::stop_source stop;
    std::atomic<int> count = 0;
    MockServer server([&](const MockRequest&) {
        const std::string name = "r" + std::to_string(++count);
        if (count == 5) stop.request_stop();
        return page(catalog({name}), next("/v2/_catalog?last=" + name));
    });
    RegistryClient client(plain_options());
    const auto listing = client.list_repositories({server.host(), "", ListingDriver::automatic}, stop.get_token());
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, ErrorCode::cancelled);
}

// ---- login ----

TEST(Login, TheCatalogsTokenHasItsOwnScopeAndIsRenewed) {
    std::string valid;
    int granted = 0, pages = 0;
    std::string host;
    MockServer server([&](const MockRequest& request) {
        if (request.path() == "/token") {
            valid = "t" + std::to_string(++granted);
            return reply(200, R"({"token":")" + valid + "\"}");
        }
        if (valid.empty() || request.header("authorization") != "Bearer " + valid)
            return reply(401, kUnauthorized,
                         {{"WWW-Authenticate", "Bearer realm=\"http://" + host + "/token\",service=\"s\",scope=\"registry:catalog:*\""}});
        valid.clear();  // each token is good for one page
        return ++pages < 3 ? page(catalog({"r" + std::to_string(pages)}), next("/v2/_catalog?last=" + std::to_string(pages)))
                           : page(catalog({"end"}));
    });
    host = server.host();
    EXPECT_EQ(repositories_of(host), "catalog 3: end r1 r2");
    const auto tokens = server.requests_to("/token");
    ASSERT_EQ(tokens.size(), 3U);
    EXPECT_EQ(tokens[0].target, "/token?service=s&scope=registry%3Acatalog%3A%2A&client_id=veritag");
}

TEST(Login, ARefusedCatalogSaysWhatToDo) {
    MockServer server([](const MockRequest& request) {
        return request.path() == "/v2/_catalog" ? reply(401, kUnauthorized, {{"WWW-Authenticate", "Basic realm=\"x\""}}) : reply(404);
    });
    RegistryClient client(plain_options());
    const auto listing = client.list_repositories({server.host(), "", ListingDriver::automatic});
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, ErrorCode::auth);
    EXPECT_EQ(listing.error().message(), "list repositories: GET " + server.host() +
                                             "/v2/_catalog: the catalog is refused: HTTP 401: it asks for a user name and password: "
                                             "UNAUTHORIZED \"no\"; log in (--username, "
                                             "--authfile) as somebody who may list them, or name the repositories in a list instead");
}

// ---- tags ----

TEST(Tags, KeepTheirOrderAndStandOnce) {
    Script script;
    script.on("/v2/ns/app/tags/list?n=1000", page(tags({"b", "a"}), next("/v2/ns/app/tags/list?last=a c")));
    script.on("/v2/ns/app/tags/list?last=a%20c", page(tags({"b", "Z"}), "/v2/ns/app/tags/list?bare=1"));
    script.on("/v2/ns/app/tags/list?bare=1", page(tags({"c"})));
    EXPECT_EQ(tags_of(script.host()), "3: b a Z c");
}

TEST(Tags, NoneIsNoError) {
    for (const char* body : {R"({"name":"x","tags":null})", R"({"name":"x"})", R"({"tags":[]})"}) {
        MockServer server([&](const MockRequest&) { return page(body); });
        EXPECT_EQ(tags_of(server.host()), "1: ");
    }
}

TEST(Tags, WhatIsNoTagIsLeftOutAndNoted) {
    const std::string digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    // A page of nothing but nulls (Nexus) is not the end.
    Script script;
    script.on("/v2/ns/app/tags/list?n=1000", page(R"({"tags":["a",null,")" + digest + R"("]})", next("/v2/ns/app/tags/list?last=1")));
    script.on("/v2/ns/app/tags/list?last=1", page(R"({"tags":[null,null]})", next("/v2/ns/app/tags/list?last=2")));
    script.on("/v2/ns/app/tags/list?last=2", page(R"({"tags":["a/b",5,"c"]})"));
    EXPECT_EQ(
        tags_of(script.host()),
        "3: a c; left out: 3 null entries; left out: 1 digest among the tags; left out: 2 entries that cannot be a name, first \"a/b\"");
}

TEST(Tags, UnknownRepositoryIsNotFound) {
    Script script;
    RegistryClient client(plain_options());
    const auto listing = client.list_tags(script.host(), "ns/app");
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, ErrorCode::not_found);
    EXPECT_EQ(listing.error().message(), "list tags: GET " + script.host() +
                                             "/v2/ns/app/tags/list: HTTP 404: NAME_UNKNOWN \"unknown\"; check the name of the repository");
}

TEST(Tags, BadNamesNeverReachTheNetwork) {
    RegistryClient client(plain_options());
    EXPECT_EQ(client.list_tags("127.0.0.1:1", "a/../b").error().code, ErrorCode::usage);
    EXPECT_EQ(client.list_tags("127.0.0.1:1/x", "a").error().code, ErrorCode::usage);
    EXPECT_EQ(client.list_repositories({"u:p@127.0.0.1:1", "a", ListingDriver::automatic}).error().code, ErrorCode::usage);
    EXPECT_EQ(client.list_repositories({"127.0.0.1:1", "a/../b", ListingDriver::automatic}).error().code, ErrorCode::usage);
}

// ---- the choice of a driver ----

TEST(Automatic, KeepsWhatLiesAtOrBelowThePath) {
    Script script;
    script.on("/v2/_catalog?n=1000", page(catalog({"openeuler", "openeuler/cann", "openeuler/a/b", "openeuler2/x", "other/openeuler"})));
    EXPECT_EQ(repositories_of(script.host(), "openeuler"), "catalog 1: openeuler openeuler/a/b openeuler/cann");
    EXPECT_EQ(repositories_of(script.host(), "openeuler/a"), "catalog 1: openeuler/a/b");
    EXPECT_EQ(repositories_of(script.host(), "nobody"), "list repositories: " + script.host() +
                                                            "/nobody: none of 5 repositories that catalog lists is at or below it; check "
                                                            "the name, or name the repositories in a list instead");
}

TEST(Automatic, AnEmptyRegistryIsNoted) {
    Script script;
    script.on("/v2/_catalog?n=1000", page(catalog({})));
    EXPECT_EQ(repositories_of(script.host()), "catalog 1: ; the registry lists no repository, or none to this login");
}

TEST(Automatic, APathThatIsARepositoryIsThatOne) {
    Script script;
    script.on("/v2/openeuler/cann/tags/list?n=1000", page(tags({"1"}), next("/v2/openeuler/cann/tags/list?last=1")));
    EXPECT_EQ(repositories_of(script.host(), "openeuler/cann"), "tags 1: openeuler/cann");
    EXPECT_EQ(script.asked(), "/v2/openeuler/cann/tags/list?n=1000");
}

TEST(Automatic, ARepositoryThatTheCatalogHidesIsFound) {
    Script hidden;
    hidden.on("/v2/_catalog?n=1000", page(catalog({"x/y"}))).on("/v2/alpine/tags/list?n=1000", page(tags({"1"})));
    EXPECT_EQ(repositories_of(hidden.host(), "alpine"), "tags 1: alpine");
    Script refused;
    refused.on("/v2/_catalog?n=1000", reply(403)).on("/v2/alpine/tags/list?n=1000", page(tags({"1"})));
    EXPECT_EQ(repositories_of(refused.host(), "alpine"), "tags 1: alpine");
}

TEST(Automatic, AFaultIsNoRefusal) {
    Script script;
    script.on("/v2/_catalog?n=1000", reply(500)).on("/v2/alpine/tags/list?n=1000", page(tags({"1"})));
    EXPECT_EQ(repositories_of(script.host(), "alpine"),
              "list repositories: GET " + script.host() + "/v2/_catalog: HTTP 500 after 3 tries; name the repositories in a list instead");
    Script other;
    other.on("/v2/a/b/tags/list?n=1000", reply(502));
    EXPECT_EQ(repositories_of(other.host(), "a/b"), "list tags: GET " + other.host() + "/v2/a/b/tags/list: HTTP 502 after 3 tries");
}

// ---- Harbor ----

/// Harbor as it answers without rights on the whole.
Script& as_harbor(Script& script, const char* challenge) {
    MockReply refused = reply(401, kUnauthorized);
    if (*challenge != '\0') refused.headers.emplace_back("WWW-Authenticate", challenge);
    return script.on("/v2/_catalog?n=1000", refused);
}

TEST(Harbor, IsToldByItsChallenge) {
    Script script;
    as_harbor(script, "Basic realm=\"harbor\"");
    script.on("/api/v2.0/projects/openeuler/repositories?page=1&page_size=100",
              page(R"([{"name":"openeuler/cann"},{"name":"openeuler/b"}])",
                   "</api/v2.0/projects/openeuler/repositories?page=0&page_size=100>; rel=\"prev\" , "
                   "</api/v2.0/projects/openeuler/repositories?page=2&page_size=100>; rel=\"next\""));
    script.on("/api/v2.0/projects/openeuler/repositories?page=2&page_size=100", page(R"([{"name":"openeuler/a/c"}])"));
    EXPECT_EQ(repositories_of(script.host(), "openeuler"), "harbor 2: openeuler/a/c openeuler/b openeuler/cann");
    EXPECT_EQ(repositories_of(script.host(), "openeuler/a"), "harbor 2: openeuler/a/c");
}

TEST(Harbor, IsToldByItsSystemInfo) {
    Script script;
    as_harbor(script, "");
    script.on("/api/v2.0/systeminfo", page(R"({"auth_mode":"db_auth"})"));
    script.on("/api/v2.0/projects/p/repositories?page=1&page_size=100", page(R"([{"name":"p/a"}])"));
    script.on("/api/v2.0/repositories?page=1&page_size=100", page(R"([{"name":"p/a"},{"name":"q/b"}])"));
    EXPECT_EQ(repositories_of(script.host(), "p"), "harbor 1: p/a");
    EXPECT_EQ(repositories_of(script.host()), "harbor 1: p/a q/b");
}

TEST(Harbor, IsNotEveryJson) {
    Script script;
    as_harbor(script, "").on("/api/v2.0/systeminfo", page(R"({"hello":1})"));
    EXPECT_NE(repositories_of(script.host(), "p").find("the catalog is refused: HTTP 401"), std::string::npos);
}

TEST(Harbor, PagesAreCountedWhereAProxyTookTheLink) {
    Script script;
    MockReply first = page(R"([{"name":"p/a"}])");
    first.headers.emplace_back("X-Total-Count", "2");
    script.on("/api/v2.0/projects/p/repositories?page=1&page_size=100", first);
    script.on("/api/v2.0/projects/p/repositories?page=2&page_size=100", page(R"([{"name":"p/b"}])"));
    EXPECT_EQ(repositories_of(script.host(), "p", ListingDriver::harbor), "harbor 2: p/a p/b");
}

TEST(Harbor, GetsThePasswordAtOnceAndOnlyThere) {
    MockServer other([](const MockRequest&) { return page(R"([{"name":"p/a"}])"); });
    Script script;
    script.on("/api/v2.0/projects/p/repositories?page=1&page_size=100", reply(302, "", {{"Location", other.url("/x")}}));
    EXPECT_EQ(repositories_of(script.host(), "p", ListingDriver::harbor, with_password()), "harbor 1: p/a");
    EXPECT_EQ(script.server().requests().at(0).header("authorization"), basic_authorization("u", "secret"));
    EXPECT_EQ(other.requests().at(0).header("authorization"), "");
}

TEST(Harbor, ARefusedProjectSaysWhatToDo) {
    Script script;
    script.on("/api/v2.0/projects/p/repositories?page=1&page_size=100", reply(401, kUnauthorized));
    EXPECT_EQ(repositories_of(script.host(), "p", ListingDriver::harbor, with_password()),
              "list repositories: GET " + script.host() +
                  "/api/v2.0/projects/p/repositories: HTTP 401: UNAUTHORIZED \"no\"; log in (--username, --authfile) as somebody who may "
                  "list them, or name the repositories in a list instead");
}

// ---- Docker Hub and Quay, played by a host that was named with their driver ----

TEST(DockerHub, FollowsNextAndAsksWithoutCredential) {
    Script script;
    const std::string second = "/v2/namespaces/openeuler/repositories?page=2&page_size=100";
    script.on("/v2/namespaces/openeuler/repositories?page=1&page_size=100",
              page(R"({"count":3,"next":"http://)" + script.host() + second +
                   R"(","results":[{"namespace":"openeuler","name":"cann","repository_type":"image"},)"
                   R"({"namespace":"openeuler","name":"p","repository_type":"plugin"}]})"));
    script.on(second, page(R"({"count":3,"next":null,"results":[{"namespace":"openeuler","name":"a","repository_type":null}]})"));
    EXPECT_EQ(repositories_of(script.host(), "openeuler", ListingDriver::docker_hub, with_password()),
              "docker-hub 2: openeuler/a openeuler/cann; left out: 1 repository of something else than images");
    for (const MockRequest& request : script.server().requests()) EXPECT_EQ(request.header("authorization"), "");
}

TEST(DockerHub, AShortCountIsNotedAndAForeignNextRefused) {
    Script script;
    script.on("/v2/namespaces/a/repositories?page=1&page_size=100",
              page(R"({"count":3,"next":null,"results":[{"namespace":"a","name":"x"}]})"));
    script.on("/v2/namespaces/b/repositories?page=1&page_size=100",
              page(R"({"count":3,"next":"http://169.254.169.254/x","results":[{"namespace":"b","name":"x"}]})"));
    EXPECT_EQ(repositories_of(script.host(), "a", ListingDriver::docker_hub), "docker-hub 1: a/x; the registry counts 3, and listed 1");
    EXPECT_NE(repositories_of(script.host(), "b", ListingDriver::docker_hub).find("leads to another host than"), std::string::npos);
}

TEST(DockerHub, FallsBackToItsOlderFormAndNeedsANamespace) {
    Script script;
    script.on("/v2/repositories/a/?page=1&page_size=100", page(R"({"count":1,"next":null,"results":[{"namespace":"a","name":"x"}]})"));
    EXPECT_EQ(repositories_of(script.host(), "a", ListingDriver::docker_hub), "docker-hub 1: a/x");
    EXPECT_EQ(repositories_of("docker.io"), "list repositories: docker.io: it lists one namespace at a time; write docker.io/NAMESPACE");
    EXPECT_EQ(repositories_of("quay.io"), "list repositories: quay.io: it lists one namespace at a time; write quay.io/NAMESPACE");
}

TEST(Quay, PassesItsCursorBack) {
    Script script;
    const std::string first = "/api/v1/repository?public=true&namespace=openeuler";
    script.on(first, page(R"({"repositories":[{"namespace":"openeuler","name":"b","kind":"image"}],"next_page":"g+A=="})"));
    script.on(first + "&next_page=g%2BA%3D%3D", page(R"({"repositories":[{"namespace":"openeuler","name":"a","kind":"image"}]})"));
    EXPECT_EQ(repositories_of(script.host(), "openeuler", ListingDriver::quay, with_password()), "quay 2: openeuler/a openeuler/b");
    for (const MockRequest& request : script.server().requests()) EXPECT_EQ(request.header("authorization"), "");
}

TEST(Quay, ACursorThatRepeatsIsEnded) {
    MockServer server([](const MockRequest&) { return page(R"({"repositories":[{"namespace":"o","name":"b"}],"next_page":"x"})"); });
    EXPECT_EQ(repositories_of(server.host(), "o", ListingDriver::quay),
              "quay 2: o/b; ended at page 2: its link leads back to an earlier page");
}

/// Registries with public names, reached through a proxy.
class PublicListing : public testing::Test {
protected:
    void TearDown() override { ::unsetenv("http_proxy"); }
    static void use_proxy(const MockServer& proxy) { ::setenv("http_proxy", ("http://" + proxy.host()).c_str(), 1); }
};

TEST_F(PublicListing, DockerHubIsAskedAtItsApiAndNeverGetsTheRegistrysCredential) {
    MockServer proxy([](const MockRequest& request) {
        if (request.target.starts_with("http://hub.docker.com/v2/namespaces/openeuler/"))
            return page(R"({"count":1,"next":null,"results":[{"namespace":"openeuler","name":"cann"}]})");
        if (request.target == "http://registry-1.docker.io/v2/openeuler/cann/tags/list?n=100") {
            if (request.header("authorization").empty()) return reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}});
            return page(tags({"1"}));
        }
        return reply(404);
    });
    use_proxy(proxy);
    EXPECT_EQ(repositories_of("docker.io", "openeuler", ListingDriver::automatic, with_password()), "docker-hub 1: openeuler/cann");
    ASSERT_EQ(proxy.requests().size(), 1U);
    EXPECT_EQ(proxy.requests()[0].header("authorization"), "");
    EXPECT_EQ(repositories_of("docker.io", "openeuler/cann", ListingDriver::automatic, with_password()), "tags 1: openeuler/cann");
}

TEST_F(PublicListing, QuayIsAskedAtItsApi) {
    MockServer proxy([](const MockRequest& request) {
        return request.target == "http://quay.io/api/v1/repository?public=true&namespace=openeuler"
                   ? page(R"({"repositories":[{"namespace":"openeuler","name":"cann"}]})")
                   : reply(401);
    });
    use_proxy(proxy);
    EXPECT_EQ(repositories_of("quay.io", "openeuler"), "quay 1: openeuler/cann");
}

}  // namespace
}  // namespace veritag::registry
