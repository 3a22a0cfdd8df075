// Lines become instructions: parser directives at the top, comments and blank lines dropped (inside a continued instruction too), lines
// joined at the escape character, here-documents read up to their word. Then FROM, ARG, ENV and COPY --from are understood, with the two
// scopes of ARG: one before the first FROM, which only FROM sees, and one in each stage.
#include "catalog/dockerfile.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace veritag::catalog {
namespace {

constexpr std::size_t kMostStages = 512;
constexpr std::size_t kMostSettings = 10'000;
constexpr std::size_t kMostMistakes = 20;

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string to_upper(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return result;
}

// What BuildKit sets for every build: to values that the platform decides.
constexpr std::array<std::string_view, 10> kPlatformArguments{"TARGETPLATFORM", "TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT",
                                                              "BUILDPLATFORM",  "BUILDOS",  "BUILDOSVERSION",  "BUILDARCH",  "BUILDVARIANT"};

struct HereDocument {
    std::string word;
    bool strips_tabs = false;
};

// One physical line without its end.
struct Line {
    std::string_view text;
    std::size_t offset = 0;
    int number = 0;
};

struct LogicalLine {
    std::string name;
    PlacedText arguments;
    std::string here_documents;
    int line = 0;
};

class LineReader {
public:
    LineReader(std::string_view text, Dockerfile& out) : text_(text), out_(out) {}

    std::optional<Line> next() {
        if (offset_ >= text_.size()) return std::nullopt;
        const std::size_t end = std::min(text_.find('\n', offset_), text_.size());
        Line line{text_.substr(offset_, end - offset_), offset_, ++number_};
        out_.line_starts.push_back(static_cast<std::uint32_t>(offset_));
        offset_ = end + 1;
        if (line.text.ends_with('\r')) line.text.remove_suffix(1);
        if (line.number == 1 && line.text.starts_with("\xEF\xBB\xBF")) {
            line.text.remove_prefix(3);
            line.offset += 3;
        }
        return line;
    }

private:
    std::string_view text_;
    Dockerfile& out_;
    std::size_t offset_ = 0;
    int number_ = 0;
};

class Parser {
public:
    Parser(std::string_view text, const Limits& limits, Dockerfile& out) : lines_(text, out), limits_(limits), out_(out) {
        for (const std::string_view name : kPlatformArguments) {
            Value value;
            value.known = false;
            value.unknown = "$" + std::string(name) + " depends on the platform";
            platform_.emplace(name, std::move(value));
        }
        global_ = platform_;
    }

    Result<void> run();

private:
    [[nodiscard]] bool read_directive(std::string_view line);
    [[nodiscard]] bool take_continuation(Line& line) const;
    Result<std::optional<LogicalLine>> next_instruction();
    void read_here_documents(LogicalLine& instruction);
    [[nodiscard]] std::vector<HereDocument> here_documents_of(const PlacedText& arguments) const;
    Result<void> understand(LogicalLine instruction);
    Result<void> from(const LogicalLine& instruction);
    Result<void> arg(const LogicalLine& instruction);
    Result<void> env(const LogicalLine& instruction);
    Result<void> set(Setting setting);
    void copy(const LogicalLine& instruction);
    [[nodiscard]] std::optional<std::size_t> stage_named(std::string_view name, std::size_t before) const;
    void mistake(int line, std::string message) {
        if (out_.mistakes.size() < kMostMistakes) out_.mistakes.push_back({line, std::move(message)});
    }
    [[nodiscard]] Error over(std::string_view what, std::uint64_t limit, std::string_view key) const {
        return {ErrorCode::over_limit, "read Dockerfile", {}, "more than " + std::to_string(limit) + " " + std::string(what), key.empty() ? std::string() : "raise limits." + std::string(key)};
    }

