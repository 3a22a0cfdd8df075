target_sources(unit_notify PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/mock_registry.cpp" "${PROJECT_SOURCE_DIR}/tests/support/smtp_server.cpp")
target_link_libraries(unit_notify PRIVATE veritag::oci veritag::rules_reader OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
