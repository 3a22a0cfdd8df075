// Running the real tools, and folders that clean up after themselves. A tool that is missing or fails fails the test.
#pragma once

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace veritag::test {

/// A fresh folder, removed at the end.
class Folder {
public:
    Folder() {
        std::string pattern = testing::TempDir() + "veritag-differential-XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder: " + pattern);
        path_ = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// Runs a shell command in the C locale and returns what it printed. Anything but exit status 0 fails the test.
inline std::string run(const std::string& command) {
    FILE* pipe = popen(("LC_ALL=C; export LC_ALL; " + command).c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("popen: " + command);
    std::string output;
    std::array<char, 4096> chunk{};
    for (std::size_t size = 0; (size = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) output.append(chunk.data(), size);
    const int status = pclose(pipe);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << " ended with status " << status << "\n" << output;
    return output;
}

inline std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::string line;
    for (const char c : text) {
        if (c != '\n')
            line += c;
        else
            lines.push_back(std::exchange(line, {}));
    }
    if (!line.empty()) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
}

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

}  // namespace veritag::test
