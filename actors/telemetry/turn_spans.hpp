#pragma once

#include "actors/telemetry/span.hpp"
#include "config/otel.hpp"
#include "messages/event.hpp"
#include "messages/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::telemetry {

/// One attempt at a model, as far as spans tell of it.
struct model_attempt {
  thread_id thread;
  std::string provider;
  std::string model;
  std::uint32_t attempt = 0; ///< counts from 0
  int status = 0;            ///< 0: no answer
  bool is_success = false;
  span::time_point begin{};
  std::chrono::nanoseconds duration{0}; ///< until the response's head, see `request_report`
};

/// Makes spans of what threads tell: one per turn, and below it one per command, patch and attempt
/// at a model. Texts of prompts, answers, commands, outputs and errors stay out of them.
///
/// A trace is a turn. Of a turn that was under way before it was listened to, the first event
/// counts as the beginning. Pure; times are arguments, finished spans are appended. Bounded: one
/// turn per thread, `max_open_tools` per turn.
class turn_spans {
public:
  using time_point = span::time_point;

  /// Models call a few tools at once; what goes beyond this has no span.
  static constexpr std::size_t max_open_tools = 256;
  static constexpr std::size_t max_prompt_bytes = 16 * 1024;

  turn_spans(config::prompt_logging prompts, std::uint64_t seed)
    : prompts_(prompts), random_(seed) {}

  void on_event(const thread_id& thread, const event& x, time_point now, std::vector<span>& out);

  /// Outside of a turn (compaction by hand, summaries) it is a trace of its own.
  void on_attempt(const model_attempt& x, std::vector<span>& out);

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

  span begin(std::string_view name, span_kind kind, time_point now);
  span begin_below(const span& parent, std::string_view name, time_point now);
  void begin_turn(const thread_id& id, followed_thread& thread, const std::string& turn,
                  time_point now);
  void begin_tool(open_turn& turn, const std::string& call, std::string_view name, time_point now);
  static void end_turn(followed_thread& thread, time_point now, std::vector<span>& out);

  config::prompt_logging prompts_;
  std::mt19937_64 random_;
  std::unordered_map<thread_id, followed_thread> threads_;
};

} // namespace troupe::telemetry
