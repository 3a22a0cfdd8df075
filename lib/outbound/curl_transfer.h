// What every use of libcurl here has in common. In .cpp files only.
#pragma once

#include "base/address_policy.h"
#include "base/result.h"

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace veritag::outbound {

/// To which addresses a transfer may connect.
enum class Reachable { all, no_internal, loopback_only };

/// One transfer. Not to be moved: libcurl holds its address.
class CurlTransfer {
public:
    CurlTransfer(Reachable reachable, std::chrono::milliseconds timeout, std::string ca_file);
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;
    ~CurlTransfer();

    template <class Value>
    void set(CURLoption option, Value value) {
        VERITAG_ASSERT(curl_easy_setopt(easy_.get(), option, value) == CURLE_OK);
    }
    [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }

    /// Runs it. `what` and `where` are for the error.
    Result<void> run(std::string_view what, std::string_view where, const std::stop_token& stop);
    [[nodiscard]] unsigned response_code() const noexcept;  ///< the last one that came, 0 for none

private:
    struct EasyDeleter {
        void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
    };
    static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static CURLcode trust(CURL* handle, void* ssl_context, void* self);
    bool may_reach(const curl_sockaddr& address);
    [[nodiscard]] CURLcode perform(const std::stop_token& stop) const;
    [[nodiscard]] Error error_of(CURLcode code, std::string_view what, std::string_view where) const;

    Reachable reachable_;
    std::string ca_file_;
    std::string refused_;  ///< the address that the policy did not allow
    bool bad_ca_file_ = false;
    std::unique_ptr<char[]> text_;  ///< libcurl's own words about an error
    std::unique_ptr<CURL, EasyDeleter> easy_;
};

/// A list of lines that libcurl reads during the transfer.
class CurlList {
public:
    CurlList() = default;
    CurlList(const CurlList&) = delete;
    CurlList& operator=(const CurlList&) = delete;
    ~CurlList() { curl_slist_free_all(list_); }
    void add(const std::string& line);
    [[nodiscard]] curl_slist* get() const noexcept { return list_; }

private:
    curl_slist* list_ = nullptr;
};

}  // namespace veritag::outbound
