#include "waivers/waivers.h"

#include "base/text.h"
#include "base/times.h"
#include "report/messages.h"
#include "rules/pack_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <span>

namespace veritag::waivers {
namespace {

using rules::Fields;
using rules::PackReader;
using rules::YamlNode;

constexpr std::size_t kMostBytes = 4U << 20;

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
    const bool fits = text.size() == 10 && text[4] == '-' && text[7] == '-';
    const std::optional<std::chrono::sys_seconds> time = fits ? parse_rfc3339(std::string(text) + "T00:00:00Z") : std::nullopt;
    if (!time) return std::nullopt;
    return std::chrono::floor<std::chrono::days>(*time);
}

Waiver read_waiver(PackReader& reader, const YamlNode& node, const std::string& chain) {
    Waiver waiver;
    waiver.line = node.line;
    Fields fields(reader, node, chain, {"target", "code", "component", "reason", "owner", "expiry"});
    const auto filled = [&](std::string_view key, std::string& out) {
        fields.require(key, [&](const YamlNode& value, const std::string& at) {
            out = reader.text(value, at);
            if (reader.ok() && trim(out).empty()) reader.fail(value, at, "it is empty");
        });
    };
    fields.require("target", [&](const YamlNode& value, const std::string& at) {
        waiver.target = reader.text(value, at);
        if (reader.ok() && !rules::check_glob(waiver.target)) reader.fail(value, at, rules::in_quotes(waiver.target) + " is no glob over REGISTRY/REPOSITORY:TAG", "as quay.io/openeuler/cann:8.0.*");
    });
    fields.require("code", [&](const YamlNode& value, const std::string& at) { waiver.code = reader.word(value, at, report::finding_codes()); });
    fields.text("component", waiver.component);
    filled("reason", waiver.waived.reason);
    filled("owner", waiver.waived.owner);
    fields.require("expiry", [&](const YamlNode& value, const std::string& at) {
        waiver.waived.expiry = reader.text(value, at);
        const std::optional<std::chrono::sys_days> day = parse_day(waiver.waived.expiry);
        if (reader.ok() && !day) reader.fail(value, at, rules::in_quotes(waiver.waived.expiry) + " is no day", "as 2026-12-31");
        if (day) waiver.last_day = *day;
    });
    return waiver;
}

std::string name_of(const ImageReport& image) {
    std::string name = (image.registry.empty() ? "" : image.registry + '/') + image.repository;
    if (!image.tag.empty()) name += ':' + image.tag;
    return image.repository.empty() ? image.reference : name;
}

// Under what a finding of no image can be waived.
std::vector<std::string> names_of(const Finding& finding) {
    std::vector<std::string> names;
    if (!finding.file.empty()) names.push_back(finding.file);
    if (finding.code == "catalog-unpublished" || finding.code == "catalog-undeclared")  // REPOSITORY:TAG
        for (const std::optional<std::string>& each : {finding.claimed, finding.observed})
            if (each) names.push_back(*each);
    return names;
}

// What nobody has seen can be known to nobody: such an image stays unread whatever is waived.
bool speaks_of_unread(const ImageReport& image, const Finding& finding) { return finding.code == "unproven" && finding.component.empty() && (image.configs_only || !image.problems.empty()); }

// What lint says of a tag, a path or a base; catalog check says the first two of these and what stands in published.cpp.
constexpr std::string_view kLintCodes[] = {"app-mismatch", "base-floating", "catalog-duplicate", "catalog-invalid", "framework-mismatch", "llm-mismatch", "os-mismatch", "path-dead", "path-mismatch",
                                           "sdk-mismatch", "tag-form", "tag-order", "tag-short", "tag-syntax", "tag-unknown", "tool-mismatch", "unproven"};
constexpr std::string_view kCheckCodes[] = {"catalog-duplicate", "catalog-invalid", "catalog-undeclared", "catalog-unpublished", "path-dead", "platform-missing"};
constexpr std::string_view kFleetCodes[] = {"alias-stale", "mirror-divergence", "parent-mismatch", "parent-stale", "parent-unknown", "tag-moved"};  // that only an audit can see

bool is_among(std::span<const std::string_view> codes, std::string_view code) { return std::find(codes.begin(), codes.end(), code) != codes.end(); }

class Marker {
public:
    Marker(const WaiverFile& file, std::chrono::sys_days today) : file_(file), today_(today), used_(file.waivers.size(), false) {}

    // Without it the report is of all there is.
    void limit_to(const Report& report, const std::vector<std::string>& declarations) {
        within_.assign(file_.waivers.size(), false);
        std::set<std::string_view> registries;
        for (const ImageReport& image : report.images) registries.insert(image.registry);
        const auto of_image = [&](const std::string& code) {
            if (code.starts_with("catalog-") || code.starts_with("path-") || code == "base-floating") return false;
            if (code == "mirror-divergence" && registries.size() < 2) return false;
            return !report.targets.empty() || !is_among(kFleetCodes, code);
        };
        const auto of_declaration = [&](const std::string& code) { return report.tree && is_among(report.targets.empty() ? std::span<const std::string_view>(kLintCodes) : std::span<const std::string_view>(kCheckCodes), code); };
        std::set<std::string> images, places(declarations.begin(), declarations.end());
        for (const ImageReport& image : report.images)
            if (!image.error && !image.configs_only) images.insert(name_of(image));
        for (const Finding& finding : report.findings)
            for (std::string& each : names_of(finding)) places.insert(std::move(each));
        for (std::size_t i = 0; i < file_.waivers.size(); ++i) {
            const Waiver& waiver = file_.waivers[i];
            const auto fits = [&](const std::string& name) { return rules::glob_matches(waiver.target, name); };
            within_[i] = (of_image(waiver.code) && std::any_of(images.begin(), images.end(), fits)) || (of_declaration(waiver.code) && std::any_of(places.begin(), places.end(), fits));
        }
    }

