# Unity builds: several files of a library are compiled as one, which reads and instantiates what they share
# once. It halves a clean build, so the release and sanitizer presets use it; a change recompiles its
# neighbours, so the debug preset does not. Files of one folder must not use the same name for different
# things in their anonymous namespaces.
option(TROUPE_UNITY "Compile several files of a library as one" OFF)

function(troupe_unity target files_at_once)
  if(TROUPE_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${files_at_once})
    # GCC takes the files of such a build for headers.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()
