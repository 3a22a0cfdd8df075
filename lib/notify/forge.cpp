#include "notify/forge.h"

#include "base/limits.h"
#include "base/percent.h"
#include "base/text.h"
#include "oci/json.h"
#include "report/json_output.h"

#include <algorithm>

namespace veritag::notify {
namespace {

using outbound::HttpRequest;

constexpr std::uint64_t kReplyBytes = 16ULL << 20;
constexpr int kRedirects = 3;  // renamed repositories
constexpr std::size_t kMostNumber = 32;

std::string base_of(const IssueChannel& channel) {
    std::string base = channel.api.empty() ? std::string(public_api(channel.forge)) : channel.api;
    while (base.ends_with('/')) base.pop_back();
    return base;
}

// Owner and name; GitLab's project is its whole path, escaped.
std::string owner_of(const IssueChannel& channel) { return channel.repository.substr(0, channel.repository.find('/')); }
std::string name_of(const IssueChannel& channel) { return channel.repository.substr(channel.repository.find('/') + 1); }
bool is_v5(Forge forge) noexcept { return forge == Forge::gitee || forge == Forge::gitcode; }

std::string issues_of(const IssueChannel& channel) {
    if (channel.forge == Forge::gitlab) return "/projects/" + percent_encode(channel.repository) + "/issues";
    return "/repos/" + channel.repository + "/issues";
}

HttpRequest request_to(const IssueChannel& channel, std::string method, const std::string& target, std::string body = {}) {
    HttpRequest request;
    request.method = std::move(method);
    request.url = base_of(channel) + target;
    request.headers = {{"Accept", channel.forge == Forge::github ? "application/vnd.github+json" : "application/json"}};
    if (channel.forge == Forge::gitlab)
        request.headers.emplace_back("PRIVATE-TOKEN", channel.token);
    else
        request.headers.emplace_back("Authorization", "Bearer " + channel.token);
    if (channel.forge == Forge::github) request.headers.emplace_back("X-GitHub-Api-Version", "2022-11-28");
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    request.ca_file = channel.ca_file;
    request.allow_internal = channel.allow_internal;
    request.reply_bytes = kReplyBytes;
    request.redirects = kRedirects;
    return request;
}

template <class Members>
std::string json_of(Members members) {
    report::JsonOutput out;
    out.object([&] { members(out); });
    return out.take();
}

std::string_view body_name(Forge forge) noexcept { return forge == Forge::gitlab ? "description" : "body"; }

// How each forge calls the two states when it is asked for one.
void put_state(report::JsonOutput& out, Forge forge, bool open) {
    switch (forge) {
        case Forge::github:
            out.member("state", open ? "open" : "closed");
            out.member("state_reason", open ? "reopened" : "completed");
            break;
        case Forge::gitlab: out.member("state_event", open ? "reopen" : "close"); break;
        case Forge::gitee: out.member("state", open ? "open" : "closed"); break;
        case Forge::gitcode: out.member("state", open ? "reopen" : "close"); break;
    }
}

Error unexpected(std::string saw) { return {ErrorCode::protocol, "read issue", "", std::move(saw), "is the API's address right?"}; }

std::optional<std::string> number_of(const rapidjson::Value& issue, Forge forge) {
    const rapidjson::Value* value = oci::json_member(issue, forge == Forge::gitlab ? "iid" : "number");
    if (value == nullptr) return std::nullopt;
    if (value->IsUint64()) return std::to_string(value->GetUint64());
    if (!value->IsString()) return std::nullopt;
    const std::string_view text(value->GetString(), value->GetStringLength());
    // It becomes part of a path.
    const bool fits = !text.empty() && text.size() <= kMostNumber &&
                      std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    return fits ? std::optional<std::string>(text) : std::nullopt;
}

Result<ForgeIssue> issue_from(Forge forge, const rapidjson::Value& value) {
    const auto number = number_of(value, forge);
    if (!number) return unexpected("an issue without a number");
    const std::string state = oci::json_string(value, "state");
    const bool open = state != "closed" && state != "rejected";
    return ForgeIssue{*number, oci::json_string(value, "title"), oci::json_string(value, std::string(body_name(forge)).c_str()), open,
                      parse_rfc3339(oci::json_string(value, "created_at"))};
}

Result<rapidjson::Document> parsed(std::string_view json) {
    Limits limits;
    auto document = oci::parse_json("read issue", "", json, limits);
    if (!document) {
        Error error = document.error();
        error.code = ErrorCode::protocol;
        return error;
    }
    return document;
}

}  // namespace

HttpRequest list_issues(const IssueChannel& channel, std::size_t page) {
    const std::string rest = "&per_page=" + std::to_string(kIssuesAPage) + "&page=" + std::to_string(page);
    if (channel.forge == Forge::gitlab) return request_to(channel, "GET", issues_of(channel) + "?scope=all&state=all&order_by=created_at&sort=desc" + rest);
    return request_to(channel, "GET", issues_of(channel) + "?state=all&sort=created&direction=desc" + rest);
}

HttpRequest get_issue(const IssueChannel& channel, std::string_view number) { return request_to(channel, "GET", issues_of(channel) + "/" + std::string(number)); }

HttpRequest open_issue(const IssueChannel& channel, std::string_view title, std::string_view body) {
    const Forge forge = channel.forge;
    const std::string target = is_v5(forge) ? "/repos/" + owner_of(channel) + "/issues" : issues_of(channel);
    return request_to(channel, "POST", target, json_of([&](report::JsonOutput& out) {
                          if (is_v5(forge)) out.member("repo", name_of(channel));
                          out.member("title", title);
                          out.member(body_name(forge), body);
                          if (channel.labels.empty()) return;
                          if (forge == Forge::github)
                              out.list("labels", [&] {
                                  for (const std::string& label : channel.labels) out.value(label);
                              });
                          else
                              out.member("labels", join(channel.labels, ","));
                      }));
}

HttpRequest update_issue(const IssueChannel& channel, std::string_view number, const IssueUpdate& update) {
    const Forge forge = channel.forge;
    const std::string target = (is_v5(forge) ? "/repos/" + owner_of(channel) + "/issues" : issues_of(channel)) + "/" + std::string(number);
    return request_to(channel, forge == Forge::gitlab ? "PUT" : "PATCH", target, json_of([&](report::JsonOutput& out) {
                          if (is_v5(forge)) {
                              out.member("repo", name_of(channel));
                              out.member("title", update.title);
                          }
                          out.member(body_name(forge), update.body);
                          if (update.open) put_state(out, forge, *update.open);
                      }));
}

HttpRequest comment_issue(const IssueChannel& channel, std::string_view number, std::string_view text) {
    const std::string target = issues_of(channel) + "/" + std::string(number) + (channel.forge == Forge::gitlab ? "/notes" : "/comments");
    return request_to(channel, "POST", target, json_of([&](report::JsonOutput& out) { out.member("body", text); }));
}

Result<ForgeIssue> read_issue(Forge forge, std::string_view json) {
    VERITAG_TRY(const rapidjson::Document document, parsed(json));
    if (!document.IsObject()) return unexpected("no object");
    return issue_from(forge, document);
}

Result<IssuePage> read_issues(Forge forge, std::string_view json) {
    VERITAG_TRY(const rapidjson::Document document, parsed(json));
    if (!document.IsArray()) return unexpected("no list of issues");
    IssuePage page;
    page.count = document.Size();
    for (const rapidjson::Value& each : document.GetArray()) {
        const rapidjson::Value* pull = oci::json_member(each, "pull_request");
        if (forge == Forge::github && pull != nullptr && !pull->IsNull()) continue;
        VERITAG_TRY(ForgeIssue issue, issue_from(forge, each));
        page.issues.push_back(std::move(issue));
    }
    return page;
}

}  // namespace veritag::notify
