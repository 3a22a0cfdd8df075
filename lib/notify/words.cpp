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

}  // namespace

std::string_view word(Word which, report::Language language) noexcept {
    const auto found = std::find_if(kWords.begin(), kWords.end(), [&](const Words& words) { return words.which == which; });
    if (found == kWords.end()) return "?";
    return language == report::Language::zh ? found->chinese : found->english;
}

}  // namespace veritag::notify
