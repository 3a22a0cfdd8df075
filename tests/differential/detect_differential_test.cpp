// The Python packages of a file system, from its tar to the folded image, against what CPython's importlib.metadata lists there.

#include "base/byte_reader.h"
#include "detect/layer_analyzer.h"
#include "detect/observe.h"

#include "test_rules.h"
#include "tools.h"

namespace veritag::detect {
namespace {

using test::Folder;
using test::run;

class TextSource final : public ByteSource {
public:
    explicit TextSource(std::string text) : text_(std::move(text)) {}
    Result<std::span<const std::byte>> next() override {
        const auto piece = as_byte_span(std::string_view(text_).substr(at_, 65536));
        at_ += piece.size();
        return piece;
    }

private:
    std::string text_;
    std::size_t at_ = 0;
};

/// The folder as an image of one layer, under its own absolute path: what is written in egg-links and URLs leads into it.
ImageFacts facts_of(const Folder& folder) {
    const rules::RuleSet rules = test::test_rules();
    const EvidenceMatcher matcher(rules);
    TextSource tar(run("tar --sort=name -C / -cf - '" + folder.path().substr(1) + "'"));
    Result<AnalyzedLayer> layer = analyze_layer(tar, "", rules.wanted(), {}, Limits{});
    EXPECT_TRUE(layer) << layer.error().message();
    if (!layer) return {};
    const MergedImage image({std::make_shared<const LayerAnalysis>(std::move(layer->analysis))});
    ObserveResult result = observe(image, {}, {.os = "linux", .architecture = "amd64", .variant = ""}, matcher);
    EXPECT_TRUE(result.missing.empty());
    return std::move(result.facts);
}

std::vector<std::string> our_list(const Folder& folder) {
    const ImageFacts facts = facts_of(folder);
    for (const Problem& problem : facts.problems) ADD_FAILURE() << problem.path << ": " << problem.message;
    std::vector<std::string> lines;
    for (const Package& package : facts.packages)
        if (package.type == PackageType::python) lines.push_back(package.name + "\t" + package.version);
    std::sort(lines.begin(), lines.end());
    return lines;
}

/// In the folder itself and in what its .pth files add to the path, as the interpreter does at its start.
std::vector<std::string> importlib_list(const std::string& site) {
    return test::sorted_lines(
        run("python3 -S -c 'import importlib.metadata as m, site, sys\n"
            "sys.path = []\n"
            "site.addsitedir(sys.argv[1])\n"
            "for d in m.distributions(path=sys.path): print(d.metadata[\"Name\"].strip(), d.version.strip(), sep=\"\\t\")' '" +
            site + "'"));
}

TEST(PythonSite, ListsWhatImportlibLists) {
    for (const std::string& site : {std::string("lib/python3.11/site-packages"), std::string("lib/python3/dist-packages")}) {
        const Folder folder;
        run("mkdir -p '" + folder / site + "' && python3 '" VERITAG_SOURCE_DIR "/tests/support/make_python_site.py' '" + folder / site + "' 400");
        const std::vector<std::string> expected = importlib_list(folder / site);
        ASSERT_EQ(expected.size(), 410U);
        EXPECT_EQ(our_list(folder), expected);
    }
}

TEST(PythonSite, ListsWhatImportlibListsOfEggsThatAreFolders) {
    const Folder folder;
    const std::string site = folder / "lib/python3.11/site-packages";
    run("mkdir -p '" + site + "/torch-2.1.0-py3.11-linux-x86_64.egg/EGG-INFO'");
    test::write_file(site + "/torch-2.1.0-py3.11-linux-x86_64.egg/EGG-INFO/PKG-INFO", "Metadata-Version: 1.2\nName: torch\nVersion: 2.1.0\n");
    test::write_file(site + "/easy-install.pth", "./torch-2.1.0-py3.11-linux-x86_64.egg\n");
    const std::vector<std::string> expected = importlib_list(site);
    ASSERT_EQ(expected, std::vector<std::string>{"torch\t2.1.0"});
    EXPECT_EQ(our_list(folder), expected);
}

/// A tool of Python's that not every interpreter has: without it the test is skipped at home and fails in CI.
#define NEED_PYTHON(probe)                                                            \
    if (std::system("python3 " probe " >/dev/null 2>&1") != 0) {                      \
        if (std::getenv("CI") != nullptr) FAIL() << "python3 " probe " does not run"; \
        GTEST_SKIP() << "python3 " probe " does not run";                             \
    }

/// A source tree that setuptools can install.
void make_source(const Folder& folder, const std::string& name, const std::string& version) {
    run("mkdir -p '" + folder / "src/lib" + "'");
    test::write_file(folder / "src/lib/module.py", "");
    test::write_file(folder / "src/setup.py", "from setuptools import setup\nsetup(name='" + name + "', version='" + version +
                                                  "', package_dir={'': 'lib'}, py_modules=['module'])\n");
}

TEST(PythonSource, OfSetupPyDevelopIsListedWhileItIsThere) {
    NEED_PYTHON("-c 'from setuptools.command.develop import develop; develop.install_for_development'")
    const Folder folder;
    const std::string site = folder / "lib/python3.11/site-packages";
    make_source(folder, "Torch-NPU.x", "2.1.0a0+git5913437");
    run("mkdir -p '" + site + "' && cd '" + folder / "src" + "' && PYTHONPATH='" + site + "' python3 -W ignore setup.py -q develop --no-deps --install-dir '" + site + "' 2>&1");
    const std::vector<std::string> expected = importlib_list(site);
    ASSERT_EQ(expected, std::vector<std::string>{"Torch-NPU.x\t2.1.0a0+git5913437"});
    EXPECT_EQ(our_list(folder), expected);

    std::filesystem::remove_all(folder / "src");
    ASSERT_TRUE(importlib_list(site).empty());
    const ImageFacts gone = facts_of(folder);
    EXPECT_TRUE(gone.packages.empty());
    ASSERT_EQ(gone.problems.size(), 1U);
    EXPECT_NE(gone.problems[0].message.find("/src/lib\", which is no directory of the image; the package cannot be used"), std::string::npos) << gone.problems[0].message;
}

// A build backend of a few lines, so that pip needs no network and no other package.
constexpr const char* kBackend =
    "import zipfile\n"
    "def build_editable(folder, settings=None, metadata=None):\n"
    "    name = 'vllm-0.8.4-py3-none-any.whl'\n"
    "    with zipfile.ZipFile(folder + '/' + name, 'w') as wheel:\n"
    "        wheel.writestr('__editable__.vllm.pth', '/')\n"
    "        wheel.writestr('vllm-0.8.4.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: vllm\\nVersion: 0.8.4\\n')\n"
    "        wheel.writestr('vllm-0.8.4.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
    "        wheel.writestr('vllm-0.8.4.dist-info/RECORD', '')\n"
    "    return name\n"
    "def build_wheel(folder, settings=None, metadata=None): raise NotImplementedError\n";

TEST(PythonSource, OfAnEditableInstallOfPipMustBeThere) {
    NEED_PYTHON("-m pip --version")
    const Folder folder;
    run("mkdir '" + folder / "my src" + "'");
    test::write_file(folder / "my src/pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n");
    test::write_file(folder / "my src/backend.py", kBackend);
    run("python3 -m pip -q --disable-pip-version-check install --no-index --no-deps --no-build-isolation --root-user-action ignore --prefix '" + folder / "usr" +
        "' -e '" + folder / "my src" + "' 2>&1");
    const std::string site = test::sorted_lines(run("find '" + folder.path() + "' -name site-packages -o -name dist-packages")).at(0);
    ASSERT_FALSE(test::read_file(site + "/vllm-0.8.4.dist-info/direct_url.json").empty());
    const std::vector<std::string> expected = importlib_list(site);
    ASSERT_EQ(expected, std::vector<std::string>{"vllm\t0.8.4"});
    EXPECT_EQ(our_list(folder), expected);

    std::filesystem::remove_all(folder / "my src");
    const ImageFacts gone = facts_of(folder);
    EXPECT_TRUE(gone.packages.empty()) << "importlib would still list it, though it cannot be imported";
    ASSERT_EQ(gone.problems.size(), 1U);
    EXPECT_NE(gone.problems[0].message.find("/my src\", which is no directory of the image; the package cannot be used"), std::string::npos) << gone.problems[0].message;
}

}  // namespace
}  // namespace veritag::detect
