// A base is judged by what its own tag claims. A base that the tree itself declares is followed into its own Dockerfile: what it is built
// on in the end counts, where that contradicts its tag. Nothing is proven by a tag whose rule is not known, a digest, a build argument
// without a default or a registry that the tree is not published in; then nothing is accused.
#include "catalog/base_check.h"

#include "base/text.h"
#include "catalog/compare.h"
#include "catalog/distrofile.h"
#include "oci/reference.h"

#include <algorithm>
#include <array>

namespace veritag::catalog {
namespace {

using rules::Match;

// The whole system is brought to another release; which one, only the image can tell.
bool upgrades_system(const Dockerfile& file) {
    constexpr std::array<std::string_view, 4> kWords{"distro-sync", "system-upgrade", "dist-upgrade", "--releasever"};
    for (const Stage& stage : file.stages)
        for (const Instruction& each : stage.instructions)
            for (const std::string_view word : kWords)
                if (each.text.find(word) != std::string::npos) return true;
    return false;
}

int line_of_base(const Dockerfile& file, const FinalBase& final, std::size_t at = 0) {
    const std::vector<std::uint32_t>& places = final.image.text.at;
    return at < places.size() ? file.line_of(places[at]) : file.stages[final.stage].line;
}

// "openeuler/cann:8.0.RC1-oe2203sp4"; with where FROM has it, when it stands elsewhere.
std::string shown(const BaseImage& base) { return "\"" + quote(base.written, 140) + "\""; }

}  // namespace

void BaseCheck::declare(const DeclaredImage& image) {
    declared_.emplace(image.name(), image);
    repositories_[image.entry->repository].push_back(image);
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

// `22.03` may be any service pack of that release, while `23.09` is a release of its own: the system's own repository knows.
bool BaseCheck::is_complete(const Claim& os) const {
    const rules::Component* system = reader_.rules().find(os.component);
    if (system == nullptr || !system->loose || !system->loose->match_all(os.version)) return true;
    return !system->repositories.empty() && os_tag(reader_, "", system->repositories.front() + "/" + system->repositories.front(), os.component, os.version);
}

std::optional<Claim> BaseCheck::os_of(const DeclaredImage& image) {
    if (image.entry->dockerfile.empty() || !is_dockerfile_name(image.entry->dockerfile)) return std::nullopt;
    const BuildFile& file = files_.read(image.entry->dockerfile);
    const std::optional<BaseImage> base = file.dockerfile && !upgrades_system(*file.dockerfile) ? base_of(file) : std::nullopt;
    if (!base) return std::nullopt;
    const Origin origin = origin_of(*base);
    if (origin.cycle || !origin.os || !origin.via.empty() || origin.os->floating || origin.os->version.empty() || !is_complete(*origin.os)) return std::nullopt;
    return origin.os;
}

BaseCheck::OtherTag BaseCheck::tag_with(const DeclaredImage& image, const Claim& os) const {
    const Claim* claimed = image.os();
    OtherTag other;
    if (claimed == nullptr || claimed->component != os.component || os.floating || os.version.empty() || !is_complete(os)) return other;
    other.tag = tag::write_tag(reader_.rules(), *image.reading, {{os.component, os.version}});
    if (!other.tag || !oci::is_valid_tag(*other.tag)) return {};
    if (const auto there = declared_.find(image.entry->repository + ":" + *other.tag); there != declared_.end()) {
        other.declared_at = there->second.entry;
        other.tag.reset();
    }
    return other;
}

// The same image of the claimed system, where the base is one of the tree's own: not the bare system, which holds less.
std::string BaseCheck::what_to_start_from(const BaseImage& base, const Claim& claimed) const {
    const std::string wanted = titled(reader_.rules(), claimed.component, claimed.version);
    const Claim* os = base.os();
    if ((base.reading != nullptr && base.reading->tier == Tier::os) || (os != nullptr && os->from_repository)) return wanted;
    if (!base.ours) return "an image of " + wanted;
    return "an image " + quote(base.repository) + " of " + wanted + (tags_of_system(base.repository, claimed).empty() ? ", which this tree does not declare yet" : "");
}

// The tags of a repository that the tree declares with this system.
std::vector<std::string> BaseCheck::tags_of_system(const std::string& repository, const Claim& os) const {
    std::vector<std::string> tags;
    const auto found = repositories_.find(repository);
    if (found == repositories_.end()) return tags;
    for (const DeclaredImage& each : found->second)
        if (const Claim* there = each.os(); there == nullptr || !os_differs(os, *there)) tags.push_back(each.entry->declared.tag);
    return tags;
}

// A base whose tag tells no system.
void BaseCheck::judge_unknown_os(const DeclaredImage& image, const BaseImage& base, int line, std::vector<Finding>& out) {
    const Claim& claimed = *image.os();
    const std::string wanted = titled(reader_.rules(), claimed.component, claimed.version);
    Finding finding = finding_at("unproven", Severity::info, image.entry->dockerfile, line, "");
    finding.component = claimed.component;
    finding.claimed = claimed.version;
    if (const std::optional<std::string> meant = system_meant_by(reader_, base)) {
        finding.message = "The final base " + shown(base) + " names the image " + quote(base.registry + "/" + base.repository) + ", not one of the system's own, so whether it is " + wanted + " was not judged. Is " +
                          quote(*meant) + " meant?";
    } else {
        finding.message = "The final base " + shown(base) + " does not tell by its tag which system it is, so whether it is " + wanted + " was not judged.";
    }
    out.push_back(std::move(finding));
}

void BaseCheck::judge_os(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out) {
    const Claim* claimed = image.os();
    const Origin origin = origin_of(base);
    const int line = line_of_base(*file.dockerfile, final, base.tag_at == std::string::npos ? 0 : base.tag_at);
    const auto unproven = [&](const std::string& why) { out.push_back(finding_at("unproven", Severity::info, image.entry->dockerfile, line, why)); };
    if (origin.cycle) return unproven("The final base " + shown(base) + " leads back to itself through the Dockerfiles of this tree, so which system it is was not judged.");
    if (claimed == nullptr) return;
    if (!origin.os) return judge_unknown_os(image, base, line, out);
    const std::string wanted = titled(reader_.rules(), claimed->component, claimed->version), found = titled(reader_.rules(), origin.os->component, origin.os->version);
    if (!os_differs(*claimed, *origin.os)) {
        if (origin.os->version == claimed->version || is_complete(*origin.os) || !is_complete(*claimed)) return;
        unproven("The final base " + shown(base) + " names " + found + " and no service pack, so whether it is " + wanted + " was not judged.");
        out.back().component = claimed->component;
        out.back().claimed = claimed->version;
        return;
    }
    if (upgrades_system(*file.dockerfile)) return unproven("The Dockerfile upgrades the system of its base " + shown(base) + ", so which release it ends up with was not judged.");

    const bool foreign = claimed->component != origin.os->component;
    Finding finding = finding_at(mismatch_code(ComponentKind::os), Severity::error, image.entry->dockerfile, foreign && origin.via.empty() ? line_of_base(*file.dockerfile, final) : line, "");
    finding.component = claimed->component;
    finding.claimed = claimed->version;
    finding.observed = foreign ? found : origin.os->version;
    finding.message = "The tag " + quote(image.entry->declared.tag) + " claims " + wanted + "; its final base " + shown(base);
    if (!origin.via.empty()) {
        finding.message += " is itself built on \"" + quote(origin.image, 140) + "\", which is " + found + ". Mend the Dockerfile of " + quote(origin.via.back()) + " first.";
        out.push_back(std::move(finding));
        return;
    }
    finding.message += (origin.os->floating ? " stands for " : " is ") + found + (origin.os->floating ? " today" : "") + ".";
    const std::optional<std::string> right = may_mend ? right_tag(image, base) : std::nullopt;
    if (right) finding.mend = mend(image, file, final, base, *right);
    if (finding.mend) {
        finding.line = finding.mend->line;
        finding.message += " Start from " + quote(base.repository + ":" + *right) + ".";
        mend_builders(image, file, final, base, *right, out);
    } else {
        const OtherTag other = tag_with(image, *origin.os);
        finding.suggestion = other.tag;
        finding.message += " Start from " + what_to_start_from(base, *claimed);
        finding.message += other.declared_at == nullptr ? ", or change the tag." : "; the tag " + quote(other.declared_at->declared.tag) + ", which it deserves, is declared already.";
    }
    out.push_back(std::move(finding));
}

void BaseCheck::judge_components(const DeclaredImage& image, const BuildFile& file, const FinalBase& final, const BaseImage& base, bool may_mend, std::vector<Finding>& out) {
    for (const Claim& claim : image.reading->claims) {
        if (claim.kind == ComponentKind::os || claim.version.empty() || claim.guessed) continue;
        const rules::Component* component = reader_.rules().find(claim.component);
        // The nearest base that claims it; what the Dockerfiles in between install themselves is not known.
        std::optional<BaseImage> below = base;
        std::set<std::string> passed;
        bool direct = true, built_below = false;
        while (below) {
            const Claim* there = below->find(claim.component);
            if (there != nullptr && !there->version.empty()) break;
            const BuildFile* next = passed.insert(below->name()).second ? step_into(*below) : nullptr;
            built_below = next != nullptr && builds_version(*next->dockerfile, claim.version);
            below = next != nullptr && !built_below ? base_of(*next) : std::nullopt;
            direct = false;
        }
        if (!below && !built_below) versions_.judge_named(image, file, claim, out);
        if (!below) continue;
        const Claim& there = *below->find(claim.component);
        if (compare_versions(component, claim.version, there.version) != Match::differs || versions_.may_build(image, file, claim)) continue;
        const int line = line_of_base(*file.dockerfile, final, base.tag_at == std::string::npos ? 0 : base.tag_at);
        Finding finding = finding_at(mismatch_code(claim.kind), Severity::error, image.entry->dockerfile, line, "");
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
    const Claim* claimed = image.os();
    if (claimed != nullptr) finding.claimed = claimed->version;
    finding.message += ", so that the same Dockerfile gives another image some day.";
    // It can only be one of the tags of its repository.
    if (const auto declared = repositories_.find(base.repository); claimed != nullptr && os == nullptr && base.ours && declared != repositories_.end() && tags_of_system(base.repository, *claimed).empty()) {
        const std::vector<DeclaredImage>& tags = declared->second;
        finding.message += " None of its tags that this tree declares (" + quote(tags.front().entry->declared.tag, 100) + (tags.size() > 1 ? " and " + std::to_string(tags.size() - 1) + " more" : "") + ") is of " +
                           titled(reader_.rules(), claimed->component, claimed->version) + ", which the tag " + quote(image.entry->declared.tag) + " claims.";
    }
    if (may_mend && base.reading != nullptr && base.reading->tier == Tier::os)
        if (const std::optional<std::string> right = right_tag(image, base)) {
            finding.mend = mend(image, file, final, base, *right);
            if (finding.mend) finding.message += " Start from " + quote(base.repository + ":" + *right) + ".";
            if (finding.mend) mend_builders(image, file, final, base, *right, out);
        }
    if (finding.mend) finding.line = finding.mend->line;
    if (!finding.mend) {
        const std::optional<std::string> meant = system_meant_by(reader_, base);
        finding.message += meant ? " Is " + quote(*meant) + " meant?" : " Name a version.";
    }
    out.push_back(std::move(finding));
}

std::vector<Finding> BaseCheck::judge_file(const DeclaredImage& image, const BuildFile& file, bool may_mend) {
    std::vector<Finding> out;
    if (!file.dockerfile) return out;
    const std::optional<FinalBase> final = final_base(*file.dockerfile);
    if (!final) return out;
    versions_.judge(image, file, out);
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

std::vector<Finding> BaseCheck::judge(const DeclaredImage& image, bool may_mend) {
    if (image.entry->dockerfile.substr(image.entry->dockerfile.rfind('/') + 1) == "Distrofile") return judge_distrofile(reader_.rules(), tree_, image, files_.limits());
    if (image.entry->dockerfile.empty() || !is_dockerfile_name(image.entry->dockerfile)) return {};
    return judge_file(image, files_.read(image.entry->dockerfile), may_mend);
}

}  // namespace veritag::catalog
