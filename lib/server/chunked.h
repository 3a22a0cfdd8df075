// The chunked transfer coding (RFC 9112, 7.1) of a request's body, byte for byte as it comes. Private to the module; no sockets.
#pragma once

#include "server/request_head.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace veritag::server {

class ChunkedDecoder {
public:
    /// `max_body`: of the decoded body; more is refused with 413, as soon as a chunk announces it.
    explicit ChunkedDecoder(std::uint64_t max_body) noexcept : max_body_(max_body) {}

    /// Takes what it can from `bytes`, appends decoded ones to `body` and returns how many it took; the rest belongs to the next
    /// request. Call until `done()`; after a refusal nothing more is taken.
    std::size_t feed(std::string_view bytes, std::string& body);

    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }
    [[nodiscard]] const std::optional<Refusal>& refusal() const noexcept { return refusal_; }

private:
    enum class State { size_line, data, data_end, trailer, done, failed };

    /// The line that `bytes` complete, without its break; nullopt while it has none, and after a refusal.
    std::optional<std::string> take_line(std::string_view bytes, std::size_t& taken);
    void read_size_line(std::string_view line);
    void read_trailer(std::string_view line);
    void refuse(unsigned status, std::string detail);

    State state_ = State::size_line;
    std::uint64_t max_body_;
    std::uint64_t decoded_ = 0;       ///< chunk sizes so far
    std::uint64_t left_ = 0;          ///< of the chunk under way
    std::size_t overhead_ = 0;        ///< bytes of extensions and trailers: they have a limit of their own
    std::string line_;                ///< one that is not complete yet
    Headers trailers_;                ///< checked and dropped: what came after the body decided nothing
    std::optional<Refusal> refusal_;
};

}  // namespace veritag::server
