#include "serve/telling.h"

#include "base/log.h"
#include "base/text.h"
#include "notify/send.h"
#include "report/causes.h"
#include "report/difference.h"
#include "serve/orders.h"
#include "store/compression.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace veritag::serve {
namespace {

constexpr std::string_view kPending = "notice/pending/";
constexpr std::string_view kSending = "notice/sending/";
constexpr std::string_view kMemory = "notice/memory/";
constexpr std::string_view kWithheld = "notice/withheld/";  // by target: findings that nobody was told of, as a list of their names
constexpr std::uint64_t kMostNoticeBytes = 64ULL << 20;

std::string place_of(const std::string& channel, const std::string& target) { return channel + '/' + target; }

// Packed: a first look at a large registry has thousands of references in it.
std::string pack(const notify::Notice& notice) { return store::compress(notify::serialise(notice)); }

Result<notify::Notice> unpack(const std::string& value) {
    const std::optional<std::string> bytes = store::decompress(value, kMostNoticeBytes);
    if (!bytes) return Error{ErrorCode::malformed, "read notice", "", "it was not written by this program", ""};
    return notify::deserialise_notice(*bytes);
}

// What a finding is called among those that are withheld, by what report::compare() tells them apart: the reference, and a digest of the rest,
// which may hold anything.
std::string name_of(const std::string& reference, const std::string& platform, const Finding& finding) {
    std::string rest;
    for (const std::string& part : {platform, finding.code, finding.component, report::without_digest(finding.claimed), report::without_digest(finding.observed)}) rest += part + '\0';
    return reference + ' ' + sha256_of(rest).str();
}
std::string name_of(const report::Change& change) { return name_of(change.reference, change.platform, change.finding); }
std::string reference_in(const std::string& name) { return name.substr(0, name.find(' ')); }

// What of a run is not to be told. `before` was withheld up to now.
std::set<std::string> withheld_now(const std::set<std::string>& before, const audit::AuditOutcome& outcome, const waivers::WaiverFile& waivers, std::chrono::sys_days today) {
    std::set<std::string> withheld;
    if (waivers.waivers.empty() && before.empty()) return withheld;
    std::set<std::string> told, looked_at;
    for (const ImageReport& image : outcome.earlier.images)
        for (const Finding& finding : image.findings) told.insert(name_of(image.reference, image.platform, finding));
    for (const ImageReport& image : outcome.report.images) {
        // Nothing is known of an image that could not be read, and what was withheld of it stays so.
        if (image.error) continue;
        looked_at.insert(image.reference);
        ImageReport marked{.reference = image.reference, .registry = image.registry, .repository = image.repository, .tag = image.tag};
        marked.findings = image.findings;
        marked.problems = image.problems;
        waivers::mark(waivers, today, marked);
        for (const Finding& finding : marked.findings)
            if (const std::string name = name_of(image.reference, image.platform, finding); finding.waived && (!told.contains(name) || before.contains(name))) withheld.insert(name);
    }
    for (const std::string& name : before)
        if (!looked_at.contains(reference_in(name)) && !std::binary_search(outcome.report.gone.begin(), outcome.report.gone.end(), reference_in(name))) withheld.insert(name);
    return withheld;
}

// The difference as it is for those who were told nothing of `before`, and are told nothing of `now`.
report::Difference without_withheld(report::Difference difference, const std::set<std::string>& before, const std::set<std::string>& now) {
    if (before.empty() && now.empty()) return difference;
    const auto is_in = [](const std::set<std::string>& names) { return [&names](const report::Change& change) { return names.contains(name_of(change)); }; };
    std::erase_if(difference.fresh, is_in(now));
    std::erase_if(difference.unchanged, is_in(now));
    std::copy_if(difference.unchanged.begin(), difference.unchanged.end(), std::back_inserter(difference.fresh), is_in(before));
    for (std::vector<report::Change>* changes : {&difference.unchanged, &difference.mended, &difference.not_seen}) std::erase_if(*changes, is_in(before));
    return difference;
}

}  // namespace

