// Runs the real programs (tar, gzip, zstd) in a directory of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace veritag::stream {

class WorkDir {
public:
    WorkDir() {
        std::string name = (std::filesystem::temp_directory_path() / "veritag-stream-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
        path_ = name;
    }
    ~WorkDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    WorkDir(const WorkDir&) = delete;
    WorkDir& operator=(const WorkDir&) = delete;

    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

    /// A shell command in this directory; its output. A failure of the command fails the test.
    std::string run(const std::string& command) const {
        const std::string whole = "cd '" + path_.string() + "' && LC_ALL=C TZ=UTC && export LC_ALL TZ && (" + command + ") > .out 2> .err";
        const int status = std::system(whole.c_str());
        EXPECT_EQ(status, 0) << command << "\n" << read(".err");
        return read(".out");
    }
    [[nodiscard]] std::string read(std::string_view name) const {
        std::ifstream in(path_ / name, std::ios::binary);
        EXPECT_TRUE(in.is_open()) << name;
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void write(std::string_view name, std::string_view text) const {
        std::ofstream out(path_ / name, std::ios::binary);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        EXPECT_TRUE(out.good()) << name;
    }

private:
    std::filesystem::path path_;
};

}  // namespace veritag::stream
