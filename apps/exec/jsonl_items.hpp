#pragma once

#include "messages/event.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

/// The items of the JSONL events as JSON objects (contract exec-and-sdk.md 2.2). `id` is the
/// `item_N` of the line. Texts are as they came; `append_json` makes them valid UTF-8.
namespace troupe::exec {

boost::json::object agent_message_json(std::string_view id, const agent_message_item& x);

/// The parts joined by newlines; none when all of them are blank.
std::optional<boost::json::object> reasoning_json(std::string_view id, const reasoning_item& x);

/// `id` is only used when the provider gave the search none.
boost::json::object web_search_json(std::string_view id, const web_search_item& x);

enum class item_progress : std::uint8_t { in_progress, completed, failed };

boost::json::object command_started_json(std::string_view id, const exec_command_begin& x);
boost::json::object command_ended_json(std::string_view id, const exec_command_end& x);
/// A command that still ran when its turn ended.
boost::json::object command_left_json(std::string_view id, const exec_command_begin& x);

boost::json::object file_change_json(std::string_view id, const file_changes& changes,
                                     item_progress progress);
boost::json::object todo_list_json(std::string_view id, const plan_update& x);
boost::json::object error_item_json(std::string_view id, std::string_view message);

/// The five fields of `turn.completed`.
boost::json::object usage_json(const token_usage& x);

} // namespace troupe::exec
