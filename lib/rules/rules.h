// Rule packs as plain tables. Everything that tells one component, tag form or registry from another is here, read from `rules/*.yaml`;
// no name of a product stands in C++.
#pragma once

#include "base/result.h"
#include "model/package.h"
#include "model/report.h"
#include "rules/pattern.h"
#include "rules/wanted_files.h"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::rules {

/// One step of making a version canonical.
struct NormaliseStep {
    enum class What : std::uint8_t { lower_case, upper_case, strip_v, drop_epoch, drop_release, drop_local, replace };
    What what = What::replace;
    Pattern pattern;          ///< replace: every match (RE2 GlobalReplace semantics)
    std::string replacement;  ///< with \1
};

enum class Compare : std::uint8_t {
    prefix,  ///< equal, or claimed is a whole-part prefix of observed (parts split at . - _ +)
    exact,   ///< equal
    pep440,  ///< PEP 440: local part free where unclaimed; prefix of release parts; .postN holds; .devN, aN, bN, rcN do not
};

/// How a claimed version relates to an observed one. `unclear`: the observed one is less precise (an ambiguous build says only
/// 12.6 where 12.6.3 was claimed), so that it neither proves nor refutes the claim.
enum class Match : std::uint8_t { holds, differs, unclear };

/// A file below this size may be a Git LFS pointer (git-lfs/git-lfs: docs/spec.md: less than 1024 bytes).
inline constexpr std::uint64_t kMostPlaceholderBytes = 1024;

/// One way to see the component in an image.
struct EvidenceRule {
    enum class From : std::uint8_t { file, path, package, elf, environment, label };
    From from = From::file;
    std::vector<std::string> globs;   ///< file, path, elf: where
    std::vector<std::string> except;  ///< paths matching these are no evidence
    PackageType package_type = PackageType::rpm;
    std::string package;          ///< glob over the name (Python names after PEP 503)
    std::string variable;         ///< environment, label: its name
    std::optional<Pattern> when;  ///< file: text must contain this
    std::optional<Pattern> read;  ///< searched in: file text, path, package version, soname, value; without it presence only
    std::optional<Pattern> strings;   ///< elf: searched in all bytes of the file, which is not kept; instead of `read`
    std::optional<std::string> is;    ///< the version where the rule matches, instead of a read one
    Decode decode = Decode::none;     ///< file: what is made of the head of a binary file before `when` and `read` see it
    std::vector<std::string> json;    ///< file: RFC 6901 pointers; their scalars, joined with `/`, are the text for `read` (or the version itself)
    std::vector<std::pair<std::string, std::string>> json_when;  ///< pointer = scalar as text; all must hold
    std::string as = "\\1";                                      ///< version made from the groups of `read`
    std::string table;                                           ///< name of one of the component's tables: value to version
    std::vector<std::string> weights;  ///< file: globs over names in the same directory (`../` goes up) of which one must be real content
    std::uint64_t weights_min = 0;     ///< bytes below which such a file is no content (Git LFS pointers)
    std::uint64_t min_size = 0;        ///< file, path: a smaller file is no evidence
    std::uint64_t at_least = 1;        ///< package: so many names must match before any of them counts
    std::uint64_t head = 0;            ///< capture only so many bytes; 0: the whole file
    int line = 0;                      ///< in the pack, for messages
};

/// A named property of the build that a backend check asks for (`cuda` = the toolkit a torch wheel was built for).
struct FactRule {
    std::string name;
    EvidenceRule evidence;
};

/// What a framework needs under an SDK that the same tag claims.
struct BackendRule {
    std::string sdk;                          ///< component
    std::vector<std::string> needs;           ///< components that must be observed
    std::vector<std::string> needs_any_fact;  ///< at least one of these facts, where any fact of the component could be read
    std::vector<std::string> refuses;         ///< facts that must not be there
};

