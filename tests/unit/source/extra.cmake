# A registry on loopback for the registry form.
find_package(OpenSSL REQUIRED)
find_package(Threads REQUIRED)
target_sources(unit_source PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/mock_registry.cpp")
target_link_libraries(unit_source PRIVATE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
