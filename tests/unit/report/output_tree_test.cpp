#include "report/output_tree.h"

#include "report/markdown_writer.h"
#include "sample.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <unistd.h>

namespace veritag::report {
namespace {

namespace fs = std::filesystem;

class OutputTreeTest : public testing::Test {
protected:
    OutputTreeTest() {
        std::string name = (fs::temp_directory_path() / "veritag-tree-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    ~OutputTreeTest() override { fs::remove_all(root_); }

    OutputTree open() const {
        Result<OutputTree> tree = OutputTree::open((root_ / "out").string());
        EXPECT_TRUE(tree);
        return std::move(*tree);
    }
    std::string read(const std::string& path) const {
        std::ifstream in(root_ / "out" / path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write(const std::string& path, const std::string& text) const {
        fs::create_directories((root_ / "out" / path).parent_path());
        std::ofstream(root_ / "out" / path, std::ios::binary) << text;
    }
    // Every file with its content and the moment it was changed.
    std::map<std::string, std::pair<std::string, fs::file_time_type>> files() const {
        std::map<std::string, std::pair<std::string, fs::file_time_type>> all;
        for (const auto& each : fs::recursive_directory_iterator(root_ / "out"))
            if (each.is_regular_file() && each.path().filename() != ".veritag-tree") all[each.path().lexically_relative(root_ / "out").generic_string()] = {read(each.path().lexically_relative(root_ / "out").generic_string()), each.last_write_time()};
        return all;
    }
    std::string refused(const OutputTree& tree) const {
        std::string text;
        for (const Error& each : tree.failures()) text += fs::path(each.where).lexically_relative(root_ / "out").generic_string() + ": " + each.saw + "\n";
        return text;
    }
    fs::path root_;
};

TEST(PagePath, IsSafeWhateverTheNames) {
    EXPECT_EQ(page_path("quay.io", "openeuler/cann", "8.0.RC1-oe2203sp4"), "quay.io/openeuler/cann/8.0.RC1-oe2203sp4.md");
    EXPECT_EQ(page_path("127.0.0.1:5000", "a", "b"), "127.0.0.1%3A5000/a/b.md");
    EXPECT_EQ(page_path("..", "../.git", "."), "%2E./%2E./%2Egit/%2E.md");
    EXPECT_EQ(page_path("", "a//b", ""), "%/a/%/b/%.md");
    EXPECT_EQ(page_path("h", "a\\b", "c d\n\x01\xff%"), "h/a%5Cb/c%20d%0A%01%FF%25.md");
    EXPECT_NE(page_path("h", "a", "x/y"), page_path("h", "a/x", "y"));
    const std::string longest = page_path("h", "a", std::string(5000, 'x')), other = page_path("h", "a", std::string(5001, 'x'));
    EXPECT_LE(longest.size(), 4 + 200 + 3U);
    EXPECT_NE(longest, other);
}

TEST_F(OutputTreeTest, TouchesOnlyWhatChanged) {
    OutputTree first = open();
    first.put("h/a/1.md", "# one\n");
    first.put("h/a/2.md", "# two\n");
    first.put("h/b/1.md", "# three\n");
    first.remove_others();
    EXPECT_EQ(std::tuple(first.written(), first.unchanged(), first.removed()), std::tuple(3U, 0U, 0U));
    EXPECT_EQ(read("h/a/1.md"), std::string(kPageMarker) + "\n\n# one\n");
    const auto before = files();

    OutputTree second = open();
    second.put("h/a/1.md", "# one\n");
    second.put("h/a/2.md", "# other\n");
    second.remove_others();
    EXPECT_EQ(std::tuple(second.written(), second.unchanged(), second.removed()), std::tuple(1U, 1U, 1U));
    const auto after = files();
    EXPECT_EQ(after.size(), 2U);
    EXPECT_EQ(after.at("h/a/1.md"), before.at("h/a/1.md")) << "not even its time";
    EXPECT_EQ(read("h/a/2.md"), std::string(kPageMarker) + "\n\n# other\n");
    EXPECT_FALSE(fs::exists(root_ / "out/h/b")) << "nothing is left in it";
}

TEST_F(OutputTreeTest, LeavesAloneWhatIsSomebodyElses) {
    write("README.md", "# Reports\n");
    write("h/a/notes.md", "mine\n");
    write("h/a/1.md", "mine too\n");
    write(".git/x.md", std::string(kPageMarker) + "\n");
    write("h/a/old.txt", std::string(kPageMarker) + "\n");
    OutputTree tree = open();
    tree.put("h/a/1.md", "# one\n");
    tree.remove_others();
    EXPECT_EQ(refused(tree), "h/a/1.md: something stands there that veritag did not write\n");
    EXPECT_EQ(tree.removed(), 0U);
    EXPECT_EQ(read("h/a/1.md"), "mine too\n");
    EXPECT_EQ(files().size(), 5U);
}

TEST_F(OutputTreeTest, FollowsNoLink) {
    fs::create_directories(root_ / "elsewhere");
    fs::create_directories(root_ / "out/h");
    std::ofstream(root_ / "elsewhere/page.md") << kPageMarker << "\n";
    fs::create_directory_symlink(root_ / "elsewhere", root_ / "out/h/a");
    fs::create_symlink(root_ / "elsewhere/page.md", root_ / "out/h/1.md");
    fs::create_symlink(root_ / "elsewhere/new", root_ / "out/h/2.md.new");
    OutputTree tree = open();
    tree.put("h/a/1.md", "# one\n");
    tree.put("h/1.md", "# one\n");
    tree.put("h/2.md", "# two\n");
    tree.remove_others();
    EXPECT_EQ(refused(tree), "h/a/1.md: " + (root_ / "out/h/a").string() + " is no directory\nh/1.md: something stands there that veritag did not write\n");
    EXPECT_TRUE(fs::exists(root_ / "elsewhere/page.md"));
    EXPECT_FALSE(fs::exists(root_ / "elsewhere/new"));
    EXPECT_EQ(read("h/2.md"), std::string(kPageMarker) + "\n\n# two\n");
}

TEST_F(OutputTreeTest, AFileInTheWayIsRefused) {
    write("h", "a file\n");
    OutputTree tree = open();
    tree.put("h/a/1.md", "# one\n");
    EXPECT_EQ(tree.failures().size(), 1U);
    EXPECT_EQ(read("h"), "a file\n");
}

TEST_F(OutputTreeTest, RemovesNothingOnItsWayThatIsNotItsOwn) {
    write("h/a/1.md.new", "mine\n");
    write("h/a/.veritag-0123", "mine, too\n");
    OutputTree tree = open();
    tree.put("h/a/1.md", "# one\n");
    EXPECT_EQ(read("h/a/1.md.new"), "mine\n");
    EXPECT_EQ(read("h/a/.veritag-0123"), "mine, too\n");
    EXPECT_EQ(read("h/a/1.md"), std::string(kPageMarker) + "\n\n# one\n");
    EXPECT_EQ(files().size(), 3U) << "nothing unfinished is left";
}

// A repository may be called as a page's unfinished file could be, and a page that cannot be written stops no other.
TEST_F(OutputTreeTest, OnePageThatFailsStopsNoOther) {
    OutputTree tree = open();
    tree.put("h/app/1.md.new/2.md", "# a repository\n");
    tree.put("h/app/1.md", "# one\n");
    EXPECT_TRUE(tree.failures().empty());
    write("h/b/1.md", "mine\n");
    tree.put("h/b/1.md", "# one\n");
    tree.put("h/c/1.md", "# one\n");
    EXPECT_EQ(refused(tree), "h/b/1.md: something stands there that veritag did not write\n");
    EXPECT_EQ(tree.written(), 3U);
    EXPECT_EQ(read("h/c/1.md"), std::string(kPageMarker) + "\n\n# one\n");
}

TEST_F(OutputTreeTest, LeavesATreeInsideItAlone) {
    Result<OutputTree> inner = OutputTree::open((root_ / "out/zh").string());
    ASSERT_TRUE(inner);
    inner->put("h/a/1.md", "# yi\n");
    OutputTree outer = open();
    outer.put("h/a/1.md", "# one\n");
    outer.put("zh/a/1.md", "# of a registry with that name\n");
    outer.remove_others();
    EXPECT_EQ(outer.removed(), 0U);
    EXPECT_EQ(read("zh/h/a/1.md"), std::string(kPageMarker) + "\n\n# yi\n");
    EXPECT_EQ(refused(outer), "zh/a/1.md: " + (root_ / "out/zh").string() + " is the root of another output tree\n");
}

TEST_F(OutputTreeTest, APlaceThatCannotBeMadeIsAnError) {
    write("x", "a file\n");
    const Result<OutputTree> tree = OutputTree::open((root_ / "out/x/y").string());
    ASSERT_FALSE(tree);
    EXPECT_EQ(tree.error().code, ErrorCode::io);
}

TEST(TagPage, HasNoTimeAndIsTheSameBytes) {
    Report judged;
    const Report report = audit_report();
    judged.images = {report.images[0]};
    const std::string page = write_tag_page(judged, Language::en);
    EXPECT_EQ(page, write_tag_page(judged, Language::en));
    EXPECT_EQ(page.find("2026-08-22"), std::string::npos);
    EXPECT_TRUE(page.starts_with("# `hub.example/openeuler/pytorch:2.1.0-cann8.0.RC1-oe2203sp2`\n\n## **FAIL** `linux/arm64`\n")) << page;
    EXPECT_NE(page.find("| `openeuler` | `22.03-LTS-SP2` | `22.03-LTS-SP4` |\n"), std::string::npos) << page;
    EXPECT_TRUE(page.ends_with("```\n"));
    EXPECT_NE(write_tag_page(judged, Language::zh).find("## **不符** `linux/arm64`"), std::string::npos);
}

}  // namespace
}  // namespace veritag::report
