#include "report/difference.h"

#include "base/text.h"
#include "report/causes.h"
#include "report/entries.h"
#include "report/json_output.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace veritag::report {
namespace {

using Place = std::pair<std::string, std::string>;  // reference and platform
using Key = std::tuple<Place, std::string, std::string, std::string, std::string, std::string, int>;

Key key_of(const Change& change) {
    const Finding& finding = change.finding;
    return {{change.reference, change.platform}, finding.code, finding.component, without_digest(finding.claimed), without_digest(finding.observed), finding.file, finding.line};
}

std::vector<Change> changes_of(const Report& report) {
    std::vector<Change> changes;
    for (const Finding& finding : report.findings) changes.push_back({"", "", finding});
    for (const ImageReport& image : report.images)
        for (const Finding& finding : image.findings) changes.push_back({image.reference, image.platform, finding});
    return changes;
}

std::set<Place> read_places(const Report& report) {
    std::set<Place> places{{"", ""}};
    for (const ImageReport& image : report.images)
        if (!image.error) places.emplace(image.reference, image.platform);
    return places;
}

bool tells_why_unknown(const Finding& finding) { return finding.code == "unproven" && finding.severity == Severity::warning && !finding.waived; }

// What could not be read before, either, is nothing that changed.
std::vector<Unread> unread_in(const Report& earlier, const Report& later) {
    std::map<Place, Verdict> before;
    for (const ImageReport& image : earlier.images) before.emplace(Place(image.reference, image.platform), image.verdict);
    std::vector<Unread> unread;
    for (const ImageReport& image : later.images) {
        const Verdict verdict = unwaived_verdict(image);
        const auto known = before.find({image.reference, image.platform});
        const std::optional<Verdict> was = known == before.end() ? std::nullopt : std::optional(known->second);
        if ((verdict != Verdict::error && verdict != Verdict::unknown) || was == verdict || was == Verdict::error) continue;
        const auto why = std::find_if(image.findings.begin(), image.findings.end(), tells_why_unknown);
        unread.push_back({image.reference, image.platform, verdict, was, image.error, why == image.findings.end() ? std::nullopt : std::optional(*why)});
    }
    std::stable_sort(unread.begin(), unread.end(), [](const Unread& a, const Unread& b) {
        return a.verdict != b.verdict ? is_worse(a.verdict, b.verdict) : std::tie(a.reference, a.platform) < std::tie(b.reference, b.platform);
    });
    return unread;
}

std::vector<Unread> unlisted_in(const Report& later) {
    std::vector<Unread> unlisted;
    for (const ListedTarget& target : later.targets)
        if (target.error) unlisted.push_back({target.target, "", Verdict::error, std::nullopt, target.error, std::nullopt});
    return unlisted;
}

std::string why(const Unread& each, Language language) { return each.error ? message_for(*each.error, language) : each.finding ? message_for(*each.finding, language) : std::string(); }

void sort(std::vector<Change>& changes) {
    std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
        return std::tie(a.finding.severity, a.finding.code, a.reference, a.platform) < std::tie(b.finding.severity, b.finding.code, b.reference, b.platform);
    });
}

std::string to_json(const Difference& difference, Language language) {
    JsonOutput out;
    out.object([&] {
        out.member("schema", "veritag.difference/1");
        const auto list = [&](std::string_view name, const std::vector<Change>& changes) {
            out.list(name, [&] {
                for (const Change& change : changes)
                    out.object([&] {
                        const Finding& finding = change.finding;
                        out.member("reference", change.reference);
                        out.member("platform", change.platform);
                        out.member("code", finding.code);
                        out.member("severity", to_string(finding.severity));
                        out.member("component", finding.component);
                        if (finding.claimed) out.member("claimed", *finding.claimed);
                        if (finding.observed) out.member("observed", *finding.observed);
                        out.member("message", message_for(finding, language));
                        if (finding.suggestion) out.member("suggestion", *finding.suggestion);
                        if (finding.waived)
                            out.object("waived", [&] {
                                out.member("reason", finding.waived->reason);
                                out.member("owner", finding.waived->owner);
                                out.member("expiry", finding.waived->expiry);
                            });
                    });
            });
        };
        list("new", difference.fresh);
        list("mended", difference.mended);
        list("unchanged", difference.unchanged);
        list("notSeen", difference.not_seen);
        out.list("unread", [&] {
            for (const Unread& each : difference.unread)
                out.object([&] {
                    out.member("reference", each.reference);
                    out.member("platform", each.platform);
                    out.member("verdict", to_string(each.verdict));
                    if (each.before) out.member("before", to_string(*each.before));
                    out.member("message", why(each, language));
                });
        });
        out.list("unlisted", [&] {
            for (const Unread& each : difference.unlisted)
                out.object([&] {
                    out.member("target", each.reference);
                    out.member("message", why(each, language));
                });
        });
    });
    return out.take();
}

