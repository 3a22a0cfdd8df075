// The serial form of a notice.
#include "notify/notice.h"

#include "model/finding_fields.h"
#include "model/serial.h"
#include "notify/kept_time.h"

namespace veritag {

template <class Archive> void fields(Archive& a, VerdictCounts& v) { a(v.pass, v.warn, v.fail, v.unknown, v.error); }

namespace notify {
namespace {

constexpr std::string_view kForm = "VNO1";

struct KeptNotice {
    Notice notice;
    std::int64_t when = 0;  // seconds since 1970
};

template <class Archive> void fields(Archive& a, KeptNotice& v) {
    a(v.notice.target, v.notice.run, v.notice.first_run, v.when, v.notice.first_look, v.notice.counts, v.notice.link, v.notice.causes);
}

}  // namespace

template <class Archive> void fields(Archive& a, CauseChange& v) { a(v.id, v.example, v.example_reference, v.fresh, v.mended, v.remaining); }

std::string serialise(const Notice& notice) {
    serial::Writer out;
    out(std::string(kForm), KeptNotice{notice, notice.when.time_since_epoch().count()});
    return out.take();
}

Result<Notice> deserialise_notice(std::string_view bytes) {
    serial::Reader in(bytes);
    std::string form;
    KeptNotice kept;
    in(form);
    if (form == kForm) in(kept);
    if (form != kForm || !in.at_end() || !is_kept_time(kept.when)) return Error{ErrorCode::malformed, "read kept notice", "", "it is not in the form " + std::string(kForm), ""};
    kept.notice.when = kept_time(kept.when);
    return std::move(kept.notice);
}

}  // namespace notify
}  // namespace veritag
