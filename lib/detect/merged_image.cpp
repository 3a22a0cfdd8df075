#include "detect/merged_image.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::detect {
namespace {

constexpr int kMostLinksFollowed = 40;  // as Linux: a path that needs more is a loop (ELOOP)
constexpr std::size_t kMostNodes = 16'000'000;  // names in the tree; a short path of many parts makes many
constexpr std::size_t kMostProblems = 100;      // a hostile layer has millions; the first ones tell enough

// The first part of `path`, and what follows it. Empty parts and "." are passed over.
std::string_view take_part(std::string_view& path) noexcept {
    while (!path.empty() && path.front() == '/') path.remove_prefix(1);
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    return part;
}

}  // namespace

MergedImage::MergedImage(std::vector<std::shared_ptr<const LayerAnalysis>> oldest_first) : layers_(std::move(oldest_first)) {
    nodes_.emplace_back();  // the root
    indexed_.resize(layers_.size());
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        if (layers_[i] == nullptr) continue;
        for (const Capture& capture : layers_[i]->captures) indexed_[i].captures.emplace(capture.path, &capture);
        for (const Derived& derived : layers_[i]->derived) indexed_[i].derived[derived.path].push_back(&derived);
        for (const PackageDatabase& database : layers_[i]->databases) indexed_[i].databases.emplace(database.path, &database);
        apply(static_cast<int>(i), *layers_[i]);
    }
}

void MergedImage::apply(int layer, const LayerAnalysis& analysis) {
    // Whiteouts speak of the layers below, wherever they stand in this layer's tar.
    if (!analysis.opaque_directories.empty() || !analysis.whiteouts.empty()) replace_links_by_directories(analysis);
    for (const std::string& path : analysis.opaque_directories) {
        const NodeId directory = walk(path, true);
        if (directory == kNone || nodes_[directory].type != EntryType::directory) continue;
        kill_children(directory);
        forget_databases_below(path_of(directory));
    }
    for (const std::string& path : analysis.whiteouts) remove(path);
    for (std::size_t i = 0; i < analysis.entries.size(); ++i) add_entry(layer, static_cast<std::uint32_t>(i), analysis.entries[i]);
}

// A whiteout below a directory that this layer puts in place of a link is about that directory, not about where the link led.
void MergedImage::replace_links_by_directories(const LayerAnalysis& analysis) {
    for (std::size_t i = 0; i < analysis.entries.size(); ++i) {
        const PathEntry entry = analysis.entries[i];
        if (entry.type != EntryType::directory) continue;
        const NodeId node = walk(entry.path, false);
        if (node != kNone && nodes_[node].type != EntryType::directory) kill(node);
    }
}

// In the map's order everything below `a` stands between `a/` and `a0` ('0' follows '/').
void MergedImage::forget_databases_below(const std::string& directory) {
    if (directory.empty()) return database_layers_.clear();
    database_layers_.erase(database_layers_.lower_bound(directory + "/"), database_layers_.lower_bound(directory + "0"));
}

void MergedImage::problem(std::string_view path, std::string message) {
    if (problems_.size() < kMostProblems) problems_.push_back({std::string(path), std::move(message)});
}

MergedImage::NodeId MergedImage::child(NodeId parent, std::string_view name) const {
    const auto found = index_.find(Key{parent, name});
    return found == index_.end() || !nodes_[found->second].alive ? kNone : found->second;
}

MergedImage::NodeId MergedImage::make_child(NodeId parent, std::string_view name) {
    const auto id = static_cast<NodeId>(nodes_.size());
    Node node;
    node.name = name;
    node.parent = parent;
    node.next_sibling = nodes_[parent].first_child;
    nodes_.push_back(node);
    nodes_[parent].first_child = id;
    index_.insert_or_assign(Key{parent, name}, id);
    return id;
}

