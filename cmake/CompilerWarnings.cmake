# Warnings of our own targets, as errors. Libraries are system headers and stay quiet.
add_library(troupe_warnings INTERFACE)
target_compile_options(troupe_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Werror
  # GCC 12 reports false positives of these inside inlined standard library code.
  -Wno-error=maybe-uninitialized -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
  -Wno-array-bounds -Wno-dangling-pointer)
