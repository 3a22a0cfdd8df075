#include "cage/caged_reader.h"

#include "base/byte_reader.h"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

namespace veritag::cage {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kWhat = "read layer";
// What a worker can know. Other codes steer what happens to an image (a `not_found` may drop it), and a worker is not to do that.
constexpr bool speaks_of_bytes(ErrorCode code) noexcept {
    return code == ErrorCode::malformed || code == ErrorCode::truncated || code == ErrorCode::over_limit || code == ErrorCode::unsupported ||
           code == ErrorCode::digest_mismatch || code == ErrorCode::internal;
}

constexpr std::uint64_t kMostWanted = 16ULL << 20;  // of a blob, in one part; stream/partial_layer.cpp asks for less
constexpr std::chrono::milliseconds kLook{100};  // how often a wait looks whether it should stop

}  // namespace

// One layer's talk with its worker.
class CagedReader::Talk {
public:
    Talk(Worker& worker, const Limits& limits, std::stop_token stop) : worker_(worker), limits_(limits), stop_(std::move(stop)) {}

    Result<void> begin(const LayerJob& job) { return send(MessageKind::job, serialise_job(job)); }
    Result<void> begin_part(const LayerJob& job) {
        blob_size_ = job.blob_size;
        return send(MessageKind::part_job, serialise_job(job));
    }

    /// Waits for room where the ring is full. The worker hears of the bytes in larger steps, the last ones at `end` or `tell`.
    /// False: the worker has failed already and wants no more.
    Result<bool> give(std::span<const std::byte> bytes) {
        constexpr std::uint64_t kStep = kRingBytes / 4;
        while (!bytes.empty()) {
            const bool full = filled_ - taken_ == kRingBytes;
            if (full || filled_ - told_ >= kStep) {
                VERITAG_CHECK(tell());
                VERITAG_CHECK(listen(full));
            }
            if (answer_) return false;
            const std::span<std::byte> run = worker_.ring.at(filled_);
            const std::size_t room = std::min({run.size(), static_cast<std::size_t>(kRingBytes - (filled_ - taken_)), bytes.size()});
            std::memcpy(run.data(), bytes.data(), room);
            bytes = bytes.subspan(room);
            filled_ += room;
        }
        return true;
    }
    Result<void> tell() {
        if (told_ == filled_) return ok();
        told_ = filled_;
        return send(MessageKind::filled, MessageWriter().number(filled_).take());
    }

    /// Gives the parts of the blob that the worker asks for, until it answers.
    Result<void> give_parts(RangeSource& blob) {
        for (;;) {
            VERITAG_CHECK(listen(!wanted_ && !answer_));
            if (answer_) return ok();
            if (!wanted_) continue;
            const Result<std::string> part = blob.read(wanted_->first, wanted_->second);
            if (!part) return part.error();
            VERITAG_CHECK(give(as_byte_span(*part)));
            VERITAG_CHECK(tell());
            wanted_.reset();
        }
    }

    Result<void> end() {
        VERITAG_CHECK(tell());
        return send(MessageKind::ended, {});
    }

    /// The worker's socket broke off without an answer.
    [[nodiscard]] bool is_gone() const noexcept { return gone_; }

