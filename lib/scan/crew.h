// Work on several images side by side, on a bounded number of threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace veritag::scan {

/// Thread-safe. Whoever brings work takes part in it, so `run` may be called inside of `run` (the platforms of one of several
/// references) and never waits for a free thread. Threads start when there is work for them and end with the crew.
class Crew {
public:
    /// At most `helpers` threads besides those that call `run`.
    explicit Crew(std::size_t helpers) : helpers_(helpers) {}
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// Calls `work(0)` to `work(count - 1)`, begun in that order, and returns when all have ended. What one throws is thrown here,
    /// after the others have ended; of several, the first.
    void run(std::size_t count, const std::function<void(std::size_t)>& work);

private:
    struct Group {
        const std::function<void(std::size_t)>& work;
        std::size_t count;
        std::size_t next = 0;
        std::size_t ended = 0;
        std::exception_ptr thrown;
        std::condition_variable all_ended;
    };

    void help();  // a helper's life
    void work_on(std::unique_lock<std::mutex>& lock, Group& group);  // one piece
    void start_helpers(std::size_t pieces);

    const std::size_t helpers_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool closing_ = false;
    std::list<Group*> groups_;  // with pieces that nobody has begun; the newest first, so that what has begun is finished before more is
    std::vector<std::thread> threads_;
};

}  // namespace veritag::scan
