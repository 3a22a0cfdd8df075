// Layers folded oldest to newest into the file tree a container would see. Nothing is extracted; links are followed in memory.
// opencontainers/image-spec: layer.md ("Applying Changesets").
#pragma once

#include "model/layer_analysis.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace veritag::detect {

/// A live regular file and where its content came from. A hard link has its target's content: then `content_path` is another name.
struct LiveFile {
    std::string path;          ///< real path in the merged tree
    std::uint64_t size = 0;
    std::uint32_t mode = 0;
    int layer = -1;            ///< the layer that put this name there
    int content_layer = -1;    ///< the layer that holds the content
    std::string content_path;  ///< its path in that layer
    std::string_view architecture;  ///< of code, as in PathEntry
};

struct LiveLink {
    std::string path;
    std::string target;  ///< as written
    int layer = -1;
};

class MergedImage {
public:
    /// Keeps views into `oldest_first`, which must outlive this. A null entry is an empty layer.
    explicit MergedImage(std::vector<std::shared_ptr<const LayerAnalysis>> oldest_first);

    /// The file at `path`, following links in every part of it, the last one too. nullopt: nothing there, a directory, or a loop.
    [[nodiscard]] std::optional<LiveFile> file(std::string_view path) const;
    [[nodiscard]] bool directory_exists(std::string_view path) const;  ///< following links
    /// The real path of a directory, following links; nullopt where none is there.
    [[nodiscard]] std::optional<std::string> real_directory(std::string_view path) const;
    /// Every live regular file, in path order.
    void for_each_file(const std::function<void(const LiveFile&)>& visit) const;
    /// Live regular files below a directory (links followed to reach it, not below it), with their path relative to it. Returns how
    /// many entries of any type lie there: what the walk cost.
    std::size_t for_each_file_below(std::string_view directory, const std::function<void(const LiveFile&, std::string_view relative)>& visit) const;
    /// The names in a directory (links followed to reach it) that are, or lead to, regular files, in order.
    [[nodiscard]] std::vector<std::pair<std::string, LiveFile>> files_in(std::string_view directory) const;
    /// Every live symlink, in path order.
    void for_each_link(const std::function<void(const LiveLink&)>& visit) const;
    /// True where the entry that `layer` put at `path` is what the merged tree still shows there.
    [[nodiscard]] bool is_live(std::string_view path, int layer) const;

    [[nodiscard]] const Capture* capture(const LiveFile& file) const;           ///< nullptr: its content was not kept
    /// What a rule wanted made of the file; nullptr: its layer was not asked.
    [[nodiscard]] const Derived* derived(const LiveFile& file, std::string_view how) const;
    [[nodiscard]] const PackageDatabase* database(const LiveFile& file) const;  ///< nullptr: its layer read no database there
    /// The same database file in the layers below, newest first: (layer, database). Ends at a whiteout.
    [[nodiscard]] std::vector<std::pair<int, const PackageDatabase*>> older_versions(const LiveFile& file) const;

    [[nodiscard]] const std::vector<std::shared_ptr<const LayerAnalysis>>& layers() const noexcept { return layers_; }
    /// Links that lead nowhere inside a layer although they must (hard links without a target), and paths beyond what is kept.
    [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }

private:
    using NodeId = std::uint32_t;
    static constexpr NodeId kNone = 0xFFFFFFFF;
    struct Node {
        std::string_view name;
        std::string_view link_target;
        NodeId parent = kNone;
        NodeId first_child = kNone;
        NodeId next_sibling = kNone;
        std::uint32_t content_entry = 0;  // index into the content layer's PathIndex
        std::uint64_t size = 0;
        std::uint16_t layer = 0;
        std::uint16_t content_layer = 0;
        std::uint16_t mode = 0;
        EntryType type = EntryType::directory;
        bool alive = true;
        bool implied = false;  // a parent that no entry names
    };
    struct Key {
        NodeId parent;
        std::string_view name;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept { return std::hash<std::string_view>()(key.name) * 31 + key.parent; }
    };
    struct Indexed {
        std::unordered_map<std::string_view, const Capture*> captures;
        std::unordered_map<std::string_view, std::vector<const Derived*>> derived;
        std::unordered_map<std::string_view, const PackageDatabase*> databases;
    };

    NodeId child(NodeId parent, std::string_view name) const;
    NodeId make_child(NodeId parent, std::string_view name);
    void kill(NodeId node);
    void kill_children(NodeId node);
    void apply(int layer, const LayerAnalysis& analysis);
    void replace_links_by_directories(const LayerAnalysis& analysis);
    void forget_databases_below(const std::string& directory);
    void problem(std::string_view path, std::string message);
    void add_entry(int layer, std::uint32_t index, const PathEntry& entry);
    void remove(std::string_view path);
    /// Walks `path`; follows links in all but, unless `follow_last`, the last part.
    NodeId walk(std::string_view path, bool follow_last) const;
    NodeId directory_for(std::string_view path, int layer);
    NodeId resolve_link(NodeId link, int& budget) const;
    NodeId walk_from(NodeId start, std::string_view path, bool follow_last, int& budget) const;
    std::string path_of(NodeId node) const;
    LiveFile live_file(NodeId node) const;
    std::vector<NodeId> sorted_children(NodeId node) const;

    std::vector<std::shared_ptr<const LayerAnalysis>> layers_;
    std::vector<Node> nodes_;
    std::unordered_map<Key, NodeId, KeyHash> index_;
    std::vector<Indexed> indexed_;
    std::map<std::string, std::vector<int>, std::less<>> database_layers_;  // real path -> layers that wrote a database there
    std::vector<Problem> problems_;
};

}  // namespace veritag::detect
