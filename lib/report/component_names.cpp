#include "report/component_names.h"

#include <algorithm>
#include <array>

namespace veritag::report {
namespace {

constexpr std::array<ComponentName, 6> kNames{{
    {"ascend-chip", "", "Ascend chip", "昇腾芯片"},
    {"cuda-flavour", "", "CUDA image type", "CUDA 镜像类型"},
    {"cuda-flavour", "base", "base (CUDA runtime alone)", "base（仅 CUDA 运行时）"},
    {"cuda-flavour", "runtime", "runtime (base and math libraries)", "runtime（base 加数学库）"},
    {"cuda-flavour", "devel", "devel (runtime and compilers)", "devel（runtime 加编译器）"},
    {"development-tools", "", "development tools", "开发工具"},
}};

}  // namespace

std::span<const ComponentName> component_names() noexcept { return kNames; }

std::string_view component_name(std::string_view component, Language language) noexcept {
    const std::string_view name = version_name(component, "", language);
    return name.empty() ? component : name;
}

std::string_view version_name(std::string_view component, std::string_view version, Language language) noexcept {
    const auto found = std::find_if(kNames.begin(), kNames.end(), [&](const ComponentName& each) { return each.component == component && each.version == version; });
    if (found == kNames.end()) return version;
    return language == Language::zh ? found->chinese : found->english;
}

std::string component_and_version(std::string_view component, std::string_view version, Language language) {
    std::string text(component_name(component, language));
    if (!version.empty()) text += ' ' + std::string(version_name(component, version, language));
    return text;
}

}  // namespace veritag::report
