#include "detect/observe.h"

#include "base/text.h"
#include "detect/application_place.h"
#include "detect/architecture.h"
#include "detect/detector.h"
#include "detect/elf.h"
#include "detect/live_packages.h"
#include "detect/live_problems.h"
#include "detect/model_weights.h"
#include "detect/paths.h"
#include "detect/sightings.h"
#include "pkgdb/pkgdb.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace veritag::detect {
namespace {

using Target = EvidenceMatcher::Target;

constexpr std::uint64_t kLeastWeights = 1ULL << 20;  // of a model that answers anybody
constexpr std::size_t kMostAliases = 2'000'000;  // entries looked at through links to directories

class Observer {
public:
    Observer(const MergedImage& image, const oci::ImageConfig& config, const oci::Platform& platform, const EvidenceMatcher& matcher, std::string_view application)
        : image_(image), config_(config), platform_(platform), matcher_(matcher), application_(application), databases_(image), weights_(image) {
        for (const Digest& id : config.diff_ids) result_.facts.diff_ids.push_back(id.str());
    }

    ObserveResult run() {
        image_.for_each_file([&](const LiveFile& file) { look_at(file, file.path); });
        look_through_links();
        find_system_databases();
        take_packages();
        for (const Package& package : result_.facts.packages) look_at_package(package);
        look_at_config();
        add_live_problems(image_, problems_);
        compare_architectures();
        std::vector<LiveFile> unread;
        if (!databases_.explain_programs(problems_, unread)) result_.facts.packages_complete = false;
        for (const LiveFile& file : unread) need_head(file);
        look_for_application();
        // With the content that is missing now the packages may explain what the heads were wanted for.
        if (result_.missing.empty()) result_.missing = std::move(heads_);
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
    // Whether it is code, and for which machine, was not looked at, and something hangs on it.
    void need_head(const LiveFile& file) { heads_[file.content_layer].emplace(file.content_path, file.content_path); }

    // `known_path` is the name under which rules may know the file: its own, or one that a link gives it.
    void look_at(const LiveFile& file, std::string_view known_path) {
        if (!databases_.look_at(file, known_path)) need(file, known_path);
        const bool alias = known_path != file.path;
        for (const Target* target : matcher_.match(known_path, walk_)) {
            // What is excepted stays so under every name, and the name of a link is no evidence of what it leads to.
            if (alias && (target->excepts(file.path) || (target->rule != nullptr && target->rule->from == rules::EvidenceRule::From::path))) continue;
            if (target->what == Target::What::could_hold)
                note_could_hold(*target->component, file);
            else
                apply(*target, file, known_path);
        }
    }

    void note_could_hold(const rules::Component& component, const LiveFile& file) {
        const Capture* capture = image_.capture(file);
        if (capture != nullptr && is_lfs_pointer(*capture)) return;  // a pointer holds nothing
        const bool weights = component.kind == ComponentKind::llm && component.exclusive;  // a server beside models is a program
        if (weights && file.size < kLeastWeights) return;
        std::vector<Evidence>& list = result_.facts.could_hold[component.name];
        // Of a model's many files one for each directory: the judge asks whose they are.
        const bool model = component.kind == ComponentKind::llm && !file.path.ends_with(".gguf");
        const auto beside = [&](const Evidence& other) { return !other.path.ends_with(".gguf") && directory_of(other.path) == directory_of(file.path); };
        if (model && std::any_of(list.begin(), list.end(), beside)) return;
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
            sightings_.add({target.component, target.rule_index, *version, true, std::move(item)});
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
        if (is_lfs_pointer(*capture)) add_placeholder(component, {file, lfs_pointer_text(file.size)});
    }

    void add_placeholder(const rules::Component& component, const Placeholder& placeholder) {
        std::vector<Evidence>& list = result_.facts.placeholders[component.name];
        Evidence item = evidence(EvidenceSource::file, placeholder.file.path, placeholder.file.layer, placeholder.why);
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

    bool has_weights(const rules::Component& component, const rules::EvidenceRule& rule, const LiveFile& file, std::string_view known_path) {
        const std::vector<Placeholder> placeholders = weights_.placeholders(rule, file, known_path);
        for (const Placeholder& placeholder : placeholders) add_placeholder(component, placeholder);
        return placeholders.empty();
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
            problems_.add("", "links to directories give more than " + std::to_string(kMostAliases) + " files and directories further names; not all were looked at under them");
    }

    void find_system_databases() {
        for (const std::string& path : system_database_paths())
            if (const std::optional<LiveFile> file = image_.file(path); file && !databases_.look_at(*file, path)) need(*file, path);
    }

    void take_packages() {
        for (const auto& [file, known_path] : databases_.follow_python_sources(problems_)) need(file, known_path);
        LivePackages live = databases_.packages(problems_);
        result_.facts.packages = std::move(live.packages);
        result_.facts.packages_complete = live.complete;
    }

    void look_at_package(const Package& package) {
        const std::string name = package.type == PackageType::python ? pkgdb::normalise_python_name(package.name) : package.name;
        for (const rules::Component& component : matcher_.rules().components()) {
            for (std::size_t i = 0; i < component.evidence.size(); ++i)
                if (const auto version = read_package(component, component.evidence[i], package, name)) {
                    sightings_.add({&component, i, *version, true, package_evidence(package)});
                    if (component.evidence[i].at_least > 1) sightings_.count(component, i, name);
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
                sightings_.add({&component, i, *version, false, evidence(source, rule.variable, -1, found->second)});
            }
        }
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

    void compare_architectures() {
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
        std::size_t judged = 0;
        for (const auto& [architecture, some] : packages) judged += some.count;
        const auto own = packages.find(platform_.architecture);
        const bool settled = own != packages.end() && own->second.count * 2 > judged;
        result_.facts.foreign_packages = foreign(std::move(packages));
        // Where the system's packages are for the platform, cross compilers' libraries and firmware may outnumber its programs.
        if (settled) return;

        std::map<std::string, Coded> code;
        bool all_read = true;
        image_.for_each_file([&](const LiveFile& file) {
            if (file.architecture == kArchitectureUnread) {
                all_read = false;
                return need_head(file);
            }
            // Machines without a name of their own are the cores of devices: nothing that an image runs on.
            if (file.architecture.empty() || file.architecture.starts_with("machine-")) return;
            Coded& some = code[std::string(file.architecture)];
            if (++some.count <= kShown) some.evidence.push_back(evidence(EvidenceSource::elf, file.path, file.layer, "ELF for " + std::string(file.architecture)));
        });
        if (all_read) result_.facts.foreign_code = foreign(std::move(code));
    }

    void look_for_application() {
        if (application_.empty()) return;
        std::vector<LiveFile> unread;
        for (const LiveFile& file : application_elsewhere(image_, result_.facts.packages, application_, kMostEvidence, unread))
            result_.facts.application_elsewhere.push_back(evidence(EvidenceSource::file, file.path, file.layer, ""));
        for (const LiveFile& file : unread) need_head(file);
    }

    void put_together() {
        result_.facts.observations = sightings_.put_together(problems_);
        result_.facts.problems = problems_.take();
        result_.facts.facts_read.assign(facts_read_.begin(), facts_read_.end());
    }

    const MergedImage& image_;
    const oci::ImageConfig& config_;
    const oci::Platform& platform_;
    const EvidenceMatcher& matcher_;
    rules::GlobSet::Walk walk_ = matcher_.walk();
    const std::string application_;
    ObserveResult result_;
    std::map<int, ExtraPaths> heads_;  // like `missing`
    Sightings sightings_;
    LiveDatabases databases_;
    ModelWeights weights_;
    ProblemList problems_;
    std::set<std::string> facts_read_;
};

}  // namespace

ObserveResult observe(const MergedImage& image, const oci::ImageConfig& config, const oci::Platform& platform, const EvidenceMatcher& matcher,
                      std::string_view application) {
    return Observer(image, config, platform, matcher, application).run();
}

}  // namespace veritag::detect
