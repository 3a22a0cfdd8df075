#include "detect/layer_analyzer.h"

#include "base/byte_reader.h"
#include "base/digest.h"
#include "base/text.h"
#include "detect/detector.h"
#include "detect/elf.h"
#include "detect/model_file.h"
#include "detect/toc_check.h"
#include "pkgdb/pkgdb.h"
#include "stream/partial_layer.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace veritag::detect {
namespace {

// Searches the bytes of one file as they pass, a window at a time. A match may lie over the border of two windows, so the end of each
// is kept; and it may go on behind the end (`3.1` of `3.11`), so it counts only when what follows it was seen.
class StringSearch {
public:
    explicit StringSearch(const rules::Derivation& rule) : rule_(&rule) {}

    void feed(std::string_view data) {
        if (done_) return;
        window_ += data;
        if (!magic_seen_ && window_.size() >= kElfHeadBytes) {
            magic_seen_ = true;
            if (!is_elf(window_)) return finish_with({});
        }
        if (window_.size() >= wanted_) search(false);
    }
    void finish() {
        if (!done_ && magic_seen_) search(true);
        finish_with(std::move(found_));
    }
    [[nodiscard]] const rules::Derivation& rule() const noexcept { return *rule_; }
    [[nodiscard]] const std::string& found() const noexcept { return found_; }

private:
    static constexpr std::size_t kOverlap = 4096;     // no string that tells a version is longer
    static constexpr std::size_t kWindow = 64 << 10;  // small pieces are searched together

    void search(bool is_end) {
        const auto match = rule_->strings->search(window_);
        if (match && (is_end || sees_behind_)) return finish_with(match->front().substr(0, kOverlap));
        sees_behind_ = match.has_value();
        if (sees_behind_) {
            wanted_ = window_.size() + kOverlap;
            return;
        }
        wanted_ = kWindow;
        if (window_.size() > kOverlap) window_.erase(0, window_.size() - kOverlap);
    }
    void finish_with(std::string found) {
        found_ = std::move(found);
        done_ = true;
        window_ = {};
    }

    const rules::Derivation* rule_;
    std::string window_;
    std::string found_;
    std::size_t wanted_ = kWindow;  // bytes of the window at which it is searched
    bool magic_seen_ = false;
    bool sees_behind_ = false;  // a match was there already, and kOverlap further bytes came
    bool done_ = false;
};

// Takes the tar's entries: every path goes into the index, wanted files to their parser or into the captures.
class FileRouter final : public stream::DeferringSink {
public:
    FileRouter(const rules::WantedFiles& wanted, const ExtraPaths& extra, const Limits& limits, LayerAnalysis& out)
        : wanted_(wanted), extra_(extra), limits_(limits), out_(out) {}

    std::size_t set_aside() override {
        VERITAG_ASSERT(current_);
        aside_.push_back(std::move(*current_));
        current_.reset();
        return aside_.size() - 1;
    }
    void take_up(std::size_t number) override { current_ = std::exchange(aside_.at(number), {}); }

    Result<std::uint64_t> on_entry(const stream::TarEntry& entry) override {
        current_.reset();
        path_bytes_ += sizeof(std::string) + entry.path.size() + entry.link_target.size();
        if (path_bytes_ > limits_.image_analysis_bytes)
            return limit_error("keep the layer's paths", quote(entry.path), path_bytes_, "limits.image_analysis_bytes", limits_.image_analysis_bytes);
        switch (entry.whiteout) {
            case stream::Whiteout::file: out_.whiteouts.push_back(entry.path); return std::uint64_t{0};
            case stream::Whiteout::opaque: out_.opaque_directories.push_back(entry.path); return std::uint64_t{0};
            case stream::Whiteout::none: break;
        }
        forget(entry.path);
        out_.entries.add({.path = entry.path, .type = entry.type, .size = entry.size, .mode = entry.mode, .link_target = entry.link_target});
        if (entry.type != EntryType::file) return std::uint64_t{0};
        return wanted_bytes(entry);
    }

