#pragma once

#include "actors/auth_manager/token_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Who asked the auth manager for what, and what is done about it: the login, its generations, and
/// one piece of work at a time that all who need it share (contract responses-client.md 2.6 to
/// 2.9). Pure: the caller brings time and results, and carries out what is ordered.
namespace troupe::auth_manager {

// What is to be done; each is answered by the function of `login_desk` that is named here. What
// takes too long or cannot be done: `on_failed`.

/// Read the login that counts: `on_loaded`.
struct load_login {
  bool operator==(const load_login&) const = default;
};
/// Lock the store, then read it: `on_opened`. The lock is held until the desk is idle.
struct open_store {
  bool operator==(const open_store&) const = default;
};
/// Ask the token server: `on_refreshed`.
struct send_refresh {
  config::secret refresh_token;
  bool operator==(const send_refresh&) const = default;
};
/// Read the store again, put the tokens into what is there and write it: `on_saved`.
struct save_tokens {
  renewed_tokens tokens;
  time_point renewed_at;
  bool operator==(const save_tokens&) const = default;
};
/// Ask the host application: `on_host_answer`.
struct ask_host {
  std::optional<std::string> previous_account;
  bool operator==(const ask_host&) const = default;
};
/// Remove the stored login under its lock: `on_removed`.
struct remove_login {
  bool operator==(const remove_login&) const = default;
};

using desk_order =
  std::variant<load_login, open_store, send_refresh, save_tokens, ask_host, remove_login>;

/// Names a request, chosen by the caller.
using ticket = std::uint64_t;

/// The text says why a log-out failed.
using desk_answer = std::variant<login_snapshot, login_recovery, logged_out, std::string>;

class login_desk {
public:
  /// After a refresh that failed, stale tokens are used as they are for so long: requests must not
  /// wait for a token server that is down, each of them.
  static constexpr std::chrono::seconds renewal_pause{60};
  /// Between two attempts to write renewed tokens to a disk that refused them.
  static constexpr std::chrono::seconds save_pause{30};

  /// Knows no login yet: orders `load_login` first.
  login_desk();
  explicit login_desk(std::optional<config::login> known);

  void ask(ticket from, const get_login& x, time_point now);
  void ask(ticket from, const recover_login& x, time_point now);
  void ask(ticket from, const log_out& x, time_point now);

  /// A login that a host application lends, from now on. Whoever waits is answered with it.
  void use_external(config::login x, time_point now);

  void on_loaded(std::optional<config::login> x, time_point now);
  void on_opened(const std::optional<config::login>& stored, time_point now);
  void on_refreshed(std::variant<renewed_tokens, refresh_failure> x, time_point now);
  /// `is_written` false: the disk refused it; the login counts in this process all the same.
  struct saved {
    config::login login;
    bool is_written = true;
  };
  void on_saved(saved x, time_point now);
  void on_host_answer(config::login x, time_point now);
  struct removed {
    bool was_there = false;
    std::optional<config::login> left; ///< the environment's
  };
  void on_removed(removed x, time_point now);
  void on_failed(const refresh_failure& x, time_point now);

  /// Requests have waited long enough for a refresh: they go on with the old login.
  void stop_waiting_for_renewal();

  struct settled {
    ticket whose = 0;
    desk_answer answer;
  };
  /// Answers since the last call.
  std::vector<settled> take_answers();
  /// What to begin now, if anything.
  std::optional<desk_order> take_order();

  bool is_idle() const { return work_ == work::none; }
  /// False until the first load is over.
  bool knows_login() const { return work_ != work::first_load; }
  std::size_t waiting() const { return waiting_.size(); }
  login_snapshot snapshot() const;
  const std::optional<config::login>& current() const { return login_; }

private:
  enum class work : std::uint8_t { none, first_load, reload, renewal, second_save, host, removal };

  struct waiting_request {
    ticket whose = 0;
    std::variant<get_login, recover_login, log_out> what;
  };

  std::optional<login_recovery> early_answer(const recover_login& x) const;
  login_recovery success(const recover_login& x) const;
  bool is_external() const;
  bool should_renew(time_point now) const;
  bool is_refused() const { return refusal_ && refused_generation_ == generation_; }

  void begin(work x, desk_order order);
  void begin_next(time_point now);
  void begin_renewal();
  void send_refresh_token(time_point now);
  void adopt(std::optional<config::login> x);
  void finish(time_point now);
  void answer(ticket whose, desk_answer x);
  void settle_renewed();
  void settle_failed(const refresh_failure& x);
  static bool waits_for(const waiting_request& x, work y);

  /// Takes the requests for which `pick` holds out of the queue.
  template <class Pick>
  std::vector<waiting_request> take(Pick pick);

  std::optional<config::login> login_;
  std::uint64_t generation_ = 1;
  std::uint64_t renewed_generation_ = 0; ///< the last one that a refresh brought
  bool has_host_ = false;
  std::optional<refresh_failure> refusal_; ///< for good, of `refused_generation_`
  std::uint64_t refused_generation_ = 0;
  time_point no_renewal_before_{};
  std::optional<time_point> unwritten_since_; ///< when tokens were renewed that are not on disk
  time_point no_save_before_{};
  bool requests_wait_ = true; ///< for the renewal under way

  work work_ = work::none;
  std::optional<desk_order> order_;
  std::vector<waiting_request> waiting_;
  std::vector<settled> answers_;
};

} // namespace troupe::auth_manager
