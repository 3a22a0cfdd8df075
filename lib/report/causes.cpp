#include "report/causes.h"

#include "base/text.h"
#include "report/messages.h"
#include "report/terminal.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace veritag::report {
namespace {

constexpr std::size_t kShownReferences = 5;
constexpr std::size_t kShownNotes = 5;
constexpr std::size_t kSentenceBytes = 4000;
constexpr std::string_view kUndeclared = "catalog-undeclared", kUnpublished = "catalog-unpublished";

CauseKind kind_of(const Finding& finding) noexcept {
    if (finding.waived) return CauseKind::waived;
    return finding.severity == Severity::info ? CauseKind::notes : CauseKind::counting;
}

std::tuple<std::string_view, std::string_view, std::string_view, int> place_of(const CauseMember& member) noexcept {
    if (member.image != nullptr) return {member.image->reference, member.image->platform, "", 0};
    const Finding& finding = *member.finding;
    return {finding.file.empty() ? published_name(finding) : std::string_view(), "", finding.file, finding.line};
}

// A word of a sentence that says which image it is, or how many of something: other images of the same cause say another.
bool tells_images_apart(std::string_view word, const ImageReport& image) {
    if (word.starts_with("sha256:") || word == image.reference || word == image.tag || word == image.platform) return true;
    if (word == image.repository + ':' + image.tag || word == image.registry + '/' + image.repository || word == image.repository) return true;
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string shape_of(const Finding& finding, const ImageReport* image, CauseKind kind) {
    if (image == nullptr) return kind == CauseKind::notes ? finding.message : std::string();
    if (kind == CauseKind::notes) return {};
    static constexpr std::string_view kSigns = ".,;()\"";
    std::string shape;
    for (std::string_view word : split(finding.message, ' ')) {
        while (!word.empty() && kSigns.find(word.front()) != std::string_view::npos) word.remove_prefix(1);
        while (!word.empty() && kSigns.find(word.back()) != std::string_view::npos) word.remove_suffix(1);
        shape += tells_images_apart(word, *image) ? "#" : word;
        shape += ' ';
    }
    return shape;
}

// Of what kind the component is that a note speaks of. That a parent is not known has nothing to do with it.
std::string kind_word_of(const ImageReport& image, const Finding& finding) {
    if (finding.code == "parent-unknown") return {};
    const auto claim = std::find_if(image.claims.begin(), image.claims.end(), [&](const Claim& each) { return each.component == finding.component; });
    return claim == image.claims.end() ? std::string() : std::string(to_string(claim->kind));
}

// The finding that says of the image what `parent` says of the published image below it, where that image brought what proves it.
const Finding* said_by(const ImageReport& image, const Finding& parent) {
    if (parent.code != "parent-mismatch" || parent.component.empty()) return nullptr;
    const auto found = std::find_if(image.findings.begin(), image.findings.end(), [&](const Finding& each) {
        return each.code.ends_with("-mismatch") && !each.code.starts_with("parent-") && each.severity == parent.severity && each.component == parent.component && each.claimed == parent.claimed &&
               (!parent.observed || each.observed == parent.observed) && each.waived == parent.waived && proving_layer(each) >= 0 && proving_layer(each) <= proving_layer(parent);
    });
    return found == image.findings.end() ? nullptr : &*found;
}

}  // namespace

int proving_layer(const Finding& finding) noexcept {
    const auto found = std::find_if(finding.evidence.begin(), finding.evidence.end(), [](const Evidence& each) { return each.layer >= 0; });
    return found == finding.evidence.end() ? -1 : found->layer;
}

bool say_the_same(const std::vector<CauseMember>& members, Language language) {
    return std::all_of(members.begin(), members.end(), [&](const CauseMember& each) { return message_for(*each.finding, language) == message_for(*members.front().finding, language); });
}

std::vector<std::string> repeated_sentences(const std::vector<CauseMember>& members, Language language) {
    std::vector<std::string> sentences;
    for (const CauseMember& each : members) {
        if (each.repeated == nullptr) continue;
        std::string sentence = message_for(*each.repeated, language);
        if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) sentences.push_back(std::move(sentence));
    }
    return sentences;
}

std::string_view published_name(const Finding& finding) noexcept {
    const std::optional<std::string>& name = finding.code == kUndeclared ? finding.observed : finding.claimed;
    return name && (finding.code == kUndeclared || finding.code == kUnpublished) ? std::string_view(*name) : std::string_view();
}

std::string without_digest(const std::optional<std::string>& value) { return !value || value->starts_with("sha256:") ? std::string() : *value; }

