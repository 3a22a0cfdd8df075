#include "base/digest.h"

#include "base/byte_reader.h"
#include "base/text.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>

namespace veritag {

Result<Digest> Digest::parse(std::string_view text) {
    const auto parts = split_once(text, ':');
    if (!parts) return Error{ErrorCode::malformed, "read digest", "", "\"" + quote(text) + "\" is not algorithm:hex", ""};
    const auto [algorithm, hex] = *parts;
    const std::size_t length = algorithm == "sha256" ? 64 : algorithm == "sha512" ? 128 : 0;
    if (length == 0)
        return Error{ErrorCode::unsupported, "read digest", "", "algorithm \"" + quote(algorithm) + "\" (known: sha256, sha512)", ""};
    const bool all_hex = std::all_of(hex.begin(), hex.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (hex.size() != length || !all_hex)
        return Error{ErrorCode::malformed, "read digest", "", "\"" + quote(text) + "\" does not have " + std::to_string(length) + " lower-case hex digits", ""};
    return Digest(std::string(text));
}

std::string_view Digest::algorithm() const noexcept {
    return std::string_view(text_).substr(0, text_.find(':'));
}

std::string_view Digest::hex() const noexcept {
    const std::size_t at = text_.find(':');
    return at == std::string::npos ? std::string_view{} : std::string_view(text_).substr(at + 1);
}

struct Hasher::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::string algorithm;
    State() = default;
    State(const State& other) : algorithm(other.algorithm) {
        if (context == nullptr || EVP_MD_CTX_copy_ex(context, other.context) != 1) throw std::bad_alloc();
    }
    State& operator=(const State&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher(std::string_view algorithm) : state_(std::make_unique<State>()) {
    VERITAG_ASSERT(algorithm == "sha256" || algorithm == "sha512");
    state_->algorithm = algorithm;
    if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, algorithm == "sha512" ? EVP_sha512() : EVP_sha256(), nullptr) != 1)
        throw std::bad_alloc();
}
Hasher::Hasher(const Hasher& other) : state_(std::make_unique<State>(*other.state_)) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(const Hasher& other) {
    if (this != &other) state_ = std::make_unique<State>(*other.state_);
    return *this;
}
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> bytes) {
    VERITAG_ASSERT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}
void Hasher::update(std::string_view text) { update(as_byte_span(text)); }

Digest Hasher::finish() const {
    static constexpr std::string_view kHex = "0123456789abcdef";
    const State copy(*state_);
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned int length = 0;
    VERITAG_ASSERT(EVP_DigestFinal_ex(copy.context, raw.data(), &length) == 1);
    std::string text = state_->algorithm + ":";
    for (unsigned int i = 0; i < length; ++i) {
        text += kHex[raw[i] >> 4];
        text += kHex[raw[i] & 15];
    }
    return Digest(std::move(text));
}

Digest sha256_of(std::string_view text) {
    Hasher hasher;
    hasher.update(text);
    return hasher.finish();
}

Result<void> verify_digest(std::string_view what, std::string_view where, std::string_view text, const Digest& expected) {
    Hasher hasher(expected.algorithm());
    hasher.update(text);
    const Digest seen = hasher.finish();
    if (seen == expected) return ok();
    return Error{ErrorCode::digest_mismatch, std::string(what), std::string(where),
                 "the bytes hash to " + seen.str() + ", expected " + expected.str(), "the registry or something before it altered them"};
}

}  // namespace veritag
