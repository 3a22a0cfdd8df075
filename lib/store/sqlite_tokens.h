// Tokens in the store's file.
#pragma once

#include "store/sqlite_file.h"
#include "store/tokens.h"

#include <map>
#include <mutex>

namespace veritag::store {

class SqliteTokens final : public TokenStore {
public:
    explicit SqliteTokens(SqliteFile& file) : file_(file) {}
    Result<CreatedToken> create(const NewToken& token) override;
    Result<std::optional<Bearer>> verify(std::string_view secret) override;
    Result<bool> revoke(std::string_view name) override;
    Result<std::vector<TokenInfo>> list() override;

private:
    [[nodiscard]] std::int64_t now() const;
    void note_use(std::int64_t id, std::int64_t hour);

    SqliteFile& file_;
    std::mutex mutex_;
    std::map<std::int64_t, std::int64_t> noted_;  // by token, the hour for which that was tried: once, whether or not the disk is full
};

}  // namespace veritag::store
