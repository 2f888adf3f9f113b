#include "actors/tool_runner/sandbox_run.hpp"

#include "actors/tool_runner/sandbox_remedy.hpp"
#include "config/config.hpp"
#include "net/process.hpp"

#include <fmt/format.h>

#include <csignal>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Kept of what a trial run complains about.
constexpr std::size_t max_complaint_bytes = 4096;

sandbox_problem not_installed() {
  return {fmt::format("the sandbox needs bubblewrap, but there is no bwrap in PATH. {}",
                      sandbox_remedy({})),
          sandbox_problem::cause::machine};
}

sandbox_problem not_working(std::string_view complaint) {
  const auto line = complaint.substr(0, complaint.find('\n'));
  return {fmt::format("the sandbox cannot be set up: {}. {}",
                      line.empty() ? "bwrap failed without a message" : line,
                      sandbox_remedy(line.empty() ? "no message" : line)),
          sandbox_problem::cause::machine};
}

bubblewrap_abilities presumed_abilities(const std::string& program) {
  bubblewrap_abilities result;
  result.program = program;
  if (::geteuid() == 0)
    result.runs_as = bubblewrap_abilities::privilege::root;
  return result;
}

std::vector<net::process_options::inherited_descriptor> inherited(const owned_descriptor& seccomp) {
  if (!seccomp.is_open())
    return {};
  return {{.ours = seccomp.number(), .as = seccomp_descriptor}};
}

} // namespace

/// What was found out about an order where it may block.
struct sandbox_launcher::blueprint {
  std::variant<sandbox_plan, sandbox_problem> plan;
  std::optional<std::string> program;
};

sandbox_launcher::sandbox_launcher(net::io_pool& io, poster post, shell_lookup lookup,
                                   std::string tmpdir)
  : io_(io), post_(std::move(post)), lookup_(std::move(lookup)), tmpdir_(std::move(tmpdir)) {}

void sandbox_launcher::prepare(sandbox_order order, answer_handler then) {
  auto draw = [self = shared_from_this(), policy = order.policy,
               cwd = order.policy_cwd]() -> blueprint {
    return {self->plan(policy, cwd), find_program("bwrap", self->lookup_)};
  };
  auto go_on = [self = shared_from_this(), order = std::move(order),
                then = std::move(then)](blueprint& found) {
    if (auto* problem = std::get_if<sandbox_problem>(&found.plan))
      return then(std::move(*problem));
    if (!found.program)
      return then(not_installed());
    auto plan = std::get<sandbox_plan>(std::move(found.plan));
    const auto network = plan.network;
    self->with_abilities(network, *found.program,
                         [self, order, plan = std::move(plan), then](const auto& x) {
                           if (const auto* problem = std::get_if<sandbox_problem>(&x))
                             return then(*problem);
                           then(self->launch(order, plan, std::get<bubblewrap_abilities>(x)));
                         });
  };
  post_([&io = io_, draw = std::move(draw), go_on = std::move(go_on)]() mutable {
    io.post([found = std::make_shared<blueprint>(draw()), go_on = std::move(go_on)]() mutable {
      go_on(*found);
    });
  });
}

void sandbox_launcher::probe(network_access network, probe_handler then) {
  auto find = [self = shared_from_this()] { return find_program("bwrap", self->lookup_); };
  auto go_on = [self = shared_from_this(), network,
                then = std::move(then)](const std::optional<std::string>& program) {
    if (!program)
      return then(not_installed());
    self->with_abilities(network, *program, [then](const auto& x) {
      const auto* problem = std::get_if<sandbox_problem>(&x);
      then(problem != nullptr ? std::optional{*problem} : std::nullopt);
    });
  };
  post_([&io = io_, find = std::move(find), go_on = std::move(go_on)]() mutable {
    io.post([found = find(), go_on = std::move(go_on)] { go_on(found); });
  });
}