    Result<void> on_data(std::span<const std::byte> data) override {
        VERITAG_ASSERT(current_);
        const std::string_view text = as_text(data);
        const auto take = [&](std::string& into, std::uint64_t most) { into += text.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(most - into.size(), text.size()))); };
        if (current_->content.size() < current_->keep) take(current_->content, current_->keep);
        if (current_->elf_head.size() < current_->elf_head_bytes) take(current_->elf_head, current_->elf_head_bytes);
        for (Decoding& decoding : current_->decodings)
            if (decoding.head.size() < decoding.rule->head) take(decoding.head, decoding.rule->head);
        for (StringSearch& search : current_->searches) search.feed(text);
        return ok();
    }

    Result<void> on_entry_end() override {
        VERITAG_ASSERT(current_);
        Wanted file = std::move(*current_);
        current_.reset();
        if (file.detector != nullptr && file.content.size() == file.size) {
            if (file.held)
                held_.insert_or_assign(file.path, file);
            else
                read_database(file, std::nullopt);
        }
        if (file.evidence) {
            captured_total_ += file.content.size();
            if (captured_total_ > limits_.captured_total_bytes)
                return limit_error("capture evidence", quote(file.path), captured_total_, "limits.captured_total_bytes", limits_.captured_total_bytes);
            kept_[file.path].capture = out_.captures.size();
            out_.captures.push_back({file.path, std::move(file.content), file.size});
        }
        if (!file.elf_head.empty()) out_.entries.set_architecture(file.entry, elf_architecture(file.elf_head));
        return derive(file);
    }

    void on_problem(Problem problem) override {
        constexpr std::size_t kMostProblems = 100;  // a hostile layer has millions; the first ones tell enough
        if (out_.problems.size() < kMostProblems) out_.problems.push_back(std::move(problem));
    }

    // Databases that wait for a companion are read when the whole layer is known.
    void finish() {
        for (auto& [path, file] : held_) {
            if (file.is_companion) {
                if (!held_.contains(file.companion) && !file.content.empty())
                    out_.problems.push_back({path, "a journal that belongs to a database of a layer below; veritag reads both only from one layer"});
                continue;
            }
            const auto journal = held_.find(file.companion);
            std::optional<std::span<const std::byte>> companion;
            if (journal != held_.end()) companion = as_byte_span(journal->second.content);
            read_database(file, companion);
        }
        held_.clear();
        const auto is_blank = [](const auto& item) { return item.path.empty(); };
        std::erase_if(out_.captures, is_blank);
        std::erase_if(out_.databases, is_blank);
        std::erase_if(out_.derived, is_blank);
    }

    [[nodiscard]] std::chrono::nanoseconds parsing() const noexcept { return parsing_; }

