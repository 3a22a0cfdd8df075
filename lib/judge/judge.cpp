#include "judge/judge.h"

#include "base/text.h"
#include "judge/application.h"
#include "judge/package_origin.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace veritag::judge {
namespace {

using rules::Component;

std::string title_of(const rules::RuleSet& rules, const std::string& component) {
    const Component* found = rules.find(component);
    return found == nullptr || found->title.empty() ? component : found->title;
}

std::string with_version(const std::string& title, const std::string& version) { return version.empty() ? title : title + " " + version; }

std::string list_of(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
        text += items[i];
    }
    return text;
}

void append(std::vector<Evidence>& to, const std::vector<Evidence>& from) {
    for (const Evidence& item : from)
        if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
}

class Judge {
public:
    Judge(const rules::RuleSet& rules, const Case& input) : rules_(rules), in_(input) {}

    Judgement run() {
        for (const Claim& claim : in_.claims) judge_claim(claim);
        if (in_.claims.empty() && in_.readable) add("unproven", Severity::warning, "", "The tag claims nothing that can be judged.");
        judge_foreign_sdks();
        judge_backends();
        judge_development();
        judge_architecture();
        append_findings(foreign_packages(rules_, in_.facts));
        judge_forgery();
        judge_problems();
        std::stable_sort(out_.findings.begin(), out_.findings.end(), [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
        if (certain_) out_.truth = std::move(truth_);
        return std::move(out_);
    }

private:
    [[nodiscard]] std::vector<const Observation*> observed(const std::string& component, bool proof) const {
        std::vector<const Observation*> found;
        for (const Observation& o : in_.facts.observations)
            if (o.component == component && o.proof == proof) found.push_back(&o);
        return found;
    }
    [[nodiscard]] bool is_proven(const std::string& component) const { return !observed(component, true).empty(); }
    [[nodiscard]] bool is_claimed(const std::string& component) const {
        return std::any_of(in_.claims.begin(), in_.claims.end(), [&](const Claim& c) { return c.component == component; });
    }
    [[nodiscard]] const std::vector<Evidence>& holds_of(const std::string& component) const {
        static const std::vector<Evidence> none;
        const auto found = in_.facts.could_hold.find(component);
        return found == in_.facts.could_hold.end() ? none : found->second;
    }

    Finding& add(std::string code, Severity severity, const std::string& component, std::string message) {
        out_.findings.push_back({.code = std::move(code),
                                 .severity = severity,
                                 .component = component,
                                 .claimed = std::nullopt,
                                 .observed = std::nullopt,
                                 .message = std::move(message),
                                 .evidence = {},
                                 .suggestion = std::nullopt});
        return out_.findings.back();
    }

    void append_findings(std::vector<Finding> findings) { std::move(findings.begin(), findings.end(), std::back_inserter(out_.findings)); }

    static std::string code_of(const Claim& claim, const char* what) { return std::string(to_string(claim.kind)) + what; }

    static std::optional<std::string> claimed_text(const Claim& claim) {
        return claim.version.empty() ? std::optional<std::string>(claim.text.empty() ? claim.component : claim.text) : claim.version;
    }

    void unproven(const Claim& claim, const std::string& why, const std::vector<Evidence>& evidence = {}, Severity severity = Severity::warning) {
        Finding& finding = add("unproven", severity, claim.component,
                               "The tag claims " + with_version(title_of(rules_, claim.component), claim.version) + "; " + why + ".");
        finding.claimed = claimed_text(claim);
        finding.evidence = evidence;
        if (severity == Severity::warning) certain_ = false;
        truth_[claim.component] = claim.version;
    }

    void judge_claim(const Claim& claim) {
        const Component* component = rules_.find(claim.component);
        const std::vector<const Observation*> proofs = observed(claim.component, true);
        if (claim.kind == ComponentKind::app && (component == nullptr || proofs.empty())) return judge_application(claim);
        if (component == nullptr) return unproven(claim, "no rule knows it", {}, Severity::info);
        if (!component->levels.empty()) return judge_level(claim, *component, proofs);
        if (proofs.empty()) {
            absent(claim, *component);
            return;
        }
        if (claim.kind == ComponentKind::os && (contradicts_itself(claim, *component, proofs) || is_another_too(claim, *component, proofs))) return;
        judge_version(claim, *component, proofs);
    }

    // A package or distribution of the application's name shows its version. A package of another version proves that the tag is wrong
    // only where nothing else in the image could be the application: a compiler that came to build it, say, beside the built one.
    void judge_application(const Claim& claim) {
        truth_[claim.component] = claim.version;
        const std::string name = application_name(claim.component);
        std::vector<const Package*> named, wrong;
        std::vector<Evidence> evidence;
        for (const Package& package : in_.facts.packages) {
            if (application_name(package.name) != name) continue;
            named.push_back(&package);
            if (evidence.size() < 3) evidence.push_back(evidence_of(package, in_.facts));
            const rules::Match match = compare_application_versions(claim.version, upstream_version(package));
            if (claim.version.empty() || match == rules::Match::holds) return;
            if (match == rules::Match::differs) wrong.push_back(&package);
        }
        const std::string why = named.empty() ? "no package of its name and no rule shows its version" : "its package tells no comparable version";
        if (wrong.empty() || wrong.size() != named.size()) return unproven(claim, why, evidence, Severity::info);
        if (!in_.facts.application_elsewhere.empty()) {
            append(evidence, in_.facts.application_elsewhere);
            return unproven(claim, "a package of its name is of another version, and more of that name lies elsewhere", evidence, Severity::info);
        }
        std::vector<std::string> versions;
        for (const Package* package : wrong)
            if (const std::string version = upstream_version(*package); std::find(versions.begin(), versions.end(), version) == versions.end()) versions.push_back(version);
        Finding& finding = add("app-mismatch", Severity::error, claim.component,
                               "The tag claims " + with_version(claim.component, claim.version) + "; the image holds " + with_version(claim.component, list_of(versions)) + ".");
        finding.claimed = claim.version;
        finding.observed = join(versions, ", ");
        finding.evidence = std::move(evidence);
        truth_[claim.component] = versions.front();
        if (versions.size() != 1) certain_ = false;
    }

    // Of several levels the highest is what the image is: each has all that the lower ones have.
    void judge_level(const Claim& claim, const Component& component, const std::vector<const Observation*>& proofs) {
        const auto rank = [&](const std::string& version) { return std::find(component.levels.begin(), component.levels.end(), version) - component.levels.begin(); };
        const Observation* highest = nullptr;
        for (const Observation* o : proofs)
            if (rank(o->version) < std::ssize(component.levels) && (highest == nullptr || rank(o->version) > rank(highest->version))) highest = o;
        truth_[claim.component] = claim.version;
        if (claim.version.empty()) return;
        if (highest == nullptr) {
            // Where the SDK itself is not there, that is said already.
            const bool sdk_absent = std::any_of(in_.claims.begin(), in_.claims.end(), [&](const Claim& c) { return c.kind == ComponentKind::sdk && !is_proven(c.component); });
            if (!sdk_absent) unproven(claim, "nothing in the image shows what it is of", holds_of(claim.component), component.unproven);
            return;
        }
        if (highest->version == claim.version) return judge_expected(claim, component);
        if (rank(highest->version) < rank(claim.version) && (!absence_is_provable(claim, component) || !holds_of(claim.component).empty()))
            return unproven(claim, "only " + highest->version + " is proven, and more may be there", highest->evidence, component.unproven);
        Finding& finding = add("flavor-mismatch", Severity::error, claim.component, "The tag claims the flavour " + claim.version + "; the image has what makes " + highest->version + ".");
        finding.claimed = claim.version;
        finding.observed = highest->version;
        finding.evidence = highest->evidence;
        truth_[claim.component] = highest->version;
    }

    void judge_expected(const Claim& claim, const Component& component) {
        const auto expected = component.expects.find(claim.version);
        if (expected == component.expects.end()) return;
        for (const std::string& name : expected->second) {
            const Component* part = rules_.find(name);
            if (part == nullptr || is_proven(name) || !holds_of(name).empty() || !in_.facts.problems.empty() || part->could_hold.empty()) continue;
            Finding& finding = add("flavor-mismatch", Severity::warning, claim.component,
                                   "The flavour " + claim.version + " comes with " + title_of(rules_, name) + "; it is not in the image.");
            finding.claimed = claim.version;
        }
    }

    void judge_development() {
        if (!in_.dev) return;
        for (const Component& component : rules_.components()) {
            if (!component.development) continue;
            const std::vector<const Observation*> proofs = observed(component.name, true);
            std::vector<Evidence> evidence;
            for (const Observation* o : proofs) append(evidence, o->evidence);
            if (!proofs.empty() && !*in_.dev) {
                add("dev-undeclared", Severity::info, component.name, "The image has development tools, and its tag does not say -dev.").evidence = std::move(evidence);
            } else if (proofs.empty() && *in_.dev) {
                Claim claim;
                claim.component = component.name;
                claim.kind = component.kind;
                claim.text = "-dev";
                if (!holds_of(component.name).empty()) {
                    unproven(claim, "files that may belong to them are there, but no compiler", holds_of(component.name));
                } else if (!in_.facts.packages_complete || !absence_is_provable(claim, component)) {
                    unproven(claim, "the image's packages could not be read whole, so nothing proves or disproves it");
                } else {
                    add("dev-missing", Severity::error, component.name, "The tag says -dev; there is no compiler in the image, and no package brings headers.").claimed = "-dev";
                    out_.dev = false;
                }
            }
            return;
        }
    }

    // For the operating system the strongest evidence decides; weaker evidence of another release is a contradiction.
    bool contradicts_itself(const Claim& claim, const Component& component, const std::vector<const Observation*>& proofs) {
        const Observation& strongest = *proofs.front();
        if (claim.version.empty() || strongest.version.empty()) return false;
        if (component.compare_versions(claim.version, strongest.version) != rules::Match::holds) return false;
        for (const Observation* other : proofs) {
            if (other->version.empty() || component.compare_versions(claim.version, other->version) != rules::Match::differs) continue;
            std::vector<Evidence> evidence = strongest.evidence;
            append(evidence, other->evidence);
            unproven(claim, "the image says both " + strongest.version + " and " + other->version + " of itself", evidence);
            return true;
        }
        return false;
    }

    // Files of another system beside the claimed one's: the image says to be both, so neither is proven.
    bool is_another_too(const Claim& claim, const Component& component, const std::vector<const Observation*>& proofs) {
        const Observation& strongest = *proofs.front();
        if (!claim.version.empty() && !strongest.version.empty() && component.compare_versions(claim.version, strongest.version) != rules::Match::holds) return false;
        for (const Observation& o : in_.facts.observations) {
            if (o.kind != ComponentKind::os || !o.proof || is_claimed(o.component)) continue;
            const Component* other = rules_.find(o.component);
            if (other == nullptr || !other->exclusive) continue;
            std::vector<Evidence> evidence = strongest.evidence;
            append(evidence, o.evidence);
            unproven(claim, "the image says to be " + with_version(title_of(rules_, o.component), o.version) + " as well", evidence);
            return true;
        }
        return false;
    }

    void judge_version(const Claim& claim, const Component& component, const std::vector<const Observation*>& proofs) {
        truth_[claim.component] = claim.version;
        if (claim.version.empty()) return;
        std::vector<const Observation*> judged = most_precise(proofs, component);
        if (claim.kind == ComponentKind::os) judged.resize(1);
        const auto holds = [&](const Observation* o) {
            return !o->version.empty() && component.compare_versions(claim.version, o->version) == rules::Match::holds;
        };
        if (std::any_of(judged.begin(), judged.end(), holds)) return;
        // What tells no version, or only the front part of the claimed one, neither proves nor disproves the claim.
        const auto vague = std::find_if(judged.begin(), judged.end(), [&](const Observation* o) {
            return o->version.empty() || component.compare_versions(claim.version, o->version) == rules::Match::unclear;
        });
        if (vague != judged.end()) {
            unproven(claim,
                     (*vague)->version.empty() ? "it is there, but nothing in the image tells its version"
                                               : "the image tells no more of its version than " + (*vague)->version,
                     (*vague)->evidence, component.unproven);
            return;
        }
        std::vector<std::string> versions;
        for (const Observation* o : judged) versions.push_back(o->version);
        if (claim.floating && judged.size() == 1 && may_float_to(claim, component, versions.front())) {
            Finding& stale = add("alias-stale", Severity::warning, claim.component,
                                 "The floating tag stands for " + with_version(title_of(rules_, claim.component), claim.version) + "; the image is " + versions.front() +
                                     meant_once(claim, versions.front()) + ".");
            stale.claimed = claim.version;
            stale.observed = versions.front();
            stale.evidence = judged.front()->evidence;
            return;
        }
        Finding& finding = add(code_of(claim, "-mismatch"), Severity::error, claim.component,
                               "The tag claims " + with_version(title_of(rules_, claim.component), claim.version) + "; the image holds " +
                                   with_version(title_of(rules_, claim.component), list_of(versions)) + ".");
        finding.claimed = claim.version;
        finding.observed = join(versions, ", ");
        for (const Observation* o : judged) append(finding.evidence, o->evidence);
        truth_[claim.component] = as_precise_as(claim.version, versions.front(), component);
        // Of several versions, or of a build between releases, nobody can say which the tag should name.
        if (judged.size() != 1 || truth_[claim.component]->find("dev") != std::string::npos || is_vaguer(component, versions.front(), claim.version)) certain_ = false;
    }

    // A release without its service pack makes no tag where tags name both.
    static bool is_vaguer(const Component& component, const std::string& seen, const std::string& claimed) {
        return component.loose && component.loose->match_all(seen) && !component.loose->match_all(claimed);
    }

    // Evidence of one installation differs in precision (`12.6` from a library, `12.6.2` from its package): the best of each counts.
    static std::vector<const Observation*> most_precise(const std::vector<const Observation*>& proofs, const Component& component) {
        std::vector<const Observation*> kept;
        for (const Observation* o : proofs) {
            const bool covered = std::any_of(proofs.begin(), proofs.end(), [&](const Observation* other) {
                return other->version.size() > o->version.size() && !o->version.empty() &&
                       component.compare_versions(o->version, other->version) == rules::Match::holds;
            });
            if (!covered) kept.push_back(o);
        }
        return kept;
    }

    // `, which it stood for from 2025-06-30 to 2026-04-10`: then nobody moved the tag along.
    static std::string meant_once(const Claim& claim, const std::string& version) {
        for (std::size_t i = 0; i + 1 < claim.stood_for.size(); ++i)
            if (claim.stood_for[i].second == version)
                return ", which it stood for " + (claim.stood_for[i].first.empty() ? "until " : "from " + claim.stood_for[i].first + " to ") + claim.stood_for[i + 1].first;
        return {};
    }

    // `latest` may stand for any release, `24.03` for any of that name: another one than the rules know is old news, not a lie.
    static bool may_float_to(const Claim& claim, const Component& component, const std::string& seen) {
        const std::string named = component.canonical(claim.text);
        const bool names_a_version = !named.empty() && named.front() >= '0' && named.front() <= '9';
        return !names_a_version || component.compare_versions(named, seen) == rules::Match::holds;
    }

    // `3.10` was claimed and `3.11.6` is there: a right tag says `3.11`. The local part goes the same way.
    static std::string as_precise_as(const std::string& claimed, const std::string& seen, const Component& component) {
        std::string text = seen;
        if (claimed.find('+') == std::string::npos) text = text.substr(0, text.find('+'));
        const auto dots = static_cast<std::size_t>(std::count(claimed.begin(), claimed.end(), '.'));
        std::size_t end = 0;
        for (std::size_t i = 0; i <= dots && end != std::string::npos; ++i) end = text.find('.', end == 0 ? 0 : end + 1);
        for (const std::string& shorter : {text.substr(0, end), text})
            if (component.compare_versions(shorter, seen) == rules::Match::holds) return shorter;
        return seen;
    }

    void absent(const Claim& claim, const Component& component) {
        const auto placeholder = in_.facts.placeholders.find(claim.component);
        if (placeholder == in_.facts.placeholders.end() && other_of_its_kind(claim)) return;
        const std::vector<const Observation*> named = observed(claim.component, false);
        if (placeholder == in_.facts.placeholders.end() && !named.empty()) {
            unproven(claim, "only the image's own settings name it, and settings prove nothing", named.front()->evidence, component.unproven);
            return;
        }
        if (const std::vector<Evidence>& paths = holds_of(claim.component); !paths.empty()) {
            unproven(claim, "files that may belong to it are there, but none that proves it", paths, component.unproven);
            return;
        }
        if (!absence_is_provable(claim, component)) {
            unproven(claim, in_.facts.problems.empty() ? "nothing in the image proves or disproves it" : "parts of the image could not be read", {}, component.unproven);
            return;
        }
        Finding& finding = add(std::string(to_string(claim.kind)) + "-missing", Severity::error, claim.component,
                               "The tag claims " + with_version(title_of(rules_, claim.component), claim.version) + "; " +
                                   (claim.kind == ComponentKind::os ? "nothing in the image is of it." : "it is not in the image."));
        finding.claimed = claimed_text(claim);
        if (claim.kind != ComponentKind::os && !component.could_hold.empty()) {
            finding.message.pop_back();
            finding.message += ": nothing lies at " + component.could_hold.front();
            for (std::size_t i = 1; i < std::min<std::size_t>(component.could_hold.size(), 3); ++i) finding.message += ", " + component.could_hold[i];
            finding.message += component.could_hold.size() > 3 ? " or where else it could be." : ".";
        }
        if (placeholder != in_.facts.placeholders.end()) {
            finding.evidence = placeholder->second;
            finding.message = "The tag claims " + title_of(rules_, claim.component) + "; its files are only placeholders without content.";
        }
        truth_[claim.component] = std::nullopt;
        if (claim.kind == ComponentKind::os) certain_ = false;
    }

    // Another system or another model is proof enough that the claimed one is not what is there.
    bool other_of_its_kind(const Claim& claim) {
        if (claim.kind != ComponentKind::os && claim.kind != ComponentKind::llm) return false;
        std::vector<std::string> names;
        std::vector<Evidence> evidence;
        for (const Observation& o : in_.facts.observations) {
            if (o.kind != claim.kind || !o.proof || is_claimed(o.component)) continue;
            if (const Component* other = rules_.find(o.component); other != nullptr && !other->exclusive) continue;
            names.push_back(with_version(title_of(rules_, o.component), o.version));
            append(evidence, o.evidence);
        }
        if (names.empty()) return false;
        Finding& finding = add(std::string(to_string(claim.kind)) + "-mismatch", Severity::error, claim.component,
                               "The tag claims " + with_version(title_of(rules_, claim.component), claim.version) + "; the image " +
                                   (claim.kind == ComponentKind::os ? "is " : "holds ") + list_of(names) + ".");
        finding.claimed = claimed_text(claim);
        finding.observed = join(names, ", ");
        finding.evidence = std::move(evidence);
        certain_ = false;
        return true;
    }

    // Absence is proven when everything that is there was read and the rules say where the component could be. An operating
    // system leaves its packages: without any package database an image may be distroless, and nothing is proven.
    [[nodiscard]] bool absence_is_provable(const Claim& claim, const Component& component) const {
        if (!in_.facts.problems.empty()) return false;
        if (claim.kind == ComponentKind::os) return in_.facts.packages_complete;
        return !component.could_hold.empty();
    }

    void judge_foreign_sdks() {
        std::set<std::string> vendors;
        for (const Claim& claim : in_.claims)
            if (const Component* sdk = rules_.find(claim.component); claim.kind == ComponentKind::sdk && sdk != nullptr) vendors.insert(sdk->vendor);
        if (vendors.empty()) return;
        for (const Observation& o : in_.facts.observations) {
            const Component* sdk = rules_.find(o.component);
            if (o.kind != ComponentKind::sdk || !o.proof || sdk == nullptr || vendors.contains(sdk->vendor)) continue;
            Finding& finding = add("sdk-foreign", Severity::error, o.component,
                                   with_version(title_of(rules_, o.component), o.version) + " is installed, an SDK for other hardware than the tag claims.");
            finding.observed = o.version.empty() ? o.component : o.version;
            finding.evidence = o.evidence;
            certain_ = false;  // no tag of this form names both
        }
    }

    void judge_backends() {
        for (const Claim& framework : in_.claims) {
            const Component* component = rules_.find(framework.component);
            if (component == nullptr || !is_proven(framework.component)) continue;
            for (const rules::BackendRule& backend : component->backends)
                if (is_claimed(backend.sdk)) judge_backend(framework, *component, backend);
        }
    }

    // The directory that an installation lies in: `…/site-packages` of `…/site-packages/torch/version.py` and `…/torch-2.1.0.dist-info/METADATA`.
    static std::string installation_of(const Evidence& evidence) {
        std::string path = evidence.path;
        for (int i = 0; i < 2; ++i) path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
        return path;
    }

    // A fact that speaks against every installation that meets the claim: one good installation is enough for the tag.
    const Fact* refused_everywhere(const Claim& framework, const Component& component, const rules::BackendRule& backend) const {
        std::map<std::string, const Fact*> refused;
        for (const Fact& fact : in_.facts.facts)
            if (fact.component == component.name && std::find(backend.refuses.begin(), backend.refuses.end(), fact.name) != backend.refuses.end())
                refused.emplace(installation_of(fact.evidence), &fact);
        if (refused.empty()) return nullptr;
        const Fact* first = refused.begin()->second;
        for (const Observation* o : observed(component.name, true)) {
            if (!framework.version.empty() && component.compare_versions(framework.version, o->version) != rules::Match::holds) continue;
            for (const Evidence& evidence : o->evidence) {
                const auto found = refused.find(installation_of(evidence));
                if (found == refused.end()) return nullptr;
                first = found->second;
            }
        }
        return first;
    }

    void judge_backend(const Claim& framework, const Component& component, const rules::BackendRule& backend) {
        const std::string sdk = title_of(rules_, backend.sdk);
        const std::string name = title_of(rules_, component.name);
        if (const Fact* fact = refused_everywhere(framework, component, backend))
            return backend_finding(framework, name + " is built for " + with_version(title_of(rules_, fact->name), fact->value) + ", not for " + sdk + ".",
                                   with_version(fact->name, fact->value), {fact->evidence});
        for (const std::string& needed : backend.needs) {
            const Component* plugin = rules_.find(needed);
            if (plugin == nullptr || is_proven(needed) || is_claimed(needed)) continue;  // a claimed one is judged as a claim
            std::vector<Evidence> proof;
            for (const Observation* o : observed(component.name, true)) append(proof, o->evidence);
            if (!holds_of(needed).empty() || !absence_is_provable({.component = needed, .kind = plugin->kind, .version = {}, .from_repository = false, .text = {}}, *plugin)) {
                unproven(framework, "whether it has " + title_of(rules_, needed) + " for " + sdk + " could not be told", holds_of(needed));
                continue;
            }
            backend_finding(framework, name + " lacks " + title_of(rules_, needed) + ", without which it does not use " + sdk + ".", std::nullopt, proof);
            return;
        }
        if (backend.needs_any_fact.empty()) return;
        const auto& read = in_.facts.facts_read;
        // Facts that are paths need no file to be read: without the path the fact is not so.
        const bool by_path = in_.facts.problems.empty() && std::all_of(component.facts.begin(), component.facts.end(), [&](const rules::FactRule& fact) {
            return fact.evidence.from == rules::EvidenceRule::From::path ||
                   std::find(backend.needs_any_fact.begin(), backend.needs_any_fact.end(), fact.name) == backend.needs_any_fact.end();
        });
        if (!by_path && std::find(read.begin(), read.end(), component.name) == read.end()) return;
        const auto known = [&](const Fact& fact) {
            return fact.component == component.name &&
                   std::find(backend.needs_any_fact.begin(), backend.needs_any_fact.end(), fact.name) != backend.needs_any_fact.end();
        };
        if (std::any_of(in_.facts.facts.begin(), in_.facts.facts.end(), known)) return;
        std::vector<Evidence> proof;
        for (const Observation* o : observed(component.name, true)) append(proof, o->evidence);
        backend_finding(framework, name + " is built without " + sdk + ".", std::nullopt, proof);
    }

    void backend_finding(const Claim& framework, const std::string& message, std::optional<std::string> seen, const std::vector<Evidence>& evidence) {
        Finding& finding = add("framework-backend", Severity::error, framework.component, message);
        finding.claimed = claimed_text(framework);
        finding.observed = std::move(seen);
        finding.evidence = evidence;
        certain_ = false;  // no tag says "this framework, but not for this SDK"
    }

    void judge_architecture() {
        if (!in_.config_platform.empty() && in_.config_platform != in_.platform) {
            Finding& finding = add("arch-mismatch", Severity::error, "", "The image is offered for " + in_.platform + "; its config says " + in_.config_platform + ".");
            finding.claimed = in_.platform;
            finding.observed = in_.config_platform;
        }
        judge_foreign(in_.facts.foreign_packages, "packages");
        judge_foreign(in_.facts.foreign_code, "programs and libraries");
        judge_declared_architectures();
    }

    // A few packages of another CPU are cross-building tools; most of them are another image.
    void judge_foreign(const std::vector<ForeignArchitecture>& list, const char* things) {
        for (const ForeignArchitecture& foreign : list) {
            if (foreign.count * 2 <= foreign.judged) continue;
            const auto said = std::find_if(out_.findings.begin(), out_.findings.end(), [&](const Finding& f) { return f.code == "arch-mismatch" && f.observed == foreign.architecture; });
            if (said != out_.findings.end()) {
                append(said->evidence, foreign.evidence);
                continue;
            }
            Finding& finding = add("arch-mismatch", Severity::error, "",
                                   "The image is offered for " + in_.platform + "; " + std::to_string(foreign.count) + " of its " +
                                       std::to_string(foreign.judged) + " " + things + " are built for " + foreign.architecture + ".");
            finding.claimed = in_.platform;
            finding.observed = foreign.architecture;
            finding.evidence = foreign.evidence;
        }
    }

    // What a component's own records say of its CPU. One installation for the platform is enough.
    void judge_declared_architectures() {
        const std::vector<std::string_view> platform = split(in_.platform, '/');
        if (platform.size() < 2) return;
        std::map<std::string, const Fact*> others;
        std::set<std::string> right;
        for (const Fact& fact : in_.facts.facts) {
            if (fact.name != "architecture") continue;
            if (fact.value == platform[1])
                right.insert(fact.component);
            else
                others.emplace(fact.component, &fact);
        }
        for (const auto& [name, fact] : others) {
            if (right.contains(name)) continue;
            Finding& finding = add("arch-mismatch", Severity::error, name,
                                   "The image is offered for " + in_.platform + "; its " + title_of(rules_, name) + " is built for " + fact->value + ".");
            finding.claimed = in_.platform;
            finding.observed = fact->value;
            finding.evidence = {fact->evidence};
        }
    }

    void judge_forgery() {
        if (in_.layers != in_.diff_ids) {
            Finding& finding = add("parent-forged", Severity::error, "",
                                   "The config lists " + std::to_string(in_.diff_ids) + " diff_ids for " + std::to_string(in_.layers) + " layers.");
            finding.claimed = std::to_string(in_.diff_ids);
            finding.observed = std::to_string(in_.layers);
        }
        for (const ForgedLayer& forged : in_.forged) {
            Finding& finding = add("parent-forged", Severity::error, "",
                                   "Layer " + std::to_string(forged.layer) + " does not hash to the diff_id that the config gives it, so the config's account of its parents is not true.");
            finding.claimed = forged.claimed;
            finding.observed = forged.observed;
            finding.evidence.push_back({.source = EvidenceSource::file, .path = "", .layer = forged.layer, .diff_id = forged.observed, .detail = "computed from the layer"});
        }
    }

    // Whatever could not be read keeps the image from passing, also when every claim holds.
    void judge_problems() {
        if (in_.facts.problems.empty()) return;
        std::vector<Evidence> evidence;
        for (const Problem& problem : in_.facts.problems) {
            if (evidence.size() == 6) break;
            evidence.push_back({.source = EvidenceSource::file, .path = problem.path, .layer = -1, .diff_id = {}, .detail = problem.message});
        }
        const std::size_t count = in_.facts.problems.size();
        Finding& finding = add("unproven", Severity::warning, "",
                               std::to_string(count) + (count == 1 ? " part of the image could not be read, so it" : " parts of the image could not be read, so they") +
                                   " may hide something.");
        finding.evidence = std::move(evidence);
        certain_ = false;
    }

    const rules::RuleSet& rules_;
    const Case& in_;
    Judgement out_;
    std::map<std::string, std::optional<std::string>> truth_;
    bool certain_ = true;
};

}  // namespace

Judgement judge(const rules::RuleSet& rules, const Case& input) { return Judge(rules, input).run(); }

}  // namespace veritag::judge
