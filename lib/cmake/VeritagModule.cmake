# veritag_module(NAME stream SOURCES a.cpp HEADERS a.h DEPENDS base model PRIVATE_LIBRARIES ZLIB::ZLIB)
# makes the static library veritag::stream. Flags come from two INTERFACE targets, so that no module sets its own.

add_library(veritag_warnings INTERFACE)
add_library(veritag::warnings ALIAS veritag_warnings)
target_compile_options(veritag_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${VERITAG_WERROR}>:-Werror>
  # GCC 12 reports overlaps in std::string operator+ that cannot happen (GCC bug 105651); may go with GCC 13.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # Designated initialisers leave out what has a default; that is their point.
  -Wno-missing-field-initializers)

add_library(veritag_sanitizers INTERFACE)
add_library(veritag::sanitizers ALIAS veritag_sanitizers)
if(VERITAG_FUZZ)
  # The fuzzer must see which branches of the library an input takes.
  target_compile_options(veritag_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(VERITAG_SANITIZE)
  target_compile_options(veritag_sanitizers INTERFACE -fsanitize=${VERITAG_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # RapidJSON 1.1 adds to a null pointer in a stream that it does not read (Clang's check only).
    $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=pointer-overflow>)
  target_link_options(veritag_sanitizers INTERFACE -fsanitize=${VERITAG_SANITIZE})
endif()

function(veritag_module)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;HEADERS;DEPENDS;PRIVATE_LIBRARIES" ${ARGN})
  set(target veritag_${ARG_NAME})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(veritag::${ARG_NAME} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/lib" FILES ${ARG_HEADERS})
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${target} PUBLIC veritag::${dependency})
  endforeach()
  target_link_libraries(${target} PRIVATE ${ARG_PRIVATE_LIBRARIES} veritag::warnings veritag::sanitizers)
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()
