target_include_directories(unit_api PRIVATE "${PROJECT_SOURCE_DIR}/tests/unit/store")
find_package(SQLite3 REQUIRED)
target_link_libraries(unit_api PRIVATE SQLite::SQLite3)  # for folder.h
