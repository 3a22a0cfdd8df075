// Layers read in part: the same entries and contents as a full read gives, few and merged requests, and no trust in what a table says.
#include "stream/partial_layer.h"

#include "chunked_layers.h"
#include "recording.h"
#include "stream/layer_decoder.h"
#include "stream/toc.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace veritag::stream {
namespace {

using test::ChunkedLayer;
using test::MemoryRanges;

// A RecordingSink that wants `wanted` bytes of every file but the padding, and notes whose content comes.
class DeferringRecorder final : public DeferringSink {
public:
    explicit DeferringRecorder(std::uint64_t wanted) : inner_(wanted) {}
    Result<std::uint64_t> on_entry(const TarEntry& entry) override {
        path_ = entry.path;
        VERITAG_TRY(const std::uint64_t wanted, inner_.on_entry(entry));
        return entry.path == "padding" ? 0 : wanted;
    }
    Result<void> on_data(std::span<const std::byte> data) override { return inner_.on_data(data); }
    Result<void> on_entry_end() override { return inner_.on_entry_end(); }
    void on_problem(Problem problem) override { inner_.on_problem(std::move(problem)); }
    std::size_t set_aside() override {
        paths_.push_back(path_);
        return paths_.size() - 1;
    }
    void take_up(std::size_t number) override {
        inner_.content.clear();
        inner_.log += paths_.at(number) + " ";
    }
    [[nodiscard]] const std::string& log() const { return inner_.log; }

private:
    RecordingSink inner_;
    std::string path_;
    std::vector<std::string> paths_;
};

struct Outcome {
    std::string text;  // the log, or the error's message
    std::vector<std::pair<std::uint64_t, std::uint64_t>> requests;
};

Outcome read(ChunkedLayer& layer, std::uint64_t wanted = RecordingSink::kAll, const Limits& limits = {}) {
    const std::string& blob = layer.finish();
    MemoryRanges ranges(blob);
    DeferringRecorder sink(wanted);
    const Result<PartialFacts> facts = decode_partial_layer(ranges, blob.size(), layer.reference(), sink, limits);
    return {facts ? sink.log() : std::string(to_string(facts.error().code)) + ": " + facts.error().message(), ranges.requests};
}

class BothFormats : public testing::TestWithParam<TocFormat> {};
INSTANTIATE_TEST_SUITE_P(Formats, BothFormats, testing::Values(TocFormat::zstd_chunked, TocFormat::estargz),
                         [](const auto& format) { return format.param == TocFormat::estargz ? "Estargz" : "ZstdChunked"; });

TEST_P(BothFormats, GivesEntriesAndContents) {
    ChunkedLayer layer(GetParam());
    layer.simple("dir", "etc/");
    layer.file("etc/os-release", "ID=puffin\n");
    layer.file("./usr/big", "0123456789", 4);
    layer.file("empty", "");
    layer.simple("symlink", "lib", "usr/lib");
    layer.simple("hardlink", "usr/other", "./usr/big");
    layer.simple("char", "dev/null");
    layer.file("opt/.wh.gone", "");
    layer.file("srv/.wh..wh..opq", "");
    layer.padding();
    const std::string entries =
        "d 755 0 etc\n- 644 10 etc/os-release\n- 644 10 usr/big\n- 644 0 empty\nl 755 0 lib -> usr/lib\nh 755 0 usr/other -> usr/big\nc 755 0 dev/null\n"
        "removed opt/gone\nopaque srv\n- 644 100000 padding\n";
    EXPECT_EQ(read(layer).text, entries + "empty []\netc/os-release [ID=puffin\n]\nusr/big [0123456789]\n");
}

TEST_P(BothFormats, ReadsHeadsFromTheirFirstChunks) {
    ChunkedLayer layer(GetParam());
    layer.file("a", "0123456789", 4);
    layer.padding();
    EXPECT_EQ(read(layer, 5).text, "- 644 10 a\n- 644 100000 padding\na [01234]\n");
}

TEST_P(BothFormats, MergesNeighboursAndSkipsTheRest) {
    ChunkedLayer layer(GetParam());
    layer.file("a", "1");
    layer.file("b", "2");
    layer.padding(200'000);
    layer.file("c", "3");
    const Outcome outcome = read(layer);
    EXPECT_EQ(outcome.text, "- 644 1 a\n- 644 1 b\n- 644 200000 padding\n- 644 1 c\na [1]\nb [2]\nc [3]\n");
    const std::size_t for_the_table = GetParam() == TocFormat::estargz ? 2 : 1;
    ASSERT_EQ(outcome.requests.size(), for_the_table + 2);
    std::uint64_t bytes = 0;
    for (const auto& [offset, length] : outcome.requests) bytes += length;
    EXPECT_LT(bytes, 6000U) << "of more than 200000";
}

TEST_P(BothFormats, ReadsAChunkThatIsLongerThanARequest) {
    ChunkedLayer layer(GetParam());
    std::string content(9 << 20, 'x');
    content += "end";
    layer.file("a", content);
    layer.padding(10 << 20);
    const std::string& blob = layer.finish();
    MemoryRanges ranges(blob);
    DeferringRecorder sink(RecordingSink::kAll);
    const auto facts = decode_partial_layer(ranges, blob.size(), layer.reference(), sink, {});
    ASSERT_TRUE(facts) << facts.error().message();
    EXPECT_TRUE(sink.log().ends_with("xend]\n"));
    EXPECT_EQ(sink.log().size(), content.size() + std::string("- 644 9437187 a\n- 644 10485760 padding\na []\n").size());
    for (const auto& [offset, length] : ranges.requests) EXPECT_LE(length, 8U << 20);
}

TEST_P(BothFormats, EveryCutOfTheBlobFailsCleanly) {
    ChunkedLayer layer(GetParam());
    layer.file("a", "0123456789", 4);
    layer.padding(4000);
    const std::string& blob = layer.finish();
    const TocReference toc = layer.reference();
    for (std::size_t length = 0; length < blob.size(); length += 7) {
        MemoryRanges ranges(std::string_view(blob).substr(0, length));
        DeferringRecorder sink(RecordingSink::kAll);
        EXPECT_FALSE(decode_partial_layer(ranges, blob.size(), toc, sink, {})) << length;
    }
}

TEST_P(BothFormats, EveryDamagedByteOfTableAndContentIsSeen) {
    ChunkedLayer layer(GetParam());
    layer.file("a", "0123456789", 4);
    layer.padding(4000);
    const std::string blob = layer.finish();
    const TocReference toc = layer.reference();
    const auto run = [&](const std::string& bytes) {
        MemoryRanges ranges(bytes);
        DeferringRecorder sink(RecordingSink::kAll);
        const auto facts = decode_partial_layer(ranges, bytes.size(), toc, sink, {});
        return facts ? sink.log() : "error";
    };
    const std::string good = run(blob);
    ASSERT_NE(good, "error");
    std::size_t seen = 0;
    for (std::size_t i = 0; i < blob.size(); ++i) {
        std::string bad = blob;
        bad[i] = static_cast<char>(bad[i] ^ 0x10);
        const std::string outcome = run(bad);
        EXPECT_TRUE(outcome == "error" || outcome == good) << i;
        seen += outcome == "error" ? 1 : 0;
    }
    EXPECT_GT(seen, 300U);
}

TEST(PartialLayer, GivesHolesAsZeros) {
    ChunkedLayer layer(TocFormat::zstd_chunked);
    const std::string holes(40'000, '\0');
    const std::string digest = sha256_of("head" + holes + "tail").str();
    const auto head = layer.frame("head");
    const auto hole = layer.frame("");
    const auto tail = layer.frame("tail");
    layer.entry(R"({"type":"reg","name":"a","size":40008,"digest":")" + digest + R"(","offset":)" + std::to_string(head) + R"(,"chunkSize":4,"chunkDigest":")" + sha256_of("head").str() +
                R"(","endOffset":)" + std::to_string(layer.position()) + R"(},{"type":"chunk","name":"a","chunkType":"zeros","chunkOffset":4,"chunkSize":40000,"offset":)" + std::to_string(hole) +
                R"(},{"type":"chunk","name":"a","chunkOffset":40004,"chunkSize":4,"chunkDigest":")" + sha256_of("tail").str() + R"(","offset":)" + std::to_string(tail) + "}");
    layer.entry(R"({"type":"reg","name":"hole","size":5,"chunkType":"zeros","digest":")" + sha256_of(std::string(5, '\0')).str() + "\"}");
    layer.padding();
    EXPECT_EQ(read(layer).text, "- 0 40008 a\n- 0 5 hole\n- 644 100000 padding\nhole [" + std::string(5, '\0') + "]\na [head" + holes + "tail]\n");
    EXPECT_EQ(read(layer, 6).text, "- 0 40008 a\n- 0 5 hole\n- 644 100000 padding\nhole [" + std::string(5, '\0') + "]\na [head" + std::string(2, '\0') + "]\n");
}

