#include "pkgdb/json_members.h"

#include "base/text.h"

#include <rapidjson/encodedstream.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace veritag::pkgdb {
namespace {

/// Takes RapidJSON's events. Returning false stops the parser; `fault_` then says why.
class Picker : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Picker> {
public:
    Picker(std::string_view what, const ByteReader& reader, const std::vector<std::string_view>& wanted, const Limits& limits)
        : what_(what), reader_(reader), wanted_(wanted), limits_(limits) {}

    bool Default() { return !outside(); }  // numbers and null
    bool Bool(bool value) {
        if (outside()) return false;
        const std::string_view* name = wanted();
        return name == nullptr || keep(result_.booleans, *name, value);
    }
    bool String(const char* text, rapidjson::SizeType length, bool) {
        if (outside()) return false;
        const std::string_view* name = wanted();
        if (name == nullptr) return true;
        if (length > limits_.text_line_bytes)
            return stop(reader_.over_limit(std::string(what_) + " member " + std::string(*name), length, "limits.text_line_bytes", limits_.text_line_bytes));
        const std::string_view value(text, length);
        if (std::any_of(value.begin(), value.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }))
            return stop(reader_.malformed(what_, std::string(*name) + " \"" + quote(value, 80) + "\" holds control characters"));
        return keep(result_.texts, *name, std::string(value));
    }
    bool Key(const char* text, rapidjson::SizeType length, bool) {
        // Deeper keys are never asked for.
        if (levels_.size() <= kDeepestWanted) levels_.back().key.assign(text, length);
        return true;
    }
    bool StartObject() { return open(false); }
    bool StartArray() { return !outside() && open(true); }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }

    [[nodiscard]] const std::optional<Error>& fault() const noexcept { return fault_; }
    JsonMembers take() { return std::move(result_); }

private:
    static constexpr std::size_t kDeepestWanted = 2;
    struct Level {
        bool array = false;
        std::string key;
    };

    bool stop(Error error) {
        fault_ = std::move(error);
        return false;
    }
    // A value before any object: the text is no object.
    bool outside() { return levels_.empty() && !stop(reader_.malformed(what_, "it is no JSON object")); }
    bool open(bool array) {
        if (levels_.size() >= limits_.json_depth)
            return stop(reader_.over_limit(what_, levels_.size() + 1, "limits.json_depth", limits_.json_depth));
        levels_.push_back({array, {}});
        return true;
    }
    bool close() {
        levels_.pop_back();
        return true;
    }
    // The wanted name that the current value bears, nullptr where there is none.
    [[nodiscard]] const std::string_view* wanted() const {
        if (levels_.size() > kDeepestWanted || std::any_of(levels_.begin(), levels_.end(), [](const Level& l) { return l.array; })) return nullptr;
        const std::string_view inner = levels_.back().key;
        for (const std::string_view& name : wanted_) {
            const auto parts = split_once(name, '/');
            if (levels_.size() == 1 ? !parts && name == inner : parts && parts->first == levels_.front().key && parts->second == inner) return &name;
        }
        return nullptr;
    }
    template <class Map, class Value>
    bool keep(Map& map, std::string_view name, Value value) {
        if (result_.texts.contains(name) || result_.booleans.contains(name)) return stop(reader_.malformed(what_, std::string(name) + " stands twice"));
        map.emplace(name, std::move(value));
        return true;
    }

    std::string_view what_;
    const ByteReader& reader_;
    const std::vector<std::string_view>& wanted_;
    const Limits& limits_;
    std::vector<Level> levels_;
    JsonMembers result_;
    std::optional<Error> fault_;
};

}  // namespace

Result<JsonMembers> read_json_members(std::string_view what, ByteReader reader, const std::vector<std::string_view>& wanted, const Limits& limits) {
    const ByteReader start = reader;
    const std::string_view text = reader.rest();
    if (text.empty()) return start.malformed(what, "it is empty");
    rapidjson::MemoryStream memory(text.data(), text.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(memory);
    rapidjson::Reader parser;
    Picker picker(what, start, wanted, limits);
    // Iterative: RapidJSON's default recursion overflows the stack on deep input.
    constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    const rapidjson::ParseResult done = parser.Parse<kFlags>(stream, picker);
    if (picker.fault()) return *picker.fault();
    const auto not_json = [&](std::size_t at, std::string_view why) {
        return start.malformed(what, "not JSON at byte " + std::to_string(at) + ": " + std::string(why) + " (it begins with \"" + quote(text.substr(0, 40)) + "\")");
    };
    if (done.IsError()) return not_json(done.Offset(), rapidjson::GetParseError_En(done.Code()));
    // The parser takes a NUL for the end of the text.
    if (stream.Tell() < text.size()) return not_json(stream.Tell(), "a NUL follows the value");
    return picker.take();
}

}  // namespace veritag::pkgdb
