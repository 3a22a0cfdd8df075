// The parent against workers of every sort. This program is its own nursery (main() below), and what a worker does with its layer is
// told by the job's compression: `none` is read as veritag does, every other word is a misdeed.
#include "cage/caged_reader.h"
#include "cage/channel.h"
#include "cage/confine.h"
#include "cage/worker.h"

#include "base/byte_reader.h"
#include "base/digest.h"
#include "tar_writer.h"
#include "test_rules.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace veritag::cage {
namespace {

#if defined(__SANITIZE_ADDRESS__)
#define VERITAG_TEST_SANITIZED
#endif

using test::tar_end;
using test::tar_file;

// Bytes in pieces of a size that fits no block.
class TextSource final : public ByteSource {
public:
    explicit TextSource(std::string text, std::size_t piece = 70'001) : text_(std::move(text)), piece_(piece) {}
    Result<std::span<const std::byte>> next() override {
        const std::span<const std::byte> piece = std::as_bytes(std::span(text_)).subspan(at_, std::min(piece_, text_.size() - at_));
        at_ += piece.size();
        return piece;
    }
    [[nodiscard]] std::size_t given() const noexcept { return at_; }

private:
    std::string text_;
    std::size_t piece_;
    std::size_t at_ = 0;
};

// ---- what workers do ----

void say(MessageKind kind, std::string_view payload) {
    Channel channel{FileDescriptor(kSocketNumber)};
    static_cast<void>(channel.send(kind, payload));
    static_cast<void>(new Channel(std::move(channel)));  // the descriptor is the worker's own and stays open
}

int deeper(int depth) {
    volatile int kept = depth;
    return depth < 0 ? 0 : deeper(depth + 1) + kept;
}

Result<detect::AnalyzedLayer> misbehave(std::string_view deed, ByteSource& blob) {
    if (deed == "crash") ::raise(SIGSEGV);
    if (deed == "abort") std::abort();
    if (deed == "bug") VERITAG_ASSERT(deed.empty());
    if (deed == "loop")
        for (volatile bool on = true; on;) {}
    if (deed == "recurse") static_cast<void>(deeper(0));
    if (deed == "allocate") {
        std::vector<std::string> all;
        for (;;) all.emplace_back(1 << 20, 'x');
    }
    if (deed == "quiet") ::_exit(0);
    if (deed == "open") static_cast<void>(::open("/etc/passwd", O_RDONLY));
    if (deed == "socket") static_cast<void>(::socket(AF_INET, SOCK_STREAM, 0));
    if (deed == "fork") static_cast<void>(::fork());
    if (deed == "exec") static_cast<void>(::execl("/bin/true", "true", nullptr));
    if (deed == "kill") static_cast<void>(::kill(::getppid(), SIGKILL));
    if (deed == "code") static_cast<void>(::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (deed == "scribble") {
        VERITAG_TRY(const auto piece, blob.next());
        const_cast<std::byte&>(piece[0]) = std::byte{1};
    }
    if (deed == "more") say(MessageKind::taken, MessageWriter().number(1ULL << 40).take());
    if (deed == "kind") say(static_cast<MessageKind>(99), "");
    if (deed == "garbage") say(MessageKind::done, "this is no analysis at all, but it is long enough for the times");
    if (deed == "error") say(MessageKind::failed, "no error either");
    if (deed == "huge") {
        const std::string header("\x0b\0\0\0\xff\xff\xff\xff", 8);
        static_cast<void>(::send(kSocketNumber, header.data(), header.size(), 0));  // not among a worker's system calls
    }
    if (deed == "length") {
        std::string header("\x0b\0\0\0\xff\xff\xff\xff", 8);
        iovec part{header.data(), header.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        static_cast<void>(::sendmsg(kSocketNumber, &message, 0));
    }
    if (deed == "early") return detect::AnalyzedLayer{};
    if (deed == "vanish") return Error{ErrorCode::not_found, "choose platform", "", "of another platform", ""};
    if (deed == "escape") return Error{ErrorCode::malformed, "read\x1b[31m", "here\n", "\xff", ""};
    for (;;) {  // whoever spoke nonsense waits for what comes of it
        VERITAG_TRY(const auto piece, blob.next());
        if (piece.empty()) return detect::AnalyzedLayer{};
    }
}

}  // namespace

Result<detect::AnalyzedLayer> act(ByteSource& blob, const LayerJob& job, const rules::WantedFiles& wanted, const Limits& limits) {
    return job.compression == "none" ? analyze_layer(blob, job, wanted, limits) : misbehave(job.compression, blob);
}

namespace {

// ---- the parent ----

struct Bench {
    explicit Bench(Limits chosen = quick(), bool confined = true) : limits(chosen), reader(rules.wanted(), {.limits = limits, .confined = confined}) {}
    static Limits quick() {
        Limits limits;
        limits.worker_silence_seconds = 2;
        limits.worker_memory_bytes = 512ULL << 20;
        return limits;
    }
    Result<detect::AnalyzedLayer> read(const std::string& deed, const std::string& tar) {
        TextSource blob(tar);
        return reader.read(blob, {.compression = deed, .blob_size = 0, .toc = {}, .extra = {}}, {});
    }
    std::string error(const std::string& deed, const std::string& tar = std::string(3 << 20, 'x')) {
        const auto layer = read(deed, tar);
        return layer ? "no error" : std::string(to_string(layer.error().code)) + ": " + layer.error().message();
    }

    rules::RuleSet rules = test::test_rules();
    Limits limits;
    CagedReader reader;
};

const std::string& good_tar() {
    static const std::string tar = [] {
        std::string text;
        for (int i = 0; i < 300; ++i) text += tar_file("usr/share/doc/file" + std::to_string(i), std::string(static_cast<std::size_t>(i) * 97, 'd'));
        return text + tar_file("etc/os-release", "ID=test\nVERSION_ID=1\n") + tar_end();
    }();
    return tar;
}

void expect_good(const Result<detect::AnalyzedLayer>& layer, const std::string& tar = good_tar()) {
    ASSERT_TRUE(layer) << layer.error().message();
    EXPECT_EQ(layer->analysis.diff_id, sha256_of(tar));
    EXPECT_EQ(layer->analysis.tar_size, tar.size());
}

TEST(CagedReader, ReadsWhatAPlainOneReads) {
    Bench bench;
    TextSource blob(good_tar());
    const auto plain = detect::analyze_layer(blob, "none", bench.rules.wanted(), {}, bench.limits);
    ASSERT_TRUE(plain);
    const auto caged = bench.read("none", good_tar());
    expect_good(caged);
    EXPECT_EQ(serialise(caged->analysis), serialise(plain->analysis));
    EXPECT_GT(plain->analysis.captures.size(), 0U);
}

TEST(CagedReader, ReadsFilesUnderTheNamesOfTheJob) {
    Bench bench;
    TextSource blob(tar_file("opt/release", "ID=test\n") + tar_end());
    const auto layer = bench.reader.read(blob, {.compression = "none", .blob_size = 0, .toc = {}, .extra = {{"opt/release", "etc/os-release"}}}, {});
    ASSERT_TRUE(layer) << layer.error().message();
    ASSERT_EQ(layer->analysis.captures.size(), 1U);
    EXPECT_EQ(layer->analysis.captures[0].path, "opt/release");
}

TEST(CagedReader, ALayerLongerThanTheRingComesWholeInAnyPieces) {
    Bench bench;
    std::mt19937 random(1);
    std::string noise(5 << 20, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    const std::string tar = tar_file("noise", noise) + tar_end();
    for (const std::size_t piece : {std::size_t{4099}, std::size_t{1} << 18, tar.size()}) {
        TextSource blob(tar, piece);
        expect_good(bench.reader.read(blob, {.compression = "none", .blob_size = 0, .toc = {}, .extra = {}}, {}), tar);
    }
}

TEST(CagedReader, AnErrorOfTheLayerIsTheWorkersOwn) {
    Bench bench;
    EXPECT_EQ(bench.error("none", tar_file("../up", "x") + tar_end()).substr(0, 10), "malformed:");
    EXPECT_EQ(bench.error("none", std::string(4 << 20, 'x')).substr(0, 10), "malformed:");
    Limits few = Bench::quick();
    few.tar_entries = 5;
    EXPECT_NE(Bench(few).error("none", good_tar()).find("limits.tar_entries"), std::string::npos) << "limits go to the worker";
}

struct Deed {
    const char* name;
    const char* error;
};

class Misdeeds : public testing::TestWithParam<Deed> {};
TEST_P(Misdeeds, CostTheLayerAndNoOther) {
    Bench bench;
    const std::string error = bench.error(GetParam().name);
    EXPECT_NE(error.find(GetParam().error), std::string::npos) << error;
    expect_good(bench.read("none", good_tar()));
}
constexpr const char* kForbidden = "worker: read layer: the process that parses the layer tried what it must not do";
INSTANTIATE_TEST_SUITE_P(All, Misdeeds, testing::Values(
    Deed{"crash", "crashed with signal 11"}, Deed{"abort", "crashed with signal 6"}, Deed{"bug", "crashed with signal 6"}, Deed{"recurse", "crashed with signal 11"},
    Deed{"loop", "timeout: read layer: the worker process did not go on for 2 s"}, Deed{"quiet", "ended without an answer, with status 0"},
    Deed{"open", kForbidden}, Deed{"socket", kForbidden}, Deed{"fork", kForbidden}, Deed{"exec", kForbidden}, Deed{"kill", kForbidden}, Deed{"code", kForbidden},
    Deed{"huge", kForbidden}, Deed{"scribble", "crashed with signal 11"}, Deed{"more", "it says that it took 1099511627776 bytes"}, Deed{"kind", "a message of kind 99"},
    Deed{"garbage", "malformed: read stored layer analysis"}, Deed{"error", "malformed: read message"}, Deed{"length", "kind 11 with 4294967295 bytes"},
    Deed{"vanish", "worker: choose platform"}, Deed{"escape", "malformed: read\\x1b[31m: here\\x0a: \\xff"}),
    [](const testing::TestParamInfo<Deed>& each) { return std::string(each.param.name); });

TEST(CagedReader, MemoryIsLimited) {
#ifdef VERITAG_TEST_SANITIZED
    GTEST_SKIP() << "sanitizers need more address space than any limit leaves";
#endif
    Bench bench;
    EXPECT_EQ(bench.error("allocate").substr(0, 57), "over-limit: read layer: memory of the worker process: 536");
    expect_good(bench.read("none", good_tar()));
}

TEST(CagedReader, AnAnswerBeforeTheEndIsTakenButTheBlobWasNotRead) {
    Bench bench;
    TextSource blob(std::string(8 << 20, 'x'));
    const auto layer = bench.reader.read(blob, {.compression = "early", .blob_size = 0, .toc = {}, .extra = {}}, {});
    ASSERT_TRUE(layer);
    EXPECT_LT(blob.given(), std::size_t{8} << 20) << "so its digest cannot be the layer's";
}

TEST(CagedReader, ProcessorTimeIsLimited) {
    Limits limits = Bench::quick();
    limits.worker_silence_seconds = 60;
    limits.worker_cpu_seconds = 1;
    EXPECT_NE(Bench(limits).error("loop").find("limits.worker_cpu_seconds"), std::string::npos);
}

TEST(CagedReader, StopsWhenAsked) {
    Limits limits;
    Bench bench(limits);
    std::stop_source stop;
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop.request_stop();
    });
    TextSource blob(std::string(3 << 20, 'x'));
    const auto layer = bench.reader.read(blob, {.compression = "loop", .blob_size = 0, .toc = {}, .extra = {}}, stop.get_token());
    later.join();
    ASSERT_FALSE(layer);
    EXPECT_EQ(layer.error().code, ErrorCode::cancelled);
}

TEST(CagedReader, AnErrorOfTheSourceIsPassedOn) {
    class Failing final : public ByteSource {
    public:
        Result<std::span<const std::byte>> next() override { return Error{ErrorCode::truncated, "receive message", "host", "cut", ""}; }
    } blob;
    Bench bench;
    const auto layer = bench.reader.read(blob, {.compression = "none", .blob_size = 0, .toc = {}, .extra = {}}, {});
    ASSERT_FALSE(layer);
    EXPECT_EQ(layer.error().message(), "receive message: host: cut");
}

TEST(CagedReader, UnconfinedWorkersStillCrashAlone) {
    Bench bench(Bench::quick(), false);
    EXPECT_NE(bench.error("crash").find("crashed with signal 11"), std::string::npos);
    EXPECT_EQ(bench.error("socket").find(kForbidden), std::string::npos) << "they may try";
    expect_good(bench.read("none", good_tar()));
}

std::vector<pid_t> children_of(pid_t parent) {
    std::ifstream in("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    std::vector<pid_t> all;
    for (pid_t child = 0; in >> child;) all.push_back(child);
    return all;
}

std::string status_line(pid_t pid, const std::string& name) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(name + ":")) return line.substr(line.find('\t') + 1);
    return {};
}

// Gives half of a layer and then holds the rest until the test has looked.
class HoldingSource final : public ByteSource {
public:
    Result<std::span<const std::byte>> next() override {
        if (++calls_ == 1) return std::as_bytes(std::span(good_tar())).first(good_tar().size() / 2);
        reached.store(true);
        reached.notify_all();
        go_on.wait(false);
        return calls_ == 2 ? std::as_bytes(std::span(good_tar())).subspan(good_tar().size() / 2) : std::span<const std::byte>();
    }
    std::atomic<bool> reached{false};
    std::atomic<bool> go_on{false};

private:
    int calls_ = 0;
};

TEST(CagedReader, AWorkerHasNothingButItsSocket) {
    Bench bench;
    HoldingSource blob;
    Result<detect::AnalyzedLayer> layer = Error{};
    std::thread reading([&] { layer = bench.reader.read(blob, {.compression = "none", .blob_size = 0, .toc = {}, .extra = {}}, {}); });
    blob.reached.wait(false);
    // The nursery may belong to another thread of this process.
    pid_t nursery = -1, worker = -1;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream in(task.path() / "children");
        for (pid_t child = 0; in >> child;)
            if (status_line(child, "Name") == "veritag-worker") nursery = child;
    }
    ASSERT_GT(nursery, 0);
    ASSERT_EQ(children_of(nursery).size(), 1U);
    worker = children_of(nursery)[0];
    for (int i = 0; i < 500 && status_line(worker, "Seccomp") != "2"; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(status_line(worker, "Seccomp"), "2") << "filtered";
    EXPECT_EQ(status_line(worker, "NoNewPrivs"), "1");
    EXPECT_EQ(status_line(nursery, "NoNewPrivs"), "1");
    std::ifstream environment("/proc/" + std::to_string(worker) + "/environ");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(environment), {}), "");
    std::map<std::string, std::string> open;
    for (const auto& each : std::filesystem::directory_iterator("/proc/" + std::to_string(worker) + "/fd"))
        open[each.path().filename()] = std::filesystem::read_symlink(each.path()).string().substr(0, 9);
    EXPECT_EQ(open.size(), 4U);
    for (const char* standard : {"0", "1", "2"}) EXPECT_EQ(open[standard], "/dev/null");
    EXPECT_TRUE(open["3"].starts_with("socket:"));
    blob.go_on.store(true);
    blob.go_on.notify_all();
    reading.join();
    expect_good(layer);
}

