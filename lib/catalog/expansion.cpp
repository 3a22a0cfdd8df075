#include "catalog/expansion.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::catalog {
namespace {

constexpr std::size_t kMostDepth = 16;          // ${a:-${b:-…}}
constexpr std::size_t kMostValueBytes = 4096;   // ARG a=$b$b, ARG c=$a$a, … doubles with every line

bool starts_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) noexcept { return starts_name(c) || (c >= '0' && c <= '9'); }

class Expander {
public:
    Expander(const PlacedText& word, const Scope& scope, char escape) : word_(word), scope_(scope), escape_(escape) {}

    Value run() {
        Value value = until('\0', 0);
        if (value.text.text.size() > kMostValueBytes) fail(value, "a value of more than " + std::to_string(kMostValueBytes) + " bytes");
        return value;
    }

private:
    [[nodiscard]] bool at_end() const noexcept { return next_ >= word_.text.size(); }
    [[nodiscard]] char peek() const noexcept { return word_.text[next_]; }
    void take(Value& value) {
        value.text.add(word_.text[next_], word_.at[next_]);
        ++next_;
    }
    static void fail(Value& value, std::string why) {
        if (value.known) value.unknown = std::move(why);
        value.known = false;
        value.text = {};
    }
    static void append(Value& value, const Value& more) {
        if (!more.known) return fail(value, more.unknown);
        if (!value.known) return;
        if (value.text.text.size() + more.text.text.size() > 2 * kMostValueBytes) return fail(value, "a value of more than " + std::to_string(kMostValueBytes) + " bytes");
        value.text.add(more.text);
    }

    // Up to `stop` outside of quotes, which is left where it is.
    Value until(char stop, std::size_t depth) {
        Value value;
        while (!at_end() && (stop == '\0' || peek() != stop)) {
            if (peek() == '\'') {
                ++next_;
                while (!at_end() && peek() != '\'') take_known(value);
                if (!at_end()) ++next_;
            } else if (peek() == '"') {
                double_quoted(value, depth);
            } else if (peek() == '$') {
                append(value, dollar(depth));
            } else if (peek() == escape_ && next_ + 1 < word_.text.size()) {
                ++next_;
                take_known(value);
            } else {
                take_known(value);
            }
        }
        return value;
    }

    void take_known(Value& value) { value.known ? take(value) : static_cast<void>(++next_); }

    void double_quoted(Value& value, std::size_t depth) {
        ++next_;
        while (!at_end() && peek() != '"') {
            if (peek() == '$') {
                append(value, dollar(depth));
                continue;
            }
            const char after = next_ + 1 < word_.text.size() ? word_.text[next_ + 1] : '\0';
            if (peek() == escape_ && (after == '"' || after == '$' || after == escape_)) ++next_;
            take_known(value);
        }
        if (!at_end()) ++next_;
    }

    std::string name() {
        std::string result;
        if (at_end() || !starts_name(peek())) return result;
        while (!at_end() && continues_name(peek())) result += word_.text[next_++];
        return result;
    }

    [[nodiscard]] const Value* find(const std::string& variable) const {
        const auto found = scope_.find(variable);
        return found == scope_.end() ? nullptr : &found->second;
    }

    static Value unknown(std::string why) {
        Value value;
        fail(value, std::move(why));
        return value;
    }
    static Value or_unset(const Value* value, const std::string& variable) {
        return value != nullptr ? *value : unknown("$" + quote(variable, 60) + " has no default");
    }

    Value dollar(std::size_t depth) {
        const std::size_t sign = next_++;
        if (!at_end() && peek() == '{') return braces(depth);
        const std::string variable = name();
        if (!variable.empty()) return or_unset(find(variable), variable);
        if (!at_end() && (std::string_view("@*#?-$!").find(peek()) != std::string_view::npos || (peek() >= '0' && peek() <= '9'))) {
            ++next_;
            return unknown("a variable of the shell");
        }
        Value literal;
        literal.text.add('$', word_.at[sign]);
        return literal;
    }

    Value braces(std::size_t depth) {
        ++next_;  // {
        if (depth >= kMostDepth) {
            next_ = word_.text.size();
            return unknown("a value nested deeper than " + std::to_string(kMostDepth) + " levels");
        }
        const std::string variable = name();
        const Value* value = find(variable);
        if (!at_end() && peek() == '}') {
            ++next_;
            return variable.empty() ? unknown("${} names no variable") : or_unset(value, variable);
        }
        const bool colon = !at_end() && peek() == ':';
        if (colon) ++next_;
        const char modifier = at_end() ? '\0' : word_.text[next_++];
        const Value other = until('}', depth + 1);
        if (at_end()) return unknown("${" + quote(variable, 60) + " is not closed");
        ++next_;
        if (variable.empty()) return unknown("${…} names no variable");
        const bool counts = value != nullptr && !(colon && value->known && value->text.empty());
        switch (modifier) {
            case '-':
                return counts ? *value : other;
            case '+':
                if (!counts) return {};
                return colon && !value->known ? *value : other;
            case '?':
                return counts ? *value : unknown("$" + quote(variable, 60) + " has no default");
            default:
                return unknown("${" + quote(variable, 60) + "…} in a form that is not worked out");
        }
    }

    const PlacedText& word_;
    const Scope& scope_;
    char escape_;
    std::size_t next_ = 0;
};

}  // namespace

Value expand(const PlacedText& word, const Scope& scope, char escape) { return Expander(word, scope, escape).run(); }

std::vector<PlacedText> split_words(const PlacedText& text, char escape) {
    std::vector<PlacedText> words;
    PlacedText word;
    char quoted = '\0';
    for (std::size_t i = 0; i < text.text.size(); ++i) {
        const char c = text.text[i];
        const bool blank = c == ' ' || c == '\t';
        if (quoted == '\0' && blank) {
            if (!word.empty()) words.push_back(std::move(word));
            word = {};
            continue;
        }
        if (c == escape && quoted != '\'' && i + 1 < text.text.size()) {
            word.add(c, text.at[i]);
            ++i;
        } else if (c == quoted) {
            quoted = '\0';
        } else if (quoted == '\0' && (c == '\'' || c == '"')) {
            quoted = c;
        }
        word.add(text.text[i], text.at[i]);
    }
    if (!word.empty()) words.push_back(std::move(word));
    return words;
}

}  // namespace veritag::catalog
