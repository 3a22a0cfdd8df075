#include "store/daemon_state.h"
#include "store/sqlite_file.h"
#include "store/sqlite_queue.h"
#include "store/sqlite_tokens.h"
#include "store/sqlite_values.h"

namespace veritag::store {
namespace {

class SqliteDaemonState final : public DaemonState {
public:
    SqliteDaemonState(const std::string& path, DaemonStateOptions options)
        : file_(path, options.patience, std::move(options.clocks)), queue_(file_, std::move(options.queue)), tokens_(file_), values_(file_) {}
    Result<void> open() { return file_.open(); }
    JobQueue& jobs() noexcept override { return queue_; }
    TokenStore& tokens() noexcept override { return tokens_; }
    StateStore& values() noexcept override { return values_; }
    [[nodiscard]] std::uint64_t failures() const noexcept override { return file_.failures(); }

private:
    SqliteFile file_;
    SqliteQueue queue_;
    SqliteTokens tokens_;
    SqliteValues values_;
};

}  // namespace

Result<std::unique_ptr<DaemonState>> open_sqlite_daemon_state(const std::string& path, DaemonStateOptions options) {
    auto state = std::make_unique<SqliteDaemonState>(path, std::move(options));
    VERITAG_CHECK(state->open());
    return std::unique_ptr<DaemonState>(std::move(state));
}

}  // namespace veritag::store
