#include "detect/observe.h"

#include "base/text.h"
#include "detect/architecture.h"
#include "detect/detector.h"
#include "detect/elf.h"
#include "detect/python_files.h"
#include "pkgdb/pkgdb.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace veritag::detect {
namespace {

using Target = EvidenceMatcher::Target;

constexpr std::size_t kMostEvidence = 6;        // of one observation: more does not convince more
constexpr std::size_t kMostVersions = 100;      // of one component: no true image has more, and all are compared with each other
constexpr std::size_t kMostProblems = 1000;     // kept of an image
constexpr std::size_t kMostAliases = 2'000'000; // entries looked at through links to directories
constexpr std::string_view kLfsHeader = "version https://git-lfs.github.com/spec/v1";  // git-lfs/git-lfs: docs/spec.md

// What one rule saw, before observations are put together.
struct Sighting {
    const rules::Component* component = nullptr;
    std::size_t rule_index = 0;
    std::string version;
    bool proof = true;
    Evidence evidence;
};

class Observer {
public:
    Observer(const MergedImage& image, const oci::ImageConfig& config, const oci::Platform& platform, const EvidenceMatcher& matcher, std::string_view application)
        : image_(image), config_(config), platform_(platform), matcher_(matcher), application_(to_lower(application)) {
        for (const Digest& id : config.diff_ids) result_.facts.diff_ids.push_back(id.str());
    }

    ObserveResult run() {
        image_.for_each_file([&](const LiveFile& file) { look_at(file, file.path); });
        look_through_links();
        find_system_databases();
        follow_python_sources();
        take_packages();
        for (const Package& package : result_.facts.packages) look_at_package(package);
        look_at_config();
        collect_problems();
        judge_architectures();
        judge_package_count();
        look_for_application();
        put_together();
        return std::move(result_);
    }

private:
    [[nodiscard]] std::string diff_id(int layer) const {
        return layer >= 0 && static_cast<std::size_t>(layer) < config_.diff_ids.size() ? config_.diff_ids[static_cast<std::size_t>(layer)].str() : "";
    }
    [[nodiscard]] Evidence evidence(EvidenceSource source, std::string path, int layer, std::string detail) const {
        return {.source = source, .path = std::move(path), .layer = layer, .diff_id = diff_id(layer), .detail = quote(detail)};
    }

    void need(const LiveFile& file, std::string_view known_path) {
        result_.missing[file.content_layer].emplace(file.content_path, std::string(known_path));
    }

    // `known_path` is the name under which rules may know the file: its own, or one that a link gives it.
    void look_at(const LiveFile& file, std::string_view known_path) {
        look_for_database(file, known_path);
        const bool alias = known_path != file.path;
        for (const Target* target : matcher_.match(known_path)) {
            // What is excepted stays so under every name, and the name of a link is no evidence of what it leads to.
            if (alias && (target->excepts(file.path) || (target->rule != nullptr && target->rule->from == rules::EvidenceRule::From::path))) continue;
            if (target->what == Target::What::could_hold)
                note_could_hold(*target->component, file);
            else
                apply(*target, file, known_path);
        }
    }

    void look_for_database(const LiveFile& file, std::string_view known_path) {
        if (file.size == 0) return;
        // Asked for the name first: a hard link elsewhere to a database is a copy that nobody reads.
        const auto& detectors = all_detectors();
        if (std::none_of(detectors.begin(), detectors.end(), [&](const Detector* d) { return d->wants(known_path); })) {
            if (is_egg_archive(known_path)) egg_archives_.insert(file.path);
            return;
        }
        const bool only_source = python_file(known_path) == PythonFile::source_egg_info;
        if (const PackageDatabase* database = image_.database(file)) {
            const auto [at, fresh] = databases_.try_emplace(file.path, file, database, known_path);
            // A source tree's egg-info that a link shows in site-packages is an installed one.
            if (!fresh && !only_source && python_file(at->second.known_path) == PythonFile::source_egg_info) at->second.known_path = known_path;
        } else if (only_source) {
            unread_sources_.emplace_back(file, known_path);  // asked for when something leads to it
        } else {
            need(file, known_path);
        }
    }

