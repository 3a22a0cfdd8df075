#include "attach/statement.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace veritag::attach {
namespace {

JudgedImage judged_image(const ImageReport& image, Digest digest) {
    JudgedImage judged{.digest = std::move(digest),
                       .platform = image.platform,
                       .verdict = image.verdict,
                       .grammar = image.grammar,
                       .tier = image.tier ? std::string(to_string(*image.tier)) : "",
                       .partial = !image.partial_layers.empty(),
                       .claims = image.claims,
                       .observed = image.observed,
                       .findings = {}};
    for (const Finding& finding : image.findings)
        if (finding.code != "tag-moved") judged.findings.push_back(finding);
    return judged;
}

Statement statement_for(const ImageReport& image, Digest subject, const Judging& how) {
    return {.subject = std::move(subject),
            .tool_version = how.tool_version,
            .rules_digest = how.rules_digest,
            .judged = how.when,
            .reference = image.reference,
            .registry = image.registry,
            .repository = image.repository,
            .tag = image.tag,
            .verdict = Verdict::pass,
            .images = {}};
}

LeftOut left_out(std::string digest, std::string platform, report::Text why) {
    return {std::move(digest), std::move(platform), std::string(text(why, report::Language::en)), why};
}

void add(Statement& statement, JudgedImage image) {
    if (is_worse(image.verdict, statement.verdict)) statement.verdict = image.verdict;
    statement.images.push_back(std::move(image));
}

auto essence(const Finding& finding) { return std::tie(finding.code, finding.severity, finding.component, finding.claimed, finding.observed, finding.suggestion); }

bool same_findings(const std::vector<Finding>& one, const std::vector<Finding>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const Finding& a, const Finding& b) { return essence(a) == essence(b); });
}

}  // namespace

Statements statements_of(const JudgedReference& judged, const Judging& how) {
    Statements made;
    std::optional<Statement> whole;
    std::set<Digest> said;
    bool complete = how.every_platform;
    for (const ImageReport& image : judged.images) {
        const Result<Digest> digest = Digest::parse(image.digest);
        if (image.error || !digest || image.configs_only) {
            complete = false;
            if (image.error)
                made.left_out.push_back({image.digest, image.platform, image.error->message()});
            else
                made.left_out.push_back(left_out(image.digest, image.platform, report::Text::layers_unread));
            continue;
        }
        if (const Result<Digest> index = image.index_digest ? Digest::parse(*image.index_digest) : Result<Digest>(Error{}); index && !whole) whole = statement_for(image, *index, how);
        JudgedImage part = judged_image(image, *digest);
        if (whole) add(*whole, part);
        if (!said.insert(*digest).second) continue;  // an index may list one manifest twice
        Statement& own = made.all.emplace_back(statement_for(image, *digest, how));
        add(own, std::move(part));
    }
    if (whole && complete)
        made.all.push_back(std::move(*whole));
    else if (whole)
        made.left_out.push_back(left_out(whole->subject.str(), "", report::Text::platforms_unread));
    return made;
}

bool same_images(const Statement& one, const Statement& other) {
    const auto names = [](const Statement& statement) {
        std::vector<std::pair<Digest, std::string>> all;
        for (const JudgedImage& image : statement.images) all.emplace_back(image.digest, image.platform);
        std::sort(all.begin(), all.end());
        return all;
    };
    return names(one) == names(other);
}

bool says_the_same(const Statement& one, const Statement& other) {
    const auto names = [](const Statement& each) { return std::tie(each.subject, each.reference, each.registry, each.repository, each.tag, each.rules_digest, each.verdict); };
    return names(one) == names(other) && std::equal(one.images.begin(), one.images.end(), other.images.begin(), other.images.end(), [](const JudgedImage& a, const JudgedImage& b) {
               return std::tie(a.digest, a.platform, a.verdict, a.partial) == std::tie(b.digest, b.platform, b.verdict, b.partial) && same_findings(a.findings, b.findings);
           });
}

}  // namespace veritag::attach
