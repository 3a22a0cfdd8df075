#include "report/json_writer.h"

#include "report/json_output.h"
#include "report/messages.h"

#include <optional>
#include <string_view>

namespace veritag::report {
namespace {

class JsonWriter {
public:
    explicit JsonWriter(const WriteOptions& options) : options_(options) {}

    void report(const Report& report);
    void explanation(const Explanation& explanation);
    void explanations(const std::vector<Explanation>& several) {
        json_.list([&] {
            for (const Explanation& each : several) explanation(each);
        });
    }
    std::string take() { return json_.take(); }

private:
    // A list of objects, of which `members` writes the members of one.
    template <class List, class Members>
    void objects(std::string_view name, const List& items, Members members) {
        json_.list(name, [&] {
            for (const auto& each : items) json_.object([&] { members(each); });
        });
    }
    void layers(std::string_view name, const std::vector<int>& layers) {
        json_.list(name, [&] {
            for (const int each : layers) json_.value(static_cast<std::uint64_t>(each));
        });
    }
    void layer(int index) { index < 0 ? json_.null("layer") : json_.number("layer", static_cast<std::uint64_t>(index)); }
    void place(const std::string& file, int line) {
        json_.member("file", file);
        json_.number("line", static_cast<std::uint64_t>(line));
    }

    void summary(const Report& report);
    void target(const ListedTarget& target);
    void error(const std::optional<Error>& error);
    void image(const ImageReport& image);
    void claim(const Claim& claim);
    void evidence(const std::vector<Evidence>& items);
    void observation(const Observation& observation);
    void finding(const Finding& finding, bool of_declaration = false);
    void mend(const std::optional<LineMend>& mend);
    void waived(const Waived& waived);
    void waivers(const WaiverUse& use);
    void package(const Package& package);

