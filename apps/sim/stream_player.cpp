#include "apps/sim/stream_player.hpp"

#include <utility>

namespace troupe::sim {

namespace {

/// An endless stream pauses while its client has this much still to read.
constexpr std::size_t max_lag_bytes = 1024 * 1024;

bool is_stream(const answer& x) {
  return x.content_type == "text/event-stream";
}

} // namespace

net::header_list headers_of(const answer& x) {
  net::header_list result;
  result.reserve(x.headers.size() + 2);
  result.set("content-type", x.content_type);
  if (is_stream(x))
    result.set("cache-control", "no-cache");
  for (const auto& [name, value] : x.headers)
    result.set(name, value);
  return result;
}

void play(const std::shared_ptr<pace_wheel>& wheel, const net::responder& to, answer what,
          const shared_counter& open) {
  const bool is_plain = what.before_head.count() == 0 && what.events.empty() && what.sends_head &&
                        what.end == answer::ending::finish;
  if (!is_plain)
    return std::make_shared<stream_player>(wheel, to, std::move(what), open)->start();
  if (!is_stream(what))
    return to.answer(what.status, headers_of(what), std::move(what.body));
  to.start_stream(what.status, headers_of(what));
  to.write(std::move(what.body));
  to.finish();
}

stream_player::stream_player(std::shared_ptr<pace_wheel> wheel, net::responder to, answer what,
                             shared_counter open)
  : wheel_(std::move(wheel)), to_(std::move(to)), what_(std::move(what)), open_(std::move(open)) {
  what_.body.shrink_to_fit(); // it may stay for minutes
  what_.events.shrink_to_fit();
  count(*open_);
}

stream_player::~stream_player() {
  open_->fetch_sub(1, std::memory_order_relaxed);
}

void stream_player::start() {
  to_.on_disconnect([self = shared_from_this()] { self->next_step_ = nullptr; });
  due_ = clock::now() + what_.before_head;
  wait_until(due_, &stream_player::send_head);
}

void stream_player::wait_until(clock::time_point when, step then) {
  if (when <= clock::now())
    return (this->*then)();
  next_step_ = then;
  wheel_->wake(weak_from_this(), when);
}

void stream_player::on_due() {
  if (next_step_ != nullptr)
    (this->*std::exchange(next_step_, nullptr))();
}

void stream_player::send_head() {
  if (!what_.sends_head)
    return end();
  const bool is_whole = what_.events.empty() && what_.end == answer::ending::finish;
  if (is_whole && !is_stream(what_))
    return to_.answer(what_.status, headers_of(what_), std::move(what_.body));
  to_.start_stream(what_.status, headers_of(what_));
  what_.headers = {};
  if (what_.events.empty())
    what_.events.push_back({what_.body.size(), {}});
  due_ += what_.events.front().wait;
  send_due();
}

void stream_player::send_due() {
  const auto now = clock::now();
  auto end_of_due = sent_bytes_;
  while (next_event_ < what_.events.size() && due_ <= now) {
    end_of_due = what_.events[next_event_].end;
    if (++next_event_ < what_.events.size())
      due_ += what_.events[next_event_].wait;
  }
  if (end_of_due > sent_bytes_)
    to_.write(what_.body.substr(sent_bytes_, end_of_due - sent_bytes_));
  sent_bytes_ = end_of_due;
  if (next_event_ == what_.events.size())
    return end();
  wait_until(due_, &stream_player::send_due);
}

void stream_player::end() {
  switch (what_.end) {
  case answer::ending::finish: return to_.finish();
  case answer::ending::cut: return to_.cut(net::responder::cut_mode::close);
  case answer::ending::reset: return to_.cut(net::responder::cut_mode::reset);
  case answer::ending::hang: return to_.hang();
  case answer::ending::repeat: return repeat();
  }
}

void stream_player::repeat() {
  const auto first = what_.events.size() < 2 ? 0 : what_.events[what_.events.size() - 2].end;
  if (to_.unsent_bytes() < max_lag_bytes)
    to_.write(what_.body.substr(first));
  // Never without a pause: the stream would take the thread for itself.
  wait_until(clock::now() + std::max(what_.repeat_interval, std::chrono::microseconds{1000}),
             &stream_player::repeat);
}

} // namespace troupe::sim
