#pragma once

#include "apps/sim/decision.hpp"
#include "messages/wire_enum.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::sim {

struct answer;

enum class fault_kind : std::uint8_t {
  status,       ///< an HTTP error status with headers and body
  rate_limit,   ///< 429 with `Retry-After` and a provider's error body
  reset,        ///< the connection is reset without an answer
  stall,        ///< silence, for a while or for ever
  cut,          ///< the connection closes in mid-stream
  garbage,      ///< bytes in the stream that are no event
  slow,         ///< a few bytes at a time
  no_completed, ///< the stream ends cleanly without its last event
  failed,       ///< `response.failed`
  incomplete,   ///< `response.incomplete`
  endless,      ///< deltas that never end
  corrupt,      ///< bytes of the answer replaced by noise
  comments,     ///< comment lines (over WebSocket pings) that never end
  duplicate,    ///< one event twice
  unknown,      ///< an event and an item of kinds that nobody knows
  close,        ///< WebSocket: a close frame in mid-response
  binary,       ///< WebSocket: a binary message
  ping,         ///< WebSocket: a ping, which harms nobody
  wrong_count,  ///< memory summaries: another number of entries than traces
};

} // namespace troupe::sim

template <>
struct troupe::enum_texts<troupe::sim::fault_kind> {
  static constexpr auto values = std::to_array<std::string_view>(
    {"status", "rate_limit", "reset", "stall", "cut", "garbage", "slow", "no_completed", "failed",
     "incomplete", "endless", "corrupt", "comments", "duplicate", "unknown", "close", "binary",
     "ping", "wrong_count"});
};

namespace troupe::sim {

enum class stall_place : std::uint8_t { before_headers, after_headers, mid_stream };

} // namespace troupe::sim

template <>
struct troupe::enum_texts<troupe::sim::stall_place> {
  static constexpr auto values =
    std::to_array<std::string_view>({"before_headers", "after_headers", "mid_stream"});
};

namespace troupe::sim {

/// What a fault does to an answer; which fields count depends on the kind.
struct fault_effect {
  fault_kind kind = fault_kind::status;

  int status = 500;                                         ///< status
  std::vector<std::pair<std::string, std::string>> headers; ///< status, rate_limit
  std::string body;                                         ///< status, rate_limit
  std::string content_type = "application/json";            ///< status

  /// Events that still arrive: cut, garbage, corrupt, stall in mid-stream, failed, endless,
  /// comments, duplicate (the next one comes twice), unknown, close, binary, ping. None: a place
  /// that the seed chooses (failed: behind the two opening events).
  std::optional<std::uint32_t> after_events;

  stall_place place = stall_place::before_headers; ///< stall
  std::optional<std::chrono::milliseconds> lasts;  ///< stall; none: for ever
  std::string text;                                ///< garbage; empty: the seed chooses a kind
  std::uint64_t filler_bytes = 0;                  ///< garbage: one event of this size
  std::uint32_t bytes_per_second = 0;              ///< slow
  std::string code;                                ///< failed
  std::string message;                             ///< failed
  std::string error;                     ///< failed: JSON in place of the error object; empty: none
  std::string reason;                    ///< incomplete, close
  std::chrono::milliseconds interval{0}; ///< endless, comments: from one to the next
  std::uint32_t bytes = 8;               ///< corrupt: how many
  std::uint16_t close_code = 1011;       ///< close
  std::uint32_t entries = 0;             ///< wrong_count
};

/// Whether the fault replaces the answer, so that none needs to be made.
bool replaces_answer(const fault_effect& x);

/// Changes a complete answer into what the fault makes of it. `from` chooses what the effect leaves
/// open.
void apply(const fault_effect& x, const decision& from, answer& to);

} // namespace troupe::sim
