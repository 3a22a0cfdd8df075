// A forge that keeps issues, by the paths and forms of one of the four APIs; what it is not asked for in the right way, it refuses.
#pragma once

#include "notify/forge.h"
#include "outbound/fetch.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::notify {

struct KeptIssue {
    std::string number;
    std::string title, body;
    bool open = true;
    std::string labels;  ///< joined with commas
    std::vector<std::string> comments;
    SystemTime created;
    bool pull_request = false;  ///< GitHub lists them, too
};

class MockForge {
public:
    MockForge(Forge forge, SystemTime* now) : forge_(forge), now_(now) {}

    /// One request: method, target behind the API's base, headers, body.
    outbound::HttpReply handle(const std::string& method, const std::string& target, const outbound::HttpHeaders& headers, const std::string& body);
    Result<outbound::HttpReply> fetch(const outbound::HttpRequest& request);  ///< the same without a socket

    [[nodiscard]] IssueChannel channel() const;
    void add(std::string title, std::string body, bool open = true, bool pull_request = false);
    /// Issues that veritag opened.
    [[nodiscard]] std::vector<KeptIssue> ours() const;

    std::vector<KeptIssue> issues;        ///< in order of their making
    std::vector<std::string> log;         ///< `POST /repos/…`
    std::chrono::seconds list_lag{0};     ///< a new issue is not listed for so long
    static constexpr const char* kToken = "TOKEN-SECRET";
    std::string api = "http://forge.example/api";

private:
    std::string next_number();
    [[nodiscard]] std::string to_json(const KeptIssue& issue) const;
    KeptIssue* find(std::string_view number);

    Forge forge_;
    SystemTime* now_;
    int made_ = 0;
};

}  // namespace veritag::notify