Result<std::optional<std::string>> KeptNoticeMemory::get(std::string_view key) {
    VERITAG_TRY(const std::optional<store::StateValue> found, values_.get(std::string(kMemory) + std::string(key)));
    return found ? std::optional(found->value) : std::nullopt;
}
Result<void> KeptNoticeMemory::put(std::string_view key, std::string_view value) { return values_.put(std::string(kMemory) + std::string(key), value); }
Result<void> KeptNoticeMemory::remove(std::string_view key) {
    VERITAG_CHECK(values_.remove(std::string(kMemory) + std::string(key)));
    return ok();
}

Result<void> Telling::note(const config::Settings& settings, const RunToTell& run) {
    notify::NoticeOrigin origin{.target = run.target, .run = std::to_string(run.outcome.audit), .when = run.when, .first_look = run.first_look, .counts = count_verdicts(run.outcome.report.images),
                                .link = settings.external_url.empty() ? "" : settings.external_url + "/#/audits/" + std::to_string(run.outcome.audit), .gone = run.outcome.report.gone};
    VERITAG_TRY(const std::set<std::string> before, withheld_of(run.target));
    const std::set<std::string> withheld = withheld_now(before, run.outcome, settings.waivers, std::chrono::floor<std::chrono::days>(run.when));
    const std::optional<notify::Notice> notice = notify::notice_from(without_withheld(report::compare(run.outcome.earlier, run.outcome.report), before, withheld), origin);
    VERITAG_CHECK(note_channels(settings, run, notice));
    // Last: a daemon that dies before it writes the same notice down again.
    return withheld == before ? ok() : keep_withheld(run.target, withheld);
}

Result<std::set<std::string>> Telling::withheld_of(const std::string& target) {
    std::set<std::string> names;
    VERITAG_TRY(const std::optional<store::StateValue> value, state_.values().get(std::string(kWithheld) + target));
    if (!value) return names;
    const std::optional<std::string> text = store::decompress(value->value, kMostNoticeBytes);
    if (!text) return Error{ErrorCode::malformed, "read what was not told", target, "it was not written by this program", ""};
    for (const std::string_view name : split(*text, '\n'))
        if (!name.empty()) names.emplace(name);
    return names;
}

Result<void> Telling::keep_withheld(const std::string& target, const std::set<std::string>& names) {
    const std::string key = std::string(kWithheld) + target;
    if (!names.empty()) return state_.values().put(key, store::compress(join(std::vector<std::string>(names.begin(), names.end()), "\n")));
    VERITAG_CHECK(state_.values().remove(key));
    return ok();
}

Result<void> Telling::note_channels(const config::Settings& settings, const RunToTell& run, const std::optional<notify::Notice>& notice) {
    if (!notice) return ok();
    for (const notify::Channel& channel : settings.channels) {
        if (!run.channels.empty() && std::find(run.channels.begin(), run.channels.end(), channel.name) == run.channels.end()) continue;
        const std::optional<notify::Notice> mine = notify::filtered(*notice, channel.filter);
        if (!mine) continue;
        const std::string key = std::string(kPending) + place_of(channel.name, run.target);
        for (bool done = false; !done;) {  // somebody else may change it in between
            VERITAG_TRY(const std::optional<store::StateValue> before, state_.values().get(key));
            std::optional<notify::Notice> after = *mine;
            if (before) {
                const Result<notify::Notice> waiting = unpack(before->value);
                if (waiting) after = notify::merged(*waiting, *mine);
            }
            const std::optional<std::string> expected = before ? std::optional(before->value) : std::nullopt;
            VERITAG_TRY(done, state_.values().replace(key, expected, after ? std::optional(pack(*after)) : std::nullopt));
        }
    }
    return ok();
}

Result<void> Telling::enqueue_all(const std::function<bool(const std::string& run)>& may_be_told) {
    std::vector<store::NewJob> jobs;
    for (const std::string_view prefix : {kPending, kSending}) {
        std::string after;
        for (;;) {
            VERITAG_TRY(const std::vector<store::StateEntry> page, state_.values().list(prefix, after));
            for (const store::StateEntry& entry : page) {
                const std::string place = entry.key.substr(prefix.size());
                const std::size_t slash = place.find('/');
                if (slash == std::string::npos) continue;
                const Result<notify::Notice> notice = unpack(entry.value.value);
                if (prefix == kPending && notice && !may_be_told(notice->run)) continue;
                jobs.push_back({.kind = std::string(kNoticeJob), .key = place, .payload = to_json(NoticeOrder{place.substr(0, slash), place.substr(slash + 1)}), .priority = store::Priority::push,
                                .most_attempts = 12, .deadline = std::chrono::minutes(10)});
            }
            if (page.size() < 1000) break;
            after = page.back().key;
        }
    }
    if (jobs.empty()) return ok();
    VERITAG_CHECK(state_.jobs().enqueue(jobs));
    return ok();
}

