#define CAF_SUITE thread_limit
#include <caf/test/bdd_dsl.hpp>

#include "config/thread_limit.hpp"

using namespace troupe::config;

SCENARIO("whoever gets no thread is told which limits there are and how to raise them") {
  CHECK_EQ(thread_limit_text({.user = 12}),
           "the system refuses this program another thread. `ulimit -u` is 12 (processes and "
           "threads of this user, those of other programs included). Raise what is too low or end "
           "other programs, then start it again.");
  CHECK_EQ(thread_limit_text({.group = 20, .group_file = "/sys/fs/cgroup/pids.max"}),
           "the system refuses this program another thread. /sys/fs/cgroup/pids.max is 20 (all of "
           "this container or service together: docker run --pids-limit, TasksMax= of systemd). "
           "Raise what is too low or end other programs, then start it again.");
  CHECK_EQ(thread_limit_text({.user = 96363, .address_space = 102'400'000}),
           "the system refuses this program another thread. `ulimit -v` is 100000 (KiB of address "
           "space of this program). Raise it, then start it again.");
  CHECK(thread_limit_text({}).find("threads-max") != std::string::npos);
}
