// modules: catalog
// Input: a Dockerfile. Parsing ends, every place lies in the file, and what is known of the final base has a source for each byte.
#include "catalog/dockerfile.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace veritag;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Result<catalog::Dockerfile> file = catalog::parse_dockerfile(text, {});
    if (!file) {
        VERITAG_ASSERT(file.error().code == ErrorCode::over_limit);
        return 0;
    }
    VERITAG_ASSERT(!file->stages.empty() || !file->mistakes.empty());
    const auto lines = static_cast<int>(file->line_starts.size());
    const auto check = [&](const catalog::Value& value) {
        VERITAG_ASSERT(value.known ? value.unknown.empty() : value.text.empty() && !value.unknown.empty());
        VERITAG_ASSERT(value.text.text.size() == value.text.at.size());
        for (std::size_t i = 0; i < value.text.at.size(); ++i) VERITAG_ASSERT(value.text.at[i] < size && text[value.text.at[i]] == value.text.text[i]);
    };
    for (const catalog::Mistake& each : file->mistakes) VERITAG_ASSERT(each.line >= 1);
    for (const catalog::SwallowedLine& each : file->swallowed)
        VERITAG_ASSERT(!each.name.empty() && !each.into.empty() && each.into_line >= 1 && each.into_line <= each.continued_line && each.continued_line + 1 < each.line && each.line <= lines);
    for (const catalog::Setting& each : file->arguments) check(each.value);
    for (std::size_t i = 0; i < file->stages.size(); ++i) {
        const catalog::Stage& stage = file->stages[i];
        check(stage.base);
        VERITAG_ASSERT(stage.line >= 1 && stage.line <= lines && (!stage.from || *stage.from < i));
        for (const catalog::Setting& each : stage.settings) check(each.value);
        for (const catalog::CopySource& each : stage.copies) VERITAG_ASSERT(!each.stage || *each.stage < i);
    }
    if (const auto base = catalog::final_base(*file)) check(base->image);
    return 0;
}
