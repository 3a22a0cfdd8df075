#include "base/text.h"
#include "tag/reader.h"
#include "tag/tag.h"

#include <algorithm>

namespace veritag::tag {
namespace {

using rules::Component;
using Truth = std::map<std::string, std::optional<std::string>>;

constexpr std::size_t kLongestLegalTag = 128;  // opencontainers/distribution-spec: spec.md, "pulling manifests"

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) noexcept { return is_upper(c) || (c >= 'a' && c <= 'z'); }

bool is_legal_tag(std::string_view tag) noexcept {
    if (tag.empty() || tag.size() > kLongestLegalTag || tag.front() == '.' || tag.front() == '-') return false;
    return std::all_of(tag.begin(), tag.end(), [](char c) { return is_digit(c) || is_letter(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_written_small(std::string_view version) noexcept {
    return std::any_of(version.begin(), version.end(), is_letter) && std::none_of(version.begin(), version.end(), is_upper);
}

std::string_view leading_letters(std::string_view text) noexcept {
    const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// How boldly a tag is written anew. What is right stays as it stands, unless the tag would not be well spelt then.
struct Style {
    bool keep_dialect = true;  ///< the name that stands before a version; else the component's first spelling
    bool rewrite_all = false;
    bool small_letters = false;
};

class Writer {
public:
    Writer(const rules::RuleSet& rules, const Reading& reading, const Truth& truth, bool dev) : rules_(rules), reading_(reading), truth_(truth), dev_(dev) {}

    std::optional<std::string> write(Style style) const;
    [[nodiscard]] bool is_as_wanted(const std::string& tag) const;
    [[nodiscard]] bool is_possible() const;

private:
    // Applications keep their versions as written, so no component's rules hold for them.
    [[nodiscard]] const Component* rules_of(const Claim& claim) const {
        return claim.kind == ComponentKind::app ? nullptr : rules_.find(claim.component);
    }
    [[nodiscard]] bool must_go(const Claim& claim) const {
        const auto found = truth_.find(claim.component);
        return found != truth_.end() && !found->second;
    }
    [[nodiscard]] std::string wanted_version(const Claim& claim) const {
        const auto found = truth_.find(claim.component);
        const bool given = found != truth_.end() && found->second && !found->second->empty() && !claim.version.empty();
        return given ? *found->second : claim.version;
    }
    [[nodiscard]] bool holds(const Claim& claim, const std::string& version, const std::string& wanted) const;
    [[nodiscard]] std::optional<std::string> part_text(const Claim& claim, const std::string& written, const std::string& wanted,
                                                       Style style) const;
    [[nodiscard]] std::optional<std::string> piece_text(const Piece& piece, const Claim& claim, Style style) const;
    [[nodiscard]] std::optional<std::vector<Piece>> kept_pieces() const;
    [[nodiscard]] bool put_in_order(std::vector<Piece>& pieces, Style style) const;

    const rules::RuleSet& rules_;
    const Reading& reading_;
    const Truth& truth_;
    const bool dev_;
};

bool Writer::holds(const Claim& claim, const std::string& version, const std::string& wanted) const {
    if (version == wanted) return true;
    const Component* component = rules_of(claim);
    return component != nullptr && component->compare_versions(version, wanted) == rules::Match::holds;
}

// Without a tag for every claim there is nothing to change (`latest`); with two pieces for one claim it is not certain which one to change.
bool Writer::is_possible() const {
    for (const Claim& claim : reading_.claims) {
        const auto pieces = std::count_if(reading_.pieces.begin(), reading_.pieces.end(),
                                          [&](const Piece& piece) { return piece.component == claim.component; });
        const bool changes = must_go(claim) || !holds(claim, claim.version, wanted_version(claim));
        if (changes && pieces != 1) return false;
    }
    return true;
}

// The part in the dialect of the one that stands there: the same name in front (`openeuler22.03`, `oe2203sp4`), small letters where
// it has them (`8.1.rc1`).
std::optional<std::string> Writer::part_text(const Claim& claim, const std::string& written, const std::string& wanted, Style style) const {
    const Component* component = rules_of(claim);
    if (component == nullptr || wanted.empty()) return std::nullopt;
    std::vector<std::string> candidates;
    for (const rules::Writing& writing : component->writings)
        if (const auto groups = writing.version.match_all(wanted)) candidates.push_back(rules::Pattern::expand(writing.part, *groups));
    if (style.keep_dialect) {
        const std::string_view letters = leading_letters(written);
        std::stable_partition(candidates.begin(), candidates.end(),
                              [&](const std::string& text) { return leading_letters(text) == letters; });
        const std::string name(glued_name(*component, written));
        const bool small = style.small_letters || is_written_small(std::string_view(written).substr(name.size()));
        if (!name.empty()) candidates.push_back(name + (small ? to_lower(wanted) : wanted));
    }
    candidates.push_back(component->write_part(wanted));
    for (const std::string& text : candidates) {
        const std::optional<Component::PartReading> reading = component->read_part(text);
        if (reading && reading->proper && holds(claim, reading->version, wanted)) return text;
    }
    return std::nullopt;
}

std::optional<std::string> Writer::piece_text(const Piece& piece, const Claim& claim, Style style) const {
    const std::string wanted = wanted_version(claim);
    if (claim.version.empty()) return piece.text;
    const bool right = holds(claim, claim.version, wanted);
    if (piece.bare) {
        if (right && !style.rewrite_all) return piece.text;
        return style.small_letters || is_written_small(piece.text) ? to_lower(wanted) : wanted;
    }
    if (right && !style.rewrite_all)
        if (const Component* component = rules_of(claim))
            if (const auto reading = component->read_part(piece.text); reading && reading->proper) return piece.text;
    return part_text(claim, piece.text, right ? claim.version : wanted, style);
}

// Only the component pieces move; what stands between them stays. A bare version that is no longer the first piece needs its name.
bool Writer::put_in_order(std::vector<Piece>& pieces, Style style) const {
    const std::vector<ComponentKind>& order = rules_.grammar_for(reading_.registry, reading_.repository).order;
    if (order.empty()) return true;
    struct Part {
        Piece piece;
        Claim claim;
    };
    std::vector<std::size_t> places;
    std::vector<Part> parts;
    std::vector<ComponentKind> kinds;
    for (std::size_t i = 0; i < pieces.size(); ++i)
        if (const Claim* claim = pieces[i].component.empty() ? nullptr : claim_of(reading_, pieces[i])) {
            places.push_back(i);
            parts.push_back({pieces[i], *claim});
            kinds.push_back(claim->kind);
        }
    if (in_order(order, kinds)) return true;

    const auto innermost =
        std::stable_partition(parts.begin(), parts.end(), [&](const Part& part) { return part.claim.kind != order.back(); });
    std::vector<Part*> listed;
    for (auto part = parts.begin(); part != innermost; ++part)
        if (rank_of(order, part->claim.kind)) listed.push_back(&*part);
    std::vector<Part> sorted;
    for (const Part* part : listed) sorted.push_back(*part);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const Part& a, const Part& b) { return rank_of(order, a.claim.kind) < rank_of(order, b.claim.kind); });
    for (std::size_t i = 0; i < listed.size(); ++i) *listed[i] = sorted[i];

    for (std::size_t i = 0; i < places.size(); ++i) {
        Piece& piece = parts[i].piece;
        if (piece.bare && places[i] != 0) {
            const auto text = part_text(parts[i].claim, piece.text, wanted_version(parts[i].claim), style);
            if (!text) return false;
            piece.text = *text;
            piece.bare = false;
        }
        pieces[places[i]] = piece;
    }
    return true;
}

// A part that goes takes the separator before it along, the first part the one after it. Nullopt where a bare version would have to
// go: what follows it would be read in its place.
std::optional<std::vector<Piece>> Writer::kept_pieces() const {
    std::vector<Piece> kept;
    bool drop_separator = false;
    for (const Piece& piece : reading_.pieces) {
        if (piece.dev && !dev_) continue;  // its separator is part of it
        const Claim* claim = claim_of(reading_, piece);
        if (claim != nullptr && must_go(*claim)) {
            if (piece.bare) return std::nullopt;
            if (!kept.empty() && kept.back().component.empty())
                kept.pop_back();
            else
                drop_separator = kept.empty();
            continue;
        }
        if (!(drop_separator && claim == nullptr)) kept.push_back(piece);
        drop_separator = false;
    }
    return kept;
}

std::optional<std::string> Writer::write(Style style) const {
    std::optional<std::vector<Piece>> kept = kept_pieces();
    if (!kept) return std::nullopt;
    std::vector<Piece>& pieces = *kept;
    // The mark of a development image stands at the very end.
    std::stable_partition(pieces.begin(), pieces.end(), [](const Piece& piece) { return !piece.dev; });
    if (!put_in_order(pieces, style)) return std::nullopt;
    std::string tag;
    for (const Piece& piece : pieces) {
        const Claim* claim = claim_of(reading_, piece);
        const std::optional<std::string> text = claim == nullptr ? piece.text : piece_text(piece, *claim, style);
        if (!text) return std::nullopt;
        tag += *text;
    }
    return tag;
}

// The proof of a written tag is that it reads as wanted.
bool Writer::is_as_wanted(const std::string& tag) const {
    if (!is_legal_tag(tag)) return false;
    const Reading again = parse_tag(rules_, reading_.registry, reading_.repository, tag);
    if (!again.readable || again.dev != dev_ || has_finding(again, "tag-order") || has_finding(again, "tag-form")) return false;
    std::size_t kept = 0;
    for (const Claim& claim : reading_.claims) {
        const auto found = std::find_if(again.claims.begin(), again.claims.end(),
                                        [&](const Claim& other) { return other.component == claim.component && other.kind == claim.kind; });
        if (must_go(claim)) {
            if (found != again.claims.end()) return false;
            continue;
        }
        ++kept;
        if (found == again.claims.end() || !holds(claim, found->version, wanted_version(claim))) return false;
    }
    return kept == again.claims.size();
}

}  // namespace

std::optional<std::string> write_tag(const rules::RuleSet& rules, const Reading& reading,
                                     const std::map<std::string, std::optional<std::string>>& truth, std::optional<bool> dev) {
    if (!reading.readable || (dev.value_or(false) && !reading.dev)) return std::nullopt;
    const Writer writer(rules, reading, truth, dev.value_or(reading.dev));
    if (!writer.is_possible()) return std::nullopt;
    for (const bool keep_dialect : {true, false})
        for (const bool rewrite_all : {false, true})
            for (const bool small_letters : {false, true}) {
                const std::optional<std::string> tag =
                    writer.write({.keep_dialect = keep_dialect, .rewrite_all = rewrite_all, .small_letters = small_letters});
                if (tag && writer.is_as_wanted(*tag)) return tag;
            }
    return std::nullopt;
}

}  // namespace veritag::tag