    Result<detect::AnalyzedLayer> answer() {
        while (!answer_) VERITAG_CHECK(listen(true));
        if (answer_->kind == MessageKind::failed) {
            Error error = parse_error(answer_->payload);
            if (!speaks_of_bytes(error.code)) error.code = ErrorCode::worker;
            return error;
        }
        constexpr std::size_t kTimes = 4;
        ByteReader in(std::string_view(answer_->payload), "answer of the worker process");
        detect::AnalyzedLayer layer;
        for (auto* time : {&layer.times.inflate, &layer.times.hash, &layer.times.tar, &layer.times.parse}) *time = std::chrono::nanoseconds(in.u64le());
        if (!in.ok()) return in.truncated(kWhat);
        VERITAG_TRY(layer.analysis, deserialise_layer_analysis(std::string_view(answer_->payload).substr(kTimes * sizeof(std::uint64_t)), limits_));
        return layer;
    }

private:
    // Reads what the worker has said. Where `must_move`, waits until that changes something, within its patience.
    Result<void> listen(bool must_move) {
        if (answer_) return ok();  // the worker may be gone since
        const auto silence = std::chrono::seconds(limits_.worker_silence_seconds);
        auto heard = Clock::now();
        std::uint64_t heard_bytes = worker_.channel.bytes_received();
        for (;;) {
            const auto start = Clock::now();
            VERITAG_TRY(std::optional<Message> message, receive(must_move ? kLook : std::chrono::milliseconds(0)));
            if (must_move) waited_ += Clock::now() - start;
            if (message) {
                VERITAG_CHECK(take(std::move(*message)));
                if (answer_) return ok();
                must_move = must_move && !wanted_ && filled_ - taken_ == kRingBytes;
                heard = Clock::now();
                continue;  // perhaps there is more
            }
            if (!must_move) return ok();
            if (stop_.stop_requested()) return Error{ErrorCode::cancelled, std::string(kWhat), "", "stopped before the layer's end", ""};
            if (worker_.channel.bytes_received() != heard_bytes) {
                heard_bytes = worker_.channel.bytes_received();
                heard = Clock::now();
            }
            if (Clock::now() - heard > silence)
                return Error{ErrorCode::timeout, std::string(kWhat), "", "the worker process did not go on for " + std::to_string(silence.count()) + " s",
                             "raise limits.worker_silence_seconds if this machine is slow and the image trusted"};
            // One that goes on by a byte a minute is held to a rate, too.
            constexpr std::uint64_t kSlowest = 256 << 10;  // bytes of a blob a second
            if (const auto patience = 4 * silence + std::chrono::seconds(filled_ / kSlowest); waited_ > patience)
                return Error{ErrorCode::timeout, std::string(kWhat), "", "the worker process was waited for for " + std::to_string(std::chrono::floor<std::chrono::seconds>(patience).count()) + " s", ""};
        }
    }

    Result<void> take(Message message) {
        switch (message.kind) {
            case MessageKind::taken: {
                VERITAG_TRY(const std::uint64_t taken, parse_number(message.payload));
                if (taken < taken_ || taken > filled_) return nonsense("it says that it took " + std::to_string(taken) + " bytes of " + std::to_string(filled_));
                taken_ = taken;
                return ok();
            }
            case MessageKind::want: {
                ByteReader in{std::string_view(message.payload)};
                const std::uint64_t offset = in.u64le();
                const std::uint64_t length = in.u64le();
                if (!in.ok() || wanted_ || length == 0 || length > kMostWanted || offset > blob_size_ || length > blob_size_ - offset || length > 2 * blob_size_ - asked_for_)
                    return nonsense("it asks for " + std::to_string(length) + " bytes at " + std::to_string(offset) + " of " + std::to_string(blob_size_));
                asked_for_ += length;
                wanted_.emplace(offset, length);
                return ok();
            }
            case MessageKind::done:
            case MessageKind::failed: answer_ = std::move(message); return ok();
            default: return nonsense("a message of kind " + std::to_string(static_cast<unsigned>(message.kind)));
        }
    }

    Result<std::optional<Message>> receive(std::chrono::milliseconds wait) {
        Result<std::optional<Message>> message = worker_.channel.receive(limits_.image_analysis_bytes, wait);
        gone_ = !message && message.error().code == ErrorCode::truncated;
        return message;
    }

