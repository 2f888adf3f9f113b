#include "messages/json/event_json.hpp"

#include "messages/json/object_reader.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

/// Contract threads.md 19.1; any other plan reads as "unknown".
constexpr std::array<std::string_view, 9> plan_types{
  "free", "go", "plus", "pro", "team", "business", "enterprise", "edu", "unknown"};

token_usage parse_usage(object_reader& in, std::string_view name) {
  const auto* usage = in.optional_object(name);
  if (!usage) {
    in.fail();
    return {};
  }
  object_reader reader{*usage};
  token_usage result;
  result.input_tokens = reader.integer("input_tokens");
  result.cached_input_tokens = reader.integer("cached_input_tokens");
  result.output_tokens = reader.integer("output_tokens");
  result.reasoning_output_tokens = reader.integer("reasoning_output_tokens");
  result.total_tokens = reader.integer("total_tokens");
  if (reader.failed())
    in.fail();
  return result;
}

std::optional<rate_limit_window> parse_window(object_reader& in, std::string_view name) {
  const auto* window = in.optional_object(name);
  if (!window)
    return std::nullopt;
  object_reader reader{*window};
  rate_limit_window result;
  result.used_percent = reader.real("used_percent");
  result.window_minutes = reader.optional_integer("window_minutes");
  result.resets_at = reader.optional_integer("resets_at");
  if (reader.failed())
    in.fail();
  return result;
}

std::optional<rate_limit_credits> parse_credits(object_reader& in) {
  const auto* credits = in.optional_object("credits");
  if (!credits)
    return std::nullopt;
  object_reader reader{*credits};
  rate_limit_credits result;
  result.has_credits = reader.boolean("has_credits");
  result.unlimited = reader.boolean("unlimited");
  result.balance = reader.optional_text("balance");
  if (reader.failed())
    in.fail();
  return result;
}

std::optional<std::string> parse_plan(object_reader& in) {
  const auto plan = in.optional_text("plan_type");
  if (!plan)
    return std::nullopt;
  const bool known = std::find(plan_types.begin(), plan_types.end(), *plan) != plan_types.end();
  return std::string{known ? *plan : "unknown"};
}

std::vector<std::string> parse_roots(object_reader& in) {
  std::vector<std::string> result;
  const auto* roots = in.optional_array("writable_roots");
  if (!roots)
    return result;
  for (const auto& root : *roots) {
    if (!root.is_string()) {
      in.fail();
      return {};
    }
    result.emplace_back(root.get_string());
  }
  return result;
}

void parse_external(object_reader& in, sandbox_policy& x) {
  const auto network = in.optional_text("network_access").value_or("restricted");
  if (network != "restricted" && network != "enabled")
    in.fail();
  x.network_access = network == "enabled";
}

void parse_workspace(object_reader& in, sandbox_policy& x) {
  x.writable_roots = parse_roots(in);
  x.network_access = in.optional_boolean("network_access").value_or(false);
  x.exclude_tmpdir_env_var = in.optional_boolean("exclude_tmpdir_env_var").value_or(false);
  x.exclude_slash_tmp = in.optional_boolean("exclude_slash_tmp").value_or(false);
}

} // namespace

std::optional<token_usage_info> parse_token_usage_info(const boost::json::value& x) {
  object_reader in{x};
  token_usage_info result;
  result.total = parse_usage(in, "total_token_usage");
  result.last = parse_usage(in, "last_token_usage");
  result.model_context_window = in.optional_integer("model_context_window");
  return in.failed() ? std::nullopt : std::optional{result};
}

std::optional<rate_limits> parse_rate_limits(const boost::json::value& x) {
  object_reader in{x};
  rate_limits result;
  result.primary = parse_window(in, "primary");
  result.secondary = parse_window(in, "secondary");
  result.credits = parse_credits(in);
  result.plan_type = parse_plan(in);
  return in.failed() ? std::nullopt : std::optional{result};
}

std::optional<sandbox_policy> parse_sandbox_policy(const boost::json::value& x) {
  object_reader in{x};
  const auto mode = parse_enum<sandbox_mode>(in.text("type"));
  if (!mode)
    return std::nullopt;
  sandbox_policy result;
  result.mode = *mode;
  if (*mode == sandbox_mode::external_sandbox)
    parse_external(in, result);
  if (*mode == sandbox_mode::workspace_write)
    parse_workspace(in, result);
  return in.failed() ? std::nullopt : std::optional{result};
}

} // namespace troupe
