#include "apps/common/agent_options.hpp"

#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp> // defines what App.hpp only declares
#include <CLI/Formatter.hpp>

#include <vector>

namespace troupe::common {

namespace {

template <wire_enum Enum>
CLI::Validator one_of() {
  std::vector<std::string> names;
  for (const auto name : enum_texts<Enum>::values)
    names.emplace_back(name);
  return CLI::IsMember(names).description("");
}

} // namespace

void add_identity_option(CLI::App& app, const char* group, std::string& into) {
  app
    .add_option("--identity", into,
                "Who the agent is: nobody, planner, programmer, explorer or reviewer. It brings "
                "instructions and an effort of its own. nobody, explorer and reviewer change "
                "nothing: no tool that writes, and a read-only sandbox whatever --sandbox says")
    ->type_name("NAME")
    ->check(one_of<identity_kind>())
    ->group(group);
}

void add_mode_option(CLI::App& app, const char* group, std::string& into) {
  app
    .add_option("--mode", into,
                "default, or plan: the agent explores and writes a plan, and carries nothing out")
    ->type_name("MODE")
    ->check(one_of<mode_kind>())
    ->group(group);
}

} // namespace troupe::common
