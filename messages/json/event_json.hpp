#pragma once

#include "messages/event.hpp"
#include "messages/thread_info.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

/// Events and settings as JSON (contract threads.md 19).
namespace troupe {

class json_writer;

/// The event as compact JSON with its `type` tag. `thread` and `turn` fill the fields of events
/// that name them.
std::string event_json(const event_msg& x, const thread_id& thread, std::string_view turn);

/// The same as a tree.
boost::json::object to_json(const event_msg& x, const thread_id& thread, std::string_view turn);

/// Name of the event in JSON: "task_started", "token_count", ...
std::string_view type_name(const event_msg& x);

/// Parts of events and of turn contexts, for those who write JSON as text.
void write_json(json_writer& out, const token_usage_info& x);
void write_json(json_writer& out, const rate_limits& x);
void write_json(json_writer& out, const sandbox_policy& x);

boost::json::object to_json(const token_usage_info& x);
boost::json::object to_json(const rate_limits& x);
boost::json::object to_json(const sandbox_policy& x);

/// Reads what `to_json` writes; none for another shape.
std::optional<token_usage_info> parse_token_usage_info(const boost::json::value& x);
std::optional<rate_limits> parse_rate_limits(const boost::json::value& x);
std::optional<sandbox_policy> parse_sandbox_policy(const boost::json::value& x);

/// The legacy events that go into a rollout beside the items (contract rollouts.md 5), each as
/// compact JSON.
std::string user_message_event_json(const std::vector<input_item>& items);
std::string agent_message_event_json(std::string_view text);
std::string agent_reasoning_event_json(std::string_view text);
std::string agent_reasoning_raw_event_json(std::string_view text);
std::string token_count_event_json(const token_count& x);
std::string turn_aborted_event_json(const turn_aborted& x);
std::string context_compacted_event_json();

} // namespace troupe
