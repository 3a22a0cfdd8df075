// A store's file for calls that may not be lost: what is written is on the disk before the call returns (synchronous=FULL: the log is
// synced at each commit), and every failure is told. After one the next call begins with a new connection, so that all works again as
// soon as its cause is gone.
//
// Others may take the file away: a store of layers that finds it damaged sets it aside. Then a new one takes its place, and what the daemon
// must not forget is carried over, once.
#pragma once

#include "base/result.h"
#include "store/clocks.h"
#include "store/place.h"
#include "store/sqlite.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace veritag::store {

class SqliteFile {
public:
    SqliteFile(const std::string& path, std::chrono::milliseconds patience, Clocks clocks);

    /// Makes the file where it is not there, and brings its schema up to date. A damaged one is set aside.
    Result<void> open();

    [[nodiscard]] TimePoint now() const { return clocks_.now(); }
    [[nodiscard]] std::chrono::steady_clock::time_point steady() const { return clocks_.steady(); }

    /// How often a call could not be done.
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

    /// `use(connection)` gives a Result. It sees whole transactions only, and waits for no writer.
    template <class Use>
    auto read(const char* what, const Use& use) -> std::invoke_result_t<const Use&, Connection&> {
        VERITAG_CHECK(follow_file(what));
        const std::lock_guard lock(reader_.mutex);
        try {
            VERITAG_CHECK(connect(reader_));
            return use(*reader_.connection);
        } catch (const SqliteFailure& failure) {
            return fail(reader_, what, failure);
        }
    }

    /// `use(connection)` in one transaction: kept and durable if it gives a value, undone if it gives an error. Perhaps more than once:
    /// only what the last one did counts.
    template <class Use>
    auto write(const char* what, const Use& use) -> std::invoke_result_t<const Use&, Connection&> {
        const std::lock_guard lock(writer_.mutex);
        for (bool again = false;; again = true) try {
                VERITAG_CHECK(connect(writer_));
                Transaction transaction(*writer_.connection);
                auto result = use(*writer_.connection);
                if (!result) return result;
                transaction.commit();
                VERITAG_CHECK(check_still_there(writer_, what));
                return result;
            } catch (const SqliteFailure& failure) {
                Error error = fail(writer_, what, failure);
                if (again || !failure.is_read_only()) return error;
                // Connections of one process share what they map of a file. If it could only be read when the first of them came, all
                // must go before it can be written.
                drop_reader();
            }
    }

private:
    struct Side {
        std::mutex mutex;
        std::optional<Connection> connection;
        FileIdentity identity;
    };

    Result<void> follow_file(const char* what);
    Result<void> connect(Side& side);
    Result<void> make_file_anew() const;
    Result<void> open_connection(std::optional<Connection>& connection, const char* settings) const;
    Result<void> check_still_there(Side& side, const char* what);
    void rescue(const std::string& aside);
    void carry_over(Connection& old) const;
    void drop_reader();
    Error fail(Side& side, const char* what, const SqliteFailure& failure);
    [[nodiscard]] Error error_of(const char* what, const SqliteFailure& failure) const;

    const std::string path_;
    const std::chrono::milliseconds patience_;
    const Clocks clocks_;
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::uint64_t> writers_file_{0};  // which one the writer's connection is on
    Side writer_;
    Side reader_;  // its own, so that who only looks does not wait until the disk has what others write
};

}  // namespace veritag::store
