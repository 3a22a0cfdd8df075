target_include_directories(unit_serve PRIVATE "${PROJECT_SOURCE_DIR}/tests/unit/store")
find_package(SQLite3 REQUIRED)
target_link_libraries(unit_serve PRIVATE SQLite::SQLite3)  # for folder.h
