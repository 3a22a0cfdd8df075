#include "report/messages.h"

#include "base/byte_reader.h"
#include "base/text.h"

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
    for (int i = 0; i <= static_cast<int>(Text::last); ++i)
        for (const Language language : {Language::en, Language::zh}) EXPECT_NE(text(static_cast<Text>(i), language), "?") << i;
    for (const Language language : {Language::en, Language::zh}) {
        for (int i = 0; i <= static_cast<int>(Verdict::error); ++i) EXPECT_NE(verdict_word(static_cast<Verdict>(i), language), "?");
        for (int i = 0; i <= static_cast<int>(Severity::info); ++i) EXPECT_NE(severity_word(static_cast<Severity>(i), language), "?");
        for (int i = 0; i <= static_cast<int>(ComponentKind::app); ++i) EXPECT_NE(kind_word(static_cast<ComponentKind>(i), language), "?");
    }
    EXPECT_EQ(fill("{1} of {0}", {"a", "{0}"}), "{0} of a");
}

TEST(MessageFor, SaysAnErrorInChineseAsFarAsItIsKnown) {
    const Error known{ErrorCode::auth, "fetch manifest", "docker.io/a/b:1", "HTTP 401: it asks for a user name and password", "check the name and the tag"};
    EXPECT_EQ(message_for(known, Language::zh), "获取清单：docker.io/a/b:1：HTTP 401：要求用户名和密码；请检查名称和标签");
    EXPECT_EQ(message_for(known, Language::en), known.message());
    const Error of_the_system{ErrorCode::io, "open file", "/a: b", "No such file or directory", ""};
    EXPECT_EQ(message_for(of_the_system, Language::zh), "打开文件：/a: b：No such file or directory");
    const Error unknown{ErrorCode::io, "dance", "layer 1", "stopped on request", "try again"};
    EXPECT_EQ(message_for(unknown, Language::zh), unknown.message()) << "not half of it";
}

TEST(MessageFor, SaysAPartThatCouldNotBeReadInChinese) {
    EXPECT_EQ(message_for(Problem{"var/lib/rpm/Packages", "layer 2: read rpm header: package bash var/lib/rpm/Packages @16: no entries"}, Language::zh),
              "第 2 层：读取 rpm 头：软件包 bash，var/lib/rpm/Packages @16：没有条目");
    EXPECT_EQ(message_for(Problem{"a", "something new: with \"quotes\""}, Language::zh), "something new: with \"quotes\"");
}

TEST(MessageFor, SpeaksTheLanguageOfWhoStartsACommand) {
    const auto of = [](const Error& error) { return message_for(error, Language::zh); };
    EXPECT_EQ(of({ErrorCode::usage, "read store", "audit 99", "there is no such audit", "veritag report --list shows those there are"}), "读取存储：审计 99：没有这次审计；veritag report --list 会列出已有的审计");
    EXPECT_EQ(of({ErrorCode::config, "read waivers", "w.yml:3:5 waivers[0]", "the key \"expiry\" is missing", ""}), "读取豁免文件：w.yml:3:5 waivers[0]：缺少键“expiry”");
    EXPECT_TRUE(of({ErrorCode::usage, "read --format", "", "\"xml\" is unknown (known: json, table)", "did you mean \"html\"?"}).starts_with("读取 --format：")) << "and not in English";
    EXPECT_EQ(of({ErrorCode::usage, "read command line", "scna", "no such command (known: scan, audit)", "did you mean \"scan\"? see veritag --help"}), "读取命令行：scna：没有这个命令（可用：scan, audit）；是否想写“scan”？请查看 veritag --help");
    EXPECT_EQ(of({ErrorCode::io, "make directory", "/x", "Permission denied", ""}), "创建目录：/x：Permission denied");
    EXPECT_EQ(of(limit_error("read manifest", "oci:a", 82, "limits.json_depth", 64)), "解析清单：oci:a：深 82 层（上限 64）；若信任此镜像，可调大 limits.json_depth");
}

