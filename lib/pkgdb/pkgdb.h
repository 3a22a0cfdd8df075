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

/// Makes SQLite read now what it would read from files at its first use (a random seed), for a process that soon cannot open any.
void load_sqlite();

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

/// apk's `lib/apk/db/installed` (alpinelinux/apk-tools: src/database.c). A block without name or version is a problem, and so is a
/// file that ends within a block; the package of a cut block counts where its name and version were whole lines.
Result<Parsed<Package>> parse_apk_installed(ByteReader reader, const Limits& limits);

/// One `conda-meta/<name>-<version>-<build>.json` (conda/ceps: management and structure of conda environments). nullopt for a file
/// that is no package record and, by `reader.origin()`, is not named like one: people keep other JSON there too.
Result<std::optional<Package>> parse_conda_record(ByteReader reader, const Limits& limits);

/// The METADATA of a `*.dist-info` directory or the PKG-INFO of an egg: Name and Version of the header before the first blank line
/// (packaging.python.org core metadata). nullopt for names that start with `~` (an interrupted uninstall).
Result<std::optional<Package>> parse_python_metadata(ByteReader reader, const Limits& limits);

/// The directory that an `*.egg-link` of `setup.py develop` leads to, as written: absolute, or relative to the link's own.
Result<std::string> parse_egg_link(ByteReader reader, const Limits& limits);

/// The source directory, absolute, of an editable install by its `direct_url.json` (PEP 610, PEP 660); nullopt for any other install.
Result<std::optional<std::string>> parse_direct_url(ByteReader reader, const Limits& limits);

/// PEP 503: lower case, runs of `-_.` become `-`.
std::string normalise_python_name(std::string_view name);

}  // namespace veritag::pkgdb
