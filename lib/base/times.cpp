#include "base/times.h"

#include "base/text.h"

#include <array>
#include <cstdint>
#include <vector>

namespace veritag {
namespace {

// Reads fixed forms; sticky, so that only the end needs a check.
class Fields {
public:
    explicit Fields(std::string_view text) noexcept : text_(text) {}
    [[nodiscard]] bool done() const noexcept { return ok_ && text_.empty(); }
    [[nodiscard]] std::string_view rest() const noexcept { return text_; }

    unsigned number(std::size_t digits) {
        const auto value = parse_u64(text_.substr(0, digits));
        if (text_.size() < digits || !value) return fail();
        text_.remove_prefix(digits);
        return static_cast<unsigned>(*value);
    }
    void expect(std::string_view literal) {
        if (!text_.starts_with(literal)) {
            fail();
            return;
        }
        text_.remove_prefix(literal.size());
    }
    bool accept(char c) noexcept {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    void skip_digits() noexcept {
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') text_.remove_prefix(1);
    }
    unsigned month() {
        static constexpr std::array<std::string_view, 12> kNames{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        for (unsigned i = 0; i < kNames.size(); ++i) {
            if (!text_.starts_with(kNames[i])) continue;
            text_.remove_prefix(3);
            return i + 1;
        }
        return fail();
    }

private:
    unsigned fail() noexcept {
        ok_ = false;
        text_ = {};
        return 0;
    }
    std::string_view text_;
    bool ok_ = true;
};

struct Parts {
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

std::optional<SystemTime> to_time(const Parts& p) {
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(p.year)}, std::chrono::month{p.month},
                                           std::chrono::day{p.day}};
    if (!date.ok() || p.hour > 23 || p.minute > 59 || p.second > 60) return std::nullopt;  // 60: a leap second
    return std::chrono::sys_days{date} + std::chrono::hours{p.hour} + std::chrono::minutes{p.minute} + std::chrono::seconds{p.second};
}

void read_clock(Fields& in, Parts& p) {
    p.hour = in.number(2);
    in.expect(":");
    p.minute = in.number(2);
    in.expect(":");
    p.second = in.number(2);
}

}  // namespace

std::optional<SystemTime> parse_http_date(std::string_view text) {
    text = trim(text);
    Parts p;
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) {  // asctime: Sun Nov  6 08:49:37 1994
        const std::size_t space = text.find(' ');
        if (space == std::string_view::npos) return std::nullopt;
        Fields in(text.substr(space + 1));
        p.month = in.month();
        in.expect(" ");
        p.day = in.accept(' ') ? in.number(1) : in.number(2);
        in.expect(" ");
        read_clock(in, p);
        in.expect(" ");
        p.year = in.number(4);
        return in.done() ? to_time(p) : std::nullopt;
    }
    Fields in(trim(text.substr(comma + 1)));
    p.day = in.number(2);
    if (in.accept('-')) {  // RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
        p.month = in.month();
        in.expect("-");
        p.year = in.number(2);
        p.year += p.year < 70 ? 2000 : 1900;
    } else {
        in.expect(" ");
        p.month = in.month();
        in.expect(" ");
        p.year = in.number(4);
    }
    in.expect(" ");
    read_clock(in, p);
    in.expect(" GMT");
    return in.done() ? to_time(p) : std::nullopt;
}

std::optional<SystemTime> parse_rfc3339(std::string_view text) {
    Fields in(trim(text));
    Parts p;
    p.year = in.number(4);
    in.expect("-");
    p.month = in.number(2);
    in.expect("-");
    p.day = in.number(2);
    if (!in.accept('t') && !in.accept(' ')) in.expect("T");
    read_clock(in, p);
    if (in.accept('.')) in.skip_digits();
    std::chrono::minutes offset{0};
    if (!in.accept('z') && !in.accept('Z')) {
        const bool behind = in.accept('-');
        if (!behind) in.expect("+");
        const unsigned hours = in.number(2);
        in.expect(":");
        const unsigned minutes = in.number(2);
        if (hours > 23 || minutes > 59) return std::nullopt;
        offset = std::chrono::minutes{hours * 60 + minutes} * (behind ? -1 : 1);
    }
    const auto time = in.done() ? to_time(p) : std::nullopt;
    if (!time) return std::nullopt;
    return *time - offset;
}

}  // namespace veritag
