// The Chinese of the findings' sentences: every English one has a pattern, no fact is lost on the way, and no text of an image upsets it.
#include "report/sentences.h"

#include "report/messages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <ostream>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::report {
namespace {

struct SentenceCase {
    const char* name;
    const char* english;
    const char* chinese;
    Part part = Part::sentence;
};
std::ostream& operator<<(std::ostream& out, const SentenceCase& c) { return out << c.name; }

class ChineseSentence : public testing::TestWithParam<SentenceCase> {};
TEST_P(ChineseSentence, SaysWhatTheEnglishOneSays) {
    const std::optional<Translation> translation = translate(GetParam().english, GetParam().part);
    ASSERT_TRUE(translation) << GetParam().english;
    EXPECT_EQ(translation->chinese, GetParam().chinese);
    for (const std::string& fact : translation->facts) EXPECT_NE(translation->chinese.find(fact), std::string::npos) << fact;
}
INSTANTIATE_TEST_SUITE_P(
    Of, ChineseSentence,
    testing::Values(
        SentenceCase{"AMismatch", "The tag claims openEuler 22.03-LTS-SP2; the image holds openEuler 22.03-LTS-SP4.", "标签声明 openEuler 22.03-LTS-SP2，镜像中实际为 openEuler 22.03-LTS-SP4。"},
        SentenceCase{"SeveralVersions", "The tag claims Python 3.10; the image holds Python 3.9.9, 3.11.6 and 3.12.1.", "标签声明 Python 3.10，镜像中实际为 Python 3.9.9、3.11.6 和 3.12.1。"},
        SentenceCase{"AnotherSystem", "The tag claims openEuler 24.03-LTS; the image is Ubuntu 22.04.", "标签声明 openEuler 24.03-LTS，镜像实际为 Ubuntu 22.04。"},
        SentenceCase{"ProofOfAbsence", "The tag claims NVIDIA CUDA 12.2.0; it is not in the image: nothing lies at usr/local/cuda*/**, opt/cuda/**, **/libcudart.so* or where else it could be.",
                     "标签声明 NVIDIA CUDA 12.2.0，镜像中却没有：usr/local/cuda*/**、opt/cuda/**、**/libcudart.so* 以及其他可能的位置都没有任何文件。"},
        SentenceCase{"ProofOfAbsenceAtOnePlace", "The tag claims Ascend CANN 8.0; it is not in the image: nothing lies at usr/local/Ascend/**.", "标签声明 Ascend CANN 8.0，镜像中却没有：usr/local/Ascend/** 处没有任何文件。"},
        SentenceCase{"ALackingPlugin", "PyTorch lacks torch_npu, without which it does not use Ascend CANN.", "PyTorch 缺少 torch_npu，没有后者就无法使用 Ascend CANN。"},
        SentenceCase{"AnotherBackend", "PyTorch is built for NVIDIA CUDA 12.1, not for Ascend CANN.", "PyTorch 是为 NVIDIA CUDA 12.1 构建的，而不是为 Ascend CANN 构建的。"},
        SentenceCase{"ABuildBetweenReleases", "The tag claims vLLM 0.6.0; the image holds a build from between releases, 0.6.1.dev5+g1234.", "标签声明 vLLM 0.6.0，但镜像中的是介于两个正式版本之间的构建 0.6.1.dev5+g1234。"},
        SentenceCase{"OnlySettings", "The tag claims Ascend CANN 7.0.RC1; only the image's own settings name it, and settings prove nothing.", "标签声明 Ascend CANN 7.0.RC1，但只有镜像自身的设置提到它，而设置不能作为证据。"},
        SentenceCase{"APlugInThatCannotBeTold", "The tag claims PyTorch 2.1.0; whether it has torch_npu for Ascend CANN could not be told.", "标签声明 PyTorch 2.1.0，但无法确定其中是否有用于 Ascend CANN 的 torch_npu。"},
        SentenceCase{"PartsThatCouldNotBeRead", "3 parts of the image could not be read, so they may hide something.", "镜像中有 3 处内容无法读取，其中可能藏有其他内容。"},
        SentenceCase{"ForeignPackages", "12 of 310 packages are built for AlmaLinux or CentOS or Rocky Linux, not for openEuler.", "310 个软件包中有 12 个是为 AlmaLinux 或 CentOS 或 Rocky Linux 构建的，而不是为 openEuler 构建的。"},
        SentenceCase{"PackagesOfAnotherRelease", "200 of 310 packages that name a release are built for openEuler 22.03-LTS-SP4, and the image is 22.03-LTS-SP2.",
                     "标明系统版本的 310 个软件包中有 200 个是为 openEuler 22.03-LTS-SP4 构建的，镜像的系统版本却是 22.03-LTS-SP2。"},
        SentenceCase{"Platforms", "One tag, and not one content: PyTorch is 2.1.0, 2.2.0 on linux/amd64, but 2.3.0 on linux/arm64, 2.4.0, 2.5.0 on linux/s390x.",
                     "同一标签在各平台上的内容不一致：PyTorch 在 linux/amd64 上为 2.1.0、2.2.0，在 linux/arm64 上为 2.3.0，在 linux/s390x 上为 2.4.0、2.5.0。"},
        SentenceCase{"ALateAlias", "The floating tag stands for openEuler 24.03-LTS-SP2; the image is 24.03-LTS-SP1, which it stood for from 2025-06-30 to 2026-04-10.",
                     "浮动标签目前对应 openEuler 24.03-LTS-SP2，镜像却是 24.03-LTS-SP1；该标签在 2025-06-30 至 2026-04-10 期间对应的正是后者。"},
        SentenceCase{"Mirrors", "This tag is not the same image in every registry, and it is missing in a.example, and it is missing in b.example.", "该标签在各镜像仓库中不是同一个镜像，并且在 a.example、b.example 中缺失。"},
        SentenceCase{"NoRightParent", "None of the published images below this one is Ascend CANN 8.0.RC1 with openEuler 22.03-LTS-SP4; the nearest is hub.example/openeuler/openeuler:22.03.",
                     "本镜像所基于的已发布镜像中没有 Ascend CANN 8.0.RC1 + openEuler 22.03-LTS-SP4，其中最近的是 hub.example/openeuler/openeuler:22.03。"},
        SentenceCase{"AParentByConfigs", "By the configs alone, which prove nothing: The image is built on hub.example/openeuler/cann:8.0, which says Ascend CANN 8.0, not 7.0.",
                     "仅凭镜像配置推断（配置本身不能作为证据）：镜像基于 hub.example/openeuler/cann:8.0 构建，后者声明的是 Ascend CANN 8.0，而不是 7.0。"},
        SentenceCase{"ATagOutOfOrder", "The tag \"oe2403lts-cuda12.2.0\": The parts are understood, but the rule puts them in the order llm, framework, sdk, os; rightly spelt it is \"cuda12.2.0-oe2403lts\". That tag is declared already.",
                     "标签“oe2403lts-cuda12.2.0”：各部分都能识别，但规则要求的顺序是大模型、框架、SDK、操作系统；正确的写法是“cuda12.2.0-oe2403lts”。该标签已有声明。"},
        SentenceCase{"ATagThatNoRuleReads", "The tag \"x y\" cannot be read by the rule of its repository: oEEP-0005 application image, <version>-oe<YYMM><lts|spN>; a right one is \"1.0.0-oe2403lts\".",
                     "标签“x y”不符合所在仓库的规则，无法解析：oEEP-0005 应用镜像，<version>-oe<YYMM><lts|spN>；正确的例子：“1.0.0-oe2403lts”。"},
        SentenceCase{"ABaseToStartFrom", "The tag 1.0-oe2403sp1 claims openEuler 24.03-LTS-SP1; its final base \"openeuler/python:3.11-oe2403lts\" is openEuler 24.03-LTS. Start from an image openeuler/python of openEuler 24.03-LTS-SP1, which this tree does not declare yet, or change the tag.",
                     "标签 1.0-oe2403sp1 声明 openEuler 24.03-LTS-SP1，最终基础镜像“openeuler/python:3.11-oe2403lts”却是 openEuler 24.03-LTS。请改用基于 openEuler 24.03-LTS-SP1 的 openeuler/python 镜像（目录树中尚未声明），或修改标签。"},
        SentenceCase{"AnotherBaseByName", "The tag 1.0-oe2403sp1 claims openEuler 24.03-LTS-SP1; its final base \"openeuler/openeuler:24.03-lts\" is openEuler 24.03-LTS. Start from openeuler/openeuler:24.03-lts-sp1.",
                     "标签 1.0-oe2403sp1 声明 openEuler 24.03-LTS-SP1，最终基础镜像“openeuler/openeuler:24.03-lts”却是 openEuler 24.03-LTS。请改用 openeuler/openeuler:24.03-lts-sp1 作为基础镜像。"},
        SentenceCase{"ABaseThatCannotBeTold", "The final base \"$BASE\" cannot be told: $BASE has no default, so it was not judged.", "无法确定最终基础镜像“$BASE”：$BASE 没有默认值，未作判定。"},
        SentenceCase{"ABaseInAnOddForm", "The final base \"${R##*/}:1\" cannot be told: ${R…} in a form that is not worked out, so it was not judged.", "无法确定最终基础镜像“${R##*/}:1”：不支持 ${R…} 的这种写法，未作判定。"},
        SentenceCase{"AMovingBase", "The final base \"openeuler/pypi\" names no tag, which means latest, and that moves, so that the same Dockerfile gives another image some day. None of its tags that this tree declares (3.11-oe2403sp1 and 4 more) is of openEuler 24.03-LTS-SP2, which the tag 3.0.0-oe2403sp2 claims. Name a version.",
                     "最终基础镜像“openeuler/pypi”没有写标签，即 latest，这是浮动标签，日后用同一个 Dockerfile 会构建出不同的镜像。目录树中为它声明的标签（3.11-oe2403sp1 及另外 4 个）都不属于标签 3.0.0-oe2403sp2 所声明的 openEuler 24.03-LTS-SP2。请写明版本。"},
        SentenceCase{"APathToNothing", "The tag 1.0-oe2403lts has the path \"/1.0/22.03-lts/Dockerfile\", which names no file of the folder AI/cann (a path that begins with / never does); it also leads to the folder of openEuler 22.03-LTS and of 1.1, which is not the tag's. Mend the path.",
                     "标签 1.0-oe2403lts 的路径是“/1.0/22.03-lts/Dockerfile”，但目录 AI/cann 中没有对应的文件（以 / 开头的路径不可能有）；它还指向 openEuler 22.03-LTS 和 1.1 的目录，与标签不符。请修正路径。"},
        SentenceCase{"ALineThatIsSwallowed", "This RUN is never carried out: line 5 ends with a continuation, and blank and comment lines do not end it, so this line becomes arguments of the RUN of line 3. Take the continuation away.",
                     "这条 RUN 指令不会执行：第 5 行以续行符结尾，空行和注释行不会终止续行，本行因此成为第 3 行 RUN 指令的参数。请去掉该续行符。"},
        SentenceCase{"AFileThatIsNoYaml", "The file is not right: not YAML: bad conversion.", "文件有误：不是合法的 YAML：bad conversion。"},
        SentenceCase{"AFileThatIsTooLong", "The file cannot be read, so nothing of it was judged: read file: AI/cann/meta.yml: more than 1048576 bytes; raise limits.catalog_file_bytes.",
                     "文件无法读取，其中的内容都未作判定：读取文件：AI/cann/meta.yml：超过 1048576 字节；可调大 limits.catalog_file_bytes。"}),
    [](const testing::TestParamInfo<SentenceCase>& each) { return std::string(each.param.name); });

// What errors are made of, as the code puts it together.
INSTANTIATE_TEST_SUITE_P(
    OfErrors, ChineseSentence,
    testing::Values(
        SentenceCase{"AStatus", "HTTP 404: MANIFEST_UNKNOWN \"manifest unknown\"", "HTTP 404：MANIFEST_UNKNOWN \"manifest unknown\"", Part::saw},
        SentenceCase{"TriesAndAWait", "HTTP 429 after 5 tries, retry after 3600 s: TOOMANYREQUESTS \"slow down\"", "HTTP 429（共尝试 5 次），服务器要求 3600 秒后重试：TOOMANYREQUESTS \"slow down\"", Part::saw},
        SentenceCase{"AStatusBehindARedirect", "HTTP 403 from cdn.example behind a redirect after 2 tries: \"<html>\"", "重定向后的 cdn.example 返回 HTTP 403（共尝试 2 次）：\"<html>\"", Part::saw},
        SentenceCase{"ARefusedToken", "HTTP 401: a fresh token was refused: no access, or no such repository: UNAUTHORIZED \"a: b\"", "HTTP 401：新获取的令牌被拒绝，无权访问或仓库不存在：UNAUTHORIZED \"a: b\"", Part::saw},
        SentenceCase{"ARefusedCatalog", "the catalog is refused: HTTP 401: it asks for a user name and password", "拒绝列出仓库目录（catalog）：HTTP 401：要求用户名和密码", Part::saw},
        SentenceCase{"ABrokenListing", "no connection in time after 5 tries; the listing broke off after 1000 names on 1 page", "未能及时建立连接（共尝试 5 次）；列举中断，此前已在 1 页上列出 1000 个名称", Part::saw},
        SentenceCase{"ACutBody", "reading the body: Connection reset by peer at byte 100 of 200 after 3 tries", "读取正文：Connection reset by peer，此时读到第 100 字节，共 200 字节（共尝试 3 次）", Part::saw},
        SentenceCase{"AClosedConnection", "the connection was closed while asking proxy p.example:3128 for a tunnel after 5 tries", "请求代理 p.example:3128 建立隧道时连接被关闭（共尝试 5 次）", Part::saw},
        SentenceCase{"ABodyThatEndsEarly", "the body ended at byte 5 of 10 after 3 tries", "正文读到第 5 字节就结束了，应有 10 字节（共尝试 3 次）", Part::saw},
        SentenceCase{"ARedirectToAnOddPlace", "http://a.example/b: \"x y\" is no host name", "http://a.example/b：“x y”不是主机名", Part::saw},
        SentenceCase{"ARealmInTheClear", "the realm of its challenge: a.example/token: https leads to http, which is not followed", "质询（challenge）中的 realm：a.example/token：从 https 重定向到 http，不予访问", Part::saw},
        SentenceCase{"APageElsewhere", "the link to the next page leads to another host than a.example: b.example/v2; the listing broke off after 1 name on 1 page",
                     "下一页的链接指向 a.example 以外的主机：b.example/v2；列举中断，此前已在 1 页上列出 1 个名称", Part::saw},
        SentenceCase{"AHelperThatIsNotThere", "docker-credential-pass: it does not start: No such file or directory", "docker-credential-pass：无法启动：No such file or directory", Part::saw},
        SentenceCase{"AFailureBehindAPush", "HTTP 500 after 3 tries: \"x\"; the report itself is there as sha256:ab, but no list names it",
                     "HTTP 500（共尝试 3 次）：\"x\"；报告本身已存为 sha256:ab，但没有列表指向它", Part::saw},
        SentenceCase{"AType", "is null, not an object", "实际是 null，应为对象", Part::saw},
        SentenceCase{"ATypeWithAComma", "is true or false, not the whole number 2", "实际是布尔值，应为整数 2", Part::saw},
        SentenceCase{"AnotherSchema", "-1, not 2", "-1，应为 2", Part::saw},
        SentenceCase{"AnswerOfAnotherRange", "asked for bytes=0-9 of 100, got Content-Range \"\"", "请求的是 100 字节中的 bytes=0-9，返回的 Content-Range 却是“”", Part::saw},
        SentenceCase{"ManyNames", "it holds 14 manifests: a:1, a:2 and 4 more", "其中有 14 个清单：a:1、a:2，另有 4 个", Part::saw},
        SentenceCase{"AMissingFile", "no manifest.json in it", "其中没有 manifest.json", Part::saw},
        SentenceCase{"ALimit", "raise limits.listing_pages if this registry is trusted", "若信任此镜像仓库，可调大 limits.listing_pages", Part::hint},
        SentenceCase{"AMember", "a.tar member \"x y\"", "a.tar 的成员“x y”", Part::place},
        SentenceCase{"AnAttestation", "attestation of sha256:ab", "sha256:ab 的证明（attestation）", Part::reason},
        SentenceCase{"ANoteOfARepository", "openeuler/cann: left out: 1 digest among the tags", "openeuler/cann：忽略了标签中混入的 1 个摘要", Part::note},
        SentenceCase{"ARepositoryWithoutTags", "openeuler/cann is listed and has no tags", "openeuler/cann 已列出，但没有标签", Part::note},
        SentenceCase{"AnErrorAsANote", "list tags: GET a.example:5000/v2/x/tags/list: HTTP 500 after 5 tries; name the repositories in a list instead",
                     "列出标签：GET a.example:5000/v2/x/tags/list：HTTP 500（共尝试 5 次）；请改用列表写明各仓库", Part::note},
        SentenceCase{"AnErrorWithoutAHint", "list tags: GET a.example/v2/x/tags/list: HTTP 500 after 5 tries", "列出标签：GET a.example/v2/x/tags/list：HTTP 500（共尝试 5 次）", Part::note}),
    [](const testing::TestParamInfo<SentenceCase>& each) { return std::string(each.param.name); });

// ---- the table ----

const std::map<std::string, Part> kParts{{"sentence", Part::sentence}, {"why", Part::why}, {"start", Part::start}, {"folder", Part::folder}, {"unknown", Part::unknown},
                                         {"distrust", Part::distrust}, {"mistake", Part::mistake}, {"rule", Part::rule}, {"detail", Part::detail}, {"kin", Part::kin}, {"problem", Part::problem},
                                         {"error", Part::error}, {"action", Part::action}, {"place", Part::place}, {"saw", Part::saw}, {"hint", Part::hint}, {"reason", Part::reason}, {"note", Part::note}};
// What is asked for as a whole, and not only stands in others.
const std::set<Part> kWhole{Part::sentence, Part::detail, Part::kin, Part::problem, Part::error, Part::action, Part::place, Part::saw, Part::hint, Part::reason, Part::note, Part::reply};
const std::regex kHole("\\{([0-9])(?::([a-z]+))?\\}");

// English and Chinese of a pattern with something in every hole, and the places of these in the order of their numbers.
struct Filled {
    std::string english, chinese;
    std::vector<std::string> facts;
};

Filled filled(const Sentence& sentence, int& next);

// What stands in a hole of that kind: each value once in the whole sentence. Of a Part the plainest row, unless it is the one that is meant.
Filled value_of(const std::string& kind, int& next, const Sentence* meant) {
    const auto value = [&next] { return "v" + std::to_string(next++); };
    if (kind.empty()) return [&] { const std::string v = value(); return Filled{v, v, {v}}; }();
    if (kind == "number") return [&] { const std::string v = std::to_string(1000 + next++); return Filled{v, v, {v}}; }();
    if (kind == "word") return [&] { const std::string v = value(); return Filled{v, v, {v}}; }();
    if (kind == "digest") return [&] { const std::string v = "sha256:" + std::string(60, 'a') + std::to_string(1000 + next++); return Filled{v, v, {v}}; }();
    if (kind == "kinds") return {"llm, os", "大模型、操作系统", {}};
    const std::string a = value(), b = value(), c = value(), d = value();
    if (kind == "list") return {a + ", " + b + " and " + c, a + "、" + b + " 和 " + c, {a, b, c}};
    if (kind == "commas") return {a + ", " + b + ", " + c, a + "、" + b + "、" + c, {a, b, c}};
    if (kind == "or") return {a + " or " + b, a + " 或 " + b, {a, b}};
    if (kind == "with") return {a + " with " + b, a + " + " + b, {a, b}};
    if (kind == "missing") return {a + ", and it is missing in " + b, a + "、" + b, {a, b}};
    if (kind == "elsewhere") return {a + " on " + b + ", " + c + " on " + d, "在 " + b + " 上为 " + a + "，在 " + d + " 上为 " + c, {a, b, c, d}};
    const Part part = kParts.at(kind);
    if (meant != nullptr && meant->part == part) return filled(*meant, next);
    for (const Sentence& each : sentences())
        if (each.part == part && each.english.find(":" + kind + "}") == std::string_view::npos && (!kWhole.contains(part) || each.english.find_first_not_of("{}1") != std::string_view::npos)) return filled(each, next);
    return {};
}

std::string put(std::string_view pattern, const std::map<char, std::string>& values) {
    const std::string text(pattern);
    std::string result;
    auto from = text.begin();
    for (std::sregex_iterator found(text.begin(), text.end(), kHole), end; found != end; ++found) {
        result.append(from, text.begin() + found->position());
        result += values.at((*found)[1].str().front());
        from = text.begin() + found->position() + found->length();
    }
    return result.append(from, text.end());
}

Filled filled_with(const Sentence& sentence, int& next, const Sentence* meant) {
    const std::string english(sentence.english);
    std::map<char, std::string> in_english, in_chinese;
    Filled whole;
    for (std::sregex_iterator found(english.begin(), english.end(), kHole), end; found != end; ++found) {
        const Filled value = value_of((*found)[2], next, meant);
        in_english[(*found)[1].str().front()] = value.english;
        in_chinese[(*found)[1].str().front()] = value.chinese;
        whole.facts.insert(whole.facts.end(), value.facts.begin(), value.facts.end());
    }
    whole.english = put(sentence.english, in_english);
    whole.chinese = put(sentence.chinese, in_chinese);
    return whole;
}
Filled filled(const Sentence& sentence, int& next) { return filled_with(sentence, next, nullptr); }

std::vector<std::string> holes_of(std::string_view pattern) {
    const std::string text(pattern);
    std::vector<std::string> holes;
    for (std::sregex_iterator found(text.begin(), text.end(), kHole), end; found != end; ++found) holes.push_back((*found)[1]);
    return holes;
}

TEST(Sentences, HaveTheSameHolesInBothLanguages) {
    for (const Sentence& each : sentences()) {
        std::vector<std::string> english = holes_of(each.english), chinese = holes_of(each.chinese);
        for (std::size_t i = 0; i < english.size(); ++i) EXPECT_EQ(english[i], std::to_string(i + 1)) << each.english;
        std::sort(chinese.begin(), chinese.end());
        EXPECT_EQ(english, chinese) << each.english;
        EXPECT_EQ(each.english.find("}{"), std::string_view::npos) << "nothing tells where the first hole ends: " << each.english;
        EXPECT_FALSE(std::regex_search(std::string(each.chinese), std::regex("\\{[0-9]:"))) << each.chinese;
    }
}

TEST(Sentences, EndAsSentencesDo) {
    for (const Sentence& each : sentences()) {
        if (each.part != Part::sentence) continue;
        const bool goes_on = each.chinese.ends_with("：{1}") || each.chinese.ends_with("：{2}");
        EXPECT_TRUE(goes_on || each.chinese.ends_with("。")) << each.chinese;
    }
}

// No row is hidden by one before it, and what stands in the holes of the English stands in the Chinese.
TEST(Sentences, AreEachFoundByTheirOwnPattern) {
    for (const Sentence& each : sentences()) {
        if (!kWhole.contains(each.part)) continue;
        int next = 0;
        const Filled want = filled(each, next);
        const std::optional<Translation> translation = translate(want.english, each.part);
        ASSERT_TRUE(translation) << want.english;
        EXPECT_EQ(translation->chinese, want.chinese) << want.english;
        EXPECT_EQ(translation->facts, want.facts) << want.english;
        for (const std::string& fact : translation->facts) EXPECT_NE(translation->chinese.find(fact), std::string::npos) << want.english;
    }
}

TEST(Sentences, HoldTheirPartsInEveryForm) {
    std::set<Part> seen;
    for (const Sentence& part : sentences()) {
        if (kWhole.contains(part.part)) continue;
        const auto holds = [&](const Sentence& each) {
            const std::string text(each.english);
            for (std::sregex_iterator found(text.begin(), text.end(), kHole), end; found != end; ++found)
                if (each.part == Part::sentence && (*found)[2].length() > 0 && kParts.contains((*found)[2]) && kParts.at((*found)[2]) == part.part) return true;
            return false;
        };
        bool held = false;
        for (const Sentence& each : sentences()) {
            if (!holds(each)) continue;
            held = true;
            int next = 0;
            const Filled want = filled_with(each, next, &part);
            const std::optional<Translation> translation = translate(want.english);
            ASSERT_TRUE(translation) << want.english;
            EXPECT_EQ(translation->chinese, want.chinese) << want.english;
            EXPECT_EQ(translation->facts, want.facts) << want.english;
        }
        EXPECT_TRUE(held) << part.english;
        seen.insert(part.part);
    }
    EXPECT_EQ(seen.size() + kWhole.size(), static_cast<std::size_t>(Part::last) + 1);
}

// ---- what the code can say ----

std::string unescaped(std::string text) {
    for (std::size_t at = text.find('\\'); at != std::string::npos && at + 1 < text.size(); at = text.find('\\', at + 1)) text.erase(at, 1);
    return text;
}

// Literals of two words or more. In a sentence that goes on with advice, both stand in patterns of their own.
std::vector<std::string> phrases_of(const std::string& line) {
    static const std::regex literal("\"((?:[^\"\\\\]|\\\\.)*)\""), words("[A-Za-z]{2,}[,;:.]? [a-z]{2,}|^[a-z ]*[;,] [a-z]{2,}");
    std::vector<std::string> phrases;
    for (std::sregex_iterator found(line.begin(), line.end(), literal), end; found != end; ++found) {
        std::string said = unescaped((*found)[1]);
        if (!std::regex_search(said, words)) continue;
        if (const std::size_t stop = said.find(". Is "); stop != std::string::npos) {
            phrases.push_back(said.substr(stop + 1));
            said.resize(stop + 1);
        }
        phrases.push_back(said);
    }
    return phrases;
}

// Every phrase in the modules' code that `skips` does not know and no pattern holds.
std::string phrases_without_pattern(const std::vector<std::string>& modules, const std::set<std::string>& others, const std::function<bool(const std::string& module, const std::string& line)>& skips,
                                                 std::size_t& found) {
    std::string patterns;
    for (const Sentence& each : sentences()) patterns += std::string(each.english) + "\n";
    std::string missing;
    for (const std::string& module : modules)
        for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(VERITAG_SOURCE_DIR) / "lib" / module)) {
            if (entry.path().extension() != ".cpp") continue;
            std::ifstream in(entry.path());
            for (std::string line; std::getline(in, line);) {
                const std::size_t start = line.find_first_not_of(' ');
                if (start == std::string::npos || line.compare(start, 2, "//") == 0 || line.find("#include") != std::string::npos || skips(module, line)) continue;
                for (const std::string& said : phrases_of(line.substr(0, line.find("  // ")))) {
                    if (others.contains(said)) continue;
                    ++found;
                    const std::string_view text = std::string_view(said).substr(said.starts_with(": ") ? 2 : 0);
                    if (patterns.find(text) == std::string::npos) missing += entry.path().filename().string() + ": \"" + said + "\"\n";
                }
            }
        }
    return missing;
}

