// A node: u8 kind, line, column, then of a scalar its length and text, of a list its count and items, of a map its count and
// key, value, key, value … Numbers have 7 bits a byte, lowest first; the highest bit says that more follow.
#include "rules/yaml_tree.h"

#include <cstdint>

namespace veritag::rules {
namespace {

using Kind = YamlNode::Kind;

void put_number(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
}

void put(std::string& out, const YamlNode& node) {
    out += static_cast<char>(node.kind);
    put_number(out, static_cast<std::uint64_t>(node.line));
    put_number(out, static_cast<std::uint64_t>(node.column));
    if (node.kind == Kind::null) return;
    put_number(out, node.kind == Kind::scalar ? node.text.size() : node.items.size());
    out += node.text;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (node.kind == Kind::map) put(out, node.keys[i]);
        put(out, node.items[i]);
    }
}

class Unpacker {
public:
    explicit Unpacker(std::string_view bytes) : left_(bytes) {}
    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }

    YamlNode node() {
        YamlNode node;
        node.kind = static_cast<Kind>(byte());
        node.line = static_cast<int>(number());
        node.column = static_cast<int>(number());
        if (node.kind == Kind::null) return node;
        const auto count = static_cast<std::size_t>(number());
        VERITAG_ASSERT(count <= left_.size());
        if (node.kind == Kind::scalar) {
            node.text = left_.substr(0, count);
            left_.remove_prefix(count);
            return node;
        }
        node.items.reserve(count);
        if (node.kind == Kind::map) node.keys.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            if (node.kind == Kind::map) node.keys.push_back(this->node());
            node.items.push_back(this->node());
        }
        return node;
    }

private:
    std::uint8_t byte() {
        VERITAG_ASSERT(!left_.empty());
        const auto value = static_cast<std::uint8_t>(left_.front());
        left_.remove_prefix(1);
        return value;
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const std::uint8_t next = byte();
            value |= std::uint64_t{next & 0x7FU} << shift;
            if (next < 0x80) return value;
        }
    }

    std::string_view left_;
};

}  // namespace

std::string pack_tree(const YamlNode& root) {
    std::string out;
    put(out, root);
    return out;
}

YamlNode unpack_tree(std::string_view bytes) {
    Unpacker unpacker(bytes);
    YamlNode root = unpacker.node();
    VERITAG_ASSERT(unpacker.at_end());
    return root;
}

}  // namespace veritag::rules
