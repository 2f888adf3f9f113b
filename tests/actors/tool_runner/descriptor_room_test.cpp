#define CAF_SUITE descriptor_room
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/descriptor_room.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using troupe::tool_runner::affordable_commands;
using troupe::tool_runner::has_descriptors;

namespace {

enum verdict { as_expected, no_room_at_first, room_when_full, no_room_afterwards };

verdict look_with_few() {
  constexpr int most = 120;
  ::close_range(3, ~0U, 0);
  const rlimit few{most, most};
  ::setrlimit(RLIMIT_NOFILE, &few);
  if (!has_descriptors())
    return no_room_at_first;
  for (int fd = 0; fd >= 0 && fd < most - 20;)
    fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (has_descriptors())
    return room_when_full;
  ::close_range(10, ~0U, 0);
  return has_descriptors() ? as_expected : no_room_afterwards;
}

} // namespace

SCENARIO("few descriptors let few commands run at once, one at least") {
  CHECK_EQ(affordable_commands(0), 1u);
  CHECK_EQ(affordable_commands(64), 1u);
  CHECK_EQ(affordable_commands(160), 2u);
  CHECK_EQ(affordable_commands(512), 9u);
  CHECK(affordable_commands(1024) > 1'000'000u);
}

SCENARIO("a start that would run out of descriptors is known before") {
  const auto child = ::fork();
  if (child == 0)
    ::_exit(look_with_few());
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK_EQ(WEXITSTATUS(status), as_expected);
}
