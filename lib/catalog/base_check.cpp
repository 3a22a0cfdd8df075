// A base is judged by what its own tag claims. A base that the tree itself declares is followed into its own Dockerfile: what it is built
// on in the end counts, where that contradicts its tag. Nothing is proven by a tag whose rule is not known, a digest, a build argument
// without a default or a registry that the tree is not published in; then nothing is accused.
#include "catalog/base_check.h"

#include "base/text.h"
#include "catalog/compare.h"
#include "catalog/patch.h"
#include "catalog/yaml_document.h"
#include "oci/reference.h"

#include <algorithm>
#include <array>

namespace veritag::catalog {
namespace {

using rules::Match;

bool is_name_byte(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

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

// Whether an instruction could itself install this version: it stands in one, or in a variable that one uses.
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

// The whole system is brought to another release; which one, only the image can tell.
bool upgrades_system(const Dockerfile& file) {
    constexpr std::array<std::string_view, 4> kWords{"distro-sync", "system-upgrade", "dist-upgrade", "--releasever"};
    for (const Stage& stage : file.stages)
        for (const Instruction& each : stage.instructions)
            for (const std::string_view word : kWords)
                if (each.text.find(word) != std::string::npos) return true;
    return false;
}

std::string code_of(ComponentKind kind) { return std::string(to_string(kind)) + "-mismatch"; }

int line_of_base(const Dockerfile& file, const FinalBase& final, std::size_t at = 0) {
    const std::vector<std::uint32_t>& places = final.image.text.at;
    return at < places.size() ? file.line_of(places[at]) : file.stages[final.stage].line;
}

// "openeuler/cann:8.0.RC1-oe2203sp4"; with where FROM has it, when it stands elsewhere.
std::string shown(const BaseImage& base) { return "\"" + quote(base.written, 140) + "\""; }

}  // namespace

void BaseCheck::declare(const DeclaredImage& image) {
    declared_.emplace(image.name(), image);
    if (!image.entry->dockerfile.empty()) users_[image.entry->dockerfile].push_back(image);
}

const BuildFile* BaseCheck::step_into(const BaseImage& base) {
    if (!base.ours) return nullptr;
    const auto found = declared_.find(base.name());
    if (found == declared_.end() || found->second.entry->dockerfile.empty() || !is_dockerfile_name(found->second.entry->dockerfile)) return nullptr;
    const BuildFile& file = files_.read(found->second.entry->dockerfile);
    return file.dockerfile && !upgrades_system(*file.dockerfile) ? &file : nullptr;
}

std::optional<BaseImage> BaseCheck::base_of(const BuildFile& file) {
    const std::optional<FinalBase> final = final_base(*file.dockerfile);
    if (!final || !final->image.known || final->scratch || final->overlaid) return std::nullopt;
    std::optional<BaseImage> base = read_base_image(reader_, publisher_, final->image.text.text);
    if (base && !base->distrusted.empty()) return std::nullopt;
    return base;
}

// What a moving tag stands for is known for the days up to the rules' own. A claim that it once fulfilled, or a newer one than any that
// the rules know, is not contradicted.
bool BaseCheck::os_differs(const Claim& claimed, const Claim& observed) const {
    if (claimed.component != observed.component) return true;
    if (claimed.version.empty() || observed.version.empty()) return false;
    if (compare_versions(reader_.rules().find(claimed.component), claimed.version, observed.version) != Match::differs) return false;
    if (!observed.floating) return true;
    for (const auto& [since, version] : observed.stood_for)
        if (version == claimed.version) return false;
    return is_older(claimed.version, observed.version);
}

BaseCheck::Origin BaseCheck::origin_of(const BaseImage& base) {
    const std::string key = base.registry + "/" + base.name();
    if (const auto known = origins_.find(key); known != origins_.end()) return known->second;
    Origin origin;
    origin.image = base.written;
    if (const Claim* os = base.os()) origin.os = *os;
    if (!visiting_.insert(base.name()).second) {
        origin.cycle = true;
        return origin;
    }
    if (const BuildFile* file = step_into(base)) {
        if (const std::optional<BaseImage> below = base_of(*file)) {
            Origin deeper = origin_of(*below);
            origin.cycle = deeper.cycle;
            // The tag of the base is taken at its word unless what it is built on says otherwise.
            if (!deeper.cycle && deeper.os && (!origin.os || os_differs(*origin.os, *deeper.os))) {
                deeper.via.insert(deeper.via.begin(), base.name());
                origin = std::move(deeper);
            }
        }
    }
    visiting_.erase(base.name());
    if (!origin.cycle) origins_.emplace(key, origin);
    return origin;
}

// The base's tag with all that this tag claims, where such an image is known to exist: the tree declares it and is right about its
// system, or it is a release of the operating system itself.
std::optional<std::string> BaseCheck::right_tag(const DeclaredImage& image, const BaseImage& base) {
    const Claim* os = image.os();
    if (os == nullptr || base.reading == nullptr) return std::nullopt;
    if (base.reading->tier == Tier::os) return os_tag(reader_, base.registry, base.repository, os->component, os->version);
    if (!base.ours || base.floating || !base.reading->readable) return std::nullopt;
    std::map<std::string, std::optional<std::string>> truth;
    for (const Claim& claim : image.reading->claims) {
        const Claim* there = base.find(claim.component);
        if (there == nullptr || claim.version.empty() || there->version.empty()) continue;
        if (claim.kind == ComponentKind::os ? os_differs(claim, *there) : compare_versions(reader_.rules().find(claim.component), claim.version, there->version) == Match::differs)
            truth.emplace(claim.component, claim.version);
    }
    if (truth.empty()) return std::nullopt;
    const std::optional<std::string> tag = tag::write_tag(reader_.rules(), *base.reading, truth);
    if (!tag || *tag == base.tag || !declared_.contains(base.repository + ":" + *tag)) return std::nullopt;
    const std::string written = base.written.substr(0, base.tag_at) + *tag;
    const std::optional<BaseImage> other = read_base_image(reader_, publisher_, written);
    if (!other) return std::nullopt;
    const Origin origin = origin_of(*other);
    if (origin.cycle || !origin.os || os_differs(*os, *origin.os) || other->name() == image.name()) return std::nullopt;
    return tag;
}

// The one place where the base's tag is written, FROM or the default of an ARG, with the other tag. It is kept only where reading the
// file again gives that base, and no tag that shares the file is worse off.
std::optional<LineMend> BaseCheck::mend(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, const std::string& tag) {
    const PlacedText& old = final.image.text;
    const bool has_tag = base.tag_at != std::string::npos;
    const std::string wanted = has_tag ? old.text.substr(0, base.tag_at) + tag : old.text + ":" + tag;
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
    LineMend mend{image.entry->dockerfile, line, whole_line(file.text), whole_line(text)};
    const BuildFile after = parse_build_file(std::move(text), files_.limits());
    if (!after.dockerfile) return std::nullopt;
    const std::optional<FinalBase> now = final_base(*after.dockerfile);
    if (!now || !now->image.known || now->image.text.text != wanted || makes_worse(image.entry->dockerfile, file, after, image)) return std::nullopt;
    return mend;
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

void BaseCheck::judge_os(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out) {
    const Claim* claimed = image.os();
    const std::string tag = "The tag " + quote(image.entry->declared.tag);
    const Origin origin = origin_of(base);
    const int line = line_of_base(*file.dockerfile, final, base.tag_at == std::string::npos ? 0 : base.tag_at);
    const auto unproven = [&](const std::string& why) { out.push_back(finding_at("unproven", Severity::info, image.entry->dockerfile, line, why)); };
    if (origin.cycle) return unproven("The final base " + shown(base) + " leads back to itself through the Dockerfiles of this tree, so which system it is was not judged.");
    if (claimed == nullptr) return;
    if (!origin.os) {
        unproven("The final base " + shown(base) + " does not tell by its tag which system it is, so whether it is " + titled(reader_.rules(), claimed->component, claimed->version) + " was not judged.");
        out.back().component = claimed->component;
        out.back().claimed = claimed->version;
        return;
    }
    if (!os_differs(*claimed, *origin.os)) return;
    if (upgrades_system(*file.dockerfile)) return unproven("The Dockerfile upgrades the system of its base " + shown(base) + ", so which release it ends up with was not judged.");

    const bool foreign = claimed->component != origin.os->component;
    Finding finding = finding_at(code_of(ComponentKind::os), Severity::error, image.entry->dockerfile, foreign && origin.via.empty() ? line_of_base(*file.dockerfile, final) : line, "");
    finding.component = claimed->component;
    finding.claimed = claimed->version;
    finding.observed = foreign ? titled(reader_.rules(), origin.os->component, origin.os->version) : origin.os->version;
    const std::string wanted = titled(reader_.rules(), claimed->component, claimed->version), found = titled(reader_.rules(), origin.os->component, origin.os->version);
    finding.message = tag + " claims " + wanted + "; its final base " + shown(base);
    if (!origin.via.empty()) {
        finding.message += " is itself built on \"" + quote(origin.image, 140) + "\", which is " + found + ". Mend the Dockerfile of " + quote(origin.via.back()) + " first.";
        out.push_back(std::move(finding));
        return;
    }
    finding.message += (origin.os->floating ? " stands for " : " is ") + found + (origin.os->floating ? " today" : "") + ".";
    if (may_mend)
        if (const std::optional<std::string> right = right_tag(image, base)) {
            finding.mend = mend(image, file, final, base, *right);
            if (finding.mend) finding.message += " Start from " + quote(base.repository + ":" + *right) + ".";
        }
    if (finding.mend) {
        finding.line = finding.mend->line;
    } else {
        finding.message += " Start from " + wanted + ", or change the tag.";
        if (!foreign && !origin.os->floating) finding.suggestion = tag::write_tag(reader_.rules(), *image.reading, {{claimed->component, origin.os->version}});
        if (finding.suggestion && !oci::is_valid_tag(*finding.suggestion)) finding.suggestion.reset();
    }
    out.push_back(std::move(finding));
}

// Scripts that the Dockerfile copies in are looked at, too: they stand in its directory.
bool BaseCheck::may_build(const DeclaredImage& image, const BuildFile& file, const Claim& claim) const {
    if (builds_version(*file.dockerfile, claim.text) || builds_version(*file.dockerfile, claim.version)) return true;
    const std::string& path = image.entry->dockerfile;
    const std::string directory = path.substr(0, path.rfind('/') + 1);
    for (const std::string& each : tree_.files) {
        if (each == path || directory.empty() || !each.starts_with(directory)) continue;
        const Result<std::string> text = read_file(tree_, each, files_.limits().dockerfile_bytes, "dockerfile_bytes");
        if (!text || mentions_version(*text, claim.version) || mentions_version(*text, claim.text)) return true;
    }
    return false;
}

void BaseCheck::judge_components(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out) {
    for (const Claim& claim : image.reading->claims) {
        if (claim.kind == ComponentKind::os || claim.version.empty() || claim.guessed) continue;
        const rules::Component* component = reader_.rules().find(claim.component);
        // The nearest base that claims it; what the Dockerfiles in between install themselves is not known.
        std::optional<BaseImage> below = base;
        std::set<std::string> passed;
        bool direct = true;
        while (below) {
            const Claim* there = below->find(claim.component);
            if (there != nullptr && !there->version.empty()) break;
            const BuildFile* next = passed.insert(below->name()).second ? step_into(*below) : nullptr;
            below = next != nullptr && !builds_version(*next->dockerfile, claim.version) ? base_of(*next) : std::nullopt;
            direct = false;
        }
        if (!below) continue;
        const Claim& there = *below->find(claim.component);
        if (compare_versions(component, claim.version, there.version) != Match::differs || may_build(image, file, claim)) continue;
        const int line = line_of_base(*file.dockerfile, final, base.tag_at == std::string::npos ? 0 : base.tag_at);
        Finding finding = finding_at(code_of(claim.kind), Severity::error, image.entry->dockerfile, line, "");
        finding.component = claim.component;
        finding.claimed = quote(claim.version);
        finding.observed = quote(there.version);
        finding.message = "The tag " + quote(image.entry->declared.tag) + " claims " + titled(reader_.rules(), claim.component, claim.version) + "; its base " + shown(base) +
                          (direct ? " has " : ", built on \"" + quote(below->written, 140) + "\", has ") + titled(reader_.rules(), there.component, there.version) + ", and the Dockerfile names no other.";
        if (may_mend && direct)
            if (const std::optional<std::string> right = right_tag(image, base)) finding.mend = mend(image, file, final, base, *right);
        if (finding.mend) finding.line = finding.mend->line;
        finding.message += finding.mend ? " Start from " + quote(base.repository + ":" + *right_tag(image, base)) + "." : " Start from a base that has it, or change the tag.";
        out.push_back(std::move(finding));
    }
}

void BaseCheck::judge_floating(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out) {
    if (!base.floating || reader_.is_floating("", image.entry->repository, image.entry->declared.tag)) return;
    const int line = line_of_base(*file.dockerfile, final, base.tag_at == std::string::npos ? 0 : base.tag_at);
    Finding finding = finding_at("base-floating", Severity::warning, image.entry->dockerfile, line, "");
    finding.message = "The final base " + shown(base) + (base.tag_at == std::string::npos ? " names no tag, which means latest, and that" : "") + " moves";
    const Claim* os = base.os();
    if (os != nullptr && os->floating) {
        finding.message += " (today it is " + titled(reader_.rules(), os->component, os->version) + ")";
        finding.component = os->component;
        finding.observed = os->version;
    }
    if (const Claim* claimed = image.os()) finding.claimed = claimed->version;
    finding.message += ", so that the same Dockerfile gives another image some day.";
    if (may_mend && base.reading != nullptr && base.reading->tier == Tier::os)
        if (const std::optional<std::string> right = right_tag(image, base)) {
            finding.mend = mend(image, file, final, base, *right);
            if (finding.mend) finding.message += " Start from " + quote(base.repository + ":" + *right) + ".";
        }
    if (finding.mend) finding.line = finding.mend->line;
    if (!finding.mend) finding.message += " Name a version.";
    out.push_back(std::move(finding));
}

// ARG VERSION=15.3.0 in the Dockerfile of 15.3.4. Certain only where the variable has the image's own name or none, one value in the whole
// file, is used, has no part in a FROM, and the claimed version stands nowhere.
void BaseCheck::judge_version_argument(const DeclaredImage& image, const BuildFile& file, std::vector<Finding>& out) const {
    const Claim* own = image.own();
    if (own == nullptr || own->version.empty() || mentions_version(file.text, own->text) || mentions_version(file.text, own->version)) return;
    std::string named;
    for (const char c : image.entry->repository.substr(image.entry->repository.rfind('/') + 1)) named += is_name_byte(c) ? (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c) : '_';
    named += "_VERSION";
    const Dockerfile& dockerfile = *file.dockerfile;
    std::vector<const Setting*> found;
    const auto collect = [&](const Setting& each) {
        if ((each.name == "VERSION" || each.name == named) && each.written) found.push_back(&each);
    };
    for (const Setting& each : dockerfile.arguments) collect(each);
    for (const Stage& stage : dockerfile.stages)
        for (const Setting& each : stage.settings) collect(each);
    if (found.size() != 1) return;
    const Setting& setting = *found.front();
    if (setting.environment || !setting.value.known || setting.value.text.empty() || !uses_variable(file.text, setting.name)) return;
    const std::vector<std::uint32_t>& places = setting.value.text.at;
    for (const Stage& stage : dockerfile.stages)
        for (const std::uint32_t at : stage.base.text.at)
            if (std::find(places.begin(), places.end(), at) != places.end()) return;
    const std::string& value = setting.value.text.text;
    if (std::count(value.begin(), value.end(), '.') == 0 || std::count(value.begin(), value.end(), '.') != std::count(own->version.begin(), own->version.end(), '.')) return;
    for (const Claim& claim : image.reading->claims)
        if (compare_loosely(claim.version, value) != Match::differs) return;
    Finding finding = finding_at(code_of(own->kind), Severity::error, image.entry->dockerfile, setting.line,
                                 "The tag " + quote(image.entry->declared.tag) + " claims " + titled(reader_.rules(), own->component, own->version) + "; its Dockerfile builds " +
                                     quote(setting.name + " " + value, 80) + " and names " + quote(own->text) + " nowhere. Set " + quote(setting.name) + " to the version of the tag.");
    finding.component = own->component;
    finding.claimed = quote(own->version);
    finding.observed = quote(value);
    out.push_back(std::move(finding));
}

std::vector<Finding> BaseCheck::judge_file(const DeclaredImage& image, const BuildFile& file, bool may_mend) {
    std::vector<Finding> out;
    if (!file.dockerfile) return out;
    const std::optional<FinalBase> final = final_base(*file.dockerfile);
    if (!final) return out;
    judge_version_argument(image, file, out);
    const int line = line_of_base(*file.dockerfile, *final);
    const auto unproven = [&](const std::string& why) { out.push_back(finding_at("unproven", Severity::info, image.entry->dockerfile, line, why + ", so it was not judged.")); };
    const std::string written = "\"" + quote(file.dockerfile->stages[final->stage].written, 140) + "\"";
    if (!final->image.known) {
        unproven("The final base " + written + " cannot be told: " + final->image.unknown);
        return out;
    }
    if (final->scratch) return out;
    if (final->overlaid) {
        unproven("A whole root file system is copied over the final base " + written);
        return out;
    }
    const std::optional<BaseImage> base = read_base_image(reader_, publisher_, final->image.text.text);
    if (!base) {
        out.push_back(finding_at("catalog-invalid", Severity::error, image.entry->dockerfile, line, "The final base \"" + quote(final->image.text.text, 140) + "\" is no name of an image, so nothing can be built. Mend it."));
        return out;
    }
    if (!base->distrusted.empty()) {
        unproven("The final base " + shown(*base) + " proves nothing by its name: " + base->distrusted);
        return out;
    }
    judge_floating(image, file, *final, *base, may_mend, out);
    judge_os(image, file, *final, *base, may_mend, out);
    judge_components(image, file, *final, *base, may_mend, out);
    return out;
}

// openEuler's Distrofile is YAML: `release: 24.03-LTS` names the system from whose packages the image is made
// (openeuler-mirror/openeuler-docker-images: Distroless/*/*/*/Distrofile).
std::vector<Finding> BaseCheck::judge_distrofile(const DeclaredImage& image) const {
    const Claim* claimed = image.os();
    const Result<std::string> text = read_file(tree_, image.entry->dockerfile, files_.limits().dockerfile_bytes, "dockerfile_bytes");
    if (!text || claimed == nullptr) return {};
    const YamlDocument document = read_yaml(*text);
    const YamlValue* release = document.root.find("release");
    const rules::Component* system = reader_.rules().find(claimed->component);
    if (release == nullptr || release->kind != YamlValue::Kind::scalar || system == nullptr || release->text.find_first_of("0123456789") == std::string::npos) return {};
    const std::string version = system->canonical(release->text);
    if (compare_versions(system, claimed->version, version) != Match::differs) return {};
    Finding finding = finding_at(code_of(ComponentKind::os), Severity::error, image.entry->dockerfile, release->line,
                                 "The tag " + quote(image.entry->declared.tag) + " claims " + titled(reader_.rules(), claimed->component, claimed->version) + "; its Distrofile is of the release \"" +
                                     quote(release->text, 60) + "\". Set the release, or change the tag.");
    finding.component = claimed->component;
    finding.claimed = claimed->version;
    finding.observed = quote(version);
    return {finding};
}

std::vector<Finding> BaseCheck::judge(const DeclaredImage& image, bool may_mend) {
    if (image.entry->dockerfile.substr(image.entry->dockerfile.rfind('/') + 1) == "Distrofile") return judge_distrofile(image);
    if (image.entry->dockerfile.empty() || !is_dockerfile_name(image.entry->dockerfile)) return {};
    return judge_file(image, files_.read(image.entry->dockerfile), may_mend);
}

}  // namespace veritag::catalog
