#include "net/process.hpp"

#include "net/child_life.hpp"
#include "net/child_process.hpp"
#include "net/io_pool.hpp"

#include <utility>

#include <fcntl.h>

namespace troupe::net {

namespace {

template <class Action>
void on_lane_of(const std::shared_ptr<process_handle::control>& control, Action action) {
  if (control)
    control->lane->dispatch([control, action = std::move(action)] {
      if (const auto child = control->child.lock())
        action(*child);
    });
}

// Posted even on the lane itself, so that no completion comes inside `spawn_process`.
struct child_starter {
  std::shared_ptr<child_process> child;
  void operator()() { std::exchange(child, nullptr)->start(); }
};

} // namespace

void process_handle::kill_group(int signal) const {
  on_lane_of(control_, [signal](child_process& x) { x.kill_group(signal); });
}

void process_handle::write_stdin(std::string bytes) const {
  on_lane_of(control_, [bytes = std::move(bytes)](child_process& x) { x.write_stdin(bytes); });
}

void process_handle::close_stdin() const {
  on_lane_of(control_, [](child_process& x) { x.close_stdin(); });
}

pid_t process_handle::pid() const {
  return control_ ? control_->pid.load() : 0;
}

process_handle spawn_process(io_pool& pool, process_options options, process_handlers handlers) {
  auto control = std::make_shared<process_handle::control>();
  control->lane = pool.lanes()[pool.pick_lane()];
  std::vector<child_process::inherited> copies; // the caller may close its own when this returns
  for (const auto& x : options.inherited)
    copies.push_back({unique_fd{::fcntl(x.ours, F_DUPFD_CLOEXEC, 3)}, x.as});
  const auto* keeper = pool.keeper();
  auto life = keeper != nullptr ? make_guarded_life(control->lane, *keeper, options.bounds)
                                : make_own_life(control->lane);
  child_starter begin{std::make_shared<child_process>(control, std::move(life), std::move(options),
                                                      std::move(copies))};
  begin.child->tell(std::move(handlers));
  control->child = begin.child;
  if (!control->lane->post(std::move(begin))) // then nothing has been moved
    begin.child->refuse(net_errc::stopped);
  return process_handle{std::move(control)};
}

} // namespace troupe::net
