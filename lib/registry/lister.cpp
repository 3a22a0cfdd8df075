#include "registry/lister.h"

#include "base/byte_reader.h"
#include "base/log.h"
#include "base/percent.h"
#include "base/text.h"
#include "oci/json.h"
#include "registry/link.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace veritag::registry {
namespace {

constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kDockerHubApi = "hub.docker.com";
constexpr std::string_view kQuay = "quay.io";
constexpr std::size_t kPageSize = 1000;      // distribution refuses more with 400 (catalog.maxentries)
constexpr std::size_t kSmallPageSize = 100;  // the most that Docker Hub, Quay and Harbor give
constexpr std::string_view kNameThem = "name the repositories in a list instead";
constexpr std::string_view kLogInOrNameThem =
    "log in (--username, --authfile) as somebody who may list them, or name the repositories in a list instead";
constexpr std::uint64_t kSystemInfoBytes = 1 << 20;

Result<Origin> origin_of(const ClientOptions& options, const std::string& host, const std::string& shown) {
    const Result<Url> url = parse_url((options.plain_http ? "http://" : "https://") + host);
    if (!url || url->target != "/") return Error{ErrorCode::usage, "list", quote(shown), "no valid registry host", ""};
    return url->origin;
}

Result<Origin> registry_origin(const ClientOptions& options, const std::string& registry) {
    oci::Reference reference;
    reference.registry = registry;
    return origin_of(options, reference.api_host(), registry);
}

// The path's first part: what Docker Hub and Quay call a namespace, and Harbor a project.
std::string first_part(const std::string& path) { return path.substr(0, path.find('/')); }

bool is_at_or_below(std::string_view name, std::string_view path) {
    return path.empty() || name == path || (name.starts_with(path) && name[path.size()] == '/');
}

// Nobody may list in this way here, so another way can be tried. Not: something broke.
bool is_refusal(const Failure& failure) noexcept {
    switch (failure.error.code) {
        case ErrorCode::auth:
        case ErrorCode::not_found:
        case ErrorCode::protocol:
        case ErrorCode::unsupported:
            return true;
        default:
            return failure.status == 501;
    }
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

Failure failure_of(Error error) {
    Failure failure{std::move(error)};
    failure.final = true;
    return failure;
}

Error over(const Call& call, std::uint64_t saw, const char* key, std::uint64_t limit) {
    Error error = limit_error(call.what, call.where(), saw, key, limit);
    error.hint = "raise " + std::string(key) + " if this registry is trusted";
    return error;
}

// What was skipped, over all pages.
struct Skipped {
    std::size_t nulls = 0, digests = 0, foreign = 0, unusable = 0;
    std::string example;

    void add(const ListingPage& page) {
        if (unusable == 0) example = page.unusable_example;
        nulls += page.nulls;
        digests += page.digests;
        foreign += page.foreign;
        unusable += page.unusable;
    }
    void tell(std::vector<std::string>& notes) const {
        if (nulls > 0) notes.push_back("left out: " + counted(nulls, "null entry", "null entries"));
        if (digests > 0) notes.push_back("left out: " + counted(digests, "digest", "digests") + " among the tags");
        if (foreign > 0) notes.push_back("left out: " + counted(foreign, "repository", "repositories") + " of something else than images");
        if (unusable > 0)
            notes.push_back("left out: " + counted(unusable, "entry", "entries") + " that cannot be a name, first \"" + example + "\"");
    }
};

}  // namespace

// ---- what is asked ----

Call Lister::call_to(std::string what, const std::string& registry, const Origin& origin) const {
    Call call;
    call.what = std::move(what);
    call.registry = registry;
    call.origin = origin;
    call.headers.emplace_back("Accept", "application/json");
    call.max_body = options_.limits.listing_page_bytes;
    call.limit_key = "limits.listing_page_bytes";
    return call;
}

Lister::Book Lister::tag_book(const std::string& registry, const Origin& origin, const std::string& repository) const {
    Book book;
    book.form = PageForm::tags;
    book.call = call_to("list tags", registry, origin);
    book.call.repository = repository;
    book.page_size = registry == kDockerHub || registry == kQuay ? kSmallPageSize : kPageSize;
    book.without_size = "/v2/" + repository + "/tags/list";
    book.call.target = book.without_size + "?n=" + std::to_string(book.page_size);
    return book;
}

Lister::Book Lister::book_of(ListingDriver driver, const ListingTarget& target, const Origin& origin) const {
    Book book;
    book.call = call_to("list repositories", target.registry, origin);
    book.page_size = kSmallPageSize;
    std::string& asked = book.call.target;
    const std::string size = std::to_string(kSmallPageSize);
    switch (driver) {
        case ListingDriver::docker_hub:
            // hub.docker.com wants a token of its own, and docker.io's credential belongs to another origin.
            book.form = PageForm::docker_hub;
            book.call.login = LoginManner::anonymous;
            asked = "/v2/namespaces/" + percent_encode(first_part(target.path)) + "/repositories?page=1&page_size=" + size;
            break;
        case ListingDriver::quay:
            // Its API takes OAuth tokens, which are no registry credential. One of namespace, starred and public is mandatory.
            book.form = PageForm::quay;
            book.call.login = LoginManner::anonymous;
            asked = "/api/v1/repository?public=true";
            if (!target.path.empty()) add_query(asked, "namespace", first_part(target.path));
            break;
        case ListingDriver::harbor:
            book.form = PageForm::harbor;
            book.call.login = LoginManner::basic;
            asked = target.path.empty() ? "/api/v2.0/repositories"
                                        : "/api/v2.0/projects/" + percent_encode(first_part(target.path)) + "/repositories";
            asked += "?page=1&page_size=" + size;
            break;
        default:
            book.form = PageForm::catalog;
            book.page_size = kPageSize;
            book.without_size = "/v2/_catalog";
            asked = book.without_size + "?n=" + std::to_string(kPageSize);
    }
    return book;
}

// ---- from page to page ----

// Empty: it was the last one.
Result<std::string> Lister::next_target(const Book& book, const WholeReply& reply, const ListingPage& page, std::size_t pages,
                                        std::size_t entries) const {
    if (book.form == PageForm::quay) {
        std::string target = book.call.target;
        if (page.next.empty()) return std::string();
        add_query(target, "next_page", page.next);
        return target;
    }
    const std::optional<std::string> link = book.form == PageForm::docker_hub
                                                ? (page.next.empty() ? std::nullopt : std::optional(page.next))
                                                : next_link(reply.head.all("Link"));
    if (link) {
        VERITAG_TRY(std::string target, page_target(book.call.origin, reply.url, *link));
        return mend_page_size(std::move(target), book.page_size);
    }
    // Harbor's pages are numbered by its own API, so where a proxy took the Link header the count still tells that there are more.
    const auto total = book.form == PageForm::harbor ? parse_u64(trim(reply.head.header("X-Total-Count"))) : std::nullopt;
    if (!total || entries >= *total) return std::string();
    const std::string first = book.call.target.substr(0, book.call.target.find('?'));
    return first + "?page=" + std::to_string(pages + 1) + "&page_size=" + std::to_string(book.page_size);
}

Lister::Walked Lister::walk_once(const Book& book, std::size_t most_pages) {
    const Limits& limits = options_.limits;
    Walked walked;
    Listed& listed = walked.listed;
    Call call = book.call;
    Skipped skipped;
    std::size_t entries = 0;
    std::optional<std::uint64_t> total;
    std::unordered_set<std::string> known;
    std::set<std::string> asked;
    const auto fail = [&](Failure failure) {
        // What was seen is not returned: a list that is short without saying so would pass for the whole.
        if (listed.pages > 0)
            failure.error.saw += "; the listing broke off after " + counted(listed.names.size(), "name", "names") + " on " +
                                 counted(listed.pages, "page", "pages");
        walked.failure = std::move(failure);
        return std::move(walked);
    };
    const auto page_number = [&] { return "page " + std::to_string(listed.pages); };

    for (;;) {
        asked.insert(call.target);
        const Tried<WholeReply> reply = fetch_(call);
        if (!reply) {
            const Failure failure = reply.error();
            if (failure.status == 400 && listed.pages == 0 && !book.without_size.empty() && call.target != book.without_size) {
                call.target = book.without_size;  // a lower limit of its own, or none at all
                continue;
            }
            return fail(failure);
        }
        const std::string_view encoding = trim(reply->head.header("Content-Encoding"));
        if (!encoding.empty() && !equals_ignoring_case(encoding, "identity"))
            return fail(failure_of({ErrorCode::protocol, call.what, call.where(),
                                    "Content-Encoding \"" + quote(encoding, 40) + "\" although none was asked for", ""}));
        Result<ListingPage> page = parse_listing_page(book.form, call.what, call.where(), reply->body, limits);
        if (!page) return fail(failure_of(page.error()));

        ++listed.pages;
        entries += page->entries;
        skipped.add(*page);
        if (page->total) total = page->total;
        std::size_t fresh = 0;
        for (std::string& name : page->names) {
            if (!known.insert(name).second) continue;
            listed.names.push_back(std::move(name));
            ++fresh;
        }
        log::debug("listing page",
                   {{"where", call.where()}, {"page", listed.pages}, {"entries", page->entries}, {"names", listed.names.size()}});
        if (listed.names.size() > limits.listing_names)
            return fail(failure_of(over(call, listed.names.size(), "limits.listing_names", limits.listing_names)));
        if (page->entries == 0) break;  // Gitea links on from its last full page too
        if (listed.pages == most_pages) break;

        Result<std::string> next = next_target(book, *reply, *page, listed.pages, entries);
        if (!next) {
            Error error = next.error();
            error.saw = error.where.empty() ? error.saw : error.saw + ": " + error.where;
            error.what = call.what;
            error.where = call.where();
            error.hint = kNameThem;
            return fail(failure_of(std::move(error)));
        }
        if (next->empty()) break;
        if (asked.contains(*next)) {
            listed.notes.push_back("ended at " + page_number() + ": its link leads back to an earlier page");
            listed.whole = false;
            break;
        }
        if (fresh == 0 && page->skipped() == 0) {
            listed.notes.push_back("ended at " + page_number() + ": it only repeats earlier names, although it links on");
            listed.whole = false;
            break;
        }
        if (listed.pages >= limits.listing_pages)
            return fail(failure_of(over(call, listed.pages + 1, "limits.listing_pages", limits.listing_pages)));
        call.target = std::move(*next);
    }
    skipped.tell(listed.notes);
    if (total && *total > entries) {
        listed.notes.push_back("the registry counts " + std::to_string(*total) + ", and listed " + std::to_string(entries));
        listed.whole = false;
    }
    return walked;
}

// A name that was deleted between two pages ends some walks: zot answers 404 to an unknown cursor, Harbor 400. A second walk knows
// nothing of it.
Lister::Walked Lister::walk(const Book& book) {
    Walked walked = walk_once(book, 0);
    const bool lost_its_place =
        walked.failure && walked.listed.pages > 0 && (walked.failure->status == 400 || walked.failure->status == 404);
    if (!lost_its_place) return walked;
    Walked again = walk_once(book, 0);
    again.listed.notes.emplace_back("begun anew: the registry had lost the place of a page");
    return again;
}

// ---- tags ----

Result<TagListing> Lister::tags(const std::string& registry, const std::string& repository) {
    if (!oci::is_valid_repository(repository))
        return Error{ErrorCode::usage, "list tags", quote(registry + "/" + repository), "no valid repository name", ""};
    VERITAG_TRY(const Origin origin, registry_origin(options_, registry));
    Walked walked = walk(tag_book(registry, origin, repository));
    if (walked.failure) {
        Error error = walked.failure->error;
        if (error.code == ErrorCode::not_found) error.hint = "check the name of the repository";
        return error;
    }
    return TagListing{std::move(walked.listed.names), walked.listed.pages, std::move(walked.listed.notes), walked.listed.whole};
}

// ---- repositories ----

Result<std::optional<RepositoryListing>> Lister::as_repository(const ListingTarget& target, const Origin& origin) {
    const Walked walked = walk_once(tag_book(target.registry, origin, target.path), 1);
    if (walked.failure && !is_refusal(*walked.failure)) return walked.failure->error;
    // Some registries answer with an empty list for what they do not know.
    if (walked.failure || walked.listed.names.empty()) return std::optional<RepositoryListing>();
    return std::optional(RepositoryListing{"tags", {target.path}, walked.listed.pages, {}});
}

// By the name that its challenges carry (`harbor`, `harbor-registry`: goharbor/harbor: src/server/middleware/v2auth/auth.go), or by what
// only Harbor answers to everybody.
Result<bool> Lister::is_harbor(const ListingTarget& target, const Origin& origin, const Failure& refusal) {
    if (to_lower(refusal.login_name).find("harbor") != std::string::npos) return true;
    Call call = call_to("ask for Harbor", target.registry, origin);
    call.target = "/api/v2.0/systeminfo";
    call.login = LoginManner::anonymous;
    call.max_body = kSystemInfoBytes;
    const Tried<WholeReply> reply = fetch_(call);
    if (!reply) {
        const Failure failure = reply.error();
        if (failure.error.code == ErrorCode::cancelled || failure.error.code == ErrorCode::rate_limited) return failure.error;
        return false;
    }
    const Result<rapidjson::Document> info = oci::parse_json(call.what, call.where(), reply->body, options_.limits);
    return info && (oci::json_member(*info, "harbor_version") != nullptr || oci::json_member(*info, "auth_mode") != nullptr);
}

Result<RepositoryListing> Lister::listing_of(ListingDriver driver, const ListingTarget& target, Walked walked) const {
    if (walked.failure) {
        Error error = walked.failure->error;
        if (error.code == ErrorCode::auth)
            error.hint = kLogInOrNameThem;
        else if (error.code == ErrorCode::not_found)
            error.hint = "check the name, or " + std::string(kNameThem);
        else if (error.hint.empty())
            error.hint = kNameThem;
        return error;
    }
    RepositoryListing listing{std::string(to_string(driver)), std::move(walked.listed.names), walked.listed.pages,
                              std::move(walked.listed.notes)};
    const std::size_t all = listing.repositories.size();
    std::erase_if(listing.repositories, [&](const std::string& name) { return !is_at_or_below(name, target.path); });
    std::sort(listing.repositories.begin(), listing.repositories.end());
    if (listing.repositories.empty() && !target.path.empty())
        return Error{ErrorCode::not_found, "list repositories", quote(target.registry + "/" + target.path),
                     "none of " + counted(all, "repository", "repositories") + " that " + listing.driver + " lists is at or below it",
                     "check the name, or " + std::string(kNameThem)};
    if (listing.repositories.empty()) listing.notes.emplace_back("the registry lists no repository, or none to this login");
    return listing;
}

Result<RepositoryListing> Lister::list_with(ListingDriver driver, const ListingTarget& target, const Origin& origin) {
    const bool hub = driver == ListingDriver::docker_hub;
    if (target.path.empty() && (hub || (driver == ListingDriver::quay && target.registry == kQuay)))
        return Error{ErrorCode::usage, "list repositories", quote(target.registry), "it lists one namespace at a time",
                     "write " + quote(target.registry) + "/NAMESPACE"};
    Book book = book_of(driver, target, origin);
    Walked walked = walk(book);
    if (hub && walked.failure && walked.failure->status == 404 && walked.listed.pages == 0) {
        book.call.target =
            "/v2/repositories/" + percent_encode(first_part(target.path)) + "/?page=1&page_size=" + std::to_string(book.page_size);
        walked = walk(book);  // the form that the API had before
    }
    return listing_of(driver, target, std::move(walked));
}

Result<RepositoryListing> Lister::list_by_search(const ListingTarget& target, const Origin& origin) {
    Walked walked = walk(book_of(ListingDriver::catalog, target, origin));
    // Longer paths were asked for already. Catalogs may hide what can be read.
    const bool may_be_repository = !target.path.empty() && target.path.find('/') == std::string::npos;
    const bool refused = walked.failure && walked.listed.pages == 0 && is_refusal(*walked.failure);
    if (!refused) {
        const Result<RepositoryListing> listing = listing_of(ListingDriver::catalog, target, std::move(walked));
        if (listing || listing.error().code != ErrorCode::not_found || !may_be_repository) return listing;
        VERITAG_TRY(std::optional<RepositoryListing> alone, as_repository(target, origin));
        if (alone) return std::move(*alone);
        return listing;
    }
    VERITAG_TRY(const bool harbor, is_harbor(target, origin, *walked.failure));
    if (harbor) return list_with(ListingDriver::harbor, target, origin);
    if (may_be_repository) {
        VERITAG_TRY(std::optional<RepositoryListing> alone, as_repository(target, origin));
        if (alone) return std::move(*alone);
    }
    Error error = walked.failure->error;
    error.saw = "the catalog is refused: " + error.saw;
    error.hint = kLogInOrNameThem;
    return error;
}

Result<RepositoryListing> Lister::repositories(const ListingTarget& target) {
    if (!target.path.empty() && !oci::is_valid_repository(target.path))
        return Error{ErrorCode::usage, "list repositories", quote(target.registry + "/" + target.path), "no valid path of repositories",
                     ""};
    VERITAG_TRY(const Origin origin, registry_origin(options_, target.registry));

    ListingDriver driver = target.driver;
    if (driver == ListingDriver::automatic) {
        if (target.path.find('/') != std::string::npos) {
            VERITAG_TRY(std::optional<RepositoryListing> alone, as_repository(target, origin));
            if (alone) return std::move(*alone);
        }
        if (target.registry == kDockerHub) driver = ListingDriver::docker_hub;
        if (target.registry == kQuay) driver = ListingDriver::quay;
    }
    if (driver == ListingDriver::automatic) return list_by_search(target, origin);
    if (driver == ListingDriver::docker_hub && target.registry == kDockerHub) {
        VERITAG_TRY(const Origin api, origin_of(options_, std::string(kDockerHubApi), target.registry));
        return list_with(driver, target, api);
    }
    return list_with(driver, target, origin);
}

}  // namespace veritag::registry
