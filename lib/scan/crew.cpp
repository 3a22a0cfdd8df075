#include "scan/crew.h"

#include <algorithm>
#include <utility>

namespace veritag::scan {

Crew::~Crew() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        wake_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
}

void Crew::run(std::size_t count, const std::function<void(std::size_t)>& work) {
    if (count == 0) return;
    Group group{.work = work, .count = count};
    std::unique_lock lock(mutex_);
    groups_.push_front(&group);
    start_helpers(count - 1);
    while (group.next < group.count) work_on(lock, group);
    group.all_ended.wait(lock, [&] { return group.ended == group.count; });
    if (group.thrown) std::rethrow_exception(group.thrown);
}

// As many as there are pieces besides the caller's, whatever the others have in hand: those that find nothing to do sleep.
void Crew::start_helpers(std::size_t pieces) {
    try {
        for (std::size_t i = 0; i < pieces && threads_.size() < helpers_; ++i) threads_.emplace_back([this] { help(); });
    } catch (const std::exception&) {
        // No more threads to be had: those that run do the work, the caller at least.
    }
    wake_.notify_all();
}

void Crew::help() {
    std::unique_lock lock(mutex_);
    while (!closing_) {
        if (groups_.empty())
            wake_.wait(lock);
        else
            work_on(lock, *groups_.front());
    }
}

void Crew::work_on(std::unique_lock<std::mutex>& lock, Group& group) {
    const std::size_t piece = group.next++;
    if (group.next == group.count) groups_.remove(&group);
    lock.unlock();
    std::exception_ptr thrown;
    try {
        group.work(piece);
    } catch (...) {
        thrown = std::current_exception();
    }
    lock.lock();
    if (thrown && !group.thrown) group.thrown = std::move(thrown);
    if (++group.ended == group.count) group.all_ended.notify_all();
}

}  // namespace veritag::scan