// What is to be sent has a place of its own: what comes meanwhile waits for the next time. One step, or a run that adds to the one would be told of
// what the other holds as well.
Result<std::optional<notify::Notice>> Telling::begin_sending(const std::string& place) {
    const std::string pending = std::string(kPending) + place, sending = std::string(kSending) + place;
    VERITAG_TRY(const std::optional<store::StateValue> value, state_.values().move(pending, sending));
    if (!value) return std::optional<notify::Notice>();
    Result<notify::Notice> notice = unpack(value->value);
    if (notice) return std::optional(std::move(*notice));
    log::error("a notice cannot be read and is dropped", {{"place", quote(place)}, {"error", notice.error().message()}});
    VERITAG_CHECK(state_.values().remove(sending));
    return std::optional<notify::Notice>();
}

Result<bool> Telling::has_more(const std::string& place) {
    VERITAG_TRY(const std::optional<store::StateValue> waiting, state_.values().get(std::string(kPending) + place));
    return waiting.has_value();
}

Result<Telling::Sent> Telling::send(const config::Settings& settings, const std::string& channel_name, const std::string& target, std::chrono::sys_seconds now, const std::stop_token& stop) {
    const std::string place = place_of(channel_name, target);
    const auto channel = std::find_if(settings.channels.begin(), settings.channels.end(), [&](const notify::Channel& each) { return each.name == channel_name; });
    if (channel == settings.channels.end()) {  // no longer configured
        for (const std::string_view prefix : {kPending, kSending}) VERITAG_CHECK(state_.values().remove(std::string(prefix) + place));
        return Sent{};
    }
    VERITAG_TRY(const std::vector<SystemTime> history, notify::sends_of(memory_, channel_name));
    const SystemTime when = notify::when_to_send(channel->limit, history, now);
    if (when > now) return Sent{.later = when, .failure = std::nullopt};
    VERITAG_TRY(const std::optional<notify::Notice> notice, begin_sending(place));
    if (!notice) return Sent{};
    if (settings.dry_run.contains(channel_name)) {
        VERITAG_TRY(const std::string shown, notify::render_dry_run(*channel, *notice, memory_));
        log::info("notice would be sent", {{"channel", channel_name}, {"target", target}, {"notice", shown}});
        VERITAG_CHECK(state_.values().remove(std::string(kSending) + place));
        VERITAG_TRY(const bool waits, has_more(place));
        return Sent{.outcome = Outcome::shown, .later = std::nullopt, .failure = std::nullopt, .more = waits};
    }
    if (std::optional<notify::SendFailure> failure = notify::send(*channel, *notice, memory_, now, stop)) {
        // A message that will never be taken must not stand before the next one; a refused credential is somebody's to mend.
        const bool hopeless = !failure->again && failure->error.code != ErrorCode::auth && failure->error.code != ErrorCode::not_found;
        if (!hopeless) return Sent{.later = std::nullopt, .failure = std::move(failure)};
        log::error("a notice was refused for good and is dropped", {{"channel", channel_name}, {"target", target}, {"run", notice->run}});
        VERITAG_CHECK(state_.values().remove(std::string(kSending) + place));
        VERITAG_TRY(const bool waits, has_more(place));
        return Sent{.later = std::nullopt, .failure = std::move(failure), .more = waits};
    }
    VERITAG_CHECK(notify::note_send(memory_, channel_name, channel->limit, now));
    VERITAG_CHECK(state_.values().remove(std::string(kSending) + place));
    log::info("notice sent", {{"channel", channel_name}, {"target", target}, {"run", notice->run}});
    VERITAG_TRY(const bool waits, has_more(place));
    return Sent{.outcome = Outcome::sent, .later = std::nullopt, .failure = std::nullopt, .more = waits};
}

}  // namespace veritag::serve
