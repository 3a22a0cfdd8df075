#include "tag/tag.h"

#include "base/text.h"
#include "tag/reader.h"

#include <algorithm>
#include <array>

// A tag is read by the forms of its repository's grammar, in order. A form is a regular expression over the whole tag; each named
// group is a piece of it. The group `parts` holds component parts joined by `-`; since a version or a model name may hold a `-`
// of its own (`9.1.0-beta.3`, `chatglm2-6b`), several parts are tried as one before each is tried alone.
namespace veritag::tag {
namespace {

using rules::Component;
using rules::Grammar;

constexpr std::size_t kLongestTag = 512;  // OCI allows 128 bytes; the rest is room for declared names that are no legal tags
constexpr std::size_t kMostJoined = 4;    // parts that may be one component's text

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool starts_as_version(std::string_view text) noexcept {
    if (!text.empty() && (text.front() == 'v' || text.front() == 'V')) text.remove_prefix(1);
    return !text.empty() && is_digit(text.front());
}

bool is_bare_version(std::string_view text) noexcept {
    return starts_as_version(text) &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || is_letter(c) || c == '.' || c == '_' || c == '+'; });
}

// The rest of a version that was cut at its own hyphen: `beta.3`, `rc2`, `a.7.1`. One letter needs its dot, since `a3` may be a chip.
bool continues_version(std::string_view part) {
    const auto letters = static_cast<std::size_t>(std::find_if_not(part.begin(), part.end(), is_letter) - part.begin());
    const std::string word = to_lower(part.substr(0, letters));
    const std::string_view number = part.substr(letters);
    const bool digits = !number.empty() && std::all_of(number.begin(), number.end(), [](char c) { return is_digit(c) || c == '.'; }) &&
                        is_digit(number.back());
    constexpr std::array<std::string_view, 3> kLetters{"a", "b", "c"};
    constexpr std::array<std::string_view, 4> kStages{"alpha", "beta", "rc", "preview"};
    constexpr std::array<std::string_view, 4> kCounted{"dev", "post", "pre", "ea"};
    const auto is_one_of = [&word](const auto& words) { return std::find(words.begin(), words.end(), word) != words.end(); };
    if (is_one_of(kLetters)) return digits && number.front() == '.';
    if (is_one_of(kStages)) return number.empty() || digits;
    return is_one_of(kCounted) && digits;
}

std::string_view last_element(std::string_view repository) noexcept {
    const std::size_t slash = repository.rfind('/');
    return slash == std::string_view::npos ? repository : repository.substr(slash + 1);
}

// The component that a bare version means in this repository.
const Component* component_named_by(const rules::RuleSet& rules, std::string_view repository) noexcept {
    const std::string_view name = last_element(repository);
    for (const Component& component : rules.components())
        if (std::find(component.repositories.begin(), component.repositories.end(), name) != component.repositories.end())
            return &component;
    return nullptr;
}

std::string with_version(const Component* component, const Claim& claim) {
    const std::string name = component != nullptr && !component->title.empty() ? component->title : claim.component;
    return quote(claim.version.empty() ? name : name + " " + claim.version);
}

// A right tag of the grammar for messages, one of the same repository where there is one.
std::string example_tag(const Grammar& grammar, std::string_view repository) {
    const std::string* first = nullptr;
    for (const rules::Example& example : grammar.examples) {
        const auto tag = example.input.find("tag");
        const auto where = example.input.find("repository");
        if (tag == example.input.end() || where == example.input.end()) continue;
        if (!example.input.contains("claims") || example.input.contains("findings")) continue;
        if (last_element(where->second) == last_element(repository)) return tag->second;
        if (first == nullptr) first = &tag->second;
    }
    return first != nullptr ? *first : std::string();
}

// Reads one tag by one form. A form that does not fit leaves its reader behind; the next form gets a new one.
class Reader {
public:
    Reader(const rules::RuleSet& rules, const Grammar& grammar, std::string_view repository, std::string_view tag)
        : rules_(rules), grammar_(grammar), repository_(repository), tag_(tag) {}

    bool read(const rules::TagForm& form);
    void read_floating(const std::map<std::string, std::vector<rules::FloatingVersion>>& claims);
    Reading finish();

private:
    struct Found {
        const Component* component = nullptr;
        Component::PartReading reading;
        std::string_view text;
        std::size_t parts = 1;
    };

