// A Distrofile is YAML: `release: 24.03-LTS` names the system from whose packages the image is made
// (openeuler-mirror/openeuler-docker-images: Distroless/*/*/*/Distrofile).
#include "catalog/distrofile.h"

#include "base/text.h"
#include "catalog/compare.h"
#include "catalog/yaml_document.h"

namespace veritag::catalog {
namespace {

const YamlValue* text_of(const YamlDocument& document, std::string_view key) {
    const YamlValue* value = document.root.find(key);
    return value != nullptr && value->kind == YamlValue::Kind::scalar ? value : nullptr;
}

}  // namespace

std::vector<Finding> judge_distrofile(const rules::RuleSet& rules, const Tree& tree, const DeclaredImage& image, const Limits& limits) {
    const Result<std::string> text = read_file(tree, image.entry->dockerfile, limits.dockerfile_bytes, "dockerfile_bytes");
    if (!text) return {};
    std::vector<Finding> out;
    const auto add = [&](std::string code, Severity severity, int line, std::string message) -> Finding& {
        return out.emplace_back(finding_at(std::move(code), severity, image.entry->dockerfile, line, std::move(message)));
    };
    const YamlDocument document = read_yaml(*text);
    const YamlValue* name = text_of(document, "name");
    const std::string own = image.entry->repository.substr(image.entry->repository.rfind('/') + 1);
    if (name != nullptr && name->text != own) {
        Finding& finding = add("unproven", Severity::info, name->line, "The Distrofile of " + quote(own) + " calls itself \"" + quote(name->text, 80) + "\"; which of the two it makes was not judged.");
        finding.claimed = own;
        finding.observed = quote(name->text);
    }
    const Claim* claimed = image.os();
    const rules::Component* system = claimed != nullptr ? rules.find(claimed->component) : nullptr;
    if (system == nullptr) return out;
    const YamlValue* release = text_of(document, "release");
    if (release == nullptr && !document.mistakes.empty())
        add("unproven", Severity::info, document.mistakes.front().line, "The Distrofile cannot be read as far as its release (" + document.mistakes.front().message + "), so that was not judged.");
    if (release == nullptr || release->text.find_first_of("0123456789") == std::string::npos) return out;
    const std::string version = system->canonical(release->text);
    if (compare_versions(system, claimed->version, version) != rules::Match::differs) return out;
    Finding& finding = add(mismatch_code(ComponentKind::os), Severity::error, release->line,
                           "The tag " + quote(image.entry->declared.tag) + " claims " + titled(rules, claimed->component, claimed->version) + "; its Distrofile is of the release \"" + quote(release->text, 60) +
                               "\". Set the release, or change the tag.");
    finding.component = claimed->component;
    finding.claimed = claimed->version;
    finding.observed = quote(version);
    return out;
}

}  // namespace veritag::catalog
