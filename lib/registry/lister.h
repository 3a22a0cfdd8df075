// Walks the pages of a listing, whatever the registry calls them. Synchronous and without sockets: what fetches a page is passed in.
// Private to the module.
#pragma once

#include "registry/client.h"
#include "registry/listing_page.h"
#include "registry/session.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace veritag::registry {

class Lister {
public:
    using Fetch = std::function<Tried<WholeReply>(const Call&)>;
    Lister(const ClientOptions& options, Fetch fetch) : options_(options), fetch_(std::move(fetch)) {}

    Result<RepositoryListing> repositories(const ListingTarget& target);
    Result<TagListing> tags(const std::string& registry, const std::string& repository);

private:
    /// A listing to walk: its first page and how pages are read.
    struct Book {
        PageForm form = PageForm::catalog;
        Call call;                 ///< for the first page
        std::size_t page_size = 0;
        std::string without_size;  ///< target of the first page for a registry that answers our size with 400; empty: it knows the size
    };
    struct Listed {
        std::vector<std::string> names;  ///< in order, each once
        std::size_t pages = 0;
        std::vector<std::string> notes;
        bool whole = true;  ///< false: there may be more
    };
    /// What came, and why it ended early. A failed walk's names are only counted.
    struct Walked {
        Listed listed;
        std::optional<Failure> failure;
    };

    [[nodiscard]] Call call_to(std::string what, const std::string& registry, const Origin& origin) const;
    [[nodiscard]] Book tag_book(const std::string& registry, const Origin& origin, const std::string& repository) const;
    [[nodiscard]] Book book_of(ListingDriver driver, const ListingTarget& target, const Origin& origin) const;

    Walked walk(const Book& book);
    Walked walk_once(const Book& book, std::size_t most_pages);
    Result<std::string> next_target(const Book& book, const WholeReply& reply, const ListingPage& page, std::size_t pages, std::size_t entries) const;

    /// What was walked as an answer: names at or below the target's path, or an error that tells what to do.
    Result<RepositoryListing> listing_of(ListingDriver driver, const ListingTarget& target, Walked walked) const;
    Result<RepositoryListing> list_with(ListingDriver driver, const ListingTarget& target, const Origin& origin);
    Result<RepositoryListing> list_by_search(const ListingTarget& target, const Origin& origin);
    /// Whether the path itself is a repository: it has tags. nullopt: it has not, or nobody may know.
    Result<std::optional<RepositoryListing>> as_repository(const ListingTarget& target, const Origin& origin);
    Result<bool> is_harbor(const ListingTarget& target, const Origin& origin, const Failure& refusal);

    const ClientOptions& options_;
    Fetch fetch_;
};

}  // namespace veritag::registry
