#include "registry/link.h"

#include "base/text.h"

#include <algorithm>

namespace veritag::registry {
namespace {

constexpr std::string_view kBlanks = " \t";

// A cursor over one header's value.
class LinkReader {
public:
    explicit LinkReader(std::string_view text) : text_(text) {}

    struct Link {
        std::string target;
        std::optional<std::string> relation;
        bool bracketed = false;
    };

    // nullopt: no more.
    std::optional<Link> next() {
        skip(" \t,");
        if (text_.empty()) return std::nullopt;
        Link link;
        if (text_.front() == '<') {
            link.bracketed = true;
            const std::size_t end = text_.find('>');
            link.target = trim(text_.substr(1, end == std::string_view::npos ? end : end - 1));
            drop(end == std::string_view::npos ? end : end + 1);
        } else {
            // A comma may stand in a raw cursor, so only one with white space behind it ends a bare URL.
            std::size_t end = 0;
            while (end < text_.size() && text_[end] != ';' && !(text_[end] == ',' && blank_at(end + 1))) ++end;
            link.target = trim(text_.substr(0, end));
            drop(end);
        }
        read_parameters(link);
        return link;
    }

private:
    [[nodiscard]] bool blank_at(std::size_t i) const { return i >= text_.size() || kBlanks.find(text_[i]) != std::string_view::npos; }
    void drop(std::size_t count) { text_.remove_prefix(std::min(count, text_.size())); }
    void skip(std::string_view bytes) { drop(text_.find_first_not_of(bytes)); }

    void read_parameters(Link& link) {
        for (;;) {
            skip(kBlanks);
            if (text_.empty() || text_.front() != ';') break;
            drop(1);
            skip(kBlanks);
            const std::size_t end = std::min(text_.find_first_of("=;,"), text_.size());
            const std::string name = to_lower(trim(text_.substr(0, end)));
            drop(end);
            std::string value;
            if (!text_.empty() && text_.front() == '=') {
                drop(1);
                skip(kBlanks);
                value = read_value();
            }
            if (name == "rel" && !link.relation) link.relation = std::move(value);  // RFC 8288, 3.3: the first one counts
        }
        // What cannot be read here belongs to no parameter: go on behind the next comma.
        if (!text_.empty() && text_.front() != ',') drop(text_.find(','));
    }

    std::string read_value() {
        std::string value;
        if (text_.empty() || text_.front() != '"') {
            const std::size_t end = std::min(text_.find_first_of(";,"), text_.size());
            value = trim(text_.substr(0, end));
            drop(end);
            return value;
        }
        drop(1);
        while (!text_.empty() && text_.front() != '"') {
            if (text_.front() == '\\' && text_.size() > 1) drop(1);
            value += text_.front();
            drop(1);
        }
        drop(1);
        return value;
    }

    std::string_view text_;
};

bool is_next(const LinkReader::Link& link) {
    if (!link.relation) return !link.bracketed && !link.target.empty();
    for (const std::string_view relation : split(*link.relation, ' '))
        if (equals_ignoring_case(trim(relation), "next")) return true;
    return false;
}

}  // namespace

bool is_same_host(const Origin& ours, const Origin& theirs) {
    if (ours.host != theirs.host) return false;
    const auto has_own_port = [](const Origin& origin) { return origin.port == (origin.tls ? 443 : 80); };
    return ours.port == theirs.port || (has_own_port(ours) && has_own_port(theirs));
}

std::optional<std::string> next_link(const std::vector<std::string_view>& headers) {
    for (const std::string_view header : headers) {
        LinkReader reader(header);
        while (auto link = reader.next())
            if (is_next(*link)) return std::move(link->target);
    }
    return std::nullopt;
}

Result<std::string> page_target(const Origin& ours, const Url& answered, std::string_view reference) {
    Result<Url> next = resolve_url(answered, reference);
    if (!next) return next.error();
    if (!is_same_host(ours, next->origin))
        return Error{ErrorCode::protocol, "follow link", next->for_messages(),
                     "the link to the next page leads to another host than " + quote(ours.authority()), ""};
    return std::move(next->target);
}

std::string mend_page_size(std::string target, std::size_t size) {
    const std::size_t query = target.find('?');
    if (query == std::string::npos) return target;
    for (std::size_t at = query; at != std::string::npos; at = target.find('&', at + 1)) {
        const std::string_view parameter = std::string_view(target).substr(at + 1, target.find('&', at + 1) - at - 1);
        if (parameter != "n=0") continue;
        target.replace(at + 3, 1, std::to_string(size));
        break;
    }
    return target;
}

}  // namespace veritag::registry
