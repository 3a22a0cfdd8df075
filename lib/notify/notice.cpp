#include "notify/notice.h"

#include "base/digest.h"
#include "report/causes.h"
#include "rules/pattern.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

namespace veritag::notify {
namespace {

using Names = std::vector<std::string>;
using Key = std::tuple<std::string, std::string, std::string, std::string>;  // code, component, claimed, observed

constexpr std::size_t kIdDigits = 16;

struct Place {
    Key key;
    std::string reference;
};

// A finding of no image and no file is about the name that it claims or observes: many such findings are one mistake.
Place place_of(const report::Change& change) {
    const Finding& finding = change.finding;
    const std::string reference = change.reference.empty() ? finding.file : change.reference;
    if (reference.empty()) return {{finding.code, finding.component, "", ""}, finding.claimed ? *finding.claimed : finding.observed.value_or("-")};
    return {{finding.code, finding.component, report::without_digest(finding.claimed), report::without_digest(finding.observed)}, reference};
}

std::string id_of(const std::string& target, const Key& key) {
    const auto& [code, component, claimed, observed] = key;
    std::string text = "veritag cause";
    for (const std::string& part : {target, code, component, claimed, observed}) text.append(1, '\0').append(part);
    return std::string(sha256_of(text).hex().substr(0, kIdDigits));
}

// Images have several platforms: one of them is enough to have a cause.
struct Gathered {
    CauseChange change;
    std::set<std::string> now, before;
};

Names difference_of(const std::set<std::string>& a, const std::set<std::string>& b) {
    Names names;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(names));
    return names;
}

void sort_out(CauseChange& change, const std::set<std::string>& before, const std::set<std::string>& now) {
    change.fresh = difference_of(now, before);
    change.mended = difference_of(before, now);
    change.remaining.clear();
    std::set_intersection(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(change.remaining));
}

bool tells_something(const CauseChange& change) noexcept { return !change.fresh.empty() || !change.mended.empty(); }

void sort(std::vector<CauseChange>& causes) {
    const auto rank = [](const CauseChange& c) {
        return std::tuple(c.example.severity, -static_cast<long>(c.fresh.size()), -static_cast<long>(c.mended.size()), std::string_view(c.example.code), std::string_view(c.id));
    };
    std::sort(causes.begin(), causes.end(), [&](const CauseChange& a, const CauseChange& b) { return rank(a) < rank(b); });
}

bool matches(const std::vector<std::string>& globs, std::string_view text) {
    return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return rules::glob_matches(glob, text); });
}

// What is known of a cause from two notices, one after the other.
CauseChange combined(const CauseChange* a, const CauseChange* b) {
    static const CauseChange kNothing{};
    const CauseChange& first = a != nullptr ? *a : kNothing;
    const CauseChange& second = b != nullptr ? *b : kNothing;
    std::set<std::string> now(second.fresh.begin(), second.fresh.end());
    now.insert(second.remaining.begin(), second.remaining.end());
    std::set<std::string> before(first.mended.begin(), first.mended.end());
    before.insert(first.remaining.begin(), first.remaining.end());
    const std::set<std::string> came(first.fresh.begin(), first.fresh.end());
    const std::set<std::string> went(second.mended.begin(), second.mended.end());
    for (const Names* list : {&first.fresh, &first.remaining})
        for (const std::string& each : *list)
            if (!went.contains(each)) now.insert(each);
    for (const Names* list : {&second.mended, &second.remaining})
        for (const std::string& each : *list)
            if (!came.contains(each)) before.insert(each);
    CauseChange change = b != nullptr ? *b : *a;
    sort_out(change, before, now);
    return change;
}

}  // namespace

bool operator==(const CauseChange& a, const CauseChange& b) {
    const auto content = [](const CauseChange& c) {
        const Finding& e = c.example;
        return std::tie(c.id, e.code, e.severity, e.component, e.claimed, e.observed, e.message, e.evidence, e.suggestion, c.example_reference, c.fresh, c.mended, c.remaining);
    };
    return content(a) == content(b);
}

std::optional<Notice> notice_from(const report::Difference& difference, const NoticeOrigin& origin) {
    const std::set<std::string> gone(origin.gone.begin(), origin.gone.end());
    std::map<Key, Gathered> causes;
    const auto add = [&](const std::vector<report::Change>& changes, bool before, bool now) {
        for (const report::Change& each : changes) {
            if (each.finding.severity == Severity::info) continue;
            const Place place = place_of(each);
            auto [found, is_new] = causes.try_emplace(place.key);
            Gathered& cause = found->second;
            if (is_new) cause.change = {.id = id_of(origin.target, place.key), .example = each.finding, .example_reference = place.reference};
            cause.change.example.severity = std::min(cause.change.example.severity, each.finding.severity);
            if (before) cause.before.insert(place.reference);
            if (now && !gone.contains(each.reference)) cause.now.insert(place.reference);
        }
    };
    add(difference.fresh, false, true);
    add(difference.unchanged, true, true);
    add(difference.not_seen, true, true);
    add(difference.mended, true, false);

    Notice notice{.target = origin.target, .run = origin.run, .first_run = origin.run, .when = origin.when,
                  .first_look = origin.first_look, .counts = origin.counts, .link = origin.link};
    for (auto& [key, cause] : causes) {
        sort_out(cause.change, cause.before, cause.now);
        if (tells_something(cause.change)) notice.causes.push_back(std::move(cause.change));
    }
    if (notice.causes.empty()) return std::nullopt;
    sort(notice.causes);
    return notice;
}

std::optional<Notice> filtered(const Notice& notice, const NoticeFilter& filter) {
    if (!matches(filter.targets, notice.target)) return std::nullopt;
    Notice part = notice;
    std::erase_if(part.causes, [&](const CauseChange& cause) { return cause.example.severity > filter.least || !matches(filter.codes, cause.example.code); });
    if (part.causes.empty()) return std::nullopt;
    return part;
}

std::optional<Notice> merged(const Notice& earlier, const Notice& later) {
    VERITAG_ASSERT(earlier.target == later.target);
    std::map<std::string, std::pair<const CauseChange*, const CauseChange*>> sides;
    for (const CauseChange& each : earlier.causes) sides[each.id].first = &each;
    for (const CauseChange& each : later.causes) sides[each.id].second = &each;
    Notice both = later;
    both.first_run = earlier.first_run;
    both.first_look = earlier.first_look || later.first_look;
    both.causes.clear();
    for (const auto& [id, pair] : sides) {
        CauseChange change = combined(pair.first, pair.second);
        if (tells_something(change)) both.causes.push_back(std::move(change));
    }
    if (both.causes.empty()) return std::nullopt;
    sort(both.causes);
    return both;
}

}  // namespace veritag::notify
