target_link_libraries(unit_server PRIVATE ZLIB::ZLIB)
