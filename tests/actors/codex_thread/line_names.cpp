#include "scripted_turn.hpp"

#include <boost/json.hpp>

namespace troupe::codex_thread::testing {

std::vector<std::string> line_names(const effects& x) {
  std::vector<std::string> result;
  for (const auto& line : x.lines) {
    const auto payload = boost::json::parse(line.payload_json.view()).as_object();
    if (line.kind == line_kind::item)
      result.push_back("item:" + std::string{payload.at("type").as_string()});
    else if (line.kind == line_kind::event)
      result.push_back("event:" + std::string{payload.at("type").as_string()});
    else
      result.push_back(to_string(line.kind));
  }
  return result;
}

std::vector<std::string> input_texts(const std::vector<shared_text>& input) {
  std::vector<std::string> result;
  for (const auto& json : input) {
    const auto item = item_of(json.view());
    result.push_back(item.kind == item_kind::message
                       ? message_text(item, item.role == "assistant" ? "output_text" : "input_text")
                       : std::string{to_text(item.kind)});
  }
  return result;
}

} // namespace troupe::codex_thread::testing
