// Layers from blob to entries: compression, digests, limits, damage. Archives from tar_writer, compression by the real programs.
#include "stream/layer_decoder.h"
#include "stream/hashing_source.h"

#include "base/byte_reader.h"
#include "base/digest.h"
#include "recording.h"
#include "tar_writer.h"
#include "tool.h"

#include <gtest/gtest.h>

#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::stream {
namespace {

using namespace veritag::test;
using namespace std::string_literals;

std::string small_tar() { return tar_file("etc/os-release", "ID=openEuler\n") + tar_file("b", std::string(600, 'b')) + tar_end(); }
const std::string kSmallLog = "- 644 13 etc/os-release\n- 644 600 b\n";

std::string compressed(const std::string& command, std::string_view text) {
    const WorkDir dir;
    dir.write("in", text);
    return dir.run(command + " < in");
}
std::string gzipped(std::string_view text) { return compressed("gzip -nc", text); }
std::string zstded(std::string_view text, const std::string& options = "") { return compressed("zstd -qc --no-progress " + options, text); }

// Bytes that do not compress, the same in every run.
std::string noise_bytes(std::size_t count) {
    std::mt19937 random(1);
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() & 0xff);
    return bytes;
}

std::string skippable_frame(std::string_view payload) {
    std::string frame = "\x50\x2a\x4d\x18"s;
    for (std::size_t i = 0, size = payload.size(); i < 4; ++i, size >>= 8) frame += static_cast<char>(size & 0xff);
    return frame + std::string(payload);
}

struct Decoded {
    Result<LayerFacts> facts;
    std::string log;
    Digest blob_digest;
};

Decoded decode(std::string_view blob, std::string_view expected = "", const Limits& limits = {}, std::size_t piece = 64 * 1024) {
    RecordingSink sink;
    TextSource source(blob, piece);
    HashingSource hashed(source, "sha256");
    Result<LayerFacts> facts = decode_layer(hashed, expected, sink, limits);
    return {std::move(facts), std::move(sink.log), hashed.digest()};
}

std::string error_of(std::string_view blob, std::string_view expected = "", const Limits& limits = {}) {
    const Decoded decoded = decode(blob, expected, limits);
    if (decoded.facts) return "no error";
    return std::string(to_string(decoded.facts.error().code)) + ": " + decoded.facts.error().message();
}

// ---- good layers ----

struct LayerCase {
    std::string name;
    std::string blob;
    std::string compression;
    std::string tar;
    std::string log;
};

