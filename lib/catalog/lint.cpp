#include "catalog/lint.h"

#include "base/text.h"
#include "catalog/base_check.h"
#include "catalog/compare.h"
#include "catalog/declared_image.h"
#include "catalog/patch.h"
#include "catalog/path_check.h"
#include "oci/reference.h"
#include "tag/tag.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace veritag::catalog {
namespace {

using rules::Match;

void judge_tag(const rules::RuleSet& rules, const BaseCheck& bases, const DeclaredImage& image, std::vector<Finding>& out) {
    const TreeEntry& entry = *image.entry;
    const std::string tag = "The tag \"" + quote(entry.declared.tag) + "\"";
    const bool legal = oci::is_valid_tag(entry.declared.tag);
    if (!legal) {
        out.push_back(finding_at("catalog-invalid", Severity::error, entry.meta_file, entry.declared.line,
                                 tag + " cannot be pushed to any registry: a tag is at most 128 letters, digits, '_', '.' and '-', and does not begin with '.' or '-'. Rename it."));
        out.back().claimed = quote(entry.declared.tag);
    }
    for (Finding finding : image.reading->findings) {
        if (finding.code != "tag-form" && finding.code != "tag-order" && !(finding.code == "tag-syntax" && legal)) continue;
        finding.file = entry.meta_file;
        finding.line = entry.declared.line;
        if (finding.code != "tag-syntax") {
            finding.message = tag + ": " + finding.message;
            finding.suggestion = tag::write_tag(rules, *image.reading, {});
            if (finding.suggestion && bases.declares(entry.repository, *finding.suggestion)) {
                finding.message += " That tag is declared already.";
                finding.suggestion.reset();
            }
        }
        out.push_back(std::move(finding));
    }
}

// The system that the path and the base agree on is the path's fault alone: the base is right for that folder.
bool explained_by_path(const Finding& finding, const std::vector<Finding>& of_path) {
    return std::any_of(of_path.begin(), of_path.end(), [&](const Finding& each) {
        return each.code == "path-mismatch" && each.component == finding.component && each.observed && finding.observed && compare_loosely(*each.observed, *finding.observed) == Match::holds;
    });
}

// Two tags of one Dockerfile that no folder tells apart: without build arguments it gives one version, so only one of them can be right.
void judge_shared_files(const rules::RuleSet& rules, const std::vector<DeclaredImage>& images, const std::set<const TreeEntry*>& known_by_folder, BuildFiles& files, std::vector<Finding>& out) {
    std::map<std::string, std::vector<const DeclaredImage*>> users;
    for (const DeclaredImage& image : images) {
        const Claim* own = image.own();
        if (image.entry->dockerfile.empty() || known_by_folder.contains(image.entry) || own == nullptr || own->version.empty()) continue;
        users[image.entry->repository + " " + image.entry->dockerfile].push_back(&image);
    }
    for (const auto& [name, sharers] : users) {
        if (sharers.size() < 2) continue;
        const std::string& path = sharers.front()->entry->dockerfile;
        const BuildFile* file = is_dockerfile_name(path) ? &files.read(path) : nullptr;
        const auto is_built = [&](const DeclaredImage* each) { return file != nullptr && file->dockerfile && builds_version(*file->dockerfile, each->own()->version); };
        auto right = std::find_if(sharers.begin(), sharers.end(), is_built);
        if (right == sharers.end()) right = sharers.begin();
        const Claim& other = *(*right)->own();
        for (const DeclaredImage* image : sharers) {
            const Claim& own = *image->own();
            if (other.component != own.component || compare_versions(rules.find(own.component), own.version, other.version) != Match::differs || compare_loosely(own.version, other.version) != Match::differs)
                continue;
            const TreeEntry& entry = *image->entry;
            out.push_back(finding_at("path-mismatch", Severity::error, entry.meta_file, entry.declared.path_line,
                                     "The tag " + quote(entry.declared.tag) + " claims " + titled(rules, own.component, own.version) + "; its Dockerfile is also that of " + quote((*right)->entry->declared.tag) + " (line " +
                                         std::to_string((*right)->entry->declared.line) + "), and one Dockerfile gives one version. Give each its own."));
            out.back().component = own.component;
            out.back().claimed = quote(own.version);
            out.back().observed = quote(other.version);
        }
    }
}

// The line that goes on without meaning to, without its last backslash: certain where a whole command stands before that, and where the
// file then still starts from the same images.
std::optional<LineMend> mend_swallowed(const std::string& path, const BuildFile& file, const SwallowedLine& swallowed, const Limits& limits) {
    const auto index = static_cast<std::size_t>(swallowed.continued_line) - 1;
    std::vector<std::string_view> lines = lines_of(file.text);
    std::string_view before = lines.at(index);
    while (before.ends_with('\n') || before.ends_with('\r')) before.remove_suffix(1);
    std::string_view after = before.substr(0, before.find_last_not_of(" \t"));  // without the escape character
    after = after.substr(0, after.find_last_not_of(" \t") + 1);
    if (swallowed.name != "RUN" || after.empty() || std::string_view("&|;({,=").find(after.back()) != std::string_view::npos) return std::nullopt;
    const LineMend mend{path, swallowed.continued_line, std::string(before), std::string(after)};
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += i == index ? std::string(after) + std::string(lines[i].substr(before.size())) : std::string(lines[i]);
    const BuildFile mended = parse_build_file(std::move(text), limits);
    if (!mended.dockerfile || mended.dockerfile->swallowed.size() >= file.dockerfile->swallowed.size() || mended.dockerfile->mistakes.size() > file.dockerfile->mistakes.size()) return std::nullopt;
    const auto& had = file.dockerfile->stages;
    const auto& has = mended.dockerfile->stages;
    const bool same = std::equal(had.begin(), had.end(), has.begin(), has.end(), [](const Stage& a, const Stage& b) { return a.base.text.text == b.base.text.text; });
    return same ? std::optional(mend) : std::nullopt;
}

// What every tag that shares a file would repeat.
void judge_files(const BuildFiles& files, std::vector<Finding>& out) {
    for (const auto& [path, file] : files.all()) {
        if (file->error) {
            out.push_back(finding_at("unproven", Severity::warning, path, 0, "The Dockerfile could not be read, so what it builds was not judged: " + file->error->message() + "."));
            continue;
        }
        for (const Mistake& each : file->dockerfile->mistakes)
            out.push_back(finding_at("catalog-invalid", Severity::error, path, each.line, "The Dockerfile cannot be built: " + each.message + "."));
        for (const SwallowedLine& each : file->dockerfile->swallowed) {
            out.push_back(finding_at("catalog-invalid", Severity::error, path, each.line,
                                     "This " + each.name + " is never carried out: line " + std::to_string(each.continued_line) + " ends with a continuation, and blank and comment lines do not end it, so this line becomes arguments of the " +
                                         quote(each.into, 20) + " of line " + std::to_string(each.into_line) + ". Take the continuation away."));
            out.back().observed = each.name;
            out.back().mend = mend_swallowed(path, *file, each, files.limits());
        }
    }
}

// Two mends of one line that differ are no certain mends.
void drop_contradictions(std::vector<Finding>& findings) {
    std::map<std::pair<std::string, int>, std::set<std::string>> lines;
    for (const Finding& each : findings)
        if (each.mend) lines[{each.mend->file, each.mend->line}].insert(each.mend->after);
    for (Finding& each : findings)
        if (each.mend && lines[{each.mend->file, each.mend->line}].size() > 1) each.mend.reset();
}

// So that a report can show each mend as a patch.
void add_contexts(const Tree& tree, const Limits& limits, std::vector<Finding>& findings) {
    std::map<std::string, std::string> texts;
    for (Finding& each : findings) {
        if (!each.mend) continue;
        const auto [text, fresh] = texts.try_emplace(each.mend->file);
        if (fresh)
            if (Result<std::string> read = read_file(tree, each.mend->file, std::max(limits.catalog_file_bytes, limits.dockerfile_bytes), "catalog_file_bytes")) text->second = std::move(*read);
        add_context(text->second, *each.mend);
    }
}

}  // namespace

