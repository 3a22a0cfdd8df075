#include "report/sarif_writer.h"

#include "base/text.h"
#include "report/entries.h"
#include "report/json_output.h"
#include "report/messages.h"
#include "report/sbom.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace veritag::report {
namespace {

std::string_view level_of(Severity severity) noexcept {
    return severity == Severity::error ? "error" : severity == Severity::warning ? "warning" : "note";
}

// A relative path as a URI reference (RFC 3986): all but unreserved characters and `/` is escaped.
std::string uri_of(std::string_view path) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string uri;
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~/").find(c) != std::string_view::npos;
        if (plain) {
            uri += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return uri;
}

std::string host_of(const std::string& target) { return target.substr(0, target.find('/')); }

std::uint64_t code_points(std::string_view text) {
    const std::string valid = to_valid_utf8(text);
    return static_cast<std::uint64_t>(std::count_if(valid.begin(), valid.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// `OsMismatch`, the form in which SARIF's validator asks for a rule's name (microsoft/sarif-sdk: SARIF2012).
std::string friendly_name(std::string_view code) {
    std::string name;
    bool starts = true;
    for (const char c : code) {
        if (c != '-') name += starts && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        starts = c == '-';
    }
    return name;
}

class Sarif {
public:
    Sarif(const Report& report, const WriteOptions& options) : report_(report), options_(options), surroundings_(report) {
        const auto collect = [&](const Finding& each) { rules_.emplace(each.code, 0); };
        std::for_each(report.findings.begin(), report.findings.end(), collect);
        for (const ImageReport& image : report.images) std::for_each(image.findings.begin(), image.findings.end(), collect);
        std::uint64_t next = 0;
        for (auto& [code, index] : rules_) index = next++;
    }
    std::string write();

private:
    void text(std::string_view name, std::string_view value) {
        json_.object(name, [&] { json_.member("text", value); });
    }
    void logical(const ImageReport& image) {
        json_.list("logicalLocations", [&] {
            json_.object([&] {
                json_.member("name", image.tag.empty() ? name_of(image) : image.repository + ":" + image.tag);
                json_.member("fullyQualifiedName", image.reference + (image.platform.empty() ? "" : " " + image.platform));
            });
        });
    }
    void logical(std::string_view name) {
        json_.list("logicalLocations", [&] { json_.object([&] { json_.member("name", name); json_.member("fullyQualifiedName", (report_.targets.empty() ? std::string() : host_of(report_.targets.front().target) + "/") + std::string(name)); }); });
    }
    void physical(const std::string& file, int line) {
        json_.object("physicalLocation", [&] {
            json_.object("artifactLocation", [&] { json_.member("uri", uri_of(file)); });
            if (line > 0) json_.object("region", [&] { json_.number("startLine", static_cast<std::uint64_t>(line)); });
        });
    }
    void evidence(const Finding& finding, const ImageReport* image);
    void fix(const LineMend& mend);
    void suppression(const Waived& waived);
    void result(const Finding& finding, const ImageReport* image);
    void notification(const ImageReport& image, std::string_view level, const std::string& message);
    void invocation();

    const Report& report_;
    const WriteOptions& options_;
    const Surroundings surroundings_;
    std::map<std::string, std::uint64_t> rules_;
    JsonOutput json_;
};

void Sarif::fix(const LineMend& mend) {
    json_.list("fixes", [&] {
        json_.object([&] {
            json_.list("artifactChanges", [&] {
                json_.object([&] {
                    json_.object("artifactLocation", [&] { json_.member("uri", uri_of(mend.file)); });
                    json_.list("replacements", [&] {
                        json_.object([&] {
                            json_.object("deletedRegion", [&] {
                                json_.number("startLine", static_cast<std::uint64_t>(mend.line));
                                json_.number("startColumn", 1);
                                json_.number("endColumn", code_points(mend.before) + 1);
                            });
                            text("insertedContent", mend.after);
                        });
                    });
                });
            });
        });
    });
}

void Sarif::suppression(const Waived& waived) {
    json_.list("suppressions", [&] {
        json_.object([&] {
            json_.member("kind", "external");
            json_.member("status", "accepted");
            json_.member("justification", fill(veritag::report::text(Text::waived, options_.language), {waived.expiry, waived.owner, waived.reason}));
        });
    });
}

void Sarif::result(const Finding& finding, const ImageReport* image) {
    json_.object([&] {
        json_.member("ruleId", finding.code);
        json_.number("ruleIndex", rules_.at(finding.code));
        json_.member("level", level_of(finding.severity));
        std::string message = message_for(finding, options_.language);
        if (finding.suggestion) message += " " + surroundings_.advice(image, finding, options_.language);
        text("message", message);
        json_.list("locations", [&] {
            json_.object([&] {
                if (!finding.file.empty())
                    physical(finding.file, finding.line);
                else if (image != nullptr && image->declared)  // where a line can be changed; code hosts show no result without one
                    physical(image->declared->file, image->declared->line);
                if (image != nullptr) logical(*image);
                if (const std::string_view name = published_name(finding); !name.empty()) logical(name);
            });
        });
        evidence(finding, image);
        if (finding.mend) fix(*finding.mend);
        if (finding.waived) suppression(*finding.waived);
        json_.object("properties", [&] {
            if (!finding.component.empty()) json_.member("component", finding.component);
            if (finding.claimed) json_.member("claimed", *finding.claimed);
            if (finding.observed) json_.member("observed", *finding.observed);
            if (finding.suggestion) json_.member("suggestion", *finding.suggestion);
        });
    });
}

// Paths inside of an image are no files of the repository, so they are logical places.
void Sarif::evidence(const Finding& finding, const ImageReport* image) {
    if (finding.evidence.empty()) return;
    json_.list("relatedLocations", [&] {
        std::uint64_t id = 0;
        for (const Evidence& each : finding.evidence)
            json_.object([&] {
                const std::string place = evidence_place(finding, each, options_.language);
                const std::string name = evidence_place(finding, each, Language::en);  // by it the place is known again, whoever reads
                json_.number("id", ++id);
                json_.list("logicalLocations", [&] {
                    json_.object([&] {
                        json_.member("name", name.empty() ? to_string(each.source) : name);
                        json_.member("fullyQualifiedName", (image != nullptr ? image->reference + " " : std::string()) + (each.diff_id.empty() ? "" : each.diff_id + " ") + (name.empty() ? std::string(to_string(each.source)) : name));
                    });
                });
                std::string said = each.layer < 0 ? place : fill(veritag::report::text(Text::layer, options_.language), {place, std::to_string(each.layer)});
                if (!each.detail.empty()) said += (said.empty() ? "" : options_.language == Language::zh ? "：" : ": ") + detail_for(each, options_.language);
                text("message", said.empty() ? std::string(to_string(each.source)) : said);
            });
    });
}

void Sarif::notification(const ImageReport& image, std::string_view level, const std::string& message) {
    json_.object([&] {
        json_.member("level", level);
        text("message", message);
        json_.list("locations", [&] { json_.object([&] { logical(image); }); });
    });
}

void Sarif::invocation() {
    const bool all_read = !report_.incomplete && std::none_of(report_.images.begin(), report_.images.end(), is_partly_read) &&
                          std::none_of(report_.targets.begin(), report_.targets.end(), [](const ListedTarget& target) { return target.error.has_value(); });
    json_.list("invocations", [&] {
        json_.object([&] {
            json_.flag("executionSuccessful", all_read && (!report_.images.empty() || (report_.tree && report_.tree->tags > 0)));
            json_.list("toolExecutionNotifications", [&] {
                for (const std::string& each : unlisted_in(report_, options_.language))
                    json_.object([&] {
                        json_.member("level", "error");
                        text("message", each);
                    });
                for (const ImageReport& image : report_.images) {
                    if (const std::string reason = unreadable_because(image, options_.language); !reason.empty()) notification(image, "error", reason);
                    for (const Problem& each : image.problems) notification(image, "warning", (each.path.empty() ? "" : each.path + (options_.language == Language::zh ? "：" : ": ")) + message_for(each, options_.language));
                }
            });
        });
    });
}

std::string Sarif::write() {
    json_.object([&] {
        json_.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        json_.member("version", "2.1.0");
        json_.list("runs", [&] {
            json_.object([&] {
                json_.object("tool", [&] {
                    json_.object("driver", [&] {
                        json_.member("name", "veritag");
                        if (!report_.tool_version.empty()) json_.member("version", report_.tool_version);
                        json_.list("rules", [&] {
                            for (const auto& rule : rules_)
                                json_.object([&] {
                                    const std::string& code = rule.first;
                                    json_.member("id", code);
                                    if (code.find('-') != std::string::npos) json_.member("name", friendly_name(code));  // a name that is the id again is one too many (SARIF1001)
                                    text("shortDescription", name_of_code(code, options_.language));
                                });
                        });
                    });
                });
                invocation();
                json_.member("columnKind", "unicodeCodePoints");
                json_.list("results", [&] {
                    for (const Finding& each : report_.findings) result(each, nullptr);
                    for (const ImageReport& image : report_.images)
                        for (const Finding& each : image.findings) result(each, &image);
                });
                if (!report_.rules_digest.empty()) json_.object("properties", [&] { json_.member("rulesDigest", report_.rules_digest); });
            });
        });
    });
    return json_.take();
}

}  // namespace

std::string write_sarif(const Report& report, const WriteOptions& options) { return Sarif(report, options).write(); }

}  // namespace veritag::report
