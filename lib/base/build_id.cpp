#include "base/build_id.h"

#include "base/byte_reader.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace veritag {
namespace {

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

std::string find_in_notes(ByteReader notes) {
    const auto padded = [](std::uint32_t size) { return (std::uint64_t{size} + 3) / 4 * 4; };
    while (notes.ok() && !notes.at_end()) {
        std::uint32_t name_size = 0, size = 0, type = 0;  // in the machine's own order: it is this very program
        for (std::uint32_t* each : {&name_size, &size, &type}) {
            const auto bytes = notes.bytes(sizeof *each);
            if (bytes.size() == sizeof *each) std::copy_n(bytes.data(), sizeof *each, reinterpret_cast<std::byte*>(each));
        }
        const std::string_view name = notes.text(padded(name_size)).substr(0, name_size);
        const std::string_view content = notes.text(padded(size)).substr(0, size);
        if (notes.ok() && type == NT_GNU_BUILD_ID && name == std::string_view("GNU\0", 4)) return hex(content);
    }
    return {};
}

// The executable itself comes first.
int read_first(dl_phdr_info* object, std::size_t, void* found) {
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& header = object->dlpi_phdr[i];
        if (header.p_type != PT_NOTE) continue;
        const auto* start = reinterpret_cast<const std::byte*>(object->dlpi_addr + header.p_vaddr);
        std::string id = find_in_notes(ByteReader(std::span(start, header.p_memsz)));
        if (!id.empty()) *static_cast<std::string*>(found) = std::move(id);
    }
    return 1;
}

}  // namespace

const std::string& build_id() {
    static const std::string id = [] {
        std::string found;
        dl_iterate_phdr(read_first, &found);
        return found;
    }();
    return id;
}

}  // namespace veritag
