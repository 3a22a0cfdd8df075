// The reader against archives made block by block: formats, precedence, limits, hostile input.
#include "stream/tar.h"

#include "recording.h"
#include "stream/sparse.h"
#include "stream/tar_header.h"
#include "tar_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace veritag::stream {
namespace {

using namespace veritag::test;
using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr auto kAll = RecordingSink::kAll;

// An archive of everything that is read without complaint.
std::string rich_archive() {
    const std::string long_path = "long/" + std::string(150, 'n') + "/" + std::string(150, 'm');
    return tar_entry({.name = "./", .type = '5', .mode = 0755}) + tar_entry({.name = "etc/", .type = '5', .mode = 0755}) +
           tar_file("etc/os-release", "ID=openEuler\n") + tar_file("./empty", "") + tar_file("usr/big", std::string(3000, 'b')) +
           tar_entry({.name = "name", .content = "p", .prefix = "deep/prefix"}) +
           tar_entry({.name = "usr/lib64", .type = '2', .link = "../lib64"}) + tar_entry({.name = "twin", .type = '1', .link = "./etc/os-release"}) +
           pax_header({{"path", long_path}, {"SCHILY.xattr.user.x", "1"}, {"mtime", "1.5"}}) + tar_file("short", "pax") +
           gnu_long('L', long_path + "2") + gnu_long('K', "target/" + std::string(120, 't')) +
           tar_entry({.name = "short", .type = '2', .link = "short", .style = TarStyle::gnu}) +
           tar_entry({.name = "dev/null", .type = '3'}) + tar_entry({.name = "dev/sda", .type = '4'}) + tar_entry({.name = "run/pipe", .type = '6'}) +
           tar_entry({.name = "etc/.wh.passwd"}) + tar_entry({.name = "var/.wh..wh..opq"}) + tar_file("contiguous", "c") + tar_end();
}

// ---- formats ----

struct ArchiveCase {
    const char* name;
    std::string archive;
    std::string listing;  // with all content wanted; an error is its last line
};
void PrintTo(const ArchiveCase& c, std::ostream* out) { *out << c.name; }

class TarArchives : public testing::TestWithParam<ArchiveCase> {};

TEST_P(TarArchives, ListAsExpected) { EXPECT_EQ(listing(GetParam().archive, kAll), GetParam().listing); }

TEST_P(TarArchives, ListTheSameByteByByte) {
    for (const std::size_t piece : {1U, 7U, 511U, 513U}) EXPECT_EQ(listing(GetParam().archive, kAll, piece), GetParam().listing) << piece;
}

std::string test_name(const testing::TestParamInfo<ArchiveCase>& each) { return each.param.name; }

std::string old_gnu_sparse(std::vector<SparseExtent> extents, std::uint64_t real_size, const std::string& content) {
    std::string header = tar_header({.name = "sparse", .type = 'S', .style = TarStyle::gnu, .size = content.size()});
    const auto pair = [](const SparseExtent& extent) { return tar_octal(extent.offset, 12) + tar_octal(extent.length, 12); };
    std::string map;
    std::size_t at = 0;
    for (; at < extents.size() && at < 4; ++at) map += pair(extents[at]);
    header = tar_patched(header, 386, map);
    header = tar_patched(header, 482, at < extents.size() ? "\1"s : "\0"s);
    header = tar_patched(header, 483, tar_octal(real_size, 12));
    while (at < extents.size()) {
        std::string block;
        for (std::size_t i = 0; i < 21 && at < extents.size(); ++i, ++at) block += pair(extents[at]);
        block.resize(504, '\0');
        block += at < extents.size() ? '\1' : '\0';
        header += tar_padded(block);
    }
    return header + tar_padded(content);
}

std::string many_holes(std::string& expected, std::size_t count) {
    std::vector<SparseExtent> extents;
    std::string content;
    for (std::size_t i = 0; i < count; ++i) {
        extents.push_back({i * 10 + 5, 5});
        content += "data" + std::string(1, static_cast<char>('a' + i % 26));
        expected += std::string(5, '\0') + content.substr(content.size() - 5);
    }
    return old_gnu_sparse(extents, count * 10, content);
}

std::vector<ArchiveCase> formats() {
    const std::string zeros(6, '\0');
    std::string holes;
    const std::string holes_archive = many_holes(holes, 60);
    return {
        {"Nothing", "", ""},
        {"OnlyTheEndMarker", tar_end(), ""},
        {"LongPadding", tar_file("a", "1") + tar_end(40), "- 644 1 a\n[1]\n"},
        {"NoEndMarker", tar_file("a", "1"), "- 644 1 a\n[1]\n"},
        {"OneEndBlock", tar_file("a", "1") + tar_end(1), "- 644 1 a\n[1]\n"},
        {"NoPaddingAtTheEnd", tar_header({.name = "a", .content = "1"}) + "1", "- 644 1 a\n[1]\n"},
        {"OddZerosBehindTheEnd", tar_file("a", "1") + tar_end() + std::string(100, '\0'), "- 644 1 a\n[1]\n"},
        {"PaddingOfRubbish", tar_header({.name = "a", .content = "1"}) + "1" + std::string(511, '?') + tar_file("b", "2") + tar_end(),
         "- 644 1 a\n[1]\n- 644 1 b\n[2]\n"},
        {"ExactlyOneBlock", tar_file("a", std::string(512, 'x')) + tar_file("b", "2") + tar_end(),
         "- 644 512 a\n[" + std::string(512, 'x') + "]\n- 644 1 b\n[2]\n"},
        {"EmptyFile", tar_file("a", "") + tar_end(), "- 644 0 a\n[]\n"},
        {"UstarPrefix", tar_entry({.name = "n", .prefix = "p/q"}) + tar_end(), "- 644 0 p/q/n\n[]\n"},
        {"StarPrefixIsShorter", tar_patched(tar_header({.name = "n", .prefix = std::string(131, 'p') + "0777"}), 508, "tar\0"s) + tar_end(),
         "- 644 0 " + std::string(131, 'p') + "/n\n[]\n"},
        {"GnuHasNoPrefix", tar_patched(tar_header({.name = "n", .style = TarStyle::gnu}), 345, tar_octal(1234, 12)) + tar_end(), "- 644 0 n\n[]\n"},
        // golang/go: src/archive/tar/reader.go: a prefix that Go before 1.8 wrote into a GNU header
        {"PrefixOfOldGo", tar_entry({.name = "n", .style = TarStyle::gnu, .prefix = "usr/lib"}) + tar_end(), "- 644 0 usr/lib/n\n[]\n"},
        {"V7", tar_entry({.name = "d/", .type = '\0', .mode = 0700, .style = TarStyle::v7}) +
                   tar_entry({.name = "d/f", .content = "7", .type = '\0', .style = TarStyle::v7, .prefix = "no"}) + tar_end(),
         "d 700 0 d\n- 644 1 d/f\n[7]\n"},
        {"SlashOfAPlainFile", tar_file("f/", "x") + tar_end(), "- 644 1 f\n[x]\n"},
        {"Contiguous", tar_entry({.name = "c", .content = "7", .type = '7'}) + tar_end(), "- 644 1 c\n[7]\n"},
        {"Kinds",
         tar_entry({.name = "l", .type = '2', .link = "../x"}) + tar_entry({.name = "h", .type = '1', .link = "/a/./b"}) +
             tar_entry({.name = "c", .type = '3'}) + tar_entry({.name = "b", .type = '4'}) + tar_entry({.name = "p", .type = '6'}) + tar_end(),
         "l 644 0 l -> ../x\nh 644 0 h -> a/b\nc 644 0 c\nb 644 0 b\np 644 0 p\n"},
        {"LinksHaveNoContent",
         tar_header({.name = "h", .type = '1', .link = "a", .size = 4096}) + pax_header({{"size", "99"}}) +
             tar_header({.name = "d", .type = '5', .size = 512}) + tar_file("f", "x") + tar_end(),
         "h 644 0 h -> a\nd 644 0 d\n- 644 1 f\n[x]\n"},
        {"SetIdBits", tar_entry({.name = "s", .mode = 04755}) + tar_end(), "- 4755 0 s\n[]\n"},
        {"SpacesAroundNumbers", tar_patched(tar_header({.name = "a", .content = "12345"}), 124, "       5 \0 \0"s) + tar_padded("12345") + tar_end(),
         "- 644 5 a\n[12345]\n"},
        {"Base256Size", tar_patched(tar_header({.name = "a"}), 124, tar_base256(5, 12)) + tar_padded("12345") + tar_end(), "- 644 5 a\n[12345]\n"},
        {"SecondArchiveIsNotUnpacked", tar_file("a", "1") + tar_end() + tar_file("etc/os-release", "fake") + tar_end(),
         "- 644 1 a\n[1]\n! : tar @2048: a further archive behind the end marker; not read, as container runtimes do not unpack it\n"},
        {"UnknownType", tar_entry({.name = "v", .content = "xyz", .type = 'V'}) + tar_file("a", "1") + tar_end(),
         "! v: entry of unknown type \"V\" skipped\n- 644 1 a\n[1]\n"},
        {"BytesThatAreNoUtf8", tar_file("caf\xe9", "1") + tar_end(), "- 644 1 caf\xe9\n[1]\n"},

        {"PaxOverridesTheHeader", pax_header({{"path", "long"}, {"linkpath", "far"}}) + tar_entry({.name = "s", .type = '2', .link = "near"}) + tar_end(),
         "l 644 0 long -> far\n"},
        {"PaxSize", pax_header({{"size", "3"}}) + tar_header({.name = "a"}) + tar_padded("abc") + tar_end(), "- 644 3 a\n[abc]\n"},
        {"PaxEmptyValueIsNone", pax_header({{"path", "x"}, {"path", ""}, {"size", ""}}) + tar_file("a", "1") + tar_end(), "- 644 1 a\n[1]\n"},
        {"PaxLastRecordWins", pax_header({{"path", "x"}, {"path", "y"}}) + tar_file("a", "1") + tar_end(), "- 644 1 y\n[1]\n"},
        {"PaxIsForOneEntry", pax_header({{"path", "x"}}) + tar_file("a", "1") + tar_file("b", "2") + tar_end(), "- 644 1 x\n[1]\n- 644 1 b\n[2]\n"},
        {"PaxSecondReplacesFirst", pax_header({{"path", "x"}}) + pax_header({{"comment", "y"}}) + tar_file("a", "1") + tar_end(), "- 644 1 a\n[1]\n"},
        {"PaxOfNothing", pax_header({}) + tar_file("a", "1") + tar_end(), "- 644 1 a\n[1]\n"},
        {"PaxForeignKeys", pax_header({{"LIBARCHIVE.xattr.a", "\n=\n"}, {"SCHILY.fflags", "x"}, {"a=b", "c"}}) + tar_file("a", "1") + tar_end(),
         "- 644 1 a\n[1]\n"},
        {"GlobalComment", pax_header({{"comment", "0123"}}, 'g') + tar_file("a", "1") + tar_end(), "- 644 1 a\n[1]\n"},
        {"GlobalPathIsIgnored", pax_header({{"path", "evil"}}, 'g') + tar_file("a", "1") + tar_end(),
         "! : tar @0: a global pax header sets names or sizes; ignored, as container runtimes do\n- 644 1 a\n[1]\n"},
        {"GnuLongName", gnu_long('L', std::string(300, 'n')) + tar_file("a", "1") + tar_end(), "- 644 1 " + std::string(300, 'n') + "\n[1]\n"},
        {"GnuLongNameBeatsPax", pax_header({{"path", "pax"}}) + gnu_long('L', "gnu") + tar_file("a", "1") + tar_end(), "- 644 1 gnu\n[1]\n"},
        {"GnuLongNameOfNothing", gnu_long('L', "") + tar_file("a", "1") + tar_end(), "- 644 1 a\n[1]\n"},

        {"OldSparse", old_gnu_sparse({{2, 3}, {8, 0}}, 8, "abc") + tar_file("a", "1") + tar_end(),
         "- 644 8 sparse\n["s + "\0\0abc\0\0\0"s + "]\n- 644 1 a\n[1]\n"},
        {"OldSparseOfManyParts", holes_archive + tar_file("a", "1") + tar_end(), "- 644 600 sparse\n[" + holes + "]\n- 644 1 a\n[1]\n"},
        {"OldSparseOfAHole", old_gnu_sparse({{6, 0}}, 6, "") + tar_end(), "- 644 6 sparse\n[" + zeros + "]\n"},
        {"Sparse00",
         pax_header({{"GNU.sparse.size", "6"}, {"GNU.sparse.numblocks", "2"}, {"GNU.sparse.offset", "1"}, {"GNU.sparse.numbytes", "2"},
                     {"GNU.sparse.offset", "6"}, {"GNU.sparse.numbytes", "0"}}) + tar_file("s", "ab") + tar_end(),
         "- 644 6 s\n["s + "\0ab\0\0\0"s + "]\n"},
        {"Sparse01",
         pax_header({{"GNU.sparse.size", "6"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "1,2"}, {"GNU.sparse.name", "real"}}) +
             tar_file("GNUSparseFile.0/real", "ab") + tar_end(),
         "- 644 6 real\n["s + "\0ab\0\0\0"s + "]\n"},
        {"Sparse10",
         pax_header({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.name", "real"}, {"GNU.sparse.realsize", "6"}}) +
             tar_file("GNUSparseFile.0/real", tar_padded("1\n1\n2\n") + "ab") + tar_file("a", "1") + tar_end(),
         "- 644 6 real\n["s + "\0ab\0\0\0"s + "]\n- 644 1 a\n[1]\n"},
        {"Sparse10OfAHole",
         pax_header({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.name", "real"}, {"GNU.sparse.realsize", "6"}}) +
             tar_file("x", tar_padded("0\n")) + tar_file("a", "1") + tar_end(),
         "- 644 6 real\n[" + zeros + "]\n- 644 1 a\n[1]\n"},
    };
}
INSTANTIATE_TEST_SUITE_P(Formats, TarArchives, testing::ValuesIn(formats()), test_name);

std::vector<ArchiveCase> names() {
    return {
        {"LeadingDots", tar_file("././a//b/./c", "") + tar_end(), "- 644 0 a/b/c\n[]\n"},
        {"Root", tar_entry({.name = "./", .type = '5', .mode = 0755}) + tar_end(), "d 755 0 \n"},
        {"Absolute", tar_file("//etc/x", "") + tar_end(), "! //etc/x: absolute name, read as relative to the image's root\n- 644 0 etc/x\n[]\n"},
        {"NamelessFile", tar_file("./.", "") + tar_file("a", "") + tar_end(), "! ./.: entry without a name skipped\n- 644 0 a\n[]\n"},
        {"DotDot", tar_file("a/../../etc/passwd", "") + tar_end(),
         "error malformed: read path: tar @0 \"a/../../etc/passwd\": a \"..\" part could lead out of the image\n"},
        {"DotDotOfAHardLink", tar_entry({.name = "h", .type = '1', .link = "../x"}) + tar_end(),
         "error malformed: read path: tar @0 link target of \"h\" \"../x\": a \"..\" part could lead out of the image\n"},
        {"DotsInANameAreFine", tar_file("..a/b..", "") + tar_end(), "- 644 0 ..a/b..\n[]\n"},
        {"HardLinkToNothing", tar_entry({.name = "h", .type = '1', .link = "./"}) + tar_end(),
         "error malformed: read tar: tar @0: \"h\" is a hard link to nothing\n"},
        {"NulInAPaxPath", pax_header({{"path", "a\0b"sv}}) + tar_file("a", "") + tar_end(),
         "error malformed: read pax header: tar @0 pax header +0: path=\"a\\x00b\" holds a NUL\n"},

        {"Whiteout", tar_file("a/.wh.b", "") + tar_file(".wh.c", "") + tar_end(), "removed a/b\nremoved c\n"},
        {"WhiteoutOfADirectory", tar_entry({.name = "a/.wh.b/", .type = '5'}) + tar_end(), "removed a/b\n"},
        {"WhiteoutOfOddNames", tar_file(".wh....", "") + tar_file("x/.wh..b", "") + tar_end(), "removed ...\nremoved x/.b\n"},
        {"Opaque", tar_file("a/b/.wh..wh..opq", "") + tar_file(".wh..wh..opq", "") + tar_file("/.wh..wh..opq", "") + tar_end(),
         "opaque a/b\nopaque \n! /.wh..wh..opq: absolute name, read as relative to the image's root\nopaque \n"},
        {"AufsBookkeeping",
         tar_entry({.name = ".wh..wh.aufs"}) + tar_entry({.name = ".wh..wh.plnk/", .type = '5'}) + tar_file(".wh..wh.plnk/1.2", "x") +
             tar_file("a/.wh..wh.orph", "") + tar_file("a/b", "") + tar_end(),
         "- 644 0 a/b\n[]\n"},
        {"HardLinkIntoAufs", tar_entry({.name = "h", .type = '1', .link = ".wh..wh.plnk/1.2"}) + tar_end(),
         "! h: hard link to aufs bookkeeping, whose content is not read\nh 644 0 h -> .wh..wh.plnk/1.2\n"},
        {"WhiteoutOfNothing", tar_file("a/.wh.", "") + tar_end(), "error malformed: read tar: tar @0: \"a/.wh.\" is a whiteout of no file\n"},
        {"WhiteoutOfHere", tar_file("a/.wh..", "") + tar_end(), "error malformed: read tar: tar @0: \"a/.wh..\" is a whiteout of no file\n"},
        {"WhiteoutOfTheParent", tar_file("a/.wh...", "") + tar_end(), "error malformed: read tar: tar @0: \"a/.wh...\" is a whiteout of no file\n"},
    };
}
INSTANTIATE_TEST_SUITE_P(Names, TarArchives, testing::ValuesIn(names()), test_name);

std::string sparse_01(std::string_view count, std::string_view map, std::string_view size, const std::string& content) {
    return pax_header({{"GNU.sparse.size", size}, {"GNU.sparse.numblocks", count}, {"GNU.sparse.map", map}}) + tar_file("s", content) + tar_end();
}
std::string sparse_10(const std::string& content) {
    return pax_header({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "6"}}) + tar_file("s", content) + tar_end();
}
std::string raw_pax(const std::string& payload) { return tar_entry({.name = "x", .content = payload, .type = 'x'}) + tar_file("a", "") + tar_end(); }

std::vector<ArchiveCase> broken() {
    const std::string header = tar_header({.name = "a"});
    std::string bad_checksum = header;
    bad_checksum[0] = 'b';
    const std::string map_error = "error malformed: read sparse map: tar @1024 \"s\": ";
    return {
        {"Checksum", bad_checksum,
         "error malformed: read tar header: tar @0: checksum field \"006076\\x00 \", the block sums to 3135; this is not a tar header\n"},
        {"NotATar", std::string(600, 'x'),
         "error malformed: read tar header: tar @0: checksum field \"xxxxxxxx\", the block sums to 60736; this is not a tar header\n"},
        {"DataBehindOneZeroBlock", tar_file("a", "") + tar_end(1) + tar_file("b", ""),
         "- 644 0 a\n[]\nerror malformed: read tar: tar @1024: data behind a single zero block; programs disagree whether the archive goes on, "
         "and container runtimes refuse it\n"},
        {"RubbishBehindTheEnd", tar_file("a", "") + tar_end() + std::string(512, 'x'),
         "- 644 0 a\n[]\nerror malformed: read tar: tar @1536: bytes behind the end marker that are neither zeros nor a tar header\n"},
        {"ShortRubbishBehindTheEnd", tar_file("a", "") + tar_end() + "x",
         "- 644 0 a\n[]\nerror truncated: read tar: tar @1024: the archive ends after 1537 bytes, in a header\n"},
        {"SizeIsText", tar_patched(header, 124, "12x"), "error malformed: read tar header: tar @0: size field \"12x00000000\\x00\" is not a number that fits 63 bits\n"},
        {"SizeIsNegative", tar_patched(header, 124, tar_base256(-1, 12)),
         "error malformed: read tar header: tar @0: size field \"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\" is negative\n"},
        {"SizeOf64Bits", tar_patched(header, 124, "\x80\0\0\0\x80\0\0\0\0\0\0\0"s),
         "error malformed: read tar header: tar @0: size field \"\\x80\\x00\\x00\\x00\\x80\\x00\\x00\\x00\\x00\\x00\\x00\\x00\" is not a number that fits 63 bits\n"},
        {"ModeIsText", tar_patched(header, 100, "rwxr-x"), "error malformed: read tar header: tar @0: mode field \"rwxr-x4\\x00\" is not a number that fits 63 bits\n"},
        {"HugeFile", tar_patched(header, 124, tar_base256(std::numeric_limits<std::int64_t>::max(), 12)),
         "- 644 9223372036854775807 a\nerror truncated: read tar: tar @0: the archive ends after 512 bytes, in the content of \"a\"\n"},

        {"PaxWithoutLength", raw_pax("path=x\n"), "error malformed: read pax header: tar @0 pax header +0: \"path=x\\x0a\" does not start with a record's length\n"},
        {"PaxLengthTooLong", raw_pax("99 path=x\n"), "error malformed: read pax header: tar @0 pax header +0: a record of 99 bytes, 10 are left\n"},
        {"PaxLengthTooShort", raw_pax("8 path=x\n"), "error malformed: read pax header: tar @0 pax header +0: a record of 8 bytes does not end in a newline there\n"},
        {"PaxLengthZero", raw_pax("0 path=x\n"), "error malformed: read pax header: tar @0 pax header +0: a record of 0 bytes does not end in a newline there\n"},
        {"PaxLengthOverflows", raw_pax("99999999999999999999 path=x\n"),
         "error malformed: read pax header: tar @0 pax header +0: \"99999999999999999999 path=x\\x0a\" does not start with a record's length\n"},
        {"PaxWithoutKey", raw_pax("5 =x\n"), "error malformed: read pax header: tar @0 pax header +0: record \"=x\" is not KEY=VALUE\n"},
        {"PaxWithoutEquals", raw_pax("9 commnt\n"), "error malformed: read pax header: tar @0 pax header +0: record \"commnt\" is not KEY=VALUE\n"},
        {"PaxSecondRecordBroken", raw_pax("6 a=b\n7 a:bb\n"), "error malformed: read pax header: tar @0 pax header +6: record \"a:bb\" is not KEY=VALUE\n"},
        {"PaxSizeIsNegative", pax_header({{"size", "-1"}}) + tar_file("a", ""), "error malformed: read pax header: tar @0 pax header +0: size=-1 is not a number that fits 63 bits\n"},
        {"PaxSizeOf64Bits", pax_header({{"size", "9223372036854775808"}}) + tar_file("a", ""),
         "error malformed: read pax header: tar @0 pax header +0: size=9223372036854775808 is not a number that fits 63 bits\n"},
        {"PaxWithoutEntry", pax_header({{"path", "x"}}) + tar_end(), "error malformed: read tar: tar @1024: the archive ends behind an extended header, before its entry\n"},
        {"PaxAtTheEnd", pax_header({{"path", "x"}}), "error truncated: read tar: tar @0: the archive ends after 1024 bytes, in an extended header, before its entry\n"},
        {"GlobalBetweenPaxAndEntry", pax_header({{"path", "x"}}) + pax_header({{"comment", "c"}}, 'g') + tar_file("a", ""),
         "error malformed: read tar: tar @1024: a global header between an extended header and its entry\n"},

        {"SparsePartsOverlap", sparse_01("2", "0,2,1,1", "6", "abc"), map_error + "1 bytes at 1, the part before ends at 2\n"},
        {"SparsePartBehindTheEnd", sparse_01("1", "5,2", "6", "ab"), map_error + "2 bytes at 5 in a file of 6\n"},
        {"SparsePartOverflows", sparse_01("1", "18446744073709551615,2", "6", "ab"), map_error + "2 bytes at 18446744073709551615 in a file of 6\n"},
        {"SparseNeedsMoreThanIsStored", sparse_01("1", "0,3", "6", "ab"), map_error + "more parts than the 2 bytes that are stored\n"},
        {"SparseLeavesStoredBytes", sparse_01("1", "0,1", "6", "ab"), map_error + "1 of 2 stored bytes belong to no part\n"},
        {"SparseCountDiffers", sparse_01("2", "0,2", "6", "ab"), "error malformed: read sparse map: tar @1024: GNU.sparse.numblocks=\"2\" with a map of 2 numbers\n"},
        {"SparseMapIsText", sparse_01("1", "0,b", "6", "ab"), "error malformed: read sparse map: tar @1024: part \"0,b\" is not two numbers\n"},
        {"SparseSizeIsText", sparse_01("1", "0,2", "six", "ab"), "error malformed: read tar: tar @1024: \"s\" has the sparse size \"six\"\n"},
        {"SparseUnknownVersion", pax_header({{"GNU.sparse.major", "2"}, {"GNU.sparse.minor", "0"}}) + tar_file("s", ""),
         "error unsupported: read tar: tar @1024: \"s\" is sparse in version 2.0 (0.0, 0.1 and 1.0 are known)\n"},
        {"SparseDirectory", pax_header({{"GNU.sparse.numblocks", "0"}, {"GNU.sparse.map", "0,0"}}) + tar_entry({.name = "s", .type = '5'}),
         "error malformed: read tar: tar @1024: \"s\" has a sparse map and no content\n"},
        {"Sparse00OutOfTurn", pax_header({{"GNU.sparse.numbytes", "1"}}) + tar_file("s", ""),
         "error malformed: read pax header: tar @0 pax header +0: GNU.sparse.numbytes=1 (an offset is expected)\n"},
        {"Sparse10WithoutRoom", sparse_10("1\n"), "error malformed: read tar: tar @1024: \"s\" has no room for its sparse map\n"},
        {"Sparse10MapIsText", sparse_10(tar_padded("1\nx\n")), "error malformed: read sparse map: tar @1024: line \"x\" is not a number\n"},
        {"Sparse10MapIsCut", sparse_10(tar_padded("9\n1\n1\n")), "error malformed: read tar: tar @1024: \"s\" has no room for its sparse map\n"},
        {"StarSparse", tar_entry({.name = "s", .type = 'S'}), "error unsupported: read tar: tar @0: \"s\" is sparse in a form other than GNU tar's\n"},
        {"OldSparseMapIsCut", old_gnu_sparse({{0, 1}, {2, 1}, {4, 1}, {6, 1}, {8, 1}}, 10, "abcde").substr(0, 700),
         "error truncated: read tar: tar @0: the archive ends after 700 bytes, in the sparse map of \"sparse\"\n"},
    };
}
INSTANTIATE_TEST_SUITE_P(Broken, TarArchives, testing::ValuesIn(broken()), test_name);

// ---- the parts ----

TEST(TarNumber, ReadsOctalAndBase256) {
    struct Case {
        std::string field;
        std::optional<std::int64_t> value;
    };
    const Case cases[] = {
        {"", 0},
        {"\0\0\0"s, 0},
        {"    ", 0},
        {"0000644\0"s, 0644},
        {"   644 \0"s, 0644},
        {"777777777777", 077777777777LL * 8 + 7},
        {"12\0" "34"s, 012},
        {"12 34", std::nullopt},
        {"8", std::nullopt},
        {"-1", std::nullopt},
        {"7777777777777777777777", std::nullopt},
        {tar_base256(5, 8), 5},
        {tar_base256(-2, 12), -2},
        {tar_base256(std::numeric_limits<std::int64_t>::max(), 12), std::numeric_limits<std::int64_t>::max()},
        {tar_base256(std::numeric_limits<std::int64_t>::min(), 12), std::numeric_limits<std::int64_t>::min()},
        {"\x80\0\0\1\0\0\0\0\0\0\0\0"s, std::nullopt},
    };
    for (const Case& c : cases) EXPECT_EQ(parse_tar_number(c.field), c.value) << testing::PrintToString(c.field);
}

TEST(TarHeader, AcceptsTheHistoricalSignedChecksum) {
    std::string header = tar_header({.name = "caf\xe9"});
    std::int64_t sum = 8 * ' ';
    for (std::size_t i = 0; i < header.size(); ++i)
        if (i < 148 || i >= 156) sum += static_cast<signed char>(header[i]);
    header.replace(148, 7, tar_octal(static_cast<std::uint64_t>(sum), 7));
    EXPECT_EQ(listing(header), "- 644 0 caf\xe9\n");
}

TEST(NormalisePath, KeepsNamesAndRefusesTricks) {
    const Limits limits;
    EXPECT_EQ(*normalise_path("", limits), "");
    EXPECT_EQ(*normalise_path("/./", limits), "");
    EXPECT_EQ(*normalise_path("./a//b/", limits), "a/b");
    EXPECT_EQ(*normalise_path(".../.a", limits), ".../.a");
    EXPECT_EQ(normalise_path("a/..", limits).error().code, ErrorCode::malformed);
    EXPECT_EQ(normalise_path("a\0b"sv, limits).error().message(), "read path: \"a\\x00b\": it holds a NUL");
    Limits tight;
    tight.path_bytes = 4;
    EXPECT_TRUE(normalise_path("abcd", tight));
    EXPECT_EQ(normalise_path("abcde", tight).error().message(), "read path: \"abcde\": 5 bytes (limit 4); raise limits.path_bytes if this image is trusted");
}

// ---- limits ----

TEST(TarLimits, AreErrorsThatNameTheKey) {
    struct Case {
        const char* name;
        std::string archive;
        Limits limits;
        std::string error;
    };
    const auto with = [](auto change) {
        Limits limits;
        change(limits);
        return limits;
    };
    const Limits tight_header = with([](Limits& l) { l.tar_header_bytes = 1000; });
    const Limits tight_path = with([](Limits& l) { l.path_bytes = 5; });
    std::string holes;
    const Case cases[] = {
        {"entries", tar_file("a", "") + tar_file("b", ""), with([](Limits& l) { l.tar_entries = 1; }),
         "- 644 0 a\nerror over-limit: read tar: tar @512: 2 entries (limit 1); raise limits.tar_entries if this image is trusted\n"},
        {"entries behind the end", tar_end() + tar_file("a", "") + tar_file("b", ""), with([](Limits& l) { l.tar_entries = 1; }),
         "! : tar @1024: a further archive behind the end marker; not read, as container runtimes do not unpack it\n"
         "error over-limit: read tar: tar @1536: 2 entries (limit 1); raise limits.tar_entries if this image is trusted\n"},
        {"path", tar_file("abcdef", ""), tight_path,
         "error over-limit: read path: tar @0 \"abcdef\": 6 bytes (limit 5); raise limits.path_bytes if this image is trusted\n"},
        {"link target", tar_entry({.name = "a", .type = '2', .link = "abcdef"}), tight_path,
         "error over-limit: read tar: tar @0 link target of \"a\": 6 bytes (limit 5); raise limits.path_bytes if this image is trusted\n"},
        {"pax header", tar_header({.name = "x", .type = 'x', .size = 1001}), tight_header,
         "error over-limit: read tar: tar @0 extended header: 1001 bytes (limit 1000); raise limits.tar_header_bytes if this image is trusted\n"},
        {"long name", tar_header({.name = "x", .type = 'L', .size = 077777777777}), tight_header,
         "error over-limit: read tar: tar @0 extended header: 8589934591 bytes (limit 1000); raise limits.tar_header_bytes if this image is trusted\n"},
        {"old sparse map", many_holes(holes, 100), tight_header,
         "error over-limit: read tar: tar @0 sparse map of \"sparse\": 1072 bytes (limit 1000); raise limits.tar_header_bytes if this image is trusted\n"},
        {"sparse map as text", sparse_10(tar_padded("999\n" + std::string(2000, '1'))), tight_header,
         "error over-limit: read sparse map: tar @1024: 1024 bytes (limit 1000); raise limits.tar_header_bytes if this image is trusted\n"},
    };
    for (const Case& c : cases) EXPECT_EQ(listing(c.archive, 0, ~std::size_t{0}, c.limits), c.error) << c.name;
}

// ---- what the sink asks for ----

TEST(TarContent, OnlyTheWantedHeadIsGiven) {
    const std::string archive = tar_file("a", "abcdef") + tar_file("b", "xy") + tar_end();
    EXPECT_EQ(listing(archive, 3), "- 644 6 a\n[abc]\n- 644 2 b\n[xy]\n");
    EXPECT_EQ(listing(archive, 3, 1), "- 644 6 a\n[abc]\n- 644 2 b\n[xy]\n");
}

TEST(TarContent, AHoleOfExbibytesCostsOnlyWhatIsWanted) {
    constexpr std::uint64_t kHuge = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::string size = std::to_string(kHuge);
    const std::string map = std::to_string(kHuge - 2) + ",2";
    const std::string archive = pax_header({{"GNU.sparse.size", size}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", map}}) + tar_file("s", "ab") +
                                tar_file("a", "1") + tar_end();
    EXPECT_EQ(listing(archive), "- 644 " + size + " s\n- 644 1 a\n");
    RecordingSink sink(100'000);
    sink.keep_content = false;
    ASSERT_TRUE(read_tar(archive, sink));
    EXPECT_EQ(sink.content_bytes, 100'001U);  // of both files
    EXPECT_LE(sink.largest_piece, 128U * 1024);
    EXPECT_EQ(sink.entries, 2U);
}

TEST(TarContent, SparseFilesAreMarked) {
    RecordingSink sink;
    ASSERT_TRUE(read_tar(old_gnu_sparse({{2, 3}}, 8, "abc") + tar_end(), sink));
    EXPECT_TRUE(sink.last.sparse);
    ASSERT_TRUE(read_tar(tar_file("a", "1") + tar_end(), sink));
    EXPECT_FALSE(sink.last.sparse);
}

// A sink that notes where each entry's content starts.
class PositionSink final : public TarSink {
public:
    Result<std::uint64_t> on_entry(const TarEntry& entry) override {
        log += entry.path + "@" + std::to_string(reader->position()) + " ";
        return wanted;
    }
    Result<void> on_data(std::span<const std::byte>) override { return ok(); }
    Result<void> on_entry_end() override { return ok(); }
    void on_problem(Problem) override {}

    const TarReader* reader = nullptr;
    std::uint64_t wanted = 0;
    std::string log;
};

TEST(TarReader, UnwantedBytesMayBeSkippedByTheCaller) {
    const std::string archive = tar_file("a", std::string(5000, 'a')) + tar_file("b", "") + tar_file("c", std::string(700, 'c')) + tar_end();
    for (const std::uint64_t wanted : {0U, 100U}) {
        PositionSink sink;
        sink.wanted = wanted;
        TarReader reader(sink, {});
        sink.reader = &reader;
        std::size_t read = 0;
        for (std::size_t at = 0; at < archive.size();) {
            const std::string_view piece = std::string_view(archive).substr(at, 64);
            ASSERT_TRUE(reader.write(as_byte_span(piece)));
            at += piece.size();
            read += piece.size();
            const auto skippable = static_cast<std::size_t>(reader.skippable());
            reader.skip(skippable);
            at += skippable;
            EXPECT_EQ(reader.position(), at);
        }
        ASSERT_TRUE(reader.finish());
        EXPECT_EQ(sink.log, "a@512 b@6144 c@6656 ") << wanted;
        EXPECT_LT(read, 3200U) << wanted;
        EXPECT_TRUE(reader.end_marker_seen());
        EXPECT_EQ(reader.trailing_zero_blocks(), 2U);
    }
}

class RefusingSink final : public TarSink {
public:
    enum class At { entry, data, end };
    explicit RefusingSink(At at) : at_(at) {}
    Result<std::uint64_t> on_entry(const TarEntry&) override {
        if (at_ == At::entry) return refusal();
        return std::uint64_t{10};
    }
    Result<void> on_data(std::span<const std::byte>) override { return at_ == At::data ? Result<void>(refusal()) : ok(); }
    Result<void> on_entry_end() override { return at_ == At::end ? Result<void>(refusal()) : ok(); }
    void on_problem(Problem) override {}

private:
    static Error refusal() { return {ErrorCode::over_limit, "capture", "", "full", ""}; }
    At at_;
};

TEST(TarReader, AnErrorOfTheSinkEndsTheReading) {
    for (const auto at : {RefusingSink::At::entry, RefusingSink::At::data, RefusingSink::At::end}) {
        RefusingSink sink(at);
        const Result<void> read = read_tar(tar_file("a", "1") + tar_end(), sink);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().message(), "capture: full");
    }
}

// ---- chunking and cutting ----

TEST(TarReader, IsTheSameForEveryCut) {
    const std::string archive = rich_archive();
    const std::string whole = listing(archive, kAll);
    ASSERT_EQ(whole.find("error"), std::string::npos) << whole;
    for (std::size_t cut = 0; cut <= archive.size(); ++cut) {
        RecordingSink sink(kAll);
        TarReader reader(sink, {});
        ASSERT_TRUE(reader.write(as_byte_span(std::string_view(archive).substr(0, cut))));
        ASSERT_TRUE(reader.write(as_byte_span(std::string_view(archive).substr(cut))));
        ASSERT_TRUE(reader.finish());
        ASSERT_EQ(sink.log, whole) << cut;
    }
}

TEST(TarReader, EveryPrefixIsTruncatedOrAWholeArchive) {
    const std::string archive = rich_archive();
    const std::string whole = listing(archive, kAll);
    std::size_t truncated = 0;
    for (std::size_t cut = 0; cut < archive.size(); ++cut) {
        RecordingSink sink(kAll);
        const Result<void> read = read_tar(std::string_view(archive).substr(0, cut), sink);
        ASSERT_TRUE(whole.starts_with(sink.log)) << cut;
        if (read) continue;
        ASSERT_EQ(read.error().code, ErrorCode::truncated) << cut << " " << read.error().message();
        ++truncated;
    }
    EXPECT_GT(truncated, archive.size() / 2);
}

}  // namespace
}  // namespace veritag::stream
