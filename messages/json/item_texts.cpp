#include "messages/json/item_texts.hpp"

#include "messages/json/document.hpp"
#include "messages/json/object_reader.hpp"
#include "messages/json/writer.hpp"

#include <algorithm>

namespace troupe {

namespace {

bool opens_image(std::string_view text) {
  return text == "<image>" || (text.starts_with("<image name=") && text.ends_with('>'));
}

bool closes_image(std::string_view text) {
  return text == "</image>";
}

bool is_image(const boost::json::array& parts, std::size_t index) {
  return index < parts.size() && object_reader{parts[index]}.text("type") == "input_image";
}

bool is_image_tag(const boost::json::array& parts, std::size_t index, std::string_view text) {
  return (opens_image(text) && is_image(parts, index + 1)) ||
         (closes_image(text) && index > 0 && is_image(parts, index - 1));
}

} // namespace

std::string user_text(const response_item& message) {
  std::string result;
  if (message.kind != item_kind::message)
    return result;
  const json_document document{message.json.view()};
  if (!document.root())
    return result;
  object_reader reader{*document.root()};
  const auto& parts = reader.array("content");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    object_reader part{parts[i]};
    if (part.text("type") != "input_text")
      continue;
    const auto text = part.text("text");
    if (!is_image_tag(parts, i, text))
      result += text;
  }
  return result;
}

std::optional<std::string> last_output_text(const response_item& item) {
  if (item.kind != item_kind::message || item.role != "assistant")
    return std::nullopt;
  const json_document document{item.json.view()};
  if (!document.root())
    return std::nullopt;
  std::optional<std::string> result;
  for (const auto& element : object_reader{*document.root()}.array("content")) {
    object_reader part{element};
    if (part.text("type") == "output_text")
      result = std::string{part.text("text")};
  }
  return result;
}

std::optional<response_item> without_images(const response_item& output,
                                            std::string_view placeholder) {
  if (output.kind != item_kind::function_call_output)
    return std::nullopt;
  const json_document document{output.json.view()};
  if (!document.root())
    return std::nullopt;
  object_reader reader{*document.root()};
  const auto* parts = reader.optional_array("output");
  if (!parts || reader.failed())
    return std::nullopt;
  bool had_image = false;
  std::string json;
  json_writer out{json};
  out.begin_object().member("type", to_text(output.kind)).member("call_id", output.call_id);
  out.key("output").begin_array();
  for (std::size_t i = 0; i < parts->size(); ++i) {
    const bool image = is_image(*parts, i);
    had_image = had_image || image;
    const auto text = image ? placeholder : object_reader{(*parts)[i]}.text("text");
    out.begin_object().member("type", "input_text").member("text", text).end_object();
  }
  out.end_array().end_object();
  if (!had_image)
    return std::nullopt;
  auto result = output;
  result.json = shared_text{std::move(json)};
  return result;
}

std::optional<response_item> images_as_text(const response_item& item,
                                            std::string_view placeholder) {
  // Asked for whole histories at a time; a part's type is written like this wherever it is made.
  if (item.json.view().find("\"input_image\"") == std::string_view::npos)
    return std::nullopt;
  if (item.kind != item_kind::message)
    return without_images(item, placeholder);
  const json_document document{item.json.view()};
  if (!document.root())
    return std::nullopt;
  const auto& parts = object_reader{*document.root()}.array("content");
  bool had_image = false;
  std::string json;
  json_writer out{json};
  out.begin_object().member("type", "message").member("role", item.role);
  out.key("content").begin_array();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool image = is_image(parts, i);
    had_image = had_image || image;
    if (image) {
      out.begin_object().member("type", "input_text").member("text", placeholder).end_object();
    } else if (!is_image_tag(parts, i, object_reader{parts[i]}.text("text"))) {
      std::string part;
      append_json(part, parts[i]);
      out.raw(part);
    }
  }
  out.end_array().end_object();
  if (!had_image)
    return std::nullopt;
  auto result = item;
  result.json = shared_text{std::move(json)};
  return result;
}

std::optional<std::size_t> encrypted_bytes(const response_item& item) {
  if (item.kind != item_kind::reasoning && item.kind != item_kind::compaction)
    return std::nullopt;
  // Asked for whole histories at a time, so the text is searched and not parsed. Inside a JSON
  // string a quote follows a backslash, so the name with both its quotes is only found as a member.
  // The content is base64: no character of it is escaped.
  constexpr std::string_view name = "\"encrypted_content\":\"";
  const auto json = item.json.view();
  const auto found = json.find(name);
  if (found == std::string_view::npos)
    return std::nullopt;
  const auto start = found + name.size();
  return std::min(json.find('"', start), json.size()) - start;
}

} // namespace troupe
