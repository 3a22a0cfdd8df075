// Every limit on input in one place, with the contract's defaults. Passed explicitly; passing one is an error that names it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace veritag {

struct Limits {
    std::uint64_t manifest_bytes = 4ULL << 20;            ///< manifest, index
    std::uint64_t config_bytes = 4ULL << 20;              ///< image config blob
    std::uint64_t token_bytes = 1ULL << 20;               ///< answer of a token server
    std::uint64_t error_body_bytes = 64ULL << 10;         ///< body of an HTTP error
    std::uint64_t listing_page_bytes = 16ULL << 20;       ///< one page of a listing of repositories or tags
    std::uint64_t listing_pages = 10'000;                 ///< of one listing
    std::uint64_t listing_names = 1'000'000;              ///< of one listing
    std::size_t json_depth = 64;
    std::size_t index_depth = 3;
    std::size_t index_platforms = 64;
    std::size_t image_layers = 512;
    std::size_t referrers = 5000;                         ///< of one image, over all pages; a fallback index of 4 MiB holds about as many
    std::size_t referrers_pages = 100;
    std::size_t referrers_read = 100;                     ///< that are fetched to find the newest report
    std::uint64_t statement_bytes = 1ULL << 20;           ///< a report that is attached to an image
    std::uint64_t layer_bytes = 64ULL << 30;              ///< one layer, inflated
    std::uint64_t inflate_ratio = 1000;                   ///< output to input, checked beyond `inflate_ratio_floor`
    std::uint64_t inflate_ratio_floor = 1ULL << 30;       ///< bytes of output below which the ratio is not checked
    std::uint64_t zstd_window_log = 27;                   ///< 128 MiB would break the memory promise only above this
    std::uint64_t tar_entries = 4'000'000;                ///< a layer
    std::uint64_t toc_bytes = 150ULL << 20;               ///< a layer's table of contents, packed and unpacked; containers/storage reads no larger one
    std::uint64_t path_bytes = 4096;
    std::uint64_t tar_header_bytes = 1ULL << 20;          ///< one pax or GNU long-name payload
    std::uint64_t captured_file_bytes = 16ULL << 20;      ///< one captured evidence file
    std::uint64_t captured_total_bytes = 64ULL << 20;     ///< all captured evidence of a layer
    std::uint64_t searched_bytes = 8ULL << 30;            ///< bytes of a layer's files searched for strings, the holes of sparse ones too
    std::uint64_t image_analysis_bytes = 512ULL << 20;    ///< what is kept of all layers of an image: paths, evidence, packages
    std::uint64_t package_database_bytes = 256ULL << 20;  ///< one package database
    std::uint32_t rpm_header_entries = 65535;
    std::uint32_t rpm_header_bytes = 64U << 20;
    std::uint64_t packages = 500'000;                     ///< of one database
    std::uint64_t text_line_bytes = 1ULL << 20;           ///< one line of a text database
    std::uint64_t dockerfile_bytes = 1ULL << 20;
    std::uint64_t dockerfile_lines = 50'000;
    std::uint64_t catalog_file_bytes = 4ULL << 20;        ///< one meta.yml or image-list.yml
    std::uint64_t catalog_entries = 1'000'000;            ///< files and directories of a tree of Dockerfiles
    std::uint64_t hook_body_bytes = 1ULL << 20;           ///< one webhook; Docker Hub sends a whole README, GitHub 20 KB
    std::uint64_t hook_events = 1000;                     ///< in one webhook
    std::uint64_t worker_memory_bytes = 2ULL << 30;       ///< address space of a process that parses a layer
    std::uint64_t worker_cpu_seconds = 3600;              ///< its processor time
    std::uint64_t worker_silence_seconds = 120;           ///< how long it may take to read on or to answer
};

}  // namespace veritag
