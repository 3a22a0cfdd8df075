// Certificates of a CA that is made for one run by the openssl command.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace veritag::test {

/// A directory with `ca.pem`, `other.pem` (a CA that signed nothing), and what certificate() made; gone with the object.
class Certificates {
public:
    Certificates() {
        std::string pattern = (std::filesystem::temp_directory_path() / "veritag-certificates-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        for (const char* name : {"ca", "other"})
            run(std::string("openssl req -x509 ") + kKey + " -keyout " + name + ".key -out " + name + ".pem -days 2 -subj /CN=" + name);
    }
    ~Certificates() { std::filesystem::remove_all(folder_); }
    Certificates(const Certificates&) = delete;
    Certificates& operator=(const Certificates&) = delete;

    /// NAME.pem and NAME.key for `names`, as `IP:127.0.0.1,DNS:localhost`.
    void certificate(const std::string& name, const std::string& names) const {
        std::ofstream(folder_ / (name + ".cnf")) << "subjectAltName=" << names << "\n";
        run(std::string("openssl req ") + kKey + " -keyout " + name + ".key -out " + name + ".csr -subj /CN=" + name);
        run("openssl x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile " + name + ".cnf -out " + name + ".pem");
    }
    [[nodiscard]] std::string path(const std::string& file) const { return (folder_ / file).string(); }

private:
    static constexpr const char* kKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    void run(const std::string& command) const {
        if (std::system(("cd " + folder_.string() + " && " + command + " >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error("failed: " + command);
    }
    std::filesystem::path folder_;
};

}  // namespace veritag::test
