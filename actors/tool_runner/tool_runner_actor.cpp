#include "actors/tool_runner/tool_runner_actor.hpp"

#include "actors/common/harden.hpp"
#include "actors/tool_runner/bubblewrap_place.hpp"
#include "actors/tool_runner/command_places_run.hpp"
#include "actors/tool_runner/descriptor_room.hpp"
#include "actors/tool_runner/exec_policy.hpp"
#include "actors/tool_runner/sandbox_run.hpp"
#include "actors/tool_runner/tool_desk_run.hpp"
#include "actors/tool_runner/tool_environment.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// What the actor understands beside its interface: call number N has ended, with a result or
/// because the protocol was violated.
using shell_actor =
  tool_runner_actor::extend<caf::result<void>(caf::ok_atom, std::uint64_t, tool_result),
                            caf::result<void>(caf::close_atom, std::uint64_t, std::string)>;

using result_promise = caf::typed_response_promise<tool_result>;

config::variables environment_of_this_process() {
  config::variables result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    if (const auto end = text.find('='); end != std::string_view::npos && end > 0)
      result.emplace(text.substr(0, end), text.substr(end + 1));
  }
  return result;
}

std::string without_links(const std::string& program) {
  std::error_code error;
  const auto target = std::filesystem::canonical(program, error);
  return error ? program : target.string();
}

// Nothing is told once `owner` is gone: a trial that a stop has cut off says nothing.
void probe(sandbox_launcher& sandbox, const dependencies& deps, std::weak_ptr<void> owner) {
  if (!deps.on_probed || !deps.expected || !restricts_writing(deps.expected->mode))
    return;
  sandbox.probe(*deps.expected, [tell = deps.on_probed, owner = std::move(owner)](const auto& x) {
    if (!owner.expired())
      tell(x ? x->message : std::string{});
  });
}

sandbox_setup setup_for(const dependencies& deps, const config::variables& environment) {
  const auto& options = deps.sandbox;
  sandbox_setup result{.tmp = options.settings.tmp.value_or(config::tmp_folder::shared),
                       .hidden = {},
                       .uid = options.settings.uid,
                       .home = options.home,
                       .results = options.results,
                       .own_program = without_links(deps.own_program),
                       .own_image = deps.own_program,
                       .bubblewrap = value_of(environment, std::string{bubblewrap_variable}),
                       .tmpdir = value_of(environment, "TMPDIR"),
                       .visible = {value_of(environment, "HOME")}};
  for (const auto& path : options.settings.hidden)
    result.hidden.push_back(path.lexically_normal().string());
  constexpr std::size_t max_visible = 32;
  std::istringstream path{value_of(environment, "PATH")};
  for (std::string folder; result.visible.size() < max_visible && std::getline(path, folder, ':');)
    if (folder.starts_with('/'))
      result.visible.push_back(folder);
  return result;
}

std::shared_ptr<tool_desk> make_desk(dependencies& deps, std::weak_ptr<void> owner) {
  if (deps.io == nullptr || deps.io->lanes().size() != 1)
    throw std::invalid_argument{"the tool runner needs an I/O pool of one thread"};
  if (!deps.post)
    deps.post = [](const std::function<void()>& run) { run(); };
  auto environment = config::without_credentials(
    deps.environment ? std::move(*deps.environment) : environment_of_this_process(), deps.withheld);
  auto lookup = machine_shells(value_of(environment, "PATH"));
  auto sandbox =
    std::make_shared<sandbox_launcher>(*deps.io, deps.post, setup_for(deps, environment));
  probe(*sandbox, deps, std::move(owner));
  const auto users = default_shell(lookup);
  auto places = std::make_shared<command_places>(
    *deps.io, command_governor::limits{
                .running = std::min(deps.max_running.value_or(running_commands_of_machine()),
                                    affordable_commands())});
  auto snapshots = deps.snapshots ? std::make_shared<shell_snapshots>(*deps.snapshots) : nullptr;
  return std::make_shared<tool_desk>(
    run_context{.io = *deps.io,
                .post = std::move(deps.post),
                .sandbox = std::move(sandbox),
                .environment = std::move(environment),
                .withheld = std::move(deps.withheld),
                .on_refused = std::move(deps.on_refused),
                .own_program = without_links(deps.own_program),
                .own_image = deps.own_program,
                .shells = {.users = users, .lookup = std::move(lookup)},
                .places = std::move(places),
                .snapshots = std::move(snapshots),
                .bounds = deps.bounds,
                .early_exit_window = deps.early_exit_window,
                .preparation_limit = deps.preparation_limit});
}

