#include "report/messages.h"

#include <gtest/gtest.h>

#include <string>

namespace veritag::report {
namespace {

Finding saying(std::string code, std::string message) { return {.code = std::move(code), .component = "openeuler", .claimed = "24.03-LTS", .observed = "22.03-LTS", .message = std::move(message), .evidence = {}}; }

TEST(Messages, AreTheEnglishSentenceOrItsChinese) {
    const Finding finding = saying("os-mismatch", "The tag claims openEuler 24.03-LTS; the image holds openEuler 22.03-LTS.");
    EXPECT_EQ(message_for(finding, Language::en), finding.message);
    EXPECT_EQ(message_for(finding, Language::zh), "标签声明 openEuler 24.03-LTS，镜像中实际为 openEuler 22.03-LTS。");
}

// The sentence decides, not the code: what the judge made of configs alone is "unproven".
TEST(Messages, AskForNoCode) {
    EXPECT_EQ(message_for(saying("brand-new", "The tag pointed to another image at the last audit."), Language::zh), "上次审计时，标签指向的是另一个镜像。");
}

TEST(Messages, ThatNoPatternFitsAreNamedInChinese) {
    EXPECT_EQ(message_for(saying("os-mismatch", "Something new."), Language::zh), "操作系统不符：Something new.");
    EXPECT_EQ(message_for(saying("brand-new", "Something new."), Language::zh), "Something new.");
    const std::string evil = "{1}\x1b[2J\xff{9:why}" + std::string(1, '\0');
    EXPECT_EQ(message_for(saying("os-mismatch", evil), Language::zh), "操作系统不符：" + evil);
}

TEST(Words, StandInBothLanguages) {
    for (int i = 0; i <= static_cast<int>(Text::unreadable_tag); ++i)
        for (const Language language : {Language::en, Language::zh}) EXPECT_NE(text(static_cast<Text>(i), language), "?") << i;
    for (const Language language : {Language::en, Language::zh}) {
        for (int i = 0; i <= static_cast<int>(Verdict::error); ++i) EXPECT_NE(verdict_word(static_cast<Verdict>(i), language), "?");
        for (int i = 0; i <= static_cast<int>(Severity::info); ++i) EXPECT_NE(severity_word(static_cast<Severity>(i), language), "?");
        for (int i = 0; i <= static_cast<int>(ComponentKind::app); ++i) EXPECT_NE(kind_word(static_cast<ComponentKind>(i), language), "?");
    }
    EXPECT_EQ(fill("{1} of {0}", {"a", "{0}"}), "{0} of a");
}

}  // namespace
}  // namespace veritag::report
