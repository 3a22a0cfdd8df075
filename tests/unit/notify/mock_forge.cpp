#include "mock_forge.h"

#include "base/text.h"
#include "base/url.h"
#include "notify/text.h"
#include "oci/json.h"
#include "report/json_output.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace veritag::notify {
namespace {

using outbound::HttpReply;

HttpReply answer(unsigned status, std::string body = "{\"message\": \"no\"}") { return {status, {}, std::move(body)}; }

std::map<std::string, std::string> query_of(std::string_view target) {
    std::map<std::string, std::string> query;
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) return query;
    for (const std::string_view part : split(target.substr(mark + 1), '&')) {
        const auto pair = split_once(part, '=');
        if (pair) query[std::string(pair->first)] = pair->second;
    }
    return query;
}

}  // namespace

IssueChannel MockForge::channel() const {
    IssueChannel channel;
    channel.forge = forge_;
    channel.api = api;
    channel.repository = forge_ == Forge::gitlab ? "group/sub/images" : "owner/images";
    channel.token = kToken;
    channel.labels = {"veritag", "image check"};
    channel.allow_internal = true;
    return channel;
}

std::string MockForge::next_number() { return (forge_ == Forge::gitee ? "I6X" : "") + std::to_string(100 + made_++); }

void MockForge::add(std::string title, std::string body, bool open, bool pull_request) {
    issues.push_back({.number = next_number(), .title = std::move(title), .body = std::move(body), .open = open, .created = *now_, .pull_request = pull_request});
}

std::vector<KeptIssue> MockForge::ours() const {
    std::vector<KeptIssue> found;
    std::copy_if(issues.begin(), issues.end(), std::back_inserter(found), [](const KeptIssue& each) { return !cause_of_body(each.body).empty(); });
    return found;
}

KeptIssue* MockForge::find(std::string_view number) {
    const auto found = std::find_if(issues.begin(), issues.end(), [&](const KeptIssue& each) { return each.number == number; });
    return found == issues.end() ? nullptr : &*found;
}