void MergedImage::kill_children(NodeId node) {
    std::vector<NodeId> pending;
    for (NodeId c = nodes_[node].first_child; c != kNone; c = nodes_[c].next_sibling) pending.push_back(c);
    nodes_[node].first_child = kNone;
    while (!pending.empty()) {
        const NodeId id = pending.back();
        pending.pop_back();
        nodes_[id].alive = false;
        for (NodeId c = nodes_[id].first_child; c != kNone; c = nodes_[c].next_sibling) pending.push_back(c);
        nodes_[id].first_child = kNone;
    }
}

void MergedImage::kill(NodeId node) {
    kill_children(node);
    nodes_[node].alive = false;  // it stays among its siblings: taking it out would cost a walk over all of them, for each of them
}

MergedImage::NodeId MergedImage::resolve_link(NodeId link, int& budget) const {
    if (--budget < 0) return kNone;
    const Node& node = nodes_[link];
    const bool absolute = node.link_target.starts_with('/');
    return walk_from(absolute ? 0 : node.parent, node.link_target, true, budget);
}

MergedImage::NodeId MergedImage::walk_from(NodeId start, std::string_view path, bool follow_last, int& budget) const {
    NodeId at = start;
    while (true) {
        const std::string_view part = take_part(path);
        if (part.empty()) return at;
        if (part == ".") continue;
        if (part == "..") {
            if (nodes_[at].parent != kNone) at = nodes_[at].parent;  // ".." of the root is the root
            continue;
        }
        if (nodes_[at].type != EntryType::directory) return kNone;
        NodeId next = child(at, part);
        if (next == kNone) return kNone;
        const bool last = path.find_first_not_of('/') == std::string_view::npos;
        if (nodes_[next].type == EntryType::symlink && (!last || follow_last)) next = resolve_link(next, budget);
        if (next == kNone) return kNone;
        at = next;
    }
}

MergedImage::NodeId MergedImage::walk(std::string_view path, bool follow_last) const {
    int budget = kMostLinksFollowed;
    return walk_from(0, path, follow_last, budget);
}

// The directory an entry goes into: links are followed inside the root, as an extraction in a chroot does; what is missing is
// made, and a file in the way gives place.
MergedImage::NodeId MergedImage::directory_for(std::string_view path, int layer) {
    NodeId at = 0;
    int budget = kMostLinksFollowed;
    while (true) {
        const std::string_view part = take_part(path);
        if (part.empty()) return at;
        NodeId next = child(at, part);
        if (next != kNone && nodes_[next].type == EntryType::symlink) {
            const NodeId target = resolve_link(next, budget);
            if (target != kNone && nodes_[target].type == EntryType::directory) {
                at = target;
                continue;
            }
        }
        if (next != kNone && nodes_[next].type != EntryType::directory) {
            kill(next);
            next = kNone;
        }
        if (next == kNone) {
            next = make_child(at, part);
            nodes_[next].layer = static_cast<std::uint16_t>(layer);
            nodes_[next].implied = true;
        }
        at = next;
    }
}

