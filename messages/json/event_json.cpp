#include "messages/json/event_json.hpp"

#include "messages/json/document.hpp"
#include "messages/json/event_parts.hpp"

#include <boost/json/object.hpp>

#include <array>

namespace troupe {

namespace {

/// In the order of `event_msg`.
constexpr std::array<std::string_view, 25> event_names{"session_configured",
                                                       "task_started",
                                                       "task_complete",
                                                       "turn_aborted",
                                                       "token_count",
                                                       "error",
                                                       "stream_error",
                                                       "warning",
                                                       "background_event",
                                                       "shutdown_complete",
                                                       "item_started",
                                                       "item_completed",
                                                       "raw_response_item",
                                                       "agent_message_content_delta",
                                                       "reasoning_content_delta",
                                                       "reasoning_raw_content_delta",
                                                       "agent_reasoning_section_break",
                                                       "exec_command_begin",
                                                       "exec_command_output_delta",
                                                       "exec_command_end",
                                                       "terminal_interaction",
                                                       "patch_apply_begin",
                                                       "patch_apply_end",
                                                       "turn_diff",
                                                       "plan_update"};
static_assert(event_names.size() == std::variant_size_v<event_msg>);

/// Writes the members that follow `type`; one function per event.
class event_writer {
public:
  event_writer(json_writer& out, const thread_id& thread, std::string_view turn)
    : out_(out), thread_(thread), turn_(turn) {}

  void operator()(const session_configured& x) {
    out_.member("session_id", to_string(x.session_id));
    if (x.forked_from_id)
      out_.member("forked_from_id", to_string(*x.forked_from_id));
    out_.member("model", x.model).member("model_provider_id", x.model_provider_id);
    out_.member("approval_policy", to_text(x.approval_policy));
    write_json(out_.key("sandbox_policy"), x.sandbox_policy);
    out_.member("cwd", x.cwd);
    if (x.reasoning_effort)
      out_.member("reasoning_effort", to_text(*x.reasoning_effort));
    // The log of entered prompts belongs to interactive front ends; there is none here.
    out_.member("history_log_id", 0).member("history_entry_count", 0);
    if (!x.initial_messages_json.empty()) {
      out_.key("initial_messages").begin_array();
      for (const auto& message : x.initial_messages_json)
        out_.raw(message.view());
      out_.end_array();
    }
    write_nonempty(out_, "rollout_path", x.rollout_path);
  }

  void operator()(const task_started& x) {
    write_optional(out_, "model_context_window", x.model_context_window);
    out_.member("collaboration_mode_kind", to_text(x.mode));
  }

  void operator()(const task_complete& x) {
    write_optional(out_, "last_agent_message", x.last_agent_message);
  }

  void operator()(const turn_aborted& x) { out_.member("reason", to_text(x.reason)); }

  void operator()(const token_count& x) {
    write_part("info", x.usage);
    write_part("rate_limits", x.rate_limits);
  }

  void operator()(const turn_error& x) {
    out_.member("message", x.message);
    write_error_info(out_, x);
  }

  void operator()(const stream_error& x) {
    out_.member("message", x.message);
    write_error_info(out_, {.message = {},
                            .info = error_class::response_stream_disconnected,
                            .http_status = x.http_status});
    out_.key("additional_details");
    if (x.additional_details.empty())
      out_.null();
    else
      out_.text(x.additional_details);
  }

  void operator()(const warning& x) { out_.member("message", x.message); }
  void operator()(const background_event& x) { out_.member("message", x.message); }
  void operator()(const shutdown_complete&) {}
  void operator()(const item_started& x) { write_item(x.item); }
  void operator()(const item_completed& x) { write_item(x.item); }
  void operator()(const raw_response_item& x) { out_.key("item").raw(x.item.json.view()); }
  void operator()(const agent_message_delta& x) { write_delta(x.item_id, x.delta); }

  void operator()(const reasoning_delta& x) {
    write_delta(x.item_id, x.delta);
    out_.member("summary_index", x.summary_index);
  }

  void operator()(const reasoning_raw_delta& x) {
    write_delta(x.item_id, x.delta);
    out_.member("content_index", x.content_index);
  }

  void operator()(const reasoning_section_break& x) {
    out_.member("item_id", x.item_id).member("summary_index", x.summary_index);
  }

