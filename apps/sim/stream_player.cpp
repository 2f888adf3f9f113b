#include "apps/sim/stream_player.hpp"

#include <utility>

namespace troupe::sim {

namespace {

/// An endless stream pauses while its client has this much still to read.
constexpr std::size_t max_lag_bytes = 1024 * 1024;

/// How often a stream that is held looks whether it still is.
constexpr std::chrono::milliseconds hold_interval{50};

using clock = std::chrono::steady_clock;

bool is_stream(const answer& x) {
  return x.content_type == "text/event-stream";
}

} // namespace

bool stream_hold::is_over(std::uint64_t open, clock::time_point now) {
  if (wanted_ == 0)
    return true;
  auto reached_at = reached_at_.load(std::memory_order_relaxed);
  if (reached_at == 0 && open >= wanted_ &&
      reached_at_.compare_exchange_strong(reached_at, now.time_since_epoch().count()))
    return false;
  return reached_at != 0 && now - clock::time_point{clock::duration{reached_at}} >= moment;
}

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

void play(const player_stage& stage, const net::responder& to, answer what) {
  const bool is_held = is_stream(what) && !stage.hold->is_over(stage.streams->open(), clock::now());
  const bool is_plain = !is_held && what.before_head.count() == 0 && what.events.empty() &&
                        what.sends_head && what.end == answer::ending::finish;
  if (!is_plain)
    return std::make_shared<stream_player>(stage, to, std::move(what))->start();
  if (!is_stream(what))
    return to.answer(what.status, headers_of(what), std::move(what.body));
  to.start_stream(what.status, headers_of(what));
  to.write(std::move(what.body));
  to.finish();
}

stream_player::stream_player(player_stage stage, net::responder to, answer what)
  : stage_(std::move(stage)), to_(std::move(to)), what_(std::move(what)) {
  what_.body.shrink_to_fit(); // it may stay for minutes
  what_.events.shrink_to_fit();
  stage_.streams->enter();
}

stream_player::~stream_player() {
  stage_.streams->leave();
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
  stage_.wheel->wake(weak_from_this(), when);
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
  hold();
}

void stream_player::hold() {
  if (is_stream(what_) && !stage_.hold->is_over(stage_.streams->open(), clock::now())) {
    due_ = clock::now() + hold_interval; // what follows is paced from the end of the hold
    return wait_until(due_, &stream_player::hold);
  }
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
