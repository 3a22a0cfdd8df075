// The two matchers that rule packs use: globs over paths, regular expressions over text.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::rules {

/// A regular expression (RE2: linear time and no recursion, whatever the text). Copies share the compiled form.
class Pattern {
public:
    Pattern() = default;
    static Result<Pattern> compile(std::string_view expression);
    /// An expression that compile() is known to take; the work waits until it is first used, by whichever thread.
    static Pattern compiled_when_used(std::string_view expression);
    [[nodiscard]] bool found_in(std::string_view text) const;
    /// First match anywhere: group 0 is the match, then the groups ("" where a group took no part). nullopt: no match.
    [[nodiscard]] std::optional<std::vector<std::string>> search(std::string_view text) const;
    /// The same, but the whole text must match.
    [[nodiscard]] std::optional<std::vector<std::string>> match_all(std::string_view text) const;
    /// The whole text must match: views into `text`, group 0 first; data() is null where a group took no part.
    [[nodiscard]] std::optional<std::vector<std::string_view>> match_views(std::string_view text) const;
    /// Every match replaced, as RE2's GlobalReplace does.
    [[nodiscard]] std::string replace_all(std::string_view text, std::string_view replacement) const;
    /// Named groups and their numbers, by number.
    [[nodiscard]] std::vector<std::pair<std::string, int>> named_groups() const;
    [[nodiscard]] int group_count() const;
    [[nodiscard]] const std::string& text() const noexcept;
    /// `\0`..`\9` of `replacement` filled from `groups`.
    static std::string expand(std::string_view replacement, const std::vector<std::string>& groups);
    /// An error where `replacement` has a lone backslash or names a group beyond `groups`.
    static Result<void> check_replacement(std::string_view replacement, int groups);

private:
    struct Compiled;
    std::shared_ptr<const Compiled> compiled_;
};

/// Path globs: `*` and `?` within one segment, `**` as a whole segment for any depth (none too), `{a,b}` alternatives.
bool glob_matches(std::string_view glob, std::string_view path);
/// An error for globs that cannot work: absolute, "..", unbalanced braces, `**` inside a segment.
Result<void> check_glob(std::string_view glob);

/// Many globs compiled into one segment trie: a path is walked once, whatever the number of globs.
class GlobSet {
public:
    class Walk;
    void add(std::string_view glob, std::uint32_t id);  ///< the glob has passed check_glob
    /// Ids of all globs that match, ascending, without repeats.
    void match(std::string_view path, std::vector<std::uint32_t>& ids) const;
    /// True where some path below the directory `prefix` could match a glob that has no `**` before that depth.
    [[nodiscard]] bool could_match_below(std::string_view prefix) const;
    GlobSet();
    ~GlobSet();
    GlobSet(GlobSet&&) noexcept;
    GlobSet& operator=(GlobSet&&) noexcept;

private:
    struct Node;
    static void advance(const std::vector<const Node*>& here, std::string_view segment, std::vector<const Node*>& next);
    static void collect(const std::vector<const Node*>& here, std::vector<std::uint32_t>& ids);
    [[nodiscard]] std::vector<const Node*> start() const;
    std::unique_ptr<Node> root_;
};

/// Matches path after path, and remembers where the directories of the last one led: going through a tree costs about a segment a
/// file. Used by one thread; the set must outlive it.
class GlobSet::Walk {
public:
    explicit Walk(const GlobSet& set) : reached_{set.start()} {}
    void match(std::string_view path, std::vector<std::uint32_t>& ids);  ///< as GlobSet::match

private:
    std::string directory_;                           // of the last path
    std::vector<std::size_t> ends_;                   // where its segments end
    std::vector<std::vector<const Node*>> reached_;   // after so many of them
    std::vector<const Node*> last_;
};

}  // namespace veritag::rules
