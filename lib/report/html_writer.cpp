#include "report/html_writer.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"
#include "report/document.h"
#include "report/html_style.h"
#include "report/markup.h"
#include "report/messages.h"
#include "report/patch_text.h"

#include <array>

namespace veritag::report {
namespace {

constexpr std::size_t kOpenItems = 12;  // longer lists are folded
constexpr std::array<std::string_view, 3> kToneAttributes{"", " class=\"quiet\"", " class=\"claim\""};  // by Tone

// `'sha256-…'` of a style, as Content Security Policy Level 3 (section 2.3.1) writes it.
std::string source_of(std::string_view style) {
    const Digest digest = sha256_of(style);
    const std::string_view hex = digest.hex();
    const auto nibble = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(nibble(hex[i]) << 4 | nibble(hex[i + 1]));
    return "'sha256-" + base64_encode(bytes) + "'";
}

class Html final : public Markup {
public:
    explicit Html(Language language) : language_(language) {}

    std::string text(std::string_view any) const override { return markup_text(any); }
    std::string code(std::string_view any) const override { return "<code>" + markup_text(any) + "</code>"; }
    std::string strong(const std::string& markup) const override { return "<strong>" + markup + "</strong>"; }
    std::string quiet(const std::string& markup) const override { return span("quiet", markup); }
    std::string alarm(const std::string& markup) const override { return span("wrong", markup); }
    std::string verdict(Verdict verdict) const override { return span("v " + std::string(to_string(verdict)), std::string(verdict_word(verdict, language_))); }
    std::string below(const std::string& markup) const override { return "<br>" + markup; }

    void title(const std::string& markup) override {
        line("<!DOCTYPE html>\n<html lang=\"" + std::string(language_ == Language::zh ? "zh-CN" : "en") + "\">\n<head>\n<meta charset=\"utf-8\">");
        line("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src " + source_of(kHtmlStyle) + "; base-uri 'none'; form-action 'none'\">");
        line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">");
        line("<title>" + std::string(report::text(Text::report_title, language_)) + "</title>\n<style>" + std::string(kHtmlStyle) + "</style>\n</head>\n<body>\n<header>\n<h1>" + markup + "</h1>");
    }
    void counts(const std::vector<std::pair<Verdict, std::size_t>>& images) override {
        line("<ul class=\"counts\">");
        for (const auto& [which, count] : images) line("<li><b>" + std::to_string(count) + "</b> " + verdict(which) + "</li>");
        line("</ul>");
    }
    void body() override { line("</header>\n<main>"); }
    void heading(const std::string& markup) override { line("<h2>" + markup + "</h2>"); }
    void begin_entry(Severity severity, const std::string& markup) override { line("<section class=\"entry " + std::string(to_string(severity)) + "\">\n<h3>" + markup + "</h3>"); }
    void end_entry() override { line("</section>"); }
    void lead(const std::string& markup) override { line("<h4>" + markup + "</h4>"); }
    void paragraph(const std::string& markup, Tone tone) override { line("<p" + std::string(kToneAttributes[static_cast<std::size_t>(tone)]) + ">" + markup + "</p>"); }
    void list(const std::vector<std::string>& items) override {
        if (items.empty()) return;
        line("<ul>");
        for (const std::string& each : items) line("<li>" + each + "</li>");
        line("</ul>");
    }
    void long_list(const std::string& summary, const std::vector<std::string>& items) override { items.size() > kOpenItems ? folded_list(summary, items) : list(items); }
    void folded_list(const std::string& summary, const std::vector<std::string>& items) override {
        line("<details><summary>" + summary + "</summary>");
        list(items);
        line("</details>");
    }
    void chain(const std::vector<std::string>& items) override {
        std::string open = "<div class=\"tree\">", close = "</div>";
        for (const std::string& each : items) {
            open += "<ul><li>" + each + "\n";
            close.insert(0, "</li></ul>");
        }
        line(open + close);
    }
    void table(std::string_view label, const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows) override {
        std::string head;
        for (const Column& each : columns) head += "<th scope=\"col\">" + each.title + "</th>\n";
        line("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + std::string(label) + "\">\n<table class=\"images\">\n<thead><tr>\n" + head + "</tr></thead>\n<tbody>");
        for (const std::vector<std::string>& cells : rows) {
            std::string row;
            for (std::size_t i = 0; i < cells.size(); ++i) row += (columns[i].whole ? "<td class=\"whole\">" : "<td>") + cells[i] + "</td>";
            line("<tr>" + row + "</tr>");
        }
        line("</tbody>\n</table>\n</div>");
    }
    void patch(const std::string& diff) override {
        std::string block;
        bool in_hunk = false;  // above it `---` and `+++` are names
        for (const std::string& each : printable_lines(diff)) {
            in_hunk = in_hunk || each.starts_with("@@");
            const bool removed = in_hunk && each.starts_with('-'), added = in_hunk && each.starts_with('+');
            std::string shown;
            for (const std::string_view part : split(each, '\t')) shown += (part.data() == each.data() ? "" : "\t") + markup_text(part);
            block += removed ? "<del>" + shown + "\n</del>" : added ? "<ins>" + shown + "\n</ins>" : shown + "\n";
        }
        line("<pre>" + block + "</pre>");
    }
    void commands(const std::vector<std::string>& lines) override {
        std::string block;
        for (const std::string& each : lines) block += (block.empty() ? "" : "\n") + markup_text(each);
        line("<pre>" + block + "</pre>");
    }
    void end(const std::string& markup) override { line("</main>\n<footer>" + markup + "</footer>\n</body>\n</html>"); }

    std::string take() { return std::move(out_); }

private:
    static std::string span(const std::string& kind, const std::string& markup) { return "<span class=\"" + kind + "\">" + markup + "</span>"; }
    void line(const std::string& markup) { out_ += markup + "\n"; }

    Language language_;
    std::string out_;
};

}  // namespace

std::string write_html(const Report& report, const WriteOptions& options) {
    Html out(options.language);
    write_document(report, options.language, out);
    return out.take();
}

}  // namespace veritag::report
