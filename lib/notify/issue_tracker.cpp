#include "notify/issue_tracker.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "notify/forge.h"
#include "notify/text.h"

#include <algorithm>
#include <iterator>

namespace veritag::notify {
namespace {

using namespace std::chrono_literals;
using State = IssueRecord::State;
using Owed = IssueRecord::Owed;

constexpr std::size_t kMostPages = 400;       // 20,000 issues
constexpr std::chrono::seconds kSettles = 10min;  // lists of issues were seen to lag by eight minutes
constexpr std::chrono::seconds kOverlap = 24h;    // clocks differ, and lists lag
constexpr std::size_t kPlaceDigits = 16;

std::vector<std::string> references_after(const CauseChange& change, const std::vector<std::string>& before) {
    std::vector<std::string> had = before;
    had.insert(had.end(), change.fresh.begin(), change.fresh.end());
    had.insert(had.end(), change.remaining.begin(), change.remaining.end());
    std::sort(had.begin(), had.end());
    had.erase(std::unique(had.begin(), had.end()), had.end());
    std::vector<std::string> has;
    std::set_difference(had.begin(), had.end(), change.mended.begin(), change.mended.end(), std::back_inserter(has));
    return has;
}

// Stands for the forge and the repository in keys: two channels to one repository share its issues.
std::string place_of(const IssueChannel& channel) {
    std::string text = "veritag issues";
    for (const std::string& part : {std::string(to_string(channel.forge)), channel.api, channel.repository}) text.append(1, '\0').append(part);
    return std::string(sha256_of(text).hex().substr(0, kPlaceDigits));
}

std::string key_of(const std::string& place, const std::string& cause) { return "issue/" + place + "/" + cause; }

// Forges may change line ends and the white space around.
std::string without_line_ends(std::string_view text) {
    std::string plain(trim(text));
    std::erase(plain, '\r');
    return plain;
}

// Nothing was made: the request was never sent, or the answer says no. Everything else, 5xx too, may have happened.
bool is_certain_refusal(const SendFailure& failure, const outbound::HttpReply& reply) noexcept {
    return failure.error.code == ErrorCode::config || (reply.status >= 300 && reply.status < 500 && reply.status != 408);
}

}  // namespace

IssueTracker::IssueTracker(const Channel& channel, NoticeMemory& memory, Fetch fetch, SystemTime now)
    : channel_(channel), issues_(std::get<IssueChannel>(channel.kind)), memory_(memory), fetch_(std::move(fetch)), now_(now) {
    place_ = place_of(issues_);
}

std::string IssueTracker::where() const { return std::string(to_string(issues_.forge)) + " " + issues_.repository; }

IssueTracker::Step IssueTracker::exchange(const outbound::HttpRequest& request, std::string what, outbound::HttpReply& reply, bool accept_absent) {
    Result<outbound::HttpReply> got = fetch_(request);
    if (!got) {
        Error error = got.error();
        error.what = std::move(what);
        return failure_of(error.at(where()));
    }
    reply = std::move(*got);
    const bool absent = reply.status == 404 || reply.status == 410;
    if ((reply.status >= 200 && reply.status < 300) || (absent && accept_absent)) return std::nullopt;
    return failure_of(reply, std::move(what), where(), now_);
}

IssueTracker::Step IssueTracker::put(const std::string& cause, const IssueRecord& record) {
    if (const Result<void> kept = memory_.put(key_of(place_, cause), serialise(record)); !kept) return failure_of(kept.error().at(where()));
    return std::nullopt;
}

IssueTracker::Step IssueTracker::known(const std::string& cause, std::optional<IssueRecord>& record) {
    const auto kept = memory_.get(key_of(place_, cause));
    if (!kept) return failure_of(kept.error().at(where()));
    if (!*kept) return std::nullopt;
    const auto read = deserialise_issue_record(**kept);
    if (read) {
        record = *read;
    } else {
        log::warn("what was known of an issue cannot be read; looking for it", {{"cause", cause}});
        forgetful_ = true;
    }
    return std::nullopt;
}

// Newest first, back to what the last look has seen, or to the end.
IssueTracker::Step IssueTracker::look_through_list() {
    if (listed_) return std::nullopt;
    const std::string key = "listed/" + place_;
    const auto kept = memory_.get(key);
    if (!kept) return failure_of(kept.error().at(where()));
    const auto seen = *kept ? parse_u64(**kept) : std::nullopt;
    const bool knows = !forgetful_ && seen && *seen < static_cast<std::uint64_t>(now_.time_since_epoch().count());
    const SystemTime until = knows ? SystemTime(std::chrono::seconds(*seen)) - kOverlap : SystemTime::min();
    bool more = true;
    for (std::size_t page = 1; more; ++page) {
        if (page > kMostPages)
            return failure_of(Error{ErrorCode::over_limit, "look for issues", where(), "more than " + std::to_string(kMostPages * kIssuesAPage) + " issues",
                                    "give veritag a repository of its own for issues"});
        outbound::HttpReply reply;
        if (Step failed = exchange(list_issues(issues_, page), "list issues", reply)) return failed;
        const Result<IssuePage> read = read_issues(issues_.forge, reply.body);
        if (!read) return failure_of(read.error().at(where()));
        more = read->count >= kIssuesAPage;
        for (const ForgeIssue& issue : read->issues) {
            if (issue.created && *issue.created < until) more = false;
            // The list goes from new to old, so the oldest one wins: whatever copied its text came later.
            if (const std::string cause = cause_of_body(issue.body); !cause.empty()) found_[cause] = {issue.number, issue.body, issue.open};
        }
    }
    // What is found and not known is written down before the list counts as seen.
    for (const auto& [cause, found] : found_) {
        std::optional<IssueRecord> record;
        if (Step failed = known(cause, record)) return failed;
        if (record && record->state != State::opening) continue;
        const auto references = references_of_body(found.body);
        IssueRecord adopted{.number = found.number, .told = record ? record->told : SystemTime(), .more = !references, .references = references.value_or(std::vector<std::string>())};
        // An issue that lists nothing was closed by us; one that was closed while it lists something was closed by somebody.
        adopted.state = !found.open && references && references->empty() ? State::closed : State::open;
        if (Step failed = put(cause, adopted)) return failed;
    }
    if (const Result<void> noted = memory_.put(key, std::to_string(now_.time_since_epoch().count())); !noted) return failure_of(noted.error().at(where()));
    listed_ = true;
    return std::nullopt;
}

std::optional<SendFailure> IssueTracker::apply(const Notice& notice) {
    for (const CauseChange& change : notice.causes)
        if (Step failed = apply(notice, change)) return failed;
    return std::nullopt;
}

IssueTracker::Step IssueTracker::apply(const Notice& notice, const CauseChange& change) {
    std::optional<IssueRecord> record;
    if (Step failed = known(change.id, record)) return failed;
    if (!record || record->state == State::opening) {
        const std::optional<IssueRecord> asked_for = record;
        if (Step failed = look_through_list()) return failed;
        record.reset();
        if (Step failed = known(change.id, record)) return failed;
        if (asked_for && record && record->state == State::opening && now_ < asked_for->since + kSettles) {
            SendFailure later = failure_of(Error{ErrorCode::server, "open issue", where(), "it was asked for, and whether it is there does not show yet", ""});
            later.retry_after = asked_for->since + kSettles - now_;
            return later;
        }
    }
    if (!record || record->state == State::opening) return open(notice, change, record.value_or(IssueRecord{}));
    return update(notice, change, *record);
}

IssueTracker::Step IssueTracker::open(const Notice& notice, const CauseChange& change, IssueRecord record) {
    record.references = references_after(change, record.references);
    if (record.references.empty()) {  // mended before anybody was told
        if (const Result<void> gone = memory_.remove(key_of(place_, change.id)); !gone) return failure_of(gone.error().at(where()));
        return std::nullopt;
    }
    record.number.clear();
    record.owed = Owed::nothing;
    record.state = State::opening;
    record.since = now_;
    record.told = notice.when;
    if (Step failed = put(change.id, record)) return failed;
    const IssueContent content{notice, change, record.references};
    outbound::HttpReply reply;
    if (Step failed = exchange(open_issue(issues_, issue_title(content, channel_.language), issue_body(content, channel_.language)), "open issue", reply)) {
        if (is_certain_refusal(*failed, reply)) (void)memory_.remove(key_of(place_, change.id));
        return failed;
    }
    const Result<ForgeIssue> made = read_issue(issues_.forge, reply.body);
    if (!made) return failure_of(made.error().at(where()));
    record.state = State::open;
    record.number = made->number;
    return put(change.id, record);
}

IssueTracker::Step IssueTracker::update(const Notice& notice, const CauseChange& change, IssueRecord record) {
    if (notice.when < record.told) return std::nullopt;  // a later notice has been told already
    outbound::HttpReply reply;
    if (Step failed = exchange(get_issue(issues_, record.number), "read issue", reply, true)) return failed;
    if (reply.status >= 400) return replace(notice, change, std::move(record), reply);
    const Result<ForgeIssue> issue = read_issue(issues_.forge, reply.body);
    if (!issue) return failure_of(issue.error().at(where()));

    record.references = references_after(change, record.references);
    record.told = notice.when;
    const bool mended = record.references.empty() && !record.more;
    const bool back = !mended && record.state == State::closed;
    IssueUpdate wanted{.title = issue->title, .body = issue_body({notice, change, record.references}, channel_.language)};
    wanted.body += tail_of_body(issue->body);
    if (mended && issue->open) wanted.open = false;
    if (back && !issue->open) wanted.open = true;
    if (wanted.open || without_line_ends(wanted.body) != without_line_ends(issue->body))
        if (Step failed = exchange(update_issue(issues_, record.number, wanted), "update issue", reply)) return failed;
    if (mended && record.state == State::open) record.owed = Owed::mended;
    if (back) record.owed = Owed::back;
    record.state = mended ? State::closed : State::open;
    if (Step failed = put(change.id, record)) return failed;
    return comment(notice, change, std::move(record));
}

// The issue was deleted, or nobody may see the repository any more. Where the list can be read and does not have it, there is none.
IssueTracker::Step IssueTracker::replace(const Notice& notice, const CauseChange& change, IssueRecord record, const outbound::HttpReply& answer) {
    if (Step failed = look_through_list()) return failed;
    if (found_.contains(change.id)) return failure_of(answer, "read issue", where(), now_);
    return open(notice, change, std::move(record));
}

IssueTracker::Step IssueTracker::comment(const Notice& notice, const CauseChange& change, IssueRecord record) {
    if (record.owed == Owed::nothing) return std::nullopt;
    const std::string text = record.owed == Owed::mended ? mended_comment(notice, channel_.language) : back_comment(notice, record.references.size(), channel_.language);
    outbound::HttpReply reply;
    if (Step failed = exchange(comment_issue(issues_, record.number, text), "comment on issue", reply)) return failed;
    record.owed = Owed::nothing;
    return put(change.id, record);
}

Result<IssuePlan> plan_issue(const Channel& channel, NoticeMemory& memory, const Notice& notice, const CauseChange& change) {
    VERITAG_TRY(const std::optional<std::string> kept, memory.get(key_of(place_of(std::get<IssueChannel>(channel.kind)), change.id)));
    IssueRecord record;
    if (kept)
        if (const auto read = deserialise_issue_record(*kept)) record = *read;
    if (!record.number.empty() && notice.when < record.told) return IssuePlan{};
    IssuePlan plan{.number = record.number, .references = references_after(change, record.references)};
    const bool mended = plan.references.empty() && !record.more;
    if (record.number.empty())
        plan.step = mended ? IssuePlan::Step::none : IssuePlan::Step::open;
    else if (mended)
        plan.step = record.state == State::closed ? IssuePlan::Step::update : IssuePlan::Step::close;
    else
        plan.step = record.state == State::closed ? IssuePlan::Step::open_again : IssuePlan::Step::update;
    return plan;
}

}  // namespace veritag::notify
