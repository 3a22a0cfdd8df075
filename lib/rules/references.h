// Packs may name what a pack read later defines, so names are checked at the end. Only the loader's own files include this.
#pragma once

#include "rules/pack_reader.h"

#include <string>
#include <vector>

namespace veritag::rules {

/// A name in one pack that another pack must define; looked at when all packs are read.
struct Reference {
    std::string path;
    int line = 0;
    int column = 0;
    std::string chain;
    std::string component;
    bool os_only = false;
};

class References {
public:
    void add(const PackReader& reader, const YamlNode& node, const std::string& chain, const std::string& component) { note(reader, node, chain, component, false); }
    /// Only an operating system will do.
    void add_os(const PackReader& reader, const YamlNode& node, const std::string& chain, const std::string& component) { note(reader, node, chain, component, true); }
    [[nodiscard]] const std::vector<Reference>& all() const noexcept { return references_; }

private:
    void note(const PackReader& reader, const YamlNode& node, const std::string& chain, const std::string& component, bool os_only) {
        if (reader.ok()) references_.push_back({reader.path(), node.line, node.column, chain, component, os_only});
    }

    std::vector<Reference> references_;
};

}  // namespace veritag::rules
