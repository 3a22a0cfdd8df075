#include "catalog/version_check.h"

#include "base/text.h"
#include "catalog/compare.h"

#include <algorithm>

namespace veritag::catalog {
namespace {

using rules::Match;

constexpr std::size_t kMostNames = 64;  // of variables or versions in one file; what has more is not judged by them

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_name_byte(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; }

// $NAME or ${NAME anywhere in the text.
bool uses_variable(std::string_view text, std::string_view name) {
    for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        const bool braced = at > 1 && text[at - 1] == '{' && text[at - 2] == '$';
        const std::size_t end = at + name.size();
        if ((braced || (at > 0 && text[at - 1] == '$')) && (end >= text.size() || !is_name_byte(text[end]))) return true;
    }
    return false;
}

// `311` of 3.11, as packages of Python are called; empty where that could be any number.
std::string without_dots(std::string_view version) {
    std::string result;
    for (const char c : version)
        if (c != '.') result += c;
    return result.size() > 2 && result.size() < version.size() ? result : std::string();
}

bool names_claim(std::string_view text, const Claim& claim) { return mentions_version(text, claim.version) || mentions_version(text, claim.text); }

std::vector<const Setting*> settings_of(const Dockerfile& file) {
    std::vector<const Setting*> all;
    for (const Setting& each : file.arguments) all.push_back(&each);
    for (const Stage& stage : file.stages)
        for (const Setting& each : stage.settings) all.push_back(&each);
    return all;
}

// Where in the file the value of a variable is written. A version is short; of anything longer nothing is asked.
class Places {
public:
    explicit Places(const Setting& setting) : places_(setting.value.text.at) {
        if (places_.size() > kMostBytes) places_.clear();
        std::sort(places_.begin(), places_.end());
    }
    [[nodiscard]] bool are_in(const PlacedText& text) const {
        return text.at.size() <= kMostBytes && std::any_of(text.at.begin(), text.at.end(), [&](std::uint32_t at) { return std::binary_search(places_.begin(), places_.end(), at); });
    }

private:
    static constexpr std::size_t kMostBytes = 256;
    std::vector<std::uint32_t> places_;
};

bool stands_in_a_from(const Dockerfile& file, const Setting& setting) {
    const Places places(setting);
    return std::any_of(file.stages.begin(), file.stages.end(), [&](const Stage& stage) { return places.are_in(stage.base.text); });
}

// The variable itself, and those that are made of it.
std::vector<std::string> names_of(const Dockerfile& file, const Setting& setting) {
    const Places places(setting);
    std::vector<std::string> names{setting.name};
    for (const Setting* each : settings_of(file))
        if (each->name != setting.name && names.size() < kMostNames && places.are_in(each->value.text)) names.push_back(each->name);
    return names;
}

bool uses_any(std::string_view text, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return uses_variable(text, name); });
}

// By any instruction.
bool is_used(const Dockerfile& file, const Setting& setting) {
    const std::vector<std::string> names = names_of(file, setting);
    for (const Stage& stage : file.stages)
        for (const Instruction& each : stage.instructions)
            if (uses_any(each.text, names)) return true;
    return false;
}

// The one variable that holds the image's version: VERSION, or `NODE_VERSION` of node.
const Setting* version_variable(const DeclaredImage& image, const Dockerfile& file) {
    std::string named;
    for (const char c : image.entry->repository.substr(image.entry->repository.rfind('/') + 1)) named += is_name_byte(c) ? (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c) : '_';
    named += "_VERSION";
    const Setting* found = nullptr;
    for (const Setting* each : settings_of(file)) {
        if ((each->name != "VERSION" && each->name != named) || !each->written) continue;
        if (found != nullptr) return nullptr;
        found = each;
    }
    return found != nullptr && !found->environment && found->value.known && !found->value.text.empty() ? found : nullptr;
}

// `3.10.17` of python3.10.17, Python-3.10.17.tgz and python==3.10.17: what stands right behind a name and has a point.
void collect_versions_behind(std::string_view name, std::string_view text, std::vector<std::string>& out) {
    for (std::size_t at = text.find(name); at != std::string_view::npos && out.size() < kMostNames; at = text.find(name, at + 1)) {
        if (at > 0 && is_name_byte(text[at - 1])) continue;
        std::size_t start = at + name.size();
        while (start < text.size() && start < at + name.size() + 3 && std::string_view("-_=v").find(text[start]) != std::string_view::npos) ++start;
        std::size_t end = start;
        while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
        while (end > start && text[end - 1] == '.') --end;
        const std::string version(text.substr(start, end - start));
        if (version.find('.', 1) != std::string::npos && is_digit(version.front()) && std::find(out.begin(), out.end(), version) == out.end()) out.push_back(version);
    }
}

}  // namespace

