#include "audit/auditor.h"

#include "audit/pace.h"
#include "fleet/aliases.h"
#include "fleet/chain_id.h"
#include "audit/standing.h"
#include "fleet/family.h"
#include "fleet/references.h"
#include "scan/remembered_image.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace veritag::audit {
namespace {

std::string name_of(const store::ReferenceKey& reference) { return reference.registry + '/' + reference.repository + ':' + reference.tag; }

JudgedReference unread(const store::ReferenceKey& reference, Error error) {
    JudgedReference judged;
    ImageReport& image = judged.images.emplace_back();
    image.reference = name_of(reference);
    image.registry = reference.registry;
    image.repository = reference.repository;
    image.tag = reference.tag;
    image.error = std::move(error);
    return judged;
}

// The images of a reference whose layers are proven, by which descendants are told.
std::vector<store::Published> published_of(const store::ReferenceKey& reference, const JudgedReference& judged) {
    std::vector<store::Published> published;
    const Result<Digest> top = Digest::parse(judged.top);
    for (const ImageReport& image : judged.images) {
        const bool forged = std::any_of(image.findings.begin(), image.findings.end(), [](const Finding& finding) { return finding.code == "parent-forged"; });
        const Result<Digest> manifest = Digest::parse(image.digest);
        if (!top || !manifest || image.error || forged || !image.partial_layers.empty() || image.diff_ids.empty()) continue;
        published.push_back({reference, *top, *manifest, image.platform, fleet::chain_ids(image.diff_ids).back(), image.diff_ids.size(), image.created});
    }
    return published;
}

store::AuditRecord record_of(const AuditOptions& options, const std::string& rules_digest) {
    store::AuditRecord record{.kind = options.kind, .job = options.job, .rules_digest = rules_digest, .tool_version = options.tool_version};
    for (const registry::ListingTarget& target : options.scope.targets) record.targets.push_back(text_of(target));
    for (const source::TargetList::Entry& entry : options.scope.entries) {
        const std::string repository = entry.registry + '/' + entry.repository;
        if (options.kind == store::RunKind::audit || entry.tags.empty()) record.targets.push_back(repository);
        if (options.kind == store::RunKind::scan)
            for (const std::string& tag : entry.tags) record.targets.push_back(repository + ':' + tag);
    }
    // A run over a part is not the rest of one over the whole.
    if (std::string part = part_of(options.scope); !part.empty()) record.targets.push_back(std::move(part));
    return record;
}

fleet::Member member_of(const store::Published& image) {
    return {.registry = image.reference.registry, .repository = image.reference.repository, .tag = image.reference.tag, .top = image.top.str(), .manifest = image.manifest.str(),
            .platform = image.platform, .chain_id = image.chain_id, .layers = image.layers, .created = image.created};
}

}  // namespace

struct Auditor::Looked {
    store::ReferenceKey reference;
    JudgedReference judged;
    std::vector<store::Published> published;
    std::chrono::sys_seconds looked = {};  // when this look began
    std::size_t images = 0;  // that the report took over
    bool done = false;       // false: stopped before
};

Auditor::Looked Auditor::look_at(const store::ReferenceKey& reference, const scan::Wanted& wanted, const AuditOptions& options, const Digest* known, const std::stop_token& stop) {
    Looked looked{.reference = reference};
    looked.looked = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string name = name_of(reference);
    Result<std::unique_ptr<source::ImageSource>> image = Error{};
    if (options.offline) {
        if (known == nullptr) return looked;
        image = scan::open_stored_image({.display = name, .registry = reference.registry, .repository = reference.repository, .tag = reference.tag}, *known, store_);
    } else {
        image = source::open_image(name, "", clients_->of(reference.registry), options.limits);
        if (image && store_ != nullptr) *image = scan::remember_documents(std::move(*image), store_, options.limits);
    }
    looked.judged = image ? scanner_.scan(**image, wanted, stop) : unread(reference, image.error());
    for (ImageReport& each : looked.judged.images) each.package_list = {};  // of thousands of images at once, and no audit prints it
    looked.published = published_of(reference, looked.judged);
    looked.done = !stop.stop_requested();
    return looked;
}