    bool read_group(std::string_view meaning, std::string_view text);
    bool read_os(std::string_view text);
    bool read_parts(std::string_view text);
    void read_hints(std::string_view text);
    void read_version(std::string_view text);
    void read_named(const Component& component, std::string_view text);
    void add_literal(std::string_view text);
    void add_unknown(std::string_view text);
    void add_part(const Found& found);
    void add_bare(std::string_view text, bool is_short_form);
    void add_claim(Claim claim);
    [[nodiscard]] bool may_read(const Component& component) const;
    [[nodiscard]] bool is_named_system(const Component& component) const;
    [[nodiscard]] static bool joins_well(const Component& component, std::string_view text);
    [[nodiscard]] std::optional<Found> find_part(std::string_view text, std::size_t parts) const;
    [[nodiscard]] std::optional<Found> find_joined(const std::vector<std::string_view>& parts, std::size_t first) const;
    void judge_order();
    void judge_spelling();
    void tell_tier();
    void tell_parents();
    void tell_version_text();
    Finding& add_finding(std::string_view code, Severity severity, std::string message);

    const rules::RuleSet& rules_;
    const Grammar& grammar_;
    std::string_view repository_;
    std::string_view tag_;
    Reading out_;
    bool proper_ = true;
    std::vector<Found> misspelt_;
    std::vector<std::string> unknown_;
    std::optional<Claim> short_claim_;
};

bool Reader::read(const rules::TagForm& form) {
    const std::optional<std::vector<std::string_view>> groups = form.pattern.match_views(tag_);
    if (!groups) return false;
    proper_ = form.proper;
    std::size_t cursor = 0;
    for (const auto& [name, number] : form.pattern.named_groups()) {
        const std::string_view text = (*groups)[static_cast<std::size_t>(number)];
        if (text.data() == nullptr) continue;
        const auto start = static_cast<std::size_t>(text.data() - tag_.data());
        if (start < cursor) return false;  // a group inside a group: the text would be read twice
        add_literal(tag_.substr(cursor, start - cursor));
        const auto renamed = form.names.find(name);
        if (!read_group(renamed == form.names.end() ? name : renamed->second, text)) return false;
        cursor = start + text.size();
    }
    add_literal(tag_.substr(cursor));
    return true;
}

bool Reader::read_group(std::string_view meaning, std::string_view text) {
    if (meaning == "free") return add_literal(text), true;
    if (meaning == "os") return read_os(text);
    if (meaning == "parts") return read_parts(text);
    if (meaning == "hints") return read_hints(text), true;
    if (meaning == "version") return read_version(text), true;
    if (meaning == "dev") {
        if (text.empty()) return true;
        out_.dev = true;
        out_.pieces.push_back({.text = std::string(text), .component = {}, .bare = false, .dev = true});
        return true;
    }
    const Component* component = rules_.find(meaning);
    if (component == nullptr) return false;
    return read_named(*component, text), true;
}

bool Reader::read_os(std::string_view text) {
    const std::optional<Found> found = find_part(text, 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '-')));
    if (!found || found->component->kind != ComponentKind::os) return false;
    add_part(*found);
    return true;
}

bool Reader::read_parts(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, '-');
    for (std::size_t i = 0; i < parts.size();) {
        if (parts[i].empty()) return false;
        if (i > 0) add_literal("-");
        if (const std::optional<Found> found = find_joined(parts, i)) {
            add_part(*found);
            i += found->parts;
        } else if (i == 0 && is_bare_version(parts[i])) {
            std::size_t end = 1;
            while (end < parts.size() && continues_version(parts[end])) ++end;
            add_bare(text.substr(0, static_cast<std::size_t>(parts[end - 1].data() - text.data()) + parts[end - 1].size()), true);
            i = end;
        } else {
            add_unknown(parts[i++]);
        }
    }
    return true;
}

bool has_digit(std::string_view text) noexcept { return std::any_of(text.begin(), text.end(), is_digit); }

