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

class Marker {
public:
    Marker(const WaiverFile& file, std::chrono::sys_days today) : file_(file), today_(today), used_(file.waivers.size(), false) {}

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
        WaiverUse use{.findings = findings_, .expired = {}, .unused = {}};
        for (std::size_t i = 0; i < file_.waivers.size(); ++i) {
            const Waiver& waiver = file_.waivers[i];
            const IdleWaiver idle{.target = waiver.target, .code = waiver.code, .component = waiver.component, .waived = waiver.waived, .file = file_.path, .line = waiver.line};
            if (has_expired(waiver))
                use.expired.push_back(idle);
            else if (!used_[i])
                use.unused.push_back(idle);
        }
        return use;
    }

private:
    [[nodiscard]] bool has_expired(const Waiver& waiver) const { return waiver.last_day < today_; }

    const WaiverFile& file_;
    const std::chrono::sys_days today_;
    std::vector<bool> used_;
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

void add(WaiverUse& whole, const WaiverUse& part) {
    whole.findings += part.findings;
    std::erase_if(whole.unused, [&](const IdleWaiver& each) { return std::find(part.unused.begin(), part.unused.end(), each) == part.unused.end(); });
}

void mark(const WaiverFile& file, std::chrono::sys_days today, Report& report) {
    apply(file, today, report);
    if (report.waivers) report.waivers = WaiverUse{.findings = report.waivers->findings, .expired = {}, .unused = {}};
}

}  // namespace veritag::waivers
