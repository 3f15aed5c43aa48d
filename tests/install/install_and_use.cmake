# Installs the build, moves the installation elsewhere, builds a program of somebody else against it and
# trains a job that names one of our layers and one of its own.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${out}")
  endif()
  set(output "${out}" PARENT_SCOPE)
endfunction()

function(expect text)
  string(FIND "${output}" "${text}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "expected \"${text}\" in:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first)
file(RENAME ${WORK}/first ${WORK}/moved)

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} -S ${PROGRAM} -B ${WORK}/program -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_PREFIX_PATH=${WORK}/moved -DTUTTI_HEADERS=${WORK}/moved/include/tutti
    -DCMAKE_CXX_FLAGS=${flags} -DCMAKE_BUILD_TYPE=Debug)
run(${CMAKE_COMMAND} --build ${WORK}/program)
run(${WORK}/program/outside_program train ${PROGRAM}/gain.yaml --run ${WORK}/run)
expect("parameters ")
run(${WORK}/program/outside_program list layer)
expect("Gain")
expect("Dense")
# The command installed beside it knows our layers and not theirs.
run(${WORK}/moved/bin/tutti list layer)
expect("Dense")
string(FIND "${output}" "Gain" at)
if(NOT at EQUAL -1)
  message(FATAL_ERROR "the installed tutti lists the outside program's layer:\n${output}")
endif()
