#include "cage/worker.h"

#include "base/byte_reader.h"
#include "cage/channel.h"
#include "cage/confine.h"
#include "cage/nursery.h"
#include "cage/ring.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace veritag::cage {
namespace {

constexpr std::uint64_t kAnyLength = std::numeric_limits<std::uint32_t>::max();  // messages of veritag itself need no limit

// A layer's bytes as they come through the ring.
class RingSource final : public ByteSource {
public:
    RingSource(Channel& channel, const Ring& ring) : channel_(channel), ring_(ring) {}

    Result<std::span<const std::byte>> next() override {
        taken_ += lent_;
        lent_ = 0;
        if (taken_ - told_ >= kRingBytes / 4) VERITAG_CHECK(tell());
        while (filled_ == taken_) {
            if (ended_) return std::span<const std::byte>();
            if (told_ != taken_) VERITAG_CHECK(tell());
            VERITAG_TRY(const Message message, channel_.receive(kAnyLength));
            if (message.kind == MessageKind::ended) {
                ended_ = true;
                continue;
            }
            if (message.kind != MessageKind::filled) return Error{ErrorCode::worker, "read layer", "", "an unexpected message", ""};
            VERITAG_TRY(filled_, parse_number(message.payload));
            VERITAG_ASSERT(filled_ >= taken_ && filled_ - taken_ <= kRingBytes);
        }
        constexpr std::uint64_t kPiece = kRingBytes / 8;
        const std::span<const std::byte> run = ring_.at(taken_);
        lent_ = std::min({std::uint64_t{run.size()}, filled_ - taken_, kPiece});
        return run.first(static_cast<std::size_t>(lent_));
    }

private:
    Result<void> tell() {
        told_ = taken_;
        return channel_.send(MessageKind::taken, MessageWriter().number(taken_).take());
    }

    Channel& channel_;
    const Ring& ring_;
    std::uint64_t filled_ = 0;
    std::uint64_t taken_ = 0;
    std::uint64_t told_ = 0;
    std::uint64_t lent_ = 0;  // bytes behind taken_ that the caller looks at
    bool ended_ = false;
};

// Parts of a blob as they are asked for, one after the other; they come through the ring, too.
class RingRanges final : public RangeSource {
public:
    RingRanges(Channel& channel, RingSource& bytes) : channel_(channel), bytes_(bytes) {}
    Result<std::string> read(std::uint64_t offset, std::uint64_t length) override {
        VERITAG_CHECK(channel_.send(MessageKind::want, MessageWriter().number(offset).number(length).take()));
        std::string all;
        while (all.size() < length) {
            VERITAG_TRY(const std::span<const std::byte> piece, bytes_.next());
            if (piece.empty()) return Error{ErrorCode::worker, "read layer", "", "fewer bytes than were asked for", ""};
            all += as_text(piece);
        }
        return all;
    }

private:
    Channel& channel_;
    RingSource& bytes_;
};

Result<std::string> work(Channel& channel, const Ring& ring, const Setup& setup, AnalyzeLayer analyze) {
    VERITAG_TRY(const Message message, channel.receive(kAnyLength));
    const bool in_part = message.kind == MessageKind::part_job;
    if (message.kind != MessageKind::job && !in_part) return Error{ErrorCode::worker, "read layer", "", "a message that is no job", ""};
    VERITAG_TRY(const LayerJob job, parse_job(message.payload));
    VERITAG_ASSERT(job.toc || !in_part);
    RingSource blob(channel, ring);
    RingRanges ranges(channel, blob);
    VERITAG_TRY(const detect::AnalyzedLayer layer, in_part ? detect::analyze_partial_layer(ranges, job.blob_size, *job.toc, setup.wanted, job.extra, setup.limits)
                                                           : analyze(blob, job, setup.wanted, setup.limits));
    MessageWriter answer;
    for (const auto time : {layer.times.inflate, layer.times.hash, layer.times.tar, layer.times.parse}) answer.number(static_cast<std::uint64_t>(time.count()));
    std::string bytes = answer.take() + serialise(layer.analysis);
    if (bytes.size() > setup.limits.image_analysis_bytes)
        return limit_error("keep the layer's analysis", "", bytes.size(), "limits.image_analysis_bytes", setup.limits.image_analysis_bytes);
    return bytes;
}

// The whole life of a worker behind fork(). Never returns; nothing of the nursery's is destroyed.
[[noreturn]] void live(std::vector<FileDescriptor> descriptors, pid_t nursery, const Setup& setup, AnalyzeLayer analyze) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != nursery || descriptors.size() != 2) ::_exit(1);  // it was gone before the line above
    Result<Ring> ring = Ring::map(descriptors[1]);
    descriptors[1].close();
    // In the nursery's place, so that no other descriptor is open.
    if (::dup3(descriptors[0].number(), kSocketNumber, 0) < 0) ::_exit(1);
    descriptors[0].close();
    Channel channel{FileDescriptor(kSocketNumber)};
    const Result<std::string> done = [&]() -> Result<std::string> {
        if (!ring) return ring.error();
        VERITAG_CHECK(confine_resources(setup.limits));
        if (setup.confined) VERITAG_CHECK(confine_calls());
        try {
            return work(channel, *ring, setup, analyze);
        } catch (const std::bad_alloc&) {
            return limit_error("read layer", "memory of the worker process", setup.limits.worker_memory_bytes, "limits.worker_memory_bytes", setup.limits.worker_memory_bytes);
        } catch (const std::exception& broken) {
            return Error{ErrorCode::internal, "read layer", "", broken.what(), ""};
        }
    }();
    const Result<void> sent = done ? channel.send(MessageKind::done, *done) : channel.send(MessageKind::failed, MessageWriter().error(done.error()).take());
    ::_exit(sent ? 0 : 1);
}