    LineReader lines_;
    const Limits& limits_;
    Dockerfile& out_;
    char escape_ = '\\';
    bool directives_ = true;  // still at the top of the file
    std::size_t settings_ = 0;
    std::uint64_t lines_read_ = 0;
    Scope platform_;
    Scope global_;  // of FROM
    Scope stage_;
};

// `# escape=` and its like count only before everything else, and the first line that is none ends them.
bool Parser::read_directive(std::string_view line) {
    std::string_view rest = trim(line);
    if (!rest.starts_with('#')) return false;
    rest.remove_prefix(1);
    const auto parts = split_once(rest, '=');
    if (!parts) return false;
    const std::string key = to_lower(trim(parts->first));
    const std::string_view value = trim(parts->second);
    if (key == "syntax" || key == "check") return true;
    if (key != "escape") return false;
    if (value == "`" || value == "\\")
        escape_ = value.front();
    else
        mistake(1, "the parser directive escape takes \\ or `, not \"" + quote(value, 20) + "\"");
    return true;
}

// The escape character at the end joins the next line, blanks behind it or not; two of them are one that is escaped.
bool Parser::take_continuation(Line& line) const {
    std::string_view text = line.text;
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    if (text.empty() || text.back() != escape_) return false;
    text.remove_suffix(1);
    if (!text.empty() && text.back() == escape_) return false;
    line.text = text;
    return true;
}

Result<std::optional<LogicalLine>> Parser::next_instruction() {
    PlacedText whole;
    int first = 0, continued = 0;
    bool goes_on = true, has_gap = false;
    while (goes_on) {
        std::optional<Line> line = lines_.next();
        if (!line) break;
        if (++lines_read_ > limits_.dockerfile_lines) return over("lines", limits_.dockerfile_lines, "dockerfile_lines");
        directives_ = directives_ && read_directive(line->text);
        if (directives_) continue;
        const std::string_view trimmed = trim(line->text);
        if (trimmed.empty() || trimmed.front() == '#') {  // dropped in the middle of an instruction, too
            has_gap = true;
            continue;
        }
        if (has_gap && first != 0 && out_.swallowed.size() < kMostMistakes)
            if (const auto swallowed = find_swallowed(line->text, whole.text)) out_.swallowed.push_back({line->number, swallowed->first, continued, swallowed->second, first});
        has_gap = false;
        if (first == 0) {
            first = line->number;
            const auto indent = static_cast<std::size_t>(trimmed.data() - line->text.data());
            line->text.remove_prefix(indent);
            line->offset += indent;
        }
        continued = line->number;
        goes_on = take_continuation(*line);
        whole.add(line->text, line->offset);
    }
    if (first == 0) return std::optional<LogicalLine>();
    LogicalLine instruction;
    instruction.line = first;
    const std::size_t end = std::min(whole.text.find_first_of(" \t"), whole.text.size());
    instruction.name = to_upper(std::string_view(whole.text).substr(0, end));
    const std::size_t start = whole.text.find_first_not_of(" \t", end);
    if (start != std::string::npos) instruction.arguments = whole.part(start);
    return std::optional(std::move(instruction));
}

std::vector<HereDocument> Parser::here_documents_of(const PlacedText& arguments) const {
    std::vector<HereDocument> found;
    if (arguments.text.find("<<") == std::string::npos) return found;
    for (const PlacedText& word : split_words(arguments, escape_)) {
        std::string_view text = word.text;
        text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
        if (!text.starts_with("<<")) continue;
        text.remove_prefix(2);
        HereDocument document;
        if (text.starts_with('-')) {
            document.strips_tabs = true;
            text.remove_prefix(1);
        }
        if (text.empty() || text.find('<') != std::string_view::npos) continue;
        for (const char c : text)
            if (c != '\'' && c != '"') document.word += c;
        if (!document.word.empty()) found.push_back(std::move(document));
    }
    return found;
}

void Parser::read_here_documents(LogicalLine& instruction) {
    const bool may = instruction.name == "RUN" || instruction.name == "COPY" || instruction.name == "ADD" || instruction.name == "ONBUILD";
    if (!may) return;
    for (const HereDocument& document : here_documents_of(instruction.arguments)) {
        for (;;) {
            const std::optional<Line> line = lines_.next();
            if (!line) return mistake(instruction.line, "the here-document \"" + quote(document.word, 60) + "\" has no end");
            ++lines_read_;
            std::string_view text = line->text;
            if (document.strips_tabs) text.remove_prefix(std::min(text.find_first_not_of('\t'), text.size()));
            if (text == document.word) break;
            instruction.here_documents += '\n';
            instruction.here_documents += text;
        }
    }
}

// The last of that name among the first `before` stages.
std::optional<std::size_t> Parser::stage_named(std::string_view name, std::size_t before) const {
    for (std::size_t i = before; i-- > 0;)
        if (!out_.stages[i].name.empty() && equals_ignoring_case(out_.stages[i].name, name)) return i;
    return std::nullopt;
}

Result<void> Parser::from(const LogicalLine& instruction) {
    if (out_.stages.size() >= kMostStages) return over("stages", kMostStages, "");
    Stage stage;
    stage.line = instruction.line;
    std::vector<PlacedText> words = split_words(instruction.arguments, escape_);
    while (!words.empty() && words.front().text.starts_with("--")) {
        if (words.front().text.starts_with("--platform=")) stage.platform = words.front().text.substr(11);
        words.erase(words.begin());
    }
    if (words.empty()) {
        mistake(instruction.line, "FROM names no image");
        stage.base.known = false;
        stage.base.unknown = "FROM names no image";
    } else {
        stage.written = words.front().text;
        stage.base = expand(words.front(), global_, escape_);
        if (stage.base.known && stage.base.text.empty()) {
            stage.base.known = false;
            stage.base.unknown = "\"" + quote(stage.written, 60) + "\" is empty";
        }
        if (words.size() == 3 && equals_ignoring_case(words[1].text, "as"))
            stage.name = words[2].text;
        else if (words.size() != 1)
            mistake(instruction.line, "FROM takes an image, or an image, AS and a name");
        if (stage.base.known) stage.from = stage_named(stage.base.text.text, out_.stages.size());
    }
    stage_ = platform_;
    if (stage.from)  // ENV of the stage below is inherited, ARG is not
        for (const Setting& each : out_.stages[*stage.from].settings)
            if (each.environment) stage_.insert_or_assign(each.name, each.value);
    out_.stages.push_back(std::move(stage));
    return ok();
}

Result<void> Parser::set(Setting setting) {
    if (++settings_ > kMostSettings) return over("ARG and ENV", kMostSettings, "");
    Scope& scope = out_.stages.empty() ? global_ : stage_;
    if (setting.set) scope.insert_or_assign(setting.name, setting.value);
    (out_.stages.empty() ? out_.arguments : out_.stages.back().settings).push_back(std::move(setting));
    return ok();
}

Result<void> Parser::arg(const LogicalLine& instruction) {
    for (const PlacedText& word : split_words(instruction.arguments, escape_)) {
        Setting setting;
        setting.line = instruction.line;
        const std::size_t equals = word.text.find('=');
        setting.name = word.text.substr(0, equals);
        if (equals != std::string::npos) {
            setting.value = expand(word.part(equals + 1), out_.stages.empty() ? global_ : stage_, escape_);
            if (!setting.value.text.at.empty()) setting.line = out_.line_of(setting.value.text.at.front());
        } else {
            // Without a default it takes the one from before the first FROM.
            const auto global = global_.find(setting.name);
            setting.written = false;
            setting.set = !out_.stages.empty() && global != global_.end();
            if (setting.set) setting.value = global->second;
        }
        VERITAG_CHECK(set(std::move(setting)));
    }
    return ok();
}

// ENV name=value …, or the old ENV name value.
Result<void> Parser::env(const LogicalLine& instruction) {
    if (out_.stages.empty()) return ok();
    const std::vector<PlacedText> words = split_words(instruction.arguments, escape_);
    const bool old_form = words.size() > 1 && words.front().text.find('=') == std::string::npos;
    for (const PlacedText& word : words) {
        Setting setting;
        setting.line = instruction.line;
        setting.environment = true;
        const std::size_t equals = word.text.find('=');
        if (old_form) {
            const std::size_t value = instruction.arguments.text.find_first_not_of(" \t", word.text.size());
            setting.name = word.text;
            if (value != std::string::npos) setting.value = expand(instruction.arguments.part(value), stage_, escape_);
        } else if (equals != std::string::npos) {
            setting.name = word.text.substr(0, equals);
            setting.value = expand(word.part(equals + 1), stage_, escape_);
        } else {
            continue;
        }
        VERITAG_CHECK(set(std::move(setting)));
        if (old_form) break;
    }
    return ok();
}

void Parser::copy(const LogicalLine& instruction) {
    CopySource source;
    source.line = instruction.line;
    bool named = false;
    std::vector<std::string> places;
    for (const PlacedText& word : split_words(instruction.arguments, escape_)) {
        if (word.text.starts_with("--from=")) {
            named = true;
            source.from = expand(word.part(7), stage_, escape_);
        } else if (!word.text.starts_with("--")) {
            places.push_back(word.text);
        }
    }
    if (!named) return;
    if (source.from.known) {
        source.stage = stage_named(source.from.text.text, out_.stages.size() - 1);
        const std::optional<std::uint64_t> number = parse_u64(source.from.text.text);
        if (!source.stage && number && *number + 1 < out_.stages.size()) source.stage = static_cast<std::size_t>(*number);
    }
    const auto is_root = [](const std::string& place) { return place == "/" || place == "/." || place == "/*"; };
    source.whole_root = places.size() == 2 && is_root(places[0]) && is_root(places[1]);
    out_.stages.back().copies.push_back(std::move(source));
}

Result<void> Parser::understand(LogicalLine instruction) {
    if (instruction.name == "FROM") return from(instruction);
    if (instruction.name == "ARG") return arg(instruction);
    if (out_.stages.empty()) {
        mistake(instruction.line, "\"" + quote(instruction.name, 40) + "\" stands before the first FROM");
        return ok();
    }
    if (instruction.name == "ENV") return env(instruction);
    if (instruction.name == "COPY") copy(instruction);
    out_.stages.back().instructions.push_back({std::move(instruction.name), std::move(instruction.arguments.text) + instruction.here_documents, instruction.line});
    return ok();
}

Result<void> Parser::run() {
    for (;;) {
        VERITAG_TRY(std::optional<LogicalLine> instruction, next_instruction());
        if (!instruction) break;
        read_here_documents(*instruction);
        VERITAG_CHECK(understand(std::move(*instruction)));
    }
    if (out_.stages.empty()) mistake(out_.mistakes.empty() ? 1 : out_.mistakes.front().line, "no FROM: there is nothing to build");
    return ok();
}

}  // namespace