    const WriteOptions& options_;
    JsonOutput json_;
};

void JsonWriter::report(const Report& report) {
    json_.object([&] {
        json_.member("schema", "veritag.report/1");
        json_.object("tool", [&] {
            json_.member("name", "veritag");
            json_.member("version", report.tool_version);
        });
        json_.object("rules", [&] { json_.member("digest", report.rules_digest); });
        json_.member("generated", report.generated);
        if (report.incomplete) {
            json_.flag("complete", false);
            json_.member("state", report.incomplete->state);
            if (!report.incomplete->reason.empty()) json_.member("reason", error_text_for(report.incomplete->reason, options_.language));
        }
        json_.object("summary", [&] { summary(report); });
        if (!report.targets.empty()) objects("targets", report.targets, [&](const ListedTarget& each) { target(each); });
        objects("images", report.images, [&](const ImageReport& each) { image(each); });
        objects("skipped", report.skipped, [&](const Skipped& each) {
            json_.member("reference", each.reference);
            json_.member("digest", each.digest);
            json_.member("reason", reason_for(each, options_.language));
        });
        objects("findings", report.findings, [&](const Finding& each) { finding(each, true); });
        if (report.waivers) json_.object("waivers", [&] { waivers(*report.waivers); });
    });
}

void JsonWriter::summary(const Report& report) {
    const VerdictCounts counts = count_verdicts(report.images);
    json_.number("images", report.images.size());
    for (const Verdict verdict : kVerdicts) json_.number(to_string(verdict), counts.of(verdict));
    json_.number("skipped", report.skipped.size());
    json_.number("bytesFetched", report.bytes_fetched);
    json_.number("layersAnalyzed", report.layers_analyzed);
    json_.number("layersReused", report.layers_reused);
    if (report.waivers) json_.number("waived", report.waivers->findings);
    if (!report.tree) return;
    json_.number("metas", report.tree->metas);
    json_.number("tags", report.tree->tags);
    json_.number("dockerfiles", report.tree->dockerfiles);
}

void JsonWriter::target(const ListedTarget& target) {
    json_.member("target", target.target);
    json_.member("driver", target.driver);
    json_.number("repositories", target.repositories);
    json_.number("tags", target.tags);
    json_.list("notes", [&] {
        for (const std::string& each : target.notes) json_.value(note_for(each, options_.language));
    });
    error(target.error);
}

void JsonWriter::error(const std::optional<Error>& error) {
    if (!error) return json_.null("error");
    json_.object("error", [&] {
        json_.member("code", to_string(error->code));
        json_.member("message", message_for(*error, options_.language));
    });
}

void JsonWriter::image(const ImageReport& image) {
    json_.member("reference", image.reference);
    json_.member("registry", image.registry);
    json_.member("repository", image.repository);
    json_.member("tag", image.tag);
    json_.nullable("indexDigest", image.index_digest);
    json_.member("digest", image.digest);
    json_.member("platform", image.platform);
    json_.member("verdict", to_string(image.verdict));
    error(image.error);
    json_.member("grammar", image.grammar);
    json_.nullable("tier", image.tier ? std::optional<std::string>(to_string(*image.tier)) : std::nullopt);
    json_.flag("dev", image.dev);
    objects("claims", image.claims, [&](const Claim& each) { claim(each); });
    objects("observed", image.observed, [&](const Observation& each) { observation(each); });
    json_.object("packages", [&] {
        json_.number("rpm", image.packages.rpm);
        json_.number("deb", image.packages.deb);
        json_.number("apk", image.packages.apk);
        json_.number("python", image.packages.python);
        json_.number("conda", image.packages.conda);
    });
    layers("restoredLayers", image.restored_layers);
    layers("partialLayers", image.partial_layers);
    if (options_.list_packages) objects("packageList", image.package_list, [&](const Package& each) { package(each); });
    objects("lineage", image.lineage, [&](const Ancestor& each) {
        json_.member("reference", each.reference);
        json_.member("digest", each.digest);
        json_.number("layers", each.layers);
        json_.flag("current", each.current);
    });
    objects("findings", image.findings, [&](const Finding& each) { finding(each); });
    objects("buildSteps", image.build_steps, [&](const auto& each) {
        layer(each.first);
        json_.member("step", each.second);
    });
    objects("problems", image.problems, [&](const Problem& each) {
        json_.member("path", each.path);
        json_.member("message", message_for(each, options_.language));
    });
    if (image.declared) json_.object("declared", [&] { place(image.declared->file, image.declared->line); });
}

void JsonWriter::claim(const Claim& claim) {
    json_.member("component", claim.component);
    json_.member("kind", to_string(claim.kind));
    json_.member("version", claim.version);
    json_.member("from", claim.from_repository ? "repository" : "tag");
}

void JsonWriter::evidence(const std::vector<Evidence>& items) {
    objects("evidence", items, [&](const Evidence& each) {
        json_.member("source", to_string(each.source));
        json_.member("path", each.path);
        layer(each.layer);
        json_.nullable("diffId", each.diff_id.empty() ? std::nullopt : std::optional(each.diff_id));
        json_.member("detail", detail_for(each, options_.language));
    });
}

void JsonWriter::observation(const Observation& observation) {
    json_.member("component", observation.component);
    json_.member("kind", to_string(observation.kind));
    json_.member("version", observation.version);
    json_.flag("proof", observation.proof);
    evidence(observation.evidence);
}

void JsonWriter::finding(const Finding& finding, bool of_declaration) {
    json_.member("code", finding.code);
    json_.member("severity", to_string(finding.severity));
    json_.member("component", finding.component);
    json_.nullable("claimed", finding.claimed);
    json_.nullable("observed", finding.observed);
    json_.member("message", message_for(finding, options_.language));
    evidence(finding.evidence);
    json_.nullable("suggestion", finding.suggestion);
    if (of_declaration) place(finding.file, finding.line);
    if (of_declaration || finding.mend) mend(finding.mend);
    if (finding.waived) json_.object("waived", [&] { waived(*finding.waived); });
}

void JsonWriter::mend(const std::optional<LineMend>& mend) {
    if (!mend) return json_.null("mend");
    json_.object("mend", [&] {
        place(mend->file, mend->line);
        json_.member("before", mend->before);
        json_.member("after", mend->after);
    });
}

void JsonWriter::waived(const Waived& waived) {
    json_.member("reason", waived.reason);
    json_.member("owner", waived.owner);
    json_.member("expiry", waived.expiry);
}

void JsonWriter::waivers(const WaiverUse& use) {
    const auto idle = [&](const IdleWaiver& each) {
        json_.member("target", each.target);
        json_.member("code", each.code);
        if (!each.component.empty()) json_.member("component", each.component);
        waived(each.waived);
        place(each.file, each.line);
    };
    objects("expired", use.expired, idle);
    objects("unused", use.unused, idle);
    objects("elsewhere", use.elsewhere, idle);
}

void JsonWriter::package(const Package& package) {
    json_.member("type", to_string(package.type));
    json_.member("name", package.name);
    json_.member("version", package.version);
    json_.member("arch", package.arch);
    layer(package.layer);
}

void JsonWriter::explanation(const Explanation& explanation) {
    json_.object([&] {
        json_.member("schema", "veritag.explain/1");
        json_.member("reference", explanation.reference);
        json_.member("grammar", explanation.grammar);
        json_.nullable("tier", explanation.tier ? std::optional<std::string>(to_string(*explanation.tier)) : std::nullopt);
        json_.flag("dev", explanation.dev);
        objects("claims", explanation.claims, [&](const Claim& each) { claim(each); });
        objects("findings", explanation.findings, [&](const Finding& each) { finding(each); });
        objects("expectedParents", explanation.expected_parents, [&](const auto& each) {
            json_.member("component", each.first);
            json_.member("version", each.second);
        });
    });
}

}  // namespace

std::string write_json(const Report& report, const WriteOptions& options) {
    JsonWriter writer(options);
    writer.report(report);
    return writer.take();
}

std::string write_json(const std::vector<Explanation>& explanations, const WriteOptions& options) {
    JsonWriter writer(options);
    if (explanations.size() == 1)
        writer.explanation(explanations.front());
    else
        writer.explanations(explanations);
    return writer.take();
}

}  // namespace veritag::report
