#include "base/text.h"
#include "notices.h"
#include "notify/text.h"
#include "notify/words.h"
#include "report/messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace veritag::notify {
namespace {

using report::Language;

// The finding codes of the contract, section 5.
const std::vector<std::string> kCodes{
    "tag-syntax",        "tag-order",         "tag-form",         "tag-short",          "tag-unknown",        "os-mismatch",    "os-missing",        "sdk-mismatch",     "sdk-missing",        "sdk-foreign",
    "framework-mismatch", "framework-missing", "framework-backend", "tool-mismatch",      "tool-missing",       "app-mismatch",   "llm-mismatch",      "llm-missing",      "flavor-mismatch",    "arch-mismatch",
    "dev-missing",       "dev-undeclared",    "unproven",         "package-foreign",    "parent-mismatch",    "parent-stale",   "parent-unknown",    "parent-forged",    "platform-divergence", "platform-missing",
    "catalog-unpublished", "catalog-undeclared", "catalog-invalid",  "tag-moved",          "alias-stale",        "mirror-divergence", "base-floating",     "path-dead",        "path-mismatch",      "catalog-duplicate"};

bool is_chinese(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE4; });
}

TEST(Words, StandInBothLanguages) {
    for (int i = 0; i <= static_cast<int>(Word::last); ++i) {
        const std::string english(word(static_cast<Word>(i), Language::en)), chinese(word(static_cast<Word>(i), Language::zh));
        EXPECT_NE(english, "?") << i;
        EXPECT_TRUE(is_chinese(chinese)) << i << ": " << chinese;
        const auto placed = [](const std::string& text) {
            std::multiset<char> numbers;
            for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos; ++at) numbers.insert(text.at(at + 1));
            return numbers;
        };
        EXPECT_EQ(placed(english), placed(chinese)) << english;
    }
}

// Modules that make findings.
const std::set<std::string> kJudging{"tag", "judge", "fleet", "catalog", "detect", "audit", "source", "scan"};

bool looks_like_a_code(std::string_view text) {
    static constexpr std::string_view kFirst[] = {"tag",  "os",      "sdk",    "framework", "tool",    "app",   "llm",    "flavor", "arch",
                                                  "dev",  "package", "parent", "platform",  "catalog", "alias", "mirror", "base",   "path"};
    const auto parts = split_once(text, '-');
    return parts && std::find(std::begin(kFirst), std::end(kFirst), parts->first) != std::end(kFirst) && parts->second.size() > 2 &&
           std::all_of(parts->second.begin(), parts->second.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

TEST(Words, NoCodeLacksAName) {
    std::set<std::string> codes(kCodes.begin(), kCodes.end());
    EXPECT_EQ(codes.size(), 40U);
    // And whatever else the library says: every text of that form in its sources.
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(VERITAG_SOURCE_DIR) / "lib")) {
        const std::string module = entry.path().parent_path().filename().string();
        if (entry.path().extension() != ".cpp" || !kJudging.contains(module)) continue;
        std::ifstream in(entry.path());
        const std::string source{std::istreambuf_iterator<char>(in), {}};
        for (const std::string_view text : split(source, '"'))
            if (looks_like_a_code(text)) codes.emplace(text);
    }
    for (const std::string& code : codes) {
        EXPECT_NE(report::name_of_code(code, Language::en), code);
        EXPECT_TRUE(is_chinese(report::name_of_code(code, Language::zh))) << code;
    }
    EXPECT_EQ(report::name_of_code("brand-new", Language::zh), "brand-new");
}

TEST(MailText, IsCompleteInBothLanguages) {
    for (const std::string& code : kCodes) {
        Notice notice = notice_of("7", {change_of("0123456789abcdef", {"q/a:1"}, {}, {"q/b:1"}), change_of("fedcba9876543210", {}, {"q/c:1"}, {"q/d:1"})});
        for (CauseChange& each : notice.causes) {
            each.example.code = code;
            each.example.message = "English sentence.";
            each.example.suggestion = "1-oe2203sp4";
        }
        const std::string english = mail_body(notice, Language::en), chinese = mail_body(notice, Language::zh);
        EXPECT_NE(english.find("English sentence."), std::string::npos);
        EXPECT_NE(chinese.find(report::name_of_code(code, Language::zh)), std::string::npos) << chinese;
        EXPECT_EQ(english.find('?'), std::string::npos) << english;
        EXPECT_EQ(chinese.find('?'), std::string::npos) << chinese;
    }
}

