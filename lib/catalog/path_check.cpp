#include "catalog/path_check.h"

#include "base/text.h"
#include "catalog/compare.h"
#include "catalog/patch.h"

#include <algorithm>
#include <set>

namespace veritag::catalog {
namespace {

using rules::Match;

std::string_view file_name(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

// The line of meta.yml with another path, where the old one stands on it once and as it is.
std::optional<LineMend> replace_path(const Tree& tree, const TreeEntry& entry, const std::string& path) {
    const Result<std::string> text = read_file(tree, entry.meta_file, Limits{}.catalog_file_bytes, "catalog_file_bytes");
    if (!text) return std::nullopt;
    const std::vector<std::string_view> lines = lines_of(*text);
    const auto index = static_cast<std::size_t>(entry.declared.path_line) - 1;
    if (index >= lines.size()) return std::nullopt;
    std::string_view line = lines[index];
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    const std::size_t at = line.find(entry.declared.path);
    if (at == std::string_view::npos || line.find(entry.declared.path, at + 1) != std::string_view::npos) return std::nullopt;
    LineMend mend{entry.meta_file, entry.declared.path_line, std::string(line), std::string(line)};
    mend.after.replace(at, entry.declared.path.size(), path);
    return mend;
}

}  // namespace

PathCheck::PathCheck(TagReader& reader, const Tree& tree) : reader_(reader), tree_(tree) {
    std::set<std::string, std::less<>> folders;
    for (const TreeEntry& each : tree.entries) folders.insert(each.folder);
    for (const std::string& file : tree.files) {
        for (std::size_t slash = file.rfind('/'); slash != std::string::npos && slash > 0; slash = file.rfind('/', slash - 1)) {
            const std::string_view folder = std::string_view(file).substr(0, slash);
            if (const auto found = folders.find(folder); found != folders.end()) files_[*found].push_back(file.substr(slash + 1));
        }
        if (folders.contains("")) files_[""].push_back(file);
    }
    for (auto& [folder, files] : files_) std::sort(files.begin(), files.end());
}

// The folder is read as if it were a tag of the same repository and system, so that `8.1.RC1-python3.11` and `cann8.1.RC1-python3.11`
// are the same. A part that only one of the two has says nothing.
void PathCheck::read_version(const DeclaredImage& image, PathReading& out) const {
    const tag::Reading& folder = reader_.read("", image.entry->repository, out.version_folder + "-" + image.os()->text);
    if (!folder.readable) {
        out.version = compare_loosely(image.reading->version_text, out.version_folder);
        const Claim* own = image.own();
        out.component = own != nullptr ? own->component : std::string();
        out.claimed = image.reading->version_text;
        out.observed = out.version_folder;
        return;
    }
    bool all = true;
    for (const Claim& claim : image.reading->claims) {
        if (claim.kind == ComponentKind::os || claim.version.empty()) continue;
        const auto same = std::find_if(folder.claims.begin(), folder.claims.end(), [&](const Claim& other) { return other.component == claim.component && !other.version.empty(); });
        const Match match = same == folder.claims.end() ? Match::unclear : compare_versions(reader_.rules().find(claim.component), claim.version, same->version);
        all = all && match == Match::holds;
        // `1.2` for 1.2.3 is how some folders are called; of two versions that only begin alike nothing is said.
        if (match != Match::differs || compare_loosely(claim.version, same->version) != Match::differs) continue;
        out.version = Match::differs;
        out.component = claim.component;
        out.claimed = claim.version;
        out.observed = same->version;
        return;
    }
    if (all) out.version = Match::holds;
}

PathReading PathCheck::read(const DeclaredImage& image, std::string_view path) const {
    PathReading out;
    const Claim* os = image.os();
    if (os == nullptr) return out;  // nothing tells which folder stands for the system
    const rules::Component* system = reader_.rules().find(os->component);
    std::vector<std::string_view> folders = split(path, '/');
    folders.pop_back();
    std::size_t version_at = folders.size();  // one behind the version's folder
    if (system != nullptr && !system->repositories.empty()) {
        const std::string repository = tree_.name_space + "/" + system->repositories.front();
        for (std::size_t i = folders.size(); i-- > 0;) {
            const std::string folder(folders[i]);
            // `26.05` may be the version of the application.
            if (compare_loosely(folder, image.reading->version_text) != Match::differs) continue;
            const tag::Reading& reading = reader_.read("", repository, folder);
            const auto claim = std::find_if(reading.claims.begin(), reading.claims.end(), [&](const Claim& each) { return each.component == os->component; });
            if (claim == reading.claims.end()) continue;
            version_at = i;
            if (claim->floating) break;
            out.os_folder = folder;
            out.os_version = claim->version;
            out.os = system->compare_versions(os->version, claim->version);
            break;
        }
    }
    if (version_at == 0) return out;
    out.version_folder = std::string(folders[version_at - 1]);
    if (!out.version_folder.empty()) read_version(image, out);
    return out;
}

// The one Dockerfile of the image's folder whose path says what the tag says, unless another tag has it already, and rightly: the publisher
// gives a file to the first tag that names it.
std::optional<LineMend> PathCheck::mend(const DeclaredImage& image) const {
    const TreeEntry& entry = *image.entry;
    const auto files = files_.find(entry.folder);
    if (files == files_.end()) return std::nullopt;
    const auto is_there = [&](std::string_view path) { return std::binary_search(files->second.begin(), files->second.end(), path); };
    std::optional<std::string> found;
    std::string_view tail = entry.declared.path;  // `/1.0/…`, `AI/cann/1.0/…`, `cann/1.0/…`: the same path too far up
    while (!is_there(tail) && tail.find('/') != std::string_view::npos) tail.remove_prefix(tail.find('/') + 1);
    const PathReading there = read(image, tail);
    if (tail != entry.declared.path && tail.find('/') != std::string_view::npos && is_there(tail) && there.os == Match::holds && there.version != Match::differs) found = std::string(tail);
    if (!found) {
        for (const std::string& each : files->second) {
            if (file_name(each) != file_name(entry.declared.path)) continue;
            const PathReading reading = read(image, each);
            if (reading.os != Match::holds || reading.version != Match::holds) continue;
            if (found) return std::nullopt;
            found = each;
        }
    }
    if (!found) return std::nullopt;
    for (const TreeEntry& other : tree_.entries) {
        if (&other == &entry || other.repository != entry.repository || other.declared.path != *found || other.meta_file != entry.meta_file) continue;
        const PathReading reading = read({&other, &reader_.read("", other.repository, other.declared.tag)}, *found);
        if (reading.os != Match::differs && reading.version != Match::differs) return std::nullopt;
    }
    return replace_path(tree_, entry, *found);
}

std::vector<Finding> PathCheck::judge(const DeclaredImage& image) const {
    const TreeEntry& entry = *image.entry;
    std::vector<Finding> findings;
    if (entry.declared.path.empty()) return findings;
    const auto add = [&](std::string code, std::string message) -> Finding& {
        findings.push_back(finding_at(std::move(code), Severity::error, entry.meta_file, entry.declared.path_line, std::move(message)));
        findings.back().mend = mend(image);
        findings.back().message += findings.back().mend ? " Its Dockerfile stands at another path: " + quote(std::string(trim(findings.back().mend->after))) + "." : " Mend the path.";
        return findings.back();
    };
    const std::string path = "\"" + quote(entry.declared.path) + "\"", tag = "The tag " + quote(entry.declared.tag);
    if (entry.dockerfile.empty()) {
        std::string why = "names no file of the folder " + quote(entry.folder.empty() ? "." : entry.folder);
        if (entry.declared.path.front() == '/') why += "; a path that begins with / never does";
        Finding& finding = add("path-dead", tag + " has the path " + path + ", which " + why + ".");
        finding.observed = quote(entry.declared.path);
        return findings;
    }
    const PathReading reading = read(image, entry.declared.path);
    if (reading.os == Match::differs) {
        const Claim& os = *image.os();
        Finding& finding = add("path-mismatch", tag + " claims " + titled(reader_.rules(), os.component, os.version) + "; its path " + path + " leads to the folder of " +
                                                    titled(reader_.rules(), os.component, reading.os_version) + ".");
        finding.component = os.component;
        finding.claimed = os.version;
        finding.observed = reading.os_version;
    }
    if (reading.version == Match::differs) {
        Finding& finding = add("path-mismatch", tag + " claims " + titled(reader_.rules(), reading.component, reading.claimed) + "; its path " + path + " leads to the folder of " +
                                                    quote(reading.observed) + ", so another version is built.");
        finding.component = reading.component;
        finding.claimed = quote(reading.claimed);
        finding.observed = quote(reading.observed);
    }
    return findings;
}

}  // namespace veritag::catalog