std::variant<sandbox_plan, sandbox_problem>
sandbox_launcher::plan(const sandbox_policy& policy, const std::string& policy_cwd) const {
  const auto variables = [this](std::string_view name) -> std::optional<std::string> {
    return name == "TMPDIR" ? std::optional{tmpdir_} : std::nullopt;
  };
  return plan_sandbox(policy, config::effective_writable_roots(policy, policy_cwd, variables),
                      disk_paths{});
}

void sandbox_launcher::with_abilities(network_access network, const std::string& program,
                                      std::function<void(const abilities_or_problem&)> then) {
  auto& trial = trials_[static_cast<std::size_t>(network)];
  if (trial.abilities)
    return then(*trial.abilities);
  trial.waiting.push_back(std::move(then));
  if (trial.waiting.size() == 1)
    run_trial(network, presumed_abilities(program));
}

void sandbox_launcher::run_trial(network_access network, const bubblewrap_abilities& abilities) {
  auto seccomp = seccomp_for(network);
  if (auto* problem = std::get_if<sandbox_problem>(&seccomp))
    return finish_trial(network, std::move(*problem));
  const auto& filter = std::get<owned_descriptor>(seccomp);
  const sandbox_plan nothing_writable{.roots = {}, .network = network};
  const std::vector<std::string> command{"true"};
  net::process_options options;
  options.argv = bubblewrap_argv(nothing_writable, abilities, "/", command);
  options.cwd = "/";
  options.environment = {"PATH=/usr/bin:/bin"};
  options.inherited = inherited(filter);
  auto complaint = std::make_shared<std::string>();
  auto limit = std::make_shared<net::timer_handle>();
  net::process_handlers handlers;
  handlers.on_output = [complaint](net::output_stream, std::string_view bytes) {
    complaint->append(bytes.substr(0, max_complaint_bytes - complaint->size()));
  };
  handlers.on_exit = [self = shared_from_this(), network, abilities, complaint,
                      limit](const net::process_outcome& x) {
    limit->cancel();
    if (x.exit_code == 0)
      return self->finish_trial(network, abilities);
    if (auto reduced = reduced_abilities(abilities, *complaint))
      return self->run_trial(network, *reduced);
    self->finish_trial(network, not_working(x.detail.empty() ? *complaint : x.detail));
  };
  const auto child = net::spawn_process(io_, std::move(options), std::move(handlers));
  *limit = io_.after(trial_limit, [child] { child.kill_group(SIGKILL); });
}

void sandbox_launcher::finish_trial(network_access network, abilities_or_problem outcome) {
  auto& trial = trials_[static_cast<std::size_t>(network)];
  if (const auto* abilities = std::get_if<bubblewrap_abilities>(&outcome))
    trial.abilities = *abilities;
  for (const auto& then : std::exchange(trial.waiting, {}))
    then(outcome);
}

sandbox_launcher::answer sandbox_launcher::launch(const sandbox_order& order,
                                                  const sandbox_plan& plan,
                                                  const bubblewrap_abilities& abilities) {
  auto seccomp = seccomp_for(plan.network);
  if (auto* problem = std::get_if<sandbox_problem>(&seccomp))
    return std::move(*problem);
  return sandbox_launch{.argv = bubblewrap_argv(plan, abilities, order.cwd, order.argv),
                        .seccomp = std::get<owned_descriptor>(std::move(seccomp))};
}

std::variant<owned_descriptor, sandbox_problem>
sandbox_launcher::seccomp_for(network_access network) {
  const auto problem = [](const std::error_code& error) {
    return sandbox_problem{fmt::format("the system call filter cannot be made: {}. {}",
                                       error.message(), sandbox_remedy("seccomp")),
                           sandbox_problem::cause::machine};
  };
  if (network == network_access::host)
    return owned_descriptor{};
  if (!seccomp_) {
    auto made = seccomp_program::make();
    if (const auto* error = std::get_if<std::error_code>(&made))
      return problem(*error);
    seccomp_ = std::get<seccomp_program>(std::move(made));
  }
  auto opened = seccomp_->open_for_reading();
  if (const auto* error = std::get_if<std::error_code>(&opened))
    return problem(*error);
  return std::get<owned_descriptor>(std::move(opened));
}

} // namespace troupe::tool_runner
