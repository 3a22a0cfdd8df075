#include "audit/reference_list.h"

#include "base/text.h"
#include "base/times.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace veritag::audit {
namespace {

// Repositories of all targets, before their tags are known.
struct Wanted {
    std::string registry;
    std::string repository;
    std::size_t target = 0;         // whose count it adds to
    std::vector<std::string> tags;  // empty: all that are listed
    std::vector<oci::Platform> platforms = {};
};

bool is_below(std::string_view repository, std::string_view path) {
    return path.empty() || repository == path || (repository.starts_with(path) && repository[path.size()] == '/');
}

// Those of the command line come first. Whoever read the list has checked its names.
std::vector<oci::Platform> platforms_of(const Scope& scope, const source::TargetList::Entry& entry) {
    std::vector<oci::Platform> platforms;
    if (!scope.wanted.platforms.empty()) return platforms;
    for (const std::string& text : entry.platforms)
        if (const Result<std::optional<oci::Platform>> platform = oci::parse_platform(text); platform && *platform) platforms.push_back(**platform);
    return platforms;
}

ListedTarget listed_entries(const Scope& scope) {
    ListedTarget listed{.target = "list of names", .driver = "list"};
    listed.repositories = scope.entries.size();
    return listed;
}

void finish(ReferenceList& list, std::set<store::ReferenceKey>& references) {
    list.references.assign(references.begin(), references.end());
}

}  // namespace

std::string text_of(const registry::ListingTarget& target) { return target.registry + (target.path.empty() ? "" : '/' + target.path); }

std::string part_of(const Scope& scope) {
    std::string text;
    const auto add = [&](std::string_view flag, const std::string& value) { text += (text.empty() ? "" : " ") + std::string(flag) + ' ' + value; };
    for (const std::string& glob : scope.filter.repositories) add("--repository", glob);
    for (const std::string& glob : scope.filter.not_repositories) add("--not-repository", glob);
    for (const std::string& glob : scope.filter.tags) add("--tag", glob);
    for (const std::string& glob : scope.filter.not_tags) add("--not-tag", glob);
    for (const oci::Platform& platform : scope.wanted.platforms) add("--platform", platform.str());
    if (scope.wanted.created_since) add("--created-since", rfc3339(*scope.wanted.created_since));
    return text;
}

ReferenceList list_references(const Scope& scope, registry::Clients& clients, const std::function<void(std::size_t, const std::function<void(std::size_t)>&)>& several,
                              std::stop_token stop) {
    ReferenceList list;
    std::vector<Wanted> wanted;
    std::set<std::pair<std::string, std::string>> seen;
    for (const registry::ListingTarget& target : scope.targets) {
        ListedTarget listed{.target = text_of(target), .driver = std::string(to_string(target.driver))};
        Result<registry::RepositoryListing> found = clients.of(target.registry)->list_repositories(target, stop);
        if (found) {
            listed.driver = found->driver;
            listed.notes = std::move(found->notes);
            for (std::string& repository : found->repositories) {
                if (!keeps_repository(scope.filter, repository) || !seen.emplace(target.registry, repository).second) continue;
                ++listed.repositories;
                wanted.push_back({target.registry, std::move(repository), list.targets.size(), {}});
            }
        } else {
            listed.error = found.error();
        }
        list.targets.push_back(std::move(listed));
    }
    if (!scope.entries.empty()) {
        for (const source::TargetList::Entry& entry : scope.entries)
            if (keeps_repository(scope.filter, entry.repository)) wanted.push_back({entry.registry, entry.repository, list.targets.size(), entry.tags, platforms_of(scope, entry)});
        list.targets.push_back(listed_entries(scope));
    }

    std::mutex mutex;  // all below
    std::set<store::ReferenceKey> references;
    std::map<store::ReferenceKey, std::size_t> named_last;  // by which of the wanted
    several(wanted.size(), [&](std::size_t i) {
        Wanted& each = wanted[i];
        std::vector<std::string> tags = each.tags;
        std::vector<std::string> notes;
        if (tags.empty()) {
            Result<registry::TagListing> found = clients.of(each.registry)->list_tags(each.registry, each.repository, stop);
            const std::lock_guard lock(mutex);
            ListedTarget& target = list.targets[each.target];
            if (!found) {
                // A repository whose last tag was deleted stays in the catalogue and has no list of tags (distribution/distribution).
                if (found.error().code == ErrorCode::not_found)
                    target.notes.push_back(each.repository + " is listed and has no tags");
                else if (!target.error || target.error->code == ErrorCode::cancelled)
                    target.error = found.error();
                else
                    target.notes.push_back(found.error().message());
                return;
            }
            tags = std::move(found->tags);
            notes = std::move(found->notes);
            if (found->whole) list.whole.emplace(each.registry, each.repository);
        }
        const std::lock_guard lock(mutex);
        ListedTarget& target = list.targets[each.target];
        for (std::string& note : notes) target.notes.push_back(each.repository + ": " + note);
        for (std::string& tag : tags) {
            const bool keeps = keeps_tag(scope.filter, tag);
            store::ReferenceKey reference{each.registry, each.repository, std::move(tag)};
            if (!keeps) {
                list.left_out.insert(std::move(reference));
                continue;
            }
            std::size_t& last = named_last.try_emplace(reference, i).first->second;
            last = std::max(last, i);
            target.tags += references.insert(std::move(reference)).second;
        }
    });
    for (const auto& [reference, i] : named_last)
        if (!wanted[i].platforms.empty()) list.platforms.emplace(reference, wanted[i].platforms);
    for (ListedTarget& target : list.targets) std::sort(target.notes.begin(), target.notes.end());  // whoever answered first
    finish(list, references);
    return list;
}

ReferenceList list_known_references(const Scope& scope, const std::vector<store::TagDigest>& known) {
    ReferenceList list;
    std::set<store::ReferenceKey> references;
    for (const registry::ListingTarget& target : scope.targets) {
        ListedTarget listed{.target = text_of(target), .driver = "store"};
        std::set<std::string> repositories;
        for (const store::TagDigest& each : known) {
            const auto& [registry, repository, tag] = each.reference;
            if (registry != target.registry || !is_below(repository, target.path) || !keeps_repository(scope.filter, repository) || !keeps_tag(scope.filter, tag)) continue;
            repositories.insert(repository);
            listed.tags += references.insert(each.reference).second;
        }
        listed.repositories = repositories.size();
        if (listed.tags == 0) listed.notes.push_back("the store knows no tag of it; audit it once with network");
        list.targets.push_back(std::move(listed));
    }
    if (!scope.entries.empty()) {
        ListedTarget listed = listed_entries(scope);
        for (const store::TagDigest& each : known)
            for (const source::TargetList::Entry& entry : scope.entries) {
                const auto& [registry, repository, tag] = each.reference;
                const bool named = entry.registry == registry && entry.repository == repository && (entry.tags.empty() || std::find(entry.tags.begin(), entry.tags.end(), tag) != entry.tags.end());
                if (!named || !keeps_repository(scope.filter, repository) || !keeps_tag(scope.filter, tag)) continue;
                listed.tags += references.insert(each.reference).second;
                list.platforms.erase(each.reference);
                if (std::vector<oci::Platform> platforms = platforms_of(scope, entry); !platforms.empty()) list.platforms.emplace(each.reference, std::move(platforms));
            }
        list.targets.push_back(std::move(listed));
    }
    finish(list, references);
    return list;
}

}  // namespace veritag::audit
