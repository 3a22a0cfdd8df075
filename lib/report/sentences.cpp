#include "report/sentences.h"

#include "base/digest.h"
#include "base/result.h"
#include "base/text.h"
#include "report/messages.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace veritag::report {
namespace {

constexpr std::size_t kLongest = 16 << 10;   // bytes of a sentence; of one from a store nobody knows how long it is
// Bytes looked at and rows tried for one text. Texts of ours take 8 thousand at most, mangled ones 50 thousand; a text that repeats what stands
// behind holes would take millions, and an image may bring a thousand of these.
constexpr std::size_t kLeastWork = 64 << 10;
constexpr std::size_t kWorkPerByte = 128;
constexpr std::size_t kDeepest = 8;          // sentences in sentences
constexpr std::size_t kParts = static_cast<std::size_t>(Part::last) + 1;

struct Translated {
    std::string english;  // put together anew, to be compared with what was asked for
    std::string chinese;
    std::vector<std::string> facts;
};

struct List {
    std::string_view separator, last, chinese, chinese_last;  // of the English list, and of the Chinese one
};
struct NamedList {
    std::string_view name;
    List list;
};
constexpr std::array<NamedList, 5> kLists{{{"list", {", ", " and ", "、", " 和 "}},
                                           {"commas", {", ", ", ", "、", "、"}},
                                           {"or", {" or ", " or ", " 或 ", " 或 "}},
                                           {"with", {" with ", " with ", " + ", " + "}},
                                           {"missing", {", and it is missing in ", ", and it is missing in ", "、", "、"}}}};
constexpr std::array<std::pair<std::string_view, Part>, kParts> kPartNames{{{"sentence", Part::sentence}, {"why", Part::why}, {"start", Part::start}, {"folder", Part::folder},
                                                                          {"unknown", Part::unknown}, {"distrust", Part::distrust}, {"mistake", Part::mistake}, {"rule", Part::rule},
                                                                          {"detail", Part::detail}, {"kin", Part::kin}, {"problem", Part::problem}, {"error", Part::error}, {"action", Part::action},
                                                                          {"place", Part::place}, {"saw", Part::saw}, {"hint", Part::hint}, {"reason", Part::reason}, {"note", Part::note}}};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct Hole {
    std::size_t number = 0;  // from 1
    std::string_view kind;
};

// What stands between the holes: one literal more than there are holes.
struct Pattern {
    std::vector<std::string_view> literals;
    std::vector<Hole> holes;
};

// A brace that no digit follows is one of the text.
Pattern read_pattern(std::string_view text) {
    Pattern pattern;
    std::size_t start = 0;
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        if (text[i] != '{' || !is_digit(text[i + 1])) continue;
        const std::size_t end = text.find('}', i);
        VERITAG_ASSERT(end != std::string_view::npos);
        const std::string_view inside = text.substr(i + 1, end - i - 1);
        pattern.literals.push_back(text.substr(start, i - start));
        pattern.holes.push_back({static_cast<std::size_t>(inside.front() - '0'), inside.size() > 2 ? inside.substr(2) : std::string_view()});
        start = end + 1;
        i = end;
    }
    pattern.literals.push_back(text.substr(start));
    return pattern;
}

struct Row {
    Pattern english, chinese;
};

const std::vector<Row>& rows_of(Part part) {
    static const std::array<std::vector<Row>, kParts> rows = [] {
        std::array<std::vector<Row>, kParts> all;
        for (const Sentence& each : sentences()) all[static_cast<std::size_t>(each.part)].push_back({read_pattern(each.english), read_pattern(each.chinese)});
        return all;
    }();
    return rows[static_cast<std::size_t>(part)];
}

std::string fill_holes(const Pattern& pattern, const std::vector<Translated>& values, std::string Translated::* language) {
    std::string text(pattern.literals.front());
    for (std::size_t i = 0; i < pattern.holes.size(); ++i) {
        text += values[pattern.holes[i].number - 1].*language;
        text += pattern.literals[i + 1];
    }
    return text;
}

Translated fact(std::string_view text) { return {std::string(text), std::string(text), {std::string(text)}}; }

// Looks for the row whose English gives the text. Where a hole ends is tried from the front, place after place, until what stands in it is
// of its kind and the rest fits, too. All tries count, so that text which repeats what stands behind a hole takes no longer.
class Translator {
public:
    explicit Translator(std::string_view text) : work_left_(kLeastWork + kWorkPerByte * text.size()) {}

