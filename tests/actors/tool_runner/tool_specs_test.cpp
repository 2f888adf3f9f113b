#define CAF_SUITE tool_specs
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/patch_parser.hpp"
#include "actors/tool_runner/tool_specs.hpp"
#include "messages/json/document.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::tool_runner;
namespace json = boost::json;

namespace {

using names = std::vector<std::string>;

json::array specs(const tool_set& x) {
  return json::parse(tool_specs_json(x)).as_array();
}

names tool_names(const tool_set& x) {
  names result;
  for (const auto& tool : specs(x)) {
    const auto* name = tool.as_object().if_contains("name");
    result.emplace_back((name ? *name : tool.at("type")).as_string().c_str());
  }
  return result;
}

names parameter_names(const json::value& tool) {
  names result;
  for (const auto& x : tool.at("parameters").at("properties").as_object())
    result.emplace_back(x.key());
  return result;
}

names texts(const json::value& list) {
  names result;
  for (const auto& x : list.as_array())
    result.emplace_back(x.as_string().c_str());
  return result;
}

json::value tool_named(const tool_set& x, std::string_view name) {
  const auto all = specs(x);
  const auto order = tool_names(x);
  const auto i = std::find(order.begin(), order.end(), name);
  if (i == order.end())
    CAF_FAIL("no tool " << name);
  return all.at(static_cast<std::size_t>(i - order.begin()));
}

tool_set with_commands(command_tool x) {
  tool_set result;
  result.commands = x;
  return result;
}

const std::vector<tool_set> all_sets = [] {
  std::vector<tool_set> result;
  for (const auto commands : {command_tool::none, command_tool::shell, command_tool::local_shell,
                              command_tool::shell_command, command_tool::exec_command})
    for (const auto rules : {prefix_rules::hidden, prefix_rules::offered})
      for (const auto patch :
           {std::optional<patch_tool_type>{}, std::optional{patch_tool_type::freeform},
            std::optional{patch_tool_type::function}})
        for (const auto search :
             {web_search_mode::disabled, web_search_mode::cached, web_search_mode::live})
          for (const auto questions : {user_questions::hidden, user_questions::offered})
            result.push_back({commands, rules, patch, search, questions});
  return result;
}();

} // namespace

SCENARIO("tools come in the contract's order") {
  tool_set x{command_tool::exec_command, prefix_rules::offered, patch_tool_type::freeform,
             web_search_mode::cached};
  const names unified{"exec_command", "write_stdin", "update_plan", "apply_patch", "web_search"};
  CHECK_EQ(tool_names(x), unified);
  x.commands = command_tool::shell_command;
  const names script{"shell_command", "update_plan", "apply_patch", "web_search"};
  CHECK_EQ(tool_names(x), script);
  x = {command_tool::local_shell, prefix_rules::offered, std::nullopt, web_search_mode::disabled};
  const names local{"local_shell", "update_plan"};
  CHECK_EQ(tool_names(x), local);
  x.commands = command_tool::none;
  CHECK_EQ(tool_names(x), names{"update_plan"});
  x.patch = patch_tool_type::function;
  x.questions = user_questions::offered;
  const names with_questions{"update_plan", "request_user_input", "apply_patch"};
  CHECK_EQ(tool_names(x), with_questions);
}

SCENARIO("every function is in the contracted form") {
  for (const auto& x : all_sets)
    for (const auto& tool : specs(x)) {
      if (tool.at("type").as_string() != "function")
        continue;
      CHECK_EQ(tool.at("strict").as_bool(), false);
      CHECK(!tool.at("description").as_string().empty());
      CHECK_EQ(tool.at("parameters").at("additionalProperties").as_bool(), false);
      const auto parameters = parameter_names(tool);
      CHECK(std::is_sorted(parameters.begin(), parameters.end()));
      const auto required = texts(tool.at("parameters").at("required"));
      CHECK(!required.empty());
      for (const auto& name : required)
        CHECK(std::count(parameters.begin(), parameters.end(), name) == 1);
      for (const auto& property : tool.at("parameters").at("properties").as_object()) {
        CHECK(!property.value().at("description").as_string().empty());
        CHECK(!property.value().as_object().contains("enum"));
      }
    }
}