void MergedImage::add_entry(int layer, std::uint32_t index, const PathEntry& entry) {
    if (entry.path.empty()) return;  // the root itself
    if (nodes_.size() >= kMostNodes)
        return problem("", "layer " + std::to_string(layer) + ": the image's paths have more than " + std::to_string(kMostNodes) + " names; the rest was not looked at");
    const std::size_t slash = entry.path.rfind('/');
    const std::string_view parent_path = slash == std::string_view::npos ? std::string_view{} : entry.path.substr(0, slash);
    const std::string_view name = slash == std::string_view::npos ? entry.path : entry.path.substr(slash + 1);

    Node content;
    content.content_entry = index;
    content.content_layer = static_cast<std::uint16_t>(layer);
    content.size = entry.size;
    content.mode = static_cast<std::uint16_t>(entry.mode & 07777);
    content.type = entry.type;
    if (entry.type == EntryType::hardlink) {
        const NodeId target = walk(entry.link_target, false);
        if (target == kNone || nodes_[target].type == EntryType::directory) {
            return problem(entry.path, "layer " + std::to_string(layer) + ": a hard link to \"" + quote(entry.link_target) + "\", which is not there");
        }
        content = nodes_[target];
    }

    const NodeId parent = directory_for(parent_path, layer);
    NodeId node = child(parent, name);
    const bool both_directories = node != kNone && nodes_[node].type == EntryType::directory && entry.type == EntryType::directory;
    if (node != kNone && !both_directories) {
        kill(node);
        node = kNone;
    }
    if (node == kNone) node = make_child(parent, name);
    Node& made = nodes_[node];
    made.layer = static_cast<std::uint16_t>(layer);
    made.implied = false;
    made.content_entry = content.content_entry;
    made.content_layer = content.content_layer;
    made.size = content.size;
    made.mode = content.mode;
    made.type = content.type;
    made.link_target = entry.type == EntryType::symlink ? entry.link_target : content.link_target;

    if (made.type == EntryType::file && indexed_[static_cast<std::size_t>(layer)].databases.contains(entry.path)) {
        std::vector<int>& versions = database_layers_[path_of(node)];
        if (versions.empty() || versions.back() != layer) versions.push_back(layer);
    }
}

void MergedImage::remove(std::string_view path) {
    const NodeId node = walk(path, false);
    if (node == kNone || node == 0) return;
    const std::string real = path_of(node);
    kill(node);
    database_layers_.erase(real);
    forget_databases_below(real);
}

std::string MergedImage::path_of(NodeId node) const {
    std::vector<std::string_view> parts;
    for (NodeId at = node; at != 0; at = nodes_[at].parent) parts.push_back(nodes_[at].name);
    std::string path;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        if (!path.empty()) path += '/';
        path += *part;
    }
    return path;
}

LiveFile MergedImage::live_file(NodeId id) const {
    const Node& node = nodes_[id];
    const PathEntry entry = layers_[node.content_layer]->entries[node.content_entry];
    return {.path = path_of(id),
            .size = node.size,
            .mode = node.mode,
            .layer = node.layer,
            .content_layer = node.content_layer,
            .content_path = std::string(entry.path),
            .architecture = entry.architecture};
}

std::optional<LiveFile> MergedImage::file(std::string_view path) const {
    const NodeId node = walk(path, true);
    if (node == kNone || nodes_[node].type != EntryType::file) return std::nullopt;
    return live_file(node);
}

bool MergedImage::directory_exists(std::string_view path) const { return real_directory(path).has_value(); }

std::optional<std::string> MergedImage::real_directory(std::string_view path) const {
    const NodeId node = walk(path, true);
    if (node == kNone || nodes_[node].type != EntryType::directory) return std::nullopt;
    return path_of(node);
}

std::vector<MergedImage::NodeId> MergedImage::sorted_children(NodeId node) const {
    std::vector<NodeId> children;
    for (NodeId c = nodes_[node].first_child; c != kNone; c = nodes_[c].next_sibling)
        if (nodes_[c].alive) children.push_back(c);
    std::sort(children.begin(), children.end(), [&](NodeId a, NodeId b) { return nodes_[a].name < nodes_[b].name; });
    return children;
}

namespace {
// A depth-first walk with its own stack: hostile layers nest deeper than the thread's stack.
template <class Children, class Visit>
void walk_tree(std::uint32_t start, const Children& children, const Visit& visit) {
    std::vector<std::uint32_t> pending;
    const auto push = [&](std::uint32_t node) {
        auto below = children(node);
        pending.insert(pending.end(), below.rbegin(), below.rend());
    };
    push(start);
    while (!pending.empty()) {
        const std::uint32_t node = pending.back();
        pending.pop_back();
        visit(node);
        push(node);
    }
}
}  // namespace