    // A worker that is gone may have said why before it went.
    Result<void> send(MessageKind kind, std::string_view payload) {
        const Result<void> sent = worker_.channel.send(kind, payload, {}, std::chrono::seconds(limits_.worker_silence_seconds));
        if (sent || sent.error().code != ErrorCode::truncated) return sent;
        while (!answer_) {
            VERITAG_TRY(std::optional<Message> message, receive(kLook));
            if (message) VERITAG_CHECK(take(std::move(*message)));
        }
        return ok();
    }

    static Error nonsense(std::string saw) { return {ErrorCode::worker, std::string(kWhat), "answer of the worker process", std::move(saw), ""}; }

    Worker& worker_;
    const Limits& limits_;
    std::stop_token stop_;
    std::uint64_t filled_ = 0;
    std::uint64_t taken_ = 0;
    std::uint64_t told_ = 0;  // the worker knows of so many filled ones
    std::chrono::nanoseconds waited_{};
    std::uint64_t blob_size_ = 0;  // 0 where nothing may be asked for
    std::uint64_t asked_for_ = 0;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> wanted_;
    std::optional<Message> answer_;
    bool gone_ = false;
};

namespace {

// What became of a worker that broke off, by how its process ended.
Error end_of(const std::optional<int>& status, const Limits& limits) {
    Error error{ErrorCode::worker, std::string(kWhat), "", "the process that parses the layer ended without an answer", "it was confined; nothing but this layer is affected"};
    if (!status) return error;
    if (WIFEXITED(*status)) error.saw += ", with status " + std::to_string(WEXITSTATUS(*status));
    if (!WIFSIGNALED(*status)) return error;
    switch (WTERMSIG(*status)) {
        case SIGSYS: error.saw = "the process that parses the layer tried what it must not do (a file, the network, another process) and was ended"; break;
        case SIGXCPU:
            return limit_error(kWhat, "processor time of the worker process", limits.worker_cpu_seconds, "limits.worker_cpu_seconds", limits.worker_cpu_seconds);
        case SIGKILL: error.saw = "the process that parses the layer was killed from outside, perhaps since memory ran out"; break;
        default: error.saw = "the process that parses the layer crashed with signal " + std::to_string(WTERMSIG(*status)); break;
    }
    return error;
}

}  // namespace

CagedReader::CagedReader(const rules::WantedFiles& wanted, const CageOptions& options)
    : options_(options), nursery_({.limits = options.limits, .confined = options.confined, .wanted = wanted}) {}

Result<detect::AnalyzedLayer> CagedReader::with_worker(const std::stop_token& stop, const std::function<Result<detect::AnalyzedLayer>(Talk&)>& go) {
    VERITAG_TRY(Worker worker, nursery_.spawn());
    Talk talk(worker, options_.limits, stop);
    Result<detect::AnalyzedLayer> layer = go(talk);
    const std::optional<int> status = nursery_.reap(worker.pid, talk.is_gone());
    return talk.is_gone() ? Result<detect::AnalyzedLayer>(end_of(status, options_.limits)) : std::move(layer);
}

Result<detect::AnalyzedLayer> CagedReader::read(ByteSource& blob, const LayerJob& job, std::stop_token stop) {
    return with_worker(stop, [&](Talk& talk) -> Result<detect::AnalyzedLayer> {
        VERITAG_CHECK(talk.begin(job));
        for (bool wanted = true; wanted;) {
            VERITAG_TRY(const std::span<const std::byte> piece, blob.next());
            if (piece.empty()) {
                VERITAG_CHECK(talk.end());
                break;
            }
            VERITAG_TRY(wanted, talk.give(piece));
        }
        return talk.answer();
    });
}

Result<detect::AnalyzedLayer> CagedReader::read_part(RangeSource& blob, const LayerJob& job, std::stop_token stop) {
    return with_worker(stop, [&](Talk& talk) -> Result<detect::AnalyzedLayer> {
        VERITAG_CHECK(talk.begin_part(job));
        VERITAG_CHECK(talk.give_parts(blob));
        return talk.answer();
    });
}

}  // namespace veritag::cage
