#include "progress.h"

#include "base/log.h"
#include "base/text.h"

#include <array>
#include <cstdio>

#include <unistd.h>

namespace veritag::daemon {

using namespace std::chrono_literals;

ConsoleProgress::Mode ConsoleProgress::mode_for(bool no_progress, bool json_lines) noexcept {
    if (no_progress) return Mode::silent;
    if (json_lines) return Mode::logged;
    return isatty(STDERR_FILENO) == 1 ? Mode::bar : Mode::lines;
}

ConsoleProgress::ConsoleProgress(Mode mode, std::size_t images) : mode_(mode), images_(images) {
    if (mode_ != Mode::bar) return;
    drawer_ = std::jthread([this](std::stop_token stop) {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, stop, 200ms, [] { return false; }) && !stop.stop_requested()) draw();
    });
}

ConsoleProgress::~ConsoleProgress() { finish(); }

void ConsoleProgress::finish() {
    if (!drawer_.joinable()) return;
    drawer_.request_stop();
    drawer_.join();
    std::fputs("\r\x1b[K", stderr);
}

void ConsoleProgress::draw() {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const std::uint64_t bytes = bytes_;
    const std::uint64_t expected = bytes_expected_;
    const double rate = seconds > 0 ? static_cast<double>(bytes) / seconds : 0;
    std::string line = "images " + std::to_string(done_.load()) + "/" + std::to_string(images_.load()) + "  layers " + std::to_string(layers_done_.load()) + "/" +
                       std::to_string(layers_.load()) + "  " + human_bytes(bytes) + " of " + human_bytes(expected) + "  " +
                       human_bytes(static_cast<std::uint64_t>(rate)) + "/s";
    if (rate > 0 && expected > bytes) {
        const auto left = static_cast<std::uint64_t>(static_cast<double>(expected - bytes) / rate);
        line += "  " + std::to_string(left / 60) + " min " + std::to_string(left % 60) + " s left";
    }
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    std::fflush(stderr);
}

void ConsoleProgress::reference_done() { ++done_; }

void ConsoleProgress::image_started(std::string_view, std::string_view, std::size_t layers, std::uint64_t bytes) {
    layers_ += layers;
    bytes_expected_ += bytes;
}

void ConsoleProgress::bytes_read(std::uint64_t count) { bytes_ += count; }
void ConsoleProgress::bytes_expected(std::int64_t change) { bytes_expected_ += static_cast<std::uint64_t>(change); }  // modulo 2^64: less, too
void ConsoleProgress::layer_done() { ++layers_done_; }

void ConsoleProgress::image_done(const ImageReport& image) {
    if (mode_ != Mode::lines && mode_ != Mode::logged) return;
    const bool stopped = image.error && image.error->code == ErrorCode::cancelled;  // nothing is wrong with it
    const std::string verdict(stopped ? "stopped" : to_string(image.verdict));
    if (mode_ == Mode::logged)
        return log::info("image", {{"verdict", verdict}, {"reference", quote(image.reference, 1000)}, {"platform", quote(image.platform)}, {"digest", quote(image.digest)}, {"error", image.error ? image.error->message() : ""}});
    const std::lock_guard lock(mutex_);
    std::fprintf(stderr, "veritag: %s: %s%s%s\n", verdict.c_str(), quote(image.reference).c_str(), image.platform.empty() ? "" : " ", quote(image.platform).c_str());
}

}  // namespace veritag::daemon
