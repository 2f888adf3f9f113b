#pragma once

#include "actors/telemetry/open_traces.hpp"
#include "actors/telemetry/span.hpp"
#include "config/otel.hpp"
#include "messages/event.hpp"
#include "messages/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::telemetry {

/// Makes spans of what threads tell: one per turn, and one per command and patch, below that of the
/// tool call it is of. Texts of prompts, answers, commands, outputs and errors stay out of them.
///
/// A trace is a turn; the ids are those of `open_traces`, which `watches.hpp` has, too. Of a turn
/// that was under way before it was listened to, the first event counts as the beginning. Pure;
/// times are arguments, finished spans are appended. Bounded: one turn per thread, `max_open_tools`
/// per turn.
class turn_spans {
public:
  using time_point = span::time_point;

  /// Models call a few tools at once; what goes beyond this has no span.
  static constexpr std::size_t max_open_tools = 256;
  static constexpr std::size_t max_prompt_bytes = 16 * 1024;

  /// `traces` outlives this object.
  turn_spans(config::prompt_logging prompts, open_traces& traces)
    : prompts_(prompts), traces_(&traces) {}

  void on_event(const thread_id& thread, const event& x, time_point now, std::vector<span>& out);

  /// Open spans of the thread end as failed.
  void on_closed(const thread_id& thread, time_point now, std::vector<span>& out);

  /// The same for all threads.
  void close_all(time_point now, std::vector<span>& out);

private:
  struct open_turn {
    std::string id;
    span turn;
    token_usage used;
    std::int64_t retries = 0;
    bool is_failed = false;
    std::map<std::string, span> tools; // by call
  };

  struct followed_thread {
    std::string provider;
    std::string model;
    std::optional<open_turn> turn;
    std::string ended_turn; // what still comes of it begins no other one
    std::optional<token_usage> total;
  };

  struct visitor;

  void begin_turn(const thread_id& id, followed_thread& thread, const std::string& turn,
                  time_point now);
  void begin_tool(const thread_id& id, open_turn& turn, const std::string& call,
                  std::string_view name, time_point now);
  void end_turn(const thread_id& id, followed_thread& thread, time_point now,
                std::vector<span>& out);

  config::prompt_logging prompts_;
  open_traces* traces_;
  std::unordered_map<thread_id, followed_thread> threads_;
};

} // namespace troupe::telemetry
