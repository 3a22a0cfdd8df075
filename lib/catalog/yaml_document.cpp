#include "catalog/yaml_document.h"

#include "base/result.h"
#include "base/text.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <utility>

namespace veritag::catalog {
namespace {

constexpr std::size_t kMostDepth = 64;

// Collects yaml-cpp's events. What is open when the parser gives up is closed, so that entries before a mistake are kept.
class Collector final : public YAML::EventHandler {
public:
    explicit Collector(YamlDocument& out) : out_(out) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(at(mark, YamlValue::Kind::null)); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        out_.mistakes.push_back({mark.line + 1, "an alias (*name) is not followed"});
        add(at(mark, YamlValue::Kind::null));
    }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string& value) override {
        YamlValue scalar = at(mark, YamlValue::Kind::scalar);
        scalar.text = value;
        add(std::move(scalar));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { open(mark, YamlValue::Kind::list); }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override { open(mark, YamlValue::Kind::map); }
    void OnMapEnd() override { close(); }

    void close_all() {
        while (!open_.empty()) close();
    }

private:
    static YamlValue at(const YAML::Mark& mark, YamlValue::Kind kind) {
        YamlValue value;
        value.kind = kind;
        value.line = mark.line + 1;
        return value;
    }
    void open(const YAML::Mark& mark, YamlValue::Kind kind) {
        if (++depth_ == kMostDepth) out_.mistakes.push_back({mark.line + 1, "nested deeper than " + std::to_string(kMostDepth) + " levels"});
        if (depth_ < kMostDepth) open_.push_back(at(mark, kind));
    }
    void close() {
        if (depth_-- >= kMostDepth) return;
        VERITAG_ASSERT(!open_.empty());
        YamlValue value = std::move(open_.back());
        open_.pop_back();
        if (value.kind == YamlValue::Kind::map && value.keys.size() > value.items.size()) value.keys.pop_back();  // cut off between the two
        add(std::move(value));
    }
    void add(YamlValue value) {
        if (depth_ >= kMostDepth) return;
        if (open_.empty()) {
            out_.root = std::move(value);
            return;
        }
        YamlValue& parent = open_.back();
        const bool is_key = parent.kind == YamlValue::Kind::map && parent.keys.size() == parent.items.size();
        (is_key ? parent.keys : parent.items).push_back(std::move(value));
    }

    YamlDocument& out_;
    std::vector<YamlValue> open_;
    std::size_t depth_ = 0;
};

// The last line up to this one that is indented with a tab: yaml-cpp stumbles over it there or in the line below. 0: none of the two.
int line_with_tab(std::string_view text, int line) {
    const std::vector<std::string_view> lines = split(text, '\n');
    for (int number = line; number > 0 && number >= line - 1; --number) {
        const auto index = static_cast<std::size_t>(number) - 1;
        if (index < lines.size() && lines[index].substr(0, lines[index].find_first_not_of(" \t")).find('\t') != std::string_view::npos) return number;
    }
    return 0;
}

}  // namespace

const YamlValue* YamlValue::find(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < keys.size() && i < items.size(); ++i)
        if (keys[i].text == key) return &items[i];
    return nullptr;
}

YamlDocument read_yaml(std::string_view text) {
    YamlDocument document;
    if (!is_valid_utf8(text)) {
        document.mistakes.push_back({1, "the text is not UTF-8"});
        return document;
    }
    Collector collector(document);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        (void)parser.HandleNextDocument(collector);
    } catch (const YAML::Exception& e) {
        const int line = e.mark.line < 0 ? 1 : e.mark.line + 1;
        const int tab = line_with_tab(text, line);
        document.mistakes.push_back({tab > 0 ? tab : line, tab > 0 ? "a tab in the indentation, where YAML takes blanks only" : "not YAML: " + quote(e.msg)});
    }
    collector.close_all();
    return document;
}

}  // namespace veritag::catalog
