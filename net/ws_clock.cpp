#include "net/ws_clock.hpp"

#include "net/wire/deadline.hpp"

#include <algorithm>
#include <utility>

namespace troupe::net {

void ws_clock::open(time_point now, std::chrono::milliseconds silence) {
  silence_limit_ = silence;
  progress_ = now;
  advanced_ = now;
  heard_ = now;
}

void ws_clock::expect_answer(time_point now) {
  progress_ = now;
  if (std::exchange(is_expecting_, true))
    return;
  advanced_ = now;
  asked_ = now;
}

void ws_clock::advance(time_point now) {
  advanced_ = std::max(advanced_, now);
}

void ws_clock::suspend(time_point now) {
  is_suspended_ = true;
  suspended_ = now;
}

void ws_clock::on_bytes(time_point now) {
  heard_ = now;
  is_asked_ = false;
}

void ws_clock::resume(time_point now) {
  if (std::exchange(is_suspended_, false))
    advanced_ += now - suspended_;
  progress_ = now;
  heard_ = now;
  is_asked_ = false;
}

void ws_clock::on_asked(time_point now) {
  heard_ = now;
  is_asked_ = true;
}

ws_clock::time_point ws_clock::deadline() const {
  return std::min({idle_deadline(), stall_deadline(), response_deadline(), silence_deadline()});
}

ws_clock::verdict ws_clock::at(time_point now) const {
  if (now < deadline())
    return verdict::wait;
  if (now >= response_deadline())
    return verdict::overdue;
  if (now >= idle_deadline())
    return verdict::idle;
  if (now >= stall_deadline())
    return verdict::stalled;
  return is_asked_ ? verdict::silent : verdict::ask;
}

ws_clock::time_point ws_clock::idle_deadline() const {
  if (!is_expecting_ || is_suspended_ || limits_.idle.count() <= 0)
    return time_point::max();
  return deadline_after(progress_, limits_.idle);
}

ws_clock::time_point ws_clock::stall_deadline() const {
  if (!is_expecting_ || is_suspended_ || limits_.stall.count() <= 0)
    return time_point::max();
  return deadline_after(advanced_, limits_.stall);
}

ws_clock::time_point ws_clock::response_deadline() const {
  if (!is_expecting_ || limits_.response.count() <= 0)
    return time_point::max();
  return deadline_after(asked_, limits_.response);
}

ws_clock::time_point ws_clock::silence_deadline() const {
  if (is_suspended_ || silence_limit_.count() <= 0)
    return time_point::max();
  return deadline_after(heard_, silence_limit_);
}

} // namespace troupe::net