TEST(PartialLayer, AHoleOfAbsurdLengthCostsNothing) {
    ChunkedLayer layer(TocFormat::zstd_chunked);
    layer.entry(R"({"type":"reg","name":"hole","size":9223372036854775807,"chunkType":"zeros","digest":")" + sha256_of("").str() + "\"}");
    layer.padding();
    EXPECT_EQ(read(layer, 3).text, "- 0 9223372036854775807 hole\n- 644 100000 padding\nhole [" + std::string(3, '\0') + "]\n");
}

// eStargz with a least chunk size puts several files into one member.
TEST(PartialLayer, FindsFilesInsideASharedMember) {
    ChunkedLayer layer(TocFormat::estargz);
    const auto member = layer.frame("HEADaaaaHEADbbbb");
    const auto file = [&](const std::string& name, const std::string& content, int inner) {
        layer.entry(R"({"type":"reg","name":")" + name + R"(","size":4,"digest":")" + sha256_of(content).str() + R"(","chunkDigest":")" + sha256_of(content).str() + R"(","offset":)" +
                    std::to_string(member) + R"(,"innerOffset":)" + std::to_string(inner) + "}");
    };
    file("b", "bbbb", 12);
    file("a", "aaaa", 4);
    layer.padding();
    EXPECT_EQ(read(layer).text, "- 0 4 b\n- 0 4 a\n- 644 100000 padding\na [aaaa]\nb [bbbb]\n");
}

