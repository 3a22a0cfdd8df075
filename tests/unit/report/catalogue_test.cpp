// The one catalogue of words and sentences: nothing stands in one language only, and both languages fill the same places.
#include "report/language.h"
#include "report/messages.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::report {
namespace {

bool is_chinese(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE4; });
}

std::multiset<std::string> places_of(std::string_view text) {
    static const std::regex place("\\{[^}|]*\\}");  // words that go with a number are English alone
    const std::string copy(text);
    return {std::sregex_token_iterator(copy.begin(), copy.end(), place), {}};
}

TEST(Catalogue, HasEveryTextInBothLanguagesWithTheSamePlaces) {
    for (int i = 0; i <= static_cast<int>(Text::last); ++i) {
        const std::string_view english = text(static_cast<Text>(i), Language::en), chinese = text(static_cast<Text>(i), Language::zh);
        ASSERT_NE(english, "?") << i;
        EXPECT_TRUE(is_chinese(chinese)) << english << ": " << chinese;
        EXPECT_FALSE(is_chinese(english)) << english;
        EXPECT_EQ(places_of(english), places_of(chinese)) << english;
    }
}

TEST(Catalogue, CountsOneAsOne) {
    EXPECT_EQ(fill(text(Text::image_count, Language::en), {"1"}), "1 image");
    EXPECT_EQ(fill(text(Text::image_count, Language::en), {"2"}), "2 images");
    EXPECT_EQ(fill(text(Text::coverage_tree, Language::en), {"1", "1"}) + fill(text(Text::coverage_dockerfiles, Language::en), {"0"}), "Coverage: 1 meta.yml, 1 tag, 0 Dockerfiles read");
    EXPECT_EQ(fill(text(Text::tree_written, Language::en), {"1", "0", "11"}), "1 page written, 0 unchanged, 11 removed");
    EXPECT_EQ(fill(text(Text::image_count, Language::zh), {"1"}), "1 个镜像");
}

TEST(Catalogue, NamesEveryCodeInBothLanguages) {
    const std::vector<std::string> codes = finding_codes();
    EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), codes.size());
    for (const std::string& code : codes) {
        EXPECT_NE(name_of_code(code, Language::en), code);
        EXPECT_TRUE(is_chinese(name_of_code(code, Language::zh))) << code;
    }
}

// Whatever fields a finding has, of an image or of a declaration.
TEST(Catalogue, HasAChineseSentenceForEveryFinding) {
    for (const std::string& code : finding_codes())
        for (int fields = 0; fields < 16; ++fields) {
            Finding finding{.code = code, .component = (fields & 1) != 0 ? "cann" : "", .message = "English.", .evidence = {}};
            if ((fields & 2) != 0) finding.claimed = "8.0";
            if ((fields & 4) != 0) finding.observed = "7.0";
            if ((fields & 8) != 0) finding.file = "meta.yml";
            const std::string sentence = message_for(finding, Language::zh);
            EXPECT_TRUE(is_chinese(sentence)) << code << " " << fields << ": " << sentence;
            EXPECT_TRUE(places_of(sentence).empty()) << sentence;
        }
}

// Sentences that a writer would say past the catalogue: literals with two words or more. What stands here is for programs or for programmers.
TEST(Catalogue, IsWhereAllSentencesOfTheWritersStand) {
    static const std::set<std::string> kOthers{"read --format", "did you mean \\\"", "write page", "make directory", "remove page", "look for pages of tags that are gone", "with nothing in it",
                                              "something stands there that veritag did not write", " is the root of another output tree", " is no directory",
                                              "The pages below were written by veritag report --output-tree.\\n", "read command line", "\\\" is unknown (known: json, table)",
                                              "\\n\\\\ No newline at end of file\\n"};
    static const std::regex literal("\"((?:[^\"\\\\]|\\\\.)*)\""), words("[A-Za-z]{2,} [a-z]{2,}"), markup("<|=\\\\?\"|class|veritag (scan|lint|audit|catalog)|default-src|no-store");
    const std::filesystem::path lib = std::filesystem::path(VERITAG_SOURCE_DIR) / "lib";
    std::vector<std::filesystem::path> writers{lib / "attach/output.cpp"};
    for (const auto& entry : std::filesystem::directory_iterator(lib / "report")) writers.push_back(entry.path());
    for (const std::filesystem::path& path : writers) {
        const std::string name = path.filename().string();
        if (path.extension() != ".cpp" || name == "texts.cpp" || name == "component_names.cpp" || name == "messages.cpp" || name.starts_with("sentences") || name == "dot_writer.cpp") continue;
        std::ifstream in(path);
        ASSERT_TRUE(in) << path;
        for (std::string line; std::getline(in, line);) {
            if (std::string_view(trim(line)).starts_with("//") || line.find("#include") != std::string::npos || line.find("Error{") != std::string::npos || line.find("use table") != std::string::npos) continue;
            for (std::sregex_iterator found(line.begin(), line.end(), literal), end; found != end; ++found) {
                const std::string said = (*found)[1];
                const bool is_sentence = std::regex_search(said, words) && !std::regex_search(said, markup);
                EXPECT_TRUE(!is_sentence || kOthers.contains(said)) << name << ": \"" << said << "\" is said in one language only";
            }
        }
    }
}

struct LocaleCase {
    const char* lc_all;
    const char* lc_messages;
    const char* lang;
    Language language;
};

TEST(LanguageOfTheLocale, IsTheFirstVariableThatIsNotEmpty) {
    for (const LocaleCase& each : {LocaleCase{"", "", "", Language::en}, LocaleCase{"", "", "zh_CN.UTF-8", Language::zh}, LocaleCase{"", "", "zh", Language::zh}, LocaleCase{"", "", "zh-Hans", Language::zh},
                                   LocaleCase{"", "", "ZH_tw", Language::zh}, LocaleCase{"", "", "zh.GB18030", Language::zh}, LocaleCase{"", "", "zha_CN", Language::en}, LocaleCase{"", "", "C.UTF-8", Language::en},
                                   LocaleCase{"C", "", "zh_CN.UTF-8", Language::en}, LocaleCase{"", "en_US", "zh_CN", Language::en}, LocaleCase{"zh_CN", "en_US", "de_DE", Language::zh},
                                   LocaleCase{"", "zh_SG", "en_US", Language::zh}})
        EXPECT_EQ(language_of_locales(each.lc_all, each.lc_messages, each.lang), each.language) << each.lc_all << " " << each.lc_messages << " " << each.lang;
    for (const Language language : {Language::en, Language::zh}) EXPECT_EQ(language_from(name_of(language)), language);
    EXPECT_FALSE(language_from("de"));
}

}  // namespace
}  // namespace veritag::report
