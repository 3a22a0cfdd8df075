#include "notify/issue_record.h"

#include "model/serial.h"
#include "notify/kept_time.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace veritag::notify {
namespace {

constexpr std::size_t kMostBytes = 64 << 20;
constexpr std::string_view kForm = "VIR2";

// Sorted references begin as the one before does, so each is kept as how many bytes they share and what follows them.
using Shortened = std::vector<std::pair<std::size_t, std::string>>;

struct Kept {
    IssueRecord record;
    std::int64_t since = 0, told = 0;  // seconds since 1970
    Shortened references;
};

Shortened shortened(const std::vector<std::string>& references) {
    Shortened list;
    std::string_view before;
    for (const std::string& each : references) {
        const auto differs = std::mismatch(each.begin(), each.end(), before.begin(), before.end());
        const auto shared = static_cast<std::size_t>(differs.first - each.begin());
        list.emplace_back(shared, each.substr(shared));
        before = each;
    }
    return list;
}

// Nullopt where a reference would share more than the one before has, or the list would become longer than any that is written.
std::optional<std::vector<std::string>> whole(const Shortened& list) {
    std::vector<std::string> references;
    std::size_t bytes = 0;
    for (const auto& [shared, rest] : list) {
        const std::string_view before = references.empty() ? std::string_view() : references.back();
        if (shared > before.size()) return std::nullopt;
        bytes += shared + rest.size();
        if (bytes > kMostBytes) return std::nullopt;
        references.push_back(std::string(before.substr(0, shared)) + rest);
    }
    return references;
}

template <class Archive> void fields(Archive& a, Kept& v) {
    a(v.record.state, v.record.number, v.since, v.told, v.record.owed, v.record.more, v.references);
}

}  // namespace

constexpr IssueRecord::State last_of(IssueRecord::State) { return IssueRecord::State::closed; }
constexpr IssueRecord::Owed last_of(IssueRecord::Owed) { return IssueRecord::Owed::back; }

std::string serialise(const IssueRecord& record) {
    serial::Writer out;
    out(std::string(kForm), Kept{record, record.since.time_since_epoch().count(), record.told.time_since_epoch().count(), shortened(record.references)});
    return out.take();
}

Result<IssueRecord> deserialise_issue_record(std::string_view bytes) {
    serial::Reader in(bytes);
    std::string form;
    Kept kept;
    in(form);
    if (form == kForm) in(kept);
    auto references = whole(kept.references);
    if (form != kForm || !in.at_end() || !references || !is_kept_time(kept.since) || !is_kept_time(kept.told))
        return Error{ErrorCode::malformed, "read what is known of an issue", "", "it is not in the form " + std::string(kForm), ""};
    kept.record.references = std::move(*references);
    kept.record.since = kept_time(kept.since);
    kept.record.told = kept_time(kept.told);
    return std::move(kept.record);
}

}  // namespace veritag::notify
