#include "apps/run/concurrency.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <system_error>

namespace troupe::run {

std::size_t affordable_tasks(std::size_t open_file_limit, model_place model, sandbox_use sandbox) {
  const auto is_sandboxed = sandbox == sandbox_use::possible;
  const auto of_all = descriptors_of_node + (is_sandboxed ? descriptors_of_sandbox : 0);
  if (open_file_limit <= of_all)
    return 1;
  const auto each = descriptors_of_task + (model == model_place::in_process ? 1 : 0) +
                    (is_sandboxed ? descriptors_of_sandboxed_task : 0);
  return std::max<std::size_t>(1, (open_file_limit - of_all) / each);
}

std::string fewer_tasks_text(std::size_t affordable, std::size_t wanted,
                             std::size_t open_file_limit) {
  return fmt::format("{} instead of {} tasks run at once: {} files may be open (ulimit -n). Raise "
                     "that limit for more.\n",
                     affordable, wanted, open_file_limit);
}

bool is_out_of_descriptors(std::string_view error) {
  // Errors of tasks are sentences; all that come from this cause end with the system's words.
  static const auto words = std::generic_category().message(EMFILE);
  return error.find(words) != std::string_view::npos;
}

} // namespace troupe::run
