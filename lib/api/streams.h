// Event streams that are open. A reply is given to whoever may have it when it begins; one that goes on for hours must end when its reader may
// not read any more.
#pragma once

#include "server/event_stream.h"
#include "server/request.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace veritag::api {

/// Thread-safe. Has one thread, which asks for each open stream now and then, and waits where there is none.
class Streams {
public:
    /// Called on that thread with the request that began the stream.
    using MayRead = std::function<bool(const server::RequestHead&)>;

    explicit Streams(MayRead may_read, std::chrono::milliseconds every = std::chrono::seconds(2));
    ~Streams();
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    /// Closes it once its reader may not read any more.
    void add(const std::shared_ptr<server::EventStream>& stream, server::RequestHead request);

private:
    struct Open {
        std::weak_ptr<server::EventStream> stream;  // it lives as long as its connection
        server::RequestHead request;
    };
    void watch(const std::stop_token& stop);

    const MayRead may_read_;
    const std::chrono::milliseconds every_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<std::shared_ptr<const Open>> open_;
    std::jthread thread_;  // last: it uses all above
};

}  // namespace veritag::api
