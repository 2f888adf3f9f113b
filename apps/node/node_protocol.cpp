#include "apps/node/node_protocol.hpp"

#include "config/node_identity.hpp"
#include "messages/json/event_json.hpp"
#include "messages/json/source_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace troupe::node_app {

namespace {

namespace json = boost::json;

std::string text_at(const json::object& x, std::string_view key) {
  const auto* value = x.if_contains(key);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::string line_of(const json::object& x) {
  return json::serialize(x) + '\n';
}

using known_keys = std::initializer_list<std::string_view>;

std::optional<std::string> unknown_key(std::string_view op, const json::object& x,
                                       known_keys known) {
  for (const auto& [key, value] : x)
    if (std::ranges::find(known, std::string_view{key}) == known.end())
      return fmt::format("\"{}\" has no key \"{}\"; its keys are \"{}\"", op, std::string_view{key},
                         fmt::join(known, "\", \""));
  return std::nullopt;
}

std::optional<std::string> unknown_key(std::string_view op, const json::object& x) {
  if (op == "list")
    return unknown_key(op, x, {"op"});
  if (op == "start")
    return unknown_key(op, x, {"op", "node", "prompt"});
  return unknown_key(op, x, {"op", "thread_id", "prompt"});
}

std::string_view word_of(peer_role x) {
  switch (x) {
  case peer_role::followed: return "followed";
  case peer_role::follower: return "follower";
  }
  return {}; // unreachable; keeps GCC content
}

std::string peer_line(std::string_view type, std::string_view node, peer_role role) {
  return line_of({{"type", type}, {"node", node}, {"role", word_of(role)}});
}

json::array names_of(const std::set<std::string>& x) {
  json::array result;
  for (const auto& name : x)
    result.emplace_back(name);
  return result;
}

json::object created_object(std::string_view type, const thread_id& thread, const node_name& node) {
  return {{"type", type}, {"thread_id", to_string(thread)}, {"node", node.value}};
}

} // namespace

std::variant<order, order_problem> parse_order(std::string_view line) {
  if (line.size() > max_order_bytes)
    return order_problem{"the line is too long", {}};
  boost::system::error_code ec;
  const auto parsed = json::parse(line, ec);
  if (ec || !parsed.is_object())
    return order_problem{"the line is not a JSON object", {}};
  const auto& x = parsed.get_object();
  const auto op = text_at(x, "op");
  if (op != "start" && op != "submit" && op != "list")
    return order_problem{
      fmt::format("\"op\" must be \"start\", \"submit\" or \"list\", not \"{}\"", op), {}};
  const auto thread = parse_thread_id(text_at(x, "thread_id"));
  const auto wrong = [&](std::string message) {
    return order_problem{std::move(message), {.op = op, .thread = thread}};
  };
  if (auto problem = unknown_key(op, x))
    return wrong(*std::move(problem));
  if (op == "list")
    return list_order{};
  auto prompt = text_at(x, "prompt");
  if (prompt.empty())
    return wrong("\"prompt\" is missing or empty");
  if (const auto* node = x.if_contains("node"); node && !node->is_string())
    return wrong("\"node\" is not a text");
  if (op == "start")
    return start_order{.node = text_at(x, "node"), .prompt = std::move(prompt)};
  if (!thread)
    return wrong("\"thread_id\" is not a thread id");
  return submit_order{.thread = *thread, .prompt = std::move(prompt)};
}

std::string node_started_line(const node_name& node, std::optional<std::uint16_t> port) {
  json::object x{{"type", "node.started"}, {"node", node.value}};
  if (port)
    x["port"] = *port;
  return line_of(x);
}

std::string node_joined_line(std::string_view node, peer_role role) {
  return peer_line("node.joined", node, role);
}

std::string node_left_line(std::string_view node, peer_role role) {
  return peer_line("node.left", node, role);
}

std::string list_completed_line(std::size_t threads, const linked_nodes& nodes) {
  return line_of({{"type", "list.completed"},
                  {"threads", threads},
                  {"followed", names_of(nodes.followed)},
                  {"followers", names_of(nodes.followers)}});
}

std::string thread_created_line(const thread_created& x) {
  auto object = created_object("thread.created", x.thread, x.node);
  object["source"] = to_json(x.source);
  return line_of(object);
}

std::string thread_closed_line(const thread_closed& x) {
  auto object = created_object("thread.closed", x.thread, x.node);
  object["reason"] = x.reason;
  return line_of(object);
}

std::string event_line(const thread_id& thread, const event& x) {
  return line_of({{"type", "event"},
                  {"thread_id", to_string(thread)},
                  {"number", x.number},
                  {"turn", x.turn},
                  {"event", to_json(x.msg, thread, x.turn)}});
}

std::string lagged_line(const events_lagged& x) {
  return line_of(
    {{"type", "lagged"}, {"thread_id", to_string(x.thread)}, {"first", x.first}, {"last", x.last}});
}

std::string error_line(const order_problem& x) {
  json::object out{{"type", "error"}};
  if (!x.about.op.empty())
    out["op"] = x.about.op;
  if (x.about.thread)
    out["thread_id"] = to_string(*x.about.thread);
  out["message"] = x.message;
  return line_of(out);
}

std::string no_link_text(std::string_view node, const linked_nodes& nodes) {
  const std::string name{node};
  if (nodes.followers.contains(name))
    return fmt::format(
      "node {0} follows this one, but this one does not follow it: to start threads "
      "there, start this node with --join {0}@HOST:PORT, too",
      name);
  if (nodes.followed.empty())
    return fmt::format("no such node: {}; this one follows none (--join)", name);
  return fmt::format("no such node: {}; this one follows {}", name,
                     fmt::join(nodes.followed, ", "));
}

std::variant<endpoint, std::string> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  const std::string problem = fmt::format("'{}' is not HOST:PORT", text);
  if (colon == std::string_view::npos || colon == 0)
    return problem;
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return problem;
  endpoint result{std::string{host}, 0};
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (ec != std::errc{} || end != digits.data() + digits.size() || host.empty())
    return problem;
  return result;
}

std::variant<add_peer, std::string> parse_peer(std::string_view text) {
  const auto at = text.find('@');
  const auto name = at == std::string_view::npos ? std::string_view{} : text.substr(0, at);
  if (at != std::string_view::npos && !config::is_node_name(name))
    return fmt::format("'{}' is not NAME@HOST:PORT", text);
  auto address = parse_endpoint(at == std::string_view::npos ? text : text.substr(at + 1));
  if (auto* problem = std::get_if<std::string>(&address))
    return std::move(*problem);
  auto& x = std::get<endpoint>(address);
  return add_peer{std::move(x.host), x.port, std::string{name}};
}

} // namespace troupe::node_app
