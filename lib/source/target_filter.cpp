#include "source/target_filter.h"

#include "base/text.h"
#include "oci/reference.h"
#include "rules/pack_reader.h"
#include "rules/pattern.h"
#include "rules/yaml.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

namespace veritag::source {
namespace {

using rules::Fields;
using rules::PackReader;
using rules::YamlNode;

constexpr std::string_view kWhat = "read target list";
constexpr std::string_view kPlainForm = "write HOST/REPOSITORY[:TAG], as quay.io/openeuler/cann:8.0.RC1-oe2203sp4";

bool any_matches(const std::vector<std::string>& globs, std::string_view text) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return rules::glob_matches(glob, text); });
}

bool keeps(const std::vector<std::string>& wanted, const std::vector<std::string>& unwanted, std::string_view text) {
    return (wanted.empty() || any_matches(wanted, text)) && !any_matches(unwanted, text);
}

struct Named {
    std::string registry;
    std::string repository;
    std::string tag;  ///< empty: none was written
};

// A reference with its host, and without completing what is not there.
std::optional<Named> read_named(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view host = text.substr(0, slash);
    const bool has_host = slash != std::string_view::npos && (host.find_first_of(".:[") != std::string_view::npos || host == "localhost");
    const Result<oci::Reference> reference = oci::parse_reference(text);
    if (!has_host || !reference || reference->digest) return std::nullopt;
    const bool has_tag = text.find(':', text.rfind('/')) != std::string_view::npos;
    return Named{reference->registry, reference->repository, has_tag ? reference->tag : std::string()};
}

// ---- the plain form ----

std::string_view without_comment(std::string_view line) {
    const std::size_t mark = line.find('#');
    return trim(line.substr(0, mark));
}

// YAML's first line is a key, a list's item or a document mark; a plain list's is a name.
bool is_yaml(std::string_view text) {
    for (const std::string_view raw : split(text, '\n')) {
        const std::string_view line = without_comment(raw);
        if (line.empty()) continue;
        return line.ends_with(':') || line.find(": ") != std::string_view::npos || line.starts_with("- ") || line.starts_with("---") ||
               line.starts_with('{') || line.starts_with('%');
    }
    return false;
}

Error bad_line(std::string_view origin, int line, std::string saw) {
    return Error{ErrorCode::config, std::string(kWhat), quote(origin) + ":" + std::to_string(line), std::move(saw),
                 std::string(kPlainForm)};
}

Result<TargetList> parse_plain(std::string_view text, std::string_view origin) {
    TargetList list;
    int number = 0;
    for (const std::string_view raw : split(text, '\n')) {
        ++number;
        const std::string_view line = without_comment(raw);
        if (line.empty()) continue;
        const std::optional<Named> named = read_named(line);
        if (!named) return bad_line(origin, number, "\"" + quote(line) + "\" is no name of a repository with its host");
        TargetList::Entry entry{named->registry, named->repository, {}, {}, number};
        if (!named->tag.empty()) entry.tags.push_back(named->tag);
        list.entries.push_back(std::move(entry));
    }
    return list;
}

// ---- the community's form ----
//
//   version: …
//   scanner: {global: {default_arches: [linux/amd64], default_interval: 1d, output: {repo: …, path: …}}}
//   repos:   [{registry: docker.io, namespace: openeuler, images: [cann], arches: [...], interval: 1d}]   all tags of these
//   images:  [{image: cann, tags: [{tag: docker.io/openeuler/cann:8.0, arches: [...], interval: 1d, disable: true}]}]

class CommunityReader {
public:
    explicit CommunityReader(std::string_view origin) : reader_(origin, false) {}

