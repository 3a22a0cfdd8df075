#include "serve/broadcast.h"

#include "report/json_output.h"

#include <utility>

namespace veritag::serve {
namespace {

template <class More>
Happening happening(std::string_view event, const JobName& job, More more) {
    report::JsonOutput out;
    out.object([&] {
        out.number("job", static_cast<std::uint64_t>(job.id));
        out.member("kind", job.kind);
        out.member("about", job.about);
        more(out);
    });
    std::string data = out.take();
    while (data.ends_with('\n')) data.pop_back();  // a line end would be one more line of the event
    return {event, std::move(data)};
}

}  // namespace

Happening began(const JobName& job, int attempt) {
    return happening("began", job, [&](report::JsonOutput& out) { out.number("attempt", static_cast<std::uint64_t>(attempt)); });
}

Happening progressed(const JobName& job, std::size_t listed, std::size_t done) {
    return happening("progress", job, [&](report::JsonOutput& out) {
        out.number("listed", listed);
        out.number("done", done);
    });
}

Happening ended(const JobName& job, std::string_view result) {
    return happening("ended", job, [&](report::JsonOutput& out) { out.member("result", result); });
}

std::uint64_t Broadcaster::add(Listener listener) {
    const std::lock_guard lock(mutex_);
    listeners_.emplace(next_, std::move(listener));
    return next_++;
}

void Broadcaster::remove(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(number);
}

void Broadcaster::tell(const Happening& happening) {
    const std::lock_guard lock(mutex_);
    std::erase_if(listeners_, [&](const auto& each) { return !each.second(happening); });
}

std::size_t Broadcaster::listeners() const {
    const std::lock_guard lock(mutex_);
    return listeners_.size();
}

}  // namespace veritag::serve