class state {
public:
  state(shell_actor::pointer self, dependencies deps)
    : self_(self), max_open_calls_(deps.max_open_calls), desk_(make_desk(deps, alive_)) {
    harden(self_);
    self_->set_exit_handler([this](caf::exit_msg& x) { on_exit(x); });
    self_->set_down_handler([this](const caf::down_msg& x) { on_down(x); });
  }

  /// However the actor ends, its processes do not stay.
  ~state() { desk_->stop(); }

  shell_actor::behavior_type make_behavior() {
    return {
      [this](run_tool& x, const tool_listener_actor& listener) {
        return on_run(std::move(x), listener);
      },
      [this](const cancel_tools& x) { return on_cancel(x); },
      [this](caf::ok_atom, std::uint64_t call, tool_result& x) { return on_result(call, x); },
      [this](caf::close_atom, std::uint64_t call, const std::string& why) {
        return on_violation(call, why);
      },
    };
  }

  static inline const char* name = "tool-runner";

private:
  caf::result<tool_result> on_run(run_tool call, const tool_listener_actor& listener) {
    if (open_.size() >= max_open_calls_)
      return caf::make_error(errc::queue_full, "too many tools are running");
    watch(call.thread, listener);
    const auto number = ++last_call_;
    auto answer = self_->make_response_promise<tool_result>();
    open_.emplace(number, answer);
    auto sink = sink_for(number, call, listener);
    desk_->start(std::move(call), std::move(sink));
    return answer;
  }

  /// The sink's functions run on the I/O thread: they touch nothing but what they hold.
  call_sink sink_for(std::uint64_t number, const run_tool& call,
                     const tool_listener_actor& listener) {
    return {.progress =
              [listener, turn = call.turn](std::vector<event_msg> events) {
                caf::anon_send(listener, tool_progress{.turn = turn,
                                                       .events = std::move(events),
                                                       .call_id = {},
                                                       .stage = call_stage::unchanged});
              },
            .stage =
              [listener, turn = call.turn, id = call.call_id](call_stage stage) {
                caf::anon_send(
                  listener,
                  tool_progress{.turn = turn, .events = {}, .call_id = id, .stage = stage});
              },
            .finish =
              [home = shell_actor{self_}, number](std::variant<tool_result, call_error> x) {
                if (auto* result = std::get_if<tool_result>(&x))
                  caf::anon_send(home, caf::ok_atom_v, number, std::move(*result));
                else
                  caf::anon_send(home, caf::close_atom_v, number,
                                 std::move(std::get<call_error>(x).message));
              }};
  }

  caf::result<void> on_cancel(const cancel_tools& x) {
    desk_->cancel(x.thread, x.call_id);
    return caf::unit;
  }

  caf::result<void> on_result(std::uint64_t call, tool_result& x) {
    if (auto open = open_.extract(call); !open.empty())
      open.mapped().deliver(std::move(x));
    return caf::unit;
  }

  caf::result<void> on_violation(std::uint64_t call, const std::string& why) {
    if (auto open = open_.extract(call); !open.empty())
      open.mapped().deliver(caf::make_error(errc::invalid_request, why));
    return caf::unit;
  }

  /// A thread that is gone cannot end its processes any more. Its next actor, after a resume, may
  /// be here before the old one's end is known: only the latest one counts.
  void watch(const thread_id& thread, const tool_listener_actor& listener) {
    auto& watched = listeners_[thread];
    if (watched == listener.address())
      return;
    watched = listener.address();
    self_->monitor(listener);
  }

  void on_down(const caf::down_msg& x) {
    const auto gone = std::find_if(listeners_.begin(), listeners_.end(),
                                   [&](const auto& entry) { return entry.second == x.source; });
    if (gone == listeners_.end())
      return;
    desk_->cancel(gone->first, {});
    desk_->forget(gone->first);
    listeners_.erase(gone);
  }

  void on_exit(caf::exit_msg& x) {
    for (auto& [number, answer] : open_)
      answer.deliver(caf::make_error(errc::shutting_down, "the tool runner stops"));
    open_.clear();
    self_->quit(std::move(x.reason));
  }

  shell_actor::pointer self_;
  std::size_t max_open_calls_;
  std::shared_ptr<void> alive_ = std::make_shared<bool>(); ///< before the desk, which looks at it
  std::shared_ptr<tool_desk> desk_;
  std::unordered_map<std::uint64_t, result_promise> open_;
  std::unordered_map<thread_id, caf::actor_addr> listeners_;
  std::uint64_t last_call_ = 0;
};

} // namespace

tool_runner_actor spawn(caf::actor_system& sys, dependencies deps) {
  return sys.spawn<caf::stateful_actor<state, shell_actor::impl>>(std::move(deps));
}

} // namespace troupe::tool_runner
