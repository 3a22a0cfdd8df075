#include "report/code_titles.h"

#include <algorithm>
#include <array>

namespace veritag::report {
namespace {

struct Title {
    std::string_view code;
    std::string_view english;
    std::string_view chinese;
};

constexpr std::array<Title, 40> kTitles{{
    {"alias-stale", "A moving tag is not the image that it should be", "浮动标签没有指向应指向的镜像"},
    {"app-mismatch", "The application has another version than the tag says", "应用版本与标签不符"},
    {"arch-mismatch", "The content is of another architecture than the platform", "内容的架构与镜像平台不符"},
    {"base-floating", "The final base of a Dockerfile is a moving tag", "Dockerfile 的最终基础镜像使用浮动标签"},
    {"catalog-duplicate", "Two directories publish one repository", "两个目录发布同一个仓库"},
    {"catalog-invalid", "A declaration that cannot be right", "声明本身有误"},
    {"catalog-undeclared", "A published tag that nobody declared", "已发布的标签没有声明"},
    {"catalog-unpublished", "A declared tag that is not published", "已声明的标签没有发布"},
    {"dev-missing", "A development image without development tools", "开发镜像中没有开发工具"},
    {"dev-undeclared", "Development tools without -dev in the tag", "有开发工具而标签没有 -dev"},
    {"flavor-mismatch", "The content is not what the flavour says", "内容与标签声明的类型不符"},
    {"framework-backend", "The framework cannot use the SDK of the tag", "框架无法使用标签声明的 SDK"},
    {"framework-mismatch", "The framework has another version than the tag says", "框架版本与标签不符"},
    {"framework-missing", "The framework of the tag is not installed", "没有安装标签声明的框架"},
    {"llm-mismatch", "Another model than the tag says", "模型与标签不符"},
    {"llm-missing", "The model of the tag is not there", "没有标签声明的模型"},
    {"mirror-divergence", "One tag is not the same image in all registries", "同名标签在各镜像仓库中不一致"},
    {"os-mismatch", "The operating system is another one than the tag says", "操作系统与标签不符"},
    {"os-missing", "Nothing of the operating system of the tag is there", "没有标签声明的操作系统的内容"},
    {"package-foreign", "Packages built for another distribution or release", "软件包是为其他发行版或其他版本构建的"},
    {"parent-forged", "The configuration's diff_ids are not those of the layers", "配置中的 diff_id 与层不符"},
    {"parent-mismatch", "The image is not built on what the tag requires", "镜像所基于的上级镜像与标签不符"},
    {"parent-stale", "Built on an older build of the right parent", "基于上级镜像的旧版构建"},
    {"parent-unknown", "No published parent was found", "没有找到已发布的上级镜像"},
    {"path-dead", "A path that names no file", "路径没有对应的文件"},
    {"path-mismatch", "A path whose folders are not those of the tag", "路径中的目录与标签不符"},
    {"platform-divergence", "The platforms of one tag hold different versions", "同一标签在各平台上的内容不一致"},
    {"platform-missing", "A promised platform is not there", "缺少声明的平台"},
    {"sdk-foreign", "Another vendor's SDK that the tag does not claim", "安装了标签没有声明的其他厂商的 SDK"},
    {"sdk-mismatch", "The SDK has another version than the tag says", "SDK 版本与标签不符"},
    {"sdk-missing", "The SDK of the tag is not installed", "没有安装标签声明的 SDK"},
    {"tag-form", "A part of the tag is not spelt as the rule says", "标签的写法不符合规范"},
    {"tag-moved", "The tag points to another image than before", "标签指向的镜像发生了变化"},
    {"tag-order", "The parts of the tag are out of order", "标签各部分的顺序不符合规范"},
    {"tag-short", "The tag leaves a name to the repository", "标签没有写出组件名称"},
    {"tag-syntax", "The tag cannot be read by the rule of its repository", "标签无法按仓库的规则解析"},
    {"tag-unknown", "A part of the tag that no rule knows", "标签中有规则无法识别的部分"},
    {"tool-mismatch", "A tool has another version than the tag says", "工具版本与标签不符"},
    {"tool-missing", "A tool of the tag is not installed", "没有安装标签声明的工具"},
    {"unproven", "Neither proven nor disproven", "既不能证实也不能否定"},
}};

}  // namespace

std::string_view code_title(std::string_view code, Language language) noexcept {
    const auto found = std::find_if(kTitles.begin(), kTitles.end(), [&](const Title& each) { return each.code == code; });
    if (found == kTitles.end()) return code;
    return language == Language::zh ? found->chinese : found->english;
}

}  // namespace veritag::report