void MergedImage::for_each_file(const std::function<void(const LiveFile&)>& visit) const {
    walk_tree(0, [&](NodeId n) { return sorted_children(n); }, [&](NodeId n) {
        if (nodes_[n].type == EntryType::file) visit(live_file(n));
    });
}

std::size_t MergedImage::for_each_file_below(std::string_view directory, const std::function<void(const LiveFile&, std::string_view)>& visit) const {
    const NodeId start = walk(directory, true);
    if (start == kNone || nodes_[start].type != EntryType::directory) return 0;
    std::size_t entries = 0;
    const std::size_t prefix = start == 0 ? 0 : path_of(start).size() + 1;
    walk_tree(start, [&](NodeId n) { return sorted_children(n); }, [&](NodeId n) {
        ++entries;
        if (nodes_[n].type != EntryType::file) return;
        const LiveFile file = live_file(n);
        visit(file, std::string_view(file.path).substr(prefix));
    });
    return entries;
}

std::vector<std::pair<std::string, LiveFile>> MergedImage::files_in(std::string_view directory) const {
    std::vector<std::pair<std::string, LiveFile>> files;
    const NodeId start = walk(directory, true);
    if (start == kNone || nodes_[start].type != EntryType::directory) return files;
    for (NodeId c : sorted_children(start)) {
        const std::string name(nodes_[c].name);
        int budget = kMostLinksFollowed;
        if (nodes_[c].type == EntryType::symlink) c = resolve_link(c, budget);
        if (c != kNone && nodes_[c].type == EntryType::file) files.emplace_back(name, live_file(c));
    }
    return files;
}

void MergedImage::for_each_link(const std::function<void(const LiveLink&)>& visit) const {
    walk_tree(0, [&](NodeId n) { return sorted_children(n); }, [&](NodeId n) {
        if (nodes_[n].type == EntryType::symlink)
            visit({.path = path_of(n), .target = std::string(nodes_[n].link_target), .layer = nodes_[n].layer});
    });
}

bool MergedImage::is_live(std::string_view path, int layer) const {
    const NodeId node = walk(path, false);
    return node != kNone && nodes_[node].layer == layer && !nodes_[node].implied;
}

const Derived* MergedImage::derived(const LiveFile& file, std::string_view how) const {
    const auto& all = indexed_[static_cast<std::size_t>(file.content_layer)].derived;
    const auto found = all.find(file.content_path);
    if (found == all.end()) return nullptr;
    const auto same = std::find_if(found->second.begin(), found->second.end(), [&](const Derived* each) { return each->how == how; });
    return same == found->second.end() ? nullptr : *same;
}

const Capture* MergedImage::capture(const LiveFile& file) const {
    const auto& captures = indexed_[static_cast<std::size_t>(file.content_layer)].captures;
    const auto found = captures.find(file.content_path);
    return found == captures.end() ? nullptr : found->second;
}

const PackageDatabase* MergedImage::database(const LiveFile& file) const {
    const auto& databases = indexed_[static_cast<std::size_t>(file.content_layer)].databases;
    const auto found = databases.find(file.content_path);
    return found == databases.end() ? nullptr : found->second;
}

std::vector<std::pair<int, const PackageDatabase*>> MergedImage::older_versions(const LiveFile& file) const {
    std::vector<std::pair<int, const PackageDatabase*>> versions;
    const auto found = database_layers_.find(file.path);
    if (found == database_layers_.end()) return versions;
    for (auto layer = found->second.rbegin(); layer != found->second.rend(); ++layer) {
        if (*layer >= file.content_layer) continue;
        // The file may have been reached by another name in that layer; names that differ are passed over.
        const auto& databases = indexed_[static_cast<std::size_t>(*layer)].databases;
        if (const auto same = databases.find(file.path); same != databases.end()) versions.emplace_back(*layer, same->second);
    }
    return versions;
}

}  // namespace veritag::detect
