// Who may do what.
#include "api/access.h"
#include "api/openapi.h"

#include "base/limits.h"
#include "oci/json.h"

#include <gtest/gtest.h>

#include <unistd.h>

namespace veritag::api {
namespace {

class Tokens final : public store::TokenStore {
public:
    Result<store::CreatedToken> create(const store::NewToken&) override { return Error{}; }
    Result<std::optional<store::Bearer>> verify(std::string_view secret) override {
        ++asked;
        if (secret == "reader") return std::optional(store::Bearer{1, "r", store::Role::read});
        if (secret == "scanner") return std::optional(store::Bearer{2, "s", store::Role::scan});
        return std::optional<store::Bearer>();
    }
    Result<bool> revoke(std::string_view) override { return false; }
    Result<std::vector<store::TokenInfo>> list() override { return std::vector<store::TokenInfo>(); }
    int asked = 0;
};

server::RequestHead request(const std::string& authorization = "") {
    server::RequestHead head;
    head.method = "GET";
    if (!authorization.empty()) head.headers.add("Authorization", authorization);
    return head;
}

unsigned status(Need need, const server::RequestHead& head, const config::Settings& settings = {}) {
    Tokens tokens;
    const Result<std::optional<Asker>> asker = recognise(head, settings, tokens);
    if (!asker) return 401;
    const std::optional<server::Response> refusal = refuse(need, *asker, settings, "id");
    return refusal ? refusal->status : 200;
}

TEST(Access, FollowsRoles) {
    struct Case {
        const char* authorization;
        unsigned read, scan, admin;
    };
    for (const Case& c : {Case{"", 401, 401, 401}, Case{"Bearer reader", 200, 403, 403}, Case{"bearer  scanner ", 200, 200, 403}, Case{"Bearer wrong", 401, 401, 401}, Case{"Basic reader", 401, 401, 401},
                          Case{"Bearer", 401, 401, 401}}) {
        const server::RequestHead head = request(c.authorization);
        EXPECT_EQ(status(Need::read, head), c.read) << c.authorization;
        EXPECT_EQ(status(Need::scan, head), c.scan) << c.authorization;
        EXPECT_EQ(status(Need::admin, head), c.admin) << c.authorization;
    }
}

TEST(Access, ReadingMayBeOpenAndWritingNeverIs) {
    config::Settings settings;
    settings.access.anonymous_read = true;
    EXPECT_EQ(status(Need::read, request(), settings), 200U);
    EXPECT_EQ(status(Need::scan, request(), settings), 401U);
    EXPECT_EQ(status(Need::metrics, request()), 200U);
    settings.access.metrics_open = false;
    settings.access.anonymous_read = false;
    EXPECT_EQ(status(Need::metrics, request(), settings), 401U);
}

TEST(Access, TwoTokensAreNone) {
    server::RequestHead head = request("Bearer reader");
    head.headers.add("Authorization", "Bearer scanner");
    EXPECT_EQ(status(Need::read, head), 401U);
}

TEST(Access, CertificatesAndTheOwnUser) {
    config::Settings settings;
    settings.access.admin_certificates = {std::string(64, 'a')};
    server::RequestHead head = request();
    head.peer.tls = server::Peer::Tls{.version = "TLSv1.3", .certificate_subject = "CN=x", .certificate_sha256 = std::string(64, 'b'), .certificate_verified = true};
    EXPECT_EQ(status(Need::read, head, settings), 200U);
    EXPECT_EQ(status(Need::scan, head, settings), 403U) << "a certificate that is known to the CA and not to us may read";
    head.peer.tls->certificate_sha256 = std::string(64, 'a');
    EXPECT_EQ(status(Need::admin, head, settings), 200U);
    head.peer.tls->certificate_verified = false;
    EXPECT_EQ(status(Need::read, head, settings), 401U);

    head = request();
    head.peer.process = server::Peer::Process{.uid = ::geteuid(), .gid = 0, .pid = 1};
    EXPECT_EQ(status(Need::admin, head), 200U);
    head.peer.process->uid = 12345;
    EXPECT_EQ(status(Need::read, head), 401U);
}

TEST(OpenApi, IsJsonAndNamesEveryReferenceThatItUses) {
    const std::string text(openapi_document());
    Limits limits;
    const Result<rapidjson::Document> root = oci::parse_json("read description", "", text, limits);
    ASSERT_TRUE(root) << root.error().message();
    EXPECT_EQ(oci::json_string(*root, "openapi"), "3.1.0");
    for (std::size_t at = text.find("\"#/"); at != std::string::npos; at = text.find("\"#/", at + 1)) {
        const rapidjson::Value* value = &*root;
        std::string path = text.substr(at + 3, text.find('"', at + 1) - at - 3);
        for (std::size_t begin = 0; begin <= path.size() && value != nullptr;) {
            const std::size_t end = std::min(path.find('/', begin), path.size());
            value = oci::json_member(*value, path.substr(begin, end - begin));
            begin = end + 1;
        }
        EXPECT_NE(value, nullptr) << path;
    }
}

}  // namespace
}  // namespace veritag::api