std::vector<Cause> causes_of(const Report& report, CauseKind kind) {
    using Key = std::tuple<Severity, std::string, std::string, std::string, std::string, std::string, std::string>;
    std::map<Key, std::pair<Cause, std::set<std::string>>> causes;
    const auto add = [&](const Finding& finding, const ImageReport* image, const Finding* repeated) {
        if (kind_of(finding) != kind) return;
        const std::string waiver = finding.waived ? finding.waived->expiry + ' ' + finding.waived->owner + ' ' + finding.waived->reason : std::string();
        const bool note = kind == CauseKind::notes && image != nullptr;
        // What a catalogue and a registry do not agree about has the place itself for a claim or a content.
        const bool alone = note || finding.code.starts_with("catalog-");
        auto& [cause, references] = causes[{finding.severity, finding.code, note ? kind_word_of(*image, finding) : finding.component, alone ? std::string() : without_digest(finding.claimed),
                                            alone ? std::string() : without_digest(finding.observed), waiver, shape_of(finding, image, kind)}];
        if (cause.findings++ == 0) cause.example = finding;
        cause.members.push_back({&finding, image, repeated});
        references.insert(image != nullptr ? image->reference : finding.file.empty() ? std::string(published_name(finding)) : finding.file);
    };
    for (const Finding& finding : report.findings) add(finding, nullptr, nullptr);
    for (const ImageReport& image : report.images)
        for (const Finding& finding : image.findings) {
            if (said_by(image, finding) != nullptr) continue;
            const auto parent = std::find_if(image.findings.begin(), image.findings.end(), [&](const Finding& each) { return said_by(image, each) == &finding; });
            add(finding, &image, parent == image.findings.end() ? nullptr : &*parent);
        }
    std::vector<Cause> list;
    for (auto& [key, each] : causes) {
        each.first.references.assign(each.second.begin(), each.second.end());
        std::stable_sort(each.first.members.begin(), each.first.members.end(), [](const CauseMember& a, const CauseMember& b) { return place_of(a) < place_of(b); });
        list.push_back(std::move(each.first));
    }
    std::stable_sort(list.begin(), list.end(), [](const Cause& a, const Cause& b) {
        return std::tuple(a.example.severity, -static_cast<long>(a.references.size())) < std::tuple(b.example.severity, -static_cast<long>(b.references.size()));
    });
    return list;
}

std::string write_audit_summary(const Report& report, const WriteOptions& options) {
    std::string out;
    if (report.targets.empty()) return out;
    const auto word = [&](Text which) { return text(which, options.language); };
    const std::size_t width = std::max<std::size_t>(options.width, 60);
    const auto lines = [&](std::string_view indent, const std::string& value, Colour colour) {
        for (const std::string& line : wrap(value, width - indent.size())) out += std::string(indent) + paint(line, colour, options.colour) + "\n";
    };
    for (const ListedTarget& target : report.targets) {
        lines("", fill(word(Text::listed_target), {printable(target.target), printable(target.driver), std::to_string(target.repositories), std::to_string(target.tags)}), Colour::bold);
        if (target.error) lines("  ", std::string(word(Text::error)) + ": " + printable(message_for(*target.error, options.language), kSentenceBytes), Colour::red);
        for (std::size_t i = 0; i < std::min(target.notes.size(), kShownNotes); ++i) lines("  ", printable(note_for(target.notes[i], options.language)), Colour::dim);
        if (target.notes.size() > kShownNotes) lines("  ", fill(word(Text::and_more), {std::to_string(target.notes.size() - kShownNotes)}), Colour::dim);
    }
    const bool of_tree = report.tree && report.images.empty();  // whose findings stand below by cause
    const std::vector<Cause> causes = of_tree ? std::vector<Cause>() : causes_of(report);
    if (!causes.empty()) out += "\n" + std::string(word(Text::causes)) + "\n";
    for (const Cause& cause : causes) {
        const bool same = say_the_same(cause.members, options.language);
        const auto sentence = [&](const Finding& finding) { return printable(message_for(finding, options.language), kSentenceBytes); };
        lines("  ", fill(word(Text::cause), {std::to_string(cause.references.size()), printable(cause.example.code), same ? sentence(cause.example) : std::string(name_of_code(cause.example.code, options.language))}),
              colour_of(cause.example.severity));
        const std::vector<std::string> repeated = repeated_sentences(cause.members, options.language);
        for (std::size_t i = 0; i < std::min(repeated.size(), kShownReferences); ++i) lines("      ", fill(word(Text::same_by_parent), {"parent-mismatch", printable(repeated[i], kSentenceBytes)}), Colour::none);
        if (repeated.size() > kShownReferences) lines("      ", fill(word(Text::and_more), {std::to_string(repeated.size() - kShownReferences)}), Colour::dim);
        for (std::size_t i = 0; i < std::min(cause.references.size(), kShownReferences); ++i) {
            lines("        ", printable(cause.references[i]), Colour::none);
            const auto first = std::find_if(cause.members.begin(), cause.members.end(), [&](const CauseMember& each) { return std::get<0>(place_of(each)) == cause.references[i] || each.finding->file == cause.references[i]; });
            if (!same && first != cause.members.end()) lines("          ", sentence(*first->finding), Colour::dim);
        }
        if (cause.references.size() > kShownReferences) lines("        ", fill(word(Text::and_more), {std::to_string(cause.references.size() - kShownReferences)}), Colour::dim);
    }
    return out + "\n";
}

}  // namespace veritag::report
