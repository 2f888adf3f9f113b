#include "actors/auth_manager/login_desk.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::auth_manager {

namespace {

const recover_login* recovery_in(const std::variant<get_login, recover_login, log_out>& x) {
  return std::get_if<recover_login>(&x);
}

renewed_tokens tokens_of(const config::login& x) {
  return {x.tokens->id_token, x.tokens->access_token, x.tokens->refresh_token};
}

} // namespace

login_desk::login_desk() {
  begin(work::first_load, load_login{});
}

login_desk::login_desk(std::optional<config::login> known) : login_(std::move(known)) {}

void login_desk::ask(ticket from, const get_login& x, time_point now) {
  if (is_idle() && should_renew(now))
    begin_renewal();
  if (work_ == work::first_load || (work_ == work::renewal && requests_wait_)) {
    waiting_.push_back({from, x});
    return;
  }
  answer(from, snapshot());
  begin_next(now);
}

void login_desk::ask(ticket from, const recover_login& x, time_point now) {
  if (work_ != work::first_load)
    if (auto early = early_answer(x))
      return answer(from, *std::move(early));
  waiting_.push_back({from, x});
  begin_next(now);
}

void login_desk::ask(ticket from, const log_out& x, time_point now) {
  waiting_.push_back({from, x});
  begin_next(now);
}

std::optional<login_recovery> login_desk::early_answer(const recover_login& x) const {
  const auto is_other = generation_ != x.refused;
  if (is_other && (x.step == recovery_step::ask_host) != is_external())
    return success(x); // somebody has logged in differently since
  if (snapshot().repair == login_repair::impossible)
    return is_other ? success(x)
                    : login_recovery{recovery_outcome::failed, snapshot(),
                                     transient_failure("it is no ChatGPT login").message};
  if (renewed_generation_ > x.refused)
    return success(x);
  if (x.step == recovery_step::reload && generation_ > x.refused && x.expected_account &&
      x.expected_account == account_of(login_))
    return success(x);
  if (x.step == recovery_step::refresh && is_refused())
    return login_recovery{recovery_outcome::refused, snapshot(), refusal_->message};
  return std::nullopt;
}

/// A reload that found what it expected leaves a refresh to try.
login_recovery login_desk::success(const recover_login& x) const {
  const auto is_reload = x.step == recovery_step::reload && x.expected_account &&
                         x.expected_account == account_of(login_);
  return {is_reload ? recovery_outcome::reloaded : recovery_outcome::renewed, snapshot(), {}};
}

bool login_desk::is_external() const {
  return login_ && login_->mode() == config::auth_mode::chatgpt_external;
}

bool login_desk::should_renew(time_point now) const {
  return login_ && is_stale(*login_, now) && now >= no_renewal_before_ && !is_refused();
}

login_snapshot login_desk::snapshot() const {
  auto result = config::snapshot_of(login_, generation_);
  if (is_external() && has_host_)
    result.repair = login_repair::possible;
  return result;
}

void login_desk::begin(work x, desk_order order) {
  work_ = x;
  order_ = std::move(order);
  requests_wait_ = true;
}

void login_desk::begin_renewal() {
  begin(work::renewal, open_store{});
}

/// The first request in the queue that needs work decides which; others that need the same share
/// it.
void login_desk::begin_next(time_point now) {
  if (!is_idle())
    return;
  const auto next = std::ranges::find_if(
    waiting_, [](const waiting_request& x) { return !std::holds_alternative<get_login>(x.what); });
  if (next == waiting_.end()) {
    if (unwritten_since_ && now >= no_save_before_)
      begin(work::second_save, open_store{});
    return;
  }
  const auto* recover = recovery_in(next->what);
  if (recover == nullptr)
    return begin(work::removal, remove_login{});
  switch (recover->step) {
  case recovery_step::reload: return begin(work::reload, load_login{});
  case recovery_step::refresh: return begin_renewal();
  case recovery_step::ask_host: return begin(work::host, ask_host{account_of(login_)});
  }
}

void login_desk::use_external(config::login x, time_point now) {
  has_host_ = true;
  unwritten_since_.reset();
  adopt(std::move(x));
  for (auto& request : take([](const auto& y) { return !std::holds_alternative<log_out>(y.what); }))
    if (const auto* recover = recovery_in(request.what))
      answer(request.whose, success(*recover));
    else
      answer(request.whose, snapshot());
  finish(now);
}

void login_desk::on_loaded(std::optional<config::login> x, time_point now) {
  if (work_ == work::first_load) {
    login_ = std::move(x);
    work_ = work::none;
    for (const auto& request : std::exchange(waiting_, {}))
      std::visit([&](const auto& what) { ask(request.whose, what, now); }, request.what);
    return;
  }
  // What could not be written is younger than what is on disk, unless somebody else has renewed it.
  const auto keeps_own =
    is_external() || (unwritten_since_ && x && !was_renewed_elsewhere(*login_, *x));
  const auto found = account_of(keeps_own ? login_ : x);
  bool is_wanted = false;
  for (auto& request : waiting_) {
    auto* recover = std::get_if<recover_login>(&request.what);
    if (recover == nullptr || recover->step != recovery_step::reload)
      continue;
    if (recover->expected_account && recover->expected_account == found)
      is_wanted = true;
    else
      recover->step = recovery_step::refresh; // with what is known here, not with what was loaded
  }
  if (is_wanted && !keeps_own)
    adopt(std::move(x));
  for (auto& request : take([](const auto& y) { return waits_for(y, work::reload); }))
    answer(request.whose, success(*recovery_in(request.what)));
  finish(now);
}

