#pragma once

#include "apps/sim/faults.hpp"
#include "apps/sim/pace.hpp"
#include "apps/sim/pattern.hpp"
#include "apps/sim/service_rules.hpp"
#include "apps/sim/text_template.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// A scenario as a value: what docs/scenarios.md describes, read and checked.
namespace troupe::sim {

/// Both ends included.
struct number_range {
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

  bool holds(std::uint64_t x) const { return least <= x && x <= most; }
  bool operator==(const number_range&) const = default;
};

/// What the exit code of the last tool output must be.
struct exit_condition {
  enum class kind : std::uint8_t { equals, nonzero, absent };
  kind what = kind::equals;
  int code = 0;
};

/// How a request came.
enum class transport : std::uint8_t { http, websocket };

} // namespace troupe::sim

template <>
struct troupe::enum_texts<troupe::sim::transport> {
  static constexpr auto values = std::to_array<std::string_view>({"http", "websocket"});
};

namespace troupe::sim {

/// When a rule or a fault applies: everything that is given must hold.
struct condition {
  std::optional<pattern> user;            ///< finds something in the last user message
  std::vector<std::string> user_contains; ///< all of them
  std::vector<std::string> tool;          ///< the last output is of one of these
  std::optional<pattern> output;          ///< finds something in the last tool output
  std::vector<std::string> output_contains;
  std::optional<pattern> any_output;      ///< finds something in a tool output of this turn
  std::optional<pattern> no_output;       ///< finds nothing in any of them
  std::vector<std::string> body_contains; ///< raw text of the request body
  std::optional<exit_condition> exit_code;
  std::optional<number_range> turn;
  std::optional<number_range> request;
  std::optional<number_range> attempt;
  std::optional<number_range> outputs;
  std::vector<std::pair<std::string, number_range>> calls;
  std::optional<pattern> model;
  std::vector<std::string> offers; ///< every one is offered
  std::optional<sim::transport> transport;
  std::optional<bool> schema; ///< whether the request asks for structured output
  double chance = 1;
};

struct message_reply {
  text_template text;
  std::string phase; ///< `commentary`, `final_answer` or empty
};

struct reasoning_reply {
  std::vector<text_template> summary;
  text_template content; ///< raw reasoning text; usually empty
};

struct call_reply {
  std::string tool;
  text_template arguments; ///< JSON text
};

struct custom_reply {
  std::string tool;
  text_template input;
};

/// A patch by whichever form of `apply_patch` the request offers.
struct patch_reply {
  text_template patch;
};

/// A command by whichever shell tool the request offers.
struct run_reply {
  text_template command;
  text_template workdir;
  std::optional<std::int64_t> timeout_ms;    ///< for `shell` and `shell_command`
  std::optional<std::int64_t> yield_time_ms; ///< for `exec_command`
};

/// A message with the smallest JSON that fits the request's schema.
struct schema_reply {};

struct search_reply {
  text_template query;
};

/// The data of one event, sent as it is.
struct event_reply {
  text_template data;
};

using reply_item = std::variant<message_reply, reasoning_reply, call_reply, custom_reply,
                                patch_reply, run_reply, schema_reply, search_reply, event_reply>;

/// Usage figures; what is not given is computed: input from the request's bytes, output and
/// reasoning from the texts, cached from the thread's request before.
struct usage_rule {
  bool is_reported = true;
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> cached_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> reasoning_tokens;
  bool operator==(const usage_rule&) const = default;
};

/// Which requests a fault concerns.
enum class fault_target : std::uint8_t {
  responses,
  models,
  compact,
  memories,
  token,     ///< the refresh of tokens
  handshake, ///< of a WebSocket
};

} // namespace troupe::sim

template <>
struct troupe::enum_texts<troupe::sim::fault_target> {
  static constexpr auto values = std::to_array<std::string_view>(
    {"responses", "models", "compact", "memories", "token", "handshake"});
};

namespace troupe::sim {

struct fault {
  std::string name;
  fault_target on = fault_target::responses;
  condition when;
  fault_effect effect;
};

struct rule {
  std::string name;
  condition when;
  std::vector<reply_item> reply;
  std::optional<sim::pace> pace;   ///< none: the scenario's
  std::optional<usage_rule> usage; ///< none: the scenario's
  std::vector<std::pair<std::string, text_template>> headers;
  std::optional<subscription_figures> subscription; ///< none: the scenario's
  std::vector<fault> faults;
};

/// What tells one thread from another when something is decided.
enum class identity : std::uint8_t {
  thread, ///< `prompt_cache_key`, else the session header
  prompt, ///< the first user message: repeats over runs, whatever ids the threads get
};

/// Which WebSockets are accepted; the others are refused, `off` with 426.
enum class websocket_use : std::uint8_t { off, v1, v2, any };

} // namespace troupe::sim

template <>
struct troupe::enum_texts<troupe::sim::websocket_use> {
  static constexpr auto values = std::to_array<std::string_view>({"off", "v1", "v2", "any"});
};

namespace troupe::sim {

struct scenario {
  std::string name;
  std::string description;
  std::uint64_t seed = 1;
  sim::identity identity = sim::identity::thread;
  /// By `after_responses`; the first holds from the start.
  std::vector<catalogue_version> catalogue = std::vector<catalogue_version>(1);
  websocket_use websocket = websocket_use::off;
  std::vector<choice_list> lists;
  sim::pace pace;
  usage_rule usage;
  std::vector<std::pair<std::string, text_template>> headers;
  std::optional<subscription_figures> subscription;
  std::optional<auth_rule> auth;
  std::optional<limit_rule> limits;
  std::uint64_t hold_until_open = 0; ///< streams wait until so many are open at once
  std::optional<chaos_rule> chaos;   ///< tried where no fault happens
  /// What `/responses/compact` answers: an item each, as JSON. None: made from the request.
  std::optional<std::vector<text_template>> compacted;
  std::vector<fault> faults; ///< tried before those of a rule
  std::vector<rule> rules;   ///< the first that applies answers
};

} // namespace troupe::sim