    void note_could_hold(const rules::Component& component, const LiveFile& file) {
        const Capture* capture = image_.capture(file);
        if (capture != nullptr && capture->content.starts_with(kLfsHeader)) return;  // a pointer holds nothing
        std::vector<Evidence>& list = result_.facts.could_hold[component.name];
        const Evidence item = evidence(EvidenceSource::file, file.path, file.layer, "");
        if (list.size() < kMostEvidence && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
    }

    void apply(const Target& target, const LiveFile& file, std::string_view known_path) {
        const rules::EvidenceRule& rule = *target.rule;
        if (file.size < rule.min_size) {
            if (rule.from == rules::EvidenceRule::From::file) note_small(*target.component, file, known_path);
            return;
        }
        std::string text;
        std::string detail;
        EvidenceSource source = EvidenceSource::file;
        if (rule.from == rules::EvidenceRule::From::path) {
            text = known_path;
        } else if (const std::string how = rules::derivation_of(rule); !how.empty()) {
            const Derived* derived = image_.derived(file, how);
            if (derived == nullptr) return need(file, known_path);
            if (derived->text.empty()) return;
            text = derived->text;
            if (rule.strings) {
                source = EvidenceSource::elf;
                detail = printable(text);
            }
        } else {
            const Capture* capture = image_.capture(file);
            if (capture == nullptr) return need(file, known_path);
            if (rule.from == rules::EvidenceRule::From::elf) {
                if (!is_elf(capture->content)) return;
                const Result<ElfInfo> elf = parse_elf(ByteReader(std::string_view(capture->content), file.path));
                if (!elf || !elf->soname) return;
                text = *elf->soname;
                source = EvidenceSource::elf;
                detail = "SONAME " + text;
            } else {
                text = capture->content;
            }
        }
        if (target.what == Target::What::fact) facts_read_.insert(target.component->name);
        const std::optional<std::string> version = rules::read_evidence(*target.component, rule, text);
        if (!version) return;
        if (!rule.weights.empty() && !has_weights(*target.component, rule, file, known_path)) return;
        if (detail.empty() && rule.from == rules::EvidenceRule::From::file) detail = matched_line(rule, text);
        if (detail.empty() && known_path != file.path) detail = "reached as " + std::string(known_path);
        Evidence item = evidence(source, file.path, file.layer, detail);
        if (target.what == Target::What::fact)
            add_fact(target.component->name, target.fact, *version, std::move(item));
        else
            sightings_.push_back({target.component, target.rule_index, *version, true, std::move(item)});
    }

    // A string from a program without the NULs that bound it.
    static std::string printable(std::string_view text) {
        std::string out;
        for (const char c : text)
            if (c >= ' ' && c < '\x7f') out += c;
        return out;
    }

    // Too small to be what its name says: a Git LFS pointer stands for content that is not there.
    void note_small(const rules::Component& component, const LiveFile& file, std::string_view known_path) {
        if (file.size >= rules::kMostPlaceholderBytes) return;  // no pointer, and nobody kept it
        const Capture* capture = image_.capture(file);
        if (capture == nullptr) return need(file, known_path);
        if (!capture->content.starts_with(kLfsHeader)) return;
        add_placeholder(component, evidence(EvidenceSource::file, file.path, file.layer, "a Git LFS pointer of " + std::to_string(file.size) + " bytes"));
    }

    void add_placeholder(const rules::Component& component, Evidence item) {
        std::vector<Evidence>& list = result_.facts.placeholders[component.name];
        if (list.size() < kMostEvidence && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(std::move(item));
    }

    void add_fact(const std::string& component, const std::string& name, const std::string& value, Evidence item) {
        facts_read_.insert(component);
        const bool is_cpu = name == "architecture";
        const std::string known = is_cpu ? oci_architecture(to_lower(value)) : value;
        if (!is_cpu || !known.empty()) result_.facts.facts.push_back({component, name, known, std::move(item)});
    }

    // The line of the file that the rule read, as a person would quote it.
    static std::string matched_line(const rules::EvidenceRule& rule, const std::string& text) {
        std::vector<std::string> fields = rule.json;
        for (const auto& [pointer, value] : rule.json_when) fields.push_back(pointer + " " + value);
        if (!fields.empty()) return join(fields, ", ");
        std::string expected;
        const rules::Pattern* pattern = rule.read ? &*rule.read : rule.when ? &*rule.when : nullptr;
        if (pattern != nullptr)
            if (const auto groups = pattern->search(text)) expected = (*groups)[0];
        if (expected.empty()) return {};
        const std::size_t at = text.find(expected);
        const std::size_t start = text.rfind('\n', at);
        const std::size_t begin = start == std::string::npos ? 0 : start + 1;
        return std::string(trim(std::string_view(text).substr(begin, text.find('\n', begin) - begin)));
    }

    static std::string_view directory_of(std::string_view path) noexcept {
        const std::size_t slash = path.rfind('/');
        return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
    }

    // What the files of one directory say of a model's weights.
    struct Weights {
        bool real = false;
        std::vector<Evidence> placeholders;  // a few of them
    };

    // Asked once for a directory and glob: with `../` any number of configs may ask for the same one.
    const Weights& weights_in(std::string_view directory, std::string_view name_glob, std::uint64_t least) {
        const auto [known, fresh] = weights_.try_emplace({std::string(directory), std::string(name_glob), least});
        Weights& weights = known->second;
        if (!fresh) return weights;
        for (const auto& [name, sibling] : image_.files_in(directory)) {
            if (!rules::glob_matches(name_glob, name)) continue;
            weights.real = sibling.size >= least;
            if (weights.real) break;
            if (weights.placeholders.size() >= kMostEvidence) continue;
            const Capture* capture = image_.capture(sibling);
            const bool pointer = capture != nullptr && capture->content.starts_with(kLfsHeader);
            weights.placeholders.push_back(evidence(EvidenceSource::file, sibling.path, sibling.layer,
                                                    pointer ? "a Git LFS pointer of " + std::to_string(sibling.size) + " bytes"
                                                            : std::to_string(sibling.size) + " bytes are no model weights"));
        }
        return weights;
    }

    // A model is there when one file beside its config has real content; a Git LFS pointer stands for content that is not.
    // "Beside" is where the name stands: in a Hugging Face cache config and weights are links side by side, their content is not.
    bool has_weights(const rules::Component& component, const rules::EvidenceRule& rule, const LiveFile& file, std::string_view known_path) {
        std::vector<Evidence> placeholders;
        for (const std::string& glob : rule.weights) {
            // The first part of the path goes with the file's own name, one more with each `../`.
            std::string_view directory = directory_of(known_path);
            std::string_view name_glob = glob;
            for (; name_glob.starts_with("../"); name_glob.remove_prefix(3)) directory = directory_of(directory);
            const Weights& weights = weights_in(directory, name_glob, rule.weights_min);
            if (weights.real) return true;
            placeholders.insert(placeholders.end(), weights.placeholders.begin(), weights.placeholders.end());
        }
        if (placeholders.empty()) placeholders.push_back(evidence(EvidenceSource::file, file.path, file.layer, "no model weights beside it"));
        for (Evidence& item : placeholders) add_placeholder(component, std::move(item));
        return false;
    }

    void look_through_links() {
        std::size_t aliases = 0;
        bool all = true;
        image_.for_each_link([&](const LiveLink& link) {
            if (const std::optional<LiveFile> file = image_.file(link.path)) {
                look_at(*file, link.path);
                return;
            }
            if (!matcher_.could_match_below(link.path)) return;
            if (aliases >= kMostAliases) {
                all = false;
                return;
            }
            aliases += 1 + image_.for_each_file_below(
                               link.path, [&](const LiveFile& file, std::string_view relative) { look_at(file, link.path + "/" + std::string(relative)); });
        });
        if (!all)
            problem("", "links to directories give more than " + std::to_string(kMostAliases) + " files and directories further names; not all were looked at under them");
    }

    void find_system_databases() {
        for (const std::string& path : system_database_paths())
            if (const std::optional<LiveFile> file = image_.file(path)) look_for_database(*file, path);
    }

    struct LiveDatabase {
        LiveFile file;
        const PackageDatabase* database;
        std::string known_path;  // the name under which a detector wants it
        bool counts = true;      // Python: not so where nothing makes the package importable
        LiveDatabase(LiveFile f, const PackageDatabase* d, std::string_view known) : file(std::move(f)), database(d), known_path(known) {}
    };

    // Which Python metadata is of installed packages, where only the whole image tells: the source that an egg-link or an editable
    // install leads to may lie in another layer, or have been removed.
    void follow_python_sources() {
        // By the real directory that holds the egg-info, and its name: a hostile image has many of both.
        std::map<std::pair<std::string, std::string>, std::vector<LiveDatabase*>> sources;
        std::map<std::pair<std::string, std::string>, std::vector<const std::pair<LiveFile, std::string>*>> unread;
        const auto key_of = [](const std::string& path, const std::string& known_path) {
            return std::pair(std::string(directory_of(directory_of(path))), egg_name(directory_of(known_path)));
        };
        for (auto& [path, live] : databases_) {
            if (python_file(live.known_path) != PythonFile::source_egg_info) continue;
            live.counts = false;
            sources[key_of(path, live.known_path)].push_back(&live);
        }
        for (const auto& source : unread_sources_) unread[key_of(source.first.path, source.second)].push_back(&source);
        for (auto& [path, live] : databases_) {
            if (live.database->source_directory.empty()) continue;
            const std::string& written = live.database->source_directory;
            const std::string shown = "\"" + quote(written) + "\"";
            const std::optional<std::string> directory =
                image_.real_directory(written.starts_with('/') ? written : std::string(directory_of(live.known_path)) + "/" + written);
            if (python_file(live.known_path) == PythonFile::direct_url) {
                if (directory) continue;
                const std::optional<LiveFile> metadata = image_.file(std::string(directory_of(path)) + "/METADATA");
                const auto installed = metadata ? databases_.find(metadata->path) : databases_.end();
                if (installed == databases_.end()) continue;
                installed->second.counts = false;
                lost_python(metadata->path, "an editable install of " + shown + ", which is no directory of the image; the package cannot be used");
            } else if (!directory) {
                lost_python(path, "an egg-link to " + shown + ", which is no directory of the image; the package cannot be used");
            } else {
                const std::pair key(*directory, egg_name(live.known_path));
                const auto read = sources.find(key);
                const auto wanted = unread.find(key);
                // Emptied once taken: of many links to one place only the first has work to do.
                if (read != sources.end())
                    for (LiveDatabase* source : std::exchange(read->second, {})) source->counts = true;
                if (wanted != unread.end())
                    for (const auto* source : std::exchange(wanted->second, {})) need(source->first, source->second);
                if (read == sources.end() && wanted == unread.end())
                    lost_python(path, "an egg-link to " + shown + ", where no egg-info of that name is; version unknown");
            }
        }
        for (const std::string& path : egg_archives_) lost_python(path, "this version of veritag does not read zipped Python eggs");
    }

    void lost_python(const std::string& path, std::string message) {
        python_whole_ = false;
        problem(path, std::move(message));
    }

    // The name in `<name>.egg-link` and `<name>.egg-info`: setuptools writes hyphens in one and underscores in the other.
    static std::string egg_name(std::string_view path) {
        std::string_view name = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
        return pkgdb::normalise_python_name(name.substr(0, name.rfind('.')));
    }

    static bool is_system(PackageType type) noexcept {
        return type == PackageType::rpm || type == PackageType::deb || type == PackageType::apk;
    }

    // Of several rpm databases the one that the newest layer wrote counts (a converted backend leaves the old file behind). One
    // that was only set up and lists nothing does not stand before one that lists packages.
    [[nodiscard]] const LiveDatabase* newest_rpm() const {
        const LiveDatabase* newest = nullptr;
        for (const auto& [path, live] : databases_) {
            if (live.database->type != PackageType::rpm) continue;
            const auto is_empty = [](const LiveDatabase& l) { return l.database->packages.empty() && l.database->problems.empty(); };
            if (newest != nullptr && is_empty(live) != is_empty(*newest)) {
                if (is_empty(*newest)) newest = &live;
                continue;
            }
            const bool better = newest == nullptr || live.file.content_layer > newest->file.content_layer ||
                                (live.file.content_layer == newest->file.content_layer && live.database->packages.size() > newest->database->packages.size());
            if (better) newest = &live;
        }
        return newest;
    }

    void take_packages() {
        const LiveDatabase* rpm = newest_rpm();
        bool any_system = false;
        bool whole = python_whole_;
        for (const auto& [path, live] : databases_) {
            if (!live.counts) continue;
            const bool passed_over = live.database->type == PackageType::rpm && &live != rpm;
            // Written by the same layer, which of two is in use is not known: an unreadable one may be it.
            if (passed_over && (live.file.content_layer != rpm->file.content_layer || live.database->problems.empty())) continue;
            if (is_system(live.database->type)) any_system = any_system || !live.database->packages.empty();
            if (!live.database->problems.empty()) whole = false;
            for (const Problem& item : live.database->problems) problem(live.file.path, item.message);
            if (!passed_over) take_packages_of(live);
        }
        result_.facts.packages_complete = any_system && whole;
        std::sort(result_.facts.packages.begin(), result_.facts.packages.end());
    }

    // A package came with the first layer from which on every version of its database lists it.
    void take_packages_of(const LiveDatabase& live) {
        const auto key = [](const Package& p) { return std::tuple(std::string_view(p.name), std::string_view(p.version), std::string_view(p.arch)); };
        using Key = std::tuple<std::string_view, std::string_view, std::string_view>;
        std::map<Key, int> since;
        for (const Package& package : live.database->packages) since[key(package)] = live.file.content_layer;
        int newer_layer = live.file.content_layer;
        for (const auto& [layer, older] : image_.older_versions(live.file)) {
            for (const Package& package : older->packages) {
                const auto found = since.find(key(package));
                if (found != since.end() && found->second == newer_layer) found->second = layer;
            }
            newer_layer = layer;
        }
        for (Package package : live.database->packages) {
            package.path = live.file.path;
            package.layer = since[key(package)];
            result_.facts.packages.push_back(std::move(package));
        }
    }

    void look_at_package(const Package& package) {
        const std::string name = package.type == PackageType::python ? pkgdb::normalise_python_name(package.name) : package.name;
        for (const rules::Component& component : matcher_.rules().components()) {
            for (std::size_t i = 0; i < component.evidence.size(); ++i)
                if (const auto version = read_package(component, component.evidence[i], package, name)) {
                    sightings_.push_back({&component, i, *version, true, package_evidence(package)});
                    if (component.evidence[i].at_least > 1) counted_[{&component, i}].insert(name);
                }
            for (const rules::FactRule& fact : component.facts)
                if (const auto value = read_package(component, fact.evidence, package, name))
                    add_fact(component.name, fact.name, *value, package_evidence(package));
        }
    }

    [[nodiscard]] Evidence package_evidence(const Package& package) const {
        return evidence(EvidenceSource::package, package.path, package.layer, package.name + " " + package.version);
    }

    static std::optional<std::string> read_package(const rules::Component& component, const rules::EvidenceRule& rule, const Package& package,
                                                   const std::string& name) {
        if (rule.from != rules::EvidenceRule::From::package || rule.package_type != package.type) return std::nullopt;
        if (!rules::glob_matches(rule.package, name)) return std::nullopt;
        const bool excepted = std::any_of(rule.except.begin(), rule.except.end(), [&](const std::string& glob) { return rules::glob_matches(glob, package.path); });
        if (excepted) return std::nullopt;
        return rules::read_evidence(component, rule, package.version);
    }

    void look_at_config() {
        std::map<std::string, std::string> environment;
        for (const std::string& entry : config_.environment)
            if (const auto parts = split_once(entry, '=')) environment.insert_or_assign(std::string(parts->first), std::string(parts->second));
        for (const rules::Component& component : matcher_.rules().components()) {
            for (std::size_t i = 0; i < component.evidence.size(); ++i) {
                const rules::EvidenceRule& rule = component.evidence[i];
                const bool from_environment = rule.from == rules::EvidenceRule::From::environment;
                if (!from_environment && rule.from != rules::EvidenceRule::From::label) continue;
                const auto& values = from_environment ? environment : config_.labels;
                const auto found = values.find(rule.variable);
                if (found == values.end()) continue;
                const std::optional<std::string> version = rules::read_evidence(component, rule, found->second);
                if (!version) continue;
                const EvidenceSource source = from_environment ? EvidenceSource::environment : EvidenceSource::label;
                sightings_.push_back({&component, i, *version, false, evidence(source, rule.variable, -1, found->second)});
            }
        }
    }

    // The list is cut where more tell nothing new; one problem is enough to keep the image from passing.
    void problem(std::string path, std::string message) {
        if (result_.facts.problems.size() < kMostProblems) result_.facts.problems.push_back({std::move(path), std::move(message)});
    }

    // A problem's path names the entry as the tar wrote it.
    static std::string normal(std::string_view path) {
        std::string text;
        for (const std::string_view part : split(path, '/'))
            if (!part.empty() && part != ".") text += (text.empty() ? "" : "/") + std::string(part);
        return text;
    }

    // Of `layer`'s entries with problems those that a later layer replaced or removed. What is not among the entries (skipped, or
    // its name was cut for the message) is never gone: nothing shows that it is.
    [[nodiscard]] std::set<std::string, std::less<>> gone(int layer, const LayerAnalysis& analysis) const {
        std::set<std::string, std::less<>> dead;
        for (const Problem& item : analysis.problems)
            if (!item.path.empty() && !image_.is_live(item.path, layer)) dead.insert(normal(item.path));
        std::set<std::string, std::less<>> found;
        for (std::size_t i = 0; !dead.empty() && i < analysis.entries.size(); ++i)
            if (const auto path = dead.find(analysis.entries[i].path); path != dead.end()) found.insert(*path);
        return found;
    }

    // Only what is still there counts: a later layer may have replaced or removed the unreadable file.
    void collect_problems() {
        const auto& layers = image_.layers();
        for (std::size_t i = 0; i < layers.size(); ++i) {
            if (layers[i] == nullptr) continue;
            const auto dead = gone(static_cast<int>(i), *layers[i]);
            for (const Problem& item : layers[i]->problems)
                if (item.path.empty() || !dead.contains(normal(item.path))) problem(item.path, "layer " + std::to_string(i) + ": " + item.message);
        }
        for (const Problem& item : image_.problems()) problem(item.path, item.message);
    }

    struct Coded {
        std::size_t count = 0;
        std::vector<Evidence> evidence;
    };

    [[nodiscard]] std::vector<ForeignArchitecture> foreign(std::map<std::string, Coded> coded) const {
        std::size_t judged = 0;
        for (const auto& [architecture, some] : coded) judged += some.count;
        std::vector<ForeignArchitecture> list;
        for (auto& [architecture, some] : coded)
            if (architecture != platform_.architecture) list.push_back({architecture, some.count, judged, std::move(some.evidence)});
        return list;
    }

    void judge_architectures() {
        constexpr std::size_t kShown = 2;
        std::map<std::string, Coded> packages;
        for (const Package& package : result_.facts.packages) {
            const std::string architecture = oci_architecture(package.arch);
            if (architecture.empty()) continue;
            Coded& some = packages[architecture];
            if (++some.count > kShown) continue;
            some.evidence.push_back(package_evidence(package));
            some.evidence.back().detail += " " + quote(package.arch);
        }
        result_.facts.foreign_packages = foreign(std::move(packages));

        std::map<std::string, Coded> code;
        image_.for_each_file([&](const LiveFile& file) {
            // Machines without a name of their own are the cores of devices: nothing that an image runs on.
            if (file.architecture.empty() || file.architecture.starts_with("machine-")) return;
            Coded& some = code[std::string(file.architecture)];
            if (++some.count <= kShown) some.evidence.push_back(evidence(EvidenceSource::elf, file.path, file.layer, "ELF for " + std::string(file.architecture)));
        });
        result_.facts.foreign_code = foreign(std::move(code));
    }

    // Where programs lie that came with packages. Far more of them than any packages bring: the database is not the whole truth
    // (cut off, set up anew, or left behind by a build that copied files only).
    void judge_package_count() {
        constexpr std::size_t kMostProgramsOfAPackage = 40;  // on average; openEuler's base has 5, coreutils alone 100
        constexpr std::size_t kFewPrograms = 150;
        std::set<std::pair<int, std::string>> programs;  // by content: a program of many names (busybox) counts once
        image_.for_each_file([&](const LiveFile& file) {
            const std::string_view directory = directory_of(file.path);
            for (const std::string_view of_packages : {"usr/bin", "usr/sbin", "bin", "sbin", "usr/lib64", "lib64"})
                if (directory == of_packages && !file.architecture.empty()) programs.emplace(file.content_layer, file.content_path);
        });
        std::size_t packages = 0;
        const LiveDatabase* database = nullptr;
        for (const auto& [path, live] : databases_) {
            if (!is_system(live.database->type)) continue;
            packages += live.database->packages.size();
            database = &live;
        }
        if (database == nullptr || programs.size() < kFewPrograms || programs.size() <= packages * kMostProgramsOfAPackage) return;
        problem(database->file.path, "it lists " + std::to_string(packages) + " packages, and the image has " + std::to_string(programs.size()) +
                                         " programs and libraries where packages put them; the list cannot be whole");
        result_.facts.packages_complete = false;
    }

    // A path with the application's name that no package or distribution of that name explains may be the application itself: a server
    // built from source beside the Python client of its name, say.
    void look_for_application() {
        if (application_.empty()) return;
        const std::string name = pkgdb::normalise_python_name(application_);
        bool system_package = false;
        std::set<std::string> scripts;  // what distributions of that name bring beside their modules: `usr/local/bin/NAME` of `usr/local/lib/python3.9/…`
        for (const Package& package : result_.facts.packages) {
            if (pkgdb::normalise_python_name(package.name) != name) continue;
            system_package = system_package || is_system(package.type);
            const std::size_t library = std::min(package.path.find("/lib/python"), package.path.find("/lib64/python"));
            if (package.type == PackageType::python && library != std::string::npos) scripts.insert(package.path.substr(0, library) + "/bin/");
        }
        image_.for_each_file([&](const LiveFile& file) {
            std::vector<Evidence>& list = result_.facts.application_elsewhere;
            if (list.size() >= kMostEvidence || (system_package && is_packaged_place(file.path)) || is_python_place(file.path)) return;
            const std::string_view base = std::string_view(file.path).substr(file.path.rfind('/') + 1);
            const bool script = file.architecture.empty() && scripts.contains(std::string(directory_of(file.path)) + "/") && pkgdb::normalise_python_name(base) == name;
            const std::vector<std::string_view> parts = split(file.path, '/');
            if (!script && std::any_of(parts.begin(), parts.end(), [&](std::string_view part) { return pkgdb::normalise_python_name(part).starts_with(name); }))
                list.push_back(evidence(EvidenceSource::file, file.path, file.layer, ""));
        });
    }

    static bool is_python_place(std::string_view path) {
        return path.find("/site-packages/") != std::string_view::npos || path.find("/dist-packages/") != std::string_view::npos || path.find("/conda-meta/") != std::string_view::npos;
    }

    static bool is_packaged_place(std::string_view path) {
        static constexpr std::array<std::string_view, 15> kOfPackages{"usr/bin/", "usr/sbin/", "usr/lib/", "usr/lib64/", "usr/libexec/", "usr/share/", "usr/include/", "bin/",
                                                                      "sbin/",    "lib/",      "lib64/",   "etc/",       "var/",         "run/",       "tmp/"};
        return std::any_of(kOfPackages.begin(), kOfPackages.end(), [&](std::string_view place) { return path.starts_with(place); });
    }

    // Rules that need several packages fall away where there are fewer.
    void drop_the_few() {
        std::erase_if(sightings_, [&](const Sighting& sighting) {
            const auto counted = counted_.find({sighting.component, sighting.rule_index});
            return counted != counted_.end() && counted->second.size() < sighting.component->evidence[sighting.rule_index].at_least;
        });
    }

    void put_together() {
        drop_the_few();
        std::stable_sort(sightings_.begin(), sightings_.end(), [](const Sighting& a, const Sighting& b) {
            return std::tie(a.component->name, a.rule_index, a.version) < std::tie(b.component->name, b.rule_index, b.version);
        });
        std::vector<Observation>& observations = result_.facts.observations;
        std::map<const rules::Component*, std::map<std::string, std::size_t>> known_versions;  // where each stands in `observations`
        for (Sighting& sighting : sightings_) {
            auto& versions = known_versions[sighting.component];
            if (versions.size() >= kMostVersions && !versions.contains(sighting.version)) {
                problem(sighting.evidence.path, "more than " + std::to_string(kMostVersions) + " versions of " + sighting.component->name + "; not all were compared");
                continue;
            }
            const auto [at, fresh] = versions.try_emplace(sighting.version, observations.size());
            if (fresh) {
                observations.push_back({.component = sighting.component->name,
                                        .kind = sighting.component->kind,
                                        .version = sighting.version,
                                        .evidence = {std::move(sighting.evidence)},
                                        .proof = sighting.proof});
                continue;
            }
            Observation& same = observations[at->second];
            same.proof = same.proof || sighting.proof;
            const bool known = std::find(same.evidence.begin(), same.evidence.end(), sighting.evidence) != same.evidence.end();
            if (!known && same.evidence.size() < kMostEvidence) same.evidence.push_back(std::move(sighting.evidence));
        }
        // Presence alone says nothing beside a proven version.
        std::set<std::string> versioned;
        for (const Observation& o : observations)
            if (o.proof && !o.version.empty()) versioned.insert(o.component);
        std::erase_if(observations, [&](const Observation& o) { return o.version.empty() && versioned.contains(o.component); });
        result_.facts.facts_read.assign(facts_read_.begin(), facts_read_.end());
    }

    const MergedImage& image_;
    const oci::ImageConfig& config_;
    const oci::Platform& platform_;
    const EvidenceMatcher& matcher_;
    const std::string application_;
    ObserveResult result_;
    std::vector<Sighting> sightings_;
    std::map<std::pair<const rules::Component*, std::size_t>, std::set<std::string>> counted_;  // names that a rule with `at-least` saw
    std::map<std::string, LiveDatabase> databases_;  // by real path
    std::map<std::tuple<std::string, std::string, std::uint64_t>, Weights> weights_;  // by directory, glob and least size
    std::vector<std::pair<LiveFile, std::string>> unread_sources_;  // egg-infos of source trees whose content was not kept, and their names
    std::set<std::string> egg_archives_;
    bool python_whole_ = true;
    std::set<std::string> facts_read_;
};

}  // namespace

EvidenceMatcher::EvidenceMatcher(const rules::RuleSet& rules) : rules_(rules) {
    const auto add = [&](const std::vector<std::string>& globs, Target target) {
        for (const std::string& glob : globs) {
            globs_.add(glob, static_cast<std::uint32_t>(target_of_id_.size()));
            target_of_id_.push_back(targets_.size());
        }
        targets_.push_back(std::move(target));
    };
    for (const rules::Component& component : rules.components()) {
        for (std::size_t i = 0; i < component.evidence.size(); ++i)
            add(component.evidence[i].globs,
                {.what = Target::What::evidence, .component = &component, .rule = &component.evidence[i], .rule_index = i, .fact = {}});
        for (const rules::FactRule& fact : component.facts)
            add(fact.evidence.globs, {.what = Target::What::fact, .component = &component, .rule = &fact.evidence, .rule_index = 0, .fact = fact.name});
        add(component.could_hold, {.what = Target::What::could_hold, .component = &component, .rule = nullptr, .rule_index = 0, .fact = {}});
    }
}

std::vector<const EvidenceMatcher::Target*> EvidenceMatcher::match(std::string_view path) const {
    std::vector<std::uint32_t> ids;
    globs_.match(path, ids);
    std::set<std::size_t> seen;
    std::vector<const Target*> found;
    for (const std::uint32_t id : ids) {
        if (!seen.insert(target_of_id_[id]).second) continue;
        const Target& target = targets_[target_of_id_[id]];
        if (!target.excepts(path)) found.push_back(&target);
    }
    return found;
}

bool EvidenceMatcher::Target::excepts(std::string_view path) const {
    const std::vector<std::string>& except = rule != nullptr ? rule->except : component->could_hold_except;
    return std::any_of(except.begin(), except.end(), [&](const std::string& glob) { return rules::glob_matches(glob, path); });
}

ObserveResult observe(const MergedImage& image, const oci::ImageConfig& config, const oci::Platform& platform, const EvidenceMatcher& matcher,
                      std::string_view application) {
    return Observer(image, config, platform, matcher, application).run();
}

}  // namespace veritag::detect