/// How a package shows for which release of an operating system it was built (rpm's dist suffix).
struct DistRule {
    Pattern rpm;          ///< searched in [epoch:]version-release
    std::string version;  ///< canonical version of the system from its groups; empty where it tells no release
};

/// How a part of a tag becomes a version, and back.
struct Spelling {
    Pattern part;         ///< the whole part
    std::string version;  ///< canonical version from its groups
    bool proper = true;   ///< false: understood, but `tag-form`
};
struct Writing {
    Pattern version;   ///< the whole canonical version
    std::string part;  ///< tag text from its groups
};

struct Example {
    enum class What : std::uint8_t { file, path, package, elf, environment, label, part, compare, canonical, dist, tag };
    What what = What::file;
    std::map<std::string, std::string> input;  ///< the example's other keys, `fact` too (a fact rule is asked, not evidence)
    std::optional<std::string> reads;          ///< expected version; nullopt: nothing is read
    std::string file;
    int line = 0;
};

struct Component {
    std::string name;
    ComponentKind kind = ComponentKind::tool;
    std::string title;                      ///< for people: `Ascend CANN`
    std::string vendor;                     ///< SDKs: who makes the hardware; two SDKs of one vendor are never foreign
    bool versioned = true;                  ///< false: models and bare names
    bool exclusive = true;                  ///< os, llm: false where it stands beside another of its kind (a server beside its model)
    std::vector<std::string> names;         ///< in tags, glued to the version; the first is written in suggestions
    std::vector<std::string> repositories;  ///< last path elements in which a bare version means this component
    std::vector<Spelling> spellings;        ///< beside the glued form `<name><version>`
    std::vector<Writing> writings;          ///< beside the glued form
    std::vector<NormaliseStep> normalise;
    Compare compare = Compare::prefix;
    std::optional<Pattern> loose;  ///< a version that matches it whole, claimed or observed, is compared by prefix, whatever `compare` says
    std::vector<EvidenceRule> evidence;
    std::vector<FactRule> facts;
    std::vector<BackendRule> backends;
    Severity unproven = Severity::warning;  ///< info: a claim that nothing proves or disproves leaves the verdict alone
    bool development = false;               ///< its presence makes a development image
    /// Versions in rising order, each with all that the lower ones have: of several seen the highest counts. NVIDIA's flavours.
    std::vector<std::string> levels;
    std::map<std::string, std::vector<std::string>> expects;  ///< level -> components whose absence is worth a warning
    std::vector<DistRule> dist;                               ///< os: packages that were built for it
    /// Paths at which the component could be although no evidence rule reads it: while one exists, absence is not proven.
    std::vector<std::string> could_hold;
    std::vector<std::string> could_hold_except;
    std::map<std::string, std::map<std::string, std::vector<std::string>>> tables;  ///< name -> value -> versions (several: ambiguous)
    std::vector<Example> examples;
    std::string file;  ///< pack file, for messages

    [[nodiscard]] std::string canonical(std::string_view version) const;
    [[nodiscard]] Match compare_versions(std::string_view claimed, std::string_view observed) const;  ///< both canonical or raw
    /// A part of a tag as this component: its canonical version ("" for unversioned) and whether it is spelt properly.
    struct PartReading {
        std::string version;
        bool proper = true;
    };
    [[nodiscard]] std::optional<PartReading> read_part(std::string_view part) const;
    /// A canonical version as a part of a tag, with the component's name: `cann8.0.RC1`, `oe2203sp2`.
    [[nodiscard]] std::string write_part(std::string_view version) const;
};

/// One form of a grammar: a regular expression over the whole tag whose named groups say what each piece is.
/// Group names: a component (`cuda`), `os` (a part of any OS component), `parts` (component parts joined by `-`),
/// `version` (bare version of the component the repository names, or of the application), `dev`, and `free` (read, not judged).
struct TagForm {
    Pattern pattern;
    bool proper = true;                        ///< false: `tag-form`
    std::map<std::string, std::string> names;  ///< group name -> component, where a group name cannot be the component's
};

