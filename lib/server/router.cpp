#include "server/router.h"

#include "base/result.h"
#include "base/text.h"

#include <algorithm>
#include <map>

namespace veritag::server {

/// One segment of the patterns that begin alike.
struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;  ///< any one segment
    std::unique_ptr<Node> rest;       ///< this and all that follow; has only routes
    /// By method. The names belong to the route, since patterns that share a node may call a segment differently.
    struct Leaf {
        Route route;
        std::vector<std::string> names;
    };
    std::map<std::string, Leaf, std::less<>> leaves;
};

namespace {

struct Pattern {
    std::string method;
    std::vector<std::string> segments;
};

Pattern parse_pattern(std::string_view text) {
    const auto parts = split_once(text, ' ');
    VERITAG_ASSERT(parts && is_token(parts->first));
    const Result<Target> target = parse_target(parts->second);
    VERITAG_ASSERT(target);
    return {std::string(parts->first), target->segments};
}

bool is_parameter(std::string_view segment) { return segment.size() > 2 && segment.starts_with('{') && segment.ends_with('}'); }
bool takes_the_rest(std::string_view segment) { return is_parameter(segment) && segment.ends_with("...}"); }

std::string parameter_name(std::string_view segment) {
    const std::size_t dots = takes_the_rest(segment) ? 3 : 0;
    return std::string(segment.substr(1, segment.size() - 2 - dots));
}

}  // namespace

const std::string& RouteParameters::operator[](std::string_view name) const {
    const auto found = std::find_if(values_.begin(), values_.end(), [&](const auto& each) { return each.first == name; });
    VERITAG_ASSERT(found != values_.end());
    return found->second;
}

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(std::string_view text, Action action, std::optional<std::uint64_t> max_body_bytes) {
    Pattern pattern = parse_pattern(text);
    Node* node = root_.get();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
        const std::string& segment = pattern.segments[i];
        const bool rest = takes_the_rest(segment);
        VERITAG_ASSERT(!rest || i + 1 == pattern.segments.size());
        std::unique_ptr<Node>& next = rest ? node->rest : is_parameter(segment) ? node->parameter : node->literals[segment];
        if (is_parameter(segment)) names.push_back(parameter_name(segment));
        if (!next) next = std::make_unique<Node>();
        node = next.get();
    }
    Route route{std::string(text), std::move(action), max_body_bytes};
    const bool fresh = node->leaves.try_emplace(pattern.method, Node::Leaf{std::move(route), std::move(names)}).second;
    VERITAG_ASSERT(fresh);
}

namespace {

// Walks the tree. Patterns are few and short, so going back after a wrong turn costs nothing to speak of.
template <class Node>
const Node* find_node(const Node& node, const std::vector<std::string>& segments, std::size_t at, std::vector<std::string>& values) {
    if (at == segments.size()) return node.leaves.empty() ? nullptr : &node;
    const std::string& segment = segments[at];
    if (const auto literal = node.literals.find(segment); literal != node.literals.end())
        if (const Node* found = find_node(*literal->second, segments, at + 1, values)) return found;
    if (node.parameter && !segment.empty()) {
        values.push_back(segment);
        if (const Node* found = find_node(*node.parameter, segments, at + 1, values)) return found;
        values.pop_back();
    }
    const auto from = segments.begin() + static_cast<std::ptrdiff_t>(at);
    if (!node.rest || std::find(from, segments.end(), std::string()) != segments.end()) return nullptr;
    values.push_back(join(std::vector<std::string>(from, segments.end()), "/"));
    return node.rest.get();
}

}  // namespace

std::variant<Router::Match, Response> Router::find(const RequestHead& request) const {
    std::vector<std::string> values;
    const Node* node = find_node(*root_, request.target.segments, 0, values);
    if (node == nullptr) return problem(404, {}, "There is nothing at this path.", "about:blank", request.id);
    auto leaf = node->leaves.find(request.method);
    if (leaf == node->leaves.end() && request.method == "HEAD") leaf = node->leaves.find("GET");
    if (leaf != node->leaves.end()) {
        Match match{&leaf->second.route, {}};
        for (std::size_t i = 0; i < values.size(); ++i) match.parameters.add(leaf->second.names[i], std::move(values[i]));
        return match;
    }
    std::vector<std::string> allowed;
    for (const auto& [method, unused] : node->leaves) {
        allowed.push_back(method);
        if (method == "GET" && !node->leaves.contains("HEAD")) allowed.emplace_back("HEAD");
    }
    if (!node->leaves.contains("OPTIONS")) allowed.emplace_back("OPTIONS");
    Response response = request.method == "OPTIONS"
                            ? no_content()
                            : problem(405, {}, "This path takes " + join(allowed, ", ") + ".", "about:blank", request.id);
    response.headers.set("Allow", join(allowed, ", "));
    return response;
}

Admission Router::admit(const RequestHead& request) const {
    std::variant<Match, Response> found = find(request);
    if (auto* response = std::get_if<Response>(&found)) return Admission(std::move(*response));
    Admission admission;
    admission.max_body_bytes = std::get<Match>(found).route->max_body_bytes;
    return admission;
}

Response Router::route(const Request& request) const {
    std::variant<Match, Response> found = find(request);
    if (auto* response = std::get_if<Response>(&found)) return std::move(*response);
    const Match& match = std::get<Match>(found);
    return match.route->action(request, match.parameters);
}

}  // namespace veritag::server