int Dockerfile::line_of(std::uint32_t offset) const noexcept {
    return static_cast<int>(std::upper_bound(line_starts.begin(), line_starts.end(), offset) - line_starts.begin());
}

Result<Dockerfile> parse_dockerfile(std::string_view text, const Limits& limits) {
    if (text.size() > limits.dockerfile_bytes)
        return Error{ErrorCode::over_limit, "read Dockerfile", {}, std::to_string(text.size()) + " bytes (limit " + std::to_string(limits.dockerfile_bytes) + ")", "raise limits.dockerfile_bytes"};
    Dockerfile file;
    VERITAG_CHECK(Parser(text, limits, file).run());
    return file;
}

std::optional<FinalBase> final_base(const Dockerfile& file) {
    if (file.stages.empty()) return std::nullopt;
    FinalBase base;
    base.stage = file.stages.size() - 1;
    for (;;) {
        const Stage& stage = file.stages[base.stage];
        for (const CopySource& each : stage.copies) base.overlaid = base.overlaid || each.whole_root;
        if (!stage.from) break;
        base.stage = *stage.from;  // always an earlier one: this ends
    }
    base.image = file.stages[base.stage].base;
    base.scratch = base.image.known && base.image.text.text == "scratch";
    return base;
}

}  // namespace veritag::catalog