void login_desk::on_opened(const std::optional<config::login>& stored, time_point now) {
  const auto is_renewed = stored && login_ && was_renewed_elsewhere(*login_, *stored);
  if (is_renewed)
    adopt(stored);
  if (!stored || is_renewed)
    unwritten_since_.reset(); // it has no place any more
  if (!stored)                // a refresh would use up a token whose successor had no place either
    return on_failed(transient_failure("nobody is logged in any more"), now);
  if (work_ == work::second_save) {
    if (is_renewed)
      return finish(now);
    order_ = save_tokens{tokens_of(*login_), *unwritten_since_};
    return;
  }
  if (!is_renewed || is_stale(*login_, now))
    return send_refresh_token(now);
  settle_renewed();
  finish(now);
}

void login_desk::send_refresh_token(time_point now) {
  if (!login_ || !login_->tokens || login_->tokens->refresh_token.empty())
    return on_failed(transient_failure("there is no refresh token"), now);
  order_ = send_refresh{login_->tokens->refresh_token};
}

void login_desk::on_refreshed(std::variant<renewed_tokens, refresh_failure> x, time_point now) {
  if (const auto* failure = std::get_if<refresh_failure>(&x))
    return on_failed(*failure, now);
  order_ = save_tokens{std::get<renewed_tokens>(std::move(x)), now};
}

void login_desk::on_saved(saved x, time_point now) {
  const auto is_second = work_ == work::second_save;
  if (x.is_written)
    unwritten_since_.reset();
  else if (!is_second)
    unwritten_since_ = now;
  no_save_before_ = now + save_pause;
  if (!is_second) {
    adopt(std::move(x.login));
    settle_renewed();
  }
  finish(now);
}

void login_desk::on_host_answer(config::login x, time_point now) {
  adopt(std::move(x));
  settle_renewed();
  finish(now);
}

void login_desk::on_removed(removed x, time_point now) {
  const auto was_logged_in = x.was_there || is_external();
  adopt(std::move(x.left));
  has_host_ = false;
  unwritten_since_.reset();
  for (const auto& request : take([](const auto& y) { return waits_for(y, work::removal); }))
    answer(request.whose, logged_out{was_logged_in});
  finish(now);
}

void login_desk::on_failed(const refresh_failure& x, time_point now) {
  if (work_ == work::second_save) {
    no_save_before_ = now + save_pause;
    return finish(now);
  }
  if (work_ == work::renewal)
    no_renewal_before_ = now + renewal_pause;
  if (is_permanent(x.reason)) {
    refusal_ = x;
    refused_generation_ = generation_;
  }
  settle_failed(x);
  finish(now);
}

void login_desk::stop_waiting_for_renewal() {
  if (work_ != work::renewal)
    return;
  requests_wait_ = false;
  for (const auto& request :
       take([](const auto& x) { return std::holds_alternative<get_login>(x.what); }))
    answer(request.whose, snapshot());
}

void login_desk::adopt(std::optional<config::login> x) {
  if (x == login_)
    return;
  login_ = std::move(x);
  ++generation_;
}

/// Requests that came for the work that is over have been answered; it is the turn of the others.
void login_desk::finish(time_point now) {
  work_ = work::none;
  order_.reset();
  for (const auto& request : std::exchange(waiting_, {}))
    std::visit([&](const auto& what) { ask(request.whose, what, now); }, request.what);
  begin_next(now);
}

bool login_desk::waits_for(const waiting_request& x, work y) {
  if (std::holds_alternative<get_login>(x.what))
    return y == work::renewal || y == work::first_load;
  const auto* recover = recovery_in(x.what);
  if (recover == nullptr)
    return y == work::removal;
  switch (recover->step) {
  case recovery_step::reload: return y == work::reload;
  case recovery_step::refresh: return y == work::renewal;
  case recovery_step::ask_host: return y == work::host;
  }
  return false; // unreachable; keeps GCC content
}

void login_desk::settle_renewed() {
  renewed_generation_ = generation_;
  for (const auto& request : take([this](const auto& x) { return waits_for(x, work_); }))
    if (const auto* recover = recovery_in(request.what))
      answer(request.whose, success(*recover));
    else
      answer(request.whose, snapshot());
}

void login_desk::settle_failed(const refresh_failure& x) {
  const auto outcome =
    is_permanent(x.reason) ? recovery_outcome::refused : recovery_outcome::failed;
  for (const auto& request : take([this](const auto& y) { return waits_for(y, work_); }))
    if (std::holds_alternative<get_login>(request.what))
      answer(request.whose, snapshot());
    else if (recovery_in(request.what) != nullptr)
      answer(request.whose, login_recovery{outcome, snapshot(), x.message});
    else
      answer(request.whose, x.message);
}

template <class Pick>
std::vector<login_desk::waiting_request> login_desk::take(Pick pick) {
  const auto rest = std::stable_partition(waiting_.begin(), waiting_.end(),
                                          [&](const auto& x) { return !pick(x); });
  std::vector<waiting_request> result(std::make_move_iterator(rest),
                                      std::make_move_iterator(waiting_.end()));
  waiting_.erase(rest, waiting_.end());
  return result;
}

void login_desk::answer(ticket whose, desk_answer x) {
  answers_.push_back({whose, std::move(x)});
}

std::vector<login_desk::settled> login_desk::take_answers() {
  return std::exchange(answers_, {});
}

std::optional<desk_order> login_desk::take_order() {
  return std::exchange(order_, std::nullopt);
}

} // namespace troupe::auth_manager