// A sentence that is new or changed fails here until it has its Chinese.
TEST(Sentences, HoldEveryPhraseOfTheModulesThatMakeFindings) {
    // What else is said there: beside a patch, and as a word of one model's tags.
    static const std::set<std::string> kOthers{"n\\ No newline at end of filen", "pulling manifests"};
    std::size_t found = 0;
    const std::string missing = phrases_without_pattern(
        {"judge", "tag", "fleet", "catalog", "scan"}, kOthers,
        [](const std::string& module, const std::string& line) {
            return line.find("Error{") != std::string::npos || (module == "scan" && line.find(".message = ") == std::string::npos);  // the rest is errors and progress
        },
        found);
    EXPECT_EQ(missing, "") << "give these their patterns in lib/report/sentences_of_*.cpp";
    EXPECT_GT(found, 150U);
}

// So does the text of an error, of a part that could not be read, and of a note.
TEST(Sentences, HoldEveryPhraseOfTheModulesThatMakeErrors) {
    // What else is said there: to other programs and by them, in the log, at the terminal alone, behind "layer 3", of an error that nobody sees.
    // And what two patterns say together: a connection that was cut while something was done, a file that is not in another.
    static const std::set<std::string> kOthers{"version https://git-lfs.github.com/spec/v1", "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0", "PRAGMA table_info('",
                                              "SELECT hnum, blob FROM Packages NOT INDEXED", "SELECT hnum FROM Name NOT INDEXED", "SQLite format 30", "no seccomp (this kernel lacks it)",
                                              ", no Landlock (this kernel lacks it)", ", resource limits", "list of names", "read command line", "\" is unknown (known: json, table)",
                                              "veritag: `worker` is what veritag starts itself to read layers in; it does nothing by handn",
                                              "credentials not found in native keychain", "User-Agent: veritag/", "MIME-Version: 1.0rnAuto-Submitted: auto-generatedrnContent-Type: text/plain; charset=utf-8rn",
                                              " is disabled", ", but still one of all tags of its repository", " names no images, so nothing of it is read", "read error body",
                                              "the connection was cut while reading the body", "no manifest.json in it"};
    std::size_t found = 0;
    const std::string missing = phrases_without_pattern(
        {"stream", "detect", "pkgdb", "cage", "scan", "audit", "attach", "base", "oci", "net", "source", "registry", "outbound"}, kOthers, [](const std::string&, const std::string& line) { return line.find("log::") != std::string::npos; }, found);
    EXPECT_EQ(missing, "") << "give these their patterns in lib/report/sentences_of_*.cpp";
    EXPECT_GT(found, 500U);
}

