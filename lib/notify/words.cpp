#include "notify/words.h"

#include <algorithm>
#include <array>

namespace veritag::notify {
namespace {

struct Words {
    Word which;
    std::string_view english;
    std::string_view chinese;
};

constexpr std::array<Words, 28> kWords{{
    {Word::subject_first, "[veritag] {0}: first look, {1} causes of findings", "[veritag] {0}：首次检查，发现 {1} 类问题"},
    {Word::subject_changes, "[veritag] {0}: {1} new, {2} mended", "[veritag] {0}：新增 {1} 类问题，修复 {2} 类"},
    {Word::target, "Target: {0}", "目标：{0}"},
    {Word::run, "Run: {0}, {1}", "检查：{0}，{1}"},
    {Word::counts, "Images: {0} pass, {1} warn, {2} fail, {3} unknown, {4} unreadable", "镜像：通过 {0}，警告 {1}，不符 {2}，无法判定 {3}，读取失败 {4}"},
    {Word::first_look, "This is the first look at this target; everything is new.", "这是首次检查该目标，以下均为新问题。"},
    {Word::fresh_causes, "New, by cause, worst first: {0}", "新增（按原因汇总，最严重的在前）：{0}"},
    {Word::mended_causes, "Mended, by cause: {0}", "已修复（按原因汇总）：{0}"},
    {Word::in_images, "{0} images:", "{0} 个镜像："},
    {Word::also_in, "and as before in {0} others", "另有 {0} 个镜像此前已有此问题"},
    {Word::still_in, "still in {0} others", "仍有 {0} 个镜像存在此问题"},
    {Word::and_more, "and {0} more", "另有 {0} 个"},
    {Word::evidence, "Evidence, from {0}:", "依据（取自 {0}）："},
    {Word::layer, "(layer {0})", "（第 {0} 层）"},
    {Word::suggestion, "It should be tagged {0}.", "建议标签：{0}"},
    {Word::details, "Details: {0}", "详情：{0}"},
    {Word::issue_title, "[veritag] {0}: {1}", "[veritag] {0}：{1}"},
    {Word::issue_cause, "Finding: {0}, {1} ({2})", "问题：{0}，{1}（{2}）"},
    {Word::issue_target, "Target: {0}", "目标：{0}"},
    {Word::issue_component, "Component: {0}", "组件：{0}"},
    {Word::issue_claimed, "Claimed: {0}", "声明：{0}"},
    {Word::issue_observed, "Found: {0}", "实际：{0}"},
    {Word::issue_images, "Images: {0}", "镜像：{0} 个"},
    {Word::issue_no_images, "No image has it any more.", "已没有镜像存在此问题。"},
    {Word::issue_last_change, "Last change: run {0}, {1}", "最近变化：检查 {0}，{1}"},
    {Word::issue_footer, "veritag keeps this text up to date and closes the issue when no image has the finding any more. What is written below the last line stays.",
     "以上内容由 veritag 自动更新；所有镜像修复后，本 issue 将自动关闭。写在最后一行之后的内容会保留。"},
    {Word::comment_mended, "Mended: no image has it any more (run {0}, {1}).", "已修复：已没有镜像存在此问题（检查 {0}，{1}）。"},
    {Word::comment_back, "It is back, in {0} images (run {1}, {2}).", "问题再次出现，涉及 {0} 个镜像（检查 {1}，{2}）。"},
}};

struct CodeName {
    std::string_view code;
    std::string_view english;
    std::string_view chinese;
};

// Every code of the findings, sorted.
constexpr std::array<CodeName, 40> kCodes{{
    {"alias-stale", "moving tag that lags behind", "浮动标签未更新"},
    {"app-mismatch", "wrong application", "应用不符"},
    {"arch-mismatch", "wrong architecture", "架构不符"},
    {"base-floating", "base image under a moving tag", "基础镜像使用浮动标签"},
    {"catalog-duplicate", "one repository declared twice", "同一仓库重复声明"},
    {"catalog-invalid", "declaration that cannot be right", "声明无效"},
    {"catalog-undeclared", "published, but not declared", "已发布但未声明"},
    {"catalog-unpublished", "declared, but not published", "已声明但未发布"},
    {"dev-missing", "development tools are missing", "缺少开发工具"},
    {"dev-undeclared", "development tools without -dev", "有开发工具但标签没有 -dev"},
    {"flavor-mismatch", "wrong flavour", "镜像类型不符"},
    {"framework-backend", "framework without the claimed SDK", "框架不支持声明的 SDK"},
    {"framework-mismatch", "wrong framework", "框架不符"},
    {"framework-missing", "framework is missing", "缺少框架"},
    {"llm-mismatch", "wrong model", "模型不符"},
    {"llm-missing", "model is missing", "缺少模型"},
    {"mirror-divergence", "registries that disagree", "各镜像仓库不一致"},
    {"os-mismatch", "wrong operating system", "操作系统不符"},
    {"os-missing", "operating system is missing", "缺少操作系统"},
    {"package-foreign", "packages of another distribution", "含其他发行版的软件包"},
    {"parent-forged", "forged layer hashes", "层摘要不真实"},
    {"parent-mismatch", "wrong parent image", "上级镜像不符"},
    {"parent-stale", "outdated parent image", "上级镜像已过时"},
    {"parent-unknown", "unknown parent image", "上级镜像未知"},
    {"path-dead", "path without a file", "路径没有对应文件"},
    {"path-mismatch", "path of another version", "路径与标签不符"},
    {"platform-divergence", "platforms that disagree", "各平台内容不一致"},
    {"platform-missing", "platform is missing", "缺少平台"},
    {"sdk-foreign", "SDK for other hardware", "含其他硬件的 SDK"},
    {"sdk-mismatch", "wrong SDK", "SDK 不符"},
    {"sdk-missing", "SDK is missing", "缺少 SDK"},
    {"tag-form", "tag spelt in another way", "标签写法不规范"},
    {"tag-moved", "version tag that moved", "版本标签被移动"},
    {"tag-order", "tag parts out of order", "标签顺序不规范"},
    {"tag-short", "tag without its component's name", "标签省略了组件名"},
    {"tag-syntax", "tag that cannot be read", "标签无法解析"},
    {"tag-unknown", "tag part that no rule knows", "标签含未知部分"},
    {"tool-mismatch", "wrong tool", "工具不符"},
    {"tool-missing", "tool is missing", "缺少工具"},
    {"unproven", "claim that nothing proves", "声明无法证实"},
}};

}  // namespace

std::string_view word(Word which, report::Language language) noexcept {
    const auto found = std::find_if(kWords.begin(), kWords.end(), [&](const Words& words) { return words.which == which; });
    if (found == kWords.end()) return "?";
    return language == report::Language::zh ? found->chinese : found->english;
}

std::string_view name_of_code(std::string_view code, report::Language language) noexcept {
    const auto found = std::find_if(kCodes.begin(), kCodes.end(), [&](const CodeName& name) { return name.code == code; });
    if (found == kCodes.end()) return code;
    return language == report::Language::zh ? found->chinese : found->english;
}

}  // namespace veritag::notify