bool builds_version(const Dockerfile& file, std::string_view version) {
    const std::string short_form = without_dots(version);
    const auto used = [&](const std::string& name) {
        return std::any_of(file.stages.begin(), file.stages.end(), [&](const Stage& stage) {
            return std::any_of(stage.instructions.begin(), stage.instructions.end(), [&](const Instruction& each) { return uses_variable(each.text, name); });
        });
    };
    const auto sets = [&](const Setting& each) { return each.value.known && mentions_version(each.value.text.text, version) && used(each.name); };
    if (std::any_of(file.arguments.begin(), file.arguments.end(), sets)) return true;
    for (const Stage& stage : file.stages) {
        if (std::any_of(stage.settings.begin(), stage.settings.end(), sets)) return true;
        for (const Instruction& each : stage.instructions)
            if ((each.name == "RUN" || each.name == "ADD" || each.name == "COPY") && (mentions_version(each.text, version) || mentions_version(each.text, short_form))) return true;
    }
    return false;
}

VersionCheck::VersionCheck(TagReader& reader, const Tree& tree, const Limits& limits) : reader_(reader), tree_(tree), limits_(limits), files_(tree.files.begin(), tree.files.end()) {
    std::sort(files_.begin(), files_.end());
}

// A file that cannot be read may hold anything.
bool VersionCheck::any_file_beside(const DeclaredImage& image, const std::function<bool(std::string_view text)>& holds) const {
    const std::string& path = image.entry->dockerfile;
    const std::string directory = path.substr(0, path.rfind('/') + 1);
    if (directory.empty()) return false;
    for (auto each = std::lower_bound(files_.begin(), files_.end(), directory); each != files_.end() && each->starts_with(directory); ++each) {
        if (*each == path) continue;
        const Result<std::string> text = read_file(tree_, *each, limits_.dockerfile_bytes, "dockerfile_bytes");
        if (!text || holds(*text)) return true;
    }
    return false;
}

bool VersionCheck::may_build(const DeclaredImage& image, const BuildFile& file, const Claim& claim) const {
    if (builds_version(*file.dockerfile, claim.text) || builds_version(*file.dockerfile, claim.version)) return true;
    return any_file_beside(image, [&](std::string_view text) { return names_claim(text, claim); });
}

Builds VersionCheck::which(const DeclaredImage& image, const BuildFile& file, const Claim& claim, std::string_view other) const {
    const Dockerfile& dockerfile = *file.dockerfile;
    if (const Claim* own = image.own(); own != nullptr && own->component == claim.component) {
        const Setting* variable = version_variable(image, dockerfile);
        if (variable != nullptr && is_used(dockerfile, *variable) && !stands_in_a_from(dockerfile, *variable)) {
            const std::string& value = variable->value.text.text;
            if (compare_loosely(claim.version, value) == Match::holds || compare_loosely(claim.text, value) == Match::holds) return Builds::claimed;
            if (!other.empty() && compare_loosely(other, value) == Match::holds) return Builds::other;
        }
    }
    const bool claimed = may_build(image, file, claim), names_other = builds_version(dockerfile, other);
    if (claimed == names_other) return Builds::unknown;
    return claimed ? Builds::claimed : Builds::other;
}

