target_sources(unit_scan PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/tar_writer.cpp")
target_link_libraries(unit_scan PRIVATE ZLIB::ZLIB)
