#include "report/difference.h"

#include "base/text.h"
#include "report/causes.h"
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
    });
    return out.take();
}

std::string to_table(const Difference& difference, const WriteOptions& options) {
    std::string text;
    const auto block = [&](Text title, const std::vector<Change>& changes, bool lines) {
        text += fill(report::text(title, options.language), {std::to_string(changes.size())}) + "\n";
        if (!lines) return;
        for (const Change& change : changes) {
            const Colour colour = change.finding.severity == Severity::error ? Colour::red : change.finding.severity == Severity::warning ? Colour::yellow : Colour::dim;
            text += "  " + paint(printable(change.finding.code), colour, options.colour) + "  " + printable(change.reference) + (change.platform.empty() ? "" : "  " + printable(change.platform)) + "\n";
            for (const std::string& line : wrap(printable(message_for(change.finding, options.language), 4000), std::max<std::size_t>(options.width, 40) - 6)) text += "      " + line + "\n";
            if (const std::optional<Waived>& waived = change.finding.waived)
                text += "      " + fill(report::text(Text::waived, options.language), {printable(waived->expiry), printable(waived->owner), printable(waived->reason, 4000)}) + "\n";
        }
    };
    block(Text::new_findings, difference.fresh, true);
    block(Text::mended_findings, difference.mended, true);
    block(Text::unchanged_findings, difference.unchanged, false);
    if (!difference.not_seen.empty()) block(Text::unseen_findings, difference.not_seen, true);
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
    for (auto* list : {&difference.fresh, &difference.mended, &difference.unchanged, &difference.not_seen}) sort(*list);
    return difference;
}

Result<std::string> write_difference(const Difference& difference, std::string_view format, const WriteOptions& options) {
    if (format == "json") return to_json(difference, options.language);
    if (format == "table") return to_table(difference, options);
    return Error{ErrorCode::usage, "read --format", "", "\"" + quote(format) + "\" does not show differences", "use table or json"};
}

}  // namespace veritag::report
