#include "messages/json/source_json.hpp"

#include "messages/json/object_reader.hpp"

#include <boost/json/value.hpp>

namespace troupe {

namespace {

session_source unknown_source() {
  return {.kind = source_kind::unknown, .parent = {}, .depth = 0, .label = {}};
}

session_source source_of(source_kind kind) {
  return {.kind = kind, .parent = {}, .depth = 0, .label = {}};
}

session_source parse_plain(std::string_view text) {
  for (const auto kind :
       {source_kind::cli, source_kind::vscode, source_kind::exec, source_kind::mcp})
    if (to_text(kind) == text)
      return source_of(kind);
  return unknown_source();
}

session_source parse_spawned(const boost::json::object& x) {
  object_reader in{x};
  const auto parent = parse_thread_id(in.text("parent_thread_id"));
  const auto depth = in.integer("depth");
  if (in.failed() || !parent || depth < 0 || depth > UINT32_MAX)
    return unknown_source();
  auto result = source_of(source_kind::subagent_thread_spawn);
  result.parent = parent;
  result.depth = static_cast<std::uint32_t>(depth);
  return result;
}

session_source parse_subagent(const boost::json::value& x) {
  if (x.is_string() && x.get_string() == "review")
    return source_of(source_kind::subagent_review);
  if (x.is_string() && x.get_string() == "compact")
    return source_of(source_kind::subagent_compact);
  object_reader in{x};
  if (const auto* spawned = in.optional_object("thread_spawn"))
    return parse_spawned(*spawned);
  const auto label = in.text("other");
  if (in.failed())
    return unknown_source();
  auto result = source_of(source_kind::subagent_other);
  result.label = label;
  return result;
}

boost::json::object subagent(boost::json::value x) {
  boost::json::object result;
  result["subagent"] = std::move(x);
  return result;
}

boost::json::object spawned(const session_source& x) {
  boost::json::object facts;
  facts["parent_thread_id"] = to_string(x.parent.value_or(thread_id{}));
  facts["depth"] = x.depth;
  boost::json::object result;
  result["thread_spawn"] = std::move(facts);
  return result;
}

boost::json::object other(const session_source& x) {
  boost::json::object result;
  result["other"] = x.label;
  return result;
}

} // namespace

boost::json::value to_json(const session_source& x) {
  switch (x.kind) {
  case source_kind::cli:
  case source_kind::vscode:
  case source_kind::exec:
  case source_kind::mcp:
  case source_kind::unknown: return boost::json::string{to_text(x.kind)};
  case source_kind::subagent_review: return subagent("review");
  case source_kind::subagent_compact: return subagent("compact");
  case source_kind::subagent_thread_spawn: return subagent(spawned(x));
  case source_kind::subagent_other: return subagent(other(x));
  }
  return nullptr;
}

session_source parse_session_source(const boost::json::value& x) {
  if (const auto* text = x.if_string())
    return parse_plain({text->data(), text->size()});
  object_reader in{x};
  const auto* kind = in.find("subagent");
  return kind ? parse_subagent(*kind) : unknown_source();
}

std::string to_text(const session_source& x) {
  switch (x.kind) {
  case source_kind::cli:
  case source_kind::vscode:
  case source_kind::exec:
  case source_kind::mcp:
  case source_kind::unknown:
  case source_kind::subagent_review:
  case source_kind::subagent_compact: return to_string(x.kind);
  case source_kind::subagent_thread_spawn:
    return "subagent_thread_spawn_" + to_string(x.parent.value_or(thread_id{})) + "_d" +
           std::to_string(x.depth);
  case source_kind::subagent_other: return "subagent_" + x.label;
  }
  return {};
}

} // namespace troupe
