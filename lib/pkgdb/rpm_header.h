// The header blob that every rpm database keeps for each package, whatever the backend.
#pragma once

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"
#include "model/package.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace veritag::pkgdb {

enum class RpmTag : std::uint32_t { name = 1000, version = 1001, release = 1002, epoch = 1003, arch = 1022 };

/// One line of the header's index. `offset` counts from the start of the data.
struct RpmEntry {
    std::uint32_t tag = 0;
    std::uint32_t type = 0;
    std::uint32_t offset = 0;
    std::uint32_t count = 0;
};

/// A header whose entries have all been checked against the data. The bytes stay with the caller.
class RpmHeader {
public:
    RpmHeader(std::vector<RpmEntry> entries, ByteReader data) : entries_(std::move(entries)), data_(data) {}

    /// A string, or the first of a string array or of the translations. nullopt where the tag is absent or has no element.
    [[nodiscard]] Result<std::optional<std::string_view>> text(RpmTag tag) const;
    /// The first of a tag's 32-bit numbers; nullopt where the tag is absent or has no element.
    [[nodiscard]] Result<std::optional<std::uint32_t>> number(RpmTag tag) const;
    [[nodiscard]] const ByteReader& data() const noexcept { return data_; }

private:
    [[nodiscard]] const RpmEntry* find(RpmTag tag) const noexcept;

    std::vector<RpmEntry> entries_;
    ByteReader data_;
};

/// Checks the whole blob: sizes, region, and every entry's type, alignment, offset, count and text ends.
Result<RpmHeader> parse_rpm_header(ByteReader in, const Limits& limits);

/// The package a header describes; nullopt for `gpg-pubkey`, which is an imported key. `reader.origin()` becomes its path.
Result<std::optional<Package>> read_rpm_package(ByteReader blob, const Limits& limits);

}  // namespace veritag::pkgdb
