#include "actors/model_client/exchange.hpp"

#include "actors/model_client/bounded_json.hpp"
#include "actors/model_client/json_scan.hpp"
#include "messages/json/writer.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace troupe::model_client {

namespace {

namespace json = boost::json;

std::string difference(const json::value& a, const json::value& b, const std::string& path);

std::string difference_in(const json::object& a, const json::object& b, const std::string& path) {
  for (const auto& [name, value] : b) {
    const auto inner =
      path.empty() ? std::string{name} : fmt::format("{}.{}", path, std::string_view{name});
    const auto* other = a.if_contains(name);
    if (other == nullptr)
      return inner;
    if (auto found = difference(*other, value, inner); !found.empty())
      return found;
  }
  for (const auto& [name, value] : a)
    if (!b.contains(name))
      return path.empty() ? std::string{name} : fmt::format("{}.{}", path, std::string_view{name});
  return {};
}

std::string difference_in(const json::array& a, const json::array& b, const std::string& path) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (auto found = difference(a[i], b[i], fmt::format("{}[{}]", path, i)); !found.empty())
      return found;
  return a.size() == b.size() ? std::string{}
                              : fmt::format("{}[{}]", path, std::min(a.size(), b.size()));
}

std::string difference(const json::value& a, const json::value& b, const std::string& path) {
  if (a.is_object() && b.is_object())
    return difference_in(a.get_object(), b.get_object(), path);
  if (a.is_array() && b.is_array())
    return difference_in(a.get_array(), b.get_array(), path);
  return a == b ? std::string{} : path.empty() ? "the whole request" : path;
}

constexpr auto read_headers = std::to_array<std::string_view>(
  {"content-type", "retry-after", "x-models-etag", "x-reasoning-included", "x-request-id",
   "x-oai-request-id", "cf-ray"});

bool is_kept(std::string_view name) {
  const auto starts_with = [name](std::string_view prefix) {
    return net::equals_ignoring_case(name.substr(0, prefix.size()), prefix);
  };
  // A turn state stands for something at the provider, like a cookie.
  if (net::equals_ignoring_case(name, "x-codex-turn-state"))
    return false;
  return starts_with("x-codex-") || starts_with("x-ratelimit-") ||
         std::ranges::any_of(read_headers, [name](std::string_view known) {
           return net::equals_ignoring_case(name, known);
         });
}

} // namespace

std::string comparable_request(const std::vector<fragment>& body, const thread_id& thread) {
  std::string result;
  for (const auto& piece : body)
    if (piece)
      result += *piece;
  const auto id = to_string(thread);
  constexpr std::string_view stand_in = "<thread>";
  for (auto at = result.find(id); at != std::string::npos; at = result.find(id, at))
    result.replace(at, id.size(), stand_in);
  return result;
}

std::string exchange_key(std::string_view path, std::string_view comparable) {
  // FNV-1a: names files; the content decides.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto part : {path, std::string_view{"\n"}, comparable})
    for (const char c : part)
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

net::header_list kept_headers(const net::header_list& answer) {
  net::header_list result;
  for (const auto& [name, value] : answer)
    if (is_kept(name))
      result.add(name, value);
  return result;
}

std::string print_exchange(const exchange& x) {
  std::string result = "{\n\"path\":";
  append_json_string(result, x.path);
  result += ",\n\"request\":";
  if (parse_bounded(x.request))
    result += x.request;
  else
    append_json_string(result, x.request);
  result += fmt::format(",\n\"status\":{},\n\"headers\":{{", x.status);
  bool is_first = true;
  for (const auto& [name, value] : x.headers) {
    result += std::exchange(is_first, false) ? "\n" : ",\n";
    append_json_string(result, name);
    result += ':';
    append_json_string(result, value);
  }
  result += "},\n\"body\":[";
  std::string_view rest = x.body;
  for (is_first = true;;) {
    const auto end = rest.find('\n');
    result += std::exchange(is_first, false) ? "\n" : ",\n";
    append_json_string(result, rest.substr(0, end));
    if (end == std::string_view::npos)
      break;
    rest.remove_prefix(end + 1);
  }
  result += "\n]}\n";
  return result;
}

std::optional<exchange> parse_exchange(std::string_view text) {
  const auto value = parse_bounded(text);
  const auto* object = value ? value->if_object() : nullptr;
  if (object == nullptr)
    return std::nullopt;
  const auto* path = object->if_contains("path");
  const auto* status = object->if_contains("status");
  const auto* headers = object->if_contains("headers");
  const auto* body = object->if_contains("body");
  if (path == nullptr || !path->is_string() || status == nullptr || !status->is_int64() ||
      headers == nullptr || !headers->is_object() || body == nullptr || !body->is_array())
    return std::nullopt;
  exchange result;
  result.path = path->get_string();
  result.status = static_cast<int>(std::clamp<std::int64_t>(status->get_int64(), 0, 999));
  for (const auto& [name, x] : headers->get_object())
    if (x.is_string())
      result.headers.add(name, x.get_string());
  bool is_first = true;
  for (const auto& line : body->get_array()) {
    if (!line.is_string())
      return std::nullopt;
    if (!std::exchange(is_first, false))
      result.body += '\n';
    result.body += line.get_string();
  }
  // The request as it stands in the file: a tree would not give its bytes back.
  json_scan scan{text};
  while (const auto member = scan.next())
    if (member->name == "request")
      result.request = member->value.kind == json_kind::string
                         ? json_text(member->value).value_or("")
                         : std::string{member->value.text};
  return result;
}

std::string first_difference(std::string_view recorded, std::string_view wanted) {
  const auto a = parse_bounded(recorded);
  const auto b = parse_bounded(wanted);
  if (!a || !b)
    return recorded == wanted ? std::string{} : "the whole request";
  return difference(*a, *b, {});
}

} // namespace troupe::model_client
