// What is remembered between runs: what layers hold, and the manifests, indexes and image configs that name them.
#pragma once

#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "model/layer_analysis.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace veritag::store {

/// Names the analysis of a layer. Whoever read the same blob by the same recipe found the same.
struct LayerKey {
    Digest blob;
    std::string compression;  ///< as its media type says: `gzip`, `zstd` or `none`
    std::string recipe;       ///< what was wanted of the layer and which parsers read it (detect::analysis_recipe)
    friend bool operator==(const LayerKey&, const LayerKey&) = default;
};

/// A manifest, an index or an image config, byte for byte.
struct Document {
    std::string media_type;  ///< the Content-Type it came with
    std::string body;
};

/// Thread-safe, and several processes may use one store. It saves work and is the source of nothing, so its calls do not fail: what
/// cannot be read is absent, and what cannot be written is not kept. A row that is not what its digest says is dropped with a
/// warning. When the store itself fails (full disk, locked for long, damaged) one warning says so, and until its end it stays empty.
///
/// Only what was verified may be kept: a layer whose blob was read to its end and has its digest (the diff_id in the analysis is then
/// computed from the very bytes), a document that has its digest and could be parsed.
class Store {
public:
    virtual ~Store() = default;
    virtual std::optional<LayerAnalysis> find_layer(const LayerKey& key) = 0;
    virtual void keep_layer(const LayerKey& key, const LayerAnalysis& analysis) = 0;
    virtual std::optional<Document> find_document(const Digest& digest) = 0;
    virtual void keep_document(const Digest& digest, const Document& document) = 0;
};

struct StoreOptions {
    Limits limits;
    /// How long another process may hold the store before this one goes on without it. Every transaction here takes milliseconds.
    std::chrono::milliseconds patience{2'000};
    /// What nobody asked for in so long goes: tags of a release are looked at again at the next release, about every half year.
    std::chrono::hours most_age{24 * 200};
    /// Above it the longest unused goes, until three quarters are left. An analysis of a layer of 2 GB takes about 1 MB, so this
    /// holds the layers of thousands of images and is small beside the images themselves.
    std::uint64_t most_bytes = 2ULL << 30;
    /// Tests have a clock of their own.
    std::function<std::chrono::sys_seconds()> now = [] { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); };
};

/// One SQLite file, made where it is not there. A file that is damaged is set aside under another name with a warning, and a new one
/// takes its place. Errors: `config` for a store of a newer program and for another program's database, which stay as they are;
/// `io` where the file cannot be used.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, StoreOptions options = {});

}  // namespace veritag::store
