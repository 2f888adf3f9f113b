#include "actors/auth_manager/store_job.hpp"

#include <utility>

namespace troupe::auth_manager {

namespace {

using config::credential_error;

template <class T>
const T* value_in(const std::variant<T, credential_error>& x) {
  return std::get_if<T>(&x);
}

/// The lock, or why there is none.
std::variant<config::login_lock, store_job::busy, credential_error>
try_lock(const config::login_store& store) {
  auto lock = config::login_lock::try_take(store.home);
  const auto* error = std::get_if<std::error_code>(&lock);
  if (error == nullptr)
    return std::get<config::login_lock>(std::move(lock));
  if (*error == std::errc::resource_unavailable_try_again)
    return store_job::busy{};
  return config::lock_problem(store, *error);
}

} // namespace

void store_job::run(const login_sources& from) {
  remark_.clear();
  result_ = std::visit([&](const auto& x) { return run_order(x, from); }, order_);
}

store_job::result_type store_job::run_order(const load_login&, const login_sources& from) {
  auto read = config::load_login(from.store, from.environment, from.environment_key);
  if (auto* error = std::get_if<credential_error>(&read)) {
    remark_ = std::move(error->message); // counts as not logged in (contract 2.4)
    return loaded{};
  }
  return loaded{std::get<std::optional<config::login>>(std::move(read))};
}

store_job::result_type store_job::run_order(const open_store&, const login_sources& from) {
  auto lock = try_lock(from.store);
  if (auto* held = std::get_if<config::login_lock>(&lock)) {
    auto read = config::read_login(from.store);
    if (const auto* error = std::get_if<credential_error>(&read))
      return transient_failure(error->message);
    return opened{std::move(*held), std::get<std::optional<config::login>>(std::move(read))};
  }
  if (const auto* error = std::get_if<credential_error>(&lock))
    return transient_failure(error->message);
  return busy{};
}

store_job::result_type store_job::run_order(const save_tokens& x, const login_sources& from) {
  const auto read = config::read_login(from.store);
  const auto* stored = value_in(read);
  if (stored == nullptr)
    return transient_failure(std::get<credential_error>(read).message);
  if (!*stored)
    return transient_failure("nobody is logged in any more");
  auto renewed = with_tokens(**stored, x.tokens, x.renewed_at);
  if (auto* failure = std::get_if<refresh_failure>(&renewed))
    return std::move(*failure);
  login_desk::saved result{std::get<config::login>(std::move(renewed))};
  if (auto error = config::save_login(from.store, result.login)) {
    result.is_written = false;
    remark_ = std::move(error->message);
  }
  return result;
}

store_job::result_type store_job::run_order(const remove_login&, const login_sources& from) {
  const auto lock = try_lock(from.store);
  if (const auto* error = std::get_if<credential_error>(&lock))
    return refresh_failure{refusal::transient, error->message};
  if (std::holds_alternative<busy>(lock))
    return busy{};
  const auto removed = config::remove_login(from.store);
  const auto* outcome = value_in(removed);
  if (outcome == nullptr)
    return refresh_failure{refusal::transient, std::get<credential_error>(removed).message};
  return login_desk::removed{*outcome == config::logout_result::removed,
                             config::environment_login(from.environment, from.environment_key)};
}

} // namespace troupe::auth_manager
