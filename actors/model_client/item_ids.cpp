#include "actors/model_client/item_ids.hpp"

#include "actors/model_client/json_scan.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace troupe::model_client {

namespace {

constexpr auto types_with_ids =
  std::to_array<std::string_view>({"reasoning", "message", "web_search_call", "function_call",
                                   "local_shell_call", "custom_tool_call"});

bool takes_id(std::string_view item_json) {
  json_scan scan{item_json};
  while (const auto member = scan.next())
    if (member->name == "type" && member->value.kind == json_kind::string) {
      const auto type = member->value.text.substr(1, member->value.text.size() - 2);
      return item_json.starts_with('{') &&
             std::ranges::find(types_with_ids, type) != types_with_ids.end();
    }
  return false;
}

} // namespace

shared_text with_id(const shared_text& item_json, std::string_view id) {
  if (!takes_id(item_json.view()))
    return item_json;
  std::string result;
  json_writer writer{result};
  writer.begin_object().member("id", id);
  result += ',';
  result += item_json.view().substr(1);
  return shared_text{std::move(result)};
}

} // namespace troupe::model_client
