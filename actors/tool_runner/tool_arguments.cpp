#include "actors/tool_runner/tool_arguments.hpp"

#include "actors/tool_runner/argument_reader.hpp"
#include "messages/json/document.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::tool_runner {

namespace {

using std::chrono::milliseconds;

argument_error argument_failure(std::string_view complaint) {
  return {fmt::format("failed to parse function arguments: {}", complaint)};
}

/// Reads `json` with `read`, a function from reader to value.
template <class Read>
auto parsed(std::string_view json, const Read& read)
  -> parsed_arguments<decltype(read(std::declval<argument_reader&>()))> {
  const json_document document{json};
  if (!document.root())
    return argument_failure("the arguments are not one valid JSON value");
  argument_reader reader{*document.root()};
  auto result = read(reader);
  if (reader.complaint())
    return argument_failure(*reader.complaint());
  return result;
}

/// A larger number of milliseconds is as good as none.
milliseconds as_time(std::int64_t count) {
  constexpr std::int64_t one_year = 365LL * 24 * 3600 * 1000;
  return milliseconds{std::min(count, one_year)};
}

escalation_arguments read_escalation(argument_reader& from) {
  escalation_arguments result;
  const auto wish = from.optional_text("sandbox_permissions").value_or("use_default");
  if (wish == "require_escalated")
    result.request = sandbox_request::require_escalated;
  else if (wish != "use_default")
    from.complain(fmt::format("unknown variant `{}` of `sandbox_permissions`, expected "
                              "`use_default` or `require_escalated`",
                              wish));
  result.justification = from.optional_text("justification").value_or("");
  result.prefix_rule = from.optional_texts("prefix_rule");
  return result;
}

login_shell read_login(argument_reader& from) {
  return from.optional_boolean("login").value_or(true) ? login_shell::yes : login_shell::no;
}

shell_arguments read_common(argument_reader& from) {
  shell_arguments result;
  result.workdir = from.optional_text("workdir").value_or("");
  const auto alias = from.optional_number("timeout");
  if (const auto limit = from.optional_number("timeout_ms"); limit || alias)
    result.timeout = as_time(limit ? *limit : *alias);
  result.escalation = read_escalation(from);
  return result;
}

plan_step read_step(const boost::json::value& x, argument_reader& plan) {
  argument_reader from{x};
  from.allow_only({"step", "status"});
  plan_step result;
  result.step = from.text("step");
  const auto status = from.text("status");
  if (const auto known = parse_enum<step_status>(status))
    result.status = *known;
  else
    from.complain(fmt::format("unknown variant `{}` of `status`, expected `pending`, `in_progress` "
                              "or `completed`",
                              status));
  if (from.complaint())
    plan.complain(*from.complaint());
  return result;
}

} // namespace

parsed_arguments<shell_arguments> parse_shell(std::string_view json) {
  return parsed(json, [](argument_reader& from) {
    auto result = read_common(from);
    result.command = from.texts("command");
    return result;
  });
}

parsed_arguments<shell_arguments> parse_shell_command(std::string_view json) {
  return parsed(json, [](argument_reader& from) {
    auto result = read_common(from);
    result.command = {from.text("command")};
    result.login = read_login(from);
    return result;
  });
}

parsed_arguments<shell_arguments> parse_local_shell(std::string_view json) {
  return parsed(json, [](argument_reader& from) {
    shell_arguments result;
    result.command = from.texts("command");
    result.workdir = from.optional_text("working_directory").value_or("");
    if (const auto limit = from.optional_number("timeout_ms"))
      result.timeout = as_time(*limit);
    return result;
  });
}

parsed_arguments<exec_command_arguments> parse_exec_command(std::string_view json) {
  return parsed(json, [](argument_reader& from) {
    exec_command_arguments result;
    result.cmd = from.text("cmd");
    result.workdir = from.optional_text("workdir").value_or("");
    result.shell = from.optional_text("shell").value_or("");
    result.login = read_login(from);
    if (from.optional_boolean("tty").value_or(false))
      result.tty = terminal_wish::pty;
    const auto yield = from.optional_number("yield_time_ms").value_or(result.yield_time.count());
    result.yield_time = std::clamp(as_time(yield), min_yield_time, max_yield_time);
    result.max_output_tokens =
      from.optional_number("max_output_tokens").value_or(default_output_tokens);
    result.escalation = read_escalation(from);
    return result;
  });
}

parsed_arguments<write_stdin_arguments> parse_write_stdin(std::string_view json) {
  return parsed(json, [](argument_reader& from) {
    write_stdin_arguments result;
    result.session_id = from.number("session_id");
    result.chars = from.optional_text("chars").value_or("");
    const auto yield = from.optional_number("yield_time_ms").value_or(result.yield_time.count());
    const auto least = result.chars.empty() ? min_poll_time : min_yield_time;
    result.yield_time = std::clamp(as_time(yield), least, max_yield_time);
    result.max_output_tokens =
      from.optional_number("max_output_tokens").value_or(default_output_tokens);
    return result;
  });
}

parsed_arguments<std::string> parse_apply_patch(std::string_view json) {
  return parsed(json, [](argument_reader& from) { return from.text("input"); });
}

parsed_arguments<plan_update> parse_update_plan(std::string_view json) {
  return parsed(json, [](argument_reader& from) {
    from.allow_only({"plan", "explanation"});
    plan_update result;
    result.explanation = from.optional_text("explanation");
    if (const auto* steps = from.array("plan"))
      for (const auto& step : *steps)
        result.plan.push_back(read_step(step, from));
    return result;
  });
}

} // namespace troupe::tool_runner