    Result<TargetList> read(const YamlNode& root) {
        Fields top(reader_, root, "", {"version", "scanner", "repos", "images"});
        ignore(top, "version");
        top.with("scanner", [&](const YamlNode& node, const std::string& chain) { read_scanner(node, chain); });
        // An empty list is often written as nothing at all.
        top.with("repos", [&](const YamlNode& node, const std::string& chain) {
            each_unless_null(node, chain, [&](const YamlNode& item, const std::string& place) { read_repo(item, place); });
        });
        top.with("images", [&](const YamlNode& node, const std::string& chain) {
            each_unless_null(node, chain, [&](const YamlNode& item, const std::string& place) { read_image(item, place); });
        });
        if (!reader_.ok()) {
            Error error = *reader_.error();
            error.what = kWhat;
            return error;
        }
        return std::move(list_);
    }

private:
    template <class Read>
    void each_unless_null(const YamlNode& node, const std::string& chain, Read read) {
        if (node.kind != YamlNode::Kind::null) reader_.each(node, chain, read);
    }

    // How often the community scans is its own matter; what must be text is still looked at.
    void ignore(Fields& fields, std::string_view key) {
        std::string value;
        fields.with(key, [&](const YamlNode& node, const std::string& chain) {
            if (node.kind != YamlNode::Kind::null) value = reader_.text(node, chain);
        });
    }

    void read_scanner(const YamlNode& node, const std::string& chain) {
        Fields scanner(reader_, node, chain, {"global"});
        scanner.with("global", [&](const YamlNode& value, const std::string& place) {
            Fields global(reader_, value, place, {"default_arches", "default_interval", "output"});
            default_platforms_ = platforms(global, "default_arches");
            ignore(global, "default_interval");
            global.with("output", [&](const YamlNode& output, const std::string& at) {
                Fields fields(reader_, output, at, {"repo", "path"});
                ignore(fields, "repo");
                ignore(fields, "path");
            });
        });
    }

    std::vector<std::string> platforms(Fields& fields, std::string_view key) {
        std::vector<std::string> found;
        fields.with(key, [&](const YamlNode& node, const std::string& chain) {
            each_unless_null(node, chain, [&](const YamlNode& item, const std::string& place) {
                const std::string text = to_lower(reader_.text(item, place));
                if (reader_.ok()) add_platform(found, item, place, text);
            });
        });
        return found;
    }

