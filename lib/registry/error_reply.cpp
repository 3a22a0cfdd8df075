#include "registry/error_reply.h"

#include "base/text.h"
#include "oci/json.h"

namespace veritag::registry {
namespace {

constexpr rapidjson::SizeType kMaxErrorsShown = 3;

std::string masked(std::string text, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        if (secret.empty()) continue;
        std::string clean;
        std::size_t from = 0;
        for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, from)) {
            clean.append(text, from, at - from).append("***");
            from = at + secret.size();
        }
        text = clean.append(text, from);
    }
    return text;
}

// Every string of a member of `errors`; "" where the shape is another one.
std::string from_errors(const rapidjson::Value& document, const std::vector<std::string>& secrets) {
    const rapidjson::Value* errors = oci::json_member(document, "errors");
    if (errors == nullptr || !errors->IsArray()) return {};
    std::string text;
    for (rapidjson::SizeType i = 0; i < errors->Size() && i < kMaxErrorsShown; ++i) {
        const std::string code = masked(oci::json_string((*errors)[i], "code"), secrets);
        const std::string message = masked(oci::json_string((*errors)[i], "message"), secrets);
        if (code.empty() && message.empty()) continue;
        if (!text.empty()) text += ", ";
        text += quote(code, 60);
        if (!message.empty()) text.append(code.empty() ? "\"" : " \"").append(quote(message)).append("\"");
    }
    return text;
}

}  // namespace

ErrorCode code_of_status(unsigned status) noexcept {
    switch (status) {
        case 401:
        case 403:
            return ErrorCode::auth;
        case 404:
            return ErrorCode::not_found;
        case 408:
            return ErrorCode::timeout;
        case 429:
            return ErrorCode::rate_limited;
        case 499:
            return ErrorCode::server;
        default:
            return status >= 500 && status <= 599 ? ErrorCode::server : ErrorCode::protocol;
    }
}

std::string hint_of_status(unsigned status) {
    switch (status) {
        case 403:
            return "the login may not read this repository";
        case 404:
            return "check the name and the tag";
        case 429:
            return "wait, log in for a higher limit, or lower --jobs";
        default:
            return {};
    }
}

std::string hint_of_refused_push(unsigned status) {
    switch (status) {
        case 401:
        case 403:
            return "the login may not push to this repository";
        case 404:
            return "check the name; the registry does not make this repository by itself";
        case 405:
        case 501:
            return "the registry takes no pushes here: it is read-only, or a cache of another one";
        case 301:
        case 302:
        case 303:
            return "the registry has another address: name that one, with its scheme";
        case 413:
            return "raise the limit of the registry, or of the proxy before it";
        default:
            return hint_of_status(status);
    }
}

std::string describe_error_body(std::string_view body, const std::vector<std::string>& secrets, const Limits& limits) {
    const std::string text(trim(body));
    if (text.empty()) return {};
    const Result<rapidjson::Document> document = oci::parse_json("read error body", "", text, limits);
    if (document && document->IsObject()) {
        if (std::string errors = from_errors(*document, secrets); !errors.empty()) return errors;
        for (const char* name : {"message", "error_description", "details", "error"})
            if (const std::string words = oci::json_string(*document, name); !words.empty()) return "\"" + quote(masked(words, secrets)) + "\"";
    }
    return "\"" + quote(masked(text, secrets), 120) + "\"";
}

}  // namespace veritag::registry
