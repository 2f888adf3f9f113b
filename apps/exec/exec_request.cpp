#include "apps/exec/exec_request.hpp"

#include "apps/common/image_file.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/common/output_schema.hpp"
#include "apps/common/standard_streams.hpp"
#include "apps/exec/git_check.hpp"
#include "apps/exec/prompt.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <utility>

namespace troupe::exec {

namespace {

template <class Value>
using outcome = std::variant<Value, request_refusal>;

outcome<common::loaded_settings> load(const exec_args& args, common::override_options root,
                                      const std::filesystem::path& cwd) {
  auto levels = args.overrides;
  levels.insert(levels.begin(), std::move(root));
  auto overrides = common::joined_overrides(levels);
  if (const auto* error = std::get_if<config::config_error>(&overrides))
    return request_refusal{to_string(*error)};
  config::typed_overrides typed;
  typed.model = args.model;
  typed.profile = args.profile;
  typed.sandbox_mode = args.sandbox;
  typed.additional_writable_roots = {args.writable_roots.begin(), args.writable_roots.end()};
  typed.local_provider = args.local_provider;
  if (args.local_provider)
    typed.show_raw_agent_reasoning = true;
  auto loaded = common::load_settings(
    {cwd, std::get<std::vector<std::string>>(std::move(overrides)), std::move(typed)});
  if (auto* problem = std::get_if<common::settings_problem>(&loaded))
    return request_refusal{std::move(problem->message)};
  return std::get<common::loaded_settings>(std::move(loaded));
}

outcome<shared_text> read_schema(const std::optional<std::string>& file) {
  if (!file)
    return shared_text{};
  auto schema = common::read_output_schema(*file);
  if (auto* problem = std::get_if<common::schema_problem>(&schema))
    return request_refusal{std::move(problem->message)};
  return std::get<shared_text>(std::move(schema));
}

/// Reads stdin as far as the rules ask for it.
outcome<std::string> read_prompt(const exec_args& args) {
  const auto kind = ::isatty(STDIN_FILENO) == 1 ? stdin_kind::terminal : stdin_kind::piped;
  const auto addition = args.resume ? stdin_addition::ignore : stdin_addition::append;
  auto planned = plan_prompt(args.prompt, kind, addition);
  if (auto* refusal = std::get_if<prompt_refusal>(&planned))
    return request_refusal{std::move(refusal->message)};
  const auto& plan = std::get<prompt_plan>(planned);
  if (!plan.notice.empty())
    common::output_channel{STDERR_FILENO}.write(plan.notice + '\n');
  std::string bytes;
  if (plan.source != prompt_source::argument) {
    auto read = common::read_to_end(STDIN_FILENO, max_prompt_bytes);
    if (const auto* error = std::get_if<std::error_code>(&read))
      return request_refusal{unreadable_stdin(error->message()).message};
    bytes = std::get<std::string>(std::move(read));
  }
  auto prompt = finish_prompt(plan, args.prompt, bytes);
  if (auto* refusal = std::get_if<prompt_refusal>(&prompt))
    return request_refusal{std::move(refusal->message)};
  return std::get<std::string>(std::move(prompt));
}

/// The front door's one way to pass a problem on.
template <class Value>
std::optional<request_refusal> keep(outcome<Value> from, Value& to) {
  if (auto* refusal = std::get_if<request_refusal>(&from))
    return std::move(*refusal);
  to = std::get<Value>(std::move(from));
  return std::nullopt;
}

} // namespace

std::variant<exec_request, request_refusal> prepare_request(const exec_args& args,
                                                            common::override_options root) {
  exec_request out;
  auto cwd = common::working_root(args.working_root);
  if (auto* problem = std::get_if<common::settings_problem>(&cwd))
    return request_refusal{std::move(problem->message)};
  out.cwd = std::get<std::filesystem::path>(std::move(cwd));
  if (auto refusal = keep(load(args, std::move(root), out.cwd), out.settings))
    return *std::move(refusal);
  if (!args.skip_git_check && !is_inside_git_work_tree(out.cwd))
    return request_refusal{std::string{outside_git_message}};
  if (auto refusal = keep(read_schema(args.output_schema), out.input.output_schema_json))
    return *std::move(refusal);
  if (auto refusal = keep(read_prompt(args), out.prompt))
    return *std::move(refusal);
  for (const auto& image : args.images)
    out.input.items.emplace_back(common::read_image(image));
  out.input.items.emplace_back(text_input{out.prompt});
  return out;
}

} // namespace troupe::exec
