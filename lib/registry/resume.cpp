#include "registry/resume.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::registry {
namespace {

Error broken(std::string saw, std::string hint = {}) {
    return Error{ErrorCode::protocol, "fetch blob", "", std::move(saw), std::move(hint)};
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
    text = trim(text);
    if (!starts_with_ignoring_case(text, "bytes ")) return std::nullopt;
    const auto halves = split_once(trim(text.substr(6)), '/');
    if (!halves) return std::nullopt;
    const auto ends = split_once(halves->first, '-');
    if (!ends) return std::nullopt;
    const auto first = parse_u64(trim(ends->first));
    const auto last = parse_u64(trim(ends->second));
    if (!first || !last || *last < *first) return std::nullopt;
    ContentRange range{*first, *last, std::nullopt};
    const std::string_view total = trim(halves->second);
    if (total == "*") return range;
    range.total = parse_u64(total);
    if (!range.total || *range.total <= *last) return std::nullopt;
    return range;
}

std::string ByteRange::header() const { return "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + length - 1); }

Result<void> accept_range(const ByteRange& range, unsigned status, std::string_view content_range, std::optional<std::uint64_t> content_length) {
    if (status == 200)
        return Error{ErrorCode::unsupported, "fetch part of blob", "", "the server ignores Range and answers with the whole blob", ""};
    if (status != 206) return broken("HTTP " + std::to_string(status));
    const auto got = parse_content_range(content_range);
    if (!got || got->first != range.offset || got->last - got->first + 1 != range.length || got->total.value_or(range.blob_size) != range.blob_size)
        return broken("asked for " + range.header() + " of " + std::to_string(range.blob_size) + ", got Content-Range \"" + quote(content_range, 80) + "\"");
    if (content_length && *content_length != range.length)
        return broken("Content-Length " + std::to_string(*content_length) + " does not fit Content-Range \"" + quote(content_range, 80) + "\"");
    return ok();
}

std::optional<std::string> BlobProgress::range() const {
    if (delivered_ == 0) return std::nullopt;
    return "bytes=" + std::to_string(delivered_) + "-";
}

Result<void> BlobProgress::accept(unsigned status, std::string_view content_range, std::optional<std::uint64_t> content_length) {
    const bool ranged = delivered_ != 0;
    to_drop_ = 0;
    if (status == 206) {
        if (!ranged) return broken("HTTP 206 although no part was asked for");
        const auto got = parse_content_range(content_range);
        if (!got || got->first != delivered_ || got->total != size_)
            return broken("asked for bytes " + std::to_string(delivered_) + "- of " + std::to_string(size_) + ", got Content-Range \"" +
                          quote(content_range, 80) + "\"");
        if (content_length && *content_length != got->last - got->first + 1)
            return broken("Content-Length " + std::to_string(*content_length) + " does not fit Content-Range \"" +
                          quote(content_range, 80) + "\"");
        return ok();
    }
    if (status != 200) return broken("HTTP " + std::to_string(status));
    if (content_length && *content_length != size_)
        return broken("Content-Length " + std::to_string(*content_length) + ", but the descriptor says " + std::to_string(size_) +
                      " bytes");
    if (!ranged) return ok();
    if (restarted_)
        return broken("the connection was cut again at byte " + std::to_string(delivered_) + " of " + std::to_string(size_) +
                          ", and the server ignores Range",
                      "try again, or scan a local copy made with skopeo");
    restarted_ = true;
    to_drop_ = delivered_;
    return ok();
}

Result<std::size_t> BlobProgress::take(std::size_t count) {
    const std::size_t drop = static_cast<std::size_t>(std::min<std::uint64_t>(to_drop_, count));
    to_drop_ -= drop;
    const std::size_t fresh = count - drop;
    if (fresh > size_ - delivered_) return broken("more than the " + std::to_string(size_) + " bytes of the descriptor");
    delivered_ += fresh;
    return drop;
}

}  // namespace veritag::registry
