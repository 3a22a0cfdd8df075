#include "report/messages.h"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>

namespace veritag::report {
namespace {

struct MessageCase {
    const char* name;
    const char* code;
    const char* component;
    std::optional<std::string> claimed;
    std::optional<std::string> observed;
    const char* chinese;
};
std::ostream& operator<<(std::ostream& out, const MessageCase& c) { return out << c.name; }

class Chinese : public testing::TestWithParam<MessageCase> {};
TEST_P(Chinese, IsMadeFromCodeAndFields) {
    const MessageCase& c = GetParam();
    const Finding finding{.code = c.code, .component = c.component, .claimed = c.claimed, .observed = c.observed, .message = "English.", .evidence = {}};
    EXPECT_EQ(message_for(finding, Language::zh), c.chinese);
    EXPECT_EQ(message_for(finding, Language::en), "English.");
}
INSTANTIATE_TEST_SUITE_P(
    Codes, Chinese,
    testing::Values(
        MessageCase{"OsMismatch", "os-mismatch", "openeuler", "22.03-LTS-SP2", "22.03-LTS-SP4", "标签声明的操作系统是 openeuler 22.03-LTS-SP2，镜像实际为 22.03-LTS-SP4"},
        MessageCase{"OsMissing", "os-missing", "openeuler", "22.03-LTS", std::nullopt, "标签声明的操作系统是 openeuler 22.03-LTS，镜像中却没有该系统的任何内容"},
        MessageCase{"SdkMissing", "sdk-missing", "cann", "8.0.RC1", std::nullopt, "标签声明的 SDK 是 cann 8.0.RC1，镜像中没有安装"},
        MessageCase{"SdkForeign", "sdk-foreign", "cuda", std::nullopt, "12.2.0", "镜像中安装了 cuda 12.2.0，它面向的硬件与标签声明的不同"},
        MessageCase{"SdkForeignWithoutVersion", "sdk-foreign", "cuda", std::nullopt, "cuda", "镜像中安装了 cuda，它面向的硬件与标签声明的不同"},
        MessageCase{"FrameworkMismatch", "framework-mismatch", "pytorch", "2.1.0", "2.3.0", "标签声明的框架是 pytorch 2.1.0，镜像中实际为 2.3.0"},
        MessageCase{"BackendBuiltForOther", "framework-backend", "pytorch", "2.1.0", "cuda 12.1", "pytorch 2.1.0 不是为标签声明的 SDK 构建的，镜像中的版本面向 cuda 12.1"},
        MessageCase{"BackendWithoutPlugin", "framework-backend", "pytorch", "2.1.0", std::nullopt, "pytorch 2.1.0 无法使用标签声明的 SDK：缺少所需的插件，或构建时没有启用"},
        MessageCase{"ToolMismatch", "tool-mismatch", "python", "3.10", "3.9.9", "标签声明的 python 3.10 与镜像不符，镜像中实际为 3.9.9"},
        MessageCase{"ModelNamedOnce", "llm-missing", "chatglm2-6b", "chatglm2-6b", std::nullopt, "标签声明的模型是 chatglm2-6b，镜像中没有该模型的内容"},
        MessageCase{"Architecture", "arch-mismatch", "", "linux/arm64", "linux/amd64", "镜像发布的平台是 linux/arm64，实际内容属于 linux/amd64"},
        MessageCase{"Unproven", "unproven", "cann", "8.0", std::nullopt, "标签声明了 cann 8.0，镜像内容既不能证实也不能否定"},
        MessageCase{"UnprovenForUnreadParts", "unproven", "", std::nullopt, std::nullopt, "镜像中有无法读取的部分，不能排除其中藏有与标签不符的内容"},
        MessageCase{"Misspelt", "tag-form", "openeuler", "24.03-LTS", std::nullopt, "标签中表示 openeuler 24.03-LTS 的部分可以识别，但写法不符合规范"},
        MessageCase{"MisspeltWhole", "tag-form", "", std::nullopt, std::nullopt, "标签可以识别，但写法不符合规范"},
        MessageCase{"UnknownPart", "tag-unknown", "", "foo1", std::nullopt, "标签中的“foo1”没有规则能够识别"},
        MessageCase{"UnknownCodeFallsBack", "brand-new", "x", "1", "2", "English."},
        MessageCase{"MissingFieldsFallBackToTheName", "os-mismatch", "openeuler", std::nullopt, std::nullopt, "操作系统不符：English."}),
    [](const testing::TestParamInfo<MessageCase>& each) { return each.param.name; });

TEST(ChineseMessages, CoverEveryCodeAScanProduces) {
    for (const char* code : {"tag-syntax", "tag-order", "tag-form", "tag-short", "tag-unknown", "os-mismatch", "os-missing", "sdk-mismatch", "sdk-missing",
                             "sdk-foreign", "framework-mismatch", "framework-missing", "framework-backend", "tool-mismatch", "tool-missing", "app-mismatch",
                             "llm-mismatch", "llm-missing", "arch-mismatch", "unproven", "parent-forged"}) {
        const Finding finding{.code = code, .component = "c", .claimed = "1", .observed = "2", .message = "English.", .evidence = {}};
        EXPECT_NE(message_for(finding, Language::zh), "English.") << code;
    }
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
