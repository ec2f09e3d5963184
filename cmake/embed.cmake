# wardbook_embed(TARGET NAMESPACE ns NAME array ROOT dir GLOBS ...)
# Makes an object library that holds the files' bytes as an array of base::EmbeddedFile, sorted by path.
# The bytes come in by the assembler's .incbin: no size limit of string literals, no quoting.
function(wardbook_embed target)
  cmake_parse_arguments(ARG "" "NAMESPACE;NAME;ROOT" "GLOBS" ${ARGN})
  set(files)
  foreach(glob IN LISTS ARG_GLOBS)
    file(GLOB found CONFIGURE_DEPENDS RELATIVE ${ARG_ROOT} ${ARG_ROOT}/${glob})
    list(APPEND files ${found})
  endforeach()
  list(SORT files)
  set(assembly "")
  set(externs "")
  set(entries "")
  set(depends "")
  set(index 0)
  foreach(file IN LISTS files)
    set(symbol "${target}_${index}")
    string(APPEND assembly
      "    \".global ${symbol}_begin\\n${symbol}_begin:\\n.incbin \\\"${ARG_ROOT}/${file}\\\"\\n\"\n"
      "    \".global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n\"\n")
    string(APPEND externs "extern const char ${symbol}_begin[];\nextern const char ${symbol}_end[];\n")
    string(APPEND entries
      "    {\"${file}\", {${symbol}_begin, static_cast<std::size_t>(${symbol}_end - ${symbol}_begin)}},\n")
    list(APPEND depends ${ARG_ROOT}/${file})
    math(EXPR index "${index} + 1")
  endforeach()
  set(out ${CMAKE_BINARY_DIR}/generated/${target}.cpp)
  file(CONFIGURE OUTPUT ${out} @ONLY CONTENT "// Made by cmake/embed.cmake.
#include \"base/embedded.h\"

extern \"C\" {
${externs}}
__asm__(
    \".section .rodata\\n\"
${assembly}    \".previous\\n\");

namespace ${ARG_NAMESPACE} {
namespace {
const wardbook::EmbeddedFile kArray[] = {
${entries}    {{}, {}}};
}
extern const std::span<const wardbook::EmbeddedFile> ${ARG_NAME};
const std::span<const wardbook::EmbeddedFile> ${ARG_NAME}{kArray, ${index}};
}  // namespace ${ARG_NAMESPACE}
")
  set_property(SOURCE ${out} APPEND PROPERTY OBJECT_DEPENDS "${depends}")
  add_library(${target} STATIC ${out})
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src)
endfunction()
