#include "remote.h"

#include "base/percent.h"
#include "base/text.h"
#include "oci/json.h"
#include "outbound/fetch.h"
#include "report/json_output.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace veritag::daemon {
namespace {

constexpr std::chrono::milliseconds kPoll{300};
constexpr std::uint64_t kMostReportBytes = 1ULL << 30;

class Remote {
public:
    static Result<Remote> make(const RemoteOptions& options, const std::string& ca_file) {
        Remote remote;
        remote.ca_file_ = ca_file;
        remote.base_ = options.server;
        if (options.server.starts_with("unix:")) {
            remote.socket_ = options.server.substr(5);
            remote.base_ = "http://localhost";
        } else if (!options.server.starts_with("http://") && !options.server.starts_with("https://")) {
            return Error{ErrorCode::usage, "read command line", "--server", quote(options.server), "write https://HOST[:PORT], http://HOST[:PORT] or unix:/PATH"};
        }
        while (remote.base_.ends_with('/')) remote.base_.pop_back();
        if (!options.token_file.empty()) {
            std::ifstream in(options.token_file);
            if (!std::getline(in, remote.token_)) return Error{ErrorCode::usage, "read token", quote(options.token_file), "it cannot be read, or is empty", ""};
        } else if (const char* token = std::getenv("VERITAG_TOKEN")) {
            remote.token_ = token;
        }
        remote.token_ = std::string(trim(remote.token_));
        return remote;
    }

    Result<std::string> get(const std::string& path) const { return ask("GET", path, "", 200); }
    Result<std::string> post(const std::string& path, const std::string& body) const { return ask("POST", path, body, 202); }

private:
    Result<std::string> ask(const std::string& method, const std::string& path, const std::string& body, unsigned expected) const {
        outbound::HttpRequest request{.method = method, .url = base_ + path, .headers = {}, .body = body, .ca_file = ca_file_, .reply_bytes = kMostReportBytes, .unix_socket = socket_, .allow_internal = true};
        request.timeout = std::chrono::minutes(5);
        request.headers.emplace_back("Content-Type", "application/json");
        if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
        VERITAG_TRY(outbound::HttpReply reply, outbound::fetch(request, interruption()));
        if (reply.status == expected) return std::move(reply.body);
        const Result<rapidjson::Document> problem = oci::parse_json("read problem", "", reply.body, Limits{});
        const std::string detail = problem && problem->IsObject() ? oci::json_string(*problem, "detail") : std::string();
        const ErrorCode code = reply.status == 401 || reply.status == 403 ? ErrorCode::auth : reply.status == 400 ? ErrorCode::usage : ErrorCode::server;
        return Error{code, "ask the daemon", method + ' ' + path, "HTTP " + std::to_string(reply.status) + (detail.empty() ? "" : ": " + quote(detail)),
                     reply.status == 401 ? "name a file with a token by --token-file, or set VERITAG_TOKEN" : ""};
    }

    std::string base_;
    std::string socket_;
    std::string token_;
    std::string ca_file_;
};

/// One order's end.
struct Ended {
    std::int64_t audit = 0;
    std::string worst;
    bool unread = false;
    std::string failure;  ///< why there is no audit; empty: there is one
};

std::string text_member(const rapidjson::Value& object, const char* name) { return oci::json_string(object, name); }

Result<rapidjson::Document> parse_object(const std::string& text) {
    VERITAG_TRY(rapidjson::Document root, oci::parse_json("read the daemon's answer", "", text, Limits{}));
    if (!root.IsObject()) return Error{ErrorCode::protocol, "read the daemon's answer", "", "no JSON object", ""};
    return root;
}

// How a run ended; nullopt while it goes on. A superseded one goes on under another number.
Result<std::optional<Ended>> look_at(const Remote& remote, std::int64_t& job, const std::string& name, bool quiet, std::string& said) {
    VERITAG_TRY(const std::string text, remote.get("/api/v1/scans/" + std::to_string(job)));
    VERITAG_TRY(const rapidjson::Document root, parse_object(text));
    const std::string state = text_member(root, "state");
    if (state == "superseded" && root.HasMember("successor") && root["successor"].IsInt64()) {
        job = root["successor"].GetInt64();
        return std::optional<Ended>();
    }
    if (state == "done") {
        const rapidjson::Value* result = oci::json_member(root, "result");
        if (result == nullptr || !result->IsObject() || !result->HasMember("audit") || !(*result)["audit"].IsInt64())
            return Error{ErrorCode::protocol, "read the daemon's answer", name, "a run that is done has no result", ""};
        const rapidjson::Value* unread = oci::json_member(*result, "unread");
        return std::optional(Ended{.audit = (*result)["audit"].GetInt64(), .worst = text_member(*result, "worst"), .unread = unread != nullptr && unread->IsBool() && unread->GetBool(), .failure = ""});
    }
    const rapidjson::Value* failure = oci::json_member(root, "failure");
    const std::string why = failure != nullptr && failure->IsObject() ? text_member(*failure, "message") : std::string();
    if (state == "dead" || state == "cancelled") return std::optional(Ended{.audit = 0, .worst = "", .unread = true, .failure = why.empty() ? "it was cancelled" : quote(why, 1000)});
    std::string now = state;
    if (const rapidjson::Value* progress = oci::json_member(root, "progress"); progress != nullptr && progress->IsObject()) {
        const rapidjson::Value *done = oci::json_member(*progress, "done"), *listed = oci::json_member(*progress, "listed");
        if (done != nullptr && listed != nullptr && done->IsUint64() && listed->IsUint64()) now += ", " + std::to_string(done->GetUint64()) + " of " + std::to_string(listed->GetUint64()) + " references";
    }
    if (!why.empty()) now += "; the last try failed: " + quote(why);
    if (!quiet && now != said) std::fprintf(stderr, "veritag: %s: %s\n", quote(name).c_str(), now.c_str());
    said = now;
    return std::optional<Ended>();
}

int status_of(const std::vector<Ended>& ended, const std::string& fail_on) {
    bool unread = false;
    for (const Ended& each : ended) {
        if (fail_on != "never" && (each.worst == "error" || (fail_on == "warning" && each.worst == "warning"))) return kFindings;
        unread = unread || each.unread;
    }
    return unread ? kUnread : kClean;
}

}  // namespace

