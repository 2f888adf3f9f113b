#include "actors/tool_runner/patch_apply.hpp"

#include <string>
#include <vector>

int main(int argc, char** argv) {
  std::vector<std::string> arguments{argv + 1, argv + argc};
  if (!arguments.empty() && arguments.front() == troupe::tool_runner::apply_patch_argument)
    arguments.erase(arguments.begin());
  return troupe::tool_runner::run_apply_patch(arguments);
}