// What the HTTP API refuses, and what it says of a request's mistake. Harbor's adapter answers Harbor alone.
TEST(Sentences, HoldEveryPhraseOfTheApisRefusals) {
    static const std::set<std::string> kOthers{"list it under harbor_adapter.registries where it is right", "no Basic credential", "leave the adapter's registry authorization at Basic",
                                              "the tag is what is judged; an artifact without one has nothing to be compared with", "this adapter has the capability vulnerability", "it lacks registry or artifact", "no text",
                                              "one of pass, warn, fail, unknown, error", "one of yes, no"};  // these two are lists in one pattern
    std::size_t found = 0;
    const std::string missing = phrases_without_pattern(
        {"api"}, kOthers,
        [](const std::string&, const std::string& line) {
            return line.find("Error{") == std::string::npos && line.find("problem(") == std::string::npos && line.find("unauthorised(") == std::string::npos && line.find("conflict(") == std::string::npos;
        },
        found);
    EXPECT_EQ(missing, "") << "give these their patterns in lib/report/sentences_of_daemon.cpp";
    EXPECT_GT(found, 40U);
}

// An error whose action is not known is told in English altogether, so that row counts most.
TEST(Sentences, KnowEveryActionThatFails) {
    static const std::regex action("(?:\\{ErrorCode::\\w+, \"([^\"]+)\"|kWhat = \"([^\"]+)\")");
    std::set<std::string> known;
    for (const Sentence& each : sentences())
        if (each.part == Part::action) known.insert(std::string(each.english));
    std::size_t found = 0;
    for (const std::string module : {"lib/base", "lib/oci", "lib/net", "lib/source", "lib/registry", "lib/stream", "lib/detect", "lib/pkgdb", "lib/cage", "lib/scan", "lib/audit", "lib/attach", "lib/catalog", "lib/waivers", "lib/report",
                                     "lib/rules", "lib/tag", "lib/config", "lib/store", "daemon"})
        for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(VERITAG_SOURCE_DIR) / module)) {
            if (entry.path().extension() != ".cpp") continue;
            std::ifstream in(entry.path());
            for (std::string line; std::getline(in, line);)
                for (std::sregex_iterator each(line.begin(), line.end(), action), end; each != end; ++each) {
                    const std::string said = (*each)[1].length() > 0 ? (*each)[1] : (*each)[2];
                    ++found;
                    EXPECT_TRUE(known.contains(said)) << entry.path().filename() << ": \"" << said << "\" is no action with a Chinese name";
                }
        }
    EXPECT_GT(found, 150U);
}