private:
    struct Decoding {
        const rules::Derivation* rule = nullptr;
        std::string head;
    };
    struct Wanted {
        std::string path;        // in the layer
        std::string known_path;  // the name under which a detector or rule wants it
        std::uint64_t size = 0;
        const Detector* detector = nullptr;
        bool held = false;
        bool is_companion = false;
        std::string companion;  // of a database: its journal's path; of a journal: its database's
        bool evidence = false;
        std::uint64_t keep = 0;  // bytes of the content, for a detector or as evidence
        std::string content;
        std::size_t entry = 0;  // in the path index
        std::size_t elf_head_bytes = 0;
        std::string elf_head;
        std::vector<Decoding> decodings;
        std::vector<StringSearch> searches;
    };

    // Where what is kept of a path stands in the result.
    struct Kept {
        std::optional<std::size_t> capture;
        std::optional<std::size_t> database;
        std::vector<std::size_t> derived;
    };

    // A later entry of the same name replaces the earlier one, as extracting the tar would. The blanks go when all is read.
    void forget(const std::string& path) {
        const auto kept = kept_.find(path);
        if (kept == kept_.end()) return;
        if (kept->second.capture) out_.captures[*kept->second.capture] = {};
        if (kept->second.database) out_.databases[*kept->second.database] = {};
        for (const std::size_t derived : kept->second.derived) out_.derived[derived] = {};
        kept_.erase(kept);
        held_.erase(path);
    }

    Result<std::uint64_t> wanted_bytes(const stream::TarEntry& entry) {
        const auto alias = extra_.find(entry.path);
        const std::string_view known_path = alias == extra_.end() ? std::string_view(entry.path) : std::string_view(alias->second);
        Wanted file{.path = entry.path, .known_path = std::string(known_path), .size = entry.size, .detector = nullptr, .held = false, .is_companion = false, .companion = {}, .evidence = false, .keep = 0, .content = {},
                    .entry = out_.entries.size() - 1, .elf_head_bytes = 0, .elf_head = {}, .decodings = {}, .searches = {}};
        std::uint64_t bytes = 0;
        for (const Detector* detector : all_detectors()) {
            if (detector->wants(known_path)) {
                file.detector = detector;
                file.companion = detector->companion_of(entry.path);
                file.held = !file.companion.empty();
                break;
            }
            // A journal is wanted when the name without its suffix is a database of the same detector.
            constexpr std::string_view kJournal = "-wal";
            if (known_path.ends_with(kJournal)) {
                const std::string_view database = known_path.substr(0, known_path.size() - kJournal.size());
                if (detector->wants(database) && detector->companion_of(database) == known_path) {
                    file.detector = detector;
                    file.held = file.is_companion = true;
                    file.companion = entry.path.substr(0, entry.path.size() - kJournal.size());
                    break;
                }
            }
        }
        if (file.detector != nullptr) {
            if (entry.size > limits_.package_database_bytes)
                return limit_error("read package database", quote(entry.path), entry.size, "limits.package_database_bytes", limits_.package_database_bytes);
            bytes = entry.size;
        }
        // A file that is wanted under another name too stays wanted under its own: this analysis takes the place of the earlier one.
        const auto bytes_of = [&](std::uint64_t size) { return std::max(wanted_.bytes(entry.path, size), known_path == entry.path ? 0 : wanted_.bytes(known_path, size)); };
        if (const std::uint64_t wanted = std::min(bytes_of(entry.size), entry.size); wanted > 0 || (entry.size == 0 && bytes_of(1) > 0)) {
            if (wanted > limits_.captured_file_bytes)
                return limit_error("capture evidence", quote(entry.path), wanted, "limits.captured_file_bytes", limits_.captured_file_bytes);
            file.evidence = true;
            bytes = std::max(bytes, wanted);
        }
        file.keep = bytes;
        for (const rules::Derivation* rule : derivations_of(entry.path, known_path)) {
            if (rule->strings) {
                // Not more than the layer's own bytes but for holes, which cost nothing to make.
                if (entry.size > limits_.searched_bytes - searched_)
                    return limit_error("search for strings", quote(entry.path), entry.size, "limits.searched_bytes", limits_.searched_bytes);
                searched_ += entry.size;
                file.searches.emplace_back(*rule);
            } else {
                file.decodings.push_back({rule, {}});
            }
            bytes = std::max(bytes, rule->strings ? entry.size : std::min(rule->head, entry.size));
        }
        if (may_be_code(entry.path, entry.size, entry.mode)) {
            // Each head on its own is a chunk to fetch, and a layer has thousands: in part only those are read that come along, or that
            // were asked for because something hangs on them.
            if (!out_.partial || bytes >= kElfHeadBytes || alias != extra_.end())
                file.elf_head_bytes = kElfHeadBytes;
            else
                out_.entries.set_architecture(file.entry, kArchitectureUnread);
        }
        bytes = std::max<std::uint64_t>(bytes, file.elf_head_bytes);
        const bool keeps = file.detector != nullptr || file.evidence || !file.searches.empty() || !file.decodings.empty();
        if (!keeps && bytes == 0) return std::uint64_t{0};
        if (keeps) kept_.try_emplace(entry.path);
        if (bytes == 0) {  // an empty wanted file has no data to wait for
            current_ = std::move(file);
            VERITAG_CHECK(on_entry_end());
            return std::uint64_t{0};
        }
        file.content.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(file.keep, 1 << 20)));
        current_ = std::move(file);
        return bytes;
    }

    [[nodiscard]] std::vector<const rules::Derivation*> derivations_of(std::string_view path, std::string_view known_path) const {
        std::vector<const rules::Derivation*> all = wanted_.derivations(path);
        if (known_path == path) return all;
        for (const rules::Derivation* rule : wanted_.derivations(known_path)) {
            const auto same = std::find_if(all.begin(), all.end(), [&](const rules::Derivation* each) { return each->how == rule->how; });
            if (same == all.end())
                all.push_back(rule);
            else if (rule->head > (*same)->head)
                *same = rule;
        }
        return all;
    }

    Result<void> derive(Wanted& file) {
        const auto add = [&](const rules::Derivation& rule, std::string text) -> Result<void> {
            captured_total_ += sizeof(Derived) + file.path.size() + rule.how.size() + text.size();
            if (captured_total_ > limits_.captured_total_bytes)
                return limit_error("capture evidence", quote(file.path), captured_total_, "limits.captured_total_bytes", limits_.captured_total_bytes);
            kept_[file.path].derived.push_back(out_.derived.size());
            out_.derived.push_back({file.path, rule.how, std::move(text)});
            return ok();
        };
        for (StringSearch& search : file.searches) {
            search.finish();
            VERITAG_CHECK(add(search.rule(), search.found()));
        }
        for (const Decoding& decoding : file.decodings) {
            const ByteReader head(std::string_view(decoding.head), file.path);
            VERITAG_CHECK(add(*decoding.rule, decoding.rule->decode == rules::Decode::gguf ? gguf_text(head) : safetensors_text(head, limits_)));
        }
        return ok();
    }

    void read_database(const Wanted& file, std::optional<std::span<const std::byte>> companion) {
        const auto start = std::chrono::steady_clock::now();
        kept_[file.path].database = out_.databases.size();
        // What a file is, its name says: content that a link leads to is read under the name of the link.
        PackageDatabase database = file.detector->read(ByteReader(std::string_view(file.content), file.known_path), companion, limits_);
        database.path = file.path;
        for (Package& package : database.packages) package.path = file.path;
        out_.databases.push_back(std::move(database));
        parsing_ += std::chrono::steady_clock::now() - start;
    }

    const rules::WantedFiles& wanted_;
    const ExtraPaths& extra_;
    const Limits& limits_;
    LayerAnalysis& out_;
    std::optional<Wanted> current_;
    std::vector<Wanted> aside_;  // whose content comes later
    std::map<std::string, Wanted> held_;
    std::unordered_map<std::string, Kept> kept_;
    std::uint64_t path_bytes_ = 0;
    std::uint64_t captured_total_ = 0;
    std::uint64_t searched_ = 0;  // never above its limit
    std::chrono::nanoseconds parsing_{};
};