int end(pid_t worker, bool ends_by_itself) {
    int status = 0;
    if (ends_by_itself) {
        constexpr int kTries = 500;
        for (int i = 0; i < kTries; ++i) {
            if (::waitpid(worker, &status, WNOHANG) == worker) return status;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }
    ::kill(worker, SIGKILL);
    while (::waitpid(worker, &status, 0) < 0 && errno == EINTR) {}
    return status;
}

Result<void> serve(Channel& parent, AnalyzeLayer analyze) {
    VERITAG_TRY(const Message start, parent.receive(kAnyLength));
    if (start.kind != MessageKind::start) return Error{ErrorCode::worker, "start nursery", "", "a message that is no start", ""};
    VERITAG_TRY(const Setup setup, Setup::deserialise(start.payload));
    detect::load_what_parsers_need();
    if (setup.confined) {
        if (!kernel_cage().seccomp)
            return Error{ErrorCode::unsupported, "confine worker process", "", "this kernel has no seccomp filters", "--no-sandbox parses layers in processes that are not confined"};
        VERITAG_CHECK(confine_access());
    }
    VERITAG_CHECK(parent.send(MessageKind::ready, {}));
    const pid_t self = ::getpid();
    for (;;) {
        VERITAG_TRY(Message message, parent.receive(kAnyLength));
        if (message.kind == MessageKind::spawn) {
            const pid_t worker = ::fork();
            if (worker == 0) live(std::move(message.descriptors), self, setup, analyze);
            const int number = errno;
            const Error none{ErrorCode::worker, "start worker process", "", std::generic_category().message(number), ""};
            VERITAG_CHECK(worker > 0 ? parent.send(MessageKind::spawned, MessageWriter().number(static_cast<std::uint64_t>(worker)).take())
                                     : parent.send(MessageKind::failed, MessageWriter().error(none).take()));
        } else if (message.kind == MessageKind::reap) {
            ByteReader in{std::string_view(message.payload)};
            const auto worker = static_cast<pid_t>(in.u64le());
            const bool ends_by_itself = in.u64le() != 0;
            VERITAG_CHECK(parent.send(MessageKind::reaped, MessageWriter().number(static_cast<std::uint64_t>(end(worker, ends_by_itself))).take()));
        }
    }
}

}  // namespace

bool is_worker(int argc, char** argv) noexcept { return argc == 2 && std::string_view(argv[1]) == kWorkerCommand; }

Result<detect::AnalyzedLayer> analyze_layer(ByteSource& blob, const LayerJob& job, const rules::WantedFiles& wanted, const Limits& limits) {
    return detect::analyze_layer(blob, job.compression, wanted, job.extra, limits, {}, job.toc ? &*job.toc : nullptr);
}

int run_worker(AnalyzeLayer analyze) {
    constexpr int kUsage = 2;
    struct stat status {};
    if (::fstat(kSocketNumber, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        std::fputs("veritag: `worker` is what veritag starts itself to read layers in; it does nothing by hand\n", stderr);
        return kUsage;
    }
    ::prctl(PR_SET_NAME, "veritag-worker");
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);  // it ends with its parent's socket
    Channel parent{FileDescriptor(kSocketNumber)};
    const Result<void> served = serve(parent, analyze);
    if (served.error().code != ErrorCode::truncated) static_cast<void>(parent.send(MessageKind::failed, MessageWriter().error(served.error()).take()));
    ::_exit(0);
}

}  // namespace veritag::cage
