#include "messages/json/event_parts.hpp"

#include "messages/json/event_json.hpp"

#include <algorithm>

namespace troupe {

namespace {

void write_usage(json_writer& out, std::string_view name, const token_usage& x) {
  out.key(name).begin_object();
  out.member("input_tokens", x.input_tokens).member("cached_input_tokens", x.cached_input_tokens);
  out.member("output_tokens", x.output_tokens);
  out.member("reasoning_output_tokens", x.reasoning_output_tokens);
  out.member("total_tokens", x.total_tokens).end_object();
}

void write_window(json_writer& out, std::string_view name,
                  const std::optional<rate_limit_window>& x) {
  out.key(name);
  if (!x) {
    out.null();
    return;
  }
  out.begin_object().key("used_percent").real(x->used_percent);
  write_optional(out, "window_minutes", x->window_minutes);
  write_optional(out, "resets_at", x->resets_at);
  out.end_object();
}

void write_credits(json_writer& out, const std::optional<rate_limit_credits>& x) {
  out.key("credits");
  if (!x) {
    out.null();
    return;
  }
  out.begin_object().key("has_credits").boolean(x->has_credits);
  out.key("unlimited").boolean(x->unlimited);
  write_optional(out, "balance", x->balance);
  out.end_object();
}

void write_input(json_writer& out, const input_item& x) {
  out.begin_object();
  if (const auto* text = std::get_if<text_input>(&x)) {
    out.member("type", "text").member("text", text->text);
    out.key("text_elements").begin_array().end_array();
  } else if (const auto* image = std::get_if<image_input>(&x)) {
    out.member("type", "image").member("image_url", image->image_url);
  } else {
    out.member("type", "local_image").member("path", std::get<local_image_input>(x).path);
  }
  out.end_object();
}

void write_fields(json_writer& out, const user_message_item& x) {
  out.member("type", "UserMessage").member("id", x.id).key("content").begin_array();
  for (const auto& item : x.content)
    write_input(out, item);
  out.end_array();
}

void write_fields(json_writer& out, const agent_message_item& x) {
  out.member("type", "AgentMessage").member("id", x.id).key("content").begin_array();
  out.begin_object().member("type", "Text").member("text", x.text).end_object().end_array();
  write_nonempty(out, "phase", x.phase);
}

void write_fields(json_writer& out, const reasoning_item& x) {
  out.member("type", "Reasoning").member("id", x.id);
  write_texts(out, "summary_text", x.summary_text);
  write_texts(out, "raw_content", x.raw_content);
}

void write_fields(json_writer& out, const web_search_item& x) {
  out.member("type", "WebSearch").member("id", x.id).member("query", x.query);
  out.key("action").raw(x.action_json.empty() ? R"({"type":"other"})" : x.action_json.view());
}

void write_fields(json_writer& out, const context_compaction_item& x) {
  out.member("type", "ContextCompaction").member("id", x.id);
}

void write_change(json_writer& out, const file_change& x) {
  out.begin_object().member("type", to_text(x.kind));
  if (x.kind == change_kind::update) {
    out.member("unified_diff", x.text).key("move_path");
    if (x.move_path.empty())
      out.null();
    else
      out.text(x.move_path);
  } else {
    out.member("content", x.text);
  }
  out.end_object();
}

void write_http_status(json_writer& out, std::string_view name,
                       std::optional<std::uint16_t> http_status) {
  out.begin_object().key(name).begin_object();
  write_optional(out, "http_status_code", http_status);
  out.end_object().end_object();
}

void write_model_cap(json_writer& out, const turn_error& x) {
  out.begin_object().key("model_cap").begin_object().member("model", x.capped_model);
  write_optional(out, "reset_after_seconds", x.cap_resets_seconds);
  out.end_object().end_object();
}

} // namespace

void write_json(json_writer& out, const token_usage_info& x) {
  out.begin_object();
  write_usage(out, "total_token_usage", x.total);
  write_usage(out, "last_token_usage", x.last);
  write_optional(out, "model_context_window", x.model_context_window);
  out.end_object();
}

void write_json(json_writer& out, const rate_limits& x) {
  out.begin_object();
  write_window(out, "primary", x.primary);
  write_window(out, "secondary", x.secondary);
  write_credits(out, x.credits);
  write_optional(out, "plan_type", x.plan_type);
  out.end_object();
}

void write_json(json_writer& out, const sandbox_policy& x) {
  out.begin_object().member("type", to_text(x.mode));
  switch (x.mode) {
  case sandbox_mode::read_only:
  case sandbox_mode::danger_full_access: break;
  case sandbox_mode::external_sandbox:
    out.member("network_access", x.network_access ? "enabled" : "restricted");
    break;
  case sandbox_mode::workspace_write:
    if (!x.writable_roots.empty())
      write_texts(out, "writable_roots", x.writable_roots);
    out.key("network_access").boolean(x.network_access);
    out.key("exclude_tmpdir_env_var").boolean(x.exclude_tmpdir_env_var);
    out.key("exclude_slash_tmp").boolean(x.exclude_slash_tmp);
    break;
  }
  out.end_object();
}

void write_texts(json_writer& out, std::string_view name, const std::vector<std::string>& x) {
  out.key(name).begin_array();
  for (const auto& text : x)
    out.text(text);
  out.end_array();
}

void write_error_info(json_writer& out, const turn_error& x) {
  out.key("codex_error_info");
  switch (x.info) {
  case error_class::other:
  case error_class::context_window_exceeded:
  case error_class::usage_limit_exceeded:
  case error_class::internal_server_error:
  case error_class::unauthorized:
  case error_class::bad_request:
  case error_class::sandbox_error: out.text(to_text(x.info)); break;
  case error_class::model_cap: write_model_cap(out, x); break;
  case error_class::http_connection_failed:
  case error_class::response_stream_connection_failed:
  case error_class::response_stream_disconnected:
  case error_class::response_too_many_failed_attempts:
    write_http_status(out, to_text(x.info), x.http_status);
    break;
  }
}

void write_turn_item(json_writer& out, const turn_item& x) {
  out.begin_object();
  std::visit([&out](const auto& item) { write_fields(out, item); }, x);
  out.end_object();
}

void write_changes(json_writer& out, const file_changes& x) {
  out.key("changes").begin_object();
  for (const auto& [path, change] : x)
    write_change(out.key(path), change);
  out.end_object();
}

std::string base64(std::string_view bytes) {
  static constexpr char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto length = std::min<std::size_t>(bytes.size() - i, 3);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < length ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      result += k <= length ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return result;
}

} // namespace troupe