  void operator()(const exec_command_begin& x) {
    out_.member("call_id", x.call_id);
    write_nonempty(out_, "process_id", x.process_id);
    out_.member("turn_id", turn_);
    write_texts(out_, "command", x.command);
    out_.member("cwd", x.cwd);
    out_.key("parsed_cmd").raw(x.parsed_cmd_json.empty() ? "[]" : x.parsed_cmd_json.view());
    out_.member("source", to_text(x.source));
  }

  void operator()(const exec_output_delta& x) {
    out_.member("call_id", x.call_id).member("stream", to_text(x.stream));
    out_.member("chunk", base64(x.chunk));
  }

  void operator()(const exec_command_end& x) {
    (*this)(x.begin);
    out_.member("stdout", x.standard_output).member("stderr", x.standard_error);
    out_.member("aggregated_output", x.aggregated_output).member("exit_code", x.exit_code);
    constexpr std::int64_t second = 1'000'000'000;
    out_.key("duration").begin_object().member("secs", x.duration.count() / second);
    out_.member("nanos", x.duration.count() % second).end_object();
    out_.member("formatted_output", x.formatted_output);
  }

  void operator()(const terminal_interaction& x) {
    out_.member("call_id", x.call_id).member("process_id", x.process_id);
    out_.member("stdin", x.standard_input);
  }

  void operator()(const patch_apply_begin& x) {
    out_.member("call_id", x.call_id).member("turn_id", turn_);
    out_.key("auto_approved").boolean(x.auto_approved);
    write_changes(out_, x.changes);
  }

  void operator()(const patch_apply_end& x) {
    out_.member("call_id", x.call_id).member("turn_id", turn_);
    out_.member("stdout", x.standard_output).member("stderr", x.standard_error);
    out_.key("success").boolean(x.success);
    write_changes(out_, x.changes);
  }

  void operator()(const turn_diff& x) { out_.member("unified_diff", x.unified_diff); }

  void operator()(const plan_update& x) {
    write_optional(out_, "explanation", x.explanation);
    out_.key("plan").begin_array();
    for (const auto& step : x.plan) {
      out_.begin_object().member("step", step.step);
      out_.member("status", to_text(step.status)).end_object();
    }
    out_.end_array();
  }

private:
  template <class Part>
  void write_part(std::string_view name, const std::optional<Part>& x) {
    out_.key(name);
    if (x)
      write_json(out_, *x);
    else
      out_.null();
  }

  void write_turn() { out_.member("thread_id", to_string(thread_)).member("turn_id", turn_); }

  void write_item(const turn_item& x) {
    write_turn();
    write_turn_item(out_.key("item"), x);
  }

  void write_delta(std::string_view item_id, std::string_view delta) {
    write_turn();
    out_.member("item_id", item_id).member("delta", delta);
  }

  json_writer& out_;
  const thread_id& thread_;
  std::string_view turn_;
};

boost::json::object tree_of(std::string_view json) {
  const json_document document{json};
  // The copy leaves the document's memory. A fragment that another node filled with broken JSON
  // leaves nothing to show.
  if (document.root() && document.root()->is_object())
    return boost::json::object(document.root()->get_object(), boost::json::storage_ptr{});
  return {};
}

template <class Part>
boost::json::object part_tree(const Part& x) {
  std::string json;
  json_writer out{json};
  write_json(out, x);
  return tree_of(json);
}

} // namespace

std::string event_json(const event_msg& x, const thread_id& thread, std::string_view turn) {
  std::string json;
  json_writer out{json};
  out.begin_object().member("type", type_name(x));
  std::visit(event_writer{out, thread, turn}, x);
  out.end_object();
  return json;
}

boost::json::object to_json(const event_msg& x, const thread_id& thread, std::string_view turn) {
  return tree_of(event_json(x, thread, turn));
}

std::string_view type_name(const event_msg& x) {
  return event_names[x.index()];
}

boost::json::object to_json(const token_usage_info& x) {
  return part_tree(x);
}

boost::json::object to_json(const rate_limits& x) {
  return part_tree(x);
}

boost::json::object to_json(const sandbox_policy& x) {
  return part_tree(x);
}

} // namespace troupe
