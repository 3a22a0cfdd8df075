#include "catalog/tree.h"

#include "base/text.h"
#include "oci/reference.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace veritag::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDepth = 32;

std::string joined(const std::string& folder, std::string_view name) { return folder.empty() ? std::string(name) : folder + "/" + std::string(name); }
std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class TreeReader {
public:
    TreeReader(Tree& tree, const Limits& limits) : tree_(tree), limits_(limits) {}

    Result<void> run() {
        std::error_code error;
        root_ = fs::canonical(tree_.root, error);
        if (error || !fs::is_directory(root_, error))
            return Error{ErrorCode::usage, "read tree", quote(tree_.root), "it is no directory that can be read", "name the directory that holds the scenes (AI, HPC, Others, …)"};
        VERITAG_CHECK(walk());
        std::sort(lists_.begin(), lists_.end());
        std::sort(metas_.begin(), metas_.end());
        for (const std::string& path : lists_) read_list(path);
        for (const std::string& path : metas_) read_meta(path);
        return ok();
    }

private:
    struct Publisher {
        std::string folder;
        std::string file;
        int line = 0;
    };
    struct Folder {
        fs::path path;
        std::string name;  // relative to the root
        std::size_t depth = 0;
    };

    Result<void> walk();
    void read_list(const std::string& path);
    void read_meta(const std::string& path);
    void publish(const std::string& name, const Publisher& by);
    [[nodiscard]] bool leads_outside(const fs::path& link) const;
    [[nodiscard]] std::string resolve(const TreeEntry& entry) const;
    void invalid(const std::string& file, int line, std::string message) { tree_.findings.push_back(finding_at("catalog-invalid", Severity::error, file, line, std::move(message))); }

    Tree& tree_;
    const Limits& limits_;
    fs::path root_;
    std::vector<std::string> lists_, metas_;
    std::unordered_set<std::string> folders_;
    std::unordered_set<std::string> listed_scenes_;                        // folders with an image-list.yml
    std::map<std::string, std::vector<std::string>, std::less<>> names_;   // folder -> image names
    std::map<std::string, Publisher, std::less<>> publishers_;             // image name -> the first that publishes it
};

bool TreeReader::leads_outside(const fs::path& link) const {
    std::error_code error;
    const fs::path target = fs::canonical(link, error);
    if (error || !fs::is_regular_file(target, error)) return true;
    return std::mismatch(root_.begin(), root_.end(), target.begin(), target.end()).first != root_.end();
}

Result<void> TreeReader::walk() {
    std::vector<Folder> open{{root_, "", 0}};
    std::uint64_t seen = 0;
    while (!open.empty()) {
        const Folder folder = std::move(open.back());
        open.pop_back();
        std::error_code error;
        fs::directory_iterator entries(folder.path, error);
        if (error) {
            if (folder.depth == 0) return Error{ErrorCode::io, "read tree", quote(tree_.root), quote(error.message()), ""};
            invalid(folder.name, 0, "The directory " + quote(folder.name) + " cannot be read: " + quote(error.message()) + ".");
            continue;
        }
        for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
            if (++seen > limits_.catalog_entries)
                return Error{ErrorCode::over_limit, "read tree", quote(tree_.root), "more than " + std::to_string(limits_.catalog_entries) + " files and directories", "raise limits.catalog_entries, or name a directory below it"};
            const std::string name = entries->path().filename().string();
            const std::string path = joined(folder.name, name);
            std::error_code ignored;
            const fs::file_type type = entries->symlink_status(ignored).type();
            if (type == fs::file_type::directory) {
                if (name.starts_with('.') || folder.depth + 1 >= kMostDepth) continue;
                folders_.insert(path);
                open.push_back({entries->path(), path, folder.depth + 1});
                continue;
            }
            if (type != fs::file_type::regular && !(type == fs::file_type::symlink && !leads_outside(entries->path()))) continue;
            tree_.files.insert(path);
            if (name == "meta.yml") metas_.push_back(path);
            if (name == "image-list.yml") lists_.push_back(path);
        }
    }
    return ok();
}

void TreeReader::publish(const std::string& name, const Publisher& by) {
    tree_.repositories.insert(tree_.name_space + "/" + name);
    const auto [first, is_new] = publishers_.emplace(name, by);
    if (is_new || first->second.folder == by.folder) return;
    tree_.findings.push_back(finding_at("catalog-duplicate", Severity::error, by.file, by.line,
                                        "The image " + quote(name) + " is published from two directories, " + quote(first->second.folder) + " (" + quote(first->second.file) + ":" +
                                            std::to_string(first->second.line) + ") and " + quote(by.folder) + ": one repository gets the tags of both. Rename one of them."));
    tree_.findings.back().claimed = by.folder;
    tree_.findings.back().observed = first->second.folder;
}

