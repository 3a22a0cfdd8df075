// What happens to jobs, told to whoever listens: the page's live view. Nothing is kept; who comes later asks what there is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace veritag::serve {

/// What a job is doing, as listeners are told. `data` is a JSON object.
struct Happening {
    std::string_view event;  ///< `began`, `progress` or `ended`
    std::string data;
};

/// A job as its happenings name it.
struct JobName {
    std::int64_t id = 0;
    std::string kind;
    std::string about;
};

Happening began(const JobName& job, int attempt);
/// `listed`: references, 0 until they are known.
Happening progressed(const JobName& job, std::size_t listed, std::size_t done);
/// `result`: `done`, `again`, `failed`, `cancelled`, `given back` or `lost`.
Happening ended(const JobName& job, std::string_view result);

/// Thread-safe. Listeners are called one after the other, in the order in which things happen.
class Broadcaster {
public:
    /// False where it wants no more. Called under a lock: it neither blocks nor calls the broadcaster.
    using Listener = std::function<bool(const Happening&)>;

    /// A number to leave with.
    std::uint64_t add(Listener listener);
    void remove(std::uint64_t number);
    void tell(const Happening& happening);
    [[nodiscard]] std::size_t listeners() const;

private:
    mutable std::mutex mutex_;
    std::map<std::uint64_t, Listener> listeners_;
    std::uint64_t next_ = 1;
};

}  // namespace veritag::serve
