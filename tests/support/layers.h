// Layers for tests, written as a list of what they hold.
#pragma once

#include "model/layer_analysis.h"

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace veritag::test {

struct LayerItem {
    enum class What { file, directory, symlink, hardlink, whiteout, opaque, database } what;
    std::string path;
    std::string text;                ///< file: content; links: target
    std::vector<Package> packages;   ///< database
    std::vector<Problem> problems;   ///< database
    PackageType type = PackageType::rpm;  ///< database without packages
    std::string source_directory;         ///< database
};

inline LayerItem file(std::string path, std::string content = "x") { return {LayerItem::What::file, std::move(path), std::move(content), {}, {}}; }
inline LayerItem directory(std::string path) { return {LayerItem::What::directory, std::move(path), {}, {}, {}}; }
inline LayerItem symlink(std::string path, std::string target) { return {LayerItem::What::symlink, std::move(path), std::move(target), {}, {}}; }
inline LayerItem hardlink(std::string path, std::string target) { return {LayerItem::What::hardlink, std::move(path), std::move(target), {}, {}}; }
inline LayerItem whiteout(std::string path) { return {LayerItem::What::whiteout, std::move(path), {}, {}, {}}; }
inline LayerItem opaque(std::string path) { return {LayerItem::What::opaque, std::move(path), {}, {}, {}}; }
inline LayerItem database(std::string path, std::vector<Package> packages, std::vector<Problem> problems = {}) {
    return {LayerItem::What::database, std::move(path), "db", std::move(packages), std::move(problems)};
}
/// An egg-link or an editable install's direct_url.json.
inline LayerItem source_link(std::string path, std::string directory) {
    LayerItem item = database(std::move(path), {});
    item.type = PackageType::python;
    item.source_directory = std::move(directory);
    return item;
}
inline Package python(std::string name, std::string version) {
    Package package;
    package.type = PackageType::python;
    package.name = std::move(name);
    package.version = std::move(version);
    return package;
}
inline Package rpm(std::string name, std::string version, std::string arch = "x86_64") {
    Package package;
    package.type = PackageType::rpm;
    package.name = std::move(name);
    package.version = std::move(version);
    package.arch = std::move(arch);
    return package;
}

/// Every file's content is captured whole, as if all were wanted; `captured` false: none is.
inline std::shared_ptr<const LayerAnalysis> layer(const std::vector<LayerItem>& items, bool captured = true) {
    auto analysis = std::make_shared<LayerAnalysis>();
    const auto add = [&](const LayerItem& item, EntryType type, std::string_view target = {}) {
        analysis->entries.add({.path = item.path, .type = type, .size = type == EntryType::file ? item.text.size() : 0, .mode = 0644, .link_target = target});
    };
    for (const LayerItem& item : items) {
        switch (item.what) {
            case LayerItem::What::file:
                add(item, EntryType::file);
                // As when a tar is read: the later entry of a name wins.
                std::erase_if(analysis->captures, [&](const Capture& earlier) { return earlier.path == item.path; });
                if (captured) analysis->captures.push_back({item.path, item.text, item.text.size()});
                break;
            case LayerItem::What::directory: add(item, EntryType::directory); break;
            case LayerItem::What::symlink: add(item, EntryType::symlink, item.text); break;
            case LayerItem::What::hardlink: add(item, EntryType::hardlink, item.text); break;
            case LayerItem::What::whiteout: analysis->whiteouts.push_back(item.path); break;
            case LayerItem::What::opaque: analysis->opaque_directories.push_back(item.path); break;
            case LayerItem::What::database:
                add(item, EntryType::file);
                analysis->databases.push_back({.path = item.path,
                                               .type = item.packages.empty() ? item.type : item.packages.front().type,
                                               .packages = item.packages,
                                               .problems = item.problems,
                                               .source_directory = item.source_directory});
                break;
        }
    }
    return analysis;
}

}  // namespace veritag::test
