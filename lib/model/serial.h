// How plain structs become bytes and come back: one list of fields for both ways. For .cpp files only; the forms live in kept.cpp.
//
// Numbers are u64 little endian, text is its length and its bytes, lists are their count and their items. Reading is for bytes that veritag
// wrote itself and that someone may have altered since: a form that does not fit is noticed, and memory grows with the bytes that are there.
#pragma once

#include "base/byte_reader.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace veritag::serial {

template <class T>
concept Number = std::is_integral_v<T> || std::is_enum_v<T>;

/// Writes what `fields(writer, value)` names.
class Writer {
public:
    template <class... T>
    void operator()(const T&... values) {
        (put(values), ...);
    }
    [[nodiscard]] std::string take() noexcept { return std::move(out_); }

private:
    template <Number T>
    void put(T value) {
        auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
        for (int i = 0; i < 8; ++i, bits >>= 8) out_ += static_cast<char>(bits & 0xFF);
    }
    void put(const std::string& text) {
        put(text.size());
        out_ += text;
    }
    template <class T>
    void put(const std::vector<T>& list) {
        put(list.size());
        for (const T& each : list) put(each);
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <class A, class B>
    void put(const std::pair<A, B>& pair) {
        put(pair.first);
        put(pair.second);
    }
    template <class K, class V>
    void put(const std::map<K, V>& map) {
        put(map.size());
        for (const auto& each : map) put(each);
    }
    template <class T>
        requires(std::is_class_v<T>)
    void put(const T& value) {
        fields(*this, const_cast<T&>(value));  // one list of fields serves both ways; this way nothing is changed
    }

    std::string out_;
};

/// Reads the same. After the first thing that does not fit all that follows is empty, and ok() is false.
class Reader {
public:
    explicit Reader(std::string_view bytes) : in_(bytes) {}
    template <class... T>
    void operator()(T&... values) {
        (get(values), ...);
    }
    [[nodiscard]] bool ok() const noexcept { return in_.ok(); }
    [[nodiscard]] bool at_end() const noexcept { return in_.ok() && in_.at_end(); }

private:
    void fail() noexcept { in_.skip(std::numeric_limits<std::uint64_t>::max()); }
    // A list of so many items cannot be longer than what is left: each item takes at least one number.
    std::uint64_t count() {
        const std::uint64_t value = in_.u64le();
        if (value > in_.remaining() / sizeof value) fail();
        return in_.ok() ? value : 0;
    }
    template <Number T>
    void get(T& value) {
        const auto bits = static_cast<std::int64_t>(in_.u64le());
        if constexpr (std::is_enum_v<T>) {
            if (bits < 0 || bits > static_cast<std::int64_t>(last_of(T{}))) return fail();
            value = static_cast<T>(bits);
        } else if constexpr (std::is_same_v<T, bool>) {
            if (bits != 0 && bits != 1) return fail();
            value = bits == 1;
        } else {
            value = static_cast<T>(bits);
            if (static_cast<std::int64_t>(value) != bits) fail();
        }
    }
    void get(std::string& text) { text = in_.text(in_.u64le()); }
    template <class T>
    void get(std::vector<T>& list) {
        for (std::uint64_t n = count(); n > 0 && in_.ok(); --n) get(list.emplace_back());
    }
    template <class T>
    void get(std::optional<T>& value) {
        bool there = false;
        get(there);
        if (there) get(value.emplace());
    }
    template <class A, class B>
    void get(std::pair<A, B>& pair) {
        get(pair.first);
        get(pair.second);
    }
    template <class K, class V>
    void get(std::map<K, V>& map) {
        for (std::uint64_t n = count(); n > 0 && in_.ok(); --n) {
            std::pair<K, V> each;
            get(each);
            map.insert(std::move(each));
        }
    }
    template <class T>
        requires(std::is_class_v<T>)
    void get(T& value) {
        fields(*this, value);
    }

    ByteReader in_;
};

}  // namespace veritag::serial
