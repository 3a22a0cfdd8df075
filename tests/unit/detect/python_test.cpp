// Which Python files stand for installed packages: by their path, and, where source trees are concerned, by the whole image.
#include "detect/detector.h"
#include "detect/observe.h"
#include "detect/python_files.h"

#include "layers.h"
#include "test_rules.h"

#include <gtest/gtest.h>

#include <ostream>

namespace veritag::detect {
namespace {

using namespace veritag::test;

struct PathCase {
    const char* path;
    PythonFile kind;
};
void PrintTo(const PathCase& c, std::ostream* out) { *out << c.path; }

class PythonPath : public testing::TestWithParam<PathCase> {};
TEST_P(PythonPath, SaysWhatTheFileIs) { EXPECT_EQ(python_file(GetParam().path), GetParam().kind); }

#define SITE "usr/lib/python3.11/site-packages/"
INSTANTIATE_TEST_SUITE_P(
    Paths, PythonPath,
    testing::Values(PathCase{SITE "torch-2.1.0.dist-info/METADATA", PythonFile::dist_info},
                    PathCase{SITE "setuptools/_vendor/tomli-2.0.1.dist-info/METADATA", PythonFile::dist_info},
                    PathCase{"src/torch-2.1.0.dist-info/METADATA", PythonFile::none},
                    PathCase{"usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO", PythonFile::egg_info},
                    PathCase{"usr/lib/python3/dist-packages/six-1.16.0.egg-info", PythonFile::egg_info},
                    PathCase{"site-packages/six-1.16.0.egg-info", PythonFile::egg_info},
                    PathCase{SITE "torch-2.1.0-py3.11-linux-x86_64.egg/EGG-INFO/PKG-INFO", PythonFile::egg_info},
                    PathCase{"src/torch.egg/EGG-INFO/PKG-INFO", PythonFile::none},
                    PathCase{SITE "six-1.16.0.egg-info/requires.txt", PythonFile::none},
                    PathCase{SITE "vendored/six.egg-info/PKG-INFO", PythonFile::source_egg_info},
                    PathCase{SITE "vendored/six.egg-info", PythonFile::none},
                    PathCase{"pytorch/torch.egg-info/PKG-INFO", PythonFile::source_egg_info},
                    PathCase{"torch.egg-info/PKG-INFO", PythonFile::source_egg_info},
                    PathCase{"torch/PKG-INFO", PythonFile::none},
                    PathCase{"PKG-INFO", PythonFile::none},
                    PathCase{SITE "torch.egg-link", PythonFile::egg_link},
                    PathCase{SITE "~orch.egg-link", PythonFile::none},
                    PathCase{"src/torch.egg-link", PythonFile::none},
                    PathCase{SITE "vllm-0.8.4.dist-info/direct_url.json", PythonFile::direct_url},
                    PathCase{SITE "~llm-0.8.4.dist-info/direct_url.json", PythonFile::none},
                    PathCase{"src/vllm-0.8.4.dist-info/direct_url.json", PythonFile::none},
                    PathCase{"opt/conda/pkgs/numpy-1.26.0-py310_0/lib/python3.10/site-packages/numpy-1.26.0.dist-info/METADATA", PythonFile::none},
                    PathCase{"opt/conda/pkgs/six-1.16.0-pyh6c4a22f_0/site-packages/six-1.16.0.dist-info/METADATA", PythonFile::none},
                    PathCase{"pkgs/six-1.16.0-pyh6c4a22f_0/site-packages/six-1.16.0.egg-info/PKG-INFO", PythonFile::none},
                    PathCase{"opt/pkgs/myenv/lib/python3.10/site-packages/six-1.16.0.dist-info/METADATA", PythonFile::dist_info},
                    PathCase{"opt/pkgs/a-b-c/lib/site-packages/six-1.16.0.dist-info/METADATA", PythonFile::dist_info}),
    [](const auto& each) { return "Case" + std::to_string(each.index); });

TEST(PythonPaths, EggArchivesAreFilesInSitePackages) {
    EXPECT_TRUE(is_egg_archive(SITE "six-1.16.0-py3.11.egg"));
    EXPECT_FALSE(is_egg_archive("src/dist/six-1.16.0-py3.11.egg"));
    EXPECT_FALSE(is_egg_archive(SITE "six-1.16.0-py3.11.egg/EGG-INFO/PKG-INFO"));
}

const Detector* detector_for(std::string_view path) {
    for (const Detector* detector : all_detectors())
        if (detector->wants(path)) return detector;
    return nullptr;
}

TEST(Detectors, ChooseByPath) {
    const auto name_for = [](std::string_view path) { return detector_for(path) == nullptr ? "" : std::string(detector_for(path)->name()); };
    EXPECT_EQ(name_for("lib/apk/db/installed"), "apk");
    EXPECT_EQ(name_for("usr/lib/apk/db/installed"), "apk");
    EXPECT_EQ(name_for("opt/lib/apk/db/installed"), "");
    EXPECT_EQ(name_for("opt/conda/conda-meta/numpy-1.26.0-py310_0.json"), "conda");
    EXPECT_EQ(name_for("conda-meta/numpy-1.26.0-py310_0.json"), "conda");
    EXPECT_EQ(name_for("opt/conda/envs/py_3.10/conda-meta/numpy-1.26.0-py310_0.json"), "conda");
    EXPECT_EQ(name_for("opt/conda/conda-meta/history"), "");
    EXPECT_EQ(name_for("opt/conda/conda-meta/deeper/numpy-1.26.0-py310_0.json"), "");
    EXPECT_EQ(name_for("opt/my-conda-meta/numpy-1.26.0-py310_0.json"), "");
    EXPECT_EQ(name_for("opt/conda/pkgs/numpy-1.26.0-py310_0/info/conda-meta/numpy-1.26.0-py310_0.json"), "");
    EXPECT_EQ(name_for("var/lib/dpkg/status"), "dpkg");
    EXPECT_EQ(name_for("var/lib/dpkg/status.d/base"), "dpkg");
    EXPECT_EQ(name_for("var/lib/dpkg/status.d/base.md5sums"), "");
    EXPECT_EQ(name_for("var/lib/dpkg/status.d/deeper/base"), "");
    EXPECT_EQ(name_for("var/lib/dpkg/status-old"), "");
    EXPECT_EQ(name_for(SITE "torch.egg-link"), "python-metadata");
}

TEST(Detectors, ReadWhatThePathNames) {
    const auto read = [](std::string_view path, std::string_view content) { return detector_for(path)->read(ByteReader(content, path), std::nullopt, Limits{}); };
    EXPECT_EQ(read(SITE "torch.egg-link", "/pytorch\n.").source_directory, "/pytorch");
    const PackageDatabase direct = read(SITE "a.dist-info/direct_url.json", R"({"dir_info": {"editable": true}, "url": "file:///src/a"})");
    EXPECT_EQ(direct.source_directory, "/src/a");
    EXPECT_EQ(direct.type, PackageType::python);
    EXPECT_EQ(read(SITE "a.dist-info/direct_url.json", R"({"url": "https://x/a.whl"})").source_directory, "");
    EXPECT_EQ(read(SITE "a.dist-info/direct_url.json", "{").problems.size(), 1U);
    EXPECT_EQ(read(SITE "torch.egg-link", "\n").problems.size(), 1U);
    EXPECT_EQ(read(SITE "six-1.16.0.egg-info", "Name: six\nVersion: 1.16.0\n").packages.size(), 1U);
}

// ---- with the whole image ----

struct Answer {
    std::string packages;  // `name version path`, sorted
    std::string problems;
    bool complete = false;
    std::map<int, ExtraPaths> missing;
};

Answer look(std::vector<std::shared_ptr<const LayerAnalysis>> layers) {
    static const rules::RuleSet rules = test_rules();
    static const EvidenceMatcher matcher(rules);
    oci::ImageConfig config;
    for (std::size_t i = 0; i < layers.size(); ++i) config.diff_ids.push_back(sha256_of(std::to_string(i)));
    layers.push_back(layer({database("var/lib/rpm/Packages.db", {rpm("a", "1-1")})}));
    ObserveResult result = observe(MergedImage(std::move(layers)), config, {.os = "linux", .architecture = "amd64", .variant = ""}, matcher);
    Answer answer{.packages = {}, .problems = {}, .complete = result.facts.packages_complete, .missing = std::move(result.missing)};
    for (const Package& package : result.facts.packages)
        if (package.type == PackageType::python) answer.packages += package.name + " " + package.version + " " + package.path + "\n";
    for (const Problem& problem : result.facts.problems) answer.problems += problem.path + ": " + problem.message + "\n";
    return answer;
}

const LayerItem kEggInfo = database("pytorch/torch.egg-info/PKG-INFO", {python("torch", "2.1.0a0")});
const LayerItem kEggLink = source_link(SITE "torch.egg-link", "/pytorch");

TEST(EggLink, CountsTheEggInfoItLeadsTo) {
    for (const auto& layers : {std::vector{layer({kEggInfo, kEggLink})}, std::vector{layer({kEggInfo}), layer({kEggLink})}, std::vector{layer({kEggLink}), layer({kEggInfo})}}) {
        const Answer answer = look(layers);
        EXPECT_EQ(answer.packages, "torch 2.1.0a0 pytorch/torch.egg-info/PKG-INFO\n");
        EXPECT_EQ(answer.problems, "");
        EXPECT_TRUE(answer.complete);
    }
}

TEST(EggLink, WithoutOneASourceTreeIsNotInstalled) {
    EXPECT_EQ(look({layer({kEggInfo})}).packages, "");
    EXPECT_EQ(look({layer({kEggInfo, kEggLink}), layer({whiteout(SITE "torch.egg-link")})}).packages, "");
    LayerItem broken = database("src/x.egg-info/PKG-INFO", {}, {{"src/x.egg-info/PKG-INFO", "no Name"}});
    broken.type = PackageType::python;
    EXPECT_EQ(look({layer({broken})}).problems, "") << "nor is what is wrong with it of interest";
}

TEST(EggLink, OnlyTheNamedEggInfoCounts) {
    const Answer answer = look({layer({kEggInfo, database("pytorch/functorch.egg-info/PKG-INFO", {python("functorch", "1")}), kEggLink})});
    EXPECT_EQ(answer.packages, "torch 2.1.0a0 pytorch/torch.egg-info/PKG-INFO\n");
}

TEST(EggLink, HyphensAndUnderscoresAreOneName) {
    EXPECT_EQ(look({layer({database("src/Torch_NPU.egg-info/PKG-INFO", {python("torch-npu", "2.1")}), source_link(SITE "torch-npu.egg-link", "/src")})}).packages,
              "torch-npu 2.1 src/Torch_NPU.egg-info/PKG-INFO\n");
}

TEST(EggLink, LinksOnTheWayAreFollowed) {
    EXPECT_EQ(look({layer({database("data/src/torch.egg-info/PKG-INFO", {python("torch", "2")}), symlink("pytorch", "data/src"), kEggLink})}).packages,
              "torch 2 data/src/torch.egg-info/PKG-INFO\n");
    EXPECT_EQ(look({layer({kEggInfo, source_link(SITE "torch.egg-link", "../../../../pytorch")})}).packages, "torch 2.1.0a0 pytorch/torch.egg-info/PKG-INFO\n");
}

TEST(EggLink, ToNowhereIsAProblem) {
    const Answer gone = look({layer({kEggInfo, kEggLink}), layer({whiteout("pytorch")})});
    EXPECT_EQ(gone.packages, "");
    EXPECT_EQ(gone.problems, SITE "torch.egg-link: an egg-link to \"/pytorch\", which is no directory of the image; the package cannot be used\n");
    EXPECT_FALSE(gone.complete);
    const Answer bare = look({layer({file("pytorch/setup.py"), kEggLink})});
    EXPECT_EQ(bare.problems, SITE "torch.egg-link: an egg-link to \"/pytorch\", where no egg-info of that name is; version unknown\n");
}

TEST(EggLink, ProblemOfTheEggInfoCounts) {
    LayerItem broken = database("pytorch/torch.egg-info/PKG-INFO", {}, {{"pytorch/torch.egg-info/PKG-INFO", "no Name"}});
    broken.type = PackageType::python;
    const Answer answer = look({layer({broken, kEggLink})});
    EXPECT_EQ(answer.problems, "pytorch/torch.egg-info/PKG-INFO: no Name\n");
    EXPECT_FALSE(answer.complete);
}

TEST(EggLink, ContentThatWasNotKeptIsAskedForOnlyWhereItCounts) {
    auto sources = std::make_shared<LayerAnalysis>();
    sources->entries.add({.path = "blob", .type = EntryType::file, .size = 5, .mode = 0644});
    sources->entries.add({.path = "pytorch/torch.egg-info/PKG-INFO", .type = EntryType::hardlink, .mode = 0644, .link_target = "blob"});
    EXPECT_TRUE(look({sources}).missing.empty());
    const Answer answer = look({sources, layer({kEggLink})});
    ASSERT_EQ(answer.missing.size(), 1U);
    EXPECT_EQ(answer.missing.at(0), (ExtraPaths{{"blob", "pytorch/torch.egg-info/PKG-INFO"}}));
    EXPECT_EQ(answer.problems, "");
}

TEST(EggInfo, ShownInSitePackagesByALinkIsInstalled) {
    const Answer answer = look({layer({kEggInfo, symlink(SITE "torch.egg-info", "/pytorch/torch.egg-info/PKG-INFO")})});
    EXPECT_EQ(answer.packages, "torch 2.1.0a0 pytorch/torch.egg-info/PKG-INFO\n");
}

const LayerItem kEditable = database(SITE "vllm-0.8.4.dist-info/METADATA", {python("vllm", "0.8.4")});
const LayerItem kDirectUrl = source_link(SITE "vllm-0.8.4.dist-info/direct_url.json", "/vllm-workspace/vllm");

TEST(Editable, CountsWhereItsSourceIs) {
    const Answer answer = look({layer({kEditable, kDirectUrl}), layer({file("vllm-workspace/vllm/vllm/__init__.py")})});
    EXPECT_EQ(answer.packages, "vllm 0.8.4 " SITE "vllm-0.8.4.dist-info/METADATA\n");
    EXPECT_EQ(answer.problems, "");
    EXPECT_TRUE(answer.complete);
}

TEST(Editable, WithoutItsSourceIsAProblem) {
    const Answer answer = look({layer({kEditable, kDirectUrl, file("vllm-workspace/vllm/x")}), layer({whiteout("vllm-workspace/vllm")})});
    EXPECT_EQ(answer.packages, "");
    EXPECT_EQ(answer.problems, SITE "vllm-0.8.4.dist-info/METADATA: an editable install of \"/vllm-workspace/vllm\", which is no directory of the image; "
                                    "the package cannot be used\n");
    EXPECT_FALSE(answer.complete);
}

TEST(Editable, ReplacedByANormalInstallCounts) {
    const Answer answer = look({layer({kEditable, kDirectUrl}), layer({whiteout(SITE "vllm-0.8.4.dist-info/direct_url.json")})});
    EXPECT_EQ(answer.packages, "vllm 0.8.4 " SITE "vllm-0.8.4.dist-info/METADATA\n");
    EXPECT_EQ(answer.problems, "");
}

TEST(Python, TwoVersionsAreBothListed) {
    const Answer answer = look({layer({database(SITE "a-1.dist-info/METADATA", {python("a", "1")}), database(SITE "a-2.egg-info", {python("a", "2")})})});
    EXPECT_EQ(answer.packages, "a 1 " SITE "a-1.dist-info/METADATA\na 2 " SITE "a-2.egg-info\n");
}

TEST(Python, ZippedEggIsSaidNotToBeRead) {
    const Answer answer = look({layer({file(SITE "six-1.16.0-py3.11.egg", "PK")})});
    EXPECT_EQ(answer.problems, SITE "six-1.16.0-py3.11.egg: this version of veritag does not read zipped Python eggs\n");
    EXPECT_FALSE(answer.complete);
    EXPECT_EQ(look({layer({file(SITE "six-1.16.0-py3.11.egg", "PK")}), layer({whiteout(SITE "six-1.16.0-py3.11.egg")})}).problems, "");
}

}  // namespace
}  // namespace veritag::detect
