#include "catalog/dockerfile.h"

#include "base/text.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace veritag::catalog {
namespace {

Dockerfile parsed(std::string_view text) {
    const Result<Dockerfile> file = parse_dockerfile(text, {});
    EXPECT_TRUE(file);
    return file ? *file : Dockerfile{};
}

// The final base and the line where it begins, or why it is not known.
std::string base_of(std::string_view text) {
    const Dockerfile file = parsed(text);
    const std::optional<FinalBase> base = final_base(file);
    if (!base) return "no stage";
    if (!base->image.known) return "? " + base->image.unknown;
    return base->image.text.text + " @" + std::to_string(file.line_of(base->image.text.at.front()));
}

struct BaseCase {
    const char* name;
    const char* text;
    const char* base;
};
std::ostream& operator<<(std::ostream& out, const BaseCase& c) { return out << c.name; }

class FinalBaseOf : public testing::TestWithParam<BaseCase> {};
TEST_P(FinalBaseOf, IsRead) { EXPECT_EQ(base_of(GetParam().text), GetParam().base); }
INSTANTIATE_TEST_SUITE_P(
    Dockerfiles, FinalBaseOf,
    testing::Values(
        BaseCase{"Plain", "FROM a/b:1\n", "a/b:1 @1"}, BaseCase{"NoLineEnd", "FROM a/b:1", "a/b:1 @1"}, BaseCase{"LowerCase", "from a/b:1\n", "a/b:1 @1"},
        BaseCase{"CarriageReturns", "# x\r\nFROM a/b:1\r\nRUN x\r\n", "a/b:1 @2"}, BaseCase{"ByteOrderMark", "\xEF\xBB\xBF" "FROM a\n", "a @1"},
        BaseCase{"Comments", "\n# FROM x\n  # FROM y\n\nFROM a\n", "a @5"}, BaseCase{"Platform", "FROM --platform=$BUILDPLATFORM a AS b\n", "a @1"},
        BaseCase{"ArgBefore", "ARG BASE=a:1\nFROM $BASE\n", "a:1 @1"}, BaseCase{"ArgBraces", "ARG T=1\nFROM a:${T}\n", "a:1 @2"},
        BaseCase{"ArgQuoted", "ARG BASE=\"a:1\"\nFROM ${BASE}\n", "a:1 @1"}, BaseCase{"ArgOfArg", "ARG T=2\nARG BASE=a:$T\nFROM $BASE\n", "a:2 @2"},
        BaseCase{"LastArgCounts", "ARG T=1\nARG T=2\nFROM a:$T\n", "a:2 @3"}, BaseCase{"SeveralInOne", "ARG A=a B=1\nFROM $A:$B\n", "a:1 @1"},
        BaseCase{"ArgAfterIsOfTheStage", "FROM x AS s\nARG BASE=a\nFROM $BASE\n", "? $BASE has no default"},
        BaseCase{"ArgWithoutDefault", "ARG BASE\nFROM $BASE\n", "? $BASE has no default"}, BaseCase{"Undeclared", "FROM a:$T\n", "? $T has no default"},
        BaseCase{"ColonMinusUnset", "FROM ${B:-a}\n", "a @1"}, BaseCase{"ColonMinusEmpty", "ARG B=\nFROM ${B:-a}\n", "a @2"}, BaseCase{"MinusEmpty", "ARG B=\nFROM x${B-a}\n", "x @2"},
        BaseCase{"MinusUnset", "FROM ${B-a}\n", "a @1"}, BaseCase{"ColonPlus", "ARG B=1\nFROM a${B:+:2}\n", "a:2 @2"}, BaseCase{"PlusUnset", "FROM a${B+:2}\n", "a @1"},
        BaseCase{"ColonPlusEmpty", "ARG B=\nFROM a${B:+:2}\n", "a @2"}, BaseCase{"PlusEmpty", "ARG B=\nFROM a${B+:2}\n", "a:2 @2"},
        BaseCase{"Nested", "ARG C=c\nFROM ${A:-${B:-$C}}\n", "c @1"}, BaseCase{"Question", "FROM ${A:?no}\n", "? $A has no default"},
        BaseCase{"Pattern", "ARG A=abc\nFROM ${A#a}\n", "? ${A…} in a form that is not worked out"}, BaseCase{"Replacement", "ARG A=abc\nFROM ${A/a/b}\n", "? ${A…} in a form that is not worked out"},
        BaseCase{"NotClosed", "FROM ${A\n", "? ${A is not closed"}, BaseCase{"Architecture", "FROM a:$TARGETARCH\n", "? $TARGETARCH depends on the platform"},
        BaseCase{"ArchitectureDeclared", "ARG TARGETARCH\nFROM a:${TARGETARCH:-x}\n", "? $TARGETARCH depends on the platform"},
        BaseCase{"SingleQuotes", "ARG A='$B'\nFROM a$A\n", "a$B @2"}, BaseCase{"EscapedDollar", "ARG A=\\$B\nFROM a$A\n", "a$B @2"},
        BaseCase{"LastStage", "FROM a AS one\nFROM b\n", "b @2"}, BaseCase{"StageByName", "FROM a AS One\nFROM b AS two\nFROM one\n", "a @1"},
        BaseCase{"StageChain", "FROM a AS x\nFROM x AS y\nFROM y\n", "a @1"}, BaseCase{"StageByVariable", "ARG S=x\nFROM a AS x\nFROM b\nFROM $S\n", "a @2"},
        BaseCase{"OwnNameIsAnImage", "FROM x AS x\n", "x @1"}, BaseCase{"LaterOfTwoNames", "FROM a AS x\nFROM b AS x\nFROM x\n", "b @2"},
        BaseCase{"Continued", "FROM \\\n  a:1\n", "a:1 @2"}, BaseCase{"ContinuedOverComment", "FROM \\\n# a comment\n\n  a:1 \\\n  AS x\n", "a:1 @4"},
        BaseCase{"ContinuationSwallowsFrom", "FROM a\nRUN x \\\n\nFROM b\n", "a @1"}, BaseCase{"BlankBehindEscape", "FROM \\  \n a\n", "a @2"},
        BaseCase{"TwoEscapesAreNone", "FROM a\nRUN x \\\\\nFROM b\n", "b @3"}, BaseCase{"OtherEscape", "# escape=`\nFROM `\n a\nRUN c:\\\nFROM b\n", "b @5"},
        BaseCase{"EscapeAfterComment", "# hello\n# escape=`\nFROM a\nRUN \\\nFROM b\n", "a @3"}, BaseCase{"Syntax", "# syntax=docker/dockerfile:1\n# escape=`\nFROM `\n a\n", "a @4"},
        BaseCase{"HereDocument", "FROM a\nRUN <<EOF\nFROM b\n# \\\nEOF\nRUN x\n", "a @1"}, BaseCase{"HereDocumentQuoted", "FROM a\nRUN cat <<'END' > x\nFROM b\nEND\n", "a @1"},
        BaseCase{"HereDocumentTabs", "FROM a\nRUN <<-E\n\tFROM b\n\tE\nFROM c\n", "c @5"}, BaseCase{"TwoHereDocuments", "FROM a\nCOPY <<A <<B /x\nFROM b\nA\nFROM c\nB\nFROM d\n", "d @7"},
        BaseCase{"ShiftIsNone", "FROM a\nRUN echo $((1<<2)) <<<x\nFROM b\n", "b @3"}, BaseCase{"HereDocumentOfEnv", "FROM a\nENV x=<<E\nFROM b\n", "b @3"},
        BaseCase{"Nothing", "", "no stage"}, BaseCase{"CommentsAlone", "# a\n\n", "no stage"}, BaseCase{"FromNothing", "FROM\n", "? FROM names no image"},
        BaseCase{"EmptyValue", "ARG A=\nFROM $A\n", "? \"$A\" is empty"}),
    [](const testing::TestParamInfo<BaseCase>& each) { return each.param.name; });

TEST(DockerfileParser, KnowsScopesOfArg) {
    const Dockerfile file = parsed("ARG V=1\nFROM a\nARG W=2\nARG V\nARG U\nENV X=$V Y=\"$W z\"\nENV OLD a b\nFROM b\nARG V=3\n");
    const std::vector<Setting>& first = file.stages[0].settings;
    ASSERT_EQ(first.size(), 6U);
    EXPECT_EQ(first[1].value.text.text, "1");
    EXPECT_FALSE(first[1].written);
    EXPECT_FALSE(first[2].set);
    EXPECT_EQ(first[3].value.text.text, "1");
    EXPECT_EQ(first[4].value.text.text, "2 z");
    EXPECT_EQ(first[5].name + "=" + first[5].value.text.text, "OLD=a b");
    EXPECT_EQ(file.stages[1].settings[0].value.text.text, "3");
    EXPECT_EQ(file.stages[1].settings[0].line, 9);
}

TEST(DockerfileParser, ReadsCopySources) {
    const Dockerfile file = parsed("FROM a AS build\nFROM b\nCOPY --from=build --chown=1 /x /y\nCOPY --from=0 / /\nCOPY --from=c/d:1 /z /z\nCOPY x /y\n");
    const std::vector<CopySource>& copies = file.stages[1].copies;
    ASSERT_EQ(copies.size(), 3U);
    EXPECT_EQ(copies[0].stage, 0U);
    EXPECT_EQ(copies[1].stage, 0U);
    EXPECT_TRUE(copies[1].whole_root);
    EXPECT_FALSE(copies[2].stage);
    EXPECT_EQ(copies[2].from.text.text, "c/d:1");
    EXPECT_TRUE(final_base(file)->overlaid);
}

TEST(DockerfileParser, KeepsPlatformAndStageName) {
    const Dockerfile file = parsed("FROM --platform=linux/arm64 a AS b\n");
    EXPECT_EQ(file.stages[0].platform, "linux/arm64");
    EXPECT_EQ(file.stages[0].name, "b");
}

TEST(DockerfileParser, NamesMistakesWithTheirLine) {
    EXPECT_EQ(parsed("RUN x\n").mistakes.at(0).message, "\"RUN\" stands before the first FROM");
    EXPECT_EQ(parsed("# a\n").mistakes.at(0).message, "no FROM: there is nothing to build");
    const Dockerfile open = parsed("FROM a\nRUN <<EOF\nx\n");
    ASSERT_EQ(open.mistakes.size(), 1U);
    EXPECT_EQ(open.mistakes[0].line, 2);
    EXPECT_EQ(open.mistakes[0].message, "the here-document \"EOF\" has no end");
    EXPECT_EQ(parsed("FROM a b\n").mistakes.at(0).message, "FROM takes an image, or an image, AS and a name");
}

// `line name<into`, for each line that is taken in.
std::string swallowed_in(std::string_view text) {
    std::string result;
    for (const SwallowedLine& each : parsed(text).swallowed)
        result += std::to_string(each.line) + " " + each.name + "<" + each.into + "@" + std::to_string(each.into_line) + "\\" + std::to_string(each.continued_line) + ";";
    return result;
}

TEST(DockerfileParser, FindsInstructionsThatAnotherTakesIn) {
    EXPECT_EQ(swallowed_in("FROM a\nRUN x \\\n  && rm -rf /c \\\n\nRUN y\nRUN z\n"), "5 RUN<RUN@2\\3;");
    EXPECT_EQ(swallowed_in("FROM a\nRUN x \\\n# why\n\n# not\nENV A=1\n"), "6 ENV<RUN@2\\2;");
    EXPECT_EQ(swallowed_in("FROM a\nENV A=1 \\\n\nRUN y \\\n\nCOPY a b\n"), "4 RUN<ENV@2\\2;6 COPY<ENV@2\\4;");
    EXPECT_EQ(swallowed_in("# escape=`\nFROM a\nRUN x `\n\nRUN y\n"), "5 RUN<RUN@3\\3;");
    EXPECT_EQ(swallowed_in("FROM a\r\nRUN x \\\r\n\r\nRUN y\r\n"), "4 RUN<RUN@2\\2;");
}

TEST(DockerfileParser, TakesArgumentsForArguments) {
    for (const char* text : {
             "FROM a\nRUN x && \\\n    # a comment\n    y && \\\n\n    z\n",        // a list
             "FROM a\nRUN dnf install \\\n# tools\n  make \\\n# more\n  gcc\n",
             "FROM a\nRUN x \\\nRUN y\n",                                            // no line between them: as it is written
             "FROM a\n\\\n\nRUN y\n",                                                  // the instruction itself
             "FROM a\nRUN x \\\n\n  RUN y\n",                                         // indented
             "FROM a\nRUN x && \\\n# c\nenv A=1 make\n",                              // a command in small letters
             "FROM a\nRUN x \\\n\nRUN_DIR=/x make\n", "FROM a\nRUN echo \\\n\nRUN\n",
             "FROM a\nRUN psql -c \"SELECT x \\\n\nFROM t\"\n",                        // SQL
             "FROM a\nRUN psql -c 'SELECT x \\\n# c\nFROM t'\n", "FROM a\nHEALTHCHECK --interval=5m \\\n# c\nCMD curl x\n", "FROM a\nONBUILD \\\n\nRUN x\n",
             "FROM a\nRUN <<EOF\nx \\\n\nRUN y\nEOF\n", "FROM a\nRUN x \\\\\n\nRUN y\n"})
        EXPECT_EQ(swallowed_in(text), "") << text;
    std::string many = "FROM a\nRUN x \\\n";
    for (int i = 0; i < 1000; ++i) many += "\nRUN y \\\n";
    EXPECT_EQ(parsed(many).swallowed.size(), 20U);
}

TEST(DockerfileParser, PassesNoLimit) {
    Limits limits;
    limits.dockerfile_bytes = 10;
    EXPECT_EQ(parse_dockerfile("FROM a/b/c:1\n", limits).error().message(), "read Dockerfile: 13 bytes (limit 10); raise limits.dockerfile_bytes");
    limits = {};
    limits.dockerfile_lines = 2;
    EXPECT_EQ(parse_dockerfile("#\n#\n#\n", limits).error().code, ErrorCode::over_limit);
    std::string many;
    for (int i = 0; i < 600; ++i) many += "FROM a\n";
    EXPECT_EQ(parse_dockerfile(many, {}).error().code, ErrorCode::over_limit);
}

TEST(DockerfileParser, DoublingArgumentsStaySmall) {
    std::string text = "ARG A0=0123456789\n";
    for (int i = 1; i < 60; ++i) text += "ARG A" + std::to_string(i) + "=$A" + std::to_string(i - 1) + "$A" + std::to_string(i - 1) + "\n";
    EXPECT_EQ(base_of(text + "FROM $A59\n"), "? a value of more than 4096 bytes");
    std::string deep = "FROM ";
    for (int i = 0; i < 5000; ++i) deep += "${a:-";
    EXPECT_TRUE(base_of(deep + "\n").starts_with("?"));
}

TEST(DockerfileParser, EveryPrefixIsRead) {
    const std::string text = "# escape=`\nARG A=\"x${B:-'y'}\" C\nFROM --platform=$P ${A:+a:1} AS s\nRUN <<-E cat `\n# c\n E\n\tE\nCOPY --from=s / /\nENV a b\n";
    for (std::size_t i = 0; i <= text.size(); ++i) (void)final_base(parsed(text.substr(0, i)));
}

}  // namespace
}  // namespace veritag::catalog