std::string MockForge::to_json(const KeptIssue& issue) const {
    report::JsonOutput out;
    out.object([&] {
        const bool numeric = forge_ == Forge::github || forge_ == Forge::gitlab;
        const char* name = forge_ == Forge::gitlab ? "iid" : "number";
        if (numeric)
            out.number(name, *parse_u64(issue.number));
        else
            out.member(name, issue.number);
        out.number("id", 900'000);  // the global one, which is not for paths
        out.member("title", issue.title);
        out.member(forge_ == Forge::gitlab ? "description" : "body", issue.body);
        out.member("state", issue.open ? (forge_ == Forge::gitlab || forge_ == Forge::gitcode ? "opened" : "open") : "closed");
        out.member("created_at", forge_ == Forge::gitcode || forge_ == Forge::gitee ? rfc3339(issue.created + std::chrono::hours{8}).substr(0, 19) + "+08:00" : rfc3339(issue.created));
        if (issue.pull_request) out.object("pull_request", [&] { out.member("url", "x"); });
    });
    return out.take();
}

Result<HttpReply> MockForge::fetch(const outbound::HttpRequest& request) {
    EXPECT_TRUE(request.url.starts_with(api)) << request.url;
    return handle(request.method, request.url.substr(api.size()), request.headers, request.body);
}

HttpReply MockForge::handle(const std::string& method, const std::string& target, const outbound::HttpHeaders& headers, const std::string& body) {
    log.push_back(method + " " + target);
    const auto header = [&](std::string_view name) {
        const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return equals_ignoring_case(each.first, name); });
        return found == headers.end() ? std::string() : found->second;
    };
    const bool known = forge_ == Forge::gitlab ? header("PRIVATE-TOKEN") == kToken : header("Authorization") == std::string("Bearer ") + kToken;
    if (!known) return answer(401);
    if (forge_ == Forge::github && (header("X-GitHub-Api-Version") != "2022-11-28" || header("Accept") != "application/vnd.github+json")) return answer(415);
    if (target.find(kToken) != std::string::npos) return answer(400);

    const std::string path = target.substr(0, target.find('?'));
    const bool v5 = forge_ == Forge::gitee || forge_ == Forge::gitcode;
    const std::string of_repository = forge_ == Forge::gitlab ? "/projects/group%2Fsub%2Fimages/issues" : "/repos/owner/images/issues";
    const std::string of_owner = v5 ? "/repos/owner/issues" : of_repository;

    rapidjson::Document json;
    if (!body.empty()) {
        if (header("Content-Type") != "application/json") return answer(415);
        auto parsed = oci::parse_json("", "", body, Limits{});
        if (!parsed || !parsed->IsObject()) return answer(400);
        json = std::move(*parsed);
    }
    const auto text = [&](const char* name) { return body.empty() ? std::string() : oci::json_string(json, name); };
    const char* body_name = forge_ == Forge::gitlab ? "description" : "body";

    if (method == "GET" && path == of_repository) {
        auto query = query_of(target);
        const bool sorted = forge_ == Forge::gitlab ? query["order_by"] == "created_at" && query["sort"] == "desc" && query["scope"] == "all" : query["sort"] == "created" && query["direction"] == "desc";
        const auto page = parse_u64(query["page"]), size = parse_u64(query["per_page"]);
        if (!sorted || query["state"] != "all" || !page || !size || *page == 0 || *size > 100) return answer(400);
        std::vector<const KeptIssue*> listed;
        for (auto each = issues.rbegin(); each != issues.rend(); ++each)
            if (each->created + list_lag <= *now_) listed.push_back(&*each);
        std::string list = "[";
        for (std::size_t i = (*page - 1) * *size; i < std::min<std::size_t>(*page * *size, listed.size()); ++i) list += (list.size() > 1 ? "," : "") + to_json(*listed[i]);
        return answer(200, list + "]");
    }
    if (method == "POST" && path == of_owner) {
        if (v5 && text("repo") != "images") return answer(404);
        if (text("title").empty() || text("title").size() > 255) return answer(422);
        std::string labels = text("labels");
        if (forge_ == Forge::github) {
            const rapidjson::Value* list = oci::json_member(json, "labels");
            if (list == nullptr || !list->IsArray()) return answer(422);
            for (const auto& each : list->GetArray()) labels += (labels.empty() ? "" : ",") + std::string(each.GetString());
        }
        add(text("title"), text(body_name));
        issues.back().labels = labels;
        return answer(201, to_json(issues.back()));
    }
    const auto below = [&](const std::string& base) { return path.starts_with(base + "/") ? path.substr(base.size() + 1) : std::string(); };
    if (method == "GET") {
        const KeptIssue* issue = find(below(of_repository));
        return issue == nullptr ? answer(404) : answer(200, to_json(*issue));
    }
    if (method == (forge_ == Forge::gitlab ? "PUT" : "PATCH")) {
        KeptIssue* issue = find(below(of_owner));
        if (issue == nullptr || (v5 && text("repo") != "images")) return answer(404);
        if (v5 && text("title").empty()) return answer(400);
        const std::string state = text(forge_ == Forge::gitlab ? "state_event" : "state");
        const bool other_words = forge_ == Forge::gitlab || forge_ == Forge::gitcode;
        if (!state.empty() && state != (other_words ? "close" : "closed") && state != (other_words ? "reopen" : "open")) return answer(422);
        if (!state.empty()) issue->open = state == (other_words ? "reopen" : "open");
        if (v5) issue->title = text("title");
        if (oci::json_member(json, body_name) != nullptr) issue->body = text(body_name);
        return answer(200, to_json(*issue));
    }
    if (method == "POST") {
        const std::string rest = below(of_repository);
        const std::string tail = forge_ == Forge::gitlab ? "/notes" : "/comments";
        KeptIssue* issue = rest.ends_with(tail) ? find(rest.substr(0, rest.size() - tail.size())) : nullptr;
        if (issue == nullptr || text("body").empty()) return answer(404);
        issue->comments.push_back(text("body"));
        return answer(201, "{\"id\": 1}");
    }
    return answer(405);
}

}  // namespace veritag::notify
