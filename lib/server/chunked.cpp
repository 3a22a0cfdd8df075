#include "server/chunked.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace veritag::server {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxOverhead = 16 << 10;  // of a body; extensions on one-byte chunks cost a reader more than the body does
constexpr std::size_t kMaxSizeDigits = 16;

}  // namespace

void ChunkedDecoder::refuse(unsigned status, std::string detail) {
    state_ = State::failed;
    refusal_ = Refusal{status, std::move(detail)};
}

std::optional<std::string> ChunkedDecoder::take_line(std::string_view bytes, std::size_t& taken) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
    taken += part.size();
    line_ += part;
    // A line feed alone ends a line for some readers and not for others.
    const bool bare = end != std::string_view::npos && !line_.ends_with("\r\n");
    if (bare || line_.size() > kMaxLine) {
        refuse(400, bare ? "A line of the chunked body does not end with CR LF." : "A line of the chunked body is too long.");
        return std::nullopt;
    }
    if (end == std::string_view::npos) return std::nullopt;
    std::string line = std::move(line_);
    line_.clear();
    line.resize(line.size() - 2);
    return line;
}

void ChunkedDecoder::read_size_line(std::string_view line) {
    const std::size_t digits = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
    std::uint64_t size = 0;
    const auto read = std::from_chars(line.data(), line.data() + digits, size, 16);
    if (digits == 0 || digits > kMaxSizeDigits || read.ec != std::errc()) return refuse(400, "A chunk does not begin with its size.");
    const std::string_view extensions = line.substr(digits);
    if (!extensions.empty() && (extensions.front() != ';' || !is_field_value(extensions))) return refuse(400, "A chunk's size is followed by something else than extensions.");
    overhead_ += extensions.size();
    if (overhead_ > kMaxOverhead) return refuse(400, "The chunked body has too many extensions.");
    if (size == 0) {
        state_ = State::trailer;
        return;
    }
    if (size > max_body_ - decoded_) return refuse(413, "The body is larger than " + std::to_string(max_body_) + " bytes.");
    decoded_ += size;
    left_ = size;
    state_ = State::data;
}

void ChunkedDecoder::read_trailer(std::string_view line) {
    if (line.empty()) {
        state_ = State::done;
        return;
    }
    overhead_ += line.size();
    std::string why;
    if (overhead_ > kMaxOverhead) return refuse(431, "The chunked body has too many trailers.");
    if (!parse_fields(line, trailers_, why)) refuse(400, std::move(why));
}

std::size_t ChunkedDecoder::feed(std::string_view bytes, std::string& body) {
    std::size_t taken = 0;
    while (taken < bytes.size() && state_ != State::done && state_ != State::failed) {
        const std::string_view rest = bytes.substr(taken);
        if (state_ == State::data) {
            const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
            body += rest.substr(0, part);
            taken += part;
            left_ -= part;
            if (left_ == 0) state_ = State::data_end;
            continue;
        }
        const std::optional<std::string> line = take_line(rest, taken);
        if (!line) continue;
        if (state_ == State::size_line)
            read_size_line(*line);
        else if (state_ == State::trailer)
            read_trailer(*line);
        else if (line->empty())
            state_ = State::size_line;
        else
            refuse(400, "A chunk is longer than it says.");
    }
    return taken;
}

}  // namespace veritag::server
