# Precompiled headers, each compiled once and shared: reading the standard library, CAF and CAF's test
# macros costs more than compiling most of our files. Four of them: plain code (owner troupe_messages),
# code that names CAF (troupe_actors), subcommands (troupe_apps), tests (troupe_test_main). A user's flags
# may only add definitions that the header does not look at; GCC says so (-Winvalid-pch) when that does
# not hold. With TROUPE_PCH=OFF every file is compiled from what it includes itself.
option(TROUPE_PCH "Precompile the headers that most files include" ON)

function(troupe_own_precompiled target header)
  if(TROUPE_PCH)
    target_precompile_headers(${target} PRIVATE ${header})
  endif()
endfunction()

function(troupe_use_precompiled target owner)
  if(TROUPE_PCH)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()
