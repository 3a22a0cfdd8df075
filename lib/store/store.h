// What is remembered between runs: what layers hold, and the manifests, indexes and image configs that name them.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "model/image_facts.h"
#include "model/layer_analysis.h"
#include "model/report.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::store {

/// Names the analysis of a layer. Whoever read the same blob by the same recipe found the same.
struct LayerKey {
    Digest blob;
    std::string compression;  ///< as its media type says: `gzip`, `zstd` or `none`
    std::string recipe;       ///< what was wanted of the layer and which parsers read it (detect::analysis_recipe)
    std::string parsers = {};  ///< the parsers alone (detect::parser_recipe); empty: an analysis for one purpose, of no use under other rules
    std::string wanted = {};   ///< digest of what was wanted (rules::WantedFiles)
    friend bool operator==(const LayerKey&, const LayerKey&) = default;
};

/// An analysis that the same parsers made under other rules.
struct EarlierLayer {
    LayerAnalysis analysis;
    std::string wanted;  ///< what those wanted, in the serial form of rules::WantedFiles
};

/// A manifest, an index or an image config, byte for byte.
struct Document {
    std::string media_type;  ///< the Content-Type it came with
    std::string body;
};

/// Names what was seen in an image once its layers were folded. Whoever looks at the same manifest by the same recipe sees the same.
struct ImageKey {
    Digest manifest;
    std::string recipe;  ///< the rules, the program and what else the facts hang on
};

/// A tag of a registry.
struct ReferenceKey {
    std::string registry;
    std::string repository;
    std::string tag;
    friend auto operator<=>(const ReferenceKey&, const ReferenceKey&) = default;
};

enum class RunKind : std::uint8_t {
    audit,  ///< of a registry or a part of it
    scan,   ///< of single references, as a push or a person asked for
};
std::string_view to_string(RunKind kind) noexcept;

/// How an audit ended.
enum class AuditEnd : std::uint8_t {
    done,       ///< everything was looked at, and all that was found is kept
    cancelled,  ///< somebody stopped it; what was done by then is kept
    failed,     ///< it was given up, or nobody answered: AuditRecord::failure says why
};
std::string_view to_string(AuditEnd end) noexcept;  ///< as the enumerators

/// One run over a registry.
struct AuditRecord {
    std::int64_t id = 0;
    RunKind kind = RunKind::audit;
    std::int64_t job = 0;  ///< the job of the queue whose run it is; 0: none
    std::vector<std::string> targets;  ///< as the user named them
    std::string rules_digest;
    std::string tool_version;
    std::chrono::sys_seconds started;
    std::optional<std::chrono::sys_seconds> ended;  ///< not set: it is open: it runs, is gone on with later, or was killed
    AuditEnd end = AuditEnd::done;                  ///< of one that ended
    std::string failure = {};                       ///< why it did not come to its end
    bool owner_lives = false;                       ///< the process that runs an open one
    std::optional<VerdictCounts> verdicts = {};     ///< of one that ended, or was stopped
    [[nodiscard]] bool is_complete() const noexcept { return ended && end == AuditEnd::done; }
};

/// Which audits are listed: newest first, those before `before`.
struct AuditQuery {
    std::optional<std::int64_t> before = {};
    std::optional<RunKind> kind = {};
    std::size_t limit = 50;
};

/// What the last run that looked at a reference found there.
struct CurrentReference {
    ReferenceKey reference;
    std::int64_t audit = 0;
    std::chrono::sys_seconds seen;  ///< when it was looked at
    JudgedReference judged;         ///< its images with those that were kept from earlier looks
};

/// A digest that a tag had.
struct TagDigest {
    ReferenceKey reference;
    Digest digest;
    std::chrono::sys_seconds first_seen;
    std::chrono::sys_seconds last_seen;
};

/// An image that was published under a tag, by the layers it was verified to have.
struct Published {
    ReferenceKey reference;
    Digest top;       ///< what the tag pointed to: the index, or the manifest itself
    Digest manifest;
    std::string platform;
    std::string chain_id;  ///< of all its layers (opencontainers/image-spec: config.md)
    std::size_t layers = 0;
    std::optional<std::chrono::sys_seconds> created;  ///< as its config says
};

/// Thread-safe, and several processes may use one store. It saves work and is the source of nothing, so its calls do not fail: what
/// cannot be read is absent, and what cannot be written is not kept. A row that is not what its digest says is dropped with a
/// warning. What is looked for by readers goes by connections of its own, so neither a long write nor a long read keeps others waiting.
/// When the store itself fails (full disk, locked for long, damaged) one warning says so, and until its end it stays empty.
///
/// Only what was verified may be kept: a layer whose blob was read to its end and has its digest (the diff_id in the analysis is then
/// computed from the very bytes), a document that has its digest and could be parsed.
class Store {
public:
    virtual ~Store() = default;
    virtual std::optional<LayerAnalysis> find_layer(const LayerKey& key) = 0;
    virtual void keep_layer(const LayerKey& key, const LayerAnalysis& analysis) = 0;
    /// The newest one of the same blob, compression and parsers, whatever was wanted.
    virtual std::optional<EarlierLayer> find_earlier_layer(const LayerKey& key) = 0;
    /// What a digest of LayerKey::wanted stands for.
    virtual void keep_wanted(const std::string& digest, std::string_view wanted) = 0;
    virtual std::optional<Document> find_document(const Digest& digest) = 0;
    virtual void keep_document(const Digest& digest, const Document& document) = 0;
    virtual std::optional<ReadImage> find_image(const ImageKey& key) = 0;
    /// `layers`: the image's blobs. Using an image counts as using them, since new rules will ask for them.
    virtual void keep_image(const ImageKey& key, const ReadImage& image, std::span<const Digest> layers) = 0;
};

