// An analysis made under other rules, made to fit: the same as reading the layer again, or nothing.
#include "detect/adapt.h"

#include "detect/layer_analyzer.h"
#include "tar_writer.h"

#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include <ostream>

namespace veritag::detect {
namespace {

using namespace veritag::test;
using rules::WantedFiles;

class Bytes final : public ByteSource {
public:
    explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
    Result<std::span<const std::byte>> next() override { return std::exchange(done_, true) ? std::span<const std::byte>() : as_byte_span(bytes_); }

private:
    std::string bytes_;
    bool done_ = false;
};

LayerAnalysis read(const WantedFiles& wanted) {
    Bytes layer(tar_file("etc/a", "version a") + tar_file("etc/b", "version b and more") + tar_file("etc/empty", "") + tar_file("lib/c", std::string("\0libc 5\0", 8)) + tar_end());
    Result<AnalyzedLayer> read = analyze_layer(layer, "none", wanted, {}, Limits{});
    EXPECT_TRUE(read) << read.error().message();
    return std::move(read->analysis);
}

rules::Derivation strings(const std::string& expression) {
    rules::Derivation derivation{.how = "strings " + expression};
    derivation.strings = *rules::Pattern::compile(expression);
    return derivation;
}

struct AdaptCase {
    const char* name;
    WantedFiles earlier;
    WantedFiles wanted;
    bool fits;
};
void PrintTo(const AdaptCase& c, std::ostream* out) { *out << c.name; }

class Adapt : public testing::TestWithParam<AdaptCase> {};

TEST_P(Adapt, GivesWhatReadingAgainGives) {
    const AdaptCase& c = GetParam();
    const std::optional<LayerAnalysis> adapted = adapt(read(c.earlier), c.earlier, c.wanted);
    ASSERT_EQ(adapted.has_value(), c.fits);
    if (!adapted) return;
    EXPECT_EQ(serialise(*adapted), serialise(read(c.wanted)));
}

INSTANTIATE_TEST_SUITE_P(
    All, Adapt,
    testing::Values(AdaptCase{"Same", {{{"etc/a", 0, 0}}, {}}, {{{"etc/a", 0, 0}}, {}}, true},
                    AdaptCase{"NewPathThatIsNotThere", {{{"etc/a", 0, 0}}, {}}, {{{"etc/a", 0, 0}, {"etc/z", 0, 0}}, {}}, true},
                    AdaptCase{"NewPathThatIsThere", {{{"etc/a", 0, 0}}, {}}, {{{"etc/a", 0, 0}, {"etc/b", 0, 0}}, {}}, false},
                    AdaptCase{"NewGlobOverKeptFiles", {{{"etc/*", 0, 0}}, {}}, {{{"**/a", 0, 0}, {"etc/?", 0, 0}}, {}}, true},
                    AdaptCase{"Fewer", {{{"etc/*", 0, 0}}, {}}, {{{"etc/b", 0, 0}}, {}}, true},
                    AdaptCase{"None", {{{"etc/*", 0, 0}}, {}}, {}, true},
                    AdaptCase{"ShorterHead", {{{"etc/b", 0, 0}}, {}}, {{{"etc/b", 7, 0}}, {}}, true},
                    AdaptCase{"LongerHead", {{{"etc/b", 7, 0}}, {}}, {{{"etc/b", 8, 0}}, {}}, false},
                    AdaptCase{"HeadsLongerThanTheFile", {{{"etc/a", 100, 0}}, {}}, {{{"etc/a", 200, 0}}, {}}, true},
                    AdaptCase{"EmptyFileNewlyWanted", {{{"etc/a", 0, 0}}, {}}, {{{"etc/a", 0, 0}, {"etc/empty", 0, 0}}, {}}, false},
                    AdaptCase{"SmallerOnly", {{{"etc/b", 0, 10}}, {}}, {{{"etc/b", 0, 100}}, {}}, false},
                    AdaptCase{"DerivationGone", {{}, {{"lib/c", strings("libc (\\d)")}}}, {}, true},
                    AdaptCase{"DerivationNew", {}, {{}, {{"lib/c", strings("libc (\\d)")}}}, false},
                    AdaptCase{"DerivationOther", {{}, {{"lib/c", strings("libc (\\d)")}}}, {{}, {{"lib/c", strings("lib(.)")}}}, false}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace veritag::detect
