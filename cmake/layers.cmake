# Flags that every target of ours gets, and one static library for each layer under src/.
add_library(wb_flags INTERFACE)
target_include_directories(wb_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(wb_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-qual -Woverloaded-virtual -Werror)
target_compile_definitions(wb_flags INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX
  WARDBOOK_VERSION="${PROJECT_VERSION}")
target_link_libraries(wb_flags INTERFACE Boost::headers Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns falsely inside coroutine frames and libstdc++'s own string code at -O2.
  target_compile_options(wb_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict
    -Wno-stringop-overflow -Wno-array-bounds -Wno-mismatched-new-delete)
endif()
if(WARDBOOK_SANITIZE)
  target_compile_options(wb_flags INTERFACE -fsanitize=${WARDBOOK_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(wb_flags INTERFACE -fsanitize=${WARDBOOK_SANITIZE})
endif()

# The slow headers, once: Asio's awaitable and Boost.JSON cost seconds in every file.
add_library(wb_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
set_target_properties(wb_pch PROPERTIES UNITY_BUILD OFF)
# Boost::json for its macros: g++ refuses a precompiled header made under others.
target_link_libraries(wb_pch PUBLIC wb_flags Boost::json)
target_precompile_headers(wb_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Without the times of the system's headers, which a header out of ccache may not have (ccache's
  # manual, "Precompiled headers").
  target_compile_options(wb_pch PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endif()

# Where CMAKE_UNITY_BUILD is on, these are compiled by themselves all the same: the libraries that
# Asio and Beast become, and what must come before any other header.
function(wardbook_apart)
  set(alone ${ARGN})
  list(FILTER alone INCLUDE REGEX "(_src|/sigv4)\\.cpp$")
  set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# wardbook_layer(NAME [RECURSE] LINK libs...): src/NAME/*.cpp without the tests and main.
function(wardbook_layer name)
  cmake_parse_arguments(ARG "RECURSE" "" "LINK" ${ARGN})
  set(mode GLOB)
  if(ARG_RECURSE)
    set(mode GLOB_RECURSE)
  endif()
  file(${mode} sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "(_test|_pgtest|/main)\\.cpp$")
  if(NOT sources)
    add_library(wb_${name} INTERFACE)
    target_link_libraries(wb_${name} INTERFACE wb_flags ${ARG_LINK})
    return()
  endif()
  add_library(wb_${name} STATIC ${sources})
  target_precompile_headers(wb_${name} REUSE_FROM wb_pch)
  wardbook_apart(${sources})
  target_link_libraries(wb_${name} PUBLIC wb_flags ${ARG_LINK})
endfunction()