// Whatever a path is called, it comes out as it is.
TEST(MessageFor, LeavesPathsAsTheyAre) {
    for (const std::string name : {"a package b-1.dist-info/METADATA", "my config c/METADATA", "x layer 3 y/METADATA", "record 5 of x/METADATA", "entry 3 x/METADATA", "annotation x/METADATA", "tar @5 extended header/METADATA",
                                   "it has no name: read tar: no entries; try again/METADATA", "package b c/METADATA", "a member \"b\"/METADATA", "frame at x/METADATA", "reached as x/METADATA"}) {
        const std::string english = "layer 0: read Python metadata: " + name + " @0: its header has no Name";
        EXPECT_EQ(message_for(Problem{name, english}, Language::zh), "第 0 层：读取 Python 元数据：" + name + " @0：头部没有 Name");
        EXPECT_EQ(detail_for({.source = EvidenceSource::file, .path = name, .layer = -1, .diff_id = "", .detail = english}, Language::zh), message_for(Problem{name, english}, Language::zh));
    }
    const std::string hostile = "x\n package y/METADATA", deep = std::string(190, 'd') + " package y/and further on/METADATA";
    for (const std::string& name : {hostile, deep}) {
        const std::string shown = quote(name);
        EXPECT_EQ(message_for(Problem{name, "read Python metadata: " + shown + " @0: its header has no Name"}, Language::zh), "读取 Python 元数据：" + shown + " @0：头部没有 Name");
    }
    EXPECT_EQ(message_for(Problem{"a b", "absolute name, read as relative to the image's root"}, Language::zh), "名称是绝对路径，按相对于镜像根目录读取") << "a path of which the message says nothing";
    const std::string forged = "layer 0: read tar: \x01 @0: no entries";
    EXPECT_EQ(message_for(Problem{"a b", forged}, Language::zh), forged);
    const Error of_a_layer{ErrorCode::malformed, "read tar", "docker.io/a/b:1 layer 2 sha256:" + std::string(64, 'a') + " tar @512", "it holds a NUL", ""};
    EXPECT_EQ(message_for(of_a_layer, Language::zh), "读取 tar：docker.io/a/b:1 第 2 层 sha256:" + std::string(64, 'a') + " tar @512：其中有 NUL 字符");
}

TEST(DetailFor, LeavesTheTextOfAnImageAsItIs) {
    const auto detail = [](EvidenceSource source, int layer, const char* text) { return detail_for({.source = source, .path = "p", .layer = layer, .diff_id = "", .detail = text}, Language::zh); };
    EXPECT_EQ(detail(EvidenceSource::history, 3, "4 layers of docker.io/a/b:1@sha256:00"), "docker.io/a/b:1@sha256:00 的 4 层");
    EXPECT_EQ(detail(EvidenceSource::file, 0, "computed from the layer"), "由该层内容计算得出");
    EXPECT_EQ(detail(EvidenceSource::file, -1, "layer 1: absolute name, read as relative to the image's root"), "第 1 层：名称是绝对路径，按相对于镜像根目录读取");
    EXPECT_EQ(detail(EvidenceSource::file, 0, "layer 1: absolute name, read as relative to the image's root"), "layer 1: absolute name, read as relative to the image's root") << "a line of a file";
    for (const EvidenceSource source : {EvidenceSource::package, EvidenceSource::environment, EvidenceSource::label}) EXPECT_EQ(detail(source, 0, "computed from the layer"), "computed from the layer");
    for (const char* line : {"version=8.0.RC1 is sha256:123", "4 layers of docker.io/a/b:1@sha256:00", "reached as the last", "ELF for all"}) EXPECT_EQ(detail(EvidenceSource::file, 0, line), line);
    const std::string whole = "docker.io/a/b:1 is sha256:" + std::string(64, 'a');
    EXPECT_EQ(detail(EvidenceSource::file, 0, whole.c_str()), whole);
    EXPECT_EQ(detail(EvidenceSource::history, -1, whole.c_str()), "docker.io/a/b:1 对应 sha256:" + std::string(64, 'a'));
    EXPECT_EQ(detail(EvidenceSource::file, 0, "VERSION=\"22.03 (LTS-SP4)\""), "VERSION=\"22.03 (LTS-SP4)\"");
}

}  // namespace
}  // namespace veritag::report