// ---- hostile text ----

TEST(Translate, KeepsTextThatLooksLikePatterns) {
    const std::string evil = "{1} {2:why}{9:x}{0}; the image holds {2}. The tag claims x; nothing in the image proves or disproves it";
    const std::optional<Translation> translation = translate("No rule knows what the part \"" + evil + "\" means; it was not judged.");
    ASSERT_TRUE(translation);
    EXPECT_EQ(translation->chinese, "没有规则能识别“" + evil + "”这一部分的含义，未作判定。");
    const std::string quoted = "a\" means; it was not judged. No rule knows what the part \"b";
    EXPECT_EQ(translate("No rule knows what the part \"" + quoted + "\" means; it was not judged.")->chinese, "没有规则能识别“" + quoted + "”这一部分的含义，未作判定。");
}

// The kind of a hole finds the place where it ends, even where a value holds what stands behind the hole.
TEST(Translate, TriesOtherPlacesWhereTheFirstDoesNotFit) {
    EXPECT_EQ(translate("The tag claims a; b; no rule knows it.")->chinese, "标签声明 a; b，但没有规则能识别它。");
    EXPECT_EQ(translate("The tag \"a\": b\": \"x\" is understood as y, but not spelt as the rule says.")->chinese, "标签“a\": b”：“x”可识别为 y，但写法不符合规则。");
}

