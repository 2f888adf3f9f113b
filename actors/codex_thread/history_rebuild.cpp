#include "actors/codex_thread/history_rebuild.hpp"

#include "actors/codex_thread/compaction_history.hpp"
#include "actors/codex_thread/history.hpp"
#include "messages/json/event_json.hpp"
#include "messages/json/item_json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <string_view>

namespace troupe::codex_thread {

namespace {

namespace json = boost::json;

/// No truncation here: the session records the result once more with its model's policy.
constexpr truncation_policy keep_all{truncation_mode::bytes, std::int64_t{1} << 40};

json::object parsed(const shared_text& payload) {
  boost::system::error_code ec;
  auto value = json::parse(payload.view(), ec);
  return !ec && value.is_object() ? std::move(value.get_object()) : json::object{};
}

bool mentions(const shared_text& payload, std::string_view what) {
  return payload.view().find(what) != std::string_view::npos;
}

std::string text_at(const json::object& x, std::string_view key) {
  const auto* value = x.if_contains(key);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

class rebuilder {
public:
  explicit rebuilder(const std::vector<response_item>& initial_context)
    : initial_(initial_context) {}

  void take(const rollout_line& line) {
    switch (line.kind) {
    case line_kind::meta: take_meta(parsed(line.payload_json)); break;
    case line_kind::item:
      if (auto item = parse_response_item(line.payload_json.view()))
        history_.record(*item, keep_all);
      break;
    case line_kind::compacted: take_compacted(parsed(line.payload_json)); break;
    case line_kind::context: last_context_ = line.payload_json; break;
    case line_kind::event: take_event(line.payload_json); break;
    }
  }

  rebuilt_session result() {
    result_.items = history_.items();
    if (!last_context_.empty())
      result_.model = text_at(parsed(last_context_), "model");
    if (!last_usage_.empty()) {
      const auto event = parsed(last_usage_);
      if (const auto* info = event.if_contains("info"))
        result_.usage = parse_token_usage_info(*info);
    }
    return std::move(result_);
  }

private:
  void take_meta(const json::object& meta) {
    if (const auto* base = meta.if_contains("base_instructions");
        result_.base_instructions.empty() && base && base->is_object())
      result_.base_instructions = shared_text{text_at(base->get_object(), "text")};
    if (!result_.forked_from)
      result_.forked_from = parse_thread_id(text_at(meta, "forked_from_id"));
  }

  void take_event(const shared_text& payload) {
    result_.event_messages_json.push_back(payload);
    // The cheap test first: only two kinds of events change anything.
    if (mentions(payload, "\"token_count\"")) {
      const auto event = parsed(payload);
      const auto* info = event.if_contains("info");
      if (text_at(event, "type") == "token_count" && info && info->is_object())
        last_usage_ = payload;
    } else if (mentions(payload, "\"thread_rolled_back\"")) {
      const auto event = parsed(payload);
      const auto* turns = event.if_contains("num_turns");
      if (text_at(event, "type") == "thread_rolled_back" && turns && turns->is_int64() &&
          turns->get_int64() > 0)
        history_.drop_last_user_turns(static_cast<std::size_t>(turns->get_int64()));
    }
  }

  void take_compacted(const json::object& x) {
    std::vector<response_item> items;
    if (const auto* list = x.if_contains("replacement_history"); list && list->is_array()) {
      for (const auto& element : list->get_array())
        if (auto item = parse_response_item(element))
          items.push_back(std::move(*item));
    } else {
      items = locally_compacted(initial_, history_.items(), text_at(x, "message"));
    }
    history_.replace(items, keep_all);
  }

  const std::vector<response_item>& initial_;
  history history_;
  shared_text last_context_;
  shared_text last_usage_;
  rebuilt_session result_;
};

} // namespace

rebuilt_session rebuild(const std::vector<rollout_line>& lines,
                        const std::vector<response_item>& initial_context) {
  rebuilder work{initial_context};
  for (const auto& line : lines)
    work.take(line);
  return work.result();
}

shared_text last_turn_context(const std::vector<rollout_line>& lines) {
  const auto found = std::find_if(lines.rbegin(), lines.rend(), [](const rollout_line& x) {
    return x.kind == line_kind::context;
  });
  return found == lines.rend() ? shared_text{} : found->payload_json;
}

} // namespace troupe::codex_thread
