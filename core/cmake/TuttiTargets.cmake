add_library(tutti_warnings INTERFACE)
# GCC 12 takes moved-from variants for uninitialized ones; GCC 13 takes a reference that a function of a
# temporary returns for a reference to it. Clang does not know the pragma by which GCC vectorizes some loops.
target_compile_options(tutti_warnings INTERFACE
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-maybe-uninitialized;-Wno-restrict;-Wno-dangling-reference;-Wno-subobject-linkage>
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Werror -ffp-contract=off>
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-unknown-pragmas>)
if(TUTTI_SANITIZE)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${TUTTI_SANITIZE}>
                      $<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>)
  add_link_options(-fsanitize=${TUTTI_SANITIZE})
  if(TUTTI_SANITIZE MATCHES thread)
    # The thread sanitizer does not know fences, and GCC says so; Asio's locks order what these do.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

# tutti_unity_groups(TARGET SOURCE...): which sources a unity build compiles together: about eight of one
# folder, chosen by their names, so that a new file changes one group and no other is compiled again.
function(tutti_unity_groups target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
  string(REPLACE "${CMAKE_SOURCE_DIR}/" "" names "${ARGN}")  # the same groups wherever the tree lies
  foreach(name IN LISTS names)
    cmake_path(GET name PARENT_PATH folder)
    list(APPEND folders "./${folder}")
  endforeach()
  foreach(source name folder IN ZIP_LISTS ARGN names folders)
    set(beside ${folders})
    list(FILTER beside INCLUDE REGEX "^${folder}$")
    list(LENGTH beside count)
    string(MD5 hash ${name})
    string(SUBSTRING ${hash} 0 6 hash)
    math(EXPR group "0x${hash} % (${count} / 8 + 1)")
    string(MAKE_C_IDENTIFIER "${folder}_${group}" group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
endfunction()

# tutti_object_library(NAME FOLDER [EXCLUDE PREFIX...]): every .cpp and .proto below FOLDER.
function(tutti_object_library name folder)
  cmake_parse_arguments(ARG "" "" "EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${folder}/*.cpp)
  foreach(prefix IN LISTS ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "^${prefix}")
  endforeach()
  if(NOT sources)  # a folder that has no sources yet still makes a target
    file(WRITE ${CMAKE_BINARY_DIR}/empty_${name}.cpp "")
    set(sources ${CMAKE_BINARY_DIR}/empty_${name}.cpp)
  endif()
  add_library(tutti_${name} OBJECT ${sources})
  target_link_libraries(tutti_${name} PUBLIC tutti_interface PRIVATE tutti_private tutti_warnings)
  tutti_unity_groups(tutti_${name} ${sources})
  file(GLOB_RECURSE schemas CONFIGURE_DEPENDS ${folder}/*.proto)
  foreach(schema IN LISTS schemas)
    tutti_protobuf(tutti_${name} ${schema})
  endforeach()
  file(GLOB_RECURSE schemas CONFIGURE_DEPENDS ${folder}/*.fbs)
  foreach(schema IN LISTS schemas)
    tutti_flatbuffers(tutti_${name} ${schema})
  endforeach()
endfunction()

# Generated code is compiled beside ours, without our warnings.
function(tutti_protobuf target schema)
  file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR} ${schema})
  string(REGEX REPLACE "\\.proto$" "" stem ${relative})
  set(out ${CMAKE_BINARY_DIR}/include/${stem})
  add_custom_command(OUTPUT ${out}.pb.cc ${out}.pb.h
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/include
    COMMAND protobuf::protoc --cpp_out=${CMAKE_BINARY_DIR}/include
            -I${CMAKE_SOURCE_DIR} ${schema}
    DEPENDS ${schema})
  target_sources(${target} PRIVATE ${out}.pb.cc ${out}.pb.h)
  set_source_files_properties(${out}.pb.cc PROPERTIES COMPILE_OPTIONS "-w" SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# A header, folder/name_generated.h: it holds all that there is.
function(tutti_flatbuffers target schema)
  file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR} ${schema})
  string(REGEX REPLACE "\\.fbs$" "" stem ${relative})
  set(header ${CMAKE_BINARY_DIR}/include/${stem}_generated.h)
  cmake_path(GET header PARENT_PATH out)
  add_custom_command(OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
    COMMAND ${FLATC} --cpp --gen-object-api --scoped-enums -o ${out} ${schema}
    DEPENDS ${schema})
  target_sources(${target} PRIVATE ${header})
  target_include_directories(${target} SYSTEM PRIVATE ${FLATBUFFERS_INCLUDE})
endfunction()

# Kernels are compiled once per instruction set, always optimized: the same instructions, hence the
# same bits, in debug, sanitizer and release builds. Each object sees TUTTI_ISA, the namespace it
# defines its functions in, and must define nothing outside it.
set(TUTTI_ISAS x86_64 avx2 avx512)
set(TUTTI_ISA_FLAGS_x86_64 -march=x86-64)
set(TUTTI_ISA_FLAGS_avx2 -march=x86-64-v3 -mtune=generic)
set(TUTTI_ISA_FLAGS_avx512 -march=x86-64-v4 -mtune=generic -mprefer-vector-width=512)

function(tutti_simd_kernels folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  tutti_elementwise_kernel_sources(generated)
  set(objects)
  foreach(isa IN LISTS TUTTI_ISAS)
    add_library(tutti_simd_${isa} OBJECT ${sources} ${generated})
    target_compile_options(tutti_simd_${isa} PRIVATE -O3 ${TUTTI_ISA_FLAGS_${isa}} -fno-math-errno
      -fno-trapping-math -fno-sanitize=all -fno-stack-protector -U_GLIBCXX_ASSERTIONS)
    target_compile_definitions(tutti_simd_${isa} PRIVATE TUTTI_ISA=${isa})
    target_link_libraries(tutti_simd_${isa} PRIVATE tutti_interface tutti_warnings)
    set_target_properties(tutti_simd_${isa} PROPERTIES UNITY_BUILD OFF)
    list(APPEND objects $<TARGET_OBJECTS:tutti_simd_${isa}>)
  endforeach()
  set(TUTTI_SIMD_OBJECTS ${objects} PARENT_SCOPE)
endfunction()
