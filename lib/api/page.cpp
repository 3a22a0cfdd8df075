#include "api/page.h"

#include "api/forms.h"
#include "api/service.h"
#include "base/digest.h"
#include "base/text.h"

#include <algorithm>

namespace veritag::api {
namespace {

constexpr std::string_view kIndex = "index.html";

// Nothing comes from elsewhere, nothing runs that is not one of our files, and nobody frames the page (W3C, Content Security Policy 3).
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const PageFile* find_file(std::string_view name) {
    const std::span<const PageFile> files = page_files();
    const auto found = std::lower_bound(files.begin(), files.end(), name, [](const PageFile& file, std::string_view wanted) { return file.name < wanted; });
    return found != files.end() && found->name == name ? &*found : nullptr;
}

std::string index_for(std::string_view language) {
    const PageFile* index = find_file(kIndex);
    if (index == nullptr) return {};
    std::string preloads;  // modules import each other, and the browser should not learn of them one after the other
    for (const PageFile& file : page_files())
        if (file.name.ends_with(".js")) preloads += "<link rel=\"modulepreload\" href=\"page/{version}/" + std::string(file.name) + "\">\n";
    std::string text = replace_all(std::string(index->content), "{preloads}", preloads);
    text = replace_all(std::move(text), "{version}", page_version());
    return replace_all(std::move(text), "{language}", language);
}

server::Response page_reply(std::string_view name, std::string body) {
    server::Response response = tagged(page_content_type(name), std::move(body));
    response.headers.set("Content-Security-Policy", std::string(kPolicy));
    response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.set("Cross-Origin-Resource-Policy", "same-origin");
    response.headers.set("X-Frame-Options", "DENY");
    return response;
}

}  // namespace

std::string_view page_content_type(std::string_view name) noexcept {
    if (name.ends_with(".html")) return "text/html; charset=utf-8";
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".svg")) return "image/svg+xml";
    return "application/octet-stream";
}

const std::string& page_version() {
    static const std::string kVersion = [] {
        std::string all;
        for (const PageFile& file : page_files()) all += std::string(file.name) + '\n' + std::to_string(file.content.size()) + '\n' + std::string(file.content);
        return sha256_of(all).str().substr(7, 16);
    }();
    return kVersion;
}

const std::string& page_index(std::string_view language) {
    static const std::string kEnglish = index_for("en");
    static const std::string kChinese = index_for("zh");
    return language == "zh" ? kChinese : kEnglish;
}

void Service::add_page() {
    add("GET /", Need::nothing, [](const server::Request& request, const server::RouteParameters&) {
        server::Response response = page_reply(kIndex, page_index(preferred_language(request) == report::Language::zh ? "zh" : "en"));
        response.headers.set("Cache-Control", "no-cache");
        response.headers.set("Vary", "Accept-Language");
        return response;
    });
    add("GET /page/{version}/{file}", Need::nothing, [](const server::Request& request, const server::RouteParameters& parameters) {
        const PageFile* file = parameters["version"] == page_version() && parameters["file"] != kIndex ? find_file(parameters["file"]) : nullptr;
        if (file == nullptr) return server::problem(404, "", "There is no such file; load the page again.", "about:blank", request.id);
        server::Response response = page_reply(file->name, std::string(file->content));
        response.headers.set("Cache-Control", "public, max-age=31536000, immutable");
        return response;
    });
}

}  // namespace veritag::api
