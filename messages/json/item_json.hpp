#pragma once

#include "messages/item.hpp"
#include "messages/op.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Response items and their JSON (contract responses-client.md 5): the one place that reads and
/// writes them.
namespace troupe {

/// Reads an item as a provider or a rollout gives it. None when the whole item is unparsable by the
/// contract's rules; an unknown type is an item of kind `other`.
std::optional<response_item> parse_response_item(const boost::json::value& x);
std::optional<response_item> parse_response_item(std::string_view json);

/// A message with one text part; the part is `output_text` for role assistant, else `input_text`.
response_item make_message(std::string_view role, std::string_view text);

/// The user's input as one message of role user (contract threads.md 7.6).
response_item make_user_message(const std::vector<input_item>& items);

response_item make_function_output(std::string_view call_id, std::string_view text);
response_item make_custom_output(std::string_view call_id, std::string_view text);

/// The output item that belongs to `call`: custom for a custom call, else function.
response_item make_tool_output(const response_item& call, std::string_view text);

/// A message's text parts of the given type ("input_text" or "output_text"), concatenated.
std::string message_text(const response_item& x, std::string_view part_type);

/// Arguments (function call), input (custom call) or action as JSON (local shell call); else empty.
std::string call_arguments(const response_item& x);

/// The text of a tool output; none when the output is a list of parts.
std::optional<std::string> output_text(const response_item& x);

/// `item` with its output text replaced; `item` must be a tool output.
response_item with_output_text(const response_item& item, std::string_view text);

/// True for a user message in the sense of contract threads.md 7.7.
bool is_user_message(const response_item& x);

/// A string as JSON: quoted and escaped.
std::string json_quoted(std::string_view text);

} // namespace troupe
