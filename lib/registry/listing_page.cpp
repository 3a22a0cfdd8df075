#include "registry/listing_page.h"

#include "base/digest.h"
#include "base/text.h"
#include "oci/json.h"
#include "oci/reference.h"

namespace veritag::registry {
namespace {

constexpr std::size_t kMostShown = 60;  // bytes of a name in a note

std::string_view text_of(const rapidjson::Value& value) { return {value.GetString(), value.GetStringLength()}; }

void add_unusable(ListingPage& page, std::string_view shown) {
    if (page.unusable++ == 0) page.unusable_example = quote(shown, kMostShown);
}

void add_name(ListingPage& page, PageForm form, std::string_view name) {
    if (form == PageForm::tags ? oci::is_valid_tag(name) : oci::is_valid_repository(name))
        page.names.emplace_back(name);
    else if (form == PageForm::tags && Digest::parse(name))
        ++page.digests;
    else
        add_unusable(page, name);
}

// `{"namespace": …, "name": …}`, with what tells images from other things under `kind`.
void add_repository(ListingPage& page, PageForm form, const rapidjson::Value& entry, const char* kind) {
    const std::string type = oci::json_string(entry, kind);  // null where it is not told
    if (!type.empty() && type != "image") {
        ++page.foreign;
        return;
    }
    const std::string name = oci::json_string(entry, "name");
    const std::string space = oci::json_string(entry, "namespace");
    if (name.empty() || space.empty())
        add_unusable(page, "an entry without name or namespace");
    else
        add_name(page, form, space + "/" + name);
}

void add_entry(ListingPage& page, PageForm form, const rapidjson::Value& entry) {
    ++page.entries;
    if (entry.IsNull()) {
        ++page.nulls;
        return;
    }
    switch (form) {
        case PageForm::catalog:
        case PageForm::tags:
            return entry.IsString() ? add_name(page, form, text_of(entry)) : add_unusable(page, "a value that is no text");
        case PageForm::docker_hub:
            return add_repository(page, form, entry, "repository_type");
        case PageForm::quay:
            return add_repository(page, form, entry, "kind");
        case PageForm::harbor:
            return add_name(page, form, oci::json_string(entry, "name"));
    }
}

const char* list_name(PageForm form) noexcept {
    switch (form) {
        case PageForm::tags:
            return "tags";
        case PageForm::docker_hub:
            return "results";
        default:
            return "repositories";
    }
}

}  // namespace

Result<ListingPage> parse_listing_page(PageForm form, std::string_view what, std::string_view where, std::string_view body,
                                       const Limits& limits) {
    const auto refuse = [&](std::string saw) {
        return Error{ErrorCode::protocol, std::string(what), std::string(where), std::move(saw), ""};
    };
    const Result<rapidjson::Document> document = oci::parse_json(what, where, body, limits);
    if (!document) {
        if (document.error().code == ErrorCode::over_limit) return document.error();
        return refuse("no JSON (" + std::to_string(body.size()) + " bytes)");
    }

    ListingPage page;
    const rapidjson::Value* list = &*document;
    if (form != PageForm::harbor) {
        if (!document->IsObject()) return refuse("JSON, but no object");
        list = oci::json_member(*document, list_name(form));
        if (form == PageForm::docker_hub) {
            page.next = oci::json_string(*document, "next");
            const rapidjson::Value* count = oci::json_member(*document, "count");
            if (count != nullptr && count->IsUint64()) page.total = count->GetUint64();
        }
        if (form == PageForm::quay) page.next = oci::json_string(*document, "next_page");
    }
    const bool may_be_absent = form == PageForm::tags;
    if (list == nullptr && !may_be_absent) return refuse("JSON without \"" + std::string(list_name(form)) + "\"");
    if (list == nullptr || (list->IsNull() && form != PageForm::harbor)) return page;
    if (!list->IsArray()) return refuse("JSON without a list of names");
    for (const rapidjson::Value& entry : list->GetArray()) add_entry(page, form, entry);
    return page;
}

}  // namespace veritag::registry
