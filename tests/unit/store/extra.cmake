find_package(SQLite3 REQUIRED)
target_link_libraries(unit_${module} PRIVATE SQLite::SQLite3)  # to damage stores as nobody else would
