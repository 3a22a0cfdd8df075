target_sources(unit_outbound PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/mock_registry.cpp" "${PROJECT_SOURCE_DIR}/tests/support/smtp_server.cpp")
target_link_libraries(unit_outbound PRIVATE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
