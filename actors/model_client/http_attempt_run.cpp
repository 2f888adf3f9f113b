#include "actors/model_client/http_attempt_run.hpp"

#include "actors/model_client/event_reports.hpp"
#include "actors/model_client/response_headers.hpp"
#include "config/log.hpp"

#include <string>
#include <utility>

namespace troupe::model_client {

namespace {

constexpr bool is_success(int status) {
  return status >= 200 && status <= 299;
}

} // namespace

void observation::tell_over(attempt_end x) const {
  x.attempt = attempt;
  x.duration =
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  observer->on_attempt_over(call, x);
}

http_attempt::http_attempt(setup x, std::shared_ptr<net::byte_budget> budget)
  : setup_(std::move(x)), reader_(setup_.max_event_bytes, std::move(budget)) {
  if (setup_.watched.observer != nullptr)
    waiting_since_ = clock::now();
}

std::shared_ptr<http_attempt> http_attempt::start(net::http_client& client,
                                                  net::http_request request, std::uint64_t granted,
                                                  setup x) {
  auto self = std::make_shared<http_attempt>(std::move(x), client.unfinished_bytes());
  request.credit = 0; // until the attempt knows its call
  self->call_ = client.start(
    std::move(request), {.on_head = [self](const net::response_head& head) { self->on_head(head); },
                         .on_chunk = [self](std::string_view bytes) { self->on_chunk(bytes); },
                         .on_done =
                           [self](net::call_outcome outcome) {
                             self->on_done(std::move(outcome));
                             self->setup_.owner.on_over();
                           }});
  self->call_.grant(granted);
  return self;
}

bool http_attempt::has_begun() const {
  return is_success(outcome_.head.status);
}

void http_attempt::on_head(const net::response_head& head) {
  settle(head);
  status_ = head.status;
  if (setup_.watched.observer != nullptr)
    report_request(head, net::net_errc::none);
  if (is_success(head.status))
    append_header_events(head.headers, events_);
}

/// Gives the governor's pass back.
void http_attempt::settle(const net::response_head& head) {
  if (!setup_.pass || std::exchange(is_settled_, true))
    return;
  if (!setup_.pass->settle(head.status, has_rate_headers(head.headers)))
    return;
  answer_status_ = head.status;
  answer_reading_ = read_rate_headers(head.headers, setup_.owner.unix_now());
  setup_.owner.on_answer();
}

void http_attempt::on_chunk(std::string_view bytes) {
  if (reader_.is_completed() || flaw_ != net::net_errc::none)
    return;
  if (setup_.keeps_body)
    kept_body_ += bytes;
  const auto known = events_.size(); // those of the headers wait for company
  const auto progress = reader_.feed(bytes, events_);
  if (progress.dispatched > 0)
    call_.progress();
  if (progress.own > 0)
    call_.advance();
  if (progress.unreadable > 0)
    log::debug("{} event(s) of a model's stream cannot be read and are left out",
               progress.unreadable);
  if (setup_.watched.observer != nullptr)
    report_events(known);
  if (events_.size() > known)
    send_events();
  else
    call_.grant(1); // the consumer's credit counts messages, and this read made none
  if (reader_.is_completed()) {
    report_over();
    setup_.audience->tell_end({});
    call_.finish_early();
  } else if (progress.error != net::net_errc::none) {
    flaw_ = progress.error;
    call_.cancel();
  }
}

void http_attempt::on_done(net::call_outcome outcome) {
  settle(outcome.head);
  if (!events_.empty())
    send_events();
  outcome_ = std::move(outcome);
  if (has_begun() && !reader_.is_completed())
    failure_ = limit_error(outcome_.error, setup_.limits)
                 .value_or(reader_.failure(flaw_ != net::net_errc::none ? flaw_ : outcome_.error));
  status_ = outcome_.head.status;
  if (setup_.watched.observer != nullptr)
    report_end(outcome_.error);
  report_over();
}

void http_attempt::send_events() {
  setup_.audience->tell(std::exchange(events_, {}));
}

void http_attempt::report_request(const net::response_head& head, net::net_errc error) {
  if (std::exchange(is_reported_, true))
    return;
  const auto now = clock::now();
  request_report x{.attempt = setup_.watched.attempt,
                   .status = head.status == 0 ? std::nullopt : std::optional{head.status}};
  if (error != net::net_errc::none)
    x.error = net::to_text(error);
  x.duration = std::chrono::duration_cast<std::chrono::microseconds>(now - waiting_since_);
  waiting_since_ = now;
  setup_.watched.observer->on_request(setup_.watched.call, x);
}

/// `known`: events that were there before this read.
void http_attempt::report_events(std::size_t known) {
  const auto now = clock::now();
  auto waited = std::chrono::duration_cast<std::chrono::microseconds>(now - waiting_since_);
  for (const auto& event : reader_.dispatched()) {
    auto x = report_of(event);
    x.duration = std::exchange(waited, {});
    waiting_since_ = now;
    setup_.watched.observer->on_sse_poll(setup_.watched.call, x);
  }
  for (auto i = known; i < events_.size(); ++i)
    if (const auto* completed = std::get_if<response_completed>(&events_[i])) {
      usage_ = completed->usage;
      setup_.watched.observer->on_completed(setup_.watched.call, usage_);
    }
}

void http_attempt::report_end(net::net_errc error) {
  if (!has_begun())
    return report_request(outcome_.head, error);
  if (error == net::net_errc::none || reader_.is_completed())
    return; // the end of a stream is no event
  const auto now = clock::now();
  setup_.watched.observer->on_sse_poll(
    setup_.watched.call,
    {.kind = "unknown",
     .is_success = false,
     .error = net::to_text(error),
     .duration = std::chrono::duration_cast<std::chrono::microseconds>(now - waiting_since_)});
}

void http_attempt::report_over() {
  if (setup_.watched.observer == nullptr || std::exchange(is_reported_over_, true))
    return;
  attempt_end x{.usage = usage_};
  if (status_ != 0)
    x.status = status_;
  if (flaw_ != net::net_errc::none)
    x.error = net::to_text(flaw_);
  else if (outcome_.error != net::net_errc::none)
    x.error = net::to_text(outcome_.error);
  else if (failure_)
    x.error = to_text(failure_->code);
  setup_.watched.tell_over(x);
}

} // namespace troupe::model_client
