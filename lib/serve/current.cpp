#include "serve/current.h"

#include "base/base64.h"
#include "base/text.h"
#include "oci/reference.h"
#include "rules/pattern.h"

#include <algorithm>
#include <random>
#include <set>
#include <tuple>
#include <utility>

namespace veritag::serve {
namespace {

ImageLine line_of(const ImageReport& image, std::int64_t audit, std::chrono::sys_seconds seen) {
    ImageLine line{.key = {image.registry, image.repository, image.tag}, .platform = image.platform, .digest = image.digest, .index_digest = image.index_digest.value_or(""), .verdict = image.verdict,
                   .tier = image.tier ? std::string(to_string(*image.tier)) : "", .codes = {}, .notes = {}, .waived = {}, .error = image.error ? std::string(to_string(image.error->code)) : "", .audit = audit, .seen = seen};
    std::map<std::string, bool> is_note;  // by code
    for (const Finding& finding : image.findings) {
        const bool note = finding.severity == Severity::info;
        const auto [known, fresh] = is_note.try_emplace(finding.code, note);
        if (!fresh) known->second = known->second && note;
    }
    for (const auto& [code, note] : is_note) {
        line.codes.push_back(code);
        if (note) line.notes.push_back(code);
    }
    return line;
}

// What waivers look at, without evidence and words: there is one for each image.
ImageReport findings_of(const ImageReport& image) {
    ImageReport slim{.reference = image.reference, .registry = image.registry, .repository = image.repository, .tag = image.tag};
    slim.verdict = image.verdict;
    slim.error = image.error;
    if (!image.problems.empty()) slim.problems.emplace_back();  // that there are some is enough
    for (const Finding& finding : image.findings) {
        Finding& copy = slim.findings.emplace_back();
        copy.code = finding.code;
        copy.severity = finding.severity;
        copy.component = finding.component;
    }
    return slim;
}

// Codes of which no finding counts any more.
std::vector<std::string> waived_codes(const ImageReport& image) {
    std::map<std::string, bool> waived;
    for (const Finding& finding : image.findings) {
        const auto [known, fresh] = waived.try_emplace(finding.code, finding.waived.has_value());
        if (!fresh) known->second = known->second && finding.waived;
    }
    std::vector<std::string> codes;
    for (const auto& [code, is_waived] : waived)
        if (is_waived) codes.push_back(code);
    return codes;
}

// Something accuses the image, and all of it is waived.
bool is_waived(const ImageLine& line) {
    bool accused = false;
    for (const std::string& code : line.codes) {
        if (std::binary_search(line.notes.begin(), line.notes.end(), code)) continue;
        if (!std::binary_search(line.waived.begin(), line.waived.end(), code)) return false;
        accused = true;
    }
    return accused && line.error.empty();
}

auto place_of(const ImageLine& line) { return std::tie(line.key.registry, line.key.repository, line.key.tag, line.platform, line.digest); }
auto place_of(const SkippedLine& line) { return std::tie(line.key.registry, line.key.repository, line.key.tag, line.digest, line.reason); }

// Base64 in the alphabet that may stand in a URL (RFC 4648, section 5).
template <class Line>
std::string cursor_of(const Line& line) {
    std::string text = std::apply([](const auto&... part) { return ((part + '\n') + ...); }, place_of(line));
    text.pop_back();
    text = base64_encode(text);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    while (text.ends_with('=')) text.pop_back();
    return text;
}

Result<std::vector<std::string>> parse_cursor(const std::string& cursor) {
    std::string plain = cursor;
    std::replace(plain.begin(), plain.end(), '-', '+');
    std::replace(plain.begin(), plain.end(), '_', '/');
    const std::optional<std::string> text = base64_decode(plain);
    std::vector<std::string> parts;
    if (text)
        for (const std::string_view part : split(*text, '\n')) parts.emplace_back(part);
    if (parts.size() != 5) return Error{ErrorCode::usage, "read cursor", "cursor", quote(cursor), "take it from \"next\" of the page before"};
    return parts;
}

// The first line of the page to which the cursor leads.
template <class Line>
Result<typename std::vector<Line>::const_iterator> first_of_page(const std::vector<Line>& lines, const std::string& cursor) {
    if (cursor.empty()) return lines.begin();
    VERITAG_TRY(const std::vector<std::string> at, parse_cursor(cursor));
    const auto last = std::tie(at[0], at[1], at[2], at[3], at[4]);
    return std::partition_point(lines.begin(), lines.end(), [&](const Line& line) { return place_of(line) <= last; });
}

bool matches(const ImageQuery& query, const std::string& lower_text, const ImageLine& line) {
    if (!query.registry.empty() && line.key.registry != query.registry) return false;
    if (query.verdict && line.verdict != *query.verdict) return false;
    if (!query.code.empty() && !std::binary_search(line.codes.begin(), line.codes.end(), query.code)) return false;
    if (query.waived && is_waived(line) != *query.waived) return false;
    if (!query.repository.empty() && !rules::glob_matches(query.repository, line.key.repository)) return false;
    if (!query.tag.empty() && !rules::glob_matches(query.tag, line.key.tag)) return false;
    return lower_text.empty() || to_lower(line.reference()).find(lower_text) != std::string::npos;
}

}  // namespace

Result<ImagePage> find_images(const Picture& picture, const ImageQuery& query) {
    VERITAG_TRY(const auto from, first_of_page(picture.images, query.cursor));
    const std::string text = to_lower(query.text);
    ImagePage page;
    for (auto line = picture.images.begin(); line != picture.images.end(); ++line) {
        if (!matches(query, text, *line)) continue;
        ++page.total;
        if (line < from) continue;
        if (page.images.size() < query.limit)
            page.images.push_back(&*line);
        else if (page.next.empty() && !page.images.empty())
            page.next = cursor_of(*page.images.back());
    }
    return page;
}

Result<SkippedPage> list_skipped(const Picture& picture, std::size_t limit, const std::string& cursor) {
    VERITAG_TRY(auto line, first_of_page(picture.skipped, cursor));
    SkippedPage page;
    for (; line != picture.skipped.end() && page.skipped.size() < limit; ++line) page.skipped.push_back(&*line);
    if (line != picture.skipped.end() && !page.skipped.empty()) page.next = cursor_of(*page.skipped.back());
    return page;
}

CurrentImages::Look CurrentImages::look_of(const store::CurrentReference& current) {
    Look look;
    for (const ImageReport& image : current.judged.images) look.images.push_back({line_of(image, current.audit, current.seen), findings_of(image)});
    for (const Skipped& each : current.judged.skipped) look.skipped.push_back({current.reference, each.digest, each.reason, current.audit, current.seen});
    return look;
}

CurrentImages::CurrentImages(store::AuditStore& store, waivers::WaiverFile waivers, std::function<std::chrono::sys_days()> today)
    : store_(store), today_(std::move(today)), waivers_(std::make_shared<const waivers::WaiverFile>(std::move(waivers))), version_((static_cast<std::uint64_t>(std::random_device{}()) << 24) & ((1ULL << 52) - 1)) {
    store.each_current([this](const store::CurrentReference& current) { known_[current.reference] = look_of(current); });
    publish();
}

std::shared_ptr<const Picture> CurrentImages::picture() {
    const std::lock_guard lock(mutex_);
    if (!waivers_->waivers.empty() && today_() != waived_on_) publish();  // one may have expired
    return picture_;
}

void CurrentImages::waive(waivers::WaiverFile waivers) {
    const std::lock_guard lock(mutex_);
    waivers_ = std::make_shared<const waivers::WaiverFile>(std::move(waivers));
    publish();
}

void CurrentImages::take(const Report& report) {
    std::set<store::ReferenceKey> references;
    for (const ImageReport& image : report.images) references.insert({image.registry, image.repository, image.tag});
    for (const Skipped& skipped : report.skipped)
        if (const Result<oci::Reference> reference = oci::parse_reference(skipped.reference)) references.insert({reference->registry, reference->repository, reference->tag});
    const std::lock_guard turn(taking_);  // who reads the store later writes later
    std::map<store::ReferenceKey, Look> fresh;
    for (const store::ReferenceKey& each : references) {
        const std::optional<store::CurrentReference> current = store_.find_current(each);
        fresh[each] = current ? look_of(*current) : Look();
    }
    const std::lock_guard lock(mutex_);
    for (auto& [reference, look] : fresh) known_[reference] = std::move(look);
    std::erase_if(known_, [&](const auto& each) {
        const std::string name = each.first.registry + '/' + each.first.repository + ':' + each.first.tag;
        return std::binary_search(report.gone.begin(), report.gone.end(), name);
    });
    publish();
}

void CurrentImages::publish() {
    waived_on_ = today_();
    Report waived;
    if (!waivers_->path.empty())
        for (const auto& [reference, look] : known_)
            for (const Known& each : look.images) waived.images.push_back(each.findings);
    waivers::apply(*waivers_, waived_on_, waived);
    auto picture = std::make_shared<Picture>();
    picture->waivers = waivers_;
    if (waived.waivers) picture->waiver_use = std::move(*waived.waivers);
    for (const auto& [reference, look] : known_) {
        for (const Known& each : look.images) {
            const std::size_t at = picture->images.size();
            picture->images.push_back(each.line);
            if (at < waived.images.size()) picture->images.back().waived = waived_codes(waived.images[at]);
        }
        picture->skipped.insert(picture->skipped.end(), look.skipped.begin(), look.skipped.end());
    }
    std::sort(picture->skipped.begin(), picture->skipped.end(), [](const SkippedLine& a, const SkippedLine& b) { return place_of(a) < place_of(b); });
    // An index may name one child twice; a page's cursor tells places apart, not their number.
    picture->skipped.erase(std::unique(picture->skipped.begin(), picture->skipped.end(), [](const SkippedLine& a, const SkippedLine& b) { return place_of(a) == place_of(b); }), picture->skipped.end());
    std::sort(picture->images.begin(), picture->images.end(), [](const ImageLine& a, const ImageLine& b) { return place_of(a) < place_of(b); });
    for (const ImageLine& line : picture->images) ++picture->verdicts.of(line.verdict);
    picture->version = ++version_;
    picture_ = std::move(picture);
}

}  // namespace veritag::serve