void TreeReader::read_list(const std::string& path) {
    const std::string scene = folder_of(path);
    listed_scenes_.insert(scene);
    const Result<std::string> text = read_file(tree_, path, limits_.catalog_file_bytes, "catalog_file_bytes");
    if (!text) return invalid(path, 0, "The list of images cannot be read: " + text.error().message() + ".");
    const ImageList list = read_image_list(*text);
    for (const Mistake& each : list.mistakes) {
        invalid(path, each.line, "The list of images is not right: " + each.message + ".");
        if (each.harmless) tree_.findings.back().severity = Severity::warning;
    }
    for (const ListedImage& each : list.images) {
        if (!oci::is_valid_repository(tree_.name_space + "/" + each.name)) {
            invalid(path, each.line, "No registry can hold a repository of the name \"" + quote(each.name) + "\": names are lower case letters, digits and single separators.");
            continue;
        }
        const std::string inside = fs::path(each.folder).lexically_normal().string();
        std::string folder = joined(scene, inside);
        while (folder.ends_with('/')) folder.pop_back();
        if (inside.starts_with("..") || inside.starts_with('/') || !folders_.contains(folder)) {
            tree_.findings.push_back(finding_at("path-dead", Severity::error, path, each.line,
                                                "The folder \"" + quote(each.folder) + "\" of the image " + quote(each.name) + " does not exist. Mend the folder, or take the line out."));
            tree_.findings.back().claimed = quote(each.folder);
            continue;
        }
        names_[folder].push_back(each.name);
        publish(each.name, {folder, path, each.line});
    }
}

// The file that `path` of an entry names. The publisher compares it letter by letter with the changed files of the image's folder
// (openeuler-mirror/eulerpublisher: update/container/app/format.py), so `./x`, `/x` and `a/../x` name nothing.
std::string TreeReader::resolve(const TreeEntry& entry) const {
    std::string_view path = entry.declared.path;
    if (path.empty() || path.front() == '/') return {};
    for (const std::string_view part : split(path, '/'))
        if (part.empty() || part == "." || part == "..") return {};
    const std::string whole = joined(entry.folder, path);
    return tree_.holds(whole) ? whole : std::string();
}

void TreeReader::read_meta(const std::string& path) {
    ++tree_.metas;
    const Result<std::string> text = read_file(tree_, path, limits_.catalog_file_bytes, "catalog_file_bytes");
    if (!text) return invalid(path, 0, "The file cannot be read, so nothing of it was judged: " + text.error().message() + ".");
    const MetaYml meta = read_meta_yml(*text);
    for (const Mistake& each : meta.mistakes) invalid(path, each.line, "The file is not right: " + each.message + ".");

    const std::string folder = folder_of(path);
    std::vector<std::string> names;
    bool published = true;
    if (const auto found = names_.find(folder); found != names_.end()) {
        names = found->second;
    } else {
        // Not listed: the folder's own name. It is known to be published only where there is no list that could have named it.
        const std::string name = folder.empty() ? root_.filename().string() : name_of(folder);
        bool listed_scene = false;
        for (std::string above = folder;; above = folder_of(above)) {
            listed_scene = listed_scene || listed_scenes_.contains(above);
            if (above.empty()) break;
        }
        if (!oci::is_valid_repository(tree_.name_space + "/" + name)) {
            invalid(path, 1, "The image has the name of its folder, \"" + quote(name) + "\", and no registry can hold a repository of that name: names are lower case letters, digits and single separators.");
            return;
        }
        names = {name};
        published = !listed_scene;
        if (published) publish(name, {folder, path, 1});
    }
    for (const std::string& name : names) {
        for (const DeclaredTag& declared : meta.tags) {
            TreeEntry entry{.repository = tree_.name_space + "/" + name, .meta_file = path, .folder = folder, .declared = declared, .dockerfile = {}, .published = published};
            entry.dockerfile = resolve(entry);
            tree_.entries.push_back(std::move(entry));
        }
    }
}

}  // namespace

Result<Tree> read_tree(const std::string& directory, const std::string& name_space, const Limits& limits) {
    Tree tree;
    tree.root = directory;
    tree.name_space = name_space;
    VERITAG_CHECK(TreeReader(tree, limits).run());
    return tree;
}

Result<std::string> read_file(const Tree& tree, const std::string& path, std::uint64_t most_bytes, std::string_view key) {
    std::ifstream in(tree.root + "/" + path, std::ios::binary);
    if (!in) return Error{ErrorCode::io, "read file", quote(path), std::strerror(errno), ""};
    std::string text;
    std::vector<char> chunk(64 << 10);
    while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
        text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > most_bytes)
            return Error{ErrorCode::over_limit, "read file", quote(path), "more than " + std::to_string(most_bytes) + " bytes", "raise limits." + std::string(key)};
    }
    if (in.bad()) return Error{ErrorCode::io, "read file", quote(path), std::strerror(errno), ""};
    return text;
}

std::vector<std::string> declaring_files(const Tree& tree) {
    std::set<std::string> files;
    for (const TreeEntry& each : tree.entries) {
        files.insert(each.meta_file);
        if (!each.dockerfile.empty()) files.insert(each.dockerfile);
    }
    return {files.begin(), files.end()};
}

Finding finding_at(std::string code, Severity severity, std::string file, int line, std::string message) {
    Finding finding;
    finding.code = std::move(code);
    finding.severity = severity;
    finding.message = std::move(message);
    finding.file = std::move(file);
    finding.line = line;
    return finding;
}

}  // namespace veritag::catalog
