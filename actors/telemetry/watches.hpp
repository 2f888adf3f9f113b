#pragma once

#include "actors/codex_thread/tool_watch.hpp"
#include "actors/model_client/observer.hpp"
#include "actors/telemetry/inbox.hpp"
#include "actors/telemetry/log_record.hpp"
#include "actors/telemetry/open_traces.hpp"
#include "actors/telemetry/request_reports.hpp"
#include "actors/telemetry/span.hpp"

#include <functional>
#include <memory>
#include <optional>

/// Those who see requests and tool calls, on whatever thread that is, and leave what they saw for
/// the telemetry actor.
namespace troupe::telemetry {

/// What they share with the actor.
struct intake {
  explicit intake(std::uint64_t seed) : traces(seed) {}

  open_traces traces;
  inbox<telemetry::span> spans;
  inbox<log_record> logs;
};

/// Makes the actor look into its intake; any thread.
using wake_up = std::function<void()>;

enum class span_wish : std::uint8_t { unwanted, wanted };

struct request_watch_setup {
  std::shared_ptr<telemetry::intake> intake;
  wake_up wake;
  span_wish spans = span_wish::wanted;
  std::optional<log_identity> logs; ///< none: no log events are wanted
};

/// Gives every attempt at a model a span, and tells of it when the attempt is over; tells of what
/// happens meanwhile as log events.
std::unique_ptr<model_client::observer> watch_requests(request_watch_setup x);

/// A span per tool call, from the moment it is handed to its tool to its answer.
codex_thread::tool_watch watch_tools(std::shared_ptr<intake> into, wake_up wake);

} // namespace troupe::telemetry
