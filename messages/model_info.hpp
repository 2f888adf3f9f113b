#pragma once

#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the program must know about a model (contract models-manager.md 2). Field names are the
/// contract's.
namespace troupe {

enum class shell_type : std::uint8_t {
  default_shell,
  local,
  unified_exec,
  disabled,
  shell_command
};
template <>
struct enum_texts<shell_type> {
  static constexpr std::array<std::string_view, 5> values{"default", "local", "unified_exec",
                                                          "disabled", "shell_command"};
};

enum class model_visibility : std::uint8_t { list, hide, none };
template <>
struct enum_texts<model_visibility> {
  static constexpr std::array<std::string_view, 3> values{"list", "hide", "none"};
};

enum class patch_tool_type : std::uint8_t { freeform, function };
template <>
struct enum_texts<patch_tool_type> {
  static constexpr std::array<std::string_view, 2> values{"freeform", "function"};
};

enum class truncation_mode : std::uint8_t { bytes, tokens };
template <>
struct enum_texts<truncation_mode> {
  static constexpr std::array<std::string_view, 2> values{"bytes", "tokens"};
};

/// How much of a tool's output the model gets to see; a token counts as 4 bytes.
struct truncation_policy {
  truncation_mode mode = truncation_mode::bytes;
  std::int64_t limit = 10'000;
  bool operator==(const truncation_policy&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, truncation_policy& x) {
  return f.object(x).fields(f.field("mode", x.mode), f.field("limit", x.limit));
}

struct reasoning_level {
  reasoning_effort effort = reasoning_effort::medium;
  std::string description;
  bool operator==(const reasoning_level&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, reasoning_level& x) {
  return f.object(x).fields(f.field("effort", x.effort), f.field("description", x.description));
}

struct model_upgrade {
  std::string model;
  std::string migration_markdown;
  bool operator==(const model_upgrade&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_upgrade& x) {
  return f.object(x).fields(f.field("model", x.model),
                            f.field("migration_markdown", x.migration_markdown));
}

struct model_messages {
  std::optional<std::string> instructions_template;
  std::optional<std::string> personality_default;
  std::optional<std::string> personality_friendly;
  std::optional<std::string> personality_pragmatic;
  bool operator==(const model_messages&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_messages& x) {
  return f.object(x).fields(f.field("instructions_template", x.instructions_template),
                            f.field("personality_default", x.personality_default),
                            f.field("personality_friendly", x.personality_friendly),
                            f.field("personality_pragmatic", x.personality_pragmatic));
}

struct model_info {
  std::string slug;
  std::string display_name;
  std::optional<std::string> description;
  std::optional<reasoning_effort> default_reasoning_level;
  std::vector<reasoning_level> supported_reasoning_levels;
  troupe::shell_type shell_type = shell_type::default_shell;
  model_visibility visibility = model_visibility::none;
  bool supported_in_api = true;
  std::int32_t priority = 99;
  std::optional<model_upgrade> upgrade;
  shared_text base_instructions;
  std::optional<troupe::model_messages> model_messages;
  bool supports_reasoning_summaries = false;
  bool support_verbosity = false;
  std::optional<verbosity> default_verbosity;
  std::optional<patch_tool_type> apply_patch_tool_type;
  troupe::truncation_policy truncation_policy;
  bool supports_parallel_tool_calls = false;
  std::optional<std::int64_t> context_window; ///< tokens
  std::optional<std::int64_t> auto_compact_token_limit;
  std::int64_t effective_context_window_percent = 95;
  std::vector<std::string> experimental_supported_tools;
  bool accepts_images = true; ///< `input_modalities` holds "image"
  bool operator==(const model_info&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_info& x) {
  return f.object(x).fields(
    f.field("slug", x.slug), f.field("display_name", x.display_name),
    f.field("description", x.description),
    f.field("default_reasoning_level", x.default_reasoning_level),
    f.field("supported_reasoning_levels", x.supported_reasoning_levels),
    f.field("shell_type", x.shell_type), f.field("visibility", x.visibility),
    f.field("supported_in_api", x.supported_in_api), f.field("priority", x.priority),
    f.field("upgrade", x.upgrade), f.field("base_instructions", x.base_instructions),
    f.field("model_messages", x.model_messages),
    f.field("supports_reasoning_summaries", x.supports_reasoning_summaries),
    f.field("support_verbosity", x.support_verbosity),
    f.field("default_verbosity", x.default_verbosity),
    f.field("apply_patch_tool_type", x.apply_patch_tool_type),
    f.field("truncation_policy", x.truncation_policy),
    f.field("supports_parallel_tool_calls", x.supports_parallel_tool_calls),
    f.field("context_window", x.context_window),
    f.field("auto_compact_token_limit", x.auto_compact_token_limit),
    f.field("effective_context_window_percent", x.effective_context_window_percent),
    f.field("experimental_supported_tools", x.experimental_supported_tools),
    f.field("accepts_images", x.accepts_images));
}

/// Window times percent / 100 (integer division); none without a window.
inline std::optional<std::int64_t> effective_context_window(const model_info& x) {
  if (!x.context_window)
    return std::nullopt;
  return *x.context_window * x.effective_context_window_percent / 100;
}

/// The explicit limit, else nine tenths of the window; none without either.
inline std::optional<std::int64_t> auto_compact_limit(const model_info& x) {
  if (x.auto_compact_token_limit)
    return x.auto_compact_token_limit;
  if (!x.context_window)
    return std::nullopt;
  return *x.context_window * 9 / 10;
}

} // namespace troupe
