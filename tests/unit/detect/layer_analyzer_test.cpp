// Whole tars through the router: what is kept, what is made of files as they pass, and what is only indexed.
#include "detect/layer_analyzer.h"

#include "model_files.h"
#include "tar_writer.h"
#include "test_rules.h"

#include "base/byte_reader.h"
#include "detect/observe.h"

#include <gtest/gtest.h>

namespace veritag::detect {
namespace {

using namespace veritag::test;

class TextSource final : public ByteSource {
public:
    TextSource(std::string_view text, std::size_t piece) : left_(text), piece_(piece) {}
    Result<std::span<const std::byte>> next() override {
        const std::string_view chunk = left_.substr(0, piece_);
        left_.remove_prefix(chunk.size());
        return as_byte_span(chunk);
    }

private:
    std::string_view left_;
    std::size_t piece_;
};

Result<LayerAnalysis> analyze_with(const rules::RuleSet& rules, const std::string& entries, const ExtraPaths& extra = {}, std::size_t piece = 64 * 1024, const Limits& limits = {}) {
    const std::string tar = entries + tar_end();
    TextSource source(tar, piece);
    VERITAG_TRY(AnalyzedLayer layer, analyze_layer(source, "none", rules.wanted(), extra, limits));
    return std::move(layer.analysis);
}

LayerAnalysis analyze(const std::string& entries, const ExtraPaths& extra = {}, std::size_t piece = 64 * 1024) {
    static const rules::RuleSet rules = test_rules();
    Result<LayerAnalysis> analysis = analyze_with(rules, entries, extra, piece);
    if (!analysis) {
        ADD_FAILURE() << analysis.error().message();
        return {};
    }
    return std::move(*analysis);
}

// "path how=text" of all that was made of files.
std::string derived_of(const LayerAnalysis& analysis) {
    std::string text;
    for (const Derived& each : analysis.derived) text += (text.empty() ? "" : " | ") + each.path + " " + each.how.substr(0, each.how.find(' ')) + "=" + each.text;
    return text;
}

std::string architectures_of(const LayerAnalysis& analysis) {
    std::string text;
    for (std::size_t i = 0; i < analysis.entries.size(); ++i)
        text += (text.empty() ? "" : " ") + std::string(analysis.entries[i].path) + "=" + std::string(analysis.entries[i].architecture);
    return text;
}

// The first bytes of an ELF file: class and byte order, a shared object, the machine.
std::string elf(std::uint16_t machine = 183, bool wide = true, bool big_endian = false) {
    std::string head = "\x7f" "ELF";
    head += static_cast<char>(wide ? 2 : 1);
    head += static_cast<char>(big_endian ? 2 : 1);
    head.resize(16, '\0');
    head += big_endian ? std::string("\0\x03", 2) : std::string("\x03\0", 2);
    const std::string number = le(machine, 2);
    head += big_endian ? std::string(number.rbegin(), number.rend()) : number;
    return head;
}

std::string program(std::string path, std::string content, std::uint32_t mode = 0755) { return tar_entry({.name = std::move(path), .content = std::move(content), .mode = mode}); }

TEST(Strings, AreFoundInALibrary) {
    EXPECT_EQ(derived_of(analyze(tar_file("lib/libplume.so", elf() + std::string(100, '\0') + "plume 3.1.4\0tail"))), "lib/libplume.so strings=plume 3.1.4");
}

TEST(Strings, AreFoundAcrossEveryBorderOfPieces) {
    const std::string tar = tar_file("lib/libplume.so", elf() + std::string(300, 'x') + "plume 3.1.4 " + std::string(300, 'x'));
    for (std::size_t piece = 1; piece <= tar.size() + 1; ++piece) ASSERT_EQ(derived_of(analyze(tar, {}, piece)), "lib/libplume.so strings=plume 3.1.4") << piece;
}

// A version that a border of pieces or windows cuts would accuse a truthful image.
TEST(Strings, AreReadToTheirEnd) {
    for (std::size_t before = (64 << 10) - 40; before < (64 << 10); ++before) {
        const std::string content = elf() + std::string(before, '\0') + "plume 3.11.10" + std::string(10'000, '\0');
        for (const std::size_t piece : {std::size_t{1000}, std::size_t{64 * 1024}}) ASSERT_EQ(derived_of(analyze(tar_file("lib/libplume.so", content), {}, piece)), "lib/libplume.so strings=plume 3.11.10") << before;
    }
    for (std::size_t piece = 500; piece < 600; ++piece)
        ASSERT_EQ(derived_of(analyze(tar_file("lib/libplume.so", elf() + "plume 3.11.10"), {}, piece)), "lib/libplume.so strings=plume 3.11.10") << "at the end of the file, " << piece;
}

TEST(Strings, AreFoundFarBehindTheStart) {
    const std::string content = elf() + std::string(3'000'000, '\0') + "plume 3.1.4" + std::string(100'000, '\0');
    EXPECT_EQ(derived_of(analyze(tar_file("lib/libplume.so", content))), "lib/libplume.so strings=plume 3.1.4");
}

TEST(Strings, FirstOfSeveralCounts) {
    EXPECT_EQ(derived_of(analyze(tar_file("lib/libplume.so", elf() + "plume 1.0 plume 2.0"))), "lib/libplume.so strings=plume 1.0");
}

TEST(Strings, AreSoughtInElfFilesOnly) {
    EXPECT_EQ(derived_of(analyze(tar_file("lib/libplume.so", "INPUT(libplume.so.1) /* plume 3.1.4, a linker script */"))), "lib/libplume.so strings=");
    EXPECT_EQ(derived_of(analyze(tar_file("lib/libplume.so", "\x7f" "ELF plume 3"))), "lib/libplume.so strings=") << "shorter than any ELF head";
}

TEST(Strings, AbsenceIsKnownToo) {
    EXPECT_EQ(derived_of(analyze(tar_file("lib/libplume.so", elf() + "feather"))), "lib/libplume.so strings=");
    EXPECT_EQ(derived_of(analyze(tar_file("lib/libplume.so", ""))), "lib/libplume.so strings=");
    EXPECT_EQ(derived_of(analyze(tar_file("lib/other.so", elf() + "plume 3.1.4"))), "");
}

TEST(Strings, FileItselfIsNotKept) {
    const LayerAnalysis analysis = analyze(tar_file("lib/libplume.so", elf() + "plume 3.1.4"));
    EXPECT_TRUE(analysis.captures.empty());
}

TEST(Strings, AreFoundUnderAnAlias) {
    const std::string tar = tar_file("opt/p/libplume-3", elf() + "plume 3.1.4");
    EXPECT_EQ(derived_of(analyze(tar)), "");
    EXPECT_EQ(derived_of(analyze(tar, {{"opt/p/libplume-3", "lib/libplume.so"}})), "opt/p/libplume-3 strings=plume 3.1.4");
}

TEST(Derived, AliasDoesNotHideTheOwnName) {
    EXPECT_EQ(derived_of(analyze(tar_file("lib/libplume.owl", elf() + "plume 3.1.4"), {{"lib/libplume.owl", "m/a.nest"}})),
              "lib/libplume.owl strings=plume 3.1.4 | lib/libplume.owl gguf= | lib/libplume.owl safetensors=");
    EXPECT_EQ(derived_of(analyze(tar_file("m/a.owl", gguf_head(0, "")), {{"m/a.owl", "m/b.owl"}})), "m/a.owl gguf=gguf=3\ntensors=2\n") << "made once";
    const LayerAnalysis analysis = analyze(tar_file("etc/os-release", "ID=puffin\n"), {{"etc/os-release", "lib/libplume.so"}});
    EXPECT_EQ(analysis.captures.size(), 1U);
    EXPECT_EQ(analysis.derived.size(), 1U);
}

TEST(Derived, LaterEntryOfTheSamePathReplaces) {
    const std::string first = tar_file("lib/libplume.so", elf() + "plume 3.1.4");
    EXPECT_EQ(derived_of(analyze(first + tar_file("lib/libplume.so", elf() + "plume 4.0"))), "lib/libplume.so strings=plume 4.0");
    EXPECT_EQ(derived_of(analyze(first + tar_file("lib/libplume.so", elf()))), "lib/libplume.so strings=");
    EXPECT_EQ(derived_of(analyze(first + tar_entry({.name = "lib/libplume.so", .type = '2', .link = "x"}))), "") << "a link took its place";
    EXPECT_EQ(derived_of(analyze(tar_file("m/a.owl", gguf_head(0, "")) + tar_file("m/a.owl", "no model"))), "m/a.owl gguf=");
}

// A hole of any size costs a hostile layer a few bytes.
TEST(Strings, AreNotSoughtInEndlessHoles) {
    const std::string sparse = tar_patched(tar_header({.name = "lib/libplume.so", .type = 'S', .style = TarStyle::gnu, .size = 0}), 386,  // no extents, then the real size
                                           std::string(96, '\0') + std::string(1, '\0') + tar_base256(std::int64_t{1} << 50, 12));
    const rules::RuleSet rules = test_rules();
    const Result<LayerAnalysis> analysis = analyze_with(rules, sparse);
    ASSERT_FALSE(analysis);
    EXPECT_NE(analysis.error().message().find("lib/libplume.so: 1125899906842624 bytes (limit 8589934592)"), std::string::npos) << analysis.error().message();
    EXPECT_NE(analysis.error().message().find("limits.searched_bytes"), std::string::npos) << analysis.error().message();
}

TEST(Strings, AllFilesOfALayerCountTogether) {
    const rules::RuleSet rules = test_rules();
    const std::string entries = tar_file("lib/libplume.so", elf() + std::string(100, 'x')) + tar_file("lib/libplume.so.1", elf() + std::string(100, 'x'));
    Limits limits;
    limits.searched_bytes = 240;
    EXPECT_TRUE(analyze_with(rules, entries, {}, 64 * 1024, limits));
    limits.searched_bytes = 239;
    EXPECT_FALSE(analyze_with(rules, entries, {}, 64 * 1024, limits));
}

TEST(Decode, ModelFilesBecomeLines) {
    EXPECT_EQ(derived_of(analyze(tar_file("m/a.owl", gguf_head(1, gguf_text_pair("general.architecture", "owl"))))), "m/a.owl gguf=gguf=3\ntensors=2\ngeneral.architecture=owl\n");
    EXPECT_EQ(derived_of(analyze(tar_file("m/a.nest", safetensors_head(R"({"owl.wing":{"dtype":"F16","shape":[2]}})")))), "m/a.nest safetensors=tensor owl.wing F16 2\n");
    EXPECT_EQ(derived_of(analyze(tar_file("m/a.owl", "no model") + tar_file("m/a.nest", ""))), "m/a.owl gguf= | m/a.nest safetensors=");
}

TEST(Decode, SeesNoMoreThanTheHead) {
    const std::string long_pair = gguf_text_pair("template", std::string(4020, 't'));  // ends a few bytes before the 4096th
    const std::string file = gguf_head(3, long_pair + gguf_pair("a", 0, le(1, 1)) + gguf_pair("b", 0, le(1, 1))) + std::string(100'000, 'w');
    for (const std::size_t piece : {std::size_t{1}, std::size_t{512}, std::size_t{4095}, std::size_t{64 * 1024}}) {
        const LayerAnalysis analysis = analyze(tar_file("m/a.owl", file), {}, piece);
        ASSERT_EQ(analysis.derived.size(), 1U);
        EXPECT_TRUE(analysis.derived[0].text.ends_with("\na=1\n")) << piece << analysis.derived[0].text.substr(4000);
    }
    const std::string header = "{\"a\":{\"dtype\":\"F16\",\"shape\":[2]}" + std::string(5000, ' ') + "}";
    EXPECT_EQ(derived_of(analyze(tar_file("m/a.nest", safetensors_head(header)))), "m/a.nest safetensors=") << "its header is longer than the head";
}

// What is too small to count is looked at once: asking for the layer again would bring nothing new, and the image would stay unread.
TEST(MinSize, NothingIsAskedForInVain) {
    const rules::RuleSet rules = test_rules();
    const EvidenceMatcher matcher(rules);
    for (const char* path : {"opt/plume/bin/plume", "m/a.owl"})
        for (const std::size_t size : {0, 1, 1023, 1024, 1999, 2000, 4999, 5000}) {
            const auto layer = std::make_shared<const LayerAnalysis>(analyze(tar_file(path, std::string(size, 'x'))));
            EXPECT_TRUE(observe(MergedImage({layer}), {}, {.os = "linux", .architecture = "amd64", .variant = ""}, matcher).missing.empty()) << path << " of " << size;
        }
}

TEST(Decode, SmallFileIsKeptTooForItMayBeAPlaceholder) {
    const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    const LayerAnalysis analysis = analyze(tar_file("m/a.owl", pointer) + tar_file("m/b.owl", std::string(6000, 'x')));
    ASSERT_EQ(analysis.captures.size(), 1U);
    EXPECT_EQ(analysis.captures[0].path, "m/a.owl");
    EXPECT_EQ(analysis.captures[0].content, pointer);
}

TEST(Architecture, IsRecordedOfProgramsAndLibraries) {
    EXPECT_EQ(architectures_of(analyze(program("bin/a", elf(62)) + program("bin/b", elf(183), 0001) + program("lib/libx.so", elf(258), 0644) + program("lib/libx.so.1.2", elf(243), 0644))),
              "bin/a=amd64 bin/b=arm64 lib/libx.so=loong64 lib/libx.so.1.2=riscv64");
    EXPECT_EQ(architectures_of(analyze(program("a", elf(40, false)) + program("b", elf(22, true, true)) + program("c", elf(190)))), "a=arm b=s390x c=machine-190");
}

TEST(Architecture, IsNotRecordedOfOthers) {
    EXPECT_EQ(architectures_of(analyze(program("lib/x.o", elf(), 0644) + program("lib/so", elf(), 0644) + program("lib/x.sox", elf(), 0644) + program("bin/script", "#!/bin/sh\nexec true or false\n") +
                                       program("bin/cut", elf().substr(0, 19)) + program("bin/empty", ""))),
              "lib/x.o= lib/so= lib/x.sox= bin/script= bin/cut= bin/empty=");
    EXPECT_EQ(architectures_of(analyze(tar_entry({.name = "bin", .type = '5', .mode = 0755}) + tar_entry({.name = "sh", .type = '2', .link = "bash", .mode = 0777}))), "bin= sh=");
}

TEST(Architecture, IsReadOverEveryBorderOfPieces) {
    const std::string tar = program("bin/a", elf(62) + std::string(50, 'x'));
    for (const std::size_t piece : {1, 7, 512, 513, 530, 531, 600}) EXPECT_EQ(architectures_of(analyze(tar, {}, piece)), "bin/a=amd64") << piece;
}

TEST(Architecture, LaterEntryOfTheSamePathHasItsOwn) {
    EXPECT_EQ(architectures_of(analyze(program("bin/a", elf(62)) + program("bin/a", "#!/bin/sh\n and more than twenty bytes"))), "bin/a=amd64 bin/a=");
}

TEST(Architecture, KeepsNoContent) {
    const LayerAnalysis analysis = analyze(program("bin/a", elf(62) + std::string(1000, 'x')));
    EXPECT_TRUE(analysis.captures.empty());
    EXPECT_TRUE(analysis.derived.empty());
}

TEST(Captures, EvidenceOfAProgramIsKeptBesideItsArchitecture) {
    const LayerAnalysis analysis = analyze(program("usr/lib/os-release", elf(62) + "ID=puffin\n"));
    ASSERT_EQ(analysis.captures.size(), 1U);
    EXPECT_EQ(analysis.captures[0].content, elf(62) + "ID=puffin\n");
    EXPECT_EQ(architectures_of(analysis), "usr/lib/os-release=amd64");
}

TEST(Captures, EmptyWantedFileIsKept) {
    const LayerAnalysis analysis = analyze(tar_file("etc/os-release", ""));
    ASSERT_EQ(analysis.captures.size(), 1U);
    EXPECT_TRUE(analysis.captures[0].complete());
}

TEST(Captures, TotalCountsWhatWasMadeOfFiles) {
    Limits limits;
    limits.captured_total_bytes = 10;
    const rules::RuleSet rules = test_rules();
    const Result<LayerAnalysis> analysis = analyze_with(rules, tar_file("lib/libplume.so", elf() + "plume 3.1.4"), {}, 64 * 1024, limits);
    ASSERT_FALSE(analysis);
    EXPECT_NE(analysis.error().message().find("limits.captured_total_bytes"), std::string::npos) << analysis.error().message();
}

}  // namespace
}  // namespace veritag::detect
