#include "api/streams.h"

#include "base/log.h"

#include <utility>

namespace veritag::api {

Streams::Streams(MayRead may_read, std::chrono::milliseconds every)
    : may_read_(std::move(may_read)), every_(every), thread_([this](const std::stop_token& stop) { watch(stop); }) {}

Streams::~Streams() = default;

void Streams::add(const std::shared_ptr<server::EventStream>& stream, server::RequestHead request) {
    const std::lock_guard lock(mutex_);
    open_.push_back(std::make_shared<const Open>(Open{stream, std::move(request)}));
    changed_.notify_all();
}

void Streams::watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        if (open_.empty()) {
            changed_.wait(lock, stop, [this] { return !open_.empty(); });
            continue;
        }
        changed_.wait_for(lock, stop, every_, [] { return false; });
        if (stop.stop_requested()) return;
        std::erase_if(open_, [](const std::shared_ptr<const Open>& each) {
            const std::shared_ptr<server::EventStream> stream = each->stream.lock();
            return stream == nullptr || !stream->open();
        });
        const std::vector<std::shared_ptr<const Open>> all = open_;
        lock.unlock();  // the store is asked, and new readers do not wait for it
        for (const std::shared_ptr<const Open>& each : all) {
            if (stop.stop_requested()) return;
            const std::shared_ptr<server::EventStream> stream = each->stream.lock();
            if (stream == nullptr || may_read_(each->request)) continue;
            log::info("event stream ends: its reader may not read any more", {{"request", each->request.id}, {"from", each->request.peer.address}});
            stream->close();
        }
        lock.lock();
    }
}

}  // namespace veritag::api