// What images say about each other. Everything that was ever published takes part; what an earlier audit saw last counts as current
// where this one does not look; what this one did not reach or could not read is nobody's fault.
void Auditor::compare(const Scope& scope, const ReferenceList& list, std::vector<Looked>& looked, const std::vector<store::TagDigest>& last) {
    std::map<store::ReferenceKey, std::string> now;
    for (const store::TagDigest& each : last) now[each.reference] = each.digest.str();
    const std::map<store::ReferenceKey, std::string> before = now;
    for (const Looked& each : looked)
        if (!each.judged.top.empty()) now[each.reference] = each.judged.top;
    const std::set<store::ReferenceKey> listed(list.references.begin(), list.references.end());
    const auto is_gone = [&](const store::ReferenceKey& reference) {
        return list.whole.contains({reference.registry, reference.repository}) && !listed.contains(reference) && !list.left_out.contains(reference);
    };

    fleet::Family family(rules_, tags_);
    std::map<std::pair<std::string, std::string>, fleet::Member> members;  // by name and manifest
    const auto add = [&](const store::Published& image) {
        fleet::Member member = member_of(image);
        const auto found = now.find(image.reference);
        member.gone = is_gone(image.reference);
        member.current = !member.gone && found != now.end() && found->second == member.top;
        // Under an index that was made anew the image of one platform may be the same.
        const bool current = member.current;
        fleet::Member& known = members.try_emplace({name_of(image.reference), image.manifest.str()}, std::move(member)).first->second;
        known.current = known.current || current;
    };
    std::set<store::ReferenceKey> read;
    for (const Looked& each : looked) {
        for (const store::Published& image : each.published) add(image);
        const bool left_out = scope.wanted.created_since && !each.judged.skipped.empty();  // an old image may be a parent
        const bool unread = !each.done || left_out || std::any_of(each.judged.images.begin(), each.judged.images.end(), [](const ImageReport& image) { return image.error.has_value(); });
        if (unread)
            family.add_unread(each.reference.registry, each.reference.repository, each.reference.tag);
        else
            read.insert(each.reference);
    }
    if (store_ != nullptr)
        for (const store::Published& image : store_->list_published()) {
            add(image);
            // Beyond this audit's targets a tag may have been published anew, and images built on that.
            if (!is_gone(image.reference) && read.insert(image.reference).second) family.add_unread(image.reference.registry, image.reference.repository, image.reference.tag);
        }

    for (auto& [name, member] : members) family.add(std::move(member));

    std::vector<fleet::SeenReference> seen;
    std::vector<Unseen> unseen(looked.size());
    for (std::size_t i = 0; i < looked.size(); ++i) {
        Looked& each = looked[i];
        for (ImageReport& image : each.judged.images)
            if (family.judge(image)) unseen[i].parents.push_back(image.digest);
        const auto earlier = before.find(each.reference);
        seen.push_back({.registry = each.reference.registry, .repository = each.reference.repository, .tag = each.reference.tag, .top = each.judged.top,
                        .last_top = earlier == before.end() ? "" : earlier->second, .judged = &each.judged});
    }
    fleet::judge_moved(seen, [](const ImageReport& image) { return fleet::is_alias(image.claims); });
    fleet::judge_aliases(rules_, seen);
    fleet::judge_mirrors(seen, list.whole);
    if (store_ == nullptr || scope.wanted.configs_only) return;

    take_standing_of_others(scope, list, unseen, looked);
}

