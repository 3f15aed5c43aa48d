# The libraries Tutti stands on, as two interface targets:
#   tutti_interface  what a program that includes our headers needs
#   tutti_private    what only our sources need
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Protobuf REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(MPI REQUIRED COMPONENTS C)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
find_path(ZIP_INCLUDE zip.h REQUIRED)      # Debian's libzip-dev
find_library(ZIP_LIBRARY zip REQUIRED)
find_path(DNNL_INCLUDE dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
find_path(CAIRO_INCLUDE cairo.h PATH_SUFFIXES cairo)
find_library(CAIRO_LIBRARY cairo)
if(NOT CAIRO_INCLUDE OR NOT CAIRO_LIBRARY)
  message(FATAL_ERROR "cairo, which draws pictures as PNG, is not there: install libcairo2-dev")
endif()

find_program(FLATC flatc)
find_path(FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h)
if(NOT FLATC OR NOT FLATBUFFERS_INCLUDE)
  message(FATAL_ERROR "flatc or its headers, which write .tflite files, are not there: install flatbuffers-compiler "
                      "and libflatbuffers-dev")
endif()

find_package(PNG QUIET)
find_package(JPEG QUIET)
if(NOT PNG_FOUND OR NOT JPEG_FOUND)
  message(FATAL_ERROR "libpng or libjpeg is not installed; on Debian: apt-get install libpng-dev libjpeg-dev")
endif()

find_package(OpenSSL 3 QUIET COMPONENTS Crypto)
if(NOT TARGET OpenSSL::Crypto)
  message(FATAL_ERROR "OpenSSL, by which the processes of a job prove who they are, is not there: install libssl-dev")
endif()

add_library(tutti_interface INTERFACE)
target_compile_features(tutti_interface INTERFACE cxx_std_20)
target_link_libraries(tutti_interface INTERFACE fmt::fmt nlohmann_json::nlohmann_json Threads::Threads)
target_include_directories(tutti_interface INTERFACE
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/include>
  $<INSTALL_INTERFACE:include/tutti> $<INSTALL_INTERFACE:include>)

add_library(tutti_private INTERFACE)
target_link_libraries(tutti_private INTERFACE spdlog::spdlog yaml-cpp
  protobuf::libprotobuf Boost::program_options OpenSSL::Crypto ${XXHASH_LIBRARY} ${ZIP_LIBRARY}
  ${DNNL_LIBRARY} ${CMAKE_DL_LIBS} OpenMP::OpenMP_CXX)
target_compile_definitions(tutti_private INTERFACE TUTTI_VERSION="${PROJECT_VERSION}")
target_include_directories(tutti_private SYSTEM INTERFACE ${DNNL_INCLUDE})
# The C bindings alone: one binary for Open MPI 4.1 and 5.
add_library(tutti_mpi INTERFACE)
target_include_directories(tutti_mpi SYSTEM INTERFACE ${MPI_C_INCLUDE_DIRS})
target_compile_definitions(tutti_mpi INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
find_library(MPI_LIBRARY mpi HINTS ${MPI_C_LIBRARIES} REQUIRED)
target_link_libraries(tutti_mpi INTERFACE ${MPI_LIBRARY})
target_link_libraries(tutti_private INTERFACE tutti_mpi)
# Pictures: what draws them alone needs it.
add_library(tutti_cairo INTERFACE)
target_include_directories(tutti_cairo SYSTEM INTERFACE ${CAIRO_INCLUDE})
target_link_libraries(tutti_cairo INTERFACE ${CAIRO_LIBRARY})
# Linear algebra and bounded minimization: what tuners alone need.
find_path(EIGEN_INCLUDE Eigen/Core PATH_SUFFIXES eigen3)
find_path(NLOPT_INCLUDE nlopt.h)
find_library(NLOPT_LIBRARY nlopt)
if(NOT EIGEN_INCLUDE OR NOT NLOPT_INCLUDE OR NOT NLOPT_LIBRARY)
  message(FATAL_ERROR "Eigen or NLopt, which tuners compute with, is not there: install libeigen3-dev and libnlopt-dev")
endif()
add_library(tutti_optimization INTERFACE)
target_include_directories(tutti_optimization SYSTEM INTERFACE ${EIGEN_INCLUDE} ${NLOPT_INCLUDE})
target_link_libraries(tutti_optimization INTERFACE ${NLOPT_LIBRARY})
find_package(ZLIB)
if(NOT ZLIB_FOUND)
  message(FATAL_ERROR "zlib is not there: install zlib1g-dev")
endif()
