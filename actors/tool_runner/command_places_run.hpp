#pragma once

#include "actors/tool_runner/command_governor.hpp"
#include "messages/tool.hpp"
#include "net/io_pool.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace troupe::tool_runner {

class command_places;

/// A place among the commands that may run at once, or the wait for one: given back when its last
/// owner lets go of it.
class command_place {
public:
  command_place(std::weak_ptr<command_places> from, command_governor::ticket number)
    : from_(std::move(from)), number_(number) {}
  command_place(const command_place&) = delete;
  command_place& operator=(const command_place&) = delete;
  ~command_place();

private:
  std::weak_ptr<command_places> from_;
  command_governor::ticket number_;
};

/// What becomes of a wish for a place. Called on the I/O thread, never from within `ask`.
struct place_listener {
  std::function<void(call_stage)> on_stage; ///< only when it has to wait
  std::function<void()> on_place;           ///< at most once, not after the place was let go
};

/// The governor with real commands: who waits is called when a place is free. Lives on the I/O
/// thread.
class command_places : public std::enable_shared_from_this<command_places> {
public:
  command_places(net::io_pool& io, const command_governor::limits& limits)
    : io_(io), governor_(limits) {}

  /// Null: too many wait already.
  std::shared_ptr<command_place> ask(const thread_id& thread, place_listener listener);

private:
  friend class command_place;

  void let_go(command_governor::ticket x);
  void tell(command_governor::ticket x);

  net::io_pool& io_;
  command_governor governor_;
  std::unordered_map<command_governor::ticket, place_listener> listeners_;
  command_governor::ticket last_ = 0;
};

/// What a command that was refused a place is answered.
inline constexpr const char* no_place_left =
  "too many commands are waiting to run; try again when some of them have ended";

/// By the cores and the memory that this process may use.
std::size_t running_commands_of_machine();

} // namespace troupe::tool_runner