// A name alone is often a word (`focal-loss`, `stretch-cluster`, `block-buster`): it is a system where a tag of that form ends, or before what
// builders write behind one, and where what stands before it is a version or such a word, too.
bool stands_as_system(const std::vector<std::string_view>& parts, std::size_t first, std::size_t count) {
    constexpr std::array<std::string_view, 9> kBehind{"slim", "backports", "dev", "minimal", "scm", "curl", "amd64", "arm64", "arm64v8"};
    constexpr std::array<std::string_view, 21> kBefore{"latest", "lts", "stable", "current", "mainline", "edge", "nightly", "base", "runtime", "builder", "build",
                                                       "slim",   "dev", "jdk",    "jre",     "fpm",      "cli",  "apache",  "zts",  "perl",    "alpine"};
    const auto is_one_of = [](const auto& words, std::string_view part) { return std::find(words.begin(), words.end(), part) != words.end(); };
    const std::size_t next = first + count;
    const bool behind = next >= parts.size() || is_one_of(kBehind, parts[next]) || (!parts[next].empty() && is_digit(parts[next].front()));
    return behind && (first == 0 || has_digit(parts[first - 1]) || is_one_of(kBefore, parts[first - 1]));
}

// In a repository without a rule of its own only a part that can hardly mean something else is believed: an operating system, or
// a name with a version of at least two numbers (`py310` is no Python 310). The name of a model may be that of a program for it.
void Reader::read_hints(std::string_view text) {
    const std::vector<std::string_view> parts = split(text, '-');
    for (std::size_t i = 0; i < parts.size();) {
        if (i > 0) add_literal("-");
        const std::optional<Found> found = find_joined(parts, i);
        const bool system = found && found->component->kind == ComponentKind::os && is_named_system(*found->component) &&
                            (has_digit(found->text) || stands_as_system(parts, i, found->parts));
        const bool sure = found && found->reading.proper && found->component->kind != ComponentKind::llm &&
                          (found->component->kind == ComponentKind::os ? system : found->reading.version.find('.') != std::string::npos);
        if (sure) {
            add_part(*found);
            for (Claim& claim : out_.claims) claim.guessed = claim.guessed || claim.component == found->component->name;
        } else {
            add_literal(parts[i]);
        }
        i += sure ? found->parts : 1;
    }
}

void Reader::read_version(std::string_view text) { add_bare(text, false); }

// The form itself names the component: the group holds its version, or nothing.
void Reader::read_named(const Component& component, std::string_view text) {
    add_claim({.component = component.name,
               .kind = component.kind,
               .version = text.empty() ? std::string() : component.canonical(text),
               .from_repository = false,
               .text = text.empty() ? component.name : std::string(text)});
    if (!text.empty()) out_.pieces.push_back({.text = std::string(text), .component = component.name, .bare = true, .dev = false});
}

void Reader::read_floating(const std::map<std::string, std::vector<rules::FloatingVersion>>& claims) {
    add_literal(tag_);
    for (const auto& [name, versions] : claims) {
        const Component* component = rules_.find(name);
        if (component == nullptr || versions.empty()) continue;
        const std::string& today = versions.back().version;
        Claim claim{.component = name,
                    .kind = component->kind,
                    .version = today.empty() ? std::string() : component->canonical(today),
                    .from_repository = false,
                    .text = std::string(tag_),
                    .floating = !today.empty()};
        for (const rules::FloatingVersion& each : versions)
            if (versions.size() > 1) claim.stood_for.emplace_back(each.since, component->canonical(each.version));
        add_claim(std::move(claim));
    }
    if (!claims.empty()) return;
    const Component* component = component_named_by(rules_, repository_);
    if (grammar_.tier == Tier::app)
        add_claim({.component = std::string(last_element(repository_)),
                   .kind = ComponentKind::app,
                   .version = {},
                   .from_repository = true,
                   .text = std::string(tag_)});
    else if (component != nullptr)
        add_claim(
            {.component = component->name, .kind = component->kind, .version = {}, .from_repository = true, .text = std::string(tag_)});
}

void Reader::add_literal(std::string_view text) {
    if (!text.empty()) out_.pieces.push_back({.text = std::string(text), .component = {}, .bare = false, .dev = false});
}

void Reader::add_unknown(std::string_view text) {
    add_literal(text);
    unknown_.emplace_back(text);
}

void Reader::add_part(const Found& found) {
    if (!found.reading.proper) misspelt_.push_back(found);
    add_claim({.component = found.component->name,
               .kind = found.component->kind,
               .version = found.reading.version,
               .from_repository = false,
               .text = std::string(found.text)});
    out_.pieces.push_back({.text = std::string(found.text), .component = found.component->name, .bare = false, .dev = false});
}

