#include "cage/nursery.h"

#include "base/byte_reader.h"
#include "base/log.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <type_traits>

namespace veritag::cage {
namespace {

constexpr std::uint64_t kMostAnswerBytes = 64 << 10;

Error failed(std::string what, int number) { return {ErrorCode::worker, std::move(what), "", std::generic_category().message(number), ""}; }

// The same executable with nothing but the socket.
Result<pid_t> execute(int socket) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    for (int standard = 0; standard < kSocketNumber; ++standard) ::posix_spawn_file_actions_addopen(&files, standard, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&files, socket, kSocketNumber);
    ::posix_spawn_file_actions_addclosefrom_np(&files, kSocketNumber + 1);
    // A group of its own: Ctrl-C in a terminal is veritag's to handle.
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    std::array<char, 8> name{"veritag"};
    std::array<char, 8> command{};
    std::strncpy(command.data(), kWorkerCommand, command.size() - 1);
    std::array<char*, 3> arguments{name.data(), command.data(), nullptr};
    std::array<char*, 1> environment{nullptr};
    pid_t pid = -1;
    const int number = ::posix_spawn(&pid, "/proc/self/exe", &files, &attributes, arguments.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
    if (number != 0) return failed("start worker process", number);
    return pid;
}

Result<Message> answer_of(Channel& channel, MessageKind expected) {
    VERITAG_TRY(Message message, channel.receive(kMostAnswerBytes));
    if (message.kind == MessageKind::failed) return parse_error(message.payload);
    if (message.kind != expected)
        return Error{ErrorCode::worker, "ask for a worker process", "", "an answer of kind " + std::to_string(static_cast<unsigned>(message.kind)), ""};
    return message;
}

}  // namespace

std::string Setup::serialise() const {
    static_assert(std::is_trivially_copyable_v<Limits>);  // from one process of this executable to another
    std::string raw(sizeof limits, '\0');
    std::memcpy(raw.data(), &limits, sizeof limits);
    return MessageWriter().text(raw).number(confined ? 1 : 0).text(wanted.serialise()).take();
}

Result<Setup> Setup::deserialise(std::string_view bytes) {
    ByteReader in(bytes, "setup");
    Setup setup;
    const std::string_view raw = in.text(in.u64le());
    setup.confined = in.u64le() != 0;
    const std::string_view wanted = in.text(in.u64le());
    if (!in.ok() || !in.at_end() || raw.size() != sizeof setup.limits) return in.malformed("read setup", "it is of another executable");
    std::memcpy(&setup.limits, raw.data(), sizeof setup.limits);
    VERITAG_TRY(setup.wanted, rules::WantedFiles::deserialise(wanted));
    return setup;
}

Nursery::~Nursery() { stop(); }

Result<void> Nursery::start() {
    VERITAG_TRY(auto ends, Channel::make_pair());
    VERITAG_TRY(const pid_t pid, execute(ends.second.number()));
    ends.second.close();
    process_.emplace(Process{pid, Channel(std::move(ends.first))});
    Result<void> sent = process_->channel.send(MessageKind::start, setup_);
    if (!sent) return sent;
    VERITAG_TRY(const Message ready, answer_of(process_->channel, MessageKind::ready));
    log::debug("nursery ready", {{"pid", static_cast<std::uint64_t>(pid)}});
    return ok();
}

void Nursery::stop() {
    if (!process_) return;
    const pid_t pid = process_->pid;
    process_.reset();
    ::kill(pid, SIGKILL);  // its workers go with it
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {}
}

Result<Worker> Nursery::try_spawn() {
    if (!process_) VERITAG_CHECK(start());
    VERITAG_TRY(auto ends, Channel::make_pair());
    VERITAG_TRY(Ring ring, Ring::make());
    VERITAG_TRY(const FileDescriptor reader, ring.reader_descriptor());
    const std::array<int, 2> handed{ends.second.number(), reader.number()};
    VERITAG_CHECK(process_->channel.send(MessageKind::spawn, {}, handed));
    VERITAG_TRY(const Message spawned, answer_of(process_->channel, MessageKind::spawned));
    VERITAG_TRY(const std::uint64_t pid, parse_number(spawned.payload));
    return Worker{static_cast<pid_t>(pid), Channel(std::move(ends.first)), std::move(ring)};
}

Result<Worker> Nursery::spawn() {
    const std::lock_guard lock(mutex_);
    const bool is_new = !process_;
    Result<Worker> worker = try_spawn();
    if (worker) return worker;
    stop();
    // One that worked before may have been killed; one that never did will not do so now.
    if (is_new || worker.error().code == ErrorCode::unsupported) return worker;
    log::warn("nursery lost, starting another", {{"cause", worker.error().message()}});
    Result<Worker> second = try_spawn();
    if (!second) stop();
    return second;
}

std::optional<int> Nursery::reap(pid_t worker, bool ends_by_itself) {
    const std::lock_guard lock(mutex_);
    if (!process_) return std::nullopt;
    const auto ask = [&]() -> Result<int> {
        VERITAG_CHECK(process_->channel.send(MessageKind::reap, MessageWriter().number(static_cast<std::uint64_t>(worker)).number(ends_by_itself ? 1 : 0).take()));
        VERITAG_TRY(const Message reaped, answer_of(process_->channel, MessageKind::reaped));
        VERITAG_TRY(const std::uint64_t status, parse_number(reaped.payload));
        return static_cast<int>(status);
    };
    const Result<int> status = ask();
    return status ? std::optional<int>(*status) : std::nullopt;
}

}  // namespace veritag::cage
