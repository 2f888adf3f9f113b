#pragma once

#include "messages/auth.hpp"
#include "messages/interfaces.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

/// An auth manager that does as it is told, for tests of what a model client makes of it.
namespace troupe::testing {

/// Answers logins from a script.
struct auth_script {
  std::deque<login_snapshot> logins;
  std::deque<login_recovery> recoveries;
  std::vector<recover_login> asked;
  std::size_t login_questions = 0;
  std::vector<login_watcher_actor> watchers;
};

inline login_snapshot chatgpt_login(std::uint64_t generation, const std::string& token) {
  return {.generation = generation,
          .mode = login_mode::chatgpt,
          .token = secret{token},
          .account_id = "acc",
          .repair = login_repair::possible,
          .problem = {}};
}

inline auth_manager_actor::behavior_type scripted_auth(std::shared_ptr<auth_script> script) {
  return {[script](const get_login&) -> caf::result<login_snapshot> {
            ++script->login_questions;
            return script->logins.front();
          },
          [script](const recover_login& x) -> caf::result<login_recovery> {
            script->asked.push_back(x);
            auto answer = script->recoveries.front();
            script->recoveries.pop_front();
            return answer;
          },
          [](const use_external_login&) -> caf::result<void> { return caf::unit; },
          [](const log_out&) -> caf::result<logged_out> { return logged_out{}; },
          [script](const watch_login& x) -> caf::result<void> {
            script->watchers.push_back(x.watcher);
            return caf::unit;
          }};
}

} // namespace troupe::testing
