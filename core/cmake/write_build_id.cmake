# cmake -DHEADERS=<list> -DSALT=<text> -DOUTPUT=<header> -P write_build_id.cmake
cmake_minimum_required(VERSION 3.25)
set(text "${SALT}")
foreach(header IN LISTS HEADERS)
  file(SHA256 ${header} hash)
  string(APPEND text " ${hash}")
endforeach()
string(SHA256 id "${text}")
string(SUBSTRING ${id} 0 16 id)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
  "// Written by CMake from the engine's headers.\n#pragma once\n\n#define TUTTI_BUILD_ID @id@\n")
