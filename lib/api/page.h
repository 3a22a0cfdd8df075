// The web page: a few files inside the executable.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace veritag::api {

struct PageFile {
    std::string_view name;  ///< `app.js`; without a folder
    std::string_view content;
};

/// The files of lib/api/page, sorted by name.
std::span<const PageFile> page_files() noexcept;

/// `text/javascript; charset=utf-8` and the like, by the end of the name.
std::string_view page_content_type(std::string_view name) noexcept;

/// A word that is another one where any of the files is: it stands in the addresses of all but the first, so that they may be kept for ever.
const std::string& page_version();

/// index.html for a language (`en`, `zh`), with the addresses of this version in it.
const std::string& page_index(std::string_view language);

}  // namespace veritag::api
