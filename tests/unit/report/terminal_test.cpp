#include "report/terminal.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace veritag::report {
namespace {

TEST(DisplayWidth, CountsWideCharactersTwice) {
    EXPECT_EQ(display_width(""), 0U);
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("镜像"), 4U);
    EXPECT_EQ(display_width("→ a"), 3U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("\xff"), 1U);
}

TEST(Printable, ShowsWhatNobodySees) {
    EXPECT_EQ(printable("a\u061cb"), "a\\u{61c}b");
    EXPECT_EQ(printable("a\U000E0041b"), "a\\u{e0041}b");
    for (const char* each : {"\u00ad", "\u034f", "\u115f", "\u17b4", "\u180e", "\u200b", "\u202e", "\u2066", "\u3164", "\ufeff", "\uffa0", "\ufff9", "\U000E0001", "\U000E007F", "\U000E0100"})
        EXPECT_EQ(printable(each).find(each), std::string::npos) << printable(each);
    EXPECT_EQ(printable("镜像 e\u0301 ü"), "镜像 e\u0301 ü");
}

// Every range of one is one of the other.
TEST(Printable, HidesNothingThatThePageShows) {
    const auto read = [](const char* path) {
        std::ifstream in(std::string(VERITAG_SOURCE_DIR) + path);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    const auto ranges = [](const std::string& text, const std::regex& one) {
        std::set<std::pair<unsigned long, unsigned long>> all;
        for (std::sregex_iterator each(text.begin(), text.end(), one), end; each != end; ++each)
            all.emplace(std::stoul((*each)[1], nullptr, 16), std::stoul((*each)[2].length() > 0 ? (*each)[2] : (*each)[1], nullptr, 16));
        return all;
    };
    const std::string terminal = read("/lib/report/terminal.cpp"), page = read("/lib/api/page/dom.js");
    const std::size_t begin = terminal.find("kUnseen{{"), line = page.find("const HIDDEN");
    ASSERT_NE(begin, std::string::npos);
    ASSERT_NE(line, std::string::npos);
    const auto ours = ranges(terminal.substr(begin, terminal.find("}}};", begin) - begin), std::regex("\\{0x([0-9A-F]+), 0x([0-9A-F]+)"));
    auto theirs = ranges(page.substr(line, page.find('\n', line) - line), std::regex("\\\\u\\{([0-9a-f]+)\\}(?:-\\\\u\\{([0-9a-f]+)\\})?"));
    std::erase_if(theirs, [](const auto& range) { return range.second < 0xA0; });  // control bytes, which quote() escapes
    EXPECT_EQ(ours, theirs);
    EXPECT_GT(ours.size(), 10U);
}

TEST(Wrap, BreaksAtSpacesOnly) {
    EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
    EXPECT_EQ(wrap("one two three", 100), (std::vector<std::string>{"one two three"}));
    EXPECT_EQ(wrap("a reference/that:is-too-long b", 10), (std::vector<std::string>{"a", "reference/that:is-too-long", "b"}));
    EXPECT_EQ(wrap("two  spaces stay", 20), (std::vector<std::string>{"two  spaces stay"}));
    EXPECT_EQ(wrap("", 10), (std::vector<std::string>{""}));
    EXPECT_EQ(wrap("   ", 10), (std::vector<std::string>{""}));
}

TEST(Wrap, BreaksBetweenWideCharactersButNotBeforeClosingPunctuation) {
    EXPECT_EQ(wrap("标签镜像", 5), (std::vector<std::string>{"标签", "镜像"}));
    EXPECT_EQ(wrap("标签镜，像", 6), (std::vector<std::string>{"标签", "镜，像"}));
    EXPECT_EQ(wrap("镜像 cann8.0.RC1 不符", 12), (std::vector<std::string>{"镜像", "cann8.0.RC1", "不符"}));
}

TEST(Wrap, EndsNoLineWithOpeningPunctuation) {
    EXPECT_EQ(wrap("的证明（attestation）", 9), (std::vector<std::string>{"的证明", "（attestation）"}));
    EXPECT_EQ(wrap("标签（镜像）", 6), (std::vector<std::string>{"标签", "（镜", "像）"}));
    EXPECT_EQ(wrap("标签 《（镜", 6), (std::vector<std::string>{"标签", "《（镜"}));
    EXPECT_EQ(wrap("标（", 3), (std::vector<std::string>{"标", "（"}));
}

TEST(Wrap, LosesNothing) {
    const std::string sentence = "标签声明的操作系统是 openeuler 22.03-LTS-SP2，镜像实际为 22.03-LTS-SP4（etc/os-release）and some English at the end";
    std::string without_spaces = sentence;
    std::erase(without_spaces, ' ');
    for (std::size_t width = 1; width < 120; ++width) {
        const std::vector<std::string> lines = wrap(sentence, width);
        std::string all = join(lines, "");
        std::erase(all, ' ');
        EXPECT_EQ(all, without_spaces) << width;
    }
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
    EXPECT_EQ(printable("a\x1b[31m"), "a\\x1b[31m");
    EXPECT_EQ(printable("a\u202e" "b\u200b"), "a\\u{202e}b\\u{200b}");
    EXPECT_EQ(printable("\xff"), "\\xff");
    EXPECT_EQ(printable("中文 ok"), "中文 ok");
    EXPECT_EQ(printable(std::string(300, 'x')), std::string(200, 'x') + "…");
}

TEST(Paint, OnlyWhereEnabled) {
    EXPECT_EQ(paint("x", Colour::red, true), "\x1b[31mx\x1b[0m");
    EXPECT_EQ(paint("x", Colour::red, false), "x");
    EXPECT_EQ(paint("", Colour::red, true), "");
    EXPECT_EQ(paint("x", Colour::none, true), "x");
}

}  // namespace
}  // namespace veritag::report
