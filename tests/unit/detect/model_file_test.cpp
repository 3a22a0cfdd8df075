#include "detect/model_file.h"

#include "model_files.h"

#include <gtest/gtest.h>

#include <limits>

namespace veritag::detect {
namespace {

using namespace veritag::test;

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

std::string gguf(const std::string& file) { return gguf_text(ByteReader(std::string_view(file), "m.gguf")); }
std::string safetensors(const std::string& file) { return safetensors_text(ByteReader(std::string_view(file), "m.safetensors"), Limits{}); }

struct ModelCase {
    const char* name;
    std::string file;
    std::string text;
};

class Gguf : public testing::TestWithParam<ModelCase> {};
TEST_P(Gguf, BecomesLines) { EXPECT_EQ(gguf(GetParam().file), GetParam().text); }

const std::string kStart = "gguf=3\ntensors=2\n";

INSTANTIATE_TEST_SUITE_P(
    Heads, Gguf,
    testing::Values(
        ModelCase{"NoPairs", gguf_head(0, ""), kStart}, ModelCase{"Text", gguf_head(1, gguf_text_pair("general.name", "Owl 7B")), kStart + "general.name=Owl 7B\n"},
        ModelCase{"Numbers",
                  gguf_head(10, gguf_pair("a", 0, le(200, 1)) + gguf_pair("b", 1, le(0xff, 1)) + gguf_pair("c", 2, le(65535, 2)) + gguf_pair("d", 3, le(0xfffe, 2)) +
                                    gguf_pair("e", 4, le(0xffffffff, 4)) + gguf_pair("f", 5, le(0xffffffff, 4)) + gguf_pair("g", 7, le(1, 1)) + gguf_pair("h", 7, le(0, 1)) +
                                    gguf_pair("i", 10, le(kHuge, 8)) + gguf_pair("j", 11, le(kHuge, 8))),
                  kStart + "a=200\nb=-1\nc=65535\nd=-2\ne=4294967295\nf=-1\ng=true\nh=false\ni=18446744073709551615\nj=-1\n"},
        ModelCase{"FloatsArePassedOver", gguf_head(3, gguf_pair("a", 6, le(1, 4)) + gguf_pair("b", 12, le(1, 8)) + gguf_pair("c", 0, le(1, 1))), kStart + "c=1\n"},
        ModelCase{"ArraysArePassedOver",
                  gguf_head(3, gguf_pair("numbers", 9, gguf_array(4, 3, le(1, 12))) + gguf_pair("words", 9, gguf_array(8, 2, gguf_word("x=y\n") + gguf_word(""))) + gguf_pair("c", 0, le(1, 1))),
                  kStart + "c=1\n"},
        ModelCase{"EmptyArray", gguf_head(2, gguf_pair("none", 9, gguf_array(8, 0, "")) + gguf_pair("c", 0, le(1, 1))), kStart + "c=1\n"},
        ModelCase{"ArrayOfArraysEnds", gguf_head(2, gguf_pair("deep", 9, gguf_array(9, 1, gguf_array(0, 1, "x"))) + gguf_pair("c", 0, le(1, 1))), kStart},
        ModelCase{"ArrayOfUnknownTypeEnds", gguf_head(2, gguf_pair("odd", 9, gguf_array(77, 1, "x")) + gguf_pair("c", 0, le(1, 1))), kStart},
        ModelCase{"HugeArrayOfNumbers", gguf_head(2, gguf_pair("huge", 9, gguf_array(10, kHuge / 8, "")) + gguf_pair("c", 0, le(1, 1))), kStart},
        ModelCase{"HugeArrayOfTexts", gguf_head(2, gguf_pair("huge", 9, gguf_array(8, kHuge, gguf_word("a") + gguf_word("b")))), kStart},
        ModelCase{"HugeTextInAnArray", gguf_head(2, gguf_pair("huge", 9, gguf_array(8, 2, le(kHuge, 8)))), kStart},
        ModelCase{"HugeText", gguf_head(2, gguf_pair("huge", 8, le(kHuge, 8) + "x") + gguf_pair("c", 0, le(1, 1))), kStart},
        ModelCase{"HugeKey", gguf_head(2, le(kHuge, 8) + "general.name"), kStart}, ModelCase{"HugePairs", gguf_head(kHuge, gguf_pair("c", 0, le(1, 1))), kStart + "c=1\n"},
        ModelCase{"UnknownTypeEnds", gguf_head(2, gguf_pair("odd", 13, "") + gguf_pair("c", 0, le(1, 1))), kStart},
        ModelCase{"LongTextIsPassedOver", gguf_head(2, gguf_text_pair("template", std::string(4097, 'x')) + gguf_pair("c", 0, le(1, 1))), kStart + "c=1\n"},
        ModelCase{"LineEndsMakeNoLines", gguf_head(1, gguf_text_pair("a\nb", "x\ngeneral.name=Owl")), kStart + "a b=x general.name=Owl\n"},
        ModelCase{"EmptyTextIsNoLine", gguf_head(2, gguf_text_pair("a", "") + gguf_text_pair("b", "x")), kStart + "b=x\n"},
        ModelCase{"OtherMagic", "GGML" + gguf_head(0, "").substr(4), ""}, ModelCase{"VersionOne", gguf_head(0, "", 1), ""},
        ModelCase{"BigEndian", gguf_head(0, "", 0x03000000), ""}, ModelCase{"Empty", "", ""}),
    [](const testing::TestParamInfo<ModelCase>& each) { return std::string(each.param.name); });

TEST(GgufHead, EveryPrefixTellsNothingThatTheWholeDoesNot) {
    const std::string file = gguf_head(5, gguf_text_pair("general.architecture", "llama") + gguf_pair("tokens", 9, gguf_array(8, 2, gguf_word("<s>") + gguf_word("</s>"))) +
                                              gguf_pair("llama.block_count", 4, le(0x12345678, 4)) + gguf_pair("ids", 9, gguf_array(5, 4, le(7, 16))) + gguf_text_pair("general.name", "Llama"));
    const std::string whole = gguf(file);
    EXPECT_EQ(whole, kStart + "general.architecture=llama\nllama.block_count=305419896\ngeneral.name=Llama\n");
    for (std::size_t size = 0; size < file.size(); ++size) {
        const std::string text = gguf(file.substr(0, size));
        EXPECT_TRUE(whole.starts_with(text)) << size << ": " << text;
        EXPECT_TRUE(text.empty() || text.ends_with('\n')) << size;
    }
}

TEST(GgufHead, TextHasAnEnd) {
    std::string body;
    for (int i = 0; i < 1000; ++i) body += gguf_text_pair("key" + std::to_string(i), std::string(4000, 'v'));
    const std::string text = gguf(gguf_head(1000, body));
    EXPECT_GE(text.size(), kMostModelText);
    EXPECT_LT(text.size(), kMostModelText + 5000);
}

class Safetensors : public testing::TestWithParam<ModelCase> {};
TEST_P(Safetensors, BecomesLines) { EXPECT_EQ(safetensors(GetParam().file), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(
    Heads, Safetensors,
    testing::Values(
        ModelCase{"Usual", safetensors_head(R"({"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}})", "tensor bytes"),
                  "metadata.format=pt\ntensor a.weight F16 2,3\n"},
        ModelCase{"PaddedWithBlanks", safetensors_head(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}   )"), "tensor a F32 \n"},
        ModelCase{"NoTensors", safetensors_head("{}"), ""}, ModelCase{"MetadataLast", safetensors_head(R"({"a":{"dtype":"I8","shape":[1]},"__metadata__":{"k":"v"}})"), "metadata.k=v\ntensor a I8 1\n"},
        ModelCase{"MetadataIsNoObject", safetensors_head(R"({"__metadata__":["x"],"a":{"dtype":"I8","shape":[1]}})"), "tensor a I8 1\n"},
        ModelCase{"MetadataOfNumbers", safetensors_head(R"({"__metadata__":{"n":1,"t":"x"}})"), "metadata.t=x\n"},
        ModelCase{"OddMembers", safetensors_head(R"({"a":1,"b":{"dtype":7,"shape":[1]},"c":{"dtype":"F8"},"d":{"dtype":"F8","shape":3},"e":{"dtype":"F8","shape":[-1,"x",4]}})"),
                  "tensor e F8 ?,?,4\n"},
        ModelCase{"LineEndsMakeNoLines", safetensors_head(R"({"a\nb":{"dtype":"F\n8","shape":[1]}})"), "tensor a b F 8 1\n"},
        ModelCase{"LongerThanTheBytesAtHand", safetensors_head(R"({"a":{"dtype":"F8","shape":[1]}})").substr(0, 30), ""},
        ModelCase{"HugeLength", le(kHuge, 8) + "{}", ""}, ModelCase{"LengthAlone", le(2, 8), ""}, ModelCase{"NotAnObject", safetensors_head("[1]"), ""},
        ModelCase{"BrokenJson", safetensors_head(R"({"a":)"), ""}, ModelCase{"NotUtf8", safetensors_head("{\"\xff\":{\"dtype\":\"F8\",\"shape\":[1]}}"), ""},
        ModelCase{"DeepJson", safetensors_head("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"), ""}, ModelCase{"Empty", "", ""}),
    [](const testing::TestParamInfo<ModelCase>& each) { return std::string(each.param.name); });

TEST(SafetensorsHead, EveryPrefixTellsNothing) {
    const std::string file = safetensors_head(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}})");
    EXPECT_NE(safetensors(file), "");
    for (std::size_t size = 0; size < file.size(); ++size) EXPECT_EQ(safetensors(file.substr(0, size)), "") << size;
}