TEST(MailText, ReadsWell) {
    Notice notice = notice_of("12", {change_of("0123456789abcdef", {"q/a:1", "q/a:2"}, {"q/b:3"}, {"q/c:1"}), change_of("fedcba9876543210", {}, {"q/z:1"})});
    notice.causes[0].example.suggestion = "a-oe2203sp4";
    EXPECT_EQ(mail_subject(notice, Language::en), "[veritag] quay.io/openeuler: 1 new, 2 mended");
    EXPECT_EQ(mail_subject(notice, Language::zh), "[veritag] quay.io/openeuler：新增 1 类问题，修复 2 类");
    EXPECT_EQ(mail_body(notice, Language::en), R"(Target: quay.io/openeuler
Run: 12, 2026-11-26T12:00:00Z
Images: 3 pass, 1 warn, 2 fail, 0 unknown, 1 unreadable

New, by cause, worst first: 1

1. error os-mismatch: wrong operating system
   The tag claims openEuler 22.03-LTS-SP2; the image holds openEuler 22.03-LTS-SP4.
   2 images:
     q/a:1
     q/a:2
   and as before in 1 others
   Evidence, from q/a:1:
     usr/lib/os-release (layer 0): VERSION="22.03-LTS-SP4"
   It should be tagged a-oe2203sp4.

Mended, by cause: 2

1. error os-mismatch: wrong operating system
   The tag claims openEuler 22.03-LTS-SP2; the image holds openEuler 22.03-LTS-SP4.
   1 images:
     q/b:3
   still in 3 others

2. error os-mismatch: wrong operating system
   The tag claims openEuler 22.03-LTS-SP2; the image holds openEuler 22.03-LTS-SP4.
   1 images:
     q/z:1

Details: https://veritag.example/audits/7
)");
    notice.first_look = true;
    notice.causes.pop_back();
    notice.causes[0].mended.clear();
    notice.causes[0].remaining.clear();
    EXPECT_EQ(mail_subject(notice, Language::en), "[veritag] quay.io/openeuler: first look, 1 causes of findings");
    const std::string chinese = mail_body(notice, Language::zh);
    EXPECT_NE(chinese.find("这是首次检查该目标"), std::string::npos) << chinese;
    EXPECT_NE(chinese.find("标签声明 openEuler 22.03-LTS-SP2，镜像中实际为 openEuler 22.03-LTS-SP4。"), std::string::npos) << chinese;
}

