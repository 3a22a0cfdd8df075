target_sources(unit_stream PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/tar_writer.cpp")
