// The issue APIs of four forges: what is sent and what comes back, without sockets.
//
// GitHub: docs.github.com/en/rest/issues/issues, version 2022-11-28. GitLab: doc/api/issues.md and notes.md of gitlab-org/gitlab, v4.
// Gitee: gitee.com/api/v5/swagger, and oschina/gitee-cli: pkg/gitee/issues.go. GitCode follows Gitee's paths, but takes `reopen` and
// `close` for a state and wants the title in every change: docs.gitcode.com/docs/apis/patch-api-v-5-repos-owner-issues-number.
#pragma once

#include "base/times.h"
#include "notify/channel.h"
#include "outbound/fetch.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::notify {

struct ForgeIssue {
    std::string number;  ///< letters and digits: `17`, on Gitee `I6ABCD`
    std::string title;
    std::string body;
    bool open = true;    ///< Gitee's `progressing` is open, its `rejected` closed
    std::optional<SystemTime> created;
};

inline constexpr std::size_t kIssuesAPage = 50;  // of bodies of at most 64 KiB each

/// All issues, open and closed, newest first; `page` counts from 1. Listing, not searching: GitHub's search index lags by minutes, so a
/// search after a crash would find nothing and a second issue would be opened.
outbound::HttpRequest list_issues(const IssueChannel& channel, std::size_t page);
outbound::HttpRequest get_issue(const IssueChannel& channel, std::string_view number);
outbound::HttpRequest open_issue(const IssueChannel& channel, std::string_view title, std::string_view body);

/// What is changed of an issue.
struct IssueUpdate {
    std::string title;  ///< as it is: Gitee and GitCode want it said again
    std::string body;
    std::optional<bool> open;  ///< where it is to be closed or opened again
};
outbound::HttpRequest update_issue(const IssueChannel& channel, std::string_view number, const IssueUpdate& update);
outbound::HttpRequest comment_issue(const IssueChannel& channel, std::string_view number, std::string_view text);

/// One issue, or a page of them without GitHub's pull requests. `protocol` for an answer of another form.
Result<ForgeIssue> read_issue(Forge forge, std::string_view json);
/// `count` is how many entries the page had, pull requests too: fewer than kIssuesAPage is the last page.
struct IssuePage {
    std::vector<ForgeIssue> issues;
    std::size_t count = 0;
};
Result<IssuePage> read_issues(Forge forge, std::string_view json);

}  // namespace veritag::notify
