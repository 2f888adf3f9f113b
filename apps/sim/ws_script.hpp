#pragma once

#include "apps/sim/answer.hpp"
#include "apps/sim/chaos.hpp"
#include "apps/sim/decision.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::sim {

/// What a provider does on a WebSocket to answer one request: an answer in the form of messages.
struct ws_script {
  enum class kind : std::uint8_t { text, binary, ping, close };

  /// Done after a wait that begins when the step before is done.
  struct step {
    kind what = kind::text;
    std::string payload;          ///< close: the reason
    std::uint16_t close_code = 0; ///< close
    std::chrono::microseconds wait{0};
    bool operator==(const step&) const = default;
  };

  std::vector<step> steps;
  /// `finish`: the socket takes the next request. `cut` and `reset` end the connection without a
  /// close frame.
  answer::ending end = answer::ending::finish;
  std::chrono::microseconds repeat_interval{0}; ///< repeat: of the last step

  /// The last step tells of the completed response.
  bool is_completed = false;

  bool operator==(const ws_script&) const = default;
};

/// What messages have that an answer over HTTP has not.
struct ws_extras {
  std::string subscription; ///< an event for the front; empty: none
  bool wants_timing = false;
  std::optional<chosen_fault> broken; ///< for the faults of messages alone
  decision from{0};                   ///< chooses what they leave open
};

/// Turns an answer into messages: every event of the stream becomes one, comments become pings, and
/// what is no event goes out as text as it is, even if it is no UTF-8. An answer that is no stream
/// becomes an event `error` and a close frame.
ws_script script_of(const answer& x, const ws_extras& extras);

} // namespace troupe::sim
