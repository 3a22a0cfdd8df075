// Runs at build time: embed_packs OUTPUT ROOT PACK…
// Checks all packs as `--rules` would, so that a mistake in one ends the build with its message, and writes them into a C++ file:
// the text for the digest, and the parsed tree, which is what a start of veritag reads.
#include "rules/rules.h"
#include "rules/yaml.h"
#include "rules/yaml_tree.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using veritag::Result;
using veritag::rules::PackText;

int fail(const std::string& message) {
    std::fprintf(stderr, "%s\n", message.c_str());
    return 1;
}

// Byte by byte, so that no text can end a literal or be too long for one.
void write_array(std::ostream& out, const std::string& name, const std::string& bytes) {
    out << "constexpr unsigned char " << name << "[] = {";
    for (const char byte : bytes) out << static_cast<unsigned>(static_cast<unsigned char>(byte)) << ',';
    out << "0};\n";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return fail("usage: embed_packs OUTPUT ROOT PACK...");
    const std::filesystem::path root = argv[2];
    std::vector<PackText> packs;
    for (int i = 3; i < argc; ++i) {
        std::ifstream in(argv[i], std::ios::binary);
        std::string text((std::istreambuf_iterator<char>(in)), {});
        if (!in) return fail(std::string(argv[i]) + ": the file could not be read");
        packs.push_back({std::filesystem::relative(argv[i], root).generic_string(), std::move(text), "built-in"});
    }
    std::sort(packs.begin(), packs.end(), [](const PackText& a, const PackText& b) { return a.path < b.path; });
    if (const auto rules = veritag::rules::load_rules(packs); !rules) return fail(rules.error().message());

    std::ofstream out(argv[1], std::ios::binary | std::ios::trunc);
    out << "// Made by lib/rules/embed_packs.cpp from rules/.\n#include \"rules/rules.h\"\n\nnamespace veritag::rules {\nnamespace {\n";
    std::string entries;
    for (std::size_t i = 0; i < packs.size(); ++i) {
        const auto tree = veritag::rules::parse_yaml(packs[i].path, packs[i].text);
        if (!tree) return fail(tree.error().message());
        const std::string number = std::to_string(i);
        write_array(out, "kText" + number, packs[i].text);
        write_array(out, "kTree" + number, veritag::rules::pack_tree(*tree));
        entries += "        {\"" + packs[i].path + "\", std::string(text(kText" + number + ")), \"built-in\", text(kTree" + number + ")},\n";
    }
    out << "template <std::size_t n>\nstd::string_view text(const unsigned char (&bytes)[n]) {\n    return {reinterpret_cast<const char*>(bytes), n - 1};\n}\n"
        << "}  // namespace\n\nstd::vector<PackText> embedded_packs() {\n    return {\n" << entries << "    };\n}\n\n}  // namespace veritag::rules\n";
    out.close();
    return out ? 0 : fail(std::string(argv[1]) + ": the file could not be written");
}
