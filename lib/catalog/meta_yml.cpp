#include "catalog/meta_yml.h"

#include "base/text.h"
#include "catalog/yaml_document.h"

#include <algorithm>
#include <map>

namespace veritag::catalog {
namespace {

using Kind = YamlValue::Kind;

std::string shown(std::string_view text) { return "\"" + quote(text, 140) + "\""; }

void sort_by_line(std::vector<Mistake>& mistakes) {
    std::stable_sort(mistakes.begin(), mistakes.end(), [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
}

}  // namespace

MetaYml read_meta_yml(std::string_view text) {
    YamlDocument document = read_yaml(text);
    const bool broken = !document.mistakes.empty();
    MetaYml meta{{}, std::move(document.mistakes)};
    const YamlValue& root = document.root;
    if (root.kind != Kind::map) {
        if (root.kind != Kind::null) meta.mistakes.push_back({root.line, "the file must map tags to their Dockerfiles: <tag>: {path: <Dockerfile>}"});
        return meta;
    }
    std::map<std::string, int, std::less<>> seen;
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
        const YamlValue& key = root.keys[i];
        const YamlValue& value = root.items[i];
        if (key.kind != Kind::scalar) {
            meta.mistakes.push_back({key.line, "a key that is no text; a key is a tag"});
            continue;
        }
        DeclaredTag declared;
        declared.tag = key.text;
        declared.line = declared.path_line = key.line;
        const auto [first, is_new] = seen.emplace(declared.tag, key.line);
        if (!is_new) {
            meta.mistakes.push_back({key.line, "the tag " + shown(declared.tag) + " stands twice; line " + std::to_string(first->second) + " has it already, and only that one is used"});
            continue;
        }
        const YamlValue* path = value.kind == Kind::map ? value.find("path") : nullptr;
        const bool cut_off = broken && i + 1 == root.keys.size();
        if (cut_off && (path == nullptr || path->kind != Kind::scalar)) continue;  // the rest of the entry is what could not be read
        if (path == nullptr || path->kind != Kind::scalar || path->text.empty()) {
            meta.mistakes.push_back({path != nullptr ? path->line : key.line, "the tag " + shown(declared.tag) + " has no path; write the path of its Dockerfile below it"});
        } else {
            declared.path = path->text;
            declared.path_line = path->line;
        }
        if (const YamlValue* arch = value.find("arch"); arch != nullptr && arch->kind == Kind::scalar) declared.arch = arch->text;
        meta.tags.push_back(std::move(declared));
    }
    sort_by_line(meta.mistakes);
    return meta;
}

ImageList read_image_list(std::string_view text) {
    YamlDocument document = read_yaml(text);
    ImageList list{{}, std::move(document.mistakes)};
    const YamlValue* images = document.root.find("images");
    if (images == nullptr) {
        if (list.mistakes.empty()) list.mistakes.push_back({document.root.line, "the file has no key \"images\" that maps each image to its folder"});
        return list;
    }
    if (images->kind != Kind::map) {
        if (images->kind != Kind::null) list.mistakes.push_back({images->line, "\"images\" must map each image to its folder"});
        return list;
    }
    std::map<std::string, int, std::less<>> seen;
    for (std::size_t i = 0; i < images->keys.size(); ++i) {
        const YamlValue& key = images->keys[i];
        const YamlValue& folder = images->items[i];
        if (key.kind != Kind::scalar || folder.kind != Kind::scalar || folder.text.empty()) {
            list.mistakes.push_back({key.line, "the image " + shown(key.text) + " has no folder"});
            continue;
        }
        const auto [first, is_new] = seen.emplace(key.text, key.line);
        const auto is_same = [&](const ListedImage& other) { return other.name == key.text && other.folder == folder.text; };
        if (!is_new && std::any_of(list.images.begin(), list.images.end(), is_same)) {  // with another folder it is two directories for one image
            list.mistakes.push_back({key.line, "the image " + shown(key.text) + " stands twice; line " + std::to_string(first->second) + " has it already", true});
            continue;
        }
        list.images.push_back({key.text, folder.text, key.line});
    }
    sort_by_line(list.mistakes);
    return list;
}

}  // namespace veritag::catalog
