// Path globs. Segments are split at '/': a segment is literal, has '*' or '?', or is `**`, which stands for any number of
// segments. `{a,b}` is written out before anything else, so that it may also span segments.
#include "base/text.h"
#include "rules/pattern.h"

#include <algorithm>
#include <functional>
#include <map>

namespace veritag::rules {
namespace {

constexpr std::size_t kMostAlternatives = 64;  // of one glob, braces written out

// All globs that the braces of `glob` stand for. Braces are balanced and not nested (check_glob); a stray one is literal.
std::vector<std::string> expand_braces(std::string_view glob) {
    std::vector<std::string> results{""};
    while (!glob.empty()) {
        const std::size_t open = glob.find('{');
        const std::size_t close = open == std::string_view::npos ? open : glob.find('}', open);
        const std::string_view literal = close == std::string_view::npos ? glob : glob.substr(0, open);
        for (std::string& result : results) result += literal;
        if (close == std::string_view::npos) break;
        std::vector<std::string> longer;
        for (const std::string& result : results)
            for (const std::string_view choice : split(glob.substr(open + 1, close - open - 1), ','))
                if (longer.size() < kMostAlternatives) longer.push_back(result + std::string(choice));
        results = std::move(longer);
        glob.remove_prefix(close + 1);
    }
    return results;
}

bool has_wildcard(std::string_view segment) noexcept { return segment.find_first_of("*?") != std::string_view::npos; }

// One segment against one with '*' and '?'. Only the last '*' is tried again, which is enough and needs no recursion.
bool segment_matches(std::string_view glob, std::string_view text) noexcept {
    std::size_t g = 0, t = 0, after_star = std::string_view::npos, star_text = 0;
    while (t < text.size()) {
        if (g < glob.size() && glob[g] == '*') {
            after_star = ++g;
            star_text = t;
        } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
            ++g;
            ++t;
        } else if (after_star != std::string_view::npos) {
            g = after_star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (g < glob.size() && glob[g] == '*') ++g;
    return g == glob.size();
}

// `reached[i]`: the glob's first i segments match what was read of the path.
bool plain_glob_matches(std::string_view glob, std::string_view path) {
    const std::vector<std::string_view> pattern = split(glob, '/');
    const auto pass_stars = [&](std::vector<bool>& reached) {
        for (std::size_t i = 0; i < pattern.size(); ++i)
            if (reached[i] && pattern[i] == "**") reached[i + 1] = true;
    };
    std::vector<bool> reached(pattern.size() + 1);
    reached[0] = true;
    pass_stars(reached);
    for (const std::string_view segment : split(path, '/')) {
        std::vector<bool> next(pattern.size() + 1);
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (!reached[i]) continue;
            if (pattern[i] == "**")
                next[i] = true;
            else if (segment_matches(pattern[i], segment))
                next[i + 1] = true;
        }
        pass_stars(next);
        reached = std::move(next);
    }
    return reached.back();
}

Error bad_glob(std::string_view glob, const std::string& why) {
    return {ErrorCode::config, "read glob", "", '"' + quote(glob) + "\" is no glob: " + why, ""};
}

Result<void> check_braces(std::string_view glob) {
    std::size_t alternatives = 1;
    std::size_t choices = 0;  // of the open brace; 0: none is open
    for (const char c : glob) {
        if (c == '{') {
            if (choices != 0) return bad_glob(glob, "braces inside braces");
            choices = 1;
        } else if (c == '}') {
            if (choices == 0) return bad_glob(glob, "\"}\" without \"{\"");
            alternatives *= choices;
            choices = 0;
            if (alternatives > kMostAlternatives) return bad_glob(glob, "more than " + std::to_string(kMostAlternatives) + " alternatives");
        } else if (c == ',' && choices != 0) {
            ++choices;
            if (choices > kMostAlternatives) return bad_glob(glob, "more than " + std::to_string(kMostAlternatives) + " alternatives");
        }
    }
    if (choices != 0) return bad_glob(glob, "\"{\" without \"}\"");
    return ok();
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
    if (glob.find('{') == std::string_view::npos) return plain_glob_matches(glob, path);
    const std::vector<std::string> alternatives = expand_braces(glob);
    return std::any_of(alternatives.begin(), alternatives.end(), [&](const std::string& each) { return plain_glob_matches(each, path); });
}

Result<void> check_glob(std::string_view glob) {
    if (glob.empty()) return bad_glob(glob, "it is empty");
    VERITAG_CHECK(check_braces(glob));
    for (const std::string& each : expand_braces(glob)) {
        if (each.starts_with('/')) return bad_glob(glob, "paths are relative to the image root, without a leading slash");
        for (const std::string_view segment : split(each, '/')) {
            if (segment.empty()) return bad_glob(glob, "an empty path segment");
            if (segment == "." || segment == "..") return bad_glob(glob, "\"" + std::string(segment) + "\" is in no path of an image");
            if (segment != "**" && segment.find("**") != std::string_view::npos) return bad_glob(glob, "\"**\" must be a whole segment");
        }
    }
    return ok();
}

struct GlobSet::Node {
    std::map<std::string, Node, std::less<>> literals;
    std::map<std::string, Node, std::less<>> wildcards;  // segment with '*' or '?'
    // The same by a byte that the segment must have, so that few are tried for each segment of a path: the first one, or, where that
    // is a wildcard, the last one; then those that are wildcards at both ends. Sorted by that byte.
    struct Wildcard {
        char byte;
        const std::string* glob;
        const Node* node;
    };
    std::vector<Wildcard> by_first;
    std::vector<Wildcard> by_last;
    std::vector<Wildcard> by_neither;
    std::unique_ptr<Node> any_depth;                     // after a `**`
    bool is_any_depth = false;                           // stays where it is, whatever the segment
    std::vector<std::uint32_t> ids;                      // of globs that end here
};

GlobSet::GlobSet() : root_(std::make_unique<Node>()) {}
GlobSet::~GlobSet() = default;
GlobSet::GlobSet(GlobSet&&) noexcept = default;
GlobSet& GlobSet::operator=(GlobSet&&) noexcept = default;

namespace {

bool is_wildcard(char c) noexcept { return c == '*' || c == '?'; }

// The child for a segment with wildcards, made where it is not there. Maps keep their nodes in place.
template <class Node>
Node& wildcard_child(Node& node, std::string_view segment) {
    const auto [child, is_new] = node.wildcards.try_emplace(std::string(segment));
    if (is_new) {
        const bool first = !is_wildcard(segment.front());
        const bool last = !is_wildcard(segment.back());
        const char byte = first ? segment.front() : segment.back();
        auto& list = first ? node.by_first : last ? node.by_last : node.by_neither;
        const auto place = std::upper_bound(list.begin(), list.end(), byte, [](char c, const auto& each) { return c < each.byte; });
        list.insert(place, {byte, &child->first, &child->second});
    }
    return child->second;
}

}  // namespace

void GlobSet::add(std::string_view glob, std::uint32_t id) {
    for (const std::string& each : expand_braces(glob)) {
        Node* node = root_.get();
        for (const std::string_view segment : split(each, '/')) {
            if (segment == "**") {
                if (node->is_any_depth) continue;  // `**/**` says no more than `**`
                if (!node->any_depth) node->any_depth = std::make_unique<Node>();
                node = node->any_depth.get();
                node->is_any_depth = true;
            } else {
                node = has_wildcard(segment) ? &wildcard_child(*node, segment) : &node->literals[std::string(segment)];
            }
        }
        node->ids.push_back(id);
    }
}

namespace {

// The nodes that the next segment leads to, without `**` nodes.
template <class Node, class Visit>
void step(const Node& node, std::string_view segment, Visit visit) {
    if (const auto found = node.literals.find(segment); found != node.literals.end()) visit(found->second);
    const auto try_each = [&](auto from, auto to) {
        for (; from != to; ++from)
            if (segment_matches(*from->glob, segment)) visit(*from->node);
    };
    const auto try_with = [&](const auto& list, char byte) {
        const auto from = std::lower_bound(list.begin(), list.end(), byte, [](const auto& each, char c) { return each.byte < c; });
        try_each(from, std::find_if(from, list.end(), [&](const auto& each) { return each.byte != byte; }));
    };
    try_each(node.by_neither.begin(), node.by_neither.end());
    if (segment.empty()) return;
    try_with(node.by_first, segment.front());
    try_with(node.by_last, segment.back());
}

}  // namespace

namespace {

template <class Node>
void enter(std::vector<const Node*>& nodes, const Node& node) {
    nodes.push_back(&node);
    if (node.any_depth) nodes.push_back(node.any_depth.get());
}

}  // namespace

std::vector<const GlobSet::Node*> GlobSet::start() const {
    std::vector<const Node*> nodes;
    enter(nodes, *root_);
    return nodes;
}

void GlobSet::advance(const std::vector<const Node*>& here, std::string_view segment, std::vector<const Node*>& next) {
    next.clear();
    for (const Node* node : here) {
        if (node->is_any_depth) next.push_back(node);
        step(*node, segment, [&](const Node& child) { enter(next, child); });
    }
    // A `**` node stays, and its parent may enter it again.
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
}

void GlobSet::collect(const std::vector<const Node*>& here, std::vector<std::uint32_t>& ids) {
    ids.clear();
    for (const Node* node : here) ids.insert(ids.end(), node->ids.begin(), node->ids.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

void GlobSet::match(std::string_view path, std::vector<std::uint32_t>& ids) const {
    std::vector<const Node*> here = start(), next;
    for (const std::string_view segment : split(path, '/')) {
        advance(here, segment, next);
        here.swap(next);
    }
    collect(here, ids);
}

void GlobSet::Walk::match(std::string_view path, std::vector<std::uint32_t>& ids) {
    const std::size_t slash = path.rfind('/');
    const std::string_view directory = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);

    // As many whole segments as both directories begin with are kept.
    const auto same = static_cast<std::size_t>(std::mismatch(directory.begin(), directory.end(), directory_.begin(), directory_.end()).first - directory.begin());
    std::size_t kept = 0;
    while (kept < ends_.size() && (ends_[kept] < same || (ends_[kept] == same && (same == directory.size() || directory[same] == '/')))) ++kept;
    ends_.resize(kept);
    reached_.resize(kept + 1);
    for (std::size_t at = kept == 0 ? 0 : ends_.back() + 1; at < directory.size();) {
        const std::size_t end = std::min(directory.find('/', at), directory.size());
        std::vector<const Node*> next;
        advance(reached_.back(), directory.substr(at, end - at), next);
        reached_.push_back(std::move(next));
        ends_.push_back(end);
        at = end + 1;
    }
    directory_ = directory;
    advance(reached_.back(), name, last_);
    collect(last_, ids);
}

bool GlobSet::could_match_below(std::string_view prefix) const {
    std::vector<const Node*> here{root_.get()}, next;
    if (!prefix.empty()) {
        for (const std::string_view segment : split(prefix, '/')) {
            next.clear();
            for (const Node* node : here) step(*node, segment, [&](const Node& child) { next.push_back(&child); });
            here.swap(next);
        }
    }
    return std::any_of(here.begin(), here.end(),
                       [](const Node* node) { return !node->literals.empty() || !node->wildcards.empty() || node->any_depth; });
}

}  // namespace veritag::rules
