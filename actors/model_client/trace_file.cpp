#include "actors/model_client/trace_file.hpp"

#include "actors/model_client/bounded_json.hpp"
#include "config/text_file.hpp"
#include "messages/json/writer.hpp"
#include "net/wire/utf8_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::model_client {

namespace {

using boost::json::object;
using boost::json::value;

constexpr auto roles =
  std::to_array<std::string_view>({"assistant", "system", "developer", "user"});

bool is_utf8(std::string_view text) {
  net::utf8_check check;
  return check.accept(text) == text.size() && !check.is_inside_sequence();
}

std::string from_latin1(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xc0 | byte >> 6);
      result += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return result;
}

std::string decoded(std::string_view bytes) {
  if (!is_utf8(bytes))
    return from_latin1(bytes);
  if (bytes.starts_with("\xef\xbb\xbf"))
    bytes.remove_prefix(3);
  return std::string{bytes};
}

/// The object itself, or those of an array.
void collect(value&& x, std::vector<object>& out) {
  if (x.is_object())
    out.push_back(std::move(x.get_object()));
  else if (x.is_array())
    for (auto& element : x.get_array())
      if (element.is_object())
        out.push_back(std::move(element.get_object()));
}

std::vector<object> objects_of(std::string_view text) {
  std::vector<object> result;
  if (auto whole = parse_bounded(text); whole && whole->is_array()) {
    collect(std::move(*whole), result);
    return result;
  }
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = config::trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with('{') && !line.starts_with('['))
      continue;
    if (auto one = parse_bounded(line))
      collect(std::move(*one), result);
  }
  return result;
}

std::string_view text_of(const object& x, std::string_view name) {
  const auto* found = x.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view{found->get_string()}
                                                : std::string_view{};
}

/// Rollout lines hold their item as a payload, and other things than items, too.
void unwrap(object&& x, std::vector<object>& out) {
  auto* payload = x.if_contains("payload");
  if (payload == nullptr)
    out.push_back(std::move(x));
  else if (text_of(x, "type") == "response_item")
    collect(std::move(*payload), out);
}

bool is_item(const object& x) {
  const auto type = text_of(x, "type");
  if (type.empty())
    return false;
  return type != "message" || std::ranges::find(roles, text_of(x, "role")) != roles.end();
}

std::string stem_of(std::string_view path) {
  if (const auto slash = path.rfind('/'); slash != std::string_view::npos)
    path.remove_prefix(slash + 1);
  if (const auto dot = path.rfind('.'); dot != std::string_view::npos && dot > 0)
    path = path.substr(0, dot);
  return path.empty() ? "trace" : std::string{path};
}

model_error unusable(std::string_view what, const std::string& path) {
  return {.code = model_errc::invalid_request,
          .message = fmt::format("{} in the trace file {}", what, path),
          .retry_after = std::nullopt,
          .http_status = std::nullopt};
}

} // namespace

std::variant<memory_trace, model_error> prepare_trace(std::string_view bytes,
                                                      const std::string& path, std::size_t number) {
  auto objects = objects_of(decoded(bytes));
  if (objects.empty())
    return unusable("no JSON objects", path);
  std::vector<object> items;
  for (auto& x : objects)
    unwrap(std::move(x), items);
  memory_trace result{
    .id = fmt::format("trace_{}_{}", number, stem_of(path)), .source_path = path, .items = {}};
  for (const auto& x : items) {
    if (!is_item(x))
      continue;
    std::string json;
    append_json(json, x);
    result.items.emplace_back(std::move(json));
  }
  if (result.items.empty())
    return unusable("no items", path);
  return result;
}

} // namespace troupe::model_client