TEST(PartialLayer, LeavesTheLayerToAFullReadWhereMostOfItIsWanted) {
    ChunkedLayer layer(TocFormat::zstd_chunked);
    layer.file("a", std::string(5000, 'a'));
    layer.padding(1000);
    EXPECT_NE(read(layer).text.find("bytes are wanted: a full read costs little more"), std::string::npos) << read(layer).text;
    EXPECT_EQ(read(layer).text.substr(0, 12), "unsupported:");
}

TEST(PartialLayer, ReadsNoTableBesideAnotherOne) {
    ChunkedLayer layer(TocFormat::zstd_chunked);
    layer.padding();
    layer.finish();
    layer.annotations["containerd.io/snapshot/stargz/toc.digest"] = sha256_of("x").str();
    EXPECT_EQ(read(layer).text,
              "unsupported: read layer in part: annotations: it names a zstd:chunked and an eStargz table of contents, and engines differ in which they read");
}

struct Hostile {
    const char* name;
    std::function<void(ChunkedLayer&)> make;
    const char* message;
};
void PrintTo(const Hostile& row, std::ostream* out) { *out << row.name; }

std::string reg(const std::string& fields) { return R"({"type":"reg","name":"a",)" + fields + "}"; }
std::string with_digest(const std::string& content) { return R"("size":)" + std::to_string(content.size()) + R"(,"digest":")" + sha256_of(content).str() + "\","; }

class HostileTable : public testing::TestWithParam<Hostile> {};

TEST_P(HostileTable, IsRefused) {
    ChunkedLayer layer(TocFormat::zstd_chunked);
    GetParam().make(layer);
    layer.padding();
    EXPECT_NE(read(layer).text.find(GetParam().message), std::string::npos) << read(layer).text;
}

