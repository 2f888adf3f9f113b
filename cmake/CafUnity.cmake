# Included by CAF's own build through CMAKE_PROJECT_CAF_INCLUDE. Two pairs of CAF sources define the
# same name in an anonymous namespace and must stay out of a unity build.
cmake_language(DEFER CALL cmake_language EVAL CODE [[
  set_source_files_properties("${CMAKE_SOURCE_DIR}/libcaf_core/src/binary_serializer.cpp"
    TARGET_DIRECTORY libcaf_core PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set_source_files_properties("${CMAKE_SOURCE_DIR}/libcaf_io/src/io/network/native_socket.cpp"
    TARGET_DIRECTORY libcaf_io PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
]])
