// Some components and versions have names of our own (rules/components); people are told what they are.
#pragma once

#include "report/writers.h"

#include <span>
#include <string>
#include <string_view>

namespace veritag::report {

/// What people call a component, or one of its versions. The page has the same words (api/page/names.js); a test holds them together.
struct ComponentName {
    std::string_view component;
    std::string_view version;  ///< empty: the component itself
    std::string_view english;
    std::string_view chinese;
};
std::span<const ComponentName> component_names() noexcept;

/// `CUDA image type` for `cuda-flavour`; the name itself where it is one that people know.
std::string_view component_name(std::string_view component, Language language) noexcept;
std::string_view version_name(std::string_view component, std::string_view version, Language language) noexcept;
/// Both: `cann 8.0.RC1`, `CUDA image type devel (runtime and compilers)`.
std::string component_and_version(std::string_view component, std::string_view version, Language language);

}  // namespace veritag::report