const std::vector<Hostile> kHostile{
    {"ContentThatIsAnother", [](ChunkedLayer& l) { l.entry(reg(with_digest("x") + R"("offset":)" + std::to_string(l.frame("y")))); }, "digest-mismatch: read layer in part: frame at blob @13 \"a\" chunk: the bytes hash to"},
    {"ShorterContent", [](ChunkedLayer& l) { const auto at = l.frame("x"); l.entry(reg(with_digest("xy") + R"("offset":)" + std::to_string(at) + R"(,"endOffset":)" + std::to_string(l.position()))); }, "it inflates to less than the table of contents says"},
    {"NoFrameThere", [](ChunkedLayer& l) { l.entry(reg(with_digest("x") + R"("offset":14,"endOffset":20)")); }, "malformed: inflate zstd: frame at blob @14"},
    {"OffsetBehindTheContent", [](ChunkedLayer& l) { l.entry(reg(with_digest("x") + R"("offset":103000)")); }, "a chunk takes bytes 103000 to"},
    {"OffsetBehindTheBlob", [](ChunkedLayer& l) { l.entry(reg(with_digest("x") + R"("offset":9223372036854775807)")); }, "a chunk takes bytes 9223372036854775807 to"},
    {"EndBeforeStart", [](ChunkedLayer& l) { const auto at = l.frame("x"); l.entry(reg(with_digest("x") + R"("offset":)" + std::to_string(at) + R"(,"endOffset":5)")); }, "a chunk takes bytes 13 to 5"},
    {"EndInAnotherFile", [](ChunkedLayer& l) { const auto at = l.frame("x"); l.entry(reg(with_digest("x") + R"("offset":)" + std::to_string(at) + R"(,"endOffset":600)")); l.file("b", "y"); },
     "\"a\": a chunk takes bytes 13 to 600 of the blob, where it may reach to"},
    {"SharedContent", [](ChunkedLayer& l) { const auto at = std::to_string(l.frame("x")); l.entry(reg(with_digest("x") + R"("offset":)" + at)); l.entry(R"({"type":"reg","name":"b",)" + with_digest("x") + R"("offset":)" + at + "}"); },
     "its content overlaps another file's at blob @13"},
    {"NamesTwice", [](ChunkedLayer& l) { l.file("a", "1"); l.file("./a", "2"); }, "a name is there twice"},
    {"NoDigest", [](ChunkedLayer& l) { l.entry(reg(R"("size":1,"offset":)" + std::to_string(l.frame("x")))); }, "has no digest for one of its chunks"},
    {"NoOffset", [](ChunkedLayer& l) { l.entry(reg(R"("size":1)")); }, "entry 0: \"a\" has content, but the table does not say where"},
    {"ChunksTooShort", [](ChunkedLayer& l) { l.entry(reg(R"("size":3,"offset":13,"chunkSize":2)")); }, "\"a\" has 3 bytes, its chunks 2"},
    {"ChunksTooLong", [](ChunkedLayer& l) { l.entry(reg(R"("size":3,"offset":13,"chunkSize":4)")); }, "has a chunk of 4 bytes where 3 are left"},
    {"ChunkElsewhere", [](ChunkedLayer& l) { l.entry(reg(R"("size":3,"offset":13,"chunkSize":1)") + R"(,{"type":"chunk","offset":20,"chunkOffset":2})"); }, "has a chunk at 2, expected at 1"},
    {"ChunkBackwards", [](ChunkedLayer& l) { l.entry(reg(R"("size":3,"offset":13,"chunkSize":1)") + R"(,{"type":"chunk","offset":12,"chunkOffset":1})"); }, "has a chunk that lies before the one it follows"},
    {"ChunkBehindTheEnd", [](ChunkedLayer& l) { l.entry(reg(R"("size":3,"offset":13)") + R"(,{"type":"chunk","offset":20,"chunkOffset":3})"); }, "has a chunk behind its end"},
    {"ChunkOfNothing", [](ChunkedLayer& l) { l.entry(R"({"type":"dir","name":"d"},{"type":"chunk","offset":20})"); }, "a chunk that follows no file"},
    {"ChunkType", [](ChunkedLayer& l) { l.entry(reg(R"("size":3,"offset":13,"chunkType":"ones")")); }, "has a chunk of the unknown type \"ones\""},
    {"Type", [](ChunkedLayer& l) { l.entry(R"({"type":"socket","name":"s"})"); }, "\"s\" is of the unknown type \"socket\""},
    {"Parent", [](ChunkedLayer& l) { l.entry(R"({"type":"dir","name":"a/../b"})"); }, "entry 0 \"a/../b\": a \"..\" part could lead out of the image"},
    {"LinkToParent", [](ChunkedLayer& l) { l.entry(R"({"type":"hardlink","name":"a","linkName":"../b"})"); }, "entry 0 link target of \"a\" \"../b\""},
    {"LinkToNothing", [](ChunkedLayer& l) { l.entry(R"({"type":"hardlink","name":"a"})"); }, "\"a\" is a hard link to nothing"},
    {"Negative", [](ChunkedLayer& l) { l.entry(reg(R"("size":-1)")); }, "entry 0: size is no whole number from 0 to 2^63-1"},
    {"Fraction", [](ChunkedLayer& l) { l.entry(reg(R"("size":1.5)")); }, "size is no whole number"},
    {"Huge", [](ChunkedLayer& l) { l.entry(reg(R"("size":9223372036854775808)")); }, "size is no whole number"},
    {"NameOfNumbers", [](ChunkedLayer& l) { l.entry(R"({"type":"dir","name":5})"); }, "name is no string"},
    {"MemberTwice", [](ChunkedLayer& l) { l.entry(R"({"type":"dir","name":"a","NAME":"b"})"); }, "member \"name\" is there twice (upper and lower case are the same)"},
    {"BadDigest", [](ChunkedLayer& l) { l.entry(reg(R"("size":0,"digest":"sha256:zz")")); }, "entry 0"},
    {"Deep", [](ChunkedLayer& l) { l.entry(R"({"type":"dir","name":"a","xattrs":)" + std::string(100, '[') + std::string(100, ']') + "}"); }, "limits.json_depth"},
    {"NotJson", [](ChunkedLayer& l) { l.entry("{type}"); }, "not JSON"},
    {"NoCommaBetween", [](ChunkedLayer& l) { l.entry("{\"type\":\"dir\",\"name\":\"a\"}{\"type\":\"dir\",\"name\":\"b\"}"); }, "where a comma or the end of the list was expected"},
    {"TwoCommas", [](ChunkedLayer& l) { l.outline_start = R"({"version":1,"entries":[,)"; }, "\",\" where an entry was expected"},
    {"NumberAmongEntries", [](ChunkedLayer& l) { l.entry("5"); }, "\"5\" where an entry was expected"},
    {"Version", [](ChunkedLayer& l) { l.outline_start = R"({"version":2,"entries":[)"; }, "unsupported: read table of contents: version: is not 1"},
    {"NoEntries", [](ChunkedLayer& l) { l.outline_start = R"({"version":1,"others":[)"; }, "entries: missing"},
    {"EntriesTwice", [](ChunkedLayer& l) { l.outline_end = R"(],"Entries":[]})"; }, "member \"entries\" is there twice"},
    {"EntriesUnderAnEscapedName", [](ChunkedLayer& l) { l.outline_start = R"({"version":1,"entri\u0065s":[)"; }, "holds something other than entries"},
    {"EntriesElsewhere", [](ChunkedLayer& l) { l.outline_start = R"({"version":1,"x":{"entries":[)"; l.outline_end = "]}}"; }, "entries: missing"},
    {"TextBehindIt", [](ChunkedLayer& l) { l.outline_end = "]} {}"; }, "outline: not JSON"},
    {"Cut", [](ChunkedLayer& l) { l.outline_end = "]"; }, "outline: not JSON"},
    {"LongOutline", [](ChunkedLayer& l) { l.outline_end = "],\"x\":\"" + std::string(70'000, 'x') + "\"}"; }, "more than 65536 bytes besides the entries"},
};
INSTANTIATE_TEST_SUITE_P(Tables, HostileTable, testing::ValuesIn(kHostile), [](const auto& row) { return row.param.name; });

TEST(PartialLayer, HoldsToItsLimits) {
    ChunkedLayer layer(TocFormat::zstd_chunked);
    layer.file("abcdefgh", "1");
    layer.file("b", "1");
    layer.padding();
    const auto message = [&](auto change) {
        Limits limits;
        change(limits);
        return read(layer, RecordingSink::kAll, limits).text;
    };
    EXPECT_NE(message([](Limits& l) { l.tar_entries = 2; }).find("entries: 3 entries (limit 2); raise limits.tar_entries"), std::string::npos);
    EXPECT_NE(message([](Limits& l) { l.toc_bytes = 100; }).find("limits.toc_bytes"), std::string::npos);
    EXPECT_NE(message([](Limits& l) { l.path_bytes = 7; }).find("limits.path_bytes"), std::string::npos);
    EXPECT_NE(message([](Limits& l) { l.tar_header_bytes = 50; }).find("limits.tar_header_bytes"), std::string::npos);
    EXPECT_NE(message([](Limits& l) { l.layer_bytes = 1; }).find("limits.layer_bytes"), std::string::npos);
}

TEST(PartialLayer, StopsWhenAsked) {
    ChunkedLayer layer(TocFormat::estargz);
    layer.padding();
    std::stop_source stop;
    stop.request_stop();
    MemoryRanges ranges(layer.finish());
    DeferringRecorder sink(0);
    EXPECT_EQ(decode_partial_layer(ranges, layer.finish().size(), layer.reference(), sink, {}, stop.get_token()).error().code, ErrorCode::cancelled);
    EXPECT_TRUE(ranges.requests.empty());
}

// ---- the table's text ----

class Lister final : public TocSink {
public:
    Result<void> on_toc_entry(TocEntry toc) override {
        log += letter_of(toc.entry.type) + toc.entry.path + " " + std::to_string(toc.chunks.size()) + "\n";
        return ok();
    }
    void on_toc_problem(Problem problem) override { log += "! " + problem.path + ": " + problem.message + "\n"; }
    std::string log;
};

std::string list(std::string_view json, std::size_t piece) {
    Lister lister;
    TocReader reader(lister, {});
    for (std::size_t at = 0; at < json.size(); at += std::min(piece, json.size() - at))
        if (const auto written = reader.write(as_byte_span(json.substr(at, piece))); !written) return "error";
    return reader.finish() ? lister.log : "error";
}

const std::string kTable = R"( {"entries" : [ {"type":"dir","name":"/a","xattrs":{"x":"]}\"{"}} , {"name":"a/b","type":"reg","size":3,"offset":9,"chunkSize":2},
    {"type":"chunk","offset":10,"chunkOffset":2} ], "version":1,"tarSplitDigest":"\\" } )";

