#include "base/text.h"
#include "detect/detector.h"
#include "detect/python_files.h"
#include "pkgdb/pkgdb.h"

#include <array>

namespace veritag::detect {
namespace {

// rpm keeps its database in one of these (rpm-software-management/rpm: macros.in `_dbpath`, and its move to /usr/lib/sysimage).
constexpr std::array<std::string_view, 3> kRpmDirectories{"usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm"};

bool is_rpm_file(std::string_view path, std::string_view name) noexcept {
    for (const std::string_view directory : kRpmDirectories)
        if (path.size() == directory.size() + 1 + name.size() && path.starts_with(directory) && path[directory.size()] == '/' && path.ends_with(name))
            return true;
    return false;
}

PackageDatabase database_of(ByteReader content, PackageType type, Result<Parsed<Package>> parsed) {
    PackageDatabase database{.path = std::string(content.origin()), .type = type, .packages = {}, .problems = {}};
    if (!parsed) {
        database.problems.push_back({database.path, parsed.error().message()});
        return database;
    }
    database.packages = std::move(parsed->items);
    database.problems = std::move(parsed->problems);
    for (Problem& problem : database.problems)
        if (problem.path.empty()) problem.path = database.path;
    return database;
}

// Of a file that stands for one package, or for none.
PackageDatabase database_of_one(ByteReader content, PackageType type, Result<std::optional<Package>> package) {
    PackageDatabase database{.path = std::string(content.origin()), .type = type, .packages = {}, .problems = {}};
    if (!package)
        database.problems.push_back({database.path, package.error().message()});
    else if (*package)
        database.packages.push_back(std::move(**package));
    return database;
}

class RpmNdbDetector final : public Detector {
public:
    std::string_view name() const noexcept override { return "rpm-ndb"; }
    int version() const noexcept override { return 1; }
    bool wants(std::string_view path) const override { return is_rpm_file(path, "Packages.db"); }
    PackageDatabase read(ByteReader content, std::optional<std::span<const std::byte>>, const Limits& limits) const override {
        return database_of(content, PackageType::rpm, pkgdb::parse_rpm_ndb(content, limits));
    }
};

class RpmBdbDetector final : public Detector {
public:
    std::string_view name() const noexcept override { return "rpm-bdb"; }
    int version() const noexcept override { return 1; }
    bool wants(std::string_view path) const override { return is_rpm_file(path, "Packages"); }
    PackageDatabase read(ByteReader content, std::optional<std::span<const std::byte>>, const Limits& limits) const override {
        return database_of(content, PackageType::rpm, pkgdb::parse_rpm_bdb(content, limits));
    }
};

class RpmSqliteDetector final : public Detector {
public:
    std::string_view name() const noexcept override { return "rpm-sqlite"; }
    int version() const noexcept override { return 1; }
    bool wants(std::string_view path) const override { return is_rpm_file(path, "rpmdb.sqlite"); }
    std::string companion_of(std::string_view path) const override { return std::string(path) + "-wal"; }
    PackageDatabase read(ByteReader content, std::optional<std::span<const std::byte>> wal, const Limits& limits) const override {
        return database_of(content, PackageType::rpm, pkgdb::parse_rpm_sqlite(content, wal, limits));
    }
};

class DpkgDetector final : public Detector {
public:
    std::string_view name() const noexcept override { return "dpkg"; }
    int version() const noexcept override { return 1; }
    bool wants(std::string_view path) const override {
        return path == "var/lib/dpkg/status" || (is_status_d(path) && !path.ends_with(".md5sums"));
    }
    PackageDatabase read(ByteReader content, std::optional<std::span<const std::byte>>, const Limits& limits) const override {
        return database_of(content, PackageType::deb, pkgdb::parse_dpkg_status(content, is_status_d(content.origin()), limits));
    }

private:
    static bool is_status_d(std::string_view path) noexcept {
        constexpr std::string_view kDirectory = "var/lib/dpkg/status.d/";
        return path.starts_with(kDirectory) && path.find('/', kDirectory.size()) == std::string_view::npos;
    }
};

class ApkDetector final : public Detector {
public:
    std::string_view name() const noexcept override { return "apk"; }
    int version() const noexcept override { return 1; }
    bool wants(std::string_view path) const override { return path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed"; }
    PackageDatabase read(ByteReader content, std::optional<std::span<const std::byte>>, const Limits& limits) const override {
        return database_of(content, PackageType::apk, pkgdb::parse_apk_installed(content, limits));
    }
};

class CondaDetector final : public Detector {
public:
    std::string_view name() const noexcept override { return "conda"; }
    int version() const noexcept override { return 2; }
    bool wants(std::string_view path) const override {
        if (!path.ends_with(".json")) return false;
        const std::string_view directory = path.substr(0, path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/'));
        return (directory == "conda-meta" || directory.ends_with("/conda-meta")) && !is_in_conda_cache(path);
    }
    PackageDatabase read(ByteReader content, std::optional<std::span<const std::byte>>, const Limits& limits) const override {
        return database_of_one(content, PackageType::conda, pkgdb::parse_conda_record(content, limits));
    }
};

class PythonDetector final : public Detector {
public:
    std::string_view name() const noexcept override { return "python-metadata"; }
    int version() const noexcept override { return 2; }  // 2: eggs, egg-links and editable installs
    bool wants(std::string_view path) const override { return python_file(path) != PythonFile::none; }
    PackageDatabase read(ByteReader content, std::optional<std::span<const std::byte>>, const Limits& limits) const override {
        switch (python_file(content.origin())) {
            case PythonFile::egg_link: {
                Result<std::string> directory = pkgdb::parse_egg_link(content, limits);
                if (directory) return source_link(content, std::move(*directory));
                return database_of_one(content, PackageType::python, directory.error());
            }
            case PythonFile::direct_url: {
                Result<std::optional<std::string>> directory = pkgdb::parse_direct_url(content, limits);
                if (directory) return source_link(content, std::move(*directory).value_or(""));
                return database_of_one(content, PackageType::python, directory.error());
            }
            default: return database_of_one(content, PackageType::python, pkgdb::parse_python_metadata(content, limits));
        }
    }

private:
    static PackageDatabase source_link(const ByteReader& content, std::string directory) {
        PackageDatabase database = database_of_one(content, PackageType::python, std::optional<Package>());
        database.source_directory = std::move(directory);
        return database;
    }
};

}  // namespace

std::string Detector::companion_of(std::string_view) const { return {}; }

const std::vector<const Detector*>& all_detectors() {
    static const RpmNdbDetector rpm_ndb;
    static const RpmSqliteDetector rpm_sqlite;
    static const RpmBdbDetector rpm_bdb;
    static const ApkDetector apk;
    static const DpkgDetector dpkg;
    static const PythonDetector python;
    static const CondaDetector conda;
    static const std::vector<const Detector*> all{&rpm_ndb, &rpm_sqlite, &rpm_bdb, &apk, &dpkg, &python, &conda};
    return all;
}

const std::vector<std::string>& system_database_paths() {
    static const std::vector<std::string> paths = [] {
        std::vector<std::string> list{"var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed"};
        for (const std::string_view directory : kRpmDirectories)
            for (const std::string_view name : {"Packages.db", "rpmdb.sqlite", "Packages"})
                list.push_back(std::string(directory) + "/" + std::string(name));
        return list;
    }();
    return paths;
}

}  // namespace veritag::detect
