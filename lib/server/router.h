// Which action answers which method and path.
#pragma once

#include "server/handler.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace veritag::server {

/// What the braces of a pattern stood for.
class RouteParameters {
public:
    void add(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }
    /// Decoded. A name that the pattern does not have is a bug.
    [[nodiscard]] const std::string& operator[](std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> values_;
};

using Action = std::function<Response(const Request&, const RouteParameters&)>;

struct Route {
    std::string pattern;                          ///< `GET /api/v1/images/{digest}`, as it was added
    Action action;
    std::optional<std::uint64_t> max_body_bytes;  ///< instead of the server's
};

/// Filled at the start, read by many threads afterwards.
///
/// A pattern is a method, a space and a path. A segment `{name}` takes one segment that is not empty, `{name...}` at the end takes one or
/// more of them, joined by slashes. Where several patterns fit, the one with the earlier literal segment wins. HEAD goes to GET's action where it
/// has none of its own, and OPTIONS is answered with the methods that there are.
class Router {
public:
    Router();
    ~Router();
    Router(const Router&) = delete;
    Router& operator=(const Router&) = delete;

    void add(std::string_view pattern, Action action, std::optional<std::uint64_t> max_body_bytes = std::nullopt);

    struct Match {
        const Route* route = nullptr;
        RouteParameters parameters;
    };
    /// What fits, or the reply where nothing does: 404, 405 with `Allow`, 204 to OPTIONS.
    [[nodiscard]] std::variant<Match, Response> find(const RequestHead& request) const;

    /// For `Handler::admit`: the reply of `find`, or the route's limit.
    [[nodiscard]] Admission admit(const RequestHead& request) const;
    /// For `Handler::handle`: the action's reply, or that of `find`.
    [[nodiscard]] Response route(const Request& request) const;

private:
    struct Node;
    std::unique_ptr<Node> root_;
};

}  // namespace veritag::server
