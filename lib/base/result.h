// Result<T>: a value or an Error. GCC 12 in C++20 mode has no std::expected; Boost.System's result is the same idea.
#pragma once

#include "base/error.h"

#include <boost/system/result.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace veritag {

/// Reading `value()` of a failed Result is a bug of ours, never of the input: stop loudly.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    std::fprintf(stderr, "veritag: bug: value() of a failed result: %s\n", error.message().c_str());
    std::abort();
}

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
public:
    using boost::system::result<T, Error>::result;
};

/// Success without a value: `return ok();`
inline Result<void> ok() { return Result<void>(boost::system::in_place_value); }

/// Something that could not be read although the rest could; it shows in the report and keeps the image from a plain pass.
struct Problem {
    std::string path;     ///< path in the layer or image, empty where there is none
    std::string message;  ///< one line, already quoted and cut
    friend bool operator==(const Problem&, const Problem&) = default;
};

/// Partly readable input: what could be read, and what could not. Never one without the other.
template <class T>
struct Parsed {
    std::vector<T> items;
    std::vector<Problem> problems;
};

}  // namespace veritag

/// Returns the error of `expr` from the enclosing function, or binds its value to `decl`.
#define VERITAG_CONCAT_(a, b) a##b
#define VERITAG_CONCAT(a, b) VERITAG_CONCAT_(a, b)
#define VERITAG_TRY_IMPL(tmp, decl, expr) \
    auto tmp = (expr);                    \
    if (!tmp) return tmp.error();         \
    decl = std::move(*tmp)
#define VERITAG_TRY(decl, expr) VERITAG_TRY_IMPL(VERITAG_CONCAT(try_result_, __LINE__), decl, expr)
#define VERITAG_CHECK(expr) \
    do { \
        if (auto check_result_ = (expr); !check_result_) return check_result_.error(); \
    } while (false)

/// A bug, never about input. Always on.
#define VERITAG_ASSERT(cond) \
    ((cond) ? static_cast<void>(0) : (std::fprintf(stderr, "veritag: bug: %s:%d: %s\n", __FILE__, __LINE__, #cond), std::abort()))
