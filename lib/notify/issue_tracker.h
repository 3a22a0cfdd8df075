// The life of issues: opened once a cause, updated in place, closed when the cause is mended, opened again when it is back.
//
// Never a second issue for a cause. Before an issue is asked for, that is written to memory; after a crash, or an answer that got lost, it is
// looked for in the forge's list, by the first line of its body, and asked for again only when it has not turned up for some minutes. The
// same list gives back what a lost memory knew.
#pragma once

#include "base/times.h"
#include "notify/channel.h"
#include "notify/failure.h"
#include "notify/issue_record.h"
#include "notify/memory.h"
#include "notify/notice.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace veritag::notify {

/// How the tracker reaches the forge; outbound::fetch, but for tests.
using Fetch = std::function<Result<outbound::HttpReply>(const outbound::HttpRequest&)>;

class IssueTracker {
public:
    /// Keeps everything by reference. There must be one tracker at work for a repository at a time, and the notices of a target must come
    /// in their order.
    IssueTracker(const Channel& channel, NoticeMemory& memory, Fetch fetch, SystemTime now);

    /// Brings the issues of all causes of the notice to where they should be. On a failure the others have been brought as far as they
    /// came; the same notice given again goes on from there.
    std::optional<SendFailure> apply(const Notice& notice);

private:
    using Step = std::optional<SendFailure>;
    struct Found {
        std::string number;
        std::string body;
        bool open = true;
    };
    Step apply(const Notice& notice, const CauseChange& change);
    Step open(const Notice& notice, const CauseChange& change, IssueRecord record);
    Step update(const Notice& notice, const CauseChange& change, IssueRecord record);
    Step replace(const Notice& notice, const CauseChange& change, IssueRecord record, const outbound::HttpReply& answer);
    Step comment(const Notice& notice, const CauseChange& change, IssueRecord record);
    Step look_through_list();
    Step put(const std::string& cause, const IssueRecord& record);
    Step known(const std::string& cause, std::optional<IssueRecord>& record);
    /// Sends; an answer outside 2xx is a failure, but for those that `accept` names.
    Step exchange(const outbound::HttpRequest& request, std::string what, outbound::HttpReply& reply, bool accept_absent = false);
    [[nodiscard]] std::string where() const;

    const Channel& channel_;
    const IssueChannel& issues_;
    NoticeMemory& memory_;
    Fetch fetch_;
    SystemTime now_;
    std::string place_;  // stands for the forge and the repository in keys
    bool forgetful_ = false;  // something that was remembered cannot be read: the whole list is looked through
    bool listed_ = false;
    std::map<std::string, Found> found_;  // by cause: issues of the list that have our mark, the oldest of each
};

/// What the tracker would do about one cause, as far as memory knows; for a dry run.
struct IssuePlan {
    enum class Step : std::uint8_t { none, open, update, close, open_again };
    Step step = Step::none;
    std::string number;                   ///< empty where it is not known
    std::vector<std::string> references;  ///< that have it then
};
Result<IssuePlan> plan_issue(const Channel& channel, NoticeMemory& memory, const Notice& notice, const CauseChange& change);

}  // namespace veritag::notify