TEST(SafetensorsHead, TensorsHaveAnEnd) {
    std::string json = "{\"z\":{\"dtype\":\"F8\",\"shape\":[1]}";
    for (int i = 0; i < 5000; ++i) json += ",\"model.layers." + std::to_string(i) + ".weight\":{\"dtype\":\"F16\",\"shape\":[4096,4096]}";
    const std::string text = safetensors(safetensors_head(json + "}"));
    EXPECT_TRUE(text.starts_with("tensor z F8 1\n"));
    EXPECT_GE(text.size(), kMostModelText);
    EXPECT_LT(text.size(), kMostModelText + 100);
}

TEST(SafetensorsHead, MetadataHasAnEnd) {
    std::string json = R"({"__metadata__":{"a":"b")";
    for (int i = 0; i < 1000; ++i) json += ",\"key" + std::to_string(i) + "\":\"" + std::string(4000, 'v') + "\"";
    const std::string text = safetensors(safetensors_head(json + "}}"));
    EXPECT_GE(text.size(), kMostModelText);
    EXPECT_LT(text.size(), kMostModelText + 5000);
}

TEST(SafetensorsHead, LongNamesAndShapesArePassedOver) {
    const std::string last = R"("z":{"dtype":"F8","shape":[1]}})";
    const std::string words(5000, 'n');
    EXPECT_EQ(safetensors(safetensors_head("{\"" + words + "\":{\"dtype\":\"F8\",\"shape\":[1]}," + last)), "tensor z F8 1\n");
    EXPECT_EQ(safetensors(safetensors_head("{\"a\":{\"dtype\":\"" + words + "\",\"shape\":[1]}," + last)), "tensor z F8 1\n");
    EXPECT_EQ(safetensors(safetensors_head("{\"__metadata__\":{\"" + words + "\":\"x\",\"y\":\"" + words + "\"}," + last)), "tensor z F8 1\n");
    std::string shape = "1";
    for (int i = 0; i < 100'000; ++i) shape += ",1";
    EXPECT_EQ(safetensors(safetensors_head("{\"a\":{\"dtype\":\"F8\",\"shape\":[" + shape + "]}," + last)), "tensor z F8 1\n");
}

}  // namespace
}  // namespace veritag::detect
