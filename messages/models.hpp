#pragma once

#include "messages/errors.hpp"
#include "messages/model_info.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What is asked of the models manager, and its answers (contracts models-manager.md 3 and 8 to 13,
/// model-switching.md).
namespace troupe {

/// Settings that change what is known of a model (contract models-manager.md 12).
struct model_overrides {
  std::optional<bool> supports_reasoning_summaries;
  std::optional<std::int64_t> context_window;
  std::optional<std::int64_t> auto_compact_token_limit;
  std::optional<std::int64_t> tool_output_token_limit;
  shared_text base_instructions; ///< empty: the model's
  std::optional<troupe::personality> personality;
  /// False where feature `personality` is off: the model's messages are left out.
  bool keeps_messages = true;
  bool operator==(const model_overrides&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_overrides& x) {
  return f.object(x).fields(f.field("supports_reasoning_summaries", x.supports_reasoning_summaries),
                            f.field("context_window", x.context_window),
                            f.field("auto_compact_token_limit", x.auto_compact_token_limit),
                            f.field("tool_output_token_limit", x.tool_output_token_limit),
                            f.field("base_instructions", x.base_instructions),
                            f.field("personality", x.personality),
                            f.field("keeps_messages", x.keeps_messages));
}

/// Answer: `model_facts`, at once, from what is known. Never fails: a slug nobody knows gets the
/// fallback values of its prefix.
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

/// How a question brings the list of models up to date before it is answered (contract
/// models-manager.md 8).
enum class refresh_strategy : std::uint8_t {
  online,            ///< asks the provider, whatever the cache holds
  offline,           ///< a fresh cache, else what is known already; never the network
  online_if_uncached ///< a fresh cache, else the provider
};
template <>
struct enum_texts<refresh_strategy> {
  static constexpr std::array<std::string_view, 3> values{"online", "offline",
                                                          "online_if_uncached"};
};

/// Whether what providers say of their models counts.
enum class catalogue_use : std::uint8_t {
  configured, ///< as feature `remote_models` says
  always      ///< for this question, yes
};
template <>
struct enum_texts<catalogue_use> {
  static constexpr std::array<std::string_view, 2> values{"configured", "always"};
};

/// Every model there is, best first, hidden ones included. Answer: `model_list`, after the refresh,
/// which takes 5 s at most. A refresh that fails does not fail the question.
struct list_models {
  refresh_strategy strategy = refresh_strategy::online_if_uncached;
  catalogue_use use = catalogue_use::configured;
  bool operator==(const list_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, list_models& x) {
  return f.object(x).fields(f.field("strategy", x.strategy), f.field("use", x.use));
}

/// What a picker screen offers. Answer: `model_list`, as for `list_models`.
struct list_picker_models {
  refresh_strategy strategy = refresh_strategy::online_if_uncached;
  bool operator==(const list_picker_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, list_picker_models& x) {
  return f.object(x).fields(f.field("strategy", x.strategy));
}

/// What a `/model` screen offers. Answer: `model_list`, as for `list_models`.
struct list_model_switcher_models {
  refresh_strategy strategy = refresh_strategy::online_if_uncached;
  bool operator==(const list_model_switcher_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, list_model_switcher_models& x) {
  return f.object(x).fields(f.field("strategy", x.strategy));
}

/// The three lists as they are known now. Answer: `model_list`, or `errc::models_busy` while a
/// refresh is under way.
struct try_list_models {
  bool operator==(const try_list_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, try_list_models& x) {
  return f.object(x).fields();
}

struct try_list_picker_models {
  bool operator==(const try_list_picker_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, try_list_picker_models& x) {
  return f.object(x).fields();
}

struct try_list_model_switcher_models {
  bool operator==(const try_list_model_switcher_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, try_list_model_switcher_models& x) {
  return f.object(x).fields();
}

/// Is that a model of OpenAI's own list? Answer: `bool`, or `errc::models_busy` as above.
struct try_is_official_openai_model {
  std::string model;
  std::string provider; ///< id
  bool operator==(const try_is_official_openai_model&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, try_is_official_openai_model& x) {
  return f.object(x).fields(f.field("model", x.model), f.field("provider", x.provider));
}

/// Answer: `chosen_model`. A given model is taken as it is and refreshes nothing.
/// `errc::no_such_model` when there is none to choose; the text names the setting to add.
struct get_default_model {
  std::optional<std::string> model;
  refresh_strategy strategy = refresh_strategy::online_if_uncached;
  bool operator==(const get_default_model&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, get_default_model& x) {
  return f.object(x).fields(f.field("model", x.model), f.field("strategy", x.strategy));
}

struct chosen_model {
  std::string slug;
  bool operator==(const chosen_model&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, chosen_model& x) {
  return f.object(x).fields(f.field("slug", x.slug));
}

/// One-way, for every `X-Models-Etag` of a response: the same as known keeps the cache fresh,
/// another one starts a refresh in the background. Nobody waits for it.
struct refresh_if_new_etag {
  std::string provider; ///< id; another one than the current is ignored
  std::string etag;     ///< verbatim, with its quotes
  bool operator==(const refresh_if_new_etag&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, refresh_if_new_etag& x) {
  return f.object(x).fields(f.field("provider", x.provider), f.field("etag", x.etag));
}

/// Another provider's models from now on: bundled ones and what its own cache holds. Answer: empty,
/// when the cache is read; `errc::no_such_provider` when the node's configuration has no such id.
struct switch_provider {
  std::string provider;
  bool operator==(const switch_provider&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, switch_provider& x) {
  return f.object(x).fields(f.field("provider", x.provider));
}

/// An effort at the old model and the one that is used instead.
struct effort_replacement {
  reasoning_effort from = reasoning_effort::none;
  reasoning_effort to = reasoning_effort::none;
  bool operator==(const effort_replacement&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, effort_replacement& x) {
  return f.object(x).fields(f.field("from", x.from), f.field("to", x.to));
}

/// What moving to a newer model means.
struct preset_upgrade {
  std::string id; ///< the model to move to
  /// For each effort the nearest one of the model itself; absent when it lists none.
  std::optional<std::vector<effort_replacement>> reasoning_effort_mapping;
  std::string migration_config_key;
  std::optional<std::string> model_link;
  std::optional<std::string> upgrade_copy;
  std::optional<std::string> migration_markdown; ///< with `{model_to}` and `{model_from}`
  bool operator==(const preset_upgrade&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, preset_upgrade& x) {
  return f.object(x).fields(
    f.field("id", x.id), f.field("reasoning_effort_mapping", x.reasoning_effort_mapping),
    f.field("migration_config_key", x.migration_config_key), f.field("model_link", x.model_link),
    f.field("upgrade_copy", x.upgrade_copy), f.field("migration_markdown", x.migration_markdown));
}

/// What a picker shows of a model (contract models-manager.md 3). Two presets are the same model
/// only when `model` and `model_provider_id` are equal.
struct model_preset {
  std::string id;    ///< `model`, or the generated profile name of a configured pair
  std::string model; ///< slug
  std::string model_provider_id;
  std::string display_name;
  std::string description;
  reasoning_effort default_effort = reasoning_effort::none;
  std::vector<reasoning_level> efforts;
  bool supports_personality = false;
  bool is_default = false;
  std::optional<preset_upgrade> upgrade;
  bool show_in_picker = false;
  bool supported_in_api = true;
  bool accepts_images = true;
  bool operator==(const model_preset&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_preset& x) {
  return f.object(x).fields(
    f.field("id", x.id), f.field("model", x.model),
    f.field("model_provider_id", x.model_provider_id), f.field("display_name", x.display_name),
    f.field("description", x.description), f.field("default_effort", x.default_effort),
    f.field("efforts", x.efforts), f.field("supports_personality", x.supports_personality),
    f.field("is_default", x.is_default), f.field("upgrade", x.upgrade),
    f.field("show_in_picker", x.show_in_picker), f.field("supported_in_api", x.supported_in_api),
    f.field("accepts_images", x.accepts_images));
}

struct model_list {
  std::vector<model_preset> models;
  /// Why the last refresh failed, for people; empty: it did not.
  std::string problem;
  bool operator==(const model_list&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, model_list& x) {
  return f.object(x).fields(f.field("models", x.models), f.field("problem", x.problem));
}

/// To the model client: one `GET {base}/models` (contract models-manager.md 6), repeated like any
/// request, 5 s in all after the login is known. Answer: `fetched_models`.
struct fetch_models {
  std::string provider;       ///< id
  std::string client_version; ///< whole version, without pre-release and build part
  bool operator==(const fetch_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, fetch_models& x) {
  return f.object(x).fields(f.field("provider", x.provider),
                            f.field("client_version", x.client_version));
}

struct fetched_models {
  shared_text body;                ///< as received
  std::optional<std::string> etag; ///< verbatim; none: missing, or not of printable ASCII
  std::optional<model_error> error;
  bool operator==(const fetched_models&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, fetched_models& x) {
  return f.object(x).fields(f.field("body", x.body), f.field("etag", x.etag),
                            f.field("error", x.error));
}

} // namespace troupe
