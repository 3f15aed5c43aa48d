# cmake -DROOT=<dir> -DHEADERS=<list, relative> -DOUTPUT=<cpp> -P embed_headers.cmake
#
# Writes the texts of headers, and which elementwise op each defines, as the table that
# core/kernels/cuda/embedded_headers.h declares.
set(table "")
foreach(header IN LISTS HEADERS)
  file(READ ${ROOT}/${header} text)
  set(op "")
  set(struct "")
  if(header MATCHES "^core/ops/elementwise/([a-z0-9_]+)\\.h$")
    set(op ${CMAKE_MATCH_1})
    string(REGEX MATCH "struct ([A-Za-z0-9]+) : (Unary|Binary|Ternary) " ignored "${text}")
    set(struct ${CMAKE_MATCH_1})
  endif()
  string(APPEND table "    {\"${header}\", \"${op}\", \"${struct}\", R\"header(${text})header\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"core/kernels/cuda/embedded_headers.h\"

namespace tutti::cuda {

std::span<const EmbeddedHeader> embedded_headers() {
  static constexpr EmbeddedHeader headers[] = {
${table}  };
  return headers;
}

}  // namespace tutti::cuda
")
