#include "registry/credential_helper.h"

#include "base/limits.h"
#include "base/text.h"
#include "oci/json.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

namespace veritag::registry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxOutputBytes = 1 << 20;
constexpr std::chrono::milliseconds kPollStep{50};  // how late a stop request may be seen

Error helper_error(const std::string& name, std::string saw, ErrorCode code = ErrorCode::config) {
    return Error{code, "run credential helper", "docker-credential-" + quote(name, 80), std::move(saw),
                 "check credsStore and credHelpers of the auth file"};
}

class FileDescriptor {
public:
    explicit FileDescriptor(int fd = -1) noexcept : fd_(fd) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() { close(); }
    [[nodiscard]] int get() const noexcept { return fd_; }
    void reset(int fd) noexcept {
        close();
        fd_ = fd;
    }
    void close() noexcept {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    int fd_;
};

// A child in its own process group, so that what it started dies with it. Always reaped.
class Child {
public:
    explicit Child(pid_t pid) noexcept : pid_(pid) {}
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(-pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    /// The exit status once it has ended, nullopt before.
    std::optional<int> poll_exit() noexcept {
        int status = 0;
        const pid_t got = ::waitpid(pid_, &status, WNOHANG);
        if (got == 0 || (got < 0 && errno == EINTR)) return std::nullopt;
        pid_ = -1;
        return got < 0 ? 0 : status;  // ECHILD: somebody ignores SIGCHLD, so the status is lost and the output decides
    }

private:
    pid_t pid_;
};

// stdin and stdout of the child are one end each of a socket pair: unlike a pipe, a socket can be written without SIGPIPE.
Result<pid_t> start(const std::string& name, int child_end) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, child_end, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child_end, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);  // a helper may print secrets there
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    std::string program = "docker-credential-" + name;
    std::string verb = "get";
    const std::array<char*, 3> arguments{program.data(), verb.data(), nullptr};
    pid_t pid = -1;
    const int failed = posix_spawnp(&pid, program.c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) return helper_error(name, std::string("it does not start: ") + std::strerror(failed));
    return pid;
}

Result<void> send_all(const std::string& name, int fd, std::string_view text) {
    while (!text.empty()) {
        // A server name is far smaller than a socket buffer, so this never blocks.
        const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EPIPE) return ok();  // it does not read its input; its output will tell
        if (sent < 0) return helper_error(name, std::string("writing to it failed: ") + std::strerror(errno));
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return ok();
}

}  // namespace

bool is_helper_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 100 && name != "." && name != ".." && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

Result<std::optional<Credential>> parse_helper_output(const std::string& helper, bool exited_well, std::string_view output) {
    if (!exited_well) {
        if (trim(output).starts_with("credentials not found in native keychain")) return std::optional<Credential>();
        return helper_error(helper, "it failed");
    }
    const Result<rapidjson::Document> document = oci::parse_json("read credentials", "", output, Limits{});
    if (!document || !document->IsObject()) return helper_error(helper, "its output is no JSON object");
    std::string user = oci::json_string(*document, "Username");
    std::string secret = oci::json_string(*document, "Secret");
    if (user.empty() && secret.empty()) return std::optional<Credential>();
    Credential credential;
    if (user == "<token>") {
        credential.identity_token = std::move(secret);
    } else {
        credential.username = std::move(user);
        credential.password = std::move(secret);
    }
    return std::optional<Credential>(std::move(credential));
}

Result<std::optional<Credential>> run_credential_helper(const std::string& name, const std::string& server,
                                                        std::chrono::milliseconds timeout, std::stop_token stop) {
    if (!is_helper_name(name)) return helper_error(name, "the name may hold only letters, digits, \".\", \"_\" and \"-\"");
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return helper_error(name, std::string("no socket for it: ") + std::strerror(errno), ErrorCode::internal);
    FileDescriptor ours(ends[0]);
    FileDescriptor theirs(ends[1]);
    VERITAG_TRY(const pid_t pid, start(name, theirs.get()));
    Child child(pid);
    theirs.close();
    VERITAG_CHECK(send_all(name, ours.get(), server));
    ::shutdown(ours.get(), SHUT_WR);

    const Clock::time_point deadline = Clock::now() + timeout;
    std::string output;
    std::array<char, 4096> buffer{};
    bool open = true;
    for (;;) {
        if (stop.stop_requested()) return helper_error(name, "stopped", ErrorCode::cancelled);
        if (Clock::now() >= deadline) return helper_error(name, "no answer within " + std::to_string(timeout.count()) + " ms");
        if (!open) {
            if (const auto status = child.poll_exit())
                return parse_helper_output(name, WIFEXITED(*status) && WEXITSTATUS(*status) == 0, output);
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
            continue;
        }
        pollfd waiting{ours.get(), POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(kPollStep.count())) <= 0) continue;
        const ssize_t got = ::recv(ours.get(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        open = got > 0;
        if (open) output.append(buffer.data(), static_cast<std::size_t>(got));
        if (output.size() > kMaxOutputBytes) return helper_error(name, "it printed over " + std::to_string(kMaxOutputBytes) + " bytes");
    }
}

}  // namespace veritag::registry