// As people see it: what was wrong before and is wrong now in another way is neither new nor mended.
struct Told {
    std::vector<std::pair<const Change*, const Change*>> changed;  // now, before
    std::vector<const Change*> fresh, mended;
};
Told told_of(const Difference& difference) {
    Told told;
    for (const Change& each : difference.mended) told.mended.push_back(&each);
    for (const Change& each : difference.fresh) {
        const auto was = [&](bool same_code) {
            return std::find_if(told.mended.begin(), told.mended.end(), [&](const Change* old) {
                return old->finding.severity == each.finding.severity && std::tie(old->reference, old->platform, old->finding.component, old->finding.file) == std::tie(each.reference, each.platform, each.finding.component, each.finding.file) &&
                       (same_code ? old->finding.code == each.finding.code && old->finding.line == each.finding.line : !each.finding.component.empty() && !each.reference.empty());
            });
        };
        auto before = was(true);
        if (before == told.mended.end()) before = was(false);
        if (before == told.mended.end()) {
            told.fresh.push_back(&each);
            continue;
        }
        told.changed.emplace_back(&each, *before);
        told.mended.erase(before);
    }
    return told;
}

std::string to_table(const Difference& difference, const WriteOptions& options) {
    std::string text;
    const std::size_t width = std::max<std::size_t>(options.width, 40) - 6;
    const auto indented = [&](const std::string& value) {
        for (const std::string& line : wrap(value, width)) text += "      " + line + "\n";
    };
    const auto told_one = [&](const Change& change, const Change* before) {
        const Colour colour = change.finding.severity == Severity::error ? Colour::red : change.finding.severity == Severity::warning ? Colour::yellow : Colour::dim;
        text += "  " + paint(severity_word(change.finding.severity, options.language), colour, options.colour) + "  " + paint(printable(change.finding.code), colour, options.colour) + "  " + printable(change.reference) + (change.platform.empty() ? "" : "  " + printable(change.platform)) + "\n";
        indented(printable(message_for(change.finding, options.language), 4000));
        if (before != nullptr) indented(fill(report::text(Text::before, options.language), {printable(before->finding.code) + (options.language == Language::zh ? "：" : ": ") + printable(message_for(before->finding, options.language), 4000)}));
        if (const std::optional<Waived>& waived = change.finding.waived)
            text += "      " + fill(report::text(Text::waived, options.language), {printable(waived->expiry), printable(waived->owner), printable(waived->reason, 4000)}) + "\n";
    };
    const auto heading = [&](Text which, std::size_t count) { text += fill(report::text(which, options.language), {std::to_string(count)}) + "\n"; };
    const auto unread = [&](Text title, const std::vector<Unread>& list) {
        if (list.empty()) return;
        text += fill(report::text(title, options.language), {std::to_string(list.size())}) + "\n";
        for (const Unread& each : list) {
            std::string line = "  " + paint(verdict_word(each.verdict, options.language), each.verdict == Verdict::error ? Colour::red : Colour::yellow, options.colour) + "  " + printable(each.reference, 1000);
            if (!each.platform.empty()) line += "  " + printable(each.platform);
            if (each.before) line += "  " + fill(report::text(Text::verdict_before, options.language), {verdict_word(*each.before, options.language)});
            text += line + "\n";
            for (const std::string& part : wrap(printable(why(each, options.language), 4000), std::max<std::size_t>(options.width, 40) - 6)) text += "      " + part + "\n";
        }
    };
    unread(Text::unlisted_targets, difference.unlisted);
    unread(Text::unread_images, difference.unread);
    const Told told = told_of(difference);
    heading(Text::new_findings, told.fresh.size());
    for (const Change* each : told.fresh) told_one(*each, nullptr);
    if (!told.changed.empty()) heading(Text::changed_findings, told.changed.size());
    for (const auto& [now, before] : told.changed) told_one(*now, before);
    heading(Text::mended_findings, told.mended.size());
    for (const Change* each : told.mended) told_one(*each, nullptr);
    heading(Text::unchanged_findings, difference.unchanged.size());
    if (!difference.not_seen.empty()) heading(Text::unseen_findings, difference.not_seen.size());
    for (const Change& each : difference.not_seen) told_one(each, nullptr);
    return text;
}

}  // namespace

Difference compare(const Report& earlier, const Report& later) {
    std::map<Key, std::size_t> before;
    for (const Change& change : changes_of(earlier)) ++before[key_of(change)];
    Difference difference;
    for (Change& change : changes_of(later)) {
        const auto known = before.find(key_of(change));
        const bool old = known != before.end() && known->second > 0;
        if (old) --known->second;
        (old ? difference.unchanged : difference.fresh).push_back(std::move(change));
    }
    const std::set<Place> read = read_places(later);
    for (Change& change : changes_of(earlier)) {
        const auto left = before.find(key_of(change));
        if (left->second == 0) continue;
        --left->second;
        (read.contains({change.reference, change.platform}) ? difference.mended : difference.not_seen).push_back(std::move(change));
    }
    difference.unread = unread_in(earlier, later);
    difference.unlisted = unlisted_in(later);
    for (auto* list : {&difference.fresh, &difference.mended, &difference.unchanged, &difference.not_seen}) sort(*list);
    return difference;
}

Result<std::string> write_difference(const Difference& difference, std::string_view format, const WriteOptions& options) {
    if (format == "json") return to_json(difference, options.language);
    if (format == "table") return to_table(difference, options);
    return Error{ErrorCode::usage, "read --format", "", "\"" + quote(format) + "\" does not show differences", "use table or json"};
}

}  // namespace veritag::report