/// What a moving tag stands for from a day on.
struct FloatingVersion {
    std::string since;    ///< YYYY-MM-DD; empty where it is not known, the first one only
    std::string version;  ///< "" any
};

struct Grammar {
    std::string name;
    std::string title;
    int priority = 100;                      ///< lower is asked first
    std::vector<std::string> repositories;   ///< globs over `registry/repository` and `repository`
    std::vector<std::string> os_components;  ///< which OS components `os` may read; empty: all
    std::vector<ComponentKind> order;        ///< order of parts, outermost first; empty: free
    std::optional<Tier> tier;                ///< fixed tier (`app`, `os`); else told by the claims
    std::vector<TagForm> forms;
    std::map<std::string, std::map<std::string, std::vector<FloatingVersion>>> floating;  ///< tag -> component -> versions, the last is today's; `latest`
    std::vector<Example> examples;
    std::string file;

    /// Whether its tags can mark a development image at all.
    [[nodiscard]] bool marks_development() const;
};

class RuleSet {
public:
    [[nodiscard]] const std::vector<Component>& components() const noexcept { return components_; }
    [[nodiscard]] const Component* find(std::string_view name) const noexcept;
    [[nodiscard]] const std::vector<Grammar>& grammars() const noexcept { return grammars_; }
    /// The first grammar (in pack order) that claims the repository; never null (the packs end with one for everything).
    [[nodiscard]] const Grammar& grammar_for(std::string_view registry, std::string_view repository) const noexcept;
    /// sha256 over the packs' texts.
    [[nodiscard]] const std::string& digest() const noexcept { return digest_; }
    /// All that reading a layer needs of the rules.
    [[nodiscard]] const WantedFiles& wanted() const noexcept { return wanted_; }

private:
    friend class Loader;
    std::vector<Component> components_;
    std::vector<Grammar> grammars_;
    std::string digest_;
    WantedFiles wanted_;
};

/// Names what is made of a file by a rule: `gguf`, `safetensors`, or `strings ` and the expression. Empty where the file itself is read.
std::string derivation_of(const EvidenceRule& rule);

/// One pack file: its path for messages and its text.
struct PackText {
    std::string path;
    std::string text;
    std::string set;  ///< what it came with (a directory, the executable): within one set a name stands once
    /// Of packs inside the executable, which passed every check when it was built: the tree of `text` (yaml_tree.h). Neither is the
    /// text parsed again then nor is anything checked that a pack alone shows, and expressions are compiled when they are used.
    std::string_view checked_tree = {};
};

/// The packs compiled into the executable from `rules/` (so that one file is enough).
std::vector<PackText> embedded_packs();
/// All `*.yaml` of a directory tree, sorted by path.
Result<std::vector<PackText>> read_packs(const std::string& directory);
/// Later texts replace components and grammars of the same name. A mistake names file, line, column and the nearest right word.
Result<RuleSet> load_rules(const std::vector<PackText>& packs);

/// One failed example.
struct ExampleFailure {
    std::string where;    ///< file:line
    std::string message;  ///< what was expected and what came out
};
struct ExampleRun {
    std::size_t run = 0;
    std::vector<ExampleFailure> failures;
};

/// Applies one evidence rule to text it could meet. Shared by `rules test` and by detect.
/// `text`: file content, path, package version, soname or value, as the rule's `from` says. nullopt: the rule reads nothing there;
/// an empty string: presence without version. The version is canonical.
std::optional<std::string> read_evidence(const Component& component, const EvidenceRule& rule, std::string_view text);

/// Runs one example of a component's evidence or facts. nullopt: it came out as expected, else what was expected and what came out.
std::optional<std::string> check_evidence_example(const RuleSet& rules, const Component& component, const Example& example);
/// The same for examples of parts, canonical versions and comparing.
std::optional<std::string> check_version_example(const Component& component, const Example& example);

}  // namespace veritag::rules