/// A store that also keeps what audits found and what tags were. The same holds of its calls.
class AuditStore : public Store {
public:
    /// A new audit, or an open one over the same targets by the same rules: of the same job, or of a process that did not live to end it. What
    /// else that job left open is closed. nullopt: the store failed.
    virtual std::optional<AuditRecord> begin_audit(const AuditRecord& audit) = 0;
    /// What was found of one reference. A second time in one audit takes the place of the first. `top` is not set where even that was
    /// not to be had; else it becomes part of the tag's history.
    /// `seen` is false where nobody was asked for `top` now: then the history stays as it is.
    /// It is what is known of the reference from then on, unless somebody looked later than `looked` (the time when this look began; not set:
    /// now); and where nobody could be reached, only if nothing was known.
    virtual void keep_reference(std::int64_t audit, const ReferenceKey& reference, const std::optional<Digest>& top, const JudgedReference& judged, std::span<const Published> published,
                                bool seen = true, std::optional<std::chrono::sys_seconds> looked = {}) = 0;
    /// `outcome` is the report; of its images only verdicts are kept here, beside what was listed, findings of no single image, and counters.
    virtual void end_audit(std::int64_t audit, const Report& outcome) = 0;
    /// The same of one that was stopped: it stays open.
    virtual void keep_outcome(std::int64_t audit, const Report& outcome) = 0;
    /// It is not gone on with: `cancelled` or `failed`, and why. One that had ended is marked so.
    virtual void close_audit(std::int64_t audit, AuditEnd end, std::string_view why) = 0;
    /// False after a failure: what was to be kept since then was not.
    [[nodiscard]] virtual bool is_working() const noexcept = 0;
    /// How often it failed since it was opened.
    [[nodiscard]] virtual std::uint64_t failures() const noexcept = 0;
    /// The digest that each tag had when it was looked at last.
    virtual std::vector<TagDigest> current_digests() = 0;
    /// Every reference that is there and was looked at, in order of their keys, one after the other: there may be thousands. `take` must not call the store.
    virtual void each_current(const std::function<void(CurrentReference)>& take) = 0;
    virtual std::optional<CurrentReference> find_current(const ReferenceKey& reference) = 0;
    /// They are there no more.
    virtual void forget_references(std::span<const ReferenceKey> references) = 0;
    virtual std::vector<AuditRecord> list_audits() = 0;  ///< all, newest first
    virtual std::vector<AuditRecord> list_audits(const AuditQuery& query) = 0;
    virtual std::vector<AuditRecord> open_audits() = 0;  ///< newest first
    virtual std::optional<AuditRecord> find_audit(std::int64_t audit) = 0;
    /// All that was kept of it: its outcome and every reference in order of their keys. nullopt: there is no such audit. Of one that is not
    /// complete Report::incomplete says so, and one of its targets has an error.
    virtual std::optional<Report> read_audit(std::int64_t audit) = 0;
    /// The digest of each reference in the last audit before `audit` that looked at it.
    virtual std::vector<TagDigest> digests_before(std::int64_t audit) = 0;
    virtual std::vector<TagDigest> tag_history() = 0;       ///< by reference, then by time
    virtual std::vector<Published> list_published() = 0;    ///< every image that any tag ever had and whose layers were verified
    /// Drops a piece of what is too old or too much, in one short transaction: others read and write between two calls. True: there may be
    /// more. Audits go before layers. One thread at a time.
    virtual bool prune_some() = 0;
};

struct StoreOptions {
    Limits limits;
    /// How long another process may hold the store before this one goes on without it. Every transaction here takes milliseconds.
    std::chrono::milliseconds patience{2'000};
    /// What nobody asked for in so long goes: tags of a release are looked at again at the next release, about every half year.
    std::chrono::hours most_age{24 * 200};
    /// Above it audits are thinned out (prune_some), then the longest unused layer goes, until three quarters are left. An analysis of a layer of 2 GB takes about 1 MB, so this
    /// holds the layers of thousands of images and is small beside the images themselves.
    std::uint64_t most_bytes = 2ULL << 30;
    /// Prunes on its own: when much was written, and at its end. A daemon does it a piece at a time instead (AuditStore::prune_some).
    bool prunes_itself = true;
    /// After a failure the store is left alone until its end, or, where this is set, for so long: a daemon outlives a full disk.
    std::optional<std::chrono::milliseconds> try_again_after = {};
    /// Tests have a clock of their own.
    std::function<std::chrono::sys_seconds()> now = [] { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); };
};

/// One SQLite file, made where it is not there. A file that is damaged is set aside under another name with a warning, and a new one
/// takes its place. Errors: `config` for a store of a newer program and for another program's file, which stay as they are;
/// `io` where the file cannot be used.
Result<std::unique_ptr<AuditStore>> open_sqlite_store(const std::string& path, StoreOptions options = {});

}  // namespace veritag::store
