#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>

namespace veritag {
namespace {

using namespace std::string_view_literals;

TEST(ByteReader, ReadsBothByteOrders) {
    ByteReader in("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"sv);
    EXPECT_EQ(in.u16be(), 0x0102);
    EXPECT_EQ(in.u16le(), 0x0403);
    EXPECT_EQ(in.u8(), 5);
    EXPECT_EQ(in.u32be(), 0x06070809U);
    EXPECT_EQ(in.u32le(), 0x0D0C0B0AU);
    EXPECT_EQ(in.remaining(), 1U);
    EXPECT_EQ(ByteReader("\x01\x02\x03\x04\x05\x06\x07\x08"sv).u64be(), 0x0102030405060708U);
    EXPECT_EQ(ByteReader("\x01\x02\x03\x04\x05\x06\x07\x08"sv).u64le(), 0x0807060504030201U);
}

TEST(ByteReader, StaysBadAfterAShortRead) {
    ByteReader in("abc"sv);
    EXPECT_EQ(in.u32be(), 0U);
    EXPECT_FALSE(in.ok());
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(in.remaining(), 0U);
    EXPECT_EQ(in.u8(), 0);
    EXPECT_EQ(in.text(1), "");
    EXPECT_EQ(in.line(), "");
    EXPECT_EQ(in.c_string(), "");
    EXPECT_TRUE(in.bytes(0).empty());
    in.seek(0);
    EXPECT_FALSE(in.ok()) << "seeking back does not forgive";
}

TEST(ByteReader, RefusesCountsThatWouldOverflow) {
    ByteReader in("abc"sv);
    in.skip(2);
    EXPECT_TRUE(in.bytes(std::numeric_limits<std::uint64_t>::max()).empty());
    EXPECT_FALSE(in.ok());
    EXPECT_FALSE(ByteReader("abc"sv).sub(1, std::numeric_limits<std::uint64_t>::max()).ok());
    EXPECT_FALSE(ByteReader("abc"sv).sub(std::numeric_limits<std::uint64_t>::max(), 1).ok());
}

TEST(ByteReader, ReadsLines) {
    ByteReader in("one\ntwo\r\n\nlast"sv);
    EXPECT_EQ(in.line(), "one");
    EXPECT_EQ(in.line(), "two");
    EXPECT_EQ(in.line(), "");
    EXPECT_FALSE(in.at_end());
    EXPECT_EQ(in.line(), "last");
    EXPECT_TRUE(in.at_end());
    EXPECT_TRUE(in.ok());
}

TEST(ByteReader, NeedsTheNulOfACString) {
    ByteReader in("ab\0cd"sv);
    EXPECT_EQ(in.c_string(), "ab");
    EXPECT_EQ(in.c_string(), "");
    EXPECT_FALSE(in.ok());
}

TEST(ByteReader, SeeksAndTakesParts) {
    ByteReader in("0123456789"sv, "file", 100);
    in.seek(4);
    EXPECT_EQ(in.u8(), '4');
    EXPECT_EQ(in.offset(), 105U);
    ByteReader part = in.sub(2, 3);
    EXPECT_EQ(part.offset(), 102U);
    EXPECT_EQ(part.rest(), "234");
    EXPECT_TRUE(in.sub(10, 0).ok());
    EXPECT_FALSE(in.sub(8, 3).ok());
    in.seek(10);
    EXPECT_TRUE(in.ok());
    in.seek(11);
    EXPECT_FALSE(in.ok());
}

TEST(ByteReader, ErrorsNameOriginAndOffset) {
    ByteReader in("0123456789"sv, "var/lib/rpm/Packages.db", 8192);
    in.skip(4);
    EXPECT_EQ(in.truncated("read rpm header").message(), "read rpm header: var/lib/rpm/Packages.db @8196: the data end here, 10 bytes in all");
    EXPECT_EQ(in.malformed("read rpm header", "bad magic").message(), "read rpm header: var/lib/rpm/Packages.db @8196: bad magic");
    const Error error = in.over_limit("read rpm header", 4294967295U, "limits.rpm_header_entries", 65535);
    EXPECT_EQ(error.code, ErrorCode::over_limit);
    EXPECT_EQ(error.message(), "read rpm header: var/lib/rpm/Packages.db @8196: 4294967295 entries (limit 65535); raise limits.rpm_header_entries if this image is trusted");
}

}  // namespace
}  // namespace veritag
