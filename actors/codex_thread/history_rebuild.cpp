#include "actors/codex_thread/history_rebuild.hpp"

#include "actors/codex_thread/compaction_history.hpp"
#include "actors/codex_thread/history.hpp"
#include "messages/json/event_json.hpp"
#include "messages/json/item_json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// Brings outputs into the place where the conversation had them. A line of an output is written as
/// soon as its tool has ended, so it may stand before later calls of the same response, and outputs
/// stand in the order in which the tools ended. The model read them behind the whole response, in
/// the order of the calls. A response ends with a `token_count` of other figures than the last one;
/// the next one begins with a `turn_context` line or, in files of other programs, with the next
/// item of the model. What carries no such marks is taken as it stands.
class output_order {
public:
  /// Calls `record` with items, sooner or later.
  template <class Record>
  void take(response_item item, Record record) {
    if (!has_marks_)
      return record(item);
    if (is_tool_output(item)) {
      outputs_.push_back({std::move(item), std::exchange(loose_, {})});
    } else if (item.kind == item_kind::message && item.role != "assistant") {
      if (outputs_.empty() && calls_.empty())
        return record(item);
      loose_.push_back(std::move(item)); // a note of the next output, or input behind the last one
    } else {
      if (is_complete_)
        settle(record);
      if (is_tool_call(item))
        calls_.push_back(item.call_id);
      record(item);
    }
  }

  /// Nothing of the response comes any more.
  template <class Record>
  void settle(Record record) {
    is_complete_ = false;
    const auto place = [this](const output& x) {
      return std::find(calls_.begin(), calls_.end(), x.item.call_id) - calls_.begin();
    };
    std::ranges::stable_sort(outputs_, {}, place);
    for (const auto& x : std::exchange(outputs_, {})) {
      for (const auto& note : x.notes)
        record(note);
      record(x.item);
    }
    for (const auto& item : std::exchange(loose_, {}))
      record(item);
    calls_.clear();
  }

  void on_context() { has_marks_ = true; }

  void on_token_count(const shared_text& payload) {
    has_marks_ = true;
    const auto text = payload.view();
    const auto begin = std::min(text.find("\"info\""), text.size());
    const auto info = text.substr(begin, text.find("\"rate_limits\"", begin) - begin);
    is_complete_ = is_complete_ || info != last_info_;
    last_info_ = info;
  }

private:
  struct output {
    response_item item;
    std::vector<response_item> notes;
  };

  bool has_marks_ = false;
  bool is_complete_ = false; ///< the response of these calls has ended
  std::string last_info_;
  std::vector<std::string> calls_;
  std::vector<output> outputs_;
  std::vector<response_item> loose_;
};

struct into {
  history& to;
  void operator()(const response_item& x) const { to.record(x, keep_all); }
};

class rebuilder {
public:
  explicit rebuilder(const std::vector<response_item>& initial_context)
    : initial_(initial_context) {}

  void take(const rollout_line& line) {
    switch (line.kind) {
    case line_kind::meta: take_meta(parsed(line.payload_json)); break;
    case line_kind::item:
      if (auto item = parse_response_item(line.payload_json.view()))
        order_.take(std::move(*item), into{history_});
      break;
    case line_kind::compacted:
      order_.settle(into{history_});
      take_compacted(parsed(line.payload_json));
      break;
    case line_kind::context:
      order_.settle(into{history_});
      order_.on_context();
      last_context_ = line.payload_json;
      break;
    case line_kind::event: take_event(line.payload_json); break;
    }
  }

  rebuilt_session result() {
    order_.settle(into{history_});
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
      order_.on_token_count(payload);
      const auto event = parsed(payload);
      const auto* info = event.if_contains("info");
      if (text_at(event, "type") == "token_count" && info && info->is_object())
        last_usage_ = payload;
    } else if (mentions(payload, "\"thread_rolled_back\"")) {
      const auto event = parsed(payload);
      const auto* turns = event.if_contains("num_turns");
      order_.settle(into{history_});
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
  output_order order_;
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
