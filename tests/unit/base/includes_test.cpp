// Includes point down only: the table of modules in lib/README.md, kept true by reading every #include line of lib/.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

// A module may include modules of lower levels and itself.
const std::map<std::string, int, std::less<>> kLevels{
    {"base", 0},   {"net", 0},
    {"model", 1},  {"schedule", 1},
    {"oci", 2},    {"rules", 2},
    {"stream", 3}, {"pkgdb", 3}, {"tag", 3}, {"judge", 3}, {"registry", 3}, {"hooks", 3}, {"outbound", 3}, {"store", 3}, {"report", 3},
    {"attach", 4}, {"detect", 4}, {"source", 4}, {"fleet", 4}, {"catalog", 4}, {"server", 4}, {"notify", 4}, {"waivers", 4},
    {"cage", 5},   {"config", 5},
    {"scan", 6},
    {"audit", 7},
    {"serve", 8},
    {"api", 9}};

struct Exception {
    std::string_view from;
    std::string_view to;
    std::string_view reason;
};
constexpr Exception kExceptions[] = {
    {"rules", "oci", "evidence by JSON pointer reads with oci/json.h, so that hostile JSON has one parser"},
};

// Parsers stay free of the network: they compile quickly and are fuzzed alone.
const std::set<std::string, std::less<>> kMayUseAsio{"net", "registry", "server", "source", "scan", "audit", "api"};

bool is_excepted(std::string_view from, std::string_view to) {
    return std::any_of(std::begin(kExceptions), std::end(kExceptions), [&](const Exception& e) { return e.from == from && e.to == to; });
}

// What stands between the quotes or brackets of an #include line; empty for every other line.
std::string_view included(std::string_view line) {
    const auto skip_blanks = [&] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
    skip_blanks();
    if (!line.starts_with('#')) return {};
    line.remove_prefix(1);
    skip_blanks();
    constexpr std::string_view kInclude = "include";
    if (!line.starts_with(kInclude)) return {};
    line.remove_prefix(kInclude.size());
    skip_blanks();
    if (!line.starts_with('"') && !line.starts_with('<')) return {};
    const std::size_t end = line.find(line.front() == '"' ? '"' : '>', 1);
    return end == std::string_view::npos ? std::string_view() : line.substr(1, end - 1);
}

std::vector<std::string> violations(const std::string& module, const std::string& text) {
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::string_view path = included(line);
        const std::string_view other = path.substr(0, path.find('/'));
        if ((path.starts_with("boost/asio") || path.starts_with("boost/beast")) && !kMayUseAsio.contains(module))
            found.push_back(module + " includes " + std::string(path) + ": it is none of the modules that may");
        if (path.starts_with("boost/") || other == module || other == path) continue;
        const auto level = kLevels.find(other);
        if (level == kLevels.end() || level->second < kLevels.at(module) || is_excepted(module, other)) continue;
        found.push_back(module + " includes " + std::string(path) + ", which is not below it");
    }
    return found;
}

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

const fs::path kLib = fs::path(VERITAG_SOURCE_DIR) / "lib";

TEST(Includes, EveryModuleHasALevel) {
    std::size_t modules = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(kLib)) {
        if (!entry.is_directory() || entry.path().filename() == "cmake") continue;
        ++modules;
        EXPECT_TRUE(kLevels.contains(entry.path().filename().string())) << entry.path().filename() << " is missing in the table of this test";
    }
    EXPECT_GE(modules, 10U);
}

TEST(Includes, PointDownOnly) {
    std::size_t files = 0;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kLib)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".h" && extension != ".cpp") continue;
        const std::string module = fs::relative(entry.path(), kLib).begin()->string();
        if (!kLevels.contains(module)) continue;  // EveryModuleHasALevel names it
        ++files;
        for (const std::string& violation : violations(module, read(entry.path())))
            ADD_FAILURE() << fs::relative(entry.path(), VERITAG_SOURCE_DIR).string() << ": " << violation;
    }
    EXPECT_GE(files, 50U);
}

TEST(Includes, EveryExceptionIsStillNeeded) {
    for (const Exception& exception : kExceptions) {
        bool used = false;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kLib / exception.from)) {
            std::istringstream lines(read(entry.path()));
            for (std::string line; std::getline(lines, line);) used = used || included(line).starts_with(std::string(exception.to) + "/");
        }
        EXPECT_TRUE(used) << exception.from << " no longer includes " << exception.to << ": take the exception out";
    }
}

struct Row {
    const char* name;
    const char* module;
    const char* text;
    std::vector<std::string> found;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class IncludeRule : public testing::TestWithParam<Row> {};

TEST_P(IncludeRule, FindsWhatPointsUp) { EXPECT_EQ(violations(GetParam().module, GetParam().text), GetParam().found); }

INSTANTIATE_TEST_SUITE_P(
    Lines, IncludeRule,
    testing::Values(Row{"Below", "stream", "#include \"base/error.h\"\n#include \"model/report.h\"\n", {}},
                    Row{"Itself", "stream", "#include \"stream/tar.h\"\n", {}},
                    Row{"System", "base", "#include <string>\n#include <zlib.h>\n#include <sys/stat.h>\n", {}},
                    Row{"Above", "base", "#include \"model/report.h\"\n", {"base includes model/report.h, which is not below it"}},
                    Row{"Sibling", "stream", "#include \"pkgdb/pkgdb.h\"\n", {"stream includes pkgdb/pkgdb.h, which is not below it"}},
                    Row{"InBrackets", "oci", "  #  include <scan/scanner.h>\n", {"oci includes scan/scanner.h, which is not below it"}},
                    Row{"Excepted", "rules", "#include \"oci/json.h\"\n", {}},
                    Row{"NotExceptedTheOtherWay", "oci", "#include \"rules/rules.h\"\n", {"oci includes rules/rules.h, which is not below it"}},
                    Row{"AsioInAParser", "pkgdb", "#include <boost/asio.hpp>\n",
                        {"pkgdb includes boost/asio.hpp: it is none of the modules that may"}},
                    Row{"BeastInTheRegistry", "registry", "#include <boost/beast/core.hpp>\n", {}},
                    Row{"Comment", "base", "// #include \"scan/scanner.h\"\n", {}}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

}  // namespace
