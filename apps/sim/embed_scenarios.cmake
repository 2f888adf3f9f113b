# Writes OUT, a C++ source with every FOLDER/*.toml as a string. Run by the build:
#   cmake -DFOLDER=... -DOUT=... -P embed_scenarios.cmake
file(GLOB files ${FOLDER}/*.toml)
list(SORT files)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND entries "  {\"${name}\", R\"toml(${text})toml\"},\n")
endforeach()
file(WRITE ${OUT} "// Made by apps/sim/embed_scenarios.cmake.
#include \"apps/sim/builtin.hpp\"

#include <array>

namespace troupe::sim {

std::span<const builtin_scenario> builtin_scenarios() {
  static constexpr auto all = std::to_array<builtin_scenario>({
${entries}  });
  return all;
}

} // namespace troupe::sim
")
