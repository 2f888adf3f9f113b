#include "actors/tool_runner/command_start_run.hpp"

#include "actors/tool_runner/memory_file.hpp"
#include "actors/tool_runner/shell_snapshots_run.hpp"
#include "actors/tool_runner/tool_environment.hpp"

#include <utility>

namespace troupe::tool_runner {

namespace {

/// What the policy excludes by its name does not come back as a variable of the shell either.
std::string definitions_under(const shell_environment_policy& policy, const shell_snapshot& x) {
  config::variables names;
  for (const auto& [name, declaration] : x.variables)
    names.emplace(name, "");
  return definitions_of(x, profile_environment(names, policy));
}

} // namespace

std::shared_ptr<command_start> command_start::begin(std::shared_ptr<const run_context> context,
                                                    command_wish wish, start_listener listener) {
  std::shared_ptr<command_start> result{
    new command_start{std::move(context), std::move(wish), std::move(listener)}};
  const std::weak_ptr<command_start> weak = result;
  result->place_ = result->context_->places->ask(
    result->wish_.thread, {.on_stage =
                             [weak](call_stage x) {
                               if (const auto self = weak.lock(); self && self->listener_.on_stage)
                                 self->listener_.on_stage(x);
                             },
                           .on_place =
                             [weak] {
                               if (const auto self = weak.lock())
                                 self->on_place();
                             }});
  return result->place_ ? result : nullptr;
}

void command_start::let_go() {
  listener_ = {};
  place_ = nullptr;
}

void command_start::on_place() {
  const auto& argv = wish_.order.argv;
  if (!context_->snapshots || !runs_login_bash(argv))
    return run(nullptr);
  auto start = profile_environment(context_->environment, wish_.settings->environment);
  auto lookup = context_->shells.lookup;
  lookup.search_path = value_of(start, "PATH");
  auto bash = argv[0].starts_with('/') ? std::optional{argv[0]}
              : argv[0] == "bash"      ? find_program(argv[0], lookup)
                                       : std::nullopt;
  if (!bash)
    return run(nullptr);
  context_->snapshots->find(context_, std::move(*bash), std::move(start),
                            [self = shared_from_this()](auto x) { self->run(std::move(x)); });
}

void command_start::run(std::shared_ptr<const shell_snapshot> snapshot) {
  if (!listener_.on_ready)
    return; // let go meanwhile
  const auto& settings = *wish_.settings;
  auto order = std::move(wish_.order);
  login_rest rest;
  if (snapshot && needs_definitions(*snapshot, order.argv[2])) {
    order.definitions =
      memory_file("troupe-shell", definitions_under(settings.environment, *snapshot));
    rest.definitions = order.definitions.is_open();
    if (!rest.definitions)
      snapshot = nullptr;
  }
  auto start = context_->environment;
  if (snapshot)
    start = config::without_credentials(
      with_profile(profile_environment(start, settings.environment), *snapshot),
      context_->withheld); // a profile may export them; the policy's `set` comes below
  auto variables =
    tool_environment(start, settings.environment, to_string(wish_.thread), settings.sandbox_policy);
  if (wish_.programs == attendance::unattended)
    variables = unattended(std::move(variables));
  if (snapshot) {
    if (snapshot->changed.contains("BASH_ENV"))
      if (auto found = variables.extract("BASH_ENV"); !found.empty())
        rest.bash_env = std::move(found.mapped());
    order.argv = without_login(order.argv, *snapshot, rest);
  }
  order.environment = as_entries(variables);
  std::exchange(listener_, {}).on_ready(std::move(order));
}

} // namespace troupe::tool_runner
