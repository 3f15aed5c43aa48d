# <tutti/tutti.h>, <tutti/kinds.h>, <tutti/tuners.h> and <tutti/ops.h>, the same in the build and in an
# installation. kinds.h names every layer, loss, optimizer, ... that the folders hold, tuners.h every tuner and
# pruner, and ops.h every op, so that adding one edits no list.
set(TUTTI_KIND_FOLDERS activations callbacks constraints initializers layers losses metrics optimizers regularizers)

set(kinds "// Every kind that a program may name. Written by CMake from the folders of core.\n#pragma once\n\n")
foreach(folder IN LISTS TUTTI_KIND_FOLDERS)
  file(GLOB headers RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS core/${folder}/*.h)
  foreach(header IN LISTS headers)
    string(APPEND kinds "#include \"${header}\"\n")
  endforeach()
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/include/tutti/kinds.h CONTENT "${kinds}" @ONLY)

set(tuners "// Every tuner and pruner. Written by CMake from the folders of scheduler.\n#pragma once\n\n")
file(GLOB sources RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS scheduler/tuners/*.cpp scheduler/pruners/*.cpp)
foreach(source IN LISTS sources)  # beside kinds these folders hold what they are made of
  file(STRINGS ${source} registered REGEX "^TUTTI_REGISTER")
  if(registered)
    string(REGEX REPLACE "cpp$" "h" header ${source})
    string(APPEND tuners "#include \"${header}\"\n")
  endif()
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/include/tutti/tuners.h CONTENT "${tuners}" @ONLY)

set(ops "// Every op, as functions of values and tensors. Written by CMake from core/ops.\n#pragma once\n\n")
string(APPEND ops "#include \"core/graph/builtin_ops.h\"\n#include \"core/ops/elementwise.h\"\n")
file(GLOB headers RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS core/ops/*.h)
list(FILTER headers EXCLUDE REGEX "/(elementwise|op_checks)")  # for those who write ops
foreach(header IN LISTS headers)
  string(APPEND ops "#include \"${header}\"\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/include/tutti/ops.h CONTENT "${ops}" @ONLY)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/include/tutti/tutti.h @ONLY CONTENT
  "// All of Tutti that a program needs.\n#pragma once\n\n#include \"launch/tutti.h\"\n")

# The headers that programs of others may include: not those of the kernels, which are leaves, nor those of
# the device and communication libraries, nor what includes generated or private headers, however indirectly.
function(tutti_public_headers out)
  file(GLOB_RECURSE headers RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
       core/*.h distributed/*.h io/*.h scheduler/*.h launch/*.h)
  list(FILTER headers EXCLUDE REGEX "^core/kernels/|/cuda/|/mpi/|/nccl/|/examples/")
  set(private "(\\.pb|_generated)\\.h[\">]|\"(core/kernels|[^\"]*/(cuda|mpi|nccl))/|<(spdlog|yaml-cpp|google|boost|mpi)[/.]")
  set(before 0)
  list(LENGTH headers count)
  while(NOT count EQUAL before)
    set(before ${count})
    foreach(header IN LISTS headers)
      file(STRINGS ${header} found REGEX "^#include.*(${private})")
      if(found)
        list(REMOVE_ITEM headers ${header})
        string(REPLACE "." "\\." name ${header})
        string(APPEND private "|\"${name}\"")
      endif()
    endforeach()
    list(LENGTH headers count)
  endwhile()
  set(${out} ${headers} PARENT_SCOPE)
endfunction()
