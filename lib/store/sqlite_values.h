// Small values in the store's file.
#pragma once

#include "store/sqlite_file.h"
#include "store/state.h"

namespace veritag::store {

class SqliteValues final : public StateStore {
public:
    explicit SqliteValues(SqliteFile& file) : file_(file) {}
    Result<std::optional<StateValue>> get(std::string_view key) override;
    Result<void> put(std::string_view key, std::string_view value) override;
    Result<bool> remove(std::string_view key) override;
    Result<std::vector<StateEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
    Result<bool> replace(std::string_view key, const std::optional<std::string>& expected, const std::optional<std::string>& wanted) override;
    Result<std::optional<StateValue>> move(std::string_view from, std::string_view to) override;

private:
    void write(Connection& connection, std::string_view key, std::string_view value) const;

    SqliteFile& file_;
};

}  // namespace veritag::store
