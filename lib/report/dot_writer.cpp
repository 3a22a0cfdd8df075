#include "report/dot_writer.h"

#include "report/sbom.h"
#include "report/terminal.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace veritag::report {
namespace {

// A double-quoted ID: only the quote needs a backslash, but a backslash before other letters means something in labels.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : printable(text, 1000)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string_view fill_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass: return "palegreen";
        case Verdict::warn: return "khaki";
        case Verdict::fail: return "salmon";
        case Verdict::unknown: return "plum";
        case Verdict::error: return "lightgrey";
    }
    return "white";
}

}  // namespace

std::string write_dot(const Report& report, const WriteOptions& options) {
    std::map<std::string, Verdict> nodes;
    std::map<std::pair<std::string, std::string>, bool> edges;  // child and ancestor; whether that is still what its tag points to
    std::set<std::string> ancestors;
    for (const ImageReport& image : report.images) {
        const auto [node, fresh] = nodes.emplace(image.reference, image.verdict);
        if (!fresh && is_worse(image.verdict, node->second)) node->second = image.verdict;
        if (image.lineage.empty()) continue;
        const Ancestor& nearest = image.lineage.front();
        bool& current = edges.emplace(std::pair(image.reference, nearest.reference), true).first->second;
        current = current && nearest.current;
        ancestors.insert(nearest.reference);
    }
    std::string out = "digraph veritag {\n  rankdir=LR;\n  node [shape=box, style=filled, fontname=\"sans-serif\"];\n";
    for (const std::string& each : unlisted_in(report, options.language)) out += "  // " + printable(each, 4000) + "\n";
    for (const auto& [name, verdict] : nodes) out += "  " + quoted(name) + " [fillcolor=" + std::string(fill_of(verdict)) + "];\n";
    for (const std::string& name : ancestors)
        if (!nodes.contains(name)) out += "  " + quoted(name) + " [fillcolor=white];\n";
    for (const auto& [edge, current] : edges) out += "  " + quoted(edge.first) + " -> " + quoted(edge.second) + (current ? "" : " [style=dashed]") + ";\n";
    return out + "}\n";
}

}  // namespace veritag::report
