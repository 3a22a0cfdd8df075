#include "report/messages.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace veritag::report {
namespace {

struct Template {
    std::string_view code;
    std::string_view sentence;
};

// {claim} is the component with the claimed version and {found} the same with the observed one; {component}, {claimed} and
// {observed} are the bare fields. The first row of a code whose fields are all there is taken.
constexpr std::array<Template, 47> kChinese{{
    {"catalog-undeclared", "仓库中有 {observed}，却没有任何 meta.yml 声明它"},
    {"tag-syntax", "标签“{claimed}”不符合该仓库的命名规则，无法解析"},
    {"tag-syntax", "标签不符合该仓库的命名规则，无法解析"},
    {"tag-order", "标签各部分都能识别，但排列顺序不符合规范"},
    {"tag-form", "标签中表示 {claim} 的部分可以识别，但写法不符合规范"},
    {"tag-form", "标签可以识别，但写法不符合规范"},
    {"tag-short", "标签没有写出 {component} 的名称，按仓库名理解"},
    {"tag-short", "标签没有写出组件名称，按仓库名理解"},
    {"tag-unknown", "标签中的“{claimed}”没有规则能够识别"},
    {"tag-unknown", "标签中有规则无法识别的部分"},
    {"os-mismatch", "标签声明的操作系统是 {claim}，镜像实际为 {observed}"},
    {"os-missing", "标签声明的操作系统是 {claim}，镜像中却没有该系统的任何内容"},
    {"sdk-mismatch", "标签声明的 SDK 是 {claim}，镜像中实际为 {observed}"},
    {"sdk-missing", "标签声明的 SDK 是 {claim}，镜像中没有安装"},
    {"sdk-foreign", "镜像中安装了 {found}，它面向的硬件与标签声明的不同"},
    {"sdk-foreign", "镜像中安装了 {component}，它面向的硬件与标签声明的不同"},
    {"framework-mismatch", "标签声明的框架是 {claim}，镜像中实际为 {observed}"},
    {"framework-missing", "标签声明的框架是 {claim}，镜像中没有安装"},
    {"framework-backend", "{claim} 不是为标签声明的 SDK 构建的，镜像中的版本面向 {observed}"},
    {"framework-backend", "{claim} 无法使用标签声明的 SDK：缺少所需的插件，或构建时没有启用"},
    {"tool-mismatch", "标签声明的 {claim} 与镜像不符，镜像中实际为 {observed}"},
    {"tool-missing", "标签声明了 {claim}，镜像中没有安装"},
    {"llm-mismatch", "标签声明的模型是 {claim}，镜像中实际为 {observed}"},
    {"llm-missing", "标签声明的模型是 {claim}，镜像中没有该模型的内容"},
    {"app-mismatch", "标签声明的应用版本是 {claim}，镜像中实际为 {observed}"},
    {"arch-mismatch", "镜像发布的平台是 {claimed}，实际内容属于 {observed}"},
    {"parent-forged", "镜像配置中的 diff_id 与层的实际内容不一致（配置：{claimed}；实际：{observed}），其中记录的来源不可信"},
    {"parent-forged", "镜像配置中的 diff_id 与层的实际内容不一致，其中记录的来源不可信"},
    {"unproven", "标签声明了 {claim}，镜像内容既不能证实也不能否定"},
    {"unproven", "标签声明了 {component}，镜像内容既不能证实也不能否定"},
    {"unproven", "镜像中有无法读取的部分，不能排除其中藏有与标签不符的内容"},
    {"flavor-mismatch", "镜像内容与标签声明的类型 {claimed} 不符，实际为 {observed}"},
    {"flavor-mismatch", "镜像缺少标签声明的类型 {claimed} 通常带有的组件"},
    {"platform-divergence", "同一标签在各平台上的内容不一致：{component} 在本平台为 {observed}，在其他平台为 {claimed}"},
    {"platform-missing", "索引列出了平台 {claimed}，仓库中却没有对应的镜像"},
    {"alias-stale", "浮动标签目前应指向 {claim}，镜像实际为 {observed}"},
    {"dev-missing", "标签带有 -dev，镜像中却没有开发工具"},
    {"dev-undeclared", "镜像中有开发工具，标签却没有 -dev"},
    {"package-foreign", "镜像中有软件包是为 {observed} 构建的，与镜像的系统不同"},
    {"package-foreign", "镜像中装有为其他发行版或其他版本构建的软件包"},
    {"tag-moved", "标签指向的镜像与上次审计时不同"},
    {"parent-mismatch", "镜像所基于的已发布镜像声明的是 {component} {observed}，而标签声明的是 {claimed}"},
    {"parent-mismatch", "镜像之下的已发布镜像中，没有一个是标签所要求的 {claim}"},
    {"parent-stale", "镜像基于上级镜像的旧版构建，该上级镜像此后已重新发布，应重新构建"},
    {"parent-unknown", "没有找到已发布的上级镜像"},
    {"mirror-divergence", "各镜像仓库中的同名标签不一致：此处为 {observed}，另一处为 {claimed}"},
    {"mirror-divergence", "该标签在某个镜像仓库中缺失，或各处内容不一致"},
}};

// The same codes on a declaration (`lint`), where no image was looked at.
constexpr std::array<Template, 23> kChineseOfDeclarations{{
    {"catalog-unpublished", "{claimed} 已在 meta.yml 中声明，仓库中却没有"},
    {"platform-missing", "声明了平台 {claimed}，已发布的镜像只有 {observed}"},
    {"os-mismatch", "标签声明的操作系统是 {claim}，最终基础镜像却是 {observed}"},
    {"sdk-mismatch", "标签声明的 SDK 是 {claim}，基础镜像或 Dockerfile 带来的却是 {observed}"},
    {"framework-mismatch", "标签声明的框架是 {claim}，基础镜像或 Dockerfile 带来的却是 {observed}"},
    {"llm-mismatch", "标签声明的模型是 {claim}，基础镜像或 Dockerfile 带来的却是 {observed}"},
    {"tool-mismatch", "标签声明的是 {claim}，基础镜像或 Dockerfile 带来的却是 {observed}"},
    {"app-mismatch", "标签声明的应用版本是 {claim}，Dockerfile 构建的却是 {observed}"},
    {"base-floating", "最终基础镜像使用浮动标签（目前为 {observed}），重新构建会得到不同的内容"},
    {"base-floating", "最终基础镜像使用浮动标签，重新构建会得到不同的内容"},
    {"path-dead", "路径 {observed} 没有对应的文件"},
    {"path-dead", "目录 {claimed} 不存在"},
    {"path-mismatch", "标签声明的是 {claim}，路径却属于 {observed}"},
    {"path-mismatch", "目录名 {observed} 与标签不符，其中的 Dockerfile 却与标签一致，应当改的是目录名"},
    {"catalog-duplicate", "目录 {observed} 与 {claimed} 发布同一个仓库"},
    {"catalog-invalid", "标签 {claimed} 不是合法的 OCI 标签，任何仓库都无法存放"},
    {"catalog-invalid", "上一行末尾有续行符，空行和注释不会终止它，以 {observed} 开头的这一行因此并入前一条指令，不会执行"},
    {"unproven", "标签声明的是 {claim}，构建文件写的却是 {observed}，未作判定"},
    {"unproven", "最终基础镜像的标签不能说明它是否为 {claim}，未作判定"},
    {"unproven", "没有安装步骤用到变量 {observed}，装的是哪个版本未作判定"},
    {"tag-syntax", "标签“{claimed}”不符合该仓库的命名规则，无法解析"},
    {"tag-form", "标签可以识别，但写法不符合规范"},
    {"tag-order", "标签各部分都能识别，但排列顺序不符合规范"},
}};

// "cann 8.0.RC1"; a model's claim is its name alone, and some observed values carry their name already.
std::string with_component(const std::string& component, const std::string& value) {
    if (component.empty() || starts_with_ignoring_case(value, component)) return value;
    return component + " " + value;
}

std::optional<std::string> field(const Finding& finding, std::string_view name) {
    const auto unless_empty = [](std::string value) { return value.empty() ? std::nullopt : std::optional<std::string>(std::move(value)); };
    if (name == "component") return unless_empty(finding.component);
    if (name == "claimed") return finding.claimed;
    if (name == "observed") return finding.observed;
    if (name == "claim" && finding.claimed) return with_component(finding.component, *finding.claimed);
    if (name == "found" && finding.observed) return with_component(finding.component, *finding.observed);
    return std::nullopt;
}

std::optional<std::string> fill_fields(std::string_view sentence, const Finding& finding) {
    std::string result;
    for (;;) {
        const std::size_t open = sentence.find('{');
        result += sentence.substr(0, open);
        if (open == std::string_view::npos) return result;
        const std::size_t close = sentence.find('}', open);
        const auto value = field(finding, sentence.substr(open + 1, close - open - 1));
        if (!value) return std::nullopt;
        result += *value;
        sentence.remove_prefix(close + 1);
    }
}

}  // namespace

std::string message_for(const Finding& finding, Language language) {
    if (language == Language::en) return finding.message;
    const auto first_that_fits = [&](const auto& templates) -> std::optional<std::string> {
        for (const Template& each : templates)
            if (each.code == finding.code)
                if (auto sentence = fill_fields(each.sentence, finding)) return sentence;
        return std::nullopt;
    };
    // A declaration has its own sentences.
    if (const std::optional<std::string> sentence = finding.file.empty() ? first_that_fits(kChinese) : first_that_fits(kChineseOfDeclarations)) return *sentence;
    // What they do not cover (a mistake in a file) is named in Chinese, and told in English rather than as if it were something else.
    const std::string_view name = name_of_code(finding.code, Language::zh);
    return name == finding.code ? finding.message : std::string(name) + "：" + finding.message;
}

}  // namespace veritag::report