TEST(CagedReader, SurvivesWorkersAndNurseriesKilledAtRandomPoints) {
    Bench bench;
    std::atomic<bool> over{false};
    std::thread killer([&] {
        std::mt19937 random(7);
        while (!over) {
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
            std::vector<pid_t> victims;
            for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
                std::ifstream in(task.path() / "children");
                for (pid_t child = 0; in >> child;) {
                    if (random() % 8 == 0) victims.push_back(child);
                    for (const pid_t worker : children_of(child)) victims.push_back(worker);
                }
            }
            if (!victims.empty()) ::kill(victims[random() % victims.size()], SIGKILL);
        }
    });
    std::size_t good = 0, lost = 0;
    std::mutex mutex;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 60; ++i) {
                    const auto layer = bench.read("none", good_tar());
                    const std::lock_guard lock(mutex);
                    if (layer) {
                        EXPECT_EQ(layer->analysis.diff_id, sha256_of(good_tar()));
                        ++good;
                    } else {
                        EXPECT_TRUE(layer.error().code == ErrorCode::worker || layer.error().code == ErrorCode::truncated) << layer.error().message();
                        ++lost;
                    }
                }
            });
    }
    over = true;
    killer.join();
    EXPECT_EQ(good + lost, 180U);
    EXPECT_GT(lost, 0U);
    EXPECT_GT(good, 0U);
    expect_good(bench.read("none", good_tar()));
}

TEST(Confine, DescribesWhatTheKernelOffers) {
    EXPECT_EQ(describe({.seccomp = true, .landlock = 7}), "seccomp, Landlock 7, resource limits");
    EXPECT_EQ(describe({.seccomp = false, .landlock = 0}), "no seccomp (this kernel lacks it), no Landlock (this kernel lacks it), resource limits");
}

// In a child, since there is no way back.
TEST(Confine, WithoutAccessNoFileOpensAndNoPortConnects) {
    if (kernel_cage().landlock == 0) GTEST_SKIP() << "this kernel has no Landlock";
    const pid_t child = ::fork();
    if (child == 0) {
        if (!confine_access()) ::_exit(10);
        if (::open("/etc/passwd", O_RDONLY) >= 0) ::_exit(11);
        if (::open("/", O_RDONLY | O_DIRECTORY) >= 0) ::_exit(12);
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace veritag::cage

int main(int argc, char** argv) {
    if (veritag::cage::is_worker(argc, argv)) return veritag::cage::run_worker(&veritag::cage::act);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
