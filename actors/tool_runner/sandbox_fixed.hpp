#pragma once

#include "actors/tool_runner/sandbox_run.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace troupe::tool_runner {

/// Internal to sandbox_launcher.
struct sandbox_launcher::fixed {
  sandbox_setup setup;
  std::uint32_t gid = 0;
  std::shared_ptr<const thread_folders> folders; ///< null: /tmp is shared
  std::string problem;                           ///< why there are none; empty: all is well

  survey look(survey_order order, const thread_id& thread) const {
    if (folders)
      order.own_tmp = folders->folder(thread);
    return look_at(setup, order);
  }
};

} // namespace troupe::tool_runner
