#include "remote.h"

#include "base/duration.h"
#include "base/http_retry.h"
#include "base/percent.h"
#include "base/text.h"
#include "oci/json.h"
#include "outbound/fetch.h"
#include "report/json_output.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <utility>

namespace veritag::daemon {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPoll{300};
constexpr milliseconds kFirstPause{500}, kLongestPause{15'000};
constexpr milliseconds kQuickAnswer{30'000};               // for an order, or a look at one
constexpr milliseconds kReportTime = std::chrono::minutes(5);
constexpr milliseconds kFirstPatience{10'000};             // an address that never answered is rather a wrong one than a restart
constexpr std::size_t kPortion = 500;                      // orders that wait at a time: the queue is there for others, too
constexpr std::size_t kMostAudits = 200;                   // that the query of GET /api/v1/report takes; the body of a POST takes more
constexpr std::size_t kMostFollowed = kMostRemoteNames;
constexpr std::uint64_t kMostReportBytes = 1ULL << 30;

void sleep_for(milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, interruption(), time, [] { return false; });
}

/// Asks, and asks again where that may help. Everything that is asked may be asked twice: orders of one thing that waits are one job.
class Remote {
public:
    static Result<Remote> make(const RemoteOptions& options, const std::string& ca_file, bool quiet) {
        Remote remote;
        remote.quiet_ = quiet;
        const Result<std::chrono::seconds> patience = parse_duration(options.patience);
        if (!patience) return Error{ErrorCode::usage, "read command line", "--patience", patience.error().saw, patience.error().hint};
        remote.patience_ = *patience;
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

    Result<std::string> get(const std::string& path) { return ask_with_patience("GET", path, "", 200, kQuickAnswer); }
    Result<std::string> order(const std::string& path, const std::string& body) { return ask_with_patience("POST", path, body, 202, kQuickAnswer); }
    Result<std::string> report(const std::string& path, const std::string& body) { return ask_with_patience(body.empty() ? "GET" : "POST", path, body, 200, kReportTime); }

private:
    struct Refused {
        Error error;
        bool again = false;  ///< the same may work in a while
        std::optional<milliseconds> after = {};  ///< as the daemon asked for
    };
    using Answer = boost::system::result<std::string, Refused>;

    Result<std::string> ask_with_patience(const std::string& method, const std::string& path, const std::string& body, unsigned expected, milliseconds time) {
        const Clock::time_point started = Clock::now();
        milliseconds pause = kFirstPause;
        for (bool told = false;; told = true) {
            const auto patience = [&] { return answered_ ? patience_ : std::min(patience_, kFirstPatience); };
            const auto left = [&] { return std::chrono::duration_cast<milliseconds>(started + patience() - Clock::now()); };
            const Answer answer = ask(method, path, body, expected, time == kReportTime ? time : std::clamp(left(), milliseconds(1'000), time));
            if (answer) {
                if (told && !quiet_) say("the daemon answers again", log::Level::info);
                return *answer;
            }
            const Refused refused = answer.error();
            if (!refused.again || interruption().stop_requested()) return refused.error;
            // From half of it on, so that callers of a daemon that comes back do not all come at once.
            const milliseconds jitter(static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(pause.count() / 2)));
            const milliseconds wait = std::max(refused.after.value_or(milliseconds(0)), pause / 2 + jitter);
            if (wait >= left()) {
                Error error = refused.error;
                error.saw += "; no better answer within " + format_duration(std::chrono::ceil<std::chrono::seconds>(patience()));
                if (error.hint.empty()) error.hint = answered_ ? "--patience says how long it is tried" : "is the address right, and does the daemon run?";
                return error;
            }
            if (!told && !quiet_)
                say(refused.error.message() + "; trying again for up to " + format_duration(std::chrono::ceil<std::chrono::seconds>(patience())), log::Level::warn);
            sleep_for(wait);
            if (interruption().stop_requested()) return refused.error;
            pause = std::min(2 * pause, kLongestPause);
        }
    }

    Answer ask(const std::string& method, const std::string& path, const std::string& body, unsigned expected, milliseconds time) {
        outbound::HttpRequest request{.method = method, .url = base_ + path, .headers = {}, .body = body, .ca_file = ca_file_, .reply_bytes = kMostReportBytes, .unix_socket = socket_, .allow_internal = true};
        request.timeout = time;
        request.headers.emplace_back("Content-Type", "application/json");
        if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
        Result<outbound::HttpReply> reply = outbound::fetch(request, interruption());
        if (!reply) {
            const ErrorCode code = reply.error().code;
            // A certificate that is not trusted will not be in a minute; a handshake that breaks off is a daemon that stops.
            const bool again = code == ErrorCode::network || code == ErrorCode::timeout || (answered_ && (code == ErrorCode::tls || code == ErrorCode::protocol));
            return Refused{reply.error(), again};
        }
        answered_ = true;
        if (reply->status == expected) return std::move(reply->body);
        const Result<rapidjson::Document> problem = oci::parse_json("read problem", "", reply->body, Limits{});
        const std::string detail = problem && problem->IsObject() ? oci::json_string(*problem, "detail") : std::string();
        const unsigned status = reply->status;
        const ErrorCode code = status == 401 || status == 403 ? ErrorCode::auth : status == 400 ? ErrorCode::usage : ErrorCode::server;
        Error error{code, "ask the daemon", method + ' ' + path.substr(0, path.find('?')), "HTTP " + std::to_string(status) + (detail.empty() ? "" : ": " + quote(detail)),
                    status == 401 ? "name a file with a token by --token-file, or set VERITAG_TOKEN" : ""};
        const bool again = is_temporary_status(status) && status != 500;  // what is wrong inside stays wrong
        return Refused{std::move(error), again, parse_retry_after(reply->header("Retry-After"), std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()))};
    }

    std::string base_;
    std::string socket_;
    std::string token_;
    std::string ca_file_;
    milliseconds patience_{0};
    bool quiet_ = false;
    bool answered_ = false;  ///< it is there, or was
    std::minstd_rand random_{std::random_device{}()};
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
Result<std::optional<Ended>> look_at(Remote& remote, std::int64_t& job, const std::string& name, bool quiet, std::string& said) {
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
    if (!quiet && now != said) say(quote(name) + ": " + now, log::Level::info);
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

// `12,15-20` for the jobs 12, 15, 16 and so on.
std::string text_of(const std::vector<std::int64_t>& jobs) {
    const std::set<std::int64_t> sorted(jobs.begin(), jobs.end());
    std::string text;
    for (auto at = sorted.begin(); at != sorted.end();) {
        const std::int64_t first = *at;
        std::int64_t last = first;
        while (++at != sorted.end() && *at == last + 1) last = *at;
        text += (text.empty() ? "" : ",") + std::to_string(first) + (last == first ? "" : "-" + std::to_string(last));
    }
    return text;
}

Result<std::vector<std::int64_t>> parse_jobs(const std::string& text) {
    const auto wrong = [&](std::string saw) { return Error{ErrorCode::usage, "read command line", "--follow", std::move(saw), "write the numbers of jobs, as 12,15-20"}; };
    std::set<std::int64_t> jobs;
    constexpr std::uint64_t kMost = 1ULL << 53;
    for (const std::string_view part : split(text, ',')) {
        const std::size_t dash = part.find('-');
        const std::optional<std::uint64_t> first = parse_u64(part.substr(0, dash)), last = dash == std::string_view::npos ? first : parse_u64(part.substr(dash + 1));
        if (!first || !last || *first == 0 || *last < *first || *last >= kMost) return wrong('"' + quote(part) + "\" is no number of a job");
        if (*last - *first >= kMostFollowed - jobs.size()) return wrong("more than " + std::to_string(kMostFollowed) + " jobs");
        for (std::uint64_t job = *first; job <= *last; ++job) jobs.insert(static_cast<std::int64_t>(job));
    }
    return std::vector<std::int64_t>(jobs.begin(), jobs.end());
}

/// What was ordered, and how far it is.
class Run {
public:
    Run(Remote& remote, const RemoteOptions& options, const RemoteOrder& order) : remote_(remote), options_(options), order_(order) {}

    /// Nothing where all of them ended, with whatever result.
    Result<void> order_and_wait() {
        if (!options_.follow.empty()) {
            VERITAG_TRY(jobs_, parse_jobs(options_.follow));
            return wait();
        }
        for (std::size_t begin = 0; begin < order_.names.size(); begin += kPortion) {
            for (std::size_t i = begin; i < std::min(begin + kPortion, order_.names.size()); ++i) VERITAG_CHECK(order(order_.names[i]));
            VERITAG_CHECK(wait());
        }
        return ok();
    }

    /// Where the caller shall find what goes on without it.
    void say_how_to_go_on() const {
        if (!jobs_.empty())
            say("what was ordered goes on at the daemon, under the numbers " + text_of(jobs_) + "; pick it up again with: veritag " + order_.command + " --server " + quote(options_.server) + " --follow " + text_of(jobs_),
                log::Level::warn);
        if (options_.follow.empty() && !jobs_.empty() && jobs_.size() < order_.names.size())
            say(std::to_string(order_.names.size() - jobs_.size()) + " of " + std::to_string(order_.names.size()) + " names were not ordered, from " + quote(order_.names[jobs_.size()]) + " on", log::Level::warn);
    }

    [[nodiscard]] const std::vector<Ended>& ended() const noexcept { return ended_; }

private:
    Result<void> order(const std::string& name) {
        report::JsonOutput body;
        body.object([&] { body.member(order_.member, name); });
        VERITAG_TRY(const std::string answer, remote_.order(order_.path, body.take()));
        const Result<rapidjson::Document> root = parse_object(answer);
        if (!root || !root->HasMember("id") || !(*root)["id"].IsInt64()) return Error{ErrorCode::protocol, "read the daemon's answer", name, "an order without a number", ""};
        jobs_.push_back((*root)["id"].GetInt64());
        return ok();
    }

    Result<void> wait() {
        while (ended_.size() < jobs_.size()) {
            std::int64_t& job = jobs_[ended_.size()];
            const std::string name = options_.follow.empty() ? order_.names[ended_.size()] : "job " + std::to_string(job);
            for (std::string said;;) {
                if (interruption().stop_requested()) return Error{ErrorCode::cancelled, "wait for the daemon", name, "stopped on request", ""};
                VERITAG_TRY(std::optional<Ended> end, look_at(remote_, job, name, order_.quiet, said));
                if (end) {
                    if (!end->failure.empty()) say(quote(name) + ": " + end->failure, log::Level::warn);
                    ended_.push_back(std::move(*end));
                    break;
                }
                sleep_for(kPoll);
            }
        }
        return ok();
    }

    Remote& remote_;
    const RemoteOptions& options_;
    const RemoteOrder& order_;
    std::vector<std::int64_t> jobs_;  // in the order of the names
    std::vector<Ended> ended_;        // of the first of them
};

// In the order of the command line. Two names may have been one run.
Result<std::string> report_of(Remote& remote, const std::vector<Ended>& ended, const OutputOptions& output) {
    std::vector<std::int64_t> audits;
    std::set<std::int64_t> seen;
    for (const Ended& each : ended)
        if (each.audit != 0 && seen.insert(each.audit).second) audits.push_back(each.audit);
    if (audits.empty()) return std::string();
    const std::string how = "format=" + percent_encode(output.format) + "&lang=" + percent_encode(output.language);
    std::string list;
    for (const std::int64_t audit : audits) list += (list.empty() ? "" : ",") + std::to_string(audit);
    if (audits.size() <= kMostAudits) return remote.report("/api/v1/report?audits=" + list + '&' + how, "");
    report::JsonOutput body;
    body.object([&] { body.member("audits", list); });
    return remote.report("/api/v1/report?" + how, body.take());
}

}  // namespace

void RemoteOptions::add_to(CLI::App& command) {
    auto* url = command.add_option("--server", server, "Let the daemon at this address do it: https://HOST[:PORT], http://HOST[:PORT] or unix:/PATH")->type_name("URL");
    command.add_option("--token-file", token_file, "File with the bearer token for --server (default: the variable VERITAG_TOKEN)")->type_name("FILE")->needs(url);
    command.add_option("--patience", patience, "How long a daemon that does not answer any more is asked again; what it was told goes on without this program")->type_name("TIME")->capture_default_str()->needs(url);
    command.add_option("--follow", follow, "Order nothing: wait for these jobs of the daemon, as an earlier call named them, and print what they found")->type_name("JOBS")->needs(url);
}

Result<void> check_remote_flags(const CLI::App& command) {
    for (const char* flag : {"--platform", "--created-since", "--partial", "--jobs", "--store", "--no-store", "--rules", "--plain-http", "--insecure-skip-verify", "--username", "--authfile", "--no-sandbox", "--as",
                             "--list-packages", "--offline", "--configs-only", "--list", "--meta", "--namespace", "--waivers", "--driver", "--repository", "--not-repository", "--tag", "--not-tag"})
        if (const CLI::Option* option = command.get_option_no_throw(flag); option != nullptr && option->count() > 0)
            return Error{ErrorCode::usage, "read command line", flag, "with --server the daemon's configuration decides that", "leave it out"};
    return ok();
}

int run_remote(const RemoteOptions& options, const RemoteOrder& order, const OutputOptions& output) {
    if (const Result<void> writable = output.check_place(); !writable) return complain(writable.error());
    Result<Remote> remote = Remote::make(options, order.ca_file, order.quiet);
    if (!remote) return complain(remote.error());
    if (!options.follow.empty() && !order.names.empty())
        return complain({ErrorCode::usage, "read command line", "--follow", "names beside it, and with it nothing is ordered", "leave the names out, or --follow"});
    if (order.names.size() > kMostRemoteNames)
        return complain({ErrorCode::usage, "read command line", "--server", std::to_string(order.names.size()) + " names at once (limit " + std::to_string(kMostRemoteNames) + "); nothing was ordered",
                         "order them in parts, or audit the repositories they are in"});
    Run run(*remote, options, order);
    if (const Result<void> done = run.order_and_wait(); !done) {
        const bool interrupted = interruption().stop_requested();  // the daemon goes on: others may wait for the same
        const int status = interrupted ? kInterrupted : complain(done.error());
        run.say_how_to_go_on();
        return status;
    }
    const Result<std::string> text = report_of(*remote, run.ended(), output);
    if (!text) {
        const int status = interruption().stop_requested() ? kInterrupted : complain(text.error());
        run.say_how_to_go_on();
        return status;
    }
    if (!text->empty())
        if (const Result<void> written = output.write(*text); !written) return complain(written.error());
    return status_of(run.ended(), order.fail_on);
}

}  // namespace veritag::daemon
