// What is remembered of the issue of one cause.
#pragma once

#include "base/result.h"
#include "base/times.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::notify {

struct IssueRecord {
    enum class State : std::uint8_t {
        opening,  ///< asked for; whether it is there is not known
        open,
        closed,   ///< by us, as mended
    };
    enum class Owed : std::uint8_t { nothing, mended, back };  ///< a comment that is still to be written
    State state = State::opening;
    std::string number;     ///< empty while opening
    SystemTime since;       ///< of `opening`: when it was asked for
    SystemTime told;        ///< time of the latest notice that went into it; older ones are not told any more
    Owed owed = Owed::nothing;
    bool more = false;      ///< there are references that are not in the list: the list was rebuilt from a body that was cut
    std::vector<std::string> references;  ///< that have it now, sorted
    friend bool operator==(const IssueRecord&, const IssueRecord&) = default;
};

std::string serialise(const IssueRecord& record);
Result<IssueRecord> deserialise_issue_record(std::string_view bytes);  ///< `malformed` for anything that serialise() did not write

}  // namespace veritag::notify
