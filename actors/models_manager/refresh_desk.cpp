#include "actors/models_manager/refresh_desk.hpp"

#include <algorithm>
#include <utility>

namespace troupe::models_manager {

void refresh_desk::ask(ticket from, refresh_strategy x) {
  // A fetch is under way because the cache had nothing, or does not matter.
  if (x == refresh_strategy::offline && work_ == work::fetching) {
    settled_.push_back(from);
    return;
  }
  waiting_.push_back({.whose = from, .strategy = x, .is_uncached = work_ == work::fetching});
  begin_next();
}

void refresh_desk::on_notice(const std::string& etag, time_point now) {
  if (etag_ == etag) {
    if (renewed_at_ && now - *renewed_at_ < renewal_pause)
      return;
    renewed_at_ = now;
    renewal_wanted_ = etag;
    return begin_next();
  }
  const bool is_known = noticed_ == etag && now < noticed_until_;
  if (is_busy() || is_known || now < no_notice_before_)
    return;
  noticed_ = etag;
  noticed_until_ = now + same_notice_pause;
  background_fetch_ = true;
  begin_next();
}

void refresh_desk::refresh_unasked() {
  background_load_ = true;
  begin_next();
}

void refresh_desk::start_again(old_cache x) {
  work_ = work::none;
  order_.reset();
  etag_.reset();
  problem_.clear();
  background_load_ = background_fetch_ = false;
  reload_wanted_ = true;
  renewal_wanted_.reset();
  renewed_at_.reset();
  noticed_.reset();
  no_notice_before_ = {};
  failure_pause_ = {};
  drop_wanted_ = drop_wanted_ || x == old_cache::drop;
  for (auto& question : waiting_)
    question.is_uncached = false;
  begin_next();
}

void refresh_desk::on_loaded(bool hit, std::optional<std::string> etag) {
  work_ = work::none;
  if (hit) {
    etag_ = std::move(etag);
    problem_.clear();
  }
  settle_if([&](const waiting_question& x) {
    return x.strategy == refresh_strategy::offline ||
           (hit && x.strategy == refresh_strategy::online_if_uncached);
  });
  for (auto& question : waiting_)
    question.is_uncached = true;
  background_fetch_ = background_fetch_ || (std::exchange(background_load_, false) && !hit);
  begin_next();
}

void refresh_desk::on_fetched(std::optional<std::string> etag, time_point now) {
  etag_ = std::move(etag);
  problem_.clear();
  failure_pause_ = {};
  no_notice_before_ = {};
  renewed_at_ = now;
  work_ = work::none;
  settle_if([](const waiting_question& x) { return !wants_cache(x); });
  begin_next();
}

void refresh_desk::on_fetch_failed(std::string problem, time_point now) {
  problem_ = std::move(problem);
  failure_pause_ = std::clamp(failure_pause_ * 2, first_failure_pause, longest_failure_pause);
  no_notice_before_ = now + failure_pause_;
  noticed_.reset(); // it has not been answered
  work_ = work::none;
  settle_if([](const waiting_question& x) { return !wants_cache(x); });
  begin_next();
}

void refresh_desk::on_done() {
  work_ = work::none;
  begin_next();
}

void refresh_desk::give_up(std::string problem, time_point now) {
  switch (work_) {
  case work::loading: return on_loaded(false, std::nullopt);
  case work::fetching: return on_fetch_failed(std::move(problem), now);
  case work::renewing:
  case work::dropping: return on_done();
  case work::none: return;
  }
}

void refresh_desk::settle_all() {
  reload_wanted_ = background_load_ = background_fetch_ = false;
  settle_if([](const waiting_question&) { return true; });
  if (order_ && is_busy()) {
    order_.reset();
    on_done();
  }
}

std::vector<ticket> refresh_desk::take_settled() {
  return std::exchange(settled_, {});
}

std::optional<refresh_order> refresh_desk::take_order() {
  return std::exchange(order_, std::nullopt);
}

template <class Pick>
void refresh_desk::settle_if(Pick pick) {
  std::erase_if(waiting_, [&](const waiting_question& x) {
    const bool is_settled = pick(x);
    if (is_settled)
      settled_.push_back(x.whose);
    return is_settled;
  });
}

void refresh_desk::begin(work x, refresh_order order) {
  work_ = x;
  order_ = std::move(order);
}

void refresh_desk::begin_next() {
  if (work_ != work::none)
    return;
  if (std::exchange(drop_wanted_, false))
    return begin(work::dropping, drop_list{});
  if (std::exchange(reload_wanted_, false) || background_load_ ||
      std::ranges::any_of(waiting_, wants_cache))
    return begin(work::loading, load_list{});
  if (std::exchange(background_fetch_, false) || !waiting_.empty()) {
    for (auto& question : waiting_)
      question.is_uncached = true;
    return begin(work::fetching, fetch_list{});
  }
  if (auto etag = std::exchange(renewal_wanted_, std::nullopt))
    begin(work::renewing, renew_list{*std::move(etag)});
}

} // namespace troupe::models_manager
