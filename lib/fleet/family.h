// Which published images an image is built on, and whether those are the ones that its tag needs.
#pragma once

#include "model/report.h"
#include "rules/rules.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace veritag::fleet {

/// An image that a tag has or had, and whose layers were verified.
struct Member {
    std::string registry;
    std::string repository;
    std::string tag;
    std::string top;       ///< digest that the tag pointed to
    std::string manifest;  ///< digest of this platform's manifest
    std::string platform;
    std::string chain_id;  ///< of all its layers
    std::size_t layers = 0;
    std::optional<std::chrono::sys_seconds> created = {};  ///< as its config says
    bool current = true;   ///< the tag still points to `top`
    bool gone = false;     ///< there is no such tag any more
};

/// What tags claim, each read once: reading one takes as long as everything else that is done with it. Thread-safe.
class TagClaims {
public:
    using Claims = std::map<std::string, Claim>;  ///< by component
    /// Keeps the rules by reference.
    explicit TagClaims(const rules::RuleSet& rules) : rules_(rules) {}
    [[nodiscard]] std::shared_ptr<const Claims> of(const std::string& registry, const std::string& repository, const std::string& tag);

private:
    const rules::RuleSet& rules_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const Claims>> known_;
};

/// All that was ever published and verified. Ancestors are found by ChainID, so names and dates prove nothing here; what an ancestor
/// ought to be is found by the claims of its tags.
class Family {
public:
    Family(const rules::RuleSet& rules, TagClaims& tags) : rules_(rules), tags_(tags) {}
    /// Both are kept by reference. All members are added before the first image is judged.
    void add(Member member);
    /// A tag of which nothing is known now: it may be the parent that an image seems to lack.
    void add_unread(const std::string& registry, const std::string& repository, const std::string& tag);

    /// Fills `lineage`, adds `parent-mismatch`, `parent-stale` or `parent-unknown`, and sets the verdict anew. Leaves alone what is no
    /// image, and images whose layers do not prove their diff_ids (forged, or read in part). Where only configs were looked at, what would be an
    /// accusation is `unproven`. Thread-safe. True where the parent that the image seems to lack may be one of which nothing is known now.
    bool judge(ImageReport& image) const;

private:
    struct Kin {  // tags of one and the same stack of layers
        std::size_t layers = 0;
        std::vector<const Member*> members;  // those nearest to the image first
    };
    using Claims = TagClaims::Claims;
    [[nodiscard]] std::vector<Kin> ancestors_of(const ImageReport& image) const;
    [[nodiscard]] const Claims& claims_of(const Member& member) const { return *claims_.at(&member); }
    [[nodiscard]] bool makes(const Claims& claims, const std::vector<std::pair<std::string, std::string>>& wanted) const;
    [[nodiscard]] bool equal(const std::string& component, const std::string& a, const std::string& b) const;
    [[nodiscard]] static bool claims_more(const Claims& claims, const std::vector<std::pair<std::string, std::string>>& wanted);
    enum class Published { no, later, before };
    [[nodiscard]] Published published(const ImageReport& image, const std::vector<std::pair<std::string, std::string>>& wanted) const;
    [[nodiscard]] const Member* contradicting(const ImageReport& image, const std::vector<Kin>& kin, const Claim*& claim, std::string& says) const;

    const rules::RuleSet& rules_;
    TagClaims& tags_;
    std::vector<std::unique_ptr<const Member>> members_;
    std::unordered_multimap<std::string, const Member*> by_chain_;
    std::unordered_map<const Member*, std::shared_ptr<const Claims>> claims_;
    std::vector<std::shared_ptr<const Claims>> unread_;
};

}  // namespace veritag::fleet
