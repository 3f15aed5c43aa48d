# libtutti_cuda.so: the CUDA device and its kernels, where the toolkit is found. No GPU is needed to build.
#
#   TUTTI_CUDA_ARCHITECTURES  CMake's list of architectures; the default holds code for Hopper and PTX, which
#                             the driver compiles for any other GPU from Turing on; "all" holds code for each.
#                             CMAKE_CUDA_ARCHITECTURES, where given, wins.
set(TUTTI_CUDA_ARCHITECTURES "90-real;75-virtual" CACHE STRING "GPU architectures, or all")

find_package(CUDAToolkit 12.8 QUIET)
if(NOT CUDAToolkit_FOUND OR NOT CUDAToolkit_NVCC_EXECUTABLE OR NOT TARGET CUDA::cublasLt
   OR NOT TARGET CUDA::nvrtc)
  message(STATUS "No CUDA toolkit of 12.8 or newer with cuBLASLt and NVRTC: libtutti_cuda.so is not built")
  return()
endif()

if(DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(TUTTI_CUDA_ARCHITECTURES ${CMAKE_CUDA_ARCHITECTURES})
elseif(TUTTI_CUDA_ARCHITECTURES STREQUAL "all")
  set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90-real 100-real 120)
else()
  set(CMAKE_CUDA_ARCHITECTURES ${TUTTI_CUDA_ARCHITECTURES})
endif()
message(STATUS "CUDA ${CUDAToolkit_VERSION}: libtutti_cuda.so for ${TUTTI_CUDA_ARCHITECTURES}")
if(NOT CMAKE_CUDA_COMPILER)
  set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
endif()
enable_language(CUDA)

# The headers that fused programs are compiled from at run time.
file(GLOB scalar_headers RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS core/ops/scalar/*.h)
set(embedded core/kernels/cuda/program_prelude.h core/ops/elementwise_op.h ${scalar_headers}
    ${TUTTI_ELEMENTWISE_HEADERS})
set(paths ${embedded})
list(TRANSFORM paths PREPEND ${CMAKE_SOURCE_DIR}/)
set(embedded_source ${CMAKE_BINARY_DIR}/generated/embedded_headers.cpp)
add_custom_command(OUTPUT ${embedded_source}
  COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} "-DHEADERS=${embedded}" -DOUTPUT=${embedded_source}
          -P ${CMAKE_CURRENT_LIST_DIR}/embed_headers.cmake
  DEPENDS ${paths} ${CMAKE_CURRENT_LIST_DIR}/embed_headers.cmake VERBATIM)

# Device code. A target of its own: it is C++17, as CMake may not know how to ask the compiler for more.
file(GLOB cuda_kernels CONFIGURE_DEPENDS core/kernels/cuda/*.cu)
add_library(tutti_cuda_kernels OBJECT ${cuda_kernels})
target_include_directories(tutti_cuda_kernels PRIVATE ${CMAKE_SOURCE_DIR})
# Our rounding: multiply-add only where written; subnormal floats are zero, as on CPU.
target_compile_options(tutti_cuda_kernels PRIVATE -O3 --fmad=false --ftz=true
  -Xcompiler=-Wall,-Wextra --Werror=all-warnings)
set_target_properties(tutti_cuda_kernels PROPERTIES UNITY_BUILD OFF CUDA_STANDARD 17)

file(GLOB cuda_sources CONFIGURE_DEPENDS core/device/cuda/*.cpp core/kernels/cuda/*.cpp)
add_library(tutti_cuda SHARED ${cuda_sources} ${embedded_source} $<TARGET_OBJECTS:tutti_cuda_kernels>)
add_dependencies(tutti_cuda tutti_build_id)
target_link_libraries(tutti_cuda PRIVATE tutti tutti_warnings CUDA::cudart_static CUDA::cublasLt CUDA::nvrtc)
target_link_options(tutti_cuda PRIVATE -Wl,-z,defs)  # a symbol that is missing shows here, not when it is loaded
target_include_directories(tutti_cuda SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
set_target_properties(tutti_cuda PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
set_source_files_properties(${embedded_source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