// ARG VERSION=15.3.0 in the Dockerfile of 15.3.4. Certain only where the variable has the image's own name or none, one value in the whole
// file, is used, has no part in a FROM, and the claimed version stands nowhere. Versions of two forms may be one: `1.1` of a tool for 5.5.0.
bool VersionCheck::judge_argument(const DeclaredImage& image, const BuildFile& file, const Claim& own, std::vector<Finding>& out) const {
    if (names_claim(file.text, own)) return false;
    const Dockerfile& dockerfile = *file.dockerfile;
    const Setting* setting = version_variable(image, dockerfile);
    if (setting == nullptr || !uses_variable(file.text, setting->name) || stands_in_a_from(dockerfile, *setting)) return false;
    const std::string& value = setting->value.text.text;
    if (value.find_first_of(".-_") == std::string::npos) return false;
    for (const Claim& claim : image.reading->claims)
        if (compare_loosely(claim.version, value) != Match::differs) return false;
    const auto points = [](const std::string& text) { return std::count(text.begin(), text.end(), '.'); };
    const bool same_form = points(value) > 0 && points(value) == points(own.version);
    if (!same_form && !is_used(dockerfile, *setting)) return false;
    Finding finding = finding_at(same_form ? mismatch_code(own.kind) : "unproven", same_form ? Severity::error : Severity::info, image.entry->dockerfile, setting->line,
                                 "The tag " + quote(image.entry->declared.tag) + " claims " + titled(reader_.rules(), own.component, own.version) + "; its Dockerfile builds " +
                                     quote(setting->name + " " + value, 80) + " and names " + quote(own.text) + " nowhere." +
                                     (same_form ? " Set " + quote(setting->name) + " to the version of the tag." : " Whether that is the same version in another form was not judged."));
    finding.component = own.component;
    finding.claimed = quote(own.version);
    finding.observed = quote(value);
    out.push_back(std::move(finding));
    return true;
}

// A version that is set and never used pins nothing: whatever the repositories hold on the day of the build is installed.
void VersionCheck::judge_unused(const DeclaredImage& image, const BuildFile& file, const Claim& own, std::vector<Finding>& out) const {
    const Dockerfile& dockerfile = *file.dockerfile;
    const Setting* own_variable = version_variable(image, dockerfile);
    std::size_t looked_at = 0;
    for (const Setting* each : settings_of(dockerfile)) {
        if (each->environment || !each->written || !each->value.known || each->value.text.text.find_first_of("0123456789") == std::string::npos) continue;
        const bool like_the_tag = each->name.ends_with("VERSION") && compare_loosely(own.version, each->value.text.text) != Match::differs;
        if (each != own_variable && !like_the_tag) continue;
        if (++looked_at > kMostNames) return;
        if (is_used(dockerfile, *each) || stands_in_a_from(dockerfile, *each)) continue;
        if (may_build(image, file, own) || any_file_beside(image, [names = names_of(dockerfile, *each)](std::string_view text) { return uses_any(text, names); })) return;
        Finding finding = finding_at("unproven", Severity::info, image.entry->dockerfile, each->line,
                                     "The Dockerfile of " + quote(image.entry->declared.tag) + " sets " + quote(each->name + " " + each->value.text.text, 80) + ", but no instruction uses it, and none names " +
                                         quote(own.text) + ": which version of " + titled(reader_.rules(), own.component, "") + " is installed was not judged.");
        finding.component = own.component;
        finding.observed = quote(each->name);
        out.push_back(std::move(finding));
        return;
    }
}

void VersionCheck::judge(const DeclaredImage& image, const BuildFile& file, std::vector<Finding>& out) const {
    const Claim* own = image.own();
    if (own == nullptr || own->version.empty()) return;
    if (!judge_argument(image, file, *own, out)) judge_unused(image, file, *own, out);
}

void VersionCheck::judge_named(const DeclaredImage& image, const BuildFile& file, const Claim& claim, std::vector<Finding>& out) const {
    const rules::Component* component = reader_.rules().find(claim.component);
    if (component == nullptr || claim.from_repository || may_build(image, file, claim)) return;
    std::vector<std::string> named;
    int line = 0;
    for (const Stage& stage : file.dockerfile->stages)
        for (const Instruction& each : stage.instructions) {
            const std::string text = to_lower(each.text);
            for (const std::string& name : component->names) collect_versions_behind(name, text, named);
            if (line == 0 && !named.empty()) line = each.line;
        }
    if (named.empty() || named.size() >= kMostNames) return;
    if (std::any_of(named.begin(), named.end(), [&](const std::string& each) { return compare_versions(component, claim.version, each) != Match::differs; })) return;
    Finding finding = finding_at("unproven", Severity::info, image.entry->dockerfile, line,
                                 "The tag " + quote(image.entry->declared.tag) + " claims " + titled(reader_.rules(), claim.component, claim.version) + "; no base tells which it is, and the Dockerfile names " +
                                     titled(reader_.rules(), claim.component, named.front()) + " and " + quote(claim.version) + " nowhere, so it was not judged.");
    finding.component = claim.component;
    finding.claimed = quote(claim.version);
    finding.observed = quote(named.front());
    out.push_back(std::move(finding));
}

}  // namespace veritag::catalog
