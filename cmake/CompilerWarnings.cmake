# Warnings of our own targets, as errors. Libraries are system headers and stay quiet.
# In a unity build a file's parameter may have the name of another file's function: only what shadows a local variable is told.
set(troupe_shadow $<IF:$<BOOL:${TROUPE_UNITY}>,-Wshadow=local,-Wshadow>)
add_library(troupe_warnings INTERFACE)
target_compile_options(troupe_warnings INTERFACE
  -Wall -Wextra -Wpedantic ${troupe_shadow} -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Werror
  # Designated initialisers name what differs from the defaults; the rest is left out on purpose.
  -Wno-missing-field-initializers
  # GCC 12 reports false positives of these inside inlined standard library code.
  -Wno-error=maybe-uninitialized -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
  -Wno-array-bounds -Wno-dangling-pointer)
