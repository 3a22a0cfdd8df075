// What is described is there, what is there is described, and each with the role that it needs.
#include "api/openapi.h"
#include "api/service.h"

#include "base/text.h"
#include "folder.h"
#include "oci/json.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <map>
#include <set>
#include <string>

namespace veritag::api {
namespace {

class Routes : public testing::Test {
protected:
    void SetUp() override {
        config::Settings settings;
        settings.store = folder_.file("store.sqlite");
        Result<std::unique_ptr<serve::Daemon>> daemon = serve::Daemon::make(std::move(settings), {.tool_version = "test", .confined = false});
        ASSERT_TRUE(daemon) << daemon.error().message();
        daemon_ = std::move(*daemon);
        service_ = std::make_unique<Service>(*daemon_);
        Result<rapidjson::Document> root = oci::parse_json("read description", "", openapi_document(), Limits{});
        ASSERT_TRUE(root) << root.error().message();
        document_ = std::move(*root);
    }

    // `GET /api/v1/jobs/{id}`: operation.
    std::map<std::string, const rapidjson::Value*> described() const {
        std::map<std::string, const rapidjson::Value*> all;
        for (const auto& path : document_["paths"].GetObject())
            for (const auto& operation : path.value.GetObject()) {
                std::string method = operation.name.GetString();
                for (char& c : method) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
                all[method + ' ' + path.name.GetString()] = &operation.value;
            }
        return all;
    }
    // The document calls the rest of a webhook's path what it is.
    static std::string as_described(std::string pattern) {
        if (const std::size_t rest = pattern.find("{rest...}"); rest != std::string::npos) pattern.replace(rest, 9, "{secret}");
        return pattern;
    }

    test::Folder folder_;
    std::unique_ptr<serve::Daemon> daemon_;
    std::unique_ptr<Service> service_;
    rapidjson::Document document_;
};

TEST_F(Routes, AreAllDescribedAndNothingElseIs) {
    const auto operations = described();
    std::set<std::string> there;
    for (const auto& [pattern, need] : service_->routes()) there.insert(as_described(pattern));
    EXPECT_GT(there.size(), 30U);
    for (const std::string& pattern : there) EXPECT_TRUE(operations.contains(pattern)) << pattern << " is not described";
    for (const auto& [name, operation] : operations) EXPECT_TRUE(there.contains(name) || name.starts_with("OPTIONS ")) << name << " is described and is not there";
}

TEST_F(Routes, AnswerOptionsEverywhereAsDescribed) {
    const auto operations = described();
    for (const auto& [pattern, need] : service_->routes()) {
        const std::string path = as_described(pattern.substr(pattern.find(' ') + 1));
        EXPECT_TRUE(operations.contains("OPTIONS " + path)) << path;
    }
}

TEST_F(Routes, RefuseInTheLanguageThatIsAskedFor) {
    const auto ask = [&](const char* path, const char* language) {
        server::Request request;
        request.method = "GET";
        request.raw_target = path;
        request.target = *server::parse_target(path);
        request.peer.process = server::Peer::Process{.uid = ::geteuid()};
        if (*language != '\0') request.headers.add("Accept-Language", language);
        const server::Response response = service_->handle(request);
        EXPECT_EQ(response.headers.get("Content-Language"), std::string_view(language) == "zh" ? "zh" : "") << path;
        EXPECT_TRUE(response.headers.has_element("Vary", "Accept-Language")) << path;
        const Result<rapidjson::Document> root = oci::parse_json("read reply", "", response.body, Limits{});
        EXPECT_TRUE(root && root->HasMember("status"));
        return root && root->HasMember("detail") ? std::string((*root)["detail"].GetString()) : std::string();
    };
    EXPECT_EQ(ask("/api/v1/jobs/7", ""), "No such job is known; jobs that ended are dropped after a week.");
    EXPECT_EQ(ask("/api/v1/jobs/7", "zh"), "没有这个任务；已结束的任务会在一周后删除。");
    EXPECT_EQ(ask("/api/v1/jobs?limt=7", "zh"), "读取查询参数：limt：此路径没有这个参数；它的参数有 state、kind、limit、cursor、lang");
    EXPECT_EQ(ask("/nowhere", "zh"), "此路径下没有内容。");
    EXPECT_EQ(ask("/api/v1/images?verdict=bad", "zh"), "读取查询参数：verdict：bad；应为 pass、warn、fail、unknown、error 之一");
}

TEST_F(Routes, NeedTheRoleThatTheDescriptionNames) {
    const auto operations = described();
    const std::map<Need, std::string> words{{Need::read, "read"}, {Need::scan, "scan"}, {Need::admin, "admin"}, {Need::metrics, "read"}};
    for (const auto& [pattern, need] : service_->routes()) {
        const rapidjson::Value& operation = *operations.at(as_described(pattern));
        const rapidjson::Value* security = oci::json_member(operation, "security");
        if (security == nullptr) security = &document_["security"];
        std::set<std::string> roles;
        for (const auto& way : security->GetArray())
            if (way.HasMember("bearer"))
                for (const auto& role : way["bearer"].GetArray()) roles.insert(role.GetString());
        const auto word = words.find(need);
        EXPECT_EQ(roles, word == words.end() ? std::set<std::string>{} : std::set<std::string>{word->second}) << pattern;
        // A role can be refused, and nobody in particular, too.
        const auto told = [&](const char* status) { return operation["responses"].HasMember(status); };
        EXPECT_TRUE(told("403") || (need != Need::scan && need != Need::admin)) << pattern;
        EXPECT_TRUE(told("401") || word == words.end()) << pattern;
        EXPECT_TRUE(told("413") || !pattern.starts_with("POST ")) << pattern;
        EXPECT_TRUE(operation["responses"].HasMember("503")) << pattern;
    }
}

}  // namespace
}  // namespace veritag::api
