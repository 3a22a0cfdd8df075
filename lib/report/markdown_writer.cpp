#include "report/markdown_writer.h"

#include "report/document.h"
#include "report/markup.h"
#include "report/messages.h"
#include "report/patch_text.h"
#include "report/terminal.h"

namespace veritag::report {
namespace {

class Markdown final : public Markup {
public:
    explicit Markdown(Language language) : language_(language) {}

    std::string text(std::string_view any) const override { return markdown_text(any); }
    std::string code(std::string_view any) const override { return markdown_code(any); }
    std::string strong(const std::string& markup) const override { return "**" + markup + "**"; }
    std::string quiet(const std::string& markup) const override { return markup; }
    std::string alarm(const std::string& markup) const override { return strong(markup); }
    std::string verdict(Verdict verdict) const override { return strong(std::string(verdict_word(verdict, language_))); }
    std::string below(const std::string& markup) const override { return "\n  - " + markup; }

    void title(const std::string& markup) override { block("# " + markup); }
    void counts(const std::vector<std::pair<Verdict, std::size_t>>&) override {}  // the coverage has them
    void body() override {}
    void heading(const std::string& markup) override { block("## " + markup); }
    void begin_entry(Severity, const std::string& markup) override { block("### " + markup); }
    void end_entry() override {}
    void lead(const std::string& markup) override { block(markup + (language_ == Language::zh ? "：" : ":")); }
    void paragraph(const std::string& markup, Tone) override { block(markup); }
    void list(const std::vector<std::string>& items) override {
        for (const std::string& each : items) line("- " + each);
        if (!items.empty()) line();
    }
    void long_list(const std::string&, const std::vector<std::string>& items) override { list(items); }
    void folded_list(const std::string& summary, const std::vector<std::string>& items) override {
        lead(summary);
        list(items);
    }
    void chain(const std::vector<std::string>& items) override {
        for (std::size_t i = 0; i < items.size(); ++i) line(std::string(2 * i, ' ') + "- " + items[i]);
        line();
    }
    void table(std::string_view, const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows) override {
        std::string head = "|", rule = "|";
        for (const Column& each : columns) {
            head += " " + each.title + " |";
            rule += " --- |";
        }
        line(head + "\n" + rule);
        for (const std::vector<std::string>& cells : rows) {
            std::string row = "|";
            for (const std::string& each : cells) row += " " + in_cell(each) + " |";
            line(row);
        }
        line();
    }
    void patch(const std::string& diff) override {
        std::string block;
        for (const std::string& each : printable_lines(diff)) block += each + "\n";
        line(markdown_block("diff", block));
    }
    void commands(const std::vector<std::string>& lines) override {
        std::string block;
        for (const std::string& each : lines) block += printable(each, kMarkupBytes) + "\n";
        line(markdown_block("sh", block));
    }
    void end(const std::string& markup) override { line(markup); }

    std::string take() { return std::move(out_); }

private:
    static std::string in_cell(const std::string& markup) {
        std::string safe;
        for (const char c : markup) safe += c == '|' ? std::string("\\|") : std::string(1, c);
        return safe;
    }
    void line(const std::string& markup = {}) { out_ += markup + "\n"; }
    void block(const std::string& markup) { line(markup + "\n"); }

    Language language_;
    std::string out_;
};

}  // namespace

std::string write_markdown(const Report& report, const WriteOptions& options) {
    Markdown out(options.language);
    write_document(report, options.language, out);
    return out.take();
}

std::string write_tag_page(const Report& report, Language language) {
    Markdown out(language);
    out.title(out.code(!report.images.empty() ? report.images.front().reference : report.skipped.empty() ? "" : report.skipped.front().reference));
    write_tag_document(report, language, out);
    std::string page = out.take();
    while (page.ends_with("\n\n")) page.pop_back();
    return page;
}

}  // namespace veritag::report
