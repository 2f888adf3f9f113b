#include "messages/json/event_json.hpp"

#include "messages/json/event_parts.hpp"

/// The events of a rollout as text: written on every turn.
namespace troupe {

namespace {

std::string text_event(std::string_view type, std::string_view name, std::string_view text) {
  std::string json;
  json.reserve(text.size() + 64);
  json_writer{json}.begin_object().member("type", type).member(name, text).end_object();
  return json;
}

} // namespace

std::string user_message_event_json(const std::vector<input_item>& items) {
  std::string message;
  std::vector<std::string> images;
  std::vector<std::string> local_images;
  for (const auto& item : items) {
    if (const auto* text = std::get_if<text_input>(&item))
      message += text->text;
    else if (const auto* image = std::get_if<image_input>(&item))
      images.push_back(image->image_url);
    else
      local_images.push_back(std::get<local_image_input>(item).path);
  }
  std::string json;
  json_writer out{json};
  out.begin_object().member("type", "user_message").member("message", message);
  write_texts(out, "images", images);
  write_texts(out, "local_images", local_images);
  out.key("text_elements").begin_array().end_array().end_object();
  return json;
}

std::string agent_message_event_json(std::string_view text) {
  return text_event("agent_message", "message", text);
}

std::string agent_reasoning_event_json(std::string_view text) {
  return text_event("agent_reasoning", "text", text);
}

std::string agent_reasoning_raw_event_json(std::string_view text) {
  return text_event("agent_reasoning_raw_content", "text", text);
}

// These two name neither thread nor turn.
std::string token_count_event_json(const token_count& x) {
  return event_json(x, {}, {});
}

std::string turn_aborted_event_json(const turn_aborted& x) {
  return event_json(x, {}, {});
}

std::string context_compacted_event_json() {
  return R"({"type":"context_compacted"})";
}

} // namespace troupe