SCENARIO("each tool has its parameters") {
  const tool_set x{command_tool::exec_command, prefix_rules::offered, patch_tool_type::function,
                   web_search_mode::live};
  const names exec{"cmd",         "justification",       "login", "max_output_tokens",
                   "prefix_rule", "sandbox_permissions", "shell", "tty",
                   "workdir",     "yield_time_ms"};
  CHECK_EQ(parameter_names(tool_named(x, "exec_command")), exec);
  const names write{"chars", "max_output_tokens", "session_id", "yield_time_ms"};
  CHECK_EQ(parameter_names(tool_named(x, "write_stdin")), write);
  const names plan{"explanation", "plan"};
  CHECK_EQ(parameter_names(tool_named(x, "update_plan")), plan);
  CHECK_EQ(parameter_names(tool_named(x, "apply_patch")), names{"input"});
  const names shell{"command",    "justification", "prefix_rule", "sandbox_permissions",
                    "timeout_ms", "workdir"};
  CHECK_EQ(parameter_names(tool_named(with_commands(command_tool::shell), "shell")), shell);
  const names script{"command",    "justification", "login", "prefix_rule", "sandbox_permissions",
                     "timeout_ms", "workdir"};
  CHECK_EQ(parameter_names(tool_named(with_commands(command_tool::shell_command), "shell_command")),
           script);
}

SCENARIO("without the request_rule feature no tool has prefix_rule") {
  for (const auto& x : all_sets)
    CHECK_EQ(tool_specs_json(x).find("prefix_rule") != std::string::npos,
             x.rules == prefix_rules::offered && x.commands != command_tool::none &&
               x.commands != command_tool::local_shell);
}

SCENARIO("the freeform patch tool carries the grammar") {
  const auto tool = tool_named(
    {command_tool::none, prefix_rules::hidden, patch_tool_type::freeform}, "apply_patch");
  CHECK_EQ(tool.at("type").as_string(), "custom");
  CHECK_EQ(tool.at("format").at("type").as_string(), "grammar");
  CHECK_EQ(tool.at("format").at("syntax").as_string(), "lark");
  CHECK(tool.at("format").at("definition").as_string() == patch_grammar());
}

SCENARIO("web search says whether it may go to the network") {
  tool_set x{command_tool::none, prefix_rules::hidden, {}, web_search_mode::cached};
  CHECK(tool_specs_json(x).ends_with(R"(,{"type":"web_search","external_web_access":false}])"));
  x.web_search = web_search_mode::live;
  CHECK(tool_specs_json(x).ends_with(R"(,{"type":"web_search","external_web_access":true}])"));
}

SCENARIO("features and the model choose the tools") {
  config::feature_set features;
  model_info model;
  model.shell_type = shell_type::shell_command;
  model.apply_patch_tool_type = patch_tool_type::function;
  const auto offered = [&] { return offered_tools(features, model, web_search_mode::live); };
  const tool_set by_default{command_tool::exec_command, prefix_rules::offered,
                            patch_tool_type::function, web_search_mode::live,
                            user_questions::offered};
  CHECK(offered() == by_default);
  features.set(config::feature::collaboration_modes, config::feature_switch::disable);
  CHECK(offered().questions == user_questions::hidden);
  features.set(config::feature::unified_exec, config::feature_switch::disable);
  CHECK(offered().commands == command_tool::shell_command);
  model.shell_type = shell_type::default_shell;
  CHECK(offered().commands == command_tool::shell);
  model.shell_type = shell_type::local;
  CHECK(offered().commands == command_tool::local_shell);
  model.shell_type = shell_type::unified_exec;
  CHECK(offered().commands == command_tool::exec_command);
  features.set(config::feature::shell_tool, config::feature_switch::disable);
  CHECK(offered().commands == command_tool::none);
  features.set(config::feature::request_rule, config::feature_switch::disable);
  CHECK(offered().rules == prefix_rules::hidden);
  model.apply_patch_tool_type.reset();
  CHECK(!offered().patch);
  features.set(config::feature::apply_patch_freeform, config::feature_switch::enable);
  CHECK(offered().patch == patch_tool_type::freeform);
}

SCENARIO("who may only read is offered commands and no tool that writes") {
  model_info model;
  for (const auto type : {patch_tool_type::freeform, patch_tool_type::function}) {
    model.apply_patch_tool_type = type;
    const auto offered = offered_tools({}, model, web_search_mode::cached, tool_access::read_only);
    const names readers{"exec_command", "write_stdin", "update_plan", "request_user_input",
                        "web_search"};
    CHECK_EQ(tool_names(offered), readers);
    CHECK(offered.rules == prefix_rules::hidden);
  }
}
