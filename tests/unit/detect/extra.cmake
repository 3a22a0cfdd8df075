target_sources(unit_detect PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/tar_writer.cpp")
