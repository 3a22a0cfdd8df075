// Indented JSON, written front to back. Any text may go in: bytes that are no UTF-8 are replaced, control bytes escaped.
#pragma once

#include "model/report.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::report {

class JsonOutput {
public:
    JsonOutput();
    JsonOutput(const JsonOutput&) = delete;
    JsonOutput& operator=(const JsonOutput&) = delete;
    ~JsonOutput();

    template <class Body>
    void object(Body body) {
        start_object();
        body();
        end_object();
    }
    template <class Body>
    void object(std::string_view name, Body body) {
        key(name);
        object(body);
    }
    template <class Body>
    void list(Body body) {
        start_list();
        body();
        end_list();
    }
    template <class Body>
    void list(std::string_view name, Body body) {
        key(name);
        list(body);
    }
    void member(std::string_view name, std::string_view text) {
        key(name);
        value(text);
    }
    void nullable(std::string_view name, const std::optional<std::string>& text) { text ? member(name, *text) : null(name); }
    void null(std::string_view name);
    void flag(std::string_view name, bool is_set);
    void number(std::string_view name, std::uint64_t count);
    void fraction(std::string_view name, double share);
    void value(std::string_view text);
    void value(std::uint64_t count);
    [[nodiscard]] std::string take();  ///< everything so far, with a line end

private:
    void key(std::string_view name);
    void start_object();
    void end_object();
    void start_list();
    void end_list();

    struct State;
    std::unique_ptr<State> state_;
};

/// An object with one member a verdict.
void write_verdicts(JsonOutput& out, std::string_view name, const VerdictCounts& counts);

}  // namespace veritag::report
