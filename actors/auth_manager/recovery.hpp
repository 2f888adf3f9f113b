#pragma once

#include "messages/auth.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::auth_manager {

/// The way out of a 401 (contract responses-client.md 2.8): which steps are left. One per sampling
/// call, made when the call is; pure, the auth manager does the steps.
///
/// At each 401: without `has_next` the 401 is the error of the call. Otherwise ask the auth manager
/// for `next`, and hand its answer to `on`. `reloaded` and `renewed` mean to build the request
/// again with the login of the answer. So one call makes three model requests at most.
class recovery {
public:
  /// Fixes the kind of login and its account for the whole call.
  explicit recovery(const login_snapshot& at_start)
    : expected_account_(at_start.account_id),
      state_(at_start.mode == login_mode::chatgpt_external ? state::ask_host : state::reload) {}

  /// `refused` is the login of the refused request. The login alone counts, also when the request
  /// carried the provider's own key.
  bool has_next(const login_snapshot& refused) const {
    return refused.repair == login_repair::possible && state_ != state::done;
  }

  /// Only when `has_next`.
  recover_login next(const login_snapshot& refused) const {
    return {.step = step(),
            .refused = refused.generation,
            .expected_account = state_ == state::reload ? expected_account_ : std::nullopt};
  }

  /// A step that failed, for now or for good, is not passed.
  void on(const login_recovery& answer) {
    switch (answer.outcome) {
    case recovery_outcome::reloaded:
      state_ = state_ == state::reload ? state::refresh : state::done;
      break;
    case recovery_outcome::renewed: state_ = state::done; break;
    case recovery_outcome::failed:
    case recovery_outcome::refused: break;
    }
  }

private:
  enum class state : std::uint8_t { reload, refresh, ask_host, done };

  recovery_step step() const {
    switch (state_) {
    case state::reload: return recovery_step::reload;
    case state::refresh:
    case state::done: return recovery_step::refresh;
    case state::ask_host: return recovery_step::ask_host;
    }
    return recovery_step::refresh; // unreachable; keeps GCC content
  }

  std::optional<std::string> expected_account_;
  state state_;
};

} // namespace troupe::auth_manager
