#include "actors/telemetry/turn_spans.hpp"

#include "messages/wire_enum.hpp"

#include <utility>
#include <variant>

namespace troupe::telemetry {

namespace {

span span_of(const open_traces::context& x, std::string_view name, span::time_point now) {
  return {.trace = x.trace, .id = x.span, .parent = x.parent, .name = name, .begin = now};
}

token_usage difference(const token_usage& a, const token_usage& b) {
  return {.input_tokens = a.input_tokens - b.input_tokens,
          .cached_input_tokens = a.cached_input_tokens - b.cached_input_tokens,
          .output_tokens = a.output_tokens - b.output_tokens,
          .reasoning_output_tokens = a.reasoning_output_tokens - b.reasoning_output_tokens,
          .total_tokens = a.total_tokens - b.total_tokens};
}

void add_text(span& x, std::string_view key, std::string value) {
  if (!value.empty())
    x.attributes.push_back({key, std::move(value)});
}

std::string text_of(const user_message_item& x, std::size_t max_bytes) {
  std::string result;
  for (const auto& part : x.content)
    if (const auto* text = std::get_if<text_input>(&part))
      result += text->text;
  if (result.size() > max_bytes)
    result.resize(max_bytes);
  return result;
}

} // namespace

/// One event of a thread whose turn, if the event has one, is open.
struct turn_spans::visitor {
  turn_spans& self;
  const thread_id& id;
  followed_thread& thread;
  time_point now;
  std::vector<span>& out;

  void operator()(const session_configured& x) const {
    thread.model = x.model;
    thread.provider = x.model_provider_id;
  }

  void operator()(const task_complete&) const { self.end_turn(id, thread, now, out); }

  void operator()(const turn_aborted& x) const {
    if (!thread.turn)
      return;
    thread.turn->is_failed = true;
    add_text(thread.turn->turn, "error.type", std::string{to_text(x.reason)});
    self.end_turn(id, thread, now, out);
  }

  void operator()(const turn_error& x) const {
    if (!thread.turn)
      return;
    thread.turn->is_failed = true;
    add_text(thread.turn->turn, "error.type", std::string{to_text(x.info)});
  }

  void operator()(const stream_error&) const {
    if (thread.turn)
      ++thread.turn->retries;
  }

  void operator()(const token_count& x) const {
    if (!x.usage)
      return;
    const auto more = thread.total ? difference(x.usage->total, *thread.total) : x.usage->last;
    thread.total = x.usage->total;
    if (thread.turn)
      thread.turn->used += more;
  }

  void operator()(const item_completed& x) const {
    const auto* message = std::get_if<user_message_item>(&x.item);
    if (message != nullptr && thread.turn && self.prompts_ == config::prompt_logging::on)
      add_text(thread.turn->turn, "prompt", text_of(*message, max_prompt_bytes));
  }

  void operator()(const exec_command_begin& x) const {
    if (thread.turn)
      self.begin_tool(id, *thread.turn, x.call_id, "command", now);
  }

  void operator()(const exec_command_end& x) const {
    if (auto ended = take_tool(x.begin.call_id)) {
      ended->attributes.push_back({"process.exit.code", std::int64_t{x.exit_code}});
      finish(std::move(*ended), x.exit_code == 0);
    }
  }

  void operator()(const patch_apply_begin& x) const {
    if (thread.turn)
      self.begin_tool(id, *thread.turn, x.call_id, "patch", now);
  }

  void operator()(const patch_apply_end& x) const {
    if (auto ended = take_tool(x.call_id)) {
      ended->attributes.push_back({"files", static_cast<std::int64_t>(x.changes.size())});
      finish(std::move(*ended), x.success);
    }
  }

  template <class Other>
  void operator()(const Other&) const {} // tells nothing that takes time

private:
  std::optional<span> take_tool(const std::string& call) const {
    if (!thread.turn)
      return std::nullopt;
    auto node = thread.turn->tools.extract(call);
    return node.empty() ? std::nullopt : std::optional{std::move(node.mapped())};
  }

  void finish(span x, bool is_success) const {
    x.end = now;
    x.status = is_success ? span_status::ok : span_status::error;
    out.push_back(std::move(x));
  }
};

void turn_spans::on_event(const thread_id& thread, const event& x, time_point now,
                          std::vector<span>& out) {
  auto& known = threads_[thread];
  if (!x.turn.empty() && x.turn != known.ended_turn && (!known.turn || known.turn->id != x.turn) &&
      !std::holds_alternative<task_complete>(x.msg) && !std::holds_alternative<turn_aborted>(x.msg))
    begin_turn(thread, known, x.turn, now);
  std::visit(visitor{*this, thread, known, now, out}, x.msg);
}

void turn_spans::on_closed(const thread_id& thread, time_point now, std::vector<span>& out) {
  auto closed = threads_.extract(thread);
  if (!closed.empty() && closed.mapped().turn) {
    closed.mapped().turn->is_failed = true;
    add_text(closed.mapped().turn->turn, "error.type", "thread_closed");
    end_turn(thread, closed.mapped(), now, out);
  }
  traces_->end_thread(thread);
}

void turn_spans::close_all(time_point now, std::vector<span>& out) {
  while (!threads_.empty())
    on_closed(thread_id{threads_.begin()->first}, now, out);
}

void turn_spans::begin_turn(const thread_id& id, followed_thread& thread, const std::string& turn,
                            time_point now) {
  thread.turn = open_turn{.id = turn, .turn = span_of(traces_->turn(id, turn), "turn", now)};
  add_text(thread.turn->turn, "thread.id", to_string(id));
  add_text(thread.turn->turn, "turn.id", turn);
  add_text(thread.turn->turn, "gen_ai.provider.name", thread.provider);
  add_text(thread.turn->turn, "gen_ai.request.model", thread.model);
}

void turn_spans::begin_tool(const thread_id& id, open_turn& turn, const std::string& call,
                            std::string_view name, time_point now) {
  if (turn.tools.size() >= max_open_tools)
    return;
  auto tool = span_of(traces_->below(traces_->tool(id, turn.id, call)), name, now);
  add_text(tool, "tool.call_id", call);
  turn.tools.insert_or_assign(call, std::move(tool));
}

void turn_spans::end_turn(const thread_id& id, followed_thread& thread, time_point now,
                          std::vector<span>& out) {
  if (!thread.turn)
    return;
  auto ended = *std::exchange(thread.turn, std::nullopt);
  for (auto& [call, tool] : ended.tools) {
    tool.end = now;
    tool.status = span_status::error;
    out.push_back(std::move(tool));
  }
  auto& result = ended.turn;
  result.end = now;
  result.status = ended.is_failed ? span_status::error : span_status::ok;
  result.attributes.push_back({"gen_ai.usage.input_tokens", ended.used.input_tokens});
  result.attributes.push_back({"gen_ai.usage.output_tokens", ended.used.output_tokens});
  result.attributes.push_back({"stream.retries", ended.retries});
  out.push_back(std::move(result));
  traces_->end_turn(id, ended.id);
  thread.ended_turn = std::move(ended.id);
}

} // namespace troupe::telemetry
