#include "apps/sim/ws_memory.hpp"

#include "apps/sim/json_text.hpp"

#include <utility>

namespace troupe::sim {

namespace {

constexpr std::size_t max_id_bytes = 256;

ws_memory::problem bad_message(std::string message) {
  return {"invalid_request_error", std::move(message)};
}

// An array without its brackets and the space inside them.
std::string_view elements_of(std::string_view raw_array) {
  raw_array.remove_prefix(1);
  raw_array.remove_suffix(1);
  raw_array.remove_prefix(skip_json_space(raw_array, 0));
  while (!raw_array.empty() && skip_json_space(raw_array, raw_array.size() - 1) == raw_array.size())
    raw_array.remove_suffix(1);
  return raw_array;
}

bool is_array(std::string_view raw) {
  return raw.size() >= 2 && raw.front() == '[' && raw.back() == ']';
}

std::string joined(std::string_view a, std::string_view b) {
  std::string result{a};
  if (!a.empty() && !b.empty())
    result += ',';
  return result += b;
}

} // namespace

std::variant<std::string, ws_memory::problem> ws_memory::whole_body(std::string_view message) {
  const auto type = json_member(message, "type").value_or("");
  if (type == R"("response.create")")
    return create(message);
  if (type == R"("response.append")")
    return append(message);
  return bad_message("the message is neither response.create nor response.append");
}

std::variant<std::string, ws_memory::problem> ws_memory::create(std::string_view message) {
  const auto input = json_member(message, "input").value_or("");
  if (!is_array(input))
    return bad_message("response.create without an array \"input\"");
  const auto previous =
    unescaped_json(json_member(message, "previous_response_id").value_or(""), max_id_bytes);
  std::string items{elements_of(input)};
  if (!previous.empty()) {
    if (version_ != ws_version::v2)
      return problem{"unsupported_parameter", "previous_response_id belongs to the second version"};
    if (previous != last_response_)
      return problem{"previous_response_not_found",
                     "Previous response with id '" + previous + "' not found."};
    items = joined(items_, items);
  }
  const auto begin = static_cast<std::size_t>(input.data() - message.data());
  return remember(std::string{message.substr(0, begin)}, std::move(items),
                  std::string{message.substr(begin + input.size())});
}

std::variant<std::string, ws_memory::problem> ws_memory::append(std::string_view message) {
  const auto input = json_member(message, "input").value_or("");
  if (version_ != ws_version::v1)
    return problem{"unsupported_message", "response.append belongs to the first version"};
  if (!has_request_)
    return bad_message("response.append before the first response.create");
  if (!is_array(input))
    return bad_message("response.append without an array \"input\"");
  return remember(front_, joined(items_, elements_of(input)), back_);
}

std::variant<std::string, ws_memory::problem>
ws_memory::remember(std::string front, std::string items, std::string back) {
  if (front.size() + items.size() + back.size() > max_body_bytes)
    return bad_message("the request has become too large");
  front_ = std::move(front);
  items_ = std::move(items);
  back_ = std::move(back);
  has_request_ = true;
  last_response_.clear();
  return front_ + "[" + items_ + "]" + back_;
}

} // namespace troupe::sim
