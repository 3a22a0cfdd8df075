target_sources(unit_cage PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/tar_writer.cpp")
