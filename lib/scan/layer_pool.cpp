#include "scan/layer_pool.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace veritag::scan {
namespace {

Result<LayerPool::Analysis> call(LayerPool::Read read, std::stop_token stop) {
    try {
        return read(std::move(stop));
    } catch (const std::exception& broken) {  // memory ran out, or the like: it costs this image, not the run
        return Error{ErrorCode::internal, "read layer", "", broken.what(), ""};
    } catch (...) {
        return Error{ErrorCode::internal, "read layer", "", "it failed unexpectedly", ""};
    }
}

}  // namespace

LayerPool::LayerPool(LayerPoolOptions options) : options_(options) {}

LayerPool::~LayerPool() {
    {
        const std::lock_guard lock(mutex_);
        VERITAG_ASSERT(batches_.empty());
        closing_ = true;
        wake_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
}

// The first thread is the express one.
void LayerPool::start_thread() {
    if (threads_.size() >= std::min(tasks_.size(), std::max<std::size_t>(options_.jobs, 1))) return;
    const bool express = threads_.empty() && options_.jobs > 1;
    try {
        threads_.emplace_back([this, express] { work(express); });
    } catch (const std::exception&) {
        if (threads_.empty()) throw;  // else those that run will do
    }
}

void LayerPool::work(bool express) {
    std::unique_lock lock(mutex_);
    while (!closing_) {
        const auto chosen = choose(express || (options_.jobs > 1 && giants_running_ + 1 >= options_.jobs));
        if (chosen != tasks_.end())
            run(lock, chosen);
        else
            wake_.wait(lock);
    }
}

// Which layer next? The largest: what takes longest must not begin last, or all wait for it in the end. Two things are better than
// that. (1) One thread is the express lane: it takes the oldest layer that is no giant, so that no image, however small, waits for
// ever behind larger ones that keep coming. (2) Where all other threads are in the hands of giants, the last one is an express lane,
// too: small images pass while giants are read, and a giant that waits for a small layer waits shortly. Where nothing but giants waits,
// every thread takes them: an idle thread would help nobody. Images in flight are few, so what comes by size alone comes, too.
//
// Where the analyses in memory are many, only the oldest image is read on: it will be judged and let go of what it holds. (It never
// waits for younger ones: its layers are being read, or may be.)
LayerPool::Tasks::iterator LayerPool::choose(bool by_age) {
    const Batch* only = held_bytes_ > options_.held_bytes && !batches_.empty() ? batches_.front() : nullptr;
    auto best = tasks_.end();
    for (auto each = tasks_.begin(); each != tasks_.end(); ++each) {
        const Task& task = each->second;
        if (task.running) continue;
        const auto& requests = task.requests;
        if (only != nullptr && std::none_of(requests.begin(), requests.end(), [&](const Request& one) { return one.batch == only; })) continue;
        if (best == tasks_.end() || goes_before(task, best->second, by_age)) best = each;
    }
    return best;
}

bool LayerPool::goes_before(const Task& a, const Task& b, bool by_age) const noexcept {
    if (by_age && is_giant(a) != is_giant(b)) return is_giant(b);
    if (by_age && !is_giant(a)) return a.age < b.age;
    return a.size != b.size ? a.size > b.size : a.age < b.age;
}

void LayerPool::run(std::unique_lock<std::mutex>& lock, Tasks::iterator chosen) {
    Task& task = chosen->second;
    Batch& reader = *task.requests.front().batch;  // stays while it is `reading_`
    const std::size_t index = task.requests.front().index;
    const bool giant = is_giant(task);
    task.running = true;
    ++reader.reading_;
    giants_running_ += giant ? 1 : 0;
    Read read = task.requests.front().read;
    std::stop_token stop = task.stop.get_token();

    lock.unlock();
    const Result<Analysis> analysis = call(std::move(read), std::move(stop));
    lock.lock();

    giants_running_ -= giant ? 1 : 0;
    const auto is_readers = [&](const Request& request) { return request.batch == &reader && request.index == index; };
    if (analysis) {
        for (const Request& request : task.requests) deliver(request, analysis, !is_readers(request));
        tasks_.erase(chosen);
    } else {
        // It failed in one image's hands; another one may have the same bytes from elsewhere, or may still want what this one gave up.
        // So each image reads for itself until one can.
        const auto own = std::find_if(task.requests.begin(), task.requests.end(), is_readers);
        if (own != task.requests.end()) {
            deliver(*own, analysis, false);
            task.requests.erase(own);
        }
        if (task.requests.empty()) {
            tasks_.erase(chosen);
        } else {
            task.running = false;
            task.stop = std::stop_source();
        }
    }
    --reader.reading_;
    reader.changed_.notify_all();
}

void LayerPool::deliver(const Request& request, const Result<Analysis>& analysis, bool shared) {
    Batch& batch = *request.batch;
    if (analysis) {
        const std::uint64_t bytes = kept_bytes(**analysis);
        batch.held_bytes_ += bytes;
        held_bytes_ += bytes;
    }
    --batch.open_;
    batch.finished_.push_back({request.index, analysis, shared});
    batch.changed_.notify_all();
}

LayerPool::Batch::Batch(LayerPool& pool, std::stop_token stop) : pool_(pool) {
    {
        const std::lock_guard lock(pool_.mutex_);
        pool_.batches_.push_back(this);
    }
    on_stop_.emplace(std::move(stop), [this] { give_up(); });
}

LayerPool::Batch::~Batch() {
    give_up();
    std::unique_lock lock(pool_.mutex_);
    changed_.wait(lock, [this] { return reading_ == 0; });
    pool_.batches_.remove(this);
    pool_.held_bytes_ -= held_bytes_;
    pool_.wake_.notify_all();  // there may be room now, and another image is the oldest
}

void LayerPool::Batch::add(std::size_t index, LayerKey key, std::uint64_t size, Read read) {
    const std::lock_guard lock(pool_.mutex_);
    if (given_up_) return;
    const auto [known, is_new] = pool_.tasks_.try_emplace(std::move(key));
    Task& task = known->second;
    if (is_new) {
        task.size = size;
        task.age = pool_.next_age_++;
    }
    task.requests.push_back({this, index, std::move(read)});
    ++open_;
    pool_.start_thread();
    pool_.wake_.notify_one();
}

std::optional<LayerPool::Batch::Finished> LayerPool::Batch::next() {
    std::unique_lock lock(pool_.mutex_);
    changed_.wait(lock, [this] { return given_up_ || !finished_.empty() || open_ == 0; });
    if (given_up_ || finished_.empty()) return std::nullopt;
    Finished finished = std::move(finished_.front());
    finished_.pop_front();
    return finished;
}

void LayerPool::Batch::give_up() {
    std::vector<std::stop_source> unwanted;
    {
        const std::lock_guard lock(pool_.mutex_);
        if (given_up_) return;
        given_up_ = true;
        for (auto each = pool_.tasks_.begin(); each != pool_.tasks_.end();) {
            Task& task = each->second;
            std::erase_if(task.requests, [this](const Request& request) { return request.batch == this; });
            if (task.requests.empty() && task.running) unwanted.push_back(task.stop);
            each = task.requests.empty() && !task.running ? pool_.tasks_.erase(each) : std::next(each);
        }
        changed_.notify_all();
    }
    for (std::stop_source& each : unwanted) each.request_stop();  // outside: what it calls may take its time
}

}  // namespace veritag::scan
