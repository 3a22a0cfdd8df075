target_sources(unit_registry PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/mock_registry.cpp")
target_link_libraries(unit_registry PRIVATE OpenSSL::SSL Threads::Threads)
