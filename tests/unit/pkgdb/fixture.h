// Small rpm headers and databases built in memory, and comparison of package lists as text.
#pragma once

#include "base/byte_reader.h"
#include "base/result.h"
#include "model/package.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::test {

inline void append_be(std::string& out, std::uint32_t value) {
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((value >> shift) & 0xff);
}
inline void append_le(std::string& out, std::uint32_t value) {
    for (const int shift : {0, 8, 16, 24}) out += static_cast<char>((value >> shift) & 0xff);
}
inline void put_le(std::string& out, std::size_t at, std::uint32_t value) {
    std::string bytes;
    append_le(bytes, value);
    out.replace(at, 4, bytes);
}
inline void put_be(std::string& out, std::size_t at, std::uint32_t value) {
    std::string bytes;
    append_be(bytes, value);
    out.replace(at, 4, bytes);
}

/// Builds the blob of one rpm header, entry by entry.
class HeaderBuilder {
public:
    HeaderBuilder& text(std::uint32_t tag, std::string_view value) { return add(tag, 6, 1, 1, std::string(value) + '\0'); }
    HeaderBuilder& number(std::uint32_t tag, std::uint32_t value) {
        std::string bytes;
        append_be(bytes, value);
        return add(tag, 4, 1, 4, bytes);
    }
    HeaderBuilder& add(std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::size_t alignment, std::string_view bytes) {
        while (data_.size() % alignment != 0) data_ += '\0';
        for (const std::uint32_t part : {tag, type, static_cast<std::uint32_t>(data_.size()), count}) append_be(index_, part);
        data_ += bytes;
        ++count_;
        return *this;
    }
    /// Closes a region over all entries so far, as rpm does with what a package file signed.
    HeaderBuilder& close_region(std::uint32_t tag = 63) {
        std::string entry;
        for (const std::uint32_t part : {tag, 7U, static_cast<std::uint32_t>(data_.size()), 16U}) append_be(entry, part);
        index_.insert(0, entry);
        ++count_;
        for (const std::uint32_t part : {tag, 7U, 0U - 16U * count_, 16U}) append_be(data_, part);
        return *this;
    }
    [[nodiscard]] std::string blob() const {
        std::string out;
        append_be(out, count_);
        append_be(out, static_cast<std::uint32_t>(data_.size()));
        return out + index_ + data_;
    }

private:
    std::string index_;
    std::string data_;
    std::uint32_t count_ = 0;
};

inline HeaderBuilder header_of(std::string_view name, std::string_view version, std::string_view release, std::string_view arch = "x86_64",
                               std::optional<std::uint32_t> epoch = std::nullopt) {
    HeaderBuilder header;
    header.text(1000, name).text(1001, version).text(1002, release);
    if (epoch) header.number(1003, *epoch);
    header.text(1022, arch);
    return header.close_region();
}

inline std::string blob_of(std::string_view name, std::string_view version, std::string_view release, std::string_view arch = "x86_64",
                           std::optional<std::uint32_t> epoch = std::nullopt) {
    return header_of(name, version, release, arch, epoch).blob();
}

/// `name version arch`, sorted: two lists that differ read well.
inline std::vector<std::string> lines_of(const std::vector<Package>& packages) {
    std::vector<std::string> lines;
    for (const Package& package : packages) lines.push_back(package.name + " " + package.version + " " + package.arch);
    std::sort(lines.begin(), lines.end());
    return lines;
}

inline std::string problems_of(const Parsed<Package>& parsed) {
    std::string text;
    for (const Problem& problem : parsed.problems) text += problem.message + "\n";
    return text;
}

/// An answer to damaged input is honest when it is an error, carries a problem, or is the whole list.
inline bool is_honest(const Result<Parsed<Package>>& answer, const std::vector<std::string>& whole) {
    if (!answer) return !answer.error().message().empty();
    const std::vector<std::string> lines = lines_of(answer->items);
    if (!std::includes(whole.begin(), whole.end(), lines.begin(), lines.end())) return false;
    return lines == whole || !answer->problems.empty();
}

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace veritag::test
