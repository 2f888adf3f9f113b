#pragma once

#include "actors/codex_thread/session_core.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe::codex_thread {

/// Whether a provider's word on when to come back counts.
enum class requested_delays : std::uint8_t { honoured, ignored };

/// The attempts at a model request, one after the other: the current stream and its credit, the
/// retry budget, and what the requests of one turn have in common (contract responses-client.md
/// 9.2: the connection, the turn state). A compaction has its own. Pure.
class model_attempts {
public:
  /// Credit of a stream in messages; granted anew when half of it is used.
  static constexpr std::uint32_t stream_window = 16;
  /// The longest delay a provider may ask for before a retry.
  static constexpr std::chrono::milliseconds max_requested_delay = std::chrono::hours{1};

  /// `connection` names what is kept open between the requests.
  model_attempts(session_core& core, std::string connection);

  /// Opens the stream of the next attempt, after `delay`; fills in what all attempts share.
  void open(model_request request, std::chrono::milliseconds delay, effects& out);

  /// Whether `x` came from the current stream; it costs one credit then.
  bool take(const model_events& x);
  bool is_current(stream_number x) const { return x == stream_ && stream_ != 0; }

  /// The current stream counts no more.
  void close() { stream_ = 0; }

  /// Uses up one retry and tells it as an event of `turn`: the wait before it, or none when there
  /// is no retry left.
  std::optional<std::chrono::milliseconds> retry(const model_error& x, requested_delays delays,
                                                 const std::string& turn, effects& out);

  /// The next request has the whole budget.
  void renew_budget() { retries_ = 0; }

  /// The first turn state counts, for all further requests.
  void keep_turn_state(std::string x);

  /// No further request: what is kept open for them is closed.
  void end(effects& out);

  /// Grants of stream credit due after `take`; zero most of the time.
  std::uint32_t take_credit_due();

  stream_number stream() const { return stream_; } ///< 0: none is open

private:
  session_core& core_;
  std::string connection_;
  std::string turn_state_;
  std::uint32_t retries_ = 0;
  std::uint32_t used_credit_ = 0;
  stream_number stream_ = 0;
  bool used_websocket_ = false;
};

} // namespace troupe::codex_thread
