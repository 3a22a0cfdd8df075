// Reads the layers of all images of a run on a fixed number of threads, and each layer once however many images want it.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "detect/layer_analyzer.h"
#include "model/layer_analysis.h"

#include <compare>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace veritag::scan {

/// What is read: two images that want the same share one reading.
struct LayerKey {
    Digest blob;
    std::string compression;  ///< as the manifest calls it; a layer under a wrong name is read by itself, so that this is told
    Digest toc;               ///< of the table of contents it is compared with or read by
    bool in_part = false;
    detect::ExtraPaths extra;
    friend auto operator<=>(const LayerKey&, const LayerKey&) = default;
};

struct LayerPoolOptions {
    std::size_t jobs = 2;                    ///< layers read side by side, at least 1
    std::uint64_t giant_bytes = 64ULL << 20; ///< a layer (compressed) from here on may hold others up for long
    std::uint64_t held_bytes = 16ULL << 20;  ///< analyses of all images in flight beyond which only the oldest one goes on
};

/// Thread-safe. Threads start when there is work for them and end with the pool; no batch may be left then.
class LayerPool {
public:
    using Analysis = std::shared_ptr<const LayerAnalysis>;
    /// Runs on a thread of the pool; ends early with `cancelled` when its token says so. What it throws becomes an error.
    using Read = std::function<Result<Analysis>(std::stop_token)>;

    explicit LayerPool(LayerPoolOptions options);
    ~LayerPool();
    LayerPool(const LayerPool&) = delete;
    LayerPool& operator=(const LayerPool&) = delete;

    class Batch;

private:
    struct Request {
        Batch* batch;
        std::size_t index;
        Read read;
    };
    struct Task {
        std::uint64_t size = 0;
        std::uint64_t age = 0;  // smaller is older
        bool running = false;
        std::vector<Request> requests;  // the first one's `read` is used; empty only while running: all gave up
        std::stop_source stop;
    };
    using Tasks = std::map<LayerKey, Task>;

    // All of these under mutex_.
    [[nodiscard]] Tasks::iterator choose(bool by_age);
    [[nodiscard]] bool goes_before(const Task& a, const Task& b, bool by_age) const noexcept;
    [[nodiscard]] bool is_giant(const Task& task) const noexcept { return task.size >= options_.giant_bytes; }
    void run(std::unique_lock<std::mutex>& lock, Tasks::iterator chosen);
    void deliver(const Request& request, const Result<Analysis>& analysis, bool shared);
    void start_thread();

    void work(bool express);  // a thread's life

    const LayerPoolOptions options_;
    std::mutex mutex_;
    std::condition_variable wake_;  // the threads
    bool closing_ = false;
    Tasks tasks_;  // waiting and running
    std::uint64_t next_age_ = 0;
    std::size_t giants_running_ = 0;
    std::list<Batch*> batches_;  // oldest first
    std::uint64_t held_bytes_ = 0;
    std::vector<std::thread> threads_;
};

/// The layers of one image, for the thread that judges it. Lives until the image is judged: the analyses it was given count as held.
class LayerPool::Batch {
public:
    /// A request of `stop` gives the batch up.
    Batch(LayerPool& pool, std::stop_token stop);
    /// Gives up, and returns when nothing that was handed to `add` is in use any more.
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    struct Finished {
        std::size_t index;
        Result<Analysis> analysis;
        bool shared;  ///< another image's request, or another of this one, read it
    };

    /// Layers of one size are read in the order they were added. `size` in bytes, compressed.
    void add(std::size_t index, LayerKey key, std::uint64_t size, Read read);
    /// Waits for the next layer that is done; nullopt: all are, or the batch was given up.
    std::optional<Finished> next();
    /// Nothing more is wanted. A layer that other batches want is read on.
    void give_up();

private:
    friend class LayerPool;

    LayerPool& pool_;
    // Under the pool's mutex.
    std::condition_variable changed_;
    std::deque<Finished> finished_;
    std::size_t open_ = 0;     // requests not answered
    std::size_t reading_ = 0;  // of this batch's `read` functions, on the pool's threads now
    std::uint64_t held_bytes_ = 0;
    bool given_up_ = false;
    std::optional<std::stop_callback<std::function<void()>>> on_stop_;  // last: goes first, and then calls nobody any more
};

}  // namespace veritag::scan
