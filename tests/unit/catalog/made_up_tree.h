// A tree of Dockerfiles on disk, and what a lint says of it.
#pragma once

#include "base/text.h"
#include "catalog/lint.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

namespace veritag::catalog {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

inline const rules::RuleSet& shipped_rules() {
    static const rules::RuleSet rules = [] {
        Result<rules::RuleSet> loaded = rules::load_rules(rules::embedded_packs());
        if (!loaded) std::abort();
        return std::move(*loaded);
    }();
    return rules;
}

class OnDisk {
public:
    explicit OnDisk(const Files& files) {
        std::string name = (fs::temp_directory_path() / "veritag-lint-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
        for (const auto& [path, text] : files) {
            fs::create_directories((root_ / path).parent_path());
            std::ofstream(root_ / path) << text;
        }
    }
    OnDisk(const OnDisk&) = delete;
    OnDisk& operator=(const OnDisk&) = delete;
    ~OnDisk() { fs::remove_all(root_); }
    [[nodiscard]] const fs::path& root() const { return root_; }

    [[nodiscard]] LintResult lint() const {
        const Result<Tree> tree = read_tree(root_.string(), "openeuler", {});
        EXPECT_TRUE(tree);
        return catalog::lint(shipped_rules(), *tree, {});
    }

private:
    fs::path root_;
};

// One line a finding: `code file:line`, with the mended line behind it.
inline std::string told(const std::vector<Finding>& findings, bool with_mend = true) {
    std::string text;
    for (const Finding& each : findings) {
        text += each.code + " " + each.file + ":" + std::to_string(each.line);
        if (each.mend && with_mend) text += " => " + std::string(trim(each.mend->after));
        text += "\n";
    }
    return text;
}

// A scene with one image and one tag.
inline Files one(const std::string& image, const std::string& tag, const std::string& path, const std::string& dockerfile) {
    return {{"S/image-list.yml", "images:\n  " + image + ": " + image + "\n"},
            {"S/" + image + "/meta.yml", tag + ":\n  path: " + path + "\n"},
            {"S/" + image + "/" + path, dockerfile}};
}

}  // namespace veritag::catalog
