// Bytes of one package database become packages. Each parser is bounds-checked, knows no file system and no image.
#pragma once

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"
#include "model/package.h"

#include <optional>
#include <span>
#include <string_view>

namespace veritag::pkgdb {

/// rpm's NDB `Packages.db` (rpm-software-management/rpm: lib/backend/ndb/rpmpkg.c). A file that is no NDB database at all is an
/// error; a broken slot or blob costs that package and is a problem. `gpg-pubkey` entries are keys, not packages: left out.
/// `reader.origin()` becomes Package::path.
Result<Parsed<Package>> parse_rpm_ndb(ByteReader reader, const Limits& limits);

/// rpm's `rpmdb.sqlite`; `wal` is the content of `rpmdb.sqlite-wal` where there is one (its committed frames are applied in
/// memory). A database left in WAL mode opens too. Never touches the disk; SQLite runs defensive and with a progress limit.
Result<Parsed<Package>> parse_rpm_sqlite(ByteReader reader, std::optional<std::span<const std::byte>> wal, const Limits& limits);

/// rpm's old `Packages`, a Berkeley DB hash of either byte order (berkeleydb/libdb: src/dbinc/db_page.h). A file that is no such
/// database, or an encrypted, checksummed or divided one, is an error; a broken page or record costs what stood there and is a
/// problem, and so is a count of keys that is larger than what was found. Work is linear in the file's size, whatever its page
/// pointers say. `gpg-pubkey` entries are left out. `reader.origin()` becomes Package::path.
Result<Parsed<Package>> parse_rpm_bdb(ByteReader reader, const Limits& limits);

/// dpkg `status` (only stanzas whose Status is `… ok installed`), or a file of distroless `status.d/` (no Status line; a
/// `*.md5sums` file is not one: the caller leaves it out). Debian Policy 5; dpkg's deb-status.
Result<Parsed<Package>> parse_dpkg_status(ByteReader reader, bool status_d, const Limits& limits);

/// The METADATA of a `*.dist-info` directory: Name and Version of the header before the first blank line
/// (packaging.python.org core metadata). nullopt for names that start with `~` (an interrupted uninstall).
Result<std::optional<Package>> parse_python_metadata(ByteReader reader, const Limits& limits);

/// PEP 503: lower case, runs of `-_.` become `-`.
std::string normalise_python_name(std::string_view name);

}  // namespace veritag::pkgdb