// What was found before and cannot be judged by this run alone.
void Auditor::take_standing_of_others(const Scope& scope, const ReferenceList& list, std::vector<Unseen>& unseen, std::vector<Looked>& looked) {
    const std::set<store::ReferenceKey> listed(list.references.begin(), list.references.end());
    const auto sees = [&](const store::ReferenceKey& reference) { return listed.contains(reference) || list.whole.contains({reference.registry, reference.repository}); };
    std::map<store::ReferenceKey, std::string> known;  // by now: as it was before, or as this run found it
    for (const store::TagDigest& each : store_->current_digests()) known[each.reference] = each.digest.str();
    std::map<std::string, std::set<std::string>> registries_of;                                          // by repository
    std::map<std::pair<std::string, std::string>, std::vector<store::ReferenceKey>> unseen_tags_of;      // by registry and repository
    for (const auto& [reference, digest] : known) {
        registries_of[reference.repository].insert(reference.registry);
        if (!listed.contains(reference) && !list.whole.contains({reference.registry, reference.repository})) unseen_tags_of[{reference.registry, reference.repository}].push_back(reference);
    }
    for (const store::ReferenceKey& each : list.left_out) unseen_tags_of[{each.registry, each.repository}].push_back(each);
    for (const Looked& each : looked)
        if (!each.judged.top.empty()) known[each.reference] = each.judged.top;

    for (std::size_t i = 0; i < looked.size(); ++i) {
        Looked& each = looked[i];
        Unseen& mine = unseen[i];
        if (each.judged.top.empty()) continue;
        const auto& [registry, repository, tag] = each.reference;
        for (const std::string& other : registries_of[repository]) {
            const store::ReferenceKey there{other, repository, tag};
            if (sees(there)) {
                mine.looked_in.insert(other);
                continue;
            }
            mine.mirrors = true;
            if (const auto digest = known.find(there); digest != known.end()) mine.elsewhere.emplace(other, digest->second);
        }
        mine.siblings = !each.judged.images.empty() && fleet::is_alias(each.judged.images.front().claims) &&
                        (!list.whole.contains({registry, repository}) || !unseen_tags_of[{registry, repository}].empty());
        if (mine.siblings)
            for (auto sibling = known.lower_bound({registry, repository, ""}); sibling != known.end() && sibling->first.registry == registry && sibling->first.repository == repository; ++sibling)
                if (sibling->first.tag != tag) mine.tags.emplace(sibling->first.tag, sibling->second);
        mine.platforms = !scope.wanted.platforms.empty() || scope.wanted.created_since || list.platforms.contains(each.reference);
        if (!mine.any()) continue;
        if (const std::optional<store::CurrentReference> current = store_->find_current(each.reference)) take_standing(rules_, registry, repository, tag, current->judged, mine, each.judged);
    }
}

std::vector<Auditor::Looked> Auditor::look_at_all(const ReferenceList& list, const AuditOptions& options, const std::vector<store::TagDigest>& last, const std::stop_token& stop) {
    std::map<store::ReferenceKey, const Digest*> known;
    for (const store::TagDigest& each : last) known[each.reference] = &each.digest;
    std::vector<Looked> looked(list.references.size());
    for (std::size_t i = 0; i < looked.size(); ++i) looked[i].reference = list.references[i];
    Pace pace(options.concurrency, options.references_per_second);
    scanner_.side_by_side(list.references.size(), [&](std::size_t i) {
        const Pace::Turn turn(pace, stop);
        if (stop.stop_requested()) return;
        const auto digest = known.find(list.references[i]);
        scan::Wanted wanted = options.scope.wanted;
        if (const auto own = list.platforms.find(list.references[i]); own != list.platforms.end()) wanted.platforms = own->second;
        looked[i] = look_at(list.references[i], wanted, options, digest == known.end() ? nullptr : digest->second, stop);
        options.reference_done();
    });
    return looked;
}

// Tags that had been looked at, in repositories whose tags were listed to the end, and that are not among them.
std::vector<store::ReferenceKey> Auditor::find_gone(const ReferenceList& list, const std::vector<store::TagDigest>& last) const {
    const std::set<store::ReferenceKey> listed(list.references.begin(), list.references.end());
    std::vector<store::ReferenceKey> gone;
    for (const store::TagDigest& each : last)
        if (list.whole.contains({each.reference.registry, each.reference.repository}) && !listed.contains(each.reference) && !list.left_out.contains(each.reference)) gone.push_back(each.reference);
    return gone;
}

// What was known before. Of a reference at which somebody looked later than this run, only that is news: nothing of ours.
void Auditor::add_earlier(const std::vector<Looked>& looked, const std::vector<store::ReferenceKey>& gone, const Report& report, Report& earlier) const {
    std::size_t at = 0;
    for (const Looked& each : looked) {
        const auto begin = report.images.begin() + static_cast<std::ptrdiff_t>(at), end = begin + static_cast<std::ptrdiff_t>(each.images);
        at += each.images;
        std::optional<store::CurrentReference> current = store_->find_current(each.reference);
        if (current && current->seen > each.looked)
            earlier.images.insert(earlier.images.end(), begin, end);
        else if (current)
            std::move(current->judged.images.begin(), current->judged.images.end(), std::back_inserter(earlier.images));
    }
    for (const store::ReferenceKey& each : gone)
        if (std::optional<store::CurrentReference> current = store_->find_current(each))
            std::move(current->judged.images.begin(), current->judged.images.end(), std::back_inserter(earlier.images));
}

