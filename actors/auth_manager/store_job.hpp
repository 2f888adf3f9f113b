#pragma once

#include "actors/auth_manager/login_desk.hpp"
#include "config/login_lock.hpp"
#include "config/login_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace troupe::auth_manager {

/// Where logins come from, in the order of contract responses-client.md 2.4.
struct login_sources {
  config::login_store store;
  config::environment environment;
  config::key_from_environment environment_key = config::key_from_environment::ignored;
};

/// One access to the stored login: made by the actor, run on a thread that may block, read by the
/// actor again. Never waits for a lock.
class store_job {
public:
  /// `order` is one of those that concern the store.
  explicit store_job(desk_order order) : order_(std::move(order)) {}

  void run(const login_sources& from);

  struct loaded {
    std::optional<config::login> login;
  };
  struct opened {
    config::login_lock lock;
    std::optional<config::login> login;
  };
  /// Somebody else holds the lock: the same job may be run again later.
  struct busy {};

  using result_type = std::variant<std::monostate, loaded, opened, login_desk::saved,
                                   login_desk::removed, busy, refresh_failure>;

  result_type& result() { return result_; }
  /// What went wrong without being a failure of the order: for the log. Empty: nothing.
  const std::string& remark() const { return remark_; }

private:
  result_type run_order(const load_login&, const login_sources& from);
  result_type run_order(const open_store&, const login_sources& from);
  result_type run_order(const save_tokens& x, const login_sources& from);
  result_type run_order(const remove_login&, const login_sources& from);
  template <class Order>
  result_type run_order(const Order&, const login_sources&) {
    return {}; // not about the store
  }

  desk_order order_;
  result_type result_;
  std::string remark_;
};

} // namespace troupe::auth_manager