TEST(TocReader, PiecesOfAnySizeGiveTheSame) {
    const std::string whole = "! /a: absolute name, read as relative to the image's root\nda 0\n-a/b 2\n";
    for (std::size_t piece = 1; piece <= kTable.size(); ++piece) EXPECT_EQ(list(kTable, piece), whole) << piece;
}

TEST(TocReader, EveryPrefixFailsCleanly) {
    for (std::size_t length = 0; length < kTable.size() - 2; ++length) EXPECT_EQ(list(std::string_view(kTable).substr(0, length), 64), "error") << length;
}

TEST(TocReader, TakesAnEmptyTable) { EXPECT_EQ(list(R"({"version":1,"entries":[]})", 64), ""); }

// ---- where the table is ----

using Annotations = std::map<std::string, std::string>;

std::string found(const Annotations& annotations, std::string_view compression) {
    const auto toc = find_toc(annotations, compression, 1000);
    if (!toc) return toc.error().message();
    if (!*toc) return "none";
    return std::string(to_string((*toc)->format)) + " " + std::to_string((*toc)->offset) + "+" + std::to_string((*toc)->length) + ((*toc)->alone ? "" : ", not alone");
}

TEST(FindToc, KnowsBothFormatsAndBothNames) {
    const std::string digest = sha256_of("x").str();
    for (const std::string prefix : {"io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."}) {
        const Annotations chunked{{prefix + "manifest-checksum", digest}, {prefix + "manifest-position", "900:50:400:1"}};
        EXPECT_EQ(found(chunked, "zstd"), "zstd:chunked 900+50");
        EXPECT_EQ(found(chunked, "gzip"), "none") << "the blob has another compression";
        Annotations both = chunked;
        both["containerd.io/snapshot/stargz/toc.digest"] = digest;
        EXPECT_EQ(found(both, "zstd"), "zstd:chunked 900+50, not alone");
        EXPECT_EQ(found(both, "gzip"), "eStargz 0+0, not alone");
    }
    EXPECT_EQ(found({{"containerd.io/snapshot/stargz/toc.digest", digest}}, "gzip"), "eStargz 0+0");
    EXPECT_EQ(found({{"org.example", "x"}}, "gzip"), "none");
    EXPECT_EQ(found({{"io.containers.zstd-chunked.manifest-position", "900:50:400:1"}}, "zstd"), "none") << "a table without a digest is no table";
}