    // `linux/arm64`, or as Linux names the machine: `aarch64`.
    void add_platform(std::vector<std::string>& found, const YamlNode& node, const std::string& chain, std::string text) {
        if (text.find('/') == std::string::npos) {
            if (text == "x86_64") text = "amd64";
            if (text == "aarch64") text = "arm64";
            text = "linux/" + text;
        }
        const std::vector<std::string_view> parts = split(text, '/');
        const bool fits =
            parts.size() <= 3 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
                return !part.empty() && part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string_view::npos;
            });
        if (!fits) return reader_.fail(node, chain, rules::in_quotes(text) + " is no platform", "write OS/ARCH[/VARIANT], as linux/arm64");
        if (std::find(found.begin(), found.end(), text) == found.end()) found.push_back(std::move(text));
    }

    bool is_disabled(Fields& fields) {
        bool disabled = false;
        fields.with("disable", [&](const YamlNode& node, const std::string& chain) {
            if (node.kind == YamlNode::Kind::null) return;
            // The words of YAML 1.1, which its reader knows.
            const std::string word = to_lower(reader_.text(node, chain));
            disabled = word == "true" || word == "yes" || word == "on" || word == "y";
            const bool enabled = word == "false" || word == "no" || word == "off" || word == "n";
            if (reader_.ok() && !disabled && !enabled) reader_.fail_unknown(node, chain, word, {"true", "false"});
        });
        return disabled;
    }

    void note(const YamlNode& node, std::string text) {
        list_.notes.push_back("line " + std::to_string(node.line) + ": " + std::move(text));
    }

    void read_repo(const YamlNode& node, const std::string& chain) {
        Fields repo(reader_, node, chain, {"registry", "namespace", "images", "arches", "interval", "disable"});
        std::string registry;
        std::string space;
        repo.required_text("registry", registry);
        repo.required_text("namespace", space);
        std::vector<std::string> wanted = platforms(repo, "arches");
        if (wanted.empty()) wanted = default_platforms_;
        ignore(repo, "interval");
        const bool disabled = is_disabled(repo);
        const std::string shown = quote(registry + "/" + space);
        std::size_t images = 0;
        repo.with("images", [&](const YamlNode& list, const std::string& at) {
            each_unless_null(list, at, [&](const YamlNode& item, const std::string& place) {
                const std::string image = reader_.text(item, place);
                if (!reader_.ok()) return;
                ++images;
                const std::string name = registry + "/" + space + "/" + image;
                const std::optional<Named> named = read_named(name);
                if (!named || !named->tag.empty())
                    return reader_.fail(item, place, rules::in_quotes(name) + " is no name of a repository with its host",
                                        "write the registry's host, one namespace and the image's name without tag");
                if (!disabled) list_.entries.push_back({named->registry, named->repository, {}, wanted, item.line});
            });
        });
        if (!reader_.ok()) return;
        if (disabled) return note(node, shown + " is disabled");
        if (images == 0) note(node, shown + " names no images, so nothing of it is read");
    }

    void read_image(const YamlNode& node, const std::string& chain) {
        Fields image(reader_, node, chain, {"image", "tags"});
        ignore(image, "image");  // its name for people: each tag is a whole reference
        image.with("tags", [&](const YamlNode& tags, const std::string& at) {
            each_unless_null(tags, at, [&](const YamlNode& item, const std::string& place) { read_tag(item, place); });
        });
    }

    void read_tag(const YamlNode& node, const std::string& chain) {
        Fields fields(reader_, node, chain, {"tag", "interval", "arches", "disable"});
        std::string text;
        fields.required_text("tag", text);
        std::vector<std::string> wanted = platforms(fields, "arches");
        if (wanted.empty()) wanted = default_platforms_;
        ignore(fields, "interval");
        const bool disabled = is_disabled(fields);
        if (!reader_.ok()) return;
        const std::optional<Named> named = read_named(text);
        if (!named || named->tag.empty())
            return reader_.fail(node, chain + ".tag", rules::in_quotes(text) + " is no HOST/REPOSITORY:TAG",
                                "as docker.io/openeuler/cann:8.0.RC1-oe2203sp4");
        if (!disabled) {
            list_.entries.push_back({named->registry, named->repository, {named->tag}, std::move(wanted), node.line});
            return;
        }
        // The community's scanner passes over the line alone: a tag that an entry of `repos` brings along is still read.
        const bool covered = std::any_of(list_.entries.begin(), list_.entries.end(), [&](const TargetList::Entry& entry) {
            return entry.tags.empty() && entry.registry == named->registry && entry.repository == named->repository;
        });
        note(node, quote(text) + " is disabled" + (covered ? ", but still one of all tags of its repository" : ""));
    }

    PackReader reader_;
    TargetList list_;
    std::vector<std::string> default_platforms_;
};

}  // namespace

Result<void> check_filter(const TargetFilter& filter) {
    const std::array<std::pair<std::string_view, const std::vector<std::string>*>, 4> lists{
        {{"repositories", &filter.repositories},
         {"repositories left out", &filter.not_repositories},
         {"tags", &filter.tags},
         {"tags left out", &filter.not_tags}}};
    for (const auto& [name, globs] : lists) {
        for (const std::string& glob : *globs) {
            const Result<void> checked = rules::check_glob(glob);
            if (checked) continue;
            return Error{ErrorCode::usage, "read filter", std::string(name), checked.error().saw, checked.error().hint};
        }
    }
    return ok();
}

bool keeps_repository(const TargetFilter& filter, std::string_view repository) {
    return keeps(filter.repositories, filter.not_repositories, repository);
}

bool keeps_tag(const TargetFilter& filter, std::string_view tag) { return keeps(filter.tags, filter.not_tags, tag); }

Result<TargetList> parse_target_list(std::string_view text, std::string_view origin) {
    if (!is_yaml(text)) {
        VERITAG_TRY(TargetList list, parse_plain(text, origin));
        if (list.entries.empty()) return bad_line(origin, 1, "no target stands in it");
        return list;
    }
    const Result<YamlNode> root = rules::parse_yaml(origin, text);
    if (!root) {
        Error error = root.error();
        error.what = kWhat;
        return error;
    }
    VERITAG_TRY(TargetList list, CommunityReader(origin).read(*root));
    if (list.entries.empty() && list.notes.empty()) return bad_line(origin, 1, "no target stands in it");
    return list;
}

}  // namespace veritag::source
