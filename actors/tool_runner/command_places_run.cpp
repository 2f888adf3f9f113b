#include "actors/tool_runner/command_places_run.hpp"

#include "config/core_count.hpp"
#include "net/machine_memory.hpp"

#include <utility>

namespace troupe::tool_runner {

command_place::~command_place() {
  if (const auto from = from_.lock())
    from->let_go(number_);
}

std::shared_ptr<command_place> command_places::ask(const thread_id& thread,
                                                   place_listener listener) {
  const auto number = ++last_;
  const auto found = governor_.request(thread, number);
  if (found == command_governor::answer::refuse)
    return nullptr;
  auto result = std::make_shared<command_place>(weak_from_this(), number);
  listeners_.emplace(number, std::move(listener));
  // Not at once: the caller gets its place first.
  if (found == command_governor::answer::run)
    io_.post([self = shared_from_this(), number] { self->tell(number); });
  else
    io_.post([self = shared_from_this(), number] {
      if (const auto waiting = self->listeners_.find(number); waiting != self->listeners_.end())
        waiting->second.on_stage(call_stage::waits_for_place);
    });
  return result;
}

void command_places::let_go(command_governor::ticket x) {
  listeners_.erase(x);
  const auto next = governor_.release(x);
  if (!next)
    return;
  io_.post([self = shared_from_this(), number = *next] {
    if (const auto found = self->listeners_.find(number); found != self->listeners_.end())
      found->second.on_stage(call_stage::has_place);
    self->tell(number);
  });
}

void command_places::tell(command_governor::ticket x) {
  if (auto found = listeners_.extract(x); !found.empty())
    found.mapped().on_place();
}

std::size_t running_commands_of_machine() {
  return default_running_commands(config::core_count(), net::usable_memory_bytes());
}

} // namespace troupe::tool_runner
