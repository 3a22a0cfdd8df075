// The words of the reports; the sentences of findings stand in messages.cpp.
#include "report/messages.h"

#include <algorithm>
#include <iterator>

namespace veritag::report {
namespace {

struct Words {
    Text which;
    std::string_view english;
    std::string_view chinese;
};

constexpr Words kTexts[] = {
    {Text::observed, "observed", "实际内容"},
    {Text::unproven_mark, "{0} (not proven)", "{0}（未证实）"},
    {Text::packages, "packages", "软件包"},
    {Text::problem, "problem", "问题"},
    {Text::error, "error", "错误"},
    {Text::skipped, "skipped", "已跳过"},
    {Text::and_more, "and {0} more", "另有 {0} 项"},
    {Text::layer, "{0} (layer {1})", "{0}（第 {1} 层）"},
    {Text::suggestion, "→ should be tagged {0}", "→ 建议标签：{0}"},
    {Text::judged_as, "judged as {0}", "按 {0} 判定"},
    {Text::no_images, "No image was judged.", "没有判定任何镜像。"},
    {Text::no_platform, "no platform", "无平台信息"},
    {Text::coverage_listed, "Coverage: {0} listed, {1} judged", "覆盖范围：列出 {0} 个，判定 {1} 个"},
    {Text::coverage_judged, " ({0} pass, {1} warn, {2} fail)", "（通过 {0}，警告 {1}，不符 {2}）"},
    {Text::coverage_open, ", {0} unknown, {1} unreadable, {2} skipped", "，无法判定 {0} 个，读取失败 {1} 个，跳过 {2} 个"},
    {Text::coverage_unreached, ", {0} not reached", "，未检查 {0} 个"},
    {Text::coverage_work, "; {0} fetched, {1} {1|layer|layers} read, {2} reused", "；下载 {0}，读取 {1} 层，复用 {2} 层"},
    {Text::partial, "partial", "部分读取"},
    {Text::partial_layers, "Layer {0}: only the table of contents and the wanted files were read; layer digest and diff_id were not proven.",
     "第 {0} 层只读取了目录表和所需文件，层摘要和 diff_id 未经验证。"},
    {Text::restored, "restored", "补零"},
    {Text::restored_layers, "Layer {0}: its tar lacks the zero blocks at the end, as some zstd:chunked writers leave it; with them it has its diff_id.",
     "第 {0} 层的 tar 缺少末尾的零块（某些 zstd:chunked 写入程序会省略）；补上后 diff_id 相符。"},
    {Text::listed_target, "{0} (by {1}): {2} {2|repository|repositories}, {3} {3|tag|tags}", "{0}（列出方式 {1}）：{2} 个仓库，{3} 个标签"},
    {Text::causes, "Findings by cause, worst first:", "按原因汇总，最严重的在前："},
    {Text::cause, "{0} × {1}: {2}", "{0} 处 {1}：{2}"},
    {Text::new_findings, "New: {0}", "新增：{0}"},
    {Text::mended_findings, "Mended: {0}", "已修复：{0}"},
    {Text::changed_findings, "Changed: {0}", "有变化：{0}"},
    {Text::before, "before: {0}", "此前：{0}"},
    {Text::unchanged_findings, "As before: {0}", "未变：{0}"},
    {Text::unseen_findings, "Not seen again, for the image was not looked at or could not be read: {0}", "本次未见，因为镜像未检查或无法读取：{0}"},
    {Text::unread_images, "Could not be read or judged this time: {0}", "本次无法读取或无法判定：{0}"},
    {Text::unlisted_targets, "Could not be listed this time: {0}", "本次无法列出：{0}"},
    {Text::unlisted_target, "{0} could not be listed to its end, so images of it may be missing here: {1}", "{0} 未能完整列出，此处可能缺少其中的镜像：{1}"},
    {Text::verdict_before, "(was {0})", "（此前为 {0}）"},
    {Text::grammar, "grammar", "语法"},
    {Text::tier, "tier", "层级"},
    {Text::dev, "dev", "开发镜像"},
    {Text::claims, "claims", "声明"},
    {Text::parents, "parents", "上级镜像"},
    {Text::yes, "yes", "是"},
    {Text::none, "none", "无"},
    {Text::from_repository, "from the repository", "来自仓库名"},
    {Text::any_version, "any version", "任意版本"},
    {Text::finding_count, "{0}: {1}", "{0}：{1} 处"},
    {Text::no_tags, "No tag was judged.", "没有判定任何标签。"},
    {Text::coverage_tree, "Coverage: {0} meta.yml, {1} {1|tag|tags}", "覆盖范围：{0} 个 meta.yml，{1} 个标签"},
    {Text::coverage_dockerfiles, ", {0} {0|Dockerfile|Dockerfiles} read", "，读取 {0} 个 Dockerfile"},
    {Text::tree_findings, "; errors {0}, warnings {1}, notes {2}", "；错误 {0} 处，警告 {1} 处，提示 {2} 处"},
    {Text::mends_offered, "; certain mends: {0} (--format patch)", "；可确定修正的 {0} 处（--format patch）"},
    {Text::unreadable_tag, "not read", "未解析"},
    {Text::waived, "Waived until {0} by {1}: {2}", "已豁免至 {0}，负责人 {1}：{2}"},
    {Text::coverage_waived, "; {0} {0|finding|findings} waived", "；已豁免 {0} 处"},
    {Text::waiver, "{0} for {1}, owner {2}, until {3}: {4}", "{1} 的 {0}，负责人 {2}，有效期至 {3}：{4}"},
    {Text::waiver_expired, "expired waiver", "豁免已过期"},
    {Text::waiver_unused, "unused waiver", "豁免未用到"},
    {Text::waivers_elsewhere, "{0} {0|waiver is|waivers are} about what this run did not look at", "{0} 条豁免针对的内容不在本次检查范围内"},
    {Text::waivers_heading, "Waivers that do nothing", "未起作用的豁免"},
    {Text::report_title, "Do container images hold what their tags say?", "容器镜像与标签是否相符"},
    {Text::made_by, "veritag {0}, rules {1}", "veritag {0}，规则 {1}"},
    {Text::causes_heading, "Findings by cause", "按原因汇总的问题"},
    {Text::notes_heading, "Notes", "提示"},
    {Text::waived_heading, "Waived findings", "已豁免的问题"},
    {Text::images_heading, "Images", "镜像"},
    {Text::skipped_heading, "Skipped", "已跳过"},
    {Text::problems_heading, "Could not be read", "无法读取的内容"},
    {Text::no_findings, "Nothing was found.", "没有发现问题。"},
    {Text::image_count, "{0} {0|image|images}", "{0} 个镜像"},
    {Text::place_count, "{0} {0|place|places}", "{0} 处"},
    {Text::evidence_heading, "Evidence in {0}", "依据（取自 {0}）"},
    {Text::source_environment, "environment", "环境变量"},
    {Text::source_label, "label", "镜像 label"},
    {Text::source_history, "history", "构建历史"},
    {Text::source_registry, "registry", "镜像仓库"},
    {Text::source_layers, "layers", "层比对"},
    {Text::also, "also", "又名"},
    {Text::again, "again", "复查"},
    {Text::went_wrong_itself, "it went wrong in this image itself", "问题由此镜像自身引入"},
    {Text::in_layer, "layer {0}", "第 {0} 层"},
    {Text::built_on, "built on", "基于"},
    {Text::declared, "declared", "声明于"},
    {Text::in_brackets, " ({0})", "（{0}）"},
    {Text::layer_made_by, "layer {0} was made by: {1}", "第 {0} 层由此步骤生成：{1}"},
    {Text::family_heading, "Family tree", "镜像谱系"},
    {Text::brought_by, "Brought by {0}", "由 {0} 带入"},
    {Text::brought_by_none, "Brought by none of the published images known below it", "不是由已知的已发布镜像带入"},
    {Text::went_wrong_here, "it went wrong here", "问题由此引入"},
    {Text::wrong_parent, "it went wrong here: built on the wrong image", "问题由此引入：基于错误的镜像构建"},
    {Text::stale_parent, "it is out of date here: built on an older build", "由此开始过时：基于旧版构建的镜像"},
    {Text::same_by_parent, "For the same reason, {0}: {1}", "由同一原因引起的 {0}：{1}"},
    {Text::for_example, "for example: {0}", "例如：{0}"},
    {Text::passing_images, "Without findings that count ({0})", "没有需要处理的问题（{0}）"},
    {Text::attached_artifacts, "{0} attached {0|artifact|artifacts}, under tags made of digests", "{0} 个附加的制品，其标签由摘要构成"},
    {Text::superseded, "its tag points elsewhere today", "标签现已指向别的镜像"},
    {Text::layer_count, "{0} {0|layer|layers}", "{0} 层"},
    {Text::also_named, "also {0}", "又名 {0}"},
    {Text::affected_registries, "Registries affected", "涉及的镜像仓库"},
    {Text::same_image, "The same image is also", "同一镜像的其他标签"},
    {Text::declared_at, "Declared in", "声明位置"},
    {Text::deserved_tag, "Deserved tag", "应有的标签"},
    {Text::deserved_is_this, "published already: the same image, so this tag can be deleted", "该标签已发布，且是同一镜像，因此可以删除当前标签"},
    {Text::deserved_is_another, "published already: another image, do not overwrite it", "该标签已发布，但是另一个镜像，请勿覆盖"},
    {Text::build_first, "Build {0} anew first", "先重新构建 {0}"},
    {Text::patch, "Patch", "补丁"},
    {Text::check_again, "Check again", "复查"},
    {Text::verdict_column, "Verdict", "判定"},
    {Text::image_column, "Image", "镜像"},
    {Text::platform_column, "Platform", "平台"},
    {Text::contents_column, "Found inside", "实际内容"},
    {Text::findings_column, "Findings", "问题"},
    {Text::claimed_column, "Claimed", "声明"},
    {Text::component_column, "Component", "组件"},
    {Text::observed_column, "Found", "实际"},
    {Text::image_unread, "The image could not be read; what it holds is unknown: {0}", "镜像无法读取，内容未知：{0}"},
    {Text::image_unknown, "UNREADABLE: what this image holds is unknown.", "无法读取：该镜像的内容未知。"},
    {Text::no_reason, "no reason was given", "原因不明"},
    {Text::part_unread, "A part could not be read: {0}", "有部分内容无法读取：{0}"},
    {Text::layer_place, "layer {0}", "第 {0} 层"},
    {Text::layers_oldest_first, "layers, oldest first: {0}", "各层，从最早的一层起：{0}"},
    {Text::spdx_image, "Reference {0}", "引用 {0}"},
    {Text::spdx_digest, ", digest {0}", "，摘要 {0}"},
    {Text::spdx_platform, ", platform {0}", "，平台 {0}"},
    {Text::spdx_verdict, ", verdict {0}", "，判定 {0}"},
    {Text::spdx_package, "{0} package", "{0} 软件包"},
    {Text::spdx_listed_in, ", listed in {0}", "，登记于 {0}"},
    {Text::spdx_brought_by, ", brought by {0}", "，来自{0}"},
    {Text::spdx_not_proven, "Not proven: only the image's own settings or history name it.", "未经证实：只有镜像自身的设置或历史提到它。"},
    {Text::spdx_report_on, "veritag report on {0} {0|image|images}", "veritag 报告，{0} 个镜像"},
    {Text::spdx_skipped, "Skipped: {0}", "已跳过：{0}"},
    {Text::spdx_rules, "Rules {0}", "规则 {0}"},
    {Text::audit_column, "audit", "审计"},
    {Text::began_column, "began", "开始时间"},
    {Text::no_audits, "No audit of it ended.", "没有已完成的审计。"},
    {Text::tree_written, "{0} {0|page|pages} written, {1} unchanged, {2} removed", "写入 {0} 页，未变 {1} 页，删除 {2} 页"},
    {Text::attached, "attached", "已附加"},
    {Text::attached_before, "unchanged", "无变化"},
    {Text::not_attached, "failed", "未附加"},
    {Text::all_platforms, "all platforms", "全部平台"},
    {Text::listed_by_registry, "{0}, listed by the registry", "{0}，由镜像仓库列出"},
    {Text::listed_by_tag, "{0}, listed behind the tag {1}", "{0}，列在标签 {1} 之下"},
    {Text::layers_unread, "its layers were not read", "没有读取它的层"},
    {Text::platforms_unread, "not every platform of the index was judged", "索引中的平台没有全部判定"},
    {Text::no_report, "no report is attached", "没有附加的报告"},
    {Text::no_report_on, "no report is attached ({0})", "没有附加的报告（{0}）"},
    {Text::other_reports, "there are reports on {0}", "另有针对 {0} 的报告"},
    {Text::judged, "judged", "判定时间"},
    {Text::judged_by, "{0}, {1} ago, by veritag {2}", "{0}，{1}前，veritag {2}"},
    {Text::rules, "rules", "规则"},
    {Text::rules_same, "{0}, the same as here", "{0}，与本程序相同"},
    {Text::rules_other, "{0}, other rules than here: {1}", "{0}，与本程序的规则 {1} 不同"},
    {Text::subject, "subject", "对象"},
    {Text::tag, "tag", "标签"},
    {Text::report, "report", "报告"},
    {Text::tag_unknown, "{0} is of another repository, or not known", "{0} 属于其他仓库，或无法确定"},
    {Text::tag_same, "{0} still leads to this image", "{0} 仍指向此镜像"},
    {Text::tag_moved, "{0} leads to another image now", "{0} 现已指向其他镜像"},
    {Text::tag_gone, "{0} is gone", "{0} 已不存在"},
    {Text::not_signed, "Nobody signed these reports: they say what was written, not who wrote it. Whoever may push to a repository can attach one.",
     "这些报告没有签名：只能说明写了什么，不能证明由谁所写。凡能向仓库推送的人都可以附加报告。"},
};

struct CodeName {
    std::string_view code;
    std::string_view english;
    std::string_view chinese;
};

// Every code of the findings, sorted.
constexpr CodeName kCodes[] = {
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
};

}  // namespace

std::string_view verdict_word(Verdict verdict, Language language) noexcept {
    const bool zh = language == Language::zh;
    switch (verdict) {
        case Verdict::pass: return zh ? "通过" : "PASS";
        case Verdict::warn: return zh ? "警告" : "WARN";
        case Verdict::fail: return zh ? "不符" : "FAIL";
        case Verdict::unknown: return zh ? "无法判定" : "UNKNOWN";
        case Verdict::error: return zh ? "读取失败" : "ERROR";
    }
    return "?";
}

std::string_view severity_word(Severity severity, Language language) noexcept {
    const bool zh = language == Language::zh;
    switch (severity) {
        case Severity::error: return zh ? "错误" : "error";
        case Severity::warning: return zh ? "警告" : "warning";
        case Severity::info: return zh ? "提示" : "info";
    }
    return "?";
}

std::string_view kind_word(ComponentKind kind, Language language) noexcept {
    if (language == Language::en) return to_string(kind);
    switch (kind) {
        case ComponentKind::os: return "操作系统";
        case ComponentKind::sdk: return "SDK";
        case ComponentKind::framework: return "框架";
        case ComponentKind::llm: return "大模型";
        case ComponentKind::tool: return "工具";
        case ComponentKind::app: return "应用";
    }
    return "?";
}

std::string_view text(Text which, Language language) noexcept {
    const auto* const found = std::find_if(std::begin(kTexts), std::end(kTexts), [&](const Words& words) { return words.which == which; });
    if (found == std::end(kTexts)) return "?";
    return language == Language::zh ? found->chinese : found->english;
}

std::string_view name_of_code(std::string_view code, Language language) noexcept {
    const auto* const found = std::find_if(std::begin(kCodes), std::end(kCodes), [&](const CodeName& name) { return name.code == code; });
    if (found == std::end(kCodes)) return code;
    return language == Language::zh ? found->chinese : found->english;
}

std::vector<std::string> finding_codes() {
    std::vector<std::string> codes;
    for (const CodeName& each : kCodes) codes.emplace_back(each.code);
    return codes;
}

std::string fill(std::string_view pattern, std::initializer_list<std::string_view> values) {
    std::string result;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool place = pattern[i] == '{' && i + 2 < pattern.size() && (pattern[i + 2] == '}' || pattern[i + 2] == '|');
        if (place) {
            const auto index = static_cast<std::size_t>(pattern[i + 1] - '0');
            VERITAG_ASSERT(index < values.size());
            const std::string_view value = *(values.begin() + index);
            const std::size_t end = pattern.find('}', i);
            const std::string_view words = pattern.substr(i + 2, end - i - 2);  // `|one|many`, or nothing
            const std::size_t many = words.rfind('|');
            result += words.empty() ? value : value == "1" ? words.substr(1, many - 1) : words.substr(many + 1);
            i = end;
        } else {
            result += pattern[i];
        }
    }
    return result;
}

}  // namespace veritag::report