// An application, and whatever the repository is called where no rule knows that name, keeps its version as it is written.
void Reader::add_bare(std::string_view text, bool is_short_form) {
    const Component* component = grammar_.tier == Tier::app ? nullptr : component_named_by(rules_, repository_);
    Claim claim{.component = component != nullptr ? component->name : std::string(last_element(repository_)),
                .kind = component != nullptr ? component->kind : ComponentKind::app,
                .version = component != nullptr ? component->canonical(text) : std::string(text),
                .from_repository = true,
                .text = std::string(text)};
    if (is_short_form) short_claim_ = claim;
    out_.pieces.push_back({.text = std::string(text), .component = claim.component, .bare = true, .dev = false});
    add_claim(std::move(claim));
}

void Reader::add_claim(Claim claim) {
    const bool known = std::any_of(out_.claims.begin(), out_.claims.end(), [&](const Claim& other) {
        return other.component == claim.component && other.kind == claim.kind && other.version == claim.version;
    });
    if (!known) out_.claims.push_back(std::move(claim));
}

bool Reader::may_read(const Component& component) const {
    if (component.kind != ComponentKind::os || grammar_.os_components.empty()) return true;
    return std::find(grammar_.os_components.begin(), grammar_.os_components.end(), component.name) != grammar_.os_components.end();
}

// Where the repository is called after a system, parts of others mean something else: Rocky's `9-ubi` is an image like Red Hat's.
bool Reader::is_named_system(const Component& component) const {
    bool named = false;
    for (const std::string_view element : split(repository_, '/'))
        for (const Component& other : rules_.components()) {
            const auto is_element = [&](const std::string& name) { return name == element; };
            if (other.kind != ComponentKind::os || !(other.name == element || std::any_of(other.repositories.begin(), other.repositories.end(), is_element))) continue;
            if (&other == &component) return true;
            named = true;
        }
    return !named;
}

// What follows a `-` or `_` inside a glued part must be the rest of a version, or the rules must spell it so. Else
// `cann8.0-python3.10` would be CANN `8.0-python3.10`, and `ubuntu22.04_py3.10` a strange Ubuntu.
bool Reader::joins_well(const Component& component, std::string_view text) {
    for (const rules::Spelling& spelling : component.spellings)
        if (spelling.part.match_all(text)) return true;
    if (!component.versioned) return true;
    const std::string_view version = text.substr(glued_name(component, text).size());
    for (std::size_t at = version.find_first_of("-_"); at != std::string_view::npos; at = version.find_first_of("-_", at + 1)) {
        const std::string_view rest = version.substr(at + 1, std::min(version.find_first_of("-_", at + 1), version.size()) - at - 1);
        if (!continues_version(rest)) return false;
    }
    return true;
}

std::optional<Reader::Found> Reader::find_part(std::string_view text, std::size_t parts) const {
    std::optional<Found> misspelt;
    for (const Component& component : rules_.components()) {
        if (!may_read(component)) continue;
        std::optional<Component::PartReading> reading = component.read_part(text);
        if (!reading || !joins_well(component, text)) continue;
        Found found{.component = &component, .reading = std::move(*reading), .text = text, .parts = parts};
        if (found.reading.proper) return found;
        if (!misspelt) misspelt = std::move(found);
    }
    return misspelt;
}

std::optional<Reader::Found> Reader::find_joined(const std::vector<std::string_view>& parts, std::size_t first) const {
    for (std::size_t count = std::min(kMostJoined, parts.size() - first); count > 0; --count) {
        const std::string_view last = parts[first + count - 1];
        const std::string_view text(parts[first].data(), static_cast<std::size_t>(last.data() + last.size() - parts[first].data()));
        if (std::optional<Found> found = find_part(text, count)) return found;
    }
    return std::nullopt;
}

Finding& Reader::add_finding(std::string_view code, Severity severity, std::string message) {
    Finding finding;
    finding.code = std::string(code);
    finding.severity = severity;
    finding.message = std::move(message);
    out_.findings.push_back(std::move(finding));
    return out_.findings.back();
}

