// A report as a document for people: what it says, and in which order. Formats bring the marks alone, so none can lack a section.
#pragma once

#include "report/writers.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace veritag::report {

struct Column {
    std::string title;
    bool whole = false;  ///< what stands in it is not broken into lines
};

enum class Tone { plain, quiet, loud };

/// The marks of one format, written in the order of the calls. text() and code() take any text and make it harmless; `markup` is what they and
/// their like gave, and words of our own.
class Markup {
public:
    virtual ~Markup() = default;

    // Inside of a line.
    [[nodiscard]] virtual std::string text(std::string_view any) const = 0;
    [[nodiscard]] virtual std::string code(std::string_view any) const = 0;
    [[nodiscard]] virtual std::string strong(const std::string& markup) const = 0;
    [[nodiscard]] virtual std::string quiet(const std::string& markup) const = 0;
    [[nodiscard]] virtual std::string alarm(const std::string& markup) const = 0;
    [[nodiscard]] virtual std::string verdict(Verdict verdict) const = 0;
    [[nodiscard]] virtual std::string below(const std::string& markup) const = 0;  ///< a line of its own, in an item of a list

    // Blocks.
    virtual void title(const std::string& markup) = 0;  ///< begins the document
    virtual void counts(const std::vector<std::pair<Verdict, std::size_t>>& images) = 0;
    virtual void body() = 0;  ///< ends what stands below the title
    virtual void heading(const std::string& markup) = 0;
    virtual void begin_entry(Severity severity, const std::string& markup) = 0;
    virtual void end_entry() = 0;
    virtual void lead(const std::string& markup) = 0;  ///< a small heading of the block that follows
    virtual void paragraph(const std::string& markup, Tone tone = Tone::plain) = 0;
    virtual void list(const std::vector<std::string>& items) = 0;
    virtual void long_list(const std::string& summary, const std::vector<std::string>& items) = 0;  ///< the summary is for whoever folds it
    virtual void folded_list(const std::string& summary, const std::vector<std::string>& items) = 0;
    virtual void chain(const std::vector<std::string>& items) = 0;  ///< each below the one before it
    virtual void table(std::string_view label, const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows) = 0;  ///< cells without text()
    virtual void patch(const std::string& diff) = 0;  ///< a unified diff; any text
    virtual void commands(const std::vector<std::string>& lines) = 0;          ///< of a shell; any text
    virtual void end(const std::string& markup) = 0;  ///< ends the document with this line
};

void write_document(const Report& report, Language language, Markup& out);

/// Below the title: of each platform what it claims and holds, and all findings. The images are of one reference.
void write_tag_document(const Report& report, Language language, Markup& out);

}  // namespace veritag::report