LintResult lint(const rules::RuleSet& rules, const Tree& tree, const LintOptions& options) {
    TagReader reader(rules);
    BuildFiles files(tree, options.limits);
    std::vector<DeclaredImage> images;
    images.reserve(tree.entries.size());
    const VersionCheck versions(reader, tree, options.limits);
    BaseCheck bases(reader, tree, options.publisher, files, versions);
    for (const TreeEntry& entry : tree.entries) images.push_back({&entry, &reader.read("", entry.repository, entry.declared.tag)});
    for (const bool published : {true, false})  // a folder that no list names may only happen to be called like an image
        for (const DeclaredImage& image : images)
            if (image.entry->published == published) bases.declare(image);
    PathCheck paths(reader, tree, bases, files, versions);

    LintResult result;
    result.findings = tree.findings;
    std::set<const TreeEntry*> known_by_folder;
    for (const DeclaredImage& image : images) {
        judge_tag(rules, bases, image, result.findings);
        std::vector<Finding> of_path = paths.judge(image);
        if (!image.entry->dockerfile.empty() && paths.read(image, image.entry->declared.path).version != Match::unclear) known_by_folder.insert(image.entry);
        const bool is_own = std::none_of(of_path.begin(), of_path.end(), [](const Finding& each) { return each.severity == Severity::error; });
        for (Finding& each : bases.judge(image, is_own))
            if (!explained_by_path(each, of_path)) result.findings.push_back(std::move(each));
        std::move(of_path.begin(), of_path.end(), std::back_inserter(result.findings));
    }
    judge_shared_files(rules, images, known_by_folder, files, result.findings);
    judge_files(files, result.findings);
    drop_contradictions(result.findings);
    std::stable_sort(result.findings.begin(), result.findings.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.file, a.line, a.severity, a.code, a.message) < std::tie(b.file, b.line, b.severity, b.code, b.message);
    });
    const auto same = [](const Finding& a, const Finding& b) { return std::tie(a.file, a.line, a.code, a.message) == std::tie(b.file, b.line, b.code, b.message); };
    result.findings.erase(std::unique(result.findings.begin(), result.findings.end(), same), result.findings.end());
    add_contexts(tree, options.limits, result.findings);
    result.coverage = {tree.metas, tree.entries.size(), files.all().size()};
    return result;
}

}  // namespace veritag::catalog