TEST(Translate, TakesNothingButWholeSentences) {
    for (const char* each : {"", ".", "The tag claims openEuler 24.03", "The tag claims openEuler 24.03; for no reason.", "the tag claims a; the image holds b.", " The tag claims a; the image holds b.",
                             "The tag claims a; the image holds b.\n", "x of 30 packages are built for a, not for b!", "The config lists one diff_ids for 3 layers.", " Mend the path.",
                             "What is this? Mend the path.", "The parts are understood, but the rule puts them in the order llm, colour."})
        EXPECT_FALSE(translate(each)) << each;
}

// Sentences with bytes changed, cut, doubled and put together: whatever is taken for one keeps what stood in it.
TEST(Translate, LosesNothingOfMangledSentences) {
    std::mt19937 random(20261126);
    const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
    std::vector<std::pair<Part, std::string>> texts;
    for (const Sentence& each : sentences()) {
        int next = 0;
        texts.emplace_back(kWhole.contains(each.part) ? each.part : Part::sentence, filled(each, next).english);
    }
    std::size_t translated = 0;
    for (int round = 0; round < 40'000; ++round) {
        auto [part, text] = texts[below(texts.size())];
        for (std::size_t times = below(3) + 1; times > 0 && !text.empty(); --times) {
            const std::string& other = texts[below(texts.size())].second;
            const std::size_t at = below(text.size());
            switch (below(5)) {
                case 0: text[at] = static_cast<char>(below(256)); break;
                case 1: text.erase(at, below(8)); break;
                case 2: text.insert(at, other.substr(below(other.size()))); break;
                case 3: text.insert(at, text.substr(0, at)); break;
                default: text += " " + other; break;
            }
        }
        const std::optional<Translation> translation = translate(text, part);
        if (!translation) continue;
        ++translated;
        for (const std::string& fact : translation->facts) ASSERT_NE(translation->chinese.find(fact), std::string::npos) << text;
    }
    EXPECT_GT(translated, 2'000U);
}

// Repeats what stands behind holes, in every pattern, up to the longest text that is looked at, and beyond.
TEST(Translate, IsQuickWhateverTheText) {
    std::chrono::steady_clock::duration longest{};
    std::string of_the_longest;
    const auto look_at = [&](const std::string& text, Part part = Part::sentence) {
        const auto started = std::chrono::steady_clock::now();
        const std::optional<Translation> translation = translate(text, part);
        if (const auto took = std::chrono::steady_clock::now() - started; took > longest) {
            longest = took;
            of_the_longest = text.substr(0, 80);
        }
        if (!translation) return;
        for (const std::string& fact : translation->facts) ASSERT_NE(translation->chinese.find(fact), std::string::npos);
    };
    for (const Sentence& each : sentences()) {
        const std::string text = std::regex_replace(std::string(each.english), kHole, "x");
        std::string repeated;
        while (repeated.size() + text.size() < 16'000) repeated += text;
        look_at(repeated);
        look_at("The tag claims " + repeated + "; no rule knows it.");
        if (!kWhole.contains(each.part)) continue;
        look_at(repeated, each.part);
        look_at("read tar: " + repeated, Part::problem);
    }
    for (const char* part : {" Mend the path.", "\": ", "; ", " and ", ", ", " on ", ". Start from ", "{1}", "(", "By the configs alone, which prove nothing: ", "The tag \"a\": ", "layer 1: ", "read tar: ", "read layer: a: ", "tar @1 link target of \"a\" "}) {
        std::string repeated;
        while (repeated.size() < 16'000) repeated += part;
        look_at(repeated);
        look_at(repeated, Part::problem);
        look_at("The tag \"" + repeated + "\": " + repeated + ".");
        look_at("One tag, and not one content: " + repeated + " is " + repeated + ".");
    }
    look_at(std::string(1 << 26, '"'));
    // Short ones are dense in what may be a hole's end.
    for (const char* part : {": ; ", ": ", "; ", " layer 1 ", "a: b; c: ", " package ", "\": \""})
        for (const std::size_t most : {200U, 500U, 2'000U}) {
            std::string repeated;
            while (repeated.size() < most) repeated += part;
            for (const Part whole : {Part::problem, Part::error, Part::place, Part::saw, Part::sentence}) look_at(repeated, whole);
            look_at("layer 1: read tar: " + repeated + "x", Part::problem);
        }
    EXPECT_LT(std::chrono::duration_cast<std::chrono::milliseconds>(longest).count(), 250) << of_the_longest;
}

}  // namespace
}  // namespace veritag::report