// The limits, since each may end early what is read. Those of the worker process alone are left out: they end a reading with an error,
// never with another answer; and those of listings, referrers, webhooks and trees of Dockerfiles, which touch no layer. A new limit does not compile until
// it is named here.
std::string limits_text(const Limits& limits) {
    const auto& [manifest_bytes, config_bytes, token_bytes, error_body_bytes, listing_page_bytes, listing_pages, listing_names, json_depth, index_depth,
                 index_platforms, image_layers, referrers, referrers_pages, referrers_read, statement_bytes, layer_bytes, inflate_ratio, inflate_ratio_floor, zstd_window_log, tar_entries, toc_bytes, path_bytes, tar_header_bytes, captured_file_bytes,
                 captured_total_bytes, searched_bytes, image_analysis_bytes, package_database_bytes, rpm_header_entries, rpm_header_bytes, packages,
                 text_line_bytes, dockerfile_bytes, dockerfile_lines, catalog_file_bytes, catalog_entries, hook_body_bytes, hook_events, worker_memory_bytes,
                 worker_cpu_seconds, worker_silence_seconds] = limits;
    std::string text;
    for (const std::uint64_t each :
          {manifest_bytes, config_bytes, token_bytes, error_body_bytes, std::uint64_t{json_depth}, std::uint64_t{index_depth},
           std::uint64_t{index_platforms}, std::uint64_t{image_layers}, layer_bytes, inflate_ratio, inflate_ratio_floor, zstd_window_log,
           tar_entries, toc_bytes, path_bytes, tar_header_bytes, captured_file_bytes, captured_total_bytes, searched_bytes, image_analysis_bytes,
           package_database_bytes, std::uint64_t{rpm_header_entries}, std::uint64_t{rpm_header_bytes}, packages, text_line_bytes})
        text += std::to_string(each) + ' ';
    return text;
}

}  // namespace

