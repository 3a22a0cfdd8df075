// Reads the YAML of a rule pack value by value; the first mistake ends it with file, line, column and the chain of keys.
#pragma once

#include "base/result.h"
#include "base/text.h"
#include "rules/pattern.h"
#include "rules/yaml.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::rules {

using Words = std::vector<std::string>;

/// `os`, `sdk` and the other kinds of components as packs write them.
const Words& component_kind_words();

/// Text of a pack as it stands in messages.
inline std::string in_quotes(std::string_view text) { return '"' + quote(text) + '"'; }

/// Reads the values of one pack file. Sticky, as ByteReader is: the first mistake is kept, and after it every read gives an empty
/// value, so that reading a component is a plain list of assignments.
class PackReader {
public:
    /// `checked`: this very pack passed all checks when the program was built.
    PackReader(std::string_view path, bool checked) : path_(quote(path)), checked_(checked) {}

    [[nodiscard]] bool ok() const noexcept { return !error_; }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Checks that need a compiled expression are not made again then, since compiling all of them is what a start would wait for.
    [[nodiscard]] bool checked() const noexcept { return checked_; }

    void fail(const YamlNode& at, std::string_view chain, std::string saw, std::string hint = {});
    /// For mistakes that a helper found without knowing the place.
    void fail(const YamlNode& at, std::string_view chain, const Error& error) { fail(at, chain, error.saw, error.hint); }

    /// A word that is none of `known`, with the nearest one as a hint.
    void fail_unknown(const YamlNode& at, std::string_view chain, std::string_view word, const Words& known);
    bool expect(const YamlNode& node, std::string_view chain, YamlNode::Kind kind);

    std::string text(const YamlNode& node, std::string_view chain);
    std::string word(const YamlNode& node, std::string_view chain, const Words& known);
    bool boolean(const YamlNode& node, std::string_view chain) { return word(node, chain, {"true", "false"}) == "true"; }
    std::uint64_t number(const YamlNode& node, std::string_view chain);
    Pattern pattern(const YamlNode& node, std::string_view chain);
    /// A template for the groups of `pattern`.
    std::string replacement(const YamlNode& node, std::string_view chain, const Pattern& pattern);
    std::string glob(const YamlNode& node, std::string_view chain);
    std::string pointer(const YamlNode& node, std::string_view chain);  ///< JSON pointer, RFC 6901

    /// `read(item, chain)` for each item of a list; with `one_or_each` one value alone is a list of one.
    template <class Read>
    void each(const YamlNode& node, std::string_view chain, Read read) {
        if (!expect(node, chain, YamlNode::Kind::list)) return;
        for (std::size_t i = 0; i < node.items.size() && ok(); ++i) read(node.items[i], std::string(chain) + "[" + std::to_string(i) + "]");
    }
    template <class Read>
    void one_or_each(const YamlNode& node, std::string_view chain, Read read) {
        if (node.kind == YamlNode::Kind::list)
            each(node, chain, read);
        else
            read(node, std::string(chain));
    }
    /// `read(key, value, chain)` for each entry of a mapping whose keys are free.
    template <class Read>
    void each_entry(const YamlNode& node, std::string_view chain, Read read) {
        if (!expect(node, chain, YamlNode::Kind::map)) return;
        for (std::size_t i = 0; i < node.keys.size() && ok(); ++i)
            read(node.keys[i], node.items[i], std::string(chain) + "." + quote(node.keys[i].text, 60));
    }

    std::vector<std::string> texts(const YamlNode& node, std::string_view chain);
    std::vector<std::string> globs(const YamlNode& node, std::string_view chain);

private:
    std::string path_;
    bool checked_;
    std::optional<Error> error_;
};

/// One mapping with fixed keys. Unknown keys are an error at once, so that a mistyped key is not reported as a missing one.
class Fields {
public:
    Fields(PackReader& reader, const YamlNode& node, std::string chain, const Words& known)
        : reader_(reader), node_(node), chain_(std::move(chain)) {
        if (!reader_.expect(node, chain_, YamlNode::Kind::map)) return;
        for (const YamlNode& key : node.keys)
            if (std::find(known.begin(), known.end(), key.text) == known.end()) reader_.fail_unknown(key, chain_, key.text, known);
    }

    [[nodiscard]] std::string place(std::string_view key) const {
        return chain_.empty() ? std::string(key) : chain_ + "." + std::string(key);
    }
    [[nodiscard]] bool has(std::string_view key) const noexcept { return node_.find(key) != nullptr; }

    /// `read(node, chain)` where the key is there.
    template <class Read>
    void with(std::string_view key, Read read) {
        if (const YamlNode* value = reader_.ok() ? node_.find(key) : nullptr) read(*value, place(key));
    }
    template <class Read>
    void require(std::string_view key, Read read) {
        if (reader_.ok() && !has(key)) reader_.fail(node_, chain_, "the key " + in_quotes(key) + " is missing");
        with(key, read);
    }

    /// The name of what the pack defines, which must be there.
    std::string name(std::string_view key);

    void text(std::string_view key, std::string& out) {
        with(key, [&](const YamlNode& n, const std::string& at) { out = reader_.text(n, at); });
    }
    void required_text(std::string_view key, std::string& out) {
        require(key, [&](const YamlNode& n, const std::string& at) { out = reader_.text(n, at); });
    }
    void texts(std::string_view key, std::vector<std::string>& out) {
        with(key, [&](const YamlNode& n, const std::string& at) { out = reader_.texts(n, at); });
    }
    void globs(std::string_view key, std::vector<std::string>& out) {
        with(key, [&](const YamlNode& n, const std::string& at) { out = reader_.globs(n, at); });
    }
    void boolean(std::string_view key, bool& out) {
        with(key, [&](const YamlNode& n, const std::string& at) { out = reader_.boolean(n, at); });
    }
    void number(std::string_view key, std::uint64_t& out) {
        with(key, [&](const YamlNode& n, const std::string& at) { out = reader_.number(n, at); });
    }
    void pattern(std::string_view key, std::optional<Pattern>& out) {
        with(key, [&](const YamlNode& n, const std::string& at) { out = reader_.pattern(n, at); });
    }

private:
    PackReader& reader_;
    const YamlNode& node_;
    std::string chain_;
};

}  // namespace veritag::rules
