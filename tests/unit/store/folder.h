// A directory of a test's own, and raw looks into a store.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

namespace veritag::test {

/// Where a test makes thousands of commits that need not outlive the machine: memory, if there is such a place.
inline std::filesystem::path fast_directory() {
    const char* const kMemory = "/dev/shm";
    return access(kMemory, W_OK) == 0 ? std::filesystem::path(kMemory) : std::filesystem::temp_directory_path();
}

class Folder {
public:
    explicit Folder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
        std::string name = (parent / "veritag-store-XXXXXX").string();
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> list;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) list.push_back(entry.path().filename().string());
        std::sort(list.begin(), list.end());
        return list;
    }

private:
    std::filesystem::path path_;
};

inline std::string contents_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary | std::ios::trunc) << text; }

/// Runs SQL past the store; gives the first column of the first row.
inline std::string sql(const std::string& path, const std::string& text) {
    sqlite3* connection = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &connection), SQLITE_OK);
    std::string found;
    char* error = nullptr;
    const auto take = [](void* out, int columns, char** values, char**) {
        if (columns > 0 && values[0] != nullptr && static_cast<std::string*>(out)->empty()) *static_cast<std::string*>(out) = values[0];
        return 0;
    };
    EXPECT_EQ(sqlite3_exec(connection, text.c_str(), take, &found, &error), SQLITE_OK) << text << ": " << (error != nullptr ? error : "");
    sqlite3_free(error);
    sqlite3_close(connection);
    return found;
}

}  // namespace veritag::test
