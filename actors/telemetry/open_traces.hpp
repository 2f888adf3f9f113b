#pragma once

#include "actors/model_client/trace_context.hpp"
#include "actors/telemetry/span.hpp"
#include "messages/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

namespace troupe::telemetry {

/// The ids of the spans of turns that are under way. The model client asks for them before it sends
/// a request, threads when they call a tool, and the telemetry actor when it makes the span of a
/// turn: who comes first draws them, the others get the same.
///
/// Any thread; behind a lock, as the ids are needed at once and only while OpenTelemetry is on.
/// Turn ids come again when a thread is resumed, so ids are drawn, not computed from them. Bounded;
/// what does not fit gets ids that nobody else knows.
class open_traces {
public:
  /// A turn that the telemetry actor has not heard the end of yet does not take the next one's
  /// place.
  static constexpr std::size_t max_turns = 4;   ///< per thread
  static constexpr std::size_t max_tools = 256; ///< per turn
  static constexpr std::size_t max_threads = 100'000;

  using context = model_client::trace_context;

  explicit open_traces(std::uint64_t seed) : random_(seed) {}

  /// The span of that turn. Each turn is a trace of its own.
  context turn(const thread_id& thread, std::string_view turn);

  /// The span of that tool call, below its turn's.
  context tool(const thread_id& thread, std::string_view turn, std::string_view call);

  /// A new span below that turn's; without a turn it is a trace of its own.
  context part_of(const thread_id& thread, std::string_view turn);

  /// A new span below that one.
  context below(const context& parent);

  void end_turn(const thread_id& thread, std::string_view turn);
  void end_thread(const thread_id& thread);

private:
  struct open_turn {
    std::string id;
    open_traces::context context;
    std::map<std::string, span_id, std::less<>> tools;
  };

  context draw();
  context draw_below(const context& parent);
  open_turn* find(const thread_id& thread, std::string_view turn);
  context turn_context(const thread_id& thread, std::string_view turn);

  std::mutex mutex_;
  std::mt19937_64 random_;
  std::unordered_map<thread_id, std::deque<open_turn>> threads_;
};

} // namespace troupe::telemetry
