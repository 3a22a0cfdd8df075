#include "report/json_writer.h"

#include "base/text.h"
#include "report/messages.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace veritag::report {
namespace {

class JsonWriter {
public:
    explicit JsonWriter(const WriteOptions& options) : options_(options), out_(buffer_) { out_.SetIndent(' ', 2); }

    void report(const Report& report);
    void explanation(const Explanation& explanation);
    template <class List, class Each>
    void list(const List& items, Each each) {
        out_.StartArray();
        for (const auto& item : items) each(item);
        out_.EndArray();
    }
    std::string take() { return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n"; }

private:
    void key(std::string_view name) { out_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
    // Bytes of an image may be anything; JSON text is UTF-8.
    void value(std::string_view text) {
        const std::string valid = to_valid_utf8(text);
        out_.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
    }
    void member(std::string_view name, std::string_view text) {
        key(name);
        value(text);
    }
    void member(std::string_view name, const char* text) { member(name, std::string_view(text)); }
    void member(std::string_view name, const std::optional<std::string>& text) {
        key(name);
        text ? value(*text) : static_cast<void>(out_.Null());
    }
    void member(std::string_view name, const std::string& text) { member(name, std::string_view(text)); }
    void member(std::string_view name, bool flag) {
        key(name);
        out_.Bool(flag);
    }
    void number(std::string_view name, std::uint64_t count) {
        key(name);
        out_.Uint64(count);
    }
    void layer(int index) {
        key("layer");
        index < 0 ? static_cast<void>(out_.Null()) : static_cast<void>(out_.Int(index));
    }
    template <class List, class Each>
    void member_list(std::string_view name, const List& items, Each each) {
        key(name);
        list(items, each);
    }

    void summary(const Report& report);
    void target(const ListedTarget& target);
    void error(const std::optional<Error>& error);
    void image(const ImageReport& image);
    void claim(const Claim& claim);
    void evidence(const std::vector<Evidence>& items);
    void observation(const Observation& observation);
    void finding(const Finding& finding, bool of_declaration = false);
    void place(const std::string& file, int line);
    void mend(const std::optional<LineMend>& mend);
    void waived(const Waived& waived);
    void waivers(const WaiverUse& use);
    void package(const Package& package);

    const WriteOptions& options_;
    rapidjson::StringBuffer buffer_;
    rapidjson::PrettyWriter<rapidjson::StringBuffer> out_;
};

void JsonWriter::report(const Report& report) {
    out_.StartObject();
    member("schema", "veritag.report/1");
    key("tool");
    out_.StartObject();
    member("name", "veritag");
    member("version", report.tool_version);
    out_.EndObject();
    key("rules");
    out_.StartObject();
    member("digest", report.rules_digest);
    out_.EndObject();
    member("generated", report.generated);
    if (report.incomplete) {
        member("complete", false);
        member("state", report.incomplete->state);
        if (!report.incomplete->reason.empty()) member("reason", message_for(*report.incomplete, options_.language));
    }
    summary(report);
    if (!report.targets.empty()) member_list("targets", report.targets, [&](const ListedTarget& each) { target(each); });
    member_list("images", report.images, [&](const ImageReport& each) { image(each); });
    member_list("skipped", report.skipped, [&](const Skipped& each) {
        out_.StartObject();
        member("reference", each.reference);
        member("digest", each.digest);
        member("reason", reason_for(each, options_.language));
        out_.EndObject();
    });
    member_list("findings", report.findings, [&](const Finding& each) { finding(each, true); });
    if (report.waivers) waivers(*report.waivers);
    out_.EndObject();
}

void JsonWriter::summary(const Report& report) {
    const auto count = [&](Verdict verdict) {
        return static_cast<std::uint64_t>(
            std::count_if(report.images.begin(), report.images.end(), [verdict](const ImageReport& each) { return each.verdict == verdict; }));
    };
    key("summary");
    out_.StartObject();
    number("images", report.images.size());
    for (const Verdict verdict : {Verdict::pass, Verdict::warn, Verdict::fail, Verdict::unknown, Verdict::error})
        number(to_string(verdict), count(verdict));
    number("skipped", report.skipped.size());
    number("bytesFetched", report.bytes_fetched);
    number("layersAnalyzed", report.layers_analyzed);
    number("layersReused", report.layers_reused);
    if (report.waivers) number("waived", report.waivers->findings);
    if (report.tree) {
        number("metas", report.tree->metas);
        number("tags", report.tree->tags);
        number("dockerfiles", report.tree->dockerfiles);
    }
    out_.EndObject();
}

void JsonWriter::target(const ListedTarget& target) {
    out_.StartObject();
    member("target", target.target);
    member("driver", target.driver);
    number("repositories", target.repositories);
    number("tags", target.tags);
    member_list("notes", target.notes, [&](const std::string& each) { value(note_for(each, options_.language)); });
    error(target.error);
    out_.EndObject();
}

void JsonWriter::error(const std::optional<Error>& error) {
    key("error");
    if (!error) {
        out_.Null();
        return;
    }
    out_.StartObject();
    member("code", to_string(error->code));
    member("message", message_for(*error, options_.language));
    out_.EndObject();
}

void JsonWriter::image(const ImageReport& image) {
    out_.StartObject();
    member("reference", image.reference);
    member("registry", image.registry);
    member("repository", image.repository);
    member("tag", image.tag);
    member("indexDigest", image.index_digest);
    member("digest", image.digest);
    member("platform", image.platform);
    member("verdict", to_string(image.verdict));
    error(image.error);
    member("grammar", image.grammar);
    member("tier", image.tier ? std::optional<std::string>(to_string(*image.tier)) : std::nullopt);
    member("dev", image.dev);
    member_list("claims", image.claims, [&](const Claim& each) { claim(each); });
    member_list("observed", image.observed, [&](const Observation& each) { observation(each); });
    key("packages");
    out_.StartObject();
    number("rpm", image.packages.rpm);
    number("deb", image.packages.deb);
    number("apk", image.packages.apk);
    number("python", image.packages.python);
    number("conda", image.packages.conda);
    out_.EndObject();
    member_list("restoredLayers", image.restored_layers, [&](int each) { out_.Int(each); });
    member_list("partialLayers", image.partial_layers, [&](int each) { out_.Int(each); });
    if (options_.list_packages) member_list("packageList", image.package_list, [&](const Package& each) { package(each); });
    member_list("lineage", image.lineage, [&](const Ancestor& each) {
        out_.StartObject();
        member("reference", each.reference);
        member("digest", each.digest);
        number("layers", each.layers);
        member("current", each.current);
        out_.EndObject();
    });
    member_list("findings", image.findings, [&](const Finding& each) { finding(each); });
    member_list("buildSteps", image.build_steps, [&](const auto& each) {
        out_.StartObject();
        layer(each.first);
        member("step", each.second);
        out_.EndObject();
    });
    member_list("problems", image.problems, [&](const Problem& each) {
        out_.StartObject();
        member("path", each.path);
        member("message", message_for(each, options_.language));
        out_.EndObject();
    });
    if (image.declared) {
        key("declared");
        out_.StartObject();
        place(image.declared->file, image.declared->line);
        out_.EndObject();
    }
    out_.EndObject();
}

void JsonWriter::claim(const Claim& claim) {
    out_.StartObject();
    member("component", claim.component);
    member("kind", to_string(claim.kind));
    member("version", claim.version);
    member("from", claim.from_repository ? "repository" : "tag");
    out_.EndObject();
}

void JsonWriter::evidence(const std::vector<Evidence>& items) {
    member_list("evidence", items, [&](const Evidence& each) {
        out_.StartObject();
        member("source", to_string(each.source));
        member("path", each.path);
        layer(each.layer);
        member("diffId", each.diff_id.empty() ? std::nullopt : std::optional(each.diff_id));
        member("detail", detail_for(each, options_.language));
        out_.EndObject();
    });
}

void JsonWriter::observation(const Observation& observation) {
    out_.StartObject();
    member("component", observation.component);
    member("kind", to_string(observation.kind));
    member("version", observation.version);
    member("proof", observation.proof);
    evidence(observation.evidence);
    out_.EndObject();
}

void JsonWriter::finding(const Finding& finding, bool of_declaration) {
    out_.StartObject();
    member("code", finding.code);
    member("severity", to_string(finding.severity));
    member("component", finding.component);
    member("claimed", finding.claimed);
    member("observed", finding.observed);
    member("message", message_for(finding, options_.language));
    evidence(finding.evidence);
    member("suggestion", finding.suggestion);
    if (of_declaration) place(finding.file, finding.line);
    if (of_declaration || finding.mend) mend(finding.mend);
    if (finding.waived) {
        key("waived");
        out_.StartObject();
        waived(*finding.waived);
        out_.EndObject();
    }
    out_.EndObject();
}

void JsonWriter::place(const std::string& file, int line) {
    member("file", file);
    number("line", static_cast<std::uint64_t>(line));
}

void JsonWriter::mend(const std::optional<LineMend>& mend) {
    key("mend");
    if (!mend) {
        out_.Null();
        return;
    }
    out_.StartObject();
    place(mend->file, mend->line);
    member("before", mend->before);
    member("after", mend->after);
    out_.EndObject();
}

void JsonWriter::waived(const Waived& waived) {
    member("reason", waived.reason);
    member("owner", waived.owner);
    member("expiry", waived.expiry);
}

void JsonWriter::waivers(const WaiverUse& use) {
    const auto idle = [&](const IdleWaiver& each) {
        out_.StartObject();
        member("target", each.target);
        member("code", each.code);
        if (!each.component.empty()) member("component", each.component);
        waived(each.waived);
        place(each.file, each.line);
        out_.EndObject();
    };
    key("waivers");
    out_.StartObject();
    member_list("expired", use.expired, idle);
    member_list("unused", use.unused, idle);
    out_.EndObject();
}

void JsonWriter::package(const Package& package) {
    out_.StartObject();
    member("type", to_string(package.type));
    member("name", package.name);
    member("version", package.version);
    member("arch", package.arch);
    layer(package.layer);
    out_.EndObject();
}

void JsonWriter::explanation(const Explanation& explanation) {
    out_.StartObject();
    member("schema", "veritag.explain/1");
    member("reference", explanation.reference);
    member("grammar", explanation.grammar);
    member("tier", explanation.tier ? std::optional<std::string>(to_string(*explanation.tier)) : std::nullopt);
    member("dev", explanation.dev);
    member_list("claims", explanation.claims, [&](const Claim& each) { claim(each); });
    member_list("findings", explanation.findings, [&](const Finding& each) { finding(each); });
    member_list("expectedParents", explanation.expected_parents, [&](const auto& each) {
        out_.StartObject();
        member("component", each.first);
        member("version", each.second);
        out_.EndObject();
    });
    out_.EndObject();
}

}  // namespace

std::string write_json(const Report& report, const WriteOptions& options) {
    JsonWriter writer(options);
    writer.report(report);
    return writer.take();
}

std::string write_json(const std::vector<Explanation>& explanations, const WriteOptions& options) {
    JsonWriter writer(options);
    const auto each = [&](const Explanation& one) { writer.explanation(one); };
    if (explanations.size() == 1)
        each(explanations.front());
    else
        writer.list(explanations, each);
    return writer.take();
}

}  // namespace veritag::report