void Reader::judge_order() {
    std::vector<ComponentKind> kinds;
    for (const Piece& piece : out_.pieces)
        if (const Claim* claim = claim_of(out_, piece)) kinds.push_back(claim->kind);
    if (in_order(grammar_.order, kinds)) return;
    std::vector<std::string> names;
    for (const ComponentKind kind : grammar_.order) names.emplace_back(to_string(kind));
    add_finding("tag-order", Severity::warning, "The parts are understood, but the rule puts them in the order " + join(names, ", ") + ".");
}

void Reader::judge_spelling() {
    for (const Found& part : misspelt_) {
        const Claim claim{.component = part.component->name, .kind = part.component->kind, .version = part.reading.version};
        Finding& finding = add_finding(
            "tag-form", Severity::warning,
            "\"" + quote(part.text) + "\" is understood as " + with_version(part.component, claim) + ", but not spelt as the rule says.");
        finding.component = part.component->name;
        finding.claimed = part.reading.version;
    }
    if (!proper_ && misspelt_.empty())
        add_finding("tag-form", Severity::warning, "The tag is understood, but not spelt as the rule says: " + grammar_.title + ".");
    for (const std::string& part : unknown_) {
        const auto named = std::find_if(rules_.components().begin(), rules_.components().end(), [&](const Component& each) {
            return each.versioned && may_read(each) && std::any_of(each.names.begin(), each.names.end(), [&](const std::string& name) { return equals_ignoring_case(name, part); });
        });
        add_finding("tag-unknown", Severity::warning,
                    named == rules_.components().end() ? "No rule knows what the part \"" + quote(part) + "\" means; it was not judged."
                                                       : "The part \"" + quote(part) + "\" names " + quote(named->title.empty() ? named->name : named->title) + " and no version of it; it was not judged.")
            .claimed = quote(part);
    }
    if (!short_claim_) return;
    Finding& finding = add_finding("tag-short", Severity::info,
                                   "\"" + quote(short_claim_->text) + "\" names no component; the repository does: it is read as " +
                                       with_version(rules_.find(short_claim_->component), *short_claim_) + ".");
    finding.component = short_claim_->component;
    finding.claimed = quote(short_claim_->version);
}

Tier tier_of(ComponentKind kind) noexcept {
    switch (kind) {
        case ComponentKind::sdk:
            return Tier::sdk;
        case ComponentKind::framework:
            return Tier::framework;
        case ComponentKind::llm:
        case ComponentKind::app:
            return Tier::application;
        case ComponentKind::os:
        case ComponentKind::tool:
            break;
    }
    return Tier::os;
}

void Reader::tell_tier() {
    for (const Claim& claim : out_.claims)
        if (claim.kind != ComponentKind::tool) out_.tier = std::max(out_.tier.value_or(Tier::os), tier_of(claim.kind));
    if (grammar_.tier) out_.tier = grammar_.tier;
}

void Reader::tell_parents() {
    if (!out_.tier) return;
    for (const ComponentKind kind : {ComponentKind::framework, ComponentKind::sdk, ComponentKind::os}) {
        if (tier_of(kind) >= *out_.tier) continue;
        for (const Claim& claim : out_.claims)
            if (claim.kind == kind) out_.expected_parents.emplace_back(claim.component, claim.version);
    }
}

// Everything but the OS and `-dev`, each of which takes the separator before it along (or the one after it, at the very start).
void Reader::tell_version_text() {
    const auto is_separator = [](const std::string& text) { return text.find_first_not_of("-_") == std::string::npos; };
    std::vector<std::string> kept;
    bool drop_separator = false;
    for (const Piece& piece : out_.pieces) {
        const Claim* claim = claim_of(out_, piece);
        if (piece.dev) continue;
        if (claim != nullptr && claim->kind == ComponentKind::os) {
            if (!kept.empty() && is_separator(kept.back()))
                kept.pop_back();
            else
                drop_separator = kept.empty();
            continue;
        }
        if (!(drop_separator && is_separator(piece.text))) kept.push_back(piece.text);
        drop_separator = false;
    }
    out_.version_text = join(kept, "");
}

Reading Reader::finish() {
    judge_order();
    judge_spelling();
    tell_tier();
    tell_parents();
    tell_version_text();
    return std::move(out_);
}

