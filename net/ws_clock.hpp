#pragma once

#include <chrono>

namespace troupe::net {

/// How long an open WebSocket may be quiet. Pure: time is an argument.
class ws_clock {
public:
  using time_point = std::chrono::steady_clock::time_point;

  enum class verdict { wait, ask, idle, stalled, overdue, silent };

  /// While something is expected of the peer. 0: no limit.
  struct limits {
    std::chrono::milliseconds idle{0};     ///< from our message or its last frame, of any kind
    std::chrono::milliseconds stall{0};    ///< the same, from the last `advance`
    std::chrono::milliseconds response{0}; ///< from our message to `rest`
  };

  explicit ws_clock(limits x) : limits_(x) {}
  explicit ws_clock(std::chrono::milliseconds idle) : limits_{.idle = idle} {}

  /// `silence`: a peer that has sent nothing for so long, expected or not, is asked by a ping, and
  /// given up after as long again. 0: never.
  void open(time_point now, std::chrono::milliseconds silence);

  /// Our message has been queued, perhaps before the opening: an answer is expected until `rest`.
  void expect_answer(time_point now);
  void rest() { is_expecting_ = false; }

  /// Bytes have come, perhaps less than a frame.
  void on_bytes(time_point now);

  /// A frame is complete, ping and pong included (contract responses-client, section 10.6).
  void on_frame(time_point now) { progress_ = now; }

  /// Something that counts has come.
  void advance(time_point now);

  /// Nothing is read until `resume`: no silence is the peer's then.
  void suspend(time_point now);
  void resume(time_point now);

  /// A ping has been queued because of `verdict::ask`.
  void on_asked(time_point now);

  /// `time_point::max()` when there is none.
  time_point deadline() const;

  /// What is to be done at a time; `wait` before the deadline.
  verdict at(time_point now) const;

private:
  time_point idle_deadline() const;
  time_point stall_deadline() const;
  time_point response_deadline() const;
  time_point silence_deadline() const;

  limits limits_;
  std::chrono::milliseconds silence_limit_{0};
  bool is_expecting_ = false;
  bool is_suspended_ = false;
  bool is_asked_ = false;
  time_point progress_{};  // of what is expected
  time_point advanced_{};  // in what counts
  time_point asked_{};     // our message
  time_point suspended_{}; // since then
  time_point heard_{};     // the peer, or our question
};

} // namespace troupe::net
