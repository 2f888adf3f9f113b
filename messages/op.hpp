#pragma once

#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"
#include "messages/ids.hpp"
#include "messages/settings.hpp"
#include "messages/shared_text.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a client asks of a thread (contract threads.md 18).
namespace troupe {

struct text_input {
  std::string text;
  bool operator==(const text_input&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, text_input& x) {
  return f.object(x).fields(f.field("text", x.text));
}

struct image_input {
  std::string image_url;
  bool operator==(const image_input&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, image_input& x) {
  return f.object(x).fields(f.field("image_url", x.image_url));
}

/// An image file, read by the front door: `data_url` is its content, or `problem` says why there is
/// none.
struct local_image_input {
  std::string path;
  std::string data_url;
  std::string problem;
  bool operator==(const local_image_input&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, local_image_input& x) {
  return f.object(x).fields(f.field("path", x.path), f.field("data_url", x.data_url),
                            f.field("problem", x.problem));
}

using input_item = std::variant<text_input, image_input, local_image_input>;

/// A turn with the thread's settings as they are.
struct user_input {
  std::vector<input_item> items;
  shared_text output_schema_json; ///< empty: none
  bool operator==(const user_input&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, user_input& x) {
  return f.object(x).fields(f.field("items", x.items),
                            f.field("output_schema_json", x.output_schema_json));
}

/// Changes persistent settings; absent fields keep their value. `collaboration_mode` replaces the
/// whole mode, so that `model` and `effort` beside it do not count; `identity` is applied to what
/// the others leave.
struct override_turn_context {
  std::optional<std::string> cwd;
  std::optional<troupe::approval_policy> approval_policy;
  std::optional<troupe::sandbox_policy> sandbox_policy;
  std::optional<std::string> model;
  std::optional<reasoning_effort> effort;
  std::optional<reasoning_summary> summary;
  std::optional<troupe::personality> personality;
  std::optional<troupe::collaboration_mode> collaboration_mode;
  std::optional<identity_mask> identity;
  bool operator==(const override_turn_context&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, override_turn_context& x) {
  return f.object(x).fields(f.field("cwd", x.cwd), f.field("approval_policy", x.approval_policy),
                            f.field("sandbox_policy", x.sandbox_policy), f.field("model", x.model),
                            f.field("effort", x.effort), f.field("summary", x.summary),
                            f.field("personality", x.personality),
                            f.field("collaboration_mode", x.collaboration_mode),
                            f.field("identity", x.identity));
}

/// Settings and input in one. Without a collaboration mode the thread is in the default one from
/// then on, without the instructions of another; those of its identity stay.
struct user_turn {
  override_turn_context settings;
  user_input input;
  bool operator==(const user_turn&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, user_turn& x) {
  return f.object(x).fields(f.field("settings", x.settings), f.field("input", x.input));
}

struct interrupt_turn {
  bool operator==(const interrupt_turn&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, interrupt_turn& x) {
  return f.object(x).fields();
}

struct shutdown_thread {
  bool operator==(const shutdown_thread&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, shutdown_thread& x) {
  return f.object(x).fields();
}

/// Replaces the history by a summary, as a turn of its own; a running turn is given up for it.
struct compact_thread {
  bool operator==(const compact_thread&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, compact_thread& x) {
  return f.object(x).fields();
}

using op = std::variant<user_input, user_turn, override_turn_context, interrupt_turn,
                        shutdown_thread, compact_thread>;

/// One entry of a thread's inbox. An empty id asks the thread for its next counter value; an id
/// that is given makes a retry harmless: a thread answers a submission it has already accepted with
/// the same receipt.
struct submission {
  std::string id;
  troupe::op op;
  bool operator==(const submission&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, submission& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("op", x.op));
}

/// Receipt of a submission: its id is the id of the turn it starts or joins.
struct submitted {
  std::string id;
  bool operator==(const submitted&) const = default;
};

template <class Inspector>
bool inspect(Inspector& f, submitted& x) {
  return f.object(x).fields(f.field("id", x.id));
}

} // namespace troupe
