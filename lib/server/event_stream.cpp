#include "server/event_stream.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace veritag::server {

struct EventStream::State {
    mutable std::mutex mutex;
    std::size_t limit = 0;
    std::string waiting;
    bool closed = false;
    bool too_slow = false;
    bool woken = false;
    std::optional<End> end;
    std::function<void()> wake;
    std::function<void(End)> listener;

    [[nodiscard]] bool takes_more() const noexcept { return !closed && !too_slow && !end; }
    void wake_reader() {
        if (!wake || (woken && !too_slow)) return;
        woken = true;
        wake();
    }
};

namespace {

// The value of a field that has one line.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::erase_if(line, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    return line;
}

}  // namespace

std::string format_event(std::string_view event, std::string_view data, std::string_view id) {
    std::string text;
    if (!event.empty()) text += "event: " + one_line(event) + "\n";
    if (!id.empty()) text += "id: " + one_line(id) + "\n";
    for (;;) {  // CR, LF and CR LF all end a line for the reader
        const std::size_t end = data.find_first_of("\r\n");
        text += "data: ";
        text += data.substr(0, end);
        text += '\n';
        if (end == std::string_view::npos) break;
        data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    return text + "\n";
}

EventStream::EventStream(std::size_t buffer_bytes) : state_(std::make_unique<State>()) { state_->limit = buffer_bytes; }
EventStream::~EventStream() = default;

bool EventStream::send(std::string_view event, std::string_view data, std::string_view id) {
    const std::string text = format_event(event, data, id);
    const std::lock_guard lock(state_->mutex);
    if (!state_->takes_more()) return false;
    if (text.size() > state_->limit - state_->waiting.size()) {
        state_->too_slow = true;
        state_->waiting.clear();
    } else {
        state_->waiting += text;
    }
    state_->wake_reader();
    return !state_->too_slow;
}

void EventStream::close() {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    state_->wake_reader();
}

bool EventStream::open() const {
    const std::lock_guard lock(state_->mutex);
    return state_->takes_more();
}

void EventStream::on_end(std::function<void(End)> listener) {
    {
        const std::lock_guard lock(state_->mutex);
        if (!state_->end) {
            state_->listener = std::move(listener);
            return;
        }
    }
    listener(*state_->end);  // which does not change any more
}

void EventStream::attach(std::function<void()> wake) {
    const std::lock_guard lock(state_->mutex);
    state_->wake = std::move(wake);
}

EventStream::Taken EventStream::take() {
    const std::lock_guard lock(state_->mutex);
    state_->woken = false;
    return Taken{std::exchange(state_->waiting, {}), state_->closed, state_->too_slow};
}

bool EventStream::too_slow() const {
    const std::lock_guard lock(state_->mutex);
    return state_->too_slow;
}

void EventStream::finish(End end) {
    std::function<void(End)> listener;
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->end) return;
        state_->end = end;
        state_->wake = nullptr;
        state_->waiting = {};
        listener = std::exchange(state_->listener, nullptr);
    }
    if (listener) listener(end);
}

}  // namespace veritag::server
