#include "catalog/path_check.h"

#include "base/text.h"
#include "catalog/compare.h"
#include "catalog/patch.h"

#include <algorithm>
#include <set>

namespace veritag::catalog {
namespace {

using rules::Match;

constexpr std::size_t kLongestPath = 256;  // of those that are compared letter by letter
constexpr std::size_t kMostEdits = 3;

std::string_view file_name(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }
bool is_build_file(std::string_view path) noexcept { return is_dockerfile_name(path) || file_name(path) == "Distrofile"; }
bool is_separator(char c) noexcept { return c == '.' || c == '-' || c == '_'; }

// How many letters must be added, dropped or changed; `limit` + 1 where that is more.
std::size_t edits_between(std::string_view a, std::string_view b, std::size_t limit) {
    if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return std::min(row.back(), limit + 1);
}

std::string digits_of(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c >= '0' && c <= '9') digits += c;
    return digits;
}

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

PathCheck::PathCheck(TagReader& reader, const Tree& tree, BaseCheck& bases, BuildFiles& build_files, const VersionCheck& versions)
    : reader_(reader), tree_(tree), bases_(bases), build_files_(build_files), versions_(versions) {
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

// A folder as a version of the system whose repository that is: `24.03-lts-sp1`, and `24.03.-lts-sp1`, where two separators stand for one.
std::optional<Claim> PathCheck::read_os(const std::string& system, std::string_view folder) const {
    std::string text;
    for (const char c : folder) {
        if (is_separator(c) && !text.empty() && is_separator(text.back())) text.pop_back();
        text += c;
    }
    const tag::Reading& reading = reader_.read("", system + "/" + system, text);
    const auto claim = std::find_if(reading.claims.begin(), reading.claims.end(), [](const Claim& each) { return each.kind == ComponentKind::os; });
    return claim == reading.claims.end() ? std::nullopt : std::optional(*claim);
}

PathReading PathCheck::read(const DeclaredImage& image, std::string_view path) const {
    PathReading out;
    const Claim* os = image.os();
    if (os == nullptr) return out;  // nothing tells which folder stands for the system
    const rules::Component* system = reader_.rules().find(os->component);
    const std::string name = system != nullptr && !system->repositories.empty() ? system->repositories.front() : std::string();
    std::vector<std::string_view> folders = split(path, '/');
    folders.pop_back();
    std::size_t version_at = folders.size();  // one behind the version's folder
    for (std::size_t i = folders.size(); i-- > 0 && !name.empty();) {
        const std::string folder(folders[i]);
        // `26.05` may be the version of the application.
        if (compare_loosely(folder, image.reading->version_text) != Match::differs) continue;
        const std::optional<Claim> claim = read_os(name, folder);
        if (!claim || claim->component != os->component) continue;
        version_at = i;
        if (claim->floating) break;
        out.os_folder = folder;
        out.os_version = claim->version;
        out.os = system->compare_versions(os->version, claim->version);
        break;
    }
    if (version_at == 0) return out;
    out.version_folder = std::string(folders[version_at - 1]);
    if (out.version_folder.empty()) return out;
    // `24.03-lts-sp3` is no version of the application; `24.03` may be one.
    const bool has_letters = std::any_of(out.version_folder.begin(), out.version_folder.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    out.names_os_twice = has_letters && !name.empty() && compare_loosely(out.version_folder, image.reading->version_text) == Match::differs && read_os(name, out.version_folder);
    if (!out.names_os_twice) read_version(image, out);
    return out;
}

// Another tag has the file already, and rightly: the publisher gives a file to the first tag that names it.
bool PathCheck::is_taken(const TreeEntry& entry, const std::string& path) const {
    for (const TreeEntry& other : tree_.entries) {
        if (&other == &entry || other.repository != entry.repository || other.declared.path != path || other.meta_file != entry.meta_file) continue;
        const PathReading reading = read({&other, &reader_.read("", other.repository, other.declared.tag)}, path);
        if (reading.os != Match::differs && reading.version != Match::differs) return true;
    }
    return false;
}

// The same file, named wrongly: too far up (`/1.0/…`, `AI/cann/1.0/…`, `cann/1.0/…`), or misspelt, in a folder that holds one Dockerfile.
std::optional<std::string> PathCheck::moved_path(const DeclaredImage& image, const std::vector<std::string>& files) const {
    const std::string& declared = image.entry->declared.path;
    const auto is_there = [&](std::string_view path) { return std::binary_search(files.begin(), files.end(), path); };
    std::string_view tail = declared;
    while (!is_there(tail) && tail.find('/') != std::string_view::npos) tail.remove_prefix(tail.find('/') + 1);
    if (tail != declared && tail.find('/') != std::string_view::npos && is_there(tail)) {
        const PathReading there = read(image, tail);
        if (there.os == Match::holds && there.version != Match::differs) return std::string(tail);
    }
    if (is_there(declared)) return std::nullopt;
    const std::string folder = declared.substr(0, declared.rfind('/') + 1);
    std::optional<std::string> found;
    for (auto each = std::lower_bound(files.begin(), files.end(), folder); each != files.end() && each->starts_with(folder); ++each) {
        if (each->find('/', folder.size()) != std::string::npos || !is_build_file(*each)) continue;
        if (found) return std::nullopt;
        found = *each;
    }
    if (!found) return std::nullopt;
    const PathReading there = read(image, *found);
    return there.os != Match::differs && there.version != Match::differs ? found : std::nullopt;
}

// That, or the one Dockerfile of the image's folder whose path says what the tag says.
std::optional<PathCheck::OtherPath> PathCheck::other_path(const DeclaredImage& image) const {
    const TreeEntry& entry = *image.entry;
    const auto files = files_.find(entry.folder);
    if (files == files_.end()) return std::nullopt;
    std::optional<std::string> found = moved_path(image, files->second);
    if (!found) {
        for (const std::string& each : files->second) {
            if (file_name(each) != file_name(entry.declared.path)) continue;
            const PathReading reading = read(image, each);
            if (reading.os != Match::holds || reading.version != Match::holds) continue;
            if (found) return std::nullopt;
            found = each;
        }
    }
    if (!found || is_taken(entry, *found)) return std::nullopt;
    std::optional<LineMend> mend = replace_path(tree_, entry, *found);
    if (!mend) return std::nullopt;
    return OtherPath{std::move(*found), std::move(*mend)};
}

// A Dockerfile whose folders are those of the tag, be it another tag's as well.
bool PathCheck::has_file_for(const DeclaredImage& image) const {
    const auto files = files_.find(image.entry->folder);
    return files != files_.end() && std::any_of(files->second.begin(), files->second.end(), [&](const std::string& each) {
               if (!is_build_file(each)) return false;
               const PathReading reading = read(image, each);
               return reading.os == Match::holds && reading.version != Match::differs;
           });
}

// A path that differs by a few letters and by no number: `24.03-lts-sp2` is never a slip of the pen for `24.03-lts-sp1`. Empty where there is none.
std::string PathCheck::nearest_path(const DeclaredImage& image) const {
    const std::string& declared = image.entry->declared.path;
    const auto files = files_.find(image.entry->folder);
    std::string nearest;
    if (files == files_.end() || declared.size() > kLongestPath) return nearest;
    const std::string digits = digits_of(declared);
    std::size_t fewest = kMostEdits + 1;
    for (const std::string& each : files->second) {
        if (each.size() > kLongestPath || digits_of(each) != digits) continue;
        const std::size_t edits = edits_between(declared, each, kMostEdits);
        if (edits >= fewest || is_taken(*image.entry, each)) continue;
        fewest = edits;
        nearest = each;
    }
    return nearest;
}

void PathCheck::advise(const DeclaredImage& image, Finding& finding) const {
    if (std::optional<OtherPath> other = other_path(image)) {
        finding.mend = std::move(other->mend);
        finding.message += " Its Dockerfile stands at another path: " + quote(other->path) + ".";
        return;
    }
    const std::string nearest = image.entry->dockerfile.empty() ? nearest_path(image) : std::string();
    finding.message += nearest.empty() ? " Mend the path." : " The nearest path that is there is " + quote(nearest) + ".";
}

// What a path that names no file has against it besides.
std::string PathCheck::also_wrong(const DeclaredImage& image) const {
    const PathReading reading = read(image, image.entry->declared.path);
    std::string folders;
    if (reading.os == Match::differs) folders = titled(reader_.rules(), image.os()->component, reading.os_version);
    if (reading.version == Match::differs) folders += (folders.empty() ? "" : " and of ") + quote(reading.observed);
    return folders.empty() ? std::string() : "; it also leads to the folder of " + folders + ", which is not the tag's";
}

void PathCheck::judge_os(const DeclaredImage& image, const PathReading& reading, std::vector<Finding>& out) {
    const TreeEntry& entry = *image.entry;
    const Claim& os = *image.os();
    const std::string path = "\"" + quote(entry.declared.path) + "\"", tag = quote(entry.declared.tag), folder = titled(reader_.rules(), os.component, reading.os_version);
    Finding finding = finding_at("path-mismatch", Severity::error, entry.meta_file, entry.declared.path_line, "");
    const std::optional<Claim> base = bases_.os_of(image);
    const auto base_is = [&](const std::string& version) { return base && base->component == os.component && base->version == version; };
    finding.component = os.component;
    finding.observed = reading.os_version;
    if (base_is(os.version)) {
        finding.severity = Severity::warning;
        finding.message = "The tag " + tag + " has the path " + path + ": the folder is named " + quote(reading.os_folder) + ", the Dockerfile starts from " +
                          titled(reader_.rules(), os.component, os.version) + " as the tag claims. Rename the folder.";
        out.push_back(std::move(finding));
        return;
    }
    finding.claimed = os.version;
    finding.message = "The tag " + tag + " claims " + titled(reader_.rules(), os.component, os.version) + "; its path " + path + " leads to the folder of " + folder + ".";
    if (!base_is(reading.os_version) || reading.version == Match::differs || has_file_for(image)) {
        advise(image, finding);
    } else {
        const BaseCheck::OtherTag other = bases_.tag_with(image, *base);
        finding.suggestion = other.tag;
        finding.message += " The Dockerfile there starts from " + folder + ", too, and there is none for " + titled(reader_.rules(), os.component, os.version);
        if (other.declared_at != nullptr)
            finding.message += "; the tag " + quote(other.declared_at->declared.tag) + " is declared already. Give this one a Dockerfile of its own, or take it out.";
        else
            finding.message += ": the tag is wrong, or its Dockerfile is missing.";
    }
    out.push_back(std::move(finding));
}

void PathCheck::judge_version(const DeclaredImage& image, const PathReading& reading, std::vector<Finding>& out) {
    const TreeEntry& entry = *image.entry;
    const auto& claims = image.reading->claims;
    const auto differing = std::find_if(claims.begin(), claims.end(), [&](const Claim& each) { return each.component == reading.component; });
    const Claim* claim = reading.names_os_twice ? image.own() : differing != claims.end() ? &*differing : nullptr;
    Builds builds = Builds::unknown;
    if (claim != nullptr && !claim->version.empty() && is_dockerfile_name(entry.dockerfile))
        if (const BuildFile& file = build_files_.read(entry.dockerfile); file.dockerfile) builds = versions_.which(image, file, *claim, reading.names_os_twice ? std::string_view() : reading.observed);
    if (reading.names_os_twice && builds != Builds::claimed) return;  // no version to compare

    const std::string path = "\"" + quote(entry.declared.path) + "\"", tag = quote(entry.declared.tag);
    Finding finding = finding_at("path-mismatch", Severity::error, entry.meta_file, entry.declared.path_line, "");
    if (builds == Builds::claimed) {
        finding.severity = Severity::warning;
        finding.component = claim->component;
        finding.observed = quote(reading.version_folder);
        finding.message = "The tag " + tag + " has the path " + path + ": the folder is named " + quote(reading.version_folder) + ", the Dockerfile builds " +
                          titled(reader_.rules(), claim->component, claim->version) + " as the tag claims. Rename the folder.";
        out.push_back(std::move(finding));
        return;
    }
    finding.component = reading.component;
    finding.claimed = quote(reading.claimed);
    finding.observed = quote(reading.observed);
    finding.message = "The tag " + tag + " claims " + titled(reader_.rules(), reading.component, reading.claimed) + "; its path " + path + " leads to the folder of " + quote(reading.observed) +
                      (builds == Builds::other ? ", and that is what the Dockerfile builds." : ".");
    advise(image, finding);
    out.push_back(std::move(finding));
}

std::vector<Finding> PathCheck::judge(const DeclaredImage& image) {
    const TreeEntry& entry = *image.entry;
    std::vector<Finding> findings;
    if (entry.declared.path.empty()) return findings;
    if (entry.dockerfile.empty()) {
        std::string why = "names no file of the folder " + quote(entry.folder.empty() ? "." : entry.folder);
        if (entry.declared.path.front() == '/') why += " (a path that begins with / never does)";
        Finding finding = finding_at("path-dead", Severity::error, entry.meta_file, entry.declared.path_line,
                                     "The tag " + quote(entry.declared.tag) + " has the path \"" + quote(entry.declared.path) + "\", which " + why + also_wrong(image) + ".");
        finding.observed = quote(entry.declared.path);
        advise(image, finding);
        findings.push_back(std::move(finding));
        return findings;
    }
    const PathReading reading = read(image, entry.declared.path);
    if (reading.os == Match::differs) judge_os(image, reading, findings);
    if (reading.version == Match::differs || reading.names_os_twice) judge_version(image, reading, findings);
    return findings;
}

}  // namespace veritag::catalog
