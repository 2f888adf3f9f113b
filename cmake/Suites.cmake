# One CTest test per suite of a test program. A suite that matches no test is a failure: CAF's engine
# itself would call that a success.
function(troupe_add_suites target)
  foreach(suite ${ARGN})
    add_test(NAME ${suite} COMMAND ${target} -n -v3 -r300 -s "^${suite}$")
    set_tests_properties(${suite} PROPERTIES
      FAIL_REGULAR_EXPRESSION "tests:[ ]+0" TIMEOUT 600 LABELS "${target}")
  endforeach()
endfunction()

# A test program from all *_test.cpp of the current folder; the suite is the file's name without _test.
function(troupe_add_tests target)
  file(GLOB sources CONFIGURE_DEPENDS *_test.cpp)
  file(GLOB support CONFIGURE_DEPENDS *.cpp)
  list(FILTER support EXCLUDE REGEX "(_test|/main)\\.cpp$")
  if(NOT sources)
    return()
  endif()
  set(suites)
  foreach(source ${sources})
    get_filename_component(suite ${source} NAME_WE)
    string(REGEX REPLACE "_test$" "" suite ${suite})
    list(APPEND suites ${suite})
  endforeach()
  add_executable(${target} ${sources} ${support})
  target_link_libraries(${target} PRIVATE troupe_test_main ${ARGN})
  target_compile_options(${target} PRIVATE -O0) # as troupe_test_main
  troupe_use_precompiled(${target} troupe_test_main)
  set_source_files_properties(${support} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  troupe_add_suites(${target} ${suites})
endfunction()

# A fuzz target: <name>.cpp defines LLVMFuzzerTestOneInput. Built with our own small driver, it runs the
# seeds and a fixed number of mutations of them; with TROUPE_LIBFUZZER and clang it is a libFuzzer program.
function(troupe_add_fuzzer name)
  add_executable(fuzz_${name} ${name}_fuzz.cpp)
  if(TROUPE_LIBFUZZER)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_link_libraries(fuzz_${name} PRIVATE troupe_fuzz_driver)
  endif()
  target_link_libraries(fuzz_${name} PRIVATE troupe_warnings ${ARGN})
  target_compile_options(fuzz_${name} PRIVATE -O0)
  add_test(NAME fuzz_${name} COMMAND fuzz_${name} --runs 20000 --seed 1
    ${CMAKE_CURRENT_SOURCE_DIR}/seeds/${name})
  set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 300 LABELS fuzz)
endfunction()