// The report has the images by now; each reference's are lent for the moment of writing.
void Auditor::keep(std::int64_t audit, std::vector<Looked>& looked, bool seen, Report& report) {
    std::size_t at = 0;
    for (Looked& each : looked) {
        const auto begin = report.images.begin() + static_cast<std::ptrdiff_t>(at), end = begin + static_cast<std::ptrdiff_t>(each.images);
        each.judged.images.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
        const Result<Digest> top = Digest::parse(each.judged.top);
        store_->keep_reference(audit, each.reference, top ? std::optional(*top) : std::nullopt, each.judged, each.published, seen, each.looked);
        std::move(each.judged.images.begin(), each.judged.images.end(), begin);
        at += each.images;
    }
}

AuditOutcome Auditor::run(const AuditOptions& options, std::stop_token stop) {
    // Of everything that goes on meanwhile: a daemon may have several runs at once.
    const std::uint64_t bytes_before = clients_->bytes_fetched(), analyzed_before = scanner_.layers_analyzed(), reused_before = scanner_.layers_reused();
    AuditOutcome outcome;
    Report& report = outcome.report;
    report.tool_version = options.tool_version;
    report.rules_digest = rules_.digest();
    report.generated = options.generated;

    constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
    std::optional<store::AuditRecord> audit;
    // Where no layer is read there is nothing to remember: it would take the place of what was proven.
    const bool remembers = store_ != nullptr && !options.scope.wanted.configs_only;
    if (remembers) audit = store_->begin_audit(record_of(options, rules_.digest()));
    // All earlier runs together are much to read for one reference.
    const auto read_last = [&] { return options.kind == store::RunKind::scan ? store_->current_digests() : store_->digests_before(audit ? audit->id : kAny); };
    const std::vector<store::TagDigest> last = store_ != nullptr ? read_last() : std::vector<store::TagDigest>();
    const auto several = [this](std::size_t count, const std::function<void(std::size_t)>& work) { scanner_.side_by_side(count, work); };
    ReferenceList list = options.offline ? list_known_references(options.scope, last) : list_references(options.scope, *clients_, several, stop);
    options.listed(list.references.size());
    const std::vector<store::ReferenceKey> gone = find_gone(list, last);

    std::vector<Looked> looked = look_at_all(list, options, last, stop);
    compare(options.scope, list, looked, last);
    std::erase_if(looked, [](const Looked& each) { return !each.done; });

    if (options.kind == store::RunKind::audit) report.targets = std::move(list.targets);  // a scan lists nothing
    report.bytes_fetched = clients_->bytes_fetched() - bytes_before;
    report.layers_analyzed = scanner_.layers_analyzed() - analyzed_before;
    report.layers_reused = scanner_.layers_reused() - reused_before;
    for (const store::ReferenceKey& each : gone) report.gone.push_back(name_of(each));
    std::sort(report.gone.begin(), report.gone.end());
    outcome.whole = !stop.stop_requested();
    outcome.listed = list.references.size();
    outcome.looked = looked.size();
    outcome.audit = audit ? audit->id : 0;
    for (Looked& each : looked) {
        each.images = each.judged.images.size();
        std::move(each.judged.images.begin(), each.judged.images.end(), std::back_inserter(report.images));
        report.skipped.insert(report.skipped.end(), each.judged.skipped.begin(), each.judged.skipped.end());
    }
    if (store_ != nullptr && options.compare_with_earlier) add_earlier(looked, gone, report, outcome.earlier);
    options.before_keeping(outcome);
    if (audit) keep(audit->id, looked, !options.offline, report);
    if (audit) store_->forget_references(gone);
    if (audit && outcome.whole) store_->end_audit(audit->id, report);
    if (audit && !outcome.whole) store_->keep_outcome(audit->id, report);
    if (audit && !store_->is_working()) outcome.audit = 0;  // part of it was not kept, perhaps all
    return outcome;
}

}  // namespace veritag::audit