std::vector<LayerCase> good_layers() {
    const std::string tar = small_tar();
    const std::string half_1 = tar.substr(0, 700);
    const std::string half_2 = tar.substr(700);
    const std::string big = tar_file("big", std::string(1 << 20, 'z')) + tar_end(18);
    const std::string noise = tar_file("noise", noise_bytes(300'000)) + tar_end();
    return {
        {"plain", tar, "none", tar, kSmallLog},
        {"plain and empty", "", "none", "", ""},
        {"plain and without entries", tar_end(), "none", tar_end(), ""},
        {"gzip", gzipped(tar), "gzip", tar, kSmallLog},
        {"gzip of no entries", gzipped(tar_end()), "gzip", tar_end(), ""},
        {"gzip of nothing", gzipped(""), "gzip", "", ""},
        {"gzip with a name", compressed("cp in long-name.tar && gzip -c long-name.tar", tar), "gzip", tar, kSmallLog},
        {"gzip in members", gzipped(half_1) + gzipped("") + gzipped(half_2), "gzip", tar, kSmallLog},
        {"gzip with zeros behind it", gzipped(tar) + std::string(777, '\0'), "gzip", tar, kSmallLog},
        {"gzip of a megabyte", gzipped(big), "gzip", big, "- 644 1048576 big\n"},
        {"gzip of noise", gzipped(noise), "gzip", noise, "- 644 300000 noise\n"},
        {"zstd", zstded(tar), "zstd", tar, kSmallLog},
        {"zstd without checksum", zstded(tar, "--no-check"), "zstd", tar, kSmallLog},
        {"zstd in frames", zstded(half_1) + zstded("") + zstded(half_2), "zstd", tar, kSmallLog},
        {"zstd after a skippable frame", skippable_frame("hello") + zstded(tar), "zstd", tar, kSmallLog},
        {"zstd before skippable frames", zstded(tar) + skippable_frame("") + skippable_frame(std::string(70000, 's')), "zstd", tar, kSmallLog},
        {"zstd of a megabyte", zstded(big, "-19 --long=27"), "zstd", big, "- 644 1048576 big\n"},
        {"zstd of noise", zstded(noise), "zstd", noise, "- 644 300000 noise\n"},
    };
}

TEST(DecodeLayer, ReadsGoodLayers) {
    for (const LayerCase& c : good_layers()) {
        SCOPED_TRACE(c.name);
        for (const std::string& expected : {""s, c.compression}) {
            const Decoded decoded = decode(c.blob, expected);
            ASSERT_TRUE(decoded.facts) << decoded.facts.error().message();
            EXPECT_EQ(decoded.log, c.log);
            EXPECT_EQ(decoded.facts->compression, c.compression);
            EXPECT_EQ(decoded.blob_digest, sha256_of(c.blob));
            EXPECT_EQ(decoded.facts->blob_size, c.blob.size());
            EXPECT_EQ(decoded.facts->diff_id, sha256_of(c.tar));
            EXPECT_EQ(decoded.facts->tar_size, c.tar.size());
        }
    }
}

TEST(DecodeLayer, IsTheSameForEveryChunking) {
    for (const LayerCase& c : good_layers()) {
        if (c.blob.size() > 50'000) continue;  // the small ones have every construct
        for (const std::size_t piece : {1U, 2U, 3U, 5U, 100U}) {
            const Decoded decoded = decode(c.blob, c.compression, {}, piece);
            ASSERT_TRUE(decoded.facts) << c.name << ": " << decoded.facts.error().message();
            EXPECT_EQ(decoded.facts->diff_id, sha256_of(c.tar)) << c.name << " in pieces of " << piece;
            EXPECT_EQ(decoded.log, c.log) << c.name << " in pieces of " << piece;
        }
    }
}

TEST(DecodeLayer, HashesTheBlobWithTheAlgorithmOfItsDigest) {
    RecordingSink sink;
    const std::string blob = small_tar();
    TextSource source(blob);
    HashingSource hashed(source, "sha512");
    const auto facts = decode_layer(hashed, "none", sink, {});
    ASSERT_TRUE(facts) << facts.error().message();
    Hasher expected("sha512");
    expected.update(blob);
    EXPECT_EQ(hashed.digest(), expected.finish());
    EXPECT_EQ(hashed.size(), blob.size());
    EXPECT_EQ(facts->diff_id, sha256_of(blob));
}

TEST(DecodeLayer, StopsWhenAsked) {
    std::stop_source stop;
    stop.request_stop();
    RecordingSink sink;
    TextSource source("");
    const auto facts = decode_layer(source, "", sink, {}, stop.get_token());
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code, ErrorCode::cancelled);
}

TEST(DecodeLayer, AnErrorOfTheSourceIsPassedOn) {
    class Failing final : public ByteSource {
    public:
        Result<std::span<const std::byte>> next() override { return Error{ErrorCode::network, "fetch blob", "host", "reset", ""}; }
    } source;
    RecordingSink sink;
    const auto facts = decode_layer(source, "", sink, {});
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().message(), "fetch blob: host: reset");
}

// Optional fields of a gzip header, which gzip itself hardly writes: the reference decoder reads the same blob.
std::string gzip_with_fields(unsigned char flags, const std::string& fields, std::string_view tar) {
    std::string blob = gzipped(tar);
    blob[3] = static_cast<char>(flags);
    return blob.insert(10, fields);
}

TEST(DecodeLayer, ReadsOptionalGzipHeaderFields) {
    const std::string tar = small_tar();
    const std::string extra = "\x05\0extra"s;
    const std::string long_name = std::string(100'000, 'n') + '\0';
    const std::string all = gzip_with_fields(0x04 | 0x08 | 0x10 | 0x01, extra + "name\0comment\0"s, tar);
    for (const std::string& blob : {gzip_with_fields(0x04, extra, tar), gzip_with_fields(0x08, long_name, tar), gzip_with_fields(0x10, "\0"s, tar), all}) {
        for (const std::size_t piece : {1U, 1000U, 64U * 1024}) {
            const Decoded decoded = decode(blob, "gzip", {}, piece);
            ASSERT_TRUE(decoded.facts) << decoded.facts.error().message();
            EXPECT_EQ(decoded.facts->diff_id, sha256_of(tar));
            EXPECT_EQ(decoded.log, kSmallLog);
        }
    }
    EXPECT_EQ(compressed("gzip -dc", all), tar);
}

TEST(DecodeLayer, VerifiesTheGzipHeaderChecksum) {
    const std::string tar = small_tar();
    const WorkDir dir;
    dir.write("head", gzip_with_fields(0x02 | 0x08, "name\0"s, tar).substr(0, 15));
    const std::string crc = dir.run("python3 -c \"import sys,zlib; sys.stdout.buffer.write((zlib.crc32(open('head','rb').read()) & 0xffff).to_bytes(2, 'little'))\"");
    ASSERT_EQ(crc.size(), 2U);
    const std::string good = gzip_with_fields(0x02 | 0x08, "name\0"s + crc, tar);
    for (const std::size_t piece : {1U, 64U * 1024}) {
        const Decoded decoded = decode(good, "gzip", {}, piece);
        ASSERT_TRUE(decoded.facts) << decoded.facts.error().message();
        EXPECT_EQ(decoded.facts->diff_id, sha256_of(tar));
    }
    std::string bad = good;
    bad[11] = 'N';
    EXPECT_EQ(error_of(bad, "gzip"), "malformed: inflate gzip: blob @17: the header's own checksum differs");
}

// ---- the end of the tar ----

TEST(DecodeLayer, GivesTheDigestsThatMissingEndBlocksWouldMake) {
    const std::string content = tar_file("a", "1");  // 1024 bytes
    const auto digests = [](const std::string& tar) {
        const Decoded decoded = decode(tar);
        EXPECT_TRUE(decoded.facts) << decoded.facts.error().message();
        return decoded.facts ? decoded.facts->diff_ids_with_end_blocks : std::vector<Digest>{};
    };
    const Digest two_blocks = sha256_of(content + tar_end());
    const Digest record = sha256_of(content + std::string(10240 - 1024, '\0'));
    EXPECT_EQ(digests(content), (std::vector<Digest>{two_blocks, record}));
    EXPECT_EQ(digests(content + tar_end(1)), (std::vector<Digest>{two_blocks, record}));
    EXPECT_EQ(digests(content.substr(0, 513)), (std::vector<Digest>{two_blocks, record})) << "padding is missing too";
    EXPECT_EQ(digests(content + tar_end()), std::vector<Digest>{record}) << "only the zeros behind the end marker are missing";
    EXPECT_EQ(digests(content + tar_end(18)), std::vector<Digest>{});
    EXPECT_EQ(digests(""), (std::vector<Digest>{sha256_of(tar_end()), sha256_of(tar_end(20))}));
    const std::string nine_kib = tar_file("a", std::string(17 * 512, 'x'));  // with two blocks it fills a record
    EXPECT_EQ(digests(nine_kib), std::vector<Digest>{sha256_of(nine_kib + tar_end())});
}

// ---- broken layers ----

TEST(DecodeLayer, RefusesWhatItsMediaTypeDoesNotSay) {
    const std::string tar = small_tar();
    EXPECT_EQ(error_of(zstded(tar), "gzip"), "malformed: decode layer: blob: its first bytes say compression zstd, its media type says gzip");
    EXPECT_EQ(error_of(gzipped(tar), "zstd"), "malformed: decode layer: blob: its first bytes say compression gzip, its media type says zstd");
    EXPECT_EQ(error_of(gzipped(tar), "none"), "malformed: decode layer: blob: its first bytes say compression gzip, its media type says none");
    EXPECT_EQ(error_of(tar, "gzip"), "malformed: decode layer: blob: its first bytes say compression none, its media type says gzip");
    EXPECT_EQ(error_of("", "gzip"), "truncated: decode layer: blob: it ends after 0 bytes, too few for gzip");
    EXPECT_EQ(error_of("\x1f\x8b\x08", "gzip"), "truncated: decode layer: blob: it ends after 3 bytes, too few for gzip");
    EXPECT_EQ(error_of("\x1f\x8b\x08", ""), "truncated: inflate gzip: blob @3: the data end inside a member's header");
}

TEST(DecodeLayer, RefusesGarbage) {
    const std::string tar = small_tar();
    const std::string gzip = gzipped(tar);
    const std::string zstd = zstded(tar);
    const std::string gzip_end = std::to_string(gzip.size());
    const std::string zstd_end = std::to_string(zstd.size());
    EXPECT_EQ(error_of("hello, this is no layer"), "truncated: read tar: tar @0: the archive ends after 23 bytes, in a header");
    EXPECT_EQ(error_of(gzip + std::string(20, 'x')),
              "malformed: inflate gzip: blob @" + std::to_string(gzip.size() + 10) + ": bytes behind a member that are neither a member nor zeros");
    EXPECT_EQ(error_of(gzip + "\0\0x"s), "malformed: inflate gzip: blob @" + gzip_end + ": bytes behind the last member that are not zeros");
    EXPECT_EQ(error_of(gzip + "\0"s + gzip), "malformed: inflate gzip: blob @" + gzip_end + ": bytes behind the last member that are not zeros");
    EXPECT_EQ(error_of(gzip + "\x1f"), "truncated: inflate gzip: blob @" + std::to_string(gzip.size() + 1) + ": the data end inside a member's header");
    EXPECT_EQ(error_of(zstd + "xxxx"), "malformed: inflate zstd: blob @" + zstd_end + ": bytes that do not start a zstd frame");
    EXPECT_EQ(error_of(zstd + "\0\0\0\0"s), "malformed: inflate zstd: blob @" + zstd_end + ": bytes that do not start a zstd frame");
    EXPECT_EQ(error_of(zstd + "\x27\xb5\x2f\xfd"), "malformed: inflate zstd: blob @" + zstd_end + ": bytes that do not start a zstd frame") << "zstd 0.7";
    EXPECT_EQ(error_of(zstd + "\x28\xb5"), "truncated: inflate zstd: blob @" + zstd_end + ": the data end inside a frame's header");
    EXPECT_EQ(error_of(zstd + skippable_frame("hello").substr(0, 10)), "truncated: inflate zstd: blob @" + std::to_string(zstd.size() + 10) + ": the data end inside a frame");
    EXPECT_EQ(error_of(gzipped(tar + std::string(512, 'x'))),
              "malformed: read tar: tar @3584: bytes behind the end marker that are neither zeros nor a tar header");
}

TEST(DecodeLayer, VerifiesTheGzipTrailer) {
    const std::string gzip = gzipped(small_tar());
    for (std::size_t i = gzip.size() - 8; i < gzip.size(); ++i) {
        std::string bad = gzip;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        EXPECT_EQ(error_of(bad), "malformed: inflate gzip: blob @" + std::to_string(gzip.size()) + ": the member's CRC-32 or size differs from its content");
        EXPECT_EQ(error_of(gzipped("") + bad).substr(0, 24), "malformed: inflate gzip:") << "in the second member";
    }
}

TEST(DecodeLayer, VerifiesTheZstdChecksum) {
    std::string zstd = zstded(small_tar());
    zstd.back() = static_cast<char>(zstd.back() ^ 1);
    EXPECT_NE(error_of(zstd).find("malformed: inflate zstd: blob @"), std::string::npos);
    EXPECT_NE(error_of(zstd).find("checksum"), std::string::npos);
}

TEST(DecodeLayer, RefusesZstdDictionaries) {
    // A frame header with a dictionary id, and a raw last block of one byte.
    EXPECT_EQ(error_of("\x28\xb5\x2f\xfd\x01\x00\x07\x09\x00\x00x"s), "malformed: inflate zstd: blob @0: Dictionary mismatch");
}

// Every cut of the blob: an error, or (where only what may be missing is missing) another blob digest.
TEST(DecodeLayer, EveryPrefixFailsCleanly) {
    const std::string tar = small_tar();
    for (const std::string& blob : {tar, gzipped(tar), zstded(tar), gzipped(tar.substr(0, 700)) + gzipped(tar.substr(700))}) {
        const std::string compression = decode(blob).facts->compression;
        const Digest whole = sha256_of(blob);
        std::size_t errors = 0;
        for (std::size_t cut = 0; cut < blob.size(); ++cut) {
            const Decoded decoded = decode(std::string_view(blob).substr(0, cut), compression);
            if (!decoded.facts) {
                ASSERT_EQ(decoded.facts.error().code, ErrorCode::truncated) << compression << " " << cut << " " << decoded.facts.error().message();
                ++errors;
            } else {
                ASSERT_NE(decoded.blob_digest, whole) << compression << " " << cut;
            }
        }
        EXPECT_GT(errors, blob.size() / 2) << compression;
    }
}

// Content never changes unnoticed: a flipped bit is an error or stands where it changes nothing, such as the time in the header.
TEST(DecodeLayer, EveryFlippedBitIsNoticed) {
    const std::string tar = small_tar();
    for (const std::string& blob : {gzipped(tar), zstded(tar)}) {
        std::size_t errors = 0;
        for (std::size_t bit = 0; bit < blob.size() * 8; ++bit) {
            std::string bad = blob;
            bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
            const Decoded decoded = decode(bad);
            if (!decoded.facts) {
                ++errors;
                continue;
            }
            ASSERT_NE(decoded.blob_digest, sha256_of(blob)) << bit;
            ASSERT_EQ(decoded.facts->diff_id, sha256_of(tar)) << bit;
        }
        EXPECT_GT(errors, blob.size() * 8 / 2);
    }
}

// ---- limits ----

TEST(DecodeLayer, StopsBombs) {
    Limits limits;
    limits.inflate_ratio = 100;
    limits.inflate_ratio_floor = 1 << 20;
    const std::string zeros(8 << 20, '\0');
    for (const std::string& blob : {gzipped(zeros), zstded(zeros)}) {
        const std::string error = error_of(blob, "", limits);
        EXPECT_NE(error.find("over-limit: inflate "), std::string::npos) << error;
        EXPECT_NE(error.find("(limit 100); raise limits.inflate_ratio if this image is trusted"), std::string::npos) << error;
        Limits higher_floor = limits;
        higher_floor.inflate_ratio_floor = 8 << 20;
        EXPECT_EQ(error_of(blob, "", higher_floor), "no error");
    }
    limits.inflate_ratio = 0;  // a configured 0 must not divide
    EXPECT_NE(error_of(gzipped(zeros), "", limits).find("limits.inflate_ratio"), std::string::npos);
}

TEST(DecodeLayer, HoldsTheLayerToItsSize) {
    const std::string tar = small_tar();
    Limits limits;
    limits.layer_bytes = tar.size();
    for (const std::string& blob : {tar, gzipped(tar), zstded(tar)}) {
        limits.layer_bytes = tar.size();
        EXPECT_EQ(error_of(blob, "", limits), "no error");
        limits.layer_bytes = tar.size() - 1;
        EXPECT_NE(error_of(blob, "", limits).find("raise limits.layer_bytes if this image is trusted"), std::string::npos) << error_of(blob, "", limits);
    }
}

TEST(DecodeLayer, HoldsZstdToItsWindow) {
    const std::string tar = tar_file("big", noise_bytes(3'000'000)) + tar_end();
    const std::string blob = zstded(tar, "-3 --long=24");
    Limits limits;
    limits.zstd_window_log = 24;
    EXPECT_EQ(error_of(blob, "", limits), "no error");
    limits.zstd_window_log = 20;
    EXPECT_EQ(error_of(blob, "", limits),
              "over-limit: inflate zstd: blob @0 window of 16777216 bytes, log: 24 (limit 20); raise limits.zstd_window_log if this image is trusted");
    // 15 times 2^38 bytes, the largest window that a header can ask for, in 6 bytes
    EXPECT_EQ(error_of("\x28\xb5\x2f\xfd\0\xff"s),
              "over-limit: inflate zstd: blob @0 window of 4123168604160 bytes, log: 42 (limit 27); raise limits.zstd_window_log if this image is trusted");
    // a single segment of 2^64 - 1 bytes
    EXPECT_EQ(error_of("\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\xff"s),
              "over-limit: inflate zstd: blob @0 window of 18446744073709551615 bytes, log: 64 (limit 27); raise limits.zstd_window_log if this image is trusted");
}

}  // namespace
}  // namespace veritag::stream
