#include "outbound/curl_transfer.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <new>

namespace veritag::outbound {
namespace {

constexpr std::chrono::milliseconds kConnectTime{30'000};
constexpr std::chrono::milliseconds kMostTime{24LL * 3600 * 1000};
constexpr int kPollMilliseconds = 1000;  // an upper bound; libcurl's own timers and a stop end the wait earlier

void start_libcurl() {
    static const bool started = [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
        return true;
    }();
    (void)started;
}

std::optional<Address> address_of(const curl_sockaddr& from) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (from.family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &from.addr, sizeof v4);
        if (inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size()) == nullptr) return std::nullopt;
        return parse_address(text.data());
    }
    if (from.family != AF_INET6 || from.addrlen < sizeof(sockaddr_in6)) return std::nullopt;
    // libcurl keeps room for every kind of address there, though `addr` is declared as the short generic one.
    Address v6{};
    std::memcpy(v6.data(), reinterpret_cast<const char*>(&from) + offsetof(curl_sockaddr, addr) + offsetof(sockaddr_in6, sin6_addr), v6.size());
    return v6;
}

std::string text_of(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const bool v4 = std::equal(kMapped.begin(), kMapped.end(), address.begin());
    const bool written = inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? kMapped.size() : 0), text.data(), text.size()) != nullptr;
    return written ? text.data() : "?";
}

struct MultiDeleter {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

// Takes the transfer out of the set before the set goes.
class Running {
public:
    Running(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
        if (curl_multi_add_handle(multi, easy) != CURLM_OK) throw std::bad_alloc();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { curl_multi_remove_handle(multi_, easy_); }

private:
    CURLM* multi_;
    CURL* easy_;
};

ErrorCode kind_of(CURLcode code) noexcept {
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT: return ErrorCode::timeout;
        case CURLE_ABORTED_BY_CALLBACK: return ErrorCode::cancelled;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_USE_SSL_FAILED: return ErrorCode::tls;
        case CURLE_LOGIN_DENIED: return ErrorCode::auth;
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE: return ErrorCode::network;
        case CURLE_OUT_OF_MEMORY: return ErrorCode::internal;
        default: return ErrorCode::protocol;
    }
}

// libcurl's own words name host, port and certificate in these cases; in others they could repeat what was sent.
bool has_fit_words(CURLcode code) noexcept {
    const ErrorCode kind = kind_of(code);
    return kind == ErrorCode::tls || code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
}

}  // namespace

CurlTransfer::CurlTransfer(Reachable reachable, std::chrono::milliseconds timeout, std::string ca_file)
    : reachable_(reachable), ca_file_(std::move(ca_file)), text_(std::make_unique<char[]>(CURL_ERROR_SIZE)) {
    start_libcurl();
    easy_.reset(curl_easy_init());
    if (!easy_) throw std::bad_alloc();
    set(CURLOPT_ERRORBUFFER, text_.get());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // a name lookup that nobody waits for any more ends on its own thread
    timeout = std::clamp(timeout, std::chrono::milliseconds{1}, kMostTime);  // 0 would be for ever
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(timeout, kConnectTime).count()));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    // What is trusted is set in trust(), as the registry client does it. libcurl's own paths are those of the system it was built on.
    set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set(CURLOPT_CA_CACHE_TIMEOUT, 0L);
    set(CURLOPT_SSL_CTX_FUNCTION, &CurlTransfer::trust);
    set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));
    set(CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

CurlTransfer::~CurlTransfer() = default;

bool CurlTransfer::may_reach(const curl_sockaddr& address) {
    if (reachable_ == Reachable::all || address.family == AF_UNIX) return true;
    const std::optional<Address> target = address_of(address);
    if (target && (reachable_ == Reachable::loopback_only ? is_loopback(*target) : !is_internal(*target))) return true;
    refused_ = target ? text_of(*target) : "an address of family " + std::to_string(address.family);
    return false;
}

curl_socket_t CurlTransfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    if (!static_cast<CurlTransfer*>(self)->may_reach(*address)) return CURL_SOCKET_BAD;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode CurlTransfer::trust(CURL*, void* ssl_context, void* self) {
    auto* transfer = static_cast<CurlTransfer*>(self);
    auto* context = static_cast<SSL_CTX*>(ssl_context);
    SSL_CTX_set_default_verify_paths(context);  // absent in slim containers; the handshake will say so
    if (transfer->ca_file_.empty() || SSL_CTX_load_verify_file(context, transfer->ca_file_.c_str()) == 1) return CURLE_OK;
    transfer->bad_ca_file_ = true;
    return CURLE_SSL_CACERT_BADFILE;
}

CURLcode CurlTransfer::perform(const std::stop_token& stop) const {
    const std::unique_ptr<CURLM, MultiDeleter> multi(curl_multi_init());
    if (!multi) return CURLE_OUT_OF_MEMORY;
    const Running running(multi.get(), easy_.get());
    const std::stop_callback wake(stop, [&] { curl_multi_wakeup(multi.get()); });
    for (int left = 1; left > 0;) {
        if (stop.stop_requested()) return CURLE_ABORTED_BY_CALLBACK;
        if (curl_multi_perform(multi.get(), &left) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
        if (left > 0 && curl_multi_poll(multi.get(), nullptr, 0, kPollMilliseconds, nullptr) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    }
    int waiting = 0;
    const CURLMsg* message = curl_multi_info_read(multi.get(), &waiting);
    return message != nullptr && message->msg == CURLMSG_DONE ? message->data.result : CURLE_OUT_OF_MEMORY;
}

Error CurlTransfer::error_of(CURLcode code, std::string_view what, std::string_view where) const {
    Error error{kind_of(code), std::string(what), std::string(where), "", ""};
    if (bad_ca_file_) {
        error.code = ErrorCode::config;
        error.saw = quote(ca_file_) + " cannot be read as PEM certificates";
    } else if (!refused_.empty() && code == CURLE_COULDNT_CONNECT) {
        error.code = ErrorCode::config;
        error.saw = refused_ + (reachable_ == Reachable::loopback_only ? " is not this machine, and the connection would not be encrypted" : " is an internal address");
        error.hint = reachable_ == Reachable::loopback_only ? "use TLS, or allow plain text for this server" : "allow internal addresses for this target if that is meant";
    } else if (error.code == ErrorCode::timeout) {
        error.saw = "no answer in time";
    } else if (error.code == ErrorCode::cancelled) {
        error.saw = "stopped on request";
    } else {
        const bool own_words = has_fit_words(code) && text_[0] != '\0';
        error.saw = quote(own_words ? text_.get() : curl_easy_strerror(code));
        if (code == CURLE_PEER_FAILED_VERIFICATION) error.hint = "if the server has its own CA, name it with ca_file";
    }
    return error;
}

Result<void> CurlTransfer::run(std::string_view what, std::string_view where, const std::stop_token& stop) {
    const CURLcode code = perform(stop);
    if (code != CURLE_OK) return error_of(code, what, where);
    return ok();
}

unsigned CurlTransfer::response_code() const noexcept {
    long code = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &code);
    return code > 0 ? static_cast<unsigned>(code) : 0;
}

void CurlList::add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list_ = longer;
}

}  // namespace veritag::outbound
