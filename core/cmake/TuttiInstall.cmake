# cmake --install: the library, its headers, the `tutti` command, the shipped datasets, and what
# find_package(Tutti) needs to give Tutti::tutti. An installation may be moved as a whole.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(TuttiHeaders)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Tutti)
set_target_properties(tutti_interface PROPERTIES EXPORT_NAME interface)
set_target_properties(tutti PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS tutti tutti_interface EXPORT TuttiExport LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT TuttiExport NAMESPACE Tutti:: DESTINATION ${package})
if(TARGET tutti_cuda)
  set_target_properties(tutti_cuda PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS tutti_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET tutti_cli)
  set_target_properties(tutti_cli PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS tutti_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# Headers keep their paths below include/tutti.
tutti_public_headers(headers)
foreach(header IN LISTS headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${CMAKE_SOURCE_DIR}/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tutti/${folder})
endforeach()
install(DIRECTORY ${CMAKE_BINARY_DIR}/include/tutti/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tutti)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/io/datasets DESTINATION ${CMAKE_INSTALL_DATADIR}/tutti
  FILES_MATCHING PATTERN "*.csv" PATTERN "*.npy")

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/TuttiConfig.cmake.in
  ${CMAKE_BINARY_DIR}/TuttiConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/TuttiConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/TuttiConfig.cmake ${CMAKE_BINARY_DIR}/TuttiConfigVersion.cmake
        DESTINATION ${package})
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/tutti)