std::string analysis_recipe(const rules::WantedFiles& wanted, const ExtraPaths& extra, const Limits& limits) {
    return sha256_of(parser_recipe(extra, limits) + '\n' + wanted.digest()).str();
}

std::string parser_recipe(const ExtraPaths& extra, const Limits& limits) {
    std::string text = std::string(serial_form()) + '\n' + std::to_string(kAnalysisVersion) + '\n' + limits_text(limits) + '\n';
    for (const Detector* detector : all_detectors()) text += std::string(detector->name()) + ' ' + std::to_string(detector->version()) + '\n';
    for (const auto& [path, known_path] : extra)  // lengths, since a path may hold anything
        text += std::to_string(path.size()) + ' ' + path + ' ' + std::to_string(known_path.size()) + ' ' + known_path + '\n';
    return sha256_of(text).str();
}

Result<AnalyzedLayer> analyze_layer(ByteSource& blob, std::string_view expected_compression, const rules::WantedFiles& wanted, const ExtraPaths& extra,
                                    const Limits& limits, std::stop_token stop, const stream::TocReference* toc) {
    AnalyzedLayer layer;
    LayerAnalysis& analysis = layer.analysis;
    FileRouter router(wanted, extra, limits, analysis);
    std::optional<TocCheck> check;
    if (toc != nullptr) check.emplace(blob, router, *toc, analysis.entries, limits);
    ByteSource& bytes = check ? check->blob() : blob;
    stream::TarSink& entries = check ? check->tar() : router;
    VERITAG_TRY(stream::LayerFacts facts, stream::decode_layer(bytes, expected_compression, entries, limits, stop));
    layer.times = facts.times;
    layer.times.tar -= router.parsing();
    router.finish();
    if (check) {
        analysis.toc_digest = toc->digest;
        if (std::optional<std::string> lie = check->lie()) analysis.problems.push_back({"", std::move(*lie)});
    }
    layer.times.parse = router.parsing();
    analysis.blob_size = facts.blob_size;
    analysis.compression = std::move(facts.compression);
    analysis.diff_id = facts.diff_id;
    analysis.tar_size = facts.tar_size;
    analysis.diff_ids_with_end_blocks = std::move(facts.diff_ids_with_end_blocks);
    return layer;
}

void load_what_parsers_need() {
    for (const std::string_view algorithm : {"sha256", "sha512"}) static_cast<void>(Hasher(algorithm).finish());
    pkgdb::load_sqlite();
}

Result<AnalyzedLayer> analyze_partial_layer(RangeSource& blob, std::uint64_t blob_size, const stream::TocReference& toc, const rules::WantedFiles& wanted,
                                            const ExtraPaths& extra, const Limits& limits, std::stop_token stop) {
    AnalyzedLayer layer;
    LayerAnalysis& analysis = layer.analysis;
    analysis.partial = true;
    analysis.toc_digest = toc.digest;
    analysis.compression = toc.format == stream::TocFormat::estargz ? "gzip" : "zstd";
    analysis.blob_size = blob_size;
    FileRouter router(wanted, extra, limits, analysis);
    VERITAG_CHECK(stream::decode_partial_layer(blob, blob_size, toc, router, limits, stop));
    router.finish();
    layer.times.parse = router.parsing();
    return layer;
}

}  // namespace veritag::detect
