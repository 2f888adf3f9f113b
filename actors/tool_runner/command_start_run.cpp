#include "actors/tool_runner/command_start_run.hpp"

#include "actors/tool_runner/login_command.hpp"
#include "actors/tool_runner/memory_file.hpp"
#include "actors/tool_runner/shell_snapshots_run.hpp"
#include "actors/tool_runner/tool_environment.hpp"

#include <utility>

namespace troupe::tool_runner {

namespace {

/// What is excluded by its name does not come back as a variable of the shell either.
std::string definitions_under(const shell_environment_policy& policy,
                              const config::variable_names& withheld, const shell_snapshot& x) {
  config::variables names;
  for (const auto& [name, declaration] : x.variables)
    names.emplace(name, "");
  return definitions_of(
    x, profile_environment(config::without_credentials(std::move(names), withheld), policy));
}

/// The environment of a sandboxed command in two parts.
struct environment_parts {
  config::variables early;    ///< of bubblewrap too
  std::string late_arguments; ///< of bubblewrap, each ended by NUL: for the command only
};

/// Bubblewrap itself runs outside of the sandbox: nothing that a profile has set, which a sandboxed
/// agent may have written, reaches it (LD_PRELOAD).
environment_parts split_environment(config::variables own, const config::variables& wanted) {
  environment_parts result;
  for (const auto& [name, value] : wanted) {
    const auto found = own.find(name);
    if (found != own.end() && found->second == value)
      result.early.insert(own.extract(found));
    else
      for (const auto& word : {std::string{"--setenv"}, name, value})
        result.late_arguments.append(word).push_back('\0');
  }
  return result;
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
  if (!context_->snapshots || !runs_login_shell(argv))
    return run(nullptr);
  auto start = profile_environment(context_->environment, wish_.settings->environment);
  auto lookup = context_->shells.lookup;
  lookup.search_path = value_of(start, "PATH");
  const bool is_name = argv[0].find('/') == std::string::npos;
  auto shell = argv[0].starts_with('/') ? std::optional{argv[0]}
               : is_name                ? find_program(argv[0], lookup)
                                        : std::nullopt;
  if (!shell)
    return run(nullptr);
  context_->snapshots->find(context_, std::move(*shell), std::move(start),
                            [self = shared_from_this()](const auto& x) { self->run(x); });
}

void command_start::run(const std::shared_ptr<const shell_snapshot>& snapshot) {
  if (!listener_.on_ready)
    return; // let go meanwhile
  auto order = std::move(wish_.order);
  if (!snapshot || !spare_login(order, *snapshot))
    order.environment = as_entries(environment_of(context_->environment));
  std::exchange(listener_, {}).on_ready(std::move(order));
}

config::variables command_start::environment_of(const config::variables& parent) const {
  const auto& settings = *wish_.settings;
  auto result = tool_environment(parent, settings.environment, to_string(wish_.thread),
                                 settings.sandbox_policy);
  return wish_.programs == attendance::unattended ? unattended(std::move(result)) : result;
}

bool command_start::spare_login(child_order& order, const shell_snapshot& x) const {
  const auto& policy = wish_.settings->environment;
  // A profile may export credentials; the policy's `set` comes after.
  auto variables = environment_of(config::without_credentials(
    with_profile(profile_environment(context_->environment, policy), x), context_->withheld));
  login_rest rest;
  if (x.changed.contains("BASH_ENV"))
    if (auto found = variables.extract("BASH_ENV"); !found.empty())
      rest.bash_env = std::move(found.mapped());
  owned_descriptor definitions;
  rest.definitions = needs_definitions(x, order.argv[2]);
  if (rest.definitions)
    definitions = memory_file("troupe-shell", definitions_under(policy, context_->withheld, x));
  owned_descriptor late;
  auto early = variables;
  if (order.where == attempt::sandboxed) {
    auto split = split_environment(environment_of(context_->environment), variables);
    early = std::move(split.early);
    late = memory_file("troupe-environment", split.late_arguments);
    if (!late.is_open())
      return false;
  }
  if (rest.definitions && !definitions.is_open())
    return false;
  order.argv = without_login(order.argv, x, rest);
  order.environment = as_entries(early);
  order.definitions = std::move(definitions);
  order.sandbox_arguments = std::move(late);
  return true;
}

} // namespace troupe::tool_runner