    std::optional<Translated> any_of(Part part, std::string_view text, std::size_t depth) {
        if (depth > kDeepest) return std::nullopt;
        for (const Row& row : rows_of(part)) {
            if (!may_spend(1)) return std::nullopt;
            std::vector<Translated> values;
            if (!fits(row.english, text, depth, values)) continue;
            Translated whole{fill_holes(row.english, values, &Translated::english), fill_holes(row.chinese, values, &Translated::chinese), {}};
            for (Translated& value : values) std::move(value.facts.begin(), value.facts.end(), std::back_inserter(whole.facts));
            return whole;
        }
        return std::nullopt;
    }

private:
    bool fits(const Pattern& pattern, std::string_view text, std::size_t depth, std::vector<Translated>& values) {
        if (pattern.holes.empty()) return text == pattern.literals.front();
        const std::string_view first = pattern.literals.front(), last = pattern.literals.back();
        if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last) || !may_look_at(text)) return false;
        text.remove_prefix(first.size());
        text.remove_suffix(last.size());
        return fits_from(0, pattern, text, depth, values);
    }

    bool fits_from(std::size_t number, const Pattern& pattern, std::string_view text, std::size_t depth, std::vector<Translated>& values) {
        const Hole& hole = pattern.holes[number];
        if (number + 1 == pattern.holes.size()) {
            std::optional<Translated> value = value_of(hole, text, depth);
            if (value) values.push_back(std::move(*value));
            return value.has_value();
        }
        const std::string_view behind = pattern.literals[number + 1];
        for (std::size_t at = text.find(behind); at != std::string_view::npos; at = text.find(behind, at + 1)) {
            if (!may_look_at(text)) return false;
            std::optional<Translated> value = value_of(hole, text.substr(0, at), depth);
            if (!value) continue;
            values.push_back(std::move(*value));
            if (fits_from(number + 1, pattern, text.substr(at + behind.size()), depth, values)) return true;
            values.pop_back();
        }
        return false;
    }

    std::optional<Translated> value_of(const Hole& hole, std::string_view text, std::size_t depth) {
        if (hole.kind.empty()) return fact(text);
        if (hole.kind == "number") return !text.empty() && std::all_of(text.begin(), text.end(), is_digit) ? std::optional(fact(text)) : std::nullopt;
        if (hole.kind == "word") return !text.empty() && text.find(' ') == std::string_view::npos ? std::optional(fact(text)) : std::nullopt;
        if (hole.kind == "digest") return Digest::parse(text) ? std::optional(fact(text)) : std::nullopt;
        if (hole.kind == "kinds") return kinds(text);
        if (hole.kind == "elsewhere") return elsewhere(text);
        for (const auto& [name, list] : kLists)
            if (name == hole.kind) return list_of(list, text);
        for (const auto& [name, part] : kPartNames)
            if (name == hole.kind) return any_of(part, text, depth + 1);
        VERITAG_ASSERT(false);
        return std::nullopt;
    }

    static Translated list_of(const List& list, std::string_view text) {
        Translated whole{std::string(text), {}, {}};
        const std::size_t last = text.rfind(list.last);
        if (last == std::string_view::npos) {
            whole.chinese = text;
            whole.facts = {std::string(text)};
            return whole;
        }
        const std::string_view end = text.substr(last + list.last.size());
        text = text.substr(0, last);
        for (std::size_t start = 0; start <= text.size();) {
            const std::size_t next = std::min(text.find(list.separator, start), text.size());
            const std::string item(text.substr(start, next - start));
            whole.chinese += (start == 0 ? std::string() : std::string(list.chinese)) + item;
            whole.facts.push_back(item);
            start = next == text.size() ? next + 1 : next + list.separator.size();
        }
        whole.chinese += std::string(list.chinese_last) + std::string(end);
        whole.facts.emplace_back(end);
        return whole;
    }

    // "llm, framework, sdk, os"
    static std::optional<Translated> kinds(std::string_view text) {
        Translated whole{std::string(text), {}, {}};
        for (std::size_t start = 0; start <= text.size();) {
            const std::size_t next = std::min(text.find(", ", start), text.size());
            std::optional<std::string_view> word;
            for (int i = 0; i <= static_cast<int>(ComponentKind::app); ++i)
                if (const auto kind = static_cast<ComponentKind>(i); to_string(kind) == text.substr(start, next - start)) word = kind_word(kind, Language::zh);
            if (!word) return std::nullopt;
            whole.chinese += (start == 0 ? "" : "、") + std::string(*word);
            start = next == text.size() ? next + 1 : next + 2;
        }
        return whole;
    }

    // "2.1.0, 2.2.0 on linux/amd64, 2.3.0 on linux/s390x"
    static std::optional<Translated> elsewhere(std::string_view text) {
        constexpr std::string_view kOn = " on ", kNext = ", ";
        Translated whole{std::string(text), {}, {}};
        for (;;) {
            const std::size_t on = text.find(kOn);
            if (on == std::string_view::npos) return std::nullopt;
            const Translated versions = list_of({kNext, kNext, "、", "、"}, text.substr(0, on));
            text.remove_prefix(on + kOn.size());
            const std::size_t end = text.find(kNext);
            const std::string platform(text.substr(0, end));
            whole.chinese += (whole.chinese.empty() ? "在 " : "，在 ") + platform + " 上为 " + versions.chinese;
            whole.facts.insert(whole.facts.end(), versions.facts.begin(), versions.facts.end());
            whole.facts.push_back(platform);
            if (end == std::string_view::npos) return whole;
            text.remove_prefix(end + kNext.size());
        }
    }

    bool may_look_at(std::string_view text) noexcept { return may_spend(text.size()); }
    bool may_spend(std::size_t work) noexcept {
        work_left_ -= std::min(work_left_, work);
        return work_left_ > 0;
    }

    std::size_t work_left_;
};

}  // namespace

const std::vector<Sentence>& sentences() {
    static const std::vector<Sentence> all = [] {
        std::vector<Sentence> rows;
        for (const std::span<const Sentence> table : {sentences_of_findings(), sentences_of_sources(), sentences_of_daemon(), sentences_of_content()}) rows.insert(rows.end(), table.begin(), table.end());
        return rows;
    }();
    return all;
}

std::optional<Translation> translate(std::string_view english, Part part) {
    if (english.size() > kLongest) return std::nullopt;
    std::optional<Translated> whole = Translator(english).any_of(part, english, 0);
    if (!whole || whole->english != english) return std::nullopt;
    return Translation{std::move(whole->chinese), std::move(whole->facts)};
}

}  // namespace veritag::report
