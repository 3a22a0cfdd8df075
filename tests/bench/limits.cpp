// What this machine can do at best with a layer: HTTP over a plain socket, sha256 of the blob, inflate, sha256 of the tar, and a walk
// over the tar's headers. No parsing, no safety beyond what keeps the numbers honest. One thread a layer, largest first.
//
// usage: limits HOST PORT REPOSITORY DIGEST:COMPRESSION…
#include <isa-l/igzip_lib.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kChunk = 256 << 10;

[[noreturn]] void die(const std::string& why) {
    std::fprintf(stderr, "limits: %s\n", why.c_str());
    std::exit(1);
}

class Sha256 {
public:
    Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
    void update(const void* data, std::size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
    std::string hex() {
        std::array<unsigned char, 32> digest{};
        EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
        std::string text;
        for (const unsigned char byte : digest) {
            std::array<char, 3> two{};
            std::snprintf(two.data(), two.size(), "%02x", byte);
            text += two.data();
        }
        return text;
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

// Follows headers; content is passed over.
class TarWalk {
public:
    void write(const unsigned char* data, std::size_t size) {
        while (size > 0) {
            if (skip_ > 0) {
                const std::size_t step = std::min<std::uint64_t>(skip_, size);
                skip_ -= step, data += step, size -= step;
                continue;
            }
            const std::size_t step = std::min(block_.size() - have_, size);
            std::memcpy(block_.data() + have_, data, step);
            have_ += step, data += step, size -= step;
            if (have_ < block_.size()) return;
            have_ = 0;
            std::uint64_t length = 0;
            for (std::size_t i = 124; i < 135 && block_[i] >= '0' && block_[i] <= '7'; ++i) length = length * 8 + (block_[i] - '0');
            entries_ += block_[0] != 0;
            skip_ = (length + 511) / 512 * 512;
        }
    }
    [[nodiscard]] std::uint64_t entries() const { return entries_; }

private:
    std::array<unsigned char, 512> block_{};
    std::size_t have_ = 0;
    std::uint64_t skip_ = 0;
    std::uint64_t entries_ = 0;
};

struct Layer {
    std::string digest;
    std::string compression;
};

class Job {
public:
    Job(std::string host, std::string port, std::string repository, Layer layer) : host_(std::move(host)), port_(std::move(port)), repository_(std::move(repository)), layer_(std::move(layer)) {}

    void run() {
        open();
        std::vector<unsigned char> chunk(kChunk);
        std::uint64_t left = length_;
        while (left > 0) {
            std::size_t got = 0;
            if (!early_.empty()) {
                got = early_.size();
                std::memcpy(chunk.data(), early_.data(), got);
                early_.clear();
            } else {
                const ssize_t count = ::recv(socket_, chunk.data(), std::min<std::uint64_t>(chunk.size(), left), 0);
                if (count <= 0) die("the connection ended early");
                got = static_cast<std::size_t>(count);
            }
            left -= got;
            blob_.update(chunk.data(), got);
            layer_.compression == "zstd" ? zstd(chunk.data(), got) : gzip(chunk.data(), got);
        }
        ::close(socket_);
        if ("sha256:" + blob_.hex() != layer_.digest) die("a layer does not hash to its digest");
        std::printf("%s %s %llu entries\n", layer_.digest.c_str(), tar_.hex().c_str(), static_cast<unsigned long long>(walk_.entries()));
    }

private:
    void open() {
        addrinfo* found = nullptr;
        if (::getaddrinfo(host_.c_str(), port_.c_str(), nullptr, &found) != 0) die("no such host");
        socket_ = ::socket(found->ai_family, SOCK_STREAM, 0);
        if (::connect(socket_, found->ai_addr, found->ai_addrlen) != 0) die("cannot connect");
        ::freeaddrinfo(found);
        const std::string request = "GET /v2/" + repository_ + "/blobs/" + layer_.digest + " HTTP/1.1\r\nHost: " + host_ + "\r\nConnection: close\r\n\r\n";
        if (::send(socket_, request.data(), request.size(), 0) < 0) die("cannot send");
        std::string head;
        std::array<char, 4096> buffer{};
        while (head.find("\r\n\r\n") == std::string::npos) {
            const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
            if (count <= 0) die("no answer");
            head.append(buffer.data(), static_cast<std::size_t>(count));
        }
        const std::size_t end = head.find("\r\n\r\n") + 4;
        early_ = head.substr(end);
        const std::size_t at = head.find("Content-Length: ");
        if (at == std::string::npos || head.find(" 200 ") == std::string::npos) die("unexpected answer: " + head.substr(0, 60));
        std::from_chars(head.data() + at + 16, head.data() + end, length_);
    }

    void inflated(std::size_t size) {
        tar_.update(out_.data(), size);
        walk_.write(out_.data(), size);
    }

    void gzip(unsigned char* data, std::size_t size) {
        if (!started_) {
            isal_inflate_init(&gzip_);
            gzip_.crc_flag = ISAL_GZIP;
            started_ = true;
        }
        gzip_.next_in = data;
        gzip_.avail_in = static_cast<std::uint32_t>(size);
        do {
            gzip_.next_out = out_.data();
            gzip_.avail_out = static_cast<std::uint32_t>(out_.size());
            if (isal_inflate(&gzip_) != ISAL_DECOMP_OK) die("bad gzip");
            inflated(out_.size() - gzip_.avail_out);
        } while (gzip_.avail_out == 0 || (gzip_.avail_in > 0 && gzip_.block_state != ISAL_BLOCK_FINISH));
    }

    void zstd(const unsigned char* data, std::size_t size) {
        ZSTD_inBuffer in{data, size, 0};
        for (bool full = true; in.pos < in.size || full;) {
            ZSTD_outBuffer out{out_.data(), out_.size(), 0};
            if (ZSTD_isError(ZSTD_decompressStream(zstd_.get(), &out, &in))) die("bad zstd");
            inflated(out.pos);
            full = out.pos == out.size;
        }
    }

    std::string host_, port_, repository_;
    Layer layer_;
    int socket_ = -1;
    std::uint64_t length_ = 0;
    std::string early_;
    Sha256 blob_, tar_;
    TarWalk walk_;
    bool started_ = false;
    inflate_state gzip_{};
    std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> zstd_{ZSTD_createDStream(), &ZSTD_freeDStream};
    std::vector<unsigned char> out_ = std::vector<unsigned char>(kChunk);
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) die("usage: limits HOST PORT REPOSITORY DIGEST:COMPRESSION...");
    std::vector<Layer> layers;
    for (int i = 4; i < argc; ++i) {
        const std::string text = argv[i];
        const std::size_t at = text.rfind(':');
        layers.push_back({text.substr(0, at), text.substr(at + 1)});
    }
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), layers.size()); ++t)
        threads.emplace_back([&] {
            for (std::size_t i = next++; i < layers.size(); i = next++) Job(argv[1], argv[2], argv[3], layers[i]).run();
        });
}
