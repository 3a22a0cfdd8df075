// What of a Dockerfile is written anew so that it starts from another tag of the same base.
#include "base/text.h"
#include "catalog/base_check.h"
#include "catalog/patch.h"

#include <algorithm>

namespace veritag::catalog {
namespace {

struct Rewritten {
    LineMend mend;
    BuildFile file;
};

// The one place where the base's tag is written, FROM or the default of an ARG, with the other tag.
std::optional<Rewritten> rewrite(const std::string& path, const BuildFile& file, const PlacedText& old, const std::string& wanted, const Limits& limits) {
    std::size_t first = 0;
    while (first < old.text.size() && first < wanted.size() && old.text[first] == wanted[first]) ++first;
    std::size_t behind = 0;
    while (behind < old.text.size() - first && behind < wanted.size() - first && old.text[old.text.size() - 1 - behind] == wanted[wanted.size() - 1 - behind]) ++behind;
    if (first == 0) return std::nullopt;
    const std::size_t count = old.text.size() - behind - first;
    for (std::size_t i = first; i + 1 < first + count; ++i)
        if (old.at[i + 1] != old.at[i] + 1) return std::nullopt;  // from several places
    const std::size_t at = count > 0 ? old.at[first] : old.at[first - 1] + 1U;
    std::string text = file.text;
    text.replace(at, count, wanted.substr(first, wanted.size() - behind - first));

    const int line = file.dockerfile->line_of(static_cast<std::uint32_t>(at));
    const auto whole_line = [line](std::string_view of) {
        std::string_view result = lines_of(of)[static_cast<std::size_t>(line) - 1];
        while (!result.empty() && (result.back() == '\n' || result.back() == '\r')) result.remove_suffix(1);
        return std::string(result);
    };
    Rewritten result{{path, line, whole_line(file.text), whole_line(text)}, {}};
    result.file = parse_build_file(std::move(text), limits);
    if (!result.file.dockerfile) return std::nullopt;
    return result;
}

std::string with_tag(const BaseImage& base, const std::string& tag) { return base.tag_at != std::string::npos ? base.written.substr(0, base.tag_at) + tag : base.written + ":" + tag; }

// The stages from which something is copied into the image, and those below them.
std::set<std::size_t> copied_stages(const Dockerfile& file) {
    std::set<std::size_t> found;
    std::vector<std::size_t> open{file.stages.size() - 1};
    while (!open.empty()) {
        const Stage& stage = file.stages[open.back()];
        open.pop_back();
        const auto add = [&](const std::optional<std::size_t>& other) {
            if (other && found.insert(*other).second) open.push_back(*other);
        };
        add(stage.from);
        for (const CopySource& each : stage.copies) add(each.stage);
    }
    return found;
}

}  // namespace

// Kept only where reading the file again gives that base, and no tag that shares the file is worse off.
std::optional<LineMend> BaseCheck::mend(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, const std::string& tag) {
    const std::string wanted = with_tag(base, tag);
    std::optional<Rewritten> after = rewrite(image.entry->dockerfile, file, final.image.text, wanted, files_.limits());
    if (!after) return std::nullopt;
    const std::optional<FinalBase> now = final_base(*after->file.dockerfile);
    if (!now || !now->image.known || now->image.text.text != wanted || makes_worse(image.entry->dockerfile, file, after->file, image)) return std::nullopt;
    return std::move(after->mend);
}

// What a build stage made on the old system is copied into the image: it starts from the new one together with the final stage.
void BaseCheck::mend_builders(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, const std::string& tag, std::vector<Finding>& out) const {
    const Dockerfile& dockerfile = *file.dockerfile;
    const std::string wanted = with_tag(base, tag);
    for (const std::size_t number : copied_stages(dockerfile)) {
        const Stage& stage = dockerfile.stages[number];
        if (number == final.stage || stage.from || !stage.base.known || stage.base.text.text != final.image.text.text) continue;
        std::optional<Rewritten> after = rewrite(image.entry->dockerfile, file, stage.base.text, wanted, files_.limits());
        if (!after || after->file.dockerfile->stages.size() != dockerfile.stages.size() || after->file.dockerfile->stages[number].base.text.text != wanted) continue;
        if (final_base(*after->file.dockerfile)->image.text.text == wanted) continue;  // one ARG for both
        Finding finding = finding_at("unproven", Severity::info, image.entry->dockerfile, after->mend.line,
                                     "The build stage " + (stage.name.empty() ? std::to_string(number) : quote(stage.name)) + " starts from \"" + quote(base.written, 140) +
                                         "\" as the final stage does, and what it builds is copied into the image: whether that runs on another system was not judged. Start it from " +
                                         quote(base.repository + ":" + tag) + ", too.");
        finding.mend = std::move(after->mend);
        out.push_back(std::move(finding));
    }
}

bool BaseCheck::makes_worse(const std::string& path, const BuildFile& before, const BuildFile& after, const DeclaredImage& image) {
    const auto codes = [&](const DeclaredImage& user, const BuildFile& file) {
        std::set<std::string> result;
        for (const Finding& each : judge_file(user, file, false))
            if (each.severity != Severity::info) result.insert(each.code + " " + each.component);
        return result;
    };
    for (const DeclaredImage& user : users_[path]) {
        const std::set<std::string> had = codes(user, before), has = codes(user, after);
        if (!std::includes(had.begin(), had.end(), has.begin(), has.end())) return true;
        if (user.entry == image.entry && has.size() >= had.size()) return true;
    }
    return false;
}

}  // namespace veritag::catalog
