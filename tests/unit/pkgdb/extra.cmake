# The real NDB databases are stored zstd-compressed; the SQLite databases are made by SQLite itself.
find_package(PkgConfig REQUIRED)
pkg_check_modules(VERITAG_TEST_ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
target_link_libraries(unit_pkgdb PRIVATE PkgConfig::VERITAG_TEST_ZSTD SQLite::SQLite3 ZLIB::ZLIB)