void RemoteOptions::add_to(CLI::App& command) {
    auto* url = command.add_option("--server", server, "Let the daemon at this address do it: https://HOST[:PORT], http://HOST[:PORT] or unix:/PATH")->type_name("URL");
    command.add_option("--token-file", token_file, "File with the bearer token for --server (default: the variable VERITAG_TOKEN)")->type_name("FILE")->needs(url);
}

Result<void> check_remote_flags(const CLI::App& command) {
    for (const char* flag : {"--platform", "--created-since", "--partial", "--jobs", "--store", "--no-store", "--rules", "--plain-http", "--insecure-skip-verify", "--username", "--authfile", "--no-sandbox", "--as",
                             "--list-packages", "--offline", "--configs-only", "--list", "--meta", "--namespace", "--waivers", "--driver", "--repository", "--not-repository", "--tag", "--not-tag"})
        if (const CLI::Option* option = command.get_option_no_throw(flag); option != nullptr && option->count() > 0)
            return Error{ErrorCode::usage, "read command line", flag, "with --server the daemon's configuration decides that", "leave it out"};
    return ok();
}

int run_remote(const RemoteOptions& options, const RemoteOrder& order, const OutputOptions& output) {
    const Result<Remote> remote = Remote::make(options, order.ca_file);
    if (!remote) return complain(remote.error());
    std::vector<std::int64_t> jobs;
    for (const std::string& name : order.names) {
        report::JsonOutput body;
        body.object([&] { body.member(order.member, name); });
        const Result<std::string> answer = remote->post(order.path, body.take());
        if (!answer) return complain(answer.error());
        const Result<rapidjson::Document> root = parse_object(*answer);
        if (!root || !root->HasMember("id") || !(*root)["id"].IsInt64()) return complain({ErrorCode::protocol, "read the daemon's answer", name, "an order without a number", ""});
        jobs.push_back((*root)["id"].GetInt64());
    }

    std::vector<Ended> all;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        std::string said;
        for (;;) {
            if (interruption().stop_requested()) return kInterrupted;  // the daemon goes on: others may wait for the same
            Result<std::optional<Ended>> ended = look_at(*remote, jobs[i], order.names[i], order.quiet, said);
            if (!ended) return interruption().stop_requested() ? kInterrupted : complain(ended.error());
            if (*ended) {
                if (!(*ended)->failure.empty()) std::fprintf(stderr, "veritag: %s: %s\n", quote(order.names[i]).c_str(), (*ended)->failure.c_str());
                all.push_back(std::move(**ended));
                break;
            }
            std::this_thread::sleep_for(kPoll);
        }
    }
    std::string audits;
    std::set<std::int64_t> seen;
    for (const Ended& each : all)
        if (each.audit != 0 && seen.insert(each.audit).second) audits += (audits.empty() ? "" : ",") + std::to_string(each.audit);
    if (!audits.empty()) {
        const Result<std::string> text = remote->get("/api/v1/report?audits=" + audits + "&format=" + percent_encode(output.format) + "&lang=" + percent_encode(output.language));
        if (!text) return complain(text.error());
        if (const Result<void> written = output.write(*text); !written) return complain(written.error());
    }
    return status_of(all, order.fail_on);
}

}  // namespace veritag::daemon
