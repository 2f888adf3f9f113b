#pragma once

#include "messages/model_info.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What is asked of the models manager (contract models-manager.md 8 to 13).
namespace troupe {

/// Settings that change what is known of a model (contract models-manager.md 12).
struct model_overrides {
  std::optional<bool> supports_reasoning_summaries;
  std::optional<std::int64_t> context_window;
  std::optional<std::int64_t> auto_compact_token_limit;
  std::optional<std::int64_t> tool_output_token_limit;
  shared_text base_instructions; ///< empty: the model's
  std::optional<troupe::personality> personality;
  bool operator==(const model_overrides&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_overrides& x) {
  return f.object(x).fields(f.field("supports_reasoning_summaries", x.supports_reasoning_summaries),
                            f.field("context_window", x.context_window),
                            f.field("auto_compact_token_limit", x.auto_compact_token_limit),
                            f.field("tool_output_token_limit", x.tool_output_token_limit),
                            f.field("base_instructions", x.base_instructions),
                            f.field("personality", x.personality));
}

/// Answer: `model_facts`. Never fails: a slug nobody knows gets the fallback values of its prefix.
struct get_model_info {
  std::string slug; ///< empty: the default model
  model_overrides overrides;
  bool operator==(const get_model_info&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, get_model_info& x) {
  return f.object(x).fields(f.field("slug", x.slug), f.field("overrides", x.overrides));
}

/// A model as one session uses it; shared by all sessions that asked the same.
struct model_facts {
  shared_value<model_info> info;
  shared_text instructions;      ///< with the personality filled in
  shared_text instructions_json; ///< the same as a JSON string
  bool operator==(const model_facts&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_facts& x) {
  return f.object(x).fields(f.field("info", x.info), f.field("instructions", x.instructions),
                            f.field("instructions_json", x.instructions_json));
}

/// Answer: `model_list`.
struct list_models {
  bool operator==(const list_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, list_models& x) {
  return f.object(x).fields();
}

/// What a picker shows of a model (contract models-manager.md 3, the part used so far).
struct model_preset {
  std::string model;
  std::string display_name;
  std::string description;
  std::optional<reasoning_effort> default_effort;
  std::vector<reasoning_level> efforts;
  bool is_default = false;
  bool show_in_picker = false;
  bool supported_in_api = true;
  bool operator==(const model_preset&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_preset& x) {
  return f.object(x).fields(
    f.field("model", x.model), f.field("display_name", x.display_name),
    f.field("description", x.description), f.field("default_effort", x.default_effort),
    f.field("efforts", x.efforts), f.field("is_default", x.is_default),
    f.field("show_in_picker", x.show_in_picker), f.field("supported_in_api", x.supported_in_api));
}

struct model_list {
  std::vector<model_preset> models;
  bool operator==(const model_list&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_list& x) {
  return f.object(x).fields(f.field("models", x.models));
}

} // namespace troupe
