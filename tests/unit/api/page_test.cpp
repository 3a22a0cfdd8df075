// The page as it lies in the executable, and the language in which it is given out.
#include "api/page.h"

#include "api/forms.h"
#include "base/text.h"
#include "report/component_names.h"
#include "report/messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace veritag::api {
namespace {

TEST(Page, HasItsFilesSortedAndSmall) {
    const auto files = page_files();
    ASSERT_GT(files.size(), 10U);
    EXPECT_TRUE(std::is_sorted(files.begin(), files.end(), [](const PageFile& a, const PageFile& b) { return a.name < b.name; }));
    std::size_t bytes = 0;
    for (const PageFile& file : files) {
        bytes += file.content.size();
        EXPECT_FALSE(file.content.empty()) << file.name;
        EXPECT_NE(page_content_type(file.name), "application/octet-stream") << file.name;
    }
    EXPECT_LT(bytes, 200U << 10);
}

std::string content_of(std::string_view name) {
    for (const PageFile& file : page_files())
        if (file.name == name) return std::string(file.content);
    return {};
}

// A maintainer who reads a report and the page must not meet two words for one thing.
TEST(Page, CallsThingsAsReportsDo) {
    const std::string codes = content_of("codes.js");
    for (const std::string& code : report::finding_codes()) {
        std::string english(report::name_of_code(code, report::Language::en));
        english[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(english[0])));
        EXPECT_NE(codes.find("\", \"" + english + "\", \"" + std::string(report::name_of_code(code, report::Language::zh)) + "\"]"), std::string::npos) << code;
    }
    const std::string texts = content_of("texts.js");
    for (const Verdict verdict : {Verdict::pass, Verdict::warn, Verdict::fail, Verdict::unknown, Verdict::error}) {
        const std::size_t at = texts.find("\n  " + std::string(to_string(verdict)) + ": [");
        ASSERT_NE(at, std::string::npos) << to_string(verdict);
        const std::string words = "[\"" + to_lower(report::verdict_word(verdict, report::Language::en)) + "\", \"" + std::string(report::verdict_word(verdict, report::Language::zh)) + "\"]";
        EXPECT_NE(texts.substr(at + 1, texts.find('\n', at + 1) - at).find(words), std::string::npos) << words;
    }
    const std::string names = content_of("names.js");
    for (const report::ComponentName& each : report::component_names()) {
        const std::string key(each.version.empty() ? each.component : std::string(each.component) + ' ' + std::string(each.version));
        const std::string line = "\n  \"" + key + "\": [\"" + std::string(each.english) + "\", \"" + std::string(each.chinese) + "\"],\n";
        EXPECT_NE(names.find(line), std::string::npos) << line;
    }
}

TEST(Page, NamesItsVersionEverywhere) {
    const std::string& english = page_index("en");
    EXPECT_EQ(page_version().size(), 16U);
    EXPECT_NE(english.find("page/" + page_version() + "/style.css"), std::string::npos);
    EXPECT_NE(english.find("modulepreload\" href=\"page/" + page_version() + "/app.js"), std::string::npos);
    EXPECT_EQ(english.find('{'), std::string::npos);  // every gap is filled
    EXPECT_NE(english.find("<html lang=\"en\">"), std::string::npos);
    EXPECT_NE(page_index("zh").find("<html lang=\"zh\">"), std::string::npos);
}

// The policy forbids what stands in the page itself, and nothing may be fetched from elsewhere.
TEST(Page, NeedsNothingThatThePolicyForbids) {
    for (const PageFile& file : page_files()) {
        const bool names_namespace = file.name == "dom.js" || file.name.ends_with(".svg");
        EXPECT_EQ(file.content.find(names_namespace ? "https://" : "://"), std::string_view::npos) << file.name;
    }
    const std::string& index = page_index("en");
    for (const char* forbidden : {" style=", " onclick=", "<style", "javascript:"}) EXPECT_EQ(index.find(forbidden), std::string::npos) << forbidden;
    for (std::size_t at = index.find("<script"); at != std::string::npos; at = index.find("<script", at + 1)) EXPECT_EQ(index.compare(at, 29, "<script type=\"module\" src=\"pa"), 0);
}

struct Wish {
    const char* header;
    report::Language language;
};

TEST(PreferredLanguage, FollowsTheHeader) {
    using report::Language;
    const Wish table[] = {{"", Language::en}, {"zh", Language::zh}, {"zh-CN,zh;q=0.9,en;q=0.8", Language::zh}, {"en-US,en;q=0.9,zh;q=0.8", Language::en}, {"en;q=0.5, zh-TW;q=0.7", Language::zh},
                          {"de, fr", Language::en}, {"de, zh;q=0.1", Language::zh}, {"zh;q=0, en;q=0.1", Language::en}, {"zh;q=0", Language::en}, {"ZH-hans", Language::zh}, {"zhx", Language::en},
                          {"zh;q=nonsense, en;q=0.1", Language::en}, {"zh;q=2", Language::en}, {"zh;q=1;x=y", Language::zh}, {"*", Language::en}, {";;,,;q=", Language::en}};
    for (const Wish& each : table) {
        server::RequestHead head;
        if (*each.header != '\0') head.headers.add("Accept-Language", each.header);
        EXPECT_EQ(preferred_language(head), each.language) << each.header;
    }
}

TEST(WriteOptions, TheQueryGoesBeforeTheHeader) {
    server::Request request;
    request.headers.add("Accept-Language", "zh");
    request.target.query.add("lang", "en");
    ASSERT_TRUE(write_options(request));
    EXPECT_EQ(write_options(request)->language, report::Language::en);
    server::Request plain;
    plain.headers.add("Accept-Language", "zh");
    EXPECT_EQ(write_options(plain)->language, report::Language::zh);
    server::Request wrong;
    wrong.target.query.add("lang", "fr");
    const auto refused = write_options(wrong);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("en or zh"), std::string::npos);
}

}  // namespace
}  // namespace veritag::api
