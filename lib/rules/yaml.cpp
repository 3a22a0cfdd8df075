#include "rules/yaml.h"

#include "base/text.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace veritag::rules {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kMostDepth = 32;

// Builds the tree from yaml-cpp's events. Working on events keeps aliases from ever being expanded (a few lines of them stand
// for gigabytes) and gives keys their position. The first mistake is kept; what follows it is not looked at.
class TreeBuilder final : public YAML::EventHandler {
public:
    explicit TreeBuilder(std::string_view path) : path_(path) {}

    std::optional<Error> error;
    YamlNode root;

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (accept(mark, "", anchor)) add(node_at(mark, YamlNode::Kind::null));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { fail(mark, "an alias (*name); write out what it stands for"); }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        if (!accept(mark, tag, anchor)) return;
        YamlNode node = node_at(mark, YamlNode::Kind::scalar);
        node.text = value;
        add(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, YamlNode::Kind::list);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, YamlNode::Kind::map);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        YamlNode node;
        std::set<std::string, std::less<>> keys;  // of a map
    };

    static YamlNode node_at(const YAML::Mark& mark, YamlNode::Kind kind) {
        YamlNode node;
        node.kind = kind;
        node.line = mark.line + 1;
        node.column = mark.column + 1;
        return node;
    }

    void fail(const YAML::Mark& mark, std::string saw) {
        if (!error) error = pack_error(path_, mark.line + 1, mark.column + 1, "", std::move(saw));
    }

    bool accept(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (anchor != 0) fail(mark, "an anchor (&name); write out in full what shall stand twice");
        const bool plain = tag.empty() || tag == "?" || tag == "!";  // yaml-cpp's marks for plain and quoted values
        if (!plain) fail(mark, "a tag (" + quote(tag, 40) + "); all values are text");
        return !error;
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
        if (!accept(mark, tag, anchor)) return;
        if (open_.size() >= kMostDepth) return fail(mark, "nested deeper than " + std::to_string(kMostDepth) + " levels");
        open_.push_back({node_at(mark, kind), {}});
    }

    void close() {
        if (error) return;
        VERITAG_ASSERT(!open_.empty());
        YamlNode node = std::move(open_.back().node);
        open_.pop_back();
        add(std::move(node));
    }

    void add(YamlNode node) {
        if (open_.empty()) {
            root = std::move(node);
            return;
        }
        Open& parent = open_.back();
        const bool is_key = parent.node.kind == YamlNode::Kind::map && parent.node.keys.size() == parent.node.items.size();
        if (!is_key) {
            parent.node.items.push_back(std::move(node));
            return;
        }
        const YAML::Mark mark = mark_of(node);
        if (node.kind != YamlNode::Kind::scalar) return fail(mark, "a key that is no text");
        if (!parent.keys.insert(node.text).second) return fail(mark, "the key \"" + quote(node.text) + "\" stands twice");
        parent.node.keys.push_back(std::move(node));
    }

    static YAML::Mark mark_of(const YamlNode& node) {
        YAML::Mark mark;
        mark.line = node.line - 1;
        mark.column = node.column - 1;
        return mark;
    }

    std::string path_;
    std::vector<Open> open_;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < keys.size() && i < items.size(); ++i)
        if (keys[i].text == key) return &items[i];
    return nullptr;
}

Error pack_error(std::string_view path, int line, int column, std::string_view chain, std::string saw, std::string hint) {
    std::string where = std::string(path) + ":" + std::to_string(line) + ":" + std::to_string(column);
    if (!chain.empty()) where += " " + std::string(chain);
    return {ErrorCode::config, "load rule pack", std::move(where), std::move(saw), std::move(hint)};
}

Result<YamlNode> parse_yaml(std::string_view path, std::string_view text) {
    const std::string place = quote(path);
    if (text.size() > kMostBytes)
        return pack_error(place, 1, 1, "", std::to_string(text.size()) + " bytes (limit " + std::to_string(kMostBytes) + ")");
    if (!is_valid_utf8(text)) return pack_error(place, 1, 1, "", "the text is not UTF-8");

    TreeBuilder builder(place);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) return pack_error(place, 1, 1, "", "the file is empty");
        if (!builder.error) {
            TreeBuilder second(place);
            if (parser.HandleNextDocument(second))
                return pack_error(place, 1, 1, "", "more than one document (---); a file holds one");
        }
    } catch (const YAML::Exception& e) {
        return pack_error(place, e.mark.line + 1, e.mark.column + 1, "", "not YAML: " + quote(e.msg));
    }
    if (builder.error) return *builder.error;
    return std::move(builder.root);
}

}  // namespace veritag::rules
