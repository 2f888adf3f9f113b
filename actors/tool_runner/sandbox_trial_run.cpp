// What bubblewrap can do here: trial runs.
#include "actors/tool_runner/sandbox_fixed.hpp"
#include "actors/tool_runner/sandbox_remedy.hpp"
#include "actors/tool_runner/sandbox_run.hpp"
#include "actors/tool_runner/start_refusal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Kept of what a trial run complains about.
constexpr std::size_t max_complaint_bytes = 4096;

/// Where a sandbox that holds nothing would let files be made.
std::vector<std::string> trial_folders(const std::string& home) {
  return {home, "/tmp", "/var/tmp"};
}

/// Of a trial that did not end by itself: nobody knows what it would have said.
sandbox_problem ended_early(const net::process_outcome& x) {
  const auto cause = x.ended_by.empty()
                       ? fmt::format("a trial of bwrap was ended by signal {}, because it took too "
                                     "long or by somebody else. The next command tries again",
                                     x.signal)
                       : x.ended_by;
  return {fmt::format("the sandbox cannot be set up: {}.", cause), sandbox_problem::cause::machine};
}

bubblewrap_abilities presumed_abilities(const std::string& program) {
  bubblewrap_abilities result;
  result.program = program;
  if (::geteuid() == 0)
    result.runs_as = bubblewrap_abilities::privilege::root;
  return result;
}

} // namespace

void sandbox_launcher::with_abilities(network_access network, const std::string& program,
                                      std::function<void(const abilities_or_problem&)> then) {
  auto& trial = trials_[static_cast<std::size_t>(network)];
  if (trial.abilities && trial.abilities->program == program)
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
  const owned_descriptor folder{::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  const sandbox_plan nothing_writable{.roots = {}, .mounts = {}, .network = network};
  const auto proof = sandbox_proof::make();
  net::process_options options;
  options.argv = bubblewrap_argv(nothing_writable, abilities,
                                 {.cwd = "/",
                                  .command = proof.command(trial_folders(fixed_->setup.home)),
                                  .late_environment = {},
                                  .own_program = fixed_->setup.own_image,
                                  .uid = fixed_->setup.uid,
                                  .gid = fixed_->gid});
  options.cwd = "/";
  options.environment = {"PATH=/usr/bin:/bin"};
  options.read_only_files = covered_devices(abilities);
  options.inherited = {{.ours = filter.number(), .as = seccomp_descriptor}};
  if (abilities.by_descriptor) {
    // Whether it knows the option: right behind the first binding of everything, all the same.
    const auto at = std::ranges::find(options.argv, "--dev-bind");
    options.argv.insert(at, {"--ro-bind-fd", fmt::format("{}", first_root_descriptor), "/"});
    options.inherited.push_back({.ours = folder.number(), .as = first_root_descriptor});
  }
  auto complaint = std::make_shared<std::string>();
  auto shown = std::make_shared<std::string>();
  auto limit = std::make_shared<net::timer_handle>();
  net::process_handlers handlers;
  handlers.on_output = [complaint, shown](net::output_stream stream, std::string_view bytes) {
    auto& text = stream == net::output_stream::standard_output ? *shown : *complaint;
    text.append(bytes.substr(0, max_complaint_bytes - text.size()));
  };
  handlers.on_exit = [self = shared_from_this(), network, abilities, complaint, shown, proof,
                      limit](const net::process_outcome& x) {
    limit->cancel();
    if (x.exit_code == 0)
      return self->judge_trial(network, abilities, proof.judge(*shown));
    if (!x.ended_by.empty() || x.signal != 0)
      return self->finish_trial(network, ended_early(x));
    if (auto refusal = start_refusal_text(x); !refusal.empty())
      return self->finish_trial(
        network, sandbox_problem{std::move(refusal), sandbox_problem::cause::machine});
    const auto& told = x.detail.empty() ? *complaint : x.detail;
    auto& first = self->trials_[static_cast<std::size_t>(network)].first_complaint;
    if (first.empty() && x.detail.empty()) // bubblewrap's
      first = told;
    if (auto reduced = reduced_abilities(abilities, told))
      return self->run_trial(network, *reduced);
    // What our own attempt at a remedy says helps nobody.
    self->finish_trial(network, self->not_working(abilities.root_is_mount ? told : first));
  };
  const auto child = net::spawn_process(io_, std::move(options), std::move(handlers));
  *limit = io_.after(trial_limit, [child] { child.kill_group(SIGKILL); });
}

void sandbox_launcher::judge_trial(network_access network, const bubblewrap_abilities& abilities,
                                   sandbox_proof::verdict verdict) {
  switch (verdict) {
  case sandbox_proof::verdict::shown: return finish_trial(network, abilities);
  case sandbox_proof::verdict::nothing_ran:
    return finish_trial(
      network, not_working(fmt::format("{} ended without running anything", abilities.program)));
  case sandbox_proof::verdict::ran_outside:
    return finish_trial(
      network, not_working(fmt::format("{} ran a command without a sandbox", abilities.program)));
  }
}

sandbox_problem sandbox_launcher::not_working(std::string_view complaint) const {
  const auto line = complaint.substr(0, complaint.find('\n'));
  const auto told = line.empty() ? "bwrap failed without a message" : line;
  return {fmt::format("the sandbox cannot be set up: {}. {}", told,
                      sandbox_remedy(told, fixed_->setup.bubblewrap)),
          sandbox_problem::cause::machine};
}

// The machine's set-up has been tried: what fails now is most likely gone from where it was.
sandbox_problem sandbox_launcher::failed(std::string_view complaint) const {
  auto result = not_working(complaint);
  result.why = sandbox_problem::cause::folder;
  return result;
}

void sandbox_launcher::finish_trial(network_access network, abilities_or_problem outcome) {
  auto& trial = trials_[static_cast<std::size_t>(network)];
  if (const auto* abilities = std::get_if<bubblewrap_abilities>(&outcome)) {
    trial.abilities = *abilities;
    if (!abilities->own_proc)
      warn_once("no /proc of its own can be mounted for the sandbox here: commands see an empty "
                "one");
    if (!abilities->by_descriptor)
      warn_once("this bwrap has no --bind-fd: a writable folder that is replaced at the moment a "
                "command starts is not noticed");
    if (!abilities->covers_devices && abilities->root_is_mount)
      warn_once("no mount namespace can be made here before the sandbox: a command of root's can "
                "change mode, owner and times of /dev/null and the like, if they are root's");
  }
  trial.first_complaint.clear();
  for (const auto& then : std::exchange(trial.waiting, {}))
    then(outcome);
}

} // namespace troupe::tool_runner
