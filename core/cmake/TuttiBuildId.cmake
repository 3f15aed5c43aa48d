# What libtutti.so and libtutti_cuda.so must share: a hash of the engine's headers, of the version and of
# the compiler. It becomes the name of a symbol that the one defines and the other needs, so that a CUDA
# library of another build is refused by the loader before any of its code runs.
file(GLOB_RECURSE TUTTI_ENGINE_HEADERS CONFIGURE_DEPENDS core/base/*.h core/device/*.h core/tensor/*.h
     core/graph/*.h core/ops/*.h)
set(TUTTI_BUILD_ID_HEADER ${CMAKE_BINARY_DIR}/include/core/device/build_id_text.h)

add_custom_command(OUTPUT ${TUTTI_BUILD_ID_HEADER}.stamp BYPRODUCTS ${TUTTI_BUILD_ID_HEADER}
  COMMAND ${CMAKE_COMMAND} "-DHEADERS=${TUTTI_ENGINE_HEADERS}" -DOUTPUT=${TUTTI_BUILD_ID_HEADER}
          "-DSALT=${PROJECT_VERSION} ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
          -P ${CMAKE_CURRENT_LIST_DIR}/write_build_id.cmake
  COMMAND ${CMAKE_COMMAND} -E touch ${TUTTI_BUILD_ID_HEADER}.stamp
  DEPENDS ${TUTTI_ENGINE_HEADERS} ${CMAKE_CURRENT_LIST_DIR}/write_build_id.cmake VERBATIM)
add_custom_target(tutti_build_id DEPENDS ${TUTTI_BUILD_ID_HEADER}.stamp)
