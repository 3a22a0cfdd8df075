// Plain structs that every module shares: what a tag promises, what an image shows, and the difference.
// Field by field these are the report of the contract, section 4; JSON names live in the writers.
#pragma once

#include "base/digest.h"
#include "base/error.h"
#include "base/result.h"
#include "model/package.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag {

enum class ComponentKind : std::uint8_t { os, sdk, framework, llm, tool, app };
std::string_view to_string(ComponentKind kind) noexcept;
std::optional<ComponentKind> component_kind_from(std::string_view text) noexcept;

enum class Tier : std::uint8_t { os, sdk, framework, application, app };
std::string_view to_string(Tier tier) noexcept;

enum class EvidenceSource : std::uint8_t { file, package, elf, environment, label, history };
std::string_view to_string(EvidenceSource source) noexcept;

struct Evidence {
    EvidenceSource source = EvidenceSource::file;
    std::string path;    ///< path in the image, package database, or the variable's name
    int layer = -1;      ///< over the config's diff_ids; -1 for environment, label, history
    std::string diff_id;
    std::string detail;  ///< the line, package or value that was read
    friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// A promise of the tag. `version` is empty where the tag names none (models, `latest`).
struct Claim {
    std::string component;
    ComponentKind kind = ComponentKind::app;
    std::string version;             ///< canonical spelling of the component (22.03-LTS-SP2)
    bool from_repository = false;    ///< the component's name comes from the repository
    std::string text;                ///< the part as written in the tag
    bool floating = false;           ///< `version` is what the rules say a moving tag stands for today
    /// Floating: what the tag stood for, as (first day, version), oldest first, today's last. The oldest's day may be unknown.
    std::vector<std::pair<std::string, std::string>> stood_for = {};
    bool guessed = false;            ///< read from a tag whose rule is not known: `cuda12.4` may say for what the image is, not what it holds
    friend bool operator==(const Claim&, const Claim&) = default;
};

/// A component and version that the image shows.
struct Observation {
    std::string component;
    ComponentKind kind = ComponentKind::app;
    std::string version;  ///< canonical; empty where presence is proven without a version
    std::vector<Evidence> evidence;
    bool proof = true;    ///< false: only environment, label or history speak for it
};

enum class Severity : std::uint8_t { error, warning, info };
std::string_view to_string(Severity severity) noexcept;

/// One line of a declaration written anew.
struct LineMend {
    std::string file;    ///< relative to the tree that was named
    int line = 0;        ///< from 1
    std::string before;  ///< the whole line without its end
    std::string after;
    std::string above = {}, below = {};  ///< up to three lines before it with their ends; its own end, and up to three lines after it. Both empty: not known
    friend bool operator==(const LineMend&, const LineMend&) = default;
};

/// An exception that somebody made for a finding, for a time. Not kept: it is made anew each time something is reported.
struct Waived {
    std::string reason;
    std::string owner;
    std::string expiry;  ///< the last day on which it holds, as 2026-12-31
    friend bool operator==(const Waived&, const Waived&) = default;
};

struct Finding {
    std::string code;  ///< a code of the contract, section 5
    Severity severity = Severity::error;
    std::string component;
    std::optional<std::string> claimed;
    std::optional<std::string> observed;
    std::string message;     ///< one English sentence; other languages are made from code and fields by the report
    std::vector<Evidence> evidence;
    std::optional<std::string> suggestion;  ///< the tag that the content deserves
    std::string file;        ///< findings about declarations: the file, relative to the tree that was named; else empty
    int line = 0;            ///< in `file`, from 1; 0: the file as a whole
    std::optional<LineMend> mend = {};  ///< what makes the finding go away, where that is certain
    std::optional<Waived> waived = {};  ///< it stays visible, and counts for nothing
};

enum class Verdict : std::uint8_t { pass, warn, fail, unknown, error };
std::string_view to_string(Verdict verdict) noexcept;
inline constexpr std::array<Verdict, 5> kVerdicts{Verdict::pass, Verdict::warn, Verdict::fail, Verdict::unknown, Verdict::error};
/// What needs a person first comes first.
inline constexpr std::array<Verdict, 5> kWorstFirst{Verdict::fail, Verdict::error, Verdict::unknown, Verdict::warn, Verdict::pass};
bool is_worse(Verdict one, Verdict than) noexcept;

struct PackageCounts {
    std::size_t rpm = 0, deb = 0, apk = 0, python = 0, conda = 0;
};

struct Ancestor {
    std::string reference;
    std::string digest;
    std::size_t layers = 0;
    bool current = true;
};

/// Where a tree of declarations publishes a tag.
struct DeclaredAt {
    std::string file;  ///< meta.yml, relative to the tree that was named
    int line = 0;      ///< from 1
    friend bool operator==(const DeclaredAt&, const DeclaredAt&) = default;
};

/// One platform's image, judged.
struct ImageReport {
    std::string reference;
    std::string registry;    ///< host[:port], empty for local sources
    std::string repository;  ///< `openeuler/pytorch`
    std::string tag;
    std::optional<std::string> index_digest;
    std::string digest;
    std::string platform;  ///< linux/arm64[/v8]
    std::vector<std::string> diff_ids;  ///< the config's, oldest layer first; `layer` counts over them
    std::optional<std::chrono::sys_seconds> created;  ///< as the config says; not kept with a judged image
    bool configs_only = false;          ///< no layer was read, so nothing is proven, the diff_ids neither; not kept
    std::vector<int> restored_layers;   ///< whose diff_id holds only with zero blocks at the tar's end that the layer lacks
    std::vector<int> partial_layers;    ///< read through their tables of contents only: their digests were not proven
    Verdict verdict = Verdict::error;
    std::optional<Error> error;
    bool manifest_absent = false;  ///< an index names it, and its manifest is not there
    std::string grammar;
    std::optional<Tier> tier;
    bool dev = false;
    std::vector<Claim> claims;
    std::vector<Observation> observed;
    PackageCounts packages;
    std::vector<Package> package_list;  ///< printed with --list-packages
    std::vector<Ancestor> lineage;
    std::vector<Finding> findings;
    std::vector<Problem> problems;  ///< parts that could not be read although the image could
    std::optional<DeclaredAt> declared;  ///< where a tree was named; not kept
    std::map<int, std::string> build_steps;  ///< what made the layers that the findings' evidence names, as the image's history says; not kept
};

/// Images by verdict.
struct VerdictCounts {
    std::uint64_t pass = 0, warn = 0, fail = 0, unknown = 0, error = 0;
    [[nodiscard]] std::uint64_t& of(Verdict verdict) noexcept;
    [[nodiscard]] std::uint64_t of(Verdict verdict) const noexcept { return VerdictCounts(*this).of(verdict); }
    friend bool operator==(const VerdictCounts&, const VerdictCounts&) = default;
};
VerdictCounts count_verdicts(const std::vector<ImageReport>& images) noexcept;

/// An index child or artifact that is not an image.
struct Skipped {
    std::string reference;
    std::string digest;
    std::string reason;
};

/// An image that this look left out, as an earlier one found it.
struct KeptImage {
    std::uint64_t place = 0;  ///< among all images of the reference
    ImageReport image;
};

/// What became of one reference: its platforms as images, and what was no image.
struct JudgedReference {
    std::string top;  ///< digest of what the reference points to; empty where it could not be had
    std::vector<ImageReport> images;
    std::vector<Skipped> skipped;
    std::vector<KeptImage> kept = {};  ///< further images under the same digest, by place
};

/// What one target of an audit turned out to hold.
struct ListedTarget {
    std::string target;  ///< as the user named it
    std::string driver;  ///< how its repositories were found: `catalog`, `harbor`, `list`, …
    std::size_t repositories = 0;
    std::size_t tags = 0;
    std::vector<std::string> notes;  ///< oddities of the listing, for people
    std::optional<Error> error;      ///< it could not be listed, or not to its end
};

/// How much of a tree of declarations was judged.
struct TreeCoverage {
    std::size_t metas = 0;        ///< meta.yml files
    std::size_t tags = 0;         ///< tags that they declare
    std::size_t dockerfiles = 0;  ///< files that were read for them
};

/// A waiver that did nothing, so that somebody has to look at it.
struct IdleWaiver {
    std::string target;
    std::string code;
    std::string component;  ///< empty: any
    Waived waived;
    std::string file;  ///< where it stands
    int line = 0;
    friend bool operator==(const IdleWaiver&, const IdleWaiver&) = default;
};

/// What became of a file of waivers.
struct WaiverUse {
    std::size_t findings = 0;         ///< that are waived
    std::vector<IdleWaiver> expired;  ///< they match nothing any more, whatever they say
    std::vector<IdleWaiver> unused;   ///< valid, and no finding is theirs
    std::vector<IdleWaiver> elsewhere = {};  ///< valid, and for nothing that was looked at, so nobody knows
};

/// Why a report is not all that its run was to find.
struct Incomplete {
    std::string state;   ///< `running`, `waiting`, `interrupted`, `cancelled` or `failed`
    std::string reason;
};

struct Report {
    std::string tool_version;
    std::string rules_digest;
    std::string generated;  ///< RFC 3339
    std::vector<ImageReport> images;
    std::vector<Skipped> skipped;
    std::vector<Finding> findings;  ///< of no single image: a catalogue's, a tree's, a registry's
    std::vector<ListedTarget> targets;  ///< of an audit
    std::optional<Incomplete> incomplete;  ///< of an audit that did not come to its end; not kept
    std::optional<TreeCoverage> tree;  ///< where a tree was judged
    std::optional<WaiverUse> waivers;  ///< where a file of waivers was named; not kept
    std::vector<ImageReport> ancestors;  ///< what was last found of images below these that are not among them: no part of the report, but it tells who was wrong first; not kept
    std::vector<std::string> gone;     ///< references that were there at an earlier time and are no more; not kept
    std::uint64_t bytes_fetched = 0;
    std::uint64_t layers_analyzed = 0;
    std::uint64_t layers_reused = 0;
};

/// Errors, warnings, notes; those of one severity stay in their order.
void sort_worst_first(std::vector<Finding>& findings);

/// Verdict from findings, as the contract says: error finding, `unproven` warning, warning, pass. An image that could not
/// be read is `error` and does not come here.
Verdict verdict_of(const std::vector<Finding>& findings) noexcept;

/// What is left of an image's verdict when waived findings are passed over: by that exit statuses and gates decide.
Verdict unwaived_verdict(const ImageReport& image);

}  // namespace veritag