    void mark(ImageReport& image) {
        const std::vector<std::string> names{name_of(image)};
        for (Finding& finding : image.findings)
            if (speaks_of_unread(image, finding))
                finding.waived.reset();
            else
                mark(finding, names);
    }

    void mark(Report& report) {
        for (ImageReport& image : report.images) mark(image);
        for (Finding& finding : report.findings) mark(finding, names_of(finding));
    }

    void mark(Finding& finding, const std::vector<std::string>& names) {
        finding.waived.reset();
        for (std::size_t i = 0; i < file_.waivers.size(); ++i) {
            const Waiver& waiver = file_.waivers[i];
            if (has_expired(waiver) || finding.code != waiver.code || (!waiver.component.empty() && finding.component != waiver.component)) continue;
            if (std::none_of(names.begin(), names.end(), [&](const std::string& name) { return rules::glob_matches(waiver.target, name); })) continue;
            used_[i] = true;
            if (!finding.waived) finding.waived = waiver.waived;
        }
        if (finding.waived) ++findings_;
    }

    [[nodiscard]] WaiverUse use() const {
        WaiverUse use{.findings = findings_, .expired = {}, .unused = {}, .elsewhere = {}};
        for (std::size_t i = 0; i < file_.waivers.size(); ++i) {
            const Waiver& waiver = file_.waivers[i];
            const IdleWaiver idle{.target = waiver.target, .code = waiver.code, .component = waiver.component, .waived = waiver.waived, .file = file_.path, .line = waiver.line};
            if (has_expired(waiver))
                use.expired.push_back(idle);
            else if (!used_[i])
                (within_.empty() || within_[i] ? use.unused : use.elsewhere).push_back(idle);
        }
        return use;
    }

private:
    [[nodiscard]] bool has_expired(const Waiver& waiver) const { return waiver.last_day < today_; }

    const WaiverFile& file_;
    const std::chrono::sys_days today_;
    std::vector<bool> used_;
    std::vector<bool> within_;  // what this report could tell of; empty: all
    std::size_t findings_ = 0;
};

}  // namespace

Result<std::vector<Waiver>> parse_waivers(std::string_view path, std::string_view text) {
    const auto named = [](Error error) {
        error.what = "read waivers";  // not a rule pack, though it is read as one
        return error;
    };
    const Result<YamlNode> root = rules::parse_yaml(path, text);
    if (!root) return named(root.error());
    PackReader reader(path, false);
    std::vector<Waiver> all;
    Fields top(reader, *root, "", {"waivers"});
    top.require("waivers", [&](const YamlNode& list, const std::string& at) {
        reader.each(list, at, [&](const YamlNode& node, const std::string& chain) { all.push_back(read_waiver(reader, node, chain)); });
    });
    if (!reader.ok()) return named(*reader.error());
    return all;
}

Result<WaiverFile> read_waivers(const std::string& path) {
    WaiverFile file{.path = path, .waivers = {}};
    if (path.empty()) return file;
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text(kMostBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMostBytes) return Error{ErrorCode::config, "read waivers", quote(path), "more than " + std::to_string(kMostBytes) + " bytes", ""};
    if (in.bad() || !in.eof()) return Error{ErrorCode::config, "read waivers", quote(path), errno != 0 ? std::strerror(errno) : "it cannot be read", ""};
    VERITAG_TRY(file.waivers, parse_waivers(path, text));
    return file;
}

void mark(const WaiverFile& file, std::chrono::sys_days today, ImageReport& image) { Marker(file, today).mark(image); }

void apply(const WaiverFile& file, std::chrono::sys_days today, Report& report) {
    if (file.path.empty()) return;
    Marker marker(file, today);
    marker.mark(report);
    report.waivers = marker.use();
}

void apply_to_part(const WaiverFile& file, std::chrono::sys_days today, Report& report, const std::vector<std::string>& declarations) {
    if (file.path.empty()) return;
    Marker marker(file, today);
    marker.limit_to(report, declarations);
    marker.mark(report);
    report.waivers = marker.use();
}

void add(WaiverUse& whole, const WaiverUse& part) {
    const auto has = [](const std::vector<IdleWaiver>& list, const IdleWaiver& waiver) { return std::find(list.begin(), list.end(), waiver) != list.end(); };
    const auto did_something = [&](const IdleWaiver& each) { return !has(part.unused, each) && !has(part.elsewhere, each); };
    whole.findings += part.findings;
    std::erase_if(whole.unused, did_something);
    std::erase_if(whole.elsewhere, did_something);
    for (const IdleWaiver& each : part.unused)
        if (std::erase(whole.elsewhere, each) > 0) whole.unused.push_back(each);
    std::stable_sort(whole.unused.begin(), whole.unused.end(), [](const IdleWaiver& a, const IdleWaiver& b) { return a.line < b.line; });
}

void mark(const WaiverFile& file, std::chrono::sys_days today, Report& report) {
    apply(file, today, report);
    if (report.waivers) report.waivers = WaiverUse{.findings = report.waivers->findings, .expired = {}, .unused = {}, .elsewhere = {}};
}

}  // namespace veritag::waivers
