#define CAF_SUITE run_concurrency
#include <caf/test/bdd_dsl.hpp>

#include "apps/run/concurrency.hpp"

using namespace troupe::run;

SCENARIO("as many tasks run at once as the limit of open files allows, one at least") {
  CHECK_EQ(affordable_tasks(0, model_place::elsewhere, sandbox_use::none), 1u);
  CHECK_EQ(affordable_tasks(descriptors_of_node, model_place::elsewhere, sandbox_use::none), 1u);
  CHECK_EQ(affordable_tasks(64, model_place::elsewhere, sandbox_use::none), 4u);
  CHECK_EQ(affordable_tasks(64, model_place::in_process, sandbox_use::none), 3u);
  CHECK_EQ(affordable_tasks(256, model_place::elsewhere, sandbox_use::none), 36u);
  CHECK_EQ(affordable_tasks(64, model_place::elsewhere, sandbox_use::possible), 1u);
  CHECK_EQ(affordable_tasks(128, model_place::elsewhere, sandbox_use::possible), 3u);
  CHECK_EQ(affordable_tasks(256, model_place::in_process, sandbox_use::possible), 12u);
  CHECK_EQ(affordable_tasks(1'048'576, model_place::elsewhere, sandbox_use::none), 174'756u);
}

SCENARIO("the cause of a failure is found in its sentence") {
  CHECK(is_out_of_descriptors("error sending request: http://127.0.0.1:1: Too many open files"));
  CHECK(is_out_of_descriptors("Too many open files in system"));
  CHECK(!is_out_of_descriptors("No space left on device"));
}

SCENARIO("whoever asked for more is told how to get it") {
  CHECK_EQ(fewer_tasks_text(4, 100, 64), "4 instead of 100 tasks run at once: 64 files may be open "
                                         "(ulimit -n). Raise that limit for more.\n");
}