TEST(FindToc, RefusesWhatSaysNothingUsable) {
    const std::string digest = sha256_of("x").str();
    const std::string prefix = "io.containers.zstd-chunked.";
    const auto at = [&](const std::string& position) { return found({{prefix + "manifest-checksum", digest}, {prefix + "manifest-position", position}}, "zstd"); };
    EXPECT_NE(at("900:101:1:1").find("is not inside the blob of 1000 bytes"), std::string::npos);
    EXPECT_NE(at("18446744073709551615:2:1:1").find("is not inside the blob"), std::string::npos);
    EXPECT_NE(at("7:50:1:1").find("is not inside the blob"), std::string::npos);
    EXPECT_NE(at("900:0:1:1").find("is not inside the blob"), std::string::npos);
    EXPECT_NE(at("900:50:1").find("is not offset:length:length:type"), std::string::npos);
    EXPECT_NE(at("900:-5:1:1").find("is not offset:length:length:type"), std::string::npos);
    EXPECT_NE(at("900:50:1:2").find("type 2 (known: 1)"), std::string::npos);
    EXPECT_NE(found({{prefix + "manifest-checksum", digest}}, "zstd").find("missing, although the table's checksum is there"), std::string::npos);
    EXPECT_NE(found({{prefix + "manifest-checksum", "x"}, {prefix + "manifest-position", "900:50:1:1"}}, "zstd").find("manifest-checksum"), std::string::npos);
    EXPECT_NE(found({{"containerd.io/snapshot/stargz/toc.digest", "x"}}, "gzip").find("toc.digest"), std::string::npos);
    EXPECT_NE(found({{prefix + "manifest-checksum", digest}, {"io.github.containers.zstd-chunked.manifest-checksum", digest}}, "zstd").find("under both of its names"), std::string::npos);
}

TEST(EstargzFooter, EveryDamageIsSeenOrHarmless) {
    ChunkedLayer layer(TocFormat::estargz);
    layer.padding();
    const std::string& blob = layer.finish();
    const std::string footer = blob.substr(blob.size() - kEstargzFooterBytes);
    const auto offset = parse_estargz_footer(as_byte_span(footer));
    ASSERT_TRUE(offset) << offset.error().message();
    EXPECT_EQ(blob.substr(*offset, 2), "\x1f\x8b");
    for (std::size_t length = 0; length < footer.size(); ++length) EXPECT_FALSE(parse_estargz_footer(as_byte_span(std::string_view(footer).substr(0, length))));
    for (std::size_t i : {0U, 3U, 10U, 12U, 14U, 16U, 32U, 37U}) {
        std::string bad = footer;
        bad[i] = 'z';
        EXPECT_FALSE(parse_estargz_footer(as_byte_span(bad))) << i;
    }
    const auto external = parse_estargz_footer(as_byte_span(std::string(16, 'x') + "STARGZEXTERNALTOC" + std::string(18, 'x')));
    EXPECT_EQ(external.error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace veritag::stream
