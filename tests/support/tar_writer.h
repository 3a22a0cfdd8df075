// Tar archives for tests, put together block by block, so that a test can also make what no tar program writes.
// An archive is a string: join what the functions return and close it with tar_end().
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace veritag::test {

enum class TarStyle { v7, ustar, gnu };

struct TarItem {
    std::string name;
    std::string content = {};
    char type = '0';
    std::string link = {};
    std::uint32_t mode = 0644;
    TarStyle style = TarStyle::ustar;
    std::string prefix = {};                     ///< ustar
    std::optional<std::uint64_t> size = {};      ///< where the header says another size than the content has
};

/// An octal field of `width` bytes, NUL at its end.
std::string tar_octal(std::uint64_t value, std::size_t width);
/// GNU's base-256 field.
std::string tar_base256(std::int64_t value, std::size_t width);
/// One header block with its checksum.
std::string tar_header(const TarItem& item);
/// Overwrites part of a header block and corrects the checksum.
std::string tar_patched(std::string header, std::size_t offset, std::string_view bytes);
/// Zeros up to the next block border added.
std::string tar_padded(std::string content);
/// Header and padded content.
std::string tar_entry(const TarItem& item);
std::string tar_file(std::string name, std::string content);

using PaxList = std::initializer_list<std::pair<std::string_view, std::string_view>>;
std::string pax_record(std::string_view key, std::string_view value);
/// An extended header for the entry that follows (`x`) or for all that follow (`g`).
std::string pax_header(PaxList records, char type = 'x');
/// GNU's long name (`L`) or long link target (`K`) of the entry that follows.
std::string gnu_long(char type, std::string_view text);

std::string tar_end(std::size_t blocks = 2);

}  // namespace veritag::test
