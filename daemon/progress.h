// What a person sees on stderr while a scan runs.
#pragma once

#include "scan/scanner.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace veritag::daemon {

/// On a terminal one line that is drawn again (images, layers, bytes, rate, time left); elsewhere a plain line an image, or a line of the log.
class ConsoleProgress final : public scan::Progress {
public:
    enum class Mode { silent, lines, bar, logged };
    ConsoleProgress(Mode mode, std::size_t images);
    ~ConsoleProgress() override;
    /// `bar` on a terminal, else `lines`; `logged` where stderr is to hold JSON lines; `silent` with --no-progress.
    static Mode mode_for(bool no_progress, bool json_lines) noexcept;

    void expect_images(std::size_t images) noexcept { images_ = images; }
    void reference_done();  ///< one of the images named on the command line
    void image_started(std::string_view reference, std::string_view platform, std::size_t layers, std::uint64_t bytes) override;
    void bytes_read(std::uint64_t count) override;
    void bytes_expected(std::int64_t change) override;
    void layer_done() override;
    void image_done(const ImageReport& image) override;
    void finish();  ///< takes the bar away

private:
    void draw();

    Mode mode_;
    std::atomic<std::size_t> images_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::atomic<std::size_t> done_{0};
    std::atomic<std::size_t> layers_{0};
    std::atomic<std::size_t> layers_done_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<std::uint64_t> bytes_expected_{0};
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread drawer_;
};

}  // namespace veritag::daemon
