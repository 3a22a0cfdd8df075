#include "detect/model_file.h"

#include "base/text.h"
#include "oci/json.h"

#include <rapidjson/document.h>

#include <string_view>

// GGUF, little endian: "GGUF", u32 version (2 and 3 have 64-bit counts), u64 tensors, u64 key-value pairs; then the pairs: text key,
// u32 type, value. Text is u64 length and bytes. Types: 0 u8, 1 i8, 2 u16, 3 i16, 4 u32, 5 i32, 6 f32, 7 bool, 8 text,
// 9 array {u32 type, u64 count, items}, 10 u64, 11 i64, 12 f64. Source: ggml-org/ggml: docs/gguf.md.
// Safetensors: u64 little endian length of a JSON object, the object {"__metadata__": {text: text}, NAME: {"dtype", "shape",
// "data_offsets"}}, the tensors. Source: huggingface/safetensors: README.md.
namespace veritag::detect {
namespace {

constexpr std::uint64_t kLongestKey = 65535;    // docs/gguf.md: "up to 2^16 - 1 bytes"
constexpr std::uint64_t kLongestValue = 4096;   // a chat template may be long; no rule asks for it
constexpr rapidjson::SizeType kMostDimensions = 16;  // of a tensor; real ones have at most 5
constexpr std::string_view kMetadata = "__metadata__";
constexpr std::uint32_t kText = 8;
constexpr std::uint32_t kArray = 9;

// Bytes of a value of fixed size; 0: text, array or unknown.
std::uint64_t width_of(std::uint32_t type) noexcept {
    switch (type) {
        case 0: case 1: case 7: return 1;
        case 2: case 3: return 2;
        case 4: case 5: case 6: return 4;
        case 10: case 11: case 12: return 8;
        default: return 0;
    }
}

std::string number_text(ByteReader& in, std::uint32_t type) {
    switch (type) {
        case 0: return std::to_string(in.u8());
        case 1: return std::to_string(static_cast<std::int8_t>(in.u8()));
        case 2: return std::to_string(in.u16le());
        case 3: return std::to_string(static_cast<std::int16_t>(in.u16le()));
        case 4: return std::to_string(in.u32le());
        case 5: return std::to_string(static_cast<std::int32_t>(in.u32le()));
        case 7: return in.u8() != 0 ? "true" : "false";
        case 10: return std::to_string(in.u64le());
        case 11: return std::to_string(static_cast<std::int64_t>(in.u64le()));
        default: in.skip(width_of(type)); return {};  // no rule reads floating point numbers
    }
}

// Line ends and other control bytes in a value would make lines of its own.
std::string one_line(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return line;
}

std::string_view text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }
bool is_short(std::string_view text) noexcept { return text.size() <= kLongestValue; }

void skip_array(ByteReader& in) {
    const std::uint32_t type = in.u32le();
    const std::uint64_t count = in.u64le();
    if (const std::uint64_t width = width_of(type); width > 0) {
        if (count > in.remaining() / width) return in.seek(in.size() + 1);
        return in.skip(count * width);
    }
    if (type != kText) return in.seek(in.size() + 1);  // arrays of arrays do not occur
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) in.skip(in.u64le());
}

}  // namespace

std::string gguf_text(ByteReader in) {
    if (in.text(4) != "GGUF") return {};
    const std::uint32_t version = in.u32le();
    const std::uint64_t tensors = in.u64le();
    const std::uint64_t pairs = in.u64le();
    if (!in.ok() || version < 2 || version > 64) return {};
    std::string text = "gguf=" + std::to_string(version) + "\ntensors=" + std::to_string(tensors) + "\n";
    for (std::uint64_t i = 0; i < pairs && in.ok() && text.size() < kMostModelText; ++i) {
        const std::uint64_t key_bytes = in.u64le();
        if (key_bytes > kLongestKey) break;
        const std::string key = one_line(in.text(key_bytes));
        const std::uint32_t type = in.u32le();
        if (type == kArray) {
            skip_array(in);
            continue;
        }
        std::string value;
        if (type == kText) {
            const std::string_view bytes = in.text(in.u64le());
            if (in.ok() && bytes.size() <= kLongestValue) value = one_line(bytes);
        } else if (width_of(type) > 0) {
            value = number_text(in, type);
        } else {
            break;
        }
        if (in.ok() && !value.empty()) text += key + "=" + value + "\n";
    }
    return text;
}

std::string safetensors_text(ByteReader in, const Limits& limits) {
    const std::uint64_t length = in.u64le();
    if (!in.ok() || length > in.remaining()) return {};
    const std::string_view header = in.text(length);
    if (!header.starts_with('{')) return {};
    const Result<rapidjson::Document> document = oci::parse_json("read safetensors header", in.origin(), header, limits);
    if (!document || !document->IsObject()) return {};
    std::string text;
    if (const rapidjson::Value* metadata = oci::json_member(*document, kMetadata); metadata != nullptr && metadata->IsObject())
        for (const auto& member : metadata->GetObject()) {
            if (text.size() >= kMostModelText) break;
            if (member.value.IsString() && is_short(text_of(member.name)) && is_short(text_of(member.value)))
                text += "metadata." + one_line(text_of(member.name)) + "=" + one_line(text_of(member.value)) + "\n";
        }
    for (const auto& member : document->GetObject()) {
        if (text.size() >= kMostModelText) break;
        if (!member.value.IsObject() || text_of(member.name) == kMetadata) continue;
        const std::string dtype = oci::json_string(member.value, "dtype");
        const rapidjson::Value* shape = oci::json_member(member.value, "shape");
        if (dtype.empty() || shape == nullptr || !shape->IsArray()) continue;
        if (!is_short(text_of(member.name)) || !is_short(dtype) || shape->Size() > kMostDimensions) continue;
        std::string dimensions;
        for (const rapidjson::Value& each : shape->GetArray())
            dimensions += (dimensions.empty() ? "" : ",") + (each.IsUint64() ? std::to_string(each.GetUint64()) : "?");
        text += "tensor " + one_line(text_of(member.name)) + " " + one_line(dtype) + " " + dimensions + "\n";
    }
    return text;
}

}  // namespace veritag::detect
