#include "attach/verify.h"

#include "attach/subject.h"
#include "base/text.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace veritag::attach {
namespace {

// What a name led to.
struct Top {
    Digest digest;
    std::vector<oci::Descriptor> children;  ///< of an index, as image_children() has them
    bool is_index = false;
};

class Asking {
public:
    Asking(Repository& repository, const Question& question, const Limits& limits) : repository_(repository), question_(question), limits_(limits) {
        if (name_.empty() && !question.reference.tag.empty()) name_ = question.reference.repository + ':' + question.reference.tag;
    }

    std::vector<Verified> ask() {
        const Result<std::optional<Top>> top = open(question_.reference);
        if (!top || !*top) {
            Verified failed = answer({}, "");
            failed.error = top ? Error{ErrorCode::not_found, "verify", question_.reference.str(), "there is no such image", "check the name and the tag"} : top.error();
            return {std::move(failed)};
        }
        std::vector<Verified> answers;
        if (!question_.platform || !(*top)->is_index) {
            const Digest& digest = (*top)->digest;
            answers.push_back(look_at((*top)->is_index ? Subject::index(repository_, digest, (*top)->children, limits_) : Subject::image(repository_, digest, "", limits_)));
            if (answers[0].report || answers[0].error || !(*top)->is_index) return answers;
        }
        std::vector<Verified> parts;
        for (const oci::Descriptor& child : (*top)->children) {
            const bool wanted = !question_.platform || (child.platform && oci::platform_matches(*question_.platform, *child.platform));
            if (wanted) parts.push_back(look_at(Subject::image(repository_, child.digest, child.platform ? child.platform->str() : "", limits_)));
        }
        const bool any = std::any_of(parts.begin(), parts.end(), [](const Verified& part) { return part.report || part.error; });
        if (any || (question_.platform && !parts.empty())) {
            // What is wrong with the index's own report does not go away because its platforms have good ones.
            if (!answers.empty() && !answers[0].problems.empty()) parts.insert(parts.begin(), std::move(answers[0]));
            return parts;
        }
        if (!answers.empty()) return answers;
        Verified failed = answer({}, question_.platform->str());
        failed.error = Error{ErrorCode::not_found, "verify", question_.reference.str(), "no image for " + question_.platform->str() + " under this name", ""};
        return {std::move(failed)};
    }

private:
    [[nodiscard]] Verified answer(Digest subject, std::string platform) const {
        return {.reference = question_.reference.str(), .subject = std::move(subject), .platform = std::move(platform),
                .report = {}, .other_names = {}, .problems = {}, .error = {}, .tag = TagState::unknown};
    }

    /// nullopt: there is nothing under this name.
    Result<std::optional<Top>> open(const oci::Reference& reference) {
        VERITAG_TRY(const std::optional<registry::FetchedManifest> fetched, reference.digest ? repository_.find_manifest(*reference.digest) : repository_.find_manifest(reference.tag));
        if (!fetched) return std::optional<Top>();
        const Result<oci::ManifestOrIndex> parsed = oci::parse_manifest(fetched->body, fetched->content_type, limits_);
        if (!parsed) return parsed.error().at(reference.str());
        Top top{.digest = fetched->digest, .children = {}, .is_index = std::holds_alternative<oci::Index>(*parsed)};
        if (top.is_index) {
            VERITAG_TRY(top.children, image_children(repository_, std::get<oci::Index>(*parsed), limits_));
        }
        return std::optional(std::move(top));
    }

    Verified look_at(Subject subject) {
        Verified found = answer(subject.digest(), subject.platform());
        const Search search{.subject = subject.digest(), .name = name_, .now = question_.now, .hold = [&](const Statement& statement) { return subject.hold(statement); }};
        Result<FoundReports> reports = find_reports(repository_, search, limits_);
        if (!reports) {
            found.error = reports.error();
            return found;
        }
        found.report = std::move(reports->newest);
        found.other_names = std::move(reports->other_names);
        found.problems = std::move(reports->problems);
        if (found.report) {
            const Result<TagState> tag = tag_of(found.report->statement, subject.digest());
            if (tag)
                found.tag = *tag;
            else
                found.error = tag.error();
        }
        return found;
    }

    // A tag that was asked for has just been followed.
    Result<TagState> tag_of(const Statement& statement, const Digest& subject) {
        oci::Reference own = question_.reference;
        own.digest.reset();
        if (own.repository != statement.repository) return own.tag.empty() || question_.reference.digest ? TagState::unknown : TagState::same;
        if (!question_.reference.digest && own.tag == statement.tag) return TagState::same;
        own.tag = statement.tag;
        if (!oci::is_valid_tag(own.tag)) return TagState::unknown;
        VERITAG_TRY(const std::optional<Top> now, open(own));
        if (!now) return TagState::gone;
        const bool listed = std::any_of(now->children.begin(), now->children.end(), [&](const oci::Descriptor& child) { return child.digest == subject; });
        return now->digest == subject || listed ? TagState::same : TagState::moved;
    }

    Repository& repository_;
    const Question& question_;
    const Limits& limits_;
    std::string name_ = question_.name;
};

}  // namespace

std::vector<Verified> verify(Repository& repository, const Question& question, const Limits& limits) { return Asking(repository, question, limits).ask(); }

int exit_status(const std::vector<Verified>& answers) {
    const auto fails = [](const Verified& each) { return each.report && each.report->statement.verdict == Verdict::fail; };
    const auto open = [](const Verified& each) {
        return !each.report || each.error || !each.problems.empty() || each.report->statement.verdict == Verdict::unknown || each.report->statement.verdict == Verdict::error;
    };
    if (std::any_of(answers.begin(), answers.end(), fails)) return 1;
    return answers.empty() || std::any_of(answers.begin(), answers.end(), open) ? 3 : 0;
}

}  // namespace veritag::attach