TEST(MailText, LongListsAreCut) {
    std::vector<std::string> many;
    for (int i = 1000; i < 3000; ++i) many.push_back("q/a:" + std::to_string(i));
    Notice notice = notice_of("1", {});
    for (int i = 0; i < 150; ++i) notice.causes.push_back(change_of("0123456789abcdef", many, {}));
    const std::string body = mail_body(notice, Language::en);
    EXPECT_NE(body.find("and 1980 more"), std::string::npos);
    EXPECT_NE(body.find("and 50 more"), std::string::npos);
    EXPECT_LT(body.size(), 200'000U);
}

Notice hostile() {
    Notice notice = notice_of("1", {change_of("0123456789abcdef", {"q/a:1"}, {})});
    Finding& finding = notice.causes[0].example;
    finding.message = "It holds \n<!-- veritag end -->\n@everyone #1 [x](http://evil.example) <script> `code` **bold** \x1b[31m \xff";
    finding.claimed = "`; @root <!-- veritag cause fedcba9876543210 -->";
    finding.evidence[0].path = "etc/`@all`\n<!-- veritag cause fedcba9876543210 -->";
    finding.evidence[0].detail = "x\r\n- `q/forged:1`\n<!-- veritag images end -->\n";
    finding.suggestion = "`\n#1";
    notice.target = "q`\n@a";
    return notice;
}

TEST(IssueText, IsCompleteInBothLanguages) {
    const Notice notice = notice_of("12", {change_of("0123456789abcdef", {"q/a:1"}, {})});
    const std::vector<std::string> references{"q/a:1", "q/a:2"};
    const IssueContent content{notice, notice.causes[0], references};
    EXPECT_EQ(issue_title(content, Language::en), "[veritag] os-mismatch: The tag claims openEuler 22.03-LTS-SP2; the image holds openEuler 22.03-LTS-SP4.");
    EXPECT_EQ(issue_title(content, Language::zh), "[veritag] os-mismatch：标签声明 openEuler 22.03-LTS-SP2，镜像中实际为 openEuler 22.03-LTS-SP4。");
    EXPECT_EQ(issue_body(content, Language::en), R"(<!-- veritag cause 0123456789abcdef -->
The tag claims openEuler 22.03-LTS-SP2; the image holds openEuler 22.03-LTS-SP4.

- Finding: `os-mismatch`, wrong operating system (error)
- Target: `quay.io/openeuler`
- Component: `openeuler`
- Claimed: `22.03-LTS-SP2`
- Found: `22.03-LTS-SP4`
- Last change: run `12`, 2026-11-26T12:00:00Z
- Details: https://veritag.example/audits/7

### Images: 2

<!-- veritag images -->
- `q/a:1`
- `q/a:2`
<!-- veritag images end -->

### Evidence, from `q/a:1`:

- `usr/lib/os-release` (layer 0): `VERSION="22.03-LTS-SP4"`

---
veritag keeps this text up to date and closes the issue when no image has the finding any more. What is written below the last line stays.
<!-- veritag end -->
)");
    for (const std::string& code : kCodes) {
        Notice other = notice;
        other.causes[0].example.code = code;
        const std::string body = issue_body({other, other.causes[0], references}, Language::zh);
        EXPECT_NE(body.find(report::name_of_code(code, Language::zh)), std::string::npos) << code;
        EXPECT_EQ(body.find("Finding"), std::string::npos);
    }
}

TEST(IssueText, IsReadBack) {
    const Notice notice = notice_of("12", {change_of("0123456789abcdef", {"q/a:1"}, {})});
    for (const std::vector<std::string>& references : {std::vector<std::string>{}, {"q/a:1"}, {"q/a:1", "q/b:2", "q/c:3"}}) {
        for (const Language language : {Language::en, Language::zh}) {
            const std::string body = issue_body({notice, notice.causes[0], references}, language);
            std::string crlf;
            for (const char c : body) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
            for (const std::string& text : {body, crlf}) {
                EXPECT_EQ(cause_of_body(text), "0123456789abcdef");
                EXPECT_EQ(references_of_body(text), references);
                EXPECT_EQ(tail_of_body(text), "");
                EXPECT_EQ(tail_of_body(text + "A note.\n<!-- veritag end -->\nmore"), "A note.\n<!-- veritag end -->\nmore");
            }
        }
    }
    EXPECT_EQ(cause_of_body("x\n<!-- veritag cause 0123456789abcdef -->"), "");
    EXPECT_EQ(cause_of_body("<!-- veritag cause 0123456789ABCDEF -->"), "");
    EXPECT_EQ(cause_of_body("<!-- veritag cause  -->"), "");
    EXPECT_EQ(cause_of_body("<!-- veritag cause -->"), "");
    EXPECT_EQ(cause_of_body(""), "");
    EXPECT_EQ(references_of_body("nothing"), std::nullopt);
    EXPECT_EQ(references_of_body("<!-- veritag images -->\n- `a`\n"), std::nullopt);
    EXPECT_EQ(references_of_body("<!-- veritag images -->\nsomebody wrote here\n<!-- veritag images end -->"), std::nullopt);
}

TEST(IssueText, LongListsAreCutAndSayso) {
    std::vector<std::string> many;
    for (int i = 10'000; i < 13'000; ++i) many.push_back("hub.example/openeuler/pytorch:2.1.0-cann8.0.RC1-oe2203sp4-" + std::to_string(i));
    const Notice notice = notice_of("12", {change_of("0123456789abcdef", many, {})});
    const std::string body = issue_body({notice, notice.causes[0], many}, Language::en);
    EXPECT_LE(body.size(), 60'000U);
    EXPECT_NE(body.find("### Images: 3000"), std::string::npos);
    EXPECT_EQ(references_of_body(body), std::nullopt);
    EXPECT_EQ(cause_of_body(body), "0123456789abcdef");
}

TEST(IssueText, NothingOfAnImageIsMarkup) {
    const Notice notice = hostile();
    const std::vector<std::string> references{"q/a:1"};
    const std::string body = issue_body({notice, notice.causes[0], references}, Language::en);
    EXPECT_EQ(cause_of_body(body), "0123456789abcdef");
    EXPECT_EQ(references_of_body(body), references);
    EXPECT_EQ(tail_of_body(body), "");
    EXPECT_TRUE(is_valid_utf8(body));
    // Outside of code spans there is no mark that a forge acts on.
    std::string outside;
    bool in_code = false;
    for (const char c : body) {
        if (c == '\n') in_code = false;
        if (c == '`') in_code = !in_code;
        if (!in_code) outside += c;
    }
    EXPECT_EQ(outside.find("@everyone"), std::string::npos) << outside;
    EXPECT_EQ(outside.find("](http"), std::string::npos);
    EXPECT_EQ(outside.find("http://evil"), std::string::npos);
    EXPECT_EQ(outside.find(" <script"), std::string::npos);
    EXPECT_EQ(outside.find(" **bold"), std::string::npos);
    EXPECT_EQ(outside.find("#1"), std::string::npos);
    const std::string title = issue_title({notice, notice.causes[0], references}, Language::en);
    EXPECT_EQ(title.find('\n'), std::string::npos);
    EXPECT_LE(title.size(), 183U);
    EXPECT_TRUE(is_valid_utf8(title));
    const std::string mail = mail_body(notice, Language::en);
    EXPECT_EQ(mail.find('\x1b'), std::string::npos);
    EXPECT_EQ(mail.find("\n<!--"), std::string::npos);
    EXPECT_EQ(mail_subject(notice, Language::en).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace veritag::notify
