#include "apps/threads/transcript.hpp"

#include "apps/common/printable_text.hpp"
#include "messages/json/document.hpp"
#include "messages/json/item_json.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace troupe::threads {

namespace {

/// A member somewhere in an object; null when the way leads nowhere.
const boost::json::value* find(const boost::json::value* from,
                               std::initializer_list<std::string_view> path) {
  for (const auto name : path) {
    const auto* object = from ? from->if_object() : nullptr;
    from = object ? object->if_contains(name) : nullptr;
  }
  return from;
}

std::string text_at(const boost::json::value* from, std::initializer_list<std::string_view> path) {
  const auto* value = find(from, path);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string{text->data(), text->size()} : std::string{};
}

std::string_view without_final_newlines(std::string_view text) {
  const auto last = text.find_last_not_of('\n');
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Writes a transcript line by line of the rollout.
class narrator {
public:
  explicit narrator(tool_output outputs) : outputs_(outputs) {}

  void tell(const rollout_line& line) {
    switch (line.kind) {
    case line_kind::meta: return tell_meta(line);
    case line_kind::item: return tell_item(line);
    case line_kind::context: return tell_context(line);
    case line_kind::event: return tell_event(line);
    case line_kind::compacted: return say("history compacted", {});
    }
  }

  std::string finish() {
    if (total_tokens_)
      say("tokens used", fmt::format("{}", *total_tokens_));
    return std::move(out_);
  }

private:
  /// A paragraph with a heading; nothing but the heading when there is no text.
  void say(std::string_view heading, std::string_view text) {
    out_ += fmt::format("\n[{}]\n", common::printable(heading));
    if (const auto body = without_final_newlines(text); !body.empty())
      out_ += common::printable(body) + '\n';
  }

  void fact(std::string_view name, std::string_view text) {
    if (const auto line = common::one_line(text); !line.empty())
      out_ += fmt::format("{:<10} {}\n", name, line);
  }

  void tell_meta(const rollout_line& line) {
    if (has_meta_) // a fork's source
      return;
    has_meta_ = true;
    const json_document document{line.payload_json.view()};
    const auto* meta = document.root();
    fact("thread", text_at(meta, {"id"}));
    fact("forked", text_at(meta, {"forked_from_id"}));
    fact("started", text_at(meta, {"timestamp"}));
    fact("folder", text_at(meta, {"cwd"}));
    fact("provider", text_at(meta, {"model_provider"}));
    fact("client", text_at(meta, {"originator"}) + ' ' + text_at(meta, {"cli_version"}));
    fact("branch", text_at(meta, {"git", "branch"}));
    fact("commit", text_at(meta, {"git", "commit_hash"}));
  }

  void tell_context(const rollout_line& line) {
    const json_document document{line.payload_json.view()};
    auto model = text_at(document.root(), {"model"});
    if (!model.empty() && model != model_)
      say(fmt::format("model {}", model), {});
    model_ = std::move(model);
  }

  void tell_event(const rollout_line& line) {
    const json_document document{line.payload_json.view()};
    const auto* event = document.root();
    const auto type = text_at(event, {"type"});
    if (type == "user_message")
      say("user", text_at(event, {"message"}));
    else if (type == "agent_message")
      say("assistant", text_at(event, {"message"}));
    else if (type == "agent_reasoning")
      say("reasoning", text_at(event, {"text"}));
    else if (type == "turn_aborted")
      say(fmt::format("turn aborted: {}", text_at(event, {"reason"})), {});
    else if (type == "thread_rolled_back")
      say("rolled back", {});
    else if (type == "token_count")
      count_tokens(event);
  }

  void count_tokens(const boost::json::value* event) {
    const auto* total = find(event, {"info", "total_token_usage", "total_tokens"});
    if (total && total->is_int64())
      total_tokens_ = total->get_int64();
  }

  /// Messages and reasoning are told by their events.
  void tell_item(const rollout_line& line) {
    const auto item = parse_response_item(line.payload_json.view());
    if (!item)
      return;
    if (is_tool_call(*item))
      say(fmt::format("call {}", item->name.empty() ? "local shell" : item->name),
          call_arguments(*item));
    else if (is_tool_output(*item))
      say("output", cut(output_text(*item).value_or("(images)")));
    else if (item->kind == item_kind::web_search_call)
      say("web search", {});
  }

  std::string cut(std::string text) const {
    if (outputs_ == tool_output::whole)
      return text;
    std::size_t end = 0;
    for (std::size_t line = 0; line < shown_output_lines; ++line) {
      end = text.find('\n', end);
      if (end == std::string::npos)
        return text;
      ++end;
    }
    const auto rest = without_final_newlines(std::string_view{text}.substr(end));
    if (rest.empty())
      return text;
    const auto more = 1 + std::count(rest.begin(), rest.end(), '\n');
    return text.substr(0, end) + fmt::format("({} more lines; --full shows them)", more);
  }

  tool_output outputs_;
  std::string out_;
  std::string model_;
  bool has_meta_ = false;
  std::optional<std::int64_t> total_tokens_;
};

} // namespace

std::string transcript(const rollout_history& history, tool_output outputs) {
  narrator teller{outputs};
  for (const auto& line : history.lines)
    teller.tell(line);
  return fmt::format("{:<10} {}\n", "file", common::one_line(history.path)) + teller.finish();
}

std::string json_lines(const rollout_history& history) {
  std::string out;
  for (const auto& line : history.lines) {
    json_writer{out}
      .begin_object()
      .member("type", to_text(line.kind))
      .key("payload")
      .raw(line.payload_json.view())
      .end_object();
    out += '\n';
  }
  return out;
}

} // namespace troupe::threads
