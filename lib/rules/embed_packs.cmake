# Writes the rule packs into one C++ file, byte by byte, so that no text in them can end a literal or be too long for one.
# Called at build time: cmake -DOUTPUT=file.cpp -DROOT=repository -DPACKS=a.yaml,b.yaml -P embed_packs.cmake
string(REPLACE "," ";" packs "${PACKS}")
list(SORT packs)
set(arrays "")
set(entries "")
set(number 0)
foreach(pack IN LISTS packs)
  file(READ "${pack}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(RELATIVE_PATH path "${ROOT}" "${pack}")
  string(APPEND arrays "constexpr unsigned char kPack${number}[] = {${bytes}0};\n")
  string(APPEND entries "        pack(\"${path}\", kPack${number}, sizeof kPack${number} - 1),\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Made by lib/rules/embed_packs.cmake from rules/.
#include \"rules/rules.h\"

namespace veritag::rules {
namespace {
${arrays}
PackText pack(const char* path, const unsigned char* bytes, std::size_t size) {
    return {path, std::string(reinterpret_cast<const char*>(bytes), size), \"built-in\"};
}
}  // namespace

std::vector<PackText> embedded_packs() {
    return {
${entries}    };
}

}  // namespace veritag::rules
")