Reading unreadable(const Grammar& grammar, std::string_view repository, std::string_view tag) {
    Reading reading;
    reading.readable = false;
    reading.version_text = std::string(tag);
    Finding finding;
    finding.code = "tag-syntax";
    finding.severity = Severity::error;
    finding.claimed = quote(tag);
    finding.message = "The tag \"" + quote(tag) + "\" cannot be read by the rule of its repository: " + grammar.title;
    if (tag.size() > kLongestTag)
        finding.message +=
            "; it is " + std::to_string(tag.size()) + " bytes long, and at most " + std::to_string(kLongestTag) + " are read";
    if (const std::string example = example_tag(grammar, repository); !example.empty())
        finding.message += "; a right one is \"" + example + "\"";
    finding.message += ".";
    reading.findings.push_back(std::move(finding));
    return reading;
}

Reading parse_by(const rules::RuleSet& rules, const Grammar& grammar, std::string_view repository, std::string_view tag) {
    if (tag.size() > kLongestTag) return unreadable(grammar, repository, tag);
    if (const auto floating = grammar.floating.find(std::string(tag)); floating != grammar.floating.end()) {
        Reader reader(rules, grammar, repository, tag);
        reader.read_floating(floating->second);
        return reader.finish();
    }
    for (const rules::TagForm& form : grammar.forms) {
        Reader reader(rules, grammar, repository, tag);
        if (reader.read(form)) return reader.finish();
    }
    return unreadable(grammar, repository, tag);
}

}  // namespace

const Claim* claim_of(const Reading& reading, const Piece& piece) noexcept {
    if (piece.component.empty()) return nullptr;
    const auto found = std::find_if(reading.claims.begin(), reading.claims.end(),
                                    [&](const Claim& claim) { return claim.component == piece.component && claim.text == piece.text; });
    if (found != reading.claims.end()) return &*found;
    const auto repeated =
        std::find_if(reading.claims.begin(), reading.claims.end(), [&](const Claim& claim) { return claim.component == piece.component; });
    return repeated != reading.claims.end() ? &*repeated : nullptr;
}

std::optional<std::size_t> rank_of(const std::vector<ComponentKind>& order, ComponentKind kind) noexcept {
    const auto found = std::find(order.begin(), order.end(), kind);
    if (found == order.end()) return std::nullopt;
    return static_cast<std::size_t>(found - order.begin());
}

bool in_order(const std::vector<ComponentKind>& order, const std::vector<ComponentKind>& kinds) noexcept {
    if (order.empty()) return true;
    std::optional<std::size_t> reached;
    for (const ComponentKind kind : kinds) {
        const std::optional<std::size_t> rank = rank_of(order, kind);
        if (!rank && reached == order.size() - 1) return false;
        if (!rank) continue;
        if (reached && *rank < *reached) return false;
        reached = rank;
    }
    return true;
}

std::string_view glued_name(const rules::Component& component, std::string_view part) noexcept {
    std::size_t longest = 0;
    for (const std::string& name : component.names)
        if (name.size() > longest && starts_with_ignoring_case(part, name) && starts_as_version(part.substr(name.size())))
            longest = name.size();
    return part.substr(0, longest);
}

bool has_finding(const Reading& reading, std::string_view code) noexcept {
    return std::any_of(reading.findings.begin(), reading.findings.end(), [&](const Finding& finding) { return finding.code == code; });
}

Reading parse_tag(const rules::RuleSet& rules, std::string_view registry, std::string_view repository, std::string_view tag) {
    const Grammar& grammar = rules.grammar_for(registry, repository);
    Reading reading = parse_by(rules, grammar, repository, tag);
    reading.registry = std::string(registry);
    reading.repository = std::string(repository);
    reading.grammar = grammar.name;
    return reading;
}

Reading read_tag(const rules::RuleSet& rules, std::string_view registry, std::string_view repository, std::string_view tag) {
    Reading reading = parse_tag(rules, registry, repository, tag);
    if (!has_finding(reading, "tag-order") && !has_finding(reading, "tag-form")) return reading;
    const std::optional<std::string> mended = write_tag(rules, reading, {});
    if (!mended) return reading;
    for (Finding& finding : reading.findings)
        if (finding.code == "tag-order" || finding.code == "tag-form") {
            finding.message.pop_back();
            finding.message += "; rightly spelt it is \"" + quote(*mended) + "\".";
        }
    return reading;
}

}  // namespace veritag::tag
