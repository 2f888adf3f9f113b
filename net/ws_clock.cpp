#include "net/ws_clock.hpp"

#include "net/wire/deadline.hpp"

#include <algorithm>

namespace troupe::net {

void ws_clock::open(time_point now, std::chrono::milliseconds silence) {
  silence_limit_ = silence;
  progress_ = now;
  heard_ = now;
}

void ws_clock::expect_answer(time_point now) {
  is_expecting_ = true;
  progress_ = now;
}

void ws_clock::on_bytes(time_point now) {
  heard_ = now;
  is_asked_ = false;
}

void ws_clock::resume(time_point now) {
  is_suspended_ = false;
  progress_ = now;
  heard_ = now;
  is_asked_ = false;
}

void ws_clock::on_asked(time_point now) {
  heard_ = now;
  is_asked_ = true;
}

ws_clock::time_point ws_clock::deadline() const {
  return std::min(idle_deadline(), silence_deadline());
}

ws_clock::verdict ws_clock::at(time_point now) const {
  if (now < deadline())
    return verdict::wait;
  if (now >= idle_deadline())
    return verdict::idle;
  return is_asked_ ? verdict::silent : verdict::ask;
}

ws_clock::time_point ws_clock::idle_deadline() const {
  if (!is_expecting_ || is_suspended_ || idle_limit_.count() <= 0)
    return time_point::max();
  return deadline_after(progress_, idle_limit_);
}

ws_clock::time_point ws_clock::silence_deadline() const {
  if (is_suspended_ || silence_limit_.count() <= 0)
    return time_point::max();
  return deadline_after(heard_, silence_limit_);
}

} // namespace troupe::net
