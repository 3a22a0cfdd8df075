#include "notify/issue_record.h"

#include "model/serial.h"

namespace veritag::notify {
namespace {

constexpr std::string_view kForm = "VIR1";

struct Kept {
    IssueRecord record;
    std::int64_t since = 0, told = 0;  // seconds since 1970
};

template <class Archive> void fields(Archive& a, Kept& v) {
    a(v.record.state, v.record.number, v.since, v.told, v.record.owed, v.record.more, v.record.references);
}

}  // namespace

constexpr IssueRecord::State last_of(IssueRecord::State) { return IssueRecord::State::closed; }
constexpr IssueRecord::Owed last_of(IssueRecord::Owed) { return IssueRecord::Owed::back; }

std::string serialise(const IssueRecord& record) {
    serial::Writer out;
    out(std::string(kForm), Kept{record, record.since.time_since_epoch().count(), record.told.time_since_epoch().count()});
    return out.take();
}

Result<IssueRecord> deserialise_issue_record(std::string_view bytes) {
    serial::Reader in(bytes);
    std::string form;
    Kept kept;
    in(form);
    if (form == kForm) in(kept);
    if (form != kForm || !in.at_end()) return Error{ErrorCode::malformed, "read what is known of an issue", "", "it is not in the form " + std::string(kForm), ""};
    kept.record.since = SystemTime(std::chrono::seconds(kept.since));
    kept.record.told = SystemTime(std::chrono::seconds(kept.told));
    return std::move(kept.record);
}

}  // namespace veritag::notify
